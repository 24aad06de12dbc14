/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_POSIX_H
#define SMTPLITE_POSIX_H

/* The transport over POSIX sockets: IPv4 and IPv6, names looked up, one address after the other. */

#include "smtplite/transport.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes that one write can gather. A whole envelope group that fits leaves in one write. */
#define SMTPLITE_POSIX_GATHER 16384

struct addrinfo;

/* One connection. connect_wait may be set after smtplite_posix_init; the rest is private. It must
 * stay where it is: the transport's context points to it. */
struct smtplite_posix {
    struct smtplite_transport transport; /* give &posix.transport to the driver */
    uint32_t connect_wait;               /* limit for each address in ms; default 30,000 */

    const char *host;
    const char *port;
    struct addrinfo
        *addresses;        /* from getaddrinfo; given before the first call, it is used and freed */
    struct addrinfo *next; /* the one to try after the present one */
    uint32_t connect_start;
    int socket; /* -1: none */
    uint8_t state;
    uint8_t failed_at; /* which step */
    bool at_end;       /* receive gave EOF */
    int error;         /* errno, or getaddrinfo's code if the look-up failed */
    size_t held_pos;
    size_t held_len;
    char held[SMTPLITE_POSIX_GATHER];
};

/*
 * Prepares a connection; the first send or receive makes it, so that nothing goes on the network
 * before a mail was found to be good. host: a name or an address, IPv4 or IPv6; port: a number or
 * a service name; both borrowed until smtplite_posix_close. The look-up is the C library's
 * getaddrinfo and blocks as that does; everything else returns within its wait.
 */
void smtplite_posix_init(struct smtplite_posix *posix, const char *host, const char *port);

/* Closes the connection, if there is one, and frees what the look-up made. May be called twice. */
void smtplite_posix_close(struct smtplite_posix *posix);

/* Why it failed, in words for a log, e.g. "connect: Connection refused"; filled into text. */
void smtplite_posix_reason(const struct smtplite_posix *posix, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
