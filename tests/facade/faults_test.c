/* SPDX-License-Identifier: MIT */
/*
 * The n-th call of each kind into NetX fails, for every n that a session makes: nothing crashes,
 * hangs or leaks, the status is right, and the next send on the same client works. The server tells
 * what is right: success only if it has the message whole, DELIVERY_UNKNOWN only if it may have it.
 */

#include "face.h"

#include "nx_smtp_client_mail.h"

#include <stdio.h>
#include <string.h>

static const struct {
    enum nx_host_call call;
    const char *name;
    UINT status; /* what NetX gives */
    bool harmless;
} kinds[] = {
    {NX_HOST_PACKET_ALLOCATE, "allocate", NX_NO_PACKET, false},
    {NX_HOST_BIND, "bind", NX_NO_FREE_PORTS, false},
    {NX_HOST_CONNECT, "connect", NX_NOT_CONNECTED, false},
    {NX_HOST_SEND, "send", NX_TX_QUEUE_DEPTH, false},
    {NX_HOST_RECEIVE, "receive", NX_NO_PACKET, true},
    {NX_HOST_DISCONNECT, "disconnect", NX_DISCONNECT_FAILED, true},
};

static struct stage stage;
static char body[3000];

static bool is_whole(const struct server *server) {
    return server->heard != NULL && strstr(server->heard, "\r\n.\r\n") != NULL;
}

/* ---- Ways to send ------------------------------------------------------------------------- */

static NX_SMTP_MAIL block;

/* To two recipients, with some of the body as an attachment. */
static void fill_block(const struct mail *mail) {
    static CHAR other[] = "other@example.org", html[] = "<p>";
    nx_smtp_client_mail_create(&block, other, NX_SMTP_MAIL_PRIORITY_HIGH);
    nx_smtp_client_mail_recipient_add(&block, other, NX_NULL, NX_SMTP_RECIPIENT_TO);
    nx_smtp_client_mail_recipient_add(&block, other, other, NX_SMTP_RECIPIENT_CC);
    nx_smtp_client_mail_body_set(&block, NX_SMTP_BODY_HTML, html, 3);
    nx_smtp_client_mail_attachment_add(&block, other, NX_NULL, NX_NULL,
                                       (CHAR *)(uintptr_t)mail->body, 600);
}

static UINT send_plain(const struct mail *mail) {
    return stage_send(&stage, mail);
}

static UINT send_block(const struct mail *mail) {
    fill_block(mail);
    return nx_smtp_client_mail_send(&stage.client, &block);
}

/* What ends the session shows in the mail's status; the disconnect finds it open or not. */
static UINT send_in_session(const struct mail *mail) {
    static NX_SMTP_SESSION session;
    UINT status = nx_smtp_client_connect(&stage.client, &session);
    if (status != NX_SUCCESS)
        return status;
    status = send_block(mail);
    (void)nx_smtp_client_disconnect(&stage.client);
    return status;
}

static UINT (*send)(const struct mail *mail);

/* ---- Faults ------------------------------------------------------------------------------- */

/* One session with a good server. True: the server had the message whole. */
static bool send_one(const struct mail *mail, UINT *status) {
    struct server server;
    struct script script;
    bool whole;
    memset(&script, 0, sizeof script);
    script_good(&script);
    server_start(&server, &script, 1, 4);
    stage.client.nx_smtp_client_server_port = server.port;
    *status = send(mail);
    stage_check(&stage, "send");
    server_join(&server);
    whole = is_whole(&server);
    server_stop(&server);
    script_free(&script);
    return whole;
}

static void check_status(size_t kind, unsigned n, UINT status, bool whole) {
    const char *name = kinds[kind].name;
    if (kinds[kind].harmless)
        CHECK(status == NX_SUCCESS, "%s %u: 0x%02X", name, n, status);
    if (status == NX_SUCCESS)
        CHECK(whole, "%s %u: success, and the server has no message", name, n);
    else if (status == NX_SMTP_DELIVERY_UNKNOWN)
        CHECK(whole, "%s %u: unknown, and the server cannot have it", name, n);
    else
        CHECK(!whole && status == kinds[kind].status, "%s %u: 0x%02X %s", name, n, status,
              whole ? "whole" : "");
}

/* The n-th call of this kind fails. False: a session does not make so many. */
static bool fail_one(size_t kind, unsigned n, const struct mail *mail) {
    UINT status;
    bool whole;
    nx_host_reset();
    nx_host_fail(kinds[kind].call, n);
    whole = send_one(mail, &status);
    if (nx_host_calls(kinds[kind].call) < n) {
        nx_host_reset();
        return false;
    }
    check_status(kind, n, status, whole);
    nx_host_reset();
    whole = send_one(mail, &status);
    CHECK(status == NX_SUCCESS && whole, "%s %u: the next send: 0x%02X", kinds[kind].name, n,
          status);
    return true;
}

static void fail_all(ULONG payload, UINT auth, UINT (*way)(const struct mail *mail)) {
    struct mail mail = plain_mail;
    send = way;
    mail.body = body;
    mail.body_len = sizeof body;
    mail.auth = auth;
    stage_open(&stage, payload, 30);
    CHECK(stage_create(&stage, &mail, 25) == NX_SUCCESS, "create");
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        unsigned n = 1;
        while (fail_one(kind, n, &mail))
            n++;
        CHECK(n > 1, "%s: no call was made to fail", kinds[kind].name);
    }
    CHECK(stage_delete(&stage) == NX_SUCCESS, "delete");
    stage_close(&stage);
}

static void test_create(void) {
    stage_open(&stage, 0, 0);
    nx_host_reset();
    nx_host_fail(NX_HOST_SOCKET_CREATE, 1);
    CHECK(stage_create(&stage, &plain_mail, 25) == NX_NOT_ENABLED, "create");
    CHECK(stage.ip.nx_ip_tcp_created_sockets_count == 0, "a socket is left");
    nx_host_reset();
    CHECK(stage_create(&stage, &plain_mail, 25) == NX_SUCCESS, "create again");
    CHECK(stage_delete(&stage) == NX_SUCCESS, "delete");
    stage_close(&stage);
}

int main(void) {
    tx_host_start();
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = i % 72 == 70 ? '\r' : (char)(i % 72 == 71 ? '\n' : 'a' + i % 23);
    test_create();
    fail_all(128, NX_SMTP_CLIENT_AUTH_PLAIN, send_plain);
    fail_all(1536, NX_SMTP_CLIENT_AUTH_LOGIN, send_plain);
    fail_all(1536, NX_SMTP_CLIENT_AUTH_PLAIN, send_block);
    fail_all(1536, NX_SMTP_CLIENT_AUTH_PLAIN, send_in_session);
    return checks_end("facade faults");
}
