/* SPDX-License-Identifier: MIT */
/* Extensions beyond plain mail. Only firmware that calls it links what is behind them. */

#define NX_SMTP_SOURCE_CODE

#include "nx_smtp_client_mail.h"
#include "nx_smtp_transport.h"

UINT _nxe_smtp_client_extensions_set(NX_SMTP_CLIENT *client_ptr, UINT extensions) {
    const UINT known =
        NX_SMTP_EXTENSIONS_ALL | NX_SMTP_EXTENSIONS_LMTP | NX_SMTP_EXTENSIONS_NO_CHUNKING;
    if (!client_ptr)
        return NX_PTR_ERROR;
    if ((extensions & ~known) != 0)
        return NX_SMTP_INVALID_PARAM;
    return _nx_smtp_client_extensions_set(client_ptr, extensions);
}

UINT _nx_smtp_client_extensions_set(NX_SMTP_CLIENT *client_ptr, UINT extensions) {
    struct smtplite_config *config = &client_ptr->nx_smtp_client_config;
    UINT status = _nx_smtp_client_enter(client_ptr);
    UINT flags = 0;
    if (status != NX_SUCCESS)
        return status;
    if ((extensions & NX_SMTP_EXTENSIONS_LMTP) != 0)
        flags = SMTPLITE_LMTP;
    if ((extensions & NX_SMTP_EXTENSIONS_NO_CHUNKING) != 0)
        flags |= SMTPLITE_NO_CHUNKING;
    config->extensions = extensions != NX_SMTP_EXTENSIONS_NONE ? &smtplite_extensions : NX_NULL;
    config->flags = (uint16_t)flags; /* the rest follows from the other options */
    _nx_smtp_client_configure(client_ptr);
    client_ptr->nx_smtp_client_state = NX_SMTP_CLIENT_STATE_IDLE;
    return NX_SUCCESS;
}
