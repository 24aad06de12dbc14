/* SPDX-License-Identifier: MIT */
/*
 * What may be said in a message. Every text of the caller passes here in begin, before anything is
 * read: it is taken or refused, never changed. A control byte would end a header line and begin
 * another (B1); what is no addr-spec would be read as two mailboxes, or as a comment.
 */

#include "message.h"

#define OWN_NAME_MAX 64u /* of an own field, so that a word fits behind it */
#define ZONE_MAX     1439

/* What a text must be, besides free of control bytes. */
enum {
    OPTIONAL = 1 << 0, /* may be NULL */
    TABBED = 1 << 1,   /* may have tabs */
    TOKEN = 1 << 2,    /* ASCII without blanks and <>, not empty */
    TYPE = 1 << 3      /* a media type: ASCII, words */
};

/* A finding and its error, as one; 0: all is well. */
#define FOUND(finding, error) ((unsigned)(finding) << 8 | (unsigned)(error))

static unsigned found(enum finding finding, enum smtplite_error error) {
    return error == SMTPLITE_E_OK ? 0 : FOUND(finding, error);
}

static bool is_ascii(const char *text) {
    while (*text != '\0' && (uint8_t)*text < 0x80)
        text++;
    return *text == '\0';
}

/* prefix: in small letters. */
static bool has_prefix(const char *text, const char *prefix) {
    while (*prefix != '\0' && (*text | 0x20) == *prefix) {
        text++;
        prefix++;
    }
    return *prefix == '\0';
}

/* ---- Texts ----------------------------------------------------------------------------------- */

static enum smtplite_error check_octet(char c, unsigned rules) {
    if (((uint8_t)c < 0x20 || c == 0x7F) && (c != '\t' || (rules & TABBED) == 0))
        return SMTPLITE_E_CONTROL;
    if ((uint8_t)c >= 0x80 && (rules & (TOKEN | TYPE)) != 0)
        return SMTPLITE_E_NON_ASCII;
    return (rules & TOKEN) != 0 && smtplite_words_have(" <>", c) ? SMTPLITE_E_ADDRESS
                                                                 : SMTPLITE_E_OK;
}

static enum smtplite_error check(const char *text, unsigned rules) {
    enum smtplite_error error = SMTPLITE_E_OK;
    if (text == NULL)
        return (rules & OPTIONAL) != 0 ? SMTPLITE_E_OK : SMTPLITE_E_ARGUMENT;
    for (const char *p = text; *p != '\0' && error == SMTPLITE_E_OK; p++)
        error = check_octet(*p, rules);
    if (error == SMTPLITE_E_OK && (rules & TOKEN) != 0)
        error = *text == '\0'                           ? SMTPLITE_E_ARGUMENT
                : smtplite_text_length(text) > WORD_MAX ? SMTPLITE_E_TOO_LONG
                                                        : SMTPLITE_E_OK;
    return error;
}

/* ---- Addresses ------------------------------------------------------------------------------- */

static bool are_atoms(const char *p, const char *end, char besides) {
    while (p < end && (smtplite_words_atext(*p) || *p == '.' || *p == besides))
        p++;
    return p >= end;
}

/* [192.0.2.1], [IPv6:2001:db8::1], or names. */
static bool is_domain(const char *p) {
    const char *end = p + smtplite_text_length(p);
    if (*p == '[' && end[-1] == ']')
        return end - p > 2 && are_atoms(p + 1, end - 1, ':');
    return p < end && are_atoms(p, end, '.');
}

/* RFC 5322 3.4.1, which in a header is less than what an envelope may say. A quoted local part was
 * looked at before. */
static bool is_addr_spec(const char *address) {
    const char *at = address + smtplite_text_length(address);
    while (at > address && *at != '@')
        at--;
    return at > address && is_domain(at + 1) && (*address == '"' || are_atoms(address, at, '.'));
}

static unsigned check_mailbox(const struct smtplite_mailbox *mailbox, uint16_t offered) {
    enum smtplite_error error = check(mailbox->name, OPTIONAL);
    if (mailbox->role > SMTPLITE_BCC)
        return FOUND(FINDING_ROLE, SMTPLITE_E_ARGUMENT);
    if (error != SMTPLITE_E_OK)
        return FOUND(FINDING_NAME, error);
    if (mailbox->address == NULL)
        return FOUND(FINDING_ADDRESS, SMTPLITE_E_ARGUMENT);
    error = smtplite_address_check(mailbox->address, true);
    if (error == SMTPLITE_E_OK && !is_addr_spec(mailbox->address))
        error = SMTPLITE_E_ADDRESS;
    if (error == SMTPLITE_E_OK && (offered & SMTPLITE_EXT_SMTPUTF8) == 0 &&
        !is_ascii(mailbox->address))
        return FOUND(FINDING_SMTPUTF8, SMTPLITE_E_NON_ASCII);
    return found(FINDING_ADDRESS, error);
}

/* How many there are of a role, up to two. */
static unsigned count_role(const struct smtplite_message *m, uint8_t role) {
    size_t first = smtplite_people_find(m, role, 0);
    if (first >= m->mailbox_count)
        return 0;
    return smtplite_people_find(m, role, first + 1) < m->mailbox_count ? 2 : 1;
}

/* RFC 5322 3.6: who must be there, and how often. */
static unsigned check_mailboxes(const struct smtplite_message *m, uint16_t offered) {
    unsigned came = 0;
    for (size_t i = 0; i < m->mailbox_count && came == 0; i++)
        came = check_mailbox(&m->mailboxes[i], offered);
    if (came != 0)
        return came;
    unsigned authors = count_role(m, SMTPLITE_FROM), senders = count_role(m, SMTPLITE_SENDER);
    if (authors == 0)
        return FOUND(FINDING_NO_FROM, SMTPLITE_E_ARGUMENT);
    return senders > 1 || senders + 1 < authors ? FOUND(FINDING_SENDER, SMTPLITE_E_ARGUMENT) : 0;
}

bool smtplite_message_needs_utf8(const struct smtplite_message *m) {
    for (size_t i = 0; i < m->mailbox_count; i++)
        if (!is_ascii(m->mailboxes[i].address))
            return true;
    return false;
}

/* ---- The other header fields ----------------------------------------------------------------- */

static unsigned check_identifiers(const struct smtplite_message *m) {
    enum smtplite_error error = check(m->message_id, OPTIONAL | TOKEN);
    if (error == SMTPLITE_E_OK && m->message_id != NULL && !is_addr_spec(m->message_id))
        error = SMTPLITE_E_ADDRESS;
    if (error != SMTPLITE_E_OK)
        return FOUND(FINDING_MESSAGE_ID, error);
    error = check(m->id_domain, OPTIONAL | TOKEN);
    if (error == SMTPLITE_E_OK && m->id_domain != NULL && !is_domain(m->id_domain))
        error = SMTPLITE_E_ADDRESS;
    if (error != SMTPLITE_E_OK)
        return FOUND(FINDING_ID_DOMAIN, error);
    return found(FINDING_IN_REPLY_TO, check(m->in_reply_to, OPTIONAL | TOKEN));
}

static unsigned check_numbers(const struct smtplite_message *m) {
    if (m->unique_len > sizeof m->unique)
        return FOUND(FINDING_UNIQUE, SMTPLITE_E_ARGUMENT);
    if (m->zone > ZONE_MAX || m->zone < -ZONE_MAX)
        return FOUND(FINDING_ZONE, SMTPLITE_E_ARGUMENT);
    return m->priority > SMTPLITE_LOW ? FOUND(FINDING_PRIORITY, SMTPLITE_E_ARGUMENT) : 0;
}

/* Written by the composer, or never: Bcc tells whom. */
static bool is_owned(const char *name) {
    return smtplite_message_owns(name) || has_prefix(name, "content-") ||
           (has_prefix(name, "bcc") && name[3] == '\0');
}

static unsigned check_field(const struct smtplite_field *field) {
    enum smtplite_error error = check(field->name, TOKEN);
    if (error == SMTPLITE_E_OK && smtplite_words_have(field->name, ':'))
        error = SMTPLITE_E_ARGUMENT;
    if (error == SMTPLITE_E_OK && smtplite_text_length(field->name) > OWN_NAME_MAX)
        error = SMTPLITE_E_TOO_LONG;
    if (error != SMTPLITE_E_OK)
        return FOUND(FINDING_FIELD_NAME, error);
    if (is_owned(field->name))
        return FOUND(FINDING_FIELD_OWNED, SMTPLITE_E_ARGUMENT);
    error = check(field->value, TABBED);
    if (error == SMTPLITE_E_OK &&
        (smtplite_words_look(field->value) & (LOOKS_ENDLESS | LOOKS_SPOILT)) == LOOKS_ENDLESS)
        error = SMTPLITE_E_TOO_LONG;
    return found(FINDING_FIELD_VALUE, error);
}

static unsigned check_header(const struct smtplite_message *m, uint16_t offered) {
    unsigned came = check_mailboxes(m, offered);
    if (came == 0)
        came = found(FINDING_SUBJECT, check(m->subject, OPTIONAL | TABBED));
    if (came == 0)
        came = check_identifiers(m);
    if (came == 0)
        came = check_numbers(m);
    for (size_t i = 0; i < m->field_count && came == 0; i++)
        came = check_field(&m->fields[i]);
    return came;
}

/* ---- Parts ----------------------------------------------------------------------------------- */

static bool has_source(const struct smtplite_part *part) {
    const struct smtplite_memory *memory = part->source.context;
    if (!smtplite_content_in_memory(part))
        return part->source.read != NULL;
    return memory != NULL && (memory->p != NULL || memory->n == 0);
}

/* What is made of parts may not be encoded (RFC 2045 6.4). */
static enum smtplite_error check_type(const char *type) {
    enum smtplite_error error = check(type, OPTIONAL | TYPE);
    if (error != SMTPLITE_E_OK || type == NULL)
        return error;
    unsigned looks = smtplite_words_look(type);
    if ((looks & (LOOKS_BLANK_AT_ENDS | LOOKS_ENCODED)) != 0 || !smtplite_words_have(type, '/') ||
        has_prefix(type, "multipart/") || has_prefix(type, "message/"))
        return SMTPLITE_E_ARGUMENT;
    return (looks & LOOKS_ENDLESS) != 0 ? SMTPLITE_E_TOO_LONG : SMTPLITE_E_OK;
}

static unsigned check_part(const struct smtplite_part *part) {
    enum smtplite_error error;
    if (!has_source(part))
        return FOUND(FINDING_SOURCE, SMTPLITE_E_ARGUMENT);
    if (part->kind > SMTPLITE_PART_ATTACHMENT || part->encoding > SMTPLITE_ENCODING_BASE64)
        return FOUND(FINDING_KIND, SMTPLITE_E_ARGUMENT);
    error = check_type(part->type);
    if (error != SMTPLITE_E_OK)
        return FOUND(FINDING_TYPE, error);
    error = check(part->name, OPTIONAL);
    if (error == SMTPLITE_E_OK && part->name != NULL && smtplite_text_length(part->name) > WORD_MAX)
        error = SMTPLITE_E_TOO_LONG;
    if (error != SMTPLITE_E_OK)
        return FOUND(FINDING_PART_NAME, error);
    bool optional = part->kind != SMTPLITE_PART_INLINE;
    return found(FINDING_CONTENT_ID, check(part->content_id, optional ? OPTIONAL | TOKEN : TOKEN));
}

static unsigned check_parts(const struct smtplite_message *m) {
    unsigned came = 0;
    for (size_t i = 0; i < m->part_count && came == 0; i++)
        came = check_part(&m->parts[i]);
    if (came != 0)
        return came;
    size_t html = smtplite_message_parts(m, SMTPLITE_PART_HTML);
    if (html > 1 || smtplite_message_parts(m, SMTPLITE_PART_TEXT) > 1)
        return FOUND(FINDING_TEXTS, SMTPLITE_E_ARGUMENT);
    if (html == 0 && smtplite_message_parts(m, SMTPLITE_PART_INLINE) > 0)
        return FOUND(FINDING_INLINE, SMTPLITE_E_ARGUMENT);
    return 0;
}

unsigned smtplite_message_check(const struct smtplite_message *m, uint16_t offered) {
    if ((m->mailboxes == NULL && m->mailbox_count > 0) ||
        (m->fields == NULL && m->field_count > 0) || (m->parts == NULL && m->part_count > 0))
        return FOUND(FINDING_MISSING, SMTPLITE_E_ARGUMENT);
    unsigned came = check_header(m, offered);
    return came != 0 ? came : check_parts(m);
}
