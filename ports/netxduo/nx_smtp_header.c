/* SPDX-License-Identifier: MIT */
/*
 * The message of the plain calls, piece by piece: header lines in the order of the original, then
 * the body as it is. Nothing here checks: texts were refused before the connection was made.
 */

#define NX_SMTP_SOURCE_CODE

#include "nx_smtp_header.h"

#include <string.h>

/* The columns of an encoded word that hold text: 76 less `Subject: `, `=?UTF-8?Q?` and `?=`. */
#define WORD_TEXT  55
#define WORD_BEGIN 10

#define SUBJECT '\3'
#define EXTRA   '\5'

const CHAR _nx_smtp_header_lines[] = "To: \1\r\nFrom: \2\r\nSubject: \3\r\nMIME-Version: 1.0\r\n"
                                     "Content-Type: text/plain;\r\n  charset=\"utf-8\"\r\n"
                                     "Content-Transfer-Encoding: 8bit\r\n\4\5\r\n";

static UINT is_plain(CHAR c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* One octet in the Q encoding (RFC 2047 4.2). */
static CHAR *put_octet(CHAR *p, CHAR c) {
    static const CHAR hex[] = "0123456789ABCDEF";
    if (!is_plain(c)) {
        *p++ = '=';
        *p++ = hex[((UCHAR)c >> 4) & 15];
        c = hex[(UCHAR)c & 15];
    }
    *p++ = c;
    return p;
}

/* The next encoded word: whole characters only, unless this is no UTF-8 at all. */
static const CHAR *next_word(CHAR *word, const CHAR **subject) {
    const CHAR *from = *subject;
    CHAR *begin = word + WORD_BEGIN;
    CHAR *p = begin;
    memcpy(word, "=?UTF-8?Q?", WORD_BEGIN);
    while (*from != '\0') {
        UINT inside = ((UCHAR)*from & 0xC0) == 0x80;
        if (p > begin + WORD_TEXT - (inside ? 3 : 12))
            break;
        p = put_octet(p, *from++);
    }
    *subject = from;
    memcpy(p, "?=\r\n ", 6);
    if (*from == '\0')
        p[2] = '\0';
    return word;
}

/* What stands for a mark in the lines, at once or in parts; empty: no more. */
static const CHAR *next_part(struct nx_smtp_header *h, CHAR mark) {
    const CHAR **field = &h->fields[mark - 1];
    const CHAR *text = "";
    if (mark == EXTRA) {
        if (h->client->nx_smtp_client_extra_header)
            text = h->client->nx_smtp_client_extra_header(h->client, h->extra++, h->scratch);
    } else if (mark == SUBJECT && h->encode) {
        if (**field != '\0')
            text = next_word(h->scratch, field);
    } else {
        text = *field;
        *field = "";
    }
    return text;
}

const CHAR *_nx_smtp_header_priority(UINT priority) {
    if (priority == NX_SMTP_MAIL_PRIORITY_HIGH)
        return "Importance: high\r\nX-Priority: 1\r\n";
    if (priority == NX_SMTP_MAIL_PRIORITY_LOW)
        return "Importance: low\r\nX-Priority: 5\r\n";
    return "";
}

/* The octets of a text, or of the lines up to the next mark: no text that comes here has control
 * bytes below the tab. */
static size_t count(const CHAR *p) {
    size_t n = 0;
    while ((UCHAR)p[n] > EXTRA)
        n++;
    return n;
}

enum smtplite_source_state _nx_smtp_header_read(void *header, const char **p, size_t *n) {
    struct nx_smtp_header *h = header;
    while (*h->rest != '\0') {
        *p = h->rest;
        *n = count(*p);
        h->rest += *n;
        if (*n == 0) {
            *p = next_part(h, *h->rest);
            *n = count(*p);
            h->rest += *n == 0;
        }
        if (*n != 0)
            return SMTPLITE_SOURCE_PIECE;
    }
    *p = h->body;
    *n = h->body_length;
    h->body_length = 0;
    return *n != 0 ? SMTPLITE_SOURCE_PIECE : SMTPLITE_SOURCE_END;
}
