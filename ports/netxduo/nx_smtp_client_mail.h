/* SPDX-License-Identifier: MIT */

/*
 * Further calls of the NetX Duo SMTP Client: mails with several recipients, attachments and
 * results, several mails per connection, cancel. The three calls of the original stay as they are.
 *
 *     static NX_SMTP_MAIL mail;
 *
 *     nx_smtp_client_mail_create(&mail, "Report", NX_SMTP_MAIL_PRIORITY_NORMAL);
 *     nx_smtp_client_mail_recipient_add(&mail, "ops@example.com", "Operations",
 *                                       NX_SMTP_RECIPIENT_TO);
 *     nx_smtp_client_mail_body_set(&mail, NX_SMTP_BODY_TEXT, text, length);
 *     nx_smtp_client_mail_attachment_add(&mail, "report.csv", "text/csv", NX_NULL, data, size);
 *     status = nx_smtp_client_mail_send(&client, &mail);
 *
 * A mail is a control block of the application's; it belongs to no client, and may be sent again,
 * and by any client. All texts and data that are given to it are borrowed: they stay as they are
 * until the mail is created anew or no longer sent. The calls that fill a mail keep what they are
 * given and judge nothing; nx_smtp_client_mail_send judges all of it before it connects.
 *
 * Statuses of all: NX_PTR_ERROR: a pointer is null, or a mail was not created. Those that take a
 * client: NX_SMTP_CLIENT_NOT_INTIALIZED, NX_SMTP_CLIENT_BUSY (another thread is in it).
 * Allowed from: the calls that fill or read a mail, initialization and threads, one at a time for
 * one mail, none while it is sent; those that take a client, threads (else NX_CALLER_ERROR), but
 * nx_smtp_client_cancel, from anywhere.
 */

#ifndef NX_SMTP_CLIENT_MAIL_H
#define NX_SMTP_CLIENT_MAIL_H

#include "nxd_smtp_client.h"

#include "smtplite/message.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Options: the size of NX_SMTP_MAIL; the same for all files, the library's too -------------
 */

/* How many nx_smtp_client_mail_recipient_add takes. */
#ifndef NX_SMTP_MAIL_RECIPIENTS
#define NX_SMTP_MAIL_RECIPIENTS 4
#endif
/* Body texts and attachments together. */
#ifndef NX_SMTP_MAIL_PARTS
#define NX_SMTP_MAIL_PARTS 4
#endif
/* Header fields of the application's own. */
#ifndef NX_SMTP_MAIL_FIELDS
#define NX_SMTP_MAIL_FIELDS 2
#endif

/* ---- Constants ---------------------------------------------------------------------------- */

#define NX_SMTP_MAIL_ID 0x534D4D4C

/* The length of a source that does not know it. */
#define NX_SMTP_LENGTH_UNKNOWN 0xFFFFFFFFUL

/* For nx_smtp_client_mail_body_set. */
#define NX_SMTP_BODY_TEXT 0
#define NX_SMTP_BODY_HTML 1

/* For nx_smtp_client_mail_options_set. */
#define NX_SMTP_MAIL_8BIT           1 /* a finished message by callback has octets over 127 */
#define NX_SMTP_MAIL_ALL_OR_NOTHING 2 /* one recipient refused: nobody gets it */
#define NX_SMTP_MAIL_UTF8           4 /* addresses or header fields are UTF-8: asks for SMTPUTF8 */
#define NX_SMTP_MAIL_BINARY         8 /* a finished message is sent octet for octet: BINARYMIME */

/* What became of one recipient. */
#define NX_SMTP_FATE_UNTRIED  0 /* nothing was decided: send to it again */
#define NX_SMTP_FATE_ACCEPTED 1 /* it has the mail */
#define NX_SMTP_FATE_DEFERRED 2 /* 4xx: send to it again later */
#define NX_SMTP_FATE_REFUSED  3 /* 5xx: not again as it is */
#define NX_SMTP_FATE_UNKNOWN  5 /* no answer after the message's end: a second may reach it */

/* For nx_smtp_client_command. */
#define NX_SMTP_COMMAND_NOOP 0 /* nothing: keeps a session alive */
#define NX_SMTP_COMMAND_VRFY 1 /* is this a user or mailbox? */
#define NX_SMTP_COMMAND_EXPN 2 /* who is on this list? */
#define NX_SMTP_COMMAND_HELP 3 /* of a topic, or NX_NULL */
#define NX_SMTP_COMMAND_ETRN 4 /* start the queue of this host (RFC 1985) */

/* For nx_smtp_client_extensions_set. */
#define NX_SMTP_EXTENSIONS_NONE        0
#define NX_SMTP_EXTENSIONS_ALL         1
#define NX_SMTP_EXTENSIONS_LMTP        2 /* LMTP (RFC 2033) in place of SMTP; never to port 25 */
#define NX_SMTP_EXTENSIONS_NO_CHUNKING 4 /* without BDAT, for servers whose BDAT is broken */

/* ---- Types -------------------------------------------------------------------------------- */

/* How far a mail is: octets of the message that have left, and all of them, 0 if that is not
 * known. Called in the sending thread, about every kilobyte and at the message's end; not from
 * there into the client. It begins anew if the server takes the recipients in several turns. */
typedef VOID NX_SMTP_PROGRESS(VOID *context, ULONG sent, ULONG total);

/* What nx_smtp_client_mail_recipient_get tells. */
typedef struct NX_SMTP_RECIPIENT_STRUCT {
    const CHAR *nx_smtp_recipient_address;
    UINT nx_smtp_recipient_fate; /* NX_SMTP_FATE_ */
    UINT nx_smtp_recipient_code; /* the reply that decided it, 0: none */
    /* Its enhanced code (RFC 3463): class, subject, detail; class 0: it had none. */
    UINT nx_smtp_recipient_enhanced_code[3];
} NX_SMTP_RECIPIENT;

/* One mail. The members are private. */
typedef struct NX_SMTP_MAIL_STRUCT {
    ULONG nx_smtp_mail_id;
    UINT nx_smtp_mail_priority;
    const CHAR *nx_smtp_mail_subject;
    const CHAR *nx_smtp_mail_sender; /* null: the client's from_address */
    UINT nx_smtp_mail_flags;
    UINT nx_smtp_mail_has_options;
    UINT nx_smtp_mail_has_reply_to;
    UINT nx_smtp_mail_may_be_out; /* it was sent, and nobody knows: again it is the same message */
    struct smtplite_source nx_smtp_mail_source; /* the message: finished, or the composer's */
    ULONG nx_smtp_mail_length;                  /* of a finished message */
    /* Completes a composed message before it is sent; null: it is finished, or there is none. Only
     * firmware that composes links the composer. */
    UINT (*nx_smtp_mail_compose)(NX_SMTP_CLIENT *client_ptr, struct NX_SMTP_MAIL_STRUCT *mail_ptr);
    NX_SMTP_PROGRESS *nx_smtp_mail_progress;
    VOID *nx_smtp_mail_progress_context;
    struct smtplite_mail nx_smtp_mail_envelope;
    struct smtplite_options nx_smtp_mail_options;
    struct smtplite_memory nx_smtp_mail_memory; /* of a finished message */
    struct smtplite_message nx_smtp_mail_message;
    UINT nx_smtp_mail_recipient_count;
    UINT nx_smtp_mail_mailbox_count;
    UINT nx_smtp_mail_part_count;
    UINT nx_smtp_mail_field_count;
    struct smtplite_recipient nx_smtp_mail_recipients[NX_SMTP_MAIL_RECIPIENTS];
    struct smtplite_mailbox nx_smtp_mail_mailboxes[NX_SMTP_MAIL_RECIPIENTS + 2]; /* From first */
    struct smtplite_part nx_smtp_mail_parts[NX_SMTP_MAIL_PARTS];
    struct smtplite_memory nx_smtp_mail_part_memory[NX_SMTP_MAIL_PARTS];
    struct smtplite_field nx_smtp_mail_fields[NX_SMTP_MAIL_FIELDS];
} NX_SMTP_MAIL;

/* ---- The calls ---------------------------------------------------------------------------- */

#ifndef NX_SMTP_SOURCE_CODE
#ifdef NX_SMTP_DISABLE_ERROR_CHECKING
#define nx_smtp_client_mail_create                _nx_smtp_client_mail_create
#define nx_smtp_client_mail_sender_set            _nx_smtp_client_mail_sender_set
#define nx_smtp_client_mail_reply_to_set          _nx_smtp_client_mail_reply_to_set
#define nx_smtp_client_mail_recipient_add         _nx_smtp_client_mail_recipient_add
#define nx_smtp_client_mail_recipient_notify_set  _nx_smtp_client_mail_recipient_notify_set
#define nx_smtp_client_mail_recipient_get         _nx_smtp_client_mail_recipient_get
#define nx_smtp_client_mail_envelope_set          _nx_smtp_client_mail_envelope_set
#define nx_smtp_client_mail_body_set              _nx_smtp_client_mail_body_set
#define nx_smtp_client_mail_body_source_set       _nx_smtp_client_mail_body_source_set
#define nx_smtp_client_mail_attachment_add        _nx_smtp_client_mail_attachment_add
#define nx_smtp_client_mail_attachment_source_add _nx_smtp_client_mail_attachment_source_add
#define nx_smtp_client_mail_field_add             _nx_smtp_client_mail_field_add
#define nx_smtp_client_mail_message_set           _nx_smtp_client_mail_message_set
#define nx_smtp_client_mail_message_source_set    _nx_smtp_client_mail_message_source_set
#define nx_smtp_client_mail_options_set           _nx_smtp_client_mail_options_set
#define nx_smtp_client_mail_progress_set          _nx_smtp_client_mail_progress_set
#define nx_smtp_client_mail_send                  _nx_smtp_client_mail_send
#define nx_smtp_client_connect                    _nx_smtp_client_connect
#define nx_smtp_client_disconnect                 _nx_smtp_client_disconnect
#define nx_smtp_client_command                    _nx_smtp_client_command
#define nx_smtp_client_offered_get                _nx_smtp_client_offered_get
#define nx_smtp_client_queue_id_get               _nx_smtp_client_queue_id_get
#define nx_smtp_client_extensions_set             _nx_smtp_client_extensions_set
#define nx_smtp_client_cancel                     _nx_smtp_client_cancel
#else
#define nx_smtp_client_mail_create                _nxe_smtp_client_mail_create
#define nx_smtp_client_mail_sender_set            _nxe_smtp_client_mail_sender_set
#define nx_smtp_client_mail_reply_to_set          _nxe_smtp_client_mail_reply_to_set
#define nx_smtp_client_mail_recipient_add         _nxe_smtp_client_mail_recipient_add
#define nx_smtp_client_mail_recipient_notify_set  _nxe_smtp_client_mail_recipient_notify_set
#define nx_smtp_client_mail_recipient_get         _nxe_smtp_client_mail_recipient_get
#define nx_smtp_client_mail_envelope_set          _nxe_smtp_client_mail_envelope_set
#define nx_smtp_client_mail_body_set              _nxe_smtp_client_mail_body_set
#define nx_smtp_client_mail_body_source_set       _nxe_smtp_client_mail_body_source_set
#define nx_smtp_client_mail_attachment_add        _nxe_smtp_client_mail_attachment_add
#define nx_smtp_client_mail_attachment_source_add _nxe_smtp_client_mail_attachment_source_add
#define nx_smtp_client_mail_field_add             _nxe_smtp_client_mail_field_add
#define nx_smtp_client_mail_message_set           _nxe_smtp_client_mail_message_set
#define nx_smtp_client_mail_message_source_set    _nxe_smtp_client_mail_message_source_set
#define nx_smtp_client_mail_options_set           _nxe_smtp_client_mail_options_set
#define nx_smtp_client_mail_progress_set          _nxe_smtp_client_mail_progress_set
#define nx_smtp_client_mail_send                  _nxe_smtp_client_mail_send
#define nx_smtp_client_connect                    _nxe_smtp_client_connect
#define nx_smtp_client_disconnect                 _nxe_smtp_client_disconnect
#define nx_smtp_client_command                    _nxe_smtp_client_command
#define nx_smtp_client_offered_get                _nxe_smtp_client_offered_get
#define nx_smtp_client_queue_id_get               _nxe_smtp_client_queue_id_get
#define nx_smtp_client_extensions_set             _nxe_smtp_client_extensions_set
#define nx_smtp_client_cancel                     _nxe_smtp_client_cancel
#endif
#endif

/* ---- A mail ------------------------------------------------------------------------------- */

/*
 * Makes an empty mail, in place of what the block held before; there is nothing to delete.
 * subject: UTF-8, no control byte but TAB; NX_NULL: none, and of no use to a finished message.
 * priority: NX_SMTP_MAIL_PRIORITY_. LOW and HIGH write Importance and X-Priority into a composed
 *   header, and ask for MT-PRIORITY (-4, 4) where extensions are on and the server offers it.
 */
UINT _nx_smtp_client_mail_create(NX_SMTP_MAIL *mail_ptr, CHAR *subject, UINT priority);
UINT _nxe_smtp_client_mail_create(NX_SMTP_MAIL *mail_ptr, CHAR *subject, UINT priority);

/* Who sends it, in place of the client's from_address: envelope and From. name: UTF-8, of a
 * composed From; NX_NULL: none. address: a bare address; "" is the null sender, for finished
 * messages alone; NX_NULL: the client's, to which a name may be given so. */
UINT _nx_smtp_client_mail_sender_set(NX_SMTP_MAIL *mail_ptr, CHAR *address, CHAR *name);
UINT _nxe_smtp_client_mail_sender_set(NX_SMTP_MAIL *mail_ptr, CHAR *address, CHAR *name);

/* Where answers go: a Reply-To field. Once; NX_SMTP_MAIL_FULL: there is one. */
UINT _nx_smtp_client_mail_reply_to_set(NX_SMTP_MAIL *mail_ptr, CHAR *address, CHAR *name);
UINT _nxe_smtp_client_mail_reply_to_set(NX_SMTP_MAIL *mail_ptr, CHAR *address, CHAR *name);

/*
 * Adds a recipient; the first has the index 0.
 * address: a bare address. name: UTF-8, shown beside it in a composed header; NX_NULL: none.
 * type: NX_SMTP_RECIPIENT_TO, _CC, or _BCC, which is in no header. Of no matter to a finished
 *   message.
 * NX_SMTP_INVALID_PARAM: another type. NX_SMTP_MAIL_FULL: raise NX_SMTP_MAIL_RECIPIENTS, or see
 * nx_smtp_client_mail_envelope_set.
 */
UINT _nx_smtp_client_mail_recipient_add(NX_SMTP_MAIL *mail_ptr, CHAR *address, CHAR *name,
                                        UINT type);
UINT _nxe_smtp_client_mail_recipient_add(NX_SMTP_MAIL *mail_ptr, CHAR *address, CHAR *name,
                                         UINT type);

/*
 * When the server is to report on this recipient (DSN, RFC 3461); needs extensions, and is left out
 * where the server does not offer it (but see smtplite_options.must).
 * notify: mask of SMTPLITE_NOTIFY_, 0: not said. original: the address that was first written, as
 *   ORCPT; NX_NULL: not said. NX_SMTP_INVALID_PARAM: no such index, or an unknown bit.
 */
UINT _nx_smtp_client_mail_recipient_notify_set(NX_SMTP_MAIL *mail_ptr, UINT index, UINT notify,
                                               CHAR *original);
UINT _nxe_smtp_client_mail_recipient_notify_set(NX_SMTP_MAIL *mail_ptr, UINT index, UINT notify,
                                                CHAR *original);

/* What became of a recipient in the last send of this mail: recipient_ptr is filled, its address
 * borrowed as it was given. Before the first send: UNTRIED. NX_SMTP_INVALID_PARAM: no such index.
 */
UINT _nx_smtp_client_mail_recipient_get(NX_SMTP_MAIL *mail_ptr, UINT index,
                                        NX_SMTP_RECIPIENT *recipient_ptr);
UINT _nxe_smtp_client_mail_recipient_get(NX_SMTP_MAIL *mail_ptr, UINT index,
                                         NX_SMTP_RECIPIENT *recipient_ptr);

/*
 * For long lists: the mail goes to these, and to nobody else. Whoever was added stands in the
 * header alone.
 * recipients: an array of the application's, zeroed but for its addresses (and what DSN wants);
 *   borrowed, and filled at each send. count: at least 1, else NX_SMTP_INVALID_PARAM.
 */
UINT _nx_smtp_client_mail_envelope_set(NX_SMTP_MAIL *mail_ptr,
                                       struct smtplite_recipient *recipients, UINT count);
UINT _nxe_smtp_client_mail_envelope_set(NX_SMTP_MAIL *mail_ptr,
                                        struct smtplite_recipient *recipients, UINT count);

/*
 * The text of a composed mail; one of each kind, and with both a reader shows the HTML, or the text
 * if it cannot. The client writes the header: Date and Message-ID too, if it has a clock. Each send
 * makes them anew, but behind NX_SMTP_DELIVERY_UNKNOWN they stay until the mail was sent, so that
 * receivers see that it is the same: for another mail the block is to be created anew.
 * kind: NX_SMTP_BODY_TEXT or _HTML. text: UTF-8, any line ends, length octets, which may be 0.
 * NX_SMTP_INVALID_PARAM: another kind; or the mail has a finished message.
 * NX_SMTP_MAIL_FULL: raise NX_SMTP_MAIL_PARTS.
 */
UINT _nx_smtp_client_mail_body_set(NX_SMTP_MAIL *mail_ptr, UINT kind, CHAR *text, ULONG length);
UINT _nxe_smtp_client_mail_body_set(NX_SMTP_MAIL *mail_ptr, UINT kind, CHAR *text, ULONG length);

/*
 * The same, from a callback (smtplite/driver.h).
 * source_ptr: copied; read: gives the next piece, or says END, NOT_YET (it is asked again within a
 *   tenth of a second) or FAILED (nothing is delivered, NX_SMTP_BODY_FAILED). It must not block,
 * and not call into the client. rewind, if there is one, is called at the begin of each send.
 * length: octets; another number is a failure; NX_SMTP_LENGTH_UNKNOWN: SIZE is not told.
 */
UINT _nx_smtp_client_mail_body_source_set(NX_SMTP_MAIL *mail_ptr, UINT kind,
                                          const struct smtplite_source *source_ptr, ULONG length);
UINT _nxe_smtp_client_mail_body_source_set(NX_SMTP_MAIL *mail_ptr, UINT kind,
                                           const struct smtplite_source *source_ptr, ULONG length);

/*
 * Adds a file to a composed mail.
 * name: file name, UTF-8; NX_NULL: none. type: as "image/png"; NX_NULL: application/octet-stream.
 * content_id: of an image that the HTML shows as <img src="cid:...">, without <>, unlike in this
 *   mail and the like of an address ("chart@pump7"); NX_NULL: an attachment.
 * data: length octets, which may be 0. Statuses as of nx_smtp_client_mail_body_set.
 */
UINT _nx_smtp_client_mail_attachment_add(NX_SMTP_MAIL *mail_ptr, CHAR *name, CHAR *type,
                                         CHAR *content_id, VOID *data, ULONG length);
UINT _nxe_smtp_client_mail_attachment_add(NX_SMTP_MAIL *mail_ptr, CHAR *name, CHAR *type,
                                          CHAR *content_id, VOID *data, ULONG length);

/* The same, from a callback, as of nx_smtp_client_mail_body_source_set: a camera, a log in flash.
 */
UINT _nx_smtp_client_mail_attachment_source_add(NX_SMTP_MAIL *mail_ptr, CHAR *name, CHAR *type,
                                                CHAR *content_id,
                                                const struct smtplite_source *source_ptr,
                                                ULONG length);
UINT _nxe_smtp_client_mail_attachment_source_add(NX_SMTP_MAIL *mail_ptr, CHAR *name, CHAR *type,
                                                 CHAR *content_id,
                                                 const struct smtplite_source *source_ptr,
                                                 ULONG length);

/* Adds a header field to a composed mail. name: printable ASCII without colon, not one that the
 * client writes itself. value: UTF-8, no control byte but TAB. NX_SMTP_MAIL_FULL: raise
 * NX_SMTP_MAIL_FIELDS. */
UINT _nx_smtp_client_mail_field_add(NX_SMTP_MAIL *mail_ptr, CHAR *name, CHAR *value);
UINT _nxe_smtp_client_mail_field_add(NX_SMTP_MAIL *mail_ptr, CHAR *name, CHAR *value);

/*
 * A finished message, header and body, in place of a composed one: it is sent as it is, but for its
 * line ends, which become CR LF, and the dots that SMTP adds and takes off again; with
 * NX_SMTP_MAIL_BINARY octet for octet. length: at least 1, else NX_SMTP_INVALID_PARAM, as when the
 * mail has a body or attachments.
 */
UINT _nx_smtp_client_mail_message_set(NX_SMTP_MAIL *mail_ptr, CHAR *message, ULONG length);
UINT _nxe_smtp_client_mail_message_set(NX_SMTP_MAIL *mail_ptr, CHAR *message, ULONG length);

/* The same, from a callback, as of nx_smtp_client_mail_body_source_set. If it has octets over 127,
 * say NX_SMTP_MAIL_8BIT. */
UINT _nx_smtp_client_mail_message_source_set(NX_SMTP_MAIL *mail_ptr,
                                             const struct smtplite_source *source_ptr,
                                             ULONG length);
UINT _nxe_smtp_client_mail_message_source_set(NX_SMTP_MAIL *mail_ptr,
                                              const struct smtplite_source *source_ptr,
                                              ULONG length);

/*
 * flags: mask of NX_SMTP_MAIL_8BIT and so on; it replaces the one before. UTF8 and BINARY need
 *   extensions. NX_SMTP_INVALID_PARAM: an unknown bit.
 * options_ptr: copied, its texts borrowed: DSN, MT-PRIORITY, REQUIRETLS, DELIVERBY, FUTURERELEASE
 *   (smtplite/engine.h); needs extensions; NX_NULL: none. What the server does not offer: the mail
 *   is not sent, NX_SMTP_UNOFFERED, and the last reply's text names it.
 */
UINT _nx_smtp_client_mail_options_set(NX_SMTP_MAIL *mail_ptr, UINT flags,
                                      const struct smtplite_options *options_ptr);
UINT _nxe_smtp_client_mail_options_set(NX_SMTP_MAIL *mail_ptr, UINT flags,
                                       const struct smtplite_options *options_ptr);

/* progress: called while the mail is sent; NX_NULL: no longer. context: handed to it. */
UINT _nx_smtp_client_mail_progress_set(NX_SMTP_MAIL *mail_ptr, NX_SMTP_PROGRESS *progress,
                                       VOID *context);
UINT _nxe_smtp_client_mail_progress_set(NX_SMTP_MAIL *mail_ptr, NX_SMTP_PROGRESS *progress,
                                        VOID *context);

/* ---- Sending ------------------------------------------------------------------------------ */

/*
 * Sends a mail: in the session of nx_smtp_client_connect, or, where there is none, in one of its
 * own, as nx_smtp_mail_send does: connect, log in, send, QUIT, disconnect. Blocks.
 * Statuses: those of nx_smtp_mail_send, and
 * NX_SUCCESS: all recipients have it. NX_SMTP_PARTLY_SENT: some have it, some were refused.
 * NX_SMTP_RECIPIENTS_REFUSED: nobody has it: of several recipients all were refused, or one was and
 *   NX_SMTP_MAIL_ALL_OR_NOTHING is set. NX_SMTP_DELIVERY_UNKNOWN: a retry may deliver twice.
 *   Who has it and who has not: nx_smtp_client_mail_recipient_get.
 * NX_SMTP_BODY_FAILED: a callback failed, or gave another number of octets: nothing was delivered.
 * NX_SMTP_UNOFFERED: see nx_smtp_client_mail_options_set. NX_SMTP_CANCELLED.
 * NX_SMTP_INVALID_PARAM: no recipient, no message; HTML's image without HTML; a field that the
 *   client writes itself; options without extensions.
 * NX_NOT_CONNECTED: besides, the server has ended the session before this mail (421): send again.
 * A session that is lost is over then, and so is one in which the server takes no more mails
 * (RFC 9422, MAILMAX): the next mail has one of its own.
 */
UINT _nx_smtp_client_mail_send(NX_SMTP_CLIENT *client_ptr, NX_SMTP_MAIL *mail_ptr);
UINT _nxe_smtp_client_mail_send(NX_SMTP_CLIENT *client_ptr, NX_SMTP_MAIL *mail_ptr);

/*
 * Connects and logs in, once for any number of nx_smtp_client_mail_send and nx_smtp_client_command;
 * to be ended by nx_smtp_client_disconnect. Meanwhile nx_smtp_mail_send, nx_smtp_client_delete and
 * what sets options give NX_SMTP_CLIENT_BUSY. Servers end an idle session after some minutes:
 * NX_SMTP_COMMAND_NOOP keeps it.
 * session_ptr: memory for it, borrowed until it is over. Blocks.
 * NX_NOT_CLOSED: there is a session. Else as nx_smtp_mail_send; on any status but NX_SUCCESS there
 * is no session.
 */
UINT _nx_smtp_client_connect(NX_SMTP_CLIENT *client_ptr, NX_SMTP_SESSION *session_ptr);
UINT _nxe_smtp_client_connect(NX_SMTP_CLIENT *client_ptr, NX_SMTP_SESSION *session_ptr);

/* Ends the session: QUIT, disconnect. NX_NOT_CONNECTED: there is none (it may have been lost, or
 * the server takes no more mails in it). */
UINT _nx_smtp_client_disconnect(NX_SMTP_CLIENT *client_ptr);
UINT _nxe_smtp_client_disconnect(NX_SMTP_CLIENT *client_ptr);

/*
 * Asks the server of the session something. Blocks.
 * command: NX_SMTP_COMMAND_. argument: user, list, topic, host; NX_NULL with NOOP, may be with
 * HELP. code, text: filled with its answer: the code, 0 if there was none, and the text, lines
 * joined by LF, which is the client's and stays until the next call on it. Either may be NX_NULL.
 * NX_SUCCESS: a good answer (2xx). NX_SMTP_SERVER_ERROR_REPLY: a refusal (4xx, 5xx); the session
 * goes on. NX_SMTP_INVALID_PARAM: no such command; no argument. NX_SMTP_INJECTION_REFUSED,
 * NX_SMTP_ADDRESS_REFUSED: a control byte; not ASCII or too long. NX_NOT_CONNECTED: there is no
 * session, or it is lost. Else as nx_smtp_mail_send.
 */
UINT _nx_smtp_client_command(NX_SMTP_CLIENT *client_ptr, UINT command, CHAR *argument, UINT *code,
                             CHAR **text);
UINT _nxe_smtp_client_command(NX_SMTP_CLIENT *client_ptr, UINT command, CHAR *argument, UINT *code,
                              CHAR **text);

/* What the server of the session offers: mask of SMTPLITE_EXT_ (smtplite/engine.h), and the
 * largest message that it takes, 0: not said. NX_NOT_CONNECTED: there is no session. */
UINT _nx_smtp_client_offered_get(NX_SMTP_CLIENT *client_ptr, ULONG *extensions, ULONG *size_limit);
UINT _nxe_smtp_client_offered_get(NX_SMTP_CLIENT *client_ptr, ULONG *extensions, ULONG *size_limit);

/* The server's name for the mail that it has just taken, for logs: a part of its reply's text, not
 * NUL-terminated, the client's until the next call on it. Directly after the send: the next reply
 * is written over it. Length 0: the mail was not taken. */
UINT _nx_smtp_client_queue_id_get(NX_SMTP_CLIENT *client_ptr, CHAR **queue_id, UINT *length);
UINT _nxe_smtp_client_queue_id_get(NX_SMTP_CLIENT *client_ptr, CHAR **queue_id, UINT *length);

/* extensions: mask of NX_SMTP_EXTENSIONS_; LMTP and NO_CHUNKING bring the others with them. NONE,
 * as at first: a mail is plain (SIZE, 8BITMIME), and the firmware does not carry what is behind
 * them. NX_SMTP_INVALID_PARAM: unknown bits. */
UINT _nx_smtp_client_extensions_set(NX_SMTP_CLIENT *client_ptr, UINT extensions);
UINT _nxe_smtp_client_extensions_set(NX_SMTP_CLIENT *client_ptr, UINT extensions);

/*
 * Ends the call that is under way in another thread, nx_smtp_mail_send too: that one gives
 * NX_SMTP_CANCELLED, and nothing was delivered; or NX_SMTP_DELIVERY_UNKNOWN, if the message's end
 * had left and was not answered; or NX_SUCCESS, if it was just done. A session is over with it.
 * Does not wait. The other call is back within a tenth of a second, or, where NetX itself waits,
 * within that limit: NX_SMTP_CLIENT_PACKET_TIMEOUT (the pool is empty), NX_SMTP_CLIENT_SEND_TIMEOUT
 * (the server's window is shut), NX_SMTP_CLIENT_DISCONNECT_TIMEOUT, and in nx_smtp_mail_send
 * NX_SMTP_CLIENT_CONNECTION_TIMEOUT.
 * Allowed from: initialization, threads, timers, ISRs.
 * NX_NOT_SUCCESSFUL: no call is under way; nothing happens, and the next one is not concerned.
 */
UINT _nx_smtp_client_cancel(NX_SMTP_CLIENT *client_ptr);
UINT _nxe_smtp_client_cancel(NX_SMTP_CLIENT *client_ptr);

#ifdef __cplusplus
}
#endif

#endif
