/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_TLS_PORT_H
#define SMTPLITE_TLS_PORT_H

/*
 * For whoever writes a TLS port: how a library is put under the transport of tls.h, and what all of
 * them share. Who uses a port needs none of this.
 */

#include "smtplite/tls.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SMTPLITE_TLS_AGAIN = 0,   /* nothing moved: the wait is over, or the server speaks first */
    SMTPLITE_TLS_FAILED = -1, /* smtplite_tls_wrap_fail was called, or the transport below failed */
    SMTPLITE_TLS_EOF = -2,    /* read: the peer has closed, with or without close_notify */
    SMTPLITE_TLS_DONE = 1     /* handshake: it stands */
};

/* A TLS library. Each call moves its bytes by smtplite_tls_wrap_send and _receive, which hold the
 * present wait, and gives one of the values above, or for read and write a count. It never waits in
 * any other way, and gives AGAIN as soon as one of the two gave 0. */
struct smtplite_tls_library {
    /* Sets verified, binding_* and record_max before DONE. With a bad certificate: the fault and
     * FAILED, or if unverified_ok is set, DONE and not verified. */
    int (*handshake)(struct smtplite_tls_wrap *wrap);
    ptrdiff_t (*read)(struct smtplite_tls_wrap *wrap, char *p, size_t n);
    /* n bytes, at most record_max, as one record: n when all of it has left, else AGAIN; then it is
     * called with the same bytes at the same place until it gives n. */
    ptrdiff_t (*write)(struct smtplite_tls_wrap *wrap, const char *p, size_t n);
    /* What stands behind the fault: the library's own words; "" if it has none. */
    const char *(*words)(struct smtplite_tls_wrap *wrap);
};

/* A new connection over `below`, which is borrowed until the connection is over. NULL: there is
 * none yet, and all calls fail. */
void smtplite_tls_wrap_open(struct smtplite_tls_wrap *wrap, const struct smtplite_transport *below,
                            const struct smtplite_tls_library *library);

/* The connection's end: what is held is wiped, all transport calls fail from now on; the fault
 * stays for `reason`. True: TLS stands and no record is half gone, so close_notify may be said; it
 * leaves at once or never (smtplite_tls_wrap_send has a wait of 0 then). */
bool smtplite_tls_wrap_close(struct smtplite_tls_wrap *wrap);

/* For the libraries' I/O callbacks: bytes over the transport below, within what is left of the
 * present wait. A count, 0: the wait is over, SMTPLITE_TRANSPORT_FAILED, SMTPLITE_TRANSPORT_EOF.
 * They set the faults CLOSED and CLEAR_TEXT themselves. */
ptrdiff_t smtplite_tls_wrap_send(struct smtplite_tls_wrap *wrap, const void *p, size_t n);
ptrdiff_t smtplite_tls_wrap_receive(struct smtplite_tls_wrap *wrap, void *p, size_t n);

/* Ends the connection with a fault, unless it has failed already: the first reason stays. Gives
 * SMTPLITE_TLS_FAILED. */
int smtplite_tls_wrap_fail(struct smtplite_tls_wrap *wrap, enum smtplite_tls_fault fault);

/* ---- Certificates as DER (src/tls/certificate.c), where a library checks no names --------- */

/*
 * Checks that a certificate (RFC 5280, DER) names the host: NONE, NAME, NO_SAN (no DNS or IP entry
 * at all) or CERTIFICATE (no sound DER). host: a name is compared with the dNSName entries without
 * case, `*` standing for one whole leftmost label with at least two labels behind it (RFC
 * 9525 6.3); an IPv4 or IPv6 address, with or without brackets, with the iPAddress entries alone.
 * The CN is not looked at. Trusts no length. No memory is kept.
 */
enum smtplite_tls_fault smtplite_certificate_check_host(const void *der, size_t n,
                                                        const char *host);

/* Reads whom the caller wants: a name without the root's dot, as SNI (RFC 6066 3) and certificates
 * have it; or an address without brackets, for which no SNI is sent. `bare` holds it unless NONE is
 * given: it can be neither. */
#define SMTPLITE_HOST_SIZE 254u
enum smtplite_host { SMTPLITE_HOST_NONE, SMTPLITE_HOST_NAME, SMTPLITE_HOST_ADDRESS };
enum smtplite_host smtplite_host_read(const char *host, char bare[SMTPLITE_HOST_SIZE]);

/* The SubjectPublicKeyInfo in a certificate, whole with its header; false: no sound DER. */
bool smtplite_certificate_key(const void *der, size_t n, struct smtplite_octets *spki);

/* True if a CA's certificate has nameConstraints (RFC 5280 4.2.1.10), or is no sound DER. */
bool smtplite_certificate_is_constrained(const void *der, size_t n);

/* ---- Options (src/tls/options.c) ----------------------------------------------------------- */

/* OPTIONS for what no port can do: NULL, no possible host, an unknown flag or binding, a fragment
 * length that is none, pins that are asked for and not there, a pointer without a count or the
 * reverse. Else NONE. */
enum smtplite_tls_fault smtplite_tls_options_check(const struct smtplite_tls_options *options);

/* The code of options.max_fragment in TLS (RFC 6066 4), which is that of both libraries: 0 for 0,
 * 1 to 4; 5: there is no such length. */
uint8_t smtplite_tls_fragment_code(uint16_t len);

/* True if no pin is asked for, or this SHA-256 of a key is a pinned one. */
bool smtplite_tls_options_take_key(const struct smtplite_tls_options *options,
                                   const uint8_t digest[SMTPLITE_PIN_SIZE]);

static inline bool smtplite_octets_are_given(const struct smtplite_octets *octets) {
    return octets->p != NULL && octets->n > 0;
}

#ifdef __cplusplus
}
#endif

#endif
