/* SPDX-License-Identifier: MIT */
/*
 * Files to sections of raw lines. A line is `key: value`, `key LABEL: value` or `!call argument`;
 * the keys case, part, matrix and sweep begin a section.
 */

#include "dialog.h"

#include <stdlib.h>
#include <string.h>

static char *read_all(const char *file) {
    FILE *in = fopen(file, "rb");
    if (in == NULL) {
        die(file, 0, "cannot be read");
    }
    size_t cap = 1u << 20;
    char *text = arena(cap);
    size_t len = fread(text, 1, cap - 1, in);
    fclose(in);
    if (len == cap - 1) {
        die(file, 0, "larger than 1 MiB");
    }
    return text;
}

static bool begins_section(const char *key) {
    return strcmp(key, "case") == 0 || strcmp(key, "part") == 0 || strcmp(key, "matrix") == 0 ||
           strcmp(key, "sweep") == 0;
}

static struct section *add_section(struct sections *all) {
    if (all->count == all->cap) {
        size_t cap = all->cap == 0 ? 64 : all->cap * 2;
        struct section *items = arena(cap * sizeof *items);
        if (all->count > 0) {
            memcpy(items, all->items, all->count * sizeof *items);
        }
        all->items = items;
        all->cap = cap;
    }
    return &all->items[all->count++];
}

void add_line(struct section *section, const struct line *line) {
    if (section->count == section->cap) {
        size_t cap = section->cap == 0 ? 32 : section->cap * 2;
        struct line *lines = arena(cap * sizeof *lines);
        if (section->count > 0) {
            memcpy(lines, section->lines, section->count * sizeof *lines);
        }
        section->lines = lines;
        section->cap = cap;
    }
    section->lines[section->count++] = *line;
}

static void split_call(struct line *l, char *text) {
    char *blank = strchr(text, ' ');
    l->key = text;
    l->label = "";
    l->value = "";
    if (blank != NULL) {
        *blank = '\0';
        l->value = blank + 1;
    }
}

/* `key LABEL: value`, in place */
static void split_line(struct line *l, char *text) {
    if (text[0] == '!') {
        split_call(l, text);
        return;
    }
    char *colon = strchr(text, ':');
    if (colon == NULL) {
        die(l->file, l->number, "no colon: %s", text);
    }
    *colon = '\0';
    l->key = text;
    l->value = colon[1] == ' ' ? colon + 2 : colon + 1;
    l->label = "";
    char *blank = strchr(text, ' ');
    if (blank != NULL) {
        *blank = '\0';
        l->label = blank + 1;
    }
}

static void take_line(struct sections *all, struct section **present, struct line *l, char *text) {
    split_line(l, text);
    if (begins_section(l->key)) {
        if (find_section(all, l->key, l->value) != NULL) {
            die(l->file, l->number, "second %s %s", l->key, l->value);
        }
        *present = add_section(all);
        (*present)->kind = l->key;
        (*present)->name = l->value;
    } else if (*present == NULL) {
        die(l->file, l->number, "line before the first case");
    }
    add_line(*present, l);
}

void read_file(struct sections *all, const char *file) {
    struct section *present = NULL;
    int number = 0;
    for (char *text = read_all(file), *next; text != NULL && *text != '\0'; text = next) {
        struct line l = {.file = file, .number = ++number};
        next = strchr(text, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        if (text[0] != '\0' && text[0] != '#') {
            take_line(all, &present, &l, text);
        }
    }
}

const struct section *find_section(const struct sections *all, const char *kind, const char *name) {
    for (size_t i = 0; i < all->count; i++) {
        const struct section *section = &all->items[i];
        if (strcmp(section->kind, kind) == 0 && strcmp(section->name, name) == 0) {
            return section;
        }
    }
    return NULL;
}
