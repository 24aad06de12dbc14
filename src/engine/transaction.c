/* SPDX-License-Identifier: MIT */
/*
 * One mail: its transactions, and what becomes of its recipients.
 *
 * A transaction takes the recipients that are UNTRIED, in their order, as many as the server allows
 * (RFC 9422). Those to whom it then says `too many` (RFC 5321 4.5.3.1.10) stay UNTRIED and are for
 * a further one. There is an end, since the first recipient of each is decided for good.
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

static bool has_untried(const struct smtplite_mail *mail) {
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

/* All PENDING get this fate, and with a refusal its code. */
static void settle(const struct smtplite_session *s, uint8_t fate) {
    const struct smtplite_mail *mail = s->mail;
    for (size_t i = 0; (i = smtplite_first_pending(mail, i)) < mail->count; i++) {
        struct smtplite_recipient *recipient = &mail->recipients[i];
        recipient->fate = fate;
        if (fate == SMTPLITE_DEFERRED || fate == SMTPLITE_REFUSED) {
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

/* The session has failed; the result has why. */
void smtplite_mail_fail(struct smtplite_session *s) {
    uint8_t fate = SMTPLITE_UNTRIED;
    if (s->marked)
        fate = SMTPLITE_MAYBE;
    else if (s->result.code >= 400)
        fate = smtplite_fate_of(s->result.code);
    settle(s, fate);
    s->result.outcome = outcome_of(s->mail);
    s->mail->result = s->result;
    if (s->next == NULL)
        return;
    s->next->result = s->result;
    s->next->result.outcome = SMTPLITE_NOT_SENT;
}

/* ---- Beginning --------------------------------------------------------------------------- */

/* BDAT where it saves a round trip, or is the only way. */
static bool uses_chunks(const struct smtplite_session *s, const struct smtplite_mail *mail) {
    if (mail->flags & SMTPLITE_MAIL_BINARY)
        return true;
    return (mail->flags & (SMTPLITE_MAIL_EXACT | SMTPLITE_MAIL_PIECES)) != 0 && s->grouped &&
           (s->offered & SMTPLITE_EXT_CHUNKING) != 0 && !smtplite_allows(s, SMTPLITE_NO_CHUNKING);
}

/* What the sending cursor needs to know of a mail. */
static void begin_sending(struct smtplite_session *s, const struct smtplite_mail *mail) {
    size_t room = s->rcpt_max > 0 ? s->rcpt_max : SIZE_MAX;
    bool eight = (mail->flags & (SMTPLITE_MAIL_8BIT | SMTPLITE_MAIL_UTF8)) != 0;
    s->says_8bit = eight && (s->offered & SMTPLITE_EXT_8BITMIME) != 0;
    s->takes_8bit = s->says_8bit || smtplite_allows(s, SMTPLITE_ALLOW_8BIT);
    s->grouped = (s->offered & SMTPLITE_EXT_PIPELINING) && !smtplite_allows(s, SMTPLITE_LOCKSTEP);
    s->chunked = uses_chunks(s, mail);
    s->line = LINE_START;
    for (s->end_index = 0; s->end_index < mail->count && room > 0; s->end_index++)
        room -= mail->recipients[s->end_index].fate == SMTPLITE_UNTRIED;
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
static enum smtplite_error check_offer(const struct smtplite_session *s,
                                       const struct smtplite_mail *mail, const char **missing) {
    const struct smtplite_extensions *extensions = s->config->extensions;
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
static uint8_t finish_mail(struct smtplite_session *s) {
    s->mail->result = s->result;
    s->mail = s->next;
    s->next = NULL;
    s->in_mail = s->mail != NULL;
    smtplite_raise(s, EVENT(DONE));
    if (!s->riding)
        return smtplite_phase_next(s);
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
    return finish_mail(s);
}

uint8_t smtplite_mail_begin(struct smtplite_session *s) {
    const char *missing;
    begin_sending(s, s->mail);
    begin_expecting(s);
    enum smtplite_error error = check_offer(s, s->mail, &missing);
    if (error != SMTPLITE_E_OK)
        return refuse_mail(s, error, missing);
    s->mail_count++;
    return s->dirty ? PHASE(RSET) : PHASE(MAIL);
}

/* True, and begun, if the next mail's commands may leave behind this one's end mark (RFC 2920 3.1):
 * nothing of this one is still to be sent. */
bool smtplite_mail_ride(struct smtplite_session *s) {
    const char *missing;
    if (s->next == NULL || !s->grouped || s->chunked || has_untried(s->mail))
        return false;
    begin_sending(s, s->next);
    if (check_offer(s, s->next, &missing) != SMTPLITE_E_OK)
        return false;
    s->mail_count++;
    s->riding = true;
    return true;
}

bool smtplite_quit_may_ride(const struct smtplite_session *s) {
    return s->quitting && s->next == NULL && s->grouped &&
           (s->mail->count == 1 ||
            (s->expect != PHASE(MAIL) && s->expect != PHASE(RCPT) && !has_untried(s->mail)));
}

/* ---- The end of a transaction ------------------------------------------------------------ */

/* fate: of the recipients that were accepted and are not decided yet. */
uint8_t smtplite_transaction_end(struct smtplite_session *s, uint8_t fate) {
    smtplite_decide(s, s->code);
    settle(s, fate);
    s->marked = false;
    s->dirty = fate != SMTPLITE_ACCEPTED && !s->riding;
    s->result.error = SMTPLITE_E_OK;
    s->result.outcome = outcome_of(s->mail);
    if (s->refused || !has_untried(s->mail) || smtplite_is_full(s))
        return finish_mail(s);
    if (!s->lent)
        return smtplite_mail_begin(s);
    s->again = true;
    smtplite_raise(s, EVENT(AGAIN));
    return PHASE(IDLE);
}

enum smtplite_error smtplite_again(struct smtplite_session *s, bool can) {
    if (!s->again || (s->event & EVENT(AGAIN)) != 0)
        return SMTPLITE_E_STATE;
    s->again = false;
    smtplite_start(s, can ? smtplite_mail_begin(s) : finish_mail(s));
    return SMTPLITE_E_OK;
}

/* The message, or the mail as a whole, was refused. */
static uint8_t end_refused(struct smtplite_session *s) {
    s->refused = true;
    return smtplite_transaction_end(s, smtplite_fate_of(s->code));
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

/* `Too many recipients` (RFC 5321 4.5.3.1.10), when others of this transaction were taken. */
static bool is_too_many(const struct smtplite_session *s,
                        const struct smtplite_enhanced *enhanced) {
    if ((s->code != 452 && s->code != 552) || s->accepted == 0 || s->kept)
        return false;
    return enhanced->klass == 0 || (enhanced->subject == 5 && enhanced->detail == 3);
}

static void judge_recipient(struct smtplite_session *s) {
    bool all = (s->mail->flags & SMTPLITE_MAIL_ALL_OR_NOTHING) != 0;
    struct smtplite_recipient *recipient = &s->mail->recipients[s->expect_index];
    smtplite_recipient_decide(s, recipient);
    if (recipient->fate == SMTPLITE_ACCEPTED) {
        recipient->fate = SMTPLITE_PENDING;
        s->accepted++;
    } else if (all) {
        smtplite_decide(s, s->code);
        s->refused = true;
    } else if (is_too_many(s, &recipient->enhanced)) {
        recipient->fate = SMTPLITE_UNTRIED;
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
        return s->stopped ? smtplite_transaction_end(s, smtplite_fate_of(s->code)) : end_refused(s);
    /* accepted, though a part of it was refused: nobody knows what is there */
    return smtplite_transaction_end(s, s->stopped ? SMTPLITE_MAYBE : SMTPLITE_ACCEPTED);
}
