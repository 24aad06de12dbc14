/* SPDX-License-Identifier: MIT */
/*
 * The transport over one NetX Duo TCP socket.
 *
 * Outgoing bytes gather in one packet, chained as long as the segment lasts, and leave as one
 * nx_tcp_socket_send each time the segment is full or nothing more is to follow at once. Since the
 * packet never exceeds the connection's MSS, one send is one segment. A packet belongs to us until
 * nx_tcp_socket_send has taken it, and to NetX from then on.
 *
 * The intermediate packets of a chain are always filled to their end: NetX's checksum wants that.
 */

#define NX_SMTP_SOURCE_CODE

#include "nx_smtp_transport.h"

#include <string.h>

/* Pieces up to this length are not split over two segments, see smtplite/transport.h. */
#define WHOLE 16u

static ULONG least(ULONG a, ULONG b) {
    return a < b ? a : b;
}

/* What a TLS record adds at most: its header, an IV, a MAC and padding (RFC 5246 6.2.3). */
#define RECORD_EXTRA 96u
#define RECORD_MAX   16384u

/* How much one send carries. */
static ULONG segment(const NX_SMTP_TRANSPORT *transport_ptr) {
    ULONG mss = transport_ptr->nx_smtp_transport_socket_ptr->nx_tcp_socket_connect_mss;
#ifdef NX_SECURE_ENABLE
    if (transport_ptr->nx_smtp_transport_tls)
        mss = mss > RECORD_EXTRA + WHOLE ? least(mss - RECORD_EXTRA, RECORD_MAX) : WHOLE;
#endif
    return mss;
}

static ULONG headroom(const NX_SMTP_TRANSPORT *transport_ptr) {
#ifdef FEATURE_NX_IPV6
    if (transport_ptr->nx_smtp_transport_socket_ptr->nx_tcp_socket_connect_ip.nxd_ip_version ==
        NX_IP_VERSION_V4)
        return NX_TCP_PACKET - (NX_IPv6_TCP_PACKET - NX_IPv4_TCP_PACKET);
#else
    NX_PARAMETER_NOT_USED(transport_ptr);
#endif
    return NX_TCP_PACKET;
}

static UINT allocate(NX_SMTP_TRANSPORT *transport_ptr) {
#ifdef NX_SECURE_ENABLE
    if (transport_ptr->nx_smtp_transport_tls)
        return transport_ptr->nx_smtp_transport_tls->allocate(
            transport_ptr, &transport_ptr->nx_smtp_transport_send_packet);
#endif
    return nx_packet_allocate(transport_ptr->nx_smtp_transport_packet_pool_ptr,
                              &transport_ptr->nx_smtp_transport_send_packet,
                              headroom(transport_ptr), NX_SMTP_CLIENT_PACKET_TIMEOUT);
}

static VOID drop(NX_PACKET **packet_ptr) {
    if (*packet_ptr)
        nx_packet_release(*packet_ptr);
    *packet_ptr = NX_NULL;
}

static UINT flush(NX_SMTP_TRANSPORT *transport_ptr) {
    UINT status;
#ifdef NX_SECURE_ENABLE
    if (transport_ptr->nx_smtp_transport_tls)
        return transport_ptr->nx_smtp_transport_tls->send(transport_ptr);
#endif
    status = nx_tcp_socket_send(transport_ptr->nx_smtp_transport_socket_ptr,
                                transport_ptr->nx_smtp_transport_send_packet,
                                NX_SMTP_CLIENT_SEND_TIMEOUT);
    if (status == NX_SUCCESS)
        transport_ptr->nx_smtp_transport_send_packet = NX_NULL;
    return status;
}

static UINT append(NX_SMTP_TRANSPORT *transport_ptr, const char *p, ULONG size) {
    /* NetX takes the data without const and does not write to it. */
    return nx_packet_data_append(transport_ptr->nx_smtp_transport_send_packet, (VOID *)(uintptr_t)p,
                                 size, transport_ptr->nx_smtp_transport_packet_pool_ptr,
                                 NX_NO_WAIT);
}

/* Puts what fits into the held segment, with further packets in the chain if they can be had at
 * once. 0: what is held must leave first; or, if nothing is, there is no room at all. */
static ULONG hold(NX_SMTP_TRANSPORT *transport_ptr, const char *p, ULONG n) {
    const NX_PACKET *packet_ptr = transport_ptr->nx_smtp_transport_send_packet;
    ULONG held = packet_ptr->nx_packet_length;
    ULONG most = segment(transport_ptr);
    ULONG size = least(n, most > held ? most - held : 0); /* the MSS may shrink meanwhile */
    if (held != 0 && size < n && (n <= WHOLE || size == 0))
        return 0;
    if (append(transport_ptr, p, size) == NX_SUCCESS)
        return size;
    if (held != 0)
        return 0;
    size = least(size, (ULONG)(packet_ptr->nx_packet_data_end - packet_ptr->nx_packet_append_ptr));
    return append(transport_ptr, p, size) == NX_SUCCESS ? size : 0;
}

/* Takes some of the bytes; what was held before leaves first if it is in the way. */
static UINT take(NX_SMTP_TRANSPORT *transport_ptr, const char *p, ULONG n, ULONG *taken) {
    UINT status = NX_SUCCESS;
    while (status == NX_SUCCESS) {
        NX_PACKET **packet_ptr = &transport_ptr->nx_smtp_transport_send_packet;
        if (!*packet_ptr)
            status = allocate(transport_ptr);
        if (status != NX_SUCCESS)
            break;
        *taken = hold(transport_ptr, p, n);
        if (*taken != 0)
            break;
        status = (*packet_ptr)->nx_packet_length != 0 ? flush(transport_ptr)
                                                      : NX_SMTP_PACKET_ALLOCATE_ERROR;
    }
    return status;
}

UINT _nx_smtp_transport_fetch(NX_SMTP_TRANSPORT *transport_ptr, ULONG wait) {
    if (transport_ptr->nx_smtp_transport_receive_packet)
        return NX_SUCCESS;
    transport_ptr->nx_smtp_transport_receive_offset = 0;
#ifdef NX_SECURE_ENABLE
    if (transport_ptr->nx_smtp_transport_tls)
        return transport_ptr->nx_smtp_transport_tls->receive(transport_ptr, wait);
#endif
    return nx_tcp_socket_receive(transport_ptr->nx_smtp_transport_socket_ptr,
                                 &transport_ptr->nx_smtp_transport_receive_packet, wait);
}

static ptrdiff_t transport_send(void *context, const char *p, size_t n, bool more, uint32_t wait) {
    NX_SMTP_TRANSPORT *transport_ptr = context;
    UINT *status = &transport_ptr->nx_smtp_transport_status;
    ULONG taken = 0;
    (void)wait; /* NetX gives a packet back or keeps it: it cannot be asked to go on later */
    if (_nx_smtp_transport_fetch(transport_ptr, NX_NO_WAIT) == NX_SUCCESS)
        return 0;
    if (*status == NX_SUCCESS)
        *status = take(transport_ptr, p, (ULONG)n, &taken);
    if (*status == NX_SUCCESS && !more && taken == n)
        *status = flush(transport_ptr);
    if (*status == NX_SUCCESS)
        return (ptrdiff_t)taken;
    /* What the server said before it went is still read (D12). */
    return _nx_smtp_transport_fetch(transport_ptr, NX_NO_WAIT) == NX_SUCCESS
               ? 0
               : SMTPLITE_TRANSPORT_FAILED;
}

static ptrdiff_t transport_receive(void *context, char *p, size_t n, uint32_t wait) {
    NX_SMTP_TRANSPORT *transport_ptr = context;
    NX_PACKET **packet_ptr = &transport_ptr->nx_smtp_transport_receive_packet;
    ULONG copied = 0;
    UINT status = NX_SUCCESS;
    if (wait != 0 && transport_ptr->nx_smtp_transport_send_packet)
        status =
            flush(transport_ptr); /* nothing is held while the message's source is waited for */
    if (status == NX_SUCCESS)
        status = _nx_smtp_transport_fetch(transport_ptr, wait);
    if (status == NX_NO_PACKET)
        return 0;
    if (status != NX_SUCCESS) {
        transport_ptr->nx_smtp_transport_status = status;
        return status == NX_NOT_CONNECTED ? SMTPLITE_TRANSPORT_EOF : SMTPLITE_TRANSPORT_FAILED;
    }
    (void)nx_packet_data_extract_offset(
        *packet_ptr, transport_ptr->nx_smtp_transport_receive_offset, p, (ULONG)n, &copied);
    transport_ptr->nx_smtp_transport_receive_offset += copied;
    if (transport_ptr->nx_smtp_transport_receive_offset >= (*packet_ptr)->nx_packet_length)
        drop(packet_ptr);
    return (ptrdiff_t)copied;
}

static uint32_t transport_now(void *context) {
    (void)context;
    return (uint32_t)tx_time_get();
}

static const struct smtplite_transport bare = {NX_NULL,       transport_send, transport_receive,
                                               transport_now, NX_NULL,        NX_NULL};

/* ---- Over a socket of the application's ---------------------------------------------------- */

UINT _nxe_smtp_transport_set(struct smtplite_transport *transport, NX_SMTP_TRANSPORT *transport_ptr,
                             NX_TCP_SOCKET *socket_ptr, NX_PACKET_POOL *packet_pool_ptr) {
    if (!transport || !transport_ptr || !socket_ptr || !packet_pool_ptr)
        return NX_PTR_ERROR;
    return _nx_smtp_transport_set(transport, transport_ptr, socket_ptr, packet_pool_ptr);
}

UINT _nx_smtp_transport_set(struct smtplite_transport *transport, NX_SMTP_TRANSPORT *transport_ptr,
                            NX_TCP_SOCKET *socket_ptr, NX_PACKET_POOL *packet_pool_ptr) {
    memset(transport_ptr, 0, sizeof *transport_ptr);
    transport_ptr->nx_smtp_transport_socket_ptr = socket_ptr;
    transport_ptr->nx_smtp_transport_packet_pool_ptr = packet_pool_ptr;
    *transport = bare;
    transport->context = transport_ptr;
    return NX_SUCCESS;
}

VOID _nx_smtp_transport_release(NX_SMTP_TRANSPORT *transport_ptr) {
    drop(&transport_ptr->nx_smtp_transport_send_packet);
    drop(&transport_ptr->nx_smtp_transport_receive_packet);
}

/* ---- Over the client's -------------------------------------------------------------------- */

#ifdef NX_SECURE_ENABLE
static int transport_start_tls(void *context, struct smtplite_session *session, uint32_t wait) {
    NX_SMTP_CLIENT *client_ptr = NX_SMTP_CLIENT_OF(context, nx_smtp_client_transport);
    return client_ptr->nx_smtp_client_tls->start(client_ptr, session, wait);
}
#endif

/* Whatever they say, the socket is closed and unbound then: NetX resets what does not end, and at
 * once what was cancelled. */
static VOID disconnect(NX_SMTP_CLIENT *client_ptr) {
    NX_TCP_SOCKET *socket_ptr = &client_ptr->nx_smtp_client_socket;
    ULONG wait = NX_SMTP_CLIENT_DISCONNECT_TIMEOUT;
    if (client_ptr->nx_smtp_client_state == NX_SMTP_CLIENT_STATE_CANCELLED)
        wait = NX_NO_WAIT;
    (void)nx_tcp_socket_disconnect(socket_ptr, wait);
    (void)nx_tcp_client_socket_unbind(socket_ptr);
}

static UINT connect(NX_SMTP_CLIENT *client_ptr, UINT (*await)(NX_SMTP_CLIENT *client_ptr)) {
    NX_TCP_SOCKET *socket_ptr = &client_ptr->nx_smtp_client_socket;
    UINT status =
        nx_tcp_client_socket_bind(socket_ptr, NX_ANY_PORT, NX_SMTP_CLIENT_CONNECTION_TIMEOUT);
    if (status != NX_SUCCESS)
        return status;
    status = nxd_tcp_client_socket_connect(socket_ptr, &client_ptr->nx_smtp_client_server_address,
                                           client_ptr->nx_smtp_client_server_port,
                                           await ? NX_NO_WAIT : NX_SMTP_CLIENT_CONNECTION_TIMEOUT);
    if (status == NX_IN_PROGRESS && await)
        status = await(client_ptr);
    if (status != NX_SUCCESS)
        disconnect(client_ptr);
    return status;
}

/* Gives back what is held, and TLS says its goodbye. */
static VOID release(NX_SMTP_CLIENT *client_ptr) {
    _nx_smtp_transport_release(&client_ptr->nx_smtp_client_transport);
#ifdef NX_SECURE_ENABLE
    if (client_ptr->nx_smtp_client_tls)
        client_ptr->nx_smtp_client_tls->close(client_ptr);
#endif
}

UINT _nx_smtp_transport_open(NX_SMTP_CLIENT *client_ptr, struct smtplite_transport *transport,
                             UINT (*await)(NX_SMTP_CLIENT *client_ptr)) {
    UINT status = NX_SUCCESS;
    client_ptr->nx_smtp_client_transport.nx_smtp_transport_status = NX_SUCCESS;
    *transport = bare;
    transport->context = &client_ptr->nx_smtp_client_transport;
#ifdef NX_SECURE_ENABLE
    transport->start_tls = transport_start_tls;
    if (client_ptr->nx_smtp_client_tls)
        status = client_ptr->nx_smtp_client_tls->open(client_ptr);
#endif
    if (status == NX_SUCCESS)
        status = connect(client_ptr, await);
    if (status != NX_SUCCESS)
        release(client_ptr);
    return status;
}

VOID _nx_smtp_transport_close(NX_SMTP_CLIENT *client_ptr) {
    release(client_ptr);
    disconnect(client_ptr);
}
