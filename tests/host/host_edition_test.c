/* SPDX-License-Identifier: MIT */

/* The host edition against real sockets: a small server on loopback, one thread for each
 * connection. */

#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nx_host.h"
#include "nx_ip.h"

#define TICKS(ms) ((ULONG)((ms) * (int)TX_TIMER_TICKS_PER_SECOND / 1000))
#define LONG_WAIT TICKS(5000)

/* The server */

enum habit {
    ECHO,   /* sends back what it reads, until the client closes */
    SINK,   /* reads and checks the pattern, until the client closes */
    SOURCE, /* sends a pattern of so many bytes, then closes */
    DEAF,   /* reads nothing before it is told to hear; then a sink */
    RESET,  /* resets when it is told to hear */
    SILENT  /* reads nothing but the end, and sends nothing */
};

struct server {
    enum habit habit;
    int listener;
    int family;
    UINT port;
    size_t amount;   /* a source's bytes */
    int hear[2];     /* a pipe that ends deafness */
    size_t received; /* read by the test after the join */
    int wrong;       /* bytes that did not fit the pattern */
    pthread_t thread;
};

static UCHAR pattern(size_t at) {
    return (UCHAR)(at * 7 + at / 251);
}

static int send_all(int fd, const UCHAR *data, size_t len) {
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

        if (n <= 0) {
            return -1;
        }
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

static void serve_source(int fd, size_t amount) {
    UCHAR data[1000];
    size_t at = 0;

    while (at < amount) {
        size_t part = amount - at < sizeof data ? amount - at : sizeof data;

        for (size_t i = 0; i < part; i++) {
            data[i] = pattern(at + i);
        }
        if (send_all(fd, data, part) != 0) {
            return;
        }
        at += part;
    }
}

static void serve_reader(struct server *server, int fd) {
    UCHAR data[4096];
    ssize_t n;

    while ((n = recv(fd, data, sizeof data, 0)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            server->wrong += data[i] != pattern(server->received + (size_t)i);
        }
        server->received += (size_t)n;
        if (server->habit == ECHO && send_all(fd, data, (size_t)n) != 0) {
            break;
        }
    }
}

static void *serve(void *arg) {
    struct server *server = arg;
    struct linger at_once = {1, 0};
    char byte;
    int fd = accept(server->listener, NULL, NULL);

    if (fd < 0) {
        return NULL;
    }
    switch (server->habit) {
    case DEAF:
        if (read(server->hear[0], &byte, 1) != 1) {
            break;
        }
        serve_reader(server, fd);
        break;
    case ECHO:
    case SINK:
    case SILENT:
        serve_reader(server, fd);
        break;
    case SOURCE:
        serve_source(fd, server->amount);
        shutdown(fd, SHUT_WR);
        serve_reader(server, fd);
        break;
    case RESET:
        if (read(server->hear[0], &byte, 1) != 1) {
            break;
        }
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        break;
    }
    close(fd);
    return NULL;
}

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static socklen_t loopback(union address *address, int family) {
    memset(address, 0, sizeof *address);
    address->any.sa_family = (sa_family_t)family;
    if (family == AF_INET6) {
        address->v6.sin6_addr.s6_addr[15] = 1;
        return sizeof address->v6;
    }
    address->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sizeof address->v4;
}

static int listen_on(int family, int backlog, UINT *port) {
    union address address;
    socklen_t len = loopback(&address, family);
    int fd = socket(family, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, &address.any, len), 0);
    assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, &address.any, &len), 0);
    *port = ntohs(family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
    return fd;
}

static void server_start_on(struct server *server, enum habit habit, size_t amount, int family) {
    memset(server, 0, sizeof *server);
    server->habit = habit;
    server->amount = amount;
    server->family = family;
    server->listener = listen_on(family, 5, &server->port);
    assert_int_equal(pipe(server->hear), 0);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

#ifdef NX_DISABLE_IPV4
#define FAMILY AF_INET6
#else
#define FAMILY AF_INET
#endif

static void server_start(struct server *server, enum habit habit, size_t amount) {
    server_start_on(server, habit, amount, FAMILY);
}

static void server_hear(struct server *server) {
    assert_int_equal(write(server->hear[1], "!", 1), 1);
}

static void server_join(struct server *server) {
    pthread_join(server->thread, NULL);
    close(server->listener);
    close(server->hear[0]);
    close(server->hear[1]);
    assert_int_equal(server->wrong, 0);
}

/* The client: an IP instance with a pool for received packets, and one for packets to send. */

struct client {
    NX_PACKET_POOL ip_pool;
    NX_PACKET_POOL pool;
    NX_IP ip;
    NX_TCP_SOCKET socket;
    ULONG ip_memory[16384];
    ULONG memory[16384];
    ULONG stack[512];
};

static void make_pool(NX_PACKET_POOL *pool, ULONG *memory, ULONG payload, ULONG count) {
    ULONG align = (ULONG)NX_PACKET_ALIGNMENT;
    ULONG stride = ((ULONG)sizeof(NX_PACKET) + payload + align - 1) / align * align;

    assert_true(stride * count + align <= 16384 * sizeof(ULONG));
    assert_int_equal(
        nx_packet_pool_create(pool, (CHAR *)"pool", payload, memory, stride * count + align - 1),
        NX_SUCCESS);
    assert_int_equal(pool->nx_packet_pool_total, count);
}

static struct client *client_make(ULONG payload, ULONG count) {
    struct client *c = calloc(1, sizeof *c);

    assert_non_null(c);
    make_pool(&c->ip_pool, c->ip_memory, payload, count);
    make_pool(&c->pool, c->memory, payload, count);
    assert_int_equal(nx_ip_create(&c->ip, (CHAR *)"ip", IP_ADDRESS(10, 0, 0, 2), 0xFFFFFF00,
                                  &c->ip_pool, _nx_ram_network_driver, c->stack, sizeof c->stack,
                                  1),
                     NX_SUCCESS);
    assert_int_equal(nx_tcp_enable(&c->ip), NX_SUCCESS);
    assert_int_equal(nx_tcp_enable(&c->ip), NX_ALREADY_ENABLED);
#ifdef FEATURE_NX_IPV6
    assert_int_equal(nxd_ipv6_enable(&c->ip), NX_SUCCESS);
#endif
    assert_int_equal(nx_tcp_socket_create(&c->ip, &c->socket, (CHAR *)"socket", NX_IP_NORMAL,
                                          NX_FRAGMENT_OKAY, NX_IP_TIME_TO_LIVE, 1460, NX_NULL,
                                          NX_NULL),
                     NX_SUCCESS);
    assert_int_equal(nx_tcp_client_socket_bind(&c->socket, NX_ANY_PORT, NX_NO_WAIT), NX_SUCCESS);
    return c;
}

static void client_free(struct client *c) {
    assert_int_equal(nx_tcp_socket_delete(&c->socket), NX_STILL_BOUND);
    assert_int_equal(nx_ip_delete(&c->ip), NX_SOCKETS_BOUND);
    assert_int_equal(nx_tcp_client_socket_unbind(&c->socket), NX_SUCCESS);
    assert_int_equal(nx_tcp_client_socket_unbind(&c->socket), NX_NOT_BOUND);
    assert_int_equal(nx_tcp_socket_delete(&c->socket), NX_SUCCESS);
    assert_int_equal(nx_tcp_socket_delete(&c->socket), NX_PTR_ERROR);
    assert_int_equal(nx_ip_delete(&c->ip), NX_SUCCESS);
    assert_int_equal(c->pool.nx_packet_pool_available, c->pool.nx_packet_pool_total);
    assert_int_equal(c->ip_pool.nx_packet_pool_available, c->ip_pool.nx_packet_pool_total);
    assert_int_equal(c->pool.nx_packet_pool_invalid_releases, 0);
    assert_int_equal(c->ip_pool.nx_packet_pool_invalid_releases, 0);
    assert_int_equal(nx_packet_pool_delete(&c->pool), NX_SUCCESS);
    assert_int_equal(nx_packet_pool_delete(&c->ip_pool), NX_SUCCESS);
    free(c);
}

static NXD_ADDRESS address_of(int family) {
    NXD_ADDRESS address;

    memset(&address, 0, sizeof address);
#ifdef FEATURE_NX_IPV6
    if (family == AF_INET6) {
        address.nxd_ip_version = NX_IP_VERSION_V6;
        address.nxd_ip_address.v6[3] = 1;
    }
#endif
#ifndef NX_DISABLE_IPV4
    if (family == AF_INET) {
        address.nxd_ip_version = NX_IP_VERSION_V4;
        address.nxd_ip_address.v4 = IP_ADDRESS(127, 0, 0, 1);
    }
#endif
    return address;
}

static UINT connect_to(struct client *c, int family, UINT port, ULONG wait) {
    NXD_ADDRESS address = address_of(family);

    return nxd_tcp_client_socket_connect(&c->socket, &address, port, wait);
}

static void client_connect(struct client *c, const struct server *server) {
    assert_int_equal(connect_to(c, server->family, server->port, LONG_WAIT), NX_SUCCESS);
    assert_int_equal(c->socket.nx_tcp_socket_state, NX_TCP_ESTABLISHED);
}

/* A packet, or a chain of them, with a piece of the pattern. */
static NX_PACKET *make_packet(NX_PACKET_POOL *pool, size_t at, ULONG len) {
    UCHAR data[8192];
    NX_PACKET *packet;

    assert_true(len <= sizeof data);
    for (ULONG i = 0; i < len; i++) {
        data[i] = pattern(at + i);
    }
    assert_int_equal(nx_packet_allocate(pool, &packet, NX_TCP_PACKET, LONG_WAIT), NX_SUCCESS);
    assert_int_equal(nx_packet_data_append(packet, data, len, pool, LONG_WAIT), NX_SUCCESS);
    return packet;
}

static void send_pattern(struct client *c, size_t at, ULONG len) {
    NX_PACKET *packet = make_packet(&c->pool, at, len);

    assert_int_equal(nx_tcp_socket_send(&c->socket, packet, LONG_WAIT), NX_SUCCESS);
}

/* Checks a received packet's form and bytes, releases it and returns its length. */
static ULONG take_pattern(const struct client *c, NX_PACKET *packet, size_t at) {
    UCHAR data[2048];
    ULONG len = packet->nx_packet_length;
    ULONG copied;
    ULONG sum = 0;
    NX_PACKET *last = packet;

    assert_true(len > 0 && len <= c->socket.nx_tcp_socket_connect_mss);
    assert_ptr_equal(packet->nx_packet_pool_owner, &c->ip_pool);
#ifndef NX_DISABLE_PACKET_CHAIN
    for (NX_PACKET *p = packet; p != NULL; p = p->nx_packet_next) {
        assert_true(p->nx_packet_append_ptr > p->nx_packet_prepend_ptr);
        sum += (ULONG)(p->nx_packet_append_ptr - p->nx_packet_prepend_ptr);
        last = p;
    }
    assert_ptr_equal(packet->nx_packet_last, last == packet ? NULL : last);
#else
    sum = (ULONG)(last->nx_packet_append_ptr - last->nx_packet_prepend_ptr);
#endif
    assert_int_equal(sum, len);
    assert_int_equal(nx_packet_data_retrieve(packet, data, &copied), NX_SUCCESS);
    assert_int_equal(copied, len);
    for (ULONG i = 0; i < len; i++) {
        assert_int_equal(data[i], pattern(at + i));
    }
    assert_int_equal(nx_packet_release(packet), NX_SUCCESS);
    return len;
}

static void receive_pattern(struct client *c, size_t at, size_t amount) {
    while (amount > 0) {
        NX_PACKET *packet;
        ULONG len;

        assert_int_equal(nx_tcp_socket_receive(&c->socket, &packet, LONG_WAIT), NX_SUCCESS);
        len = take_pattern(c, packet, at);
        assert_true(len <= amount);
        at += len;
        amount -= len;
    }
}

static int set_up(void **state) {
    (void)state;
    tx_host_start();
    nx_host_reset();
    return 0;
}

/* Packets */

static void test_pool_create_checks(void **state) {
    static ULONG memory[1024];
    NX_PACKET_POOL pool;

    (void)state;
    assert_int_equal(nx_packet_pool_create(NX_NULL, NX_NULL, 128, memory, sizeof memory),
                     NX_PTR_ERROR);
    assert_int_equal(nx_packet_pool_create(&pool, NX_NULL, 128, NX_NULL, sizeof memory),
                     NX_PTR_ERROR);
    assert_int_equal(nx_packet_pool_create(&pool, NX_NULL, 0, memory, sizeof memory),
                     NX_SIZE_ERROR);
    assert_int_equal(nx_packet_pool_create(&pool, NX_NULL, 4096, memory, sizeof memory),
                     NX_SIZE_ERROR);
    assert_int_equal(nx_packet_pool_create(&pool, NX_NULL, 128, (CHAR *)memory + 1, 1000),
                     NX_SUCCESS);
    assert_in_range(pool.nx_packet_pool_total, 3, 5);
    assert_int_equal(pool.nx_packet_pool_available, pool.nx_packet_pool_total);
    assert_int_equal(nx_packet_pool_delete(&pool), NX_SUCCESS);
    assert_int_equal(nx_packet_pool_delete(&pool), NX_PTR_ERROR);
}

static void test_packet_allocate_checks(void **state) {
    static ULONG memory[1024];
    NX_PACKET_POOL pool;
    NX_PACKET *packet;

    (void)state;
    make_pool(&pool, memory, 64, 2);
    assert_int_equal(nx_packet_allocate(NX_NULL, &packet, 0, NX_NO_WAIT), NX_PTR_ERROR);
    assert_int_equal(nx_packet_allocate(&pool, NX_NULL, 0, NX_NO_WAIT), NX_PTR_ERROR);
    assert_int_equal(nx_packet_allocate(&pool, &packet, 3, NX_NO_WAIT), NX_OPTION_ERROR);
    assert_int_equal(nx_packet_allocate(&pool, &packet, 68, NX_NO_WAIT), NX_INVALID_PARAMETERS);
    assert_int_equal(nx_packet_allocate(&pool, &packet, 60, NX_NO_WAIT), NX_SUCCESS);
    assert_int_equal(packet->nx_packet_prepend_ptr - packet->nx_packet_data_start, 60);
    assert_int_equal(packet->nx_packet_data_end - packet->nx_packet_data_start, 64);
    assert_int_equal(packet->nx_packet_length, 0);
    assert_int_equal(nx_packet_release(packet), NX_SUCCESS);
    nx_packet_pool_delete(&pool);
}

static void test_empty_pool_waits(void **state) {
    static ULONG memory[1024];
    NX_PACKET_POOL pool;
    NX_PACKET *held[2];
    NX_PACKET *packet;
    ULONG start;
    ULONG requests, suspensions;

    (void)state;
    make_pool(&pool, memory, 64, 2);
    assert_int_equal(nx_packet_allocate(&pool, &held[0], 0, NX_NO_WAIT), NX_SUCCESS);
    assert_int_equal(nx_packet_allocate(&pool, &held[1], 0, NX_NO_WAIT), NX_SUCCESS);
    assert_int_equal(nx_packet_allocate(&pool, &packet, 0, NX_NO_WAIT), NX_NO_PACKET);
    assert_null(packet);
    start = tx_time_get();
    assert_int_equal(nx_packet_allocate(&pool, &packet, 0, TICKS(100)), NX_NO_PACKET);
    assert_in_range(tx_time_get() - start, TICKS(90), TICKS(1000));
    assert_int_equal(
        nx_packet_pool_info_get(&pool, NX_NULL, NX_NULL, &requests, &suspensions, NX_NULL),
        NX_SUCCESS);
    assert_int_equal(requests, 2);
    assert_int_equal(suspensions, 1);
    assert_int_equal(nx_packet_release(held[0]), NX_SUCCESS);
    assert_int_equal(nx_packet_release(held[1]), NX_SUCCESS);
    assert_int_equal(pool.nx_packet_pool_available, 2);
    nx_packet_pool_delete(&pool);
}

static VOID release_later(ULONG input);
static NX_PACKET *to_release;

static VOID release_later(ULONG input) {
    tx_thread_sleep(input);
    nx_packet_release(to_release);
}

static void test_waiter_gets_a_released_packet(void **state) {
    static ULONG memory[1024];
    static ULONG stack[512];
    NX_PACKET_POOL pool;
    NX_PACKET *packet;
    TX_THREAD thread;

    (void)state;
    make_pool(&pool, memory, 64, 1);
    assert_int_equal(nx_packet_allocate(&pool, &to_release, 0, NX_NO_WAIT), NX_SUCCESS);
    assert_int_equal(tx_thread_create(&thread, (CHAR *)"releaser", release_later, TICKS(50), stack,
                                      sizeof stack, 1, 1, TX_NO_TIME_SLICE, TX_AUTO_START),
                     TX_SUCCESS);
    assert_int_equal(nx_packet_allocate(&pool, &packet, 4, NX_WAIT_FOREVER), NX_SUCCESS);
    assert_int_equal(packet->nx_packet_prepend_ptr - packet->nx_packet_data_start, 4);
    assert_int_equal(nx_packet_release(packet), NX_SUCCESS);
    while (tx_thread_delete(&thread) == TX_DELETE_ERROR) {
        tx_thread_sleep(1);
    }
    nx_packet_pool_delete(&pool);
}

static void test_double_release_is_counted(void **state) {
    static ULONG memory[1024];
    NX_PACKET_POOL pool;
    NX_PACKET *packet;
    NX_PACKET *again;
    ULONG invalid;

    (void)state;
    make_pool(&pool, memory, 64, 2);
    assert_int_equal(nx_packet_allocate(&pool, &packet, 0, NX_NO_WAIT), NX_SUCCESS);
    again = packet;
    assert_int_equal(nx_packet_release(packet), NX_SUCCESS);
    assert_int_equal(nx_packet_release(again), NX_PTR_ERROR);
    assert_int_equal(pool.nx_packet_pool_available, 2);
    assert_int_equal(nx_packet_pool_info_get(&pool, NX_NULL, NX_NULL, NX_NULL, NX_NULL, &invalid),
                     NX_SUCCESS);
    assert_int_equal(invalid, 1);
#ifndef NX_DISABLE_ERROR_CHECKING
    assert_null(packet);
    assert_int_equal(nx_packet_release(packet), NX_PTR_ERROR);
#endif
    assert_int_equal(pool.nx_packet_pool_invalid_releases, 1);
    nx_packet_pool_delete(&pool);
}

#ifndef NX_DISABLE_PACKET_CHAIN

static void append_and_read_back(ULONG payload) {
    static ULONG memory[16384];
    static UCHAR data[3000];
    static UCHAR back[3000];
    NX_PACKET_POOL pool;
    NX_PACKET *packet;
    ULONG len, total = 0;

    make_pool(&pool, memory, payload, 4000 / payload + 1);
    assert_int_equal(nx_packet_allocate(&pool, &packet, NX_TCP_PACKET, NX_NO_WAIT), NX_SUCCESS);
    for (ULONG i = 0; i < sizeof data; i++) {
        data[i] = pattern(i);
    }
    for (ULONG part = 1; total + part <= sizeof data; part = part * 3 + 1) {
        assert_int_equal(nx_packet_data_append(packet, data + total, part, &pool, NX_NO_WAIT),
                         NX_SUCCESS);
        total += part;
        assert_int_equal(nx_packet_length_get(packet, &len), NX_SUCCESS);
        assert_int_equal(len, total);
    }
    for (NX_PACKET *p = packet; p->nx_packet_next != NULL; p = p->nx_packet_next) {
        assert_ptr_equal(p->nx_packet_append_ptr, p->nx_packet_data_end);
    }
    assert_int_equal(nx_packet_data_retrieve(packet, back, &len), NX_SUCCESS);
    assert_int_equal(len, total);
    assert_memory_equal(back, data, total);
    for (ULONG at = 0; at < total; at += 37) {
        assert_int_equal(nx_packet_data_extract_offset(packet, at, back, 100, &len), NX_SUCCESS);
        assert_int_equal(len, total - at < 100 ? total - at : 100);
        assert_memory_equal(back, data + at, len);
    }
    assert_int_equal(nx_packet_data_extract_offset(packet, total, back, 100, &len),
                     NX_PACKET_OFFSET_ERROR);
    assert_int_equal(nx_packet_release(packet), NX_SUCCESS);
    assert_int_equal(pool.nx_packet_pool_available, pool.nx_packet_pool_total);
    nx_packet_pool_delete(&pool);
}

static void test_append_chains(void **state) {
    (void)state;
    append_and_read_back(80);
    append_and_read_back(128);
    append_and_read_back(256);
    append_and_read_back(1536);
}

static void test_append_is_all_or_nothing(void **state) {
    static ULONG memory[1024];
    static UCHAR data[300];
    NX_PACKET_POOL pool;
    NX_PACKET *packet;

    (void)state;
    make_pool(&pool, memory, 100, 3);
    assert_int_equal(nx_packet_allocate(&pool, &packet, 20, NX_NO_WAIT), NX_SUCCESS);
    assert_int_equal(nx_packet_data_append(packet, data, 281, &pool, TICKS(20)), NX_NO_PACKET);
    assert_int_equal(packet->nx_packet_length, 0);
    assert_null(packet->nx_packet_next);
    assert_int_equal(pool.nx_packet_pool_available, 2);
    assert_int_equal(nx_packet_data_append(packet, data, 280, &pool, NX_NO_WAIT), NX_SUCCESS);
    assert_int_equal(pool.nx_packet_pool_available, 0);
    assert_int_equal(nx_packet_data_append(packet, data, 0, &pool, NX_NO_WAIT), NX_SIZE_ERROR);
    assert_int_equal(nx_packet_release(packet), NX_SUCCESS);
    assert_int_equal(pool.nx_packet_pool_available, 3);
    nx_packet_pool_delete(&pool);
}

#else

static void test_append_without_chains(void **state) {
    static ULONG memory[1024];
    static UCHAR data[300];
    NX_PACKET_POOL pool;
    NX_PACKET *packet;

    (void)state;
    make_pool(&pool, memory, 100, 3);
    assert_int_equal(nx_packet_allocate(&pool, &packet, 20, NX_NO_WAIT), NX_SUCCESS);
    assert_int_equal(nx_packet_data_append(packet, data, 81, &pool, NX_NO_WAIT), NX_SIZE_ERROR);
    assert_int_equal(packet->nx_packet_length, 0);
    assert_int_equal(nx_packet_data_append(packet, data, 80, &pool, NX_NO_WAIT), NX_SUCCESS);
    assert_int_equal(nx_packet_release(packet), NX_SUCCESS);
    assert_int_equal(pool.nx_packet_pool_available, 3);
    nx_packet_pool_delete(&pool);
}

#endif

/* TCP */

static void test_socket_needs_tcp(void **state) {
    static ULONG memory[1024];
    static ULONG stack[512];
    NX_PACKET_POOL pool;
    NX_IP ip;
    NX_TCP_SOCKET socket_;
    ULONG status;

    (void)state;
    make_pool(&pool, memory, 64, 2);
    assert_int_equal(
        nx_ip_create(&ip, NX_NULL, 0, 0, &pool, _nx_ram_network_driver, stack, sizeof stack, 1),
        NX_SUCCESS);
    assert_int_equal(nx_tcp_socket_create(&ip, &socket_, NX_NULL, NX_IP_NORMAL, NX_FRAGMENT_OKAY,
                                          NX_IP_TIME_TO_LIVE, 1460, NX_NULL, NX_NULL),
                     NX_NOT_ENABLED);
    assert_int_equal(nx_ip_status_check(&ip, NX_IP_TCP_ENABLED, &status, TICKS(20)),
                     NX_NOT_SUCCESSFUL);
    assert_int_equal(nx_tcp_enable(&ip), NX_SUCCESS);
    assert_int_equal(nx_ip_status_check(&ip, NX_IP_TCP_ENABLED, &status, NX_NO_WAIT), NX_SUCCESS);
    assert_int_equal(nx_ip_delete(&ip), NX_SUCCESS);
    nx_packet_pool_delete(&pool);
}

static void echo_with(ULONG payload, ULONG count, int family) {
    struct server server;
    struct client *c = client_make(payload, count);
    size_t at = 0;

    server_start_on(&server, ECHO, 0, family);
    client_connect(c, &server);
    for (ULONG len = 1; len <= payload - NX_TCP_PACKET; len = len * 2 + 1) {
        send_pattern(c, at, len);
        receive_pattern(c, at, len);
        at += len;
    }
    assert_int_equal(nx_tcp_socket_disconnect(&c->socket, LONG_WAIT), NX_SUCCESS);
    assert_int_equal(c->socket.nx_tcp_socket_state, NX_TCP_CLOSED);
    client_free(c);
    server_join(&server);
    assert_int_equal(server.received, at);
}

static void test_echo(void **state) {
    (void)state;
    echo_with(128, 40, FAMILY);
    echo_with(256, 40, FAMILY);
    echo_with(1536, 10, FAMILY);
}

static void test_echo_over_ipv6(void **state) {
    (void)state;
#ifdef FEATURE_NX_IPV6
    echo_with(1536, 10, AF_INET6);
#else
    skip();
#endif
}

static void test_ipv6_must_be_enabled(void **state) {
#ifdef FEATURE_NX_IPV6
    struct client *c = client_make(128, 4);

    (void)state;
    c->ip.nx_ip_host_ipv6_enabled = 0;
    assert_int_equal(connect_to(c, AF_INET6, 25, NX_NO_WAIT), NX_NO_INTERFACE_ADDRESS);
    client_free(c);
#else
    (void)state;
    skip();
#endif
}

static void stream_with(ULONG payload, ULONG count, size_t amount) {
    struct server server;
    struct client *c = client_make(payload, count);
    NX_PACKET *packet;

    server_start(&server, SOURCE, amount);
    client_connect(c, &server);
    receive_pattern(c, 0, amount);
    assert_int_equal(nx_tcp_socket_receive(&c->socket, &packet, LONG_WAIT), NX_NOT_CONNECTED);
    assert_null(packet);
    assert_int_equal(c->socket.nx_tcp_socket_state, NX_TCP_CLOSE_WAIT);
    assert_int_equal(nx_tcp_socket_disconnect(&c->socket, LONG_WAIT), NX_SUCCESS);
    client_free(c);
    server_join(&server);
}

static void test_big_stream_in_small_packets(void **state) {
    (void)state;
    stream_with(80, 3, 50000);
    stream_with(128, 4, 300000);
    stream_with(256, 20, 1000000);
    stream_with(1536, 10, 3000000);
}

static void test_receive_waits_for_a_packet(void **state) {
    struct server server;
    struct client *c = client_make(256, 2);
    NX_PACKET *held[2];
    NX_PACKET *packet;
    ULONG start;

    (void)state;
    server_start(&server, SOURCE, 1000);
    client_connect(c, &server);
    assert_int_equal(nx_packet_allocate(&c->ip_pool, &held[0], 0, NX_NO_WAIT), NX_SUCCESS);
    assert_int_equal(nx_packet_allocate(&c->ip_pool, &held[1], 0, NX_NO_WAIT), NX_SUCCESS);
    start = tx_time_get();
    assert_int_equal(nx_tcp_socket_receive(&c->socket, &packet, TICKS(100)), NX_NO_PACKET);
    assert_in_range(tx_time_get() - start, TICKS(90), TICKS(1000));
    assert_int_equal(nx_packet_release(held[0]), NX_SUCCESS);
    assert_int_equal(nx_packet_release(held[1]), NX_SUCCESS);
    receive_pattern(c, 0, 1000);
    assert_int_equal(nx_tcp_socket_disconnect(&c->socket, LONG_WAIT), NX_SUCCESS);
    client_free(c);
    server_join(&server);
}

static void test_receive_time_limit(void **state) {
    struct server server;
    struct client *c = client_make(256, 2);
    NX_PACKET *packet;
    ULONG start;

    (void)state;
    server_start(&server, SILENT, 0);
    client_connect(c, &server);
    assert_int_equal(nx_tcp_socket_receive(&c->socket, &packet, NX_NO_WAIT), NX_NO_PACKET);
    start = tx_time_get();
    assert_int_equal(nx_tcp_socket_receive(&c->socket, &packet, TICKS(150)), NX_NO_PACKET);
    assert_in_range(tx_time_get() - start, TICKS(140), TICKS(1000));
    assert_int_equal(nx_tcp_socket_disconnect(&c->socket, LONG_WAIT), NX_SUCCESS);
    assert_int_equal(nx_tcp_socket_disconnect(&c->socket, LONG_WAIT), NX_NOT_CONNECTED);
    client_free(c);
    server_join(&server);
}

static void test_connect_refused(void **state) {
    struct client *c = client_make(256, 2);
    NX_PACKET *packet;
    UINT port;
    int fd = listen_on(FAMILY, 1, &port);

    (void)state;
    close(fd);
    assert_int_equal(connect_to(c, FAMILY, port, LONG_WAIT), NX_NOT_CONNECTED);
    assert_int_equal(c->socket.nx_tcp_socket_state, NX_TCP_CLOSED);
    assert_int_equal(nx_tcp_socket_receive(&c->socket, &packet, LONG_WAIT), NX_NOT_CONNECTED);
    assert_int_equal(nx_tcp_socket_disconnect(&c->socket, LONG_WAIT), NX_NOT_CONNECTED);
    client_free(c);
}

/* A listener whose queue is full leaves the next connection hanging. */
static void test_connect_time_limit(void **state) {
    struct client *c = client_make(256, 2);
    union address address;
    socklen_t len;
    int fillers[4];
    UINT port;
    int listener = listen_on(FAMILY, 0, &port);
    ULONG start;

    (void)state;
    len = loopback(&address, FAMILY);
    if (FAMILY == AF_INET6) {
        address.v6.sin6_port = htons((uint16_t)port);
    } else {
        address.v4.sin_port = htons((uint16_t)port);
    }
    for (int i = 0; i < 4; i++) {
        struct pollfd p = {0, POLLOUT, 0};

        fillers[i] = socket(FAMILY, SOCK_STREAM | SOCK_NONBLOCK, 0);
        p.fd = fillers[i];
        if (connect(fillers[i], &address.any, len) != 0 && errno == EINPROGRESS) {
            poll(&p, 1, 50);
        }
    }
    start = tx_time_get();
    assert_int_equal(connect_to(c, FAMILY, port, TICKS(200)), NX_NOT_CONNECTED);
    assert_in_range(tx_time_get() - start, TICKS(190), TICKS(1000));
    assert_int_equal(connect_to(c, FAMILY, port, NX_NO_WAIT), NX_IN_PROGRESS);
    assert_int_equal(c->socket.nx_tcp_socket_state, NX_TCP_SYN_SENT);
    assert_int_equal(nx_tcp_socket_state_wait(&c->socket, NX_TCP_ESTABLISHED, TICKS(50)),
                     NX_NOT_SUCCESSFUL);
    assert_int_equal(nx_tcp_client_socket_unbind(&c->socket), NX_NOT_CLOSED);
    assert_int_equal(nx_tcp_socket_disconnect(&c->socket, LONG_WAIT), NX_SUCCESS);
    for (int i = 0; i < 4; i++) {
        close(fillers[i]);
    }
    close(listener);
    client_free(c);
}

static void test_connect_without_waiting(void **state) {
    struct server server;
    struct client *c = client_make(256, 4);
    UINT status;

    (void)state;
    server_start(&server, ECHO, 0);
    status = connect_to(c, FAMILY, server.port, NX_NO_WAIT);
    assert_true(status == NX_IN_PROGRESS || status == NX_SUCCESS);
    assert_int_equal(nx_tcp_socket_state_wait(&c->socket, NX_TCP_ESTABLISHED, LONG_WAIT),
                     NX_SUCCESS);
    send_pattern(c, 0, 100);
    receive_pattern(c, 0, 100);
    assert_int_equal(nx_tcp_socket_disconnect(&c->socket, LONG_WAIT), NX_SUCCESS);
    client_free(c);
    server_join(&server);
}

static void test_connect_checks(void **state) {
    struct server server;
    struct client *c = client_make(256, 4);
    NXD_ADDRESS address = address_of(FAMILY);
    UINT port;

    (void)state;
    server_start(&server, SILENT, 0);
    assert_int_equal(nxd_tcp_client_socket_connect(&c->socket, NX_NULL, 25, NX_NO_WAIT),
                     NX_PTR_ERROR);
    assert_int_equal(nxd_tcp_client_socket_connect(&c->socket, &address, 0, NX_NO_WAIT),
                     NX_INVALID_PORT);
    address.nxd_ip_version = 5;
    assert_int_equal(nxd_tcp_client_socket_connect(&c->socket, &address, 25, NX_NO_WAIT),
                     NX_IP_ADDRESS_ERROR);
    memset(&address.nxd_ip_address, 0, sizeof address.nxd_ip_address);
    address.nxd_ip_version = address_of(FAMILY).nxd_ip_version;
    assert_int_equal(nxd_tcp_client_socket_connect(&c->socket, &address, 25, NX_NO_WAIT),
                     NX_IP_ADDRESS_ERROR);
    assert_int_equal(nx_tcp_client_socket_bind(&c->socket, NX_ANY_PORT, NX_NO_WAIT),
                     NX_ALREADY_BOUND);
    client_connect(c, &server);
    assert_int_equal(connect_to(c, FAMILY, server.port, LONG_WAIT), NX_NOT_CLOSED);
    assert_int_equal(nx_tcp_client_socket_unbind(&c->socket), NX_NOT_CLOSED);
    assert_int_equal(nx_tcp_client_socket_port_get(&c->socket, &port), NX_SUCCESS);
    assert_in_range(port, 1, NX_MAX_PORT);
    assert_int_equal(nx_tcp_socket_disconnect(&c->socket, NX_NO_WAIT), NX_SUCCESS);
    assert_int_equal(nx_tcp_client_socket_unbind(&c->socket), NX_SUCCESS);
    assert_int_equal(connect_to(c, FAMILY, server.port, LONG_WAIT), NX_NOT_BOUND);
    assert_int_equal(nx_tcp_client_socket_bind(&c->socket, NX_ANY_PORT, NX_NO_WAIT), NX_SUCCESS);
    client_free(c);
    server_join(&server);
}

static void test_bind_to_a_port(void **state) {
    struct server server;
    struct client *c = client_make(256, 4);
    NX_TCP_SOCKET other;
    UINT port, bound;

    (void)state;
    close(listen_on(FAMILY, 1, &port));
    assert_int_equal(nx_tcp_client_socket_unbind(&c->socket), NX_SUCCESS);
    assert_int_equal(nx_tcp_client_socket_bind(&c->socket, NX_MAX_PORT + 1, NX_NO_WAIT),
                     NX_INVALID_PORT);
    assert_int_equal(nx_tcp_client_socket_bind(&c->socket, port, NX_NO_WAIT), NX_SUCCESS);
    assert_int_equal(nx_tcp_socket_create(&c->ip, &c->socket, NX_NULL, NX_IP_NORMAL,
                                          NX_FRAGMENT_OKAY, NX_IP_TIME_TO_LIVE, 1460, NX_NULL,
                                          NX_NULL),
                     NX_PTR_ERROR);
    assert_int_equal(nx_tcp_socket_create(&c->ip, &other, NX_NULL, NX_IP_NORMAL, NX_FRAGMENT_OKAY,
                                          NX_IP_TIME_TO_LIVE, 1460, NX_NULL, NX_NULL),
                     NX_SUCCESS);
    assert_int_equal(nx_tcp_client_socket_bind(&other, port, TICKS(20)), NX_PORT_UNAVAILABLE);
    server_start(&server, SINK, 0);
    client_connect(c, &server);
    assert_int_equal(nx_tcp_client_socket_port_get(&c->socket, &bound), NX_SUCCESS);
    assert_int_equal(bound, port);
    assert_int_equal(nx_tcp_socket_disconnect(&c->socket, NX_NO_WAIT), NX_SUCCESS);
    server_join(&server);
    assert_int_equal(nx_tcp_client_socket_unbind(&c->socket), NX_SUCCESS);
    assert_int_equal(nx_tcp_client_socket_bind(&other, port, TICKS(20)), NX_SUCCESS);
    assert_int_equal(nx_tcp_client_socket_unbind(&other), NX_SUCCESS);
    assert_int_equal(nx_tcp_socket_delete(&other), NX_SUCCESS);
    assert_int_equal(nx_tcp_client_socket_bind(&c->socket, NX_ANY_PORT, NX_NO_WAIT), NX_SUCCESS);
    client_free(c);
}

static int disconnected;

static VOID on_disconnect(NX_TCP_SOCKET *socket_ptr) {
    (void)socket_ptr;
    disconnected++;
}

static void test_peer_reset(void **state) {
    struct server server;
    struct client *c = client_make(256, 4);
    NX_PACKET *packet;

    (void)state;
    disconnected = 0;
    c->socket.nx_tcp_disconnect_callback = on_disconnect;
    server_start(&server, RESET, 0);
    client_connect(c, &server);
    server_hear(&server);
    server_join(&server);
    assert_int_equal(nx_tcp_socket_receive(&c->socket, &packet, LONG_WAIT), NX_NOT_CONNECTED);
    assert_int_equal(c->socket.nx_tcp_socket_state, NX_TCP_CLOSED);
    assert_int_equal(disconnected, 1);
    packet = make_packet(&c->pool, 0, 100);
    assert_int_equal(nx_tcp_socket_send(&c->socket, packet, LONG_WAIT), NX_NOT_CONNECTED);
    assert_non_null(packet);
    assert_int_equal(nx_packet_release(packet), NX_SUCCESS);
    client_free(c);
}

static void test_send_after_peer_reset(void **state) {
    struct server server;
    struct client *c = client_make(256, 4);
    UINT status = NX_SUCCESS;

    (void)state;
    server_start(&server, RESET, 0);
    client_connect(c, &server);
    server_hear(&server);
    server_join(&server);
    for (int i = 0; i < 100 && status == NX_SUCCESS; i++) {
        NX_PACKET *packet = make_packet(&c->pool, 0, 100);

        status = nx_tcp_socket_send(&c->socket, packet, LONG_WAIT);
        if (status != NX_SUCCESS) {
            assert_int_equal(nx_packet_release(packet), NX_SUCCESS);
        }
    }
    assert_int_equal(status, NX_NOT_CONNECTED);
    client_free(c);
}

static void test_send_after_peer_fin(void **state) {
    struct server server;
    struct client *c = client_make(256, 4);

    (void)state;
    server_start(&server, SOURCE, 0);
    client_connect(c, &server);
    assert_int_equal(nx_tcp_socket_state_wait(&c->socket, NX_TCP_CLOSE_WAIT, LONG_WAIT),
                     NX_SUCCESS);
    send_pattern(c, 0, 150);
    assert_int_equal(nx_tcp_socket_disconnect(&c->socket, LONG_WAIT), NX_SUCCESS);
    client_free(c);
    server_join(&server);
    assert_int_equal(server.received, 150);
}

/* A peer that does not read: a time limit, then the rest of the same packet once it reads. Nothing
 * is lost or doubled. */
static void test_send_to_a_deaf_peer(void **state) {
    struct server server;
    struct client *c = client_make(1536, 10);
    NX_PACKET *packet = NULL;
    size_t at = 0;
    UINT status = NX_SUCCESS;
    ULONG start = 0;
    ULONG whole = 1400;

    (void)state;
    server_start(&server, DEAF, 0);
    client_connect(c, &server);
    while (status == NX_SUCCESS) {
        packet = make_packet(&c->pool, at, whole);
        start = tx_time_get();
        status = nx_tcp_socket_send(&c->socket, packet, TICKS(150));
        at += whole;
        assert_true(at < 100u * 1000 * 1000);
    }
    assert_int_equal(status, NX_WINDOW_OVERFLOW);
    assert_in_range(tx_time_get() - start, TICKS(140), TICKS(1000));
    assert_non_null(packet);
    assert_in_range(packet->nx_packet_length, 1, whole);
    assert_int_equal(nx_tcp_socket_send(&c->socket, packet, NX_NO_WAIT), NX_WINDOW_OVERFLOW);
    server_hear(&server);
    assert_int_equal(nx_tcp_socket_send(&c->socket, packet, LONG_WAIT), NX_SUCCESS);
    assert_int_equal(nx_tcp_socket_disconnect(&c->socket, LONG_WAIT), NX_SUCCESS);
    client_free(c);
    server_join(&server);
    assert_int_equal(server.received, at);
}

static void test_disconnect_time_limit(void **state) {
    struct server server;
    struct client *c = client_make(256, 4);
    ULONG start;

    (void)state;
    server_start(&server, DEAF, 0);
    client_connect(c, &server);
    start = tx_time_get();
    assert_int_equal(nx_tcp_socket_disconnect(&c->socket, TICKS(150)), NX_DISCONNECT_FAILED);
    assert_in_range(tx_time_get() - start, TICKS(140), TICKS(1000));
    assert_int_equal(c->socket.nx_tcp_socket_state, NX_TCP_CLOSED);
    client_free(c);
    server_hear(&server);
    server_join(&server);
}

static void test_send_checks(void **state) {
    struct server server;
    struct client *c = client_make(256, 4);
    NX_PACKET *packet = make_packet(&c->pool, 0, 10);
    UCHAR *kept = packet->nx_packet_prepend_ptr;

    (void)state;
    assert_int_equal(nx_tcp_socket_send(&c->socket, packet, LONG_WAIT), NX_NOT_CONNECTED);
    server_start(&server, SINK, 0);
    client_connect(c, &server);
#ifndef NX_DISABLE_ERROR_CHECKING
    packet->nx_packet_prepend_ptr = packet->nx_packet_data_start + 39;
    assert_int_equal(nx_tcp_socket_send(&c->socket, packet, LONG_WAIT), NX_UNDERFLOW);
#endif
    packet->nx_packet_prepend_ptr = kept;
    packet->nx_packet_length = 0;
    assert_int_equal(nx_tcp_socket_send(&c->socket, packet, LONG_WAIT), NX_INVALID_PACKET);
    packet->nx_packet_length = 10;
    assert_int_equal(nx_tcp_socket_send(&c->socket, packet, LONG_WAIT), NX_SUCCESS);
#ifndef NX_DISABLE_ERROR_CHECKING
    assert_null(packet);
    assert_int_equal(nx_tcp_socket_send(&c->socket, packet, LONG_WAIT), NX_INVALID_PACKET);
#endif
    assert_int_equal(nx_tcp_socket_disconnect(&c->socket, LONG_WAIT), NX_SUCCESS);
    client_free(c);
    server_join(&server);
    assert_int_equal(server.received, 10);
}

static void test_mss(void **state) {
    struct server server;
    struct client *c = client_make(1536, 10);
    ULONG mss;

    (void)state;
    nx_host_mss_set(100);
    server_start(&server, SINK, 0);
    client_connect(c, &server);
    assert_int_equal(nx_tcp_socket_mss_get(&c->socket, &mss), NX_SUCCESS);
    assert_int_equal(mss, 100);
    send_pattern(c, 0, 1000);
    send_pattern(c, 1000, 1);
    send_pattern(c, 1001, 101);
    assert_int_equal(nx_host_segments(), 10 + 1 + 2);
    assert_int_equal(nx_host_calls(NX_HOST_SEND), 3);
    assert_int_equal(nx_tcp_socket_disconnect(&c->socket, LONG_WAIT), NX_SUCCESS);
    nx_host_mss_set(0);
    client_free(c);
    server_join(&server);
    assert_int_equal(server.received, 1102);
}

static void test_usual_mss(void **state) {
    struct server server;
    struct client *c = client_make(256, 4);
    ULONG mss;

    (void)state;
    server_start(&server, SINK, 0);
    client_connect(c, &server);
    assert_int_equal(nx_tcp_socket_mss_get(&c->socket, &mss), NX_SUCCESS);
    assert_int_equal(mss, FAMILY == AF_INET6 ? 1440 : 1460);
    assert_int_equal(nx_tcp_socket_disconnect(&c->socket, LONG_WAIT), NX_SUCCESS);
    client_free(c);
    server_join(&server);
}

/* Faults */

static void test_faults(void **state) {
    struct server server;
    struct client *c = client_make(256, 4);
    NX_TCP_SOCKET other;
    NX_PACKET *packet;

    (void)state;
    nx_host_reset();
    nx_host_fail(NX_HOST_PACKET_ALLOCATE, 2);
    assert_int_equal(nx_packet_allocate(&c->pool, &packet, NX_TCP_PACKET, LONG_WAIT), NX_SUCCESS);
    assert_int_equal(nx_packet_release(packet), NX_SUCCESS);
    assert_int_equal(nx_packet_allocate(&c->pool, &packet, NX_TCP_PACKET, LONG_WAIT), NX_NO_PACKET);
    assert_null(packet);
    packet = make_packet(&c->pool, 0, 50);
    assert_int_equal(nx_host_calls(NX_HOST_PACKET_ALLOCATE), 3);

    nx_host_fail(NX_HOST_SOCKET_CREATE, 1);
    assert_int_equal(nx_tcp_socket_create(&c->ip, &other, NX_NULL, NX_IP_NORMAL, NX_FRAGMENT_OKAY,
                                          NX_IP_TIME_TO_LIVE, 1460, NX_NULL, NX_NULL),
                     NX_NOT_ENABLED);
    assert_int_equal(nx_tcp_client_socket_unbind(&c->socket), NX_SUCCESS);
    nx_host_fail(NX_HOST_BIND, 1);
    assert_int_equal(nx_tcp_client_socket_bind(&c->socket, 0, LONG_WAIT), NX_NO_FREE_PORTS);
    assert_int_equal(nx_tcp_client_socket_bind(&c->socket, 0, LONG_WAIT), NX_SUCCESS);

    server_start(&server, ECHO, 0);
    nx_host_fail(NX_HOST_CONNECT, 1);
    assert_int_equal(connect_to(c, FAMILY, server.port, LONG_WAIT), NX_NOT_CONNECTED);
    client_connect(c, &server);
    nx_host_fail(NX_HOST_SEND, 1);
    assert_int_equal(nx_tcp_socket_send(&c->socket, packet, LONG_WAIT), NX_TX_QUEUE_DEPTH);
    assert_int_equal(packet->nx_packet_length, 50);
    assert_int_equal(nx_tcp_socket_send(&c->socket, packet, LONG_WAIT), NX_SUCCESS);
    nx_host_fail(NX_HOST_RECEIVE, 1);
    assert_int_equal(nx_tcp_socket_receive(&c->socket, &packet, LONG_WAIT), NX_NO_PACKET);
    receive_pattern(c, 0, 50);
    nx_host_fail(NX_HOST_DISCONNECT, 1);
    assert_int_equal(nx_tcp_socket_disconnect(&c->socket, LONG_WAIT), NX_DISCONNECT_FAILED);
    assert_int_equal(c->socket.nx_tcp_socket_state, NX_TCP_CLOSED);
    client_free(c);
    server_join(&server);
}

/* Threads */

struct worker {
    TX_THREAD thread;
    ULONG stack[512];
    struct client *c;
    int ok;
};

static struct worker workers[4];

/* No asserts here: cmocka wants them in the thread that runs the test. */
static VOID work(ULONG input) {
    struct worker *w = &workers[input];
    UCHAR data[100];
    ULONG copied;

    memset(data, (int)input, sizeof data);
    for (int i = 0; i < 200; i++) {
        NX_PACKET *packet;
        ULONG left = sizeof data;

        if (nx_packet_allocate(&w->c->pool, &packet, NX_TCP_PACKET, LONG_WAIT) != NX_SUCCESS ||
            nx_packet_data_append(packet, data, sizeof data, &w->c->pool, LONG_WAIT) !=
                NX_SUCCESS ||
            nx_tcp_socket_send(&w->c->socket, packet, LONG_WAIT) != NX_SUCCESS) {
            return;
        }
        while (left > 0) {
            UCHAR back[100];

            if (nx_tcp_socket_receive(&w->c->socket, &packet, LONG_WAIT) != NX_SUCCESS ||
                packet->nx_packet_length > left ||
                nx_packet_data_retrieve(packet, back, &copied) != NX_SUCCESS ||
                memcmp(back, data, copied) != 0 || nx_packet_release(packet) != NX_SUCCESS) {
                return;
            }
            left -= copied;
        }
    }
    w->ok = 1;
}

static void await_thread(TX_THREAD *thread) {
    UINT status;

    while ((status = tx_thread_delete(thread)) == TX_DELETE_ERROR) {
        tx_thread_sleep(1);
    }
    assert_int_equal(status, TX_SUCCESS);
}

static void start_worker(TX_THREAD *thread, VOID (*entry)(ULONG), ULONG input, ULONG *stack,
                         UINT start) {
    assert_int_equal(tx_thread_create(thread, (CHAR *)"worker", entry, input, stack, 2048, 5, 5,
                                      TX_NO_TIME_SLICE, start),
                     TX_SUCCESS);
}

static void test_several_threads(void **state) {
    struct server servers[4];

    (void)state;
    for (ULONG i = 0; i < 4; i++) {
        workers[i].c = client_make(256, 6);
        workers[i].ok = 0;
        server_start(&servers[i], ECHO, 0);
        client_connect(workers[i].c, &servers[i]);
        start_worker(&workers[i].thread, work, i, workers[i].stack, TX_AUTO_START);
    }
    for (ULONG i = 0; i < 4; i++) {
        await_thread(&workers[i].thread);
        assert_int_equal(workers[i].ok, 1);
        assert_int_equal(nx_tcp_socket_disconnect(&workers[i].c->socket, LONG_WAIT), NX_SUCCESS);
        client_free(workers[i].c);
        pthread_join(servers[i].thread, NULL);
        close(servers[i].listener);
        close(servers[i].hear[0]);
        close(servers[i].hear[1]);
        assert_int_equal(servers[i].received, 200 * 100);
    }
}

static UINT seen_by_receiver;

static VOID receive_for_ever(ULONG input) {
    NX_PACKET *packet;

    seen_by_receiver = nx_tcp_socket_receive(&workers[input].c->socket, &packet, NX_WAIT_FOREVER);
}

/* One thread waits in a receive while another takes the connection down and the socket away. */
static void test_disconnect_under_a_receiver(void **state) {
    struct server server;

    (void)state;
    workers[0].c = client_make(256, 6);
    server_start(&server, SILENT, 0);
    client_connect(workers[0].c, &server);
    start_worker(&workers[0].thread, receive_for_ever, 0, workers[0].stack, TX_AUTO_START);
    tx_thread_sleep(TICKS(50));
    assert_int_equal(nx_tcp_socket_disconnect(&workers[0].c->socket, NX_NO_WAIT), NX_SUCCESS);
    await_thread(&workers[0].thread);
    assert_int_equal(seen_by_receiver, NX_NOT_CONNECTED);
    client_free(workers[0].c);
    server_join(&server);
}

static void test_terminate_a_receiver(void **state) {
    struct server server;

    (void)state;
    workers[0].c = client_make(256, 6);
    server_start(&server, SILENT, 0);
    client_connect(workers[0].c, &server);
    start_worker(&workers[0].thread, receive_for_ever, 0, workers[0].stack, TX_DONT_START);
    assert_int_equal(tx_thread_delete(&workers[0].thread), TX_DELETE_ERROR);
    assert_int_equal(tx_thread_resume(&workers[0].thread), TX_SUCCESS);
    assert_int_equal(tx_thread_resume(&workers[0].thread), TX_RESUME_ERROR);
    tx_thread_sleep(TICKS(50));
    assert_int_equal(tx_thread_terminate(&workers[0].thread), TX_SUCCESS);
    assert_int_equal(tx_thread_delete(&workers[0].thread), TX_SUCCESS);
    assert_int_equal(nx_tcp_socket_disconnect(&workers[0].c->socket, LONG_WAIT), NX_SUCCESS);
    client_free(workers[0].c);
    server_join(&server);
}

static TX_MUTEX mutex;
static TX_SEMAPHORE semaphore;
static int counter;

static VOID count(ULONG input) {
    for (ULONG i = 0; i < input; i++) {
        tx_mutex_get(&mutex, TX_WAIT_FOREVER);
        tx_mutex_get(&mutex, TX_NO_WAIT);
        counter++;
        tx_mutex_put(&mutex);
        tx_mutex_put(&mutex);
    }
    tx_semaphore_put(&semaphore);
}

static VOID hold(ULONG input) {
    tx_mutex_get(&mutex, TX_WAIT_FOREVER);
    tx_semaphore_put(&semaphore);
    tx_thread_sleep(input);
}

static void test_mutex_and_semaphore(void **state) {
    (void)state;
    counter = 0;
    assert_int_equal(tx_mutex_create(&mutex, (CHAR *)"mutex", TX_NO_INHERIT), TX_SUCCESS);
    assert_int_equal(tx_semaphore_create(&semaphore, (CHAR *)"semaphore", 0), TX_SUCCESS);
    assert_int_equal(tx_semaphore_get(&semaphore, TX_NO_WAIT), TX_NO_INSTANCE);
    assert_int_equal(tx_semaphore_get(&semaphore, TICKS(30)), TX_NO_INSTANCE);
    for (int i = 0; i < 4; i++) {
        start_worker(&workers[i].thread, count, 1000, workers[i].stack, TX_AUTO_START);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(tx_semaphore_get(&semaphore, TX_WAIT_FOREVER), TX_SUCCESS);
    }
    for (int i = 0; i < 4; i++) {
        await_thread(&workers[i].thread);
    }
    assert_int_equal(counter, 4000);
    assert_int_equal(tx_mutex_put(&mutex), TX_NOT_OWNED);

    start_worker(&workers[0].thread, hold, TX_WAIT_FOREVER, workers[0].stack, TX_AUTO_START);
    assert_int_equal(tx_semaphore_get(&semaphore, TX_WAIT_FOREVER), TX_SUCCESS);
    assert_int_equal(tx_mutex_get(&mutex, TX_NO_WAIT), TX_NOT_AVAILABLE);
    assert_int_equal(tx_mutex_get(&mutex, TICKS(50)), TX_NOT_AVAILABLE);
    assert_int_equal(tx_thread_terminate(&workers[0].thread), TX_SUCCESS);
    assert_int_equal(tx_mutex_get(&mutex, LONG_WAIT), TX_SUCCESS);
    assert_int_equal(tx_thread_delete(&workers[0].thread), TX_SUCCESS);
    assert_int_equal(tx_mutex_delete(&mutex), TX_SUCCESS);
    assert_int_equal(tx_mutex_get(&mutex, TX_NO_WAIT), TX_MUTEX_ERROR);
    assert_int_equal(tx_semaphore_delete(&semaphore), TX_SUCCESS);
    assert_int_equal(tx_semaphore_put(&semaphore), TX_SEMAPHORE_ERROR);
}

NX_CALLER_CHECKING_EXTERNS

static UINT from_threads_only(void) {
    NX_THREADS_ONLY_CALLER_CHECKING
    return NX_SUCCESS;
}

static UINT from_init_and_threads(void) {
    NX_INIT_AND_THREADS_CALLER_CHECKING
    return NX_SUCCESS;
}

struct outcome {
    UINT threads_only;
    UINT init_and_threads;
    UINT receive;
    TX_THREAD *identity;
};

static void *call_as_a_stranger(void *arg) {
    struct outcome *seen = arg;
    NX_TCP_SOCKET *socket_ptr = &workers[0].c->socket;
    NX_PACKET *packet;

    seen->threads_only = from_threads_only();
    seen->init_and_threads = from_init_and_threads();
    seen->receive = nx_tcp_socket_receive(socket_ptr, &packet, NX_NO_WAIT);
    seen->identity = tx_thread_identify();
    return NULL;
}

static void test_callers(void **state) {
    struct outcome seen;
    pthread_t stranger;

    (void)state;
    workers[0].c = client_make(256, 2);
    assert_int_equal(pthread_create(&stranger, NULL, call_as_a_stranger, &seen), 0);
    pthread_join(stranger, NULL);
    assert_int_equal(seen.threads_only, NX_CALLER_ERROR);
    assert_int_equal(seen.init_and_threads, NX_CALLER_ERROR);
    assert_int_equal(seen.receive, NX_CALLER_ERROR);
    assert_null(seen.identity);
    assert_int_equal(from_threads_only(), NX_SUCCESS);
    assert_int_equal(from_init_and_threads(), NX_SUCCESS);
    assert_non_null(tx_thread_identify());
    client_free(workers[0].c);
}

static struct outcome seen_in_define;
static UINT seen_in_thread;

static VOID started_by_kernel(ULONG input) {
    seen_in_thread = from_threads_only() + (UINT)input;
}

VOID tx_application_define(VOID *first_unused_memory) {
    assert_non_null(first_unused_memory);
    seen_in_define.threads_only = from_threads_only();
    seen_in_define.init_and_threads = from_init_and_threads();
    start_worker(&workers[0].thread, started_by_kernel, 7, first_unused_memory, TX_AUTO_START);
}

static void test_kernel_enter(void **state) {
    (void)state;
    tx_kernel_enter();
    assert_int_equal(seen_in_define.threads_only, NX_CALLER_ERROR);
    assert_int_equal(seen_in_define.init_and_threads, NX_SUCCESS);
    assert_int_equal(seen_in_thread, 7);
    assert_int_equal(tx_thread_delete(&workers[0].thread), TX_SUCCESS);
}

static void test_interrupts_off(void **state) {
    TX_INTERRUPT_SAVE_AREA

        (void)
    state;
    TX_DISABLE
    TX_DISABLE
    assert_int_equal(tx_saved_posture, 0);
    TX_RESTORE
    TX_RESTORE
    assert_int_equal(tx_thread_sleep(1), TX_SUCCESS);
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_pool_create_checks),
        TEST(test_packet_allocate_checks),
        TEST(test_empty_pool_waits),
        TEST(test_waiter_gets_a_released_packet),
        TEST(test_double_release_is_counted),
#ifndef NX_DISABLE_PACKET_CHAIN
        TEST(test_append_chains),
        TEST(test_append_is_all_or_nothing),
#else
        TEST(test_append_without_chains),
#endif
        TEST(test_socket_needs_tcp),
        TEST(test_echo),
        TEST(test_echo_over_ipv6),
        TEST(test_ipv6_must_be_enabled),
        TEST(test_big_stream_in_small_packets),
        TEST(test_receive_waits_for_a_packet),
        TEST(test_receive_time_limit),
        TEST(test_connect_refused),
        TEST(test_connect_time_limit),
        TEST(test_connect_without_waiting),
        TEST(test_connect_checks),
        TEST(test_bind_to_a_port),
        TEST(test_peer_reset),
        TEST(test_send_after_peer_reset),
        TEST(test_send_after_peer_fin),
        TEST(test_send_to_a_deaf_peer),
        TEST(test_disconnect_time_limit),
        TEST(test_send_checks),
        TEST(test_mss),
        TEST(test_usual_mss),
        TEST(test_faults),
        TEST(test_several_threads),
        TEST(test_disconnect_under_a_receiver),
        TEST(test_terminate_a_receiver),
        TEST(test_mutex_and_semaphore),
        TEST(test_callers),
        TEST(test_kernel_enter),
        TEST(test_interrupts_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
