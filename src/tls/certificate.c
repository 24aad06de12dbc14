/* SPDX-License-Identifier: MIT */
/*
 * Who a certificate names (RFC 5280 4.2.1.6, RFC 9525), and its key, read from its DER.
 *
 * A cursor, struct der, is what is left of one element's content. take() takes one element off it
 * and gives that element's content as a cursor of its own, which never reaches beyond its parent:
 * so no length is trusted. Only DER is taken: a length has one form, and nothing stands behind the
 * last element. Whatever is not sound makes the certificate CERTIFICATE, even where a name has
 * matched.
 *
 * Names are compared with their lengths: a NUL in a dNSName ends nothing (the null-prefix attack).
 */
#include <string.h>

#include "smtplite/tls_port.h"

struct der {
    const uint8_t *p;
    size_t n;
};

enum tag {
    BOOLEAN = 0x01,
    INTEGER = 0x02,
    BIT_STRING = 0x03,
    OCTET_STRING = 0x04,
    OBJECT_IDENTIFIER = 0x06,
    SEQUENCE = 0x30,
    VERSION = 0xa0,
    ISSUER_ID = 0x81,
    SUBJECT_ID = 0x82,
    EXTENSIONS = 0xa3,
    DNS_NAME = 0x82,
    IP_ADDRESS = 0x87
};

enum { ADDRESS_MAX = 16, HOST_MAX = 253, LABEL_MAX = 63 };

/* ---- DER ----------------------------------------------------------------------------------- */

/* Indefinite, longer than it must be, or beyond three octets: no DER that a certificate needs. */
static bool take_length(struct der *in, size_t *len) {
    size_t count = 0;
    *len = *in->p++;
    in->n--;
    if (*len < 0x80)
        return *len <= in->n;
    count = *len - 0x80;
    if (count == 0 || count > 3 || count > in->n || in->p[0] == 0)
        return false;
    *len = 0;
    for (in->n -= count; count > 0; count--)
        *len = *len << 8 | *in->p++;
    return *len >= 0x80 && *len <= in->n;
}

static bool is_next(const struct der *in, enum tag tag) {
    return in->n > 0 && in->p[0] == tag;
}

/* Takes the next element, whatever it is, and gives its tag. Tags of several octets have no place
 * in a certificate. */
static bool take_any(struct der *in, uint8_t *tag, struct der *value) {
    if (in->n < 2 || (in->p[0] & 0x1f) == 0x1f)
        return false;
    *tag = *in->p++;
    in->n--;
    if (!take_length(in, &value->n))
        return false;
    value->p = in->p;
    in->p += value->n;
    in->n -= value->n;
    return true;
}

static bool take(struct der *in, enum tag tag, struct der *value) {
    uint8_t found = 0;
    return is_next(in, tag) && take_any(in, &found, value);
}

static bool skip(struct der *in, enum tag tag) {
    struct der value;
    return take(in, tag, &value);
}

static bool skip_optional(struct der *in, enum tag tag) {
    return !is_next(in, tag) || skip(in, tag);
}

/* ---- The certificate ----------------------------------------------------------------------- */

/* From behind the version: serialNumber, signature, issuer, validity, subject. */
static bool skip_to_key(struct der *in) {
    return skip(in, INTEGER) && skip(in, SEQUENCE) && skip(in, SEQUENCE) && skip(in, SEQUENCE) &&
           skip(in, SEQUENCE);
}

static bool take_extensions(struct der *in, struct der *extensions) {
    struct der outer;
    extensions->n = 0;
    if (in->n == 0)
        return true;
    return take(in, EXTENSIONS, &outer) && in->n == 0 && take(&outer, SEQUENCE, extensions) &&
           outer.n == 0;
}

/* key: the element whole, with its header. */
static bool open_certificate(const void *der, size_t n, struct der *key, struct der *extensions) {
    struct der file, certificate, body;
    file.p = der;
    file.n = n;
    if (!take(&file, SEQUENCE, &certificate) || file.n > 0 ||
        !take(&certificate, SEQUENCE, &body) || !skip(&certificate, SEQUENCE) ||
        !skip(&certificate, BIT_STRING) || certificate.n > 0)
        return false;
    if (!skip_optional(&body, VERSION) || !skip_to_key(&body))
        return false;
    *key = body;
    if (!skip(&body, SEQUENCE))
        return false;
    key->n -= body.n;
    return skip_optional(&body, ISSUER_ID) && skip_optional(&body, SUBJECT_ID) &&
           take_extensions(&body, extensions);
}

enum extension { SUBJECT_ALT_NAME = 17, NAME_CONSTRAINTS = 30 };

/* All that are of interest here are 2.5.29.x. */
static bool is_extension(const struct der *id, enum extension wanted) {
    return id->n == 3 && id->p[0] == 0x55 && id->p[1] == 0x1d && id->p[2] == wanted;
}

static bool take_extension(struct der *in, struct der *id, struct der *value) {
    struct der extension;
    return take(in, SEQUENCE, &extension) && take(&extension, OBJECT_IDENTIFIER, id) &&
           skip_optional(&extension, BOOLEAN) && take(&extension, OCTET_STRING, value) &&
           extension.n == 0;
}

/* The names of subjectAltName; p NULL: it has none. Two of that extension are refused: which one
 * counts would be a matter of who reads (RFC 5280 4.2). */
static bool find_names(struct der extensions, struct der *names) {
    struct der id, value;
    names->p = NULL;
    names->n = 0;
    while (extensions.n > 0) {
        if (!take_extension(&extensions, &id, &value))
            return false;
        if (!is_extension(&id, SUBJECT_ALT_NAME))
            continue;
        if (names->p != NULL || !take(&value, SEQUENCE, names) || value.n > 0)
            return false;
    }
    return true;
}

/* ---- Addresses ----------------------------------------------------------------------------- */

/* 0 to 255 without leading zeros, which some read as octal; -1: none stands here. */
static int take_octet(struct der *text) {
    int value = 0;
    size_t count = 0;
    while (text->n > 0 && text->p[0] >= '0' && text->p[0] <= '9' && value <= 255) {
        value = value * 10 + (text->p[0] - '0');
        count++;
        text->p++;
        text->n--;
    }
    if (count == 0 || value > 255 || (count > 1 && value < 10) || (count > 2 && value < 100))
        return -1;
    return value;
}

/* Four octets with dots, and nothing behind them. */
static bool read_ipv4(struct der text, uint8_t *address) {
    for (size_t i = 0; i < 4; i++) {
        int octet = take_octet(&text);
        if (octet < 0 || (i < 3 && (text.n == 0 || text.p[0] != '.')))
            return false;
        address[i] = (uint8_t)octet;
        if (i < 3) {
            text.p++;
            text.n--;
        }
    }
    return text.n == 0;
}

static int hex_digit(uint8_t c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One to four hexadecimal digits. */
static bool take_group(struct der *text, uint8_t *out) {
    unsigned value = 0;
    size_t count = 0;
    for (; count < 4 && text->n > 0 && hex_digit(text->p[0]) >= 0; count++) {
        value = value << 4 | (unsigned)hex_digit(text->p[0]);
        text->p++;
        text->n--;
    }
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
    return count > 0;
}

/* Groups with a `:` between them, at most `cap` octets; the last two may be written as IPv4. Gives
 * how many octets were read, and stops where a second `:` follows the first; -1: no such thing. */
static int take_groups(struct der *text, uint8_t *out, size_t cap) {
    size_t len = 0;
    while (text->n > 0 && text->p[0] != ':') {
        if (cap - len >= 4 && read_ipv4(*text, out + len)) {
            text->n = 0;
            return (int)len + 4;
        }
        if (cap - len < 2 || !take_group(text, out + len))
            return -1;
        len += 2;
        if (text->n == 0 || text->p[0] != ':' || (text->n > 1 && text->p[1] == ':'))
            break;
        text->p++;
        text->n--;
        if (text->n == 0)
            return -1;
    }
    return (int)len;
}

static bool read_ipv6(struct der text, uint8_t *address) {
    uint8_t tail[ADDRESS_MAX];
    int head_len = take_groups(&text, address, ADDRESS_MAX);
    int tail_len = 0;
    if (head_len < 0 || text.n == 0)
        return head_len == ADDRESS_MAX;
    if (text.n < 2 || text.p[0] != ':' || text.p[1] != ':' || head_len > ADDRESS_MAX - 2)
        return false;
    text.p += 2;
    text.n -= 2;
    tail_len = take_groups(&text, tail, (size_t)(ADDRESS_MAX - 2 - head_len));
    if (tail_len < 0 || text.n > 0)
        return false;
    memset(address + head_len, 0, (size_t)(ADDRESS_MAX - head_len));
    memcpy(address + ADDRESS_MAX - tail_len, tail, (size_t)tail_len);
    return true;
}

/* Octets of the address that the text is: 4 or 16; 0: it is none. */
static size_t read_address(struct der text, uint8_t *address) {
    if (read_ipv4(text, address))
        return 4;
    return read_ipv6(text, address) ? 16 : 0;
}

/* An address literal without its brackets. */
static struct der strip_brackets(struct der text) {
    if (text.n > 2 && text.p[0] == '[' && text.p[text.n - 1] == ']') {
        text.p++;
        text.n -= 2;
    }
    return text;
}

/* ---- Names --------------------------------------------------------------------------------- */

static struct der text_of(const char *host) {
    struct der text = {(const uint8_t *)host, 0};
    while (host != NULL && host[text.n] != '\0' && text.n <= HOST_MAX + 1)
        text.n++;
    return text;
}

static uint8_t lower(uint8_t c) {
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

/* The `_` is none of RFC 1123, but is seen in names that people give to their own machines. */
static bool is_label_octet(uint8_t c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '_';
}

static size_t label_len(struct der text) {
    size_t len = 0;
    while (len < text.n && text.p[len] != '.')
        len++;
    return len;
}

/* Digits alone make no last label of a name, but an address that a resolver reads in its own way:
 * 127.1, 010.0.0.1 or 1.2.3.256. */
static bool is_label(struct der label, bool last) {
    bool digits = true;
    if (label.n == 0 || label.n > LABEL_MAX || label.p[0] == '-' || label.p[label.n - 1] == '-')
        return false;
    for (size_t i = 0; i < label.n; i++) {
        if (!is_label_octet(label.p[i]))
            return false;
        digits = digits && is_digit(label.p[i]);
    }
    return !(last && digits);
}

static bool is_name(struct der name) {
    if (name.n == 0 || name.n > HOST_MAX)
        return false;
    for (;;) {
        struct der label = {name.p, label_len(name)};
        if (!is_label(label, label.n == name.n))
            return false;
        if (label.n == name.n)
            return true;
        name.p += label.n + 1;
        name.n -= label.n + 1;
    }
}

static bool is_same(struct der a, struct der b) {
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

/* `*` as the whole leftmost label of an entry stands for one label of the host. Two labels must
 * follow it: `*.com` would be everybody. `f*.example.com` is a name that no host has. */
static bool matches_wildcard(struct der entry, struct der host) {
    size_t label = label_len(host);
    if (entry.n < 2 || entry.p[0] != '*' || entry.p[1] != '.' ||
        memchr(host.p, '_', host.n) != NULL)
        return false;
    entry.p++;
    entry.n--;
    host.p += label;
    host.n -= label;
    return is_same(entry, host) && memchr(host.p + 1, '.', host.n - 1) != NULL;
}

/* ---- Host against certificate -------------------------------------------------------------- */

/* Whom we want: an address, or a name (address_len 0). */
struct wanted {
    struct der name; /* or the address as text, without brackets */
    uint8_t address[ADDRESS_MAX];
    size_t address_len;
};

static bool read_host(const char *host, struct wanted *wanted) {
    wanted->name = strip_brackets(text_of(host));
    wanted->address_len = read_address(wanted->name, wanted->address);
    if (wanted->address_len > 0)
        return true;
    wanted->name = text_of(host);
    if (wanted->name.n > 1 && wanted->name.p[wanted->name.n - 1] == '.')
        wanted->name.n--; /* the root's dot, which no certificate has */
    return is_name(wanted->name);
}

/* The nine kinds of GeneralName; four of them hold elements of their own. */
static bool is_general_name(uint8_t tag) {
    unsigned kind = tag & 0x1fu;
    bool constructed = kind == 0 || (kind >= 3 && kind <= 5);
    return kind <= 8 && (tag & 0xe0) == (constructed ? 0xa0 : 0x80);
}

/* An address that stands in a dNSName names nobody (RFC 9525 6.5). */
static bool matches(const struct wanted *wanted, uint8_t tag, struct der entry) {
    if (wanted->address_len > 0)
        return tag == IP_ADDRESS && entry.n == wanted->address_len &&
               memcmp(entry.p, wanted->address, entry.n) == 0;
    return tag == DNS_NAME &&
           (is_same(entry, wanted->name) || matches_wildcard(entry, wanted->name));
}

static enum smtplite_tls_fault check_names(struct der names, const struct wanted *wanted) {
    bool found = false;
    bool any = false;
    while (names.n > 0) {
        struct der entry;
        uint8_t tag = 0;
        if (!take_any(&names, &tag, &entry) || !is_general_name(tag))
            return SMTPLITE_TLS_FAULT_CERTIFICATE;
        any = any || tag == DNS_NAME || tag == IP_ADDRESS;
        found = found || matches(wanted, tag, entry);
    }
    if (found)
        return SMTPLITE_TLS_FAULT_NONE;
    return any ? SMTPLITE_TLS_FAULT_NAME : SMTPLITE_TLS_FAULT_NO_SAN;
}

enum smtplite_tls_fault smtplite_certificate_check_host(const void *der, size_t n,
                                                        const char *host) {
    struct der key, extensions, names;
    struct wanted wanted;
    if (der == NULL || !open_certificate(der, n, &key, &extensions) ||
        !find_names(extensions, &names))
        return SMTPLITE_TLS_FAULT_CERTIFICATE;
    if (!read_host(host, &wanted))
        return SMTPLITE_TLS_FAULT_NAME;
    return check_names(names, &wanted);
}

bool smtplite_certificate_key(const void *der, size_t n, struct smtplite_octets *spki) {
    struct der key, extensions;
    if (der == NULL || !open_certificate(der, n, &key, &extensions))
        return false;
    spki->p = key.p;
    spki->n = key.n;
    return true;
}

bool smtplite_certificate_is_constrained(const void *der, size_t n) {
    struct der key, extensions, id, value;
    if (der == NULL || !open_certificate(der, n, &key, &extensions))
        return true;
    while (extensions.n > 0)
        if (!take_extension(&extensions, &id, &value) || is_extension(&id, NAME_CONSTRAINTS))
            return true;
    return false;
}

enum smtplite_host smtplite_host_read(const char *host, char bare[SMTPLITE_HOST_SIZE]) {
    struct wanted wanted;
    if (!read_host(host, &wanted))
        return SMTPLITE_HOST_NONE;
    memcpy(bare, wanted.name.p, wanted.name.n);
    bare[wanted.name.n] = '\0';
    return wanted.address_len > 0 ? SMTPLITE_HOST_ADDRESS : SMTPLITE_HOST_NAME;
}
