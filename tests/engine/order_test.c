/* SPDX-License-Identifier: MIT */
/*
 * What depends on when octets come, or on the order of calls: replies that begin before their
 * command has left (D9), mails submitted early and late, waits of 0, masks that nobody knows.
 */

#include <string.h>

#include "check.h"

static struct talk t;
static struct smtplite_recipient to;
static struct smtplite_mail mail;

static struct smtplite_config clear_config(void) {
    return (struct smtplite_config){.tls = SMTPLITE_TLS_NONE, .flags = SMTPLITE_LOCKSTEP};
}

static void make_mail(void) {
    to = (struct smtplite_recipient){.address = "b@y.example"};
    mail = (struct smtplite_mail){.from = "a@x.example", .recipients = &to, .count = 1};
}

/* The session borrows it until it is over, which is behind the return of who made it. */
static struct smtplite_config kept;

static void begin(const struct smtplite_config *config) {
    memset(&t, 0, sizeof t);
    kept = *config;
    make_mail();
    CHECK(talk_begin(&t, &kept) == SMTPLITE_E_OK);
}

/* A session that has sent MAIL. */
static void begin_mail(const struct smtplite_config *config) {
    begin(config);
    CHECK(smtplite_submit(&t.s, &mail) == SMTPLITE_E_OK);
    talk_answer(&t, "220 x\r\n");
    talk_answer(&t, "250 x\r\n");
}

/* The server has said 354 and, before the message, the beginning of another reply. */
static void begin_message(const char *beginning) {
    struct smtplite_config config = clear_config();
    begin_mail(&config);
    talk_answer(&t, "250 ok\r\n");
    talk_answer(&t, "250 ok\r\n");
    CHECK(talk_event(&t) == SMTPLITE_EV_RECIPIENT);
    talk_answer(&t, "354 go\r\n");
    CHECK(talk_event(&t) == SMTPLITE_EV_BODY);
    talk_hear(&t, beginning);
    CHECK(smtplite_body(&t.s, "x", 1) == SMTPLITE_E_OK);
    talk_listen(&t);
    CHECK(talk_event(&t) == SMTPLITE_EV_BODY);
    CHECK(smtplite_body_end(&t.s) == SMTPLITE_E_OK);
    talk_listen(&t);
}

static void check_end(enum smtplite_error error, enum smtplite_outcome outcome, unsigned code) {
    const struct smtplite_result *result = smtplite_result_get(&t.s);
    smtplite_in_eof(&t.s);
    CHECK(talk_event(&t) == SMTPLITE_EV_FAILED);
    CHECK(result->error == error);
    CHECK(result->outcome == outcome);
    CHECK(result->code == code);
}

static void test_early_acceptance(void) {
    begin_message("25");
    talk_answer(&t, "0 queued\r\n");
    check_end(SMTPLITE_E_OUT_OF_STEP, SMTPLITE_MAYBE_SENT, 0);
    begin_message("250-queued\r\n");
    talk_answer(&t, "250 really\r\n");
    check_end(SMTPLITE_E_OUT_OF_STEP, SMTPLITE_MAYBE_SENT, 0);
}

static void test_early_verdict(void) {
    begin_message("552 too");
    talk_answer(&t, " large\r\n");
    check_end(SMTPLITE_E_REFUSED, SMTPLITE_NOT_SENT, 552);
}

static void test_early_closing(void) {
    begin_message("421 clo");
    talk_answer(&t, "sing\r\n");
    check_end(SMTPLITE_E_CLOSING, SMTPLITE_MAYBE_SENT, 421);
}

static void test_early_reply(void) {
    struct smtplite_config config = clear_config();
    begin_mail(&config);
    talk_hear(&t, "250 ok\r\n25");
    talk_listen(&t);
    talk_answer(&t, "0 early\r\n");
    check_end(SMTPLITE_E_OUT_OF_STEP, SMTPLITE_NOT_SENT, 0);
}

/* A mail submitted before the session is ready begins when it is; nothing older is reported. */
static void test_submit_early(void) {
    struct smtplite_config config = clear_config();
    begin(&config);
    to.fate = SMTPLITE_ACCEPTED;
    to.code = 250;
    CHECK(smtplite_submit(&t.s, &mail) == SMTPLITE_E_OK);
    CHECK(to.fate == SMTPLITE_UNTRIED && to.code == 0);
    CHECK(smtplite_submit(&t.s, &mail) == SMTPLITE_E_STATE);
    talk_answer(&t, "554 no\r\n");
    talk_answer(&t, "221 bye\r\n");
    CHECK(talk_event(&t) == SMTPLITE_EV_FAILED);
    CHECK(smtplite_result_get(&t.s)->outcome == SMTPLITE_NOT_SENT);
    CHECK(smtplite_result_get(&t.s)->code == 554);
}

static void test_submit_within_noop(void) {
    struct smtplite_config config = clear_config();
    begin(&config);
    talk_answer(&t, "220 x\r\n");
    talk_answer(&t, "250 x\r\n");
    CHECK(talk_event(&t) == SMTPLITE_EV_READY);
    CHECK(smtplite_noop(&t.s) == SMTPLITE_E_OK);
    CHECK(smtplite_submit(&t.s, &mail) == SMTPLITE_E_OK);
    talk_listen(&t);
    talk_forget(&t);
    talk_answer(&t, "250 still here\r\n");
    CHECK(talk_event(&t) == SMTPLITE_EV_REPLY);
    talk_listen(&t);
    CHECK(talk_said(&t, "MAIL FROM:<a@x.example>\r\n"));
}

static void test_submit_after_quit(void) {
    struct smtplite_config config = clear_config();
    begin(&config);
    smtplite_quit(&t.s);
    CHECK(smtplite_submit(&t.s, &mail) == SMTPLITE_E_STATE);
}

/* No wait is for ever: 0 is the default. */
static void test_waits_of_zero(void) {
    struct smtplite_waits waits = {.greeting = 7};
    struct smtplite_config config = clear_config();
    unsigned id;
    config.waits = &waits;
    begin(&config);
    CHECK(smtplite_wait_limit(&t.s, &id) == 7);
    CHECK(id != 0);
    talk_answer(&t, "220 x\r\n");
    CHECK(smtplite_wait_limit(&t.s, &id) == 300000);
    CHECK(smtplite_session_limit(&t.s) == 7200000);
    waits.session = 9;
    CHECK(smtplite_session_limit(&t.s) == 9);
}

static void test_unknown_masks(void) {
    struct smtplite_session s;
    struct smtplite_config config = clear_config();
    config.flags = 1 << 9;
    CHECK(smtplite_init(&s, &config, NULL, 0) == SMTPLITE_E_ARGUMENT);
    config = clear_config();
    config.user = config.password = "x";
    CHECK(smtplite_init(&s, &config, NULL, 0) ==
          SMTPLITE_E_ARGUMENT); /* a user, and no mechanism */
    config.mechanisms = 1 << 10;
    CHECK(smtplite_init(&s, &config, NULL, 0) == SMTPLITE_E_ARGUMENT);
    config.mechanisms = SMTPLITE_AUTH_PLAIN;
    config.prefer = 1 << 10;
    CHECK(smtplite_init(&s, &config, NULL, 0) == SMTPLITE_E_ARGUMENT);
}

/* ---- Two mails, several transactions -----------------------------------------------------------
 */

static struct smtplite_recipient others[4];
static struct smtplite_mail second, third;

static struct smtplite_config extended_config(void) {
    return (struct smtplite_config){.tls = SMTPLITE_TLS_NONE, .extensions = &smtplite_extensions};
}

static void make_others(void) {
    for (size_t i = 0; i < 4; i++) {
        others[i] = (struct smtplite_recipient){.address = "c@z.example"};
    }
    second = (struct smtplite_mail){.from = "", .recipients = &others[0], .count = 1};
    third = (struct smtplite_mail){.from = "", .recipients = &others[1], .count = 1};
}

/* Ready, PIPELINING offered, and nothing said yet. */
static void begin_ready(const char *offer) {
    struct smtplite_config config = extended_config();
    begin(&config);
    make_others();
    talk_answer(&t, "220 x\r\n");
    talk_answer(&t, offer);
    CHECK(talk_event(&t) == SMTPLITE_EV_READY);
    talk_forget(&t);
}

/* Up to the content of the first mail. */
static void begin_content(void) {
    CHECK(smtplite_submit(&t.s, &mail) == SMTPLITE_E_OK);
    talk_listen(&t);
    talk_hear(&t, "250 ok\r\n250 ok\r\n");
    CHECK(talk_event(&t) == SMTPLITE_EV_RECIPIENT);
    talk_hear(&t, "354 go\r\n");
    CHECK(talk_event(&t) == SMTPLITE_EV_BODY);
    talk_forget(&t);
}

static void test_two_mails(void) {
    begin_ready("250-x\r\n250 PIPELINING\r\n");
    begin_content();
    CHECK(smtplite_submit(&t.s, &mail) == SMTPLITE_E_STATE); /* it is under way */
    CHECK(smtplite_submit(&t.s, &second) == SMTPLITE_E_OK);
    CHECK(smtplite_submit(&t.s, &second) == SMTPLITE_E_STATE);
    CHECK(smtplite_submit(&t.s, &third) == SMTPLITE_E_STATE); /* two are */
    CHECK(smtplite_body_end(&t.s) == SMTPLITE_E_OK);
    talk_listen(&t);
    CHECK(talk_said(&t, ".\r\nMAIL FROM:<>\r\nRCPT TO:<c@z.example>\r\nDATA\r\n"));
    talk_hear(&t, "250 taken\r\n");
    CHECK(smtplite_submit(&t.s, &third) == SMTPLITE_E_STATE); /* DONE was not read */
    CHECK(talk_event(&t) == SMTPLITE_EV_DONE);
    CHECK(mail.result.outcome == SMTPLITE_SENT && mail.result.code == 250);
    CHECK(to.fate == SMTPLITE_ACCEPTED);
    CHECK(smtplite_submit(&t.s, &third) == SMTPLITE_E_OK);
    CHECK(others[0].fate == SMTPLITE_UNTRIED && others[0].code == 0);
}

/* What an earlier try has left in a mail that waits is forgotten when it is submitted. */
static void test_second_is_forgotten(void) {
    begin_ready("250-x\r\n250 PIPELINING\r\n");
    begin_content();
    others[0].fate = SMTPLITE_ACCEPTED;
    others[0].code = 250;
    second.result = (struct smtplite_result){.outcome = SMTPLITE_SENT, .code = 250};
    CHECK(smtplite_submit(&t.s, &second) == SMTPLITE_E_OK);
    CHECK(others[0].fate == SMTPLITE_UNTRIED && others[0].code == 0);
    smtplite_io_failed(&t.s, SMTPLITE_E_CANCELLED);
    CHECK(talk_event(&t) == SMTPLITE_EV_FAILED);
    CHECK(second.result.outcome == SMTPLITE_NOT_SENT && second.result.code == 0);
    CHECK(second.result.error == SMTPLITE_E_CANCELLED);
    CHECK(others[0].fate == SMTPLITE_UNTRIED);
}

/* A mail that is refused by the call leaves the one under way alone. */
static void test_bad_second(void) {
    begin_ready("250-x\r\n250 PIPELINING\r\n");
    begin_content();
    others[0].address = "c@z.example>";
    CHECK(smtplite_submit(&t.s, &second) == SMTPLITE_E_ADDRESS);
    CHECK(smtplite_body_end(&t.s) == SMTPLITE_E_OK);
    talk_listen(&t);
    CHECK(talk_said(&t, ".\r\n"));
    talk_hear(&t, "250 taken\r\n");
    CHECK(talk_event(&t) == SMTPLITE_EV_DONE);
    CHECK(mail.result.outcome == SMTPLITE_SENT);
}

static void test_again_states(void) {
    begin_ready("250-x\r\n250-PIPELINING\r\n250 LIMITS RCPTMAX=1 MAILMAX=3\r\n");
    CHECK(smtplite_mails_left(&t.s) == 3);
    mail.recipients = &others[0];
    mail.count = 2;
    CHECK(smtplite_again(&t.s, true) == SMTPLITE_E_STATE);
    begin_content();
    CHECK(smtplite_mails_left(&t.s) == 2);
    CHECK(smtplite_again(&t.s, true) == SMTPLITE_E_STATE);
    CHECK(smtplite_body(&t.s, "x", 1) == SMTPLITE_E_OK);
    talk_listen(&t);
    CHECK(talk_event(&t) == SMTPLITE_EV_BODY);
    CHECK(smtplite_body_end(&t.s) == SMTPLITE_E_OK);
    talk_listen(&t);
    talk_hear(&t, "250 taken\r\n");
    CHECK(smtplite_again(&t.s, true) == SMTPLITE_E_STATE); /* the event was not read */
    CHECK(talk_event(&t) == SMTPLITE_EV_AGAIN);
    CHECK(smtplite_body(&t.s, "x", 1) == SMTPLITE_E_STATE);
    CHECK(smtplite_body_end(&t.s) == SMTPLITE_E_STATE);
    CHECK(smtplite_noop(&t.s) == SMTPLITE_E_STATE);
    CHECK(others[0].fate == SMTPLITE_ACCEPTED && others[1].fate == SMTPLITE_UNTRIED);
    CHECK(smtplite_again(&t.s, true) == SMTPLITE_E_OK);
    CHECK(smtplite_again(&t.s, true) == SMTPLITE_E_STATE);
    CHECK(smtplite_mails_left(&t.s) == 1);
    talk_forget(&t);
    talk_listen(&t);
    CHECK(talk_said(&t, "MAIL FROM:<a@x.example>\r\nRCPT TO:<c@z.example>\r\nDATA\r\n"));
}

/* ---- Before which bytes the server is to be heard (D9) ------------------------------------------
 */

static bool ends_with_mark(const char *p, size_t n) {
    return (n >= 3 && memcmp(p, ".\r\n", 3) == 0) ||
           (n >= 13 && memcmp(p, "BDAT 0 LAST\r\n", 13) == 0);
}

/* Takes all that leaves now. True: the first piece and the end mark were to be heard before. */
static bool hears_as_it_must(bool is_first_of_group) {
    bool good = true;
    size_t len;
    for (const char *p; (p = smtplite_out(&t.s, &len)) != NULL; smtplite_out_done(&t.s, len)) {
        bool must = is_first_of_group || ends_with_mark(p, len);
        good &= smtplite_out_hears(&t.s) || !must;
        is_first_of_group = false;
    }
    return good;
}

static void test_hears(void) {
    begin_ready("250-x\r\n250-PIPELINING\r\n250 CHUNKING\r\n");
    CHECK(smtplite_submit(&t.s, &mail) == SMTPLITE_E_OK);
    CHECK(hears_as_it_must(true));
    talk_hear(&t, "250 ok\r\n250 ok\r\n");
    CHECK(talk_event(&t) == SMTPLITE_EV_RECIPIENT);
    talk_hear(&t, "354 go\r\n");
    CHECK(talk_event(&t) == SMTPLITE_EV_BODY);
    second.flags = SMTPLITE_MAIL_EXACT;
    second.size = 1;
    CHECK(smtplite_submit(&t.s, &second) == SMTPLITE_E_OK);
    CHECK(smtplite_body_end(&t.s) == SMTPLITE_E_OK);
    CHECK(hears_as_it_must(false)); /* the end mark, though commands follow it */
    talk_hear(&t, "250 taken\r\n");
    CHECK(talk_event(&t) == SMTPLITE_EV_DONE);
    talk_hear(&t, "250 ok\r\n250 ok\r\n");
    CHECK(talk_event(&t) == SMTPLITE_EV_RECIPIENT);
    CHECK(talk_event(&t) == SMTPLITE_EV_BODY);
    CHECK(smtplite_body(&t.s, "x", 1) == SMTPLITE_E_OK);
    CHECK(hears_as_it_must(false));
    CHECK(talk_event(&t) == SMTPLITE_EV_BODY);
    CHECK(smtplite_body_end(&t.s) == SMTPLITE_E_OK);
    CHECK(hears_as_it_must(false)); /* LAST */
}

/* B1: a quote hides nothing but a local part that is quoted whole. */
static void test_quotes(void) {
    static const char *const bad[] = {"a\"b c>d\"@x.example",     "a@[x\"y z\"]",
                                      "a\"> NOTIFY=NEVER x=\"@y", "\"a b\"c@x.example",
                                      "\"a\" b@x.example",        "a@\"x y\""};
    static const char *const good[] = {"\"a b\"@x.example", "\"<>\\\"@\"@x.example",
                                       "\"\"@x.example"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        make_mail();
        to.address = bad[i];
        CHECK(smtplite_mail_check(NULL, &mail) == SMTPLITE_E_ADDRESS);
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        make_mail();
        to.address = good[i];
        CHECK(smtplite_mail_check(NULL, &mail) == SMTPLITE_E_OK);
    }
    struct smtplite_session s;
    struct smtplite_config config = clear_config();
    config.domain = "\"a b\"";
    CHECK(smtplite_init(&s, &config, NULL, 0) == SMTPLITE_E_ADDRESS);
}

int main(void) {
    test_early_acceptance();
    test_early_verdict();
    test_early_closing();
    test_early_reply();
    test_submit_early();
    test_submit_within_noop();
    test_submit_after_quit();
    test_waits_of_zero();
    test_unknown_masks();
    test_two_mails();
    test_second_is_forgotten();
    test_bad_second();
    test_again_states();
    test_hears();
    test_quotes();
    return check_summary("engine-order");
}
