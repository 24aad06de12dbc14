/* SPDX-License-Identifier: MIT */
/*
 * Plays *.face files: dialogs of the NetX Duo SMTP Client API with a scripted server. Behind each
 * case the same client sends once more, to a server where all is well: that must succeed.
 * The format stands at the top of rely.face.
 */

#define _POSIX_C_SOURCE 200809L

#include "face.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX_ 8192

struct play {
    char name[128];
    char texts[8][TEXT_MAX_]; /* user, password, from, domain, to, subject, body, status */
    struct mail mail;
    struct script scripts[2];
    UINT options;
    ULONG payload;
    ULONG packets;
    long reply;
    int family;
    bool quick;
    bool unconnected;
    bool once;
    bool uncreated;
};

enum { USER, PASSWORD, FROM, DOMAIN_, TO, SUBJECT, BODY, STATUS };

static struct play play;
static unsigned cases;

/* ---- Reading ------------------------------------------------------------------------------ */

static int hex_of(char c) {
    const char *digits = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : 0;
}

/* Undoes \r \n \t \0 \\ \xNN. */
static size_t unescape(char *to, const char *from) {
    static const char names[] = "rnt0\\";
    static const char values[] = "\r\n\t\0\\";
    size_t n = 0;
    for (; *from != '\0' && n + 1 < TEXT_MAX_; from++) {
        const char *name = from[0] == '\\' && from[1] != '\0' ? strchr(names, from[1]) : NULL;
        if (name != NULL) {
            to[n++] = values[name - names];
            from++;
        } else if (from[0] == '\\' && from[1] == 'x') {
            to[n++] = (char)(hex_of(from[2]) * 16 + hex_of(from[3]));
            from += 3;
        } else {
            to[n++] = *from;
        }
    }
    to[n] = '\0';
    return n;
}

static void add_step(enum step_kind kind, const char *text, const char *end) {
    char bytes[TEXT_MAX_ + 4];
    size_t n = unescape(bytes, text);
    memcpy(bytes + n, end, strlen(end));
    script_add(&play.scripts[0], kind, bytes, n + strlen(end));
}

static void add_message(const char *behind) {
    size_t n;
    char *wire = wire_of(&play.mail, &n);
    memcpy(wire + n, behind, strlen(behind));
    script_add(&play.scripts[0], STEP_MESSAGE, wire, n + strlen(behind));
    free(wire);
}

static void read_line(char *line);

static void use(const char *part) {
    static const struct {
        const char *name;
        const char *lines[10];
    } parts[] = {
        {"start",
         {"S: 220 server", "C: EHLO client.example.com", "S+: 250-server\\r\\n250-8BITMIME\\r\\n",
          "S: 250 AUTH LOGIN PLAIN"}},
        {"login", {"C: AUTH PLAIN", "S: 334 ", "C: AHVzZXIAc2VjcmV0", "S: 235 welcome"}},
        {"envelope",
         {"C: MAIL FROM:<from@example.com>", "S: 250 sender", "C: RCPT TO:<to@example.org>",
          "S: 250 recipient", "C: DATA", "S: 354 go on"}},
        {"bye", {"C: QUIT", "S: 221 bye"}},
    };
    char line[128];
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        for (size_t k = 0; strcmp(parts[i].name, part) == 0 && parts[i].lines[k] != NULL; k++) {
            strcpy(line, parts[i].lines[k]);
            read_line(line);
        }
}

static UINT auth_of(const char *name) {
    static const char *const names[] = {"none", "login", "plain", "cram"};
    static const UINT values[] = {NX_SMTP_CLIENT_AUTH_NONE, NX_SMTP_CLIENT_AUTH_LOGIN,
                                  NX_SMTP_CLIENT_AUTH_PLAIN, NX_SMTP_CLIENT_AUTH_CRAM_MD5};
    for (size_t i = 0; i < 4; i++)
        if (strcmp(names[i], name) == 0)
            return values[i];
    return (UINT)atoi(name);
}

static void set_text(int which, const char *value) {
    const char **member[] = {
        &play.mail.user, &play.mail.password, &play.mail.from, &play.mail.domain,
        &play.mail.to,   &play.mail.subject,  &play.mail.body, NULL};
    size_t n = unescape(play.texts[which], value);
    if (member[which] != NULL)
        *member[which] = play.texts[which];
    if (which == BODY)
        play.mail.body_len = n;
}

/* A long body, of which no line has a dot. */
static void set_lines(long count) {
    static char body[4000000];
    play.mail.body = body;
    play.mail.body_len = 0;
    for (long i = 0; i < count && play.mail.body_len + 64 < sizeof body; i++)
        play.mail.body_len += (size_t)sprintf(body + play.mail.body_len, "This is line %ld\r\n", i);
}

/* Keys that describe the mail, the client and what is expected. */
static bool read_setting(const char *key, const char *value) {
    static const char *const texts[] = {"user", "password", "from", "domain",
                                        "to",   "subject",  "body", "status"};
    for (int i = 0; i < 8; i++)
        if (strcmp(key, texts[i]) == 0) {
            set_text(i, value);
            return true;
        }
    if (strcmp(key, "auth") == 0)
        play.mail.auth = auth_of(value);
    else if (strcmp(key, "priority") == 0)
        play.mail.priority = (UINT)atoi(value);
    else if (strcmp(key, "options") == 0)
        play.options = (UINT)atoi(value);
    else if (strcmp(key, "payload") == 0)
        play.payload = (ULONG)atol(value);
    else if (strcmp(key, "packets") == 0)
        play.packets = (ULONG)atol(value);
    else if (strcmp(key, "lines") == 0)
        set_lines(atol(value));
    else if (strcmp(key, "reply") == 0)
        play.reply = atol(value);
    else if (strcmp(key, "ip") == 0)
        play.family = atoi(value);
    else
        return false;
    return true;
}

static bool read_flag(const char *word) {
    bool *flags[] = {&play.quick, &play.unconnected, &play.once, &play.uncreated};
    static const char *const names[] = {"quick", "unconnected", "once", "uncreated"};
    for (int i = 0; i < 4; i++)
        if (strcmp(word, names[i]) == 0)
            return *flags[i] = true;
    return false;
}

/* What the server does. */
static bool read_step(const char *key, const char *value) {
    if (strcmp(key, "S") == 0)
        add_step(STEP_SAY, value, "\r\n");
    else if (strcmp(key, "S+") == 0)
        add_step(STEP_SAY, value, "");
    else if (strcmp(key, "C") == 0)
        add_step(STEP_EXPECT, value, "\r\n");
    else if (strcmp(key, "drip") == 0)
        add_step(STEP_DRIP, value, "");
    else if (strcmp(key, "flood") == 0)
        add_step(STEP_FLOOD, value, "");
    else if (strcmp(key, "pause") == 0)
        script_add(&play.scripts[0], STEP_PAUSE, NULL, (size_t)atol(value));
    else if (strcmp(key, "silence") == 0)
        script_add(&play.scripts[0], STEP_SILENCE, NULL, (size_t)atol(value));
    else if (strcmp(key, "message") == 0)
        add_message(*value != '\0' ? "QUIT\r\n" : "");
    else if (strcmp(key, "close") == 0)
        script_add(&play.scripts[0], STEP_CLOSE, NULL, 0);
    else if (strcmp(key, "swallow") == 0)
        script_add(&play.scripts[0], STEP_SWALLOW, NULL, 0);
    else if (strcmp(key, "reset") == 0)
        script_add(&play.scripts[0], STEP_RESET, NULL, 0);
    else
        return false;
    return true;
}

static void read_line(char *line) {
    char *colon = strchr(line, ':');
    char *value = colon != NULL ? colon + 1 : line + strlen(line);
    if (colon != NULL)
        *colon = '\0';
    if (*value == ' ')
        value++;
    if (strcmp(line, "use") == 0)
        use(value);
    else if (!read_setting(line, value) && !read_flag(line) && !read_step(line, value))
        CHECK(false, "%s: unknown `%s`", play.name, line);
}

/* ---- Playing ------------------------------------------------------------------------------ */

static void check_status(UINT status) {
    const char *want = play.texts[STATUS];
    const char *name = nx_smtp_client_status_text(status);
    CHECK(strcmp(name, want) == 0, "%s: status 0x%02X %s, not %s", play.name, status, name, want);
}

static void check_reply(struct stage *stage) {
    UINT code;
    CHAR *text;
    CHECK(nx_smtp_client_last_reply_get(&stage->client, &code, &text) == NX_SUCCESS, "%s",
          play.name);
    CHECK(play.reply < 0 || (long)code == play.reply, "%s: reply %u `%s`", play.name, code, text);
}

static void send_again(struct stage *stage) {
    struct mail mail = play.mail;
    UINT status;
    if (play.once)
        return;
    mail.to = plain_mail.to;
    mail.subject = plain_mail.subject;
    mail.body = plain_mail.body;
    mail.body_len = plain_mail.body_len;
    status = stage_send(stage, &mail);
    CHECK(status == NX_SUCCESS, "%s: the next send: 0x%02X", play.name, status);
    stage_check(stage, play.name);
}

static void perform(struct stage *stage) {
    if (play.options != 0)
        CHECK(nx_smtp_client_options_set(&stage->client, play.options) == NX_SUCCESS, "%s",
              play.name);
    if (play.quick)
        stage_hurry(stage);
    check_status(stage_send(stage, &play.mail));
    check_reply(stage);
    stage_check(stage, play.name);
    send_again(stage);
    CHECK(stage_delete(stage) == NX_SUCCESS, "%s: delete", play.name);
}

static void set_family(struct stage *stage) {
#if defined(FEATURE_NX_IPV6) && !defined(NX_DISABLE_IPV4)
    if (play.family != 6)
        return;
    memset(&stage->address, 0, sizeof stage->address);
    stage->address.nxd_ip_version = NX_IP_VERSION_V6;
    stage->address.nxd_ip_address.v6[3] = 1;
#else
    (void)stage;
    play.family = 0;
#endif
}

static void run(void) {
    static struct stage stage;
    struct server server;
    struct script *scripts = play.unconnected ? &play.scripts[1] : &play.scripts[0];
    UINT status;
    stage_open(&stage, play.payload, play.packets);
    set_family(&stage);
    script_good(&play.scripts[1]);
    server_start(&server, scripts, (size_t)(&play.scripts[2] - scripts), play.family);
    status = stage_create(&stage, &play.mail, server.port);
    if (play.uncreated)
        check_status(status);
    else if (status == NX_SUCCESS)
        perform(&stage);
    CHECK(play.uncreated || status == NX_SUCCESS, "%s: create 0x%02X", play.name, status);
    server_stop(&server);
    CHECK(server.wrong[0] == '\0', "%s: %s", play.name, server.wrong);
    CHECK(!(play.unconnected && play.once) || server.connections == 0, "%s: connected", play.name);
    stage_close(&stage);
    cases++;
}

static void begin(const char *name) {
    memset(&play, 0, sizeof play);
    memcpy(play.name, name, strnlen(name, sizeof play.name - 1)); /* zeroed before */
    strcpy(play.texts[STATUS], "NX_SUCCESS");
    play.mail = plain_mail;
    play.reply = -1;
}

static void end(void) {
    if (play.name[0] == '\0')
        return;
    run();
    script_free(&play.scripts[0]);
    script_free(&play.scripts[1]);
    play.name[0] = '\0';
}

static bool is_chosen(const char *name, const char *chosen) {
    return chosen == NULL || strstr(name, chosen) != NULL;
}

static void play_file(const char *path, const char *chosen) {
    char line[TEXT_MAX_];
    bool skip = true;
    FILE *file = fopen(path, "r");
    CHECK(file != NULL, "%s", path);
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "case: ", 6) == 0) {
            end();
            skip = !is_chosen(line + 6, chosen);
            if (!skip)
                begin(line + 6);
        } else if (!skip && line[0] != '\0' && line[0] != '#') {
            read_line(line);
        }
    }
    end();
    if (file != NULL)
        fclose(file);
}

/* Arguments: files, and `-k WORD` to play only the cases whose name has it. */
int main(int argc, char **argv) {
    const char *chosen = NULL;
    tx_host_start();
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "-k") == 0 && i + 1 < argc)
            chosen = argv[++i];
        else
            play_file(argv[i], chosen);
    CHECK(cases > 0, "no case was played");
    return checks_end("facade dialogs");
}
