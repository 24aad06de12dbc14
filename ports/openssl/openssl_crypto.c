/* SPDX-License-Identifier: MIT */
/* OpenSSL 3 as a provider of hashes and random numbers. One EVP_MAC_CTX lives as long as a login,
 * since fetching an algorithm and keying it cost more than an iteration of PBKDF2. */

#include "smtplite/openssl_crypto.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

static EVP_MAC_CTX *make_keyed(void) {
    EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    EVP_MAC_CTX *keyed = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    return keyed;
}

static bool set_key(struct smtplite_openssl_crypto *c, enum smtplite_hash hash, const void *key,
                    size_t key_len) {
    static char names[][8] = {"MD5", "SHA1", "SHA256"};
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, names[hash], 0),
                           OSSL_PARAM_construct_end()};
    if (c->keyed == NULL)
        c->keyed = make_keyed();
    return c->keyed != NULL && EVP_MAC_init(c->keyed, key, key_len, params) == 1;
}

static bool make_hmac(void *context, enum smtplite_hash hash, const void *key, size_t key_len,
                      const void *p, size_t n, void *mac) {
    struct smtplite_openssl_crypto *c = context;
    size_t len = 0;
    bool ready = key != NULL ? set_key(c, hash, key, key_len)
                             : c->keyed != NULL && EVP_MAC_init(c->keyed, NULL, 0, NULL) == 1;
    return ready && EVP_MAC_update(c->keyed, p, n) == 1 &&
           EVP_MAC_final(c->keyed, mac, &len, smtplite_digest_len(hash)) == 1;
}

static bool make_hash(void *context, enum smtplite_hash hash, const void *p, size_t n,
                      void *digest) {
    const EVP_MD *md = hash == SMTPLITE_HASH_MD5    ? EVP_md5()
                       : hash == SMTPLITE_HASH_SHA1 ? EVP_sha1()
                                                    : EVP_sha256();
    (void)context;
    return EVP_Digest(p, n, digest, NULL, md, NULL) == 1;
}

static bool make_random(void *context, void *p, size_t n) {
    (void)context;
    return n <= INT_MAX && RAND_bytes(p, (int)n) == 1;
}

static void forget(void *context) {
    struct smtplite_openssl_crypto *c = context;
    EVP_MAC_CTX_free(c->keyed); /* clears the key */
    c->keyed = NULL;
}

void smtplite_openssl_crypto_init(struct smtplite_openssl_crypto *c) {
    static const struct smtplite_crypto calls = {NULL, make_hmac, make_hash, make_random, forget};
    c->crypto = calls;
    c->crypto.context = c;
    c->keyed = NULL;
}
