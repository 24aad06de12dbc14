/* SPDX-License-Identifier: MIT */
#include "transcript.h"

#include <string.h>

/* ---- Replies ----------------------------------------------------------------------------- */

static void end_reply(struct transcript *t, uint16_t code, size_t left) {
    if (t->reply_count < REPLIES_MAX)
        t->replies[t->reply_count++] = (struct reply){code, t->left, left};
    t->broken = code == 0;
    t->lines = 0;
}

static uint16_t code_of(const struct transcript *t) {
    static const char low[] = "200", high[] = "559";
    for (unsigned i = 0; i < 3; i++)
        if (t->line[i] < low[i] || t->line[i] > high[i])
            return 0;
    return (uint16_t)((t->line[0] - '0') * 100 + (t->line[1] - '0') * 10 + (t->line[2] - '0'));
}

/* The separator has come, or the line's end in its place. */
static void judge_code(struct transcript *t, size_t left) {
    uint16_t code = code_of(t);
    bool separated = t->line[3] != '\0' && strchr(" -\r\n", t->line[3]) != NULL;
    if (code == 0 || !separated || (t->lines > 0 && code != t->code))
        end_reply(t, 0, left);
    t->code = code;
}

/* What the leniencies let pass before a line. */
static bool is_padding(const struct transcript *t, char c) {
    return t->column == 0 && c == (t->lines == 0 ? '\0' : ' ');
}

void transcript_hear(struct transcript *t, char c, size_t left) {
    if (t->broken || is_padding(t, c))
        return;
    if (t->lines == 0 && t->column == 0)
        t->left = left;
    if (t->column < sizeof t->line)
        t->line[t->column] = c;
    t->column++;
    if (t->column == sizeof t->line + 1 && t->line[3] == '\r' && c != '\n')
        end_reply(t, 0, left);
    if (t->column == sizeof t->line || (c == '\n' && t->column < sizeof t->line))
        judge_code(t, left);
    if (c != '\n' || t->broken)
        return;
    t->lines++;
    if (t->column <= sizeof t->line || t->line[3] != '-')
        end_reply(t, t->code, left);
    t->column = 0;
}

/* The next reply's code, if it answers what has left by now; 0: there is none. */
static uint16_t take_reply(struct transcript *t) {
    if (t->next >= t->reply_count || t->replies[t->next].left < t->pos) {
        t->next = t->reply_count; /* nothing behind it is in step */
        return 0;
    }
    return t->replies[t->next++].code;
}

/* ---- Commands ---------------------------------------------------------------------------- */

static bool begins(const char *p, size_t n, const char *word) {
    size_t len = strlen(word);
    return n >= len && memcmp(p, word, len) == 0;
}

static bool is(const char *p, size_t n, const char *word) {
    return n == strlen(word) && begins(p, n, word);
}

static bool is_positive(uint16_t code) {
    return code >= 200 && code < 300;
}

static void begin_transaction(struct transcript *t, const char *line, size_t len) {
    struct transaction *now = &t->transactions[t->transaction_count++];
    memset(now, 0, sizeof *now);
    now->mail = t->identify(line, len);
    now->content = t->contents + t->contents_len;
    t->order_len = 0;
    now->rode = t->transaction_count > 1 && now[-1].ended && t->next > 0 &&
                t->replies[t->next - 1].left >= t->pos;
    uint16_t code = take_reply(t);
    now->refused = code >= 400;
}

static void add_recipient(struct transcript *t, struct transaction *now, const char *line,
                          size_t len) {
    unsigned who = t->identify(line, len);
    now->tried |= 1u << who;
    if (!is_positive(take_reply(t)))
        return;
    now->taken |= 1u << who;
    if (t->order_len < sizeof t->order / sizeof t->order[0])
        t->order[t->order_len++] = who;
}

/* The end mark has left: one reply for all, or with LMTP one for each that was taken. */
static void end_transaction(struct transcript *t, struct transaction *now) {
    now->ended = true;
    uint16_t code = take_reply(t);
    for (size_t i = 0; i < t->order_len && code != 0; i++) {
        if (i > 0 && t->lmtp)
            code = take_reply(t);
        if (code == 0)
            return;
        now->answered |= 1u << t->order[i];
        if (is_positive(code) && code != 221)
            now->has |= 1u << t->order[i];
    }
}

/* ---- Contents ---------------------------------------------------------------------------- */

static void add_content(struct transcript *t, struct transaction *now, const char *p, size_t n) {
    if (n > CONTENTS_MAX - t->contents_len)
        n = CONTENTS_MAX - t->contents_len;
    memcpy(t->contents + t->contents_len, p, n);
    t->contents_len += n;
    now->content_len += n;
}

/* A line with its CRLF; 0: it has not ended. */
static size_t line_length(const struct transcript *t) {
    const char *start = t->out + t->pos;
    const char *lf = memchr(start, '\n', t->out_len - t->pos);
    return lf != NULL ? (size_t)(lf + 1 - start) : 0;
}

/* No bare CR or LF, no NUL: what SMTP calls a line. */
static bool is_line(const char *p, size_t n) {
    return n >= 2 && p[n - 2] == '\r' && memchr(p, '\r', n - 2) == NULL &&
           memchr(p, '\0', n) == NULL;
}

/* Behind 354. */
static const char *read_message(struct transcript *t, struct transaction *now) {
    size_t n;
    while ((n = line_length(t)) > 0) {
        const char *line = t->out + t->pos;
        t->pos += n;
        if (!is_line(line, n))
            return "a message has CRLF alone, and no NUL";
        if (is(line, n, ".\r\n")) {
            end_transaction(t, now);
            return NULL;
        }
        if (*line == '.' && line[1] != '.')
            return "dots are stuffed";
        if (t->pos == t->out_len && now->content_len == 0 && is(line, n, "QUIT\r\n"))
            return NULL; /* said as a reply in front of 354 made no sense */
        add_content(t, now, *line == '.' ? line + 1 : line, *line == '.' ? n - 1 : n);
    }
    /* the last line has not left whole */
    n = t->out_len - t->pos;
    bool dot = n > 0 && t->out[t->pos] == '.';
    if (!is(t->out + t->pos, n, ".\r"))
        add_content(t, now, t->out + t->pos + dot, n - dot);
    t->pos = t->out_len;
    return NULL;
}

static void tear(const struct transcript *t, struct transaction *now) {
    if (!now->torn)
        now->torn_at = t->replies[t->next - 1].heard;
    now->torn = true;
}

/* `BDAT 12` or `BDAT 12 LAST`, and as many octets. */
static const char *read_chunk(struct transcript *t, struct transaction *now, const char *line,
                              size_t len) {
    size_t digits = 0, octets = 0, here = t->out_len - t->pos;
    size_t begin = (size_t)(line - t->out);
    for (line += 5, len -= 5; digits < len && line[digits] >= '0' && line[digits] <= '9'; digits++)
        octets = octets * 10 + (size_t)(line[digits] - '0');
    bool last = is(line + digits, len - digits, " LAST");
    bool in_vain = now->torn && begin > now->torn_at;
    if (digits == 0 || digits > 9 || (digits < len && !last))
        return "BDAT is as RFC 3030 says";
    if (now->ended)
        return "nothing behind LAST";
    if (in_vain)
        return "no chunk begins when one was refused";
    now->chunked = true;
    add_content(t, now, t->out + t->pos, here < octets ? here : octets);
    t->pos += here < octets ? here : octets;
    if (here < octets)
        return NULL;
    if (last)
        end_transaction(t, now);
    else if (take_reply(t) >= 400)
        tear(t, now);
    return NULL;
}

static const char *read_command(struct transcript *t, const char *line, size_t len) {
    struct transaction *now = NULL;
    if (t->transaction_count > 0)
        now = &t->transactions[t->transaction_count - 1];
    if (begins(line, len, "MAIL FROM:") && t->transaction_count < TRANSACTIONS_MAX) {
        begin_transaction(t, line, len);
    } else if (begins(line, len, "RCPT TO:") && now != NULL) {
        add_recipient(t, now, line, len);
    } else if (begins(line, len, "BDAT ") && now != NULL) {
        return read_chunk(t, now, line, len);
    } else if (is(line, len, "DATA") && now != NULL) {
        if (take_reply(t) == 354)
            return read_message(t, now);
    } else {
        (void)take_reply(t);
    }
    return NULL;
}

const char *transcript_read(struct transcript *t, bool (*check)(const char *line, size_t len)) {
    const char *wrong = NULL;
    size_t n;
    t->pos = 0;
    (void)take_reply(t); /* the greeting */
    while (wrong == NULL && (n = line_length(t)) > 0) {
        const char *line = t->out + t->pos;
        t->pos += n;
        if (!is_line(line, n))
            return "a command has one CRLF, at its end";
        if (!begins(line, n, "BDAT ") && !check(line, n - 2))
            return "only commands of ours leave";
        wrong = read_command(t, line, n - 2);
    }
    return wrong;
}
