/* SPDX-License-Identifier: MIT */
#ifndef GATHER_H
#define GATHER_H

/* What the tests of the composer share: sources that lend their octets in pieces, and a message
 * read to its end. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smtplite/message.h"

/* Octets in pieces of 1 to `most`; the piece before is spoilt with each call. */
struct pieces {
    const char *p;
    size_t n;
    size_t most;
    bool pauses;    /* NOT_YET before each piece and before the end */
    size_t fail_at; /* FAILED once so many octets were given; SIZE_MAX: never */
    size_t pos;
    bool paused;
    unsigned reads;
    char lent[64];
};
struct smtplite_source pieces_source(struct pieces *pieces, const char *p, size_t n, size_t most);

enum { GATHER_MAX = 1 << 20 };
struct gathered {
    size_t n;
    enum smtplite_source_state end;
    char p[GATHER_MAX];
};

/* Reads until END or FAILED; up to `most` octets only, if that is not 0 (end: PIECE then). */
void gather(struct gathered *g, struct smtplite_message *m, size_t most);
bool gathered_is(const struct gathered *g, const char *text);
bool gathered_same(const struct gathered *a, const struct gathered *b);

/* A message of this sender and recipient, without parts. */
void make_message(struct smtplite_message *m);
/* Offered: everything. */
#define ALL_OFFERED ((uint16_t)0xFFFF)

#endif
