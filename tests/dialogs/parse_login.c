/* SPDX-License-Identifier: MIT */
/* The lines and words of logins beyond PLAIN and LOGIN (smtplite/login.h). */

#include "dialog.h"

#include <stdlib.h>
#include <string.h>

static void take_crypto(const struct line *l, struct login_plan *plan, const char *value) {
    if (strcmp(value, "none") == 0) {
        plan->no_crypto = true;
    } else if (strncmp(value, "fail:", 5) == 0) {
        plan->crypto_fails = strtoul(value + 5, NULL, 10);
    } else {
        die(l->file, l->number, "crypto=none or crypto=fail:N, not %s", value);
    }
}

static void take_binding(const struct line *l, struct login_plan *plan, char *value) {
    char *colon = strchr(value, ':');
    if (colon == NULL) {
        die(l->file, l->number, "binding=NAME:HEX");
    }
    *colon = '\0';
    plan->binding_name = value;
    plan->binding = parse_hex(l, colon + 1);
}

static void take_text(struct smtplite_login *login, const char *key, const char *value) {
    if (strcmp(key, "authzid") == 0) {
        login->authzid = value;
    } else if (strcmp(key, "host") == 0) {
        login->host = value;
    } else if (strcmp(key, "port") == 0) {
        login->port = value;
    } else {
        login->token = value;
        login->token_len = strlen(value);
    }
}

/* The first of these words makes a struct smtplite_login. */
bool take_login_word(const struct line *l, struct dialog *d, const char *word, size_t len) {
    static const char *const texts[] = {"authzid", "host", "port", "token"};
    struct login_plan *plan = &d->login;
    const char *v;
    size_t n;
    if (is_pair(word, len, "login", &v, &n)) {
        plan->on = true;
        return n == 2 && memcmp(v, "on", 2) == 0;
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (is_pair(word, len, texts[i], &v, &n)) {
            plan->on = true;
            take_text(&plan->values, texts[i], arena_text(v, n));
            return true;
        }
    }
    if (is_pair(word, len, "iterations_min", &v, &n)) {
        plan->values.iterations_min = (uint32_t)strtoul(arena_text(v, n), NULL, 10);
    } else if (is_pair(word, len, "iterations_max", &v, &n)) {
        plan->values.iterations_max = (uint32_t)strtoul(arena_text(v, n), NULL, 10);
    } else if (is_pair(word, len, "crypto", &v, &n)) {
        take_crypto(l, plan, arena_text(v, n));
    } else if (is_pair(word, len, "binding", &v, &n)) {
        take_binding(l, plan, arena_text(v, n));
    } else {
        return false;
    }
    plan->on = true;
    return true;
}

static void take_refused(const struct line *l, struct piece *piece, const char *text) {
    const char *word;
    size_t len;
    next_word(&text, &word, &len);
    piece->error = error_by_name(word, len);
    if (piece->error == ANY) {
        die(l->file, l->number, "unknown error %.*s", (int)len, word);
    }
    piece->kind = PIECE_REFUSED;
    piece->bytes = parse_terms(l, text);
}

void take_token(const struct line *l, struct dialog *d) {
    struct login_plan *plan = &d->login;
    plan->on = true;
    plan->token = grow(plan->token, plan->token_count, sizeof *plan->token);
    struct piece *piece = &plan->token[plan->token_count++];
    memset(piece, 0, sizeof *piece);
    if (strcmp(l->value, "hold") == 0) {
        piece->kind = PIECE_HOLD;
    } else if (strcmp(l->value, "fail") == 0) {
        piece->kind = PIECE_FAIL;
    } else if (strncmp(l->value, "refused ", 8) == 0) {
        take_refused(l, piece, l->value + 8);
    } else {
        piece->kind = PIECE_BYTES;
        piece->bytes = parse_terms(l, l->value);
    }
}

void take_random(const struct line *l, struct dialog *d) {
    d->login.on = true;
    d->login.random = parse_base64(l, l->value);
}
