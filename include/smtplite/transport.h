/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_TRANSPORT_H
#define SMTPLITE_TRANSPORT_H

/*
 * The contract of a transport: what moves the bytes of one connection. A port is two functions
 * and a clock.
 *
 * Both functions
 *   MUST return within `wait` units of the clock, and SHOULD return as soon as something moved;
 *   0 means: look, and return at once;
 *   MUST NOT raise a signal, and MUST go on after an interrupted system call;
 *   MUST keep returning the same error once they returned one;
 *   MAY make the connection on their first call, and MUST return 0 while it is being made.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct smtplite_session;

enum {
    SMTPLITE_TRANSPORT_FAILED = -1, /* the connection is broken, or could not be made */
    SMTPLITE_TRANSPORT_EOF = -2     /* receive: the peer has closed, and all was read */
};

struct smtplite_transport {
    void *context; /* handed to each function */

    /*
     * Takes up to n bytes and gives how many were taken, or SMTPLITE_TRANSPORT_FAILED. What was not
     * taken comes again, at the start of the next call if there is one.
     *   p: borrowed until the return.
     *   more: true: further bytes follow at once, so bytes taken MAY be held back to fill a
     *     segment. False: all bytes taken, held ones too, MUST have been handed to the network
     *     before a positive number is returned. Held bytes that cannot leave yet: return 0.
     *   It MUST return early if bytes can be received, since a server may answer early.
     *   After FAILED, none of the bytes of this very call may have left.
     *   Up to 16 bytes given in one call MUST NOT be split over two segments by the transport.
     */
    ptrdiff_t (*send)(void *context, const char *p, size_t n, bool more, uint32_t wait);

    /*
     * Fills up to n bytes and gives how many, 0 if none came within the wait, or
     * SMTPLITE_TRANSPORT_FAILED, or SMTPLITE_TRANSPORT_EOF. Bytes that came before the peer's
     * end or reset MUST be given before the error, as far as the network still has them.
     * With a wait above 0 it MUST first push out what `send` holds back: the source may be slow.
     */
    ptrdiff_t (*receive)(void *context, char *p, size_t n, uint32_t wait);

    /* A clock that counts up and wraps; its unit is that of struct smtplite_waits. */
    uint32_t (*now)(void *context);

    /* NULL: this transport has no TLS. Else as the two above: goes on with the handshake; when it
     * is done, it calls smtplite_tls_binding if it has one, then smtplite_tls_done(session,
     * verified). 0, or SMTPLITE_TRANSPORT_FAILED. Bytes that came in clear before its own first
     * one left it MUST hand to smtplite_in, which ends the session: they are an attack. */
    int (*start_tls)(void *context, struct smtplite_session *session, uint32_t wait);

    /* Says why it failed, in words for a log: fills text, always NUL-terminated, "" if all is well.
     * size > 0. NULL: this transport cannot say. */
    void (*reason)(void *context, char *text, size_t size);
};

#ifdef __cplusplus
}
#endif

#endif
