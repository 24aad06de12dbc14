/* SPDX-License-Identifier: MIT */
/* CRAM-MD5, OAUTHBEARER, XOAUTH2, EXTERNAL, the table of all, and what they write with: each text
 * and each length (A12). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../engine/check.h"
#include "exchange.h"

#define TOKEN "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="

/* ---- The table --------------------------------------------------------------------------- */

static void check_table(void) {
    static const char *const names[] = {
        "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "EXTERNAL",
        "OAUTHBEARER",        "XOAUTH2",          "CRAM-MD5",      "PLAIN",       "LOGIN"};
    struct toy toy;
    struct smtplite_login login;
    unsigned bits = 0;
    size_t count = 0;
    toy_init(&toy);
    memset(&login, 0xA5, sizeof login);
    smtplite_login_init(&login, &toy.crypto);
    CHECK(login.crypto == &toy.crypto && login.token == NULL && login.authzid == NULL);
    for (; login.table[count] != NULL; count++) {
        const struct smtplite_sasl *m = login.table[count];
        EXPECT(count < 10 && strcmp(m->name, names[count]) == 0);
        EXPECT(m->bit != 0 && (bits & m->bit) == 0);
        EXPECT(m->steps >= 1 && m->steps <= SMTPLITE_SASL_STEPS);
        for (unsigned i = 0; i < m->steps; i++)
            EXPECT(m->response[i] != NULL);
        bits |= m->bit;
    }
    CHECK(count == 10 && bits == SMTPLITE_AUTH_ANY);
}

/* What sends the secret itself may not go in clear, whatever else it needs (A9). */
static void check_needs(void) {
    const unsigned secrecy = SMTPLITE_NEEDS_SECRECY;
    CHECK(smtplite_sasl_plain.needs & secrecy);
    CHECK(smtplite_sasl_login.needs & secrecy);
    CHECK(smtplite_sasl_oauthbearer.needs & secrecy);
    CHECK(smtplite_sasl_xoauth2.needs & secrecy);
    CHECK(smtplite_sasl_external.needs & SMTPLITE_NEEDS_TLS);
    CHECK(smtplite_sasl_scram_sha_1_plus.needs & SMTPLITE_NEEDS_BINDING);
    CHECK(smtplite_sasl_scram_sha_256_plus.needs & SMTPLITE_NEEDS_BINDING);
    CHECK(smtplite_sasl_scram_sha_1.proof && smtplite_sasl_scram_sha_1_plus.proof);
    CHECK(smtplite_sasl_scram_sha_256.proof && smtplite_sasl_scram_sha_256_plus.proof);
}

/* ---- OAuth ------------------------------------------------------------------------------- */

static void begin(struct exchange *x, const struct smtplite_sasl *m, const char *user) {
    exchange_begin(x, m, NULL);
    x->config.user = user;
    x->config.password = NULL;
    x->login->token = TOKEN;
    x->login->token_len = sizeof TOKEN - 1;
}

/* A refusal (RFC 7628 4.3): its words are kept, the answer is one octet or none. */
static void check_oauth_error(struct exchange *x, const char *answer) {
    static const char json[] =
        "{\"status\":\"invalid_token\",\"scope\":\"example_scope\",\"openid-configuration\":"
        "\"https://example.com/.well-known/openid-configuration\"}";
    CHECK(exchange_hear_text(x, json) == SMTPLITE_ANSWER_SEND);
    CHECK(exchange_said(x, answer));
    CHECK(x->login->note == sizeof json - 1 && memcmp(x->login->work, json, sizeof json - 1) == 0);
    CHECK(x->step == x->m->steps);
}

static void check_oauthbearer(const char *authzid, const char *user, const char *host,
                              const char *port, const char *expected) {
    struct exchange x;
    begin(&x, &smtplite_sasl_oauthbearer, user);
    x.login->authzid = authzid;
    x.login->host = host;
    x.login->port = port;
    CHECK(exchange_open(&x) == SMTPLITE_ANSWER_SEND);
    CHECK(exchange_said(&x, expected));
    CHECK(!exchange_has(&x, TOKEN, sizeof TOKEN - 1)); /* it is never copied */
    check_oauth_error(&x, "\1");
    exchange_end(&x);
}

static void check_oauthbearers(void) {
    check_oauthbearer(NULL, "user@example.com", "server.example.com", "143", /* RFC 7628 4.1 */
                      "n,a=user@example.com,\1host=server.example.com\1port=143\1"
                      "auth=Bearer " TOKEN "\1\1");
    check_oauthbearer(NULL, "user@example.com", "server.example.com", "587", /* 4.4 */
                      "n,a=user@example.com,\1host=server.example.com\1port=587\1"
                      "auth=Bearer " TOKEN "\1\1");
    check_oauthbearer(NULL, "a,b=c", NULL, NULL, "n,a=a=2Cb=3Dc,\1auth=Bearer " TOKEN "\1\1");
    check_oauthbearer("boss", "u", NULL, "25", "n,a=boss,\1port=25\1auth=Bearer " TOKEN "\1\1");
    check_oauthbearer(NULL, NULL, "h", NULL, "n,,\1host=h\1auth=Bearer " TOKEN "\1\1");
}

static void check_xoauth2(void) {
    struct exchange x;
    begin(&x, &smtplite_sasl_xoauth2, "someuser@example.com");
    CHECK(exchange_open(&x) == SMTPLITE_ANSWER_SEND);
    CHECK(exchange_said(&x, "user=someuser@example.com\1auth=Bearer " TOKEN "\1\1"));
    CHECK(!exchange_has(&x, TOKEN, sizeof TOKEN - 1));
    check_oauth_error(&x, "");
    exchange_end(&x);
}

/* A refusal of any length that the engine takes, down to none. */
static void check_notes(const struct smtplite_sasl *m) {
    char words[SMTPLITE_LOGIN_WORK + 1];
    size_t taken = 0;
    for (size_t n = 0; n < sizeof words; n++) {
        struct exchange x;
        memset(words, 'j', sizeof words);
        begin(&x, m, "u");
        EXPECT(exchange_open(&x) == SMTPLITE_ANSWER_SEND);
        bool fits = n <= SMTPLITE_LOGIN_WORK - (size_t)x.login->len;
        EXPECT((exchange_hear(&x, words, n) == SMTPLITE_ANSWER_SEND) == fits);
        EXPECT(x.login->note == (fits ? n : 0) && x.login->len >= x.login->note);
        taken += fits;
        exchange_end(&x);
    }
    CHECK(taken > 700 && taken < SMTPLITE_LOGIN_WORK);
}

static void check_long_user(const struct smtplite_sasl *m) {
    char user[SMTPLITE_LOGIN_WORK + 40];
    size_t good = 0, bad = 0;
    for (size_t n = 1; n < sizeof user; n++) {
        struct exchange x;
        memset(user, 'u', n);
        user[n] = '\0';
        begin(&x, m, user);
        bool sends = exchange_open(&x) == SMTPLITE_ANSWER_SEND;
        EXPECT(x.login->error == (sends ? SMTPLITE_E_OK : SMTPLITE_E_TOO_LONG));
        EXPECT(!sends || bad == 0);
        good += sends;
        bad += !sends;
        exchange_end(&x);
    }
    CHECK(good > 700 && bad > 40);
}

/* ---- CRAM-MD5 and EXTERNAL --------------------------------------------------------------- */

static enum smtplite_answer cram(const char *user, size_t challenge, unsigned fail_at,
                                 unsigned *error) {
    struct toy toy;
    struct exchange x;
    char words[SMTPLITE_LOGIN_WORK];
    toy_init(&toy);
    toy.fail_at = fail_at;
    memset(words, 'c', sizeof words);
    exchange_begin(&x, &smtplite_sasl_cram_md5, &toy.crypto);
    x.config.user = user;
    enum smtplite_answer answer = exchange_hear(&x, words, challenge);
    *error = x.login->error;
    if (answer == SMTPLITE_ANSWER_SEND)
        EXPECT(x.said_len == strlen(user) + 33 && memcmp(x.said, user, strlen(user)) == 0);
    EXPECT(!exchange_has(&x, "pencil", 6));
    exchange_end(&x);
    return answer;
}

static void check_cram_md5(void) {
    char user[SMTPLITE_LOGIN_WORK + 1];
    unsigned error, bad = 0;
    CHECK(cram("u", 0, 0, &error) == SMTPLITE_ANSWER_CANCEL && error == SMTPLITE_E_OK);
    CHECK(cram("u", 1, 1, &error) == SMTPLITE_ANSWER_FAIL && error == SMTPLITE_E_AUTH_CRYPTO);
    for (size_t n = 1; n <= SMTPLITE_LOGIN_WORK; n++)
        bad += cram("u", n, 0, &error) != SMTPLITE_ANSWER_SEND;
    CHECK(bad == 0);
    for (size_t n = 0; n < sizeof user; n++) {
        memset(user, 'u', n);
        user[n] = '\0';
        bool fits = n + 33 <= SMTPLITE_LOGIN_WORK;
        EXPECT(cram(user, 40, 0, &error) == (fits ? SMTPLITE_ANSWER_SEND : SMTPLITE_ANSWER_FAIL));
        bad += error != (fits ? SMTPLITE_E_OK : SMTPLITE_E_TOO_LONG);
    }
    CHECK(bad == 0);
}

static void check_external(const char *authzid, const char *expected) {
    struct exchange x;
    exchange_begin(&x, &smtplite_sasl_external, NULL);
    x.login->authzid = authzid;
    CHECK(exchange_open(&x) == SMTPLITE_ANSWER_SEND);
    CHECK(exchange_said(&x, expected));
    exchange_end(&x);
}

/* ---- What they write with ---------------------------------------------------------------- */

static void check_alphabet(void) {
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned good = 0;
    for (unsigned i = 0; i < 64; i++) {
        char quad[4];
        const unsigned char octets[] = {(unsigned char)(i << 2 | i >> 4),
                                        (unsigned char)(i << 4 | i >> 2),
                                        (unsigned char)(i << 6 | i)};
        smtplite_base64_encode(octets, 3, quad);
        for (unsigned k = 0; k < 4; k++)
            EXPECT(quad[k] == alphabet[i]);
    }
    for (int c = -128; c < 256; c++) {
        const char *place = c > 0 && c < 128 ? strchr(alphabet, c) : NULL;
        good += smtplite_base64_value((char)c) == (place != NULL ? (int)(place - alphabet) : -1);
    }
    CHECK(good == 384);
}

/* Encodes what lies at the end of work, before which there is just enough room, or one too little.
 */
static void check_base64_in_place(size_t n) {
    struct smtplite_login *login = calloc(1, sizeof *login);
    char apart[SMTPLITE_LOGIN_WORK];
    size_t encoded = (n + 2) / 3 * 4;
    uint8_t *from;
    if (login == NULL)
        abort();
    from = (uint8_t *)login->work + SMTPLITE_LOGIN_WORK - n;
    for (size_t i = 0; i < n; i++)
        from[i] = (uint8_t)(i * 37 + n);
    EXPECT(smtplite_work_base64(login, from, n) && login->len == encoded);
    memcpy(apart, login->work, encoded);

    memset(login, 0, sizeof *login);
    for (size_t i = 0; i < n; i++)
        from[i] = (uint8_t)(i * 37 + n);
    login->len = (uint16_t)(SMTPLITE_LOGIN_WORK - encoded + 1);
    EXPECT(encoded == 0 || !smtplite_work_base64(login, from, n));
    login->len = (uint16_t)(SMTPLITE_LOGIN_WORK - encoded);
    EXPECT(smtplite_work_base64(login, from, n) && login->len == SMTPLITE_LOGIN_WORK);
    EXPECT(memcmp(login->work + SMTPLITE_LOGIN_WORK - encoded, apart, encoded) == 0);
    free(login);
}

static void check_base64(void) {
    static const char *const plain[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
    static const char *const encoded[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
                                          "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"}; /* RFC 4648 10 */
    struct smtplite_login login;
    unsigned long failures = check_failures();
    for (size_t i = 0; i < 7; i++) {
        memset(&login, 0, sizeof login);
        CHECK(smtplite_work_base64(&login, plain[i], i));
        CHECK(login.len == strlen(encoded[i]) && memcmp(login.work, encoded[i], login.len) == 0);
    }
    for (size_t n = 0; n <= SMTPLITE_LOGIN_WORK / 4 * 3; n++)
        check_base64_in_place(n);
    CHECK(!smtplite_work_base64(&login, login.work, SIZE_MAX));
    CHECK(failures == check_failures());
}

/* Nothing is appended in part. */
static void check_put(void) {
    static struct smtplite_login login;
    login.len = SMTPLITE_LOGIN_WORK - 5;
    CHECK(smtplite_work_room(&login) == 5);
    CHECK(!smtplite_work_put(&login, "123456", 6) && !smtplite_work_text(&login, "123456"));
    CHECK(!smtplite_work_put(&login, "", SIZE_MAX));
    CHECK(!smtplite_work_saslname(&login, "123,"));
    CHECK(login.len == SMTPLITE_LOGIN_WORK - 5);
    CHECK(smtplite_work_saslname(&login, "12=") && login.len == SMTPLITE_LOGIN_WORK);
    CHECK(smtplite_work_put(&login, "", 0) && smtplite_work_text(&login, ""));
    CHECK(!smtplite_work_put(&login, "x", 1));
    CHECK(memcmp(login.work + SMTPLITE_LOGIN_WORK - 5, "12=3D", 5) == 0);
}

static void check_wipe(void) {
    uint8_t octets[5] = {1, 2, 3, 4, 5};
    smtplite_wipe_octets(octets + 1, 3);
    CHECK(memcmp(octets, "\1\0\0\0\5", 5) == 0);
}

int main(void) {
    check_table();
    check_needs();
    check_oauthbearers();
    check_xoauth2();
    check_notes(&smtplite_sasl_oauthbearer);
    check_notes(&smtplite_sasl_xoauth2);
    check_long_user(&smtplite_sasl_oauthbearer);
    check_long_user(&smtplite_sasl_xoauth2);
    check_cram_md5();
    check_external(NULL, "");
    check_external("", "");
    check_external("pump7", "pump7");
    check_alphabet();
    check_base64();
    check_put();
    check_wipe();
    return check_summary("sasl_mechanisms");
}
