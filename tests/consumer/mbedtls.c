/* SPDX-License-Identifier: MIT */
/* A consumer of the mbedTLS port: options without a host, and without a CA. Exit status 0: all is
 * as the headers promise. */
#include <stdio.h>
#include <string.h>

#include <smtplite/mbedtls.h>
#include <smtplite/smtplite.h>

static struct smtplite_mbedtls tls;

/* The transport says why init failed. */
static int says(const struct smtplite_tls_options *options, enum smtplite_error error,
                const char *words) {
    char reason[160] = "";
    enum smtplite_error got = smtplite_mbedtls_init(&tls, options);
    tls.wrap.transport.reason(tls.wrap.transport.context, reason, sizeof reason);
    smtplite_mbedtls_free(&tls);
    printf("%s\n", reason);
    return got == error && strstr(reason, words) != NULL;
}

int main(void) {
    struct smtplite_tls_options options = {0};
    if (!says(&options, SMTPLITE_E_ARGUMENT, "no host"))
        return 1;
    options.host = "mail.example";
    return says(&options, SMTPLITE_E_TLS_FAILED, "no CA was given") ? 0 : 2;
}
