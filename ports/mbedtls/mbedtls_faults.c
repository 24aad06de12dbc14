/* SPDX-License-Identifier: MIT */
/* mbedTLS's errors and the alerts of a server, as faults on which one can act. */

#include "mbedtls_inner.h"

#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <string.h>

#ifdef MBEDTLS_BIGNUM_C
#include <mbedtls/bignum.h>
#endif

#if IS_MBEDTLS_3
#define BAD_CERTIFICATE MBEDTLS_ERR_SSL_BAD_CERTIFICATE
#define BAD_VERSION     MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION
#define NO_CIPHER       MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE
#else
#define BAD_CERTIFICATE MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE
#define BAD_VERSION     MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION
#define NO_CIPHER       MBEDTLS_ERR_SSL_NO_CIPHER_CHOSEN
#endif

/* An error is minus the sum of a module's (a multiple of 0x80) and of a lower module's. */
#define MODULE_BITS 0xff80

/* The modules' "no memory"; some are not in every build's headers. */
static bool is_memory(int error) {
    static const uint16_t modules[] = {0x1180, 0x2880, 0x3f80, 0x4d80, 0x5180, 0x6180, 0x7f00};
    static const uint8_t lower[] = {0x10, 0x6a}; /* big numbers, ASN.1 */
    int module = -error & MODULE_BITS;
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++)
        if (module == modules[i])
            return true;
    for (size_t i = 0; i < sizeof lower / sizeof lower[0]; i++)
        if ((-error & ~MODULE_BITS) == lower[i])
            return true;
    return error == MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
}

/* To 2.28, and to 3.x up to 3.6.2, a handshake message must be one record: a certificate chain that
 * is longer than the maximum fragment length cannot be read. */
static bool is_fragment(const struct smtplite_mbedtls *tls, int error) {
    return error == MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE && tls->options->max_fragment > 0;
}

static bool is_random(int error) {
    int lower = -error & ~MODULE_BITS;
    return error == MBEDTLS_ERR_SSL_NO_RNG || lower == 0x34 || (lower >= 0x3c && lower <= 0x40);
}

/* True if the server has asked for our certificate in this handshake. 3.x does not tell: there it
 * is true if the server has shown its own, behind which the question comes. */
static bool is_asked(const struct smtplite_mbedtls *tls) {
#if IS_MBEDTLS_3
    return tls->is_judged;
#else
    return tls->ssl.client_auth != 0;
#endif
}

/* In TLS 1.2 this alert says also that we gave no certificate. */
static enum smtplite_tls_fault handshake_failure(const struct smtplite_mbedtls *tls) {
    if (is_asked(tls))
        return SMTPLITE_TLS_FAULT_CLIENT_CERTIFICATE;
    return tls->is_done ? SMTPLITE_TLS_FAULT_ALERT : SMTPLITE_TLS_FAULT_CIPHER;
}

/* Alerts (RFC 8446 6.2, RFC 5246 7.2.2) that say what is to be done. */
static enum smtplite_tls_fault alert_fault(const struct smtplite_mbedtls *tls) {
    switch (tls->alert) {
    case 40: /* handshake_failure */
        return handshake_failure(tls);
    case 71: /* insufficient_security */
        return SMTPLITE_TLS_FAULT_CIPHER;
    case 70: /* protocol_version */
        return SMTPLITE_TLS_FAULT_VERSION;
    case 42:  /* bad_certificate */
    case 43:  /* unsupported_certificate */
    case 44:  /* certificate_revoked */
    case 45:  /* certificate_expired */
    case 46:  /* certificate_unknown */
    case 48:  /* unknown_ca */
    case 49:  /* access_denied */
    case 116: /* certificate_required */
        return SMTPLITE_TLS_FAULT_CLIENT_CERTIFICATE;
    default:
        return SMTPLITE_TLS_FAULT_ALERT;
    }
}

static enum smtplite_tls_fault certificate_fault(const struct smtplite_mbedtls *tls) {
    enum smtplite_tls_fault fault = smtplite_mbedtls_verdict(tls);
    return fault != SMTPLITE_TLS_FAULT_NONE ? fault : SMTPLITE_TLS_FAULT_CERTIFICATE;
}

static bool is_certificate(int error) {
    int module = -error & MODULE_BITS;
    return error == BAD_CERTIFICATE || (module >= 0x2080 && module <= 0x3000); /* X.509's */
}

static enum smtplite_tls_fault fault_of(const struct smtplite_mbedtls *tls, int error) {
    if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
        return alert_fault(tls);
    if (is_memory(error) || is_fragment(tls, error))
        return SMTPLITE_TLS_FAULT_MEMORY;
    if (is_random(error))
        return SMTPLITE_TLS_FAULT_RANDOM;
    if (is_certificate(error))
        return certificate_fault(tls);
    if (error == BAD_VERSION)
        return SMTPLITE_TLS_FAULT_VERSION;
    if (error == NO_CIPHER)
        return SMTPLITE_TLS_FAULT_CIPHER;
    return tls->is_done ? SMTPLITE_TLS_FAULT_RECORD : SMTPLITE_TLS_FAULT_PROTOCOL;
}

/* ---- Words ----------------------------------------------------------------------------------- */

/* "name 0x000012ab" */
static void put_number(char *text, const char *name, uint32_t number) {
    size_t len = strlen(name);
    memcpy(text, name, len);
    memcpy(text + len, " 0x", 3);
    len += 3;
    for (unsigned shift = 32; shift > 0; len++) {
        shift -= 4;
        text[len] = "0123456789abcdef"[number >> shift & 0xf];
    }
    text[len] = '\0';
}

static void describe(struct smtplite_mbedtls *tls, int error) {
    if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
        put_number(tls->words, "alert", tls->alert);
    else if (is_certificate(error) && tls->flags != 0)
        put_number(tls->words, "mbedTLS: verification flags", tls->flags);
    else
#ifdef MBEDTLS_ERROR_C
        mbedtls_strerror(error, tls->words, sizeof tls->words);
#else
        put_number(tls->words, "mbedTLS: error -", (uint32_t)-error);
#endif
}

enum smtplite_tls_fault smtplite_mbedtls_load_fault(int error, enum smtplite_tls_fault other) {
    return error < 0 && is_memory(error) ? SMTPLITE_TLS_FAULT_MEMORY : other;
}

int smtplite_mbedtls_fail(struct smtplite_mbedtls *tls, int error) {
    if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE && tls->alert == 0)
        tls->alert = tls->ssl.MBEDTLS_PRIVATE(in_msg)[1];
    if (tls->words[0] == '\0')
        describe(tls, error);
    return smtplite_tls_wrap_fail(&tls->wrap, fault_of(tls, error));
}
