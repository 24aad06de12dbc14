/* SPDX-License-Identifier: MIT */
/*
 * Which encoding a part takes, and how long the message becomes. Nothing of that is estimated: the
 * message is made as it will leave and counted, but for base64 of octets, whose length follows from
 * theirs. Only texts in memory are read for it.
 */

#include "message.h"

#define IDENTITY_LINE_MAX 998u        /* RFC 5321 4.5.3.1.6 without CRLF */
#define LENGTH_MAX        0x80000000u /* so that no sum of it overflows */

/* What a text in memory has. */
struct look {
    size_t eight;
    bool nul;
    bool broken; /* a line is too long, or begins like a boundary */
};

static struct look look_at(const char *p, size_t n) {
    struct look look = {0, false, false};
    size_t column = 0;
    for (size_t i = 0; i < n; i++, column++) {
        look.eight += (uint8_t)p[i] >= 0x80;
        look.nul = look.nul || p[i] == '\0';
        if (p[i] == '\r' || p[i] == '\n')
            column = SIZE_MAX; /* 0 at the next octet */
        else if (column == IDENTITY_LINE_MAX || (column == 1 && p[i] == '-' && p[i - 1] == '-'))
            look.broken = true;
    }
    return look;
}

/* Quoted-printable makes three octets of one, base64 four of three: the shorter one. */
static uint8_t choose_for_text(const struct smtplite_memory *memory, bool takes_8bit) {
    struct look look = look_at(memory->p, memory->n);
    if (!look.nul && !look.broken && (look.eight == 0 || takes_8bit))
        return look.eight == 0 ? AS_7BIT : AS_8BIT;
    return look.nul || look.eight > memory->n / 6 ? AS_BASE64 : AS_QUOTED;
}

static uint8_t choose(const struct smtplite_part *part, bool takes_8bit) {
    if (part->encoding == SMTPLITE_ENCODING_QUOTED_PRINTABLE)
        return AS_QUOTED;
    if (part->encoding == SMTPLITE_ENCODING_BASE64 || !smtplite_content_is_text(part))
        return AS_BASE64;
    return smtplite_content_in_memory(part) ? choose_for_text(part->source.context, takes_8bit)
                                            : AS_QUOTED;
}

void smtplite_size_choose(struct smtplite_message *m, uint16_t offered) {
    for (size_t i = 0; i < m->part_count; i++)
        m->parts[i].chosen = choose(&m->parts[i], (offered & SMTPLITE_EXT_8BITMIME) != 0);
}

/* ---- How long -------------------------------------------------------------------------------- */

static uint64_t count(struct smtplite_message *m) {
    uint64_t sum = 0;
    const char *p;
    size_t n;
    m->counting = true;
    while (smtplite_message_read(m, &p, &n) == SMTPLITE_SOURCE_PIECE)
        sum += n;
    return sum;
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
