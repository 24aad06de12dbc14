/* SPDX-License-Identifier: MIT */
/* TLS by NetX Secure: STARTTLS and implicit, against certificates and servers good and bad; and
 * mbedTLS over the NetX transport. The folder of tests/tls/certificates.py is the last argument. */

#include "secure.h"

#include "nx_smtp_client_mail.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smtplite/mbedtls.h"
#include "smtplite/smtplite.h"

static const UINT modes[] = {NX_SMTP_TLS_REQUIRED, NX_SMTP_TLS_IMPLICIT};

static struct manners manners_of(UINT mode, const char *name) {
    struct manners manners = {.certificate = certificate(name),
                              .implicit = mode == NX_SMTP_TLS_IMPLICIT};
    return manners;
}

/* ---- Certificates ------------------------------------------------------------------------- */

static const struct {
    const char *name;
    const char *host; /* NULL: HOST */
    UINT tls_status;
} certificates[] = {
    {"ecdsa", NULL, NX_SUCCESS},
    {"ecdsa", "MAIL.example.COM", NX_SUCCESS},
    {"rsa", NULL, NX_SUCCESS},
    {"chain", NULL, NX_SUCCESS},
    {"wildcard", NULL, NX_SUCCESS},
    {"several", NULL, NX_SUCCESS},
    {"no_cn_match", NULL, NX_SUCCESS},
    {"ip4", "127.0.0.1", NX_SUCCESS},
    {"ip6", "::1", NX_SUCCESS},
    {"p384", NULL, NX_SUCCESS},
    {"wrong_ca", NULL, NX_SECURE_X509_ISSUER_CERTIFICATE_NOT_FOUND},
    {"wrong_name", NULL, NX_SECURE_X509_CERTIFICATE_DNS_MISMATCH},
    {"expired", NULL, NX_SECURE_X509_CERTIFICATE_EXPIRED},
    {"not_yet", NULL, NX_SECURE_X509_CERTIFICATE_NOT_YET_VALID},
    {"self_signed", NULL, NX_SECURE_X509_INVALID_SELF_SIGNED_CERT},
    {"cn_only", NULL, NX_SECURE_X509_ALT_NAME_NOT_FOUND},
    {"mail_only", NULL, NX_SECURE_X509_ALT_NAME_NOT_FOUND},
    {"ip_as_dns", "127.0.0.1", NX_SECURE_X509_CERTIFICATE_DNS_MISMATCH},
    {"ip_as_cn", "127.0.0.1", NX_SECURE_X509_CERTIFICATE_DNS_MISMATCH},
    {"ip_other", "127.0.0.1", NX_SECURE_X509_CERTIFICATE_DNS_MISMATCH},
    {"partial_wildcard", NULL, NX_SECURE_X509_CERTIFICATE_DNS_MISMATCH},
    {"wide_wildcard", "example.com", NX_SECURE_X509_CERTIFICATE_DNS_MISMATCH},
    {"nul_name", NULL, NX_SECURE_X509_CERTIFICATE_DNS_MISMATCH},
    {"leaf_as_ca", NULL, NX_SECURE_X509_ISSUER_CERTIFICATE_NOT_FOUND},
    {"no_middle", NULL, NX_SECURE_X509_ISSUER_CERTIFICATE_NOT_FOUND},
    {"old_middle", NULL, NX_SECURE_X509_CERTIFICATE_EXPIRED},
    {"no_server_auth", NULL, NX_SECURE_X509_EXT_KEY_USAGE_NOT_FOUND},
};

static void check_good(const struct secure_server *server, const char *name, const char *host) {
    bool is_address = host != NULL && strchr(host, 'm') == NULL && strchr(host, 'M') == NULL;
    CHECK(server->handshakes == 1 && server->mails == 1, "%s: %zu mails", name, server->mails);
    CHECK(strcmp(server->sni, is_address     ? ""
                              : host != NULL ? host
                                             : HOST) == 0,
          "%s: SNI %s", name, server->sni);
    CHECK(server->goodbye, "%s: no close_notify", name);
    CHECK(strstr(server->heard, "AUTH PLAIN") != NULL, "%s: no login", name);
}

static void check_refused(const struct secure_server *server, const char *name) {
    CHECK(server->heard_len == 0, "%s: heard over TLS: `%s`", name, server->heard);
    CHECK(server->mails == 0, "%s: a mail", name);
}

static void test_certificate(size_t i, UINT mode) {
    static struct secure secure;
    const char *name = certificates[i].name;
    UINT want = certificates[i].tls_status;
    struct manners manners = manners_of(mode, name);
    struct secure_server server;
    UINT status;
    secure_open(&secure, &good_setup, mode, certificates[i].host);
    status = secure_send(&secure, &server, &manners);
    CHECK(status == (want == NX_SUCCESS ? NX_SUCCESS : NX_SMTP_TLS_ERROR), "%s: 0x%02X", name,
          status);
    CHECK(secure_status(&secure) == want, "%s: TLS status 0x%02X", name, secure_status(&secure));
    if (want == NX_SUCCESS)
        check_good(&server, name, certificates[i].host);
    else
        check_refused(&server, name);
    check_clear(&server, name);
    CHECK(secure.setups == 1, "%s: %u setups", name, secure.setups);
    secure_server_free(&server);
    secure_close(&secure);
}

/* A client goes on after a refusal, and after a success: each time with a session of its own. */
static void test_again(void) {
    static struct secure secure;
    static const char *const names[] = {"wrong_name", "ecdsa", "expired", "rsa", "rsa"};
    struct secure_server server;
    secure_open(&secure, &good_setup, NX_SMTP_TLS_REQUIRED, NULL);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct manners manners = manners_of(NX_SMTP_TLS_REQUIRED, names[i]);
        UINT status = secure_send(&secure, &server, &manners);
        bool good = names[i][0] == 'r' || names[i][1] == 'c';
        CHECK(status == (good ? NX_SUCCESS : NX_SMTP_TLS_ERROR), "%s: 0x%02X", names[i], status);
        secure_server_free(&server);
    }
    CHECK(secure.setups == 5, "%u setups", secure.setups);
    secure_close(&secure);
}

/* Several mails and a command over one TLS session, with one login. */
static void test_one_connection(void) {
    static struct secure secure;
    static NX_SMTP_SESSION session;
    static NX_SMTP_MAIL mail;
    static CHAR text[] = "Subject: x\r\n\r\nsecret\r\n", to[] = "to@example.org";
    struct manners manners = manners_of(NX_SMTP_TLS_REQUIRED, "rsa");
    struct secure_server server;
    NX_SMTP_CLIENT *client = &secure.stage.client;
    secure_open(&secure, &good_setup, NX_SMTP_TLS_REQUIRED, NULL);
    secure_server_start(&server, &manners);
    client->nx_smtp_client_server_port = server.port;
    nx_smtp_client_mail_create(&mail, NX_NULL, NX_SMTP_MAIL_PRIORITY_NORMAL);
    nx_smtp_client_mail_recipient_add(&mail, to, NX_NULL, NX_SMTP_RECIPIENT_TO);
    nx_smtp_client_mail_message_set(&mail, text, sizeof text - 1);
    CHECK(nx_smtp_client_connect(client, &session) == NX_SUCCESS, "connect");
    for (int i = 0; i < 3; i++)
        CHECK(nx_smtp_client_mail_send(client, &mail) == NX_SUCCESS, "mail %d", i);
    CHECK(secure_status(&secure) == NX_SUCCESS, "TLS status within the session");
    CHECK(nx_smtp_client_disconnect(client) == NX_SUCCESS, "disconnect");
    secure_server_join(&server);
    CHECK(server.mails == 3 && server.handshakes == 1 && secure.setups == 1,
          "%zu mails, %zu handshakes", server.mails, server.handshakes);
    CHECK(server.goodbye, "no close_notify");
    check_clear(&server, "one connection");
    secure_server_free(&server);
    secure_close(&secure);
}

/* ---- What tls_setup may do ---------------------------------------------------------------- */

static ULONG refuse(NX_SECURE_TLS_SESSION *session_ptr, NX_SECURE_X509_CERT *certificate_ptr) {
    (void)session_ptr, (void)certificate_ptr;
    return NX_SECURE_X509_CRL_CERTIFICATE_REVOKED;
}

static ULONG accept_all(NX_SECURE_TLS_SESSION *session_ptr, NX_SECURE_X509_CERT *certificate_ptr) {
    (void)session_ptr, (void)certificate_ptr;
    return NX_SUCCESS;
}

static const struct {
    const char *name;
    struct setup setup;
    const char *certificate;
    UINT options;
    UINT tls_status;
    bool connects;
} setups[] = {
    {"no CA", {.ca = NULL}, "ecdsa", 0, NX_SECURE_X509_ISSUER_CERTIFICATE_NOT_FOUND, false},
    {"no clock", {.ca = "ca", .no_clock = true}, "ecdsa", 0, NX_SMTP_TLS_NO_CLOCK, false},
    {"a clock of 0", {.ca = "ca", .clock_fails = true}, "ecdsa", 0, NX_SMTP_TLS_NO_CLOCK, false},
    {"no clock, allowed",
     {.ca = "ca", .no_clock = true},
     "ecdsa",
     NX_SMTP_OPTION_TLS_NO_CLOCK,
     NX_SUCCESS,
     true},
    {"no clock, expired, allowed",
     {.ca = "ca", .no_clock = true},
     "expired",
     NX_SMTP_OPTION_TLS_NO_CLOCK,
     NX_SUCCESS,
     true},
    {"no clock, wrong name, allowed",
     {.ca = "ca", .no_clock = true},
     "wrong_name",
     NX_SMTP_OPTION_TLS_NO_CLOCK,
     NX_SECURE_X509_CERTIFICATE_DNS_MISMATCH,
     true},
    {"a clock, expired, allowed",
     {.ca = "ca"},
     "expired",
     NX_SMTP_OPTION_TLS_NO_CLOCK,
     NX_SECURE_X509_CERTIFICATE_EXPIRED,
     true},
    {"it fails", {.status = NX_SIZE_ERROR}, "ecdsa", 0, NX_SIZE_ERROR, false},
    {"no session",
     {.no_create = true},
     "ecdsa",
     NX_SMTP_OPTION_TLS_NO_CLOCK,
     NX_SECURE_TLS_SESSION_UNINITIALIZED,
     false},
    {"another CA",
     {.ca = "other_ca"},
     "ecdsa",
     0,
     NX_SECURE_X509_ISSUER_CERTIFICATE_NOT_FOUND,
     true},
    {"its callback refuses",
     {.ca = "ca", .callback = refuse},
     "ecdsa",
     0,
     NX_SECURE_X509_CRL_CERTIFICATE_REVOKED,
     true},
    {"its callback takes all",
     {.ca = "ca", .callback = accept_all},
     "wrong_name",
     0,
     NX_SECURE_X509_CERTIFICATE_DNS_MISMATCH,
     true},
};

static void test_setup(size_t i) {
    static struct secure secure;
    const char *name = setups[i].name;
    struct manners manners = manners_of(NX_SMTP_TLS_REQUIRED, setups[i].certificate);
    struct secure_server server;
    UINT want = setups[i].tls_status;
    UINT status;
    secure_open(&secure, &setups[i].setup, NX_SMTP_TLS_REQUIRED, NULL);
    CHECK(nx_smtp_client_options_set(&secure.stage.client, setups[i].options) == NX_SUCCESS,
          "options");
    status = secure_send(&secure, &server, &manners);
    CHECK(status == (want == NX_SUCCESS ? NX_SUCCESS : NX_SMTP_TLS_ERROR), "%s: 0x%02X", name,
          status);
    CHECK(secure_status(&secure) == want, "%s: TLS status 0x%02X", name, secure_status(&secure));
    CHECK((server.connections > 0) == setups[i].connects, "%s: connections", name);
    CHECK(want == NX_SUCCESS || server.heard_len == 0, "%s: heard `%s`", name, server.heard);
    check_clear(&server, name);
    secure_server_free(&server);
    secure_close(&secure);
}

/* ---- A man in the middle ------------------------------------------------------------------ */

static const struct {
    const char *name;
    struct manners manners;
    UINT mode;
    UINT status;
    UINT other; /* as good */
} attacks[] = {
    {"stripped", {.clear_ehlo = "AUTH PLAIN LOGIN"}, 1, NX_SMTP_TLS_UNAVAILABLE, 0},
    {"only a word", {.clear_ehlo = "XSECURITY=NONE,STARTTLS"}, 1, NX_SMTP_TLS_UNAVAILABLE, 0},
    {"454", {.starttls = "454 later\r\n"}, 1, NX_SMTP_TLS_UNAVAILABLE, 0},
    {"502", {.starttls = "502 no\r\n"}, 1, NX_SMTP_TLS_UNAVAILABLE, 0},
    {"501", {.starttls = "501 no\r\n"}, 1, NX_SMTP_TLS_UNAVAILABLE, 0},
    {"530", {.starttls = "530 no\r\n"}, 1, NX_SMTP_TLS_UNAVAILABLE, 0},
    {"354", {.starttls = "354 no\r\n"}, 1, NX_SMTP_TLS_UNAVAILABLE, NX_SMTP_INVALID_SERVER_REPLY},
    {"421", {.starttls = "421 no\r\n"}, 1, NX_SMTP_TLS_UNAVAILABLE, 0},
    {"injection",
     {.starttls = "220 go\r\n250-evil.example\r\n250 AUTH PLAIN\r\n", .handshake = SILENT},
     1,
     NX_SMTP_TLS_INJECTION,
     0},
    {"injected octet",
     {.starttls = "220 go\r\n2", .handshake = SILENT},
     1,
     NX_SMTP_TLS_INJECTION,
     0},
    /* The reply fills the driver's buffer: the rest lies in the transport. */
    {"injection behind 64 octets",
     {.starttls =
          "220 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n250 AUTH PLAIN\r\n",
      .handshake = SILENT},
     1,
     NX_SMTP_TLS_INJECTION,
     0},
    {"cut", {.handshake = CUT}, 1, NX_SMTP_TLS_ERROR, 0},
    {"garbage", {.handshake = GARBAGE}, 1, NX_SMTP_TLS_ERROR, NX_SMTP_TLS_INJECTION},
    {"silent", {.handshake = SILENT}, 1, NX_NO_PACKET, 0},
    {"drip", {.handshake = DRIP}, 1, NX_NO_PACKET, NX_SMTP_TLS_INJECTION},
    {"implicit, cut", {.handshake = CUT}, 2, NX_SMTP_TLS_ERROR, 0},
    {"implicit, in clear", {.handshake = GARBAGE}, 2, NX_SMTP_TLS_ERROR, NX_SMTP_TLS_INJECTION},
    {"implicit, silent", {.handshake = SILENT}, 2, NX_NO_PACKET, 0},
    {"implicit, drip", {.handshake = DRIP}, 2, NX_NO_PACKET, NX_SMTP_TLS_INJECTION},
    {"TLS 1.1", {.max_version = TLS1_1_VERSION}, 2, NX_SMTP_TLS_ERROR, 0},
    {"TLS 1.0", {.max_version = TLS1_VERSION}, 1, NX_SMTP_TLS_ERROR, 0},
};

static void test_attack(size_t i) {
    static struct secure secure;
    const char *name = attacks[i].name;
    struct manners manners = attacks[i].manners;
    struct secure_server server;
    ULONG start = tx_time_get();
    ULONG passed;
    UINT status;
    manners.certificate = certificate("ecdsa");
    manners.implicit = attacks[i].mode == NX_SMTP_TLS_IMPLICIT;
    secure_open(&secure, &good_setup, attacks[i].mode, NULL);
    status = secure_send(&secure, &server, &manners);
    passed = tx_time_get() - start;
    CHECK(status == attacks[i].status || (attacks[i].other != 0 && status == attacks[i].other),
          "%s: 0x%02X, TLS status 0x%02X", name, status, secure_status(&secure));
    CHECK(server.heard_len == 0, "%s: heard `%s`", name, server.heard);
    CHECK(passed < 250, "%s: %lu ticks", name, (unsigned long)passed);
    check_clear(&server, name);
    secure_server_free(&server);
    secure_close(&secure);
}

/* The connection ends behind each octet that the server sends, or every few. */
static void test_cuts(void) {
    static struct secure secure;
    struct secure_server server;
    bool cut = true;
    secure_open(&secure, &good_setup, NX_SMTP_TLS_REQUIRED, NULL);
    for (size_t octets = 0; cut && octets < 6000; octets += 43) {
        struct manners manners = manners_of(NX_SMTP_TLS_REQUIRED, "ecdsa");
        UINT status;
        manners.handshake = CUT_AT;
        manners.octets = octets;
        status = secure_send(&secure, &server, &manners);
        CHECK(status == NX_SUCCESS || status == NX_SMTP_TLS_ERROR || status == NX_NOT_CONNECTED ||
                  (status == NX_SMTP_DELIVERY_UNKNOWN && server.mails == 1),
              "behind %zu: 0x%02X", octets, status);
        check_clear(&server, "cut");
        cut = server.cut;
        CHECK(cut || status == NX_SUCCESS, "whole: 0x%02X", status);
        secure_server_free(&server);
    }
    CHECK(!cut, "never whole");
    secure_close(&secure);
}

static void test_ends(void) {
    static struct secure secure;
    struct secure_server server;
    struct manners silent = manners_of(NX_SMTP_TLS_REQUIRED, "ecdsa");
    struct manners rude = silent;
    silent.reads_on = true;
    rude.no_notify = true;
    secure_open(&secure, &good_setup, NX_SMTP_TLS_REQUIRED, NULL);
    CHECK(secure_send(&secure, &server, &rude) == NX_SUCCESS, "no close_notify");
    secure_server_free(&server);
    CHECK(secure_send(&secure, &server, &silent) == NX_SMTP_DELIVERY_UNKNOWN, "no answer");
    secure_server_free(&server);
    secure_close(&secure);
}

/* ---- The calls ---------------------------------------------------------------------------- */

static void test_checks(void) {
#ifndef NX_SMTP_DISABLE_ERROR_CHECKING
    static struct secure secure;
    static CHAR host[] = HOST;
    static CHAR empty[] = "";
    static CHAR longest[NX_SECURE_X509_DNS_NAME_MAX + 2];
    NX_SMTP_CLIENT *client = &secure.stage.client;
    UINT status;
    memset(longest, 'x', sizeof longest - 1);
    secure_open(&secure, &good_setup, NX_SMTP_TLS_REQUIRED, NULL);
    CHECK(nx_smtp_client_tls_set(NX_NULL, 1, host, test_tls_setup) == NX_PTR_ERROR, "client");
    CHECK(nx_smtp_client_tls_set(client, 1, NX_NULL, test_tls_setup) == NX_PTR_ERROR, "host");
    CHECK(nx_smtp_client_tls_set(client, 1, host, NX_NULL) == NX_PTR_ERROR, "setup");
    CHECK(nx_smtp_client_tls_set(client, 3, host, test_tls_setup) == NX_SMTP_INVALID_PARAM, "mode");
    CHECK(nx_smtp_client_tls_set(client, 1, empty, test_tls_setup) == NX_SMTP_INVALID_PARAM,
          "empty");
    CHECK(nx_smtp_client_tls_set(client, 1, longest, test_tls_setup) == NX_SIZE_ERROR, "long");
    longest[NX_SECURE_X509_DNS_NAME_MAX] = '\0';
    CHECK(nx_smtp_client_tls_set(client, 2, longest, test_tls_setup) == NX_SUCCESS, "longest");
    CHECK(nx_smtp_client_tls_set(client, 0, NX_NULL, NX_NULL) == NX_SUCCESS, "none");
    CHECK(nx_smtp_client_tls_status_get(client, NX_NULL) == NX_PTR_ERROR, "getter");
    CHECK(nx_smtp_client_tls_status_get(NX_NULL, &status) == NX_PTR_ERROR, "getter");
    secure_close(&secure);
    CHECK(nx_smtp_client_tls_set(client, 1, host, test_tls_setup) == NX_SMTP_CLIENT_NOT_INITIALIZED,
          "deleted");
#endif
}

/* ---- Threads ------------------------------------------------------------------------------ */

#define CLIENTS 3
#define ROUNDS  4

static struct secure clients[CLIENTS];
static struct secure_server servers[CLIENTS];
static UINT failed[CLIENTS];
static TX_SEMAPHORE ended;

static VOID work(ULONG number) {
    for (int i = 0; i < ROUNDS; i++)
        failed[number] += stage_send(&clients[number].stage, &plain_mail) != NX_SUCCESS;
    tx_semaphore_put(&ended);
}

static void test_threads(void) {
    static TX_THREAD threads[CLIENTS];
    static UCHAR stacks[CLIENTS][16384];
    CHAR name[] = "worker";
    tx_semaphore_create(&ended, name, 0);
    for (ULONG i = 0; i < CLIENTS; i++) {
        struct manners manners = manners_of(modes[i % 2], i == 1 ? "rsa" : "ecdsa");
        secure_open(&clients[i], &good_setup, modes[i % 2], NULL);
        clients[i].stage.client.nx_smtp_client_config.waits = NULL;
        secure_server_start(&servers[i], &manners);
        clients[i].stage.client.nx_smtp_client_server_port = servers[i].port;
    }
    for (ULONG i = 0; i < CLIENTS; i++)
        CHECK(tx_thread_create(&threads[i], name, work, i, stacks[i], sizeof stacks[i], 16, 16,
                               TX_NO_TIME_SLICE, TX_AUTO_START) == TX_SUCCESS,
              "thread");
    for (int i = 0; i < CLIENTS; i++)
        CHECK(tx_semaphore_get(&ended, 6000) == TX_SUCCESS, "a thread did not end");
    for (int i = 0; i < CLIENTS; i++) {
        secure_server_join(&servers[i]);
        CHECK(failed[i] == 0 && servers[i].mails == ROUNDS, "%zu mails", servers[i].mails);
        check_clear(&servers[i], "threads");
        secure_server_free(&servers[i]);
        stage_check(&clients[i].stage, "threads");
        secure_close(&clients[i]);
    }
    tx_semaphore_delete(&ended);
}

/* ---- mbedTLS over the NetX transport ------------------------------------------------------ */

static char *read_file(const char *path, size_t *n) {
    static char text[16384];
    FILE *file = fopen(path, "r");
    *n = file != NULL ? fread(text, 1, sizeof text, file) : 0;
    if (file != NULL)
        fclose(file);
    return text;
}

static UINT connect(struct stage *stage, NX_TCP_SOCKET *socket_ptr, UINT port) {
    CHAR name[] = "socket";
    return nx_tcp_socket_create(&stage->ip, socket_ptr, name, NX_IP_NORMAL, NX_DONT_FRAGMENT,
                                NX_IP_TIME_TO_LIVE, 1460, NX_NULL, NX_NULL) |
           nx_tcp_client_socket_bind(socket_ptr, NX_ANY_PORT, NX_NO_WAIT) |
           nxd_tcp_client_socket_connect(socket_ptr, &stage->address, port, 100);
}

static enum smtplite_outcome send_by_mbedtls(const struct smtplite_transport *transport,
                                             const char *host) {
    static const char text[] = "From: a@example.com\r\nSubject: x\r\n\r\nx\r\n";
    struct smtplite_recipient to = {.address = "b@example.com"};
    struct smtplite_mail mail = {.from = "a@example.com", .recipients = &to, .count = 1};
    struct smtplite_memory memory = {.p = text, .n = sizeof text - 1};
    struct smtplite_source source = smtplite_memory_source(&memory);
    struct smtplite_config config = {.domain = "pump7.example.com", .waits = &quick};
    struct smtplite_tls_options options = {.host = host};
    struct smtplite_mbedtls tls;
    enum smtplite_outcome outcome = SMTPLITE_NOT_SENT;
    options.ca.p = read_file(certificate("ca"), &options.ca.n);
    CHECK(smtplite_mbedtls_init(&tls, &options) == SMTPLITE_E_OK, "init");
    smtplite_mbedtls_wrap(&tls, transport);
    outcome = smtplite_send(&tls.wrap.transport, &config, &mail, &source, NULL, NULL);
    smtplite_mbedtls_close(&tls);
    smtplite_mbedtls_free(&tls);
    return outcome;
}

static void test_mbedtls(const char *host, enum smtplite_outcome want) {
    static struct stage stage;
    struct smtplite_transport transport;
    NX_SMTP_TRANSPORT over;
    NX_TCP_SOCKET socket;
    struct manners manners = manners_of(NX_SMTP_TLS_REQUIRED, "rsa");
    struct secure_server server;
    stage_open(&stage, 0, 16);
    secure_server_start(&server, &manners);
    CHECK(connect(&stage, &socket, server.port) == NX_SUCCESS, "connect");
    CHECK(nx_smtp_transport_set(&transport, &over, &socket, &stage.pool) == NX_SUCCESS, "set");
    CHECK(send_by_mbedtls(&transport, host) == want, "%s", host);
    nx_smtp_transport_release(&over);
    CHECK(nx_tcp_socket_disconnect(&socket, 100) == NX_SUCCESS || want != SMTPLITE_SENT,
          "disconnect");
    CHECK(nx_tcp_client_socket_unbind(&socket) == NX_SUCCESS, "unbind");
    CHECK(nx_tcp_socket_delete(&socket) == NX_SUCCESS, "delete");
    CHECK(stage.pool.nx_packet_pool_available == stage.available, "packets are lost");
    secure_server_join(&server);
    CHECK(server.mails == (want == SMTPLITE_SENT), "%zu mails", server.mails);
    check_clear(&server, "mbedTLS");
    secure_server_free(&server);
    stage_close(&stage);
}

/* ---- All, or the group that is named --------------------------------------------------------- */

static void test_certificates(void) {
    for (size_t i = 0; i < sizeof certificates / sizeof certificates[0]; i++)
        for (size_t mode = 0; mode < 2; mode++)
            test_certificate(i, modes[mode]);
    test_again();
    test_one_connection();
}

static void test_setups(void) {
    for (size_t i = 0; i < sizeof setups / sizeof setups[0]; i++)
        test_setup(i);
    test_checks();
}

static void test_attacks(void) {
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++)
        test_attack(i);
}

static void test_sessions(void) {
    test_cuts();
    test_ends();
    test_threads();
    test_mbedtls(HOST, SMTPLITE_SENT);
    test_mbedtls("other.example.com", SMTPLITE_NOT_SENT);
    test_example();
}

static const struct {
    const char *name;
    void (*run)(void);
} groups[] = {
    {"certificates", test_certificates}, {"setups", test_setups}, {"attacks", test_attacks},
    {"sessions", test_sessions},         {"logins", test_logins}, {"faults", test_faults},
};

/* usage: facade_secure [GROUP] FOLDER */
int main(int argc, char **argv) {
    folder = argv[argc - 1];
    tx_host_start();
    nx_secure_tls_initialize();
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (argc < 3 || strcmp(argv[1], groups[i].name) == 0)
            groups[i].run();
    return checks_end("facade secure");
}
