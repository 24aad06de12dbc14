/* SPDX-License-Identifier: MIT */
/* A second opinion: GNU SASL (libgsasl) as the server, within this process. SCRAM with and without
 * channel binding, and CRAM-MD5, with hundreds of users and passwords; and that it refuses what is
 * wrong. */

#include <gsasl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../engine/check.h"
#include "exchange.h"
#include "smtplite/openssl_crypto.h"

#define NAME_MAX_LEN 160
#define RANDOM_USERS 500u

/* What the server knows. */
static struct {
    char user[NAME_MAX_LEN];
    char password[NAME_MAX_LEN];
    char iterations[16];
    char salt[64]; /* in base64 */
    char *binding; /* in base64; NULL: none */
    bool exporter; /* tls-exporter; else tls-unique */
} server;

static struct smtplite_openssl_crypto crypto;
static Gsasl *gsasl;

static int give(Gsasl_session *session, Gsasl_property property, const char *value) {
    return value != NULL ? gsasl_property_set(session, property, value) : GSASL_NO_CALLBACK;
}

static int tell(Gsasl *ctx, Gsasl_session *session, Gsasl_property property) {
    (void)ctx;
    switch ((int)property) {
    case GSASL_PASSWORD:
        return give(session, property, server.password);
    case GSASL_SCRAM_ITER:
        return give(session, property, server.iterations);
    case GSASL_SCRAM_SALT:
        return give(session, property, server.salt);
    case GSASL_CB_TLS_UNIQUE:
        return give(session, property, server.exporter ? NULL : server.binding);
    case GSASL_CB_TLS_EXPORTER:
        return give(session, property, server.exporter ? server.binding : NULL);
    default:
        return GSASL_NO_CALLBACK;
    }
}

static void must(bool good, const char *what) {
    if (good)
        return;
    printf("gsasl_test: %s\n", what);
    exit(2);
}

/* ---- One login --------------------------------------------------------------------------- */

/* The server hears what the client said, and answers in *words; gives GNU SASL's result. */
static int serve(Gsasl_session *session, struct exchange *x, char **words, size_t *n) {
    return gsasl_step(session, x->said, x->said_len, words, n);
}

static bool is_user(Gsasl_session *session, const char *user) {
    const char *authid = gsasl_property_fast(session, GSASL_AUTHID);
    return authid != NULL && strcmp(authid, user) == 0;
}

/* True if both sides are content, and the server knows the user by its name. */
static bool log_in(struct exchange *x) {
    Gsasl_session *session;
    char *words = NULL;
    size_t n = 0;
    enum smtplite_answer answer = SMTPLITE_ANSWER_SEND;
    must(gsasl_server_start(gsasl, x->m->name, &session) == GSASL_OK, "no such mechanism");
    if (x->m->client_first)
        answer = exchange_open(x);
    int result = GSASL_NEEDS_MORE;
    while (answer == SMTPLITE_ANSWER_SEND && result == GSASL_NEEDS_MORE) {
        result = serve(session, x, &words, &n);
        if (n > 0 && (result == GSASL_OK || result == GSASL_NEEDS_MORE))
            answer = exchange_hear(x, words, n);
        gsasl_free(words);
        words = NULL;
    }
    bool good = result == GSASL_OK && answer == SMTPLITE_ANSWER_SEND &&
                x->login->proven == x->m->proof && is_user(session, server.user);
    gsasl_finish(session);
    return good;
}

static void begin(struct exchange *x, const struct smtplite_sasl *m, const char *user,
                  const char *password) {
    exchange_begin(x, m, &crypto.crypto);
    x->login->iterations_min = 1;
    x->config.user = user;
    x->config.password = password;
    snprintf(server.user, sizeof server.user, "%s", user);
    snprintf(server.password, sizeof server.password, "%s", password);
}

/* Gives the client the channel; the server gets it too. */
static void bind_channel(struct exchange *x, const uint8_t *p, size_t n, bool exporter) {
    x->login->binding_name = exporter ? "tls-exporter" : "tls-unique";
    x->login->binding = p;
    x->login->binding_len = n;
    server.exporter = exporter;
    must(gsasl_base64_to((const char *)p, n, &server.binding, NULL) == GSASL_OK, "no memory");
}

static void end(struct exchange *x) {
    exchange_end(x);
    gsasl_free(server.binding);
    server.binding = NULL;
}

/* ---- Users and passwords ----------------------------------------------------------------- */

static uint32_t dice_state = 20241123;

static unsigned roll(unsigned sides) {
    dice_state = (uint32_t)(dice_state * 1664525ull + 1013904223ull);
    return (dice_state >> 8) % sides;
}

/* Letters that SASLprep (RFC 4013) leaves as they are: our texts are taken unprepared. */
static void make_text(char to[NAME_MAX_LEN], unsigned letters) {
    static const char *const pieces[] = {"\xC3\xA9" /* e acute */, "\xC3\x9F" /* sharp s */,
                                         "\xD0\x96" /* Zhe */, "\xE6\xBC\xA2" /* han */};
    size_t len = 0;
    while (letters-- > 0 && len < NAME_MAX_LEN - 8) {
        if (roll(5) > 0)
            to[len++] = (char)(0x21 + roll(0x5E)); /* with comma and equals sign */
        else
            len += (size_t)snprintf(to + len, 6, "%s", pieces[roll(4)]);
    }
    to[len] = '\0';
}

static void make_server(void) {
    uint8_t salt[24];
    char *encoded;
    size_t n = 1 + roll(sizeof salt);
    for (size_t i = 0; i < n; i++)
        salt[i] = (uint8_t)roll(256);
    must(gsasl_base64_to((const char *)salt, n, &encoded, NULL) == GSASL_OK, "no memory");
    snprintf(server.salt, sizeof server.salt, "%s", encoded);
    gsasl_free(encoded);
    snprintf(server.iterations, sizeof server.iterations, "%u", 1 + roll(70));
}

static void check_random_users(const struct smtplite_sasl *m) {
    uint8_t binding[64];
    unsigned good = 0;
    for (unsigned i = 0; i < RANDOM_USERS; i++) {
        struct exchange x;
        char user[NAME_MAX_LEN], password[NAME_MAX_LEN];
        make_text(user, 1 + roll(30));
        make_text(password, 1 + roll(100));
        make_server();
        begin(&x, m, user, password);
        for (size_t k = 0; k < sizeof binding; k++)
            binding[k] = (uint8_t)roll(256);
        if (m->needs & SMTPLITE_NEEDS_BINDING)
            bind_channel(&x, binding, 1 + roll(sizeof binding), roll(2) == 1);
        bool in = log_in(&x);
        good += in;
        if (!in)
            printf("  %s: user %s password %s\n", m->name, user, password);
        end(&x);
    }
    CHECK(good == RANDOM_USERS);
}

/* ---- What has to fail -------------------------------------------------------------------- */

static void check_defaults(const struct smtplite_sasl *m) {
    static const uint8_t binding[] = "what the channel is known by";
    struct exchange x;
    make_server();
    snprintf(server.iterations, sizeof server.iterations, "4096");
    begin(&x, m, "pump7", "correct horse");
    x.login->iterations_min = 0;
    if (m->needs & SMTPLITE_NEEDS_BINDING)
        bind_channel(&x, binding, sizeof binding, true);
    CHECK(log_in(&x));
    end(&x);
}

static void check_wrong_password(const struct smtplite_sasl *m) {
    static const uint8_t binding[] = "what the channel is known by";
    struct exchange x;
    begin(&x, m, "pump7", "correct horse");
    if (m->needs & SMTPLITE_NEEDS_BINDING)
        bind_channel(&x, binding, sizeof binding, true);
    server.password[3] ^= 1;
    CHECK(!log_in(&x) && !x.login->proven);
    end(&x);
}

/* A man in the middle has another channel to each side. */
static void check_wrong_channel(const struct smtplite_sasl *m) {
    static const uint8_t ours[] = "our channel", theirs[] = "their channel";
    struct exchange x;
    begin(&x, m, "pump7", "correct horse");
    bind_channel(&x, theirs, sizeof theirs, true);
    x.login->binding = ours;
    x.login->binding_len = sizeof ours;
    CHECK(!log_in(&x) && !x.login->proven);
    end(&x);
}

/* -PLUS was cut out of the offer: the client says `y`, and a server that knows better refuses. */
static void check_stripped(const struct smtplite_sasl *m) {
    static const uint8_t binding[] = "what the channel is known by";
    struct exchange x;
    begin(&x, m, "pump7", "correct horse");
    bind_channel(&x, binding, sizeof binding, true);
    CHECK(!log_in(&x) && x.said[0] == 'y');
    end(&x);
}

int main(void) {
    smtplite_openssl_crypto_init(&crypto);
    must(gsasl_init(&gsasl) == GSASL_OK, "GNU SASL does not start");
    gsasl_callback_set(gsasl, tell);
    static const struct smtplite_sasl *const all[] = {
        &smtplite_sasl_scram_sha_1, &smtplite_sasl_scram_sha_256, &smtplite_sasl_scram_sha_1_plus,
        &smtplite_sasl_scram_sha_256_plus, &smtplite_sasl_cram_md5};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        check_defaults(all[i]);
        check_random_users(all[i]);
        check_wrong_password(all[i]);
    }
    check_wrong_channel(&smtplite_sasl_scram_sha_1_plus);
    check_wrong_channel(&smtplite_sasl_scram_sha_256_plus);
    check_stripped(&smtplite_sasl_scram_sha_1);
    check_stripped(&smtplite_sasl_scram_sha_256);
    gsasl_done(gsasl);
    crypto.crypto.forget(&crypto);
    return check_summary("sasl_gsasl");
}
