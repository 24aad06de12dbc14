/* SPDX-License-Identifier: MIT */
/*
 * Logins: base64 against RFC 4648's vectors and a reference written here, for users and passwords
 * of all lengths (A12); no trace of the password in the memory of a session that has no struct
 * smtplite_login (A15; with one: secrets_test.c); and the tests' hash provider against its RFCs.
 */

#include "../support/test_crypto.h"
#include "check.h"

#include <stdio.h>
#include <string.h>

enum { LENGTH_MAX = 255 };

static struct talk t;
static char want[TALK_OUT];

static struct smtplite_config make_config(uint16_t mechanism, const char *user,
                                          const char *password) {
    return (struct smtplite_config){.tls = SMTPLITE_TLS_NONE,
                                    .flags = SMTPLITE_ALLOW_CLEAR_LOGIN,
                                    .mechanisms = mechanism,
                                    .user = user,
                                    .password = password};
}

/* ---- the reference: bit by bit ------------------------------------------------------------ */

static size_t encode(char *out, const char *p, size_t n) {
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = 0;
    for (size_t bit = 0; bit < 8 * n; bit += 6) {
        unsigned value = 0;
        for (size_t i = bit; i < bit + 6; i++) {
            unsigned octet = i / 8 < n ? (unsigned char)p[i / 8] : 0;
            value = value * 2 + (octet >> (7 - i % 8) & 1);
        }
        out[len++] = alphabet[value];
    }
    while (len % 4 != 0) {
        out[len++] = '=';
    }
    out[len] = '\0';
    return len;
}

static size_t encode_plain(char *out, const char *user, const char *password) {
    static char raw[2 * 70000];
    size_t u = strlen(user), p = strlen(password);
    raw[0] = '\0';
    memcpy(raw + 1, user, u);
    raw[1 + u] = '\0';
    memcpy(raw + 2 + u, password, p);
    return encode(out, raw, 2 + u + p);
}

/* ---- dialogs ------------------------------------------------------------------------------ */

static void begin_login(const struct smtplite_config *config) {
    CHECK(talk_begin(&t, config) == SMTPLITE_E_OK);
    talk_answer(&t, "220 x\r\n");
    talk_forget(&t);
    talk_answer(&t, "250-x\r\n250 AUTH PLAIN LOGIN\r\n");
}

static bool said_secret(const char *before, const char *secret, const char *after) {
    static char masked[TALK_OUT];
    size_t n = strlen(secret);
    int len = snprintf(want, sizeof want, "%s%s%s", before, secret, after);
    snprintf(masked, sizeof masked, "%s%s%s", before, secret, after);
    memset(masked + strlen(before), '*', n);
    return talk_said_bytes(&t, want, (size_t)len) && memcmp(t.masked, masked, (size_t)len) == 0;
}

/* PLAIN: on the command if that is then no longer than 512 octets, else behind 334. */
static void check_plain(const char *user, const char *password) {
    static char secret[200000];
    struct smtplite_config config = make_config(SMTPLITE_AUTH_PLAIN, user, password);
    size_t n = encode_plain(secret, user, password);
    begin_login(&config);
    if (n + strlen("AUTH PLAIN \r\n") <= 512) {
        CHECK(said_secret("AUTH PLAIN ", secret, "\r\n"));
    } else {
        CHECK(talk_said(&t, "AUTH PLAIN\r\n"));
        talk_forget(&t);
        talk_answer(&t, "334\r\n");
        CHECK(said_secret("", secret, "\r\n"));
    }
    talk_answer(&t, "235 ok\r\n");
    CHECK(talk_event(&t) == SMTPLITE_EV_READY);
}

static void check_login(const char *user, const char *password) {
    static char secret[200000];
    struct smtplite_config config = make_config(SMTPLITE_AUTH_LOGIN, user, password);
    begin_login(&config);
    CHECK(talk_said(&t, "AUTH LOGIN\r\n"));
    talk_forget(&t);
    talk_answer(&t, "334 VXNlcm5hbWU6\r\n");
    encode(secret, user, strlen(user));
    CHECK(said_secret("", secret, "\r\n"));
    talk_forget(&t);
    talk_answer(&t, "334 UGFzc3dvcmQ6\r\n");
    encode(secret, password, strlen(password));
    CHECK(said_secret("", secret, "\r\n"));
    talk_answer(&t, "235 ok\r\n");
    CHECK(talk_event(&t) == SMTPLITE_EV_READY);
}

/* RFC 4648 10 */
static void test_vectors(void) {
    static const char *const vectors[][2] = {{"", ""},
                                             {"f", "Zg=="},
                                             {"fo", "Zm8="},
                                             {"foo", "Zm9v"},
                                             {"foob", "Zm9vYg=="},
                                             {"fooba", "Zm9vYmE="},
                                             {"foobar", "Zm9vYmFy"}};
    char encoded[32];
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        encode(encoded, vectors[i][0], strlen(vectors[i][0]));
        CHECK(strcmp(encoded, vectors[i][1]) == 0);
        check_login(vectors[i][0], vectors[i][0]);
        CHECK(strncmp(t.out, vectors[i][1], strlen(vectors[i][1])) == 0);
        check_plain(vectors[i][0], vectors[i][0]);
    }
    /* RFC 4616 4 */
    struct smtplite_config config = make_config(SMTPLITE_AUTH_PLAIN, "tim", "tanstaaftanstaaf");
    begin_login(&config);
    CHECK(said_secret("AUTH PLAIN ", "AHRpbQB0YW5zdGFhZnRhbnN0YWFm", "\r\n"));
}

/* All octets that may be, so that all of the alphabet is met. */
static void fill(char *text, size_t n, unsigned seed) {
    for (size_t i = 0; i < n; i++) {
        unsigned c = (seed + (unsigned)i * 37u) % 223u + 0x20u;
        text[i] = (char)(unsigned char)(c == 0x7F ? 0xFF : c);
    }
    text[n] = '\0';
}

static void test_lengths(void) {
    static char user[LENGTH_MAX + 1], password[LENGTH_MAX + 1];
    for (size_t n = 0; n <= LENGTH_MAX; n++) {
        fill(user, n, (unsigned)n);
        fill(password, LENGTH_MAX - n, (unsigned)n + 7);
        check_plain(user, password);
        check_login(user, password);
        fill(password, n, (unsigned)n + 7);
        check_plain(user, password);
        t.window = 1;
    }
    for (size_t n = 0; n <= 64; n++) {
        fill(user, n, 3);
        fill(password, n % 5, 5);
        check_plain(user, password);
    }
}

static void test_too_long(void) {
    static char huge[65537];
    struct smtplite_config config = make_config(SMTPLITE_AUTH_PLAIN, huge, "p");
    memset(huge, 'x', sizeof huge - 1);
    CHECK(talk_begin(&t, &config) == SMTPLITE_E_TOO_LONG);
    config = make_config(SMTPLITE_AUTH_LOGIN, "u", huge);
    CHECK(talk_begin(&t, &config) == SMTPLITE_E_TOO_LONG);
    huge[4096] = '\0'; /* a token's length */
    check_plain("u", huge);
    check_login("u", huge);
}

/* ---- A15: what stays in memory ------------------------------------------------------------ */

static const char password[] = "Xq7!zR3#vK9$wL5%";

static bool holds(const void *memory, size_t size, const char *p, size_t n) {
    const char *m = memory;
    for (size_t i = 0; i + n <= size; i++) {
        if (memcmp(m + i, p, n) == 0) {
            return true;
        }
    }
    return false;
}

/* Any three octets of the password, and any four characters of it in base64. */
static bool holds_secret(const struct talk *talk) {
    char encoded[64];
    bool found = false;
    for (size_t i = 0; i + 3 <= strlen(password); i++) {
        found |= holds(&talk->s, sizeof talk->s, password + i, 3);
        found |= holds(talk->text, sizeof talk->text, password + i, 3);
    }
    for (int shift = 0; shift < 3; shift++) {
        size_t n = encode(encoded, password + shift, strlen(password) - (size_t)shift);
        for (size_t i = 0; i + 4 <= n; i += 4) {
            found |= holds(&talk->s, sizeof talk->s, encoded + i, 4);
        }
    }
    return found;
}

static void test_memory_of(uint16_t mechanism) {
    struct smtplite_config config = make_config(mechanism, "user", password);
    memset(&t, 0, sizeof t);
    begin_login(&config);
    for (int step = 0; step < 2 && smtplite_wants(&t.s) == SMTPLITE_WANT_IN; step++) {
        CHECK(!holds_secret(&t));
        if (mechanism == SMTPLITE_AUTH_LOGIN) {
            talk_answer(&t, "334\r\n");
        }
    }
    CHECK(!holds_secret(&t));
    talk_answer(&t, "235 welcome\r\n");
    CHECK(talk_event(&t) == SMTPLITE_EV_READY);
    CHECK(!holds_secret(&t));
}

/* Wiped in the middle of a response. */
static void test_wipe(void) {
    struct smtplite_config config = make_config(SMTPLITE_AUTH_PLAIN, "user", password);
    memset(&t, 0, sizeof t);
    talk_begin(&t, &config);
    talk_answer(&t, "220 x\r\n");
    talk_hear(&t, "250-x\r\n250 AUTH PLAIN\r\n");
    for (int i = 0; i < 20; i++) {
        smtplite_out_done(&t.s, 1);
    }
    CHECK(smtplite_out_secret(&t.s));
    CHECK(holds_secret(&t)); /* four characters of it: the search does find something */
    smtplite_wipe(&t.s);
    CHECK(!holds_secret(&t));
}

/* The connection breaks within the response. */
static void test_broken(void) {
    struct smtplite_config config = make_config(SMTPLITE_AUTH_PLAIN, "user", password);
    for (unsigned n = 0; n < 40; n++) {
        memset(&t, 0, sizeof t);
        talk_begin(&t, &config);
        talk_answer(&t, "220 x\r\n");
        talk_hear(&t, "250-x\r\n250 AUTH PLAIN\r\n");
        for (unsigned i = 0; i < n; i++) {
            smtplite_out_done(&t.s, 1);
        }
        smtplite_io_failed(&t.s, SMTPLITE_E_IO);
        CHECK(talk_event(&t) == SMTPLITE_EV_FAILED);
        CHECK(!holds_secret(&t));
    }
}

/* ---- the provider of the dialogs and of secrets_test.c ------------------------------------- */

static bool is_hex(const uint8_t *p, size_t n, const char *hex) {
    char text[2 * SMTPLITE_DIGEST_MAX + 1];
    for (size_t i = 0; i < n; i++) {
        snprintf(text + 2 * i, 3, "%02x", p[i]);
    }
    return strcmp(text, hex) == 0;
}

/* RFC 1321 A.5, RFC 3174 7.3, RFC 6234 8.5; 448 bits: the padding needs a block of its own. */
static void test_hashes(void) {
    static const struct {
        enum smtplite_hash hash;
        const char *text, *digest;
    } vectors[] = {
        {SMTPLITE_HASH_MD5, "", "d41d8cd98f00b204e9800998ecf8427e"},
        {SMTPLITE_HASH_MD5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
        {SMTPLITE_HASH_MD5,
         "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "57edf4a22be3c955ac49da2e2107b67a"},
        {SMTPLITE_HASH_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {SMTPLITE_HASH_SHA1, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
        {SMTPLITE_HASH_SHA256, "abc",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {SMTPLITE_HASH_SHA256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    struct test_crypto c;
    uint8_t digest[SMTPLITE_DIGEST_MAX];
    test_crypto_init(&c, NULL, 0);
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        CHECK(
            c.provider.hash(&c, vectors[i].hash, vectors[i].text, strlen(vectors[i].text), digest));
        CHECK(is_hex(digest, smtplite_digest_len(vectors[i].hash), vectors[i].digest));
    }
}

/* RFC 2202 2 and 3, RFC 4231 4: a short key, and one that is longer than a block. */
static void test_macs(void) {
    static const char text[] = "what do ya want for nothing?";
    static const char longer[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    static const struct {
        enum smtplite_hash hash;
        size_t long_key; /* octets of 0xaa */
        const char *mac, *long_mac;
    } vectors[] = {
        {SMTPLITE_HASH_MD5, 80, "750c783e6ab0b503eaa86e310a5db738",
         "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"},
        {SMTPLITE_HASH_SHA1, 80, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
         "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
        {SMTPLITE_HASH_SHA256, 131,
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    };
    struct test_crypto c;
    uint8_t mac[SMTPLITE_DIGEST_MAX], key[131];
    test_crypto_init(&c, NULL, 0);
    memset(key, 0xAA, sizeof key);
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        enum smtplite_hash hash = vectors[i].hash;
        size_t n = smtplite_digest_len(hash);
        c.provider.hmac(&c, hash, "Jefe", 4, text, strlen(text), mac);
        CHECK(is_hex(mac, n, vectors[i].mac));
        c.provider.hmac(&c, hash, key, vectors[i].long_key, longer, strlen(longer), mac);
        CHECK(is_hex(mac, n, vectors[i].long_mac));
        CHECK(c.provider.hmac(&c, hash, NULL, 0, longer, strlen(longer), mac));
        CHECK(is_hex(mac, n, vectors[i].long_mac));
        c.provider.forget(&c);
        CHECK(!c.provider.hmac(&c, hash, NULL, 0, longer, strlen(longer), mac));
    }
}

int main(void) {
    test_hashes();
    test_macs();
    test_vectors();
    test_lengths();
    test_too_long();
    test_memory_of(SMTPLITE_AUTH_PLAIN);
    test_memory_of(SMTPLITE_AUTH_LOGIN);
    test_wipe();
    test_broken();
    return check_summary("engine-login");
}
