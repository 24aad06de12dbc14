/* SPDX-License-Identifier: MIT */

#include "json.h"

#include <stdio.h>

void json_string(const char *text) {
    putchar('"');
    for (; *text != '\0'; text++) {
        unsigned octet = (unsigned char)*text;
        if (octet < ' ' || octet > '~' || octet == '"' || octet == '\\')
            printf("\\u%04x", octet);
        else
            putchar(*text);
    }
    putchar('"');
}

void json_member(const char *key, const char *text) {
    printf(", \"%s\": ", key);
    json_string(text);
}
