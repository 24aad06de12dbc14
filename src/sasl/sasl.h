/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_SASL_H
#define SMTPLITE_SASL_H

/*
 * Login mechanisms (RFC 4954) as data: what each sends, step by step. The engine encodes a
 * response in base64 while it leaves, so that no response is ever held in memory.
 */

#include <stdbool.h>
#include <stdint.h>

/* The parts of a response; a response is a string of them. */
#define SMTPLITE_PART_NUL      '0'
#define SMTPLITE_PART_USER     'u'
#define SMTPLITE_PART_PASSWORD 'p'

#define SMTPLITE_SASL_STEPS 2

struct smtplite_sasl {
    const char *name;  /* as in EHLO and AUTH */
    uint16_t bit;      /* enum smtplite_mechanism */
    uint8_t steps;     /* how many responses it has; one more 334 is an error */
    bool client_first; /* the first response may ride on AUTH (RFC 4954 4) */
    bool bare_secret;  /* sends the password itself: never in clear (RFC 4954 4, 14) */
    const char *response[SMTPLITE_SASL_STEPS];
};

extern const struct smtplite_sasl smtplite_sasl_plain;
extern const struct smtplite_sasl smtplite_sasl_login;

/* The table, strongest first. number: 1 .. SMTPLITE_SASL_COUNT. */
#define SMTPLITE_SASL_COUNT 2
const struct smtplite_sasl *smtplite_sasl_get(unsigned number);

/* The bit of the mechanism that is called so (upper case), or 0. */
uint16_t smtplite_sasl_find(const char *name);

/* Chooses among offered and allowed (masks): `prefer` if it is among both, else the strongest.
 * unlisted: if they have none in common, whatever is offered, and PLAIN if nothing is. Gives its
 * number, 0: none. */
unsigned smtplite_sasl_choose(uint16_t offered, uint16_t allowed, uint16_t prefer, bool unlisted);

#endif
