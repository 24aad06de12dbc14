/* SPDX-License-Identifier: MIT */
/*
 * Several transactions for one mail, and two mails at a time.
 *
 * A transaction takes the recipients that are UNTRIED, in their order, as many as the server allows
 * (RFC 9422). Those to whom it then says `too many` (RFC 5321 4.5.3.1.10) stay UNTRIED and are for
 * a further one. There is an end, since the first recipient of each is decided for good.
 */

#include "extensions.h"

/* In one transaction, where the server has not said: a server that gets many more than it takes
 * closes the connection (421), and nobody has the mail. */
#define RECIPIENTS_MAX 1000u

/* ---- What a transaction takes ------------------------------------------------------------ */

/* BDAT where it saves a round trip, or is the only way. */
static bool uses_chunks(const struct smtplite_session *s, const struct smtplite_mail *mail) {
    if (mail->flags & SMTPLITE_MAIL_BINARY)
        return true;
    return (mail->flags & (SMTPLITE_MAIL_EXACT | SMTPLITE_MAIL_PIECES)) != 0 && s->grouped &&
           (s->offered & SMTPLITE_EXT_CHUNKING) != 0 && !smtplite_allows(s, SMTPLITE_NO_CHUNKING);
}

void smtplite_transaction_prepare(struct smtplite_session *s, const struct smtplite_mail *mail) {
    bool all = (mail->flags & SMTPLITE_MAIL_ALL_OR_NOTHING) != 0;
    uint32_t room = s->rcpt_max > 0 ? s->rcpt_max : all ? UINT32_MAX : RECIPIENTS_MAX;
    s->chunked = uses_chunks(s, mail);
    s->chunk_left = mail->size;
    for (s->end_index = 0; s->end_index < mail->count && room > 0; s->end_index++)
        room -= mail->recipients[s->end_index].fate == SMTPLITE_UNTRIED;
}

/* So many it takes: no further RCPT of this transaction begins, and the next have no more. */
static void learn_limit(struct smtplite_session *s) {
    if (s->rcpt_max == 0 || s->accepted < s->rcpt_max)
        s->rcpt_max = (uint32_t)s->accepted;
    if (s->send == PHASE(RCPT) && !s->riding)
        s->end_index = s->send_index + 1;
    else if (!smtplite_in_group(s))
        s->end_index = s->expect_index + 1;
}

/* `Too many recipients`, when others of this transaction were taken. A server without enhanced
 * codes may mean this recipient alone: nothing is learned from that. */
bool smtplite_recipient_is_left(struct smtplite_session *s,
                                const struct smtplite_recipient *recipient) {
    const struct smtplite_enhanced *enhanced = &recipient->enhanced;
    bool is_said = enhanced->subject == 5 && enhanced->detail == 3;
    if ((s->code != 452 && s->code != 552) || s->accepted == 0)
        return false;
    if (is_said)
        learn_limit(s);
    return is_said || enhanced->klass == 0;
}

/* ---- A further transaction --------------------------------------------------------------- */

uint8_t smtplite_transaction_go_on(struct smtplite_session *s) {
    if (smtplite_is_full(s))
        return smtplite_mail_finish(s);
    if (!s->lent)
        return smtplite_mail_begin(s);
    s->again = true;
    s->kept = false; /* what comes meanwhile is about the session */
    smtplite_raise(s, EVENT(AGAIN));
    return PHASE(IDLE);
}

/* ---- Two mails --------------------------------------------------------------------------- */

/* The next mail's commands may leave behind this one's end mark (RFC 2920 3.1), if nothing of this
 * one is still to be sent. */
void smtplite_mail_ride(struct smtplite_session *s) {
    const char *missing;
    if (!s->grouped || s->chunked || smtplite_has_untried(s->mail))
        return;
    smtplite_mail_prepare(s, s->next);
    if (smtplite_offer_check(s, s->next, &missing) != SMTPLITE_E_OK) {
        smtplite_mail_prepare(s, s->mail); /* it is judged when it is its turn */
        return;
    }
    s->mail_count++;
    s->riding = true;
}

/* ---- A size that is exact ---------------------------------------------------------------- */

/* By DATA the octets are counted as they are lent, by BDAT as they leave (chunks.c). */
bool smtplite_size_holds(struct smtplite_session *s, const char *p, size_t n) {
    if (s->chunked || (s->mail->flags & SMTPLITE_MAIL_EXACT) == 0)
        return true;
    uint32_t octets = smtplite_measure(s, p, n);
    bool holds = n > 0 ? octets <= s->chunk_left : s->chunk_left == 0;
    s->chunk_left -= octets;
    return holds;
}
