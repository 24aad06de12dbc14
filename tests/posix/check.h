/* SPDX-License-Identifier: MIT */
#ifndef TESTS_POSIX_CHECK_H
#define TESTS_POSIX_CHECK_H

/* One line for each failed check, one at the end. Checks are made by the main thread alone. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned checks_passed;
static unsigned checks_failed;

static void check_at(int line, int good, const char *what, const char *format, ...) {
    va_list args;
    if (good) {
        checks_passed++;
        return;
    }
    checks_failed++;
    printf("line %d: %s: ", line, what);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    fflush(stdout);
    if (getenv("CHECK_STOP") != NULL) /* for the proofs: one failure is enough */
        exit(EXIT_FAILURE);
}

/* CHECK(condition, "format", values...): the values are shown when it fails. */
#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        int good_ = (condition) ? 1 : 0; /* before the values: it may change them */               \
        check_at(__LINE__, good_, #condition, __VA_ARGS__);                                        \
    } while (0)

static int checks_end(const char *name) {
    printf("%s: %u passed, %u failed\n", name, checks_passed, checks_failed);
    return checks_failed == 0 && checks_passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
