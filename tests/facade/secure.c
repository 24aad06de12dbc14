/* SPDX-License-Identifier: MIT */

#include "secure.h"

#include <openssl/pem.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *folder;

const char *certificate(const char *name) {
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s.pem", folder, name);
    return path;
}

/* ---- What an application does ------------------------------------------------------------- */

const struct setup good_setup = {.ca = "ca"};

const struct smtplite_waits quick = {.greeting = 100,
                                     .tls = 100,
                                     .command = 100,
                                     .data = 100,
                                     .block = 100,
                                     .message = 100,
                                     .quit = 100};

static ULONG clock_now(VOID) {
    return (ULONG)time(NULL);
}

static ULONG clock_zero(VOID) {
    return 0;
}

/* All certificates of a PEM file, as DER that nobody frees before the program's end. */
static unsigned load(const char *path, UCHAR (*der)[2048], USHORT *len, unsigned max) {
    FILE *file = fopen(path, "r");
    unsigned count = 0;
    X509 *x509;
    CHECK(file != NULL, "%s", path);
    while (file != NULL && count < max && (x509 = PEM_read_X509(file, NULL, NULL, NULL)) != NULL) {
        UCHAR *p = der[count];
        int n = i2d_X509(x509, NULL);
        CHECK(n > 0 && n <= (int)sizeof der[0], "%s", path);
        len[count++] = (USHORT)i2d_X509(x509, &p);
        X509_free(x509);
    }
    if (file != NULL)
        fclose(file);
    return count;
}

USHORT load_ca(UCHAR *der, size_t size) {
    static UCHAR ders[1][2048];
    USHORT len[1] = {0};
    CHECK(load(certificate("ca"), ders, len, 1) == 1 && len[0] <= size, "ca");
    memcpy(der, ders[0], len[0]);
    return len[0];
}

static UINT trust(struct secure *secure, NX_SECURE_TLS_SESSION *session_ptr) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static UCHAR ders[2][3][2048];
    static USHORT lens[2][3];
    static unsigned counts[2];
    unsigned which = strcmp(secure->setup.ca, "ca") != 0;
    UINT status = NX_SUCCESS;
    pthread_mutex_lock(&lock);
    if (counts[which] == 0)
        counts[which] = load(certificate(secure->setup.ca), ders[which], lens[which], 3);
    pthread_mutex_unlock(&lock);
    for (unsigned i = 0; i < counts[which] && status == NX_SUCCESS; i++) {
        status = nx_secure_x509_certificate_initialize(&secure->ca[i], ders[which][i],
                                                       lens[which][i], NX_NULL, 0, NX_NULL, 0,
                                                       NX_SECURE_X509_KEY_TYPE_NONE);
        if (status == NX_SUCCESS)
            status = nx_secure_tls_trusted_certificate_add(session_ptr, &secure->ca[i]);
    }
    return status;
}

UINT test_tls_setup(NX_SMTP_CLIENT *client_ptr, NX_SECURE_TLS_SESSION *session_ptr) {
    struct secure *secure =
        (struct secure *)(void *)((char *)client_ptr - offsetof(struct secure, stage.client));
    const struct setup *setup = &secure->setup;
    UINT status = setup->status;
    secure->setups++;
    if (!setup->no_create)
        status |= nx_secure_tls_session_create(session_ptr, &nx_crypto_tls_ciphers,
                                               secure->metadata, sizeof secure->metadata);
    if (status != NX_SUCCESS || setup->no_create)
        return status;
    status = nx_secure_tls_session_packet_buffer_set(session_ptr, secure->packet_buffer,
                                                     sizeof secure->packet_buffer);
    if (status == NX_SUCCESS && !setup->no_clock)
        status = nx_secure_tls_session_time_function_set(
            session_ptr, setup->clock_fails ? clock_zero : clock_now);
    if (status == NX_SUCCESS && setup->callback != NULL)
        session_ptr->nx_secure_tls_session_certificate_callback = setup->callback;
    return status == NX_SUCCESS && setup->ca != NULL ? trust(secure, session_ptr) : status;
}

/* ---- The stage ---------------------------------------------------------------------------- */

void secure_open(struct secure *secure, const struct setup *setup, UINT mode, const char *host) {
    memset(secure, 0, sizeof *secure);
    secure->setup = *setup;
    stage_open(&secure->stage, 0, 16);
    CHECK(stage_create(&secure->stage, &plain_mail, 25) == NX_SUCCESS, "create");
    secure->stage.client.nx_smtp_client_config.waits = &quick;
    CHECK(nx_smtp_client_tls_set(&secure->stage.client, mode,
                                 (CHAR *)(uintptr_t)(host != NULL ? host : HOST),
                                 test_tls_setup) == NX_SUCCESS,
          "tls_set");
}

static bool is_zero(const void *p, size_t n) {
    const char *octets = p;
    for (size_t i = 0; i < n; i++)
        if (octets[i] != 0)
            return false;
    return true;
}

void secure_close(struct secure *secure) {
    CHECK(stage_delete(&secure->stage) == NX_SUCCESS, "delete");
    CHECK(is_zero(&secure->stage.client, sizeof secure->stage.client), "not cleared");
    stage_close(&secure->stage);
}

UINT secure_send(struct secure *secure, struct secure_server *server,
                 const struct manners *manners) {
    UINT status;
    secure_server_start(server, manners);
    secure->stage.client.nx_smtp_client_server_port = server->port;
    status = stage_send(&secure->stage, &plain_mail);
    secure_server_join(server);
    stage_check(&secure->stage, "send");
    CHECK(secure->stage.client.nx_smtp_client_tls_session.nx_secure_tls_id == 0, "not deleted");
    CHECK((status == NX_SUCCESS) <= (server->mails == 1), "success without a mail");
    return status;
}

UINT secure_status(struct secure *secure) {
    UINT status = 0xFFFF;
    CHECK(nx_smtp_client_tls_status_get(&secure->stage.client, &status) == NX_SUCCESS, "getter");
    return status;
}

void check_clear(const struct secure_server *server, const char *name) {
    static const char *const never[] = {"AUTH", "MAIL", "RCPT", "DATA", "HELO"};
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        CHECK(server->clear == NULL || strstr(server->clear, never[i]) == NULL, "%s: clear: `%s`",
              name, server->clear);
    CHECK(!server->leaked, "%s: commands in clear", name);
}
