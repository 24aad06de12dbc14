/* SPDX-License-Identifier: MIT */
/* Several mails on one connection, and another one for what is left when the server wants one, or
 * the line breaks:  build/run_example mail.example.com 25 */
#include <smtplite/posix.h>
#include <smtplite/smtplite.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ALARMS = 5, TRIES = 3 };

struct alarm {
    struct smtplite_mail mail; /* the first member: a mail leads to its alarm */
    struct smtplite_recipient to;
    struct smtplite_memory memory;
    struct smtplite_source source;
    char text[100];
    bool over; /* sent, or not to be tried again */
};

static struct alarm alarms[ALARMS];
static size_t next; /* of this connection */
static size_t left = ALARMS, sent;

static bool give_next(void *unused, struct smtplite_mail **mail,
                      const struct smtplite_source **source) {
    (void)unused;
    while (next < ALARMS && alarms[next].over)
        next++;
    if (next == ALARMS)
        return false;
    struct alarm *alarm = &alarms[next++];
    snprintf(alarm->text, sizeof alarm->text,
             "From: pump7@example.com\nSubject: Alarm %d\n\nPump 7.\n", (int)(alarm - alarms) + 1);
    alarm->to.address = "ops@example.com";
    alarm->mail =
        (struct smtplite_mail){.from = "pump7@example.com", .recipients = &alarm->to, .count = 1};
    alarm->memory = (struct smtplite_memory){.p = alarm->text, .n = strlen(alarm->text)};
    alarm->source = smtplite_memory_source(&alarm->memory);
    *mail = &alarm->mail;
    *source = &alarm->source;
    return true;
}

/* What MAYBE arrived is not sent again: it could come twice. For several recipients: README. */
static void take_done(void *unused, struct smtplite_mail *mail, const char *text) {
    struct alarm *alarm = (struct alarm *)mail;
    (void)unused;
    alarm->over = smtplite_retry_recipient(mail, 0) != SMTPLITE_RETRY_LATER;
    left -= alarm->over;
    sent += mail->result.outcome == SMTPLITE_SENT;
    printf("alarm %d: %s %s\n", (int)(alarm - alarms) + 1,
           smtplite_outcome_name(mail->result.outcome), text);
}

static bool connect_and_send(const char *host, const char *port) {
    static struct smtplite_posix net;
    static char text[128];
    struct smtplite_config config = {.tls = SMTPLITE_TLS_NONE, .extensions = &smtplite_extensions};
    struct smtplite_queue queue = {.next = give_next, .done = take_done};
    struct smtplite_session session;
    struct smtplite_driver driver = {.session = &session, .transport = &net.transport};
    size_t before = left;
    next = 0;
    smtplite_posix_init(&net, host, port);
    if (smtplite_init(&session, &config, text, sizeof text) == SMTPLITE_E_OK) {
        smtplite_deliver_all(&driver, &queue);
        smtplite_finish(&driver);
        smtplite_wipe(&session);
    }
    smtplite_posix_close(&net);
    return left < before;
}

int main(int argc, char **argv) {
    for (unsigned tries = 0; left > 0 && tries < TRIES;)
        if (!connect_and_send(argc > 1 ? argv[1] : "localhost", argc > 2 ? argv[2] : "25"))
            sleep(++tries); /* a server's bad minute is no reason to press it */
    return sent == ALARMS ? 0 : 1;
}
