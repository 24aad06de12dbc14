/* SPDX-License-Identifier: MIT */
/*
 * A run of mails. Two are in memory: `present`, whose content leaves, and `ahead`, taken from the
 * queue when that content has come to its end, so that its commands leave behind it. A mail that
 * cannot be begun stays `ahead`, too, until the one before it is done: they are told in order.
 */

#include "drive.h"

struct job {
    struct smtplite_mail *mail; /* NULL: none */
    const struct smtplite_source *source;
    struct smtplite_asked asked;
    enum smtplite_error error; /* why it was not begun */
};

struct run {
    struct smtplite_driver *d;
    const struct smtplite_queue *queue;
    struct job present;
    struct job ahead;
};

static bool is_over(const struct run *run) {
    return (smtplite_wants(run->d->session) & SMTPLITE_WANT_CLOSE) != 0;
}

static void look_ahead(struct run *run) {
    struct job *job = &run->ahead;
    if (job->mail != NULL || is_over(run) || smtplite_mails_left(run->d->session) == 0)
        return;
    if (!run->queue->next(run->queue->context, &job->mail, &job->source) ||
        job->mail == run->present.mail) { /* it is under way: not to be begun behind itself */
        job->mail = NULL;
        return;
    }
    job->asked = smtplite_asked_get(job->mail);
    job->error = smtplite_begin(run->d, job->mail, job->source);
}

static enum smtplite_source_state read_present(void *context, const char **p, size_t *n) {
    struct run *run = context;
    const struct smtplite_source *source = run->present.source;
    enum smtplite_source_state state = source->read(source->context, p, n);
    if (state == SMTPLITE_SOURCE_END)
        look_ahead(run);
    return state;
}

static bool rewind_present(void *context) {
    const struct smtplite_source *source = ((struct run *)context)->present.source;
    return source->rewind != NULL && source->rewind(source->context);
}

/* Up to the end of the mail that was `ahead`. */
static void deliver_next(struct run *run) {
    const struct smtplite_source source = {
        .context = run, .read = read_present, .rewind = rewind_present};
    const char *text = "";
    run->present = run->ahead;
    run->ahead.mail = NULL;
    if (run->present.error == SMTPLITE_E_OK) {
        (void)smtplite_drive(run->d, &source, SMTPLITE_EV_DONE);
        text = smtplite_text(run->d->session);
    }
    smtplite_asked_put(run->present.mail, run->present.asked);
    run->queue->done(run->queue->context, run->present.mail, text);
    run->present.mail = NULL;
}

static enum smtplite_error get_error(const struct run *run) {
    uint8_t error = smtplite_result_get(run->d->session)->error;
    if (!is_over(run))
        return run->present.error == SMTPLITE_E_STATE ? SMTPLITE_E_STATE : SMTPLITE_E_OK;
    return error != SMTPLITE_E_OK ? (enum smtplite_error)error : SMTPLITE_E_STATE;
}

enum smtplite_error smtplite_deliver_all(struct smtplite_driver *d,
                                         const struct smtplite_queue *queue) {
    struct run run = {.d = d, .queue = queue};
    (void)smtplite_drive(d, NULL, SMTPLITE_EV_READY);
    look_ahead(&run);
    while (run.ahead.mail != NULL) {
        deliver_next(&run);
        if (run.present.error != SMTPLITE_E_STATE) /* QUIT was asked for: there is no further */
            look_ahead(&run);
    }
    return get_error(&run);
}
