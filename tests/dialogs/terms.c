/* SPDX-License-Identifier: MIT */
/* Text to bytes: `250 ok\x00` with escapes, and `"250 " + 1000 x "a" + "\r\n"`. */

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

struct bytes parse_plain(const struct line *l, const char *text, bool line_end) {
    struct bytes b = {.p = arena(strlen(text) + 3), .len = 0};
    while (*text != '\0') {
        char c = *text++;
        if (c == '\\') {
            text = put_escape(l, text, &c);
        }
        b.p[b.len++] = c;
    }
    if (line_end) {
        b.p[b.len++] = '\r';
        b.p[b.len++] = '\n';
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
        p++;
    }
    *len = (size_t)(p - *word);
    *text = p;
    return *len > 0;
}
