/* SPDX-License-Identifier: MIT */
/*
 * How long things become, and which encoding is taken therefore. Nothing is estimated: the message
 * is made as it will leave and counted, but for base64 of octets, whose length follows from theirs.
 * Only texts in memory are read for it, and they begin anew then.
 */

#include "message.h"

#define IDENTITY_LINE_MAX 998u        /* RFC 5321 4.5.3.1.6 without CRLF */
#define LENGTH_MAX        0x80000000u /* so that no sum of it overflows */

/* What speaks against leaving a text as it is. */
enum {
    LOOK_EIGHT = 1 << 0,
    LOOK_NUL = 1 << 1,
    LOOK_LONG = 1 << 2,
    LOOK_DASHES = 1 << 3 /* a line begins like a boundary */
};

static unsigned look_at(const char *p, size_t n) {
    unsigned found = 0;
    size_t column = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\r' || p[i] == '\n') {
            column = 0;
            continue;
        }
        if (p[i] == '\0')
            found |= LOOK_NUL;
        if ((uint8_t)p[i] >= 0x80)
            found |= LOOK_EIGHT;
        if (column == 1 && p[i] == '-' && p[i - 1] == '-')
            found |= LOOK_DASHES;
        if (++column > IDENTITY_LINE_MAX)
            found |= LOOK_LONG;
    }
    return found;
}

static uint64_t count(struct smtplite_message *m) {
    uint64_t sum = 0;
    const char *p;
    size_t n;
    m->counting = true;
    while (smtplite_message_read(m, &p, &n) == SMTPLITE_SOURCE_PIECE)
        sum += n;
    for (size_t i = 0; i < m->part_count; i++)
        if (smtplite_content_in_memory(&m->parts[i]))
            smtplite_memory_rewind(m->parts[i].source.context);
    return sum;
}

static uint64_t count_content(struct smtplite_message *m, size_t index, uint8_t encoding) {
    m->parts[index].chosen = encoding;
    smtplite_message_start_content(m, index);
    return count(m);
}

static uint8_t choose_for_text(struct smtplite_message *m, size_t index, bool takes_8bit) {
    const struct smtplite_memory *memory = m->parts[index].source.context;
    unsigned found = look_at(memory->p, memory->n);
    if (found == 0)
        return AS_7BIT;
    if (found == LOOK_EIGHT && takes_8bit)
        return AS_8BIT;
    if ((found & LOOK_NUL) != 0)
        return AS_BASE64;
    return count_content(m, index, AS_QUOTED) <= count_content(m, index, AS_BASE64) ? AS_QUOTED
                                                                                    : AS_BASE64;
}

static uint8_t choose(struct smtplite_message *m, size_t index, bool takes_8bit) {
    const struct smtplite_part *part = &m->parts[index];
    if (part->encoding == SMTPLITE_ENCODING_QUOTED_PRINTABLE)
        return AS_QUOTED;
    if (part->encoding == SMTPLITE_ENCODING_BASE64 || !smtplite_content_is_text(part))
        return AS_BASE64;
    return smtplite_content_in_memory(part) ? choose_for_text(m, index, takes_8bit) : AS_QUOTED;
}

void smtplite_size_choose(struct smtplite_message *m, uint16_t offered) {
    bool takes_8bit = (offered & SMTPLITE_EXT_8BITMIME) != 0;
    for (size_t i = 0; i < m->part_count; i++)
        m->parts[i].chosen = choose(m, i, takes_8bit);
    smtplite_message_start(m);
}

/* Its encoded length can be had without asking its source. */
static bool is_known(const struct smtplite_part *part) {
    if (!smtplite_content_in_memory(part))
        return part->has_length && part->length < LENGTH_MAX && !smtplite_content_is_text(part);
    size_t n = ((const struct smtplite_memory *)part->source.context)->n;
    return n < LENGTH_MAX && (!part->has_length || part->length == n);
}

uint32_t smtplite_size_whole(struct smtplite_message *m) {
    for (size_t i = 0; i < m->part_count; i++)
        if (!is_known(&m->parts[i]))
            return 0;
    smtplite_message_start(m);
    uint64_t sum = count(m);
    smtplite_message_start(m);
    return sum <= UINT32_MAX ? (uint32_t)sum : 0;
}
