/* SPDX-License-Identifier: MIT */
/* What is wrong with a message, in words. */

#include "message.h"

static const char *const words[] = {
    [FINDING_NONE] = "",
    [FINDING_MISSING] = "mailboxes, fields or parts: there is a count, and no array",
    [FINDING_ROLE] = "mailboxes: a role that is none of enum smtplite_role",
    [FINDING_NAME] = "mailboxes: a name has a control byte",
    [FINDING_ADDRESS] = "mailboxes: an address is missing, too long, or no local@domain in UTF-8",
    [FINDING_SMTPUTF8] = "mailboxes: an address is not ASCII, and SMTPUTF8 is not offered",
    [FINDING_NO_FROM] = "mailboxes: one of role FROM is needed",
    [FINDING_SENDER] = "mailboxes: one SENDER at most, and with several FROM one at least",
    [FINDING_SUBJECT] = "subject: has a control byte",
    [FINDING_MESSAGE_ID] = "message_id: not left@right, of ASCII, without <>, up to 990 octets",
    [FINDING_ID_DOMAIN] = "id_domain: no domain of ASCII, or over 255 octets",
    [FINDING_IN_REPLY_TO] = "in_reply_to: not left@right, of ASCII, without <>, up to 990 octets",
    [FINDING_UNIQUE] = "unique_len: beyond the octets of unique",
    [FINDING_ZONE] = "zone: a day or more",
    [FINDING_PRIORITY] = "priority: none of enum smtplite_importance",
    [FINDING_FIELD_NAME] = "fields: a name is no token of ASCII, over 64, or the composer's own",
    [FINDING_FIELD_VALUE] = "fields: a value is missing, has a control byte, or a word over 990",
    [FINDING_SOURCE] = "parts: one has no source",
    [FINDING_KIND] = "parts: a kind or encoding that is unknown",
    [FINDING_TYPE] =
        "parts: a type is not type/subtype; attribute=value, or is multipart or message",
    [FINDING_PART_NAME] = "parts: a name has a control byte, or is over 990 octets",
    [FINDING_CONTENT_ID] =
        "parts: a content_id is missing, or not left@right, of ASCII, without <>",
    [FINDING_TEXTS] = "parts: more than one TEXT, or more than one HTML",
    [FINDING_INLINE] = "parts: an INLINE part needs an HTML part that shows it",
};

const char *smtplite_message_advice(const struct smtplite_message *message, uint16_t offered) {
    return words[smtplite_message_check(message, offered) >> 8];
}
