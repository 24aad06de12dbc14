/* SPDX-License-Identifier: MIT */
/* Mails that the client composes: bodies, attachments, header fields. Only firmware that calls
 * these links the composer. */

#define NX_SMTP_SOURCE_CODE

#include "nx_smtp_header.h"
#include "nx_smtp_mail.h"

#include <string.h>

/* ---- Before it is sent -------------------------------------------------------------------- */

static uint8_t *put_word(uint8_t *p, ULONG value) {
    for (INT shift = 24; shift >= 0; shift -= 8)
        *p++ = (uint8_t)(value >> shift);
    return p;
}

/* Date and Message-ID, if the time is known: the hardware's address, the tick, the client, and how
 * many mails it has composed are those of no other mail of that second. */
static VOID date_message(NX_SMTP_CLIENT *client_ptr, struct smtplite_message *message) {
    const NX_IP *ip_ptr = client_ptr->nx_smtp_client_socket.nx_tcp_socket_ip_ptr;
    uint8_t *p = message->unique;
    ULONG seconds;
    INT zone;
    message->has_date = _nx_smtp_clock_get(client_ptr, &seconds, &zone) == NX_SUCCESS;
    if (!message->has_date)
        return;
    message->date = seconds;
    message->zone = (int16_t)zone;
    p = put_word(p, ip_ptr->nx_ip_interface[0].nx_interface_physical_address_lsw);
    p = put_word(p, tx_time_get());
    p = put_word(p, (ULONG)(uintptr_t)client_ptr);
    p = put_word(p, ++client_ptr->nx_smtp_client_serial);
    message->unique_len = (uint8_t)(p - message->unique);
}

static enum smtplite_importance importance_of(UINT priority) {
    if (priority == NX_SMTP_MAIL_PRIORITY_HIGH)
        return SMTPLITE_HIGH;
    return priority == NX_SMTP_MAIL_PRIORITY_LOW ? SMTPLITE_LOW : SMTPLITE_NORMAL;
}

/* Parts begin anew, for a mail may have been sent before. */
static UINT rewind_parts(NX_SMTP_MAIL *mail_ptr) {
    for (UINT i = 0; i < mail_ptr->nx_smtp_mail_part_count; i++) {
        const struct smtplite_source *source = &mail_ptr->nx_smtp_mail_parts[i].source;
        if (source->rewind != NULL && !source->rewind(source->context))
            return NX_SMTP_BODY_FAILED;
    }
    return NX_SUCCESS;
}

static UINT compose(NX_SMTP_CLIENT *client_ptr, NX_SMTP_MAIL *mail_ptr) {
    struct smtplite_message *message = &mail_ptr->nx_smtp_mail_message;
    if (!mail_ptr->nx_smtp_mail_may_be_out) {
        smtplite_message_init(message);
        date_message(client_ptr, message);
    }
    mail_ptr->nx_smtp_mail_mailboxes[0].address = mail_ptr->nx_smtp_mail_envelope.from;
    mail_ptr->nx_smtp_mail_mailboxes[0].role = SMTPLITE_FROM;
    message->mailboxes = mail_ptr->nx_smtp_mail_mailboxes;
    message->mailbox_count = mail_ptr->nx_smtp_mail_mailbox_count;
    message->subject = mail_ptr->nx_smtp_mail_subject;
    message->fields = mail_ptr->nx_smtp_mail_fields;
    message->field_count = mail_ptr->nx_smtp_mail_field_count;
    message->parts = mail_ptr->nx_smtp_mail_parts;
    message->part_count = mail_ptr->nx_smtp_mail_part_count;
    message->priority = (uint8_t)importance_of(mail_ptr->nx_smtp_mail_priority);
    return rewind_parts(mail_ptr);
}

/* ---- Parts -------------------------------------------------------------------------------- */

static UINT is_full(const NX_SMTP_MAIL *mail_ptr) {
    return mail_ptr->nx_smtp_mail_part_count == NX_SMTP_MAIL_PARTS;
}

/* A mail with a part is a composed one. */
static UINT add_part(NX_SMTP_MAIL *mail_ptr, struct smtplite_part *part, ULONG length) {
    if (is_full(mail_ptr))
        return NX_SMTP_MAIL_FULL;
    part->has_length = length != NX_SMTP_LENGTH_UNKNOWN;
    part->length = length;
    mail_ptr->nx_smtp_mail_parts[mail_ptr->nx_smtp_mail_part_count++] = *part;
    mail_ptr->nx_smtp_mail_compose = compose;
    mail_ptr->nx_smtp_mail_source = smtplite_message_source(&mail_ptr->nx_smtp_mail_message);
    return NX_SUCCESS;
}

/* Memory as the source of the part that is added next. There is room for it. */
static struct smtplite_source next_memory(NX_SMTP_MAIL *mail_ptr, const VOID *data, ULONG length) {
    struct smtplite_memory *memory =
        &mail_ptr->nx_smtp_mail_part_memory[mail_ptr->nx_smtp_mail_part_count];
    memory->p = data;
    memory->n = length;
    return smtplite_memory_source(memory);
}

static UINT is_finished(const NX_SMTP_MAIL *mail_ptr) {
    return mail_ptr->nx_smtp_mail_source.read != NULL && !mail_ptr->nx_smtp_mail_compose;
}

/* ---- The body ----------------------------------------------------------------------------- */

static UINT check_body(const NX_SMTP_MAIL *mail_ptr, UINT kind) {
    return kind > NX_SMTP_BODY_HTML || is_finished(mail_ptr) ? NX_SMTP_INVALID_PARAM : NX_SUCCESS;
}

UINT _nxe_smtp_client_mail_body_set(NX_SMTP_MAIL *mail_ptr, UINT kind, CHAR *text, ULONG length) {
    UINT status;
    if (!NX_SMTP_IS_MAIL(mail_ptr) || !text)
        return NX_PTR_ERROR;
    status = check_body(mail_ptr, kind);
    return status == NX_SUCCESS ? _nx_smtp_client_mail_body_set(mail_ptr, kind, text, length)
                                : status;
}

UINT _nx_smtp_client_mail_body_set(NX_SMTP_MAIL *mail_ptr, UINT kind, CHAR *text, ULONG length) {
    struct smtplite_source source;
    if (is_full(mail_ptr))
        return NX_SMTP_MAIL_FULL;
    source = next_memory(mail_ptr, text, length);
    return _nx_smtp_client_mail_body_source_set(mail_ptr, kind, &source, length);
}

UINT _nxe_smtp_client_mail_body_source_set(NX_SMTP_MAIL *mail_ptr, UINT kind,
                                           const struct smtplite_source *source_ptr, ULONG length) {
    UINT status;
    if (!NX_SMTP_IS_MAIL(mail_ptr) || !source_ptr || !source_ptr->read)
        return NX_PTR_ERROR;
    status = check_body(mail_ptr, kind);
    return status == NX_SUCCESS
               ? _nx_smtp_client_mail_body_source_set(mail_ptr, kind, source_ptr, length)
               : status;
}

UINT _nx_smtp_client_mail_body_source_set(NX_SMTP_MAIL *mail_ptr, UINT kind,
                                          const struct smtplite_source *source_ptr, ULONG length) {
    struct smtplite_part part;
    memset(&part, 0, sizeof part);
    part.kind = kind == NX_SMTP_BODY_HTML ? SMTPLITE_PART_HTML : SMTPLITE_PART_TEXT;
    part.source = *source_ptr;
    return add_part(mail_ptr, &part, length);
}

/* ---- Attachments -------------------------------------------------------------------------- */

UINT _nxe_smtp_client_mail_attachment_add(NX_SMTP_MAIL *mail_ptr, CHAR *name, CHAR *type,
                                          CHAR *content_id, VOID *data, ULONG length) {
    if (!NX_SMTP_IS_MAIL(mail_ptr) || !data)
        return NX_PTR_ERROR;
    if (is_finished(mail_ptr))
        return NX_SMTP_INVALID_PARAM;
    return _nx_smtp_client_mail_attachment_add(mail_ptr, name, type, content_id, data, length);
}

UINT _nx_smtp_client_mail_attachment_add(NX_SMTP_MAIL *mail_ptr, CHAR *name, CHAR *type,
                                         CHAR *content_id, VOID *data, ULONG length) {
    struct smtplite_source source;
    if (is_full(mail_ptr))
        return NX_SMTP_MAIL_FULL;
    source = next_memory(mail_ptr, data, length);
    return _nx_smtp_client_mail_attachment_source_add(mail_ptr, name, type, content_id, &source,
                                                      length);
}

UINT _nxe_smtp_client_mail_attachment_source_add(NX_SMTP_MAIL *mail_ptr, CHAR *name, CHAR *type,
                                                 CHAR *content_id,
                                                 const struct smtplite_source *source_ptr,
                                                 ULONG length) {
    if (!NX_SMTP_IS_MAIL(mail_ptr) || !source_ptr || !source_ptr->read)
        return NX_PTR_ERROR;
    if (is_finished(mail_ptr))
        return NX_SMTP_INVALID_PARAM;
    return _nx_smtp_client_mail_attachment_source_add(mail_ptr, name, type, content_id, source_ptr,
                                                      length);
}

UINT _nx_smtp_client_mail_attachment_source_add(NX_SMTP_MAIL *mail_ptr, CHAR *name, CHAR *type,
                                                CHAR *content_id,
                                                const struct smtplite_source *source_ptr,
                                                ULONG length) {
    struct smtplite_part part;
    memset(&part, 0, sizeof part);
    part.kind = content_id ? SMTPLITE_PART_INLINE : SMTPLITE_PART_ATTACHMENT;
    part.source = *source_ptr;
    part.name = name;
    part.type = type;
    part.content_id = content_id;
    return add_part(mail_ptr, &part, length);
}

/* ---- Header fields ------------------------------------------------------------------------ */

UINT _nxe_smtp_client_mail_field_add(NX_SMTP_MAIL *mail_ptr, CHAR *name, CHAR *value) {
    if (!NX_SMTP_IS_MAIL(mail_ptr) || !name || !value)
        return NX_PTR_ERROR;
    return _nx_smtp_client_mail_field_add(mail_ptr, name, value);
}

UINT _nx_smtp_client_mail_field_add(NX_SMTP_MAIL *mail_ptr, CHAR *name, CHAR *value) {
    struct smtplite_field *field =
        &mail_ptr->nx_smtp_mail_fields[mail_ptr->nx_smtp_mail_field_count];
    if (mail_ptr->nx_smtp_mail_field_count == NX_SMTP_MAIL_FIELDS)
        return NX_SMTP_MAIL_FULL;
    field->name = name;
    field->value = value;
    mail_ptr->nx_smtp_mail_field_count++;
    return NX_SUCCESS;
}
