/* SPDX-License-Identifier: MIT */
#ifndef OPENSSL_INNER_H
#define OPENSSL_INNER_H

/* What the files of this port share. */

#include <openssl/ssl.h>

#include "smtplite/openssl.h"
#include "smtplite/tls_port.h"

/* openssl_load.c: gives the context what options has of CAs, certificate and key; or the fault. */
enum smtplite_tls_fault smtplite_openssl_load(SSL_CTX *context,
                                              const struct smtplite_tls_options *options);

/* openssl_verify.c: sets the context up to judge the server's certificate within the handshake:
 * tls->bad says what was wrong, tls->words OpenSSL's words for it. */
enum smtplite_tls_fault smtplite_openssl_verify(struct smtplite_openssl *tls);

/* openssl_faults.c: the fault that OpenSSL's error code is; `otherwise` if it is none in
 * particular. The second is for X509_V_ERR_x. */
enum smtplite_tls_fault smtplite_openssl_fault(unsigned long code,
                                               enum smtplite_tls_fault otherwise);
enum smtplite_tls_fault smtplite_openssl_verify_fault(int error);

#endif
