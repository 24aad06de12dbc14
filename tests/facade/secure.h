/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SECURE_H
#define TESTS_SECURE_H

/* What the tests of TLS and logins share: a stage whose client speaks TLS. */

#include "face.h"
#include "secure_server.h"

#define HOST        "mail.example.com"
#define PASSWORD    "a password of more than twenty octets"
#define PASSWORD_64 "YSBwYXNzd29yZCBvZiBtb3JlIHRoYW4gdHdlbnR5IG9jdGV0c"

struct setup {
    const char *ca; /* NULL: none is given */
    bool no_clock;
    bool clock_fails; /* it gives 0 */
    bool no_create;
    UINT status; /* what tls_setup gives */
    ULONG (*callback)(NX_SECURE_TLS_SESSION *, NX_SECURE_X509_CERT *);
};

struct secure {
    struct stage stage;
    struct setup setup;
    unsigned setups; /* calls of tls_setup */
    NX_SECURE_X509_CERT ca[4];
    UCHAR metadata[16384];
    UCHAR packet_buffer[8192];
};

/* The folder with the certificates. */
extern const char *folder;
/* Its file NAME.pem; static, one of four. */
const char *certificate(const char *name);

/* The first of ca.pem as DER, and how many octets. */
USHORT load_ca(UCHAR *der, size_t size);

extern const struct setup good_setup;
extern const struct smtplite_waits quick; /* a second each */

UINT test_tls_setup(NX_SMTP_CLIENT *client_ptr, NX_SECURE_TLS_SESSION *session_ptr);

/* Stage and client, in a mode of NX_SMTP_TLS_; host NULL: HOST. */
void secure_open(struct secure *secure, const struct setup *setup, UINT mode, const char *host);
void secure_close(struct secure *secure);
/* One mail to a server with these manners, which is joined then; free it. */
UINT secure_send(struct secure *secure, struct secure_server *server,
                 const struct manners *manners);
/* What nx_smtp_client_tls_status_get says. */
UINT secure_status(struct secure *secure);

/* No secret and no mail in clear. */
void check_clear(const struct secure_server *server, const char *name);

void test_logins(void);
void test_faults(void);
void test_example(void);

#endif
