/* SPDX-License-Identifier: MIT */
/*
 * The hash provider over NetX Crypto. Its methods keep no keyed state that could be used twice, so
 * the key of an HMAC is kept here, not longer than a block (RFC 2104 2), and cleared by forget.
 */

#define NX_SMTP_SOURCE_CODE

#include "nx_smtp_crypto.h"

#include "nx_api.h"

#ifdef NX_SECURE_ENABLE

#include <string.h>

static const NX_CRYPTO_METHOD *find(const NX_SMTP_CRYPTO *crypto_ptr, UINT algorithm) {
    const NX_CRYPTO_METHOD *const *method = crypto_ptr->nx_smtp_crypto_methods;
    while (*method && (*method)->nx_crypto_algorithm != algorithm)
        method++;
    return *method;
}

static const NX_CRYPTO_METHOD *find_hash(const NX_SMTP_CRYPTO *crypto_ptr,
                                         enum smtplite_hash hash) {
    static const UINT algorithms[] = {NX_CRYPTO_HASH_MD5, NX_CRYPTO_HASH_SHA1,
                                      NX_CRYPTO_HASH_SHA256};
    return find(crypto_ptr, algorithms[hash]);
}

static const NX_CRYPTO_METHOD *find_hmac(const NX_SMTP_CRYPTO *crypto_ptr,
                                         enum smtplite_hash hash) {
    static const UINT algorithms[] = {NX_CRYPTO_AUTHENTICATION_HMAC_MD5_128,
                                      NX_CRYPTO_AUTHENTICATION_HMAC_SHA1_160,
                                      NX_CRYPTO_AUTHENTICATION_HMAC_SHA2_256};
    return find(crypto_ptr, algorithms[hash]);
}

/* Neither a method nor its input is written to, though NetX Crypto takes both without const. */
static bool run(const NX_SMTP_CRYPTO *crypto_ptr, const NX_CRYPTO_METHOD *constant, UCHAR *key,
                UINT key_length, const VOID *p, size_t n, VOID *out, size_t out_length) {
    NX_CRYPTO_METHOD *method = (NX_CRYPTO_METHOD *)(uintptr_t)constant;
    VOID *metadata = crypto_ptr->nx_smtp_crypto_metadata;
    ULONG size = crypto_ptr->nx_smtp_crypto_metadata_size;
    VOID *handler = NX_NULL;
    UINT status = NX_CRYPTO_SUCCESS;
    if (method->nx_crypto_init)
        status = method->nx_crypto_init(method, key, key_length * 8, &handler, metadata, size);
    if (status != NX_CRYPTO_SUCCESS)
        return false;
    status = method->nx_crypto_operation(NX_CRYPTO_AUTHENTICATE, handler, method, key,
                                         key_length * 8, (UCHAR *)(uintptr_t)p, (ULONG)n, NX_NULL,
                                         out, (ULONG)out_length, metadata, size, NX_NULL, NX_NULL);
    if (method->nx_crypto_cleanup)
        (void)method->nx_crypto_cleanup(metadata);
    return status == NX_CRYPTO_SUCCESS;
}

static bool crypto_hash(void *context, enum smtplite_hash hash, const void *p, size_t n,
                        void *digest) {
    const NX_SMTP_CRYPTO *crypto_ptr = context;
    const NX_CRYPTO_METHOD *method = find_hash(crypto_ptr, hash);
    return method && run(crypto_ptr, method, NX_NULL, 0, p, n, digest, smtplite_digest_len(hash));
}

/* A key longer than a block counts as its hash. */
static bool take_key(NX_SMTP_CRYPTO *crypto_ptr, enum smtplite_hash hash, const void *key,
                     size_t key_len) {
    memset(crypto_ptr->nx_smtp_crypto_key, 0, sizeof crypto_ptr->nx_smtp_crypto_key);
    crypto_ptr->nx_smtp_crypto_keyed = find_hmac(crypto_ptr, hash);
    crypto_ptr->nx_smtp_crypto_key_length = (UINT)key_len;
    if (key_len <= NX_SMTP_CRYPTO_BLOCK) {
        memcpy(crypto_ptr->nx_smtp_crypto_key, key, key_len);
        return true;
    }
    crypto_ptr->nx_smtp_crypto_key_length = (UINT)smtplite_digest_len(hash);
    return crypto_hash(crypto_ptr, hash, key, key_len, crypto_ptr->nx_smtp_crypto_key);
}

static bool crypto_hmac(void *context, enum smtplite_hash hash, const void *key, size_t key_len,
                        const void *p, size_t n, void *mac) {
    NX_SMTP_CRYPTO *crypto_ptr = context;
    if (key && !take_key(crypto_ptr, hash, key, key_len))
        return false;
    return crypto_ptr->nx_smtp_crypto_keyed &&
           run(crypto_ptr, crypto_ptr->nx_smtp_crypto_keyed, crypto_ptr->nx_smtp_crypto_key,
               crypto_ptr->nx_smtp_crypto_key_length, p, n, mac, smtplite_digest_len(hash));
}

static bool crypto_random(void *context, void *p, size_t n) {
    const NX_SMTP_CRYPTO *crypto_ptr = context;
    if (crypto_ptr->nx_smtp_crypto_random)
        return crypto_ptr->nx_smtp_crypto_random(p, (ULONG)n) == NX_SUCCESS;
    return NX_CRYPTO_RBG((UINT)n * 8, p) == NX_CRYPTO_SUCCESS;
}

static void crypto_forget(void *context) {
    NX_SMTP_CRYPTO *crypto_ptr = context;
    crypto_ptr->nx_smtp_crypto_keyed = NX_NULL;
    memset(crypto_ptr->nx_smtp_crypto_key, 0, sizeof crypto_ptr->nx_smtp_crypto_key);
    memset(crypto_ptr->nx_smtp_crypto_metadata, 0, crypto_ptr->nx_smtp_crypto_metadata_size);
}

UINT nx_smtp_crypto_initialize(NX_SMTP_CRYPTO *crypto_ptr, const NX_CRYPTO_METHOD *const *methods,
                               VOID *metadata, ULONG metadata_size, NX_SMTP_RANDOM *random) {
    if (!crypto_ptr || !methods || !metadata)
        return NX_PTR_ERROR;
    for (const NX_CRYPTO_METHOD *const *method = methods; *method; method++)
        if ((*method)->nx_crypto_metadata_area_size > metadata_size)
            return NX_SIZE_ERROR;
    memset(crypto_ptr, 0, sizeof *crypto_ptr);
    crypto_ptr->nx_smtp_crypto_provider.context = crypto_ptr;
    crypto_ptr->nx_smtp_crypto_provider.hmac = crypto_hmac;
    crypto_ptr->nx_smtp_crypto_provider.hash = crypto_hash;
    crypto_ptr->nx_smtp_crypto_provider.random = crypto_random;
    crypto_ptr->nx_smtp_crypto_provider.forget = crypto_forget;
    crypto_ptr->nx_smtp_crypto_methods = methods;
    crypto_ptr->nx_smtp_crypto_metadata = metadata;
    crypto_ptr->nx_smtp_crypto_metadata_size = metadata_size;
    crypto_ptr->nx_smtp_crypto_random = random;
    return NX_SUCCESS;
}

#endif
