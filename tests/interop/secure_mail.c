/* SPDX-License-Identifier: MIT */

/*
 * secure_mail LIBRARY KEY=VALUE...: sends what comes on stdin, header and all, by smtplite_send
 * over TLS and POSIX sockets, with any login. For the interop tests. LIBRARY, openssl or mbedtls,
 * is who does TLS and the hashes; the keys stand in the tables below, and to=ADDRESS may come
 * often.
 *
 * What became of it is printed as one line of JSON. Exit status: 0 it was sent to all, 1 it was
 * not, 2 the command line makes no sense.
 */

#define _POSIX_C_SOURCE 200809L /* open_memstream */

#include <stdlib.h>
#include <string.h>

#include "../tls/suite_port.h"
#include "json.h"
#include "sasl/sasl.h"
#include "sender.h"
#include "smtplite/mbedtls_crypto.h"
#include "smtplite/openssl_crypto.h"
#include "smtplite/posix.h"

#define RECIPIENTS 100

static const char *server = "127.0.0.1";
static const char *port;
static const char *mechanisms = "any";
static const char *token;
static struct smtplite_tls_options options;
static struct smtplite_waits waits;
static struct smtplite_login login;
static struct smtplite_config config = {.waits = &waits, .login = &login};
static struct smtplite_recipient recipients[RECIPIENTS];
static struct smtplite_mail mail = {.from = "pump7@example.com", .recipients = recipients};
static struct message message;
static size_t
    token_piece; /* 0: the token is lent whole; else it is given by event, so many at once */
static size_t token_pos;

/* ---- the libraries ---- */

static const struct smtplite_crypto *make_openssl_crypto(void) {
    static struct smtplite_openssl_crypto crypto;
    smtplite_openssl_crypto_init(&crypto);
    return &crypto.crypto;
}

static struct smtplite_mbedtls_random mbedtls_source;

static const struct smtplite_crypto *make_mbedtls_crypto(void) {
    static struct smtplite_mbedtls_crypto crypto;
    if (!smtplite_mbedtls_random_init(&mbedtls_source))
        refuse("mbedTLS has no source of random numbers", "");
    smtplite_mbedtls_crypto_init(&crypto, smtplite_mbedtls_random_fill, &mbedtls_source);
    return &crypto.crypto;
}

static void free_nothing(void) {
}

static void free_mbedtls_crypto(void) {
    smtplite_mbedtls_random_free(&mbedtls_source);
}

static const struct library {
    const struct suite_port *port;
    const struct smtplite_crypto *(*make_crypto)(void);
    void (*free_crypto)(void);
} libraries[] = {
    {&suite_openssl, make_openssl_crypto, free_nothing},
    {&suite_mbedtls, make_mbedtls_crypto, free_mbedtls_crypto},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct library *find_library(const char *name) {
    for (size_t i = 0; i < COUNT(libraries); i++)
        if (strcmp(name, libraries[i].port->name) == 0)
            return &libraries[i];
    refuse("no such library: ", name);
}

/* ---- the command line ---- */

static const struct {
    const char *key;
    const char **to;
} texts[] = {
    {"server", &server},         {"port", &port},
    {"host", &options.host},     {"domain", &config.domain},
    {"user", &config.user},      {"password", &config.password},
    {"mechanisms", &mechanisms}, {"authzid", &login.authzid},
    {"token", &token},           {"from", &mail.from},
};

static const struct {
    const char *key;
    struct smtplite_octets *to;
} files[] = {
    {"ca", &options.ca},
    {"certificate", &options.certificate},
    {"key", &options.key},
};

static const struct {
    const char *key;
    size_t *to;
} sizes[] = {
    {"piece", &message.piece_size},
    {"token_piece", &token_piece},
};

static const struct {
    const char *key;
    uint32_t *to;
} numbers[] = {
    {"wait", &waits.command},
    {"iterations_min", &login.iterations_min},
    {"iterations_max", &login.iterations_max},
};

static const struct {
    const char *word;
    uint8_t *to;
    uint8_t value;
} choices[] = {
    {"tls=required", &config.tls, SMTPLITE_TLS_REQUIRED},
    {"tls=implicit", &config.tls, SMTPLITE_TLS_IMPLICIT},
    {"tls=none", &config.tls, SMTPLITE_TLS_NONE},
    {"binding=exporter", &options.binding, SMTPLITE_BINDING_EXPORTER},
    {"binding=unique", &options.binding, SMTPLITE_BINDING_UNIQUE},
    {"binding=end_point", &options.binding, SMTPLITE_BINDING_END_POINT},
    {"binding=none", &options.binding, SMTPLITE_BINDING_NONE},
};

static const struct {
    const char *word;
    uint16_t *to;
    uint16_t bit;
} flags[] = {
    {"flag=lockstep", &config.flags, SMTPLITE_LOCKSTEP},
    {"flag=clear_login", &config.flags, SMTPLITE_ALLOW_CLEAR_LOGIN},
    {"flag=1_2_only", &options.flags, SMTPLITE_TLS_1_2_ONLY},
};

/* The value behind KEY=, or NULL. */
static const char *value_of(const char *option, const char *key) {
    size_t len = strlen(key);
    return strncmp(option, key, len) == 0 && option[len] == '=' ? option + len + 1 : NULL;
}

static void read_file(struct smtplite_octets *octets, const char *path) {
    static char room[COUNT(files)][16384];
    static size_t count;
    FILE *file = count < COUNT(files) ? fopen(path, "rb") : NULL;
    if (file != NULL) {
        octets->p = room[count];
        octets->n = fread(room[count++], 1, sizeof room[0], file);
        fclose(file);
    } else {
        refuse("cannot read ", path);
    }
}

static bool take_value(const char *option) {
    const char *value;
    for (size_t i = 0; i < COUNT(texts); i++)
        if ((value = value_of(option, texts[i].key)) != NULL)
            return *texts[i].to = value, true;
    for (size_t i = 0; i < COUNT(files); i++)
        if ((value = value_of(option, files[i].key)) != NULL)
            return read_file(files[i].to, value), true;
    for (size_t i = 0; i < COUNT(sizes); i++)
        if ((value = value_of(option, sizes[i].key)) != NULL)
            return *sizes[i].to = strtoul(value, NULL, 10), true;
    for (size_t i = 0; i < COUNT(numbers); i++)
        if ((value = value_of(option, numbers[i].key)) != NULL)
            return *numbers[i].to = (uint32_t)strtoul(value, NULL, 10), true;
    return false;
}

static bool take_word(const char *option) {
    for (size_t i = 0; i < COUNT(choices); i++)
        if (strcmp(option, choices[i].word) == 0)
            return *choices[i].to = choices[i].value, true;
    for (size_t i = 0; i < COUNT(flags); i++)
        if (strcmp(option, flags[i].word) == 0)
            return *flags[i].to |= flags[i].bit, true;
    return false;
}

static void take_option(const char *option) {
    const char *address = value_of(option, "to");
    if (address != NULL && mail.count < RECIPIENTS)
        recipients[mail.count++].address = address;
    else if (!take_value(option) && !take_word(option))
        refuse("no such option, or one too many: ", option);
}

/* The bit of the mechanism whose name, as in AUTH, has these octets. */
static uint16_t read_mechanism(const char *p, size_t len) {
    char name[SMTPLITE_WORD_SIZE] = "";
    if (len < sizeof name)
        memcpy(name, p, len);
    uint16_t bit = smtplite_sasl_find(&config, name);
    if (bit == 0)
        refuse("no such mechanism: ", p);
    return bit;
}

/* Names parted by commas; or any, or none. */
static uint16_t read_mechanisms(const char *names) {
    uint16_t mask = 0;
    if (strcmp(names, "any") == 0)
        return SMTPLITE_AUTH_ANY;
    while (strcmp(names, "none") != 0 && *names != '\0') {
        size_t len = strcspn(names, ",");
        mask |= read_mechanism(names, len);
        names += len + (names[len] == ',');
    }
    return mask;
}

static void prepare(void) {
    uint32_t ms = waits.command != 0 ? waits.command : 30000;
    struct smtplite_waits all = {ms, ms, ms, ms, ms, ms, ms, 0};
    waits = all;
    config.mechanisms = read_mechanisms(mechanisms);
    login.token_by_event = token_piece != 0;
    if (token != NULL && !login.token_by_event) {
        login.token = token;
        login.token_len = strlen(token);
    }
    mail.size = (uint32_t)message.len;
    if (message_has_8bit(&message))
        mail.flags |= SMTPLITE_MAIL_8BIT;
    if (port == NULL || mail.count == 0)
        refuse("port= and to= are needed", "");
}

/* ---- what became of it ---- */

static void print_result(const struct smtplite_result *result) {
    printf("{\"code\": %u", result->code);
    json_member("outcome", smtplite_outcome_name((enum smtplite_outcome)result->outcome));
    json_member("error", smtplite_error_name((enum smtplite_error)result->error));
    json_member("phase", smtplite_phase_name((enum smtplite_phase)result->phase));
}

/* verified: over a TLS connection whose peer is who it should be */
static void print_channel(const struct suite_port *tls, const struct smtplite_transport *transport,
                          bool verified) {
    char reason[300];
    transport->reason(transport->context, reason, sizeof reason);
    json_member("reason", reason);
    json_member("protocol", verified ? tls->protocol() : "");
    json_member("cipher", verified ? tls->cipher() : "");
}

static void print_fates(void) {
    printf(", \"fates\": {");
    for (size_t i = 0; i < mail.count; i++) {
        printf("%s", i == 0 ? "" : ", ");
        json_string(recipients[i].address);
        printf(": [\"%s\", %u]", fate_name((enum smtplite_fate)recipients[i].fate),
               recipients[i].code);
    }
    printf("}}\n");
}

/* ---- the mail ---- */

static bool give_token(void *context, struct smtplite_session *session) {
    const char *p = (token != NULL ? token : "") + token_pos;
    size_t left = strlen(p);
    (void)context;
    if (left == 0) {
        (void)smtplite_token_end(session);
        return true;
    }
    if (left > token_piece)
        left = token_piece;
    token_pos += left;
    if (smtplite_token(session, p, left) != SMTPLITE_E_OK)
        (void)smtplite_token_fail(session);
    return true;
}

static bool send_mail(const struct suite_port *tls, const struct smtplite_transport *transport,
                      const bool *verified) {
    char *said = NULL;
    size_t said_len = 0;
    struct transcript transcript = {.to = open_memstream(&said, &said_len)};
    struct smtplite_hooks hooks = {
        .trace = transcript_show, .token = give_token, .context = &transcript};
    struct smtplite_source source = message_source(&message);
    struct smtplite_report report;
    if (transcript.to == NULL)
        refuse("out of memory", "");
    smtplite_send(transport, &config, &mail, &source, &hooks, &report);
    fclose(transcript.to);
    print_result(&report.result);
    json_member("text", report.text);
    print_channel(tls, transport, *verified);
    json_member("transcript", said);
    print_fates();
    free(said);
    return report.result.outcome == SMTPLITE_SENT;
}

static bool send_over_tls(const struct suite_port *tls, const struct smtplite_transport *below) {
    bool sent;
    struct smtplite_tls_wrap *wrap;
    enum smtplite_tls_fault fault = tls->init(&options);
    if (fault != SMTPLITE_TLS_FAULT_NONE)
        refuse("TLS cannot be set up: ", smtplite_tls_fault_text(fault));
    wrap = tls->wrap(below);
    sent = send_mail(tls, &wrap->transport, &wrap->verified);
    tls->close();
    tls->free();
    return sent;
}

int main(int argc, char **argv) {
    struct smtplite_posix posix;
    const struct library *library = find_library(argc > 1 ? argv[1] : "");
    bool sent;
    smtplite_login_init(&login, library->make_crypto());
    for (int i = 2; i < argc; i++)
        take_option(argv[i]);
    message_read(&message);
    prepare();
    smtplite_posix_init(&posix, server, port);
    sent = config.tls == SMTPLITE_TLS_NONE
               ? send_mail(library->port, &posix.transport, &(const bool){false})
               : send_over_tls(library->port, &posix.transport);
    smtplite_posix_close(&posix);
    message_free(&message);
    library->free_crypto();
    return sent ? 0 : 1;
}
