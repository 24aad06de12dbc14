/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SCRIPT_SERVER_H
#define TESTS_SCRIPT_SERVER_H

/*
 * A scripted SMTP server in memory. It is a transport, with a clock that moves only while somebody
 * waits; or its two ends, script_server_feed and `out`, are moved by a real socket's thread.
 * A client that says what the script does not expect gets 503, and `out_of_step` is set.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smtplite/transport.h"

enum script_flag {
    SCRIPT_CLOSE = 1, /* the server closes behind this reply */
    SCRIPT_REPEAT = 2 /* the step answers as many commands as begin so (RCPT) */
};

struct script_step {
    /* how the command begins; "." the end of a message; NULL: the reply comes unasked */
    const char *expect;
    const char *reply; /* "354..." begins a message; NULL: silence */
    unsigned flags;
};

struct script_bytes {
    char *p;
    size_t len;
    size_t cap;
};

struct script_server {
    struct smtplite_transport transport;
    const struct script_step *steps; /* up to one with neither expect nor reply */

    /* for the tests to look at */
    bool out_of_step;            /* the client said what the script does not expect */
    bool message_whole;          /* an end mark has come */
    bool stuck;                  /* more calls than any session needs */
    size_t commands;             /* lines that were answered */
    size_t segments;             /* writes of the client: sends up to one without `more` */
    size_t turns;                /* times the client spoke after it had listened */
    size_t answered;             /* octets of out, up to the end of the message's reply; or 0 */
    size_t out_pos;              /* octets of out that the client has read */
    uint32_t clock;              /* what transport.now gives */
    struct script_bytes message; /* since 354, dots as they came, end mark included */
    struct script_bytes out;
    struct script_bytes heard; /* all that the client said */

    const struct script_step *step;
    struct script_bytes held; /* taken with `more`, not yet on its way */
    struct script_bytes line;
    bool in_message;
    bool closed;
    bool listened;
    int mark; /* how much of CRLF.CRLF is there */
    size_t calls;
};

void script_server_init(struct script_server *server, const struct script_step *steps);
void script_server_free(struct script_server *server);

/* The client said this. */
void script_server_feed(struct script_server *server, const char *p, size_t n);

/* All of the message's reply was read by the client. */
bool script_server_told(const struct script_server *server);

#endif
