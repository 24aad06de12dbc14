/* SPDX-License-Identifier: MIT */
/* Octets in memory as a source: one piece, as often as it is wanted. */
#include "smtplite/driver.h"

static enum smtplite_error memory_begin(void *memory, uint16_t offered,
                                        struct smtplite_mail *mail) {
    const struct smtplite_memory *m = memory;
    (void)offered;
    mail->flags |= SMTPLITE_MAIL_PIECES;
    if (mail->size == 0 && m->n <= UINT32_MAX)
        mail->size = (uint32_t)m->n;
    return SMTPLITE_E_OK;
}

struct smtplite_source smtplite_memory_source(struct smtplite_memory *memory) {
    struct smtplite_source source = {.context = memory,
                                     .read = smtplite_memory_read,
                                     .rewind = smtplite_memory_rewind,
                                     .begin = memory_begin};
    memory->given = false; /* a mail that is tried again begins anew */
    return source;
}

enum smtplite_source_state smtplite_memory_read(void *memory, const char **p, size_t *n) {
    struct smtplite_memory *m = memory;
    if (m->given || m->n == 0)
        return SMTPLITE_SOURCE_END;
    *p = m->p;
    *n = m->n;
    m->given = true;
    return SMTPLITE_SOURCE_PIECE;
}

bool smtplite_memory_rewind(void *memory) {
    ((struct smtplite_memory *)memory)->given = false;
    return true;
}
