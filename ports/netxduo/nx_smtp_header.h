/* SPDX-License-Identifier: MIT */
#ifndef NX_SMTP_HEADER_H
#define NX_SMTP_HEADER_H

/* Inside the NetX face: the message of the plain calls as a source: header lines, then the body. */

#include "nxd_smtp_client.h"

/* `=?UTF-8?Q?...?=`, CR LF, blank: the first line holds `Subject: ` too and stays within 76. */
#define NX_SMTP_WORD_SIZE 72

enum { NX_SMTP_FIELD_TO, NX_SMTP_FIELD_FROM, NX_SMTP_FIELD_SUBJECT, NX_SMTP_FIELD_PRIORITY };

/* All borrowed until the mail's end. */
struct nx_smtp_header {
    NX_SMTP_CLIENT *client;
    const CHAR *fields[4]; /* in the order of the enum */
    const CHAR *body;
    UINT body_length;
    UINT encode;      /* the subject goes out as encoded words */
    UINT extra;       /* zero */
    const CHAR *rest; /* nx_smtp_header_lines: what of it is still to come */
    CHAR scratch[NX_SMTP_WORD_SIZE];
};

/* The header, with \1 and on in place of the fields. */
extern const CHAR _nx_smtp_header_lines[];

/* The further lines of this priority. */
const CHAR *_nx_smtp_header_priority(UINT priority);

/* The time of the client's clock; NX_NOT_SUCCESSFUL: it has none, or one that cannot be true. In
 * nx_smtp_client_clock.c. */
UINT _nx_smtp_clock_get(NX_SMTP_CLIENT *client_ptr, ULONG *seconds, INT *zone);

/* smtplite_source.read */
enum smtplite_source_state _nx_smtp_header_read(void *header, const char **p, size_t *n);

/* A lower bound of what the header adds to the body. */
#define NX_SMTP_HEADER_LEAST 120u

#endif
