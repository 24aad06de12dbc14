/* SPDX-License-Identifier: MIT */
#ifndef TESTS_INTEROP_JSON_H
#define TESTS_INTEROP_JSON_H

/* What the programs of the interop tests print: JSON, on stdout. */

/* Octets over 127 are shown as if they were Latin-1. */
void json_string(const char *text);
/* , "key": "text" */
void json_member(const char *key, const char *text);

#endif
