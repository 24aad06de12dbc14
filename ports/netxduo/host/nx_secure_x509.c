/* SPDX-License-Identifier: MIT */

/* Certificates as NetX Secure has them: their DER where the caller keeps it, read by mbedTLS. */

#include "nx_inner.h"

#ifdef NX_SECURE_ENABLE

#include "nx_secure_tls_api.h"

#include <mbedtls/asn1.h>
#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>

static bool parse(const NX_SECURE_X509_CERT *certificate, mbedtls_x509_crt *crt) {
    mbedtls_x509_crt_init(crt);
    return mbedtls_x509_crt_parse_der_nocopy(
               crt, certificate->nx_secure_x509_certificate_raw_data,
               certificate->nx_secure_x509_certificate_raw_data_length) == 0;
}

UINT nx_secure_x509_certificate_initialize(NX_SECURE_X509_CERT *certificate,
                                           UCHAR *certificate_data, USHORT length,
                                           UCHAR *raw_data_buffer, USHORT buffer_size,
                                           const UCHAR *private_key, USHORT priv_len,
                                           UINT private_key_type) {
    mbedtls_x509_crt crt;
    bool good;

    if (certificate == NULL || certificate_data == NULL) {
        return NX_PTR_ERROR;
    }
    if (raw_data_buffer != NULL && buffer_size < length) {
        return NX_SECURE_TLS_INSUFFICIENT_CERT_SPACE;
    }
    memset(certificate, 0, sizeof *certificate);
    certificate->nx_secure_x509_certificate_raw_data = certificate_data;
    if (raw_data_buffer != NULL) {
        memcpy(raw_data_buffer, certificate_data, length);
        certificate->nx_secure_x509_certificate_raw_data = raw_data_buffer;
    }
    certificate->nx_secure_x509_certificate_raw_buffer_size = length;
    certificate->nx_secure_x509_certificate_raw_data_length = length;
    if (private_key_type != NX_SECURE_X509_KEY_TYPE_NONE) {
        certificate->nx_secure_x509_host_key = private_key;
        certificate->nx_secure_x509_host_key_length = priv_len;
    }
    good = parse(certificate, &crt);
    mbedtls_x509_crt_free(&crt);
    return good ? NX_SUCCESS : NX_SECURE_X509_INVALID_CERTIFICATE;
}

/* NetX Secure does not look whether it fits. This one stops the program. */
UINT nx_secure_x509_dns_name_initialize(NX_SECURE_X509_DNS_NAME *dns_name, const UCHAR *name_string,
                                        USHORT length) {
    if (dns_name == NULL || name_string == NULL) {
        return NX_PTR_ERROR;
    }
    if (length > NX_SECURE_X509_DNS_NAME_MAX) {
        abort();
    }
    memcpy(dns_name->nx_secure_x509_dns_name, name_string, length);
    dns_name->nx_secure_x509_dns_name_length = length;
    return NX_SUCCESS;
}

/* One Extension (RFC 5280 4.2) with the rest of the list behind it. */
static bool take(UCHAR **p, const UCHAR *end, mbedtls_asn1_buf *oid, mbedtls_asn1_buf *data,
                 int *critical) {
    size_t len;

    if (mbedtls_asn1_get_tag(p, end, &len, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) != 0) {
        return false;
    }
    end = *p + len;
    if (mbedtls_asn1_get_tag(p, end, &oid->len, MBEDTLS_ASN1_OID) != 0) {
        return false;
    }
    oid->p = *p;
    *p += oid->len;
    *critical = 0;
    (void)mbedtls_asn1_get_bool(p, end, critical);
    if (mbedtls_asn1_get_tag(p, end, &data->len, MBEDTLS_ASN1_OCTET_STRING) != 0) {
        return false;
    }
    data->p = *p;
    *p += data->len;
    return true;
}

static UINT find(const mbedtls_x509_crt *crt, NX_SECURE_X509_EXTENSION *extension) {
    static const char wanted[] = MBEDTLS_OID_BASIC_CONSTRAINTS;
    UCHAR *p = crt->v3_ext.p;
    const UCHAR *end;
    mbedtls_asn1_buf oid;
    mbedtls_asn1_buf data;
    size_t len;
    int critical;

    if (p == NULL) {
        return NX_SECURE_X509_EXTENSION_NOT_FOUND;
    }
    end = p + crt->v3_ext.len;
    if (mbedtls_asn1_get_tag(&p, end, &len, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) !=
        0) {
        return NX_SECURE_X509_INVALID_CERTIFICATE;
    }
    while (p < end && take(&p, end, &oid, &data, &critical)) {
        if (oid.len == sizeof wanted - 1 && memcmp(oid.p, wanted, oid.len) == 0) {
            extension->nx_secure_x509_extension_critical = critical != 0;
            extension->nx_secure_x509_extension_data = data.p;
            extension->nx_secure_x509_extension_data_length = (ULONG)data.len;
            return NX_SUCCESS;
        }
    }
    return NX_SECURE_X509_EXTENSION_NOT_FOUND;
}

/* Knows the basic constraints alone. */
UINT nx_secure_x509_extension_find(NX_SECURE_X509_CERT *certificate,
                                   NX_SECURE_X509_EXTENSION *extension, USHORT extension_id) {
    mbedtls_x509_crt crt;
    UINT status = NX_SECURE_X509_INVALID_CERTIFICATE;

    if (certificate == NULL || extension == NULL) {
        return NX_PTR_ERROR;
    }
    extension->nx_secure_x509_extension_id = extension_id;
    if (extension_id != NX_SECURE_TLS_X509_TYPE_BASIC_CONSTRAINTS) {
        return NX_NOT_SUPPORTED;
    }
    if (parse(certificate, &crt)) {
        status = find(&crt, extension);
    }
    mbedtls_x509_crt_free(&crt);
    return status;
}

static UINT check_usage(const mbedtls_x509_crt *crt, UINT key_usage) {
    static const char server[] = MBEDTLS_OID_SERVER_AUTH;
    static const char any[] = MBEDTLS_OID_ANY_EXTENDED_KEY_USAGE;
    const mbedtls_x509_sequence *usage = &crt->ext_key_usage;

    if ((crt->ext_types & MBEDTLS_X509_EXT_EXTENDED_KEY_USAGE) == 0) {
        return NX_SECURE_X509_EXTENSION_NOT_FOUND;
    }
    for (; usage != NULL; usage = usage->next) {
        bool is_any = key_usage == NX_SECURE_TLS_X509_TYPE_ANY_EXTENDED_KEY_USAGE;
        size_t len = is_any ? sizeof any - 1 : sizeof server - 1;

        if (usage->buf.len == len && memcmp(usage->buf.p, is_any ? any : server, len) == 0) {
            return NX_SUCCESS;
        }
    }
    return NX_SECURE_X509_EXT_KEY_USAGE_NOT_FOUND;
}

/* Knows server authentication and any. */
UINT nx_secure_x509_extended_key_usage_extension_parse(NX_SECURE_X509_CERT *certificate,
                                                       UINT key_usage) {
    mbedtls_x509_crt crt;
    UINT status = NX_SECURE_X509_INVALID_CERTIFICATE;

    if (certificate == NULL) {
        return NX_PTR_ERROR;
    }
    if (key_usage != NX_SECURE_TLS_X509_TYPE_ANY_EXTENDED_KEY_USAGE &&
        key_usage != NX_SECURE_TLS_X509_TYPE_PKIX_KP_SERVER_AUTH) {
        return NX_NOT_SUPPORTED;
    }
    if (parse(certificate, &crt)) {
        status = check_usage(&crt, key_usage);
    }
    mbedtls_x509_crt_free(&crt);
    return status;
}

#endif
