/* SPDX-License-Identifier: MIT */

/* TCP client sockets over non-blocking POSIX sockets.
 *
 * All of a socket is read and changed under the lock of tx_host.h; only poll() runs without it, for
 * a slice of time, and nx_tcp_socket_host_users keeps the POSIX socket open meanwhile. Whoever has
 * waited looks at the state anew. No thread works in the background, so nx_tcp_socket_state tells
 * what the last call has seen:
 *
 *   CLOSED        no POSIX socket
 *   SYN_SENT      connect() is under way
 *   ESTABLISHED
 *   CLOSE_WAIT    the peer has closed its side and all its data were read
 *   FIN_WAIT_1    in nx_tcp_socket_disconnect, until the peer closes too */

#ifndef NX_TCP_INNER_H
#define NX_TCP_INNER_H

#include "nx_inner.h"

#define IPV4_TCP_HEADERS 40
#define IPV6_TCP_HEADERS 60

static inline bool nx_inner_tcp_is_socket(const NX_TCP_SOCKET *socket_ptr) {
    return socket_ptr != NULL && socket_ptr->nx_tcp_socket_id == NX_TCP_ID;
}

static inline bool nx_inner_tcp_is_enabled(const NX_TCP_SOCKET *socket_ptr) {
    return socket_ptr->nx_tcp_socket_ip_ptr->nx_ip_tcp_packet_receive != NULL;
}

static inline bool nx_inner_tcp_is_bound(const NX_TCP_SOCKET *socket_ptr) {
    return socket_ptr->nx_tcp_socket_bound_next != NULL;
}

static inline bool nx_inner_tcp_is_v4(const NXD_ADDRESS *address) {
    return address->nxd_ip_version == NX_IP_VERSION_V4;
}

/* Lets go of the POSIX socket: with a reset, or as the kernel sees fit after an orderly end. */
void nx_inner_tcp_close(NX_TCP_SOCKET *socket_ptr, bool reset);

/* Waits a slice of time for the POSIX socket, with poll's events. False: the time is up. */
bool nx_inner_tcp_wait_ready(NX_TCP_SOCKET *socket_ptr, short events, int64_t deadline);

/* Waits for an announcement while the socket stays in use. */
bool nx_inner_tcp_wait_change(NX_TCP_SOCKET *socket_ptr, int64_t deadline);

/* The peer has gone: tells the application, as NetX does once for each connection. */
void nx_inner_tcp_tell_disconnected(NX_TCP_SOCKET *socket_ptr);

void nx_inner_tcp_on_connected(NX_TCP_SOCKET *socket_ptr);

/* Sees whether a connect() under way has come to its end. */
void nx_inner_tcp_advance(NX_TCP_SOCKET *socket_ptr);

/* What has come from the peer: bytes to read, or 0. Sees its FIN and RST, which change the state.
 */
ULONG nx_inner_tcp_look(NX_TCP_SOCKET *socket_ptr);

#endif
