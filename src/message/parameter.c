/* SPDX-License-Identifier: MIT */
/*
 * File names (RFC 2183, RFC 2231). A simple one is quoted as it is. Any other is `filename*`, in
 * sections if it is long, each on a line of its own and cut between characters; and beside it,
 * for readers that know no better, `name` of Content-Type with encoded words in its quotes, which
 * RFC 2047 5 forbids and everybody reads.
 */

#include "message.h"

#define SIMPLE_MAX 60u /* ` filename="..."` stays within a line */
#define WHOLE_MAX  50u /* ` filename*=unknown-8bit''...`, too */

/* Puts what stands between quotes, and is read alike by all. False: this name does not. */
static bool put_simple(struct smtplite_message *m, const char *before, const char *name) {
    if ((smtplite_words_look(name) & (LOOKS_EIGHT | LOOKS_ENCODED | LOOKS_QUOTES)) != 0 ||
        smtplite_text_length(name) > SIMPLE_MAX)
        return false;
    smtplite_line_text(m, before);
    smtplite_line_text(m, name);
    smtplite_line_char(m, '"');
    return true;
}

enum filling smtplite_parameter_name(struct smtplite_message *m) {
    static const char before[] = ";\r\n name=\"";
    const char *name = m->parts[m->index].name;
    if (name == NULL || put_simple(m, before, name))
        return FILLED;
    if (m->text == NULL)
        smtplite_words_begin(m, name);
    smtplite_line_text(m, m->text == name ? before : "\r\n ");
    smtplite_words_encoded(m);
    if (*m->text != '\0')
        return AGAIN;
    smtplite_line_char(m, '"');
    m->text = NULL;
    return FILLED;
}

/* `*0*` and on, where not all of the name goes into one line. */
static void put_section(struct smtplite_message *m, const char *name) {
    size_t n = smtplite_text_length(name);
    if (smtplite_words_length(name, n, CODING_PERCENT) > WHOLE_MAX) {
        if (m->count >= 10)
            smtplite_line_char(m, (char)('0' + m->count / 10));
        smtplite_line_char(m, (char)('0' + m->count % 10));
        smtplite_line_char(m, '*');
        m->count++;
    }
    smtplite_line_char(m, '=');
}

enum filling smtplite_parameter_filename(struct smtplite_message *m) {
    const char *name = m->parts[m->index].name;
    if (name == NULL || put_simple(m, ";\r\n filename=\"", name))
        return FILLED;
    if (m->text == NULL)
        smtplite_words_begin(m, name);
    smtplite_line_text(m, ";\r\n filename*");
    put_section(m, name);
    if (m->text == name) {
        smtplite_line_text(m, smtplite_words_charset(m));
        smtplite_line_text(m, "''");
    }
    smtplite_words_characters(m, LINE_WIDTH - 1u - m->column, CODING_PERCENT);
    if (*m->text != '\0')
        return AGAIN;
    m->text = NULL;
    m->count = 0;
    return FILLED;
}
