/* SPDX-License-Identifier: MIT */
/*
 * A server that asks for a renegotiation again and again while our records leave in parts: what it
 * gets is what was sent, each octet once. mbedTLS answers within mbedtls_ssl_read, and takes what
 * stands in its output for what was last written: see ports/mbedtls/mbedtls.c, write_bytes. The
 * server is mbedTLS's own, in memory, over a line that takes a few octets at a time.
 */
#include "../engine/check.h"

#include <mbedtls/x509_crt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smtplite/mbedtls.h"
#include "smtplite/smtplite.h"

enum { LINE_SIZE = 1 << 16, MESSAGE = 100000, PIECE = 900, NARROW = 40, TURNS = 200000 };

struct line {
    unsigned char octets[LINE_SIZE];
    size_t pos, len;
    size_t room; /* what it takes before it would block */
};

static struct line to_server, to_client;
static uint32_t ticks;

static size_t put(struct line *line, const void *p, size_t n) {
    memmove(line->octets, line->octets + line->pos, line->len - line->pos);
    line->len -= line->pos;
    line->pos = 0;
    if (n > line->room)
        n = line->room;
    if (n > sizeof line->octets - line->len)
        n = sizeof line->octets - line->len;
    memcpy(line->octets + line->len, p, n);
    line->len += n;
    line->room -= n;
    return n;
}

static size_t get(struct line *line, void *p, size_t n) {
    if (n > line->len - line->pos)
        n = line->len - line->pos;
    memcpy(p, line->octets + line->pos, n);
    line->pos += n;
    return n;
}

/* ---- The server ---------------------------------------------------------------------------- */

static struct {
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config config;
    mbedtls_x509_crt certificate;
    mbedtls_pk_context key;
    struct smtplite_mbedtls_random random;
    unsigned char got[2 * MESSAGE];
    size_t got_len;
} server;

static int server_put(void *context, const unsigned char *p, size_t n) {
    (void)context;
    to_client.room = n;
    size_t count = put(&to_client, p, n);
    return count > 0 ? (int)count : MBEDTLS_ERR_SSL_WANT_WRITE;
}

static int server_get(void *context, unsigned char *p, size_t n) {
    (void)context;
    size_t count = get(&to_server, p, n);
    return count > 0 ? (int)count : MBEDTLS_ERR_SSL_WANT_READ;
}

/* A certificate that signs itself: this test trusts everybody. */
static bool make_certificate(void) {
    unsigned char der[2048];
    mbedtls_x509write_cert writer;
    mbedtls_mpi serial;
    bool good = false;
    mbedtls_x509write_crt_init(&writer);
    mbedtls_mpi_init(&serial);
    if (mbedtls_pk_setup(&server.key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) == 0 &&
        mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(server.key),
                            smtplite_mbedtls_random_fill, &server.random) == 0 &&
        mbedtls_mpi_lset(&serial, 1) == 0 &&
        mbedtls_x509write_crt_set_serial(&writer, &serial) == 0 &&
        mbedtls_x509write_crt_set_subject_name(&writer, "CN=mail.example") == 0 &&
        mbedtls_x509write_crt_set_issuer_name(&writer, "CN=mail.example") == 0 &&
        mbedtls_x509write_crt_set_validity(&writer, "20200101000000", "20991231235959") == 0) {
        mbedtls_x509write_crt_set_version(&writer, MBEDTLS_X509_CRT_VERSION_3);
        mbedtls_x509write_crt_set_md_alg(&writer, MBEDTLS_MD_SHA256);
        mbedtls_x509write_crt_set_subject_key(&writer, &server.key);
        mbedtls_x509write_crt_set_issuer_key(&writer, &server.key);
        int len = mbedtls_x509write_crt_der(&writer, der, sizeof der, smtplite_mbedtls_random_fill,
                                            &server.random);
        good = len > 0 && mbedtls_x509_crt_parse_der(&server.certificate, der + sizeof der - len,
                                                     (size_t)len) == 0;
    }
    mbedtls_mpi_free(&serial);
    mbedtls_x509write_crt_free(&writer);
    return good;
}

static bool server_begin(void) {
    mbedtls_ssl_init(&server.ssl);
    mbedtls_ssl_config_init(&server.config);
    mbedtls_x509_crt_init(&server.certificate);
    mbedtls_pk_init(&server.key);
    if (!smtplite_mbedtls_random_init(&server.random) || !make_certificate() ||
        mbedtls_ssl_config_defaults(&server.config, MBEDTLS_SSL_IS_SERVER,
                                    MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) != 0)
        return false;
    mbedtls_ssl_conf_rng(&server.config, smtplite_mbedtls_random_fill, &server.random);
    mbedtls_ssl_conf_renegotiation(&server.config, MBEDTLS_SSL_RENEGOTIATION_ENABLED);
    mbedtls_ssl_conf_renegotiation_enforced(&server.config, MBEDTLS_SSL_RENEGOTIATION_NOT_ENFORCED);
    mbedtls_ssl_set_bio(&server.ssl, NULL, server_put, server_get, NULL);
    return mbedtls_ssl_conf_own_cert(&server.config, &server.certificate, &server.key) == 0 &&
           mbedtls_ssl_setup(&server.ssl, &server.config) == 0;
}

static void server_end(void) {
    mbedtls_ssl_free(&server.ssl);
    mbedtls_ssl_config_free(&server.config);
    mbedtls_x509_crt_free(&server.certificate);
    mbedtls_pk_free(&server.key);
    smtplite_mbedtls_random_free(&server.random);
}

/* Reads all there is, and then asks, if it shall. */
static void serve(bool asks) {
    for (;;) {
        int count = mbedtls_ssl_read(&server.ssl, server.got + server.got_len,
                                     sizeof server.got - server.got_len);
        if (count <= 0)
            break;
        server.got_len += (size_t)count;
    }
    if (asks)
        (void)mbedtls_ssl_renegotiate(&server.ssl);
}

/* ---- The client ---------------------------------------------------------------------------- */

static ptrdiff_t below_send(void *context, const char *p, size_t n, bool more, uint32_t wait) {
    (void)context, (void)more, (void)wait;
    return (ptrdiff_t)put(&to_server, p, n);
}

static ptrdiff_t below_receive(void *context, char *p, size_t n, uint32_t wait) {
    (void)context, (void)wait;
    return (ptrdiff_t)get(&to_client, p, n);
}

static uint32_t below_now(void *context) {
    (void)context;
    return ticks++;
}

static const struct smtplite_transport below = {
    .send = below_send, .receive = below_receive, .now = below_now};

static bool shake_hands(const struct smtplite_transport *transport) {
    const struct smtplite_config config = {.tls = SMTPLITE_TLS_IMPLICIT,
                                           .flags = SMTPLITE_ALLOW_UNVERIFIED};
    struct smtplite_session session;
    if (smtplite_init(&session, &config, NULL, 0) != SMTPLITE_E_OK)
        return false;
    for (int i = 0; i < 100 && (smtplite_wants(&session) & SMTPLITE_WANT_TLS) != 0; i++) {
        to_server.room = LINE_SIZE;
        if (transport->start_tls(transport->context, &session, 1000) != 0)
            return false;
        (void)mbedtls_ssl_handshake(&server.ssl);
    }
    return smtplite_wants(&session) == SMTPLITE_WANT_IN;
}

/* Sends all of it through a line that takes less than NARROW octets between two looks at what the
 * server says. */
static size_t send_message(const struct smtplite_transport *transport, const unsigned char *p) {
    size_t sent = 0;
    for (int turn = 0; sent < MESSAGE && turn < TURNS; turn++) {
        char answer[64];
        size_t n = MESSAGE - sent < PIECE ? MESSAGE - sent : PIECE;
        to_server.room = (size_t)(rand() % NARROW);
        ptrdiff_t count = transport->send(transport->context, (const char *)p + sent, n, false, 0);
        if (count < 0)
            break;
        sent += (size_t)count;
        to_server.room = (size_t)(rand() % NARROW);
        if (transport->receive(transport->context, answer, sizeof answer, 0) < 0)
            break;
        serve(rand() % 3 == 0);
    }
    return sent;
}

static void check_message(unsigned seed) {
    static unsigned char message[MESSAGE];
    static struct smtplite_mbedtls tls;
    struct smtplite_tls_options options = {.host = "mail.example",
                                           .flags = SMTPLITE_TLS_NO_RESUMPTION};
    srand(seed);
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (unsigned char)(rand() >> 7);
    memset(&to_server, 0, sizeof to_server);
    memset(&to_client, 0, sizeof to_client);
    server.got_len = 0;
    CHECK(server_begin());
    options.ca = (struct smtplite_octets){server.certificate.raw.p, server.certificate.raw.len};
    CHECK(smtplite_mbedtls_init(&tls, &options) == SMTPLITE_E_OK);
    smtplite_mbedtls_wrap(&tls, &below);
    CHECK(shake_hands(&tls.wrap.transport));
    CHECK(send_message(&tls.wrap.transport, message) == MESSAGE);
    to_server.room = LINE_SIZE;
    serve(false);
    CHECK(server.got_len == MESSAGE);
    CHECK(memcmp(server.got, message, MESSAGE) == 0);
    smtplite_mbedtls_close(&tls);
    smtplite_mbedtls_free(&tls);
    server_end();
}

int main(void) {
    for (unsigned seed = 1; seed <= 4; seed++)
        check_message(seed);
    return check_summary("tls_renegotiation");
}
