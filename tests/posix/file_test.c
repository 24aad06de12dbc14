/* SPDX-License-Identifier: MIT */
/* A file as a source: whole, of every kind, and changed or gone while it is read. */
#define _POSIX_C_SOURCE   200809L
#define _FILE_OFFSET_BITS 64
#include "check.h"

#include "smtplite/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = SMTPLITE_FILE_BUFFER, CONTENT_MAX = 3 * BUFFER };

static char folder[] = "/tmp/smtplite.XXXXXX";
static char path[64];
static char content[CONTENT_MAX];
static char got[CONTENT_MAX];
static struct smtplite_file file;
static char words[200];

static const char *reason(void) {
    smtplite_file_reason(&file, words, sizeof words);
    return words;
}

static bool says(const char *end) {
    size_t len = strlen(reason());
    return len > strlen(end) && strcmp(words + len - strlen(end), end) == 0 &&
           strncmp(words, file.path, strlen(file.path)) == 0;
}

static void write_to(int flags, size_t n) {
    int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);
    if (fd < 0 || write(fd, content, n) != (ssize_t)n || close(fd) != 0)
        abort();
}

/* A new file of n octets, opened. */
static void make(size_t n) {
    (void)unlink(path);
    write_to(O_TRUNC, n);
    CHECK(smtplite_file_open(&file, path), "%s", reason());
}

/* Reads until it gives no piece, into `got`; *n: octets. */
static enum smtplite_source_state read_all(size_t *n) {
    struct smtplite_source source = smtplite_file_source(&file);
    enum smtplite_source_state state;
    const char *p = NULL;
    size_t len = 0;
    *n = 0;
    while ((state = source.read(source.context, &p, &len)) == SMTPLITE_SOURCE_PIECE) {
        CHECK(len > 0 && *n + len <= sizeof got, "a piece of %zu behind %zu", len, *n);
        if (len == 0 || *n + len > sizeof got)
            abort();
        memcpy(got + *n, p, len);
        *n += len;
    }
    return state;
}

static void check_read(size_t wanted) {
    size_t n = 0;
    enum smtplite_source_state state = read_all(&n);
    CHECK(state == SMTPLITE_SOURCE_END, "%zu octets: %d, %s", wanted, state, reason());
    CHECK(n == wanted && memcmp(got, content, n) == 0, "%zu of %zu", n, wanted);
}

static void check_failure(const char *what, const char *end) {
    size_t n = 0;
    CHECK(read_all(&n) == SMTPLITE_SOURCE_FAILED, "%s", what);
    CHECK(n <= file.length, "%s: %zu of %u", what, n, (unsigned)file.length);
    CHECK(read_all(&n) == SMTPLITE_SOURCE_FAILED, "%s, and again", what);
    CHECK(says(end), "%s: %s", what, words);
    CHECK(!smtplite_file_rewind(&file), "%s: rewound", what);
    smtplite_file_close(&file);
    CHECK(says(end), "%s, closed: %s", what, words);
}

static void test_whole(void) {
    static const size_t sizes[] = {0,      1,          57,         BUFFER - 1,
                                   BUFFER, BUFFER + 1, 2 * BUFFER, CONTENT_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        make(sizes[i]);
        CHECK(file.has_length == (sizes[i] > 0), "%zu", sizes[i]);
        CHECK(file.length == sizes[i], "%u of %zu", (unsigned)file.length, sizes[i]);
        check_read(sizes[i]);
        check_read(0);
        CHECK(smtplite_file_rewind(&file), "%zu", sizes[i]);
        check_read(sizes[i]);
        CHECK(*reason() == '\0', "%s", words);
        smtplite_file_close(&file);
        smtplite_file_close(&file);
    }
}

/* Begun anew in the middle it is whole again. */
static void test_rewind_in_the_middle(void) {
    const char *p;
    size_t n;
    make(CONTENT_MAX);
    CHECK(smtplite_file_read(&file, &p, &n) == SMTPLITE_SOURCE_PIECE, "%s", reason());
    CHECK(smtplite_file_rewind(&file), "%s", reason());
    check_read(CONTENT_MAX);
    smtplite_file_close(&file);
}

static void test_changed(void) {
    static const char other[] = "it has another length than when it was opened";
    const char *p;
    size_t n;
    make(BUFFER);
    write_to(O_APPEND, 1);
    check_failure("grown", other);
    make(2 * BUFFER);
    CHECK(truncate(path, BUFFER + 1) == 0, "errno %d", errno);
    check_failure("shrunk", other);
    make(2 * BUFFER);
    CHECK(smtplite_file_read(&file, &p, &n) == SMTPLITE_SOURCE_PIECE, "%s", reason());
    CHECK(truncate(path, 0) == 0, "errno %d", errno);
    check_failure("emptied in the middle", other);
    make(BUFFER);
    CHECK(smtplite_file_read(&file, &p, &n) == SMTPLITE_SOURCE_PIECE, "%s", reason());
    write_to(O_APPEND, BUFFER);
    check_failure("grown before its end was seen", other);
}

static void test_gone(void) {
    make(CONTENT_MAX);
    CHECK(unlink(path) == 0, "errno %d", errno);
    check_read(CONTENT_MAX);
    smtplite_file_close(&file);
    check_failure("closed", strerror(EBADF));
    CHECK(!smtplite_file_open(&file, path), "a file that is not there");
    check_failure("not there", strerror(ENOENT));
}

/* A block of zeros, as a static one is before its open, is not taken for file 0: stdin. */
static void test_zeros(void) {
    static struct smtplite_file zeros;
    const char *p;
    size_t n;
    struct stat before, after;
    int kept = dup(STDIN_FILENO);
    make(5);
    CHECK(dup2(file.fd, STDIN_FILENO) == STDIN_FILENO, "errno %d", errno);
    CHECK(!smtplite_file_rewind(&zeros), "stdin is rewound");
    CHECK(smtplite_file_read(&zeros, &p, &n) == SMTPLITE_SOURCE_FAILED, "stdin is read");
    CHECK(fstat(STDIN_FILENO, &before) == 0, "errno %d", errno);
    smtplite_file_close(&zeros);
    CHECK(fstat(STDIN_FILENO, &after) == 0 && before.st_ino == after.st_ino, "stdin is closed");
    smtplite_file_close(&file);
    CHECK(kept < 0 || dup2(kept, STDIN_FILENO) == STDIN_FILENO, "errno %d", errno);
    if (kept >= 0)
        (void)close(kept);
}

static void check_refused(const char *which, int error) {
    CHECK(!smtplite_file_open(&file, which), "%s", which);
    CHECK(says(strerror(error)), "%s: %s", which, words);
    CHECK(!file.is_open, "%s stays open", which);
}

/* root reads what nobody may: as root the part that asks for permission has nothing to see. */
static void test_refused(void) {
    check_refused(folder, EISDIR);
    check_refused("", ENOENT);
    make(1);
    smtplite_file_close(&file);
    CHECK(chmod(path, 0) == 0, "errno %d", errno);
    if (geteuid() != 0 || seteuid(65534) == 0) {
        check_refused(path, EACCES);
        CHECK(geteuid() != 65534 || seteuid(0) == 0, "errno %d", errno);
    }
    make(1);
    smtplite_file_close(&file);
    CHECK(truncate(path, 0xFFFFFFFF) == 0, "errno %d", errno); /* a hole: it takes no room */
    CHECK(smtplite_file_open(&file, path), "%s", reason());
    CHECK(file.has_length && file.length == 0xFFFFFFFF, "%u", (unsigned)file.length);
    smtplite_file_close(&file);
    CHECK(truncate(path, 0x100000000) == 0, "errno %d", errno);
    check_refused(path, EFBIG);
}

/* A file of /proc says that it has no octets, and is read all the same; its mem fails at 0. */
static void test_proc(void) {
    const char *p = "";
    size_t n = 0;
    CHECK(smtplite_file_open(&file, "/proc/stat"), "%s", reason());
    CHECK(!file.has_length, "%u", (unsigned)file.length);
    CHECK(smtplite_file_read(&file, &p, &n) == SMTPLITE_SOURCE_PIECE, "%s", reason());
    CHECK(n > 4 && memcmp(p, "cpu ", 4) == 0, "%.*s", (int)n, p);
    smtplite_file_close(&file);
    CHECK(smtplite_file_open(&file, "/proc/self/mem"), "%s", reason());
    check_failure("a disk that fails", strerror(EIO));
}

/* A pipe whose writer comes late, rests, and goes: it never blocks, and its end is the writer's. */
static void test_pipe(void) {
    const char *p = "";
    size_t n = 0;
    (void)unlink(path);
    CHECK(mkfifo(path, 0600) == 0, "errno %d", errno);
    CHECK(smtplite_file_open(&file, path), "%s", reason());
    CHECK(!file.has_length, "a pipe has no length");
    CHECK(smtplite_file_read(&file, &p, &n) == SMTPLITE_SOURCE_NOT_YET, "no writer yet");
    int writer = open(path, O_WRONLY | O_NONBLOCK);
    CHECK(smtplite_file_read(&file, &p, &n) == SMTPLITE_SOURCE_NOT_YET, "nothing written yet");
    CHECK(write(writer, "abc", 3) == 3, "errno %d", errno);
    CHECK(smtplite_file_read(&file, &p, &n) == SMTPLITE_SOURCE_PIECE, "%s", reason());
    CHECK(n == 3 && memcmp(p, "abc", 3) == 0, "%zu", n);
    CHECK(smtplite_file_read(&file, &p, &n) == SMTPLITE_SOURCE_NOT_YET, "the writer rests");
    CHECK(write(writer, content, 5) == 5 && close(writer) == 0, "errno %d", errno);
    check_read(5);
    CHECK(!smtplite_file_rewind(&file), "a pipe cannot begin anew");
    CHECK(*reason() == '\0', "%s", words);
    smtplite_file_close(&file);
}

static void test_device(void) {
    CHECK(smtplite_file_open(&file, "/dev/null"), "%s", reason());
    CHECK(!file.has_length, "a device has no length");
    check_read(0);
    smtplite_file_close(&file);
}

/* Words that do not fit are cut, and end all the same. */
static void test_short_words(void) {
    CHECK(!smtplite_file_open(&file, "/nowhere"), "%s", "/nowhere");
    for (size_t size = 1; size < 12; size++) {
        memset(words, '#', sizeof words);
        smtplite_file_reason(&file, words, size);
        CHECK(strlen(words) < size, "%zu", size);
        CHECK(words[size] == '#', "%zu: beyond its end", size);
    }
}

int main(void) {
    if (mkdtemp(folder) == NULL)
        abort();
    (void)snprintf(path, sizeof path, "%s/file", folder);
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (char)(i * 7 + i / 251);
    test_whole();
    test_rewind_in_the_middle();
    test_changed();
    test_gone();
    test_zeros();
    test_refused();
    test_proc();
    test_pipe();
    test_device();
    test_short_words();
    (void)unlink(path);
    (void)rmdir(folder);
    return checks_end("posix_file");
}
