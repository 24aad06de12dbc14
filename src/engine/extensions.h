/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_EXTENSIONS_H
#define SMTPLITE_EXTENSIONS_H

/* What the files behind config.extensions share: extensions.c, parameters.c, chunks.c. */

#include "session.h"

/* parameters.c */
bool smtplite_parameter_put(struct smtplite_session *s);

/* chunks.c */
bool smtplite_chunk_fill(struct smtplite_session *s);
uint8_t smtplite_chunk_stop(struct smtplite_session *s);
uint8_t smtplite_on_chunk(struct smtplite_session *s);
uint8_t smtplite_on_final(struct smtplite_session *s);

/* Writes a number in decimal digits that end before `end`; gives where they begin. At most 10. */
static inline char *smtplite_number_put(char *end, uint32_t number) {
    do {
        *--end = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return end;
}

#endif
