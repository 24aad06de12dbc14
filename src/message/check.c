/* SPDX-License-Identifier: MIT */
/*
 * What may be said in a message. Every text of the caller passes here in begin, before anything is
 * read: it is taken or refused, never changed. A control byte would end a header line and begin
 * another (B1); what is no addr-spec would be read as two mailboxes, or as a comment.
 */

#include "message.h"

#define OWN_NAME_MAX 64u /* of an own field, so that a word fits behind it */
#define ZONE_MAX     1439

typedef enum smtplite_error error_of_text(const char *text);

static bool is_control(char c) {
    return (uint8_t)c < 0x20 || c == 0x7F;
}

static bool is_ascii(const char *text) {
    while (*text != '\0' && (uint8_t)*text < 0x80)
        text++;
    return *text == '\0';
}

/* prefix: in small letters. */
static bool has_prefix(const char *text, const char *prefix) {
    size_t i = 0;
    while (prefix[i] != '\0' && (text[i] | 0x20) == prefix[i])
        i++;
    return prefix[i] == '\0';
}

/* Text for readers. */
static enum smtplite_error check_text(const char *text) {
    for (; *text != '\0'; text++)
        if (is_control(*text) && *text != '\t')
            return SMTPLITE_E_CONTROL;
    return SMTPLITE_E_OK;
}

/* Of ASCII, in one piece, and as long as a line may be. */
static enum smtplite_error check_token(const char *text) {
    enum smtplite_error error = smtplite_text_check(text);
    if (error != SMTPLITE_E_OK)
        return error;
    if (*text == '\0')
        return SMTPLITE_E_ARGUMENT;
    if (!is_ascii(text))
        return SMTPLITE_E_NON_ASCII;
    return smtplite_words_longest(text) > WORD_MAX ? SMTPLITE_E_TOO_LONG : SMTPLITE_E_OK;
}

/* An identifier, which stands between < and >. */
static enum smtplite_error check_id(const char *id) {
    enum smtplite_error error = check_token(id);
    for (; error == SMTPLITE_E_OK && *id != '\0'; id++)
        if (*id == '<' || *id == '>' || *id == ' ')
            error = SMTPLITE_E_ADDRESS;
    return error;
}

/* ---- Mailboxes ------------------------------------------------------------------------------- */

static bool are_atoms(const char *p, const char *end, const char *besides) {
    for (; p < end; p++)
        if (!smtplite_words_atext(*p) && *p != besides[0] && *p != besides[1])
            return false;
    return true;
}

/* [192.0.2.1], [IPv6:2001:db8::1], or names. */
static bool is_domain(const char *p, const char *end) {
    if (end - p > 2 && *p == '[' && end[-1] == ']')
        return are_atoms(p + 1, end - 1, ".:");
    return p < end && are_atoms(p, end, "..");
}

/* RFC 5322 3.4.1, which in a header is less than what an envelope may say. A quoted local part was
 * looked at before. */
static bool is_addr_spec(const char *address) {
    const char *end = address + smtplite_text_length(address);
    const char *at = end;
    while (at > address && *at != '@')
        at--;
    if (at == address || !is_domain(at + 1, end))
        return false;
    return *address == '"' || are_atoms(address, at, "..");
}

static enum smtplite_error check_address(const char *address, uint16_t offered,
                                         enum finding *finding) {
    enum smtplite_error error;
    *finding = FINDING_ADDRESS;
    if (address == NULL)
        return SMTPLITE_E_ARGUMENT;
    error = smtplite_address_check(address, true);
    if (error != SMTPLITE_E_OK)
        return error;
    if (!is_addr_spec(address))
        return SMTPLITE_E_ADDRESS;
    *finding = FINDING_SMTPUTF8;
    return is_ascii(address) || (offered & SMTPLITE_EXT_SMTPUTF8) != 0 ? SMTPLITE_E_OK
                                                                       : SMTPLITE_E_NON_ASCII;
}

static enum smtplite_error check_mailbox(const struct smtplite_mailbox *mailbox, uint16_t offered,
                                         enum finding *finding) {
    *finding = FINDING_ROLE;
    if (mailbox->role > SMTPLITE_BCC)
        return SMTPLITE_E_ARGUMENT;
    *finding = FINDING_NAME;
    if (mailbox->name != NULL && smtplite_text_check(mailbox->name) != SMTPLITE_E_OK)
        return SMTPLITE_E_CONTROL;
    return check_address(mailbox->address, offered, finding);
}

static size_t count_role(const struct smtplite_message *m, uint8_t role) {
    size_t count = 0;
    for (size_t i = 0; i < m->mailbox_count; i++)
        count += m->mailboxes[i].role == role;
    return count;
}

/* RFC 5322 3.6: who must be there, and how often. */
static enum finding check_authors(const struct smtplite_message *m) {
    size_t authors = count_role(m, SMTPLITE_FROM);
    size_t senders = count_role(m, SMTPLITE_SENDER);
    if (authors == 0)
        return FINDING_NO_FROM;
    if (authors > 1 && senders == 0)
        return FINDING_NO_SENDER;
    return senders > 1 ? FINDING_SENDERS : FINDING_NONE;
}

static enum smtplite_error check_mailboxes(const struct smtplite_message *m, uint16_t offered,
                                           enum finding *finding) {
    *finding = FINDING_MAILBOXES;
    if (m->mailboxes == NULL)
        return SMTPLITE_E_ARGUMENT;
    for (size_t i = 0; i < m->mailbox_count; i++) {
        enum smtplite_error error = check_mailbox(&m->mailboxes[i], offered, finding);
        if (error != SMTPLITE_E_OK)
            return error;
    }
    *finding = check_authors(m);
    return *finding == FINDING_NONE ? SMTPLITE_E_OK : SMTPLITE_E_ARGUMENT;
}

bool smtplite_message_needs_utf8(const struct smtplite_message *m) {
    for (size_t i = 0; i < m->mailbox_count; i++)
        if (!is_ascii(m->mailboxes[i].address))
            return true;
    return false;
}

/* ---- The other header fields ----------------------------------------------------------------- */

/* A text that may be missing. */
static enum smtplite_error check_optional(const char *text, error_of_text *check) {
    return text == NULL ? SMTPLITE_E_OK : check(text);
}

static enum smtplite_error check_own_id(const char *id) {
    enum smtplite_error error = check_id(id);
    if (error != SMTPLITE_E_OK)
        return error;
    return is_addr_spec(id) ? SMTPLITE_E_OK : SMTPLITE_E_ADDRESS;
}

static enum smtplite_error check_id_domain(const char *domain) {
    enum smtplite_error error = check_id(domain);
    if (error != SMTPLITE_E_OK)
        return error;
    return is_domain(domain, domain + smtplite_text_length(domain)) ? SMTPLITE_E_OK
                                                                    : SMTPLITE_E_ADDRESS;
}

static enum smtplite_error check_identifiers(const struct smtplite_message *m,
                                             enum finding *finding) {
    enum smtplite_error error;
    *finding = FINDING_MESSAGE_ID;
    if ((error = check_optional(m->message_id, check_own_id)) != SMTPLITE_E_OK)
        return error;
    *finding = FINDING_IN_REPLY_TO;
    if ((error = check_optional(m->in_reply_to, check_id)) != SMTPLITE_E_OK)
        return error;
    *finding = FINDING_ID_DOMAIN;
    return check_optional(m->id_domain, check_id_domain);
}

static enum smtplite_error check_numbers(const struct smtplite_message *m, enum finding *finding) {
    *finding = FINDING_UNIQUE;
    if (m->unique_len > sizeof m->unique)
        return SMTPLITE_E_ARGUMENT;
    *finding = FINDING_ZONE;
    if (m->zone > ZONE_MAX || m->zone < -ZONE_MAX)
        return SMTPLITE_E_ARGUMENT;
    *finding = FINDING_PRIORITY;
    return m->priority > SMTPLITE_LOW ? SMTPLITE_E_ARGUMENT : SMTPLITE_E_OK;
}

/* Written by the composer, or never: Bcc tells whom. */
static bool is_owned(const char *name) {
    return smtplite_message_owns(name) || has_prefix(name, "content-") ||
           (has_prefix(name, "bcc") && name[3] == '\0');
}

static enum smtplite_error check_field_name(const char *name, enum finding *finding) {
    *finding = FINDING_FIELD_NAME;
    enum smtplite_error error = check_token(name);
    if (error != SMTPLITE_E_OK)
        return error;
    if (smtplite_text_length(name) > OWN_NAME_MAX)
        return SMTPLITE_E_TOO_LONG;
    for (const char *p = name; *p != '\0'; p++)
        if (*p == ':' || *p == ' ')
            return SMTPLITE_E_ARGUMENT;
    *finding = FINDING_FIELD_OWNED;
    return is_owned(name) ? SMTPLITE_E_ARGUMENT : SMTPLITE_E_OK;
}

static enum smtplite_error check_field(const struct smtplite_field *field, enum finding *finding) {
    *finding = FINDING_FIELDS;
    if (field->name == NULL || field->value == NULL)
        return SMTPLITE_E_ARGUMENT;
    enum smtplite_error error = check_field_name(field->name, finding);
    if (error != SMTPLITE_E_OK)
        return error;
    *finding = FINDING_FIELD_VALUE;
    error = check_text(field->value);
    if (error == SMTPLITE_E_OK &&
        smtplite_words_coding(field->value, WORDS_VALUE) == CODING_PLAIN &&
        smtplite_words_longest(field->value) > WORD_MAX)
        error = SMTPLITE_E_TOO_LONG;
    return error;
}

static enum smtplite_error check_fields(const struct smtplite_message *m, enum finding *finding) {
    enum smtplite_error error = SMTPLITE_E_OK;
    *finding = FINDING_FIELDS;
    if (m->fields == NULL && m->field_count > 0)
        return SMTPLITE_E_ARGUMENT;
    for (size_t i = 0; i < m->field_count && error == SMTPLITE_E_OK; i++)
        error = check_field(&m->fields[i], finding);
    return error;
}

static enum smtplite_error check_header(const struct smtplite_message *m, uint16_t offered,
                                        enum finding *finding) {
    enum smtplite_error error = check_mailboxes(m, offered, finding);
    if (error != SMTPLITE_E_OK)
        return error;
    *finding = FINDING_SUBJECT;
    if ((error = check_optional(m->subject, check_text)) != SMTPLITE_E_OK)
        return error;
    if ((error = check_identifiers(m, finding)) != SMTPLITE_E_OK)
        return error;
    if ((error = check_numbers(m, finding)) != SMTPLITE_E_OK)
        return error;
    return check_fields(m, finding);
}

/* ---- Parts ----------------------------------------------------------------------------------- */

static bool has_source(const struct smtplite_part *part) {
    if (part->source.read == NULL)
        return false;
    if (!smtplite_content_in_memory(part))
        return true;
    const struct smtplite_memory *memory = part->source.context;
    return memory != NULL && (memory->p != NULL || memory->n == 0);
}

static bool has_slash(const char *type) {
    const char *p = type;
    while (smtplite_words_atext(*p) && *p != '/')
        p++;
    return p > type && *p == '/' && smtplite_words_atext(p[1]);
}

/* What is made of parts may not be encoded (RFC 2045 6.4). */
static enum smtplite_error check_type(const char *type, enum finding *finding) {
    *finding = FINDING_TYPE;
    enum smtplite_error error = check_token(type);
    if (error != SMTPLITE_E_OK)
        return error;
    if (!has_slash(type) || !smtplite_words_are_plain(type) || smtplite_words_deceive(type))
        return SMTPLITE_E_ARGUMENT;
    *finding = FINDING_COMPOSITE;
    return has_prefix(type, "multipart/") || has_prefix(type, "message/") ? SMTPLITE_E_ARGUMENT
                                                                          : SMTPLITE_E_OK;
}

static enum smtplite_error check_part_texts(const struct smtplite_part *part,
                                            enum finding *finding) {
    enum smtplite_error error;
    if (part->type != NULL && (error = check_type(part->type, finding)) != SMTPLITE_E_OK)
        return error;
    *finding = FINDING_PART_NAME;
    if ((error = check_optional(part->name, smtplite_text_check)) != SMTPLITE_E_OK)
        return error;
    *finding = FINDING_CONTENT_ID;
    return check_optional(part->content_id, check_id);
}

static enum smtplite_error check_part(const struct smtplite_part *part, enum finding *finding) {
    *finding = FINDING_SOURCE;
    if (!has_source(part))
        return SMTPLITE_E_ARGUMENT;
    *finding = FINDING_KIND;
    if (part->kind > SMTPLITE_PART_ATTACHMENT || part->encoding > SMTPLITE_ENCODING_BASE64)
        return SMTPLITE_E_ARGUMENT;
    *finding = FINDING_INLINE;
    if (part->kind == SMTPLITE_PART_INLINE && part->content_id == NULL)
        return SMTPLITE_E_ARGUMENT;
    return check_part_texts(part, finding);
}

static bool has_again(const struct smtplite_message *m, uint8_t kind) {
    size_t first = smtplite_message_part(m, kind, 0);
    return first < m->part_count && smtplite_message_part(m, kind, first + 1) < m->part_count;
}

static bool has_kind(const struct smtplite_message *m, uint8_t kind) {
    return smtplite_message_part(m, kind, 0) < m->part_count;
}

static enum smtplite_error check_parts(const struct smtplite_message *m, enum finding *finding) {
    enum smtplite_error error = SMTPLITE_E_OK;
    *finding = FINDING_PARTS;
    if (m->parts == NULL && m->part_count > 0)
        return SMTPLITE_E_ARGUMENT;
    for (size_t i = 0; i < m->part_count && error == SMTPLITE_E_OK; i++)
        error = check_part(&m->parts[i], finding);
    if (error != SMTPLITE_E_OK)
        return error;
    *finding = FINDING_TEXTS;
    if (has_again(m, SMTPLITE_PART_TEXT) || has_again(m, SMTPLITE_PART_HTML))
        return SMTPLITE_E_ARGUMENT;
    *finding = FINDING_INLINE;
    if (has_kind(m, SMTPLITE_PART_INLINE) && !has_kind(m, SMTPLITE_PART_HTML))
        return SMTPLITE_E_ARGUMENT;
    return SMTPLITE_E_OK;
}

enum smtplite_error smtplite_message_check(const struct smtplite_message *m, uint16_t offered,
                                           enum finding *finding) {
    enum smtplite_error error = check_header(m, offered, finding);
    if (error == SMTPLITE_E_OK)
        error = check_parts(m, finding);
    if (error == SMTPLITE_E_OK)
        *finding = FINDING_NONE;
    return error;
}
