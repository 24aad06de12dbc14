/* SPDX-License-Identifier: MIT */
#ifndef NX_SMTP_MAIL_H
#define NX_SMTP_MAIL_H

/* Inside the NetX face: a mail's control block. */

#include "nx_smtp_client_mail.h"

#define NX_SMTP_IS_MAIL(mail_ptr) ((mail_ptr) && (mail_ptr)->nx_smtp_mail_id == NX_SMTP_MAIL_ID)

#endif
