/* SPDX-License-Identifier: MIT */
/*
 * Date and Message-ID (RFC 5322 3.6.1, 3.6.4), for applications that have a clock. Only firmware
 * that calls nx_smtp_client_clock_set links this. A time that cannot be true makes no header line:
 * a missing Date is repaired by the first server, a wrong one is not.
 */

#define NX_SMTP_SOURCE_CODE

#include "nx_smtp_header.h"
#include "nx_smtp_transport.h"

#define EARLIEST 1577836800u /* 2020-01-01: a clock before that was never set */
#define LATEST   4294800000u /* with a zone added it still is a number of 32 bits */
#define DAY      86400u

static CHAR *put_digits(CHAR *p, ULONG value, UINT count) {
    for (UINT i = count; i-- != 0; value /= 10)
        p[i] = (CHAR)('0' + value % 10);
    return p + count;
}

static CHAR *put_letters(CHAR *p, const CHAR *letters, ULONG index) {
    for (UINT i = 0; i < 3; i++)
        *p++ = letters[index * 3 + i];
    return p;
}

static CHAR *put_hex(CHAR *p, ULONG value) {
    for (INT shift = 28; shift >= 0; shift -= 4)
        *p++ = "0123456789abcdef"[(value >> shift) & 15];
    return p;
}

static UINT is_leap(ULONG year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static ULONG month_length(ULONG year, UINT month) {
    static const UCHAR length[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return length[month] + (month == 1 ? is_leap(year) : 0u);
}

/* "22 Nov 2026", of a number of days since 1970. */
static CHAR *put_day(CHAR *p, ULONG days) {
    ULONG year = 1970;
    UINT month = 0;
    while (days >= 365 + is_leap(year))
        days -= 365 + is_leap(year++);
    while (days >= month_length(year, month))
        days -= month_length(year, month++);
    p = put_digits(p, days + 1, 2);
    *p++ = ' ';
    p = put_letters(p, "JanFebMarAprMayJunJulAugSepOctNovDec", month);
    *p++ = ' ';
    return put_digits(p, year, 4);
}

/* " 10:02:03 +0100" */
static CHAR *put_time(CHAR *p, ULONG seconds, INT zone) {
    ULONG minutes = (ULONG)(zone < 0 ? -zone : zone);
    for (ULONG unit = 3600; unit != 0; unit /= 60) {
        *p++ = unit == 3600 ? ' ' : ':';
        p = put_digits(p, seconds / unit % (unit == 3600 ? 24 : 60), 2);
    }
    *p++ = ' ';
    *p++ = zone < 0 ? '-' : '+';
    p = put_digits(p, minutes / 60, 2);
    return put_digits(p, minutes % 60, 2);
}

static CHAR *put_text(CHAR *p, const CHAR *text) {
    while (*text != '\0')
        *p++ = *text++;
    return p;
}

static const CHAR *date_line(CHAR *scratch, ULONG seconds, INT zone) {
    ULONG local = zone < 0 ? seconds - (ULONG)-zone * 60 : seconds + (ULONG)zone * 60;
    CHAR *p = put_text(scratch, "Date: ");
    p = put_letters(p, "ThuFriSatSunMonTueWed", local / DAY % 7);
    p = put_text(p, ", ");
    p = put_day(p, local / DAY);
    p = put_time(p, local, zone);
    *put_text(p, "\r\n") = '\0';
    return scratch;
}

/* The second, the hardware's address, and tick and client mixed: no two mails share them, of one
 * device or of many that start at the same time. */
static const CHAR *id_line(NX_SMTP_CLIENT *client_ptr, CHAR *scratch, ULONG seconds) {
    CHAR *p = put_text(scratch, "Message-ID: <");
    p = put_hex(p, seconds);
    *p++ = '.';
    p = put_hex(p, client_ptr->nx_smtp_client_socket.nx_tcp_socket_ip_ptr->nx_ip_interface[0]
                       .nx_interface_physical_address_lsw);
    *p++ = '.';
    p = put_hex(p, tx_time_get() ^ ((ULONG)(uintptr_t)client_ptr * 2654435761u));
    *put_text(p, "@") = '\0';
    return scratch;
}

static UINT is_time(ULONG seconds, INT zone) {
    return seconds >= EARLIEST && seconds <= LATEST && zone > -24 * 60 && zone < 24 * 60;
}

UINT _nx_smtp_clock_get(NX_SMTP_CLIENT *client_ptr, ULONG *seconds, INT *zone) {
    *seconds = 0;
    *zone = 0;
    if (!client_ptr->nx_smtp_client_clock ||
        client_ptr->nx_smtp_client_clock(seconds, zone) != NX_SUCCESS || !is_time(*seconds, *zone))
        return NX_NOT_SUCCESSFUL;
    return NX_SUCCESS;
}

static const CHAR *next_line(NX_SMTP_CLIENT *client_ptr, UINT piece, CHAR *scratch) {
    const CHAR *domain = client_ptr->nx_smtp_client_domain;
    ULONG seconds;
    INT zone;
    if (piece == 2)
        return *domain != '\0' ? domain : "localhost";
    if (piece == 3)
        return ">\r\n";
    if (piece > 3 || _nx_smtp_clock_get(client_ptr, &seconds, &zone) != NX_SUCCESS)
        return "";
    return piece == 0 ? date_line(scratch, seconds, zone) : id_line(client_ptr, scratch, seconds);
}

UINT _nxe_smtp_client_clock_set(NX_SMTP_CLIENT *client_ptr, NX_SMTP_CLOCK *clock) {
    return client_ptr ? _nx_smtp_client_clock_set(client_ptr, clock) : NX_PTR_ERROR;
}

UINT _nx_smtp_client_clock_set(NX_SMTP_CLIENT *client_ptr, NX_SMTP_CLOCK *clock) {
    UINT status = _nx_smtp_client_enter(client_ptr);
    if (status != NX_SUCCESS)
        return status;
    client_ptr->nx_smtp_client_clock = clock;
    client_ptr->nx_smtp_client_extra_header = clock ? next_line : NX_NULL;
    client_ptr->nx_smtp_client_state = NX_SMTP_CLIENT_STATE_IDLE;
    return NX_SUCCESS;
}
