/* SPDX-License-Identifier: MIT */
/* A mail's control block: what of it is the same for composed and finished messages. */

#define NX_SMTP_SOURCE_CODE

#include "nx_smtp_mail.h"

#include <string.h>

/* ---- Create ------------------------------------------------------------------------------- */

UINT _nxe_smtp_client_mail_create(NX_SMTP_MAIL *mail_ptr, CHAR *subject, UINT priority) {
    return mail_ptr ? _nx_smtp_client_mail_create(mail_ptr, subject, priority) : NX_PTR_ERROR;
}

/* The first mailbox is From: it is filled when the mail is sent. */
UINT _nx_smtp_client_mail_create(NX_SMTP_MAIL *mail_ptr, CHAR *subject, UINT priority) {
    memset(mail_ptr, 0, sizeof *mail_ptr);
    mail_ptr->nx_smtp_mail_id = NX_SMTP_MAIL_ID;
    mail_ptr->nx_smtp_mail_priority = priority;
    mail_ptr->nx_smtp_mail_subject = subject;
    mail_ptr->nx_smtp_mail_mailbox_count = 1;
    mail_ptr->nx_smtp_mail_envelope.recipients = mail_ptr->nx_smtp_mail_recipients;
    return NX_SUCCESS;
}

/* ---- Who writes --------------------------------------------------------------------------- */

UINT _nxe_smtp_client_mail_sender_set(NX_SMTP_MAIL *mail_ptr, CHAR *address, CHAR *name) {
    return NX_SMTP_IS_MAIL(mail_ptr) ? _nx_smtp_client_mail_sender_set(mail_ptr, address, name)
                                     : NX_PTR_ERROR;
}

UINT _nx_smtp_client_mail_sender_set(NX_SMTP_MAIL *mail_ptr, CHAR *address, CHAR *name) {
    mail_ptr->nx_smtp_mail_sender = address;
    mail_ptr->nx_smtp_mail_mailboxes[0].name = name;
    return NX_SUCCESS;
}

/* There is room for each recipient, From, and one Reply-To. */
static VOID add_mailbox(NX_SMTP_MAIL *mail_ptr, const CHAR *address, const CHAR *name,
                        enum smtplite_role role) {
    struct smtplite_mailbox *mailbox =
        &mail_ptr->nx_smtp_mail_mailboxes[mail_ptr->nx_smtp_mail_mailbox_count++];
    mailbox->address = address;
    mailbox->name = name;
    mailbox->role = (uint8_t)role;
}

UINT _nxe_smtp_client_mail_reply_to_set(NX_SMTP_MAIL *mail_ptr, CHAR *address, CHAR *name) {
    if (!NX_SMTP_IS_MAIL(mail_ptr) || !address)
        return NX_PTR_ERROR;
    return _nx_smtp_client_mail_reply_to_set(mail_ptr, address, name);
}

UINT _nx_smtp_client_mail_reply_to_set(NX_SMTP_MAIL *mail_ptr, CHAR *address, CHAR *name) {
    if (mail_ptr->nx_smtp_mail_has_reply_to)
        return NX_SMTP_MAIL_FULL;
    mail_ptr->nx_smtp_mail_has_reply_to = NX_TRUE;
    add_mailbox(mail_ptr, address, name, SMTPLITE_REPLY_TO);
    return NX_SUCCESS;
}

/* ---- Recipients --------------------------------------------------------------------------- */

UINT _nxe_smtp_client_mail_recipient_add(NX_SMTP_MAIL *mail_ptr, CHAR *address, CHAR *name,
                                         UINT type) {
    if (!NX_SMTP_IS_MAIL(mail_ptr) || !address)
        return NX_PTR_ERROR;
    if (type != NX_SMTP_RECIPIENT_TO && type != NX_SMTP_RECIPIENT_CC &&
        type != NX_SMTP_RECIPIENT_BCC)
        return NX_SMTP_INVALID_PARAM;
    return _nx_smtp_client_mail_recipient_add(mail_ptr, address, name, type);
}

static enum smtplite_role role_of(UINT type) {
    if (type == NX_SMTP_RECIPIENT_TO)
        return SMTPLITE_TO;
    return type == NX_SMTP_RECIPIENT_CC ? SMTPLITE_CC : SMTPLITE_BCC;
}

UINT _nx_smtp_client_mail_recipient_add(NX_SMTP_MAIL *mail_ptr, CHAR *address, CHAR *name,
                                        UINT type) {
    struct smtplite_mail *envelope = &mail_ptr->nx_smtp_mail_envelope;
    UINT *count = &mail_ptr->nx_smtp_mail_recipient_count;
    if (*count == NX_SMTP_MAIL_RECIPIENTS)
        return NX_SMTP_MAIL_FULL;
    mail_ptr->nx_smtp_mail_recipients[(*count)++].address = address;
    if (envelope->recipients == mail_ptr->nx_smtp_mail_recipients)
        envelope->count = *count;
    add_mailbox(mail_ptr, address, name, role_of(type));
    return NX_SUCCESS;
}

UINT _nxe_smtp_client_mail_envelope_set(NX_SMTP_MAIL *mail_ptr,
                                        struct smtplite_recipient *recipients, UINT count) {
    if (!NX_SMTP_IS_MAIL(mail_ptr) || !recipients)
        return NX_PTR_ERROR;
    if (count == 0)
        return NX_SMTP_INVALID_PARAM;
    return _nx_smtp_client_mail_envelope_set(mail_ptr, recipients, count);
}

UINT _nx_smtp_client_mail_envelope_set(NX_SMTP_MAIL *mail_ptr,
                                       struct smtplite_recipient *recipients, UINT count) {
    mail_ptr->nx_smtp_mail_envelope.recipients = recipients;
    mail_ptr->nx_smtp_mail_envelope.count = count;
    return NX_SUCCESS;
}

static UINT is_recipient(const NX_SMTP_MAIL *mail_ptr, UINT index) {
    return index < mail_ptr->nx_smtp_mail_envelope.count;
}

UINT _nxe_smtp_client_mail_recipient_notify_set(NX_SMTP_MAIL *mail_ptr, UINT index, UINT notify,
                                                CHAR *original) {
    const UINT known = SMTPLITE_NOTIFY_NEVER | SMTPLITE_NOTIFY_SUCCESS | SMTPLITE_NOTIFY_FAILURE |
                       SMTPLITE_NOTIFY_DELAY;
    if (!NX_SMTP_IS_MAIL(mail_ptr))
        return NX_PTR_ERROR;
    if (!is_recipient(mail_ptr, index) || (notify & ~known) != 0)
        return NX_SMTP_INVALID_PARAM;
    return _nx_smtp_client_mail_recipient_notify_set(mail_ptr, index, notify, original);
}

UINT _nx_smtp_client_mail_recipient_notify_set(NX_SMTP_MAIL *mail_ptr, UINT index, UINT notify,
                                               CHAR *original) {
    struct smtplite_recipient *recipient = &mail_ptr->nx_smtp_mail_envelope.recipients[index];
    recipient->notify = (uint8_t)notify;
    recipient->orcpt = original;
    return NX_SUCCESS;
}

UINT _nxe_smtp_client_mail_recipient_get(NX_SMTP_MAIL *mail_ptr, UINT index,
                                         NX_SMTP_RECIPIENT *recipient_ptr) {
    if (!NX_SMTP_IS_MAIL(mail_ptr) || !recipient_ptr)
        return NX_PTR_ERROR;
    if (!is_recipient(mail_ptr, index))
        return NX_SMTP_INVALID_PARAM;
    return _nx_smtp_client_mail_recipient_get(mail_ptr, index, recipient_ptr);
}

UINT _nx_smtp_client_mail_recipient_get(NX_SMTP_MAIL *mail_ptr, UINT index,
                                        NX_SMTP_RECIPIENT *recipient_ptr) {
    const struct smtplite_recipient *recipient = &mail_ptr->nx_smtp_mail_envelope.recipients[index];
    recipient_ptr->nx_smtp_recipient_address = recipient->address;
    recipient_ptr->nx_smtp_recipient_fate = recipient->fate;
    recipient_ptr->nx_smtp_recipient_code = recipient->code;
    recipient_ptr->nx_smtp_recipient_enhanced_code[0] = recipient->enhanced.klass;
    recipient_ptr->nx_smtp_recipient_enhanced_code[1] = recipient->enhanced.subject;
    recipient_ptr->nx_smtp_recipient_enhanced_code[2] = recipient->enhanced.detail;
    return NX_SUCCESS;
}

/* ---- A finished message ------------------------------------------------------------------- */

UINT _nxe_smtp_client_mail_message_set(NX_SMTP_MAIL *mail_ptr, CHAR *message, ULONG length) {
    if (!NX_SMTP_IS_MAIL(mail_ptr) || !message)
        return NX_PTR_ERROR;
    if (length == 0 || mail_ptr->nx_smtp_mail_compose)
        return NX_SMTP_INVALID_PARAM;
    return _nx_smtp_client_mail_message_set(mail_ptr, message, length);
}

UINT _nx_smtp_client_mail_message_set(NX_SMTP_MAIL *mail_ptr, CHAR *message, ULONG length) {
    struct smtplite_source source;
    mail_ptr->nx_smtp_mail_memory.p = message;
    mail_ptr->nx_smtp_mail_memory.n = length;
    source = smtplite_memory_source(&mail_ptr->nx_smtp_mail_memory);
    return _nx_smtp_client_mail_message_source_set(mail_ptr, &source, length);
}

UINT _nxe_smtp_client_mail_message_source_set(NX_SMTP_MAIL *mail_ptr,
                                              const struct smtplite_source *source_ptr,
                                              ULONG length) {
    if (!NX_SMTP_IS_MAIL(mail_ptr) || !source_ptr || !source_ptr->read)
        return NX_PTR_ERROR;
    if (length == 0 || mail_ptr->nx_smtp_mail_compose)
        return NX_SMTP_INVALID_PARAM;
    return _nx_smtp_client_mail_message_source_set(mail_ptr, source_ptr, length);
}

UINT _nx_smtp_client_mail_message_source_set(NX_SMTP_MAIL *mail_ptr,
                                             const struct smtplite_source *source_ptr,
                                             ULONG length) {
    mail_ptr->nx_smtp_mail_source = *source_ptr;
    mail_ptr->nx_smtp_mail_length = length;
    return NX_SUCCESS;
}

/* ---- Options and progress ----------------------------------------------------------------- */

UINT _nxe_smtp_client_mail_options_set(NX_SMTP_MAIL *mail_ptr, UINT flags,
                                       const struct smtplite_options *options_ptr) {
    const UINT known =
        NX_SMTP_MAIL_8BIT | NX_SMTP_MAIL_ALL_OR_NOTHING | NX_SMTP_MAIL_UTF8 | NX_SMTP_MAIL_BINARY;
    if (!NX_SMTP_IS_MAIL(mail_ptr))
        return NX_PTR_ERROR;
    if ((flags & ~known) != 0)
        return NX_SMTP_INVALID_PARAM;
    return _nx_smtp_client_mail_options_set(mail_ptr, flags, options_ptr);
}

/* The flags have the engine's values. */
UINT _nx_smtp_client_mail_options_set(NX_SMTP_MAIL *mail_ptr, UINT flags,
                                      const struct smtplite_options *options_ptr) {
    mail_ptr->nx_smtp_mail_flags = flags;
    mail_ptr->nx_smtp_mail_has_options = options_ptr != NX_NULL;
    memset(&mail_ptr->nx_smtp_mail_options, 0, sizeof mail_ptr->nx_smtp_mail_options);
    if (options_ptr)
        mail_ptr->nx_smtp_mail_options = *options_ptr;
    return NX_SUCCESS;
}

UINT _nxe_smtp_client_mail_progress_set(NX_SMTP_MAIL *mail_ptr, NX_SMTP_PROGRESS *progress,
                                        VOID *context) {
    return NX_SMTP_IS_MAIL(mail_ptr)
               ? _nx_smtp_client_mail_progress_set(mail_ptr, progress, context)
               : NX_PTR_ERROR;
}

UINT _nx_smtp_client_mail_progress_set(NX_SMTP_MAIL *mail_ptr, NX_SMTP_PROGRESS *progress,
                                       VOID *context) {
    mail_ptr->nx_smtp_mail_progress = progress;
    mail_ptr->nx_smtp_mail_progress_context = context;
    return NX_SUCCESS;
}
