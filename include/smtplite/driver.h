/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_DRIVER_H
#define SMTPLITE_DRIVER_H

/*
 * The blocking driver: one loop that moves bytes between an engine and a transport, holds the
 * deadlines, and calls a hook while it waits. Each call blocks its thread until it returns.
 */

#include "smtplite/engine.h"
#include "smtplite/transport.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where a message comes from. It is pulled and never blocks. */
enum smtplite_source_state {
    SMTPLITE_SOURCE_PIECE,   /* *p and *n are filled, n > 0; p stays until the next call */
    SMTPLITE_SOURCE_END,     /* the message is whole */
    SMTPLITE_SOURCE_NOT_YET, /* ask again soon */
    SMTPLITE_SOURCE_FAILED   /* give up: the mail must not be accepted in part */
};

struct smtplite_source {
    void *context;
    enum smtplite_source_state (*read)(void *context, const char **p, size_t *n);
    /* Begins anew: the next `read` gives the first piece. False: it cannot. Needed where the
     * server takes so many recipients only in several transactions. NULL: it cannot. */
    bool (*rewind)(void *context);
    /* Called before the mail is submitted, with what the server offers (mask of enum
     * smtplite_extension): the source may choose its encoding by it, and set mail->size and further
     * bits of mail->flags, which the driver takes back at the mail's end. smtplite_send calls it
     * before it connects, too, with the bits of all that config.extensions could make of a server's
     * offer, to find bad input. An error: the mail is NOT_SENT with it. NULL: nothing to choose. */
    enum smtplite_error (*begin)(void *context, uint16_t offered, struct smtplite_mail *mail);
};

/* A message, or a part of one, in memory, as a source: smtplite_memory_source(&m). Its `begin`
 * tells mail->size, and that pieces are large (SMTPLITE_MAIL_PIECES). */
struct smtplite_memory {
    const char *p; /* borrowed until the mail's end */
    size_t n;
    bool given; /* private: zero */
};
struct smtplite_source smtplite_memory_source(struct smtplite_memory *memory);
enum smtplite_source_state smtplite_memory_read(void *memory, const char **p, size_t *n);
bool smtplite_memory_rewind(void *memory);

/* What is said on the wire, for a log. Secrets come as `****`. Pieces end
 * anywhere, not at lines. p: borrowed until the return. */
typedef void smtplite_trace(void *context, bool from_server, const char *p, size_t n);

/* What the driver does besides moving bytes. All may be zero. */
struct smtplite_hooks {
    /* Called at least every `slice` while the driver waits (feed the watchdog, look at the cancel
     * button); false cancels the session. It MUST NOT block. NULL: none. */
    bool (*idle)(void *context);
    smtplite_trace *trace; /* NULL: none */
    /* Gives the next piece of the OAuth token, if it comes by event (login.h): by smtplite_token,
     * _token_end or _token_fail on this session. False: not yet, ask again soon. True and
     * nothing given (a piece was refused, say) is a failure. NULL: none. */
    bool (*token)(void *context, struct smtplite_session *session);
    void *context;  /* for all three */
    uint32_t slice; /* units of the clock; 0: 10, which is 10 ms with a clock of ms */
};

#define SMTPLITE_RECEIVE_SIZE 64

/* One connection being driven. The first group is the caller's to set (the rest zero), borrowed
 * until the connection is over; the second is private. */
struct smtplite_driver {
    struct smtplite_session *session;
    const struct smtplite_transport *transport;
    struct smtplite_hooks hooks;

    uint32_t session_start;
    uint32_t wait_start;
    unsigned wait_id;
    uint8_t hungry; /* the event whose source said: not yet */
    bool masked;    /* the last piece traced was a secret */
    char in[SMTPLITE_RECEIVE_SIZE];
    size_t in_pos;
    size_t in_len;
};

/* Moves bytes until there is an event, which it returns; TOKEN goes to the hook if there is one.
 * NONE: nothing is awaited (the session is
 * idle, or over and its last event was read), or one slice has passed while a piece of the body is
 * all that is missing. Blocks at most for the engine's present wait. */
enum smtplite_event smtplite_run(struct smtplite_driver *d, struct smtplite_event_data *data);

/*
 * Sends one mail on a session, from its present state up to the mail's end; with `last`, QUIT
 * follows (it rides with the message's end where PIPELINING is offered) and the session is over.
 * What became of it stands in smtplite_result_get. Returns OK, or what was wrong with the call
 * (then nothing was sent and the session is as it was): the errors of smtplite_submit.
 */
enum smtplite_error smtplite_deliver(struct smtplite_driver *d, struct smtplite_mail *mail,
                                     const struct smtplite_source *source, bool last);

/* A run of mails on one session. */
struct smtplite_queue {
    /* The next mail and its message; false: there is none further, or none for now. Called while
     * the mail before is still under way, so that its commands can ride behind that one's content:
     * two mails are in memory at a time. mail, source: borrowed until `done` has it. */
    bool (*next)(void *context, struct smtplite_mail **mail, const struct smtplite_source **source);
    /* The end of a mail that `next` gave, in the same order: mail->result and its recipients' fates
     * say what became of it, also if the session failed before it began. text: of the reply that
     * decided it, borrowed until the return. */
    void (*done)(void *context, struct smtplite_mail *mail, const char *text);
    void *context;
};

/*
 * Sends the mails of a queue, one login and one round trip each where PIPELINING is offered, until
 * `next` gives none, the session fails, or the server wants a new connection for the next mail
 * (smtplite_mails_left). The session stays open if it did not fail. What is still in the queue then
 * is for a new connection: see README, "Many mails". Returns OK, or the error that ended the
 * session.
 */
enum smtplite_error smtplite_deliver_all(struct smtplite_driver *d,
                                         const struct smtplite_queue *queue);

/* Ends a session in good order: QUIT, and its answer awaited briefly. */
void smtplite_finish(struct smtplite_driver *d);

#ifdef __cplusplus
}
#endif

#endif
