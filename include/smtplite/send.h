/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_SEND_H
#define SMTPLITE_SEND_H

/* One mail in one call, over any transport. For several mails on one connection see driver.h. */

#include "smtplite/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SMTPLITE_REPORT_TEXT 256 /* a long refusal, or a TLS fault with its library's words */

/* What became of it, for a log: the result, and the deciding reply's text; where no reply decided
 * it, the transport's reason, if it has one. */
struct smtplite_report {
    struct smtplite_result result;
    char text[SMTPLITE_REPORT_TEXT];
};

/*
 * Connects (as the transport does), logs in, sends one mail, says QUIT. Blocks; its stack holds
 * the session and the driver (under 750 bytes on a 32-bit CPU, and with all
 * logins, extensions and the composer under 1,000: `make footprint`).
 * config, mail, source: borrowed until the return; mail's recipients and *report: filled.
 * What is wrong with config or mail is found before the transport is touched: NOT_SENT, and
 * report->result.error says what. hooks: watchdog, cancel, transcript;
 * may be NULL. report: filled, may be NULL. The transport is left to its owner to close.
 */
enum smtplite_outcome
smtplite_send(const struct smtplite_transport *transport, const struct smtplite_config *config,
              struct smtplite_mail *mail, const struct smtplite_source *source,
              const struct smtplite_hooks *hooks, struct smtplite_report *report);

#ifdef __cplusplus
}
#endif

#endif
