/* SPDX-License-Identifier: MIT */
/* Cancel from another thread, in each phase of a session: the call ends soon with the status that
 * is right, nothing is lost, and the next mail on the same client goes. */

#define _POSIX_C_SOURCE 200809L

#include "mails.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE "Subject: x\r\n\r\nA body.\r\n"
#define SOON    200 /* ticks, with all that valgrind adds: no limit of NetX is shorter */

static UCHAR stack[16384];
static TX_SEMAPHORE ended;

/* ---- A call in a thread of its own ---------------------------------------------------------- */

struct call {
    UINT (*make)(void);
    UINT status;
    TX_THREAD thread;
};

static struct call call;

static VOID make_call(ULONG unused) {
    (void)unused;
    call.status = call.make();
    tx_semaphore_put(&ended);
}

static UINT make_mail(void) {
    return mail_send(&act.mail);
}

static UINT make_plain(void) {
    return stage_send(&act.stage, &plain_mail);
}

static UINT make_connect(void) {
    return nx_smtp_client_connect(&act.stage.client, &act.session);
}

static UINT make_noop(void) {
    return nx_smtp_client_command(&act.stage.client, NX_SMTP_COMMAND_NOOP, NX_NULL, NULL, NULL);
}

/* As an interrupt would: ThreadX knows nothing of this thread. */
static void *cancel(void *arg) {
    UINT *status = arg;
    struct timespec pause = {0, 150 * 1000000};
    nanosleep(&pause, NULL);
    *status = nx_smtp_client_cancel(&act.stage.client);
    return NULL;
}

/* Makes the call, cancels it 150 ms later, and waits for its end. */
static UINT cancel_call(const char *name, UINT (*make)(void)) {
    CHAR thread_name[] = "caller";
    UINT cancelled = NX_PTR_ERROR;
    pthread_t canceller;
    ULONG start = tx_time_get();
    memset(&call, 0, sizeof call);
    call.make = make;
    CHECK(tx_thread_create(&call.thread, thread_name, make_call, 0, stack, sizeof stack, 16, 16,
                           TX_NO_TIME_SLICE, TX_AUTO_START) == TX_SUCCESS,
          "thread");
    pthread_create(&canceller, NULL, cancel, &cancelled);
    CHECK(tx_semaphore_get(&ended, 3000) == TX_SUCCESS, "%s: the call did not end", name);
    CHECK(tx_time_get() - start < SOON, "%s: %lu ticks", name,
          (unsigned long)(tx_time_get() - start));
    pthread_join(canceller, NULL);
    CHECK(cancelled == NX_SUCCESS, "%s: 0x%02X", name, cancelled);
    while (tx_thread_delete(&call.thread) != TX_SUCCESS) /* it has said that it ends */
        tx_thread_sleep(1);
    return call.status;
}

/* ---- Each phase --------------------------------------------------------------------------- */

static const char *const dialog[] = {
    "220 server\r\n",    "EHLO client.example.com\r\n",
    "250 server\r\n",    "MAIL FROM:<from@example.com>\r\n",
    "250 sender\r\n",    "RCPT TO:<a@example.org>\r\n",
    "250 recipient\r\n", "DATA\r\n",
    "354 go on\r\n",
};

/* The server does `count` steps of the dialog, then says nothing more. */
static void begin_dialog(size_t count) {
    for (size_t i = 0; i < count; i++)
        (i % 2 == 0 ? says : expects)(&act.scripts[0], dialog[i]);
    script_add(&act.scripts[0], STEP_SWALLOW, NULL, 0);
    script_good(&act.scripts[1]);
    act_begin(2);
    mail_create_finished(&act.mail, 1, MESSAGE);
}

static void end_dialog(const char *name) {
    mail_create_finished(&act.mail, 1, MESSAGE);
    CHECK(mail_send(&act.mail) == NX_SUCCESS, "%s: the next mail", name);
    act_end(name, 2);
}

static bool has_end_mark(void) {
    return strstr(act.server.heard, "\r\n.\r\n") != NULL;
}

static void test_phase(size_t count, UINT (*make)(void)) {
    begin_dialog(count);
    CHECK(cancel_call("phase", make) == NX_SMTP_CANCELLED, "after %zu steps: 0x%02X", count,
          call.status);
    if (make == make_mail)
        CHECK(act.mail.nx_smtp_mail_recipients[0].fate == SMTPLITE_UNTRIED, "fate");
    end_dialog("phase");
}

static enum smtplite_source_state never(void *context, const char **p, size_t *n) {
    bool *given = context;
    *p = "Subject: x\r\n\r\nhalf";
    *n = 18;
    if (*given)
        return SMTPLITE_SOURCE_NOT_YET;
    *given = true;
    return SMTPLITE_SOURCE_PIECE;
}

/* In the middle of the message nothing is delivered. */
static void test_body(void) {
    bool given = false;
    struct smtplite_source source = {&given, never, NULL, NULL};
    begin_dialog(9);
    mail_create(&act.mail, 1);
    nx_smtp_client_mail_message_source_set(&act.mail, &source, NX_SMTP_LENGTH_UNKNOWN);
    CHECK(cancel_call("body", make_mail) == NX_SMTP_CANCELLED, "0x%02X", call.status);
    CHECK(strstr(act.server.heard, "half") != NULL && !has_end_mark(), "`%s`", act.server.heard);
    end_dialog("body");
}

/* Behind the end mark nobody knows. */
static void test_end(UINT (*make)(void)) {
    begin_dialog(9);
    CHECK(cancel_call("end", make) == NX_SMTP_DELIVERY_UNKNOWN, "0x%02X", call.status);
    CHECK(has_end_mark(), "`%s`", act.server.heard);
    if (make == make_mail)
        check_fate(&act.mail, 0, NX_SMTP_FATE_UNKNOWN, 250, 0);
    end_dialog("end");
}

/* The mail was taken: what becomes of QUIT changes nothing. */
static void test_quit(void) {
    for (size_t i = 0; i < sizeof dialog / sizeof dialog[0]; i++)
        (i % 2 == 0 ? says : expects)(&act.scripts[0], dialog[i]);
    expects_message(&act.scripts[0], MESSAGE ".\r\n", sizeof MESSAGE + 2);
    says(&act.scripts[0], "250 taken\r\n");
    script_add(&act.scripts[0], STEP_SWALLOW, NULL, 0);
    script_good(&act.scripts[1]);
    act_begin(2);
    mail_create_finished(&act.mail, 1, MESSAGE);
    CHECK(cancel_call("quit", make_mail) == NX_SUCCESS, "0x%02X", call.status);
    end_dialog("quit");
}

static void test_session(void) {
    begin_dialog(3);
    CHECK(make_connect() == NX_SUCCESS, "connect");
    CHECK(nx_smtp_client_cancel(&act.stage.client) == NX_NOT_SUCCESSFUL, "nothing is under way");
    CHECK(cancel_call("session", make_noop) == NX_SMTP_CANCELLED, "0x%02X", call.status);
    CHECK(make_noop() == NX_NOT_CONNECTED, "the session is over");
    end_dialog("session");
}

/* With nothing under way it does nothing, to the next call either. */
static void test_idle(void) {
    script_good(&act.scripts[0]);
    CHECK(nx_smtp_client_cancel(&act.stage.client) == NX_SMTP_CLIENT_NOT_INTIALIZED, "no client");
    act_begin(1);
    mail_create_finished(&act.mail, 1, MESSAGE);
    CHECK(nx_smtp_client_cancel(&act.stage.client) == NX_NOT_SUCCESSFUL, "idle");
    CHECK(mail_send(&act.mail) == NX_SUCCESS, "send");
    CHECK(nx_smtp_client_cancel(&act.stage.client) == NX_NOT_SUCCESSFUL, "idle");
    act_end("idle", 1);
}

/* ---- While the connection is made --------------------------------------------------------- */

#ifndef NX_DISABLE_IPV4
/* A listener whose queue is full: Linux drops what comes then, and the client tries for long. */
struct deaf {
    int listener;
    int fillers[4];
    UINT port;
};

static void open_deaf(struct deaf *deaf) {
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    deaf->listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(deaf->listener, (struct sockaddr *)&address, size) == 0 &&
              listen(deaf->listener, 0) == 0,
          "deaf");
    getsockname(deaf->listener, (struct sockaddr *)&address, &size);
    deaf->port = ntohs(address.sin_port);
    for (int i = 0; i < 4; i++) {
        deaf->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(deaf->fillers[i], (struct sockaddr *)&address, size);
    }
}

static void close_deaf(struct deaf *deaf) {
    for (int i = 0; i < 4; i++)
        close(deaf->fillers[i]);
    close(deaf->listener);
}

static void test_connecting(void) {
    struct deaf deaf;
    open_deaf(&deaf);
    script_good(&act.scripts[0]);
    act_begin(1);
    mail_create_finished(&act.mail, 1, MESSAGE);
    act.stage.client.nx_smtp_client_server_port = deaf.port;
    CHECK(cancel_call("connecting", make_mail) == NX_SMTP_CANCELLED, "0x%02X", call.status);
    act.stage.client.nx_smtp_client_server_port = act.server.port;
    CHECK(make_mail() == NX_SUCCESS, "the next mail");
    act_end("connecting", 1);
    close_deaf(&deaf);
}

static void test_no_server(void) {
    act_begin(1);
    mail_create_finished(&act.mail, 1, MESSAGE);
    act.stage.client.nx_smtp_client_server_port = 1;
    CHECK(make_mail() == NX_NOT_CONNECTED, "refused");
    CHECK(make_connect() == NX_NOT_CONNECTED, "refused");
    act_end("no server", 0);
}
#endif

int main(void) {
    CHAR name[] = "ended";
    tx_host_start();
    tx_semaphore_create(&ended, name, 0);
    for (size_t count = 0; count <= 8; count += 2) {
        test_phase(count, make_mail);
        if (count <= 2)
            test_phase(count, make_connect);
    }
    test_phase(0, make_plain);
    test_body();
    test_end(make_mail);
    test_quit();
    test_session();
    test_idle();
#ifndef NX_DISABLE_IPV4
    test_connecting();
    test_no_server();
#endif
    return checks_end("facade cancel");
}
