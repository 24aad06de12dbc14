/* SPDX-License-Identifier: MIT */
/* What the further calls refuse: null pointers, mails that are none, values out of range, callers
 * that are no threads, full control blocks; and every control byte in every text. */

#include "mails.h"

#include <string.h>

#ifndef NX_SMTP_DISABLE_ERROR_CHECKING
#define CHECKED 1
#else
#define CHECKED 0
#endif

/* ---- Arguments ---------------------------------------------------------------------------- */

#if CHECKED
static enum smtplite_source_state no_read(void *context, const char **p, size_t *n) {
    (void)context;
    (void)p;
    (void)n;
    return SMTPLITE_SOURCE_END;
}

static const struct smtplite_source good_source = {NULL, no_read, NULL, NULL};
static const struct smtplite_source no_source = {NULL, NULL, NULL, NULL};

/* Each call that fills a mail, with one that is null or was never created. */
static void test_no_mail(NX_SMTP_MAIL *mail) {
    static CHAR text[] = "x";
    struct smtplite_recipient to = {.address = "a@b"};
    NX_SMTP_RECIPIENT recipient;
    CHECK(nx_smtp_client_mail_sender_set(mail, text, text) == NX_PTR_ERROR, "sender");
    CHECK(nx_smtp_client_mail_reply_to_set(mail, text, text) == NX_PTR_ERROR, "reply-to");
    CHECK(nx_smtp_client_mail_recipient_add(mail, text, text, NX_SMTP_RECIPIENT_TO) == NX_PTR_ERROR,
          "recipient");
    CHECK(nx_smtp_client_mail_recipient_notify_set(mail, 0, 0, text) == NX_PTR_ERROR, "notify");
    CHECK(nx_smtp_client_mail_recipient_get(mail, 0, &recipient) == NX_PTR_ERROR, "get");
    CHECK(nx_smtp_client_mail_envelope_set(mail, &to, 1) == NX_PTR_ERROR, "envelope");
    CHECK(nx_smtp_client_mail_body_set(mail, NX_SMTP_BODY_TEXT, text, 1) == NX_PTR_ERROR, "body");
    CHECK(nx_smtp_client_mail_body_source_set(mail, NX_SMTP_BODY_TEXT, &good_source, 1) ==
              NX_PTR_ERROR,
          "body");
    CHECK(nx_smtp_client_mail_attachment_add(mail, text, text, text, text, 1) == NX_PTR_ERROR,
          "attachment");
    CHECK(nx_smtp_client_mail_attachment_source_add(mail, text, text, text, &good_source, 1) ==
              NX_PTR_ERROR,
          "attachment");
    CHECK(nx_smtp_client_mail_field_add(mail, text, text) == NX_PTR_ERROR, "field");
    CHECK(nx_smtp_client_mail_message_set(mail, text, 1) == NX_PTR_ERROR, "message");
    CHECK(nx_smtp_client_mail_message_source_set(mail, &good_source, 1) == NX_PTR_ERROR, "message");
    CHECK(nx_smtp_client_mail_options_set(mail, 0, NULL) == NX_PTR_ERROR, "options");
    CHECK(nx_smtp_client_mail_progress_set(mail, NX_NULL, NULL) == NX_PTR_ERROR, "progress");
    CHECK(nx_smtp_client_mail_send(&act.stage.client, mail) == NX_PTR_ERROR, "send");
}

static void test_null_arguments(void) {
    static CHAR text[] = "x";
    NX_SMTP_MAIL *mail = &act.mail;
    CHECK(nx_smtp_client_mail_create(NX_NULL, text, 0) == NX_PTR_ERROR, "create");
    mail_create(mail, 1);
    CHECK(nx_smtp_client_mail_reply_to_set(mail, NX_NULL, text) == NX_PTR_ERROR, "reply-to");
    CHECK(nx_smtp_client_mail_recipient_add(mail, NX_NULL, text, NX_SMTP_RECIPIENT_TO) ==
              NX_PTR_ERROR,
          "recipient");
    CHECK(nx_smtp_client_mail_recipient_get(mail, 0, NX_NULL) == NX_PTR_ERROR, "get");
    CHECK(nx_smtp_client_mail_envelope_set(mail, NULL, 1) == NX_PTR_ERROR, "envelope");
    CHECK(nx_smtp_client_mail_body_set(mail, NX_SMTP_BODY_TEXT, NX_NULL, 1) == NX_PTR_ERROR,
          "body");
    CHECK(nx_smtp_client_mail_body_source_set(mail, NX_SMTP_BODY_TEXT, NULL, 1) == NX_PTR_ERROR,
          "body");
    CHECK(nx_smtp_client_mail_body_source_set(mail, NX_SMTP_BODY_TEXT, &no_source, 1) ==
              NX_PTR_ERROR,
          "body without read");
    CHECK(nx_smtp_client_mail_attachment_add(mail, text, text, text, NX_NULL, 1) == NX_PTR_ERROR,
          "attachment");
    CHECK(nx_smtp_client_mail_attachment_source_add(mail, text, text, text, &no_source, 1) ==
              NX_PTR_ERROR,
          "attachment without read");
    CHECK(nx_smtp_client_mail_field_add(mail, NX_NULL, text) == NX_PTR_ERROR, "field");
    CHECK(nx_smtp_client_mail_field_add(mail, text, NX_NULL) == NX_PTR_ERROR, "field");
    CHECK(nx_smtp_client_mail_message_set(mail, NX_NULL, 1) == NX_PTR_ERROR, "message");
    CHECK(nx_smtp_client_mail_message_source_set(mail, NULL, 1) == NX_PTR_ERROR, "message");
    CHECK(nx_smtp_client_mail_message_source_set(mail, &no_source, 1) == NX_PTR_ERROR, "message");
}

static void test_values(void) {
    static CHAR text[] = "x";
    NX_SMTP_MAIL *mail = &act.mail;
    NX_SMTP_RECIPIENT recipient;
    struct smtplite_recipient to = {.address = "a@b"};
    mail_create(mail, 1);
    CHECK(nx_smtp_client_mail_recipient_add(mail, text, text, 3) == NX_SMTP_INVALID_PARAM, "type");
    CHECK(nx_smtp_client_mail_recipient_get(mail, 1, &recipient) == NX_SMTP_INVALID_PARAM, "index");
    CHECK(nx_smtp_client_mail_recipient_notify_set(mail, 1, 0, NX_NULL) == NX_SMTP_INVALID_PARAM,
          "index");
    CHECK(nx_smtp_client_mail_recipient_notify_set(mail, 0, 16, NX_NULL) == NX_SMTP_INVALID_PARAM,
          "notify");
    CHECK(nx_smtp_client_mail_envelope_set(mail, &to, 0) == NX_SMTP_INVALID_PARAM, "envelope");
    CHECK(nx_smtp_client_mail_options_set(mail, 16, NULL) == NX_SMTP_INVALID_PARAM, "flags");
    CHECK(nx_smtp_client_mail_body_set(mail, 2, text, 1) == NX_SMTP_INVALID_PARAM, "kind");
    CHECK(nx_smtp_client_mail_message_set(mail, text, 0) == NX_SMTP_INVALID_PARAM, "length");
    CHECK(nx_smtp_client_mail_message_set(mail, text, 1) == NX_SUCCESS, "message");
    CHECK(nx_smtp_client_mail_body_set(mail, NX_SMTP_BODY_TEXT, text, 1) == NX_SMTP_INVALID_PARAM,
          "body of a finished message");
    CHECK(nx_smtp_client_mail_attachment_add(mail, text, text, NX_NULL, text, 1) ==
              NX_SMTP_INVALID_PARAM,
          "attachment of a finished message");
    mail_create(mail, 1);
    CHECK(nx_smtp_client_mail_body_set(mail, NX_SMTP_BODY_TEXT, text, 1) == NX_SUCCESS, "body");
    CHECK(nx_smtp_client_mail_message_set(mail, text, 1) == NX_SMTP_INVALID_PARAM,
          "a message beside a body");
}

static void check_client(NX_SMTP_CLIENT *client, UINT wanted) {
    NX_SMTP_SESSION session;
    ULONG number;
    UINT length;
    CHAR *text;
    CHECK(nx_smtp_client_mail_send(client, &act.mail) == wanted, "send");
    CHECK(nx_smtp_client_connect(client, &session) == wanted, "connect");
    CHECK(nx_smtp_client_disconnect(client) == wanted, "disconnect");
    CHECK(nx_smtp_client_command(client, NX_SMTP_COMMAND_NOOP, NX_NULL, NULL, NULL) == wanted,
          "command");
    CHECK(nx_smtp_client_offered_get(client, &number, &number) == wanted, "offered");
    CHECK(nx_smtp_client_queue_id_get(client, &text, &length) == wanted, "queue id");
}

static void *check_from_outside(void *client) {
    check_client(client, NX_CALLER_ERROR);
    return NULL;
}

static void test_clients(void) {
    static NX_SMTP_CLIENT never;
    pthread_t thread;
    CHAR *text;
    ULONG number;
    UINT length;
    NX_SMTP_CLIENT *client = &act.stage.client;
    mail_create_finished(&act.mail, 1, "x");
    check_client(NX_NULL, NX_PTR_ERROR);
    check_client(&never, NX_SMTP_CLIENT_NOT_INTIALIZED);
    CHECK(nx_smtp_client_extensions_set(NX_NULL, 0) == NX_PTR_ERROR, "extensions");
    CHECK(nx_smtp_client_extensions_set(&never, 0) == NX_SMTP_CLIENT_NOT_INTIALIZED, "extensions");
    CHECK(nx_smtp_client_cancel(NX_NULL) == NX_PTR_ERROR, "cancel");
    CHECK(nx_smtp_client_extensions_set(client, 8) == NX_SMTP_INVALID_PARAM, "extensions");
    CHECK(nx_smtp_client_connect(client, NX_NULL) == NX_PTR_ERROR, "session");
    CHECK(nx_smtp_client_command(client, 5, NX_NULL, NULL, NULL) == NX_SMTP_INVALID_PARAM, "5");
    CHECK(nx_smtp_client_offered_get(client, NULL, &number) == NX_PTR_ERROR, "offered");
    CHECK(nx_smtp_client_offered_get(client, &number, NULL) == NX_PTR_ERROR, "offered");
    CHECK(nx_smtp_client_queue_id_get(client, NULL, &length) == NX_PTR_ERROR, "queue id");
    CHECK(nx_smtp_client_queue_id_get(client, &text, NULL) == NX_PTR_ERROR, "queue id");
    pthread_create(&thread, NULL, check_from_outside, client);
    pthread_join(thread, NULL);
}

static void test_arguments(void) {
    static NX_SMTP_MAIL never;
    act_begin(1);
    test_no_mail(NX_NULL);
    test_no_mail(&never);
    test_null_arguments();
    test_values();
    test_clients();
    act_end("arguments", 0);
}
#endif

static void test_full(void) {
    static CHAR text[] = "x@y";
    NX_SMTP_MAIL *mail = &act.mail;
    mail_create(mail, 0);
    for (int i = 0; i < NX_SMTP_MAIL_RECIPIENTS; i++)
        CHECK(nx_smtp_client_mail_recipient_add(mail, text, NX_NULL, NX_SMTP_RECIPIENT_CC) ==
                  NX_SUCCESS,
              "recipient %d", i);
    CHECK(nx_smtp_client_mail_recipient_add(mail, text, NX_NULL, NX_SMTP_RECIPIENT_CC) ==
              NX_SMTP_MAIL_FULL,
          "recipient");
    CHECK(nx_smtp_client_mail_reply_to_set(mail, text, NX_NULL) == NX_SUCCESS, "reply-to");
    CHECK(nx_smtp_client_mail_reply_to_set(mail, text, NX_NULL) == NX_SMTP_MAIL_FULL, "reply-to");
    for (int i = 0; i < NX_SMTP_MAIL_FIELDS; i++)
        CHECK(nx_smtp_client_mail_field_add(mail, text, text) == NX_SUCCESS, "field %d", i);
    CHECK(nx_smtp_client_mail_field_add(mail, text, text) == NX_SMTP_MAIL_FULL, "field");
    for (int i = 0; i < NX_SMTP_MAIL_PARTS; i++)
        CHECK(nx_smtp_client_mail_attachment_add(mail, text, NX_NULL, NX_NULL, text, 1) ==
                  NX_SUCCESS,
              "part %d", i);
    CHECK(nx_smtp_client_mail_attachment_add(mail, text, NX_NULL, NX_NULL, text, 1) ==
              NX_SMTP_MAIL_FULL,
          "part");
    CHECK(nx_smtp_client_mail_body_set(mail, NX_SMTP_BODY_TEXT, text, 1) == NX_SMTP_MAIL_FULL,
          "body");
}

/* ---- Injection: B1 to B3 ------------------------------------------------------------------ */

/* Where a text stands in a mail; each is well in its place but for the byte that is put into it. */
enum place {
    SUBJECT,
    SENDER,
    SENDER_NAME,
    REPLY_TO,
    REPLY_TO_NAME,
    RECIPIENT,
    RECIPIENT_NAME,
    ENVELOPE,
    FIELD_NAME,
    FIELD_VALUE,
    FILE_NAME,
    FILE_TYPE,
    CONTENT_ID,
    ORIGINAL,
    ENVID,
    HOLD_UNTIL,
    PLACES
};

static const char *const good_texts[PLACES] = {
    "subject",  "from@example.com",
    "name",     "reply@example.com",
    "name",     "to@example.org",
    "name",     "to@example.org",
    "X-Header", "value",
    "name",     "text/plain",
    "a@b",      "orig@example.org",
    "envid",    "2026-12-24T18:00:00Z",
};

static void put_texts(NX_SMTP_MAIL *mail, char *texts[PLACES], struct smtplite_options *options,
                      struct smtplite_recipient *envelope) {
    nx_smtp_client_mail_create(mail, texts[SUBJECT], NX_SMTP_MAIL_PRIORITY_NORMAL);
    nx_smtp_client_mail_sender_set(mail, texts[SENDER], texts[SENDER_NAME]);
    nx_smtp_client_mail_reply_to_set(mail, texts[REPLY_TO], texts[REPLY_TO_NAME]);
    nx_smtp_client_mail_recipient_add(mail, texts[RECIPIENT], texts[RECIPIENT_NAME],
                                      NX_SMTP_RECIPIENT_TO);
    envelope->address = texts[ENVELOPE];
    nx_smtp_client_mail_envelope_set(mail, envelope, 1);
    nx_smtp_client_mail_recipient_notify_set(mail, 0, 0, texts[ORIGINAL]);
    nx_smtp_client_mail_field_add(mail, texts[FIELD_NAME], texts[FIELD_VALUE]);
    nx_smtp_client_mail_body_set(mail, NX_SMTP_BODY_HTML, bare("<p>"), 3);
    nx_smtp_client_mail_attachment_add(mail, texts[FILE_NAME], texts[FILE_TYPE], texts[CONTENT_ID],
                                       bare("x"), 1);
    options->envid = texts[ENVID];
    options->hold_until = texts[HOLD_UNTIL];
    nx_smtp_client_mail_options_set(mail, 0, options);
}

/* With nothing wrong it would connect, to a port where nobody listens. */
static UINT try_texts(enum place place, size_t at, char c) {
    static char copies[PLACES][32];
    char *texts[PLACES];
    struct smtplite_options options = {.ret = SMTPLITE_RET_UNSAID};
    struct smtplite_recipient envelope = {.address = NULL};
    for (int i = 0; i < PLACES; i++) {
        strcpy(copies[i], good_texts[i]);
        texts[i] = copies[i];
    }
    if (c != '\0')
        copies[place][at] = c;
    put_texts(&act.mail, texts, &options, &envelope);
    return mail_send(&act.mail);
}

/* At the text's begin, middle and end. */
static void inject(enum place place, char byte) {
    size_t len = strlen(good_texts[place]);
    size_t at[] = {0, len / 2, len - 1};
    bool is_good = byte == '\t' && (place == SUBJECT || place == FIELD_VALUE);
    for (size_t i = 0; i < 3; i++) {
        UINT status = try_texts(place, at[i], byte);
        CHECK(status == (is_good ? NX_NOT_CONNECTED : NX_SMTP_INJECTION_REFUSED),
              "text %d, byte %d at %zu: 0x%02X", place, byte, at[i], status);
    }
}

static void test_injection(void) {
    act_begin(1);
    act.stage.client.nx_smtp_client_server_port = 1;
    nx_smtp_client_extensions_set(&act.stage.client, NX_SMTP_EXTENSIONS_ALL);
    CHECK(try_texts(SUBJECT, 0, '\0') == NX_NOT_CONNECTED, "nothing is wrong");
    for (enum place place = 0; place < PLACES; place++) {
        for (char byte = 1; byte < ' '; byte++)
            inject(place, byte);
        inject(place, '\x7f');
    }
    act_end("injection", 0);
}

int main(void) {
    tx_host_start();
#if CHECKED
    test_arguments();
#endif
    test_full();
    test_injection();
    return checks_end("facade mail checks");
}
