/* SPDX-License-Identifier: MIT */
/*
 * One mail over verified TLS, with the strongest login that the server offers:
 *
 *     PASSWORD=... build/secure_example smtp.example.com 587 me@example.com you@example.com
 *
 * Port 465 means TLS from the first byte, any other STARTTLS. The system's CAs are trusted.
 */
#include <smtplite/openssl.h>
#include <smtplite/openssl_crypto.h>
#include <smtplite/posix.h>
#include <smtplite/smtplite.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is said, for the eye: secrets come as ****. */
static void show(void *context, bool from_server, const char *p, size_t n) {
    (void)from_server;
    fwrite(p, 1, n, context);
}

int main(int argc, char **argv) {
    char text[512];
    if (argc != 5) {
        fprintf(stderr, "usage: PASSWORD=... %s SERVER PORT FROM TO\n", argv[0]);
        return 2;
    }
    struct smtplite_tls_options options = {.host = argv[1]};
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
    struct smtplite_openssl tls;
    struct smtplite_posix net;

    snprintf(text, sizeof text, "From: %s\nTo: %s\nSubject: Pump 7\n\nPump 7 has stopped.\n",
             argv[3], argv[4]);
    struct smtplite_memory memory = {text, strlen(text)};
    struct smtplite_source source = {&memory, smtplite_memory_read};
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
    printf("%s: %s: %s\n", smtplite_outcome_name(outcome), report.text,
           outcome == SMTPLITE_SENT ? "done" : smtplite_error_help(report.result.error));
    return outcome == SMTPLITE_SENT ? 0 : 1;
}
