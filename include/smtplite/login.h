/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_LOGIN_H
#define SMTPLITE_LOGIN_H

/*
 * Logins beyond PLAIN and LOGIN (RFC 4954, SASL: RFC 4422): what they need, and the memory that
 * they work in. It is the caller's, so a session of firmware that needs none of it stays small, and
 * a mechanism whose table is not named here is not linked.
 *
 *     struct smtplite_login login;
 *     smtplite_login_init(&login, &crypto);          all mechanisms of this library
 *     config.login = &login;
 *     config.mechanisms = SMTPLITE_AUTH_ANY;         the strongest that server and channel allow
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Mechanisms, as a mask, strongest last here. The rank is the order in a login's table. */
enum smtplite_mechanism {
    SMTPLITE_AUTH_PLAIN = 1 << 0,              /* RFC 4616 */
    SMTPLITE_AUTH_LOGIN = 1 << 1,              /* draft-murchison-sasl-login, as servers speak it */
    SMTPLITE_AUTH_CRAM_MD5 = 1 << 2,           /* RFC 2195 */
    SMTPLITE_AUTH_XOAUTH2 = 1 << 3,            /* as Google and Microsoft document it */
    SMTPLITE_AUTH_OAUTHBEARER = 1 << 4,        /* RFC 7628 */
    SMTPLITE_AUTH_EXTERNAL = 1 << 5,           /* RFC 4422 A: TLS client certificate */
    SMTPLITE_AUTH_SCRAM_SHA_1 = 1 << 6,        /* RFC 5802 */
    SMTPLITE_AUTH_SCRAM_SHA_256 = 1 << 7,      /* RFC 7677 */
    SMTPLITE_AUTH_SCRAM_SHA_1_PLUS = 1 << 8,   /* bound to the TLS channel */
    SMTPLITE_AUTH_SCRAM_SHA_256_PLUS = 1 << 9, /* bound to the TLS channel */
    /* All of them: those are tried for which the caller has given what they need. */
    SMTPLITE_AUTH_ANY = (1 << 10) - 1
};

/* ---- Hashes and random numbers: from a library, never from here ------------------------------ */

enum smtplite_hash { SMTPLITE_HASH_MD5, SMTPLITE_HASH_SHA1, SMTPLITE_HASH_SHA256 };

#define SMTPLITE_DIGEST_MAX 32u

/* Octets of a digest: 16, 20 or 32. */
static inline size_t smtplite_digest_len(enum smtplite_hash hash) {
    return hash == SMTPLITE_HASH_MD5 ? 16u : hash == SMTPLITE_HASH_SHA1 ? 20u : 32u;
}

/* A provider: ports/openssl, ports/mbedtls, ports/netxduo have one each. Its context is one login's
 * at a time. Each call returns false if the library failed or has no such hash; none blocks. */
struct smtplite_crypto {
    void *context;
    /* HMAC (RFC 2104) of n octets, filled into mac. key NULL: the same key and hash as in the call
     * before, which lets the provider keep the keyed state: PBKDF2 makes thousands of such calls.
     * key, p and mac may be the same memory. */
    bool (*hmac)(void *context, enum smtplite_hash hash, const void *key, size_t key_len,
                 const void *p, size_t n, void *mac);
    /* The digest of n octets, filled. p and digest may be the same memory. */
    bool (*hash)(void *context, enum smtplite_hash hash, const void *p, size_t n, void *digest);
    /* Fills n octets that nobody can foresee. */
    bool (*random)(void *context, void *p, size_t n);
    /* Clears and frees what the calls above have kept; they may be called again. The engine calls
     * it when a login is over, however it ends. */
    void (*forget)(void *context);
};

/* ---- One login ------------------------------------------------------------------------------- */

/* Room for what a SCRAM exchange says: user name, nonces, salt, channel binding. */
#define SMTPLITE_LOGIN_WORK 768u

#define SMTPLITE_ITERATIONS_MIN 4096u  /* RFC 5802 5.1, RFC 7677 4 */
#define SMTPLITE_ITERATIONS_MAX 20000u /* some seconds on a small CPU */

/* Iterations that one smtplite_work does, some ms on a small CPU. */
#ifndef SMTPLITE_WORK_STEP
#define SMTPLITE_WORK_STEP 16u
#endif

struct smtplite_sasl;
struct smtplite_exchange;

/* Made by smtplite_login_init. The first group is the caller's to set then and borrowed until the
 * session is over; the rest is private. One session at a time. */
struct smtplite_login {
    const struct smtplite_sasl *const *table; /* strongest first, NULL behind the last; NULL: PLAIN
                                                 and LOGIN */
    const struct smtplite_crypto *crypto;     /* for SCRAM and CRAM-MD5; else NULL */
    const char *authzid; /* whom to act for (PLAIN, SCRAM, EXTERNAL, OAUTHBEARER); NULL: the user.
                            EXTERNAL is tried only if it is given: "" is whom the client's TLS
                            certificate names */
    const char *token;   /* OAuth 2 access token (RFC 6750), for OAUTHBEARER and XOAUTH2 */
    size_t token_len;    /* of it; 0 is none, and refused */
    bool token_by_event; /* there is no `token`: it comes in pieces, by the event TOKEN */
    const char *host;    /* for OAUTHBEARER (RFC 7628 3.1), NULL: not said */
    const char *port;    /* the same */
    uint32_t iterations_min; /* of SCRAM's hash: fewer are refused; 0: SMTPLITE_ITERATIONS_MIN */
    uint32_t iterations_max; /* more are refused; 0: SMTPLITE_ITERATIONS_MAX */

    const struct smtplite_exchange *exchange; /* what of the engine only such logins need */

    const char *binding_name; /* channel binding type (RFC 5056), NULL: the channel has none */
    const uint8_t *binding;
    size_t binding_len;

    uint32_t iterations; /* that are still to do: smtplite_work goes on with them */
    uint16_t len;        /* octets of `work` that are ours */
    uint16_t in;         /* octets of the challenge behind them */
    uint16_t out;        /* where the present response begins in `work`; it ends at `len` */
    uint16_t note;       /* octets of `work` that explain a refusal: from its start */
    uint16_t bare;       /* SCRAM: where the client's first message without GS2 header begins */
    uint8_t nonce_len;   /* SCRAM: of the client's nonce, which ends that message */
    uint8_t raw_count;   /* octets that wait to be encoded until the token's next piece */
    uint8_t error;       /* enum smtplite_error: why the exchange was cancelled; 0: the challenge */
    bool proven;         /* SCRAM: the server has shown that it knows the password */
    bool token_asked;    /* TOKEN was raised and not answered */
    bool token_ended;
    const char *piece; /* of the token: what is left of it */
    size_t piece_len;
    uint32_t bits; /* base64 decoder */
    uint8_t digest[SMTPLITE_DIGEST_MAX];
    uint8_t salted[SMTPLITE_DIGEST_MAX]; /* SCRAM: SaltedPassword, while it grows */
    char work[SMTPLITE_LOGIN_WORK];
};

/* Zeroes it and names all mechanisms of this library. crypto: all of its four calls set, borrowed
 * until the last session that uses it is over; NULL: the mechanisms that need it are left out. */
void smtplite_login_init(struct smtplite_login *login, const struct smtplite_crypto *crypto);

/* The same with a table of one's own, strongest first and NULL behind the last: the others are not
 * linked. table: borrowed like crypto. */
void smtplite_login_init_table(struct smtplite_login *login, const struct smtplite_crypto *crypto,
                               const struct smtplite_sasl *const *table);

/* Mechanisms for a table of one's own. Both -PLUS or none: one that a server offers and the table
 * does not know would be taken for cut out of the offer (RFC 5802 6). */
extern const struct smtplite_sasl smtplite_sasl_scram_sha_256_plus;
extern const struct smtplite_sasl smtplite_sasl_scram_sha_1_plus;
extern const struct smtplite_sasl smtplite_sasl_scram_sha_256;
extern const struct smtplite_sasl smtplite_sasl_scram_sha_1;
extern const struct smtplite_sasl smtplite_sasl_external;
extern const struct smtplite_sasl smtplite_sasl_oauthbearer;
extern const struct smtplite_sasl smtplite_sasl_xoauth2;
extern const struct smtplite_sasl smtplite_sasl_cram_md5;
extern const struct smtplite_sasl smtplite_sasl_plain;
extern const struct smtplite_sasl smtplite_sasl_login;

#ifdef __cplusplus
}
#endif

#endif
