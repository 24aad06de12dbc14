/* SPDX-License-Identifier: MIT */
/* SCRAM as a line and a dialog, without cryptography (the toy): flags of the channel, what servers
 * must not say (A12), their proof (A14), lengths, a provider that fails, and what stays in memory
 * (A15). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../engine/check.h"
#include "exchange.h"

#define NONCE   "WlpaWlpaWlpaWlpaWlpaWlpa" /* the toy's */
#define SALT    "QSXCR+Q6sek8bf92"
#define PLUS_1  SMTPLITE_AUTH_SCRAM_SHA_1_PLUS
#define PLUS_2  SMTPLITE_AUTH_SCRAM_SHA_256_PLUS
#define NO_PLUS (SMTPLITE_AUTH_ANY & ~(PLUS_1 | PLUS_2))

static const struct smtplite_sasl *const scrams[] = {
    &smtplite_sasl_scram_sha_1, &smtplite_sasl_scram_sha_1_plus, &smtplite_sasl_scram_sha_256,
    &smtplite_sasl_scram_sha_256_plus};
static const uint8_t binding[] = "32 octets of the exporter, or so";

static void begin(struct exchange *x, struct toy *toy, const struct smtplite_sasl *m) {
    toy_init(toy);
    exchange_begin(x, m, &toy->crypto);
    x->login->iterations_min = 1;
    if (m->needs & SMTPLITE_NEEDS_BINDING) {
        x->login->binding_name = "tls-exporter";
        x->login->binding = binding;
        x->login->binding_len = sizeof binding - 1;
    }
}

static void end(struct exchange *x) {
    exchange_end(x);
}

/* A second opinion on base64. */
static void put_base64(char *to, const void *p, size_t n) {
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *from = p;
    size_t digits = (n * 8 + 5) / 6;
    for (size_t i = 0; i < (n + 2) / 3 * 4; i++) {
        unsigned value = 0;
        for (size_t bit = i * 6; bit < i * 6 + 6; bit++)
            value = value << 1 | (bit / 8 < n ? (unsigned)from[bit / 8] >> (7 - bit % 8) & 1u : 0u);
        *to++ = i < digits ? alphabet[value] : '=';
    }
    *to = '\0';
}

/* What the server has to say last, as the client thinks. */
static void expect_signature(const struct exchange *x, char to[64]) {
    memcpy(to, "v=", 2);
    put_base64(to + 2, x->login->digest, smtplite_digest_len((enum smtplite_hash)x->m->hash));
}

static bool is_clear(const void *p, size_t n) {
    const uint8_t *octet = p;
    while (n-- > 0)
        if (*octet++ != 0)
            return false;
    return true;
}

static bool is_wiped(const struct exchange *x, const struct toy *toy) {
    return is_clear(x->login->salted, SMTPLITE_DIGEST_MAX) && !exchange_has_secret(x, toy) &&
           !exchange_has(x, x->config.password, strlen(x->config.password));
}

/* ---- The channel (RFC 5802 6) ------------------------------------------------------------ */

static void check_flag(const struct smtplite_sasl *m, bool bound, uint16_t allowed,
                       uint16_t offered, const char *expected) {
    struct toy toy;
    struct exchange x;
    begin(&x, &toy, m);
    if (bound) {
        x.login->binding_name = "tls-unique";
        x.login->binding = binding;
        x.login->binding_len = 12;
    }
    x.config.mechanisms = allowed;
    x.offered = offered;
    CHECK(exchange_open(&x) == SMTPLITE_ANSWER_SEND);
    CHECK(exchange_said(&x, expected));
    end(&x);
}

static void check_flags(void) {
    const struct smtplite_sasl *m = &smtplite_sasl_scram_sha_256;
    const uint16_t bare = SMTPLITE_AUTH_SCRAM_SHA_256;
    check_flag(m, false, SMTPLITE_AUTH_ANY, bare, "n,,n=user,r=" NONCE);
    check_flag(m, false, SMTPLITE_AUTH_ANY, bare | PLUS_2, "n,,n=user,r=" NONCE);
    check_flag(m, true, SMTPLITE_AUTH_ANY, bare, "y,,n=user,r=" NONCE);
    check_flag(m, true, bare | PLUS_1, bare, "y,,n=user,r=" NONCE);
    check_flag(m, true, SMTPLITE_AUTH_ANY, bare | PLUS_2, "n,,n=user,r=" NONCE);
    check_flag(m, true, SMTPLITE_AUTH_ANY, bare | PLUS_1, "y,,n=user,r=" NONCE);
    check_flag(m, true, bare | PLUS_1, bare | PLUS_1, "n,,n=user,r=" NONCE);
    check_flag(m, true, NO_PLUS, bare, "n,,n=user,r=" NONCE);
    check_flag(&smtplite_sasl_scram_sha_1_plus, true, SMTPLITE_AUTH_ANY, PLUS_1,
               "p=tls-unique,,n=user,r=" NONCE);
    check_flag(&smtplite_sasl_scram_sha_256_plus, true, SMTPLITE_AUTH_ANY, PLUS_2,
               "p=tls-unique,,n=user,r=" NONCE);
}

/* A table of one's own without -PLUS cannot have been robbed of it. */
static void check_own_table(void) {
    static const struct smtplite_sasl *const table[] = {&smtplite_sasl_scram_sha_256, NULL};
    struct toy toy;
    struct exchange x;
    begin(&x, &toy, table[0]);
    x.login->table = table;
    x.login->binding_name = "tls-unique";
    x.login->binding = binding;
    x.login->binding_len = 12;
    CHECK(exchange_open(&x) == SMTPLITE_ANSWER_SEND && x.said[0] == 'n');
    end(&x);
}

/* c= holds the header as it was said, and what the channel is known by. */
static void check_channel(size_t binding_len, const char *authzid, const char *header) {
    struct toy toy;
    struct exchange x;
    char raw[256], expected[256] = "c=";
    begin(&x, &toy, &smtplite_sasl_scram_sha_256_plus);
    x.login->binding_len = binding_len;
    x.login->authzid = authzid;
    EXPECT(exchange_open(&x) == SMTPLITE_ANSWER_SEND);
    EXPECT(exchange_hear_text(&x, "r=" NONCE "x,s=" SALT ",i=1") == SMTPLITE_ANSWER_SEND);
    snprintf(raw, sizeof raw, "%s", header);
    memcpy(raw + strlen(header), binding, binding_len);
    put_base64(expected + 2, raw, strlen(header) + binding_len);
    strcat(expected, ",r=" NONCE "x,p=");
    CHECK(strncmp(x.said, expected, strlen(expected)) == 0);
    end(&x);
}

static void check_channels(void) {
    for (size_t n = 1; n < sizeof binding; n++)
        check_channel(n, NULL, "p=tls-exporter,,");
    check_channel(12, "boss", "p=tls-exporter,a=boss,");
    check_channel(12, "", "p=tls-exporter,,");
    check_channel(12, "a,b=c", "p=tls-exporter,a=a=2Cb=3Dc,");
}

static void check_names(void) {
    struct toy toy;
    struct exchange x;
    begin(&x, &toy, &smtplite_sasl_scram_sha_1);
    x.config.user = "=,=,u\xC3\xA9";
    x.login->authzid = ",";
    CHECK(exchange_open(&x) == SMTPLITE_ANSWER_SEND);
    CHECK(exchange_said(&x, "n,a==2C,n==3D=2C=3D=2Cu\xC3\xA9,r=" NONCE));
    end(&x);
}

/* ---- server-first ------------------------------------------------------------------------ */

/* Gives the answer to a first challenge; error is filled. */
static enum smtplite_answer hear_first(const char *p, size_t n, unsigned *error) {
    struct toy toy;
    struct exchange x;
    begin(&x, &toy, &smtplite_sasl_scram_sha_256);
    x.login->iterations_min = 0; /* the default: 4096 */
    EXPECT(exchange_open(&x) == SMTPLITE_ANSWER_SEND);
    enum smtplite_answer answer = exchange_hear(&x, p, n);
    *error = x.login->error;
    EXPECT(!x.login->proven && x.login->iterations == 0);
    EXPECT(is_wiped(&x, &toy));
    end(&x);
    return answer;
}

static const char good_first[] = "r=" NONCE "theirs,s=" SALT ",i=4096";

static const struct {
    const char *words;
    unsigned error;
} bad_firsts[] = {
    {"", 0},
    {",", 0},
    {"r", 0},
    {"r=", 0},
    {"r=,s=" SALT ",i=4096", 0},
    {"r=" NONCE ",s=" SALT ",i=4096", 0},                 /* nothing of theirs */
    {"r=xlpaWlpaWlpaWlpaWlpaWlpaW,s=" SALT ",i=4096", 0}, /* not ours */
    {"r=WlpaWlpaWlpaWlpaWlpaWlpbW,s=" SALT ",i=4096", 0}, /* not quite */
    {"r=WlpaWlpaWlpa,s=" SALT ",i=4096", 0},              /* a part of it */
    {"r=wlpawlpawlpawlpawlpawlpax,s=" SALT ",i=4096", 0}, /* another case */
    {"r=" NONCE "a b,s=" SALT ",i=4096", 0},              /* not printable */
    {"r=" NONCE "a\tb,s=" SALT ",i=4096", 0},
    {"r=" NONCE "a\x7F,s=" SALT ",i=4096", 0},
    {"r=" NONCE "\xC3\xA9,s=" SALT ",i=4096", 0},
    {"R=" NONCE "x,s=" SALT ",i=4096", 0},
    {"r=" NONCE "x,S=" SALT ",i=4096", 0},
    {"r=" NONCE "x,s=" SALT ",I=4096", 0},
    {",r=" NONCE "x,s=" SALT ",i=4096", 0},
    {"r=" NONCE "x,,s=" SALT ",i=4096", 0},
    {"r=" NONCE "x, s=" SALT ",i=4096", 0},
    {"r=" NONCE "x,s=" SALT ",i=4096,", 0},
    {"r=" NONCE "x,s=" SALT ",i=4096,,a=b", 0},
    {"r=" NONCE "x,s=" SALT ",i=4096,a", 0},
    {"r=" NONCE "x,s=" SALT ",i=4096,a=", 0},
    {"r=" NONCE "x,s=" SALT ",i=4096,a=,b=c", 0},
    {"r=" NONCE "x,s=" SALT ",i=,x=y", 0},
    {"r=" NONCE "x,s=" SALT ",i=4096,1=b", 0},
    {"m=x,r=" NONCE "x,s=" SALT ",i=4096", 0}, /* a mandatory extension, RFC 5802 5.1 */
    {"r=" NONCE "x,m=x,s=" SALT ",i=4096", 0},
    {"r=" NONCE "x,s=" SALT ",i=4096,m=x", 0},
    {"r=" NONCE "x,s=" SALT ",i=4096,a=b,m=x", 0},
    {"s=" SALT ",r=" NONCE "x,i=4096", 0},
    {"r=" NONCE "x,i=4096,s=" SALT, 0},
    {"r=" NONCE "x,i=4096", 0},
    {"r=" NONCE "x,s=,i=4096", 0},
    {"r=" NONCE "x,s=" SALT, 0},
    {"r=" NONCE "x,s=Q,i=4096", 0},
    {"r=" NONCE "x,s=QQ,i=4096", 0},
    {"r=" NONCE "x,s=QQQ,i=4096", 0},
    {"r=" NONCE "x,s=QSXCR,i=4096", 0},
    {"r=" NONCE "x,s====,i=4096", 0},
    {"r=" NONCE "x,s=====,i=4096", 0},
    {"r=" NONCE "x,s=Q===,i=4096", 0},
    {"r=" NONCE "x,s=QQQQQ===,i=4096", 0},
    {"r=" NONCE "x,s=QQ==QQ==,i=4096", 0},
    {"r=" NONCE "x,s=QQ=Q,i=4096", 0},
    {"r=" NONCE "x,s==QQQ,i=4096", 0},
    {"r=" NONCE "x,s=QS-_,i=4096", 0},
    {"r=" NONCE "x,s=QS Q,i=4096", 0},
    {"r=" NONCE "x,s=QS\nQ,i=4096", 0},
    {"r=" NONCE "x,s=QSX\xFF,i=4096", 0},
    {"r=" NONCE "x,s=" SALT ",i=", 0},
    {"r=" NONCE "x,s=" SALT ",i=0", 0},
    {"r=" NONCE "x,s=" SALT ",i=04096", 0},
    {"r=" NONCE "x,s=" SALT ",i=-4096", 0},
    {"r=" NONCE "x,s=" SALT ",i=+4096", 0},
    {"r=" NONCE "x,s=" SALT ",i= 4096", 0},
    {"r=" NONCE "x,s=" SALT ",i=4096 ", 0},
    {"r=" NONCE "x,s=" SALT ",i=4096x", 0},
    {"r=" NONCE "x,s=" SALT ",i=4096.0", 0},
    {"r=" NONCE "x,s=" SALT ",i=0x1000", 0},
    {"r=" NONCE "x,s=" SALT ",i=99999999999999999999x", 0},
    {"r=" NONCE "x,s=" SALT ",i=1", SMTPLITE_E_AUTH_ITERATIONS},
    {"r=" NONCE "x,s=" SALT ",i=4095", SMTPLITE_E_AUTH_ITERATIONS},
    {"r=" NONCE "x,s=" SALT ",i=20001", SMTPLITE_E_AUTH_ITERATIONS},
    {"r=" NONCE "x,s=" SALT ",i=2147483648", SMTPLITE_E_AUTH_ITERATIONS},
    {"r=" NONCE "x,s=" SALT ",i=4294967296", SMTPLITE_E_AUTH_ITERATIONS},
    {"r=" NONCE "x,s=" SALT ",i=4294971392", SMTPLITE_E_AUTH_ITERATIONS}, /* 2^32 + 4096 */
    {"r=" NONCE "x,s=" SALT ",i=18446744073709555712", SMTPLITE_E_AUTH_ITERATIONS}, /* 2^64 + .. */
    {"r=" NONCE "x,s=" SALT ",i=99999999999999999999999999", SMTPLITE_E_AUTH_ITERATIONS},
    {"e=other-error", 0},
};

static const char *const good_firsts[] = {
    good_first,
    "r=" NONCE "!\"#$%&'()*+-./:;<=>?@[]^_`{|}~,s=" SALT ",i=4096",
    "r=" NONCE "x,s=QQ==,i=4096",
    "r=" NONCE "x,s=QSU=,i=4096",
    "r=" NONCE "x,s=" SALT ",i=4096,x=1",
    "r=" NONCE "x,s=" SALT ",i=4097,x=a=b,Y=\xC3\xA9",
    "r=" NONCE "x,s=" SALT ",i=20000",
};

static void check_firsts(void) {
    unsigned error;
    for (size_t i = 0; i < sizeof bad_firsts / sizeof *bad_firsts; i++) {
        const char *words = bad_firsts[i].words;
        bool refused = hear_first(words, strlen(words), &error) == SMTPLITE_ANSWER_CANCEL;
        if (!CHECK(refused && error == bad_firsts[i].error))
            printf("  %s (error %u)\n", words, error);
    }
    for (size_t i = 0; i < sizeof good_firsts / sizeof *good_firsts; i++)
        CHECK(hear_first(good_firsts[i], strlen(good_firsts[i]), &error) == SMTPLITE_ANSWER_SEND &&
              error == 0);
}

/* Cut behind each octet; and each octet in turn replaced by NUL. */
static void check_first_octets(void) {
    static const char longer[] = "r=" NONCE "theirs,s=" SALT ",i=4096,x=some,y=more";
    unsigned error, bad = 0;
    for (size_t i = 0; i < sizeof good_first - 1; i++)
        bad += hear_first(good_first, i, &error) != SMTPLITE_ANSWER_CANCEL;
    CHECK(bad == 0);
    for (size_t i = 0; i < sizeof longer - 1; i++) {
        char words[sizeof longer];
        memcpy(words, longer, sizeof longer);
        words[i] = '\0';
        bad += hear_first(words, sizeof longer - 1, &error) != SMTPLITE_ANSWER_CANCEL;
    }
    CHECK(bad == 0);
}

static void check_limits_of_iterations(uint32_t min, uint32_t max, const char *count, bool good) {
    struct toy toy;
    struct exchange x;
    char words[128];
    begin(&x, &toy, &smtplite_sasl_scram_sha_1);
    x.login->iterations_min = min;
    x.login->iterations_max = max;
    snprintf(words, sizeof words, "r=" NONCE "x,s=" SALT ",i=%s", count);
    EXPECT(exchange_open(&x) == SMTPLITE_ANSWER_SEND);
    CHECK((exchange_hear_text(&x, words) == SMTPLITE_ANSWER_SEND) == good);
    CHECK(x.login->error == (good ? SMTPLITE_E_OK : SMTPLITE_E_AUTH_ITERATIONS));
    if (good) /* random, U1 and the rest of U, two keys, two signatures, a hash */
        CHECK(toy.calls == 1 + strtoul(count, NULL, 10) + 5);
    end(&x);
}

static void check_iterations(void) {
    check_limits_of_iterations(1, 1, "1", true);
    check_limits_of_iterations(1, 1, "2", false);
    check_limits_of_iterations(16, 33, "15", false);
    check_limits_of_iterations(16, 33, "16", true);
    check_limits_of_iterations(16, 33, "17", true);
    check_limits_of_iterations(16, 33, "18", true);
    check_limits_of_iterations(16, 33, "33", true);
    check_limits_of_iterations(16, 33, "34", false);
    check_limits_of_iterations(0, 100000, "100000", true);
    check_limits_of_iterations(5, UINT32_MAX, "4294967296", false);
    check_limits_of_iterations(5, UINT32_MAX, "4294967301", false);
}

/* ---- server-final ------------------------------------------------------------------------ */

/* As far as the server's signature, which is filled. */
static void reach_final(struct exchange *x, struct toy *toy, const struct smtplite_sasl *m,
                        char signature[64]) {
    begin(x, toy, m);
    EXPECT(exchange_open(x) == SMTPLITE_ANSWER_SEND);
    EXPECT(exchange_hear_text(x, "r=" NONCE "x,s=" SALT ",i=40") == SMTPLITE_ANSWER_SEND);
    EXPECT(x->works == 2 && is_wiped(x, toy));
    expect_signature(x, signature);
}

/* words: SIGNATURE stands for the right one. */
static void check_final(const struct smtplite_sasl *m, const char *words, bool good,
                        unsigned error) {
    struct toy toy;
    struct exchange x;
    char signature[64], said[160];
    reach_final(&x, &toy, m, signature);
    snprintf(said, sizeof said, words, signature);
    enum smtplite_answer answer = exchange_hear_text(&x, said);
    CHECK(answer == (good ? SMTPLITE_ANSWER_SEND : SMTPLITE_ANSWER_CANCEL));
    CHECK(x.login->proven == good && x.login->error == error && x.said_len == 0);
    CHECK(is_wiped(&x, &toy) && is_clear(x.login->digest, SMTPLITE_DIGEST_MAX));
    end(&x);
}

static void check_finals(const struct smtplite_sasl *m) {
    check_final(m, "%s", true, 0);
    check_final(m, "%s,x=y", true, 0);
    check_final(m, "%s,", false, 0);
    check_final(m, "%s,m=y", false, 0);
    check_final(m, "%sA", false, SMTPLITE_E_AUTH_SERVER);
    check_final(m, "%s=", false, SMTPLITE_E_AUTH_SERVER);
    check_final(m, "v=", false, 0);
    check_final(m, "v=A", false, SMTPLITE_E_AUTH_SERVER);
    check_final(m, "v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=", false, SMTPLITE_E_AUTH_SERVER);
    check_final(m, "", false, 0);
    check_final(m, "x=y,%s", false, 0);
    check_final(m, ",%s", false, 0);
    check_final(m, " %s", false, 0);
    check_final(m, "V=AAAAAAAAAAAAAAAAAAAAAAAAAAA=", false, 0);
}

static void check_final_octets(const struct smtplite_sasl *m) {
    struct toy toy;
    struct exchange x;
    char signature[64];
    size_t n = 2 + (smtplite_digest_len((enum smtplite_hash)m->hash) + 2) / 3 * 4;
    unsigned bad = 0;
    for (size_t i = 0; i < n; i++) {
        reach_final(&x, &toy, m, signature);
        signature[i] ^= 1;
        bad += exchange_hear(&x, signature, n) != SMTPLITE_ANSWER_CANCEL || x.login->proven;
        bad += x.login->error != (i < 2 ? SMTPLITE_E_OK : SMTPLITE_E_AUTH_SERVER);
        end(&x);
        reach_final(&x, &toy, m, signature);
        bad += exchange_hear(&x, signature, i) != SMTPLITE_ANSWER_CANCEL || x.login->proven;
        end(&x);
    }
    CHECK(bad == 0);
}

/* The server's own words about its refusal are kept for the report. */
static void check_server_error(void) {
    static const char words[] = "e=channel-bindings-dont-match";
    struct toy toy;
    struct exchange x;
    char signature[64];
    reach_final(&x, &toy, &smtplite_sasl_scram_sha_256_plus, signature);
    CHECK(exchange_hear_text(&x, words) == SMTPLITE_ANSWER_CANCEL);
    CHECK(x.login->error == SMTPLITE_E_AUTH_REFUSED && !x.login->proven);
    CHECK(x.login->note == sizeof words - 1 && memcmp(x.login->work, words, x.login->note) == 0);
    end(&x);
}

/* What was proven once counts for one login. */
static void check_again(void) {
    struct toy toy;
    struct exchange x;
    char signature[64];
    reach_final(&x, &toy, &smtplite_sasl_scram_sha_1, signature);
    CHECK(exchange_hear_text(&x, signature) == SMTPLITE_ANSWER_SEND && x.login->proven);
    x.step = 0;
    CHECK(exchange_open(&x) == SMTPLITE_ANSWER_SEND && !x.login->proven);
    CHECK(exchange_said(&x, "n,,n=user,r=" NONCE));
    end(&x);
}

/* ---- Lengths ----------------------------------------------------------------------------- */

static void fill_text(char *to, size_t n, char c) {
    memset(to, c, n);
    to[n] = '\0';
}

/* A whole exchange; gives how far it came: 0 TOO_LONG at the first response, 1 at the second, 3. */
static unsigned play(const struct smtplite_sasl *m, const char *user, const char *authzid,
                     const char *first) {
    struct toy toy;
    struct exchange x;
    char signature[64];
    unsigned reached = 0;
    begin(&x, &toy, m);
    x.config.user = user;
    x.login->authzid = authzid;
    enum smtplite_answer answer = exchange_open(&x);
    if (answer == SMTPLITE_ANSWER_SEND) {
        reached = 1;
        answer = exchange_hear_text(&x, first);
        expect_signature(&x, signature);
        if (answer == SMTPLITE_ANSWER_SEND) {
            answer = exchange_hear_text(&x, signature);
            reached = x.login->proven ? 3 : 2;
        } else {
            EXPECT(answer == SMTPLITE_ANSWER_CANCEL);
        }
    } else {
        EXPECT(answer == SMTPLITE_ANSWER_FAIL);
        EXPECT(x.login->error == SMTPLITE_E_TOO_LONG);
    }
    EXPECT(is_clear(x.login->salted, SMTPLITE_DIGEST_MAX));
    end(&x);
    return reached;
}

/* Each length of our texts: it works, until it is told that it does not. */
static void check_own_lengths(const struct smtplite_sasl *m, char c) {
    char user[SMTPLITE_LOGIN_WORK + 40];
    unsigned last = 3;
    size_t longest[4] = {0};
    for (size_t n = 1; n < sizeof user; n++) {
        fill_text(user, n, c);
        unsigned reached = play(m, user, n % 3 ? NULL : "x", "r=" NONCE "theirs,s=" SALT ",i=3");
        EXPECT(reached != 2);
        longest[reached] = n;
        last = reached;
    }
    CHECK(longest[3] > 130 && longest[1] > longest[3] && longest[0] > longest[1] && last == 0);
}

/* Each length of theirs, behind a few of ours, so that each octet near the end is met. */
static void check_their_lengths(const struct smtplite_sasl *m) {
    char first[SMTPLITE_LOGIN_WORK + 100], fill[SMTPLITE_LOGIN_WORK + 40];
    size_t good_nonces = 0, good_salts = 0, bad = 0;
    for (size_t n = 1; n < SMTPLITE_LOGIN_WORK - 40; n++) {
        fill_text(fill, n, 'x');
        snprintf(first, sizeof first, "r=" NONCE "%s,s=" SALT ",i=3", fill);
        unsigned reached = play(m, "user", NULL, first);
        good_nonces += reached == 3;
        bad += reached != 3 && reached != 1;
    }
    for (size_t n = 4; n < SMTPLITE_LOGIN_WORK - 40; n += 4)
        for (size_t user = 0; user < 8; user++) {
            fill_text(fill, n, 'Q');
            snprintf(first, sizeof first, "r=" NONCE "x,s=%s,i=3", fill);
            unsigned reached = play(m, &"longuser"[user], NULL, first);
            good_salts += reached == 3;
            bad += reached != 3 && reached != 1;
        }
    CHECK(bad == 0 && good_nonces > 100 && good_salts > 300);
}

/* The header alone leaves less room than it takes itself; and the binding is longer than all. */
static void check_huge_binding(void) {
    static uint8_t huge[8 * SMTPLITE_LOGIN_WORK];
    char authzid[SMTPLITE_LOGIN_WORK];
    size_t refused = 0;
    for (size_t n = 1; n < sizeof authzid - 60; n++) {
        struct toy toy;
        struct exchange x;
        fill_text(authzid, n, 'z');
        begin(&x, &toy, &smtplite_sasl_scram_sha_256_plus);
        x.login->binding = huge;
        x.login->binding_len = sizeof huge;
        x.login->authzid = authzid;
        EXPECT(exchange_open(&x) == SMTPLITE_ANSWER_SEND);
        refused += exchange_hear_text(&x, "r=" NONCE "x,s=" SALT ",i=3") == SMTPLITE_ANSWER_CANCEL;
        end(&x);
    }
    CHECK(refused == sizeof authzid - 61);
}

/* Each length of the binding, behind a header of some length. */
static void check_binding_lengths(size_t header) {
    static uint8_t long_binding[SMTPLITE_LOGIN_WORK + 40];
    char authzid[SMTPLITE_LOGIN_WORK];
    size_t good = 0, bad = 0;
    fill_text(authzid, header, 'z');
    for (size_t n = 1; n < sizeof long_binding; n++) {
        struct toy toy;
        struct exchange x;
        begin(&x, &toy, &smtplite_sasl_scram_sha_256_plus);
        x.login->authzid = authzid;
        x.login->binding = long_binding;
        x.login->binding_len = n;
        EXPECT(exchange_open(&x) == SMTPLITE_ANSWER_SEND);
        enum smtplite_answer answer = exchange_hear_text(&x, "r=" NONCE "x,s=" SALT ",i=3");
        good += answer == SMTPLITE_ANSWER_SEND;
        bad += answer == SMTPLITE_ANSWER_CANCEL && x.login->error == SMTPLITE_E_OK;
        end(&x);
    }
    CHECK((good > 200 || header > 0) && bad > 200 && good + bad == sizeof long_binding - 1);
}

/* ---- A provider that fails --------------------------------------------------------------- */

/* At its n-th call; gives false if there is none. */
static bool fail_at(const struct smtplite_sasl *m, unsigned n) {
    struct toy toy;
    struct exchange x;
    begin(&x, &toy, m);
    toy.fail_at = n;
    enum smtplite_answer answer = exchange_open(&x);
    if (answer == SMTPLITE_ANSWER_SEND)
        answer = exchange_hear_text(&x, "r=" NONCE "x,s=" SALT ",i=40");
    bool failed = toy.calls >= n;
    EXPECT(answer == (failed ? SMTPLITE_ANSWER_FAIL : SMTPLITE_ANSWER_SEND));
    EXPECT(x.login->error == (failed ? SMTPLITE_E_AUTH_CRYPTO : SMTPLITE_E_OK));
    EXPECT(x.said_len == 0 || !failed);
    EXPECT(is_wiped(&x, &toy) && !x.login->proven);
    if (failed)
        EXPECT(is_clear(x.login->digest, SMTPLITE_DIGEST_MAX) && x.login->iterations == 0);
    end(&x);
    return failed;
}

static void check_failures_of_provider(const struct smtplite_sasl *m) {
    unsigned n = 1;
    while (fail_at(m, n))
        n++;
    CHECK(n == 1 + 40 + 5 + 1);
}

int main(void) {
    check_flags();
    check_own_table();
    check_channels();
    check_names();
    check_firsts();
    check_first_octets();
    check_iterations();
    check_server_error();
    check_again();
    check_binding_lengths(0);
    check_binding_lengths(100);
    check_binding_lengths(300);
    check_huge_binding();
    for (size_t i = 0; i < sizeof scrams / sizeof *scrams; i++) {
        check_finals(scrams[i]);
        check_final_octets(scrams[i]);
        check_own_lengths(scrams[i], 'u');
        check_own_lengths(scrams[i], ',');
        check_their_lengths(scrams[i]);
        check_failures_of_provider(scrams[i]);
    }
    return check_summary("sasl_scram");
}
