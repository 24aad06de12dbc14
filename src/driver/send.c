/* SPDX-License-Identifier: MIT */
/* One mail in one call: the checks, a session, the driver, a report. */
#include "smtplite/send.h"

#include <string.h>

/* What an earlier try left in the recipients is not this one's result. */
static void reset_recipients(struct smtplite_mail *mail) {
    size_t i;
    if (mail == NULL || mail->recipients == NULL)
        return;
    for (i = 0; i < mail->count; i++) {
        memset(&mail->recipients[i].enhanced, 0, sizeof mail->recipients[i].enhanced);
        mail->recipients[i].code = 0;
        mail->recipients[i].fate = SMTPLITE_UNTRIED;
    }
}

static void reset_report(struct smtplite_report *report) {
    if (report != NULL)
        memset(report, 0, sizeof *report);
}

static enum smtplite_outcome fill_report(struct smtplite_report *report,
                                         const struct smtplite_result *result) {
    if (report != NULL)
        report->result = *result;
    return (enum smtplite_outcome)result->outcome;
}

/* Nothing was sent: the call was wrong. */
static enum smtplite_outcome refuse(struct smtplite_report *report, enum smtplite_error error) {
    struct smtplite_result result;
    memset(&result, 0, sizeof result);
    result.outcome = SMTPLITE_NOT_SENT;
    result.error = (uint8_t)error;
    return fill_report(report, &result);
}

static enum smtplite_outcome deliver(struct smtplite_session *session,
                                     const struct smtplite_transport *transport,
                                     struct smtplite_mail *mail,
                                     const struct smtplite_source *source,
                                     struct smtplite_report *report) {
    struct smtplite_driver driver;
    enum smtplite_error error;
    memset(&driver, 0, sizeof driver);
    driver.session = session;
    driver.transport = transport;
    error = smtplite_deliver(&driver, mail, source, true);
    if (error != SMTPLITE_E_OK)
        return refuse(report, error);
    return fill_report(report, smtplite_result_get(session));
}

static enum smtplite_error begin(struct smtplite_session *session,
                                 const struct smtplite_config *config,
                                 const struct smtplite_mail *mail, struct smtplite_report *report) {
    char *text = report != NULL ? report->text : NULL;
    enum smtplite_error error = smtplite_mail_check(mail);
    if (error != SMTPLITE_E_OK)
        return error;
    return smtplite_init(session, config, text, report != NULL ? sizeof report->text : 0);
}

enum smtplite_outcome smtplite_send(const struct smtplite_transport *transport,
                                    const struct smtplite_config *config,
                                    struct smtplite_mail *mail,
                                    const struct smtplite_source *source,
                                    struct smtplite_report *report) {
    struct smtplite_session session;
    enum smtplite_outcome outcome;
    enum smtplite_error error;
    reset_recipients(mail);
    reset_report(report);
    if (transport == NULL || source == NULL || source->read == NULL)
        return refuse(report, SMTPLITE_E_ARGUMENT);
    error = begin(&session, config, mail, report);
    if (error != SMTPLITE_E_OK)
        return refuse(report, error);
    outcome = deliver(&session, transport, mail, source, report);
    session.text_size = 0; /* the text is the report's, and outlives the session */
    smtplite_wipe(&session);
    return outcome;
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
