/* SPDX-License-Identifier: MIT */

/*
 * suite_client LIBRARY [KEY=VALUE ...]: sends one mail by smtplite_send over TLS and POSIX sockets,
 * and tells all that is to be known of it in one line of KEY=VALUE, parted by tabs. Without options
 * it reads them from stdin, a line for each mail, until the end. LIBRARY: openssl, mbedtls.
 *
 * Exit status: 0, or 2 if an option makes no sense; what became of the mails stands in the lines.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smtplite/posix.h"
#include "smtplite/smtplite.h"
#include "suite_port.h"
#include "suite_spy.h"

#define PINS     4
#define KEPT     200
#define LINE     4096
#define WAIT     20000u
#define FILE_MAX 65536u
#define PIECE    65535u /* a multiple of no record's length */

static const struct suite_port *port;

/* What one line asks for. */
static struct job {
    const char *address;
    const char *port;
    const char *pin[PINS];
    struct smtplite_tls_options options;
    struct smtplite_config config;
    size_t again; /* with the TLS object of the line before: its options stand */
    size_t size;  /* of the mail */
    size_t wait;
    size_t tls_wait;
    size_t fragment;
    size_t binding;
    size_t tls;
    size_t tls_flags;
    size_t flags;
    size_t cut_in;
    size_t cut_out;
    size_t flip;
    size_t fail_at;
    size_t drip;
    size_t by_line;
    size_t cancel; /* by the idle hook, after so many ms; 0: there is no hook */
} job;

static uint8_t pins[PINS][SMTPLITE_PIN_SIZE];
static bool is_made; /* the TLS object */

/* What the TLS object and the job point to. */
static void *kept[KEPT];
static size_t kept_count;

static _Noreturn void refuse(const char *what, const char *about) {
    fprintf(stderr, "suite_client: %s%s\n", what, about);
    exit(2);
}

static void *keep(void *memory) {
    if (memory == NULL || kept_count == KEPT)
        refuse("no room", "");
    return kept[kept_count++] = memory;
}

static void free_kept(size_t down_to) {
    while (kept_count > down_to)
        free(kept[--kept_count]);
}

static void free_all(void) {
    if (is_made)
        port->free();
    is_made = false;
    free_kept(0);
}

/* ---- the options ---- */

static const struct {
    const char *key;
    const char **to;
} texts[] = {
    {"address", &job.address},
    {"port", &job.port},
    {"host", &job.options.host},
    {"user", &job.config.user},
    {"password", &job.config.password},
    {"domain", &job.config.domain},
    {"pin", &job.pin[0]},
    {"pin2", &job.pin[1]},
};

static const struct {
    const char *key;
    struct smtplite_octets *to;
} files[] = {
    {"ca", &job.options.ca},
    {"certificate", &job.options.certificate},
    {"key", &job.options.key},
};

static const struct {
    const char *key;
    size_t *to;
} numbers[] = {
    {"again", &job.again},       {"size", &job.size},         {"wait", &job.wait},
    {"tls_wait", &job.tls_wait}, {"cut_in", &job.cut_in},     {"cut_out", &job.cut_out},
    {"flip", &job.flip},         {"fail_at", &job.fail_at},   {"drip", &job.drip},
    {"by_line", &job.by_line},   {"fragment", &job.fragment}, {"cancel", &job.cancel},
};

static const struct {
    const char *option;
    size_t *to;
    size_t bits;
} words[] = {
    {"tls=required", &job.tls, SMTPLITE_TLS_REQUIRED},
    {"tls=implicit", &job.tls, SMTPLITE_TLS_IMPLICIT},
    {"tls=none", &job.tls, SMTPLITE_TLS_NONE},
    {"flag=no_clock", &job.tls_flags, SMTPLITE_TLS_ALLOW_NO_CLOCK},
    {"flag=pin_instead", &job.tls_flags, SMTPLITE_TLS_PIN_INSTEAD},
    {"flag=1_2_only", &job.tls_flags, SMTPLITE_TLS_1_2_ONLY},
    {"flag=no_resumption", &job.tls_flags, SMTPLITE_TLS_NO_RESUMPTION},
    {"flag=unverified", &job.flags, SMTPLITE_ALLOW_UNVERIFIED},
    {"flag=no_login", &job.flags, SMTPLITE_ALLOW_NO_LOGIN},
    {"flag=clear_login", &job.flags, SMTPLITE_ALLOW_CLEAR_LOGIN},
    {"flag=lockstep", &job.flags, SMTPLITE_LOCKSTEP},
    {"binding=exporter", &job.binding, SMTPLITE_BINDING_EXPORTER},
    {"binding=unique", &job.binding, SMTPLITE_BINDING_UNIQUE},
    {"binding=end_point", &job.binding, SMTPLITE_BINDING_END_POINT},
    {"binding=none", &job.binding, SMTPLITE_BINDING_NONE},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void read_file(struct smtplite_octets *octets, const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        refuse("cannot open ", path);
    char *p = keep(malloc(FILE_MAX));
    octets->n = fread(p, 1, FILE_MAX, file);
    octets->p = p;
    fclose(file);
    if (octets->n == FILE_MAX)
        refuse("too long: ", path);
}

static bool is_key(const char *option, const char *key, const char **value) {
    size_t len = strlen(key);
    *value = option + len + 1;
    return strncmp(option, key, len) == 0 && option[len] == '=';
}

static void take_option(const char *option) {
    const char *value;
    for (size_t i = 0; i < COUNT(texts); i++)
        if (is_key(option, texts[i].key, &value)) {
            *texts[i].to = value;
            return;
        }
    for (size_t i = 0; i < COUNT(files); i++)
        if (is_key(option, files[i].key, &value)) {
            read_file(files[i].to, value);
            return;
        }
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (is_key(option, numbers[i].key, &value)) {
            *numbers[i].to = strtoul(value, NULL, 10);
            return;
        }
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(option, words[i].option) == 0) {
            *words[i].to |= words[i].bits;
            return;
        }
    refuse("no such option: ", option);
}

static void read_pin(uint8_t *pin, const char *hex) {
    for (size_t i = 0; i < SMTPLITE_PIN_SIZE; i++) {
        unsigned octet;
        if (sscanf(hex + 2 * i, "%2x", &octet) != 1)
            refuse("a pin is 64 hex digits, not ", hex);
        pin[i] = (uint8_t)octet;
    }
}

static void finish_options(void) {
    struct smtplite_tls_options *options = &job.options;
    for (; options->pin_count < PINS && job.pin[options->pin_count] != NULL; options->pin_count++)
        read_pin(pins[options->pin_count], job.pin[options->pin_count]);
    options->pins = options->pin_count > 0 ? (const uint8_t(*)[SMTPLITE_PIN_SIZE])pins : NULL;
    options->flags = (uint16_t)job.tls_flags;
    options->max_fragment = (uint16_t)job.fragment;
    options->binding = (uint8_t)job.binding;
    job.config.flags = (uint16_t)job.flags;
    job.config.tls = (uint8_t)job.tls;
    job.config.mechanisms = job.config.user != NULL ? SMTPLITE_AUTH_PLAIN : 0;
    if (job.port == NULL)
        refuse("port= is needed", "");
}

static void begin_job(void) {
    memset(&job, 0, sizeof job);
    job.address = "127.0.0.1";
    job.wait = WAIT;
    job.tls_wait = WAIT;
    job.size = 100;
}

/* ---- the mail ---- */

static const char line_of_mail[] = "All quiet on pump 7; the tank holds what it should.\r\n";

/* The same line again and again, cut where `left` ends. */
static enum smtplite_source_state read_mail(void *context, const char **p, size_t *n) {
    static char piece[PIECE];
    static size_t pos;
    size_t *left = context;
    if (*left == job.size)
        pos = 0;
    if (*left == 0)
        return SMTPLITE_SOURCE_END;
    *n = *left < sizeof piece ? *left : sizeof piece;
    for (size_t i = 0; i < *n; i++, pos++)
        piece[i] = line_of_mail[pos % (sizeof line_of_mail - 1)];
    *p = piece;
    *left -= *n;
    return SMTPLITE_SOURCE_PIECE;
}

/* ---- the idle hook ---- */

static struct {
    struct smtplite_posix *posix;
    uint32_t start;
    uint32_t last; /* call of the hook */
    uint32_t gap;  /* the longest between two */
} idle;

static uint32_t now(void) {
    return idle.posix->transport.now(idle.posix->transport.context);
}

static void note_gap(void) {
    uint32_t gap = now() - idle.last;
    idle.gap = gap > idle.gap ? gap : idle.gap;
    idle.last = now();
}

static bool be_idle(void *context) {
    (void)context;
    note_gap();
    return now() - idle.start < job.cancel;
}

static void begin_idle(struct smtplite_posix *posix) {
    idle.posix = posix;
    idle.start = idle.last = now();
    idle.gap = 0;
}

/* ---- what became of it ---- */

/* The line is parted by tabs: none may be within. */
static void print_text(const char *key, const char *text) {
    printf("\t%s=", key);
    for (; *text != '\0'; text++)
        putchar(*text < ' ' ? '|' : *text);
}

static void print_octets(const char *key, const uint8_t *p, size_t n) {
    printf("\t%s=", key);
    for (; n > 0; p++, n--)
        printf("%02x", *p);
}

static void print_seen(const struct suite_spy *spy) {
    printf("\tcalls=%u\tin=%zu\tout=%zu\ttls_in=%zu\ttls_out=%zu\tclear=%zu\tlate=%zu\tturns=%u",
           spy->calls, spy->in, spy->out, spy->tls_in, spy->tls_out, spy->clear, spy->late,
           spy->turns);
}

static void print_tls(struct smtplite_tls_wrap *wrap) {
    char reason[300];
    wrap->transport.reason(wrap->transport.context, reason, sizeof reason);
    printf("\tfault=%u", wrap->fault);
    print_text("words", smtplite_tls_fault_text((enum smtplite_tls_fault)wrap->fault));
    print_text("reason", reason);
    print_text("protocol", port->protocol());
    print_text("cipher", port->cipher());
    printf("\tresumed=%d\tverified=%d", port->resumed(), wrap->verified);
    print_text("binding", wrap->binding_name != NULL ? wrap->binding_name : "");
    print_octets("bound", wrap->binding, wrap->binding_name != NULL ? wrap->binding_len : 0);
}

static void print_report(const struct smtplite_report *report) {
    const struct smtplite_result *result = &report->result;
    printf("outcome=%s\terror=%s\tphase=%s\tcode=%u",
           smtplite_outcome_name((enum smtplite_outcome)result->outcome),
           smtplite_error_name((enum smtplite_error)result->error),
           smtplite_phase_name((enum smtplite_phase)result->phase), result->code);
    print_text("text", report->text);
}

static void set_spy(struct suite_spy *spy) {
    spy->cut_in = job.cut_in;
    spy->cut_out = job.cut_out;
    spy->flip = job.flip;
    spy->fail_at = (unsigned)job.fail_at;
    spy->drip = job.drip != 0;
    spy->by_line = job.by_line != 0;
}

static void send_mail(void) {
    struct smtplite_posix posix;
    struct suite_spy spy = {0};
    struct smtplite_report report;
    struct smtplite_recipient to = {.address = "ops@example.com"};
    struct smtplite_mail mail = {.from = "pump7@example.com", .recipients = &to, .count = 1};
    size_t left = job.size;
    struct smtplite_source source = {.context = &left, .read = read_mail};
    uint32_t ms = (uint32_t)job.wait;
    struct smtplite_waits waits = {ms, (uint32_t)job.tls_wait, ms, ms, ms, ms, ms, 0};
    job.config.waits = &waits;
    smtplite_posix_init(&posix, job.address, job.port);
    set_spy(&spy);
    suite_spy_open(&spy, &posix.transport);
    struct smtplite_tls_wrap *wrap = port->wrap(&spy.transport);
    const struct smtplite_hooks hooks = {.idle = be_idle};
    begin_idle(&posix);
    smtplite_send(&wrap->transport, &job.config, &mail, &source, job.cancel > 0 ? &hooks : NULL,
                  &report);
    note_gap();
    print_report(&report);
    printf("\tgap=%u\ttook=%u", (unsigned)idle.gap, (unsigned)(idle.last - idle.start));
    print_tls(wrap);
    port->close();
    print_seen(&spy);
    smtplite_posix_close(&posix);
}

static void run_job(void) {
    finish_options();
    if (!job.again) {
        enum smtplite_tls_fault fault = port->init(&job.options);
        is_made = true;
        if (fault != SMTPLITE_TLS_FAULT_NONE) {
            printf("outcome=NOT_SENT\terror=INIT\tfault=%u", (unsigned)fault);
            print_text("words", smtplite_tls_fault_text(fault));
            putchar('\n');
            return;
        }
    }
    send_mail();
    putchar('\n');
}

static void run_line(char *line) {
    begin_job();
    for (char *option = strtok(line, " \n"); option != NULL; option = strtok(NULL, " \n"))
        take_option(option);
    run_job();
    fflush(stdout);
}

/* A line with again=1 needs what the last one without has left, and leaves nothing itself. */
static void run_lines(void) {
    char line[LINE];
    while (fgets(line, sizeof line, stdin) != NULL) {
        bool again = strstr(line, "again=") != NULL;
        if (!again)
            free_all();
        size_t mark = kept_count;
        char *copy = keep(malloc(sizeof line));
        memcpy(copy, line, sizeof line);
        run_line(copy);
        if (again)
            free_kept(mark);
    }
}

/* The faults' names, in their order. */
static void print_faults(void) {
#define SMTPLITE_X_FAULT(name, words) printf("%s%s", SMTPLITE_TLS_FAULT_##name ? "," : "", #name);
    SMTPLITE_TLS_FAULTS(SMTPLITE_X_FAULT)
    putchar('\n');
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc < 2)
        refuse("which library? openssl or mbedtls", "");
    port = strcmp(argv[1], "openssl") == 0 ? &suite_openssl : &suite_mbedtls;
    if (strcmp(argv[1], port->name) != 0)
        refuse("no such library: ", argv[1]);
    if (argc == 2) {
        print_faults();
        run_lines();
    } else {
        begin_job();
        for (int i = 2; i < argc; i++)
            take_option(argv[i]);
        run_job();
    }
    free_all();
    return 0;
}
