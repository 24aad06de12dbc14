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

#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "nx_inner.h"

/* The send queue of the real stack holds so many segments. */
#define QUEUE_DEPTH 20

/* Pieces of a chain that one POSIX send takes. */
#define MAX_PIECES 64

#define IPV4_TCP_HEADERS 40
#define IPV6_TCP_HEADERS 60

static bool is_socket(const NX_TCP_SOCKET *socket_ptr) {
    return socket_ptr != NULL && socket_ptr->nx_tcp_socket_id == NX_TCP_ID;
}

static bool is_enabled(const NX_TCP_SOCKET *socket_ptr) {
    return socket_ptr->nx_tcp_socket_ip_ptr->nx_ip_tcp_packet_receive != NULL;
}

static bool is_bound(const NX_TCP_SOCKET *socket_ptr) {
    return socket_ptr->nx_tcp_socket_bound_next != NULL;
}

static bool is_v4(const NXD_ADDRESS *address) {
    return address->nxd_ip_version == NX_IP_VERSION_V4;
}

/* Lets go of the POSIX socket: with a reset, or as the kernel sees fit after an orderly end. */
static void close_socket(NX_TCP_SOCKET *socket_ptr, bool reset) {
    struct linger at_once = {1, 0};
    int fd = socket_ptr->nx_tcp_socket_host_fd;

    socket_ptr->nx_tcp_socket_state = NX_TCP_CLOSED;
    socket_ptr->nx_tcp_socket_host_fd = -1;
    if (fd < 0) {
        return;
    }
    if (reset) {
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    tx_host_announce();
    while (socket_ptr->nx_tcp_socket_host_users > 0 && tx_host_wait(TX_HOST_NEVER)) {
    }
    close(fd);
}

/* Waits a slice of time for the POSIX socket. False: the time is up. */
static bool wait_socket(NX_TCP_SOCKET *socket_ptr, short events, int64_t deadline) {
    struct pollfd p = {socket_ptr->nx_tcp_socket_host_fd, events, 0};
    int slice = tx_host_poll_ms(deadline);

    if (slice < 0) {
        return false;
    }
    socket_ptr->nx_tcp_socket_host_users++;
    tx_host_unlock();
    poll(&p, 1, slice);
    tx_host_lock();
    if (--socket_ptr->nx_tcp_socket_host_users == 0) {
        tx_host_announce();
    }
    return true;
}

/* Waits for an announcement while the socket stays in use. */
static bool wait_change(NX_TCP_SOCKET *socket_ptr, int64_t deadline) {
    bool in_time;

    socket_ptr->nx_tcp_socket_host_users++;
    in_time = tx_host_wait(deadline);
    if (--socket_ptr->nx_tcp_socket_host_users == 0) {
        tx_host_announce();
    }
    return in_time;
}

/* The peer has gone: tell the application, as NetX does once for each connection. */
static void tell_disconnected(NX_TCP_SOCKET *socket_ptr) {
    VOID (*callback)(NX_TCP_SOCKET *) = socket_ptr->nx_tcp_disconnect_callback;

    if (callback != NULL) {
        tx_host_unlock();
        callback(socket_ptr);
        tx_host_lock();
    }
}

static void on_connected(NX_TCP_SOCKET *socket_ptr) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } local;
    socklen_t len = sizeof local;

    memset(&local, 0, sizeof local);
    getsockname(socket_ptr->nx_tcp_socket_host_fd, &local.any, &len);
    socket_ptr->nx_tcp_socket_port =
        ntohs(local.any.sa_family == AF_INET6 ? local.v6.sin6_port : local.v4.sin_port);
    socket_ptr->nx_tcp_socket_state = NX_TCP_ESTABLISHED;
}

/* Sees whether a connect() under way has come to its end. */
static void advance(NX_TCP_SOCKET *socket_ptr) {
    struct pollfd p = {socket_ptr->nx_tcp_socket_host_fd, POLLOUT, 0};
    int error = 0;
    socklen_t len = sizeof error;

    if (socket_ptr->nx_tcp_socket_state != NX_TCP_SYN_SENT || poll(&p, 1, 0) <= 0) {
        return;
    }
    getsockopt(p.fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error != 0) {
        close_socket(socket_ptr, true);
    } else {
        on_connected(socket_ptr);
    }
}

/* What has come from the peer: bytes to read, or 0. Sees the peer's FIN and RST, which change the
 * state. */
static ULONG look(NX_TCP_SOCKET *socket_ptr) {
    int fd = socket_ptr->nx_tcp_socket_host_fd;
    UCHAR byte;
    int count = 0;
    ssize_t n;

    advance(socket_ptr);
    if (socket_ptr->nx_tcp_socket_state != NX_TCP_ESTABLISHED) {
        return 0;
    }
    n = recv(fd, &byte, 1, MSG_PEEK);
    if (n > 0) {
        return ioctl(fd, FIONREAD, &count) == 0 && count > 0 ? (ULONG)count : 1;
    }
    if (n == 0) {
        socket_ptr->nx_tcp_socket_state = NX_TCP_CLOSE_WAIT;
        tell_disconnected(socket_ptr);
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        close_socket(socket_ptr, true);
        tell_disconnected(socket_ptr);
    }
    return 0;
}

/* Create, delete, bind, unbind */

static bool is_created(const NX_IP *ip_ptr, const NX_TCP_SOCKET *socket_ptr) {
    const NX_TCP_SOCKET *other = ip_ptr->nx_ip_tcp_created_sockets_ptr;

    while (other != NULL && other != socket_ptr) {
        other = other->nx_tcp_socket_created_next;
    }
    return other != NULL;
}

static void link_socket(NX_IP *ip_ptr, NX_TCP_SOCKET *socket_ptr) {
    socket_ptr->nx_tcp_socket_created_next = ip_ptr->nx_ip_tcp_created_sockets_ptr;
    ip_ptr->nx_ip_tcp_created_sockets_ptr = socket_ptr;
    ip_ptr->nx_ip_tcp_created_sockets_count++;
}

static void unlink_socket(NX_IP *ip_ptr, NX_TCP_SOCKET *socket_ptr) {
    NX_TCP_SOCKET **link = &ip_ptr->nx_ip_tcp_created_sockets_ptr;

    while (*link != socket_ptr) {
        link = &(*link)->nx_tcp_socket_created_next;
    }
    *link = socket_ptr->nx_tcp_socket_created_next;
    ip_ptr->nx_ip_tcp_created_sockets_count--;
}

static UINT check_create(const NX_IP *ip_ptr, const NX_TCP_SOCKET *socket_ptr,
                         ULONG type_of_service, ULONG fragment, ULONG window_size) {
    if (is_created(ip_ptr, socket_ptr)) {
        return NX_PTR_ERROR;
    }
    if (nx_inner_call(NX_HOST_SOCKET_CREATE) || ip_ptr->nx_ip_tcp_packet_receive == NULL) {
        return NX_NOT_ENABLED;
    }
    if ((type_of_service & ~NX_IP_TOS_MASK) != 0 ||
        (fragment != NX_FRAGMENT_OKAY && fragment != NX_DONT_FRAGMENT) || window_size == 0 ||
        window_size > NX_LOWER_16_MASK) {
        return NX_OPTION_ERROR;
    }
    return NX_SUCCESS;
}

UINT nx_tcp_socket_create(NX_IP *ip_ptr, NX_TCP_SOCKET *socket_ptr, CHAR *name,
                          ULONG type_of_service, ULONG fragment, UINT time_to_live,
                          ULONG window_size,
                          VOID (*tcp_urgent_data_callback)(NX_TCP_SOCKET *socket_ptr),
                          VOID (*tcp_disconnect_callback)(NX_TCP_SOCKET *socket_ptr)) {
    UINT status;

    if (ip_ptr == NULL || ip_ptr->nx_ip_id != NX_IP_ID || socket_ptr == NULL) {
        return NX_PTR_ERROR;
    }
    NX_INIT_AND_THREADS_CALLER_CHECKING
    tx_host_lock();
    status = check_create(ip_ptr, socket_ptr, type_of_service, fragment, window_size);
    if (status == NX_SUCCESS) {
        memset(socket_ptr, 0, sizeof *socket_ptr);
        socket_ptr->nx_tcp_socket_name = name;
        socket_ptr->nx_tcp_socket_ip_ptr = ip_ptr;
        socket_ptr->nx_tcp_socket_type_of_service = type_of_service;
        socket_ptr->nx_tcp_socket_fragment_enable = fragment;
        socket_ptr->nx_tcp_socket_time_to_live = time_to_live;
        socket_ptr->nx_tcp_socket_rx_window_default = window_size;
        socket_ptr->nx_tcp_urgent_data_callback = tcp_urgent_data_callback;
        socket_ptr->nx_tcp_disconnect_callback = tcp_disconnect_callback;
        socket_ptr->nx_tcp_socket_state = NX_TCP_CLOSED;
        socket_ptr->nx_tcp_socket_host_fd = -1;
        link_socket(ip_ptr, socket_ptr);
        socket_ptr->nx_tcp_socket_id = NX_TCP_ID;
    }
    tx_host_unlock();
    return status;
}

UINT nx_tcp_socket_delete(NX_TCP_SOCKET *socket_ptr) {
    UINT status = NX_STILL_BOUND;

    if (!is_socket(socket_ptr)) {
        return NX_PTR_ERROR;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    tx_host_lock();
    if (!is_bound(socket_ptr)) {
        unlink_socket(socket_ptr->nx_tcp_socket_ip_ptr, socket_ptr);
        socket_ptr->nx_tcp_socket_id = 0;
        status = NX_SUCCESS;
    }
    tx_host_unlock();
    return status;
}

static bool is_port_taken(const NX_IP *ip_ptr, UINT port) {
    const NX_TCP_SOCKET *other = ip_ptr->nx_ip_tcp_created_sockets_ptr;

    while (other != NULL && !(is_bound(other) && other->nx_tcp_socket_port == port)) {
        other = other->nx_tcp_socket_created_next;
    }
    return other != NULL;
}

static UINT bind_socket(NX_TCP_SOCKET *socket_ptr, UINT port, int64_t deadline) {
    if (nx_inner_call(NX_HOST_BIND)) {
        return NX_NO_FREE_PORTS;
    }
    if (is_bound(socket_ptr)) {
        return NX_ALREADY_BOUND;
    }
    while (port != NX_ANY_PORT && is_port_taken(socket_ptr->nx_tcp_socket_ip_ptr, port)) {
        if (!tx_host_wait(deadline)) {
            return NX_PORT_UNAVAILABLE;
        }
    }
    socket_ptr->nx_tcp_socket_port = port;
    socket_ptr->nx_tcp_socket_host_any_port = port == NX_ANY_PORT;
    socket_ptr->nx_tcp_socket_bound_next = socket_ptr;
    return NX_SUCCESS;
}

UINT nx_tcp_client_socket_bind(NX_TCP_SOCKET *socket_ptr, UINT port, ULONG wait_option) {
    UINT status;

    if (!is_socket(socket_ptr)) {
        return NX_PTR_ERROR;
    }
    if (!is_enabled(socket_ptr)) {
        return NX_NOT_ENABLED;
    }
    if (port > NX_MAX_PORT) {
        return NX_INVALID_PORT;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    tx_host_lock();
    status = bind_socket(socket_ptr, port, tx_host_deadline(wait_option));
    tx_host_unlock_and_end_if_told();
    return status;
}

UINT nx_tcp_client_socket_unbind(NX_TCP_SOCKET *socket_ptr) {
    UINT status = NX_SUCCESS;

    if (!is_socket(socket_ptr)) {
        return NX_PTR_ERROR;
    }
    if (!is_enabled(socket_ptr)) {
        return NX_NOT_ENABLED;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    tx_host_lock();
    if (socket_ptr->nx_tcp_socket_state != NX_TCP_CLOSED) {
        status = NX_NOT_CLOSED;
    } else if (!is_bound(socket_ptr)) {
        status = NX_NOT_BOUND;
    } else {
        socket_ptr->nx_tcp_socket_bound_next = NULL;
        socket_ptr->nx_tcp_socket_port = 0;
        tx_host_announce();
    }
    tx_host_unlock();
    return status;
}

UINT nx_tcp_client_socket_port_get(NX_TCP_SOCKET *socket_ptr, UINT *port_ptr) {
    UINT status = NX_NOT_BOUND;

    if (!is_socket(socket_ptr) || port_ptr == NULL) {
        return NX_PTR_ERROR;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    tx_host_lock();
    if (is_bound(socket_ptr)) {
        *port_ptr = socket_ptr->nx_tcp_socket_port;
        status = NX_SUCCESS;
    }
    tx_host_unlock();
    return status;
}

/* Connect */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

#ifndef NX_DISABLE_IPV4
static socklen_t put_v4(union address *to, const NXD_ADDRESS *from, UINT port) {
    to->v4.sin_family = AF_INET;
    to->v4.sin_port = htons((uint16_t)port);
    to->v4.sin_addr.s_addr = htonl((uint32_t)from->nxd_ip_address.v4);
    return sizeof to->v4;
}
#endif

#ifdef FEATURE_NX_IPV6
static socklen_t put_v6(union address *to, const NXD_ADDRESS *from, UINT port) {
    to->v6.sin6_family = AF_INET6;
    to->v6.sin6_port = htons((uint16_t)port);
    for (unsigned i = 0; i < 16; i++) {
        ULONG word = from->nxd_ip_address.v6[i / 4];

        to->v6.sin6_addr.s6_addr[i] = (uint8_t)(word >> (24 - i % 4 * 8));
    }
    return sizeof to->v6;
}
#endif

static socklen_t put_address(union address *to, const NXD_ADDRESS *from, UINT port) {
    memset(to, 0, sizeof *to);
#ifndef NX_DISABLE_IPV4
    if (is_v4(from)) {
        return put_v4(to, from, port);
    }
#endif
#ifdef FEATURE_NX_IPV6
    return put_v6(to, from, port);
#else
    return 0;
#endif
}

static UINT check_address(const NXD_ADDRESS *address) {
#ifndef NX_DISABLE_IPV4
    if (is_v4(address)) {
        return address->nxd_ip_address.v4 != 0 ? NX_SUCCESS : NX_IP_ADDRESS_ERROR;
    }
#endif
#ifdef FEATURE_NX_IPV6
    if (address->nxd_ip_version == NX_IP_VERSION_V6) {
        const ULONG *v6 = address->nxd_ip_address.v6;

        return (v6[0] | v6[1] | v6[2] | v6[3]) != 0 ? NX_SUCCESS : NX_IP_ADDRESS_ERROR;
    }
#endif
    return NX_IP_ADDRESS_ERROR;
}

/* A POSIX socket as this port needs it, or -1. Without blocking, and with a send buffer about as
 * long as NetX's queue. */
static int open_socket(const NX_TCP_SOCKET *socket_ptr, const union address *to) {
    int on = 1;
    int send_buffer = QUEUE_DEPTH * (int)socket_ptr->nx_tcp_socket_connect_mss;
    union address local;
    socklen_t len = to->any.sa_family == AF_INET6 ? sizeof local.v6 : sizeof local.v4;
    int fd = socket(to->any.sa_family, SOCK_STREAM, 0);

    if (fd < 0) {
        return -1;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
    if (!socket_ptr->nx_tcp_socket_host_any_port) {
        memset(&local, 0, sizeof local);
        local.any.sa_family = to->any.sa_family;
        local.v4.sin_port = htons((uint16_t)socket_ptr->nx_tcp_socket_port);
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (bind(fd, &local.any, len) != 0) {
            close(fd);
            return -1;
        }
    }
    return fd;
}

static UINT check_connect(const NX_TCP_SOCKET *socket_ptr, const NXD_ADDRESS *address) {
    if (nx_inner_call(NX_HOST_CONNECT)) {
        return NX_NOT_CONNECTED;
    }
    if (!is_bound(socket_ptr)) {
        return NX_NOT_BOUND;
    }
    if (socket_ptr->nx_tcp_socket_state != NX_TCP_CLOSED) {
        return NX_NOT_CLOSED;
    }
    if (!is_v4(address) && !socket_ptr->nx_tcp_socket_ip_ptr->nx_ip_host_ipv6_enabled) {
        return NX_NO_INTERFACE_ADDRESS;
    }
    return NX_SUCCESS;
}

static ULONG mss_for(const NXD_ADDRESS *address) {
    return nx_inner_mss() != 0 ? nx_inner_mss()
           : is_v4(address)    ? NX_TCP_MSS_SIZE
                               : NX_TCP_MSS_SIZE - (IPV6_TCP_HEADERS - IPV4_TCP_HEADERS);
}

static UINT connect_socket(NX_TCP_SOCKET *socket_ptr, const NXD_ADDRESS *address, UINT port,
                           ULONG wait_option) {
    int64_t deadline = tx_host_deadline(wait_option);
    union address to;
    socklen_t len = put_address(&to, address, port);
    UINT status = check_connect(socket_ptr, address);

    if (status != NX_SUCCESS) {
        return status;
    }
    socket_ptr->nx_tcp_socket_client_type = NX_TRUE;
    socket_ptr->nx_tcp_socket_connect_ip = *address;
    socket_ptr->nx_tcp_socket_connect_port = port;
    socket_ptr->nx_tcp_socket_connect_mss = mss_for(address);
    socket_ptr->nx_tcp_socket_host_fd = open_socket(socket_ptr, &to);
    if (socket_ptr->nx_tcp_socket_host_fd < 0) {
        return NX_NOT_CONNECTED;
    }
    socket_ptr->nx_tcp_socket_state = NX_TCP_SYN_SENT;
    if (connect(socket_ptr->nx_tcp_socket_host_fd, &to.any, len) == 0) {
        on_connected(socket_ptr);
    } else if (errno != EINPROGRESS && errno != EINTR) {
        close_socket(socket_ptr, true);
    }
    while (socket_ptr->nx_tcp_socket_state == NX_TCP_SYN_SENT &&
           wait_socket(socket_ptr, POLLOUT, deadline)) {
        advance(socket_ptr);
    }
    if (socket_ptr->nx_tcp_socket_state == NX_TCP_ESTABLISHED) {
        return NX_SUCCESS;
    }
    if (socket_ptr->nx_tcp_socket_state == NX_TCP_SYN_SENT && wait_option == NX_NO_WAIT) {
        return NX_IN_PROGRESS;
    }
    close_socket(socket_ptr, true);
    return NX_NOT_CONNECTED;
}

UINT nxd_tcp_client_socket_connect(NX_TCP_SOCKET *socket_ptr, NXD_ADDRESS *server_ip,
                                   UINT server_port, ULONG wait_option) {
    UINT status;

    if (!is_socket(socket_ptr) || server_ip == NULL) {
        return NX_PTR_ERROR;
    }
    if (!is_enabled(socket_ptr)) {
        return NX_NOT_ENABLED;
    }
    if (check_address(server_ip) != NX_SUCCESS) {
        return NX_IP_ADDRESS_ERROR;
    }
    if (server_port == 0 || server_port > NX_MAX_PORT) {
        return NX_INVALID_PORT;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    tx_host_lock();
    status = connect_socket(socket_ptr, server_ip, server_port, wait_option);
    tx_host_unlock_and_end_if_told();
    return status;
}

UINT nx_tcp_client_socket_connect(NX_TCP_SOCKET *socket_ptr, ULONG server_ip, UINT server_port,
                                  ULONG wait_option) {
#ifdef NX_DISABLE_IPV4
    (void)socket_ptr;
    (void)server_ip;
    (void)server_port;
    (void)wait_option;
    return NX_NOT_SUPPORTED;
#else
    NXD_ADDRESS address;

    memset(&address, 0, sizeof address);
    address.nxd_ip_version = NX_IP_VERSION_V4;
    address.nxd_ip_address.v4 = server_ip;
    return nxd_tcp_client_socket_connect(socket_ptr, &address, server_port, wait_option);
#endif
}

/* Send */

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

        advance(socket_ptr);
        if (socket_ptr->nx_tcp_socket_state == NX_TCP_SYN_SENT) {
            if (!wait_socket(socket_ptr, POLLOUT, deadline)) {
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
            if (!wait_socket(socket_ptr, POLLOUT, deadline)) {
                return NX_WINDOW_OVERFLOW;
            }
        } else if (errno != EINTR) {
            close_socket(socket_ptr, true);
            tell_disconnected(socket_ptr);
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
    if (!is_bound(socket_ptr)) {
        return NX_NOT_BOUND;
    }
    while (socket_ptr->nx_tcp_socket_host_sending) {
        if (!wait_change(socket_ptr, deadline)) {
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
    ptrdiff_t headers =
        is_v4(&socket_ptr->nx_tcp_socket_connect_ip) ? IPV4_TCP_HEADERS : IPV6_TCP_HEADERS;

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

    if (!is_socket(socket_ptr)) {
        return NX_PTR_ERROR;
    }
    if (packet_ptr == NULL || packet_ptr->nx_packet_union_next.nx_packet_tcp_queue_next !=
                                  (NX_PACKET *)NX_PACKET_ALLOCATED) {
        return NX_INVALID_PACKET;
    }
    if (!is_enabled(socket_ptr)) {
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

/* Receive */

/* Where a received segment's data begin: behind the headers of the stack, unless the payload is too
 * small for them. */
static ULONG headroom(const NX_TCP_SOCKET *socket_ptr, const NX_PACKET_POOL *pool_ptr) {
    ULONG room =
        is_v4(&socket_ptr->nx_tcp_socket_connect_ip) ? NX_IPv4_TCP_PACKET : NX_IPv6_TCP_PACKET;

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

        if (!is_bound(socket_ptr)) {
            return NX_NOT_BOUND;
        }
        len = look(socket_ptr);
        if (len > 0) {
            *packet_ptr = read_segment(socket_ptr, len);
            if (*packet_ptr != NULL) {
                return NX_SUCCESS;
            }
            in_time = wait_change(socket_ptr, deadline);
        } else if (socket_ptr->nx_tcp_socket_state == NX_TCP_ESTABLISHED) {
            in_time = wait_socket(socket_ptr, POLLIN, deadline);
        } else if (socket_ptr->nx_tcp_socket_state == NX_TCP_SYN_SENT) {
            in_time = wait_socket(socket_ptr, POLLOUT, deadline);
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

    if (!is_socket(socket_ptr) || packet_ptr == NULL) {
        return NX_PTR_ERROR;
    }
    if (!is_enabled(socket_ptr)) {
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

    if (!is_socket(socket_ptr) || bytes_available == NULL) {
        return NX_PTR_ERROR;
    }
    if (!is_enabled(socket_ptr)) {
        return NX_NOT_ENABLED;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    tx_host_lock();
    *bytes_available = look(socket_ptr);
    if (socket_ptr->nx_tcp_socket_state == NX_TCP_ESTABLISHED ||
        socket_ptr->nx_tcp_socket_state == NX_TCP_CLOSE_WAIT) {
        status = NX_SUCCESS;
    }
    tx_host_unlock();
    return status;
}

/* Disconnect */

/* Reads and forgets until the peer has closed its side too. */
static UINT drain(NX_TCP_SOCKET *socket_ptr, int64_t deadline) {
    UCHAR forgotten[2048];

    while (socket_ptr->nx_tcp_socket_state == NX_TCP_FIN_WAIT_1) {
        ssize_t n = recv(socket_ptr->nx_tcp_socket_host_fd, forgotten, sizeof forgotten, 0);

        if (n == 0) {
            return NX_SUCCESS;
        }
        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            return NX_DISCONNECT_FAILED;
        }
        if (!wait_socket(socket_ptr, POLLIN, deadline)) {
            return NX_DISCONNECT_FAILED;
        }
    }
    return NX_DISCONNECT_FAILED;
}

static UINT disconnect_socket(NX_TCP_SOCKET *socket_ptr, ULONG wait_option) {
    int64_t deadline = tx_host_deadline(wait_option);
    bool failed = nx_inner_call(NX_HOST_DISCONNECT);
    UINT status = failed ? NX_DISCONNECT_FAILED : NX_SUCCESS;

    advance(socket_ptr);
    if (!is_bound(socket_ptr)) {
        return NX_NOT_BOUND;
    }
    if (socket_ptr->nx_tcp_socket_state == NX_TCP_CLOSED) {
        return NX_NOT_CONNECTED;
    }
    if (failed || wait_option == NX_NO_WAIT || socket_ptr->nx_tcp_socket_state == NX_TCP_SYN_SENT) {
        close_socket(socket_ptr, true);
        return status;
    }
    if (socket_ptr->nx_tcp_socket_state == NX_TCP_ESTABLISHED) {
        socket_ptr->nx_tcp_socket_state = NX_TCP_FIN_WAIT_1;
        shutdown(socket_ptr->nx_tcp_socket_host_fd, SHUT_WR);
        status = drain(socket_ptr, deadline);
    }
    close_socket(socket_ptr, status != NX_SUCCESS);
    return status;
}

UINT nx_tcp_socket_disconnect(NX_TCP_SOCKET *socket_ptr, ULONG wait_option) {
    UINT status;

    if (!is_socket(socket_ptr)) {
        return NX_PTR_ERROR;
    }
    if (!is_enabled(socket_ptr)) {
        return NX_NOT_ENABLED;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    tx_host_lock();
    status = disconnect_socket(socket_ptr, wait_option);
    tx_host_unlock_and_end_if_told();
    return status;
}

/* What there is to know */

UINT nx_tcp_socket_mss_get(NX_TCP_SOCKET *socket_ptr, ULONG *mss) {
    if (!is_socket(socket_ptr) || mss == NULL) {
        return NX_PTR_ERROR;
    }
    if (!is_enabled(socket_ptr)) {
        return NX_NOT_ENABLED;
    }
    NX_INIT_AND_THREADS_CALLER_CHECKING
    tx_host_lock();
    advance(socket_ptr);
    if (socket_ptr->nx_tcp_socket_state >= NX_TCP_ESTABLISHED) {
        *mss = socket_ptr->nx_tcp_socket_connect_mss;
    } else {
        *mss = nx_inner_mss() != 0 ? nx_inner_mss() : NX_TCP_MSS_SIZE;
    }
    tx_host_unlock();
    return NX_SUCCESS;
}

UINT nx_tcp_socket_state_wait(NX_TCP_SOCKET *socket_ptr, UINT desired_state, ULONG wait_option) {
    int64_t deadline = tx_host_deadline(wait_option);
    bool reached;

    if (!is_socket(socket_ptr)) {
        return NX_PTR_ERROR;
    }
    if (!is_enabled(socket_ptr)) {
        return NX_NOT_ENABLED;
    }
    if (desired_state < NX_TCP_CLOSED || desired_state > NX_TCP_LAST_ACK) {
        return NX_OPTION_ERROR;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    tx_host_lock();
    for (;;) {
        look(socket_ptr);
        reached = socket_ptr->nx_tcp_socket_state == desired_state;
        if (reached || tx_host_poll_ms(deadline) < 0) {
            break;
        }
        tx_host_wait(tx_host_deadline(1));
    }
    tx_host_unlock_and_end_if_told();
    return reached ? NX_SUCCESS : NX_NOT_SUCCESSFUL;
}
