/* SPDX-License-Identifier: MIT */
/*
 * Content by BDAT (RFC 3030), cut everywhere: whatever the pieces are, a server that takes the
 * chunks apart has the message with each line end as CRLF (C1, C5), and no LAST comes unless all is
 * well.
 */

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct talk t;
static struct smtplite_recipient to;
static struct smtplite_mail mail;
static char *lent; /* of just the size, so that asan and valgrind see its borders */

static const struct smtplite_config chunking = {.tls = SMTPLITE_TLS_NONE,
                                                .extensions = &smtplite_extensions};

/* ---- What the server has heard ------------------------------------------------------------- */

enum { CONTENT_MAX = 300000 };
struct heard {
    char content[CONTENT_MAX];
    size_t len, chunks, largest;
    bool last;
};
static struct heard heard;

/* One chunk at *p; false: it is none, or not whole. */
static bool hear_chunk(const char **p, const char *end) {
    char *rest;
    if (end - *p < 8 || memcmp(*p, "BDAT ", 5) != 0 || heard.last) {
        return false;
    }
    size_t n = strtoul(*p + 5, &rest, 10);
    heard.last = strncmp(rest, " LAST\r\n", 7) == 0;
    bool good = heard.last || strncmp(rest, "\r\n", 2) == 0;
    const char *content = rest + (heard.last ? 7 : 2);
    if (!EXPECT(good) || (size_t)(end - content) < n || heard.len + n > CONTENT_MAX) {
        return false;
    }
    memcpy(heard.content + heard.len, content, n);
    heard.len += n;
    heard.chunks++;
    heard.largest = n > heard.largest ? n : heard.largest;
    *p = content + n;
    return true;
}

/* Takes apart what stands behind the envelope; true: whole chunks and nothing else. */
static bool hear_all(void) {
    static const char envelope[] = "RCPT TO:<b@y.example>\r\n";
    heard.len = heard.chunks = heard.largest = 0;
    heard.last = false;
    t.out[t.out_len] = '\0';
    const char *p = strstr(t.out, envelope);
    const char *end = t.out + t.out_len;
    if (!EXPECT(p != NULL)) {
        return false;
    }
    p += sizeof envelope - 1;
    while (hear_chunk(&p, end)) {
    }
    return p == end;
}

/* ---- The client's side ------------------------------------------------------------------------
 */

static void begin(unsigned flags, uint32_t size) {
    to = (struct smtplite_recipient){.address = "b@y.example"};
    mail = (struct smtplite_mail){.from = "a@x.example",
                                  .recipients = &to,
                                  .count = 1,
                                  .size = size,
                                  .flags = (uint16_t)flags};
    EXPECT(talk_begin(&t, &chunking) == SMTPLITE_E_OK);
    EXPECT(smtplite_submit(&t.s, &mail) == SMTPLITE_E_OK);
    talk_answer(&t, "220 x\r\n");
    talk_answer(&t, "250-x\r\n250-PIPELINING\r\n250-BINARYMIME\r\n250 CHUNKING\r\n");
    if (size > SMTPLITE_CHUNK_MAX) { /* that large, it waits for the recipients */
        talk_answer(&t, "250 ok\r\n250 ok\r\n");
        EXPECT(talk_event(&t) == SMTPLITE_EV_RECIPIENT);
    }
}

static void take_back(void) {
    free(lent);
    lent = NULL;
}

static void give(const char *p, size_t n) {
    if (n == 0) {
        return;
    }
    EXPECT(talk_event(&t) == SMTPLITE_EV_BODY);
    take_back();
    lent = malloc(n);
    if (lent == NULL) {
        abort();
    }
    memcpy(lent, p, n);
    EXPECT(smtplite_body(&t.s, lent, n) == SMTPLITE_E_OK);
    talk_listen(&t);
}

static void end(void) {
    EXPECT(talk_event(&t) == SMTPLITE_EV_BODY);
    take_back();
    EXPECT(smtplite_body_end(&t.s) == SMTPLITE_E_OK);
    talk_listen(&t);
}

/* ---- What it is to be ---------------------------------------------------------------------------
 */

/* Each CR, LF and CRLF as CRLF, and one behind the last line. */
static size_t repair(const char *p, size_t n, char *out, bool closed) {
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\r' || p[i] == '\n') {
            i += p[i] == '\r' && i + 1 < n && p[i + 1] == '\n';
            memcpy(out + len, "\r\n", 2);
            len += 2;
        } else {
            out[len++] = p[i];
        }
    }
    if (closed && len > 0 && out[len - 1] != '\n') {
        memcpy(out + len, "\r\n", 2);
        len += 2;
    }
    return len;
}

static bool is_repaired(const char *p, size_t n) {
    static char want[CONTENT_MAX];
    size_t len = repair(p, n, want, true);
    return hear_all() && heard.last && heard.len == len && memcmp(heard.content, want, len) == 0;
}

static void check_cut(const char *p, size_t n, size_t first, size_t second) {
    begin(SMTPLITE_MAIL_PIECES, 0);
    give(p, first);
    give(p + first, second - first);
    give(p + second, n - second);
    end();
    if (!EXPECT(is_repaired(p, n))) {
        printf("  cut at %zu and %zu: %.*s\n", first, second, (int)t.out_len, t.out);
    }
}

static void check_exact(const char *p, size_t n, size_t first, size_t second) {
    static char unclosed[CONTENT_MAX];
    uint32_t size = (uint32_t)repair(p, n, unclosed, false);
    begin(SMTPLITE_MAIL_EXACT, size);
    give(p, first);
    give(p + first, second - first);
    give(p + second, n - second);
    end();
    bool one = is_repaired(p, n) && heard.chunks == 2; /* LAST, too */
    if (!EXPECT(one)) {
        printf("  exact, cut at %zu and %zu: %.*s\n", first, second, (int)t.out_len, t.out);
    }
}

/* In three pieces, cut everywhere. */
static void check_cuts(const char *p, size_t n) {
    unsigned long before = check_failures();
    for (size_t first = 0; first <= n; first++) {
        for (size_t second = first; second <= n; second++) {
            check_cut(p, n, first, second);
            if (n > 0) {
                check_exact(p, n, first, second);
            }
        }
    }
    CHECK(check_failures() == before);
}

/* C1, C5: every message of up to five of these octets. */
static void test_all_short(void) {
    static const char octets[] = {'a', '.', '\r', '\n'};
    unsigned long before = check_failures();
    char text[5];
    for (size_t n = 0; n <= sizeof text; n++) {
        size_t count = (size_t)1 << (2 * n);
        for (size_t i = 0; i < count; i++) {
            for (size_t k = 0; k < n; k++) {
                text[k] = octets[i >> (2 * k) & 3];
            }
            check_cut(text, n, n / 3, n - n / 3);
            check_cut(text, n, n > 0, n > 1 ? n - 1 : n);
        }
    }
    CHECK(check_failures() == before);
}

static void test_cuts(void) {
    static const char *const texts[] = {
        "a\r\n.\r\n..\r\nBDAT 3 LAST\r\nabc\r\n",
        "one\n.\nMAIL FROM:<evil@x>\n",
        "\r\r\n\n\r.\r\r\r\n.\n\n",
        "no end",
        ".",
        "\r",
        "\n",
        "",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        check_cuts(texts[i], strlen(texts[i]));
    }
}

/* Output taken octet by octet, the piece taken away as soon as the next is wanted. */
static void test_windows(void) {
    static const char text[] = "a\nb\r\n.\r\nc\rd";
    for (size_t window = 1; window < 9; window++) {
        begin(SMTPLITE_MAIL_PIECES, 0);
        t.window = window;
        for (size_t i = 0; i + 1 < sizeof text; i++) {
            give(text + i, 1);
        }
        end();
        CHECK(is_repaired(text, sizeof text - 1));
    }
}

/* ---- Large pieces: no chunk is larger than what the server can refuse in between
 * ------------------ */

static char large[100000];

static void check_large(size_t n) {
    begin(SMTPLITE_MAIL_PIECES, 0);
    give(large, n);
    end();
    CHECK(is_repaired(large, n));
    CHECK(heard.largest <= 2 * SMTPLITE_CHUNK_MAX);
    CHECK(heard.chunks == (n + SMTPLITE_CHUNK_MAX - 1) / SMTPLITE_CHUNK_MAX + 1);
}

static void test_large(void) {
    static const size_t sizes[] = {1, 32767, 32768, 32769, 65536, 65537, 100000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        memset(large, 'x', sizeof large);
        check_large(sizes[i]);
        memset(large, '\n', sizeof large); /* each grows to two */
        check_large(sizes[i]);
    }
}

/* A line end on the border of two chunks of one piece. */
static void test_large_borders(void) {
    static const char *const ends[] = {"\r\n", "\n", "\r", "\r\r\n", "\n\r\n"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        for (size_t shift = 0; shift < 4; shift++) {
            memset(large, 'x', sizeof large);
            memcpy(large + SMTPLITE_CHUNK_MAX - shift, ends[i], strlen(ends[i]));
            begin(SMTPLITE_MAIL_PIECES, 0);
            give(large, 70000);
            end();
            CHECK(is_repaired(large, 70000));
        }
    }
}

/* ---- BINARY: as it is
 * ------------------------------------------------------------------------------ */

static void test_binary(void) {
    char octets[512];
    for (size_t i = 0; i < sizeof octets; i++) {
        octets[i] = (char)(unsigned char)(i * 7);
    }
    for (size_t cut = 0; cut <= sizeof octets; cut++) {
        begin(SMTPLITE_MAIL_BINARY, 0);
        give(octets, cut);
        give(octets + cut, sizeof octets - cut);
        end();
        EXPECT(hear_all() && heard.last && heard.len == sizeof octets &&
               memcmp(heard.content, octets, sizeof octets) == 0);
    }
    CHECK(check_failures() == 0);
}

/* ---- What never leaves
 * ------------------------------------------------------------------------------- */

/* An octet that must not leave, at each place of a piece: no LAST, no whole chunk. */
static void check_bad_octet(char octet, enum smtplite_error why) {
    static const char text[] = "ab\r\nc\nd";
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        char bad[sizeof text];
        memcpy(bad, text, sizeof text);
        bad[i] = octet;
        begin(SMTPLITE_MAIL_PIECES, 0);
        give(bad, sizeof text - 1);
        CHECK(talk_event(&t) == SMTPLITE_EV_FAILED);
        CHECK(smtplite_result_get(&t.s)->error == why);
        CHECK(smtplite_result_get(&t.s)->outcome == SMTPLITE_NOT_SENT);
        hear_all();
        CHECK(heard.chunks == 0 && !heard.last);
        CHECK(memchr(t.out, (unsigned char)octet, t.out_len) == NULL);
        take_back();
    }
}

static void test_bad_octets(void) {
    check_bad_octet('\0', SMTPLITE_E_BODY_NUL);
    check_bad_octet('\x80', SMTPLITE_E_BODY_8BIT);
    check_bad_octet('\xFF', SMTPLITE_E_BODY_8BIT);
}

/* A size that was a lie, in each cut: LAST never leaves (issue: nothing is delivered). */
static void check_lie(const char *p, size_t n, uint32_t size, unsigned flags) {
    for (size_t cut = 0; cut <= n; cut++) {
        begin(SMTPLITE_MAIL_EXACT | flags, size);
        give(p, cut);
        bool over = (smtplite_wants(&t.s) & SMTPLITE_WANT_CLOSE) != 0;
        if (!over) {
            give(p + cut, n - cut);
            over = (smtplite_wants(&t.s) & SMTPLITE_WANT_CLOSE) != 0;
        }
        if (!over) {
            end();
        }
        EXPECT(talk_event(&t) == SMTPLITE_EV_FAILED);
        EXPECT(smtplite_result_get(&t.s)->error == SMTPLITE_E_SOURCE);
        EXPECT(smtplite_result_get(&t.s)->outcome == SMTPLITE_NOT_SENT);
        hear_all();
        EXPECT(!heard.last);
        take_back();
    }
}

static void test_lies(void) {
    static const char text[] = "a\nb\r\n"; /* 6 octets as it leaves */
    unsigned long before = check_failures();
    for (uint32_t size = 1; size < 12; size++) {
        if (size != 6) {
            check_lie(text, sizeof text - 1, size, 0);
        }
        if (size != 5) {
            check_lie(text, sizeof text - 1, size, SMTPLITE_MAIL_BINARY);
        }
    }
    check_lie(text, sizeof text - 1, UINT32_MAX, 0);
    CHECK(check_failures() == before);
}

int main(void) {
    test_all_short();
    test_cuts();
    test_windows();
    test_large();
    test_large_borders();
    test_binary();
    test_bad_octets();
    test_lies();
    take_back();
    return check_summary("engine-chunk");
}
