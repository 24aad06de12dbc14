/* SPDX-License-Identifier: MIT */

/* Inside the host edition: what its NetX half shares. All of it with the lock of tx_host.h held. */

#ifndef NX_INNER_H
#define NX_INNER_H

#include "nx_host.h"
#include "tx_host.h"

/* Counts a call; true if it is the one that is to fail. */
bool nx_inner_call(enum nx_host_call which);
void nx_inner_segment(void);

/* The MSS that a test set, or 0. */
ULONG nx_inner_mss(void);

/* A free packet whose data are to start at an offset, or null. Does not wait and does not count. */
NX_PACKET *nx_inner_packet_take(NX_PACKET_POOL *pool_ptr, ULONG offset);

/* Waits for a free packet; the pool is alive when called and may be deleted meanwhile. */
UINT nx_inner_packet_wait(NX_PACKET_POOL *pool_ptr, ULONG offset, int64_t deadline,
                          NX_PACKET **packet_ptr);

/* Releases a chain. */
UINT nx_inner_packet_release(NX_PACKET *packet_ptr);

static inline NX_PACKET *nx_inner_next(const NX_PACKET *packet_ptr) {
#ifdef NX_DISABLE_PACKET_CHAIN
    (void)packet_ptr;
    return NULL;
#else
    return packet_ptr->nx_packet_next;
#endif
}

static inline ULONG nx_inner_used(const NX_PACKET *packet_ptr) {
    return (ULONG)(packet_ptr->nx_packet_append_ptr - packet_ptr->nx_packet_prepend_ptr);
}

static inline ULONG nx_inner_room(const NX_PACKET *packet_ptr) {
    return (ULONG)(packet_ptr->nx_packet_data_end - packet_ptr->nx_packet_append_ptr);
}

static inline bool nx_inner_is_pool(const NX_PACKET_POOL *pool_ptr) {
    return pool_ptr != NULL && pool_ptr->nx_packet_pool_id == NX_PACKET_POOL_ID;
}

#endif
