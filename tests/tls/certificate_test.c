/* SPDX-License-Identifier: MIT */
/* Certificates as DER: names and keys, in certificates of the openssl tool and in ones by hand. */
#define _POSIX_C_SOURCE 200809L
#include "smtplite/tls_port.h"

#include "../posix/check.h"
#include "der.h"

#include <unistd.h>

enum { DNS = 0x82, IP = 0x87, MAIL = 0x81 };

#define NONE        SMTPLITE_TLS_FAULT_NONE
#define NAME        SMTPLITE_TLS_FAULT_NAME
#define NO_SAN      SMTPLITE_TLS_FAULT_NO_SAN
#define CERTIFICATE SMTPLITE_TLS_FAULT_CERTIFICATE

/* In memory of just its size, so that a sanitizer or valgrind sees an octet read too much. */
static enum smtplite_tls_fault check_exactly(const void *der, size_t n, const char *host) {
    uint8_t *copy = malloc(n > 0 ? n : 1);
    enum smtplite_tls_fault fault;
    if (copy == NULL)
        abort();
    memcpy(copy, der, n);
    fault = smtplite_certificate_check_host(copy, n, host);
    free(copy);
    return fault;
}

/* ---- One entry against one host ------------------------------------------------------------ */

struct entry {
    const char *host;
    uint8_t tag;
    const char *p;
    size_t n;
    enum smtplite_tls_fault wanted;
};

#define ENTRY(host, tag, text, wanted)                                                             \
    { host, tag, text, sizeof text - 1, wanted }
#define V6(a, b) "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0" a b

static const struct entry entries[] = {
    ENTRY("mail.example.com", DNS, "mail.example.com", NONE),
    ENTRY("MAIL.example.com", DNS, "mail.EXAMPLE.com", NONE),
    ENTRY("mail.example.com.", DNS, "mail.example.com", NONE),
    ENTRY("localhost", DNS, "localhost", NONE),
    ENTRY("my_mail.lan", DNS, "my_mail.lan", NONE),
    ENTRY("xn--mnchen-3ya.example.com", DNS, "xn--mnchen-3ya.example.com", NONE),
    ENTRY("mail.example.com", DNS, "mail.example.com.", NAME),
    ENTRY("mail.example.com..", DNS, "mail.example.com", NAME),
    ENTRY("mail.example.com", DNS, "example.com", NAME),
    ENTRY("example.com", DNS, "mail.example.com", NAME),
    ENTRY("mail.example.com", DNS, "mail.example.co", NAME),
    ENTRY("mail.example.com", DNS, "", NAME),
    ENTRY("", DNS, "", NAME),
    ENTRY(".", DNS, "", NAME),
    ENTRY(".example.com", DNS, ".example.com", NAME),
    ENTRY(".example.com", DNS, "*.example.com", NAME),
    ENTRY("m\xc3\xbcnchen.example.com", DNS, "m\xc3\xbcnchen.example.com", NAME),
    ENTRY("mail example.com", DNS, "mail example.com", NAME),
    ENTRY("-a.example.com", DNS, "-a.example.com", NAME),
    ENTRY("a-.example.com", DNS, "*.example.com", NAME),
    /* the null-prefix attack */
    ENTRY("mail.example.com", DNS, "mail.example.com\0.evil.test", NAME),
    ENTRY("mail.example.com", DNS, "mail.example.com\0", NAME),
    ENTRY("mail.example.com", DNS, "*\0.example.com", NAME),
    /* wildcards */
    ENTRY("mail.example.com", DNS, "*.example.com", NONE),
    ENTRY("mail.EXAMPLE.com", DNS, "*.example.COM", NONE),
    ENTRY("xn--mnchen-3ya.example.com", DNS, "*.example.com", NONE),
    ENTRY("example.com", DNS, "*.example.com", NAME),
    ENTRY("a.mail.example.com", DNS, "*.example.com", NAME),
    ENTRY("example.com", DNS, "*.com", NAME),
    ENTRY("com", DNS, "*", NAME),
    ENTRY("example.com", DNS, "*", NAME),
    ENTRY("example.com", DNS, "*.", NAME),
    ENTRY("mail.example.com", DNS, "*.*.com", NAME),
    ENTRY("mail.example.com", DNS, "mail.*.com", NAME),
    ENTRY("mail.example.com", DNS, "m*.example.com", NAME),
    ENTRY("mail.example.com", DNS, "*l.example.com", NAME),
    ENTRY("mail.example.com", DNS, "**.example.com", NAME),
    ENTRY("mail.example.com", DNS, "*example.com", NAME),
    ENTRY("mail.example.com", DNS, "*.example.com.", NAME),
    ENTRY("mail.example.com", DNS, ".example.com", NAME),
    ENTRY("*.example.com", DNS, "*.example.com", NAME),
    ENTRY("xn--a.example.com", DNS, "xn--*.example.com", NAME),
    ENTRY("a_b.example.com", DNS, "*.example.com", NAME),
    /* IPv4 */
    ENTRY("192.0.2.7", IP, "\xc0\0\x02\x07", NONE),
    ENTRY("[192.0.2.7]", IP, "\xc0\0\x02\x07", NONE),
    ENTRY("0.0.0.0", IP, "\0\0\0\0", NONE),
    ENTRY("255.255.255.255", IP, "\xff\xff\xff\xff", NONE),
    ENTRY("192.0.2.8", IP, "\xc0\0\x02\x07", NAME),
    ENTRY("192.0.2.7", IP, "\xc0\0\x02", NAME),
    ENTRY("192.0.2.7", IP, "\xc0\0\x02\x07\xff\xff\xff\xff", NAME),
    ENTRY("192.0.2.7", DNS, "192.0.2.7", NAME),
    ENTRY("192.0.2.7", DNS, "*.0.2.7", NAME),
    ENTRY("192.0.2.7", IP, "192.0.2.7", NAME),
    ENTRY("192.0.02.7", IP, "\xc0\0\x02\x07", NAME),
    ENTRY("192.0.2.7.", IP, "\xc0\0\x02\x07", NAME),
    ENTRY("192.0.2", IP, "\xc0\0\0\x02", NAME),
    ENTRY("192.0.2.", IP, "\xc0\0\x02\0", NAME),
    ENTRY("192.0.2.256", IP, "\xc0\0\x02\0", NAME),
    ENTRY("192.0.2.4294967303", IP, "\xc0\0\x02\x07", NAME),
    ENTRY("192.0.2.7.1", IP, "\xc0\0\x02\x07", NAME),
    ENTRY("127.1", DNS, "127.1", NAME),
    ENTRY("010.0.0.1", DNS, "010.0.0.1", NAME),
    ENTRY("1.2.3.256", DNS, "1.2.3.256", NAME),
    ENTRY("mail.7up", DNS, "mail.7up", NONE),
    /* IPv6 */
    ENTRY("2001:db8::7", IP, V6("\0", "\x07"), NONE),
    ENTRY("[2001:DB8::7]", IP, V6("\0", "\x07"), NONE),
    ENTRY("2001:0db8:0:0:0:0:0:7", IP, V6("\0", "\x07"), NONE),
    ENTRY("2001:db8:0:0:0:0::7", IP, V6("\0", "\x07"), NONE),
    ENTRY("2001:db8:0:0:0:0:0::", IP, V6("\0", "\0"), NONE),
    ENTRY("2001:db8::192.0.2.7", IP, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\xc0\0\x02\x07", NONE),
    ENTRY("2001:db8:0:0:0:0:192.0.2.7", IP, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\xc0\0\x02\x07", NONE),
    ENTRY("::", IP, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", NONE),
    ENTRY("::1", IP, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", NONE),
    ENTRY("1::", IP, "\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0", NONE),
    ENTRY("::ffff:1.2.3.4", IP, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x01\x02\x03\x04", NONE),
    ENTRY("::ffff:102:304", IP, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x01\x02\x03\x04", NONE),
    ENTRY("::ffff:1.2.3.4", IP, "\x01\x02\x03\x04", NAME),
    ENTRY("1.2.3.4", IP, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x01\x02\x03\x04", NAME),
    ENTRY("2001:db8::7", DNS, "2001:db8::7", NAME),
    ENTRY("[2001:db8::7]", DNS, "[2001:db8::7]", NAME),
    ENTRY("[2001:db8::7", IP, V6("\0", "\x07"), NAME),
    ENTRY("2001:db8::7]", IP, V6("\0", "\x07"), NAME),
    ENTRY("[[2001:db8::7]]", IP, V6("\0", "\x07"), NAME),
    ENTRY("2001:db8::7%eth0", IP, V6("\0", "\x07"), NAME),
    ENTRY("2001:db8:::7", IP, V6("\0", "\x07"), NAME),
    ENTRY("2001:db8::0::7", IP, V6("\0", "\x07"), NAME),
    ENTRY("2001:db8::00007", IP, V6("\0", "\x07"), NAME),
    ENTRY("2001:db8:0:0:0:0:7", IP, V6("\0", "\x07"), NAME),
    ENTRY("2001:db8:0:0:0:0:0:7:", IP, V6("\0", "\x07"), NAME),
    ENTRY("2001:db8:0:0:0:0:0:0:7", IP, V6("\0", "\x07"), NAME),
    ENTRY("2001:db8:0:0:0:0:0:7::", IP, V6("\0", "\x07"), NAME),
    ENTRY(":2001:db8::7", IP, V6("\0", "\x07"), NAME),
    ENTRY(":", IP, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", NAME),
    ENTRY("[]", IP, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", NAME),
    /* an entry of another kind names nobody */
    ENTRY("mail.example.com", MAIL, "mail.example.com", NO_SAN),
};

static void make_with(struct der_text *out, const void *names, size_t n) {
    static struct der_text extensions;
    extensions.n = 0;
    der_put_names(&extensions, names, n);
    der_make(out, extensions.p, extensions.n);
}

static void test_entries(void) {
    static struct der_text names, certificate;
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        const struct entry *e = &entries[i];
        names.n = 0;
        der_put(&names, e->tag, e->p, e->n);
        der_wrap(&names, 0x30);
        make_with(&certificate, names.p, names.n);
        CHECK(check_exactly(certificate.p, certificate.n, e->host) == e->wanted, "row %zu: %s, %s",
              i, e->host, e->p);
    }
}

static void test_lengths_of_names(void) {
    static struct der_text names, certificate;
    char host[300];
    for (size_t n = 240; n < sizeof host; n++) {
        memset(host, 'a', n);
        for (size_t i = 50; i + 1 < n; i += 50)
            host[i] = '.';
        host[n] = '\0';
        names.n = 0;
        der_put(&names, DNS, host, n);
        der_wrap(&names, 0x30);
        make_with(&certificate, names.p, names.n);
        CHECK(check_exactly(certificate.p, certificate.n, host) == (n <= 253 ? NONE : NAME),
              "a host of %zu octets", n);
    }
}

/* ---- What is no DER ------------------------------------------------------------------------ */

/* "mail.example.com", the names around it and the octets around those as a test wants them. */
static void put_good_name(struct der_text *names) {
    names->n = 0;
    der_put(names, DNS, "mail.example.com", 16);
    der_wrap(names, 0x30);
}

static void check_names(const char *what, const void *names, size_t n,
                        enum smtplite_tls_fault wanted) {
    static struct der_text certificate;
    enum smtplite_tls_fault fault;
    make_with(&certificate, names, n);
    fault = check_exactly(certificate.p, certificate.n, "mail.example.com");
    CHECK(fault == wanted, "%s: %d", what, (int)fault);
}

#define MAIL_NAME                         "mail.example.com"
#define CHECK_NAMES(what, octets, wanted) check_names(what, octets, sizeof octets - 1, wanted)

static void test_unsound_names(void) {
    CHECK_NAMES("as it should be", "\x30\x12\x82\x10" MAIL_NAME, NONE);
    CHECK_NAMES("second of two", "\x30\x15\x82\x01x\x82\x10" MAIL_NAME, NONE);
    CHECK_NAMES("no names", "\x30\x00", NO_SAN);
    CHECK_NAMES("nothing", "", CERTIFICATE);
    CHECK_NAMES("a length with an octet too many", "\x30\x13\x82\x81\x10" MAIL_NAME, CERTIFICATE);
    CHECK_NAMES("the same outside", "\x30\x81\x12\x82\x10" MAIL_NAME, CERTIFICATE);
    CHECK_NAMES("a leading zero", "\x30\x82\0\x12\x82\x10" MAIL_NAME, CERTIFICATE);
    CHECK_NAMES("indefinite", "\x30\x80\x82\x10" MAIL_NAME "\0\0", CERTIFICATE);
    CHECK_NAMES("longer than what is there", "\x30\x12\x82\x11" MAIL_NAME, CERTIFICATE);
    CHECK_NAMES("the last one is cut", "\x30\x13\x82\x10" MAIL_NAME "\x82", CERTIFICATE);
    CHECK_NAMES("the last one is too long", "\x30\x14\x82\x10" MAIL_NAME "\x82\x01", CERTIFICATE);
    CHECK_NAMES("four octets of length", "\x30\x84\0\0\0\x12\x82\x10" MAIL_NAME, CERTIFICATE);
    CHECK_NAMES("length of all ones", "\x30\x83\xff\xff\xff\x82\x10" MAIL_NAME, CERTIFICATE);
    CHECK_NAMES("reserved length", "\x30\xff\x82\x10" MAIL_NAME, CERTIFICATE);
    CHECK_NAMES("octets behind the names", "\x30\x12\x82\x10" MAIL_NAME "\x05\0", CERTIFICATE);
    CHECK_NAMES("a long tag behind", "\x30\x15\x82\x10" MAIL_NAME "\x9f\x22\0", CERTIFICATE);
    CHECK_NAMES("no name's tag", "\x30\x14\x82\x10" MAIL_NAME "\x02\0", CERTIFICATE);
    CHECK_NAMES("a tenth kind of name", "\x30\x14\x82\x10" MAIL_NAME "\x89\0", CERTIFICATE);
    CHECK_NAMES("a name in pieces", "\x30\x14\x82\x10" MAIL_NAME "\xa2\0", CERTIFICATE);
    CHECK_NAMES("of any other kind", "\x30\x16\x82\x10" MAIL_NAME "\xa4\0\x88\0", NONE);
    CHECK_NAMES("a set of names", "\x31\x12\x82\x10" MAIL_NAME, CERTIFICATE);
}

static void test_extensions(void) {
    static struct der_text names, list, certificate;
    put_good_name(&names);
    list.n = 0;
    der_put_names(&list, names.p, names.n);
    der_put_names(&list, names.p, names.n);
    der_make(&certificate, list.p, list.n);
    CHECK(check_exactly(certificate.p, certificate.n, MAIL_NAME) == CERTIFICATE, "two of it");
    der_make(&certificate, NULL, 0);
    CHECK(check_exactly(certificate.p, certificate.n, "cn.test") == NO_SAN,
          "the CN is not looked at");
    list.n = 0;
    der_put_names(&list, names.p, names.n);
    list.p[1]--; /* the extension ends before its last octet, which so stands behind it */
    der_make(&certificate, list.p, list.n);
    CHECK(check_exactly(certificate.p, certificate.n, MAIL_NAME) == CERTIFICATE, "cut short");
}

static void test_constraints(void) {
    static struct der_text names, list, certificate;
    put_good_name(&names);
    list.n = 0;
    der_put_names(&list, names.p, names.n);
    der_make(&certificate, list.p, list.n);
    CHECK(!smtplite_certificate_is_constrained(certificate.p, certificate.n), "has none");
    CHECK(smtplite_certificate_is_constrained(certificate.p, certificate.n - 1), "cut");
    CHECK(smtplite_certificate_is_constrained(NULL, 0), "no certificate");
    der_add(&list, "\x30\x0b\x06\x03\x55\x1d\x1e\x04\x04\x30\x02\xa0\x00", 13);
    der_make(&certificate, list.p, list.n);
    CHECK(smtplite_certificate_is_constrained(certificate.p, certificate.n), "has them");
}

static void test_outside(void) {
    static struct der_text names, certificate;
    struct smtplite_octets key = {NULL, 0};
    put_good_name(&names);
    make_with(&certificate, names.p, names.n);
    for (size_t n = 0; n < certificate.n; n++) {
        uint8_t *cut = malloc(n > 0 ? n : 1);
        if (cut == NULL)
            abort();
        memcpy(cut, certificate.p, n);
        CHECK(check_exactly(cut, n, MAIL_NAME) == CERTIFICATE, "cut behind octet %zu", n);
        CHECK(!smtplite_certificate_key(cut, n, &key), "key, cut behind octet %zu", n);
        free(cut);
    }
    CHECK(smtplite_certificate_key(certificate.p, certificate.n, &key), "whole");
    CHECK(key.n == 15 && memcmp(key.p, "\x30\x0d\x30\x05\x06\x03\x2b\x65\x70", 9) == 0, "%zu",
          key.n);
    certificate.p[certificate.n++] = 0;
    CHECK(check_exactly(certificate.p, certificate.n, MAIL_NAME) == CERTIFICATE,
          "an octet behind it");
    CHECK(smtplite_certificate_check_host(NULL, 0, MAIL_NAME) == CERTIFICATE, "no certificate");
    CHECK(!smtplite_certificate_key(NULL, 0, &key), "no certificate");
    CHECK(check_exactly(certificate.p, certificate.n - 1, NULL) == NAME, "no host");
}

/* Every bit turned over once. Of the name's own bits, those that change the case alone do no harm.
 */
static void test_turned_bits(void) {
    static struct der_text names, certificate;
    size_t accepted = 0, from = 0;
    put_good_name(&names);
    make_with(&certificate, names.p, names.n);
    while (memcmp(certificate.p + from, MAIL_NAME, 16) != 0)
        from++;
    for (size_t bit = 0; bit < certificate.n * 8; bit++) {
        uint8_t mask = (uint8_t)(1u << bit % 8);
        size_t pos = bit / 8;
        enum smtplite_tls_fault fault;
        certificate.p[pos] ^= mask;
        fault = check_exactly(certificate.p, certificate.n, MAIL_NAME);
        certificate.p[pos] ^= mask;
        accepted += fault == NONE;
        if (pos >= from && pos < from + 16)
            CHECK(fault == (mask == 0x20 && certificate.p[pos] != '.' ? NONE : NAME), "bit %zu",
                  bit);
        else
            CHECK(fault == NONE || fault == NO_SAN || fault == CERTIFICATE, "bit %zu", bit);
    }
    CHECK(accepted > 14, "%zu accepted", accepted);
}

/* ---- Certificates of the openssl tool -------------------------------------------------------- */

static size_t read_file(const char *path, uint8_t *p, size_t cap) {
    FILE *file = fopen(path, "rb");
    size_t n = file != NULL ? fread(p, 1, cap, file) : 0;
    if (file != NULL)
        (void)fclose(file);
    return n;
}

/* In a folder of its own: certificate c.der and its key k.der. */
static bool make_real(const char *key, const char *names) {
    char command[1024];
    (void)snprintf(command, sizeof command,
                   "{ openssl req -x509 -newkey %s -nodes -keyout k.pem -subj /CN=cn.example.com "
                   "-days 2 %s%s -outform DER -out c.der && "
                   "openssl pkey -in k.pem -pubout -outform DER -out k.der; } >log 2>&1 || "
                   "{ cat log; false; }",
                   key, names != NULL ? "-addext subjectAltName=" : "", names != NULL ? names : "");
    return system(command) == 0;
}

static void check_real(const char *key, const char *names, const char *host,
                       enum smtplite_tls_fault wanted) {
    static uint8_t der[DER_MAX], public_key[DER_MAX];
    struct smtplite_octets found = {NULL, 0};
    bool made = make_real(key, names);
    size_t n = read_file("c.der", der, sizeof der);
    size_t key_n = read_file("k.der", public_key, sizeof public_key);
    CHECK(made && n > 0, "openssl, %s", key);
    CHECK(check_exactly(der, n, host) == wanted, "%s, %s", names != NULL ? names : "no names",
          host);
    CHECK(smtplite_certificate_key(der, n, &found) && key_n > 0 && found.n == key_n &&
              memcmp(found.p, public_key, key_n) == 0,
          "the key of %s", key);
}

static void test_real(void) {
    char folder[] = "build/certificate_test.XXXXXX";
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        abort();
    check_real("rsa:2048", "DNS:mail.example.com,IP:192.0.2.7,IP:2001:db8::7", "mail.example.com",
               NONE);
    check_real("ec -pkeyopt ec_paramgen_curve:P-256", "DNS:a.example,IP:192.0.2.7,IP:2001:db8::7",
               "192.0.2.7", NONE);
    check_real("ed25519", "critical,IP:192.0.2.7,IP:2001:db8::7", "[2001:db8::7]", NONE);
    check_real("ed25519", "DNS:other.example.com,email:a@mail.example.com,URI:http://b.example/",
               "mail.example.com", NAME);
    check_real("ed25519", "email:a@cn.example.com", "cn.example.com", NO_SAN);
    check_real("ed25519", NULL, "cn.example.com", NO_SAN);
    CHECK(system("rm -f k.pem c.der k.der log") == 0, "removed");
    CHECK(chdir("../..") == 0 && rmdir(folder) == 0, "removed");
}

static void test_hosts(void) {
    static const struct {
        const char *host;
        enum smtplite_host kind;
        const char *bare;
    } hosts[] = {
        {"192.0.2.7", SMTPLITE_HOST_ADDRESS, "192.0.2.7"},
        {"[192.0.2.7]", SMTPLITE_HOST_ADDRESS, "192.0.2.7"},
        {"[::1]", SMTPLITE_HOST_ADDRESS, "::1"},
        {"::ffff:1.2.3.4", SMTPLITE_HOST_ADDRESS, "::ffff:1.2.3.4"},
        {"2001:db8:1:2:3:4:5:6", SMTPLITE_HOST_ADDRESS, "2001:db8:1:2:3:4:5:6"},
        {"localhost", SMTPLITE_HOST_NAME, "localhost"},
        {"Mail.example.com", SMTPLITE_HOST_NAME, "Mail.example.com"},
        {"mail.example.com.", SMTPLITE_HOST_NAME, "mail.example.com"},
        {"a.1.2.x3", SMTPLITE_HOST_NAME, "a.1.2.x3"},
    };
    static const char *const none[] = {"",         ".",       "..",  "-",     "a b",
                                       "x..y",     ".x",      "x..", "127.1", "010.0.0.1",
                                       "1.2.3.4.", "a.1.2.3", "::g", "[::1",  "1:2:3:4:5:6:7",
                                       "[x]",      "x.[::1]"};
    char bare[SMTPLITE_HOST_SIZE];
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        CHECK(smtplite_host_read(hosts[i].host, bare) == hosts[i].kind &&
                  strcmp(bare, hosts[i].bare) == 0,
              "%s", hosts[i].host);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        CHECK(smtplite_host_read(none[i], bare) == SMTPLITE_HOST_NONE, "%s", none[i]);
    CHECK(smtplite_host_read(NULL, bare) == SMTPLITE_HOST_NONE, "no host");
}

/* Labels of 50 with dots: the longest name has 253 octets, without the root's dot. */
static void test_long_host(void) {
    char host[300], bare[SMTPLITE_HOST_SIZE];
    memset(host, 'x', sizeof host);
    for (size_t i = 50; i < sizeof host; i += 51)
        host[i] = '.';
    host[253] = '\0';
    CHECK(smtplite_host_read(host, bare) == SMTPLITE_HOST_NAME && strlen(bare) == 253, "253");
    host[253] = '.';
    host[254] = '\0';
    CHECK(smtplite_host_read(host, bare) == SMTPLITE_HOST_NAME && strlen(bare) == 253, "254");
    host[253] = 'x';
    CHECK(smtplite_host_read(host, bare) == SMTPLITE_HOST_NONE, "a name of 254");
    host[254] = '.';
    host[299] = '\0';
    CHECK(smtplite_host_read(host, bare) == SMTPLITE_HOST_NONE, "a name of 299");
}

/* ---- The options, for both ports ----------------------------------------------------------- */

#define FLAGS                                                                                      \
    (SMTPLITE_TLS_ALLOW_NO_CLOCK | SMTPLITE_TLS_PIN_INSTEAD | SMTPLITE_TLS_1_2_ONLY |              \
     SMTPLITE_TLS_NO_RESUMPTION)

static enum smtplite_tls_fault check(struct smtplite_tls_options options) {
    return smtplite_tls_options_check(&options);
}

static void test_options(void) {
    static const uint8_t pins[2][SMTPLITE_PIN_SIZE] = {{1}, {2}};
    const struct smtplite_tls_options good = {
        .host = "x.example", .pins = pins, .pin_count = 2, .flags = FLAGS, .max_fragment = 4096};
    static const char some[] = "x";
    struct smtplite_tls_options bad[12];
    CHECK(check(good) == NONE, "good");
    CHECK(smtplite_tls_options_check(NULL) == SMTPLITE_TLS_FAULT_OPTIONS, "no options");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        bad[i] = good;
    bad[0].host = NULL;
    bad[1].host = "127.1";
    bad[2].pins = NULL;
    bad[3].pin_count = 0;          /* but PIN_INSTEAD */
    bad[4].flags = FLAGS | 1 << 8; /* the config's */
    bad[5].max_fragment = 513;
    bad[6].binding = SMTPLITE_BINDING_NONE + 1;
    bad[7].ca.p = some; /* an empty file is not "none" */
    bad[8].ca.n = 1;
    bad[9].certificate.p = some;
    bad[10].key.n = 1;
    bad[11].flags = 0; /* pins without a count */
    bad[11].pin_count = 0;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(check(bad[i]) == SMTPLITE_TLS_FAULT_OPTIONS, "bad %zu", i);
    for (uint8_t code = 1; code < 5; code++)
        CHECK(smtplite_tls_fragment_code((uint16_t)(256 << code)) == code, "code %u", code);
    CHECK(smtplite_tls_fragment_code(0) == 0, "no code");
}

static void test_pins(void) {
    static const uint8_t pins[2][SMTPLITE_PIN_SIZE] = {{1}, {2}};
    static const uint8_t other[SMTPLITE_PIN_SIZE] = {[31] = 1};
    struct smtplite_tls_options options = {.pins = pins, .pin_count = 2};
    CHECK(smtplite_tls_options_take_key(&options, pins[0]), "first");
    CHECK(smtplite_tls_options_take_key(&options, pins[1]), "second");
    CHECK(!smtplite_tls_options_take_key(&options, other), "other");
    options.pin_count = 1;
    CHECK(!smtplite_tls_options_take_key(&options, pins[1]), "beyond the count");
    options.pin_count = 0;
    CHECK(smtplite_tls_options_take_key(&options, other), "none asked for");
}

int main(void) {
    test_entries();
    test_lengths_of_names();
    test_unsound_names();
    test_extensions();
    test_constraints();
    test_outside();
    test_turned_bits();
    test_hosts();
    test_long_host();
    test_options();
    test_pins();
    test_real();
    return checks_end("tls_certificate");
}
