/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_MBEDTLS_H
#define SMTPLITE_MBEDTLS_H

/*
 * TLS by mbedTLS (2.28 or 3.x), over any transport; how it is used stands in tls.h. One struct is
 * one server under one set of demands: the session that it keeps for resumption is used under no
 * other. A struct belongs to one thread at a time. All memory is the struct's own and what mbedTLS
 * allocates; between close and the next handshake that is certificates, keys and, unless
 * SMTPLITE_TLS_NO_RESUMPTION is set, the kept session with its ticket and the server's certificate.
 */

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "smtplite/errors.h"
#include "smtplite/mbedtls_crypto.h"
#include "smtplite/tls.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SMTPLITE_MBEDTLS_BINDING_MAX 64u
#define SMTPLITE_MBEDTLS_WORDS       80u

/* The members but wrap.transport, wrap.fault and rng are private. It must stay where it is. */
struct smtplite_mbedtls {
    struct smtplite_tls_wrap wrap; /* the first member: a wrap's address is its port's */
    const struct smtplite_tls_options *options;
    smtplite_mbedtls_rng *rng; /* what TLS draws from; good for smtplite_mbedtls_crypto_init too */
    void *rng_context;
#if defined(MBEDTLS_CTR_DRBG_C) && defined(MBEDTLS_ENTROPY_C)
    struct smtplite_mbedtls_random random; /* unless the caller has a source */
#endif
    mbedtls_x509_crt ca;
    mbedtls_x509_crt own;
    mbedtls_pk_context key;
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
    mbedtls_ssl_session session; /* kept for resumption, of a connection that was verified */
    bool is_set_up;              /* init has succeeded */
    bool is_begun;               /* ssl is set up for the present connection */
    bool is_done;                /* and its handshake stands */
    bool is_ended;               /* the transport below has given EOF */
    bool is_leaving;             /* a record of ours was begun and has not left whole */
    bool is_kept;                /* `session` holds one */
    bool is_offered;             /* it was offered in this handshake */
    bool is_resumed;
    bool is_judged;      /* the server's certificate was looked at in this handshake */
    bool is_self_issued; /* and it is its own issuer */
    bool is_constrained; /* a CA of its chain has nameConstraints */
    bool is_extended;    /* extended master secret (RFC 7627) */
    uint8_t bad;         /* enum smtplite_tls_fault: what our own checks of it found */
    uint8_t alert;       /* that the server ended the connection with */
    uint32_t flags;      /* MBEDTLS_X509_BADCERT_x of the whole chain */
    uint8_t early_len;   /* octets that came while ours could not leave */
    uint8_t early[7];    /* an alert's record */
    uint8_t end_point_len;
    uint8_t end_point[SMTPLITE_MBEDTLS_BINDING_MAX]; /* tls-server-end-point (RFC 5929 4) */
    uint8_t exporter[32];                            /* tls-exporter (RFC 9266) */
    char words[SMTPLITE_MBEDTLS_WORDS];              /* mbedTLS's own behind the fault */
};

/*
 * Reads the options, so that what is wrong with them is found before there is a connection.
 * options: borrowed until smtplite_mbedtls_free, with all that it points to. Certificates of
 * options.ca that this build of mbedTLS cannot read are passed over, if there is one that it can.
 * Errors, tls->wrap.fault says which: ARGUMENT (OPTIONS); TLS_FAILED (NO_CA, BAD_CA,
 * BAD_CREDENTIALS, MEMORY, RANDOM). After an error the transport fails each call, and its `reason`
 * gives the words; free is due all the same.
 * Random numbers come from mbedTLS's own entropy and CTR_DRBG.
 */
enum smtplite_error smtplite_mbedtls_init(struct smtplite_mbedtls *tls,
                                          const struct smtplite_tls_options *options);

/* The same with a random source of the device's own, borrowed until smtplite_mbedtls_free. */
enum smtplite_error smtplite_mbedtls_init_with(struct smtplite_mbedtls *tls,
                                               const struct smtplite_tls_options *options,
                                               smtplite_mbedtls_rng *rng, void *rng_context);

/* A new connection over `below`, borrowed until smtplite_mbedtls_close. One that was not closed
 * ends without close_notify. */
void smtplite_mbedtls_wrap(struct smtplite_mbedtls *tls, const struct smtplite_transport *below);

/* The connection's end, before that of the transport below: says close_notify if that can leave at
 * once, and frees the connection. The session for resumption stays. May be called twice. */
void smtplite_mbedtls_close(struct smtplite_mbedtls *tls);

/* Frees all; closes without close_notify what is open. May be called twice. */
void smtplite_mbedtls_free(struct smtplite_mbedtls *tls);

/* What was agreed upon, until smtplite_mbedtls_close; static; "" without a connection. */
const char *smtplite_mbedtls_protocol(const struct smtplite_mbedtls *tls); /* "TLSv1.2" */
const char *smtplite_mbedtls_cipher(const struct smtplite_mbedtls *tls);
bool smtplite_mbedtls_resumed(const struct smtplite_mbedtls *tls);

#ifdef __cplusplus
}
#endif

#endif
