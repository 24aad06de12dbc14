/* SPDX-License-Identifier: MIT */
/* Mails as control blocks and sessions: fates, finished messages octet for octet, callbacks that
 * wait, fail and lie, several mails per connection, commands, progress, extensions. */

#include "mails.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE "Subject: x\n\n.\n..two\rthree\r\n\xc3\xbc\nlast"
#define WIRE    "Subject: x\r\n\r\n..\r\n...two\r\nthree\r\n\xc3\xbc\r\nlast\r\n.\r\n"

static void takes_wire(struct script *script) {
    takes_mail(script, WIRE, sizeof WIRE - 1);
}

/* ---- Recipients --------------------------------------------------------------------------- */

static void test_fates(void) {
    static const char *const replies[] = {"250 2.1.5 good\r\n", "450 4.2.1 later\r\n", "550 no\r\n",
                                          "251 forwarded\r\n"};
    greets(&act.scripts[0], "");
    takes_envelope(&act.scripts[0], replies, 4, true);
    expects_message(&act.scripts[0], WIRE, sizeof WIRE - 1);
    says(&act.scripts[0], "250 2.0.0 Ok: queued as 4XyZ\r\n");
    parts(&act.scripts[0]);
    act_begin(1);
    mail_create_finished(&act.mail, 4, MESSAGE);
    check_fate(&act.mail, 0, NX_SMTP_FATE_UNTRIED, 0, 0);
    CHECK(mail_send(&act.mail) == NX_SMTP_PARTLY_SENT, "send");
    check_fate(&act.mail, 0, NX_SMTP_FATE_ACCEPTED, 250, 1);
    check_fate(&act.mail, 1, NX_SMTP_FATE_DEFERRED, 450, 2);
    check_fate(&act.mail, 2, NX_SMTP_FATE_REFUSED, 550, 0);
    check_fate(&act.mail, 3, NX_SMTP_FATE_ACCEPTED, 251, 0);
    act_end("fates", 1);
}

static void refuse_all(const char *name, size_t count, UINT flags, UINT wanted) {
    static const char *const replies[] = {"550 5.1.1 no\r\n", "550 5.1.1 no\r\n", "450 wait\r\n"};
    greets(&act.scripts[0], "");
    takes_envelope(&act.scripts[0], replies, count, false);
    parts(&act.scripts[0]);
    act_begin(1);
    mail_create_finished(&act.mail, count, MESSAGE);
    CHECK(nx_smtp_client_mail_options_set(&act.mail, flags, NULL) == NX_SUCCESS, "flags");
    CHECK(mail_send(&act.mail) == wanted, "%s", name);
    check_fate(&act.mail, 0, NX_SMTP_FATE_REFUSED, 550, 1);
    act_end(name, 1);
}

static void test_all_or_nothing(void) {
    static const char *const replies[] = {"250 good\r\n", "550 no\r\n"};
    greets(&act.scripts[0], "");
    takes_envelope(&act.scripts[0], replies, 2, false);
    parts(&act.scripts[0]);
    act_begin(1);
    mail_create_finished(&act.mail, 2, MESSAGE);
    CHECK(nx_smtp_client_mail_options_set(&act.mail, NX_SMTP_MAIL_ALL_OR_NOTHING, NULL) ==
              NX_SUCCESS,
          "flags");
    CHECK(mail_send(&act.mail) == NX_SMTP_RECIPIENTS_REFUSED, "send");
    check_fate(&act.mail, 1, NX_SMTP_FATE_REFUSED, 550, 0);
    CHECK(act.mail.nx_smtp_mail_recipients[0].fate != SMTPLITE_ACCEPTED, "nobody has it");
    act_end("all or nothing", 1);
}

/* More than the control block holds, by an array of the application's. */
static void test_envelope(void) {
    static struct smtplite_recipient many[40];
    static char addresses[40][24];
    static struct script script;
    static char wire[sizeof WIRE];
    script_good(&script);
    act.scripts[0] = script;
    act_begin(1);
    mail_create_finished(&act.mail, 1, MESSAGE);
    for (int i = 0; i < 40; i++) {
        sprintf(addresses[i], "user%d@example.org", i);
        many[i].address = addresses[i];
    }
    CHECK(nx_smtp_client_mail_envelope_set(&act.mail, many, 40) == NX_SUCCESS, "envelope");
    CHECK(mail_send(&act.mail) == NX_SUCCESS, "send");
    for (UINT i = 0; i < 40; i++)
        check_fate(&act.mail, i, NX_SMTP_FATE_ACCEPTED, 250, 0);
    server_join(&act.server);
    CHECK(strstr(act.server.heard, "<user39@example.org>") != NULL, "the last one");
    CHECK(strstr(act.server.heard, "<a@example.org>") == NULL, "whoever was added");
    memcpy(wire, WIRE, sizeof WIRE);
    CHECK(strstr(act.server.heard, wire) != NULL, "the message");
    act_end("envelope", 1);
}

/* ---- Finished messages -------------------------------------------------------------------- */

/* The same block, three times: nothing of a send is left in it. */
static void test_finished(void) {
    for (int i = 0; i < 3; i++) {
        greets(&act.scripts[i], "8BITMIME");
        expects(&act.scripts[i], "MAIL FROM:<from@example.com> BODY=8BITMIME\r\n");
        says(&act.scripts[i], "250 good\r\n");
        expects(&act.scripts[i], "RCPT TO:<a@example.org>\r\n");
        says(&act.scripts[i], "250 good\r\n");
        expects(&act.scripts[i], "DATA\r\n");
        says(&act.scripts[i], "354 go on\r\n");
        expects_message(&act.scripts[i], WIRE, sizeof WIRE - 1);
        says(&act.scripts[i], "250 good\r\n");
        parts(&act.scripts[i]);
    }
    act_begin(3);
    mail_create_finished(&act.mail, 1, MESSAGE);
    for (int i = 0; i < 3; i++)
        CHECK(mail_send(&act.mail) == NX_SUCCESS, "send %d", i);
    act_end("finished", 3);
}

static void test_size(void) {
    greets(&act.scripts[0], "SIZE+20");
    parts(&act.scripts[0]);
    act_begin(1);
    mail_create_finished(&act.mail, 1, MESSAGE);
    CHECK(mail_send(&act.mail) == NX_SMTP_OVERSIZE_MAIL_DATA, "send");
    act_end("size", 1);
}

static void refuse_early(const char *name, UINT wanted) {
    UINT status = mail_send(&act.mail);
    CHECK(status == wanted, "%s: 0x%02X", name, status);
}

static void test_refused_early(void) {
    struct smtplite_options options = {.ret = SMTPLITE_RET_HDRS};
    static CHAR nul[] = "a\0b";
    act_begin(1);
    mail_create(&act.mail, 1);
    refuse_early("no message", NX_SMTP_INVALID_PARAM);
    mail_create_finished(&act.mail, 0, MESSAGE);
    refuse_early("no recipient", NX_SMTP_INVALID_PARAM);
    mail_create(&act.mail, 1);
    CHECK(nx_smtp_client_mail_message_set(&act.mail, nul, 3) == NX_SUCCESS, "message");
    refuse_early("NUL", NX_SMTP_BODY_REFUSED);
    mail_create_finished(&act.mail, 1, MESSAGE);
    nx_smtp_client_mail_options_set(&act.mail, 0, &options);
    refuse_early("options without extensions", NX_SMTP_INVALID_PARAM);
    nx_smtp_client_mail_options_set(&act.mail, NX_SMTP_MAIL_BINARY, NULL);
    refuse_early("binary without extensions", NX_SMTP_INVALID_PARAM);
    act_end("refused early", 0);
}

/* ---- Callbacks ---------------------------------------------------------------------------- */

/* Gives `text` in pieces of 7, says NOT_YET before each, and fails at `fails`. */
struct teller {
    const char *text;
    size_t pos;
    size_t fails;
    bool waits;
    bool waited;
    unsigned rewinds;
};

static enum smtplite_source_state teller_read(void *context, const char **p, size_t *n) {
    struct teller *t = context;
    size_t left = strlen(t->text) - t->pos;
    if (t->waits && !t->waited) {
        t->waited = true;
        return SMTPLITE_SOURCE_NOT_YET;
    }
    t->waited = false;
    if (t->pos >= t->fails)
        return SMTPLITE_SOURCE_FAILED;
    *p = t->text + t->pos;
    *n = left < 7 ? left : 7;
    t->pos += *n;
    return left == 0 ? SMTPLITE_SOURCE_END : SMTPLITE_SOURCE_PIECE;
}

static bool teller_rewind(void *context) {
    struct teller *t = context;
    t->pos = 0;
    t->rewinds++;
    return true;
}

static void mail_create_told(NX_SMTP_MAIL *mail, struct teller *teller, ULONG length) {
    struct smtplite_source source = {teller, teller_read, teller_rewind, NULL};
    mail_create(mail, 1);
    CHECK(nx_smtp_client_mail_message_source_set(mail, &source, length) == NX_SUCCESS, "source");
    CHECK(nx_smtp_client_mail_options_set(mail, NX_SMTP_MAIL_8BIT, NULL) == NX_SUCCESS, "8BIT");
}

static void test_callback(ULONG length) {
    struct teller teller = {.text = MESSAGE, .fails = 1000, .waits = true};
    for (int i = 0; i < 2; i++) {
        greets(&act.scripts[i], "");
        takes_wire(&act.scripts[i]);
        parts(&act.scripts[i]);
    }
    act_begin(2);
    mail_create_told(&act.mail, &teller, length);
    CHECK(mail_send(&act.mail) == NX_SUCCESS, "send");
    CHECK(mail_send(&act.mail) == NX_SUCCESS, "again");
    CHECK(teller.rewinds == 2, "%u rewinds", teller.rewinds);
    act_end("callback", 2);
}

/* Nothing is delivered, whether the source says so or its number of octets. The next mail goes. */
static void test_failing_source(const char *name, ULONG length, size_t fails) {
    struct teller teller = {.text = MESSAGE, .fails = fails};
    const char *good = "250 good\r\n";
    greets(&act.scripts[0], "");
    takes_envelope(&act.scripts[0], &good, 1, true);
    script_add(&act.scripts[0], STEP_SWALLOW, NULL, 0);
    greets(&act.scripts[1], "");
    takes_wire(&act.scripts[1]);
    parts(&act.scripts[1]);
    act_begin(2);
    mail_create_told(&act.mail, &teller, length);
    CHECK(mail_send(&act.mail) == NX_SMTP_BODY_FAILED, "%s", name);
    check_fate(&act.mail, 0, NX_SMTP_FATE_UNTRIED, 250, 0);
    mail_create_finished(&act.mail, 1, MESSAGE);
    CHECK(mail_send(&act.mail) == NX_SUCCESS, "%s: next", name);
    server_join(&act.server);
    CHECK(strstr(strstr(act.server.heard, "DATA"), "\r\n.\r\n") >
              strstr(act.server.heard + 60, "EHLO"),
          "%s: an end mark", name);
    act_end(name, 2);
}

static bool never_rewinds(void *context) {
    (void)context;
    return false;
}

static void test_spent_source(void) {
    struct teller teller = {.text = MESSAGE, .fails = 1000};
    struct smtplite_source source = {&teller, teller_read, never_rewinds, NULL};
    act_begin(1);
    mail_create(&act.mail, 1);
    nx_smtp_client_mail_message_source_set(&act.mail, &source, NX_SMTP_LENGTH_UNKNOWN);
    refuse_early("a source that cannot rewind", NX_SMTP_BODY_FAILED);
    act_end("spent", 0);
}

/* ---- Sessions ----------------------------------------------------------------------------- */

static void test_session(void) {
    static const char *const no = "550 no\r\n";
    struct script *script = &act.scripts[0];
    UINT code = 0, length = 0;
    CHAR *text = NULL;
    ULONG extensions = 0, size = 0;
    NX_SMTP_SESSION other;
    greets(script, "SIZE+1000000 VRFY");
    for (int i = 0; i < 2; i++) {
        expects(script, "MAIL FROM:<from@example.com>\r\n");
        says(script, "250 good\r\n");
        expects(script, "RCPT TO:<a@example.org>\r\n");
        says(script, i == 0 ? "250 good\r\n" : no);
        if (i == 1)
            break;
        expects(script, "DATA\r\n");
        says(script, "354 go on\r\n");
        expects_message(script, WIRE, sizeof WIRE - 1);
        says(script, "250 queued as 4711\r\n");
    }
    expects(script, "NOOP\r\n");
    says(script, "250 here\r\n");
    parts(script);
    act_begin(1);
    mail_create_finished(&act.mail, 1, MESSAGE);
    CHECK(nx_smtp_client_connect(&act.stage.client, &act.session) == NX_SUCCESS, "connect");
    CHECK(nx_smtp_client_connect(&act.stage.client, &other) == NX_NOT_CLOSED, "connected");
    CHECK(stage_send(&act.stage, &plain_mail) == NX_SMTP_CLIENT_BUSY, "plain");
    CHECK(stage_delete(&act.stage) == NX_SMTP_CLIENT_BUSY, "delete");
    CHECK(nx_smtp_client_offered_get(&act.stage.client, &extensions, &size) == NX_SUCCESS &&
              (extensions & SMTPLITE_EXT_SIZE) != 0 && size == 1000000,
          "0x%lx %lu", (unsigned long)extensions, (unsigned long)size);
    CHECK(mail_send(&act.mail) == NX_SUCCESS, "first");
    CHECK(nx_smtp_client_queue_id_get(&act.stage.client, &text, &length) == NX_SUCCESS &&
              length == 4 && memcmp(text, "4711", 4) == 0,
          "queue id `%.*s`", (int)length, text);
    CHECK(mail_send(&act.mail) == NX_SMTP_RCPT_REPLY_ERROR, "second");
    CHECK(nx_smtp_client_last_reply_get(&act.stage.client, &code, &text) == NX_SUCCESS &&
              code == 550 && strcmp(text, "no") == 0,
          "%u %s", code, text);
    CHECK(nx_smtp_client_queue_id_get(&act.stage.client, &text, &length) == NX_SUCCESS &&
              length == 0,
          "a queue id of nothing");
    (void)nx_smtp_client_command(&act.stage.client, NX_SMTP_COMMAND_NOOP, NX_NULL, &code, &text);
    CHECK(code == 250 && strcmp(text, "here") == 0, "%u %s", code, text);
    CHECK(nx_smtp_client_disconnect(&act.stage.client) == NX_SUCCESS, "disconnect");
    CHECK(nx_smtp_client_disconnect(&act.stage.client) == NX_NOT_CONNECTED, "twice");
    CHECK(nx_smtp_client_offered_get(&act.stage.client, &extensions, &size) == NX_NOT_CONNECTED,
          "offered");
    act_end("session", 1);
}

/* What the server does to an idle session is found by the next call; the one behind it goes. */
static void test_lost_session(const char *name, const char *last_words, UINT wanted) {
    UINT status;
    greets(&act.scripts[0], "");
    if (last_words != NULL) {
        script_add(&act.scripts[0], STEP_PAUSE, NULL, 50); /* behind the call that connects */
        says(&act.scripts[0], last_words);
    }
    script_add(&act.scripts[0], STEP_CLOSE, NULL, 0);
    greets(&act.scripts[1], "");
    takes_wire(&act.scripts[1]);
    parts(&act.scripts[1]);
    act_begin(2);
    mail_create_finished(&act.mail, 1, MESSAGE);
    CHECK(nx_smtp_client_connect(&act.stage.client, &act.session) == NX_SUCCESS, "connect");
    tx_thread_sleep(10);
    status = mail_send(&act.mail);
    CHECK(status == wanted, "%s: 0x%02X", name, status);
    CHECK(nx_smtp_client_disconnect(&act.stage.client) == NX_NOT_CONNECTED, "%s: over", name);
    CHECK(mail_send(&act.mail) == NX_SUCCESS, "%s: next", name);
    act_end(name, 2);
}

/* A second reply rides behind that to the first mail: the second one left no octet. */
static void test_early_goodbye(void) {
    const char *good = "250 good\r\n";
    UINT status;
    greets(&act.scripts[0], "");
    takes_envelope(&act.scripts[0], &good, 1, true);
    expects_message(&act.scripts[0], WIRE, sizeof WIRE - 1);
    says(&act.scripts[0], "250 queued as 4711\r\n421 enough\r\n");
    greets(&act.scripts[1], "");
    takes_wire(&act.scripts[1]);
    parts(&act.scripts[1]);
    act_begin(2);
    mail_create_finished(&act.mail, 1, MESSAGE);
    CHECK(nx_smtp_client_connect(&act.stage.client, &act.session) == NX_SUCCESS, "connect");
    CHECK(mail_send(&act.mail) == NX_SUCCESS, "first");
    status = mail_send(&act.mail);
    CHECK(status == NX_NOT_CONNECTED, "second: 0x%02X", status);
    check_fate(&act.mail, 0, NX_SMTP_FATE_UNTRIED, 0, 0);
    CHECK(mail_send(&act.mail) == NX_SUCCESS, "second, again");
    act_end("early goodbye", 2);
}

/* The server says how many mails a session may have (RFC 9422): behind the last it is over, and the
 * next mail has one of its own. What can be asked of the last one stays. */
static void test_full_session(void) {
    CHAR *text = NULL;
    UINT length = 0, code = 0;
    greets(&act.scripts[0], "LIMITS+MAILMAX=2");
    takes_wire(&act.scripts[0]);
    takes_wire(&act.scripts[0]);
    parts(&act.scripts[0]);
    greets(&act.scripts[1], "LIMITS+MAILMAX=2");
    takes_wire(&act.scripts[1]);
    parts(&act.scripts[1]);
    act_begin(2);
    nx_smtp_client_extensions_set(&act.stage.client, NX_SMTP_EXTENSIONS_ALL);
    mail_create_finished(&act.mail, 1, MESSAGE);
    CHECK(nx_smtp_client_connect(&act.stage.client, &act.session) == NX_SUCCESS, "connect");
    for (int i = 0; i < 2; i++)
        CHECK(mail_send(&act.mail) == NX_SUCCESS, "mail %d", i);
    CHECK(nx_smtp_client_disconnect(&act.stage.client) == NX_NOT_CONNECTED, "over");
    CHECK(nx_smtp_client_queue_id_get(&act.stage.client, &text, &length) == NX_SUCCESS &&
              length == 4 && memcmp(text, "4711", 4) == 0,
          "queue id `%.*s`", (int)length, text);
    CHECK(nx_smtp_client_last_reply_get(&act.stage.client, &code, &text) == NX_SUCCESS &&
              code == 250,
          "%u", code);
    CHECK(mail_send(&act.mail) == NX_SUCCESS, "the next");
    act_end("full session", 2);
}

/* One mail for which the server wants more transactions than it takes in a session: those who are
 * left are for the next session. */
static void test_full_within_mail(void) {
    const char *good = "250 good\r\n";
    greets(&act.scripts[0], "LIMITS+MAILMAX=1+RCPTMAX=1");
    takes_mail(&act.scripts[0], WIRE, sizeof WIRE - 1);
    parts(&act.scripts[0]);
    greets(&act.scripts[1], "");
    takes_envelope(&act.scripts[1], &good, 1, true);
    expects_message(&act.scripts[1], WIRE, sizeof WIRE - 1);
    says(&act.scripts[1], "250 good\r\n");
    parts(&act.scripts[1]);
    act_begin(2);
    nx_smtp_client_extensions_set(&act.stage.client, NX_SMTP_EXTENSIONS_ALL);
    mail_create_finished(&act.mail, 2, MESSAGE);
    CHECK(nx_smtp_client_connect(&act.stage.client, &act.session) == NX_SUCCESS, "connect");
    CHECK(mail_send(&act.mail) == NX_SMTP_PARTLY_SENT, "in part");
    check_fate(&act.mail, 0, NX_SMTP_FATE_ACCEPTED, 250, 0);
    check_fate(&act.mail, 1, NX_SMTP_FATE_UNTRIED, 0, 0);
    mail_create_finished(&act.mail, 1, MESSAGE);
    CHECK(mail_send(&act.mail) == NX_SUCCESS, "the next");
    act_end("full within a mail", 2);
}

static void test_refused_session(void) {
    says(&act.scripts[0], "554 not you\r\n");
    expects(&act.scripts[0], "QUIT\r\n");
    says(&act.scripts[0], "221 bye\r\n");
    act_begin(1);
    CHECK(nx_smtp_client_connect(&act.stage.client, &act.session) == NX_SMTP_GREET_REPLY_ERROR,
          "connect");
    CHECK(nx_smtp_client_disconnect(&act.stage.client) == NX_NOT_CONNECTED, "no session");
    act_end("refused session", 1);
}

static void check_command(UINT command, const char *argument, UINT wanted, UINT wanted_code,
                          const char *wanted_text) {
    UINT code = 1;
    CHAR *text = NULL;
    UINT status = nx_smtp_client_command(&act.stage.client, command, bare(argument), &code, &text);
    CHECK(status == wanted, "%u: 0x%02X", command, status);
    CHECK(code == wanted_code, "%u: %u", command, code);
    CHECK(wanted_text == NULL || strcmp(text, wanted_text) == 0, "%u: `%s`", command, text);
}

static void test_commands(void) {
    struct script *script = &act.scripts[0];
    greets(script, "VRFY ETRN");
    expects(script, "VRFY fred\r\n");
    says(script, "252 I will try\r\n");
    expects(script, "EXPN staff\r\n");
    says(script, "250-<a@example.org>\r\n250 <b@example.org>\r\n");
    expects(script, "HELP\r\n");
    says(script, "214 helpless\r\n");
    expects(script, "HELP MAIL\r\n");
    says(script, "502 no\r\n");
    expects(script, "ETRN example.org\r\n");
    says(script, "250 queuing\r\n");
    expects(script, "NOOP\r\n");
    says(script, "421 bye\r\n");
    act_begin(1);
    check_command(NX_SMTP_COMMAND_NOOP, NULL, NX_NOT_CONNECTED, 1, NULL);
    CHECK(nx_smtp_client_connect(&act.stage.client, &act.session) == NX_SUCCESS, "connect");
    check_command(NX_SMTP_COMMAND_VRFY, "fred", NX_SUCCESS, 252, "I will try");
    check_command(NX_SMTP_COMMAND_EXPN, "staff", NX_SUCCESS, 250,
                  "<a@example.org>\n<b@example.org>");
    check_command(NX_SMTP_COMMAND_HELP, NULL, NX_SUCCESS, 214, "helpless");
    check_command(NX_SMTP_COMMAND_HELP, "MAIL", NX_SMTP_SERVER_ERROR_REPLY, 502, "no");
    check_command(NX_SMTP_COMMAND_ETRN, "example.org", NX_SUCCESS, 250, "queuing");
    check_command(NX_SMTP_COMMAND_VRFY, NULL, NX_SMTP_INVALID_PARAM, 0, NULL);
    check_command(NX_SMTP_COMMAND_VRFY, "a\r\nDATA", NX_SMTP_INJECTION_REFUSED, 0, NULL);
    check_command(NX_SMTP_COMMAND_VRFY, "\xc3\xbc", NX_SMTP_ADDRESS_REFUSED, 0, NULL);
    check_command(NX_SMTP_COMMAND_NOOP, NULL, NX_SMTP_SERVER_ERROR_REPLY, 0, "bye");
    check_command(NX_SMTP_COMMAND_NOOP, NULL, NX_NOT_CONNECTED, 1, NULL);
    act_end("commands", 1);
}

/* ---- Progress ----------------------------------------------------------------------------- */

struct progress {
    ULONG calls;
    ULONG sent;
    ULONG total;
    bool wrong;
};

static VOID note_progress(VOID *context, ULONG sent, ULONG total) {
    struct progress *p = context;
    p->wrong |= sent < p->sent || sent - p->sent > 2048;
    p->calls++;
    p->sent = sent;
    p->total = total;
}

static void test_progress(bool has_length) {
    static char text[20001];
    struct teller teller = {.text = text, .fails = 100000};
    struct progress progress = {0, 0, 0, false};
    script_good(&act.scripts[0]);
    memset(text, 'x', 20000);
    for (size_t i = 60; i < 20000; i += 60)
        memcpy(text + i, "\r\n", 2);
    act_begin(1);
    if (has_length)
        mail_create_finished(&act.mail, 1, text);
    else
        mail_create_told(&act.mail, &teller, NX_SMTP_LENGTH_UNKNOWN);
    nx_smtp_client_mail_progress_set(&act.mail, note_progress, &progress);
    CHECK(mail_send(&act.mail) == NX_SUCCESS, "send");
    CHECK(!progress.wrong && progress.calls >= 18 && progress.calls <= 21, "%lu calls",
          (unsigned long)progress.calls);
    CHECK(progress.sent == 20000, "%lu", (unsigned long)progress.sent);
    CHECK(progress.total == (has_length ? 20000 : 0), "%lu", (unsigned long)progress.total);
    act_end("progress", 1);
}

/* ---- Extensions --------------------------------------------------------------------------- */

static void test_dsn(void) {
    struct smtplite_options options = {.envid = "id+1", .ret = SMTPLITE_RET_HDRS};
    struct script *script = &act.scripts[0];
    greets(script, "DSN MT-PRIORITY");
    expects(script, "MAIL FROM:<from@example.com> RET=HDRS ENVID=id+2B1 MT-PRIORITY=4\r\n");
    says(script, "250 good\r\n");
    expects(script,
            "RCPT TO:<a@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b@example.org\r\n");
    says(script, "250 good\r\n");
    expects(script, "DATA\r\n");
    says(script, "354 go on\r\n");
    expects_message(script, WIRE, sizeof WIRE - 1);
    says(script, "250 good\r\n");
    parts(script);
    act_begin(1);
    CHECK(nx_smtp_client_extensions_set(&act.stage.client, NX_SMTP_EXTENSIONS_ALL) == NX_SUCCESS,
          "extensions");
    mail_create_finished(&act.mail, 1, MESSAGE);
    act.mail.nx_smtp_mail_priority = NX_SMTP_MAIL_PRIORITY_HIGH;
    nx_smtp_client_mail_options_set(&act.mail, 0, &options);
    nx_smtp_client_mail_recipient_notify_set(
        &act.mail, 0, SMTPLITE_NOTIFY_SUCCESS | SMTPLITE_NOTIFY_FAILURE, bare("b@example.org"));
    CHECK(mail_send(&act.mail) == NX_SUCCESS, "send");
    act_end("DSN", 1);
}

static void test_unoffered(void) {
    struct smtplite_options options = {.hold_for = 60};
    CHAR *text;
    UINT code;
    greets(&act.scripts[0], "SIZE");
    parts(&act.scripts[0]);
    act_begin(1);
    CHECK(nx_smtp_client_extensions_set(&act.stage.client, NX_SMTP_EXTENSIONS_ALL) == NX_SUCCESS,
          "extensions");
    mail_create_finished(&act.mail, 1, MESSAGE);
    nx_smtp_client_mail_options_set(&act.mail, 0, &options);
    CHECK(mail_send(&act.mail) == NX_SMTP_UNOFFERED, "send");
    CHECK(nx_smtp_client_last_reply_get(&act.stage.client, &code, &text) == NX_SUCCESS &&
              strstr(text, "FUTURERELEASE") != NULL,
          "`%s`", text);
    act_end("unoffered", 1);
}

/* LMTP stays when other options are set; each recipient has an answer to the message. */
static void test_lmtp(void) {
    static const char *const replies[] = {"250 good\r\n", "250 good\r\n"};
    struct script *script = &act.scripts[0];
    says(script, "220 server\r\n");
    expects(script, "LHLO client.example.com\r\n");
    says(script, "250 server\r\n");
    takes_envelope(script, replies, 2, true);
    expects_message(script, WIRE, sizeof WIRE - 1);
    says(script, "250 good\r\n452 4.2.2 full\r\n");
    parts(script);
    act_begin(1);
    nx_smtp_client_extensions_set(&act.stage.client, NX_SMTP_EXTENSIONS_LMTP);
    nx_smtp_client_options_set(&act.stage.client, 0);
    mail_create_finished(&act.mail, 2, MESSAGE);
    CHECK(mail_send(&act.mail) == NX_SMTP_PARTLY_SENT, "send");
    check_fate(&act.mail, 0, NX_SMTP_FATE_ACCEPTED, 250, 0);
    check_fate(&act.mail, 1, NX_SMTP_FATE_DEFERRED, 452, 2);
    act_end("LMTP", 1);
}

/* NUL and lone LF pass by BDAT, which needs PIPELINING. */
static void test_binary(void) {
    static CHAR octets[] = "a\0b\nc\r\n.\r\n";
    static const char group[] =
        "MAIL FROM:<from@example.com> BODY=BINARYMIME\r\nRCPT TO:<a@example.org>\r\n"
        "BDAT 10\r\na\0b\nc\r\n.\r\nBDAT 0 LAST\r\n";
    struct script *script = &act.scripts[0];
    greets(script, "CHUNKING BINARYMIME PIPELINING");
    expects_message(script, group, sizeof group - 1);
    says(script, "250 good\r\n250 good\r\n250 good\r\n250 good\r\n");
    parts(script);
    act_begin(1);
    nx_smtp_client_extensions_set(&act.stage.client, NX_SMTP_EXTENSIONS_ALL);
    nx_smtp_client_options_set(&act.stage.client, NX_SMTP_OPTION_PIPELINING);
    mail_create(&act.mail, 1);
    nx_smtp_client_mail_message_set(&act.mail, octets, sizeof octets - 1);
    nx_smtp_client_mail_options_set(&act.mail, NX_SMTP_MAIL_BINARY, NULL);
    CHECK(mail_send(&act.mail) == NX_SUCCESS, "send");
    act_end("binary", 1);
}

/* A watched message is lent in parts, and they are no chunks: each would cost a round trip. */
static void test_watched_chunks(void) {
    static const char group[] =
        "MAIL FROM:<from@example.com>\r\nRCPT TO:<a@example.org>\r\nDATA\r\n";
    static char wire[] = {[3000] = '.', '\r', '\n', '\0'};
    static char text[3001];
    struct progress progress = {0, 0, 0, false};
    struct script *script = &act.scripts[0];
    memset(text, 'x', 3000);
    for (size_t i = 58; i < 3000; i += 60)
        memcpy(text + i, "\r\n", 2);
    memcpy(wire, text, 3000);
    greets(script, "CHUNKING PIPELINING");
    expects_message(script, group, sizeof group - 1);
    says(script, "250 good\r\n250 good\r\n354 go on\r\n");
    expects_message(script, wire, sizeof wire - 1);
    says(script, "250 good\r\n");
    parts(script);
    act_begin(1);
    nx_smtp_client_extensions_set(&act.stage.client, NX_SMTP_EXTENSIONS_ALL);
    nx_smtp_client_options_set(&act.stage.client, NX_SMTP_OPTION_PIPELINING);
    mail_create_finished(&act.mail, 1, text);
    nx_smtp_client_mail_progress_set(&act.mail, note_progress, &progress);
    CHECK(mail_send(&act.mail) == NX_SUCCESS, "send");
    CHECK(!progress.wrong && progress.sent == 3000, "%lu", (unsigned long)progress.sent);
    act_end("watched chunks", 1);
}

int main(void) {
    tx_host_start();
    test_fates();
    refuse_all("one refused", 1, 0, NX_SMTP_RCPT_REPLY_ERROR);
    refuse_all("all refused", 3, 0, NX_SMTP_RECIPIENTS_REFUSED);
    test_all_or_nothing();
    test_envelope();
    test_finished();
    test_size();
    test_refused_early();
    test_callback(NX_SMTP_LENGTH_UNKNOWN);
    test_callback(sizeof MESSAGE - 1);
    test_failing_source("failing", NX_SMTP_LENGTH_UNKNOWN, 14);
    test_failing_source("too long", sizeof MESSAGE - 2, 1000);
    test_failing_source("too short", sizeof MESSAGE, 1000);
    test_spent_source();
    test_session();
    test_lost_session("closed", NULL, NX_NOT_CONNECTED);
    test_lost_session("421", "421 idle for too long\r\n", NX_NOT_CONNECTED);
    test_early_goodbye();
    test_full_session();
    test_full_within_mail();
    test_refused_session();
    test_commands();
    test_progress(true);
    test_progress(false);
    test_dsn();
    test_unoffered();
    test_lmtp();
    test_binary();
    test_watched_chunks();
    return checks_end("facade mails");
}
