/* SPDX-License-Identifier: MIT */
/*
 * TLS by NetX Secure, for the client's connection.
 *
 * A session lives as long as one connection: open() lets the application make it, start() does the
 * handshake, close() ends and deletes it, whatever came before. Its handshake and its receiving are
 * driven without waiting inside NetX Secure, a tick at a time: NetX Secure begins its wait anew
 * with each packet, so a server that drips would hold it for ever.
 *
 * After its first error NetX Secure resets a session, and a session that was reset sends in clear.
 * So the first error is kept, and nothing is given to the session from then on.
 *
 * NetX Secure verifies the signatures of the chain. What it leaves out is done in its certificate
 * callback: the host's name, that whoever signed for another is a CA, that the certificate is for a
 * server, and that there is a clock, since dates are not looked at without one.
 */

#define NX_SMTP_SOURCE_CODE

#include "nx_smtp_transport.h"

#ifdef NX_SECURE_ENABLE

#include "smtplite/tls_port.h"

#include <string.h>

static NX_SMTP_CLIENT *client_of(NX_SMTP_TRANSPORT *transport_ptr) {
    return NX_SMTP_CLIENT_OF(transport_ptr, nx_smtp_client_transport);
}

static NX_SECURE_TLS_SESSION *session_of(NX_SMTP_TRANSPORT *transport_ptr) {
    return &client_of(transport_ptr)->nx_smtp_client_tls_session;
}

/* ---- The certificate ------------------------------------------------------------------------- */

static UINT check_name(const NX_SECURE_X509_CERT *certificate_ptr, const CHAR *host) {
    enum smtplite_tls_fault fault = smtplite_certificate_check_host(
        certificate_ptr->nx_secure_x509_certificate_raw_data,
        certificate_ptr->nx_secure_x509_certificate_raw_data_length, host);
    if (fault == SMTPLITE_TLS_FAULT_NONE)
        return NX_SUCCESS;
    if (fault == SMTPLITE_TLS_FAULT_NAME)
        return NX_SECURE_X509_CERTIFICATE_DNS_MISMATCH;
    if (fault == SMTPLITE_TLS_FAULT_NO_SAN)
        return NX_SECURE_X509_ALT_NAME_NOT_FOUND;
    return NX_SECURE_X509_INVALID_CERTIFICATE;
}

/* RFC 5280 4.2.1.12: without the extension it is for anything. */
static UINT check_usage(NX_SECURE_X509_CERT *certificate_ptr) {
    UINT status = nx_secure_x509_extended_key_usage_extension_parse(
        certificate_ptr, NX_SECURE_TLS_X509_TYPE_PKIX_KP_SERVER_AUTH);
    if (status == NX_SECURE_X509_EXT_KEY_USAGE_NOT_FOUND)
        status = nx_secure_x509_extended_key_usage_extension_parse(
            certificate_ptr, NX_SECURE_TLS_X509_TYPE_ANY_EXTENDED_KEY_USAGE);
    return status == NX_SECURE_X509_EXTENSION_NOT_FOUND ? NX_SUCCESS : status;
}

/* RFC 5280 4.2.1.9: SEQUENCE { BOOLEAN TRUE, .. } */
static UINT is_authority(NX_SECURE_X509_CERT *certificate_ptr) {
    static const UCHAR yes[] = {0x01, 0x01, 0xFF};
    NX_SECURE_X509_EXTENSION extension;
    return nx_secure_x509_extension_find(certificate_ptr, &extension,
                                         NX_SECURE_TLS_X509_TYPE_BASIC_CONSTRAINTS) == NX_SUCCESS &&
           extension.nx_secure_x509_extension_data_length >= 2 + sizeof yes &&
           memcmp(extension.nx_secure_x509_extension_data + 2, yes, sizeof yes) == 0;
}

/* Whoever has a certificate of a trusted CA could else sign one for any host. */
static UINT check_issuers(const NX_SECURE_X509_CERTIFICATE_STORE *store_ptr,
                          const NX_SECURE_X509_CERT *certificate_ptr) {
    NX_SECURE_X509_CERT *other = store_ptr->nx_secure_x509_remote_certificates;
    for (; other; other = other->nx_secure_x509_next_certificate)
        if (other != certificate_ptr && !is_authority(other))
            return NX_SECURE_X509_KEY_USAGE_ERROR;
    return NX_SUCCESS;
}

/* NetX Secure takes a time of 0 as no clock. */
static UINT check_clock(const NX_SMTP_CLIENT *client_ptr) {
    ULONG(*clock)
    (VOID) = client_ptr->nx_smtp_client_tls_session.nx_secure_tls_session_time_function;
    if ((client_ptr->nx_smtp_client_options & NX_SMTP_OPTION_TLS_NO_CLOCK) != 0)
        return NX_SUCCESS;
    return clock && clock() != 0 ? NX_SUCCESS : NX_SMTP_TLS_NO_CLOCK;
}

/* The certificate callback: the chain was found good. The application's own has the last word. */
static ULONG check_certificate(NX_SECURE_TLS_SESSION *session_ptr,
                               NX_SECURE_X509_CERT *certificate_ptr) {
    NX_SMTP_CLIENT *client_ptr = NX_SMTP_CLIENT_OF(session_ptr, nx_smtp_client_tls_session);
    ULONG status = check_clock(client_ptr);
    if (status == NX_SUCCESS)
        status =
            check_issuers(&session_ptr->nx_secure_tls_credentials.nx_secure_tls_certificate_store,
                          certificate_ptr);
    if (status == NX_SUCCESS)
        status = check_usage(certificate_ptr);
    if (status == NX_SUCCESS)
        status = check_name(certificate_ptr, client_ptr->nx_smtp_client_tls_host);
    if (status == NX_SUCCESS && client_ptr->nx_smtp_client_tls_callback)
        status = client_ptr->nx_smtp_client_tls_callback(session_ptr, certificate_ptr);
    return status;
}

/* ---- The session's life ------------------------------------------------------------------ */

static UINT name_server(NX_SMTP_CLIENT *client_ptr) {
    NX_SECURE_X509_DNS_NAME *name_ptr = &client_ptr->nx_smtp_client_tls_name;
    CHAR host[SMTPLITE_HOST_SIZE];
    UINT status;
    if (smtplite_host_read(client_ptr->nx_smtp_client_tls_host, host) != SMTPLITE_HOST_NAME)
        return NX_SUCCESS;
    status =
        nx_secure_x509_dns_name_initialize(name_ptr, (const UCHAR *)host, (USHORT)strlen(host));
    if (status != NX_SUCCESS)
        return status;
    return nx_secure_tls_session_sni_extension_set(&client_ptr->nx_smtp_client_tls_session,
                                                   name_ptr);
}

/* What the application may have forgotten; and our callback in front of its own. */
static UINT complete(NX_SMTP_CLIENT *client_ptr) {
    NX_SECURE_TLS_SESSION *session_ptr = &client_ptr->nx_smtp_client_tls_session;
    UINT status = check_clock(client_ptr);
    if (session_ptr->nx_secure_tls_id != NX_SECURE_TLS_ID)
        return NX_SECURE_TLS_SESSION_UNINITIALIZED;
    if (!session_ptr->nx_secure_tls_credentials.nx_secure_tls_certificate_store
             .nx_secure_x509_trusted_certificates)
        return NX_SECURE_X509_ISSUER_CERTIFICATE_NOT_FOUND;
    client_ptr->nx_smtp_client_tls_callback =
        session_ptr->nx_secure_tls_session_certificate_callback;
    if (status == NX_SUCCESS)
        status = name_server(client_ptr);
    if (status == NX_SUCCESS)
        status = nx_secure_tls_session_certificate_callback_set(session_ptr, check_certificate);
    return status;
}

static UINT tls_open(NX_SMTP_CLIENT *client_ptr) {
    UINT *status = &client_ptr->nx_smtp_client_tls_status;
    client_ptr->nx_smtp_client_tls_started = 0;
    *status =
        client_ptr->nx_smtp_client_tls_setup(client_ptr, &client_ptr->nx_smtp_client_tls_session);
    if (*status == NX_SUCCESS)
        *status = complete(client_ptr);
    return *status == NX_SUCCESS ? NX_SUCCESS : NX_SMTP_TLS_ERROR;
}

/* An end gives back the packets that the session holds, and says so to the server if there is one.
 */
static VOID tls_close(NX_SMTP_CLIENT *client_ptr) {
    NX_SECURE_TLS_SESSION *session_ptr = &client_ptr->nx_smtp_client_tls_session;
    client_ptr->nx_smtp_client_transport.nx_smtp_transport_tls = NX_NULL;
    if (client_ptr->nx_smtp_client_tls_started)
        (void)nx_secure_tls_session_end(session_ptr, NX_SMTP_CLIENT_DISCONNECT_TIMEOUT);
    if (session_ptr->nx_secure_tls_id == NX_SECURE_TLS_ID)
        (void)nx_secure_tls_session_delete(session_ptr);
    memset(session_ptr, 0, sizeof *session_ptr); /* keys */
}

/* ---- Bytes ------------------------------------------------------------------------------- */

/* Keeps the first error, for both getters. */
static UINT keep(NX_SMTP_TRANSPORT *transport_ptr, UINT status) {
    if (status != NX_SUCCESS && status != NX_NOT_CONNECTED &&
        status != NX_SECURE_TLS_CLOSE_NOTIFY_RECEIVED)
        client_of(transport_ptr)->nx_smtp_client_tls_status = status;
    if (status == NX_SECURE_TLS_CLOSE_NOTIFY_RECEIVED)
        status = NX_NOT_CONNECTED;
    transport_ptr->nx_smtp_transport_status = status;
    return status;
}

static UINT tls_allocate(NX_SMTP_TRANSPORT *transport_ptr, NX_PACKET **packet_ptr) {
    return nx_secure_tls_packet_allocate(session_of(transport_ptr),
                                         transport_ptr->nx_smtp_transport_packet_pool_ptr,
                                         packet_ptr, NX_SMTP_CLIENT_PACKET_TIMEOUT);
}

static UINT tls_send(NX_SMTP_TRANSPORT *transport_ptr) {
    UINT status = transport_ptr->nx_smtp_transport_status;
    if (status != NX_SUCCESS)
        return status;
    status = nx_secure_tls_session_send(session_of(transport_ptr),
                                        transport_ptr->nx_smtp_transport_send_packet,
                                        NX_SMTP_CLIENT_SEND_TIMEOUT);
    if (status == NX_SUCCESS)
        transport_ptr->nx_smtp_transport_send_packet = NX_NULL;
    return keep(transport_ptr, status);
}

static UINT tls_receive(NX_SMTP_TRANSPORT *transport_ptr, ULONG wait) {
    ULONG start = tx_time_get();
    UINT status = transport_ptr->nx_smtp_transport_status;
    while (status == NX_SUCCESS) {
        status = nx_secure_tls_session_receive(session_of(transport_ptr),
                                               &transport_ptr->nx_smtp_transport_receive_packet,
                                               NX_NO_WAIT);
        if (status == NX_SUCCESS)
            return NX_SUCCESS;
        if (status == NX_NO_PACKET && tx_time_get() - start >= wait)
            return NX_NO_PACKET;
        if (status == NX_NO_PACKET)
            status = tx_thread_sleep(1);
        else
            status = keep(transport_ptr, status);
    }
    return status;
}

/* ---- The handshake ----------------------------------------------------------------------- */

/* What came in clear is an attack (A3): the engine says so. */
static UINT is_clear(NX_SMTP_TRANSPORT *transport_ptr, struct smtplite_session *session) {
    CHAR c;
    ULONG copied = 0;
    if (_nx_smtp_transport_fetch(transport_ptr, NX_NO_WAIT) != NX_SUCCESS)
        return NX_FALSE;
    (void)nx_packet_data_extract_offset(transport_ptr->nx_smtp_transport_receive_packet,
                                        transport_ptr->nx_smtp_transport_receive_offset, &c, 1,
                                        &copied);
    (void)smtplite_in(session, &c, copied);
    return NX_TRUE;
}

/* One step, as far as it goes without waiting. NX_CONTINUE: the server has to say more. */
static UINT step(NX_SMTP_CLIENT *client_ptr) {
    NX_SECURE_TLS_SESSION *session_ptr = &client_ptr->nx_smtp_client_tls_session;
    if (client_ptr->nx_smtp_client_tls_started)
        return _nx_secure_tls_handshake_process(session_ptr, NX_NO_WAIT);
    client_ptr->nx_smtp_client_tls_started = NX_TRUE;
    return nx_secure_tls_session_start(session_ptr, &client_ptr->nx_smtp_client_socket, NX_NO_WAIT);
}

static UINT shake_hands(NX_SMTP_CLIENT *client_ptr, ULONG wait) {
    ULONG start = tx_time_get();
    UINT status = step(client_ptr);
    while (status == NX_CONTINUE && tx_time_get() - start < wait) {
        (void)tx_thread_sleep(1);
        status = step(client_ptr);
    }
    /* A build of NetX Secure with older versions on must not use them. */
    if (status == NX_SUCCESS &&
        client_ptr->nx_smtp_client_tls_session.nx_secure_tls_protocol_version <
            NX_SECURE_TLS_VERSION_TLS_1_2)
        status = NX_SECURE_TLS_UNSUPPORTED_TLS_VERSION;
    return status;
}

static int tls_start(NX_SMTP_CLIENT *client_ptr, struct smtplite_session *session, uint32_t wait) {
    NX_SMTP_TRANSPORT *transport_ptr = &client_ptr->nx_smtp_client_transport;
    UINT status;
    if (!client_ptr->nx_smtp_client_tls_started && is_clear(transport_ptr, session))
        return 0;
    status = shake_hands(client_ptr, wait);
    if (status == NX_CONTINUE)
        return 0;
    client_ptr->nx_smtp_client_tls_status = status;
    if (status != NX_SUCCESS)
        return SMTPLITE_TRANSPORT_FAILED;
    transport_ptr->nx_smtp_transport_tls = client_ptr->nx_smtp_client_tls;
    smtplite_tls_done(session, true);
    return 0;
}

static const NX_SMTP_TLS tls_calls = {tls_open,     tls_start, tls_close,
                                      tls_allocate, tls_send,  tls_receive};

/* ---- Calls ------------------------------------------------------------------------------- */

UINT _nxe_smtp_client_tls_set(NX_SMTP_CLIENT *client_ptr, UINT mode, CHAR *host_name,
                              NX_SMTP_TLS_SETUP *tls_setup) {
    if (!client_ptr)
        return NX_PTR_ERROR;
    if (mode > NX_SMTP_TLS_IMPLICIT)
        return NX_SMTP_INVALID_PARAM;
    if (mode != NX_SMTP_TLS_NONE) {
        if (!host_name || !tls_setup)
            return NX_PTR_ERROR;
        if (*host_name == '\0')
            return NX_SMTP_INVALID_PARAM;
        if (strlen(host_name) > NX_SECURE_X509_DNS_NAME_MAX)
            return NX_SIZE_ERROR;
    }
    return _nx_smtp_client_tls_set(client_ptr, mode, host_name, tls_setup);
}

UINT _nx_smtp_client_tls_set(NX_SMTP_CLIENT *client_ptr, UINT mode, CHAR *host_name,
                             NX_SMTP_TLS_SETUP *tls_setup) {
    static const UCHAR tls_of[] = {SMTPLITE_TLS_NONE, SMTPLITE_TLS_REQUIRED, SMTPLITE_TLS_IMPLICIT};
    UINT status = _nx_smtp_client_enter(client_ptr);
    if (status != NX_SUCCESS)
        return status;
    client_ptr->nx_smtp_client_tls = mode != NX_SMTP_TLS_NONE ? &tls_calls : NX_NULL;
    client_ptr->nx_smtp_client_tls_host = host_name;
    client_ptr->nx_smtp_client_tls_setup = tls_setup;
    client_ptr->nx_smtp_client_config.tls = tls_of[mode];
    _nx_smtp_client_configure(client_ptr);
    client_ptr->nx_smtp_client_state = NX_SMTP_CLIENT_STATE_IDLE;
    return NX_SUCCESS;
}

UINT _nxe_smtp_client_tls_status_get(NX_SMTP_CLIENT *client_ptr, UINT *tls_status) {
    return client_ptr && tls_status ? _nx_smtp_client_tls_status_get(client_ptr, tls_status)
                                    : NX_PTR_ERROR;
}

UINT _nx_smtp_client_tls_status_get(NX_SMTP_CLIENT *client_ptr, UINT *tls_status) {
    UINT status = _nx_smtp_client_resume(client_ptr);
    if (status != NX_SUCCESS)
        return status;
    *tls_status = client_ptr->nx_smtp_client_tls_status;
    _nx_smtp_client_leave(client_ptr);
    return NX_SUCCESS;
}

#endif
