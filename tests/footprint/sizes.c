/* SPDX-License-Identifier: MIT */
/* Sizes as symbols, read by nm. */
#include "nxd_smtp_client.h"
#include "smtplite/engine.h"

char size_session[sizeof(struct smtplite_session)];
char size_login[sizeof(struct smtplite_login)];
char size_client[sizeof(NX_SMTP_CLIENT)];
char size_client_less_socket[sizeof(NX_SMTP_CLIENT) - sizeof(NX_TCP_SOCKET)];
