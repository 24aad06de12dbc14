/* SPDX-License-Identifier: MIT */
/*
 * How the server's certificate is judged, within the handshake and before anything is said to it.
 *
 * X509_verify_cert does the work and reports each error to judge(), which forgives what the options
 * allow to be forgiven. The first other error is kept in tls->bad. With unverified_ok the handshake
 * goes on after it, and tls->bad says that nothing is verified.
 */

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "openssl_inner.h"

#define FAULT(name) SMTPLITE_TLS_FAULT_##name

/* ---- Pins --------------------------------------------------------------------------------- */

static bool hash_key(X509 *certificate, uint8_t digest[SMTPLITE_PIN_SIZE]) {
    unsigned char *spki = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
    bool good = len > 0 && EVP_Digest(spki, (size_t)len, digest, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_free(spki);
    return good;
}

static bool pin_matches(const struct smtplite_tls_options *options, X509 *certificate) {
    uint8_t digest[SMTPLITE_PIN_SIZE];
    if (options->pin_count == 0)
        return true;
    return certificate != NULL && hash_key(certificate, digest) &&
           smtplite_tls_options_take_key(options, digest);
}

/* ---- The chain ---------------------------------------------------------------------------- */

/* NAME, or NO_SAN if the certificate names nobody where it counts. */
static enum smtplite_tls_fault judge_name(X509 *certificate, const char *host) {
    unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);
    enum smtplite_tls_fault fault =
        len > 0 ? smtplite_certificate_check_host(der, (size_t)len, host) : FAULT(NAME);
    OPENSSL_free(der);
    return fault == FAULT(NO_SAN) ? fault : FAULT(NAME);
}

/* With PIN_INSTEAD all that is about who has signed the key goes; it is asked after the pin has
 * matched. */
static bool is_forgiven(const struct smtplite_openssl *tls, enum smtplite_tls_fault fault,
                        int depth) {
    unsigned flags = tls->options->flags;
    if ((flags & SMTPLITE_TLS_ALLOW_NO_CLOCK) &&
        (fault == FAULT(EXPIRED) || fault == FAULT(NOT_YET)))
        return true;
    if (flags & SMTPLITE_TLS_PIN_INSTEAD)
        return depth > 0 || fault == FAULT(UNTRUSTED) || fault == FAULT(SELF_SIGNED);
    return false;
}

static void note_bad(struct smtplite_openssl *tls, enum smtplite_tls_fault fault,
                     const char *words) {
    if (tls->bad != FAULT(NONE))
        return;
    tls->bad = (uint8_t)fault;
    tls->words = words;
}

static struct smtplite_openssl *port_of(X509_STORE_CTX *chain) {
    const SSL *ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
    return SSL_get_app_data(ssl);
}

/* OpenSSL asks: may verification go on? */
static int judge(int good, X509_STORE_CTX *chain) {
    struct smtplite_openssl *tls = port_of(chain);
    int error = X509_STORE_CTX_get_error(chain);
    enum smtplite_tls_fault fault = smtplite_openssl_verify_fault(error);
    if (good == 1)
        return 1;
    if (fault == FAULT(NAME))
        fault = judge_name(X509_STORE_CTX_get0_cert(chain), tls->options->host);
    if (is_forgiven(tls, fault, X509_STORE_CTX_get_error_depth(chain)))
        return 1;
    note_bad(tls, fault, X509_verify_cert_error_string(error));
    return tls->wrap.unverified_ok;
}

/* In the place of X509_verify_cert. What was forgiven is no error of the session's either. */
static int verify(X509_STORE_CTX *chain, void *context) {
    struct smtplite_openssl *tls = context;
    tls->is_judged = true;
    if (!pin_matches(tls->options, X509_STORE_CTX_get0_cert(chain))) {
        note_bad(tls, FAULT(PIN), "");
        X509_STORE_CTX_set_error(chain, X509_V_ERR_CERT_UNTRUSTED);
        if (!tls->wrap.unverified_ok)
            return 0;
    }
    if (X509_verify_cert(chain) != 1) {
        note_bad(tls, FAULT(CERTIFICATE), "");
        return 0;
    }
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

/* ---- Set-up ------------------------------------------------------------------------------- */

/* A name of no length would match all. */
static bool demand_host(X509_VERIFY_PARAM *param, const char *host) {
    char bare[SMTPLITE_HOST_SIZE];
    enum smtplite_host kind = smtplite_host_read(host, bare);
    if (kind == SMTPLITE_HOST_ADDRESS)
        return X509_VERIFY_PARAM_set1_ip_asc(param, bare) == 1;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return kind == SMTPLITE_HOST_NAME && X509_VERIFY_PARAM_set1_host(param, bare, 0) == 1;
}

/* PARTIAL_CHAIN: a CA of the caller's is trusted, whether it has signed itself or not. */
enum smtplite_tls_fault smtplite_openssl_verify(struct smtplite_openssl *tls) {
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(tls->context);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    if (!demand_host(param, tls->options->host))
        return FAULT(MEMORY); /* the host was looked at before */
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, judge);
    SSL_CTX_set_cert_verify_callback(tls->context, verify, tls);
    return FAULT(NONE);
}
