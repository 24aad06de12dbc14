/* SPDX-License-Identifier: MIT */
/* Text to bytes: `250 ok\x00` with escapes, `334 {r=1}` with base64, `"250 " + 1000 x "a" +
 * "\r\n"`. */

#include "dialog.h"

#include <stdlib.h>
#include <string.h>

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *put_hex(const struct line *l, const char *text, char *out) {
    int high = hex_digit(text[0]);
    int low = high < 0 ? -1 : hex_digit(text[1]);
    if (low < 0) {
        die(l->file, l->number, "\\x needs two hex digits");
    }
    *out = (char)(unsigned char)(high * 16 + low);
    return text + 2;
}

/* text: behind the backslash. Gives where to read on. */
static const char *put_escape(const struct line *l, const char *text, char *out) {
    static const char letters[] = "rnt0\\\"";
    static const char meanings[] = "\r\n\t\0\\\"";
    if (*text == 'x') {
        return put_hex(l, text + 1, out);
    }
    const char *found = *text == '\0' ? NULL : strchr(letters, *text);
    if (found == NULL) {
        die(l->file, l->number, "unknown escape \\%c", *text);
    }
    *out = meanings[found - letters];
    return text + 1;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* RFC 4648 4, over the raw octets: three are in four's place from here on. */
static void encode(struct bytes *to, const char *p, size_t n) {
    for (size_t i = 0; i < n; i += 3) {
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++) {
            bits = bits << 8 | (i + k < n ? (uint32_t)(unsigned char)p[i + k] : 0);
        }
        for (size_t k = 0; k < 4; k++) {
            to->p[to->len++] = i + k <= n ? alphabet[bits >> (18 - 6 * k) & 63] : '=';
        }
    }
}

struct bytes parse_plain(const struct line *l, const char *text, bool line_end) {
    struct bytes b = {.p = arena(2 * strlen(text) + 3), .len = 0};
    size_t brace = 0;
    bool within = false;
    while (*text != '\0') {
        char c = *text++;
        if (c == '{' && !within) {
            within = true;
            brace = b.len;
            continue;
        }
        if (c == '}' && within) {
            within = false;
            size_t n = b.len - brace;
            const char *raw = arena_text(b.p + brace, n);
            b.len = brace;
            encode(&b, raw, n);
            continue;
        }
        if (c == '\\') {
            text = put_escape(l, text, &c);
        }
        b.p[b.len++] = c;
    }
    if (within) {
        die(l->file, l->number, "{ without }");
    }
    if (line_end) {
        b.p[b.len++] = '\r';
        b.p[b.len++] = '\n';
    }
    return b;
}

struct bytes parse_hex(const struct line *l, const char *text) {
    struct bytes b = {.p = arena(strlen(text) + 1), .len = 0};
    for (; *text != '\0'; text += 2) {
        put_hex(l, text, &b.p[b.len++]);
    }
    return b;
}

struct bytes parse_base64(const struct line *l, const char *text) {
    struct bytes b = {.p = arena(strlen(text) + 1), .len = 0};
    uint32_t bits = 0;
    for (size_t i = 0; text[i] != '\0'; i++) {
        const char *found = strchr(alphabet, text[i]);
        if (found == NULL) {
            die(l->file, l->number, "no base64: %s", text);
        }
        bits = bits << 6 | (uint32_t)(found - alphabet);
        if (i % 4 > 0) {
            b.p[b.len++] = (char)(unsigned char)(bits >> (6 - 2 * (i % 4)) & 0xFF);
        }
    }
    return b;
}

static const char *skip_blanks(const char *text) {
    return text + strspn(text, " ");
}

/* `[N x] "text"`: gives where to read on */
static const char *parse_term(const struct line *l, const char *text, struct bytes *out) {
    size_t times = 1;
    if (*text >= '0' && *text <= '9') {
        char *end;
        times = (size_t)strtoul(text, &end, 10);
        text = skip_blanks(end);
        if (*text++ != 'x') {
            die(l->file, l->number, "a number wants an x behind it");
        }
        text = skip_blanks(text);
    }
    if (*text != '"') {
        die(l->file, l->number, "a quoted text is missing at: %s", text);
    }
    const char *end = ++text;
    while (*end != '"' && *end != '\0') {
        end += end[0] == '\\' && end[1] != '\0' ? 2 : 1;
    }
    struct bytes one = parse_plain(l, arena_text(text, (size_t)(end - text)), false);
    char *whole = arena(out->len + times * one.len + 1);
    if (out->len > 0) {
        memcpy(whole, out->p, out->len);
    }
    out->p = whole;
    for (; times > 0; times--, out->len += one.len) {
        memcpy(out->p + out->len, one.p, one.len);
    }
    return skip_blanks(*end == '"' ? end + 1 : end);
}

struct bytes parse_terms(const struct line *l, const char *text) {
    struct bytes out = {.p = arena(1), .len = 0};
    text = parse_term(l, skip_blanks(text), &out);
    while (*text == '+') {
        text = parse_term(l, skip_blanks(text + 1), &out);
    }
    if (*text != '\0') {
        die(l->file, l->number, "what is this: %s", text);
    }
    return out;
}

/* The next word between blanks; a "quoted one" may hold blanks and keeps its quotes. */
bool next_word(const char **text, const char **word, size_t *len) {
    const char *p = skip_blanks(*text);
    bool quoted = false;
    *word = p;
    while (*p != '\0' && (quoted || *p != ' ')) {
        quoted ^= *p == '"';
        p += p[0] == '\\' && p[1] != '\0' ? 2 : 1;
    }
    *len = (size_t)(p - *word);
    *text = p;
    return *len > 0;
}
