/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FACE_H
#define TESTS_FACE_H

/* What the face's tests share: checks, a stage (pool, IP instance, client), and a server. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "nx_host.h"
#include "nx_ip.h"

#include "nxd_smtp_client.h"

/* ---- Checks: one line for each that fails, from any thread -------------------------------- */

void check_at(const char *file, int line, bool good, const char *what, const char *format, ...);
#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        bool good_ = (condition); /* before the values: it may change them */                      \
        check_at(__FILE__, __LINE__, good_, #condition, __VA_ARGS__);                              \
    } while (0)
int checks_end(const char *name);

/* ---- The server: one thread, one connection after the other ------------------------------- */

enum step_kind {
    STEP_SAY,     /* bytes */
    STEP_EXPECT,  /* bytes, as one segment */
    STEP_MESSAGE, /* bytes: the message as it must come, end mark included */
    STEP_PAUSE,   /* n milliseconds */
    STEP_SILENCE, /* nothing may come for n milliseconds */
    STEP_DRIP,    /* bytes, one every n milliseconds, until the client leaves */
    STEP_FLOOD,   /* bytes again and again, until the client leaves */
    STEP_SWALLOW, /* reads whatever comes, until the client leaves */
    STEP_CLOSE,
    STEP_RESET,
    STEP_GOOD /* a whole session in which all goes well, whatever the client wants */
};

struct step {
    enum step_kind kind;
    char *p;
    size_t n;
};

#define STEPS_MAX 64

struct script {
    struct step steps[STEPS_MAX];
    size_t count;
};

struct server {
    struct script *scripts; /* one for each connection */
    size_t count;
    int family;
    int listener;
    UINT port;
    pthread_t thread;
    bool joined;
    char wrong[512];  /* the first thing that was not as the script has it; "" */
    char *heard;      /* all that clients said, over all connections */
    size_t heard_len; /* */
    size_t connections;
};

void server_start(struct server *server, struct script *scripts, size_t count, int family);
/* Waits until the thread has seen what there is. Connections that never came are not waited for. */
void server_join(struct server *server);
/* The same if need be, and frees what was heard. */
void server_stop(struct server *server);

void script_add(struct script *script, enum step_kind kind, const char *p, size_t n);
void script_good(struct script *script);
void script_free(struct script *script);

/* ---- The stage ---------------------------------------------------------------------------- */

struct mail {
    const char *user;
    const char *password;
    const char *from;
    const char *domain;
    const char *to;
    const char *subject;
    const char *body;
    size_t body_len;
    UINT auth;
    UINT priority;
};

extern const struct mail plain_mail;

struct stage {
    NX_PACKET_POOL pool;
    NX_IP ip;
    NX_SMTP_CLIENT client;
    NXD_ADDRESS address;
    void *memory;
    ULONG stack[512]; /* of the IP instance */
    ULONG available;
};

/* Pool and IP instance; payload and packets 0: 1,536 and 10. */
void stage_open(struct stage *stage, ULONG payload, ULONG packets);
/* Checks that every packet has come back, and none twice. */
void stage_check(struct stage *stage, const char *name);
void stage_close(struct stage *stage);
UINT stage_create(struct stage *stage, const struct mail *mail, UINT port);
UINT stage_send(struct stage *stage, const struct mail *mail);
UINT stage_delete(struct stage *stage);
/* Time limits of 1 s in place of the macros'. */
void stage_hurry(struct stage *stage);

/* The message of a mail as it must be on the wire, made in the simplest way. Free it. */
char *wire_of(const struct mail *mail, size_t *n);

/* ---- The spy: what the transport gave to nx_tcp_socket_send ------------------------------- */

#define SPY_MAX 4096

struct segment {
    size_t len;
    char tail[8]; /* the last bytes, as many as there are */
};

struct spy {
    struct segment segments[SPY_MAX]; /* those that NetX took */
    size_t count;
    size_t too_long; /* longer than the connection's MSS */
    size_t chained;  /* in more than one packet */
};

extern struct spy spy;
void spy_reset(void);

#endif
