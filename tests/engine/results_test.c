/* SPDX-License-Identifier: MIT */
/*
 * What a result means: when a retry is safe, and what the server calls the mail, in the words of
 * the servers that are out there.
 */

#include "check.h"

#include <stdio.h>
#include <string.h>

/* ---- Queue ids --------------------------------------------------------------------------- */

static const struct {
    const char *text, *id; /* NULL: all of the text */
} queue_ids[] = {
    /* Postfix */
    {"2.0.0 Ok: queued as 4Vw3Yd1kRxz9tJ", "4Vw3Yd1kRxz9tJ"},
    {"2.0.0 Ok: queued as 8D0F920A4B", "8D0F920A4B"},
    {"2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 3F1C240117", "3F1C240117"},
    /* Exim */
    {"OK id=1rGTpn-0006Ab-2F", "1rGTpn-0006Ab-2F"},
    {"OK id=1uLdq1-00000000A4z-1Xyz", "1uLdq1-00000000A4z-1Xyz"},
    /* sendmail, OpenSMTPD, qmail, Courier: nothing but the whole tells */
    {"2.0.0 3BLCnZ5x012345 Message accepted for delivery", NULL},
    {"2.0.0 3e0f4c5d Message accepted for delivery", NULL},
    {"ok 1703175000 qp 12345", NULL},
    {"Ok. 0000000065843D98.00003039", NULL},
    /* Exchange */
    {"2.6.0 <abc@x.example> [InternalId=123456789, Hostname=SRV.x.example] 1234 bytes in 0.105, "
     "11 KB/sec Queued mail for delivery",
     "123456789"},
    /* Gmail, Amazon SES */
    {"2.0.0 OK  1703175000 d9443c01a7336-1d3e8c4f2aasi123 - gsmtp", NULL},
    {"Ok 0100018c8f0b0b6c-1a2b3c4d-000000", NULL},
    /* Dovecot's LMTP */
    {"2.0.0 <b@y.example> 6F6LKZq3hGUBSwAAfQ Saved", NULL},
    /* Haraka */
    {"Message Queued (6B9C1D5E-0A2F-4A53-9B1C-2D0E4F6A8B7C.1)", NULL},
    {"2.0.0 Ok: queued as 5A3B (6B9C1D5E-0A2F-4A53-9B1C-2D0E4F6A8B7C.1)", "5A3B"},
    /* smtp-server, MailDev, aiosmtpd */
    {"OK: message queued", NULL},
    {"OK", NULL},
    /* others that name it by Message-Id or id, in any letters */
    {"2.0.0 Accepted; Message-Id: <5f0c@mail.example>", "<5f0c@mail.example>"},
    {"MESSAGE QUEUED AS Q123", "Q123"},
    {"Queue id Q9, thanks", "Q9"},
    /* more than one line, and what ends a name */
    {"2.0.0 first\n2.0.0 Ok: queued as AB12\n2.0.0 last", "AB12"},
    {"queued as A1; B2", "A1"},
    {"queued as A1]", "A1"},
    /* a name that is none */
    {"Ok: queued as ", NULL},
    {"Ok: queued as ; and gone", NULL},
    {"Ok: queued as", NULL},
    {"id=", NULL},
    {"", NULL},
};

static void test_queue_ids(void) {
    for (size_t i = 0; i < sizeof queue_ids / sizeof *queue_ids; i++) {
        const char *text = queue_ids[i].text;
        const char *want = queue_ids[i].id == NULL ? text : queue_ids[i].id;
        size_t len = 999;
        const char *id = smtplite_queue_id(text, &len);
        bool inside = CHECK(id != NULL && id >= text && id + len <= text + strlen(text));
        if (inside && !CHECK(len == strlen(want) && memcmp(id, want, len) == 0)) {
            printf("  %s: %.*s\n", text, (int)len, id);
        }
    }
}

/* ---- Retries ----------------------------------------------------------------------------- */

struct retry {
    uint8_t outcome, error, phase;
    uint16_t code;
    int retry;
};

#define NOT_SENT SMTPLITE_NOT_SENT
#define E(name)  SMTPLITE_E_##name
#define P(name)  SMTPLITE_PHASE_##name
#define LATER    SMTPLITE_RETRY_LATER
#define NEVER    SMTPLITE_RETRY_NEVER

static const struct retry retries[] = {
    /* sent, or perhaps */
    {SMTPLITE_SENT, E(OK), P(MESSAGE), 250, SMTPLITE_RETRY_NONE},
    {SMTPLITE_PARTLY_SENT, E(OK), P(MESSAGE), 250, SMTPLITE_RETRY_MAY_DOUBLE},
    {SMTPLITE_PARTLY_SENT, E(IO), P(RCPT), 0, SMTPLITE_RETRY_MAY_DOUBLE},
    {SMTPLITE_MAYBE_SENT, E(TIMEOUT), P(MESSAGE), 0, SMTPLITE_RETRY_MAY_DOUBLE},
    {SMTPLITE_MAYBE_SENT, E(CLOSING), P(MESSAGE), 421, SMTPLITE_RETRY_MAY_DOUBLE},
    {SMTPLITE_MAYBE_SENT, E(BAD_REPLY), P(MESSAGE), 354, SMTPLITE_RETRY_MAY_DOUBLE},
    /* refused by the server, wherever */
    {NOT_SENT, E(OK), P(MAIL), 451, LATER},
    {NOT_SENT, E(OK), P(MESSAGE), 452, LATER},
    {NOT_SENT, E(OK), P(MESSAGE), 554, NEVER},
    {NOT_SENT, E(OK), P(DATA), 554, NEVER},
    {NOT_SENT, E(REFUSED), P(GREETING), 554, NEVER},
    {NOT_SENT, E(REFUSED), P(GREETING), 450, LATER},
    {NOT_SENT, E(CLOSING), P(EHLO), 421, LATER},
    {NOT_SENT, E(AUTH_REFUSED), P(AUTH_RESPONSE), 535, NEVER},
    {NOT_SENT, E(AUTH_DEFERRED), P(AUTH_RESPONSE), 454, LATER},
    /* the connection, or the other side */
    {NOT_SENT, E(IO), P(GREETING), 0, LATER},
    {NOT_SENT, E(CLOSED), P(RCPT), 0, LATER},
    {NOT_SENT, E(TIMEOUT), P(GREETING), 0, LATER},
    {NOT_SENT, E(CANCELLED), P(MESSAGE), 0, LATER},
    {NOT_SENT, E(SOURCE), P(MESSAGE), 0, LATER},
    {NOT_SENT, E(OUT_OF_STEP), P(RCPT), 0, LATER},
    {NOT_SENT, E(BAD_REPLY), P(EHLO), 0, LATER},
    {NOT_SENT, E(REPLY_TOO_LONG), P(EHLO), 0, LATER},
    {NOT_SENT, E(TLS_UNAVAILABLE), P(EHLO), 0, LATER},
    {NOT_SENT, E(TLS_FAILED), P(TLS), 0, LATER},
    {NOT_SENT, E(TLS_INJECTION), P(TLS), 0, LATER},
    {NOT_SENT, E(AUTH_CRYPTO), P(AUTH), 0, LATER},
    /* what the next try would meet again */
    {NOT_SENT, E(ARGUMENT), P(IDLE), 0, NEVER},
    {NOT_SENT, E(CONTROL), P(IDLE), 0, NEVER},
    {NOT_SENT, E(ADDRESS), P(IDLE), 0, NEVER},
    {NOT_SENT, E(NON_ASCII), P(IDLE), 0, NEVER},
    {NOT_SENT, E(TOO_LONG), P(IDLE), 0, NEVER},
    {NOT_SENT, E(SIZE), P(MAIL), 0, NEVER},
    {NOT_SENT, E(BODY_NUL), P(MESSAGE), 0, NEVER},
    {NOT_SENT, E(BODY_8BIT), P(MAIL), 0, NEVER},
    {NOT_SENT, E(UNOFFERED), P(MAIL), 0, NEVER},
    {NOT_SENT, E(AUTH_NEEDS_TLS), P(EHLO), 0, NEVER},
    {NOT_SENT, E(AUTH_UNAVAILABLE), P(EHLO), 0, NEVER},
};

static void test_results(void) {
    for (size_t i = 0; i < sizeof retries / sizeof *retries; i++) {
        const struct retry *r = &retries[i];
        struct smtplite_result result = {
            .outcome = r->outcome, .error = r->error, .phase = r->phase, .code = r->code};
        if (!CHECK((int)smtplite_retry_result(&result) == r->retry)) {
            printf("  %s, %s, %u\n", smtplite_outcome_name((enum smtplite_outcome)r->outcome),
                   smtplite_error_name((enum smtplite_error)r->error), r->code);
        }
    }
}

static int retry_of(uint8_t fate, uint16_t code, const struct smtplite_result *result) {
    struct smtplite_recipient to[2] = {{.address = "a@x.example", .fate = SMTPLITE_ACCEPTED},
                                       {.address = "b@y.example", .fate = fate, .code = code}};
    struct smtplite_mail mail = {.from = "", .recipients = to, .count = 2, .result = *result};
    return (int)smtplite_retry_recipient(&mail, 1);
}

static void test_recipients(void) {
    static const struct smtplite_result partly = {
        SMTPLITE_PARTLY_SENT, E(OK), P(MESSAGE), 250, {0, 0, 0}};
    static const struct smtplite_result refused = {NOT_SENT, E(OK), P(MAIL), 550, {5, 7, 1}};
    static const struct smtplite_result later = {NOT_SENT, E(OK), P(MAIL), 451, {4, 7, 1}};
    static const struct smtplite_result large = {NOT_SENT, E(SIZE), P(MAIL), 0, {0, 0, 0}};
    static const struct smtplite_result lost = {NOT_SENT, E(IO), P(RCPT), 0, {0, 0, 0}};
    static const struct smtplite_result maybe = {
        SMTPLITE_MAYBE_SENT, E(IO), P(MESSAGE), 0, {0, 0, 0}};
    CHECK(retry_of(SMTPLITE_ACCEPTED, 250, &partly) == SMTPLITE_RETRY_NONE);
    CHECK(retry_of(SMTPLITE_DEFERRED, 450, &partly) == LATER);
    CHECK(retry_of(SMTPLITE_REFUSED, 550, &partly) == NEVER);
    CHECK(retry_of(SMTPLITE_MAYBE, 250, &maybe) == SMTPLITE_RETRY_MAY_DOUBLE);
    /* left by a 452, or not reached: the mail was sent to others, so it can be */
    CHECK(retry_of(SMTPLITE_UNTRIED, 452, &partly) == LATER);
    CHECK(retry_of(SMTPLITE_UNTRIED, 0, &partly) == LATER);
    CHECK(retry_of(SMTPLITE_UNTRIED, 0, &maybe) == LATER);
    /* nobody got it: what ended the mail decides */
    CHECK(retry_of(SMTPLITE_UNTRIED, 0, &refused) == NEVER);
    CHECK(retry_of(SMTPLITE_UNTRIED, 0, &later) == LATER);
    CHECK(retry_of(SMTPLITE_UNTRIED, 0, &large) == NEVER);
    CHECK(retry_of(SMTPLITE_UNTRIED, 0, &lost) == LATER);
    /* one that was accepted where all-or-nothing found another refused */
    CHECK(retry_of(SMTPLITE_UNTRIED, 250, &refused) == LATER);
}

int main(void) {
    test_queue_ids();
    test_results();
    test_recipients();
    return check_summary("engine-results");
}
