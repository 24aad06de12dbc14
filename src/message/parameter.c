/* SPDX-License-Identifier: MIT */
/*
 * File names (RFC 2183, RFC 2231). A simple one is quoted as it is. Any other is `filename*`, in
 * sections if it is long, each on a line of its own and cut between characters; and beside it,
 * for readers that know no better, `name` of Content-Type with encoded words in its quotes, which
 * RFC 2047 5 forbids and everybody reads.
 */

#include "message.h"

#define SIMPLE_MAX 60u /* ` filename="..."` stays within a line */

/* What may stand between quotes, and is read alike by all. */
static bool is_simple(const char *name) {
    size_t n = 0;
    for (; name[n] != '\0'; n++)
        if (name[n] < ' ' || name[n] > '~' || name[n] == '"' || name[n] == '\\')
            return false;
    return n <= SIMPLE_MAX && !smtplite_words_deceive(name);
}

static bool stays(char c) {
    return smtplite_words_alphanumeric(c) || c == '.' || c == '-' || c == '_';
}

static size_t extended_length(const char *name, size_t n) {
    size_t len = 0;
    for (size_t i = 0; i < n; i++)
        len += stays(name[i]) ? 1u : 3u;
    return len;
}

static const char *name_of(const struct smtplite_message *m) {
    const char *name = m->parts[m->index].name;
    return name != NULL && *name != '\0' ? name : NULL;
}

/* Puts what stands before a name: it is the hole's first step. */
static bool begin_name(struct smtplite_message *m, const char *name, const char *before) {
    if (!smtplite_line_has_room(m, sizeof m->out))
        return false;
    smtplite_line_text(m, before);
    m->text = name;
    return true;
}

static enum filling end_name(struct smtplite_message *m) {
    if (!smtplite_line_has_room(m, 1))
        return FULL;
    smtplite_line_char(m, '"');
    m->text = NULL;
    return FILLED;
}

/* The words between the quotes, the first on the line of `name=`. */
static enum filling put_words(struct smtplite_message *m, const char *name) {
    if (!smtplite_line_has_room(m, sizeof m->out))
        return FULL;
    if (m->text != name)
        smtplite_line_text(m, "\r\n ");
    smtplite_words_encoded(m);
    return AGAIN;
}

enum filling smtplite_parameter_name(struct smtplite_message *m) {
    const char *name = name_of(m);
    if (name == NULL)
        return FILLED;
    if (m->text == NULL) {
        m->coding = is_simple(name) ? CODING_PLAIN : smtplite_words_choose(name);
        return begin_name(m, name, ";\r\n name=\"") ? AGAIN : FULL;
    }
    if (*m->text == '\0')
        return end_name(m);
    if (m->coding != CODING_PLAIN)
        return put_words(m, name);
    smtplite_line_text(m, m->text);
    m->text += smtplite_text_length(m->text);
    return AGAIN;
}

/* ---- filename -------------------------------------------------------------------------------- */

static void put_number(struct smtplite_message *m, uint32_t number) {
    uint32_t unit = 1;
    while (number / unit >= 10)
        unit *= 10;
    for (; unit > 0; unit /= 10)
        smtplite_line_char(m, (char)('0' + number / unit % 10));
}

/* As many whole characters as the line takes, a `;` besides. */
static void put_extended(struct smtplite_message *m, bool utf8) {
    while (*m->text != '\0') {
        size_t n = utf8 ? smtplite_words_character(m->text) : 1;
        if (m->column + extended_length(m->text, n) >= LINE_WIDTH)
            return;
        for (; n > 0; n--, m->text++) {
            if (stays(*m->text))
                smtplite_line_char(m, *m->text);
            else
                smtplite_line_hex(m, '%', *m->text);
        }
    }
}

/* The next section, or all of the name. */
static enum filling put_section(struct smtplite_message *m, const char *name) {
    bool utf8 = smtplite_words_are_utf8(name);
    const char *charset = utf8 ? "UTF-8''" : "unknown-8bit''";
    bool whole = extended_length(name, smtplite_text_length(name)) + 25 < LINE_WIDTH;
    smtplite_line_text(m, "\r\n filename*");
    if (!whole) {
        put_number(m, m->count++);
        smtplite_line_char(m, '*');
    }
    smtplite_line_char(m, '=');
    if (m->text == name)
        smtplite_line_text(m, charset);
    put_extended(m, utf8);
    if (*m->text != '\0') {
        smtplite_line_char(m, ';');
        return AGAIN;
    }
    m->text = NULL;
    m->count = 0;
    return FILLED;
}

enum filling smtplite_parameter_filename(struct smtplite_message *m) {
    const char *name = name_of(m);
    if (name == NULL)
        return FILLED;
    if (m->text == NULL)
        return begin_name(m, name, is_simple(name) ? ";\r\n filename=\"" : ";") ? AGAIN : FULL;
    if (!is_simple(name))
        return smtplite_line_has_room(m, sizeof m->out) ? put_section(m, name) : FULL;
    if (*m->text == '\0')
        return end_name(m);
    smtplite_line_text(m, m->text);
    m->text += smtplite_text_length(m->text);
    return AGAIN;
}
