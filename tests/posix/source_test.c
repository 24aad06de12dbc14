/* SPDX-License-Identifier: MIT */
/*
 * What a source may do beside being read: begin, by what the server offers, and be rewound, for a
 * server that takes so many recipients only in several transactions.
 */
#include "check.h"
#include "model_server.h"

#include "smtplite/send.h"

#include <stdio.h>
#include <string.h>

enum { MANY = 25, AT_ONCE = 10 };

static const char text[] = "Subject: x\r\n\r\n.\r\nhello\r\n";

static struct model_server server;
static struct smtplite_session session;
static struct smtplite_driver driver;
static struct smtplite_config config;
static struct smtplite_recipient to[MANY];
static char addresses[MANY][40];
static struct smtplite_mail mail;
static struct smtplite_memory memory;
static struct smtplite_source source;
static char reply[128];

static void setup(size_t count, const char *offer) {
    memset(&driver, 0, sizeof driver);
    memset(to, 0, sizeof to);
    model_server_init(&server);
    server.offer = offer;
    config = (struct smtplite_config){.tls = SMTPLITE_TLS_NONE, .extensions = &smtplite_extensions};
    for (size_t i = 0; i < count; i++) {
        snprintf(addresses[i], sizeof addresses[i], "r.%zu@example.com", i);
        to[i].address = addresses[i];
    }
    mail = (struct smtplite_mail){.from = "a@example.com", .recipients = to, .count = count};
    memory = (struct smtplite_memory){.p = text, .n = sizeof text - 1};
    source = smtplite_memory_source(&memory);
    driver.session = &session;
    driver.transport = &server.transport;
}

static void open_session(void) {
    enum smtplite_error error = smtplite_init(&session, &config, reply, sizeof reply);
    CHECK(error == SMTPLITE_E_OK, "%d", (int)error);
}

static void teardown(void) {
    CHECK(!server.out_of_step, "the client said %s", server.wrong);
    CHECK(!server.stuck, "endless");
    model_server_free(&server);
}

static enum smtplite_error deliver(bool last) {
    return smtplite_deliver(&driver, &mail, &source, last);
}

/* ---- A source that begins -------------------------------------------------------------------- */

static struct {
    unsigned count;
    uint16_t offered[4];
    size_t heard; /* octets that the server had heard by then */
    uint16_t sets_flags;
    uint32_t sets_size;
    enum smtplite_error gives; /* ... once `good` calls were good */
    unsigned good;
} begins;

static enum smtplite_error begin(void *context, uint16_t offered, struct smtplite_mail *its_mail) {
    CHECK(context == &memory && its_mail == &mail, "another mail");
    begins.offered[begins.count++ & 3] = offered;
    begins.heard = server.heard;
    its_mail->flags |= begins.sets_flags;
    its_mail->size = begins.sets_size;
    memory.given = false;
    return begins.count > begins.good ? begins.gives : SMTPLITE_E_OK;
}

static void setup_begin(const char *offer) {
    setup(1, offer);
    memset(&begins, 0, sizeof begins);
    source.begin = begin;
}

#define EXPECT(outcome_, error_, code_)                                                            \
    CHECK(mail.result.outcome == SMTPLITE_##outcome_ &&                                            \
              mail.result.error == SMTPLITE_E_##error_ && mail.result.code == (code_),             \
          "outcome %d, error %d, code %d", mail.result.outcome, mail.result.error,                 \
          mail.result.code)

static void test_begin(bool ready) {
    setup_begin("250-PIPELINING\r\n250-SIZE 5000\r\n250 8BITMIME\r\n");
    begins.sets_flags = SMTPLITE_MAIL_8BIT;
    begins.sets_size = sizeof text;
    open_session();
    if (ready)
        CHECK(smtplite_run(&driver, NULL) == SMTPLITE_EV_READY, "-");
    CHECK(deliver(false) == SMTPLITE_E_OK, "-");
    EXPECT(SENT, OK, 250);
    CHECK(begins.count == 1, "%u times", begins.count);
    CHECK(begins.offered[0] ==
              (SMTPLITE_EXT_PIPELINING | SMTPLITE_EXT_8BITMIME | SMTPLITE_EXT_SIZE),
          "offered %x", begins.offered[0]);
    CHECK(begins.heard == strlen("EHLO [127.0.0.1]\r\n"), "%zu octets before", begins.heard);
    CHECK(mail.flags == 0 && mail.size == 0, "flags %x, size %u: begin's, for the next server",
          mail.flags, (unsigned)mail.size);
    CHECK(deliver(true) == SMTPLITE_E_OK, "-");
    CHECK(begins.count == 2 && server.mail_count == 2, "%u, %zu", begins.count, server.mail_count);
    CHECK(server.logins == 1 && server.closed, "%zu logins", server.logins);
    teardown();
}

/* What it sets counts: it is too large now. */
static void test_begin_sets(void) {
    setup_begin("250-PIPELINING\r\n250 SIZE 5000\r\n");
    begins.sets_size = 5001;
    open_session();
    CHECK(deliver(false) == SMTPLITE_E_OK, "-");
    EXPECT(NOT_SENT, SIZE, 0);
    mail.flags = 0;
    begins.sets_size = 0;
    begins.sets_flags = SMTPLITE_MAIL_8BIT;
    CHECK(deliver(false) == SMTPLITE_E_OK, "-");
    EXPECT(NOT_SENT, BODY_8BIT, 0);
    CHECK(server.mail_count == 0, "%zu mails", server.mail_count);
    teardown();
}

static void test_begin_fails(void) {
    setup_begin("250 PIPELINING\r\n");
    begins.gives = SMTPLITE_E_NON_ASCII;
    mail.result = (struct smtplite_result){.outcome = SMTPLITE_SENT, .code = 250};
    to[0].fate = SMTPLITE_ACCEPTED;
    open_session();
    CHECK(deliver(true) == SMTPLITE_E_NON_ASCII, "-");
    EXPECT(NOT_SENT, NON_ASCII, 0);
    CHECK(to[0].fate == SMTPLITE_UNTRIED, "fate %d", to[0].fate);
    CHECK(server.heard == strlen("EHLO [127.0.0.1]\r\n"), "%zu octets", server.heard);
    begins.gives = SMTPLITE_E_OK; /* and the session goes on */
    CHECK(deliver(true) == SMTPLITE_E_OK, "-");
    EXPECT(SENT, OK, 250);
    teardown();
}

static void test_begin_without_session(void) {
    setup_begin("250 PIPELINING\r\n");
    config.user = "u";
    config.password = "p";
    config.mechanisms = SMTPLITE_AUTH_PLAIN;
    open_session();
    to[0].fate = SMTPLITE_ACCEPTED;
    CHECK(deliver(true) == SMTPLITE_E_OK, "-");
    EXPECT(NOT_SENT, AUTH_UNAVAILABLE, 0);
    CHECK(begins.count == 0 && to[0].fate == SMTPLITE_UNTRIED, "%u times", begins.count);
    CHECK(smtplite_result_get(&session)->error == SMTPLITE_E_AUTH_UNAVAILABLE, "-");
    CHECK(deliver(true) == SMTPLITE_E_STATE, "a session that is over");
    EXPECT(NOT_SENT, STATE, 0);
    teardown();
}

/* The session's result is of the mail before: its success must not become this one's. */
static void test_no_false_success(void) {
    setup_begin("250 PIPELINING\r\n");
    open_session();
    CHECK(deliver(false) == SMTPLITE_E_OK, "-");
    EXPECT(SENT, OK, 250);
    CHECK(smtplite_noop(&session) == SMTPLITE_E_OK, "-");
    server.fault = MODEL_RESETS;
    server.at_word = server.said + 1;
    CHECK(deliver(false) == SMTPLITE_E_OK, "-");
    CHECK(mail.result.outcome == SMTPLITE_NOT_SENT && mail.result.error == SMTPLITE_E_IO,
          "outcome %d, error %d", mail.result.outcome, mail.result.error);
    CHECK(begins.count == 1, "%u times", begins.count);
    teardown();
}

/* ---- smtplite_send --------------------------------------------------------------------------- */

static struct smtplite_report report;

static enum smtplite_outcome send_mail(void) {
    return smtplite_send(&server.transport, &config, &mail, &source, NULL, &report);
}

/* First with all that could be offered, then with what is; what the first has set is taken back. */
static void test_send_begins(void) {
    setup_begin("250-PIPELINING\r\n250 SIZE 5000\r\n");
    mail.size = 7;
    begins.sets_size = 70;
    CHECK(send_mail() == SMTPLITE_SENT && report.result.code == 250, "code %d", report.result.code);
    EXPECT(SENT, OK, 250);
    CHECK(begins.count == 2 && begins.offered[0] == UINT16_MAX &&
              begins.offered[1] == (SMTPLITE_EXT_PIPELINING | SMTPLITE_EXT_SIZE),
          "%u: %x, %x", begins.count, begins.offered[0], begins.offered[1]);
    CHECK(server.mail_count == 1 && server.closed, "%zu mails", server.mail_count);
    teardown();
}

static void test_send_finds_bad_input(void) {
    setup_begin("250 PIPELINING\r\n");
    mail.size = 7;
    begins.sets_size = 70;
    begins.sets_flags = SMTPLITE_MAIL_8BIT;
    begins.gives = SMTPLITE_E_CONTROL;
    CHECK(send_mail() == SMTPLITE_NOT_SENT, "-");
    CHECK(report.result.error == SMTPLITE_E_CONTROL, "error %d", report.result.error);
    EXPECT(NOT_SENT, CONTROL, 0);
    CHECK(server.heard == 0 && server.read == 0, "the transport was touched");
    CHECK(mail.size == 7 && mail.flags == 0, "size %u, flags %x", (unsigned)mail.size, mail.flags);
    begins.gives = SMTPLITE_E_ARGUMENT;
    CHECK(send_mail() == SMTPLITE_NOT_SENT, "-");
    CHECK(strstr(report.text, "message") != NULL, "text: %s", report.text);
    begins.gives = SMTPLITE_E_OK; /* the message is good: then it is the envelope */
    to[0].address = "a\nb";
    CHECK(send_mail() == SMTPLITE_NOT_SENT && report.result.error == SMTPLITE_E_CONTROL, "error %d",
          report.result.error);
    CHECK(server.heard == 0 && server.read == 0, "the transport was touched");
    mail.recipients = NULL;
    CHECK(send_mail() == SMTPLITE_NOT_SENT && report.result.error == SMTPLITE_E_ARGUMENT,
          "error %d", report.result.error);
    teardown();
}

/* What this server does not offer is found when it is known: QUIT follows, and nothing else. */
static void test_send_finds_offer(void) {
    setup_begin("250 PIPELINING\r\n");
    begins.good = 1;
    begins.gives = SMTPLITE_E_NON_ASCII;
    CHECK(send_mail() == SMTPLITE_NOT_SENT, "-");
    CHECK(report.result.error == SMTPLITE_E_NON_ASCII, "error %d", report.result.error);
    EXPECT(NOT_SENT, NON_ASCII, 0);
    CHECK(server.heard == strlen("EHLO [127.0.0.1]\r\nQUIT\r\n") && server.closed, "%zu octets",
          server.heard);
    teardown();
}

/* ---- A source in memory ---------------------------------------------------------------------- */

/* A source that is made again begins anew: a mail that is tried again is not empty. */
static void test_memory(void) {
    const char *p = NULL;
    size_t n = 0;
    memory = (struct smtplite_memory){.p = text, .n = 5};
    for (unsigned i = 0; i < 2; i++) {
        source = smtplite_memory_source(&memory);
        CHECK(source.read(source.context, &p, &n) == SMTPLITE_SOURCE_PIECE && p == text && n == 5,
              "%zu octets", n);
        CHECK(source.read(source.context, &p, &n) == SMTPLITE_SOURCE_END, "-");
    }
    CHECK(source.rewind(source.context), "-");
    CHECK(source.read(source.context, &p, &n) == SMTPLITE_SOURCE_PIECE && n == 5, "%zu", n);
    memory = (struct smtplite_memory){.p = text, .n = 0};
    source = smtplite_memory_source(&memory);
    CHECK(source.read(source.context, &p, &n) == SMTPLITE_SOURCE_END, "-");
}

/* ---- Several transactions -------------------------------------------------------------------- */

struct limit {
    const char *name;
    const char *offer;
    size_t rcpt_max; /* the server's, which it may or may not announce */
};

static const struct limit limits[] = {
    {"LIMITS, pipelined", "250-PIPELINING\r\n250 LIMITS RCPTMAX=10\r\n", AT_ONCE},
    {"LIMITS, lockstep", "250 LIMITS MAILMAX=50 RCPTMAX=10\r\n", AT_ONCE},
    {"LIMITS, chunked", "250-PIPELINING\r\n250-CHUNKING\r\n250 LIMITS RCPTMAX=10\r\n", AT_ONCE},
    {"452, pipelined", "250 PIPELINING\r\n", AT_ONCE},
    {"452, lockstep", NULL, AT_ONCE},
    {"452, chunked", "250-PIPELINING\r\n250 CHUNKING\r\n", AT_ONCE},
};
enum { LIMITS = sizeof limits / sizeof limits[0] };

static void setup_many(const struct limit *limit) {
    setup(MANY, limit->offer);
    server.rcpt_max = limit->rcpt_max;
}

static bool is_whole(const struct model_mail *arrived) {
    uint64_t hash = model_hash(model_hash(0, NULL, 0), text, sizeof text - 1);
    return arrived->len == sizeof text - 1 && arrived->hash == hash;
}

/* In how many messages each recipient is, as far as `told`. */
static void count_arrivals(unsigned came[MANY], unsigned heard_of[MANY]) {
    memset(came, 0, MANY * sizeof *came);
    memset(heard_of, 0, MANY * sizeof *heard_of);
    for (size_t i = 0; i < server.mail_count; i++) {
        for (size_t k = 0; k < server.mails[i].to_count; k++) {
            came[server.mails[i].to[k]]++;
            heard_of[server.mails[i].to[k]] += model_server_told(&server, &server.mails[i]);
        }
    }
}

static void test_many(const struct limit *limit) {
    unsigned came[MANY];
    unsigned heard_of[MANY];
    setup_many(limit);
    open_session();
    CHECK(deliver(true) == SMTPLITE_E_OK, "%s", limit->name);
    EXPECT(SENT, OK, 250);
    CHECK(server.mail_count == 3, "%s: %zu transactions", limit->name, server.mail_count);
    for (size_t i = 0; i < server.mail_count; i++)
        CHECK(is_whole(&server.mails[i]), "%s: message %zu", limit->name, i);
    count_arrivals(came, heard_of);
    for (size_t i = 0; i < MANY; i++)
        CHECK(came[i] == 1 && to[i].fate == SMTPLITE_ACCEPTED && to[i].code == 250,
              "%s: recipient %zu got it %u times, fate %d, code %d", limit->name, i, came[i],
              to[i].fate, to[i].code);
    CHECK(server.closed, "%s: no QUIT", limit->name);
    teardown();
}

/* Refusals among them stay what they are. */
static void test_many_refused(const struct limit *limit) {
    setup_many(limit);
    for (size_t i = 0; i < MANY; i += 6)
        memcpy(addresses[i], i % 4 == 0 ? "bad.9" : "later", 5);
    open_session();
    CHECK(deliver(true) == SMTPLITE_E_OK, "%s", limit->name);
    EXPECT(PARTLY_SENT, OK, 250);
    for (size_t i = 0; i < MANY; i++) {
        enum smtplite_fate fate = SMTPLITE_ACCEPTED;
        if (i % 6 == 0)
            fate = i % 4 == 0 ? SMTPLITE_REFUSED : SMTPLITE_DEFERRED;
        CHECK(to[i].fate == fate, "%s: recipient %zu: fate %d", limit->name, i, to[i].fate);
    }
    teardown();
}

/* Says for a while before each line: not yet. It cannot begin anew. */
struct slow {
    size_t pos;
    unsigned waits;
    unsigned waited;
};

static enum smtplite_source_state read_slowly(void *context, const char **p, size_t *n) {
    struct slow *slow = context;
    if (slow->waited++ < slow->waits)
        return SMTPLITE_SOURCE_NOT_YET;
    slow->waited = 0;
    if (slow->pos >= sizeof text - 1)
        return SMTPLITE_SOURCE_END;
    *p = text + slow->pos;
    *n = (size_t)(strchr(*p, '\n') + 1 - *p);
    slow->pos += *n;
    return SMTPLITE_SOURCE_PIECE;
}

/* The first transaction has nobody: what the source gives is for the second, from its first piece
 * on, whenever it comes. */
static void test_slow_and_refused(const char *offer, unsigned waits) {
    struct slow slow = {.waits = waits};
    setup(2, offer);
    server.rcpt_max = 1;
    memcpy(addresses[0], "bad.9", 5);
    mail.flags = SMTPLITE_MAIL_PIECES;
    source = (struct smtplite_source){.context = &slow, .read = read_slowly};
    open_session();
    CHECK(deliver(true) == SMTPLITE_E_OK, "%s", offer);
    CHECK(to[0].fate == SMTPLITE_REFUSED, "%s, %u: fate %d", offer, waits, to[0].fate);
    CHECK(to[1].fate != SMTPLITE_ACCEPTED || is_whole(&server.mails[server.mail_count - 1]),
          "%s, %u: the message was cut short", offer, waits);
    CHECK(to[1].fate == SMTPLITE_ACCEPTED || slow.pos > 0, "%s, %u: fate %d", offer, waits,
          to[1].fate);
    teardown();
}

static bool refuse_rewind(void *context) {
    (void)context;
    return false;
}

/* A source that cannot begin anew: those of the first transaction have it, the others are UNTRIED.
 */
static void test_no_rewind(const struct limit *limit, bool (*rewind)(void *)) {
    setup_many(limit);
    source.rewind = rewind;
    open_session();
    CHECK(deliver(false) == SMTPLITE_E_OK, "%s", limit->name);
    EXPECT(PARTLY_SENT, OK, 250);
    CHECK(server.mail_count == 1, "%s: %zu transactions", limit->name, server.mail_count);
    for (size_t i = 0; i < MANY; i++)
        CHECK(to[i].fate == (i < AT_ONCE ? SMTPLITE_ACCEPTED : SMTPLITE_UNTRIED),
              "%s: recipient %zu: fate %d", limit->name, i, to[i].fate);
    mail.recipients = to + AT_ONCE; /* the rest, by hand, in the same session */
    mail.count = AT_ONCE;
    memory.given = false;
    CHECK(deliver(true) == SMTPLITE_E_OK, "%s", limit->name);
    EXPECT(SENT, OK, 250);
    teardown();
}

/* ---- ... and the session dies at every octet ------------------------------------------------- */

static void check_fates(const char *what) {
    unsigned came[MANY];
    unsigned heard_of[MANY];
    bool in_doubt = server.taken > server.heard;
    size_t accepted = 0;
    size_t maybe = 0;
    /* by BDAT a message leaves before it is known which recipients are taken */
    for (size_t i = 0; i < server.mail_count; i++)
        in_doubt = in_doubt || !model_server_told(&server, &server.mails[i]);
    count_arrivals(came, heard_of);
    for (size_t i = 0; i < MANY; i++) {
        bool good = came[i] <= 1 && to[i].fate != SMTPLITE_PENDING;
        if (heard_of[i] > 0)
            good = good && to[i].fate == SMTPLITE_ACCEPTED;
        else if (came[i] > 0)
            good = good && to[i].fate == SMTPLITE_MAYBE;
        else
            good = good && to[i].fate != SMTPLITE_ACCEPTED &&
                   (to[i].fate != SMTPLITE_MAYBE || in_doubt);
        CHECK(good, "%s: recipient %zu: fate %d, came %u, told %u", what, i, to[i].fate, came[i],
              heard_of[i]);
        accepted += to[i].fate == SMTPLITE_ACCEPTED;
        maybe += to[i].fate == SMTPLITE_MAYBE;
    }
    CHECK((mail.result.outcome == SMTPLITE_SENT) == (accepted == MANY) &&
              (mail.result.outcome == SMTPLITE_MAYBE_SENT) == (maybe > 0) &&
              (mail.result.outcome == SMTPLITE_NOT_SENT) == (accepted + maybe == 0),
          "%s: outcome %d, %zu accepted, %zu maybe", what, mail.result.outcome, accepted, maybe);
}

static bool die_at(const struct limit *limit, enum model_fault fault, size_t word, size_t heard) {
    char what[100];
    bool struck;
    snprintf(what, sizeof what, "%s, fault %d, word %zu, heard %zu", limit->name, (int)fault, word,
             heard);
    setup_many(limit);
    server.fault = fault;
    server.at_word = word;
    server.at_heard = heard;
    open_session();
    CHECK(deliver(true) == SMTPLITE_E_OK, "%s", what);
    check_fates(what);
    for (size_t i = 0; i < server.mail_count; i++)
        CHECK(is_whole(&server.mails[i]), "%s: message %zu", what, i);
    struck = server.read >= word && server.heard >= heard;
    teardown();
    return struck;
}

static void test_deaths(const struct limit *limit, enum model_fault fault) {
    size_t words = 1;
    size_t heard = 1;
    while (words < 5000 && die_at(limit, fault, words, 0))
        words++;
    while (heard < 5000 && die_at(limit, fault, 0, heard))
        heard++;
    CHECK(words > 500 && words < 5000 && heard > 500 && heard < 5000, "%s: %zu words, %zu heard",
          limit->name, words, heard);
}

int main(void) {
    for (unsigned waits = 0; waits < 20; waits++) {
        test_slow_and_refused("250-PIPELINING\r\n250-CHUNKING\r\n250 LIMITS RCPTMAX=1\r\n", waits);
        test_slow_and_refused("250-PIPELINING\r\n250 LIMITS RCPTMAX=1\r\n", waits);
    }
    test_memory();
    test_begin(false);
    test_begin(true);
    test_begin_sets();
    test_begin_fails();
    test_begin_without_session();
    test_no_false_success();
    test_send_begins();
    test_send_finds_bad_input();
    test_send_finds_offer();
    for (size_t i = 0; i < LIMITS; i++) {
        test_many(&limits[i]);
        test_many_refused(&limits[i]);
        test_no_rewind(&limits[i], NULL);
        test_no_rewind(&limits[i], refuse_rewind);
        test_deaths(&limits[i], MODEL_CLOSES);
        test_deaths(&limits[i], MODEL_STALLS);
    }
    return checks_end("driver_sources");
}
