/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer on the server's bytes. The first six octets of an input choose configuration, login and
 * mail, the rest is what the server says. Each input is played twice, whole lines and all output
 * at once, and octet by octet: what the client says and tells must be the same. And always:
 *   - outside of a message only commands leave that this mail and login call for;
 *   - a message has CRLF line ends only, and no line of it but the last is a lone dot;
 *   - sent, or maybe sent, only if the end mark has left;
 *   - password and token are in no text, but if the server says them;
 *   - no login by SCRAM alone succeeds unless the server has said its signature (A14).
 */
#define _GNU_SOURCE /* memmem */
#include "../support/test_crypto.h"
#include "smtplite/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD       6u
#define OUT_MAX    (1u << 18)
#define EVENTS_MAX 512u
#define RECIPIENTS 3u
#define SCRAM                                                                                      \
    (SMTPLITE_AUTH_SCRAM_SHA_1 | SMTPLITE_AUTH_SCRAM_SHA_256 | SMTPLITE_AUTH_SCRAM_SHA_1_PLUS |    \
     SMTPLITE_AUTH_SCRAM_SHA_256_PLUS)

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
    bool login;    /* there is a struct smtplite_login, and then: */
    bool no_crypto, bound, token_by_event, token_fails;
    const char *authzid;
};

struct event {
    uint8_t event, outcome, error, phase;
    uint16_t code;
    size_t index;
    size_t out_len;
};

struct play {
    struct smtplite_session session;
    struct smtplite_config config;
    struct smtplite_login login;
    struct test_crypto crypto;
    struct smtplite_crypto spy;
    uint8_t last_mac[SMTPLITE_DIGEST_MAX];
    size_t last_mac_len;
    size_t token_pos;
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

static const char token[] = "t0k3n.of-32_octets~to+send/by=it";
static struct play plays[2];
static char outs[2][OUT_MAX];
static unsigned long runs, seen_event[SMTPLITE_EV_FAILED + 1], seen_outcome[4];
static unsigned long seen_error[SMTPLITE_E_COUNT], seen_proofs;

static void require(bool holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "fuzz: violated: %s\n", what);
    abort();
}

/* ---- the login's memory ------------------------------------------------------------------ */

/* The last that SCRAM makes is the signature that it expects of the server. */
static bool note_hmac(void *context, enum smtplite_hash hash, const void *key, size_t key_len,
                      const void *p, size_t n, void *mac) {
    struct play *play = context;
    bool good = play->crypto.provider.hmac(&play->crypto, hash, key, key_len, p, n, mac);
    play->last_mac_len = smtplite_digest_len(hash);
    memcpy(play->last_mac, mac, play->last_mac_len);
    return good;
}

static bool do_hash(void *context, enum smtplite_hash hash, const void *p, size_t n, void *out) {
    struct play *play = context;
    return play->crypto.provider.hash(&play->crypto, hash, p, n, out);
}

static bool do_random(void *context, void *p, size_t n) {
    struct play *play = context;
    return play->crypto.provider.random(&play->crypto, p, n);
}

static void do_forget(void *context) {
    struct play *play = context;
    play->crypto.provider.forget(&play->crypto);
}

static void set_up_login(struct play *p) {
    const struct plan *plan = p->plan;
    p->config = plan->config;
    if (!plan->login)
        return;
    test_crypto_init(&p->crypto, NULL, 0);
    p->spy = (struct smtplite_crypto){p, note_hmac, do_hash, do_random, do_forget};
    smtplite_login_init(&p->login, plan->no_crypto ? NULL : &p->spy);
    p->login.authzid = plan->authzid;
    p->login.token = plan->token_by_event ? NULL : token;
    p->login.token_len = plan->token_by_event ? 0 : sizeof token - 1;
    p->login.token_by_event = plan->token_by_event;
    p->login.host = "mx";
    p->login.port = "587";
    p->login.iterations_min = 1;
    p->login.iterations_max = 64;
    p->config.login = &p->login;
}

static void give_token(struct play *p) {
    size_t n = sizeof token - 1 - p->token_pos;
    if (p->octets && n > 1)
        n = 1;
    p->token_pos += n;
    if (n > 0)
        require(smtplite_token(&p->session, token + p->token_pos - n, n) == SMTPLITE_E_OK, "token");
    else if (p->plan->token_fails)
        require(smtplite_token_fail(&p->session) == SMTPLITE_E_OK, "token_fail");
    else
        require(smtplite_token_end(&p->session) == SMTPLITE_E_OK, "token_end");
}

/* As the server has to say it: `v=` and base64, in base64; as much as no padding depends on. */
static size_t encode(char *out, const uint8_t *p, size_t n) {
    size_t len = 0, i;
    for (i = 0; i < n; i += 3) {
        uint32_t bits = (uint32_t)p[i] << 16;
        bits |= i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0;
        bits |= i + 2 < n ? p[i + 2] : 0;
        for (unsigned k = 0; k < 4; k++)
            out[len++] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
                [i + k <= n ? bits >> (18 - 6 * k) & 63 : 64];
    }
    return len;
}

static void check_proof(const struct play *p, const char *input, size_t len) {
    bool must = (p->config.mechanisms & ~SCRAM) == 0 && p->config.mechanisms != 0 &&
                !(p->config.flags & (SMTPLITE_ALLOW_NO_LOGIN | SMTPLITE_ALLOW_UNLISTED_LOGIN));
    char words[64] = "v=", encoded[96];
    size_t n;
    if (!must)
        return;
    n = 2 + encode(words + 2, p->last_mac, p->last_mac_len);
    n = encode(encoded, (const uint8_t *)words, n / 3 * 3);
    require(memmem(input, len, encoded, n) != NULL, "no login without the server's proof");
    seen_proofs++;
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
    require(p->told || (strstr(smtplite_text(&p->session), "s3cret") == NULL &&
                        strstr(smtplite_text(&p->session), "t0k3n") == NULL),
            "no password and no token in a text");
    require(result->outcome <= SMTPLITE_MAYBE_SENT, "a known outcome");
    require(result->error < SMTPLITE_E_COUNT, "a known error");
    if (p->event_count == EVENTS_MAX || event == SMTPLITE_EV_BODY || event == SMTPLITE_EV_TOKEN)
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
        check_proof(p, input, input_len);
        next_job(p);
        break;
    case SMTPLITE_EV_REPLY:
        next_job(p);
        break;
    case SMTPLITE_EV_TOKEN:
        give_token(p);
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
        while (smtplite_wants(&p->session) & SMTPLITE_WANT_WORK)
            smtplite_work(&p->session);
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
    if (smtplite_wants(&p->session) == SMTPLITE_WANT_TLS && p->plan->bound)
        smtplite_tls_binding(&p->session, "tls-exporter", (const uint8_t *)token, 32);
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

/* The server itself has a secret of ours, or a part of it in base64, at any of its three places. */
static bool tells_secret(const char *input, size_t len) {
    static const char *const parts[] = {"s3cret", "czNj", "Y3Jl", "M2Ny",
                                        "t0k3n",  "dDBr", "azNu", "MGsz"};
    size_t i;
    for (i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (memmem(input, len, parts[i], strlen(parts[i])) != NULL)
            return true;
    return false;
}

static void play(struct play *p, const struct plan *plan, bool octets, const char *input,
                 size_t len) {
    const char *line = input, *end = input + len, *next;
    memset(p, 0, offsetof(struct play, out));
    p->out_len = p->event_count = 0;
    p->plan = plan;
    p->octets = octets;
    p->told = tells_secret(input, len);
    set_up_login(p);
    require(smtplite_init(&p->session, &p->config, p->text, sizeof p->text) == SMTPLITE_E_OK,
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

static size_t skip(const char *p, size_t n, const char *word) {
    size_t len = strlen(word);
    return n >= len && memcmp(p, word, len) == 0 ? len : 0;
}

/* AUTH and a mechanism, and perhaps a response. PLAIN's is known. */
static bool is_auth(const char *p, size_t n) {
    static const char *const names[] = {
        "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "EXTERNAL",
        "OAUTHBEARER",        "XOAUTH2",          "CRAM-MD5",      "LOGIN"};
    size_t pos = skip(p, n, "AUTH "), len = 0, i;
    for (i = 0; i < sizeof names / sizeof names[0] && pos > 0 && len == 0; i++)
        len = skip(p + pos, n - pos, names[i]);
    pos += len;
    if (len == 0 || pos == n)
        return len > 0;
    return p[pos] == ' ' &&
           ((n - pos == 2 && p[pos + 1] == '=') || is_base64(p + pos + 1, n - pos - 1));
}

static bool is_command(const char *p, size_t n) {
    static const char *const known[] = {"EHLO client.example",
                                        "HELO client.example",
                                        "STARTTLS",
                                        "AUTH PLAIN",
                                        "AUTH PLAIN AG1lAHMzY3JldA==",
                                        "AUTH PLAIN Ym9zcwBtZQBzM2NyZXQ=",
                                        "",
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
    return is_auth(p, n) || is_base64(p, n);
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
            "not %lu maybe %lu proven %lu errors %u\n",
            runs, seen_event[SMTPLITE_EV_READY], seen_event[SMTPLITE_EV_DONE],
            seen_event[SMTPLITE_EV_CLOSED], seen_event[SMTPLITE_EV_FAILED],
            seen_outcome[SMTPLITE_SENT], seen_outcome[SMTPLITE_PARTLY_SENT],
            seen_outcome[SMTPLITE_NOT_SENT], seen_outcome[SMTPLITE_MAYBE_SENT], seen_proofs,
            errors);
}

/* ---- inputs ------------------------------------------------------------------------------ */

/* What the login needs is there, as smtplite_init asks for it. */
static void make_login(struct plan *plan, const uint8_t *p) {
    struct smtplite_config *config = &plan->config;
    unsigned prefer = (p[5] >> 2) & 15u;
    plan->login = (p[5] & 64) == 0;
    plan->token_fails = (p[5] & 128) != 0;
    plan->bound = (p[1] & 8) != 0;
    plan->token_by_event = (p[1] & 16) != 0;
    plan->no_crypto = (p[1] & 32) != 0;
    config->mechanisms = (uint16_t)(p[4] | (p[5] & 3u) << 8);
    config->user = config->mechanisms != 0 ? "me" : NULL;
    config->prefer = prefer > 0 && prefer <= 10 ? (uint16_t)(1u << (prefer - 1)) : 0;
    if ((p[1] & 64) != 0)
        plan->authzid = "boss";
    else if (config->mechanisms & SMTPLITE_AUTH_EXTERNAL)
        plan->authzid = "";
    if (config->mechanisms != 0 && (!plan->login || plan->no_crypto))
        config->mechanisms |= SMTPLITE_AUTH_PLAIN;
}

static void make_plan(struct plan *plan, const uint8_t *p) {
    memset(plan, 0, sizeof *plan);
    plan->config.domain = "client.example";
    plan->config.password = "s3cret";
    plan->config.flags = (uint16_t)((p[0] | (p[1] & 1u) << 8) & 0x1FFu);
    plan->config.tls = (uint8_t)((p[1] >> 1) % 4 % 3);
    make_login(plan, p);
    plan->noop = (p[1] >> 7) != 0;
    plan->count = 1 + p[2] % 3;
    plan->mails = 1 + (p[2] >> 2) % 2;
    plan->quit_early = (p[2] & 8) != 0;
    plan->mail_flags = (p[2] >> 4) & 3u;
    plan->size = (p[2] & 64) != 0 ? 5000 : 0;
    plan->body = p[3] & 3u;
    plan->end = (p[3] >> 2) & 3u;
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
    if (size < HEAD)
        return 0;
    make_plan(&plan, data);
    for (i = 0; i < 2; i++) {
        plays[i].out = outs[i];
        play(&plays[i], &plan, i == 1, (const char *)data + HEAD, size - HEAD);
    }
    check_events(&plays[0], check_out(plays[0].out, plays[0].out_len));
    check_same(&plays[0], &plays[1]);
    count(&plays[0]);
    return 0;
}
