/* SPDX-License-Identifier: MIT */
/*
 * The protocol's floor, counted: connect to final 250 in 6 round trips with a login; one write for
 * the envelope whatever the number of recipients; QUIT rides on the end of the message; a run of
 * mails costs one round trip each (RFC 2920 3.1), with BDAT the first one, too (RFC 3030).
 *
 * A write is what a transport gathers while smtplite_out_more is true. A round trip is a wait for
 * the server: it ends when the client has heard and is to speak.
 */

#include "check.h"

#include <stdio.h>
#include <string.h>

enum { RECIPIENTS_MAX = 1000 };

static struct talk t;
static struct smtplite_recipient recipients[RECIPIENTS_MAX];
static struct smtplite_mail mail;
static char addresses[RECIPIENTS_MAX][32];
static char want[TALK_OUT];
static unsigned trips;

static const struct smtplite_config fast = {.tls = SMTPLITE_TLS_NONE,
                                            .flags = SMTPLITE_ALLOW_CLEAR_LOGIN,
                                            .mechanisms = SMTPLITE_AUTH_PLAIN,
                                            .user = "user",
                                            .password = "pass"};

static void make_mail(size_t count) {
    for (size_t i = 0; i < count; i++) {
        snprintf(addresses[i], sizeof addresses[i], "r%zu@y.example", i);
        recipients[i] = (struct smtplite_recipient){.address = addresses[i]};
    }
    mail = (struct smtplite_mail){.from = "a@x.example", .recipients = recipients, .count = count};
}

/* One trip: the server's words, then all that the client has to say, in `writes` writes. */
static void trip(const char *words, size_t writes) {
    talk_forget(&t);
    trips++;
    CHECK(talk_hear(&t, words) == strlen(words));
    talk_listen(&t);
    CHECK(t.writes == writes);
    CHECK(!t.gathering);
}

static void log_in(void) {
    trips = 1; /* the connection itself */
    CHECK(talk_begin(&t, &fast) == SMTPLITE_E_OK);
    talk_listen(&t);
    CHECK(t.out_len == 0);
    trip("220 mail.example\r\n", 1);
    CHECK(talk_said(&t, "EHLO [127.0.0.1]\r\n"));
    trip("250-mail.example\r\n250-AUTH PLAIN\r\n250 PIPELINING\r\n", 1);
    CHECK(talk_said(&t, "AUTH PLAIN AHVzZXIAcGFzcw==\r\n"));
    trip("235 welcome\r\n", 0);
    CHECK(talk_event(&t) == SMTPLITE_EV_READY);
}

static size_t envelope_at(char *p, size_t count) {
    size_t len = (size_t)sprintf(p, "MAIL FROM:<a@x.example>\r\n");
    for (size_t i = 0; i < count; i++) {
        len += (size_t)sprintf(p + len, "RCPT TO:<r%zu@y.example>\r\n", i);
    }
    return len + (size_t)sprintf(p + len, "DATA\r\n");
}

static size_t envelope(size_t count) {
    return envelope_at(want, count);
}

static void submit(size_t count, size_t window) {
    make_mail(count);
    talk_forget(&t);
    t.window = window;
    CHECK(smtplite_submit(&t.s, &mail) == SMTPLITE_E_OK);
    smtplite_quit(&t.s);
    talk_listen(&t);
    CHECK(t.writes == 1);
    CHECK(!t.gathering);
    CHECK(talk_said_bytes(&t, want, envelope(count)));
}

static void hear_recipients(size_t count) {
    CHECK(talk_hear(&t, "250 ok\r\n") == 8);
    for (size_t i = 0; i < count; i++) {
        struct smtplite_event_data data = {0};
        CHECK(talk_hear(&t, "250 ok\r\n") == 8);
        CHECK(smtplite_next(&t.s, &data) == SMTPLITE_EV_RECIPIENT);
        CHECK(data.index == i && data.code == 250);
    }
}

/* The message in two pieces; its end and QUIT leave in the last. */
static void send_message(void) {
    talk_forget(&t);
    trips++;
    CHECK(talk_hear(&t, "354 go\r\n") == 8);
    CHECK(talk_event(&t) == SMTPLITE_EV_BODY);
    CHECK(smtplite_body(&t.s, "Subject: x\r\n\r\n", 14) == SMTPLITE_E_OK);
    talk_listen(&t);
    CHECK(t.gathering); /* only the source is waited for */
    CHECK(talk_event(&t) == SMTPLITE_EV_BODY);
    CHECK(smtplite_body(&t.s, ".hello\n", 7) == SMTPLITE_E_OK);
    talk_listen(&t);
    CHECK(talk_event(&t) == SMTPLITE_EV_BODY);
    CHECK(smtplite_body_end(&t.s) == SMTPLITE_E_OK);
    talk_listen(&t);
    CHECK(t.writes == 1);
    CHECK(!t.gathering);
    CHECK(t.window != 0 || t.last == strlen("\r\n.\r\nQUIT\r\n"));
    CHECK(talk_said(&t, "Subject: x\r\n\r\n..hello\r\n.\r\nQUIT\r\n"));
}

static void end_session(void) {
    trip("250 taken\r\n", 0);
    CHECK(trips == 6); /* connect, greeting, EHLO, AUTH, envelope, message */
    CHECK(talk_event(&t) == SMTPLITE_EV_DONE);
    CHECK(smtplite_result_get(&t.s)->outcome == SMTPLITE_SENT);
    trip("221 bye\r\n", 0);
    CHECK(talk_event(&t) == SMTPLITE_EV_CLOSED);
    CHECK(smtplite_wants(&t.s) == SMTPLITE_WANT_CLOSE);
}

static void test_count(size_t count, size_t window) {
    log_in();
    submit(count, window);
    hear_recipients(count);
    send_message();
    end_session();
}

/* All answers of the group in one segment, 354 too. */
static void test_one_segment(void) {
    static const char words[] = "250 ok\r\n250 ok\r\n354 go\r\n";
    log_in();
    submit(1, 0);
    size_t taken = talk_hear(&t, words);
    CHECK(taken == 16);
    CHECK(talk_event(&t) == SMTPLITE_EV_RECIPIENT);
    CHECK(talk_hear(&t, words + taken) == 8);
    CHECK(talk_event(&t) == SMTPLITE_EV_BODY);
}

/* Lockstep: each command alone, and never a word that more follows behind it. */
static void test_lockstep(void) {
    static const struct smtplite_config slow = {.tls = SMTPLITE_TLS_NONE,
                                                .flags = SMTPLITE_LOCKSTEP};
    make_mail(2);
    talk_begin(&t, &slow);
    trip("220 x\r\n", 1);
    trip("250-x\r\n250 PIPELINING\r\n", 0);
    CHECK(talk_event(&t) == SMTPLITE_EV_READY);
    CHECK(smtplite_submit(&t.s, &mail) == SMTPLITE_E_OK);
    smtplite_quit(&t.s);
    talk_forget(&t);
    talk_listen(&t);
    CHECK(t.writes == 1);
    CHECK(talk_said(&t, "MAIL FROM:<a@x.example>\r\n"));
    trip("250 ok\r\n", 1);
    CHECK(talk_said(&t, "RCPT TO:<r0@y.example>\r\n"));
    CHECK(talk_hear(&t, "250 ok\r\n") == 8);
    CHECK(talk_event(&t) == SMTPLITE_EV_RECIPIENT);
    talk_forget(&t);
    talk_listen(&t);
    CHECK(t.writes == 1);
    CHECK(talk_said(&t, "RCPT TO:<r1@y.example>\r\n"));
}

/* ---- A run of mails -------------------------------------------------------------------------- */

static const struct smtplite_config all = {.tls = SMTPLITE_TLS_NONE,
                                           .flags = SMTPLITE_ALLOW_CLEAR_LOGIN,
                                           .mechanisms = SMTPLITE_AUTH_PLAIN,
                                           .user = "user",
                                           .password = "pass",
                                           .extensions = &smtplite_extensions};
static const char content[] = "Subject: x\r\n\r\nhello\r\n";
static struct smtplite_mail runners[2]; /* one under way, and one behind it */
static struct smtplite_recipient runner_to[2][RECIPIENTS_MAX];
static unsigned seen[SMTPLITE_EV_FAILED + 1];

/* A round trip: the server's words, with the events that they make. */
static void hear_all(const char *words) {
    size_t len = strlen(words);
    size_t taken;
    enum smtplite_event event;
    memset(seen, 0, sizeof seen);
    talk_forget(&t);
    trips++;
    do {
        taken = smtplite_in(&t.s, words, len);
        words += taken;
        len -= taken;
        while ((event = talk_event(&t)) != SMTPLITE_EV_NONE) {
            seen[event]++;
            taken++;
        }
    } while (taken > 0 && len > 0);
    CHECK(len == 0 && seen[SMTPLITE_EV_FAILED] == 0);
}

static void submit_runner(size_t i, size_t count, uint16_t flags) {
    struct smtplite_mail *runner = &runners[i % 2];
    make_mail(count);
    memcpy(runner_to[i % 2], recipients, sizeof recipients);
    *runner = mail;
    runner->recipients = runner_to[i % 2];
    runner->flags = flags;
    runner->size = sizeof content - 1;
    CHECK(smtplite_submit(&t.s, runner) == SMTPLITE_E_OK);
}

/* The content of the present mail; its end, once the next one was submitted. */
static void give_content(void) {
    CHECK(smtplite_body(&t.s, content, sizeof content - 1) == SMTPLITE_E_OK);
    talk_listen(&t);
    CHECK(talk_event(&t) == SMTPLITE_EV_BODY);
    CHECK(smtplite_body_end(&t.s) == SMTPLITE_E_OK);
    talk_listen(&t);
    CHECK(t.writes == 1 && !t.gathering);
}

static size_t add_answers(char *words, size_t count) {
    size_t len = (size_t)sprintf(words, "250 sender\r\n");
    for (size_t i = 0; i < count; i++)
        len += (size_t)sprintf(words + len, "250 ok\r\n");
    return len;
}

static void begin_run(const char *offer) {
    trips = 1;
    CHECK(talk_begin(&t, &all) == SMTPLITE_E_OK);
    trip("220 mail.example\r\n", 1);
    trip(offer, 1);
    trip("235 welcome\r\n", 0);
    CHECK(trips == 4 && talk_event(&t) == SMTPLITE_EV_READY);
}

/* By DATA: the next mail's envelope leaves behind this one's content. */
static void test_run(size_t mails, size_t count, size_t window) {
    static char words[RECIPIENTS_MAX * 10 + 100];
    begin_run("250-mail.example\r\n250-AUTH PLAIN\r\n250 PIPELINING\r\n");
    t.window = window;
    submit_runner(0, count, 0);
    talk_forget(&t);
    talk_listen(&t);
    CHECK(t.writes == 1 && talk_said_bytes(&t, want, envelope(count)));
    for (size_t i = 0; i < mails; i++) {
        size_t len = i > 0 ? (size_t)sprintf(words, "250 taken\r\n") : 0;
        len += add_answers(words + len, count);
        sprintf(words + len, "354 go\r\n");
        hear_all(words);
        CHECK(seen[SMTPLITE_EV_DONE] == (i > 0) && seen[SMTPLITE_EV_BODY] == 1);
        if (i + 1 < mails)
            submit_runner(i + 1, count, 0);
        give_content();
        size_t said = (size_t)sprintf(want, "%s.\r\n", content);
        if (i + 1 < mails)
            said += envelope_at(want + said, count);
        CHECK(talk_said_bytes(&t, want, said));
    }
    hear_all("250 taken\r\n");
    CHECK(seen[SMTPLITE_EV_DONE] == 1 && trips == 4 + 1 + mails);
}

/* By BDAT nothing is waited for between envelope and content: one round trip for all of it. */
static void test_chunked_run(size_t mails, size_t count, size_t window) {
    static char words[RECIPIENTS_MAX * 10 + 100];
    begin_run("250-mail.example\r\n250-AUTH PLAIN\r\n250-CHUNKING\r\n250 PIPELINING\r\n");
    t.window = window;
    for (size_t i = 0; i < mails; i++) {
        talk_forget(&t);
        submit_runner(i, count, SMTPLITE_MAIL_PIECES);
        talk_listen(&t);
        CHECK(talk_event(&t) == SMTPLITE_EV_BODY);
        give_content();
        size_t said = envelope_at(want, count) - strlen("DATA\r\n");
        said += (size_t)sprintf(want + said, "BDAT %zu\r\n%sBDAT 0 LAST\r\n", sizeof content - 1,
                                content);
        CHECK(talk_said_bytes(&t, want, said));
        size_t len = add_answers(words, count);
        sprintf(words + len, "250 chunk\r\n250 taken\r\n");
        hear_all(words);
        CHECK(seen[SMTPLITE_EV_DONE] == 1 && seen[SMTPLITE_EV_RECIPIENT] == count);
        CHECK(runners[i % 2].result.outcome == SMTPLITE_SENT);
    }
    CHECK(trips == 4 + mails);
}

static void test_runs(void) {
    static const size_t windows[] = {0, 1, 7};
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        test_run(1, 1, windows[i]);
        test_run(20, 1, windows[i]);
        test_run(3, RECIPIENTS_MAX, windows[i]);
        test_chunked_run(1, 1, windows[i]);
        test_chunked_run(20, 3, windows[i]);
        test_chunked_run(3, RECIPIENTS_MAX, windows[i]);
    }
}

int main(void) {
    static const size_t counts[] = {1, 2, 3, 100, RECIPIENTS_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        test_count(counts[i], 0);
        test_count(counts[i], 1);
        test_count(counts[i], 7);
    }
    test_one_segment();
    test_lockstep();
    test_runs();
    return check_summary("engine-round-trips");
}
