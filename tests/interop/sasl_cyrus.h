/* SPDX-License-Identifier: MIT */
#ifndef TESTS_INTEROP_SASL_CYRUS_H
#define TESTS_INTEROP_SASL_CYRUS_H

/* Logins by Cyrus SASL (libsasl2), behind calls and results as GNU SASL has them. */

#include <stddef.h>

/* Once; the user that is known, and SCRAM's iteration count. Borrowed. */
void cyrus_start(const char *user, const char *password, const char *iterations);

/* A login whose channel binding is of this type and data, in base64, borrowed; both may be NULL. */
int cyrus_begin(const char *mechanism, const char *binding_name, const char *binding, void **login);

/* As gsasl_step64. */
int cyrus_step(void *login, const char *response, char **challenge);

void cyrus_end(void *login);

#endif
