/* SPDX-License-Identifier: MIT */
/* A consumer: makes a session and says EHLO to a server that is made up. Exit status 0: all is as
 * the headers promise. */
#include <stdio.h>
#include <string.h>

#include <smtplite/smtplite.h>

int main(void) {
    static const char greeting[] = "220 ready\r\n";
    static const char ehlo[] = "EHLO consumer.example\r\n";
    struct smtplite_config config = {0};
    struct smtplite_session session;
    char said[sizeof ehlo] = "";
    const char *piece;
    size_t len, total = 0;

    config.domain = "consumer.example";
    config.tls = SMTPLITE_TLS_NONE;
    if (smtplite_init(&session, &config, NULL, 0) != SMTPLITE_E_OK) {
        return 1;
    }
    if (smtplite_in(&session, greeting, sizeof greeting - 1) != sizeof greeting - 1) {
        return 2;
    }
    while ((piece = smtplite_out(&session, &len)) != NULL && len < sizeof said - total) {
        memcpy(said + total, piece, len);
        total += len;
        smtplite_out_done(&session, len);
    }
    printf("smtplite %s says %s", SMTPLITE_VERSION, said);
    return strcmp(said, ehlo) == 0 ? 0 : 3;
}
