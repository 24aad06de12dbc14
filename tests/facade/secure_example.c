/* SPDX-License-Identifier: MIT */
/* The example as firmware would have it, against a server with TLS and GNU SASL. */

#include "secure.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../examples/netx_tls_example.c"

UCHAR root_ca[2048];
USHORT root_ca_length;

ULONG clock_seconds(VOID) {
    return (ULONG)time(NULL);
}

UINT board_random(UCHAR *buffer, ULONG length) {
    for (ULONG i = 0; i < length; i++)
        buffer[i] = (UCHAR)(rand() >> 3);
    return NX_SUCCESS;
}

void test_example(void) {
    static struct stage stage;
    struct manners manners = {.certificate = certificate("chain"),
                              .ehlo = "AUTH PLAIN SCRAM-SHA-256"};
    struct secure_server server;
    UINT tls_status = NX_NOT_SUCCESSFUL;
    UINT status;
    root_ca_length = load_ca(root_ca, sizeof root_ca);
    stage_open(&stage, 0, 16);
    secure_server_start(&server, &manners);
    status = send_secure_mail(&stage.ip, &stage.pool, &stage.address, server.port, &tls_status);
    CHECK(status == NX_SUCCESS && tls_status == NX_SUCCESS, "0x%02X, TLS 0x%02X", status,
          tls_status);
    secure_server_join(&server);
    CHECK(server.mails == 1 && server.logged_in, "%zu mails", server.mails);
    check_clear(&server, "example");
    CHECK(stage.pool.nx_packet_pool_available == stage.available, "packets are lost");
    secure_server_free(&server);
    stage_close(&stage);
}
