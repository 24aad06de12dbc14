/* SPDX-License-Identifier: MIT */
/*
 * many_mail: large numbers through the portable API, for the interop tests. It sends
 * --mails mails (1), mail I with I in its text and to rI@example.com, on one connection as long as
 * the server lets it, or each mail to --recipients recipients r0 .. rN@example.com, with a text of
 * --size octets, made by the same rule as in many_test.py.
 *
 * It prints one line of numbers, and for the first mail that is not sent its result:
 *   mails N sent N partly N not N maybe N accepted N connections N
 *   mail I outcome NAME error NAME phase NAME code N text TEXT
 * Exit status: 0 all were sent, 1 one was not, 2 the command line makes no sense.
 */

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "sender.h"
#include "smtplite/posix.h"

enum { ALL = 10000, LINE = 78 };

struct letter {
    struct smtplite_mail mail; /* the first: a mail is its letter */
    struct smtplite_source source;
    struct smtplite_recipient *to;
    char (*addresses)[32];
    size_t number;
    size_t pos; /* octets that were read */
    char head[64];
    char line[LINE + 1];
};

static const char *server;
static const char *port;
static size_t mail_count = 1;
static size_t recipient_count = 1;
static size_t size;
static struct letter slots[2]; /* the driver has two mails at a time */
static unsigned char over[ALL];
static size_t next_mail;
static size_t outcomes[4];
static size_t accepted;
static size_t connections;
static bool told;

/* ---- the command line ---- */

enum { SERVER, PORT, MAILS, RECIPIENTS, SIZE };

static const struct option options[] = {
    {"server", required_argument, NULL, SERVER},
    {"port", required_argument, NULL, PORT},
    {"mails", required_argument, NULL, MAILS},
    {"recipients", required_argument, NULL, RECIPIENTS},
    {"size", required_argument, NULL, SIZE},
    {NULL, 0, NULL, 0},
};

static void take_option(int which) {
    size_t number = strtoul(optarg, NULL, 10);
    switch (which) {
    case SERVER:
        server = optarg;
        break;
    case PORT:
        port = optarg;
        break;
    case MAILS:
        mail_count = number;
        break;
    case RECIPIENTS:
        recipient_count = number;
        break;
    default:
        size = number;
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
    if (server == NULL || port == NULL || optind < argc || mail_count > ALL)
        refuse("--server and --port are needed, and options only", "");
}

/* ---- a letter ---- */

static void make_slot(struct letter *letter) {
    letter->to = calloc(recipient_count, sizeof *letter->to);
    letter->addresses = calloc(recipient_count, sizeof *letter->addresses);
    if (letter->to == NULL || letter->addresses == NULL)
        refuse("out of memory", "");
}

static size_t min_size(size_t a, size_t b) {
    return a < b ? a : b;
}

/* The head, and lines of 76 letters up to the size. */
static enum smtplite_source_state read_letter(void *context, const char **p, size_t *n) {
    struct letter *letter = context;
    size_t head = strlen(letter->head);
    size_t at = letter->pos - min_size(letter->pos, head);
    if (letter->pos >= head + size)
        return SMTPLITE_SOURCE_END;
    *p = letter->head;
    *n = head;
    if (letter->pos > 0) {
        for (size_t i = 0; i < LINE - 2; i++)
            letter->line[i] = (char)('A' + (at / LINE + i) % 26);
        memcpy(letter->line + LINE - 2, "\r\n", 2);
        *p = letter->line;
        *n = min_size(LINE, size - at);
    }
    letter->pos += *n;
    return SMTPLITE_SOURCE_PIECE;
}

static bool rewind_letter(void *context) {
    ((struct letter *)context)->pos = 0;
    return true;
}

static void write_letter(struct letter *letter, size_t number) {
    letter->number = number;
    letter->pos = 0;
    snprintf(letter->head, sizeof letter->head, "Subject: many\r\n\r\nmail %zu\r\n", number);
    for (size_t i = 0; i < recipient_count; i++) {
        snprintf(letter->addresses[i], sizeof letter->addresses[i], "r%zu@example.com",
                 recipient_count > 1 ? i : number);
        letter->to[i] = (struct smtplite_recipient){.address = letter->addresses[i]};
    }
    letter->mail = (struct smtplite_mail){
        .from = "pump7@example.com", .recipients = letter->to, .count = recipient_count};
    letter->mail.size = (uint32_t)(strlen(letter->head) + size);
    letter->mail.flags = SMTPLITE_MAIL_EXACT; /* all line ends are CRLF, but for the text's end */
    letter->source =
        (struct smtplite_source){.context = letter, .read = read_letter, .rewind = rewind_letter};
}

/* ---- the queue ---- */

static bool give_next(void *context, struct smtplite_mail **mail,
                      const struct smtplite_source **source) {
    size_t *taken = context;
    struct letter *letter = &slots[(*taken)++ % 2];
    while (next_mail < mail_count && over[next_mail] != 0)
        next_mail++;
    if (next_mail == mail_count)
        return false;
    write_letter(letter, next_mail++);
    *mail = &letter->mail;
    *source = &letter->source;
    return true;
}

static void take_done(void *context, struct smtplite_mail *mail, const char *text) {
    const struct letter *letter = (const struct letter *)mail;
    const struct smtplite_result *result = &mail->result;
    (void)context;
    if (smtplite_retry_result(result) == SMTPLITE_RETRY_LATER && connections < 10)
        return; /* for the next connection */
    over[letter->number] = 1;
    outcomes[result->outcome]++;
    for (size_t i = 0; i < mail->count; i++)
        accepted += mail->recipients[i].fate == SMTPLITE_ACCEPTED;
    if (result->outcome == SMTPLITE_SENT || told)
        return;
    told = true;
    printf("mail %zu outcome %s error %s phase %s code %u text %s\n", letter->number,
           smtplite_outcome_name((enum smtplite_outcome)result->outcome),
           smtplite_error_name((enum smtplite_error)result->error),
           smtplite_phase_name((enum smtplite_phase)result->phase), result->code, text);
}

/* One connection: as many mails as the server takes on it. */
static void send_all(void) {
    static const struct smtplite_config config = {
        .domain = "[127.0.0.1]", .tls = SMTPLITE_TLS_NONE, .extensions = &smtplite_extensions};
    static struct smtplite_posix posix;
    char text[SMTPLITE_REPORT_TEXT];
    size_t taken = 0;
    struct smtplite_session session;
    struct smtplite_driver driver = {.session = &session, .transport = &posix.transport};
    struct smtplite_queue queue = {.next = give_next, .done = take_done, .context = &taken};
    if (smtplite_init(&session, &config, text, sizeof text) != SMTPLITE_E_OK)
        refuse("smtplite_init", "");
    smtplite_posix_init(&posix, server, port);
    connections++;
    next_mail = 0;
    smtplite_deliver_all(&driver, &queue);
    smtplite_finish(&driver);
    smtplite_wipe(&session);
    smtplite_posix_close(&posix);
}

static bool is_left(void) {
    return memchr(over, 0, mail_count) != NULL;
}

int main(int argc, char **argv) {
    read_options(argc, argv);
    make_slot(&slots[0]);
    make_slot(&slots[1]);
    while (is_left() && connections < 20)
        send_all();
    printf("mails %zu sent %zu partly %zu not %zu maybe %zu accepted %zu connections %zu\n",
           mail_count, outcomes[SMTPLITE_SENT], outcomes[SMTPLITE_PARTLY_SENT],
           outcomes[SMTPLITE_NOT_SENT], outcomes[SMTPLITE_MAYBE_SENT], accepted, connections);
    for (size_t i = 0; i < 2; i++) {
        free(slots[i].to);
        free(slots[i].addresses);
    }
    return outcomes[SMTPLITE_SENT] == mail_count ? 0 : 1;
}
