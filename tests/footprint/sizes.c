/* SPDX-License-Identifier: MIT */
/* Sizes as symbols, read by nm. */
#include "nxd_smtp_client.h"
#include "smtplite/engine.h"
#include "smtplite/message.h"

/* What a mail with text, HTML, an image in it and an attachment from flash needs of RAM, for two
 * recipients; the session is counted alone. */
struct mime {
    struct smtplite_message message;
    struct smtplite_part parts[4];
    struct smtplite_memory memories[4];
    struct smtplite_mailbox mailboxes[3];
    struct smtplite_recipient recipients[2];
    struct smtplite_mail mail;
    struct smtplite_source source;
};

char size_session[sizeof(struct smtplite_session)];
char size_login[sizeof(struct smtplite_login)];
char size_mime[sizeof(struct mime)];
char size_client[sizeof(NX_SMTP_CLIENT)];
char size_client_less_socket[sizeof(NX_SMTP_CLIENT) - sizeof(NX_TCP_SOCKET)];
