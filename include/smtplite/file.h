/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_FILE_H
#define SMTPLITE_FILE_H

/* A file as a source, on POSIX: an attachment, or a whole message. */

#include "smtplite/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SMTPLITE_FILE_BUFFER 4096

/* Made by smtplite_file_open. It must stay where it is: the source's context points to it. */
struct smtplite_file {
    uint32_t length; /* filled by open: octets, for struct smtplite_part; if has_length */
    bool has_length; /* a regular file. Not a pipe, a device, nor one that says 0, as those of /proc
                        do, whatever they hold: it is read to its end */

    /* private */
    bool is_open; /* a block of zeros has no file: its fd is stdin's */
    bool spoilt;  /* it was read, and failed */
    int fd;
    int error; /* errno; with `spoilt` and 0: its length has changed */
    uint32_t count;
    const char *path;
    char buffer[SMTPLITE_FILE_BUFFER];
};

/* Opens a file for reading; it is read from its start. path: borrowed until smtplite_file_close.
 * False: there is none, it cannot be read, it is a folder, or has over 4 GiB - 1 octets:
 * smtplite_file_reason says which. */
bool smtplite_file_open(struct smtplite_file *file, const char *path);

/*
 * Its octets, as a source for smtplite_send or for a part. A read blocks no longer than the file's
 * disk does; a pipe that has nothing yet gives NOT_YET. A file that turns out longer or shorter
 * than it was when it was opened FAILED, and so did one that was not opened, a block of zeros too.
 * An open file that is deleted, or replaced by another, is still the one that was opened.
 */
struct smtplite_source smtplite_file_source(struct smtplite_file *file);
enum smtplite_source_state smtplite_file_read(void *file, const char **p, size_t *n);
/* False: a pipe, or a file that failed. */
bool smtplite_file_rewind(void *file);

/* What was wrong, in words for a log, e.g. "report.pdf: No such file or directory"; "" if nothing
 * was. Filled into text, always NUL-terminated, cut to fit; size > 0. */
void smtplite_file_reason(const struct smtplite_file *file, char *text, size_t size);

/* May be called twice, after an open that failed, and on a block of zeros. The reason stays. */
void smtplite_file_close(struct smtplite_file *file);

#ifdef __cplusplus
}
#endif

#endif
