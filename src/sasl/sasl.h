/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_SASL_H
#define SMTPLITE_SASL_H

/*
 * Login mechanisms (RFC 4954) as data: what each sends, step by step, and what it needs. The engine
 * encodes a response in base64 while it leaves, so that no password or token is copied whole.
 *
 * A mechanism that answers challenges has a function, answer(), and works in struct smtplite_login:
 * work[0 .. len) is what it has made, work[len .. len + in) the challenge, decoded. It appends its
 * next response to work, takes the challenge in by raising len, and says by `out` where the
 * response begins; the part 'w' then sends work[out .. len). Nothing is ever written behind
 * SMTPLITE_LOGIN_WORK.
 */

#include <stdbool.h>
#include <stdint.h>

#include "smtplite/engine.h"

/* The parts of a response; a response is a string of them. */
#define SMTPLITE_PART_NUL      '0'
#define SMTPLITE_PART_SOH      '1' /* the octet 1, OAuth's separator */
#define SMTPLITE_PART_AUTHZID  'a'
#define SMTPLITE_PART_USER     'u'
#define SMTPLITE_PART_PASSWORD 'p'
#define SMTPLITE_PART_TOKEN    't'
#define SMTPLITE_PART_WORK     'w'

#define SMTPLITE_SASL_STEPS 3

/* What a mechanism needs. The last three are of the channel, the others of the caller. */
enum {
    SMTPLITE_NEEDS_USER = 1 << 0,
    SMTPLITE_NEEDS_PASSWORD = 1 << 1,
    SMTPLITE_NEEDS_TOKEN = 1 << 2,
    SMTPLITE_NEEDS_CRYPTO = 1 << 3,  /* this one, TOKEN and AUTHZID mean: there is a login */
    SMTPLITE_NEEDS_AUTHZID = 1 << 4, /* one that was given, be it empty */
    SMTPLITE_NEEDS_SECRECY = 1 << 5, /* sends the secret itself: never in clear (RFC 4954 4, 14) */
    SMTPLITE_NEEDS_TLS = 1 << 6,     /* makes no sense without it: no leniency */
    SMTPLITE_NEEDS_BINDING = 1 << 7, /* channel binding (RFC 5056) */
    SMTPLITE_NEEDS_OF_CHANNEL = SMTPLITE_NEEDS_SECRECY | SMTPLITE_NEEDS_TLS | SMTPLITE_NEEDS_BINDING
};

enum smtplite_answer {
    SMTPLITE_ANSWER_SEND, /* the response is ready */
    SMTPLITE_ANSWER_WORK, /* it will be: call work() while login->iterations > 0 */
    /* Both end the exchange, with `*` if it has begun. */
    SMTPLITE_ANSWER_CANCEL, /* the challenge is bad; login->error may say more than that */
    SMTPLITE_ANSWER_FAIL    /* we cannot make the response: login->error says why */
};

struct smtplite_sasl {
    const char *name;  /* as in EHLO and AUTH */
    uint16_t bit;      /* enum smtplite_mechanism */
    uint8_t needs;     /* mask of the above */
    uint8_t steps;     /* how many responses it has; one more 334 is an error */
    bool client_first; /* the first response may ride on AUTH (RFC 4954 4) */
    bool proof;        /* no success unless login->proven (A14) */
    uint8_t hash;      /* enum smtplite_hash, of those that have it in their name */
    const char *response[SMTPLITE_SASL_STEPS];
    /* Makes response `step` (0 ..) ready. offered: mask of what the server offers. NULL: nothing is
     * to be made ready. Called again with step 0 if the first response could not ride on AUTH. */
    enum smtplite_answer (*answer)(const struct smtplite_sasl *m,
                                   const struct smtplite_config *config, uint16_t offered,
                                   unsigned step);
    /* A small part of what is to be computed; then as answer(). NULL if that never says WORK. While
     * login->iterations > 0 there is more. */
    enum smtplite_answer (*work)(const struct smtplite_sasl *m,
                                 const struct smtplite_config *config);
};

/* The mechanism with this number (1 ..) in the config's table. */
const struct smtplite_sasl *smtplite_sasl_get(const struct smtplite_config *config,
                                              unsigned number);

/* The bit of the mechanism that is called so (upper case), or 0. */
uint16_t smtplite_sasl_find(const struct smtplite_config *config, const char *name);

/* What the caller has given of what mechanisms may need. */
uint8_t smtplite_sasl_given(const struct smtplite_config *config);

/* Chooses among the offered (a mask) that config allows and whose needs are within `given`:
 * config.prefer if it is among them, else the strongest; with SMTPLITE_ALLOW_UNLISTED_LOGIN, and
 * none in common, whatever is offered, and PLAIN if nothing is. Gives its number, 0: none. */
unsigned smtplite_sasl_choose(const struct smtplite_config *config, uint16_t offered,
                              uint8_t given);

/* The limits of a login, or their defaults. */
static inline uint32_t smtplite_iterations_min(const struct smtplite_login *login) {
    return login->iterations_min != 0 ? login->iterations_min : SMTPLITE_ITERATIONS_MIN;
}
static inline uint32_t smtplite_iterations_max(const struct smtplite_login *login) {
    return login->iterations_max != 0 ? login->iterations_max : SMTPLITE_ITERATIONS_MAX;
}

/* ---- base64.c (RFC 4648 4), for mechanisms and the engine -------------------------------- */

/* Fills four characters from one to three octets; p and quad may be the same memory. */
void smtplite_base64_encode(const void *p, size_t n, char *quad);
/* 0 .. 63, or -1. */
int smtplite_base64_value(char c);

/* ---- work.c: what mechanisms do in login->work ----------------------------------------------- */

/* Octets that still have room behind len. */
size_t smtplite_work_room(const struct smtplite_login *login);

/* Append to work[0 .. len); false, and nothing appended, if there is no room. What is appended must
 * not lie where it is written, but for base64: its octets may be the last ones of `work`, since
 * what is encoded never overtakes them. The challenge behind len is overwritten. */
bool smtplite_work_put(struct smtplite_login *login, const void *p, size_t n);
bool smtplite_work_text(struct smtplite_login *login, const char *text);
/* A saslname (RFC 5802 5.1): `,` as =2C, `=` as =3D. */
bool smtplite_work_saslname(struct smtplite_login *login, const char *name);
bool smtplite_work_base64(struct smtplite_login *login, const void *p, size_t n);

/* The challenge explains a refusal: it becomes login->note, at the start of work, and all that is
 * there. The part 'w' is empty then. */
void smtplite_work_note(struct smtplite_login *login);

/* Clears a secret, also where a compiler sees that nobody reads it again. */
void smtplite_wipe_octets(void *p, size_t n);

#endif
