/* SPDX-License-Identifier: MIT */
/*
 * One mail over verified TLS, with the strongest login that the server offers:
 *
 *     PASSWORD=... build/secure_example smtp.example.com 587 me@example.com you@example.com
 *
 * Port 465 means TLS from the first byte, any other STARTTLS. The system's CAs are trusted, or, if
 * a fifth argument names a PEM file, those in it alone.
 */
#include <smtplite/openssl.h>
#include <smtplite/openssl_crypto.h>
#include <smtplite/posix.h>
#include <smtplite/smtplite.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct smtplite_openssl tls;

/* What is said, for the eye: secrets come as ****. A piece may end within a line. */
static void show(void *context, bool from_server, const char *p, size_t n) {
    static bool in_line, in_tls;
    if (!in_tls && *smtplite_openssl_protocol(&tls) != '\0') {
        in_tls = true;
        fprintf(context, "-- %s, %s --\n", smtplite_openssl_protocol(&tls),
                smtplite_openssl_cipher(&tls));
    }
    for (size_t i = 0; i < n; i++) {
        if (!in_line)
            fputs(from_server ? "S: " : "C: ", context);
        fputc(p[i], context);
        in_line = p[i] != '\n';
    }
}

/* False: it cannot be read, or is too long. */
static bool read_ca(struct smtplite_octets *ca, const char *path) {
    static char pem[65536];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    ca->p = pem;
    ca->n = fread(pem, 1, sizeof pem, file);
    fclose(file);
    return ca->n < sizeof pem;
}

int main(int argc, char **argv) {
    char text[512];
    if (argc != 5 && argc != 6) {
        fprintf(stderr, "usage: PASSWORD=... %s SERVER PORT FROM TO [CA.PEM]\n", argv[0]);
        return 2;
    }
    struct smtplite_tls_options options = {.host = argv[1]};
    if (argc == 6 && !read_ca(&options.ca, argv[5])) {
        fprintf(stderr, "cannot read %s\n", argv[5]);
        return 2;
    }
    struct smtplite_openssl_crypto crypto;
    struct smtplite_login login;
    struct smtplite_config config = {.user = argv[3],
                                     .password = getenv("PASSWORD"),
                                     .login = &login,
                                     .mechanisms = SMTPLITE_AUTH_ANY};
    struct smtplite_recipient to = {.address = argv[4]};
    struct smtplite_mail mail = {.from = argv[3], .recipients = &to, .count = 1};
    struct smtplite_hooks hooks = {.trace = show, .context = stderr};
    struct smtplite_report report;
    struct smtplite_posix net;

    snprintf(text, sizeof text, "From: %s\nTo: %s\nSubject: Pump 7\n\nPump 7 has stopped.\n",
             argv[3], argv[4]);
    struct smtplite_memory memory = {.p = text, .n = strlen(text)};
    struct smtplite_source source = smtplite_memory_source(&memory);
    if (strcmp(argv[2], "465") == 0)
        config.tls = SMTPLITE_TLS_IMPLICIT;
    smtplite_openssl_crypto_init(&crypto);
    smtplite_login_init(&login, &crypto.crypto);
    smtplite_posix_init(&net, argv[1], argv[2]);
    if (smtplite_openssl_init(&tls, &options) == SMTPLITE_E_OK)
        smtplite_openssl_wrap(&tls, &net.transport);

    enum smtplite_outcome outcome =
        smtplite_send(&tls.wrap.transport, &config, &mail, &source, &hooks, &report);
    smtplite_openssl_close(&tls);
    smtplite_posix_close(&net);
    smtplite_openssl_free(&tls);
    printf("%s: %s\n", smtplite_outcome_name(outcome), report.text);
    if (outcome != SMTPLITE_SENT)
        printf("%s\n", smtplite_error_help(report.result.error));
    return outcome == SMTPLITE_SENT ? 0 : 1;
}
