/* SPDX-License-Identifier: MIT */

/* A mail over TLS with the strongest login that the server takes, through the NetX Duo SMTP Client
 * with NetX Secure. Build with NX_SECURE_ENABLE; give the server's root CA as DER
 * (`openssl x509 -in ca.pem -outform DER | xxd -i`), a clock, and a random source. */

#include "nx_api.h"
#include "nx_secure_tls_api.h"
#include "nx_smtp_crypto.h"
#include "nxd_smtp_client.h"

extern UCHAR root_ca[]; /* your server's */
extern USHORT root_ca_length;
UINT send_secure_mail(NX_IP *ip, NX_PACKET_POOL *pool, NXD_ADDRESS *server, UINT port,
                      UINT *tls_status);
ULONG clock_seconds(VOID);                      /* since 1970, UTC; 0: not known yet */
UINT board_random(UCHAR *buffer, ULONG length); /* your chip's true random numbers */

extern const NX_SECURE_TLS_CRYPTO nx_crypto_tls_ciphers_ecc;
extern NX_CRYPTO_METHOD crypto_method_hmac_sha256, crypto_method_sha256;

static NX_SMTP_CLIENT client;
static NX_SECURE_X509_CERT trusted;
static ULONG tls_metadata[18000 / sizeof(ULONG)], hash_metadata[400 / sizeof(ULONG)];
static UCHAR tls_buffer[8000]; /* holds the server's certificates */
static NX_SMTP_CRYPTO crypto;
static struct smtplite_login login;

/* Called in each send, before it connects. */
static UINT tls_setup(NX_SMTP_CLIENT *client_ptr, NX_SECURE_TLS_SESSION *session_ptr) {
    UINT status = nx_secure_tls_session_create(session_ptr, &nx_crypto_tls_ciphers_ecc,
                                               tls_metadata, sizeof(tls_metadata));
    NX_PARAMETER_NOT_USED(client_ptr);
    if (status == NX_SUCCESS)
        status =
            nx_secure_tls_session_packet_buffer_set(session_ptr, tls_buffer, sizeof(tls_buffer));
    if (status == NX_SUCCESS)
        status = nx_secure_tls_session_time_function_set(session_ptr, clock_seconds);
    if (status == NX_SUCCESS)
        status = nx_secure_x509_certificate_initialize(&trusted, root_ca, root_ca_length, NX_NULL,
                                                       0, NX_NULL, 0, NX_SECURE_X509_KEY_TYPE_NONE);
    if (status == NX_SUCCESS)
        status = nx_secure_tls_trusted_certificate_add(session_ptr, &trusted);
    return status;
}

static UINT prepare(CHAR *user, CHAR *password) {
    static const NX_CRYPTO_METHOD *const methods[] = {&crypto_method_hmac_sha256,
                                                      &crypto_method_sha256, NX_NULL};
    UINT status = nx_smtp_crypto_initialize(&crypto, methods, hash_metadata, sizeof(hash_metadata),
                                            board_random);
    if (status != NX_SUCCESS)
        return status;
    smtplite_login_init(&login, &crypto.nx_smtp_crypto_provider);
    status = nx_smtp_client_login_set(
        &client, user, password,
        SMTPLITE_AUTH_SCRAM_SHA_256 | SMTPLITE_AUTH_PLAIN | SMTPLITE_AUTH_LOGIN, &login, NX_NULL);
    if (status == NX_SUCCESS)
        status =
            nx_smtp_client_tls_set(&client, NX_SMTP_TLS_REQUIRED, "mail.example.com", tls_setup);
    return status;
}

UINT send_secure_mail(NX_IP *ip, NX_PACKET_POOL *pool, NXD_ADDRESS *server, UINT port,
                      UINT *tls_status) {
    static CHAR body[] = "Pump 7 has stopped.\r\n";
    UINT status =
        nxd_smtp_client_create(&client, ip, pool, "", "", "pump7@example.com", "pump7.example.com",
                               NX_SMTP_CLIENT_AUTH_NONE, server, port);
    if (status != NX_SUCCESS)
        return status;
    status = prepare("pump7@example.com", "a password of more than twenty octets");
    if (status == NX_SUCCESS)
        status = nx_smtp_mail_send(&client, "ops@example.com", NX_SMTP_MAIL_PRIORITY_NORMAL,
                                   "Pump 7", body, sizeof(body) - 1);
    nx_smtp_client_tls_status_get(&client, tls_status);
    nx_smtp_client_delete(&client);
    return status;
}
