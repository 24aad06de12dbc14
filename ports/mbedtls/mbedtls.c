/* SPDX-License-Identifier: MIT */
/*
 * TLS by mbedTLS, 2.28 or 3.x.
 *
 * init reads the options; each connection takes its memory when its handshake begins, and gives it
 * back in close. What may be kept for the next one is `session`: of a connection that was verified,
 * under the options that stand for the struct's whole life (A16).
 *
 * A bad certificate ends the handshake with an alert, since the authentication mode is REQUIRED; it
 * is OPTIONAL only where the session takes unverified peers (SMTPLITE_ALLOW_UNVERIFIED).
 */

#include "mbedtls_inner.h"

#include <mbedtls/platform_util.h>
#include <string.h>

#if !IS_MBEDTLS_3
#include <mbedtls/ssl_internal.h>
#endif

static struct smtplite_mbedtls *port_of(struct smtplite_tls_wrap *wrap) {
    return (struct smtplite_mbedtls *)(void *)wrap;
}

/* ---- Bytes ----------------------------------------------------------------------------------- */

/* A server that refuses us says so by an alert and closes; mbedTLS, which has more to say, would
 * not read it. So what has come is looked at as soon as nothing can leave. */
static bool read_alert(struct smtplite_mbedtls *tls) {
    static const uint8_t fatal[] = {21, 3, 3, 0, 2, 2}; /* a record in clear, up to its code */
    size_t room = sizeof tls->early - tls->early_len;
    ptrdiff_t count =
        room > 0 ? smtplite_tls_wrap_receive(&tls->wrap, tls->early + tls->early_len, room) : 0;
    if (count > 0)
        tls->early_len = (uint8_t)(tls->early_len + count);
    if (tls->early_len < sizeof tls->early || memcmp(tls->early, fatal, sizeof fatal) != 0)
        return false;
    tls->alert = tls->early[sizeof fatal];
    return true;
}

static int put_bytes(void *context, const unsigned char *p, size_t n) {
    struct smtplite_mbedtls *tls = context;
    ptrdiff_t count = smtplite_tls_wrap_send(&tls->wrap, p, n);
    if (count > 0)
        return (int)count;
    if (count < 0)
        return MBEDTLS_ERR_SSL_INTERNAL_ERROR; /* the wrap knows better */
    return !tls->is_done && read_alert(tls) ? MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE
                                            : MBEDTLS_ERR_SSL_WANT_WRITE;
}

static int take_early(struct smtplite_mbedtls *tls, unsigned char *p, size_t n) {
    size_t count = n < tls->early_len ? n : tls->early_len;
    memcpy(p, tls->early, count);
    memmove(tls->early, tls->early + count, tls->early_len - count);
    tls->early_len = (uint8_t)(tls->early_len - count);
    return (int)count;
}

static int get_bytes(void *context, unsigned char *p, size_t n) {
    struct smtplite_mbedtls *tls = context;
    if (tls->early_len > 0)
        return take_early(tls, p, n);
    ptrdiff_t count = smtplite_tls_wrap_receive(&tls->wrap, p, n);
    if (count == 0)
        return MBEDTLS_ERR_SSL_WANT_READ;
    if (count == SMTPLITE_TRANSPORT_EOF) {
        tls->is_ended = true;
        return 0;
    }
    return count > 0 ? (int)count : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static bool is_waiting(int error) {
    return error == MBEDTLS_ERR_SSL_WANT_READ || error == MBEDTLS_ERR_SSL_WANT_WRITE ||
           error == MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS;
}

/* ---- The two libraries ----------------------------------------------------------------------- */

#if IS_MBEDTLS_3
bool smtplite_mbedtls_is_1_3(const struct smtplite_mbedtls *tls) {
    return mbedtls_ssl_get_version_number(&tls->ssl) == MBEDTLS_SSL_VERSION_TLS1_3;
}

static int advance(struct smtplite_mbedtls *tls) {
    return mbedtls_ssl_handshake(&tls->ssl);
}

static bool is_ticket(int error) {
    return error == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET;
}
#else
bool smtplite_mbedtls_is_1_3(const struct smtplite_mbedtls *tls) {
    (void)tls;
    return false;
}

/* Whether the master secret is bound to the handshake is known while that lasts, and not after. */
static int advance(struct smtplite_mbedtls *tls) {
    mbedtls_ssl_context *ssl = &tls->ssl;
    int error = 0;
    while (error == 0 && ssl->state != MBEDTLS_SSL_HANDSHAKE_OVER) {
#ifdef MBEDTLS_SSL_EXTENDED_MASTER_SECRET
        if (ssl->handshake != NULL)
            tls->is_extended = ssl->handshake->extended_ms == MBEDTLS_SSL_EXTENDED_MS_ENABLED;
#endif
        error = mbedtls_ssl_handshake_step(ssl);
    }
    return error;
}

static bool is_ticket(int error) {
    (void)error;
    return false;
}
#endif

/* ---- Sessions -------------------------------------------------------------------------------- */

static void forget_session(struct smtplite_mbedtls *tls) {
    mbedtls_ssl_session_free(&tls->session);
    mbedtls_ssl_session_init(&tls->session);
    tls->is_kept = false;
}

static void keep_session(struct smtplite_mbedtls *tls) {
    if ((tls->options->flags & SMTPLITE_TLS_NO_RESUMPTION) != 0)
        return;
    forget_session(tls);
    tls->is_kept = tls->wrap.verified && mbedtls_ssl_get_session(&tls->ssl, &tls->session) == 0;
}

/* ---- The handshake --------------------------------------------------------------------------- */

/* SNI is a name, never an address (RFC 6066 3). */
static int set_name(struct smtplite_mbedtls *tls) {
    char name[SMTPLITE_HOST_SIZE];
    bool named = smtplite_host_read(tls->options->host, name) == SMTPLITE_HOST_NAME;
    return mbedtls_ssl_set_hostname(&tls->ssl, named ? name : NULL);
}

static int begin(struct smtplite_mbedtls *tls) {
    mbedtls_ssl_conf_authmode(&tls->config, tls->wrap.unverified_ok ? MBEDTLS_SSL_VERIFY_OPTIONAL
                                                                    : MBEDTLS_SSL_VERIFY_REQUIRED);
    int error = mbedtls_ssl_setup(&tls->ssl, &tls->config);
    if (error == 0)
        error = set_name(tls);
    if (error != 0)
        return error;
    mbedtls_ssl_set_bio(&tls->ssl, tls, put_bytes, get_bytes, NULL);
    tls->is_offered = tls->is_kept && mbedtls_ssl_set_session(&tls->ssl, &tls->session) == 0;
    tls->is_begun = true;
    return 0;
}

/* The longest record that the wrap may give to write_bytes. */
static uint16_t record_max(const struct smtplite_mbedtls *tls) {
    int most = mbedtls_ssl_get_max_out_record_payload(&tls->ssl);
    uint16_t wanted = tls->options->max_fragment;
    if (most <= 0 || most > UINT16_MAX)
        return wanted;
    return wanted > 0 && wanted < most ? wanted : (uint16_t)most;
}

/* Without a certificate in this handshake the session that we offered was resumed, and that one was
 * verified: nobody else has its master secret. */
static int finish(struct smtplite_mbedtls *tls) {
    struct smtplite_tls_wrap *wrap = &tls->wrap;
    tls->is_resumed = tls->is_offered && !tls->is_judged;
    wrap->verified = tls->is_resumed ||
                     (tls->is_judged && smtplite_mbedtls_verdict(tls) == SMTPLITE_TLS_FAULT_NONE);
    if (!wrap->verified && !wrap->unverified_ok)
        return smtplite_tls_wrap_fail(wrap, SMTPLITE_TLS_FAULT_CERTIFICATE);
    tls->is_done = true;
    wrap->record_max = record_max(tls);
    smtplite_mbedtls_bind(tls);
    if (smtplite_mbedtls_is_1_3(tls) && !tls->is_resumed)
        forget_session(tls); /* its tickets come later */
    else if (!smtplite_mbedtls_is_1_3(tls))
        keep_session(tls);
    return SMTPLITE_TLS_DONE;
}

static int handshake(struct smtplite_tls_wrap *wrap) {
    struct smtplite_mbedtls *tls = port_of(wrap);
    int error = tls->is_begun ? 0 : begin(tls);
    if (error == 0)
        error = advance(tls);
    if (is_waiting(error))
        return SMTPLITE_TLS_AGAIN;
    int step = error == 0 ? finish(tls) : smtplite_mbedtls_fail(tls, error);
    if (step != SMTPLITE_TLS_DONE)
        forget_session(tls); /* what is kept of its server's certificate is another's by now */
    return step;
}

/* ---- Records --------------------------------------------------------------------------------- */

/* TLS 1.3: tickets come at any time, and mbedTLS tells of one by either call. */
static ptrdiff_t read_bytes(struct smtplite_tls_wrap *wrap, char *p, size_t n) {
    struct smtplite_mbedtls *tls = port_of(wrap);
    int count = mbedtls_ssl_read(&tls->ssl, (unsigned char *)p, n);
    while (is_ticket(count)) {
        keep_session(tls);
        count = mbedtls_ssl_read(&tls->ssl, (unsigned char *)p, n);
    }
    if (count > 0)
        return count;
    if (is_waiting(count))
        return SMTPLITE_TLS_AGAIN;
    if (count == 0 && !tls->is_ended)
        return SMTPLITE_TLS_AGAIN; /* a record without content, which is no end */
    if (count == 0 || count == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ||
        count == MBEDTLS_ERR_SSL_CONN_EOF)
        return SMTPLITE_TLS_EOF;
    return smtplite_mbedtls_fail(tls, count);
}

/* Octets that mbedTLS has encrypted and not got rid of. */
static bool has_rest(const struct smtplite_mbedtls *tls) {
    return tls->ssl.MBEDTLS_PRIVATE(out_left) > 0;
}

static int write_some(struct smtplite_mbedtls *tls, const char *p, size_t n) {
    int count = mbedtls_ssl_write(&tls->ssl, (const unsigned char *)p, n);
    while (is_ticket(count)) {
        keep_session(tls);
        count = mbedtls_ssl_write(&tls->ssl, (const unsigned char *)p, n);
    }
    return count;
}

/* A server that asks for a renegotiation is answered by an alert within mbedtls_ssl_read, which
 * first brings the rest of our record out: mbedtls_ssl_write would not know, and send the record
 * again. And of the alert there may be a rest, too: that it would take for our record. */
static int write_record(struct smtplite_mbedtls *tls, const char *p, size_t n) {
    if (tls->is_leaving && !has_rest(tls))
        return (int)n;
    if (!tls->is_leaving && has_rest(tls)) {
        int error = write_some(tls, p, 0);
        if (error != 0)
            return error;
    }
    int count = write_some(tls, p, n);
    tls->is_leaving = has_rest(tls);
    return count;
}

static ptrdiff_t write_bytes(struct smtplite_tls_wrap *wrap, const char *p, size_t n) {
    struct smtplite_mbedtls *tls = port_of(wrap);
    int count = write_record(tls, p, n);
    if (is_waiting(count))
        return SMTPLITE_TLS_AGAIN;
    tls->is_leaving = false;
    return count > 0 ? count : smtplite_mbedtls_fail(tls, count);
}

static const char *words(struct smtplite_tls_wrap *wrap) {
    return port_of(wrap)->words;
}

static const struct smtplite_tls_library library = {handshake, read_bytes, write_bytes, words};

/* ---- A connection's life --------------------------------------------------------------------- */

/* A session with which a handshake came to no end is not tried again: the server may fall silent
 * each time. */
static void forget_connection(struct smtplite_mbedtls *tls) {
    if (tls->is_begun && !tls->is_done)
        forget_session(tls);
    mbedtls_ssl_free(&tls->ssl);
    mbedtls_ssl_init(&tls->ssl);
    mbedtls_platform_zeroize(tls->exporter, sizeof tls->exporter);
    tls->wrap.binding_name = NULL;
    tls->is_begun = false;
    tls->is_done = false;
    tls->early_len = 0;
    tls->is_offered = false;
    tls->is_resumed = false;
    tls->is_judged = false;
    tls->is_ended = false;
    tls->is_leaving = false;
    tls->is_extended = false;
    tls->is_constrained = false;
    tls->bad = SMTPLITE_TLS_FAULT_NONE;
    tls->flags = 0;
    tls->alert = 0;
}

void smtplite_mbedtls_wrap(struct smtplite_mbedtls *tls, const struct smtplite_transport *below) {
    if (!tls->is_set_up)
        return; /* init's fault stays */
    forget_connection(tls);
    tls->words[0] = '\0';
    smtplite_tls_wrap_open(&tls->wrap, below, &library);
}

void smtplite_mbedtls_close(struct smtplite_mbedtls *tls) {
    if (smtplite_tls_wrap_close(&tls->wrap))
        (void)mbedtls_ssl_close_notify(&tls->ssl);
    forget_connection(tls);
}

enum smtplite_error smtplite_mbedtls_init_with(struct smtplite_mbedtls *tls,
                                               const struct smtplite_tls_options *options,
                                               smtplite_mbedtls_rng *rng, void *rng_context) {
    if (tls == NULL)
        return SMTPLITE_E_ARGUMENT;
    memset(tls, 0, sizeof *tls);
    tls->options = options;
    tls->rng = rng;
    tls->rng_context = rng_context;
    mbedtls_x509_crt_init(&tls->ca);
    mbedtls_x509_crt_init(&tls->own);
    mbedtls_pk_init(&tls->key);
    mbedtls_ssl_config_init(&tls->config);
    mbedtls_ssl_init(&tls->ssl);
    mbedtls_ssl_session_init(&tls->session);
    smtplite_tls_wrap_open(&tls->wrap, NULL, &library);
    enum smtplite_tls_fault fault = smtplite_mbedtls_load(tls);
    if (fault == SMTPLITE_TLS_FAULT_NONE) {
        tls->is_set_up = true;
        return SMTPLITE_E_OK;
    }
    (void)smtplite_tls_wrap_fail(&tls->wrap, fault);
    return fault == SMTPLITE_TLS_FAULT_OPTIONS ? SMTPLITE_E_ARGUMENT : SMTPLITE_E_TLS_FAILED;
}

enum smtplite_error smtplite_mbedtls_init(struct smtplite_mbedtls *tls,
                                          const struct smtplite_tls_options *options) {
    return smtplite_mbedtls_init_with(tls, options, NULL, NULL);
}

void smtplite_mbedtls_free(struct smtplite_mbedtls *tls) {
    (void)smtplite_tls_wrap_close(&tls->wrap);
    forget_connection(tls);
    forget_session(tls);
    mbedtls_ssl_config_free(&tls->config);
    mbedtls_pk_free(&tls->key);
    mbedtls_x509_crt_free(&tls->own);
    mbedtls_x509_crt_free(&tls->ca);
#if defined(MBEDTLS_CTR_DRBG_C) && defined(MBEDTLS_ENTROPY_C)
    if (tls->rng_context == &tls->random)
        smtplite_mbedtls_random_free(&tls->random);
    tls->rng_context = NULL;
#endif
    tls->is_set_up = false;
}

/* ---- What was agreed upon -------------------------------------------------------------------- */

const char *smtplite_mbedtls_protocol(const struct smtplite_mbedtls *tls) {
    return tls->is_done ? mbedtls_ssl_get_version(&tls->ssl) : "";
}

const char *smtplite_mbedtls_cipher(const struct smtplite_mbedtls *tls) {
    const char *name = tls->is_done ? mbedtls_ssl_get_ciphersuite(&tls->ssl) : NULL;
    return name != NULL ? name : "";
}

bool smtplite_mbedtls_resumed(const struct smtplite_mbedtls *tls) {
    return tls->is_resumed;
}
