/* SPDX-License-Identifier: MIT */

/*
 * sasl_server: an SMTP server for tests whose logins are somebody else's: GNU SASL's (libgsasl),
 * over OpenSSL. So our SCRAM, with and without channel binding, is held against code that we did
 * not write. GNU SASL 2.2 has no OAUTHBEARER: that one is read here, as strictly as RFC 7628 3.1
 * is.
 *
 * It listens on 127.0.0.1 and serves one connection after the other, until it is stopped. It prints
 *   ready PORT
 *   login MECHANISM binding TYPE: RESULT     GNU SASL's name of it, e.g. GSASL_OK, or GIVEN_UP
 *   mail OCTETS                              of a message that was accepted
 *
 * With --fault it misbehaves:
 *   signature   the server's signature (SCRAM's last word) has one bit wrong
 *   unsigned    235 in its place
 *   early       235 right after AUTH
 *   endless     334 for ever
 *   nonce       the nonce does not begin with the client's
 *   binding     the channel's data differ from the client's, as a man in the middle's would
 *   stripped    channel binding is known, but -PLUS is missing in EHLO's reply, as if cut out
 */

#define _POSIX_C_SOURCE 200809L

#include <getopt.h>
#include <gsasl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "sasl_cyrus.h"

#define LINE_SIZE    32768
#define BINDING_SIZE 64
#define PATIENCE     20         /* seconds that a silent client is waited for */
#define ENDLESS      "Z28gb24=" /* "go on" */
#define GIVEN_UP     (-1)       /* beside GNU SASL's results: by `*`, or by going away */

enum fault { NONE, SIGNATURE, UNSIGNED, EARLY, ENDLESS_334, NONCE, BINDING, STRIPPED };
static const char *const fault_names[] = {"none",  "signature", "unsigned", "early", "endless",
                                          "nonce", "binding",   "stripped", NULL};

/* What the command line says. */
static const char *mechanisms = "";
static const char *user = "";
static const char *password = "";
static const char *token = "";
static const char *iterations = "4096";
static enum fault fault;
static bool implicit_tls;
static bool by_cyrus;

static SSL_CTX *tls_context;
static Gsasl *sasl;

/* The client of the moment. */
struct peer {
    int socket;
    SSL *tls; /* NULL: in clear */
    size_t len;
    char in[LINE_SIZE];
    bool logged_in;
    const char *binding_name; /* "none" without */
    char *binding;            /* in base64, as GNU SASL wants it; NULL without */
};

static _Noreturn void refuse(const char *what, const char *about) {
    fprintf(stderr, "sasl_server: %s %s\n", what, about);
    ERR_print_errors_fp(stderr);
    exit(2);
}

static void *must(void *memory) {
    if (memory == NULL)
        refuse("out of", "memory");
    return memory;
}

/* ---- lines ---- */

static int read_some(struct peer *peer, char *p, int n) {
    return peer->tls != NULL ? SSL_read(peer->tls, p, n) : (int)read(peer->socket, p, (size_t)n);
}

static void write_all(struct peer *peer, const char *p, size_t n) {
    if (peer->tls != NULL)
        (void)SSL_write(peer->tls, p, (int)n);
    else
        (void)send(peer->socket, p, n, MSG_NOSIGNAL);
}

__attribute__((format(printf, 2, 3))) static void say(struct peer *peer, const char *format, ...) {
    static char line[LINE_SIZE];
    va_list values;
    va_start(values, format);
    int n = vsnprintf(line, sizeof line - 2, format, values);
    va_end(values);
    if (n < 0 || (size_t)n >= sizeof line - 2)
        refuse("a reply is too long:", format);
    memcpy(line + n, "\r\n", 3);
    write_all(peer, line, (size_t)n + 2);
}

/* The next line without its end, in `line`; false: the client has gone, or says nothing. */
static bool read_line(struct peer *peer, char line[LINE_SIZE]) {
    char *end;
    while ((end = memchr(peer->in, '\n', peer->len)) == NULL) {
        int got;
        if (peer->len == sizeof peer->in)
            return false;
        got = read_some(peer, peer->in + peer->len, (int)(sizeof peer->in - peer->len));
        if (got <= 0)
            return false;
        peer->len += (size_t)got;
    }
    size_t n = (size_t)(end + 1 - peer->in);
    memcpy(line, peer->in, n);
    peer->len -= n;
    memmove(peer->in, end + 1, peer->len);
    line[n - 1] = '\0';
    if (n > 1 && line[n - 2] == '\r')
        line[n - 2] = '\0';
    return true;
}

/* ---- TLS and its channel binding ---- */

/* tls-unique (RFC 5929 3.1): the first Finished of the handshake, which is the client's unless a
 * session was resumed. */
static size_t find_unique(SSL *tls, uint8_t out[BINDING_SIZE]) {
    return SSL_session_reused(tls) ? SSL_get_finished(tls, out, BINDING_SIZE)
                                   : SSL_get_peer_finished(tls, out, BINDING_SIZE);
}

static size_t find_exporter(SSL *tls, uint8_t out[BINDING_SIZE]) {
    static const char label[] = "EXPORTER-Channel-Binding"; /* RFC 9266 2 */
    if (SSL_export_keying_material(tls, out, 32, label, sizeof label - 1, NULL, 0, 1) != 1)
        refuse("no keying", "material");
    return 32;
}

/* tls-server-end-point (RFC 5929 4.1), of a certificate signed by SHA-256. */
static size_t find_end_point(SSL *tls, uint8_t out[BINDING_SIZE]) {
    unsigned n = 0;
    if (X509_digest(SSL_get_certificate(tls), EVP_sha256(), out, &n) != 1)
        refuse("no", "digest");
    return n;
}

struct binding {
    const char *name;
    size_t (*find)(SSL *tls, uint8_t out[BINDING_SIZE]);
};
static const struct binding end_point = {"tls-server-end-point", find_end_point};
static const struct binding exporter = {"tls-exporter", find_exporter};
static const struct binding unique = {"tls-unique", find_unique};

static const struct binding *choose_binding(SSL *tls) {
    if (by_cyrus)
        return &end_point;
    return SSL_version(tls) >= TLS1_3_VERSION ? &exporter : &unique;
}

static bool offers_plus(void) {
    return strstr(mechanisms, "-PLUS") != NULL;
}

static void find_binding(struct peer *peer) {
    uint8_t data[BINDING_SIZE];
    const struct binding *binding = choose_binding(peer->tls);
    if (!offers_plus() && fault != STRIPPED)
        return;
    size_t n = binding->find(peer->tls, data);
    if (fault == BINDING)
        data[0] ^= 1;
    peer->binding_name = binding->name;
    if (gsasl_base64_to((char *)data, n, &peer->binding, NULL) != GSASL_OK)
        refuse("out of", "memory");
}

static bool start_tls(struct peer *peer) {
    peer->len = 0;
    peer->tls = must(SSL_new(tls_context));
    SSL_set_fd(peer->tls, peer->socket);
    if (SSL_accept(peer->tls) != 1)
        return false;
    find_binding(peer);
    return true;
}

static void prepare_tls(const char *certificate, const char *key, const char *client_ca) {
    if (certificate == NULL || key == NULL)
        refuse("--certificate and --key", "are needed");
    if (SSL_CTX_use_certificate_chain_file(tls_context, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls_context, key, SSL_FILETYPE_PEM) != 1)
        refuse("cannot read", certificate);
    if (client_ca == NULL)
        return;
    if (SSL_CTX_load_verify_locations(tls_context, client_ca, NULL) != 1)
        refuse("cannot read", client_ca);
    SSL_CTX_set_verify(tls_context, SSL_VERIFY_PEER, NULL);
}

static bool has_client_certificate(const struct peer *peer) {
    return peer->tls != NULL && SSL_get0_peer_certificate(peer->tls) != NULL &&
           SSL_get_verify_result(peer->tls) == X509_V_OK;
}

/* ---- logins by GNU SASL ---- */

static int set_property(Gsasl_session *session, Gsasl_property property, const char *value) {
    return value == NULL ? GSASL_NO_CALLBACK : gsasl_property_set(session, property, value);
}

/* Only this name's password is known. */
static int give_password(Gsasl_session *session) {
    const char *name = gsasl_property_fast(session, GSASL_AUTHID);
    if (name == NULL || strcmp(name, user) != 0)
        return GSASL_NO_PASSWORD;
    return set_property(session, GSASL_PASSWORD, password);
}

/* EXTERNAL acts for nobody else than the certificate's owner. */
static int check_external(Gsasl_session *session, const struct peer *peer) {
    const char *authzid = gsasl_property_fast(session, GSASL_AUTHZID);
    bool self = authzid == NULL || *authzid == '\0' || strcmp(authzid, user) == 0;
    return self && has_client_certificate(peer) ? GSASL_OK : GSASL_AUTHENTICATION_ERROR;
}

static int answer_property(Gsasl *context, Gsasl_session *session, Gsasl_property property) {
    const struct peer *peer = gsasl_session_hook_get(session);
    bool by_exporter = peer->binding_name == exporter.name;
    (void)context;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
    switch (property) {
    case GSASL_PASSWORD:
        return give_password(session);
    case GSASL_SCRAM_ITER:
        return set_property(session, property, iterations);
    case GSASL_CB_TLS_EXPORTER:
        return set_property(session, property, by_exporter ? peer->binding : NULL);
    case GSASL_CB_TLS_UNIQUE:
        return set_property(session, property, by_exporter ? NULL : peer->binding);
    case GSASL_VALIDATE_EXTERNAL:
        return check_external(session, peer);
    case GSASL_HOSTNAME:
        return set_property(session, property, "localhost");
    default:
        return GSASL_NO_CALLBACK;
    }
#pragma GCC diagnostic pop
}

/* Changes one character of a challenge's part: r=..., v=... at its start. */
static void spoil(char **challenge) {
    char *text;
    size_t n;
    if (gsasl_base64_from(*challenge, strlen(*challenge), &text, &n) != GSASL_OK)
        refuse("no base64:", *challenge);
    if (n > 2)
        text[2] = text[2] == 'A' ? 'B' : 'A';
    gsasl_free(*challenge);
    if (gsasl_base64_to(text, n, challenge, NULL) != GSASL_OK)
        refuse("out of", "memory");
    gsasl_free(text);
}

/* Reads the answer to a 334; false: the client has given up. */
static bool read_answer(struct peer *peer, char line[LINE_SIZE]) {
    return read_line(peer, line) && strcmp(line, "*") != 0;
}

/* gsasl_step64, or what is called like it. */
typedef int make_step(void *session, const char *response, char **challenge);

static int make_gsasl_step(void *session, const char *response, char **challenge) {
    return gsasl_step64(session, response, challenge);
}

/* The steps of one exchange. `line` has the client's first word on entry. */
static int exchange(struct peer *peer, make_step *make, void *session, char line[LINE_SIZE]) {
    for (unsigned step = 0;; step++) {
        char *challenge = NULL;
        int result = make(session, line, &challenge);
        if (result != GSASL_OK && result != GSASL_NEEDS_MORE)
            return result;
        bool last = result == GSASL_OK;
        if (last && (*challenge == '\0' || fault == UNSIGNED)) {
            gsasl_free(challenge);
            return result;
        }
        if ((last && fault == SIGNATURE) || (step == 0 && fault == NONCE))
            spoil(&challenge);
        say(peer, "334 %s", challenge);
        gsasl_free(challenge);
        if (!read_answer(peer, line))
            return GIVEN_UP;
        if (last)
            return *line == '\0' ? GSASL_OK : GSASL_MECHANISM_PARSE_ERROR;
    }
}

static int login_by_gsasl(struct peer *peer, const char *name, char line[LINE_SIZE]) {
    Gsasl_session *session;
    int result = gsasl_server_start(sasl, name, &session);
    if (result != GSASL_OK)
        return result;
    gsasl_session_hook_set(session, peer);
    result = exchange(peer, make_gsasl_step, session, line);
    gsasl_finish(session);
    return result;
}

static int login_by_cyrus(struct peer *peer, const char *name, char line[LINE_SIZE]) {
    void *login;
    int result = cyrus_begin(name, peer->binding_name, peer->binding, &login);
    if (result != GSASL_OK)
        return result;
    result = exchange(peer, cyrus_step, login, line);
    cyrus_end(login);
    return result;
}

/* ---- OAUTHBEARER (RFC 7628) ---- */

/* client-resp = "n," [authzid] "," kvsep *(key "=" value kvsep) kvsep, with auth among the keys,
 * and host and port no more than once. */
static bool is_good_bearer(const char *p, size_t n) {
    char wanted[LINE_SIZE];
    char authzid[LINE_SIZE];
    const char *end = p + n;
    bool authorized = false;
    snprintf(wanted, sizeof wanted, "auth=Bearer %s", token);
    snprintf(authzid, sizeof authzid, "n,a=%s,\1", user);
    if (n < strlen(authzid) || memcmp(p, authzid, strlen(authzid)) != 0 || end[-1] != '\1')
        return false;
    for (p += strlen(authzid); p < end - 1;) {
        const char *stop = memchr(p, '\1', (size_t)(end - 1 - p));
        if (stop == NULL)
            return false;
        size_t len = (size_t)(stop - p);
        if (len == strlen(wanted) && memcmp(p, wanted, len) == 0)
            authorized = true;
        else if (strncmp(p, "host=", 5) != 0 && strncmp(p, "port=", 5) != 0)
            return false;
        p = stop + 1;
    }
    return authorized;
}

/* A refusal is told by a challenge, which the client has to answer by one octet 1 (RFC 7628 3.2.3).
 */
static int refuse_bearer(struct peer *peer, char line[LINE_SIZE]) {
    static const char why[] = "{\"status\":\"invalid_token\",\"scope\":\"mail.send\"}";
    char *challenge;
    if (gsasl_base64_to(why, sizeof why - 1, &challenge, NULL) != GSASL_OK)
        refuse("out of", "memory");
    say(peer, "334 %s", challenge);
    gsasl_free(challenge);
    if (!read_answer(peer, line))
        return GIVEN_UP;
    return strcmp(line, "AQ==") == 0 ? GSASL_AUTHENTICATION_ERROR : GSASL_MECHANISM_PARSE_ERROR;
}

static int login_by_bearer(struct peer *peer, char line[LINE_SIZE]) {
    char *response;
    size_t n;
    if (*line == '\0') {
        say(peer, "334 ");
        if (!read_answer(peer, line))
            return GIVEN_UP;
    }
    if (gsasl_base64_from(line, strlen(line), &response, &n) != GSASL_OK)
        return GSASL_BASE64_ERROR;
    bool good = is_good_bearer(response, n);
    gsasl_free(response);
    return good ? GSASL_OK : refuse_bearer(peer, line);
}

/* ---- AUTH ---- */

static bool is_offered(const char *name) {
    size_t n = strlen(name);
    for (const char *p = strstr(mechanisms, name); p != NULL && n != 0; p = strstr(p + 1, name))
        if ((p == mechanisms || p[-1] == ' ') && (p[n] == '\0' || p[n] == ' '))
            return true;
    return false;
}

static int say_334_for_ever(struct peer *peer, char line[LINE_SIZE]) {
    do
        say(peer, "334 " ENDLESS);
    while (read_answer(peer, line));
    return GIVEN_UP;
}

static int log_in(struct peer *peer, const char *name, char line[LINE_SIZE]) {
    if (fault == EARLY)
        return GSASL_OK;
    if (fault == ENDLESS_334)
        return say_334_for_ever(peer, line);
    if (strcmp(name, "OAUTHBEARER") == 0)
        return login_by_bearer(peer, line);
    return by_cyrus ? login_by_cyrus(peer, name, line) : login_by_gsasl(peer, name, line);
}

static void on_auth(struct peer *peer, const char *arguments) {
    char name[GSASL_MAX_MECHANISM_SIZE + 1];
    char line[LINE_SIZE];
    size_t n = strcspn(arguments, " ");
    if (n >= sizeof name) {
        say(peer, "504 5.5.4 No such mechanism");
        return;
    }
    memcpy(name, arguments, n);
    name[n] = '\0';
    if (!is_offered(name) || peer->logged_in) {
        say(peer, "504 5.5.4 This mechanism is not offered");
        return;
    }
    snprintf(line, sizeof line, "%s", arguments[n] == ' ' ? arguments + n + 1 : "");
    if (strcmp(line, "=") == 0) /* an empty initial response (RFC 4954 4) */
        *line = '\0';
    int result = log_in(peer, name, line);
    const char *words = result == GIVEN_UP ? "GIVEN_UP" : gsasl_strerror_name(result);
    printf("login %s binding %s: %s\n", name, peer->binding_name, words);
    peer->logged_in = result == GSASL_OK;
    if (peer->logged_in)
        say(peer, "235 2.7.0 Welcome");
    else
        say(peer, result == GIVEN_UP ? "501 5.7.0 %s" : "535 5.7.8 %s", words);
}

/* ---- the rest of SMTP ---- */

static void on_ehlo(struct peer *peer) {
    say(peer, "250-localhost");
    if (peer->tls == NULL)
        say(peer, "250-STARTTLS");
    else
        say(peer, "250-AUTH %s", mechanisms);
    say(peer, "250-8BITMIME");
    say(peer, "250 ENHANCEDSTATUSCODES");
}

static void on_data(struct peer *peer) {
    char line[LINE_SIZE];
    size_t count = 0;
    if (!peer->logged_in) {
        say(peer, "530 5.7.0 Authentication required");
        return;
    }
    say(peer, "354 Go on");
    while (read_line(peer, line) && strcmp(line, ".") != 0)
        count += strlen(line) + 2;
    printf("mail %zu\n", count);
    say(peer, "250 2.0.0 Stored");
}

static bool begins(const char *line, const char *command) {
    return strncasecmp(line, command, strlen(command)) == 0;
}

/* False: the connection is over. */
static bool on_command(struct peer *peer, const char *line) {
    if (begins(line, "QUIT")) {
        say(peer, "221 2.0.0 Bye");
        return false;
    }
    if (begins(line, "STARTTLS") && peer->tls == NULL) {
        say(peer, "220 2.0.0 Ready");
        return start_tls(peer);
    }
    if (begins(line, "EHLO"))
        on_ehlo(peer);
    else if (begins(line, "AUTH ") && peer->tls != NULL)
        on_auth(peer, line + 5);
    else if (begins(line, "DATA"))
        on_data(peer);
    else if (begins(line, "MAIL") || begins(line, "RCPT"))
        say(peer, peer->logged_in ? "250 2.1.0 Ok" : "530 5.7.0 Authentication required");
    else
        say(peer, "502 5.5.1 No such command");
    return true;
}

static void serve(int socket) {
    static struct peer peer;
    char line[LINE_SIZE];
    struct timeval patience = {.tv_sec = PATIENCE};
    memset(&peer, 0, sizeof peer);
    peer.socket = socket;
    peer.binding_name = "none";
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (!implicit_tls || start_tls(&peer)) {
        say(&peer, "220 localhost ESMTP");
        while (read_line(&peer, line) && on_command(&peer, line))
            ;
    }
    if (peer.tls != NULL)
        SSL_shutdown(peer.tls);
    SSL_free(peer.tls);
    gsasl_free(peer.binding);
    ERR_clear_error();
    close(socket);
}

static int listen_somewhere(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, len) != 0 ||
        listen(listener, 5) != 0 || getsockname(listener, (struct sockaddr *)&address, &len) != 0)
        refuse("cannot listen on", "127.0.0.1");
    printf("ready %u\n", ntohs(address.sin_port));
    return listener;
}

/* ---- the command line ---- */

static const struct option options[] = {
    {"mechanisms", required_argument, NULL, 'm'},
    {"user", required_argument, NULL, 'u'},
    {"password", required_argument, NULL, 'p'},
    {"token", required_argument, NULL, 't'},
    {"iterations", required_argument, NULL, 'i'},
    {"fault", required_argument, NULL, 'f'},
    {"certificate", required_argument, NULL, 'c'},
    {"key", required_argument, NULL, 'k'},
    {"client-ca", required_argument, NULL, 'a'},
    {"implicit", no_argument, NULL, 'I'},
    {"tls-1.2", no_argument, NULL, '2'},
    {"cyrus", no_argument, NULL, 'C'},
    {NULL, 0, NULL, 0},
};

static enum fault find_fault(const char *name) {
    for (unsigned i = 0; fault_names[i] != NULL; i++)
        if (strcmp(name, fault_names[i]) == 0)
            return (enum fault)i;
    refuse("no such fault:", name);
}

static const char **find_text(int which) {
    switch (which) {
    case 'm':
        return &mechanisms;
    case 'u':
        return &user;
    case 'p':
        return &password;
    case 't':
        return &token;
    default:
        return &iterations;
    }
}

static void read_options(int argc, char **argv) {
    int which;
    const char *certificate = NULL, *key = NULL, *client_ca = NULL;
    while ((which = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (which == '?')
            exit(2);
        if (which == 'f')
            fault = find_fault(optarg);
        else if (which == 'c')
            certificate = optarg;
        else if (which == 'k')
            key = optarg;
        else if (which == 'a')
            client_ca = optarg;
        else if (which == 'I')
            implicit_tls = true;
        else if (which == 'C')
            by_cyrus = true;
        else if (which == '2')
            SSL_CTX_set_max_proto_version(tls_context, TLS1_2_VERSION);
        else
            *find_text(which) = optarg;
    }
    if (optind < argc)
        refuse("options only, not", argv[optind]);
    prepare_tls(certificate, key, client_ca);
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    tls_context = must(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_set_min_proto_version(tls_context, TLS1_2_VERSION);
    if (gsasl_init(&sasl) != GSASL_OK)
        refuse("out of", "memory");
    gsasl_callback_set(sasl, answer_property);
    read_options(argc, argv);
    if (by_cyrus)
        cyrus_start(user, password, iterations);
    int listener = listen_somewhere();
    for (;;) {
        int socket = accept(listener, NULL, NULL);
        if (socket >= 0)
            serve(socket);
    }
}
