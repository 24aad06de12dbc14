/* SPDX-License-Identifier: MIT */
/* The one table with all mechanisms, strongest first. Firmware that names a table of its own does
 * not link this file, nor what it does not name. */

#include "sasl/sasl.h"

static const struct smtplite_sasl *const all[] = {
    &smtplite_sasl_scram_sha_256_plus,
    &smtplite_sasl_scram_sha_1_plus,
    &smtplite_sasl_scram_sha_256,
    &smtplite_sasl_scram_sha_1,
    &smtplite_sasl_external,
    &smtplite_sasl_oauthbearer,
    &smtplite_sasl_xoauth2,
    &smtplite_sasl_cram_md5,
    &smtplite_sasl_plain,
    &smtplite_sasl_login,
    NULL,
};

void smtplite_login_init(struct smtplite_login *login, const struct smtplite_crypto *crypto) {
    smtplite_login_init_table(login, crypto, all);
}
