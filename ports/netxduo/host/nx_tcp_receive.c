/* SPDX-License-Identifier: MIT */

/* Receive. */

#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "nx_tcp_inner.h"

/* Where a received segment's data begin: behind the headers of the stack, unless the payload is too
 * small for them. */
static ULONG headroom(const NX_TCP_SOCKET *socket_ptr, const NX_PACKET_POOL *pool_ptr) {
    ULONG room = nx_inner_tcp_is_v4(&socket_ptr->nx_tcp_socket_connect_ip) ? NX_IPv4_TCP_PACKET
                                                                           : NX_IPv6_TCP_PACKET;

    return room < pool_ptr->nx_packet_pool_payload_size ? room : 0;
}

/* Reads what fits into the packet's room, at most cap bytes. */
static ULONG fill(const NX_TCP_SOCKET *socket_ptr, NX_PACKET *packet_ptr, ULONG cap) {
    ULONG room = nx_inner_room(packet_ptr) < cap ? nx_inner_room(packet_ptr) : cap;
    ssize_t n;

    do {
        n = recv(socket_ptr->nx_tcp_socket_host_fd, packet_ptr->nx_packet_append_ptr, room, 0);
    } while (n < 0 && errno == EINTR);
    if (n <= 0) {
        return 0;
    }
    packet_ptr->nx_packet_append_ptr += n;
    return (ULONG)n;
}

#ifdef NX_DISABLE_PACKET_CHAIN

static void fill_chain(const NX_TCP_SOCKET *socket_ptr, NX_PACKET *first, ULONG cap) {
    first->nx_packet_length = fill(socket_ptr, first, cap);
}

#else

/* As far as the pool has packets: the rest of the segment is read by the next call. */
static void fill_chain(const NX_TCP_SOCKET *socket_ptr, NX_PACKET *first, ULONG cap) {
    NX_PACKET_POOL *pool_ptr = first->nx_packet_pool_owner;
    NX_PACKET *last = first;

    first->nx_packet_length = fill(socket_ptr, first, cap);
    while (first->nx_packet_length < cap && nx_inner_room(last) == 0) {
        NX_PACKET *more = nx_inner_packet_take(pool_ptr, NX_RECEIVE_PACKET);

        if (more == NULL) {
            break;
        }
        first->nx_packet_length += fill(socket_ptr, more, cap - first->nx_packet_length);
        last->nx_packet_next = more;
        last = more;
        first->nx_packet_last = last;
    }
}

#endif

static void count_received(NX_TCP_SOCKET *socket_ptr, ULONG len) {
    socket_ptr->nx_tcp_socket_packets_received++;
    socket_ptr->nx_tcp_socket_bytes_received += len;
    socket_ptr->nx_tcp_socket_ip_ptr->nx_ip_tcp_packets_received++;
    socket_ptr->nx_tcp_socket_ip_ptr->nx_ip_tcp_bytes_received += len;
}

static NX_PACKET *read_segment(NX_TCP_SOCKET *socket_ptr, ULONG len) {
    NX_PACKET_POOL *pool_ptr = socket_ptr->nx_tcp_socket_ip_ptr->nx_ip_default_packet_pool;
    ULONG mss = socket_ptr->nx_tcp_socket_connect_mss;
    NX_PACKET *first = nx_inner_packet_take(pool_ptr, headroom(socket_ptr, pool_ptr));

    if (first != NULL) {
        fill_chain(socket_ptr, first, len < mss ? len : mss);
        first->nx_packet_ip_version = (UCHAR)socket_ptr->nx_tcp_socket_connect_ip.nxd_ip_version;
        count_received(socket_ptr, first->nx_packet_length);
    }
    return first;
}

static UINT receive_packet(NX_TCP_SOCKET *socket_ptr, NX_PACKET **packet_ptr, int64_t deadline) {
    if (nx_inner_call(NX_HOST_RECEIVE)) {
        return NX_NO_PACKET;
    }
    for (;;) {
        ULONG len;
        bool in_time;

        if (!nx_inner_tcp_is_bound(socket_ptr)) {
            return NX_NOT_BOUND;
        }
        len = nx_inner_tcp_look(socket_ptr);
        if (len > 0) {
            *packet_ptr = read_segment(socket_ptr, len);
            if (*packet_ptr != NULL) {
                return NX_SUCCESS;
            }
            in_time = nx_inner_tcp_wait_change(socket_ptr, deadline);
        } else if (socket_ptr->nx_tcp_socket_state == NX_TCP_ESTABLISHED) {
            in_time = nx_inner_tcp_wait_ready(socket_ptr, POLLIN, deadline);
        } else if (socket_ptr->nx_tcp_socket_state == NX_TCP_SYN_SENT) {
            in_time = nx_inner_tcp_wait_ready(socket_ptr, POLLOUT, deadline);
        } else {
            return NX_NOT_CONNECTED;
        }
        if (!in_time) {
            return NX_NO_PACKET;
        }
    }
}

UINT nx_tcp_socket_receive(NX_TCP_SOCKET *socket_ptr, NX_PACKET **packet_ptr, ULONG wait_option) {
    UINT status;

    if (!nx_inner_tcp_is_socket(socket_ptr) || packet_ptr == NULL) {
        return NX_PTR_ERROR;
    }
    if (!nx_inner_tcp_is_enabled(socket_ptr)) {
        return NX_NOT_ENABLED;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    *packet_ptr = NULL;
    tx_host_lock();
    status = receive_packet(socket_ptr, packet_ptr, tx_host_deadline(wait_option));
    tx_host_unlock_and_end_if_told();
    return status;
}

UINT nx_tcp_socket_bytes_available(NX_TCP_SOCKET *socket_ptr, ULONG *bytes_available) {
    UINT status = NX_NOT_CONNECTED;

    if (!nx_inner_tcp_is_socket(socket_ptr) || bytes_available == NULL) {
        return NX_PTR_ERROR;
    }
    if (!nx_inner_tcp_is_enabled(socket_ptr)) {
        return NX_NOT_ENABLED;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    tx_host_lock();
    *bytes_available = nx_inner_tcp_look(socket_ptr);
    if (socket_ptr->nx_tcp_socket_state == NX_TCP_ESTABLISHED ||
        socket_ptr->nx_tcp_socket_state == NX_TCP_CLOSE_WAIT) {
        status = NX_SUCCESS;
    }
    tx_host_unlock();
    return status;
}
