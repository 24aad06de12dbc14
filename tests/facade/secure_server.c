/* SPDX-License-Identifier: MIT */

#define _POSIX_C_SOURCE 200809L

#include "secure_server.h"

#include <arpa/inet.h>
#include <gsasl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE 10000 /* ms */
#define LINE     16384

/* ---- Octets ------------------------------------------------------------------------------- */

static void note(char **text, size_t *len, const char *p, size_t n) {
    *text = realloc(*text, *len + n + 1);
    memcpy(*text + *len, p, n);
    *len += n;
    (*text)[*len] = '\0';
}

static bool is_readable(int fd, int wait) {
    struct pollfd poller = {fd, POLLIN, 0};
    return poll(&poller, 1, wait) > 0;
}

/* Brings what OpenSSL has made onto the wire, as much of it as the manners let through. */
static bool flush(struct secure_server *server) {
    BIO *out = SSL_get_wbio(server->ssl);
    char part[4096];
    int n;
    while ((n = BIO_read(out, part, sizeof part)) > 0) {
        size_t left = (size_t)n;
        bool cut = server->manners.handshake == CUT_AT && left >= server->manners.octets;
        if (cut)
            left = server->manners.octets;
        if (left > 0 && send(server->fd, part, left, MSG_NOSIGNAL) < 0)
            return false;
        if (server->manners.handshake == CUT_AT)
            server->manners.octets -= left;
        server->cut |= cut;
    }
    return !server->cut;
}

/* A client that goes on in clear would say one of these. */
static bool is_clear(const char *p, size_t n) {
    static const char *const words[] = {"QUIT\r\n", "MAIL FROM", "AUTH ", "EHLO ", "Subject"};
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++)
        for (size_t i = 0; i + strlen(words[w]) <= n; i++)
            if (memcmp(p + i, words[w], strlen(words[w])) == 0)
                return true;
    return false;
}

/* Gives OpenSSL what came. False: nothing will come any more. */
static bool fill(struct secure_server *server) {
    char part[4096];
    ssize_t n = is_readable(server->fd, PATIENCE) ? recv(server->fd, part, sizeof part, 0) : -1;
    server->leaked |= n > 0 && is_clear(part, (size_t)n);
    return n > 0 && BIO_write(SSL_get_rbio(server->ssl), part, (int)n) == n;
}

/* One octet, or -1: the end. */
static int get_octet(struct secure_server *server) {
    char c;
    int n = 0;
    if (server->cut)
        return -1;
    if (server->ssl == NULL) {
        if (!is_readable(server->fd, PATIENCE) || recv(server->fd, &c, 1, 0) != 1)
            return -1;
        note(&server->clear, &server->clear_len, &c, 1);
        return (unsigned char)c;
    }
    while ((n = SSL_read(server->ssl, &c, 1)) != 1) {
        int error = SSL_get_error(server->ssl, n);
        server->goodbye = error == SSL_ERROR_ZERO_RETURN;
        if (error != SSL_ERROR_WANT_READ || !flush(server) || !fill(server))
            return -1;
    }
    note(&server->heard, &server->heard_len, &c, 1);
    return (unsigned char)c;
}

static bool get_line(struct secure_server *server, char *line) {
    size_t n = 0;
    while (n + 1 < LINE) {
        int c = get_octet(server);
        if (c < 0)
            return false;
        line[n++] = (char)c;
        line[n] = '\0';
        if (c == '\n')
            return true;
    }
    return false;
}

static bool say(struct secure_server *server, const char *text) {
    int n = (int)strlen(text);
    if (server->ssl == NULL)
        return send(server->fd, text, (size_t)n, MSG_NOSIGNAL) == n;
    return SSL_write(server->ssl, text, n) == n && flush(server);
}

/* ---- The handshake ------------------------------------------------------------------------ */

static void drip(struct secure_server *server) {
    static const char head[] = {22, 3, 3, 0x40, 0};
    struct timespec gap = {0, 100000000};
    char byte;
    for (size_t i = 0; i < 100; i++) {
        char c = i < sizeof head ? head[i] : 2;
        if (send(server->fd, &c, 1, MSG_NOSIGNAL) != 1)
            return;
        nanosleep(&gap, NULL);
        while (is_readable(server->fd, 0))
            if (recv(server->fd, &byte, 1, 0) <= 0)
                return;
    }
}

static void swallow(struct secure_server *server) {
    char part[256];
    ssize_t n;
    while (is_readable(server->fd, PATIENCE) && (n = recv(server->fd, part, sizeof part, 0)) > 0)
        server->leaked |= is_clear(part, (size_t)n);
}

static bool shake_hands(struct secure_server *server) {
    const char *name;
    int done;
    server->ssl = SSL_new(server->context);
    SSL_set_bio(server->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(server->ssl);
    while ((done = SSL_do_handshake(server->ssl)) != 1) {
        bool goes_on = SSL_get_error(server->ssl, done) == SSL_ERROR_WANT_READ;
        if (!flush(server) || !goes_on || !fill(server))
            return false;
    }
    name = SSL_get_servername(server->ssl, TLSEXT_NAMETYPE_host_name);
    snprintf(server->sni, sizeof server->sni, "%s", name != NULL ? name : "");
    server->handshakes++;
    return flush(server);
}

/* True: TLS is on. */
static bool start_tls(struct secure_server *server) {
    switch (server->manners.handshake) {
    case GO_ON:
    case CUT_AT:
        return shake_hands(server);
    case GARBAGE:
        say(server, "220 what is this?\r\n502 I speak no such thing\r\n");
        swallow(server);
        return false;
    case SILENT:
        swallow(server);
        return false;
    case DRIP:
        drip(server);
        return false;
    case CUT:
        break;
    }
    return false;
}

/* ---- SMTP --------------------------------------------------------------------------------- */

static bool has(const char *line, const char *verb) {
    return strncmp(line, verb, strlen(verb)) == 0;
}

static void greet(struct secure_server *server) {
    char text[512];
    const char *rest = server->manners.ehlo != NULL ? server->manners.ehlo : "AUTH PLAIN LOGIN";
    if (server->ssl == NULL)
        rest = server->manners.clear_ehlo != NULL ? server->manners.clear_ehlo : "STARTTLS";
    snprintf(text, sizeof text, "250-secure.example.org\r\n250-8BITMIME\r\n250 %s\r\n", rest);
    say(server, text);
}

static int answer_property(Gsasl *sasl, Gsasl_session *session, Gsasl_property property) {
    (void)sasl;
    if (property == GSASL_PASSWORD)
        return gsasl_property_set(session, property, "a password of more than twenty octets");
    return property == GSASL_SCRAM_ITER ? gsasl_property_set(session, property, "4096")
                                        : GSASL_NO_CALLBACK;
}

/* One login by GNU SASL. */
static void log_in(struct secure_server *server, const char *mechanism, const char *initial) {
    Gsasl_session *session;
    char line[LINE];
    char *out = NULL;
    int step = GSASL_NEEDS_MORE;
    if (gsasl_server_start(server->sasl, mechanism, &session) != GSASL_OK) {
        say(server, "504 no such mechanism\r\n");
        return;
    }
    snprintf(line, sizeof line, "%s", initial);
    if (*initial == '\0' && !has(mechanism, "CRAM")) {
        say(server, "334 \r\n");
        if (!get_line(server, line))
            *line = '\0';
    }
    while (true) {
        char text[LINE];
        line[strcspn(line, "\r\n")] = '\0';
        step = gsasl_step64(session, line, &out);
        if (step != GSASL_NEEDS_MORE && (step != GSASL_OK || out == NULL || *out == '\0'))
            break;
        snprintf(text, sizeof text, "334 %s\r\n", out);
        gsasl_free(out);
        out = NULL;
        if (!say(server, text) || !get_line(server, line))
            break;
        if (step == GSASL_OK)
            break;
    }
    gsasl_free(out);
    gsasl_finish(session);
    server->logged_in = step == GSASL_OK;
    say(server, step == GSASL_OK ? "235 welcome\r\n" : "535 5.7.8 no\r\n");
}

/* PLAIN, LOGIN and tokens are taken as they come. */
static void take_login(struct secure_server *server, char *line) {
    const char *reply = server->manners.login != NULL ? server->manners.login : "235 welcome\r\n";
    bool is_login = has(line, "AUTH LOGIN");
    bool initial = strchr(line + 5, ' ') != NULL;
    for (int left = is_login ? 2 : !initial; left > 0; left--)
        if (!say(server, "334 \r\n") || !get_line(server, line))
            return;
    say(server, reply);
}

static void answer_auth(struct secure_server *server, char *line) {
    char mechanism[64] = "";
    char *initial = strchr(line + 5, ' ');
    size_t n = strcspn(line + 5, " \r\n");
    memcpy(mechanism, line + 5, n < sizeof mechanism ? n : 0);
    if (has(mechanism, "SCRAM") || has(mechanism, "CRAM"))
        log_in(server, mechanism, initial != NULL ? initial + 1 : "");
    else
        take_login(server, line);
}

static void take_message(struct secure_server *server, char *line) {
    say(server, "354 go on\r\n");
    while (get_line(server, line) && strcmp(line, ".\r\n") != 0)
        continue;
    server->mails += strcmp(line, ".\r\n") == 0;
    if (server->manners.reads_on)
        swallow(server);
    else
        say(server, "250 queued\r\n");
}

/* False: the connection is over. */
static bool answer(struct secure_server *server, char *line) {
    if (has(line, "EHLO")) {
        greet(server);
    } else if (has(line, "STARTTLS")) {
        const char *reply = server->manners.starttls;
        say(server, reply != NULL ? reply : "220 go ahead\r\n");
        return (reply != NULL && reply[0] != '2') || start_tls(server);
    } else if (has(line, "AUTH")) {
        answer_auth(server, line);
    } else if (has(line, "DATA")) {
        take_message(server, line);
    } else if (has(line, "QUIT")) {
        say(server, "221 bye\r\n");
        return false;
    } else {
        say(server, "250 good\r\n");
    }
    return true;
}

static void end_tls(struct secure_server *server) {
    if (server->ssl == NULL)
        return;
    if (!server->manners.no_notify && SSL_is_init_finished(server->ssl)) {
        SSL_shutdown(server->ssl);
        flush(server);
    }
    while (get_octet(server) >= 0) /* the client's close_notify */
        continue;
    SSL_free(server->ssl);
    server->ssl = NULL;
    ERR_clear_error();
}

static void serve_one(struct secure_server *server) {
    char line[LINE];
    size_t octets = server->manners.octets;
    server->goodbye = false;
    if (!server->manners.implicit || start_tls(server)) {
        say(server, "220 secure.example.org\r\n");
        while (get_line(server, line) && answer(server, line))
            continue;
    }
    if (server->cut)
        shutdown(server->fd, SHUT_RDWR);
    end_tls(server);
    server->manners.octets = octets;
}

static void *serve(void *arg) {
    struct secure_server *server = arg;
    int one = 1;
    while ((server->fd = accept(server->listener, NULL, NULL)) >= 0) {
        setsockopt(server->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        server->connections++;
        serve_one(server);
        close(server->fd);
    }
    return NULL;
}

/* ---- Its life ----------------------------------------------------------------------------- */

static void fail(const char *what) {
    printf("secure server: %s\n", what);
    exit(EXIT_FAILURE);
}

static SSL_CTX *make_context(const struct manners *manners) {
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
    SSL_CTX_set_security_level(context, 0);
    if (manners->max_version != 0) {
        SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context, manners->max_version);
    }
    if (SSL_CTX_use_certificate_chain_file(context, manners->certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, manners->certificate, SSL_FILETYPE_PEM) != 1)
        fail(manners->certificate);
    return context;
}

void secure_server_start(struct secure_server *server, const struct manners *manners) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
    } address = {.v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address.v4;
    memset(server, 0, sizeof *server);
    server->manners = *manners;
    server->context = make_context(manners);
    if (gsasl_init((Gsasl **)&server->sasl) != GSASL_OK)
        fail("gsasl");
    gsasl_callback_set(server->sasl, answer_property);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server->listener, &address.any, size) != 0 || listen(server->listener, 5) != 0 ||
        getsockname(server->listener, &address.any, &size) != 0)
        fail("listen");
    server->port = ntohs(address.v4.sin_port);
    if (pthread_create(&server->thread, NULL, serve, server) != 0)
        fail("thread");
}

void secure_server_join(struct secure_server *server) {
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
}

void secure_server_free(struct secure_server *server) {
    SSL_CTX_free(server->context);
    gsasl_done(server->sasl);
    free(server->clear);
    free(server->heard);
}
