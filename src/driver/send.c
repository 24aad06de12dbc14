/* SPDX-License-Identifier: MIT */
/* One mail in one call: the checks, a session, the driver, a report. */
#include "smtplite/send.h"

#include <string.h>

/* What is wrong with the call is found before the transport is touched. */
static enum smtplite_error check(const struct smtplite_transport *transport,
                                 const struct smtplite_config *config,
                                 const struct smtplite_mail *mail,
                                 const struct smtplite_source *source) {
    if (transport == NULL || source == NULL || source->read == NULL)
        return SMTPLITE_E_ARGUMENT;
    if (config != NULL && config->tls != SMTPLITE_TLS_NONE && transport->start_tls == NULL)
        return SMTPLITE_E_TLS_UNAVAILABLE;
    return smtplite_mail_check(mail);
}

static enum smtplite_error deliver(struct smtplite_driver *driver,
                                   const struct smtplite_config *config, struct smtplite_mail *mail,
                                   const struct smtplite_source *source,
                                   struct smtplite_report *report) {
    enum smtplite_error error =
        smtplite_init(driver->session, config, report->text, sizeof report->text);
    if (error != SMTPLITE_E_OK)
        return error;
    error = smtplite_deliver(driver, mail, source, true);
    report->result = *smtplite_result_get(driver->session);
    smtplite_wipe(driver->session);
    return error;
}

enum smtplite_outcome
smtplite_send(const struct smtplite_transport *transport, const struct smtplite_config *config,
              struct smtplite_mail *mail, const struct smtplite_source *source,
              const struct smtplite_hooks *hooks, struct smtplite_report *report) {
    struct smtplite_session session;
    struct smtplite_driver driver;
    struct smtplite_report own;
    enum smtplite_error error = check(transport, config, mail, source);
    if (report == NULL)
        report = &own;
    memset(report, 0, sizeof *report);
    if (mail != NULL && mail->recipients != NULL)
        smtplite_mail_forget(mail);
    memset(&driver, 0, sizeof driver);
    driver.session = &session;
    driver.transport = transport;
    if (hooks != NULL)
        driver.hooks = *hooks;
    if (error == SMTPLITE_E_OK)
        error = deliver(&driver, config, mail, source, report);
    if (error != SMTPLITE_E_OK)
        report->result.error = (uint8_t)error;
    return (enum smtplite_outcome)report->result.outcome;
}

enum smtplite_source_state smtplite_memory_read(void *memory, const char **p, size_t *n) {
    struct smtplite_memory *m = memory;
    if (m->n == 0)
        return SMTPLITE_SOURCE_END;
    *p = m->p;
    *n = m->n;
    m->n = 0;
    return SMTPLITE_SOURCE_PIECE;
}
