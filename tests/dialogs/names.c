/* SPDX-License-Identifier: MIT */
/* The words of the dialog files, from the engine's own lists. */

#include "dialog.h"

#include <string.h>

static const char *const events[] = {"NONE",  "READY", "RECIPIENT", "TOKEN",  "BODY",
                                     "REPLY", "AGAIN", "DONE",      "CLOSED", "FAILED"};
static const char *const outcomes[] = {"NOT_SENT", "SENT", "PARTLY_SENT", "MAYBE_SENT"};
static const char *const fates[] = {"UNTRIED", "ACCEPTED", "DEFERRED",
                                    "REFUSED", "PENDING",  "MAYBE"};
static const char *const extensions[] = {
    "PIPELINING",     "8BITMIME", "STARTTLS",  "SIZE",          "SMTPUTF8",    "CHUNKING",
    "BINARYMIME",     "DSN",      "DELIVERBY", "FUTURERELEASE", "MT_PRIORITY", "REQUIRETLS",
    "ENHANCEDSTATUS", "ETRN",     "LIMITS",    "PRDR"};
#define X_ERROR(name, text) #name,
static const char *const errors[] = {SMTPLITE_ERRORS(X_ERROR)};
#define X_PHASE(name, command) #name,
static const char *const phases[] = {SMTPLITE_PHASES(X_PHASE)};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static int find_name(const char *const *list, size_t count, const char *name, size_t len) {
    for (size_t i = 0; i < count; i++) {
        if (strlen(list[i]) == len && memcmp(list[i], name, len) == 0) {
            return (int)i;
        }
    }
    return ANY;
}

int event_by_name(const char *name, size_t len) {
    return find_name(events, COUNT(events), name, len);
}

int phase_by_name(const char *name, size_t len) {
    return find_name(phases, COUNT(phases), name, len);
}

int outcome_by_name(const char *name, size_t len) {
    return find_name(outcomes, COUNT(outcomes), name, len);
}

int error_by_name(const char *name, size_t len) {
    return find_name(errors, COUNT(errors), name, len);
}

int fate_by_name(const char *name, size_t len) {
    return find_name(fates, COUNT(fates), name, len);
}

int extension_by_name(const char *name, size_t len) {
    int bit = find_name(extensions, COUNT(extensions), name, len);
    return bit == ANY ? ANY : 1 << bit;
}

static const char *name_of(const char *const *list, size_t count, int value) {
    return value >= 0 && (size_t)value < count ? list[value] : "?";
}

const char *event_name(int event) {
    return name_of(events, COUNT(events), event);
}

const char *outcome_name(int outcome) {
    return name_of(outcomes, COUNT(outcomes), outcome);
}

const char *error_name(int error) {
    return name_of(errors, COUNT(errors), error);
}

const char *phase_name(int phase) {
    return name_of(phases, COUNT(phases), phase);
}

const char *fate_name(int fate) {
    return name_of(fates, COUNT(fates), fate);
}
