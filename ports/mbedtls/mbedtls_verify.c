/* SPDX-License-Identifier: MIT */
/*
 * Whom the server shows itself to be: our own checks of its certificate within mbedTLS's, and the
 * channel binding that follows from it.
 *
 * mbedTLS compares the host name in its own way: 2.28 knows no IP addresses, and takes the CN where
 * there is no subjectAltName. What it finds there is struck off, and the octets of the certificate
 * are looked at instead. Its host name is still set, for SNI; for an address it is set to NULL,
 * which to 2.28 means "compare none", and to 3.6.3 and newer, that this is meant (never set, they
 * refuse).
 */

#include "mbedtls_inner.h"

#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <string.h>

#define DATES (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)
#define WEAK                                                                                       \
    (MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY)
#define USAGE                                                                                      \
    (MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |                         \
     MBEDTLS_X509_BADCERT_NS_CERT_TYPE)

/* ---- The certificate ----------------------------------------------------------------------- */

static bool make_digest(mbedtls_md_type_t type, const void *p, size_t n, uint8_t *digest) {
    const mbedtls_md_info_t *md = mbedtls_md_info_from_type(type);
    return md != NULL && mbedtls_md(md, p, n, digest) == 0;
}

static bool pin_matches(const struct smtplite_tls_options *options, const mbedtls_x509_buf *der) {
    struct smtplite_octets key;
    uint8_t digest[SMTPLITE_PIN_SIZE];
    if (options->pin_count == 0)
        return true;
    return smtplite_certificate_key(der->p, der->len, &key) &&
           make_digest(MBEDTLS_MD_SHA256, key.p, key.n, digest) &&
           smtplite_tls_options_take_key(options, digest);
}

/* What our checks find bad; the first one. */
static enum smtplite_tls_fault check_leaf(const struct smtplite_tls_options *options,
                                          const mbedtls_x509_buf *der) {
    enum smtplite_tls_fault fault = SMTPLITE_TLS_FAULT_NONE;
#ifndef MBEDTLS_HAVE_TIME_DATE
    if ((options->flags & SMTPLITE_TLS_ALLOW_NO_CLOCK) == 0)
        fault = SMTPLITE_TLS_FAULT_NO_CLOCK; /* mbedTLS has passed every date */
#endif
    if (fault == SMTPLITE_TLS_FAULT_NONE)
        fault = smtplite_certificate_check_host(der->p, der->len, options->host);
    if (fault == SMTPLITE_TLS_FAULT_NONE && !pin_matches(options, der))
        fault = SMTPLITE_TLS_FAULT_PIN;
    return fault;
}

/* RFC 5929 4.1: by the hash of the certificate's signature, but never by one of MD5 or SHA-1. */
static void keep_end_point(struct smtplite_mbedtls *tls, const mbedtls_x509_crt *certificate) {
    mbedtls_md_type_t type = certificate->MBEDTLS_PRIVATE(sig_md);
    if (type == MBEDTLS_MD_MD5 || type == MBEDTLS_MD_SHA1)
        type = MBEDTLS_MD_SHA256;
    const mbedtls_md_info_t *md = mbedtls_md_info_from_type(type);
    tls->end_point_len = 0;
    if (md != NULL && mbedtls_md_get_size(md) <= sizeof tls->end_point &&
        make_digest(type, certificate->raw.p, certificate->raw.len, tls->end_point))
        tls->end_point_len = mbedtls_md_get_size(md);
}

static bool is_self_issued(const mbedtls_x509_crt *certificate) {
    return certificate->subject_raw.len > 0 &&
           certificate->issuer_raw.len == certificate->subject_raw.len &&
           memcmp(certificate->issuer_raw.p, certificate->subject_raw.p,
                  certificate->subject_raw.len) == 0;
}

static void judge_leaf(struct smtplite_mbedtls *tls, const mbedtls_x509_crt *certificate,
                       uint32_t *flags) {
    tls->is_judged = true;
    tls->is_self_issued = is_self_issued(certificate);
    keep_end_point(tls, certificate);
    *flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_CN_MISMATCH;
    tls->bad = (uint8_t)check_leaf(tls->options, &certificate->raw);
    if (tls->bad != SMTPLITE_TLS_FAULT_NONE)
        *flags |= MBEDTLS_X509_BADCERT_OTHER;
}

/* As mbedtls_x509_crt_profile_next has it. */
static bool is_weak(const mbedtls_pk_context *key) {
    return mbedtls_pk_get_bitlen(key) < (mbedtls_pk_can_do(key, MBEDTLS_PK_RSA) ? 2048u : 256u);
}

/* A pin instead of the chain: who signed, by what, and all that is above the server's own
 * certificate, does not matter. Whether the pin is met is seen at the server's own. */
static void excuse_chain(const mbedtls_x509_crt *certificate, int depth, uint32_t *flags) {
    if (depth > 0)
        *flags = 0;
    *flags &=
        ~(uint32_t)(MBEDTLS_X509_BADCERT_NOT_TRUSTED | WEAK); /* weak: the signer's key, too */
    if (depth == 0 && is_weak(&certificate->pk))
        *flags |= MBEDTLS_X509_BADCERT_BAD_KEY;
}

#if IS_MBEDTLS_3 || defined(MBEDTLS_X509_CHECK_EXTENDED_KEY_USAGE)
static bool is_for_servers(const mbedtls_x509_crt *certificate) {
    return mbedtls_x509_crt_check_extended_key_usage(certificate, MBEDTLS_OID_SERVER_AUTH,
                                                     MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) ==
           0;
}
#else
static bool is_for_servers(const mbedtls_x509_crt *certificate) {
    (void)certificate;
    return true; /* this build of mbedTLS looks at no certificate's purpose */
}
#endif

/* mbedTLS cannot tell whether a CA oversteps its nameConstraints (RFC 5280 4.2.1.10), and looks
 * over them where they are not critical: such a CA is not taken. Nor one that is for other purposes
 * than servers' certificates, which mbedTLS asks of the server's own alone. */
static uint32_t check_ca(const mbedtls_x509_crt *certificate) {
    uint32_t flags = 0;
    if (smtplite_certificate_is_constrained(certificate->raw.p, certificate->raw.len))
        flags |= MBEDTLS_X509_BADCERT_OTHER;
    if (!is_for_servers(certificate))
        flags |= MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
    return flags;
}

int smtplite_mbedtls_judge(void *context, mbedtls_x509_crt *certificate, int depth,
                           uint32_t *flags) {
    struct smtplite_mbedtls *tls = context;
    if (depth > 0)
        *flags |= check_ca(certificate);
    if ((tls->options->flags & SMTPLITE_TLS_PIN_INSTEAD) != 0)
        excuse_chain(certificate, depth, flags);
    else if (depth > 0 && (*flags & MBEDTLS_X509_BADCERT_OTHER) != 0)
        tls->is_constrained = true;
    if ((tls->options->flags & SMTPLITE_TLS_ALLOW_NO_CLOCK) != 0)
        *flags &= ~(uint32_t)DATES;
    if (depth == 0)
        judge_leaf(tls, certificate, flags);
    tls->flags |= *flags;
    return 0;
}

enum smtplite_tls_fault smtplite_mbedtls_verdict(const struct smtplite_mbedtls *tls) {
    static const struct {
        uint32_t flags;
        enum smtplite_tls_fault fault;
    } meanings[] = {
        {WEAK, SMTPLITE_TLS_FAULT_WEAK},
        {USAGE, SMTPLITE_TLS_FAULT_USAGE},
        {MBEDTLS_X509_BADCERT_EXPIRED, SMTPLITE_TLS_FAULT_EXPIRED},
        {MBEDTLS_X509_BADCERT_FUTURE, SMTPLITE_TLS_FAULT_NOT_YET},
    };
    /* with what mbedTLS looks at after the callback: curve and usage */
    uint32_t flags = tls->flags | mbedtls_ssl_get_verify_result(&tls->ssl);
    if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0)
        return tls->is_self_issued ? SMTPLITE_TLS_FAULT_SELF_SIGNED : SMTPLITE_TLS_FAULT_UNTRUSTED;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if ((flags & meanings[i].flags) != 0)
            return meanings[i].fault;
    if (tls->is_constrained)
        return SMTPLITE_TLS_FAULT_CONSTRAINED;
    if (tls->bad != SMTPLITE_TLS_FAULT_NONE)
        return (enum smtplite_tls_fault)tls->bad;
    return flags != 0 ? SMTPLITE_TLS_FAULT_CERTIFICATE : SMTPLITE_TLS_FAULT_NONE;
}

/* ---- Channel binding ------------------------------------------------------------------------ */

static bool set_binding(struct smtplite_mbedtls *tls, const char *name, const void *p, size_t n) {
    if (n == 0)
        return false;
    tls->wrap.binding_name = name;
    tls->wrap.binding = p;
    tls->wrap.binding_len = n;
    return true;
}

/* A resumed session has no certificate: it is the one of the session's first handshake. */
static bool bind_end_point(struct smtplite_mbedtls *tls) {
    return set_binding(tls, "tls-server-end-point", tls->end_point, tls->end_point_len);
}

/* The first Finished of the handshake: the server's where a session is resumed. Without extended
 * master secret two connections can be made to have the same (the triple handshake attack). */
static bool bind_unique(struct smtplite_mbedtls *tls) {
#ifdef MBEDTLS_SSL_RENEGOTIATION
    const mbedtls_ssl_context *ssl = &tls->ssl;
    const char *finished = tls->is_resumed ? ssl->MBEDTLS_PRIVATE(peer_verify_data)
                                           : ssl->MBEDTLS_PRIVATE(own_verify_data);
    return tls->is_extended && !smtplite_mbedtls_is_1_3(tls) &&
           set_binding(tls, "tls-unique", finished, ssl->MBEDTLS_PRIVATE(verify_data_len));
#else
    (void)tls;
    return false; /* such a build does not keep it */
#endif
}

static bool bind_exporter(struct smtplite_mbedtls *tls) {
#ifdef MBEDTLS_SSL_KEYING_MATERIAL_EXPORT
    static const char label[] = "EXPORTER-Channel-Binding";
    return smtplite_mbedtls_is_1_3(tls) &&
           mbedtls_ssl_export_keying_material(&tls->ssl, tls->exporter, sizeof tls->exporter, label,
                                              sizeof label - 1, NULL, 0, 0) == 0 &&
           set_binding(tls, "tls-exporter", tls->exporter, sizeof tls->exporter);
#else
    (void)tls;
    return false;
#endif
}

void smtplite_mbedtls_bind(struct smtplite_mbedtls *tls) {
    switch ((enum smtplite_binding)tls->options->binding) {
    case SMTPLITE_BINDING_AUTO:
        (void)(bind_exporter(tls) || bind_unique(tls) || bind_end_point(tls));
        break;
    case SMTPLITE_BINDING_EXPORTER:
        (void)bind_exporter(tls);
        break;
    case SMTPLITE_BINDING_UNIQUE:
        (void)bind_unique(tls);
        break;
    case SMTPLITE_BINDING_END_POINT:
        (void)bind_end_point(tls);
        break;
    case SMTPLITE_BINDING_NONE:
        break;
    }
}
