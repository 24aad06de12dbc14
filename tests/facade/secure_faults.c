/* SPDX-License-Identifier: MIT */
/* The n-th call of each kind into NetX and NetX Secure fails, for every n that a session makes. */

#include "secure.h"

#include <string.h>

static const char *const names[] = {
    [NX_HOST_PACKET_ALLOCATE] = "allocate",
    [NX_HOST_SOCKET_CREATE] = NULL,
    [NX_HOST_BIND] = "bind",
    [NX_HOST_CONNECT] = "connect",
    [NX_HOST_SEND] = "send",
    [NX_HOST_RECEIVE] = "receive",
    [NX_HOST_DISCONNECT] = "disconnect",
    [NX_HOST_TLS_CREATE] = "TLS create",
    [NX_HOST_TLS_SET] = "TLS set",
    [NX_HOST_TLS_START] = "TLS start",
    [NX_HOST_TLS_HANDSHAKE] = "TLS handshake",
    [NX_HOST_TLS_ALLOCATE] = "TLS allocate",
    [NX_HOST_TLS_SEND] = "TLS send",
    [NX_HOST_TLS_RECEIVE] = "TLS receive",
    [NX_HOST_TLS_END] = "TLS end",
};

/* How many are tried: of the polls of a socket, a test makes hundreds. */
#define MOST 24u

static struct secure secure;

/* False: a session makes fewer than n. */
static bool fail_one(enum nx_host_call which, unsigned n) {
    struct manners manners = {.certificate = certificate("ecdsa")};
    struct secure_server server;
    bool called;
    UINT status;
    nx_host_reset();
    nx_host_fail(which, n);
    status = secure_send(&secure, &server, &manners);
    called = nx_host_calls(which) >= n;
    nx_host_reset();
    CHECK(status == NX_SUCCESS || server.mails == 0 || status == NX_SMTP_DELIVERY_UNKNOWN,
          "%s %u: 0x%02X, and the server has the mail", names[which], n, status);
    CHECK(called || status == NX_SUCCESS, "%s %u: 0x%02X without a fault", names[which], n, status);
    check_clear(&server, names[which]);
    secure_server_free(&server);
    if (!called)
        return false;
    status = secure_send(&secure, &server, &manners);
    CHECK(status == NX_SUCCESS, "%s %u: the next send: 0x%02X", names[which], n, status);
    secure_server_free(&server);
    return true;
}

void test_faults(void) {
    secure_open(&secure, &good_setup, NX_SMTP_TLS_REQUIRED, NULL);
    for (unsigned which = 0; which < NX_HOST_CALLS; which++) {
        unsigned n = 1;
        while (names[which] != NULL && n <= MOST && fail_one((enum nx_host_call)which, n))
            n++;
        CHECK(names[which] == NULL || n > 1, "%s: no call was made to fail", names[which]);
    }
    secure_close(&secure);
}
