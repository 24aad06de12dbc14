/* SPDX-License-Identifier: MIT */
/* MD5 (RFC 1321), SHA-1 (RFC 3174), SHA-256 (RFC 6234) and HMAC (RFC 2104), for tests alone. */

#include "test_crypto.h"

#include <string.h>

enum { BLOCK = 64 };

static uint32_t rotate(uint32_t x, unsigned n) {
    return x << n | x >> (32 - n);
}

static uint32_t read_word(const uint8_t *p, bool big) {
    uint32_t word = 0;
    for (unsigned i = 0; i < 4; i++) {
        word |= (uint32_t)p[i] << (big ? 24 - 8 * i : 8 * i);
    }
    return word;
}

static void write_word(uint8_t *p, uint32_t word, bool big) {
    for (unsigned i = 0; i < 4; i++) {
        p[i] = (uint8_t)(word >> (big ? 24 - 8 * i : 8 * i) & 0xFF);
    }
}

/* ---- one block of each -------------------------------------------------------------------- */

static const uint32_t md5_sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

static void mix_md5(uint32_t *h, const uint8_t *block) {
    static const uint8_t turns[4][4] = {
        {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    static const uint8_t step[4] = {1, 5, 3, 7}, first[4] = {0, 1, 5, 0};
    uint32_t a = h[0], b = h[1], c = h[2], d = h[3];
    for (unsigned i = 0; i < 64; i++) {
        unsigned round = i / 16;
        uint32_t f = round == 0   ? (b & c) | (~b & d)
                     : round == 1 ? (d & b) | (~d & c)
                     : round == 2 ? b ^ c ^ d
                                  : c ^ (b | ~d);
        uint32_t word = read_word(block + (first[round] + step[round] * i) % 16 * 4, false);
        uint32_t next = b + rotate(a + f + word + md5_sines[i], turns[round][i % 4]);
        a = d;
        d = c;
        c = b;
        b = next;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
}

static void mix_sha1(uint32_t *h, const uint8_t *block) {
    static const uint32_t constants[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    uint32_t w[80] = {0}, a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (unsigned i = 0; i < 80; i++) {
        w[i] = i < 16 ? read_word(block + 4 * i, true)
                      : rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        uint32_t f = i < 20              ? (b & c) | (~b & d)
                     : i >= 40 && i < 60 ? (b & c) | (b & d) | (c & d)
                                         : b ^ c ^ d;
        uint32_t next = rotate(a, 5) + f + e + w[i] + constants[i / 20];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
    h[4] += e;
}

static const uint32_t sha256_roots[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turn3(uint32_t x, unsigned i, unsigned j, unsigned k) {
    return rotate(x, 32 - i) ^ rotate(x, 32 - j) ^ rotate(x, 32 - k);
}

static void mix_sha256(uint32_t *h, const uint8_t *block) {
    uint32_t w[64] = {0}, s[8];
    memcpy(s, h, sizeof s);
    for (unsigned i = 0; i < 64; i++) {
        w[i] = i < 16 ? read_word(block + 4 * i, true)
                      : w[i - 16] + w[i - 7] +
                            (rotate(w[i - 15], 25) ^ rotate(w[i - 15], 14) ^ w[i - 15] >> 3) +
                            (rotate(w[i - 2], 15) ^ rotate(w[i - 2], 13) ^ w[i - 2] >> 10);
        uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        uint32_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        uint32_t one = s[7] + turn3(s[4], 6, 11, 25) + choice + sha256_roots[i] + w[i];
        uint32_t two = turn3(s[0], 2, 13, 22) + majority;
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += one;
        s[0] = one + two;
    }
    for (unsigned i = 0; i < 8; i++) {
        h[i] += s[i];
    }
}

/* ---- the digest --------------------------------------------------------------------------- */

static void mix(enum smtplite_hash hash, struct digest_state *s) {
    if (hash == SMTPLITE_HASH_MD5) {
        mix_md5(s->words, s->block);
    } else if (hash == SMTPLITE_HASH_SHA1) {
        mix_sha1(s->words, s->block);
    } else {
        mix_sha256(s->words, s->block);
    }
}

static void begin(enum smtplite_hash hash, struct digest_state *s) {
    static const uint32_t sha256[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    static const uint32_t others[8] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    memset(s, 0, sizeof *s);
    memcpy(s->words, hash == SMTPLITE_HASH_SHA256 ? sha256 : others, sizeof s->words);
}

static void add(enum smtplite_hash hash, struct digest_state *s, const void *p, size_t n) {
    const uint8_t *octets = p;
    for (size_t i = 0; i < n; i++) {
        s->block[s->len++ % BLOCK] = octets[i];
        if (s->len % BLOCK == 0) {
            mix(hash, s);
        }
    }
}

static void end(enum smtplite_hash hash, struct digest_state *s, uint8_t *digest) {
    static const uint8_t padding[BLOCK] = {0x80};
    bool big = hash != SMTPLITE_HASH_MD5;
    uint32_t low = (uint32_t)(s->len * 8 & 0xFFFFFFFF), high = (uint32_t)(s->len * 8 >> 32);
    uint8_t bits[8];
    write_word(bits, big ? high : low, big);
    write_word(bits + 4, big ? low : high, big);
    add(hash, s, padding, 1 + (BLOCK + 55 - (size_t)(s->len % BLOCK)) % BLOCK);
    add(hash, s, bits, sizeof bits);
    for (size_t i = 0; i < smtplite_digest_len(hash) / 4; i++) {
        write_word(digest + 4 * i, s->words[i], big);
    }
}

/* ---- the provider ------------------------------------------------------------------------- */

static bool is_to_fail(struct test_crypto *c) {
    return ++c->calls == c->fail_at;
}

static bool digest(void *context, enum smtplite_hash hash, const void *p, size_t n, void *out) {
    struct digest_state s;
    if (is_to_fail(context)) {
        return false;
    }
    begin(hash, &s);
    add(hash, &s, p, n);
    end(hash, &s, out);
    return true;
}

static void set_key(struct test_crypto *c, enum smtplite_hash hash, const void *key, size_t len) {
    uint8_t block[BLOCK] = {0};
    struct digest_state s;
    if (len > BLOCK) {
        begin(hash, &s);
        add(hash, &s, key, len);
        end(hash, &s, block);
    } else if (len > 0) {
        memcpy(block, key, len);
    }
    for (size_t i = 0; i < BLOCK; i++) {
        block[i] ^= 0x36;
    }
    begin(hash, &c->inner);
    add(hash, &c->inner, block, BLOCK);
    for (size_t i = 0; i < BLOCK; i++) {
        block[i] ^= 0x36 ^ 0x5C;
    }
    begin(hash, &c->outer);
    add(hash, &c->outer, block, BLOCK);
    c->hash = hash;
    c->keyed = true;
}

/* A NULL key with no key before it, or with another hash, breaks the contract: it fails. */
static bool hmac(void *context, enum smtplite_hash hash, const void *key, size_t key_len,
                 const void *p, size_t n, void *mac) {
    struct test_crypto *c = context;
    uint8_t result[SMTPLITE_DIGEST_MAX];
    if (is_to_fail(c)) {
        return false;
    }
    if (key != NULL) {
        set_key(c, hash, key, key_len);
    }
    if (!c->keyed || c->hash != hash) {
        return false;
    }
    struct digest_state inner = c->inner, outer = c->outer;
    add(hash, &inner, p, n);
    end(hash, &inner, result);
    add(hash, &outer, result, smtplite_digest_len(hash));
    end(hash, &outer, mac);
    return true;
}

static bool fill_random(void *context, void *p, size_t n) {
    struct test_crypto *c = context;
    const uint8_t *octets = c->random;
    uint8_t *out = p;
    if (is_to_fail(c)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        out[i] = c->random_len > 0 ? octets[i % c->random_len] : 0;
    }
    return true;
}

static void forget(void *context) {
    struct test_crypto *c = context;
    memset(&c->inner, 0, sizeof c->inner);
    memset(&c->outer, 0, sizeof c->outer);
    c->keyed = false;
}

void test_crypto_init(struct test_crypto *crypto, const void *random, size_t random_len) {
    *crypto = (struct test_crypto){.provider = {crypto, hmac, digest, fill_random, forget},
                                   .random = random,
                                   .random_len = random_len};
}
