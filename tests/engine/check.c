/* SPDX-License-Identifier: MIT */
/* What the tests of the engine share: checks that are counted, and a session to talk to. */

#include "check.h"

#include <stdio.h>
#include <string.h>

enum { PRINT_MAX = 20 };
static unsigned long passed, failed;

bool check(bool good, const char *what, const char *file, int line) {
    passed += good;
    return expect(good, what, file, line);
}

bool expect(bool good, const char *what, const char *file, int line) {
    failed += !good;
    if (!good && failed <= PRINT_MAX) {
        printf("%s:%d: not so: %s\n", file, line, what);
    }
    return good;
}

unsigned long check_failures(void) {
    return failed;
}

int check_summary(const char *name) {
    printf("%s: %lu passed, %lu failed\n", name, passed, failed);
    return failed != 0 || passed == 0;
}

enum smtplite_error talk_begin(struct talk *t, const struct smtplite_config *config) {
    t->window = 0;
    t->last = 0;
    t->writes = 0;
    t->gathering = false;
    t->out_len = 0;
    return smtplite_init(&t->s, config, t->text, sizeof t->text);
}

size_t talk_hear(struct talk *t, const char *words) {
    return smtplite_in(&t->s, words, strlen(words));
}

static void keep(struct talk *t, const char *p, size_t n) {
    bool secret = smtplite_out_secret(&t->s);
    if (t->out_len + n <= TALK_OUT) {
        memcpy(t->out + t->out_len, p, n);
        memcpy(t->masked + t->out_len, p, n);
        if (secret) {
            memset(t->masked + t->out_len, '*', n);
        }
        t->out_len += n;
    }
}

void talk_listen(struct talk *t) {
    size_t len = 0;
    for (const char *p; (p = smtplite_out(&t->s, &len)) != NULL;) {
        size_t n = t->window > 0 && t->window < len ? t->window : len;
        t->writes += !t->gathering;
        t->gathering = n < len || smtplite_out_more(&t->s);
        t->last = len;
        keep(t, p, n);
        smtplite_out_done(&t->s, n);
    }
}

void talk_answer(struct talk *t, const char *words) {
    EXPECT(talk_hear(t, words) == strlen(words));
    talk_listen(t);
}

void talk_forget(struct talk *t) {
    t->out_len = 0;
    t->writes = 0;
    t->gathering = false;
}

bool talk_said_bytes(const struct talk *t, const char *p, size_t len) {
    return t->out_len == len && memcmp(t->out, p, len) == 0;
}

bool talk_said(const struct talk *t, const char *words) {
    return talk_said_bytes(t, words, strlen(words));
}

enum smtplite_event talk_event(struct talk *t) {
    return smtplite_next(&t->s, NULL);
}
