/* SPDX-License-Identifier: MIT */

/* TCP sockets as such: create and delete, bind and unbind, and what there is to know of one. */

#include "nx_tcp_inner.h"

static bool is_created(const NX_IP *ip_ptr, const NX_TCP_SOCKET *socket_ptr) {
    const NX_TCP_SOCKET *other = ip_ptr->nx_ip_tcp_created_sockets_ptr;

    while (other != NULL && other != socket_ptr) {
        other = other->nx_tcp_socket_created_next;
    }
    return other != NULL;
}

static void link_socket(NX_IP *ip_ptr, NX_TCP_SOCKET *socket_ptr) {
    socket_ptr->nx_tcp_socket_created_next = ip_ptr->nx_ip_tcp_created_sockets_ptr;
    ip_ptr->nx_ip_tcp_created_sockets_ptr = socket_ptr;
    ip_ptr->nx_ip_tcp_created_sockets_count++;
}

static void unlink_socket(NX_IP *ip_ptr, NX_TCP_SOCKET *socket_ptr) {
    NX_TCP_SOCKET **link = &ip_ptr->nx_ip_tcp_created_sockets_ptr;

    while (*link != socket_ptr) {
        link = &(*link)->nx_tcp_socket_created_next;
    }
    *link = socket_ptr->nx_tcp_socket_created_next;
    ip_ptr->nx_ip_tcp_created_sockets_count--;
}

static UINT check_create(const NX_IP *ip_ptr, const NX_TCP_SOCKET *socket_ptr,
                         ULONG type_of_service, ULONG fragment, ULONG window_size) {
    if (is_created(ip_ptr, socket_ptr)) {
        return NX_PTR_ERROR;
    }
    if (nx_inner_call(NX_HOST_SOCKET_CREATE) || ip_ptr->nx_ip_tcp_packet_receive == NULL) {
        return NX_NOT_ENABLED;
    }
    if ((type_of_service & ~NX_IP_TOS_MASK) != 0 ||
        (fragment != NX_FRAGMENT_OKAY && fragment != NX_DONT_FRAGMENT) || window_size == 0 ||
        window_size > NX_LOWER_16_MASK) {
        return NX_OPTION_ERROR;
    }
    return NX_SUCCESS;
}

UINT nx_tcp_socket_create(NX_IP *ip_ptr, NX_TCP_SOCKET *socket_ptr, CHAR *name,
                          ULONG type_of_service, ULONG fragment, UINT time_to_live,
                          ULONG window_size,
                          VOID (*tcp_urgent_data_callback)(NX_TCP_SOCKET *socket_ptr),
                          VOID (*tcp_disconnect_callback)(NX_TCP_SOCKET *socket_ptr)) {
    UINT status;

    if (ip_ptr == NULL || ip_ptr->nx_ip_id != NX_IP_ID || socket_ptr == NULL) {
        return NX_PTR_ERROR;
    }
    NX_INIT_AND_THREADS_CALLER_CHECKING
    tx_host_lock();
    status = check_create(ip_ptr, socket_ptr, type_of_service, fragment, window_size);
    if (status == NX_SUCCESS) {
        memset(socket_ptr, 0, sizeof *socket_ptr);
        socket_ptr->nx_tcp_socket_name = name;
        socket_ptr->nx_tcp_socket_ip_ptr = ip_ptr;
        socket_ptr->nx_tcp_socket_type_of_service = type_of_service;
        socket_ptr->nx_tcp_socket_fragment_enable = fragment;
        socket_ptr->nx_tcp_socket_time_to_live = time_to_live;
        socket_ptr->nx_tcp_socket_rx_window_default = window_size;
        socket_ptr->nx_tcp_urgent_data_callback = tcp_urgent_data_callback;
        socket_ptr->nx_tcp_disconnect_callback = tcp_disconnect_callback;
        socket_ptr->nx_tcp_socket_state = NX_TCP_CLOSED;
        socket_ptr->nx_tcp_socket_host_fd = -1;
        link_socket(ip_ptr, socket_ptr);
        socket_ptr->nx_tcp_socket_id = NX_TCP_ID;
    }
    tx_host_unlock();
    return status;
}

UINT nx_tcp_socket_delete(NX_TCP_SOCKET *socket_ptr) {
    UINT status = NX_STILL_BOUND;

    if (!nx_inner_tcp_is_socket(socket_ptr)) {
        return NX_PTR_ERROR;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    tx_host_lock();
    if (!nx_inner_tcp_is_bound(socket_ptr)) {
        unlink_socket(socket_ptr->nx_tcp_socket_ip_ptr, socket_ptr);
        socket_ptr->nx_tcp_socket_id = 0;
        status = NX_SUCCESS;
    }
    tx_host_unlock();
    return status;
}

static bool is_port_taken(const NX_IP *ip_ptr, UINT port) {
    const NX_TCP_SOCKET *other = ip_ptr->nx_ip_tcp_created_sockets_ptr;

    while (other != NULL && !(nx_inner_tcp_is_bound(other) && other->nx_tcp_socket_port == port)) {
        other = other->nx_tcp_socket_created_next;
    }
    return other != NULL;
}

static UINT bind_socket(NX_TCP_SOCKET *socket_ptr, UINT port, int64_t deadline) {
    if (nx_inner_call(NX_HOST_BIND)) {
        return NX_NO_FREE_PORTS;
    }
    if (nx_inner_tcp_is_bound(socket_ptr)) {
        return NX_ALREADY_BOUND;
    }
    while (port != NX_ANY_PORT && is_port_taken(socket_ptr->nx_tcp_socket_ip_ptr, port)) {
        if (!tx_host_wait(deadline)) {
            return NX_PORT_UNAVAILABLE;
        }
    }
    socket_ptr->nx_tcp_socket_port = port;
    socket_ptr->nx_tcp_socket_host_any_port = port == NX_ANY_PORT;
    socket_ptr->nx_tcp_socket_bound_next = socket_ptr;
    return NX_SUCCESS;
}

UINT nx_tcp_client_socket_bind(NX_TCP_SOCKET *socket_ptr, UINT port, ULONG wait_option) {
    UINT status;

    if (!nx_inner_tcp_is_socket(socket_ptr)) {
        return NX_PTR_ERROR;
    }
    if (!nx_inner_tcp_is_enabled(socket_ptr)) {
        return NX_NOT_ENABLED;
    }
    if (port > NX_MAX_PORT) {
        return NX_INVALID_PORT;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    tx_host_lock();
    status = bind_socket(socket_ptr, port, tx_host_deadline(wait_option));
    tx_host_unlock_and_end_if_told();
    return status;
}

UINT nx_tcp_client_socket_unbind(NX_TCP_SOCKET *socket_ptr) {
    UINT status = NX_SUCCESS;

    if (!nx_inner_tcp_is_socket(socket_ptr)) {
        return NX_PTR_ERROR;
    }
    if (!nx_inner_tcp_is_enabled(socket_ptr)) {
        return NX_NOT_ENABLED;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    tx_host_lock();
    if (socket_ptr->nx_tcp_socket_state != NX_TCP_CLOSED) {
        status = NX_NOT_CLOSED;
    } else if (!nx_inner_tcp_is_bound(socket_ptr)) {
        status = NX_NOT_BOUND;
    } else {
        socket_ptr->nx_tcp_socket_bound_next = NULL;
        socket_ptr->nx_tcp_socket_port = 0;
        tx_host_announce();
    }
    tx_host_unlock();
    return status;
}

UINT nx_tcp_client_socket_port_get(NX_TCP_SOCKET *socket_ptr, UINT *port_ptr) {
    UINT status = NX_NOT_BOUND;

    if (!nx_inner_tcp_is_socket(socket_ptr) || port_ptr == NULL) {
        return NX_PTR_ERROR;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    tx_host_lock();
    if (nx_inner_tcp_is_bound(socket_ptr)) {
        *port_ptr = socket_ptr->nx_tcp_socket_port;
        status = NX_SUCCESS;
    }
    tx_host_unlock();
    return status;
}

UINT nx_tcp_socket_mss_get(NX_TCP_SOCKET *socket_ptr, ULONG *mss) {
    if (!nx_inner_tcp_is_socket(socket_ptr) || mss == NULL) {
        return NX_PTR_ERROR;
    }
    if (!nx_inner_tcp_is_enabled(socket_ptr)) {
        return NX_NOT_ENABLED;
    }
    NX_INIT_AND_THREADS_CALLER_CHECKING
    tx_host_lock();
    nx_inner_tcp_advance(socket_ptr);
    if (socket_ptr->nx_tcp_socket_state >= NX_TCP_ESTABLISHED) {
        *mss = socket_ptr->nx_tcp_socket_connect_mss;
    } else {
        *mss = nx_inner_mss() != 0 ? nx_inner_mss() : NX_TCP_MSS_SIZE;
    }
    tx_host_unlock();
    return NX_SUCCESS;
}

UINT nx_tcp_socket_state_wait(NX_TCP_SOCKET *socket_ptr, UINT desired_state, ULONG wait_option) {
    int64_t deadline = tx_host_deadline(wait_option);
    bool reached;

    if (!nx_inner_tcp_is_socket(socket_ptr)) {
        return NX_PTR_ERROR;
    }
    if (!nx_inner_tcp_is_enabled(socket_ptr)) {
        return NX_NOT_ENABLED;
    }
    if (desired_state < NX_TCP_CLOSED || desired_state > NX_TCP_LAST_ACK) {
        return NX_OPTION_ERROR;
    }
    NX_THREADS_ONLY_CALLER_CHECKING
    tx_host_lock();
    for (;;) {
        nx_inner_tcp_look(socket_ptr);
        reached = socket_ptr->nx_tcp_socket_state == desired_state;
        if (reached || tx_host_poll_ms(deadline) < 0) {
            break;
        }
        tx_host_wait(tx_host_deadline(1));
    }
    tx_host_unlock_and_end_if_told();
    return reached ? NX_SUCCESS : NX_NOT_SUCCESSFUL;
}
