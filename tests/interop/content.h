/* SPDX-License-Identifier: MIT */
#ifndef TESTS_INTEROP_CONTENT_H
#define TESTS_INTEROP_CONTENT_H

/* The content of a mail of the interop tests: a file as it is, or a message that the composer
 * makes; either in pieces of a chosen size, with a copy of what was given, and with a failure on
 * demand. */

#include <stdio.h>

#include "smtplite/file.h"
#include "smtplite/message.h"

#define CONTENT_PARTS 8

/* What is to be sent, as the command line says it. */
struct content {
    const char *path;    /* a message, header and all; NULL: it is composed of what follows */
    const char *subject; /* UTF-8 */
    const char *name;    /* the sender's display name, UTF-8 */
    struct content_part {
        const char *path;
        const char *name; /* file name, UTF-8; NULL: none */
        enum smtplite_part_kind kind;
        uint32_t length; /* what is said of it, if `lies` */
        bool lies;
    } parts[CONTENT_PARTS];
    size_t part_count;
    size_t piece_size; /* 0: as large as they come */
    size_t fail_at;    /* so many octets are given, then the source fails; 0: it does not */
    const char *copy;  /* the file that gets what was given; NULL: none */
    uint32_t size;     /* filled: what the composer told of it, octets */

    /* private */
    struct smtplite_source inner;
    struct smtplite_message message;
    struct smtplite_mailbox mailboxes[2];
    struct smtplite_part made[CONTENT_PARTS];
    struct smtplite_file files[CONTENT_PARTS];
    struct smtplite_memory texts[CONTENT_PARTS];
    struct smtplite_memory whole;
    const char *p; /* the rest of the piece that the inner source lent */
    size_t left;
    size_t given;
    FILE *copied;
};

/* Opens the files. mail: its sender and first recipient stand in a composed header; its size is set
 * to that of a file. Ends the program if something is not there. */
void content_open(struct content *content, struct smtplite_mail *mail);
struct smtplite_source content_source(struct content *content);
void content_close(struct content *content);

#endif
