/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer on the composer, with a reader of messages as the judge. An input is a message: octets
 * that choose, texts that end with NUL, and parts' octets behind their length. Of each message that
 * begin takes:
 *   - its octets are the same however sources cut theirs and whenever they pause;
 *   - lines end with CRLF alone, have no NUL and 998 octets at most; beyond ASCII is only what the
 *     mail says;
 *   - the size is what leaves;
 *   - the header has the fields that were asked for, and no other one; texts are read back;
 *   - a reader (mime.c) gets each part back, octet by octet.
 */
#include "../message/gather.h"
#include "mime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEOPLE = 4, OWN = 2, PARTS = 3, PART_MAX = 2000, TEXTS = 32 };

struct input {
    const uint8_t *p;
    size_t n;
};

static struct smtplite_message message;
static struct smtplite_mailbox people[PEOPLE];
static struct smtplite_field own[OWN];
static struct smtplite_part parts[PARTS];
static struct smtplite_memory memories[PARTS];
static struct pieces pieces[PARTS];
static char *texts[TEXTS];
static size_t text_count;
static bool lies; /* a length is wrong */

static struct gathered first, other;
static struct mime mime;
static unsigned long runs, taken, refused, failed, sized, as_is, quoted, base64, nested, utf8;

static void require(bool holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "compose: violated: %s\n%.*s\n", what, (int)first.n, first.p);
    abort();
}

static void print_counts(void) {
    fprintf(stderr,
            "compose: executions %lu taken %lu refused %lu failed %lu sized %lu as-is %lu "
            "quoted %lu base64 %lu nested %lu utf8 %lu\n",
            runs, taken, refused, failed, sized, as_is, quoted, base64, nested, utf8);
}

/* ---- An input as a message --------------------------------------------------------------- */

static uint8_t octet(struct input *in) {
    if (in->n == 0)
        return 0;
    in->n--;
    return *in->p++;
}

/* Allocated, so that a look behind its end is found. */
static const char *text(struct input *in) {
    const uint8_t *end = in->n > 0 ? memchr(in->p, 0, in->n) : NULL;
    size_t n = end != NULL ? (size_t)(end - in->p) : in->n;
    char *copy = malloc(n + 1);
    if (copy == NULL || text_count == TEXTS)
        abort();
    texts[text_count++] = copy;
    if (n > 0)
        memcpy(copy, in->p, n);
    copy[n] = '\0';
    in->p += n;
    in->n -= n;
    (void)octet(in);
    return copy;
}

static const char *optional(struct input *in, unsigned bit) {
    return bit != 0 ? text(in) : NULL;
}

static void read_people(struct input *in, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint8_t how = octet(in);
        people[i].role = i == 0 ? SMTPLITE_FROM : how % 7;
        people[i].name = optional(in, how & 64);
        people[i].address = how & 128 ? text(in) : "someone@example.org";
    }
    message.mailboxes = people;
    message.mailbox_count = count;
}

static void read_fields(struct input *in, size_t count) {
    for (size_t i = 0; i < count; i++) {
        own[i].name = text(in);
        own[i].value = text(in);
    }
    message.fields = own;
    message.field_count = count;
}

static void read_part(struct input *in, size_t i) {
    uint8_t how = octet(in), what = octet(in);
    size_t n = octet(in);
    n = (n | (size_t)octet(in) << 8) % PART_MAX;
    n = n < in->n ? n : in->n;
    parts[i].kind = how & 3;
    parts[i].encoding = how >> 2 & 3;
    parts[i].has_length = (how & 16) != 0;
    parts[i].length = (uint32_t)n + (what % 64 == 63);
    lies = lies || (parts[i].has_length && parts[i].length != n);
    memories[i] = (struct smtplite_memory){.p = (const char *)in->p, .n = n};
    parts[i].source = how & 32 ? smtplite_memory_source(&memories[i])
                               : pieces_source(&pieces[i], (const char *)in->p, n, 1 + what % 64);
    in->p += n;
    in->n -= n;
    parts[i].name = optional(in, what & 64);
    parts[i].type = optional(in, what & 128);
    parts[i].content_id = how & 64                                ? text(in)
                          : parts[i].kind == SMTPLITE_PART_INLINE ? "c@x"
                                                                  : NULL;
}

static void read_header_fields(struct input *in, uint8_t which, uint8_t unique) {
    message.has_date = (which & 1) != 0;
    message.date = (uint32_t)octet(in) << 24;
    message.date |= (uint32_t)octet(in) << 12;
    message.date |= octet(in);
    message.zone = (int16_t)(octet(in) * 12 - 1500);
    message.subject = optional(in, which & 2);
    message.message_id = optional(in, which & 4);
    message.in_reply_to = optional(in, which & 8);
    message.id_domain = optional(in, which & 16);
    message.priority = which >> 5 & 3;
    message.unique_len = unique & 31;
    memset(message.unique, unique, sizeof message.unique);
}

static void read_message(struct input *in) {
    uint8_t which = octet(in), counts = octet(in), unique = octet(in);
    smtplite_message_init(&message);
    memset(parts, 0, sizeof parts);
    lies = false;
    read_header_fields(in, which, unique);
    read_people(in, 1 + (counts & 3));
    read_fields(in, (counts >> 2 & 3) % (OWN + 1));
    message.part_count = (counts >> 4 & 3) % (PARTS + 1);
    message.parts = parts;
    for (size_t i = 0; i < message.part_count; i++)
        read_part(in, i);
}

/* ---- Lines and header -------------------------------------------------------------------- */

static void check_lines(const struct smtplite_mail *mail) {
    bool eight = (mail->flags & (SMTPLITE_MAIL_8BIT | SMTPLITE_MAIL_UTF8)) != 0;
    size_t column = 0;
    for (size_t i = 0; i < first.n; i++) {
        char c = first.p[i], next = i + 1 < first.n ? first.p[i + 1] : '\0';
        require(c != '\0', "no NUL");
        require(eight || (uint8_t)c < 0x80, "what is beyond ASCII was said");
        require((c == '\r') == (next == '\n') && (c != '\n' || (i > 0 && first.p[i - 1] == '\r')),
                "CR and LF stand together");
        column = c == '\n' ? 0 : column + (c != '\r');
        require(column <= 998, "no line is too long");
    }
    require(column == 0, "the last line has an end");
}

static bool has_role(uint8_t role) {
    for (size_t i = 0; i < message.mailbox_count; i++)
        if (people[i].role == role)
            return true;
    return false;
}

/* The next field of the header has this name, if there is to be one. */
static const struct mime_field *expect(size_t *i, bool there, const char *name) {
    if (!there)
        return NULL;
    require(*i < mime.field_count && mime_is(&mime.fields[*i], name), name);
    return &mime.fields[(*i)++];
}

static void expect_text(const struct mime_field *field, const char *whole) {
    static char plain[GATHER_MAX];
    size_t n = mime_unfold(field, plain);
    require(n == strlen(whole) && memcmp(plain, whole, n) == 0, "a text is read back");
}

static void check_content_fields(size_t *i) {
    bool single = mime.multiparts == 0;
    expect(i, true, "Content-Type");
    expect(i, single || *i < mime.field_count, "Content-Transfer-Encoding");
    expect(i, single && parts[0].content_id != NULL, "Content-ID");
    expect(i, single && parts[0].kind >= SMTPLITE_PART_INLINE, "Content-Disposition");
}

static void check_header(void) {
    const struct mime_field *field;
    bool hidden = has_role(SMTPLITE_BCC) && !has_role(SMTPLITE_TO) && !has_role(SMTPLITE_CC);
    size_t i = 0;
    expect(&i, true, "From");
    expect(&i, has_role(SMTPLITE_SENDER), "Sender");
    expect(&i, has_role(SMTPLITE_REPLY_TO), "Reply-To");
    expect(&i, has_role(SMTPLITE_TO) || hidden, "To");
    expect(&i, has_role(SMTPLITE_CC), "Cc");
    if ((field = expect(&i, message.subject != NULL, "Subject")) != NULL)
        expect_text(field, message.subject);
    expect(&i, message.has_date, "Date");
    expect(&i, message.message_id != NULL || message.unique_len > 0, "Message-ID");
    expect(&i, message.in_reply_to != NULL, "In-Reply-To");
    expect(&i, message.in_reply_to != NULL, "References");
    expect(&i, message.priority != SMTPLITE_NORMAL, "Importance");
    expect(&i, message.priority != SMTPLITE_NORMAL, "X-Priority");
    expect(&i, message.part_count > 0, "MIME-Version");
    for (size_t k = 0; k < message.field_count; k++)
        expect_text(expect(&i, true, own[k].name), own[k].value);
    if (message.part_count > 0)
        check_content_fields(&i);
    require(i == mime.field_count, "no field that was not asked for");
}

/* ---- Parts ------------------------------------------------------------------------------- */

/* As a reader gets it: the line ends of text are CRLF. */
static size_t normalize(const char *p, size_t n, char *to) {
    size_t made = 0;
    for (size_t i = 0; i < n; i++) {
        bool end = p[i] == '\r' || p[i] == '\n';
        i += p[i] == '\r' && i + 1 < n && p[i + 1] == '\n';
        if (end)
            to[made++] = '\r';
        to[made++] = end ? '\n' : p[i];
    }
    return made;
}

static bool is_text(const struct smtplite_part *part) {
    return part->kind <= SMTPLITE_PART_HTML || part->encoding == SMTPLITE_ENCODING_QUOTED_PRINTABLE;
}

static void check_part(size_t index, const struct mime_leaf *leaf) {
    static char whole[2 * PART_MAX];
    size_t n = memories[index].n;
    const char *p = memories[index].p;
    if (is_text(&parts[index]))
        n = normalize(p, n, whole);
    else if (n > 0)
        memcpy(whole, p, n);
    /* alone, a body that does not end its last line gets a line end: SMTP cannot do without */
    bool longer = mime.multiparts == 0 && (leaf->as_is || leaf->quoted) && leaf->n == n + 2;
    require(leaf->n == n || longer, "a part is as long as it was");
    require(n == 0 || memcmp(leaf->p, whole, n) == 0, "a part is what it was");
    as_is += leaf->as_is;
    quoted += leaf->quoted;
    base64 += !leaf->as_is && !leaf->quoted;
}

/* They come by their kinds. */
static void check_parts(void) {
    size_t leaf = 0;
    require(mime.leaf_count == message.part_count, "as many parts as there are");
    for (uint8_t kind = SMTPLITE_PART_TEXT; kind <= SMTPLITE_PART_ATTACHMENT; kind++)
        for (size_t i = 0; i < message.part_count; i++)
            if (parts[i].kind == kind)
                check_part(i, &mime.leaves[leaf++]);
    nested += mime.multiparts > 1;
}

/* ---- One input --------------------------------------------------------------------------- */

static void again(size_t most, bool pauses) {
    for (size_t i = 0; i < message.part_count; i++) {
        pieces[i].most = most;
        pieces[i].pauses = pauses;
    }
    require(smtplite_message_rewind(&message), "it can be rewound");
    gather(&other, &message, 0);
    require(gathered_same(&first, &other), "the same octets, however they are cut");
}

static void check_taken(const struct smtplite_mail *mail, uint16_t offered) {
    require(mail->size == 0 || mail->size == first.n, "the size is exact");
    require((mail->flags & SMTPLITE_MAIL_8BIT) == 0 || (offered & SMTPLITE_EXT_8BITMIME) != 0,
            "8-bit text only where it is taken");
    check_lines(mail);
    const char *wrong = mime_read(&mime, first.p, first.n);
    require(wrong == NULL, wrong != NULL ? wrong : "");
    check_header();
    check_parts();
    again(1, true);
    again(64, false);
    again(3, true);
    taken++;
    sized += mail->size != 0;
    utf8 += (mail->flags & SMTPLITE_MAIL_UTF8) != 0;
}

static void check_message(uint16_t offered) {
    struct smtplite_mail mail = {.size = 7};
    bool good = smtplite_message_begin(&message, offered, &mail) == SMTPLITE_E_OK;
    gather(&first, &message, 0);
    if (!good) {
        require(first.end == SMTPLITE_SOURCE_FAILED && first.n == 0, "nothing leaves then");
        refused++;
        return;
    }
    require(first.end == (lies ? SMTPLITE_SOURCE_FAILED : SMTPLITE_SOURCE_END),
            "it ends well but if a length is wrong");
    if (lies)
        failed++;
    else
        check_taken(&mail, offered);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    return atexit(print_counts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    uint8_t offers = octet(&in);
    runs++;
    first.n = 0;
    read_message(&in);
    check_message((uint16_t)((offers & 1 ? SMTPLITE_EXT_8BITMIME : 0) |
                             (offers & 2 ? SMTPLITE_EXT_SMTPUTF8 : 0)));
    while (text_count > 0)
        free(texts[--text_count]);
    return 0;
}
