/* SPDX-License-Identifier: MIT */
/*
 * Sweeps: a session is cut by a fault behind each octet of each direction. What must come of the
 * mail is worked out here from the bytes alone, without the engine:
 *   the final reply was read whole     what it says
 *   else, 421 in the place of a reply  NOT_SENT
 *   else, the end mark left whole      MAYBE_SENT
 *   else                               NOT_SENT
 * A mail of several final replies, of transactions or LMTP's recipients, is MAYBE_SENT if one of
 * them is, PARTLY_SENT if one was read that says yes. And each call of the hash provider fails
 * once: then nothing is sent.
 */

#include "dialog.h"

#include <stdlib.h>
#include <string.h>

enum { FINALS_MAX = 8, PRINT_MAX = 5 };

/* A final reply: what it is about, and where it stands in the session's bytes. There is one for
 * each transaction of a mail, with LMTP one for each recipient. */
struct landmark {
    size_t mail;
    size_t reply;    /* how many replies come before it */
    size_t mark_end; /* octets of the client up to the end mark's last */
};

struct landmarks {
    struct landmark items[FINALS_MAX];
    size_t count;
    int outcome[MAILS_MAX]; /* of each mail, if nothing happens */
};

struct stream {
    const char *p[2];
    size_t len[2];
};

static int octet_at(const struct stream *s, size_t pos) {
    if (pos < s->len[0]) {
        return (unsigned char)s->p[0][pos];
    }
    pos -= s->len[0];
    return pos < s->len[1] ? (unsigned char)s->p[1][pos] : -1;
}

static bool is_digit(int c, int least, int most) {
    return c >= least && c <= most;
}

/* The code of the line at *pos, which is moved behind it; 0: bad or not whole. */
static int read_line(const struct stream *s, size_t *pos, bool *last) {
    int a = octet_at(s, *pos), b = octet_at(s, *pos + 1), c = octet_at(s, *pos + 2);
    if (!is_digit(a, '2', '5') || !is_digit(b, '0', '5') || !is_digit(c, '0', '9')) {
        return 0;
    }
    int separator = octet_at(s, *pos + 3);
    if (separator != ' ' && separator != '-' && separator != '\r' && separator != '\n') {
        return 0;
    }
    *last = separator != '-';
    size_t end = *pos + 3;
    while (octet_at(s, end) != '\n') {
        if (octet_at(s, end++) < 0) {
            return 0;
        }
    }
    *pos = end + 1;
    return (a - '0') * 100 + (b - '0') * 10 + c - '0';
}

/* The code of the n-th reply, 0: it, or one before it, is bad or not whole. */
static int nth_reply(const struct stream *s, size_t n) {
    size_t pos = 0;
    int code = 0;
    for (size_t i = 0; i <= n; i++) { /* ends at the latest where the octets do */
        bool last = false;
        for (code = 0; !last;) {
            int now = read_line(s, &pos, &last);
            if (now == 0 || (code != 0 && now != code)) {
                return 0;
            }
            code = now;
        }
    }
    return code;
}

static size_t count_replies(const struct dialog *d, size_t octets) {
    struct stream s = {{d->server.p, ""}, {octets, 0}};
    size_t n = 0;
    while (n < 1000 && nth_reply(&s, n) != 0) {
        n++;
    }
    return n;
}

/* Behind `BDAT n LAST` and its n octets, if it ends at this octet; else 0. */
static size_t end_of_last(const struct dialog *d, size_t octets) {
    static const char last[] = " LAST\r\n";
    size_t at = octets, len = sizeof last - 1;
    if (octets < len || memcmp(d->client.p + octets - len, last, len) != 0) {
        return 0;
    }
    for (at -= len; at > 0 && is_digit(d->client.p[at - 1], '0', '9');) {
        at--;
    }
    return octets + strtoul(d->client.p + at, NULL, 10);
}

static bool ends_message(const struct dialog *d, size_t octets) {
    return octets >= 5 && memcmp(d->client.p + octets - 5, "\r\n.\r\n", 5) == 0;
}

/* The end mark that is next before this octet. */
static size_t find_mark(const struct dialog *d, size_t octets) {
    for (; octets > 0; octets--) {
        size_t end = ends_message(d, octets) ? octets : end_of_last(d, octets);
        if (end > 0) {
            return end;
        }
    }
    return 0;
}

/* `MESSAGE` and `MESSAGE2` are about the first and the second mail. */
static void add_landmark(struct landmarks *marks, const struct dialog *d, const char *label,
                         size_t client, size_t server) {
    if (marks->count == FINALS_MAX) {
        die(d->file, d->line, "more final replies than a sweep has room for");
    }
    marks->items[marks->count++] =
        (struct landmark){.mail = label[7] == '\0' ? 0 : (size_t)(label[7] - '1'),
                          .reply = count_replies(d, server),
                          .mark_end = find_mark(d, client)};
}

static struct landmarks find_landmarks(const struct dialog *d, const struct play *good) {
    struct landmarks marks = {.count = 0};
    size_t client = 0, server = 0;
    for (size_t i = 0; i < d->step_count; i++) {
        const struct step *step = &d->steps[i];
        if (step->kind == STEP_SERVER && strncmp(step->label, "MESSAGE", 7) == 0) {
            add_landmark(&marks, d, step->label, client, server);
        }
        client += step->kind == STEP_CLIENT ? step->bytes.len : 0;
        server += step->kind == STEP_SERVER ? step->bytes.len : 0;
    }
    for (size_t i = 0; i < good->mails; i++) {
        marks.outcome[i] = good->sent[i].mail.result.outcome;
    }
    return marks;
}

/* What the client has heard by the fault's octet. */
static struct stream heard(const struct play *p) {
    static const char closing[] = "421 4.3.2 closing\r\n";
    size_t extra = p->broken && p->fault == FAULT_421 ? sizeof closing - 1 : 0;
    return (struct stream){{p->d->server.p, closing}, {p->in_total, extra}};
}

/* The server has closed with 421 in the place of this reply or of one before: it is a no. */
static bool is_closed_by(const struct stream *s, size_t reply) {
    for (size_t i = 0; i <= reply; i++) {
        if (nth_reply(s, i) == 421) {
            return true;
        }
    }
    return false;
}

struct tally {
    size_t finals, accepted, answered, lost;
};

static struct tally count_finals(const struct play *p, const struct landmarks *marks, size_t mail) {
    struct tally tally = {0, 0, 0, 0};
    struct stream s = heard(p);
    for (size_t i = 0; i < marks->count; i++) {
        const struct landmark *m = &marks->items[i];
        if (m->mail != mail) {
            continue;
        }
        int code = nth_reply(&s, m->reply);
        bool no = is_closed_by(&s, m->reply);
        tally.finals++;
        tally.accepted += code >= 200 && code < 300;
        tally.answered += code >= 200 && code < 600 && !no;
        tally.lost += code == 0 && !no && p->out_total >= m->mark_end;
    }
    return tally;
}

/* One without a final reply was refused before, or it would not have been followed. */
static bool is_answered(const struct play *p, const struct landmarks *marks, size_t mail) {
    struct tally tally = count_finals(p, marks, mail);
    return tally.answered == tally.finals;
}

static int expected_outcome(const struct play *p, const struct landmarks *marks, size_t mail) {
    struct tally tally = count_finals(p, marks, mail);
    if (tally.finals > 0 && tally.answered == tally.finals) {
        return marks->outcome[mail];
    }
    if (tally.lost > 0) {
        return SMTPLITE_MAYBE_SENT;
    }
    return tally.accepted > 0 ? SMTPLITE_PARTLY_SENT : SMTPLITE_NOT_SENT;
}

static int expected_error(enum fault fault) {
    static const int errors[] = {
        [FAULT_EOF] = SMTPLITE_E_CLOSED,         [FAULT_RESET] = SMTPLITE_E_IO,
        [FAULT_TIMEOUT] = SMTPLITE_E_TIMEOUT,    [FAULT_CANCEL] = SMTPLITE_E_CANCELLED,
        [FAULT_CRYPTO] = SMTPLITE_E_AUTH_CRYPTO,
    };
    return fault == FAULT_421 ? ANY : errors[fault];
}

/* The outcome that the session's end is about: of the oldest mail that has no answer yet. */
static int outcome_at_end(const struct play *p, const struct landmarks *marks) {
    size_t mail = 0;
    if (p->mails == 0) {
        return SMTPLITE_NOT_SENT;
    }
    while (mail + 1 < p->mails && is_answered(p, marks, mail)) {
        mail++;
    }
    return expected_outcome(p, marks, mail);
}

/* A 421 that is glued to an answer to EHLO may make the client say what is in no script, up to an
 * end mark that is not seen here. */
static bool is_expected(const struct play *p, int got, int want) {
    bool unseen = p->astray && got == SMTPLITE_MAYBE_SENT && want == SMTPLITE_NOT_SENT;
    return got == want || unseen;
}

static void judge_mails(struct play *p, const struct landmarks *marks) {
    for (size_t i = 0; i < p->mails; i++) {
        int got = p->sent[i].mail.result.outcome, want = expected_outcome(p, marks, i);
        if (!is_expected(p, got, want)) {
            fail(p, "mail %zu: %s, not %s", i + 1, outcome_name(got), outcome_name(want));
        }
    }
}

/* A mail that was accepted stays accepted; and if it was the last, nothing that happens to QUIT is
 * a failure (E5). Everywhere else the fault is told. */
static bool judge(struct play *p, const struct landmarks *marks) {
    const struct log_entry *end = &p->log[p->log_count - 1];
    int outcome = outcome_at_end(p, marks);
    bool sent = outcome == SMTPLITE_SENT || outcome == SMTPLITE_PARTLY_SENT;
    bool told = sent && is_answered(p, marks, p->mails - 1);
    bool well = told && p->job == p->d->job_count;
    int event = well ? SMTPLITE_EV_CLOSED : SMTPLITE_EV_FAILED;
    int error = well ? SMTPLITE_E_OK : expected_error(p->fault);
    if (told && !well) {
        outcome = SMTPLITE_NOT_SENT; /* the session's end is about no mail */
    }
    judge_mails(p, marks);
    if (!is_expected(p, end->result.outcome, outcome)) {
        fail(p, "outcome %s, not %s", outcome_name(end->result.outcome), outcome_name(outcome));
    } else if (end->event != event) {
        fail(p, "event %s, not %s", event_name(end->event), event_name(event));
    } else if ((error != ANY && end->result.error != error) ||
               (!well && end->result.error == SMTPLITE_E_OK)) {
        fail(p, "error %s", error_name(end->result.error));
    }
    return p->why[0] == '\0';
}

static const struct mode plain = {.name = "sweep", .text_size = 160};

static bool break_at(struct play *p, const struct dialog *d, enum fault fault, bool client,
                     size_t at, struct room *room, const struct landmarks *marks) {
    play_begin(p, d, &plain, room);
    p->fault = fault;
    p->fault_in_client = client;
    p->fault_at = at;
    while (play_move(p)) {
    }
    return p->why[0] == '\0' && judge(p, marks);
}

/* Each call of the hash provider fails once. calls: how many there are if none does. */
static size_t sweep_crypto(const struct dialog *d, unsigned long calls, struct room *room,
                           const struct landmarks *marks, size_t *points) {
    static struct play p;
    size_t bad = 0;
    for (unsigned long n = 1; n <= calls; n++) {
        if (points != NULL) {
            ++*points;
        }
        play_begin(&p, d, &plain, room);
        p.fault = FAULT_CRYPTO;
        p.crypto.fail_at = n;
        while (play_move(&p)) {
        }
        if (p.why[0] == '\0' && judge(&p, marks)) {
            continue;
        }
        if (bad++ < PRINT_MAX && points != NULL) {
            printf("FAILED %s, call %lu of the provider fails: %s\n", d->name, n, p.why);
        }
    }
    return bad;
}

static size_t sweep_direction(const struct dialog *d, enum fault fault, bool client,
                              struct room *room, const struct landmarks *marks, size_t *points) {
    static const char *const names[] = {"", "close", "reset", "stall", "cancel", "421"};
    static struct play p;
    size_t end = client ? d->client.len : d->server.len;
    size_t bad = 0;
    for (size_t at = client ? 1 : 0; at <= end; at++) {
        if (points != NULL) {
            ++*points;
        }
        if (break_at(&p, d, fault, client, at, room, marks)) {
            continue;
        }
        if (bad++ < PRINT_MAX && points != NULL) {
            printf("FAILED %s, %s behind octet %zu of the %s: %s\n", d->name, names[fault], at,
                   client ? "client" : "server", p.why);
        }
    }
    return bad;
}

static size_t sweep_dialog(const struct dialog *d, struct room *room, size_t *points) {
    static struct play good;
    play_begin(&good, d, &plain, room);
    while (play_move(&good)) {
    }
    if (good.why[0] != '\0') {
        printf("FAILED %s, as the base of a sweep: %s\n", d->name, good.why);
        return 1;
    }
    struct landmarks marks = find_landmarks(d, &good);
    size_t bad = 0;
    for (int fault = FAULT_EOF; fault <= FAULT_421; fault++) {
        bad += sweep_direction(d, (enum fault)fault, false, room, &marks, points);
        bad += sweep_direction(d, (enum fault)fault, true, room, &marks, points);
    }
    return bad + sweep_crypto(d, good.crypto.calls, room, &marks, points);
}

bool run_sweep(const struct section *sweep, const struct dialogs *list, struct room *room,
               size_t *points) {
    size_t bad = 0;
    for (size_t i = 0; i < sweep->count; i++) {
        const struct line *l = &sweep->lines[i];
        if (strcmp(l->key, "base") == 0) {
            bad += sweep_dialog(base_of(l, list), room, points);
        }
    }
    return bad == 0;
}
