/* SPDX-License-Identifier: MIT */

/* Send. */

#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "nx_tcp_inner.h"

/* Pieces of a chain that one POSIX send takes. */
#define MAX_PIECES 64

/* Gathers the chain's first bytes, at most cap of them. Returns the number of pieces. */
static int gather(const NX_PACKET *packet_ptr, ULONG cap, struct iovec *pieces) {
    int count = 0;

    for (; packet_ptr != NULL && cap > 0 && count < MAX_PIECES;
         packet_ptr = nx_inner_next(packet_ptr)) {
        ULONG part = nx_inner_used(packet_ptr) < cap ? nx_inner_used(packet_ptr) : cap;

        if (part > 0) {
            pieces[count].iov_base = packet_ptr->nx_packet_prepend_ptr;
            pieces[count].iov_len = part;
            count++;
            cap -= part;
        }
    }
    return count;
}

/* Takes what has been sent off the front of the chain. */
static void trim(NX_PACKET *packet_ptr, ULONG sent) {
    packet_ptr->nx_packet_length -= sent;
    for (; packet_ptr != NULL && sent > 0; packet_ptr = nx_inner_next(packet_ptr)) {
        ULONG part = nx_inner_used(packet_ptr) < sent ? nx_inner_used(packet_ptr) : sent;

        packet_ptr->nx_packet_prepend_ptr += part;
        sent -= part;
    }
}

static ssize_t send_segment(NX_TCP_SOCKET *socket_ptr, const NX_PACKET *packet_ptr) {
    struct iovec pieces[MAX_PIECES];
    struct msghdr message;
    ssize_t n;

    memset(&message, 0, sizeof message);
    message.msg_iov = pieces;
    message.msg_iovlen = (size_t)gather(packet_ptr, socket_ptr->nx_tcp_socket_connect_mss, pieces);
    n = sendmsg(socket_ptr->nx_tcp_socket_host_fd, &message, MSG_NOSIGNAL);
    if (n > 0) {
        nx_inner_segment();
        socket_ptr->nx_tcp_socket_packets_sent++;
        socket_ptr->nx_tcp_socket_bytes_sent += (ULONG)n;
        socket_ptr->nx_tcp_socket_ip_ptr->nx_ip_tcp_packets_sent++;
        socket_ptr->nx_tcp_socket_ip_ptr->nx_ip_tcp_bytes_sent += (ULONG)n;
    }
    return n;
}

/* Sends the packet to its end. What has left is trimmed off it at once, so that a caller who tries
 * again after a time limit sends nothing twice: the real stack does the same. */
static UINT send_all(NX_TCP_SOCKET *socket_ptr, NX_PACKET *packet_ptr, int64_t deadline) {
    while (packet_ptr->nx_packet_length > 0) {
        ssize_t n;

        nx_inner_tcp_advance(socket_ptr);
        if (socket_ptr->nx_tcp_socket_state == NX_TCP_SYN_SENT) {
            if (!nx_inner_tcp_wait_ready(socket_ptr, POLLOUT, deadline)) {
                return NX_NOT_CONNECTED;
            }
            continue;
        }
        if (socket_ptr->nx_tcp_socket_state != NX_TCP_ESTABLISHED &&
            socket_ptr->nx_tcp_socket_state != NX_TCP_CLOSE_WAIT) {
            return NX_NOT_CONNECTED;
        }
        n = send_segment(socket_ptr, packet_ptr);
        if (n > 0) {
            trim(packet_ptr, (ULONG)n);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (!nx_inner_tcp_wait_ready(socket_ptr, POLLOUT, deadline)) {
                return NX_WINDOW_OVERFLOW;
            }
        } else if (errno != EINTR) {
            /* What came before the reset can still be fetched. */
            if (nx_inner_tcp_look(socket_ptr) == 0)
                nx_inner_tcp_close(socket_ptr, true);
            return NX_NOT_CONNECTED;
        }
    }
    return NX_SUCCESS;
}

static UINT send_packet(NX_TCP_SOCKET *socket_ptr, NX_PACKET *packet_ptr, int64_t deadline) {
    UINT status;

    if (nx_inner_call(NX_HOST_SEND)) {
        return NX_TX_QUEUE_DEPTH;
    }
    if (packet_ptr->nx_packet_length == 0) {
        return NX_INVALID_PACKET;
    }
    if (!nx_inner_tcp_is_bound(socket_ptr)) {
        return NX_NOT_BOUND;
    }
    while (socket_ptr->nx_tcp_socket_host_sending) {
        if (!nx_inner_tcp_wait_change(socket_ptr, deadline)) {
            return NX_TX_QUEUE_DEPTH;
        }
    }
    socket_ptr->nx_tcp_socket_host_sending = NX_TRUE;
    status = send_all(socket_ptr, packet_ptr, deadline);
    socket_ptr->nx_tcp_socket_host_sending = NX_FALSE;
    tx_host_announce();
    if (status == NX_SUCCESS) {
        nx_inner_packet_release(packet_ptr);
    }
    return status;
}

UINT _nx_tcp_socket_send(NX_TCP_SOCKET *socket_ptr, NX_PACKET *packet_ptr, ULONG wait_option) {
    UINT status;

    tx_host_lock();
    status = send_packet(socket_ptr, packet_ptr, tx_host_deadline(wait_option));
    tx_host_unlock_and_end_if_told();
    return status;
}

static UINT check_send(const NX_TCP_SOCKET *socket_ptr, const NX_PACKET *packet_ptr) {
    ptrdiff_t headers = nx_inner_tcp_is_v4(&socket_ptr->nx_tcp_socket_connect_ip)
                            ? IPV4_TCP_HEADERS
                            : IPV6_TCP_HEADERS;

    if (socket_ptr->nx_tcp_socket_connect_ip.nxd_ip_version == 0) {
        return NX_NOT_CONNECTED;
    }
    if (packet_ptr->nx_packet_prepend_ptr - packet_ptr->nx_packet_data_start < headers) {
        socket_ptr->nx_tcp_socket_ip_ptr->nx_ip_tcp_invalid_packets++;
        return NX_UNDERFLOW;
    }
    if (packet_ptr->nx_packet_append_ptr > packet_ptr->nx_packet_data_end) {
        socket_ptr->nx_tcp_socket_ip_ptr->nx_ip_tcp_invalid_packets++;
        return NX_OVERFLOW;
    }
    return NX_SUCCESS;
}

UINT _nxe_tcp_socket_send(NX_TCP_SOCKET *socket_ptr, NX_PACKET **packet_ptr_ptr,
                          ULONG wait_option) {
    NX_PACKET *packet_ptr = *packet_ptr_ptr;
    UINT status;

    if (!nx_inner_tcp_is_socket(socket_ptr)) {
        return NX_PTR_ERROR;
    }
    if (packet_ptr == NULL || packet_ptr->nx_packet_union_next.nx_packet_tcp_queue_next !=
                                  (NX_PACKET *)NX_PACKET_ALLOCATED) {
        return NX_INVALID_PACKET;
    }
    if (!nx_inner_tcp_is_enabled(socket_ptr)) {
        return NX_NOT_ENABLED;
    }
    tx_host_lock();
    status = check_send(socket_ptr, packet_ptr);
    tx_host_unlock();
    if (status != NX_SUCCESS) {
        return status;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    status = _nx_tcp_socket_send(socket_ptr, packet_ptr, wait_option);
    if (status == NX_SUCCESS) {
        *packet_ptr_ptr = NULL;
    }
    return status;
}
