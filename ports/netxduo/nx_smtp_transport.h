/* SPDX-License-Identifier: MIT */
#ifndef NX_SMTP_TRANSPORT_H
#define NX_SMTP_TRANSPORT_H

/* Inside the NetX face: one TCP connection, its bytes in packets of the client's pool. */

#include "nxd_smtp_client.h"

#include "smtplite/transport.h"

/* Takes the client for one call, or NX_SMTP_CLIENT_BUSY, or NX_SMTP_CLIENT_NOT_INTIALIZED; given
 * back by the state IDLE. In nxd_smtp_client.c. */
UINT _nx_smtp_client_enter(NX_SMTP_CLIENT *client_ptr);

/* Binds and connects; on any other status than NX_SUCCESS nothing is left bound. */
UINT _nx_smtp_transport_open(NX_SMTP_CLIENT *client_ptr);

/* Disconnects, unbinds, releases what is held. */
VOID _nx_smtp_transport_close(NX_SMTP_CLIENT *client_ptr);

/* The functions; set a copy's context to the client. */
extern const struct smtplite_transport _nx_smtp_transport;

/* The time limits of the macros. */
extern const struct smtplite_waits _nx_smtp_client_waits;

#endif
