/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_PHASES_H
#define SMTPLITE_PHASES_H

/*
 * The phases of an SMTP session, in one list. From it come the enum, the table that the engine
 * walks (src/engine/phases.c), the names in reports, and docs/phases.md.
 *
 * X(NAME, wait, command)
 *   NAME     SMTPLITE_PHASE_NAME; the reply of this phase is judged by on_NAME()
 *   wait     which time limit of struct smtplite_waits its reply has (RFC 5321 4.5.3.2)
 *   command  what is sent: text, with \1 .. \5 in place of what the session fills in:
 *            \1 the domain (EHLO name)  \2 the sender  \3 the recipient
 *            \4 the SASL mechanism's name  \5 its response, in base64
 */
#define SMTPLITE_PHASES(X)                                                                         \
    X(IDLE, COMMAND, "")                                                                           \
    X(GREETING, GREETING, "")                                                                      \
    X(EHLO, COMMAND, "EHLO \1\r\n")                                                                \
    X(HELO, COMMAND, "HELO \1\r\n")                                                                \
    X(STARTTLS, COMMAND, "STARTTLS\r\n")                                                           \
    X(TLS, COMMAND, "")                                                                            \
    X(AUTH, COMMAND, "AUTH \4\r\n")                                                                \
    X(AUTH_INITIAL, COMMAND, "AUTH \4 \5\r\n")                                                     \
    X(AUTH_RESPONSE, COMMAND, "\5\r\n")                                                            \
    X(AUTH_CANCEL, COMMAND, "*\r\n")                                                               \
    X(MAIL, COMMAND, "MAIL FROM:<\2>\r\n")                                                         \
    X(MAIL_8BIT, COMMAND, "MAIL FROM:<\2> BODY=8BITMIME\r\n")                                      \
    X(RCPT, COMMAND, "RCPT TO:<\3>\r\n")                                                           \
    X(DATA, DATA, "DATA\r\n")                                                                      \
    X(MESSAGE, MESSAGE, "")                                                                        \
    X(RSET, COMMAND, "RSET\r\n")                                                                   \
    X(NOOP, COMMAND, "NOOP\r\n")                                                                   \
    X(QUIT, QUIT, "QUIT\r\n")                                                                      \
    X(CLOSED, COMMAND, "")

#define SMTPLITE_X_PHASE(name, wait, command) SMTPLITE_PHASE_##name,
enum smtplite_phase { SMTPLITE_PHASES(SMTPLITE_X_PHASE) SMTPLITE_PHASE_COUNT };
#undef SMTPLITE_X_PHASE

#endif
