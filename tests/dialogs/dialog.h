/* SPDX-License-Identifier: MIT */
#ifndef DIALOG_H
#define DIALOG_H

/*
 * A dialog: what a scripted server says, what the client must say and tell, as data.
 * The format of the files stands in README.md. The way of a dialog through this program:
 *
 *   parse.c   *.smtp  -> blocks of raw lines -> struct dialog; parse_login.c what logins have more
 *   expand.c  matrix: and sweep: blocks -> many struct dialog, made from a base
 *   play.c    one struct dialog, one way of cutting its bytes -> verdict and log; play_login.c
 *             is the application's part in a login
 *   runner.c  all dialogs, all ways, all logs equal; which rows are covered
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../support/test_crypto.h"
#include "smtplite/engine.h"

enum { ANY = -1 }; /* an expectation that is not stated */

struct bytes {
    char *p;
    size_t len;
};

/* ---- arena.c: memory that lives until the end of the program ------------------------------- */

void *arena(size_t size);
char *arena_text(const char *p, size_t len);
void arena_free(void);
void die(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4), noreturn));

/* ---- raw lines of a file, grouped --------------------------------------------------------- */

struct line {
    const char *file;
    int number;
    const char *key;   /* before the colon: "C", "S", "config", "!eof" (then it is all) */
    const char *label; /* `S MAIL: ...`: "MAIL", or "" */
    const char *value; /* behind the colon and one blank */
};

struct section {
    const char *kind; /* "case", "part", "matrix", "sweep" */
    const char *name;
    struct line *lines;
    size_t count;
    size_t cap;
};

struct sections {
    struct section *items;
    size_t count;
    size_t cap;
};

void read_file(struct sections *all, const char *file);
void add_line(struct section *section, const struct line *line);
const struct section *find_section(const struct sections *all, const char *kind, const char *name);

/* ---- a dialog, ready to be played --------------------------------------------------------- */

struct want_recipient {
    int fate, code;
    bool any_enhanced;
    struct smtplite_enhanced enhanced;
};

/* What a result must be; each member may be ANY (text and enhanced: NULL and any_enhanced). */
struct want_result {
    bool stated;
    int outcome, error, phase, code;
    bool any_enhanced;
    struct smtplite_enhanced enhanced;
    const char *text;
    struct want_recipient *recipients;
    size_t count;
};

struct want_event {
    int event, index, code;
    const char *text; /* NULL: any */
    struct want_result result;
    struct want_result next; /* of the mail that rides behind the one that the event is about */
    int line;
};

enum step_kind { STEP_CLIENT, STEP_SERVER, STEP_EVENT, STEP_CALL };

/* One line of the script. */
struct step {
    enum step_kind kind;
    int line;
    const char *label;  /* SERVER: what it answers, "" if it goes on with the reply before */
    struct bytes bytes; /* CLIENT, SERVER */
    bool partial;       /* CLIENT: it may have more to say behind this */
    struct want_event event;
    const char *call, *argument; /* CALL: "eof", "timeout", ... */
};

/* REFUSED: the session must not take it, and is as before; of tokens alone. */
enum piece_kind { PIECE_BYTES, PIECE_HOLD, PIECE_FAIL, PIECE_REFUSED };
struct piece {
    enum piece_kind kind;
    int error; /* REFUSED: by which */
    struct bytes bytes;
};

/* What a login has beyond config. Each play has a struct smtplite_login of its own, made from it.
 */
struct login_plan {
    bool on;
    struct smtplite_login values; /* the caller's part */
    bool no_crypto;
    unsigned long crypto_fails; /* at this call of the provider; 0: never */
    struct bytes random;
    const char *binding_name; /* that the TLS connection has; NULL: none */
    struct bytes binding;
    struct piece *token; /* by event */
    size_t token_count;
};

/* What AGAIN is answered with; HOLD: nothing, until `!again`. */
enum again { AGAIN_YES, AGAIN_NO, AGAIN_HOLD };

enum job_kind { JOB_MAIL, JOB_NOOP, JOB_COMMAND, JOB_IDLE };
struct job {
    enum job_kind kind;
    const char *from;
    struct smtplite_recipient *to; /* the caller's part of each */
    size_t to_count;
    uint32_t size;
    uint16_t flags;
    bool has_options;
    enum again again;
    struct smtplite_options options;
    struct piece *pieces;
    size_t piece_count;
    int command; /* COMMAND: its phase */
    const char *argument;
};

/* Steps joined: all that the client says before the server speaks again, and the reverse. */
struct block {
    enum step_kind kind; /* CLIENT, SERVER, CALL */
    struct bytes bytes;
    bool partial;
    const char *call, *argument;
    size_t events_before; /* how many events the application has seen when this block begins */
    int line;
};

enum quit_when { QUIT_LATE, QUIT_EARLY, QUIT_FIRST };
/* The next mail is submitted when this one is done, or while it is under way: right behind it, or
 * when its content is asked for. FIRST: as EARLY, and before the session is ready. */
enum next_when { NEXT_LATE, NEXT_EARLY, NEXT_BODY, NEXT_FIRST };

/* In wrong/: what the runner changes of a mail at DONE, to see its own checks fail. */
enum spoil {
    SPOIL_NOTHING,
    SPOIL_RESULT,
    SPOIL_ACCEPTED,
    SPOIL_PENDING,
    SPOIL_ANSWERED,
    SPOIL_LATE
};

struct dialog {
    const char *file, *name, *covers;
    const char *fails; /* in wrong/: what the report must say */
    int line;
    struct smtplite_config config;
    struct smtplite_waits waits;
    struct login_plan login;
    struct job *jobs;
    size_t job_count;
    enum quit_when quit;
    enum next_when next;
    enum spoil spoil;
    bool one_segment; /* replies glued to others on purpose: apart they mean something else */
    bool generated;
    int split_block; /* generated: the one block that is worth splitting; ANY: all */
    const char **secrets;
    size_t secret_count;

    struct step *steps;
    size_t step_count;

    /* made from the steps by join_steps */
    struct block *blocks;
    size_t block_count;
    struct want_event *events;
    size_t event_count;
    struct bytes client, server; /* the whole of both directions */
};

struct dialogs {
    struct dialog *items;
    size_t count;
    size_t cap;
};

void make_dialog(const struct sections *all, const struct section *from, struct dialog *d);
void join_steps(struct dialog *d);
/* The client sends content by BDAT. */
bool is_chunked(const struct dialog *d);
struct dialog *add_dialog(struct dialogs *list);
struct bytes parse_plain(const struct line *l, const char *text, bool line_end);
struct bytes parse_hex(const struct line *l, const char *text);
struct bytes parse_base64(const struct line *l, const char *text);
struct bytes parse_terms(const struct line *l, const char *text);
void parse_result(const struct line *l, const char *text, struct want_result *want);
uint32_t *wait_member(struct smtplite_waits *w, const char *name, size_t len);
bool next_word(const char **text, const char **word, size_t *len);
bool is_pair(const char *word, size_t len, const char *key, const char **value, size_t *value_len);
bool is_word(const char *word, size_t len, const char *name);
/* The next of a list with commas. */
bool next_item(const char **p, size_t *len, const char **item, size_t *item_len);
uint32_t parse_number(const char *p, size_t len);
const char *quoted(const struct line *l, const char *word, size_t len);
struct word_value {
    const char *word;
    unsigned value;
};
/* A mask of words with commas between them; the list ends with NULL. */
unsigned parse_set(const struct line *l, const struct word_value *words, const char *p, size_t len);
void *grow(void *items, size_t count, size_t size);

/* ---- parse_mail.c: what the application is to do --------------------------------------------- */

void take_mail(const struct line *l, struct dialog *d);
void take_rcptopt(const struct line *l, struct dialog *d);
void take_again(const struct line *l, struct dialog *d);
void take_body(const struct line *l, struct dialog *d);
void take_do(const struct line *l, struct dialog *d);

/* ---- parse_login.c ------------------------------------------------------------------------- */

/* A word of `config:`; false: none of a login's. */
bool take_login_word(const struct line *l, struct dialog *d, const char *word, size_t len);
void take_token(const struct line *l, struct dialog *d);
void take_random(const struct line *l, struct dialog *d);

/* ---- names.c: ANY or "?" for what is not known --------------------------------------------- */

int event_by_name(const char *name, size_t len);
int phase_by_name(const char *name, size_t len);
int outcome_by_name(const char *name, size_t len);
int error_by_name(const char *name, size_t len);
int fate_by_name(const char *name, size_t len);
int extension_by_name(const char *name, size_t len); /* its bit */
const char *event_name(int event);
const char *outcome_name(int outcome);
const char *error_name(int error);
const char *phase_name(int phase);
const char *fate_name(int fate);

/* ---- expand.c ------------------------------------------------------------------------------ */

void expand_matrices(const struct sections *all, struct dialogs *list);
/* l: `base: NAME` */
const struct dialog *base_of(const struct line *l, const struct dialogs *list);

/* ---- play.c -------------------------------------------------------------------------------- */

/* One way of playing: how bytes are cut, and how large the text buffer is. */
struct mode {
    const char *name;
    size_t in_max;    /* octets a smtplite_in; 0: all at hand */
    size_t out_max;   /* octets a smtplite_out_done; 0: all at hand */
    bool drain;       /* let the client speak between two pieces of one server block */
    bool over_ack;    /* say that more left than there was: it is cut */
    size_t piece_max; /* octets of body or token lent at once; 0: as they stand */
    size_t text_size;
    size_t split_block, split_pos; /* split_pos > 0: cut this block in two, there */
};

struct log_entry {
    int event, index, code;
    struct smtplite_result result;
    size_t fates; /* a hash of all recipients' fates and codes */
    char text[200];
    size_t text_len; /* of the whole text */
};

enum { LOG_MAX = 160, RECIPIENTS_MAX = 256, MAILS_MAX = 16 };

/* Guard pages around what the engine borrows: the last byte is the last of its page. */
struct room {
    char *input, *body, *text; /* the ends: one behind the last byte */
    struct smtplite_recipient recipients[RECIPIENTS_MAX];
};

enum { ROOM_SIZE = 1 << 20 };

void make_room(struct room *room);

/* A mail that was submitted. */
struct sent_mail {
    struct smtplite_mail mail;
    struct smtplite_options options;
    const struct job *job;
    size_t before; /* what the hash of its result and fates was at DONE */
};

/* What may happen to a connection at any octet. */
enum fault {
    FAULT_NONE,
    FAULT_EOF,
    FAULT_RESET,
    FAULT_TIMEOUT,
    FAULT_CANCEL,
    FAULT_421,
    FAULT_CRYPTO /* not at an octet: the hash provider fails at its n-th call */
};

struct play {
    const struct dialog *d;
    const struct mode *mode;
    struct room *room;
    struct smtplite_session s;
    struct smtplite_config config;
    struct smtplite_login login;
    struct test_crypto crypto;

    size_t block, pos;          /* where in the script */
    size_t out_total, in_total; /* octets of the client, of the server */
    size_t job, piece, lent;    /* where the application is; octets that it lends */
    size_t piece_pos;           /* within the piece, if it is lent in parts */
    size_t token_piece;
    size_t mails, dones; /* submitted, and done */
    struct sent_mail sent[MAILS_MAX];
    size_t recipients; /* of all of them: taken of the room's */
    bool over;         /* FAILED or CLOSED was read */
    bool finished;     /* and all was checked */
    bool wait_known;
    unsigned wait_id;
    size_t moves, works;

    /* a sweep's fault, at an octet of one of the directions */
    enum fault fault;
    bool fault_in_client;
    size_t fault_at;
    bool broken, silenced, astray;
    unsigned answers; /* behind the fault */

    char why[400]; /* "": all is well so far */

    bool log_full;
    size_t log_count;
    struct log_entry log[LOG_MAX];
};

void fail(struct play *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
int line_of(const struct play *p);
/* Lends what comes next of this piece; *whole: nothing of it is left then. */
struct bytes lend(struct play *p, const struct bytes *piece, bool *whole);
void take_back(struct play *p);
void play_begin(struct play *p, const struct dialog *d, const struct mode *m, struct room *room);
bool play_move(struct play *p); /* false: it is over, see why */
bool same_log(const struct play *a, const struct play *b, char *why, size_t size);
bool same_enhanced(const struct smtplite_enhanced *a, const struct smtplite_enhanced *b);
bool same_result(const struct smtplite_result *a, const struct smtplite_result *b);
void check_name(struct play *p, const char *got, const char *want, int value, int line);
void check_number(struct play *p, int got, int want, const char *what, int line);

/* ---- play_mail.c: the application and its mails ---------------------------------------------- */

/* Goes on with the next job, or with QUIT. */
void do_job(struct play *p);
void give_body(struct play *p);
/* What the application does when it has read this event. */
void react(struct play *p, int event);
/* The mail that a result is about: the oldest that is not done, or the last; NULL: none. */
const struct sent_mail *mail_at_hand(const struct play *p);
void check_recipients(struct play *p, const struct sent_mail *sent, const struct want_result *want,
                      int line);
void spoil_mail(struct play *p, int event);
/* What must be so of every mail, whatever the script says. */
void check_mails(struct play *p, int event, const struct smtplite_event_data *data);
size_t hash_mail(const struct sent_mail *sent);
void call_body(struct play *p, const struct block *b);
void call_submit(struct play *p, const struct block *b);
void call_again(struct play *p, const struct block *b);

/* ---- play_login.c -------------------------------------------------------------------------- */

/* The play's own config and login, from the dialog's. */
void set_up_login(struct play *p);
void give_token(struct play *p);
void call_token(struct play *p);
/* A part of what a login computes; false: nothing is to be done. */
bool do_work(struct play *p);

/* ---- sweep.c ------------------------------------------------------------------------------- */

/* Breaks the base sessions of one sweep at each octet. False: at some it went wrong.
 * points: counted; NULL: it is to go wrong, and nothing is printed. */
bool run_sweep(const struct section *sweep, const struct dialogs *list, struct room *room,
               size_t *points);

#endif
