/* SPDX-License-Identifier: MIT */

/* TLS sessions as NetX Secure has them, clients alone, over mbedTLS.
 *
 * What mbedTLS says and hears travels in packets over the session's NX_TCP_SOCKET. The chain is
 * verified by mbedTLS, but as NetX Secure does it: no name is looked at; dates only by the
 * session's time function, and not if there is none or it gives 0; a self-signed certificate is
 * refused, trusted or not; then comes the application's callback.
 *
 * As NetX Secure's, a session is reset by its first error, and one that was reset sends in clear:
 * whoever goes on after an error finds out here. */

#include "nx_inner.h"

#ifdef NX_SECURE_ENABLE

#include "nx_secure_tls_api.h"

#include <stdlib.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>

#define METADATA_SIZE 9000u /* about what NetX Secure's tables ask for */
#define RECORD_MAX    16384u
#define CHAIN_MAX     8

struct nx_host_tls {
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context drbg;
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
    mbedtls_x509_crt trusted;
    mbedtls_x509_crt own;
    mbedtls_pk_context key;
    char name[NX_SECURE_X509_DNS_NAME_MAX + 1];
    uint32_t flags;   /* of mbedTLS, over the whole chain */
    UINT certificate; /* why the callback refused it */
    UINT network;     /* what the TCP calls said last */
    ULONG wait;
    NX_PACKET *in; /* being read */
    ULONG in_pos;
    UCHAR data[RECORD_MAX];
};

const NX_SECURE_TLS_CRYPTO nx_crypto_tls_ciphers = {METADATA_SIZE};
const NX_SECURE_TLS_CRYPTO nx_crypto_tls_ciphers_ecc = {METADATA_SIZE};

/* True if this call is to fail. */
static bool fails(enum nx_host_call which) {
    bool told;

    tx_host_lock();
    told = nx_inner_call(which);
    tx_host_unlock();
    return told;
}

static bool is_session(const NX_SECURE_TLS_SESSION *tls_session) {
    return tls_session != NULL && tls_session->nx_secure_tls_id == NX_SECURE_TLS_ID;
}

/* ---- Bytes below TLS --------------------------------------------------------------------- */

static UINT send_clear(const NX_SECURE_TLS_SESSION *tls_session, const UCHAR *p, size_t n,
                       ULONG wait) {
    NX_TCP_SOCKET *socket_ptr = tls_session->nx_secure_tls_tcp_socket;
    NX_PACKET *packet_ptr = NULL;
    UINT status = nx_packet_allocate(tls_session->nx_secure_tls_packet_pool, &packet_ptr,
                                     NX_TCP_PACKET, wait);

    if (status == NX_SUCCESS) {
        status = nx_packet_data_append(packet_ptr, (VOID *)(uintptr_t)p, (ULONG)n,
                                       tls_session->nx_secure_tls_packet_pool, wait);
    }
    if (status == NX_SUCCESS) {
        status = nx_tcp_socket_send(socket_ptr, packet_ptr, wait);
    }
    if (status != NX_SUCCESS && packet_ptr != NULL) {
        (void)nx_packet_release(packet_ptr);
    }
    return status;
}

static int bio_send(void *context, const unsigned char *p, size_t n) {
    NX_SECURE_TLS_SESSION *tls_session = context;
    struct nx_host_tls *tls = tls_session->nx_secure_tls_host;

    tls->network = send_clear(tls_session, p, n, tls->wait);
    return tls->network == NX_SUCCESS ? (int)n : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int bio_receive(void *context, unsigned char *p, size_t n) {
    NX_SECURE_TLS_SESSION *tls_session = context;
    struct nx_host_tls *tls = tls_session->nx_secure_tls_host;
    ULONG copied = 0;

    if (tls->in == NULL) {
        tls->in_pos = 0;
        tls->network =
            nx_tcp_socket_receive(tls_session->nx_secure_tls_tcp_socket, &tls->in, tls->wait);
        if (tls->network == NX_NO_PACKET) {
            return MBEDTLS_ERR_SSL_WANT_READ;
        }
        if (tls->network != NX_SUCCESS) {
            return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
        }
    }
    (void)nx_packet_data_extract_offset(tls->in, tls->in_pos, p, (ULONG)n, &copied);
    tls->in_pos += copied;
    if (tls->in_pos >= tls->in->nx_packet_length) {
        (void)nx_packet_release(tls->in);
        tls->in = NULL;
    }
    return (int)copied;
}

/* ---- Certificates ------------------------------------------------------------------------ */

static ULONG days(int year, int month, int day) {
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int leaps = (year - 1969) / 4 - (year - 1901) / 100 + (year - 1601) / 400;
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return (ULONG)(365 * (year - 1970) + leaps + before[month - 1] + (is_leap && month > 2) + day -
                   1);
}

static ULONG seconds(const mbedtls_x509_time *time) {
    return ((days(time->year, time->mon, time->day) * 24 + (ULONG)time->hour) * 60 +
            (ULONG)time->min) *
               60 +
           (ULONG)time->sec;
}

static uint32_t check_dates(const NX_SECURE_TLS_SESSION *tls_session, const mbedtls_x509_crt *crt) {
    ULONG (*clock)(VOID) = tls_session->nx_secure_tls_session_time_function;
    ULONG at = clock != NULL ? clock() : 0;

    if (at != 0 && at > seconds(&crt->valid_to)) {
        return MBEDTLS_X509_BADCERT_EXPIRED;
    }
    return at != 0 && at < seconds(&crt->valid_from) ? MBEDTLS_X509_BADCERT_FUTURE : 0;
}

static bool is_self_signed(const mbedtls_x509_crt *crt) {
    return crt->issuer_raw.len == crt->subject_raw.len &&
           memcmp(crt->issuer_raw.p, crt->subject_raw.p, crt->subject_raw.len) == 0;
}

static UINT status_of_flags(uint32_t flags, const mbedtls_x509_crt *leaf) {
    if (flags & MBEDTLS_X509_BADCERT_EXPIRED) {
        return NX_SECURE_X509_CERTIFICATE_EXPIRED;
    }
    if (flags & MBEDTLS_X509_BADCERT_FUTURE) {
        return NX_SECURE_X509_CERTIFICATE_NOT_YET_VALID;
    }
    if (is_self_signed(leaf)) {
        return NX_SECURE_X509_INVALID_SELF_SIGNED_CERT;
    }
    if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) {
        return NX_SECURE_X509_ISSUER_CERTIFICATE_NOT_FOUND;
    }
    return flags != 0 ? NX_SECURE_X509_CHAIN_VERIFY_FAILURE : NX_SUCCESS;
}

/* Shows the application what the server sent, the one that names it first. */
static UINT ask_application(NX_SECURE_TLS_SESSION *tls_session, const mbedtls_x509_crt *crt) {
    NX_SECURE_X509_CERT chain[CHAIN_MAX];
    NX_SECURE_X509_CERT **remote =
        &tls_session->nx_secure_tls_credentials.nx_secure_tls_certificate_store
             .nx_secure_x509_remote_certificates;
    UINT status;
    int count;

    if (tls_session->nx_secure_tls_session_certificate_callback == NULL) {
        return NX_SUCCESS;
    }
    memset(chain, 0, sizeof chain);
    for (count = 0; crt != NULL && count < CHAIN_MAX; count++, crt = crt->next) {
        chain[count].nx_secure_x509_certificate_raw_data = crt->raw.p;
        chain[count].nx_secure_x509_certificate_raw_data_length = (UINT)crt->raw.len;
        if (count > 0) {
            chain[count - 1].nx_secure_x509_next_certificate = &chain[count];
        }
    }
    *remote = chain;
    status = (UINT)tls_session->nx_secure_tls_session_certificate_callback(tls_session, chain);
    *remote = NULL;
    return status;
}

/* mbedTLS calls it for each certificate, from the CA to the one that names the server. */
static int verify(void *context, mbedtls_x509_crt *crt, int depth, uint32_t *flags) {
    NX_SECURE_TLS_SESSION *tls_session = context;
    struct nx_host_tls *tls = tls_session->nx_secure_tls_host;
    const uint32_t not_ours = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE |
                              MBEDTLS_X509_BADCERT_CN_MISMATCH;

    *flags &= ~not_ours;
    if (depth == 0 || !is_self_signed(crt)) { /* NetX Secure does not look at the root's */
        *flags |= check_dates(tls_session, crt);
    }
    tls->flags |= *flags;
    if (depth == 0) {
        tls->certificate = status_of_flags(tls->flags, crt);
        if (tls->certificate == NX_SUCCESS) {
            tls->certificate = ask_application(tls_session, crt);
        }
        if (tls->certificate != NX_SUCCESS) {
            *flags |= MBEDTLS_X509_BADCERT_OTHER;
        }
    }
    return 0;
}

static bool load_trusted(const NX_SECURE_TLS_SESSION *tls_session) {
    const NX_SECURE_X509_CERT *certificate =
        tls_session->nx_secure_tls_credentials.nx_secure_tls_certificate_store
            .nx_secure_x509_trusted_certificates;
    int error = 0;

    for (; certificate != NULL && error == 0;
         certificate = certificate->nx_secure_x509_next_certificate) {
        error = mbedtls_x509_crt_parse_der(&tls_session->nx_secure_tls_host->trusted,
                                           certificate->nx_secure_x509_certificate_raw_data,
                                           certificate->nx_secure_x509_certificate_raw_data_length);
    }
    return error == 0;
}

static bool load_own(const NX_SECURE_TLS_SESSION *tls_session) {
    const NX_SECURE_X509_CERT *certificate =
        tls_session->nx_secure_tls_credentials.nx_secure_tls_certificate_store
            .nx_secure_x509_local_certificates;
    struct nx_host_tls *tls = tls_session->nx_secure_tls_host;

    return certificate == NULL ||
           (mbedtls_x509_crt_parse_der(&tls->own, certificate->nx_secure_x509_certificate_raw_data,
                                       certificate->nx_secure_x509_certificate_raw_data_length) ==
                0 &&
            mbedtls_pk_parse_key(&tls->key, certificate->nx_secure_x509_host_key,
                                 certificate->nx_secure_x509_host_key_length, NULL, 0) == 0 &&
            mbedtls_ssl_conf_own_cert(&tls->config, &tls->own, &tls->key) == 0);
}

/* ---- A session's life -------------------------------------------------------------------- */

VOID nx_secure_tls_initialize(VOID) {
}

UINT nx_secure_tls_metadata_size_calculate(const NX_SECURE_TLS_CRYPTO *cipher_table,
                                           ULONG *metadata_size) {
    if (cipher_table == NULL || metadata_size == NULL) {
        return NX_PTR_ERROR;
    }
    *metadata_size = cipher_table->nx_secure_tls_host_metadata_size;
    return NX_SUCCESS;
}

UINT nx_secure_tls_session_create(NX_SECURE_TLS_SESSION *session_ptr,
                                  const NX_SECURE_TLS_CRYPTO *cipher_table, VOID *metadata_area,
                                  ULONG metadata_size) {
    if (session_ptr == NULL || cipher_table == NULL || metadata_area == NULL) {
        return NX_PTR_ERROR;
    }
    NX_INIT_AND_THREADS_CALLER_CHECKING
    if (fails(NX_HOST_TLS_CREATE) ||
        metadata_size < cipher_table->nx_secure_tls_host_metadata_size) {
        return NX_INVALID_PARAMETERS;
    }
    memset(session_ptr, 0, sizeof *session_ptr);
    session_ptr->nx_secure_tls_id = NX_SECURE_TLS_ID;
    return NX_SUCCESS;
}

static void close_tls(struct nx_host_tls *tls) {
    if (tls->in != NULL) {
        (void)nx_packet_release(tls->in);
    }
    mbedtls_ssl_free(&tls->ssl);
    mbedtls_ssl_config_free(&tls->config);
    mbedtls_x509_crt_free(&tls->trusted);
    mbedtls_x509_crt_free(&tls->own);
    mbedtls_pk_free(&tls->key);
    mbedtls_ctr_drbg_free(&tls->drbg);
    mbedtls_entropy_free(&tls->entropy);
    memset(tls, 0, sizeof *tls);
    free(tls);
}

UINT nx_secure_tls_session_reset(NX_SECURE_TLS_SESSION *tls_session) {
    if (!is_session(tls_session)) {
        return NX_SECURE_TLS_SESSION_UNINITIALIZED;
    }
    if (tls_session->nx_secure_tls_host != NULL) {
        close_tls(tls_session->nx_secure_tls_host);
    }
    tls_session->nx_secure_tls_host = NULL;
    tls_session->nx_secure_tls_local_session_active = 0;
    tls_session->nx_secure_tls_protocol_version = 0;
    return NX_SUCCESS;
}

UINT nx_secure_tls_session_delete(NX_SECURE_TLS_SESSION *tls_session) {
    if (!is_session(tls_session)) {
        return NX_PTR_ERROR;
    }
    NX_THREADS_ONLY_CALLER_CHECKING(void) nx_secure_tls_session_reset(tls_session);
    tls_session->nx_secure_tls_id = 0;
    return NX_SUCCESS;
}

static bool open_tls(NX_SECURE_TLS_SESSION *tls_session, struct nx_host_tls *tls) {
    mbedtls_ssl_config *config = &tls->config;

    mbedtls_entropy_init(&tls->entropy);
    mbedtls_ctr_drbg_init(&tls->drbg);
    mbedtls_ssl_config_init(config);
    mbedtls_ssl_init(&tls->ssl);
    mbedtls_x509_crt_init(&tls->trusted);
    mbedtls_x509_crt_init(&tls->own);
    mbedtls_pk_init(&tls->key);
    if (mbedtls_ctr_drbg_seed(&tls->drbg, mbedtls_entropy_func, &tls->entropy, NULL, 0) != 0 ||
        mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0 ||
        !load_trusted(tls_session) || !load_own(tls_session)) {
        return false;
    }
    mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(config, &tls->trusted, NULL);
    mbedtls_ssl_conf_verify(config, verify, tls_session);
    mbedtls_ssl_conf_rng(config, mbedtls_ctr_drbg_random, &tls->drbg);
    mbedtls_ssl_set_bio(&tls->ssl, tls_session, bio_send, bio_receive, NULL);
    return mbedtls_ssl_setup(&tls->ssl, config) == 0 &&
           (tls->name[0] == '\0' || mbedtls_ssl_set_hostname(&tls->ssl, tls->name) == 0);
}

static UINT open_session(NX_SECURE_TLS_SESSION *tls_session, NX_TCP_SOCKET *tcp_socket) {
    const NX_SECURE_X509_DNS_NAME *name = tls_session->nx_secure_tls_sni_extension_server_name;
    struct nx_host_tls *tls = calloc(1, sizeof *tls);

    if (tls == NULL) {
        return NX_SECURE_TLS_ALLOCATE_PACKET_FAILED;
    }
    if (name != NULL) {
        memcpy(tls->name, name->nx_secure_x509_dns_name, name->nx_secure_x509_dns_name_length);
    }
    tls_session->nx_secure_tls_host = tls;
    tls_session->nx_secure_tls_tcp_socket = tcp_socket;
    if (tls_session->nx_secure_tls_packet_pool == NULL) {
        tls_session->nx_secure_tls_packet_pool =
            tcp_socket->nx_tcp_socket_ip_ptr->nx_ip_default_packet_pool;
    }
    if (tls_session->nx_secure_tls_packet_buffer_size < NX_SECURE_TLS_MINIMUM_MESSAGE_BUFFER_SIZE) {
        return NX_SECURE_TLS_PACKET_BUFFER_TOO_SMALL;
    }
    return open_tls(tls_session, tls) ? NX_SUCCESS : NX_SECURE_TLS_HANDSHAKE_FAILURE;
}

/* The status for an error of mbedTLS. */
static UINT status_of(const NX_SECURE_TLS_SESSION *tls_session, int error) {
    const struct nx_host_tls *tls = tls_session->nx_secure_tls_host;

    switch (error) {
    case MBEDTLS_ERR_SSL_INTERNAL_ERROR:
        return tls->network != NX_SUCCESS ? tls->network : NX_SECURE_TLS_HANDSHAKE_FAILURE;
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
        return NX_SECURE_TLS_CLOSE_NOTIFY_RECEIVED;
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
        return NX_SECURE_TLS_ALERT_RECEIVED;
    case MBEDTLS_ERR_SSL_INVALID_RECORD:
        return NX_SECURE_TLS_UNKNOWN_TLS_VERSION;
    case MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION:
        return NX_SECURE_TLS_UNSUPPORTED_TLS_VERSION;
    case MBEDTLS_ERR_SSL_INVALID_MAC:
        return NX_SECURE_TLS_HASH_MAC_VERIFY_FAILURE;
    default:
        return tls->certificate != NX_SUCCESS ? tls->certificate : NX_SECURE_TLS_HANDSHAKE_FAILURE;
    }
}

static UINT fail(NX_SECURE_TLS_SESSION *tls_session, int error) {
    UINT status = status_of(tls_session, error);

    if (status == NX_SECURE_TLS_ALERT_RECEIVED) {
        tls_session->nx_secure_tls_received_alert_level = 2;
        tls_session->nx_secure_tls_received_alert_value =
            tls_session->nx_secure_tls_host->ssl.in_msg[1];
    }
    (void)nx_secure_tls_session_reset(tls_session);
    return status;
}

UINT _nx_secure_tls_handshake_process(NX_SECURE_TLS_SESSION *tls_session, UINT wait_option) {
    struct nx_host_tls *tls = tls_session->nx_secure_tls_host;
    int error;

    if (tls == NULL) {
        return NX_SECURE_TLS_INVALID_STATE;
    }
    if (fails(NX_HOST_TLS_HANDSHAKE)) {
        (void)nx_secure_tls_session_reset(tls_session);
        return NX_SECURE_TLS_HANDSHAKE_FAILURE;
    }
    tls->wait = wait_option;
    error = mbedtls_ssl_handshake(&tls->ssl);
    if (error == MBEDTLS_ERR_SSL_WANT_READ) {
        return wait_option == NX_NO_WAIT ? NX_CONTINUE : NX_NO_PACKET;
    }
    if (error != 0) {
        return fail(tls_session, error);
    }
    tls_session->nx_secure_tls_protocol_version = NX_SECURE_TLS_VERSION_TLS_1_2;
    tls_session->nx_secure_tls_local_session_active = 1;
    return NX_SUCCESS;
}

UINT nx_secure_tls_session_start(NX_SECURE_TLS_SESSION *tls_session, NX_TCP_SOCKET *tcp_socket,
                                 UINT wait_option) {
    UINT status = NX_SECURE_TLS_HANDSHAKE_FAILURE;

    if (tls_session == NULL || tcp_socket == NULL) {
        return NX_PTR_ERROR;
    }
    if (!is_session(tls_session)) {
        return NX_SECURE_TLS_SESSION_UNINITIALIZED;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    if (!fails(NX_HOST_TLS_START)) {
        status = open_session(tls_session, tcp_socket);
    }
    if (status == NX_SUCCESS) {
        status = _nx_secure_tls_handshake_process(tls_session, wait_option);
    }
    if (status != NX_SUCCESS && status != NX_CONTINUE) {
        (void)nx_secure_tls_session_reset(tls_session);
    }
    return status;
}

UINT nx_secure_tls_session_end(NX_SECURE_TLS_SESSION *tls_session, UINT wait_option) {
    UINT status = NX_SUCCESS;

    if (!is_session(tls_session)) {
        return NX_SECURE_TLS_SESSION_UNINITIALIZED;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    if (fails(NX_HOST_TLS_END)) {
        status = NX_SECURE_TLS_ALLOCATE_PACKET_FAILED;
    } else if (tls_session->nx_secure_tls_local_session_active) {
        tls_session->nx_secure_tls_host->wait = wait_option;
        (void)mbedtls_ssl_close_notify(&tls_session->nx_secure_tls_host->ssl);
        status = tls_session->nx_secure_tls_host->network;
    }
    (void)nx_secure_tls_session_reset(tls_session);
    return status;
}

/* ---- Bytes over TLS ---------------------------------------------------------------------- */

UINT nx_secure_tls_packet_allocate(NX_SECURE_TLS_SESSION *tls_session, NX_PACKET_POOL *pool_ptr,
                                   NX_PACKET **packet_ptr, ULONG wait_option) {
    const ULONG extra = 5 + 16; /* record header, IV */
    UINT status = NX_NO_PACKET;

    if (!is_session(tls_session) || tls_session->nx_secure_tls_tcp_socket == NULL ||
        tls_session->nx_secure_tls_tcp_socket->nx_tcp_socket_state != NX_TCP_ESTABLISHED) {
        return NX_SECURE_TLS_SESSION_UNINITIALIZED;
    }
    if (!fails(NX_HOST_TLS_ALLOCATE)) {
        status = nx_packet_allocate(pool_ptr, packet_ptr, NX_TCP_PACKET, wait_option);
    }
    if (status != NX_SUCCESS) {
        return status;
    }
    if (nx_inner_room(*packet_ptr) < extra + 2) {
        (void)nx_packet_release(*packet_ptr);
        return NX_SECURE_TLS_PACKET_BUFFER_TOO_SMALL;
    }
    (*packet_ptr)->nx_packet_prepend_ptr += extra;
    (*packet_ptr)->nx_packet_append_ptr = (*packet_ptr)->nx_packet_prepend_ptr;
    return NX_SUCCESS;
}

/* What is sent after a reset goes in clear, see above. */
static UINT send_data(NX_SECURE_TLS_SESSION *tls_session, const UCHAR *p, ULONG n, ULONG wait) {
    struct nx_host_tls *tls = tls_session->nx_secure_tls_host;
    int sent;

    if (tls == NULL) {
        return send_clear(tls_session, p, n, wait);
    }
    tls->wait = wait;
    sent = mbedtls_ssl_write(&tls->ssl, p, n);
    if (sent == (int)n) {
        return NX_SUCCESS;
    }
    return sent == MBEDTLS_ERR_SSL_INTERNAL_ERROR ? NX_SECURE_TLS_TCP_SEND_FAILED
                                                  : status_of(tls_session, sent);
}

UINT nx_secure_tls_session_send(NX_SECURE_TLS_SESSION *tls_session, NX_PACKET *packet_ptr,
                                ULONG wait_option) {
    static const ULONG max = RECORD_MAX;
    UCHAR *data;
    ULONG n = 0;
    UINT status = NX_SECURE_TLS_TCP_SEND_FAILED;

    if (!is_session(tls_session) || tls_session->nx_secure_tls_tcp_socket == NULL) {
        return NX_SECURE_TLS_SESSION_UNINITIALIZED;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    if (packet_ptr->nx_packet_length > max || (data = malloc(max)) == NULL) {
        return NX_SECURE_TLS_INVALID_PACKET;
    }
    (void)nx_packet_data_retrieve(packet_ptr, data, &n);
    if (!fails(NX_HOST_TLS_SEND)) {
        status = send_data(tls_session, data, n, wait_option);
    }
    memset(data, 0, max);
    free(data);
    if (status == NX_SUCCESS) {
        (void)_nx_packet_release(packet_ptr);
    } else {
        (void)nx_secure_tls_session_reset(tls_session);
    }
    return status;
}

static UINT give(NX_SECURE_TLS_SESSION *tls_session, NX_PACKET **packet_ptr_ptr, ULONG n,
                 ULONG wait) {
    NX_PACKET_POOL *pool_ptr = tls_session->nx_secure_tls_packet_pool;
    UINT status = nx_packet_allocate(pool_ptr, packet_ptr_ptr, NX_TCP_PACKET, wait);

    if (status == NX_SUCCESS) {
        status = nx_packet_data_append(*packet_ptr_ptr, tls_session->nx_secure_tls_host->data, n,
                                       pool_ptr, wait);
        if (status != NX_SUCCESS) {
            (void)nx_packet_release(*packet_ptr_ptr);
            *packet_ptr_ptr = NULL;
        }
    }
    memset(tls_session->nx_secure_tls_host->data, 0, n);
    if (status != NX_SUCCESS) {
        (void)nx_secure_tls_session_reset(tls_session);
        status = NX_SECURE_TLS_ALLOCATE_PACKET_FAILED;
    }
    return status;
}

UINT nx_secure_tls_session_receive(NX_SECURE_TLS_SESSION *tls_session, NX_PACKET **packet_ptr_ptr,
                                   ULONG wait_option) {
    struct nx_host_tls *tls;
    int n;

    if (!is_session(tls_session) || tls_session->nx_secure_tls_tcp_socket == NULL) {
        return NX_SECURE_TLS_SESSION_UNINITIALIZED;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    tls = tls_session->nx_secure_tls_host;
    if (tls == NULL) {
        return NX_SECURE_TLS_INVALID_STATE;
    }
    if (fails(NX_HOST_TLS_RECEIVE)) {
        (void)nx_secure_tls_session_reset(tls_session);
        return NX_SECURE_TLS_INVALID_PACKET;
    }
    tls->wait = wait_option;
    n = mbedtls_ssl_read(&tls->ssl, tls->data, sizeof tls->data);
    if (n > 0) {
        return give(tls_session, packet_ptr_ptr, (ULONG)n, wait_option);
    }
    if (n == MBEDTLS_ERR_SSL_WANT_READ) {
        return NX_NO_PACKET;
    }
    return fail(tls_session, n);
}

/* ---- What a session is told -------------------------------------------------------------- */

UINT nx_secure_tls_session_packet_buffer_set(NX_SECURE_TLS_SESSION *session_ptr, UCHAR *buffer_ptr,
                                             ULONG buffer_size) {
    if (session_ptr == NULL || buffer_ptr == NULL) {
        return NX_PTR_ERROR;
    }
    if (!is_session(session_ptr)) {
        return NX_SECURE_TLS_SESSION_UNINITIALIZED;
    }
    if (buffer_size < NX_SECURE_TLS_MINIMUM_MESSAGE_BUFFER_SIZE) {
        return NX_INVALID_PARAMETERS;
    }
    session_ptr->nx_secure_tls_packet_buffer = buffer_ptr;
    session_ptr->nx_secure_tls_packet_buffer_size = buffer_size;
    return NX_SUCCESS;
}

UINT nx_secure_tls_session_packet_pool_set(NX_SECURE_TLS_SESSION *tls_session,
                                           NX_PACKET_POOL *packet_pool) {
    if (!is_session(tls_session) || !nx_inner_is_pool(packet_pool)) {
        return NX_PTR_ERROR;
    }
    tls_session->nx_secure_tls_packet_pool = packet_pool;
    return NX_SUCCESS;
}

UINT nx_secure_tls_session_time_function_set(NX_SECURE_TLS_SESSION *tls_session,
                                             ULONG (*time_func_ptr)(VOID)) {
    if (tls_session == NULL || time_func_ptr == NULL) {
        return NX_PTR_ERROR;
    }
    tls_session->nx_secure_tls_session_time_function = time_func_ptr;
    return NX_SUCCESS;
}

UINT nx_secure_tls_session_certificate_callback_set(
    NX_SECURE_TLS_SESSION *tls_session,
    ULONG (*func_ptr)(NX_SECURE_TLS_SESSION *session, NX_SECURE_X509_CERT *certificate)) {
    if (tls_session == NULL || func_ptr == NULL || fails(NX_HOST_TLS_SET)) {
        return NX_PTR_ERROR;
    }
    tls_session->nx_secure_tls_session_certificate_callback = func_ptr;
    return NX_SUCCESS;
}

UINT nx_secure_tls_session_sni_extension_set(NX_SECURE_TLS_SESSION *tls_session,
                                             NX_SECURE_X509_DNS_NAME *dns_name) {
    if (tls_session == NULL || dns_name == NULL || fails(NX_HOST_TLS_SET)) {
        return NX_PTR_ERROR;
    }
    tls_session->nx_secure_tls_sni_extension_server_name = dns_name;
    return NX_SUCCESS;
}

UINT nx_secure_tls_session_alert_value_get(NX_SECURE_TLS_SESSION *tls_session, UINT *alert_level,
                                           UINT *alert_value) {
    if (tls_session == NULL || alert_level == NULL || alert_value == NULL) {
        return NX_PTR_ERROR;
    }
    *alert_level = tls_session->nx_secure_tls_received_alert_level;
    *alert_value = tls_session->nx_secure_tls_received_alert_value;
    return NX_SUCCESS;
}

static UINT add(NX_SECURE_TLS_SESSION *tls_session, NX_SECURE_X509_CERT **list,
                NX_SECURE_X509_CERT *certificate) {
    if (certificate == NULL) {
        return NX_PTR_ERROR;
    }
    if (!is_session(tls_session)) {
        return NX_SECURE_TLS_SESSION_UNINITIALIZED;
    }
    certificate->nx_secure_x509_next_certificate = *list;
    *list = certificate;
    return NX_SUCCESS;
}

UINT nx_secure_tls_trusted_certificate_add(NX_SECURE_TLS_SESSION *tls_session,
                                           NX_SECURE_X509_CERT *certificate) {
    return add(tls_session,
               &tls_session->nx_secure_tls_credentials.nx_secure_tls_certificate_store
                    .nx_secure_x509_trusted_certificates,
               certificate);
}

UINT nx_secure_tls_local_certificate_add(NX_SECURE_TLS_SESSION *tls_session,
                                         NX_SECURE_X509_CERT *certificate) {
    return add(tls_session,
               &tls_session->nx_secure_tls_credentials.nx_secure_tls_certificate_store
                    .nx_secure_x509_local_certificates,
               certificate);
}

/* Room for what the server sends: not needed here. */
UINT nx_secure_tls_remote_certificate_allocate(NX_SECURE_TLS_SESSION *tls_session,
                                               NX_SECURE_X509_CERT *certificate,
                                               UCHAR *raw_certificate_buffer, UINT buffer_size) {
    (void)buffer_size;
    if (certificate == NULL || raw_certificate_buffer == NULL) {
        return NX_PTR_ERROR;
    }
    return is_session(tls_session) ? NX_SUCCESS : NX_SECURE_TLS_SESSION_UNINITIALIZED;
}

UINT nx_secure_tls_remote_certificate_buffer_allocate(NX_SECURE_TLS_SESSION *tls_session,
                                                      UINT certs_number, VOID *certificate_buffer,
                                                      ULONG buffer_size) {
    if (certificate_buffer == NULL) {
        return NX_PTR_ERROR;
    }
    if (certs_number == 0 || buffer_size / certs_number < sizeof(NX_SECURE_X509_CERT) + 256) {
        return NX_INVALID_PARAMETERS;
    }
    return is_session(tls_session) ? NX_SUCCESS : NX_SECURE_TLS_SESSION_UNINITIALIZED;
}

#endif
