/* SPDX-License-Identifier: MIT */
/*
 * The transport that wraps another one in TLS, whatever library does it.
 *
 *   CLEAR -> HANDSHAKE -> OPEN -> CLOSED        any of them -> FAILED
 *
 * CLEAR: bytes pass through. start_tls looks once whether the server has said more than its answer
 *   to STARTTLS (A3) and begins.
 * HANDSHAKE: start_tls goes on with it.
 * OPEN: what is sent gathers in held[] and leaves as one record; nothing leaves in another way.
 * CLOSED, FAILED: nothing moves. held[] is empty.
 *
 * If the transport below fails while OPEN, nothing leaves any more (`broken`); what the server has
 * said before can still be read.
 *
 * A record that was begun must be finished with the very same bytes, since the library has
 * encrypted them. So all bytes go by held[], which must not change while it is `leaving`. If a
 * record with bytes of the present call cannot leave whole, the call is answered 0 as its contract
 * asks, and the bytes are `claimed`: the caller, who gives the same bytes again, is told that they
 * were taken once the record has left. A record that was cut tells the server nothing, so after
 * FAILED none of the call's bytes have left.
 *
 * Invariants, in OPEN: claimed > 0 only between a send that gave 0 and the one that tells; what has
 * come is not read while that is due. leaving implies held_len > 0; broken, that it is 0. held_len
 * never exceeds what one record carries.
 */

#include "smtplite/tls_port.h"

#include <string.h>

#include "smtplite/engine.h"

/* Pieces up to this length are not split over two records, see transport.h. */
#define WHOLE 16u

#define NOTHING_MOVED 0
#define RECORD_MAX    (5u + 16384u + 2048u) /* RFC 5246 6.2.3 */

enum state { CLEAR, HANDSHAKE, OPEN, CLOSED, FAILED };

/* A15: a login may have been among it. */
static void forget_held(struct smtplite_tls_wrap *wrap) {
    memset(wrap->held, 0, wrap->held_len);
    wrap->held_len = 0;
    wrap->leaving = false;
}

static int die(struct smtplite_tls_wrap *wrap) {
    forget_held(wrap);
    wrap->state = FAILED;
    return SMTPLITE_TLS_FAILED;
}

int smtplite_tls_wrap_fail(struct smtplite_tls_wrap *wrap, enum smtplite_tls_fault fault) {
    if (wrap->broken && wrap->state == OPEN)
        return SMTPLITE_TLS_FAILED; /* that is no fault of TLS, nor the end of reading */
    if (!wrap->broken && wrap->state != FAILED)
        wrap->fault = (uint8_t)fault;
    return die(wrap);
}

/* ---- The transport below ------------------------------------------------------------------ */

static uint32_t now(void *context) {
    const struct smtplite_tls_wrap *wrap = context;
    return wrap->below != NULL ? wrap->below->now(wrap->below->context) : 0;
}

static void begin(struct smtplite_tls_wrap *wrap, uint32_t wait) {
    wrap->start = now(wrap);
    wrap->wait = wait;
    wrap->looked = 0;
}

static uint32_t time_left(struct smtplite_tls_wrap *wrap) {
    uint32_t passed = now(wrap) - wrap->start;
    return passed < wrap->wait ? wrap->wait - passed : 0;
}

/* What a call below has given, held against the n bytes that it was about. A connection that never
 * stood is no fault of TLS: the transport below has the reason. */
static ptrdiff_t judge(struct smtplite_tls_wrap *wrap, ptrdiff_t count, size_t n) {
    if (count >= 0 && (size_t)count <= n) {
        wrap->moved = wrap->moved || count > 0;
        return count;
    }
    if (wrap->state == HANDSHAKE && wrap->moved)
        smtplite_tls_wrap_fail(wrap, SMTPLITE_TLS_FAULT_CLOSED);
    else if (count != SMTPLITE_TRANSPORT_EOF)
        wrap->broken = true;
    return count == SMTPLITE_TRANSPORT_EOF ? count : SMTPLITE_TRANSPORT_FAILED;
}

/* However little moves at a time, the wait ends it. A wait of 0 looks once, which may take several
 * calls, for a record's header and for the rest: it ends behind as many octets as a record can
 * have, or a flood of records that the library eats by itself would have no end. */
static bool is_over(struct smtplite_tls_wrap *wrap, uint32_t *left) {
    *left = time_left(wrap);
    return *left == 0 && (wrap->wait > 0 || wrap->looked >= RECORD_MAX);
}

ptrdiff_t smtplite_tls_wrap_send(struct smtplite_tls_wrap *wrap, const void *p, size_t n) {
    const struct smtplite_transport *below = wrap->below;
    uint32_t left;
    if (is_over(wrap, &left))
        return NOTHING_MOVED;
    return judge(wrap, below->send(below->context, p, n, false, left), n);
}

/* A handshake record begins with a control byte, SMTP with a digit. */
static bool is_text(const char *p) {
    return *p >= ' ' && *p <= '~';
}

ptrdiff_t smtplite_tls_wrap_receive(struct smtplite_tls_wrap *wrap, void *p, size_t n) {
    const struct smtplite_transport *below = wrap->below;
    uint32_t left;
    if (is_over(wrap, &left))
        return NOTHING_MOVED;
    ptrdiff_t count = judge(wrap, below->receive(below->context, p, n, left), n);
    if (count > 0)
        wrap->looked += (size_t)count;
    if (count <= 0 || wrap->heard)
        return count;
    wrap->heard = true;
    return is_text(p) ? smtplite_tls_wrap_fail(wrap, SMTPLITE_TLS_FAULT_CLEAR_TEXT) : count;
}

/* ---- The handshake ------------------------------------------------------------------------ */

/* A3: what came in clear behind the answer to STARTTLS is the engine's to judge, and the end. */
static bool is_quiet(struct smtplite_tls_wrap *wrap, struct smtplite_session *session) {
    char early[WHOLE];
    const struct smtplite_transport *below = wrap->below;
    ptrdiff_t n = judge(wrap, below->receive(below->context, early, sizeof early, 0), sizeof early);
    if (n > 0) {
        smtplite_tls_wrap_fail(wrap, SMTPLITE_TLS_FAULT_INJECTION);
        (void)smtplite_in(session, early, (size_t)n);
    }
    return n == 0;
}

static int go_on(struct smtplite_tls_wrap *wrap, struct smtplite_session *session) {
    if (wrap->state == CLEAR) {
        wrap->state = HANDSHAKE;
        wrap->unverified_ok = smtplite_takes_unverified(session);
        if (wrap->moved && !is_quiet(wrap, session))
            return SMTPLITE_TLS_FAILED;
    }
    if (wrap->state != HANDSHAKE)
        return smtplite_tls_wrap_fail(wrap, SMTPLITE_TLS_FAULT_OVER);
    int step = wrap->library->handshake(wrap);
    if (step == SMTPLITE_TLS_AGAIN)
        return step;
    if (step != SMTPLITE_TLS_DONE)
        return smtplite_tls_wrap_fail(wrap, SMTPLITE_TLS_FAULT_PROTOCOL);
    if (!wrap->verified && !wrap->unverified_ok)
        return smtplite_tls_wrap_fail(wrap, SMTPLITE_TLS_FAULT_CERTIFICATE);
    return step;
}

static int start_tls(void *context, struct smtplite_session *session, uint32_t wait) {
    struct smtplite_tls_wrap *wrap = context;
    begin(wrap, wait);
    int step = go_on(wrap, session);
    if (step == SMTPLITE_TLS_AGAIN)
        return 0;
    if (step != SMTPLITE_TLS_DONE) {
        if (wrap->fault == SMTPLITE_TLS_FAULT_NONE)
            smtplite_io_failed(session, SMTPLITE_E_IO);
        return SMTPLITE_TRANSPORT_FAILED;
    }
    wrap->state = OPEN;
    if (wrap->binding_name != NULL)
        smtplite_tls_binding(session, wrap->binding_name, wrap->binding, wrap->binding_len);
    smtplite_tls_done(session, wrap->verified);
    return 0;
}

/* ---- Sending ------------------------------------------------------------------------------ */

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t room(const struct smtplite_tls_wrap *wrap) {
    size_t cap = sizeof wrap->held;
    if (wrap->record_max > 0)
        cap = least(cap, wrap->record_max);
    return wrap->leaving || wrap->held_len >= cap ? 0 : cap - wrap->held_len;
}

/* True if some of the n bytes may join what is held. */
static bool fits(const struct smtplite_tls_wrap *wrap, size_t n) {
    size_t space = room(wrap);
    return n <= space || (n > WHOLE && space > 0);
}

static size_t hold(struct smtplite_tls_wrap *wrap, const char *p, size_t n) {
    size_t taken = least(n, room(wrap));
    if (taken > 0)
        memcpy(wrap->held + wrap->held_len, p, taken);
    wrap->held_len += taken;
    return taken;
}

/* What is held leaves as a record: DONE, AGAIN or FAILED. */
static int push(struct smtplite_tls_wrap *wrap) {
    if (wrap->held_len == 0)
        return SMTPLITE_TLS_DONE;
    wrap->leaving = true;
    ptrdiff_t n = wrap->library->write(wrap, wrap->held, wrap->held_len);
    if (n == SMTPLITE_TLS_AGAIN)
        return SMTPLITE_TLS_AGAIN;
    bool whole = n > 0 && (size_t)n == wrap->held_len;
    forget_held(wrap);
    if (whole)
        return SMTPLITE_TLS_DONE;
    wrap->claimed = 0;
    return smtplite_tls_wrap_fail(wrap, SMTPLITE_TLS_FAULT_RECORD);
}

/* Pushes, then tells of the claimed bytes, as many as the caller has given again. */
static ptrdiff_t settle(struct smtplite_tls_wrap *wrap, size_t n) {
    int step = push(wrap);
    if (step != SMTPLITE_TLS_DONE)
        return step == SMTPLITE_TLS_AGAIN ? NOTHING_MOVED : SMTPLITE_TRANSPORT_FAILED;
    size_t told = least(n, wrap->claimed);
    wrap->claimed -= told;
    return (ptrdiff_t)told;
}

static ptrdiff_t send_record(struct smtplite_tls_wrap *wrap, const char *p, size_t n, bool more) {
    bool has_left = wrap->claimed > 0 && wrap->held_len == 0;
    if (wrap->unread && !has_left)
        return NOTHING_MOVED; /* the server's word first: it would be lost with a failed write */
    if (wrap->claimed > 0)
        return settle(wrap, n);
    if (!fits(wrap, n)) {
        int step = push(wrap);
        if (step != SMTPLITE_TLS_DONE)
            return step == SMTPLITE_TLS_AGAIN ? NOTHING_MOVED : SMTPLITE_TRANSPORT_FAILED;
    }
    size_t taken = hold(wrap, p, n);
    if (more)
        return (ptrdiff_t)taken;
    wrap->claimed = taken;
    return settle(wrap, n);
}

static ptrdiff_t send_bytes(void *context, const char *p, size_t n, bool more, uint32_t wait) {
    struct smtplite_tls_wrap *wrap = context;
    const struct smtplite_transport *below = wrap->below;
    if (wrap->state == CLEAR)
        return judge(wrap, below->send(below->context, p, n, more, wait), n);
    if (wrap->state != OPEN)
        return smtplite_tls_wrap_fail(wrap, SMTPLITE_TLS_FAULT_OVER);
    if (wrap->broken)
        return SMTPLITE_TRANSPORT_FAILED;
    begin(wrap, wait);
    return send_record(wrap, p, n, more);
}

/* ---- Receiving ---------------------------------------------------------------------------- */

static ptrdiff_t read_record(struct smtplite_tls_wrap *wrap, char *p, size_t n) {
    ptrdiff_t got = wrap->library->read(wrap, p, n);
    wrap->unread = got > 0 && (size_t)got == n;
    if (got >= 0 && (size_t)got <= n)
        return got;
    if (got != SMTPLITE_TLS_EOF) {
        smtplite_tls_wrap_fail(wrap, SMTPLITE_TLS_FAULT_RECORD);
        return die(wrap);
    }
    wrap->ended = true;
    return SMTPLITE_TRANSPORT_EOF;
}

/* Who waits for an answer has nothing to add: what is held must not wait with him. If claimed bytes
 * have left by that, `send` must say so before an answer to them is read. */
static ptrdiff_t receive_record(struct smtplite_tls_wrap *wrap, char *p, size_t n, uint32_t wait) {
    if (n == 0)
        return NOTHING_MOVED;
    if (wait > 0 && !wrap->unread && push(wrap) == SMTPLITE_TLS_FAILED && !wrap->broken)
        return SMTPLITE_TRANSPORT_FAILED;
    if (wrap->claimed > 0 && wrap->held_len == 0)
        return NOTHING_MOVED;
    return read_record(wrap, p, n);
}

static ptrdiff_t receive_bytes(void *context, char *p, size_t n, uint32_t wait) {
    struct smtplite_tls_wrap *wrap = context;
    const struct smtplite_transport *below = wrap->below;
    if (wrap->state == CLEAR)
        return judge(wrap, below->receive(below->context, p, n, wait), n);
    if (wrap->ended)
        return SMTPLITE_TRANSPORT_EOF;
    if (wrap->state != OPEN)
        return smtplite_tls_wrap_fail(wrap, SMTPLITE_TLS_FAULT_OVER);
    begin(wrap, wait);
    return receive_record(wrap, p, n, wait);
}

/* ---- Reason, begin, end ------------------------------------------------------------------- */

static void append(char *text, size_t size, const char *more) {
    size_t len = strlen(text);
    size_t add = least(strlen(more), size - len - 1);
    memcpy(text + len, more, add);
    text[len + add] = '\0';
}

static void reason(void *context, char *text, size_t size) {
    struct smtplite_tls_wrap *wrap = context;
    const struct smtplite_transport *below = wrap->below;
    text[0] = '\0';
    if (wrap->fault == SMTPLITE_TLS_FAULT_NONE) {
        if (below != NULL && below->reason != NULL)
            below->reason(below->context, text, size);
        return;
    }
    append(text, size, smtplite_tls_fault_text((enum smtplite_tls_fault)wrap->fault));
    const char *words = wrap->library->words(wrap);
    if (words[0] != '\0') {
        append(text, size, " (");
        append(text, size, words);
        append(text, size, ")");
    }
}

void smtplite_tls_wrap_open(struct smtplite_tls_wrap *wrap, const struct smtplite_transport *below,
                            const struct smtplite_tls_library *library) {
    memset(wrap, 0, sizeof *wrap);
    wrap->transport.context = wrap;
    wrap->transport.send = send_bytes;
    wrap->transport.receive = receive_bytes;
    wrap->transport.now = now;
    wrap->transport.start_tls = start_tls;
    wrap->transport.reason = reason;
    wrap->below = below;
    wrap->library = library;
    wrap->state = below != NULL ? CLEAR : CLOSED;
}

bool smtplite_tls_wrap_close(struct smtplite_tls_wrap *wrap) {
    bool sound = wrap->state == OPEN && !wrap->leaving && !wrap->broken;
    forget_held(wrap);
    wrap->wait = 0; /* not begin(): the transport below may be gone, if this is the second close */
    wrap->looked = 0;
    if (wrap->state != FAILED)
        wrap->state = CLOSED;
    return sound;
}
