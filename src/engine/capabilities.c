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
}

/* A capability's place is that of its bit in `offered`; the keywords with words behind them follow.
 */
static void take_keyword(struct smtplite_session *s) {
    static const char *const names[] = {"PIPELINING", "8BITMIME", "STARTTLS", "AUTH", "SIZE"};
    s->keyword = KEYWORD_OTHER;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!smtplite_text_equal(s->word, names[i]))
            continue;
        if (i < CAP_COUNT)
            s->offered |= (uint8_t)(1u << i);
        else
            s->keyword = (uint8_t)(KEYWORD_AUTH + (i - CAP_COUNT));
    }
}

/* RFC 1870: 0 means no fixed limit. */
static void take_size(struct smtplite_session *s) {
    uint32_t limit = 0;
    for (const char *p = s->word; *p != '\0'; p++) {
        if (*p < '0' || *p > '9')
            return;
        uint32_t digit = (uint32_t)(*p - '0');
        limit = limit < UINT32_MAX / 10 ? limit * 10 + digit : UINT32_MAX;
    }
    s->size_limit = limit;
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
    else if (s->keyword == KEYWORD_SIZE)
        take_size(s);
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
