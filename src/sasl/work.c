/* SPDX-License-Identifier: MIT */
/* What mechanisms do in login->work: one line that grows at its end, and never beyond its room. */

#include "sasl/sasl.h"

#include <string.h>

#include "engine/text.h"

size_t smtplite_work_room(const struct smtplite_login *login) {
    return SMTPLITE_LOGIN_WORK - login->len;
}

bool smtplite_work_put(struct smtplite_login *login, const void *p, size_t n) {
    if (n > smtplite_work_room(login))
        return false;
    memcpy(login->work + login->len, p, n);
    login->len = (uint16_t)(login->len + n);
    return true;
}

bool smtplite_work_text(struct smtplite_login *login, const char *text) {
    return smtplite_work_put(login, text, smtplite_text_length(text));
}

static bool put_saslname_char(struct smtplite_login *login, const char *c) {
    if (*c == ',')
        return smtplite_work_text(login, "=2C");
    if (*c == '=')
        return smtplite_work_text(login, "=3D");
    return smtplite_work_put(login, c, 1);
}

bool smtplite_work_saslname(struct smtplite_login *login, const char *name) {
    uint16_t len = login->len;
    for (; *name != '\0'; name++)
        if (!put_saslname_char(login, name)) {
            login->len = len;
            return false;
        }
    return true;
}

bool smtplite_work_base64(struct smtplite_login *login, const void *p, size_t n) {
    const uint8_t *from = p;
    if (n > SMTPLITE_LOGIN_WORK || (n + 2) / 3 * 4 > smtplite_work_room(login))
        return false;
    char *to = login->work + login->len;
    login->len = (uint16_t)(login->len + (n + 2) / 3 * 4);
    for (; n > 0; from += 3, to += 4) {
        size_t count = n < 3 ? n : 3;
        smtplite_base64_encode(from, count, to);
        n -= count;
    }
    return true;
}

void smtplite_work_note(struct smtplite_login *login) {
    memmove(login->work, login->work + login->len, login->in);
    login->note = login->in;
    login->len = login->in;
    login->out = login->in;
}

void smtplite_wipe_octets(void *p, size_t n) {
    volatile uint8_t *octets = p;
    while (n-- > 0)
        *octets++ = 0;
}
