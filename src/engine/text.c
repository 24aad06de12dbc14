/* SPDX-License-Identifier: MIT */
/*
 * What may stand in a command (B1 to B5). Every text of the caller passes here before anything
 * is sent: in smtplite_init and smtplite_submit. Nothing is changed or cut: it is taken or refused.
 */

#include "session.h"

#include "sasl/sasl.h"

#define LOCAL_MAX       64u  /* RFC 5321 4.5.3.1.1 */
#define DOMAIN_MAX      255u /* 4.5.3.1.2 */
#define PATH_MAX_OCTETS 254u /* 4.5.3.1.3: 256 with < and > */
#define CREDENTIAL_MAX  8192u
#define LENGTH_MAX      65535u /* no text is looked at further: every limit here is smaller */

size_t smtplite_text_length(const char *text) {
    size_t n = 0;
    while (n < LENGTH_MAX && text[n] != '\0')
        n++;
    return n;
}

bool smtplite_text_equal(const char *a, const char *b) {
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static bool is_control(char c) {
    unsigned char u = (unsigned char)c;
    return u < 0x20 || u == 0x7F;
}

enum smtplite_error smtplite_text_check(const char *text) {
    for (; *text != '\0'; text++)
        if (is_control(*text))
            return SMTPLITE_E_CONTROL;
    return SMTPLITE_E_OK;
}

/* Of octets outside quotes: what would end the path or the command. */
static bool breaks_path(char c) {
    return c == '<' || c == '>' || c == ' ';
}

/* An addr-spec's octets (RFC 5321 4.1.2). at: filled with the place of the @ that ends the local
 * part, or of the end. What an address means is the server's business. */
static enum smtplite_error check_octets(const char *p, bool utf8, size_t *at) {
    bool quoted = false;
    size_t i;
    *at = 0;
    for (i = 0; p[i] != '\0'; i++) {
        if (is_control(p[i]))
            return SMTPLITE_E_CONTROL;
        if ((unsigned char)p[i] >= 0x80 && !utf8)
            return SMTPLITE_E_NON_ASCII;
        if (!quoted && (breaks_path(p[i]) || (p[i] == '\\' && p[i + 1] == '\0')))
            return SMTPLITE_E_ADDRESS; /* a backslash at the end would take the > for its own */
        if (p[i] == '"') {
            if (quoted ? p[i + 1] != '@' && p[i + 1] != '\0' : i != 0)
                return SMTPLITE_E_ADDRESS; /* a quoted local part is quoted whole */
            quoted = !quoted;
        }
        if (quoted && p[i] == '\\' && (p[i + 1] == '"' || p[i + 1] == '\\'))
            i++; /* a quoted pair; any other octet behind \ is looked at like the rest */
        else if (!quoted && p[i] == '@')
            *at = i;
    }
    if (*at == 0)
        *at = i;
    return quoted ? SMTPLITE_E_ADDRESS : SMTPLITE_E_OK;
}

enum smtplite_error smtplite_address_check(const char *address, bool utf8) {
    size_t at;
    enum smtplite_error error = check_octets(address, utf8, &at);
    if (error != SMTPLITE_E_OK)
        return error;
    size_t n = smtplite_text_length(address);
    if (n > PATH_MAX_OCTETS || at > LOCAL_MAX || n - at > DOMAIN_MAX + 1)
        return SMTPLITE_E_TOO_LONG;
    return SMTPLITE_E_OK;
}

static enum smtplite_error check_domain(const char *domain) {
    size_t at;
    enum smtplite_error error = check_octets(domain, false, &at);
    if (*domain == '\0')
        return SMTPLITE_E_ARGUMENT;
    if (*domain == '"')
        return SMTPLITE_E_ADDRESS;
    if (error == SMTPLITE_E_OK && smtplite_text_length(domain) > DOMAIN_MAX)
        return SMTPLITE_E_TOO_LONG;
    return error;
}

static enum smtplite_error check_recipients(const struct smtplite_mail *mail, bool utf8) {
    enum smtplite_error error = SMTPLITE_E_OK;
    for (size_t i = 0; i < mail->count && error == SMTPLITE_E_OK; i++) {
        const char *address = mail->recipients[i].address;
        if (address == NULL)
            return SMTPLITE_E_ARGUMENT;
        error = *address == '\0' ? SMTPLITE_E_ADDRESS : smtplite_address_check(address, utf8);
    }
    return error;
}

/* Nothing in it that only config.extensions can say: it must not be passed over. */
static bool is_plain(const struct smtplite_mail *mail) {
    unsigned asked = mail->flags & (SMTPLITE_MAIL_UTF8 | SMTPLITE_MAIL_BINARY);
    for (size_t i = 0; i < mail->count; i++)
        asked |= mail->recipients[i].notify | (mail->recipients[i].orcpt != NULL);
    return asked == 0 && mail->options == NULL;
}

enum smtplite_error smtplite_mail_check(const struct smtplite_config *config,
                                        const struct smtplite_mail *mail) {
    if (mail == NULL || mail->from == NULL || mail->recipients == NULL || mail->count == 0 ||
        (mail->flags & ~MAIL_FLAGS_KNOWN) != 0)
        return SMTPLITE_E_ARGUMENT;
    bool utf8 = (mail->flags & SMTPLITE_MAIL_UTF8) != 0;
    enum smtplite_error error = smtplite_address_check(mail->from, utf8);
    if (error == SMTPLITE_E_OK)
        error = check_recipients(mail, utf8);
    if (error != SMTPLITE_E_OK)
        return error;
    if (config != NULL && config->extensions != NULL)
        return config->extensions->check_mail(mail);
    return is_plain(mail) ? SMTPLITE_E_OK : SMTPLITE_E_ARGUMENT;
}

enum smtplite_error smtplite_credential_check(const char *text) {
    if (text == NULL)
        return SMTPLITE_E_OK;
    if (smtplite_text_length(text) > CREDENTIAL_MAX)
        return SMTPLITE_E_TOO_LONG;
    return smtplite_text_check(text);
}

/* Some mechanism of those allowed can be tried with what was given. */
static enum smtplite_error check_logins(const struct smtplite_config *config) {
    if (config->mechanisms == 0)
        return SMTPLITE_E_OK;
    if (smtplite_sasl_choose(config, config->mechanisms,
                             smtplite_sasl_given(config) | SMTPLITE_NEEDS_OF_CHANNEL) == 0)
        return SMTPLITE_E_ARGUMENT;
    enum smtplite_error error = smtplite_credential_check(config->user);
    if (error == SMTPLITE_E_OK)
        error = smtplite_credential_check(config->password);
    if (error == SMTPLITE_E_OK && config->login != NULL)
        error = config->login->exchange->check(config->login);
    return error;
}

enum smtplite_error smtplite_config_check(const struct smtplite_config *config) {
    enum smtplite_error error = SMTPLITE_E_OK;
    if (config == NULL || config->tls > SMTPLITE_TLS_NONE || (config->flags & ~FLAGS_KNOWN) != 0 ||
        ((config->mechanisms | config->prefer) & ~SMTPLITE_AUTH_ANY) != 0)
        return SMTPLITE_E_ARGUMENT;
    /* A login that was set up and would never be tried is a mail that goes out without it. */
    if (config->mechanisms == 0 && config->user != NULL && *config->user != '\0')
        return SMTPLITE_E_ARGUMENT;
    if (config->login != NULL && config->login->exchange == NULL)
        return SMTPLITE_E_ARGUMENT; /* not made by smtplite_login_init */
    if ((config->flags & SMTPLITE_LMTP) != 0 &&
        (config->extensions == NULL || (config->flags & SMTPLITE_HELO) != 0))
        return SMTPLITE_E_ARGUMENT;
    if (config->domain != NULL)
        error = check_domain(config->domain);
    return error == SMTPLITE_E_OK ? check_logins(config) : error;
}
