/* SPDX-License-Identifier: MIT */
/* Small further calls. A linker that drops unused sections leaves out those that are not used. */

#define NX_SMTP_SOURCE_CODE

#include "nx_smtp_transport.h"

/* What a send reads is not changed under it. */
static UINT leave(NX_SMTP_CLIENT *client_ptr) {
    client_ptr->nx_smtp_client_state = NX_SMTP_CLIENT_STATE_IDLE;
    return NX_SUCCESS;
}

/* ---- Options ------------------------------------------------------------------------------ */

static const struct smtplite_waits *limits_of(UINT options) {
    static const struct smtplite_waits rfc5321 = {
        .greeting = 300 * NX_IP_PERIODIC_RATE,
        .tls = 60 * NX_IP_PERIODIC_RATE,
        .command = 300 * NX_IP_PERIODIC_RATE,
        .data = 120 * NX_IP_PERIODIC_RATE,
        .block = 180 * NX_IP_PERIODIC_RATE,
        .message = 600 * NX_IP_PERIODIC_RATE,
        .quit = 5 * NX_IP_PERIODIC_RATE,
        .session = 7200 * NX_IP_PERIODIC_RATE,
    };
    return (options & NX_SMTP_OPTION_RFC_LIMITS) != 0 ? &rfc5321 : &_nx_smtp_client_waits;
}

UINT _nxe_smtp_client_options_set(NX_SMTP_CLIENT *client_ptr, UINT options) {
    const UINT known = NX_SMTP_OPTION_HELO | NX_SMTP_OPTION_RFC_LIMITS | NX_SMTP_OPTION_PIPELINING |
                       NX_SMTP_OPTION_TLS_NO_CLOCK | NX_SMTP_OPTION_CLEAR_LOGIN;
    if (!client_ptr)
        return NX_PTR_ERROR;
    if ((options & ~known) != 0)
        return NX_SMTP_INVALID_PARAM;
    return _nx_smtp_client_options_set(client_ptr, options);
}

UINT _nx_smtp_client_options_set(NX_SMTP_CLIENT *client_ptr, UINT options) {
    UINT status = _nx_smtp_client_enter(client_ptr);
    if (status != NX_SUCCESS)
        return status;
    client_ptr->nx_smtp_client_options = (UCHAR)options;
    client_ptr->nx_smtp_client_config.waits = limits_of(options);
    _nx_smtp_client_configure(client_ptr);
    return leave(client_ptr);
}

/* ---- Transcript --------------------------------------------------------------------------- */

UINT _nxe_smtp_client_transcript_set(NX_SMTP_CLIENT *client_ptr, smtplite_trace *callback,
                                     VOID *context) {
    return client_ptr ? _nx_smtp_client_transcript_set(client_ptr, callback, context)
                      : NX_PTR_ERROR;
}

UINT _nx_smtp_client_transcript_set(NX_SMTP_CLIENT *client_ptr, smtplite_trace *callback,
                                    VOID *context) {
    UINT status = _nx_smtp_client_enter(client_ptr);
    if (status != NX_SUCCESS)
        return status;
    client_ptr->nx_smtp_client_trace = callback;
    client_ptr->nx_smtp_client_trace_context = context;
    return leave(client_ptr);
}

/* ---- Last reply --------------------------------------------------------------------------- */

UINT _nxe_smtp_client_last_reply_get(NX_SMTP_CLIENT *client_ptr, UINT *code, CHAR **text) {
    if (!client_ptr || !code || !text)
        return NX_PTR_ERROR;
    return _nx_smtp_client_last_reply_get(client_ptr, code, text);
}

UINT _nx_smtp_client_last_reply_get(NX_SMTP_CLIENT *client_ptr, UINT *code, CHAR **text) {
    UINT status = _nx_smtp_client_resume(client_ptr);
    if (status != NX_SUCCESS)
        return status;
    *code = client_ptr->nx_smtp_client_session.result.code;
    *text = client_ptr->nx_smtp_client_reply_text;
    _nx_smtp_client_leave(client_ptr);
    return NX_SUCCESS;
}
