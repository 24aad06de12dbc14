/* SPDX-License-Identifier: MIT */
/*
 * The driver while a login goes on: a server that speaks while SCRAM computes is out of step, and
 * neither it nor a slow token keeps the hook from being called or a time limit from being held.
 */
#include "../support/test_crypto.h"
#include "check.h"

#include "smtplite/smtplite.h"

#include <string.h>

/* Of a nonce of eighteen octets of zero; 4,096 iterations. */
#define SERVER_FIRST                                                                               \
    "334 cj1BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFzcnYscz1RU1hDUitRNnNlazhiZjkyLGk9NDA5Ng==\r\n"

enum { CALLS_MAX = 100000 }; /* of the hook: a session that needs more hangs */

/* A server that gives its next line for each line that it hears, and how the client was. */
struct talk {
    const char *const *lines;
    size_t pos; /* octets of the present line that were given */
    bool due;
    uint32_t clock;
    unsigned hooks;
    unsigned moves; /* calls of the transport between two of the hook */
    unsigned most_moves;
    char said[600];
    size_t said_len;
};

static ptrdiff_t send_bytes(void *context, const char *p, size_t n, bool more, uint32_t wait) {
    struct talk *t = context;
    (void)more;
    (void)wait;
    t->moves++;
    for (size_t i = 0; i < n && t->said_len + 1 < sizeof t->said; i++)
        t->said[t->said_len++] = p[i];
    if (memchr(p, '\n', n) != NULL)
        t->due = true;
    return (ptrdiff_t)n;
}

static ptrdiff_t receive_bytes(void *context, char *p, size_t n, uint32_t wait) {
    struct talk *t = context;
    t->moves++;
    if (!t->due || *t->lines == NULL) {
        t->clock += wait;
        return 0;
    }
    size_t left = strlen(*t->lines + t->pos);
    size_t count = left < n ? left : n;
    memcpy(p, *t->lines + t->pos, count);
    t->pos += count;
    if (count == left) {
        t->lines++;
        t->pos = 0;
        t->due = false;
    }
    return (ptrdiff_t)count;
}

static uint32_t now(void *context) {
    struct talk *t = context;
    return t->clock;
}

static bool idle(void *context) {
    struct talk *t = context;
    t->most_moves = t->moves > t->most_moves ? t->moves : t->most_moves;
    t->moves = 0;
    return ++t->hooks < CALLS_MAX;
}

struct job {
    struct talk talk;
    struct smtplite_config config;
    struct smtplite_hooks hooks;
    struct smtplite_report report;
    int (*start_tls)(void *context, struct smtplite_session *session, uint32_t wait);
};

static struct smtplite_login login;
static struct test_crypto crypto;

static void begin(struct job *job, uint16_t mechanisms, const char *const *lines) {
    memset(job, 0, sizeof *job);
    test_crypto_init(&crypto, NULL, 0);
    smtplite_login_init(&login, &crypto.provider);
    job->talk.lines = lines;
    job->talk.due = true;
    job->config = (struct smtplite_config){.user = "user",
                                           .password = "pencil",
                                           .login = &login,
                                           .mechanisms = mechanisms,
                                           .tls = SMTPLITE_TLS_NONE,
                                           .flags = SMTPLITE_ALLOW_CLEAR_LOGIN};
    job->hooks = (struct smtplite_hooks){.idle = idle, .context = &job->talk};
}

static void run(struct job *job) {
    struct smtplite_transport transport = {.context = &job->talk,
                                           .send = send_bytes,
                                           .receive = receive_bytes,
                                           .now = now,
                                           .start_tls = job->start_tls};
    struct smtplite_recipient to = {.address = "b@y.example"};
    struct smtplite_mail mail = {.from = "a@x.example", .recipients = &to, .count = 1};
    struct smtplite_memory memory = {.p = "x\n", .n = 2};
    struct smtplite_source source = smtplite_memory_source(&memory);
    (void)smtplite_send(&transport, &job->config, &mail, &source, &job->hooks, &job->report);
}

static void check_end(const struct job *job, const char *what, enum smtplite_error error) {
    const struct smtplite_result *result = &job->report.result;
    CHECK(result->error == error, "%s: %s", what, smtplite_error_name(result->error));
    CHECK(result->outcome == SMTPLITE_NOT_SENT, "%s", what);
    CHECK(job->talk.hooks < CALLS_MAX, "%s: it does not end", what);
    CHECK(job->talk.most_moves <= 8, "%s: %u calls without a look at the hook", what,
          job->talk.most_moves);
}

/* What comes in one piece with the challenge, while the answer to it is being computed. */
static void test_talking_while_we_compute(void) {
    static const struct {
        const char *reply;
        enum smtplite_error error;
    } cases[] = {
        {SERVER_FIRST "2", SMTPLITE_E_TIMEOUT}, /* the rest never comes */
        {SERVER_FIRST "250 surprise\r\n", SMTPLITE_E_OUT_OF_STEP},
        {SERVER_FIRST "235 in you go\r\n", SMTPLITE_E_OUT_OF_STEP},
        {SERVER_FIRST "334 \r\n", SMTPLITE_E_OUT_OF_STEP},
        {SERVER_FIRST SERVER_FIRST, SMTPLITE_E_OUT_OF_STEP},
        {SERVER_FIRST "421 4.3.0 closing\r\n", SMTPLITE_E_CLOSING},
        {SERVER_FIRST "\n", SMTPLITE_E_BAD_REPLY},
        {SERVER_FIRST, SMTPLITE_E_TIMEOUT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const lines[] = {"220 x\r\n", "250-x\r\n250 AUTH SCRAM-SHA-256\r\n",
                                     cases[i].reply, NULL};
        struct job job;
        begin(&job, SMTPLITE_AUTH_SCRAM_SHA_256, lines);
        run(&job);
        check_end(&job, cases[i].reply + strlen(SERVER_FIRST), cases[i].error);
        CHECK(strstr(job.talk.said, "MAIL") == NULL, "%s", job.talk.said);
    }
}

/* A server that says nothing while 20,000 iterations are done: each part gives way to the hook. */
static void test_hook_while_we_compute(void) {
    const char *const lines[] = {"220 x\r\n", "250-x\r\n250 AUTH SCRAM-SHA-256\r\n", SERVER_FIRST,
                                 "421 enough\r\n", NULL};
    struct job job;
    begin(&job, SMTPLITE_AUTH_SCRAM_SHA_256, lines);
    run(&job);
    check_end(&job, "computing", SMTPLITE_E_CLOSING);
    CHECK(job.talk.hooks >= 4096 / SMTPLITE_WORK_STEP, "%u", job.talk.hooks);
}

/* ---- The token ----------------------------------------------------------------------------- */

static const char *const *pieces;
static unsigned refusals; /* how often the source says: not yet */

static bool give_token(void *context, struct smtplite_session *s) {
    (void)context;
    if (refusals > 0) {
        refusals--;
        return false;
    }
    if (*pieces == NULL)
        (void)smtplite_token_end(s);
    else if (smtplite_token(s, *pieces, strlen(*pieces)) != SMTPLITE_E_OK)
        (void)smtplite_token_fail(s);
    else
        pieces++;
    return true;
}

static const char *const oauth_lines[] = {"220 x\r\n",   "250-x\r\n250 AUTH XOAUTH2\r\n",
                                          "334 \r\n",    "535 5.7.8 no\r\n",
                                          "221 bye\r\n", NULL};

static void test_token(void) {
    static const char *const good[] = {"y", "a2", "9.", "vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tC",
                                       "g", NULL}; /* pieces shorter than what is encoded at once */
    struct job job;
    begin(&job, SMTPLITE_AUTH_XOAUTH2, oauth_lines);
    login.token_by_event = true;
    job.hooks.token = give_token;
    pieces = good;
    refusals = 3;
    run(&job);
    check_end(&job, "token", SMTPLITE_E_AUTH_REFUSED);
    CHECK(strstr(job.talk.said, "dXNlcj11c2VyAWF1dGg9QmVhcmVyIHlhMjkudkY5ZGZ0NHFtVGMyTnZiM1JsY2tCa"
                                "GRIUmhkbWx6ZEdFdVkyOXRDZwEB\r\n") != NULL,
          "%s", job.talk.said);
}

static void test_no_token(void) {
    static const char *const bad[] = {"a\r\nb", NULL};
    struct job job;
    begin(&job, SMTPLITE_AUTH_XOAUTH2, oauth_lines);
    login.token_by_event = true;
    run(&job);
    check_end(&job, "no hook", SMTPLITE_E_ARGUMENT);
    CHECK(job.talk.said_len == 0, "%s", job.talk.said);
    begin(&job, SMTPLITE_AUTH_XOAUTH2, oauth_lines);
    login.token_by_event = true;
    job.hooks.token = give_token;
    pieces = bad;
    run(&job);
    check_end(&job, "a line end in the token", SMTPLITE_E_SOURCE);
    begin(&job, SMTPLITE_AUTH_XOAUTH2, oauth_lines);
    login.token_by_event = true;
    job.hooks.token = give_token;
    refusals = CALLS_MAX;
    job.talk.hooks = 0;
    run(&job);
    check_end(&job, "never", SMTPLITE_E_TIMEOUT);
}

/* It says that it has given a piece, and has not. */
static bool give_nothing(void *context, struct smtplite_session *s) {
    (void)context;
    (void)smtplite_token(s, "line\n", 5);
    return true;
}

static void test_token_refused(void) {
    struct job job;
    begin(&job, SMTPLITE_AUTH_XOAUTH2, oauth_lines);
    login.token_by_event = true;
    job.hooks.token = give_nothing;
    run(&job);
    check_end(&job, "nothing given", SMTPLITE_E_SOURCE);
    begin(&job, SMTPLITE_AUTH_XOAUTH2, oauth_lines);
    login.token = "forgotten";
    run(&job);
    check_end(&job, "no length", SMTPLITE_E_ARGUMENT);
    CHECK(job.talk.said_len == 0, "%s", job.talk.said);
}

/* What a terminal would obey is not in the report: as octets, or as characters of UTF-8. */
static void test_report_is_text(void) {
    const char *const lines[] = {"220 x\r\n",
                                 "250-x\r\n250 AUTH XOAUTH2\r\n",
                                 "334 \r\n",
                                 "535 \x9B"
                                 "31m \xC2\x9B"
                                 "31m \xC3\x9C \xE2\x82\x9B \x1B[31m\r\n",
                                 "221 bye\r\n",
                                 NULL};
    struct job job;
    begin(&job, SMTPLITE_AUTH_XOAUTH2, lines);
    login.token = "t";
    login.token_len = 1;
    run(&job);
    check_end(&job, "controls", SMTPLITE_E_AUTH_REFUSED);
    CHECK(strcmp(job.report.text, "?31m \xC2?31m \xC3\x9C \xE2\x82\x9B ?[31m") == 0, "%s",
          job.report.text);
}

/* What is wrong with a config is said, each mistake in its own words. */
static void test_advice(void) {
    static struct smtplite_login zeroed;
    static struct smtplite_login bare;
    smtplite_login_init(&bare, NULL);
    const struct {
        const char *word;
        struct smtplite_config config;
    } cases[] = {
        {"config.password is NULL", {.user = "u", .mechanisms = SMTPLITE_AUTH_PLAIN}},
        {"config.user is NULL", {.password = "p", .mechanisms = SMTPLITE_AUTH_LOGIN}},
        {"config.mechanisms is 0", {.user = "u", .password = "p"}},
        {"needs config.login", {.user = "u", .mechanisms = SMTPLITE_AUTH_SCRAM_SHA_1}},
        {"login.crypto", {.user = "u", .login = &bare, .mechanisms = SMTPLITE_AUTH_SCRAM_SHA_1}},
        {"smtplite_login_init", {.login = &zeroed, .mechanisms = SMTPLITE_AUTH_ANY}},
        {"config.flags", {.flags = 1 << 12}},
        {"config.mechanisms or prefer", {.mechanisms = 1 << 10}},
        {"config.domain", {.domain = ""}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const none[] = {NULL};
        struct job job;
        begin(&job, 0, none);
        job.config = cases[i].config;
        job.config.tls = SMTPLITE_TLS_NONE;
        run(&job);
        check_end(&job, cases[i].word, SMTPLITE_E_ARGUMENT);
        CHECK(strstr(job.report.text, cases[i].word) != NULL, "%s", job.report.text);
        CHECK(job.talk.said_len == 0, "%s", job.talk.said);
    }
    CHECK(smtplite_config_advice(&(struct smtplite_config){0})[0] == '\0', "all is well");
}

static int no_tls(void *context, struct smtplite_session *session, uint32_t wait) {
    (void)context, (void)session, (void)wait;
    return SMTPLITE_TRANSPORT_FAILED;
}

/* STARTTLS at a port where the server waits for TLS from the first byte: both would wait. */
static void test_wrong_port(void) {
    const char *const silence[] = {NULL};
    struct job job;
    begin(&job, 0, silence);
    job.config = (struct smtplite_config){.tls = SMTPLITE_TLS_REQUIRED};
    job.start_tls = no_tls;
    run(&job);
    check_end(&job, "silence", SMTPLITE_E_TIMEOUT);
    CHECK(strstr(job.report.text, "465") != NULL, "%s", job.report.text);
}

/* smtplite_wipe while the hash is computed: nothing of the password is left, nor the provider's
 * key. */
static void test_wipe(void) {
    static const uint8_t nothing[SMTPLITE_LOGIN_WORK];
    struct smtplite_session s;
    struct job job;
    size_t n;
    begin(&job, SMTPLITE_AUTH_SCRAM_SHA_256, NULL);
    CHECK(smtplite_init(&s, &job.config, NULL, 0) == SMTPLITE_E_OK, "init");
    static const char *const said[] = {"220 x\r\n", "250-x\r\n250 AUTH SCRAM-SHA-256\r\n",
                                       SERVER_FIRST};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        (void)smtplite_in(&s, said[i], strlen(said[i]));
        while (smtplite_out(&s, &n) != NULL)
            smtplite_out_done(&s, n);
    }
    CHECK((smtplite_wants(&s) & SMTPLITE_WANT_WORK) != 0, "%u", smtplite_wants(&s));
    CHECK(memcmp(login.salted, nothing, sizeof login.salted) != 0, "there is something to wipe");
    smtplite_wipe(&s);
    CHECK(memcmp(login.salted, nothing, sizeof login.salted) == 0, "salted");
    CHECK(memcmp(login.work, nothing, sizeof login.work) == 0, "work");
    CHECK(!crypto.keyed, "the provider's key");
}

int main(void) {
    test_wipe();
    test_advice();
    test_wrong_port();
    test_token_refused();
    test_report_is_text();
    test_talking_while_we_compute();
    test_hook_while_we_compute();
    test_token();
    test_no_token();
    return checks_end("driver_login");
}
