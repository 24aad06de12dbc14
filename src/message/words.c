/* SPDX-License-Identifier: MIT */
/*
 * Text in a header (RFC 5322 2.2.3, RFC 2047).
 *
 * A text that is plain leaves word by word, each with the blanks before it, so that folding changes
 * nothing and no line consists of blanks. Any other is encoded whole, so that no blank between
 * encoded and plain words is lost: in Q or base64, whichever is shorter, cut between characters.
 * What is no UTF-8 is not refused, for an alarm has to arrive: it is called unknown-8bit (RFC
 * 1428), octet by octet as it was.
 */

#include "message.h"

#include "sasl/sasl.h"

#define QUOTED_MAX 70u /* a quoted-string stays in one line */

/* What of a text keeps it from being plain, by its kind. */
static const uint16_t spoils[] = {
    [WORDS_VALUE] = LOOKS_SPOILT,
    [WORDS_SUBJECT] = LOOKS_SPOILT | LOOKS_BLANKS | LOOKS_TAB | LOOKS_LONG,
    [WORDS_PHRASE] =
        LOOKS_SPOILT | LOOKS_BLANKS | LOOKS_TAB | LOOKS_LONG | LOOKS_SPECIALS | LOOKS_QUOTES,
};

/* ---- What a text is -------------------------------------------------------------------------- */

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

bool smtplite_words_have(const char *text, char c) {
    while (*text != '\0' && *text != c)
        text++;
    return *text != '\0';
}

bool smtplite_words_letter(char c) {
    char small = (char)(c | 0x20);
    return small >= 'a' && small <= 'z';
}

bool smtplite_words_atext(char c) {
    return (uint8_t)c > ' ' && c != 0x7F && !smtplite_words_have("()<>[]:;@\\,.\"", c);
}

static unsigned look_at(char c) {
    if ((uint8_t)c >= 0x80)
        return LOOKS_EIGHT;
    if (c == '\t')
        return LOOKS_TAB;
    if (c == '"' || c == '\\')
        return LOOKS_QUOTES | LOOKS_SPECIALS;
    return c == ' ' || smtplite_words_atext(c) ? 0 : LOOKS_SPECIALS;
}

unsigned smtplite_words_look(const char *text) {
    unsigned found = is_blank(*text) ? LOOKS_BLANK_AT_ENDS : 0;
    size_t word = 0; /* octets of it, with the blanks before it */
    for (char before = '\0'; *text != '\0'; before = *text++) {
        bool goes_on = is_blank(before) || !is_blank(*text);
        word = goes_on ? word + 1 : 1;
        found |= look_at(*text);
        if (is_blank(before) && is_blank(*text))
            found |= LOOKS_BLANKS;
        if (before == '=' && *text == '?')
            found |= LOOKS_ENCODED;
        if (word >= LINE_WIDTH)
            found |= word > WORD_MAX ? LOOKS_LONG | LOOKS_ENDLESS : LOOKS_LONG;
        if (text[1] == '\0' && is_blank(*text))
            found |= LOOKS_BLANK_AT_ENDS;
    }
    return found;
}

static bool is_utf8(const char *text) {
    while (*text != '\0') {
        size_t n = smtplite_utf8_length(text);
        if (n == 0)
            return false;
        text += n;
    }
    return true;
}

/* ---- Codings --------------------------------------------------------------------------------- */

/* Letters, digits and `-` stay as they are in any place (RFC 2047 5 (3), RFC 2231 7). */
static bool stays(char c, uint8_t coding) {
    return (c >= '0' && c <= '9') || smtplite_words_letter(c) || c == '-' ||
           (c == '.' && coding == CODING_PERCENT);
}

size_t smtplite_words_length(const char *text, size_t n, uint8_t coding) {
    size_t len = 0;
    if (coding == CODING_BASE64)
        return (n + 2) / 3 * 4;
    for (size_t i = 0; i < n; i++)
        len += stays(text[i], coding) || (text[i] == ' ' && coding == CODING_Q) ? 1u : 3u;
    return len;
}

static void put_octet(struct smtplite_message *m, char c, uint8_t coding) {
    if (stays(c, coding))
        smtplite_line_char(m, c);
    else if (c == ' ' && coding == CODING_Q)
        smtplite_line_char(m, '_');
    else
        smtplite_line_hex(m, (char)coding, c);
}

static void put_base64(struct smtplite_message *m, const char *p, size_t n) {
    char quad[4];
    for (size_t i = 0; i < n; i += 3) {
        smtplite_base64_encode(p + i, n - i < 3 ? n - i : 3, quad);
        smtplite_line_put(m, quad, sizeof quad);
    }
}

void smtplite_words_characters(struct smtplite_message *m, size_t len, uint8_t coding) {
    const char *text = m->text;
    size_t n = 0;
    while (text[n] != '\0') {
        size_t more = m->raw ? 1 : smtplite_utf8_length(text + n);
        if (smtplite_words_length(text, n + more, coding) > len)
            break;
        n += more;
    }
    m->text += n;
    if (coding == CODING_BASE64)
        put_base64(m, text, n);
    else
        for (size_t i = 0; i < n; i++)
            put_octet(m, text[i], coding);
}

void smtplite_words_begin(struct smtplite_message *m, const char *text) {
    size_t n = smtplite_text_length(text);
    bool q =
        smtplite_words_length(text, n, CODING_Q) <= smtplite_words_length(text, n, CODING_BASE64);
    m->text = text;
    m->coding = q ? CODING_Q : CODING_BASE64;
    m->raw = !is_utf8(text);
}

const char *smtplite_words_charset(const struct smtplite_message *m) {
    return m->raw ? "unknown-8bit" : "UTF-8";
}

void smtplite_words_encoded(struct smtplite_message *m) {
    smtplite_line_text(m, "=?");
    smtplite_line_text(m, smtplite_words_charset(m));
    smtplite_line_text(m, m->coding == CODING_Q ? "?Q?" : "?B?");
    smtplite_words_characters(m, LINE_WIDTH - 3u - m->column, m->coding); /* ?= and a quote */
    smtplite_line_text(m, "?=");
}

/* ---- Fields ---------------------------------------------------------------------------------- */

static void begin(struct smtplite_message *m, const char *text, enum words kind) {
    unsigned found = smtplite_words_look(text) & spoils[kind];
    smtplite_words_begin(m, text);
    if (found == 0)
        m->coding = CODING_PLAIN;
    else if (found == LOOKS_SPECIALS && smtplite_text_length(text) <= QUOTED_MAX)
        m->coding = CODING_QUOTED;
}

static void put_plain(struct smtplite_message *m, bool first) {
    const char *p = m->text;
    while (is_blank(*p))
        p++;
    while (*p != '\0' && !is_blank(*p))
        p++;
    size_t n = (size_t)(p - m->text);
    smtplite_line_fold(m, n + first);
    if (first)
        smtplite_line_char(m, ' ');
    smtplite_line_put(m, m->text, n);
    m->text = p;
}

static void put_quoted(struct smtplite_message *m) {
    size_t n = smtplite_text_length(m->text);
    smtplite_line_fold(m, n + 3);
    smtplite_line_text(m, " \"");
    smtplite_line_put(m, m->text, n);
    smtplite_line_char(m, '"');
    m->text += n;
}

/* The first word may stand behind the field's name, if some of it has place there; each other one
 * has a line of its own. */
static void put_encoded(struct smtplite_message *m, bool first) {
    smtplite_line_text(m, first && m->column < LINE_WIDTH / 2 ? " " : "\r\n ");
    smtplite_words_encoded(m);
}

enum filling smtplite_words_fill(struct smtplite_message *m, const char *text, enum words kind) {
    if (m->text == NULL)
        begin(m, text, kind);
    bool first = m->text == text;
    if (*m->text == '\0') {
        m->text = NULL;
        return FILLED;
    }
    if (m->coding == CODING_PLAIN)
        put_plain(m, first);
    else if (m->coding == CODING_QUOTED)
        put_quoted(m);
    else
        put_encoded(m, first);
    return AGAIN;
}
