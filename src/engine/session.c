/* SPDX-License-Identifier: MIT */
/*
 * The calls of both sides, and how a session ends. Misuse is answered by the call itself and
 * changes nothing; a failure is sticky, the first one wins.
 */

#include "session.h"

#include <string.h>

enum smtplite_error smtplite_init(struct smtplite_session *s, const struct smtplite_config *config,
                                  char *text, size_t text_size) {
    if (s == NULL)
        return SMTPLITE_E_ARGUMENT;
    enum smtplite_error error = smtplite_config_check(config);
    if (error != SMTPLITE_E_OK)
        return error;
    memset(s, 0, sizeof *s);
    s->config = config;
    s->text = s->no_text;
    s->text_size = sizeof s->no_text;
    if (text != NULL && text_size > 0) {
        s->text = text;
        s->text_size = text_size;
    }
    s->text[0] = '\0';
    s->expect = PHASE(TLS);
    smtplite_login_forget(s);
    if (config->tls != SMTPLITE_TLS_IMPLICIT) {
        s->expect = PHASE(GREETING);
        s->pending = 1;
    }
    return SMTPLITE_E_OK;
}

void smtplite_wipe(struct smtplite_session *s) {
    if (!s->over && s->config != NULL)
        smtplite_login_forget(s);
    memset(s, 0, sizeof *s);
    s->text = s->no_text;
    s->over = true;
}

void smtplite_raise(struct smtplite_session *s, uint16_t event) {
    s->event |= event;
}

void smtplite_text_clear(struct smtplite_session *s) {
    s->text_len = 0;
    s->text[0] = '\0';
}

/* ---- The end of a session ---------------------------------------------------------------- */

static void end_session(struct smtplite_session *s, uint16_t event) {
    s->over = true;
    s->send = PHASE(IDLE);
    s->piece_len = 0;
    s->event = (uint16_t)((s->event & ~EVENTS_OF_SOURCES) | event);
    memset(s->quad, 0, sizeof s->quad);
    smtplite_login_forget(s);
}

#define ERROR(name) (1ul << SMTPLITE_E_##name)

/* After an answer that made sense, or one that could not be read, the server is told goodbye;
 * where the connection is in doubt, nothing more is said. */
static bool deserves_quit(const struct smtplite_session *s, enum smtplite_error error) {
    static const unsigned long polite =
        ERROR(BAD_REPLY) | ERROR(REFUSED) | ERROR(TLS_UNAVAILABLE) | ERROR(AUTH_UNAVAILABLE) |
        ERROR(AUTH_NEEDS_TLS) | ERROR(AUTH_CHALLENGE) | ERROR(AUTH_SERVER) |
        ERROR(AUTH_ITERATIONS) | ERROR(AUTH_CRYPTO) | ERROR(AUTH_REFUSED) | ERROR(AUTH_DEFERRED) |
        ERROR(TOO_LONG);
    return ((polite >> error) & 1) != 0 && s->send == PHASE(IDLE) && s->pending == 0 &&
           s->expect != PHASE(TLS);
}

void smtplite_decide(struct smtplite_session *s, uint16_t code) {
    if (s->kept)
        return;
    s->kept = true;
    s->result.phase = s->expect;
    s->result.code = code;
    if (code == 0) { /* the text that stands there is another reply's */
        s->word[0] = '\0';
        smtplite_text_clear(s);
    }
    smtplite_reply_enhanced(s, &s->result.enhanced);
}

/* QUIT as one piece with nothing behind it: output.c, which may be what failed, is not entered. */
static void say_goodbye(struct smtplite_session *s) {
    static const char quit[] = "QUIT\r\n";
    smtplite_login_forget(s);
    s->leaving = true;
    s->pending = 0;
    s->expect = PHASE(QUIT);
    s->send = PHASE(QUIT);
    smtplite_wait_begin(s);
    s->piece = quit;
    s->piece_len = sizeof quit - 1;
    s->command = quit + sizeof quit - 1;
}

uint8_t smtplite_fail(struct smtplite_session *s, enum smtplite_error error, uint16_t code) {
    uint16_t end = EVENT(FAILED);
    if (s->over)
        return s->expect;
    if (s->expect == PHASE(QUIT)) { /* E5: what happens to QUIT changes nothing */
        if (!s->leaving)
            end = EVENT(CLOSED);
    } else {
        s->result.error = (uint8_t)error;
        if (smtplite_allows(s, SMTPLITE_LMTP) && s->expect == PHASE(MESSAGE) && s->kept) {
            s->kept = false; /* what decided one recipient is not why the session ends */
            smtplite_text_clear(s);
        }
        smtplite_decide(s, code);
        if (s->in_mail)
            smtplite_mail_fail(s);
        else if ((s->event & EVENT(DONE)) == 0) /* the mail that stands there was told */
            s->result.outcome = SMTPLITE_NOT_SENT;
        if (deserves_quit(s, error)) {
            say_goodbye(s);
            return s->expect;
        }
    }
    end_session(s, end);
    return s->expect;
}

void smtplite_io_failed(struct smtplite_session *s, enum smtplite_error why) {
    static const unsigned long known = ERROR(TIMEOUT) | ERROR(CANCELLED) | ERROR(TLS_UNAVAILABLE) |
                                       ERROR(TLS_FAILED) | ERROR(SOURCE);
    bool is_known = (unsigned)why < SMTPLITE_E_COUNT && ((known >> why) & 1) != 0;
    smtplite_fail(s, is_known ? why : SMTPLITE_E_IO, 0);
}

void smtplite_in_eof(struct smtplite_session *s) {
    smtplite_fail(s, SMTPLITE_E_CLOSED, 0);
}

/* ---- Transport side ---------------------------------------------------------------------- */

unsigned smtplite_wants(const struct smtplite_session *s) {
    if (s->over)
        return SMTPLITE_WANT_CLOSE;
    if (s->expect == PHASE(TLS))
        return SMTPLITE_WANT_TLS;
    unsigned wants = s->piece_len > 0 ? SMTPLITE_WANT_OUT : 0;
    if (smtplite_is_working(s))
        wants |= SMTPLITE_WANT_WORK;
    if ((s->event & ~EVENTS_OF_SOURCES) == 0)
        wants |= SMTPLITE_WANT_IN;
    return wants;
}

bool smtplite_takes_unverified(const struct smtplite_session *s) {
    return smtplite_allows(s, SMTPLITE_ALLOW_UNVERIFIED);
}

void smtplite_tls_done(struct smtplite_session *s, bool verified) {
    if (s->expect != PHASE(TLS) || s->over)
        return;
    if (!verified && !smtplite_takes_unverified(s)) {
        smtplite_fail(s, SMTPLITE_E_TLS_FAILED, 0);
        return;
    }
    s->secure = true;
    s->verified = verified;
    if (s->config->tls == SMTPLITE_TLS_IMPLICIT) {
        s->expect = PHASE(GREETING);
        s->pending = 1;
        smtplite_wait_begin(s);
    } else {
        smtplite_start(s, smtplite_hello(s)); /* A5: forgets what was learned in clear */
    }
}

void smtplite_work(struct smtplite_session *s) {
    if (smtplite_is_working(s) && !s->over)
        s->config->login->exchange->work(s);
}

static uint32_t pick_wait(const struct smtplite_session *s, const struct smtplite_waits *w) {
    switch (s->expect) {
    case SMTPLITE_PHASE_GREETING:
        return w->greeting;
    case SMTPLITE_PHASE_TLS:
        return w->tls;
    case SMTPLITE_PHASE_DATA:
        return w->data;
    case SMTPLITE_PHASE_MESSAGE:
        return s->send == PHASE(MESSAGE) ? w->block : w->message;
    case SMTPLITE_PHASE_BDAT:
        return s->send == PHASE(BDAT) ? w->block : w->message;
    case SMTPLITE_PHASE_QUIT:
        return w->quit;
    default:
        return w->command;
    }
}

static const struct smtplite_waits default_waits = {
    .greeting = 300000,
    .tls = 60000,
    .command = 300000,
    .data = 120000,
    .block = 180000,
    .message = 600000,
    .quit = 5000,
    .session = 7200000,
};

uint32_t smtplite_wait_limit(const struct smtplite_session *s, unsigned *id) {
    const struct smtplite_waits *own = s->config->waits;
    uint32_t limit = 0;
    *id = s->wait_id + 1u;
    if (s->over || s->expect == PHASE(IDLE))
        return 0;
    if (own != NULL)
        limit = pick_wait(s, own);
    return limit != 0 ? limit : pick_wait(s, &default_waits);
}

uint32_t smtplite_session_limit(const struct smtplite_session *s) {
    const struct smtplite_waits *own = s->config->waits;
    return own != NULL && own->session != 0 ? own->session : default_waits.session;
}

bool smtplite_awaits_token(const struct smtplite_session *s) {
    return s->config->login != NULL && s->config->login->token_asked &&
           (s->event & EVENT(TOKEN)) == 0;
}

/* ---- Application side -------------------------------------------------------------------- */

/* Nothing is under way and nothing waits to be read; a mail may wait to begin. */
bool smtplite_is_idle(const struct smtplite_session *s) {
    return s->expect == PHASE(IDLE) && s->event == 0 && !s->over && !s->again;
}

enum smtplite_event smtplite_next(struct smtplite_session *s, struct smtplite_event_data *data) {
    unsigned event = SMTPLITE_EV_NONE;
    if (smtplite_is_idle(s) && s->in_mail)
        smtplite_start(s, smtplite_phase_next(s));
    if (s->event == 0)
        return SMTPLITE_EV_NONE;
    while ((s->event & (1u << event)) == 0)
        event++;
    s->event &= (uint16_t) ~(1u << event);
    event++; /* the set has no bit for NONE */
    if (data != NULL) {
        data->index = s->expect_index > 0 ? s->expect_index - 1 : 0;
        data->code = s->code;
        data->text = smtplite_text(s);
    }
    return (enum smtplite_event)event;
}

void smtplite_mail_forget(struct smtplite_mail *mail) {
    for (size_t i = 0; i < mail->count; i++) {
        struct smtplite_recipient *recipient = &mail->recipients[i];
        memset(&recipient->enhanced, 0, sizeof recipient->enhanced);
        recipient->code = 0;
        recipient->fate = SMTPLITE_UNTRIED;
    }
    memset(&mail->result, 0, sizeof mail->result);
}

enum smtplite_error smtplite_submit(struct smtplite_session *s, struct smtplite_mail *mail) {
    bool is_free = s->event == 0;
    if (s->in_mail)
        is_free = (s->event & ~EVENTS_OF_SOURCES) == 0 && s->next == NULL && mail != s->mail;
    if (!is_free || s->over || s->quitting || s->leaving)
        return SMTPLITE_E_STATE;
    enum smtplite_error error = smtplite_mail_check(s->config, mail);
    if (error != SMTPLITE_E_OK)
        return error;
    smtplite_mail_forget(mail);
    if (s->in_mail) {
        s->next = mail;
        return SMTPLITE_E_OK;
    }
    memset(&s->result, 0, sizeof s->result);
    s->mail = mail;
    s->in_mail = true;
    s->kept = false;
    s->marked = false;
    if (s->expect == PHASE(IDLE))
        smtplite_start(s, smtplite_phase_next(s));
    return SMTPLITE_E_OK;
}

static bool takes_body(const struct smtplite_session *s) {
    return (s->send == PHASE(MESSAGE) || s->send == PHASE(BDAT)) && s->body_len == 0 &&
           s->piece_len == 0 && !(s->body_ended || s->hollow);
}

bool smtplite_awaits_body(const struct smtplite_session *s) {
    return s->body_asked && (s->event & EVENT(BODY)) == 0 && takes_body(s);
}

static void answer_body(struct smtplite_session *s, const char *p, size_t n) {
    const struct smtplite_extensions *extensions = s->config->extensions;
    if (extensions != NULL && !extensions->size_holds(s, p, n)) {
        smtplite_fail(s, SMTPLITE_E_SOURCE, 0);
        return;
    }
    s->body = p;
    s->body_len = n;
    s->lent = s->lent || n > 0;
    s->event &= (uint16_t)~EVENT(BODY);
    s->body_asked = false;
    smtplite_output_fill(s);
}

enum smtplite_error smtplite_body(struct smtplite_session *s, const char *p, size_t n) {
    if (!takes_body(s))
        return SMTPLITE_E_STATE;
    if (p == NULL || n == 0)
        return SMTPLITE_E_ARGUMENT;
    answer_body(s, p, n);
    return SMTPLITE_E_OK;
}

enum smtplite_error smtplite_body_end(struct smtplite_session *s) {
    if (!takes_body(s))
        return SMTPLITE_E_STATE;
    s->body_ended = true;
    answer_body(s, NULL, 0);
    return SMTPLITE_E_OK;
}

enum smtplite_error smtplite_body_fail(struct smtplite_session *s) {
    if (!takes_body(s))
        return SMTPLITE_E_STATE;
    smtplite_fail(s, SMTPLITE_E_SOURCE, 0);
    return SMTPLITE_E_OK;
}

enum smtplite_error smtplite_again(struct smtplite_session *s, bool can) {
    if (!s->again || s->over || (s->event & EVENT(AGAIN)) != 0)
        return SMTPLITE_E_STATE;
    s->again = false;
    smtplite_start(s, can ? smtplite_mail_begin(s) : smtplite_mail_finish(s));
    return SMTPLITE_E_OK;
}

void smtplite_quit(struct smtplite_session *s) {
    bool idle = s->expect == PHASE(IDLE) && !s->over && !s->in_mail;
    s->quitting = true;
    if (idle)
        smtplite_start(s, PHASE(QUIT));
}

uint16_t smtplite_offered(const struct smtplite_session *s) {
    return s->offered;
}

const struct smtplite_result *smtplite_result_get(const struct smtplite_session *s) {
    return &s->result;
}

const char *smtplite_text(const struct smtplite_session *s) {
    return s->text;
}
