/* SPDX-License-Identifier: MIT */
/* Date (RFC 5322 3.3), in the local time whose zone is given, without a calendar of the system. */

#include "message.h"

#define DAY         86400
#define DATE_OCTETS 32u /* ` Mon, 23 Nov 2026 06:00:00 +0100` */

static void put_two(struct smtplite_message *m, unsigned number) {
    smtplite_line_char(m, (char)('0' + number / 10));
    smtplite_line_char(m, (char)('0' + number % 10));
}

/* The Gregorian calendar from days since 1970-01-01. Years begin with March here, so that the leap
 * day is their last; 719468 days lie between 0000-03-01 and 1970. */
static void put_day(struct smtplite_message *m, int32_t days) {
    static const char weekdays[] = "ThuFriSatSunMonTueWed";
    static const char months[] = "MarAprMayJunJulAugSepOctNovDecJanFeb";
    uint32_t day = (uint32_t)(days + 719468);
    uint32_t century = (4 * day + 3) / 146097;
    uint32_t in_century = day - century * 146097 / 4;
    uint32_t year = (4 * in_century + 3) / 1461;
    uint32_t in_year = in_century - year * 1461 / 4;
    uint32_t month = (5 * in_year + 2) / 153;
    year += century * 100 + (month >= 10);
    smtplite_line_char(m, ' ');
    smtplite_line_put(m, weekdays + 3 * ((days + 7) % 7), 3);
    smtplite_line_text(m, ", ");
    put_two(m, in_year - (153 * month + 2) / 5 + 1);
    smtplite_line_char(m, ' ');
    smtplite_line_put(m, months + 3 * month, 3);
    smtplite_line_char(m, ' ');
    put_two(m, year / 100);
    put_two(m, year % 100);
}

static void put_time(struct smtplite_message *m, unsigned seconds) {
    smtplite_line_char(m, ' ');
    put_two(m, seconds / 3600);
    smtplite_line_char(m, ':');
    put_two(m, seconds / 60 % 60);
    smtplite_line_char(m, ':');
    put_two(m, seconds % 60);
}

enum filling smtplite_date_fill(struct smtplite_message *m) {
    unsigned zone = (unsigned)(m->zone < 0 ? -m->zone : m->zone);
    int32_t days = (int32_t)(m->date / DAY);
    int32_t seconds = (int32_t)(m->date % DAY) + m->zone * 60;
    if (!smtplite_line_has_room(m, DATE_OCTETS))
        return FULL;
    if (seconds < 0) {
        seconds += DAY;
        days--;
    } else if (seconds >= DAY) {
        seconds -= DAY;
        days++;
    }
    put_day(m, days);
    put_time(m, (unsigned)seconds);
    smtplite_line_text(m, m->zone < 0 ? " -" : " +");
    put_two(m, zone / 60);
    put_two(m, zone % 60);
    return FILLED;
}
