/* SPDX-License-Identifier: MIT */
#include "smtplite/mbedtls.h"
#include "suite_port.h"

static struct smtplite_mbedtls tls;

static enum smtplite_tls_fault init(const struct smtplite_tls_options *options) {
    enum smtplite_error error = smtplite_mbedtls_init(&tls, options);
    enum smtplite_tls_fault fault = (enum smtplite_tls_fault)tls.wrap.fault;
    return error != SMTPLITE_E_OK && fault == SMTPLITE_TLS_FAULT_NONE ? SMTPLITE_TLS_FAULT_COUNT
                                                                      : fault;
}

static struct smtplite_tls_wrap *wrap(const struct smtplite_transport *below) {
    smtplite_mbedtls_wrap(&tls, below);
    return &tls.wrap;
}

static void close_connection(void) {
    smtplite_mbedtls_close(&tls);
}

static void free_all(void) {
    smtplite_mbedtls_free(&tls);
}

static const char *protocol(void) {
    return smtplite_mbedtls_protocol(&tls);
}

static const char *cipher(void) {
    return smtplite_mbedtls_cipher(&tls);
}

static bool resumed(void) {
    return smtplite_mbedtls_resumed(&tls);
}

const struct suite_port suite_mbedtls = {"mbedtls", init,     wrap,   close_connection,
                                         free_all,  protocol, cipher, resumed};
