/* SPDX-License-Identifier: MIT */
/*
 * static_heap PORT CA-FILE HOST FRAGMENT HEAP SIZE: one mail with STARTTLS and login over mbedTLS,
 * whose memory is an array of HEAP octets. malloc and its kind are ours: they count calls while the
 * session runs. Prints KEY=VALUE, parted by blanks.
 */
#define _GNU_SOURCE
#include <mbedtls/memory_buffer_alloc.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "smtplite/mbedtls.h"
#include "smtplite/posix.h"
#include "smtplite/smtplite.h"

enum { HEAP_MAX = 128 * 1024, CA_MAX = 8192 };

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *p, size_t n);

static bool is_watched;
static unsigned mallocs;

void *malloc(size_t n) {
    mallocs += is_watched;
    return __libc_malloc(n);
}

void *calloc(size_t count, size_t n) {
    mallocs += is_watched;
    return __libc_calloc(count, n);
}

void *realloc(void *p, size_t n) {
    mallocs += is_watched;
    return __libc_realloc(p, n);
}

static unsigned char heap[HEAP_MAX];
static char ca[CA_MAX];
static struct smtplite_posix posix;
static struct smtplite_mbedtls tls;

static const char line_of_mail[] = "All quiet on pump 7; the tank holds what it should.\r\n";
static char text[16384];

static size_t read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    size_t n = file != NULL ? fread(ca, 1, sizeof ca - 1, file) : 0;
    if (file != NULL)
        (void)fclose(file);
    return n;
}

/* All that the C library needs memory for: done before it is watched. */
static void look_up(const char *port) {
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    smtplite_posix_init(&posix, "127.0.0.1", port);
    if (getaddrinfo("127.0.0.1", port, &hints, &posix.addresses) != 0)
        abort();
    tzset();
}

static enum smtplite_outcome send_mail(size_t size, struct smtplite_report *report) {
    struct smtplite_config config = {
        .user = "pump", .password = "s3cret-pass", .mechanisms = SMTPLITE_AUTH_PLAIN};
    struct smtplite_recipient to = {.address = "ops@example.com"};
    struct smtplite_mail mail = {.from = "pump7@example.com", .recipients = &to, .count = 1};
    struct smtplite_memory memory = {.p = text, .n = size};
    struct smtplite_source source = smtplite_memory_source(&memory);
    smtplite_mbedtls_wrap(&tls, &posix.transport);
    return smtplite_send(&tls.wrap.transport, &config, &mail, &source, NULL, report);
}

static void print(const struct smtplite_report *report) {
    size_t peak, blocks, left;
    mbedtls_memory_buffer_alloc_max_get(&peak, &blocks);
    mbedtls_memory_buffer_alloc_cur_get(&left, &blocks);
    printf("outcome=%s error=%s fault=%u verified=%d mallocs=%u peak=%zu left=%zu struct=%zu\n",
           smtplite_outcome_name((enum smtplite_outcome)report->result.outcome),
           smtplite_error_name((enum smtplite_error)report->result.error), tls.wrap.fault,
           tls.wrap.verified, mallocs, peak, left, sizeof tls);
}

int main(int argc, char **argv) {
    struct smtplite_report report;
    struct smtplite_tls_options options = {.flags = SMTPLITE_TLS_NO_RESUMPTION};
    if (argc != 7 || strtoul(argv[5], NULL, 10) > HEAP_MAX ||
        strtoul(argv[6], NULL, 10) > sizeof text)
        return 2;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = line_of_mail[i % (sizeof line_of_mail - 1)];
    memset(&report, 0, sizeof report);
    options.ca.p = ca;
    options.ca.n = read_file(argv[2]);
    options.host = argv[3];
    options.max_fragment = (uint16_t)strtoul(argv[4], NULL, 10);
    look_up(argv[1]);

    is_watched = true;
    void *volatile seen = malloc(1); /* that the count can fail */
    mallocs = mallocs == 1 ? 0 : 1000;
    mbedtls_memory_buffer_alloc_init(heap, strtoul(argv[5], NULL, 10));
    if (smtplite_mbedtls_init(&tls, &options) == SMTPLITE_E_OK)
        send_mail(strtoul(argv[6], NULL, 10), &report);
    bool verified = tls.wrap.verified;
    smtplite_mbedtls_close(&tls);
    smtplite_mbedtls_free(&tls);
    is_watched = false;

    tls.wrap.verified = verified;
    print(&report);
    free(seen);
    smtplite_posix_close(&posix);
    return 0;
}
