/* SPDX-License-Identifier: MIT */
/*
 * A file as a source. How long a regular file is may have been told before its first octet left
 * (part.length, mail.size), so one that grows or shrinks while it is read is given up and not cut.
 *
 * O_NONBLOCK: neither opening nor reading a pipe waits for its writer. poll() comes before each
 * read of what is no regular file, for read() cannot tell a pipe whose writer has not come yet from
 * one whose writer is gone.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#define _FILE_OFFSET_BITS 64 /* a file of 3 GB on a 32-bit system */

#include "smtplite/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Takes over what fstat says; false, with errno: it is nothing to read. */
static bool look_at(struct smtplite_file *file) {
    struct stat facts;
    if (fstat(file->fd, &facts) != 0)
        return false;
    errno = EISDIR;
    if (S_ISDIR(facts.st_mode))
        return false;
    errno = EFBIG;
    if (S_ISREG(facts.st_mode) && (uintmax_t)facts.st_size > UINT32_MAX)
        return false;
    file->has_length = S_ISREG(facts.st_mode) && facts.st_size > 0;
    file->length = file->has_length ? (uint32_t)facts.st_size : 0;
    return true;
}

bool smtplite_file_open(struct smtplite_file *file, const char *path) {
    memset(file, 0, offsetof(struct smtplite_file, buffer));
    file->path = path;
    file->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    file->is_open = file->fd >= 0;
    if (file->is_open && look_at(file))
        return true;
    file->error = errno;
    smtplite_file_close(file);
    return false;
}

void smtplite_file_close(struct smtplite_file *file) {
    if (file->is_open)
        (void)close(file->fd);
    file->is_open = false;
}

static enum smtplite_source_state spoil(struct smtplite_file *file, int error) {
    if (file->error == 0 && !file->spoilt)
        file->error = error;
    file->spoilt = true;
    return SMTPLITE_SOURCE_FAILED;
}

/* False: a read would wait, or take no writer yet for the end. */
static bool is_ready(const struct smtplite_file *file) {
    struct pollfd watched = {.fd = file->fd, .events = POLLIN, .revents = 0};
    return file->has_length || poll(&watched, 1, 0) > 0;
}

static bool is_as_long_as_said(const struct smtplite_file *file, size_t more) {
    size_t left = file->length - file->count;
    return !file->has_length || (more > 0 ? more <= left : left == 0);
}

enum smtplite_source_state smtplite_file_read(void *context, const char **p, size_t *n) {
    struct smtplite_file *file = context;
    if (!file->is_open || file->spoilt)
        return spoil(file, EBADF);
    if (!is_ready(file))
        return SMTPLITE_SOURCE_NOT_YET;
    ssize_t got = read(file->fd, file->buffer, sizeof file->buffer);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return SMTPLITE_SOURCE_NOT_YET;
    if (got < 0)
        return spoil(file, errno);
    if (!is_as_long_as_said(file, (size_t)got))
        return spoil(file, 0);
    if (got == 0)
        return SMTPLITE_SOURCE_END;
    file->count += file->has_length ? (uint32_t)got : 0;
    *p = file->buffer;
    *n = (size_t)got;
    return SMTPLITE_SOURCE_PIECE;
}

bool smtplite_file_rewind(void *context) {
    struct smtplite_file *file = context;
    if (!file->is_open || file->spoilt || lseek(file->fd, 0, SEEK_SET) != 0)
        return false;
    file->count = 0;
    return true;
}

struct smtplite_source smtplite_file_source(struct smtplite_file *file) {
    struct smtplite_source source = {
        .context = file, .read = smtplite_file_read, .rewind = smtplite_file_rewind};
    return source;
}

void smtplite_file_reason(const struct smtplite_file *file, char *text, size_t size) {
    const char *words = "it has another length than when it was opened";
    if (file->error != 0)
        words = strerror(file->error);
    text[0] = '\0';
    if (file->error != 0 || file->spoilt)
        (void)snprintf(text, size, "%s: %s", file->path, words);
}
