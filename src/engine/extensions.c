/* SPDX-License-Identifier: MIT */
/*
 * What goes beyond plain mail, as one thing that config.extensions names: what EHLO says of it,
 * what a mail may ask for, and what of that is not offered. parameters.c says it, chunks.c sends
 * content by BDAT and reads LMTP's final replies.
 */

#include "extensions.h"

#define BY_MAX       999999999
#define HOLD_MAX     999999999u
#define ENVID_MAX    100u /* encoded: RFC 3461 4.4 */
#define ORCPT_MAX    480u /* encoded: 500 with its keyword, RFC 3461 4.2 */
#define DATETIME_MAX 40u

/* ---- EHLO -------------------------------------------------------------------------------- */

/* In the order of enum smtplite_extension, from SMTPUTF8 on. */
static const char *const keywords[] = {
    "SMTPUTF8",    "CHUNKING",   "BINARYMIME",          "DSN",  "DELIVERBY", "FUTURERELEASE",
    "MT-PRIORITY", "REQUIRETLS", "ENHANCEDSTATUSCODES", "ETRN", "LIMITS",    "PRDR",
    NULL};

/* The number behind a name in the word at hand: "RCPTMAX=100". */
static void take_limit(const struct smtplite_session *s, const char *name, uint32_t *limit) {
    const char *p = s->word;
    while (*name != '\0' && *p == *name) {
        p++;
        name++;
    }
    if (*name == '\0')
        (void)smtplite_number_read(p, limit);
}

static void take_word(struct smtplite_session *s, unsigned extension) {
    if (extension == SMTPLITE_EXT_LIMITS) {
        take_limit(s, "RCPTMAX=", &s->rcpt_max);
        take_limit(s, "MAILMAX=", &s->mail_max);
    } else if (extension == SMTPLITE_EXT_DELIVERBY && s->by_min == 0) {
        (void)smtplite_number_read(s->word, &s->by_min);
    } else if (extension == SMTPLITE_EXT_FUTURERELEASE && s->hold_max == 0) {
        (void)smtplite_number_read(s->word, &s->hold_max);
    }
}

/* ---- What a mail may ask for ------------------------------------------------------------- */

/* Printable ASCII, and no more than max octets as xtext. */
static enum smtplite_error check_xtext(const char *text, size_t max) {
    size_t n = 0;
    enum smtplite_error error = smtplite_text_check(text);
    for (; error == SMTPLITE_E_OK && *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80)
            return SMTPLITE_E_NON_ASCII;
        n += *text == ' ' || *text == '+' || *text == '=' ? 3 : 1;
        if (n > max)
            return SMTPLITE_E_TOO_LONG;
    }
    return error;
}

/* RFC 3339, as far as a command can be hurt: which times there are is the server's business. */
static enum smtplite_error check_datetime(const char *text) {
    size_t n;
    enum smtplite_error error = smtplite_text_check(text);
    if (error != SMTPLITE_E_OK)
        return error;
    for (n = 0; text[n] != '\0'; n++) {
        char c = text[n];
        bool good = (c >= '0' && c <= '9') || c == '-' || c == '+' || c == ':' || c == '.' ||
                    c == 'T' || c == 'Z';
        if (!good)
            return SMTPLITE_E_ARGUMENT;
    }
    if (n > DATETIME_MAX)
        return SMTPLITE_E_TOO_LONG;
    return n > 0 ? SMTPLITE_E_OK : SMTPLITE_E_ARGUMENT;
}

static bool is_sound(const struct smtplite_options *o) {
    if (o->ret > SMTPLITE_RET_HDRS || o->by > SMTPLITE_BY_NOTIFY)
        return false;
    if (o->by_time > BY_MAX || o->by_time < -BY_MAX || o->hold_for > HOLD_MAX)
        return false;
    if (o->by == SMTPLITE_BY_RETURN && o->by_time <= 0)
        return false;
    if (o->hold_for > 0 && o->hold_until != NULL)
        return false;
    return !o->has_priority || (o->priority >= -9 && o->priority <= 9);
}

static enum smtplite_error check_options(const struct smtplite_options *o) {
    enum smtplite_error error = is_sound(o) ? SMTPLITE_E_OK : SMTPLITE_E_ARGUMENT;
    if (error == SMTPLITE_E_OK && o->envid != NULL)
        error = *o->envid != '\0' ? check_xtext(o->envid, ENVID_MAX) : SMTPLITE_E_ARGUMENT;
    if (error == SMTPLITE_E_OK && o->hold_until != NULL)
        error = check_datetime(o->hold_until);
    return error;
}

static enum smtplite_error check_recipient(const struct smtplite_recipient *r) {
    const unsigned known = SMTPLITE_NOTIFY_DELAY * 2 - 1;
    if (r->notify > known ||
        (r->notify > SMTPLITE_NOTIFY_NEVER && (r->notify & SMTPLITE_NOTIFY_NEVER) != 0))
        return SMTPLITE_E_ARGUMENT;
    enum smtplite_error error = smtplite_utf8_check(r->address);
    if (error != SMTPLITE_E_OK || r->orcpt == NULL)
        return error;
    if (*r->orcpt == '\0')
        return SMTPLITE_E_ARGUMENT;
    error = smtplite_address_check(r->orcpt, false);
    return error == SMTPLITE_E_OK ? check_xtext(r->orcpt, ORCPT_MAX) : error;
}

static enum smtplite_error check_mail(const struct smtplite_mail *mail) {
    enum smtplite_error error = smtplite_utf8_check(mail->from);
    if ((mail->flags & SMTPLITE_MAIL_EXACT) != 0 && mail->size == 0)
        return SMTPLITE_E_ARGUMENT;
    if (error == SMTPLITE_E_OK && mail->options != NULL)
        error = check_options(mail->options);
    for (size_t i = 0; i < mail->count && error == SMTPLITE_E_OK; i++)
        error = check_recipient(&mail->recipients[i]);
    return error;
}

/* ---- What is not offered ----------------------------------------------------------------- */

static unsigned needs_of_options(const struct smtplite_options *o) {
    unsigned needs = o->must;
    if (o->by != SMTPLITE_BY_UNSAID)
        needs |= SMTPLITE_EXT_DELIVERBY;
    if (o->hold_for > 0 || o->hold_until != NULL)
        needs |= SMTPLITE_EXT_FUTURERELEASE;
    if (o->require_tls)
        needs |= SMTPLITE_EXT_REQUIRETLS;
    return needs;
}

static unsigned needs_of(const struct smtplite_mail *mail) {
    unsigned needs = mail->options != NULL ? needs_of_options(mail->options) : 0;
    if (mail->flags & SMTPLITE_MAIL_UTF8)
        needs |= SMTPLITE_EXT_SMTPUTF8;
    if (mail->flags & SMTPLITE_MAIL_BINARY)
        needs |= SMTPLITE_EXT_CHUNKING | SMTPLITE_EXT_BINARYMIME;
    return needs;
}

/* Offered, but not for this: its bit counts as not offered. */
static unsigned out_of_bounds(const struct smtplite_session *s, const struct smtplite_options *o) {
    unsigned lacks = 0;
    if (o->by == SMTPLITE_BY_RETURN && (uint32_t)o->by_time < s->by_min)
        lacks |= SMTPLITE_EXT_DELIVERBY;
    if (s->hold_max > 0 && o->hold_for > s->hold_max)
        lacks |= SMTPLITE_EXT_FUTURERELEASE;
    if (o->require_tls && !s->verified)
        lacks |= SMTPLITE_EXT_REQUIRETLS;
    return lacks;
}

static const char *find_missing(const struct smtplite_session *s,
                                const struct smtplite_mail *mail) {
    unsigned lacks = needs_of(mail) & ~(unsigned)s->offered;
    unsigned bit = 0;
    if ((mail->flags & SMTPLITE_MAIL_ALL_OR_NOTHING) && s->rcpt_max > 0 &&
        mail->count > s->rcpt_max)
        return "RCPTMAX";
    if (mail->options != NULL)
        lacks |= out_of_bounds(s, mail->options);
    if (lacks == 0)
        return NULL;
    while ((lacks & (1u << bit)) == 0)
        bit++;
    return smtplite_keyword(s, bit);
}

const struct smtplite_extensions smtplite_extensions = {
    .keywords = keywords,
    .take_word = take_word,
    .check_mail = check_mail,
    .find_missing = find_missing,
    .prepare = smtplite_transaction_prepare,
    .is_left = smtplite_recipient_is_left,
    .go_on = smtplite_transaction_go_on,
    .ride = smtplite_mail_ride,
    .size_holds = smtplite_size_holds,
    .put_parameter = smtplite_parameter_put,
    .fill = smtplite_chunk_fill,
    .stop = smtplite_chunk_stop,
    .on_chunk = smtplite_on_chunk,
    .on_final = smtplite_on_final,
};
