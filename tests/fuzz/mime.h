/* SPDX-License-Identifier: MIT */
#ifndef MIME_H
#define MIME_H

/*
 * A reader of messages for compose_fuzz.c (RFC 5322, 2045, 2046, 2047): header fields, leaves of
 * the multiparts in their order, decoded. It knows what the composer may write and no more; what it
 * cannot read is wrong.
 */

#include <stdbool.h>
#include <stddef.h>

enum { FIELDS_MAX = 64, LEAVES_MAX = 16, DECODED_MAX = 1 << 16 };

struct mime_field {
    const char *name;
    size_t name_len;
    const char *value; /* behind the colon, folded as it is */
    size_t value_len;
};

struct mime_leaf {
    bool as_is; /* 7bit or 8bit */
    bool quoted;
    const char *p;
    size_t n;
};

struct mime {
    struct mime_field fields[FIELDS_MAX]; /* of the message's header */
    size_t field_count;
    struct mime_leaf leaves[LEAVES_MAX];
    size_t leaf_count;
    unsigned multiparts;
    char decoded[DECODED_MAX];
    size_t decoded_len;
};

/* Gives what is wrong, or NULL. */
const char *mime_read(struct mime *mime, const char *p, size_t n);
/* Encoded words and folds taken back; gives the length. to: as long as the value. */
size_t mime_unfold(const struct mime_field *field, char *to);
bool mime_is(const struct mime_field *field, const char *name);

#endif
