/* SPDX-License-Identifier: MIT */
/* A scripted server on the loopback. It runs in a POSIX thread that ThreadX knows nothing of. */

#define _POSIX_C_SOURCE 200809L

#include "face.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE 8000 /* ms */

/* ---- Scripts ------------------------------------------------------------------------------ */

void script_add(struct script *script, enum step_kind kind, const char *p, size_t n) {
    struct step *step = &script->steps[script->count];
    CHECK(script->count < STEPS_MAX, "too many steps");
    script->count += script->count + 1 < STEPS_MAX;
    step->kind = kind;
    step->n = n;
    step->p = NULL;
    if (p == NULL)
        return;
    step->p = malloc(n + 1);
    memcpy(step->p, p, n);
    step->p[n] = '\0';
}

void script_good(struct script *script) {
    script->count = 0;
    script_add(script, STEP_GOOD, NULL, 0);
}

void script_free(struct script *script) {
    for (size_t i = 0; i < script->count; i++)
        free(script->steps[i].p);
    script->count = 0;
}

/* ---- One connection ----------------------------------------------------------------------- */

static void complain(struct server *server, const char *format, ...) {
    va_list args;
    if (server->wrong[0] != '\0')
        return;
    va_start(args, format);
    vsnprintf(server->wrong, sizeof server->wrong, format, args);
    va_end(args);
}

/* Bytes that came within the time, 0 at the end of the stream, -1: nothing came, or a reset. */
static ssize_t hear(struct server *server, int fd, char *p, size_t n, int wait) {
    struct pollfd poller = {fd, POLLIN, 0};
    ssize_t got = poll(&poller, 1, wait) > 0 ? recv(fd, p, n, 0) : -1;
    if (got > 0) {
        server->heard = realloc(server->heard, server->heard_len + (size_t)got + 1);
        memcpy(server->heard + server->heard_len, p, (size_t)got);
        server->heard_len += (size_t)got;
        server->heard[server->heard_len] = '\0';
    }
    return got;
}

static bool say(int fd, const char *p, size_t n) {
    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

static bool has_left(int fd) {
    struct pollfd poller = {fd, POLLIN, 0};
    char byte;
    return poll(&poller, 1, 0) > 0 && recv(fd, &byte, 1, MSG_PEEK) <= 0;
}

static void expect(struct server *server, int fd, const struct step *step) {
    char line[2048];
    ssize_t got = hear(server, fd, line, sizeof line, PATIENCE);
    if (got < 0 || (size_t)got != step->n || memcmp(line, step->p, step->n) != 0)
        complain(server, "heard %d octets `%.*s`, expected `%s`", (int)got, got > 0 ? (int)got : 0,
                 line, step->p);
}

/* Reads up to the end mark and compares it all. */
static void expect_message(struct server *server, int fd, const struct step *step) {
    size_t at = 0;
    while (at < step->n && server->wrong[0] == '\0') {
        char part[4096];
        ssize_t got = hear(server, fd, part, sizeof part, PATIENCE);
        if (got <= 0)
            complain(server, "the message ends after %zu octets of %zu", at, step->n);
        else if ((size_t)got > step->n - at || memcmp(part, step->p + at, (size_t)got) != 0)
            complain(server, "the message differs within `%.*s` at %zu", (int)got, part, at);
        else
            at += (size_t)got;
    }
}

static void drip(int fd, const struct step *step) {
    struct timespec gap = {0, 50L * 1000000};
    for (size_t i = 0; i < 200 && !has_left(fd); i++) {
        if (!say(fd, step->p + i % step->n, 1))
            return;
        nanosleep(&gap, NULL);
    }
}

static void flood(struct server *server, int fd, const struct step *step) {
    size_t sent = 0;
    while (sent < 40000000 && say(fd, step->p, step->n))
        sent += step->n;
    if (sent >= 40000000)
        complain(server, "the client reads for ever");
}

static void swallow(struct server *server, int fd) {
    char part[4096];
    while (hear(server, fd, part, sizeof part, PATIENCE) > 0)
        continue;
}

static const char *good_reply(const char *line, bool *login) {
    bool was_login = *login;
    *login = strncmp(line, "AUTH", 4) == 0;
    if (*login)
        return strchr(line + 5, ' ') != NULL ? "235 welcome\r\n" : "334 VXNlcm5hbWU6\r\n";
    if (strncmp(line, "EHLO", 4) == 0)
        return "250-good.example.org\r\n250-8BITMIME\r\n250 AUTH LOGIN PLAIN\r\n";
    if (strncmp(line, "DATA", 4) == 0)
        return "354 go on\r\n";
    if (strncmp(line, "QUIT", 4) == 0)
        return "221 bye\r\n";
    return was_login ? "235 welcome\r\n" : "250 good\r\n";
}

static bool read_line(struct server *server, int fd, char *line, size_t size) {
    size_t n = 0;
    while (n + 1 < size && hear(server, fd, line + n, 1, PATIENCE) == 1) {
        line[++n] = '\0';
        if (line[n - 1] == '\n')
            return true;
    }
    return false;
}

/* Does what a good server does; AUTH LOGIN is answered by 235 after its first response too. */
static void be_good(struct server *server, int fd) {
    char line[2048];
    bool login = false;
    bool message = false;
    say(fd, "220 good\r\n", 10);
    while (read_line(server, fd, line, sizeof line)) {
        const char *reply = good_reply(line, &login);
        if (message && strcmp(line, ".\r\n") != 0)
            continue;
        message = !message && reply[0] == '3' && reply[1] == '5';
        say(fd, reply, strlen(reply));
        if (!message && line[0] == 'Q')
            return;
    }
}

static void nap(size_t ms) {
    struct timespec time = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

static void silence(struct server *server, int fd, size_t ms) {
    char part[256];
    ssize_t got = hear(server, fd, part, sizeof part, (int)ms);
    if (got >= 0)
        complain(server, "`%.*s` where nothing was to be said", (int)got, part);
}

/* False: the connection is over. */
static bool perform(struct server *server, int fd, const struct step *step) {
    struct linger at_once = {1, 0};
    switch (step->kind) {
    case STEP_SAY:
        say(fd, step->p, step->n);
        break;
    case STEP_EXPECT:
        expect(server, fd, step);
        break;
    case STEP_MESSAGE:
        expect_message(server, fd, step);
        break;
    case STEP_PAUSE:
        nap(step->n);
        break;
    case STEP_SILENCE:
        silence(server, fd, step->n);
        break;
    case STEP_DRIP:
        drip(fd, step);
        break;
    case STEP_FLOOD:
        flood(server, fd, step);
        break;
    case STEP_SWALLOW:
        swallow(server, fd);
        break;
    case STEP_GOOD:
        be_good(server, fd);
        break;
    case STEP_RESET:
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        return false;
    case STEP_CLOSE:
        shutdown(fd, SHUT_WR);
        break;
    }
    return server->wrong[0] == '\0';
}

static void serve_one(struct server *server, int fd, const struct script *script) {
    char rest[512];
    ssize_t got;
    size_t i = 0;
    while (i < script->count && perform(server, fd, &script->steps[i]))
        i++;
    if (i < script->count) /* a reset, or wrong already */
        return;
    got = hear(server, fd, rest, sizeof rest, PATIENCE);
    if (got > 0)
        complain(server, "`%.*s` behind the script's end", (int)got, rest);
}

/* ---- The thread --------------------------------------------------------------------------- */

static void *serve(void *arg) {
    struct server *server = arg;
    int one = 1;
    int small = 16384; /* so that a flood is felt soon */
    for (size_t i = 0; i < server->count; i++) {
        int fd = accept(server->listener, NULL, NULL);
        if (fd < 0)
            break;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
        server->connections++;
        serve_one(server, fd, &server->scripts[i]);
        close(fd);
    }
    return NULL;
}

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static socklen_t make_address(union address *address, int family) {
    memset(address, 0, sizeof *address);
    address->any.sa_family = (sa_family_t)family;
    if (family == AF_INET6) {
        address->v6.sin6_addr = in6addr_loopback;
        return sizeof address->v6;
    }
    address->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sizeof address->v4;
}

void server_start(struct server *server, struct script *scripts, size_t count, int family) {
    union address address;
    socklen_t size;
    memset(server, 0, sizeof *server);
#ifdef NX_DISABLE_IPV4
    family = 6;
#endif
    server->family = family == 6 ? AF_INET6 : AF_INET;
    server->scripts = scripts;
    server->count = count;
    size = make_address(&address, server->family);
    server->listener = socket(server->family, SOCK_STREAM, 0);
    CHECK(bind(server->listener, &address.any, size) == 0, "bind");
    CHECK(listen(server->listener, 5) == 0, "listen");
    getsockname(server->listener, &address.any, &size);
    server->port = ntohs(server->family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
    CHECK(pthread_create(&server->thread, NULL, serve, server) == 0, "thread");
}

void server_join(struct server *server) {
    if (server->joined)
        return;
    shutdown(server->listener, SHUT_RDWR); /* wakes an accept that waits */
    pthread_join(server->thread, NULL);
    close(server->listener);
    server->joined = true;
}

void server_stop(struct server *server) {
    server_join(server);
    free(server->heard);
    server->heard = NULL;
}
