/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_OPENSSL_CRYPTO_H
#define SMTPLITE_OPENSSL_CRYPTO_H

/* Hashes and random numbers of OpenSSL 3, for the logins of login.h:
 *
 *     struct smtplite_openssl_crypto crypto;
 *     smtplite_openssl_crypto_init(&crypto);
 *     smtplite_login_init(&login, &crypto.crypto);
 */

#include "smtplite/login.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One login's at a time. It must stay where it is. What it keeps during a login is freed by
 * crypto.forget, which the engine calls. */
struct smtplite_openssl_crypto {
    struct smtplite_crypto crypto;
    void *keyed; /* private: EVP_MAC_CTX, with the last key */
};

void smtplite_openssl_crypto_init(struct smtplite_openssl_crypto *c);

#ifdef __cplusplus
}
#endif

#endif
