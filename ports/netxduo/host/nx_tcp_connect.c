/* SPDX-License-Identifier: MIT */

/* Connect and disconnect. */

#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nx_tcp_inner.h"

/* The send queue of the real stack holds so many segments. */
#define QUEUE_DEPTH 20

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
    if (nx_inner_tcp_is_v4(from)) {
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
    if (nx_inner_tcp_is_v4(address)) {
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
    if (!nx_inner_tcp_is_bound(socket_ptr)) {
        return NX_NOT_BOUND;
    }
    if (socket_ptr->nx_tcp_socket_state != NX_TCP_CLOSED) {
        return NX_NOT_CLOSED;
    }
    if (!nx_inner_tcp_is_v4(address) &&
        !socket_ptr->nx_tcp_socket_ip_ptr->nx_ip_host_ipv6_enabled) {
        return NX_NO_INTERFACE_ADDRESS;
    }
    return NX_SUCCESS;
}

static ULONG mss_for(const NXD_ADDRESS *address) {
    return nx_inner_mss() != 0           ? nx_inner_mss()
           : nx_inner_tcp_is_v4(address) ? NX_TCP_MSS_SIZE
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
        nx_inner_tcp_on_connected(socket_ptr);
    } else if (errno != EINPROGRESS && errno != EINTR) {
        nx_inner_tcp_close(socket_ptr, true);
    }
    while (socket_ptr->nx_tcp_socket_state == NX_TCP_SYN_SENT &&
           nx_inner_tcp_wait_ready(socket_ptr, POLLOUT, deadline)) {
        nx_inner_tcp_advance(socket_ptr);
    }
    if (socket_ptr->nx_tcp_socket_state == NX_TCP_ESTABLISHED) {
        return NX_SUCCESS;
    }
    if (socket_ptr->nx_tcp_socket_state == NX_TCP_SYN_SENT && wait_option == NX_NO_WAIT) {
        return NX_IN_PROGRESS;
    }
    nx_inner_tcp_close(socket_ptr, true);
    return NX_NOT_CONNECTED;
}

UINT nxd_tcp_client_socket_connect(NX_TCP_SOCKET *socket_ptr, NXD_ADDRESS *server_ip,
                                   UINT server_port, ULONG wait_option) {
    UINT status;

    if (!nx_inner_tcp_is_socket(socket_ptr) || server_ip == NULL) {
        return NX_PTR_ERROR;
    }
    if (!nx_inner_tcp_is_enabled(socket_ptr)) {
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
        if (!nx_inner_tcp_wait_ready(socket_ptr, POLLIN, deadline)) {
            return NX_DISCONNECT_FAILED;
        }
    }
    return NX_DISCONNECT_FAILED;
}

static UINT disconnect_socket(NX_TCP_SOCKET *socket_ptr, ULONG wait_option) {
    int64_t deadline = tx_host_deadline(wait_option);
    bool failed = nx_inner_call(NX_HOST_DISCONNECT);
    UINT status = failed ? NX_DISCONNECT_FAILED : NX_SUCCESS;

    nx_inner_tcp_advance(socket_ptr);
    if (!nx_inner_tcp_is_bound(socket_ptr)) {
        return NX_NOT_BOUND;
    }
    if (socket_ptr->nx_tcp_socket_state == NX_TCP_CLOSED) {
        return NX_NOT_CONNECTED;
    }
    if (failed || wait_option == NX_NO_WAIT || socket_ptr->nx_tcp_socket_state == NX_TCP_SYN_SENT) {
        nx_inner_tcp_close(socket_ptr, true);
        return status;
    }
    if (socket_ptr->nx_tcp_socket_state == NX_TCP_ESTABLISHED) {
        socket_ptr->nx_tcp_socket_state = NX_TCP_FIN_WAIT_1;
        shutdown(socket_ptr->nx_tcp_socket_host_fd, SHUT_WR);
        status = drain(socket_ptr, deadline);
    }
    nx_inner_tcp_close(socket_ptr, status != NX_SUCCESS);
    return status;
}

UINT nx_tcp_socket_disconnect(NX_TCP_SOCKET *socket_ptr, ULONG wait_option) {
    UINT status;

    if (!nx_inner_tcp_is_socket(socket_ptr)) {
        return NX_PTR_ERROR;
    }
    if (!nx_inner_tcp_is_enabled(socket_ptr)) {
        return NX_NOT_ENABLED;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    tx_host_lock();
    status = disconnect_socket(socket_ptr, wait_option);
    tx_host_unlock_and_end_if_told();
    return status;
}
