/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_DRIVE_H
#define SMTPLITE_DRIVE_H

/* What the driver's files share. */

#include "smtplite/driver.h"

/* Drives the session up to an event, or its end. source: of the mail under way; NULL: there is
 * none, and a message that is asked for fails. NONE: nothing is awaited. */
enum smtplite_event smtplite_drive(struct smtplite_driver *d, const struct smtplite_source *source,
                                   enum smtplite_event until);

/* Has the source begin, and submits the mail. An error stands in the mail's result, too. */
enum smtplite_error smtplite_begin(struct smtplite_driver *d, struct smtplite_mail *mail,
                                   const struct smtplite_source *source);

/* What of a mail a source's `begin` may set. The caller's own comes back when it has ended: what
 * was chosen for one server is not asked of the next. */
struct smtplite_asked {
    uint32_t size;
    uint16_t flags;
};

static inline struct smtplite_asked smtplite_asked_get(const struct smtplite_mail *mail) {
    struct smtplite_asked asked = {.size = mail->size, .flags = mail->flags};
    return asked;
}

static inline void smtplite_asked_put(struct smtplite_mail *mail, struct smtplite_asked asked) {
    mail->size = asked.size;
    mail->flags = asked.flags;
}

#endif
