/* SPDX-License-Identifier: MIT */
/*
 * The blocking driver. One turn of the loop: hand out an event; else feed what was received; else
 * look at the clock; else send; else receive. What the server has said is fetched before the last
 * piece of a command or message goes (D9). It waits in the transport alone, one slice at a
 * time, so that the hook is called in between.
 *
 * Deadlines are the engine's: its wait_id changes when a new wait begins, and only then is the
 * clock started again. So bytes that drip in do not extend a wait (E1).
 */

#include "drive.h"

#define MASK "****"

static uint32_t now(const struct smtplite_driver *d) {
    return d->transport->now(d->transport->context);
}

static void trace(const struct smtplite_driver *d, bool from_server, const char *p, size_t n) {
    if (d->hooks.trace != NULL)
        d->hooks.trace(d->hooks.context, from_server, p, n);
}

/* A secret shows as one mask, however many pieces it leaves in. */
static void trace_sent(struct smtplite_driver *d, const char *p, size_t n, bool secret) {
    if (!secret)
        trace(d, false, p, n);
    else if (!d->masked)
        trace(d, false, MASK, sizeof MASK - 1);
    d->masked = secret;
}

/* ---- Time -------------------------------------------------------------------------------- */

/* A new wait has begun if the engine says so; the session's begins with the first. */
static uint32_t start_wait(struct smtplite_driver *d, uint32_t at) {
    unsigned id;
    uint32_t limit = smtplite_wait_limit(d->session, &id);
    if (d->wait_id == 0)
        d->session_start = at;
    if (d->wait_id != id)
        d->wait_start = at;
    d->wait_id = id;
    return limit;
}

/* Cuts *wait to what is left of a limit that began at start; 0 as a limit is none. */
static void cut_wait(uint32_t *wait, uint32_t limit, uint32_t passed) {
    if (limit == 0)
        return;
    uint32_t left = passed < limit ? limit - passed : 0;
    if (left < *wait)
        *wait = left;
}

/* How long the transport may wait now; false: a limit has passed, or the hook has cancelled. */
static bool get_wait(struct smtplite_driver *d, uint32_t *wait) {
    uint32_t at = now(d);
    uint32_t limit = start_wait(d, at);
    enum smtplite_error error = SMTPLITE_E_CANCELLED;
    *wait = UINT32_MAX;
    if (d->hooks.idle == NULL || d->hooks.idle(d->hooks.context)) {
        error = SMTPLITE_E_TIMEOUT;
        cut_wait(wait, limit, at - d->wait_start);
        cut_wait(wait, smtplite_session_limit(d->session), at - d->session_start);
        if (*wait > 0) {
            if (d->hooks.idle != NULL || d->hungry != SMTPLITE_EV_NONE)
                cut_wait(wait, d->hooks.slice > 0 ? d->hooks.slice : 10, 0);
            return true;
        }
    }
    smtplite_io_failed(d->session, error);
    return false;
}

/* ---- Moving bytes ------------------------------------------------------------------------ */

/* Each event was handed out before, so the session takes something, or is over: were it otherwise,
 * this would be for ever. */
static void feed(struct smtplite_driver *d) {
    size_t taken = smtplite_in(d->session, d->in + d->in_pos, d->in_len - d->in_pos);
    if (taken == 0)
        smtplite_io_failed(d->session, SMTPLITE_E_IO);
    d->in_pos += taken;
}

static void receive(struct smtplite_driver *d, uint32_t wait) {
    ptrdiff_t n = d->transport->receive(d->transport->context, d->in, sizeof d->in, wait);
    if (n > 0 && (size_t)n <= sizeof d->in) {
        d->in_pos = 0;
        d->in_len = (size_t)n;
        trace(d, true, d->in, d->in_len);
    } else if (n == SMTPLITE_TRANSPORT_EOF) {
        smtplite_in_eof(d->session);
    } else if (n != 0) {
        smtplite_io_failed(d->session, SMTPLITE_E_IO);
    }
}

/* Sends one piece. True: go on at once. False: look what the server says first, since nothing could
 * leave; or now and then within a long message, for it may say no early (D12). */
static bool send(struct smtplite_driver *d, uint32_t wait) {
    size_t n;
    unsigned id;
    const char *p = smtplite_out(d->session, &n);
    bool more = smtplite_out_more(d->session);
    bool secret = smtplite_out_secret(d->session);
    ptrdiff_t sent = d->transport->send(d->transport->context, p, n, more, wait);
    if (sent == 0)
        return false;
    if (sent < 0 || (size_t)sent > n) {
        smtplite_io_failed(d->session, SMTPLITE_E_IO);
        return true;
    }
    trace_sent(d, p, (size_t)sent, secret);
    smtplite_out_done(d->session, (size_t)sent);
    (void)smtplite_wait_limit(d->session, &id);
    return !more || id == d->wait_id;
}

static void start_tls(struct smtplite_driver *d, uint32_t wait) {
    const struct smtplite_transport *t = d->transport;
    if (t->start_tls == NULL)
        smtplite_io_failed(d->session, SMTPLITE_E_TLS_UNAVAILABLE);
    else if (t->start_tls(t->context, d->session, wait) != 0)
        smtplite_io_failed(d->session, SMTPLITE_E_TLS_FAILED);
}

/* D9: what came before a command, or a message's end, leaves is no answer to it. It may still lie
 * in the transport, so it is fetched before. */
static bool hears_first(struct smtplite_driver *d) {
    if (!smtplite_out_hears(d->session))
        return false;
    receive(d, 0);
    return d->in_pos < d->in_len || (smtplite_wants(d->session) & SMTPLITE_WANT_CLOSE) != 0;
}

static void move(struct smtplite_driver *d) {
    uint32_t wait;
    if (!get_wait(d, &wait))
        return;
    unsigned wants = smtplite_wants(d->session);
    if (wants & SMTPLITE_WANT_TLS) {
        start_tls(d, wait);
        return;
    }
    if (wants & SMTPLITE_WANT_WORK) {
        smtplite_work(d->session);
        return;
    }
    if (wants & SMTPLITE_WANT_OUT) {
        if (hears_first(d) || send(d, wait))
            return;
        wait = 0; /* the waiting was done there */
    }
    if (wants & SMTPLITE_WANT_IN)
        receive(d, wait);
}

/* ---- Calls ------------------------------------------------------------------------------- */

/* Lets the application give the next piece of the login's token, if that is still wanted. */
static void pull_token(struct smtplite_driver *d) {
    d->hungry = SMTPLITE_EV_NONE;
    if (!smtplite_awaits_token(d->session))
        return;
    if (!d->hooks.token(d->hooks.context, d->session))
        d->hungry = SMTPLITE_EV_TOKEN;
    else if (smtplite_awaits_token(d->session)) /* it has given nothing, and asked no more */
        smtplite_io_failed(d->session, SMTPLITE_E_SOURCE);
}

enum smtplite_event smtplite_run(struct smtplite_driver *d, struct smtplite_event_data *data) {
    for (;;) {
        unsigned id;
        enum smtplite_event event = smtplite_next(d->session, data);
        if (event == SMTPLITE_EV_TOKEN && d->hooks.token != NULL)
            d->hungry = SMTPLITE_EV_TOKEN;
        else if (event != SMTPLITE_EV_NONE)
            return event;
        else if (d->in_pos < d->in_len)
            feed(d);
        else if (smtplite_wait_limit(d->session, &id) == 0)
            return SMTPLITE_EV_NONE;
        else
            move(d);
        if (d->hungry == SMTPLITE_EV_TOKEN)
            pull_token(d);
        else if (d->hungry != SMTPLITE_EV_NONE)
            return smtplite_next(d->session, data);
    }
}

/* Asks the source for the next piece of the message, if that is still wanted: what it gives must
 * not be lost. */
static void pull(struct smtplite_driver *d, const struct smtplite_source *source) {
    const char *p = NULL;
    size_t n = 0;
    d->hungry = SMTPLITE_EV_NONE;
    if (!smtplite_awaits_body(d->session))
        return;
    enum smtplite_source_state state =
        source != NULL ? source->read(source->context, &p, &n) : SMTPLITE_SOURCE_FAILED;
    d->hungry = state == SMTPLITE_SOURCE_NOT_YET ? SMTPLITE_EV_BODY : SMTPLITE_EV_NONE;
    if (state == SMTPLITE_SOURCE_END)
        (void)smtplite_body_end(d->session);
    else if (state != SMTPLITE_SOURCE_NOT_YET &&
             (state != SMTPLITE_SOURCE_PIECE || smtplite_body(d->session, p, n) != SMTPLITE_E_OK))
        (void)smtplite_body_fail(d->session);
}

static bool rewind_source(const struct smtplite_source *source) {
    return source != NULL && source->rewind != NULL && source->rewind(source->context);
}

enum smtplite_event smtplite_drive(struct smtplite_driver *d, const struct smtplite_source *source,
                                   enum smtplite_event until) {
    d->hungry = SMTPLITE_EV_NONE;
    for (;;) {
        enum smtplite_event event = smtplite_run(d, NULL);
        if (event == SMTPLITE_EV_BODY || (event == SMTPLITE_EV_NONE && d->hungry != 0))
            pull(d, source);
        else if (event == SMTPLITE_EV_AGAIN)
            (void)smtplite_again(d->session, rewind_source(source));
        else if (event == SMTPLITE_EV_TOKEN)
            smtplite_io_failed(d->session, SMTPLITE_E_SOURCE); /* nobody is there to give it */
        else if (event == until || event == SMTPLITE_EV_NONE || event >= SMTPLITE_EV_CLOSED)
            return event;
    }
}

void smtplite_finish(struct smtplite_driver *d) {
    smtplite_quit(d->session);
    (void)smtplite_drive(d, NULL, SMTPLITE_EV_CLOSED);
}
