/* SPDX-License-Identifier: MIT */
/*
 * The transport that wraps another (src/tls/wrap.c), between a library and a network that are made
 * up. The library's records are a header of three octets and the bytes, each changed by one bit; it
 * insists, as the real ones do, that a record that was begun is given again as it was.
 */
#include <stdio.h>
#include <string.h>

#include "../engine/check.h"
#include "smtplite/login.h"
#include "smtplite/tls_port.h"

enum { IN_MAX = 4096, OUT_MAX = 1 << 16, HEADER = 3, HELLO = 6, CODE = 0x20, WHOLE = 16 };
enum { NO_LIMIT = OUT_MAX };

/* ---- The network below -------------------------------------------------------------------- */

static struct net {
    struct smtplite_transport transport;
    char in[IN_MAX]; /* what the server has said */
    size_t in_pos;
    size_t in_len;
    size_t in_step; /* most that one call gives */
    bool in_ended;
    char out[OUT_MAX]; /* what has left */
    size_t out_len;
    size_t out_step; /* most that one call takes */
    size_t credit;   /* what can leave until the network is full */
    uint32_t now;
    uint32_t tick; /* what each call costs */
    unsigned calls;
    unsigned fail_at; /* which call fails, and all behind it; 0: none */
    bool broken;      /* sending fails, what has come can be read */
    bool more;        /* of the last send */
    uint32_t wait;    /* of the last call */
} net;

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static bool net_fails(uint32_t wait) {
    net.calls++;
    net.now += net.tick;
    net.wait = wait;
    return net.fail_at > 0 && net.calls >= net.fail_at;
}

static ptrdiff_t net_send(void *context, const char *p, size_t n, bool more, uint32_t wait) {
    (void)context;
    net.more = more;
    if (net_fails(wait) || net.broken)
        return SMTPLITE_TRANSPORT_FAILED;
    n = least(n, least(net.credit, net.out_step));
    if (n == 0 && net.in_pos == net.in_len && !net.in_ended)
        net.now += wait; /* else it returns early */
    memcpy(net.out + net.out_len, p, n);
    net.out_len += n;
    net.credit -= n;
    return (ptrdiff_t)n;
}

static ptrdiff_t net_receive(void *context, char *p, size_t n, uint32_t wait) {
    (void)context;
    if (net_fails(wait))
        return SMTPLITE_TRANSPORT_FAILED;
    n = least(n, least(net.in_len - net.in_pos, net.in_step));
    if (n == 0 && net.in_ended)
        return SMTPLITE_TRANSPORT_EOF;
    if (n == 0)
        net.now += wait;
    memcpy(p, net.in + net.in_pos, n);
    net.in_pos += n;
    return (ptrdiff_t)n;
}

static uint32_t net_now(void *context) {
    (void)context;
    return net.now;
}

static void net_reason(void *context, char *text, size_t size) {
    (void)context;
    (void)snprintf(text, size, "%s", "the cable");
}

static void net_open(void) {
    memset(&net, 0, sizeof net);
    net.transport.send = net_send;
    net.transport.receive = net_receive;
    net.transport.now = net_now;
    net.transport.reason = net_reason;
    net.in_step = IN_MAX;
    net.out_step = NO_LIMIT;
    net.credit = NO_LIMIT;
    net.now = UINT32_MAX - 3; /* it wraps early */
}

static void server_says_raw(const char *p, size_t n) {
    memcpy(net.in + net.in_len, p, n);
    net.in_len += n;
}

static void server_says(const char *words) {
    size_t n = strlen(words);
    net.in[net.in_len++] = 0x17;
    net.in[net.in_len++] = (char)(n >> 8);
    net.in[net.in_len++] = (char)(n & 0xff);
    for (; n > 0; n--)
        net.in[net.in_len++] = (char)(*words++ ^ CODE);
}

/* ---- The library -------------------------------------------------------------------------- */

static struct fake {
    struct smtplite_tls_wrap wrap;
    const char *given; /* the record that is leaving, as it was given */
    size_t given_len;
    char record[HEADER + SMTPLITE_TLS_GATHER];
    size_t record_pos;
    size_t record_len;
    char in[HEADER + IN_MAX]; /* the record that is read */
    size_t in_len;
    size_t in_pos; /* of what was given of it */
    size_t hello_sent;
    size_t hello_read;
    enum smtplite_tls_fault fault; /* the handshake ends with it */
    bool verified;
    uint16_t record_max;
    const char *words;
    bool changed; /* a record was given again, and differed */
} fake;

static int fake_handshake(struct smtplite_tls_wrap *wrap) {
    char hello[HELLO] = {0x16, 'h', 'e', 'l', 'l', 'o'};
    ptrdiff_t n = 1;
    while (fake.hello_sent < HELLO && n > 0) {
        n = smtplite_tls_wrap_send(wrap, hello + fake.hello_sent, HELLO - fake.hello_sent);
        fake.hello_sent += n > 0 ? (size_t)n : 0;
    }
    while (fake.hello_read < HELLO && n > 0) {
        n = smtplite_tls_wrap_receive(wrap, hello + fake.hello_read, HELLO - fake.hello_read);
        fake.hello_read += n > 0 ? (size_t)n : 0;
    }
    if (n == 0)
        return SMTPLITE_TLS_AGAIN;
    if (n < 0 || hello[0] != 0x16)
        return smtplite_tls_wrap_fail(wrap, SMTPLITE_TLS_FAULT_PROTOCOL);
    if (fake.fault != SMTPLITE_TLS_FAULT_NONE)
        return smtplite_tls_wrap_fail(wrap, fake.fault);
    wrap->verified = fake.verified;
    wrap->record_max = fake.record_max;
    wrap->binding_name = "tls-test";
    wrap->binding = (const uint8_t *)"binding";
    wrap->binding_len = 7;
    return SMTPLITE_TLS_DONE;
}

static void begin_record(const char *p, size_t n) {
    fake.given = p;
    fake.given_len = n;
    fake.record[0] = 0x17;
    fake.record[1] = (char)(n >> 8);
    fake.record[2] = (char)(n & 0xff);
    for (size_t i = 0; i < n; i++)
        fake.record[HEADER + i] = (char)(p[i] ^ CODE);
    fake.record_pos = 0;
    fake.record_len = HEADER + n;
}

static bool is_same(const char *p, size_t n) {
    for (size_t i = 0; i < n && n == fake.given_len; i++) {
        if ((fake.record[HEADER + i] ^ CODE) != p[i])
            return false;
    }
    return p == fake.given && n == fake.given_len;
}

static ptrdiff_t fake_write(struct smtplite_tls_wrap *wrap, const char *p, size_t n) {
    if (fake.record_len == 0)
        begin_record(p, n);
    fake.changed = fake.changed || !is_same(p, n);
    while (fake.record_pos < fake.record_len) {
        ptrdiff_t sent = smtplite_tls_wrap_send(wrap, fake.record + fake.record_pos,
                                                fake.record_len - fake.record_pos);
        if (sent <= 0)
            return sent == 0 ? SMTPLITE_TLS_AGAIN
                             : smtplite_tls_wrap_fail(wrap, SMTPLITE_TLS_FAULT_RECORD);
        fake.record_pos += (size_t)sent;
    }
    fake.record_len = 0;
    return (ptrdiff_t)n;
}

/* Octets that the record in fake.in still lacks. */
static size_t lacks(void) {
    if (fake.in_len < HEADER)
        return HEADER - fake.in_len;
    return HEADER + (size_t)(uint8_t)fake.in[1] * 256 + (size_t)(uint8_t)fake.in[2] - fake.in_len;
}

static ptrdiff_t fake_read(struct smtplite_tls_wrap *wrap, char *p, size_t n) {
    while (lacks() > 0) {
        ptrdiff_t got = smtplite_tls_wrap_receive(wrap, fake.in + fake.in_len, lacks());
        if (got <= 0)
            return got;
        fake.in_len += (size_t)got;
        fake.in_pos = HEADER;
    }
    n = least(n, fake.in_len - fake.in_pos);
    for (size_t i = 0; i < n; i++)
        p[i] = (char)(fake.in[fake.in_pos + i] ^ CODE);
    fake.in_pos += n;
    if (fake.in_pos == fake.in_len)
        fake.in_len = 0;
    return (ptrdiff_t)n;
}

static const char *fake_words(struct smtplite_tls_wrap *wrap) {
    (void)wrap;
    return fake.words;
}

static const struct smtplite_tls_library library = {fake_handshake, fake_read, fake_write,
                                                    fake_words};

/* ---- What all tests need ------------------------------------------------------------------ */

static struct talk talk;
static struct smtplite_login login;
static struct smtplite_config config;

static const struct smtplite_transport *transport(void) {
    return &fake.wrap.transport;
}

static ptrdiff_t send(const char *p, size_t n, bool more, uint32_t wait) {
    return transport()->send(transport()->context, p, n, more, wait);
}

static ptrdiff_t say(const char *words, bool more) {
    return send(words, strlen(words), more, 10);
}

static ptrdiff_t receive(char *p, size_t n, uint32_t wait) {
    return transport()->receive(transport()->context, p, n, wait);
}

static int start_tls(uint32_t wait) {
    return transport()->start_tls(transport()->context, &talk.s, wait);
}

static const char *reason(void) {
    static char text[200];
    transport()->reason(transport()->context, text, sizeof text);
    return text;
}

static void open_wrap(enum smtplite_tls tls, uint16_t flags) {
    net_open();
    memset(&fake, 0, sizeof fake);
    fake.verified = true;
    fake.words = "";
    smtplite_tls_wrap_open(&fake.wrap, &net.transport, &library);
    memset(&config, 0, sizeof config);
    smtplite_login_init(&login, NULL);
    config.tls = (uint8_t)tls;
    config.flags = flags;
    config.login = &login;
    EXPECT(talk_begin(&talk, &config) == SMTPLITE_E_OK);
}

static bool wants_tls(void) {
    return smtplite_wants(&talk.s) == SMTPLITE_WANT_TLS;
}

/* Up to where STARTTLS has been answered, over the wrap in clear. */
static void open_starttls(uint16_t flags) {
    char in[64];
    open_wrap(SMTPLITE_TLS_REQUIRED, flags);
    server_says_raw("220 ", 4);
    EXPECT(receive(in, sizeof in, 5) == 4);
    talk_answer(&talk, "220 hello\r\n");
    talk_answer(&talk, "250-x\r\n250 STARTTLS\r\n");
    talk_answer(&talk, "220 go\r\n");
    EXPECT(wants_tls());
}

static void server_hello(void) {
    server_says_raw("\x16olleh", HELLO);
}

/* TLS stands, and nothing has left or come since. */
static void open_secure(uint16_t record_max) {
    open_wrap(SMTPLITE_TLS_IMPLICIT, 0);
    fake.record_max = record_max;
    server_hello();
    EXPECT(start_tls(10) == 0 && !wants_tls());
    net.out_len = 0;
    net.calls = 0;
}

/* What the server can read of what has left: its bytes, and of how many whole records. */
static size_t server_heard(char *p, size_t *records) {
    size_t pos = 0, len = 0, count = 0;
    while (net.out_len - pos >= HEADER) {
        size_t n = (size_t)(uint8_t)net.out[pos + 1] * 256 + (size_t)(uint8_t)net.out[pos + 2];
        if (net.out_len - pos < HEADER + n)
            break;
        for (size_t i = 0; i < n; i++)
            p[len + i] = (char)(net.out[pos + HEADER + i] ^ CODE);
        pos += HEADER + n;
        len += n;
        count++;
    }
    *records = count;
    return len;
}

static bool heard(const char *words, size_t wanted) {
    static char said[OUT_MAX];
    size_t records;
    size_t len = server_heard(said, &records);
    return len == strlen(words) && memcmp(said, words, len) == 0 && records == wanted;
}

static bool holds_secret(const char *secret) {
    const char *p = (const char *)&fake.wrap;
    size_t n = strlen(secret);
    for (size_t i = 0; i + n <= sizeof fake.wrap; i++) {
        if (memcmp(p + i, secret, n) == 0)
            return true;
    }
    return false;
}

static bool has_failed(void) {
    char byte;
    return send("x", 1, true, 0) == SMTPLITE_TRANSPORT_FAILED &&
           receive(&byte, 1, 0) == SMTPLITE_TRANSPORT_FAILED &&
           start_tls(0) == SMTPLITE_TRANSPORT_FAILED;
}

/* ---- In clear ----------------------------------------------------------------------------- */

static void test_clear(void) {
    char in[8];
    open_wrap(SMTPLITE_TLS_NONE, 0);
    CHECK(send("EHLO", 4, true, 7) == 4 && net.more && net.wait == 7);
    CHECK(send("x", 1, false, 3) == 1 && !net.more && net.wait == 3);
    CHECK(net.out_len == 5 && memcmp(net.out, "EHLOx", 5) == 0);
    CHECK(receive(in, sizeof in, 9) == 0 && net.wait == 9);
    server_says_raw("250", 3);
    CHECK(receive(in, sizeof in, 0) == 3 && memcmp(in, "250", 3) == 0);
    net.in_ended = true;
    CHECK(receive(in, sizeof in, 5) == SMTPLITE_TRANSPORT_EOF);
    CHECK(receive(in, sizeof in, 5) == SMTPLITE_TRANSPORT_EOF);
    net.now = 4711;
    CHECK(transport()->now(transport()->context) == 4711);
    net.fail_at = 1;
    CHECK(send("x", 1, false, 0) == SMTPLITE_TRANSPORT_FAILED);
    CHECK(strcmp(reason(), "the cable") == 0);
    CHECK(has_failed()); /* for ever */
}

static void test_nothing_below(void) {
    open_wrap(SMTPLITE_TLS_IMPLICIT, 0);
    smtplite_tls_wrap_open(&fake.wrap, NULL, &library);
    CHECK(strcmp(reason(), "") == 0);
    CHECK(has_failed());
    CHECK(strstr(reason(), "wrap each connection") != NULL);
    CHECK(!smtplite_tls_wrap_close(&fake.wrap));
}

/* ---- The handshake ------------------------------------------------------------------------ */

/* At every pace of both directions it comes to the same. */
static void test_paces(void) {
    for (size_t pace = 1; pace <= HELLO; pace++) {
        unsigned turns = 0;
        open_starttls(0);
        net.out_step = pace;
        net.in_step = pace;
        net.credit = 0;
        CHECK(start_tls(5) == 0 && wants_tls() && net.out_len == 0);
        for (size_t i = 0; i < HELLO; i++) {
            net.credit = 1;
            EXPECT(start_tls(5) == 0 && wants_tls());
            CHECK(net.out_len == i + 1);
        }
        server_hello();
        net.in_len -= HELLO;
        for (; turns < HELLO && wants_tls(); turns++) {
            net.in_len++;
            EXPECT(start_tls(5) == 0);
        }
        CHECK(turns == HELLO && !wants_tls());
        CHECK(strcmp(login.binding_name, "tls-test") == 0 && login.binding_len == 7);
        CHECK((smtplite_wants(&talk.s) & SMTPLITE_WANT_OUT) != 0); /* EHLO */
    }
}

static void test_handshake_wait(void) {
    uint32_t start;
    open_wrap(SMTPLITE_TLS_IMPLICIT, 0);
    net.out_step = 1;
    net.tick = 1;
    start = net.now;
    CHECK(start_tls(4) == 0 && net.now - start <= 5 && wants_tls());
    start = net.now;
    CHECK(start_tls(40) == 0 && net.now - start <= 41 && wants_tls()); /* it waits for an answer */
    start = net.now;
    CHECK(start_tls(0) == 0 && net.now - start <= 1);
    server_hello();
    net.in_step = 1;
    start = net.now;
    CHECK(start_tls(3) == 0 && net.now - start <= 4 && wants_tls()); /* a drip */
    CHECK(start_tls(30) == 0 && !wants_tls());
}

/* A3: at every length. */
static void test_injection(void) {
    static const char words[] = "250-x\r\n250 AUTH PLAIN\r\n";
    for (size_t n = 1; n < sizeof words; n++) {
        open_starttls(0);
        server_says_raw(words, n);
        CHECK(start_tls(10) == SMTPLITE_TRANSPORT_FAILED);
        CHECK(fake.wrap.fault == SMTPLITE_TLS_FAULT_INJECTION);
        CHECK(smtplite_result_get(&talk.s)->error == SMTPLITE_E_TLS_INJECTION);
        CHECK(net.out_len == 0 && has_failed());
    }
    CHECK(strstr(reason(), "an attack") != NULL);
}

static void test_clear_text(void) {
    for (int starttls = 0; starttls < 2; starttls++) {
        if (starttls)
            open_starttls(0);
        else
            open_wrap(SMTPLITE_TLS_IMPLICIT, 0);
        CHECK(start_tls(10) == 0);
        server_says_raw("220 mail.example\r\n", 18);
        CHECK(start_tls(10) == SMTPLITE_TRANSPORT_FAILED);
        CHECK(fake.wrap.fault == SMTPLITE_TLS_FAULT_CLEAR_TEXT);
        CHECK(strstr(reason(), "465") != NULL && has_failed());
    }
    open_wrap(SMTPLITE_TLS_IMPLICIT, 0);
    server_says_raw("\x01\x02\x03\x04\x05\x06", HELLO);
    CHECK(start_tls(10) == SMTPLITE_TRANSPORT_FAILED);
    CHECK(fake.wrap.fault == SMTPLITE_TLS_FAULT_PROTOCOL);
}

/* The connection's own failure is the network's to tell, and the server's close is ours. */
static void test_handshake_cut(void) {
    for (unsigned call = 1; call <= 4; call++) {
        open_wrap(SMTPLITE_TLS_IMPLICIT, 0);
        server_hello();
        net.out_step = 3;
        net.in_step = 3;
        net.fail_at = call;
        CHECK(start_tls(10) == SMTPLITE_TRANSPORT_FAILED);
        CHECK(fake.wrap.fault == (call == 1 ? SMTPLITE_TLS_FAULT_NONE : SMTPLITE_TLS_FAULT_CLOSED));
        CHECK((strcmp(reason(), "the cable") == 0) == (call == 1));
        CHECK((smtplite_result_get(&talk.s)->error == SMTPLITE_E_IO) == (call == 1));
        net.fail_at = 0;
        CHECK(has_failed() && !smtplite_tls_wrap_close(&fake.wrap));
    }
    open_wrap(SMTPLITE_TLS_IMPLICIT, 0);
    net.in_ended = true;
    CHECK(start_tls(10) == SMTPLITE_TRANSPORT_FAILED);
    CHECK(fake.wrap.fault == SMTPLITE_TLS_FAULT_CLOSED);
    open_starttls(0);
    net.in_ended = true;
    CHECK(start_tls(10) == SMTPLITE_TRANSPORT_FAILED && net.out_len == 0);
    CHECK(fake.wrap.fault == SMTPLITE_TLS_FAULT_CLOSED);
}

static void test_faults(void) {
    for (int fault = 1; fault < SMTPLITE_TLS_FAULT_COUNT; fault++) {
        open_wrap(SMTPLITE_TLS_IMPLICIT, 0);
        fake.fault = (enum smtplite_tls_fault)fault;
        fake.words = fault % 2 ? "its own words" : "";
        server_hello();
        CHECK(start_tls(10) == SMTPLITE_TRANSPORT_FAILED && has_failed());
        CHECK(fake.wrap.fault == fault);
        CHECK(strncmp(reason(), smtplite_tls_fault_text(fake.fault),
                      strlen(smtplite_tls_fault_text(fake.fault))) == 0);
        CHECK((strstr(reason(), " (its own words)") != NULL) == (fault % 2 == 1));
        CHECK(smtplite_tls_wrap_fail(&fake.wrap, SMTPLITE_TLS_FAULT_PIN) == SMTPLITE_TLS_FAILED);
        CHECK(fake.wrap.fault == fault); /* the first stays */
    }
    CHECK(strcmp(smtplite_tls_fault_text(SMTPLITE_TLS_FAULT_COUNT), "?") == 0);
}

static void test_reason_fits(void) {
    char text[80];
    open_wrap(SMTPLITE_TLS_IMPLICIT, 0);
    fake.fault = SMTPLITE_TLS_FAULT_WEAK;
    fake.words = "md too weak";
    server_hello();
    EXPECT(start_tls(10) == SMTPLITE_TRANSPORT_FAILED);
    for (size_t size = 1; size < sizeof text; size++) {
        memset(text, 'x', sizeof text);
        transport()->reason(transport()->context, text, size);
        CHECK(strlen(text) < size && text[size] == 'x' &&
              strncmp(text, reason(), strlen(text)) == 0);
    }
}

static void test_unverified(void) {
    open_wrap(SMTPLITE_TLS_IMPLICIT, 0);
    fake.verified = false; /* a library that forgets to refuse */
    server_hello();
    CHECK(start_tls(10) == SMTPLITE_TRANSPORT_FAILED && wants_tls());
    CHECK(fake.wrap.fault == SMTPLITE_TLS_FAULT_CERTIFICATE && !fake.wrap.unverified_ok);
    open_wrap(SMTPLITE_TLS_IMPLICIT, SMTPLITE_ALLOW_UNVERIFIED);
    fake.verified = false;
    server_hello();
    CHECK(start_tls(10) == 0 && !wants_tls() && fake.wrap.unverified_ok);
    CHECK(start_tls(10) == SMTPLITE_TRANSPORT_FAILED); /* twice */
    CHECK(fake.wrap.fault == SMTPLITE_TLS_FAULT_OVER);
}

/* ---- Sending ------------------------------------------------------------------------------ */

static const char group[] = "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n";

/* Pieces that follow each other leave as one record, however they are cut. */
static void test_gather(void) {
    size_t len = sizeof group - 1;
    for (size_t a = 0; a < len; a++) {
        for (size_t b = a; b < len; b += 5) {
            open_secure(0);
            EXPECT(a == 0 || send(group, a, true, 10) == (ptrdiff_t)a);
            EXPECT(b == a || send(group + a, b - a, true, 10) == (ptrdiff_t)(b - a));
            EXPECT(net.out_len == 0);
            EXPECT(send(group + b, len - b, false, 10) == (ptrdiff_t)(len - b));
            CHECK(heard(group, 1) && !net.more);
        }
    }
}

/* Longer than a record, by every number: nothing lost, nothing twice, no record too long. */
static void test_long(void) {
    static char text[3000], said[OUT_MAX];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 23);
    for (size_t len = 1; len < sizeof text; len += 13) {
        size_t records, pos = 0;
        open_secure(512);
        while (pos < len) {
            ptrdiff_t n = send(text + pos, least(700, len - pos), len - pos > 700, 10);
            if (!EXPECT(n > 0))
                break;
            pos += (size_t)n;
        }
        CHECK(server_heard(said, &records) == len && memcmp(said, text, len) == 0);
        CHECK(records == (len + 511) / 512);
    }
}

/* A long piece fills the record that is held. */
static void test_fill(void) {
    static char text[600];
    memset(text, 't', sizeof text);
    open_secure(512);
    CHECK(send(text, 100, true, 10) == 100);
    CHECK(send(text, sizeof text, true, 10) == 412 && net.out_len == 0);
    CHECK(send(text, 17, true, 10) == 17 && net.out_len == HEADER + 512);
}

/* Up to 16 bytes of one call are in one record, whatever is held before them. */
static void test_whole(void) {
    static char before[SMTPLITE_TLS_GATHER], said[OUT_MAX];
    memset(before, 'b', sizeof before);
    for (size_t n = 1; n <= WHOLE; n++) {
        for (size_t held = 512 - 20; held <= 512; held++) {
            size_t records;
            bool fits = held + n <= 512;
            open_secure(512);
            EXPECT(send(before, held, true, 10) == (ptrdiff_t)held);
            CHECK(send("0123456789abcdef", n, false, 10) == (ptrdiff_t)n);
            CHECK(server_heard(said, &records) == held + n && records == (fits ? 1u : 2u));
            CHECK(memcmp(said + held, "0123456789abcdef", n) == 0);
        }
    }
}

/* The network is full within a record, at every octet: 0, and then the same bytes again. */
static void test_full(void) {
    static const char words[] = "end\r\n.\r\n";
    size_t n = sizeof words - 1;
    for (size_t credit = 0; credit < HEADER + 4 + n; credit++) {
        open_secure(0);
        EXPECT(say("held", true) == 4);
        net.credit = credit;
        CHECK(send(words, n, false, 10) == 0 && net.out_len == credit);
        CHECK(send(words, n, false, 0) == 0);
        net.credit = NO_LIMIT;
        CHECK(send(words, n, true, 10) == (ptrdiff_t)n);
        CHECK(heard("heldend\r\n.\r\n", 1) && !fake.changed);
        CHECK(say("next", false) == 4 && heard("heldend\r\n.\r\nnext", 2));
    }
}

/* As above, but the caller gives back less, or looks for an answer in between. */
static void test_full_otherwise(void) {
    char in[8];
    open_secure(0);
    net.credit = 5;
    CHECK(say("abcdef", false) == 0);
    net.credit = NO_LIMIT;
    CHECK(send("ab", 2, true, 10) == 2 && heard("abcdef", 1));
    CHECK(send("cdefgh", 6, true, 10) == 4);
    CHECK(send("gh", 2, false, 10) == 2 && heard("abcdefgh", 2));

    open_secure(0);
    net.credit = 5;
    CHECK(say("abcdef", false) == 0);
    net.credit = NO_LIMIT;
    server_says("250 ok");
    CHECK(receive(in, sizeof in, 10) == 0 && heard("abcdef", 1)); /* send has to tell first */
    CHECK(say("abcdef", false) == 6 && heard("abcdef", 1));
    CHECK(receive(in, sizeof in, 10) == 6 && memcmp(in, "250 ok", 6) == 0);

    open_secure(0);
    net.credit = 5;
    CHECK(say("abcdef", false) == 0);
    server_says("421 ok");
    CHECK(receive(in, 4, 10) == 4); /* said early: it has not left */
    CHECK(say("abcdef", false) == 0);
    CHECK(receive(in, sizeof in, 10) == 2);
    net.credit = NO_LIMIT;
    CHECK(say("abcdef", false) == 6 && heard("abcdef", 1));

    open_secure(0);
    net.credit = 5;
    CHECK(say("abcdef", false) == 0);
    CHECK(!smtplite_tls_wrap_close(&fake.wrap)); /* half a record has left */
}

static void test_send_wait(void) {
    uint32_t start;
    open_secure(0);
    net.out_step = 1;
    net.tick = 1;
    start = net.now;
    CHECK(send("abcdefgh", 8, false, 100) == 8 && net.now - start <= 12);
    net.credit = 0;
    start = net.now;
    CHECK(send("abcdefgh", 8, false, 20) == 0 && net.now - start <= 22);
    start = net.now;
    CHECK(send("abcdefgh", 8, false, 0) == 0 && net.now - start <= 1);
    server_says("421 bye");
    start = net.now;
    CHECK(send("abcdefgh", 8, false, 50) == 0 && net.now - start <= 2); /* the server speaks */
}

/* ---- Receiving ---------------------------------------------------------------------------- */

/* In every pace of the network, into every size of buffer. */
static void test_receive(void) {
    static const char words[] = "250-one\r\n250 two\r\n";
    for (size_t step = 1; step < 24; step++) {
        for (size_t size = 1; size < sizeof words + 2; size++) {
            char in[sizeof words + 2], said[64];
            size_t len = 0;
            ptrdiff_t n = 1;
            open_secure(0);
            net.in_step = step;
            server_says(words);
            for (int i = 0; i < 64 && len < sizeof words - 1 && n >= 0; i++) {
                n = receive(in, size, 5);
                memcpy(said + len, in, n > 0 ? (size_t)n : 0);
                len += n > 0 ? (size_t)n : 0;
            }
            CHECK(len == sizeof words - 1 && memcmp(said, words, len) == 0);
            CHECK(receive(in, size, 5) == 0);
        }
    }
}

static void test_receive_pushes(void) {
    char in[8];
    open_secure(0);
    EXPECT(say("held", true) == 4);
    CHECK(receive(in, sizeof in, 0) == 0 && net.out_len == 0);
    CHECK(receive(in, 0, 10) == 0 && net.out_len == 0);
    CHECK(receive(in, sizeof in, 10) == 0 && heard("held", 1));
    EXPECT(say("more", true) == 4);
    net.credit = 3;
    server_says("250 ok");
    CHECK(receive(in, sizeof in, 10) == 6); /* what cannot leave keeps nothing from coming */
    net.credit = NO_LIMIT;
    CHECK(say("!", true) == 1 && say("?", false) == 1 && heard("heldmore!?", 3) && !fake.changed);
}

/* What lies in the library already is seen by no transport: send asks for it to be read. */
static void test_unread(void) {
    char in[4];
    open_secure(0);
    server_says("452 full");
    CHECK(receive(in, 4, 5) == 4);
    CHECK(say("data", true) == 0 && say("data", false) == 0);
    CHECK(receive(in, 4, 5) == 4 && memcmp(in, "full", 4) == 0);
    CHECK(say("data", false) == 0); /* more might follow */
    CHECK(receive(in, 4, 0) == 0);
    CHECK(say("data", false) == 4 && heard("data", 1));
    EXPECT(say("held", true) == 4);
    server_says("421 bye.");
    CHECK(receive(in, 4, 0) == 4);
    net.fail_at = net.calls + 1;
    CHECK(receive(in, 4, 5) == 4 && memcmp(in, "bye.", 4) == 0);
    CHECK(receive(in, 4, 5) == SMTPLITE_TRANSPORT_FAILED);
}

static void test_end(void) {
    char in[16];
    open_secure(0);
    server_says("221 bye");
    net.in_ended = true;
    CHECK(receive(in, sizeof in, 5) == 7);
    CHECK(receive(in, sizeof in, 5) == SMTPLITE_TRANSPORT_EOF);
    net.in_ended = false;
    CHECK(receive(in, sizeof in, 5) == SMTPLITE_TRANSPORT_EOF);
    CHECK(fake.wrap.fault == SMTPLITE_TLS_FAULT_NONE);
    CHECK(say("QUIT\r\n", false) == 6); /* a half is closed */
    net.fail_at = 1;
    CHECK(say("NOOP\r\n", false) == SMTPLITE_TRANSPORT_FAILED);
    CHECK(receive(in, sizeof in, 5) == SMTPLITE_TRANSPORT_EOF); /* as ever */
    CHECK(!smtplite_tls_wrap_close(&fake.wrap));
    CHECK(say("x", true) == SMTPLITE_TRANSPORT_FAILED);
    CHECK(receive(in, sizeof in, 5) == SMTPLITE_TRANSPORT_EOF);
}

/* What the server said before a write failed is read after it: a 421 or 552 is the reason. */
static void test_last_words(bool push) {
    char in[32];
    open_secure(0);
    server_says("552 too much");
    server_says("421 bye");
    if (push)
        EXPECT(say("more", true) == 4);
    net.credit = 0;
    net.broken = true;
    CHECK(push || say("more", false) == SMTPLITE_TRANSPORT_FAILED);
    CHECK(receive(in, sizeof in, 5) == 12 && memcmp(in, "552 too much", 12) == 0);
    CHECK(say("x", true) == SMTPLITE_TRANSPORT_FAILED && strcmp(reason(), "the cable") == 0);
    CHECK(!holds_secret("more"));
    CHECK(receive(in, sizeof in, 5) == 7 && memcmp(in, "421 bye", 7) == 0);
    net.fail_at = 1;
    CHECK(receive(in, sizeof in, 5) == SMTPLITE_TRANSPORT_FAILED && has_failed());
    CHECK(!smtplite_tls_wrap_close(&fake.wrap));
}

/* An answer to bytes of which `send` has not told yet is not given before it has. */
static void test_claim_first(void) {
    char in[16];
    for (uint32_t wait = 0; wait < 2; wait++) {
        open_secure(0);
        net.credit = 2;
        CHECK(say(".\r\n", false) == 0);
        net.credit = NO_LIMIT;
        server_says("250 ok");
        CHECK(receive(in, sizeof in, 1) == 0); /* the record leaves */
        CHECK(receive(in, sizeof in, wait) == 0 && receive(in, sizeof in, wait) == 0);
        CHECK(say(".\r\n", false) == 3);
        CHECK(receive(in, sizeof in, wait) == 6 && memcmp(in, "250 ok", 6) == 0);
    }
}

/* ---- Each call of the network fails once -------------------------------------------------- */

/* Says and hears in turns; gives how many bytes were called taken before FAILED, or all. */
static size_t converse(bool *failed) {
    size_t taken = 0;
    *failed = false;
    for (int turn = 0; turn < 60 && taken < sizeof group - 1 && !*failed; turn++) {
        char in[5];
        size_t n = least(9, sizeof group - 1 - taken);
        ptrdiff_t count = send(group + taken, n, turn % 3 == 0 && n == 9, 5);
        if (count > 0)
            taken += (size_t)count;
        else if (count == 0)
            count = receive(in, sizeof in, turn % 2 ? 5 : 0);
        *failed = count < 0;
    }
    return taken;
}

static void test_network_fails(void) {
    bool failed = true;
    unsigned call = 1;
    for (; failed && call < 100; call++) {
        static char said[OUT_MAX];
        size_t records, len, taken;
        open_secure(24);
        net.out_step = 7;
        net.in_step = 3;
        server_says("250 ok");
        net.fail_at = call;
        taken = converse(&failed);
        len = server_heard(said, &records);
        CHECK(len <= taken && memcmp(said, group, len) == 0); /* nothing of the call that failed */
        CHECK(failed || (taken == sizeof group - 1 && len == taken));
        CHECK(!fake.changed);
        if (failed) {
            CHECK(has_failed() && strcmp(reason(), "the cable") == 0);
            CHECK(!holds_secret("MAIL") && !holds_secret("exampl") && !holds_secret("RCPT"));
        }
    }
    CHECK(call > 10 && call < 100);
}

/* A library that gives what it must not. */
static ptrdiff_t wrong_write(struct smtplite_tls_wrap *wrap, const char *p, size_t n) {
    (void)wrap;
    (void)p;
    return (ptrdiff_t)n + 1;
}

static ptrdiff_t wrong_read(struct smtplite_tls_wrap *wrap, char *p, size_t n) {
    (void)wrap;
    (void)p;
    return (ptrdiff_t)n + 1;
}

static void test_library_fails(void) {
    static const struct smtplite_tls_library wrong = {fake_handshake, wrong_read, wrong_write,
                                                      fake_words};
    static const struct smtplite_tls_library write_wrong = {fake_handshake, fake_read, wrong_write,
                                                            fake_words};
    char in[4];
    open_secure(0);
    fake.wrap.library = &wrong;
    CHECK(say("x", false) == SMTPLITE_TRANSPORT_FAILED);
    CHECK(fake.wrap.fault == SMTPLITE_TLS_FAULT_RECORD && has_failed());
    open_secure(0);
    fake.wrap.library = &wrong;
    CHECK(receive(in, sizeof in, 5) == SMTPLITE_TRANSPORT_FAILED);
    CHECK(fake.wrap.fault == SMTPLITE_TLS_FAULT_RECORD && has_failed());
    open_secure(0);
    EXPECT(say("held", true) == 4);
    fake.wrap.library = &write_wrong;
    server_says("250");
    CHECK(receive(in, sizeof in, 5) == SMTPLITE_TRANSPORT_FAILED);
    CHECK(receive(in, sizeof in, 0) == SMTPLITE_TRANSPORT_FAILED);
}

/* ---- Secrets (A15) ------------------------------------------------------------------------ */

static void test_secrets(void) {
    char in[4];
    open_secure(0);
    EXPECT(say("s3cret", true) == 6);
    CHECK(holds_secret("s3cret")); /* the search can find it */
    CHECK(say("\r\n", false) == 2 && !holds_secret("s3cret"));
    EXPECT(say("s3cret", true) == 6);
    CHECK(receive(in, sizeof in, 5) == 0 && !holds_secret("s3cret"));
    EXPECT(say("s3cret", true) == 6);
    CHECK(smtplite_tls_wrap_close(&fake.wrap) && !holds_secret("s3cret"));
    open_secure(0);
    EXPECT(say("s3cret", true) == 6);
    net.fail_at = 1;
    CHECK(receive(in, sizeof in, 0) == SMTPLITE_TRANSPORT_FAILED && !holds_secret("s3cret"));
}

/* What close_notify may do: leave at once, or not. */
static void test_close(void) {
    uint32_t start;
    open_secure(0);
    net.credit = 0;
    CHECK(smtplite_tls_wrap_close(&fake.wrap));
    start = net.now;
    CHECK(smtplite_tls_wrap_send(&fake.wrap, "bye", 3) == 0 && net.now == start);
    net.credit = NO_LIMIT;
    CHECK(smtplite_tls_wrap_send(&fake.wrap, "bye", 3) == 3);
    CHECK(!smtplite_tls_wrap_close(&fake.wrap)); /* once */
    open_secure(0);
    fake.wrap.looked = SIZE_MAX; /* by a flood */
    CHECK(smtplite_tls_wrap_close(&fake.wrap));
    CHECK(smtplite_tls_wrap_send(&fake.wrap, "bye", 3) == 3);
    open_wrap(SMTPLITE_TLS_NONE, 0);
    CHECK(!smtplite_tls_wrap_close(&fake.wrap) && has_failed());
}

int main(void) {
    test_clear();
    test_nothing_below();
    test_paces();
    test_handshake_wait();
    test_injection();
    test_clear_text();
    test_handshake_cut();
    test_faults();
    test_reason_fits();
    test_unverified();
    test_gather();
    test_long();
    test_fill();
    test_whole();
    test_full();
    test_full_otherwise();
    test_send_wait();
    test_receive();
    test_receive_pushes();
    test_unread();
    test_end();
    test_last_words(true);
    test_last_words(false);
    test_claim_first();
    test_network_fails();
    test_library_fails();
    test_secrets();
    test_close();
    return check_summary("tls_wrap");
}
