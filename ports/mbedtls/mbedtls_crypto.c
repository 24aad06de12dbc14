/* SPDX-License-Identifier: MIT */
/* mbedTLS as a provider of hashes and random numbers. The keyed HMAC lives as long as a login:
 * PBKDF2 begins each iteration from it by a reset. */

#include "smtplite/mbedtls_crypto.h"

static const mbedtls_md_info_t *find_md(enum smtplite_hash hash) {
    mbedtls_md_type_t type = hash == SMTPLITE_HASH_MD5    ? MBEDTLS_MD_MD5
                             : hash == SMTPLITE_HASH_SHA1 ? MBEDTLS_MD_SHA1
                                                          : MBEDTLS_MD_SHA256;
    return mbedtls_md_info_from_type(type); /* NULL: not in this build */
}

static void forget(void *context) {
    struct smtplite_mbedtls_crypto *c = context;
    mbedtls_md_free(&c->keyed); /* clears the key */
    mbedtls_md_init(&c->keyed);
    c->md = NULL;
}

/* Sets `keyed` up for another hash: this allocates, so it is not done for each key. */
static bool set_up(struct smtplite_mbedtls_crypto *c, const mbedtls_md_info_t *md) {
    if (md != NULL && md == c->md)
        return true;
    forget(c);
    if (md == NULL || mbedtls_md_setup(&c->keyed, md, 1) != 0)
        return false;
    c->md = md;
    return true;
}

static bool set_key(struct smtplite_mbedtls_crypto *c, enum smtplite_hash hash, const void *key,
                    size_t key_len) {
    if (key == NULL)
        return c->md != NULL && mbedtls_md_hmac_reset(&c->keyed) == 0;
    return set_up(c, find_md(hash)) && mbedtls_md_hmac_starts(&c->keyed, key, key_len) == 0;
}

static bool make_hmac(void *context, enum smtplite_hash hash, const void *key, size_t key_len,
                      const void *p, size_t n, void *mac) {
    struct smtplite_mbedtls_crypto *c = context;
    return set_key(c, hash, key, key_len) && mbedtls_md_hmac_update(&c->keyed, p, n) == 0 &&
           mbedtls_md_hmac_finish(&c->keyed, mac) == 0;
}

static bool make_hash(void *context, enum smtplite_hash hash, const void *p, size_t n,
                      void *digest) {
    const mbedtls_md_info_t *md = find_md(hash);
    (void)context;
    return md != NULL && mbedtls_md(md, p, n, digest) == 0;
}

static bool make_random(void *context, void *p, size_t n) {
    struct smtplite_mbedtls_crypto *c = context;
    return c->rng != NULL && c->rng(c->rng_context, p, n) == 0;
}

void smtplite_mbedtls_crypto_init(struct smtplite_mbedtls_crypto *c, smtplite_mbedtls_rng *rng,
                                  void *rng_context) {
    static const struct smtplite_crypto calls = {NULL, make_hmac, make_hash, make_random, forget};
    c->crypto = calls;
    c->crypto.context = c;
    c->rng = rng;
    c->rng_context = rng_context;
    c->md = NULL;
    mbedtls_md_init(&c->keyed);
}

#if defined(MBEDTLS_CTR_DRBG_C) && defined(MBEDTLS_ENTROPY_C)
bool smtplite_mbedtls_random_init(struct smtplite_mbedtls_random *r) {
    static const unsigned char use[] = "smtplite login";
    mbedtls_entropy_init(&r->entropy);
    mbedtls_ctr_drbg_init(&r->drbg);
    return mbedtls_ctr_drbg_seed(&r->drbg, mbedtls_entropy_func, &r->entropy, use,
                                 sizeof use - 1) == 0;
}

void smtplite_mbedtls_random_free(struct smtplite_mbedtls_random *r) {
    mbedtls_ctr_drbg_free(&r->drbg);
    mbedtls_entropy_free(&r->entropy);
}

int smtplite_mbedtls_random_fill(void *random, unsigned char *p, size_t n) {
    struct smtplite_mbedtls_random *r = random;
    return mbedtls_ctr_drbg_random(&r->drbg, p, n);
}
#endif
