/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TLS_SUITE_PORT_H
#define TESTS_TLS_SUITE_PORT_H

/* The TLS ports as the suite's client sees them: one object each, used for one connection at a
 * time. */

#include "smtplite/tls.h"

struct suite_port {
    const char *name;
    /* NONE, or what is wrong with the options. */
    enum smtplite_tls_fault (*init)(const struct smtplite_tls_options *options);
    struct smtplite_tls_wrap *(*wrap)(const struct smtplite_transport *below);
    void (*close)(void);
    void (*free)(void);
    /* Until close. */
    const char *(*protocol)(void);
    const char *(*cipher)(void);
    bool (*resumed)(void);
};

extern const struct suite_port suite_openssl;
extern const struct suite_port suite_mbedtls;

#endif
