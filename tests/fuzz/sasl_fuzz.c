/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer on challenges. The first two octets of an input choose mechanism and settings; the rest
 * is what the server says, one challenge a line, `\` before an octet that is meant (a line end).
 * `N` in place of a line's first octet stands for our nonce behind `r=`, `V` for the right server
 * signature: else a fuzzer would not get past them. Each challenge is given as the engine gives it.
 * Always:
 *   - len, out and note stay within `work`, and nothing is written behind (ASan);
 *   - proven only if the challenge was the right signature;
 *   - behind an answer no key is left in the login, and password and token are nowhere in it,
 * unless the server said them.
 */
#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../sasl/exchange.h"

#define NONCE    "WlpaWlpaWlpaWlpaWlpaWlpa" /* the toy's */
#define PASSWORD "correct horse battery staple"
#define TOKEN    "ya29.a-token-that-is-never-copied"

static unsigned long runs, sent, cancelled, failed, proven, noted;

static void require(bool holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "fuzz: violated: %s\n", what);
    abort();
}

static void tell_counts(void) {
    fprintf(stderr, "fuzz: executions %lu sent %lu cancelled %lu failed %lu proven %lu noted %lu\n",
            runs, sent, cancelled, failed, proven, noted);
}

static void set_up(struct exchange *x, struct toy *toy, const uint8_t *how) {
    static const uint8_t binding[] = "a channel binding of some octets";
    static const char *const names[] = {"user", "a,b=c", "", "pump7@example.com"};
    static const struct smtplite_sasl *const *table;
    struct smtplite_login login;
    toy_init(toy);
    smtplite_login_init(&login, NULL);
    table = login.table;
    exchange_begin(x, table[how[0] % 10], &toy->crypto);
    x->config.user = names[how[1] & 3];
    x->config.password = PASSWORD;
    x->login->authzid = how[1] & 4 ? "boss" : NULL;
    x->login->host = how[1] & 8 ? "mail.example.com" : NULL;
    x->login->token = TOKEN;
    x->login->token_len = sizeof TOKEN - 1;
    x->login->iterations_min = 1;
    x->login->iterations_max = 40;
    x->login->binding_name = how[1] & 16 || (x->m->needs & SMTPLITE_NEEDS_BINDING) ? "tls-x" : NULL;
    x->login->binding = binding;
    x->login->binding_len = sizeof binding;
    toy->fail_at = how[1] & 32 ? (unsigned)(how[0] / 10) + 1 : 0;
    x->offered = how[1] & 64 ? SMTPLITE_AUTH_ANY : x->m->bit;
}

static void put_signature(const struct exchange *x, char *to, size_t *n) {
    struct smtplite_login *scratch = calloc(1, sizeof *scratch);
    if (scratch == NULL)
        abort();
    smtplite_work_text(scratch, "v=");
    smtplite_work_base64(scratch, x->login->digest,
                         smtplite_digest_len((enum smtplite_hash)x->m->hash));
    memcpy(to, scratch->work, scratch->len);
    *n = scratch->len;
    free(scratch);
}

/* The next line of the input, expanded; gives what is left. */
static const uint8_t *take_line(const struct exchange *x, const uint8_t *p, const uint8_t *end,
                                char *line, size_t *n) {
    *n = 0;
    if (*p == 'N') {
        memcpy(line, "r=" NONCE, sizeof NONCE + 1);
        *n = sizeof NONCE + 1;
        p++;
    } else if (*p == 'V') {
        put_signature(x, line, n);
        p++;
    }
    for (; p < end && *p != '\n'; p++) {
        if (*p == '\\' && p + 1 < end)
            p++;
        if (*n < SMTPLITE_LOGIN_WORK)
            line[(*n)++] = (char)*p;
    }
    return p < end ? p + 1 : end;
}

/* What the server has said so far: a fuzzer finds out what is searched for, and says it. */
static char heard[4096];
static size_t heard_len;

static bool is_nowhere(const struct exchange *x, const void *p, size_t n) {
    return memmem(heard, heard_len, p, n) != NULL || !exchange_has(x, p, n);
}

static void check_state(const struct exchange *x, const struct toy *toy) {
    const struct smtplite_login *login = x->login;
    require(login->len <= SMTPLITE_LOGIN_WORK && login->out <= login->len, "out and len");
    require(login->note <= login->len, "note");
    require(login->iterations == 0, "no work is left over");
    require(is_nowhere(x, PASSWORD, sizeof PASSWORD - 1), "no password");
    require(is_nowhere(x, TOKEN, sizeof TOKEN - 1), "no token");
    for (unsigned i = 0; x->m->proof && i < toy->secret_count; i++)
        require(is_nowhere(x, toy->secrets[i].p, toy->secrets[i].n), "no key");
}

/* Gives whether the login goes on. */
static bool judge(const struct exchange *x, enum smtplite_answer answer, bool signature) {
    require(!x->login->proven || signature, "proven by the signature alone");
    require(answer != SMTPLITE_ANSWER_WORK, "worked to the end");
    sent += answer == SMTPLITE_ANSWER_SEND;
    cancelled += answer == SMTPLITE_ANSWER_CANCEL;
    failed += answer == SMTPLITE_ANSWER_FAIL;
    proven += x->login->proven;
    noted += x->login->note > 0;
    require(answer != SMTPLITE_ANSWER_FAIL || x->login->error != 0, "a failure has an error");
#ifdef FUZZ_PLANT
    require(!x->login->proven, "planted");
#endif
    return answer == SMTPLITE_ANSWER_SEND;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size) {
    struct toy toy;
    struct exchange x;
    char line[SMTPLITE_LOGIN_WORK + 64], right[64];
    const uint8_t *end = p + size;
    bool goes_on = true;
    if (runs++ == 0)
        atexit(tell_counts);
    if (size < 2)
        return 0;
    set_up(&x, &toy, p);
    heard_len = 0;
    if (x.m->client_first)
        goes_on = judge(&x, exchange_open(&x), false);
    check_state(&x, &toy);
    for (p += 2; goes_on && p < end && x.step < x.m->steps;) {
        size_t n, right_len;
        put_signature(&x, right, &right_len);
        p = take_line(&x, p, end, line, &n);
        if (n <= sizeof heard - heard_len) {
            memcpy(heard + heard_len, line, n);
            heard_len += n;
        }
        bool signature = x.step == 2 && n >= right_len && memcmp(line, right, right_len) == 0;
        goes_on = judge(&x, exchange_hear(&x, line, n), signature);
        check_state(&x, &toy);
    }
    exchange_end(&x);
    return 0;
}
