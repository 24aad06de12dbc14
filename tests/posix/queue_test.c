/* SPDX-License-Identifier: MIT */
/*
 * smtplite_deliver_all: what becomes of each mail of a run, in which order it is told, what rides
 * behind what, and what is left for a new connection. The truth about each mail is the server's.
 */
#include "check.h"
#include "model_server.h"

#include "smtplite/driver.h"

#include <stdio.h>
#include <string.h>

enum { LETTERS = 5, EACH = 3 };

#define PIPELINING "250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME\r\n"
#define CHUNKING   "250-PIPELINING\r\n250-CHUNKING\r\n250 8BITMIME\r\n"

struct letter {
    struct smtplite_mail mail;
    struct smtplite_recipient to[EACH];
    char from[40];
    char addresses[EACH][40];
    char body[80];
    struct smtplite_memory memory;
    struct smtplite_source source;
    unsigned taken;
    unsigned done;
    char text[60];
};

/* One session, and the queue that it is to send. */
struct run {
    struct model_server server;
    struct smtplite_session session;
    struct smtplite_driver driver;
    struct smtplite_config config;
    char text[128];
    struct letter letters[LETTERS];
    struct smtplite_queue queue;
    size_t count;    /* of letters */
    size_t next;     /* the next to be taken */
    size_t done;     /* the next to be told */
    size_t most;     /* that were in the driver's hands at once */
    size_t denied;   /* times that the queue was empty */
    bool disordered; /* told out of order, or not taken before */
    enum smtplite_error error;
};

static struct run r;

static bool give_next(void *context, struct smtplite_mail **mail,
                      const struct smtplite_source **source) {
    struct run *run = context;
    struct letter *letter = &run->letters[run->next];
    if (run->next == run->count) {
        run->denied++;
        return false;
    }
    letter->source = smtplite_memory_source(&letter->memory);
    letter->taken++;
    run->next++;
    if (run->next - run->done > run->most)
        run->most = run->next - run->done;
    *mail = &letter->mail;
    *source = &letter->source;
    return true;
}

static void take_done(void *context, struct smtplite_mail *mail, const char *text) {
    struct run *run = context;
    struct letter *letter = &run->letters[run->done];
    if (mail != &letter->mail || run->done >= run->next) {
        run->disordered = true;
        return;
    }
    letter->done++;
    snprintf(letter->text, sizeof letter->text, "%.50s", text);
    run->done++;
}

static void make_letter(struct letter *letter, size_t i) {
    memset(letter, 0, sizeof *letter);
    snprintf(letter->from, sizeof letter->from, "m.%zu@example.com", i);
    letter->mail.from = letter->from;
    letter->mail.recipients = letter->to;
    letter->mail.count = i % EACH + 1;
    for (size_t k = 0; k < EACH; k++) {
        snprintf(letter->addresses[k], sizeof letter->addresses[k], "r.%zu@example.com",
                 i * 10 + k);
        letter->to[k].address = letter->addresses[k];
    }
    snprintf(letter->body, sizeof letter->body, "Subject: %zu\r\n\r\n.\r\ntext %zu\r\n", i, i);
    letter->memory = (struct smtplite_memory){.p = letter->body, .n = strlen(letter->body)};
}

static void begin(size_t count, const char *offer) {
    memset(&r, 0, sizeof r);
    model_server_init(&r.server);
    r.server.offer = offer;
    r.config = (struct smtplite_config){.tls = SMTPLITE_TLS_NONE};
    if (offer != NULL && strstr(offer, "PIPELINING") != NULL)
        r.config.extensions = &smtplite_extensions;
    r.queue = (struct smtplite_queue){.next = give_next, .done = take_done, .context = &r};
    r.count = count;
    for (size_t i = 0; i < count; i++)
        make_letter(&r.letters[i], i);
}

static void open_session(void) {
    enum smtplite_error error = smtplite_init(&r.session, &r.config, r.text, sizeof r.text);
    CHECK(error == SMTPLITE_E_OK, "%d", (int)error);
    memset(&r.driver.session_start, 0,
           sizeof r.driver - offsetof(struct smtplite_driver, session_start));
    r.driver.session = &r.session;
    r.driver.transport = &r.server.transport;
}

static void send_all(void) {
    open_session();
    r.error = smtplite_deliver_all(&r.driver, &r.queue);
}

static void end(void) {
    CHECK(!r.server.out_of_step, "the client said %s", r.server.wrong);
    CHECK(!r.server.stuck, "endless");
    CHECK(!r.disordered, "told in another order");
    model_server_free(&r.server);
}

static const struct model_mail *find(const struct letter *letter) {
    for (size_t i = 0; i < r.server.mail_count; i++)
        if (strcmp(r.server.mails[i].from, letter->mail.from) == 0)
            return &r.server.mails[i];
    return NULL;
}

static uint64_t hash_text(const char *p) {
    return model_hash(model_hash(0, NULL, 0), p, strlen(p));
}

/* What came is what was sent, to whom it was for, once. */
static bool is_right(const struct letter *letter, const struct model_mail *mail) {
    size_t count = 0;
    size_t k = 0;
    for (size_t i = 0; i < r.server.mail_count; i++)
        count += strcmp(r.server.mails[i].from, letter->mail.from) == 0;
    for (size_t i = 0; i < letter->mail.count; i++) {
        if (letter->to[i].address[0] != 'r')
            continue;
        if (k == mail->to_count || mail->to[k] != atoi(letter->to[i].address + 2))
            return false;
        k++;
    }
    return count == 1 && k == mail->to_count && mail->hash == hash_text(letter->body);
}

#define EXPECT(i, outcome_, error_, code_)                                                         \
    do {                                                                                           \
        const struct smtplite_result *result_ = &r.letters[i].mail.result;                         \
        CHECK(result_->outcome == SMTPLITE_##outcome_ && result_->error == SMTPLITE_E_##error_ &&  \
                  result_->code == (code_),                                                        \
              "mail %d: outcome %d, error %d, code %d", (int)(i), result_->outcome,                \
              result_->error, result_->code);                                                      \
        CHECK(r.letters[i].done == 1 && r.letters[i].taken == 1, "mail %d: taken %u, told %u",     \
              (int)(i), r.letters[i].taken, r.letters[i].done);                                    \
    } while (0)

static const char *const offers[] = {NULL, PIPELINING, CHUNKING};
enum { OFFERS = sizeof offers / sizeof offers[0] };

/* ---- Fates and order ------------------------------------------------------------------------- */

static void test_all_good(const char *offer) {
    begin(LETTERS, offer);
    send_all();
    CHECK(r.error == SMTPLITE_E_OK && r.done == LETTERS, "%d, %zu", (int)r.error, r.done);
    for (size_t i = 0; i < LETTERS; i++) {
        char text[60];
        snprintf(text, sizeof text, "2.0.0 queued as %zu", i + 1);
        EXPECT(i, SENT, OK, 250);
        CHECK(strcmp(r.letters[i].text, text) == 0, "text: %s", r.letters[i].text);
        CHECK(r.letters[i].mail.flags == 0 && r.letters[i].mail.size == 0, "mail %zu: begin's", i);
        CHECK(find(&r.letters[i]) != NULL && is_right(&r.letters[i], find(&r.letters[i])),
              "mail %zu did not arrive as it was", i);
    }
    CHECK(r.server.logins == 1 && r.server.mail_count == LETTERS, "%zu logins", r.server.logins);
    CHECK(r.most <= 2, "%zu mails at once", r.most);
    CHECK((smtplite_wants(&r.session) & SMTPLITE_WANT_CLOSE) == 0, "the session is over");
    smtplite_finish(&r.driver);
    CHECK(r.server.closed && (smtplite_wants(&r.session) & SMTPLITE_WANT_CLOSE) != 0, "no QUIT");
    end();
}

/* Refused by MAIL, by a recipient, by the message's end: the others are as if it were not there. */
static void test_refusals(const char *offer) {
    begin(LETTERS, offer);
    memcpy(r.letters[0].from, "nobody", sizeof "nobody");
    memcpy(r.letters[1].addresses[0], "bad.1@example.com", sizeof "bad.1@example.com");
    memcpy(r.letters[2].from, "evil.2", sizeof "evil.2");
    memcpy(r.letters[3].addresses[0], "later.1@x.example", sizeof "later.1@x.example");
    send_all();
    CHECK(r.error == SMTPLITE_E_OK, "%d", (int)r.error);
    EXPECT(0, NOT_SENT, OK, 550);
    EXPECT(1, PARTLY_SENT, OK, 250);
    EXPECT(2, NOT_SENT, OK, 554);
    EXPECT(3, NOT_SENT, OK, 450);
    EXPECT(4, SENT, OK, 250);
    CHECK(r.letters[1].to[0].fate == SMTPLITE_REFUSED && r.letters[1].to[0].code == 550, "fate %d",
          r.letters[1].to[0].fate);
    CHECK(r.letters[1].to[1].fate == SMTPLITE_ACCEPTED, "fate %d", r.letters[1].to[1].fate);
    CHECK(r.letters[2].to[1].fate == SMTPLITE_REFUSED && r.letters[2].to[1].code == 554, "fate %d",
          r.letters[2].to[1].fate);
    CHECK(r.letters[3].to[0].fate == SMTPLITE_DEFERRED, "fate %d", r.letters[3].to[0].fate);
    CHECK(strcmp(r.letters[2].text, "5.7.1 no 2") == 0, "text: %s", r.letters[2].text);
    CHECK(r.server.mail_count == 3 && is_right(&r.letters[4], find(&r.letters[4])), "%zu mails",
          r.server.mail_count);
    end();
}

/* A mail that is not even begun is told in its turn, and the run goes on. */
static void test_bad_input(const char *offer, size_t which) {
    begin(LETTERS, offer);
    memcpy(r.letters[which].addresses[0], "a\r\nb", sizeof "a\r\nb");
    r.letters[which].to[0].fate = SMTPLITE_ACCEPTED; /* of an earlier try */
    send_all();
    CHECK(r.error == SMTPLITE_E_OK && r.done == LETTERS, "%d, %zu", (int)r.error, r.done);
    for (size_t i = 0; i < LETTERS; i++)
        if (i != which)
            EXPECT(i, SENT, OK, 250);
    EXPECT(which, NOT_SENT, CONTROL, 0);
    CHECK(r.letters[which].to[0].fate == SMTPLITE_UNTRIED, "fate %d", r.letters[which].to[0].fate);
    CHECK(r.letters[which].text[0] == '\0', "text: %s", r.letters[which].text);
    CHECK(r.server.mail_count == LETTERS - 1, "%zu mails", r.server.mail_count);
    end();
}

/* Found by the offer, before MAIL: two in a row. */
static void test_too_large(void) {
    begin(LETTERS, "250-PIPELINING\r\n250 SIZE 1000\r\n");
    r.letters[1].mail.size = 1001;
    r.letters[2].mail.size = 4000000;
    send_all();
    CHECK(r.error == SMTPLITE_E_OK, "%d", (int)r.error);
    EXPECT(0, SENT, OK, 250);
    EXPECT(1, NOT_SENT, SIZE, 0);
    EXPECT(2, NOT_SENT, SIZE, 0);
    EXPECT(3, SENT, OK, 250);
    EXPECT(4, SENT, OK, 250);
    CHECK(r.server.mail_count == 3, "%zu mails", r.server.mail_count);
    end();
}

/* ---- What rides (RFC 2920 3.1) --------------------------------------------------------------- */

static void test_riding(const char *offer) {
    begin(LETTERS, offer);
    r.server.holds = true;
    send_all();
    for (size_t i = 0; i < LETTERS; i++)
        EXPECT(i, SENT, OK, 250);
    CHECK(r.most == 2, "%zu mails at once", r.most);
    /* EHLO, the first envelope, and one for each mail; DATA needs its 354 */
    CHECK(r.server.turns <= LETTERS + 2, "%zu turns", r.server.turns);
    printf("# %d mails with %s: %zu turns, %zu writes\n", LETTERS,
           strstr(offer, "CHUNKING") != NULL ? "BDAT" : "DATA", r.server.turns, r.server.segments);
    end();
}

/* Without PIPELINING nothing may ride. */
static void test_not_riding(void) {
    begin(LETTERS, "250 8BITMIME\r\n");
    r.server.holds = true;
    send_all();
    CHECK(r.server.turns == 1 + 2 * LETTERS + LETTERS + 9, "%zu turns", r.server.turns);
    end();
    begin(LETTERS, PIPELINING);
    r.config.flags = SMTPLITE_LOCKSTEP;
    r.server.holds = true;
    send_all();
    CHECK(r.server.turns == 1 + 2 * LETTERS + LETTERS + 9, "%zu turns", r.server.turns);
    end();
}

/* ---- Several transactions each --------------------------------------------------------------- */

/* How often the letter came to its k-th recipient; whole, or it does not count. */
static size_t count_copies(const struct letter *letter, size_t k, bool told) {
    size_t copies = 0;
    for (size_t i = 0; i < r.server.mail_count; i++) {
        const struct model_mail *mail = &r.server.mails[i];
        if (strcmp(mail->from, letter->mail.from) != 0 || mail->hash != hash_text(letter->body) ||
            (told && !model_server_told(&r.server, mail)))
            continue;
        for (size_t j = 0; j < mail->to_count; j++)
            copies += mail->to[j] == atoi(letter->to[k].address + 2);
    }
    return copies;
}

static void begin_narrow_server(const char *offer) {
    begin(LETTERS, offer);
    r.config.extensions = &smtplite_extensions;
    r.server.rcpt_max = 1;
}

/* A server that takes one recipient at a time: the mail behind waits for all transactions of the
 * one before, and each has the octets of its own source. */
static void test_transactions(const char *offer) {
    size_t transactions = 0;
    begin_narrow_server(offer);
    send_all();
    CHECK(r.error == SMTPLITE_E_OK && r.done == LETTERS, "%d, %zu", (int)r.error, r.done);
    for (size_t i = 0; i < LETTERS; i++) {
        EXPECT(i, SENT, OK, 250);
        transactions += r.letters[i].mail.count;
        for (size_t k = 0; k < r.letters[i].mail.count; k++)
            CHECK(count_copies(&r.letters[i], k, true) == 1 &&
                      r.letters[i].to[k].fate == SMTPLITE_ACCEPTED,
                  "%s: mail %zu, recipient %zu: %zu times, fate %d", offer, i, k,
                  count_copies(&r.letters[i], k, true), r.letters[i].to[k].fate);
    }
    CHECK(r.server.mail_count == transactions, "%zu messages", r.server.mail_count);
    end();
}

/* ... and dies at any word: nobody is told a lie about any recipient. */
static void test_transactions_die(const char *offer) {
    size_t word = 1;
    bool struck = true;
    for (; struck && word < 5000; word++) {
        begin_narrow_server(offer);
        r.server.fault = MODEL_STALLS;
        r.server.at_word = word;
        send_all();
        struck = r.server.struck;
        CHECK(r.done == r.next, "%s, word %zu: %zu taken, %zu told", offer, word, r.next, r.done);
        for (size_t i = 0; i < r.next; i++) {
            for (size_t k = 0; k < r.letters[i].mail.count; k++) {
                const struct letter *letter = &r.letters[i];
                uint8_t fate = letter->to[k].fate;
                size_t copies = count_copies(letter, k, false);
                bool good = copies == 0 ? fate != SMTPLITE_ACCEPTED : fate == SMTPLITE_MAYBE;
                if (count_copies(letter, k, true) > 0)
                    good = fate == SMTPLITE_ACCEPTED;
                CHECK(good && copies <= 1 && fate != SMTPLITE_PENDING,
                      "%s, word %zu: mail %zu, recipient %zu: fate %d, %zu copies", offer, word, i,
                      k, fate, copies);
            }
        }
        end();
    }
    CHECK(word > 300 && word < 5000, "%s: %zu words", offer, word);
}

/* ---- The end of a run ------------------------------------------------------------------------ */

/* An empty queue is asked again when the last mail is done: something may have come meanwhile. */
static void add_letter(void *context, struct smtplite_mail *mail, const char *text) {
    struct run *run = context;
    take_done(context, mail, text);
    if (run->count < LETTERS)
        make_letter(&run->letters[run->count++], run->done);
}

static void test_growing(void) {
    begin(1, PIPELINING);
    r.queue.done = add_letter;
    send_all();
    CHECK(r.error == SMTPLITE_E_OK && r.done == LETTERS, "%d, %zu", (int)r.error, r.done);
    for (size_t i = 0; i < LETTERS; i++)
        EXPECT(i, SENT, OK, 250);
    end();
}

static void test_empty(void) {
    begin(0, PIPELINING);
    send_all();
    CHECK(r.error == SMTPLITE_E_OK && r.denied == 1 && r.server.logins == 1, "%d", (int)r.error);
    r.count = 1; /* later, in the same session */
    make_letter(&r.letters[0], 0);
    CHECK(smtplite_deliver_all(&r.driver, &r.queue) == SMTPLITE_E_OK, "-");
    EXPECT(0, SENT, OK, 250);
    smtplite_finish(&r.driver);
    r.count = 2;
    make_letter(&r.letters[1], 1);
    CHECK(smtplite_deliver_all(&r.driver, &r.queue) == SMTPLITE_E_STATE, "a session that is over");
    CHECK(r.letters[1].taken == 0, "taken though the session is over");
    end();
}

/* Nothing is taken from the queue before the session is ready. */
static void test_no_session(void) {
    begin(LETTERS, PIPELINING);
    r.config.user = "u";
    r.config.password = "p";
    r.config.mechanisms = SMTPLITE_AUTH_PLAIN;
    send_all();
    CHECK(r.error == SMTPLITE_E_AUTH_UNAVAILABLE && r.next == 0, "%d, %zu taken", (int)r.error,
          r.next);
    end();
}

static void quit_then(void *context, struct smtplite_mail *mail, const char *text) {
    take_done(context, mail, text);
    if (mail == &r.letters[1].mail)
        smtplite_quit(&r.session);
}

/* QUIT in the middle: what was under way is sent, and the next mails are not all burnt. */
static void test_quit(void) {
    begin(LETTERS, "250 8BITMIME\r\n");
    r.queue.done = quit_then;
    send_all();
    CHECK(r.next <= 4 && r.done == r.next, "%zu taken, %zu told", r.next, r.done);
    EXPECT(0, SENT, OK, 250);
    EXPECT(1, SENT, OK, 250);
    for (size_t i = 0; i < LETTERS; i++)
        CHECK((find(&r.letters[i]) != NULL) == (r.letters[i].mail.result.outcome == SMTPLITE_SENT),
              "mail %zu", i);
    end();
}

/* The source of the second fails: the first is sent, nothing of the second is, and none is taken
 * behind it. */
static enum smtplite_source_state read_and_fail(void *context, const char **p, size_t *n) {
    struct smtplite_memory *memory = context;
    return memory->given ? SMTPLITE_SOURCE_FAILED : smtplite_memory_read(memory, p, n);
}

static bool give_failing(void *context, struct smtplite_mail **mail,
                         const struct smtplite_source **source) {
    struct run *run = context;
    bool is_second = run->next == 1;
    bool good = give_next(context, mail, source);
    if (is_second)
        run->letters[1].source.read = read_and_fail;
    return good;
}

static void test_source_fails(const char *offer) {
    begin(LETTERS, offer);
    r.queue.next = give_failing;
    send_all();
    CHECK(r.error == SMTPLITE_E_SOURCE && r.next == 2, "%d, %zu taken", (int)r.error, r.next);
    EXPECT(0, SENT, OK, 250);
    EXPECT(1, NOT_SENT, SOURCE, 0);
    CHECK(r.server.mail_count == 1, "%zu mails", r.server.mail_count);
    end();
}

/* A mail is refused while its content leaves, which ends the session: the one that waits behind it
 * is not to blame, and may be tried again. */
static void test_innocent(void) {
    size_t heard = strlen("EHLO [127.0.0.1]\r\nMAIL FROM:<m.0@example.com>\r\n"
                          "RCPT TO:<r.0@example.com>\r\nDATA\r\n");
    bool waited = false;
    for (size_t i = 1; i < 40; i++) {
        begin(LETTERS, PIPELINING);
        r.config.extensions = &smtplite_extensions;
        r.server.fault = MODEL_SAYS_552;
        r.server.at_heard = heard + i;
        send_all();
        if (r.next == 2 && find(&r.letters[0]) == NULL) {
            const struct smtplite_result *result = &r.letters[1].mail.result;
            waited = true;
            EXPECT(0, NOT_SENT, REFUSED, 552);
            CHECK(result->outcome == SMTPLITE_NOT_SENT && result->code == 0 &&
                      smtplite_retry_result(result) == SMTPLITE_RETRY_LATER,
                  "outcome %d, code %d, error %d", result->outcome, result->code, result->error);
            CHECK(smtplite_retry_recipient(&r.letters[1].mail, 0) == SMTPLITE_RETRY_LATER, "-");
        }
        end();
    }
    CHECK(waited, "no mail waited");
}

/* A source that has nothing for a while, at its end, too. */
static enum smtplite_source_state read_slowly(void *context, const char **p, size_t *n) {
    static unsigned calls;
    return calls++ % 3 < 2 ? SMTPLITE_SOURCE_NOT_YET : smtplite_memory_read(context, p, n);
}

static bool give_slow(void *context, struct smtplite_mail **mail,
                      const struct smtplite_source **source) {
    bool good = give_next(context, mail, source);
    if (good)
        r.letters[r.next - 1].source.read = read_slowly;
    return good;
}

static void test_slow_source(const char *offer) {
    begin(LETTERS, offer);
    r.queue.next = give_slow;
    send_all();
    for (size_t i = 0; i < LETTERS; i++) {
        EXPECT(i, SENT, OK, 250);
        CHECK(find(&r.letters[i]) != NULL && is_right(&r.letters[i], find(&r.letters[i])),
              "mail %zu", i);
    }
    end();
}

/* ---- The hook -------------------------------------------------------------------------------- */

static bool stop_at(void *context) {
    (void)context;
    return r.server.mail_count < 2;
}

static void test_cancel(void) {
    begin(LETTERS, PIPELINING);
    open_session();
    r.driver.hooks.idle = stop_at;
    r.error = smtplite_deliver_all(&r.driver, &r.queue);
    CHECK(r.error == SMTPLITE_E_CANCELLED && r.next < LETTERS && r.done == r.next,
          "%d, %zu taken, %zu told", (int)r.error, r.next, r.done);
    EXPECT(0, SENT, OK, 250);
    CHECK(r.letters[1].mail.result.outcome == SMTPLITE_MAYBE_SENT ||
              r.letters[1].mail.result.outcome == SMTPLITE_SENT,
          "outcome %d", r.letters[1].mail.result.outcome);
    end();
}

/* ---- The session dies at every octet --------------------------------------------------------- */

static void check_truth(size_t i, const char *what) {
    const struct letter *letter = &r.letters[i];
    const struct model_mail *mail = find(letter);
    enum smtplite_outcome outcome = (enum smtplite_outcome)letter->mail.result.outcome;
    bool good;
    if (mail == NULL)
        good = outcome == SMTPLITE_NOT_SENT ||
               (outcome == SMTPLITE_MAYBE_SENT && r.server.taken > r.server.heard);
    else if (!model_server_told(&r.server, mail))
        good = outcome == SMTPLITE_MAYBE_SENT;
    else
        good = outcome == (mail->taken ? SMTPLITE_SENT : SMTPLITE_NOT_SENT);
    CHECK(good, "%s: mail %zu: says %d; %s", what, i, (int)outcome,
          mail == NULL ? "not whole" : (mail->taken ? "taken" : "refused"));
    CHECK(mail == NULL || is_right(letter, mail), "%s: mail %zu is not as it was", what, i);
}

static void check_fates(size_t i, const char *what) {
    static const unsigned allowed[] = {[SMTPLITE_NOT_SENT] = 1 << SMTPLITE_UNTRIED |
                                                             1 << SMTPLITE_DEFERRED |
                                                             1 << SMTPLITE_REFUSED,
                                       [SMTPLITE_SENT] = 1 << SMTPLITE_ACCEPTED,
                                       [SMTPLITE_PARTLY_SENT] = 0,
                                       [SMTPLITE_MAYBE_SENT] = 1 << SMTPLITE_MAYBE};
    const struct smtplite_mail *mail = &r.letters[i].mail;
    for (size_t k = 0; k < mail->count; k++)
        CHECK((allowed[mail->result.outcome] >> mail->recipients[k].fate & 1) != 0,
              "%s: mail %zu: outcome %d, fate %d", what, i, mail->result.outcome,
              mail->recipients[k].fate);
}

static void check_run(const char *what, unsigned outcomes[4]) {
    CHECK(r.done == r.next, "%s: %zu taken, %zu told", what, r.next, r.done);
    for (size_t i = 0; i < r.count; i++) {
        CHECK(r.letters[i].taken == r.letters[i].done, "%s: mail %zu", what, i);
        if (r.letters[i].taken == 0)
            continue;
        check_truth(i, what);
        check_fates(i, what);
        outcomes[r.letters[i].mail.result.outcome & 3]++;
    }
}

struct way {
    const char *name;
    const char *offer;
    bool holds;
    bool narrow;
};

static const struct way ways[] = {{"lockstep", "250 8BITMIME\r\n", false, false},
                                  {"pipelined", PIPELINING, false, false},
                                  {"gathered", PIPELINING, true, false},
                                  {"narrow", PIPELINING, false, true},
                                  {"chunked", CHUNKING, false, false},
                                  {"chunked, gathered", CHUNKING, true, false}};

static void begin_way(const struct way *way) {
    begin(3, way->offer);
    memcpy(r.letters[1].from, "evil.1", sizeof "evil.1");
    r.server.holds = way->holds;
    r.server.narrow = way->narrow;
}

/* False: the run is shorter than that. */
static bool die_at(const struct way *way, enum model_fault fault, size_t word, size_t heard,
                   unsigned outcomes[4]) {
    char what[100];
    bool struck;
    snprintf(what, sizeof what, "%s, fault %d, word %zu, heard %zu", way->name, (int)fault, word,
             heard);
    begin_way(way);
    r.server.fault = fault;
    r.server.at_word = word;
    r.server.at_heard = heard;
    send_all();
    smtplite_finish(&r.driver);
    struck = r.server.read >= word && r.server.heard >= heard;
    check_run(what, outcomes);
    end();
    return struck;
}

static void test_deaths(const struct way *way, enum model_fault fault) {
    unsigned outcomes[4] = {0, 0, 0, 0};
    size_t words = 1;
    size_t heard = 1;
    while (fault != MODEL_SAYS_421 && words < 5000 && die_at(way, fault, words, 0, outcomes))
        words++;
    while (heard < 5000 && die_at(way, fault, 0, heard, outcomes))
        heard++;
    CHECK(heard > 300 && heard < 5000 && words < 5000, "%zu words, %zu heard", words, heard);
    CHECK(outcomes[SMTPLITE_SENT] > 0 && outcomes[SMTPLITE_NOT_SENT] > 0, "not all was met");
    CHECK(fault == MODEL_SAYS_421 || outcomes[SMTPLITE_MAYBE_SENT] > 0, "no fault in the gap");
    printf("# %s, fault %d at %zu words, %zu octets heard: not sent %u, maybe %u, sent %u\n",
           way->name, (int)fault, words, heard, outcomes[SMTPLITE_NOT_SENT],
           outcomes[SMTPLITE_MAYBE_SENT], outcomes[SMTPLITE_SENT]);
}

/* D9: an acceptance that nobody asked for, behind any reply. It lies in the transport when the
 * client goes on, and must not be taken for the answer to what leaves then. */
static void test_unasked(const struct way *way) {
    unsigned outcomes[4] = {0, 0, 0, 0};
    size_t word = strlen("220 model ESMTP\r\n");
    size_t ends = 0;
    bool struck = true;
    for (; struck && word < 5000; word++) {
        char what[60];
        snprintf(what, sizeof what, "%s, 250 at word %zu", way->name, word);
        begin_way(way);
        r.server.fault = MODEL_SAYS_250;
        r.server.at_word = word;
        send_all();
        struck = r.server.struck;
        ends += r.error == SMTPLITE_E_OUT_OF_STEP;
        smtplite_finish(&r.driver);
        check_run(what, outcomes);
        CHECK(!struck || r.error == SMTPLITE_E_OUT_OF_STEP || r.done == r.count,
              "%s: error %d, %zu told", what, (int)r.error, r.done);
        end();
    }
    CHECK(ends > 100, "%s: noticed %zu times", way->name, ends);
}

/* ---- README's recipe ------------------------------------------------------------------------- */

/* MAILMAX=2 (RFC 9422): two a session, and all of them in the end. */
static void test_mail_max(const char *offer) {
    size_t connections = 0;
    begin(LETTERS, offer);
    r.config.extensions = &smtplite_extensions;
    do {
        size_t before = r.next;
        if (connections++ > 0)
            model_server_connect(&r.server);
        send_all();
        CHECK(r.error == SMTPLITE_E_OK && r.next - before <= 2, "%d, %zu in a session",
              (int)r.error, r.next - before);
        smtplite_finish(&r.driver);
    } while (r.next < r.count && connections < 10);
    CHECK(connections == 3, "%zu connections", connections);
    for (size_t i = 0; i < LETTERS; i++) {
        EXPECT(i, SENT, OK, 250);
        CHECK(find(&r.letters[i]) != NULL && is_right(&r.letters[i], find(&r.letters[i])),
              "mail %zu", i);
    }
    end();
}

/* Limits that come together: a mail that needs two transactions takes the next one's place in the
 * session. Whoever did not get it is to be tried again, and never told otherwise. */
static void test_limits_together(unsigned rcpt_max, unsigned mail_max) {
    char offer[80];
    snprintf(offer, sizeof offer, "250-PIPELINING\r\n250 LIMITS RCPTMAX=%u MAILMAX=%u\r\n",
             rcpt_max, mail_max);
    begin(LETTERS, offer);
    r.config.extensions = &smtplite_extensions;
    send_all();
    smtplite_finish(&r.driver);
    for (size_t i = 0; i < r.next; i++) {
        const struct smtplite_mail *mail = &r.letters[i].mail;
        for (size_t to = 0; to < mail->count; to++) {
            enum smtplite_retry retry = smtplite_retry_recipient(mail, to);
            bool has_it = mail->recipients[to].fate == SMTPLITE_ACCEPTED;
            CHECK(retry == (has_it ? SMTPLITE_RETRY_NONE : SMTPLITE_RETRY_LATER),
                  "RCPTMAX %u MAILMAX %u: mail %zu, recipient %zu: retry %d", rcpt_max, mail_max, i,
                  to, (int)retry);
        }
    }
    end();
}

static const char *const few[] = {
    PIPELINING, CHUNKING, "250-PIPELINING\r\n250 LIMITS RCPTMAX=1\r\n",
    "250-PIPELINING\r\n250-CHUNKING\r\n250 LIMITS RCPTMAX=1\r\n", "250 LIMITS RCPTMAX=1\r\n"};

int main(void) {
    for (size_t i = 0; i < OFFERS; i++) {
        test_all_good(offers[i]);
        test_refusals(offers[i]);
        test_source_fails(offers[i]);
        test_slow_source(offers[i]);
        for (size_t which = 0; which < LETTERS; which++)
            test_bad_input(offers[i], which);
    }
    for (size_t i = 0; i < sizeof few / sizeof few[0]; i++) {
        test_transactions(few[i]);
        test_transactions_die(few[i]);
    }
    test_too_large();
    test_riding(PIPELINING);
    test_riding(CHUNKING);
    test_not_riding();
    test_growing();
    test_empty();
    test_no_session();
    test_quit();
    test_cancel();
    test_innocent();
    test_mail_max("250-PIPELINING\r\n250 LIMITS MAILMAX=2\r\n");
    test_mail_max("250 LIMITS RCPTMAX=100 MAILMAX=2\r\n");
    for (unsigned limits = 0; limits < 9; limits++)
        test_limits_together(limits / 3 + 1, limits % 3 + 1);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        test_unasked(&ways[i]);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        for (enum model_fault fault = MODEL_CLOSES; fault <= MODEL_SAYS_421; fault++)
            test_deaths(&ways[i], fault);
    return checks_end("driver_queue");
}
