/* SPDX-License-Identifier: MIT */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "smtplite/engine.h"

/* One line for each failed check, up to a bound; the last line counts them. */
#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)
/* The same, counted when it fails only: one step of many in something that is checked. */
#define EXPECT(condition) expect((condition), #condition, __FILE__, __LINE__)
bool check(bool good, const char *what, const char *file, int line);
bool expect(bool good, const char *what, const char *file, int line);
unsigned long check_failures(void);
int check_summary(const char *name);

/* A session, a server that is played by the test, and what the client has said. */
enum { TALK_OUT = 1 << 20 };
struct talk {
    struct smtplite_session s;
    char text[160];
    size_t window;  /* octets taken at once; 0: all */
    size_t last;    /* length of the last piece that smtplite_out gave */
    size_t writes;  /* groups of pieces, as smtplite_out_more joins them */
    bool gathering; /* the last piece said that more follows */
    size_t out_len;
    char out[TALK_OUT];
    char masked[TALK_OUT]; /* the same, `*` for what is secret */
};

/* Begins a session; false: smtplite_init refused. */
enum smtplite_error talk_begin(struct talk *t, const struct smtplite_config *config);
/* Gives the server's words, stopping at an event; gives how many were taken. */
size_t talk_hear(struct talk *t, const char *words);
/* Takes all that the client wants to say now. */
void talk_listen(struct talk *t);
/* hear, then listen */
void talk_answer(struct talk *t, const char *words);
/* Forgets what was said so far. */
void talk_forget(struct talk *t);
/* What was said since, compared. */
bool talk_said(const struct talk *t, const char *words);
bool talk_said_bytes(const struct talk *t, const char *p, size_t len);
enum smtplite_event talk_event(struct talk *t);

#endif
