/* SPDX-License-Identifier: MIT */
/* The small table of login mechanisms, and the choice among those of a table. */

#include "sasl/sasl.h"

#include "engine/text.h"

/* What is known without a struct smtplite_login; the whole table stands in all.c. */
static const struct smtplite_sasl *const plain_and_login[] = {
    &smtplite_sasl_plain,
    &smtplite_sasl_login,
    NULL,
};

static const struct smtplite_sasl *const *get_table(const struct smtplite_config *config) {
    const struct smtplite_login *login = config->login;
    return login != NULL && login->table != NULL ? login->table : plain_and_login;
}

const struct smtplite_sasl *smtplite_sasl_get(const struct smtplite_config *config,
                                              unsigned number) {
    return get_table(config)[number - 1];
}

uint16_t smtplite_sasl_find(const struct smtplite_config *config, const char *name) {
    for (const struct smtplite_sasl *const *m = get_table(config); *m != NULL; m++)
        if (smtplite_text_equal((*m)->name, name))
            return (*m)->bit;
    return 0;
}

static uint8_t given_by_login(const struct smtplite_login *login) {
    unsigned given = 0;
    if (login->crypto != NULL)
        given |= SMTPLITE_NEEDS_CRYPTO;
    if (login->token != NULL || login->token_by_event)
        given |= SMTPLITE_NEEDS_TOKEN;
    if (login->authzid != NULL)
        given |= SMTPLITE_NEEDS_AUTHZID;
    return (uint8_t)given;
}

uint8_t smtplite_sasl_given(const struct smtplite_config *config) {
    unsigned given = config->login != NULL ? given_by_login(config->login) : 0;
    if (config->user != NULL)
        given |= SMTPLITE_NEEDS_USER;
    if (config->password != NULL)
        given |= SMTPLITE_NEEDS_PASSWORD;
    return (uint8_t)given;
}

/* The strongest of a set; 0: it is empty. */
static unsigned first_of(const struct smtplite_config *config, unsigned set) {
    const struct smtplite_sasl *const *table = get_table(config);
    for (unsigned i = 0; table[i] != NULL; i++)
        if (table[i]->bit & set)
            return i + 1;
    return 0;
}

static unsigned usable(const struct smtplite_config *config, uint8_t given) {
    unsigned set = 0;
    for (const struct smtplite_sasl *const *m = get_table(config); *m != NULL; m++)
        if (((*m)->needs & ~given) == 0)
            set |= (*m)->bit;
    return set;
}

unsigned smtplite_sasl_choose(const struct smtplite_config *config, uint16_t offered,
                              uint8_t given) {
    unsigned can = usable(config, given);
    unsigned common = can & offered & config->mechanisms;
    if (common & config->prefer)
        return first_of(config, common & config->prefer);
    /* A10: outside the caller's list nothing is tried, but by the named leniency. */
    if (common == 0 && (config->flags & SMTPLITE_ALLOW_UNLISTED_LOGIN))
        common = can & (offered ? offered : SMTPLITE_AUTH_PLAIN);
    return first_of(config, common);
}
