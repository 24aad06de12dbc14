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

struct parameter {
    const char *text;  /* NULL: this row is not said */
    const char *value; /* "": none */
    bool is_xtext;
};

static bool offers(const struct smtplite_session *s, unsigned extension) {
    return (s->offered & extension) != 0;
}

/* A number as text in `scratch`. */
static const char *put_number(struct smtplite_session *s, int32_t number) {
    char *end = s->scratch + sizeof s->scratch - 1;
    bool is_negative = number < 0;
    *end = '\0';
    char *p = smtplite_number_put(end, is_negative ? 0u - (uint32_t)number : (uint32_t)number);
    if (is_negative)
        *--p = '-';
    return p;
}

static const char *put_unsigned(struct smtplite_session *s, uint32_t number) {
    char *end = s->scratch + sizeof s->scratch - 1;
    *end = '\0';
    return smtplite_number_put(end, number);
}

/* ---- The rows ---------------------------------------------------------------------------- */

static const char *body_text(const struct smtplite_session *s, const struct smtplite_mail *mail) {
    if (mail->flags & SMTPLITE_MAIL_BINARY)
        return " BODY=BINARYMIME";
    return s->says_8bit ? " BODY=8BITMIME" : NULL;
}

/* What the mail itself makes said. */
static void describe_mail(struct smtplite_session *s, unsigned row, struct parameter *p) {
    const struct smtplite_mail *mail = smtplite_out_mail(s);
    if (row == ROW_SIZE && mail->size > 0 && offers(s, SMTPLITE_EXT_SIZE)) {
        p->text = " SIZE=";
        p->value = put_unsigned(s, mail->size);
    } else if (row == ROW_BODY) {
        p->text = body_text(s, mail);
    } else if (row == ROW_UTF8 && (mail->flags & SMTPLITE_MAIL_UTF8) != 0) {
        p->text = " SMTPUTF8";
    }
}

static void describe_dsn(const struct smtplite_options *o, unsigned row, struct parameter *p) {
    if (row == ROW_RET && o->ret != SMTPLITE_RET_UNSAID) {
        p->text = o->ret == SMTPLITE_RET_FULL ? " RET=FULL" : " RET=HDRS";
    } else if (row == ROW_ENVID && o->envid != NULL) {
        p->text = " ENVID=";
        p->value = o->envid;
        p->is_xtext = true;
    }
}

static const char *by_mode_text(const struct smtplite_options *o) {
    if (o->by == SMTPLITE_BY_RETURN)
        return o->by_trace ? ";RT" : ";R";
    return o->by_trace ? ";NT" : ";N";
}

static void describe_time(struct smtplite_session *s, const struct smtplite_options *o,
                          unsigned row, struct parameter *p) {
    if (row == ROW_BY && o->by != SMTPLITE_BY_UNSAID) {
        p->text = " BY=";
        p->value = put_number(s, o->by_time);
    } else if (row == ROW_BY_MODE && o->by != SMTPLITE_BY_UNSAID) {
        p->text = by_mode_text(o);
    } else if (row == ROW_HOLD_FOR && o->hold_for > 0) {
        p->text = " HOLDFOR=";
        p->value = put_unsigned(s, o->hold_for);
    } else if (row == ROW_HOLD_UNTIL && o->hold_until != NULL) {
        p->text = " HOLDUNTIL=";
        p->value = o->hold_until;
    }
}

static void describe_options(struct smtplite_session *s, unsigned row, struct parameter *p) {
    const struct smtplite_options *o = smtplite_out_mail(s)->options;
    if (o == NULL)
        return;
    if (offers(s, SMTPLITE_EXT_DSN))
        describe_dsn(o, row, p);
    describe_time(s, o, row, p);
    if (row == ROW_PRIORITY && o->has_priority && offers(s, SMTPLITE_EXT_MT_PRIORITY)) {
        p->text = " MT-PRIORITY=";
        p->value = put_number(s, o->priority);
    } else if (row == ROW_REQUIRETLS && o->require_tls) {
        p->text = " REQUIRETLS";
    }
}

static void describe_recipient(const struct smtplite_session *s, unsigned row,
                               struct parameter *p) {
    static const char *const notify[] = {" NOTIFY=SUCCESS",
                                         " NOTIFY=FAILURE",
                                         " NOTIFY=SUCCESS,FAILURE",
                                         " NOTIFY=DELAY",
                                         " NOTIFY=SUCCESS,DELAY",
                                         " NOTIFY=FAILURE,DELAY",
                                         " NOTIFY=SUCCESS,FAILURE,DELAY"};
    const struct smtplite_recipient *r = &smtplite_out_mail(s)->recipients[s->send_index];
    if (!offers(s, SMTPLITE_EXT_DSN))
        return;
    if (row == ROW_NOTIFY && r->notify == SMTPLITE_NOTIFY_NEVER) {
        p->text = " NOTIFY=NEVER";
    } else if (row == ROW_NOTIFY && r->notify > SMTPLITE_NOTIFY_NEVER) {
        p->text = notify[r->notify / 2 - 1];
    } else if (row == ROW_ORCPT && r->orcpt != NULL) {
        p->text = " ORCPT=rfc822;";
        p->value = r->orcpt;
        p->is_xtext = true;
    }
}

static void describe(struct smtplite_session *s, unsigned row, struct parameter *p) {
    p->text = NULL;
    p->value = "";
    p->is_xtext = false;
    if (row > ROW_MAIL_END) {
        describe_recipient(s, row, p);
    } else {
        describe_mail(s, row, p);
        describe_options(s, row, p);
    }
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
    struct parameter p = {NULL, "", false};
    if (s->parameter == ROW_NONE) {
        s->parameter = s->send == PHASE(MAIL) ? ROW_NONE : ROW_MAIL_END;
        s->argument = "";
    }
    if (*s->argument != '\0') {
        put_value(s);
        return true;
    }
    while (p.text == NULL && ++s->parameter < end)
        describe(s, s->parameter, &p);
    if (p.text == NULL) {
        s->parameter = ROW_NONE;
        return false;
    }
    put(s, p.text, smtplite_text_length(p.text));
    s->argument = p.value;
    s->in_xtext = p.is_xtext;
    return true;
}
