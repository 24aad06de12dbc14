/* SPDX-License-Identifier: MIT */
/*
 * What may be said in a message. Every text of the caller passes here in begin, before anything is
 * read: it is taken or refused, never changed. A control byte would end a header line and begin
 * another (B1); what is no addr-spec would be read as two mailboxes, or as a comment.
 */

#include "message.h"

#include <string.h>

#define OWN_NAME_MAX 64u /* of an own field, so that a word fits behind it */
#define ZONE_MAX     1439
#define DOMAIN_MAX   255u /* RFC 5321 4.5.3.1.2; what is made of it fits into a line */

/* What a text must be, besides free of control bytes. */
enum {
    OPTIONAL = 1 << 0,  /* may be NULL */
    TABBED = 1 << 1,    /* may have tabs */
    ASCII = 1 << 2,     /* is ASCII */
    TOKEN = 1 << 3,     /* not empty, without blanks and <> */
    SHORT = 1 << 4,     /* has no more than WORD_MAX octets */
    DOMAIN = 1 << 5,    /* is a domain, of no more than DOMAIN_MAX */
    ADDR_SPEC = 1 << 6, /* is local@domain */
    FOLDABLE = 1 << 7,  /* if it leaves as it is, in words that fit into a line of 998 */
    TYPE = 1 << 8,      /* is a media type, and none that may not be encoded */
    OWN = 1 << 9        /* is the name of an own field */
};

/* Where a text stands in its struct, and its rules. */
struct row {
    uint8_t offset;
    uint8_t finding;
    uint16_t rules;
};

#define ROW(type, member, finding, rules)                                                          \
    { offsetof(struct smtplite_##type, member), finding, rules }
#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static const struct row of_mailbox[] = {
    ROW(mailbox, name, FINDING_NAME, OPTIONAL),
};
static const struct row of_message[] = {
    ROW(message, subject, FINDING_SUBJECT, OPTIONAL | TABBED),
    ROW(message, message_id, FINDING_MESSAGE_ID, OPTIONAL | ASCII | TOKEN | SHORT | ADDR_SPEC),
    ROW(message, id_domain, FINDING_ID_DOMAIN, OPTIONAL | ASCII | TOKEN | DOMAIN),
    ROW(message, in_reply_to, FINDING_IN_REPLY_TO, OPTIONAL | ASCII | TOKEN | SHORT | ADDR_SPEC),
};
static const struct row of_field[] = {
    ROW(field, name, FINDING_FIELD_NAME, ASCII | TOKEN | OWN),
    ROW(field, value, FINDING_FIELD_VALUE, TABBED | FOLDABLE),
};
static const struct row of_part[] = {
    ROW(part, type, FINDING_TYPE, OPTIONAL | ASCII | FOLDABLE | TYPE),
    ROW(part, name, FINDING_PART_NAME, OPTIONAL | SHORT),
    ROW(part, content_id, FINDING_CONTENT_ID, OPTIONAL | ASCII | TOKEN | SHORT | ADDR_SPEC),
};

/* A finding and its error, as one; 0: all is well. */
#define FOUND(finding, error) ((unsigned)(finding) << 8 | (unsigned)(error))

/* ---- Words ----------------------------------------------------------------------------------- */

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

static bool are_atoms(const char *p, const char *end, char besides) {
    while (p < end && (smtplite_words_atext(*p) || *p == '.' || *p == besides))
        p++;
    return p >= end;
}

/* Behind the quoted-string at p; p: there is none, or none that ends. */
static const char *skip_quoted(const char *p) {
    for (const char *q = p + 1; *p == '"' && *q != '\0'; q++) {
        if (*q == '"')
            return q + 1;
        if (*q == '\\' && q[1] != '\0')
            q++;
    }
    return p;
}

/* [192.0.2.1], [IPv6:2001:db8::1], or names. */
static bool is_domain(const char *p) {
    const char *end = p + smtplite_text_length(p);
    if (*p == '[' && end[-1] == ']')
        return end - p > 2 && are_atoms(p + 1, end - 1, ':');
    return p < end && are_atoms(p, end, '.');
}

/* RFC 5322 3.4.1, which in a header is less than what an envelope may say. */
static bool is_addr_spec(const char *address) {
    const char *at = address + smtplite_text_length(address);
    while (at > address && *at != '@')
        at--;
    return at > address && is_domain(at + 1) &&
           (skip_quoted(address) == at || are_atoms(address, at, '.'));
}

/* Behind the token at p (RFC 2045 5.1). */
static const char *skip_token(const char *p) {
    while ((smtplite_words_atext(*p) && !smtplite_words_have("/?=", *p)) || *p == '.')
        p++;
    return p;
}

/* Moves p behind a token and the octet that must follow it. */
static bool take_token(const char **p, char behind) {
    const char *end = skip_token(*p);
    bool is_taken = end > *p && *end == behind;
    *p = end + is_taken;
    return is_taken;
}

/* subtype; attribute=value; attribute="value". What is open would take in what comes behind it. */
static bool are_parameters(const char *p) {
    const char *end = skip_token(p);
    while (end > p && *end == ';') {
        p = end + 1;
        while (*p == ' ')
            p++;
        if (!take_token(&p, '='))
            return false;
        end = *p == '"' ? skip_quoted(p) : skip_token(p);
    }
    return end > p && *end == '\0';
}

/* What is made of parts may not be encoded (RFC 2045 6.4). */
static bool is_type(const char *type) {
    return (smtplite_words_look(type) & LOOKS_SPOILT) == 0 && !has_prefix(type, "multipart/") &&
           !has_prefix(type, "message/") && take_token(&type, '/') && are_parameters(type);
}

/* None that is written by the composer, or never: Bcc and Resent-Bcc tell whom. */
static bool is_own(const char *name) {
    return !smtplite_message_owns(name) && !has_prefix(name, "content-") &&
           !(has_prefix(name, "bcc") && name[3] == '\0') && !has_prefix(name, "resent-bcc") &&
           !smtplite_words_have(name, ':');
}

/* ---- Texts ----------------------------------------------------------------------------------- */

static enum smtplite_error check_octet(char c, unsigned rules) {
    if (((uint8_t)c < 0x20 || c == 0x7F) && (c != '\t' || (rules & TABBED) == 0))
        return SMTPLITE_E_CONTROL;
    if ((uint8_t)c >= 0x80 && (rules & ASCII) != 0)
        return SMTPLITE_E_NON_ASCII;
    return (rules & TOKEN) != 0 && smtplite_words_have(" <>", c) ? SMTPLITE_E_ADDRESS
                                                                 : SMTPLITE_E_OK;
}

static bool is_too_long(const char *text, unsigned rules) {
    size_t n = smtplite_text_length(text);
    if ((rules & FOLDABLE) != 0)
        return (smtplite_words_look(text) & (LOOKS_ENDLESS | LOOKS_SPOILT)) == LOOKS_ENDLESS;
    return ((rules & SHORT) != 0 && n > WORD_MAX) || ((rules & OWN) != 0 && n > OWN_NAME_MAX) ||
           ((rules & DOMAIN) != 0 && n > DOMAIN_MAX);
}

static enum smtplite_error check_text(const char *text, unsigned rules) {
    enum smtplite_error error = SMTPLITE_E_OK;
    if (text == NULL)
        return (rules & OPTIONAL) != 0 ? SMTPLITE_E_OK : SMTPLITE_E_ARGUMENT;
    for (const char *p = text; *p != '\0' && error == SMTPLITE_E_OK; p++)
        error = check_octet(*p, rules);
    if (error != SMTPLITE_E_OK)
        return error;
    if (((rules & TOKEN) != 0 && *text == '\0') || ((rules & TYPE) != 0 && !is_type(text)) ||
        ((rules & OWN) != 0 && !is_own(text)))
        return SMTPLITE_E_ARGUMENT;
    if (is_too_long(text, rules))
        return SMTPLITE_E_TOO_LONG;
    if (((rules & DOMAIN) != 0 && !is_domain(text)) ||
        ((rules & ADDR_SPEC) != 0 && !is_addr_spec(text)))
        return SMTPLITE_E_ADDRESS;
    return SMTPLITE_E_OK;
}

static unsigned check_texts(const void *base, const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *text;
        memcpy(&text, (const char *)base + rows[i].offset, sizeof text);
        enum smtplite_error error = check_text(text, rows[i].rules);
        if (error != SMTPLITE_E_OK)
            return FOUND(rows[i].finding, error);
    }
    return 0;
}

/* ---- Mailboxes ------------------------------------------------------------------------------- */

static unsigned check_mailbox(const struct smtplite_mailbox *mailbox, uint16_t offered) {
    const char *address = mailbox->address;
    if (mailbox->role > SMTPLITE_BCC)
        return FOUND(FINDING_ROLE, SMTPLITE_E_ARGUMENT);
    if (address == NULL)
        return FOUND(FINDING_ADDRESS, SMTPLITE_E_ARGUMENT);
    enum smtplite_error error = smtplite_address_check(address, true);
    if (error == SMTPLITE_E_OK)
        error = smtplite_utf8_check(address);
    if (error == SMTPLITE_E_OK && !is_addr_spec(address))
        error = SMTPLITE_E_ADDRESS;
    if (error != SMTPLITE_E_OK)
        return FOUND(FINDING_ADDRESS, error);
    if ((offered & SMTPLITE_EXT_SMTPUTF8) == 0 && !is_ascii(address))
        return FOUND(FINDING_SMTPUTF8, SMTPLITE_E_NON_ASCII);
    return check_texts(mailbox, of_mailbox, COUNT(of_mailbox));
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

/* ---- The rest -------------------------------------------------------------------------------- */

static unsigned check_numbers(const struct smtplite_message *m) {
    if (m->unique_len > sizeof m->unique)
        return FOUND(FINDING_UNIQUE, SMTPLITE_E_ARGUMENT);
    if (m->zone > ZONE_MAX || m->zone < -ZONE_MAX)
        return FOUND(FINDING_ZONE, SMTPLITE_E_ARGUMENT);
    return m->priority > SMTPLITE_LOW ? FOUND(FINDING_PRIORITY, SMTPLITE_E_ARGUMENT) : 0;
}

static unsigned check_header(const struct smtplite_message *m, uint16_t offered) {
    unsigned came = check_mailboxes(m, offered);
    if (came == 0)
        came = check_texts(m, of_message, COUNT(of_message));
    if (came == 0)
        came = check_numbers(m);
    for (size_t i = 0; i < m->field_count && came == 0; i++)
        came = check_texts(&m->fields[i], of_field, COUNT(of_field));
    return came;
}

static bool has_source(const struct smtplite_part *part) {
    const struct smtplite_memory *memory = part->source.context;
    if (!smtplite_content_in_memory(part))
        return part->source.read != NULL;
    return memory != NULL && (memory->p != NULL || memory->n == 0);
}

static unsigned check_part(const struct smtplite_part *part) {
    if (!has_source(part))
        return FOUND(FINDING_SOURCE, SMTPLITE_E_ARGUMENT);
    if (part->kind > SMTPLITE_PART_ATTACHMENT || part->encoding > SMTPLITE_ENCODING_BASE64)
        return FOUND(FINDING_KIND, SMTPLITE_E_ARGUMENT);
    if (part->kind == SMTPLITE_PART_INLINE && part->content_id == NULL)
        return FOUND(FINDING_CONTENT_ID, SMTPLITE_E_ARGUMENT);
    return check_texts(part, of_part, COUNT(of_part));
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
