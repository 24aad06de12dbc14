/* SPDX-License-Identifier: MIT */
/* The alphabet of base64 (RFC 4648 4), both ways. */

#include "sasl/sasl.h"

char smtplite_base64_char(uint32_t value) {
    value &= 63;
    if (value < 26)
        return (char)('A' + value);
    if (value < 52)
        return (char)('a' + (value - 26));
    if (value < 62)
        return (char)('0' + (value - 52));
    return value == 62 ? '+' : '/';
}

int smtplite_base64_value(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}
