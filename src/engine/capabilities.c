/* SPDX-License-Identifier: MIT */
/*
 * What the server offers, from its EHLO reply (RFC 5321 4.1.1.1), word by word. The keyword is the
 * first word of a line and nothing else is (A11, D15): not the host name, not a parameter, not
 * `XSECURITY=NONE,STARTTLS`. What is not known is passed over; numbers saturate.
 */

#include "session.h"

#include <string.h>

#include "sasl/sasl.h"

void smtplite_capabilities_forget(struct smtplite_session *s) {
    s->offered = 0;
    s->auth = 0;
    s->size_limit = 0;
    s->rcpt_max = 0;
    s->mail_max = 0;
    s->by_min = 0;
    s->hold_max = 0;
}

const char *smtplite_keyword(const struct smtplite_session *s, unsigned number) {
    static const char *const plain[EXTENSIONS_PLAIN] = {"PIPELINING", "8BITMIME", "STARTTLS",
                                                        "SIZE"};
    if (number < EXTENSIONS_PLAIN)
        return plain[number];
    if (s->config->extensions == NULL)
        return NULL;
    return s->config->extensions->keywords[number - EXTENSIONS_PLAIN];
}

static void take_keyword(struct smtplite_session *s) {
    const char *keyword;
    s->keyword = smtplite_text_equal(s->word, "AUTH") ? KEYWORD_AUTH : KEYWORD_OTHER;
    for (unsigned i = 0; (keyword = smtplite_keyword(s, i)) != NULL; i++) {
        if (!smtplite_text_equal(s->word, keyword))
            continue;
        s->offered |= (uint16_t)(1u << i);
        s->keyword = (uint8_t)(KEYWORD_EXTENSION + i);
    }
}

bool smtplite_number_read(const char *p, uint32_t *number) {
    uint32_t n = 0;
    for (; *p != '\0'; p++) {
        if (*p < '0' || *p > '9')
            return false;
        uint32_t digit = (uint32_t)(*p - '0');
        n = n < UINT32_MAX / 10 ? n * 10 + digit : UINT32_MAX;
    }
    *number = n;
    return true;
}

/* RFC 1870: a size of 0 means no fixed limit. */
static void take_word(struct smtplite_session *s) {
    unsigned extension = 1u << (s->keyword - KEYWORD_EXTENSION);
    if (extension == SMTPLITE_EXT_SIZE)
        (void)smtplite_number_read(s->word, &s->size_limit);
    else if (extension > SMTPLITE_EXT_SIZE)
        s->config->extensions->take_word(s, extension);
}

static void end_word(struct smtplite_session *s) {
    if (s->word_len == 0)
        return;
    if (s->word_len >= SMTPLITE_WORD_SIZE)
        s->word[0] = '\0'; /* longer than any that is known */
    if (s->keyword == KEYWORD_NONE)
        take_keyword(s);
    else if (s->keyword == KEYWORD_AUTH)
        s->auth |= smtplite_sasl_find(s->config, s->word);
    else if (s->keyword >= KEYWORD_EXTENSION)
        take_word(s);
    s->word_len = 0;
}

void smtplite_capabilities_line_end(struct smtplite_session *s) {
    end_word(s);
    s->keyword = KEYWORD_NONE;
}

void smtplite_capabilities_read(struct smtplite_session *s, char c) {
    /* `AUTH=LOGIN`: old servers, still met */
    if (c == ' ' || (c == '=' && s->keyword == KEYWORD_NONE)) {
        end_word(s);
        return;
    }
    if (s->word_len >= SMTPLITE_WORD_SIZE - 1) {
        s->word_len = SMTPLITE_WORD_SIZE;
        return;
    }
    s->word[s->word_len++] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
    s->word[s->word_len] = '\0';
}
