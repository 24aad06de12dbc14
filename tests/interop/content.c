/* SPDX-License-Identifier: MIT */

#include "content.h"

#include <stdlib.h>
#include <string.h>

#include "sender.h"

/* ---- the source ---- */

static size_t min_size(size_t a, size_t b) {
    return a < b ? a : b;
}

/* How many octets of the piece are given at once; 0: the source is to fail here. */
static size_t cut_piece(const struct content *content) {
    size_t n = content->left;
    if (content->piece_size != 0)
        n = min_size(n, content->piece_size);
    if (content->fail_at != 0)
        n = min_size(n, content->fail_at - content->given);
    return n;
}

static enum smtplite_source_state give_piece(void *context, const char **p, size_t *n) {
    struct content *content = context;
    if (content->left == 0) {
        enum smtplite_source_state state =
            content->inner.read(content->inner.context, &content->p, &content->left);
        if (state != SMTPLITE_SOURCE_PIECE)
            return state;
    }
    *p = content->p;
    *n = cut_piece(content);
    if (*n == 0)
        return SMTPLITE_SOURCE_FAILED;
    if (content->copied != NULL && fwrite(*p, 1, *n, content->copied) != *n)
        return SMTPLITE_SOURCE_FAILED;
    content->p += *n;
    content->left -= *n;
    content->given += *n;
    return SMTPLITE_SOURCE_PIECE;
}

/* The copy is that of the last time. */
static bool forget_given(struct content *content) {
    content->left = 0;
    content->given = 0;
    if (content->copy == NULL)
        return true;
    content->copied = content->copied != NULL ? freopen(content->copy, "wb", content->copied)
                                              : fopen(content->copy, "wb");
    return content->copied != NULL;
}

static bool begin_anew(void *context) {
    struct content *content = context;
    return forget_given(content) && content->inner.rewind(content->inner.context);
}

static enum smtplite_error choose(void *context, uint16_t offered, struct smtplite_mail *mail) {
    struct content *content = context;
    enum smtplite_error error = content->inner.begin(content->inner.context, offered, mail);
    content->size = mail->size;
    return error;
}

struct smtplite_source content_source(struct content *content) {
    struct smtplite_source source = {
        .context = content,
        .read = give_piece,
        .rewind = begin_anew,
        .begin = content->inner.begin != NULL ? choose : NULL,
    };
    return source;
}

/* ---- the files ---- */

static void open_file(struct smtplite_file *file, const char *path) {
    char reason[200];
    if (smtplite_file_open(file, path))
        return;
    smtplite_file_reason(file, reason, sizeof reason);
    refuse(reason, "");
}

/* The whole file at once, so that pieces can be of any size. */
static void read_whole(struct smtplite_memory *memory, const char *path) {
    struct smtplite_file file;
    const char *p;
    char *whole;
    size_t n;
    open_file(&file, path);
    whole = malloc(file.length + 1u);
    if (whole == NULL)
        refuse("out of memory", "");
    memory->p = whole;
    for (memory->n = 0; smtplite_file_read(&file, &p, &n) == SMTPLITE_SOURCE_PIECE; memory->n += n)
        memcpy(whole + memory->n, p, n);
    smtplite_file_close(&file);
}

static void free_whole(struct smtplite_memory *memory) {
    free((void *)(uintptr_t)memory->p);
    memory->p = NULL;
}

static bool is_text(const struct content_part *part) {
    return part->kind == SMTPLITE_PART_TEXT || part->kind == SMTPLITE_PART_HTML;
}

/* Texts are in memory, where the composer can look at them; all else is read as it leaves. */
static void open_part(struct content *content, size_t i) {
    const struct content_part *part = &content->parts[i];
    struct smtplite_part *made = &content->made[i];
    if (is_text(part)) {
        read_whole(&content->texts[i], part->path);
        made->source = smtplite_memory_source(&content->texts[i]);
        made->length = (uint32_t)content->texts[i].n;
    } else {
        open_file(&content->files[i], part->path);
        made->source = smtplite_file_source(&content->files[i]);
        made->length = content->files[i].length;
    }
    made->kind = (uint8_t)part->kind;
    made->name = part->name;
    made->content_id = part->kind == SMTPLITE_PART_INLINE ? "image@example.com" : NULL;
    made->has_length = true;
    if (part->lies)
        made->length = part->length;
}

static void compose(struct content *content, const struct smtplite_mail *mail) {
    static const uint8_t unique[16] = "interop test";
    struct smtplite_message *message = &content->message;
    const struct smtplite_mailbox from = {content->name, mail->from, SMTPLITE_FROM};
    const struct smtplite_mailbox to = {NULL, mail->recipients[0].address, SMTPLITE_TO};
    content->mailboxes[0] = from;
    content->mailboxes[1] = to;
    for (size_t i = 0; i < content->part_count; i++)
        open_part(content, i);
    smtplite_message_init(message);
    message->mailboxes = content->mailboxes;
    message->mailbox_count = 2;
    message->subject = content->subject;
    message->parts = content->made;
    message->part_count = content->part_count;
    message->date = 1793520000;
    message->has_date = true;
    memcpy(message->unique, unique, sizeof unique);
    message->unique_len = sizeof unique;
    content->inner = smtplite_message_source(message);
}

void content_open(struct content *content, struct smtplite_mail *mail) {
    if (content->path == NULL) {
        compose(content, mail);
    } else {
        read_whole(&content->whole, content->path);
        content->inner = smtplite_memory_source(&content->whole);
        content->inner.begin = NULL; /* size and flags are the command line's */
        mail->size = (uint32_t)content->whole.n;
    }
    if (!forget_given(content))
        refuse("cannot write ", content->copy);
}

void content_close(struct content *content) {
    for (size_t i = 0; content->path == NULL && i < content->part_count; i++) {
        free_whole(&content->texts[i]);
        if (!is_text(&content->parts[i]))
            smtplite_file_close(&content->files[i]);
    }
    free_whole(&content->whole);
    if (content->copied != NULL)
        fclose(content->copied);
}
