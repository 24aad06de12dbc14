/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_ENGINE_H
#define SMTPLITE_ENGINE_H

/*
 * The engine: the client side of SMTP (RFC 5321) as a machine of bytes and events.
 *
 * It does no I/O, allocates nothing, reads no clock, has no globals, and calls nobody but the hash
 * provider of a login (login.h). A
 * transport (or the driver, driver.h) moves bytes with the first group of calls; an application
 * submits mail and reads events with the second.
 *
 * Threads: a session belongs to one thread at a time; different sessions share nothing. No call
 * blocks, so all may be made from any context that may touch the session's memory.
 * Ownership words: *copied* (the caller's memory is free after the call), *borrowed until X*
 * (it must stay as it is until X), *filled* (the engine writes into the caller's memory).
 * Texts are NUL-terminated strings unless a length stands beside them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smtplite/errors.h"
#include "smtplite/login.h"
#include "smtplite/phases.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- What the caller sets up ------------------------------------------------------------- */

/* How the connection is protected. Zero is the strictest. */
enum smtplite_tls {
    SMTPLITE_TLS_REQUIRED, /* STARTTLS (RFC 3207) before anything else, or nothing but QUIT */
    SMTPLITE_TLS_IMPLICIT, /* TLS from the first byte (RFC 8314, port 465) */
    SMTPLITE_TLS_NONE      /* in clear: an explicit choice */
};

/* Options and leniencies of a session. Every ALLOW is off by default; its risk is beside it. */
enum smtplite_flag {
    /* Say HELO and never EHLO: for servers that choke on EHLO. No extension is used then. */
    SMTPLITE_HELO = 1 << 0,
    /* Wait for each reply before the next command, and send no initial response on AUTH. */
    SMTPLITE_LOCKSTEP = 1 << 1,
    /* RISK: the mail goes out without a login where none is offered, or where it is refused. */
    SMTPLITE_ALLOW_NO_LOGIN = 1 << 2,
    /* RISK: whoever listens on the network reads the password. */
    SMTPLITE_ALLOW_CLEAR_LOGIN = 1 << 3,
    /* RISK: an attacker chooses a mechanism outside config.mechanisms; PLAIN if none is offered. */
    SMTPLITE_ALLOW_UNLISTED_LOGIN = 1 << 4,
    /* RISK: 8-bit text arrives garbled, or is bounced, behind a 7-bit server. */
    SMTPLITE_ALLOW_8BIT = 1 << 5,
    /* RISK: none known but of a broken server: ` 250 SIZE` counts as `250 SIZE` after EHLO. */
    SMTPLITE_ALLOW_LEADING_BLANK = 1 << 6,
    /* RISK: none known but of a broken server: NUL bytes between two replies are skipped. */
    SMTPLITE_ALLOW_NUL_PADDING = 1 << 7,
    /* RISK: the server may be anyone: a certificate that was not verified is good enough. */
    SMTPLITE_ALLOW_UNVERIFIED = 1 << 8,
    /* Speak LMTP (RFC 2033): LHLO, and a final reply for each recipient. Needs config.extensions.
     * Never on port 25. */
    SMTPLITE_LMTP = 1 << 9,
    /* Send content by DATA even where CHUNKING is offered: for servers whose BDAT is broken. */
    SMTPLITE_NO_CHUNKING = 1 << 10
};

/*
 * Time limits for one reply each (RFC 5321 4.5.3.2), in milliseconds, or in whatever unit the
 * clock of the caller counts. They are deadlines: a slow drip of bytes does not extend them. 0 is
 * the value that stands here, in milliseconds: no wait is for ever.
 */
struct smtplite_waits {
    uint32_t greeting; /* connection to greeting: 5 minutes */
    uint32_t tls;      /* the handshake: 1 minute */
    uint32_t command;  /* EHLO, AUTH, MAIL, RCPT, ...: 5 minutes */
    uint32_t data;     /* DATA to 354: 2 minutes */
    uint32_t block;    /* each SMTPLITE_BLOCK octets of the message to leave: 3 minutes */
    uint32_t message;  /* the final dot to its reply: 10 minutes */
    uint32_t quit;     /* QUIT to 221: a courtesy, 5 seconds */
    uint32_t session;  /* the whole session, from the connection to the last reply: 2 hours */
};

#define SMTPLITE_BLOCK 1024u

/* What a server may offer, as a mask: smtplite_offered. Beyond the first four it is looked for with
 * config.extensions alone. The order is that of the table in src/engine/capabilities.c. */
enum smtplite_extension {
    SMTPLITE_EXT_PIPELINING = 1 << 0,      /* RFC 2920 */
    SMTPLITE_EXT_8BITMIME = 1 << 1,        /* RFC 6152 */
    SMTPLITE_EXT_STARTTLS = 1 << 2,        /* RFC 3207 */
    SMTPLITE_EXT_SIZE = 1 << 3,            /* RFC 1870 */
    SMTPLITE_EXT_SMTPUTF8 = 1 << 4,        /* RFC 6531 */
    SMTPLITE_EXT_CHUNKING = 1 << 5,        /* RFC 3030 */
    SMTPLITE_EXT_BINARYMIME = 1 << 6,      /* RFC 3030 */
    SMTPLITE_EXT_DSN = 1 << 7,             /* RFC 3461 */
    SMTPLITE_EXT_DELIVERBY = 1 << 8,       /* RFC 2852 */
    SMTPLITE_EXT_FUTURERELEASE = 1 << 9,   /* RFC 4865 */
    SMTPLITE_EXT_MT_PRIORITY = 1 << 10,    /* RFC 6710 */
    SMTPLITE_EXT_REQUIRETLS = 1 << 11,     /* RFC 8689 */
    SMTPLITE_EXT_ENHANCEDSTATUS = 1 << 12, /* RFC 2034 */
    SMTPLITE_EXT_ETRN = 1 << 13,           /* RFC 1985 */
    SMTPLITE_EXT_LIMITS = 1 << 14,         /* RFC 9422 */
    SMTPLITE_EXT_PRDR = 1 << 15            /* a draft: seen, never asked for */
};

/* All that goes beyond plain mail, as one thing that is linked or not: the parameters of struct
 * smtplite_options, SMTPUTF8, BDAT, LIMITS and `too many recipients` (452: the others are tried in
 * a further transaction; else they are DEFERRED), a next mail whose commands ride, LMTP. */
struct smtplite_extensions;
extern const struct smtplite_extensions smtplite_extensions;

/* Zeroed it is valid and the strictest: TLS required and verified, no login. */
struct smtplite_config {
    const char *domain;   /* EHLO name: own domain or address literal; NULL: "[127.0.0.1]" */
    const char *user;     /* login name, UTF-8; NULL if no mechanism needs it */
    const char *password; /* UTF-8, taken as it is: not prepared by RFC 4013; NULL: none */
    const struct smtplite_waits *waits; /* NULL: RFC 5321's, in milliseconds */
    struct smtplite_login *login;       /* for logins beyond PLAIN and LOGIN (login.h); else NULL */
    const struct smtplite_extensions *extensions; /* &smtplite_extensions, or NULL: plain mail */
    uint16_t flags;                               /* mask of enum smtplite_flag */
    uint16_t mechanisms; /* mask of the allowed logins (enum smtplite_mechanism); 0: no login */
    uint16_t prefer;     /* the one to take first if it is offered; 0: the strongest */
    uint16_t prompt_max; /* longest challenge accepted by PLAIN and LOGIN, octets; 0: 200 */
    uint8_t tls;         /* enum smtplite_tls */
};

/* What became of one recipient. At the mail's end none is PENDING: this alone tells a retry. */
enum smtplite_fate {
    SMTPLITE_UNTRIED,  /* nothing was decided: try again. Its code, if any, is its RCPT's: 452 (too
                          many) if no further transaction could be had, 2xx if the mail was lost */
    SMTPLITE_ACCEPTED, /* it has the mail */
    SMTPLITE_DEFERRED, /* 4xx, to its RCPT or to the message: try again later */
    SMTPLITE_REFUSED,  /* 5xx, or no answer that makes sense: do not try again as it is */
    SMTPLITE_PENDING,  /* its RCPT was accepted, the message not yet */
    SMTPLITE_MAYBE     /* no answer to the message's end: it may have it, a retry may be a second */
};

/* RFC 3463: class.subject.detail; class 0: the reply had none. */
struct smtplite_enhanced {
    uint8_t klass;
    uint16_t subject;
    uint16_t detail;
};

/* When the server is to report on this recipient (RFC 3461 4.1). */
enum smtplite_notify {
    SMTPLITE_NOTIFY_NEVER = 1 << 0, /* alone */
    SMTPLITE_NOTIFY_SUCCESS = 1 << 1,
    SMTPLITE_NOTIFY_FAILURE = 1 << 2,
    SMTPLITE_NOTIFY_DELAY = 1 << 3
};

struct smtplite_recipient {
    const char *address; /* addr-spec without <>; borrowed until DONE */
    const char *orcpt; /* DSN: the address that the sender first wrote, an addr-spec in ASCII, sent
                          as ORCPT=rfc822;...; NULL: not said; borrowed until DONE */
    struct smtplite_enhanced enhanced; /* filled */
    uint16_t code;                     /* filled: the reply that decided its fate, 0: none */
    uint8_t fate;                      /* filled: enum smtplite_fate */
    uint8_t notify;                    /* DSN: mask of enum smtplite_notify, 0: not said */
};

enum smtplite_mail_flag {
    SMTPLITE_MAIL_8BIT = 1 << 0,           /* the body has bytes over 127: asks for 8BITMIME */
    SMTPLITE_MAIL_ALL_OR_NOTHING = 1 << 1, /* one recipient refused: nobody gets it */
    /* Addresses or header fields are UTF-8: asks for SMTPUTF8; needs config.extensions. */
    SMTPLITE_MAIL_UTF8 = 1 << 2,
    /* The content is sent as it is, NUL, bare CR and LF and all: asks for BINARYMIME, and so
     * CHUNKING; needs config.extensions. Its own line ends must be CRLF. */
    SMTPLITE_MAIL_BINARY = 1 << 3,
    /* How the content comes, for BDAT (RFC 3030), which is used where CHUNKING and PIPELINING are
     * offered and one of these is set (or BINARY, which needs it); needs config.extensions.
     * EXACT: `size` is what leaves, to the octet, with every line end made CRLF, but without the
     * CRLF that a last line gets which has none: one chunk. By DATA it is held, too.
     * PIECES: each piece that is lent is a chunk, so they should be large. */
    SMTPLITE_MAIL_EXACT = 1 << 4,
    SMTPLITE_MAIL_PIECES = 1 << 5
};

/* Octets of a lent piece that go into one chunk at most: the server can refuse between two. */
#define SMTPLITE_CHUNK_MAX 32768u

enum smtplite_ret { SMTPLITE_RET_UNSAID, SMTPLITE_RET_FULL, SMTPLITE_RET_HDRS };
enum smtplite_by { SMTPLITE_BY_UNSAID, SMTPLITE_BY_RETURN, SMTPLITE_BY_NOTIFY };

/*
 * What more a mail asks of its server. Zeroed: nothing. Where the server does not offer what is
 * asked for, the mail is not sent (UNOFFERED, the text names the extension), but for DSN and
 * MT-PRIORITY, which are left out then unless `must` has their bit.
 */
struct smtplite_options {
    const char *envid;      /* DSN (RFC 3461 4.4): comes back in reports; printable ASCII, up to 100
                               octets once encoded; NULL: none */
    const char *hold_until; /* FUTURERELEASE (RFC 4865): "2026-12-24T18:00:00Z"; NULL: none */
    uint32_t hold_for;      /* FUTURERELEASE: seconds, 0: none; not with hold_until */
    int32_t by_time;        /* DELIVERBY (RFC 2852): seconds, 9 digits; above 0 with RETURN */
    uint8_t by;             /* enum smtplite_by: what happens to it when that has passed */
    bool by_trace;          /* DELIVERBY: report relaying, too */
    uint8_t ret;            /* DSN: enum smtplite_ret, what of the mail comes back in a report */
    bool has_priority;
    int8_t priority;  /* MT-PRIORITY (RFC 6710): -9 to 9, if has_priority */
    bool require_tls; /* REQUIRETLS (RFC 8689): every hop verified; over verified TLS alone */
    uint16_t must;    /* mask of enum smtplite_extension: not offered, the mail is not sent */
};

/* Why and where: what decided it, or the reply that accepted the mail. Of several recipients that
 * were all refused it is the last one's reply: judge retries by their fates. */
struct smtplite_result {
    uint8_t outcome; /* enum smtplite_outcome */
    uint8_t error;   /* enum smtplite_error; SMTPLITE_E_OK with NOT_SENT: the server refused */
    uint8_t phase;   /* enum smtplite_phase */
    uint16_t code;   /* the reply's code, 0: no reply decided it */
    struct smtplite_enhanced enhanced;
};

/* One mail: the envelope. The content follows by smtplite_body. */
struct smtplite_mail {
    const char *from; /* addr-spec without <>; "": the null sender; borrowed until DONE */
    struct smtplite_recipient *recipients;  /* borrowed until DONE, and filled */
    size_t count;                           /* of recipients, at least 1 */
    const struct smtplite_options *options; /* NULL: none; borrowed until DONE; needs
                                               config.extensions */
    uint32_t size;  /* octets of header and body if known, else 0: held against SIZE (RFC 1870) */
    uint16_t flags; /* mask of enum smtplite_mail_flag */
    struct smtplite_result result; /* filled when the mail is done, or the session over */
};

/* ---- What comes back --------------------------------------------------------------------- */

enum smtplite_outcome {
    SMTPLITE_NOT_SENT,    /* nobody has it: a retry is safe */
    SMTPLITE_SENT,        /* every recipient was accepted, and the message */
    SMTPLITE_PARTLY_SENT, /* the message was accepted; some recipients were not: see their fates */
    SMTPLITE_MAYBE_SENT   /* lost after the final dot: a retry may deliver it twice */
};

enum smtplite_event {
    SMTPLITE_EV_NONE,
    SMTPLITE_EV_READY,     /* logged in, if asked; not raised if a mail was submitted before */
    SMTPLITE_EV_RECIPIENT, /* an answer to RCPT: index of it in the mail's array */
    SMTPLITE_EV_TOKEN,     /* smtplite_token, _token_end or _token_fail; at any time from now on */
    SMTPLITE_EV_BODY,      /* smtplite_body, _body_end or _body_fail; at any time from now on */
    SMTPLITE_EV_REPLY,     /* the answer to smtplite_command: code and text */
    SMTPLITE_EV_AGAIN,     /* smtplite_again: the server takes the other recipients in a further
                              transaction alone, and the message is wanted from its start */
    SMTPLITE_EV_DONE,      /* the mail's end: see its result; the session goes on */
    SMTPLITE_EV_CLOSED,    /* after smtplite_quit: all is well, close the connection */
    SMTPLITE_EV_FAILED     /* the session's end: see smtplite_result_get; close the connection */
};

struct smtplite_event_data {
    size_t index;     /* RECIPIENT */
    uint16_t code;    /* RECIPIENT, REPLY */
    const char *text; /* as smtplite_text gives it: the reply's, or of one that decided before */
};

/* ---- The session ------------------------------------------------------------------------- */

#define SMTPLITE_WORD_SIZE 24u

/* One connection's state. The members are private: they stand here so that it can be declared.
 * Small offsets make short Thumb instructions: the octets and the words that are used most come
 * first. */
struct smtplite_session {
    uint8_t expect;        /* the expecting cursor: whose reply is read */
    uint8_t send;          /* the sending cursor: whose command is leaving */
    uint8_t line;          /* where in a line of the message, see body.c */
    uint8_t column;        /* of the reply's line: 0 to 2 code, 3 separator, 4 text */
    uint8_t keyword;       /* which EHLO keyword the words of this line belong to */
    uint8_t word_len;      /* octets in `word` */
    uint8_t challenge_pad; /* `=` seen; 3: no base64 */
    uint8_t step;          /* login responses sent */
    uint8_t response;      /* which part of the login response, see output.c */
    uint8_t parameter;     /* which parameter of MAIL or RCPT leaves, see parameters.c */
    bool over;             /* close the connection */
    bool kept;             /* result and text stand: later replies do not change them */
    bool secure;           /* TLS is on */
    bool quitting;         /* the caller wants no further mail */
    bool leaving;          /* failed; QUIT is said for courtesy */
    bool in_mail;          /* a mail was submitted and is not done */
    bool riding;           /* the next mail's commands leave behind the end mark */
    bool grouped;          /* its commands leave as a group */
    bool chunked;          /* its content leaves by BDAT */
    bool chunk_open;       /* a chunk was announced and has not left whole */
    bool body_asked;       /* BODY was raised and not answered */
    bool body_ended;       /* the caller has given all of the message */
    bool lent;             /* some of the message was */
    bool hollow;           /* 354 though nobody is to get it: the message is ended at once */
    bool stopped;          /* a chunk was refused, or nobody is to get it: no chunk more */
    bool refused;          /* the mail itself was, not a recipient: nobody else is tried */
    bool at_end;           /* the piece is the end mark */
    bool marked;           /* the end mark has left whole */
    bool quit_rides;       /* QUIT leaves with the end mark */
    bool again;            /* AGAIN was raised and not answered */
    bool line_end;         /* the last octet was CR */
    bool unasked;          /* the reply began while no command waited for one */

    uint16_t code;    /* the reply's, while it is read and until the next begins */
    uint16_t event;   /* a set of events that were not read yet */
    uint16_t offered; /* mask of enum smtplite_extension */
    uint16_t auth;    /* mechanisms offered */
    uint16_t line_code;
    uint16_t reply_len;
    uint16_t reply_lines;
    uint16_t progress; /* octets of the present block of the message */
    uint16_t challenge_len;

    const struct smtplite_config *config;
    struct smtplite_mail *mail; /* whose replies are read */
    struct smtplite_mail *next; /* submitted behind it */
    const char *piece;          /* what leaves next */
    size_t piece_len;
    const char *command; /* the rest of what the piece is of */
    const char *body;    /* the piece of the message that the caller lent, what is left of it */
    size_t body_len;
    const char *argument; /* of smtplite_command; what is left of a parameter's value */
    size_t expect_index;
    size_t send_index;
    size_t end_index;    /* behind the last recipient of the transaction whose commands leave */
    size_t pending;      /* commands that have left whole and whose reply was not read */
    uint32_t chunk_left; /* octets of the open chunk that were not put out yet */
    char *text;          /* the caller's buffer, or no_text */
    size_t text_size;
    size_t text_len;
    uint32_t size_limit;

    size_t accepted; /* recipients of this transaction */
    size_t chunks;   /* BDAT without LAST whose reply was not read */
    size_t response_pos;
    uint32_t rcpt_max; /* LIMITS: recipients in a transaction, 0: not said */
    uint32_t mail_max; /* LIMITS: transactions in a session, 0: not said */
    uint32_t mail_count;
    uint32_t by_min;   /* DELIVERBY: seconds, 0: not said */
    uint32_t hold_max; /* FUTURERELEASE: seconds, 0: not said */
    struct smtplite_result result;

    uint8_t wait_id;   /* changes when a new wait begins */
    uint8_t mechanism; /* the login that is tried: its number in the table */
    uint8_t initial;   /* what rides on this AUTH, see session.h */
    bool last_line;    /* no `-` behind the code */
    bool dirty;        /* RSET before the next mail */
    bool verified;     /* TLS is on, and its peer is who it should be */
    bool announced;    /* a chunk of this transaction was */
    bool in_xtext;     /* the parameter's value leaves so */
    bool secret;       /* the present piece is one */
    bool takes_8bit;   /* octets over 127 may leave */
    bool says_8bit;    /* this mail says BODY=8BITMIME */
    char no_text[1];   /* the text, if the caller gave no buffer */
    char quad[4];      /* four base64 characters of a login response */
    char scratch[20];  /* a number that leaves, an octet as xtext */
    char word[SMTPLITE_WORD_SIZE];
};

/*
 * Makes a session for a new connection.
 * config: borrowed until the session is over, with all that it points to.
 * text, text_size: borrowed until the session is over; filled with the text of the last reply
 *   that matters, NUL-terminated, control bytes replaced, lines joined by LF, cut to fit.
 *   May be NULL with 0. 128 octets hold what most servers say.
 * Errors: ARGUMENT (null; unknown values; no allowed mechanism has been given what it needs; a
 * login that was not made by smtplite_login_init), CONTROL, NON_ASCII, TOO_LONG (a text in config).
 * On an error the session must not be used.
 */
enum smtplite_error smtplite_init(struct smtplite_session *s, const struct smtplite_config *config,
                                  char *text, size_t text_size);

/* Clears a session that smtplite_init has made, and what its login has made; the text buffer, which
 * never holds a secret, stays as it is. No call but smtplite_init may follow. */
void smtplite_wipe(struct smtplite_session *s);

/* ---- Transport side ---------------------------------------------------------------------- */

enum smtplite_want {
    SMTPLITE_WANT_OUT = 1,   /* smtplite_out has bytes */
    SMTPLITE_WANT_IN = 2,    /* smtplite_in takes bytes */
    SMTPLITE_WANT_TLS = 4,   /* do the handshake, then smtplite_tls_done */
    SMTPLITE_WANT_CLOSE = 8, /* the session is over: close the connection */
    SMTPLITE_WANT_WORK = 16  /* a login computes: call smtplite_work */
};

/* What the session waits for: a mask of enum smtplite_want, computed, 0 while an event or a
 * piece of the body is all that is missing. */
unsigned smtplite_wants(const struct smtplite_session *s);

/* The next bytes to send, and how many; NULL and 0 if there are none. They may point into the
 * caller's own texts and body; valid until the next call on this session that is not const. */
const char *smtplite_out(const struct smtplite_session *s, size_t *len);

/* True if more bytes will follow these without waiting for anything but the body's source: a
 * transport may hold bytes back to fill a segment while this is true. */
bool smtplite_out_more(const struct smtplite_session *s);

/* True if all that the server has said so far is to be given to smtplite_in before the bytes of
 * smtplite_out leave: what is heard behind them is taken for the answer to them. */
bool smtplite_out_hears(const struct smtplite_session *s);

/* True if the bytes of smtplite_out are a secret: show `****` in their place. */
bool smtplite_out_secret(const struct smtplite_session *s);

/* The first n bytes of smtplite_out have left (0 <= n <= its length; more is cut to it). */
void smtplite_out_done(struct smtplite_session *s, size_t n);

/* Takes up to n bytes that came from the server, copied; gives how many were taken. It stops
 * behind a reply that made an event: read that first, then give the rest, and only then send
 * more: so a reply that nobody asked for is noticed. */
size_t smtplite_in(struct smtplite_session *s, const char *p, size_t n);

/* The server closed its side. */
void smtplite_in_eof(struct smtplite_session *s);

/* The connection failed (IO), the present wait passed its limit (TIMEOUT), the application gave
 * up (CANCELLED), TLS cannot be had (TLS_UNAVAILABLE, TLS_FAILED), or the body or token cannot
 * (SOURCE). Any other error counts as IO. Nothing is sent any more. */
void smtplite_io_failed(struct smtplite_session *s, enum smtplite_error why);

/* The limit of the present wait, in the unit of config.waits, 0: none. *id, never 0, changes when a
 * new wait begins: the caller starts its clock again then, and only then. */
uint32_t smtplite_wait_limit(const struct smtplite_session *s, unsigned *id);

/* The limit of the whole session, in the same unit. */
uint32_t smtplite_session_limit(const struct smtplite_session *s);

/* The channel binding (RFC 5056) that this TLS connection has: type and data, borrowed until the
 * session is over. To be called before smtplite_tls_done, if there is one. */
void smtplite_tls_binding(struct smtplite_session *s, const char *name, const uint8_t *p, size_t n);

/* The handshake that WANT_TLS asked for has succeeded. verified: chain and name were checked. */
void smtplite_tls_done(struct smtplite_session *s, bool verified);

/* True if the session goes on with a peer that was not verified (SMTPLITE_ALLOW_UNVERIFIED): a
 * handshake that finds a bad certificate need not end then. */
bool smtplite_takes_unverified(const struct smtplite_session *s);

/* Goes on with what WANT_WORK asks for (SCRAM's iterated hash): a small part of it, some ms on a
 * small CPU, so that a watchdog can be fed in between. */
void smtplite_work(struct smtplite_session *s);

/* ---- Application side -------------------------------------------------------------------- */

/* The next event, or NONE. data is filled; may be NULL. */
enum smtplite_event smtplite_next(struct smtplite_session *s, struct smtplite_event_data *data);

/* Checks a mail as smtplite_submit does, without a session: for use before a connection is made.
 * config: NULL is one without extensions. Errors: ARGUMENT (null; unknown values; it needs
 * config.extensions), CONTROL, ADDRESS, NON_ASCII (and SMTPLITE_MAIL_UTF8 is not set), TOO_LONG. */
enum smtplite_error smtplite_mail_check(const struct smtplite_config *config,
                                        const struct smtplite_mail *mail);

/* Checks an addr-spec (RFC 5321 4.1.2), "" being none. utf8: it may be UTF-8 (RFC 6531). Errors:
 * CONTROL, ADDRESS, NON_ASCII, TOO_LONG. */
enum smtplite_error smtplite_address_check(const char *address, bool utf8);

/* Clears what an earlier try has filled into the recipients; smtplite_submit does so itself. */
void smtplite_mail_forget(struct smtplite_mail *mail);

/* The next mail (RFC 5321 3.3): it begins as soon as the session is ready for it, be that now or
 * after the login. While one is under way, one further may wait: it begins when smtplite_next has
 * given all events of the one before. With config.extensions and PIPELINING its commands leave
 * earlier, behind the content of the one before if it was submitted before that content's end
 * (RFC 2920 3.1): a run of mails costs one round trip each. Events are those of the older mail up
 * to its DONE. mail: borrowed until its DONE, or CLOSED, or FAILED; two mails share no recipients.
 * Errors: STATE (two mails are under way, or this one; an event was not read; QUIT was asked for;
 * the session is over), and those of smtplite_mail_check; the session is as before. */
enum smtplite_error smtplite_submit(struct smtplite_session *s, struct smtplite_mail *mail);

/* Lends the next piece of the message: header and body, any line ends, dots as they are.
 * p: borrowed until the next BODY event or the mail's end. n > 0. Errors: STATE, ARGUMENT. */
enum smtplite_error smtplite_body(struct smtplite_session *s, const char *p, size_t n);

/* True if BODY was read and a piece is wanted. A refusal between two chunks (RFC 3030) withdraws
 * BODY: then smtplite_body gives STATE, and the piece was not taken: it is the next one still. */
bool smtplite_awaits_body(const struct smtplite_session *s);

/* The message is whole. Errors: STATE. */
enum smtplite_error smtplite_body_end(struct smtplite_session *s);

/* The source failed: the connection is dropped before the final dot, nothing is delivered.
 * Errors: STATE. */
enum smtplite_error smtplite_body_fail(struct smtplite_session *s);

/* Lends the next piece of the OAuth 2 token that TOKEN asks for (login.h, token_by_event). p:
 * borrowed until the next TOKEN event or the login's end. n > 0. Errors: STATE, ARGUMENT, CONTROL,
 * NON_ASCII (in the piece; the session is as before). */
enum smtplite_error smtplite_token(struct smtplite_session *s, const char *p, size_t n);

/* True if TOKEN was read and is not answered yet. */
bool smtplite_awaits_token(const struct smtplite_session *s);

/* The token is whole. Errors: STATE. */
enum smtplite_error smtplite_token_end(struct smtplite_session *s);

/* The token cannot be had: the login is given up, the session is over. Errors: STATE. */
enum smtplite_error smtplite_token_fail(struct smtplite_session *s);

/* Answers AGAIN. can: the source begins anew with the next BODY; else the recipients that are left
 * end as UNTRIED, and the mail is done. Errors: STATE. */
enum smtplite_error smtplite_again(struct smtplite_session *s, bool can);

/* Asks an idle session's server something; event REPLY with its answer, then READY's calls again.
 * what: SMTPLITE_PHASE_NOOP (keeps it alive, RFC 5321 4.1.1.9), _VRFY, _EXPN, _HELP, _ETRN.
 * argument: borrowed until REPLY; a user, list, topic, node (RFC 1985); NULL with NOOP, and with
 * HELP if it has none. Errors: STATE, ARGUMENT, and CONTROL, NON_ASCII, TOO_LONG (over 500) for the
 * argument; the session is as before. */
enum smtplite_error smtplite_command(struct smtplite_session *s, enum smtplite_phase what,
                                     const char *argument);
enum smtplite_error smtplite_noop(struct smtplite_session *s);

/* What the server offers: mask of enum smtplite_extension; 0 before EHLO was answered. */
uint16_t smtplite_offered(const struct smtplite_session *s);

/* The largest message that the server takes, octets (RFC 1870), 0: not said. */
uint32_t smtplite_size_limit(const struct smtplite_session *s);

/* How many further mails may be submitted before the server wants a new connection (RFC 9422,
 * MAILMAX); SIZE_MAX: it has not said. */
size_t smtplite_mails_left(const struct smtplite_session *s);

/* No further mail: QUIT as soon as the present one is done; said early, it rides behind the
 * message's end. May be called at any time. */
void smtplite_quit(struct smtplite_session *s);

/* Of the mail that the last DONE was about, or the session's end. Borrowed until the session is
 * over. Each mail has its own in mail.result. */
const struct smtplite_result *smtplite_result_get(const struct smtplite_session *s);

/* The text of the reply that the result or the event is about; never NULL. */
const char *smtplite_text(const struct smtplite_session *s);

/* Checks a text that becomes part of a command or a header line: CONTROL, or OK. */
enum smtplite_error smtplite_text_check(const char *text);

/* Names for people and logs, "?" for an unknown value; never NULL; static. They live in a file
 * of their own: firmware that does not call them does not carry them. */
const char *smtplite_phase_name(enum smtplite_phase phase);
const char *smtplite_outcome_name(enum smtplite_outcome outcome);
const char *smtplite_error_name(enum smtplite_error error);
const char *smtplite_error_help(enum smtplite_error error);

/* What a retry of a whole mail would do. */
enum smtplite_retry {
    SMTPLITE_RETRY_NONE,      /* all have it */
    SMTPLITE_RETRY_LATER,     /* safe: nobody would get it twice who is UNTRIED or DEFERRED; wait */
    SMTPLITE_RETRY_NEVER,     /* pointless as it is: a permanent refusal, or bad input */
    SMTPLITE_RETRY_MAY_DOUBLE /* somebody may get it twice */
};
/* For one recipient, after its mail's end. */
enum smtplite_retry smtplite_retry_recipient(const struct smtplite_mail *mail, size_t index);
/* For a session that failed before its mail was judged, or a mail that was refused whole. */
enum smtplite_retry smtplite_retry_result(const struct smtplite_result *result);

/* The server's name for a mail that it has accepted, in the text of its final 250: what stands
 * behind `queued as `, `id=` or `Message-Id: `, or all of the text. Gives a part of `text` and its
 * length; never NULL. No RFC says where it stands: for logs. */
const char *smtplite_queue_id(const char *text, size_t *len);

/* Why smtplite_init gives ARGUMENT for this config; "" if it is not for the config. */
const char *smtplite_config_advice(const struct smtplite_config *config);

#ifdef __cplusplus
}
#endif

#endif
