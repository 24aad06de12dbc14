/* SPDX-License-Identifier: MIT */
/* PLAIN (RFC 4616): [authzid] NUL authcid NUL passwd, in one response. */

#include "sasl/sasl.h"
#include "smtplite/engine.h"

const struct smtplite_sasl smtplite_sasl_plain = {
    .name = "PLAIN",
    .bit = SMTPLITE_AUTH_PLAIN,
    .steps = 1,
    .client_first = true,
    .bare_secret = true,
    .response = {"0u0p", 0},
};
