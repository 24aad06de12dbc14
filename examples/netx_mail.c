/* SPDX-License-Identifier: MIT */

/*
 * netx_mail: sends what comes on stdin through the NetX Duo SMTP Client API, and through nothing
 * else. It runs on a PC by the host edition (ports/netxduo/host).
 *
 * One line is printed for each mail, `status 0xNN NAME`. Exit status: 0 all mails were sent, 1 one
 * was not, 2 the command line makes no sense.
 */

#include <arpa/inet.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tx_api.h"

#include "nx_api.h"

#include "nxd_smtp_client.h"

#define IP_PAYLOAD 256u
#define IP_PACKETS 8u
#define STACK_SIZE 16384u

static struct {
    char *server;
    char *auth;
    char *user;
    char *password;
    char *from;
    char *domain;
    char *to;
    char *subject;
    char *priority;
    bool port_given;
    bool transcript;
    UINT port;
    UINT payload;
    UINT packets;
    UINT count;
} asked = {
    .user = "", .password = "", .priority = "normal", .payload = 1536, .packets = 10, .count = 1};

static NXD_ADDRESS server_address;
static UINT authentication;
static UINT priority;
static CHAR *body;
static size_t body_length;

static NX_PACKET_POOL ip_pool;
static NX_PACKET_POOL mail_pool;
static NX_IP ip;
static NX_SMTP_CLIENT client;
static TX_THREAD thread;
static UCHAR thread_stack[STACK_SIZE];
static UCHAR ip_stack[STACK_SIZE];
static UCHAR arp_cache[1040];

/* The network driver: of the host edition, or of the board. */
VOID _nx_ram_network_driver(NX_IP_DRIVER *driver_request);

/* ---- the command line ---- */

static const char usage[] =
    "usage: netx_mail --server ADDRESS --port N --auth plain|login|none\n"
    "                 --user U --password P --from A --domain D --to R --subject S\n"
    "                 [--priority low|normal|high] [--payload BYTES] [--packets N]\n"
    "                 [--count N] [--transcript] < body\n"
    "  ADDRESS is a literal, IPv4 or IPv6. --user and --password may be left out with\n"
    "  --auth none. --payload and --packets shape the packet pool, --count sends it\n"
    "  again, --transcript shows the session on stderr, secrets masked.\n";

static _Noreturn void refuse(const char *what, const char *about) {
    fprintf(stderr, "netx_mail: %s%s\n%s", what, about, usage);
    exit(2);
}

static UINT to_number(const char *option, const char *text, UINT least, UINT most) {
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || value < least || value > most) {
        fprintf(stderr, "netx_mail: --%s %s: a number from %u to %u is wanted\n%s", option, text,
                least, most, usage);
        exit(2);
    }
    return (UINT)value;
}

enum {
    SERVER,
    PORT,
    AUTH,
    USER,
    PASSWORD,
    FROM,
    DOMAIN_NAME,
    TO,
    SUBJECT,
    PRIORITY,
    PAYLOAD,
    PACKETS,
    COUNT,
    TRANSCRIPT,
    HELP
};

static const struct option options[] = {
    {"server", required_argument, NULL, SERVER},
    {"port", required_argument, NULL, PORT},
    {"auth", required_argument, NULL, AUTH},
    {"user", required_argument, NULL, USER},
    {"password", required_argument, NULL, PASSWORD},
    {"from", required_argument, NULL, FROM},
    {"domain", required_argument, NULL, DOMAIN_NAME},
    {"to", required_argument, NULL, TO},
    {"subject", required_argument, NULL, SUBJECT},
    {"priority", required_argument, NULL, PRIORITY},
    {"payload", required_argument, NULL, PAYLOAD},
    {"packets", required_argument, NULL, PACKETS},
    {"count", required_argument, NULL, COUNT},
    {"transcript", no_argument, NULL, TRANSCRIPT},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static _Noreturn void help(void) {
    fputs(usage, stdout);
    exit(0);
}

static void take_option(int which) {
    char **texts[] = {[SERVER] = &asked.server,
                      [AUTH] = &asked.auth,
                      [USER] = &asked.user,
                      [PASSWORD] = &asked.password,
                      [FROM] = &asked.from,
                      [DOMAIN_NAME] = &asked.domain,
                      [TO] = &asked.to,
                      [SUBJECT] = &asked.subject,
                      [PRIORITY] = &asked.priority,
                      [HELP] = NULL};
    switch (which) {
    case PORT:
        asked.port = to_number("port", optarg, 0, 65535);
        asked.port_given = true;
        break;
    case PAYLOAD:
        asked.payload = to_number("payload", optarg, 1, 65535);
        break;
    case PACKETS:
        asked.packets = to_number("packets", optarg, 1, 65535);
        break;
    case COUNT:
        asked.count = to_number("count", optarg, 1, 1000000);
        break;
    case TRANSCRIPT:
        asked.transcript = true;
        break;
    case HELP:
        help();
    default:
        *texts[which] = optarg;
    }
}

static void require_options(void) {
    const struct {
        const char *name;
        bool given;
    } needed[] = {{"--server", asked.server},  {"--port", asked.port_given}, {"--auth", asked.auth},
                  {"--from", asked.from},      {"--domain", asked.domain},   {"--to", asked.to},
                  {"--subject", asked.subject}};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (!needed[i].given)
            refuse(needed[i].name, " is missing");
    }
}

static void read_options(int argc, char **argv) {
    int which;
    opterr = 0;
    while ((which = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (which == '?')
            refuse("unknown, ambiguous or without its value: ", argv[optind - 1]);
        take_option(which);
    }
    if (optind < argc)
        refuse("what is this? ", argv[optind]);
    require_options();
}

struct word {
    const char *text;
    UINT value;
};

/* The list ends with an entry whose text is null. */
static UINT look_up(const struct word *words, const char *text, const char *complaint) {
    while (words->text != NULL && strcmp(words->text, text) != 0)
        words++;
    if (words->text == NULL)
        refuse(complaint, text);
    return words->value;
}

static UINT to_authentication(const char *text) {
    static const struct word words[] = {{"plain", NX_SMTP_CLIENT_AUTH_PLAIN},
                                        {"login", NX_SMTP_CLIENT_AUTH_LOGIN},
                                        {"none", NX_SMTP_CLIENT_AUTH_NONE},
                                        {NULL, 0}};
    return look_up(words, text, "--auth is plain, login or none, not ");
}

static UINT to_priority(const char *text) {
    static const struct word words[] = {{"low", NX_SMTP_MAIL_PRIORITY_LOW},
                                        {"normal", NX_SMTP_MAIL_PRIORITY_NORMAL},
                                        {"high", NX_SMTP_MAIL_PRIORITY_HIGH},
                                        {NULL, 0}};
    return look_up(words, text, "--priority is low, normal or high, not ");
}

static bool to_ipv4(const char *text, NXD_ADDRESS *address) {
#ifndef NX_DISABLE_IPV4
    UCHAR octets[4];
    if (inet_pton(AF_INET, text, octets) != 1)
        return false;
    address->nxd_ip_version = NX_IP_VERSION_V4;
    address->nxd_ip_address.v4 = IP_ADDRESS(octets[0], octets[1], octets[2], octets[3]);
    return true;
#else
    (void)text, (void)address;
    return false;
#endif
}

static bool to_ipv6(const char *text, NXD_ADDRESS *address) {
#ifdef FEATURE_NX_IPV6
    UCHAR octets[16];
    if (inet_pton(AF_INET6, text, octets) != 1)
        return false;
    address->nxd_ip_version = NX_IP_VERSION_V6;
    for (size_t i = 0; i < 4; i++) {
        const UCHAR *word = octets + 4 * i;
        address->nxd_ip_address.v6[i] = IP_ADDRESS(word[0], word[1], word[2], word[3]);
    }
    return true;
#else
    (void)text, (void)address;
    return false;
#endif
}

static void judge_options(void) {
    authentication = to_authentication(asked.auth);
    priority = to_priority(asked.priority);
    if (!to_ipv4(asked.server, &server_address) && !to_ipv6(asked.server, &server_address))
        refuse("--server wants an IPv4 or IPv6 address, not ", asked.server);
}

/* ---- the body ---- */

static void *must(void *memory) {
    if (memory == NULL) {
        fputs("netx_mail: out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

static void read_body(void) {
    size_t room = 65536;
    body = must(malloc(room));
    for (;;) {
        size_t got = fread(body + body_length, 1, room - body_length, stdin);
        body_length += got;
        if (got == 0)
            break;
        if (body_length == room)
            body = must(realloc(body, room *= 2));
    }
    if (ferror(stdin))
        refuse("stdin cannot be read", "");
    if (body_length > 0xFFFFFFFFu)
        refuse("the body is longer than the API can take", "");
}

/* ---- the mail ---- */

static size_t round_up(size_t size) {
    return (size + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
}

static UINT make_pool(NX_PACKET_POOL *pool, CHAR *name, UINT payload, UINT packets) {
    size_t size = packets * (round_up(sizeof(NX_PACKET)) + round_up(payload));
    return nx_packet_pool_create(pool, name, payload, must(malloc(size)), (ULONG)size);
}

static UINT start_network(void) {
    UINT status;
    nx_system_initialize();
    status = make_pool(&ip_pool, "IP", IP_PAYLOAD, IP_PACKETS);
    if (status == NX_SUCCESS)
        status = make_pool(&mail_pool, "mail", asked.payload, asked.packets);
    if (status == NX_SUCCESS)
        status = nx_ip_create(&ip, "IP", IP_ADDRESS(127, 0, 0, 1), 0xFF000000u, &ip_pool,
                              _nx_ram_network_driver, ip_stack, sizeof ip_stack, 1);
    if (status == NX_SUCCESS)
        status = nx_arp_enable(&ip, arp_cache, sizeof arp_cache);
#ifdef FEATURE_NX_IPV6
    if (status == NX_SUCCESS)
        status = nxd_ipv6_enable(&ip);
#endif
    if (status == NX_SUCCESS)
        status = nx_tcp_enable(&ip);
    return status;
}

static bool report(UINT status) {
    printf("status 0x%02X %s\n", status, nx_smtp_client_status_text(status));
    fflush(stdout);
    return status == NX_SUCCESS;
}

/* What the server said when it refused. */
static void show_reply(void) {
    UINT code = 0;
    CHAR *text = NULL;
    if (nx_smtp_client_last_reply_get(&client, &code, &text) == NX_SUCCESS && code != 0)
        fprintf(stderr, "netx_mail: the server's reply was %u %s\n", code, text);
}

/* Not one packet may be lost, whatever became of the mail. */
static bool is_pool_whole(void) {
    ULONG total = 0, available = 0, invalid = 0;
    nx_packet_pool_info_get(&mail_pool, &total, &available, NULL, NULL, &invalid);
    if (available == total && invalid == 0)
        return true;
    fprintf(stderr, "netx_mail: %lu packets lost, %lu released twice\n",
            (unsigned long)(total - available), (unsigned long)invalid);
    return false;
}

/* Control bytes cannot touch the terminal. */
static void show_octet(UCHAR octet) {
    if (octet == '\n' || (octet >= ' ' && octet != 127))
        fputc(octet, stderr);
    else if (octet != '\r')
        fprintf(stderr, "\\x%02X", octet);
}

/* Each turn of the talk begins a line. */
static void show_transcript(void *context, bool from_server, const char *text, size_t length) {
    static bool at_start = true, was_server;
    (void)context;
    for (size_t i = 0; i < length; i++) {
        if (!at_start && was_server != from_server)
            fputc('\n', stderr);
        if (at_start || was_server != from_server)
            fputs(from_server ? "S: " : "C: ", stderr);
        show_octet((UCHAR)text[i]);
        at_start = text[i] == '\n';
        was_server = from_server;
    }
}

static UINT make_client(void) {
    UINT status =
        nxd_smtp_client_create(&client, &ip, &mail_pool, asked.user, asked.password, asked.from,
                               asked.domain, authentication, &server_address, asked.port);
    if (status == NX_SUCCESS && asked.transcript)
        status = nx_smtp_client_transcript_set(&client, show_transcript, NULL);
    return status;
}

static bool send_one(void) {
    UINT status =
        nx_smtp_mail_send(&client, asked.to, priority, asked.subject, body, (UINT)body_length);
    bool sent = report(status);
    if (!sent)
        show_reply();
    return sent;
}

static bool send_all(void) {
    bool all = true;
    UINT status = make_client();
    if (status != NX_SUCCESS)
        return report(status);
    for (UINT i = 0; i < asked.count; i++)
        all &= send_one();
    nx_smtp_client_delete(&client);
    return is_pool_whole() && all;
}

static VOID run(ULONG unused) {
    (void)unused;
    exit(send_all() ? 0 : 1);
}

VOID tx_application_define(VOID *first_unused_memory) {
    UINT status = start_network();
    (void)first_unused_memory;
    if (status == NX_SUCCESS)
        status = tx_thread_create(&thread, "mail", run, 0, thread_stack, sizeof thread_stack, 4, 4,
                                  TX_NO_TIME_SLICE, TX_AUTO_START);
    if (status != NX_SUCCESS)
        exit(report(status) ? 0 : 1);
}

int main(int argc, char **argv) {
    read_options(argc, argv);
    judge_options();
    read_body();
    tx_kernel_enter();
    return 0;
}
