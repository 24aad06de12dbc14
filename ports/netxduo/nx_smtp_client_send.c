/* SPDX-License-Identifier: MIT */
/*
 * nx_smtp_client_mail_send: what the mail was given is judged, then a session takes it.
 *
 * Between the mail's source and the driver stands a counter: it holds a source to the length that
 * it said, and tells the progress. With a progress callback it lends long pieces in parts, since a
 * part has left when the next one is asked for.
 */

#define NX_SMTP_SOURCE_CODE

#include "nx_smtp_mail.h"
#include "nx_smtp_session.h"

#include <string.h>

NX_CALLER_CHECKING_EXTERNS

/* What a server may offer that is asked without extensions. */
#define PLAIN_OFFER                                                                                \
    (SMTPLITE_EXT_PIPELINING | SMTPLITE_EXT_8BITMIME | SMTPLITE_EXT_STARTTLS | SMTPLITE_EXT_SIZE)

/* ---- The counter -------------------------------------------------------------------------- */

struct counter {
    const NX_SMTP_MAIL *mail;
    ULONG length; /* that must come, or NX_SMTP_LENGTH_UNKNOWN */
    ULONG total;  /* as the progress is told */
    ULONG lent;
    ULONG told;
    const char *rest; /* of the source's last piece */
    size_t rest_len;
};

static VOID tell(struct counter *c) {
    c->told = c->lent;
    c->mail->nx_smtp_mail_progress(c->mail->nx_smtp_mail_progress_context, c->lent, c->total);
}

/* The source's next piece; FAILED if it lies. */
static enum smtplite_source_state fetch(struct counter *c) {
    const struct smtplite_source *source = &c->mail->nx_smtp_mail_source;
    enum smtplite_source_state state;
    c->rest_len = 0;
    state = source->read(source->context, &c->rest, &c->rest_len);
    if (c->length == NX_SMTP_LENGTH_UNKNOWN)
        return state;
    if ((state == SMTPLITE_SOURCE_END && c->lent != c->length) ||
        (state == SMTPLITE_SOURCE_PIECE && c->rest_len > c->length - c->lent))
        return SMTPLITE_SOURCE_FAILED;
    return state;
}

static enum smtplite_source_state counter_read(void *context, const char **p, size_t *n) {
    struct counter *c = context;
    UINT is_watched = c->mail->nx_smtp_mail_progress != NX_NULL;
    enum smtplite_source_state state = SMTPLITE_SOURCE_PIECE;
    if (is_watched && c->lent - c->told >= SMTPLITE_BLOCK)
        tell(c);
    if (c->rest_len == 0)
        state = fetch(c);
    if (is_watched && state == SMTPLITE_SOURCE_END)
        tell(c);
    if (state != SMTPLITE_SOURCE_PIECE)
        return state;
    *p = c->rest;
    *n = is_watched && c->rest_len > SMTPLITE_BLOCK ? SMTPLITE_BLOCK : c->rest_len;
    c->rest += *n;
    c->rest_len -= *n;
    c->lent += (ULONG)*n;
    return state;
}

static bool counter_rewind(void *context) {
    struct counter *c = context;
    const struct smtplite_source *source = &c->mail->nx_smtp_mail_source;
    c->lent = 0;
    c->told = 0;
    c->rest_len = 0;
    return source->rewind != NULL && source->rewind(source->context);
}

static enum smtplite_error counter_begin(void *context, uint16_t offered,
                                         struct smtplite_mail *envelope) {
    struct counter *c = context;
    const struct smtplite_source *source = &c->mail->nx_smtp_mail_source;
    enum smtplite_error error = SMTPLITE_E_OK;
    if (source->begin != NULL)
        error = source->begin(source->context, offered, envelope);
    if (c->mail->nx_smtp_mail_progress != NX_NULL)
        envelope->flags &= (uint16_t)~SMTPLITE_MAIL_PIECES; /* lent in parts, they are small */
    c->total = envelope->size;
    return error;
}

/* ---- Checks ------------------------------------------------------------------------------- */

/* A finished message in memory is looked at: the plain call does so too. */
static UINT look_at(NX_SMTP_MAIL *mail_ptr) {
    const struct smtplite_memory *memory = &mail_ptr->nx_smtp_mail_memory;
    struct smtplite_mail *envelope = &mail_ptr->nx_smtp_mail_envelope;
    if (mail_ptr->nx_smtp_mail_source.context != memory)
        return NX_SUCCESS;
    for (size_t i = 0; i < memory->n; i++) {
        if (memory->p[i] == '\0' && (envelope->flags & SMTPLITE_MAIL_BINARY) == 0)
            return NX_SMTP_BODY_REFUSED;
        if (((UCHAR)memory->p[i] & 0x80) != 0)
            envelope->flags |= SMTPLITE_MAIL_8BIT;
    }
    return NX_SUCCESS;
}

static VOID ask_for_priority(struct smtplite_options *options, UINT priority) {
    if (options->has_priority ||
        (priority != NX_SMTP_MAIL_PRIORITY_LOW && priority != NX_SMTP_MAIL_PRIORITY_HIGH))
        return;
    options->has_priority = true;
    options->priority = priority == NX_SMTP_MAIL_PRIORITY_LOW ? -4 : 4;
}

static VOID address_envelope(const NX_SMTP_CLIENT *client_ptr, NX_SMTP_MAIL *mail_ptr) {
    struct smtplite_mail *envelope = &mail_ptr->nx_smtp_mail_envelope;
    UINT has_extensions = client_ptr->nx_smtp_client_config.extensions != NX_NULL;
    ULONG length = mail_ptr->nx_smtp_mail_length;
    envelope->from = mail_ptr->nx_smtp_mail_sender;
    if (!envelope->from)
        envelope->from = client_ptr->nx_smtp_client_from_address;
    envelope->flags = (uint16_t)mail_ptr->nx_smtp_mail_flags;
    envelope->size = length != NX_SMTP_LENGTH_UNKNOWN ? length : 0;
    envelope->options = NX_NULL;
    if (has_extensions)
        ask_for_priority(&mail_ptr->nx_smtp_mail_options, mail_ptr->nx_smtp_mail_priority);
    if (has_extensions || mail_ptr->nx_smtp_mail_has_options)
        envelope->options = &mail_ptr->nx_smtp_mail_options;
}

/* What is wrong with the mail is found here, before there is a connection: with all that a server
 * may offer; and the mail's own flags stay as they are. */
static UINT check(const NX_SMTP_CLIENT *client_ptr, struct counter *c,
                  const struct smtplite_mail *envelope) {
    const struct smtplite_config *config = &client_ptr->nx_smtp_client_config;
    struct smtplite_mail trial = *envelope;
    enum smtplite_error error =
        counter_begin(c, config->extensions ? UINT16_MAX : PLAIN_OFFER, &trial);
    if (error == SMTPLITE_E_OK)
        error = smtplite_mail_check(config, &trial);
    return _nx_smtp_error_status(error);
}

static UINT prepare(NX_SMTP_CLIENT *client_ptr, NX_SMTP_MAIL *mail_ptr, struct counter *c) {
    const struct smtplite_source *source = &mail_ptr->nx_smtp_mail_source;
    UINT status;
    if (source->read == NULL)
        return NX_SMTP_INVALID_PARAM;
    address_envelope(client_ptr, mail_ptr);
    smtplite_mail_forget(&mail_ptr->nx_smtp_mail_envelope);
    c->mail = mail_ptr;
    c->length = NX_SMTP_LENGTH_UNKNOWN;
    if (!mail_ptr->nx_smtp_mail_compose)
        c->length = mail_ptr->nx_smtp_mail_length;
    status = mail_ptr->nx_smtp_mail_compose ? mail_ptr->nx_smtp_mail_compose(client_ptr, mail_ptr)
                                            : look_at(mail_ptr);
    if (status == NX_SUCCESS)
        status = check(client_ptr, c, &mail_ptr->nx_smtp_mail_envelope);
    if (status == NX_SUCCESS && source->rewind != NULL && !source->rewind(source->context))
        status = NX_SMTP_BODY_FAILED;
    return status;
}

/* ---- Send --------------------------------------------------------------------------------- */

static UINT mail_status(const NX_SMTP_CLIENT *client_ptr, const NX_SMTP_MAIL *mail_ptr) {
    const struct smtplite_result *result = &mail_ptr->nx_smtp_mail_envelope.result;
    if (result->outcome == SMTPLITE_PARTLY_SENT)
        return NX_SMTP_PARTLY_SENT;
    if (result->outcome == SMTPLITE_NOT_SENT) {
        if (result->error == SMTPLITE_E_SOURCE && result->phase > SMTPLITE_PHASE_AUTH_CANCEL)
            return NX_SMTP_BODY_FAILED;
        if (result->error == SMTPLITE_E_CLOSING &&
            (result->phase == SMTPLITE_PHASE_MAIL || result->code < 400))
            return NX_NOT_CONNECTED; /* 421 to an idle session, read now or before; MAILMAX */
        if (result->error == SMTPLITE_E_OK && result->phase == SMTPLITE_PHASE_RCPT &&
            mail_ptr->nx_smtp_mail_envelope.count > 1)
            return NX_SMTP_RECIPIENTS_REFUSED;
    }
    return _nx_smtp_mail_status(client_ptr, result);
}

static UINT send(NX_SMTP_CLIENT *client_ptr, NX_SMTP_MAIL *mail_ptr, struct counter *c) {
    struct smtplite_source source = {c, counter_read, NULL, counter_begin};
    NX_SMTP_SESSION own;
    NX_SMTP_SESSION *session_ptr;
    UINT status = _nx_smtp_session_take(client_ptr, &own, &session_ptr);
    if (status != NX_SUCCESS)
        return status;
    if (mail_ptr->nx_smtp_mail_source.rewind != NULL)
        source.rewind = counter_rewind;
    /* the mail's result tells all: what ended it, or why it did not begin */
    (void)smtplite_deliver(&session_ptr->nx_smtp_session_driver, &mail_ptr->nx_smtp_mail_envelope,
                           &source, false);
    _nx_smtp_session_give(client_ptr, session_ptr);
    return mail_status(client_ptr, mail_ptr);
}

/* Whether a further send is one of the same message, which some may have twice then. */
static VOID note_doubt(NX_SMTP_MAIL *mail_ptr, UINT status) {
    if (status == NX_SMTP_DELIVERY_UNKNOWN)
        mail_ptr->nx_smtp_mail_may_be_out = NX_TRUE;
    else if (status == NX_SUCCESS || status == NX_SMTP_PARTLY_SENT)
        mail_ptr->nx_smtp_mail_may_be_out = NX_FALSE;
}

UINT _nxe_smtp_client_mail_send(NX_SMTP_CLIENT *client_ptr, NX_SMTP_MAIL *mail_ptr) {
    if (!client_ptr || !NX_SMTP_IS_MAIL(mail_ptr))
        return NX_PTR_ERROR;
    NX_THREADS_ONLY_CALLER_CHECKING
    return _nx_smtp_client_mail_send(client_ptr, mail_ptr);
}

UINT _nx_smtp_client_mail_send(NX_SMTP_CLIENT *client_ptr, NX_SMTP_MAIL *mail_ptr) {
    struct counter counter;
    UINT status = _nx_smtp_client_resume(client_ptr);
    if (status != NX_SUCCESS)
        return status;
    memset(&counter, 0, sizeof counter);
    status = prepare(client_ptr, mail_ptr, &counter);
    if (status == NX_SUCCESS)
        status = send(client_ptr, mail_ptr, &counter);
    note_doubt(mail_ptr, status);
    _nx_smtp_client_leave(client_ptr);
    return status;
}
