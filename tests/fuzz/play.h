/* SPDX-License-Identifier: MIT */
#ifndef PLAY_H
#define PLAY_H

/* One session of reply_fuzz.c: an application that answers each event as a plan says, against a
 * server that says the input, line by line. */

#include "../support/test_crypto.h"
#include "smtplite/engine.h"
#include "transcript.h"

enum { OUT_MAX = 1 << 19, EVENTS_MAX = 512, MAILS = 3, RECIPIENTS = 3 };

enum body { BODY_EMPTY, BODY_TEXT, BODY_INPUT, BODY_FAILS, BODY_LONG };

struct plan {
    struct smtplite_config config;
    struct smtplite_options options;
    bool has_options;
    uint8_t notify;
    const char *orcpt;
    uint16_t mail_flags;
    uint32_t size;
    size_t count;
    unsigned mails;
    bool quit_early;
    bool early, at_once; /* the next mail is submitted with the content, or with the one before */
    bool cannot;         /* give the message again */
    bool ask;            /* a command before the first mail, and then: */
    enum smtplite_phase question;
    const char *argument;
    enum body body;
    bool lazy;     /* one piece of it between two lines of the server's */
    size_t cut;    /* octets of a piece, 0: one, or all */
    size_t budget; /* octets that leave between two lines of the server's, 0: all */
    unsigned end;  /* how the connection ends when the input is at its end */
    bool login;    /* there is a struct smtplite_login, and then: */
    bool no_crypto, bound, token_by_event, token_fails;
    const char *authzid;
};

struct event {
    uint8_t event, outcome, error, phase;
    uint16_t code;
    size_t index;
    size_t out_len;
};

struct play {
    struct smtplite_session session;
    struct smtplite_config config;
    struct smtplite_login login;
    struct test_crypto crypto;
    struct smtplite_crypto spy;
    uint8_t last_mac[SMTPLITE_DIGEST_MAX];
    size_t last_mac_len;
    size_t token_pos;
    struct smtplite_mail mails[MAILS];
    struct smtplite_recipient recipients[MAILS][RECIPIENTS];
    char text[96];
    const struct plan *plan;
    const char *input;
    size_t input_len;
    const char *body;
    size_t body_len;
    size_t given; /* octets of the body in this transaction */
    unsigned submitted, done;
    bool octets; /* one at a time, in and out */
    bool hungry; /* BODY was read and is not answered */
    bool asked;
    bool quit_said;
    bool told; /* the server itself says a secret of ours */
    bool over;
    size_t budget;
    uint16_t offered;
    size_t out_len;
    struct event events[EVENTS_MAX];
    size_t event_count;
    /* set by the caller, and what stands behind is not cleared */
    char *out;
    struct transcript *transcript;
};

extern unsigned long seen_proofs;

void require(bool holds, const char *what);
/* From its beginning to its end. out and transcript are set. */
void play(struct play *p, const struct plan *plan, bool octets, const char *input, size_t len);
/* Whom a line of MAIL or RCPT names. */
unsigned play_identify(const char *line, size_t len);
/* What such a mail is on the wire, dots not stuffed; with its last line end, if it has to get one.
 * Gives its length, which is more than `cap` if it does not fit. */
size_t play_normalize(const struct plan *plan, const char *body, size_t len, char *to, size_t cap);
/* The octets that are lent. *len: the input's length, then theirs. */
const char *play_body(enum body body, const char *input, size_t *len);

#endif
