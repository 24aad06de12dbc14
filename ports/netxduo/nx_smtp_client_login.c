/* SPDX-License-Identifier: MIT */
/* Logins beyond what nxd_smtp_client_create takes. Only firmware that calls it links this. */

#define NX_SMTP_SOURCE_CODE

#include "nx_smtp_transport.h"

/* A mask that begins with a mechanism needs what that one needs: the engine checks it at the send.
 */
UINT _nxe_smtp_client_login_set(NX_SMTP_CLIENT *client_ptr, CHAR *username, CHAR *password,
                                UINT mechanisms, struct smtplite_login *login,
                                NX_SMTP_TOKEN *token) {
    if (!client_ptr || (token && !login))
        return NX_PTR_ERROR;
    if ((mechanisms & ~(UINT)SMTPLITE_AUTH_ANY) != 0)
        return NX_SMTP_INVALID_PARAM;
    return _nx_smtp_client_login_set(client_ptr, username, password, mechanisms, login, token);
}

UINT _nx_smtp_client_login_set(NX_SMTP_CLIENT *client_ptr, CHAR *username, CHAR *password,
                               UINT mechanisms, struct smtplite_login *login,
                               NX_SMTP_TOKEN *token) {
    struct smtplite_config *config = &client_ptr->nx_smtp_client_config;
    UINT status = _nx_smtp_client_enter(client_ptr);
    if (status != NX_SUCCESS)
        return status;
    config->user = mechanisms != 0 ? username : NX_NULL;
    config->password = password;
    config->mechanisms = (uint16_t)mechanisms;
    config->prefer = 0;
    config->login = login;
    client_ptr->nx_smtp_client_token = token;
    _nx_smtp_client_configure(client_ptr);
    client_ptr->nx_smtp_client_state = NX_SMTP_CLIENT_STATE_IDLE;
    return NX_SUCCESS;
}
