/* SPDX-License-Identifier: MIT */
#ifndef TESTS_POSIX_LOOPBACK_H
#define TESTS_POSIX_LOOPBACK_H

/* A server on the loopback: a thread of the test, on a free port, for one connection. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct loopback {
    void (*serve)(struct loopback *server, int fd); /* fd is closed behind it */
    void *arg;
    int small; /* > 0: SO_RCVBUF and SO_SNDBUF of the connection */

    char port[8];
    int listener;
    bool v6;
    atomic_bool accepted;
    atomic_bool done;
    pthread_t thread;
};

/* Listens and starts the thread; the caller has set serve, arg, small. Aborts if it cannot. */
void loopback_start(struct loopback *server, bool v6);
/* Waits for the thread's end; who has not connected by now will not be served. */
void loopback_stop(struct loopback *server);
const char *loopback_host(const struct loopback *server);

/* A listener without a thread, and its port as text; -1 if this machine has no such address. */
int loopback_listen(bool v6, int backlog, char port[8]);
/* Sets SO_RCVBUF and SO_SNDBUF, if size > 0. */
void make_small(int fd, int size);
/* A port where nobody listens. */
void loopback_closed_port(bool v6, char port[8]);

/* For the server's thread. */
void say(int fd, const char *text);
void say_bytes(int fd, const char *p, size_t n);
/* Up to n bytes; 0 at the peer's end or after a reset. */
size_t hear(int fd, char *p, size_t n);
/* Reads a line, CRLF cut off; false: no line came any more. */
bool hear_line(int fd, char *line, size_t size);
void nap(unsigned ms);
/* Makes the close that follows a reset. */
void reset_on_close(int fd);

#endif
