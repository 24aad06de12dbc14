/* SPDX-License-Identifier: MIT */
/* Names and advice for people. Nothing in the engine calls these. */

#include "sasl/sasl.h"
#include "session.h"

const char *smtplite_phase_name(enum smtplite_phase phase) {
    static const char *const names[] = {
#define X_NAME(name, command) #name,
        SMTPLITE_PHASES(X_NAME)
#undef X_NAME
    };
    return (unsigned)phase < SMTPLITE_PHASE_COUNT ? names[phase] : "?";
}

const char *smtplite_outcome_name(enum smtplite_outcome outcome) {
    static const char *const names[] = {"NOT_SENT", "SENT", "PARTLY_SENT", "MAYBE_SENT"};
    return (unsigned)outcome < sizeof names / sizeof names[0] ? names[outcome] : "?";
}

const char *smtplite_error_name(enum smtplite_error error) {
    static const char *const names[] = {
#define X_NAME(name, help) #name,
        SMTPLITE_ERRORS(X_NAME)
#undef X_NAME
    };
    return (unsigned)error < SMTPLITE_E_COUNT ? names[error] : "?";
}

const char *smtplite_error_help(enum smtplite_error error) {
    static const char *const help[] = {
#define X_HELP(name, help) help,
        SMTPLITE_ERRORS(X_HELP)
#undef X_HELP
    };
    return (unsigned)error < SMTPLITE_E_COUNT ? help[error] : "?";
}

/* What is wrong with the masks and the login, in the order of smtplite_config_check. */
static const char *advise_values(const struct smtplite_config *config) {
    const struct smtplite_login *login = config->login;
    if (config->tls > SMTPLITE_TLS_NONE)
        return "config.tls is none of enum smtplite_tls";
    if ((config->flags & ~FLAGS_KNOWN) != 0)
        return "config.flags has a bit that is none of enum smtplite_flag (those of tls.h go into "
               "struct smtplite_tls_options)";
    if (((config->mechanisms | config->prefer) & ~SMTPLITE_AUTH_ANY) != 0)
        return "config.mechanisms or prefer has a bit that is none of enum smtplite_mechanism";
    if (config->mechanisms == 0 && config->user != NULL && *config->user != '\0')
        return "config.user is set, but config.mechanisms is 0: no login would be tried";
    if (login != NULL && login->exchange == NULL)
        return "config.login was not made by smtplite_login_init";
    if ((config->flags & SMTPLITE_LMTP) != 0 && config->extensions == NULL)
        return "SMTPLITE_LMTP needs config.extensions";
    if ((config->flags & SMTPLITE_LMTP) != 0 && (config->flags & SMTPLITE_HELO) != 0)
        return "SMTPLITE_LMTP says LHLO: SMTPLITE_HELO does not go with it";
    if (config->domain != NULL && *config->domain == '\0')
        return "config.domain is empty";
    return "";
}

/* Nothing that is allowed can be tried: what is missing? */
static const char *advise_needs(const struct smtplite_config *config) {
    const unsigned simple = SMTPLITE_AUTH_PLAIN | SMTPLITE_AUTH_LOGIN;
    if ((config->mechanisms & simple) != 0)
        return config->user == NULL ? "config.user is NULL" : "config.password is NULL";
    if (config->login == NULL)
        return "config.mechanisms needs config.login (login.h)";
    return "none of config.mechanisms was given what it needs: user and password and "
           "login.crypto for SCRAM and CRAM-MD5, login.token for OAuth, login.authzid for EXTERNAL";
}

static const char *advise_login(const struct smtplite_login *login) {
    if (login->token != NULL && (login->token_len == 0 || login->token_by_event))
        return "login.token needs login.token_len, and no token_by_event beside it";
    if (smtplite_iterations_max(login) < smtplite_iterations_min(login))
        return "login.iterations_max is below login.iterations_min";
    return "";
}

const char *smtplite_config_advice(const struct smtplite_config *config) {
    if (config == NULL)
        return "config is NULL";
    const char *advice = advise_values(config);
    if (*advice != '\0' || config->mechanisms == 0)
        return advice;
    if (smtplite_sasl_choose(config, config->mechanisms,
                             smtplite_sasl_given(config) | SMTPLITE_NEEDS_OF_CHANNEL) == 0)
        return advise_needs(config);
    return config->login != NULL ? advise_login(config->login) : "";
}
