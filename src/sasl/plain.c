/* SPDX-License-Identifier: MIT */
/* PLAIN (RFC 4616): [authzid] NUL authcid NUL passwd, in one response. */

#include "sasl/sasl.h"

const struct smtplite_sasl smtplite_sasl_plain = {
    .name = "PLAIN",
    .bit = SMTPLITE_AUTH_PLAIN,
    .needs = SMTPLITE_NEEDS_USER | SMTPLITE_NEEDS_PASSWORD | SMTPLITE_NEEDS_SECRECY,
    .steps = 1,
    .client_first = true,
    .response = {"a0u0p"},
};
