/* SPDX-License-Identifier: MIT */

/* NetX Secure TLS over mbedTLS: the part that a mail client and its application use. Names,
 * values and argument orders are NetX Duo's; the control blocks have those members that code may
 * look at. With NX_SECURE_ENABLE. */

#ifndef SRC_NX_SECURE_TLS_API_H_
#define SRC_NX_SECURE_TLS_API_H_

#include "nx_api.h"
#include "nx_crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NX_SECURE_TLS_ID ((ULONG)0x544c5320)

#define NX_SECURE_TLS_SUCCESS                     0x00
#define NX_SECURE_TLS_SESSION_UNINITIALIZED       0x101
#define NX_SECURE_TLS_UNRECOGNIZED_MESSAGE_TYPE   0x102
#define NX_SECURE_TLS_INVALID_STATE               0x103
#define NX_SECURE_TLS_INVALID_PACKET              0x104
#define NX_SECURE_TLS_UNKNOWN_CIPHERSUITE         0x105
#define NX_SECURE_TLS_UNSUPPORTED_CIPHER          0x106
#define NX_SECURE_TLS_HANDSHAKE_FAILURE           0x107
#define NX_SECURE_TLS_HASH_MAC_VERIFY_FAILURE     0x108
#define NX_SECURE_TLS_TCP_SEND_FAILED             0x109
#define NX_SECURE_TLS_INCORRECT_MESSAGE_LENGTH    0x10A
#define NX_SECURE_TLS_INVALID_SERVER_CERT         0x10C
#define NX_SECURE_TLS_UNSUPPORTED_PUBLIC_CIPHER   0x10D
#define NX_SECURE_TLS_NO_SUPPORTED_CIPHERS        0x10E
#define NX_SECURE_TLS_UNKNOWN_TLS_VERSION         0x10F
#define NX_SECURE_TLS_UNSUPPORTED_TLS_VERSION     0x110
#define NX_SECURE_TLS_ALLOCATE_PACKET_FAILED      0x111
#define NX_SECURE_TLS_INVALID_CERTIFICATE         0x112
#define NX_SECURE_TLS_NO_CLOSE_RESPONSE           0x113
#define NX_SECURE_TLS_ALERT_RECEIVED              0x114
#define NX_SECURE_TLS_CERTIFICATE_NOT_FOUND       0x119
#define NX_SECURE_TLS_CLOSE_NOTIFY_RECEIVED       0x127
#define NX_SECURE_TLS_INSUFFICIENT_CERT_SPACE     0x12D
#define NX_SECURE_TLS_PACKET_BUFFER_TOO_SMALL     0x135
#define NX_SECURE_TLS_MISSING_CRYPTO_ROUTINE      0x13B
#define NX_SECURE_TLS_INSUFFICIENT_METADATA_SPACE 0x13F

#define NX_SECURE_X509_SUCCESS                      0x0
#define NX_SECURE_X509_CHAIN_VERIFY_FAILURE         0x18C
#define NX_SECURE_X509_CERTIFICATE_EXPIRED          0x193
#define NX_SECURE_X509_CERTIFICATE_NOT_YET_VALID    0x194
#define NX_SECURE_X509_CERTIFICATE_DNS_MISMATCH     0x195
#define NX_SECURE_X509_INVALID_DATE_FORMAT          0x196
#define NX_SECURE_X509_CRL_CERTIFICATE_REVOKED      0x199
#define NX_SECURE_X509_EXTENSION_NOT_FOUND          0x19B
#define NX_SECURE_X509_ALT_NAME_NOT_FOUND           0x19C
#define NX_SECURE_X509_EXT_KEY_USAGE_NOT_FOUND      0x19F
#define NX_SECURE_X509_KEY_USAGE_ERROR              0x1A0
#define NX_SECURE_X509_UNSUPPORTED_PUBLIC_CIPHER    0x1A1
#define NX_SECURE_X509_INVALID_CERTIFICATE          0x1A2
#define NX_SECURE_X509_UNKNOWN_CERT_SIG_ALGORITHM   0x1A3
#define NX_SECURE_X509_CERTIFICATE_SIG_CHECK_FAILED 0x1A4
#define NX_SECURE_X509_INVALID_SELF_SIGNED_CERT     0x1A5
#define NX_SECURE_X509_ISSUER_CERTIFICATE_NOT_FOUND 0x1A6

#define NX_SECURE_TLS_VERSION_TLS_1_0 0x0301
#define NX_SECURE_TLS_VERSION_TLS_1_1 0x0302
#define NX_SECURE_TLS_VERSION_TLS_1_2 0x0303
#define NX_SECURE_TLS_VERSION_TLS_1_3 0x0304

#define NX_SECURE_X509_KEY_TYPE_NONE          0x00000000
#define NX_SECURE_X509_KEY_TYPE_RSA_PKCS1_DER 0x00000001
#define NX_SECURE_X509_KEY_TYPE_EC_DER        0x00000002

#define NX_SECURE_TLS_X509_TYPE_BASIC_CONSTRAINTS      22
#define NX_SECURE_TLS_X509_TYPE_ANY_EXTENDED_KEY_USAGE 30
#define NX_SECURE_TLS_X509_TYPE_PKIX_KP_SERVER_AUTH    51

#define NX_SECURE_TLS_MINIMUM_MESSAGE_BUFFER_SIZE 4000
#define NX_SECURE_X509_DNS_NAME_MAX               (100)

typedef struct NX_SECURE_X509_DNS_NAME_STRUCT {
    UCHAR nx_secure_x509_dns_name[NX_SECURE_X509_DNS_NAME_MAX];
    USHORT nx_secure_x509_dns_name_length;
    struct NX_SECURE_X509_DNS_NAME_STRUCT *nx_secure_x509_dns_name_next;
} NX_SECURE_X509_DNS_NAME;

typedef struct NX_SECURE_X509_EXTENSION_STRUCT {
    USHORT nx_secure_x509_extension_id;
    USHORT nx_secure_x509_extension_critical;
    const UCHAR *nx_secure_x509_extension_data;
    ULONG nx_secure_x509_extension_data_length;
} NX_SECURE_X509_EXTENSION;

typedef struct NX_SECURE_X509_CERT_STRUCT {
    UCHAR *nx_secure_x509_certificate_raw_data;
    UINT nx_secure_x509_certificate_raw_buffer_size;
    UINT nx_secure_x509_certificate_raw_data_length;
    const UCHAR *nx_secure_x509_host_key; /* and its length */
    UINT nx_secure_x509_host_key_length;
    struct NX_SECURE_X509_CERT_STRUCT *nx_secure_x509_next_certificate;
} NX_SECURE_X509_CERT;

typedef struct NX_SECURE_X509_CERTIFICATE_STORE_STRUCT {
    NX_SECURE_X509_CERT *nx_secure_x509_local_certificates;
    NX_SECURE_X509_CERT *nx_secure_x509_remote_certificates; /* during the certificate callback */
    NX_SECURE_X509_CERT *nx_secure_x509_trusted_certificates;
} NX_SECURE_X509_CERTIFICATE_STORE;

typedef struct NX_SECURE_TLS_CREDENTIALS_STRUCT {
    NX_SECURE_X509_CERTIFICATE_STORE nx_secure_tls_certificate_store;
} NX_SECURE_TLS_CREDENTIALS;

/* Here it only tells how much metadata a session asks for. */
typedef struct NX_SECURE_TLS_CRYPTO_STRUCT {
    ULONG nx_secure_tls_host_metadata_size;
} NX_SECURE_TLS_CRYPTO;

extern const NX_SECURE_TLS_CRYPTO nx_crypto_tls_ciphers;
extern const NX_SECURE_TLS_CRYPTO nx_crypto_tls_ciphers_ecc;

struct nx_host_tls;
struct NX_SECURE_TLS_SESSION_STRUCT;

typedef ULONG NX_HOST_CERTIFICATE_CALLBACK(struct NX_SECURE_TLS_SESSION_STRUCT *session,
                                           NX_SECURE_X509_CERT *certificate);

typedef struct NX_SECURE_TLS_SESSION_STRUCT {
    ULONG nx_secure_tls_id;
    NX_TCP_SOCKET *nx_secure_tls_tcp_socket;
    NX_PACKET_POOL *nx_secure_tls_packet_pool;
    UCHAR *nx_secure_tls_packet_buffer;
    ULONG nx_secure_tls_packet_buffer_size;
    USHORT nx_secure_tls_protocol_version; /* once the handshake is done */
    UCHAR nx_secure_tls_local_session_active;
    NX_SECURE_TLS_CREDENTIALS nx_secure_tls_credentials;
    ULONG (*nx_secure_tls_session_time_function)(VOID);
    NX_HOST_CERTIFICATE_CALLBACK *nx_secure_tls_session_certificate_callback;
    NX_SECURE_X509_DNS_NAME *nx_secure_tls_sni_extension_server_name;
    UINT nx_secure_tls_received_alert_level;
    UINT nx_secure_tls_received_alert_value;
    struct nx_host_tls *nx_secure_tls_host; /* mbedTLS, while there is a connection */
} NX_SECURE_TLS_SESSION;

VOID nx_secure_tls_initialize(VOID);
UINT nx_secure_tls_metadata_size_calculate(const NX_SECURE_TLS_CRYPTO *cipher_table,
                                           ULONG *metadata_size);
UINT nx_secure_tls_session_create(NX_SECURE_TLS_SESSION *session_ptr,
                                  const NX_SECURE_TLS_CRYPTO *cipher_table, VOID *metadata_area,
                                  ULONG metadata_size);
UINT nx_secure_tls_session_delete(NX_SECURE_TLS_SESSION *tls_session);
UINT nx_secure_tls_session_start(NX_SECURE_TLS_SESSION *tls_session, NX_TCP_SOCKET *tcp_socket,
                                 UINT wait_option);
UINT nx_secure_tls_session_end(NX_SECURE_TLS_SESSION *tls_session, UINT wait_option);
UINT nx_secure_tls_session_reset(NX_SECURE_TLS_SESSION *tls_session);
UINT nx_secure_tls_session_send(NX_SECURE_TLS_SESSION *tls_session, NX_PACKET *packet_ptr,
                                ULONG wait_option);
UINT nx_secure_tls_session_receive(NX_SECURE_TLS_SESSION *tls_session, NX_PACKET **packet_ptr_ptr,
                                   ULONG wait_option);
UINT nx_secure_tls_packet_allocate(NX_SECURE_TLS_SESSION *tls_session, NX_PACKET_POOL *pool_ptr,
                                   NX_PACKET **packet_ptr, ULONG wait_option);
UINT nx_secure_tls_session_packet_buffer_set(NX_SECURE_TLS_SESSION *session_ptr, UCHAR *buffer_ptr,
                                             ULONG buffer_size);
UINT nx_secure_tls_session_packet_pool_set(NX_SECURE_TLS_SESSION *tls_session,
                                           NX_PACKET_POOL *packet_pool);
UINT nx_secure_tls_session_time_function_set(NX_SECURE_TLS_SESSION *tls_session,
                                             ULONG (*time_func_ptr)(VOID));
UINT nx_secure_tls_session_certificate_callback_set(NX_SECURE_TLS_SESSION *tls_session,
                                                    NX_HOST_CERTIFICATE_CALLBACK *func_ptr);
UINT nx_secure_tls_session_sni_extension_set(NX_SECURE_TLS_SESSION *tls_session,
                                             NX_SECURE_X509_DNS_NAME *dns_name);
UINT nx_secure_tls_session_alert_value_get(NX_SECURE_TLS_SESSION *tls_session, UINT *alert_level,
                                           UINT *alert_value);
UINT nx_secure_tls_trusted_certificate_add(NX_SECURE_TLS_SESSION *tls_session,
                                           NX_SECURE_X509_CERT *certificate);
UINT nx_secure_tls_local_certificate_add(NX_SECURE_TLS_SESSION *tls_session,
                                         NX_SECURE_X509_CERT *certificate);
UINT nx_secure_tls_remote_certificate_allocate(NX_SECURE_TLS_SESSION *tls_session,
                                               NX_SECURE_X509_CERT *certificate,
                                               UCHAR *raw_certificate_buffer, UINT buffer_size);
UINT nx_secure_tls_remote_certificate_buffer_allocate(NX_SECURE_TLS_SESSION *tls_session,
                                                      UINT certs_number, VOID *certificate_buffer,
                                                      ULONG buffer_size);

/* Inside NetX Secure, but what its other clients go on with a handshake by. */
UINT _nx_secure_tls_handshake_process(NX_SECURE_TLS_SESSION *tls_session, UINT wait_option);

UINT nx_secure_x509_certificate_initialize(NX_SECURE_X509_CERT *certificate,
                                           UCHAR *certificate_data, USHORT length,
                                           UCHAR *raw_data_buffer, USHORT buffer_size,
                                           const UCHAR *private_key, USHORT priv_len,
                                           UINT private_key_type);
UINT nx_secure_x509_dns_name_initialize(NX_SECURE_X509_DNS_NAME *dns_name, const UCHAR *name_string,
                                        USHORT length);
UINT nx_secure_x509_extension_find(NX_SECURE_X509_CERT *certificate,
                                   NX_SECURE_X509_EXTENSION *extension, USHORT extension_id);
UINT nx_secure_x509_extended_key_usage_extension_parse(NX_SECURE_X509_CERT *certificate,
                                                       UINT key_usage);

#ifdef __cplusplus
}
#endif

#endif
