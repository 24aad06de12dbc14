/* SPDX-License-Identifier: MIT */
#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

/*
 * A session as its octets tell it: the commands that left, each with the reply that answers it, the
 * transactions that they make, and who has which message by them. A second reading of RFC 5321,
 * 2033, 2920 and 3030 beside the engine's, to hold results and fates against.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REPLIES_MAX = 512, TRANSACTIONS_MAX = 16, CONTENTS_MAX = 1 << 19 };

/* A reply, and how many octets of ours had left when it began and when it ended. */
struct reply {
    uint16_t code; /* 0: it is none */
    size_t left, heard;
};

/* Masks have a bit for each recipient of the mail. */
struct transaction {
    unsigned mail;     /* by its sender, from 0 */
    unsigned tried;    /* RCPT has left */
    unsigned taken;    /* RCPT was answered 2xx */
    unsigned answered; /* and so was the message's end, with any code */
    unsigned has;      /* with 2xx */
    bool refused;      /* MAIL was */
    bool rode;         /* it began before the end mark in front of it was answered */
    bool chunked;
    bool torn;      /* a chunk was refused, */
    size_t torn_at; /* when so many octets had left */
    bool ended;     /* the end mark has left */
    const char *content;
    size_t content_len;
};

struct transcript {
    const char *out; /* set by the caller, with the three below */
    size_t out_len;
    bool lmtp;
    /* Which of our senders or recipients the line of MAIL or RCPT names. */
    unsigned (*identify)(const char *line, size_t len);

    struct reply replies[REPLIES_MAX];
    size_t reply_count;
    bool broken; /* what follows is no answer to anything */
    char line[4];
    uint16_t code;
    unsigned column;
    unsigned lines;
    size_t left;

    size_t pos;  /* read as far as this */
    size_t next; /* reply */
    struct transaction transactions[TRANSACTIONS_MAX];
    size_t transaction_count;
    unsigned order[16]; /* LMTP: whose final reply comes when */
    size_t order_len;
    char contents[CONTENTS_MAX];
    size_t contents_len;
};

/* One octet of the server's; so many of ours have left. */
void transcript_hear(struct transcript *t, char c, size_t left);

/* Reads the whole; each command line but BDAT's goes to `check`. Gives what is wrong with what has
 * left, or NULL. */
const char *transcript_read(struct transcript *t, bool (*check)(const char *line, size_t len));

#endif
