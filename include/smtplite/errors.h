/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_ERRORS_H
#define SMTPLITE_ERRORS_H

/*
 * Every error, in one list: X(NAME, what to do about it). The first group is misuse or bad input:
 * returned by the call, nothing was sent, the session is untouched (but TOO_LONG may also end a
 * login). The second stands in the result and ends the session, but for SIZE, BODY_8BIT and
 * UNOFFERED found before MAIL. A server's refusal is no error but data: see struct smtplite_result.
 */
#define SMTPLITE_ERRORS(X)                                                                         \
    X(OK, "no error here; if nothing was sent, the server refused: 4xx later, 5xx no")             \
    /* returned by a call */                                                                       \
    X(ARGUMENT,                                                                                    \
      "a pointer is null, a list is empty, a text is missing, or a user has no mechanisms")        \
    X(STATE,                                                                                       \
      "this call does not fit now: wait for its event; a session that is over needs a new one")    \
    X(CONTROL, "a text has a control byte (CR, LF, ...): remove it, it could become a command")    \
    X(ADDRESS,                                                                                     \
      "an address has <, >, a space, an open quote or broken UTF-8: give the bare addr-spec")      \
    X(NON_ASCII, "an address or domain is not ASCII, and SMTPUTF8 is not spoken")                  \
    X(TOO_LONG,                                                                                    \
      "a text is too long for its RFC (local part 64, domain 255, path 254) or its memory")        \
    /* in the result, by an event */                                                               \
    X(BAD_REPLY, "the server's reply is no SMTP: is this port an SMTP server's?")                  \
    X(REPLY_TOO_LONG, "the server's reply goes on without end: the connection was given up")       \
    X(OUT_OF_STEP, "the server answered what was not asked: the connection was given up")          \
    X(REFUSED, "the server refused the session: see phase, code and text")                         \
    X(CLOSING,                                                                                     \
      "the server is closing (421), or takes no more in one session (MAILMAX): try later")         \
    X(CLOSED, "the server closed the connection in the middle of the session")                     \
    X(IO, "the transport failed, or was not set up: its reason stands in the report")              \
    X(TIMEOUT, "a time limit has passed, the server's or the message source's: see the phase")     \
    X(CANCELLED, "cancelled by the application")                                                   \
    X(TLS_UNAVAILABLE, "TLS is required and the server, or this build's transport, has none")      \
    X(TLS_FAILED, "the TLS handshake or the certificate's verification failed")                    \
    X(TLS_INJECTION, "bytes came in clear behind the answer to STARTTLS: an attack")               \
    X(AUTH_UNAVAILABLE,                                                                            \
      "the server offers no mechanism that is allowed and given what it needs (login.h)")          \
    X(AUTH_NEEDS_TLS,                                                                              \
      "a password or token would go in clear: use TLS, or set SMTPLITE_ALLOW_CLEAR_LOGIN")         \
    X(AUTH_CHALLENGE, "the server's login challenge is malformed or one too many")                 \
    X(AUTH_SERVER, "the server did not prove that it knows the password: an impostor, or broken")  \
    X(AUTH_ITERATIONS, "SCRAM's iteration count is beyond the limits of struct smtplite_login")    \
    X(AUTH_CRYPTO, "the hash provider failed: has it this hash, a random source, memory?")         \
    X(AUTH_REFUSED,                                                                                \
      "the server refused the login: user, password, token, certificate, or the mechanism")        \
    X(AUTH_DEFERRED, "the server refuses logins for now (4xx): wait before the next try")          \
    X(SIZE, "the message is larger than the server's limit")                                       \
    X(BODY_NUL, "the body has a NUL byte, which mail cannot carry: encode it")                     \
    X(BODY_8BIT, "the body has 8-bit text and the server takes 7-bit only: encode it")             \
    X(SOURCE,                                                                                      \
      "the message source, or the token's, failed or lied about its length: not delivered")        \
    X(UNOFFERED, "the server does not offer what the mail asks for: the text names it")

#define SMTPLITE_X_ERROR(name, text) SMTPLITE_E_##name,
enum smtplite_error { SMTPLITE_ERRORS(SMTPLITE_X_ERROR) SMTPLITE_E_COUNT };
#undef SMTPLITE_X_ERROR

#endif
