/* SPDX-License-Identifier: MIT */
/*
 * Properties of random messages: the octets are the same whatever pieces the sources lend; size is
 * exact; no line is too long; CR and LF stand together; no header line consists of blanks; what is
 * not said to be 8-bit is not; rewound anywhere it begins anew.
 */

#include "gather.h"

#include "../engine/check.h"

#include <stdio.h>
#include <string.h>

enum { MESSAGES = 1500, PEOPLE = 6, FIELDS = 3, PARTS = 5, TEXT_MAX = 400, OCTETS_MAX = 3000 };

static uint32_t seed = 1;

static uint32_t chance(uint32_t n) {
    seed = (uint32_t)((uint64_t)seed * 48271 % 0x7FFFFFFF);
    return seed % n;
}

/* ---- A random message --------------------------------------------------------------------- */

static struct smtplite_message message;
static struct smtplite_mailbox people[PEOPLE];
static struct smtplite_field fields[FIELDS];
static struct smtplite_part parts[PARTS];
static struct smtplite_memory memories[PARTS];
static struct pieces pieces[PARTS];
static char octets[PARTS][OCTETS_MAX];
static char texts[PEOPLE + FIELDS + PARTS + 1][TEXT_MAX];
static char addresses[PEOPLE][300];
static size_t text_count;

static size_t put_text(char *p) {
    static const char *const pieces_of_text[] = {
        "a",
        "Pump",
        " ",
        "  ",
        "\t",
        ",",
        "\"",
        "\\",
        "=?",
        "?=",
        "_",
        ".",
        "(",
        ")",
        "<",
        "@",
        "\xC3\xBC",
        "\xE2\x82\xAC",
        "\xF0\x9F\x98\x80",
        "\xFF",
        "\xE2\x82",
        "averylongwordwithoutanyblankinitthatdoesnotfitintoalineofitsown",
        "From ",
        "0123456789",
        "\xE6\xB0\xB4\xE6\xB3\xB5\xE6\xB0\xB4\xE6\xB3\xB5"};
    const char *piece = pieces_of_text[chance(sizeof pieces_of_text / sizeof *pieces_of_text)];
    size_t n = strlen(piece);
    memcpy(p, piece, n);
    return n;
}

/* Without tabs where they may not be. */
static const char *random_text(bool takes_tab) {
    char *text = texts[text_count++];
    size_t n = 0, most = chance(10) == 0 ? TEXT_MAX - 80 : chance(60);
    while (n < most) {
        n += put_text(text + n);
    }
    text[n] = '\0';
    for (char *p = text; *p != '\0'; p++) {
        *p = *p == '\t' && !takes_tab ? ' ' : *p;
    }
    return text;
}

static void random_people(void) {
    for (size_t i = 0; i < PEOPLE; i++) {
        size_t local = 1 + chance(chance(4) == 0 ? 64 : 10);
        size_t domain = 1 + chance(chance(4) == 0 ? 180 : 20);
        char *p = addresses[i];
        memset(p, 'l', local);
        p[local] = '@';
        memset(p + local + 1, 'd', domain);
        p[local + 1 + domain] = '\0';
        people[i] = (struct smtplite_mailbox){.name = chance(3) == 0 ? NULL : random_text(false),
                                              .address = p,
                                              .role = (uint8_t)chance(SMTPLITE_BCC + 1)};
    }
    people[0].role = SMTPLITE_FROM;
    for (size_t i = 1; i < PEOPLE; i++) {
        if (people[i].role <= SMTPLITE_SENDER) {
            people[i].role = SMTPLITE_TO;
        }
    }
}

static size_t random_octets(char *p) {
    size_t n = 0, most = chance(8) == 0 ? 0 : chance(OCTETS_MAX - 1200);
    unsigned kind = chance(4);
    while (n < most) {
        if (kind == 0) {
            p[n++] = (char)chance(256);
        } else if (kind == 1 && chance(300) == 0) {
            memset(p + n, 'x', 1000);
            n += 1000;
        } else if (chance(12) == 0) {
            p[n++] = chance(2) == 0 ? '\r' : '\n';
        } else if (chance(40) == 0) {
            memcpy(p + n, "\n--=_smtplite_0", 15);
            n += 15;
        } else if (kind == 2) {
            p[n++] = (char)(' ' + chance(95));
        } else {
            n += put_text(p + n);
        }
    }
    return n;
}

static void random_part(size_t i, uint8_t kind) {
    size_t n = random_octets(octets[i]);
    parts[i] =
        (struct smtplite_part){.kind = kind,
                               .type = chance(3) == 0 ? "text/x-y; charset=iso-8859-1" : NULL,
                               .name = chance(2) == 0 ? random_text(false) : NULL,
                               .content_id = chance(2) == 0 ? "id@x" : NULL,
                               .length = (uint32_t)n,
                               .has_length = chance(2) == 0,
                               .encoding = (uint8_t)chance(3)};
    memories[i] = (struct smtplite_memory){.p = octets[i], .n = n};
    parts[i].source = chance(2) == 0 ? smtplite_memory_source(&memories[i])
                                     : pieces_source(&pieces[i], octets[i], n, 64);
    if (kind == SMTPLITE_PART_INLINE) {
        parts[i].content_id = "img@x";
    }
}

/* One of each kind, and then what comes; in any order. */
static size_t random_parts(void) {
    size_t count = chance(PARTS + 1);
    bool text = false, html = false;
    for (size_t i = 0; i < count; i++) {
        uint8_t kind = (uint8_t)chance(4);
        if (kind == SMTPLITE_PART_TEXT && text) {
            kind = SMTPLITE_PART_ATTACHMENT;
        }
        if ((kind == SMTPLITE_PART_HTML && html) || (kind == SMTPLITE_PART_INLINE && !html)) {
            kind = html ? SMTPLITE_PART_ATTACHMENT : SMTPLITE_PART_HTML;
        }
        text = text || kind == SMTPLITE_PART_TEXT;
        html = html || kind == SMTPLITE_PART_HTML;
        random_part(i, kind);
    }
    return count;
}

static void random_message(void) {
    text_count = 0;
    smtplite_message_init(&message);
    random_people();
    message.mailboxes = people;
    message.mailbox_count = PEOPLE;
    message.subject = chance(5) == 0 ? NULL : random_text(true);
    message.field_count = chance(FIELDS + 1);
    for (size_t i = 0; i < FIELDS; i++) {
        fields[i] = (struct smtplite_field){"X-Field", random_text(true)};
    }
    message.fields = fields;
    message.part_count = random_parts();
    message.parts = parts;
    message.has_date = chance(2) == 0;
    message.date = chance(0x7FFFFFFF) * 2u;
    message.zone = (int16_t)((int)chance(2879) - 1439);
    message.unique_len = (uint8_t)chance(17);
    message.in_reply_to = chance(2) == 0 ? NULL : "id@x";
    message.priority = (uint8_t)chance(3);
}

/* ---- What holds for each ------------------------------------------------------------------ */

static bool is_blank_line(const char *p, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (p[i] != ' ' && p[i] != '\t') {
            return false;
        }
    }
    return n > 0;
}

/* Nothing to break at but in front. */
static bool is_one_word(const char *p, size_t n) {
    while (n > 0 && (*p == ' ' || *p == '\t')) {
        p++;
        n--;
    }
    return memchr(p, ' ', n) == NULL && memchr(p, '\t', n) == NULL;
}

/* Texts as they are may have lines of 998; nothing else is over 78 but a word that cannot be
 * broken. */
static bool check_lines(const struct gathered *g, bool eight) {
    bool in_header = true;
    for (size_t i = 0; i < g->n;) {
        size_t n = 0;
        while (i + n < g->n && g->p[i + n] != '\r' && g->p[i + n] != '\n') {
            if (!eight && (uint8_t)g->p[i + n] >= 0x80) {
                return false;
            }
            n++;
        }
        const char *line = g->p + i;
        if (g->n - i - n < 2 || line[n] != '\r' || line[n + 1] != '\n' || n > 998) {
            return false;
        }
        if (in_header && ((n > 78 && !is_one_word(line, n)) || is_blank_line(line, n))) {
            printf("%.*s\n", (int)n, line);
            return false;
        }
        in_header = in_header && n > 0;
        i += n + 2;
    }
    return true;
}

static void set_pieces(size_t most, bool pauses) {
    for (size_t i = 0; i < message.part_count; i++) {
        pieces[i].most = most;
        pieces[i].pauses = pauses;
    }
}

static struct gathered first, other;

static bool again_same(size_t most, bool pauses) {
    set_pieces(most, pauses);
    if (!smtplite_message_rewind(&message)) {
        return false;
    }
    gather(&other, &message, 0);
    return gathered_same(&first, &other);
}

static bool rewound_same(void) {
    bool good = again_same(64, false);
    for (int i = 0; i < 5 && good; i++) {
        set_pieces(1 + chance(64), chance(2) == 0);
        good = smtplite_message_rewind(&message);
        gather(&other, &message, 1 + chance((uint32_t)first.n));
        good = good && again_same(1 + chance(64), chance(2) == 0);
    }
    return good;
}

/* All lengths are known, and none is that of text that does not lie in memory. */
static bool is_size_known(void) {
    for (size_t i = 0; i < message.part_count; i++) {
        const struct smtplite_part *part = &parts[i];
        bool text = part->kind <= SMTPLITE_PART_HTML ||
                    part->encoding == SMTPLITE_ENCODING_QUOTED_PRINTABLE;
        if (part->source.read != smtplite_memory_read && (text || !part->has_length)) {
            return false;
        }
    }
    return true;
}

static void check_message(void) {
    struct smtplite_mail mail = {.size = 7};
    uint16_t offered = (uint16_t)chance(65536);
    bool good = EXPECT(smtplite_message_begin(&message, ALL_OFFERED, &mail) == SMTPLITE_E_OK) &&
                EXPECT(smtplite_message_begin(&message, offered, &mail) == SMTPLITE_E_OK);
    gather(&first, &message, 0);
    bool eight = (mail.flags & SMTPLITE_MAIL_8BIT) != 0;
    good = good && EXPECT(first.end == SMTPLITE_SOURCE_END) &&
           EXPECT(mail.size == (is_size_known() ? first.n : 0)) &&
           EXPECT(((mail.flags & SMTPLITE_MAIL_EXACT) != 0) == is_size_known()) &&
           EXPECT(!eight || (offered & SMTPLITE_EXT_8BITMIME) != 0) &&
           EXPECT(check_lines(&first, eight)) && EXPECT(again_same(1, false)) &&
           EXPECT(again_same(1, true)) && EXPECT(again_same(7, true)) && EXPECT(rewound_same());
    CHECK(good);
}

int main(void) {
    for (int i = 0; i < MESSAGES; i++) {
        random_message();
        check_message();
    }
    return check_summary("message_random");
}
