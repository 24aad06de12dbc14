/* SPDX-License-Identifier: MIT */
/*
 * The application's part in mails: it submits them, lends their content, and answers AGAIN. What it
 * lent until DONE is taken away then, and what was filled in must stay as it was.
 */

#include "dialog.h"

#include <string.h>

/* ---- submitting ---------------------------------------------------------------------------- */

static void borrow_mail(struct play *p, struct sent_mail *sent, const struct job *job) {
    struct smtplite_recipient *r = &p->room->recipients[p->recipients];
    if (p->recipients + job->to_count > RECIPIENTS_MAX) {
        die(p->d->file, p->d->line, "more recipients than there is room for");
    }
    p->recipients += job->to_count;
    for (size_t i = 0; i < job->to_count; i++) {
        r[i] = job->to[i];
        r[i].code = 999;
        r[i].fate = 99;
    }
    *sent = (struct sent_mail){.job = job, .options = job->options};
    sent->mail = (struct smtplite_mail){.from = job->from,
                                        .recipients = r,
                                        .count = job->to_count,
                                        .options = job->has_options ? &sent->options : NULL,
                                        .size = job->size,
                                        .flags = job->flags};
}

static void submit_mail(struct play *p, const struct job *job) {
    if (p->mails == MAILS_MAX) {
        die(p->d->file, p->d->line, "more mails than there is room for");
    }
    struct sent_mail *sent = &p->sent[p->mails];
    borrow_mail(p, sent, job);
    enum smtplite_error error = smtplite_submit(&p->s, &sent->mail);
    if (error != SMTPLITE_E_OK) {
        fail(p, "smtplite_submit: %s", error_name((int)error));
    }
    p->mails++;
}

static void give_command(struct play *p, const struct job *job) {
    const char *argument = NULL;
    if (job->argument != NULL) {
        p->lent = strlen(job->argument) + 1;
        argument = memcpy(p->room->body - p->lent, job->argument, p->lent);
    }
    if (smtplite_command(&p->s, (enum smtplite_phase)job->command, argument) != SMTPLITE_E_OK) {
        fail(p, "smtplite_command was refused");
    }
}

static void begin_job(struct play *p) {
    const struct job *job = &p->d->jobs[p->job++];
    if (job->kind == JOB_MAIL) {
        submit_mail(p, job);
    } else if (job->kind == JOB_COMMAND) {
        give_command(p, job);
    } else if (smtplite_noop(&p->s) != SMTPLITE_E_OK) {
        fail(p, "smtplite_noop was refused");
    }
    if (p->d->quit == QUIT_EARLY && p->job == p->d->job_count) {
        smtplite_quit(&p->s);
    }
}

/* One may wait while one is under way. */
static bool may_add_mail(const struct play *p) {
    return p->mails == p->dones + 1 && p->job < p->d->job_count &&
           p->d->jobs[p->job].kind == JOB_MAIL;
}

void do_job(struct play *p) {
    if (p->job == p->d->job_count) {
        if (p->dones == p->mails) {
            smtplite_quit(&p->s);
        }
        return;
    }
    if (p->d->jobs[p->job].kind == JOB_IDLE) {
        return;
    }
    if (p->dones == p->mails) {
        begin_job(p);
    }
    bool early = p->d->next == NEXT_EARLY || p->d->next == NEXT_FIRST;
    if (early && may_add_mail(p)) {
        begin_job(p);
    }
}

/* Behind `do: idle`: a mail may also be added to one that is under way. */
void call_submit(struct play *p, const struct block *b) {
    if (p->job >= p->d->job_count || p->d->jobs[p->job].kind != JOB_IDLE) {
        fail(p, "line %d: the application is not idle", b->line);
        return;
    }
    p->job++;
    if (may_add_mail(p)) {
        begin_job(p);
    } else {
        do_job(p);
    }
}

/* ---- content ------------------------------------------------------------------------------- */

static enum smtplite_error lend_body(struct play *p, const struct bytes *piece) {
    bool whole;
    struct bytes b = lend(p, piece, &whole);
    p->piece += whole;
    return smtplite_body(&p->s, b.p, b.len);
}

void give_body(struct play *p) {
    const struct sent_mail *sent = mail_at_hand(p);
    if (sent == NULL) {
        fail(p, "BODY, and there is no mail");
        return;
    }
    const struct job *job = sent->job;
    enum smtplite_error error = SMTPLITE_E_OK;
    take_back(p);
    if (p->piece == job->piece_count) {
        error = smtplite_body_end(&p->s);
    } else if (job->pieces[p->piece].kind == PIECE_FAIL) {
        error = smtplite_body_fail(&p->s);
    } else if (job->pieces[p->piece].kind == PIECE_BYTES) {
        error = lend_body(p, &job->pieces[p->piece].bytes);
    }
    if (error != SMTPLITE_E_OK) {
        fail(p, "smtplite_body*: %s", error_name((int)error));
    }
}

void call_body(struct play *p, const struct block *b) {
    const struct sent_mail *sent = mail_at_hand(p);
    const struct job *job = sent == NULL ? NULL : sent->job;
    if (job == NULL || p->piece >= job->piece_count || job->pieces[p->piece].kind != PIECE_HOLD) {
        fail(p, "line %d: the body is not held", b->line);
        return;
    }
    p->piece++;
    give_body(p);
}

static void answer_again(struct play *p, bool can) {
    take_back(p);
    p->piece = 0;
    p->piece_pos = 0;
    if (smtplite_again(&p->s, can) != SMTPLITE_E_OK) {
        fail(p, "smtplite_again was refused");
    }
}

static void react_to_again(struct play *p) {
    const struct sent_mail *sent = mail_at_hand(p);
    if (sent == NULL) {
        fail(p, "AGAIN, and there is no mail");
    } else if (sent->job->again != AGAIN_HOLD) {
        answer_again(p, sent->job->again == AGAIN_YES);
    }
}

void call_again(struct play *p, const struct block *b) {
    const struct sent_mail *sent = mail_at_hand(p);
    if (sent == NULL || sent->job->again != AGAIN_HOLD) {
        fail(p, "line %d: AGAIN is not held", b->line);
        return;
    }
    answer_again(p, true);
}

/* From DONE on nothing of the mail is borrowed any more. */
static void end_mail(struct play *p) {
    struct sent_mail *sent = &p->sent[p->dones++];
    sent->before = hash_mail(sent);
    sent->mail.from = NULL;
    sent->mail.options = NULL;
    memset(&sent->options, 0xA5, sizeof sent->options);
    for (size_t i = 0; i < sent->mail.count; i++) {
        sent->mail.recipients[i].address = NULL;
        sent->mail.recipients[i].orcpt = NULL;
    }
    p->piece = 0;
    p->piece_pos = 0;
}

void react(struct play *p, int event) {
    switch (event) {
    case SMTPLITE_EV_DONE:
        if (p->dones < p->mails) {
            end_mail(p);
        }
        take_back(p);
        do_job(p);
        break;
    case SMTPLITE_EV_READY:
    case SMTPLITE_EV_REPLY:
        take_back(p);
        do_job(p);
        break;
    case SMTPLITE_EV_BODY:
        if (p->d->next == NEXT_BODY && may_add_mail(p)) {
            begin_job(p);
        }
        give_body(p);
        break;
    case SMTPLITE_EV_TOKEN:
        give_token(p);
        break;
    case SMTPLITE_EV_AGAIN:
        react_to_again(p);
        break;
    case SMTPLITE_EV_CLOSED:
    case SMTPLITE_EV_FAILED:
        p->over = true;
        break;
    default:
        break;
    }
}

/* ---- what must be so of every mail --------------------------------------------------------- */

const struct sent_mail *mail_at_hand(const struct play *p) {
    if (p->mails == 0) {
        return NULL;
    }
    return &p->sent[p->dones < p->mails ? p->dones : p->mails - 1];
}

size_t hash_mail(const struct sent_mail *sent) {
    const struct smtplite_result *result = &sent->mail.result;
    size_t hash = result->outcome + result->error * 11u + result->phase * 101u + result->code;
    for (size_t i = 0; i < sent->mail.count; i++) {
        const struct smtplite_recipient *r = &sent->mail.recipients[i];
        hash = hash * 31 + r->fate + r->code * 7u + r->enhanced.klass * 1001u +
               r->enhanced.subject * 5003u + r->enhanced.detail * 90001u;
    }
    return hash;
}

void check_recipients(struct play *p, const struct sent_mail *sent, const struct want_result *want,
                      int line) {
    size_t count = sent == NULL ? 0 : sent->mail.count;
    if (want->count > count) {
        fail(p, "line %d: there are only %zu recipients", line, count);
        return;
    }
    for (size_t i = 0; i < want->count; i++) {
        const struct smtplite_recipient *got = &sent->mail.recipients[i];
        const struct want_recipient *w = &want->recipients[i];
        check_name(p, fate_name(got->fate), fate_name(w->fate), w->fate, line);
        check_number(p, got->code, w->code, "a recipient's code", line);
        if (!w->any_enhanced && !same_enhanced(&got->enhanced, &w->enhanced)) {
            fail(p, "line %d: recipient %zu: enhanced %u.%u.%u", line, i, got->enhanced.klass,
                 got->enhanced.subject, got->enhanced.detail);
        }
    }
}

void spoil_mail(struct play *p, int event) {
    struct sent_mail *sent = &p->sent[0];
    if (event == SMTPLITE_EV_CLOSED && p->d->spoil == SPOIL_LATE) {
        sent->mail.recipients[0].code++;
    }
    if (event == SMTPLITE_EV_RECIPIENT && p->d->spoil == SPOIL_ANSWERED) {
        sent->mail.recipients[0].fate = SMTPLITE_ACCEPTED;
    }
    if (event != SMTPLITE_EV_DONE) {
        return;
    }
    if (p->d->spoil == SPOIL_RESULT) {
        sent->mail.result.code++;
    } else if (p->d->spoil == SPOIL_ACCEPTED) {
        sent->mail.recipients[0].fate = SMTPLITE_ACCEPTED;
    } else if (p->d->spoil == SPOIL_PENDING) {
        sent->mail.recipients[0].fate = SMTPLITE_PENDING;
    }
}

/* The outcome is what the fates say, and no recipient is left without one. */
static void check_fates(struct play *p, const struct sent_mail *sent) {
    size_t count[SMTPLITE_MAYBE + 1] = {0};
    for (size_t i = 0; i < sent->mail.count; i++) {
        unsigned fate = sent->mail.recipients[i].fate;
        if (fate > SMTPLITE_MAYBE || fate == SMTPLITE_PENDING) {
            fail(p, "recipient %zu ends as %s", i, fate_name((int)fate));
            return;
        }
        count[fate]++;
    }
    int want = SMTPLITE_NOT_SENT;
    if (count[SMTPLITE_MAYBE] > 0) {
        want = SMTPLITE_MAYBE_SENT;
    } else if (count[SMTPLITE_ACCEPTED] == sent->mail.count) {
        want = SMTPLITE_SENT;
    } else if (count[SMTPLITE_ACCEPTED] > 0) {
        want = SMTPLITE_PARTLY_SENT;
    }
    if (sent->mail.result.outcome != want) {
        fail(p, "mail %d: its outcome is %s, its fates mean %s", (int)(sent - p->sent) + 1,
             outcome_name(sent->mail.result.outcome), outcome_name(want));
    }
}

static void check_answered(struct play *p, const struct smtplite_event_data *data) {
    const struct sent_mail *sent = mail_at_hand(p);
    if (sent == NULL || data->index >= sent->mail.count) {
        fail(p, "RECIPIENT: there is none of index %zu", data->index);
        return;
    }
    const struct smtplite_recipient *r = &sent->mail.recipients[data->index];
    bool accepted = data->code / 100 == 2;
    bool together = (sent->mail.flags & SMTPLITE_MAIL_ALL_OR_NOTHING) != 0;
    bool good = accepted ? r->fate == SMTPLITE_PENDING || (together && r->fate == SMTPLITE_UNTRIED)
                         : r->fate == SMTPLITE_UNTRIED || r->fate == SMTPLITE_DEFERRED ||
                               r->fate == SMTPLITE_REFUSED;
    /* MAIL was refused, and this answer ends the mail: its refusal is that of all */
    bool of_mail = sent->mail.result.phase == SMTPLITE_PHASE_MAIL && sent->mail.result.code != 0 &&
                   r->code == sent->mail.result.code;
    if (!good || (r->code != data->code && !of_mail)) {
        fail(p, "recipient %zu, answered %u: %s %u", data->index, data->code, fate_name(r->fate),
             r->code);
    }
}

static void check_result_is_own(struct play *p, const struct sent_mail *sent) {
    if (!same_result(&sent->mail.result, smtplite_result_get(&p->s))) {
        fail(p, "the mail's own result is not the session's (%s, %s)",
             outcome_name(sent->mail.result.outcome), error_name(sent->mail.result.error));
    }
}

void check_mails(struct play *p, int event, const struct smtplite_event_data *data) {
    bool ends = event == SMTPLITE_EV_CLOSED || event == SMTPLITE_EV_FAILED;
    if (event == SMTPLITE_EV_RECIPIENT) {
        check_answered(p, data);
    } else if (event == SMTPLITE_EV_DONE && p->dones == p->mails) {
        fail(p, "DONE, and no mail is under way");
    } else if ((event == SMTPLITE_EV_DONE || ends) && p->dones < p->mails) {
        check_result_is_own(p, &p->sent[p->dones]);
        check_fates(p, &p->sent[p->dones]);
    }
    for (size_t i = p->dones + 1; ends && i < p->mails; i++) {
        check_fates(p, &p->sent[i]);
    }
    for (size_t i = 0; ends && i < p->dones; i++) {
        if (hash_mail(&p->sent[i]) != p->sent[i].before) {
            fail(p, "mail %zu was changed behind its DONE", i + 1);
        }
    }
}
