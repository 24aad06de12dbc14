/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TLS_DER_H
#define TESTS_TLS_DER_H

/* Certificates written by hand: sound to the last octet, but for what a test gives as names. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DER_MAX = 8192 };

struct der_text {
    size_t n;
    uint8_t p[DER_MAX];
};

static inline void der_add(struct der_text *text, const void *p, size_t n) {
    if (n > DER_MAX - text->n)
        abort();
    if (n > 0)
        memcpy(text->p + text->n, p, n);
    text->n += n;
}

/* One element: its tag, the shortest length, and the content. */
static inline void der_put(struct der_text *out, uint8_t tag, const void *p, size_t n) {
    uint8_t header[4] = {tag, (uint8_t)n, 0, 0};
    size_t len = 2;
    if (n >= 0x100) {
        header[1] = 0x82;
        header[2] = (uint8_t)(n >> 8);
        header[3] = (uint8_t)n;
        len = 4;
    } else if (n >= 0x80) {
        header[1] = 0x81;
        header[2] = (uint8_t)n;
        len = 3;
    }
    der_add(out, header, len);
    der_add(out, p, n);
}

/* What was written so far becomes the content of one element. */
static inline void der_wrap(struct der_text *text, uint8_t tag) {
    struct der_text inner = *text;
    text->n = 0;
    der_put(text, tag, inner.p, inner.n);
}

/* An extension subjectAltName around octets that may be anything. */
static inline void der_put_names(struct der_text *out, const void *names, size_t n) {
    static const uint8_t head[] = {0x06, 0x03, 0x55, 0x1d, 0x11};
    static struct der_text extension;
    extension.n = 0;
    der_add(&extension, head, sizeof head);
    der_put(&extension, 0x04, names, n);
    der_put(out, 0x30, extension.p, extension.n);
}

/* The whole certificate, around extensions that may be anything. */
static inline void der_make(struct der_text *out, const void *extensions, size_t n) {
    static const uint8_t head[] = {
        0xa0, 0x03, 0x02, 0x01, 0x02,                                     /* version 3 */
        0x02, 0x01, 0x01,                                                 /* serial number */
        0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, /* ecdsa-with-SHA256 */
        0x02, 0x30, 0x00,                                                 /* issuer */
        0x30, 0x1e, 0x17, 0x0d, '2',  '5',  '0',  '1',  '0',  '1',  '0',  '0',  '0',  '0', '0',
        '0',  'Z',  0x17, 0x0d, '4',  '5',  '0',  '1',  '0',  '1',  '0',  '0',  '0',  '0', '0',
        '0',  'Z',  0x30, 0x12, 0x31, 0x10, 0x30, 0x0e, 0x06, 0x03, 0x55, 0x04, 0x03, /* subject:
                                                                                         CN=cn.test
                                                                                       */
        0x0c, 0x07, 'c',  'n',  '.',  't',  'e',  's',  't',  0x30, 0x0d, /* key: Ed25519, cut */
        0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x04, 0x00, 1,    2,    3,
    };
    static const uint8_t tail[] = {
        0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02, /* once more */
        0x03, 0x02, 0x00, 0x00,                                                 /* signature */
    };
    static struct der_text list;
    list.n = 0;
    der_add(&list, extensions, n);
    der_wrap(&list, 0x30);
    out->n = 0;
    der_add(out, head, sizeof head);
    der_put(out, 0xa3, list.p, list.n);
    der_wrap(out, 0x30);
    der_add(out, tail, sizeof tail);
    der_wrap(out, 0x30);
}

#endif
