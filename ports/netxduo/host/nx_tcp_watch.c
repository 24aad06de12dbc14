/* SPDX-License-Identifier: MIT */

/* What all TCP calls share: waiting for a socket, seeing what the peer did, letting go. */

#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nx_tcp_inner.h"

void nx_inner_tcp_close(NX_TCP_SOCKET *socket_ptr, bool reset) {
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

/* Wakes an nx_inner_tcp_close that waits; nobody else needs to know. */
static void release_socket(NX_TCP_SOCKET *socket_ptr) {
    if (--socket_ptr->nx_tcp_socket_host_users == 0 && socket_ptr->nx_tcp_socket_host_fd < 0) {
        tx_host_announce();
    }
}

bool nx_inner_tcp_wait_ready(NX_TCP_SOCKET *socket_ptr, short events, int64_t deadline) {
    struct pollfd p = {socket_ptr->nx_tcp_socket_host_fd, events, 0};
    int slice = tx_host_poll_ms(deadline);

    if (slice < 0) {
        return false;
    }
    socket_ptr->nx_tcp_socket_host_users++;
    tx_host_unlock();
    poll(&p, 1, slice);
    tx_host_lock();
    release_socket(socket_ptr);
    return true;
}

bool nx_inner_tcp_wait_change(NX_TCP_SOCKET *socket_ptr, int64_t deadline) {
    bool in_time;

    socket_ptr->nx_tcp_socket_host_users++;
    in_time = tx_host_wait(deadline);
    release_socket(socket_ptr);
    return in_time;
}

void nx_inner_tcp_tell_disconnected(NX_TCP_SOCKET *socket_ptr) {
    VOID (*callback)(NX_TCP_SOCKET *) = socket_ptr->nx_tcp_disconnect_callback;

    if (callback != NULL) {
        tx_host_unlock();
        callback(socket_ptr);
        tx_host_lock();
    }
}

void nx_inner_tcp_on_connected(NX_TCP_SOCKET *socket_ptr) {
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

void nx_inner_tcp_advance(NX_TCP_SOCKET *socket_ptr) {
    struct pollfd p = {socket_ptr->nx_tcp_socket_host_fd, POLLOUT, 0};
    int error = 0;
    socklen_t len = sizeof error;

    if (socket_ptr->nx_tcp_socket_state != NX_TCP_SYN_SENT || poll(&p, 1, 0) <= 0) {
        return;
    }
    getsockopt(p.fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error != 0) {
        nx_inner_tcp_close(socket_ptr, true);
    } else {
        nx_inner_tcp_on_connected(socket_ptr);
    }
}

ULONG nx_inner_tcp_look(NX_TCP_SOCKET *socket_ptr) {
    int fd = socket_ptr->nx_tcp_socket_host_fd;
    UCHAR byte;
    int count = 0;
    ssize_t n;

    nx_inner_tcp_advance(socket_ptr);
    if (socket_ptr->nx_tcp_socket_state != NX_TCP_ESTABLISHED) {
        return 0;
    }
    n = recv(fd, &byte, 1, MSG_PEEK);
    if (n > 0) {
        return ioctl(fd, FIONREAD, &count) == 0 && count > 0 ? (ULONG)count : 1;
    }
    if (n == 0) {
        socket_ptr->nx_tcp_socket_state = NX_TCP_CLOSE_WAIT;
        nx_inner_tcp_tell_disconnected(socket_ptr);
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        nx_inner_tcp_close(socket_ptr, true);
        nx_inner_tcp_tell_disconnected(socket_ptr);
    }
    return 0;
}
