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

#ifdef NX_SECURE_ENABLE
#include "nx_secure_tls_api.h"
#endif

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
/* The whole TLS handshake, the device's own computing included. */
#ifndef NX_SMTP_CLIENT_TLS_TIMEOUT
#define NX_SMTP_CLIENT_TLS_TIMEOUT (30 * NX_IP_PERIODIC_RATE)
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

/* For nx_smtp_client_tls_set. */
#define NX_SMTP_TLS_NONE     0
#define NX_SMTP_TLS_REQUIRED 1 /* STARTTLS (RFC 3207), ports 587 and 25 */
#define NX_SMTP_TLS_IMPLICIT 2 /* TLS from the first byte (RFC 8314), port 465 */

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
#define NX_SMTP_CLIENT_STATE_CANCELLED      13

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
#define NX_SMTP_RECIPIENTS_REFUSED 0xC1 /* none of several has it: see their fates */
#define NX_SMTP_DELIVERY_UNKNOWN   0xC2 /* no answer after the end: a retry may deliver twice */
#define NX_SMTP_TLS_ERROR          0xC3 /* handshake or certificate: nx_smtp_client_tls_status_get */
#define NX_SMTP_LOGIN_DEFERRED     0xC4 /* the server takes no logins for now: wait, then retry */
#define NX_SMTP_CLIENT_BUSY        0xC5 /* another thread is in this client */
#define NX_SMTP_CANCELLED          0xC6
#define NX_SMTP_BODY_REFUSED       0xC7 /* a NUL byte in the body: nothing was sent */
#define NX_SMTP_ADDRESS_REFUSED    0xC8 /* empty, <, >, space, open quote, not ASCII, too long */
#define NX_SMTP_TLS_UNAVAILABLE    0xC9 /* the server has no STARTTLS, or refused it: an attack? */
#define NX_SMTP_TLS_INJECTION      0xCA /* bytes in clear behind the answer to STARTTLS: an attack */
#define NX_SMTP_TLS_NO_CLOCK       0xCB /* no clock to check the certificate's dates */
#define NX_SMTP_LOGIN_UNAVAILABLE  0xCC /* the server offers no login that was allowed */
#define NX_SMTP_LOGIN_NEEDS_TLS    0xCD /* the password or token would go in clear: not sent */
#define NX_SMTP_LOGIN_SERVER       0xCE /* the server did not prove that it knows the password */
#define NX_SMTP_LOGIN_CRYPTO       0xCF /* the hash provider failed */
#define NX_SMTP_UNOFFERED          0xD0 /* the server does not offer what the mail asks for */
#define NX_SMTP_PARTLY_SENT        0xD1 /* some recipients have it, some were refused */
#define NX_SMTP_BODY_FAILED        0xD2 /* a callback failed or lied about its length: not sent */
#define NX_SMTP_MAIL_FULL          0xD3 /* NX_SMTP_MAIL has no room: raise its options */

/* ---- The client --------------------------------------------------------------------------- */

struct NX_SMTP_CLIENT_STRUCT;

/* The clock of nx_smtp_client_clock_set: seconds since 1970-01-01 UTC, and how many minutes local
 * time is ahead. Anything but NX_SUCCESS: the time is not known (yet), and no Date is sent. */
typedef UINT NX_SMTP_CLOCK(ULONG *unix_seconds, INT *zone_minutes);

/* Gives the next piece of an OAuth token by smtplite_token, _token_end or _token_fail (see
 * smtplite/engine.h); false: not yet, ask again soon. context is the client. It must not block. */
typedef bool NX_SMTP_TOKEN(VOID *context, struct smtplite_session *session);

/* The bytes of one TCP connection, in packets of a pool. The members are private. */
typedef struct NX_SMTP_TRANSPORT_STRUCT {
    NX_TCP_SOCKET *nx_smtp_transport_socket_ptr;
    NX_PACKET_POOL *nx_smtp_transport_packet_pool_ptr;
    NX_PACKET *nx_smtp_transport_send_packet;    /* being filled, and ours until it is sent */
    NX_PACKET *nx_smtp_transport_receive_packet; /* being read */
    ULONG nx_smtp_transport_receive_offset;
    UINT nx_smtp_transport_status; /* why it failed */
#ifdef NX_SECURE_ENABLE
    const struct NX_SMTP_TLS_STRUCT *nx_smtp_transport_tls; /* null: in clear */
#endif
} NX_SMTP_TRANSPORT;

#ifdef NX_SECURE_ENABLE
/* Makes the TLS session of one send, see nx_smtp_client_tls_set. */
typedef UINT NX_SMTP_TLS_SETUP(struct NX_SMTP_CLIENT_STRUCT *client_ptr,
                               NX_SECURE_TLS_SESSION *tls_session_ptr);

/* As nx_secure_tls_session_certificate_callback_set takes it. */
typedef ULONG NX_SMTP_TLS_CALLBACK(NX_SECURE_TLS_SESSION *tls_session_ptr,
                                   NX_SECURE_X509_CERT *certificate_ptr);
#endif

/* One connection with its session, see nx_smtp_client_connect. The members are private. */
typedef struct NX_SMTP_SESSION_STRUCT {
    struct smtplite_transport nx_smtp_session_transport;
    struct smtplite_driver nx_smtp_session_driver;
} NX_SMTP_SESSION;

/* One client. The members are private. */
typedef struct NX_SMTP_CLIENT_STRUCT {
    ULONG nx_smtp_client_id;
    volatile UINT nx_smtp_client_state; /* IDLE, or a call is under way */
    CHAR *nx_smtp_client_from_address;
    UINT nx_smtp_client_server_port;
    NXD_ADDRESS nx_smtp_client_server_address;

    NX_SMTP_TRANSPORT nx_smtp_client_transport;
    NX_SMTP_SESSION *nx_smtp_client_session_ptr; /* that of nx_smtp_client_connect; null: none */

    smtplite_trace *nx_smtp_client_trace;
    VOID *nx_smtp_client_trace_context;
    NX_SMTP_CLOCK *nx_smtp_client_clock;
    /* Gives the pieces of further header lines, then an empty text; scratch: for it to use. */
    const CHAR *(*nx_smtp_client_extra_header)(struct NX_SMTP_CLIENT_STRUCT *client_ptr, UINT piece,
                                               CHAR *scratch);

    NX_SMTP_TOKEN *nx_smtp_client_token;

    struct smtplite_config nx_smtp_client_config;
    struct smtplite_session nx_smtp_client_session;
    NX_TCP_SOCKET nx_smtp_client_socket;
    CHAR nx_smtp_client_username[NX_SMTP_CLIENT_MAX_USERNAME + 1];
    CHAR nx_smtp_client_password[NX_SMTP_CLIENT_MAX_PASSWORD + 1];
    CHAR nx_smtp_client_domain[NX_SMTP_CLIENT_MAX_DOMAIN + 1];
    CHAR nx_smtp_client_reply_text[NX_SMTP_CLIENT_REPLY_TEXT];
    UCHAR nx_smtp_client_options; /* NX_SMTP_OPTION_; small ones stand last */
    USHORT nx_smtp_client_serial; /* tells the Message-IDs of one tick apart */

#ifdef NX_SECURE_ENABLE
    const struct NX_SMTP_TLS_STRUCT *nx_smtp_client_tls; /* null: nx_smtp_client_tls_set was not */
    CHAR *nx_smtp_client_tls_host;
    NX_SMTP_TLS_SETUP *nx_smtp_client_tls_setup;
    NX_SMTP_TLS_CALLBACK *nx_smtp_client_tls_callback; /* the application's own */
    UINT nx_smtp_client_tls_status;
    UINT nx_smtp_client_tls_started;
    NX_SECURE_X509_DNS_NAME nx_smtp_client_tls_name;
    NX_SECURE_TLS_SESSION nx_smtp_client_tls_session;
#endif
} NX_SMTP_CLIENT;

/* For nx_smtp_client_options_set. */
#define NX_SMTP_OPTION_HELO       1 /* say HELO, never EHLO */
#define NX_SMTP_OPTION_RFC_LIMITS 2 /* the time limits of RFC 5321 instead of the macros above */
#define NX_SMTP_OPTION_PIPELINING 4 /* commands in groups, and AUTH with its first response */
/* RISK: a certificate that has expired, or a stolen one that was replaced, is taken. For devices
 * without a clock: where tls_setup sets a time function, dates are checked all the same. */
#define NX_SMTP_OPTION_TLS_NO_CLOCK 8
/* RISK: whoever listens on the network reads the password. For nx_smtp_client_login_set without
 * TLS; the plain calls need no leave to do so. */
#define NX_SMTP_OPTION_CLEAR_LOGIN 16

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
#define nx_smtp_client_login_set      _nx_smtp_client_login_set
#define nx_smtp_transport_set         _nx_smtp_transport_set
#ifdef NX_SECURE_ENABLE
#define nx_smtp_client_tls_set        _nx_smtp_client_tls_set
#define nx_smtp_client_tls_status_get _nx_smtp_client_tls_status_get
#endif
#else
#define nxd_smtp_client_create        _nxde_smtp_client_create
#define nx_smtp_client_delete         _nxe_smtp_client_delete
#define nx_smtp_mail_send             _nxe_smtp_mail_send
#define nx_smtp_client_options_set    _nxe_smtp_client_options_set
#define nx_smtp_client_clock_set      _nxe_smtp_client_clock_set
#define nx_smtp_client_transcript_set _nxe_smtp_client_transcript_set
#define nx_smtp_client_last_reply_get _nxe_smtp_client_last_reply_get
#define nx_smtp_client_login_set      _nxe_smtp_client_login_set
#define nx_smtp_transport_set         _nxe_smtp_transport_set
#ifdef NX_SECURE_ENABLE
#define nx_smtp_client_tls_set        _nxe_smtp_client_tls_set
#define nx_smtp_client_tls_status_get _nxe_smtp_client_tls_status_get
#endif
#endif
#define nx_smtp_client_status_text _nx_smtp_client_status_text
#define nx_smtp_transport_release  _nx_smtp_transport_release
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

/*
 * How to log in from now on, in place of what the create was given: for long texts, tokens, and
 * other mechanisms. All borrowed until the delete or the next nx_smtp_client_login_set.
 * mechanisms: a mask of SMTPLITE_AUTH_ (smtplite/login.h): nothing else is ever tried, the
 *   strongest that is offered first. 0: no login.
 * username, password: NX_NULL if no mechanism of the mask needs them.
 * login: for all but PLAIN and LOGIN, made by smtplite_login_init; else NX_NULL. Of one client.
 * token: gives the OAuth token in pieces, if login->token_by_event is set; else NX_NULL.
 */
UINT _nx_smtp_client_login_set(NX_SMTP_CLIENT *client_ptr, CHAR *username, CHAR *password,
                               UINT mechanisms, struct smtplite_login *login, NX_SMTP_TOKEN *token);
UINT _nxe_smtp_client_login_set(NX_SMTP_CLIENT *client_ptr, CHAR *username, CHAR *password,
                                UINT mechanisms, struct smtplite_login *login,
                                NX_SMTP_TOKEN *token);

#ifdef NX_SECURE_ENABLE
/*
 * TLS by NetX Secure for every mail from now on.
 * mode: NX_SMTP_TLS_REQUIRED, _IMPLICIT, or _NONE: in clear again.
 * host_name: whom the certificate must name: a host name or an IP address. Borrowed until the
 *   delete or the next nx_smtp_client_tls_set.
 * tls_setup: called in each send before it connects, with a session of zeros. It calls
 *   nx_secure_tls_session_create, _trusted_certificate_add, _session_packet_buffer_set and
 *   _session_time_function_set, and gives NX_SUCCESS. The client ends and deletes the session.
 */
UINT _nx_smtp_client_tls_set(NX_SMTP_CLIENT *client_ptr, UINT mode, CHAR *host_name,
                             NX_SMTP_TLS_SETUP *tls_setup);
UINT _nxe_smtp_client_tls_set(NX_SMTP_CLIENT *client_ptr, UINT mode, CHAR *host_name,
                              NX_SMTP_TLS_SETUP *tls_setup);

/* What was wrong with TLS in the last send: NetX Secure's status, or one of ours; NX_SUCCESS: all
 * was well. */
UINT _nx_smtp_client_tls_status_get(NX_SMTP_CLIENT *client_ptr, UINT *tls_status);
UINT _nxe_smtp_client_tls_status_get(NX_SMTP_CLIENT *client_ptr, UINT *tls_status);
#endif

/* The name of a status, "?" if it is none of ours or NetX's usual ones; never null; static. */
const CHAR *_nx_smtp_client_status_text(UINT status);

/* ---- The transport alone, for smtplite's portable API over NetX Duo ------------------------ */

struct smtplite_transport;

/* Fills `transport` (smtplite/transport.h) with one that moves bytes over a connected TCP socket,
 * in packets of the pool; its times are ticks. All borrowed until nx_smtp_transport_release, which
 * gives back the packets that are held: before the disconnect, in every case. */
UINT _nx_smtp_transport_set(struct smtplite_transport *transport, NX_SMTP_TRANSPORT *transport_ptr,
                            NX_TCP_SOCKET *socket_ptr, NX_PACKET_POOL *packet_pool_ptr);
UINT _nxe_smtp_transport_set(struct smtplite_transport *transport, NX_SMTP_TRANSPORT *transport_ptr,
                             NX_TCP_SOCKET *socket_ptr, NX_PACKET_POOL *packet_pool_ptr);
VOID _nx_smtp_transport_release(NX_SMTP_TRANSPORT *transport_ptr);

#ifdef __cplusplus
}
#endif

#endif
