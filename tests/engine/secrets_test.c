/* SPDX-License-Identifier: MIT */
/*
 * A15: what is left of a login. Each mechanism logs in through the driver, over a transport that
 * lives in memory: to its good end, to a no or nonsense at each step, to a break, an end and a
 * silence behind each octet, to a cancelled wait and to a failing hash provider at each call.
 * Behind each of these runs no four octets of a secret, and no four characters of one in base64,
 * are in the session, the login's memory, the driver, the report's text, the provider, or in what
 * the trace got.
 *
 * The secrets are password and token, and all that the mechanism itself gave the provider as a key
 * or to be hashed: SCRAM's SaltedPassword, ClientKey, StoredKey and ServerKey.
 */

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "../support/test_crypto.h"
#include "check.h"
#include "smtplite/driver.h"

enum { RAW_WINDOW = 4, BASE64_WINDOW = 4, SECRETS_MAX = 12, TRACE_SIZE = 8192, REPLIES_MAX = 10 };
enum { NEVER = 1 << 20 };

static const char password[] = "Xq7!zR3#vK9$wL5%";
static const char token[] = "Tk4-f9Qz~Jw2.Yp8_Hd6+Sx3/Vn5=Gm7";

/* ---- secrets, and the search for them ----------------------------------------------------- */

struct secret {
    uint8_t p[64];
    size_t n;
};

static struct secret secrets[SECRETS_MAX];
static size_t secret_count;

static void add_secret(const void *p, size_t n) {
    struct secret *secret = &secrets[secret_count];
    for (size_t i = 0; i < secret_count; i++) {
        if (secrets[i].n == n && memcmp(secrets[i].p, p, n) == 0) {
            return;
        }
    }
    if (EXPECT(secret_count < SECRETS_MAX && n <= sizeof secret->p)) {
        memcpy(secret->p, p, n);
        secret->n = n;
        secret_count++;
    }
}

static bool holds(const void *memory, size_t size, const void *p, size_t n) {
    const char *m = memory, *end = m + size, *first = p;
    while ((m = memchr(m, *first, (size_t)(end - m))) != NULL) {
        if ((size_t)(end - m) < n) {
            return false;
        }
        if (memcmp(m, p, n) == 0) {
            return true;
        }
        m++;
    }
    return false;
}

static bool holds_window(const void *memory, size_t size, const void *p, size_t n, size_t window) {
    const char *octets = p;
    for (size_t i = 0; i + window <= n; i++) {
        if (holds(memory, size, octets + i, window)) {
            return true;
        }
    }
    return false;
}

static size_t encode(char *out, const uint8_t *p, size_t n) {
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = 0;
    for (size_t i = 0; i + 3 <= n; i += 3) {
        uint32_t bits = (uint32_t)p[i] << 16 | (uint32_t)p[i + 1] << 8 | p[i + 2];
        for (unsigned shift = 24; shift > 0; shift -= 6) {
            out[len++] = alphabet[bits >> (shift - 6) & 63];
        }
    }
    return len;
}

/* As it is, and as it stands within something that is in base64: at one of three places. */
static bool holds_secret(const void *memory, size_t size) {
    char encoded[128];
    for (size_t i = 0; i < secret_count; i++) {
        const struct secret *s = &secrets[i];
        if (holds_window(memory, size, s->p, s->n, RAW_WINDOW)) {
            return true;
        }
        for (size_t shift = 0; shift < 3; shift++) {
            size_t n = encode(encoded, s->p + shift, s->n - shift);
            if (holds_window(memory, size, encoded, n, BASE64_WINDOW)) {
                return true;
            }
        }
    }
    return false;
}

/* ---- a provider that tells what it was given ---------------------------------------------- */

static struct test_crypto inner;

static bool spy_hmac(void *context, enum smtplite_hash hash, const void *key, size_t key_len,
                     const void *p, size_t n, void *mac) {
    if (key != NULL) {
        add_secret(key, key_len);
    }
    return inner.provider.hmac(context, hash, key, key_len, p, n, mac);
}

static bool spy_hash(void *context, enum smtplite_hash hash, const void *p, size_t n, void *mac) {
    add_secret(p, n);
    return inner.provider.hash(context, hash, p, n, mac);
}

static struct smtplite_crypto spy;

/* ---- the logins --------------------------------------------------------------------------- */

struct kind {
    const char *name;
    uint16_t mechanism;
    bool by_event;
    const char *binding; /* NULL: none */
    /* What the server says: the greeting, and then an answer to each line. */
    const char *replies[REPLIES_MAX];
    size_t secrets;   /* that this login has, if it succeeds */
    const char *said; /* by the client, as the trace tells it */
};

#define HELLO                                                                                      \
    "220 x\r\n", "250-x\r\n250 AUTH PLAIN LOGIN CRAM-MD5 XOAUTH2 OAUTHBEARER SCRAM-SHA-1 "         \
                 "SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-256-PLUS\r\n"
#define EHLO "EHLO [127.0.0.1]\r\n"

/* In base64: r=AAAAAAAAAAAAAAAAAAAAAAAABBBB,s=QSXCR+Q6sek8bf92,i=50; and the signatures to it, as
 * Python's hashlib and hmac make them. */
#define FIRST "334 cj1BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFCQkJCLHM9UVNYQ1IrUTZzZWs4YmY5MixpPTUw\r\n"

#define SIGNED_1        "334 dj1vNWwwZU81cFBvYThsWUd0N1l2ZmdBejIrNGc9\r\n"
#define SIGNED_256      "334 dj1VU3RGTWFZU2NsdDI1U1BrdVg3cENtdjZNUXhMWkY1VitWNDdDM0ZsbHV3PQ==\r\n"
#define SIGNED_1_PLUS   "334 dj15SmhEQlREcUJkTHMyMExUYkd5SGNFcVRTd1E9\r\n"
#define SIGNED_256_PLUS "334 dj1EV3pvZEVPN1laRFBKOUMrRzhBRW5ScERpNDhzdDVOUHlucWtWYks0TzhRPQ==\r\n"
#define IN              "235 in\r\n"

static const struct kind kinds[] = {
    {"PLAIN", SMTPLITE_AUTH_PLAIN, false, NULL, {HELLO, IN}, 2, EHLO "AUTH PLAIN ****\r\n"},
    {"LOGIN",
     SMTPLITE_AUTH_LOGIN,
     false,
     NULL,
     {HELLO, "334\r\n", "334\r\n", IN},
     2,
     EHLO "AUTH LOGIN\r\n****\r\n****\r\n"},
    {"CRAM-MD5",
     SMTPLITE_AUTH_CRAM_MD5,
     false,
     NULL,
     {HELLO, "334 PDFAeD4=\r\n", IN},
     2,
     EHLO "AUTH CRAM-MD5\r\n****\r\n"},
    {"XOAUTH2", SMTPLITE_AUTH_XOAUTH2, false, NULL, {HELLO, IN}, 2, EHLO "AUTH XOAUTH2 ****\r\n"},
    {"XOAUTH2, refused",
     SMTPLITE_AUTH_XOAUTH2,
     false,
     NULL,
     {HELLO, "334 eyJzdGF0dXMiOiI0MDEifQ==\r\n", "535 no\r\n"},
     2,
     EHLO "AUTH XOAUTH2 ****\r\n\r\nQUIT\r\n"},
    {"XOAUTH2 by event",
     SMTPLITE_AUTH_XOAUTH2,
     true,
     NULL,
     {HELLO, "334\r\n", IN},
     2,
     EHLO "AUTH XOAUTH2\r\n****\r\n"},
    {"OAUTHBEARER",
     SMTPLITE_AUTH_OAUTHBEARER,
     false,
     NULL,
     {HELLO, IN},
     2,
     EHLO "AUTH OAUTHBEARER ****\r\n"},
    {"OAUTHBEARER by event",
     SMTPLITE_AUTH_OAUTHBEARER,
     true,
     NULL,
     {HELLO, "334\r\n", IN},
     2,
     EHLO "AUTH OAUTHBEARER\r\n****\r\n"},
    {"SCRAM-SHA-1",
     SMTPLITE_AUTH_SCRAM_SHA_1,
     false,
     NULL,
     {HELLO, FIRST, SIGNED_1, IN},
     6,
     EHLO "AUTH SCRAM-SHA-1 ****\r\n****\r\n\r\n"},
    {"SCRAM-SHA-256",
     SMTPLITE_AUTH_SCRAM_SHA_256,
     false,
     NULL,
     {HELLO, FIRST, SIGNED_256, IN},
     6,
     EHLO "AUTH SCRAM-SHA-256 ****\r\n****\r\n\r\n"},
    {"SCRAM-SHA-1-PLUS",
     SMTPLITE_AUTH_SCRAM_SHA_1_PLUS,
     false,
     "0123456789",
     {HELLO, FIRST, SIGNED_1_PLUS, IN},
     6,
     EHLO "AUTH SCRAM-SHA-1-PLUS ****\r\n****\r\n\r\n"},
    {"SCRAM-SHA-256-PLUS",
     SMTPLITE_AUTH_SCRAM_SHA_256_PLUS,
     false,
     "0123456789",
     {HELLO, FIRST, SIGNED_256_PLUS, IN},
     6,
     EHLO "AUTH SCRAM-SHA-256-PLUS ****\r\n****\r\n\r\n"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* ---- one run ------------------------------------------------------------------------------ */

enum fault { NONE, REPLY, BREAK, END, SILENCE, CANCEL, CRYPTO };

/* All that is searched is in here, and nothing that is the caller's own. */
static struct places {
    struct smtplite_session session;
    struct smtplite_login login;
    struct smtplite_driver driver;
    char text[160];
    char trace[2 * TRACE_SIZE]; /* as far as it is filled */
} places;

static struct run {
    const struct kind *kind;
    enum fault fault;
    size_t at;         /* which reply, which octet, which call */
    const char *reply; /* REPLY: this, and no to all that follows */

    size_t lines, sent;  /* of the client */
    size_t replies, pos; /* what was said of the server's */
    size_t idle;
    uint32_t clock;
    size_t token_pos;
    size_t trace_len;
    char said[TRACE_SIZE]; /* the client's part of the trace */
} run;

static ptrdiff_t take(void *context, const char *p, size_t n, bool more, uint32_t wait) {
    size_t left = run.fault >= BREAK && run.fault <= SILENCE ? run.at - run.sent : NEVER;
    (void)context, (void)more;
    if (left == 0) {
        run.clock += wait;
        return run.fault == BREAK ? SMTPLITE_TRANSPORT_FAILED : 0;
    }
    n = n < left ? n : left;
    for (size_t i = 0; i < n; i++) {
        run.lines += p[i] == '\n';
    }
    run.sent += n;
    return (ptrdiff_t)n;
}

static const char *reply_now(void) {
    if (run.replies > run.lines) {
        return NULL;
    }
    if (run.fault == REPLY && run.replies >= run.at) {
        return run.replies == run.at ? run.reply : "501 no\r\n";
    }
    const char *reply = run.replies < REPLIES_MAX ? run.kind->replies[run.replies] : NULL;
    return reply != NULL ? reply : "221 bye\r\n";
}

static ptrdiff_t give(void *context, char *p, size_t n, uint32_t wait) {
    bool due = run.fault >= BREAK && run.fault <= SILENCE && run.sent == run.at;
    const char *reply = due ? NULL : reply_now();
    (void)context;
    if (due && run.fault != SILENCE) {
        return run.fault == END ? SMTPLITE_TRANSPORT_EOF : SMTPLITE_TRANSPORT_FAILED;
    }
    if (reply == NULL) {
        run.clock += wait;
        return 0;
    }
    size_t left = strlen(reply + run.pos);
    n = n < left ? n : left;
    memcpy(p, reply + run.pos, n);
    run.pos = n < left ? run.pos + n : 0;
    run.replies += n == left;
    return (ptrdiff_t)n;
}

static uint32_t now(void *context) {
    (void)context;
    return run.clock;
}

static int start_tls(void *context, struct smtplite_session *session, uint32_t wait) {
    const char *binding = run.kind->binding;
    (void)context, (void)wait;
    if (binding != NULL) {
        smtplite_tls_binding(session, "tls-exporter", (const uint8_t *)binding, strlen(binding));
    }
    smtplite_tls_done(session, true);
    return 0;
}

static bool idle(void *context) {
    (void)context;
    return run.fault != CANCEL || ++run.idle < run.at;
}

static void trace(void *context, bool from_server, const char *p, size_t n) {
    (void)context;
    if (EXPECT(run.trace_len + n < sizeof places.trace)) {
        memcpy(places.trace + run.trace_len, p, n);
        run.trace_len += n;
    }
    size_t len = strlen(run.said);
    if (!from_server && EXPECT(len + n < sizeof run.said)) {
        memcpy(run.said + len, p, n);
    }
}

static void answer_token(void) {
    size_t n = strlen(token) - run.token_pos;
    n = n < 5 ? n : 5;
    if (n == 0) {
        EXPECT(smtplite_token_end(&places.session) == SMTPLITE_E_OK);
    } else {
        EXPECT(smtplite_token(&places.session, token + run.token_pos, n) == SMTPLITE_E_OK);
    }
    run.token_pos += n;
}

static enum smtplite_event go_on(void) {
    for (;;) {
        enum smtplite_event event = smtplite_run(&places.driver, NULL);
        if (event != SMTPLITE_EV_TOKEN) {
            return event;
        }
        answer_token();
    }
}

/* Half of an iterated hash, or a key that the provider has digested, is none of the secrets, and is
 * not to be left either. */
static bool is_over(void) {
    const char *p = (const char *)&places.login;
    size_t pos = offsetof(struct smtplite_login, binding_name);
    while (pos < sizeof places.login && p[pos] == 0) {
        pos++;
    }
    return pos == sizeof places.login && !inner.keyed;
}

static bool is_clean(void) {
    return !holds_secret(&places, offsetof(struct places, trace) + run.trace_len) &&
           !holds_secret(&inner, sizeof inner);
}

static void begin_run(const struct kind *kind, enum fault fault, size_t at, const char *reply,
                      struct smtplite_config *config) {
    static const struct smtplite_transport transport = {NULL, take, give, now, start_tls, NULL};
    memset(&places, 0, sizeof places);
    run = (struct run){.kind = kind, .fault = fault, .at = at, .reply = reply};
    secret_count = 0;
    add_secret(password, strlen(password));
    add_secret(token, strlen(token));
    test_crypto_init(&inner, NULL, 0);
    inner.fail_at = fault == CRYPTO ? (unsigned long)at : 0;
    spy = (struct smtplite_crypto){&inner, spy_hmac, spy_hash, inner.provider.random,
                                   inner.provider.forget};
    smtplite_login_init(&places.login, &spy);
    places.login.iterations_min = 1;
    places.login.token = kind->by_event ? NULL : token;
    places.login.token_len = kind->by_event ? 0 : strlen(token);
    places.login.token_by_event = kind->by_event;
    *config = (struct smtplite_config){.tls = SMTPLITE_TLS_IMPLICIT,
                                       .mechanisms = kind->mechanism,
                                       .user = "user",
                                       .password = password,
                                       .login = &places.login};
    EXPECT(smtplite_init(&places.session, config, places.text, sizeof places.text) ==
           SMTPLITE_E_OK);
    places.driver = (struct smtplite_driver){
        .session = &places.session, .transport = &transport, .hooks = {idle, trace, NULL, NULL, 0}};
}

/* To the login's end, and then to the session's: nothing is left of it at either. */
static bool play(const struct kind *kind, enum fault fault, size_t at, const char *reply) {
    struct smtplite_config config;
    begin_run(kind, fault, at, reply, &config);
    enum smtplite_event event = go_on();
    bool good =
        is_clean() && is_over() && (event == SMTPLITE_EV_READY || event == SMTPLITE_EV_FAILED);
    bool in = event == SMTPLITE_EV_READY;
    if (in) {
        smtplite_quit(&places.session);
        event = go_on();
        good = good && is_clean() && is_over() &&
               (event == SMTPLITE_EV_CLOSED || event == SMTPLITE_EV_FAILED);
    }
    if (!good) {
        printf("%s, fault %d at %zu: event %d\n", kind->name, (int)fault, at, (int)event);
    }
    EXPECT(good);
    return in;
}

/* ---- the tests ---------------------------------------------------------------------------- */

/* Gives how many octets the client said up to its login's end. */
static size_t test_good(const struct kind *kind) {
    char said[TRACE_SIZE];
    bool refused = strstr(kind->name, "refused") != NULL;
    snprintf(said, sizeof said, "%s%s", kind->said, refused ? "" : "QUIT\r\n");
    CHECK(play(kind, NONE, 0, NULL) == !refused);
    CHECK(strcmp(run.said, said) == 0);
    CHECK(secret_count == kind->secrets);
    return run.sent;
}

/* From the answer to AUTH on. */
static void test_replies(const struct kind *kind) {
    static const char *const replies[] = {"535 no\r\n",        "454 later\r\n", "421 closing\r\n",
                                          "334 !!!\r\n",       "334\r\n",       "334 eHh4eA==\r\n",
                                          "235 too early\r\n", "garbage\r\n",   "250 what\r\n"};
    for (size_t at = 2; at < REPLIES_MAX && kind->replies[at] != NULL; at++) {
        for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
            play(kind, REPLY, at, replies[i]);
        }
    }
}

static void test_faults(const struct kind *kind, size_t octets) {
    for (enum fault fault = BREAK; fault <= SILENCE; fault++) {
        for (size_t at = 0; at < octets; at++) {
            play(kind, fault, at, NULL);
        }
    }
}

/* Each turn of the driver, those between two parts of an iterated hash among them. */
static void test_cancels(const struct kind *kind) {
    size_t at = 1;
    while (!play(kind, CANCEL, at, NULL) && at < 1000 && run.idle >= at) {
        at++;
    }
    CHECK(at > 5 && at < 1000);
}

static void test_crypto(const struct kind *kind) {
    CHECK(play(kind, NONE, 0, NULL) || strstr(kind->name, "refused") != NULL);
    for (size_t calls = (size_t)inner.calls, at = 1; at <= calls; at++) {
        EXPECT(!play(kind, CRYPTO, at, NULL));
    }
}

/* The proof that the search finds: a piece of a secret in any of the places. */
static void test_search(void) {
    char encoded[128];
    play(&kinds[8], NONE, 0, NULL);
    char *const spots[] = {places.session.word, places.login.work + 700, places.driver.in + 56,
                           places.text + 150, places.trace + run.trace_len - 8};
    CHECK(is_clean());
    for (size_t i = 0; i < sizeof spots / sizeof *spots; i++) {
        for (size_t k = 0; k < secret_count; k++) {
            char kept[BASE64_WINDOW];
            memcpy(kept, spots[i], sizeof kept);
            memcpy(spots[i], secrets[k].p + 3, RAW_WINDOW);
            CHECK(!is_clean());
            memcpy(spots[i], kept, sizeof kept);
            encode(encoded, secrets[k].p + 1, secrets[k].n - 1);
            memcpy(spots[i], encoded + 2, BASE64_WINDOW);
            CHECK(!is_clean());
            memcpy(spots[i], kept, sizeof kept);
        }
    }
    CHECK(is_clean());
}

int main(void) {
    for (size_t i = 0; i < KINDS; i++) {
        unsigned long before = check_failures();
        size_t octets = test_good(&kinds[i]);
        test_replies(&kinds[i]);
        test_faults(&kinds[i], octets);
        test_cancels(&kinds[i]);
        test_crypto(&kinds[i]);
        CHECK(check_failures() == before);
    }
    test_search();
    return check_summary("engine-secrets");
}
