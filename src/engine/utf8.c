/* SPDX-License-Identifier: MIT */
/* UTF-8 (RFC 3629), strictly: what a lax decoder takes for another character is none. */

#include "engine/text.h"

#include <stdint.h>

/* Overlong forms, surrogates and what is beyond U+10FFFF show in the first two octets. */
size_t smtplite_utf8_length(const char *p) {
    unsigned first = (uint8_t)*p;
    size_t n = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    for (size_t i = 1; i < n; i++)
        if (((uint8_t)p[i] & 0xC0) != 0x80)
            return 0;
    unsigned pair = n == 1 ? 0xC280 : first << 8 | (uint8_t)p[1];
    if (pair < 0xC280 || pair > 0xF48F || (pair ^ 0xE000) < 0xA0 || (pair ^ 0xEDA0) < 0x20 ||
        (pair ^ 0xF000) < 0x90)
        return 0;
    return n;
}

enum smtplite_error smtplite_utf8_check(const char *text) {
    while (*text != '\0') {
        size_t n = smtplite_utf8_length(text);
        if (n == 0)
            return SMTPLITE_E_ADDRESS;
        if ((uint8_t)text[0] == 0xC2 && (uint8_t)text[1] < 0xA0)
            return SMTPLITE_E_CONTROL;
        text += n;
    }
    return SMTPLITE_E_OK;
}
