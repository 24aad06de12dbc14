/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memmem */
#include "play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRAM                                                                                      \
    (SMTPLITE_AUTH_SCRAM_SHA_1 | SMTPLITE_AUTH_SCRAM_SHA_256 | SMTPLITE_AUTH_SCRAM_SHA_1_PLUS |    \
     SMTPLITE_AUTH_SCRAM_SHA_256_PLUS)

enum { LONG = 40000 }; /* more than a chunk, SMTPLITE_CHUNK_MAX */

unsigned long seen_proofs;

static const char token[] = "t0k3n.of-32_octets~to+send/by=it";
static const char *const senders[MAILS] = {"me@example.org", "", "m\xC3\xBC@example.org"};
static const char *const plain_senders[MAILS] = {"me@example.org", "", "my@example.org"};
static const char *const addresses[RECIPIENTS] = {"one@example.net", "two@example.net",
                                                  "\"a b\"@example.net"};

void require(bool holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "fuzz: violated: %s\n", what);
    abort();
}

/* ---- The login's memory ------------------------------------------------------------------ */

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

static void check_proof(const struct play *p) {
    bool must = (p->config.mechanisms & ~SCRAM) == 0 && p->config.mechanisms != 0 &&
                !(p->config.flags & (SMTPLITE_ALLOW_NO_LOGIN | SMTPLITE_ALLOW_UNLISTED_LOGIN));
    char words[64] = "v=", encoded[96];
    size_t n;
    if (!must)
        return;
    n = 2 + encode(words + 2, p->last_mac, p->last_mac_len);
    n = encode(encoded, (const uint8_t *)words, n / 3 * 3);
    require(memmem(p->input, p->input_len, encoded, n) != NULL,
            "no login without the server's proof");
    seen_proofs++;
}

/* ---- Mails and their body ---------------------------------------------------------------- */

static bool is_utf8(const struct plan *plan) {
    return (plan->mail_flags & SMTPLITE_MAIL_UTF8) != 0;
}

unsigned play_identify(const char *line, size_t len) {
    const char *const *names = *line == 'M' ? plain_senders : addresses;
    const char *start = memchr(line, '<', len), *end;
    unsigned i;
    if (start++ == NULL)
        return 0;
    end = memchr(start, '>', (size_t)(line + len - start));
    for (i = 0; i < 3 && end != NULL; i++)
        if (strlen(names[i]) == (size_t)(end - start) &&
            memcmp(names[i], start, strlen(names[i])) == 0)
            return i;
    return 2; /* the one with two names */
}

const char *play_body(enum body body, const char *input, size_t *len) {
    static const char text[] = ".\r\n..a\n.\n\r\r\n.\r\nQUIT\r\nx\r.\n";
    static char large[LONG];
    if (body == BODY_INPUT)
        return input;
    *len = body == BODY_EMPTY ? 0 : body == BODY_LONG ? LONG : sizeof text - 1;
    if (body != BODY_LONG)
        return text;
    for (size_t i = 0; i < LONG; i++)
        large[i] = i % 64 == 63 ? '\n' : (char)('a' + i / 64 % 26);
    return large;
}

size_t play_normalize(const struct plan *plan, const char *body, size_t len, char *to, size_t cap) {
    size_t n = 0, i;
    bool binary = (plan->mail_flags & SMTPLITE_MAIL_BINARY) != 0;
    for (i = 0; i < len && n + 4 < cap; i++) {
        if (!binary && (body[i] == '\r' || body[i] == '\n')) {
            to[n++] = '\r';
            to[n++] = '\n';
            i += body[i] == '\r' && i + 1 < len && body[i + 1] == '\n';
        } else {
            to[n++] = body[i];
        }
    }
    if (binary || n == 0 || to[n - 1] == '\n')
        return n;
    to[n++] = '\r';
    to[n++] = '\n';
    return n;
}

static void make_mail(struct play *p, unsigned number) {
    const struct plan *plan = p->plan;
    struct smtplite_mail *mail = &p->mails[number];
    for (size_t i = 0; i < RECIPIENTS; i++) {
        struct smtplite_recipient *recipient = &p->recipients[number][i];
        recipient->address = addresses[i];
        recipient->fate = SMTPLITE_PENDING; /* of an earlier try: forgotten */
        recipient->notify = plan->notify;
        recipient->orcpt = i == 1 ? plan->orcpt : NULL;
    }
    mail->from = is_utf8(plan) ? senders[number] : plain_senders[number];
    mail->recipients = p->recipients[number];
    mail->count = plan->count;
    mail->size = plan->size;
    mail->flags = plan->mail_flags;
    mail->options = plan->has_options ? &plan->options : NULL;
}

/* behind: the mail before may have ended at once, as one that cannot be sent, and its DONE waits.
 */
static void submit(struct play *p, bool behind) {
    struct smtplite_mail further = p->mails[0];
    make_mail(p, p->submitted);
    enum smtplite_error error = smtplite_submit(&p->session, &p->mails[p->submitted]);
    if (behind && error == SMTPLITE_E_STATE)
        return;
    require(error == SMTPLITE_E_OK, "a mail is taken when there is room for it");
    p->submitted++;
    further.recipients = p->recipients[MAILS - 1];
    if (p->submitted - p->done == 2)
        require(smtplite_submit(&p->session, &further) == SMTPLITE_E_STATE, "two mails at most");
}

static bool has_more(const struct play *p) {
    return p->submitted < p->plan->mails && !p->quit_said;
}

static void next_job(struct play *p) {
    const struct plan *plan = p->plan;
    if (plan->ask && !p->asked) {
        p->asked = true;
        require(smtplite_command(&p->session, plan->question, plan->argument) == SMTPLITE_E_OK,
                "a command after READY");
    } else if (has_more(p)) {
        submit(p, false);
        if (plan->at_once && has_more(p))
            submit(p, true);
    } else if (!p->quit_said) {
        p->quit_said = true;
        smtplite_quit(&p->session);
    }
}

/* What is to be said or submitted before the end mark, so that it can ride behind it. */
static void look_ahead(struct play *p) {
    if (p->plan->early && has_more(p) && p->submitted - p->done == 1)
        submit(p, false);
    if (!p->plan->quit_early || has_more(p))
        return;
    p->quit_said = true;
    smtplite_quit(&p->session);
}

static size_t piece_length(const struct play *p) {
    size_t n = p->body_len - p->given;
    size_t most = p->plan->cut > 0 ? p->plan->cut : p->octets ? 1 : n;
    return n < most ? n : most;
}

static void give_body(struct play *p) {
    size_t n = piece_length(p);
    p->hungry = false;
    if (n > 0) {
        p->given += n;
        require(smtplite_body(&p->session, p->body + p->given - n, n) == SMTPLITE_E_OK, "body");
    } else if (p->plan->body == BODY_FAILS) {
        require(smtplite_body_fail(&p->session) == SMTPLITE_E_OK, "body_fail");
    } else {
        p->given = 0; /* of the next */
        require(smtplite_body_end(&p->session) == SMTPLITE_E_OK, "body_end");
    }
}

/* ---- Output ------------------------------------------------------------------------------ */

static void take_out(struct play *p) {
    size_t len, most = p->octets ? 1 : p->budget;
    const char *piece = smtplite_out(&p->session, &len);
    require((piece != NULL) == (len > 0), "out and its length agree");
    if (len > most)
        len = most;
    if (len > 0 && p->out_len + len <= OUT_MAX) {
        memcpy(p->out + p->out_len, piece, len);
        p->out_len += len;
    }
    p->budget -= len;
    smtplite_out_done(&p->session, len);
}

static void take_all_out(struct play *p) {
    while (p->budget > 0 && (smtplite_wants(&p->session) & SMTPLITE_WANT_OUT))
        take_out(p);
}

/* ---- Events ------------------------------------------------------------------------------ */

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

static void end_mail(struct play *p) {
    const struct smtplite_result *now = smtplite_result_get(&p->session);
    const struct smtplite_result *own = &p->mails[p->done].result;
    require(p->done < p->submitted, "as many ends as mails");
    require(own->outcome == now->outcome && own->error == now->error && own->phase == now->phase &&
                own->code == now->code,
            "each mail has its own end, in their order");
    p->done++;
    if (p->done == p->submitted)
        next_job(p);
}

static void answer(struct play *p, enum smtplite_event event) {
    switch (event) {
    case SMTPLITE_EV_READY:
        check_proof(p);
        p->offered = smtplite_offered(&p->session);
        next_job(p);
        break;
    case SMTPLITE_EV_REPLY:
        next_job(p);
        break;
    case SMTPLITE_EV_TOKEN:
        give_token(p);
        break;
    case SMTPLITE_EV_AGAIN:
        p->given = 0;
        p->hungry = false;
        require(smtplite_again(&p->session, !p->plan->cannot) == SMTPLITE_E_OK, "again");
        break;
    case SMTPLITE_EV_DONE:
        p->given = 0;
        p->hungry = false;
        end_mail(p);
        break;
    case SMTPLITE_EV_BODY:
        look_ahead(p);
        p->hungry = true;
        if (!p->plan->lazy)
            give_body(p);
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
static void work(struct play *p) {
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
        answer(p, event);
    } while (event != SMTPLITE_EV_NONE);
    if (smtplite_wants(&p->session) == SMTPLITE_WANT_TLS && p->plan->bound)
        smtplite_tls_binding(&p->session, "tls-exporter", (const uint8_t *)token, 32);
    if (smtplite_wants(&p->session) == SMTPLITE_WANT_TLS)
        smtplite_tls_done(&p->session, p->plan->end != 1);
    take_all_out(p);
}

/* What happens between two lines of the server's. */
static void breathe(struct play *p) {
    p->budget = p->plan->budget > 0 ? p->plan->budget : SIZE_MAX;
    work(p);
    if (!p->hungry || p->over)
        return;
    /* still wanted? a refusal may have ended that */
    if (smtplite_body(&p->session, p->body, 0) == SMTPLITE_E_STATE)
        p->hungry = false;
    else
        give_body(p);
    work(p);
}

/* ---- Input ------------------------------------------------------------------------------- */

static void hear(struct play *p, const char *line, size_t n) {
    if (p->transcript == NULL)
        return;
    for (size_t i = 0; i < n; i++)
        transcript_hear(p->transcript, line[i], p->out_len);
}

static void feed_line(struct play *p, const char *line, size_t n) {
    size_t taken;
    unsigned idle = 0;
    while (n > 0 && !p->over) {
        taken = smtplite_in(&p->session, line, p->octets ? 1 : n);
        require(taken <= n, "in takes what there is");
        hear(p, line, taken);
        line += taken;
        n -= taken;
        idle = taken > 0 ? 0 : idle + 1;
        require(idle < 4, "in goes on once the events are read");
        if (n > 0 && taken < (p->octets ? 1 : n + taken))
            work(p);
    }
}

static void end_play(struct play *p) {
    static const enum smtplite_error why[] = {SMTPLITE_E_IO, SMTPLITE_E_TIMEOUT,
                                              SMTPLITE_E_CANCELLED};
    if (p->plan->end == 0)
        smtplite_in_eof(&p->session);
    else
        smtplite_io_failed(&p->session, why[p->plan->end - 1]);
    work(p);
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

static void begin_play(struct play *p) {
    p->told = tells_secret(p->input, p->input_len);
    p->body_len = p->input_len;
    p->body = play_body(p->plan->body, p->input, &p->body_len);
    set_up_login(p);
    require(smtplite_init(&p->session, &p->config, p->text, sizeof p->text) == SMTPLITE_E_OK,
            "init");
}

void play(struct play *p, const struct plan *plan, bool octets, const char *input, size_t len) {
    const char *line = input, *end = input + len, *next;
    memset(p, 0, offsetof(struct play, out));
    p->plan = plan;
    p->octets = octets;
    p->input = input;
    p->input_len = len;
    begin_play(p);
    breathe(p);
    while (line < end && !p->over) {
        next = memchr(line, '\n', (size_t)(end - line));
        next = next != NULL ? next + 1 : end;
        feed_line(p, line, (size_t)(next - line));
        if (!p->over)
            breathe(p);
        line = next;
    }
    if (!p->over)
        end_play(p);
    smtplite_wipe(&p->session);
}
