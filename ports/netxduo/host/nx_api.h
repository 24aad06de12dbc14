/* SPDX-License-Identifier: MIT */

/* The NetX Duo API over POSIX sockets: the part that mail code needs.
 *
 * Names, values, field names and argument orders are NetX Duo's, so that code written for it
 * compiles here unchanged. What differs from the real stack is in README.md. The usual options
 * work: NX_DISABLE_IPV4, NX_DISABLE_IPV6, NX_DISABLE_PACKET_CHAIN, NX_DISABLE_ERROR_CHECKING,
 * NX_ENABLE_DUAL_PACKET_POOL. The host edition's own .c files must be compiled with the same
 * options as the program. */

#ifndef NX_API_H
#define NX_API_H

#include "tx_api.h"

#ifdef NX_INCLUDE_USER_DEFINE_FILE
#include "nx_user.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define AZURE_RTOS_NETXDUO
#define NETXDUO_MAJOR_VERSION 6
#define NETXDUO_MINOR_VERSION 4
#define NETXDUO_PATCH_VERSION 2
#define EL_PRODUCT_NETXDUO
#define __PRODUCT_NETXDUO__
#define __NETXDUO_MAJOR_VERSION__ NETXDUO_MAJOR_VERSION
#define __NETXDUO_MINOR_VERSION__ NETXDUO_MINOR_VERSION

/* This is not the real stack: for the rare program that must know. */
#define NX_HOST_EDITION 1

#ifndef NX_PARAMETER_NOT_USED
#define NX_PARAMETER_NOT_USED(p) ((void)(p))
#endif
#ifndef NX_IP_PERIODIC_RATE
#define NX_IP_PERIODIC_RATE TX_TIMER_TICKS_PER_SECOND
#endif
#ifndef NX_RAND
#define NX_RAND rand
#endif
#ifndef NX_SRAND
#define NX_SRAND srand
#endif

/* NetX Duo aligns packets to sizeof(ULONG), which on a 64-bit host is too little for the pointers
 * in NX_PACKET. */
#ifndef NX_PACKET_ALIGNMENT
#define NX_PACKET_ALIGNMENT sizeof(void *)
#endif

#define NX_NO_WAIT      0
#define NX_WAIT_FOREVER ((ULONG)0xFFFFFFFF)
#define NX_TRUE         1
#define NX_FALSE        0
#define NX_NULL         0
#define NX_FOREVER      1
#define NX_ANY_PORT     0
#ifndef NX_MAX_PORT
#define NX_MAX_PORT 0xFFFF
#endif
#ifndef NX_SEARCH_PORT_START
#define NX_SEARCH_PORT_START 0xC000
#endif
#define NX_LOWER_16_MASK ((ULONG)0x0000FFFF)

#ifdef NX_DUAL_PACKET_POOL_ENABLE
#ifndef NX_ENABLE_DUAL_PACKET_POOL
#define NX_ENABLE_DUAL_PACKET_POOL
#endif
#endif

#ifdef NX_DISABLE_IPV6
#undef FEATURE_NX_IPV6
#ifdef NX_DISABLE_IPV4
#error "NX_DISABLE_IPV4 and NX_DISABLE_IPV6 leave nothing to talk with"
#endif
#else
#ifndef FEATURE_NX_IPV6
#define FEATURE_NX_IPV6
#endif
#endif

/* Room in front of a packet's data for the headers of the stack. */
#ifndef NX_PHYSICAL_HEADER
#define NX_PHYSICAL_HEADER 16
#endif
#ifndef NX_PHYSICAL_TRAILER
#define NX_PHYSICAL_TRAILER 4
#endif
#define NX_IPv4_PACKET     (NX_PHYSICAL_HEADER + 20)
#define NX_IPv4_TCP_PACKET (NX_IPv4_PACKET + 20)
#define NX_IPv4_UDP_PACKET (NX_IPv4_PACKET + 8)
#define NX_IPv6_PACKET     (NX_PHYSICAL_HEADER + 40)
#define NX_IPv6_TCP_PACKET (NX_IPv6_PACKET + 20)
#define NX_IPv6_UDP_PACKET (NX_IPv6_PACKET + 8)
#define NX_RECEIVE_PACKET  0
#ifdef FEATURE_NX_IPV6
#define NX_IP_PACKET  NX_IPv6_PACKET
#define NX_TCP_PACKET NX_IPv6_TCP_PACKET
#define NX_UDP_PACKET NX_IPv6_UDP_PACKET
#else
#define NX_IP_PACKET  NX_IPv4_PACKET
#define NX_TCP_PACKET NX_IPv4_TCP_PACKET
#define NX_UDP_PACKET NX_IPv4_UDP_PACKET
#endif

#define NX_FRAGMENT_OKAY   ((ULONG)0x00000000)
#define NX_DONT_FRAGMENT   ((ULONG)0x00004000)
#define NX_IP_NORMAL       ((ULONG)0x00000000)
#define NX_IP_MAX_DATA     ((ULONG)0x00080000)
#define NX_IP_MAX_RELIABLE ((ULONG)0x00040000)
#define NX_IP_TOS_MASK     ((ULONG)0x00FF0000)
#define NX_IP_TIME_TO_LIVE ((ULONG)0x00000080)
#define NX_IP_VERSION_V4   0x4
#define NX_IP_VERSION_V6   0x6
#define IP_ADDRESS(a, b, c, d)                                                                     \
    ((((ULONG)a) << 24) | (((ULONG)b) << 16) | (((ULONG)c) << 8) | ((ULONG)d))

#define NX_IP_ID          ((ULONG)0x49502020)
#define NX_TCP_ID         ((ULONG)0x54435020)
#define NX_PACKET_POOL_ID ((ULONG)0x5041434B)
#define NX_TCP_MSS_SIZE   1460

/* Who owns a packet stands in its nx_packet_tcp_queue_next. */
#define NX_PACKET_FREE      ((ALIGN_TYPE)0xFFFFFFFF)
#define NX_PACKET_ALLOCATED ((ALIGN_TYPE)0xAAAAAAAA)

#define NX_IP_INITIALIZE_DONE        ((ULONG)0x0001)
#define NX_IP_ADDRESS_RESOLVED       ((ULONG)0x0002)
#define NX_IP_LINK_ENABLED           ((ULONG)0x0004)
#define NX_IP_ARP_ENABLED            ((ULONG)0x0008)
#define NX_IP_UDP_ENABLED            ((ULONG)0x0010)
#define NX_IP_TCP_ENABLED            ((ULONG)0x0020)
#define NX_IP_INTERFACE_LINK_ENABLED ((ULONG)0x0100)

#define NX_TCP_CLOSED       1
#define NX_TCP_LISTEN_STATE 2
#define NX_TCP_SYN_SENT     3
#define NX_TCP_SYN_RECEIVED 4
#define NX_TCP_ESTABLISHED  5
#define NX_TCP_CLOSE_WAIT   6
#define NX_TCP_FIN_WAIT_1   7
#define NX_TCP_FIN_WAIT_2   8
#define NX_TCP_CLOSING      9
#define NX_TCP_TIMED_WAIT   10
#define NX_TCP_LAST_ACK     11

#define NX_SUCCESS              0x00
#define NX_NO_PACKET            0x01
#define NX_UNDERFLOW            0x02
#define NX_OVERFLOW             0x03
#define NX_NO_MAPPING           0x04
#define NX_DELETED              0x05
#define NX_POOL_ERROR           0x06
#define NX_PTR_ERROR            0x07
#define NX_WAIT_ERROR           0x08
#define NX_SIZE_ERROR           0x09
#define NX_OPTION_ERROR         0x0a
#define NX_DELETE_ERROR         0x10
#define NX_CALLER_ERROR         0x11
#define NX_INVALID_PACKET       0x12
#define NX_INVALID_SOCKET       0x13
#define NX_NOT_ENABLED          0x14
#define NX_ALREADY_ENABLED      0x15
#define NX_ENTRY_NOT_FOUND      0x16
#define NX_NO_MORE_ENTRIES      0x17
#define NX_ARP_TIMER_ERROR      0x18
#define NX_WAIT_ABORTED         0x1A
#define NX_IP_INTERNAL_ERROR    0x20
#define NX_IP_ADDRESS_ERROR     0x21
#define NX_ALREADY_BOUND        0x22
#define NX_PORT_UNAVAILABLE     0x23
#define NX_NOT_BOUND            0x24
#define NX_SOCKET_UNBOUND       0x26
#define NX_NOT_CREATED          0x27
#define NX_SOCKETS_BOUND        0x28
#define NX_NO_RESPONSE          0x29
#define NX_POOL_DELETED         0x30
#define NX_ALREADY_RELEASED     0x31
#define NX_MAX_LISTEN           0x33
#define NX_DUPLICATE_LISTEN     0x34
#define NX_NOT_CLOSED           0x35
#define NX_NOT_LISTEN_STATE     0x36
#define NX_IN_PROGRESS          0x37
#define NX_NOT_CONNECTED        0x38
#define NX_WINDOW_OVERFLOW      0x39
#define NX_ALREADY_SUSPENDED    0x40
#define NX_DISCONNECT_FAILED    0x41
#define NX_STILL_BOUND          0x42
#define NX_NOT_SUCCESSFUL       0x43
#define NX_UNHANDLED_COMMAND    0x44
#define NX_NO_FREE_PORTS        0x45
#define NX_INVALID_PORT         0x46
#define NX_INVALID_RELISTEN     0x47
#define NX_CONNECTION_PENDING   0x48
#define NX_TX_QUEUE_DEPTH       0x49
#define NX_NOT_IMPLEMENTED      0x4A
#define NX_NOT_SUPPORTED        0x4B
#define NX_INVALID_INTERFACE    0x4C
#define NX_INVALID_PARAMETERS   0x4D
#define NX_NOT_FOUND            0x4E
#define NX_CANNOT_START         0x4F
#define NX_NO_INTERFACE_ADDRESS 0x50
#define NX_INVALID_MTU_DATA     0x51
#define NX_DUPLICATED_ENTRY     0x52
#define NX_PACKET_OFFSET_ERROR  0x53
#define NX_OPTION_HEADER_ERROR  0x54
#define NX_CONTINUE             0x55
#define NX_TCPIP_OFFLOAD_ERROR  0x56

/* As NetX Duo writes them in code: NX_CALLER_CHECKING_EXTERNS at file scope, the others as first
 * statements, each without a semicolon. A POSIX thread that ThreadX knows nothing of counts as an
 * interrupt. */
#define NX_CALLER_CHECKING_EXTERNS extern UINT _tx_host_caller(VOID);
#define NX_THREADS_ONLY_CALLER_CHECKING                                                            \
    {                                                                                              \
        if (_tx_host_caller() != 2)                                                                \
            return (NX_CALLER_ERROR);                                                              \
    }
#define NX_INIT_AND_THREADS_CALLER_CHECKING                                                        \
    {                                                                                              \
        if (_tx_host_caller() == 0)                                                                \
            return (NX_CALLER_ERROR);                                                              \
    }
#define NX_NOT_ISR_CALLER_CHECKING NX_INIT_AND_THREADS_CALLER_CHECKING
#define NX_THREAD_WAIT_CALLER_CHECKING                                                             \
    {                                                                                              \
        if (wait_option && _tx_host_caller() != 2)                                                 \
            return (NX_CALLER_ERROR);                                                              \
    }

/* Addresses are in host byte order: v4 as IP_ADDRESS makes it, v6 in four words, the first the
 * leftmost. */
typedef struct NXD_ADDRESS_STRUCT {
    ULONG nxd_ip_version;
    union {
#ifndef NX_DISABLE_IPV4
        ULONG v4;
#endif
#ifdef FEATURE_NX_IPV6
        ULONG v6[4];
#endif
    } nxd_ip_address;
} NXD_ADDRESS;

struct NX_PACKET_POOL_STRUCT;
struct NX_INTERFACE_STRUCT;
struct NXD_IPV6_ADDRESS_STRUCT;
struct NX_TCP_SOCKET_STRUCT;

typedef struct NX_PACKET_STRUCT {
    struct NX_PACKET_POOL_STRUCT *nx_packet_pool_owner;
#ifndef NX_DISABLE_PACKET_CHAIN
    struct NX_PACKET_STRUCT *nx_packet_next;
#endif
    UCHAR *nx_packet_prepend_ptr; /* first byte of data */
    UCHAR *nx_packet_append_ptr;  /* behind the last byte of data */
    UCHAR *nx_packet_data_start;
    UCHAR *nx_packet_data_end;
#ifndef NX_DISABLE_PACKET_CHAIN
    struct NX_PACKET_STRUCT
        *nx_packet_last; /* in the first packet: the last of the chain, null if there is but one */
#endif
    struct NX_PACKET_STRUCT *nx_packet_queue_next;
    union {
        struct NX_PACKET_STRUCT *nx_packet_tcp_queue_next;
#ifndef NX_DISABLE_FRAGMENTATION
        struct NX_PACKET_STRUCT *nx_packet_fragment_next;
#endif
    } nx_packet_union_next;
    ULONG nx_packet_length; /* in the first packet: of the whole chain */
#ifndef NX_DISABLE_FRAGMENTATION
    ULONG nx_packet_reassembly_time;
#endif
#ifdef FEATURE_NX_IPV6
    UCHAR nx_packet_option_state;
    UCHAR nx_packet_destination_header;
    USHORT nx_packet_option_offset;
#endif
    UCHAR nx_packet_ip_version;
    UCHAR nx_packet_identical_copy;
    UCHAR nx_packet_ip_header_length;
    UCHAR nx_packet_reserved;
    union {
        struct NX_INTERFACE_STRUCT *nx_packet_interface_ptr;
        struct NXD_IPV6_ADDRESS_STRUCT *nx_packet_ipv6_address_ptr;
    } nx_packet_address;
    UCHAR *nx_packet_ip_header;
} NX_PACKET;

typedef struct NX_PACKET_POOL_STRUCT {
    ULONG nx_packet_pool_id;
    CHAR *nx_packet_pool_name;
    ULONG nx_packet_pool_available;
    ULONG nx_packet_pool_total;
    ULONG nx_packet_pool_empty_requests;
    ULONG nx_packet_pool_empty_suspensions;
    ULONG nx_packet_pool_invalid_releases;
    struct NX_PACKET_STRUCT *nx_packet_pool_available_list;
    CHAR *nx_packet_pool_start;
    ULONG nx_packet_pool_size;
    ULONG nx_packet_pool_payload_size;
    ULONG nx_packet_pool_suspended_count;
} NX_PACKET_POOL;

typedef struct NX_IP_DRIVER_STRUCT {
    UINT nx_ip_driver_command;
    UINT nx_ip_driver_status;
} NX_IP_DRIVER;

/* The hardware's address; here one that nx_ip_create makes up. */
typedef struct NX_INTERFACE_STRUCT {
    ULONG nx_interface_physical_address_msw;
    ULONG nx_interface_physical_address_lsw;
} NX_INTERFACE;

typedef struct NX_IP_STRUCT {
    ULONG nx_ip_id;
    CHAR *nx_ip_name;
    ULONG nx_ip_address;
    ULONG nx_ip_network_mask;
    ULONG nx_ip_gateway_address;
    NX_INTERFACE nx_ip_interface[1];
    NX_PACKET_POOL *nx_ip_default_packet_pool;
#ifdef NX_ENABLE_DUAL_PACKET_POOL
    NX_PACKET_POOL *nx_ip_auxiliary_packet_pool;
#endif
    TX_MUTEX nx_ip_protection;
    ULONG nx_ip_tcp_packets_sent;
    ULONG nx_ip_tcp_bytes_sent;
    ULONG nx_ip_tcp_packets_received;
    ULONG nx_ip_tcp_bytes_received;
    ULONG nx_ip_tcp_invalid_packets;

    /* Not null once enabled. Nobody calls them here. */
    void (*nx_ip_icmp_packet_receive)(struct NX_IP_STRUCT *, struct NX_PACKET_STRUCT *);
    void (*nx_ip_udp_packet_receive)(struct NX_IP_STRUCT *, struct NX_PACKET_STRUCT *);
    void (*nx_ip_tcp_packet_receive)(struct NX_IP_STRUCT *, struct NX_PACKET_STRUCT *);
    UINT nx_ip_host_ipv6_enabled;
    UINT nx_ip_host_arp_enabled;

    struct NX_TCP_SOCKET_STRUCT *nx_ip_tcp_created_sockets_ptr;
    ULONG nx_ip_tcp_created_sockets_count;
} NX_IP;

typedef struct NX_TCP_SOCKET_STRUCT {
    ULONG nx_tcp_socket_id;
    CHAR *nx_tcp_socket_name;
    UINT nx_tcp_socket_client_type;
    UINT nx_tcp_socket_port;
    ULONG nx_tcp_socket_mss;
    NXD_ADDRESS nx_tcp_socket_connect_ip;
    UINT nx_tcp_socket_connect_port;
    ULONG nx_tcp_socket_connect_mss;
    UINT nx_tcp_socket_state;
    ULONG nx_tcp_socket_rx_window_default;
    ULONG nx_tcp_socket_packets_sent;
    ULONG nx_tcp_socket_bytes_sent;
    ULONG nx_tcp_socket_packets_received;
    ULONG nx_tcp_socket_bytes_received;
    NX_IP *nx_tcp_socket_ip_ptr;
    ULONG nx_tcp_socket_type_of_service;
    UINT nx_tcp_socket_time_to_live;
    ULONG nx_tcp_socket_fragment_enable;
    struct NX_TCP_SOCKET_STRUCT *nx_tcp_socket_bound_next; /* itself if bound, else null */
    struct NX_TCP_SOCKET_STRUCT *nx_tcp_socket_created_next;
    VOID (*nx_tcp_urgent_data_callback)(struct NX_TCP_SOCKET_STRUCT *socket_ptr);
    VOID (*nx_tcp_disconnect_callback)(struct NX_TCP_SOCKET_STRUCT *socket_ptr);
    void *nx_tcp_socket_reserved_ptr; /* the application's */

    INT nx_tcp_socket_host_fd;       /* the POSIX socket, or -1 */
    UINT nx_tcp_socket_host_users;   /* calls that use it now */
    UINT nx_tcp_socket_host_sending; /* a send is under way, others wait */
    UINT nx_tcp_socket_host_any_port;
} NX_TCP_SOCKET;

VOID nx_system_initialize(VOID);

UINT nx_packet_pool_create(NX_PACKET_POOL *pool_ptr, CHAR *name, ULONG payload_size,
                           VOID *memory_ptr, ULONG memory_size);
UINT nx_packet_pool_delete(NX_PACKET_POOL *pool_ptr);
UINT nx_packet_pool_info_get(NX_PACKET_POOL *pool_ptr, ULONG *total_packets, ULONG *free_packets,
                             ULONG *empty_pool_requests, ULONG *empty_pool_suspensions,
                             ULONG *invalid_packet_releases);
UINT nx_packet_allocate(NX_PACKET_POOL *pool_ptr, NX_PACKET **packet_ptr, ULONG packet_type,
                        ULONG wait_option);
UINT nx_packet_data_append(NX_PACKET *packet_ptr, VOID *data_start, ULONG data_size,
                           NX_PACKET_POOL *pool_ptr, ULONG wait_option);
UINT nx_packet_data_extract_offset(NX_PACKET *packet_ptr, ULONG offset, VOID *buffer_start,
                                   ULONG buffer_length, ULONG *bytes_copied);
UINT nx_packet_data_retrieve(NX_PACKET *packet_ptr, VOID *buffer_start, ULONG *bytes_copied);
UINT nx_packet_length_get(NX_PACKET *packet_ptr, ULONG *length);
UINT _nx_packet_release(NX_PACKET *packet_ptr);
UINT _nxe_packet_release(NX_PACKET **packet_ptr_ptr);
UINT _nx_packet_transmit_release(NX_PACKET *packet_ptr);
UINT _nxe_packet_transmit_release(NX_PACKET **packet_ptr_ptr);

UINT nx_ip_create(NX_IP *ip_ptr, CHAR *name, ULONG ip_address, ULONG network_mask,
                  NX_PACKET_POOL *default_pool, VOID (*ip_link_driver)(NX_IP_DRIVER *),
                  VOID *memory_ptr, ULONG memory_size, UINT priority);
UINT nx_ip_delete(NX_IP *ip_ptr);
UINT nx_ip_status_check(NX_IP *ip_ptr, ULONG needed_status, ULONG *actual_status,
                        ULONG wait_option);
UINT nx_ip_address_get(NX_IP *ip_ptr, ULONG *ip_address, ULONG *network_mask);
UINT nx_ip_address_set(NX_IP *ip_ptr, ULONG ip_address, ULONG network_mask);
UINT nx_ip_gateway_address_set(NX_IP *ip_ptr, ULONG ip_address);
#ifdef NX_ENABLE_DUAL_PACKET_POOL
UINT nx_ip_auxiliary_packet_pool_set(NX_IP *ip_ptr, NX_PACKET_POOL *auxiliary_pool);
#endif
UINT nx_arp_enable(NX_IP *ip_ptr, VOID *arp_cache_memory, ULONG arp_cache_size);
UINT nx_icmp_enable(NX_IP *ip_ptr);
UINT nx_udp_enable(NX_IP *ip_ptr);
UINT nx_tcp_enable(NX_IP *ip_ptr);
UINT nxd_icmp_enable(NX_IP *ip_ptr);
UINT nxd_ipv6_enable(NX_IP *ip_ptr);
UINT nxd_ipv6_address_set(NX_IP *ip_ptr, UINT interface_index, NXD_ADDRESS *ip_address,
                          ULONG prefix_length, UINT *address_index);

/* A driver to name in nx_ip_create, as upstream's samples do. It does nothing. */
VOID _nx_ram_network_driver(NX_IP_DRIVER *driver_req_ptr);

UINT nx_tcp_socket_create(NX_IP *ip_ptr, NX_TCP_SOCKET *socket_ptr, CHAR *name,
                          ULONG type_of_service, ULONG fragment, UINT time_to_live,
                          ULONG window_size,
                          VOID (*tcp_urgent_data_callback)(NX_TCP_SOCKET *socket_ptr),
                          VOID (*tcp_disconnect_callback)(NX_TCP_SOCKET *socket_ptr));
UINT nx_tcp_socket_delete(NX_TCP_SOCKET *socket_ptr);
UINT nx_tcp_client_socket_bind(NX_TCP_SOCKET *socket_ptr, UINT port, ULONG wait_option);
UINT nx_tcp_client_socket_unbind(NX_TCP_SOCKET *socket_ptr);
UINT nx_tcp_client_socket_port_get(NX_TCP_SOCKET *socket_ptr, UINT *port_ptr);
UINT nx_tcp_client_socket_connect(NX_TCP_SOCKET *socket_ptr, ULONG server_ip, UINT server_port,
                                  ULONG wait_option);
UINT nxd_tcp_client_socket_connect(NX_TCP_SOCKET *socket_ptr, NXD_ADDRESS *server_ip,
                                   UINT server_port, ULONG wait_option);
UINT nx_tcp_socket_disconnect(NX_TCP_SOCKET *socket_ptr, ULONG wait_option);
UINT nx_tcp_socket_receive(NX_TCP_SOCKET *socket_ptr, NX_PACKET **packet_ptr, ULONG wait_option);
UINT _nx_tcp_socket_send(NX_TCP_SOCKET *socket_ptr, NX_PACKET *packet_ptr, ULONG wait_option);
UINT _nxe_tcp_socket_send(NX_TCP_SOCKET *socket_ptr, NX_PACKET **packet_ptr_ptr, ULONG wait_option);
UINT nx_tcp_socket_bytes_available(NX_TCP_SOCKET *socket_ptr, ULONG *bytes_available);
UINT nx_tcp_socket_mss_get(NX_TCP_SOCKET *socket_ptr, ULONG *mss);
UINT nx_tcp_socket_state_wait(NX_TCP_SOCKET *socket_ptr, UINT desired_state, ULONG wait_option);

/* As in NetX Duo these three want a variable, and set it to null when the packet has been taken
 * over. */
#ifdef NX_DISABLE_ERROR_CHECKING
#define nx_packet_release          _nx_packet_release
#define nx_packet_transmit_release _nx_packet_transmit_release
#define nx_tcp_socket_send         _nx_tcp_socket_send
#else
#define nx_packet_release(p)          _nxe_packet_release(&(p))
#define nx_packet_transmit_release(p) _nxe_packet_transmit_release(&(p))
#define nx_tcp_socket_send(s, p, w)   _nxe_tcp_socket_send(s, &(p), w)
#endif

#ifdef __cplusplus
}
#endif

#endif
