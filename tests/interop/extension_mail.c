/* SPDX-License-Identifier: MIT */

/*
 * extension_mail OPTION...: sends mails on one connection with all that the extensions offer, over
 * POSIX sockets, by smtplite_deliver_all. For the interop tests.
 *
 * The options, KEY=VALUE or words, stand in the tables below. Those of a mail stand before the word
 * `send`, which ends it; to=ADDRESS may come often, and notify= and orcpt= are about the one before
 * them. vrfy=, expn=, help=, etrn= and noop= are asked before the first mail.
 *
 * What became of it is printed as JSON. Exit status: 0 all was sent to all, 1 it was not, 2 the
 * command line makes no sense.
 */

#include <stdlib.h>
#include <string.h>

#include "../tls/suite_port.h"
#include "content.h"
#include "json.h"
#include "sender.h"
#include "smtplite/posix.h"

#define RECIPIENTS 1200
#define MAILS      60
#define COMMANDS   20

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct job {
    struct smtplite_mail mail;
    struct smtplite_options options;
    struct smtplite_recipient recipients[RECIPIENTS];
    struct content content;
    struct smtplite_source source;
};

static struct job job; /* that the command line is about; then it is copied to: */
static struct job jobs[MAILS];
static size_t job_count;

static struct command {
    enum smtplite_phase what;
    const char *argument;
} commands[COMMANDS];
static size_t command_count;

static const char *server = "127.0.0.1";
static const char *port;
static const char *ca;
static const char *transcript_path;
static bool unsized; /* the sizes of mails are not told */
static struct smtplite_tls_options tls;
static struct smtplite_config config = {
    .domain = "pump7.example.com",
    .extensions = &smtplite_extensions,
    .tls = SMTPLITE_TLS_NONE,
};

/* ---- the command line ---- */

static const struct {
    const char *key;
    const char **to;
} texts[] = {
    {"server", &server},
    {"port", &port},
    {"ca", &ca},
    {"host", &tls.host},
    {"user", &config.user},
    {"password", &config.password},
    {"transcript", &transcript_path},
    {"from", &job.mail.from},
    {"envid", &job.options.envid},
    {"hold_until", &job.options.hold_until},
    {"content", &job.content.path},
    {"copy", &job.content.copy},
    {"subject", &job.content.subject},
    {"name", &job.content.name},
};

static const struct {
    const char *key;
    uint32_t *to;
} numbers[] = {
    {"hold_for", &job.options.hold_for},
    {"size", &job.mail.size},
};

static const struct {
    const char *key;
    size_t *to;
} sizes[] = {
    {"piece", &job.content.piece_size},
    {"fail_at", &job.content.fail_at},
};

static const struct {
    const char *word;
    uint8_t *to;
    uint8_t value;
} choices[] = {
    {"tls=required", &config.tls, SMTPLITE_TLS_REQUIRED},
    {"tls=implicit", &config.tls, SMTPLITE_TLS_IMPLICIT},
    {"ret=full", &job.options.ret, SMTPLITE_RET_FULL},
    {"ret=hdrs", &job.options.ret, SMTPLITE_RET_HDRS},
    {"by=return", &job.options.by, SMTPLITE_BY_RETURN},
    {"by=notify", &job.options.by, SMTPLITE_BY_NOTIFY},
};

static const struct {
    const char *word;
    uint16_t *to;
    uint16_t bit;
} flags[] = {
    {"lmtp", &config.flags, SMTPLITE_LMTP},
    {"no_chunking", &config.flags, SMTPLITE_NO_CHUNKING},
    {"lockstep", &config.flags, SMTPLITE_LOCKSTEP},
    {"unverified", &config.flags, SMTPLITE_ALLOW_UNVERIFIED},
    {"8bit", &job.mail.flags, SMTPLITE_MAIL_8BIT},
    {"all_or_nothing", &job.mail.flags, SMTPLITE_MAIL_ALL_OR_NOTHING},
    {"utf8", &job.mail.flags, SMTPLITE_MAIL_UTF8},
    {"binary", &job.mail.flags, SMTPLITE_MAIL_BINARY},
    {"exact", &job.mail.flags, SMTPLITE_MAIL_EXACT},
    {"pieces", &job.mail.flags, SMTPLITE_MAIL_PIECES},
};

static const struct {
    const char *word;
    bool *to;
} switches[] = {
    {"by_trace", &job.options.by_trace},
    {"require_tls", &job.options.require_tls},
    {"unsized", &unsized},
};

static const struct {
    const char *key;
    enum smtplite_phase what;
} questions[] = {
    {"noop", SMTPLITE_PHASE_NOOP}, {"vrfy", SMTPLITE_PHASE_VRFY}, {"expn", SMTPLITE_PHASE_EXPN},
    {"help", SMTPLITE_PHASE_HELP}, {"etrn", SMTPLITE_PHASE_ETRN},
};

static const struct {
    const char *key;
    enum smtplite_part_kind kind;
} kinds[] = {
    {"text", SMTPLITE_PART_TEXT},
    {"html", SMTPLITE_PART_HTML},
    {"inline", SMTPLITE_PART_INLINE},
    {"attach", SMTPLITE_PART_ATTACHMENT},
};

static const struct {
    const char *name;
    uint16_t bit;
} extensions[] = {
    {"PIPELINING", SMTPLITE_EXT_PIPELINING},
    {"8BITMIME", SMTPLITE_EXT_8BITMIME},
    {"STARTTLS", SMTPLITE_EXT_STARTTLS},
    {"SIZE", SMTPLITE_EXT_SIZE},
    {"SMTPUTF8", SMTPLITE_EXT_SMTPUTF8},
    {"CHUNKING", SMTPLITE_EXT_CHUNKING},
    {"BINARYMIME", SMTPLITE_EXT_BINARYMIME},
    {"DSN", SMTPLITE_EXT_DSN},
    {"DELIVERBY", SMTPLITE_EXT_DELIVERBY},
    {"FUTURERELEASE", SMTPLITE_EXT_FUTURERELEASE},
    {"MT-PRIORITY", SMTPLITE_EXT_MT_PRIORITY},
    {"REQUIRETLS", SMTPLITE_EXT_REQUIRETLS},
    {"ENHANCEDSTATUSCODES", SMTPLITE_EXT_ENHANCEDSTATUS},
    {"ETRN", SMTPLITE_EXT_ETRN},
    {"LIMITS", SMTPLITE_EXT_LIMITS},
    {"PRDR", SMTPLITE_EXT_PRDR},
};

static const struct {
    const char *word;
    uint8_t bit;
} notifications[] = {
    {"never", SMTPLITE_NOTIFY_NEVER},
    {"success", SMTPLITE_NOTIFY_SUCCESS},
    {"failure", SMTPLITE_NOTIFY_FAILURE},
    {"delay", SMTPLITE_NOTIFY_DELAY},
};

/* The value behind KEY=, or NULL. */
static const char *value_of(const char *option, const char *key) {
    size_t len = strlen(key);
    return strncmp(option, key, len) == 0 && option[len] == '=' ? option + len + 1 : NULL;
}

static bool take_value(const char *option) {
    const char *value;
    for (size_t i = 0; i < COUNT(texts); i++)
        if ((value = value_of(option, texts[i].key)) != NULL)
            return *texts[i].to = value, true;
    for (size_t i = 0; i < COUNT(numbers); i++)
        if ((value = value_of(option, numbers[i].key)) != NULL)
            return *numbers[i].to = (uint32_t)strtoul(value, NULL, 10), true;
    for (size_t i = 0; i < COUNT(sizes); i++)
        if ((value = value_of(option, sizes[i].key)) != NULL)
            return *sizes[i].to = strtoul(value, NULL, 10), true;
    return false;
}

static bool take_word(const char *option) {
    for (size_t i = 0; i < COUNT(choices); i++)
        if (strcmp(option, choices[i].word) == 0)
            return *choices[i].to = choices[i].value, true;
    for (size_t i = 0; i < COUNT(flags); i++)
        if (strcmp(option, flags[i].word) == 0)
            return *flags[i].to |= flags[i].bit, true;
    for (size_t i = 0; i < COUNT(switches); i++)
        if (strcmp(option, switches[i].word) == 0)
            return *switches[i].to = true, true;
    return false;
}

static bool take_question(const char *option) {
    const char *value;
    for (size_t i = 0; i < COUNT(questions); i++)
        if ((value = value_of(option, questions[i].key)) != NULL && command_count < COMMANDS) {
            commands[command_count].what = questions[i].what;
            commands[command_count++].argument = *value != '\0' ? value : NULL;
            return true;
        }
    return false;
}

static bool take_part(const char *option) {
    const char *value;
    for (size_t i = 0; i < COUNT(kinds); i++)
        if ((value = value_of(option, kinds[i].key)) != NULL &&
            job.content.part_count < CONTENT_PARTS) {
            struct content_part *part = &job.content.parts[job.content.part_count++];
            part->kind = kinds[i].kind;
            part->path = value;
            return true;
        }
    return false;
}

/* About the part before it. */
static bool take_of_part(const char *option) {
    const char *name = value_of(option, "file_name");
    const char *length = value_of(option, "length");
    if (job.content.part_count == 0 || (name == NULL && length == NULL))
        return false;
    struct content_part *part = &job.content.parts[job.content.part_count - 1];
    if (name != NULL)
        part->name = name;
    part->lies = length != NULL;
    if (length != NULL)
        part->length = (uint32_t)strtoul(length, NULL, 10);
    return true;
}

/* Words parted by commas. */
static uint8_t read_notify(const char *words) {
    uint8_t mask = 0;
    for (size_t i = 0; i < COUNT(notifications); i++)
        if (strstr(words, notifications[i].word) != NULL)
            mask |= notifications[i].bit;
    if (mask == 0)
        refuse("notify= is of never, success, failure and delay, not ", words);
    return mask;
}

static bool take_recipient(const char *option) {
    const char *value;
    if ((value = value_of(option, "to")) != NULL && job.mail.count < RECIPIENTS)
        return job.recipients[job.mail.count++].address = value, true;
    if (job.mail.count == 0)
        return false;
    struct smtplite_recipient *last = &job.recipients[job.mail.count - 1];
    if ((value = value_of(option, "orcpt")) != NULL)
        return last->orcpt = value, true;
    if ((value = value_of(option, "notify")) != NULL)
        return last->notify = read_notify(value), true;
    return false;
}

static uint16_t read_extension(const char *name) {
    for (size_t i = 0; i < COUNT(extensions); i++)
        if (strcmp(name, extensions[i].name) == 0)
            return extensions[i].bit;
    refuse("no such extension: ", name);
}

static bool take_wish(const char *option) {
    const char *value;
    if ((value = value_of(option, "must")) != NULL)
        return job.options.must |= read_extension(value), true;
    if ((value = value_of(option, "by_time")) != NULL)
        return job.options.by_time = (int32_t)strtol(value, NULL, 10), true;
    if ((value = value_of(option, "priority")) == NULL)
        return false;
    job.options.has_priority = true;
    job.options.priority = (int8_t)strtol(value, NULL, 10);
    return true;
}

static void begin_job(void) {
    static const struct job empty = {.mail = {.from = "pump7@example.com"}};
    job = empty;
}

static void end_job(void) {
    if (job_count == MAILS || job.mail.count == 0)
        refuse("too many mails, or to= is missing", "");
    jobs[job_count++] = job;
    begin_job();
}

static void take_option(const char *option) {
    if (strcmp(option, "send") == 0)
        end_job();
    else if (!take_recipient(option) && !take_wish(option) && !take_of_part(option) &&
             !take_part(option) && !take_question(option) && !take_value(option) &&
             !take_word(option))
        refuse("no such option, or one too many: ", option);
}

/* What points into a job can be set when it is where it stays. */
static void open_job(struct job *j) {
    uint32_t size = j->mail.size;
    j->mail.recipients = j->recipients;
    j->mail.options = &j->options;
    content_open(&j->content, &j->mail);
    if (size != 0 || unsized)
        j->mail.size = size;
    j->source = content_source(&j->content);
}

/* ---- what became of it ---- */

static void print_offered(const struct smtplite_session *session) {
    const char *between = "";
    printf("{\"size_limit\": %u", (unsigned)smtplite_size_limit(session));
    if (smtplite_mails_left(session) != SIZE_MAX)
        printf(", \"mails_left\": %zu", smtplite_mails_left(session));
    printf(", \"offered\": [");
    for (size_t i = 0; i < COUNT(extensions); i++)
        if ((smtplite_offered(session) & extensions[i].bit) != 0) {
            printf("%s\"%s\"", between, extensions[i].name);
            between = ", ";
        }
    printf("]");
}

static void print_enhanced(const struct smtplite_enhanced *enhanced) {
    printf(", \"enhanced\": \"%u.%u.%u\"", enhanced->klass, enhanced->subject, enhanced->detail);
}

static const char *retry_name(enum smtplite_retry retry) {
    static const char *const names[] = {"none", "later", "never", "may_double"};
    return names[retry];
}

static void print_recipient(const struct smtplite_mail *mail, size_t i) {
    const struct smtplite_recipient *recipient = &mail->recipients[i];
    printf("%s{\"code\": %u", i == 0 ? "" : ", ", recipient->code);
    json_member("address", recipient->address);
    json_member("fate", fate_name((enum smtplite_fate)recipient->fate));
    json_member("retry", retry_name(smtplite_retry_recipient(mail, i)));
    print_enhanced(&recipient->enhanced);
    printf("}");
}

static void print_queue_id(const char *text) {
    char id[100];
    size_t len;
    const char *p = smtplite_queue_id(text, &len);
    snprintf(id, sizeof id, "%.*s", (int)len, p);
    json_member("queue_id", id);
}

/* Without the closing brace. */
static void print_result(const struct smtplite_result *result, const char *text) {
    printf("{\"code\": %u", result->code);
    json_member("outcome", smtplite_outcome_name((enum smtplite_outcome)result->outcome));
    json_member("error", smtplite_error_name((enum smtplite_error)result->error));
    json_member("phase", smtplite_phase_name((enum smtplite_phase)result->phase));
    json_member("text", text);
    print_enhanced(&result->enhanced);
}

static void print_job(const struct job *j, const char *text) {
    const struct smtplite_mail *mail = &j->mail;
    print_result(&mail->result, text);
    print_queue_id(text);
    printf(", \"size\": %u, \"recipients\": [", (unsigned)j->content.size);
    for (size_t i = 0; i < mail->count; i++)
        print_recipient(mail, i);
    printf("]}");
}

/* ---- the session ---- */

struct run {
    size_t next;
    size_t done;
    bool all_sent;
};

static bool next_mail(void *context, struct smtplite_mail **mail,
                      const struct smtplite_source **source) {
    struct run *run = context;
    if (run->next == job_count)
        return false;
    *mail = &jobs[run->next].mail;
    *source = &jobs[run->next++].source;
    return true;
}

static void mail_done(void *context, struct smtplite_mail *mail, const char *text) {
    struct run *run = context;
    const struct job *j = &jobs[run->done];
    if (mail != &j->mail)
        refuse("mails end in another order than they were given in", "");
    printf("%s", run->done++ == 0 ? "" : ", ");
    print_job(j, text);
    run->all_sent &= mail->result.outcome == SMTPLITE_SENT;
}

/* False: the session is over. */
static bool ask(struct smtplite_driver *driver, const struct command *command, size_t i) {
    struct smtplite_event_data data = {0, 0, ""};
    enum smtplite_event event = SMTPLITE_EV_NONE;
    enum smtplite_error error = smtplite_command(driver->session, command->what, command->argument);
    if (error == SMTPLITE_E_OK)
        event = smtplite_run(driver, &data);
    printf("%s{\"code\": %u", i == 0 ? "" : ", ", data.code);
    json_member("what", smtplite_phase_name(command->what));
    json_member("error", smtplite_error_name(error));
    json_member("text", event == SMTPLITE_EV_REPLY ? data.text : "");
    printf("}");
    return error != SMTPLITE_E_OK || event == SMTPLITE_EV_REPLY;
}

static bool ask_all(struct smtplite_driver *driver) {
    bool good = true;
    printf(", \"commands\": [");
    for (size_t i = 0; i < command_count && good; i++)
        good = ask(driver, &commands[i], i);
    printf("]");
    return good;
}

static bool deliver(struct smtplite_driver *driver) {
    struct run run = {.all_sent = true};
    struct smtplite_queue queue = {next_mail, mail_done, &run};
    printf(", \"mails\": [");
    enum smtplite_error error = smtplite_deliver_all(driver, &queue);
    printf("]");
    json_member("end", smtplite_error_name(error));
    return error == SMTPLITE_E_OK && run.all_sent && run.done == job_count;
}

static void print_reason(const struct smtplite_transport *transport) {
    char reason[300];
    transport->reason(transport->context, reason, sizeof reason);
    json_member("reason", reason);
    printf("}\n");
}

static bool talk(const struct smtplite_transport *transport) {
    char text[SMTPLITE_REPORT_TEXT];
    struct smtplite_session session;
    struct transcript transcript = {.to = NULL};
    struct smtplite_driver driver = {.session = &session, .transport = transport};
    enum smtplite_error error = smtplite_init(&session, &config, text, sizeof text);
    if (error != SMTPLITE_E_OK)
        refuse("smtplite_init: ", smtplite_error_help(error));
    if (transcript_path != NULL && (transcript.to = fopen(transcript_path, "wb")) == NULL)
        refuse("cannot write ", transcript_path);
    driver.hooks.trace = transcript.to != NULL ? transcript_show : NULL;
    driver.hooks.context = &transcript;
    bool ready = smtplite_run(&driver, NULL) == SMTPLITE_EV_READY;
    print_offered(&session);
    bool good = ready && ask_all(&driver) && deliver(&driver);
    smtplite_finish(&driver);
    printf(", \"session\": ");
    print_result(smtplite_result_get(&session), smtplite_text(&session));
    printf("}");
    smtplite_wipe(&session);
    if (transcript.to != NULL)
        fclose(transcript.to);
    return good;
}

static void read_ca(void) {
    static char room[16384];
    FILE *file = ca != NULL ? fopen(ca, "rb") : NULL;
    if (file != NULL) {
        tls.ca.p = room;
        tls.ca.n = fread(room, 1, sizeof room, file);
        fclose(file);
    } else {
        refuse("cannot read ca=", ca != NULL ? ca : "");
    }
}

static bool talk_over_tls(const struct smtplite_transport *below) {
    read_ca();
    enum smtplite_tls_fault fault = suite_openssl.init(&tls);
    if (fault != SMTPLITE_TLS_FAULT_NONE)
        refuse("TLS cannot be set up: ", smtplite_tls_fault_text(fault));
    struct smtplite_tls_wrap *wrap = suite_openssl.wrap(below);
    bool good = talk(&wrap->transport);
    print_reason(&wrap->transport);
    suite_openssl.close();
    suite_openssl.free();
    return good;
}

static bool talk_in_clear(const struct smtplite_transport *transport) {
    bool good = talk(transport);
    print_reason(transport);
    return good;
}

int main(int argc, char **argv) {
    static struct smtplite_posix posix;
    const uint32_t ms = 30000;
    const struct smtplite_waits waits = {ms, ms, ms, ms, ms, ms, ms, 0};
    config.waits = &waits;
    begin_job();
    for (int i = 1; i < argc; i++)
        take_option(argv[i]);
    if (port == NULL)
        refuse("port= is needed", "");
    if (config.user != NULL)
        config.mechanisms = SMTPLITE_AUTH_PLAIN;
    for (size_t i = 0; i < job_count; i++)
        open_job(&jobs[i]);
    smtplite_posix_init(&posix, server, port);
    bool good = config.tls == SMTPLITE_TLS_NONE ? talk_in_clear(&posix.transport)
                                                : talk_over_tls(&posix.transport);
    smtplite_posix_close(&posix);
    for (size_t i = 0; i < job_count; i++)
        content_close(&jobs[i].content);
    return good ? 0 : 1;
}
