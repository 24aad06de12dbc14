/* SPDX-License-Identifier: MIT */
/* Several clients in several threads, and several threads in one client. */

#include "face.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 20

static UCHAR stacks[2][16384];

/* ---- Two clients, two mails, two accounts ------------------------------------------------- */

struct job {
    struct stage stage;
    struct mail mail;
    struct server server;
    struct script scripts[ROUNDS];
    TX_THREAD thread;
    const char *login; /* base64 */
    UINT failed;
};

static struct job jobs[2];
static TX_SEMAPHORE ended;

static void write_script(struct script *script, const struct job *job) {
    char line[256];
    size_t n;
    char *wire = wire_of(&job->mail, &n);
    script_add(script, STEP_SAY, "220 server\r\n", 12);
    script_add(script, STEP_EXPECT, line, (size_t)sprintf(line, "EHLO %s\r\n", job->mail.domain));
    script_add(script, STEP_SAY, "250-server\r\n250 AUTH PLAIN\r\n", 28);
    script_add(script, STEP_EXPECT, "AUTH PLAIN\r\n", 12);
    script_add(script, STEP_SAY, "334 \r\n", 6);
    script_add(script, STEP_EXPECT, line, (size_t)sprintf(line, "%s\r\n", job->login));
    script_add(script, STEP_SAY, "235 welcome\r\n", 13);
    script_add(script, STEP_EXPECT, line,
               (size_t)sprintf(line, "MAIL FROM:<%s>\r\n", job->mail.from));
    script_add(script, STEP_SAY, "250 sender\r\n", 12);
    script_add(script, STEP_EXPECT, line, (size_t)sprintf(line, "RCPT TO:<%s>\r\n", job->mail.to));
    script_add(script, STEP_SAY, "250 recipient\r\n", 15);
    script_add(script, STEP_EXPECT, "DATA\r\n", 6);
    script_add(script, STEP_SAY, "354 go on\r\n", 11);
    script_add(script, STEP_MESSAGE, wire, n);
    script_add(script, STEP_SAY, "250 queued\r\n", 12);
    script_add(script, STEP_EXPECT, "QUIT\r\n", 6);
    script_add(script, STEP_SAY, "221 bye\r\n", 9);
    free(wire);
}

static void begin_job(struct job *job) {
    for (size_t i = 0; i < ROUNDS; i++)
        write_script(&job->scripts[i], job);
    stage_open(&job->stage, 256, 12);
    server_start(&job->server, job->scripts, ROUNDS, 4);
    CHECK(stage_create(&job->stage, &job->mail, job->server.port) == NX_SUCCESS, "create");
}

static void end_job(struct job *job) {
    server_join(&job->server);
    CHECK(job->failed == 0, "%u sends failed", job->failed);
    CHECK(job->server.wrong[0] == '\0', "%s", job->server.wrong);
    CHECK(job->server.connections == ROUNDS, "%zu connections", job->server.connections);
    server_stop(&job->server);
    stage_check(&job->stage, "threads");
    CHECK(stage_delete(&job->stage) == NX_SUCCESS, "delete");
    stage_close(&job->stage);
    for (size_t i = 0; i < ROUNDS; i++)
        script_free(&job->scripts[i]);
}

static VOID work(ULONG number) {
    struct job *job = &jobs[number];
    for (size_t i = 0; i < ROUNDS; i++)
        job->failed += stage_send(&job->stage, &job->mail) != NX_SUCCESS;
    tx_semaphore_put(&ended);
}

static void start_thread(TX_THREAD *thread, VOID (*entry)(ULONG), ULONG number) {
    CHAR name[] = "worker";
    CHECK(tx_thread_create(thread, name, entry, number, stacks[number], sizeof stacks[number], 16,
                           16, TX_NO_TIME_SLICE, TX_AUTO_START) == TX_SUCCESS,
          "thread");
}

static void test_two_clients(void) {
    static char bodies[2][2000];
    jobs[0].mail = plain_mail;
    jobs[0].login = "AHVzZXIAc2VjcmV0";
    jobs[1].mail = (struct mail){
        "other", "different", "b@b.example", "b.example", "c@c.example", "Another", NULL, 0, 3, 4};
    jobs[1].login = "AG90aGVyAGRpZmZlcmVudA==";
    for (ULONG i = 0; i < 2; i++) {
        memset(bodies[i], i == 0 ? 'x' : 'y', sizeof bodies[i]);
        jobs[i].mail.body = bodies[i];
        jobs[i].mail.body_len = sizeof bodies[i];
        begin_job(&jobs[i]);
    }
    for (ULONG i = 0; i < 2; i++)
        start_thread(&jobs[i].thread, work, i);
    for (ULONG i = 0; i < 2; i++)
        CHECK(tx_semaphore_get(&ended, 6000) == TX_SUCCESS, "a thread did not end");
    for (ULONG i = 0; i < 2; i++)
        end_job(&jobs[i]);
}

/* ---- One client, two threads -------------------------------------------------------------- */

static struct stage shared;
static UINT first;

static VOID send_slowly(ULONG number) {
    (void)number;
    first = stage_send(&shared, &plain_mail);
    tx_semaphore_put(&ended);
}

static void wait_for_begin(void) {
    for (int i = 0; i < 500 && shared.client.nx_smtp_client_state == NX_SMTP_CLIENT_STATE_IDLE; i++)
        tx_thread_sleep(1);
}

static void test_busy(void) {
    static TX_THREAD thread;
    struct server server;
    struct script scripts[2];
    UINT code;
    CHAR *text;
    memset(scripts, 0, sizeof scripts);
    script_add(&scripts[0], STEP_PAUSE, NULL, 500);
    script_add(&scripts[0], STEP_GOOD, NULL, 0);
    script_good(&scripts[1]);
    stage_open(&shared, 0, 0);
    server_start(&server, scripts, 2, 4);
    CHECK(stage_create(&shared, &plain_mail, server.port) == NX_SUCCESS, "create");
    start_thread(&thread, send_slowly, 0);
    wait_for_begin();
    CHECK(stage_send(&shared, &plain_mail) == NX_SMTP_CLIENT_BUSY, "send");
    CHECK(stage_delete(&shared) == NX_SMTP_CLIENT_BUSY, "delete");
    CHECK(nx_smtp_client_options_set(&shared.client, 0) == NX_SMTP_CLIENT_BUSY, "options");
    CHECK(nx_smtp_client_clock_set(&shared.client, NX_NULL) == NX_SMTP_CLIENT_BUSY, "clock");
    CHECK(nx_smtp_client_transcript_set(&shared.client, NULL, NULL) == NX_SMTP_CLIENT_BUSY,
          "transcript");
    CHECK(nx_smtp_client_last_reply_get(&shared.client, &code, &text) == NX_SMTP_CLIENT_BUSY,
          "reply");
    CHECK(tx_semaphore_get(&ended, 2000) == TX_SUCCESS, "the first send did not end");
    CHECK(first == NX_SUCCESS, "the first send: 0x%02X", first);
    CHECK(stage_send(&shared, &plain_mail) == NX_SUCCESS, "the next send");
    stage_check(&shared, "busy");
    CHECK(stage_delete(&shared) == NX_SUCCESS, "delete");
    server_stop(&server);
    stage_close(&shared);
    script_free(&scripts[0]);
    script_free(&scripts[1]);
}

int main(void) {
    CHAR name[] = "ended";
    tx_host_start();
    tx_semaphore_create(&ended, name, 0);
    test_two_clients();
    test_busy();
    return checks_end("facade threads");
}
