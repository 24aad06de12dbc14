/* SPDX-License-Identifier: MIT */

#include "sender.h"

#include <stdlib.h>

void refuse(const char *what, const char *about) {
    fprintf(stderr, "%s%s\n", what, about);
    exit(2);
}

static void *must(void *memory) {
    if (memory == NULL)
        refuse("out of memory", "");
    return memory;
}

void message_read(struct message *message) {
    size_t got, room = 65536;
    message->p = must(malloc(room));
    while ((got = fread(message->p + message->len, 1, room - message->len, stdin)) != 0) {
        message->len += got;
        if (message->len == room)
            message->p = must(realloc(message->p, room *= 2));
    }
}

void message_free(struct message *message) {
    free(message->p);
    message->p = NULL;
}

bool message_has_8bit(const struct message *message) {
    for (size_t i = 0; i < message->len; i++)
        if ((unsigned char)message->p[i] >= 128)
            return true;
    return false;
}

static enum smtplite_source_state give_piece(void *context, const char **p, size_t *n) {
    struct message *message = context;
    if (message->pos == message->len)
        return SMTPLITE_SOURCE_END;
    *p = message->p + message->pos;
    *n = message->len - message->pos;
    if (message->piece_size != 0 && *n > message->piece_size)
        *n = message->piece_size;
    message->pos += *n;
    return SMTPLITE_SOURCE_PIECE;
}

static bool begin_anew(void *context) {
    ((struct message *)context)->pos = 0;
    return true;
}

struct smtplite_source message_source(struct message *message) {
    struct smtplite_source source = {.context = message, .read = give_piece, .rewind = begin_anew};
    message->pos = 0;
    return source;
}

void transcript_show(void *context, bool from_server, const char *p, size_t n) {
    struct transcript *transcript = context;
    bool turns = transcript->was_server != from_server;
    transcript->was_server = from_server;
    for (size_t i = 0; i < n; i++, turns = false) {
        if (transcript->in_line && turns)
            fputc('\n', transcript->to);
        if (!transcript->in_line || turns)
            fputs(from_server ? "S: " : "C: ", transcript->to);
        fputc(p[i], transcript->to);
        transcript->in_line = p[i] != '\n';
    }
}

const char *fate_name(enum smtplite_fate fate) {
    static const char *const names[] = {"untried", "accepted", "deferred",
                                        "refused", "pending",  "maybe"};
    return names[fate];
}
