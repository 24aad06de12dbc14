/* SPDX-License-Identifier: MIT */

/*
 * The NetX Duo SMTP Client API: mail from firmware on ThreadX and NetX Duo.
 *
 * Names, values and argument orders are those of the SMTP Client add-on of NetX Duo, so that
 * firmware written for it builds and works unchanged. What each call does, returns and costs, and
 * what is different on purpose, stands in README.md beside this file.
 */

#ifndef NXD_SMTP_CLIENT_H
#define NXD_SMTP_CLIENT_H

#include "nx_api.h"

#include "smtplite/driver.h"
#include "smtplite/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Options: the same for all files, the library's too (compiler's command line, nx_user.h):
 * some of them are the size of NX_SMTP_CLIENT. Times are in ticks. ---------------------------- */

#ifndef NX_SMTP_CLIENT_TCP_WINDOW_SIZE
#define NX_SMTP_CLIENT_TCP_WINDOW_SIZE 1460
#endif
/* How long to wait for a packet of the pool. */
#ifndef NX_SMTP_CLIENT_PACKET_TIMEOUT
#define NX_SMTP_CLIENT_PACKET_TIMEOUT (2 * NX_IP_PERIODIC_RATE)
#endif
#ifndef NX_SMTP_CLIENT_CONNECTION_TIMEOUT
#define NX_SMTP_CLIENT_CONNECTION_TIMEOUT (10 * NX_IP_PERIODIC_RATE)
#endif
/* How long to wait for the answer to QUIT, and then for the connection's end. */
#ifndef NX_SMTP_CLIENT_DISCONNECT_TIMEOUT
#define NX_SMTP_CLIENT_DISCONNECT_TIMEOUT (5 * NX_IP_PERIODIC_RATE)
#endif
#ifndef NX_SMTP_GREETING_TIMEOUT
#define NX_SMTP_GREETING_TIMEOUT (10 * NX_IP_PERIODIC_RATE)
#endif
/* For the whole reply to each of EHLO, HELO, AUTH, MAIL, RCPT and DATA. */
#ifndef NX_SMTP_ENVELOPE_TIMEOUT
#define NX_SMTP_ENVELOPE_TIMEOUT (10 * NX_IP_PERIODIC_RATE)
#endif
/* For each 1,024 octets of the message to leave, and for the reply to its end. */
#ifndef NX_SMTP_MESSAGE_TIMEOUT
#define NX_SMTP_MESSAGE_TIMEOUT (30 * NX_IP_PERIODIC_RATE)
#endif
/* The whole session. */
#ifndef NX_SMTP_CLIENT_SESSION_TIMEOUT
#define NX_SMTP_CLIENT_SESSION_TIMEOUT (7200 * NX_IP_PERIODIC_RATE)
#endif
/* How long one TCP send waits for the server's window. */
#ifndef NX_SMTP_CLIENT_SEND_TIMEOUT
#define NX_SMTP_CLIENT_SEND_TIMEOUT (5 * NX_IP_PERIODIC_RATE)
#endif
/* Characters, without the ending NUL. */
#ifndef NX_SMTP_CLIENT_MAX_USERNAME
#define NX_SMTP_CLIENT_MAX_USERNAME 40
#endif
#ifndef NX_SMTP_CLIENT_MAX_PASSWORD
#define NX_SMTP_CLIENT_MAX_PASSWORD 20
#endif
#ifndef NX_SMTP_CLIENT_MAX_DOMAIN
#define NX_SMTP_CLIENT_MAX_DOMAIN 64
#endif
/* Characters of the longest login challenge that is accepted. */
#ifndef NX_SMTP_SERVER_CHALLENGE_MAX_STRING
#define NX_SMTP_SERVER_CHALLENGE_MAX_STRING 200
#endif
/* What is kept of the text of the server's deciding reply, with the ending NUL. */
#ifndef NX_SMTP_CLIENT_REPLY_TEXT
#define NX_SMTP_CLIENT_REPLY_TEXT 128
#endif
/* As nx_tcp_socket_create takes them. */
#ifndef NX_SMTP_CLIENT_TYPE_OF_SERVICE
#define NX_SMTP_CLIENT_TYPE_OF_SERVICE NX_IP_NORMAL
#endif
#ifndef NX_SMTP_CLIENT_FRAGMENT_OPTION
#define NX_SMTP_CLIENT_FRAGMENT_OPTION NX_DONT_FRAGMENT
#endif
#ifndef NX_SMTP_CLIENT_TIME_TO_LIVE
#define NX_SMTP_CLIENT_TIME_TO_LIVE NX_IP_TIME_TO_LIVE
#endif

/* ---- Constants ---------------------------------------------------------------------------- */

#define NX_SMTP_CLIENT_ID           0x534D5450
#define NX_SMTP_SERVER_DEFAULT_PORT 25

#define NX_SMTP_CLIENT_AUTH_NONE     0xFFFF
#define NX_SMTP_CLIENT_AUTH_LOGIN    1
#define NX_SMTP_CLIENT_AUTH_CRAM_MD5 2
#define NX_SMTP_CLIENT_AUTH_PLAIN    3

#define NX_SMTP_MAIL_PRIORITY_LOW    1
#define NX_SMTP_MAIL_PRIORITY_NORMAL 2
#define NX_SMTP_MAIL_PRIORITY_HIGH   4

#define NX_SMTP_RECIPIENT_TO  1
#define NX_SMTP_RECIPIENT_CC  2
#define NX_SMTP_RECIPIENT_BCC 4

#define NX_SMTP_CLIENT_STATE_IDLE           0
#define NX_SMTP_CLIENT_STATE_GREETING       1
#define NX_SMTP_CLIENT_STATE_EHLO           2
#define NX_SMTP_CLIENT_STATE_HELO           3
#define NX_SMTP_CLIENT_STATE_MAIL           4
#define NX_SMTP_CLIENT_STATE_RCPT           5
#define NX_SMTP_CLIENT_STATE_DATA           6
#define NX_SMTP_CLIENT_STATE_MESSAGE        7
#define NX_SMTP_CLIENT_STATE_RSET           8
#define NX_SMTP_CLIENT_STATE_QUIT           9
#define NX_SMTP_CLIENT_STATE_NOOP           10
#define NX_SMTP_CLIENT_STATE_AUTH           11
#define NX_SMTP_CLIENT_STATE_AUTH_CHALLENGE 12

/* Reply codes, as text. */
#define NX_SMTP_CODE_GREETING_OK                  "220"
#define NX_SMTP_CODE_ACKNOWLEDGE_QUIT             "221"
#define NX_SMTP_CODE_AUTHENTICATION_SUCCESS       "235"
#define NX_SMTP_CODE_OK_TO_CONTINUE               "250"
#define NX_SMTP_CODE_CANNOT_VERIFY_RECIPIENT      "252"
#define NX_SMTP_CODE_AUTHENTICATION_TYPE_ACCEPTED "334"
#define NX_SMTP_CODE_SEND_MAIL_INPUT              "354"
#define NX_SMTP_CODE_SERVICE_NOT_AVAILABLE        "421"
#define NX_SMTP_CODE_AUTH_TEMPORARILY_REFUSED     "454"
#define NX_SMTP_CODE_AUTH_REQUIRED                "530"
#define NX_SMTP_CODE_AUTH_FAILED                  "535"

/*
 * Status. NetX's own codes come through: NX_NOT_CONNECTED (connection refused, closed or lost),
 * NX_NO_PACKET (no packet in the pool, or no answer within the time limit), and so on.
 */
#define NX_SMTP_AUTHENTICATION_ERROR       0xA0 /* wrong user name or password */
#define NX_SMTP_OVERSIZE_MAIL_DATA         0xA1 /* larger than the server's SIZE: nothing sent */
#define NX_SMTP_INVALID_SERVER_REPLY       0xA2 /* no SMTP, or an answer nobody asked for */
#define NX_SMTP_INTERNAL_ERROR             0xA3
#define NX_SMTP_SERVER_ERROR_CODE_RECEIVED 0xA4
#define NX_SMTP_INVALID_PARAM              0xA5
#define NX_SMTP_PACKET_ALLOCATE_ERROR      0xA6 /* the pool's payload holds headers and no data */
#define NX_SMTP_GREET_REPLY_ERROR          0xA7 /* the server refused: its greeting */
#define NX_SMTP_HELLO_REPLY_ERROR          0xA8 /* EHLO and HELO */
#define NX_SMTP_MAIL_REPLY_ERROR           0xA9 /* the sender */
#define NX_SMTP_RCPT_REPLY_ERROR           0xAA /* the recipient */
#define NX_SMTP_MESSAGE_REPLY_ERROR        0xAB /* the message, after its end */
#define NX_SMTP_DATA_REPLY_ERROR           0xAC /* DATA */
#define NX_SMTP_AUTH_REPLY_ERROR           0xAD /* AUTH itself, before any credential */
#define NX_SMTP_SERVER_ERROR_REPLY         0xAE
#define NX_SMTP_TRANSMIT_ERROR             0xAF
#define NX_SMTP_INVALID_SERVER_CHALLENGE   0xB0 /* no base64, too long, or one too many */
#define NX_SMTP_OVERSIZE_SERVER_REPLY      0xB1 /* a reply without end */
#define NX_SMTP_CLIENT_NOT_INTIALIZED      0xB2
#define NX_SMTP_CLIENT_NOT_INITIALIZED     NX_SMTP_CLIENT_NOT_INTIALIZED
/* From here on they are smtplite's own. */
#define NX_SMTP_INJECTION_REFUSED  0xC0 /* a control byte in an address, subject, name, password */
#define NX_SMTP_RECIPIENTS_REFUSED 0xC1 /* none of several recipients was accepted */
#define NX_SMTP_DELIVERY_UNKNOWN   0xC2 /* no answer after the end: a retry may deliver twice */
#define NX_SMTP_TLS_ERROR          0xC3 /* TLS failed, or is missing */
#define NX_SMTP_LOGIN_DEFERRED     0xC4 /* the server takes no logins for now: wait, then retry */
#define NX_SMTP_CLIENT_BUSY        0xC5 /* another thread is in this client */
#define NX_SMTP_CANCELLED          0xC6
#define NX_SMTP_BODY_REFUSED       0xC7 /* a NUL byte in the body: nothing was sent */
#define NX_SMTP_ADDRESS_REFUSED    0xC8 /* empty, <, >, space, open quote, not ASCII, too long */

/* ---- The client --------------------------------------------------------------------------- */

struct NX_SMTP_CLIENT_STRUCT;

/* The clock of nx_smtp_client_clock_set: seconds since 1970-01-01 UTC, and how many minutes local
 * time is ahead. Anything but NX_SUCCESS: the time is not known (yet), and no Date is sent. */
typedef UINT NX_SMTP_CLOCK(ULONG *unix_seconds, INT *zone_minutes);

/* One client. The members are private. */
typedef struct NX_SMTP_CLIENT_STRUCT {
    ULONG nx_smtp_client_id;
    volatile UINT nx_smtp_client_state; /* IDLE, or a call is under way */
    NX_PACKET_POOL *nx_smtp_client_packet_pool_ptr;
    CHAR *nx_smtp_client_from_address;
    UINT nx_smtp_client_server_port;
    NXD_ADDRESS nx_smtp_client_server_address;

    NX_PACKET *nx_smtp_client_send_packet;    /* being filled, and ours until it is sent */
    NX_PACKET *nx_smtp_client_receive_packet; /* being read */
    ULONG nx_smtp_client_receive_offset;
    UINT nx_smtp_client_network_status; /* why the transport failed */

    smtplite_trace *nx_smtp_client_trace;
    VOID *nx_smtp_client_trace_context;
    NX_SMTP_CLOCK *nx_smtp_client_clock;
    /* Gives the pieces of further header lines, then an empty text; scratch: for it to use. */
    const CHAR *(*nx_smtp_client_extra_header)(struct NX_SMTP_CLIENT_STRUCT *client_ptr, UINT piece,
                                               CHAR *scratch);

    struct smtplite_config nx_smtp_client_config;
    struct smtplite_session nx_smtp_client_session;
    NX_TCP_SOCKET nx_smtp_client_socket;
    CHAR nx_smtp_client_username[NX_SMTP_CLIENT_MAX_USERNAME + 1];
    CHAR nx_smtp_client_password[NX_SMTP_CLIENT_MAX_PASSWORD + 1];
    CHAR nx_smtp_client_domain[NX_SMTP_CLIENT_MAX_DOMAIN + 1];
    CHAR nx_smtp_client_reply_text[NX_SMTP_CLIENT_REPLY_TEXT];
} NX_SMTP_CLIENT;

/* For nx_smtp_client_options_set. */
#define NX_SMTP_OPTION_HELO       1 /* say HELO, never EHLO */
#define NX_SMTP_OPTION_RFC_LIMITS 2 /* the time limits of RFC 5321 instead of the macros above */
#define NX_SMTP_OPTION_PIPELINING 4 /* commands in groups, and AUTH with its first response */

/* ---- The calls ---------------------------------------------------------------------------- */

/* The names of the API stand for the checked entry points, or with NX_SMTP_DISABLE_ERROR_CHECKING
 * for the bare ones. */
#ifndef NX_SMTP_SOURCE_CODE
#ifdef NX_SMTP_DISABLE_ERROR_CHECKING
#define nxd_smtp_client_create        _nxd_smtp_client_create
#define nx_smtp_client_delete         _nx_smtp_client_delete
#define nx_smtp_mail_send             _nx_smtp_mail_send
#define nx_smtp_client_options_set    _nx_smtp_client_options_set
#define nx_smtp_client_clock_set      _nx_smtp_client_clock_set
#define nx_smtp_client_transcript_set _nx_smtp_client_transcript_set
#define nx_smtp_client_last_reply_get _nx_smtp_client_last_reply_get
#else
#define nxd_smtp_client_create        _nxde_smtp_client_create
#define nx_smtp_client_delete         _nxe_smtp_client_delete
#define nx_smtp_mail_send             _nxe_smtp_mail_send
#define nx_smtp_client_options_set    _nxe_smtp_client_options_set
#define nx_smtp_client_clock_set      _nxe_smtp_client_clock_set
#define nx_smtp_client_transcript_set _nxe_smtp_client_transcript_set
#define nx_smtp_client_last_reply_get _nxe_smtp_client_last_reply_get
#endif
#define nx_smtp_client_status_text _nx_smtp_client_status_text
#endif

/*
 * Makes a client. Copied: user name, password, domain, server_address. Borrowed until the delete:
 * ip_ptr, the pool, from_address. May be called from tx_application_define.
 */
UINT _nxd_smtp_client_create(NX_SMTP_CLIENT *client_ptr, NX_IP *ip_ptr,
                             NX_PACKET_POOL *client_packet_pool_ptr, CHAR *username, CHAR *password,
                             CHAR *from_address, CHAR *client_domain, UINT authentication_type,
                             NXD_ADDRESS *server_address, UINT port);
UINT _nxde_smtp_client_create(NX_SMTP_CLIENT *client_ptr, NX_IP *ip_ptr,
                              NX_PACKET_POOL *client_packet_pool_ptr, CHAR *username,
                              CHAR *password, CHAR *from_address, CHAR *client_domain,
                              UINT authentication_type, NXD_ADDRESS *server_address, UINT port);

/* Sends one mail: connects, runs one session, disconnects. Blocks. All borrowed until the return.
 */
UINT _nx_smtp_mail_send(NX_SMTP_CLIENT *client_ptr, CHAR *recipient_address, UINT priority,
                        CHAR *subject, CHAR *mail_body, UINT mail_body_length);
UINT _nxe_smtp_mail_send(NX_SMTP_CLIENT *client_ptr, CHAR *recipient_address, UINT priority,
                         CHAR *subject, CHAR *mail_body, UINT mail_body_length);

/* Ends a client and clears its memory, secrets included. */
UINT _nx_smtp_client_delete(NX_SMTP_CLIENT *client_ptr);
UINT _nxe_smtp_client_delete(NX_SMTP_CLIENT *client_ptr);

/* Further calls, which the original does not have. */

/* options: a mask of NX_SMTP_OPTION_; it replaces the one before. */
UINT _nx_smtp_client_options_set(NX_SMTP_CLIENT *client_ptr, UINT options);
UINT _nxe_smtp_client_options_set(NX_SMTP_CLIENT *client_ptr, UINT options);

/* With a clock each mail has Date and Message-ID; NX_NULL: without again. */
UINT _nx_smtp_client_clock_set(NX_SMTP_CLIENT *client_ptr, NX_SMTP_CLOCK *clock);
UINT _nxe_smtp_client_clock_set(NX_SMTP_CLIENT *client_ptr, NX_SMTP_CLOCK *clock);

/* What goes over the wire is shown to the callback, secrets as `****`; NX_NULL: no longer. */
UINT _nx_smtp_client_transcript_set(NX_SMTP_CLIENT *client_ptr, smtplite_trace *callback,
                                    VOID *context);
UINT _nxe_smtp_client_transcript_set(NX_SMTP_CLIENT *client_ptr, smtplite_trace *callback,
                                     VOID *context);

/* The reply that decided the last nx_smtp_mail_send: its code, 0 if none did, and its text, which
 * is the client's and stays until the next call on it. */
UINT _nx_smtp_client_last_reply_get(NX_SMTP_CLIENT *client_ptr, UINT *code, CHAR **text);
UINT _nxe_smtp_client_last_reply_get(NX_SMTP_CLIENT *client_ptr, UINT *code, CHAR **text);

/* The name of a status, "?" if it is none of ours or NetX's usual ones; never null; static. */
const CHAR *_nx_smtp_client_status_text(UINT status);

#ifdef __cplusplus
}
#endif

#endif
