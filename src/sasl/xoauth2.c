/* SPDX-License-Identifier: MIT */
/* XOAUTH2, as Google and Microsoft document it: user and OAuth 2 token in one response. A server
 * that refuses it says why in a challenge (JSON), and wants an empty response before it fails. */

#include "sasl/sasl.h"

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
    if (!smtplite_work_text(login, "user=") || !smtplite_work_text(login, config->user) ||
        !smtplite_work_text(login, "\1auth=Bearer ")) {
        login->error = SMTPLITE_E_TOO_LONG;
        return SMTPLITE_ANSWER_FAIL;
    }
    return SMTPLITE_ANSWER_SEND;
}

const struct smtplite_sasl smtplite_sasl_xoauth2 = {
    .name = "XOAUTH2",
    .bit = SMTPLITE_AUTH_XOAUTH2,
    .needs = SMTPLITE_NEEDS_USER | SMTPLITE_NEEDS_TOKEN | SMTPLITE_NEEDS_SECRECY,
    .steps = 2,
    .client_first = true,
    .response = {"wt11", ""},
    .answer = answer,
};
