/* SPDX-License-Identifier: MIT */
#ifndef NX_SMTP_SESSION_H
#define NX_SMTP_SESSION_H

/* Inside the NetX face: one session with a server, and what came of it. */

#include "nx_smtp_transport.h"

/* How long the driver waits at most until it looks whether the call was cancelled: a tenth of a
 * second. */
#define NX_SMTP_SLICE ((NX_IP_PERIODIC_RATE + 9) / 10)

/* ---- In nxd_smtp_client.c ------------------------------------------------------------------- */

/* Checks the configuration and makes the engine's session. */
UINT _nx_smtp_session_init(NX_SMTP_CLIENT *client_ptr);

/* Connects, and sets up the driver in a zeroed session_ptr. await: as of _nx_smtp_transport_open.
 */
UINT _nx_smtp_session_open(NX_SMTP_CLIENT *client_ptr, NX_SMTP_SESSION *session_ptr,
                           UINT (*await)(NX_SMTP_CLIENT *client_ptr));

/* QUIT, if that makes sense, and disconnects. */
VOID _nx_smtp_session_close(NX_SMTP_CLIENT *client_ptr, NX_SMTP_SESSION *session_ptr);

/* A mail's result as a status; NX_SUCCESS: sent. _failure: of what failed. */
UINT _nx_smtp_mail_status(const NX_SMTP_CLIENT *client_ptr, const struct smtplite_result *result);
UINT _nx_smtp_session_failure(const NX_SMTP_CLIENT *client_ptr,
                              const struct smtplite_result *result);
UINT _nx_smtp_error_status(enum smtplite_error error);

/* ---- In nx_smtp_client_session.c ------------------------------------------------------------ */

/* The session of nx_smtp_client_connect, or one for this call, made in `own`. On NX_SUCCESS it is
 * given back. */
UINT _nx_smtp_session_take(NX_SMTP_CLIENT *client_ptr, NX_SMTP_SESSION *own,
                           NX_SMTP_SESSION **session_ptr);
VOID _nx_smtp_session_give(NX_SMTP_CLIENT *client_ptr, NX_SMTP_SESSION *session_ptr);

#endif
