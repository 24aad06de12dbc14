/* SPDX-License-Identifier: MIT */
#include <smtplite/posix.h>
#include <smtplite/smtplite.h>

int main(int argc, char **argv) {
    static const char text[] = "From: pump7@example.com\nSubject: Pump 7\n\nPump 7 has stopped.\n";
    struct smtplite_config config = {.domain = "pump7.example.com", .tls = SMTPLITE_TLS_NONE};
    struct smtplite_recipient to = {.address = "ops@example.com"};
    struct smtplite_mail mail = {.from = "pump7@example.com", .recipients = &to, .count = 1};
    struct smtplite_memory memory = {.p = text, .n = sizeof text - 1};
    struct smtplite_source source = smtplite_memory_source(&memory);
    struct smtplite_posix net;
    smtplite_posix_init(&net, argc > 1 ? argv[1] : "localhost", argc > 2 ? argv[2] : "25");
    enum smtplite_outcome outcome =
        smtplite_send(&net.transport, &config, &mail, &source, NULL, NULL);
    smtplite_posix_close(&net);
    return outcome == SMTPLITE_SENT ? 0 : 1;
}
