/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* read and write, not recv and send: those are counted, and made to fail, by interpose.c. */

static int bind_v4(int fd) {
    struct sockaddr_in a;
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return bind(fd, (struct sockaddr *)&a, sizeof a);
}

static int bind_v6(int fd) {
    struct sockaddr_in6 a;
    memset(&a, 0, sizeof a);
    a.sin6_family = AF_INET6;
    a.sin6_addr = in6addr_loopback;
    return bind(fd, (struct sockaddr *)&a, sizeof a);
}

static unsigned bound_port(int fd) {
    struct sockaddr_storage a;
    socklen_t size = sizeof a;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    memset(&a, 0, sizeof a);
    (void)getsockname(fd, (struct sockaddr *)&a, &size);
    memcpy(&v4, &a, sizeof v4);
    memcpy(&v6, &a, sizeof v6);
    return ntohs(a.ss_family == AF_INET6 ? v6.sin6_port : v4.sin_port);
}

static int bind_loopback(bool v6, char port[8]) {
    int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    if ((v6 ? bind_v6(fd) : bind_v4(fd)) != 0) {
        close(fd);
        return -1;
    }
    snprintf(port, 8, "%u", bound_port(fd));
    return fd;
}

int loopback_listen(bool v6, int backlog, char port[8]) {
    int fd = bind_loopback(v6, port);
    if (fd >= 0 && listen(fd, backlog) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

void loopback_closed_port(bool v6, char port[8]) {
    int fd = bind_loopback(v6, port);
    if (fd >= 0)
        close(fd);
}

void make_small(int fd, int size) {
    if (size <= 0)
        return;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

static void *serve_one(void *arg) {
    struct loopback *server = arg;
    int on = 1;
    int fd;
    do {
        fd = accept(server->listener, NULL, NULL);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) {
        atomic_store(&server->done, true);
        return NULL;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    atomic_store(&server->accepted, true);
    server->serve(server, fd);
    close(fd);
    atomic_store(&server->done, true);
    return NULL;
}

static void start_thread(struct loopback *server) {
    sigset_t all, before;
    sigfillset(&all); /* signals of the tests are for the client's thread */
    pthread_sigmask(SIG_BLOCK, &all, &before);
    if (pthread_create(&server->thread, NULL, serve_one, server) != 0)
        abort();
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void loopback_start(struct loopback *server, bool v6) {
    server->v6 = v6;
    server->listener = loopback_listen(v6, 8, server->port);
    if (server->listener < 0)
        abort();
    make_small(server->listener, server->small); /* a connection inherits it */
    start_thread(server);
}

void loopback_stop(struct loopback *server) {
    unsigned i; /* a connection may stand while the thread has not come to accept it */
    for (i = 0; i < 100 && !atomic_load(&server->accepted); i++)
        nap(5);
    shutdown(server->listener, SHUT_RDWR); /* wakes accept */
    while (!atomic_load(&server->done))    /* under qemu-i386, join alone may come back early */
        nap(1);
    pthread_join(server->thread, NULL);
    close(server->listener);
}

const char *loopback_host(const struct loopback *server) {
    return server->v6 ? "::1" : "127.0.0.1";
}

void say_bytes(int fd, const char *p, size_t n) {
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return;
        p += done;
        n -= (size_t)done;
    }
}

void say(int fd, const char *text) {
    say_bytes(fd, text, strlen(text));
}

size_t hear(int fd, char *p, size_t n) {
    ssize_t got;
    do {
        got = read(fd, p, n);
    } while (got < 0 && errno == EINTR);
    return got > 0 ? (size_t)got : 0;
}

bool hear_line(int fd, char *line, size_t size) {
    size_t len = 0;
    while (len + 1 < size && hear(fd, line + len, 1) == 1) {
        if (line[len++] != '\n')
            continue;
        line[len] = '\0';
        line[strcspn(line, "\r\n")] = '\0';
        return true;
    }
    line[len] = '\0';
    return false;
}

void nap(unsigned ms) {
    struct timespec t = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    while (nanosleep(&t, &t) != 0 && errno == EINTR)
        ;
}

void reset_on_close(int fd) {
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}
