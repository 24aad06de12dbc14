/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_MESSAGE_H
#define SMTPLITE_MESSAGE_H

/*
 * The composer: a message (RFC 5322, MIME: RFC 2045 to 2049, 2183, 2231, 2387) as a source for the
 * driver. It streams: it holds one line at a time, so its memory does not grow with the message,
 * and it never blocks. Nothing is copied: texts and parts are read while the message leaves.
 *
 *     struct smtplite_message message;
 *     smtplite_message_init(&message);
 *     message.mailboxes = people;   message.mailbox_count = 2;
 *     message.subject = "Report";
 *     message.parts = parts;        message.part_count = 2;
 *     source = smtplite_message_source(&message);
 *
 * The nesting follows from the parts' kinds: mixed > related > alternative, each only where it is
 * needed. No part can contain a boundary: in base64 and quoted-printable it cannot occur, and a
 * text that holds its first octets is encoded.
 *
 * Texts in the header are UTF-8. What is not is sent all the same, for an alarm has to arrive: its
 * words say unknown-8bit (RFC 1428). A text in a body that is not UTF-8 says its charset in `type`.
 */

#include "smtplite/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In which header field a mailbox stands. */
enum smtplite_role {
    SMTPLITE_FROM, /* at least one; with two or more a SENDER is needed (RFC 5322 3.6.2) */
    SMTPLITE_SENDER,
    SMTPLITE_REPLY_TO,
    SMTPLITE_TO,
    SMTPLITE_CC,
    SMTPLITE_BCC /* in the envelope alone, never in the header */
};

struct smtplite_mailbox {
    const char *name;    /* display name; NULL or "": none. Any octets but control bytes */
    const char *address; /* addr-spec without <>, local@domain, which in a header may have no
                            comments and no specials but in quotes; UTF-8 in it needs SMTPUTF8,
                            and has no U+0080 to U+009F */
    uint8_t role;        /* enum smtplite_role */
};

/* A header field of the application's own. */
struct smtplite_field {
    const char *name;  /* printable ASCII without colon, up to 64; none that the composer may write
                          (and so not Content-...), nor Bcc and Resent-Bcc, which tell whom */
    const char *value; /* UTF-8. ASCII leaves as it is, folded at blanks; else, and where a reader
                          would lose something (blanks at its ends, =?), as RFC 2047 words. No
                          control bytes but TAB */
};

enum smtplite_part_kind {
    SMTPLITE_PART_TEXT,   /* the text; at most one */
    SMTPLITE_PART_HTML,   /* the same in HTML; at most one */
    SMTPLITE_PART_INLINE, /* what the HTML shows, by its content_id; only with an HTML part */
    SMTPLITE_PART_ATTACHMENT
};

enum smtplite_encoding {
    /* A text, which is a TEXT or HTML part, in memory (smtplite_memory_read) is looked at: it
     * leaves as it is where the server takes it, else in quoted-printable or base64, whichever is
     * shorter. Another text: quoted-printable. Files, be they text or not: base64, octet by octet.
     */
    SMTPLITE_ENCODING_AUTO,
    SMTPLITE_ENCODING_QUOTED_PRINTABLE, /* RFC 2045 6.7; its line ends are the text's */
    SMTPLITE_ENCODING_BASE64            /* RFC 2045 6.8, lines of 76 */
    /* The line ends of a TEXT or HTML part, and of quoted-printable, become CRLF in every encoding,
     * be they CR, LF or CRLF. */
};

/* One part. Zeroed but for its source it is the text. */
struct smtplite_part {
    struct smtplite_source source; /* of its octets; `begin` is not called; `rewind` where it can */
    const char *type; /* media type ("image/png"), parameters behind it ("text/csv; header=present",
                         a="quoted"), no comments; NULL: text/plain or text/html (with
                         charset=utf-8), application/octet-stream. ASCII. multipart/... and
                         message/... may not be encoded (RFC 2045 6.4), so they are refused. The
                         charset of a text must have ASCII's line ends: no UTF-16 */
    const char *name; /* file name, UTF-8 (RFC 2231, and RFC 2047 for old readers), up to 990
                         octets; NULL: none */
    const char *content_id; /* of an inline part: left@right, without <> (RFC 2392) */
    uint32_t length; /* octets that the source gives, if has_length: another number is a failure of
                        the source, the mail is not sent */
    bool has_length;
    uint8_t kind;     /* enum smtplite_part_kind */
    uint8_t encoding; /* enum smtplite_encoding */
    uint8_t chosen;   /* private */
};

/* What is made gathers up to two of it: a piece is longer only where it is lent as it lies. */
#define SMTPLITE_LINE_SIZE 80u

/* Made by smtplite_message_init, for each message anew. The middle group is the caller's to set
 * then, all borrowed until the mail's end; the rest is private. */
struct smtplite_message {
    /* private (see src/message/message.h), and first, as small offsets make short Thumb code */
    uint8_t node;       /* of those in src/message/message.c */
    uint8_t containers; /* mask of the multiparts that are needed */
    uint8_t coding;     /* of the header text that is being written */
    uint8_t out_len;
    uint8_t carry_len; /* octets in `carry` */
    char carry[3];     /* what an encoding holds back */
    bool raw;          /* the header text is no UTF-8 */
    bool after_cr;     /* the last octet of the part's text was CR */
    bool counting;     /* nothing leaves: only the length is wanted */
    bool read;         /* some of it has left: a part's source may have been touched */
    uint16_t column;   /* in the line of what was put last */

    /* the caller's */
    const struct smtplite_mailbox *mailboxes;
    size_t mailbox_count;
    const char *subject;     /* UTF-8, no control bytes but TAB; NULL: no Subject. Blanks survive */
    const char *message_id;  /* left@right, without <>; NULL: made from date, unique, id_domain */
    const char *in_reply_to; /* the same; NULL: none; References says the same */
    const char *id_domain;   /* of a Message-ID that is made, up to 255; NULL: the first FROM's */
    const struct smtplite_field *fields;
    size_t field_count;
    struct smtplite_part *parts; /* none: the message has no body */
    size_t part_count;
    uint32_t date;      /* seconds since 1970-01-01 UTC, if has_date */
    int16_t zone;       /* minutes that local time is ahead of UTC */
    bool has_date;      /* without: no Date field, the server adds one */
    uint8_t unique_len; /* of `unique`; 0: no Message-ID is made */
    uint8_t unique[16]; /* octets that no other message has: random, or serial number and count;
                           with a date those of one second are enough. Copied */
    uint8_t priority;   /* enum smtplite_importance */

    /* private again */
    const char *script; /* text and holes that come next */
    const char *text;   /* what the hole writes, or the piece that the part's source lent */
    const char *run;    /* leaves where it lies, behind `out` */
    size_t run_len;
    size_t text_len;
    size_t index;   /* of mailbox, field or part */
    uint32_t count; /* octets of the present part that its source gave; sections of a file name */
    char out[2 * SMTPLITE_LINE_SIZE];
};

/* Importance (RFC 4021) and X-Priority fields. */
enum smtplite_importance { SMTPLITE_NORMAL, SMTPLITE_HIGH, SMTPLITE_LOW };

/* Zeroes it. */
void smtplite_message_init(struct smtplite_message *message);

/* The source that gives the message: read, rewind and begin below, with the message as context. */
struct smtplite_source smtplite_message_source(struct smtplite_message *message);

/*
 * Checks the whole message and chooses the encodings by what the server offers; the next read gives
 * its first octets. The parts' sources are rewound where they can be, for another message may have
 * read them; if this one did, they must be: a message never leaves without what a source gave the
 * first time. Sets mail->flags (8BIT, UTF8, EXACT) and mail->size,
 * exact, or 0: a part is neither in memory nor a file in base64 whose length is said. A text
 * without a line end at its end gets one if it is the message's only part, as SMTP has lines. mail:
 * may be NULL. Called by the driver; may be called by anyone to check a message, with all bits of
 * offered set. Errors: ARGUMENT (no FROM, no SENDER with several; two texts; an inline part without
 * HTML or content_id; a field that the composer writes itself; a zone beyond a day; unknown
 * values; a type that is none), CONTROL, ADDRESS, NON_ASCII (an address that needs SMTPUTF8, and it
 * is not offered; a type, an identifier, or the name of a field), TOO_LONG (an unbreakable word
 * over 990 octets; an address; a name), SOURCE (a source that was read cannot be rewound). Nothing
 * can be read then.
 */
enum smtplite_error smtplite_message_begin(void *message, uint16_t offered,
                                           struct smtplite_mail *mail);
enum smtplite_source_state smtplite_message_read(void *message, const char **p, size_t *n);
/* False if a part's source has no `rewind`, or it failed; nothing is rewound if nothing was read.
 */
bool smtplite_message_rewind(void *message);

/* Fills recipients with the addresses of TO, CC and BCC, each zeroed besides; gives how many there
 * are, which may be more than cap: then the rest was not filled. */
size_t smtplite_message_recipients(const struct smtplite_message *message,
                                   struct smtplite_recipient *recipients, size_t cap);

/* What of a message is wrong when begin gives an error, for people: "subject: ...", "parts: ...";
 * "" if nothing is. A file of its own: firmware that does not call it does not carry it. */
const char *smtplite_message_advice(const struct smtplite_message *message, uint16_t offered);

#ifdef __cplusplus
}
#endif

#endif
