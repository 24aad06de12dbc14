/* SPDX-License-Identifier: MIT */
/* The POSIX transport alone, held against the contract of transport.h. */
#define _DEFAULT_SOURCE /* setitimer */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include "interpose.h"
#include "loopback.h"

#include "smtplite/posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define BIG     (4u * 1024u * 1024u)
#define FAILED  SMTPLITE_TRANSPORT_FAILED
#define AT_END  SMTPLITE_TRANSPORT_EOF
#define PATIENT 5000u

static volatile sig_atomic_t pipes;
static volatile sig_atomic_t alarms;

static void on_pipe(int signal) {
    (void)signal;
    pipes++;
}

static void on_alarm(int signal) {
    (void)signal;
    alarms++;
}

static void catch (int signal, void (*handler)(int)) {
    struct sigaction action;
    memset(&action, 0, sizeof action); /* no SA_RESTART */
    action.sa_handler = handler;
    sigaction(signal, &action, NULL);
}

static void alarm_once(unsigned ms) {
    struct itimerval t;
    memset(&t, 0, sizeof t);
    t.it_value.tv_usec = (suseconds_t)ms * 1000;
    setitimer(ITIMER_REAL, &t, NULL);
}

static void alarm_every(unsigned us) {
    struct itimerval t;
    memset(&t, 0, sizeof t);
    t.it_interval.tv_usec = (suseconds_t)us;
    t.it_value.tv_usec = (suseconds_t)us;
    setitimer(ITIMER_REAL, &t, NULL);
}

static uint32_t ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint32_t)t.tv_sec * 1000u + (uint32_t)(t.tv_nsec / 1000000);
}

static unsigned open_files(void) {
    DIR *dir = opendir("/proc/self/fd");
    unsigned count = 0;
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

/* ---- The transport's calls, short ---------------------------------------------------------- */

static ptrdiff_t put(struct smtplite_posix *posix, const char *p, size_t n, bool more, uint32_t t) {
    return posix->transport.send(posix->transport.context, p, n, more, t);
}

static ptrdiff_t get(struct smtplite_posix *posix, char *p, size_t n, uint32_t t) {
    return posix->transport.receive(posix->transport.context, p, n, t);
}

static void open_to(struct smtplite_posix *posix, const struct loopback *server) {
    interpose_reset();
    smtplite_posix_init(posix, loopback_host(server), server->port);
}

/* Reads until nothing more comes: an error, the end, or PATIENT ms of silence. */
static ptrdiff_t get_all(struct smtplite_posix *posix, char *p, size_t size, size_t *len) {
    ptrdiff_t got = 0;
    *len = 0;
    while (*len < size && (got = get(posix, p + *len, size - *len, PATIENT)) > 0)
        *len += (size_t)got;
    return got;
}

/* ---- Servers ------------------------------------------------------------------------------- */

struct collector {
    char *p;
    size_t len;
    size_t stop;       /* then close, or reset */
    unsigned slow;     /* ms between two reads */
    unsigned gulp;     /* octets a read */
    const char *early; /* said at stop */
    bool reset;
    unsigned stay; /* ms without a move before it closes */
};

/* Collects what comes, then says and closes as told. */
static void collect(struct loopback *server, int fd) {
    struct collector *to = server->arg;
    size_t got = 1;
    while (to->len < to->stop && got > 0) {
        size_t room = to->stop - to->len;
        got = hear(fd, to->p + to->len, to->gulp > 0 && to->gulp < room ? to->gulp : room);
        to->len += got;
        if (to->slow > 0)
            nap(to->slow);
    }
    if (to->early != NULL)
        say(fd, to->early);
    nap(to->stay);
    if (to->reset) {
        nap(50);
        reset_on_close(fd);
    }
}

static void say_hello_then_wait(struct loopback *server, int fd) {
    char c;
    say(fd, server->arg);
    (void)hear(fd, &c, 1);
}

static void say_and_reset(struct loopback *server, int fd) {
    say(fd, server->arg);
    nap(50); /* so that it has arrived: a reset may overtake what is on its way */
    reset_on_close(fd);
}

static void say_and_close(struct loopback *server, int fd) {
    say(fd, server->arg);
}

static char *noise(size_t n) {
    char *p = malloc(n);
    uint32_t x = 12345;
    size_t i;
    for (i = 0; i < n; i++) {
        x = x * 1664525u + 1013904223u;
        p[i] = (char)(x >> 24);
    }
    return p;
}

/* ---- Connection ---------------------------------------------------------------------------- */

static void test_lookup_fails(void) {
    char label[80];
    char text[100];
    char c;
    struct smtplite_posix posix;
    memset(label, 'a', sizeof label); /* a label of 79 octets is refused without a question */
    label[sizeof label - 1] = '\0';
    smtplite_posix_init(&posix, label, "25");
    CHECK(get(&posix, &c, 1, 100) == FAILED, "a name that cannot be");
    CHECK(put(&posix, "x", 1, false, 100) == FAILED, "and again");
    smtplite_posix_reason(&posix, text, sizeof text);
    CHECK(strncmp(text, "look-up: ", 9) == 0 && strlen(text) > 12, "reason: %s", text);
    smtplite_posix_close(&posix);

    smtplite_posix_init(&posix, "127.0.0.1", "no-such-service");
    CHECK(put(&posix, "x", 1, false, 100) == FAILED, "a service that is none");
    smtplite_posix_reason(&posix, text, sizeof text);
    CHECK(strncmp(text, "look-up: ", 9) == 0, "reason: %s", text);
    smtplite_posix_reason(&posix, text, 5);
    CHECK(strcmp(text, "look") == 0, "cut to fit: %s", text);
    smtplite_posix_close(&posix);
}

static void test_refused(void) {
    char port[8];
    char text[100];
    char c;
    struct smtplite_posix posix;
    loopback_closed_port(false, port);
    smtplite_posix_init(&posix, "127.0.0.1", port);
    CHECK(posix.socket == -1, "nothing is done before the first call");
    CHECK(put(&posix, "x", 1, true, PATIENT) == FAILED, "refused");
    CHECK(put(&posix, "x", 1, false, 0) == FAILED, "stays so");
    CHECK(get(&posix, &c, 1, 0) == FAILED, "stays so");
    smtplite_posix_reason(&posix, text, sizeof text);
    CHECK(strcmp(text, "connect: Connection refused") == 0, "reason: %s", text);
    smtplite_posix_close(&posix);
    smtplite_posix_close(&posix);
    smtplite_posix_reason(&posix, text, sizeof text);
    CHECK(strcmp(text, "connect: Connection refused") == 0, "reason after close: %s", text);
    CHECK(get(&posix, &c, 1, 0) == FAILED, "after close");
}

static struct addrinfo *address_of(const char *host, const char *port) {
    struct addrinfo hints, *found = NULL;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(host, port, &hints, &found) != 0)
        abort();
    return found;
}

/* Hands over a list of two, as a look-up of a name with two addresses makes it. */
static void use_two(struct smtplite_posix *posix, struct addrinfo *first, struct addrinfo *second) {
    first->ai_next = second;
    posix->addresses = first;
}

static void free_two(struct smtplite_posix *posix, struct addrinfo *first,
                     struct addrinfo *second) {
    posix->addresses = NULL;
    smtplite_posix_close(posix);
    first->ai_next = NULL;
    freeaddrinfo(first);
    freeaddrinfo(second);
}

static void test_second_address(bool first_v6) {
    char closed[8];
    char text[16] = "";
    size_t len;
    struct smtplite_posix posix;
    struct loopback server = {.serve = say_and_close, .arg = "220 hi\r\n"};
    struct addrinfo *bad, *good;
    loopback_start(&server, false);
    loopback_closed_port(first_v6, closed);
    bad = address_of(first_v6 ? "::1" : "127.0.0.1", closed);
    good = address_of("127.0.0.1", server.port);
    open_to(&posix, &server);
    use_two(&posix, bad, good);
    CHECK(get_all(&posix, text, sizeof text, &len) == AT_END, "reached the second, to its end");
    CHECK(len == 8 && memcmp(text, "220 hi\r\n", 8) == 0, "got %zu octets", len);
    free_two(&posix, bad, good);
    loopback_stop(&server);
}

static void test_no_address_left(void) {
    char closed[8];
    char text[100];
    struct smtplite_posix posix;
    struct addrinfo *one, *two;
    loopback_closed_port(false, closed);
    one = address_of("::1", closed);
    two = address_of("127.0.0.1", closed);
    smtplite_posix_init(&posix, "unused", "0");
    use_two(&posix, one, two);
    CHECK(put(&posix, "x", 1, false, PATIENT) == FAILED, "both refused");
    smtplite_posix_reason(&posix, text, sizeof text);
    CHECK(strcmp(text, "connect: Connection refused") == 0, "reason: %s", text);
    free_two(&posix, one, two);
}

/* A listener whose backlog is full: the next SYN gets no answer. */
struct full_listener {
    int fd;
    int clients[16];
    char port[8];
};

static bool fill(struct full_listener *full) {
    struct addrinfo *to;
    bool hangs = false;
    unsigned i;
    full->fd = loopback_listen(false, 0, full->port);
    to = address_of("127.0.0.1", full->port);
    for (i = 0; i < 16; i++) {
        full->clients[i] = socket(AF_INET, SOCK_STREAM, 0);
        fcntl(full->clients[i], F_SETFL, O_NONBLOCK);
        (void)connect(full->clients[i], to->ai_addr, to->ai_addrlen);
    }
    nap(20);
    for (i = 0; i < 16; i++) {
        char c;
        hangs |= recv(full->clients[i], &c, 1, 0) < 0 && errno != EAGAIN;
    }
    freeaddrinfo(to);
    return hangs || i == 16;
}

static void empty(struct full_listener *full) {
    unsigned i;
    for (i = 0; i < 16; i++)
        close(full->clients[i]);
    close(full->fd);
}

static void test_connect_hangs(void) {
    struct full_listener full;
    struct smtplite_posix posix;
    char text[100];
    char c;
    uint32_t start, took;
    ptrdiff_t got;
    unsigned calls = 1;
    CHECK(fill(&full), "a listener that does not answer");
    smtplite_posix_init(&posix, "127.0.0.1", full.port);
    posix.connect_wait = 300;
    start = ms();
    got = put(&posix, "x", 1, false, 40);
    took = ms() - start;
    CHECK(got == 0 && took >= 35 && took < 120, "gave %td after %u ms", got, took);
    while ((got = get(&posix, &c, 1, 40)) == 0 && calls < 100)
        calls++;
    took = ms() - start;
    CHECK(got == FAILED && took >= 290 && took < 600, "gave %td after %u ms", got, took);
    CHECK(calls >= 6 && calls <= 10, "%u calls of 40 ms", calls);
    smtplite_posix_reason(&posix, text, sizeof text);
    CHECK(strcmp(text, "connect: Connection timed out") == 0, "reason: %s", text);
    smtplite_posix_close(&posix);
    printf("# connect: limit 300 ms, given up after %u ms\n", took);
    empty(&full);
}

static void test_second_after_hang(void) {
    struct full_listener full;
    struct smtplite_posix posix;
    struct loopback server = {.serve = say_and_close, .arg = "220 hi\r\n"};
    struct addrinfo *bad, *good;
    char text[16];
    size_t len;
    uint32_t start = ms();
    CHECK(fill(&full), "a listener that does not answer");
    loopback_start(&server, true);
    bad = address_of("127.0.0.1", full.port);
    good = address_of("::1", server.port);
    open_to(&posix, &server);
    posix.connect_wait = 150;
    use_two(&posix, bad, good);
    alarm_every(1000); /* signals must not restart the limit */
    CHECK(get_all(&posix, text, sizeof text, &len) == AT_END && len == 8, "second: %zu", len);
    alarm_every(0);
    CHECK(ms() - start >= 145 && ms() - start < 700, "after %u ms", ms() - start);
    free_two(&posix, bad, good);
    loopback_stop(&server);
    empty(&full);
}

static void test_names(const char *host, bool v6) {
    struct smtplite_posix posix;
    struct loopback server = {.serve = say_and_close, .arg = "220 hi\r\n"};
    char text[16];
    size_t len;
    loopback_start(&server, v6);
    interpose_reset();
    smtplite_posix_init(&posix, host, server.port);
    CHECK(get_all(&posix, text, sizeof text, &len) == AT_END && len == 8, "%s: %zu", host, len);
    smtplite_posix_close(&posix);
    loopback_stop(&server);
}

static void test_options(void) {
    struct smtplite_posix posix;
    struct loopback server = {.serve = say_hello_then_wait, .arg = "220 hi\r\n"};
    char text[16];
    int on = 0;
    socklen_t size = sizeof on;
    loopback_start(&server, false);
    open_to(&posix, &server);
    CHECK(get(&posix, text, sizeof text, PATIENT) == 8, "greeting");
    CHECK((fcntl(posix.socket, F_GETFD) & FD_CLOEXEC) != 0, "closed on exec");
    CHECK((fcntl(posix.socket, F_GETFL) & O_NONBLOCK) != 0, "never blocks");
    getsockopt(posix.socket, IPPROTO_TCP, TCP_NODELAY, &on, &size);
    CHECK(on != 0, "no delay");
    smtplite_posix_close(&posix);
    loopback_stop(&server);
}

/* ---- Waiting --------------------------------------------------------------------------------- */

static void test_waits(void) {
    struct smtplite_posix posix;
    struct loopback server = {.serve = say_hello_then_wait, .arg = "220 hi\r\n"};
    char text[16];
    uint32_t start;
    loopback_start(&server, false);
    open_to(&posix, &server);
    CHECK(get(&posix, text, sizeof text, PATIENT) == 8, "greeting");
    start = ms();
    CHECK(get(&posix, text, sizeof text, 0) == 0 && ms() - start < 30, "%u ms", ms() - start);
    start = ms();
    CHECK(get(&posix, text, sizeof text, 100) == 0, "silence");
    CHECK(ms() - start >= 99 && ms() - start < 160, "%u ms", ms() - start);
    alarm_every(1000);
    start = ms();
    CHECK(get(&posix, text, sizeof text, 100) == 0, "silence and signals");
    alarm_every(0);
    CHECK(ms() - start >= 99 && ms() - start < 160, "%u ms", ms() - start);
    CHECK(alarms > 20, "only %d signals came", (int)alarms);
    alarm_once(80);
    start = ms();
    CHECK(get(&posix, text, sizeof text, 100) == 0, "silence and one late signal");
    CHECK(ms() - start >= 99 && ms() - start < 160, "%u ms", ms() - start);
    smtplite_posix_close(&posix);
    loopback_stop(&server);
}

/* ---- Gathering ------------------------------------------------------------------------------- */

static void test_gather(void) {
    static char got[8000];
    struct collector to = {.p = got, .stop = 5000};
    struct loopback server = {.serve = collect, .arg = &to};
    struct smtplite_posix posix;
    char *sent = noise(5000);
    ptrdiff_t taken = 0;
    size_t i;
    loopback_start(&server, false);
    open_to(&posix, &server);
    for (i = 0; i < 4990; i += 10)
        taken += put(&posix, sent + i, 10, true, PATIENT);
    CHECK(taken == 4990 && interpose.writes == 0, "%zu writes too early", interpose.writes);
    CHECK(put(&posix, sent + 4990, 10, false, PATIENT) == 10, "the last piece");
    CHECK(interpose.writes == 1 && interpose.write_bytes == 5000, "%zu writes", interpose.writes);
    loopback_stop(&server);
    CHECK(to.len == 5000 && memcmp(got, sent, 5000) == 0, "%zu octets arrived", to.len);
    smtplite_posix_close(&posix);
    free(sent);
}

/* Held bytes leave when their owner begins to wait for an answer. */
static void test_held_leaves_when_waiting(void) {
    static char got[16];
    struct collector to = {.p = got, .stop = 4, .early = "250 ok\r\n"};
    struct loopback server = {.serve = collect, .arg = &to};
    struct smtplite_posix posix;
    char text[16];
    loopback_start(&server, false);
    open_to(&posix, &server);
    CHECK(put(&posix, "NOOP", 4, true, PATIENT) == 4 && interpose.writes == 0, "held");
    CHECK(get(&posix, text, sizeof text, 0) == 0 && interpose.writes == 0, "a look is no wait");
    CHECK(get(&posix, text, sizeof text, PATIENT) == 8, "the answer");
    smtplite_posix_close(&posix);
    loopback_stop(&server);
}

static void test_large_piece_goes_direct(void) {
    char *got = malloc(BIG);
    struct collector to = {.p = got, .stop = 60000};
    struct loopback server = {.serve = collect, .arg = &to};
    struct smtplite_posix posix;
    char *sent = noise(60000);
    size_t at;
    ptrdiff_t n = 1;
    loopback_start(&server, false);
    open_to(&posix, &server);
    CHECK(put(&posix, sent, 100, true, PATIENT) == 100 && interpose.writes == 0, "held");
    for (at = 100; at < 60000 && n > 0; at += (size_t)n)
        n = put(&posix, sent + at, 60000 - at, true, PATIENT);
    loopback_stop(&server);
    CHECK(to.len == 60000 && memcmp(got, sent, 60000) == 0, "%zu octets arrived", to.len);
    CHECK(interpose.writes <= 3, "%zu writes", interpose.writes);
    smtplite_posix_close(&posix);
    free(sent);
    free(got);
}

/* Sends all of it in pieces of odd sizes; gives what went wrong, or 0. */
static ptrdiff_t send_in_pieces(struct smtplite_posix *posix, const char *p, size_t n,
                                size_t piece_max) {
    uint32_t x = 1;
    size_t at = 0;
    while (at < n) {
        size_t piece;
        bool more;
        ptrdiff_t taken;
        x = x * 1664525u + 1013904223u;
        piece = 1 + (x >> 8) % piece_max;
        piece = piece < n - at ? piece : n - at;
        more = at + piece < n && (x >> 28) != 0;
        taken = put(posix, p + at, piece, more, PATIENT);
        if (taken <= 0 || (size_t)taken > piece)
            return taken <= 0 ? taken - 10 : taken;
        if (!more && posix->held_len != posix->held_pos)
            return -20; /* positive with more == false: nothing may be held then */
        at += (size_t)taken;
    }
    return 0;
}

static void move_big(size_t n, size_t piece_max, struct collector to, int small, size_t cap,
                     unsigned interrupt) {
    struct loopback server = {.serve = collect, .arg = &to, .small = small};
    struct smtplite_posix posix;
    char *sent = noise(n);
    ptrdiff_t wrong;
    char c;
    to.p = malloc(n);
    to.stop = n;
    loopback_start(&server, false);
    open_to(&posix, &server);
    CHECK(get(&posix, &c, 1, 0) == 0, "connection");
    CHECK(get(&posix, &c, 1, 20) == 0, "connection");
    if (small > 0)
        setsockopt(posix.socket, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    interpose.write_cap = cap;
    interpose.interrupt = interrupt;
    wrong = send_in_pieces(&posix, sent, n, piece_max);
    interpose.interrupt = 0;
    alarm_every(0);
    CHECK(wrong == 0, "pieces of %zu: gave %td", piece_max, wrong);
    CHECK(interpose.write_bytes == n, "%zu octets written of %zu", interpose.write_bytes, n);
    CHECK(interrupt == 0 || interpose.injected > 10, "%zu interrupts", interpose.injected);
    loopback_stop(&server);
    CHECK(to.len == n && memcmp(to.p, sent, n) == 0, "%zu of %zu octets arrived", to.len, n);
    smtplite_posix_close(&posix);
    free(sent);
    free(to.p);
}

static void test_big_bodies(void) {
    struct collector fast = {.gulp = 0};
    struct collector slow = {.gulp = 30000, .slow = 1};
    move_big(BIG, 200, fast, 0, 0, 0);
    move_big(BIG, 100000, fast, 0, 0, 0);
    move_big(BIG, 40000, slow, 4096, 0, 0);
    move_big(300000, 3000, fast, 0, 1, 0);
    move_big(300000, 3000, fast, 0, 7, 3);
    move_big(BIG, 50000, slow, 4096, 1000, 2);
}

static void test_big_body_and_signals(void) {
    struct collector slow = {.gulp = 30000, .slow = 1};
    sig_atomic_t before = alarms;
    alarm_every(1000);
    move_big(BIG, 40000, slow, 4096, 0, 0);
    CHECK(alarms - before > 30, "only %d signals came", (int)(alarms - before));
}

/* Output that cannot leave: 0 within the wait, and no byte twice or lost when it can again. */
static void test_blocked(void) {
    char *got = malloc(BIG);
    char *sent = noise(BIG);
    struct smtplite_posix posix;
    size_t at = 0, len = 0;
    ptrdiff_t n = 1;
    uint32_t start = 0, took = 0;
    int fd;
    char port[8];
    int listener = loopback_listen(false, 8, port); /* nobody reads yet */
    make_small(listener, 8192);
    interpose_reset();
    smtplite_posix_init(&posix, "127.0.0.1", port);
    while (at < BIG && n > 0) {
        start = ms();
        n = put(&posix, sent + at, BIG - at > 99999 ? 99999 : BIG - at, true, 60);
        took = ms() - start;
        at += n > 0 ? (size_t)n : 0;
    }
    CHECK(at < BIG && n == 0 && took >= 59 && took < 150, "%td, %u ms", n, took);
    CHECK(put(&posix, NULL, 0, false, 20) == 0, "a flush that cannot be");
    fd = accept(listener, NULL, NULL);
    while (len < BIG && n >= 0) {
        n = at < BIG ? put(&posix, sent + at, BIG - at, false, 0) : 0;
        at += n > 0 ? (size_t)n : 0;
        len += hear(fd, got + len, BIG - len);
    }
    CHECK(at == BIG && len == BIG && memcmp(got, sent, BIG) == 0, "%zu of %zu octets", len, at);
    close(fd);
    close(listener);
    smtplite_posix_close(&posix);
    free(sent);
    free(got);
}

/* ---- The peer's end -------------------------------------------------------------------------- */

static void test_reset_after_data(void) {
    struct loopback server = {.serve = say_and_reset, .arg = "421 gone\r\n"};
    struct smtplite_posix posix;
    char text[32];
    char reason[100];
    loopback_start(&server, false);
    open_to(&posix, &server);
    CHECK(get(&posix, text, 1, PATIENT) == 1, "connected");
    loopback_stop(&server); /* data, then the reset, are in the kernel now */
    CHECK(get(&posix, text, sizeof text, PATIENT) == 9, "what came before the reset");
    CHECK(get(&posix, text, sizeof text, PATIENT) == FAILED, "then the reset");
    CHECK(get(&posix, text, sizeof text, PATIENT) == FAILED, "and again");
    CHECK(put(&posix, "x", 1, true, 0) == FAILED, "and to send");
    smtplite_posix_reason(&posix, reason, sizeof reason);
    CHECK(strcmp(reason, "receive: Connection reset by peer") == 0, "reason: %s", reason);
    smtplite_posix_close(&posix);
}

/* The reset is met by a write first: what the server said must still come out. */
static void test_write_after_reset(void) {
    struct loopback server = {.serve = say_and_reset, .arg = "421 gone\r\n"};
    struct smtplite_posix posix;
    char text[32];
    char reason[100];
    size_t len;
    loopback_start(&server, false);
    open_to(&posix, &server);
    CHECK(get(&posix, text, 1, PATIENT) == 1, "connected");
    loopback_stop(&server);
    CHECK(put(&posix, "x", 1, false, 100) == 0, "there is something to read");
    CHECK(put(&posix, "x", 1, true, 100) == 0, "still");
    CHECK(get_all(&posix, text, sizeof text, &len) == FAILED, "the reset at last");
    CHECK(len == 9 && memcmp(text, "21 gone\r\n", 9) == 0, "%zu octets", len);
    CHECK(put(&posix, "x", 1, false, 100) == FAILED, "and to send");
    CHECK(get(&posix, text, 1, 100) == FAILED, "and again");
    smtplite_posix_reason(&posix, reason, sizeof reason);
    CHECK(strncmp(reason, "send: ", 6) == 0, "reason: %s", reason);
    smtplite_posix_close(&posix);
}

static void test_close(void) {
    struct loopback server = {.serve = say_and_close, .arg = "221 bye\r\n"};
    struct smtplite_posix posix;
    char text[32];
    char reason[100];
    size_t len;
    unsigned i;
    ptrdiff_t n = 1;
    loopback_start(&server, false);
    open_to(&posix, &server);
    CHECK(get_all(&posix, text, sizeof text, &len) == AT_END && len == 9, "%zu octets", len);
    CHECK(get(&posix, text, 1, 100) == AT_END, "stays so");
    smtplite_posix_reason(&posix, reason, sizeof reason);
    CHECK(strcmp(reason, "closed by the server") == 0, "reason: %s", reason);
    loopback_stop(&server);
    for (i = 0; i < 20 && n >= 0; i++) {
        n = put(&posix, "x", 1, false, 20);
        nap(5);
    }
    CHECK(n == FAILED, "writing to one that is gone: %td", n);
    CHECK(put(&posix, "x", 1, false, 20) == FAILED, "stays so");
    CHECK(get(&posix, text, 1, 100) == AT_END, "stays so");
    smtplite_posix_close(&posix);
}

/* D12: while output is blocked, an early answer ends the wait. */
static void test_early_answer(bool reset, unsigned stay) {
    char *sent = noise(BIG);
    char got[1000];
    char text[32];
    struct collector to = {
        .p = got, .stop = 1000, .early = "552 too big\r\n", .reset = reset, .stay = stay};
    struct loopback server = {.serve = collect, .arg = &to, .small = 4096};
    struct smtplite_posix posix;
    size_t at = 0, len;
    ptrdiff_t n = 1;
    uint32_t start = ms();
    loopback_start(&server, false);
    open_to(&posix, &server);
    while (at < BIG && n > 0) {
        n = put(&posix, sent + at, BIG - at, false, PATIENT);
        at += n > 0 ? (size_t)n : 0;
    }
    CHECK(n == 0 && at < BIG, "%td after %zu octets", n, at);
    CHECK(ms() - start < 1500, "not early: %u ms", ms() - start);
    n = get_all(&posix, text, sizeof text, &len);
    CHECK(len == 13 && memcmp(text, "552 too big\r\n", 13) == 0, "%zu octets", len);
    CHECK(n == FAILED || n == AT_END, "%td", n);
    smtplite_posix_close(&posix);
    loopback_stop(&server);
    free(sent);
}

/* ---- Each system call fails once (E6) -------------------------------------------------------- */

static void collect_and_answer(struct loopback *server, int fd) {
    char line[100];
    (void)server;
    say(fd, "220 hi\r\n");
    while (hear_line(fd, line, sizeof line))
        say(fd, "250 ok\r\n");
}

/* Greeting, one line in two pieces, its answer; false at the first failure. */
static bool small_talk(struct smtplite_posix *posix) {
    char text[64];
    unsigned tries = 0;
    ptrdiff_t n = 0;
    while (n == 0 && tries++ < 200)
        n = get(posix, text, sizeof text, 20);
    if (n != 8 || put(posix, "NOOP", 4, true, PATIENT) != 4)
        return false;
    for (n = 0; n == 0 && tries < 200; tries++)
        n = put(posix, "\r\n", 2, false, 20);
    if (n != 2)
        return false;
    for (n = 0; n == 0 && tries < 200; tries++)
        n = get(posix, text, sizeof text, 20);
    return n == 8;
}

static bool talk_with_fault(size_t fail_at, unsigned interrupt, size_t *injected) {
    struct loopback server = {.serve = collect_and_answer};
    struct smtplite_posix posix;
    bool good;
    loopback_start(&server, false);
    open_to(&posix, &server);
    interpose.fail_at = fail_at;
    interpose.fail_errno = ECONNABORTED;
    interpose.interrupt = interrupt;
    good = small_talk(&posix);
    *injected = interpose.injected;
    interpose_reset();
    smtplite_posix_close(&posix);
    loopback_stop(&server);
    return good;
}

static void test_every_call_fails(void) {
    size_t injected = 1;
    size_t n;
    unsigned failed = 0;
    CHECK(talk_with_fault(0, 0, &injected) && injected == 0, "the talk itself");
    injected = 1;
    for (n = 1; injected > 0 && n < 100; n++) {
        bool good = talk_with_fault(n, 0, &injected);
        failed += good ? 0 : 1;
        CHECK(good == (injected == 0), "call %zu failed and nobody saw it", n);
    }
    CHECK(failed >= 6 && n < 100, "%u calls failed", failed);
    printf("# each of %u system calls made to fail\n", failed);
    for (n = 2; n < 5; n++) /* a talk has 6 calls or more */
        CHECK(talk_with_fault(0, (unsigned)n, &injected) && injected > 0,
              "each %zuth call interrupted", n);
}

int main(void) {
    unsigned files;
    catch (SIGPIPE, on_pipe);
    catch (SIGALRM, on_alarm);
    files = open_files();
    test_lookup_fails();
    test_refused();
    test_second_address(false);
    test_second_address(true);
    test_no_address_left();
    test_connect_hangs();
    test_second_after_hang();
    test_names("::1", true);
    test_names("127.0.0.1", false);
    test_names("localhost", false);
    test_options();
    test_waits();
    test_gather();
    test_held_leaves_when_waiting();
    test_large_piece_goes_direct();
    test_big_bodies();
    test_big_body_and_signals();
    test_blocked();
    test_reset_after_data();
    test_write_after_reset();
    test_close();
    test_early_answer(false, 0);
    test_early_answer(true, 0);
    test_early_answer(false, 2000);
    test_every_call_fails();
    CHECK(pipes == 0, "%d SIGPIPE", (int)pipes);
    CHECK(open_files() == files, "%u files open, %u before", open_files(), files);
    return checks_end("transport_test");
}
