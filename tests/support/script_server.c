/* SPDX-License-Identifier: MIT */
#include "script_server.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CALLS_MAX 2000000u

static void add(struct script_bytes *bytes, const char *p, size_t n) {
    if (n > bytes->cap - bytes->len) {
        bytes->cap = 2 * (bytes->len + n) + 256;
        bytes->p = realloc(bytes->p, bytes->cap);
        if (bytes->p == NULL)
            abort();
    }
    if (n > 0)
        memcpy(bytes->p + bytes->len, p, n);
    bytes->len += n;
}

static void say(struct script_server *server, const char *reply) {
    add(&server->out, reply, strlen(reply));
}

static bool at_script_end(const struct script_server *server) {
    return server->step->expect == NULL && server->step->reply == NULL;
}

/* Says what this step says, and what follows it unasked. */
static void answer(struct script_server *server) {
    const struct script_step *step = server->step;
    if (step->reply != NULL)
        say(server, step->reply);
    if (step->expect != NULL && step->expect[0] == '.' && step->reply != NULL)
        server->answered = server->out.len;
    server->in_message = step->reply != NULL && strncmp(step->reply, "354", 3) == 0;
    server->mark = 2;
    server->closed = (step->flags & SCRIPT_CLOSE) != 0;
    if ((step->flags & SCRIPT_REPEAT) == 0)
        server->step++;
    if (server->step->expect == NULL && !at_script_end(server))
        answer(server);
}

static bool fits(const struct script_step *step, const char *line, size_t len) {
    size_t n = step->expect != NULL ? strlen(step->expect) : 0;
    return n > 0 && n <= len && strncasecmp(step->expect, line, n) == 0;
}

static void on_command(struct script_server *server, const char *line, size_t len) {
    server->commands++;
    if ((server->step->flags & SCRIPT_REPEAT) != 0 && !fits(server->step, line, len))
        server->step++;
    if (fits(server->step, line, len)) {
        answer(server);
        return;
    }
    server->out_of_step = true;
    say(server, "503 not in the script\r\n");
}

/* CRLF.CRLF: 1 CR, 2 CRLF or the message's begin, 3 the dot, 4 the last CR. */
static int next_mark(int mark, char c) {
    if (c == '\r')
        return mark == 3 ? 4 : 1;
    if (c == '\n')
        return mark == 1 ? 2 : (mark == 4 ? 5 : 0);
    return c == '.' && mark == 2 ? 3 : 0;
}

static void on_message_byte(struct script_server *server, char c) {
    add(&server->message, &c, 1);
    server->mark = next_mark(server->mark, c);
    if (server->mark != 5)
        return;
    server->in_message = false;
    server->message_whole = true;
    on_command(server, ".", 1);
}

static void on_command_byte(struct script_server *server, char c) {
    add(&server->line, &c, 1);
    if (c != '\n')
        return;
    on_command(server, server->line.p, server->line.len);
    server->line.len = 0;
}

void script_server_feed(struct script_server *server, const char *p, size_t n) {
    size_t i;
    add(&server->heard, p, n);
    for (i = 0; i < n && !server->closed; i++) {
        if (server->in_message)
            on_message_byte(server, p[i]);
        else
            on_command_byte(server, p[i]);
    }
}

bool script_server_told(const struct script_server *server) {
    return server->answered > 0 && server->out_pos >= server->answered;
}

/* ---- The transport ----------------------------------------------------------------------- */

static bool is_stuck(struct script_server *server) {
    if (++server->calls > CALLS_MAX)
        server->stuck = true;
    return server->stuck;
}

/* What was taken arrives as one segment. */
static void flush(struct script_server *server) {
    if (server->held.len == 0)
        return;
    if (server->listened)
        server->turns++;
    server->listened = false;
    server->segments++;
    script_server_feed(server, server->held.p, server->held.len);
    server->held.len = 0;
}

static ptrdiff_t send_bytes(void *context, const char *p, size_t n, bool more, uint32_t wait) {
    struct script_server *server = context;
    (void)wait;
    if (is_stuck(server) || server->closed)
        return SMTPLITE_TRANSPORT_FAILED;
    add(&server->held, p, n);
    if (!more)
        flush(server);
    return (ptrdiff_t)n;
}

static ptrdiff_t receive_bytes(void *context, char *p, size_t n, uint32_t wait) {
    struct script_server *server = context;
    size_t left;
    if (is_stuck(server))
        return SMTPLITE_TRANSPORT_FAILED;
    if (wait > 0)
        flush(server);
    left = server->out.len - server->out_pos;
    if (left == 0 && server->closed)
        return SMTPLITE_TRANSPORT_EOF;
    if (left == 0)
        server->clock += wait;
    if (left == 0 || n == 0)
        return 0;
    if (n > left)
        n = left;
    memcpy(p, server->out.p + server->out_pos, n);
    server->out_pos += n;
    server->listened = true;
    return (ptrdiff_t)n;
}

static uint32_t now(void *context) {
    const struct script_server *server = context;
    return server->clock;
}

void script_server_init(struct script_server *server, const struct script_step *steps) {
    memset(server, 0, sizeof *server);
    server->transport.context = server;
    server->transport.send = send_bytes;
    server->transport.receive = receive_bytes;
    server->transport.now = now;
    server->steps = steps;
    server->step = steps;
    if (steps->expect == NULL && !at_script_end(server))
        answer(server);
}

void script_server_free(struct script_server *server) {
    free(server->message.p);
    free(server->out.p);
    free(server->heard.p);
    free(server->held.p);
    free(server->line.p);
    memset(server, 0, sizeof *server);
}
