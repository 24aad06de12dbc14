/* SPDX-License-Identifier: MIT */
#include "suite_spy.h"

#define FIRST_TYPE 20 /* change_cipher_spec, alert, handshake, application_data: RFC 8446 5.1 */
#define LAST_TYPE  23

static bool has_begun(const struct suite_spy *spy) {
    return spy->tls_out > 0;
}

static bool is_type(unsigned char c) {
    return c >= FIRST_TYPE && c <= LAST_TYPE;
}

/* True while the octet is one of a record. A record begins where a line could. */
static bool is_in_record(struct suite_spy *spy, unsigned char c) {
    if (spy->record_left > 0) {
        spy->record_left--;
    } else if (spy->header_len > 0 || (spy->at_line && is_type(c))) {
        spy->header[spy->header_len++] = c;
        if (spy->header_len < sizeof spy->header)
            return true;
        spy->record_left = (size_t)spy->header[3] << 8 | spy->header[4];
        spy->header_len = 0;
    } else {
        return false;
    }
    spy->at_line = spy->record_left == 0;
    return true;
}

static void watch_sent(struct suite_spy *spy, const char *p, size_t n) {
    spy->out += n;
    spy->spoke |= n > 0;
    for (; n > 0; p++, n--) {
        if (is_in_record(spy, (unsigned char)*p)) {
            spy->tls_out++;
            continue;
        }
        spy->clear++;
        spy->late += has_begun(spy);
        spy->at_line = *p == '\n';
    }
}

/* How many of n octets may pass before a cut. */
static size_t cut_short(size_t n, size_t cut, size_t passed) {
    size_t left = cut > passed ? cut - passed : 0;
    return cut > 0 && left < n ? left : n;
}

static bool fails(struct suite_spy *spy) {
    spy->calls++;
    return spy->fail_at > 0 && spy->calls >= spy->fail_at;
}

static ptrdiff_t spy_send(void *context, const char *p, size_t n, bool more, uint32_t wait) {
    struct suite_spy *spy = context;
    size_t some = n;
    if (has_begun(spy) || (spy->at_line && is_type((unsigned char)*p)))
        some = cut_short(n, spy->cut_out, spy->tls_out);
    if (fails(spy) || some == 0)
        return SMTPLITE_TRANSPORT_FAILED;
    if (spy->drip)
        some = 1;
    ptrdiff_t sent = spy->below->send(spy->below->context, p, some, more && some == n, wait);
    if (sent > 0)
        watch_sent(spy, p, (size_t)sent);
    return sent;
}

/* One octet at a time until the line's end, so that what is behind it stays in the network. */
static ptrdiff_t receive_line(struct suite_spy *spy, char *p, size_t n, uint32_t wait) {
    size_t len = 0;
    while (len < n && (len == 0 || p[len - 1] != '\n')) {
        ptrdiff_t got = spy->below->receive(spy->below->context, p + len, 1, len == 0 ? wait : 0);
        if (got <= 0)
            return len > 0 ? (ptrdiff_t)len : got;
        len++;
    }
    return (ptrdiff_t)len;
}

static ptrdiff_t receive_some(struct suite_spy *spy, char *p, size_t n, uint32_t wait) {
    if (spy->by_line && !has_begun(spy))
        return receive_line(spy, p, n, wait);
    if (spy->drip && n > 1)
        n = 1;
    if (has_begun(spy))
        n = cut_short(n, spy->cut_in, spy->tls_in);
    return n > 0 ? spy->below->receive(spy->below->context, p, n, wait) : SMTPLITE_TRANSPORT_EOF;
}

static void flip(const struct suite_spy *spy, char *p, size_t n) {
    size_t at = spy->flip - 1 - spy->tls_in;
    if (spy->flip > spy->tls_in && at < n)
        p[at] = (char)(p[at] ^ 1 << spy->flip % 8);
}

static ptrdiff_t spy_receive(void *context, char *p, size_t n, uint32_t wait) {
    struct suite_spy *spy = context;
    if (fails(spy))
        return SMTPLITE_TRANSPORT_FAILED;
    ptrdiff_t got = receive_some(spy, p, n, wait);
    if (got <= 0)
        return got;
    if (wait > 0) {
        spy->turns += spy->spoke;
        spy->spoke = false;
    }
    spy->in += (size_t)got;
    if (has_begun(spy)) {
        flip(spy, p, (size_t)got);
        spy->tls_in += (size_t)got;
    }
    return got;
}

static uint32_t spy_now(void *context) {
    const struct suite_spy *spy = context;
    return spy->below->now(spy->below->context);
}

static void spy_reason(void *context, char *text, size_t size) {
    const struct suite_spy *spy = context;
    if (spy->below->reason != NULL)
        spy->below->reason(spy->below->context, text, size);
    else
        text[0] = '\0';
}

void suite_spy_open(struct suite_spy *spy, const struct smtplite_transport *below) {
    spy->transport = (struct smtplite_transport){
        .context = spy,
        .send = spy_send,
        .receive = spy_receive,
        .now = spy_now,
        .reason = spy_reason,
    };
    spy->below = below;
    spy->at_line = true;
}
