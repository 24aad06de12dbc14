/* SPDX-License-Identifier: MIT */
/*
 * What follows what. Each on_PHASE judges the reply of its phase and names the next phase to read
 * for; judge() alone moves the cursor there, and start() alone begins a command.
 */

#include "session.h"

static bool is_positive(uint16_t code) {
    return code / 100 == 2;
}

/* Replies of this mail's group are still to come, or its commands still leaving: every one is
 * read before anything is concluded (RFC 2920 3.1, E10). */
static bool in_group(const struct smtplite_session *s) {
    return s->pending > 0 || s->send != PHASE(IDLE);
}

/* ---- Opening ----------------------------------------------------------------------------- */

/* The server said no, or something that is no answer at all. Gives the phase that is on then. */
static uint8_t refused(struct smtplite_session *s, enum smtplite_error error) {
    return smtplite_fail(s, s->code >= 400 ? error : SMTPLITE_E_BAD_REPLY, s->code);
}

/* What can be known to fail before MAIL is not tried (C6, C7). */
static enum smtplite_error check_offer(const struct smtplite_session *s) {
    if (s->size_limit > 0 && s->mail->size > s->size_limit)
        return SMTPLITE_E_SIZE;
    if ((s->mail->flags & SMTPLITE_MAIL_8BIT) && !s->takes_8bit)
        return SMTPLITE_E_BODY_8BIT;
    return SMTPLITE_E_OK;
}

/* What was of the last mail is not of this one, and the offer may have changed. */
static void begin_mail(struct smtplite_session *s) {
    bool eight = s->offered & CAP_8BITMIME;
    s->accepted = 0;
    s->body_ended = false;
    s->body_asked = false;
    s->hollow = false;
    s->quit_rides = false;
    s->says_8bit = eight && (s->mail->flags & SMTPLITE_MAIL_8BIT);
    s->takes_8bit = s->says_8bit || smtplite_allows(s, SMTPLITE_ALLOW_8BIT);
    s->grouped = (s->offered & CAP_PIPELINING) && !smtplite_allows(s, SMTPLITE_LOCKSTEP);
}

uint8_t smtplite_phase_next(struct smtplite_session *s) {
    if (s->in_mail) {
        begin_mail(s);
        s->result.error = (uint8_t)check_offer(s);
        if (s->result.error == SMTPLITE_E_OK)
            return s->dirty ? PHASE(RSET) : PHASE(MAIL);
        smtplite_decide(s, 0);
        s->result.phase = PHASE(MAIL);
        s->in_mail = false;
        smtplite_raise(s, EVENT(DONE));
    }
    return s->quitting ? PHASE(QUIT) : PHASE(IDLE);
}

static uint8_t ready(struct smtplite_session *s) {
    if (!s->in_mail && !s->quitting)
        smtplite_raise(s, EVENT(READY));
    return smtplite_phase_next(s);
}

/* There is no login. code: the reply's that says so, or 0. */
static uint8_t no_login(struct smtplite_session *s, enum smtplite_error error, uint16_t code) {
    if (smtplite_allows(s, SMTPLITE_ALLOW_NO_LOGIN)) {
        smtplite_login_forget(s);
        return ready(s);
    }
    return smtplite_fail(s, error, code);
}

static uint8_t log_in(struct smtplite_session *s) {
    if (s->config->mechanisms == 0)
        return ready(s);
    enum smtplite_error error = smtplite_login_begin(s);
    return error == SMTPLITE_E_OK ? PHASE(AUTH) : no_login(s, error, 0);
}

static uint8_t greeted(struct smtplite_session *s) {
    if (s->config->tls != SMTPLITE_TLS_REQUIRED || s->secure)
        return log_in(s);
    if (s->offered & CAP_STARTTLS)
        return PHASE(STARTTLS);
    return smtplite_fail(s, SMTPLITE_E_TLS_UNAVAILABLE, 0); /* A1: stripped, or never there */
}

static uint8_t on_GREETING(struct smtplite_session *s) {
    if (s->code != 220)
        return refused(s, SMTPLITE_E_REFUSED);
    return smtplite_allows(s, SMTPLITE_HELO) ? PHASE(HELO) : PHASE(EHLO);
}

static uint8_t on_EHLO(struct smtplite_session *s) {
    if (is_positive(s->code))
        return greeted(s);
    if (s->code < 500)
        return refused(s, SMTPLITE_E_REFUSED);
    smtplite_capabilities_forget(s);
    if (s->config->tls == SMTPLITE_TLS_REQUIRED && !s->secure)
        return greeted(s); /* A6: no way around TLS by HELO */
    return PHASE(HELO);
}

static uint8_t on_HELO(struct smtplite_session *s) {
    return is_positive(s->code) ? greeted(s) : refused(s, SMTPLITE_E_REFUSED);
}

static uint8_t on_STARTTLS(struct smtplite_session *s) {
    if (s->code == 220)
        return PHASE(TLS);
    return smtplite_fail(s, SMTPLITE_E_TLS_UNAVAILABLE, s->code); /* A2 */
}

/* ---- Login (RFC 4954) -------------------------------------------------------------------- */

static uint8_t on_AUTH(struct smtplite_session *s) {
    enum smtplite_error error = SMTPLITE_E_AUTH_REFUSED;
    if (s->code == 235 && smtplite_login_proven(s)) {
        smtplite_login_forget(s);
        return ready(s);
    }
    if (s->code == 235)
        return smtplite_fail(s, SMTPLITE_E_AUTH_SERVER, s->code); /* A14 */
    if (s->code == 334)
        return smtplite_login_answer(s) ? PHASE(AUTH_RESPONSE) : PHASE(AUTH_CANCEL);
    if (s->code < 400)
        return refused(s, error);
    if (s->code < 500)
        error = SMTPLITE_E_AUTH_DEFERRED;
    smtplite_login_explain(s);
    return no_login(s, error, s->code);
}

#define on_AUTH_RESPONSE on_AUTH

static uint8_t on_AUTH_CANCEL(struct smtplite_session *s) {
    enum smtplite_error error = smtplite_login_error(s);
    smtplite_login_explain(s);
    if (s->code < 400 || error == SMTPLITE_E_AUTH_SERVER)
        return smtplite_fail(s, error, s->code);
    return no_login(s, error, s->code);
}

/* ---- Mail -------------------------------------------------------------------------------- */

static uint8_t done(struct smtplite_session *s, enum smtplite_outcome outcome) {
    smtplite_decide(s, s->code);
    s->result.outcome = (uint8_t)outcome;
    s->in_mail = false;
    s->dirty = outcome == SMTPLITE_NOT_SENT;
    smtplite_raise(s, EVENT(DONE));
    return smtplite_phase_next(s);
}

/* Nobody is to get this mail any more. */
static bool is_hopeless(const struct smtplite_session *s) {
    size_t needed = (s->mail->flags & SMTPLITE_MAIL_ALL_OR_NOTHING) ? s->mail->count : 1;
    return s->kept || s->accepted < needed;
}

static uint8_t on_RSET(struct smtplite_session *s) {
    if (!is_positive(s->code))
        return refused(s, SMTPLITE_E_REFUSED); /* E8: answered 250, or close */
    s->dirty = false;
    return PHASE(MAIL);
}

static uint8_t on_MAIL(struct smtplite_session *s) {
    s->expect_index = 0;
    if (s->code / 100 == 3)
        return refused(s, SMTPLITE_E_REFUSED); /* the server may be reading text by now */
    if (!is_positive(s->code)) {
        smtplite_decide(s, s->code);
        if (!in_group(s))
            return done(s, SMTPLITE_NOT_SENT);
    }
    return PHASE(RCPT);
}

static enum smtplite_fate fate_of(uint16_t code) {
    if (is_positive(code))
        return SMTPLITE_ACCEPTED;
    return code / 100 == 4 ? SMTPLITE_DEFERRED : SMTPLITE_REFUSED;
}

static uint8_t on_RCPT(struct smtplite_session *s) {
    struct smtplite_recipient *recipient = &s->mail->recipients[s->expect_index];
    if (s->code / 100 == 3)
        return refused(s, SMTPLITE_E_REFUSED);
    recipient->code = s->code;
    smtplite_reply_enhanced(s, &recipient->enhanced);
    recipient->fate = (uint8_t)fate_of(s->code);
    if (recipient->fate == SMTPLITE_ACCEPTED)
        s->accepted++;
    else if (s->mail->flags & SMTPLITE_MAIL_ALL_OR_NOTHING)
        smtplite_decide(s, s->code);
    s->expect_index++;
    smtplite_raise(s, EVENT(RECIPIENT));
    if (s->expect_index < s->mail->count)
        return PHASE(RCPT);
    if (!is_hopeless(s))
        return PHASE(DATA);
    smtplite_decide(s, s->code);
    return in_group(s) ? PHASE(DATA) : done(s, SMTPLITE_NOT_SENT);
}

static uint8_t on_DATA(struct smtplite_session *s) {
    if (s->code == 354) {
        if (is_hopeless(s))
            s->hollow = true;
        return PHASE(MESSAGE);
    }
    if (s->code < 400)
        return refused(s, SMTPLITE_E_REFUSED); /* D11: only 354 */
    return done(s, SMTPLITE_NOT_SENT);
}

static uint8_t on_MESSAGE(struct smtplite_session *s) {
    if (s->hollow || s->code >= 400)
        return done(s, SMTPLITE_NOT_SENT);
    if (!is_positive(s->code) || s->code == 221)
        return refused(s, SMTPLITE_E_REFUSED); /* a 221 is QUIT's answer, out of its turn */
    bool all = s->accepted == s->mail->count;
    return done(s, all ? SMTPLITE_SENT : SMTPLITE_PARTLY_SENT);
}

static uint8_t on_NOOP(struct smtplite_session *s) {
    smtplite_raise(s, EVENT(REPLY));
    return smtplite_phase_next(s);
}

static uint8_t on_QUIT(struct smtplite_session *s) {
    return smtplite_fail(s, SMTPLITE_E_CLOSED, 0); /* whatever it said, this is the end */
}

/* No reply is read in these two: judge() has refused it before. */
static uint8_t on_IDLE(struct smtplite_session *s) {
    return s->expect;
}

#define on_TLS  on_IDLE
#define on_LHLO on_EHLO
#define on_BDAT on_IDLE
#define on_VRFY on_NOOP
#define on_EXPN on_NOOP
#define on_HELP on_NOOP
#define on_ETRN on_NOOP

/* ---- The table --------------------------------------------------------------------------- */

/* What is sent in a phase, and who judges its reply: both from the one list. A switch, not a table
 * of functions, so that stack and calls can be told by looking. */
static const char *const commands[] = {
#define X_COMMAND(name, command) command,
    SMTPLITE_PHASES(X_COMMAND)
#undef X_COMMAND
};

static uint8_t judge_phase(struct smtplite_session *s) {
    switch (s->expect) {
#define X_CASE(name, command)                                                                      \
    case SMTPLITE_PHASE_##name:                                                                    \
        return on_##name(s);
        SMTPLITE_PHASES(X_CASE)
#undef X_CASE
    default:
        return PHASE(IDLE);
    }
}

void smtplite_send_begin(struct smtplite_session *s, uint8_t phase) {
    s->send = phase;
    s->command = commands[phase];
    s->line = LINE_START;
}

uint8_t smtplite_group_next(const struct smtplite_session *s) {
    if (!s->grouped)
        return PHASE(IDLE);
    if (s->send == PHASE(MAIL))
        return PHASE(RCPT);
    if (s->send != PHASE(RCPT))
        return PHASE(IDLE);
    if (s->send_index + 1 < s->mail->count)
        return PHASE(RCPT);
    /* with all-or-nothing the group ends here: the answers are needed first */
    return (s->mail->flags & SMTPLITE_MAIL_ALL_OR_NOTHING) ? PHASE(IDLE) : PHASE(DATA);
}

void smtplite_start(struct smtplite_session *s, uint8_t phase) {
    s->expect = phase;
    smtplite_wait_begin(s);
    if (phase == PHASE(EHLO) || phase == PHASE(HELO))
        smtplite_capabilities_forget(s);
    if (phase == PHASE(IDLE) || phase == PHASE(TLS))
        return;
    if (phase == PHASE(RCPT))
        s->send_index = s->expect_index;
    smtplite_send_begin(s, phase);
    smtplite_output_fill(s);
}

/* What a no means that comes before its time, OK: nothing. While a message leaves it is the
 * server's early verdict (D12), even if its last octets come behind the end mark; and while the
 * application is waited for, with a part of the token, the server may have had enough. */
static enum smtplite_error early_verdict(const struct smtplite_session *s) {
    if (s->code < 400)
        return SMTPLITE_E_OK;
    if (s->expect == PHASE(MESSAGE))
        return SMTPLITE_E_REFUSED;
    if (s->config->login != NULL && s->config->login->token_asked)
        return s->code < 500 ? SMTPLITE_E_AUTH_DEFERRED : SMTPLITE_E_AUTH_REFUSED;
    return SMTPLITE_E_OK;
}

/* A reply that no command asked for: all but an early verdict is out of step (D9). */
static void judge_unasked(struct smtplite_session *s) {
    enum smtplite_error error = early_verdict(s);
    if (error == SMTPLITE_E_OK) {
        smtplite_fail(s, SMTPLITE_E_OUT_OF_STEP, 0);
        return;
    }
    s->marked = false;
    smtplite_fail(s, error, s->code);
}

static void judge_closing(struct smtplite_session *s) {
    if (!s->unasked)
        s->marked = false; /* the message was answered: by a no */
    smtplite_fail(s, SMTPLITE_E_CLOSING, s->code);
}

void smtplite_judge(struct smtplite_session *s) {
    if (s->leaving && s->unasked)
        return; /* the rest of what made us leave */
    if (s->code == 421) {
        judge_closing(s);
        return;
    }
    if (s->unasked) {
        judge_unasked(s);
        return;
    }
    s->pending--;
    uint8_t next = judge_phase(s);
    if (s->over || s->leaving)
        return;
    if (in_group(s)) {
        s->expect = next;
        smtplite_wait_begin(s);
    } else {
        smtplite_start(s, next);
    }
}
