/* SPDX-License-Identifier: MIT */
#ifndef NX_SMTP_TRANSPORT_H
#define NX_SMTP_TRANSPORT_H

/* Inside the NetX face: one TCP connection, its bytes in packets of the client's pool. */

#include "nxd_smtp_client.h"

#include "smtplite/transport.h"

#include <stddef.h>

/* Takes the client for one call, or NX_SMTP_CLIENT_BUSY, or NX_SMTP_CLIENT_NOT_INTIALIZED; given
 * back by the state IDLE. In nxd_smtp_client.c. */
UINT _nx_smtp_client_enter(NX_SMTP_CLIENT *client_ptr);

/* The same, for calls that are allowed within a session too: given back by _leave. */
UINT _nx_smtp_client_resume(NX_SMTP_CLIENT *client_ptr);
VOID _nx_smtp_client_leave(NX_SMTP_CLIENT *client_ptr);

/* Sets what of the configuration follows from the login, TLS and the options. In
 * nxd_smtp_client.c. */
VOID _nx_smtp_client_configure(NX_SMTP_CLIENT *client_ptr);

/* Prepares TLS, binds and connects, and fills transport, whose context is the client's
 * NX_SMTP_TRANSPORT. await: waits until a connection that was begun is there, or gives why not;
 * null: NetX waits. On any other status than NX_SUCCESS nothing is left bound or created. */
UINT _nx_smtp_transport_open(NX_SMTP_CLIENT *client_ptr, struct smtplite_transport *transport,
                             UINT (*await)(NX_SMTP_CLIENT *client_ptr));

/* Disconnects, unbinds, releases what is held. */
VOID _nx_smtp_transport_close(NX_SMTP_CLIENT *client_ptr);

/* Gets the next packet from the socket, or through TLS, if none is being read. */
UINT _nx_smtp_transport_fetch(NX_SMTP_TRANSPORT *transport_ptr, ULONG wait);

#ifdef NX_SECURE_ENABLE
/* What TLS does in place of the bare socket. Only firmware that calls nx_smtp_client_tls_set links
 * the functions behind it. All but `start` with the client's transport. */
typedef struct NX_SMTP_TLS_STRUCT {
    UINT (*open)(NX_SMTP_CLIENT *client_ptr); /* before the connection is made */
    int (*start)(NX_SMTP_CLIENT *client_ptr, struct smtplite_session *session, uint32_t wait);
    VOID (*close)(NX_SMTP_CLIENT *client_ptr); /* before the connection ends; after any open */
    UINT (*allocate)(NX_SMTP_TRANSPORT *transport_ptr, NX_PACKET **packet_ptr);
    UINT (*send)(NX_SMTP_TRANSPORT *transport_ptr);
    UINT (*receive)(NX_SMTP_TRANSPORT *transport_ptr, ULONG wait);
} NX_SMTP_TLS;
#endif

/* The client that a member belongs to. */
#define NX_SMTP_CLIENT_OF(member_ptr, member)                                                      \
    ((NX_SMTP_CLIENT *)(VOID *)((UCHAR *)(member_ptr)-offsetof(NX_SMTP_CLIENT, member)))

/* The time limits of the macros. */
extern const struct smtplite_waits _nx_smtp_client_waits;

#endif
