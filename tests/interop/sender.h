/* SPDX-License-Identifier: MIT */
#ifndef TESTS_INTEROP_SENDER_H
#define TESTS_INTEROP_SENDER_H

/* What the programs that send mail for the interop tests share. */

#include <stdio.h>

#include "smtplite/smtplite.h"

/* Says what is wrong with the command line, and ends the program with status 2. */
_Noreturn void refuse(const char *what, const char *about);

/* A message, header and all, and how much of it was handed out. */
struct message {
    char *p;
    size_t len;
    size_t pos;
    size_t piece_size; /* 0: in one piece */
};

/* Reads stdin to its end. */
void message_read(struct message *message);
void message_free(struct message *message);
bool message_has_8bit(const struct message *message);

/* The message as a source, from its start. */
struct smtplite_source message_source(struct message *message);

/* A smtplite_trace: each turn of the talk begins a line, `C: ` or `S: `. */
struct transcript {
    FILE *to;
    bool in_line;
    bool was_server;
};
void transcript_show(void *context, bool from_server, const char *p, size_t n);

const char *fate_name(enum smtplite_fate fate);

#endif
