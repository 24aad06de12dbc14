/* SPDX-License-Identifier: MIT */
#ifndef NX_SMTP_CRYPTO_H
#define NX_SMTP_CRYPTO_H

/*
 * Hashes for logins (smtplite/login.h) from NetX Crypto, in builds with NX_SECURE_ENABLE:
 *
 *     static const NX_CRYPTO_METHOD *const methods[] = {&crypto_method_hmac_sha256,
 *                                                       &crypto_method_sha256, NX_NULL};
 *     nx_smtp_crypto_initialize(&crypto, methods, metadata, sizeof metadata, my_random);
 *     smtplite_login_init(&login, &crypto.nx_smtp_crypto_provider);
 */

#ifdef NX_SECURE_ENABLE

#include "nx_api.h"
#include "nx_crypto.h"

#include "smtplite/login.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NX_SMTP_CRYPTO_BLOCK 64 /* octets that MD5, SHA-1 and SHA-256 work on */

/* Fills a number of octets that nobody can foresee, and gives NX_SUCCESS. */
typedef UINT NX_SMTP_RANDOM(UCHAR *buffer, ULONG length);

/* One provider: of one login at a time. The members but the first are private. */
typedef struct NX_SMTP_CRYPTO_STRUCT {
    struct smtplite_crypto nx_smtp_crypto_provider; /* give its address to smtplite_login_init */
    const NX_CRYPTO_METHOD *const *nx_smtp_crypto_methods;
    const NX_CRYPTO_METHOD *nx_smtp_crypto_keyed; /* the method that the key below is for */
    VOID *nx_smtp_crypto_metadata;
    ULONG nx_smtp_crypto_metadata_size;
    NX_SMTP_RANDOM *nx_smtp_crypto_random;
    UINT nx_smtp_crypto_key_length;
    UCHAR nx_smtp_crypto_key[NX_SMTP_CRYPTO_BLOCK];
} NX_SMTP_CRYPTO;

/*
 * Makes a provider. All borrowed until the last login with it is over.
 * methods: NetX Crypto's, or those of the chip, NX_NULL behind the last. CRAM-MD5 needs HMAC-MD5
 *   and MD5, SCRAM-SHA-1 HMAC-SHA1 and SHA1, SCRAM-SHA-256 HMAC-SHA256 and SHA256.
 * metadata: for the methods to work in, aligned to 4; metadata_size: at least the largest
 *   nx_crypto_metadata_area_size among them.
 * random: NX_NULL: NX_CRYPTO_RBG, which is only as good as NX_RAND is in this build.
 * NX_PTR_ERROR; NX_SIZE_ERROR: the metadata area is too small.
 */
UINT nx_smtp_crypto_initialize(NX_SMTP_CRYPTO *crypto_ptr, const NX_CRYPTO_METHOD *const *methods,
                               VOID *metadata, ULONG metadata_size, NX_SMTP_RANDOM *random);

#ifdef __cplusplus
}
#endif

#endif

#endif
