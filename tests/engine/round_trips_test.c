/* SPDX-License-Identifier: MIT */
/*
 * The protocol's floor, counted: connect to final 250 in 6 round trips with a login; one write for
 * the envelope whatever the number of recipients; QUIT rides on the end of the message.
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

static size_t envelope(size_t count) {
    size_t len = (size_t)sprintf(want, "MAIL FROM:<a@x.example>\r\n");
    for (size_t i = 0; i < count; i++) {
        len += (size_t)sprintf(want + len, "RCPT TO:<r%zu@y.example>\r\n", i);
    }
    return len + (size_t)sprintf(want + len, "DATA\r\n");
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

int main(void) {
    static const size_t counts[] = {1, 2, 3, 100, RECIPIENTS_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        test_count(counts[i], 0);
        test_count(counts[i], 1);
        test_count(counts[i], 7);
    }
    test_one_segment();
    test_lockstep();
    return check_summary("engine-round-trips");
}
