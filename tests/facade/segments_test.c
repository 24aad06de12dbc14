/* SPDX-License-Identifier: MIT */
/* How the message is cut into segments: payloads of 128 to 1,536, several MSS, pools of few
 * packets, and lengths that put the end mark on every side of a segment's end. */

#include "face.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX 300000

static char body[BODY_MAX];

struct setting {
    ULONG payload;
    ULONG packets;
    ULONG mss;
};

/* What one segment can hold here. */
static size_t capacity(const struct setting *setting) {
    size_t most = setting->mss;
#ifdef NX_DISABLE_PACKET_CHAIN
    size_t room = setting->payload - (NX_PHYSICAL_HEADER + 40);
#ifdef NX_DISABLE_IPV4
    room -= 20;
#endif
    most = most < room ? most : room;
#endif
    return most;
}

static void add_lines(struct script *script, const struct mail *mail) {
    static const char *const lines[] = {"220 server\r\n",    "EHLO client.example.com\r\n",
                                        "250 server\r\n",    "MAIL FROM:<from@example.com>\r\n",
                                        "250 sender\r\n",    "RCPT TO:<to@example.org>\r\n",
                                        "250 recipient\r\n", "DATA\r\n",
                                        "354 go on\r\n"};
    size_t n;
    char *wire = wire_of(mail, &n);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        script_add(script, i % 2 == 0 ? STEP_SAY : STEP_EXPECT, lines[i], strlen(lines[i]));
    script_add(script, STEP_MESSAGE, wire, n);
    script_add(script, STEP_SAY, "250 queued\r\n", 12);
    script_add(script, STEP_EXPECT, "QUIT\r\n", 6);
    script_add(script, STEP_SAY, "221 bye\r\n", 9);
    free(wire);
}

static void check_mark(const struct setting *setting, size_t wire) {
    const struct segment *last = &spy.segments[spy.count - 2];
    const char *tail = last->tail + (last->len < 8 ? last->len : 8) - 5;
    CHECK(spy.too_long == 0, "payload %lu mss %lu: longer than the MSS",
          (unsigned long)setting->payload, (unsigned long)setting->mss);
    CHECK(last->len >= 5 && memcmp(tail, "\r\n.\r\n", 5) == 0,
          "payload %lu packets %lu mss %lu wire %zu: the last segment of %zu octets",
          (unsigned long)setting->payload, (unsigned long)setting->packets,
          (unsigned long)setting->mss, wire, last->len);
}

/* Of one session: EHLO, MAIL, RCPT, DATA, the message, QUIT. */
static void check_segments(const struct setting *setting, size_t wire) {
    size_t most = capacity(setting);
    size_t least = (wire + most - 1) / most;
    size_t count = spy.count - 5;
    /* a short piece that is kept whole may leave up to 15 octets of each segment empty */
    CHECK(count >= least && count <= (wire + most - 16) / (most - 15) + 1,
          "payload %lu mss %lu wire %zu: %zu segments, at least %zu",
          (unsigned long)setting->payload, (unsigned long)setting->mss, wire, count, least);
    CHECK(nx_host_segments() == spy.count, "%u POSIX sends for %zu", nx_host_segments(), spy.count);
}

static void send_one(const struct setting *setting, const struct mail *mail, bool counted) {
    static struct stage stage;
    struct server server;
    struct script script;
    size_t wire;
    UINT status;
    free(wire_of(mail, &wire));
    memset(&script, 0, sizeof script);
    add_lines(&script, mail);
    stage_open(&stage, setting->payload, setting->packets);
    nx_host_reset();
    nx_host_mss_set(setting->mss);
    server_start(&server, &script, 1, 4);
    CHECK(stage_create(&stage, mail, server.port) == NX_SUCCESS, "create");
    spy_reset();
    status = stage_send(&stage, mail);
    CHECK(status == NX_SUCCESS, "payload %lu packets %lu mss %lu wire %zu: 0x%02X",
          (unsigned long)setting->payload, (unsigned long)setting->packets,
          (unsigned long)setting->mss, wire, status);
    stage_check(&stage, "send");
    CHECK(stage_delete(&stage) == NX_SUCCESS, "delete");
    server_stop(&server);
    CHECK(server.wrong[0] == '\0', "payload %lu: %s", (unsigned long)setting->payload,
          server.wrong);
    if (status == NX_SUCCESS && spy.count < SPY_MAX)
        check_mark(setting, wire);
    if (status == NX_SUCCESS && counted)
        check_segments(setting, wire);
    script_free(&script);
    stage_close(&stage);
}

static struct mail make_mail(size_t n) {
    struct mail mail = plain_mail;
    mail.auth = NX_SMTP_CLIENT_AUTH_NONE;
    mail.user = "";
    mail.body = body;
    mail.body_len = n;
    return mail;
}

/* Lengths around the second segment end behind the header. */
static void sweep(const struct setting *setting) {
    size_t most = capacity(setting);
    size_t header;
    struct mail mail = make_mail(0);
    free(wire_of(&mail, &header));
    for (size_t n = 0; n < 19; n++) {
        size_t wire = (header / most + 2) * most + n - 9;
        if (wire <= header + 5)
            continue;
        mail = make_mail(wire - header - 5);
        send_one(setting, &mail, true);
    }
}

static void test_payloads(void) {
    static const ULONG payloads[] = {128, 132, 200, 256, 512, 1000, 1460, 1536};
    static const ULONG sizes[] = {64, 536, 1460};
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++)
        for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
            struct setting setting = {payloads[i], 30, sizes[k]};
            sweep(&setting);
        }
}

static void test_long(void) {
    static const ULONG payloads[] = {128, 512, 1536};
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        struct setting setting = {payloads[i], 10, 1460};
        struct mail mail = make_mail(BODY_MAX);
        send_one(&setting, &mail, false);
    }
#ifndef NX_DISABLE_PACKET_CHAIN
    CHECK(spy.chained == 0, "1,536 needs no chain");
#endif
}

/* Where the chain cannot be had the segment is shorter, and that is all. */
static void test_few_packets(void) {
    for (ULONG packets = 1; packets < 6; packets++) {
        struct setting setting = {128, packets, 1460};
        for (size_t n = 500; n < 580; n++) {
            struct mail mail = make_mail(n);
            send_one(&setting, &mail, false);
        }
    }
#ifndef NX_DISABLE_PACKET_CHAIN
    CHECK(spy.chained > 0, "five packets of 128 make chains");
#endif
}

/* The payload holds the headers and nothing else. */
static void test_no_room(void) {
    static struct stage stage;
    struct server server;
    struct script script;
    UINT status;
    memset(&script, 0, sizeof script);
    script_add(&script, STEP_SAY, "220 server\r\n", 12);
    server_start(&server, &script, 1, 4);
    stage_open(&stage, 56, 4);
    CHECK(stage_create(&stage, &plain_mail, server.port) == NX_SUCCESS, "create");
    status = stage_send(&stage, &plain_mail);
#if defined(NX_DISABLE_PACKET_CHAIN) && !defined(NX_DISABLE_IPV4)
    CHECK(status == NX_SMTP_PACKET_ALLOCATE_ERROR, "0x%02X", status);
#else
    CHECK(status != NX_SUCCESS, "0x%02X", status);
#endif
    stage_check(&stage, "no room");
    CHECK(stage_delete(&stage) == NX_SUCCESS, "delete");
    server_stop(&server);
    script_free(&script);
    stage_close(&stage);
}

int main(void) {
    tx_host_start();
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = i % 72 == 70 ? '\r' : (char)(i % 72 == 71 ? '\n' : 'a' + i % 23);
    test_payloads();
    test_long();
    test_few_packets();
    test_no_room();
    return checks_end("facade segments");
}
