/* SPDX-License-Identifier: MIT */
/* Base64 (RFC 4648 4). */

#include "sasl/sasl.h"

static char base64_char(uint32_t value) {
    value &= 63;
    if (value < 26)
        return (char)('A' + value);
    if (value < 52)
        return (char)('a' + (value - 26));
    if (value < 62)
        return (char)('0' + (value - 52));
    return value == 62 ? '+' : '/';
}

void smtplite_base64_encode(const void *p, size_t n, char *quad) {
    const uint8_t *octets = p;
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; i++)
        bits = bits << 8 | (i < n ? octets[i] : 0u);
    for (size_t i = 0; i < 4; i++)
        quad[i] = i <= n ? base64_char(bits >> (18 - 6 * i)) : '=';
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
