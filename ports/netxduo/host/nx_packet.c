/* SPDX-License-Identifier: MIT */

/* Packets and their pools.
 *
 * A packet's nx_packet_tcp_queue_next says who has it: NX_PACKET_FREE the pool, NX_PACKET_ALLOCATED
 * somebody else. Free packets hang on the pool's list by nx_packet_queue_next. Under
 * AddressSanitizer the data of a free packet are poisoned, so that a read after the release is
 * caught. */

#include "nx_inner.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN
#endif

#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, len)   ASAN_POISON_MEMORY_REGION(p, len)
#define UNPOISON(p, len) ASAN_UNPOISON_MEMORY_REGION(p, len)
#else
#define POISON(p, len)   ((void)0)
#define UNPOISON(p, len) ((void)0)
#endif

static void mark(NX_PACKET *packet_ptr, ALIGN_TYPE who) {
    packet_ptr->nx_packet_union_next.nx_packet_tcp_queue_next = (NX_PACKET *)who;
}

static bool is_allocated(const NX_PACKET *packet_ptr) {
    return packet_ptr->nx_packet_union_next.nx_packet_tcp_queue_next ==
           (NX_PACKET *)NX_PACKET_ALLOCATED;
}

static void put_back(NX_PACKET_POOL *pool_ptr, NX_PACKET *packet_ptr) {
    mark(packet_ptr, NX_PACKET_FREE);
    packet_ptr->nx_packet_queue_next = pool_ptr->nx_packet_pool_available_list;
    pool_ptr->nx_packet_pool_available_list = packet_ptr;
    pool_ptr->nx_packet_pool_available++;
    POISON(packet_ptr->nx_packet_data_start, pool_ptr->nx_packet_pool_payload_size);
}

static size_t round_up(size_t size) {
    return (size + NX_PACKET_ALIGNMENT - 1) / NX_PACKET_ALIGNMENT * NX_PACKET_ALIGNMENT;
}

/* Lays packets, each header followed by its payload, over the memory; the first one ends up first
 * on the list. */
static ULONG lay_out(NX_PACKET_POOL *pool_ptr, CHAR *start, size_t size) {
    size_t header = round_up(sizeof(NX_PACKET));
    size_t stride = round_up(header + pool_ptr->nx_packet_pool_payload_size);
    size_t count = size / stride;

    for (size_t i = count; i-- > 0;) {
        NX_PACKET *packet_ptr = (NX_PACKET *)(void *)(start + i * stride);

        memset(packet_ptr, 0, sizeof *packet_ptr);
        packet_ptr->nx_packet_pool_owner = pool_ptr;
        packet_ptr->nx_packet_data_start = (UCHAR *)start + i * stride + header;
        packet_ptr->nx_packet_data_end =
            packet_ptr->nx_packet_data_start + pool_ptr->nx_packet_pool_payload_size;
        put_back(pool_ptr, packet_ptr);
    }
    return (ULONG)count;
}

UINT nx_packet_pool_create(NX_PACKET_POOL *pool_ptr, CHAR *name, ULONG payload_size,
                           VOID *memory_ptr, ULONG memory_size) {
    size_t skip = round_up((size_t)(uintptr_t)memory_ptr) - (size_t)(uintptr_t)memory_ptr;

    if (pool_ptr == NULL || memory_ptr == NULL) {
        return NX_PTR_ERROR;
    }
    if (payload_size == 0 || memory_size < skip ||
        memory_size - skip < round_up(sizeof(NX_PACKET)) + payload_size) {
        return NX_SIZE_ERROR;
    }
    NX_INIT_AND_THREADS_CALLER_CHECKING
    tx_host_lock();
    UNPOISON(memory_ptr, memory_size);
    memset(pool_ptr, 0, sizeof *pool_ptr);
    pool_ptr->nx_packet_pool_id = NX_PACKET_POOL_ID;
    pool_ptr->nx_packet_pool_name = name;
    pool_ptr->nx_packet_pool_payload_size = payload_size;
    pool_ptr->nx_packet_pool_start = (CHAR *)memory_ptr + skip;
    pool_ptr->nx_packet_pool_size = memory_size - (ULONG)skip;
    pool_ptr->nx_packet_pool_total =
        lay_out(pool_ptr, pool_ptr->nx_packet_pool_start, pool_ptr->nx_packet_pool_size);
    tx_host_unlock();
    return NX_SUCCESS;
}

UINT nx_packet_pool_delete(NX_PACKET_POOL *pool_ptr) {
    if (!nx_inner_is_pool(pool_ptr)) {
        return NX_PTR_ERROR;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    tx_host_lock();
    pool_ptr->nx_packet_pool_id = 0;
    UNPOISON(pool_ptr->nx_packet_pool_start, pool_ptr->nx_packet_pool_size);
    tx_host_announce();
    while (pool_ptr->nx_packet_pool_suspended_count > 0 && tx_host_wait(TX_HOST_NEVER)) {
    }
    tx_host_unlock_and_end_if_told();
    return NX_SUCCESS;
}

static void give(ULONG *to, ULONG value) {
    if (to != NULL) {
        *to = value;
    }
}

UINT nx_packet_pool_info_get(NX_PACKET_POOL *pool_ptr, ULONG *total_packets, ULONG *free_packets,
                             ULONG *empty_pool_requests, ULONG *empty_pool_suspensions,
                             ULONG *invalid_packet_releases) {
    if (!nx_inner_is_pool(pool_ptr)) {
        return NX_PTR_ERROR;
    }
    NX_INIT_AND_THREADS_CALLER_CHECKING
    tx_host_lock();
    give(total_packets, pool_ptr->nx_packet_pool_total);
    give(free_packets, pool_ptr->nx_packet_pool_available);
    give(empty_pool_requests, pool_ptr->nx_packet_pool_empty_requests);
    give(empty_pool_suspensions, pool_ptr->nx_packet_pool_empty_suspensions);
    give(invalid_packet_releases, pool_ptr->nx_packet_pool_invalid_releases);
    tx_host_unlock();
    return NX_SUCCESS;
}

NX_PACKET *nx_inner_packet_take(NX_PACKET_POOL *pool_ptr, ULONG offset) {
    NX_PACKET *packet_ptr = pool_ptr->nx_packet_pool_available_list;

    if (packet_ptr == NULL) {
        return NULL;
    }
    pool_ptr->nx_packet_pool_available_list = packet_ptr->nx_packet_queue_next;
    pool_ptr->nx_packet_pool_available--;
    UNPOISON(packet_ptr->nx_packet_data_start, pool_ptr->nx_packet_pool_payload_size);
    mark(packet_ptr, NX_PACKET_ALLOCATED);
    packet_ptr->nx_packet_queue_next = NULL;
#ifndef NX_DISABLE_PACKET_CHAIN
    packet_ptr->nx_packet_next = NULL;
    packet_ptr->nx_packet_last = NULL;
#endif
    packet_ptr->nx_packet_length = 0;
    packet_ptr->nx_packet_prepend_ptr = packet_ptr->nx_packet_data_start + offset;
    packet_ptr->nx_packet_append_ptr = packet_ptr->nx_packet_prepend_ptr;
    return packet_ptr;
}

UINT nx_inner_packet_wait(NX_PACKET_POOL *pool_ptr, ULONG offset, int64_t deadline,
                          NX_PACKET **packet_ptr) {
    bool in_time = true;
    UINT status = NX_SUCCESS;

    pool_ptr->nx_packet_pool_suspended_count++;
    while (in_time && pool_ptr->nx_packet_pool_available == 0 && nx_inner_is_pool(pool_ptr)) {
        in_time = tx_host_wait(deadline);
    }
    pool_ptr->nx_packet_pool_suspended_count--;
    if (!nx_inner_is_pool(pool_ptr)) {
        tx_host_announce();
        status = NX_POOL_DELETED;
    } else if ((*packet_ptr = nx_inner_packet_take(pool_ptr, offset)) == NULL) {
        status = NX_NO_PACKET;
    }
    return status;
}

static UINT allocate(NX_PACKET_POOL *pool_ptr, NX_PACKET **packet_ptr, ULONG packet_type,
                     ULONG wait_option) {
    if (nx_inner_call(NX_HOST_PACKET_ALLOCATE)) {
        return NX_NO_PACKET;
    }
    if (pool_ptr->nx_packet_pool_available == 0) {
        pool_ptr->nx_packet_pool_empty_requests++;
        if (wait_option == NX_NO_WAIT) {
            return NX_NO_PACKET;
        }
        pool_ptr->nx_packet_pool_empty_suspensions++;
    }
    return nx_inner_packet_wait(pool_ptr, packet_type, tx_host_deadline(wait_option), packet_ptr);
}

UINT nx_packet_allocate(NX_PACKET_POOL *pool_ptr, NX_PACKET **packet_ptr, ULONG packet_type,
                        ULONG wait_option) {
    UINT status;

    if (!nx_inner_is_pool(pool_ptr) || packet_ptr == NULL) {
        return NX_PTR_ERROR;
    }
    if (packet_type % sizeof(ULONG) != 0) {
        return NX_OPTION_ERROR;
    }
    NX_THREAD_WAIT_CALLER_CHECKING
    if (pool_ptr->nx_packet_pool_payload_size < packet_type) {
        return NX_INVALID_PARAMETERS;
    }
    *packet_ptr = NULL;
    tx_host_lock();
    status = allocate(pool_ptr, packet_ptr, packet_type, wait_option);
    tx_host_unlock_and_end_if_told();
    return status;
}

UINT nx_inner_packet_release(NX_PACKET *packet_ptr) {
    while (packet_ptr != NULL) {
        NX_PACKET_POOL *pool_ptr = packet_ptr->nx_packet_pool_owner;
        NX_PACKET *next = nx_inner_next(packet_ptr);

        if (!is_allocated(packet_ptr)) {
            if (nx_inner_is_pool(pool_ptr)) {
                pool_ptr->nx_packet_pool_invalid_releases++;
            }
            return NX_PTR_ERROR;
        }
        put_back(pool_ptr, packet_ptr);
        tx_host_announce();
        packet_ptr = next;
    }
    return NX_SUCCESS;
}

UINT _nx_packet_release(NX_PACKET *packet_ptr) {
    UINT status;

    tx_host_lock();
    status = nx_inner_packet_release(packet_ptr);
    tx_host_unlock();
    return status;
}

static UINT check_packet(const NX_PACKET *packet_ptr) {
    if (packet_ptr == NULL || !nx_inner_is_pool(packet_ptr->nx_packet_pool_owner)) {
        return NX_PTR_ERROR;
    }
    if (packet_ptr->nx_packet_prepend_ptr < packet_ptr->nx_packet_data_start) {
        return NX_UNDERFLOW;
    }
    if (packet_ptr->nx_packet_append_ptr > packet_ptr->nx_packet_data_end) {
        return NX_OVERFLOW;
    }
    return NX_SUCCESS;
}

UINT _nxe_packet_release(NX_PACKET **packet_ptr_ptr) {
    UINT status = check_packet(*packet_ptr_ptr);

    if (status == NX_SUCCESS) {
        status = _nx_packet_release(*packet_ptr_ptr);
    }
    if (status == NX_SUCCESS) {
        *packet_ptr_ptr = NULL;
    }
    return status;
}

UINT _nx_packet_transmit_release(NX_PACKET *packet_ptr) {
    return _nx_packet_release(packet_ptr);
}

UINT _nxe_packet_transmit_release(NX_PACKET **packet_ptr_ptr) {
    return _nxe_packet_release(packet_ptr_ptr);
}

#ifdef NX_DISABLE_PACKET_CHAIN

static UINT make_room(NX_PACKET *packet_ptr, ULONG size, NX_PACKET_POOL *pool_ptr,
                      ULONG wait_option) {
    (void)pool_ptr;
    (void)wait_option;
    return size > nx_inner_room(packet_ptr) ? NX_SIZE_ERROR : NX_SUCCESS;
}

static NX_PACKET *last_of(NX_PACKET *packet_ptr) {
    return packet_ptr;
}

#else

static NX_PACKET *last_of(NX_PACKET *packet_ptr) {
    return packet_ptr->nx_packet_last != NULL ? packet_ptr->nx_packet_last : packet_ptr;
}

/* Gets the packets that the data need beyond the room at the end, and chains them on: all, or none
 * if one cannot be had. */
static UINT make_room(NX_PACKET *packet_ptr, ULONG size, NX_PACKET_POOL *pool_ptr,
                      ULONG wait_option) {
    ULONG room = nx_inner_room(last_of(packet_ptr));
    NX_PACKET *first = NULL;
    NX_PACKET *last = NULL;

    while (size > room) {
        NX_PACKET *new_ptr = NULL;
        UINT status = nx_packet_allocate(pool_ptr, &new_ptr, NX_RECEIVE_PACKET, wait_option);

        if (status != NX_SUCCESS) {
            _nx_packet_release(first);
            return status;
        }
        if (last == NULL) {
            first = new_ptr;
        } else {
            last->nx_packet_next = new_ptr;
        }
        last = new_ptr;
        size -= room;
        room = nx_inner_room(new_ptr);
    }
    if (last != NULL) {
        last_of(packet_ptr)->nx_packet_next = first;
        packet_ptr->nx_packet_last = last;
    }
    return NX_SUCCESS;
}

#endif

UINT nx_packet_data_append(NX_PACKET *packet_ptr, VOID *data_start, ULONG data_size,
                           NX_PACKET_POOL *pool_ptr, ULONG wait_option) {
    const UCHAR *from = data_start;
    NX_PACKET *to;
    UINT status = check_packet(packet_ptr);

    if (status != NX_SUCCESS) {
        return status;
    }
    if (from == NULL || !nx_inner_is_pool(pool_ptr)) {
        return NX_PTR_ERROR;
    }
    if (data_size == 0) {
        return NX_SIZE_ERROR;
    }
    NX_THREAD_WAIT_CALLER_CHECKING
    to = last_of(packet_ptr);
    status = make_room(packet_ptr, data_size, pool_ptr, wait_option);
    if (status != NX_SUCCESS) {
        return status;
    }
    packet_ptr->nx_packet_length += data_size;
    while (data_size > 0) {
        ULONG part = nx_inner_room(to) < data_size ? nx_inner_room(to) : data_size;

        memcpy(to->nx_packet_append_ptr, from, part);
        to->nx_packet_append_ptr += part;
        from += part;
        data_size -= part;
        to = nx_inner_next(to);
    }
    return NX_SUCCESS;
}

/* Copies at most cap bytes of the chain's data from an offset on, and returns how many there were.
 */
static ULONG copy_out(const NX_PACKET *packet_ptr, ULONG offset, UCHAR *to, ULONG cap) {
    ULONG done = 0;

    for (; packet_ptr != NULL && done < cap; packet_ptr = nx_inner_next(packet_ptr)) {
        ULONG used = nx_inner_used(packet_ptr);
        ULONG skip = offset < used ? offset : used;
        ULONG part = used - skip < cap - done ? used - skip : cap - done;

        memcpy(to + done, packet_ptr->nx_packet_prepend_ptr + skip, part);
        offset -= skip;
        done += part;
    }
    return done;
}

UINT nx_packet_data_extract_offset(NX_PACKET *packet_ptr, ULONG offset, VOID *buffer_start,
                                   ULONG buffer_length, ULONG *bytes_copied) {
    if (packet_ptr == NULL || buffer_start == NULL || bytes_copied == NULL) {
        return NX_PTR_ERROR;
    }
    if (offset >= packet_ptr->nx_packet_length) {
        *bytes_copied = 0;
        return offset == 0 ? NX_SUCCESS : NX_PACKET_OFFSET_ERROR;
    }
    *bytes_copied = copy_out(packet_ptr, offset, buffer_start, buffer_length);
    return NX_SUCCESS;
}

UINT nx_packet_data_retrieve(NX_PACKET *packet_ptr, VOID *buffer_start, ULONG *bytes_copied) {
    if (packet_ptr == NULL || buffer_start == NULL || bytes_copied == NULL) {
        return NX_PTR_ERROR;
    }
    *bytes_copied = copy_out(packet_ptr, 0, buffer_start, packet_ptr->nx_packet_length);
    return *bytes_copied == packet_ptr->nx_packet_length ? NX_SUCCESS : NX_INVALID_PACKET;
}

UINT nx_packet_length_get(NX_PACKET *packet_ptr, ULONG *length) {
    if (packet_ptr == NULL || length == NULL) {
        return NX_PTR_ERROR;
    }
    NX_INIT_AND_THREADS_CALLER_CHECKING
    *length = packet_ptr->nx_packet_length;
    return NX_SUCCESS;
}
