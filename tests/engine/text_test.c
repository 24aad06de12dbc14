/* SPDX-License-Identifier: MIT */
/*
 * What the caller may put into a command (B1, B2, B4, B5): taken as it is, or refused before
 * anything is sent; never changed. A NUL ends a C string, so it cannot be in one.
 */

#include "check.h"

#include <stdio.h>
#include <string.h>

static struct talk t;
static struct smtplite_recipient recipients[2];
static struct smtplite_mail mail;

/* Ready for mail. */
static void begin_ready(void) {
    static const struct smtplite_config config = {.tls = SMTPLITE_TLS_NONE,
                                                  .flags = SMTPLITE_LOCKSTEP};
    talk_begin(&t, &config);
    talk_answer(&t, "220 x\r\n");
    talk_hear(&t, "250 x\r\n");
    CHECK(talk_event(&t) == SMTPLITE_EV_READY);
    talk_forget(&t);
}

static enum smtplite_error submit(const char *from, const char *first, const char *second) {
    recipients[0] = (struct smtplite_recipient){.address = first};
    recipients[1] = (struct smtplite_recipient){.address = second};
    mail = (struct smtplite_mail){.from = from, .recipients = recipients, .count = 2};
    enum smtplite_error checked = smtplite_mail_check(NULL, &mail);
    enum smtplite_error error = smtplite_submit(&t.s, &mail);
    CHECK(checked == error);
    return error;
}

/* Refused: nothing was said, and a good mail goes through afterwards. */
static void check_refused(const char *from, const char *first, const char *second,
                          enum smtplite_error why) {
    begin_ready();
    enum smtplite_error error = submit(from, first, second);
    if (!CHECK(error == why)) {
        printf("  <%s> <%s> <%s>: %d, not %d\n", from, first, second, (int)error, (int)why);
    }
    talk_listen(&t);
    CHECK(t.out_len == 0);
    CHECK(smtplite_wants(&t.s) == SMTPLITE_WANT_IN);
    CHECK(submit("a@x.example", "b@y.example", "c@z.example") == SMTPLITE_E_OK);
    talk_listen(&t);
    CHECK(talk_said(&t, "MAIL FROM:<a@x.example>\r\n"));
}

/* At all three places. */
static void check_refused_everywhere(const char *address, enum smtplite_error why) {
    check_refused(address, "b@y.example", "c@z.example", why);
    check_refused("a@x.example", address, "c@z.example", why);
    check_refused("a@x.example", "b@y.example", address, why);
}

static void check_line(const char *before, const char *address, const char *after) {
    char line[600];
    snprintf(line, sizeof line, "%s%s%s", before, address, after);
    CHECK(strlen(line) <= 512);
    if (!CHECK(talk_said(&t, line))) {
        printf("  for: %s\n", line);
    }
    talk_forget(&t);
}

/* Taken: it stands in MAIL and RCPT, octet for octet. */
static void check_taken(const char *address) {
    begin_ready();
    if (!CHECK(submit(address, address, "c@z.example") == SMTPLITE_E_OK)) {
        printf("  <%s>\n", address);
        return;
    }
    talk_listen(&t);
    check_line("MAIL FROM:<", address, ">\r\n");
    talk_answer(&t, "250 ok\r\n");
    check_line("RCPT TO:<", address, ">\r\n");
}

/* ---- B1, B2: control octets in each text --------------------------------------------------- */

static enum smtplite_error init_with(const char *domain, const char *user, const char *password) {
    struct smtplite_config config = {.tls = SMTPLITE_TLS_NONE,
                                     .flags = SMTPLITE_ALLOW_CLEAR_LOGIN,
                                     .domain = domain,
                                     .user = user,
                                     .password = password,
                                     .mechanisms = SMTPLITE_AUTH_PLAIN};
    struct smtplite_session s;
    return smtplite_init(&s, &config, NULL, 0);
}

static void check_control(char c) {
    static const char *const shapes[] = {
        "%ca@x.example",        "a%c@x.example",    "a@x%c.example",      "a@x.example%c",
        "\"a %c b\"@x.example", "\"%c\"@x.example", "\"\\%c\"@x.example", "a@x.example%c\nDATA"};
    char text[64];
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        snprintf(text, sizeof text, shapes[i], c);
        check_refused_everywhere(text, SMTPLITE_E_CONTROL);
        CHECK(smtplite_text_check(text) == SMTPLITE_E_CONTROL);
        CHECK(init_with("x.example", text, "pass") == SMTPLITE_E_CONTROL);
        CHECK(init_with("x.example", "user", text) == SMTPLITE_E_CONTROL);
    }
    snprintf(text, sizeof text, "x%cexample", c);
    CHECK(init_with(text, "user", "pass") == SMTPLITE_E_CONTROL);
    snprintf(text, sizeof text, "x.example%c", c);
    CHECK(init_with(text, "user", "pass") == SMTPLITE_E_CONTROL);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void test_controls(void) {
    for (int c = 1; c < 0x20; c++) {
        check_control((char)c);
    }
    check_control(0x7F);
    CHECK(smtplite_text_check("no control octets: \xC3\xA9 <>\"") == SMTPLITE_E_OK);
    CHECK(smtplite_text_check("") == SMTPLITE_E_OK);
}
#pragma GCC diagnostic pop

/* ---- B4: lengths ------------------------------------------------------------------------- */

static const char *filled(size_t local, size_t domain) {
    static char text[2048];
    memset(text, 'l', local);
    text[local] = '@';
    memset(text + local + 1, 'd', domain);
    text[local + 1 + domain] = '\0';
    return text;
}

static const char *repeated(char c, size_t n) {
    static char text[70000];
    memset(text, c, n);
    text[n] = '\0';
    return text;
}

static void test_lengths(void) {
    check_taken(filled(63, 20));
    check_taken(filled(64, 20));
    check_refused_everywhere(filled(65, 20), SMTPLITE_E_TOO_LONG);
    check_taken(filled(64, 188)); /* 253 */
    check_taken(filled(64, 189)); /* 254 */
    check_refused_everywhere(filled(64, 190), SMTPLITE_E_TOO_LONG);
    check_taken(filled(1, 252));
    check_refused_everywhere(filled(1, 253), SMTPLITE_E_TOO_LONG);
    check_refused_everywhere(filled(1, 255), SMTPLITE_E_TOO_LONG);
    check_refused_everywhere(filled(1, 256), SMTPLITE_E_TOO_LONG);
    check_refused_everywhere(filled(500, 500), SMTPLITE_E_TOO_LONG);
    check_taken(repeated('l', 64)); /* no domain: the server's business */
    check_refused_everywhere(repeated('l', 65), SMTPLITE_E_TOO_LONG);
    CHECK(init_with(repeated('d', 255), "user", "pass") == SMTPLITE_E_OK);
    CHECK(init_with(repeated('d', 256), "user", "pass") == SMTPLITE_E_TOO_LONG);
    CHECK(init_with("x", repeated('u', 65536), "pass") == SMTPLITE_E_TOO_LONG);
    CHECK(init_with("x", "user", repeated('p', 65536)) == SMTPLITE_E_TOO_LONG);
    CHECK(init_with("x", repeated('u', 255), "") == SMTPLITE_E_OK);
    CHECK(init_with("x", "", repeated('p', 255)) == SMTPLITE_E_OK);
}

/* ---- B5: odd addresses ------------------------------------------------------------------- */

static void test_odd_addresses(void) {
    static const char *const taken[] = {
        "a@b",
        "a@b.example",
        "a+tag@b.example",
        "a.b.c@b.example",
        "-oQ/tmp@b.example", /* B6: no shell here */
        "--@b.example",
        "a@[192.0.2.1]",
        "a@[IPv6:2001:db8::1]",
        "\"a b\"@b.example",
        "\"a@b\"@c.example",
        "\"a>b\"@c.example",
        "\"<a>\"@c.example",
        "\"a\\\"b\"@c.example",
        "\"a\\\\\"@c.example",
        "\"\"@b.example",
        "postmaster",
        "a@b@c",
        "@b.example",
        "a@",
        "a,b@c.example",
        "a;b@c.example",
        "a:b@c.example",
        "(comment)a@b.example",
        "@relay.example:a@b.example",
        "a%b@c.example",
        "a!b",
        "!#$%&'*+/=?^_`{|}~@b.example",
        "A@B.EXAMPLE",
        "a..b@c.example",
        ".a.@c.example",
        "a@-b-.example",
        "%s%n@b.example",
        "a\\b@c.example",
        "=?utf-8?q?a?=@b.example",
    };
    static const struct {
        const char *address;
        enum smtplite_error why;
    } refused[] = {
        {"<a@b.example>", SMTPLITE_E_ADDRESS},
        {"a@b.com>c@d.com", SMTPLITE_E_ADDRESS},
        {"a@b.com> NOTIFY=NEVER", SMTPLITE_E_ADDRESS},
        {"a@b.com> <c@d.com", SMTPLITE_E_ADDRESS},
        {"Name <a@b.example>", SMTPLITE_E_ADDRESS},
        {"a @b.example", SMTPLITE_E_ADDRESS},
        {"a@b.example ", SMTPLITE_E_ADDRESS},
        {" a@b.example", SMTPLITE_E_ADDRESS},
        {" ", SMTPLITE_E_ADDRESS},
        {"<", SMTPLITE_E_ADDRESS},
        {">", SMTPLITE_E_ADDRESS},
        {"<>", SMTPLITE_E_ADDRESS},
        {"\"a@b.example", SMTPLITE_E_ADDRESS},
        {"a\"@b.example", SMTPLITE_E_ADDRESS},
        {"\"a\"b\"@c.example", SMTPLITE_E_ADDRESS},
        {"\"a\\\"@b.example", SMTPLITE_E_ADDRESS},
        {"\"a\"@b> SIZE=1", SMTPLITE_E_ADDRESS},
        {"\"a\\\"@b.example> X=\"", SMTPLITE_E_OK}, /* all of it is within the quotes */
        {"\"a\\\\\"@b.example> X", SMTPLITE_E_ADDRESS},
        {"a@b\xC3\xA9.example", SMTPLITE_E_NON_ASCII},
        {"\xC3\xA9@b.example", SMTPLITE_E_NON_ASCII},
        {"\"\xE2\x80\x8B\"@b.example", SMTPLITE_E_NON_ASCII},
        {"a@b.example\x80", SMTPLITE_E_NON_ASCII},
        {"a\xFF@b.example", SMTPLITE_E_NON_ASCII},
    };
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        check_taken(taken[i]);
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (refused[i].why == SMTPLITE_E_OK) {
            check_taken(refused[i].address);
        } else {
            check_refused_everywhere(refused[i].address, refused[i].why);
        }
    }
}

/* ---- what is no mail at all ---------------------------------------------------------------- */

static void test_arguments(void) {
    begin_ready();
    CHECK(submit(NULL, "b@y.example", "c@z.example") == SMTPLITE_E_ARGUMENT);
    CHECK(submit("a@x.example", NULL, "c@z.example") == SMTPLITE_E_ARGUMENT);
    CHECK(submit("a@x.example", "b@y.example", NULL) == SMTPLITE_E_ARGUMENT);
    CHECK(submit("a@x.example", "", "c@z.example") == SMTPLITE_E_ADDRESS);
    CHECK(submit("a@x.example", "b@y.example", "") == SMTPLITE_E_ADDRESS);
    CHECK(smtplite_submit(&t.s, NULL) == SMTPLITE_E_ARGUMENT);
    mail = (struct smtplite_mail){.from = "", .recipients = NULL, .count = 1};
    CHECK(smtplite_submit(&t.s, &mail) == SMTPLITE_E_ARGUMENT);
    mail = (struct smtplite_mail){.from = "", .recipients = recipients, .count = 0};
    CHECK(smtplite_submit(&t.s, &mail) == SMTPLITE_E_ARGUMENT);
    talk_listen(&t);
    CHECK(t.out_len == 0);
    CHECK(submit("", "b@y.example", "c@z.example") == SMTPLITE_E_OK);
    talk_listen(&t);
    CHECK(talk_said(&t, "MAIL FROM:<>\r\n"));
}

static void test_config(void) {
    struct smtplite_session s;
    struct smtplite_config config = {.tls = 3};
    CHECK(smtplite_init(NULL, &config, NULL, 0) == SMTPLITE_E_ARGUMENT);
    CHECK(smtplite_init(&s, NULL, NULL, 0) == SMTPLITE_E_ARGUMENT);
    CHECK(smtplite_init(&s, &config, NULL, 0) == SMTPLITE_E_ARGUMENT);
    CHECK(init_with("x.example", NULL, "pass") == SMTPLITE_E_ARGUMENT);
    CHECK(init_with("x.example", "user", NULL) == SMTPLITE_E_ARGUMENT);
    CHECK(init_with(NULL, "user", "pass") == SMTPLITE_E_OK);
    CHECK(init_with("[192.0.2.1]", "user", "pass") == SMTPLITE_E_OK);
    CHECK(init_with("[IPv6:2001:db8::1]", "user", "pass") == SMTPLITE_E_OK);
    CHECK(init_with("", "user", "pass") == SMTPLITE_E_ARGUMENT);
    CHECK(init_with("a b", "user", "pass") == SMTPLITE_E_ADDRESS);
    CHECK(init_with("a>b", "user", "pass") == SMTPLITE_E_ADDRESS);
    CHECK(init_with("a<b", "user", "pass") == SMTPLITE_E_ADDRESS);
    CHECK(init_with("b\xC3\xA9.example", "user", "pass") == SMTPLITE_E_NON_ASCII);
    CHECK(init_with("x", "us\xC3\xA9r", "p\xC3\xA4ss") == SMTPLITE_E_OK);
    CHECK(init_with("x", "Display Name <a@b>", "p a s s") == SMTPLITE_E_OK);
    config = (struct smtplite_config){.tls = SMTPLITE_TLS_REQUIRED};
    CHECK(smtplite_init(&s, &config, NULL, 0) == SMTPLITE_E_OK);
}

int main(void) {
    test_controls();
    test_lengths();
    test_odd_addresses();
    test_arguments();
    test_config();
    return check_summary("engine-text");
}
