/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_SESSION_H
#define SMTPLITE_SESSION_H

/*
 * Inside the engine: what its files share.
 *
 * Theory of operation
 *
 * Two cursors walk the list of phases (smtplite/phases.h). `send` is the phase whose command is
 * leaving, IDLE if none. `expect` is the phase whose reply is read next. `pending` counts the
 * commands that have left whole and were not answered. In lockstep the cursors move together; with
 * PIPELINING (RFC 2920) `send` runs ahead through MAIL, RCPT .. RCPT, DATA.
 *
 * Invariants
 *   - A command begins in start(), or behind another of its group in output.c; `expect` is moved by
 *     judge() and start(); besides by the goodbye of a session that has failed, by the end of a TLS
 *     handshake, and by the last octet of a chunked message.
 *   - A reply that begins while pending == 0 was not asked for, whenever it ends (D9).
 *   - piece_len > 0 while there is something to send: output.c refills it at once.
 *   - Nothing of a reply is acted on before its last line has ended.
 *   - `marked` is set when, and only when, the last octet of the end mark was acknowledged by
 *     smtplite_out_done. Before: NOT_SENT. Behind it, until the answer: MAYBE_SENT.
 *
 * Files: session.c the calls and the session's end; phases.c what follows what; output.c
 * commands as pieces; transaction.c a mail and its recipients; auth.c what AUTH says and hears;
 * body.c the message; reply.c octets to replies; capabilities.c EHLO's words; text.c what may be
 * said; names.c for people.
 */

#include "engine/text.h"
#include "smtplite/engine.h"

#define PHASE(name) ((uint8_t)SMTPLITE_PHASE_##name)
#define EVENT(name) ((uint16_t)(1u << (SMTPLITE_EV_##name - 1)))
/* Those that wait for the caller's own bytes: the server may speak meanwhile. */
#define EVENTS_OF_SOURCES ((uint16_t)(EVENT(TOKEN) | EVENT(BODY)))

/* Sets of events and of errors are masks: the build fails when one more does not fit. */
typedef char smtplite_events_fit[SMTPLITE_EV_FAILED <= 16 ? 1 : -1];
typedef char smtplite_errors_fit[SMTPLITE_E_COUNT <= 32 ? 1 : -1];

/* How many of enum smtplite_extension are known without config.extensions. */
#define EXTENSIONS_PLAIN 4u

/* session.line */
enum {
    LINE_START, /* at the start of a line, nothing owed */
    LINE_MID,   /* within a line */
    LINE_END,   /* behind a line end whose CRLF has not been sent */
    LINE_CR     /* the same, and a LF would belong to it */
};

/* session.column */
enum { COLUMN_SEPARATOR = 3, COLUMN_TEXT, COLUMN_SKIP };

/* session.keyword */
enum { KEYWORD_NONE, KEYWORD_OTHER, KEYWORD_AUTH, KEYWORD_EXTENSION /* and on: its bit */ };

/* session.initial: what rides on AUTH (RFC 4954 4) */
enum smtplite_initial { SMTPLITE_INITIAL_NONE, SMTPLITE_INITIAL, SMTPLITE_INITIAL_EMPTY };

/* What this version knows: all else in a mask is refused, not passed over. */
#define FLAGS_KNOWN      (SMTPLITE_NO_CHUNKING * 2 - 1)
#define MAIL_FLAGS_KNOWN (SMTPLITE_MAIL_PIECES * 2 - 1)

#define REPLY_LINES_MAX 512u
#define CHALLENGE_BAD   3u /* session.challenge_pad */
#define PROMPT_MAX      200u

static inline bool smtplite_allows(const struct smtplite_session *s, unsigned flag) {
    return (s->config->flags & flag) != 0;
}

/* A new wait: its number wraps, and that is all that is asked of it. */
static inline void smtplite_wait_begin(struct smtplite_session *s) {
    s->wait_id = (uint8_t)(s->wait_id + 1u);
}

static inline bool smtplite_is_positive(uint16_t code) {
    return code / 100 == 2;
}

/* The mail whose commands or content leave. */
static inline struct smtplite_mail *smtplite_out_mail(const struct smtplite_session *s) {
    return s->riding ? s->next : s->mail;
}

/* The server takes no further transaction. */
static inline bool smtplite_is_full(const struct smtplite_session *s) {
    return s->mail_max > 0 && s->mail_count >= s->mail_max;
}

/* session.c */
/* Nothing is under way and no event waits; a mail may wait to begin. */
bool smtplite_is_idle(const struct smtplite_session *s);
void smtplite_raise(struct smtplite_session *s, uint16_t event);
void smtplite_text_clear(struct smtplite_session *s);
/* The reply at hand, or none if code is 0, decides what is reported; what follows does not change
 * it. */
void smtplite_decide(struct smtplite_session *s, uint16_t code);
/* Ends the session with an error; the first one wins. code: the reply's that caused it, or 0.
 * Gives the phase that is on then, for a handler to return. */
uint8_t smtplite_fail(struct smtplite_session *s, enum smtplite_error error, uint16_t code);

/* phases.c */
/* EHLO, or LHLO. */
uint8_t smtplite_hello(const struct smtplite_session *s);
bool smtplite_in_group(const struct smtplite_session *s);
/* The server said no, or something that is no answer at all. Gives the phase that is on then. */
uint8_t smtplite_refused(struct smtplite_session *s, enum smtplite_error error);
void smtplite_start(struct smtplite_session *s, uint8_t phase);
void smtplite_judge(struct smtplite_session *s);
/* The phase that an idle session goes on with: a mail that waits, QUIT, or none. */
uint8_t smtplite_phase_next(struct smtplite_session *s);
/* Moves the sending cursor alone. */
void smtplite_send_begin(struct smtplite_session *s, uint8_t phase);
/* The phase that may leave behind this one without a reply in between, or IDLE. */
uint8_t smtplite_group_next(const struct smtplite_session *s);

/* output.c */
void smtplite_output_fill(struct smtplite_session *s);
/* A command has left whole: it waits for its answer. */
void smtplite_count_sent(struct smtplite_session *s);

/* transaction.c */
uint8_t smtplite_fate_of(uint16_t code);
/* The reply at hand decides about a recipient. */
void smtplite_recipient_decide(struct smtplite_session *s, struct smtplite_recipient *recipient);
/* The recipient from `index` on that is next in the transaction whose commands leave, or its end.
 */
size_t smtplite_recipient_from(const struct smtplite_session *s, size_t index);
size_t smtplite_first_pending(const struct smtplite_mail *mail, size_t from);
/* Begins a transaction of the present mail, or refuses it. Gives the phase that is on then. */
uint8_t smtplite_mail_begin(struct smtplite_session *s);
uint8_t smtplite_transaction_end(struct smtplite_session *s, uint8_t fate);
/* The session has failed, as its result says: so have its mails. */
void smtplite_mail_fail(struct smtplite_session *s);
/* Sets what the sending cursor needs to know of a mail. */
void smtplite_mail_prepare(struct smtplite_session *s, const struct smtplite_mail *mail);
/* What the server has not offered, or SIZE, or BODY_8BIT. *missing: filled, its keyword or NULL. */
enum smtplite_error smtplite_offer_check(const struct smtplite_session *s,
                                         const struct smtplite_mail *mail, const char **missing);
/* Ends the present mail as its result says; the next one takes its place. Gives the next phase. */
uint8_t smtplite_mail_finish(struct smtplite_session *s);
bool smtplite_has_untried(const struct smtplite_mail *mail);
bool smtplite_quit_may_ride(const struct smtplite_session *s);
/* The phase that follows the last RCPT, or a chunk. */
uint8_t smtplite_content_phase(const struct smtplite_session *s);
uint8_t smtplite_on_rset(struct smtplite_session *s);
uint8_t smtplite_on_mail(struct smtplite_session *s);
uint8_t smtplite_on_rcpt(struct smtplite_session *s);
uint8_t smtplite_on_data(struct smtplite_session *s);
uint8_t smtplite_on_message(struct smtplite_session *s);

/* extensions.c: what only config.extensions brings, reached by that pointer, so that firmware
 * without it does not carry it. */
struct smtplite_extensions {
    const char *const *keywords; /* of enum smtplite_extension behind the plain ones; then NULL */
    /* A word behind such a keyword, given by its bit. */
    void (*take_word)(struct smtplite_session *s, unsigned extension);
    /* Checks all of a mail that is not plain. */
    enum smtplite_error (*check_mail)(const struct smtplite_mail *mail);
    /* What the mail asks for and the server does not offer, or NULL. */
    const char *(*find_missing)(const struct smtplite_session *s, const struct smtplite_mail *mail);
    /* Adds to smtplite_mail_prepare. */
    void (*prepare)(struct smtplite_session *s, const struct smtplite_mail *mail);
    /* This recipient, just refused, is for a further transaction. */
    bool (*is_left)(struct smtplite_session *s, const struct smtplite_recipient *recipient);
    /* Begins it, or asks for the message again, or ends the mail. Gives the next phase. */
    uint8_t (*go_on)(struct smtplite_session *s);
    /* Begins the next mail behind this one's end mark, if it may. */
    void (*ride)(struct smtplite_session *s);
    /* False: what was lent is not what an EXACT size has said. */
    bool (*size_holds)(struct smtplite_session *s, const char *p, size_t n);
    /* Puts out the next piece of MAIL's or RCPT's parameters; false: there is none more. */
    bool (*put_parameter)(struct smtplite_session *s);
    /* As smtplite_body_fill, for BDAT. */
    bool (*fill)(struct smtplite_session *s);
    /* No chunk more: the result says why. Gives the next phase, as the two below. */
    uint8_t (*stop)(struct smtplite_session *s);
    uint8_t (*on_chunk)(struct smtplite_session *s);
    uint8_t (*on_final)(struct smtplite_session *s); /* LMTP: one of the final replies */
};

/* exchange.c: what only logins with memory of their own need. They are reached by the pointer in
 * struct smtplite_login, so that firmware without one does not carry them. */
struct smtplite_exchange {
    /* Checks the texts in it. */
    enum smtplite_error (*check)(const struct smtplite_login *login);
    /* The octets of a part of a response: 1, a, t, w (sasl/sasl.h). */
    const char *(*part)(const struct smtplite_login *login, char part, size_t *n);
    /* Takes the bits of one more character of a challenge; false: there is no room. */
    bool (*decode)(struct smtplite_login *login, unsigned value, unsigned place);
    /* The token's next piece is needed; count octets wait in `quad`. */
    void (*ask_token)(struct smtplite_session *s, unsigned count);
    /* A small part of what is to be computed before the response can leave. */
    void (*work)(struct smtplite_session *s);
    /* Adds to the reply's text what the server said in a challenge about its refusal. */
    void (*explain)(struct smtplite_session *s);
    /* Clears what the login has made and what its provider keeps. */
    void (*forget)(struct smtplite_login *login);
};

/* auth.c */
enum smtplite_response { SMTPLITE_RESPONSE_QUAD, SMTPLITE_RESPONSE_END, SMTPLITE_RESPONSE_LATER };
/* Chooses the mechanism and makes its first response ready: AUTH may be said. Else
 * AUTH_UNAVAILABLE, AUTH_NEEDS_TLS, AUTH_CRYPTO, TOO_LONG. */
enum smtplite_error smtplite_login_begin(struct smtplite_session *s);
/* A 334 has come: true if the next response is ready, or computed; false: `*`. */
bool smtplite_login_answer(struct smtplite_session *s);
/* Why the exchange was cancelled. */
enum smtplite_error smtplite_login_error(const struct smtplite_session *s);
/* Has the server proven what its mechanism asks of it? (A14) */
bool smtplite_login_proven(const struct smtplite_session *s);
/* Adds to the reply's text why the server refused, if it said so in a challenge. */
void smtplite_login_explain(struct smtplite_session *s);
/* Forgets all that a login has made; secrets first of all (A15). */
void smtplite_login_forget(const struct smtplite_session *s);
/* Fills `quad` with the next four characters of the response in base64; END clears it again; LATER:
 * it is being computed, or the token's next piece is awaited. */
enum smtplite_response smtplite_response_fill(struct smtplite_session *s);
/* Takes the next character of a challenge. */
void smtplite_challenge_read(struct smtplite_session *s, char c);
/* True while smtplite_work has to be called. */
bool smtplite_is_working(const struct smtplite_session *s);

/* reply.c: the enhanced code of the reply at hand (RFC 2034), class 0 if it has none. */
void smtplite_reply_enhanced(const struct smtplite_session *s, struct smtplite_enhanced *e);
void smtplite_reply_begin(struct smtplite_session *s);
/* Adds to the text of the reply at hand, made printable. */
void smtplite_text_add(struct smtplite_session *s, char c);

/* body.c: sets the next piece; false: there is none for now. */
bool smtplite_body_fill(struct smtplite_session *s);
/* Raises BODY, once; gives false. */
bool smtplite_ask_body(struct smtplite_session *s);

/* capabilities.c */
void smtplite_capabilities_forget(struct smtplite_session *s);
void smtplite_capabilities_read(struct smtplite_session *s, char c);
void smtplite_capabilities_line_end(struct smtplite_session *s);
/* The keyword of an extension, given by the number of its bit. */
const char *smtplite_keyword(const struct smtplite_session *s, unsigned number);
/* Reads digits up to the end of the text; saturates. False: there is something else. */
bool smtplite_number_read(const char *p, uint32_t *number);

/* text.c, and text.h */
/* Of a user name, a password and the like; NULL is none. CONTROL, TOO_LONG, OK. */
enum smtplite_error smtplite_credential_check(const char *text);
enum smtplite_error smtplite_config_check(const struct smtplite_config *config);

#endif
