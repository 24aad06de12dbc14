/* SPDX-License-Identifier: MIT */
/*
 * Plays one dialog against the real engine, in one way of cutting bytes.
 *
 * play_move does one small thing, so that two plays can be moved in turn: read an event and act on
 * it as an application would; or take some bytes of the client and compare them with the script;
 * or give some bytes of the server; or do a `!call`. An event always comes first, and the client
 * has said all that it wants before the server speaks, so every way of cutting must tell the same.
 */

#define _DEFAULT_SOURCE

#include "dialog.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct smtplite_waits rfc_waits = {.greeting = 300000,
                                                .tls = 60000,
                                                .command = 300000,
                                                .data = 120000,
                                                .block = 180000,
                                                .message = 600000,
                                                .quit = 5000};

/* ---- guard pages -------------------------------------------------------------------------- */

static char *guarded(size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *p = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED || mprotect(p + size, page, PROT_NONE) != 0) {
        die("play", 0, "no guard page");
    }
    return p + size;
}

void make_room(struct room *room) {
    room->input = guarded(ROOM_SIZE);
    room->body = guarded(ROOM_SIZE);
    room->text = guarded(ROOM_SIZE);
}

/* ---- failures ----------------------------------------------------------------------------- */

void fail(struct play *p, const char *format, ...) {
    va_list args;
    if (p->why[0] != '\0') {
        return;
    }
    va_start(args, format);
    vsnprintf(p->why, sizeof p->why, format, args);
    va_end(args);
}

int line_of(const struct play *p) {
    return p->block < p->d->block_count ? p->d->blocks[p->block].line : 0;
}

/* Some bytes as a reader wants them; static: for one message at a time. */
static const char *show(const char *bytes, size_t len) {
    static char out[2][128];
    static unsigned turn;
    char *text = out[turn ^= 1];
    size_t pos = 0;
    for (size_t i = 0; i < len && pos < sizeof out[0] - 8; i++) {
        unsigned char c = (unsigned char)bytes[i];
        bool plain = c >= ' ' && c < 0x7F;
        pos += (size_t)snprintf(text + pos, 8, plain ? "%c" : "\\x%02X", c);
    }
    text[pos] = '\0';
    return text;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* ---- what is lent ------------------------------------------------------------------------- */

/* The piece that was lent is the application's again: it may do with it what it likes. */
void take_back(struct play *p) {
    memset(p->room->body - p->lent, 0xA5, p->lent);
    p->lent = 0;
}

struct bytes lend(struct play *p, const struct bytes *piece, bool *whole) {
    size_t left = piece->len - p->piece_pos;
    size_t n = p->mode->piece_max == 0 ? left : least(left, p->mode->piece_max);
    char *at = p->room->body - n;
    take_back(p);
    p->lent = n;
    memcpy(at, piece->p + p->piece_pos, n);
    *whole = n == left;
    p->piece_pos = *whole ? 0 : p->piece_pos + n;
    return (struct bytes){at, n};
}

/* ---- events, compared with the script ----------------------------------------------------- */

bool same_enhanced(const struct smtplite_enhanced *a, const struct smtplite_enhanced *b) {
    return a->klass == b->klass && a->subject == b->subject && a->detail == b->detail;
}

static bool same_cut(const char *got, const char *want, size_t size) {
    size_t len = strlen(want);
    size_t room = size == 0 ? 0 : size - 1;
    len = len < room ? len : room;
    return strlen(got) == len && memcmp(got, want, len) == 0;
}

static void check_text(struct play *p, const char *want, int line) {
    const char *got = smtplite_text(&p->s);
    if (want != NULL && !same_cut(got, want, p->mode->text_size)) {
        fail(p, "line %d: text is \"%s\"", line, show(got, strlen(got)));
    }
}

void check_number(struct play *p, int got, int want, const char *what, int line) {
    if (want != ANY && got != want) {
        fail(p, "line %d: %s is %d, not %d", line, what, got, want);
    }
}

void check_name(struct play *p, const char *got, const char *want, int value, int line) {
    if (value != ANY && strcmp(got, want) != 0) {
        fail(p, "line %d: it is %s, not %s", line, got, want);
    }
}

static void check_values(struct play *p, const struct smtplite_result *got,
                         const struct want_result *want, int line) {
    check_name(p, outcome_name(got->outcome), outcome_name(want->outcome), want->outcome, line);
    check_name(p, error_name(got->error), error_name(want->error), want->error, line);
    check_name(p, phase_name(got->phase), phase_name(want->phase), want->phase, line);
    check_number(p, got->code, want->code, "code", line);
    if (!want->any_enhanced && !same_enhanced(&got->enhanced, &want->enhanced)) {
        fail(p, "line %d: enhanced is %u.%u.%u", line, got->enhanced.klass, got->enhanced.subject,
             got->enhanced.detail);
    }
}

static void check_result(struct play *p, const struct want_result *want, int line) {
    if (!want->stated) {
        return;
    }
    check_values(p, smtplite_result_get(&p->s), want, line);
    check_text(p, want->text, line);
    check_recipients(p, mail_at_hand(p), want, line);
}

/* Of the mail that rides behind the one at hand: its own result is all that tells of it. */
static void check_next(struct play *p, const struct want_result *want, int line) {
    if (!want->stated) {
        return;
    }
    if (p->dones + 1 >= p->mails) {
        fail(p, "line %d: no mail rides behind this one", line);
        return;
    }
    const struct sent_mail *sent = &p->sent[p->dones + 1];
    check_values(p, &sent->mail.result, want, line);
    check_recipients(p, sent, want, line);
}

static void check_event(struct play *p, const struct log_entry *e) {
    if (p->d->event_count == 0 || p->fault != FAULT_NONE) {
        return;
    }
    if (p->log_count >= p->d->event_count) {
        fail(p, "behind the last E: line: event %s", event_name(e->event));
        return;
    }
    const struct want_event *want = &p->d->events[p->log_count];
    check_name(p, event_name(e->event), event_name(want->event), want->event, want->line);
    check_number(p, e->index, want->index, "index", want->line);
    check_number(p, e->code, want->code, "code", want->line);
    check_text(p, want->text, want->line);
    check_result(p, &want->result, want->line);
    check_next(p, &want->next, want->line);
}

/* At DONE that of the mail that is done, at the end that of all. */
static size_t hash_mails(const struct play *p, int event) {
    size_t hash = 0;
    if (event == SMTPLITE_EV_DONE) {
        const struct sent_mail *sent = mail_at_hand(p);
        return sent == NULL ? 0 : hash_mail(sent);
    }
    for (size_t i = 0; i < p->mails; i++) {
        hash = hash * 31 + hash_mail(&p->sent[i]);
    }
    return hash;
}

static bool tells_result(int event) {
    return event == SMTPLITE_EV_DONE || event == SMTPLITE_EV_FAILED || event == SMTPLITE_EV_CLOSED;
}

static void log_event(struct play *p, int event, const struct smtplite_event_data *data) {
    if (p->log_count == LOG_MAX) {
        fail(p, "more events than the log holds");
        return;
    }
    const char *text = smtplite_text(&p->s);
    struct log_entry *e = &p->log[p->log_count];
    *e = (struct log_entry){.event = event, .index = ANY, .code = ANY, .text_len = strlen(text)};
    snprintf(e->text, sizeof e->text, "%s", text);
    if (event == SMTPLITE_EV_RECIPIENT) {
        e->index = (int)data->index;
    }
    if (event == SMTPLITE_EV_RECIPIENT || event == SMTPLITE_EV_REPLY) {
        e->code = data->code;
        if (data->text == NULL || strcmp(data->text, text) != 0) {
            fail(p, "%s: the event's text is not smtplite_text", event_name(event));
        }
    }
    if (tells_result(event)) {
        e->result = *smtplite_result_get(&p->s);
        e->fates = hash_mails(p, event);
    }
    check_event(p, e);
    p->log_count++;
}

/* One BODY or TOKEN stands for all that follow it: how many there are depends on the pieces. */
static bool is_new(const struct play *p, int event) {
    bool asks = event == SMTPLITE_EV_BODY || event == SMTPLITE_EV_TOKEN;
    return !asks || p->log_count == 0 || p->log[p->log_count - 1].event != event;
}

static bool take_event(struct play *p) {
    struct smtplite_event_data data = {0};
    int event = (int)smtplite_next(&p->s, &data);
    if (event == SMTPLITE_EV_NONE) {
        return false;
    }
    if (p->over) {
        fail(p, "an event behind the session's end: %s", event_name(event));
    }
    if (is_new(p, event)) {
        log_event(p, event, &data);
    }
    spoil_mail(p, event);
    check_mails(p, event, &data);
    react(p, event);
    return true;
}

/* ---- bytes of the client ------------------------------------------------------------------ */

static bool is_secret(const struct dialog *d, size_t at) {
    for (size_t i = 0; i < d->secret_count; i++) {
        size_t len = strlen(d->secrets[i]);
        size_t from = at + 1 > len ? at + 1 - len : 0;
        for (; from <= at && from + len <= d->client.len; from++) {
            if (memcmp(d->client.p + from, d->secrets[i], len) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void check_secret(struct play *p, size_t n) {
    bool secret = smtplite_out_secret(&p->s);
    for (size_t i = 0; i < n && p->d->secret_count > 0; i++) {
        if (is_secret(p->d, p->out_total + i) != secret) {
            fail(p, "line %d: out_secret is %d at: %s", line_of(p), secret,
                 show(p->d->client.p + p->out_total, n));
        }
    }
}

/* Not over the octet where the sweep's fault waits. */
static size_t before_fault(const struct play *p, bool client, size_t n) {
    size_t total = client ? p->out_total : p->in_total;
    bool at_octet = p->fault != FAULT_NONE && p->fault != FAULT_CRYPTO;
    bool mine = at_octet && !p->broken && p->fault_in_client == client;
    return mine ? least(n, p->fault_at - total) : n;
}

static void acknowledge(struct play *p, size_t n, size_t len) {
    bool all = p->mode->over_ack && n == len;
    smtplite_out_done(&p->s, 0);
    smtplite_out_done(&p->s, all ? n + 1000 : n);
    p->out_total += n;
}

/* Takes bytes up to `end` of the client's stream. False: there are none. */
static bool take_output(struct play *p, size_t end) {
    size_t len = 0;
    const char *out = smtplite_out(&p->s, &len);
    if ((len > 0) != ((smtplite_wants(&p->s) & SMTPLITE_WANT_OUT) != 0)) {
        fail(p, "line %d: smtplite_wants is %u with %zu octets to send", line_of(p),
             smtplite_wants(&p->s), len);
    }
    if (len == 0 || end == p->out_total) {
        return false;
    }
    size_t n = p->mode->out_max == 0 ? len : least(len, p->mode->out_max);
    n = before_fault(p, true, least(n, end - p->out_total));
    const char *want = p->d->client.p + p->out_total;
    if (memcmp(out, want, n) != 0) {
        fail(p, "line %d: the client says: %s, not: %s", line_of(p), show(out, n), show(want, n));
    }
    check_secret(p, n);
    acknowledge(p, n, len);
    return true;
}

static size_t end_of_block(const struct play *p, const struct block *b) {
    return (size_t)(b->bytes.p - p->d->client.p) + b->bytes.len;
}

static void next_block(struct play *p) {
    p->block++;
    p->pos = 0;
}

static void move_client(struct play *p, const struct block *b) {
    if (p->out_total >= end_of_block(p, b)) {
        next_block(p);
    } else if (!take_output(p, end_of_block(p, b))) {
        const char *want = p->d->client.p + p->out_total;
        fail(p, "line %d: the client is silent, it should say: %s", b->line,
             show(want, end_of_block(p, b) - p->out_total));
    }
}

/* ---- bytes of the server ------------------------------------------------------------------ */

static unsigned wait_id(const struct play *p) {
    unsigned id = 0;
    smtplite_wait_limit(&p->s, &id);
    return id;
}

/* True if the octet before `pos` ends the last line of a reply. */
static bool ends_reply(const struct block *b, size_t pos) {
    size_t start = pos - 1;
    while (start > 0 && b->bytes.p[start - 1] != '\n') {
        start--;
    }
    return b->bytes.p[pos - 1] == '\n' && !(pos - start > 4 && b->bytes.p[start + 3] == '-');
}

/* A slow drip does not extend a wait (E1): it stays the same one within a reply. */
static void check_drip(struct play *p, const struct block *b, unsigned before) {
    unsigned moved = SMTPLITE_WANT_OUT | SMTPLITE_WANT_CLOSE | SMTPLITE_WANT_TLS;
    if (p->mode->in_max != 1 || wait_id(p) == before) {
        return;
    }
    if (!ends_reply(b, p->pos) && (smtplite_wants(&p->s) & moved) == 0) {
        fail(p, "line %d: a new wait within a reply, at octet %zu", b->line, p->pos);
    }
}

static size_t piece_of(const struct play *p, const struct block *b) {
    size_t n = b->bytes.len - p->pos;
    if (p->mode->in_max > 0) {
        n = least(n, p->mode->in_max);
    }
    if (p->mode->split_pos > p->pos && p->mode->split_block == p->block) {
        n = least(n, p->mode->split_pos - p->pos);
    }
    return before_fault(p, false, n);
}

static size_t give(struct play *p, const char *bytes, size_t n) {
    char *at = p->room->input - n;
    memcpy(at, bytes, n);
    size_t taken = smtplite_in(&p->s, at, n);
    memset(at, 0xA5, n);
    if (taken > n) {
        fail(p, "line %d: smtplite_in took more than there was", line_of(p));
    }
    return taken;
}

static void begin_server(struct play *p, const struct block *b) {
    size_t len = 0;
    const char *out = smtplite_out(&p->s, &len);
    bool more = p->block > 0 && p->d->blocks[p->block - 1].partial;
    if (len > 0 && !more && !p->mode->drain && p->fault == FAULT_NONE) {
        fail(p, "line %d: the client says more: %s", b->line, show(out, len));
    }
    if (p->wait_known && p->wait_id == wait_id(p)) {
        fail(p, "line %d: no new wait for this reply", b->line);
    }
    p->wait_id = wait_id(p);
}

/* What a session that is over does not take is lost with the connection. */
static void skip_or_stick(struct play *p, const struct block *b) {
    if (take_event(p)) {
        return;
    }
    if ((smtplite_wants(&p->s) & SMTPLITE_WANT_CLOSE) == 0) {
        fail(p, "line %d: takes no input at octet %zu of it", b->line, p->pos);
    }
    p->pos = b->bytes.len;
}

static void move_server(struct play *p, const struct block *b) {
    if (p->pos == b->bytes.len) {
        p->wait_known = ends_reply(b, p->pos);
        next_block(p);
        return;
    }
    if (p->pos == 0) {
        begin_server(p, b);
    }
    unsigned before = wait_id(p);
    size_t n = piece_of(p, b);
    size_t taken = give(p, b->bytes.p + p->pos, n);
    p->pos += taken;
    p->in_total += taken;
    if (taken == 0) {
        skip_or_stick(p, b);
        return;
    }
    check_drip(p, b, before);
    while (p->mode->drain && (take_event(p) || do_work(p) || take_output(p, p->d->client.len))) {
    }
}

/* ---- calls -------------------------------------------------------------------------------- */

static void call_timeout(struct play *p, const struct block *b) {
    struct smtplite_waits waits = p->d->config.waits == NULL ? rfc_waits : *p->d->config.waits;
    unsigned id;
    uint32_t limit = smtplite_wait_limit(&p->s, &id);
    const uint32_t *want = wait_member(&waits, b->argument, strlen(b->argument));
    if (*b->argument != '\0' && (want == NULL || limit != *want)) {
        fail(p, "line %d: the limit is %lu, not that of %s", b->line, (unsigned long)limit,
             b->argument);
    }
    smtplite_io_failed(&p->s, SMTPLITE_E_TIMEOUT);
}

static void call_tls(struct play *p, const struct block *b) {
    size_t len = 0;
    smtplite_out(&p->s, &len);
    if (smtplite_wants(&p->s) != SMTPLITE_WANT_TLS || len != 0) {
        fail(p, "line %d: smtplite_wants is %u", b->line, smtplite_wants(&p->s));
    }
    if (strcmp(b->argument, "failed") == 0) {
        smtplite_io_failed(&p->s, SMTPLITE_E_TLS_FAILED);
    } else if (strcmp(b->argument, "missing") == 0) {
        smtplite_io_failed(&p->s, SMTPLITE_E_TLS_UNAVAILABLE);
    } else {
        const struct login_plan *login = &p->d->login;
        if (login->binding_name != NULL) {
            smtplite_tls_binding(&p->s, login->binding_name, (const uint8_t *)login->binding.p,
                                 login->binding.len);
        }
        smtplite_tls_done(&p->s, strcmp(b->argument, "unverified") != 0);
    }
}

static void call_wants(struct play *p, const struct block *b) {
    unsigned mask = 0;
    mask |= strstr(b->argument, "out") != NULL ? (unsigned)SMTPLITE_WANT_OUT : 0;
    mask |= strstr(b->argument, "in") != NULL ? (unsigned)SMTPLITE_WANT_IN : 0;
    mask |= strstr(b->argument, "tls") != NULL ? (unsigned)SMTPLITE_WANT_TLS : 0;
    mask |= strstr(b->argument, "work") != NULL ? (unsigned)SMTPLITE_WANT_WORK : 0;
    if (smtplite_wants(&p->s) != mask) {
        fail(p, "line %d: smtplite_wants is %u", b->line, smtplite_wants(&p->s));
    }
}

static void call_offers(struct play *p, const struct block *b) {
    const char *list = b->argument, *item;
    size_t len = strlen(list), n;
    int mask = 0;
    while (next_item(&list, &len, &item, &n)) {
        mask |= extension_by_name(item, n);
    }
    check_number(p, smtplite_offered(&p->s), mask, "what is offered", b->line);
}

/* `!left any`: the server has not said. */
static void call_left(struct play *p, const struct block *b) {
    size_t want = strcmp(b->argument, "any") == 0 ? SIZE_MAX : strtoul(b->argument, NULL, 10);
    if (smtplite_mails_left(&p->s) != want) {
        fail(p, "line %d: %zu mails are left", b->line, smtplite_mails_left(&p->s));
    }
}

static void call_limit(struct play *p, const struct block *b) {
    if (smtplite_size_limit(&p->s) != strtoul(b->argument, NULL, 10)) {
        fail(p, "line %d: the limit is %lu", b->line, (unsigned long)smtplite_size_limit(&p->s));
    }
}

static void move_call(struct play *p, const struct block *b) {
    next_block(p);
    if (strcmp(b->call, "eof") == 0) {
        smtplite_in_eof(&p->s);
    } else if (strcmp(b->call, "reset") == 0) {
        smtplite_io_failed(&p->s, SMTPLITE_E_IO);
    } else if (strcmp(b->call, "cancel") == 0) {
        smtplite_io_failed(&p->s, SMTPLITE_E_CANCELLED);
    } else if (strcmp(b->call, "timeout") == 0) {
        call_timeout(p, b);
    } else if (strcmp(b->call, "tls") == 0) {
        call_tls(p, b);
    } else if (strcmp(b->call, "quit") == 0) {
        smtplite_quit(&p->s);
    } else if (strcmp(b->call, "body") == 0) {
        call_body(p, b);
    } else if (strcmp(b->call, "token") == 0) {
        call_token(p);
    } else if (strcmp(b->call, "submit") == 0) {
        call_submit(p, b);
    } else if (strcmp(b->call, "again") == 0) {
        call_again(p, b);
    } else if (strcmp(b->call, "offers") == 0) {
        call_offers(p, b);
    } else if (strcmp(b->call, "left") == 0) {
        call_left(p, b);
    } else if (strcmp(b->call, "limit") == 0) {
        call_limit(p, b);
    } else {
        call_wants(p, b);
    }
}

/* ---- a sweep's faults --------------------------------------------------------------------- */

static bool fault_is_due(const struct play *p) {
    if (p->fault == FAULT_CRYPTO) {
        return !p->broken && p->crypto.calls >= p->crypto.fail_at;
    }
    size_t total = p->fault_in_client ? p->out_total : p->in_total;
    return p->fault != FAULT_NONE && !p->broken && total == p->fault_at;
}

static void give_421(struct play *p) {
    static const char closing[] = "421 4.3.2 closing\r\n";
    size_t pos = 0, taken = 1;
    while (pos < sizeof closing - 1 && taken > 0 && !p->over) {
        taken = give(p, closing + pos, sizeof closing - 1 - pos);
        pos += taken;
        if (take_event(p)) {
            taken = 1;
        }
    }
}

static void do_fault(struct play *p) {
    p->broken = true;
    switch (p->fault) {
    case FAULT_EOF:
        smtplite_in_eof(&p->s);
        break;
    case FAULT_RESET:
        smtplite_io_failed(&p->s, SMTPLITE_E_IO);
        break;
    case FAULT_TIMEOUT:
        smtplite_io_failed(&p->s, SMTPLITE_E_TIMEOUT);
        break;
    case FAULT_CANCEL:
        smtplite_io_failed(&p->s, SMTPLITE_E_CANCELLED);
        break;
    case FAULT_421:
        give_421(p);
        break;
    case FAULT_CRYPTO: /* it has failed within the session */
    case FAULT_NONE:
        break;
    }
}

/* Behind a fault of the hash provider the server still answers: no, to `*` and to QUIT. */
static bool answer_no(struct play *p) {
    static const char no[] = "501 5.5.2 no\r\n";
    return p->fault == FAULT_CRYPTO && p->answers++ < 2 && give(p, no, sizeof no - 1) > 0;
}

/* Behind the fault: nobody answers any more, and whatever is said goes nowhere. It counts as long
 * as it is what the script says: a reply that the 421 was glued to may mean something else. */
static void drop_output(struct play *p, const char *out, size_t len) {
    size_t left = p->d->client.len - p->out_total;
    p->astray |= len > left || memcmp(out, p->d->client.p + p->out_total, len) != 0;
    smtplite_out_done(&p->s, len);
    p->out_total += p->astray ? 0 : len;
}

static void move_broken(struct play *p) {
    size_t len = 0;
    const char *out = smtplite_out(&p->s, &len);
    if (len > 0 && p->fault != FAULT_421 && p->fault != FAULT_CRYPTO) {
        fail(p, "it speaks behind the connection's end");
    } else if (len > 0) {
        drop_output(p, out, len);
    } else if (answer_no(p)) {
        return;
    } else if (!p->silenced) {
        p->silenced = true;
        smtplite_io_failed(&p->s, SMTPLITE_E_TIMEOUT);
    } else {
        fail(p, "it hangs behind the fault");
    }
}

/* ---- the whole ---------------------------------------------------------------------------- */

void play_begin(struct play *p, const struct dialog *d, const struct mode *m, struct room *room) {
    memset(p, 0, offsetof(struct play, log));
    p->d = d;
    p->mode = m;
    p->room = room;
    char *text = m->text_size == 0 ? NULL : room->text - m->text_size;
    set_up_login(p);
    enum smtplite_error error = smtplite_init(&p->s, &p->config, text, m->text_size);
    if (error != SMTPLITE_E_OK) {
        fail(p, "smtplite_init: %s", error_name((int)error));
    } else if (d->quit == QUIT_FIRST) {
        smtplite_quit(&p->s);
    } else if (d->next == NEXT_FIRST) {
        do_job(p);
    }
}

static void check_end(struct play *p) {
    size_t len = 0;
    if (smtplite_out(&p->s, &len) != NULL || len != 0 || smtplite_out_more(&p->s)) {
        fail(p, "it is over and there is output");
    }
    if (smtplite_wants(&p->s) != SMTPLITE_WANT_CLOSE) {
        fail(p, "it is over and smtplite_wants is %u", smtplite_wants(&p->s));
    }
    if (smtplite_noop(&p->s) != SMTPLITE_E_STATE || smtplite_body_end(&p->s) != SMTPLITE_E_STATE ||
        smtplite_token_end(&p->s) != SMTPLITE_E_STATE ||
        smtplite_again(&p->s, true) != SMTPLITE_E_STATE ||
        smtplite_wants(&p->s) != SMTPLITE_WANT_CLOSE) {
        fail(p, "it is over and takes calls");
    }
}

/* The present block is behind us, but for being counted. */
static bool is_begun(const struct play *p) {
    if (p->block == p->d->block_count) {
        return false;
    }
    const struct block *b = &p->d->blocks[p->block];
    return p->pos > 0 || (b->kind == STEP_CLIENT && p->out_total >= end_of_block(p, b));
}

static void check_script_done(struct play *p) {
    if (p->fault != FAULT_NONE) {
        return;
    }
    if (p->out_total < p->d->client.len) {
        fail(p, "line %d: it is over, and the client did not say: %s", line_of(p),
             show(p->d->client.p + p->out_total, p->d->client.len - p->out_total));
    }
    size_t block = p->block + is_begun(p);
    if (block < p->d->block_count && !p->mode->drain) {
        fail(p, "line %d: it is over before this", p->d->blocks[block].line);
    }
    if (p->log_count < p->d->event_count) {
        const struct want_event *want = &p->d->events[p->log_count];
        fail(p, "line %d: no event %s", want->line, event_name(want->event));
    }
}

static void finish(struct play *p) {
    check_end(p);
    check_script_done(p);
    smtplite_wipe(&p->s);
    p->finished = true;
}

/* The events that stand above a block have come when it begins, and no others. */
static void check_place(struct play *p, const struct block *b) {
    bool checked = p->pos == 0 && !p->mode->drain && p->fault == FAULT_NONE &&
                   p->d->event_count > 0 &&
                   (b->kind != STEP_CLIENT || p->out_total < end_of_block(p, b));
    if (checked && p->log_count < b->events_before) {
        fail(p, "line %d: event %s has not come yet", b->line,
             event_name(p->d->events[p->log_count].event));
    } else if (checked && p->log_count > b->events_before && b->kind == STEP_SERVER) {
        fail(p, "line %d: event %s came too early", b->line,
             event_name(p->log[p->log_count - 1].event));
    }
}

static void move_script(struct play *p) {
    if (p->block == p->d->block_count) {
        fail(p, "the script is over, the session is not (smtplite_wants is %u)",
             smtplite_wants(&p->s));
        return;
    }
    const struct block *b = &p->d->blocks[p->block];
    check_place(p, b);
    if (b->kind == STEP_CLIENT) {
        move_client(p, b);
    } else if (b->kind == STEP_SERVER) {
        move_server(p, b);
    } else {
        move_call(p, b);
    }
}

bool play_move(struct play *p) {
    if (p->why[0] != '\0' || p->finished) {
        return false;
    }
    if (++p->moves > 10 * (p->d->client.len + p->d->server.len) + 10000) {
        fail(p, "it goes round in circles");
    } else if (take_event(p)) {
        return true;
    } else if (p->over) {
        finish(p);
    } else if (p->broken) {
        move_broken(p);
    } else if (fault_is_due(p)) {
        do_fault(p);
    } else if (!do_work(p)) {
        move_script(p);
    }
    return true;
}

/* ---- two logs ----------------------------------------------------------------------------- */

bool same_result(const struct smtplite_result *a, const struct smtplite_result *b) {
    return a->outcome == b->outcome && a->error == b->error && a->phase == b->phase &&
           a->code == b->code && same_enhanced(&a->enhanced, &b->enhanced);
}

static bool same_entry(const struct log_entry *whole, const struct log_entry *cut, size_t size) {
    size_t len = least(whole->text_len, size == 0 ? 0 : size - 1);
    size_t kept = least(len, sizeof whole->text - 1);
    return whole->event == cut->event && whole->index == cut->index && whole->code == cut->code &&
           whole->fates == cut->fates && same_result(&whole->result, &cut->result) &&
           cut->text_len == len && memcmp(whole->text, cut->text, kept) == 0;
}

/* a: with the largest text buffer */
bool same_log(const struct play *a, const struct play *b, char *why, size_t size) {
    size_t count = least(a->log_count, b->log_count);
    for (size_t i = 0; i < count; i++) {
        if (!same_entry(&a->log[i], &b->log[i], b->mode->text_size)) {
            snprintf(why, size, "event %zu (%s, \"%s\") differs from the whole run's (%s, \"%s\")",
                     i, event_name(b->log[i].event), b->log[i].text, event_name(a->log[i].event),
                     a->log[i].text);
            return false;
        }
    }
    if (a->log_count != b->log_count) {
        snprintf(why, size, "%zu events, the whole run had %zu", b->log_count, a->log_count);
        return false;
    }
    return true;
}
