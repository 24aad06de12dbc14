/* SPDX-License-Identifier: MIT */
/* Every check of the checked entry points, what create copies and what it leaves, the further
 * calls, and the exact bytes of what the header generator makes. */

#include "face.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef NX_SMTP_DISABLE_ERROR_CHECKING
#define CHECKED 1
#else
#define CHECKED 0
#endif

static struct stage stage;

/* ---- Create ------------------------------------------------------------------------------- */

#if CHECKED
static CHAR *bare(const char *text) {
    return (CHAR *)(uintptr_t)text;
}

struct create {
    NX_SMTP_CLIENT *client;
    NX_IP *ip;
    NX_PACKET_POOL *pool;
    const char *texts[4];
    NXD_ADDRESS *address;
};

static UINT create(const struct create *c) {
    return nxd_smtp_client_create(c->client, c->ip, c->pool, bare(c->texts[0]), bare(c->texts[1]),
                                  bare(c->texts[2]), bare(c->texts[3]), NX_SMTP_CLIENT_AUTH_PLAIN,
                                  c->address, 25);
}

static void test_create_pointers(void) {
    const struct create good = {
        &stage.client, &stage.ip, &stage.pool, {"u", "p", "f", "d"}, &stage.address};
    for (int i = 0; i < 8; i++) {
        struct create c = good;
        if (i == 0)
            c.client = NX_NULL;
        if (i == 1)
            c.ip = NX_NULL;
        if (i == 2)
            c.pool = NX_NULL;
        if (i >= 3 && i < 7)
            c.texts[i - 3] = NX_NULL;
        if (i == 7)
            c.address = NX_NULL;
        CHECK(create(&c) == NX_PTR_ERROR, "argument %d", i);
    }
    CHECK(stage.ip.nx_ip_tcp_created_sockets_count == 0, "a socket is left");
}

static void test_create_values(void) {
    struct create c = {&stage.client, &stage.ip, &stage.pool, {"u", "p", "f", "d"}, &stage.address};
    NX_IP no_ip;
    NXD_ADDRESS no_address = stage.address;
    memset(&no_ip, 0, sizeof no_ip);
    c.ip = &no_ip;
    CHECK(create(&c) == NX_SMTP_INVALID_PARAM, "ip without its id");
    c.ip = &stage.ip;
    no_address.nxd_ip_version = 5;
    c.address = &no_address;
    CHECK(create(&c) == NX_IP_ADDRESS_ERROR, "version 5");
    CHECK(stage.ip.nx_ip_tcp_created_sockets_count == 0, "a socket is left");
}

struct foreign {
    UINT create;
    UINT send;
    UINT delete;
};

/* In a thread that ThreadX knows nothing of, which counts as an interrupt. */
static void *call_from_outside(void *arg) {
    static struct stage other;
    struct foreign *foreign = arg;
    struct create c = {&other.client, &stage.ip, &stage.pool, {"u", "p", "f", "d"}, &stage.address};
    foreign->create = create(&c);
    foreign->send = stage_send(&stage, &plain_mail);
    foreign->delete = stage_delete(&stage);
    return NULL;
}

static void test_caller(void) {
    struct foreign foreign = {0, 0, 0};
    pthread_t thread;
    CHECK(stage_create(&stage, &plain_mail, 9) == NX_SUCCESS, "create");
    pthread_create(&thread, NULL, call_from_outside, &foreign);
    pthread_join(thread, NULL);
    CHECK(foreign.create == NX_CALLER_ERROR, "create 0x%X", foreign.create);
    CHECK(foreign.send == NX_CALLER_ERROR, "send 0x%X", foreign.send);
    CHECK(foreign.delete == NX_CALLER_ERROR, "delete 0x%X", foreign.delete);
    CHECK(stage_delete(&stage) == NX_SUCCESS, "delete");
}

/* ---- Send and delete ---------------------------------------------------------------------- */

static void test_send_arguments(void) {
    CHAR text[] = "x@y";
    NX_SMTP_CLIENT *client = &stage.client;
    UINT normal = NX_SMTP_MAIL_PRIORITY_NORMAL;
    CHECK(stage_create(&stage, &plain_mail, 9) == NX_SUCCESS, "create");
    CHECK(nx_smtp_mail_send(NX_NULL, text, normal, text, text, 1) == NX_PTR_ERROR, "client");
    CHECK(nx_smtp_mail_send(client, NX_NULL, normal, text, text, 1) == NX_PTR_ERROR, "recipient");
    CHECK(nx_smtp_mail_send(client, text, normal, NX_NULL, text, 1) == NX_PTR_ERROR, "subject");
    CHECK(nx_smtp_mail_send(client, text, normal, text, NX_NULL, 1) == NX_PTR_ERROR, "body");
    CHECK(nx_smtp_mail_send(client, text, normal, text, text, 0) == NX_SMTP_INVALID_PARAM, "0");
    CHECK(stage_delete(&stage) == NX_SUCCESS, "delete");
}

static void test_life(void) {
    static struct stage never;
    CHECK(stage_delete(&never) == NX_PTR_ERROR, "delete before create");
    CHECK(stage_send(&never, &plain_mail) == NX_SMTP_CLIENT_NOT_INTIALIZED, "send before create");
    CHECK(nx_smtp_client_delete(NX_NULL) == NX_PTR_ERROR, "delete null");
    CHECK(stage_create(&stage, &plain_mail, 9) == NX_SUCCESS, "create");
    CHECK(stage_delete(&stage) == NX_SUCCESS, "delete");
    CHECK(stage_delete(&stage) == NX_PTR_ERROR, "delete twice");
    CHECK(stage_send(&stage, &plain_mail) == NX_SMTP_CLIENT_NOT_INITIALIZED, "send after delete");
}

/* A create upon a client that lives leaves it as it is. */
static void test_create_twice(void) {
    CHECK(stage_create(&stage, &plain_mail, 9) == NX_SUCCESS, "create");
    CHECK(stage_create(&stage, &plain_mail, 9) == NX_PTR_ERROR, "create again");
    CHECK(stage.ip.nx_ip_tcp_created_sockets_count == 1, "the socket is gone");
    CHECK(stage_delete(&stage) == NX_SUCCESS, "delete");
    CHECK(stage_create(&stage, &plain_mail, 9) == NX_SUCCESS, "create after delete");
    CHECK(stage_delete(&stage) == NX_SUCCESS, "delete");
}

static void test_further_arguments(void) {
    UINT code;
    CHAR *text;
    NX_SMTP_CLIENT *client = &stage.client;
    CHECK(nx_smtp_client_options_set(NX_NULL, 0) == NX_PTR_ERROR, "options");
    CHECK(nx_smtp_client_clock_set(NX_NULL, NX_NULL) == NX_PTR_ERROR, "clock");
    CHECK(nx_smtp_client_transcript_set(NX_NULL, NULL, NULL) == NX_PTR_ERROR, "transcript");
    CHECK(nx_smtp_client_last_reply_get(NX_NULL, &code, &text) == NX_PTR_ERROR, "reply");
    CHECK(nx_smtp_client_options_set(client, 0) == NX_SMTP_CLIENT_NOT_INITIALIZED, "options");
    CHECK(nx_smtp_client_clock_set(client, NX_NULL) == NX_SMTP_CLIENT_NOT_INITIALIZED, "clock");
    CHECK(nx_smtp_client_transcript_set(client, NULL, NULL) == NX_SMTP_CLIENT_NOT_INITIALIZED,
          "transcript");
    CHECK(nx_smtp_client_last_reply_get(client, &code, &text) == NX_SMTP_CLIENT_NOT_INITIALIZED,
          "reply");
    CHECK(stage_create(&stage, &plain_mail, 9) == NX_SUCCESS, "create");
    CHECK(nx_smtp_client_options_set(client, 64) == NX_SMTP_INVALID_PARAM, "unknown option");
    CHECK(nx_smtp_client_last_reply_get(client, NX_NULL, &text) == NX_PTR_ERROR, "reply");
    CHECK(nx_smtp_client_last_reply_get(client, &code, NX_NULL) == NX_PTR_ERROR, "reply");
    CHECK(stage_delete(&stage) == NX_SUCCESS, "delete");
}
#endif

static void test_not_enabled(void) {
    NX_IP ip = stage.ip;
    stage.ip.nx_ip_tcp_packet_receive = NX_NULL;
    CHECK(stage_create(&stage, &plain_mail, 9) == NX_NOT_ENABLED, "TCP was not enabled");
    CHECK(stage.ip.nx_ip_tcp_created_sockets_count == 0, "a socket is left");
    stage.ip.nx_ip_tcp_packet_receive = ip.nx_ip_tcp_packet_receive;
}

static void test_port(void) {
    CHECK(stage_create(&stage, &plain_mail, 0) == NX_SUCCESS, "create");
    CHECK(stage.client.nx_smtp_client_server_port == 25, "port 0 is 25");
    CHECK(stage_delete(&stage) == NX_SUCCESS, "delete");
    CHECK(stage_create(&stage, &plain_mail, 1) == NX_SUCCESS, "create");
    CHECK(stage_send(&stage, &plain_mail) == NX_NOT_CONNECTED, "nobody listens on port 1");
    stage_check(&stage, "port 1");
    CHECK(stage_delete(&stage) == NX_SUCCESS, "delete");
}

/* ---- What is copied, cleared and kept ----------------------------------------------------- */

static bool has_text(const void *memory, size_t n, const char *text) {
    const char *p = memory;
    size_t len = strlen(text);
    for (size_t i = 0; i + len <= n; i++)
        if (memcmp(p + i, text, len) == 0)
            return true;
    return false;
}

/* One good session; what the server heard is looked for in it. */
static void send_one(const struct mail *mail, const char *heard) {
    struct server server;
    struct script script;
    UINT status;
    memset(&script, 0, sizeof script);
    script_good(&script);
    server_start(&server, &script, 1, 4);
    stage.client.nx_smtp_client_server_port = server.port;
    status = stage_send(&stage, mail);
    CHECK(status == NX_SUCCESS, "0x%X", status);
    CHECK(has_text(server.heard, server.heard_len, heard), "heard `%s`", server.heard);
    server_stop(&server);
    script_free(&script);
    stage_check(&stage, "send");
}

static void test_copies(void) {
    char user[] = "user", password[] = "secret", domain[] = "client.example.com";
    char from[] = "from@example.com";
    struct mail mail = plain_mail;
    mail.user = user;
    mail.password = password;
    mail.domain = domain;
    mail.from = from;
    CHECK(stage_create(&stage, &mail, 9) == NX_SUCCESS, "create");
    memset(user, 'x', sizeof user - 1);
    memset(password, 'x', sizeof password - 1);
    memset(domain, 'x', sizeof domain - 1);
    memcpy(from, "mors", 4); /* kept as a pointer, as the original does */
    send_one(&mail, "EHLO client.example.com\r\nAUTH PLAIN\r\nAHVzZXIAc2VjcmV0\r\n"
                    "MAIL FROM:<mors@example.com>");
    CHECK(has_text(&stage.client, sizeof stage.client, "secret"), "the search finds nothing");
    CHECK(stage_delete(&stage) == NX_SUCCESS, "delete");
    CHECK(!has_text(&stage.client, sizeof stage.client, "secret"), "the password is left");
}

/* ---- The header --------------------------------------------------------------------------- */

static UINT clock_status;
static ULONG clock_seconds;
static INT clock_zone;

static UINT test_clock(ULONG *unix_seconds, INT *zone_minutes) {
    *unix_seconds = clock_seconds;
    *zone_minutes = clock_zone;
    return clock_status;
}

static void send_with_clock(ULONG seconds, INT zone, const char *heard) {
    clock_seconds = seconds;
    clock_zone = zone;
    send_one(&plain_mail, heard);
}

static bool has_heard(const char *text, ULONG seconds, INT zone, UINT status) {
    struct server server;
    struct script script;
    bool has;
    clock_status = status;
    clock_seconds = seconds;
    clock_zone = zone;
    memset(&script, 0, sizeof script);
    script_good(&script);
    server_start(&server, &script, 1, 4);
    stage.client.nx_smtp_client_server_port = server.port;
    CHECK(stage_send(&stage, &plain_mail) == NX_SUCCESS, "send");
    has = has_text(server.heard, server.heard_len, text);
    server_stop(&server);
    script_free(&script);
    clock_status = NX_SUCCESS;
    return has;
}

static void test_clock_lines(void) {
    CHECK(stage_create(&stage, &plain_mail, 9) == NX_SUCCESS, "create");
    CHECK(nx_smtp_client_clock_set(&stage.client, test_clock) == NX_SUCCESS, "clock");
    send_with_clock(1795388523, 0,
                    "8bit\r\nDate: Sun, 22 Nov 2026 23:02:03 +0000\r\n"
                    "Message-ID: <");
    send_with_clock(1795388523, 60, "\r\nDate: Mon, 23 Nov 2026 00:02:03 +0100\r\n");
    send_with_clock(1795388523, -330, "\r\nDate: Sun, 22 Nov 2026 17:32:03 -0530\r\n");
    send_with_clock(1709164800, 0, "\r\nDate: Thu, 29 Feb 2024 00:00:00 +0000\r\n");
    send_with_clock(4102444799u, 0, "\r\nDate: Thu, 31 Dec 2099 23:59:59 +0000\r\n");
    send_with_clock(4107542400u, 0, "\r\nDate: Mon, 01 Mar 2100 00:00:00 +0000\r\n");
    send_with_clock(1795388523, 0, "@client.example.com>\r\n\r\nA body.");
    CHECK(!has_heard("Date:", 5, 0, NX_SUCCESS), "a clock that was never set");
    CHECK(!has_heard("Message-ID:", 5, 0, NX_SUCCESS), "a clock that was never set");
    CHECK(!has_heard("Date:", 1795388523, 0, NX_NOT_SUCCESSFUL), "a clock that fails");
    CHECK(!has_heard("Date:", 1795388523, 5000, NX_SUCCESS), "a zone that is none");
    CHECK(nx_smtp_client_clock_set(&stage.client, NX_NULL) == NX_SUCCESS, "clock");
    CHECK(!has_heard("Date:", 1795388523, 0, NX_SUCCESS), "no clock");
    CHECK(stage_delete(&stage) == NX_SUCCESS, "delete");
}

static void send_subject(const char *subject, const char *heard) {
    struct mail mail = plain_mail;
    mail.subject = subject;
    send_one(&mail, heard);
}

static void test_subjects(void) {
    static char text[1201];
    CHECK(stage_create(&stage, &plain_mail, 9) == NX_SUCCESS, "create");
    send_subject("", "\r\nSubject: \r\nMIME-Version");
    send_subject("=?UTF-8?Q?mine?=", "\r\nSubject: =?UTF-8?Q?mine?=\r\nMIME");
    send_subject("Gr\xc3\xbc\xc3\x9f"
                 "e",
                 "\r\nSubject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\nMIME");
    send_subject("a b\xe2\x82\xac?=_", "Subject: =?UTF-8?Q?a=20b=E2=82=AC=3F=3D=5F?=\r\nMIME");
    memset(text, 'x', 900);
    text[900] = '\0';
    send_subject(text, "xxxxxxxxxx\r\nMIME-Version");
    memset(text, 'x', 1200);
    send_subject(text, "\r\nSubject: =?UTF-8?Q?xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx?=\r\n "
                       "=?UTF-8?Q?");
    /* not UTF-8 at all: bytes that never begin a character */
    memset(text, '\x80', 300);
    text[300] = '\0';
    send_subject(text, "=80?=\r\n =?UTF-8?Q?=80");
    CHECK(stage_delete(&stage) == NX_SUCCESS, "delete");
}

/* A word of at most 75 characters, on a line of at most 76, whole characters in each. */
static void check_words(const char *p, const char *end, const char *character, size_t count) {
    char decoded[4096];
    size_t n = 0;
    size_t column = 9;
    while (p < end) {
        const char *word = p + 10;
        CHECK(strncmp(p, "=?UTF-8?Q?", 10) == 0, "`%.12s`", p);
        for (p = word; p < end && strncmp(p, "?=", 2) != 0; p += 3)
            decoded[n++] = (char)strtol((char[]){p[1], p[2], '\0'}, NULL, 16);
        CHECK(n % strlen(character) == 0, "a character is split at %zu", n);
        p += 2;
        CHECK(column + (size_t)(p - word) + 10 <= 76, "a line of %zu", column + (size_t)(p - word));
        column = 1;
        p += p < end ? 3 : 0;
    }
    CHECK(n == count * strlen(character), "%zu octets", n);
    for (size_t i = 0; i < n; i += strlen(character))
        CHECK(memcmp(decoded + i, character, strlen(character)) == 0, "character at %zu", i);
}

static void test_long_subject(const char *character, size_t count) {
    static char subject[4096];
    struct mail mail = plain_mail;
    struct server server;
    struct script script;
    const char *at;
    subject[0] = '\0';
    for (size_t i = 0; i < count; i++)
        strcat(subject, character);
    mail.subject = subject;
    memset(&script, 0, sizeof script);
    script_good(&script);
    CHECK(stage_create(&stage, &mail, 9) == NX_SUCCESS, "create");
    server_start(&server, &script, 1, 4);
    stage.client.nx_smtp_client_server_port = server.port;
    CHECK(stage_send(&stage, &mail) == NX_SUCCESS, "send");
    at = strstr(server.heard, "Subject: ") + 9;
    check_words(at, strstr(at, "\r\nMIME"), character, count);
    CHECK(stage_delete(&stage) == NX_SUCCESS, "delete");
    server_stop(&server);
    script_free(&script);
}

/* ---- The rest ----------------------------------------------------------------------------- */

struct transcript {
    char text[4096];
    size_t n;
};

static void keep(void *context, bool from_server, const char *p, size_t n) {
    struct transcript *transcript = context;
    (void)from_server;
    if (transcript->n + n < sizeof transcript->text)
        memcpy(transcript->text + transcript->n, p, n);
    transcript->n += n;
}

static void test_transcript(void) {
    static struct transcript transcript;
    CHECK(stage_create(&stage, &plain_mail, 9) == NX_SUCCESS, "create");
    CHECK(nx_smtp_client_transcript_set(&stage.client, keep, &transcript) == NX_SUCCESS, "set");
    send_one(&plain_mail, "AHVzZXIAc2VjcmV0");
    CHECK(strstr(transcript.text, "AUTH PLAIN\r\n") != NULL, "AUTH is not shown");
    CHECK(strstr(transcript.text, "****") != NULL, "no mask");
    CHECK(strstr(transcript.text, "AHVz") == NULL, "the secret is shown");
    CHECK(strstr(transcript.text, "A body.") != NULL, "the body is not shown");
    CHECK(stage_delete(&stage) == NX_SUCCESS, "delete");
}

static void test_status_text(void) {
    const char *text;
    for (UINT status = 0xA0; status <= 0xB2; status++) {
        text = nx_smtp_client_status_text(status);
        CHECK(strncmp(text, "NX_SMTP_", 8) == 0, "0x%X %s", status, text);
    }
    for (UINT status = 0xC0; status <= 0xC8; status++) {
        text = nx_smtp_client_status_text(status);
        CHECK(strncmp(text, "NX_SMTP_", 8) == 0, "0x%X %s", status, text);
    }
    CHECK(strcmp(nx_smtp_client_status_text(0), "NX_SUCCESS") == 0, "0");
    CHECK(strcmp(nx_smtp_client_status_text(0x38), "NX_NOT_CONNECTED") == 0, "0x38");
    CHECK(strcmp(nx_smtp_client_status_text(0xFF), "?") == 0, "0xFF");
}

/* The values that firmware may have stored or compared. */
static void test_values(void) {
    static const struct {
        UINT is;
        UINT should;
    } values[] = {
        {NX_SMTP_AUTHENTICATION_ERROR, 0xA0},
        {NX_SMTP_OVERSIZE_MAIL_DATA, 0xA1},
        {NX_SMTP_INVALID_SERVER_REPLY, 0xA2},
        {NX_SMTP_INTERNAL_ERROR, 0xA3},
        {NX_SMTP_SERVER_ERROR_CODE_RECEIVED, 0xA4},
        {NX_SMTP_INVALID_PARAM, 0xA5},
        {NX_SMTP_PACKET_ALLOCATE_ERROR, 0xA6},
        {NX_SMTP_GREET_REPLY_ERROR, 0xA7},
        {NX_SMTP_HELLO_REPLY_ERROR, 0xA8},
        {NX_SMTP_MAIL_REPLY_ERROR, 0xA9},
        {NX_SMTP_RCPT_REPLY_ERROR, 0xAA},
        {NX_SMTP_MESSAGE_REPLY_ERROR, 0xAB},
        {NX_SMTP_DATA_REPLY_ERROR, 0xAC},
        {NX_SMTP_AUTH_REPLY_ERROR, 0xAD},
        {NX_SMTP_SERVER_ERROR_REPLY, 0xAE},
        {NX_SMTP_TRANSMIT_ERROR, 0xAF},
        {NX_SMTP_INVALID_SERVER_CHALLENGE, 0xB0},
        {NX_SMTP_OVERSIZE_SERVER_REPLY, 0xB1},
        {NX_SMTP_CLIENT_NOT_INTIALIZED, 0xB2},
        {NX_SMTP_CLIENT_NOT_INITIALIZED, 0xB2},
        {NX_SMTP_CLIENT_AUTH_NONE, 0xFFFF},
        {NX_SMTP_CLIENT_AUTH_LOGIN, 1},
        {NX_SMTP_CLIENT_AUTH_CRAM_MD5, 2},
        {NX_SMTP_CLIENT_AUTH_PLAIN, 3},
        {NX_SMTP_MAIL_PRIORITY_LOW, 1},
        {NX_SMTP_MAIL_PRIORITY_NORMAL, 2},
        {NX_SMTP_MAIL_PRIORITY_HIGH, 4},
        {NX_SMTP_RECIPIENT_TO, 1},
        {NX_SMTP_RECIPIENT_CC, 2},
        {NX_SMTP_RECIPIENT_BCC, 4},
        {NX_SMTP_CLIENT_ID, 0x534D5450},
        {NX_SMTP_CLIENT_STATE_AUTH_CHALLENGE, 12},
        {NX_SMTP_CLIENT_TCP_WINDOW_SIZE, 1460},
        {NX_SMTP_CLIENT_PACKET_TIMEOUT, 2 * NX_IP_PERIODIC_RATE},
        {NX_SMTP_CLIENT_CONNECTION_TIMEOUT, 10 * NX_IP_PERIODIC_RATE},
        {NX_SMTP_CLIENT_DISCONNECT_TIMEOUT, 5 * NX_IP_PERIODIC_RATE},
        {NX_SMTP_GREETING_TIMEOUT, 10 * NX_IP_PERIODIC_RATE},
        {NX_SMTP_ENVELOPE_TIMEOUT, 10 * NX_IP_PERIODIC_RATE},
        {NX_SMTP_MESSAGE_TIMEOUT, 30 * NX_IP_PERIODIC_RATE},
        {NX_SMTP_CLIENT_SEND_TIMEOUT, 5 * NX_IP_PERIODIC_RATE},
        {NX_SMTP_CLIENT_MAX_USERNAME, 40},
        {NX_SMTP_CLIENT_MAX_PASSWORD, 20},
        {NX_SMTP_SERVER_CHALLENGE_MAX_STRING, 200},
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        CHECK(values[i].is == values[i].should, "value %zu is 0x%X", i, values[i].is);
}

static void test_options(void) {
    const struct smtplite_config *config = &stage.client.nx_smtp_client_config;
    CHECK(stage_create(&stage, &plain_mail, 9) == NX_SUCCESS, "create");
    CHECK(config->waits->greeting == 1000 && config->waits->message == 3000, "the macros");
    CHECK(nx_smtp_client_options_set(&stage.client, NX_SMTP_OPTION_RFC_LIMITS) == NX_SUCCESS, "");
    CHECK(config->waits->greeting == 30000 && config->waits->message == 60000, "RFC 5321");
    CHECK(nx_smtp_client_options_set(&stage.client, 0) == NX_SUCCESS, "");
    CHECK(config->waits->greeting == 1000 && config->waits->message == 3000, "the macros again");
    CHECK((config->flags & SMTPLITE_LOCKSTEP) != 0, "lockstep again");
    CHECK(stage_delete(&stage) == NX_SUCCESS, "delete");
}

int main(void) {
    tx_host_start();
    stage_open(&stage, 0, 0);
#if CHECKED
    test_create_pointers();
    test_create_values();
    test_caller();
    test_send_arguments();
    test_life();
    test_create_twice();
    test_further_arguments();
#endif
    test_values();
    test_not_enabled();
    test_port();
    test_copies();
    test_clock_lines();
    test_subjects();
    test_long_subject("\xc3\xa4", 100);
    test_long_subject("\xe2\x82\xac", 67);
    test_long_subject("\xf0\x9f\x98\x80", 101);
    test_options();
    test_transcript();
    test_status_text();
    stage_close(&stage);
    return checks_end("facade checks");
}
