/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_TEXT_H
#define SMTPLITE_TEXT_H

/* What of the C library's strings engine and mechanisms need (text.c). */

#include <stdbool.h>
#include <stddef.h>

#include "smtplite/errors.h"

/* Looks at 65,535 octets at most: every limit here is smaller. */
size_t smtplite_text_length(const char *text);
bool smtplite_text_equal(const char *a, const char *b);

/* Octets of the UTF-8 character at p, which a NUL ends at the latest; 0: it is none. */
size_t smtplite_utf8_length(const char *p);
/* Of an address: ADDRESS if it is no UTF-8, CONTROL if it has U+0080 to U+009F. */
enum smtplite_error smtplite_utf8_check(const char *text);

#endif
