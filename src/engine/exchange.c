/* SPDX-License-Identifier: MIT */
/*
 * What only those logins need that have a struct smtplite_login: challenges are decoded, tokens
 * come in pieces, refusals are explained. auth.c reaches it by the pointer that
 * smtplite_login_init sets; firmware without such logins links nothing of it.
 */

#include "session.h"

#include <string.h>

#include "sasl/sasl.h"

/* CONTROL, NON_ASCII or OK: a token's octets (RFC 6750 2.1 allows fewer). */
static enum smtplite_error check_token(const char *p, size_t n) {
    enum smtplite_error error = SMTPLITE_E_OK;
    for (size_t i = 0; i < n && error == SMTPLITE_E_OK; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c < 0x20 || c == 0x7F)
            error = SMTPLITE_E_CONTROL;
        else if (c >= 0x80)
            error = SMTPLITE_E_NON_ASCII;
    }
    return error;
}

static enum smtplite_error check_texts(const struct smtplite_login *login) {
    const char *texts[] = {login->authzid, login->host, login->port};
    enum smtplite_error error = SMTPLITE_E_OK;
    if (login->token != NULL && (login->token_len == 0 || login->token_by_event))
        error = SMTPLITE_E_ARGUMENT;
    else if (login->token != NULL)
        error = check_token(login->token, login->token_len);
    if (smtplite_iterations_max(login) < smtplite_iterations_min(login))
        error = SMTPLITE_E_ARGUMENT;
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0] && error == SMTPLITE_E_OK; i++)
        error = smtplite_credential_check(texts[i]);
    return error;
}

/* ---- Responses --------------------------------------------------------------------------- */

static const char *get_part(const struct smtplite_login *login, char part, size_t *n) {
    switch (part) {
    case SMTPLITE_PART_AUTHZID:
        return login->authzid != NULL ? login->authzid : "";
    case SMTPLITE_PART_WORK:
        *n = (size_t)(login->len - login->out);
        return login->work + login->out;
    case SMTPLITE_PART_TOKEN:
        *n = login->token_by_event ? login->piece_len : login->token_len;
        return login->token_by_event ? login->piece : login->token;
    case SMTPLITE_PART_SOH:
        *n = 1;
        return "\1";
    default:
        *n = 1;
        return ""; /* its NUL */
    }
}

static void ask_token(struct smtplite_session *s, unsigned count) {
    struct smtplite_login *login = s->config->login;
    login->raw_count = (uint8_t)count;
    if (!login->token_asked)
        smtplite_raise(s, EVENT(TOKEN));
    login->token_asked = true;
}

/* ---- Challenges -------------------------------------------------------------------------- */

/* The octet that the character completes goes behind what the login has. */
static bool decode_bits(struct smtplite_login *login, unsigned value, unsigned place) {
    login->bits = login->bits << 6 | value;
    if (place == 0)
        return true;
    if ((size_t)login->len + login->in >= SMTPLITE_LOGIN_WORK)
        return false;
    login->work[login->len + login->in++] = (char)(login->bits >> (6 - 2 * place) & 0xFF);
    return true;
}

/* Some explanations end with a line's end (Gmail's): that is left out. */
static void explain_refusal(struct smtplite_session *s) {
    const struct smtplite_login *login = s->config->login;
    size_t n = login->note;
    while (n > 0 && (login->work[n - 1] == '\n' || login->work[n - 1] == '\r'))
        n--;
    if (n > 0)
        smtplite_text_add(s, ' ');
    for (size_t i = 0; i < n; i++)
        smtplite_text_add(s, login->work[i]);
}

static void go_on(struct smtplite_session *s) {
    struct smtplite_login *login = s->config->login;
    const struct smtplite_sasl *m = smtplite_sasl_get(s->config, s->mechanism);
    enum smtplite_answer answer = m->work(m, s->config);
    if (answer == SMTPLITE_ANSWER_WORK)
        return;
    login->iterations = 0;
    if (answer == SMTPLITE_ANSWER_SEND)
        smtplite_output_fill(s);
    else
        smtplite_start(s, PHASE(AUTH_CANCEL)); /* nothing of the response has left */
}

/* ---- The login as a whole ---------------------------------------------------------------- */

static void forget_login(struct smtplite_login *login) {
    const size_t own = offsetof(struct smtplite_login, binding_name);
    if (login->crypto != NULL)
        login->crypto->forget(login->crypto->context);
    smtplite_wipe_octets((char *)login + own, sizeof *login - own);
}

static const struct smtplite_exchange exchange = {
    .check = check_texts,
    .part = get_part,
    .decode = decode_bits,
    .ask_token = ask_token,
    .work = go_on,
    .explain = explain_refusal,
    .forget = forget_login,
};

void smtplite_login_init_table(struct smtplite_login *login, const struct smtplite_crypto *crypto,
                               const struct smtplite_sasl *const *table) {
    memset(login, 0, sizeof *login);
    login->table = table;
    login->crypto = crypto;
    login->exchange = &exchange;
}

void smtplite_tls_binding(struct smtplite_session *s, const char *name, const uint8_t *p,
                          size_t n) {
    struct smtplite_login *login = s->config->login;
    if (login == NULL || n == 0 || s->expect != PHASE(TLS))
        return;
    login->binding_name = name;
    login->binding = p;
    login->binding_len = n;
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
    enum smtplite_error error = check_token(p, n);
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
