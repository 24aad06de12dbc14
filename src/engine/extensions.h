/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_EXTENSIONS_H
#define SMTPLITE_EXTENSIONS_H

/* What the files behind config.extensions share: extensions.c, parameters.c, chunks.c,
 * several.c. */

#include "session.h"

/* parameters.c */
bool smtplite_parameter_put(struct smtplite_session *s);

/* several.c */
void smtplite_transaction_prepare(struct smtplite_session *s, const struct smtplite_mail *mail);
bool smtplite_recipient_is_left(struct smtplite_session *s,
                                const struct smtplite_recipient *recipient);
uint8_t smtplite_transaction_go_on(struct smtplite_session *s);
void smtplite_mail_ride(struct smtplite_session *s);
bool smtplite_size_holds(struct smtplite_session *s, const char *p, size_t n);

/* chunks.c */
/* What n octets that follow what was lent become on the wire. */
uint32_t smtplite_measure(const struct smtplite_session *s, const char *p, size_t n);
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
