/* SPDX-License-Identifier: MIT */
/*
 * LOGIN (draft-murchison-sasl-login): user name, then password, one response each. The order
 * decides what is asked for, whatever the prompt says: servers say `Username:`, `User Name` and
 * a NUL, or nothing.
 */

#include "sasl/sasl.h"
#include "smtplite/engine.h"

const struct smtplite_sasl smtplite_sasl_login = {
    .name = "LOGIN",
    .bit = SMTPLITE_AUTH_LOGIN,
    .steps = 2,
    .client_first = false,
    .bare_secret = true,
    .response = {"u", "p"},
};
