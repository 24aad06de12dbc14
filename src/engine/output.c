/* SPDX-License-Identifier: MIT */
/*
 * Commands as pieces. A command is a text in which a byte from 1 to 7 stands for something of the
 * session's (smtplite/phases.h). It leaves piece by piece: a run of the text, an address where it
 * lies in the caller's memory, four base64 characters of a login (auth.c). Nothing is composed, so
 * no length can be too small, and the place in it is three members: piece, piece_len, command.
 */

#include "session.h"

#include "sasl/sasl.h"

#define VARIABLE_MAX   7
#define DEFAULT_DOMAIN "[127.0.0.1]"
#define QUIT_LEN       6u /* of the end mark's piece, when QUIT rides */

/* ---- Pieces ------------------------------------------------------------------------------ */

static void set_piece(struct smtplite_session *s, const char *p, size_t n) {
    s->piece = p;
    s->piece_len = n;
}

static void put_text(struct smtplite_session *s, const char *text) {
    set_piece(s, text, smtplite_text_length(text));
}

static const char *option_text(const struct smtplite_session *s) {
    static const char leads[][3] = {"", " ", " ="};
    if (s->send == PHASE(AUTH))
        return leads[s->initial];
    if (s->send == PHASE(HELP))
        return leads[s->argument != NULL];
    return s->send == PHASE(MAIL) && s->says_8bit ? " BODY=8BITMIME" : "";
}

/* What stands behind an address: of extensions, one piece after the other. */
static enum smtplite_response put_options(struct smtplite_session *s) {
    const struct smtplite_extensions *extensions = s->config->extensions;
    if (extensions != NULL && (s->send == PHASE(MAIL) || s->send == PHASE(RCPT)))
        return extensions->put_parameter(s) ? SMTPLITE_RESPONSE_QUAD : SMTPLITE_RESPONSE_END;
    put_text(s, option_text(s));
    return SMTPLITE_RESPONSE_END;
}

/* The next four characters of a login response. */
static enum smtplite_response put_response(struct smtplite_session *s) {
    enum smtplite_response state = SMTPLITE_RESPONSE_END;
    if (s->send != PHASE(AUTH) || s->initial != SMTPLITE_INITIAL_NONE)
        state = smtplite_response_fill(s);
    if (state == SMTPLITE_RESPONSE_QUAD) {
        set_piece(s, s->quad, sizeof s->quad);
        s->secret = true;
    }
    return state;
}

/* False: there is none of it for now. The variable stays where it is while there is more of it. */
static bool put_variable(struct smtplite_session *s, char variable) {
    enum smtplite_response state = SMTPLITE_RESPONSE_END;
    switch (variable) {
    case 1:
        put_text(s, s->config->domain != NULL ? s->config->domain : DEFAULT_DOMAIN);
        break;
    case 2:
        put_text(s, smtplite_out_mail(s)->from);
        break;
    case 3:
        put_text(s, smtplite_out_mail(s)->recipients[s->send_index].address);
        break;
    case 4:
        put_text(s, smtplite_sasl_get(s->config, s->mechanism)->name);
        break;
    case 5:
        state = put_response(s);
        break;
    case 6:
        state = put_options(s);
        break;
    default:
        put_text(s, s->argument != NULL ? s->argument : "");
    }
    if (state == SMTPLITE_RESPONSE_END)
        s->command++;
    return state != SMTPLITE_RESPONSE_LATER;
}

static bool is_variable(char c) {
    return c >= 1 && c <= VARIABLE_MAX;
}

static void put_literal(struct smtplite_session *s) {
    const char *start = s->command;
    while (*s->command != '\0' && !is_variable(*s->command))
        s->command++;
    set_piece(s, start, (size_t)(s->command - start));
}

/* ---- The sending cursor ------------------------------------------------------------------ */

void smtplite_count_sent(struct smtplite_session *s) {
    if (s->pending++ == 0)
        smtplite_wait_begin(s);
}

/* The command has left whole: the next of its group begins, if there is one. */
static void end_command(struct smtplite_session *s) {
    uint8_t next = smtplite_group_next(s);
    size_t index = s->send == PHASE(RCPT) ? s->send_index + 1 : 0;
    if (next == PHASE(RCPT))
        s->send_index = smtplite_recipient_from(s, index);
    smtplite_count_sent(s);
    smtplite_send_begin(s, next);
}

void smtplite_output_fill(struct smtplite_session *s) {
    s->secret = false;
    while (s->piece_len == 0 && s->send != PHASE(IDLE)) {
        if (s->send == PHASE(MESSAGE)) {
            if (!smtplite_body_fill(s))
                return;
        } else if (s->send == PHASE(BDAT)) {
            if (!s->config->extensions->fill(s))
                return;
        } else if (*s->command == '\0') {
            end_command(s);
        } else if (is_variable(*s->command)) {
            if (!put_variable(s, *s->command))
                return;
        } else {
            put_literal(s);
        }
    }
}

/* Octets of the end mark left, on which QUIT may ride. */
static void count_end(struct smtplite_session *s) {
    size_t riding = s->quit_rides ? QUIT_LEN : 0;
    if (!s->marked && s->piece_len <= riding) {
        s->marked = true;
        smtplite_count_sent(s);
        if (s->expect == PHASE(BDAT))
            s->expect = smtplite_content_phase(s);
    }
    if (s->piece_len > 0)
        return;
    if (riding > 0)
        smtplite_count_sent(s);
    s->at_end = false;
    s->send = PHASE(IDLE);
    if (s->riding)
        smtplite_send_begin(s, PHASE(MAIL));
}

/* Octets of the message left: each block of them has a wait of its own. */
static void count_content(struct smtplite_session *s, size_t n) {
    if (n < SMTPLITE_BLOCK)
        s->progress = (uint16_t)(s->progress + n);
    if (n < SMTPLITE_BLOCK && s->progress < SMTPLITE_BLOCK)
        return;
    s->progress = 0;
    smtplite_wait_begin(s);
}

const char *smtplite_out(const struct smtplite_session *s, size_t *len) {
    *len = s->piece_len;
    return s->piece_len > 0 ? s->piece : NULL;
}

bool smtplite_out_more(const struct smtplite_session *s) {
    if (s->piece_len == 0)
        return false;
    if (s->at_end)
        return s->riding;
    if (s->send == PHASE(MESSAGE))
        return true;
    if (s->send == PHASE(BDAT))
        return s->grouped || s->chunk_left > 0;
    return *s->command != '\0' || smtplite_group_next(s) != PHASE(IDLE);
}

/* While nothing is awaited, and before the last octets of what will be. */
bool smtplite_out_hears(const struct smtplite_session *s) {
    bool in_content = s->send == PHASE(MESSAGE) || s->send == PHASE(BDAT);
    return s->at_end || !smtplite_out_more(s) || (s->pending == 0 && !in_content);
}

bool smtplite_out_secret(const struct smtplite_session *s) {
    return s->secret;
}

void smtplite_out_done(struct smtplite_session *s, size_t n) {
    if (n > s->piece_len)
        n = s->piece_len;
    if (n == 0)
        return;
    s->piece += n;
    s->piece_len -= n;
    if (s->at_end)
        count_end(s);
    else if (s->send == PHASE(MESSAGE) || s->send == PHASE(BDAT))
        count_content(s, n);
    if (s->piece_len == 0)
        smtplite_output_fill(s);
}
