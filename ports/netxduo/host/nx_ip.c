/* SPDX-License-Identifier: MIT */

/* The IP instance: it holds what was enabled and the default packet pool. The host's own network
 * does the rest. */

#include "nx_inner.h"

#include <unistd.h>

VOID nx_system_initialize(VOID) {
}

VOID _nx_ram_network_driver(NX_IP_DRIVER *driver_req_ptr) {
    (void)driver_req_ptr;
}

/* Stands in for the functions whose presence says that a protocol is enabled. */
static void enabled(NX_IP *ip_ptr, NX_PACKET *packet_ptr) {
    (void)ip_ptr;
    (void)packet_ptr;
}

static bool is_ip(const NX_IP *ip_ptr) {
    return ip_ptr != NULL && ip_ptr->nx_ip_id == NX_IP_ID;
}

UINT nx_ip_create(NX_IP *ip_ptr, CHAR *name, ULONG ip_address, ULONG network_mask,
                  NX_PACKET_POOL *default_pool, VOID (*ip_link_driver)(NX_IP_DRIVER *),
                  VOID *memory_ptr, ULONG memory_size, UINT priority) {
    if (ip_ptr == NULL || ip_link_driver == NULL || memory_ptr == NULL ||
        !nx_inner_is_pool(default_pool)) {
        return NX_PTR_ERROR;
    }
    if (memory_size < TX_MINIMUM_STACK) {
        return NX_SIZE_ERROR;
    }
    if (priority >= TX_MAX_PRIORITIES) {
        return NX_OPTION_ERROR;
    }
    NX_INIT_AND_THREADS_CALLER_CHECKING
    memset(ip_ptr, 0, sizeof *ip_ptr);
    tx_mutex_create(&ip_ptr->nx_ip_protection, name, TX_NO_INHERIT);
    ip_ptr->nx_ip_name = name;
    ip_ptr->nx_ip_address = ip_address;
    ip_ptr->nx_ip_network_mask = network_mask;
    ip_ptr->nx_ip_default_packet_pool = default_pool;
#ifdef NX_ENABLE_DUAL_PACKET_POOL
    ip_ptr->nx_ip_auxiliary_packet_pool = default_pool;
#endif
    ip_ptr->nx_ip_interface[0].nx_interface_physical_address_msw = 0x0200; /* of local making */
    ip_ptr->nx_ip_interface[0].nx_interface_physical_address_lsw = (ULONG)getpid();
    ip_ptr->nx_ip_id = NX_IP_ID;
    return NX_SUCCESS;
}

static bool has_bound_sockets(const NX_IP *ip_ptr) {
    const NX_TCP_SOCKET *socket_ptr = ip_ptr->nx_ip_tcp_created_sockets_ptr;

    while (socket_ptr != NULL && socket_ptr->nx_tcp_socket_bound_next == NULL) {
        socket_ptr = socket_ptr->nx_tcp_socket_created_next;
    }
    return socket_ptr != NULL;
}

UINT nx_ip_delete(NX_IP *ip_ptr) {
    UINT status = NX_SOCKETS_BOUND;

    if (!is_ip(ip_ptr)) {
        return NX_PTR_ERROR;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    tx_host_lock();
    if (!has_bound_sockets(ip_ptr)) {
        ip_ptr->nx_ip_id = 0;
        tx_mutex_delete(&ip_ptr->nx_ip_protection);
        status = NX_SUCCESS;
    }
    tx_host_unlock();
    return status;
}

static ULONG status_of(const NX_IP *ip_ptr) {
    ULONG status = NX_IP_INITIALIZE_DONE | NX_IP_LINK_ENABLED | NX_IP_INTERFACE_LINK_ENABLED;

    if (ip_ptr->nx_ip_address != 0) {
        status |= NX_IP_ADDRESS_RESOLVED;
    }
    if (ip_ptr->nx_ip_host_arp_enabled) {
        status |= NX_IP_ARP_ENABLED;
    }
    if (ip_ptr->nx_ip_udp_packet_receive != NULL) {
        status |= NX_IP_UDP_ENABLED;
    }
    if (ip_ptr->nx_ip_tcp_packet_receive != NULL) {
        status |= NX_IP_TCP_ENABLED;
    }
    return status;
}

UINT nx_ip_status_check(NX_IP *ip_ptr, ULONG needed_status, ULONG *actual_status,
                        ULONG wait_option) {
    int64_t deadline = tx_host_deadline(wait_option);
    ULONG status;

    if (!is_ip(ip_ptr) || actual_status == NULL) {
        return NX_PTR_ERROR;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    tx_host_lock();
    do {
        status = status_of(ip_ptr);
    } while ((status & needed_status) != needed_status && tx_host_wait(deadline));
    tx_host_unlock_and_end_if_told();
    *actual_status = status;
    return (status & needed_status) == needed_status ? NX_SUCCESS : NX_NOT_SUCCESSFUL;
}

#ifdef NX_DISABLE_IPV4

UINT nx_ip_address_get(NX_IP *ip_ptr, ULONG *ip_address, ULONG *network_mask) {
    (void)ip_ptr;
    (void)ip_address;
    (void)network_mask;
    return NX_NOT_SUPPORTED;
}

UINT nx_ip_address_set(NX_IP *ip_ptr, ULONG ip_address, ULONG network_mask) {
    (void)ip_ptr;
    (void)ip_address;
    (void)network_mask;
    return NX_NOT_SUPPORTED;
}

UINT nx_ip_gateway_address_set(NX_IP *ip_ptr, ULONG ip_address) {
    (void)ip_ptr;
    (void)ip_address;
    return NX_NOT_SUPPORTED;
}

UINT nx_arp_enable(NX_IP *ip_ptr, VOID *arp_cache_memory, ULONG arp_cache_size) {
    (void)ip_ptr;
    (void)arp_cache_memory;
    (void)arp_cache_size;
    return NX_NOT_SUPPORTED;
}

#else

UINT nx_ip_address_get(NX_IP *ip_ptr, ULONG *ip_address, ULONG *network_mask) {
    if (!is_ip(ip_ptr) || ip_address == NULL || network_mask == NULL) {
        return NX_PTR_ERROR;
    }
    NX_INIT_AND_THREADS_CALLER_CHECKING
    tx_host_lock();
    *ip_address = ip_ptr->nx_ip_address;
    *network_mask = ip_ptr->nx_ip_network_mask;
    tx_host_unlock();
    return NX_SUCCESS;
}

UINT nx_ip_address_set(NX_IP *ip_ptr, ULONG ip_address, ULONG network_mask) {
    if (!is_ip(ip_ptr)) {
        return NX_PTR_ERROR;
    }
    NX_INIT_AND_THREADS_CALLER_CHECKING
    tx_host_lock();
    ip_ptr->nx_ip_address = ip_address;
    ip_ptr->nx_ip_network_mask = network_mask;
    tx_host_announce();
    tx_host_unlock();
    return NX_SUCCESS;
}

UINT nx_ip_gateway_address_set(NX_IP *ip_ptr, ULONG ip_address) {
    if (!is_ip(ip_ptr)) {
        return NX_PTR_ERROR;
    }
    if (ip_address == 0) {
        return NX_IP_ADDRESS_ERROR;
    }
    NX_INIT_AND_THREADS_CALLER_CHECKING
    tx_host_lock();
    ip_ptr->nx_ip_gateway_address = ip_address;
    tx_host_unlock();
    return NX_SUCCESS;
}

UINT nx_arp_enable(NX_IP *ip_ptr, VOID *arp_cache_memory, ULONG arp_cache_size) {
    UINT status = NX_ALREADY_ENABLED;

    if (!is_ip(ip_ptr) || arp_cache_memory == NULL) {
        return NX_PTR_ERROR;
    }
    if (arp_cache_size == 0) {
        return NX_SIZE_ERROR;
    }
    NX_INIT_AND_THREADS_CALLER_CHECKING
    tx_host_lock();
    if (!ip_ptr->nx_ip_host_arp_enabled) {
        ip_ptr->nx_ip_host_arp_enabled = NX_TRUE;
        status = NX_SUCCESS;
    }
    tx_host_announce();
    tx_host_unlock();
    return status;
}

#endif

#ifdef NX_ENABLE_DUAL_PACKET_POOL
UINT nx_ip_auxiliary_packet_pool_set(NX_IP *ip_ptr, NX_PACKET_POOL *auxiliary_pool) {
    if (!is_ip(ip_ptr) || !nx_inner_is_pool(auxiliary_pool)) {
        return NX_PTR_ERROR;
    }
    NX_INIT_AND_THREADS_CALLER_CHECKING
    tx_host_lock();
    ip_ptr->nx_ip_auxiliary_packet_pool = auxiliary_pool;
    tx_host_unlock();
    return NX_SUCCESS;
}
#endif

static UINT enable(void (**protocol)(NX_IP *, NX_PACKET *)) {
    UINT status = NX_ALREADY_ENABLED;

    tx_host_lock();
    if (*protocol == NULL) {
        *protocol = enabled;
        status = NX_SUCCESS;
    }
    tx_host_announce();
    tx_host_unlock();
    return status;
}

UINT nx_tcp_enable(NX_IP *ip_ptr) {
    if (!is_ip(ip_ptr)) {
        return NX_PTR_ERROR;
    }
    NX_INIT_AND_THREADS_CALLER_CHECKING
    return enable(&ip_ptr->nx_ip_tcp_packet_receive);
}

UINT nx_udp_enable(NX_IP *ip_ptr) {
    if (!is_ip(ip_ptr)) {
        return NX_PTR_ERROR;
    }
    NX_INIT_AND_THREADS_CALLER_CHECKING
    return enable(&ip_ptr->nx_ip_udp_packet_receive);
}

UINT nx_icmp_enable(NX_IP *ip_ptr) {
    if (!is_ip(ip_ptr)) {
        return NX_PTR_ERROR;
    }
    NX_INIT_AND_THREADS_CALLER_CHECKING
    return enable(&ip_ptr->nx_ip_icmp_packet_receive);
}

UINT nxd_icmp_enable(NX_IP *ip_ptr) {
    UINT status = nx_icmp_enable(ip_ptr);

    return status == NX_ALREADY_ENABLED ? NX_SUCCESS : status;
}

#ifdef FEATURE_NX_IPV6

UINT nxd_ipv6_enable(NX_IP *ip_ptr) {
    UINT status = NX_ALREADY_ENABLED;

    if (!is_ip(ip_ptr)) {
        return NX_PTR_ERROR;
    }
    NX_INIT_AND_THREADS_CALLER_CHECKING
    tx_host_lock();
    if (!ip_ptr->nx_ip_host_ipv6_enabled) {
        ip_ptr->nx_ip_host_ipv6_enabled = NX_TRUE;
        status = NX_SUCCESS;
    }
    tx_host_unlock();
    return status;
}

UINT nxd_ipv6_address_set(NX_IP *ip_ptr, UINT interface_index, NXD_ADDRESS *ip_address,
                          ULONG prefix_length, UINT *address_index) {
    if (!is_ip(ip_ptr)) {
        return NX_PTR_ERROR;
    }
    if (interface_index != 0) {
        return NX_INVALID_INTERFACE;
    }
    if (ip_address != NULL && ip_address->nxd_ip_version != NX_IP_VERSION_V6) {
        return NX_IP_ADDRESS_ERROR;
    }
    NX_INIT_AND_THREADS_CALLER_CHECKING(void) prefix_length;
    if (address_index != NULL) {
        *address_index = 0;
    }
    return NX_SUCCESS;
}

#else

UINT nxd_ipv6_enable(NX_IP *ip_ptr) {
    (void)ip_ptr;
    return NX_NOT_SUPPORTED;
}

UINT nxd_ipv6_address_set(NX_IP *ip_ptr, UINT interface_index, NXD_ADDRESS *ip_address,
                          ULONG prefix_length, UINT *address_index) {
    (void)ip_ptr;
    (void)interface_index;
    (void)ip_address;
    (void)prefix_length;
    (void)address_index;
    return NX_NOT_SUPPORTED;
}

#endif
