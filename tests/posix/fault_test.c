/* SPDX-License-Identifier: MIT */
/*
 * E6, E7: the n-th call of the transport fails, for every n, in whole sessions with a server in
 * memory. The truth about the mail is the server's: what came of it there must be what the client
 * says of it.
 */
#include "../support/script_server.h"
#include "check.h"

#include "smtplite/send.h"

#include <string.h>

enum fault {
    NO_FAULT,
    FAIL_CALL,    /* send or receive: FAILED, from then on */
    END_CALL,     /* receive: EOF, from then on; send: FAILED */
    IDLE_CALL,    /* 0, this time */
    DEAF_CALL,    /* 0, from then on: only a deadline ends it */
    PART_CALL,    /* 1 byte, this time */
    TINY_CALLS,   /* 1 byte each, from then on */
    SEND_FAILS,   /* each send FAILED from then on; receive goes on */
    RECEIVE_FAILS /* each receive FAILED from then on; send goes on */
};

static const char *const fault_names[] = {"none",        "fail",       "end",
                                          "0 once",      "0 forever",  "1 byte",
                                          "1 byte each", "send fails", "receive fails"};

/* A transport around the server's. */
struct faulty {
    struct smtplite_transport transport;
    struct script_server server;
    enum fault fault;
    size_t at;
    size_t calls;
    bool narrow;
    uint32_t clock; /* moves when a call waited in vain, as the server's does */
};

static bool struck(struct faulty *f) {
    f->calls++;
    if (f->fault == IDLE_CALL || f->fault == PART_CALL)
        return f->calls == f->at;
    return f->fault != NO_FAULT && f->calls >= f->at;
}

/* A transport may give up early; the deaf one uses its time up. */
static ptrdiff_t wait_in_vain(struct faulty *f, uint32_t wait) {
    f->clock += f->fault == DEAF_CALL ? wait : 0;
    return 0;
}

static bool is_one_byte(const struct faulty *f, bool hit) {
    return f->narrow || (hit && (f->fault == PART_CALL || f->fault == TINY_CALLS));
}

static ptrdiff_t send_bytes(void *context, const char *p, size_t n, bool more, uint32_t wait) {
    struct faulty *f = context;
    bool hit = struck(f);
    if (hit && (f->fault == FAIL_CALL || f->fault == END_CALL || f->fault == SEND_FAILS))
        return SMTPLITE_TRANSPORT_FAILED;
    if (hit && (f->fault == IDLE_CALL || f->fault == DEAF_CALL))
        return wait_in_vain(f, wait);
    if (n > 1 && is_one_byte(f, hit))
        n = 1;
    return f->server.transport.send(&f->server, p, n, more, wait);
}

static ptrdiff_t receive_bytes(void *context, char *p, size_t n, uint32_t wait) {
    struct faulty *f = context;
    bool hit = struck(f);
    if (hit && (f->fault == FAIL_CALL || f->fault == RECEIVE_FAILS))
        return SMTPLITE_TRANSPORT_FAILED;
    if (hit && f->fault == END_CALL)
        return SMTPLITE_TRANSPORT_EOF;
    if (hit && (f->fault == IDLE_CALL || f->fault == DEAF_CALL))
        return wait_in_vain(f, wait);
    if (n > 1 && is_one_byte(f, hit))
        n = 1;
    return f->server.transport.receive(&f->server, p, n, wait);
}

static uint32_t now(void *context) {
    struct faulty *f = context;
    return f->clock + f->server.transport.now(&f->server);
}

/* ---- The sessions ---------------------------------------------------------------------------- */

static const struct script_step pipelined[] = {
    {NULL, "220 mx ESMTP\r\n", 0},
    {"EHLO ", "250-mx\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN\r\n", 0},
    {"AUTH PLAIN AHUAcA==", "235 2.7.0 in\r\n", 0},
    {"MAIL FROM:<a@example.com>", "250 2.1.0 ok\r\n", 0},
    {"RCPT TO:<", "250 2.1.5 ok\r\n", SCRIPT_REPEAT},
    {"DATA\r\n", "354 go\r\n", 0},
    {".", "250 2.0.0 queued as 42\r\n", 0},
    {"QUIT\r\n", "221 2.0.0 bye\r\n", SCRIPT_CLOSE},
    {NULL, NULL, 0}};

static const struct script_step lockstep[] = {{NULL, "220 mx ESMTP\r\n", 0},
                                              {"EHLO ", "250-mx\r\n250 AUTH LOGIN\r\n", 0},
                                              {"AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n", 0},
                                              {"dQ==\r\n", "334 UGFzc3dvcmQ6\r\n", 0},
                                              {"cA==\r\n", "235 in\r\n", 0},
                                              {"MAIL FROM:", "250 ok\r\n", 0},
                                              {"RCPT TO:<", "250 ok\r\n", SCRIPT_REPEAT},
                                              {"DATA\r\n", "354 go\r\n", 0},
                                              {".", "250 queued as 42\r\n", 0},
                                              {"QUIT\r\n", "221 bye\r\n", SCRIPT_CLOSE},
                                              {NULL, NULL, 0}};

static const struct script_step refused[] = {{NULL, "220 mx ESMTP\r\n", 0},
                                             {"EHLO ", "500 what\r\n", 0},
                                             {"HELO ", "250 mx\r\n", 0},
                                             {"MAIL FROM:", "250 ok\r\n", 0},
                                             {"RCPT TO:<", "250 ok\r\n", SCRIPT_REPEAT},
                                             {"DATA\r\n", "354 go\r\n", 0},
                                             {".", "554 no\r\n", 0},
                                             {"QUIT\r\n", "221 bye\r\n", SCRIPT_CLOSE},
                                             {NULL, NULL, 0}};

struct session {
    const char *name;
    const struct script_step *steps;
    uint16_t flags;
    uint8_t mechanisms;
    bool accepts;
    bool narrow; /* no call moves more than a byte: a fault between any two */
};

static const struct session sessions[] = {
    {"pipelined", pipelined, 0, SMTPLITE_AUTH_PLAIN, true, false},
    {"lockstep", lockstep, SMTPLITE_LOCKSTEP, SMTPLITE_AUTH_LOGIN, true, false},
    {"refused", refused, 0, 0, false, false},
    {"narrow", pipelined, 0, SMTPLITE_AUTH_PLAIN, true, true}};

static const char message[] = "Subject: x\r\n\r\n.\r\nline\nanother\r.two\r\n..\r\nlast";
static const char on_the_wire[] =
    "Subject: x\r\n\r\n..\r\nline\r\nanother\r\n..two\r\n...\r\nlast\r\n.\r\n";

/* One byte at a time, so that a message makes many calls, with a pause now and then. */
struct slow_source {
    size_t at;
    bool paused;
};

static enum smtplite_source_state read_slowly(void *context, const char **p, size_t *n) {
    struct slow_source *from = context;
    if (from->at == sizeof message - 1)
        return SMTPLITE_SOURCE_END;
    from->paused = !from->paused && from->at % 16 == 5;
    if (from->paused)
        return SMTPLITE_SOURCE_NOT_YET;
    *p = message + from->at;
    *n = from->at % 3 + 1 < sizeof message - 1 - from->at ? from->at % 3 + 1 : 1;
    from->at += *n;
    return SMTPLITE_SOURCE_PIECE;
}

struct run {
    enum smtplite_outcome outcome;
    struct smtplite_report report;
    struct smtplite_recipient to[3];
    struct faulty f;
};

static void run(struct run *r, const struct session *session, enum fault fault, size_t at) {
    struct smtplite_config config = {.user = session->mechanisms != 0 ? "u" : NULL,
                                     .password = "p",
                                     .tls = SMTPLITE_TLS_NONE,
                                     .mechanisms = session->mechanisms,
                                     .flags =
                                         (uint16_t)(session->flags | SMTPLITE_ALLOW_CLEAR_LOGIN)};
    struct slow_source from = {0, false};
    struct smtplite_source source = {.context = &from, .read = read_slowly};
    struct smtplite_mail mail = {.from = "a@example.com", .recipients = r->to, .count = 3};
    memset(r, 0, sizeof *r);
    r->to[0].address = "x@example.com";
    r->to[1].address = "y@example.com";
    r->to[2].address = "z@example.com";
    script_server_init(&r->f.server, session->steps);
    r->f.transport.context = &r->f;
    r->f.transport.send = send_bytes;
    r->f.transport.receive = receive_bytes;
    r->f.transport.now = now;
    r->f.fault = fault;
    r->f.narrow = session->narrow;
    r->f.at = at;
    r->outcome = smtplite_send(&r->f.transport, &config, &mail, &source, NULL, &r->report);
}

/* The only true answer, from what the server knows. */
static enum smtplite_outcome truth(const struct session *session, const struct run *r) {
    const struct script_server *server = &r->f.server;
    if (!server->message_whole)
        return SMTPLITE_NOT_SENT;
    if (!script_server_told(server))
        return SMTPLITE_MAYBE_SENT;
    return session->accepts ? SMTPLITE_SENT : SMTPLITE_NOT_SENT;
}

static bool message_is_right(const struct script_server *server) {
    size_t n = server->message.len;
    if (n == 0)
        return !server->message_whole;
    if (n > sizeof on_the_wire - 1 || memcmp(server->message.p, on_the_wire, n) != 0)
        return false;
    return !server->message_whole || n == sizeof on_the_wire - 1;
}

static void check_run(const struct session *session, enum fault fault, size_t at,
                      const struct run *r) {
    enum smtplite_outcome true_outcome = truth(session, r);
    const char *name = fault_names[fault];
    bool passes = fault == NO_FAULT || fault == IDLE_CALL || fault == PART_CALL ||
                  fault == TINY_CALLS || r->f.calls < at;
    CHECK(r->outcome == true_outcome, "%s, %s at %zu: says %d, is %d", session->name, name, at,
          (int)r->outcome, (int)true_outcome);
    CHECK(r->report.result.outcome == r->outcome, "%s, %s at %zu", session->name, name, at);
    CHECK(!r->f.server.stuck, "%s, %s at %zu: endless", session->name, name, at);
    CHECK(!r->f.server.out_of_step, "%s, %s at %zu: heard %.*s", session->name, name, at,
          (int)r->f.server.heard.len, r->f.server.heard.p);
    CHECK(message_is_right(&r->f.server), "%s, %s at %zu: %.*s", session->name, name, at,
          (int)r->f.server.message.len, r->f.server.message.p);
    if (passes)
        CHECK(r->f.server.message_whole && script_server_told(&r->f.server),
              "%s, %s at %zu: a harmless fault", session->name, name, at);
    else if (r->outcome != SMTPLITE_SENT && !script_server_told(&r->f.server))
        CHECK(r->report.result.error == SMTPLITE_E_IO ||
                  r->report.result.error == SMTPLITE_E_CLOSED ||
                  r->report.result.error == SMTPLITE_E_TIMEOUT,
              "%s, %s at %zu: error %d", session->name, name, at, r->report.result.error);
}

static void test_fault(const struct session *session, enum fault fault, unsigned outcomes[4]) {
    size_t at = 1;
    size_t calls;
    do {
        struct run r = {.outcome = SMTPLITE_NOT_SENT};
        run(&r, session, fault, at);
        calls = r.f.calls;
        outcomes[r.outcome & 3]++;
        check_run(session, fault, at, &r);
        script_server_free(&r.f.server);
    } while (at++ <= calls && at < 5000);
    CHECK(at > 15 && at < 5000, "%s, %s: %zu calls", session->name, fault_names[fault], at);
}

static void test_session(const struct session *session) {
    enum fault fault;
    for (fault = FAIL_CALL; fault <= RECEIVE_FAILS; fault++) {
        unsigned outcomes[4] = {0, 0, 0, 0};
        test_fault(session, fault, outcomes);
        printf("# %-9s %-13s not sent %3u, sent %3u, maybe sent %3u\n", session->name,
               fault_names[fault], outcomes[SMTPLITE_NOT_SENT], outcomes[SMTPLITE_SENT],
               outcomes[SMTPLITE_MAYBE_SENT]);
        if (fault == FAIL_CALL)
            CHECK(outcomes[SMTPLITE_MAYBE_SENT] > 0, "%s: no fault in the gap", session->name);
    }
}

/* What is wrong with the call is found before the transport is touched. */
static void test_checked_first(void) {
    struct smtplite_recipient to = {.address = "x@example.com\r\nRCPT TO:<y@example.com",
                                    .fate = SMTPLITE_ACCEPTED,
                                    .code = 250};
    struct smtplite_mail mail = {.from = "a@example.com", .recipients = &to, .count = 1};
    struct smtplite_config config = {.tls = SMTPLITE_TLS_NONE};
    struct smtplite_memory memory = {.p = "x", .n = 1};
    struct smtplite_source source = smtplite_memory_source(&memory);
    struct smtplite_report report;
    struct faulty f;
    memset(&f, 0, sizeof f);
    script_server_init(&f.server, pipelined);
    f.transport.context = &f;
    f.transport.send = send_bytes;
    f.transport.receive = receive_bytes;
    f.transport.now = now;
    CHECK(smtplite_send(&f.transport, &config, &mail, &source, NULL, &report) == SMTPLITE_NOT_SENT,
          "-");
    CHECK(report.result.error == SMTPLITE_E_CONTROL, "error %d", report.result.error);
    CHECK(to.fate == SMTPLITE_UNTRIED && to.code == 0, "an old result is left");
    to.address = "x@example.com";
    config.domain = "a\r\nb";
    CHECK(smtplite_send(&f.transport, &config, &mail, &source, NULL, &report) == SMTPLITE_NOT_SENT,
          "-");
    CHECK(report.result.error == SMTPLITE_E_CONTROL, "error %d", report.result.error);
    config.domain = NULL;
    mail.count = 0;
    CHECK(smtplite_send(&f.transport, &config, &mail, &source, NULL, NULL) == SMTPLITE_NOT_SENT,
          "-");
    CHECK(smtplite_send(NULL, &config, &mail, &source, NULL, &report) == SMTPLITE_NOT_SENT, "-");
    CHECK(report.result.error == SMTPLITE_E_ARGUMENT, "error %d", report.result.error);
    CHECK(smtplite_send(&f.transport, NULL, NULL, NULL, NULL, &report) == SMTPLITE_NOT_SENT, "-");
    CHECK(report.result.error == SMTPLITE_E_ARGUMENT, "error %d", report.result.error);
    CHECK(f.calls == 0, "%zu calls of the transport", f.calls);
    script_server_free(&f.server);
}

static void test_round_trips(void) {
    struct run r = {.outcome = SMTPLITE_NOT_SENT};
    run(&r, &sessions[0], NO_FAULT, 0);
    CHECK(r.outcome == SMTPLITE_SENT && r.report.result.code == 250, "%d", (int)r.outcome);
    CHECK(strcmp(r.report.text, "2.0.0 queued as 42") == 0, "text: %s", r.report.text);
    CHECK(r.to[2].fate == SMTPLITE_ACCEPTED && r.to[2].code == 250, "fate %d", r.to[2].fate);
    CHECK(r.f.server.turns == 4, "%zu turns", r.f.server.turns);
    CHECK(r.f.server.commands == 9, "%zu commands", r.f.server.commands);
    script_server_free(&r.f.server);
}

/* D9: behind the 354, in one segment, an acceptance that nobody asked for; `length` octets before
 * it. Whether the driver's buffer ends there or not, it is no answer to the message. */
static void test_second_reply(size_t length) {
    char reply[300];
    struct script_step steps[] = {{NULL, "220 x\r\n", 0},     {"EHLO", "250 x\r\n", 0},
                                  {"MAIL", "250 x\r\n", 0},   {"RCPT", "250 x\r\n", 0},
                                  {"DATA", reply, 0},         {".", "554 refused\r\n", 0},
                                  {"QUIT", "221 bye\r\n", 0}, {NULL, NULL, 0}};
    struct smtplite_recipient to = {.address = "x@example.com"};
    struct smtplite_mail mail = {.from = "a@example.com", .recipients = &to, .count = 1};
    struct smtplite_config config = {.tls = SMTPLITE_TLS_NONE};
    struct smtplite_memory memory = {.p = "x", .n = 1};
    struct smtplite_source source = smtplite_memory_source(&memory);
    struct smtplite_report report;
    struct script_server server;
    memset(reply, 'g', sizeof reply);
    memcpy(reply, "354 ", 4);
    memcpy(reply + length - 2, "\r\n250 early\r\n", sizeof "\r\n250 early\r\n");
    script_server_init(&server, steps);
    (void)smtplite_send(&server.transport, &config, &mail, &source, NULL, &report);
    CHECK(report.result.outcome == SMTPLITE_NOT_SENT, "%zu: outcome %d", length,
          report.result.outcome);
    CHECK(report.result.error == SMTPLITE_E_OUT_OF_STEP, "%zu: error %d", length,
          report.result.error);
    CHECK(!server.message_whole, "%zu: the message's end has left", length);
    script_server_free(&server);
}

int main(void) {
    size_t i;
    test_checked_first();
    for (i = 60; i <= 260; i++)
        test_second_reply(i);
    test_round_trips();
    for (i = 0; i < sizeof sessions / sizeof sessions[0]; i++)
        test_session(&sessions[i]);
    return checks_end("fault_test");
}
