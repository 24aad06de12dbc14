/* SPDX-License-Identifier: MIT */
/*
 * Any texts in a message: it is refused, or what leaves has lines of 998 at most that end with
 * CRLF, a size that is true, no field that was not asked for, and is the same when its parts come
 * octet by octet. Texts stand in the input one behind the other, each ended by a NUL. With
 * FUZZ_PLANT a subject of 40 octets counts as a violation, to show that one is found.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smtplite/message.h"

enum { TEXTS = 10, OUT_MAX = 1 << 20 };

static char texts[1 << 16];
static const char *text[TEXTS];
static char first[OUT_MAX], second[OUT_MAX];
static unsigned long taken, refused;

static void violated(const char *what) {
    fprintf(stderr, "violated: %s\n", what);
    abort();
}

static void require(bool good, const char *what) {
    if (!good) {
        violated(what);
    }
}

static void tell(void) {
    printf("message: taken %lu refused %lu\n", taken, refused);
}

struct drip {
    const char *p;
    size_t n;
    size_t pos;
};

static enum smtplite_source_state read_drip(void *context, const char **p, size_t *n) {
    struct drip *drip = context;
    if (drip->pos == drip->n) {
        return SMTPLITE_SOURCE_END;
    }
    *p = drip->p + drip->pos++;
    *n = 1;
    return SMTPLITE_SOURCE_PIECE;
}

static size_t gather(struct smtplite_message *m, char *out) {
    const char *p;
    size_t n, len = 0;
    enum smtplite_source_state state;
    while ((state = smtplite_message_read(m, &p, &n)) == SMTPLITE_SOURCE_PIECE) {
        require(n > 0 && n <= OUT_MAX - len, "a piece");
        memcpy(out + len, p, n);
        len += n;
    }
    require(state == SMTPLITE_SOURCE_END, "the end");
    return len;
}

/* Fields of the header; every line ends with CRLF and has no more than 998 octets. */
static unsigned check_lines(const char *p, size_t n) {
    unsigned fields = 0;
    bool header = true;
    for (size_t i = 0, start = 0; i < n; i++) {
        require(p[i] != '\n', "LF alone");
        if (p[i] != '\r') {
            continue;
        }
        require(i + 1 < n && p[i + 1] == '\n', "CR alone");
        require(i - start <= 998, "a long line");
        header = header && i > start;
        fields += header && p[start] != ' ' && p[start] != '\t';
        start = ++i + 1;
    }
    require(n >= 2 && p[n - 1] == '\n', "the last line");
    return fields;
}

static void cut_texts(const uint8_t *data, size_t size) {
    size_t pos = 0;
    memcpy(texts, data, size);
    texts[size] = '\0';
    for (size_t i = 0; i < TEXTS; i++) {
        text[i] = texts + pos;
        pos += strlen(text[i]);
        pos += pos < size;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool begun;
    if (!begun) {
        begun = atexit(tell) == 0;
    }
    if (size < 1 || size >= sizeof texts) {
        return 0;
    }
    unsigned choice = data[0];
    cut_texts(data + 1, size - 1);
    struct smtplite_mailbox people[] = {{text[0], choice & 1 ? text[1] : "a@x", SMTPLITE_FROM},
                                        {text[2], "b@x", SMTPLITE_TO}};
    struct smtplite_field field = {choice & 2 ? text[3] : "X-Own", text[4]};
    struct smtplite_memory memory = {.p = text[5], .n = strlen(text[5])};
    struct drip drip = {.p = text[5], .n = memory.n};
    struct smtplite_part part = {.source = smtplite_memory_source(&memory),
                                 .type = choice & 4 ? text[6] : NULL,
                                 .name = text[7],
                                 .content_id = choice & 8 ? text[8] : NULL,
                                 .kind =
                                     choice & 16 ? SMTPLITE_PART_ATTACHMENT : SMTPLITE_PART_TEXT,
                                 .encoding = (uint8_t)(choice >> 5 & 3)};
    struct smtplite_message m;
    struct smtplite_mail mail = {.size = 0};
    smtplite_message_init(&m);
    m.mailboxes = people;
    m.mailbox_count = 2;
    m.subject = text[9];
    m.fields = &field;
    m.field_count = 1;
    m.parts = &part;
    m.part_count = 1;
    if (smtplite_message_begin(&m, 0xFFFF, &mail) != SMTPLITE_E_OK) {
        require(*smtplite_message_advice(&m, 0xFFFF) != '\0', "advice");
        refused++;
        return 0;
    }
    taken++;
#ifdef FUZZ_PLANT
    require(strlen(text[9]) != 40, "planted");
#endif
    size_t n = gather(&m, first);
    unsigned fields = 7 + (part.content_id != NULL) + (part.kind == SMTPLITE_PART_ATTACHMENT);
    require(check_lines(first, n) == fields, "the header's fields");
    require(mail.size == n, "size");
    uint8_t chosen = part.chosen;
    require(smtplite_message_rewind(&m), "rewind");
    part.source = (struct smtplite_source){.context = &drip, .read = read_drip};
    require(part.chosen == chosen && gather(&m, second) == n && memcmp(first, second, n) == 0,
            "octet by octet");
    return 0;
}
