/* SPDX-License-Identifier: MIT */
/* The composer's octets, for messages whose octets are known. */

#include "gather.h"

#include "../engine/check.h"

#include <stdio.h>
#include <string.h>

#define PEOPLE_LINES "From: <a@x.example>\r\nTo: <b@y.example>\r\n"

static struct smtplite_message message;
static struct smtplite_mail mail;
static struct gathered got;

/* Begins and reads; size and flags are held against what was read. */
static bool make(uint16_t offered) {
    mail = (struct smtplite_mail){.flags = SMTPLITE_MAIL_8BIT};
    enum smtplite_error error = smtplite_message_begin(&message, offered, &mail);
    if (error != SMTPLITE_E_OK) {
        printf("begin: %d, %s\n", (int)error, smtplite_message_advice(&message, offered));
        return false;
    }
    gather(&got, &message, 0);
    return (mail.size == 0 || mail.size == got.n) &&
           ((mail.flags & SMTPLITE_MAIL_EXACT) != 0) == (mail.size != 0);
}

static bool holds(const char *text) {
    for (size_t i = 0; i + strlen(text) <= got.n; i++) {
        if (memcmp(got.p + i, text, strlen(text)) == 0) {
            return true;
        }
    }
    printf("not in it: %s\n%.*s\n", text, (int)got.n, got.p);
    return false;
}

/* ---- Header ------------------------------------------------------------------------------- */

static void check_plain(void) {
    make_message(&message);
    CHECK(make(0) && gathered_is(&got, PEOPLE_LINES "\r\n"));
    struct smtplite_memory memory = {.p = "Pump 7\nhas stopped.", .n = 19};
    struct smtplite_part part = {.source = smtplite_memory_source(&memory)};
    make_message(&message);
    message.subject = "Pump 7";
    message.parts = &part;
    message.part_count = 1;
    CHECK(make(0) && gathered_is(&got, PEOPLE_LINES "Subject: Pump 7\r\n"
                                                    "MIME-Version: 1.0\r\n"
                                                    "Content-Type: text/plain; charset=utf-8\r\n"
                                                    "Content-Transfer-Encoding: 7bit\r\n"
                                                    "\r\n"
                                                    "Pump 7\r\nhas stopped.\r\n"));
    CHECK(mail.size == got.n);
}

static void check_header(void) {
    const struct smtplite_mailbox people[] = {
        {.name = "", .address = "blind@x.example", .role = SMTPLITE_BCC},
        {.name = "Sec Retary", .address = "s@x.example", .role = SMTPLITE_SENDER},
        {.name = "A", .address = "a@x.example", .role = SMTPLITE_FROM},
        {.name = "B", .address = "b@[192.0.2.1]", .role = SMTPLITE_FROM},
        {.address = "\"c c\"@x.example", .role = SMTPLITE_REPLY_TO},
        {.address = "d@x.example", .role = SMTPLITE_CC},
        {.address = "e@x.example", .role = SMTPLITE_CC},
        {.address = "f@x.example", .role = SMTPLITE_TO}};
    const struct smtplite_field fields[] = {{"X-One", "1"}, {"X-Two", ""}};
    smtplite_message_init(&message);
    message.mailboxes = people;
    message.mailbox_count = 8;
    message.subject = "";
    message.in_reply_to = "q@z.example";
    message.has_date = true;
    message.date = 1795410000;
    message.zone = 60;
    message.unique_len = 2;
    message.unique[0] = 0x01;
    message.unique[1] = 0xFE;
    message.priority = SMTPLITE_HIGH;
    message.fields = fields;
    message.field_count = 2;
    CHECK(make(0) && gathered_is(&got, "From: A <a@x.example>, B <b@[192.0.2.1]>\r\n"
                                       "Sender: Sec Retary <s@x.example>\r\n"
                                       "Reply-To: <\"c c\"@x.example>\r\n"
                                       "To: <f@x.example>\r\n"
                                       "Cc: <d@x.example>, <e@x.example>\r\n"
                                       "Subject:\r\n"
                                       "Date: Mon, 23 Nov 2026 06:00:00 +0100\r\n"
                                       "Message-ID: <gladmifa.abpo@x.example>\r\n"
                                       "In-Reply-To: <q@z.example>\r\n"
                                       "References: <q@z.example>\r\n"
                                       "Importance: high\r\nX-Priority: 1\r\n"
                                       "X-One: 1\r\nX-Two:\r\n\r\n"));
    message.priority = SMTPLITE_LOW;
    message.id_domain = "device.example";
    message.has_date = false;
    CHECK(make(0) && holds("Importance: low\r\nX-Priority: 5\r\n"));
    CHECK(holds("\r\nMessage-ID: <abpo@device.example>\r\n"));
    message.message_id = "own@id";
    CHECK(make(0) && holds("\r\nMessage-ID: <own@id>\r\n"));
}

static void check_blind(void) {
    const struct smtplite_mailbox people[] = {{.address = "a@x.example", .role = SMTPLITE_FROM},
                                              {.address = "b@x.example", .role = SMTPLITE_BCC},
                                              {.address = "c@x.example", .role = SMTPLITE_CC}};
    struct smtplite_recipient to[2] = {{.code = 7}, {.code = 7}};
    smtplite_message_init(&message);
    message.mailboxes = people;
    message.mailbox_count = 2;
    CHECK(make(0) &&
          gathered_is(&got, "From: <a@x.example>\r\nTo: undisclosed-recipients:;\r\n\r\n"));
    message.mailbox_count = 3;
    CHECK(make(0) && gathered_is(&got, "From: <a@x.example>\r\nCc: <c@x.example>\r\n\r\n"));
    CHECK(smtplite_message_recipients(&message, to, 1) == 2);
    CHECK(to[0].address == people[1].address && to[0].code == 0 && to[1].code == 7);
    CHECK(smtplite_message_recipients(&message, to, 2) == 2 && to[1].address == people[2].address);
    CHECK(smtplite_message_recipients(&message, NULL, 0) == 2);
    message.mailbox_count = 1;
    CHECK(make(0) && gathered_is(&got, "From: <a@x.example>\r\n\r\n"));
}

#define A75 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A76 A75 "a"

static void check_subjects(void) {
    static const struct {
        const char *text;
        const char *line;
    } cases[] = {
        {"a b", "Subject: a b\r\n"},
        {"a  b", "Subject: =?UTF-8?Q?a__b?=\r\n"},
        {" a", "Subject: =?UTF-8?Q?_a?=\r\n"},
        {"a ", "Subject: =?UTF-8?Q?a_?=\r\n"},
        {"  ", "Subject: =?UTF-8?Q?__?=\r\n"},
        {"a\tb", "Subject: =?UTF-8?B?YQli?=\r\n"},
        {"Gr\xC3\xBC\xC3\x9F"
         "e",
         "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n"},
        {"Temperature 80 \xC2\xB0"
         "C, pump stops",
         "Subject: =?UTF-8?Q?Temperature_80_=C2=B0C=2C_pump_stops?=\r\n"},
        {"80 \xB0"
         "C in the pump",
         "Subject: =?unknown-8bit?Q?80_=B0C_in_the_pump?=\r\n"},
        {"=?UTF-8?Q?x?=", "Subject: =?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?=\r\n"},
        {"1 =? 2", "Subject: =?UTF-8?B?MSA9PyAy?=\r\n"},
        {"= ?=", "Subject: = ?=\r\n"},
        {"1234567890 1234567890 1234567890 1234567890 1234567890 1234567890 12",
         "Subject: 1234567890 1234567890 1234567890 1234567890 1234567890 1234567890\r\n 12\r\n"},
        {A76, "Subject: =?UTF-8?Q?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?=\r\n"
              " =?UTF-8?Q?aaaaaaaaaaaaaaaaaaaaaa?=\r\n"},
        {"\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80"
         "\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80",
         "Subject: =?UTF-8?B?8J+YgPCfmIDwn5iA8J+YgPCfmIDwn5iA8J+YgPCfmIDwn5iA?=\r\n"
         " =?UTF-8?B?8J+YgA==?=\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_message(&message);
        message.subject = cases[i].text;
        CHECK(make(0) && holds(cases[i].line));
    }
}

static void check_names(void) {
    static const struct {
        const char *name;
        const char *line;
    } cases[] = {
        {"Ann Example", "From: Ann Example <a@x.example>\r\n"},
        {"Doe, John", "From: \"Doe, John\" <a@x.example>\r\n"},
        {"John Q. Public", "From: \"John Q. Public\" <a@x.example>\r\n"},
        {"the \"boss\" \\o/", "From: =?UTF-8?B?dGhlICJib3NzIiBcby8=?= <a@x.example>\r\n"},
        {"J\xC3\xBCrgen (7)", "From: =?UTF-8?B?SsO8cmdlbiAoNyk=?= <a@x.example>\r\n"},
        {"=?UTF-8?Q?x?=", "From: =?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?= <a@x.example>\r\n"},
        {" a", "From: =?UTF-8?Q?_a?= <a@x.example>\r\n"},
        {"one two three four five six seven eight nine ten eleven twelve thirteen",
         "From: one two three four five six seven eight nine ten eleven twelve\r\n"
         " thirteen <a@x.example>\r\n"},
        {"one.two three four five six seven eight nine ten eleven twelve 13 14 15",
         "From: =?UTF-8?Q?one=2Etwo_three_four_five_six_seven_eight_nine_ten_eleven?=\r\n"
         " =?UTF-8?Q?_twelve_13_14_15?= <a@x.example>\r\n"},
    };
    struct smtplite_mailbox from = {.address = "a@x.example", .role = SMTPLITE_FROM};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        from.name = cases[i].name;
        make_message(&message);
        message.mailboxes = &from;
        message.mailbox_count = 1;
        CHECK(make(0) && holds(cases[i].line));
    }
}

static void check_utf8_address(void) {
    const struct smtplite_mailbox from = {
        .name = "\xC3\xBC", .address = "\xC3\xBC@x.example", .role = SMTPLITE_FROM};
    make_message(&message);
    message.mailboxes = &from;
    message.mailbox_count = 1;
    CHECK(make(SMTPLITE_EXT_SMTPUTF8) &&
          gathered_is(&got, "From: =?UTF-8?B?w7w=?= <\xC3\xBC@x.example>\r\n\r\n"));
    CHECK((mail.flags & SMTPLITE_MAIL_UTF8) != 0 && (mail.flags & SMTPLITE_MAIL_8BIT) == 0);
    CHECK(smtplite_message_begin(&message, ALL_OFFERED & ~SMTPLITE_EXT_SMTPUTF8, &mail) ==
          SMTPLITE_E_NON_ASCII);
}

/* An own field: as it is, as long as nothing is lost. */
static void check_fields(void) {
    static char word[1100];
    struct smtplite_field own = {.name = "X-Own"};
    make_message(&message);
    message.fields = &own;
    message.field_count = 1;
    own.value = "a  b\t c";
    CHECK(make(0) && holds("\r\nX-Own: a  b\t c\r\n"));
    own.value = "a ";
    CHECK(make(0) && holds("\r\nX-Own: =?UTF-8?Q?a_?=\r\n"));
    own.value = "1234567890 1234567890 1234567890 1234567890 1234567890 1234567890   1234567";
    CHECK(make(0) && holds("\r\nX-Own: 1234567890 1234567890 1234567890 1234567890 1234567890 "
                           "1234567890\r\n   1234567\r\n"));
    memset(word, 'w', 990);
    own.value = word;
    CHECK(make(0) && holds("\r\nX-Own:\r\n wwww") && holds("wwww\r\n\r\n"));
    CHECK(got.n == strlen(PEOPLE_LINES) + 6 + 2 + 1 + 990 + 4);
    memset(word, 'w', 991);
    CHECK(smtplite_message_begin(&message, 0, NULL) == SMTPLITE_E_TOO_LONG);
}

/* A calendar that counts day by day. */
struct calendar {
    int year;
    int month;
    int day;
    int weekday;
};

static struct calendar day_after(struct calendar c) {
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (c.year % 4 == 0 && c.year % 100 != 0) || c.year % 400 == 0;
    c.weekday = (c.weekday + 1) % 7;
    if (++c.day > lengths[c.month] + (leap && c.month == 1)) {
        c.day = 1;
        c.year += c.month == 11;
        c.month = (c.month + 1) % 12;
    }
    return c;
}

static bool has_date(struct calendar c, int seconds, int zone) {
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char want[100];
    int ahead = zone < 0 ? -zone : zone;
    snprintf(want, sizeof want, "\r\nDate: %s, %02d %s %d %02d:%02d:%02d %c%02d%02d\r\n",
             days[c.weekday], c.day, months[c.month], c.year, seconds / 3600, seconds / 60 % 60,
             seconds % 60, zone < 0 ? '-' : '+', ahead / 60, ahead % 60);
    return make(0) && holds(want);
}

/* Every day of 136 years, and the zones' ends. */
static void check_dates(void) {
    static const int16_t zones[] = {0, 1439, -1439, 330, -1, 60};
    struct calendar before = {1969, 11, 31, 3};
    bool good = true;
    make_message(&message);
    message.has_date = true;
    for (uint32_t day = 0; day < 49710; day++) {
        struct calendar today = day_after(before);
        message.zone = zones[day % 6];
        message.date = day * 86400u + day % 86400;
        int local = (int)(day % 86400) + message.zone * 60;
        struct calendar there = local < 0 ? before : local >= 86400 ? day_after(today) : today;
        good = good && has_date(there, (local + 86400) % 86400, message.zone);
        before = today;
    }
    CHECK(good);
}

/* ---- MIME --------------------------------------------------------------------------------- */

#define ENTITY(type) "MIME-Version: 1.0\r\nContent-Type: " type "\r\n"

static void check_tree(void) {
    struct smtplite_memory text = {.p = "t", .n = 1}, html = {.p = "<h>\r\n", .n = 5};
    struct smtplite_memory file = {.p = "f", .n = 1}, image = {.p = "", .n = 0};
    struct smtplite_part parts[] = {
        {.source = smtplite_memory_source(&file), .kind = SMTPLITE_PART_ATTACHMENT, .name = "f"},
        {.source = smtplite_memory_source(&image),
         .kind = SMTPLITE_PART_INLINE,
         .content_id = "i@x",
         .type = "image/png"},
        {.source = smtplite_memory_source(&html), .kind = SMTPLITE_PART_HTML},
        {.source = smtplite_memory_source(&text)}};
    make_message(&message);
    message.parts = parts;
    message.part_count = 4;
    CHECK(make(0) && gathered_is(&got, PEOPLE_LINES
                                 "MIME-Version: 1.0\r\n"
                                 "Content-Type: multipart/mixed;\r\n boundary=\"=_smtplite_0\"\r\n"
                                 "\r\n--=_smtplite_0\r\n"
                                 "Content-Type: multipart/related;\r\n"
                                 " type=\"multipart/alternative\";\r\n"
                                 " boundary=\"=_smtplite_1\"\r\n"
                                 "\r\n--=_smtplite_1\r\n"
                                 "Content-Type: multipart/alternative;\r\n"
                                 " boundary=\"=_smtplite_2\"\r\n"
                                 "\r\n--=_smtplite_2\r\n"
                                 "Content-Type: text/plain; charset=utf-8\r\n"
                                 "Content-Transfer-Encoding: 7bit\r\n\r\n"
                                 "t\r\n--=_smtplite_2\r\n"
                                 "Content-Type: text/html; charset=utf-8\r\n"
                                 "Content-Transfer-Encoding: 7bit\r\n\r\n"
                                 "<h>\r\n\r\n--=_smtplite_2--"
                                 "\r\n--=_smtplite_1\r\n"
                                 "Content-Type: image/png\r\n"
                                 "Content-Transfer-Encoding: base64\r\n"
                                 "Content-ID: <i@x>\r\n"
                                 "Content-Disposition: inline\r\n\r\n"
                                 "\r\n--=_smtplite_1--"
                                 "\r\n--=_smtplite_0\r\n"
                                 "Content-Type: application/octet-stream;\r\n name=\"f\"\r\n"
                                 "Content-Transfer-Encoding: base64\r\n"
                                 "Content-Disposition: attachment;\r\n filename=\"f\"\r\n\r\n"
                                 "Zg==\r\n--=_smtplite_0--\r\n"));
    /* each level only where it is needed */
    message.parts = parts + 1;
    message.part_count = 2;
    CHECK(make(0) && holds(ENTITY("multipart/related;\r\n type=\"text/html\";")));
    message.parts = parts + 2;
    CHECK(make(0) && holds(ENTITY("multipart/alternative;")));
    message.part_count = 1;
    CHECK(make(0) && holds(ENTITY("text/html; charset=utf-8")));
    message.parts = parts;
    CHECK(make(0) && holds(ENTITY("application/octet-stream;")));
}

static void check_8bit(void) {
    struct smtplite_memory text = {.p = "\xC3\xBC", .n = 2}, file = {.p = "", .n = 0};
    struct smtplite_part parts[] = {
        {.source = smtplite_memory_source(&text)},
        {.source = smtplite_memory_source(&file), .kind = SMTPLITE_PART_ATTACHMENT}};
    make_message(&message);
    message.parts = parts;
    message.part_count = 2;
    CHECK(make(SMTPLITE_EXT_8BITMIME) && (mail.flags & SMTPLITE_MAIL_8BIT) != 0);
    CHECK(holds("boundary=\"=_smtplite_0\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"));
    CHECK(holds("Content-Transfer-Encoding: 8bit\r\n\r\n\xC3\xBC\r\n--"));
    /* the driver begins again, with what the server offers */
    CHECK(make(0) && (mail.flags & SMTPLITE_MAIL_8BIT) == 0);
    CHECK(holds("Content-Transfer-Encoding: base64\r\n\r\nw7w=\r\n--"));
}

/* A text in memory, as the message's only part. */
static bool text_becomes(const char *text, size_t n, const char *encoding, const char *content) {
    struct smtplite_memory memory = {.p = text, .n = n};
    struct smtplite_part part = {.source = smtplite_memory_source(&memory)};
    static char want[4096];
    make_message(&message);
    message.parts = &part;
    message.part_count = 1;
    snprintf(want, sizeof want, "Content-Transfer-Encoding: %s\r\n\r\n%s", encoding, content);
    return make(0) && holds(want) && got.n > strlen(want) &&
           memcmp(got.p + got.n - strlen(want), want, strlen(want)) == 0;
}

static void check_choices(void) {
    static char line[1100];
    CHECK(text_becomes("", 0, "7bit", ""));
    CHECK(text_becomes("a\rb\nc\r\nd\n\re", 11, "7bit", "a\r\nb\r\nc\r\nd\r\n\r\ne\r\n"));
    CHECK(text_becomes("-a\n---", 6, "quoted-printable", "-a\r\n---\r\n"));
    CHECK(text_becomes("--=_smtplite_0", 14, "quoted-printable", "--=3D_smtplite_0\r\n"));
    CHECK(text_becomes("a\0b", 3, "base64", "YQBi\r\n"));
    CHECK(text_becomes("\xC3\xBC\n\xC3\xBC", 5, "base64", "w7wNCsO8\r\n"));
    memset(line, 'a', 998);
    CHECK(text_becomes(line, 998, "7bit", strcat(line, "\r\n")));
    memset(line, 'a', 999);
    struct smtplite_memory memory = {.p = line, .n = 999};
    struct smtplite_part part = {.source = smtplite_memory_source(&memory)};
    message.parts = &part;
    CHECK(make(ALL_OFFERED) && holds("\r\nContent-Transfer-Encoding: quoted-printable\r\n"));
}

/* In pieces, so that it is not looked at. */
static bool quoted_becomes(const char *text, const char *content) {
    struct pieces pieces;
    struct smtplite_part part = {.source = pieces_source(&pieces, text, strlen(text), 3)};
    make_message(&message);
    message.parts = &part;
    message.part_count = 1;
    return make(ALL_OFFERED) && mail.size == 0 &&
           holds("Content-Transfer-Encoding: quoted-printable\r\n\r\n") &&
           got.n >= strlen(content) &&
           memcmp(got.p + got.n - strlen(content), content, strlen(content)) == 0;
}

static void check_quoted(void) {
    CHECK(quoted_becomes("", "quoted-printable\r\n\r\n"));
    CHECK(quoted_becomes("a=b\xFF\x7F\x01", "\r\n\r\na=3Db=FF=7F=01\r\n"));
    CHECK(quoted_becomes("a \n\t\r b\t", "\r\n\r\na=20\r\n=09\r\n b=09\r\n"));
    CHECK(quoted_becomes("From a\nFa\n.\n..\naF.",
                         "\r\n\r\n=46rom a\r\n=46a\r\n=2E\r\n=2E.\r\naF.\r\n"));
    CHECK(quoted_becomes("a\r\n\r\n\n\rb", "\r\n\r\na\r\n\r\n\r\n\r\nb\r\n"));
    CHECK(quoted_becomes(A75 ".x", "\r\n\r\n" A75 "=\r\n=2Ex\r\n"));
    CHECK(quoted_becomes(A75 " \n", "\r\n\r\n" A75 "=\r\n=20\r\n"));
    CHECK(quoted_becomes(A75 "\n", "\r\n\r\n" A75 "\r\n"));
}

static void check_base64(void) {
    static char octets[200];
    memset(octets, 'a', sizeof octets);
    for (size_t n = 0; n < sizeof octets; n++) {
        struct pieces pieces;
        struct smtplite_part part = {.source = pieces_source(&pieces, octets, n, 5),
                                     .kind = SMTPLITE_PART_ATTACHMENT,
                                     .has_length = true,
                                     .length = (uint32_t)n};
        make_message(&message);
        message.parts = &part;
        message.part_count = 1;
        EXPECT(make(0) && got.end == SMTPLITE_SOURCE_END && mail.size == got.n);
        size_t header = strlen(PEOPLE_LINES ENTITY("application/octet-stream")) +
                        strlen("Content-Transfer-Encoding: base64\r\n"
                               "Content-Disposition: attachment\r\n\r\n");
        EXPECT(got.n - header == (n + 2) / 3 * 4 + 2 * ((n + 56) / 57));
    }
    CHECK(holds("YWFh\r\nYWFh"));
    CHECK(holds("YWFhYQ==\r\n"));
}

static void check_file_names(void) {
    static const struct {
        const char *name;
        const char *fallback;
        const char *name2231;
    } cases[] = {
        {"a b.txt", ";\r\n name=\"a b.txt\"\r\n", ";\r\n filename=\"a b.txt\"\r\n"},
        {"a\"b", ";\r\n name=\"=?UTF-8?B?YSJi?=\"\r\n", ";\r\n filename*=UTF-8''a%22b\r\n"},
        {"\xC3\xBC.txt", ";\r\n name=\"=?UTF-8?B?w7wudHh0?=\"\r\n",
         ";\r\n filename*=UTF-8''%C3%BC.txt\r\n"},
        {"\xFC.txt", ";\r\n name=\"=?unknown-8bit?B?/C50eHQ=?=\"\r\n",
         ";\r\n filename*=unknown-8bit''%FC.txt\r\n"},
        {A76,
         "\r\n name=\"=?UTF-8?Q?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?=\r\n"
         " =?UTF-8?Q?aaaaaaaaaaaaaaaaaaaa?=\"\r\n",
         ";\r\n filename*0*=UTF-8''aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;\r\n"
         " filename*1*=aaaaaaaaaaaaaaaaaaaaa\r\n"},
    };
    struct smtplite_memory memory = {.p = "", .n = 0};
    struct smtplite_part part = {.source = smtplite_memory_source(&memory),
                                 .kind = SMTPLITE_PART_ATTACHMENT};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        part.name = cases[i].name;
        make_message(&message);
        message.parts = &part;
        message.part_count = 1;
        CHECK(make(0) && holds(cases[i].fallback) && holds(cases[i].name2231));
    }
}

int main(void) {
    check_plain();
    check_header();
    check_blind();
    check_subjects();
    check_names();
    check_utf8_address();
    check_fields();
    check_dates();
    check_tree();
    check_8bit();
    check_choices();
    check_quoted();
    check_base64();
    check_file_names();
    return check_summary("message_octets");
}
