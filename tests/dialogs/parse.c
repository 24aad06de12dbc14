/* SPDX-License-Identifier: MIT */
/* A section of lines to a dialog. README.md has the words; each line's handler stands alone. */

#include "dialog.h"

#include <stdlib.h>
#include <string.h>

bool is_word(const char *word, size_t len, const char *name) {
    return strlen(name) == len && memcmp(word, name, len) == 0;
}

/* `key=value`: true if the key is this one; *value and *value_len are then its value */
bool is_pair(const char *word, size_t len, const char *key, const char **value, size_t *value_len) {
    size_t n = strlen(key);
    if (len <= n || memcmp(word, key, n) != 0 || word[n] != '=') {
        return false;
    }
    *value = word + n + 1;
    *value_len = len - n - 1;
    return true;
}

/* The next of a list with commas. */
bool next_item(const char **p, size_t *len, const char **item, size_t *item_len) {
    if (*len == 0) {
        return false;
    }
    const char *comma = memchr(*p, ',', *len);
    *item = *p;
    *item_len = comma == NULL ? *len : (size_t)(comma - *p);
    *len -= *item_len + (comma != NULL);
    *p += *item_len + (comma != NULL);
    return true;
}

static const struct word_value session_flags[] = {
    {"helo", SMTPLITE_HELO},
    {"lockstep", SMTPLITE_LOCKSTEP},
    {"allow_no_login", SMTPLITE_ALLOW_NO_LOGIN},
    {"allow_clear_login", SMTPLITE_ALLOW_CLEAR_LOGIN},
    {"allow_unlisted_login", SMTPLITE_ALLOW_UNLISTED_LOGIN},
    {"allow_8bit", SMTPLITE_ALLOW_8BIT},
    {"allow_leading_blank", SMTPLITE_ALLOW_LEADING_BLANK},
    {"allow_nul_padding", SMTPLITE_ALLOW_NUL_PADDING},
    {"allow_unverified", SMTPLITE_ALLOW_UNVERIFIED},
    {"lmtp", SMTPLITE_LMTP},
    {"no_chunking", SMTPLITE_NO_CHUNKING},
    {NULL, 0}};
static const struct word_value mechanisms[] = {
    {"plain", SMTPLITE_AUTH_PLAIN},
    {"login", SMTPLITE_AUTH_LOGIN},
    {"cram-md5", SMTPLITE_AUTH_CRAM_MD5},
    {"xoauth2", SMTPLITE_AUTH_XOAUTH2},
    {"oauthbearer", SMTPLITE_AUTH_OAUTHBEARER},
    {"external", SMTPLITE_AUTH_EXTERNAL},
    {"scram-sha-1", SMTPLITE_AUTH_SCRAM_SHA_1},
    {"scram-sha-256", SMTPLITE_AUTH_SCRAM_SHA_256},
    {"scram-sha-1-plus", SMTPLITE_AUTH_SCRAM_SHA_1_PLUS},
    {"scram-sha-256-plus", SMTPLITE_AUTH_SCRAM_SHA_256_PLUS},
    {"any", SMTPLITE_AUTH_ANY},
    {NULL, 0}};
static const struct word_value switches[] = {{"on", 1}, {"off", 0}, {NULL, 0}};
static const struct word_value tls_kinds[] = {{"required", SMTPLITE_TLS_REQUIRED},
                                              {"implicit", SMTPLITE_TLS_IMPLICIT},
                                              {"none", SMTPLITE_TLS_NONE},
                                              {NULL, 0}};

unsigned parse_set(const struct line *l, const struct word_value *words, const char *p,
                   size_t len) {
    unsigned set = 0;
    const char *item;
    size_t item_len;
    while (next_item(&p, &len, &item, &item_len)) {
        const struct word_value *w = words;
        while (w->word != NULL && !is_word(item, item_len, w->word)) {
            w++;
        }
        if (w->word == NULL) {
            die(l->file, l->number, "unknown word %.*s", (int)item_len, item);
        }
        set |= w->value;
    }
    return set;
}

uint32_t parse_number(const char *p, size_t len) {
    return (uint32_t)strtoul(arena_text(p, len), NULL, 10);
}

static void take_config(const struct line *l, struct dialog *d) {
    const char *text = l->value, *word, *v;
    size_t len, n;
    struct smtplite_config *c = &d->config;
    while (next_word(&text, &word, &len)) {
        if (is_pair(word, len, "tls", &v, &n)) {
            c->tls = (uint8_t)parse_set(l, tls_kinds, v, n);
        } else if (is_pair(word, len, "flags", &v, &n)) {
            c->flags = (uint16_t)parse_set(l, session_flags, v, n);
        } else if (is_pair(word, len, "extensions", &v, &n)) {
            c->extensions = parse_set(l, switches, v, n) != 0 ? &smtplite_extensions : NULL;
        } else if (is_pair(word, len, "mechanisms", &v, &n)) {
            c->mechanisms = (uint16_t)parse_set(l, mechanisms, v, n);
        } else if (is_pair(word, len, "prefer", &v, &n)) {
            c->prefer = (uint16_t)parse_set(l, mechanisms, v, n);
        } else if (is_pair(word, len, "domain", &v, &n)) {
            c->domain = arena_text(v, n);
        } else if (is_pair(word, len, "user", &v, &n)) {
            c->user = arena_text(v, n);
        } else if (is_pair(word, len, "password", &v, &n)) {
            c->password = arena_text(v, n);
        } else if (is_pair(word, len, "prompt_max", &v, &n)) {
            c->prompt_max = (uint16_t)parse_number(v, n);
        } else if (!take_login_word(l, d, word, len)) {
            die(l->file, l->number, "unknown %.*s", (int)len, word);
        }
    }
}

uint32_t *wait_member(struct smtplite_waits *w, const char *name, size_t len) {
    static const char *const names[] = {"greeting", "tls",     "command", "data",
                                        "block",    "message", "quit"};
    uint32_t *const members[] = {&w->greeting, &w->tls,     &w->command, &w->data,
                                 &w->block,    &w->message, &w->quit};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (is_word(name, len, names[i])) {
            return members[i];
        }
    }
    return NULL;
}

static void take_waits(const struct line *l, struct dialog *d) {
    const char *text = l->value, *word;
    size_t len;
    while (next_word(&text, &word, &len)) {
        const char *equal = memchr(word, '=', len);
        uint32_t *member =
            equal == NULL ? NULL : wait_member(&d->waits, word, (size_t)(equal - word));
        if (member == NULL) {
            die(l->file, l->number, "unknown wait %.*s", (int)len, word);
        }
        *member = (uint32_t)strtoul(equal + 1, NULL, 10);
    }
    d->config.waits = &d->waits;
}

void *grow(void *items, size_t count, size_t size) {
    if (count > 0 && (count & (count - 1)) != 0) {
        return items;
    }
    char *bigger = arena((count == 0 ? 1 : count * 2) * size);
    if (count > 0) {
        memcpy(bigger, items, count * size);
    }
    return bigger;
}

static void take_quit(const struct line *l, struct dialog *d) {
    static const char *const names[] = {"late", "early", "first"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(l->value, names[i]) == 0) {
            d->quit = (enum quit_when)i;
            return;
        }
    }
    die(l->file, l->number, "quit when?");
}

static void take_next(const struct line *l, struct dialog *d) {
    static const struct word_value words[] = {{"late", NEXT_LATE},
                                              {"early", NEXT_EARLY},
                                              {"body", NEXT_BODY},
                                              {"first", NEXT_FIRST},
                                              {NULL, 0}};
    d->next = (enum next_when)parse_set(l, words, l->value, strlen(l->value));
}

static void take_spoil(const struct line *l, struct dialog *d) {
    static const struct word_value words[] = {
        {"result", SPOIL_RESULT},     {"accepted", SPOIL_ACCEPTED}, {"pending", SPOIL_PENDING},
        {"answered", SPOIL_ANSWERED}, {"late", SPOIL_LATE},         {NULL, 0}};
    d->spoil = (enum spoil)parse_set(l, words, l->value, strlen(l->value));
}

static void take_covers(const struct line *l, struct dialog *d) {
    size_t old = d->covers == NULL ? 0 : strlen(d->covers);
    char *both = arena(old + strlen(l->value) + 2);
    if (old > 0) {
        memcpy(both, d->covers, old);
        both[old++] = ' ';
    }
    memcpy(both + old, l->value, strlen(l->value));
    d->covers = both;
}

static void take_fails(const struct line *l, struct dialog *d) {
    d->fails = l->value;
}

static void take_segment(const struct line *l, struct dialog *d) {
    (void)l;
    d->one_segment = true;
}

static void take_secret(const struct line *l, struct dialog *d) {
    d->secrets = grow(d->secrets, d->secret_count, sizeof *d->secrets);
    d->secrets[d->secret_count++] = parse_plain(l, l->value, false).p;
}

/* ---- steps -------------------------------------------------------------------------------- */

static struct step *add_step(const struct line *l, struct dialog *d, enum step_kind kind) {
    d->steps = grow(d->steps, d->step_count, sizeof *d->steps);
    struct step *step = &d->steps[d->step_count++];
    memset(step, 0, sizeof *step);
    step->kind = kind;
    step->line = l->number;
    step->label = l->label;
    return step;
}

static void take_client(const struct line *l, struct dialog *d) {
    add_step(l, d, STEP_CLIENT)->bytes = parse_plain(l, l->value, true);
}

static void take_client_part(const struct line *l, struct dialog *d) {
    struct step *step = add_step(l, d, STEP_CLIENT);
    step->bytes = parse_plain(l, l->value, false);
    step->partial = true;
}

static void take_client_terms(const struct line *l, struct dialog *d) {
    add_step(l, d, STEP_CLIENT)->bytes = parse_terms(l, l->value);
}

static void take_server(const struct line *l, struct dialog *d) {
    add_step(l, d, STEP_SERVER)->bytes = parse_plain(l, l->value, true);
}

static void take_server_terms(const struct line *l, struct dialog *d) {
    add_step(l, d, STEP_SERVER)->bytes = parse_terms(l, l->value);
}

const char *quoted(const struct line *l, const char *word, size_t len) {
    if (len < 2 || word[0] != '"' || word[len - 1] != '"') {
        die(l->file, l->number, "text wants quotes");
    }
    return parse_plain(l, arena_text(word + 1, len - 2), false).p;
}

static void take_event(const struct line *l, struct dialog *d) {
    const char *text = l->value, *word;
    size_t len;
    struct step *step = add_step(l, d, STEP_EVENT);
    struct want_event *want = &step->event;
    *want = (struct want_event){.index = ANY, .code = ANY, .line = l->number};
    next_word(&text, &word, &len);
    want->event = event_by_name(word, len);
    if (want->event == ANY) {
        die(l->file, l->number, "unknown event");
    }
    while (next_word(&text, &word, &len)) {
        if (*word == '"') {
            want->text = quoted(l, word, len);
        } else if (want->event == SMTPLITE_EV_RECIPIENT && want->index == ANY) {
            want->index = (int)parse_number(word, len);
        } else {
            want->code = (int)parse_number(word, len);
        }
    }
}

static bool parse_enhanced(const char *word, size_t len, struct smtplite_enhanced *out) {
    unsigned klass, subject, detail;
    if (sscanf(arena_text(word, len), "%u.%u.%u", &klass, &subject, &detail) != 3) {
        return false;
    }
    *out = (struct smtplite_enhanced){(uint8_t)klass, (uint16_t)subject, (uint16_t)detail};
    return true;
}

static int known(const struct line *l, int value, const char *word, size_t len) {
    if (value == ANY) {
        die(l->file, l->number, "unknown word %.*s", (int)len, word);
    }
    return value;
}

void parse_result(const struct line *l, const char *text, struct want_result *want) {
    const char *word, *v;
    size_t len, n;
    if (!want->stated) {
        *want = (struct want_result){true, ANY, ANY, ANY, ANY, true, {0, 0, 0}, NULL, NULL, 0};
    }
    while (next_word(&text, &word, &len)) {
        if (is_pair(word, len, "outcome", &v, &n)) {
            want->outcome = known(l, outcome_by_name(v, n), v, n);
        } else if (is_pair(word, len, "error", &v, &n)) {
            want->error = known(l, error_by_name(v, n), v, n);
        } else if (is_pair(word, len, "phase", &v, &n)) {
            want->phase = known(l, phase_by_name(v, n), v, n);
        } else if (is_pair(word, len, "code", &v, &n)) {
            want->code = (int)parse_number(v, n);
        } else if (is_pair(word, len, "enhanced", &v, &n)) {
            want->any_enhanced = false;
            known(l, parse_enhanced(v, n, &want->enhanced) ? 0 : ANY, v, n);
        } else if (is_pair(word, len, "text", &v, &n)) {
            want->text = quoted(l, v, n);
        } else {
            die(l->file, l->number, "unknown %.*s", (int)len, word);
        }
    }
}

static struct want_event *last_event(const struct line *l, struct dialog *d) {
    if (d->step_count == 0 || d->steps[d->step_count - 1].kind != STEP_EVENT) {
        die(l->file, l->number, "it must stand behind its E: line");
    }
    return &d->steps[d->step_count - 1].event;
}

static void take_result(const struct line *l, struct dialog *d) {
    parse_result(l, l->value, &last_event(l, d)->result);
}

static void take_next_result(const struct line *l, struct dialog *d) {
    parse_result(l, l->value, &last_event(l, d)->next);
}

static void add_rcpt(const struct line *l, struct want_result *want) {
    struct want_recipient one = {ANY, ANY, true, {0, 0, 0}};
    const char *text = l->value, *word;
    size_t len;
    next_word(&text, &word, &len);
    one.fate = known(l, fate_by_name(word, len), word, len);
    if (next_word(&text, &word, &len)) {
        one.code = (int)parse_number(word, len);
    }
    if (next_word(&text, &word, &len)) {
        one.any_enhanced = false;
        known(l, parse_enhanced(word, len, &one.enhanced) ? 0 : ANY, word, len);
    }
    parse_result(l, "", want);
    want->recipients = grow(want->recipients, want->count, sizeof *want->recipients);
    want->recipients[want->count++] = one;
}

static void take_rcpt(const struct line *l, struct dialog *d) {
    add_rcpt(l, &last_event(l, d)->result);
}

static void take_next_rcpt(const struct line *l, struct dialog *d) {
    add_rcpt(l, &last_event(l, d)->next);
}

static void take_call(const struct line *l, struct dialog *d) {
    static const char *const calls[] = {"!eof",   "!reset",  "!timeout", "!cancel", "!tls",
                                        "!quit",  "!body",   "!submit",  "!wants",  "!token",
                                        "!again", "!offers", "!left",    "!limit",  NULL};
    for (const char *const *call = calls; *call != NULL; call++) {
        if (strcmp(l->key, *call) == 0) {
            struct step *step = add_step(l, d, STEP_CALL);
            step->call = l->key + 1;
            step->argument = l->value;
            return;
        }
    }
    die(l->file, l->number, "unknown line %s", l->key);
}

static void take_nothing(const struct line *l, struct dialog *d) {
    (void)l;
    (void)d;
}

static const struct handler {
    const char *key;
    void (*take)(const struct line *l, struct dialog *d);
} handlers[] = {
    {"case", take_nothing},
    {"part", take_nothing},
    {"covers", take_covers},
    {"fails", take_fails},
    {"config", take_config},
    {"waits", take_waits},
    {"mail", take_mail},
    {"body", take_body},
    {"do", take_do},
    {"quit", take_quit},
    {"segment", take_segment},
    {"secret", take_secret},
    {"C", take_client},
    {"C>", take_client_part},
    {"C*", take_client_terms},
    {"S", take_server},
    {"S*", take_server_terms},
    {"E", take_event},
    {"result", take_result},
    {"rcpt", take_rcpt},
    {"token", take_token},
    {"random", take_random},
    {"rcptopt", take_rcptopt},
    {"again", take_again},
    {"next", take_next},
    {"next_result", take_next_result},
    {"next_rcpt", take_next_rcpt},
    {"spoil", take_spoil},
};

static void take_lines(const struct sections *all, const struct section *from, struct dialog *d);

static void take_use(const struct sections *all, const struct line *l, struct dialog *d) {
    const struct section *part = find_section(all, "part", l->value);
    if (part == NULL) {
        die(l->file, l->number, "no part %s", l->value);
    }
    take_lines(all, part, d);
}

static void take_line(const struct line *l, struct dialog *d) {
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) {
        if (strcmp(l->key, handlers[i].key) == 0) {
            handlers[i].take(l, d);
            return;
        }
    }
    take_call(l, d);
}

static void take_lines(const struct sections *all, const struct section *from, struct dialog *d) {
    for (size_t i = 0; i < from->count; i++) {
        if (strcmp(from->lines[i].key, "use") == 0) {
            take_use(all, &from->lines[i], d);
        } else {
            take_line(&from->lines[i], d);
        }
    }
}

void make_dialog(const struct sections *all, const struct section *from, struct dialog *d) {
    memset(d, 0, sizeof *d);
    d->file = from->lines[0].file;
    d->name = from->name;
    d->line = from->lines[0].number;
    d->covers = "";
    d->split_block = ANY;
    take_lines(all, from, d);
    join_steps(d);
}

struct dialog *add_dialog(struct dialogs *list) {
    list->items = grow(list->items, list->count, sizeof *list->items);
    return &list->items[list->count++];
}
