/* SPDX-License-Identifier: MIT */
#ifndef TESTS_POSIX_INTERPOSE_H
#define TESTS_POSIX_INTERPOSE_H

/*
 * The system calls of the POSIX transport, counted, and bent on demand, for the thread that sets
 * `interpose` (a server's thread has its own, which is zero). The functions of this program come
 * before those of the C library, so no linker option is needed.
 */

#include <stdbool.h>
#include <stddef.h>

struct interpose {
    size_t writes;      /* calls of sendmsg that moved something */
    size_t write_bytes; /* by them */
    size_t reads;       /* calls of recv that moved something, peeks not counted */
    size_t polls;
    size_t write_cap;   /* > 0: no sendmsg moves more */
    size_t read_cap;    /* > 0: no recv moves more */
    unsigned interrupt; /* > 0: each n-th call ends with EINTR */
    size_t calls;       /* of any of them */
    size_t fail_at;     /* > 0: this call fails */
    int fail_errno;     /* with this */
    size_t injected;    /* how many calls were made to fail, or interrupted */
};

extern _Thread_local struct interpose interpose;

void interpose_reset(void);

#endif
