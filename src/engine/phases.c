/* SPDX-License-Identifier: MIT */
/*
 * What follows what. Each on_PHASE judges the reply of its phase and names the next phase to read
 * for; judge() alone moves the cursor there, and start() alone begins a command.
 */

#include "session.h"

/* Replies of this mail's group are still to come, or its commands still leaving: every one is
 * read before anything is concluded (RFC 2920 3.1, E10). */
bool smtplite_in_group(const struct smtplite_session *s) {
    return s->pending > 0 || s->send != PHASE(IDLE);
}

/* ---- Opening ----------------------------------------------------------------------------- */

/* The server said no, or something that is no answer at all. Gives the phase that is on then. */
uint8_t smtplite_refused(struct smtplite_session *s, enum smtplite_error error) {
    return smtplite_fail(s, s->code >= 400 ? error : SMTPLITE_E_BAD_REPLY, s->code);
}

uint8_t smtplite_phase_next(struct smtplite_session *s) {
    if (s->in_mail)
        return smtplite_mail_begin(s);
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
    if (s->offered & SMTPLITE_EXT_STARTTLS)
        return PHASE(STARTTLS);
    return smtplite_fail(s, SMTPLITE_E_TLS_UNAVAILABLE, 0); /* A1: stripped, or never there */
}

uint8_t smtplite_hello(const struct smtplite_session *s) {
    return smtplite_allows(s, SMTPLITE_LMTP) ? PHASE(LHLO) : PHASE(EHLO);
}

static uint8_t on_GREETING(struct smtplite_session *s) {
    if (s->code != 220)
        return smtplite_refused(s, SMTPLITE_E_REFUSED);
    return smtplite_allows(s, SMTPLITE_HELO) ? PHASE(HELO) : smtplite_hello(s);
}

static uint8_t on_EHLO(struct smtplite_session *s) {
    if (smtplite_is_positive(s->code))
        return greeted(s);
    if (s->code < 500)
        return smtplite_refused(s, SMTPLITE_E_REFUSED);
    smtplite_capabilities_forget(s);
    if (s->config->tls == SMTPLITE_TLS_REQUIRED && !s->secure)
        return greeted(s); /* A6: no way around TLS by HELO */
    return PHASE(HELO);
}

static uint8_t on_HELO(struct smtplite_session *s) {
    return smtplite_is_positive(s->code) ? greeted(s) : smtplite_refused(s, SMTPLITE_E_REFUSED);
}

#define on_LHLO on_HELO

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
        return smtplite_refused(s, error);
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

/* ---- Mail: transaction.c ------------------------------------------------------------------ */

#define on_RSET    smtplite_on_rset
#define on_MAIL    smtplite_on_mail
#define on_RCPT    smtplite_on_rcpt
#define on_DATA    smtplite_on_data
#define on_MESSAGE smtplite_on_message

static uint8_t on_BDAT(struct smtplite_session *s) {
    return s->config->extensions->on_chunk(s);
}

/* ---- The rest ---------------------------------------------------------------------------- */

static uint8_t on_NOOP(struct smtplite_session *s) {
    smtplite_raise(s, EVENT(REPLY));
    return smtplite_phase_next(s);
}

#define on_VRFY on_NOOP
#define on_EXPN on_NOOP
#define on_HELP on_NOOP
#define on_ETRN on_NOOP

static uint8_t on_QUIT(struct smtplite_session *s) {
    return smtplite_fail(s, SMTPLITE_E_CLOSED, 0); /* whatever it said, this is the end */
}

/* No reply is read in these two: judge() has refused it before. */
static uint8_t on_IDLE(struct smtplite_session *s) {
    return s->expect;
}

#define on_TLS on_IDLE
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
}

/* Behind the last RCPT: the content's command, but where the answers are needed first. A large
 * chunk is not sent in vain; the content of a mail that rides is not asked for yet. */
static uint8_t content_next(const struct smtplite_session *s) {
    const struct smtplite_mail *mail = smtplite_out_mail(s);
    if (mail->flags & SMTPLITE_MAIL_ALL_OR_NOTHING)
        return PHASE(IDLE);
    if (!s->chunked)
        return PHASE(DATA);
    return s->riding || mail->size > SMTPLITE_CHUNK_MAX ? PHASE(IDLE) : PHASE(BDAT);
}

uint8_t smtplite_group_next(const struct smtplite_session *s) {
    size_t index = s->send == PHASE(RCPT) ? s->send_index + 1 : 0;
    if (!s->grouped || (s->send != PHASE(MAIL) && s->send != PHASE(RCPT)))
        return PHASE(IDLE);
    if (smtplite_recipient_from(s, index) < s->end_index)
        return PHASE(RCPT);
    return content_next(s);
}

void smtplite_start(struct smtplite_session *s, uint8_t phase) {
    s->expect = phase;
    smtplite_wait_begin(s);
    if (phase == PHASE(EHLO) || phase == PHASE(HELO) || phase == PHASE(LHLO))
        smtplite_capabilities_forget(s);
    if (phase == PHASE(IDLE) || phase == PHASE(TLS))
        return;
    if (phase == PHASE(RCPT))
        s->send_index = smtplite_recipient_from(s, s->expect_index);
    smtplite_send_begin(s, phase);
    smtplite_output_fill(s);
}

/* What a no means that comes before its time, OK: nothing. While a message leaves it is the
 * server's early verdict (D12), even if its last octets come behind the end mark; and while the
 * application is waited for, with a part of the token, the server may have had enough. */
static enum smtplite_error early_verdict(const struct smtplite_session *s) {
    if (s->code < 400)
        return SMTPLITE_E_OK;
    if (s->expect == PHASE(MESSAGE) || s->expect == PHASE(BDAT))
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
    if (smtplite_in_group(s)) {
        s->expect = next;
        smtplite_wait_begin(s);
    } else {
        smtplite_start(s, next);
    }
}
