/* SPDX-License-Identifier: MIT */
/*
 * The transport over POSIX sockets.
 *
 * The socket is non-blocking from its birth; whoever must wait does so in wait_for() alone, which
 * counts one deadline down over any number of signals. So no call outlasts its `wait`, but for
 * getaddrinfo, which has no time limit of its own.
 *
 *   FRESH -> CONNECTING -> OPEN -> BROKEN -> DEAD
 *
 * FRESH, CONNECTING: connect_within() goes on with the connection, one address after the other.
 * OPEN: bytes move. held[held_pos .. held_len) was taken from the caller and has not left yet.
 * BROKEN: writing has failed. What the server said before stays readable until recv() is done with
 *   it: the 552 that came before the reset is worth more than the reset (D12). So send gives 0
 *   while there is something to read, and FAILED from then on.
 * DEAD: nothing is left but the reason.
 *
 * Invariants: socket >= 0 exactly in CONNECTING, OPEN and BROKEN. error != 0 in BROKEN and DEAD
 * (0 in DEAD: the owner closed it). No byte of a send leaves before all held ones.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#ifdef __APPLE__
#define _DARWIN_C_SOURCE /* SO_NOSIGPIPE */
#endif

#include "smtplite/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif
#ifndef MSG_MORE
#define MSG_MORE 0
#endif
#ifndef SOCK_CLOEXEC
#define SOCK_CLOEXEC 0
#endif

#define CONNECT_WAIT  30000u
#define LONGEST_POLL  60000u
#define TIMED_OUT     0
#define POLL_FAILED   (-1)
#define NOTHING_MOVED 0

enum state { FRESH, CONNECTING, OPEN, BROKEN, DEAD };
enum step { LOOKUP, LOOKUP_SYSTEM, CONNECT, SEND, RECEIVE }; /* LOOKUP: not errno but EAI_x */

/* ---- Time -------------------------------------------------------------------------------- */

static uint32_t now(void *context) {
    struct timespec t;
    (void)context;
    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
        return 0;
    return (uint32_t)t.tv_sec * 1000u + (uint32_t)(t.tv_nsec / 1000000);
}

static uint32_t time_left(uint32_t start, uint32_t wait) {
    uint32_t passed = now(NULL) - start;
    return passed < wait ? wait - passed : 0;
}

/* What is ready of `events`, errors included; TIMED_OUT; or POLL_FAILED, errno says why. */
static int wait_for(int fd, short events, uint32_t start, uint32_t wait) {
    struct pollfd watched = {.fd = fd, .events = events, .revents = 0};
    do {
        uint32_t left = time_left(start, wait);
        int ready = poll(&watched, 1, (int)(left < LONGEST_POLL ? left : LONGEST_POLL));
        if (ready > 0)
            return watched.revents;
        if (ready < 0 && errno != EINTR)
            return POLL_FAILED;
    } while (time_left(start, wait) > 0);
    return TIMED_OUT;
}

/* ---- Failure ----------------------------------------------------------------------------- */

static void close_socket(struct smtplite_posix *posix) {
    if (posix->socket >= 0)
        (void)close(posix->socket); /* not again after EINTR: the number may be another's by then */
    posix->socket = -1;
}

static void note(struct smtplite_posix *posix, enum step step, int error) {
    posix->failed_at = (uint8_t)step;
    posix->error = error;
}

static ptrdiff_t die(struct smtplite_posix *posix) {
    close_socket(posix);
    posix->state = DEAD;
    return SMTPLITE_TRANSPORT_FAILED;
}

/* ---- Connection -------------------------------------------------------------------------- */

static int set_options(int fd) {
    int on = 1;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return -1;
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef SO_NOSIGPIPE
    (void)setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    return 0;
}

/* Begins with one address; false: it cannot be had, errno says why. */
static bool begin_connect(struct smtplite_posix *posix, const struct addrinfo *to) {
    posix->connect_start = now(NULL);
    posix->socket = socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC, to->ai_protocol);
    if (posix->socket < 0 || set_options(posix->socket) < 0)
        return false;
    if (connect(posix->socket, to->ai_addr, to->ai_addrlen) == 0)
        return true;
    return errno == EINPROGRESS || errno == EINTR; /* it goes on by itself in both cases */
}

/* To the next address that lets itself be tried, or DEAD with the last one's reason. */
static void connect_next(struct smtplite_posix *posix) {
    while (posix->next != NULL) {
        const struct addrinfo *to = posix->next;
        posix->next = to->ai_next;
        close_socket(posix);
        posix->state = CONNECTING;
        if (begin_connect(posix, to))
            return;
        note(posix, CONNECT, errno);
    }
    die(posix);
}

/* A number over 65535 is none: getaddrinfo would take its lower half. */
static bool is_port(const char *port) {
    unsigned long number = 0;
    for (; *port >= '0' && *port <= '9' && number <= 65535; port++)
        number = number * 10 + (unsigned long)(*port - '0');
    return number <= 65535;
}

/* AI_ADDRCONFIG stays off: ::1 must be found on a machine that has no other IPv6 address. */
static void look_up(struct smtplite_posix *posix) {
    struct addrinfo hints;
    int result = 0;
    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    if (posix->port == NULL || !is_port(posix->port))
        result = EAI_SERVICE;
    else if (posix->addresses == NULL && posix->host == NULL)
        result = EAI_NONAME; /* getaddrinfo would take it for this machine */
    else if (posix->addresses == NULL)
        result = getaddrinfo(posix->host, posix->port, &hints, &posix->addresses);
    note(posix, LOOKUP, result);
#ifdef EAI_SYSTEM
    if (result == EAI_SYSTEM)
        note(posix, LOOKUP_SYSTEM, errno);
#endif
    posix->next = result == 0 ? posix->addresses : NULL;
    connect_next(posix);
}

/* What became of the connection that was begun: 0, or why not. */
static int connect_result(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return errno;
    return error;
}

/* One look at the present address, for `wait` at most and never beyond connect_wait. */
static void watch_connect(struct smtplite_posix *posix, uint32_t start, uint32_t wait) {
    uint32_t mine = time_left(posix->connect_start, posix->connect_wait);
    uint32_t left = time_left(start, wait);
    int ready = wait_for(posix->socket, POLLOUT, now(NULL), left < mine ? left : mine);
    int error = ready == POLL_FAILED ? errno : ETIMEDOUT;
    if (ready == TIMED_OUT && time_left(posix->connect_start, posix->connect_wait) > 0)
        return;
    if (ready > 0)
        error = connect_result(posix->socket);
    if (error == 0) {
        posix->state = OPEN;
        note(posix, CONNECT, 0);
        return;
    }
    note(posix, CONNECT, error);
    connect_next(posix);
}

/* Goes on with the connection; true: it stands. */
static bool connect_within(struct smtplite_posix *posix, uint32_t start, uint32_t wait) {
    if (posix->state == FRESH)
        look_up(posix);
    while (posix->state == CONNECTING) {
        watch_connect(posix, start, wait);
        if (posix->state == CONNECTING && time_left(start, wait) == 0)
            return false;
    }
    return posix->state != DEAD;
}

/* ---- Sending ----------------------------------------------------------------------------- */

static size_t held_count(const struct smtplite_posix *posix) {
    return posix->held_len - posix->held_pos;
}

static void hold(struct smtplite_posix *posix, const char *p, size_t n) {
    memcpy(posix->held + posix->held_len, p, n);
    posix->held_len += n;
}

/* A15: a login may have been among it. */
static void forget_held(struct smtplite_posix *posix) {
    memset(posix->held, 0, posix->held_len);
    posix->held_pos = 0;
    posix->held_len = 0;
}

/* Of `sent` bytes the held ones go first; gives how many were the caller's own. */
static size_t settle(struct smtplite_posix *posix, size_t sent) {
    size_t held = held_count(posix);
    if (sent < held) {
        posix->held_pos += sent;
        return 0;
    }
    forget_held(posix);
    return sent - held;
}

/* Held bytes and the caller's own in one write; as sendmsg. */
static ssize_t write_both(struct smtplite_posix *posix, const char *p, size_t n, bool more) {
    struct iovec piece[2];
    struct msghdr message;
    memset(&message, 0, sizeof message);
    piece[0].iov_base = posix->held + posix->held_pos;
    piece[0].iov_len = held_count(posix);
    piece[1].iov_base = (void *)(uintptr_t)p; /* sendmsg only reads it */
    piece[1].iov_len = n;
    message.msg_iov = piece[0].iov_len > 0 ? piece : piece + 1;
    message.msg_iovlen = 1;
    if (piece[0].iov_len > 0 && n > 0)
        message.msg_iovlen = 2;
    return sendmsg(posix->socket, &message, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
}

/* Writing has failed: what can be read still comes first, then FAILED for good. */
static ptrdiff_t send_broken(struct smtplite_posix *posix) {
    char byte;
    ssize_t got;
    posix->state = BROKEN;
    do {
        got = recv(posix->socket, &byte, 1, MSG_PEEK);
    } while (got < 0 && errno == EINTR);
    if (got > 0)
        return NOTHING_MOVED;
    return die(posix);
}

/* Nothing can leave now: what is ready when it is worth to try again, TIMED_OUT when the call must
 * end (something to read ends it, too), or POLL_FAILED. */
static int wait_writable(struct smtplite_posix *posix, uint32_t start, uint32_t wait) {
    short input = posix->at_end ? 0 : POLLIN;
    int ready = wait_for(posix->socket, (short)(POLLOUT | input), start, wait);
    if (ready == POLL_FAILED)
        return POLL_FAILED;
    return (ready & input) != 0 ? TIMED_OUT : ready;
}

/* A write moved nothing, errno says why: TIMED_OUT or POLL_FAILED when the call must end. */
static int after_error(struct smtplite_posix *posix, uint32_t start, uint32_t wait) {
    if (errno == EINTR)
        return POLLOUT;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return wait_writable(posix, start, wait);
    return POLL_FAILED;
}

/* Writes until at least one of the n bytes has left, or, with n == 0, all held ones. */
static ptrdiff_t push(struct smtplite_posix *posix, const char *p, size_t n, bool more,
                      uint32_t start, uint32_t wait) {
    int go_on = POLLOUT;
    while (go_on > 0) {
        ssize_t sent = write_both(posix, p, n, more);
        size_t own = sent > 0 ? settle(posix, (size_t)sent) : 0;
        if (own > 0 || (n == 0 && held_count(posix) == 0))
            return (ptrdiff_t)own;
        if (sent < 0)
            go_on = after_error(posix, start, wait);
    }
    if (go_on == TIMED_OUT)
        return NOTHING_MOVED;
    note(posix, SEND, errno);
    return send_broken(posix);
}

static ptrdiff_t send_bytes(void *context, const char *p, size_t n, bool more, uint32_t wait) {
    struct smtplite_posix *posix = context;
    uint32_t start = now(NULL);
    if (posix->state == BROKEN)
        return send_broken(posix);
    if (!connect_within(posix, start, wait))
        return posix->state == DEAD ? SMTPLITE_TRANSPORT_FAILED : NOTHING_MOVED;
    if (n == 0 && held_count(posix) == 0)
        return NOTHING_MOVED;
    if (more && n <= sizeof posix->held - posix->held_len) {
        hold(posix, p, n);
        return (ptrdiff_t)n;
    }
    return push(posix, p, n, more, start, wait);
}

/* ---- Receiving --------------------------------------------------------------------------- */

/* The peer has closed; after a failed write this is what a reset looks like. */
static ptrdiff_t receive_end(struct smtplite_posix *posix) {
    if (posix->state == BROKEN)
        return die(posix);
    posix->at_end = true;
    return SMTPLITE_TRANSPORT_EOF;
}

/* Nothing came, errno says why. After a failed write that one's reason stays. */
static ptrdiff_t receive_failed(struct smtplite_posix *posix) {
    if (posix->state != BROKEN)
        note(posix, RECEIVE, errno);
    return die(posix);
}

static ptrdiff_t pull(struct smtplite_posix *posix, char *p, size_t n, uint32_t start,
                      uint32_t wait) {
    for (;;) {
        ssize_t got = recv(posix->socket, p, n, 0);
        int ready = POLLIN;
        if (got > 0)
            return got;
        if (got == 0)
            return receive_end(posix);
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            ready = wait_for(posix->socket, POLLIN, start, wait);
        else if (errno != EINTR)
            return receive_failed(posix);
        if (ready == TIMED_OUT)
            return NOTHING_MOVED;
        if (ready == POLL_FAILED)
            return receive_failed(posix);
    }
}

static ptrdiff_t receive_bytes(void *context, char *p, size_t n, uint32_t wait) {
    struct smtplite_posix *posix = context;
    uint32_t start = now(NULL);
    if (posix->at_end)
        return SMTPLITE_TRANSPORT_EOF;
    if (!connect_within(posix, start, wait))
        return posix->state == DEAD ? SMTPLITE_TRANSPORT_FAILED : NOTHING_MOVED;
    if (n == 0)
        return NOTHING_MOVED;
    /* Who waits for an answer has nothing to add: what is held must not wait with him. */
    if (wait > 0 && posix->state == OPEN && held_count(posix) > 0)
        (void)push(posix, NULL, 0, false, start, 0);
    if (posix->state == DEAD)
        return SMTPLITE_TRANSPORT_FAILED;
    return pull(posix, p, n, start, wait);
}

/* ---- Why it failed ------------------------------------------------------------------------ */

static const char *step_name(uint8_t step) {
    static const char *const names[] = {
        [LOOKUP] = "look-up: ", [LOOKUP_SYSTEM] = "look-up: ", [CONNECT] = "connect: ",
        [SEND] = "send: ",      [RECEIVE] = "receive: ",
    };
    return names[step];
}

static void append(char *text, size_t size, const char *more) {
    size_t len = strlen(text);
    size_t add = strlen(more);
    if (add > size - len - 1)
        add = size - len - 1;
    memcpy(text + len, more, add);
    text[len + add] = '\0';
}

/* A connection that is still being made has no error yet, and may be why time has run out. */
static void say_reason(void *context, char *text, size_t size) {
    const struct smtplite_posix *posix = context;
    text[0] = '\0';
    if (posix->error == 0 && posix->state == CONNECTING)
        append(text, size, "connect: no answer");
    else if (posix->error == 0)
        append(text, size, posix->at_end ? "closed by the server" : "");
    else
        append(text, size, step_name(posix->failed_at));
    if (posix->error == 0)
        return;
    if (posix->failed_at == LOOKUP)
        append(text, size, gai_strerror(posix->error));
    else
        append(text, size, strerror(posix->error));
}

void smtplite_posix_reason(const struct smtplite_posix *posix, char *text, size_t size) {
    if (size > 0)
        posix->transport.reason(posix->transport.context, text, size);
    if (size > 0 && text[0] == '\0')
        append(text, size, "no error");
}

/* ---- Set-up ------------------------------------------------------------------------------ */

void smtplite_posix_init(struct smtplite_posix *posix, const char *host, const char *port) {
    memset(posix, 0, offsetof(struct smtplite_posix, held));
    posix->transport.context = posix;
    posix->transport.send = send_bytes;
    posix->transport.receive = receive_bytes;
    posix->transport.now = now;
    posix->transport.reason = say_reason;
    posix->connect_wait = CONNECT_WAIT;
    posix->host = host;
    posix->port = port;
    posix->socket = -1;
    posix->state = FRESH;
}

void smtplite_posix_close(struct smtplite_posix *posix) {
    forget_held(posix);
    if (posix->addresses != NULL)
        freeaddrinfo(posix->addresses);
    posix->addresses = NULL;
    posix->next = NULL;
    die(posix);
}
