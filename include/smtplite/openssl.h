/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_OPENSSL_H
#define SMTPLITE_OPENSSL_H

/*
 * TLS by OpenSSL 3, over any transport; how it is used stands in tls.h. One struct is one server
 * under one set of demands: the session that it keeps for resumption is used under no other.
 * A struct belongs to one thread at a time.
 */

#include "smtplite/errors.h"
#include "smtplite/tls.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ssl_st;
struct ssl_ctx_st;
struct ssl_session_st;
struct bio_method_st;

#define SMTPLITE_OPENSSL_BINDING_MAX 64u

/* The members but wrap.transport and wrap.fault are private. It must stay where it is. */
struct smtplite_openssl {
    struct smtplite_tls_wrap wrap; /* the first member: a wrap's address is its port's */
    const struct smtplite_tls_options *options;
    struct ssl_ctx_st *context;     /* NULL: init failed, or free was called */
    struct bio_method_st *method;   /* how OpenSSL reaches `wrap` */
    struct ssl_st *ssl;             /* the present connection; NULL: none */
    struct ssl_session_st *session; /* kept for resumption; NULL: none */
    const char *words;              /* OpenSSL's own behind the fault, static */
    uint8_t bad;                    /* enum smtplite_tls_fault: what the certificate fails in */
    bool is_judged;                 /* the certificate was looked at within this handshake */
    bool is_asked;                  /* the server has asked for the client's, and there is none */
    uint8_t binding[SMTPLITE_OPENSSL_BINDING_MAX];
};

/*
 * Reads the options, so that what is wrong with them is found before there is a connection.
 * options: borrowed until smtplite_openssl_free, with all that it points to. Errors,
 * tls->wrap.fault says which: ARGUMENT (OPTIONS); TLS_FAILED (BAD_CA, BAD_CREDENTIALS, WEAK,
 * MEMORY, RANDOM). After an error the transport fails each call, and its `reason` gives the words;
 * free is due all the same.
 */
enum smtplite_error smtplite_openssl_init(struct smtplite_openssl *tls,
                                          const struct smtplite_tls_options *options);

/* A new connection over `below`, borrowed until smtplite_openssl_close. One that was not closed
 * ends without close_notify. */
void smtplite_openssl_wrap(struct smtplite_openssl *tls, const struct smtplite_transport *below);

/* The connection's end, before that of the transport below: says close_notify if that can leave at
 * once, and frees the connection. The session for resumption stays. May be called twice. */
void smtplite_openssl_close(struct smtplite_openssl *tls);

/* Frees all; closes without close_notify what is open. May be called twice. */
void smtplite_openssl_free(struct smtplite_openssl *tls);

/* What was agreed upon, until smtplite_openssl_close; static; "" without a connection. */
const char *smtplite_openssl_protocol(const struct smtplite_openssl *tls); /* "TLSv1.3" */
const char *smtplite_openssl_cipher(const struct smtplite_openssl *tls);
bool smtplite_openssl_resumed(const struct smtplite_openssl *tls);

#ifdef __cplusplus
}
#endif

#endif
