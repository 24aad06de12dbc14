/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memmem */
#include "mime.h"

#include <string.h>
#include <strings.h>

/* ---- Encodings --------------------------------------------------------------------------- */

static int value_of(char c) {
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c != '\0' ? strchr(alphabet, c) : NULL;
    return found != NULL ? (int)(found - alphabet) : -1;
}

/* Gives the octets made, or -1. Line ends are passed over. */
static long decode_base64(const char *p, size_t n, char *to) {
    unsigned long bits = 0;
    unsigned count = 0, pads = 0;
    long made = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\r' || p[i] == '\n')
            continue;
        pads += p[i] == '=';
        if (p[i] != '=' && (value_of(p[i]) < 0 || pads > 0))
            return -1;
        bits = bits << 6 | (p[i] == '=' ? 0 : (unsigned)value_of(p[i]));
        if (++count % 4 != 0)
            continue;
        to[made++] = (char)(bits >> 16);
        to[made++] = (char)(bits >> 8);
        to[made++] = (char)bits;
    }
    return count % 4 != 0 || pads > 2 ? -1 : made - (long)pads;
}

static int digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Q of RFC 2047, or quoted-printable, whose soft line ends vanish. */
static long decode_quoted(const char *p, size_t n, bool word, char *to) {
    long made = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] != '=') {
            if ((p[i] < ' ' || p[i] > '~') && (word || !strchr("\t\r\n", p[i])))
                return -1;
            to[made++] = word && p[i] == '_' ? ' ' : p[i];
        } else if (n - i > 2 && p[i + 1] == '\r' && p[i + 2] == '\n' && !word) {
            i += 2;
        } else if (n - i > 2 && digit(p[i + 1]) >= 0 && digit(p[i + 2]) >= 0) {
            to[made++] = (char)(digit(p[i + 1]) * 16 + digit(p[i + 2]));
            i += 2;
        } else {
            return -1;
        }
    }
    return made;
}

/* ---- Header ------------------------------------------------------------------------------ */

/* Behind the line that begins at i, with its CRLF. */
static size_t line_end(const char *p, size_t n, size_t i) {
    const char *lf = memchr(p + i, '\n', n - i);
    return lf != NULL ? (size_t)(lf + 1 - p) : n;
}

/* Gives where the body begins; 0: it is no header. */
static size_t read_header(const char *p, size_t n, struct mime_field *fields, size_t *count) {
    size_t i = 0;
    *count = 0;
    while (i < n && p[i] != '\r') {
        struct mime_field *field = &fields[*count];
        const char *colon = memchr(p + i, ':', n - i);
        size_t end = line_end(p, n, i);
        while (end < n && (p[end] == ' ' || p[end] == '\t'))
            end = line_end(p, n, end);
        if (colon == NULL || colon >= p + end || *count == FIELDS_MAX - 1 ||
            memchr(p + i, ' ', (size_t)(colon - p) - i) != NULL)
            return 0;
        *field = (struct mime_field){p + i, (size_t)(colon - p) - i, colon + 1,
                                     (size_t)(p + end - colon) - 3};
        (*count)++;
        i = end;
    }
    return i < n ? i + 2 : i;
}

bool mime_is(const struct mime_field *field, const char *name) {
    return field->name_len == strlen(name) && strncasecmp(field->name, name, field->name_len) == 0;
}

static const struct mime_field *find(const struct mime_field *fields, size_t count,
                                     const char *name) {
    for (size_t i = 0; i < count; i++)
        if (mime_is(&fields[i], name))
            return &fields[i];
    return NULL;
}

/* One encoded word; gives its length, 0: it is none. */
static size_t read_word(const char *p, size_t n, char *to, long *made) {
    const char *mark = n > 2 && memcmp(p, "=?", 2) == 0 ? memchr(p + 2, '?', n - 2) : NULL;
    const char *end;
    if (mark == NULL || p + n - mark < 3 || mark[2] != '?')
        return 0;
    end = memmem(mark + 3, (size_t)(p + n - mark) - 3, "?=", 2);
    if (end == NULL || end + 2 - p > 75)
        return 0;
    *made = mark[1] == 'B' ? decode_base64(mark + 3, (size_t)(end - mark) - 3, to)
                           : decode_quoted(mark + 3, (size_t)(end - mark) - 3, true, to);
    return *made < 0 ? 0 : (size_t)(end + 2 - p);
}

size_t mime_unfold(const struct mime_field *field, char *to) {
    const char *p = field->value, *end = p + field->value_len;
    size_t made = 0;
    p += end - p > 2 && *p == '\r' ? 2 : 0;
    p += p < end && *p == ' ';
    while (p < end) {
        long some = 0;
        size_t word = read_word(p, (size_t)(end - p), to + made, &some);
        made += (size_t)some;
        p += word;
        if (word > 0) /* blanks between two are no text */
            while (p < end && strchr(" \t\r\n", *p) != NULL)
                p++;
        else if (*p == '\r')
            p += 2;
        else
            to[made++] = *p++;
    }
    return made;
}

/* ---- Bodies ------------------------------------------------------------------------------ */

static bool value_has(const struct mime_field *field, const char *text) {
    return memmem(field->value, field->value_len, text, strlen(text)) != NULL;
}

static bool is_multipart(const struct mime_field *type) {
    size_t i = 0;
    while (i < type->value_len && strchr(" \t\r\n", type->value[i]) != NULL)
        i++;
    return type->value_len - i > 10 && memcmp(type->value + i, "multipart/", 10) == 0;
}

static const char *read_leaf(struct mime *mime, const struct mime_field *coding, const char *p,
                             size_t n) {
    struct mime_leaf *leaf = &mime->leaves[mime->leaf_count++];
    char *to = mime->decoded + mime->decoded_len;
    long made = (long)n;
    if (coding == NULL || n > sizeof mime->decoded - mime->decoded_len)
        return "an encoding is told";
    leaf->quoted = value_has(coding, "quoted-printable");
    leaf->as_is = value_has(coding, "7bit") || value_has(coding, "8bit");
    if (leaf->quoted)
        made = decode_quoted(p, n, false, to);
    else if (leaf->as_is)
        memcpy(to, p, n);
    else
        made = decode_base64(p, n, to);
    if (made < 0)
        return "a part can be decoded";
    leaf->p = to;
    leaf->n = (size_t)made;
    mime->decoded_len += (size_t)made;
    return NULL;
}

static const char *read_entity(struct mime *mime, const char *p, size_t n, unsigned depth);

/* The next line that begins with `mark`, from i on; n: there is none. Its line end is in front. */
static size_t find_mark(const char *p, size_t n, size_t i, const char *mark) {
    for (; i < n; i = line_end(p, n, i))
        if (n - i >= strlen(mark) && memcmp(p + i, mark, strlen(mark)) == 0)
            return i;
    return n;
}

static const char *read_multipart(struct mime *mime, const struct mime_field *type, const char *p,
                                  size_t n, unsigned depth) {
    char mark[80] = "--";
    const char *start = memmem(type->value, type->value_len, "boundary=\"", 10);
    const char *quote = start != NULL ? strchr(start + 10, '"') : NULL;
    const char *wrong = NULL;
    if (quote == NULL || quote - start > 80)
        return "a boundary is told";
    memcpy(mark + 2, start + 10, (size_t)(quote - start) - 10);
    size_t at = find_mark(p, n, 0, mark);
    mime->multiparts++;
    while (wrong == NULL && at < n && memcmp(p + at + strlen(mark), "--", 2) != 0) {
        size_t from = line_end(p, n, at);
        at = find_mark(p, n, from, mark);
        if (at == n || at < from + 2)
            return "a multipart has an end";
        wrong = read_entity(mime, p + from, at - from - 2, depth + 1);
    }
    return at == n && wrong == NULL ? "a multipart has an end" : wrong;
}

static const char *read_entity(struct mime *mime, const char *p, size_t n, unsigned depth) {
    struct mime_field fields[FIELDS_MAX];
    size_t count, body = read_header(p, n, fields, &count);
    if (body == 0 || depth > 3 || mime->leaf_count == LEAVES_MAX)
        return "a header, and not too deep";
    if (depth == 0) {
        memcpy(mime->fields, fields, sizeof fields);
        mime->field_count = count;
    }
    const struct mime_field *type = find(fields, count, "Content-Type");
    if (type == NULL)
        return depth == 0 && body == n ? NULL : "a type is told";
    if (is_multipart(type))
        return read_multipart(mime, type, p + body, n - body, depth);
    return read_leaf(mime, find(fields, count, "Content-Transfer-Encoding"), p + body, n - body);
}

const char *mime_read(struct mime *mime, const char *p, size_t n) {
    mime->leaf_count = 0;
    mime->field_count = 0;
    mime->multiparts = 0;
    mime->decoded_len = 0;
    return read_entity(mime, p, n, 0);
}
