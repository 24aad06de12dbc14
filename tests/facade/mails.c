/* SPDX-License-Identifier: MIT */
#include "mails.h"

#include <stdio.h>
#include <string.h>

CHAR *bare(const char *text) {
    return (CHAR *)(uintptr_t)text;
}

/* ---- Scripts ------------------------------------------------------------------------------ */

void says(struct script *script, const char *text) {
    script_add(script, STEP_SAY, text, strlen(text));
}

void expects(struct script *script, const char *text) {
    script_add(script, STEP_EXPECT, text, strlen(text));
}

void expects_message(struct script *script, const char *wire, size_t len) {
    script_add(script, STEP_MESSAGE, wire, len);
}

void greets(struct script *script, const char *offers) {
    char reply[512] = "250-server.example.org";
    size_t n = strlen(reply);
    for (const char *p = offers; *p != '\0'; p++) {
        if (p == offers)
            n += (size_t)sprintf(reply + n, "\r\n250-");
        n += (size_t)sprintf(reply + n, *p == ' ' ? "\r\n250-" : *p == '+' ? " " : "%c", *p);
    }
    sprintf(reply + n, "\r\n250 HELP\r\n");
    says(script, "220 server\r\n");
    expects(script, "EHLO client.example.com\r\n");
    says(script, reply);
}

void takes_envelope(struct script *script, const char *const *replies, size_t count, bool data) {
    char line[64] = "RCPT TO:<a@example.org>\r\n";
    expects(script, "MAIL FROM:<from@example.com>\r\n");
    says(script, "250 sender\r\n");
    for (size_t i = 0; i < count; i++) {
        line[9] = (char)('a' + i);
        expects(script, line);
        says(script, replies[i]);
    }
    if (!data)
        return;
    expects(script, "DATA\r\n");
    says(script, "354 go on\r\n");
}

void takes_mail(struct script *script, const char *wire, size_t len) {
    const char *good = "250 good\r\n";
    takes_envelope(script, &good, 1, true);
    expects_message(script, wire, len);
    says(script, "250 queued as 4711\r\n");
}

void parts(struct script *script) {
    expects(script, "QUIT\r\n");
    says(script, "221 bye\r\n");
}

/* ---- Acts --------------------------------------------------------------------------------- */

struct act act;

void act_begin(size_t count) {
    struct mail mail = plain_mail;
    mail.user = "";
    mail.password = "";
    mail.auth = NX_SMTP_CLIENT_AUTH_NONE;
    stage_open(&act.stage, 0, 0);
    server_start(&act.server, act.scripts, count, 4);
    CHECK(stage_create(&act.stage, &mail, act.server.port) == NX_SUCCESS, "create");
}

void act_end(const char *name, size_t connections) {
    stage_check(&act.stage, name);
    CHECK(stage_delete(&act.stage) == NX_SUCCESS, "%s: delete", name);
    server_join(&act.server);
    CHECK(act.server.wrong[0] == '\0', "%s: %s", name, act.server.wrong);
    CHECK(act.server.connections == connections, "%s: %zu connections", name,
          act.server.connections);
    server_stop(&act.server);
    stage_close(&act.stage);
    for (size_t i = 0; i < ACTS_MAX; i++)
        script_free(&act.scripts[i]);
    memset(&act, 0, sizeof act);
}

void mail_create(NX_SMTP_MAIL *mail, size_t count) {
    static const char *const addresses[] = {"a@example.org", "b@example.org", "c@example.org",
                                            "d@example.org"};
    CHECK(nx_smtp_client_mail_create(mail, bare("A subject"), NX_SMTP_MAIL_PRIORITY_NORMAL) ==
              NX_SUCCESS,
          "mail");
    for (size_t i = 0; i < count; i++)
        CHECK(nx_smtp_client_mail_recipient_add(mail, bare(addresses[i]), NX_NULL,
                                                NX_SMTP_RECIPIENT_TO) == NX_SUCCESS,
              "recipient %zu", i);
}

void mail_create_finished(NX_SMTP_MAIL *mail, size_t count, const char *message) {
    mail_create(mail, count);
    CHECK(nx_smtp_client_mail_message_set(mail, bare(message), (ULONG)strlen(message)) ==
              NX_SUCCESS,
          "message");
}

UINT mail_send(NX_SMTP_MAIL *mail) {
    return nx_smtp_client_mail_send(&act.stage.client, mail);
}

void check_fate(NX_SMTP_MAIL *mail, UINT index, UINT fate, UINT code, UINT subject) {
    NX_SMTP_RECIPIENT recipient;
    CHECK(nx_smtp_client_mail_recipient_get(mail, index, &recipient) == NX_SUCCESS, "%u", index);
    CHECK(recipient.nx_smtp_recipient_address ==
              mail->nx_smtp_mail_envelope.recipients[index].address,
          "%u", index);
    CHECK(recipient.nx_smtp_recipient_fate == fate, "%u: fate %u", index,
          recipient.nx_smtp_recipient_fate);
    CHECK(recipient.nx_smtp_recipient_code == code, "%u: code %u", index,
          recipient.nx_smtp_recipient_code);
    CHECK(recipient.nx_smtp_recipient_enhanced_code[1] == subject, "%u: subject %u", index,
          recipient.nx_smtp_recipient_enhanced_code[1]);
    CHECK(recipient.nx_smtp_recipient_enhanced_code[0] == (subject != 0 ? code / 100 : 0),
          "%u: class %u", index, recipient.nx_smtp_recipient_enhanced_code[0]);
}
