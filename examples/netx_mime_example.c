/* SPDX-License-Identifier: MIT */

/* A report through the NetX Duo SMTP Client: text and HTML with a chart in it, a log from flash as
 * an attachment, two recipients with a result each. Give it your chart and your log. */

#include "nx_api.h"
#include "nx_smtp_client_mail.h"

extern UCHAR chart_png[];
extern ULONG chart_png_length;
UINT log_read(ULONG offset, CHAR *buffer, ULONG size, ULONG *length); /* length 0: its end */
VOID report_result(const CHAR *address, UINT fate, UINT code);
UINT send_report(NX_IP *ip, NX_PACKET_POOL *pool, NXD_ADDRESS *server, UINT port);

static NX_SMTP_CLIENT client;
static NX_SMTP_MAIL mail;

/* The log, a block at a time: it is read while it leaves, and never whole in RAM. */
static struct {
    ULONG offset;
    CHAR block[256];
} flash;

static enum smtplite_source_state read_log(void *context, const char **p, size_t *n) {
    ULONG length = 0;
    NX_PARAMETER_NOT_USED(context);
    if (log_read(flash.offset, flash.block, sizeof(flash.block), &length) != NX_SUCCESS)
        return SMTPLITE_SOURCE_FAILED; /* nothing is delivered */
    if (length == 0)
        return SMTPLITE_SOURCE_END;
    flash.offset += length;
    *p = flash.block;
    *n = length;
    return SMTPLITE_SOURCE_PIECE;
}

static bool rewind_log(void *context) {
    NX_PARAMETER_NOT_USED(context);
    flash.offset = 0;
    return true;
}

static UINT write_mail(VOID) {
    static CHAR text[] = "Pump 7 runs at 81 \xC2\xB0"
                         "C.\r\n";
    static CHAR html[] = "<p>Pump 7 runs at <b>81 &deg;C</b>.</p><img src=\"cid:chart@pump7\">\r\n";
    static const struct smtplite_source log = {NX_NULL, read_log, rewind_log, NX_NULL};
    UINT status = nx_smtp_client_mail_create(&mail, "Pump 7: report", NX_SMTP_MAIL_PRIORITY_HIGH);
    status |= nx_smtp_client_mail_sender_set(&mail, NX_NULL, "Pump 7");
    status |= nx_smtp_client_mail_recipient_add(&mail, "ops@example.com", "Operations",
                                                NX_SMTP_RECIPIENT_TO);
    status |= nx_smtp_client_mail_recipient_add(&mail, "archive@example.com", NX_NULL,
                                                NX_SMTP_RECIPIENT_BCC);
    status |= nx_smtp_client_mail_body_set(&mail, NX_SMTP_BODY_TEXT, text, sizeof(text) - 1);
    status |= nx_smtp_client_mail_body_set(&mail, NX_SMTP_BODY_HTML, html, sizeof(html) - 1);
    status |= nx_smtp_client_mail_attachment_add(&mail, "chart.png", "image/png", "chart@pump7",
                                                 chart_png, chart_png_length);
    status |= nx_smtp_client_mail_attachment_source_add(&mail, "pump7.log", "text/plain", NX_NULL,
                                                        &log, NX_SMTP_LENGTH_UNKNOWN);
    return status;
}

UINT send_report(NX_IP *ip, NX_PACKET_POOL *pool, NXD_ADDRESS *server, UINT port) {
    NX_SMTP_RECIPIENT recipient;
    UINT status =
        nxd_smtp_client_create(&client, ip, pool, "pump", "secret", "pump7@example.com",
                               "pump7.example.com", NX_SMTP_CLIENT_AUTH_PLAIN, server, port);
    if (status != NX_SUCCESS)
        return status;
    status = write_mail();
    if (status == NX_SUCCESS)
        status = nx_smtp_client_mail_send(&client, &mail);
    for (UINT i = 0; i < 2; i++) {
        nx_smtp_client_mail_recipient_get(&mail, i, &recipient);
        report_result(recipient.nx_smtp_recipient_address, recipient.nx_smtp_recipient_fate,
                      recipient.nx_smtp_recipient_code);
    }
    nx_smtp_client_delete(&client);
    return status;
}
