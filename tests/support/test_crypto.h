/* SPDX-License-Identifier: MIT */
#ifndef TEST_CRYPTO_H
#define TEST_CRYPTO_H

/*
 * A hash provider for tests: as plain as the RFCs say it, so that it runs in every flavour and
 * needs no library; checked against the RFCs' vectors in tests/engine/login_test.c. Its random
 * octets are what the test says, and its n-th call fails if the test wants that.
 */

#include "smtplite/login.h"

struct digest_state {
    uint32_t words[8];
    uint64_t len;
    uint8_t block[64];
};

struct test_crypto {
    struct smtplite_crypto provider; /* its context is this struct */
    const void *random;              /* given out again and again; none: zeroes */
    size_t random_len;
    unsigned long fail_at; /* the number of the call that fails, from 1; 0: none */
    unsigned long calls;
    enum smtplite_hash hash;
    bool keyed;
    struct digest_state inner, outer; /* of the key that is kept */
};

void test_crypto_init(struct test_crypto *crypto, const void *random, size_t random_len);

#endif
