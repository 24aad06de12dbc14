/* SPDX-License-Identifier: MIT */
/* Names and advice for people. Nothing in the engine calls these. */

#include "smtplite/engine.h"

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
