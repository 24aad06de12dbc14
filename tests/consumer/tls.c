/* SPDX-License-Identifier: MIT */
/* A consumer of the OpenSSL port: options that are good, and options that are not. Exit status 0:
 * all is as the headers promise. */
#include <stdio.h>
#include <string.h>

#include <smtplite/openssl.h>
#include <smtplite/smtplite.h>

int main(void) {
    static struct smtplite_openssl tls;
    struct smtplite_tls_options options = {0};
    char reason[160];

    if (smtplite_openssl_init(&tls, &options) != SMTPLITE_E_ARGUMENT)
        return 1;
    tls.wrap.transport.reason(tls.wrap.transport.context, reason, sizeof reason);
    smtplite_openssl_free(&tls);
    options.host = "mail.example";
    if (smtplite_openssl_init(&tls, &options) != SMTPLITE_E_OK)
        return 2;
    smtplite_openssl_free(&tls);
    printf("without a host: %s\n", reason);
    return strstr(reason, "no host") != NULL ? 0 : 3;
}
