/* SPDX-License-Identifier: MIT */
/* The face's transport itself, compiled with an ear on nx_tcp_socket_send. */

#include "face.h"

struct spy spy;

static void note(const NX_TCP_SOCKET *socket_ptr, NX_PACKET *packet_ptr) {
    static const struct segment none;
    struct segment *segment = &spy.segments[spy.count < SPY_MAX ? spy.count++ : SPY_MAX - 1];
    ULONG from = packet_ptr->nx_packet_length > sizeof segment->tail
                     ? packet_ptr->nx_packet_length - (ULONG)sizeof segment->tail
                     : 0;
    ULONG copied;
    *segment = none;
    segment->len = packet_ptr->nx_packet_length;
    nx_packet_data_extract_offset(packet_ptr, from, segment->tail, sizeof segment->tail, &copied);
    spy.too_long += packet_ptr->nx_packet_length > socket_ptr->nx_tcp_socket_connect_mss;
#ifndef NX_DISABLE_PACKET_CHAIN
    spy.chained += packet_ptr->nx_packet_next != NX_NULL;
#endif
}

static UINT spy_send(NX_TCP_SOCKET *socket_ptr, NX_PACKET **packet_ptr, ULONG wait_option) {
    TX_INTERRUPT_SAVE_AREA
    TX_DISABLE
    note(socket_ptr, *packet_ptr);
    TX_RESTORE
    return nx_tcp_socket_send(socket_ptr, *packet_ptr, wait_option);
}

void spy_reset(void) {
    static const struct spy none;
    spy = none;
}

#undef nx_tcp_socket_send
#define nx_tcp_socket_send(s, p, w) spy_send(s, &(p), w)
#include "nx_smtp_transport.c"
