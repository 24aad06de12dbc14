/* SPDX-License-Identifier: MIT */
/* Memory for what was read from the files: all of it lives until the program's end. */

#include "dialog.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct chunk {
    struct chunk *next;
    max_align_t data[];
};

static struct chunk *chunks;

void *arena(size_t size) {
    struct chunk *chunk = calloc(1, sizeof *chunk + size);
    if (chunk == NULL) {
        die("arena", 0, "out of memory");
    }
    chunk->next = chunks;
    chunks = chunk;
    return chunk->data;
}

char *arena_text(const char *p, size_t len) {
    char *text = arena(len + 1);
    memcpy(text, p, len);
    return text;
}

void arena_free(void) {
    while (chunks != NULL) {
        struct chunk *next = chunks->next;
        free(chunks);
        chunks = next;
    }
}

void die(const char *file, int line, const char *format, ...) {
    va_list args;
    fflush(stdout);
    fprintf(stderr, "%s:%d: ", file, line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(2);
}
