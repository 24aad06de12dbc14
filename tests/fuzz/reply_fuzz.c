/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer on the server's bytes. The first ten octets of an input choose configuration, login and
 * mails, the rest is what the server says. Each input is played twice, whole lines and runs of
 * output, and octet by octet: what the client says and tells must be the same. And always:
 *   - outside of a message only commands leave that these mails and this login call for, with
 *     parameters that were asked for and offered;
 *   - what left as a message, by DATA or BDAT, is the message, whole if its end mark has left;
 *   - a recipient is ACCEPTED only if the server has taken it and the message, and then nothing
 *     says that a retry is safe; nor while the end mark waits for its answer;
 *   - two mails at most are under way, each has its own end, and nobody is PENDING then;
 *   - password and token are in no text, but if the server says them;
 *   - no login by SCRAM alone succeeds unless the server has said its signature (A14).
 */
#include "play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 10 };

static struct play plays[2];
static char outs[2][OUT_MAX];
static struct transcript transcript;
static unsigned long runs, seen_event[SMTPLITE_EV_FAILED + 1], seen_outcome[4];
static unsigned long seen_error[SMTPLITE_E_COUNT];
static unsigned long seen_chunked, seen_riding, seen_lmtp, seen_parameters;

/* ---- Commands ---------------------------------------------------------------------------- */

static bool is_base64(const char *p, size_t n) {
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    for (size_t i = 0; i < n; i++)
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

/* The parameters of the plans below, each behind the one before. */
static const struct parameter {
    const char *text;
    unsigned extension;
} parameters[] = {
    {" SIZE=", SMTPLITE_EXT_SIZE}, /* and digits */
    {" BODY=BINARYMIME", SMTPLITE_EXT_BINARYMIME},
    {" BODY=8BITMIME", SMTPLITE_EXT_8BITMIME},
    {" SMTPUTF8", SMTPLITE_EXT_SMTPUTF8},
    {" RET=HDRS", SMTPLITE_EXT_DSN},
    {" ENVID=id+20+2B+3D~", SMTPLITE_EXT_DSN},
    {" BY=120;R", SMTPLITE_EXT_DELIVERBY},
    {" BY=-3;NT", SMTPLITE_EXT_DELIVERBY},
    {" HOLDFOR=60", SMTPLITE_EXT_FUTURERELEASE},
    {" HOLDUNTIL=2026-12-24T18:00:00Z", SMTPLITE_EXT_FUTURERELEASE},
    {" MT-PRIORITY=-4", SMTPLITE_EXT_MT_PRIORITY},
    {" REQUIRETLS", SMTPLITE_EXT_REQUIRETLS},
};
static const struct parameter parameters_of_rcpt[] = {
    {" NOTIFY=NEVER", SMTPLITE_EXT_DSN},
    {" NOTIFY=SUCCESS,DELAY", SMTPLITE_EXT_DSN},
    {" ORCPT=rfc822;a+2Bb+3Dc@example.net", SMTPLITE_EXT_DSN},
};

static size_t skip_parameter(const char *p, size_t n, const char *text) {
    size_t len = skip(p, n, text);
    if (len > 0 && text[len - 1] == '=')
        while (len < n && p[len] >= '0' && p[len] <= '9')
            len++;
    return len;
}

static bool are_parameters(const char *p, size_t n, const struct parameter *list, size_t count) {
    seen_parameters += n > 0;
    for (size_t i = 0; i < count; i++) {
        size_t len = skip_parameter(p, n, list[i].text);
        if (len > 0 && (plays[0].offered & list[i].extension) == 0)
            return false;
        p += len;
        n -= len;
    }
    return n == 0;
}

static bool is_mail(const char *p, size_t n) {
    static const char *const known[] = {"MAIL FROM:<me@example.org>", "MAIL FROM:<>",
                                        "MAIL FROM:<my@example.org>",
                                        "MAIL FROM:<m\xC3\xBC@example.org>"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t len = skip(p, n, known[i]);
        if (len > 0)
            return are_parameters(p + len, n - len, parameters,
                                  sizeof parameters / sizeof parameters[0]);
    }
    return false;
}

static bool is_recipient(const char *p, size_t n) {
    static const char *const known[] = {"RCPT TO:<one@example.net>", "RCPT TO:<two@example.net>",
                                        "RCPT TO:<\"a b\"@example.net>"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t len = skip(p, n, known[i]);
        if (len > 0)
            return are_parameters(p + len, n - len, parameters_of_rcpt,
                                  sizeof parameters_of_rcpt / sizeof parameters_of_rcpt[0]);
    }
    return false;
}

static bool is_command(const char *p, size_t n) {
    static const char *const known[] = {"EHLO client.example",
                                        "HELO client.example",
                                        "LHLO client.example",
                                        "STARTTLS",
                                        "AUTH PLAIN",
                                        "AUTH PLAIN AG1lAHMzY3JldA==",
                                        "AUTH PLAIN Ym9zcwBtZQBzM2NyZXQ=",
                                        "",
                                        "*",
                                        "DATA",
                                        "RSET",
                                        "NOOP",
                                        "VRFY somebody",
                                        "EXPN somebody",
                                        "HELP",
                                        "HELP somebody",
                                        "ETRN somebody",
                                        "QUIT"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strlen(known[i]) == n && memcmp(known[i], p, n) == 0)
            return true;
    return is_mail(p, n) || is_recipient(p, n) || is_auth(p, n) || is_base64(p, n);
}

/* ---- Messages ---------------------------------------------------------------------------- */

/* Nobody is to get it, and it was ended at once (RFC 2920 3.1). */
static bool is_hollow(const struct plan *plan, const struct transaction *t) {
    bool all = (plan->mail_flags & SMTPLITE_MAIL_ALL_OR_NOTHING) != 0;
    return t->refused || t->taken == 0 || (all && t->taken != t->tried);
}

static void check_content(const struct play *p, const struct transaction *t) {
    static char whole[OUT_MAX];
    size_t len = play_normalize(p->plan, p->body, p->body_len, whole, sizeof whole);
    if (t->ended && !t->chunked && t->content_len == 0 && is_hollow(p->plan, t))
        return;
    require(t->content_len <= len && memcmp(t->content, whole, t->content_len) == 0,
            "what has left is the message, or its beginning");
    require(!t->ended || t->content_len == len, "behind the end mark it is whole");
    require(!t->ended || p->plan->body != BODY_FAILS, "no end where the source has failed");
}

/* ---- Fates ------------------------------------------------------------------------------- */

/* What all transactions of a mail say. */
struct facts {
    unsigned has; /* taken, and so was the message */
    unsigned may; /* the same, of a mail whose MAIL was refused: the server contradicts itself */
    unsigned unanswered; /* taken, the end mark has left, and no word of it came */
};

static struct facts gather(const struct play *p, unsigned mail) {
    struct facts facts = {0, 0, 0};
    for (size_t i = 0; i < transcript.transaction_count; i++) {
        const struct transaction *t = &transcript.transactions[i];
        if (t->mail != mail || !t->ended)
            continue;
        facts.may |= t->has;
        if (is_hollow(p->plan, t))
            continue;
        facts.has |= t->has;
        if (!t->torn)
            facts.unanswered |= t->taken & ~t->answered;
    }
    return facts;
}

static void check_fate(const struct smtplite_mail *mail, unsigned who, const struct facts *facts) {
    uint8_t fate = mail->recipients[who].fate;
    bool has = (facts->has >> who & 1) != 0;
    bool lost = (facts->unanswered >> who & 1) != 0;
    require(fate <= SMTPLITE_MAYBE && fate != SMTPLITE_PENDING, "nobody is PENDING at the end");
    require(fate != SMTPLITE_ACCEPTED || (facts->may >> who & 1) != 0,
            "ACCEPTED by the server's word alone");
    require(!has || fate == SMTPLITE_ACCEPTED || fate == SMTPLITE_MAYBE,
            "no retry for who has the message");
    /* a no to something else ends the session, and says that nobody has it */
    require(!lost || mail->result.code >= 400 || fate == SMTPLITE_MAYBE,
            "MAYBE while the end mark waits for its answer");
}

static void check_outcome(const struct smtplite_mail *mail) {
    size_t accepted = 0, maybe = 0;
    for (size_t i = 0; i < mail->count; i++) {
        accepted += mail->recipients[i].fate == SMTPLITE_ACCEPTED;
        maybe += mail->recipients[i].fate == SMTPLITE_MAYBE;
    }
    unsigned outcome = maybe > 0                 ? SMTPLITE_MAYBE_SENT
                       : accepted == mail->count ? SMTPLITE_SENT
                       : accepted > 0            ? SMTPLITE_PARTLY_SENT
                                                 : SMTPLITE_NOT_SENT;
    require(mail->result.outcome == outcome, "the outcome follows from the fates");
}

static void check_mails(const struct play *p) {
    for (unsigned i = 0; i < p->submitted; i++) {
        struct facts facts = gather(p, i);
        for (unsigned who = 0; who < p->plan->count; who++)
            check_fate(&p->mails[i], who, &facts);
        check_outcome(&p->mails[i]);
    }
}

static void check_words(const struct play *p) {
    if (p->out_len + 8 >= OUT_MAX)
        return; /* it was cut */
    transcript.out = p->out;
    transcript.out_len = p->out_len;
    transcript.lmtp = (p->config.flags & SMTPLITE_LMTP) != 0;
    transcript.identify = play_identify;
    const char *wrong = transcript_read(&transcript, is_command);
    require(wrong == NULL, wrong != NULL ? wrong : "");
    if (transcript.transaction_count == TRANSACTIONS_MAX || transcript.reply_count == REPLIES_MAX)
        return;
    for (size_t i = 0; i < transcript.transaction_count; i++)
        check_content(p, &transcript.transactions[i]);
    check_mails(p);
}

static void check_same(const struct play *a, const struct play *b) {
    require(a->out_len == b->out_len && memcmp(a->out, b->out, a->out_len) == 0,
            "the same is said, whole and octet by octet");
    require(a->event_count == b->event_count, "as many events, whole and octet by octet");
    for (size_t i = 0; i < a->event_count; i++)
        require(memcmp(&a->events[i], &b->events[i], sizeof a->events[i]) == 0,
                "the same events, whole and octet by octet");
}

/* ---- Counts ------------------------------------------------------------------------------ */

static void count(const struct play *p) {
    runs++;
    for (size_t i = 0; i < p->event_count; i++) {
        seen_event[p->events[i].event]++;
        if (p->events[i].event == SMTPLITE_EV_DONE || p->events[i].event == SMTPLITE_EV_FAILED) {
            seen_outcome[p->events[i].outcome]++;
            seen_error[p->events[i].error]++;
        }
#ifdef FUZZ_PLANT /* the proof that what is deep in a session is reached, and is found */
        require(p->events[i].outcome != SMTPLITE_PARTLY_SENT, "planted");
#endif
    }
    for (size_t i = 0; i < transcript.transaction_count; i++) {
        const struct transaction *t = &transcript.transactions[i];
        seen_chunked += t->chunked && t->has != 0;
        seen_riding += t->rode;
        seen_lmtp += transcript.lmtp && t->has != 0 && t->has != t->taken;
    }
}

static void print_counts(void) {
    unsigned errors = 0;
    for (unsigned i = 0; i < SMTPLITE_E_COUNT; i++)
        errors += seen_error[i] > 0;
    fprintf(stderr,
            "fuzz: executions %lu ready %lu done %lu closed %lu failed %lu again %lu sent %lu "
            "partly %lu not %lu maybe %lu proven %lu chunked %lu riding %lu lmtp %lu "
            "parameters %lu errors %u\n",
            runs, seen_event[SMTPLITE_EV_READY], seen_event[SMTPLITE_EV_DONE],
            seen_event[SMTPLITE_EV_CLOSED], seen_event[SMTPLITE_EV_FAILED],
            seen_event[SMTPLITE_EV_AGAIN], seen_outcome[SMTPLITE_SENT],
            seen_outcome[SMTPLITE_PARTLY_SENT], seen_outcome[SMTPLITE_NOT_SENT],
            seen_outcome[SMTPLITE_MAYBE_SENT], seen_proofs, seen_chunked, seen_riding, seen_lmtp,
            seen_parameters, errors);
}

/* ---- Inputs ------------------------------------------------------------------------------ */

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

static void make_question(struct plan *plan, uint8_t which) {
    static const enum smtplite_phase questions[] = {
        SMTPLITE_PHASE_NOOP, SMTPLITE_PHASE_VRFY, SMTPLITE_PHASE_EXPN, SMTPLITE_PHASE_HELP,
        SMTPLITE_PHASE_HELP, SMTPLITE_PHASE_ETRN, SMTPLITE_PHASE_NOOP, SMTPLITE_PHASE_NOOP};
    plan->question = questions[which & 7];
    plan->argument = plan->question == SMTPLITE_PHASE_NOOP || (which & 7) == 3 ? NULL : "somebody";
}

static void make_mails(struct plan *plan, const uint8_t *p) {
    plan->count = 1 + p[2] % 3;
    plan->mails = 1 + (p[2] >> 2) % 2;
    plan->quit_early = (p[2] & 8) != 0;
    plan->mail_flags = (p[2] >> 4) & 3u;
    plan->size = (p[2] & 64) != 0 ? 5000 : 0;
    plan->body = (enum body)(p[3] & 3u);
    plan->end = (p[3] >> 2) & 3u;
    plan->ask = (p[1] >> 7) != 0;
    make_question(plan, p[3] >> 4);
}

/* The mail's own of what only config.extensions brings. */
static void make_options(struct plan *plan, uint8_t a) {
    static const struct smtplite_options options[] = {
        {.envid = "id +=~", .ret = SMTPLITE_RET_HDRS, .by = SMTPLITE_BY_RETURN, .by_time = 120},
        {.has_priority = true, .priority = -4, .hold_for = 60},
        {.by = SMTPLITE_BY_NOTIFY, .by_trace = true, .by_time = -3, .require_tls = true},
        {.hold_until = "2026-12-24T18:00:00Z", .must = SMTPLITE_EXT_DSN},
    };
    static const uint8_t notify[] = {0, SMTPLITE_NOTIFY_NEVER,
                                     SMTPLITE_NOTIFY_SUCCESS | SMTPLITE_NOTIFY_DELAY, 0};
    plan->has_options = (a & 4) != 0;
    plan->options = options[a & 3];
    plan->notify = notify[(a >> 3) & 3];
    plan->orcpt = (a & 32) != 0 ? "a+b=c@example.net" : NULL;
    if (a & 64)
        plan->mail_flags |= SMTPLITE_MAIL_UTF8;
    if (a & 128)
        plan->mail_flags |= SMTPLITE_MAIL_BINARY;
}

/* Octets of the content as it leaves, without a last line end that it lacks. */
static uint32_t exact_size(const struct plan *plan, const char *input, size_t input_len) {
    static char whole[OUT_MAX];
    size_t len = input_len;
    const char *body = play_body(plan->body, input, &len);
    size_t n = play_normalize(plan, body, len, whole, sizeof whole);
    bool ends = len == 0 || body[len - 1] == '\r' || body[len - 1] == '\n' ||
                (plan->mail_flags & SMTPLITE_MAIL_BINARY) != 0;
    return (uint32_t)(ends ? n : n - 2);
}

static void make_extensions(struct plan *plan, const uint8_t *p, const char *input, size_t len) {
    if ((p[6] & 1) == 0)
        return;
    plan->config.extensions = &smtplite_extensions;
    if ((p[6] & 2) != 0 && (plan->config.flags & SMTPLITE_HELO) == 0)
        plan->config.flags |= SMTPLITE_LMTP;
    if (p[6] & 4)
        plan->config.flags |= SMTPLITE_NO_CHUNKING;
    plan->early = (p[6] & 8) != 0;
    plan->at_once = (p[6] & 16) != 0;
    plan->cannot = (p[6] & 32) != 0;
    if (p[6] & 64)
        plan->mails++;
    if ((p[6] & 128) != 0 && plan->body == BODY_EMPTY)
        plan->body = BODY_LONG;
    make_options(plan, p[7]);
    if (p[8] & 1)
        plan->mail_flags |= SMTPLITE_MAIL_PIECES;
    if (p[8] & 2) {
        plan->size = exact_size(plan, input, len) + ((p[8] & 12) == 4) - ((p[8] & 12) == 8);
        plan->mail_flags |= plan->size != 0 ? SMTPLITE_MAIL_EXACT : 0;
    }
}

/* How the octets come and go. Pieces of the body are chunks: the same in both plays. */
static void make_rhythm(struct plan *plan, const uint8_t *p) {
    unsigned same = SMTPLITE_MAIL_EXACT | SMTPLITE_MAIL_PIECES | SMTPLITE_MAIL_BINARY;
    plan->lazy = (p[8] & 16) != 0;
    plan->cut = p[8] >> 5;
    plan->cut = plan->cut == 7 ? 1000 : plan->cut;
    if (plan->cut == 0 && (plan->lazy || (plan->mail_flags & same) != 0))
        plan->cut = SIZE_MAX;
    plan->budget = p[9];
}

static void make_plan(struct plan *plan, const uint8_t *p, size_t size) {
    memset(plan, 0, sizeof *plan);
    plan->config.domain = "client.example";
    plan->config.password = "s3cret";
    plan->config.flags = (uint16_t)((p[0] | (p[1] & 1u) << 8) & 0x1FFu);
    plan->config.tls = (uint8_t)((p[1] >> 1) % 4 % 3);
    make_login(plan, p);
    make_mails(plan, p);
    make_extensions(plan, p, (const char *)p + HEAD, size - HEAD);
    make_rhythm(plan, p);
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
    if (size < HEAD)
        return 0;
    make_plan(&plan, data, size);
    memset(&transcript, 0, offsetof(struct transcript, contents));
    transcript.contents_len = 0;
    for (unsigned i = 0; i < 2; i++) {
        plays[i].out = outs[i];
        plays[i].transcript = i == 0 ? &transcript : NULL;
        play(&plays[i], &plan, i == 1, (const char *)data + HEAD, size - HEAD);
    }
    check_words(&plays[0]);
    check_same(&plays[0], &plays[1]);
    count(&plays[0]);
    return 0;
}
