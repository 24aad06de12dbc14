/* SPDX-License-Identifier: MIT */
/* Date (RFC 5322 3.3), in the local time whose zone is given, without a calendar of the system. */

#include "message.h"

#define DAY 86400u

static void put_two(struct smtplite_message *m, char before, unsigned number) {
    if (before != '\0')
        smtplite_line_char(m, before);
    smtplite_line_char(m, (char)('0' + number / 10));
    smtplite_line_char(m, (char)('0' + number % 10));
}

/* The Gregorian calendar, from days since 0000-03-01: years begin with March here, so that the leap
 * day is their last. */
static void put_day(struct smtplite_message *m, uint32_t day) {
    static const char weekdays[][4] = {"Wed", "Thu", "Fri", "Sat", "Sun", "Mon", "Tue"};
    static const char months[][4] = {"Mar", "Apr", "May", "Jun", "Jul", "Aug",
                                     "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"};
    uint32_t century = (4 * day + 3) / 146097;
    uint32_t in_century = day - century * 146097 / 4;
    uint32_t year = (4 * in_century + 3) / 1461;
    uint32_t in_year = in_century - year * 1461 / 4;
    uint32_t month = (5 * in_year + 2) / 153;
    year += century * 100 + (month >= 10);
    smtplite_line_char(m, ' ');
    smtplite_line_text(m, weekdays[day % 7]);
    smtplite_line_char(m, ',');
    put_two(m, ' ', in_year - (153 * month + 2) / 5 + 1);
    smtplite_line_char(m, ' ');
    smtplite_line_text(m, months[month]);
    put_two(m, ' ', year / 100);
    put_two(m, '\0', year % 100);
}

enum filling smtplite_date_fill(struct smtplite_message *m) {
    unsigned zone = (unsigned)(m->zone < 0 ? -m->zone : m->zone);
    uint32_t seconds = m->date % DAY + DAY + (uint32_t)m->zone * 60u; /* from the day before on */
    put_day(m, m->date / DAY + seconds / DAY + 719467);
    seconds %= DAY;
    put_two(m, ' ', seconds / 3600);
    put_two(m, ':', seconds / 60 % 60);
    put_two(m, ':', seconds % 60);
    smtplite_line_char(m, ' ');
    put_two(m, m->zone < 0 ? '-' : '+', zone / 60);
    put_two(m, '\0', zone % 60);
    return FILLED;
}
