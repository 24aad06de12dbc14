/* SPDX-License-Identifier: MIT */

/* NetX Crypto's hashes, as much as logins need, over mbedTLS. With NX_SECURE_ENABLE. */

#ifndef NX_CRYPTO_H
#define NX_CRYPTO_H

#include "nx_api.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NX_CRYPTO_SUCCESS             0x0
#define NX_CRYPTO_INVALID_BUFFER_SIZE 0x20005
#define NX_CRYPTO_PTR_ERROR           0x20007
#define NX_CRYPTO_NOT_SUCCESSFUL      0x20009

#define NX_CRYPTO_AUTHENTICATE 3

#define NX_CRYPTO_AUTHENTICATION_HMAC_MD5_128  0x00010006
#define NX_CRYPTO_AUTHENTICATION_HMAC_SHA1_160 0x00010007
#define NX_CRYPTO_AUTHENTICATION_HMAC_SHA2_256 0x0001000C
#define NX_CRYPTO_HASH_MD5                     0x00030002
#define NX_CRYPTO_HASH_SHA1                    0x00030003
#define NX_CRYPTO_HASH_SHA256                  0x00030005

typedef UINT NX_CRYPTO_KEY_SIZE;

typedef struct NX_CRYPTO_METHOD_STRUCT {
    UINT nx_crypto_algorithm;
    NX_CRYPTO_KEY_SIZE nx_crypto_key_size_in_bits;
    USHORT nx_crypto_IV_size_in_bits;
    USHORT nx_crypto_ICV_size_in_bits;
    ULONG nx_crypto_block_size_in_bytes;
    ULONG nx_crypto_metadata_area_size;
    UINT(*nx_crypto_init)
    (struct NX_CRYPTO_METHOD_STRUCT *method, UCHAR *key, NX_CRYPTO_KEY_SIZE key_size_in_bits,
     VOID **handler, VOID *crypto_metadata, ULONG crypto_metadata_size);
    UINT (*nx_crypto_cleanup)(VOID *crypto_metadata);
    UINT(*nx_crypto_operation)
    (UINT op, VOID *handler, struct NX_CRYPTO_METHOD_STRUCT *method, UCHAR *key,
     NX_CRYPTO_KEY_SIZE key_size_in_bits, UCHAR *input, ULONG input_length_in_byte, UCHAR *iv_ptr,
     UCHAR *output, ULONG output_length_in_byte, VOID *crypto_metadata, ULONG crypto_metadata_size,
     VOID *packet_ptr, VOID (*nx_crypto_hw_process_callback)(VOID *packet_ptr, UINT status));
} NX_CRYPTO_METHOD;

extern NX_CRYPTO_METHOD crypto_method_md5;
extern NX_CRYPTO_METHOD crypto_method_sha1;
extern NX_CRYPTO_METHOD crypto_method_sha256;
extern NX_CRYPTO_METHOD crypto_method_hmac_md5;
extern NX_CRYPTO_METHOD crypto_method_hmac_sha1;
extern NX_CRYPTO_METHOD crypto_method_hmac_sha256;

#ifndef NX_CRYPTO_RBG
#define NX_CRYPTO_RBG _nx_crypto_huge_number_rbg
#endif
UINT _nx_crypto_huge_number_rbg(UINT bits, UCHAR *result);

#ifdef __cplusplus
}
#endif

#endif
