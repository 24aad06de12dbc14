/* SPDX-License-Identifier: MIT */
/*
 * For Frama-C's Eva. A session follows one of a few dialogs up to any point of it, with the output
 * taken whole or not; from there on STEPS calls follow, in any order, with any arguments: octets of
 * the server's, the body's and the token's, lengths, errors. The hash provider works or fails, and
 * what it fills is not known whole. Eva looks at all of these runs and tells each operation that it
 * cannot show to be defined.
 */
#include "smtplite/engine.h"

#include <__fc_builtin.h>

/* -DDIALOG=number -DSTEPS=number; -DPLANT lies about the size of the text buffer, to be found out.
 * The dialogs from LOGINS on have a struct smtplite_login. */
#ifdef PLANT
#define TEXT_SIZE (sizeof text + 1)
#else
#define TEXT_SIZE (sizeof text)
#endif

/* What the server says in each dialog. */
struct dialog {
    uint16_t flags;
    uint8_t tls;
    uint16_t mechanisms;
    bool quit_early;
    const char *replies[9];
};

#define DIALOGS 6
#define LOGINS  4
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
    /* r=AAAAAAAAAAAAAAAAAAAAAAAAx,s=AAAA,i=2, and a signature of zeroes */
    {0,
     SMTPLITE_TLS_NONE,
     SMTPLITE_AUTH_SCRAM_SHA_1,
     false,
     {"220\n", "250-a\n250 AUTH SCRAM-SHA-1\n",
      "334 cj1BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQXgscz1BQUFBLGk9Mg==\n",
      "334 dj1BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE9\n", "235\n", NULL}},
    {SMTPLITE_ALLOW_CLEAR_LOGIN,
     SMTPLITE_TLS_NONE,
     SMTPLITE_AUTH_XOAUTH2,
     false,
     {"220\n", "250-a\n250 AUTH XOAUTH2\n", "334\n", "334 e30=\n", "535 a\n", NULL}},
};

static char text[8];
static char octets[5];
static struct smtplite_recipient recipients[2];
static struct smtplite_mail mail;
static struct smtplite_config config;
static struct smtplite_login login;
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

/* ---- a hash provider ---------------------------------------------------------------------- */

/* It works along the dialog. Behind it, it may fail, and one octet may be any: base64 has four
 * kinds of them, and more would be too many ways. */
static bool fill(void *p, size_t n) {
    unsigned char *octets = p;
    size_t i;
    for (i = 0; i < n; i++)
        octets[i] = 0;
    octets[0] = (unsigned char)any(255);
    return any(1) != 0;
}

static bool hmac(void *context, enum smtplite_hash hash, const void *key, size_t key_len,
                 const void *p, size_t n, void *mac) {
    (void)context, (void)key, (void)key_len, (void)p, (void)n;
    return fill(mac, smtplite_digest_len(hash));
}

static bool digest(void *context, enum smtplite_hash hash, const void *p, size_t n, void *out) {
    (void)context, (void)p, (void)n;
    return fill(out, smtplite_digest_len(hash));
}

/* Zeroes: the dialog's server knows the nonce. */
static bool no_random(void *context, void *p, size_t n) {
    unsigned char *octets = p;
    size_t i;
    (void)context;
    for (i = 0; i < n; i++)
        octets[i] = 0;
    return any(1) != 0;
}

static void forget(void *context) {
    (void)context;
}

static const struct smtplite_crypto crypto = {0, hmac, digest, no_random, forget};

/* ---- along a dialog ---------------------------------------------------------------------- */

static void set_up(const struct dialog *d) {
    config.domain = "d";
    config.user = d->mechanisms != 0 ? "u" : 0;
    config.password = "pw";
    config.flags = d->flags;
    config.tls = d->tls;
    config.mechanisms = d->mechanisms;
    if (d->mechanisms > SMTPLITE_AUTH_LOGIN) {
        smtplite_login_init(&login, &crypto);
        login.iterations_min = 1;
        login.token_by_event = true;
        config.login = &login;
    }
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
    } else if (event == SMTPLITE_EV_TOKEN) {
        (void)(lent ? smtplite_token_end(&session) : smtplite_token(&session, "tok", 3));
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
        while (smtplite_wants(&session) == SMTPLITE_WANT_WORK)
            smtplite_work(&session);
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

static void any_step_of_login(void) {
    switch (any(4)) {
    case 0:
        any_octets();
        (void)smtplite_token(&session, octets, 2);
        break;
    case 1:
        (void)smtplite_token_end(&session);
        break;
    case 2:
        (void)smtplite_token_fail(&session);
        break;
    case 3:
        smtplite_tls_binding(&session, "t", (const unsigned char *)"bind", 4);
        break;
    default:
        smtplite_work(&session);
        break;
    }
}

static void any_step(void) {
    struct smtplite_event_data data;
    switch (any(config.login != NULL ? 12 : 11)) {
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
    case 12:
        any_step_of_login();
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
