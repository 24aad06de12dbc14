/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer on the server's bytes. The first four octets of an input choose configuration and
 * mail, the rest is what the server says. Each input is played twice, whole lines and all output
 * at once, and octet by octet: what the client says and tells must be the same. And always:
 *   - outside of a message only commands leave that this mail and login call for;
 *   - a message has CRLF line ends only, and no line of it but the last is a lone dot;
 *   - sent, or maybe sent, only if the end mark has left;
 *   - the password is in no text, but if the server says it.
 */
#define _GNU_SOURCE /* memmem */
#include "smtplite/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUT_MAX    (1u << 18)
#define EVENTS_MAX 512u
#define RECIPIENTS 3u

struct plan {
    struct smtplite_config config;
    uint16_t mail_flags;
    uint32_t size;
    size_t count;
    unsigned mails;
    bool quit_early;
    bool noop;
    unsigned body; /* 0 empty, 1 text, 2 the input itself, 3 the source fails */
    unsigned end;  /* how the connection ends when the input is at its end */
};

struct event {
    uint8_t event, outcome, error, phase;
    uint16_t code;
    size_t index;
    size_t out_len;
};

struct play {
    struct smtplite_session session;
    struct smtplite_mail mail;
    struct smtplite_recipient recipients[RECIPIENTS];
    char text[96];
    const struct plan *plan;
    const char *body;
    size_t body_len;
    unsigned mails;
    bool octets;
    bool noop_said;
    bool quit_said;
    bool told;
    bool over;

    char *out;
    size_t out_len;
    struct event events[EVENTS_MAX];
    size_t event_count;
};

static struct play plays[2];
static char outs[2][OUT_MAX];
static unsigned long runs, seen_event[SMTPLITE_EV_FAILED + 1], seen_outcome[4];
static unsigned long seen_error[SMTPLITE_E_COUNT];

static void require(bool holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "fuzz: violated: %s\n", what);
    abort();
}

/* ---- one play ---------------------------------------------------------------------------- */

static void take_out(struct play *p, size_t most) {
    size_t len;
    const char *piece = smtplite_out(&p->session, &len);
    require((piece != NULL) == (len > 0), "out and its length agree");
    if (len > most)
        len = most;
    if (len > 0 && p->out_len + len <= OUT_MAX) {
        memcpy(p->out + p->out_len, piece, len);
        p->out_len += len;
    }
    smtplite_out_done(&p->session, len);
}

static void take_all_out(struct play *p) {
    while (smtplite_wants(&p->session) & SMTPLITE_WANT_OUT)
        take_out(p, p->octets ? 1 : SIZE_MAX);
}

static void begin_mail(struct play *p) {
    static const char *const to[] = {"one@example.net", "two@example.net", "\"a b\"@example.net"};
    size_t i;
    memset(&p->mail, 0, sizeof p->mail);
    for (i = 0; i < RECIPIENTS; i++)
        p->recipients[i].address = to[i];
    p->mail.from = "me@example.org";
    p->mail.recipients = p->recipients;
    p->mail.count = p->plan->count;
    p->mail.size = p->plan->size;
    p->mail.flags = p->plan->mail_flags;
    p->body_len = 0;
    p->mails++;
    require(smtplite_submit(&p->session, &p->mail) == SMTPLITE_E_OK, "submit after READY or DONE");
}

static void next_job(struct play *p) {
    if (p->plan->noop && !p->noop_said) {
        p->noop_said = true;
        require(smtplite_noop(&p->session) == SMTPLITE_E_OK, "noop after READY or DONE");
    } else if (p->mails < p->plan->mails) {
        begin_mail(p);
    } else {
        p->quit_said = true;
        smtplite_quit(&p->session);
    }
}

static void give_body(struct play *p, const char *input, size_t input_len) {
    static const char text[] = ".\r\n..a\n.\n\r\r\n.\r\nQUIT\r\nx\r.\n";
    const char *whole = p->plan->body == 2 ? input : text;
    size_t len = p->plan->body == 0 ? 0 : p->plan->body == 2 ? input_len : sizeof text - 1;
    size_t n = len - p->body_len;
    if (p->octets && n > 1)
        n = 1;
    if (n > 0) {
        p->body_len += n;
        require(smtplite_body(&p->session, whole + p->body_len - n, n) == SMTPLITE_E_OK, "body");
    } else if (p->plan->body == 3) {
        require(smtplite_body_fail(&p->session) == SMTPLITE_E_OK, "body_fail");
    } else {
        require(smtplite_body_end(&p->session) == SMTPLITE_E_OK, "body_end");
    }
}

static void note_event(struct play *p, enum smtplite_event event,
                       const struct smtplite_event_data *data) {
    const struct smtplite_result *result = smtplite_result_get(&p->session);
    struct event *e = &p->events[p->event_count];
    bool ended = event == SMTPLITE_EV_DONE || event == SMTPLITE_EV_FAILED;
    require(p->told || strstr(smtplite_text(&p->session), "s3cret") == NULL,
            "no password in a text");
    require(result->outcome <= SMTPLITE_MAYBE_SENT, "a known outcome");
    require(result->error < SMTPLITE_E_COUNT, "a known error");
    if (p->event_count == EVENTS_MAX || event == SMTPLITE_EV_BODY)
        return;
    memset(e, 0, sizeof *e);
    e->event = (uint8_t)event;
    e->index = event == SMTPLITE_EV_RECIPIENT ? data->index : 0;
    e->code = ended ? result->code : 0;
    e->outcome = ended ? result->outcome : 0;
    e->error = ended ? result->error : 0;
    e->phase = ended ? result->phase : 0;
    e->out_len = p->out_len;
    p->event_count++;
}

static void answer(struct play *p, enum smtplite_event event, const char *input, size_t input_len) {
    switch (event) {
    case SMTPLITE_EV_READY:
    case SMTPLITE_EV_REPLY:
        next_job(p);
        break;
    case SMTPLITE_EV_DONE:
        if (!p->quit_said)
            next_job(p);
        break;
    case SMTPLITE_EV_BODY:
        give_body(p, input, input_len);
        break;
    case SMTPLITE_EV_CLOSED:
    case SMTPLITE_EV_FAILED:
        p->over = true;
        break;
    case SMTPLITE_EV_NONE:
    case SMTPLITE_EV_RECIPIENT:
        break;
    }
}

/* Events and output until the session waits for the server. */
static void work(struct play *p, const char *input, size_t input_len) {
    struct smtplite_event_data data;
    enum smtplite_event event;
    do {
        take_all_out(p);
        event = smtplite_next(&p->session, &data);
        if (event == SMTPLITE_EV_NONE)
            continue;
        require(!p->over, "no event behind the last");
        note_event(p, event, &data);
        /* to ride with the message's end, it must be said before */
        if (event == SMTPLITE_EV_BODY && p->plan->quit_early && p->mails == p->plan->mails) {
            p->quit_said = true;
            smtplite_quit(&p->session);
        }
        answer(p, event, input, input_len);
    } while (event != SMTPLITE_EV_NONE);
    if (smtplite_wants(&p->session) == SMTPLITE_WANT_TLS)
        smtplite_tls_done(&p->session, p->plan->end != 1);
    take_all_out(p);
}

static void feed_line(struct play *p, const char *line, size_t n, const char *input, size_t len) {
    size_t taken;
    unsigned idle = 0;
    while (n > 0 && !p->over) {
        taken = smtplite_in(&p->session, line, p->octets ? 1 : n);
        require(taken <= n, "in takes what there is");
        line += taken;
        n -= taken;
        idle = taken > 0 ? 0 : idle + 1;
        require(idle < 4, "in goes on once the events are read");
        if (n > 0 && taken < (p->octets ? 1 : n + taken))
            work(p, input, len);
    }
}

static void end_play(struct play *p, const char *input, size_t len) {
    static const enum smtplite_error why[] = {SMTPLITE_E_IO, SMTPLITE_E_TIMEOUT,
                                              SMTPLITE_E_CANCELLED};
    if (p->plan->end == 0)
        smtplite_in_eof(&p->session);
    else
        smtplite_io_failed(&p->session, why[p->plan->end - 1]);
    work(p, input, len);
    require(p->over, "the connection's end is the session's");
    require(smtplite_wants(&p->session) == SMTPLITE_WANT_CLOSE, "over is over");
}

static void play(struct play *p, const struct plan *plan, bool octets, const char *input,
                 size_t len) {
    const char *line = input, *end = input + len, *next;
    memset(p, 0, offsetof(struct play, out));
    p->out_len = p->event_count = 0;
    p->plan = plan;
    p->octets = octets;
    p->told = memmem(input, len, "s3cret", 6) != NULL;
    require(smtplite_init(&p->session, &plan->config, p->text, sizeof p->text) == SMTPLITE_E_OK,
            "init");
    work(p, input, len);
    while (line < end && !p->over) {
        next = memchr(line, '\n', (size_t)(end - line));
        next = next != NULL ? next + 1 : end;
        feed_line(p, line, (size_t)(next - line), input, len);
        work(p, input, len);
        line = next;
    }
    if (!p->over)
        end_play(p, input, len);
    smtplite_wipe(&p->session);
}

/* ---- what must hold of it ---------------------------------------------------------------- */

static bool is_base64(const char *p, size_t n) {
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    size_t i;
    for (i = 0; i < n; i++)
        if (p[i] == '\0' || strchr(alphabet, p[i]) == NULL)
            return false;
    return n > 0 && n % 4 == 0;
}

static bool is_command(const char *p, size_t n) {
    static const char *const known[] = {"EHLO client.example",
                                        "HELO client.example",
                                        "STARTTLS",
                                        "AUTH PLAIN",
                                        "AUTH LOGIN",
                                        "AUTH PLAIN AG1lAHMzY3JldA==",
                                        "*",
                                        "MAIL FROM:<me@example.org>",
                                        "MAIL FROM:<me@example.org> BODY=8BITMIME",
                                        "RCPT TO:<one@example.net>",
                                        "RCPT TO:<two@example.net>",
                                        "RCPT TO:<\"a b\"@example.net>",
                                        "DATA",
                                        "RSET",
                                        "NOOP",
                                        "QUIT",
                                        "."};
    size_t i;
    for (i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strlen(known[i]) == n && memcmp(known[i], p, n) == 0)
            return true;
    return is_base64(p, n);
}

/* A line without its CRLF, or NULL if it has not ended. */
static const char *line_of(const char **p, const char *end, size_t *n) {
    const char *start = *p, *lf = memchr(start, '\n', (size_t)(end - start));
    if (lf == NULL)
        return NULL;
    require(lf > start && lf[-1] == '\r', "no bare LF leaves");
    *n = (size_t)(lf - 1 - start);
    require(memchr(start, '\r', *n) == NULL, "no bare CR leaves");
    require(memchr(start, '\0', *n) == NULL, "no NUL leaves");
    *p = lf + 1;
    return start;
}

/* Behind DATA comes a message, or a command if DATA was refused. They are told apart by this: no
 * body used here has a first line that is a command. Gives the end marks that have left. */
static unsigned check_out(const char *p, size_t n) {
    const char *end = p + n, *line;
    size_t len;
    bool data = false, message = false;
    unsigned marks = 0;
    while ((line = line_of(&p, end, &len)) != NULL) {
        bool dot = len == 1 && *line == '.';
        if (data && !message && !dot && !is_command(line, len))
            message = true;
        data = message || (len == 4 && memcmp(line, "DATA", 4) == 0);
        if (message)
            require(dot || *line != '.' || line[1] == '.', "dots are stuffed");
        else
            require(is_command(line, len), "only commands of ours leave");
        if (dot) {
            marks++;
            data = message = false;
        }
    }
    return marks;
}

static void check_events(const struct play *p, unsigned marks) {
    unsigned sent = 0;
    size_t i;
    for (i = 0; i < p->event_count; i++)
        if (p->events[i].outcome != SMTPLITE_NOT_SENT && p->events[i].event == SMTPLITE_EV_DONE)
            sent++;
        else if (p->events[i].outcome == SMTPLITE_MAYBE_SENT)
            sent++;
    require(sent <= marks, "what was sent, or maybe, had its end mark");
}

static void check_same(const struct play *a, const struct play *b) {
    size_t i;
    require(a->out_len == b->out_len && memcmp(a->out, b->out, a->out_len) == 0,
            "the same is said, whole and octet by octet");
    require(a->event_count == b->event_count, "as many events, whole and octet by octet");
    for (i = 0; i < a->event_count; i++)
        require(memcmp(&a->events[i], &b->events[i], sizeof a->events[i]) == 0,
                "the same events, whole and octet by octet");
}

static void count(const struct play *p) {
    size_t i;
    runs++;
    for (i = 0; i < p->event_count; i++) {
        seen_event[p->events[i].event]++;
        if (p->events[i].event == SMTPLITE_EV_DONE || p->events[i].event == SMTPLITE_EV_FAILED) {
            seen_outcome[p->events[i].outcome]++;
            seen_error[p->events[i].error]++;
        }
#ifdef FUZZ_PLANT /* the proof that what is deep in a session is reached, and is found */
        require(p->events[i].outcome != SMTPLITE_PARTLY_SENT, "planted");
#endif
    }
}

static void print_counts(void) {
    unsigned i, errors = 0;
    for (i = 0; i < SMTPLITE_E_COUNT; i++)
        errors += seen_error[i] > 0;
    fprintf(stderr,
            "fuzz: executions %lu ready %lu done %lu closed %lu failed %lu sent %lu partly %lu "
            "not %lu maybe %lu errors %u\n",
            runs, seen_event[SMTPLITE_EV_READY], seen_event[SMTPLITE_EV_DONE],
            seen_event[SMTPLITE_EV_CLOSED], seen_event[SMTPLITE_EV_FAILED],
            seen_outcome[SMTPLITE_SENT], seen_outcome[SMTPLITE_PARTLY_SENT],
            seen_outcome[SMTPLITE_NOT_SENT], seen_outcome[SMTPLITE_MAYBE_SENT], errors);
}

/* ---- inputs ------------------------------------------------------------------------------ */

static void make_plan(struct plan *plan, const uint8_t *p) {
    memset(plan, 0, sizeof *plan);
    plan->config.domain = "client.example";
    plan->config.password = "s3cret";
    plan->config.flags = (uint16_t)((p[0] | (p[1] & 1u) << 8) & 0x1FFu);
    plan->config.tls = (uint8_t)((p[1] >> 1) % 4 % 3);
    plan->config.mechanisms = (p[1] >> 3) & 3u;
    plan->config.user = plan->config.mechanisms != 0 ? "me" : NULL;
    plan->config.prefer = (p[1] >> 5) & 3u;
    plan->noop = (p[1] >> 7) != 0;
    plan->count = 1 + p[2] % 3;
    plan->mails = 1 + (p[2] >> 2) % 2;
    plan->quit_early = (p[2] & 8) != 0;
    plan->mail_flags = (p[2] >> 4) & 3u;
    plan->size = (p[2] & 64) != 0 ? 5000 : 0;
    plan->body = p[3] & 3u;
    plan->end = (p[3] >> 2) & 3u;
    if (plan->config.prefer == 3)
        plan->config.prefer = 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    return atexit(print_counts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct plan plan;
    unsigned i;
    if (size < 4)
        return 0;
    make_plan(&plan, data);
    for (i = 0; i < 2; i++) {
        plays[i].out = outs[i];
        play(&plays[i], &plan, i == 1, (const char *)data + 4, size - 4);
    }
    check_events(&plays[0], check_out(plays[0].out, plays[0].out_len));
    check_same(&plays[0], &plays[1]);
    count(&plays[0]);
    return 0;
}
