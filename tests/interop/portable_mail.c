/* SPDX-License-Identifier: MIT */

/*
 * portable_mail: sends what comes on stdin, header and all, through the portable API over POSIX
 * sockets. For the interop tests: each option is a way of using the API.
 *
 * For each mail it prints
 *   outcome NAME error NAME phase NAME code N text TEXT
 *   recipient ADDRESS fate NAME code N
 * Exit status: 0 all mails were sent to all, 1 one was not, 2 the command line makes no sense.
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sender.h"
#include "smtplite/posix.h"

#define RECIPIENTS 200
#define MAILS      50

struct mail {
    struct smtplite_mail envelope;
    struct smtplite_recipient recipients[RECIPIENTS];
};

static const char *server;
static const char *port;
static const char *from = "pump7@example.com";
static struct mail mails[MAILS];
static size_t mail_count = 1;
static bool in_session; /* by the driver, several mails on one connection */
static struct transcript transcript;
static struct smtplite_waits waits; /* zero: the defaults */
static struct smtplite_config config = {.domain = "[127.0.0.1]",
                                        .waits = &waits,
                                        .flags = SMTPLITE_ALLOW_CLEAR_LOGIN,
                                        .tls = SMTPLITE_TLS_NONE};
static uint16_t mail_flags;
static struct message message;

/* ---- the command line ---- */

enum {
    SERVER,
    PORT,
    DOMAIN_NAME,
    AUTH,
    USER,
    PASSWORD,
    FROM,
    TO,
    NEXT,
    WAIT,
    PIECE,
    SESSION,
    LOCKSTEP,
    HELO,
    ALL_OR_NOTHING,
    TRANSCRIPT
};

static const struct option options[] = {
    {"server", required_argument, NULL, SERVER},
    {"port", required_argument, NULL, PORT},
    {"domain", required_argument, NULL, DOMAIN_NAME},
    {"auth", required_argument, NULL, AUTH},
    {"user", required_argument, NULL, USER},
    {"password", required_argument, NULL, PASSWORD},
    {"from", required_argument, NULL, FROM},
    {"to", required_argument, NULL, TO},
    {"next", no_argument, NULL, NEXT},       /* the recipients behind it are of one more mail */
    {"wait", required_argument, NULL, WAIT}, /* every time limit, in ms */
    {"piece", required_argument, NULL, PIECE},
    {"session", no_argument, NULL, SESSION},
    {"lockstep", no_argument, NULL, LOCKSTEP},
    {"helo", no_argument, NULL, HELO},
    {"all-or-nothing", no_argument, NULL, ALL_OR_NOTHING},
    {"transcript", no_argument, NULL, TRANSCRIPT},
    {NULL, 0, NULL, 0},
};

static void set_waits(uint32_t ms) {
    struct smtplite_waits all = {ms, ms, ms, ms, ms, ms, ms, 0};
    waits = all;
}

static void set_mechanism(const char *name) {
    if (strcmp(name, "plain") == 0)
        config.mechanisms = SMTPLITE_AUTH_PLAIN;
    else if (strcmp(name, "login") == 0)
        config.mechanisms = SMTPLITE_AUTH_LOGIN;
    else if (strcmp(name, "none") != 0)
        refuse("--auth is plain, login or none, not ", name);
}

static void add_recipient(const char *address) {
    struct mail *mail = &mails[mail_count - 1];
    if (mail->envelope.count == RECIPIENTS)
        refuse("too many recipients: ", address);
    mail->recipients[mail->envelope.count++].address = address;
}

static void add_mail(void) {
    if (mail_count == MAILS)
        refuse("too many mails", "");
    mail_count++;
    in_session = true;
}

static void take_text(int which) {
    switch (which) {
    case SERVER:
        server = optarg;
        break;
    case PORT:
        port = optarg;
        break;
    case DOMAIN_NAME:
        config.domain = optarg;
        break;
    case USER:
        config.user = optarg;
        break;
    case PASSWORD:
        config.password = optarg;
        break;
    default:
        from = optarg;
        break;
    }
}

static void take_option(int which) {
    switch (which) {
    case AUTH:
        set_mechanism(optarg);
        break;
    case TO:
        add_recipient(optarg);
        break;
    case NEXT:
        add_mail();
        break;
    case WAIT:
        set_waits((uint32_t)strtoul(optarg, NULL, 10));
        break;
    case PIECE:
        message.piece_size = strtoul(optarg, NULL, 10);
        break;
    case SESSION:
        in_session = true;
        break;
    case LOCKSTEP:
        config.flags |= SMTPLITE_LOCKSTEP;
        break;
    case HELO:
        config.flags |= SMTPLITE_HELO;
        break;
    case ALL_OR_NOTHING:
        mail_flags |= SMTPLITE_MAIL_ALL_OR_NOTHING;
        break;
    case TRANSCRIPT:
        transcript.to = stderr;
        in_session = true;
        break;
    default:
        take_text(which);
        break;
    }
}

static void read_options(int argc, char **argv) {
    int which;
    while ((which = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (which == '?')
            exit(2);
        take_option(which);
    }
    if (server == NULL || port == NULL || optind < argc)
        refuse("--server and --port are needed, and options only", "");
}

static void prepare_mails(void) {
    if (message_has_8bit(&message))
        mail_flags |= SMTPLITE_MAIL_8BIT;
    for (size_t i = 0; i < mail_count; i++) {
        mails[i].envelope.from = from;
        mails[i].envelope.recipients = mails[i].recipients;
        mails[i].envelope.flags = mail_flags;
        mails[i].envelope.size = (uint32_t)message.len;
    }
}

/* ---- what became of it ---- */

/* A reply of several lines becomes one. */
static void print_text(const char *text) {
    for (; *text != '\0'; text++)
        putchar(*text == '\n' ? '|' : *text);
    putchar('\n');
}

static bool report(const struct smtplite_result *result, const char *text,
                   const struct smtplite_mail *mail) {
    printf("outcome %s error %s phase %s code %u text ",
           smtplite_outcome_name((enum smtplite_outcome)result->outcome),
           smtplite_error_name((enum smtplite_error)result->error),
           smtplite_phase_name((enum smtplite_phase)result->phase), result->code);
    print_text(text);
    for (size_t i = 0; i < mail->count; i++)
        printf("recipient %s fate %s code %u\n", mail->recipients[i].address,
               fate_name((enum smtplite_fate)mail->recipients[i].fate), mail->recipients[i].code);
    fflush(stdout);
    return result->outcome == SMTPLITE_SENT;
}

static bool send_one(const struct smtplite_transport *transport) {
    struct smtplite_source source = message_source(&message);
    struct smtplite_report result;
    smtplite_send(transport, &config, &mails[0].envelope, &source, NULL, &result);
    return report(&result.result, result.text, &mails[0].envelope);
}

static bool deliver(struct smtplite_driver *driver, struct smtplite_mail *mail, bool last) {
    struct smtplite_source source = message_source(&message);
    enum smtplite_error error = smtplite_deliver(driver, mail, &source, last);
    if (error == SMTPLITE_E_OK)
        return report(smtplite_result_get(driver->session), smtplite_text(driver->session), mail);
    printf("outcome NOT_SENT error %s phase IDLE code 0 text\n", smtplite_error_name(error));
    return false;
}

static bool send_several(const struct smtplite_transport *transport) {
    bool all = true;
    char text[SMTPLITE_REPORT_TEXT];
    struct smtplite_session session;
    struct smtplite_driver driver = {.session = &session, .transport = transport};
    enum smtplite_error error = smtplite_init(&session, &config, text, sizeof text);
    if (error != SMTPLITE_E_OK)
        refuse("smtplite_init: ", smtplite_error_help(error));
    driver.hooks.trace = transcript.to != NULL ? transcript_show : NULL;
    driver.hooks.context = &transcript;
    for (size_t i = 0; i < mail_count; i++)
        all &= deliver(&driver, &mails[i].envelope, i + 1 == mail_count);
    smtplite_finish(&driver);
    smtplite_wipe(&session);
    return all;
}

int main(int argc, char **argv) {
    struct smtplite_posix posix;
    bool all;
    read_options(argc, argv);
    message_read(&message);
    prepare_mails();
    smtplite_posix_init(&posix, server, port);
    all = in_session ? send_several(&posix.transport) : send_one(&posix.transport);
    smtplite_posix_close(&posix);
    message_free(&message);
    return all ? 0 : 1;
}
