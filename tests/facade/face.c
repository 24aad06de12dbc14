/* SPDX-License-Identifier: MIT */
#include "face.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Checks ------------------------------------------------------------------------------- */

static pthread_mutex_t checks = PTHREAD_MUTEX_INITIALIZER;
static unsigned passed;
static unsigned failed;

void check_at(const char *file, int line, bool good, const char *what, const char *format, ...) {
    va_list args;
    pthread_mutex_lock(&checks);
    passed += good;
    failed += !good;
    if (!good) {
        printf("%s:%d: %s: ", file, line, what);
        va_start(args, format);
        vprintf(format, args);
        va_end(args);
        printf("\n");
        fflush(stdout);
    }
    pthread_mutex_unlock(&checks);
}

int checks_end(const char *name) {
    printf("%s: %u passed, %u failed\n", name, passed, failed);
    return failed == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- The stage ---------------------------------------------------------------------------- */

const struct mail plain_mail = {
    .user = "user",
    .password = "secret",
    .from = "from@example.com",
    .domain = "client.example.com",
    .to = "to@example.org",
    .subject = "A subject",
    .body = "A body.\r\n",
    .body_len = 9,
    .auth = NX_SMTP_CLIENT_AUTH_PLAIN,
    .priority = NX_SMTP_MAIL_PRIORITY_NORMAL,
};

static void set_loopback(NXD_ADDRESS *address) {
#ifndef NX_DISABLE_IPV4
    address->nxd_ip_version = NX_IP_VERSION_V4;
    address->nxd_ip_address.v4 = IP_ADDRESS(127, 0, 0, 1);
#else
    address->nxd_ip_version = NX_IP_VERSION_V6;
    memset(&address->nxd_ip_address, 0, sizeof address->nxd_ip_address);
    address->nxd_ip_address.v6[3] = 1;
#endif
}

void stage_open(struct stage *stage, ULONG payload, ULONG packets) {
    ULONG size = payload != 0 ? payload : 1536;
    ULONG bytes = (packets != 0 ? packets : 10) * (size + 8 + (ULONG)sizeof(NX_PACKET)) + 64;
    memset(stage, 0, sizeof *stage);
    stage->memory = malloc(bytes);
    set_loopback(&stage->address);
    nx_system_initialize();
    CHECK(nx_packet_pool_create(&stage->pool, "pool", size, stage->memory, bytes) == NX_SUCCESS,
          "payload %lu", (unsigned long)size);
    CHECK(nx_ip_create(&stage->ip, "ip", IP_ADDRESS(127, 0, 0, 1), 0xFF000000, &stage->pool,
                       _nx_ram_network_driver, stage->stack, sizeof stage->stack, 1) == NX_SUCCESS,
          "ip");
    CHECK(nx_tcp_enable(&stage->ip) == NX_SUCCESS, "tcp");
#ifdef FEATURE_NX_IPV6
    CHECK(nxd_ipv6_enable(&stage->ip) == NX_SUCCESS, "ipv6");
#endif
    stage->available = stage->pool.nx_packet_pool_available;
}

void stage_check(struct stage *stage, const char *name) {
    CHECK(stage->pool.nx_packet_pool_available == stage->available, "%s: %lu packets, not %lu",
          name, (unsigned long)stage->pool.nx_packet_pool_available,
          (unsigned long)stage->available);
    CHECK(stage->pool.nx_packet_pool_invalid_releases == 0, "%s: invalid releases", name);
    CHECK(stage->client.nx_smtp_client_state == NX_SMTP_CLIENT_STATE_IDLE, "%s: not idle", name);
    CHECK(stage->client.nx_smtp_client_socket.nx_tcp_socket_bound_next == NX_NULL, "%s: bound",
          name);
}

void stage_close(struct stage *stage) {
    CHECK(stage->ip.nx_ip_tcp_created_sockets_count == 0, "%lu sockets left",
          (unsigned long)stage->ip.nx_ip_tcp_created_sockets_count);
    CHECK(nx_ip_delete(&stage->ip) == NX_SUCCESS, "ip");
    CHECK(nx_packet_pool_delete(&stage->pool) == NX_SUCCESS, "pool");
    free(stage->memory);
}

/* NetX takes texts without const and does not write to them. */
static CHAR *bare(const char *text) {
    return (CHAR *)(uintptr_t)text;
}

UINT stage_create(struct stage *stage, const struct mail *mail, UINT port) {
    return nxd_smtp_client_create(&stage->client, &stage->ip, &stage->pool, bare(mail->user),
                                  bare(mail->password), bare(mail->from), bare(mail->domain),
                                  mail->auth, &stage->address, port);
}

UINT stage_send(struct stage *stage, const struct mail *mail) {
    return nx_smtp_mail_send(&stage->client, bare(mail->to), mail->priority, bare(mail->subject),
                             bare(mail->body), (UINT)mail->body_len);
}

UINT stage_delete(struct stage *stage) {
    return nx_smtp_client_delete(&stage->client);
}

void stage_hurry(struct stage *stage) {
    static const struct smtplite_waits quick = {
        .greeting = 100, .command = 100, .data = 100, .block = 100, .message = 100, .quit = 100};
    stage->client.nx_smtp_client_config.waits = &quick;
}

/* ---- The message, by another way than the face's ------------------------------------------ */

static char *add(char *p, const char *text) {
    size_t n = strlen(text);
    memcpy(p, text, n);
    return p + n;
}

static const char *priority_of(UINT priority) {
    if (priority == NX_SMTP_MAIL_PRIORITY_HIGH)
        return "Importance: high\r\nX-Priority: 1\r\n";
    return priority == NX_SMTP_MAIL_PRIORITY_LOW ? "Importance: low\r\nX-Priority: 5\r\n" : "";
}

static char *add_header(char *p, const struct mail *mail) {
    p = add(add(p, "To: "), mail->to);
    p = add(add(p, "\r\nFrom: "), mail->from);
    p = add(add(p, "\r\nSubject: "), mail->subject);
    p = add(p, "\r\nMIME-Version: 1.0\r\n");
    p = add(p, "Content-Type: text/plain;\r\n  charset=\"utf-8\"\r\n");
    p = add(p, "Content-Transfer-Encoding: 8bit\r\n");
    return add(add(p, priority_of(mail->priority)), "\r\n");
}

static char *add_body(char *p, const char *body, size_t n) {
    bool at_start = true;
    for (size_t i = 0; i < n; i++) {
        bool is_end = body[i] == '\r' || body[i] == '\n';
        if (is_end) {
            i += body[i] == '\r' && i + 1 < n && body[i + 1] == '\n';
            p = add(p, "\r\n");
        } else {
            if (at_start && body[i] == '.')
                *p++ = '.';
            *p++ = body[i];
        }
        at_start = is_end;
    }
    return add(p, at_start ? ".\r\n" : "\r\n.\r\n");
}

char *wire_of(const struct mail *mail, size_t *n) {
    char *wire = malloc(4096 + 2 * mail->body_len);
    char *end = add_body(add_header(wire, mail), mail->body, mail->body_len);
    *n = (size_t)(end - wire);
    return wire;
}
