/* SPDX-License-Identifier: MIT */
/* The table of login mechanisms, strongest first, and the choice among them. */

#include "sasl/sasl.h"

#include "engine/session.h"

static const struct smtplite_sasl *const mechanisms[SMTPLITE_SASL_COUNT] = {
    &smtplite_sasl_plain,
    &smtplite_sasl_login,
};

const struct smtplite_sasl *smtplite_sasl_get(unsigned number) {
    return mechanisms[number - 1];
}

uint16_t smtplite_sasl_find(const char *name) {
    for (unsigned i = 0; i < SMTPLITE_SASL_COUNT; i++)
        if (smtplite_text_equal(mechanisms[i]->name, name))
            return mechanisms[i]->bit;
    return 0;
}

static unsigned first_of(uint16_t set) {
    for (unsigned i = 0; i < SMTPLITE_SASL_COUNT; i++)
        if (mechanisms[i]->bit & set)
            return i + 1;
    return 0;
}

unsigned smtplite_sasl_choose(uint16_t offered, uint16_t allowed, uint16_t prefer, bool unlisted) {
    uint16_t common = offered & allowed;
    if (common & prefer)
        return first_of(common & prefer);
    /* A10: outside the caller's list nothing is tried, but by the named leniency. */
    if (common == 0 && unlisted)
        common = offered ? offered : SMTPLITE_AUTH_PLAIN;
    return first_of(common);
}
