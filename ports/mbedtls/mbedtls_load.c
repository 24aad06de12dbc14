/* SPDX-License-Identifier: MIT */
/* The options, read into what mbedTLS wants: certificates, key, configuration. */

#include "mbedtls_inner.h"

#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>
#include <string.h>

#if defined(MBEDTLS_USE_PSA_CRYPTO) || defined(MBEDTLS_SSL_PROTO_TLS1_3)
#include <psa/crypto.h>
#define NEEDS_PSA 1
#else
#define NEEDS_PSA 0
#endif

#ifndef MBEDTLS_PLATFORM_C
#include <stdlib.h>
#define mbedtls_calloc calloc
#define mbedtls_free   free
#endif

enum { DER_BEGINS = 0x30 }; /* SEQUENCE; PEM begins with dashes or with words */

/* ---- Certificates and keys ----------------------------------------------------------------- */

typedef int parser(struct smtplite_mbedtls *tls, const unsigned char *p, size_t n);

static int parse_ca(struct smtplite_mbedtls *tls, const unsigned char *p, size_t n) {
    int error = mbedtls_x509_crt_parse(&tls->ca, p, n);
    return error > 0 && tls->ca.raw.p != NULL ? 0 : error; /* so many could not be read */
}

static int parse_own(struct smtplite_mbedtls *tls, const unsigned char *p, size_t n) {
    return mbedtls_x509_crt_parse(&tls->own, p, n);
}

#if IS_MBEDTLS_3
static int parse_key(struct smtplite_mbedtls *tls, const unsigned char *p, size_t n) {
    return mbedtls_pk_parse_key(&tls->key, p, n, NULL, 0, tls->rng, tls->rng_context);
}

static int check_pair(struct smtplite_mbedtls *tls) {
    return mbedtls_pk_check_pair(&tls->own.pk, &tls->key, tls->rng, tls->rng_context);
}
#else
static int parse_key(struct smtplite_mbedtls *tls, const unsigned char *p, size_t n) {
    return mbedtls_pk_parse_key(&tls->key, p, n, NULL, 0);
}

static int check_pair(struct smtplite_mbedtls *tls) {
    return mbedtls_pk_check_pair(&tls->own.pk, &tls->key);
}
#endif

/* mbedTLS wants PEM with an ending NUL; where there is none, it gets a copy. */
static int parse(struct smtplite_mbedtls *tls, const struct smtplite_octets *octets, parser *call) {
    const unsigned char *p = octets->p;
    size_t n = octets->n;
    if (n == 0 || p == NULL)
        return MBEDTLS_ERR_X509_BAD_INPUT_DATA;
    if (p[0] == DER_BEGINS || p[n - 1] == '\0')
        return call(tls, p, n);
    unsigned char *copy = mbedtls_calloc(1, n + 1);
    if (copy == NULL)
        return MBEDTLS_ERR_X509_ALLOC_FAILED;
    memcpy(copy, p, n);
    int error = call(tls, copy, n + 1);
    mbedtls_platform_zeroize(copy, n);
    mbedtls_free(copy);
    return error;
}

/* Without a CA the empty certificate stands for the CAs: it signs nothing, but mbedTLS wants one
 * before it calls smtplite_mbedtls_judge, which is where a pin can take the chain's place. */
static enum smtplite_tls_fault load_ca(struct smtplite_mbedtls *tls) {
    const struct smtplite_tls_options *options = tls->options;
    mbedtls_ssl_conf_ca_chain(&tls->config, &tls->ca, NULL);
    if (smtplite_octets_are_given(&options->ca)) {
        int error = parse(tls, &options->ca, parse_ca);
        return error == 0 ? SMTPLITE_TLS_FAULT_NONE
                          : smtplite_mbedtls_load_fault(error, SMTPLITE_TLS_FAULT_BAD_CA);
    }
    return (options->flags & SMTPLITE_TLS_PIN_INSTEAD) != 0 ? SMTPLITE_TLS_FAULT_NONE
                                                            : SMTPLITE_TLS_FAULT_NO_CA;
}

static enum smtplite_tls_fault load_credentials(struct smtplite_mbedtls *tls) {
    const struct smtplite_tls_options *options = tls->options;
    if (!smtplite_octets_are_given(&options->certificate) &&
        !smtplite_octets_are_given(&options->key))
        return SMTPLITE_TLS_FAULT_NONE;
    int error = parse(tls, &options->certificate, parse_own);
    if (error == 0)
        error = parse(tls, &options->key, parse_key);
    if (error == 0)
        error = check_pair(tls);
    if (error == 0)
        error = mbedtls_ssl_conf_own_cert(&tls->config, &tls->own, &tls->key);
    return error == 0 ? SMTPLITE_TLS_FAULT_NONE
                      : smtplite_mbedtls_load_fault(error, SMTPLITE_TLS_FAULT_BAD_CREDENTIALS);
}

/* ---- The configuration ----------------------------------------------------------------------- */

/* 2.28 would take SHA-1 in a key exchange, and curves of 192 bits; 3.x does neither. */
#if IS_MBEDTLS_3
/* In TLS 1.3 it asks for a maximum fragment length and then refuses the server that agrees. */
static void set_strength(struct smtplite_mbedtls *tls) {
    mbedtls_ssl_conf_min_tls_version(&tls->config, MBEDTLS_SSL_VERSION_TLS1_2);
    if ((tls->options->flags & SMTPLITE_TLS_1_2_ONLY) != 0 || tls->options->max_fragment > 0)
        mbedtls_ssl_conf_max_tls_version(&tls->config, MBEDTLS_SSL_VERSION_TLS1_2);
}
#else
static void set_strength(struct smtplite_mbedtls *tls) {
    static const int hashes[] = {
#ifdef MBEDTLS_SHA512_C
        MBEDTLS_MD_SHA512,
        MBEDTLS_MD_SHA384,
#endif
        MBEDTLS_MD_SHA256,
        MBEDTLS_MD_NONE,
    };
#ifdef MBEDTLS_ECP_C
    static const mbedtls_ecp_group_id curves[] = {
#ifdef MBEDTLS_ECP_DP_CURVE25519_ENABLED
        MBEDTLS_ECP_DP_CURVE25519,
#endif
#ifdef MBEDTLS_ECP_DP_SECP256R1_ENABLED
        MBEDTLS_ECP_DP_SECP256R1,
#endif
#ifdef MBEDTLS_ECP_DP_SECP384R1_ENABLED
        MBEDTLS_ECP_DP_SECP384R1,
#endif
#ifdef MBEDTLS_ECP_DP_SECP521R1_ENABLED
        MBEDTLS_ECP_DP_SECP521R1,
#endif
        MBEDTLS_ECP_DP_NONE,
    };
    mbedtls_ssl_conf_curves(&tls->config, curves);
#endif
    mbedtls_ssl_conf_sig_hashes(&tls->config, hashes);
    mbedtls_ssl_conf_min_version(&tls->config, MBEDTLS_SSL_MAJOR_VERSION_3,
                                 MBEDTLS_SSL_MINOR_VERSION_3);
}
#endif

static void set_resumption(struct smtplite_mbedtls *tls) {
#ifdef MBEDTLS_SSL_SESSION_TICKETS
    bool wanted = (tls->options->flags & SMTPLITE_TLS_NO_RESUMPTION) == 0;
    mbedtls_ssl_conf_session_tickets(&tls->config, wanted ? MBEDTLS_SSL_SESSION_TICKETS_ENABLED
                                                          : MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#ifdef MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED
    if (wanted)
        mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
            &tls->config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
#endif
    (void)tls;
}

/* False: such fragments cannot be asked for. */
static bool set_fragment(struct smtplite_mbedtls *tls) {
    uint8_t code = smtplite_tls_fragment_code(tls->options->max_fragment);
#ifdef MBEDTLS_SSL_MAX_FRAGMENT_LENGTH
    return mbedtls_ssl_conf_max_frag_len(&tls->config, code) == 0;
#else
    return code == 0;
#endif
}

static enum smtplite_tls_fault configure(struct smtplite_mbedtls *tls) {
    int error =
        mbedtls_ssl_config_defaults(&tls->config, MBEDTLS_SSL_IS_CLIENT,
                                    MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    if (error != 0)
        return smtplite_mbedtls_load_fault(error, SMTPLITE_TLS_FAULT_MEMORY);
    mbedtls_ssl_conf_rng(&tls->config, tls->rng, tls->rng_context);
    mbedtls_ssl_conf_cert_profile(&tls->config, &mbedtls_x509_crt_profile_next);
    mbedtls_ssl_conf_verify(&tls->config, smtplite_mbedtls_judge, tls);
#if defined(MBEDTLS_DHM_C)
    mbedtls_ssl_conf_dhm_min_bitlen(&tls->config, 2048);
#endif
    set_strength(tls);
    set_resumption(tls);
    return set_fragment(tls) ? SMTPLITE_TLS_FAULT_NONE : SMTPLITE_TLS_FAULT_OPTIONS;
}

/* ---- All of it ------------------------------------------------------------------------------- */

static bool have_random(struct smtplite_mbedtls *tls) {
#if NEEDS_PSA
    if (psa_crypto_init() != PSA_SUCCESS)
        return false;
#endif
    if (tls->rng != NULL)
        return true;
#if defined(MBEDTLS_CTR_DRBG_C) && defined(MBEDTLS_ENTROPY_C)
    tls->rng = smtplite_mbedtls_random_fill;
    tls->rng_context = &tls->random;
    return smtplite_mbedtls_random_init(&tls->random);
#else
    return false;
#endif
}

enum smtplite_tls_fault smtplite_mbedtls_load(struct smtplite_mbedtls *tls) {
    enum smtplite_tls_fault fault = smtplite_tls_options_check(tls->options);
    if (fault != SMTPLITE_TLS_FAULT_NONE)
        return fault;
    if (!have_random(tls))
        return SMTPLITE_TLS_FAULT_RANDOM;
    fault = configure(tls);
    if (fault == SMTPLITE_TLS_FAULT_NONE)
        fault = load_ca(tls);
    if (fault == SMTPLITE_TLS_FAULT_NONE)
        fault = load_credentials(tls);
    return fault;
}
