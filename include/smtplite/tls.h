/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_TLS_H
#define SMTPLITE_TLS_H

/*
 * TLS (RFC 8446, RFC 5246; for mail RFC 3207, RFC 8314), whatever library does it: a transport that
 * wraps another one. ports/openssl (openssl.h) and ports/mbedtls (mbedtls.h) speak it with the
 * options below:
 *
 *     smtplite_openssl_init(&tls, &options);              once: reads CAs, certificate and key
 *     smtplite_openssl_wrap(&tls, &posix.transport);      for each connection
 *     smtplite_send(&tls.wrap.transport, &config, ...);   STARTTLS or implicit, as config.tls says
 *     smtplite_openssl_close(&tls);                       the connection's end: close_notify
 *     smtplite_openssl_free(&tls);
 *
 * What holds for every connection, with no option set: TLS 1.2 or newer; the certificate's chain
 * ends at a CA that is trusted; its dates hold; its subjectAltName names the host (RFC 9525: DNS
 * and IP entries, never the CN); SNI is sent (RFC 6066 3). What fails one of these is refused
 * within the handshake, before a byte of SMTP is said over it.
 */

#include "smtplite/transport.h"

#ifdef __cplusplus
extern "C" {
#endif

/* For options.flags. No value is one of config.tls or config.flags, so that each refuses the
 * other's. */
enum smtplite_tls_flag {
    /* RISK: a certificate that has expired, or a stolen one that was replaced, is taken. For
     * devices without a clock; all else is still checked. */
    SMTPLITE_TLS_ALLOW_NO_CLOCK = 1 << 12,
    /* RISK: who holds a pinned key is the server, whatever CA signed it, or none. The pin takes the
     * place of the chain, and of nothing else: name and dates are checked as ever. */
    SMTPLITE_TLS_PIN_INSTEAD = 1 << 13,
    /* No TLS 1.3: for servers that break with it. */
    SMTPLITE_TLS_1_2_ONLY = 1 << 14,
    /* No session is kept for resumption. */
    SMTPLITE_TLS_NO_RESUMPTION = 1 << 15
};

/* Which channel binding a SCRAM login is bound by (RFC 5929, RFC 9266). One that is asked for by
 * name and cannot be had safely comes to none: EXPORTER and UNIQUE where the master secret is not
 * bound to its handshake (TLS 1.2 without RFC 7627, or the library does not tell), UNIQUE with TLS
 * 1.3. With mbedTLS EXPORTER is for TLS 1.3 alone. */
enum smtplite_binding {
    SMTPLITE_BINDING_AUTO, /* TLS 1.3: tls-exporter; 1.2: tls-unique, without extended master secret
                              (RFC 7627) tls-server-end-point; else what the library can give */
    SMTPLITE_BINDING_EXPORTER,
    SMTPLITE_BINDING_UNIQUE,
    SMTPLITE_BINDING_END_POINT,
    SMTPLITE_BINDING_NONE
};

#define SMTPLITE_PIN_SIZE 32u

/* Octets: certificates and keys in memory, as PEM (several may follow each other) or DER (one). */
struct smtplite_octets {
    const void *p;
    size_t n; /* of PEM: without or with an ending NUL */
};

/* All borrowed until the port's free call, and not to be changed until then: a kept session stands
 * for what was demanded when it was made. */
struct smtplite_tls_options {
    const char *host;          /* whom the certificate must name: a host name or an IP address */
    struct smtplite_octets ca; /* the CAs to trust. None: with OpenSSL the system's store; with
                                  mbedTLS none, which fails unless PIN_INSTEAD is set */
    const uint8_t (*pins)[SMTPLITE_PIN_SIZE]; /* SHA-256 of the SubjectPublicKeyInfo of the server's
                                                 certificate (RFC 7469 2.4): one must match */
    size_t pin_count;                         /* 0: none is asked for */
    struct smtplite_octets certificate;       /* the client's, with its chain; none: none */
    struct smtplite_octets key;               /* its private key, not encrypted */
    uint16_t flags;                           /* mask of enum smtplite_tls_flag */
    uint16_t max_fragment; /* longest record (RFC 6066 4): 512, 1024, 2048, 4096; 0: any. With
                              mbedTLS 3 it means TLS 1.2 */
    uint8_t binding;       /* enum smtplite_binding */
};

/* What was wrong, in words on which a firmware engineer can act: X(NAME, words). */
#define SMTPLITE_TLS_FAULTS(X)                                                                     \
    X(NONE, "no TLS fault")                                                                        \
    X(OPTIONS, "the TLS options are wrong: no host that can be, an unknown flag, a length "        \
               "that is none, missing pins, or a pointer and a count that do not match")           \
    X(NO_CA, "no CA was given: set options.ca, or pins with SMTPLITE_TLS_PIN_INSTEAD")             \
    X(BAD_CA, "the CA certificates cannot be read: PEM or DER is wanted")                          \
    X(BAD_CREDENTIALS, "the client's certificate or key cannot be read, or they do not match")     \
    X(MEMORY, "the TLS library has no memory left, or a buffer too small for the record")          \
    X(RANDOM, "the TLS library gets no random numbers: is an entropy source set up?")              \
    X(CLEAR_TEXT, "the server speaks in clear where TLS was expected: wrong port? 465 is for "     \
                  "implicit TLS, 587 and 25 for STARTTLS")                                         \
    X(CLOSED, "the server closed the connection within the handshake")                             \
    X(VERSION, "client and server have no TLS version in common: 1.2 or newer is wanted")          \
    X(CIPHER, "client and server have no cipher, curve or signature in common")                    \
    X(ALERT, "the server ended TLS with an alert")                                                 \
    X(PROTOCOL, "the handshake is garbled: no TLS, or an attack")                                  \
    X(UNTRUSTED,                                                                                   \
      "the certificate's chain does not end at a trusted CA: give the server's root CA, "          \
      "and let the server send its intermediates")                                                 \
    X(SELF_SIGNED, "the certificate is self-signed and not among the trusted ones: pin its key, "  \
                   "or give it as the CA")                                                         \
    X(NAME, "the certificate is for another host: options.host must be one of its "                \
            "subjectAltName entries")                                                              \
    X(NO_SAN, "the certificate has no subjectAltName, the CN does not count: have it made anew")   \
    X(EXPIRED, "the certificate has expired, or the device's clock is ahead")                      \
    X(NOT_YET, "the certificate is not valid yet: is the device's clock set?")                     \
    X(NO_CLOCK, "there is no clock to check the certificate's dates: set one, or "                 \
                "SMTPLITE_TLS_ALLOW_NO_CLOCK")                                                     \
    X(PIN, "the server's public key is none of the pinned ones: it was changed, or it is not the " \
           "server")                                                                               \
    X(WEAK, "the certificate's key or hash is too weak")                                           \
    X(USAGE, "the certificate is not for a server, or its CA is not one")                          \
    X(CONSTRAINED,                                                                                 \
      "a CA's nameConstraints exclude this server, or cannot be checked: give the CA "             \
      "below it, or pin the server's key")                                                         \
    X(CERTIFICATE, "the certificate is broken or was refused")                                     \
    X(CLIENT_CERTIFICATE, "the server wants a client certificate, or refused ours")                \
    X(INJECTION, "bytes came in clear behind the answer to STARTTLS: an attack")                   \
    X(RECORD, "a record was garbled after the handshake")                                          \
    X(OVER, "the TLS connection is over: wrap each connection anew")

#define SMTPLITE_X_FAULT(name, words) SMTPLITE_TLS_FAULT_##name,
enum smtplite_tls_fault { SMTPLITE_TLS_FAULTS(SMTPLITE_X_FAULT) SMTPLITE_TLS_FAULT_COUNT };
#undef SMTPLITE_X_FAULT

/* The words of the list; "?" for an unknown value; never NULL; static. */
const char *smtplite_tls_fault_text(enum smtplite_tls_fault fault);

/* Bytes that one record can gather: a command or an envelope group is one record. */
#define SMTPLITE_TLS_GATHER 1024u

struct smtplite_tls_library;

/* The wrapping transport: in clear until the engine asks for TLS, then through the library.
 * The members but `transport` are private. It must stay where it is. */
struct smtplite_tls_wrap {
    struct smtplite_transport transport; /* give &wrap.transport to smtplite_send or a driver */
    const struct smtplite_transport *below;
    const struct smtplite_tls_library *library;
    uint32_t start; /* of the present call, by below's clock */
    uint32_t wait;
    size_t looked; /* octets that came from below in it */
    uint8_t state;
    uint8_t fault;            /* enum smtplite_tls_fault: the first one */
    bool moved;               /* bytes have moved over the transport below: the connection stood */
    bool heard;               /* bytes of the server's handshake have come */
    bool verified;            /* set by the library: chain, dates, name and pin were found good */
    bool unverified_ok;       /* SMTPLITE_ALLOW_UNVERIFIED: the handshake goes on all the same */
    bool ended;               /* the peer has closed: receive gives EOF */
    bool unread;              /* the last read filled its buffer: more may lie in the library */
    bool broken;              /* the transport below has failed: nothing leaves any more */
    bool leaving;             /* held[] was given to the library as a record: it must not change */
    const char *binding_name; /* set by the library when the handshake stands; NULL: none */
    const uint8_t *binding;
    size_t binding_len;
    uint16_t record_max; /* set by the library: most that one record carries; 0: held[]'s size */
    size_t claimed; /* of a call that was answered 0 though its bytes are leaving, see wrap.c */
    size_t held_len;
    char held[SMTPLITE_TLS_GATHER];
};

#ifdef __cplusplus
}
#endif

#endif
