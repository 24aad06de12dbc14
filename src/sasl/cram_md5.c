/* SPDX-License-Identifier: MIT */
/* CRAM-MD5 (RFC 2195): the user's name, and the challenge keyed with the password, in hex. It sends
 * no secret, but who listens can try passwords on what it sends. */

#include "sasl/sasl.h"

#include "engine/text.h"

static bool put_hex(struct smtplite_login *login, const uint8_t *p, size_t n) {
    static const char digits[] = "0123456789abcdef";
    for (; n > 0; n--, p++)
        if (!smtplite_work_put(login, &digits[*p >> 4], 1) ||
            !smtplite_work_put(login, &digits[*p & 15], 1))
            return false;
    return true;
}

static enum smtplite_answer fail(struct smtplite_login *login, enum smtplite_error error) {
    login->error = (uint8_t)error;
    return SMTPLITE_ANSWER_FAIL;
}

static enum smtplite_answer answer(const struct smtplite_sasl *m,
                                   const struct smtplite_config *config, uint16_t offered,
                                   unsigned step) {
    struct smtplite_login *login = config->login;
    size_t n = smtplite_digest_len(SMTPLITE_HASH_MD5);
    (void)m, (void)offered, (void)step;
    if (login->in == 0)
        return SMTPLITE_ANSWER_CANCEL;
    if (!login->crypto->hmac(login->crypto->context, SMTPLITE_HASH_MD5, config->password,
                             smtplite_text_length(config->password), login->work + login->len,
                             login->in, login->digest))
        return fail(login, SMTPLITE_E_AUTH_CRYPTO);
    login->len = 0; /* the challenge has done its part */
    login->out = 0;
    if (!smtplite_work_text(login, config->user) || !smtplite_work_text(login, " ") ||
        !put_hex(login, login->digest, n))
        return fail(login, SMTPLITE_E_TOO_LONG);
    return SMTPLITE_ANSWER_SEND;
}

const struct smtplite_sasl smtplite_sasl_cram_md5 = {
    .name = "CRAM-MD5",
    .bit = SMTPLITE_AUTH_CRAM_MD5,
    .needs = SMTPLITE_NEEDS_USER | SMTPLITE_NEEDS_PASSWORD | SMTPLITE_NEEDS_CRYPTO,
    .steps = 1,
    .response = {"w"},
    .answer = answer,
};
