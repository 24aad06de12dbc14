/* SPDX-License-Identifier: MIT */
/*
 * A matrix: each of its replies, in place of each labelled reply of each base dialog. What is then
 * to happen stands in the `at:` line of that label.
 */

#include "dialog.h"

#include <stdlib.h>
#include <string.h>

struct matrix {
    const struct section *section;
    const char *covers;
    const char *fails; /* NULL: it is to succeed */
    const struct dialogs *bases;
};

/* One `at:` line, taken apart. */
struct rule {
    const struct line *line;
    const char *labels, *then, *limit;
    size_t labels_len;
    char *result; /* the rest: as in a result: line */
    bool code_of_reply;
};

static bool has_prefix(const char *word, size_t len, const char *prefix) {
    size_t n = strlen(prefix);
    return len >= n && memcmp(word, prefix, n) == 0;
}

static void add_text(char *to, const char *word, size_t len) {
    size_t old = strlen(to);
    memcpy(to + old, word, len);
    memcpy(to + old + len, " ", 2);
}

static struct rule parse_rule(const struct line *l) {
    const char *text = l->value, *word;
    size_t len;
    struct rule rule = {.line = l, .then = "", .limit = ""};
    rule.result = arena(strlen(l->value) + 2);
    next_word(&text, &rule.labels, &rule.labels_len);
    while (next_word(&text, &word, &len)) {
        if (has_prefix(word, len, "then=")) {
            rule.then = arena_text(word + 5, len - 5);
        } else if (has_prefix(word, len, "limit=")) {
            rule.limit = arena_text(word + 6, len - 6);
        } else if (has_prefix(word, len, "code=reply")) {
            rule.code_of_reply = true;
        } else {
            add_text(rule.result, word, len);
        }
    }
    return rule;
}

/* ---- one generated dialog ----------------------------------------------------------------- */

static struct step *add(struct dialog *d, enum step_kind kind, int line) {
    struct step *step = &d->steps[d->step_count++];
    memset(step, 0, sizeof *step);
    step->kind = kind;
    step->line = line;
    step->label = "";
    return step;
}

static void add_copies(struct dialog *d, const struct dialog *base, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        d->steps[d->step_count++] = base->steps[i];
    }
}

static void add_exchange(struct dialog *d, const struct rule *rule, const char *client,
                         const char *server) {
    add(d, STEP_CLIENT, rule->line->number)->bytes = parse_plain(rule->line, client, true);
    add(d, STEP_SERVER, rule->line->number)->bytes = parse_plain(rule->line, server, true);
}

static bool tells_result(int event) {
    return event == SMTPLITE_EV_DONE || event == SMTPLITE_EV_FAILED || event == SMTPLITE_EV_CLOSED;
}

static void add_event(struct dialog *d, struct rule *rule, int event, int code) {
    struct want_event *want = &add(d, STEP_EVENT, rule->line->number)->event;
    *want =
        (struct want_event){.event = event, .index = ANY, .code = ANY, .line = rule->line->number};
    if (tells_result(event) && rule->result[0] != '\0') {
        parse_result(rule->line, rule->result, &want->result);
        want->result.code = rule->code_of_reply ? code : want->result.code;
    }
}

/* DONE of the mail before the one that the rule is about. */
static void add_sent(struct dialog *d, const struct rule *rule) {
    struct want_event *want = &add(d, STEP_EVENT, rule->line->number)->event;
    *want = (struct want_event){
        .event = SMTPLITE_EV_DONE, .index = ANY, .code = ANY, .line = rule->line->number};
    parse_result(rule->line, "outcome=SENT error=OK", &want->result);
}

/* The other replies of the same block: a pipelining server gives them all the same. */
static void add_rest(struct dialog *d, const struct dialog *base, size_t from) {
    for (; from < base->step_count; from++) {
        enum step_kind kind = base->steps[from].kind;
        if (kind == STEP_SERVER) {
            d->steps[d->step_count++] = base->steps[from];
        } else if (kind != STEP_EVENT) {
            return;
        }
    }
}

static void add_then(struct dialog *d, struct rule *rule, const struct dialog *base, size_t from,
                     int code) {
    const char *word = rule->then;
    while (*word != '\0') {
        size_t len = strcspn(word, ",");
        const char *name = arena_text(word, len);
        int event = event_by_name(word, len);
        if (event != ANY) {
            add_event(d, rule, event, code);
        } else if (strcmp(name, "QUIT") == 0) {
            add_exchange(d, rule, "QUIT", "221 2.0.0 bye");
        } else if (strcmp(name, "SENT") == 0) {
            add_sent(d, rule);
        } else if (strcmp(name, "STAR") == 0) {
            add_exchange(d, rule, "*", "501 5.5.2 cancelled");
        } else if (strcmp(name, "DOT") == 0) {
            add_exchange(d, rule, ".", "554 5.5.1 nobody");
        } else if (strcmp(name, "REST") == 0) {
            add_rest(d, base, from);
        } else if (strcmp(name, "SAME") == 0) {
            add_copies(d, base, from, base->step_count);
        } else {
            die(rule->line->file, rule->line->number, "then what: %s", name);
        }
        word += len + (word[len] == ',');
    }
}

static int code_of(const struct bytes *reply) {
    return reply->len < 3 ? 0 : (int)strtoul(arena_text(reply->p, 3), NULL, 10);
}

/* `###` stands for the code that is right there. */
static void put_code(struct bytes *reply, const char *code) {
    for (size_t i = 0; i + 3 <= reply->len; i++) {
        if (memcmp(reply->p + i, "###", 3) == 0) {
            memcpy(reply->p + i, code, 3);
        }
    }
}

/* Gives the reply's code, 0 for a call. right: what the base has in its place. */
static int add_reply(struct dialog *d, const struct line *reply, const struct rule *rule,
                     const struct step *right) {
    if (reply->value[0] == '!') {
        struct step *step = add(d, STEP_CALL, reply->number);
        step->call = reply->value + 1;
        step->argument = strcmp(step->call, "timeout") == 0 ? rule->limit : "";
        return 0;
    }
    struct step *step = add(d, STEP_SERVER, reply->number);
    bool terms = strcmp(reply->key, "reply*") == 0;
    step->bytes = terms ? parse_terms(reply, reply->value) : parse_plain(reply, reply->value, true);
    put_code(&step->bytes, right->bytes.p);
    return code_of(&step->bytes);
}

static const char *make_name(const struct matrix *m, const struct dialog *base, const char *label,
                             const struct line *reply) {
    char name[300];
    snprintf(name, sizeof name, "%s: %s, %s: %.100s", m->section->name, base->name, label,
             reply->value);
    return arena_text(name, strlen(name));
}

static size_t end_of_reply(const struct dialog *base, size_t at) {
    do {
        at++;
    } while (at < base->step_count && base->steps[at].kind == STEP_SERVER &&
             base->steps[at].label[0] == '\0');
    return at;
}

/* The block in which this step went. */
static int block_with(const struct dialog *d, size_t step) {
    size_t server = 0;
    for (size_t i = 0; i <= step; i++) {
        server += d->steps[i].kind == STEP_SERVER ? d->steps[i].bytes.len : 0;
    }
    for (size_t i = 0; i < d->block_count; i++) {
        const struct block *b = &d->blocks[i];
        if (b->kind == STEP_SERVER && b->bytes.p + b->bytes.len >= d->server.p + server) {
            return (int)i;
        }
    }
    return ANY;
}

static void make_one(const struct matrix *m, struct rule rule, const struct dialog *base, size_t at,
                     const struct line *reply, struct dialogs *list) {
    struct dialog *d = add_dialog(list);
    *d = *base;
    d->name = make_name(m, base, base->steps[at].label, reply);
    d->file = m->section->lines[0].file;
    d->line = rule.line->number;
    d->covers = m->covers;
    d->fails = m->fails;
    d->generated = true;
    d->steps = arena((base->step_count + 64) * sizeof *d->steps);
    d->step_count = 0;
    add_copies(d, base, 0, at);
    int code = add_reply(d, reply, &rule, &base->steps[at]);
    add_then(d, &rule, base, end_of_reply(base, at), code);
    join_steps(d);
    d->split_block = block_with(d, at);
}

static bool expand_label(const struct matrix *m, const struct rule *rule, const struct dialog *base,
                         const char *label, size_t len, struct dialogs *list) {
    for (size_t at = 0; at < base->step_count; at++) {
        const char *have = base->steps[at].label;
        if (base->steps[at].kind != STEP_SERVER || strlen(have) != len ||
            memcmp(have, label, len) != 0) {
            continue;
        }
        for (size_t i = 0; i < m->section->count; i++) {
            const struct line *l = &m->section->lines[i];
            if (strcmp(l->key, "reply") == 0 || strcmp(l->key, "reply*") == 0) {
                make_one(m, *rule, base, at, l, list);
            }
        }
        return true;
    }
    return false;
}

const struct dialog *base_of(const struct line *l, const struct dialogs *list) {
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].name, l->value) == 0) {
            return &list->items[i];
        }
    }
    die(l->file, l->number, "no case %s", l->value);
}

static bool expand_bases(const struct matrix *m, const struct rule *rule, const char *label,
                         size_t len, struct dialogs *list) {
    bool found = false;
    for (size_t i = 0; i < m->section->count; i++) {
        const struct line *l = &m->section->lines[i];
        if (strcmp(l->key, "base") == 0) {
            found |= expand_label(m, rule, base_of(l, m->bases), label, len, list);
        }
    }
    return found;
}

static void expand_rule(const struct matrix *m, const struct line *l, struct dialogs *list) {
    struct rule rule = parse_rule(l);
    const char *label = rule.labels;
    for (size_t left = rule.labels_len; left > 0;) {
        const char *comma = memchr(label, ',', left);
        size_t len = comma == NULL ? left : (size_t)(comma - label);
        if (!expand_bases(m, &rule, label, len, list)) {
            die(l->file, l->number, "no base has the label %.*s", (int)len, label);
        }
        left -= len + (comma != NULL);
        label += len + 1;
    }
}

static const char *find_value(const struct section *section, const char *key) {
    for (size_t i = 0; i < section->count; i++) {
        if (strcmp(section->lines[i].key, key) == 0) {
            return section->lines[i].value;
        }
    }
    return NULL;
}

/* Puts the lines of the parts in the place of `use:`. */
static void flatten(const struct sections *all, const struct section *from, struct section *to) {
    for (size_t i = 0; i < from->count; i++) {
        const struct line *l = &from->lines[i];
        if (strcmp(l->key, "use") != 0) {
            add_line(to, l);
            continue;
        }
        const struct section *part = find_section(all, "part", l->value);
        if (part == NULL) {
            die(l->file, l->number, "no part %s", l->value);
        }
        flatten(all, part, to);
    }
}

void expand_matrices(const struct sections *all, struct dialogs *list) {
    struct dialogs bases = *list;
    for (size_t i = 0; i < all->count; i++) {
        const struct section *section = &all->items[i];
        if (strcmp(section->kind, "matrix") != 0) {
            continue;
        }
        struct section flat = {.kind = section->kind, .name = section->name};
        flatten(all, section, &flat);
        struct matrix m = {.section = &flat,
                           .covers = find_value(&flat, "covers"),
                           .fails = find_value(&flat, "fails"),
                           .bases = &bases};
        if (m.covers == NULL) {
            die(flat.lines[0].file, flat.lines[0].number, "no line covers:");
        }
        for (size_t n = 0; n < flat.count; n++) {
            if (strcmp(flat.lines[n].key, "at") == 0) {
                expand_rule(&m, &flat.lines[n], list);
            }
        }
    }
}
