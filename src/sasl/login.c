/* SPDX-License-Identifier: MIT */
/*
 * LOGIN (draft-murchison-sasl-login): user name, then password, one response each. The order
 * decides what is asked for, whatever the prompt says: servers say `Username:`, `User Name` and
 * a NUL, or nothing.
 */

#include "sasl/sasl.h"

const struct smtplite_sasl smtplite_sasl_login = {
    .name = "LOGIN",
    .bit = SMTPLITE_AUTH_LOGIN,
    .needs = SMTPLITE_NEEDS_USER | SMTPLITE_NEEDS_PASSWORD | SMTPLITE_NEEDS_SECRECY,
    .steps = 2,
    .client_first = false,
    .response = {"u", "p"},
};
