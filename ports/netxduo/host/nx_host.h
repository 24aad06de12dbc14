/* SPDX-License-Identifier: MIT */

/* What the host edition has beside NetX Duo's API: a way in for plain programs, and knobs for
 * tests. */

#ifndef NX_HOST_H
#define NX_HOST_H

#include "nx_api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Makes the calling POSIX thread a ThreadX thread and starts the kernel, for programs with a main
 * of their own and no tx_kernel_enter. May be called in several threads, and twice in one. */
VOID tx_host_start(VOID);

/* The calls that are counted and can be made to fail, with the status that the failing call
 * returns. */
enum nx_host_call {
    NX_HOST_PACKET_ALLOCATE, /* NX_NO_PACKET; those that nx_packet_data_append makes count too */
    NX_HOST_SOCKET_CREATE,   /* NX_NOT_ENABLED */
    NX_HOST_BIND,            /* NX_NO_FREE_PORTS */
    NX_HOST_CONNECT,         /* NX_NOT_CONNECTED */
    NX_HOST_SEND, /* NX_TX_QUEUE_DEPTH; nothing has been sent, the caller still owns the packet */
    NX_HOST_RECEIVE,    /* NX_NO_PACKET, at once */
    NX_HOST_DISCONNECT, /* NX_DISCONNECT_FAILED; the connection is reset, as after a real time limit
                         */
    NX_HOST_TLS_CREATE, /* of a session: NX_INVALID_PARAMETERS */
    NX_HOST_TLS_SET,    /* of a certificate callback or a name: NX_PTR_ERROR */
    NX_HOST_TLS_START,  /* NX_SECURE_TLS_HANDSHAKE_FAILURE */
    NX_HOST_TLS_HANDSHAKE, /* each step: the same; the session is reset */
    NX_HOST_TLS_ALLOCATE,  /* NX_NO_PACKET */
    NX_HOST_TLS_SEND,      /* NX_SECURE_TLS_TCP_SEND_FAILED; the session is reset */
    NX_HOST_TLS_RECEIVE,   /* NX_SECURE_TLS_INVALID_PACKET; the session is reset */
    NX_HOST_TLS_END,       /* NX_SECURE_TLS_ALLOCATE_PACKET_FAILED; the session is reset */
    NX_HOST_CALLS
};

/* The nth call from now on fails, once (1: the next one; 0: none). */
VOID nx_host_fail(enum nx_host_call which, unsigned nth);

/* Calls since the start or the last reset, failed ones included. */
unsigned nx_host_calls(enum nx_host_call which);

/* POSIX sends since then: at least one for each NetX send, more if a packet is longer than the MSS.
 */
unsigned nx_host_segments(VOID);

/* The MSS of connections made from now on; 0 means the usual (1460, with IPv6 1440). */
VOID nx_host_mss_set(ULONG new_mss);

/* No faults, counters at 0, the usual MSS. */
VOID nx_host_reset(VOID);

#ifdef __cplusplus
}
#endif

#endif
