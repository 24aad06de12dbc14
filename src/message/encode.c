/* SPDX-License-Identifier: MIT */
/*
 * The encodings of a part, octet by octet (RFC 2045 6). None ends with a line end of its own: the
 * boundary brings one. In quoted-printable a blank is held back until it is known whether it ends a
 * line; and `F` and `.` at a line's start are encoded, so that nobody on the way makes `>From` or
 * two dots of it, or ends the message there.
 */

#include "message.h"

#include "sasl/sasl.h"

static void put_line_end(struct smtplite_message *m) {
    smtplite_line_put(m, "\r\n", 2);
}

static void put_as_is(struct smtplite_message *m, unsigned token) {
    if (token == TOKEN_LINE_END)
        put_line_end(m);
    else if (token < TOKEN_LINE_END)
        smtplite_line_char(m, (char)token);
}

/* ---- base64 ---------------------------------------------------------------------------------- */

static void put_quad(struct smtplite_message *m) {
    char quad[4];
    smtplite_base64_encode(m->carry, m->carry_len, quad);
    if (m->column == LINE_WIDTH)
        put_line_end(m);
    smtplite_line_put(m, quad, sizeof quad);
    m->carry_len = 0;
}

static void take(struct smtplite_message *m, char c) {
    m->carry[m->carry_len++] = c;
    if (m->carry_len == sizeof m->carry)
        put_quad(m);
}

static void put_base64(struct smtplite_message *m, unsigned token) {
    if (token == TOKEN_LINE_END) {
        take(m, '\r');
        take(m, '\n');
    } else if (token < TOKEN_LINE_END) {
        take(m, (char)token);
    } else if (m->carry_len > 0) {
        put_quad(m);
    }
}

/* ---- quoted-printable ------------------------------------------------------------------------ */

static bool is_literal(char c) {
    return c >= ' ' && c <= '~' && c != '=';
}

/* One octet, behind a soft line break where it and another one would not fit. */
static void put_item(struct smtplite_message *m, char c, bool coded) {
    if (m->column + (coded ? 3 : 1) >= LINE_WIDTH) {
        smtplite_line_put(m, "=\r\n", 3);
    }
    if (coded || (m->column == 0 && (c == '.' || c == 'F')))
        smtplite_line_hex(m, '=', c);
    else
        smtplite_line_char(m, c);
}

static void put_quoted(struct smtplite_message *m, unsigned token) {
    if (m->carry_len > 0) {
        m->carry_len = 0;
        put_item(m, m->carry[0], token >= TOKEN_LINE_END);
    }
    if (token == TOKEN_LINE_END) {
        put_line_end(m);
    } else if (token == ' ' || token == '\t') {
        m->carry[0] = (char)token;
        m->carry_len = 1;
    } else if (token < TOKEN_LINE_END) {
        put_item(m, (char)token, !is_literal((char)token));
    }
}

void smtplite_encode(struct smtplite_message *m, uint8_t encoding, unsigned token) {
    if (encoding == AS_QUOTED)
        put_quoted(m, token);
    else if (encoding == AS_BASE64)
        put_base64(m, token);
    else
        put_as_is(m, token);
}
