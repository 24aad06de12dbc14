/* SPDX-License-Identifier: MIT */
/* The RFCs' own numbers, with both providers: HMAC (RFC 2202, RFC 4231), SCRAM (RFC 5802 5, RFC
 * 7677 3), CRAM-MD5 (RFC 2195 2); and what the providers promise beyond them. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../engine/check.h"
#include "exchange.h"
#include "smtplite/mbedtls_crypto.h"
#include "smtplite/openssl_crypto.h"

static const char rfc5802_nonce[] = "fyko+d2lbbFgONRv9qkxdawL"; /* 18 octets in base64, as ours */

static size_t from_hex(const char *hex, uint8_t *to) {
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++) {
        char octet[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        to[i] = (uint8_t)strtoul(octet, NULL, 16);
    }
    return n;
}

/* ---- HMAC -------------------------------------------------------------------------------- */

struct octets {
    const char *text; /* NULL: n times `octet`; n of COUNTING: 1 .. 25 */
    uint8_t octet;
    size_t n;
};

enum { COUNTING = 25 };

static size_t put(const struct octets *from, uint8_t to[256]) {
    if (from->text != NULL) {
        memcpy(to, from->text, strlen(from->text));
        return strlen(from->text);
    }
    for (size_t i = 0; i < from->n; i++)
        to[i] = from->n == COUNTING ? (uint8_t)(i + 1) : from->octet;
    return from->n;
}

#define TEXT(t)                                                                                    \
    { t, 0, 0 }
#define TIMES(o, n)                                                                                \
    { NULL, o, n }
#define LARGE_KEY  "Test Using Larger Than Block-Size Key - Hash Key First"
#define LARGE_BOTH "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data"
#define LARGE_BOTH_2                                                                               \
    "This is a test using a larger than block-size key and a larger than block-size "              \
    "data. The key needs to be hashed before being used by the HMAC algorithm."
#define MD5    SMTPLITE_HASH_MD5
#define SHA1   SMTPLITE_HASH_SHA1
#define SHA256 SMTPLITE_HASH_SHA256

static const struct vector {
    enum smtplite_hash hash;
    struct octets key, data;
    const char *mac;
} vectors[] = {
    {MD5, TIMES(0x0B, 16), TEXT("Hi There"), "9294727a3638bb1c13f48ef8158bfc9d"},
    {MD5, TEXT("Jefe"), TEXT("what do ya want for nothing?"), "750c783e6ab0b503eaa86e310a5db738"},
    {MD5, TIMES(0xAA, 16), TIMES(0xDD, 50), "56be34521d144c88dbb8c733f0e8b3f6"},
    {MD5, TIMES(0, COUNTING), TIMES(0xCD, 50), "697eaf0aca3a3aea3a75164746ffaa79"},
    {MD5, TIMES(0x0C, 16), TEXT("Test With Truncation"), "56461ef2342edc00f9bab995690efd4c"},
    {MD5, TIMES(0xAA, 80), TEXT(LARGE_KEY), "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"},
    {MD5, TIMES(0xAA, 80), TEXT(LARGE_BOTH), "6f630fad67cda0ee1fb1f562db3aa53e"},
    {SHA1, TIMES(0x0B, 20), TEXT("Hi There"), "b617318655057264e28bc0b6fb378c8ef146be00"},
    {SHA1, TEXT("Jefe"), TEXT("what do ya want for nothing?"),
     "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {SHA1, TIMES(0xAA, 20), TIMES(0xDD, 50), "125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
    {SHA1, TIMES(0, COUNTING), TIMES(0xCD, 50), "4c9007f4026250c6bc8414f9bf50c86c2d7235da"},
    {SHA1, TIMES(0x0C, 20), TEXT("Test With Truncation"),
     "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"},
    {SHA1, TIMES(0xAA, 80), TEXT(LARGE_KEY), "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
    {SHA1, TIMES(0xAA, 80), TEXT(LARGE_BOTH), "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"},
    {SHA256, TIMES(0x0B, 20), TEXT("Hi There"),
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {SHA256, TEXT("Jefe"), TEXT("what do ya want for nothing?"),
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {SHA256, TIMES(0xAA, 20), TIMES(0xDD, 50),
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {SHA256, TIMES(0, COUNTING), TIMES(0xCD, 50),
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {SHA256, TIMES(0xAA, 131), TEXT(LARGE_KEY),
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {SHA256, TIMES(0xAA, 131), TEXT(LARGE_BOTH_2),
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

/* With a key, again with the kept one, and in place; then key, data and result in one memory. */
static void check_vector(const struct smtplite_crypto *crypto, const struct vector *v) {
    uint8_t key[256], data[256], mac[SMTPLITE_DIGEST_MAX], expected[SMTPLITE_DIGEST_MAX];
    size_t key_len = put(&v->key, key), n = put(&v->data, data);
    size_t len = from_hex(v->mac, expected);
    CHECK(len == smtplite_digest_len(v->hash));
    CHECK(crypto->hmac(crypto->context, v->hash, key, key_len, data, n, mac) &&
          memcmp(mac, expected, len) == 0);
    CHECK(crypto->hmac(crypto->context, v->hash, NULL, 0, data, n, data) &&
          memcmp(data, expected, len) == 0);
}

static void check_in_place(const struct smtplite_crypto *crypto, enum smtplite_hash hash) {
    uint8_t apart[SMTPLITE_DIGEST_MAX], same[SMTPLITE_DIGEST_MAX] = "a key that is data and result";
    size_t len = smtplite_digest_len(hash);
    CHECK(crypto->hmac(crypto->context, hash, same, len, same, len, apart));
    CHECK(crypto->hmac(crypto->context, hash, same, len, same, len, same));
    CHECK(memcmp(apart, same, len) == 0);
    CHECK(crypto->hash(crypto->context, hash, same, len, apart));
    CHECK(crypto->hash(crypto->context, hash, same, len, same));
    CHECK(memcmp(apart, same, len) == 0);
}

static void check_hashes(const struct smtplite_crypto *crypto) {
    static const char *const abc[] = {
        "900150983cd24fb0d6963f7d28e17f72", "a9993e364706816aba3e25717850c26c9cd0d89d",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"};
    for (unsigned hash = 0; hash < 3; hash++) {
        uint8_t digest[SMTPLITE_DIGEST_MAX], expected[SMTPLITE_DIGEST_MAX];
        size_t len = from_hex(abc[hash], expected);
        CHECK(crypto->hash(crypto->context, (enum smtplite_hash)hash, "abc", 3, digest) &&
              memcmp(digest, expected, len) == 0);
        check_in_place(crypto, (enum smtplite_hash)hash);
    }
}

/* Before any key, and behind forget, there is none to be used again; then all works as before. */
static void check_forget(const struct smtplite_crypto *crypto) {
    uint8_t mac[SMTPLITE_DIGEST_MAX];
    crypto->forget(crypto->context);
    CHECK(!crypto->hmac(crypto->context, SHA256, NULL, 0, "x", 1, mac));
    check_vector(crypto, &vectors[14]);
    crypto->forget(crypto->context);
    crypto->forget(crypto->context);
    CHECK(!crypto->hmac(crypto->context, SHA256, NULL, 0, "x", 1, mac));
}

static void check_random(const struct smtplite_crypto *crypto) {
    uint8_t a[18] = {0}, b[18] = {0};
    CHECK(crypto->random(crypto->context, a, sizeof a));
    CHECK(crypto->random(crypto->context, b, sizeof b));
    CHECK(memcmp(a, b, sizeof a) != 0);
}

/* ---- Whole exchanges --------------------------------------------------------------------- */

static bool give_rfc5802_nonce(void *context, void *p, size_t n) {
    uint8_t *to = p;
    uint32_t bits = 0;
    (void)context;
    if (n * 4 != (sizeof rfc5802_nonce - 1) * 3)
        return false;
    for (size_t i = 0; i < sizeof rfc5802_nonce - 1; i++) {
        bits = bits << 6 | (uint32_t)smtplite_base64_value(rfc5802_nonce[i]);
        if (i % 4 != 0)
            *to++ = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    return true;
}

static void check_rfc5802(const struct smtplite_crypto *provider) {
    static const char server_first[] =
        "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096";
    struct smtplite_crypto crypto = *provider;
    struct exchange x;
    crypto.random = give_rfc5802_nonce;
    exchange_begin(&x, &smtplite_sasl_scram_sha_1, &crypto);
    CHECK(exchange_open(&x) == SMTPLITE_ANSWER_SEND);
    CHECK(exchange_said(&x, "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"));
    CHECK(exchange_hear_text(&x, server_first) == SMTPLITE_ANSWER_SEND);
    CHECK(x.works == 4096 / SMTPLITE_WORK_STEP - 1); /* the first part is answer's */
    CHECK(exchange_said(&x, "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
                            "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="));
    CHECK(!x.login->proven);
    CHECK(exchange_hear_text(&x, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=") == SMTPLITE_ANSWER_SEND);
    CHECK(x.login->proven && x.said_len == 0);
    exchange_end(&x);
}

static void check_rfc7677(const struct smtplite_crypto *crypto) {
    static const char server_first[] = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                                       "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    struct exchange x;
    exchange_begin(&x, &smtplite_sasl_scram_sha_256, crypto);
    exchange_pretend(&x, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO", 3, 20);
    CHECK(exchange_hear_text(&x, server_first) == SMTPLITE_ANSWER_SEND);
    CHECK(exchange_said(&x, "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                            "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));
    CHECK(exchange_hear_text(&x, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=") ==
          SMTPLITE_ANSWER_SEND);
    CHECK(x.login->proven);
    exchange_end(&x);
}

static void check_rfc2195(const struct smtplite_crypto *crypto) {
    struct exchange x;
    exchange_begin(&x, &smtplite_sasl_cram_md5, crypto);
    x.config.user = "tim";
    x.config.password = "tanstaaftanstaaf";
    CHECK(exchange_hear_text(&x, "<1896.697170952@postoffice.reston.mci.net>") ==
          SMTPLITE_ANSWER_SEND);
    CHECK(exchange_said(&x, "tim b913a602c7eda7a495b4e6e7334d3890"));
    exchange_end(&x);
}

/* A fresh nonce for each exchange, of the length and alphabet that is said. */
static void check_nonces(const struct smtplite_crypto *crypto) {
    char last[64] = "";
    for (unsigned i = 0; i < 8; i++) {
        struct exchange x;
        exchange_begin(&x, &smtplite_sasl_scram_sha_256, crypto);
        EXPECT(exchange_open(&x) == SMTPLITE_ANSWER_SEND && x.said_len == 36);
        EXPECT(strcmp(x.said, last) != 0);
        snprintf(last, sizeof last, "%.40s", x.said);
        exchange_end(&x);
    }
    CHECK(strspn(last + 12, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") ==
          24);
}

/* An empty password keys HMAC as well. */
static void check_empty_key(const struct smtplite_crypto *crypto) {
    uint8_t mac[SMTPLITE_DIGEST_MAX], expected[SMTPLITE_DIGEST_MAX];
    from_hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad", expected);
    CHECK(crypto->hmac(crypto->context, SHA256, "", 0, "", 0, mac) &&
          memcmp(mac, expected, sizeof mac) == 0);
}

static void check_provider(const struct smtplite_crypto *crypto) {
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        check_vector(crypto, &vectors[i]);
    check_hashes(crypto);
    check_forget(crypto);
    check_empty_key(crypto);
    check_random(crypto);
    check_rfc5802(crypto);
    check_rfc7677(crypto);
    check_rfc2195(crypto);
    check_nonces(crypto);
    crypto->forget(crypto->context);
}

/* ---- The providers against each other ---------------------------------------------------- */

static void compare(const struct smtplite_crypto *a, const struct smtplite_crypto *b) {
    uint8_t data[300], mac[2][SMTPLITE_DIGEST_MAX];
    bool same = true;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + 3);
    for (unsigned hash = 0; hash < 3; hash++)
        for (size_t n = 0; n < sizeof data; n++) {
            size_t key_len = (n * 31) % 200;
            enum smtplite_hash h = (enum smtplite_hash)hash;
            same &= a->hmac(a->context, h, data, key_len, data, n, mac[0]);
            same &= b->hmac(b->context, h, data, key_len, data, n, mac[1]);
            same &= memcmp(mac[0], mac[1], smtplite_digest_len(h)) == 0;
            same &= a->hmac(a->context, h, NULL, 0, mac[0], 9, mac[0]);
            same &= b->hmac(b->context, h, NULL, 0, mac[1], 9, mac[1]);
            same &= memcmp(mac[0], mac[1], smtplite_digest_len(h)) == 0;
            EXPECT(same);
        }
    CHECK(same);
}

static int fail_random(void *context, unsigned char *p, size_t n) {
    (void)context, (void)p, (void)n;
    return -1;
}

static void check_no_random(smtplite_mbedtls_rng *rng) {
    struct smtplite_mbedtls_crypto m;
    struct exchange x;
    smtplite_mbedtls_crypto_init(&m, rng, NULL);
    exchange_begin(&x, &smtplite_sasl_scram_sha_256, &m.crypto);
    CHECK(exchange_open(&x) == SMTPLITE_ANSWER_FAIL);
    CHECK(x.login->error == SMTPLITE_E_AUTH_CRYPTO);
    exchange_end(&x);
}

int main(void) {
    struct smtplite_openssl_crypto o;
    struct smtplite_mbedtls_crypto m;
    struct smtplite_mbedtls_random random;
    smtplite_openssl_crypto_init(&o);
    CHECK(smtplite_mbedtls_random_init(&random));
    smtplite_mbedtls_crypto_init(&m, smtplite_mbedtls_random_fill, &random);
    check_provider(&o.crypto);
    check_provider(&m.crypto);
    compare(&o.crypto, &m.crypto);
    o.crypto.forget(&o);
    m.crypto.forget(&m);
    check_no_random(NULL);
    check_no_random(fail_random);
    smtplite_mbedtls_random_free(&random);
    return check_summary("sasl_vectors");
}
