/* SPDX-License-Identifier: MIT */
/*
 * Cancel, from any thread, timer or interrupt. The client's state tells that a call is under way;
 * CANCELLED in its place is what the driver's hook looks for, and it is gone when the call ends: so
 * a cancel that comes late concerns no other call.
 */

#define NX_SMTP_SOURCE_CODE

#include "nx_smtp_client_mail.h"

UINT _nxe_smtp_client_cancel(NX_SMTP_CLIENT *client_ptr) {
    return client_ptr ? _nx_smtp_client_cancel(client_ptr) : NX_PTR_ERROR;
}

UINT _nx_smtp_client_cancel(NX_SMTP_CLIENT *client_ptr) {
    TX_INTERRUPT_SAVE_AREA
    UINT status = NX_NOT_SUCCESSFUL;
    TX_DISABLE
    if (client_ptr->nx_smtp_client_id != NX_SMTP_CLIENT_ID) {
        status = NX_SMTP_CLIENT_NOT_INTIALIZED;
    } else if (client_ptr->nx_smtp_client_state != NX_SMTP_CLIENT_STATE_IDLE &&
               client_ptr->nx_smtp_client_state != NX_SMTP_CLIENT_STATE_NOOP) {
        client_ptr->nx_smtp_client_state = NX_SMTP_CLIENT_STATE_CANCELLED;
        status = NX_SUCCESS;
    }
    TX_RESTORE
    return status;
}
