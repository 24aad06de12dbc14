/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_MBEDTLS_CRYPTO_H
#define SMTPLITE_MBEDTLS_CRYPTO_H

/* Hashes of mbedTLS (2.28 or 3.x), for the logins of login.h. A library that was built without MD5
 * or SHA-1 fails the mechanisms that need them; leave those out of config.mechanisms.
 *
 *     struct smtplite_mbedtls_crypto crypto;
 *     smtplite_mbedtls_crypto_init(&crypto, mbedtls_ctr_drbg_random, &drbg);
 *     smtplite_login_init(&login, &crypto.crypto);
 */

#include <mbedtls/md.h> /* with the build's options */

#if defined(MBEDTLS_CTR_DRBG_C) && defined(MBEDTLS_ENTROPY_C)
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#endif

#include "smtplite/login.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A random source as all of mbedTLS takes it: fills n octets, gives 0, or another value on failure.
 */
typedef int smtplite_mbedtls_rng(void *context, unsigned char *p, size_t n);

/* One login's at a time. It must stay where it is. What it keeps during a login is freed by
 * crypto.forget, which the engine calls. */
struct smtplite_mbedtls_crypto {
    struct smtplite_crypto crypto;
    smtplite_mbedtls_rng *rng; /* the rest is private */
    void *rng_context;
    mbedtls_md_context_t keyed;  /* HMAC with the last key */
    const mbedtls_md_info_t *md; /* what `keyed` is set up for; NULL: nothing */
};

/* rng, rng_context: borrowed until the last login that uses it is over; SCRAM alone asks for random
 * octets. NULL: there is no random source, and SCRAM fails with AUTH_CRYPTO. */
void smtplite_mbedtls_crypto_init(struct smtplite_mbedtls_crypto *c, smtplite_mbedtls_rng *rng,
                                  void *rng_context);

#if defined(MBEDTLS_CTR_DRBG_C) && defined(MBEDTLS_ENTROPY_C)
/* A random source for programs that have none yet: mbedTLS's entropy and CTR_DRBG, 1 KB and more.
 * smtplite_mbedtls_random_fill is its rng, for TLS as well. It must stay where it is. */
struct smtplite_mbedtls_random {
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context drbg;
};

/* False: the library has no entropy source; free is due all the same. */
bool smtplite_mbedtls_random_init(struct smtplite_mbedtls_random *r);
void smtplite_mbedtls_random_free(struct smtplite_mbedtls_random *r);
/* random: struct smtplite_mbedtls_random. */
int smtplite_mbedtls_random_fill(void *random, unsigned char *p, size_t n);
#endif

#ifdef __cplusplus
}
#endif

#endif
