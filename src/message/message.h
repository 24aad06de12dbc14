/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_MESSAGE_PRIVATE_H
#define SMTPLITE_MESSAGE_PRIVATE_H

/*
 * Inside the composer: what its files share.
 *
 * Theory of operation
 *
 * A message is a list of nodes (message.c): its header, each own field, the multiparts that are
 * needed, the parts, their ends. A node has a script: text that leaves as it is, with holes. A hole
 * is filled by a function that is called again until it says FILLED; it keeps its place in the
 * struct, so that a read can stop behind any octet and go on later.
 *
 * What is made here gathers in `out`. What is too long for it is in memory anyway (a long word, an
 * address) and is lent where it lies, as `run`, behind `out`. `column` is the place in the line of
 * what was put last: lines are broken by it, and never by where a piece ends. So the message is the
 * same whatever pieces the sources lend.
 *
 * Invariants
 *   - run_len == 0 while a hole is filled: a run leaves before anything is put behind it.
 *   - A hole is called when there is room for a line, and puts no more at once, but for a run,
 * which is the last that it puts.
 *   - `text` is NULL, or the place in the text that the present hole writes.
 *   - `script` is NULL before begin, after an error of begin, and after a failure of a source:
 *     nothing is read then but FAILED.
 *
 * Files: message.c nodes, scripts and the calls; line.c what puts octets and folds; words.c RFC
 * 2047; people.c mailboxes and identifiers; parameter.c RFC 2231; date.c; content.c a part's
 * octets; encode.c its encodings; size.c which encoding, and how long it becomes;
 * check.c what may be said; advice.c for people.
 */

#include "smtplite/message.h"

#include "engine/text.h"

enum {
    LINE_WIDTH = 76, /* RFC 2045 6.7 and 6.8, RFC 2047 2; elsewhere RFC 5322 2.1.1 allows 78 */
    WORD_MAX = 990   /* of what cannot be broken: so no line has more than 998 */
};

/* What came of filling a hole. */
enum filling {
    FILLED, /* the script goes on */
    AGAIN,  /* there is more of it */
    WAIT,   /* the part's source has nothing yet */
    BROKEN, /* it failed, or lied about its length */
    OVER    /* the message is whole */
};

/* ---- line.c ------------------------------------------------------------------------------ */

/* Appends to `out`; if there is no room, makes a run of it. */
void smtplite_line_put(struct smtplite_message *m, const char *p, size_t n);
void smtplite_line_text(struct smtplite_message *m, const char *text);
void smtplite_line_char(struct smtplite_message *m, char c);
/* mark, two hexadecimal digits: %20, =20. */
void smtplite_line_hex(struct smtplite_message *m, char mark, char c);
/* Ends the line if less than n octets are left in it; what follows begins with a blank. */
void smtplite_line_fold(struct smtplite_message *m, size_t n);
/* ` <text`, on a new line where it and `>` do not fit. */
enum filling smtplite_line_bracket(struct smtplite_message *m, const char *text);

/* ---- words.c (RFC 2047) ------------------------------------------------------------------ */

enum words {
    WORDS_VALUE,   /* an own field's: as it is if it can be */
    WORDS_SUBJECT, /* encoded, too, if a reader would lose blanks of it or a line would be long */
    WORDS_PHRASE   /* a display name */
};

/* message.coding; those that put octets as hexadecimal digits are the mark before these. */
enum {
    CODING_NONE,
    CODING_PLAIN,
    CODING_QUOTED, /* a quoted-string */
    CODING_BASE64,
    CODING_PERCENT = '%',
    CODING_Q = '='
};

/* What is found in a text. */
enum {
    LOOKS_EIGHT = 1 << 0,         /* no ASCII */
    LOOKS_BLANK_AT_ENDS = 1 << 1, /* blank or tab at the beginning or the end */
    LOOKS_ENCODED = 1 << 2, /* =?, which some readers take for an encoded word, whatever follows */
    LOOKS_BLANKS = 1 << 3,  /* two in a row */
    LOOKS_TAB = 1 << 4,
    LOOKS_LONG = 1 << 5,     /* a word that does not go into a line */
    LOOKS_ENDLESS = 1 << 6,  /* one of more than WORD_MAX octets */
    LOOKS_SPECIALS = 1 << 7, /* what is neither atext nor blank */
    LOOKS_QUOTES = 1 << 8,   /* " or \ */
    LOOKS_SPOILT = LOOKS_EIGHT | LOOKS_BLANK_AT_ENDS | LOOKS_ENCODED /* would not arrive as it is */
};
unsigned smtplite_words_look(const char *text);

/* Fills a hole with a text, each word behind a blank or a fold. */
enum filling smtplite_words_fill(struct smtplite_message *m, const char *text, enum words kind);
/* Begins with a text: m->text, coding (Q or BASE64) and charset. */
void smtplite_words_begin(struct smtplite_message *m, const char *text);
/* Puts the next encoded word of it, in a line that is not half full. */
void smtplite_words_encoded(struct smtplite_message *m);
const char *smtplite_words_charset(const struct smtplite_message *m);
/* Puts as many whole characters of m->text as become `len` octets at most. */
void smtplite_words_characters(struct smtplite_message *m, size_t len, uint8_t coding);
/* What n octets become. */
size_t smtplite_words_length(const char *text, size_t n, uint8_t coding);
bool smtplite_words_letter(char c);
bool smtplite_words_have(const char *text, char c);
/* atext of RFC 5322 3.2.3 and RFC 6532. */
bool smtplite_words_atext(char c);

/* ---- people.c ---------------------------------------------------------------------------- */

/* The first mailbox of a role from `index` on; mailbox_count: there is none. */
size_t smtplite_people_find(const struct smtplite_message *m, uint8_t role, size_t index);
enum filling smtplite_people_name(struct smtplite_message *m);
enum filling smtplite_people_address(struct smtplite_message *m);
/* The address's end; back to the script's NAME if there is another one of the role. */
enum filling smtplite_people_next(struct smtplite_message *m);
enum filling smtplite_people_id(struct smtplite_message *m);

/* ---- date.c, parameter.c ----------------------------------------------------------------- */

enum filling smtplite_date_fill(struct smtplite_message *m);
/* Content-Type's name, for old readers. */
enum filling smtplite_parameter_name(struct smtplite_message *m);
enum filling smtplite_parameter_filename(struct smtplite_message *m);

/* ---- content.c, encode.c ----------------------------------------------------------------- */

/* smtplite_part.chosen */
enum { AS_7BIT, AS_8BIT, AS_QUOTED, AS_BASE64 };

/* What stands in a content besides its octets. */
enum token { TOKEN_LINE_END = 256, TOKEN_END, TOKEN_NOT_YET, TOKEN_FAILED };

/* The line ends of this part are the text's, and become CRLF. */
bool smtplite_content_is_text(const struct smtplite_part *part);
bool smtplite_content_in_memory(const struct smtplite_part *part);
enum filling smtplite_content_fill(struct smtplite_message *m);

/* Puts 12 octets at most. */
void smtplite_encode(struct smtplite_message *m, uint8_t encoding, unsigned token);

/* ---- message.c, size.c, check.c ---------------------------------------------------------- */

/* The script's nodes, in their order (message.c). */
enum node {
    NODE_HEADER,
    NODE_FIELD,
    NODE_MIXED,
    NODE_RELATED,
    NODE_ALTERNATIVE,
    NODE_TEXT,
    NODE_HTML,
    NODE_ALTERNATIVE_END,
    NODE_INLINE,
    NODE_RELATED_END,
    NODE_ATTACHMENT,
    NODE_MIXED_END,
    NODE_TAIL
};

/* Back to the start; the sources are not touched. */
void smtplite_message_start(struct smtplite_message *m);
/* How many parts of a kind there are. */
size_t smtplite_message_parts(const struct smtplite_message *m, uint8_t kind);
/* The header's script has a field of this name. */
bool smtplite_message_owns(const char *name);

/* Chooses every part's encoding. */
void smtplite_size_choose(struct smtplite_message *m, uint16_t offered);
/* Octets of the whole message; 0: not known, or 4 GB and more. */
uint32_t smtplite_size_whole(struct smtplite_message *m);

/* What is wrong; its words stand in advice.c. */
enum finding {
    FINDING_NONE,
    FINDING_MISSING,
    FINDING_ROLE,
    FINDING_NAME,
    FINDING_ADDRESS,
    FINDING_SMTPUTF8,
    FINDING_NO_FROM,
    FINDING_SENDER,
    FINDING_SUBJECT,
    FINDING_MESSAGE_ID,
    FINDING_ID_DOMAIN,
    FINDING_IN_REPLY_TO,
    FINDING_UNIQUE,
    FINDING_ZONE,
    FINDING_PRIORITY,
    FINDING_FIELD_NAME,
    FINDING_FIELD_VALUE,
    FINDING_SOURCE,
    FINDING_KIND,
    FINDING_TYPE,
    FINDING_PART_NAME,
    FINDING_CONTENT_ID,
    FINDING_TEXTS,
    FINDING_INLINE
};

/* enum smtplite_error in the low octet, enum finding above it; 0: all is well. */
unsigned smtplite_message_check(const struct smtplite_message *m, uint16_t offered);
/* An address has octets beyond ASCII. */
bool smtplite_message_needs_utf8(const struct smtplite_message *m);

#endif
