/* SPDX-License-Identifier: MIT */
/*
 * One mail: its transaction, and what becomes of its recipients. What only several transactions or
 * several mails at a time need is in several.c.
 *
 * A recipient that was accepted is PENDING until the message was; then every fate is settled. The
 * outcome is read off the fates: so it is the same for one transaction, for several, and for LMTP.
 *
 * While a mail's end is awaited the next one's commands may be on their way (`riding`): the cursor
 * that sends is in the next mail then, the one that expects in this.
 */

#include "session.h"

static size_t first_untried(const struct smtplite_mail *mail, size_t from, size_t end) {
    while (from < end && mail->recipients[from].fate != SMTPLITE_UNTRIED)
        from++;
    return from;
}

bool smtplite_has_untried(const struct smtplite_mail *mail) {
    return first_untried(mail, 0, mail->count) < mail->count;
}

size_t smtplite_recipient_from(const struct smtplite_session *s, size_t index) {
    return first_untried(smtplite_out_mail(s), index, s->end_index);
}

/* ---- Fates ------------------------------------------------------------------------------- */

uint8_t smtplite_fate_of(uint16_t code) {
    if (smtplite_is_positive(code))
        return SMTPLITE_ACCEPTED;
    return code / 100 == 4 ? SMTPLITE_DEFERRED : SMTPLITE_REFUSED;
}

/* The reply at hand, or none, decides about a recipient. */
void smtplite_recipient_decide(struct smtplite_session *s, struct smtplite_recipient *recipient) {
    recipient->code = s->code;
    smtplite_reply_enhanced(s, &recipient->enhanced);
    recipient->fate = smtplite_fate_of(s->code);
}

size_t smtplite_first_pending(const struct smtplite_mail *mail, size_t from) {
    while (from < mail->count && mail->recipients[from].fate != SMTPLITE_PENDING)
        from++;
    return from;
}

/* All that have one fate get another, and with a refusal its code. */
static void settle(const struct smtplite_session *s, uint8_t from, uint8_t to) {
    for (size_t i = 0; i < s->mail->count; i++) {
        struct smtplite_recipient *recipient = &s->mail->recipients[i];
        if (recipient->fate != from)
            continue;
        recipient->fate = to;
        if (to == SMTPLITE_DEFERRED || to == SMTPLITE_REFUSED) {
            recipient->code = s->result.code;
            recipient->enhanced = s->result.enhanced;
        }
    }
}

static uint8_t outcome_of(const struct smtplite_mail *mail) {
    size_t accepted = 0;
    for (size_t i = 0; i < mail->count; i++) {
        if (mail->recipients[i].fate == SMTPLITE_MAYBE)
            return SMTPLITE_MAYBE_SENT;
        accepted += mail->recipients[i].fate == SMTPLITE_ACCEPTED;
    }
    if (accepted == mail->count)
        return SMTPLITE_SENT;
    return accepted > 0 ? SMTPLITE_PARTLY_SENT : SMTPLITE_NOT_SENT;
}

/* What a refusal means for those that were accepted: one recipient's says nothing of another. */
static uint8_t fate_of_result(const struct smtplite_session *s) {
    if (s->result.code < 400 || s->result.phase == PHASE(RCPT))
        return SMTPLITE_UNTRIED;
    return smtplite_fate_of(s->result.code);
}

/* The message's end has left before RCPT was answered, with BDAT: those may have it, too. Behind
 * such a mail none rides, so end_index is this mail's. */
static void settle_unanswered(const struct smtplite_session *s) {
    size_t i = s->expect == PHASE(MAIL) ? 0 : s->expect_index;
    for (; i < s->end_index; i++)
        if (s->mail->recipients[i].fate == SMTPLITE_UNTRIED)
            s->mail->recipients[i].fate = SMTPLITE_MAYBE;
}

/* What ended the session was this mail's content, not the connection, and not the server. */
static bool is_of_content(const struct smtplite_result *result) {
    if (result->error == SMTPLITE_E_REFUSED)
        return result->phase == PHASE(MESSAGE) || result->phase == PHASE(BDAT);
    return result->error == SMTPLITE_E_SOURCE || result->error == SMTPLITE_E_BODY_NUL ||
           result->error == SMTPLITE_E_BODY_8BIT;
}

/* The mail that waits is lost with the session; another one's fault is not its own, and so no
 * reason never to try it again. */
static void fail_next(const struct smtplite_session *s, struct smtplite_result *result) {
    result->error = SMTPLITE_E_CLOSED;
    if (is_of_content(&s->result))
        return;
    *result = s->result;
    result->outcome = SMTPLITE_NOT_SENT;
}

/* The session has failed; the result has why. */
void smtplite_mail_fail(struct smtplite_session *s) {
    settle(s, SMTPLITE_PENDING, s->marked ? SMTPLITE_MAYBE : fate_of_result(s));
    bool unanswered = s->expect == PHASE(MAIL) || s->expect == PHASE(RCPT);
    if (s->marked && unanswered && !s->refused)
        settle_unanswered(s);
    s->result.outcome = outcome_of(s->mail);
    s->mail->result = s->result;
    if (s->next != NULL)
        fail_next(s, &s->next->result);
}

/* ---- Beginning --------------------------------------------------------------------------- */

/* What the sending cursor needs to know of a mail. */
void smtplite_mail_prepare(struct smtplite_session *s, const struct smtplite_mail *mail) {
    bool eight = (mail->flags & (SMTPLITE_MAIL_8BIT | SMTPLITE_MAIL_UTF8)) != 0;
    s->says_8bit = eight && (s->offered & SMTPLITE_EXT_8BITMIME) != 0;
    s->takes_8bit = s->says_8bit || smtplite_allows(s, SMTPLITE_ALLOW_8BIT);
    s->grouped = (s->offered & SMTPLITE_EXT_PIPELINING) && !smtplite_allows(s, SMTPLITE_LOCKSTEP);
    s->line = LINE_START;
    s->end_index = mail->count;
    if (s->config->extensions != NULL)
        s->config->extensions->prepare(s, mail);
}

/* What was of the last transaction is not of this one. */
static void begin_expecting(struct smtplite_session *s) {
    s->accepted = 0;
    s->chunks = 0;
    s->body_ended = false;
    s->body_asked = false;
    s->hollow = false;
    s->quit_rides = false;
    s->kept = false;
    s->refused = false;
    s->lent = false;
    s->stopped = false;
    s->announced = false;
    s->chunk_open = false;
}

/* What can be known to fail before MAIL is not tried (C6, C7). *missing: what is not offered. */
enum smtplite_error smtplite_offer_check(const struct smtplite_session *s,
                                         const struct smtplite_mail *mail, const char **missing) {
    const struct smtplite_extensions *extensions = s->config->extensions;
    *missing = smtplite_is_full(s) ? "MAILMAX" : NULL;
    if (*missing != NULL)
        return SMTPLITE_E_CLOSING; /* the session is at its end: on a new one it goes */
    *missing = extensions != NULL ? extensions->find_missing(s, mail) : NULL;
    if (*missing != NULL)
        return SMTPLITE_E_UNOFFERED;
    if (s->size_limit > 0 && mail->size > s->size_limit)
        return SMTPLITE_E_SIZE;
    if ((mail->flags & SMTPLITE_MAIL_8BIT) && !(mail->flags & SMTPLITE_MAIL_BINARY) &&
        !s->takes_8bit)
        return SMTPLITE_E_BODY_8BIT;
    return SMTPLITE_E_OK;
}

/* The present mail is over, as its result says: the next one takes its place. */
uint8_t smtplite_mail_finish(struct smtplite_session *s) {
    s->mail->result = s->result;
    s->mail = s->next;
    s->next = NULL;
    s->in_mail = s->mail != NULL;
    smtplite_raise(s, EVENT(DONE));
    if (!s->riding) /* the next one begins when DONE was read */
        return s->quitting && !s->in_mail ? PHASE(QUIT) : PHASE(IDLE);
    s->riding = false;
    begin_expecting(s);
    return PHASE(MAIL);
}

static uint8_t refuse_mail(struct smtplite_session *s, enum smtplite_error error,
                           const char *missing) {
    smtplite_decide(s, 0);
    s->result.error = (uint8_t)error;
    s->result.phase = PHASE(MAIL);
    s->result.outcome = outcome_of(s->mail);
    s->kept = false;
    for (; missing != NULL && *missing != '\0'; missing++)
        smtplite_text_add(s, *missing);
    s->kept = true;
    return smtplite_mail_finish(s);
}

uint8_t smtplite_mail_begin(struct smtplite_session *s) {
    const char *missing;
    smtplite_mail_prepare(s, s->mail);
    begin_expecting(s);
    enum smtplite_error error = smtplite_offer_check(s, s->mail, &missing);
    if (error != SMTPLITE_E_OK)
        return refuse_mail(s, error, missing);
    s->mail_count++;
    return s->dirty ? PHASE(RSET) : PHASE(MAIL);
}

bool smtplite_quit_may_ride(const struct smtplite_session *s) {
    return s->quitting && s->next == NULL && s->grouped &&
           (s->mail->count == 1 || (s->expect != PHASE(MAIL) && s->expect != PHASE(RCPT) &&
                                    !smtplite_has_untried(s->mail)));
}

/* ---- The end of a transaction ------------------------------------------------------------ */

/* fate: of the recipients that were accepted and are not decided yet; a refusal is the result's. */
uint8_t smtplite_transaction_end(struct smtplite_session *s, uint8_t fate) {
    smtplite_decide(s, s->code);
    bool mail_refused = s->result.phase == PHASE(MAIL);
    if (mail_refused)
        settle(s, SMTPLITE_UNTRIED, fate_of_result(s));
    if (fate == SMTPLITE_REFUSED || (mail_refused && fate != SMTPLITE_MAYBE))
        settle(s, SMTPLITE_PENDING, fate_of_result(s));
    else
        settle(s, SMTPLITE_PENDING, fate);
    s->marked = false;
    s->dirty = fate != SMTPLITE_ACCEPTED && !s->riding;
    s->result.error = SMTPLITE_E_OK;
    s->result.outcome = outcome_of(s->mail);
    if (s->refused || s->config->extensions == NULL || !smtplite_has_untried(s->mail))
        return smtplite_mail_finish(s);
    return s->config->extensions->go_on(s);
}

/* The message, or the mail as a whole, was refused. */
static uint8_t end_refused(struct smtplite_session *s) {
    s->refused = true;
    return smtplite_transaction_end(s, SMTPLITE_REFUSED);
}

/* ---- Replies ----------------------------------------------------------------------------- */

/* Nobody is to get this mail any more. */
static bool is_hopeless(const struct smtplite_session *s) {
    size_t needed = (s->mail->flags & SMTPLITE_MAIL_ALL_OR_NOTHING) ? s->mail->count : 1;
    return s->kept || s->accepted < needed;
}

uint8_t smtplite_content_phase(const struct smtplite_session *s) {
    if (!s->chunked)
        return PHASE(DATA);
    return s->chunks == 0 && s->marked ? PHASE(MESSAGE) : PHASE(BDAT);
}

uint8_t smtplite_on_rset(struct smtplite_session *s) {
    if (!smtplite_is_positive(s->code))
        return smtplite_refused(s, SMTPLITE_E_REFUSED); /* E8: answered 250, or close */
    s->dirty = false;
    return PHASE(MAIL);
}

uint8_t smtplite_on_mail(struct smtplite_session *s) {
    s->expect_index = 0;
    if (s->code / 100 == 3)
        return smtplite_refused(s, SMTPLITE_E_REFUSED); /* the server may read text by now */
    if (!smtplite_is_positive(s->code)) {
        smtplite_decide(s, s->code);
        if (!smtplite_in_group(s))
            return end_refused(s);
        s->refused = true;
    }
    return PHASE(RCPT);
}

static void judge_recipient(struct smtplite_session *s) {
    const struct smtplite_extensions *extensions = s->config->extensions;
    struct smtplite_recipient *recipient = &s->mail->recipients[s->expect_index];
    smtplite_recipient_decide(s, recipient);
    if (recipient->fate == SMTPLITE_ACCEPTED) {
        recipient->fate = SMTPLITE_PENDING;
        s->accepted++;
    } else if (s->kept && s->result.phase == PHASE(MAIL)) {
        recipient->fate = SMTPLITE_UNTRIED; /* MAIL's refusal is that of all */
    } else if (s->mail->flags & SMTPLITE_MAIL_ALL_OR_NOTHING) {
        smtplite_decide(s, s->code);
        s->refused = true;
    } else if (extensions != NULL && extensions->is_left(s, recipient)) {
        recipient->fate = SMTPLITE_UNTRIED; /* for a further transaction */
    }
}

uint8_t smtplite_on_rcpt(struct smtplite_session *s) {
    if (s->code / 100 == 3)
        return smtplite_refused(s, SMTPLITE_E_REFUSED);
    s->expect_index = first_untried(s->mail, s->expect_index, s->end_index - 1);
    judge_recipient(s);
    s->expect_index++;
    smtplite_raise(s, EVENT(RECIPIENT));
    if (first_untried(s->mail, s->expect_index, s->end_index) < s->end_index)
        return PHASE(RCPT);
    if (!is_hopeless(s))
        return smtplite_content_phase(s);
    smtplite_decide(s, s->code);
    if (s->chunked)
        return s->config->extensions->stop(s);
    return smtplite_in_group(s) ? PHASE(DATA) : smtplite_transaction_end(s, SMTPLITE_UNTRIED);
}

uint8_t smtplite_on_data(struct smtplite_session *s) {
    bool hopeless = is_hopeless(s);
    if (s->code == 354) {
        s->hollow = hopeless;
        return PHASE(MESSAGE);
    }
    if (s->code < 400)
        return smtplite_refused(s, SMTPLITE_E_REFUSED); /* D11: only 354 */
    return hopeless ? smtplite_transaction_end(s, SMTPLITE_UNTRIED) : end_refused(s);
}

uint8_t smtplite_on_message(struct smtplite_session *s) {
    if (s->hollow)
        return smtplite_transaction_end(s, SMTPLITE_UNTRIED);
    if (s->code < 400 && (!smtplite_is_positive(s->code) || s->code == 221))
        return smtplite_refused(s, SMTPLITE_E_REFUSED); /* a 221 is QUIT's, out of its turn */
    if (smtplite_allows(s, SMTPLITE_LMTP))
        return s->config->extensions->on_final(s);
    if (s->code >= 400)
        return s->stopped ? smtplite_transaction_end(s, SMTPLITE_REFUSED) : end_refused(s);
    /* accepted, though a part of it was refused: nobody knows what is there */
    return smtplite_transaction_end(s, s->stopped ? SMTPLITE_MAYBE : SMTPLITE_ACCEPTED);
}
