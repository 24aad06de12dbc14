/* SPDX-License-Identifier: MIT */
/* The application's part in a login: its memory, its token, and the work that is done in parts. */

#include "dialog.h"

#include <stddef.h>
#include <string.h>

/* Every one of SCRAM's iterations alone, and the two that frame them. */
enum { WORKS_MAX = 30000 };

/* What an earlier login may have left behind: none of it may count. */
static void leave_traces(struct smtplite_login *login) {
    const size_t own = offsetof(struct smtplite_login, binding_name);
    memset((char *)login + own, 0xA5, sizeof *login - own);
}

void set_up_login(struct play *p) {
    const struct login_plan *plan = &p->d->login;
    p->config = p->d->config;
    if (!plan->on) {
        return;
    }
    test_crypto_init(&p->crypto, plan->random.p, plan->random.len);
    p->crypto.fail_at = plan->crypto_fails;
    smtplite_login_init(&p->login, plan->no_crypto ? NULL : &p->crypto.provider);
    leave_traces(&p->login);
    p->login.authzid = plan->values.authzid;
    p->login.token = plan->values.token;
    p->login.token_len = plan->values.token_len;
    p->login.token_by_event = plan->token_count > 0;
    p->login.host = plan->values.host;
    p->login.port = plan->values.port;
    p->login.iterations_min = plan->values.iterations_min;
    p->login.iterations_max = plan->values.iterations_max;
    p->config.login = &p->login;
}

static enum smtplite_error lend_token(struct play *p, const struct bytes *piece) {
    bool whole;
    struct bytes b = lend(p, piece, &whole);
    p->token_piece += whole;
    return smtplite_token(&p->s, b.p, b.len);
}

/* It comes to a borrowed piece only whole: cut, its good octets would be taken. */
static void offer_bad_token(struct play *p, const struct piece *piece) {
    enum smtplite_error error = smtplite_token(&p->s, piece->bytes.p, piece->bytes.len);
    if ((int)error != piece->error) {
        fail(p, "smtplite_token: %s, not %s", error_name((int)error), error_name(piece->error));
    }
    p->token_piece++;
    give_token(p);
}

void give_token(struct play *p) {
    const struct login_plan *plan = &p->d->login;
    const struct piece *piece = &plan->token[p->token_piece];
    enum smtplite_error error = SMTPLITE_E_OK;
    take_back(p);
    if (p->token_piece == plan->token_count) {
        error = smtplite_token_end(&p->s);
    } else if (piece->kind == PIECE_REFUSED) {
        offer_bad_token(p, piece);
    } else if (piece->kind == PIECE_FAIL) {
        error = smtplite_token_fail(&p->s);
    } else if (piece->kind == PIECE_BYTES) {
        error = lend_token(p, &piece->bytes);
    }
    if (error != SMTPLITE_E_OK) {
        fail(p, "smtplite_token*: %s", error_name((int)error));
    }
}

void call_token(struct play *p) {
    const struct login_plan *plan = &p->d->login;
    if (p->token_piece >= plan->token_count || plan->token[p->token_piece].kind != PIECE_HOLD) {
        fail(p, "line %d: the token is not held", line_of(p));
        return;
    }
    p->token_piece++;
    give_token(p);
}

bool do_work(struct play *p) {
    if ((smtplite_wants(&p->s) & SMTPLITE_WANT_WORK) == 0) {
        return false;
    }
    if (++p->works > WORKS_MAX) {
        fail(p, "line %d: its work has no end", line_of(p));
    }
    smtplite_work(&p->s);
    return p->why[0] == '\0';
}
