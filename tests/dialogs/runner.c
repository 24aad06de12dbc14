/* SPDX-License-Identifier: MIT */
/*
 * Runs dialogs against the engine:
 *   runner [--only NAME] [--coverage FILE] FILE.smtp ...   all of them, in all ways
 *   runner --quick ...                                     without the splits at every place
 *   runner --rows FILE.smtp ...                            which rows of robustness are covered
 *   runner --wrong FILE.smtp ...                           each must fail, as its `fails:` says
 */

#define _DEFAULT_SOURCE

#include "dialog.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A block longer than SPLIT_ALL is split near its two ends and at a few places between. */
enum { TEXT_FULL = 4096, SPLIT_ALL = 700, SPLIT_EDGE = 12, SPLIT_PLACES = 8 };

static const struct mode whole = {.name = "whole", .text_size = TEXT_FULL};

static const struct mode modes[] = {
    {.name = "input in single octets", .in_max = 1, .text_size = TEXT_FULL},
    {.name = "output in single octets", .out_max = 1, .text_size = TEXT_FULL},
    {.name = "both in single octets", .in_max = 1, .out_max = 1, .text_size = TEXT_FULL},
    {.name = "input in threes, output in sevens",
     .in_max = 3,
     .out_max = 7,
     .text_size = TEXT_FULL},
    {.name = "output over-acknowledged", .over_ack = true, .text_size = TEXT_FULL},
    {.name = "body and token in single octets", .piece_max = 1, .text_size = TEXT_FULL},
    {.name = "body and token in twos", .piece_max = 2, .out_max = 1, .text_size = TEXT_FULL},
    {.name = "no text buffer", .text_size = 0},
    {.name = "text buffer of 1", .in_max = 1, .text_size = 1},
    {.name = "text buffer of 16", .text_size = 16},
    {.name = "text buffer of 160", .in_max = 1, .text_size = 160},
};
enum { MODES = sizeof modes / sizeof *modes };

static const struct mode drained = {
    .name = "answers between octets", .in_max = 1, .drain = true, .text_size = TEXT_FULL};

static struct play reference, other;
static struct room rooms[2];
static size_t plays;
static bool quick;

static void play_all(struct play *p, const struct dialog *d, const struct mode *m) {
    play_begin(p, d, m, &rooms[0]);
    while (play_move(p)) {
    }
    plays++;
}

static bool report(const struct dialog *d, const char *how, const char *why) {
    printf("FAILED %s:%d %s (%s): %s\n", d->file, d->line, d->name, how, why);
    return false;
}

static bool run_mode(const struct dialog *d, const struct mode *m) {
    char why[600];
    play_all(&other, d, m);
    if (other.why[0] != '\0') {
        return report(d, m->name, other.why);
    }
    return same_log(&reference, &other, why, sizeof why) || report(d, m->name, why);
}

/* ---- every split -------------------------------------------------------------------------- */

static size_t next_split(size_t pos, size_t len) {
    bool inside = len > SPLIT_ALL && pos >= SPLIT_EDGE && pos + SPLIT_EDGE < len;
    return inside ? pos + len / SPLIT_PLACES : pos + 1;
}

static bool run_splits_of(const struct dialog *d, size_t block) {
    char name[60];
    size_t len = d->blocks[block].bytes.len;
    for (size_t pos = 1; pos < len; pos = next_split(pos, len)) {
        struct mode m = {.name = name, .text_size = 160, .split_block = block, .split_pos = pos};
        snprintf(name, sizeof name, "block at line %d split at %zu", d->blocks[block].line, pos);
        if (!run_mode(d, &m)) {
            return false;
        }
    }
    return true;
}

static bool run_splits(const struct dialog *d) {
    for (size_t i = 0; i < d->block_count; i++) {
        bool worth = !d->generated || d->split_block == (int)i;
        if (worth && d->blocks[i].kind == STEP_SERVER && !run_splits_of(d, i)) {
            return false;
        }
    }
    return true;
}

/* A token in pieces of every length. */
static bool run_pieces(const struct dialog *d) {
    char name[60];
    size_t longest = 0;
    for (size_t i = 0; i < d->login.token_count; i++) {
        size_t len = d->login.token[i].bytes.len;
        longest = len > longest ? len : longest;
    }
    for (size_t n = 3; n < longest; n = next_split(n, longest)) {
        struct mode m = {.name = name, .text_size = 160, .piece_max = n};
        snprintf(name, sizeof name, "token in pieces of %zu", n);
        if (!run_mode(d, &m)) {
            return false;
        }
    }
    return true;
}

/* Where each piece that is lent becomes a chunk of its own (RFC 3030), other pieces make the client
 * say something else. tests/engine/chunk_test.c cuts those. */
static bool fits(const struct dialog *d, const struct mode *m) {
    bool chunks = false;
    for (size_t i = 0; i < d->job_count; i++) {
        unsigned how = d->jobs[i].flags & (SMTPLITE_MAIL_BINARY | SMTPLITE_MAIL_EXACT);
        chunks |= how == SMTPLITE_MAIL_BINARY || (d->jobs[i].flags & SMTPLITE_MAIL_PIECES) != 0;
    }
    return m->piece_max == 0 || !(chunks && is_chunked(d));
}

static bool run_dialog(const struct dialog *d) {
    play_all(&reference, d, &whole);
    if (reference.why[0] != '\0') {
        return report(d, "whole", reference.why);
    }
    for (size_t i = 0; i < MODES; i++) {
        if (fits(d, &modes[i]) && !run_mode(d, &modes[i])) {
            return false;
        }
    }
    return (d->one_segment || d->generated || run_mode(d, &drained)) &&
           (quick || (run_splits(d) && run_pieces(d)));
}

/* ---- two sessions in turn (E12) ------------------------------------------------------------ */

static bool run_pair(const struct dialog *a, const struct dialog *b) {
    static struct play twins[2], alone;
    const struct dialog *const both[2] = {a, b};
    char why[600];
    for (int i = 0; i < 2; i++) {
        play_begin(&twins[i], both[i], &modes[2], &rooms[i]);
    }
    for (bool first = true, second = true; first || second;) {
        first = play_move(&twins[0]);
        second = play_move(&twins[1]);
    }
    for (int i = 0; i < 2; i++) {
        play_all(&alone, both[i], &whole);
        if (twins[i].why[0] != '\0') {
            return report(both[i], "in turn with another", twins[i].why);
        }
        if (!same_log(&alone, &twins[i], why, sizeof why)) {
            return report(both[i], "in turn with another", why);
        }
    }
    return true;
}

static bool run_pairs(const struct dialogs *list) {
    const struct dialog *last = NULL;
    bool good = true;
    for (size_t i = 0; i < list->count; i++) {
        const struct dialog *d = &list->items[i];
        if (d->generated) {
            continue;
        }
        good &= last == NULL || run_pair(last, d);
        last = d;
    }
    return good;
}

/* ---- the proof that the guard pages guard --------------------------------------------------- */

static bool dies_at(const volatile char *p) {
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        _exit(*p == 1 ? 1 : 0);
    }
    int status = 0;
    return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status);
}

static bool check_guards(void) {
    bool good = dies_at(rooms[0].input) && dies_at(rooms[0].body) && dies_at(rooms[0].text) &&
                !dies_at(rooms[0].input - 1);
    if (!good) {
        puts("FAILED the guard pages do not guard");
    }
    return good;
}

/* ---- rows ---------------------------------------------------------------------------------- */

enum { ROWS_MAX = 128 };
struct row {
    char id[8];
    size_t dialogs, named;
    char names[6000];
};
struct rows {
    struct row items[ROWS_MAX];
    size_t count;
};

static struct row *find_row(struct rows *rows, const char *id, size_t len) {
    for (size_t i = 0; i < rows->count; i++) {
        if (strlen(rows->items[i].id) == len && memcmp(rows->items[i].id, id, len) == 0) {
            return &rows->items[i];
        }
    }
    struct row *row = &rows->items[rows->count++];
    memcpy(row->id, id, len < sizeof row->id ? len : sizeof row->id - 1);
    return row;
}

static void add_name(struct row *row, const char *name) {
    size_t len = strlen(row->names);
    snprintf(row->names + len, sizeof row->names - len, "%s%s", row->named++ > 0 ? " | " : "",
             name);
}

static void add_rows(struct rows *rows, const char *covers, const char *name, bool generated) {
    const char *word;
    size_t len;
    while (next_word(&covers, &word, &len)) {
        struct row *row = find_row(rows, word, len);
        row->dialogs++;
        if (!generated) {
            add_name(row, name);
        }
    }
}

static int by_id(const void *a, const void *b) {
    const struct row *x = a, *y = b;
    int letter = x->id[0] - y->id[0];
    return letter != 0 ? letter : atoi(x->id + 1) - atoi(y->id + 1);
}

static const char *covers_of(const struct section *section) {
    for (size_t i = 0; i < section->count; i++) {
        if (strcmp(section->lines[i].key, "covers") == 0) {
            return section->lines[i].value;
        }
    }
    return "";
}

static void collect_rows(struct rows *rows, const struct sections *all,
                         const struct dialogs *list) {
    for (size_t i = 0; i < list->count; i++) {
        add_rows(rows, list->items[i].covers, list->items[i].name, list->items[i].generated);
    }
    for (size_t i = 0; i < all->count; i++) {
        const struct section *section = &all->items[i];
        bool named = strcmp(section->kind, "matrix") == 0 || strcmp(section->kind, "sweep") == 0;
        const char *covers = named ? covers_of(section) : "";
        char name[100];
        snprintf(name, sizeof name, "%s %s", section->kind, section->name);
        add_rows(rows, covers, name, false);
    }
    qsort(rows->items, rows->count, sizeof *rows->items, by_id);
}

static char *list_rows(const struct sections *all, const struct dialogs *list) {
    static struct rows rows;
    static char text[ROWS_MAX * 2048];
    size_t pos = 0;
    collect_rows(&rows, all, list);
    for (size_t i = 0; i < rows.count && pos < sizeof text; i++) {
        pos += (size_t)snprintf(text + pos, sizeof text - pos, "%s (%zu dialogs): %s\n",
                                rows.items[i].id, rows.items[i].dialogs, rows.items[i].names);
    }
    return text;
}

static bool check_coverage(const char *file, const char *want) {
    static char text[ROWS_MAX * 2048];
    FILE *in = fopen(file, "rb");
    size_t len = in == NULL ? 0 : fread(text, 1, sizeof text - 1, in);
    if (in != NULL) {
        fclose(in);
    }
    text[len] = '\0';
    if (strcmp(text, want) == 0) {
        return true;
    }
    printf("FAILED %s is not what `runner --rows` prints\n", file);
    return false;
}

/* ---- main ---------------------------------------------------------------------------------- */

struct options {
    bool rows, wrong;
    const char *only, *coverage;
};

struct verdict {
    size_t passed, failed;
};

static void count(struct verdict *v, bool good) {
    v->passed += good;
    v->failed += !good;
}

static bool is_wrong_as_said(const struct dialog *d) {
    play_all(&reference, d, &whole);
    if (strcmp(d->fails, "-") == 0) {
        return reference.why[0] == '\0' || report(d, "good among the wrong", reference.why);
    }
    bool good = strstr(reference.why, d->fails) != NULL;
    return good || report(d, "it must fail", reference.why);
}

/* Two dialogs that tell different things do not pass for one. */
static bool check_logs_differ(const struct dialogs *list) {
    char why[600];
    play_all(&reference, &list->items[0], &whole);
    play_all(&other, &list->items[list->count - 1], &whole);
    bool good = !same_log(&reference, &other, why, sizeof why);
    if (!good) {
        puts("FAILED two different logs are the same");
    }
    return good;
}

static int run_wrong(const struct sections *all, const struct dialogs *list) {
    struct verdict v = {0, 0};
    for (size_t i = 0; i < list->count; i++) {
        count(&v, is_wrong_as_said(&list->items[i]));
    }
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->items[i].kind, "sweep") == 0) {
            count(&v, !run_sweep(&all->items[i], list, &rooms[0], NULL));
        }
    }
    count(&v, check_logs_differ(list));
    printf("dialogs-wrong: %zu passed, %zu failed\n", v.passed, v.failed);
    return v.failed != 0 || v.passed == 0;
}

static void run_sweeps(const struct sections *all, const struct dialogs *list, struct verdict *v) {
    size_t points = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->items[i].kind, "sweep") == 0) {
            count(v, run_sweep(&all->items[i], list, &rooms[0], &points));
        }
    }
    printf("%zu points of faults\n", points);
}

static int run_all(const struct sections *all, const struct dialogs *list,
                   const struct options *o) {
    struct verdict v = {0, 0};
    for (size_t i = 0; i < list->count; i++) {
        if (o->only == NULL || strstr(list->items[i].name, o->only) != NULL) {
            count(&v, run_dialog(&list->items[i]));
        }
    }
    if (o->only == NULL) {
        count(&v, run_pairs(list));
        count(&v, check_guards());
        run_sweeps(all, list, &v);
    }
    if (o->coverage != NULL) {
        count(&v, check_coverage(o->coverage, list_rows(all, list)));
    }
    printf("%zu plays\n", plays);
    printf("dialogs: %zu passed, %zu failed\n", v.passed, v.failed);
    return v.failed != 0 || v.passed == 0;
}

static void load(struct sections *all, struct dialogs *list) {
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->items[i].kind, "case") == 0) {
            make_dialog(all, &all->items[i], add_dialog(list));
        }
    }
    expand_matrices(all, list);
}

int main(int argc, char **argv) {
    struct options o = {false, false, NULL, NULL};
    static struct sections all;
    static struct dialogs list;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--rows") == 0) {
            o.rows = true;
        } else if (strcmp(argv[i], "--wrong") == 0) {
            o.wrong = true;
        } else if (strcmp(argv[i], "--quick") == 0) {
            quick = true;
        } else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
            o.only = argv[++i];
        } else if (strcmp(argv[i], "--coverage") == 0 && i + 1 < argc) {
            o.coverage = argv[++i];
        } else {
            read_file(&all, argv[i]);
        }
    }
    load(&all, &list);
    make_room(&rooms[0]);
    make_room(&rooms[1]);
    int status = 0;
    if (o.rows) {
        fputs(list_rows(&all, &list), stdout);
    } else {
        status = o.wrong ? run_wrong(&all, &list) : run_all(&all, &list, &o);
    }
    arena_free();
    return status;
}
