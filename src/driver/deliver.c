/* SPDX-License-Identifier: MIT */
/* One mail of a session. In a file of its own: who calls smtplite_submit and smtplite_drive, and
 * has no source that begins, does not carry it. */
#include "drive.h"

/* The mail ends before it has begun. */
static void reject(struct smtplite_mail *mail, const struct smtplite_result *why) {
    if (mail->recipients != NULL)
        smtplite_mail_forget(mail);
    mail->result = *why;
}

enum smtplite_error smtplite_begin(struct smtplite_driver *d, struct smtplite_mail *mail,
                                   const struct smtplite_source *source) {
    struct smtplite_result why = {.error = SMTPLITE_E_OK};
    enum smtplite_error error = SMTPLITE_E_OK;
    if (source == NULL || source->read == NULL)
        error = SMTPLITE_E_ARGUMENT;
    else if (source->begin != NULL)
        error = source->begin(source->context, smtplite_offered(d->session), mail);
    if (error == SMTPLITE_E_OK)
        error = smtplite_submit(d->session, mail);
    why.error = (uint8_t)error;
    if (error != SMTPLITE_E_OK)
        reject(mail, &why);
    return error;
}

/* As smtplite_deliver. Without `begin` the mail is submitted at once; with it the session must be
 * ready, for what the server offers is known then. */
static enum smtplite_error deliver(struct smtplite_driver *d, struct smtplite_mail *mail,
                                   const struct smtplite_source *source, bool last) {
    if (source != NULL && source->begin != NULL &&
        smtplite_drive(d, NULL, SMTPLITE_EV_READY) == SMTPLITE_EV_FAILED) {
        reject(mail, smtplite_result_get(d->session));
        return SMTPLITE_E_OK;
    }
    enum smtplite_error error = smtplite_begin(d, mail, source);
    if (error != SMTPLITE_E_OK)
        return error;
    if (last)
        smtplite_quit(d->session);
    (void)smtplite_drive(d, source, last ? SMTPLITE_EV_CLOSED : SMTPLITE_EV_DONE);
    return SMTPLITE_E_OK;
}

enum smtplite_error smtplite_deliver(struct smtplite_driver *d, struct smtplite_mail *mail,
                                     const struct smtplite_source *source, bool last) {
    if (mail == NULL)
        return SMTPLITE_E_ARGUMENT;
    struct smtplite_asked asked = smtplite_asked_get(mail);
    enum smtplite_error error = deliver(d, mail, source, last);
    smtplite_asked_put(mail, asked);
    return error;
}
