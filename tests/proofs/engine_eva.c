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

/* -DDIALOG=number -DSTEPS=number; -DPLANT and -DPLANT_BODY lie about the size of the text buffer
 * and of a piece of the body, to be found out. The dialogs from LOGINS on have a struct
 * smtplite_login, those from EXTENDED on have config.extensions. */
#ifdef PLANT
#define TEXT_SIZE (sizeof text + 1)
#else
#define TEXT_SIZE (sizeof text)
#endif

#ifdef PLANT_BODY
#define PIECE_MAX (sizeof octets + 1)
#else
#define PIECE_MAX (sizeof octets)
#endif

/* What the server says in each dialog. */
struct dialog {
    uint16_t flags;
    uint8_t tls;
    uint16_t mechanisms;
    bool quit_early;
    const char *replies[9];
    /* of the last ones */
    uint16_t mail_flags;
    uint32_t size;
    bool next;     /* a second mail is submitted with the content of the first */
    bool question; /* HELP in front of the mail */
};

#define PIPELINED "220\n", "250-a\n250 PIPELINING\n"
#define CHUNKED   "220\n", "250-a\n250-PIPELINING\n250 CHUNKING\n"

#define DIALOGS  12
#define LOGINS   4
#define EXTENDED 6
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
    /* all keywords, all options, pieces as chunks */
    {.tls = SMTPLITE_TLS_NONE,
     .mail_flags = SMTPLITE_MAIL_PIECES | SMTPLITE_MAIL_UTF8 | SMTPLITE_MAIL_8BIT,
     .size = 9,
     .replies = {"220\n",
                 "250-a\n250-PIPELINING\n250-8BITMIME\n250-SIZE 99\n250-SMTPUTF8\n250-CHUNKING\n"
                 "250-BINARYMIME\n250-DSN\n250-DELIVERBY 5\n250-FUTURERELEASE 9 2027-01-01T00:00Z\n"
                 "250-MT-PRIORITY\n250-REQUIRETLS\n250-ENHANCEDSTATUSCODES\n250-ETRN\n"
                 "250-LIMITS RCPTMAX=2 MAILMAX=3\n250 PRDR\n",
                 "250\n", "250\n550\n", "250\n", "250 a\n", NULL}},
    /* one chunk of a size that is said before; it is refused */
    {.tls = SMTPLITE_TLS_NONE,
     .mail_flags = SMTPLITE_MAIL_EXACT,
     .size = 4,
     .quit_early = true,
     .replies = {CHUNKED, "250\n250\n", "250\n", "554\n", "503\n221\n", NULL}},
    /* LMTP: a final reply for each; the next mail is refused whole */
    {.flags = SMTPLITE_LMTP,
     .tls = SMTPLITE_TLS_NONE,
     .next = true,
     .replies = {PIPELINED, "250\n250\n", "250\n354\n", "250\n", "452\n250\n", "550\n503\n", NULL}},
    /* one recipient at a time: the message again */
    {.tls = SMTPLITE_TLS_NONE,
     .replies = {"220\n", "250-a\n250-PIPELINING\n250 LIMITS RCPTMAX=1\n", "250\n250\n", "354\n",
                 "250\n", "250\n250\n354\n", "450\n", NULL}},
    /* HELP; then a mail that rides behind the content of another one */
    {.tls = SMTPLITE_TLS_NONE,
     .next = true,
     .question = true,
     .replies = {PIPELINED, "214\n", "250\n250\n250\n354\n", "250\n", "250\n", "250\n354\n",
                 "250\n", NULL}},
    /* BINARY, in lockstep, by LMTP */
    {.flags = SMTPLITE_LMTP | SMTPLITE_LOCKSTEP,
     .tls = SMTPLITE_TLS_NONE,
     .mail_flags = SMTPLITE_MAIL_BINARY,
     .replies = {"220\n", "250-a\n250-CHUNKING\n250 BINARYMIME\n", "250\n", "250\n", "250\n",
                 "250\n", "250\n", "550\n", NULL}},
};

static const struct smtplite_options options = {.envid = "i+",
                                                .hold_for = 7,
                                                .by_time = 6,
                                                .by = SMTPLITE_BY_RETURN,
                                                .ret = SMTPLITE_RET_FULL,
                                                .has_priority = true,
                                                .priority = -1};

static char text[8];
static char octets[5];
static struct smtplite_recipient recipients[2];
static struct smtplite_recipient others[1];
static struct smtplite_mail mail;
static struct smtplite_mail next_mail;
static struct smtplite_config config;
static struct smtplite_login login;
static struct smtplite_session session;
static const struct dialog *dialog;
static bool lent;
static bool asked;

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
    recipients[0].address = "a@b";
    recipients[1].address = "c";
    mail.from = "f";
    mail.recipients = recipients;
    mail.count = 2;
    mail.flags = d->mail_flags;
    mail.size = d->size;
    others[0].address = "o";
    next_mail.from = "";
    next_mail.recipients = others;
    next_mail.count = 1;
}

static void set_up_extensions(const struct dialog *d) {
    config.extensions = &smtplite_extensions;
    if (d->mail_flags & SMTPLITE_MAIL_UTF8) {
        mail.options = &options;
        recipients[0].notify = SMTPLITE_NOTIFY_SUCCESS | SMTPLITE_NOTIFY_DELAY;
        recipients[0].orcpt = "o=@p";
    }
}

static void begin(void) {
    if (!dialog->question || asked)
        (void)smtplite_submit(&session, &mail);
    else
        (void)smtplite_command(&session, SMTPLITE_PHASE_HELP, "h");
    asked = true;
}

static void answer(enum smtplite_event event) {
    if (event == SMTPLITE_EV_READY || event == SMTPLITE_EV_REPLY) {
        begin();
    } else if (event == SMTPLITE_EV_BODY) {
        if (dialog->quit_early)
            smtplite_quit(&session);
        if (dialog->next && !lent)
            (void)smtplite_submit(&session, &next_mail);
        (void)(lent ? smtplite_body_end(&session) : smtplite_body(&session, ".\nb", 3));
        lent = true;
    } else if (event == SMTPLITE_EV_TOKEN) {
        (void)(lent ? smtplite_token_end(&session) : smtplite_token(&session, "tok", 3));
        lent = true;
    } else if (event == SMTPLITE_EV_AGAIN) {
        lent = false;
        (void)smtplite_again(&session, true);
    } else if (event == SMTPLITE_EV_DONE) {
        lent = false;
        if (!dialog->next)
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

static void any_step_of_extensions(void) {
    switch (any(3)) {
    case 0:
        (void)smtplite_submit(&session, &next_mail);
        break;
    case 1:
        (void)smtplite_again(&session, any(1) != 0);
        break;
    case 2:
        any_octets();
        octets[2] = '\r';
        octets[3] = '\n';
        octets[4] = 'c';
        (void)smtplite_body(&session, octets, any(PIECE_MAX));
        break;
    default:
        (void)smtplite_command(&session, (enum smtplite_phase)any(SMTPLITE_PHASE_COUNT),
                               any(1) != 0 ? "u" : NULL);
        (void)smtplite_mails_left(&session);
        break;
    }
}

static void any_step(void) {
    struct smtplite_event_data data;
    switch (any(config.extensions != NULL ? 13 : config.login != NULL ? 12 : 11)) {
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
    case 13:
        any_step_of_extensions();
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
    int i;
    dialog = &dialogs[DIALOG];
    set_up(dialog);
    if (DIALOG >= EXTENDED)
        set_up_extensions(dialog);
    if (smtplite_init(&session, &config, text, TEXT_SIZE) != SMTPLITE_E_OK)
        return 1;
    for (i = 0; dialog->replies[i] != NULL; i++) {
        if (any(1)) {
            go_astray();
            return 0;
        }
        follow();
        if (any(1)) {
            go_astray();
            return 0;
        }
        say(dialog->replies[i]);
    }
    follow();
    go_astray();
    return 0;
}
