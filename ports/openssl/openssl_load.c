/* SPDX-License-Identifier: MIT */
/* CAs, certificate and key, read from the caller's memory: PEM or DER. */

#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "openssl_inner.h"

static bool is_pem(const struct smtplite_octets *octets) {
    static const char mark[] = "-----BEGIN";
    const char *p = octets->p;
    for (size_t n = octets->n; n >= sizeof mark - 1; p++, n--) {
        if (memcmp(p, mark, sizeof mark - 1) == 0)
            return true;
    }
    return false;
}

/* NULL: no memory, or more than OpenSSL can count. */
static BIO *open_octets(const struct smtplite_octets *octets) {
    return octets->n <= INT_MAX ? BIO_new_mem_buf(octets->p, (int)octets->n) : NULL;
}

/* OpenSSL would ask at the terminal. */
static int refuse_password(char *text, int size, int writing, void *context) {
    (void)text;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

/* ---- Certificates ------------------------------------------------------------------------- */

typedef bool take_certificate(SSL_CTX *context, X509 *certificate, unsigned number);

static bool take(take_certificate *taker, SSL_CTX *context, X509 *certificate, unsigned number) {
    bool taken = certificate != NULL && taker(context, certificate, number);
    X509_free(certificate);
    return taken;
}

static bool read_der(SSL_CTX *context, const struct smtplite_octets *octets,
                     take_certificate *taker) {
    const unsigned char *p = octets->p;
    const unsigned char *end = p + octets->n;
    X509 *certificate = octets->n <= LONG_MAX ? d2i_X509(NULL, &p, (long)octets->n) : NULL;
    if (certificate != NULL && p == end)
        return take(taker, context, certificate, 0);
    X509_free(certificate);
    return false;
}

/* At least one, up to the end; what is not readable in between is an error. */
static bool read_pem(SSL_CTX *context, BIO *in, take_certificate *taker) {
    unsigned count = 0;
    X509 *certificate;
    while ((certificate = PEM_read_bio_X509(in, NULL, refuse_password, NULL)) != NULL) {
        if (!take(taker, context, certificate, count++))
            return false;
    }
    return count > 0 && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

static bool read_certificates(SSL_CTX *context, const struct smtplite_octets *octets,
                              take_certificate *taker) {
    if (!is_pem(octets))
        return read_der(context, octets, taker);
    BIO *in = open_octets(octets);
    bool good = in != NULL && read_pem(context, in, taker);
    BIO_free(in);
    return good;
}

static bool take_ca(SSL_CTX *context, X509 *certificate, unsigned number) {
    (void)number;
    return X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate) == 1;
}

/* The first is the client's own, the others its chain. */
static bool take_own(SSL_CTX *context, X509 *certificate, unsigned number) {
    if (number == 0)
        return SSL_CTX_use_certificate(context, certificate) == 1;
    return SSL_CTX_add1_chain_cert(context, certificate) == 1;
}

/* ---- Key ---------------------------------------------------------------------------------- */

static EVP_PKEY *read_key(const struct smtplite_octets *octets) {
    const unsigned char *p = octets->p;
    if (!is_pem(octets))
        return octets->n <= LONG_MAX ? d2i_AutoPrivateKey(NULL, &p, (long)octets->n) : NULL;
    BIO *in = open_octets(octets);
    EVP_PKEY *key = in != NULL ? PEM_read_bio_PrivateKey(in, NULL, refuse_password, NULL) : NULL;
    BIO_free(in);
    return key;
}

static bool load_key(SSL_CTX *context, const struct smtplite_octets *octets) {
    EVP_PKEY *key = read_key(octets);
    bool good = key != NULL && SSL_CTX_use_PrivateKey(context, key) == 1 &&
                SSL_CTX_check_private_key(context) == 1;
    EVP_PKEY_free(key);
    return good;
}

static bool load_own(SSL_CTX *context, const struct smtplite_tls_options *options) {
    if (!smtplite_octets_are_given(&options->certificate) &&
        !smtplite_octets_are_given(&options->key))
        return true;
    return smtplite_octets_are_given(&options->certificate) &&
           smtplite_octets_are_given(&options->key) &&
           read_certificates(context, &options->certificate, take_own) &&
           load_key(context, &options->key);
}

static bool load_cas(SSL_CTX *context, const struct smtplite_tls_options *options) {
    if (smtplite_octets_are_given(&options->ca))
        return read_certificates(context, &options->ca, take_ca);
    return SSL_CTX_set_default_verify_paths(context) == 1;
}

enum smtplite_tls_fault smtplite_openssl_load(SSL_CTX *context,
                                              const struct smtplite_tls_options *options) {
    if (!load_cas(context, options))
        return SMTPLITE_TLS_FAULT_BAD_CA;
    if (!load_own(context, options))
        return SMTPLITE_TLS_FAULT_BAD_CREDENTIALS;
    return SMTPLITE_TLS_FAULT_NONE;
}
