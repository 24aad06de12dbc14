/* SPDX-License-Identifier: MIT */
/*
 * Octets to replies (RFC 5321 4.2). One octet at a time, so that any segmentation gives the same
 * (D8). Codes are [2-5][0-5][0-9], the same in every line (D3, D4); behind one stands a blank, `-`
 * or the line's end (D5). A line ends with LF; CR before it belongs to the end, elsewhere to the
 * text (D7). Length and lines are bounded (D1, D2); text beyond the caller's buffer is read and
 * dropped. NUL is allowed in text alone, where it becomes `?` (D6).
 *
 * `word` holds the first octets of a reply's text, for its enhanced code; or, after EHLO, the
 * word that is being read.
 */

#include "session.h"

#include <string.h>

#define CODE_334 334u

void smtplite_reply_begin(struct smtplite_session *s) {
    s->reply_len = 0;
    s->reply_lines = 0;
    s->column = 0;
    s->line_end = false;
}

/* ---- Enhanced status codes (RFC 2034, 3463) ---------------------------------------------- */

/* The number that stands at *p, of one to three digits, or -1; *p moves behind it. */
static int read_number(const char **p) {
    int number = 0;
    unsigned digits = 0;
    for (; **p >= '0' && **p <= '9' && digits < 3; digits++)
        number = number * 10 + (*(*p)++ - '0');
    return digits > 0 ? number : -1;
}

void smtplite_reply_enhanced(const struct smtplite_session *s, struct smtplite_enhanced *e) {
    const char *p = s->word + 2;
    int subject = -1;
    int detail = -1;
    memset(e, 0, sizeof *e);
    /* D16: one that contradicts the reply is none */
    if (s->word[0] != '0' + s->code / 100 || s->word[1] != '.')
        return;
    subject = read_number(&p);
    if (*p++ == '.')
        detail = read_number(&p);
    if (subject < 0 || detail < 0 || (*p != ' ' && *p != '\0'))
        return;
    e->klass = (uint8_t)(s->code / 100);
    e->subject = (uint16_t)subject;
    e->detail = (uint16_t)detail;
}

/* ---- Text -------------------------------------------------------------------------------- */

/* An octet that is a control character behind this one: as itself, or in UTF-8 (U+0080 to U+009F,
 * which some terminals obey). Within other characters of UTF-8 it is a part like any. */
static bool is_c1(unsigned char before, unsigned char c) {
    return c >= 0x80 && c < 0xA0 && (before < 0x80 || before == 0xC2);
}

static void store(struct smtplite_session *s, char c) {
    if (s->kept || s->text_len + 1 >= s->text_size)
        return;
    if (is_c1(s->text_len > 0 ? (unsigned char)s->text[s->text_len - 1] : 0, (unsigned char)c))
        c = '?';
    s->text[s->text_len++] = c;
    s->text[s->text_len] = '\0';
}

/* What stands for an octet from here on: no NUL ends a text, no control byte reaches a terminal. */
static char printable(char c) {
    if (c == '\t')
        return ' ';
    return (unsigned char)c < 0x20 || c == 0x7F ? '?' : c;
}

void smtplite_text_add(struct smtplite_session *s, char c) {
    store(s, printable(c));
}

/* In a line of EHLO's reply that tells a capability. */
static bool is_offer(const struct smtplite_session *s) {
    return (s->expect == PHASE(EHLO) || s->expect == PHASE(LHLO)) && s->reply_lines > 0 &&
           s->code / 100 == 2;
}

static void take_text(struct smtplite_session *s, char octet) {
    char c = printable(octet);
    if (s->code == CODE_334)
        smtplite_challenge_read(s, c);
    if (is_offer(s)) {
        smtplite_capabilities_read(s, c);
    } else if (s->reply_lines == 0 && s->word_len < SMTPLITE_WORD_SIZE - 1) {
        s->word[s->word_len++] = c;
        s->word[s->word_len] = '\0';
    }
    store(s, c);
}

/* ---- Lines ------------------------------------------------------------------------------- */

static void begin_reply(struct smtplite_session *s) {
    s->unasked = s->pending == 0; /* D9: even if its end comes behind the next command */
    s->code = 0;
    s->word_len = 0;
    s->word[0] = '\0';
    s->challenge_len = 0;
    s->challenge_pad = 0;
    s->keyword = KEYWORD_NONE;
    if (!s->kept)
        smtplite_text_clear(s);
}

/* c: the octet that cannot be. Once the session is being left, such lines are passed over: they
 * are the rest of what made us leave. */
static void bad_reply(struct smtplite_session *s, char c) {
    s->reply_lines = 0; /* reply_len goes on: a flood of such lines has an end */
    s->line_end = false;
    s->column = c == '\n' ? 0 : COLUMN_SKIP;
    if (s->leaving)
        return;
    if (s->pending > 0)
        s->pending--; /* it was meant as the answer to a command */
    smtplite_fail(s, SMTPLITE_E_BAD_REPLY, 0);
}

static void end_line(struct smtplite_session *s) {
    s->column = 0;
    s->line_end = false;
    if (is_offer(s))
        smtplite_capabilities_line_end(s);
    s->reply_lines++;
    s->word_len = 0;
    if (!s->last_line) {
        if (s->reply_lines >= REPLY_LINES_MAX)
            smtplite_fail(s, SMTPLITE_E_REPLY_TOO_LONG, 0);
        store(s, '\n');
        return;
    }
    smtplite_judge(s);
    smtplite_reply_begin(s);
}

static bool is_padding(const struct smtplite_session *s, char c) {
    if (c == '\0')
        return s->reply_lines == 0 && smtplite_allows(s, SMTPLITE_ALLOW_NUL_PADDING);
    return c == ' ' && s->reply_lines > 0 && s->expect == PHASE(EHLO) &&
           smtplite_allows(s, SMTPLITE_ALLOW_LEADING_BLANK);
}

/* In a second and later line the code must be that of the first. */
static void take_digit(struct smtplite_session *s, char c) {
    static const char top[] = {'5', '5', '9'};
    if (s->column == 0) {
        if (is_padding(s, c))
            return;
        if (s->reply_lines == 0)
            begin_reply(s);
        s->line_code = 0;
    }
    if (c < (s->column == 0 ? '2' : '0') || c > top[s->column]) {
        bad_reply(s, c);
        return;
    }
    s->line_code = (uint16_t)(s->line_code * 10 + (c - '0'));
    if (++s->column < COLUMN_SEPARATOR)
        return;
    if (s->reply_lines == 0)
        s->code = s->line_code;
    else if (s->code != s->line_code)
        bad_reply(s, c);
}

static void take_separator(struct smtplite_session *s, char c) {
    s->last_line = c != '-';
    if (c == '\n')
        end_line(s);
    else if (s->line_end || (c != ' ' && c != '-' && c != '\r'))
        bad_reply(s, c);
    else if (c == '\r')
        s->line_end = true;
    else
        s->column = COLUMN_TEXT;
}

static void take_octet(struct smtplite_session *s, char c) {
    if (s->column < COLUMN_SEPARATOR) {
        take_digit(s, c);
    } else if (s->column == COLUMN_SEPARATOR) {
        take_separator(s, c);
    } else if (s->column == COLUMN_SKIP) {
        if (c == '\n')
            s->column = 0;
    } else if (c == '\n') {
        end_line(s);
    } else {
        if (s->line_end)
            take_text(s, '\r');
        s->line_end = c == '\r';
        if (c != '\r')
            take_text(s, c);
    }
}

size_t smtplite_in(struct smtplite_session *s, const char *p, size_t n) {
    uint16_t events = s->event;
    size_t i = 0;
    while (i < n && s->event == events &&
           (smtplite_wants(s) & (SMTPLITE_WANT_IN | SMTPLITE_WANT_TLS))) {
        if (s->expect == PHASE(TLS)) {
            smtplite_fail(s, SMTPLITE_E_TLS_INJECTION, 0); /* A3 */
        } else if (s->reply_len == UINT16_MAX) {
            smtplite_fail(s, SMTPLITE_E_REPLY_TOO_LONG, 0);
        } else {
            s->reply_len++;
            take_octet(s, p[i++]);
        }
    }
    return s->over ? n : i;
}
