/* SPDX-License-Identifier: MIT */
/* One mail in one call: the checks, a session, the driver, a report. */
#include "smtplite/send.h"

#include "drive.h"

#include <string.h>

/* False: the token is to come by a hook that is not there. */
static bool has_token(const struct smtplite_config *config, const struct smtplite_hooks *hooks) {
    return config == NULL || config->login == NULL || !config->login->token_by_event ||
           (hooks != NULL && hooks->token != NULL);
}

/* Lets the source begin for a server that offers all that we look for, to find what is wrong with
 * it whatever is offered. What it has set is taken back: it begins again when the offer is known.
 */
static enum smtplite_error check_mail(const struct smtplite_config *config,
                                      struct smtplite_mail *mail,
                                      const struct smtplite_source *source) {
    if (config == NULL || mail == NULL || source->begin == NULL)
        return smtplite_mail_check(config, mail);
    struct smtplite_asked asked = smtplite_asked_get(mail);
    uint16_t all = config->extensions != NULL ? UINT16_MAX : SMTPLITE_EXT_SMTPUTF8 - 1;
    enum smtplite_error error = source->begin(source->context, all, mail);
    if (error == SMTPLITE_E_OK)
        error = smtplite_mail_check(config, mail);
    smtplite_asked_put(mail, asked);
    return error;
}

/* What is wrong with the call is found before the transport is touched. A transport without calls
 * is a port's struct that was not initialised. */
static enum smtplite_error check(const struct smtplite_transport *transport,
                                 const struct smtplite_config *config, struct smtplite_mail *mail,
                                 const struct smtplite_source *source,
                                 const struct smtplite_hooks *hooks) {
    if (transport == NULL || transport->send == NULL || transport->receive == NULL ||
        transport->now == NULL || source == NULL || source->read == NULL ||
        !has_token(config, hooks))
        return SMTPLITE_E_ARGUMENT;
    if (config != NULL && config->tls != SMTPLITE_TLS_NONE && transport->start_tls == NULL)
        return SMTPLITE_E_TLS_UNAVAILABLE;
    return check_mail(config, mail, source);
}

/* An error stands at the begin, or the source has found it, which begins once the session is ready:
 * the server is told goodbye then. */
static enum smtplite_error deliver(struct smtplite_driver *driver, struct smtplite_mail *mail,
                                   const struct smtplite_source *source,
                                   struct smtplite_result *result) {
    enum smtplite_error error = smtplite_deliver(driver, mail, source, true);
    *result = *smtplite_result_get(driver->session);
    if (error != SMTPLITE_E_OK && source->begin != NULL)
        smtplite_finish(driver);
    smtplite_wipe(driver->session);
    return error;
}

static void put_text(struct smtplite_report *report, const char *words) {
    size_t n = 0;
    for (; words[n] != '\0' && n + 1 < sizeof report->text; n++)
        report->text[n] = words[n];
    report->text[n] = '\0';
}

static const char *argument_words(const struct smtplite_config *config,
                                  const struct smtplite_mail *mail,
                                  const struct smtplite_hooks *hooks) {
    const char *advice = smtplite_config_advice(config);
    if (*advice != '\0')
        return advice;
    if (!has_token(config, hooks))
        return "login.token_by_event needs hooks.token";
    if (config->extensions == NULL && mail != NULL && mail->recipients != NULL)
        return "a recipient is missing, or mail.options, orcpt, notify, SMTPLITE_MAIL_UTF8 or "
               "_BINARY "
               "are set and config.extensions is not (&smtplite_extensions), or the source finds "
               "its "
               "message wrong";
    return "the transport was not initialised, mail, a recipient or the source is missing, or the "
           "source finds its message wrong";
}

/* The commonest mix-up of ports: both ends wait, one for TLS and one for a greeting. */
static bool waited_in_clear(const struct smtplite_report *report,
                            const struct smtplite_config *config) {
    const struct smtplite_result *result = &report->result;
    return result->phase == SMTPLITE_PHASE_GREETING && config->tls == SMTPLITE_TLS_REQUIRED &&
           (result->error == SMTPLITE_E_CLOSED ||
            (result->error == SMTPLITE_E_TIMEOUT && report->text[0] == '\0'));
}

/* Where no reply decided it, the words are found elsewhere: the transport may know, or we do. */
static void explain(struct smtplite_report *report, const struct smtplite_transport *transport,
                    const struct smtplite_config *config, const struct smtplite_mail *mail,
                    const struct smtplite_hooks *hooks) {
    const struct smtplite_result *result = &report->result;
    bool has_words = result->code != 0 || result->error == SMTPLITE_E_UNOFFERED;
    if (result->error == SMTPLITE_E_OK || has_words)
        return;
    if (result->error == SMTPLITE_E_ARGUMENT)
        put_text(report, argument_words(config, mail, hooks));
    else if (transport->reason != NULL)
        transport->reason(transport->context, report->text, sizeof report->text);
    if (waited_in_clear(report, config))
        put_text(report, "no greeting in clear: does this port want TLS from the first byte (465)? "
                         "Then SMTPLITE_TLS_IMPLICIT");
}

enum smtplite_outcome
smtplite_send(const struct smtplite_transport *transport, const struct smtplite_config *config,
              struct smtplite_mail *mail, const struct smtplite_source *source,
              const struct smtplite_hooks *hooks, struct smtplite_report *report) {
    struct smtplite_session session;
    struct smtplite_driver driver;
    struct smtplite_result result;
    enum smtplite_error error = check(transport, config, mail, source, hooks);
    memset(&result, 0, sizeof result);
    memset(&driver, 0, sizeof driver);
    driver.session = &session;
    driver.transport = transport;
    if (hooks != NULL)
        driver.hooks = *hooks;
    if (report != NULL)
        memset(report, 0, sizeof *report);
    if (mail != NULL && mail->recipients != NULL)
        smtplite_mail_forget(mail);
    if (error == SMTPLITE_E_OK)
        error = smtplite_init(&session, config, report != NULL ? report->text : NULL,
                              SMTPLITE_REPORT_TEXT);
    if (error == SMTPLITE_E_OK)
        error = deliver(&driver, mail, source, &result);
    if (error != SMTPLITE_E_OK)
        result.error = (uint8_t)error;
    if (mail != NULL)
        mail->result = result;
    if (report != NULL) {
        report->result = result;
        explain(report, transport, config, mail, hooks);
    }
    return (enum smtplite_outcome)result.outcome;
}
