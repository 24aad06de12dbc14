/* SPDX-License-Identifier: MIT */

/* NetX Crypto's hashes over mbedTLS. What NetX Crypto refuses is refused: metadata that is missing,
 * too small or not aligned, an output that is too short. */

#include "nx_api.h"

#ifdef NX_SECURE_ENABLE

#include "nx_crypto.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/md.h>

static mbedtls_md_type_t type_of(UINT algorithm) {
    switch (algorithm) {
    case NX_CRYPTO_HASH_MD5:
    case NX_CRYPTO_AUTHENTICATION_HMAC_MD5_128:
        return MBEDTLS_MD_MD5;
    case NX_CRYPTO_HASH_SHA1:
    case NX_CRYPTO_AUTHENTICATION_HMAC_SHA1_160:
        return MBEDTLS_MD_SHA1;
    default:
        return MBEDTLS_MD_SHA256;
    }
}

static UINT check(const NX_CRYPTO_METHOD *method, const VOID *metadata, ULONG metadata_size) {
    bool good = metadata != NULL && (uintptr_t)metadata % 4 == 0 &&
                metadata_size >= method->nx_crypto_metadata_area_size;

    return good ? NX_CRYPTO_SUCCESS : NX_CRYPTO_PTR_ERROR;
}

static UINT hash(UINT op, VOID *handler, NX_CRYPTO_METHOD *method, UCHAR *key,
                 NX_CRYPTO_KEY_SIZE key_size_in_bits, UCHAR *input, ULONG input_length,
                 UCHAR *iv_ptr, UCHAR *output, ULONG output_length, VOID *metadata,
                 ULONG metadata_size, VOID *packet_ptr, VOID (*callback)(VOID *, UINT)) {
    const mbedtls_md_info_t *info = mbedtls_md_info_from_type(type_of(method->nx_crypto_algorithm));

    (void)handler, (void)key, (void)key_size_in_bits, (void)iv_ptr;
    (void)packet_ptr, (void)callback;
    if (op != NX_CRYPTO_AUTHENTICATE ||
        check(method, metadata, metadata_size) != NX_CRYPTO_SUCCESS) {
        return NX_CRYPTO_PTR_ERROR;
    }
    if (output_length < mbedtls_md_get_size(info)) {
        return NX_CRYPTO_INVALID_BUFFER_SIZE;
    }
    memset(metadata, 0xA5, method->nx_crypto_metadata_area_size); /* it is worked in */
    return mbedtls_md(info, input, input_length, output) == 0 ? NX_CRYPTO_SUCCESS
                                                              : NX_CRYPTO_NOT_SUCCESSFUL;
}

static UINT hmac_init(NX_CRYPTO_METHOD *method, UCHAR *key, NX_CRYPTO_KEY_SIZE key_size_in_bits,
                      VOID **handler, VOID *metadata, ULONG metadata_size) {
    (void)key_size_in_bits, (void)handler;
    return key != NULL ? check(method, metadata, metadata_size) : NX_CRYPTO_PTR_ERROR;
}

static UINT hmac(UINT op, VOID *handler, NX_CRYPTO_METHOD *method, UCHAR *key,
                 NX_CRYPTO_KEY_SIZE key_size_in_bits, UCHAR *input, ULONG input_length,
                 UCHAR *iv_ptr, UCHAR *output, ULONG output_length, VOID *metadata,
                 ULONG metadata_size, VOID *packet_ptr, VOID (*callback)(VOID *, UINT)) {
    const mbedtls_md_info_t *info = mbedtls_md_info_from_type(type_of(method->nx_crypto_algorithm));

    (void)handler, (void)iv_ptr, (void)packet_ptr, (void)callback;
    if (op != NX_CRYPTO_AUTHENTICATE || key == NULL ||
        check(method, metadata, metadata_size) != NX_CRYPTO_SUCCESS) {
        return NX_CRYPTO_PTR_ERROR;
    }
    if (output_length < mbedtls_md_get_size(info)) {
        return NX_CRYPTO_INVALID_BUFFER_SIZE;
    }
    memset(metadata, 0xA5, method->nx_crypto_metadata_area_size);
    return mbedtls_md_hmac(info, key, key_size_in_bits / 8, input, input_length, output) == 0
               ? NX_CRYPTO_SUCCESS
               : NX_CRYPTO_NOT_SUCCESSFUL;
}

static UINT cleanup(VOID *metadata) {
    (void)metadata; /* as without NX_SECURE_KEY_CLEAR */
    return NX_CRYPTO_SUCCESS;
}

/* The sizes of the metadata are NetX Crypto's, more or less. */
NX_CRYPTO_METHOD crypto_method_md5 = {NX_CRYPTO_HASH_MD5, 0, 0, 128, 64, 88, NULL, cleanup, hash};
NX_CRYPTO_METHOD crypto_method_sha1 = {NX_CRYPTO_HASH_SHA1, 0, 0, 160, 64, 96, NULL, cleanup, hash};
NX_CRYPTO_METHOD crypto_method_sha256 = {
    NX_CRYPTO_HASH_SHA256, 0, 0, 256, 64, 108, NULL, cleanup, hash};
NX_CRYPTO_METHOD crypto_method_hmac_md5 = {
    NX_CRYPTO_AUTHENTICATION_HMAC_MD5_128, 0, 0, 128, 64, 240, hmac_init, cleanup, hmac};
NX_CRYPTO_METHOD crypto_method_hmac_sha1 = {
    NX_CRYPTO_AUTHENTICATION_HMAC_SHA1_160, 0, 0, 160, 64, 248, hmac_init, cleanup, hmac};
NX_CRYPTO_METHOD crypto_method_hmac_sha256 = {
    NX_CRYPTO_AUTHENTICATION_HMAC_SHA2_256, 0, 0, 256, 64, 260, hmac_init, cleanup, hmac};

UINT _nx_crypto_huge_number_rbg(UINT bits, UCHAR *result) {
    for (UINT i = 0; i < bits / 8; i++) {
        result[i] = (UCHAR)NX_RAND();
    }
    return NX_CRYPTO_SUCCESS;
}

#endif
