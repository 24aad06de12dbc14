/* SPDX-License-Identifier: MIT */
/* Octets in memory as a source: one piece, again and again. */
#include "smtplite/driver.h"

struct smtplite_source smtplite_memory_source(struct smtplite_memory *memory) {
    struct smtplite_source source = {
        .context = memory, .read = smtplite_memory_read, .rewind = smtplite_memory_rewind};
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
