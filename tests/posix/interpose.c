/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "interpose.h"

#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#ifndef RTLD_NEXT /* shown with _GNU_SOURCE only, which changes the type of connect */
#define RTLD_NEXT ((void *)-1L)
#endif

_Thread_local struct interpose interpose;

void interpose_reset(void) {
    memset(&interpose, 0, sizeof interpose);
}

/* The C library's own; `to` is a pointer to a function pointer. */
static void find(void *to, const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(to, &found, sizeof found);
}

/* True: this call is to end with errno. */
static bool trip(void) {
    interpose.calls++;
    if (interpose.fail_at > 0 && interpose.calls == interpose.fail_at) {
        interpose.injected++;
        errno = interpose.fail_errno;
        return true;
    }
    if (interpose.interrupt > 0 && interpose.calls % interpose.interrupt == 0) {
        interpose.injected++;
        errno = EINTR;
        return true;
    }
    return false;
}

/* A call that is never interrupted. */
static bool trip_hard(void) {
    unsigned interrupt = interpose.interrupt;
    bool tripped;
    interpose.interrupt = 0;
    tripped = trip();
    interpose.interrupt = interrupt;
    return tripped;
}

int socket(int domain, int type, int protocol) {
    int (*real)(int, int, int);
    find(&real, "socket");
    return trip_hard() ? -1 : real(domain, type, protocol);
}

/* An interrupted connect goes on behind the caller's back, and so does this one. */
int connect(int fd, const struct sockaddr *to, socklen_t size) {
    int (*real)(int, const struct sockaddr *, socklen_t);
    bool hard = interpose.fail_at > 0 && interpose.calls + 1 == interpose.fail_at;
    int result;
    find(&real, "connect");
    if (hard)
        return trip() ? -1 : 0;
    result = real(fd, to, size);
    if (result < 0 && errno != EINPROGRESS) {
        interpose.calls++;
        return result;
    }
    return trip() ? -1 : result;
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *size) {
    int (*real)(int, int, int, void *, socklen_t *);
    find(&real, "getsockopt");
    return trip_hard() ? -1 : real(fd, level, name, value, size);
}

int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                struct addrinfo **list) {
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    find(&real, "getaddrinfo");
    return trip_hard() ? EAI_AGAIN : real(host, port, hints, list);
}

int poll(struct pollfd *fds, nfds_t count, int wait) {
    int (*real)(struct pollfd *, nfds_t, int);
    find(&real, "poll");
    interpose.polls++;
    return trip() ? -1 : real(fds, count, wait);
}

ssize_t recv(int fd, void *p, size_t n, int flags) {
    ssize_t (*real)(int, void *, size_t, int);
    ssize_t got;
    find(&real, "recv");
    if (trip())
        return -1;
    got = real(fd, p, interpose.read_cap > 0 && n > interpose.read_cap ? interpose.read_cap : n,
               flags);
    if (got > 0 && (flags & MSG_PEEK) == 0)
        interpose.reads++;
    return got;
}

/* The first `cap` bytes of what the message points to. */
static ssize_t write_part(int fd, const struct msghdr *message, size_t cap, int flags) {
    ssize_t (*real)(int, const struct msghdr *, int);
    struct iovec piece[4];
    struct msghdr part = *message;
    size_t i;
    find(&real, "sendmsg");
    for (i = 0; i < message->msg_iovlen && i < 4; i++) {
        piece[i] = message->msg_iov[i];
        if (piece[i].iov_len > cap)
            piece[i].iov_len = cap;
        cap -= piece[i].iov_len;
    }
    part.msg_iov = piece;
    return real(fd, &part, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    ssize_t sent;
    if (trip())
        return -1;
    sent =
        write_part(fd, message, interpose.write_cap > 0 ? interpose.write_cap : (size_t)-1, flags);
    if (sent > 0) {
        interpose.writes++;
        interpose.write_bytes += (size_t)sent;
    }
    return sent;
}
