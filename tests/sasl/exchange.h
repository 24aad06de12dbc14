/* SPDX-License-Identifier: MIT */
#ifndef EXCHANGE_H
#define EXCHANGE_H

/* A login without a session: the test is the engine that feeds a mechanism, and the server. */

#include "sasl/sasl.h"

#define SAID_MAX 8192u

struct exchange {
    /* On the heap alone, so that ASan and valgrind see what is written behind `work`. */
    struct smtplite_login *login;
    struct smtplite_config config;
    const struct smtplite_sasl *m;
    uint16_t offered;
    unsigned step;
    unsigned works; /* calls of work() */
    size_t said_len;
    char said[SAID_MAX]; /* the last response, NUL-terminated */
};

void exchange_begin(struct exchange *x, const struct smtplite_sasl *m,
                    const struct smtplite_crypto *crypto);
/* Wipes nothing: the test may look first. */
void exchange_end(struct exchange *x);

/* The first response, of a mechanism that speaks first. */
enum smtplite_answer exchange_open(struct exchange *x);
/* Gives a challenge as the engine does, works to the end, and puts the response together. CANCEL
 * for a challenge that the engine would not take. */
enum smtplite_answer exchange_hear(struct exchange *x, const void *challenge, size_t n);
enum smtplite_answer exchange_hear_text(struct exchange *x, const char *challenge);
/* In place of exchange_open, where an RFC's nonce has another length than ours. */
void exchange_pretend(struct exchange *x, const char *first, size_t bare, size_t nonce_len);

bool exchange_said(const struct exchange *x, const char *words);
/* Are these octets anywhere in the login's memory? */
bool exchange_has(const struct exchange *x, const void *p, size_t n);

/* A provider that is no cryptography at all: the same on every machine, and fails on demand. */
struct toy {
    struct smtplite_crypto crypto;
    unsigned calls;
    unsigned fail_at; /* the call that fails, 1 ..; 0: none */
    bool forgotten;
    uint32_t key;
    uint8_t nonce[18]; /* what random gives */
    unsigned secret_count;
    struct secret {
        size_t n;
        uint8_t p[64];
    } secrets[8]; /* keys of hmac, and what was hashed */
};
void toy_init(struct toy *toy);
/* Is one of its secrets anywhere in the login's memory? */
bool exchange_has_secret(const struct exchange *x, const struct toy *toy);

#endif
