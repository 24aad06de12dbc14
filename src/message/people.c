/* SPDX-License-Identifier: MIT */
/* Mailboxes (RFC 5322 3.4) and identifiers (3.6.4). */

#include "message.h"

#include <string.h>

size_t smtplite_people_find(const struct smtplite_message *m, uint8_t role, size_t index) {
    while (index < m->mailbox_count && m->mailboxes[index].role != role)
        index++;
    return index;
}

static bool has_name(const struct smtplite_mailbox *mailbox) {
    return mailbox->name != NULL && *mailbox->name != '\0';
}

enum filling smtplite_people_name(struct smtplite_message *m) {
    const struct smtplite_mailbox *mailbox = &m->mailboxes[m->index];
    if (!has_name(mailbox))
        return FILLED;
    return smtplite_words_fill(m, mailbox->name, WORDS_PHRASE);
}

enum filling smtplite_people_address(struct smtplite_message *m) {
    return smtplite_line_bracket(m, m->mailboxes[m->index].address);
}

enum filling smtplite_people_next(struct smtplite_message *m) {
    size_t next = smtplite_people_find(m, m->mailboxes[m->index].role, m->index + 1);
    bool more = next < m->mailbox_count;
    smtplite_line_text(m, more ? ">," : ">");
    if (!more)
        return FILLED;
    m->index = next;
    m->script -= 2; /* NAME ADDRESS NEXT */
    return AGAIN;
}

/* Of an addr-spec. */
static const char *domain_of(const char *address) {
    const char *domain = address;
    for (; *address != '\0'; address++)
        if (*address == '@')
            domain = address + 1;
    return domain;
}

static const char *own_domain(const struct smtplite_message *m) {
    if (m->id_domain != NULL)
        return m->id_domain;
    return domain_of(m->mailboxes[smtplite_people_find(m, SMTPLITE_FROM, 0)].address);
}

static void put_octet(struct smtplite_message *m, uint8_t octet) {
    smtplite_line_char(m, (char)('a' + (octet >> 4)));
    smtplite_line_char(m, (char)('a' + (octet & 15)));
}

/* ` <DATE.UNIQUE@domain`: their octets in letters. */
static enum filling make_id(struct smtplite_message *m) {
    const char *domain = own_domain(m);
    size_t len = 2u * m->unique_len + 1 + (m->has_date ? 9 : 0);
    smtplite_line_fold(m, len + smtplite_text_length(domain) + 4);
    smtplite_line_text(m, " <");
    if (m->has_date) {
        for (unsigned shift = 32; shift > 0; shift -= 8)
            put_octet(m, (uint8_t)(m->date >> (shift - 8)));
        smtplite_line_char(m, '.');
    }
    for (size_t i = 0; i < m->unique_len; i++)
        put_octet(m, m->unique[i]);
    smtplite_line_char(m, '@');
    smtplite_line_text(m, domain);
    return FILLED;
}

enum filling smtplite_people_id(struct smtplite_message *m) {
    return m->message_id != NULL ? smtplite_line_bracket(m, m->message_id) : make_id(m);
}

size_t smtplite_message_recipients(const struct smtplite_message *message,
                                   struct smtplite_recipient *recipients, size_t cap) {
    size_t count = 0;
    for (size_t i = 0; i < message->mailbox_count; i++) {
        if (message->mailboxes[i].role < SMTPLITE_TO)
            continue;
        if (count < cap) {
            memset(&recipients[count], 0, sizeof *recipients);
            recipients[count].address = message->mailboxes[i].address;
        }
        count++;
    }
    return count;
}
