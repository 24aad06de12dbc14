/* SPDX-License-Identifier: MIT */
/*
 * For Frama-C's Eva. A session follows one of a few dialogs up to any point of it, with the output
 * taken whole or not; from there on STEPS calls follow, in any order, with any arguments: octets of
 * the server's and of the body's, lengths, errors. Eva looks at all of these runs and tells each
 * operation that it cannot show to be defined.
 */
#include "smtplite/engine.h"

#include <__fc_builtin.h>

/* -DDIALOG=number -DSTEPS=number; -DPLANT lies about the text buffer's size, to be found out. */
#ifdef PLANT
#define TEXT_SIZE (sizeof text + 1)
#else
#define TEXT_SIZE (sizeof text)
#endif

/* What the server says in each dialog. */
struct dialog {
    uint16_t flags;
    uint8_t tls;
    uint8_t mechanisms;
    bool quit_early;
    const char *replies[9];
};

#define DIALOGS 4
static const struct dialog dialogs[DIALOGS] = {
    {SMTPLITE_ALLOW_CLEAR_LOGIN,
     SMTPLITE_TLS_NONE,
     SMTPLITE_AUTH_PLAIN,
     true,
     {"220 a\n", "250-a\n250-PIPELINING\n250 AUTH PLAIN\n", "235 a\n",
      "250\n250 2.1.5 a\n550 5.1.1\n354\n", "250 a\n221\n", NULL}},
    {SMTPLITE_LOCKSTEP | SMTPLITE_ALLOW_CLEAR_LOGIN,
     SMTPLITE_TLS_NONE,
     SMTPLITE_AUTH_LOGIN,
     false,
     {"220\n", "250-a\n250 AUTH=LOGIN\n", "334 YQ==\n", "334 YQ==\n", "235\n", "550 a\n", NULL}},
    {SMTPLITE_ALLOW_NO_LOGIN,
     SMTPLITE_TLS_REQUIRED,
     0,
     false,
     {"220\n", "250-a\n250 STARTTLS\n", "220\n", NULL}},
    {0,
     SMTPLITE_TLS_NONE,
     0,
     false,
     {"220 welcome here\n", "500\n", "250\n", "250\n", "251\n", "452\n", "354\n", "250\n", NULL}},
};

static char text[8];
static char octets[5];
static struct smtplite_recipient recipients[2];
static struct smtplite_mail mail;
static struct smtplite_config config;
static struct smtplite_session session;
static bool quit_early;
static bool lent;

static unsigned any(unsigned max) {
    return Frama_C_unsigned_int_interval(0, max);
}

static void any_octets(void) {
    octets[0] = Frama_C_char_interval(-128, 127);
    octets[1] = Frama_C_char_interval(-128, 127);
}

/* ---- along a dialog ---------------------------------------------------------------------- */

static void set_up(const struct dialog *d) {
    config.domain = "d";
    config.user = d->mechanisms != 0 ? "u" : 0;
    config.password = "pw";
    config.flags = d->flags;
    config.tls = d->tls;
    config.mechanisms = d->mechanisms;
    quit_early = d->quit_early;
    recipients[0].address = "a@b";
    recipients[1].address = "c";
    mail.from = "f";
    mail.recipients = recipients;
    mail.count = 2;
}

static void answer(enum smtplite_event event) {
    if (event == SMTPLITE_EV_READY) {
        (void)smtplite_submit(&session, &mail);
    } else if (event == SMTPLITE_EV_BODY) {
        if (quit_early)
            smtplite_quit(&session);
        (void)(lent ? smtplite_body_end(&session) : smtplite_body(&session, ".\nb", 3));
        lent = true;
    } else if (event == SMTPLITE_EV_DONE) {
        smtplite_quit(&session);
    }
}

/* Until the server's word is needed. */
static void follow(void) {
    enum smtplite_event event;
    size_t len;
    do {
        while (smtplite_out(&session, &len) != NULL)
            smtplite_out_done(&session, len);
        event = smtplite_next(&session, NULL);
        answer(event);
    } while (event != SMTPLITE_EV_NONE);
    if (smtplite_wants(&session) == SMTPLITE_WANT_TLS)
        smtplite_tls_done(&session, true);
}

static void say(const char *reply) {
    size_t n = 0;
    while (reply[n] != '\0')
        n++;
    while (n > 0 && (smtplite_wants(&session) & SMTPLITE_WANT_IN)) {
        size_t taken = smtplite_in(&session, reply, n);
        reply += taken;
        n -= taken;
        if (n > 0)
            follow();
    }
}

/* ---- any call ---------------------------------------------------------------------------- */

static void leave(void) {
    size_t len;
    (void)smtplite_out(&session, &len);
    (void)smtplite_out_more(&session);
    (void)smtplite_out_secret(&session);
    if (any(1))
        smtplite_out_done(&session, 1);
    else
        smtplite_out_done(&session, len);
}

static void any_step(void) {
    struct smtplite_event_data data;
    switch (any(11)) {
    case 0:
        leave();
        break;
    case 1:
        any_octets();
        (void)smtplite_in(&session, octets, 2);
        break;
    case 2:
        any_octets();
        octets[2] = Frama_C_char_interval('0', '9');
        octets[3] = '\n';
        (void)smtplite_in(&session, octets, 4);
        break;
    case 3:
        (void)smtplite_next(&session, &data);
        break;
    case 4:
        (void)smtplite_submit(&session, &mail);
        break;
    case 5:
        any_octets();
        (void)smtplite_body(&session, octets, 2);
        break;
    case 6:
        (void)smtplite_body_end(&session);
        break;
    case 7:
        (void)smtplite_body_fail(&session);
        break;
    case 8:
        (void)smtplite_noop(&session);
        break;
    case 9:
        smtplite_quit(&session);
        break;
    case 10:
        smtplite_tls_done(&session, any(1) != 0);
        break;
    default:
        smtplite_io_failed(&session, (enum smtplite_error)any(SMTPLITE_E_COUNT - 1));
        break;
    }
}

/* From here on any calls; then the end. It is called at each point of a dialog, and what it leaves
 * behind is not looked at: Eva joins the states of a function's returns, and would mix the points.
 */
static void go_astray(void) {
    unsigned id;
    int i;
    for (i = 0; i < STEPS; i++)
        any_step();
    (void)smtplite_wants(&session);
    (void)smtplite_wait_limit(&session, &id);
    smtplite_in_eof(&session);
    smtplite_wipe(&session);
}

int main(void) {
    const struct dialog *d = &dialogs[DIALOG];
    int i;
    set_up(d);
    if (smtplite_init(&session, &config, text, TEXT_SIZE) != SMTPLITE_E_OK)
        return 1;
    for (i = 0; d->replies[i] != NULL; i++) {
        if (any(1)) {
            go_astray();
            return 0;
        }
        follow();
        if (any(1)) {
            go_astray();
            return 0;
        }
        say(d->replies[i]);
    }
    follow();
    go_astray();
    return 0;
}
