/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer on certificates, with OpenSSL as the oracle: what it refuses for a host, without a look
 * at the CN and without partial wildcards, is never accepted here; and a key that is found here is
 * the one that OpenSSL reads. An input is a host, a line feed, and octets: the first of them says
 * whether the rest is the whole certificate, its extensions, the names in DER, or the text of one
 * name, once as a dNSName and once as an iPAddress.
 */
#include "smtplite/tls_port.h"

#include "../tls/der.h"

#include <openssl/x509v3.h>
#include <stdio.h>

enum { HOST_CAP = 300 };

static unsigned long executions, read_by_both, accepted, refused_by_us;

static void report(void) {
    printf("certificate: executions %lu both %lu accepted %lu stricter %lu\n", executions,
           read_by_both, accepted, refused_by_us);
}

static void violated(const char *what) {
    fprintf(stderr, "violated: %s\n", what);
    abort();
}

static void put_both(struct der_text *names, const uint8_t *p, size_t n) {
    names->n = 0;
    der_put(names, 0x82, p, n);
    der_put(names, 0x87, p, n);
    der_wrap(names, 0x30);
}

/* The certificate that an input stands for. */
static void build(struct der_text *der, uint8_t form, const uint8_t *p, size_t n) {
    static struct der_text names, extensions;
    extensions.n = 0;
    names.n = 0;
    der->n = 0;
    if (form % 4 == 0)
        der_add(der, p, n);
    if (form % 4 == 1)
        der_add(&extensions, p, n);
    if (form % 4 == 2)
        der_add(&names, p, n);
    if (form % 4 == 3)
        put_both(&names, p, n);
    if (form % 4 >= 2)
        der_put_names(&extensions, names.p, names.n);
    if (form % 4 >= 1)
        der_make(der, extensions.p, extensions.n);
}

/* OpenSSL reads all names into structures, and takes none if one of them is garbled inside: an
 * entry of a kind that is not looked at here, such as a directoryName. That is not counted against
 * us. */
static bool openssl_reads_names(X509 *certificate) {
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool good = names != NULL;
    GENERAL_NAMES_free(names);
    return good;
}

/* As OpenSSL wants it: no brackets, no root's dot. */
static bool openssl_accepts(X509 *certificate, const char *whole) {
    const char *host = whole;
    char bare[HOST_CAP + 1], read[SMTPLITE_HOST_SIZE];
    size_t n = strlen(host);
    const unsigned flags =
        X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
    if (n > 2 && host[0] == '[' && host[n - 1] == ']')
        n -= 2, host++;
    if (n > 0 && host[n - 1] == '.')
        n--;
    memcpy(bare, host, n);
    bare[n] = '\0';
    if (smtplite_host_read(whole, read) == SMTPLITE_HOST_ADDRESS)
        return X509_check_ip_asc(certificate, bare, flags) == 1;
    return X509_check_host(certificate, bare, n, flags, NULL) == 1;
}

static void compare(const struct der_text *der, const char *host) {
    enum smtplite_tls_fault fault = smtplite_certificate_check_host(der->p, der->n, host);
    struct smtplite_octets key = {NULL, 0};
    const uint8_t *p = der->p;
    X509 *theirs = d2i_X509(NULL, &p, (long)der->n);
    if (theirs != NULL && fault != SMTPLITE_TLS_FAULT_CERTIFICATE) {
        uint8_t *their_key = NULL;
        int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(theirs), &their_key);
        bool good = openssl_accepts(theirs, host);
        read_by_both++;
        accepted += fault == SMTPLITE_TLS_FAULT_NONE;
        refused_by_us += good && fault != SMTPLITE_TLS_FAULT_NONE;
#ifdef FUZZ_PLANT
        good = good && host[0] != 'm'; /* as if we took what OpenSSL does not */
#endif
        if (fault == SMTPLITE_TLS_FAULT_NONE && !good && openssl_reads_names(theirs))
            violated("OpenSSL refuses it");
        if (!smtplite_certificate_key(der->p, der->n, &key))
            violated("names are read, the key is not");
        if (n > 0 && (key.n != (size_t)n || memcmp(key.p, their_key, key.n) != 0))
            violated("another key");
        OPENSSL_free(their_key);
    }
    X509_free(theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    static struct der_text der;
    char host[HOST_CAP + 1] = "";
    const uint8_t *end = memchr(p, '\n', n < HOST_CAP ? n : HOST_CAP);
    size_t len = end != NULL ? (size_t)(end - p) : 0;
    if (executions++ == 0)
        (void)atexit(report);
    if (end == NULL || len + 2 > n || n - len > DER_MAX / 2)
        return 0;
    memcpy(host, p, len);
    build(&der, end[1], end + 2, n - len - 2);
    compare(&der, host);
    return 0;
}
