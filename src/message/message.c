/* SPDX-License-Identifier: MIT */
/*
 * The message as nodes and scripts (RFC 5322 3.6, RFC 2046 5.1, RFC 2387).
 *
 * Why no part can contain a boundary: every boundary has `=_`. In base64 there is no `_`; in
 * quoted-printable two hexadecimal digits or a line end follow each `=`. A text that leaves as it
 * is was looked at, and no line of it begins with `--`. And no boundary is the beginning of another
 * one, so a line that ends an inner multipart ends no outer one.
 *
 * Each boundary begins with the line end that belongs to it (RFC 2046 5.1.1), so a part is the
 * same with and without a line end of its own, and the blank line behind a multipart's header comes
 * from its first boundary.
 */

#include "message.h"

#include <string.h>

/* ---- The scripts: ASCII, and holes, which are octets beyond it ------------------------------- */

/* In the order of the octets below. */
enum hole {
    HOLE_IF = 0x80,
    HOLE_NAME,
    HOLE_ADDRESS,
    HOLE_NEXT,
    HOLE_SUBJECT,
    HOLE_DATE,
    HOLE_ID,
    HOLE_REPLY,
    HOLE_FIELD_NAME,
    HOLE_FIELD_VALUE,
    HOLE_PARENT,
    HOLE_SUBTYPE,
    HOLE_ROOT_TYPE,
    HOLE_BOUNDARY,
    HOLE_TYPE,
    HOLE_TYPE_NAME,
    HOLE_ENCODING,
    HOLE_CONTENT_ID,
    HOLE_DISPOSITION,
    HOLE_FILE_NAME,
    HOLE_CONTENT
};
#define IF(what)    "\200" what /* the rest of the line is left out unless there is ... */
#define NAME        "\201"
#define ADDRESS     "\202"
#define NEXT        "\203"
#define SUBJECT     "\204"
#define DATE        "\205"
#define ID          "\206"
#define REPLY       "\207"
#define FIELD_NAME  "\210"
#define FIELD_VALUE "\211"
#define PARENT      "\212" /* the boundary line, within a multipart */
#define SUBTYPE     "\213"
#define ROOT_TYPE   "\214"
#define BOUNDARY    "\215"
#define TYPE        "\216"
#define TYPE_NAME   "\217"
#define ENCODING    "\220"
#define CONTENT_ID  "\221"
#define DISPOSITION "\222"
#define FILE_NAME   "\223"
#define CONTENT     "\224"
#define PEOPLE      NAME ADDRESS NEXT

/* What IF asks for. The roles count from 0. */
#define A_FROM      "0"
#define A_SENDER    "1"
#define A_REPLY_TO  "2"
#define A_TO        "3"
#define A_CC        "4"
#define ONLY_BCC    "b"
#define A_SUBJECT   "s"
#define A_DATE      "d"
#define AN_ID       "m"
#define A_REPLY     "r"
#define HIGH        "h"
#define LOW         "l"
#define A_BODY      "p"
#define RELATED     "t"
#define EIGHT_BITS  "8"
#define A_CID       "c"
#define A_FILE      "f"
#define AN_OPEN_END "e"

/* clang-format off */
static const char header[] =
    IF(A_FROM) "From:" PEOPLE "\r\n"
    IF(A_SENDER) "Sender:" PEOPLE "\r\n"
    IF(A_REPLY_TO) "Reply-To:" PEOPLE "\r\n"
    IF(A_TO) "To:" PEOPLE "\r\n"
    IF(A_CC) "Cc:" PEOPLE "\r\n"
    IF(ONLY_BCC) "To: undisclosed-recipients:;\r\n"
    IF(A_SUBJECT) "Subject:" SUBJECT "\r\n"
    IF(A_DATE) "Date:" DATE "\r\n"
    IF(AN_ID) "Message-ID:" ID ">\r\n"
    IF(A_REPLY) "In-Reply-To:" REPLY ">\r\n"
    IF(A_REPLY) "References:" REPLY ">\r\n"
    IF(HIGH) "Importance: high\r\n" IF(HIGH) "X-Priority: 1\r\n"
    IF(LOW) "Importance: low\r\n" IF(LOW) "X-Priority: 5\r\n"
    IF(A_BODY) "MIME-Version: 1.0\r\n";
static const char field[] = FIELD_NAME ":" FIELD_VALUE "\r\n";
static const char multipart[] =
    PARENT "Content-Type: multipart/" SUBTYPE ";\r\n"
    IF(RELATED) " type=\"" ROOT_TYPE "\";\r\n"
    " boundary=\"" BOUNDARY "\"\r\n"
    IF(EIGHT_BITS) "Content-Transfer-Encoding: 8bit\r\n";
static const char multipart_end[] = "\r\n--" BOUNDARY "--";
static const char part[] =
    PARENT "Content-Type:" TYPE TYPE_NAME "\r\n"
    "Content-Transfer-Encoding: " ENCODING "\r\n"
    IF(A_CID) "Content-ID:" CONTENT_ID ">\r\n"
    IF(A_FILE) "Content-Disposition: " DISPOSITION FILE_NAME "\r\n"
    "\r\n" CONTENT;
static const char tail[] = IF(AN_OPEN_END) "\r\n";
/* clang-format on */

/* ---- The nodes ------------------------------------------------------------------------------- */

/* Bits of message.containers, by their depth. */
enum { MIXED, RELATED_PARTS, ALTERNATIVE };

static const struct {
    const char *script;
    uint8_t level; /* how many multiparts may be around it */
    uint8_t what;  /* the multipart, or the parts' kind */
} nodes[] = {
    [NODE_HEADER] = {header, 0, 0},
    [NODE_FIELD] = {field, 0, 0},
    [NODE_MIXED] = {multipart, 0, MIXED},
    [NODE_RELATED] = {multipart, 1, RELATED_PARTS},
    [NODE_ALTERNATIVE] = {multipart, 2, ALTERNATIVE},
    [NODE_TEXT] = {part, 3, SMTPLITE_PART_TEXT},
    [NODE_HTML] = {part, 3, SMTPLITE_PART_HTML},
    [NODE_ALTERNATIVE_END] = {multipart_end, 0, ALTERNATIVE},
    [NODE_INLINE] = {part, 2, SMTPLITE_PART_INLINE},
    [NODE_RELATED_END] = {multipart_end, 0, RELATED_PARTS},
    [NODE_ATTACHMENT] = {part, 1, SMTPLITE_PART_ATTACHMENT},
    [NODE_MIXED_END] = {multipart_end, 0, MIXED},
    [NODE_TAIL] = {tail, 0, 0},
};

/* The first part of a kind from `index` on; part_count: there is none. */
static size_t find_part(const struct smtplite_message *m, uint8_t kind, size_t index) {
    while (index < m->part_count && m->parts[index].kind != kind)
        index++;
    return index;
}

size_t smtplite_message_parts(const struct smtplite_message *m, uint8_t kind) {
    size_t count = 0;
    for (size_t i = 0; i < m->part_count; i++)
        count += m->parts[i].kind == kind;
    return count;
}

/* A multipart is needed where more than one thing would stand. */
static uint8_t choose_containers(const struct smtplite_message *m) {
    size_t texts = smtplite_message_parts(m, SMTPLITE_PART_TEXT) +
                   smtplite_message_parts(m, SMTPLITE_PART_HTML);
    size_t files = smtplite_message_parts(m, SMTPLITE_PART_ATTACHMENT);
    unsigned mask = 0;
    if (texts > 1)
        mask |= 1u << ALTERNATIVE;
    if (smtplite_message_parts(m, SMTPLITE_PART_INLINE) > 0)
        mask |= 1u << RELATED_PARTS;
    if (files > 0 && files + texts > 1)
        mask |= 1u << MIXED;
    return (uint8_t)mask;
}

/* The present node is there once more: for field or part `index`, or for what is there once, 0. */
static bool find_at(struct smtplite_message *m, size_t index) {
    const char *script = nodes[m->node].script;
    uint8_t what = nodes[m->node].what;
    m->index = index;
    if (script == field)
        return index < m->field_count;
    if (script == part) {
        m->index = find_part(m, what, index);
        return m->index < m->part_count;
    }
    if (script == multipart || script == multipart_end)
        return index == 0 && (m->containers >> what & 1) != 0;
    return index == 0;
}

static enum filling next_node(struct smtplite_message *m) {
    size_t index = m->index + 1;
    while (!find_at(m, index)) {
        if (m->node == NODE_TAIL)
            return OVER;
        m->node++;
        index = 0;
    }
    m->script = nodes[m->node].script;
    return AGAIN;
}

/* ---- The holes ------------------------------------------------------------------------------- */

static bool has_role(const struct smtplite_message *m, uint8_t role) {
    return smtplite_people_find(m, role, 0) < m->mailbox_count;
}

static bool has_8bit(const struct smtplite_message *m) {
    for (size_t i = 0; i < m->part_count; i++)
        if (m->parts[i].chosen == AS_8BIT)
            return true;
    return false;
}

static bool is_there(const struct smtplite_message *m, char what) {
    switch (what) {
    case 'b':
        return !has_role(m, SMTPLITE_TO) && !has_role(m, SMTPLITE_CC) && has_role(m, SMTPLITE_BCC);
    case 's':
        return m->subject != NULL;
    case 'd':
        return m->has_date;
    case 'm':
        return m->message_id != NULL || m->unique_len > 0;
    case 'r':
        return m->in_reply_to != NULL;
    case 'h':
        return m->priority == SMTPLITE_HIGH;
    case 'l':
        return m->priority == SMTPLITE_LOW;
    case 'p':
        return m->part_count > 0;
    case 't':
        return m->node == NODE_RELATED;
    case '8':
        return has_8bit(m);
    case 'c':
        return m->parts[m->index].content_id != NULL;
    case 'f':
        return m->parts[m->index].kind >= SMTPLITE_PART_INLINE;
    case 'e': /* SMTP's end mark needs a line's end before it; a header, a blank line behind it */
        return m->part_count == 0 || m->column != 0;
    default:
        return has_role(m, (uint8_t)(what - '0'));
    }
}

/* Goes on behind IF, or behind its line. A list of people begins with the first of the role. */
static enum filling decide(struct smtplite_message *m) {
    char what = m->script[1];
    if (is_there(m, what)) {
        m->script += 2;
        if (what <= '4')
            m->index = smtplite_people_find(m, (uint8_t)(what - '0'), 0);
        return AGAIN;
    }
    while (*m->script != '\n')
        m->script++;
    m->script++;
    return AGAIN;
}

static enum filling put(struct smtplite_message *m, const char *text) {
    smtplite_line_text(m, text);
    return FILLED;
}

static enum filling put_boundary(struct smtplite_message *m, unsigned container) {
    smtplite_line_text(m, "=_smtplite_");
    smtplite_line_char(m, (char)('0' + container));
    return FILLED;
}

/* The boundary of the innermost multipart around the node, if there is one. */
static enum filling put_parent(struct smtplite_message *m) {
    unsigned container = nodes[m->node].level;
    do {
        if (container == 0)
            return FILLED;
        container--;
    } while ((m->containers >> container & 1) == 0);
    smtplite_line_text(m, "\r\n--");
    put_boundary(m, container);
    smtplite_line_text(m, "\r\n");
    return FILLED;
}

static const char *type_of(const struct smtplite_part *one) {
    static const char *const types[] = {"text/plain; charset=utf-8", "text/html; charset=utf-8",
                                        "application/octet-stream", "application/octet-stream"};
    return one->type != NULL ? one->type : types[one->kind];
}

static const char *encoding_of(const struct smtplite_part *one) {
    static const char *const names[] = {"7bit", "8bit", "quoted-printable", "base64"};
    return names[one->chosen];
}

static const char *subtype_of(const struct smtplite_message *m) {
    static const char *const subtypes[] = {"mixed", "related", "alternative"};
    return subtypes[nodes[m->node].what];
}

/* Of the first part of a multipart/related (RFC 2387 3.1). */
static const char *root_type_of(const struct smtplite_message *m) {
    return (m->containers >> ALTERNATIVE & 1) != 0 ? "multipart/alternative" : "text/html";
}

static enum filling fill_part(struct smtplite_message *m, uint8_t hole) {
    const struct smtplite_part *one = &m->parts[m->index];
    switch (hole) {
    case HOLE_TYPE:
        return smtplite_words_fill(m, type_of(one), WORDS_VALUE);
    case HOLE_TYPE_NAME:
        return smtplite_parameter_name(m);
    case HOLE_ENCODING:
        return put(m, encoding_of(one));
    case HOLE_CONTENT_ID:
        return smtplite_line_bracket(m, one->content_id);
    case HOLE_DISPOSITION:
        return put(m, one->kind == SMTPLITE_PART_INLINE ? "inline" : "attachment");
    case HOLE_FILE_NAME:
        return smtplite_parameter_filename(m);
    default:
        return smtplite_content_fill(m);
    }
}

static enum filling fill_field(struct smtplite_message *m, uint8_t hole) {
    const struct smtplite_field *own = &m->fields[m->index];
    if (hole == HOLE_FIELD_NAME)
        return put(m, own->name);
    return smtplite_words_fill(m, own->value, WORDS_VALUE);
}

static enum filling fill(struct smtplite_message *m, uint8_t hole) {
    switch (hole) {
    case HOLE_NAME:
        return smtplite_people_name(m);
    case HOLE_ADDRESS:
        return smtplite_people_address(m);
    case HOLE_NEXT:
        return smtplite_people_next(m);
    case HOLE_SUBJECT:
        return smtplite_words_fill(m, m->subject, WORDS_SUBJECT);
    case HOLE_DATE:
        return smtplite_date_fill(m);
    case HOLE_ID:
        return smtplite_people_id(m);
    case HOLE_REPLY:
        return smtplite_line_bracket(m, m->in_reply_to);
    case HOLE_FIELD_NAME:
    case HOLE_FIELD_VALUE:
        return fill_field(m, hole);
    case HOLE_PARENT:
        return put_parent(m);
    case HOLE_SUBTYPE:
        return put(m, subtype_of(m));
    case HOLE_ROOT_TYPE:
        return put(m, root_type_of(m));
    case HOLE_BOUNDARY:
        return put_boundary(m, nodes[m->node].what);
    default:
        return fill_part(m, hole);
    }
}

/* ---- The walk over them ---------------------------------------------------------------------- */

static bool is_hole(char c) {
    return (uint8_t)c >= HOLE_IF;
}

static enum filling put_script(struct smtplite_message *m) {
    size_t n = 0;
    while (m->script[n] != '\0' && !is_hole(m->script[n]))
        n++;
    smtplite_line_put(m, m->script, n);
    m->script += n;
    return AGAIN;
}

static enum filling step(struct smtplite_message *m) {
    uint8_t c = (uint8_t)*m->script;
    if (c == 0)
        return next_node(m);
    if (c == HOLE_IF)
        return decide(m);
    if (!is_hole((char)c))
        return put_script(m);
    enum filling came = fill(m, c);
    if (came != FILLED)
        return came;
    m->script++;
    return AGAIN;
}

static enum smtplite_source_state give(struct smtplite_message *m, const char **p, size_t *n) {
    if (m->out_len > 0) {
        *p = m->out;
        *n = m->out_len;
        m->out_len = 0;
    } else {
        *p = m->run;
        *n = m->run_len;
        m->run_len = 0;
    }
    return SMTPLITE_SOURCE_PIECE;
}

enum smtplite_source_state smtplite_message_read(void *message, const char **p, size_t *n) {
    struct smtplite_message *m = message;
    enum filling came = AGAIN;
    if (m->script == NULL)
        return SMTPLITE_SOURCE_FAILED;
    m->read = m->read || !m->counting;
    while (came == AGAIN && m->run_len == 0 && m->out_len <= SMTPLITE_LINE_SIZE)
        came = step(m);
    if (came == BROKEN) {
        m->script = NULL;
        return SMTPLITE_SOURCE_FAILED;
    }
    if (m->out_len > 0 || m->run_len > 0)
        return give(m, p, n);
    return came == OVER ? SMTPLITE_SOURCE_END : SMTPLITE_SOURCE_NOT_YET;
}

/* ---- The calls ------------------------------------------------------------------------------- */

void smtplite_message_init(struct smtplite_message *message) {
    memset(message, 0, sizeof *message);
}

struct smtplite_source smtplite_message_source(struct smtplite_message *message) {
    struct smtplite_source source = {.context = message,
                                     .read = smtplite_message_read,
                                     .rewind = smtplite_message_rewind,
                                     .begin = smtplite_message_begin};
    return source;
}

void smtplite_message_start(struct smtplite_message *m) {
    m->node = NODE_HEADER;
    m->script = nodes[NODE_HEADER].script;
    m->index = 0;
    m->text = NULL;
    m->text_len = 0;
    m->run_len = 0;
    m->out_len = 0;
    m->carry_len = 0;
    m->column = 0;
    m->count = 0;
    m->after_cr = false;
    m->counting = false;
}

/* All are tried, whoever read them. */
static bool rewind_parts(const struct smtplite_message *m) {
    bool are_rewound = true;
    for (size_t i = 0; i < m->part_count; i++) {
        const struct smtplite_source *source = &m->parts[i].source;
        are_rewound = source->rewind != NULL && source->rewind(source->context) && are_rewound;
    }
    return are_rewound;
}

/* An untouched message begins anew without its sources. */
bool smtplite_message_rewind(void *message) {
    struct smtplite_message *m = message;
    if (!m->read)
        return m->script != NULL;
    if (!rewind_parts(m))
        return false;
    smtplite_message_start(m);
    m->read = false;
    return true;
}

/* What the message asks of its mail. The driver begins twice: what no longer holds is taken back,
 * but for UTF8, which the caller may have set for the envelope. */
static void tell(struct smtplite_message *m, struct smtplite_mail *mail) {
    unsigned flags = mail->flags & ~(unsigned)(SMTPLITE_MAIL_8BIT | SMTPLITE_MAIL_EXACT);
    mail->size = smtplite_size_whole(m);
    if (mail->size != 0)
        flags |= SMTPLITE_MAIL_EXACT;
    if (has_8bit(m))
        flags |= SMTPLITE_MAIL_8BIT;
    if (smtplite_message_needs_utf8(m))
        flags |= SMTPLITE_MAIL_UTF8;
    mail->flags = (uint16_t)flags;
}

enum smtplite_error smtplite_message_begin(void *message, uint16_t offered,
                                           struct smtplite_mail *mail) {
    struct smtplite_message *m = message;
    enum smtplite_error error = (enum smtplite_error)(smtplite_message_check(m, offered) & 0xFF);
    if (error == SMTPLITE_E_OK && !rewind_parts(m) && m->read)
        error = SMTPLITE_E_SOURCE;
    m->script = NULL;
    if (error != SMTPLITE_E_OK)
        return error;
    m->read = false;
    m->containers = choose_containers(m);
    smtplite_size_choose(m, offered);
    smtplite_message_start(m);
    if (mail != NULL)
        tell(m, mail);
    return SMTPLITE_E_OK;
}

/* In any case of letters; other octets of names are not mixed up by it. */
static bool same_letter(char a, char b) {
    return a == b || ((a ^ b) == 0x20 && smtplite_words_letter(a));
}

bool smtplite_message_owns(const char *name) {
    for (const char *line = header; *line != '\0';) {
        size_t i = 0;
        line += 2; /* IF */
        while (name[i] != '\0' && same_letter(name[i], line[i]))
            i++;
        if (name[i] == '\0' && line[i] == ':')
            return true;
        while (*line++ != '\n')
            ;
    }
    return false;
}
