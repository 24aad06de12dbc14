/* SPDX-License-Identifier: MIT */
/*
 * The octets of a part, one by one, whatever the pieces in which its source lends them. Where line
 * ends are the text's (RFC 2045 6.7, 6.8) CR, LF and CRLF are one: a token. A source that gives
 * more or less than it said, or nothing where it says there is something, has failed: then the rest
 * of the message does not leave.
 */

#include "message.h"

bool smtplite_content_is_text(const struct smtplite_part *part) {
    return part->kind <= SMTPLITE_PART_HTML || part->encoding == SMTPLITE_ENCODING_QUOTED_PRINTABLE;
}

bool smtplite_content_in_memory(const struct smtplite_part *part) {
    return part->source.read == smtplite_memory_read;
}

/* Memory is lent here and its `read` not asked: another message, or another part, may have it, too.
 */
static enum smtplite_source_state read_piece(struct smtplite_message *m,
                                             const struct smtplite_part *part) {
    const struct smtplite_memory *memory = part->source.context;
    if (!smtplite_content_in_memory(part)) {
        m->text = NULL;
        return part->source.read(part->source.context, &m->text, &m->text_len);
    }
    if (m->text != NULL || memory->n == 0)
        return SMTPLITE_SOURCE_END;
    m->text = memory->p;
    m->text_len = memory->n;
    return SMTPLITE_SOURCE_PIECE;
}

/* The next piece of the source; 0, or a token. */
static unsigned take_piece(struct smtplite_message *m, const struct smtplite_part *part) {
    m->text_len = 0;
    enum smtplite_source_state state = read_piece(m, part);
    uint32_t left = part->length - m->count;
    if (state == SMTPLITE_SOURCE_NOT_YET)
        return TOKEN_NOT_YET;
    if (state == SMTPLITE_SOURCE_END)
        return part->has_length && left != 0 ? TOKEN_FAILED : TOKEN_END;
    if (state != SMTPLITE_SOURCE_PIECE || m->text_len == 0 || m->text == NULL)
        return TOKEN_FAILED;
    if (part->has_length && m->text_len > left)
        return TOKEN_FAILED;
    m->count += (uint32_t)m->text_len;
    return 0;
}

static unsigned take_octet(struct smtplite_message *m) {
    m->text_len--;
    return (uint8_t)*m->text++;
}

static unsigned next_token(struct smtplite_message *m, const struct smtplite_part *part) {
    bool is_text = smtplite_content_is_text(part);
    for (;;) {
        unsigned token = m->text_len == 0 ? take_piece(m, part) : 0;
        if (token != 0) {
            m->text_len = 0;
            return token;
        }
        token = take_octet(m);
        if (!is_text)
            return token;
        bool paired = m->after_cr && token == '\n';
        m->after_cr = token == '\r';
        if (!paired)
            return token == '\r' || token == '\n' ? TOKEN_LINE_END : token;
    }
}

static void forget(struct smtplite_message *m) {
    m->text = NULL;
    m->count = 0;
    m->after_cr = false;
}

/* A length that follows from another: nothing is read, and what would leave is not there. */
static enum filling count_base64(struct smtplite_message *m, uint32_t length) {
    size_t quads = length / 3 + (length % 3 != 0);
    size_t breaks = quads == 0 ? 0 : (quads - 1) / (LINE_WIDTH / 4);
    m->run_len = 4 * quads + 2 * breaks;
    m->column = length != 0;
    return FILLED;
}

static uint32_t length_of(const struct smtplite_part *part) {
    if (part->has_length)
        return part->length;
    return (uint32_t)((const struct smtplite_memory *)part->source.context)->n;
}

enum filling smtplite_content_fill(struct smtplite_message *m) {
    const struct smtplite_part *part = &m->parts[m->index];
    if (m->counting && !smtplite_content_is_text(part))
        return count_base64(m, length_of(part));
    while (m->out_len <= SMTPLITE_LINE_SIZE) {
        unsigned token = next_token(m, part);
        if (token == TOKEN_NOT_YET)
            return WAIT;
        if (token == TOKEN_FAILED)
            return BROKEN;
        smtplite_encode(m, part->chosen, token);
        if (token == TOKEN_END) {
            forget(m);
            return FILLED;
        }
    }
    return AGAIN;
}
