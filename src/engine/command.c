/* SPDX-License-Identifier: MIT */
/* Commands that ask the server something, beside mail (RFC 5321 3.5, 4.1.1.6 to 4.1.1.9; RFC 1985),
 * and what it has offered. */

#include "session.h"

#define ARGUMENT_MAX 500u /* RFC 5321 4.5.3.1.4: 512 with the command and CRLF */

/* May stand behind a command's name: what would be one of its own is no part of it. */
static enum smtplite_error check_argument(const char *argument) {
    if (*argument == '\0')
        return SMTPLITE_E_ARGUMENT;
    if (smtplite_text_length(argument) > ARGUMENT_MAX)
        return SMTPLITE_E_TOO_LONG;
    for (const char *p = argument; *p != '\0'; p++)
        if ((unsigned char)*p >= 0x80)
            return SMTPLITE_E_NON_ASCII;
    return smtplite_text_check(argument);
}

enum smtplite_error smtplite_command(struct smtplite_session *s, enum smtplite_phase what,
                                     const char *argument) {
    bool may_lack = what == SMTPLITE_PHASE_NOOP || what == SMTPLITE_PHASE_HELP;
    bool is_known = may_lack || what == SMTPLITE_PHASE_VRFY || what == SMTPLITE_PHASE_EXPN ||
                    what == SMTPLITE_PHASE_ETRN;
    enum smtplite_error error = SMTPLITE_E_OK;
    if (!smtplite_is_idle(s) || s->in_mail || s->quitting)
        return SMTPLITE_E_STATE;
    if (!is_known || (argument == NULL && !may_lack) ||
        (argument != NULL && what == SMTPLITE_PHASE_NOOP))
        return SMTPLITE_E_ARGUMENT;
    if (argument != NULL)
        error = check_argument(argument);
    if (error != SMTPLITE_E_OK)
        return error;
    s->kept = false;
    s->argument = argument;
    smtplite_start(s, (uint8_t)what);
    return SMTPLITE_E_OK;
}

enum smtplite_error smtplite_noop(struct smtplite_session *s) {
    return smtplite_command(s, SMTPLITE_PHASE_NOOP, NULL);
}

uint32_t smtplite_size_limit(const struct smtplite_session *s) {
    return s->size_limit;
}

size_t smtplite_mails_left(const struct smtplite_session *s) {
    uint32_t waiting = s->next != NULL && !s->riding;
    uint32_t begun = s->mail_count + waiting;
    if (s->mail_max == 0)
        return SIZE_MAX;
    return begun < s->mail_max ? s->mail_max - begun : 0;
}
