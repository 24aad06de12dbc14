/* SPDX-License-Identifier: MIT */
/* What a result means: whether to try again, and what the server calls the mail. Nothing in the
 * engine calls these. */

#include "session.h"

/* ---- Trying again ------------------------------------------------------------------------ */

/* Errors that the next try would meet again. */
static bool is_permanent(unsigned error) {
    static const uint8_t list[] = {SMTPLITE_E_ARGUMENT,         SMTPLITE_E_CONTROL,
                                   SMTPLITE_E_ADDRESS,          SMTPLITE_E_NON_ASCII,
                                   SMTPLITE_E_TOO_LONG,         SMTPLITE_E_AUTH_NEEDS_TLS,
                                   SMTPLITE_E_AUTH_UNAVAILABLE, SMTPLITE_E_AUTH_REFUSED,
                                   SMTPLITE_E_AUTH_ITERATIONS,  SMTPLITE_E_SIZE,
                                   SMTPLITE_E_BODY_NUL,         SMTPLITE_E_BODY_8BIT,
                                   SMTPLITE_E_UNOFFERED};
    for (size_t i = 0; i < sizeof list; i++)
        if (list[i] == error)
            return true;
    return false;
}

enum smtplite_retry smtplite_retry_result(const struct smtplite_result *result) {
    if (result->outcome == SMTPLITE_SENT)
        return SMTPLITE_RETRY_NONE;
    if (result->outcome != SMTPLITE_NOT_SENT)
        return SMTPLITE_RETRY_MAY_DOUBLE;
    if (result->phase == SMTPLITE_PHASE_RSET) /* about the session, not about this mail */
        return SMTPLITE_RETRY_LATER;
    if (result->code >= 400)
        return result->code < 500 ? SMTPLITE_RETRY_LATER : SMTPLITE_RETRY_NEVER;
    return is_permanent(result->error) ? SMTPLITE_RETRY_NEVER : SMTPLITE_RETRY_LATER;
}

enum smtplite_retry smtplite_retry_recipient(const struct smtplite_mail *mail, size_t index) {
    const struct smtplite_recipient *recipient = &mail->recipients[index];
    switch (recipient->fate) {
    case SMTPLITE_ACCEPTED:
        return SMTPLITE_RETRY_NONE;
    case SMTPLITE_DEFERRED:
        return SMTPLITE_RETRY_LATER;
    case SMTPLITE_REFUSED:
        return SMTPLITE_RETRY_NEVER;
    case SMTPLITE_UNTRIED:
        /* nobody has looked at this one: what ended the mail decides, if it ended all of it */
        if (mail->result.outcome == SMTPLITE_NOT_SENT && recipient->code == 0)
            return smtplite_retry_result(&mail->result);
        return SMTPLITE_RETRY_LATER;
    default:
        return SMTPLITE_RETRY_MAY_DOUBLE;
    }
}

/* ---- Queue id ---------------------------------------------------------------------------- */

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Behind `lead` (small letters), where it first stands in text, or NULL. */
static const char *find_behind(const char *text, const char *lead) {
    for (; *text != '\0'; text++) {
        size_t n = 0;
        while (lead[n] != '\0' && lower(text[n]) == lead[n])
            n++;
        if (lead[n] == '\0')
            return text + n;
    }
    return NULL;
}

static bool ends_id(char c) {
    return c == '\0' || c == ' ' || c == '\n' || c == ';' || c == ',' || c == ')' || c == ']';
}

const char *smtplite_queue_id(const char *text, size_t *len) {
    static const char *const leads[] = {"queued as ", "id=", "message-id: ", "queue id "};
    const char *id = NULL;
    size_t n = 0;
    for (size_t i = 0; i < sizeof leads / sizeof leads[0] && id == NULL; i++)
        id = find_behind(text, leads[i]);
    while (id != NULL && !ends_id(id[n]))
        n++;
    *len = n > 0 ? n : smtplite_text_length(text);
    return n > 0 ? id : text;
}
