/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SECURE_SERVER_H
#define TESTS_SECURE_SERVER_H

/* An SMTP server with TLS (OpenSSL) and logins (GNU SASL) on a free port of the loopback: one
 * thread, one connection after the other, each with the same manners. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct manners {
    const char *certificate; /* PEM: its certificate, chain and key */
    bool implicit;
    int max_version;        /* of OpenSSL, e.g. TLS1_1_VERSION; 0: the newest */
    const char *clear_ehlo; /* lines behind the first; NULL: STARTTLS */
    const char *starttls;   /* the answer to it; NULL: 220 */
    const char *ehlo;       /* over TLS; NULL: AUTH PLAIN LOGIN */
    const char *login;      /* the answer to a login of PLAIN or LOGIN; NULL: 235 */
    enum {
        GO_ON,
        CUT,     /* closes in place of the handshake */
        GARBAGE, /* text in place of the handshake */
        SILENT,  /* nothing, until the client leaves */
        DRIP,    /* a record that never ends, an octet every 100 ms */
        CUT_AT   /* closes behind `octets` octets of the handshake, or of the session */
    } handshake;
    size_t octets;
    bool no_notify; /* no close_notify at the end */
    bool reads_on;  /* silence behind the end of the message */
};

struct secure_server {
    struct manners manners;
    unsigned short port;
    size_t connections;
    size_t handshakes; /* that were good */
    size_t mails;
    char *clear; /* heard in clear; NUL-terminated, over all connections */
    size_t clear_len;
    char *heard; /* heard over TLS */
    size_t heard_len;
    char sni[256];
    bool leaked;  /* commands in clear where TLS was to be */
    bool cut;     /* as CUT_AT says */
    bool goodbye; /* the last client ended with close_notify */
    bool logged_in;

    int listener;
    int fd;
    void *context; /* SSL_CTX */
    void *ssl;
    void *sasl;
    pthread_t thread;
};

void secure_server_start(struct secure_server *server, const struct manners *manners);
void secure_server_join(struct secure_server *server);
void secure_server_free(struct secure_server *server);

#endif
