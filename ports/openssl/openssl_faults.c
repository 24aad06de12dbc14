/* SPDX-License-Identifier: MIT */
/* From OpenSSL's errors to the faults of tls.h: several hundred to what a reader can act upon. */

#include <openssl/err.h>
#include <openssl/pem.h>

#include "openssl_inner.h"

#define FAULT(name) SMTPLITE_TLS_FAULT_##name

/* An alert that the server has sent is the reason code 1000 + its number (RFC 8446 6). */
static enum smtplite_tls_fault judge_alert(int reason) {
    switch (reason - SSL_AD_REASON_OFFSET) {
    case SSL_AD_PROTOCOL_VERSION:
        return FAULT(VERSION);
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_INSUFFICIENT_SECURITY:
        return FAULT(CIPHER);
    case SSL_AD_NO_CERTIFICATE:
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_CERTIFICATE_REQUIRED:
        return FAULT(CLIENT_CERTIFICATE);
    default:
        return FAULT(ALERT);
    }
}

static enum smtplite_tls_fault judge_reason(int reason, enum smtplite_tls_fault otherwise) {
    switch (reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_UNSUPPORTED_SSL_VERSION:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_VERSION_TOO_HIGH:
    case SSL_R_BAD_PROTOCOL_VERSION_NUMBER:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_INAPPROPRIATE_FALLBACK:
        return FAULT(VERSION);
    case SSL_R_NO_CIPHERS_AVAILABLE:
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_UNKNOWN_CIPHER_RETURNED:
    case SSL_R_WRONG_CIPHER_RETURNED:
    case SSL_R_CIPHERSUITE_DIGEST_HAS_CHANGED:
    case SSL_R_WRONG_CURVE:
    case SSL_R_WRONG_SIGNATURE_TYPE:
    case SSL_R_WRONG_CERTIFICATE_TYPE:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_DH_KEY_TOO_SMALL:
        return FAULT(CIPHER);
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
    case SSL_R_CA_MD_TOO_WEAK:
        return FAULT(WEAK);
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
        return FAULT(CERTIFICATE);
    default:
        return otherwise;
    }
}

enum smtplite_tls_fault smtplite_openssl_fault(unsigned long code,
                                               enum smtplite_tls_fault otherwise) {
    int reason = ERR_GET_REASON(code);
    if (reason == ERR_R_MALLOC_FAILURE)
        return FAULT(MEMORY);
    if (ERR_GET_LIB(code) == ERR_LIB_RAND)
        return FAULT(RANDOM);
    if (ERR_GET_LIB(code) != ERR_LIB_SSL)
        return otherwise;
    if (reason >= SSL_AD_REASON_OFFSET)
        return judge_alert(reason);
    return judge_reason(reason, otherwise);
}

enum smtplite_tls_fault smtplite_openssl_verify_fault(int error) {
    switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_REJECTED:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return FAULT(UNTRUSTED);
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
        return FAULT(CONSTRAINED);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return FAULT(SELF_SIGNED);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return FAULT(NAME);
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return FAULT(EXPIRED);
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return FAULT(NOT_YET);
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
        return FAULT(WEAK);
    case X509_V_ERR_INVALID_PURPOSE:
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_INVALID_NON_CA:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
    case X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE:
        return FAULT(USAGE);
    case X509_V_ERR_OUT_OF_MEM:
        return FAULT(MEMORY);
    default:
        return FAULT(CERTIFICATE);
    }
}
