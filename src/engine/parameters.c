/* SPDX-License-Identifier: MIT */
/*
 * What stands behind the address of MAIL and RCPT: the parameters of the extensions, from struct
 * smtplite_options and the recipient. One row after the other; a row is a text, or a text and a
 * value. They leave from where they lie: the keyword from here, a value from the caller's memory or
 * as a number in `scratch`. An octet that xtext (RFC 3461 4) must hide goes by `scratch`, too.
 */

#include "extensions.h"

enum row {
    ROW_NONE,
    ROW_SIZE,
    ROW_BODY,
    ROW_UTF8,
    ROW_RET,
    ROW_ENVID,
    ROW_BY,
    ROW_BY_MODE,
    ROW_HOLD_FOR,
    ROW_HOLD_UNTIL,
    ROW_PRIORITY,
    ROW_REQUIRETLS,
    ROW_MAIL_END,
    ROW_NOTIFY,
    ROW_ORCPT,
    ROW_RCPT_END
};

static bool offers(const struct smtplite_session *s, unsigned extension) {
    return (s->offered & extension) != 0;
}

/* ---- Values ------------------------------------------------------------------------------ */

/* These set what follows the row's text: a number as text in `scratch`, or the caller's. */
static void value_number(struct smtplite_session *s, uint32_t number, bool is_negative) {
    char *end = s->scratch + sizeof s->scratch - 1;
    *end = '\0';
    char *p = smtplite_number_put(end, is_negative ? 0u - number : number);
    if (is_negative)
        *--p = '-';
    s->argument = p;
}

static const char *say_number(struct smtplite_session *s, const char *text, int32_t number) {
    value_number(s, (uint32_t)number, number < 0);
    return text;
}

static const char *say_unsigned(struct smtplite_session *s, const char *text, uint32_t number) {
    value_number(s, number, false);
    return number > 0 ? text : NULL;
}

static const char *say_xtext(struct smtplite_session *s, const char *text, const char *value) {
    s->argument = value;
    s->in_xtext = true;
    return value != NULL ? text : NULL;
}

/* ---- Rows: what each says, or NULL ------------------------------------------------------- */

static const char *row_of_mail(struct smtplite_session *s, unsigned row) {
    const struct smtplite_mail *mail = smtplite_out_mail(s);
    if (row == ROW_SIZE)
        return offers(s, SMTPLITE_EXT_SIZE) ? say_unsigned(s, " SIZE=", mail->size) : NULL;
    if (row == ROW_UTF8)
        return (mail->flags & SMTPLITE_MAIL_UTF8) != 0 ? " SMTPUTF8" : NULL;
    if (mail->flags & SMTPLITE_MAIL_BINARY)
        return " BODY=BINARYMIME";
    return s->says_8bit ? " BODY=8BITMIME" : NULL;
}

static const char *row_of_dsn(struct smtplite_session *s, const struct smtplite_options *o,
                              unsigned row) {
    if (!offers(s, SMTPLITE_EXT_DSN))
        return NULL;
    if (row == ROW_ENVID)
        return say_xtext(s, " ENVID=", o->envid);
    if (o->ret == SMTPLITE_RET_UNSAID)
        return NULL;
    return o->ret == SMTPLITE_RET_FULL ? " RET=FULL" : " RET=HDRS";
}

static const char *row_of_time(struct smtplite_session *s, const struct smtplite_options *o,
                               unsigned row) {
    static const char *const modes[] = {";R", ";RT", ";N", ";NT"};
    if (o->by == SMTPLITE_BY_UNSAID)
        return NULL;
    if (row == ROW_BY)
        return say_number(s, " BY=", o->by_time);
    return modes[(o->by - SMTPLITE_BY_RETURN) * 2 + o->by_trace];
}

static const char *row_of_options(struct smtplite_session *s, unsigned row) {
    const struct smtplite_options *o = smtplite_out_mail(s)->options;
    if (o == NULL)
        return NULL;
    switch (row) {
    case ROW_RET:
    case ROW_ENVID:
        return row_of_dsn(s, o, row);
    case ROW_BY:
    case ROW_BY_MODE:
        return row_of_time(s, o, row);
    case ROW_HOLD_FOR:
        return say_unsigned(s, " HOLDFOR=", o->hold_for);
    case ROW_HOLD_UNTIL:
        s->argument = o->hold_until;
        return o->hold_until != NULL ? " HOLDUNTIL=" : NULL;
    case ROW_PRIORITY:
        if (!o->has_priority || !offers(s, SMTPLITE_EXT_MT_PRIORITY))
            return NULL;
        return say_number(s, " MT-PRIORITY=", o->priority);
    default:
        return o->require_tls ? " REQUIRETLS" : NULL;
    }
}

static const char *row_of_recipient(struct smtplite_session *s, unsigned row) {
    static const char *const notify[] = {
        "SUCCESS",       "FAILURE",       "SUCCESS,FAILURE",      "DELAY",
        "SUCCESS,DELAY", "FAILURE,DELAY", "SUCCESS,FAILURE,DELAY"};
    const struct smtplite_recipient *r = &smtplite_out_mail(s)->recipients[s->send_index];
    if (!offers(s, SMTPLITE_EXT_DSN))
        return NULL;
    if (row == ROW_ORCPT)
        return say_xtext(s, " ORCPT=rfc822;", r->orcpt);
    if (r->notify == 0)
        return NULL;
    s->argument = r->notify == SMTPLITE_NOTIFY_NEVER ? "NEVER" : notify[r->notify / 2 - 1];
    return " NOTIFY=";
}

/* The text of a row; `argument` is set to the value behind it. */
static const char *say_row(struct smtplite_session *s, unsigned row) {
    const char *text;
    s->argument = "";
    s->in_xtext = false;
    if (row > ROW_MAIL_END)
        text = row_of_recipient(s, row);
    else if (row <= ROW_UTF8)
        text = row_of_mail(s, row);
    else
        text = row_of_options(s, row);
    return text;
}

/* ---- Putting out ------------------------------------------------------------------------- */

static void put(struct smtplite_session *s, const char *p, size_t n) {
    s->piece = p;
    s->piece_len = n;
}

/* RFC 3461 4: an octet that stands for itself in xtext. */
static bool is_xchar(char c) {
    return c > ' ' && c < 0x7F && c != '+' && c != '=';
}

static void put_hidden(struct smtplite_session *s) {
    static const char hex[] = "0123456789ABCDEF";
    unsigned octet = (unsigned char)*s->argument++;
    s->scratch[0] = '+';
    s->scratch[1] = hex[octet >> 4];
    s->scratch[2] = hex[octet & 15];
    put(s, s->scratch, 3);
}

static void put_value(struct smtplite_session *s) {
    const char *start = s->argument;
    while (*s->argument != '\0' && (!s->in_xtext || is_xchar(*s->argument)))
        s->argument++;
    if (s->argument > start)
        put(s, start, (size_t)(s->argument - start));
    else
        put_hidden(s);
}

bool smtplite_parameter_put(struct smtplite_session *s) {
    unsigned end = s->send == PHASE(MAIL) ? ROW_MAIL_END : ROW_RCPT_END;
    const char *text = NULL;
    if (s->parameter == ROW_NONE) {
        s->parameter = s->send == PHASE(MAIL) ? ROW_NONE : ROW_MAIL_END;
        s->argument = "";
    }
    if (*s->argument != '\0') {
        put_value(s);
        return true;
    }
    while (text == NULL && ++s->parameter < end)
        text = say_row(s, s->parameter);
    if (text == NULL) {
        s->parameter = ROW_NONE;
        return false;
    }
    put(s, text, smtplite_text_length(text));
    return true;
}
