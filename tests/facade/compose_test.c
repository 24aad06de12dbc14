/* SPDX-License-Identifier: MIT */
/* Mails that the client composes, each sent to a good server and written to FOLDER/NAME.eml as it
 * was on the wire, for compose_test.py to read; and the example. Argument: FOLDER. */

#include "mails.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/netx_mime_example.c"

static const char *folder;

/* ---- What the mails are made of ----------------------------------------------------------- */

UCHAR chart_png[256];
ULONG chart_png_length = sizeof chart_png;

/* 5,000 octets, an invented log. */
UINT log_read(ULONG offset, CHAR *buffer, ULONG size, ULONG *length) {
    ULONG left = 5000 - offset;
    *length = left < size ? left : size;
    for (ULONG i = 0; i < *length; i++)
        buffer[i] = "ab\r\n.\r\nxyz "[(offset + i) % 11];
    return NX_SUCCESS;
}

static UINT results;

VOID report_result(const CHAR *address, UINT fate, UINT code) {
    results += fate == NX_SMTP_FATE_ACCEPTED && code == 250 && strstr(address, "@example") != NULL;
}

static UINT clock_of_day(ULONG *unix_seconds, INT *zone_minutes) {
    *unix_seconds = 1795388523;
    *zone_minutes = -330;
    return NX_SUCCESS;
}

/* ---- Sending and keeping ------------------------------------------------------------------ */

struct progress {
    ULONG sent;
    ULONG total;
};

static VOID note_progress(VOID *context, ULONG sent, ULONG total) {
    struct progress *p = context;
    CHECK(sent >= p->sent, "%lu behind %lu", (unsigned long)sent, (unsigned long)p->sent);
    p->sent = sent;
    p->total = total;
}

/* What stands between the 354 and QUIT. */
static void keep(const char *name, const struct server *server) {
    char path[512];
    const char *begin = strstr(server->heard, "DATA\r\n");
    const char *end = begin != NULL ? strstr(begin, "\r\n.\r\n") : NULL;
    FILE *file;
    CHECK(end != NULL, "%s: no message in `%s`", name, server->heard);
    if (end == NULL)
        return;
    snprintf(path, sizeof path, "%s/%s.eml", folder, name);
    file = fopen(path, "wb");
    CHECK(file != NULL, "%s", path);
    if (file == NULL)
        return;
    fwrite(begin + 6, 1, (size_t)(end + 2 - (begin + 6)), file);
    fclose(file);
}

static void begin(void) {
    script_good(&act.scripts[0]);
    act_begin(1);
    nx_smtp_client_clock_set(&act.stage.client, clock_of_day);
    mail_create(&act.mail, 0);
}

/* total: the length is known before. */
static void send_and_keep(const char *name, bool total) {
    struct progress progress = {0, 0};
    UINT status;
    nx_smtp_client_mail_progress_set(&act.mail, note_progress, &progress);
    status = mail_send(&act.mail);
    CHECK(status == NX_SUCCESS, "%s: 0x%02X", name, status);
    CHECK(progress.sent > 0 && progress.total == (total ? progress.sent : 0), "%s: %lu of %lu",
          name, (unsigned long)progress.sent, (unsigned long)progress.total);
    server_join(&act.server);
    keep(name, &act.server);
    act_end(name, 1);
}

static void add_recipient(const char *address, const char *name, UINT type) {
    CHECK(nx_smtp_client_mail_recipient_add(&act.mail, bare(address), bare(name), type) ==
              NX_SUCCESS,
          "%s", address);
}

static void set_body(UINT kind, const char *text) {
    CHECK(nx_smtp_client_mail_body_set(&act.mail, kind, bare(text), (ULONG)strlen(text)) ==
              NX_SUCCESS,
          "body");
}

/* ---- The mails ---------------------------------------------------------------------------- */

static void test_text(void) {
    begin();
    add_recipient("a@example.org", NULL, NX_SMTP_RECIPIENT_TO);
    set_body(NX_SMTP_BODY_TEXT, "Hello.\n.\nFrom here\n");
    send_and_keep("text", true);
}

static void test_empty(void) {
    begin();
    add_recipient("a@example.org", NULL, NX_SMTP_RECIPIENT_TO);
    set_body(NX_SMTP_BODY_TEXT, "");
    send_and_keep("empty", true);
}

/* Everything at once. */
static void test_whole(void) {
    begin();
    CHECK(nx_smtp_client_mail_create(&act.mail,
                                     bare("Pumpe f\xc3\xbcr 81 \xc2\xb0"
                                          "C"),
                                     NX_SMTP_MAIL_PRIORITY_LOW) == NX_SUCCESS,
          "create");
    nx_smtp_client_mail_sender_set(&act.mail, bare("pump7@example.com"), bare("Pumpe N\xc2\xba 7"));
    nx_smtp_client_mail_reply_to_set(&act.mail, bare("ops@example.com"), bare("Ops, Team \"A\""));
    add_recipient("a@example.org", "Anna \xc3\x96", NX_SMTP_RECIPIENT_TO);
    add_recipient("b@example.org", NULL, NX_SMTP_RECIPIENT_TO);
    add_recipient("c@example.org", "C. C.", NX_SMTP_RECIPIENT_CC);
    add_recipient("secret@example.org", "Hidden", NX_SMTP_RECIPIENT_BCC);
    nx_smtp_client_mail_field_add(&act.mail, bare("X-Pump"), bare("Nummer f\xc3\xbcnf"));
    nx_smtp_client_mail_field_add(&act.mail, bare("List-Id"), bare("<pumps.example.com>"));
    set_body(NX_SMTP_BODY_TEXT, "81 \xc2\xb0"
                                "C\r\n");
    set_body(NX_SMTP_BODY_HTML, "<img src=\"cid:x@y\">\r\n");
    CHECK(nx_smtp_client_mail_attachment_add(&act.mail, bare("k.png"), bare("image/png"),
                                             bare("x@y"), chart_png, 256) == NX_SUCCESS,
          "inline");
    CHECK(nx_smtp_client_mail_attachment_add(&act.mail, bare("\xc3\x9c \"1\".bin"), NX_NULL,
                                             NX_NULL, chart_png, 57) == NX_SUCCESS,
          "attachment");
    send_and_keep("whole", true);
}

/* Lengths at which lines of base64 end, by callback and from memory. */
static void test_lengths(void) {
    struct smtplite_source source = {NX_NULL, read_log, rewind_log, NX_NULL};
    begin();
    add_recipient("a@example.org", NULL, NX_SMTP_RECIPIENT_TO);
    nx_smtp_client_mail_attachment_add(&act.mail, bare("0"), NX_NULL, NX_NULL, chart_png, 0);
    nx_smtp_client_mail_attachment_add(&act.mail, bare("1"), NX_NULL, NX_NULL, chart_png, 1);
    nx_smtp_client_mail_attachment_add(&act.mail, bare("58"), NX_NULL, NX_NULL, chart_png, 58);
    CHECK(nx_smtp_client_mail_attachment_source_add(&act.mail, bare("5000"), NX_NULL, NX_NULL,
                                                    &source, 5000) == NX_SUCCESS,
          "source");
    send_and_keep("lengths", true);
}

/* A second send of the same block is the same mail but for its Message-ID. */
static void test_twice(void) {
    struct smtplite_source source = {NX_NULL, read_log, rewind_log, NX_NULL};
    begin();
    add_recipient("a@example.org", NULL, NX_SMTP_RECIPIENT_TO);
    set_body(NX_SMTP_BODY_TEXT, "once\n");
    nx_smtp_client_mail_attachment_source_add(&act.mail, bare("log"), NX_NULL, NX_NULL, &source,
                                              NX_SMTP_LENGTH_UNKNOWN);
    CHECK(nx_smtp_client_connect(&act.stage.client, &act.session) == NX_SUCCESS, "connect");
    for (int i = 0; i < 2; i++)
        CHECK(mail_send(&act.mail) == NX_SUCCESS, "send %d", i);
    CHECK(nx_smtp_client_disconnect(&act.stage.client) == NX_SUCCESS, "disconnect");
    server_join(&act.server);
    keep("first", &act.server);
    memmove(act.server.heard, strstr(act.server.heard, "\r\n.\r\n") + 5,
            strlen(strstr(act.server.heard, "\r\n.\r\n") + 5) + 1);
    keep("second", &act.server);
    act_end("twice", 1);
}

/* ---- Message-ID --------------------------------------------------------------------------- */

/* Copies the next Message-ID field behind `from`; behind it the next one can be looked for. */
static const char *copy_id(const char *from, char *id, size_t size) {
    const char *field = strstr(from, "\r\nMessage-ID: ");
    const char *end = field != NULL ? strstr(field + 2, "\r\n") : NULL;
    CHECK(end != NULL && (size_t)(end - field) < size, "no Message-ID in `%s`", from);
    if (end == NULL || (size_t)(end - field) >= size)
        exit(1);
    memcpy(id, field, (size_t)(end - field));
    id[end - field] = '\0';
    return end;
}

/* One block, created anew for each mail, in one session: several go within a tick. */
static void test_ids(void) {
    enum { MAILS = 20 };
    static char ids[MAILS][128];
    const char *p;
    begin();
    CHECK(nx_smtp_client_connect(&act.stage.client, &act.session) == NX_SUCCESS, "connect");
    for (int i = 0; i < MAILS; i++) {
        mail_create(&act.mail, 1);
        set_body(NX_SMTP_BODY_TEXT, "x\n");
        CHECK(mail_send(&act.mail) == NX_SUCCESS, "send %d", i);
    }
    CHECK(nx_smtp_client_disconnect(&act.stage.client) == NX_SUCCESS, "disconnect");
    server_join(&act.server);
    p = act.server.heard;
    for (int i = 0; i < MAILS; i++) {
        p = copy_id(p, ids[i], sizeof ids[i]);
        for (int k = 0; k < i; k++)
            CHECK(strcmp(ids[i], ids[k]) != 0, "%d and %d: %s", i, k, ids[i]);
    }
    act_end("ids", 1);
}

/* A server that takes the message and hangs up without a word. */
static void hangs_up(struct script *script) {
    const char *good = "250 good\r\n";
    greets(script, "");
    takes_envelope(script, &good, 1, true);
    script_add(script, STEP_PAUSE, NULL, 100); /* all of it comes meanwhile */
    script_add(script, STEP_CLOSE, NULL, 0);
    script_add(script, STEP_SWALLOW, NULL, 0);
}

/* What nobody knows to have arrived is the same message when it is sent again, whatever lies
 * between; what was sent is another. */
static void test_id_in_doubt(void) {
    static char ids[3][128];
    const char *p;
    hangs_up(&act.scripts[0]);
    says(&act.scripts[1], "421 not now\r\n");
    script_add(&act.scripts[1], STEP_SWALLOW, NULL, 0);
    script_good(&act.scripts[2]);
    script_good(&act.scripts[3]);
    act_begin(4);
    nx_smtp_client_clock_set(&act.stage.client, clock_of_day);
    mail_create(&act.mail, 1);
    set_body(NX_SMTP_BODY_TEXT, "once\n");
    CHECK(mail_send(&act.mail) == NX_SMTP_DELIVERY_UNKNOWN, "in doubt");
    CHECK(mail_send(&act.mail) == NX_SMTP_GREET_REPLY_ERROR, "not now");
    CHECK(mail_send(&act.mail) == NX_SUCCESS, "again");
    CHECK(mail_send(&act.mail) == NX_SUCCESS, "another");
    server_join(&act.server);
    p = act.server.heard;
    for (int i = 0; i < 3; i++)
        p = copy_id(p, ids[i], sizeof ids[i]);
    CHECK(strcmp(ids[0], ids[1]) == 0, "another in doubt: %s %s", ids[0], ids[1]);
    CHECK(strcmp(ids[1], ids[2]) != 0, "the same when sent: %s", ids[2]);
    act_end("id in doubt", 4);
}

/* ---- Failures ----------------------------------------------------------------------------- */

static enum smtplite_source_state fail_late(void *context, const char **p, size_t *n) {
    int *left = context;
    *p = "x";
    *n = 1;
    return (*left)-- > 0 ? SMTPLITE_SOURCE_PIECE : SMTPLITE_SOURCE_FAILED;
}

/* A part that fails, or has another length than it said: nothing is delivered. */
static void test_failing_part(ULONG length) {
    int left = 500;
    struct smtplite_source source = {&left, fail_late, NX_NULL, NX_NULL};
    script_good(&act.scripts[0]);
    act_begin(1);
    mail_create(&act.mail, 1);
    set_body(NX_SMTP_BODY_TEXT, "text\n");
    nx_smtp_client_mail_attachment_source_add(&act.mail, bare("x"), NX_NULL, NX_NULL, &source,
                                              length);
    CHECK(mail_send(&act.mail) == NX_SMTP_BODY_FAILED, "0x%lx", (unsigned long)length);
    check_fate(&act.mail, 0, NX_SMTP_FATE_UNTRIED, 250, 0);
    server_join(&act.server);
    CHECK(strstr(act.server.heard, "\r\n.\r\n") == NULL, "an end mark");
    act_end("failing part", 1);
}

static void test_example(void) {
    script_good(&act.scripts[0]);
    act_begin(1);
    CHECK(send_report(&act.stage.ip, &act.stage.pool, &act.stage.address, act.server.port) ==
              NX_SUCCESS,
          "example");
    CHECK(results == 2, "%u results", results);
    server_join(&act.server);
    keep("example", &act.server);
    act_end("example", 1);
}

int main(int argc, char **argv) {
    folder = argc > 1 ? argv[1] : ".";
    tx_host_start();
    for (size_t i = 0; i < sizeof chart_png; i++)
        chart_png[i] = (UCHAR)i;
    test_text();
    test_empty();
    test_whole();
    test_lengths();
    test_twice();
    test_ids();
    test_id_in_doubt();
    test_failing_part(NX_SMTP_LENGTH_UNKNOWN);
    test_failing_part(100);
    test_example();
    return checks_end("facade compose");
}
