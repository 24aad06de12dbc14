/* SPDX-License-Identifier: MIT */
/*
 * Text in a header (RFC 5322 2.2.3, RFC 2047).
 *
 * A text that is plain leaves word by word, each with the blanks before it, so that folding changes
 * nothing and no line consists of blanks. Any other is encoded whole, so that no blank between
 * encoded and plain words is lost: in Q or B, whichever is shorter, cut between characters. The Q
 * encoding leaves alone what may stand in a phrase (RFC 2047 5 (3)), the strictest place. What is
 * no UTF-8 is not refused, for an alarm has to arrive: it is called unknown-8bit (RFC 1428), octet
 * by octet as it was.
 */

#include "message.h"

#include "sasl/sasl.h"

#define NAME_QUOTED_MAX 70u /* a quoted-string stays in one line */

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static bool is_printable(char c) {
    return c >= ' ' && c <= '~';
}

bool smtplite_words_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_among(char c, const char *set) {
    while (*set != '\0' && *set != c)
        set++;
    return *set != '\0';
}

bool smtplite_words_atext(char c) {
    return smtplite_words_alphanumeric(c) || (uint8_t)c >= 0x80 ||
           is_among(c, "!#$%&'*+-/=?^_`{|}~");
}

/* ---- What a text is -------------------------------------------------------------------------- */

/* Overlong forms, surrogates and what is beyond U+10FFFF show in the second octet. */
static bool is_second(uint8_t first, uint8_t second) {
    uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    return second >= low && second <= high;
}

size_t smtplite_words_character(const char *p) {
    uint8_t first = (uint8_t)*p;
    size_t n = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (n > 1 && (first < 0xC2 || first > 0xF4 || !is_second(first, (uint8_t)p[1])))
        return 0;
    for (size_t i = 2; i < n; i++)
        if (((uint8_t)p[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

bool smtplite_words_are_utf8(const char *text) {
    while (*text != '\0') {
        size_t n = smtplite_words_character(text);
        if (n == 0)
            return false;
        text += n;
    }
    return true;
}

bool smtplite_words_deceive(const char *text) {
    while (*text != '\0' && (text[0] != '=' || text[1] != '?'))
        text++;
    return *text != '\0';
}

/* Octets from the first on that are blank, or that are not. */
static size_t run_length(const char *text, bool blank) {
    size_t n = 0;
    while (text[n] != '\0' && is_blank(text[n]) == blank)
        n++;
    return n;
}

/* Nothing is lost where a line is broken before a blank and the reader puts it together again. */
static bool survives_folding(const char *text) {
    bool blank = is_blank(*text);
    for (; *text != '\0'; text++) {
        blank = is_blank(*text);
        if (!blank && !is_printable(*text))
            return false;
    }
    return !blank;
}

bool smtplite_words_are_plain(const char *text) {
    if (is_blank(*text) || (*text != '\0' && !survives_folding(text)))
        return false;
    for (; *text != '\0'; text++)
        if (*text == '\t' || (is_blank(text[0]) && is_blank(text[1])))
            return false;
    return true;
}

size_t smtplite_words_longest(const char *text) {
    size_t longest = 0;
    while (*text != '\0') {
        size_t n = run_length(text, true);
        n += run_length(text + n, false);
        if (n > longest)
            longest = n;
        text += n;
    }
    return longest;
}

/* ---- Which coding ---------------------------------------------------------------------------- */

static bool is_safe(char c) {
    return smtplite_words_alphanumeric(c) || is_among(c, "!*+-/");
}

static size_t q_length(const char *text, size_t n) {
    size_t len = 0;
    for (size_t i = 0; i < n; i++)
        len += is_safe(text[i]) || text[i] == ' ' ? 1u : 3u;
    return len;
}

static size_t b_length(size_t n) {
    return (n + 2) / 3 * 4;
}

uint8_t smtplite_words_choose(const char *text) {
    size_t n = smtplite_text_length(text);
    unsigned coding = q_length(text, n) <= b_length(n) ? CODING_Q : CODING_B;
    return (uint8_t)(smtplite_words_are_utf8(text) ? coding : coding | CODING_RAW);
}

/* As atoms or as a quoted-string; NONE: neither. */
static uint8_t choose_phrase(const char *text) {
    size_t len = 0;
    bool atoms = true;
    for (; *text != '\0'; text++) {
        len += *text == '"' || *text == '\\' ? 2u : 1u;
        atoms = atoms && (*text == ' ' || smtplite_words_atext(*text));
    }
    if (atoms)
        return CODING_PLAIN;
    return len <= NAME_QUOTED_MAX ? CODING_QUOTED : CODING_NONE;
}

/* A reader gets this text, and nothing else, if it is not encoded. */
static bool is_kept(const char *text, enum words kind) {
    if (smtplite_words_deceive(text))
        return false;
    if (kind == WORDS_VALUE)
        return !is_blank(*text) && survives_folding(text);
    return smtplite_words_are_plain(text) && smtplite_words_longest(text) < LINE_WIDTH;
}

uint8_t smtplite_words_coding(const char *text, enum words kind) {
    uint8_t coding = CODING_NONE;
    if (is_kept(text, kind))
        coding = kind == WORDS_PHRASE ? choose_phrase(text) : CODING_PLAIN;
    return coding != CODING_NONE ? coding : smtplite_words_choose(text);
}

/* ---- What leaves ----------------------------------------------------------------------------- */

static void put_q(struct smtplite_message *m, size_t n) {
    for (; n > 0; n--, m->text++) {
        if (is_safe(*m->text))
            smtplite_line_char(m, *m->text);
        else if (*m->text == ' ')
            smtplite_line_char(m, '_');
        else
            smtplite_line_hex(m, '=', *m->text);
    }
}

static void put_b(struct smtplite_message *m, size_t n) {
    char quad[4];
    while (n > 0) {
        size_t some = n < 3 ? n : 3;
        smtplite_base64_encode(m->text, some, quad);
        smtplite_line_put(m, quad, sizeof quad);
        m->text += some;
        n -= some;
    }
}

/* How many octets of the text fill an encoded word of this length, as whole characters. */
static size_t fitting(const struct smtplite_message *m, size_t len) {
    size_t n = 0, q = 0;
    while (m->text[n] != '\0') {
        size_t more = (m->coding & CODING_RAW) != 0 ? 1 : smtplite_words_character(m->text + n);
        q += q_length(m->text + n, more);
        if (((m->coding & CODING_B) == CODING_B ? b_length(n + more) : q) > len)
            break;
        n += more;
    }
    return n;
}

void smtplite_words_encoded(struct smtplite_message *m) {
    static const char *const charsets[] = {"=?UTF-8?", "=?unknown-8bit?"};
    const char *charset = charsets[(m->coding & CODING_RAW) != 0];
    bool b = (m->coding & CODING_B) == CODING_B;
    size_t used = m->column + smtplite_text_length(charset) + 5; /* B?, ?=, and a quote */
    size_t n = fitting(m, LINE_WIDTH - used);
    smtplite_line_text(m, charset);
    smtplite_line_text(m, b ? "B?" : "Q?");
    if (b)
        put_b(m, n);
    else
        put_q(m, n);
    smtplite_line_text(m, "?=");
}

/* The first word may stand behind the field's name, if some of it has place there; each other one
 * has a line of its own. */
static bool put_encoded(struct smtplite_message *m, bool first) {
    if (!smtplite_line_has_room(m, sizeof m->out))
        return false;
    smtplite_line_text(m, first && m->column < LINE_WIDTH / 2 ? " " : "\r\n ");
    smtplite_words_encoded(m);
    return true;
}

static bool put_plain(struct smtplite_message *m, bool first) {
    size_t blanks = run_length(m->text, true);
    size_t n = blanks + run_length(m->text + blanks, false);
    if (!smtplite_line_has_room(m, 3))
        return false;
    smtplite_line_fold(m, n + first);
    if (first)
        smtplite_line_char(m, ' ');
    smtplite_line_put(m, m->text, n);
    m->text += n;
    return true;
}

/* Whole: it was found to be short. */
static bool put_quoted(struct smtplite_message *m) {
    if (!smtplite_line_has_room(m, sizeof m->out))
        return false;
    smtplite_line_fold(m, smtplite_text_length(m->text) + 3);
    smtplite_line_text(m, " \"");
    for (; *m->text != '\0'; m->text++) {
        if (*m->text == '"' || *m->text == '\\')
            smtplite_line_char(m, '\\');
        smtplite_line_char(m, *m->text);
    }
    smtplite_line_char(m, '"');
    return true;
}

enum filling smtplite_words_fill(struct smtplite_message *m, const char *text, enum words kind) {
    bool put, first = m->text == NULL || m->text == text;
    if (m->text == NULL) {
        m->text = text;
        m->coding = smtplite_words_coding(text, kind);
    }
    if (*m->text == '\0') {
        m->text = NULL;
        return FILLED;
    }
    if (m->coding == CODING_PLAIN)
        put = put_plain(m, first);
    else if (m->coding == CODING_QUOTED)
        put = put_quoted(m);
    else
        put = put_encoded(m, first);
    return put ? AGAIN : FULL;
}
