/* SPDX-License-Identifier: MIT */
/* Logins over TLS and in clear: the mechanisms with NetX Crypto against GNU SASL's server, tokens,
 * the list of what is allowed, refusals for now and for ever; and no secret that is left behind. */

#include "secure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nx_smtp_crypto.h"

static const NX_CRYPTO_METHOD *const methods[] = {&crypto_method_hmac_md5,
                                                  &crypto_method_hmac_sha1,
                                                  &crypto_method_hmac_sha256,
                                                  &crypto_method_md5,
                                                  &crypto_method_sha1,
                                                  &crypto_method_sha256,
                                                  NX_NULL};

static NX_SMTP_CRYPTO crypto;
static ULONG metadata[128];
static struct smtplite_login login;
static char token[5000];
static char transcript[65536];
static size_t transcript_len;
static size_t token_pos;

static UINT count_up(UCHAR *buffer, ULONG length) {
    static UCHAR next;
    for (ULONG i = 0; i < length; i++)
        buffer[i] = next++;
    return NX_SUCCESS;
}

static UINT no_random(UCHAR *buffer, ULONG length) {
    (void)buffer, (void)length;
    return NX_NOT_SUCCESSFUL;
}

/* ---- NetX Crypto -------------------------------------------------------------------------- */

/* RFC 2202 and RFC 4231, cases 2 and 6 (a key longer than a block). */
static const struct {
    enum smtplite_hash hash;
    size_t key_len; /* of 0xAA; 0: "Jefe" */
    const char *mac;
} macs[] = {
    {SMTPLITE_HASH_MD5, 0, "750c783e6ab0b503eaa86e310a5db738"},
    {SMTPLITE_HASH_MD5, 80, "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"},
    {SMTPLITE_HASH_SHA1, 0, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {SMTPLITE_HASH_SHA1, 80, "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
    {SMTPLITE_HASH_SHA256, 0, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {SMTPLITE_HASH_SHA256, 131, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
};

static void hex(char *to, const UCHAR *from, size_t n) {
    for (size_t i = 0; i < n; i++)
        sprintf(to + 2 * i, "%02x", from[i]);
}

static void test_macs(void) {
    const struct smtplite_crypto *provider = &crypto.nx_smtp_crypto_provider;
    for (size_t i = 0; i < sizeof macs / sizeof macs[0]; i++) {
        const char *data = macs[i].key_len == 0 ? "what do ya want for nothing?"
                                                : "Test Using Larger Than Block-Size Key - "
                                                  "Hash Key First";
        UCHAR key[131];
        UCHAR mac[SMTPLITE_DIGEST_MAX];
        char text[2 * SMTPLITE_DIGEST_MAX + 1];
        memset(key, 0xAA, sizeof key);
        for (int again = 0; again < 2; again++) {
            const void *k = macs[i].key_len == 0 ? (const void *)"Jefe" : key;
            CHECK(provider->hmac(provider->context, macs[i].hash, again ? NULL : k,
                                 macs[i].key_len == 0 ? 4 : macs[i].key_len, data, strlen(data),
                                 mac),
                  "hmac %zu", i);
            hex(text, mac, smtplite_digest_len(macs[i].hash));
            CHECK(strcmp(text, macs[i].mac) == 0, "%zu: %s", i, text);
        }
    }
    provider->forget(provider->context);
    CHECK(!provider->hmac(provider->context, SMTPLITE_HASH_MD5, NULL, 0, "", 0, token), "forgot");
}

static void test_provider(void) {
    static const NX_CRYPTO_METHOD *const none[] = {NX_NULL};
    NX_SMTP_CRYPTO other;
    UCHAR octets[16];
    CHECK(nx_smtp_crypto_initialize(NX_NULL, methods, metadata, sizeof metadata, NX_NULL) ==
              NX_PTR_ERROR,
          "crypto");
    CHECK(nx_smtp_crypto_initialize(&other, NX_NULL, metadata, sizeof metadata, NX_NULL) ==
              NX_PTR_ERROR,
          "methods");
    CHECK(nx_smtp_crypto_initialize(&other, methods, NX_NULL, sizeof metadata, NX_NULL) ==
              NX_PTR_ERROR,
          "metadata");
    CHECK(nx_smtp_crypto_initialize(&other, methods, metadata, 100, NX_NULL) == NX_SIZE_ERROR,
          "size");
    CHECK(nx_smtp_crypto_initialize(&other, none, metadata, 4, NX_NULL) == NX_SUCCESS, "none");
    CHECK(!other.nx_smtp_crypto_provider.hash(&other, SMTPLITE_HASH_MD5, "", 0, octets), "none");
    CHECK(!other.nx_smtp_crypto_provider.hmac(&other, SMTPLITE_HASH_MD5, "", 0, "", 0, octets),
          "none");
    CHECK(other.nx_smtp_crypto_provider.random(&other, octets, sizeof octets), "NX_CRYPTO_RBG");
}

/* ---- One login ---------------------------------------------------------------------------- */

struct attempt {
    const char *name;
    UINT mechanisms;
    const char *password; /* NULL: the right one */
    const char *offered;
    const char *answer; /* of PLAIN, LOGIN and tokens; NULL: 235 */
    const char *heard;  /* must be heard; NULL: no AUTH must be */
    UINT status;
    UINT mode; /* NX_SMTP_TLS_ */
    UINT options;
    int token; /* 1: as a span, 2: in pieces, 3: its source fails */
    bool no_random;
};

#define ALL         SMTPLITE_AUTH_ANY
#define ALL_OFFERED "AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256"
#define SHA256      SMTPLITE_AUTH_SCRAM_SHA_256
#define SHA1        SMTPLITE_AUTH_SCRAM_SHA_1
#define CRAM        SMTPLITE_AUTH_CRAM_MD5
#define PLAIN       SMTPLITE_AUTH_PLAIN
#define LOGIN       SMTPLITE_AUTH_LOGIN
#define XOAUTH2     SMTPLITE_AUTH_XOAUTH2
#define BEARER      SMTPLITE_AUTH_OAUTHBEARER
#define LATER       "454 4.7.0 later\r\n"
#define CLOSING     "421 closing\r\n"
#define WRONG       "535 5.7.8 wrong\r\n"

static const struct attempt attempts[] = {
    {"the strongest", ALL, NULL, ALL_OFFERED, NULL, "AUTH SCRAM-SHA-256", 0, 1, 0, 0, 0},
    {"implicit", ALL, NULL, ALL_OFFERED, NULL, "AUTH SCRAM-SHA-256", 0, 2, 0, 0, 0},
    {"initial", ALL, NULL, ALL_OFFERED, NULL, "AUTH SCRAM-SHA-256 ", 0, 1, 4, 0, 0},
    {"SHA-1", SHA1 | CRAM, NULL, ALL_OFFERED, NULL, "AUTH SCRAM-SHA-1", 0, 1, 0, 0, 0},
    {"CRAM-MD5", CRAM, NULL, ALL_OFFERED, NULL, "AUTH CRAM-MD5", 0, 1, 0, 0, 0},
    {"CRAM-MD5 in clear", CRAM, NULL, NULL, NULL, "AUTH CRAM-MD5", 0, 0, 0, 0, 0},
    {"SCRAM in clear", SHA256, NULL, NULL, NULL, "AUTH SCRAM-SHA-256", 0, 0, 0, 0, 0},
    {"PLAIN", PLAIN, NULL, ALL_OFFERED, NULL, PASSWORD_64, 0, 1, 0, 0, 0},
    {"LOGIN", LOGIN, NULL, ALL_OFFERED, NULL, PASSWORD_64, 0, 1, 0, 0, 0},
    {"none", 0, NULL, ALL_OFFERED, NULL, NULL, 0, 1, 0, 0, 0},
    {"wrong, SHA-256", SHA256, "no", ALL_OFFERED, NULL, "AUTH", 0xA0, 1, 0, 0, 0},
    {"wrong, SHA-1", SHA1, "no", ALL_OFFERED, NULL, "AUTH", 0xA0, 1, 0, 0, 0},
    {"wrong, CRAM-MD5", CRAM, "no", ALL_OFFERED, NULL, "AUTH", 0xA0, 1, 0, 0, 0},
    {"wrong, PLAIN", PLAIN, "no", ALL_OFFERED, WRONG, "AUTH", 0xA0, 1, 0, 0, 0},
    {"wrong, LOGIN", LOGIN, "no", ALL_OFFERED, WRONG, "AUTH", 0xA0, 1, 0, 0, 0},
    {"wrong, initial", PLAIN, "no", ALL_OFFERED, WRONG, "AUTH", 0xA0, 1, 4, 0, 0},
    {"454, PLAIN", PLAIN, NULL, ALL_OFFERED, LATER, "AUTH", 0xC4, 1, 0, 0, 0},
    {"454, LOGIN", LOGIN, NULL, ALL_OFFERED, LATER, "AUTH", 0xC4, 1, 0, 0, 0},
    {"454, XOAUTH2", XOAUTH2, NULL, "AUTH XOAUTH2", LATER, "AUTH", 0xC4, 1, 0, 1, 0},
    {"421, PLAIN", PLAIN, NULL, ALL_OFFERED, CLOSING, "AUTH", 0xC4, 1, 0, 0, 0},
    {"421, XOAUTH2", XOAUTH2, NULL, "AUTH XOAUTH2", CLOSING, "AUTH", 0xC4, 1, 0, 1, 0},
    {"XOAUTH2", XOAUTH2, NULL, "AUTH XOAUTH2 PLAIN", NULL, "AUTH XOAUTH2", 0, 1, 0, 1, 0},
    {"token in pieces", BEARER, NULL, "AUTH OAUTHBEARER", NULL, "AUTH OAUTHBEARER", 0, 1, 0, 2, 0},
    {"no token", BEARER, NULL, "AUTH OAUTHBEARER", NULL, "AUTH OAUTHBEARER", 0xA3, 1, 0, 3, 0},
    {"token in clear", XOAUTH2, NULL, NULL, NULL, NULL, 0xCD, 0, 0, 1, 0},
    {"not offered", SHA256, NULL, "AUTH PLAIN LOGIN", NULL, NULL, 0xCC, 1, 0, 0, 0},
    {"none offered", PLAIN, NULL, "SIZE 1000000", NULL, NULL, 0xCC, 1, 0, 0, 0},
    {"clear, not offered", SHA256, NULL, NULL, NULL, NULL, 0xCC, 0, 0, 0, 0},
    {"clear, PLAIN", PLAIN, NULL, NULL, NULL, NULL, 0xCD, 0, 0, 0, 0},
    {"clear, allowed", PLAIN, NULL, NULL, NULL, PASSWORD_64, 0, 0, 16, 0, 0},
    {"no random", SHA256, NULL, ALL_OFFERED, NULL, NULL, 0xCF, 1, 0, 0, 1},
};

static void make_token(void) {
    for (size_t i = 0; i < sizeof token - 1; i++)
        token[i] = (char)('a' + i % 26);
}

/* 700 octets at a time, every second time nothing yet. */
static bool give_token(VOID *context, struct smtplite_session *session) {
    static bool later;
    size_t left = sizeof token - 1 - token_pos;
    size_t n = left < 700 ? left : 700;
    (void)context;
    later = !later;
    if (later)
        return false;
    if (n > 0)
        (void)smtplite_token(session, token + token_pos, n);
    else
        (void)smtplite_token_end(session);
    token_pos += n;
    return true;
}

static bool fail_token(VOID *context, struct smtplite_session *session) {
    (void)context;
    (void)smtplite_token_fail(session);
    return true;
}

static void keep(void *context, bool from_server, const char *p, size_t n) {
    (void)context, (void)from_server;
    if (n < sizeof transcript - transcript_len) {
        memcpy(transcript + transcript_len, p, n);
        transcript_len += n;
    }
}

static bool contains(const void *memory, size_t n, const char *text) {
    const char *p = memory;
    size_t len = strlen(text);
    for (size_t i = 0; i + len <= n; i++)
        if (memcmp(p + i, text, len) == 0)
            return true;
    return false;
}

static void check_secrets(const struct secure *secure, const char *name) {
    static const char *const secrets[] = {PASSWORD, PASSWORD_64, "abcdefghijklmnopqrstuvwxyzabcd",
                                          "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4"};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        CHECK(!contains(transcript, transcript_len, secrets[i]), "%s: in the transcript", name);
        CHECK(!contains(&secure->stage.client, sizeof secure->stage.client, secrets[i]),
              "%s: in the client", name);
        CHECK(!contains(&login, sizeof login, secrets[i]), "%s: in the login", name);
        CHECK(!contains(&crypto, sizeof crypto, secrets[i]), "%s: in the provider", name);
        CHECK(!contains(metadata, sizeof metadata, secrets[i]), "%s: in its memory", name);
    }
}

static void check_heard(const struct attempt *a, const struct secure_server *server) {
    const char *heard = a->mode == NX_SMTP_TLS_NONE ? server->clear : server->heard;
    bool is_scram = a->heard != NULL && (strstr(a->heard, "SCRAM") || strstr(a->heard, "CRAM"));
    if (heard == NULL)
        heard = "";
    if (a->heard == NULL)
        CHECK(strstr(heard, "AUTH ") == NULL, "%s: `%s`", a->name, heard);
    else
        CHECK(strstr(heard, a->heard) != NULL, "%s: `%s`", a->name, heard);
    CHECK(!is_scram || server->logged_in, "%s: GNU SASL says no", a->name);
    CHECK(a->status == NX_SUCCESS || strstr(heard, "MAIL") == NULL, "%s: MAIL", a->name);
    if (a->mode != NX_SMTP_TLS_NONE)
        check_clear(server, a->name);
}

static void prepare(struct secure *secure, const struct attempt *a) {
    static CHAR user[] = "pump@example.com"; /* so long that the password's base64 stands alone */
    const char *password = a->password != NULL ? a->password : PASSWORD;
    nx_smtp_crypto_initialize(&crypto, methods, metadata, sizeof metadata,
                              a->no_random ? no_random : count_up);
    smtplite_login_init(&login, &crypto.nx_smtp_crypto_provider);
    login.token = a->token == 1 ? token : NULL;
    login.token_len = a->token == 1 ? sizeof token - 1 : 0;
    login.token_by_event = a->token > 1;
    token_pos = 0;
    transcript_len = 0;
    CHECK(nx_smtp_client_transcript_set(&secure->stage.client, keep, NULL) == NX_SUCCESS, "trace");
    CHECK(nx_smtp_client_login_set(&secure->stage.client, user, (CHAR *)(uintptr_t)password,
                                   a->mechanisms, &login,
                                   a->token == 2   ? give_token
                                   : a->token == 3 ? fail_token
                                                   : NULL) == NX_SUCCESS,
          "login_set");
    CHECK(nx_smtp_client_options_set(&secure->stage.client, a->options) == NX_SUCCESS, "options");
    secure->stage.client.nx_smtp_client_config.waits = &quick;
}

static void test_attempt(const struct attempt *a) {
    static struct secure secure;
    struct manners manners = {.certificate = certificate("ecdsa"),
                              .implicit = a->mode == NX_SMTP_TLS_IMPLICIT,
                              .ehlo = a->offered,
                              .clear_ehlo = a->mode == 0 ? "AUTH PLAIN CRAM-MD5 XOAUTH2" : NULL,
                              .login = a->answer};
    struct secure_server server;
    UINT status;
    if (a->mode == 0 && a->mechanisms == SHA256 && a->heard != NULL)
        manners.clear_ehlo = "AUTH SCRAM-SHA-256";
    secure_open(&secure, &good_setup, a->mode, NULL);
    prepare(&secure, a);
    status = secure_send(&secure, &server, &manners);
    CHECK(status == a->status, "%s: 0x%02X", a->name, status);
    check_heard(a, &server);
    check_secrets(&secure, a->name);
    secure_server_free(&server);
    secure_close(&secure);
}

/* ---- What the plain calls' types say over TLS ---------------------------------------------- */

static const struct {
    UINT type;
    const char *offered;
    const char *heard; /* NULL: no AUTH */
    UINT status;
} types[] = {
    {NX_SMTP_CLIENT_AUTH_NONE, "AUTH PLAIN LOGIN", NULL, NX_SUCCESS},
    {NX_SMTP_CLIENT_AUTH_PLAIN, "AUTH PLAIN LOGIN", "AUTH PLAIN", NX_SUCCESS},
    {NX_SMTP_CLIENT_AUTH_LOGIN, "AUTH PLAIN LOGIN", "AUTH LOGIN", NX_SUCCESS},
    {NX_SMTP_CLIENT_AUTH_LOGIN, "AUTH PLAIN", NULL, NX_SMTP_LOGIN_UNAVAILABLE},
    {NX_SMTP_CLIENT_AUTH_PLAIN, "AUTH LOGIN", NULL, NX_SMTP_LOGIN_UNAVAILABLE},
    {NX_SMTP_CLIENT_AUTH_PLAIN, "8BITMIME", NULL, NX_SMTP_LOGIN_UNAVAILABLE},
    {NX_SMTP_CLIENT_AUTH_CRAM_MD5, "AUTH PLAIN", NULL, NX_SMTP_INVALID_PARAM},
};

static UINT send_typed(size_t i, UINT mode, struct secure_server *server) {
    static struct secure secure;
    static CHAR host[] = HOST;
    struct manners manners = {.certificate = certificate("ecdsa"), .ehlo = types[i].offered};
    struct mail mail = plain_mail;
    UINT status;
    memset(&secure, 0, sizeof secure);
    secure.setup = good_setup;
    mail.auth = types[i].type;
    stage_open(&secure.stage, 0, 16);
    CHECK(stage_create(&secure.stage, &mail, 25) == NX_SUCCESS, "create");
    CHECK(nx_smtp_client_tls_set(&secure.stage.client, mode, host, test_tls_setup) == NX_SUCCESS,
          "set");
    status = secure_send(&secure, server, &manners);
    check_secrets(&secure, "types");
    secure_close(&secure);
    return status;
}

static void test_types(void) {
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct secure_server server;
        UINT status = send_typed(i, NX_SMTP_TLS_REQUIRED, &server);
        const char *heard = server.heard != NULL ? server.heard : "";
        CHECK(status == types[i].status, "type %zu: 0x%02X", i, status);
        CHECK((strstr(heard, "AUTH") != NULL) == (types[i].heard != NULL), "type %zu: %s", i,
              heard);
        CHECK(types[i].heard == NULL || strstr(heard, types[i].heard) != NULL, "type %zu: %s", i,
              heard);
        secure_server_free(&server);
    }
}

/* NONE after TLS is the plain calls' behaviour again. */
static void test_back(void) {
    struct secure_server server;
    struct manners manners = {.certificate = certificate("ecdsa"), .clear_ehlo = "AUTH LOGIN"};
    static struct secure secure;
    secure_open(&secure, &good_setup, NX_SMTP_TLS_REQUIRED, NULL);
    CHECK(nx_smtp_client_tls_set(&secure.stage.client, NX_SMTP_TLS_NONE, NX_NULL, NX_NULL) ==
              NX_SUCCESS,
          "none");
    CHECK(secure_send(&secure, &server, &manners) == NX_SUCCESS, "plain");
    CHECK(strstr(server.clear, "AUTH LOGIN") != NULL, "`%s`", server.clear);
    secure_server_free(&server);
    secure_close(&secure);
}

static void test_checks(void) {
#ifndef NX_SMTP_DISABLE_ERROR_CHECKING
    static struct secure secure;
    NX_SMTP_CLIENT *client = &secure.stage.client;
    secure_open(&secure, &good_setup, NX_SMTP_TLS_REQUIRED, NULL);
    CHECK(nx_smtp_client_login_set(NX_NULL, NX_NULL, NX_NULL, 0, NULL, NULL) == NX_PTR_ERROR,
          "client");
    CHECK(nx_smtp_client_login_set(client, NX_NULL, NX_NULL, 0, NULL, give_token) == NX_PTR_ERROR,
          "token without a login");
    CHECK(nx_smtp_client_login_set(client, NX_NULL, NX_NULL, 0x8000, NULL, NULL) ==
              NX_SMTP_INVALID_PARAM,
          "mechanisms");
    CHECK(nx_smtp_client_login_set(client, NX_NULL, NX_NULL, PLAIN, NULL, NULL) == NX_SUCCESS,
          "no user");
    CHECK(stage_send(&secure.stage, &plain_mail) == NX_SMTP_INVALID_PARAM, "no user");
    secure_close(&secure);
#endif
}

void test_logins(void) {
    make_token();
    nx_smtp_crypto_initialize(&crypto, methods, metadata, sizeof metadata, count_up);
    test_macs();
    test_provider();
    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
        test_attempt(&attempts[i]);
    test_types();
    test_back();
    test_checks();
}
