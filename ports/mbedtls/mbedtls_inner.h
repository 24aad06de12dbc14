/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_MBEDTLS_INNER_H
#define SMTPLITE_MBEDTLS_INNER_H

/* What the files of this port share. */

#include <mbedtls/version.h>

#include "smtplite/mbedtls.h"
#include "smtplite/tls_port.h"

#define IS_MBEDTLS_3 (MBEDTLS_VERSION_NUMBER >= 0x03000000)

/* 3.x renames what it does not want to be touched; 2.28 has no such macro. */
#ifndef MBEDTLS_PRIVATE
#define MBEDTLS_PRIVATE(member) member
#endif

/* Ends the connection with the fault that an error of mbedTLS stands for. Gives FAILED. */
int smtplite_mbedtls_fail(struct smtplite_mbedtls *tls, int error);

/* The fault that an error in reading options stands for; `other` if it is none of memory. */
enum smtplite_tls_fault smtplite_mbedtls_load_fault(int error, enum smtplite_tls_fault other);

/* mbedTLS's callback for each certificate of the chain, from its top down. context: the struct. */
int smtplite_mbedtls_judge(void *context, mbedtls_x509_crt *certificate, int depth,
                           uint32_t *flags);

/* What the chain fails in, after the handshake or where it broke; NONE: nothing. */
enum smtplite_tls_fault smtplite_mbedtls_verdict(const struct smtplite_mbedtls *tls);

/* Sets the wrap's channel binding, once the handshake stands. */
void smtplite_mbedtls_bind(struct smtplite_mbedtls *tls);

/* Reads CAs, certificate and key, and makes mbedTLS's configuration. */
enum smtplite_tls_fault smtplite_mbedtls_load(struct smtplite_mbedtls *tls);

bool smtplite_mbedtls_is_1_3(const struct smtplite_mbedtls *tls);

#endif
