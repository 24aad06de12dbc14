/* SPDX-License-Identifier: MIT */
/*
 * Large numbers through the driver: 10,000 mails in one session, 1,000 recipients, 25 MB. All of it
 * arrives, with the round trips that are promised, and no deeper on the stack at the end than at
 * the begin: a session has no other memory than its own structs.
 */
#include "check.h"
#include "model_server.h"

#include "smtplite/driver.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define MAILS     10000u
#define LARGE     25000000u
#define LINE      78u /* 76 and CRLF */
#define SECONDS   120.0
#define ENDLESSLY 3600000u

struct way {
    const char *name;
    const char *offer;
};

static const struct way ways[] = {
    {"lockstep", "250 8BITMIME\r\n"},
    {"pipelined", "250-PIPELINING\r\n250 8BITMIME\r\n"},
    {"chunked", "250-PIPELINING\r\n250-CHUNKING\r\n250 8BITMIME\r\n"},
};
enum { WAYS = sizeof ways / sizeof ways[0] };

static struct model_server server;
static struct smtplite_session session;
static struct smtplite_driver driver;
static struct smtplite_config config;
static struct smtplite_waits waits = {.session = ENDLESSLY};
static struct smtplite_recipient to[MODEL_TO_MAX];
static char addresses[MODEL_TO_MAX][32];
static char reply[128];

static void begin(const struct way *way) {
    memset(&driver, 0, sizeof driver);
    memset(to, 0, sizeof to);
    model_server_init(&server);
    server.offer = way->offer;
    server.holds = true;
    config = (struct smtplite_config){
        .tls = SMTPLITE_TLS_NONE, .extensions = &smtplite_extensions, .waits = &waits};
    for (size_t i = 0; i < MODEL_TO_MAX; i++) {
        snprintf(addresses[i], sizeof addresses[i], "r.%zu@example.com", i);
        to[i].address = addresses[i];
    }
    driver.session = &session;
    driver.transport = &server.transport;
    CHECK(smtplite_init(&session, &config, reply, sizeof reply) == SMTPLITE_E_OK, "-");
}

static void end(const struct way *way) {
    CHECK(!server.out_of_step && !server.stuck, "%s: the client said %s", way->name, server.wrong);
    model_server_free(&server);
}

/* ---- How deep the stack is ------------------------------------------------------------------- */

static struct {
    uintptr_t top;
    size_t depth; /* the deepest */
} stack;

static void note_depth(void) {
    size_t depth = stack.top - (uintptr_t)__builtin_frame_address(0);
    if (depth > stack.depth)
        stack.depth = depth;
}

/* ---- 10,000 mails ---------------------------------------------------------------------------- */

/* Two mails are in memory, as the driver holds two: each slot is used again and again. */
struct slot {
    struct smtplite_mail mail;
    struct smtplite_recipient to;
    char from[32];
    char address[32];
    char body[64];
    struct smtplite_memory memory;
    struct smtplite_source source;
};

static struct {
    struct slot slots[2];
    size_t next;
    size_t done;
    size_t sent;
    size_t early_depth; /* at the tenth mail */
} run;

static size_t write_body(char body[64], size_t i) {
    return (size_t)snprintf(body, 64, "Subject: %zu\r\n\r\n.\r\n%zu\r\n", i, i * i);
}

static bool give_next(void *context, struct smtplite_mail **mail,
                      const struct smtplite_source **source) {
    struct slot *slot = &run.slots[run.next % 2];
    (void)context;
    note_depth();
    if (run.next == MAILS)
        return false;
    memset(slot, 0, sizeof *slot);
    snprintf(slot->from, sizeof slot->from, "m.%zu@example.com", run.next);
    snprintf(slot->address, sizeof slot->address, "r.%zu@example.com", run.next % 1000);
    slot->to.address = slot->address;
    slot->mail = (struct smtplite_mail){.from = slot->from, .recipients = &slot->to, .count = 1};
    slot->memory = (struct smtplite_memory){.p = slot->body, .n = write_body(slot->body, run.next)};
    slot->source = smtplite_memory_source(&slot->memory);
    *mail = &slot->mail;
    *source = &slot->source;
    run.next++;
    return true;
}

static void take_done(void *context, struct smtplite_mail *mail, const char *text) {
    (void)context;
    (void)text;
    note_depth();
    run.sent += mail == &run.slots[run.done % 2].mail && mail->result.outcome == SMTPLITE_SENT;
    if (++run.done == 10)
        run.early_depth = stack.depth;
}

/* The order is that of the queue, and each is what it was. */
static size_t count_right(void) {
    size_t right = 0;
    for (size_t i = 0; i < server.mail_count; i++) {
        char body[64];
        size_t len = write_body(body, i);
        const struct model_mail *mail = &server.mails[i];
        right += mail->len == len && mail->hash == model_hash(model_hash(0, NULL, 0), body, len) &&
                 mail->to_count == 1 && mail->to[0] == i % 1000;
    }
    return right;
}

static void test_mails(const struct way *way, size_t turns_most) {
    struct smtplite_queue queue = {.next = give_next, .done = take_done, .context = NULL};
    begin(way);
    memset(&run, 0, sizeof run);
    stack.depth = 0;
    CHECK(smtplite_deliver_all(&driver, &queue) == SMTPLITE_E_OK, "%s", way->name);
    smtplite_finish(&driver);
    CHECK(run.done == MAILS && run.sent == MAILS, "%s: %zu of %zu sent", way->name, run.sent,
          run.done);
    CHECK(server.mail_count == MAILS && count_right() == MAILS, "%s: %zu arrived, %zu right",
          way->name, server.mail_count, count_right());
    CHECK(server.logins == 1, "%s: %zu logins", way->name, server.logins);
    CHECK(server.turns <= turns_most, "%s: %zu turns", way->name, server.turns);
    CHECK(stack.depth == run.early_depth, "%s: %zu octets of stack, %zu at the begin", way->name,
          stack.depth, run.early_depth);
    printf("# %u mails, %s: %zu turns, %zu writes\n", MAILS, way->name, server.turns,
           server.segments);
    end(way);
}

/* ---- 1,000 recipients ------------------------------------------------------------------------ */

static void test_recipients(const struct way *way, size_t turns_most) {
    static const char body[] = "Subject: all\r\n\r\nhello\r\n";
    struct smtplite_mail mail = {.from = "a@example.com", .recipients = to, .count = MODEL_TO_MAX};
    struct smtplite_memory memory = {.p = body, .n = sizeof body - 1};
    struct smtplite_source source = smtplite_memory_source(&memory);
    size_t accepted = 0;
    size_t came = 0;
    begin(way);
    CHECK(smtplite_deliver(&driver, &mail, &source, true) == SMTPLITE_E_OK, "%s", way->name);
    CHECK(mail.result.outcome == SMTPLITE_SENT, "%s: outcome %d", way->name, mail.result.outcome);
    CHECK(server.mail_count == 1, "%s: %zu transactions", way->name, server.mail_count);
    for (size_t i = 0; i < MODEL_TO_MAX; i++) {
        accepted += to[i].fate == SMTPLITE_ACCEPTED && to[i].code == 250;
        came += i < server.mails[0].to_count && server.mails[0].to[i] == i;
    }
    CHECK(accepted == MODEL_TO_MAX && came == MODEL_TO_MAX, "%s: %zu accepted, %zu came", way->name,
          accepted, came);
    CHECK(server.turns <= turns_most, "%s: %zu turns", way->name, server.turns);
    end(way);
}

/* ---- 25 MB ----------------------------------------------------------------------------------- */

struct lines {
    size_t given; /* octets */
    char line[LINE];
    uint64_t hash;
};

static enum smtplite_source_state read_line(void *context, const char **p, size_t *n) {
    struct lines *lines = context;
    size_t left = LARGE - lines->given;
    size_t len = left < LINE ? left : LINE;
    note_depth();
    if (left == 0)
        return SMTPLITE_SOURCE_END;
    for (size_t i = 0; i + 2 < len; i++)
        lines->line[i] = (char)('.' + (lines->given / LINE + i * i) % 70);
    lines->line[len - 2] = '\r';
    lines->line[len - 1] = '\n';
    lines->hash = model_hash(lines->hash, lines->line, len);
    lines->given += len;
    *p = lines->line;
    *n = len;
    return SMTPLITE_SOURCE_PIECE;
}

static void test_large(const struct way *way) {
    struct smtplite_mail mail = {.from = "a@example.com", .recipients = to, .count = 1};
    struct lines lines = {.given = 0, .hash = model_hash(0, NULL, 0)};
    struct smtplite_source source = {.context = &lines, .read = read_line};
    begin(way);
    server.holds = false;
    mail.size = LARGE;
    mail.flags = SMTPLITE_MAIL_EXACT;
    CHECK(smtplite_deliver(&driver, &mail, &source, true) == SMTPLITE_E_OK, "%s", way->name);
    CHECK(mail.result.outcome == SMTPLITE_SENT, "%s: outcome %d, error %d", way->name,
          mail.result.outcome, mail.result.error);
    CHECK(server.mail_count == 1 && server.mails[0].len == LARGE &&
              server.mails[0].hash == lines.hash,
          "%s: %zu octets arrived", way->name, server.mail_count > 0 ? server.mails[0].len : 0);
    end(way);
}

int main(void) {
    stack.top = (uintptr_t)__builtin_frame_address(0);
    test_mails(&ways[0], 4 * MAILS + 3);
    test_mails(&ways[1], MAILS + 3);
    test_mails(&ways[2], MAILS + 3);
    test_recipients(&ways[0], MODEL_TO_MAX + 5);
    test_recipients(&ways[1], 3);
    test_recipients(&ways[2], 3);
    for (size_t i = 1; i < WAYS; i++)
        test_large(&ways[i]);
    CHECK((double)clock() / CLOCKS_PER_SEC < SECONDS, "%.0f s", (double)clock() / CLOCKS_PER_SEC);
    printf("# all of it: %.1f s\n", (double)clock() / CLOCKS_PER_SEC);
    return checks_end("driver_many");
}
