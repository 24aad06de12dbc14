/* SPDX-License-Identifier: MIT */
#include "model_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CALLS_MAX 200000000u

static void add(char **p, size_t *len, size_t *cap, const char *more, size_t n) {
    if (n > *cap - *len) {
        *cap = 2 * (*len + n) + 256;
        *p = realloc(*p, *cap);
        if (*p == NULL)
            abort();
    }
    memcpy(*p + *len, more, n);
    *len += n;
}

uint64_t model_hash(uint64_t hash, const char *p, size_t n) {
    size_t i;
    if (p == NULL)
        return 14695981039346656037u; /* FNV-1a */
    for (i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)p[i]) * 1099511628211u;
    return hash;
}

bool model_server_told(const struct model_server *server, const struct model_mail *mail) {
    return mail->answered > 0 && server->read >= mail->answered;
}

static void say(struct model_server *server, const char *reply) {
    size_t n = strlen(reply);
    if (server->silent)
        return;
    add(&server->out, &server->out_len, &server->out_cap, reply, n);
    server->said += n;
}

static void blame(struct model_server *server, const char *line) {
    if (!server->out_of_step)
        snprintf(server->wrong, sizeof server->wrong, "%.190s", line);
    server->out_of_step = true;
    say(server, "503 5.5.1 out of step\r\n");
}

/* ---- Transactions ---------------------------------------------------------------------------- */

static void forget_transaction(struct model_server *server) {
    server->in_transaction = false;
    server->in_content = false;
    server->in_chunk = false;
    server->now.to_count = 0;
    server->now.len = 0;
    server->now.hash = model_hash(0, NULL, 0);
}

static void keep_octet(struct model_server *server, char c) {
    server->now.hash = model_hash(server->now.hash, &c, 1);
    server->now.len++;
}

static void end_message(struct model_server *server) {
    char reply[60];
    struct model_mail *mail;
    if (server->mail_count == server->mail_cap) {
        server->mail_cap = 2 * server->mail_cap + 16;
        server->mails = realloc(server->mails, server->mail_cap * sizeof *server->mails);
        if (server->mails == NULL)
            abort();
    }
    mail = &server->mails[server->mail_count++];
    *mail = server->now;
    mail->taken = strncmp(mail->from, "evil", 4) != 0;
    snprintf(reply, sizeof reply,
             mail->taken ? "250 2.0.0 queued as %zu\r\n" : "554 5.7.1 no %zu\r\n",
             server->mail_count);
    say(server, reply);
    mail->answered = server->silent ? SIZE_MAX : server->said;
    forget_transaction(server);
}

static void on_mail(struct model_server *server, const char *line) {
    const char *end = strchr(line, '>');
    if (server->in_transaction || end == NULL || server->logins == 0) {
        blame(server, line);
        return;
    }
    forget_transaction(server);
    snprintf(server->now.from, sizeof server->now.from, "%.*s", (int)(end - line - 11), line + 11);
    if (strncmp(server->now.from, "nobody", 6) == 0) {
        say(server, "550 5.1.8 not from you\r\n");
        return;
    }
    server->in_transaction = true;
    say(server, "250 2.1.0 ok\r\n");
}

static void on_rcpt(struct model_server *server, const char *line) {
    const char *number = strchr(line, '.');
    if (!server->in_transaction) {
        say(server, "503 5.5.1 no MAIL\r\n");
    } else if (strncmp(line + 9, "bad", 3) == 0) {
        say(server, "550 5.1.1 no such user\r\n");
    } else if (strncmp(line + 9, "later", 5) == 0) {
        say(server, "450 4.2.1 busy\r\n");
    } else if ((server->rcpt_max > 0 && server->now.to_count == server->rcpt_max) ||
               server->now.to_count == MODEL_TO_MAX) {
        say(server, "452 4.5.3 too many recipients\r\n");
    } else {
        server->now.to[server->now.to_count++] = (uint16_t)(number ? atoi(number + 1) : 0);
        say(server, "250 2.1.5 ok\r\n");
    }
}

static void on_data(struct model_server *server) {
    if (server->now.to_count == 0 || !server->in_transaction) {
        say(server, "554 5.5.1 no valid recipients\r\n");
        return;
    }
    server->in_content = true;
    server->mark = 2;
    say(server, "354 go\r\n");
}

static void end_chunk(struct model_server *server) {
    bool good = server->in_transaction && server->now.to_count > 0;
    server->in_chunk = false;
    if (!good)
        say(server, "503 5.5.1 no valid recipients\r\n");
    else if (server->last_chunk)
        end_message(server);
    else
        say(server, "250 2.0.0 more\r\n");
}

static void on_bdat(struct model_server *server, const char *line) {
    server->chunk = strtoul(line + 5, NULL, 10);
    server->last_chunk = strstr(line, " LAST") != NULL;
    server->in_chunk = true;
    if (server->chunk == 0)
        end_chunk(server);
}

static void on_ehlo(struct model_server *server) {
    server->logins++;
    forget_transaction(server);
    say(server, server->offer != NULL ? "250-model\r\n" : "250 model\r\n");
    if (server->offer != NULL)
        say(server, server->offer);
}

static bool begins(const char *line, const char *command) {
    return strncasecmp(line, command, strlen(command)) == 0;
}

static void on_command(struct model_server *server, const char *line) {
    if (begins(line, "MAIL FROM:<")) {
        on_mail(server, line);
    } else if (begins(line, "RCPT TO:<")) {
        on_rcpt(server, line);
    } else if (begins(line, "DATA")) {
        on_data(server);
    } else if (begins(line, "BDAT ")) {
        on_bdat(server, line);
    } else if (begins(line, "EHLO ") || begins(line, "HELO ")) {
        on_ehlo(server);
    } else if (begins(line, "RSET")) {
        forget_transaction(server);
        say(server, "250 2.0.0 forgotten\r\n");
    } else if (begins(line, "NOOP")) {
        say(server, "250 2.0.0 here\r\n");
    } else if (begins(line, "QUIT")) {
        say(server, "221 2.0.0 bye\r\n");
        server->closed = true;
    } else {
        blame(server, line);
    }
}

/* ---- Octets ---------------------------------------------------------------------------------- */

/* mark: 1 CR, 2 CRLF or the begin, 3 the dot, 4 the CR behind it. A dot that begins a line is
 * kept when another octet follows than the CRLF of the end. */
static void on_content(struct model_server *server, char c) {
    int mark = server->mark;
    if (mark == 2 && c == '.') {
        server->mark = 3;
        return;
    }
    if (mark == 3 && c == '\r') {
        server->mark = 4;
        return;
    }
    if (mark == 4) {
        if (c == '\n')
            end_message(server);
        else
            blame(server, "a bare CR behind a dot");
        return;
    }
    keep_octet(server, c);
    server->mark = c == '\r' ? 1 : (c == '\n' && mark == 1 ? 2 : 0);
}

static void on_chunk(struct model_server *server, char c) {
    if (server->in_transaction && server->now.to_count > 0)
        keep_octet(server, c);
    if (--server->chunk == 0)
        end_chunk(server);
}

static void on_line(struct model_server *server, char c) {
    if (server->line_len + 1 < sizeof server->line)
        server->line[server->line_len++] = c;
    if (c != '\n')
        return;
    server->line[server->line_len] = '\0';
    server->line_len = 0;
    on_command(server, server->line);
}

static void strike(struct model_server *server) {
    server->struck = true;
    switch (server->fault) {
    case MODEL_SAYS_421:
        say(server, "421 4.3.2 shutting down\r\n");
        server->closed = true;
        break;
    case MODEL_SAYS_552:
        say(server, "552 5.3.4 too much\r\n");
        break;
    case MODEL_SAYS_250:
        say(server, "250 2.0.0 well\r\n");
        break;
    case MODEL_CLOSES:
        server->closed = true;
        break;
    case MODEL_RESETS:
        server->broken = true;
        break;
    case MODEL_STALLS:
        server->silent = true;
        break;
    case MODEL_SOUND:
    default:
        break;
    }
}

/* A server that stalls when its words are counted hears on. */
static bool is_deaf(const struct model_server *server) {
    return server->closed || server->broken || (server->silent && server->at_heard > 0);
}

static void feed(struct model_server *server, const char *p, size_t n) {
    size_t i;
    for (i = 0; i < n && !is_deaf(server); i++) {
        server->heard++;
        if (server->in_content)
            on_content(server, p[i]);
        else if (server->in_chunk)
            on_chunk(server, p[i]);
        else
            on_line(server, p[i]);
        if (server->at_heard > 0 && server->heard == server->at_heard)
            strike(server);
    }
}

/* ---- The transport --------------------------------------------------------------------------- */

static bool is_stuck(struct model_server *server) {
    if (++server->calls > CALLS_MAX)
        server->stuck = true;
    return server->stuck;
}

static void flush(struct model_server *server) {
    if (server->held_len == 0)
        return;
    if (server->listened)
        server->turns++;
    server->listened = false;
    server->segments++;
    feed(server, server->held, server->held_len);
    server->held_len = 0;
}

static ptrdiff_t send_bytes(void *context, const char *p, size_t n, bool more, uint32_t wait) {
    struct model_server *server = context;
    (void)wait;
    if (is_stuck(server) || server->closed || server->broken)
        return SMTPLITE_TRANSPORT_FAILED;
    if (server->narrow && n > 1) {
        n = 1;
        more = true;
    }
    add(&server->held, &server->held_len, &server->held_cap, p, n);
    server->taken += n;
    if (!more || !server->holds)
        flush(server);
    return (ptrdiff_t)n;
}

/* What the client may still read. */
static size_t count_words(struct model_server *server) {
    size_t n = server->out_len - server->out_pos;
    if (server->at_word == 0 || server->fault > MODEL_STALLS || server->fault == MODEL_SOUND)
        return n;
    return server->at_word - server->read < n ? server->at_word - server->read : n;
}

static void take_words(struct model_server *server, char *p, size_t n) {
    memcpy(p, server->out + server->out_pos, n);
    server->out_pos += n;
    server->read += n;
    server->listened = true;
    if (server->out_pos == server->out_len) {
        server->out_pos = 0;
        server->out_len = 0;
    }
    if (server->at_word > 0 && server->read >= server->at_word && !server->struck)
        strike(server);
}

static ptrdiff_t receive_bytes(void *context, char *p, size_t n, uint32_t wait) {
    struct model_server *server = context;
    size_t left;
    if (is_stuck(server) || server->broken)
        return SMTPLITE_TRANSPORT_FAILED;
    if (wait > 0)
        flush(server);
    left = count_words(server);
    if (left == 0 && server->closed)
        return SMTPLITE_TRANSPORT_EOF;
    if (left == 0)
        server->clock += wait;
    if (n > left)
        n = left;
    if (n > 1 && server->narrow)
        n = 1;
    if (n > 0)
        take_words(server, p, n);
    return (ptrdiff_t)n;
}

static uint32_t now(void *context) {
    const struct model_server *server = context;
    return server->clock;
}

void model_server_connect(struct model_server *server) {
    size_t i;
    server->sessions++;
    server->line_len = 0;
    server->held_len = 0;
    server->out_len = 0;
    server->out_pos = 0;
    for (i = 0; i < server->mail_count; i++)
        if (!model_server_told(server, &server->mails[i]))
            server->mails[i].answered = SIZE_MAX; /* what was not read is lost */
    server->said = server->read;
    server->closed = false;
    server->broken = false;
    server->silent = false;
    server->listened = false;
    server->logins = 0;
    forget_transaction(server);
    say(server, "220 model ESMTP\r\n");
}

void model_server_init(struct model_server *server) {
    memset(server, 0, sizeof *server);
    server->transport.context = server;
    server->transport.send = send_bytes;
    server->transport.receive = receive_bytes;
    server->transport.now = now;
    model_server_connect(server);
}

void model_server_free(struct model_server *server) {
    free(server->out);
    free(server->held);
    free(server->mails);
    memset(server, 0, sizeof *server);
}
