/* SPDX-License-Identifier: MIT */
/*
 * A report by mail, over verified TLS: a text, the same in HTML with a picture in it, and a file.
 *
 *     PASSWORD=... build/mime_example smtp.example.com 587 me@example.com you@example.com \
 *         chart.png log.csv
 */
#include <smtplite/file.h>
#include <smtplite/openssl.h>
#include <smtplite/openssl_crypto.h>
#include <smtplite/posix.h>
#include <smtplite/smtplite.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char text[] = "Pump 7 ran hot today: 81 °C.\n\nThe log is attached.\n";
static const char html[] = "<h2>Pump 7 ran hot today: 81 °C</h2><p>The log is attached.</p>\n"
                           "<img src=\"cid:chart@pump7\" alt=\"temperature over the day\">\n";
static struct smtplite_memory text_memory = {.p = text, .n = sizeof text - 1};
static struct smtplite_memory html_memory = {.p = html, .n = sizeof html - 1};
static struct smtplite_file chart, log_file;
static struct smtplite_posix net;
static struct smtplite_openssl tls;

/* The part is read from a file while the mail leaves. */
static bool read_from(struct smtplite_part *part, struct smtplite_file *file, const char *path) {
    char why[200];
    bool good = smtplite_file_open(file, path);
    part->source = smtplite_file_source(file);
    part->length = file->length;
    part->has_length = file->has_length;
    smtplite_file_reason(file, why, sizeof why);
    if (!good)
        fprintf(stderr, "%s\n", why);
    return good;
}

int main(int argc, char **argv) {
    struct smtplite_part parts[] = {
        {.source = smtplite_memory_source(&text_memory)},
        {.source = smtplite_memory_source(&html_memory), .kind = SMTPLITE_PART_HTML},
        {.kind = SMTPLITE_PART_INLINE, .type = "image/png", .name = "chart.png"},
        {.kind = SMTPLITE_PART_ATTACHMENT, .type = "text/csv", .name = "log.csv"}};
    if (argc != 7)
        fprintf(stderr, "usage: PASSWORD=... %s SERVER PORT FROM TO PICTURE FILE\n", argv[0]);
    if (argc != 7 || !read_from(&parts[2], &chart, argv[5]) ||
        !read_from(&parts[3], &log_file, argv[6]))
        return 2;
    struct smtplite_mailbox from = {.name = "Pump 7", .address = argv[3], .role = SMTPLITE_FROM};
    struct smtplite_mailbox people[] = {from, {.address = argv[4], .role = SMTPLITE_TO}};
    parts[2].content_id = "chart@pump7";
    struct smtplite_message message;
    smtplite_message_init(&message);
    message.mailboxes = people;
    message.mailbox_count = 2;
    message.subject = "Pump 7: 81 °C";
    message.parts = parts;
    message.part_count = 4;
    message.has_date = true;
    message.date = (uint32_t)time(NULL);
    struct smtplite_openssl_crypto crypto;
    struct smtplite_login login;
    struct smtplite_config config = {.user = argv[3],
                                     .password = getenv("PASSWORD"),
                                     .login = &login,
                                     .mechanisms = SMTPLITE_AUTH_ANY};
    struct smtplite_recipient to = {.address = argv[4]};
    struct smtplite_mail mail = {.from = argv[3], .recipients = &to, .count = 1};
    struct smtplite_source source = smtplite_message_source(&message);
    struct smtplite_tls_options options = {.host = argv[1]};
    struct smtplite_report report;
    smtplite_openssl_crypto_init(&crypto);
    if (crypto.crypto.random(crypto.crypto.context, message.unique, sizeof message.unique))
        message.unique_len = sizeof message.unique; /* of its Message-ID */
    smtplite_login_init(&login, &crypto.crypto);
    smtplite_posix_init(&net, argv[1], argv[2]);
    if (smtplite_openssl_init(&tls, &options) == SMTPLITE_E_OK)
        smtplite_openssl_wrap(&tls, &net.transport);
    smtplite_send(&tls.wrap.transport, &config, &mail, &source, NULL, &report);
    smtplite_openssl_close(&tls);
    smtplite_posix_close(&net);
    smtplite_openssl_free(&tls);
    smtplite_file_close(&chart);
    smtplite_file_close(&log_file);
    printf("%s: %s%s\n%s\n", smtplite_outcome_name(report.result.outcome), report.text,
           smtplite_message_advice(&message, UINT16_MAX), smtplite_error_help(report.result.error));
    return report.result.outcome == SMTPLITE_SENT ? 0 : 1;
}
