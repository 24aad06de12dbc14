/* SPDX-License-Identifier: MIT */
/*
 * SCRAM (RFC 5802; with SHA-256: RFC 7677): neither side tells the other the password, and each
 * shows that it knows it. With -PLUS both are also bound to the TLS channel, so that nobody sits in
 * between.
 *
 * login->work is one line, and only ever grows:
 *
 *     n,,n=user,r=ours,r=ours+theirs,s=salt,i=4096,c=biws,r=ours+theirs,p=proof
 *     |  |            |                            |                   |
 *     |  bare         step 1 begins (a comma)      out                 put by work()
 *     GS2 header; both make client-first
 *
 * From `bare` to `,p=` it is the AuthMessage that both sides sign, without a copy. The salted
 * password grows in login->salted, in small parts (work()), with the present U of PBKDF2 in
 * login->digest. The server's signature stays in login->digest until step 2 compares it.
 */

#include "sasl/sasl.h"

#include <string.h>

#include "engine/text.h"

#define NONCE_OCTETS 18u
/* `v=` and a signature in base64: what the server has to say in its last challenge. `,p=` and our
 * proof, which stand before it, take one octet more. */
#define FINAL_MAX (2u + (SMTPLITE_DIGEST_MAX + 2u) / 3u * 4u)

#define PLUS (SMTPLITE_AUTH_SCRAM_SHA_1_PLUS | SMTPLITE_AUTH_SCRAM_SHA_256_PLUS)

static void wipe(struct smtplite_login *login) {
    smtplite_wipe_octets(login->salted, sizeof login->salted);
    smtplite_wipe_octets(login->digest, sizeof login->digest);
}

static enum smtplite_answer fail(struct smtplite_login *login, enum smtplite_error error) {
    wipe(login);
    login->iterations = 0;
    login->error = (uint8_t)error;
    return SMTPLITE_ANSWER_FAIL;
}

static enum smtplite_answer cancel(struct smtplite_login *login, enum smtplite_error error) {
    fail(login, error);
    return SMTPLITE_ANSWER_CANCEL;
}

static bool hmac(const struct smtplite_sasl *m, const struct smtplite_login *login, const void *key,
                 size_t key_len, const void *p, size_t n, uint8_t *mac) {
    const struct smtplite_crypto *crypto = login->crypto;
    return crypto->hmac(crypto->context, (enum smtplite_hash)m->hash, key, key_len, p, n, mac);
}

static void xor_octets(uint8_t *to, const uint8_t *p, size_t n) {
    while (n-- > 0)
        *to++ ^= *p++;
}

/* ---- Step 0: client-first ---------------------------------------------------------------- */

/* The -PLUS that the caller allows. */
static unsigned allowed_plus(const struct smtplite_config *config) {
    const struct smtplite_sasl *const *m = config->login->table;
    unsigned set = 0;
    for (; *m != NULL; m++)
        set |= (*m)->bit & PLUS & config->mechanisms;
    return set;
}

/* Is this mechanism's own missing in the offer, or, with any of them allowed, are all? */
static bool is_plus_missing(const struct smtplite_sasl *m, unsigned allowed, unsigned offered) {
    unsigned own = m->hash == SMTPLITE_HASH_SHA256 ? SMTPLITE_AUTH_SCRAM_SHA_256_PLUS
                                                   : SMTPLITE_AUTH_SCRAM_SHA_1_PLUS;
    return (allowed & own & ~offered) != 0 || (allowed != 0 && (offered & PLUS) == 0);
}

/* RFC 5802 6: `y` tells a server that offers -PLUS that somebody has taken it out of its offer. */
static bool put_binding_flag(const struct smtplite_sasl *m, const struct smtplite_config *config,
                             uint16_t offered) {
    struct smtplite_login *login = config->login;
    if (m->needs & SMTPLITE_NEEDS_BINDING)
        return smtplite_work_text(login, "p=") && smtplite_work_text(login, login->binding_name);
    bool missing = is_plus_missing(m, allowed_plus(config), offered);
    return smtplite_work_text(login, login->binding_name != NULL && missing ? "y" : "n");
}

static bool put_authzid(struct smtplite_login *login) {
    if (login->authzid == NULL || *login->authzid == '\0')
        return true;
    return smtplite_work_text(login, "a=") && smtplite_work_saslname(login, login->authzid);
}

static bool put_header(const struct smtplite_sasl *m, const struct smtplite_config *config,
                       uint16_t offered) {
    struct smtplite_login *login = config->login;
    if (!put_binding_flag(m, config, offered) || !smtplite_work_text(login, ",") ||
        !put_authzid(login) || !smtplite_work_text(login, ","))
        return false;
    login->bare = login->len;
    return true;
}

static bool put_bare(struct smtplite_login *login, const char *user, const uint8_t *nonce) {
    if (!smtplite_work_text(login, "n=") || !smtplite_work_saslname(login, user) ||
        !smtplite_work_text(login, ",r="))
        return false;
    uint16_t begin = login->len;
    if (!smtplite_work_base64(login, nonce, NONCE_OCTETS))
        return false;
    login->nonce_len = (uint8_t)(login->len - begin);
    return true;
}

static enum smtplite_answer say_first(const struct smtplite_sasl *m,
                                      const struct smtplite_config *config, uint16_t offered) {
    struct smtplite_login *login = config->login;
    uint8_t nonce[NONCE_OCTETS];
    login->len = 0;
    login->out = 0;
    login->proven = false;
    if (!login->crypto->random(login->crypto->context, nonce, sizeof nonce))
        return fail(login, SMTPLITE_E_AUTH_CRYPTO);
    if (!put_header(m, config, offered) || !put_bare(login, config->user, nonce))
        return fail(login, SMTPLITE_E_TOO_LONG);
    return SMTPLITE_ANSWER_SEND;
}

/* ---- Step 1: server-first is read (RFC 5802 7) ------------------------------------------- */

struct span {
    const char *p;
    size_t n;
};

struct server_first {
    struct span nonce; /* ours and theirs */
    struct span salt;  /* in base64 */
    uint32_t iterations;
};

static bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Takes `x=value` from the front of a text, and gives x; 0: there is none. A comma behind it is
 * left. */
static char take_attribute(struct span *text, struct span *value) {
    if (text->n < 3 || !is_letter(text->p[0]) || text->p[1] != '=')
        return 0;
    char name = text->p[0];
    value->p = text->p + 2;
    for (value->n = 0; value->n < text->n - 2; value->n++) {
        if (value->p[value->n] == '\0')
            return 0;
        if (value->p[value->n] == ',')
            break;
    }
    text->p += 2 + value->n;
    text->n -= 2 + value->n;
    return value->n > 0 ? name : '\0';
}

static bool take_comma(struct span *text) {
    if (text->n == 0 || *text->p != ',')
        return false;
    text->p++;
    text->n--;
    return true;
}

/* What may stand behind: extensions that need not be understood; `m=` says that one must be. */
static bool are_extensions(struct span text) {
    struct span value;
    while (text.n > 0) {
        if (!take_comma(&text))
            return false;
        char name = take_attribute(&text, &value);
        if (name == 0 || name == 'm')
            return false;
    }
    return true;
}

/* It begins with ours, which is fresh, so that nothing of an older exchange can be played again. */
static bool is_nonce(struct span nonce, const char *ours, size_t ours_len) {
    if (nonce.n <= ours_len || memcmp(nonce.p, ours, ours_len) != 0)
        return false;
    for (size_t i = 0; i < nonce.n; i++)
        if (nonce.p[i] < 0x21 || nonce.p[i] > 0x7E)
            return false;
    return true;
}

static bool read_iterations(struct smtplite_login *login, struct span digits,
                            uint32_t *iterations) {
    uint32_t min = smtplite_iterations_min(login);
    uint32_t max = smtplite_iterations_max(login);
    uint64_t value = 0;
    if (digits.p[0] == '0')
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return false;
        if (value <= max)
            value = value * 10 + (uint64_t)(digits.p[i] - '0');
    }
    if (value < min || value > max) {
        login->error = SMTPLITE_E_AUTH_ITERATIONS;
        return false;
    }
    *iterations = (uint32_t)value;
    return true;
}

/* text: the challenge, with a comma before it. Our nonce ends where it begins. */
static bool read_server_first(struct smtplite_login *login, struct span text,
                              struct server_first *first) {
    const char *ours = text.p - login->nonce_len;
    struct span digits;
    return take_comma(&text) && take_attribute(&text, &first->nonce) == 'r' && take_comma(&text) &&
           take_attribute(&text, &first->salt) == 's' && take_comma(&text) &&
           take_attribute(&text, &digits) == 'i' && are_extensions(text) &&
           is_nonce(first->nonce, ours, login->nonce_len) &&
           read_iterations(login, digits, &first->iterations);
}

/* Takes the challenge in, and puts the comma before it. */
static bool take_challenge(struct smtplite_login *login, struct span *text) {
    char *begin = login->work + login->len;
    if (login->in >= smtplite_work_room(login))
        return false;
    memmove(begin + 1, begin, login->in);
    *begin = ',';
    text->p = begin;
    text->n = 1u + login->in;
    login->len = (uint16_t)(login->len + text->n);
    return true;
}

/* ---- Step 1: client-final, without its proof --------------------------------------------- */

/* c=: GS2 header and channel binding. They are brought together at the end of work and encoded from
 * there. */
static bool put_channel(const struct smtplite_sasl *m, struct smtplite_login *login) {
    size_t n = m->needs & SMTPLITE_NEEDS_BINDING ? login->binding_len : 0;
    size_t room = smtplite_work_room(login);
    char *end = login->work + SMTPLITE_LOGIN_WORK;
    if (login->bare > room || n > room - login->bare)
        return false;
    if (n > 0)
        memcpy(end - n, login->binding, n);
    memcpy(end - n - login->bare, login->work, login->bare);
    return smtplite_work_base64(login, end - n - login->bare, n + login->bare);
}

static bool put_final(const struct smtplite_sasl *m, struct smtplite_login *login,
                      struct span nonce) {
    if (!smtplite_work_text(login, ","))
        return false;
    login->out = login->len;
    return smtplite_work_text(login, "c=") && put_channel(m, login) &&
           smtplite_work_text(login, ",r=") && smtplite_work_put(login, nonce.p, nonce.n) &&
           smtplite_work_room(login) >= 1 + FINAL_MAX + FINAL_MAX;
}

/* ---- Step 1: the salted password, and what is made from it (RFC 5802 3) ------------------ */

/* Decodes strictly but for the spare bits of the last octet (RFC 4648 4, 3.5); gives the count of
 * octets, 0: it is no base64. `to` has room for three octets for each four characters. */
static size_t decode(struct span text, char *to) {
    size_t pad = 0;
    uint32_t bits = 0;
    if (text.n % 4 != 0)
        return 0;
    while (pad < 2 && text.p[text.n - 1 - pad] == '=')
        pad++;
    for (size_t i = 0; i < text.n - pad; i++) {
        int value = smtplite_base64_value(text.p[i]);
        if (value < 0)
            return 0;
        bits = bits << 6 | (uint32_t)value;
        if (i % 4 != 0)
            *to++ = (char)(bits >> (6 - 2 * (i % 4)) & 0xFF);
    }
    return text.n / 4 * 3 - pad;
}

/* U1 of PBKDF2 (RFC 8018 5.2): the password keys it, and the provider keeps that for all that
 * follow. The salt is decoded behind the line. */
static enum smtplite_answer begin_salted(const struct smtplite_sasl *m,
                                         const struct smtplite_config *config, struct span text) {
    static const char block[] = {0, 0, 0, 1};
    struct smtplite_login *login = config->login;
    char *salt = login->work + login->len;
    if (text.n / 4 * 3 + sizeof block > smtplite_work_room(login))
        return cancel(login, SMTPLITE_E_OK);
    size_t n = decode(text, salt);
    if (n == 0)
        return cancel(login, SMTPLITE_E_OK);
    memcpy(salt + n, block, sizeof block);
    if (!hmac(m, login, config->password, smtplite_text_length(config->password), salt,
              n + sizeof block, login->digest))
        return fail(login, SMTPLITE_E_AUTH_CRYPTO);
    memcpy(login->salted, login->digest, sizeof login->salted);
    return SMTPLITE_ANSWER_WORK;
}

/* proof: of the client. Leaves the server's signature in login->digest. */
static bool sign(const struct smtplite_sasl *m, struct smtplite_login *login, uint8_t *proof) {
    static const char client[] = "Client Key", server[] = "Server Key";
    const struct smtplite_crypto *crypto = login->crypto;
    const char *message = login->work + login->bare;
    size_t message_len = (size_t)(login->len - login->bare);
    size_t n = smtplite_digest_len((enum smtplite_hash)m->hash);
    if (!hmac(m, login, login->salted, n, client, sizeof client - 1, proof) ||
        !crypto->hash(crypto->context, (enum smtplite_hash)m->hash, proof, n, login->digest) ||
        !hmac(m, login, login->digest, n, message, message_len, login->digest))
        return false;
    xor_octets(proof, login->digest, n);
    return hmac(m, login, login->salted, n, server, sizeof server - 1, login->digest) &&
           hmac(m, login, login->digest, n, message, message_len, login->digest);
}

static enum smtplite_answer say_proof(const struct smtplite_sasl *m, struct smtplite_login *login) {
    uint8_t proof[SMTPLITE_DIGEST_MAX];
    bool good =
        sign(m, login, proof) && smtplite_work_text(login, ",p=") &&
        smtplite_work_base64(login, proof, smtplite_digest_len((enum smtplite_hash)m->hash));
    smtplite_wipe_octets(proof, sizeof proof);
    smtplite_wipe_octets(login->salted, sizeof login->salted);
    return good ? SMTPLITE_ANSWER_SEND : fail(login, SMTPLITE_E_AUTH_CRYPTO);
}

static enum smtplite_answer work(const struct smtplite_sasl *m,
                                 const struct smtplite_config *config) {
    struct smtplite_login *login = config->login;
    size_t n = smtplite_digest_len((enum smtplite_hash)m->hash);
    for (unsigned i = 0; i < SMTPLITE_WORK_STEP && login->iterations > 0; i++) {
        if (!hmac(m, login, NULL, 0, login->digest, n, login->digest))
            return fail(login, SMTPLITE_E_AUTH_CRYPTO);
        xor_octets(login->salted, login->digest, n);
        login->iterations--;
    }
    return login->iterations > 0 ? SMTPLITE_ANSWER_WORK : say_proof(m, login);
}

static enum smtplite_answer say_final(const struct smtplite_sasl *m,
                                      const struct smtplite_config *config) {
    struct smtplite_login *login = config->login;
    struct span text;
    struct server_first first;
    if (!take_challenge(login, &text) || !read_server_first(login, text, &first))
        return cancel(login, (enum smtplite_error)login->error);
    if (!put_final(m, login, first.nonce))
        return cancel(login, SMTPLITE_E_OK);
    enum smtplite_answer answer = begin_salted(m, config, first.salt);
    if (answer != SMTPLITE_ANSWER_WORK)
        return answer;
    login->iterations = first.iterations - 1;
    return work(m, config);
}

/* ---- Step 2: server-final ---------------------------------------------------------------- */

/* Without a hint of where they differ, in the time that it takes. */
static bool are_equal(const char *a, const char *b, size_t n) {
    unsigned differ = 0;
    while (n-- > 0)
        differ |= (unsigned char)(*a++ ^ *b++);
    return differ == 0;
}

/* The line has done its part: our idea of the signature takes its place. */
static bool is_signature(const struct smtplite_sasl *m, struct smtplite_login *login,
                         struct span value) {
    login->len = 0;
    login->out = 0;
    smtplite_work_base64(login, login->digest, smtplite_digest_len((enum smtplite_hash)m->hash));
    bool equal = value.n == login->len && are_equal(value.p, login->work, value.n);
    login->len = 0;
    return equal;
}

static enum smtplite_answer check_server(const struct smtplite_sasl *m,
                                         struct smtplite_login *login) {
    struct span text = {login->work + login->len, login->in};
    struct span value;
    char name = take_attribute(&text, &value);
    if (name == 'e') {
        smtplite_work_note(login);
        return cancel(login, SMTPLITE_E_AUTH_REFUSED);
    }
    if (name != 'v' || !are_extensions(text))
        return cancel(login, SMTPLITE_E_OK);
    login->proven = is_signature(m, login, value);
    if (!login->proven)
        return cancel(login, SMTPLITE_E_AUTH_SERVER);
    wipe(login);
    return SMTPLITE_ANSWER_SEND;
}

static enum smtplite_answer answer(const struct smtplite_sasl *m,
                                   const struct smtplite_config *config, uint16_t offered,
                                   unsigned step) {
    if (step == 0)
        return say_first(m, config, offered);
    return step == 1 ? say_final(m, config) : check_server(m, config->login);
}

/* ---- The four ---------------------------------------------------------------------------- */

#define SCRAM(hash_name, hash_id, mechanism, more)                                                 \
    {                                                                                              \
        .name = (hash_name), .bit = (mechanism),                                                   \
        .needs = SMTPLITE_NEEDS_USER | SMTPLITE_NEEDS_PASSWORD | SMTPLITE_NEEDS_CRYPTO | (more),   \
        .steps = 3, .client_first = true, .proof = true, .hash = (hash_id),                        \
        .response = {"w", "w", "w"}, .answer = answer, .work = work,                               \
    }

const struct smtplite_sasl smtplite_sasl_scram_sha_256_plus =
    SCRAM("SCRAM-SHA-256-PLUS", SMTPLITE_HASH_SHA256, SMTPLITE_AUTH_SCRAM_SHA_256_PLUS,
          SMTPLITE_NEEDS_BINDING);
const struct smtplite_sasl smtplite_sasl_scram_sha_1_plus = SCRAM(
    "SCRAM-SHA-1-PLUS", SMTPLITE_HASH_SHA1, SMTPLITE_AUTH_SCRAM_SHA_1_PLUS, SMTPLITE_NEEDS_BINDING);
const struct smtplite_sasl smtplite_sasl_scram_sha_256 =
    SCRAM("SCRAM-SHA-256", SMTPLITE_HASH_SHA256, SMTPLITE_AUTH_SCRAM_SHA_256, 0);
const struct smtplite_sasl smtplite_sasl_scram_sha_1 =
    SCRAM("SCRAM-SHA-1", SMTPLITE_HASH_SHA1, SMTPLITE_AUTH_SCRAM_SHA_1, 0);
