/* SPDX-License-Identifier: MIT */

/* One mail through the NetX Duo SMTP Client: the whole program, as firmware has it. Put in your
 * board's network driver, your addresses and your login. On a PC it runs on the host edition. */

#include <stdio.h>

#include "nx_api.h"
#include "nxd_smtp_client.h"

#ifndef MAIL_SERVER
#define MAIL_SERVER IP_ADDRESS(192, 168, 1, 25)
#define MAIL_PORT   25
#endif

VOID _nx_ram_network_driver(NX_IP_DRIVER *driver_request); /* your board's driver */

static TX_THREAD thread;
static NX_PACKET_POOL pool;
static NX_IP ip;
static NX_SMTP_CLIENT client;
static ULONG thread_stack[2048 / sizeof(ULONG)], ip_stack[2048 / sizeof(ULONG)], arp_cache[260];
static ULONG pool_memory[16 * 1700 / sizeof(ULONG)];

static VOID send_mail(ULONG unused) {
    static CHAR body[] = "Pump 7 has stopped.\r\n.\r\nTemperature 81 \xC2\xB0"
                         "C\r\n";
    NXD_ADDRESS server = {0};
    UINT status;
    NX_PARAMETER_NOT_USED(unused);

    server.nxd_ip_version = NX_IP_VERSION_V4;
    server.nxd_ip_address.v4 = MAIL_SERVER;
    status =
        nxd_smtp_client_create(&client, &ip, &pool, "pump", "secret", "pump7@example.com",
                               "pump7.example.com", NX_SMTP_CLIENT_AUTH_PLAIN, &server, MAIL_PORT);
    if (status == NX_SUCCESS) {
        status = nx_smtp_mail_send(&client, "ops@example.com", NX_SMTP_MAIL_PRIORITY_NORMAL,
                                   "Pump 7", body, sizeof(body) - 1);
        nx_smtp_client_delete(&client);
    }
    printf("mail: status 0x%02X\n", status);
}

VOID tx_application_define(VOID *first_unused_memory) {
    NX_PARAMETER_NOT_USED(first_unused_memory);
    nx_system_initialize();
    nx_packet_pool_create(&pool, "pool", 1536, pool_memory, sizeof(pool_memory));
    nx_ip_create(&ip, "IP", IP_ADDRESS(192, 168, 1, 7), 0xFFFFFF00UL, &pool, _nx_ram_network_driver,
                 ip_stack, sizeof(ip_stack), 1);
    nx_arp_enable(&ip, arp_cache, sizeof(arp_cache));
    nx_tcp_enable(&ip);
    tx_thread_create(&thread, "mail", send_mail, 0, thread_stack, sizeof(thread_stack), 4, 4,
                     TX_NO_TIME_SLICE, TX_AUTO_START);
}

int main(void) {
    tx_kernel_enter();
}
