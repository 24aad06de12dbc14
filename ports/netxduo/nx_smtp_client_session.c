/* SPDX-License-Identifier: MIT */
/*
 * Several mails per connection, and what else a server can be asked.
 *
 * A session is the application's memory with a driver in it; the client points to it while it is
 * open. Between two calls the client's state is NOOP: _nx_smtp_client_enter finds it busy, so the
 * plain calls stay out, and _nx_smtp_client_resume lets the further ones in. Whoever sees that the
 * engine's session is over, or that the server takes no more mails in it, closes the connection and
 * forgets the pointer, in _nx_smtp_session_give.
 */

#define NX_SMTP_SOURCE_CODE

#include "nx_smtp_client_mail.h"
#include "nx_smtp_session.h"

#include "driver/drive.h"

#include <string.h>

NX_CALLER_CHECKING_EXTERNS

/* ---- Opening and closing ------------------------------------------------------------------ */

/* Waits a slice at a time, so that a cancel is heard. A server that speaks and leaves at once has
 * a connection that is past ESTABLISHED. */
static UINT await_connection(NX_SMTP_CLIENT *client_ptr) {
    NX_TCP_SOCKET *socket_ptr = &client_ptr->nx_smtp_client_socket;
    ULONG start = tx_time_get();
    while (socket_ptr->nx_tcp_socket_state < NX_TCP_ESTABLISHED) {
        if (client_ptr->nx_smtp_client_state == NX_SMTP_CLIENT_STATE_CANCELLED)
            return NX_SMTP_CANCELLED;
        if (socket_ptr->nx_tcp_socket_state == NX_TCP_CLOSED ||
            tx_time_get() - start >= NX_SMTP_CLIENT_CONNECTION_TIMEOUT)
            return NX_NOT_CONNECTED;
        (void)nx_tcp_socket_state_wait(socket_ptr, NX_TCP_ESTABLISHED, NX_SMTP_SLICE);
    }
    return NX_SUCCESS;
}

static UINT open(NX_SMTP_CLIENT *client_ptr, NX_SMTP_SESSION *session_ptr) {
    UINT status = _nx_smtp_session_init(client_ptr);
    if (status != NX_SUCCESS)
        return status;
    memset(session_ptr, 0, sizeof *session_ptr);
    return _nx_smtp_session_open(client_ptr, session_ptr, await_connection);
}

UINT _nx_smtp_session_take(NX_SMTP_CLIENT *client_ptr, NX_SMTP_SESSION *own,
                           NX_SMTP_SESSION **session_ptr) {
    *session_ptr = client_ptr->nx_smtp_client_session_ptr;
    if (*session_ptr)
        return NX_SUCCESS;
    *session_ptr = own;
    return open(client_ptr, own);
}

VOID _nx_smtp_session_give(NX_SMTP_CLIENT *client_ptr, NX_SMTP_SESSION *session_ptr) {
    const struct smtplite_session *session = &client_ptr->nx_smtp_client_session;
    UINT is_over =
        (smtplite_wants(session) & SMTPLITE_WANT_CLOSE) != 0 || smtplite_mails_left(session) == 0;
    if (session_ptr == client_ptr->nx_smtp_client_session_ptr && !is_over)
        return;
    _nx_smtp_session_close(client_ptr, session_ptr);
    client_ptr->nx_smtp_client_session_ptr = NX_NULL;
}

static UINT log_in(NX_SMTP_CLIENT *client_ptr, NX_SMTP_SESSION *session_ptr) {
    UINT status = open(client_ptr, session_ptr);
    if (status != NX_SUCCESS)
        return status;
    if (smtplite_drive(&session_ptr->nx_smtp_session_driver, NULL, SMTPLITE_EV_READY) ==
        SMTPLITE_EV_READY) {
        client_ptr->nx_smtp_client_session_ptr = session_ptr;
        return NX_SUCCESS;
    }
    _nx_smtp_session_close(client_ptr, session_ptr);
    return _nx_smtp_session_failure(client_ptr,
                                    smtplite_result_get(&client_ptr->nx_smtp_client_session));
}

UINT _nxe_smtp_client_connect(NX_SMTP_CLIENT *client_ptr, NX_SMTP_SESSION *session_ptr) {
    if (!client_ptr || !session_ptr)
        return NX_PTR_ERROR;
    NX_THREADS_ONLY_CALLER_CHECKING
    return _nx_smtp_client_connect(client_ptr, session_ptr);
}

UINT _nx_smtp_client_connect(NX_SMTP_CLIENT *client_ptr, NX_SMTP_SESSION *session_ptr) {
    UINT status = _nx_smtp_client_resume(client_ptr);
    if (status != NX_SUCCESS)
        return status;
    status =
        client_ptr->nx_smtp_client_session_ptr ? NX_NOT_CLOSED : log_in(client_ptr, session_ptr);
    _nx_smtp_client_leave(client_ptr);
    return status;
}

/* Takes the client for a call that needs a session. */
static UINT enter_session(NX_SMTP_CLIENT *client_ptr) {
    UINT status = _nx_smtp_client_resume(client_ptr);
    if (status == NX_SUCCESS && !client_ptr->nx_smtp_client_session_ptr) {
        _nx_smtp_client_leave(client_ptr);
        status = NX_NOT_CONNECTED;
    }
    return status;
}

UINT _nxe_smtp_client_disconnect(NX_SMTP_CLIENT *client_ptr) {
    if (!client_ptr)
        return NX_PTR_ERROR;
    NX_THREADS_ONLY_CALLER_CHECKING
    return _nx_smtp_client_disconnect(client_ptr);
}

UINT _nx_smtp_client_disconnect(NX_SMTP_CLIENT *client_ptr) {
    UINT status = enter_session(client_ptr);
    if (status != NX_SUCCESS)
        return status;
    _nx_smtp_session_close(client_ptr, client_ptr->nx_smtp_client_session_ptr);
    client_ptr->nx_smtp_client_session_ptr = NX_NULL;
    _nx_smtp_client_leave(client_ptr);
    return NX_SUCCESS;
}

/* ---- Commands ----------------------------------------------------------------------------- */

static const UCHAR phase_of[] = {
    [NX_SMTP_COMMAND_NOOP] = SMTPLITE_PHASE_NOOP, [NX_SMTP_COMMAND_VRFY] = SMTPLITE_PHASE_VRFY,
    [NX_SMTP_COMMAND_EXPN] = SMTPLITE_PHASE_EXPN, [NX_SMTP_COMMAND_HELP] = SMTPLITE_PHASE_HELP,
    [NX_SMTP_COMMAND_ETRN] = SMTPLITE_PHASE_ETRN,
};

UINT _nxe_smtp_client_command(NX_SMTP_CLIENT *client_ptr, UINT command, CHAR *argument, UINT *code,
                              CHAR **text) {
    if (!client_ptr)
        return NX_PTR_ERROR;
    if (command >= sizeof phase_of)
        return NX_SMTP_INVALID_PARAM;
    NX_THREADS_ONLY_CALLER_CHECKING
    return _nx_smtp_client_command(client_ptr, command, argument, code, text);
}

static UINT ask(NX_SMTP_CLIENT *client_ptr, UINT command, const CHAR *argument, UINT *code) {
    NX_SMTP_SESSION *session_ptr = client_ptr->nx_smtp_client_session_ptr;
    struct smtplite_event_data data;
    enum smtplite_error error = smtplite_command(&client_ptr->nx_smtp_client_session,
                                                 (enum smtplite_phase)phase_of[command], argument);
    if (error != SMTPLITE_E_OK)
        return _nx_smtp_error_status(error);
    if (smtplite_run(&session_ptr->nx_smtp_session_driver, &data) != SMTPLITE_EV_REPLY)
        return _nx_smtp_session_failure(client_ptr,
                                        smtplite_result_get(&client_ptr->nx_smtp_client_session));
    *code = data.code;
    return data.code < 300 ? NX_SUCCESS : NX_SMTP_SERVER_ERROR_REPLY;
}

UINT _nx_smtp_client_command(NX_SMTP_CLIENT *client_ptr, UINT command, CHAR *argument, UINT *code,
                             CHAR **text) {
    UINT reply = 0;
    UINT status = enter_session(client_ptr);
    if (status != NX_SUCCESS)
        return status;
    status = ask(client_ptr, command, argument, &reply);
    _nx_smtp_session_give(client_ptr, client_ptr->nx_smtp_client_session_ptr);
    if (code)
        *code = reply;
    if (text)
        *text = client_ptr->nx_smtp_client_reply_text;
    _nx_smtp_client_leave(client_ptr);
    return status;
}

/* ---- What is known ------------------------------------------------------------------------ */

UINT _nxe_smtp_client_offered_get(NX_SMTP_CLIENT *client_ptr, ULONG *extensions,
                                  ULONG *size_limit) {
    if (!client_ptr || !extensions || !size_limit)
        return NX_PTR_ERROR;
    NX_THREADS_ONLY_CALLER_CHECKING
    return _nx_smtp_client_offered_get(client_ptr, extensions, size_limit);
}

UINT _nx_smtp_client_offered_get(NX_SMTP_CLIENT *client_ptr, ULONG *extensions, ULONG *size_limit) {
    UINT status = enter_session(client_ptr);
    if (status != NX_SUCCESS)
        return status;
    *extensions = smtplite_offered(&client_ptr->nx_smtp_client_session);
    *size_limit = smtplite_size_limit(&client_ptr->nx_smtp_client_session);
    _nx_smtp_client_leave(client_ptr);
    return NX_SUCCESS;
}

UINT _nxe_smtp_client_queue_id_get(NX_SMTP_CLIENT *client_ptr, CHAR **queue_id, UINT *length) {
    if (!client_ptr || !queue_id || !length)
        return NX_PTR_ERROR;
    NX_THREADS_ONLY_CALLER_CHECKING
    return _nx_smtp_client_queue_id_get(client_ptr, queue_id, length);
}

UINT _nx_smtp_client_queue_id_get(NX_SMTP_CLIENT *client_ptr, CHAR **queue_id, UINT *length) {
    const struct smtplite_result *result;
    const CHAR *text = client_ptr->nx_smtp_client_reply_text;
    size_t len = 0;
    UINT status = _nx_smtp_client_resume(client_ptr);
    if (status != NX_SUCCESS)
        return status;
    result = smtplite_result_get(&client_ptr->nx_smtp_client_session);
    if (result->outcome == SMTPLITE_SENT || result->outcome == SMTPLITE_PARTLY_SENT)
        text = smtplite_queue_id(text, &len);
    *queue_id =
        client_ptr->nx_smtp_client_reply_text + (text - client_ptr->nx_smtp_client_reply_text);
    *length = (UINT)len;
    _nx_smtp_client_leave(client_ptr);
    return NX_SUCCESS;
}
