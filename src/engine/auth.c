/* SPDX-License-Identifier: MIT */
/*
 * What AUTH says and hears (RFC 4954). Responses are strings of parts (sasl/sasl.h), read octet by
 * octet from where they lie, and base64-encoded four characters at a time while they leave; a
 * challenge is checked while it comes, and decoded into the login's memory if its mechanism answers
 * it (exchange.c). What a mechanism computes or has copied lives in struct smtplite_login alone and
 * is cleared when the login is over, however it ends (A15).
 */

#include "session.h"

#include <string.h>

#include "sasl/sasl.h"

#define AUTH_LINE_MAX 512u     /* RFC 4954 4: longer ones must not carry an initial response */
#define NUL_ENDED     SIZE_MAX /* the length of a text that says itself where it ends */
#define OCTET_END     (-1)
#define OCTET_LATER   (-2)

static const struct smtplite_sasl *mechanism(const struct smtplite_session *s) {
    return smtplite_sasl_get(s->config, s->mechanism);
}

/* NULL: this session has no login with memory of its own. */
static const struct smtplite_exchange *exchange(const struct smtplite_session *s) {
    return s->config->login != NULL ? s->config->login->exchange : NULL;
}

/* ---- Responses --------------------------------------------------------------------------- */

/* The octets of a part, *n of them, or as many as the text has. */
static const char *part_octets(const struct smtplite_session *s, char part, size_t *n) {
    *n = NUL_ENDED;
    if (part == SMTPLITE_PART_USER)
        return s->config->user;
    if (part == SMTPLITE_PART_PASSWORD)
        return s->config->password;
    if (exchange(s) != NULL)
        return exchange(s)->part(s->config->login, part, n);
    *n = part == SMTPLITE_PART_NUL;
    return "";
}

/* The token's next piece is still to come. */
static bool goes_on(const struct smtplite_session *s, char part) {
    return part == SMTPLITE_PART_TOKEN && s->config->login->token_by_event &&
           !s->config->login->token_ended;
}

/* The next octet of the response. */
static int next_octet(struct smtplite_session *s) {
    const char *parts = mechanism(s)->response[s->step];
    for (; parts[s->response] != '\0'; s->response++) {
        size_t n;
        const char *p = part_octets(s, parts[s->response], &n);
        if (n == NUL_ENDED ? p[s->response_pos] != '\0' : s->response_pos < n)
            return (unsigned char)p[s->response_pos++];
        s->response_pos = 0;
        if (goes_on(s, parts[s->response]))
            return OCTET_LATER;
    }
    return OCTET_END;
}

/* Octets of the present response; too many to count if they come by events. */
static size_t response_len(const struct smtplite_session *s) {
    const char *parts = mechanism(s)->response[s->step];
    size_t len = 0;
    for (; *parts != '\0'; parts++) {
        size_t n;
        const char *p = part_octets(s, *parts, &n);
        if (goes_on(s, *parts))
            n = AUTH_LINE_MAX;
        len += n == NUL_ENDED ? smtplite_text_length(p) : n;
    }
    return len;
}

/* May the first response ride on AUTH, and is it one of no octets? */
static enum smtplite_initial choose_initial(const struct smtplite_session *s) {
    const struct smtplite_sasl *m = mechanism(s);
    if (!m->client_first || smtplite_allows(s, SMTPLITE_LOCKSTEP))
        return SMTPLITE_INITIAL_NONE;
    size_t line = sizeof "AUTH  \r\n" - 1 + smtplite_text_length(m->name);
    size_t len = response_len(s);
    if (len == 0)
        return SMTPLITE_INITIAL_EMPTY;
    return line + (len + 2) / 3 * 4 <= AUTH_LINE_MAX ? SMTPLITE_INITIAL : SMTPLITE_INITIAL_NONE;
}

static void end_response(struct smtplite_session *s) {
    memset(s->quad, 0, sizeof s->quad);
    s->step++;
    s->response = 0;
    s->response_pos = 0;
    if (exchange(s) != NULL && !mechanism(s)->proof) {
        s->config->login->len = 0; /* it has left: its room is the next challenge's */
        s->config->login->out = 0;
    }
}

/* Puts octets into quad until there are three, or no more for now; gives how many there are. */
static unsigned gather(struct smtplite_session *s, unsigned count, int *octet) {
    *octet = 0;
    while (count < 3 && (*octet = next_octet(s)) >= 0)
        s->quad[count++] = (char)*octet;
    return count;
}

enum smtplite_response smtplite_response_fill(struct smtplite_session *s) {
    struct smtplite_login *login = s->config->login;
    int octet;
    if (smtplite_is_working(s))
        return SMTPLITE_RESPONSE_LATER;
    unsigned count = gather(s, login != NULL ? login->raw_count : 0, &octet);
    if (octet == OCTET_LATER) {
        exchange(s)->ask_token(s, count);
        return SMTPLITE_RESPONSE_LATER;
    }
    if (login != NULL)
        login->raw_count = 0;
    if (count == 0) {
        end_response(s);
        return SMTPLITE_RESPONSE_END;
    }
    smtplite_base64_encode(s->quad, count, s->quad);
    return SMTPLITE_RESPONSE_QUAD;
}

/* ---- Challenges -------------------------------------------------------------------------- */

static bool decodes(const struct smtplite_session *s) {
    return (s->expect == PHASE(AUTH) || s->expect == PHASE(AUTH_RESPONSE)) &&
           mechanism(s)->answer != NULL;
}

void smtplite_challenge_read(struct smtplite_session *s, char c) {
    int value = smtplite_base64_value(c);
    if (c == '=' && s->challenge_pad < 2)
        s->challenge_pad++;
    else if (value < 0 || s->challenge_pad > 0)
        s->challenge_pad = CHALLENGE_BAD;
    else if (decodes(s) &&
             !exchange(s)->decode(s->config->login, (unsigned)value, s->challenge_len & 3u))
        s->challenge_pad = CHALLENGE_BAD;
    s->challenge_len++; /* bounded by reply_len */
}

/* Whole, of one line, and not longer than its mechanism has use for (A12). */
static bool challenge_is_good(const struct smtplite_session *s) {
    unsigned max = s->config->prompt_max > 0 ? s->config->prompt_max : PROMPT_MAX;
    if (mechanism(s)->answer != NULL)
        max = SMTPLITE_LOGIN_WORK;
    return s->challenge_pad < CHALLENGE_BAD && s->challenge_len % 4 == 0 &&
           s->challenge_len <= (max + 2) / 3 * 4 && s->reply_lines == 1;
}

/* Lets the mechanism make its response of this step ready. */
static bool make_response(struct smtplite_session *s) {
    const struct smtplite_sasl *m = mechanism(s);
    if (m->answer == NULL)
        return true;
    enum smtplite_answer answer = m->answer(m, s->config, s->auth, s->step);
    s->config->login->in = 0;
    return answer == SMTPLITE_ANSWER_SEND || answer == SMTPLITE_ANSWER_WORK;
}

bool smtplite_login_answer(struct smtplite_session *s) {
    return s->step < mechanism(s)->steps && challenge_is_good(s) && make_response(s); /* A13 */
}

bool smtplite_is_working(const struct smtplite_session *s) {
    return s->config->login != NULL && s->config->login->iterations > 0;
}

/* ---- The login as a whole ---------------------------------------------------------------- */

static uint8_t needs_met(const struct smtplite_session *s) {
    const struct smtplite_login *login = s->config->login;
    uint8_t met = smtplite_sasl_given(s->config);
    if (s->secure)
        met |= SMTPLITE_NEEDS_TLS | SMTPLITE_NEEDS_SECRECY;
    if (smtplite_allows(s, SMTPLITE_ALLOW_CLEAR_LOGIN))
        met |= SMTPLITE_NEEDS_SECRECY;
    if (login != NULL && login->binding_name != NULL)
        met |= SMTPLITE_NEEDS_BINDING;
    return met;
}

enum smtplite_error smtplite_login_begin(struct smtplite_session *s) {
    uint8_t met = needs_met(s);
    unsigned number = smtplite_sasl_choose(s->config, s->auth, met);
    if (number == 0) { /* A9: would one be taken if the channel were secret? */
        met |= SMTPLITE_NEEDS_TLS | SMTPLITE_NEEDS_SECRECY;
        return smtplite_sasl_choose(s->config, s->auth, met) == 0 ? SMTPLITE_E_AUTH_UNAVAILABLE
                                                                  : SMTPLITE_E_AUTH_NEEDS_TLS;
    }
    s->mechanism = (uint8_t)number;
    s->step = 0;
    if (mechanism(s)->client_first && !make_response(s))
        return smtplite_login_error(s);
    s->initial = (uint8_t)choose_initial(s);
    return SMTPLITE_E_OK;
}

enum smtplite_error smtplite_login_error(const struct smtplite_session *s) {
    const struct smtplite_login *login = s->config->login;
    if (login != NULL && login->error != SMTPLITE_E_OK)
        return (enum smtplite_error)login->error;
    return SMTPLITE_E_AUTH_CHALLENGE;
}

bool smtplite_login_proven(const struct smtplite_session *s) {
    return !mechanism(s)->proof || s->config->login->proven;
}

void smtplite_login_explain(struct smtplite_session *s) {
    if (exchange(s) != NULL)
        exchange(s)->explain(s);
}

void smtplite_login_forget(const struct smtplite_session *s) {
    if (exchange(s) != NULL)
        exchange(s)->forget(s->config->login);
}
