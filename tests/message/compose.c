/* SPDX-License-Identifier: MIT */
/*
 * Composes one message from a description on standard input and writes it, raw, to standard output;
 * what begin and the reads gave goes to standard error, a `key value` each line:
 *
 *   checked ERROR   begin with all bits of offered set, as smtplite_send calls it first
 *   begin ERROR     begin with the mask of the description. But for OK: `advice WORDS`, and no more
 *   size N, flags N, recipient ADDRESS ...
 *   end END | FAILED | SPINS (NOT_YET without a reason) | EMPTY (a piece of 0) | STUCK (rewind
 *   gave false)
 *
 * A line of the description is `key value`, in the value \n \r \t \\ \xHH. A mailbox's name, a
 * field's value and what belongs to a part follow the line that begins it:
 *
 *   offered MASK, rewind-at OCTETS (begin anew once so many have been given)
 *   from|sender|reply-to|to|cc|bcc ADDRESS   name TEXT   role NUMBER
 *   subject, message-id, in-reply-to, id-domain, unique TEXT   date SECONDS ZONE   priority NUMBER
 *   field NAME   value TEXT
 *   part KIND   type, file-name, content-id TEXT   encoding, length NUMBER
 *     octets TEXT (one or more) or load PATH, given from memory; or
 *     pieces N ... : the same in pieces of these sizes, over and over, 0: NOT_YET; or
 *     file PATH: by smtplite_file
 *     fail-at OCTETS: the source fails there; needs `pieces`
 */
#include "smtplite/file.h"
#include "smtplite/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAILBOXES = 64, FIELDS = 64, PARTS = 64, PIECES = 16, SPARE_TURNS = 1000 };

/* Octets that grow. */
struct bytes {
    char *p;
    size_t n;
    size_t cap;
};

/* What a part's source gives, and how. */
struct content {
    struct bytes bytes;
    struct smtplite_memory memory;
    struct smtplite_file file;
    size_t pieces[PIECES];
    size_t piece_count;
    size_t turn;
    size_t pos;
    size_t fail_at;
    char *lent; /* a copy of the last piece: it is spoilt when the next one is asked for */
    size_t lent_len;
};

static struct smtplite_message message;
static struct smtplite_mailbox mailboxes[MAILBOXES];
static struct smtplite_field fields[FIELDS];
static struct smtplite_part parts[PARTS];
static struct content contents[PARTS];
static uint16_t offered;
static size_t rewind_at = SIZE_MAX;
static size_t pauses; /* NOT_YETs that the sources have given */

static void die(const char *what, const char *value) {
    fprintf(stderr, "compose: %s: %s\n", what, value);
    exit(2);
}

static void *need(void *p) {
    if (p == NULL)
        die("memory", "none");
    return p;
}

static void append(struct bytes *bytes, const char *p, size_t n) {
    if (n >= bytes->cap - bytes->n) { /* also for nothing: then it is not NULL */
        bytes->cap = 2 * bytes->cap + n + 4096;
        bytes->p = need(realloc(bytes->p, bytes->cap));
    }
    memcpy(bytes->p + bytes->n, p, n);
    bytes->n += n;
}

static void load(struct bytes *bytes, FILE *file) {
    char piece[65536];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, file)) > 0)
        append(bytes, piece, n);
}

/* ---- A source in pieces --------------------------------------------------------------------- */

static void take_back(struct content *c) {
    if (c->lent != NULL)
        memset(c->lent, 0xA5, c->lent_len);
    free(c->lent);
    c->lent = NULL;
}

static enum smtplite_source_state read_piece(void *context, const char **p, size_t *n) {
    struct content *c = context;
    size_t size = c->pieces[c->turn++ % c->piece_count];
    take_back(c);
    if (c->pos >= c->fail_at)
        return SMTPLITE_SOURCE_FAILED;
    if (size == 0) {
        pauses++;
        return SMTPLITE_SOURCE_NOT_YET;
    }
    if (c->pos == c->bytes.n)
        return SMTPLITE_SOURCE_END;
    c->lent_len = size < c->bytes.n - c->pos ? size : c->bytes.n - c->pos;
    c->lent = need(malloc(c->lent_len));
    memcpy(c->lent, c->bytes.p + c->pos, c->lent_len);
    c->pos += c->lent_len;
    *p = c->lent;
    *n = c->lent_len;
    return SMTPLITE_SOURCE_PIECE;
}

static bool rewind_pieces(void *context) {
    ((struct content *)context)->pos = 0;
    return true;
}

/* ---- The description ------------------------------------------------------------------------ */

/* Undoes the escapes in place; gives the length. */
static size_t unescape(char *text) {
    static const char letters[] = "n\nr\rt\t\\\\";
    char *to = text;
    for (char *from = text; *from != '\0'; from++) {
        const char *letter = letters;
        if (*from != '\\') {
            *to++ = *from;
            continue;
        }
        from++;
        if (*from == 'x') {
            char hex[] = {from[1], from[2], '\0'};
            *to++ = (char)strtoul(hex, NULL, 16);
            from += 2;
            continue;
        }
        while (*letter != '\0' && *letter != *from)
            letter += 2;
        if (*from == '\0' || *letter == '\0')
            die("escape", text);
        *to++ = letter[1];
    }
    *to = '\0';
    return (size_t)(to - text);
}

static unsigned long number(const char *value) {
    return strtoul(value, NULL, 0);
}

static bool set_mailbox(const char *key, char *value) {
    static const char *const roles[] = {
        [SMTPLITE_FROM] = "from", [SMTPLITE_SENDER] = "sender", [SMTPLITE_REPLY_TO] = "reply-to",
        [SMTPLITE_TO] = "to",     [SMTPLITE_CC] = "cc",         [SMTPLITE_BCC] = "bcc",
    };
    struct smtplite_mailbox *last = mailboxes + message.mailbox_count - 1;
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(key, roles[i]) == 0 && message.mailbox_count < MAILBOXES) {
            mailboxes[message.mailbox_count].role = (uint8_t)i;
            mailboxes[message.mailbox_count++].address = value;
            return true;
        }
    if (message.mailbox_count > 0 && strcmp(key, "name") == 0)
        last->name = value;
    else if (message.mailbox_count > 0 && strcmp(key, "role") == 0)
        last->role = (uint8_t)number(value);
    else
        return false;
    return true;
}

static bool set_text(const char *key, const char *value) {
    struct {
        const char *key;
        const char **text;
    } texts[] = {{"subject", &message.subject},
                 {"message-id", &message.message_id},
                 {"in-reply-to", &message.in_reply_to},
                 {"id-domain", &message.id_domain}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(key, texts[i].key) == 0) {
            *texts[i].text = value;
            return true;
        }
    if (strcmp(key, "field") == 0 && message.field_count < FIELDS)
        fields[message.field_count++] = (struct smtplite_field){.name = value, .value = ""};
    else if (strcmp(key, "value") == 0 && message.field_count > 0)
        fields[message.field_count - 1].value = value;
    else
        return false;
    return true;
}

static bool set_number(const char *key, const char *value, size_t len) {
    char *rest;
    if (strcmp(key, "offered") == 0) {
        offered = (uint16_t)number(value);
    } else if (strcmp(key, "rewind-at") == 0) {
        rewind_at = number(value);
    } else if (strcmp(key, "priority") == 0) {
        message.priority = (uint8_t)number(value);
    } else if (strcmp(key, "date") == 0) {
        message.has_date = true;
        message.date = (uint32_t)strtoul(value, &rest, 10);
        message.zone = (int16_t)strtol(rest, NULL, 10);
    } else if (strcmp(key, "unique") == 0) {
        message.unique_len = (uint8_t)len;
        memcpy(message.unique, value, len < sizeof message.unique ? len : sizeof message.unique);
    } else {
        return false;
    }
    return true;
}

static void begin_part(const char *kind) {
    struct smtplite_part *part = &parts[message.part_count];
    struct content *c = &contents[message.part_count++];
    if (message.part_count == PARTS)
        die("too many", "parts");
    part->kind = (uint8_t)number(kind);
    part->source = smtplite_memory_source(&c->memory);
    c->fail_at = SIZE_MAX;
    c->memory.p = "";
}

static void give_pieces(struct smtplite_part *part, struct content *c, const char *sizes) {
    char *rest;
    for (const char *at = sizes; *at != '\0' && c->piece_count < PIECES; at = rest)
        c->pieces[c->piece_count++] = strtoul(at, &rest, 10);
    part->source =
        (struct smtplite_source){.context = c, .read = read_piece, .rewind = rewind_pieces};
}

static void give_file(struct smtplite_part *part, struct content *c, const char *path) {
    if (!smtplite_file_open(&c->file, path))
        die("cannot open", path);
    part->source = smtplite_file_source(&c->file);
    part->length = c->file.length;
    part->has_length = c->file.has_length;
}

static void load_content(struct content *c, const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        die("cannot open", path);
    load(&c->bytes, file);
    fclose(file);
}

static bool set_source(const char *key, const char *value, size_t len) {
    struct smtplite_part *part = &parts[message.part_count - 1];
    struct content *c = &contents[message.part_count - 1];
    if (strcmp(key, "octets") == 0)
        append(&c->bytes, value, len);
    else if (strcmp(key, "load") == 0)
        load_content(c, value);
    else if (strcmp(key, "pieces") == 0)
        give_pieces(part, c, value);
    else if (strcmp(key, "file") == 0)
        give_file(part, c, value);
    else if (strcmp(key, "fail-at") == 0)
        c->fail_at = number(value);
    else
        return false;
    c->memory.p = c->bytes.p != NULL ? c->bytes.p : "";
    c->memory.n = c->bytes.n;
    return true;
}

static bool set_part(const char *key, const char *value) {
    struct smtplite_part *part = &parts[message.part_count - 1];
    if (strcmp(key, "type") == 0)
        part->type = value;
    else if (strcmp(key, "file-name") == 0)
        part->name = value;
    else if (strcmp(key, "content-id") == 0)
        part->content_id = value;
    else if (strcmp(key, "encoding") == 0)
        part->encoding = (uint8_t)number(value);
    else if (strcmp(key, "length") == 0)
        part->length = (uint32_t)number(value);
    else
        return false;
    part->has_length |= strcmp(key, "length") == 0;
    return true;
}

static void set(const char *key, char *value) {
    size_t len = unescape(value);
    if (strcmp(key, "part") == 0)
        begin_part(value);
    else if (!set_mailbox(key, value) && !set_text(key, value) && !set_number(key, value, len) &&
             (message.part_count == 0 || (!set_source(key, value, len) && !set_part(key, value))))
        die("unknown key", key);
}

/* The texts stay where they were read: the message borrows them. */
static void read_description(struct bytes *text) {
    load(text, stdin);
    append(text, "", 1);
    smtplite_message_init(&message);
    message.mailboxes = mailboxes;
    message.fields = fields;
    message.parts = parts;
    char *end;
    for (char *line = text->p; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        char *value = strchr(line, ' ');
        if (value == NULL)
            die("no value", line);
        *value = '\0';
        set(line, value + 1);
    }
}

/* ---- The message ---------------------------------------------------------------------------- */

static const char *read_all(const struct smtplite_source *source, struct bytes *out) {
    const char *p = NULL;
    size_t n = 0;
    for (size_t turns = 0; turns <= pauses + SPARE_TURNS;) {
        if (out->n >= rewind_at) {
            rewind_at = SIZE_MAX;
            out->n = 0;
            if (!source->rewind(source->context))
                return "STUCK";
        }
        enum smtplite_source_state state = source->read(source->context, &p, &n);
        if (state == SMTPLITE_SOURCE_END || state == SMTPLITE_SOURCE_FAILED)
            return state == SMTPLITE_SOURCE_END ? "END" : "FAILED";
        if (state == SMTPLITE_SOURCE_PIECE && n == 0)
            return "EMPTY";
        if (state == SMTPLITE_SOURCE_PIECE)
            append(out, p, n);
        turns += state == SMTPLITE_SOURCE_NOT_YET;
    }
    return "SPINS";
}

static void print_recipients(void) {
    struct smtplite_recipient recipients[MAILBOXES];
    size_t count = smtplite_message_recipients(&message, recipients, MAILBOXES);
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "recipient %s\n", recipients[i].address);
}

static void compose(void) {
    struct bytes out = {NULL, 0, 0};
    struct smtplite_mail mail = {.from = "a@example.com"};
    struct smtplite_source source = smtplite_message_source(&message);
    enum smtplite_error error = source.begin(source.context, 0xFFFF, NULL);
    fprintf(stderr, "checked %s\n", smtplite_error_name(error));
    error = source.begin(source.context, offered, &mail);
    fprintf(stderr, "begin %s\n", smtplite_error_name(error));
    if (error != SMTPLITE_E_OK) {
        fprintf(stderr, "advice %s\n", smtplite_message_advice(&message, offered));
        return;
    }
    fprintf(stderr, "size %lu\nflags %u\n", (unsigned long)mail.size, (unsigned)mail.flags);
    print_recipients();
    fprintf(stderr, "end %s\n", read_all(&source, &out));
    if (out.n > 0)
        fwrite(out.p, 1, out.n, stdout);
    free(out.p);
}

int main(void) {
    struct bytes text = {NULL, 0, 0};
    read_description(&text);
    compose();
    for (size_t i = 0; i < message.part_count; i++) {
        take_back(&contents[i]);
        free(contents[i].bytes.p);
        if (parts[i].source.read == smtplite_file_read)
            smtplite_file_close(&contents[i].file);
    }
    free(text.p);
    return 0;
}
