/* SPDX-License-Identifier: MIT */
/*
 * What the caller may put into the parameters of MAIL and RCPT and behind VRFY, EXPN, HELP and ETRN
 * (B1, B2, B4): taken as it is, or refused before anything is sent.
 */

#include "check.h"

#include <stdio.h>
#include <string.h>

static struct talk t;
static struct smtplite_recipient to;
static struct smtplite_options options;
static struct smtplite_mail mail;

static const struct smtplite_config extended = {
    .tls = SMTPLITE_TLS_NONE, .flags = SMTPLITE_LOCKSTEP, .extensions = &smtplite_extensions};
static const struct smtplite_config plain = {.tls = SMTPLITE_TLS_NONE, .flags = SMTPLITE_LOCKSTEP};

static const char offer[] = "250-x\r\n250-DSN\r\n250-DELIVERBY\r\n250-FUTURERELEASE\r\n"
                            "250-MT-PRIORITY\r\n250-SIZE\r\n250-CHUNKING\r\n250-BINARYMIME\r\n"
                            "250 SMTPUTF8\r\n";

static void begin_ready(const struct smtplite_config *config) {
    CHECK(talk_begin(&t, config) == SMTPLITE_E_OK);
    talk_answer(&t, "220 x\r\n");
    talk_hear(&t, offer);
    CHECK(talk_event(&t) == SMTPLITE_EV_READY);
    talk_forget(&t);
}

static void make_mail(void) {
    to = (struct smtplite_recipient){.address = "b@y.example"};
    options = (struct smtplite_options){.envid = NULL};
    mail = (struct smtplite_mail){
        .from = "a@x.example", .recipients = &to, .count = 1, .options = &options};
}

static enum smtplite_error submit(void) {
    enum smtplite_error checked = smtplite_mail_check(t.s.config, &mail);
    enum smtplite_error error = smtplite_submit(&t.s, &mail);
    CHECK(checked == error);
    talk_listen(&t);
    return error;
}

/* The mail as it stands is refused: nothing was said, and a good one goes through afterwards. */
static void check_refused(enum smtplite_error why, const char *what) {
    begin_ready(&extended);
    enum smtplite_error error = submit();
    if (!CHECK(error == why)) {
        printf("  %s: %s\n", what, smtplite_error_name(error));
    }
    CHECK(t.out_len == 0);
    make_mail();
    CHECK(submit() == SMTPLITE_E_OK);
    CHECK(talk_said(&t, "MAIL FROM:<a@x.example>\r\n"));
}

static void check_said(const char *parameters) {
    char line[2000];
    begin_ready(&extended);
    CHECK(submit() == SMTPLITE_E_OK);
    snprintf(line, sizeof line, "MAIL FROM:<a@x.example>%s\r\n", parameters);
    if (!CHECK(talk_said(&t, line))) {
        printf("  not: %s  but: %.*s", line, (int)t.out_len, t.out);
    }
}

/* ---- B1: control octets, and what could end a parameter ----------------------------------------
 */

static const char *with(const char *before, char c, const char *after) {
    static char text[100];
    snprintf(text, sizeof text, "%s%c%s", before, c, after);
    return text;
}

/* At the start, within, and at the end of each text. */
static void check_texts(char c, enum smtplite_error envid, enum smtplite_error orcpt,
                        enum smtplite_error until) {
    static const char *const places[][2] = {{"", "1"}, {"1", "1"}, {"1", ""}};
    for (size_t i = 0; i < 3; i++) {
        make_mail();
        options.envid = with(places[i][0], c, places[i][1]);
        if (envid != SMTPLITE_E_OK) {
            check_refused(envid, "envid");
        }
        make_mail();
        to.orcpt = with(places[i][0], c, places[i][1]);
        if (orcpt != SMTPLITE_E_OK) {
            check_refused(orcpt, "orcpt");
        }
        make_mail();
        options.hold_until = with(places[i][0], c, places[i][1]);
        check_refused(until, "hold_until");
    }
}

/* 33 octets: NUL ends a text, so it cannot be in one. */
static void test_controls(void) {
    for (int c = 1; c < 0x20; c++) {
        check_texts((char)c, SMTPLITE_E_CONTROL, SMTPLITE_E_CONTROL, SMTPLITE_E_CONTROL);
    }
    check_texts(0x7F, SMTPLITE_E_CONTROL, SMTPLITE_E_CONTROL, SMTPLITE_E_CONTROL);
}

static void test_specials(void) {
    check_texts('<', SMTPLITE_E_OK, SMTPLITE_E_ADDRESS, SMTPLITE_E_ARGUMENT);
    check_texts('>', SMTPLITE_E_OK, SMTPLITE_E_ADDRESS, SMTPLITE_E_ARGUMENT);
    check_texts(' ', SMTPLITE_E_OK, SMTPLITE_E_ADDRESS, SMTPLITE_E_ARGUMENT);
    for (int c = 0x80; c < 0x100; c++) {
        check_texts((char)c, SMTPLITE_E_NON_ASCII, SMTPLITE_E_NON_ASCII, SMTPLITE_E_ARGUMENT);
    }
    /* UTF-8 addresses make no difference to the parameters: they are ASCII. */
    make_mail();
    mail.flags = SMTPLITE_MAIL_UTF8;
    to.orcpt = "\xC3\xA9@y.example";
    check_refused(SMTPLITE_E_NON_ASCII, "orcpt of a UTF-8 mail");
}

/* What a parameter's value could hide: another parameter, another command. */
static void test_smuggled_parameters(void) {
    make_mail();
    options.envid = "1 RET=FULL";
    check_said(" ENVID=1+20RET+3DFULL");
    make_mail();
    options.envid = "1> SIZE=9 <+41";
    check_said(" ENVID=1>+20SIZE+3D9+20<+2B41");
    make_mail();
    options.envid = "1\r\nRCPT TO:<evil@x.example>";
    check_refused(SMTPLITE_E_CONTROL, "a command in ENVID");
    make_mail();
    to.orcpt = "b@y.example\nRCPT TO:<evil@x.example>";
    check_refused(SMTPLITE_E_CONTROL, "a command in ORCPT");
    make_mail();
    to.orcpt = "b@y.example NOTIFY=NEVER";
    check_refused(SMTPLITE_E_ADDRESS, "a parameter in ORCPT");
    make_mail();
    options.hold_until = "2026-12-24T18:00:00Z REQUIRETLS";
    check_refused(SMTPLITE_E_ARGUMENT, "a parameter in HOLDUNTIL");
}

/* ---- B4: lengths -------------------------------------------------------------------------------
 */

static const char *repeated(char c, size_t n) {
    static char text[2][70000];
    static unsigned turn;
    char *p = text[turn ^= 1];
    memset(p, c, n);
    p[n] = '\0';
    return p;
}

static void test_lengths(void) {
    char line[200];
    make_mail();
    options.envid = repeated('e', 100);
    snprintf(line, sizeof line, " ENVID=%s", repeated('e', 100));
    check_said(line);
    make_mail();
    options.envid = repeated('e', 101);
    check_refused(SMTPLITE_E_TOO_LONG, "envid of 101");
    make_mail();
    options.envid = repeated('+', 33);
    check_said(" ENVID=+2B+2B+2B+2B+2B+2B+2B+2B+2B+2B+2B+2B+2B+2B+2B+2B+2B"
               "+2B+2B+2B+2B+2B+2B+2B+2B+2B+2B+2B+2B+2B+2B+2B+2B");
    make_mail();
    options.envid = repeated('+', 34);
    check_refused(SMTPLITE_E_TOO_LONG, "envid of 102 encoded");
    make_mail();
    options.envid = repeated('e', 65536);
    check_refused(SMTPLITE_E_TOO_LONG, "envid of 64 Ki");
    make_mail();
    to.orcpt = repeated('o', 65);
    check_refused(SMTPLITE_E_TOO_LONG, "orcpt with a local part of 65");
    make_mail();
    to.orcpt = repeated('o', 65536);
    check_refused(SMTPLITE_E_TOO_LONG, "orcpt of 64 Ki");
    make_mail();
    options.hold_until = repeated('0', 65536);
    check_refused(SMTPLITE_E_TOO_LONG, "hold_until of 64 Ki");
}

/* ---- Numbers and values
 * -------------------------------------------------------------------------- */

static void test_texts_that_are_none(void) {
    make_mail();
    options.envid = "";
    check_refused(SMTPLITE_E_ARGUMENT, "an empty envid");
    make_mail();
    to.orcpt = "";
    check_refused(SMTPLITE_E_ARGUMENT, "an empty orcpt");
    make_mail();
    options.hold_until = "";
    check_refused(SMTPLITE_E_ARGUMENT, "an empty hold_until");
}

static void check_bad_by(int32_t time, int by) {
    make_mail();
    options.by = (uint8_t)by;
    options.by_time = time;
    check_refused(SMTPLITE_E_ARGUMENT, "by");
}

static void test_numbers(void) {
    check_bad_by(0, SMTPLITE_BY_RETURN);
    check_bad_by(-1, SMTPLITE_BY_RETURN);
    check_bad_by(1000000000, SMTPLITE_BY_RETURN);
    check_bad_by(1000000000, SMTPLITE_BY_NOTIFY);
    check_bad_by(-1000000000, SMTPLITE_BY_NOTIFY);
    check_bad_by(INT32_MIN, SMTPLITE_BY_NOTIFY);
    check_bad_by(INT32_MAX, SMTPLITE_BY_NOTIFY);
    check_bad_by(60, SMTPLITE_BY_NOTIFY + 1);
    check_bad_by(60, 255);
    make_mail();
    options.by = SMTPLITE_BY_NOTIFY;
    options.by_time = -999999999;
    check_said(" BY=-999999999;N");
    make_mail();
    options.hold_for = 1000000000;
    check_refused(SMTPLITE_E_ARGUMENT, "hold_for of ten digits");
    make_mail();
    options.hold_for = 999999999;
    check_said(" HOLDFOR=999999999");
    make_mail();
    options.hold_for = 1;
    options.hold_until = "2026-12-24T18:00:00Z";
    check_refused(SMTPLITE_E_ARGUMENT, "hold_for and hold_until");
    make_mail();
    options.ret = SMTPLITE_RET_HDRS + 1;
    check_refused(SMTPLITE_E_ARGUMENT, "ret");
}

static void test_priority(void) {
    char line[40];
    for (int n = -128; n < 128; n++) {
        make_mail();
        options.has_priority = true;
        options.priority = (int8_t)n;
        if (n < -9 || n > 9) {
            check_refused(SMTPLITE_E_ARGUMENT, "priority");
        } else {
            snprintf(line, sizeof line, " MT-PRIORITY=%d", n);
            check_said(line);
        }
    }
}

/* NEVER stands alone (RFC 3461 4.1); other bits are unknown. */
static void test_notify(void) {
    for (unsigned mask = 0; mask < 256; mask++) {
        bool good = mask < 16 && (mask == SMTPLITE_NOTIFY_NEVER || (mask & 1) == 0);
        make_mail();
        to.notify = (uint8_t)mask;
        if (good) {
            check_said("");
        } else {
            check_refused(SMTPLITE_E_ARGUMENT, "notify");
        }
    }
}

static void test_flags(void) {
    for (unsigned bit = 6; bit < 16; bit++) {
        make_mail();
        mail.flags = (uint16_t)(1u << bit);
        check_refused(SMTPLITE_E_ARGUMENT, "a flag that nobody knows");
    }
    make_mail();
    mail.flags = SMTPLITE_MAIL_EXACT;
    check_refused(SMTPLITE_E_ARGUMENT, "EXACT without a size");
}

/* ---- What needs config.extensions
 * ------------------------------------------------------------------ */

static void check_needs_extensions(const char *what) {
    begin_ready(&plain);
    if (!CHECK(submit() == SMTPLITE_E_ARGUMENT)) {
        printf("  %s\n", what);
    }
    CHECK(smtplite_mail_check(NULL, &mail) == SMTPLITE_E_ARGUMENT);
    CHECK(t.out_len == 0);
    make_mail();
    mail.options = NULL;
    CHECK(submit() == SMTPLITE_E_OK);
}

static void test_without_extensions(void) {
    make_mail();
    check_needs_extensions("options");
    make_mail();
    mail.options = NULL;
    mail.flags = SMTPLITE_MAIL_UTF8;
    check_needs_extensions("UTF8");
    make_mail();
    mail.options = NULL;
    mail.flags = SMTPLITE_MAIL_BINARY;
    check_needs_extensions("BINARY");
    make_mail();
    mail.options = NULL;
    to.notify = SMTPLITE_NOTIFY_NEVER;
    check_needs_extensions("notify");
    make_mail();
    mail.options = NULL;
    to.orcpt = "b@y.example";
    check_needs_extensions("orcpt");
    struct smtplite_config config = plain;
    config.flags = SMTPLITE_LMTP;
    CHECK(talk_begin(&t, &config) == SMTPLITE_E_ARGUMENT);
    CHECK(strstr(smtplite_config_advice(&config), "extensions") != NULL);
    config.extensions = &smtplite_extensions;
    CHECK(talk_begin(&t, &config) == SMTPLITE_E_OK);
    config.flags = SMTPLITE_LMTP | SMTPLITE_HELO;
    CHECK(talk_begin(&t, &config) == SMTPLITE_E_ARGUMENT);
}

/* UTF-8 addresses are looked at like others. */
static void test_utf8_addresses(void) {
    static const struct {
        const char *address;
        enum smtplite_error why;
    } list[] = {
        {"\xC3\xA9@x.example", SMTPLITE_E_OK},
        {"a@\xE4\xBE\x8B\xE3\x81\x88.example", SMTPLITE_E_OK},
        {"\"\xC3\xA9 b\"@x.example", SMTPLITE_E_OK},
        {"\xC3\xA9\r\n@x.example", SMTPLITE_E_CONTROL},
        {"\xC3\xA9@x.example> SIZE=1", SMTPLITE_E_ADDRESS},
        {"\xC3\xA9 b@x.example", SMTPLITE_E_ADDRESS},
        {"\"\xC3\xA9@x.example", SMTPLITE_E_ADDRESS},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        CHECK(smtplite_address_check(list[i].address, true) == list[i].why);
        make_mail();
        mail.flags = SMTPLITE_MAIL_UTF8;
        to.address = list[i].address;
        CHECK(smtplite_mail_check(&extended, &mail) == list[i].why);
    }
    CHECK(smtplite_address_check("\xC3\xA9@x.example", false) == SMTPLITE_E_NON_ASCII);
    CHECK(smtplite_address_check("", false) == SMTPLITE_E_OK);
}

/* ---- smtplite_command
 * ------------------------------------------------------------------------------ */

static const int commands[] = {SMTPLITE_PHASE_VRFY, SMTPLITE_PHASE_EXPN, SMTPLITE_PHASE_HELP,
                               SMTPLITE_PHASE_ETRN};
enum { COMMANDS = sizeof commands / sizeof *commands };

static enum smtplite_error command(int what, const char *argument) {
    enum smtplite_error error = smtplite_command(&t.s, (enum smtplite_phase)what, argument);
    talk_listen(&t);
    return error;
}

static void check_command_refused(const char *argument, enum smtplite_error why) {
    for (size_t i = 0; i < COMMANDS; i++) {
        begin_ready(&plain);
        CHECK(command(commands[i], argument) == why);
        CHECK(t.out_len == 0);
        CHECK(command(SMTPLITE_PHASE_VRFY, "x") == SMTPLITE_E_OK);
        CHECK(talk_said(&t, "VRFY x\r\n"));
    }
}

static void test_command_arguments(void) {
    for (int c = 1; c < 0x20; c++) {
        check_command_refused(with("x", (char)c, ""), SMTPLITE_E_CONTROL);
        check_command_refused(with("", (char)c, "x"), SMTPLITE_E_CONTROL);
    }
    check_command_refused(with("x", 0x7F, "y"), SMTPLITE_E_CONTROL);
    check_command_refused("x\r\nMAIL FROM:<evil@x.example>", SMTPLITE_E_CONTROL);
    for (int c = 0x80; c < 0x100; c++) {
        check_command_refused(with("x", (char)c, "y"), SMTPLITE_E_NON_ASCII);
    }
    check_command_refused("", SMTPLITE_E_ARGUMENT);
    check_command_refused(repeated('x', 501), SMTPLITE_E_TOO_LONG);
    check_command_refused(repeated('x', 65536), SMTPLITE_E_TOO_LONG);
}

static void test_command_phases(void) {
    begin_ready(&plain);
    for (int what = 0; what < 40; what++) {
        bool known = what == SMTPLITE_PHASE_NOOP;
        for (size_t i = 0; i < COMMANDS; i++) {
            known |= what == commands[i];
        }
        if (!known) {
            CHECK(command(what, "x") == SMTPLITE_E_ARGUMENT);
        }
    }
    CHECK(command(SMTPLITE_PHASE_NOOP, "x") == SMTPLITE_E_ARGUMENT);
    CHECK(command(SMTPLITE_PHASE_VRFY, NULL) == SMTPLITE_E_ARGUMENT);
    CHECK(command(SMTPLITE_PHASE_EXPN, NULL) == SMTPLITE_E_ARGUMENT);
    CHECK(command(SMTPLITE_PHASE_ETRN, NULL) == SMTPLITE_E_ARGUMENT);
    CHECK(t.out_len == 0);
    CHECK(command(SMTPLITE_PHASE_HELP, NULL) == SMTPLITE_E_OK);
    CHECK(talk_said(&t, "HELP\r\n"));
    talk_forget(&t);
    CHECK(command(SMTPLITE_PHASE_VRFY, "x") == SMTPLITE_E_STATE); /* not answered yet */
    talk_answer(&t, "214 no\r\n");
    CHECK(command(SMTPLITE_PHASE_VRFY, "x") == SMTPLITE_E_STATE); /* the event was not read */
    CHECK(talk_event(&t) == SMTPLITE_EV_REPLY);
    CHECK(command(SMTPLITE_PHASE_VRFY, "x") == SMTPLITE_E_OK);
}

static void test_command_state(void) {
    CHECK(talk_begin(&t, &plain) == SMTPLITE_E_OK);
    CHECK(command(SMTPLITE_PHASE_VRFY, "x") == SMTPLITE_E_STATE);
    begin_ready(&plain);
    make_mail();
    mail.options = NULL;
    CHECK(submit() == SMTPLITE_E_OK);
    talk_forget(&t);
    CHECK(command(SMTPLITE_PHASE_VRFY, "x") == SMTPLITE_E_STATE);
    CHECK(smtplite_again(&t.s, true) == SMTPLITE_E_STATE);
    begin_ready(&plain);
    smtplite_quit(&t.s);
    talk_listen(&t);
    talk_forget(&t);
    CHECK(command(SMTPLITE_PHASE_VRFY, "x") == SMTPLITE_E_STATE);
    CHECK(t.out_len == 0);
}

int main(void) {
    test_controls();
    test_specials();
    test_smuggled_parameters();
    test_lengths();
    test_texts_that_are_none();
    test_numbers();
    test_priority();
    test_notify();
    test_flags();
    test_without_extensions();
    test_utf8_addresses();
    test_command_arguments();
    test_command_phases();
    test_command_state();
    return check_summary("engine-options");
}
