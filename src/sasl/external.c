/* SPDX-License-Identifier: MIT */
/* EXTERNAL (RFC 4422 A): the TLS client certificate says who we are, the response for whom we act,
 * or nothing. The server's offer does not tell whether there is a certificate to log in with: the
 * caller says so by an authzid, be it empty (login.h). */

#include "sasl/sasl.h"

const struct smtplite_sasl smtplite_sasl_external = {
    .name = "EXTERNAL",
    .bit = SMTPLITE_AUTH_EXTERNAL,
    .needs = SMTPLITE_NEEDS_TLS | SMTPLITE_NEEDS_AUTHZID,
    .steps = 1,
    .client_first = true,
    .response = {"a"},
};
