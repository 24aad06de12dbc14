/* SPDX-License-Identifier: MIT */
#include "gather.h"

#include <string.h>

enum { PAUSES_MAX = 8 };

static enum smtplite_source_state read_piece(void *context, const char **p, size_t *n) {
    struct pieces *s = context;
    size_t left = s->n - s->pos;
    size_t most = s->most < sizeof s->lent ? s->most : sizeof s->lent;
    s->reads++;
    memset(s->lent, '!', sizeof s->lent);
    if (s->pos >= s->fail_at) {
        return SMTPLITE_SOURCE_FAILED;
    }
    s->paused = s->pauses && !s->paused;
    if (s->paused) {
        return SMTPLITE_SOURCE_NOT_YET;
    }
    if (left == 0) {
        return SMTPLITE_SOURCE_END;
    }
    *n = left < most ? left : most;
    memcpy(s->lent, s->p + s->pos, *n);
    *p = s->lent;
    s->pos += *n;
    return SMTPLITE_SOURCE_PIECE;
}

static bool rewind_pieces(void *context) {
    struct pieces *s = context;
    s->pos = 0;
    s->paused = false;
    return true;
}

struct smtplite_source pieces_source(struct pieces *pieces, const char *p, size_t n, size_t most) {
    *pieces = (struct pieces){.p = p, .n = n, .most = most, .fail_at = SIZE_MAX};
    return (struct smtplite_source){.context = pieces, .read = read_piece, .rewind = rewind_pieces};
}

void gather(struct gathered *g, struct smtplite_message *m, size_t most) {
    const char *p = NULL;
    size_t n = 0;
    unsigned pauses = 0;
    g->n = 0;
    for (;;) {
        g->end = smtplite_message_read(m, &p, &n);
        if (g->end == SMTPLITE_SOURCE_NOT_YET && ++pauses < PAUSES_MAX) {
            continue;
        }
        if (g->end != SMTPLITE_SOURCE_PIECE || n == 0 || n > GATHER_MAX - g->n) {
            return;
        }
        pauses = 0;
        memcpy(g->p + g->n, p, n);
        g->n += n;
        if (most != 0 && g->n >= most) {
            return;
        }
    }
}

bool gathered_is(const struct gathered *g, const char *text) {
    return g->end == SMTPLITE_SOURCE_END && g->n == strlen(text) && memcmp(g->p, text, g->n) == 0;
}

bool gathered_same(const struct gathered *a, const struct gathered *b) {
    return a->end == b->end && a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

void make_message(struct smtplite_message *m) {
    static const struct smtplite_mailbox people[] = {
        {.address = "a@x.example", .role = SMTPLITE_FROM},
        {.address = "b@y.example", .role = SMTPLITE_TO}};
    smtplite_message_init(m);
    m->mailboxes = people;
    m->mailbox_count = 2;
}
