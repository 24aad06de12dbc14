/* SPDX-License-Identifier: MIT */
#ifndef TESTS_POSIX_MODEL_SERVER_H
#define TESTS_POSIX_MODEL_SERVER_H

/*
 * A model of an SMTP server, in memory, for sessions with many mails: it is a transport with a
 * clock that moves only while somebody waits, it knows SMTP's rules (RFC 5321, PIPELINING,
 * CHUNKING), keeps what it took, and fails where it is told to.
 *
 * Senders that begin with `nobody` are refused by MAIL, those with `evil` by the message's end.
 * Recipients that begin with `bad` are refused, those with `later` deferred.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smtplite/transport.h"

enum model_fault {
    MODEL_SOUND,
    MODEL_CLOSES,
    MODEL_RESETS,
    MODEL_STALLS, /* says nothing more; hears on if its words are counted, else nothing */
    MODEL_SAYS_421,
    MODEL_SAYS_552, /* unasked, and goes on */
    MODEL_SAYS_250
};

enum { MODEL_TO_MAX = 1000 };

/* A message that came whole. */
struct model_mail {
    char from[40];
    uint16_t to[MODEL_TO_MAX]; /* the number in `name.N@...` */
    size_t to_count;
    size_t len; /* of the content: dots as they were, CRLF */
    uint64_t hash;
    bool taken;      /* answered by 250 */
    size_t answered; /* words, up to the end of the answer */
};

struct model_server {
    struct smtplite_transport transport;

    /* for the test to set, after model_server_init */
    const char *offer; /* EHLO's lines behind the first: "250-A\r\n250 B\r\n"; NULL: none */
    size_t rcpt_max;   /* more recipients: 452 4.5.3; 0: any number */
    enum model_fault fault;
    size_t at_word;  /* ... when so many of its octets were read; 0: look at at_heard */
    size_t at_heard; /* ... when it has heard so many octets; 0: look at at_word */
    bool holds;      /* the transport gathers what is sent with `more` */
    bool narrow;     /* no call moves more than an octet */

    /* for the test to look at */
    struct model_mail *mails;
    size_t mail_count;
    bool out_of_step; /* the client broke a rule; `wrong` is what it said */
    char wrong[200];
    bool stuck;      /* more calls than any session needs */
    size_t said;     /* octets of replies, all in all */
    size_t read;     /* ... that the client has read */
    size_t heard;    /* octets that came */
    size_t taken;    /* octets that the transport took: those beyond `heard` are on their way */
    size_t turns;    /* times the client spoke after it had listened */
    size_t segments; /* writes of the client: sends up to one without `more` */
    size_t logins;   /* EHLO or HELO */
    size_t sessions; /* model_server_connect, and the first */
    uint32_t clock;

    /* private */
    char *out;
    size_t out_len, out_cap, out_pos;
    char *held;
    size_t held_len, held_cap;
    char line[1100];
    size_t line_len;
    struct model_mail now; /* the transaction that is under way */
    bool in_transaction;
    bool in_content; /* DATA */
    int mark;        /* of CRLF.CRLF */
    size_t chunk;    /* octets of a BDAT that are still to come */
    bool in_chunk;
    bool last_chunk;
    bool closed;
    bool broken;
    bool silent;
    bool struck;
    bool listened;
    size_t calls;
    size_t mail_cap;
};

void model_server_init(struct model_server *server);
/* A new connection to the same server; what it took stays. */
void model_server_connect(struct model_server *server);
void model_server_free(struct model_server *server);

/* The mail's end was answered, and the client has read the answer. */
bool model_server_told(const struct model_server *server, const struct model_mail *mail);

/* As model_mail.hash; begin with model_hash(0, NULL, 0). */
uint64_t model_hash(uint64_t hash, const char *p, size_t n);

#endif
