/* SPDX-License-Identifier: MIT */
/* OAUTHBEARER (RFC 7628): GS2 header, key/value pairs, and an OAuth 2 token (RFC 6750) that is
 * encoded from where it lies. A server that refuses it says why in a challenge (JSON, 3.2.2), and
 * wants to hear the octet 1 before it fails. */

#include "sasl/sasl.h"

static bool put_pair(struct smtplite_login *login, const char *key, const char *value) {
    if (value == NULL)
        return true;
    return smtplite_work_text(login, key) && smtplite_work_text(login, value) &&
           smtplite_work_text(login, "\1");
}

static bool put_header(struct smtplite_login *login, const char *name) {
    if (name == NULL)
        return smtplite_work_text(login, "n,,\1");
    return smtplite_work_text(login, "n,a=") && smtplite_work_saslname(login, name) &&
           smtplite_work_text(login, ",\1");
}

static enum smtplite_answer answer(const struct smtplite_sasl *m,
                                   const struct smtplite_config *config, uint16_t offered,
                                   unsigned step) {
    struct smtplite_login *login = config->login;
    (void)m, (void)offered;
    if (step > 0) {
        smtplite_work_note(login);
        return SMTPLITE_ANSWER_SEND;
    }
    login->len = 0;
    login->out = 0;
    if (!put_header(login, login->authzid != NULL ? login->authzid : config->user) ||
        !put_pair(login, "host=", login->host) || !put_pair(login, "port=", login->port) ||
        !smtplite_work_text(login, "auth=Bearer ")) {
        login->error = SMTPLITE_E_TOO_LONG;
        return SMTPLITE_ANSWER_FAIL;
    }
    return SMTPLITE_ANSWER_SEND;
}

const struct smtplite_sasl smtplite_sasl_oauthbearer = {
    .name = "OAUTHBEARER",
    .bit = SMTPLITE_AUTH_OAUTHBEARER,
    .needs = SMTPLITE_NEEDS_TOKEN | SMTPLITE_NEEDS_SECRECY,
    .steps = 2,
    .client_first = true,
    .response = {"wt11", "1"},
    .answer = answer,
};
