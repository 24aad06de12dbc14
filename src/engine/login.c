/* SPDX-License-Identifier: MIT */
/*
 * What AUTH says and hears (RFC 4954). Responses are strings of parts (sasl/sasl.h), read octet by
 * octet from where they lie, and base64-encoded four characters at a time while they leave; a
 * challenge is checked while it comes, and decoded into the login's memory if its mechanism answers
 * it. What a mechanism computes or has copied lives in struct smtplite_login alone and is cleared
 * when the login is over, however it ends (A15).
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

/* ---- Responses --------------------------------------------------------------------------- */

struct span {
    const char *p;
    size_t n;
};

static struct span span_of_text(const char *text) {
    struct span span = {text != NULL ? text : "", NUL_ENDED};
    return span;
}

static struct span span_of_token(const struct smtplite_login *login) {
    struct span span = {login->token, login->token_len};
    if (login->token_by_event) {
        span.p = login->piece;
        span.n = login->piece_len;
    }
    return span;
}

static struct span span_of_work(const struct smtplite_login *login) {
    struct span span = {login->work + login->out, (size_t)(login->len - login->out)};
    return span;
}

static struct span span_of_part(const struct smtplite_session *s, char part) {
    static const char octets[] = {0, 1};
    const struct smtplite_login *login = s->config->login;
    struct span span = {octets, 1};
    switch (part) {
    case SMTPLITE_PART_NUL:
        return span;
    case SMTPLITE_PART_SOH:
        span.p++;
        return span;
    case SMTPLITE_PART_AUTHZID:
        return span_of_text(login != NULL ? login->authzid : NULL);
    case SMTPLITE_PART_USER:
        return span_of_text(s->config->user);
    case SMTPLITE_PART_PASSWORD:
        return span_of_text(s->config->password);
    case SMTPLITE_PART_TOKEN:
        return span_of_token(login);
    default:
        return span_of_work(login);
    }
}

static bool span_has(struct span span, size_t pos) {
    return span.n == NUL_ENDED ? span.p[pos] != '\0' : pos < span.n;
}

/* The token's next piece is still to come. */
static bool part_goes_on(const struct smtplite_session *s, char part) {
    return part == SMTPLITE_PART_TOKEN && s->config->login->token_by_event &&
           !s->config->login->token_ended;
}

/* The next octet of the response. */
static int next_octet(struct smtplite_session *s) {
    const char *parts = mechanism(s)->response[s->step];
    for (; parts[s->response] != '\0'; s->response++) {
        struct span span = span_of_part(s, parts[s->response]);
        if (span_has(span, s->response_pos))
            return (unsigned char)span.p[s->response_pos++];
        s->response_pos = 0;
        if (part_goes_on(s, parts[s->response]))
            return OCTET_LATER;
    }
    return OCTET_END;
}

/* Octets of the present response; too many to count if they come by events. */
static size_t response_len(const struct smtplite_session *s) {
    const char *parts = mechanism(s)->response[s->step];
    size_t len = 0;
    for (; *parts != '\0'; parts++) {
        struct span span = span_of_part(s, *parts);
        if (part_goes_on(s, *parts))
            return AUTH_LINE_MAX;
        len += span.n == NUL_ENDED ? smtplite_text_length(span.p) : span.n;
    }
    return len;
}

/* May the first response ride on AUTH? */
static bool fits_initial(const struct smtplite_session *s) {
    const struct smtplite_sasl *m = mechanism(s);
    if (!m->client_first || smtplite_allows(s, SMTPLITE_LOCKSTEP))
        return false;
    size_t line = sizeof "AUTH  \r\n" - 1 + smtplite_text_length(m->name);
    return line + (response_len(s) + 2) / 3 * 4 <= AUTH_LINE_MAX;
}

const char *smtplite_login_lead(const struct smtplite_session *s) {
    if (!s->initial)
        return "";
    return response_len(s) > 0 ? " " : " ="; /* RFC 4954 4: an empty one */
}

static void end_response(struct smtplite_session *s) {
    memset(s->quad, 0, sizeof s->quad);
    s->step++;
    s->response = 0;
    s->response_pos = 0;
}

/* Puts octets into quad until there are three, or no more for now; gives how many there are. */
static unsigned gather(struct smtplite_session *s, unsigned count, int *octet) {
    *octet = 0;
    while (count < 3 && (*octet = next_octet(s)) >= 0)
        s->quad[count++] = (char)*octet;
    return count;
}

/* RFC 4648 4 */
static void encode(struct smtplite_session *s, unsigned count) {
    uint32_t bits = 0;
    for (unsigned i = 0; i < 3; i++)
        bits = bits << 8 | (i < count ? (unsigned char)s->quad[i] : 0u);
    for (unsigned i = 0; i < 4; i++)
        s->quad[i] = i <= count ? smtplite_base64_char(bits >> (18 - 6 * i)) : '=';
}

static void ask_token(struct smtplite_session *s, unsigned count) {
    struct smtplite_login *login = s->config->login;
    login->raw_count = (uint8_t)count;
    if (!login->token_asked)
        smtplite_raise(s, EVENT(TOKEN));
    login->token_asked = true;
}

enum smtplite_response smtplite_response_fill(struct smtplite_session *s) {
    struct smtplite_login *login = s->config->login;
    int octet;
    if (smtplite_is_working(s))
        return SMTPLITE_RESPONSE_LATER;
    unsigned count = gather(s, login != NULL ? login->raw_count : 0, &octet);
    if (octet == OCTET_LATER) {
        ask_token(s, count);
        return SMTPLITE_RESPONSE_LATER;
    }
    if (login != NULL)
        login->raw_count = 0;
    if (count == 0) {
        end_response(s);
        return SMTPLITE_RESPONSE_END;
    }
    encode(s, count);
    return SMTPLITE_RESPONSE_QUAD;
}

/* ---- Challenges -------------------------------------------------------------------------- */

/* One more character's bits; the octet that they complete goes behind what the login has. */
static bool decode(struct smtplite_login *login, unsigned value, unsigned place) {
    login->bits = login->bits << 6 | value;
    if (place == 0)
        return true;
    if ((size_t)login->len + login->in >= SMTPLITE_LOGIN_WORK)
        return false;
    login->work[login->len + login->in++] = (char)(login->bits >> (6 - 2 * place) & 0xFF);
    return true;
}

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
    else if (decodes(s) && !decode(s->config->login, (unsigned)value, s->challenge_len & 3u))
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

/* ---- Work -------------------------------------------------------------------------------- */

bool smtplite_is_working(const struct smtplite_session *s) {
    return s->config->login != NULL && s->config->login->iterations > 0;
}

void smtplite_work(struct smtplite_session *s) {
    const struct smtplite_sasl *m = mechanism(s);
    if (s->over || s->send != PHASE(AUTH_RESPONSE) || !smtplite_is_working(s))
        return;
    enum smtplite_answer answer = m->work(m, s->config);
    if (answer == SMTPLITE_ANSWER_WORK)
        return;
    s->config->login->iterations = 0;
    if (answer == SMTPLITE_ANSWER_SEND)
        smtplite_output_fill(s);
    else
        smtplite_start(s, PHASE(AUTH_CANCEL)); /* nothing of the response has left */
}

/* ---- The token, in pieces ---------------------------------------------------------------- */

static bool takes_token(const struct smtplite_session *s) {
    return s->config->login != NULL && s->config->login->token_asked && !s->over;
}

static void answer_token(struct smtplite_session *s, const char *p, size_t n) {
    struct smtplite_login *login = s->config->login;
    login->piece = p;
    login->piece_len = n;
    login->token_asked = false;
    s->event &= (uint8_t)~EVENT(TOKEN);
    smtplite_output_fill(s);
}

enum smtplite_error smtplite_token(struct smtplite_session *s, const char *p, size_t n) {
    if (!takes_token(s))
        return SMTPLITE_E_STATE;
    if (p == NULL || n == 0)
        return SMTPLITE_E_ARGUMENT;
    enum smtplite_error error = smtplite_token_check(p, n);
    if (error == SMTPLITE_E_OK)
        answer_token(s, p, n);
    return error;
}

enum smtplite_error smtplite_token_end(struct smtplite_session *s) {
    if (!takes_token(s))
        return SMTPLITE_E_STATE;
    s->config->login->token_ended = true;
    answer_token(s, NULL, 0);
    return SMTPLITE_E_OK;
}

enum smtplite_error smtplite_token_fail(struct smtplite_session *s) {
    if (!takes_token(s))
        return SMTPLITE_E_STATE;
    smtplite_fail(s, SMTPLITE_E_SOURCE, 0);
    return SMTPLITE_E_OK;
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
    s->initial = fits_initial(s);
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
    const struct smtplite_login *login = s->config->login;
    if (login == NULL || login->note == 0)
        return;
    smtplite_text_add(s, ' ');
    for (size_t i = 0; i < login->note; i++)
        smtplite_text_add(s, login->work[i]);
}

void smtplite_login_forget(const struct smtplite_session *s) {
    struct smtplite_login *login = s->config->login;
    const size_t own = offsetof(struct smtplite_login, binding_name);
    if (login == NULL)
        return;
    if (login->crypto != NULL)
        login->crypto->forget(login->crypto->context);
    memset((char *)login + own, 0, sizeof *login - own);
}

void smtplite_tls_binding(struct smtplite_session *s, const char *name, const uint8_t *p,
                          size_t n) {
    struct smtplite_login *login = s->config->login;
    if (login == NULL || n == 0)
        return;
    login->binding_name = name;
    login->binding = p;
    login->binding_len = n;
}
