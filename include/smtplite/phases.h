/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_PHASES_H
#define SMTPLITE_PHASES_H

/*
 * The phases of an SMTP session, in one list. From it come the enum, the commands that are sent and
 * the switch that judges replies (src/engine/phases.c), and the names in reports.
 *
 * X(NAME, command)
 *   NAME     SMTPLITE_PHASE_NAME; the reply of this phase is judged by on_NAME()
 *   command  what is sent: text, with \1 .. \7 in place of what the session fills in:
 *            \1 the domain (EHLO name)   \2 the sender      \3 the recipient
 *            \4 the SASL mechanism       \5 its response, in base64
 *            \6 what may stand behind:   a blank before what is optional, parameters (SIZE=...)
 *            \7 the argument of smtplite_command
 */
#define SMTPLITE_PHASES(X)                                                                         \
    X(IDLE, "")                                                                                    \
    X(GREETING, "")                                                                                \
    X(EHLO, "EHLO \1\r\n")                                                                         \
    X(HELO, "HELO \1\r\n")                                                                         \
    X(LHLO, "LHLO \1\r\n")                                                                         \
    X(STARTTLS, "STARTTLS\r\n")                                                                    \
    X(TLS, "")                                                                                     \
    X(AUTH, "AUTH \4\6\5\r\n")                                                                     \
    X(AUTH_RESPONSE, "\5\r\n")                                                                     \
    X(AUTH_CANCEL, "*\r\n")                                                                        \
    X(MAIL, "MAIL FROM:<\2>\6\r\n")                                                                \
    X(RCPT, "RCPT TO:<\3>\6\r\n")                                                                  \
    X(DATA, "DATA\r\n")                                                                            \
    X(BDAT, "")                                                                                    \
    X(MESSAGE, "")                                                                                 \
    X(RSET, "RSET\r\n")                                                                            \
    X(NOOP, "NOOP\r\n")                                                                            \
    X(VRFY, "VRFY \7\r\n")                                                                         \
    X(EXPN, "EXPN \7\r\n")                                                                         \
    X(HELP, "HELP\6\7\r\n")                                                                        \
    X(ETRN, "ETRN \7\r\n")                                                                         \
    X(QUIT, "QUIT\r\n")

#define SMTPLITE_X_PHASE(name, command) SMTPLITE_PHASE_##name,
enum smtplite_phase { SMTPLITE_PHASES(SMTPLITE_X_PHASE) SMTPLITE_PHASE_COUNT };
#undef SMTPLITE_X_PHASE

#endif
