/* SPDX-License-Identifier: MIT */
/*
 * The message as chunks (RFC 3030): BDAT, a length, and that many octets. No dots are stuffed; line
 * ends are made CRLF as for DATA, so a chunk's octets are counted before it is announced, unless
 * the message is BINARY and leaves as it is.
 *
 * A chunk is announced by the piece that the caller has lent, or for the whole message if its size
 * is EXACT. LAST stands alone, `BDAT 0 LAST`, or brings the CRLF that the last line lacks: it
 * leaves when the source has said that all is well, and so nothing that was cut short is ever
 * complete. Each chunk has a reply; once one is a refusal no further chunk begins, and the
 * transaction ends with the replies that are still to come.
 *
 * session.line: LINE_START and LINE_MID as for DATA; LINE_CR: behind a CR whose CRLF has left.
 */

#include "extensions.h"

#include <string.h>

#define QUIT_LEN 6u

static bool is_binary(const struct smtplite_session *s) {
    return (smtplite_out_mail(s)->flags & SMTPLITE_MAIL_BINARY) != 0;
}

static bool is_exact(const struct smtplite_session *s) {
    return (smtplite_out_mail(s)->flags & SMTPLITE_MAIL_EXACT) != 0;
}

static void put(struct smtplite_session *s, const char *p, size_t n) {
    s->piece = p;
    s->piece_len = n;
}

/* ---- Octets ------------------------------------------------------------------------------ */

static bool is_line_end(char c) {
    return c == '\r' || c == '\n';
}

/* May leave as it is, or is a line end. */
static bool is_good(const struct smtplite_session *s, char c) {
    return is_binary(s) || (c != 0 && ((unsigned char)c < 0x80 || s->takes_8bit));
}

uint32_t smtplite_measure(const struct smtplite_session *s, const char *p, size_t n) {
    bool cr = s->line == LINE_CR;
    uint32_t octets = (uint32_t)n;
    if (is_binary(s))
        return octets;
    for (size_t i = 0; i < n; i++) {
        char c = p[i];
        if (c == '\r' || (c == '\n' && !cr))
            octets++;
        else if (c == '\n')
            octets--; /* counted with its CR */
        cr = c == '\r';
    }
    return octets;
}

/* How many octets leave as they are: text, and whole CRLFs; for BINARY all. */
static size_t run_length(const struct smtplite_session *s, size_t n) {
    const char *p = s->body;
    size_t i = 0;
    while (i < n && is_good(s, p[i])) {
        if (!is_line_end(p[i]) || is_binary(s))
            i++;
        else if (n - i > 1 && p[i] == '\r' && p[i + 1] == '\n')
            i += 2;
        else
            break;
    }
    return i;
}

static void use(struct smtplite_session *s, size_t n) {
    s->body += n;
    s->body_len -= n;
}

/* A line end that is no CRLF in one piece. */
static void put_line_end(struct smtplite_session *s) {
    bool is_rest = s->line == LINE_CR && *s->body == '\n';
    s->line = *s->body == '\r' ? LINE_CR : LINE_START;
    use(s, 1);
    if (!is_rest)
        put(s, "\r\n", 2);
}

/* More than was announced, or octets that must not leave: the session is given up in the middle of
 * the chunk. */
static void give_up(struct smtplite_session *s, enum smtplite_error error) {
    s->piece_len = 0;
    smtplite_fail(s, error, 0);
}

/* Puts out the next octets of the open chunk, if there are: the LF of a CRLF that was cut in two is
 * none. */
static void put_content(struct smtplite_session *s) {
    size_t n = s->body_len < s->chunk_left ? s->body_len : s->chunk_left;
    bool is_rest = s->line == LINE_CR && *s->body == '\n' && !is_binary(s);
    n = is_rest ? 0 : run_length(s, n);
    if (n > 0) {
        put(s, s->body, n);
        s->line = s->body[n - 1] == '\n' ? LINE_START : LINE_MID;
        use(s, n);
    } else if (is_line_end(*s->body)) {
        put_line_end(s);
    } else {
        give_up(s, *s->body == 0 ? SMTPLITE_E_BODY_NUL : SMTPLITE_E_BODY_8BIT);
        return;
    }
    if (s->piece_len > s->chunk_left)
        give_up(s, SMTPLITE_E_SOURCE);
    else
        s->chunk_left -= (uint32_t)s->piece_len;
}

/* ---- Chunks ------------------------------------------------------------------------------ */

static void announce(struct smtplite_session *s, uint32_t octets) {
    char *end = s->scratch + sizeof s->scratch;
    char *p = end - 2;
    memcpy(p, "\r\n", 2);
    p = smtplite_number_put(p, octets) - 5;
    memcpy(p, "BDAT ", 5);
    s->chunk_left = octets;
    s->chunk_open = true;
    put(s, p, (size_t)(end - p));
}

static void open_chunk(struct smtplite_session *s) {
    size_t n = s->body_len < SMTPLITE_CHUNK_MAX ? s->body_len : SMTPLITE_CHUNK_MAX;
    uint32_t octets = smtplite_measure(s, s->body, n);
    if (octets == 0)
        put_line_end(s);
    else if (!is_exact(s))
        announce(s, octets);
    else if (s->announced)
        give_up(s, SMTPLITE_E_SOURCE); /* more than its size */
    else
        announce(s, smtplite_out_mail(s)->size);
    s->announced = true;
}

/* The open chunk has left whole. */
static void close_chunk(struct smtplite_session *s) {
    s->chunk_open = false;
    s->chunks++;
    smtplite_count_sent(s);
    if (!s->grouped)
        s->send = PHASE(IDLE); /* the next one when this was answered */
}

static void put_last(struct smtplite_session *s) {
    static const char whole[] = "BDAT 0 LAST\r\nQUIT\r\n";
    static const char cut[] = "BDAT 2 LAST\r\n\r\nQUIT\r\n";
    bool is_cut = s->line == LINE_MID && !is_binary(s);
    size_t n = is_cut ? sizeof cut - 1 : sizeof whole - 1;
    s->quit_rides = smtplite_quit_may_ride(s);
    s->at_end = true;
    put(s, is_cut ? cut : whole, s->quit_rides ? n : n - QUIT_LEN);
}

/* No chunk is open and no reply can change that: nothing of the content is wanted any more. */
static void leave_content(struct smtplite_session *s) {
    s->send = PHASE(IDLE);
    s->body_len = 0;
    s->body_asked = false;
    s->event &= (uint16_t)~EVENT(BODY);
}

/* By LMTP nobody says how many replies LAST has behind a chunk that was refused: it waits until all
 * chunks were taken. */
static bool holds_last(const struct smtplite_session *s) {
    return s->chunks > 0 && smtplite_allows(s, SMTPLITE_LMTP);
}

/* False: there is nothing to send for now. */
bool smtplite_chunk_fill(struct smtplite_session *s) {
    if (s->chunk_open && s->chunk_left == 0)
        close_chunk(s);
    else if (s->stopped && !s->chunk_open)
        leave_content(s);
    else if (s->body_len > 0 && s->chunk_open)
        put_content(s);
    else if (s->body_len > 0)
        open_chunk(s);
    else if (s->body_ended && s->chunk_open)
        give_up(s, SMTPLITE_E_SOURCE); /* less than its size */
    else if (s->body_ended && holds_last(s))
        return false;
    else if (s->body_ended)
        put_last(s);
    else
        return smtplite_ask_body(s);
    return true;
}

/* ---- Replies ----------------------------------------------------------------------------- */

/* The result stands: the transaction ends when all that has left was answered. */
uint8_t smtplite_chunk_stop(struct smtplite_session *s) {
    s->stopped = true;
    if (s->send == PHASE(BDAT) && !s->chunk_open && !s->at_end)
        leave_content(s);
    if (smtplite_in_group(s))
        return smtplite_content_phase(s);
    return smtplite_transaction_end(s, SMTPLITE_REFUSED);
}

/* The answer to a chunk that is not the last. */
uint8_t smtplite_on_chunk(struct smtplite_session *s) {
    s->chunks--;
    if (s->code < 400 && (!smtplite_is_positive(s->code) || s->code == 221))
        return smtplite_refused(s, SMTPLITE_E_REFUSED);
    if (s->code >= 400 && !s->stopped) {
        smtplite_decide(s, s->code);
        s->refused = true;
        s->stopped = true;
    }
    if (s->stopped)
        return smtplite_chunk_stop(s);
    if (s->piece_len == 0)
        smtplite_output_fill(s); /* LAST may have waited for this */
    return smtplite_content_phase(s);
}

/* ---- LMTP (RFC 2033) --------------------------------------------------------------------- */

/* Behind the message's end each recipient that was accepted has its reply, in their order: so the
 * command is not answered before the last. */
uint8_t smtplite_on_final(struct smtplite_session *s) {
    size_t i = smtplite_first_pending(s->mail, 0);
    bool was_taken = i < s->mail->count && !s->stopped;
    if (i < s->mail->count) {
        smtplite_recipient_decide(s, &s->mail->recipients[i]);
        if (s->stopped && s->mail->recipients[i].fate == SMTPLITE_ACCEPTED)
            s->mail->recipients[i].fate = SMTPLITE_MAYBE; /* accepted, though a part was refused */
        if (s->code >= 400)
            smtplite_decide(s, s->code);
        i = smtplite_first_pending(s->mail, i);
    }
    if (i >= s->mail->count)
        return smtplite_transaction_end(s, was_taken ? SMTPLITE_ACCEPTED : SMTPLITE_UNTRIED);
    s->pending++;
    return PHASE(MESSAGE);
}
