/* SPDX-License-Identifier: MIT */
/*
 * The three calls of the NetX Duo SMTP Client API.
 *
 * A send checks all it was given, then connects, lets the driver run one session of the engine over
 * the transport, and disconnects. What came of it is one status: the two tables below map the
 * engine's errors and, where the server refused, the phase in which it did.
 */

#define NX_SMTP_SOURCE_CODE

#include "nxd_smtp_client.h"

#include "nx_smtp_header.h"
#include "nx_smtp_session.h"

#include "driver/drive.h"

#include "nx_ip.h"

#include <string.h>

NX_CALLER_CHECKING_EXTERNS

/* A subject longer than this would pass RFC 5322's 998 with its name: it goes out folded. */
#define SUBJECT_LINE_MAX 900u

/* In ticks. NX_NO_WAIT means as short as can be; the engine's 0 is another thing, its default. */
#define TICKS(limit) ((limit) == 0 ? 1 : (limit))

const struct smtplite_waits _nx_smtp_client_waits = {
    .greeting = TICKS(NX_SMTP_GREETING_TIMEOUT),
    .tls = TICKS(NX_SMTP_CLIENT_TLS_TIMEOUT),
    .command = TICKS(NX_SMTP_ENVELOPE_TIMEOUT),
    .data = TICKS(NX_SMTP_ENVELOPE_TIMEOUT),
    .block = TICKS(NX_SMTP_MESSAGE_TIMEOUT),
    .message = TICKS(NX_SMTP_MESSAGE_TIMEOUT),
    .quit = TICKS(NX_SMTP_CLIENT_DISCONNECT_TIMEOUT),
    .session = TICKS(NX_SMTP_CLIENT_SESSION_TIMEOUT),
};

/* What the original's behaviour needs, together with lenient_login, and nothing else here is
 * lenient: README.md. Over TLS none of it holds. */
#define LENIENCIES (SMTPLITE_ALLOW_8BIT | SMTPLITE_ALLOW_LEADING_BLANK | SMTPLITE_ALLOW_NUL_PADDING)

/* 0: the phase decides. */
static const UCHAR error_status[SMTPLITE_E_COUNT] = {
    [SMTPLITE_E_ARGUMENT] = NX_SMTP_INVALID_PARAM,
    [SMTPLITE_E_STATE] = NX_SMTP_INTERNAL_ERROR,
    [SMTPLITE_E_CONTROL] = NX_SMTP_INJECTION_REFUSED,
    [SMTPLITE_E_ADDRESS] = NX_SMTP_ADDRESS_REFUSED,
    [SMTPLITE_E_NON_ASCII] = NX_SMTP_ADDRESS_REFUSED,
    [SMTPLITE_E_TOO_LONG] = NX_SMTP_ADDRESS_REFUSED,
    [SMTPLITE_E_BAD_REPLY] = NX_SMTP_INVALID_SERVER_REPLY,
    [SMTPLITE_E_REPLY_TOO_LONG] = NX_SMTP_OVERSIZE_SERVER_REPLY,
    [SMTPLITE_E_OUT_OF_STEP] = NX_SMTP_INVALID_SERVER_REPLY,
    [SMTPLITE_E_CLOSED] = NX_NOT_CONNECTED,
    [SMTPLITE_E_IO] = NX_SMTP_TRANSMIT_ERROR,
    [SMTPLITE_E_TIMEOUT] = NX_NO_PACKET,
    [SMTPLITE_E_CANCELLED] = NX_SMTP_CANCELLED,
    [SMTPLITE_E_TLS_UNAVAILABLE] = NX_SMTP_TLS_UNAVAILABLE,
    [SMTPLITE_E_TLS_FAILED] = NX_SMTP_TLS_ERROR,
    [SMTPLITE_E_TLS_INJECTION] = NX_SMTP_TLS_INJECTION,
    [SMTPLITE_E_AUTH_UNAVAILABLE] = NX_SMTP_LOGIN_UNAVAILABLE,
    [SMTPLITE_E_AUTH_NEEDS_TLS] = NX_SMTP_LOGIN_NEEDS_TLS,
    [SMTPLITE_E_AUTH_CHALLENGE] = NX_SMTP_INVALID_SERVER_CHALLENGE,
    [SMTPLITE_E_AUTH_SERVER] = NX_SMTP_LOGIN_SERVER,
    [SMTPLITE_E_AUTH_ITERATIONS] = NX_SMTP_INVALID_SERVER_CHALLENGE,
    [SMTPLITE_E_AUTH_CRYPTO] = NX_SMTP_LOGIN_CRYPTO,
    [SMTPLITE_E_AUTH_DEFERRED] = NX_SMTP_LOGIN_DEFERRED,
    [SMTPLITE_E_SIZE] = NX_SMTP_OVERSIZE_MAIL_DATA,
    [SMTPLITE_E_BODY_NUL] = NX_SMTP_BODY_REFUSED,
    [SMTPLITE_E_BODY_8BIT] = NX_SMTP_BODY_REFUSED,
    [SMTPLITE_E_SOURCE] = NX_SMTP_INTERNAL_ERROR,
    [SMTPLITE_E_UNOFFERED] = NX_SMTP_UNOFFERED,
};

/* A refusal of a command gives the command's own code. */
static const UCHAR phase_status[SMTPLITE_PHASE_COUNT] = {
    [SMTPLITE_PHASE_IDLE] = NX_NOT_CONNECTED, /* 421 between two mails */
    [SMTPLITE_PHASE_GREETING] = NX_SMTP_GREET_REPLY_ERROR,
    [SMTPLITE_PHASE_EHLO] = NX_SMTP_HELLO_REPLY_ERROR,
    [SMTPLITE_PHASE_HELO] = NX_SMTP_HELLO_REPLY_ERROR,
    [SMTPLITE_PHASE_LHLO] = NX_SMTP_HELLO_REPLY_ERROR,
    [SMTPLITE_PHASE_STARTTLS] = NX_SMTP_TLS_UNAVAILABLE,
    [SMTPLITE_PHASE_TLS] = NX_SMTP_TLS_ERROR,
    [SMTPLITE_PHASE_AUTH] = NX_SMTP_AUTH_REPLY_ERROR,
    [SMTPLITE_PHASE_AUTH_RESPONSE] = NX_SMTP_AUTHENTICATION_ERROR,
    [SMTPLITE_PHASE_AUTH_CANCEL] = NX_SMTP_INVALID_SERVER_CHALLENGE,
    [SMTPLITE_PHASE_MAIL] = NX_SMTP_MAIL_REPLY_ERROR,
    [SMTPLITE_PHASE_RCPT] = NX_SMTP_RCPT_REPLY_ERROR,
    [SMTPLITE_PHASE_DATA] = NX_SMTP_DATA_REPLY_ERROR,
    [SMTPLITE_PHASE_BDAT] = NX_SMTP_DATA_REPLY_ERROR,
    [SMTPLITE_PHASE_MESSAGE] = NX_SMTP_MESSAGE_REPLY_ERROR,
    [SMTPLITE_PHASE_RSET] = NX_SMTP_SERVER_ERROR_REPLY,
    [SMTPLITE_PHASE_NOOP] = NX_SMTP_SERVER_ERROR_REPLY,
    [SMTPLITE_PHASE_VRFY] = NX_SMTP_SERVER_ERROR_REPLY,
    [SMTPLITE_PHASE_EXPN] = NX_SMTP_SERVER_ERROR_REPLY,
    [SMTPLITE_PHASE_HELP] = NX_SMTP_SERVER_ERROR_REPLY,
    [SMTPLITE_PHASE_ETRN] = NX_SMTP_SERVER_ERROR_REPLY,
    [SMTPLITE_PHASE_QUIT] = NX_SMTP_SERVER_ERROR_REPLY,
};

/* ---- Create ------------------------------------------------------------------------------- */

static UINT copy_text(CHAR *to, const CHAR *from, UINT max) {
    UINT n;
    for (n = 0; n <= max; n++) {
        to[n] = from[n];
        if (from[n] == '\0')
            return NX_SUCCESS;
    }
    return NX_SIZE_ERROR;
}

/* The type as a mechanism to prefer; NONE: none. */
static UINT preferred(UINT type) {
    UINT mechanism = SMTPLITE_AUTH_PLAIN;
    if (type == NX_SMTP_CLIENT_AUTH_NONE)
        mechanism = 0;
    else if (type == NX_SMTP_CLIENT_AUTH_LOGIN)
        mechanism = SMTPLITE_AUTH_LOGIN;
    else if (type == NX_SMTP_CLIENT_AUTH_CRAM_MD5)
        mechanism = SMTPLITE_AUTH_CRAM_MD5;
    return mechanism;
}

/* NONE with a user name logs in where that is offered, and does without where it fails. */
static UINT lenient_login(NX_SMTP_CLIENT *client_ptr) {
    struct smtplite_config *config = &client_ptr->nx_smtp_client_config;
    if (config->prefer == 0 && client_ptr->nx_smtp_client_username[0] == '\0')
        return 0;
    config->mechanisms = SMTPLITE_AUTH_PLAIN | SMTPLITE_AUTH_LOGIN;
    return SMTPLITE_ALLOW_CLEAR_LOGIN |
           (config->prefer != 0 ? SMTPLITE_ALLOW_UNLISTED_LOGIN : SMTPLITE_ALLOW_NO_LOGIN);
}

/* The login is that of the create unless the further call has set another. */
static UINT set_login(NX_SMTP_CLIENT *client_ptr, UINT is_plain) {
    struct smtplite_config *config = &client_ptr->nx_smtp_client_config;
    UINT flags = 0;
    if (config->password != client_ptr->nx_smtp_client_password)
        return flags;
    config->mechanisms = config->prefer;
    if (is_plain)
        flags = lenient_login(client_ptr);
    config->user = config->mechanisms != 0 ? client_ptr->nx_smtp_client_username : NX_NULL;
    return flags;
}

VOID _nx_smtp_client_configure(NX_SMTP_CLIENT *client_ptr) {
    struct smtplite_config *config = &client_ptr->nx_smtp_client_config;
    UINT options = client_ptr->nx_smtp_client_options;
    UINT is_plain = config->tls == SMTPLITE_TLS_NONE;
    UINT flags = config->flags & (SMTPLITE_LMTP | SMTPLITE_NO_CHUNKING);
    if (is_plain)
        flags |= LENIENCIES;
    if ((options & NX_SMTP_OPTION_HELO) != 0)
        flags |= SMTPLITE_HELO;
    if ((options & NX_SMTP_OPTION_PIPELINING) == 0)
        flags |= SMTPLITE_LOCKSTEP;
    if ((options & NX_SMTP_OPTION_CLEAR_LOGIN) != 0)
        flags |= SMTPLITE_ALLOW_CLEAR_LOGIN;
    config->flags = (uint16_t)(flags | set_login(client_ptr, is_plain));
}

static VOID configure(NX_SMTP_CLIENT *client_ptr, UINT authentication_type) {
    struct smtplite_config *config = &client_ptr->nx_smtp_client_config;
    if (client_ptr->nx_smtp_client_domain[0] != '\0')
        config->domain = client_ptr->nx_smtp_client_domain;
    config->password = client_ptr->nx_smtp_client_password;
    config->waits = &_nx_smtp_client_waits;
    config->tls = SMTPLITE_TLS_NONE;
    config->prompt_max = NX_SMTP_SERVER_CHALLENGE_MAX_STRING;
    config->prefer = (uint16_t)preferred(authentication_type);
    _nx_smtp_client_configure(client_ptr);
}

/* A client that exists must not be cleared: its socket stands in the IP instance's list. */
static UINT is_created(const NX_IP *ip_ptr, const NX_TCP_SOCKET *socket_ptr) {
    TX_INTERRUPT_SAVE_AREA
    const NX_TCP_SOCKET *other;
    ULONG left;
    TX_DISABLE
    other = ip_ptr->nx_ip_tcp_created_sockets_ptr;
    for (left = ip_ptr->nx_ip_tcp_created_sockets_count; left != 0 && other != socket_ptr; left--)
        other = other->nx_tcp_socket_created_next;
    TX_RESTORE
    return left != 0;
}

UINT _nxde_smtp_client_create(NX_SMTP_CLIENT *client_ptr, NX_IP *ip_ptr,
                              NX_PACKET_POOL *client_packet_pool_ptr, CHAR *username,
                              CHAR *password, CHAR *from_address, CHAR *client_domain,
                              UINT authentication_type, NXD_ADDRESS *server_address, UINT port) {
    if (!client_ptr || !ip_ptr || !client_packet_pool_ptr || !username || !password ||
        !from_address || !client_domain || !server_address)
        return NX_PTR_ERROR;
    if (ip_ptr->nx_ip_id != NX_IP_ID)
        return NX_SMTP_INVALID_PARAM;
    if (server_address->nxd_ip_version != NX_IP_VERSION_V4 &&
        server_address->nxd_ip_version != NX_IP_VERSION_V6)
        return NX_IP_ADDRESS_ERROR;
    if (is_created(ip_ptr, &client_ptr->nx_smtp_client_socket))
        return NX_PTR_ERROR;
    NX_INIT_AND_THREADS_CALLER_CHECKING
    return _nxd_smtp_client_create(client_ptr, ip_ptr, client_packet_pool_ptr, username, password,
                                   from_address, client_domain, authentication_type, server_address,
                                   port);
}

UINT _nxd_smtp_client_create(NX_SMTP_CLIENT *client_ptr, NX_IP *ip_ptr,
                             NX_PACKET_POOL *client_packet_pool_ptr, CHAR *username, CHAR *password,
                             CHAR *from_address, CHAR *client_domain, UINT authentication_type,
                             NXD_ADDRESS *server_address, UINT port) {
    UINT status;
    memset(client_ptr, 0, sizeof *client_ptr);
    status = copy_text(client_ptr->nx_smtp_client_username, username, NX_SMTP_CLIENT_MAX_USERNAME) |
             copy_text(client_ptr->nx_smtp_client_password, password, NX_SMTP_CLIENT_MAX_PASSWORD) |
             copy_text(client_ptr->nx_smtp_client_domain, client_domain, NX_SMTP_CLIENT_MAX_DOMAIN);
    if (status != NX_SUCCESS)
        return status;
    status = nx_tcp_socket_create(ip_ptr, &client_ptr->nx_smtp_client_socket, "SMTP Client",
                                  NX_SMTP_CLIENT_TYPE_OF_SERVICE, NX_SMTP_CLIENT_FRAGMENT_OPTION,
                                  NX_SMTP_CLIENT_TIME_TO_LIVE, NX_SMTP_CLIENT_TCP_WINDOW_SIZE,
                                  NX_NULL, NX_NULL);
    if (status != NX_SUCCESS)
        return status;
    client_ptr->nx_smtp_client_transport.nx_smtp_transport_socket_ptr =
        &client_ptr->nx_smtp_client_socket;
    client_ptr->nx_smtp_client_transport.nx_smtp_transport_packet_pool_ptr = client_packet_pool_ptr;
    client_ptr->nx_smtp_client_from_address = from_address;
    client_ptr->nx_smtp_client_server_address = *server_address;
    client_ptr->nx_smtp_client_server_port = port != 0 ? port : NX_SMTP_SERVER_DEFAULT_PORT;
    configure(client_ptr, authentication_type);
    client_ptr->nx_smtp_client_id = NX_SMTP_CLIENT_ID;
    return NX_SUCCESS;
}

/* ---- Send --------------------------------------------------------------------------------- */

/* One call at a time: whoever comes second is told so; and who comes behind a delete, too. */
UINT _nx_smtp_client_enter(NX_SMTP_CLIENT *client_ptr) {
    TX_INTERRUPT_SAVE_AREA
    UINT status = NX_SUCCESS;
    TX_DISABLE
    if (client_ptr->nx_smtp_client_id != NX_SMTP_CLIENT_ID)
        status = NX_SMTP_CLIENT_NOT_INTIALIZED;
    else if (client_ptr->nx_smtp_client_state != NX_SMTP_CLIENT_STATE_IDLE)
        status = NX_SMTP_CLIENT_BUSY;
    else
        client_ptr->nx_smtp_client_state = NX_SMTP_CLIENT_STATE_GREETING;
    TX_RESTORE
    return status;
}

UINT _nx_smtp_client_resume(NX_SMTP_CLIENT *client_ptr) {
    TX_INTERRUPT_SAVE_AREA
    UINT is_idle;
    TX_DISABLE
    is_idle = client_ptr->nx_smtp_client_state == NX_SMTP_CLIENT_STATE_NOOP;
    if (is_idle)
        client_ptr->nx_smtp_client_state = NX_SMTP_CLIENT_STATE_GREETING;
    TX_RESTORE
    return is_idle ? NX_SUCCESS : _nx_smtp_client_enter(client_ptr);
}

/* NOOP: a session is open, and no call is under way. */
VOID _nx_smtp_client_leave(NX_SMTP_CLIENT *client_ptr) {
    client_ptr->nx_smtp_client_state = client_ptr->nx_smtp_client_session_ptr
                                           ? NX_SMTP_CLIENT_STATE_NOOP
                                           : NX_SMTP_CLIENT_STATE_IDLE;
}

/* All that one send needs beside the client. */
struct job {
    struct smtplite_recipient recipient;
    struct smtplite_mail mail;
    struct nx_smtp_header header;
    struct smtplite_source source;
    NX_SMTP_SESSION session;
};

/* A subject may have tabs, but no other control byte (B3). */
static UINT check_subject(struct nx_smtp_header *header) {
    const CHAR *subject = header->fields[NX_SMTP_FIELD_SUBJECT];
    const CHAR *p;
    for (p = subject; *p != '\0'; p++) {
        UCHAR c = (UCHAR)*p;
        if ((c < ' ' && c != '\t') || c == 0x7F)
            return NX_SMTP_INJECTION_REFUSED;
        header->encode |= c >> 7;
    }
    header->encode |= (size_t)(p - subject) > SUBJECT_LINE_MAX;
    return NX_SUCCESS;
}

static UINT check_body(struct job *job) {
    for (UINT i = 0; i < job->header.body_length; i++) {
        UCHAR c = (UCHAR)job->header.body[i];
        if (c == '\0')
            return NX_SMTP_BODY_REFUSED;
        if (c >= 0x80)
            job->mail.flags = SMTPLITE_MAIL_8BIT;
    }
    return NX_SUCCESS;
}

UINT _nx_smtp_error_status(enum smtplite_error error) {
    return error_status[error];
}

UINT _nx_smtp_session_init(NX_SMTP_CLIENT *client_ptr) {
    return error_status[smtplite_init(
        &client_ptr->nx_smtp_client_session, &client_ptr->nx_smtp_client_config,
        client_ptr->nx_smtp_client_reply_text, sizeof client_ptr->nx_smtp_client_reply_text)];
}

/* What is wrong with the mail is found here, before there is a connection. */
static UINT check(NX_SMTP_CLIENT *client_ptr, struct job *job) {
    UINT status = _nx_smtp_session_init(client_ptr);
    if (status == NX_SUCCESS)
        status = error_status[smtplite_mail_check(NX_NULL, &job->mail)];
    if (status == NX_SUCCESS)
        status = check_subject(&job->header);
    if (status == NX_SUCCESS)
        status = check_body(job);
    return status;
}

/* Why nothing was sent. A login may be refused for now, or for wrong credentials. */
UINT _nx_smtp_session_failure(const NX_SMTP_CLIENT *client_ptr,
                              const struct smtplite_result *result) {
    UINT status = error_status[result->error];
    UINT network_status = client_ptr->nx_smtp_client_transport.nx_smtp_transport_status;
    if (status == NX_SMTP_TRANSMIT_ERROR && network_status != NX_SUCCESS)
        return network_status;
    if (status != NX_SUCCESS)
        return status;
    status = phase_status[result->phase];
    if (result->phase >= SMTPLITE_PHASE_AUTH && result->phase <= SMTPLITE_PHASE_AUTH_CANCEL) {
        if (result->error == SMTPLITE_E_CLOSING)
            status = NX_SMTP_LOGIN_DEFERRED;
        else if (result->code == 535)
            status = NX_SMTP_AUTHENTICATION_ERROR;
    }
    return status;
}

UINT _nx_smtp_mail_status(const NX_SMTP_CLIENT *client_ptr, const struct smtplite_result *result) {
    if (result->outcome == SMTPLITE_SENT)
        return NX_SUCCESS;
    if (result->outcome == SMTPLITE_MAYBE_SENT)
        return NX_SMTP_DELIVERY_UNKNOWN;
    return _nx_smtp_session_failure(client_ptr, result);
}

static void show(void *context, bool from_server, const char *p, size_t n) {
    const NX_SMTP_CLIENT *client_ptr = context;
    client_ptr->nx_smtp_client_trace(client_ptr->nx_smtp_client_trace_context, from_server, p, n);
}

/* The driver's hook: false ends the session. */
static bool is_wanted(void *context) {
    const NX_SMTP_CLIENT *client_ptr = context;
    return client_ptr->nx_smtp_client_state != NX_SMTP_CLIENT_STATE_CANCELLED;
}

UINT _nx_smtp_session_open(NX_SMTP_CLIENT *client_ptr, NX_SMTP_SESSION *session_ptr,
                           UINT (*await)(NX_SMTP_CLIENT *client_ptr)) {
    struct smtplite_driver *driver = &session_ptr->nx_smtp_session_driver;
    UINT status =
        _nx_smtp_transport_open(client_ptr, &session_ptr->nx_smtp_session_transport, await);
    if (status != NX_SUCCESS)
        return status;
    driver->session = &client_ptr->nx_smtp_client_session;
    driver->transport = &session_ptr->nx_smtp_session_transport;
    if (client_ptr->nx_smtp_client_trace)
        driver->hooks.trace = show;
    driver->hooks.context = client_ptr;
    driver->hooks.token = client_ptr->nx_smtp_client_token;
    driver->hooks.idle = is_wanted;
    driver->hooks.slice = NX_SMTP_SLICE;
    return NX_SUCCESS;
}

VOID _nx_smtp_session_close(NX_SMTP_CLIENT *client_ptr, NX_SMTP_SESSION *session_ptr) {
    smtplite_finish(&session_ptr->nx_smtp_session_driver);
    _nx_smtp_transport_close(client_ptr);
}

static UINT run_session(NX_SMTP_CLIENT *client_ptr, struct job *job) {
    enum smtplite_error error;
    UINT status = _nx_smtp_session_open(client_ptr, &job->session, NX_NULL);
    if (status != NX_SUCCESS)
        return status;
    job->source.context = &job->header;
    job->source.read = _nx_smtp_header_read;
    /* QUIT waits for the message's answer: nx_tcp_socket_send may fail with part of its packet
     * sent, and of an end mark with QUIT behind it nobody could say which part. */
    error = smtplite_submit(&client_ptr->nx_smtp_client_session, &job->mail);
    if (error == SMTPLITE_E_OK)
        (void)smtplite_drive(&job->session.nx_smtp_session_driver, &job->source, SMTPLITE_EV_DONE);
    _nx_smtp_session_close(client_ptr, &job->session);
    return error != SMTPLITE_E_OK ? error_status[error]
                                  : _nx_smtp_mail_status(client_ptr, &job->mail.result);
}

UINT _nxe_smtp_mail_send(NX_SMTP_CLIENT *client_ptr, CHAR *recipient_address, UINT priority,
                         CHAR *subject, CHAR *mail_body, UINT mail_body_length) {
    if (!client_ptr || !recipient_address || !subject || !mail_body)
        return NX_PTR_ERROR;
    if (client_ptr->nx_smtp_client_id != NX_SMTP_CLIENT_ID)
        return NX_SMTP_CLIENT_NOT_INTIALIZED;
    if (mail_body_length == 0)
        return NX_SMTP_INVALID_PARAM;
    NX_THREADS_ONLY_CALLER_CHECKING
    return _nx_smtp_mail_send(client_ptr, recipient_address, priority, subject, mail_body,
                              mail_body_length);
}

UINT _nx_smtp_mail_send(NX_SMTP_CLIENT *client_ptr, CHAR *recipient_address, UINT priority,
                        CHAR *subject, CHAR *mail_body, UINT mail_body_length) {
    struct job job;
    UINT status = _nx_smtp_client_enter(client_ptr);
    if (status != NX_SUCCESS)
        return status;
    memset(&job, 0, sizeof job);
    job.recipient.address = recipient_address;
    job.mail.from = client_ptr->nx_smtp_client_from_address;
    job.mail.recipients = &job.recipient;
    job.mail.count = 1;
    job.mail.size = mail_body_length + NX_SMTP_HEADER_LEAST;
    job.header.client = client_ptr;
    job.header.fields[NX_SMTP_FIELD_TO] = recipient_address;
    job.header.fields[NX_SMTP_FIELD_FROM] = job.mail.from;
    job.header.fields[NX_SMTP_FIELD_SUBJECT] = subject;
    job.header.fields[NX_SMTP_FIELD_PRIORITY] = _nx_smtp_header_priority(priority);
    job.header.rest = _nx_smtp_header_lines;
    job.header.body = mail_body;
    job.header.body_length = mail_body_length;
    status = check(client_ptr, &job);
    if (status == NX_SUCCESS)
        status = run_session(client_ptr, &job);
    client_ptr->nx_smtp_client_state = NX_SMTP_CLIENT_STATE_IDLE;
    return status;
}

/* ---- Delete ------------------------------------------------------------------------------- */

UINT _nxe_smtp_client_delete(NX_SMTP_CLIENT *client_ptr) {
    if (!client_ptr || client_ptr->nx_smtp_client_id != NX_SMTP_CLIENT_ID)
        return NX_PTR_ERROR;
    NX_THREADS_ONLY_CALLER_CHECKING
    return _nx_smtp_client_delete(client_ptr);
}

UINT _nx_smtp_client_delete(NX_SMTP_CLIENT *client_ptr) {
    UINT status = _nx_smtp_client_enter(client_ptr);
    if (status != NX_SUCCESS)
        return status;
    status = nx_tcp_socket_delete(&client_ptr->nx_smtp_client_socket);
    if (status == NX_SUCCESS)
        memset(client_ptr, 0, sizeof *client_ptr);
    client_ptr->nx_smtp_client_state = NX_SMTP_CLIENT_STATE_IDLE;
    return status;
}
