/* SPDX-License-Identifier: MIT */
/* A firmware that uses the three plain calls and nothing else; linked to see what they pull in. */
#include "nxd_smtp_client.h"

extern NX_SMTP_CLIENT client;
extern NX_IP ip;
extern NX_PACKET_POOL pool;
extern NXD_ADDRESS server;
extern CHAR text[];

int main(void);
int main(void) {
    UINT status = nxd_smtp_client_create(&client, &ip, &pool, text, text, text, text,
                                         NX_SMTP_CLIENT_AUTH_PLAIN, &server, 25);
    status |= nx_smtp_mail_send(&client, text, NX_SMTP_MAIL_PRIORITY_NORMAL, text, text, 1);
    status |= nx_smtp_client_delete(&client);
    return (int)status;
}
