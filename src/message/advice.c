/* SPDX-License-Identifier: MIT */
/* What is wrong with a message, in words. */

#include "message.h"

static const char *const words[] = {
    [FINDING_NONE] = "",
    [FINDING_MAILBOXES] = "mailboxes: missing",
    [FINDING_ROLE] = "mailboxes: a role that is none of enum smtplite_role",
    [FINDING_NO_FROM] = "mailboxes: one of role FROM is needed",
    [FINDING_NO_SENDER] = "mailboxes: several FROM need one SENDER",
    [FINDING_SENDERS] = "mailboxes: one SENDER at most",
    [FINDING_NAME] = "mailboxes: a name has a control byte",
    [FINDING_ADDRESS] = "mailboxes: an address is missing, too long, or not local@domain",
    [FINDING_SMTPUTF8] = "mailboxes: an address is not ASCII, and SMTPUTF8 is not offered",
    [FINDING_SUBJECT] = "subject: has a control byte",
    [FINDING_MESSAGE_ID] = "message_id: not left@right, of ASCII, without <>, up to 990 octets",
    [FINDING_IN_REPLY_TO] = "in_reply_to: empty, with <> or a blank, not ASCII, or over 990 octets",
    [FINDING_ID_DOMAIN] = "id_domain: no domain of ASCII",
    [FINDING_UNIQUE] = "unique_len: beyond the octets of unique",
    [FINDING_ZONE] = "zone: a day or more",
    [FINDING_PRIORITY] = "priority: none of enum smtplite_importance",
    [FINDING_FIELDS] = "fields: a name or a value is missing",
    [FINDING_FIELD_NAME] =
        "fields: a name is not printable ASCII, has a colon, or is over 64 octets",
    [FINDING_FIELD_OWNED] = "fields: a name is that of a field which the composer writes",
    [FINDING_FIELD_VALUE] = "fields: a value has a control byte, or a word over 990 octets",
    [FINDING_PARTS] = "parts: missing",
    [FINDING_SOURCE] = "parts: one has no source",
    [FINDING_KIND] = "parts: a kind or encoding that is unknown",
    [FINDING_TEXTS] = "parts: more than one TEXT, or more than one HTML",
    [FINDING_INLINE] = "parts: an INLINE part needs a content_id, and an HTML part that shows it",
    [FINDING_TYPE] = "parts: a type is not type/subtype, of ASCII, or has blanks in a row",
    [FINDING_COMPOSITE] = "parts: multipart and message types may not be encoded, so not sent",
    [FINDING_PART_NAME] = "parts: a name has a control byte",
    [FINDING_CONTENT_ID] = "parts: a content_id is empty, not ASCII, or has <> or a blank",
};

const char *smtplite_message_advice(const struct smtplite_message *message, uint16_t offered) {
    enum finding finding;
    smtplite_message_check(message, offered, &finding);
    return words[finding];
}
