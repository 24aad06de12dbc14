/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FACADE_MAILS_H
#define TESTS_FACADE_MAILS_H

/* What the tests of the further calls share: a client without login, and dialogs line by line. */

#include "face.h"
#include "nx_smtp_client_mail.h"

/* NetX takes texts without const and does not write to them. */
CHAR *bare(const char *text);

/* ---- Scripts ------------------------------------------------------------------------------ */

void says(struct script *script, const char *text);
void expects(struct script *script, const char *text);
/* The message's octets on the wire, end mark included. */
void expects_message(struct script *script, const char *wire, size_t len);
/* 220, EHLO, and its reply; offers: keywords with a blank between them, "" for none. */
void greets(struct script *script, const char *offers);
/* MAIL and one RCPT for each reply, then DATA and its 354 if `data`. */
void takes_envelope(struct script *script, const char *const *replies, size_t count, bool data);
void takes_mail(struct script *script, const char *wire, size_t len);
void parts(struct script *script); /* QUIT and 221 */

/* ---- Acts --------------------------------------------------------------------------------- */

#define ACTS_MAX 4

/* A stage, a client without login, and a server with these scripts; all is zeroed before. */
struct act {
    struct stage stage;
    struct server server;
    struct script scripts[ACTS_MAX];
    NX_SMTP_MAIL mail;
    NX_SMTP_SESSION session;
};

extern struct act act;

/* After the scripts were written: opens the stage for `count` connections. */
void act_begin(size_t count);
/* Checks that all went as the scripts have it, that no packet is lost, and clears it all. */
void act_end(const char *name, size_t connections);

/* A mail to `count` recipients, a@example.org and so on. */
void mail_create(NX_SMTP_MAIL *mail, size_t count);
/* With a finished message. */
void mail_create_finished(NX_SMTP_MAIL *mail, size_t count, const char *message);
UINT mail_send(NX_SMTP_MAIL *mail);
/* What a recipient has become: fate, code and enhanced code are compared. */
void check_fate(NX_SMTP_MAIL *mail, UINT index, UINT fate, UINT code, UINT subject);

#endif
