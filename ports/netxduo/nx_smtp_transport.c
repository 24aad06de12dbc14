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

/* Pieces up to this length are not split over two segments, see smtplite/transport.h. */
#define WHOLE 16u

static ULONG least(ULONG a, ULONG b) {
    return a < b ? a : b;
}

static ULONG headroom(const NX_SMTP_CLIENT *client_ptr) {
#ifdef FEATURE_NX_IPV6
    if (client_ptr->nx_smtp_client_server_address.nxd_ip_version == NX_IP_VERSION_V4)
        return NX_TCP_PACKET - (NX_IPv6_TCP_PACKET - NX_IPv4_TCP_PACKET);
#else
    NX_PARAMETER_NOT_USED(client_ptr);
#endif
    return NX_TCP_PACKET;
}

static void drop(NX_PACKET **packet_ptr) {
    if (*packet_ptr)
        nx_packet_release(*packet_ptr);
    *packet_ptr = NX_NULL;
}

static UINT flush(NX_SMTP_CLIENT *client_ptr) {
    UINT status =
        nx_tcp_socket_send(&client_ptr->nx_smtp_client_socket,
                           client_ptr->nx_smtp_client_send_packet, NX_SMTP_CLIENT_SEND_TIMEOUT);
    if (status == NX_SUCCESS)
        client_ptr->nx_smtp_client_send_packet = NX_NULL;
    return status;
}

static UINT append(NX_SMTP_CLIENT *client_ptr, const char *p, ULONG size) {
    /* NetX takes the data without const and does not write to it. */
    return nx_packet_data_append(client_ptr->nx_smtp_client_send_packet, (VOID *)(uintptr_t)p, size,
                                 client_ptr->nx_smtp_client_packet_pool_ptr, NX_NO_WAIT);
}

/* Puts what fits into the held segment, with further packets in the chain if they can be had at
 * once. 0: what is held must leave first; or, if nothing is, there is no room at all. */
static ULONG hold(NX_SMTP_CLIENT *client_ptr, const char *p, ULONG n) {
    const NX_PACKET *packet_ptr = client_ptr->nx_smtp_client_send_packet;
    ULONG held = packet_ptr->nx_packet_length;
    ULONG mss = client_ptr->nx_smtp_client_socket.nx_tcp_socket_connect_mss;
    ULONG size = least(n, mss > held ? mss - held : 0); /* the MSS may shrink meanwhile */
    if (held != 0 && size < n && (n <= WHOLE || size == 0))
        return 0;
    if (append(client_ptr, p, size) == NX_SUCCESS)
        return size;
    if (held != 0)
        return 0;
    size = least(size, (ULONG)(packet_ptr->nx_packet_data_end - packet_ptr->nx_packet_append_ptr));
    return append(client_ptr, p, size) == NX_SUCCESS ? size : 0;
}

/* Takes some of the bytes; what was held before leaves first if it is in the way. */
static UINT take(NX_SMTP_CLIENT *client_ptr, const char *p, ULONG n, ULONG *taken) {
    UINT status = NX_SUCCESS;
    while (status == NX_SUCCESS) {
        NX_PACKET **packet_ptr = &client_ptr->nx_smtp_client_send_packet;
        if (!*packet_ptr)
            status = nx_packet_allocate(client_ptr->nx_smtp_client_packet_pool_ptr, packet_ptr,
                                        headroom(client_ptr), NX_SMTP_CLIENT_PACKET_TIMEOUT);
        if (status != NX_SUCCESS)
            break;
        *taken = hold(client_ptr, p, n);
        if (*taken != 0)
            break;
        status = (*packet_ptr)->nx_packet_length != 0 ? flush(client_ptr)
                                                      : NX_SMTP_PACKET_ALLOCATE_ERROR;
    }
    return status;
}

/* Gets the next packet from the socket, if none is being read. */
static UINT fetch(NX_SMTP_CLIENT *client_ptr, ULONG wait) {
    if (client_ptr->nx_smtp_client_receive_packet)
        return NX_SUCCESS;
    client_ptr->nx_smtp_client_receive_offset = 0;
    return nx_tcp_socket_receive(&client_ptr->nx_smtp_client_socket,
                                 &client_ptr->nx_smtp_client_receive_packet, wait);
}

static ptrdiff_t transport_send(void *context, const char *p, size_t n, bool more, uint32_t wait) {
    NX_SMTP_CLIENT *client_ptr = context;
    UINT *status = &client_ptr->nx_smtp_client_network_status;
    ULONG taken = 0;
    (void)wait; /* NetX gives a packet back or keeps it: it cannot be asked to go on later */
    if (fetch(client_ptr, NX_NO_WAIT) == NX_SUCCESS)
        return 0;
    if (*status == NX_SUCCESS)
        *status = take(client_ptr, p, (ULONG)n, &taken);
    if (*status == NX_SUCCESS && !more && taken == n)
        *status = flush(client_ptr);
    if (*status == NX_SUCCESS)
        return (ptrdiff_t)taken;
    /* What the server said before it went is still read (D12). */
    return fetch(client_ptr, NX_NO_WAIT) == NX_SUCCESS ? 0 : SMTPLITE_TRANSPORT_FAILED;
}

static ptrdiff_t transport_receive(void *context, char *p, size_t n, uint32_t wait) {
    NX_SMTP_CLIENT *client_ptr = context;
    NX_PACKET **packet_ptr = &client_ptr->nx_smtp_client_receive_packet;
    ULONG copied = 0;
    UINT status = NX_SUCCESS;
    if (wait != 0 && client_ptr->nx_smtp_client_send_packet)
        status = flush(client_ptr); /* nothing is held while the message's source is waited for */
    if (status == NX_SUCCESS)
        status = fetch(client_ptr, wait);
    if (status == NX_NO_PACKET)
        return 0;
    if (status != NX_SUCCESS) {
        client_ptr->nx_smtp_client_network_status = status;
        return status == NX_NOT_CONNECTED ? SMTPLITE_TRANSPORT_EOF : SMTPLITE_TRANSPORT_FAILED;
    }
    (void)nx_packet_data_extract_offset(*packet_ptr, client_ptr->nx_smtp_client_receive_offset, p,
                                        (ULONG)n, &copied);
    client_ptr->nx_smtp_client_receive_offset += copied;
    if (client_ptr->nx_smtp_client_receive_offset >= (*packet_ptr)->nx_packet_length)
        drop(packet_ptr);
    return (ptrdiff_t)copied;
}

static uint32_t transport_now(void *context) {
    (void)context;
    return (uint32_t)tx_time_get();
}

const struct smtplite_transport _nx_smtp_transport = {NX_NULL, transport_send, transport_receive,
                                                      transport_now, NX_NULL, NX_NULL};

UINT _nx_smtp_transport_open(NX_SMTP_CLIENT *client_ptr) {
    NX_TCP_SOCKET *socket_ptr = &client_ptr->nx_smtp_client_socket;
    UINT status;
    client_ptr->nx_smtp_client_network_status = NX_SUCCESS;
    status = nx_tcp_client_socket_bind(socket_ptr, NX_ANY_PORT, NX_SMTP_CLIENT_CONNECTION_TIMEOUT);
    if (status != NX_SUCCESS)
        return status;
    status = nxd_tcp_client_socket_connect(socket_ptr, &client_ptr->nx_smtp_client_server_address,
                                           client_ptr->nx_smtp_client_server_port,
                                           NX_SMTP_CLIENT_CONNECTION_TIMEOUT);
    if (status != NX_SUCCESS)
        _nx_smtp_transport_close(client_ptr);
    return status;
}

VOID _nx_smtp_transport_close(NX_SMTP_CLIENT *client_ptr) {
    drop(&client_ptr->nx_smtp_client_send_packet);
    drop(&client_ptr->nx_smtp_client_receive_packet);
    /* Whatever they say, the socket is closed and unbound then: NetX resets what does not end. */
    (void)nx_tcp_socket_disconnect(&client_ptr->nx_smtp_client_socket,
                                   NX_SMTP_CLIENT_DISCONNECT_TIMEOUT);
    (void)nx_tcp_client_socket_unbind(&client_ptr->nx_smtp_client_socket);
}
