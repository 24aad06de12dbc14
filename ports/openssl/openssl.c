/* SPDX-License-Identifier: MIT */
/*
 * TLS by OpenSSL 3: a connection's handshake, reading and writing for src/tls/wrap.c.
 *
 * OpenSSL reaches the transport by a BIO of our own, which neither waits nor raises a signal. Its
 * error queue is the thread's: it is cleared before each call, since SSL_get_error looks at it, and
 * what is left there after a failure is ours and cleared, too.
 *
 * A session is kept for resumption if the certificate of its first handshake was found good. So a
 * resumed connection is as good as that one, by induction; and as the demands belong to the struct,
 * they are the same (A16).
 */

#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "openssl_inner.h"

#define FAULT(name) SMTPLITE_TLS_FAULT_##name

enum { SECURITY_LEVEL = 2 }; /* RSA of 2048 bits, no SHA-1: see SSL_CTX_set_security_level(3) */

/* wrap is the first member. */
static struct smtplite_openssl *port_of(struct smtplite_tls_wrap *wrap) {
    return (struct smtplite_openssl *)(void *)wrap;
}

/* ---- The BIO ------------------------------------------------------------------------------ */

static int bio_write(BIO *bio, const char *p, int n) {
    ptrdiff_t sent = smtplite_tls_wrap_send(BIO_get_data(bio), p, (size_t)n);
    BIO_clear_retry_flags(bio);
    if (sent == 0)
        BIO_set_retry_write(bio);
    return sent > 0 ? (int)sent : -1;
}

static int bio_read(BIO *bio, char *p, int n) {
    ptrdiff_t got = smtplite_tls_wrap_receive(BIO_get_data(bio), p, (size_t)n);
    BIO_clear_retry_flags(bio);
    if (got == 0)
        BIO_set_retry_read(bio);
    if (got != SMTPLITE_TRANSPORT_EOF)
        return got > 0 ? (int)got : -1;
    BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return 0;
}

static long bio_ctrl(BIO *bio, int command, long number, void *p) {
    (void)number;
    (void)p;
    if (command == BIO_CTRL_EOF)
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *make_method(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "smtplite");
    if (method == NULL)
        return NULL;
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_ctrl(method, bio_ctrl);
    return method;
}

static bool set_bio(struct smtplite_openssl *tls) {
    BIO *bio = BIO_new(tls->method);
    if (bio == NULL)
        return false;
    BIO_set_data(bio, &tls->wrap);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->ssl, bio, bio);
    return true;
}

/* ---- Sessions ----------------------------------------------------------------------------- */

static void forget_session(struct smtplite_openssl *tls) {
    SSL_SESSION_free(tls->session);
    tls->session = NULL;
}

static bool is_good(const struct smtplite_openssl *tls) {
    return tls->bad == FAULT(NONE) && (tls->is_judged || SSL_session_reused(tls->ssl));
}

/* OpenSSL has a new session: with TLS 1.2 at the handshake's end, with 1.3 after it. 1: kept. */
static int keep_session(SSL *ssl, SSL_SESSION *session) {
    struct smtplite_openssl *tls = SSL_get_app_data(ssl);
    if (!is_good(tls))
        return 0;
    forget_session(tls);
    tls->session = session;
    return 1;
}

/* ---- Channel binding (RFC 5929, RFC 9266) ------------------------------------------------- */

static void set_binding(struct smtplite_openssl *tls, const char *name, size_t len) {
    tls->wrap.binding_name = len > 0 ? name : NULL;
    tls->wrap.binding = tls->binding;
    tls->wrap.binding_len = len;
}

/* With a context of no octets, which below TLS 1.3 is not the same as none (RFC 5705 4). */
static void bind_exporter(struct smtplite_openssl *tls) {
    static const char label[] = "EXPORTER-Channel-Binding";
    static const unsigned char context[] = "";
    enum { LEN = 32 };
    int good = SSL_export_keying_material(tls->ssl, tls->binding, LEN, label, sizeof label - 1,
                                          context, 0, 1);
    set_binding(tls, "tls-exporter", good == 1 ? LEN : 0);
}

/* The first Finished: the client's in a full handshake, the server's when a session is resumed. */
static void bind_unique(struct smtplite_openssl *tls) {
    size_t len = SSL_session_reused(tls->ssl)
                     ? SSL_get_peer_finished(tls->ssl, tls->binding, sizeof tls->binding)
                     : SSL_get_finished(tls->ssl, tls->binding, sizeof tls->binding);
    set_binding(tls, "tls-unique", len <= sizeof tls->binding ? len : 0);
}

/* The hash of the certificate's signature; a signature without one has no such binding. */
static const EVP_MD *binding_hash(X509 *certificate) {
    int hash = NID_undef;
    if (X509_get_signature_info(certificate, &hash, NULL, NULL, NULL) != 1)
        return NULL;
    if (hash == NID_md5 || hash == NID_sha1 || hash == NID_md5_sha1)
        return EVP_sha256();
    return EVP_get_digestbynid(hash);
}

static void bind_end_point(struct smtplite_openssl *tls) {
    X509 *certificate = SSL_get0_peer_certificate(tls->ssl);
    const EVP_MD *hash = certificate != NULL ? binding_hash(certificate) : NULL;
    unsigned len = 0;
    if (hash == NULL || X509_digest(certificate, hash, tls->binding, &len) != 1)
        len = 0;
    set_binding(tls, "tls-server-end-point", len);
}

/* Without extended master secret (RFC 7627) two connections can be made to share their master
 * secret, and with it exporter and Finished (the triple handshake attack). */
static enum smtplite_binding choose_binding(const struct smtplite_openssl *tls) {
    bool is_1_3 = SSL_version(tls->ssl) >= TLS1_3_VERSION;
    bool is_apart = is_1_3 || SSL_get_extms_support(tls->ssl) == 1;
    switch ((enum smtplite_binding)tls->options->binding) {
    case SMTPLITE_BINDING_AUTO:
        if (is_1_3)
            return SMTPLITE_BINDING_EXPORTER;
        return is_apart ? SMTPLITE_BINDING_UNIQUE : SMTPLITE_BINDING_END_POINT;
    case SMTPLITE_BINDING_EXPORTER:
        return is_apart ? SMTPLITE_BINDING_EXPORTER : SMTPLITE_BINDING_NONE;
    case SMTPLITE_BINDING_UNIQUE:
        return is_apart && !is_1_3 ? SMTPLITE_BINDING_UNIQUE : SMTPLITE_BINDING_NONE;
    case SMTPLITE_BINDING_END_POINT:
        return SMTPLITE_BINDING_END_POINT;
    case SMTPLITE_BINDING_NONE:
    default:
        return SMTPLITE_BINDING_NONE;
    }
}

static void bind_channel(struct smtplite_openssl *tls) {
    enum smtplite_binding binding = choose_binding(tls);
    if (binding == SMTPLITE_BINDING_EXPORTER)
        bind_exporter(tls);
    else if (binding == SMTPLITE_BINDING_UNIQUE)
        bind_unique(tls);
    else if (binding == SMTPLITE_BINDING_END_POINT)
        bind_end_point(tls);
}

/* ---- Certificates of the client's --------------------------------------------------------- */

/* Called when the server asks and we have none; 0: we go on without. With TLS 1.2 a server that
 * insists says handshake_failure, which is no word on certificates. */
static int note_asked(SSL *ssl, X509 **certificate, EVP_PKEY **key) {
    struct smtplite_openssl *tls = SSL_get_app_data(ssl);
    (void)certificate;
    (void)key;
    tls->is_asked = true;
    return 0;
}

static enum smtplite_tls_fault blame(const struct smtplite_openssl *tls, unsigned long code,
                                     enum smtplite_tls_fault otherwise) {
    if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
        ERR_GET_REASON(code) == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE) {
        if (tls->is_asked)
            return FAULT(CLIENT_CERTIFICATE);
        if (otherwise == FAULT(RECORD))
            return FAULT(ALERT); /* the handshake has not failed */
    }
    return smtplite_openssl_fault(code, otherwise);
}

/* ---- What the wrap calls ------------------------------------------------------------------ */

/* Why a call has failed, from OpenSSL's queue, which is empty behind it. */
static int explain(struct smtplite_openssl *tls, enum smtplite_tls_fault otherwise) {
    unsigned long code = ERR_peek_error();
    const char *words = ERR_reason_error_string(code);
    ERR_clear_error();
    if (words != NULL)
        tls->words = words;
    return smtplite_tls_wrap_fail(&tls->wrap, blame(tls, code, otherwise));
}

/* What an OpenSSL call that did not succeed comes to: AGAIN, EOF or FAILED. */
static int give_up(struct smtplite_openssl *tls, int result, enum smtplite_tls_fault otherwise) {
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return SMTPLITE_TLS_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return SMTPLITE_TLS_EOF;
    default:
        return explain(tls, otherwise);
    }
}

/* A session that led to a failure is not tried again. */
static int fail_handshake(struct smtplite_openssl *tls, int result) {
    int step = SMTPLITE_TLS_FAILED;
    if (tls->bad != FAULT(NONE) && !tls->wrap.unverified_ok) {
        ERR_clear_error(); /* it says less than tls->words */
        smtplite_tls_wrap_fail(&tls->wrap, (enum smtplite_tls_fault)tls->bad);
    } else {
        step = give_up(tls, result, FAULT(PROTOCOL));
    }
    if (step != SMTPLITE_TLS_AGAIN)
        forget_session(tls);
    return step == SMTPLITE_TLS_EOF ? smtplite_tls_wrap_fail(&tls->wrap, FAULT(CLOSED)) : step;
}

/* The longest record that the wrap may give to write_bytes; 0: any. */
static uint16_t record_max(const struct smtplite_openssl *tls) {
    uint16_t wanted = tls->options->max_fragment;
    uint8_t agreed = SSL_SESSION_get_max_fragment_length(SSL_get_session(tls->ssl));
    return agreed != 0 && agreed == smtplite_tls_fragment_code(wanted) ? wanted : 0;
}

static int handshake(struct smtplite_tls_wrap *wrap) {
    struct smtplite_openssl *tls = port_of(wrap);
    ERR_clear_error();
    int result = SSL_connect(tls->ssl);
    if (result != 1)
        return fail_handshake(tls, result);
    wrap->verified = is_good(tls);
    wrap->record_max = record_max(tls);
    bind_channel(tls);
    return SMTPLITE_TLS_DONE;
}

static ptrdiff_t read_bytes(struct smtplite_tls_wrap *wrap, char *p, size_t n) {
    struct smtplite_openssl *tls = port_of(wrap);
    size_t got = 0;
    ERR_clear_error();
    int result = SSL_read_ex(tls->ssl, p, n, &got);
    return result == 1 ? (ptrdiff_t)got : give_up(tls, result, FAULT(RECORD));
}

static ptrdiff_t write_bytes(struct smtplite_tls_wrap *wrap, const char *p, size_t n) {
    struct smtplite_openssl *tls = port_of(wrap);
    size_t sent = 0;
    ERR_clear_error();
    int result = SSL_write_ex(tls->ssl, p, n, &sent);
    return result == 1 ? (ptrdiff_t)sent : give_up(tls, result, FAULT(RECORD));
}

static const char *words(struct smtplite_tls_wrap *wrap) {
    return port_of(wrap)->words;
}

static const struct smtplite_tls_library library = {handshake, read_bytes, write_bytes, words};

/* ---- Set-up ------------------------------------------------------------------------------- */

static void set_sessions(SSL_CTX *context, bool wanted) {
    if (!wanted) {
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
        return;
    }
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_session);
}

/* Without AUTO_RETRY each call returns after one record: else a server that sends records without
 * content would hold us beyond any deadline. */
static bool set_protocol(SSL_CTX *context, const struct smtplite_tls_options *options) {
    uint8_t fragment = smtplite_tls_fragment_code(options->max_fragment);
    int newest = (options->flags & SMTPLITE_TLS_1_2_ONLY) ? TLS1_2_VERSION : 0;
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_client_cert_cb(context, note_asked);
    if (SSL_CTX_get_security_level(context) < SECURITY_LEVEL)
        SSL_CTX_set_security_level(context, SECURITY_LEVEL);
    set_sessions(context, (options->flags & SMTPLITE_TLS_NO_RESUMPTION) == 0);
    return SSL_CTX_set_tlsext_max_fragment_length(context, fragment) == 1 &&
           SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(context, newest) == 1;
}

static enum smtplite_tls_fault set_up(struct smtplite_openssl *tls) {
    enum smtplite_tls_fault fault = smtplite_tls_options_check(tls->options);
    if (fault != FAULT(NONE))
        return fault;
    tls->context = SSL_CTX_new(TLS_client_method());
    tls->method = make_method();
    if (tls->context == NULL || tls->method == NULL || !set_protocol(tls->context, tls->options))
        return FAULT(MEMORY);
    fault = smtplite_openssl_verify(tls);
    return fault != FAULT(NONE) ? fault : smtplite_openssl_load(tls->context, tls->options);
}

enum smtplite_error smtplite_openssl_init(struct smtplite_openssl *tls,
                                          const struct smtplite_tls_options *options) {
    if (tls == NULL)
        return SMTPLITE_E_ARGUMENT;
    memset(tls, 0, sizeof *tls);
    smtplite_tls_wrap_open(&tls->wrap, NULL, &library);
    tls->options = options;
    tls->words = "";
    ERR_clear_error();
    enum smtplite_tls_fault fault = set_up(tls);
    if (fault == FAULT(NONE))
        return SMTPLITE_E_OK;
    explain(tls, fault);
    smtplite_openssl_free(tls);
    return tls->wrap.fault == FAULT(OPTIONS) ? SMTPLITE_E_ARGUMENT : SMTPLITE_E_TLS_FAILED;
}

/* ---- Connections -------------------------------------------------------------------------- */

/* SNI is a name, never an address (RFC 6066 3). */
static bool set_server_name(struct smtplite_openssl *tls) {
    char name[SMTPLITE_HOST_SIZE];
    return smtplite_host_read(tls->options->host, name) != SMTPLITE_HOST_NAME ||
           SSL_ctrl(tls->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name) == 1;
}

static bool open_connection(struct smtplite_openssl *tls) {
    tls->ssl = SSL_new(tls->context);
    if (tls->ssl == NULL || !set_bio(tls) || !set_server_name(tls) ||
        SSL_set_app_data(tls->ssl, tls) != 1)
        return false;
    SSL_set_connect_state(tls->ssl);
    return tls->session == NULL || SSL_set_session(tls->ssl, tls->session) == 1;
}

/* A session with which a handshake came to no end is not tried again: the server may fall silent
 * each time. */
static void drop_connection(struct smtplite_openssl *tls) {
    if (tls->ssl != NULL && !SSL_in_before(tls->ssl) && !SSL_is_init_finished(tls->ssl))
        forget_session(tls);
    SSL_free(tls->ssl);
    tls->ssl = NULL;
    OPENSSL_cleanse(tls->binding, sizeof tls->binding);
    ERR_clear_error();
}

void smtplite_openssl_wrap(struct smtplite_openssl *tls, const struct smtplite_transport *below) {
    drop_connection(tls);
    if (tls->context == NULL)
        return; /* it fails each call, and has the reason */
    smtplite_tls_wrap_open(&tls->wrap, below, &library);
    tls->words = "";
    tls->bad = FAULT(NONE);
    tls->is_judged = false;
    tls->is_asked = false;
    if (!open_connection(tls))
        explain(tls, FAULT(MEMORY));
}

void smtplite_openssl_close(struct smtplite_openssl *tls) {
    bool sound = smtplite_tls_wrap_close(&tls->wrap);
    if (sound && tls->ssl != NULL)
        (void)SSL_shutdown(tls->ssl);
    drop_connection(tls);
}

void smtplite_openssl_free(struct smtplite_openssl *tls) {
    (void)smtplite_tls_wrap_close(&tls->wrap);
    drop_connection(tls);
    forget_session(tls);
    SSL_CTX_free(tls->context);
    tls->context = NULL;
    BIO_meth_free(tls->method);
    tls->method = NULL;
}

/* ---- What was agreed upon ----------------------------------------------------------------- */

static bool is_open(const struct smtplite_openssl *tls) {
    return tls->ssl != NULL && SSL_is_init_finished(tls->ssl);
}

const char *smtplite_openssl_protocol(const struct smtplite_openssl *tls) {
    return is_open(tls) ? SSL_get_version(tls->ssl) : "";
}

const char *smtplite_openssl_cipher(const struct smtplite_openssl *tls) {
    return is_open(tls) ? SSL_get_cipher_name(tls->ssl) : "";
}

bool smtplite_openssl_resumed(const struct smtplite_openssl *tls) {
    return is_open(tls) && SSL_session_reused(tls->ssl) == 1;
}
