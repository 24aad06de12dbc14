/* SPDX-License-Identifier: MIT */

/* What netx_tls_example.c leaves to the board, for a PC: with it and the host edition it is a whole
 * program. netx_tls_host PORT CA.DER: sends its mail to 127.0.0.1, which has to be
 * mail.example.com by a certificate of that CA. On a device write your own. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "nx_api.h"
#include "nx_secure_tls_api.h"

UINT send_secure_mail(NX_IP *ip, NX_PACKET_POOL *pool, NXD_ADDRESS *server, UINT port,
                      UINT *tls_status);

/* ---- What the example wants ---- */

UCHAR root_ca[2048];
USHORT root_ca_length;

ULONG clock_seconds(VOID);
ULONG clock_seconds(VOID) {
    return (ULONG)time(NULL);
}

UINT board_random(UCHAR *buffer, ULONG length);
UINT board_random(UCHAR *buffer, ULONG length) {
    FILE *file = fopen("/dev/urandom", "rb");
    size_t got = file != NULL ? fread(buffer, 1, length, file) : 0;
    if (file != NULL)
        (void)fclose(file);
    return got == length ? NX_SUCCESS : NX_NOT_SUCCESSFUL;
}

/* ---- The board ---- */

VOID _nx_ram_network_driver(NX_IP_DRIVER *driver_request); /* in place of your board's */

static TX_THREAD thread;
static NX_PACKET_POOL pool;
static NX_IP ip;
static ULONG thread_stack[8192 / sizeof(ULONG)], ip_stack[2048 / sizeof(ULONG)];
static ULONG pool_memory[16 * 1700 / sizeof(ULONG)];
static UINT port;

static VOID send_mail(ULONG unused) {
    NXD_ADDRESS server = {0};
    UINT tls_status = NX_SUCCESS;
    UINT status;
    NX_PARAMETER_NOT_USED(unused);
    server.nxd_ip_version = NX_IP_VERSION_V4;
    server.nxd_ip_address.v4 = IP_ADDRESS(127, 0, 0, 1);
    status = send_secure_mail(&ip, &pool, &server, port, &tls_status);
    printf("mail: status 0x%02X, TLS 0x%02X\n", status, tls_status);
}

VOID tx_application_define(VOID *first_unused_memory) {
    NX_PARAMETER_NOT_USED(first_unused_memory);
    nx_system_initialize();
    nx_secure_tls_initialize();
    nx_packet_pool_create(&pool, "pool", 1536, pool_memory, sizeof(pool_memory));
    nx_ip_create(&ip, "IP", IP_ADDRESS(127, 0, 0, 2), 0xFF000000UL, &pool, _nx_ram_network_driver,
                 ip_stack, sizeof(ip_stack), 1);
    nx_tcp_enable(&ip);
    tx_thread_create(&thread, "mail", send_mail, 0, thread_stack, sizeof(thread_stack), 4, 4,
                     TX_NO_TIME_SLICE, TX_AUTO_START);
}

int main(int argc, char **argv) {
    FILE *file = argc == 3 ? fopen(argv[2], "rb") : NULL;
    if (file == NULL) {
        fprintf(stderr, "usage: %s PORT CA.DER\n", argv[0]);
        return 2;
    }
    port = (UINT)strtoul(argv[1], NULL, 10);
    root_ca_length = (USHORT)fread(root_ca, 1, sizeof(root_ca), file);
    (void)fclose(file);
    tx_kernel_enter();
}
