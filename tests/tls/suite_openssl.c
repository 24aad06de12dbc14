/* SPDX-License-Identifier: MIT */
#include "smtplite/openssl.h"
#include "suite_port.h"

static struct smtplite_openssl tls;

static enum smtplite_tls_fault init(const struct smtplite_tls_options *options) {
    enum smtplite_error error = smtplite_openssl_init(&tls, options);
    enum smtplite_tls_fault fault = (enum smtplite_tls_fault)tls.wrap.fault;
    return error != SMTPLITE_E_OK && fault == SMTPLITE_TLS_FAULT_NONE ? SMTPLITE_TLS_FAULT_COUNT
                                                                      : fault;
}

static struct smtplite_tls_wrap *wrap(const struct smtplite_transport *below) {
    smtplite_openssl_wrap(&tls, below);
    return &tls.wrap;
}

static void close_connection(void) {
    smtplite_openssl_close(&tls);
}

static void free_all(void) {
    smtplite_openssl_free(&tls);
}

static const char *protocol(void) {
    return smtplite_openssl_protocol(&tls);
}

static const char *cipher(void) {
    return smtplite_openssl_cipher(&tls);
}

static bool resumed(void) {
    return smtplite_openssl_resumed(&tls);
}

const struct suite_port suite_openssl = {"openssl", init,     wrap,   close_connection,
                                         free_all,  protocol, cipher, resumed};
