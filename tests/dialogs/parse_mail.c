/* SPDX-License-Identifier: MIT */
/* What the application is to do: mails with their options, bodies, commands. */

#include "dialog.h"

#include <stdlib.h>
#include <string.h>

static const struct word_value mail_flags[] = {{"8bit", SMTPLITE_MAIL_8BIT},
                                               {"all_or_nothing", SMTPLITE_MAIL_ALL_OR_NOTHING},
                                               {"utf8", SMTPLITE_MAIL_UTF8},
                                               {"binary", SMTPLITE_MAIL_BINARY},
                                               {"exact", SMTPLITE_MAIL_EXACT},
                                               {"pieces", SMTPLITE_MAIL_PIECES},
                                               {NULL, 0}};
static const struct word_value ret_words[] = {
    {"full", SMTPLITE_RET_FULL}, {"hdrs", SMTPLITE_RET_HDRS}, {NULL, 0}};
static const struct word_value notify_words[] = {{"never", SMTPLITE_NOTIFY_NEVER},
                                                 {"success", SMTPLITE_NOTIFY_SUCCESS},
                                                 {"failure", SMTPLITE_NOTIFY_FAILURE},
                                                 {"delay", SMTPLITE_NOTIFY_DELAY},
                                                 {NULL, 0}};

static struct job *add_job(struct dialog *d, enum job_kind kind) {
    d->jobs = grow(d->jobs, d->job_count, sizeof *d->jobs);
    struct job *job = &d->jobs[d->job_count++];
    memset(job, 0, sizeof *job);
    job->kind = kind;
    return job;
}

static struct job *last_mail(const struct line *l, struct dialog *d) {
    struct job *job = d->job_count == 0 ? NULL : &d->jobs[d->job_count - 1];
    if (job == NULL || job->kind != JOB_MAIL) {
        die(l->file, l->number, "it must stand behind its mail");
    }
    return job;
}

/* A word as it stands, or in quotes with escapes. */
static const char *parse_text(const struct line *l, const char *v, size_t n) {
    return n > 0 && *v == '"' ? quoted(l, v, n) : arena_text(v, n);
}

static int32_t parse_signed(const char *v, size_t n) {
    return (int32_t)strtol(arena_text(v, n), NULL, 10);
}

static void take_recipients(struct job *job, const char *p, size_t len) {
    const char *item;
    size_t n;
    while (next_item(&p, &len, &item, &n)) {
        job->to = grow(job->to, job->to_count, sizeof *job->to);
        struct smtplite_recipient *to = &job->to[job->to_count++];
        *to = (struct smtplite_recipient){.address = arena_text(item, n)};
    }
}

/* `by=120,return,trace` */
static void take_by(const struct line *l, struct smtplite_options *o, const char *p, size_t len) {
    const char *item;
    size_t n;
    next_item(&p, &len, &item, &n);
    o->by_time = parse_signed(item, n);
    while (next_item(&p, &len, &item, &n)) {
        if (is_word(item, n, "trace")) {
            o->by_trace = true;
        } else if (is_word(item, n, "return")) {
            o->by = SMTPLITE_BY_RETURN;
        } else if (is_word(item, n, "notify")) {
            o->by = SMTPLITE_BY_NOTIFY;
        } else {
            die(l->file, l->number, "by=SECONDS,return or notify,trace");
        }
    }
}

static uint16_t parse_extensions(const struct line *l, const char *p, size_t len) {
    unsigned mask = 0;
    const char *item;
    size_t n;
    while (next_item(&p, &len, &item, &n)) {
        int bit = extension_by_name(item, n);
        if (bit == ANY) {
            die(l->file, l->number, "unknown extension %.*s", (int)n, item);
        }
        mask |= (unsigned)bit;
    }
    return (uint16_t)mask;
}

/* A word of struct smtplite_options; false: none. */
static bool take_option(const struct line *l, struct smtplite_options *o, const char *word,
                        size_t len) {
    const char *v;
    size_t n;
    if (is_word(word, len, "options")) {
        return true;
    }
    if (is_word(word, len, "require_tls")) {
        o->require_tls = true;
    } else if (is_pair(word, len, "envid", &v, &n)) {
        o->envid = parse_text(l, v, n);
    } else if (is_pair(word, len, "ret", &v, &n)) {
        o->ret = (uint8_t)parse_set(l, ret_words, v, n);
    } else if (is_pair(word, len, "by", &v, &n)) {
        take_by(l, o, v, n);
    } else if (is_pair(word, len, "hold_for", &v, &n)) {
        o->hold_for = parse_number(v, n);
    } else if (is_pair(word, len, "hold_until", &v, &n)) {
        o->hold_until = parse_text(l, v, n);
    } else if (is_pair(word, len, "priority", &v, &n)) {
        o->has_priority = true;
        o->priority = (int8_t)parse_signed(v, n);
    } else if (is_pair(word, len, "must", &v, &n)) {
        o->must = parse_extensions(l, v, n);
    } else {
        return false;
    }
    return true;
}

void take_mail(const struct line *l, struct dialog *d) {
    const char *text = l->value, *word, *v;
    size_t len, n;
    struct job *job = add_job(d, JOB_MAIL);
    while (next_word(&text, &word, &len)) {
        if (is_pair(word, len, "from", &v, &n)) {
            job->from = arena_text(v, n);
        } else if (is_pair(word, len, "to", &v, &n)) {
            take_recipients(job, v, n);
        } else if (is_pair(word, len, "size", &v, &n)) {
            job->size = parse_number(v, n);
        } else if (is_pair(word, len, "flags", &v, &n)) {
            job->flags = (uint16_t)parse_set(l, mail_flags, v, n);
        } else if (take_option(l, &job->options, word, len)) {
            job->has_options = true;
        } else {
            die(l->file, l->number, "unknown %.*s", (int)len, word);
        }
    }
}

/* `rcptopt: INDEX notify=success,delay orcpt=a@b` */
void take_rcptopt(const struct line *l, struct dialog *d) {
    const char *text = l->value, *word, *v;
    size_t len, n;
    struct job *job = last_mail(l, d);
    next_word(&text, &word, &len);
    size_t index = parse_number(word, len);
    if (index >= job->to_count) {
        die(l->file, l->number, "no recipient %zu", index);
    }
    while (next_word(&text, &word, &len)) {
        if (is_pair(word, len, "notify", &v, &n)) {
            job->to[index].notify = (uint8_t)parse_set(l, notify_words, v, n);
        } else if (is_pair(word, len, "orcpt", &v, &n)) {
            job->to[index].orcpt = parse_text(l, v, n);
        } else {
            die(l->file, l->number, "unknown %.*s", (int)len, word);
        }
    }
}

void take_again(const struct line *l, struct dialog *d) {
    static const struct word_value words[] = {
        {"yes", AGAIN_YES}, {"no", AGAIN_NO}, {"hold", AGAIN_HOLD}, {NULL, 0}};
    last_mail(l, d)->again = (enum again)parse_set(l, words, l->value, strlen(l->value));
}

void take_body(const struct line *l, struct dialog *d) {
    struct job *job = last_mail(l, d);
    job->pieces = grow(job->pieces, job->piece_count, sizeof *job->pieces);
    struct piece *piece = &job->pieces[job->piece_count++];
    memset(piece, 0, sizeof *piece);
    if (strcmp(l->value, "hold") == 0) {
        piece->kind = PIECE_HOLD;
    } else if (strcmp(l->value, "fail") == 0) {
        piece->kind = PIECE_FAIL;
    } else {
        piece->kind = PIECE_BYTES;
        piece->bytes = parse_terms(l, l->value);
    }
}

static void take_command(const struct line *l, struct dialog *d, const char *word, size_t len,
                         const char *rest) {
    static const struct word_value words[] = {
        {"vrfy", SMTPLITE_PHASE_VRFY}, {"expn", SMTPLITE_PHASE_EXPN}, {"help", SMTPLITE_PHASE_HELP},
        {"etrn", SMTPLITE_PHASE_ETRN}, {"ping", SMTPLITE_PHASE_NOOP}, {NULL, 0}};
    struct job *job = add_job(d, JOB_COMMAND);
    job->command = (int)parse_set(l, words, word, len);
    job->argument = *rest == '\0' ? NULL : rest + 1;
}

/* `noop`, `idle`, or what smtplite_command asks, and its argument: all behind one blank. */
void take_do(const struct line *l, struct dialog *d) {
    const char *text = l->value, *word;
    size_t len;
    if (strcmp(l->value, "noop") == 0) {
        add_job(d, JOB_NOOP);
    } else if (strcmp(l->value, "idle") == 0) {
        add_job(d, JOB_IDLE);
    } else if (next_word(&text, &word, &len)) {
        take_command(l, d, word, len, text);
    } else {
        die(l->file, l->number, "do what?");
    }
}
