/* SPDX-License-Identifier: MIT */

/*
 * show_account NAME: calls use_NAME of docs/providers.md, which providers_test.py has put into
 * account.c, and prints what it set as secure_mail's options, one on each line, and the port. Fails
 * if something is set that it does not know how to show.
 *
 * show_account --token-in-pieces: logs in, over a transport in memory, with a token as
 * use_token_in_pieces gives it, and prints what was sent.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.c"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct device device = {
    .ca = {"ca", 2},
    .certificate = {"certificate", 11},
    .key = {"key", 3},
    .user = "USER",
    .password = "PASSWORD",
    .token = "TOKEN",
    .token_len = 5,
};

static const struct {
    const char *name;
    void (*use)(struct account *a, const struct device *d);
} accounts[] = {
    {"microsoft365", use_microsoft365},
    {"microsoft365_password", use_microsoft365_password},
    {"gmail", use_gmail},
    {"gmail_token", use_gmail_token},
    {"ses", use_ses},
    {"postfix", use_postfix},
    {"postfix_certificate", use_postfix_certificate},
    {"company", use_company},
    {"exchange", use_exchange},
    {"sendgrid", use_sendgrid},
};

static const char *const mechanism_names[] = {
    "PLAIN",    "LOGIN",       "CRAM-MD5",      "XOAUTH2",          "OAUTHBEARER",
    "EXTERNAL", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"};

static void show(const char *key, const char *value) {
    if (value != NULL)
        printf("%s=%s\n", key, value);
}

/* The device's own octets are what these options name. */
static void show_octets(const char *key, struct smtplite_octets octets) {
    if (octets.p != NULL)
        printf("%s=\n", key);
}

static void show_mechanisms(unsigned mask) {
    printf("mechanisms=%s", mask == 0 ? "none" : "");
    for (size_t i = 0; i < COUNT(mechanism_names); i++)
        if (mask & 1u << i)
            printf("%s%s", mask & ((1u << i) - 1) ? "," : "", mechanism_names[i]);
    putchar('\n');
}

static const char *tls_name(unsigned tls) {
    return tls == SMTPLITE_TLS_REQUIRED   ? "required"
           : tls == SMTPLITE_TLS_IMPLICIT ? "implicit"
                                          : "none";
}

static void show_account(const struct account *a) {
    show("port", a->port);
    show("host", a->tls.host);
    show("domain", a->config.domain);
    show("user", a->config.user);
    show("password", a->config.password);
    show("tls", tls_name(a->config.tls));
    show_mechanisms(a->config.mechanisms);
    show_octets("ca", a->tls.ca);
    show_octets("certificate", a->tls.certificate);
    show_octets("key", a->tls.key);
    if (a->config.login != NULL) {
        show("token", a->login.token);
        show("authzid", a->login.authzid);
    }
}

/* All else is as it was: zero. */
static bool shows_all(const struct account *a) {
    static const struct account zero;
    struct smtplite_config config = a->config;
    struct smtplite_tls_options tls = a->tls;
    bool no_hooks = memcmp(&a->hooks, &zero.hooks, sizeof zero.hooks) == 0;
    bool whole = no_hooks && (config.login == NULL || config.login == &a->login);
    config.domain = config.user = config.password = NULL;
    config.login = NULL;
    config.mechanisms = 0;
    config.tls = 0;
    tls.host = NULL;
    tls.ca = tls.certificate = tls.key = zero.tls.ca;
    return whole && a->tls.host == a->host && memcmp(&config, &zero.config, sizeof config) == 0 &&
           memcmp(&tls, &zero.tls, sizeof tls) == 0;
}

/* ---- a server in memory, behind TLS that is none ---- */

static const char *const replies[] = {"220 ready\r\n",
                                      "250-here\r\n250 AUTH XOAUTH2\r\n",
                                      "334 \r\n",
                                      "235 in\r\n",
                                      "550 no mail today\r\n",
                                      "221 bye\r\n"};
static size_t reply, reply_pos;
static bool may_reply = true;

/* One reply for each line. */
static ptrdiff_t hear(void *context, const char *p, size_t n, bool more, uint32_t wait) {
    (void)context, (void)more, (void)wait;
    fwrite(p, 1, n, stdout);
    if (p[n - 1] == '\n')
        may_reply = true;
    return (ptrdiff_t)n;
}

static ptrdiff_t say(void *context, char *p, size_t n, uint32_t wait) {
    (void)context, (void)n, (void)wait;
    if (!may_reply || reply == COUNT(replies))
        return 0;
    *p = replies[reply][reply_pos++];
    if (replies[reply][reply_pos] == '\0') {
        reply++;
        reply_pos = 0;
        may_reply = false;
    }
    return 1;
}

static uint32_t now(void *context) {
    static uint32_t ticks;
    (void)context;
    return ticks++;
}

static int trust(void *context, struct smtplite_session *session, uint32_t wait) {
    (void)context, (void)wait;
    smtplite_tls_done(session, true);
    return 0;
}

static size_t read_token(char *p, size_t n) {
    static size_t left = 3000;
    if (n > left)
        n = left;
    memset(p, 'T', n);
    left -= n;
    return n;
}

static int send_token_in_pieces(struct account *a) {
    static const struct smtplite_transport transport = {
        .send = hear, .receive = say, .now = now, .start_tls = trust};
    static struct token_store store = {.read = read_token};
    struct smtplite_recipient to = {.address = "ops@example.com"};
    struct smtplite_mail mail = {.from = "pump7@example.com", .recipients = &to, .count = 1};
    struct smtplite_memory memory = {.p = "\r\n", .n = 2};
    struct smtplite_source source = smtplite_memory_source(&memory);
    struct smtplite_report report;
    use_microsoft365(a, &device);
    use_token_in_pieces(a, &store);
    a->config.tls = SMTPLITE_TLS_IMPLICIT;
    smtplite_send(&transport, &a->config, &mail, &source, &a->hooks, &report);
    return report.result.phase == SMTPLITE_PHASE_MAIL && report.result.code == 550 ? 0 : 1;
}

int main(int argc, char **argv) {
    static struct account account;
    if (argc == 2 && strcmp(argv[1], "--token-in-pieces") == 0)
        return send_token_in_pieces(&account);
    for (size_t i = 0; i < COUNT(accounts); i++)
        if (argc == 2 && strcmp(argv[1], accounts[i].name) == 0) {
            accounts[i].use(&account, &device);
            show_account(&account);
            return shows_all(&account) ? 0 : 1;
        }
    fprintf(stderr, "show_account: which account?\n");
    return 2;
}
