/* SPDX-License-Identifier: MIT */
/* What the composer refuses, and sources that fail or lie: nothing is read then, or not all. */

#include "gather.h"

#include "../engine/check.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 1200 };

/* A message that has something everywhere; each test spoils one thing. */
static struct smtplite_message message;
static struct smtplite_mailbox people[7];
static struct smtplite_field fields[2];
static struct smtplite_part parts[4];
static struct smtplite_memory memories[4];
static struct gathered got;

static void restore(void) {
    static const char *const addresses[] = {"a@x.example", "b@x.example", "c@x.example",
                                            "d@x.example", "e@x.example", "f@x.example",
                                            "g@x.example"};
    static const uint8_t kinds[] = {SMTPLITE_PART_TEXT, SMTPLITE_PART_HTML, SMTPLITE_PART_INLINE,
                                    SMTPLITE_PART_ATTACHMENT};
    for (size_t i = 0; i < 7; i++) {
        people[i] = (struct smtplite_mailbox){
            .name = "Name", .address = addresses[i], .role = (uint8_t)(i % 6)};
    }
    for (size_t i = 0; i < 4; i++) {
        memories[i] = (struct smtplite_memory){.p = "octets", .n = 6};
        parts[i] = (struct smtplite_part){.source = smtplite_memory_source(&memories[i]),
                                          .kind = kinds[i],
                                          .type = "text/x-type; charset=utf-8",
                                          .name = "name",
                                          .content_id = "id@x"};
    }
    fields[0] = (struct smtplite_field){"X-One", "one"};
    fields[1] = (struct smtplite_field){"X-Two", "two"};
    smtplite_message_init(&message);
    message.mailboxes = people;
    message.mailbox_count = 7;
    message.subject = "subject";
    message.message_id = "id@x";
    message.in_reply_to = "id@x";
    message.id_domain = "x.example";
    message.fields = fields;
    message.field_count = 2;
    message.parts = parts;
    message.part_count = 4;
    message.has_date = true;
    message.unique_len = 16;
}

/* The message is refused with this error and these first words, and cannot be read. */
static bool refuses(enum smtplite_error error, const char *words) {
    enum smtplite_error came = smtplite_message_begin(&message, ALL_OFFERED, NULL);
    const char *advice = smtplite_message_advice(&message, ALL_OFFERED);
    bool good = came == error && strncmp(advice, words, strlen(words)) == 0;
    gather(&got, &message, 0);
    if (!good) {
        printf("error %d, %s\n", (int)came, advice);
    }
    return good && got.n == 0 && got.end == SMTPLITE_SOURCE_FAILED &&
           !smtplite_message_rewind(&message);
}

static bool takes(void) {
    enum smtplite_error came = smtplite_message_begin(&message, ALL_OFFERED, NULL);
    gather(&got, &message, 0);
    return came == SMTPLITE_E_OK && got.end == SMTPLITE_SOURCE_END &&
           *smtplite_message_advice(&message, ALL_OFFERED) == '\0';
}

/* ---- Injection ---------------------------------------------------------------------------- */

struct place {
    const char **text;
    const char *words;
    bool takes_tab;
};

static const struct place places[] = {
    {&people[0].name, "mailboxes: a name", false},
    {&people[5].name, "mailboxes: a name", false},
    {&people[0].address, "mailboxes: an address", false},
    {&people[5].address, "mailboxes: an address", false},
    {&message.subject, "subject:", true},
    {&message.message_id, "message_id:", false},
    {&message.in_reply_to, "in_reply_to:", false},
    {&message.id_domain, "id_domain:", false},
    {&fields[1].name, "fields: a name", false},
    {&fields[1].value, "fields: a value", true},
    {&parts[0].type, "parts: a type", false},
    {&parts[3].type, "parts: a type", false},
    {&parts[0].name, "parts: a name", false},
    {&parts[3].name, "parts: a name", false},
    {&parts[2].content_id, "parts: a content_id", false},
    {&parts[3].content_id, "parts: a content_id", false},
};

/* The byte in front of a text, in its middle and behind it. */
static void check_control(const struct place *place, char c) {
    char text[64];
    for (size_t at = 0; at < 3; at++) {
        restore();
        size_t before = at * strlen(*place->text) / 2;
        snprintf(text, sizeof text, "%.*s%c%s", (int)before, *place->text, c,
                 *place->text + before);
        *place->text = text;
        if (c == '\t' && place->takes_tab) {
            CHECK(takes());
        } else {
            CHECK(refuses(SMTPLITE_E_CONTROL, place->words));
        }
    }
}

static void check_controls(void) {
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        for (char c = 1; c < ' '; c++) {
            check_control(&places[i], c);
        }
        check_control(&places[i], 0x7F);
    }
}

static void check_header_injection(void) {
    restore();
    message.subject = "x\r\nBcc: evil@x.example";
    CHECK(refuses(SMTPLITE_E_CONTROL, "subject:"));
    restore();
    message.subject = "x\n\nbody";
    CHECK(refuses(SMTPLITE_E_CONTROL, "subject:"));
}

/* ---- Bad input ---------------------------------------------------------------------------- */

/* What one text refuses, each with its error. */
struct bad {
    const char **text;
    const char *value;
    enum smtplite_error error;
    const char *words;
};

static const struct bad bads[] = {
    {&people[0].address, NULL, SMTPLITE_E_ARGUMENT, "mailboxes: an address"},
    {&people[0].address, "", SMTPLITE_E_ADDRESS, "mailboxes: an address"},
    {&people[0].address, "local", SMTPLITE_E_ADDRESS, "mailboxes: an address"},
    {&people[0].address, "@x", SMTPLITE_E_ADDRESS, "mailboxes: an address"},
    {&people[0].address, "a@", SMTPLITE_E_ADDRESS, "mailboxes: an address"},
    {&people[0].address, "a,b@x", SMTPLITE_E_ADDRESS, "mailboxes: an address"},
    {&people[0].address, "a;b@x", SMTPLITE_E_ADDRESS, "mailboxes: an address"},
    {&people[0].address, "a(b)@x", SMTPLITE_E_ADDRESS, "mailboxes: an address"},
    {&people[0].address, "a@x(b)", SMTPLITE_E_ADDRESS, "mailboxes: an address"},
    {&people[0].address, "a@[x", SMTPLITE_E_ADDRESS, "mailboxes: an address"},
    {&people[0].address, "a@[]", SMTPLITE_E_ADDRESS, "mailboxes: an address"},
    {&people[0].address, "a:b@x", SMTPLITE_E_ADDRESS, "mailboxes: an address"},
    {&people[0].address, "a@b@x", SMTPLITE_E_ADDRESS, "mailboxes: an address"},
    {&people[0].address, "a\\b@x", SMTPLITE_E_ADDRESS, "mailboxes: an address"},
    {&people[0].address, "<a@x>", SMTPLITE_E_ADDRESS, "mailboxes: an address"},
    {&people[0].address, "a b@x", SMTPLITE_E_ADDRESS, "mailboxes: an address"},
    {&people[0].address, "\"a@x", SMTPLITE_E_ADDRESS, "mailboxes: an address"},
    {&people[2].address, "a\xFF@x", SMTPLITE_E_ADDRESS, "mailboxes: an address"},
    {&people[2].address,
     "a\xC0\x8A"
     "b@x",
     SMTPLITE_E_ADDRESS, "mailboxes: an address"},
    {&people[2].address,
     "a\xC2\x85"
     "b@x",
     SMTPLITE_E_CONTROL, "mailboxes: an address"},
    {&people[2].address, "a@x\xC2\x9F.y", SMTPLITE_E_CONTROL, "mailboxes: an address"},
    {&people[2].address, "\"a\xC2\x80\"@x", SMTPLITE_E_CONTROL, "mailboxes: an address"},
    {&message.message_id, "", SMTPLITE_E_ARGUMENT, "message_id:"},
    {&message.message_id, "left", SMTPLITE_E_ADDRESS, "message_id:"},
    {&message.message_id, "<a@x>", SMTPLITE_E_ADDRESS, "message_id:"},
    {&message.message_id, "\xC3\xBC@x", SMTPLITE_E_NON_ASCII, "message_id:"},
    {&message.in_reply_to, "", SMTPLITE_E_ARGUMENT, "in_reply_to:"},
    {&message.in_reply_to, "a b@x", SMTPLITE_E_ADDRESS, "in_reply_to:"},
    {&message.in_reply_to, "a@x> <b@x", SMTPLITE_E_ADDRESS, "in_reply_to:"},
    {&message.id_domain, "", SMTPLITE_E_ARGUMENT, "id_domain:"},
    {&message.id_domain, "a@b", SMTPLITE_E_ADDRESS, "id_domain:"},
    {&message.id_domain, "\xC3\xBC.example", SMTPLITE_E_NON_ASCII, "id_domain:"},
    {&fields[1].name, NULL, SMTPLITE_E_ARGUMENT, "fields: a name"},
    {&fields[1].name, "", SMTPLITE_E_ARGUMENT, "fields: a name"},
    {&fields[1].name, "a:b", SMTPLITE_E_ARGUMENT, "fields: a name"},
    {&fields[1].name, "a b", SMTPLITE_E_ADDRESS, "fields: a name"},
    {&fields[1].name, "X-\xC3\xBC", SMTPLITE_E_NON_ASCII, "fields: a name"},
    {&fields[1].value, NULL, SMTPLITE_E_ARGUMENT, "fields: a value"},
    {&parts[0].type, "", SMTPLITE_E_ARGUMENT, "parts: a type"},
    {&parts[0].type, "text", SMTPLITE_E_ARGUMENT, "parts: a type"},
    {&parts[0].type, " text/plain", SMTPLITE_E_ARGUMENT, "parts: a type"},
    {&parts[0].type, "text/plain; ", SMTPLITE_E_ARGUMENT, "parts: a type"},
    {&parts[0].type, "text/plain; a==?UTF-8?Q?x?=", SMTPLITE_E_ARGUMENT, "parts: a type"},
    {&parts[0].type, "text/plain; a=\xC3\xBC", SMTPLITE_E_NON_ASCII, "parts: a type"},
    {&parts[3].type, "message/rfc822", SMTPLITE_E_ARGUMENT, "parts: a type"},
    {&parts[3].type, "Multipart/Mixed", SMTPLITE_E_ARGUMENT, "parts: a type"},
    {&parts[2].content_id, NULL, SMTPLITE_E_ARGUMENT, "parts: a content_id"},
    {&parts[2].content_id, "", SMTPLITE_E_ARGUMENT, "parts: a content_id"},
    {&parts[2].content_id, "<a@x>", SMTPLITE_E_ADDRESS, "parts: a content_id"},
};

/* Where an identifier ends must be told by its > alone. */
static void check_identifiers(void) {
    static const char *const bad[] = {"\"(x@y",   "\"a\"b\"@c", "\"\\@c", "\"a\\\"@c", "a\"b\"@c",
                                      "\"a\"b@c", "a\\@c",      "(a@x",   "a@x(b)",    "a@[x",
                                      "\"a\"",    "a@\"b\"",    "left"};
    static const char *const good[] = {"a@x", "a.b$c@x.example", "\"a\\\"(\"@x", "\"a@b\"@x",
                                       "a@[192.0.2.1]"};
    const char **const places_of[] = {&message.message_id, &message.in_reply_to,
                                      &parts[2].content_id, &parts[3].content_id};
    for (size_t i = 0; i < sizeof places_of / sizeof *places_of; i++) {
        for (size_t j = 0; j < sizeof bad / sizeof *bad; j++) {
            restore();
            *places_of[i] = bad[j];
            if (!CHECK(refuses(SMTPLITE_E_ADDRESS, ""))) {
                printf("for %s\n", bad[j]);
            }
        }
        for (size_t j = 0; j < sizeof good / sizeof *good; j++) {
            restore();
            *places_of[i] = good[j];
            CHECK(takes());
        }
    }
}

static void check_types(void) {
    static const char *const bad[] = {"/",
                                      "a/",
                                      "/b",
                                      "a/b/c",
                                      "a /b",
                                      "a/ b",
                                      "(c)a/b",
                                      "a(c)/b",
                                      "a/b(c)",
                                      "a/b;",
                                      "a/b;c",
                                      "a/b;c=",
                                      "a/b;=d",
                                      "a/b; c =d",
                                      "a/b; c= d",
                                      "a/b;;c=d",
                                      "a/b c=d",
                                      "a/b;c=d e",
                                      "a/b;c=d;",
                                      "a/b;c=\"d",
                                      "a/b;c=\"d\\\"",
                                      "a/b;c=\"d\"e",
                                      "a/b;c=d\"e\"",
                                      "a/b;c=\"=?x\"",
                                      "a/b;c=(d)",
                                      "a\\/b",
                                      "a/b\\",
                                      "\"a\"/b",
                                      "a/\"b\"",
                                      "(c)multipart/mixed; boundary=x",
                                      "multipart /mixed; boundary=x"};
    static const char *const good[] = {"a/b",
                                       "application/vnd.x-y+z",
                                       "a/b;c=d",
                                       "a/b;  c=d; e=f",
                                       "a/b; c=\"\"",
                                       "a/b; c=\"d; e=\\\"f(\\\\\"; g=h",
                                       "a/b; c*=utf-8''d%20e"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        restore();
        parts[3].type = bad[i];
        if (!CHECK(refuses(SMTPLITE_E_ARGUMENT, "parts: a type"))) {
            printf("for %s\n", bad[i]);
        }
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        restore();
        parts[3].type = good[i];
        if (!CHECK(takes())) {
            printf("for %s\n", good[i]);
        }
    }
}

static void check_texts(void) {
    static const char *const good[] = {
        "a@x",           "a.b+c@x.example",      "\"a b\"@x", "\"a@b\"@x",
        "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]", "o'neil@x",  "\xC3\xBC@\xC3\xBC.example"};
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
        restore();
        *bads[i].text = bads[i].value;
        if (!CHECK(refuses(bads[i].error, bads[i].words))) {
            printf("for %s\n", bads[i].value);
        }
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        restore();
        people[0].address = good[i];
        CHECK(takes());
    }
}

/* Every name that is written here, in any case of letters. */
static void check_owned(void) {
    static const char *const names[] = {
        "From",       "Sender",       "Reply-To",     "To",
        "CC",         "bcc",          "Subject",      "date",
        "Message-Id", "In-Reply-To",  "References",   "Importance",
        "X-PRIORITY", "MIME-Version", "Content-Type", "Content-Language",
        "Resent-Bcc"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        restore();
        fields[1].name = names[i];
        CHECK(refuses(SMTPLITE_E_ARGUMENT, "fields: a name"));
    }
    restore();
    fields[0].name = "Tox";
    fields[1].name = "T";
    CHECK(takes());
}

static void check_lengths(void) {
    static char text[TEXT_MAX];
    struct {
        const char **text;
        size_t most;
        char between; /* its first octet and the rest */
    } limits[] = {{&message.message_id, 990, '@'},  {&message.in_reply_to, 990, '@'},
                  {&message.id_domain, 255, 'a'},   {&fields[1].name, 64, 'a'},
                  {&fields[1].value, 990, 'a'},     {&parts[0].type, 990, '/'},
                  {&parts[2].content_id, 990, '@'}, {&parts[3].name, 990, 'a'}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        for (size_t more = 0; more < 2; more++) {
            restore();
            memset(text, 'a', sizeof text);
            text[1] = limits[i].between;
            text[limits[i].most + more] = '\0';
            *limits[i].text = text;
            CHECK(more == 0 ? takes() : refuses(SMTPLITE_E_TOO_LONG, ""));
        }
    }
}

static void check_structure(void) {
    restore();
    people[0].role = SMTPLITE_TO;
    people[6].role = SMTPLITE_TO;
    CHECK(refuses(SMTPLITE_E_ARGUMENT, "mailboxes: one of role FROM"));
    restore();
    people[1].role = SMTPLITE_TO;
    CHECK(refuses(SMTPLITE_E_ARGUMENT, "mailboxes: one SENDER"));
    restore();
    people[2].role = SMTPLITE_SENDER;
    CHECK(refuses(SMTPLITE_E_ARGUMENT, "mailboxes: one SENDER"));
    restore();
    people[2].role = SMTPLITE_BCC + 1;
    CHECK(refuses(SMTPLITE_E_ARGUMENT, "mailboxes: a role"));
    restore();
    message.mailboxes = NULL;
    CHECK(refuses(SMTPLITE_E_ARGUMENT, "mailboxes, fields"));
    restore();
    message.fields = NULL;
    CHECK(refuses(SMTPLITE_E_ARGUMENT, "mailboxes, fields"));
    restore();
    message.parts = NULL;
    CHECK(refuses(SMTPLITE_E_ARGUMENT, "mailboxes, fields"));
    restore();
    parts[3].kind = SMTPLITE_PART_TEXT;
    CHECK(refuses(SMTPLITE_E_ARGUMENT, "parts: more than one TEXT"));
    restore();
    parts[0].kind = SMTPLITE_PART_HTML;
    CHECK(refuses(SMTPLITE_E_ARGUMENT, "parts: more than one TEXT"));
    restore();
    parts[1].kind = SMTPLITE_PART_ATTACHMENT;
    CHECK(refuses(SMTPLITE_E_ARGUMENT, "parts: an INLINE"));
    restore();
    parts[3].kind = SMTPLITE_PART_ATTACHMENT + 1;
    CHECK(refuses(SMTPLITE_E_ARGUMENT, "parts: a kind"));
    restore();
    parts[3].encoding = SMTPLITE_ENCODING_BASE64 + 1;
    CHECK(refuses(SMTPLITE_E_ARGUMENT, "parts: a kind"));
    restore();
    parts[3].source.read = NULL;
    CHECK(refuses(SMTPLITE_E_ARGUMENT, "parts: one has no source"));
    restore();
    memories[0].p = NULL;
    CHECK(refuses(SMTPLITE_E_ARGUMENT, "parts: one has no source"));
    restore();
    message.zone = 1440;
    CHECK(refuses(SMTPLITE_E_ARGUMENT, "zone:"));
    restore();
    message.zone = -1440;
    CHECK(refuses(SMTPLITE_E_ARGUMENT, "zone:"));
    restore();
    message.priority = SMTPLITE_LOW + 1;
    CHECK(refuses(SMTPLITE_E_ARGUMENT, "priority:"));
    restore();
    message.unique_len = 17;
    CHECK(refuses(SMTPLITE_E_ARGUMENT, "unique_len:"));
    restore();
    CHECK(takes());
}

/* ---- Sources ------------------------------------------------------------------------------ */

static struct pieces pieces;

static void use_source(size_t n, uint8_t kind) {
    static char octets[300];
    memset(octets, 'o', sizeof octets);
    restore();
    parts[3].kind = kind;
    parts[3].source = pieces_source(&pieces, octets, n, 64);
    message.parts = parts + 3;
    message.part_count = 1;
}

/* Where it fails nothing more comes, ever, and the end least of all. */
static bool fails(void) {
    const char *p;
    size_t n;
    bool begun = smtplite_message_begin(&message, ALL_OFFERED, NULL) == SMTPLITE_E_OK;
    gather(&got, &message, 0);
    unsigned reads = pieces.reads;
    return begun && got.n > 0 && got.end == SMTPLITE_SOURCE_FAILED &&
           smtplite_message_read(&message, &p, &n) == SMTPLITE_SOURCE_FAILED &&
           pieces.reads == reads;
}

static enum smtplite_source_state read_nothing(void *context, const char **p, size_t *n) {
    *p = context;
    *n = 0;
    return SMTPLITE_SOURCE_PIECE;
}

static enum smtplite_source_state read_nowhere(void *context, const char **p, size_t *n) {
    (void)context;
    (void)p;
    *n = 1;
    return SMTPLITE_SOURCE_PIECE;
}

static void check_failures_of_sources(void) {
    for (uint8_t kind = SMTPLITE_PART_TEXT; kind <= SMTPLITE_PART_ATTACHMENT;
         kind = (uint8_t)(kind + SMTPLITE_PART_ATTACHMENT)) {
        for (size_t at = 0; at <= 256; at += 64) {
            use_source(256, kind);
            pieces.fail_at = at;
            CHECK(fails());
        }
        for (uint32_t length = 0; length < 300; length++) {
            use_source(256, kind);
            parts[3].has_length = true;
            parts[3].length = length;
            EXPECT(length == 256 ? takes() : fails());
        }
        use_source(0, kind);
        parts[3].source.read = read_nothing;
        CHECK(fails());
        parts[3].source.read = read_nowhere;
        CHECK(fails());
    }
    /* a length of memory that is not its own */
    restore();
    parts[0].has_length = true;
    parts[0].length = 5;
    struct smtplite_mail mail = {.size = 1};
    CHECK(smtplite_message_begin(&message, 0, &mail) == SMTPLITE_E_OK && mail.size == 0);
    CHECK(fails());
}

/* What was read is begun anew, or the message is refused: never sent without its parts. */
static void check_rewind(void) {
    static struct gathered again;
    use_source(100, SMTPLITE_PART_ATTACHMENT);
    CHECK(!smtplite_message_rewind(&message));
    CHECK(takes());
    gather(&again, &message, 0);
    CHECK(again.n == 0 && again.end == SMTPLITE_SOURCE_END);
    CHECK(smtplite_message_begin(&message, 0, NULL) == SMTPLITE_E_OK);
    gather(&again, &message, 0);
    CHECK(gathered_same(&got, &again));
    CHECK(smtplite_message_rewind(&message));
    parts[3].source.rewind = NULL;
    CHECK(smtplite_message_rewind(&message)); /* it is untouched */
    gather(&again, &message, 0);
    CHECK(gathered_same(&got, &again));
    CHECK(!smtplite_message_rewind(&message));
    CHECK(smtplite_message_begin(&message, 0, NULL) == SMTPLITE_E_SOURCE);
    gather(&again, &message, 0);
    CHECK(again.n == 0 && again.end == SMTPLITE_SOURCE_FAILED);
}

/* Behind where a text begins in what was gathered; NULL: it is not there. */
static const char *find(const char *p, const char *text) {
    got.p[got.n] = '\0';
    p = p != NULL ? strstr(p, text) : NULL;
    return p != NULL ? p + strlen(text) : NULL;
}

/* What another message has read, another part has, too, or somebody else. */
static void check_read_before(void) {
    static struct gathered again;
    use_source(100, SMTPLITE_PART_ATTACHMENT);
    CHECK(takes());
    smtplite_message_init(&message);
    message.mailboxes = people;
    message.mailbox_count = 7;
    message.parts = parts;
    message.part_count = 4;
    CHECK(takes());
    smtplite_message_init(&message);
    message.mailboxes = people;
    message.mailbox_count = 7;
    message.parts = parts;
    message.part_count = 4;
    CHECK(smtplite_message_begin(&message, ALL_OFFERED, NULL) == SMTPLITE_E_OK);
    gather(&again, &message, 0);
    CHECK(gathered_same(&got, &again));
    CHECK(find(find(got.p, "\r\noctets\r\n"), "\r\n\r\nb29vb29v") != NULL);
}

static void check_shared_memory(void) {
    struct smtplite_mail mail = {.size = 0};
    restore();
    memories[0].given = true;
    parts[3].source = parts[0].source;
    CHECK(smtplite_message_begin(&message, ALL_OFFERED, &mail) == SMTPLITE_E_OK);
    gather(&got, &message, 0);
    CHECK(got.end == SMTPLITE_SOURCE_END && got.n == mail.size);
    CHECK(find(find(got.p, "\r\noctets\r\n"), "attachment;") != NULL);
    CHECK(find(find(got.p, "attachment;"), "\r\n\r\nb2N0ZXRz\r\n") != NULL);
}

int main(void) {
    check_controls();
    check_header_injection();
    check_texts();
    check_identifiers();
    check_types();
    check_owned();
    check_lengths();
    check_structure();
    check_failures_of_sources();
    check_rewind();
    check_read_before();
    check_shared_memory();
    return check_summary("message_refusals");
}
