/* SPDX-License-Identifier: MIT */
/*
 * The message on the wire (C1 to C4, C6), against a reference that is written the other way: lines
 * first, then dots. Every body is cut at every place, and sent whole and octet by octet.
 */

#include "check.h"

#include <string.h>

enum { BODY_MAX = 4096 };

static struct talk t;
static struct smtplite_recipient recipient;
static struct smtplite_mail mail;
static const struct smtplite_config config = {.tls = SMTPLITE_TLS_NONE, .flags = SMTPLITE_LOCKSTEP};

/* ---- the reference ------------------------------------------------------------------------ */

/* The length of the line end at p, 0: there is none. */
static size_t line_end(const char *p, size_t n) {
    if (n > 1 && p[0] == '\r' && p[1] == '\n') {
        return 2;
    }
    return n > 0 && (p[0] == '\r' || p[0] == '\n');
}

static size_t put_line(char *out, const char *line, size_t n) {
    size_t dot = n > 0 && line[0] == '.';
    out[0] = '.';
    memcpy(out + dot, line, n);
    memcpy(out + dot + n, "\r\n", 2);
    return dot + n + 2;
}

static size_t expected(char *out, const char *body, size_t n) {
    size_t len = 0;
    for (size_t i = 0; i < n;) {
        size_t start = i, end = 0;
        while (i < n && (end = line_end(body + i, n - i)) == 0) {
            i++;
        }
        len += put_line(out + len, body + start, i - start);
        i += end;
    }
    memcpy(out + len, ".\r\n", 3);
    return len + 3;
}

/* ---- one message -------------------------------------------------------------------------- */

static void begin_message(const struct smtplite_config *with, uint16_t flags, const char *ehlo) {
    recipient = (struct smtplite_recipient){.address = "b@y.example"};
    mail = (struct smtplite_mail){
        .from = "a@x.example", .recipients = &recipient, .count = 1, .flags = flags};
    talk_begin(&t, with);
    talk_answer(&t, "220 x\r\n");
    talk_answer(&t, ehlo);
    talk_event(&t);
    smtplite_submit(&t.s, &mail);
    talk_listen(&t);
    talk_answer(&t, "250 ok\r\n");
    talk_hear(&t, "250 ok\r\n");
    talk_event(&t);
    talk_listen(&t);
    talk_hear(&t, "354 go\r\n");
    talk_forget(&t);
}

static bool lend(const char *p, size_t n) {
    if (talk_event(&t) != SMTPLITE_EV_BODY) {
        return false;
    }
    if (n > 0) {
        smtplite_body(&t.s, p, n);
        talk_listen(&t);
    }
    return true;
}

/* cuts: where the pieces end, ascending; the last is the body's length. */
static bool send_cut(const char *body, const size_t *cuts, size_t count) {
    size_t from = 0;
    for (size_t i = 0; i < count; i++) {
        if (cuts[i] == from) {
            continue;
        }
        if (!lend(body + from, cuts[i] - from)) {
            return false;
        }
        from = cuts[i];
    }
    if (talk_event(&t) != SMTPLITE_EV_BODY || smtplite_body_end(&t.s) != SMTPLITE_E_OK) {
        return false;
    }
    talk_listen(&t);
    return true;
}

static bool is_mark_whole(void) {
    size_t mark = t.out_len < 5 ? t.out_len : 5;
    return t.window != 0 || t.last == mark;
}

static void check_cuts(const char *body, const size_t *cuts, size_t count, size_t window) {
    static char want[3 * BODY_MAX];
    size_t len = expected(want, body, cuts[count - 1]);
    begin_message(&config, 0, "250 x\r\n");
    t.window = window;
    EXPECT(send_cut(body, cuts, count));
    EXPECT(talk_said_bytes(&t, want, len));
    EXPECT(is_mark_whole());
    talk_hear(&t, "250 taken\r\n");
    EXPECT(talk_event(&t) == SMTPLITE_EV_DONE);
    EXPECT(smtplite_result_get(&t.s)->outcome == SMTPLITE_SENT);
}

/* On the wire: CR and LF in pairs only, no NUL, and one end mark, at the end. */
static void check_wire(void) {
    bool good = true;
    size_t marks = 0;
    for (size_t i = 0; i < t.out_len; i++) {
        bool cr = i > 0 && t.out[i - 1] == '\r';
        good &= (t.out[i] == '\n') == cr && t.out[i] != '\0';
        marks += i >= 4 && memcmp(t.out + i - 4, "\r\n.\r\n", 5) == 0;
    }
    EXPECT(good);
    EXPECT(marks == 1 || (marks == 0 && t.out_len == 3));
}

/* One body, however it is cut, counts as one check. */
static void check_everywhere(const char *body, size_t n) {
    unsigned long failures = check_failures();
    for (size_t cut = 0; cut <= n; cut++) {
        size_t cuts[2] = {cut, n};
        check_cuts(body, cuts, 2, 0);
        check_cuts(body, cuts, 2, 1);
        check_wire();
    }
    CHECK(check_failures() == failures);
}

/* ---- the tests ---------------------------------------------------------------------------- */

/* C1: nine end marks that some server takes for one, at three places. */
static void test_end_marks(void) {
    static const char *const marks[] = {"\n.\n",   "\n.\r\n", "\r\n.\n", "\r.\r",    "\r.\r\n",
                                        "\r\n.\r", "\n.\r",   "\r.\n",   "\r\n.\r\n"};
    char body[64];
    for (size_t i = 0; i < 9; i++) {
        size_t n = strlen(marks[i]);
        for (size_t at = 0; at <= 20; at += 10) {
            memcpy(body, "0123456789abcdefghij", 20);
            memmove(body + at + n, body + at, 20 - at);
            memcpy(body + at, marks[i], n);
            check_everywhere(body, 20 + n);
        }
    }
}

/* C2: dots wherever they may matter, cut in two and in three. */
static void test_cuts(void) {
    static const char line[] = ".a\r\n..\r\nb.\r\n\r\n.\r\n.\n\n.\r.c ..d\r\n...\r\n";
    char body[200];
    for (size_t i = 0; i < sizeof body; i++) {
        body[i] = line[i % (sizeof line - 1)];
    }
    unsigned long failures = check_failures();
    check_everywhere(body, sizeof body);
    for (size_t a = 1; a < sizeof body; a++) {
        for (size_t b = a; b < sizeof body; b += 3) {
            size_t cuts[3] = {a, b, sizeof body};
            check_cuts(body, cuts, 3, 0);
        }
    }
    CHECK(check_failures() == failures);
}

/* C3: twice the length is the worst that can be. */
static void test_dots_only(void) {
    static char dots[300], lines[BODY_MAX];
    unsigned long failures = check_failures();
    memset(dots, '.', sizeof dots);
    for (size_t n = 0; n <= sizeof dots; n++) {
        check_cuts(dots, &n, 1, 1);
    }
    for (size_t i = 0; i < sizeof lines; i++) {
        lines[i] = i % 2 == 0 ? '.' : '\n';
    }
    for (size_t n = sizeof lines - 3; n <= sizeof lines; n++) {
        check_cuts(lines, &n, 1, 1);
    }
    CHECK(check_failures() == failures);
}

/* C4: every body of up to six of these octets, cut everywhere. */
static void test_all_short(void) {
    static const char alphabet[] = {'a', '.', '\r', '\n'};
    char body[6];
    for (size_t n = 0; n <= sizeof body; n++) {
        for (size_t number = 0; number < (size_t)1 << (2 * n); number++) {
            for (size_t i = 0; i < n; i++) {
                body[i] = alphabet[(number >> (2 * i)) & 3];
            }
            check_everywhere(body, n);
        }
    }
}

static bool has_mark(void) {
    for (size_t i = 0; i + 3 <= t.out_len; i++) {
        if (memcmp(t.out + i, ".\r\n", 3) == 0) {
            return true;
        }
    }
    return false;
}

/* A NUL at each place: never sent, and the message is never ended. */
static void test_nul(void) {
    for (size_t at = 0; at < 12; at++) {
        char body[12];
        memcpy(body, "ab\r\n\r\ncd\r\nef", sizeof body);
        body[at] = '\0';
        begin_message(&config, 0, "250 x\r\n");
        lend(body, sizeof body);
        CHECK(talk_event(&t) == SMTPLITE_EV_FAILED);
        CHECK(smtplite_result_get(&t.s)->error == SMTPLITE_E_BODY_NUL);
        CHECK(smtplite_result_get(&t.s)->outcome == SMTPLITE_NOT_SENT);
        CHECK(!has_mark());
        CHECK(memchr(t.out, '\0', t.out_len) == NULL);
        CHECK(smtplite_wants(&t.s) == SMTPLITE_WANT_CLOSE);
    }
}

static bool send_high(const struct smtplite_config *with, uint16_t flags, const char *ehlo,
                      char c) {
    begin_message(with, flags, ehlo);
    char body[3] = {'a', c, 'b'};
    lend(body, 3);
    bool sent = talk_said_bytes(&t, body, 3);
    EXPECT(sent || memchr(t.out, c, t.out_len) == NULL);
    return sent;
}

/* C6: each octet over 127, with and without leave. */
static void test_eight_bit(void) {
    struct smtplite_config lenient = config;
    lenient.flags = SMTPLITE_LOCKSTEP | SMTPLITE_ALLOW_8BIT;
    for (int c = 0x80; c <= 0xFF; c++) {
        CHECK(!send_high(&config, 0, "250 x\r\n", (char)(unsigned char)c));
        CHECK(smtplite_result_get(&t.s)->error == SMTPLITE_E_BODY_8BIT);
        CHECK(!send_high(&config, 0, "250-x\r\n250 8BITMIME\r\n", (char)(unsigned char)c));
        CHECK(send_high(&lenient, 0, "250 x\r\n", (char)(unsigned char)c));
        CHECK(send_high(&config, SMTPLITE_MAIL_8BIT, "250-x\r\n250 8BITMIME\r\n",
                        (char)(unsigned char)c));
    }
}

/* Each SMTPLITE_BLOCK octets are a wait of their own, however they leave. */
static void test_blocks(void) {
    static char body[BODY_MAX];
    unsigned before, after;
    unsigned long failures = check_failures();
    memset(body, 'x', sizeof body);
    begin_message(&config, 0, "250 x\r\n");
    talk_event(&t);
    smtplite_body(&t.s, body, sizeof body);
    smtplite_wait_limit(&t.s, &before);
    for (size_t i = 1; i < sizeof body; i++) {
        smtplite_out_done(&t.s, 1);
        EXPECT(smtplite_wait_limit(&t.s, &after) == 180000);
        EXPECT((after != before) == (i % SMTPLITE_BLOCK == 0));
        before = after;
    }
    CHECK(check_failures() == failures);
}

/* Calls out of their time, and wrong ones: refused, and nothing changes. */
static void test_misuse(void) {
    begin_message(&config, 0, "250 x\r\n");
    CHECK(smtplite_submit(&t.s, &mail) == SMTPLITE_E_STATE);
    CHECK(smtplite_noop(&t.s) == SMTPLITE_E_STATE);
    CHECK(smtplite_body(&t.s, NULL, 1) == SMTPLITE_E_ARGUMENT);
    CHECK(smtplite_body(&t.s, "x", 0) == SMTPLITE_E_ARGUMENT);
    CHECK(smtplite_body(&t.s, "ab", 2) == SMTPLITE_E_OK);
    CHECK(smtplite_body(&t.s, "cd", 2) == SMTPLITE_E_STATE);
    CHECK(smtplite_body_end(&t.s) == SMTPLITE_E_STATE);
    CHECK(smtplite_body_fail(&t.s) == SMTPLITE_E_STATE);
    talk_listen(&t);
    CHECK(talk_said(&t, "ab"));
    CHECK(talk_event(&t) == SMTPLITE_EV_BODY);
    CHECK(smtplite_body_end(&t.s) == SMTPLITE_E_OK);
    CHECK(smtplite_body(&t.s, "ef", 2) == SMTPLITE_E_STATE);
    CHECK(smtplite_body_end(&t.s) == SMTPLITE_E_STATE);
    talk_listen(&t);
    CHECK(talk_said(&t, "ab\r\n.\r\n"));
}

int main(void) {
    test_end_marks();
    test_cuts();
    test_dots_only();
    test_all_short();
    test_nul();
    test_eight_bit();
    test_blocks();
    test_misuse();
    return check_summary("engine-body");
}
