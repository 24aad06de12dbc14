/* SPDX-License-Identifier: MIT */
/*
 * The message on its way out (RFC 5321 4.5.2, 2.3.8): dots stuffed, every line end made CRLF.
 *
 * The caller's bytes leave where they lie, in runs; only what must be put between them is ours.
 * A line end is owed, not sent, until it is known what follows: text (CRLF, and a dot more if the
 * text begins with one), another line end, or the end of the message. So the end mark always is
 * CRLF . CRLF in one piece, a dot after any kind of line end is stuffed (C1), and pieces may be
 * cut anywhere (C2). A NUL never leaves, nor 8-bit text that the server did not offer to take.
 */

#include "session.h"

#include <string.h>

static void put(struct smtplite_session *s, const char *p, size_t n) {
    s->piece = p;
    s->piece_len = n;
}

static void skip(struct smtplite_session *s) {
    s->body++;
    s->body_len--;
}

static bool is_line_end(char c) {
    return c == '\r' || c == '\n';
}

/* Octets that may leave as they are, but for what they do to lines. */
static bool is_text(char c, bool eight) {
    unsigned char u = (unsigned char)c;
    return u < 0x80 ? u != 0 && !is_line_end(c) : eight;
}

/* How many octets from the middle of a line on leave as they are: text, and each CRLF behind which
 * a line of text begins that needs no dot. */
static size_t run_length(const char *p, size_t n, bool eight) {
    size_t i = 0;
    for (;;) {
        while (i < n && is_text(p[i], eight))
            i++;
        bool passes = n - i > 2 && p[i] == '\r' && p[i + 1] == '\n' && p[i + 2] != '.' &&
                      is_text(p[i + 2], eight);
        if (!passes)
            return i;
        i += 3;
    }
}

/* A CR, a LF or both, at the body's first octet: from now on a CRLF is owed. One that was owed
 * already is put out. */
static bool take_line_end(struct smtplite_session *s) {
    bool owed = s->line >= LINE_END;
    s->line = *s->body == '\r' ? LINE_CR : LINE_END;
    skip(s);
    if (owed)
        put(s, "\r\n", 2);
    return owed;
}

/* What stands between the last line and the text that begins this one. */
static bool begin_line(struct smtplite_session *s) {
    bool owed = s->line >= LINE_END;
    bool dot = *s->body == '.';
    s->line = LINE_MID;
    if (owed)
        put(s, "\r\n.", dot ? 3 : 2);
    else if (dot)
        put(s, ".", 1);
    return owed || dot;
}

static bool put_run(struct smtplite_session *s) {
    size_t n = run_length(s->body, s->body_len, s->takes_8bit);
    if (n == 0) {
        smtplite_fail(s, *s->body == 0 ? SMTPLITE_E_BODY_NUL : SMTPLITE_E_BODY_8BIT, 0);
        return false;
    }
    put(s, s->body, n);
    s->body += n;
    s->body_len -= n;
    return true;
}

/* Takes from the lent piece until there is something to send; false: it is used up, or bad. */
static bool put_content(struct smtplite_session *s) {
    while (s->body_len > 0) {
        bool made;
        if (s->line == LINE_CR && *s->body == '\n') {
            s->line = LINE_END;
            skip(s);
            continue;
        }
        if (is_line_end(*s->body))
            made = take_line_end(s);
        else if (s->line != LINE_MID && begin_line(s))
            made = true;
        else
            return put_run(s);
        if (made)
            return true;
    }
    return false;
}

/* The end mark, and QUIT behind it if nothing else is to come (RFC 2920 3.1): one piece, so that a
 * transport either takes it or fails before it. */
static void put_end(struct smtplite_session *s) {
    static const char mark[] = "\r\n.\r\nQUIT\r\n";
    size_t from = s->line == LINE_START ? 2 : 0;
    bool rides = smtplite_quit_may_ride(s);
    s->quit_rides = rides;
    s->at_end = true;
    put(s, mark + from, (rides ? sizeof mark - 1 : 5) - from);
    if (s->next != NULL && s->config->extensions != NULL)
        s->config->extensions->ride(s);
}

bool smtplite_ask_body(struct smtplite_session *s) {
    if (!s->body_asked) {
        s->body_asked = true;
        smtplite_raise(s, EVENT(BODY));
    }
    return false;
}

bool smtplite_body_fill(struct smtplite_session *s) {
    if (put_content(s))
        return true;
    if (s->over)
        return false;
    if (s->body_ended || s->hollow) {
        put_end(s);
        return true;
    }
    return smtplite_ask_body(s);
}
