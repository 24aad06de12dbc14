/* SPDX-License-Identifier: MIT */
/*
 * The message of the plain calls, piece by piece: header lines in the order of the original, then
 * the body as it is. Nothing here checks: texts were refused before the connection was made.
 */

#define NX_SMTP_SOURCE_CODE

#include "nx_smtp_header.h"

#include <string.h>

/* The columns of an encoded word that hold text: 76 less `Subject: `, `=?UTF-8?Q?` and `?=`. */
#define WORD_TEXT 55u

enum {
    STEP_TO,
    STEP_RECIPIENT,
    STEP_FROM,
    STEP_SENDER,
    STEP_SUBJECT,
    STEP_SUBJECT_TEXT,
    STEP_MIME,
    STEP_PRIORITY,
    STEP_EXTRA,
    STEP_BLANK_LINE,
    STEP_BODY,
    STEP_END
};

static CHAR *put(CHAR *p, const CHAR *text) {
    size_t n = strlen(text);
    memcpy(p, text, n + 1);
    return p + n;
}

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
static const CHAR *next_word(struct nx_smtp_header *h) {
    CHAR *begin = put(h->scratch, "=?UTF-8?Q?");
    CHAR *p = begin;
    while (*h->subject != '\0') {
        UINT inside = ((UCHAR)*h->subject & 0xC0) == 0x80;
        if ((size_t)(p - begin) > WORD_TEXT - (inside ? 3u : 12u))
            break;
        p = put_octet(p, *h->subject++);
    }
    put(p, *h->subject != '\0' ? "?=\r\n " : "?=");
    return h->scratch;
}

static const CHAR *next_subject(struct nx_smtp_header *h) {
    const CHAR *text = h->encode ? next_word(h) : h->subject;
    if (h->encode && *h->subject != '\0')
        h->step--;
    return text;
}

static const CHAR *priority_lines(UINT priority) {
    if (priority == NX_SMTP_MAIL_PRIORITY_HIGH)
        return "Importance: high\r\nX-Priority: 1\r\n";
    if (priority == NX_SMTP_MAIL_PRIORITY_LOW)
        return "Importance: low\r\nX-Priority: 5\r\n";
    return "";
}

static const CHAR *next_extra(struct nx_smtp_header *h) {
    const CHAR *text = NX_NULL;
    if (h->client->nx_smtp_client_extra_header)
        text = h->client->nx_smtp_client_extra_header(h->client, h->extra++, h->scratch);
    if (!text)
        return "";
    h->step--;
    return text;
}

static const CHAR *next_text(struct nx_smtp_header *h) {
    switch (h->step++) {
    case STEP_TO:
        return "To: ";
    case STEP_RECIPIENT:
        return h->recipient;
    case STEP_FROM:
        return "\r\nFrom: ";
    case STEP_SENDER:
        return h->client->nx_smtp_client_from_address;
    case STEP_SUBJECT:
        return "\r\nSubject: ";
    case STEP_SUBJECT_TEXT:
        return next_subject(h);
    case STEP_MIME:
        return "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain;\r\n  charset=\"utf-8\"\r\n"
               "Content-Transfer-Encoding: 8bit\r\n";
    case STEP_PRIORITY:
        return priority_lines(h->priority);
    case STEP_EXTRA:
        return next_extra(h);
    default:
        return "\r\n";
    }
}

enum smtplite_source_state _nx_smtp_header_read(void *header, const char **p, size_t *n) {
    struct nx_smtp_header *h = header;
    while (h->step < STEP_BODY) {
        *p = next_text(h);
        *n = strlen(*p);
        if (*n != 0)
            return SMTPLITE_SOURCE_PIECE;
    }
    if (h->step == STEP_END || h->body_length == 0)
        return SMTPLITE_SOURCE_END;
    h->step = STEP_END;
    *p = h->body;
    *n = h->body_length;
    return SMTPLITE_SOURCE_PIECE;
}
