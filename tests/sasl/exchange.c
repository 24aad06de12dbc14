/* SPDX-License-Identifier: MIT */
#include "exchange.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Padding behind `work`, where ASan sees nothing. */
#define WORK_END (offsetof(struct smtplite_login, work) + SMTPLITE_LOGIN_WORK)
#define CANARY   0xA5

static void put_canary(struct smtplite_login *login) {
    memset((char *)login + WORK_END, CANARY, sizeof *login - WORK_END);
}

static void check_canary(const struct smtplite_login *login) {
    for (size_t i = WORK_END; i < sizeof *login; i++)
        if (((const uint8_t *)login)[i] != CANARY) {
            printf("exchange: written behind work\n");
            abort();
        }
}

void exchange_begin(struct exchange *x, const struct smtplite_sasl *m,
                    const struct smtplite_crypto *crypto) {
    memset(x, 0, sizeof *x);
    x->login = malloc(sizeof *x->login);
    if (x->login == NULL)
        abort();
    smtplite_login_init(x->login, crypto);
    put_canary(x->login);
    x->config.login = x->login;
    x->config.mechanisms = SMTPLITE_AUTH_ANY;
    x->config.user = "user";
    x->config.password = "pencil";
    x->m = m;
    x->offered = m->bit;
}

void exchange_end(struct exchange *x) {
    if (x->login->crypto != NULL)
        x->login->crypto->forget(x->login->crypto->context);
    check_canary(x->login);
    free(x->login);
    x->login = NULL;
}

static void say(struct exchange *x, const char *p, size_t n) {
    if (n >= SAID_MAX - x->said_len)
        abort();
    memcpy(x->said + x->said_len, p, n);
    x->said_len += n;
    x->said[x->said_len] = '\0';
}

static void say_text(struct exchange *x, const char *text) {
    if (text != NULL)
        say(x, text, strlen(text));
}

static void say_part(struct exchange *x, char part) {
    const struct smtplite_login *login = x->login;
    switch (part) {
    case SMTPLITE_PART_NUL:
        say(x, "", 1);
        return;
    case SMTPLITE_PART_SOH:
        say(x, "\1", 1);
        return;
    case SMTPLITE_PART_AUTHZID:
        say_text(x, login->authzid);
        return;
    case SMTPLITE_PART_USER:
        say_text(x, x->config.user);
        return;
    case SMTPLITE_PART_PASSWORD:
        say_text(x, x->config.password);
        return;
    case SMTPLITE_PART_TOKEN:
        say(x, login->token, login->token_len);
        return;
    case SMTPLITE_PART_WORK:
        say(x, login->work + login->out, (size_t)(login->len - login->out));
        return;
    default:
        abort();
    }
}

static enum smtplite_answer finish(struct exchange *x, enum smtplite_answer answer) {
    while (answer == SMTPLITE_ANSWER_WORK) {
        x->works++;
        answer = x->m->work(x->m, &x->config);
    }
    x->login->in = 0;
    x->said_len = 0;
    x->said[0] = '\0';
    if (answer == SMTPLITE_ANSWER_SEND)
        for (const char *part = x->m->response[x->step++]; *part != '\0'; part++)
            say_part(x, *part);
    return answer;
}

enum smtplite_answer exchange_open(struct exchange *x) {
    enum smtplite_answer answer = SMTPLITE_ANSWER_SEND;
    if (x->m->answer != NULL)
        answer = x->m->answer(x->m, &x->config, x->offered, 0);
    return finish(x, answer);
}

enum smtplite_answer exchange_hear(struct exchange *x, const void *challenge, size_t n) {
    struct smtplite_login *login = x->login;
    if (x->step >= x->m->steps || n > SMTPLITE_LOGIN_WORK - (size_t)login->len)
        return SMTPLITE_ANSWER_CANCEL;
    memcpy(login->work + login->len, challenge, n);
    login->in = (uint16_t)n;
    if (x->m->answer == NULL)
        return finish(x, SMTPLITE_ANSWER_SEND);
    return finish(x, x->m->answer(x->m, &x->config, x->offered, x->step));
}

enum smtplite_answer exchange_hear_text(struct exchange *x, const char *challenge) {
    return exchange_hear(x, challenge, strlen(challenge));
}

void exchange_pretend(struct exchange *x, const char *first, size_t bare, size_t nonce_len) {
    size_t n = strlen(first);
    memcpy(x->login->work, first, n);
    x->login->len = (uint16_t)n;
    x->login->bare = (uint16_t)bare;
    x->login->nonce_len = (uint8_t)nonce_len;
    x->step = 1;
}

bool exchange_said(const struct exchange *x, const char *words) {
    bool same = x->said_len == strlen(words) && memcmp(x->said, words, x->said_len) == 0;
    if (!same)
        printf("  said:     %s\n  expected: %s\n", x->said, words);
    return same;
}

bool exchange_has(const struct exchange *x, const void *p, size_t n) {
    const char *memory = (const char *)x->login;
    for (size_t i = 0; i + n <= sizeof *x->login; i++)
        if (memcmp(memory + i, p, n) == 0)
            return true;
    return false;
}

/* ---- The toy ----------------------------------------------------------------------------- */

static uint32_t stir(uint32_t state, const uint8_t *p, size_t n) {
    while (n-- > 0)
        state = (state ^ *p++) * 16777619u;
    return state ^ state >> 15;
}

static void fill(uint32_t state, uint8_t *to, size_t n) {
    while (n-- > 0) {
        state = (uint32_t)(state * 1664525ull + 1013904223ull);
        *to++ = (uint8_t)(state >> 24);
    }
}

static bool count_call(struct toy *toy) {
    return ++toy->calls != toy->fail_at;
}

static void keep_secret(struct toy *toy, const void *p, size_t n) {
    struct secret *secret = &toy->secrets[toy->secret_count];
    if (n == 0 || n > sizeof secret->p || toy->secret_count == 8)
        return;
    memcpy(secret->p, p, n);
    secret->n = n;
    toy->secret_count++;
}

bool exchange_has_secret(const struct exchange *x, const struct toy *toy) {
    for (unsigned i = 0; i < toy->secret_count; i++)
        if (exchange_has(x, toy->secrets[i].p, toy->secrets[i].n))
            return true;
    return false;
}

static bool toy_hmac(void *context, enum smtplite_hash hash, const void *key, size_t key_len,
                     const void *p, size_t n, void *mac) {
    struct toy *toy = context;
    if (!count_call(toy))
        return false;
    if (key != NULL) {
        keep_secret(toy, key, key_len);
        toy->key = stir(2166136261u, key, key_len);
    }
    fill(stir(toy->key, p, n), mac, smtplite_digest_len(hash));
    return true;
}

static bool toy_hash(void *context, enum smtplite_hash hash, const void *p, size_t n,
                     void *digest) {
    if (!count_call(context))
        return false;
    keep_secret(context, p, n);
    fill(stir(17u, p, n), digest, smtplite_digest_len(hash));
    return true;
}

static bool toy_random(void *context, void *p, size_t n) {
    struct toy *toy = context;
    if (!count_call(toy) || n > sizeof toy->nonce)
        return false;
    memcpy(p, toy->nonce, n);
    return true;
}

static void toy_forget(void *context) {
    struct toy *toy = context;
    toy->key = 0;
    toy->forgotten = true;
}

void toy_init(struct toy *toy) {
    static const struct smtplite_crypto calls = {NULL, toy_hmac, toy_hash, toy_random, toy_forget};
    memset(toy, 0, sizeof *toy);
    toy->crypto = calls;
    toy->crypto.context = toy;
    memset(toy->nonce, 0x5A, sizeof toy->nonce);
}
