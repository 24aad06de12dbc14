/* SPDX-License-Identifier: MIT */
/* Octets on their way out, and the column that they reach (RFC 5322 2.1.1). */

#include "message.h"

#include <string.h>

static uint16_t column_behind(uint16_t column, const char *p, size_t n) {
    for (size_t i = n; i > 0; i--)
        if (p[i - 1] == '\n')
            return (uint16_t)(n - i);
    return (uint16_t)(column + n);
}

void smtplite_line_put(struct smtplite_message *m, const char *p, size_t n) {
    m->column = column_behind(m->column, p, n);
    if (n <= sizeof m->out - m->out_len) {
        memcpy(m->out + m->out_len, p, n);
        m->out_len = (uint8_t)(m->out_len + n);
    } else {
        m->run = p;
        m->run_len = n;
    }
}

void smtplite_line_text(struct smtplite_message *m, const char *text) {
    smtplite_line_put(m, text, smtplite_text_length(text));
}

void smtplite_line_char(struct smtplite_message *m, char c) {
    m->out[m->out_len++] = c;
    m->column++;
}

void smtplite_line_hex(struct smtplite_message *m, char mark, char c) {
    static const char digits[] = "0123456789ABCDEF";
    smtplite_line_char(m, mark);
    smtplite_line_char(m, digits[(uint8_t)c >> 4]);
    smtplite_line_char(m, digits[(uint8_t)c & 15]);
}

void smtplite_line_fold(struct smtplite_message *m, size_t n) {
    if (m->column + n > LINE_WIDTH && m->column > 1)
        smtplite_line_text(m, "\r\n");
}

enum filling smtplite_line_bracket(struct smtplite_message *m, const char *text) {
    size_t n = smtplite_text_length(text);
    smtplite_line_fold(m, n + 4); /* with > and a comma */
    smtplite_line_text(m, " <");
    smtplite_line_put(m, text, n);
    return FILLED;
}
