#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Postfix's smtp-sink with its faults: a server that refuses, hangs up, says 421 or is slow.

Each fault at each command that smtp-sink knows, by the NetX API and by the portable API, with
PIPELINING and in lockstep. A mail is never called sent when the sink did not take it, and always
when it did; who was told what, where and by which reply is held against a table.
"""
from concurrent.futures import ThreadPoolExecutor

from interop import HEADER, RECIPIENT, Sink, compare, netx_mail, portable_mail, run_tests, sample

BODY = b"one\r\n.\r\ntwo\r\n"
COMMANDS = "CONNECT HELO EHLO LHLO MAIL RCPT VRFY DATA . RSET NOOP QUIT".split()
# What is said in one session with one mail; the others (and HELO, while EHLO is taken) never are.
PHASES = {"CONNECT": "GREETING", "EHLO": "EHLO", "MAIL": "MAIL", "RCPT": "RCPT", "DATA": "DATA",
          ".": "MESSAGE"}
NETX = {"CONNECT": "NX_SMTP_GREET_REPLY_ERROR", "EHLO": "NX_SMTP_HELLO_REPLY_ERROR",
        "MAIL": "NX_SMTP_MAIL_REPLY_ERROR", "RCPT": "NX_SMTP_RCPT_REPLY_ERROR",
        "DATA": "NX_SMTP_DATA_REPLY_ERROR", ".": "NX_SMTP_MESSAGE_REPLY_ERROR"}
CODES = {"-f": 500, "-r": 450, "-q": 0, "-Q": 421}
WAYS = {"pipelined": (), "lockstep": ("--lockstep",)}


def check_sent(checks, server, result, what):
    """Called sent, and the sink has it, as it was."""
    checks.ok(result.is_sent(), "%s: sent, but %r" % (what, result))
    mails = server.take()
    if checks.equal(len(mails), 1, what + ": mails that arrived"):
        found = compare(BODY, mails[0][0], unix=True)
        checks.ok(found is None, "%s: %s" % (what, found))


def check_portable_failed(checks, result, wanted, what):
    checks.equal(result.exit, 1, what + ": exit status")
    got = {name: result.mails[0][name] for name in wanted} if result.mails else {}
    checks.equal(got, wanted, what)


def is_fatal(fault, command):
    """EHLO refused for good is no end: HELO follows."""
    return command in PHASES and (fault, command) != ("-f", "EHLO")


def wanted_portable(fault, command, way):
    wanted = {"outcome": "NOT_SENT", "phase": PHASES[command], "code": CODES[fault]}
    if fault == "-q":
        wanted["error"] = "CLOSED"
        if command == ".":
            wanted["outcome"] = "MAYBE_SENT"
        if way == "pipelined" and command in ("MAIL", "RCPT", "DATA"):
            del wanted["phase"]  # the replies before it may have been lost with the connection
    elif fault == "-Q":
        wanted["error"] = "CLOSING"
    else:
        wanted["error"] = "REFUSED" if command in ("CONNECT", "EHLO") else "OK"
    return wanted


def wanted_netx(fault, command):
    if fault != "-q":
        return NETX[command]
    return "NX_SMTP_DELIVERY_UNKNOWN" if command == "." else "NX_NOT_CONNECTED"


def check_fault(checks, folder, fault, command):
    with Sink(folder, fault, command) as server:
        result = netx_mail(server, BODY)
        what = "%s %s, NetX" % (fault, command)
        if is_fatal(fault, command):
            wanted = [wanted_netx(fault, command)]
            checks.equal((result.exit, result.names()), (1, wanted), what)
            server.take()
        else:
            check_sent(checks, server, result, what)
        for way, options in WAYS.items():
            result = portable_mail(server, HEADER + BODY, *options)
            what = "%s %s, %s" % (fault, command, way)
            if is_fatal(fault, command):
                wanted = wanted_portable(fault, command, way)
                check_portable_failed(checks, result, wanted, what)
                server.take()
            else:
                check_sent(checks, server, result, what)


def check_announcements(checks, folder):
    """Servers with less: no ESMTP, no AUTH, no PIPELINING, HELO refused too."""
    for fault in (("-e",), ("-a",), ("-p",), ("-E",), ("-P",)):
        with Sink(folder, *fault) as server:
            check_sent(checks, server, netx_mail(server, BODY), "%s, NetX" % fault)
            for way, options in WAYS.items():
                result = portable_mail(server, HEADER + BODY, *options)
                check_sent(checks, server, result, "%s, %s" % (fault[0], way))
    with Sink(folder, "-f", "EHLO,HELO") as server:
        result = netx_mail(server, BODY)
        checks.equal(result.names(), ["NX_SMTP_HELLO_REPLY_ERROR"], "EHLO and HELO refused, NetX")
        wanted = {"outcome": "NOT_SENT", "error": "REFUSED", "phase": "HELO", "code": 500}
        result = portable_mail(server, HEADER + BODY)
        check_portable_failed(checks, result, wanted, "EHLO and HELO refused")
    with Sink(folder, "-8") as server:
        result = portable_mail(server, HEADER + b"\xc3\xa9\n")
        got = [(mail["error"], mail["code"], mail["text"]) for mail in result.mails]
        checks.equal(got, [("BODY_8BIT", 0, "")], "8-bit text, no 8BITMIME")
        checks.equal(server.take(), [], "8-bit text, no 8BITMIME: mails that arrived")


def check_rset(checks, folder):
    """RSET before the second mail, after a first that was refused: if it fails, nothing goes on."""
    errors = {"-f": "REFUSED", "-r": "REFUSED", "-q": "CLOSED", "-Q": "CLOSING"}
    for fault, error in errors.items():
        with Sink(folder, "-f", "RCPT", fault, "RSET") as server:
            for way, options in WAYS.items():
                what = "%s RSET after a refused RCPT, %s" % (fault, way)
                more = ("--next", "--to", RECIPIENT, *options)
                result = portable_mail(server, HEADER + BODY, *more)
                checks.equal(result.outcomes(), ["NOT_SENT"] * 2, what)
                second = result.mails[-1]
                got = (second["error"], second["phase"], second["code"])
                checks.equal(got, (error, "RSET", CODES[fault]), what)


def check_quit_after_failure(checks, folder):
    """What QUIT is answered changes nothing about what came before it (E5)."""
    for fault in CODES:
        with Sink(folder, "-f", "RCPT", fault, "QUIT") as server:
            what = "%s QUIT after a refused RCPT" % fault
            result = netx_mail(server, BODY)
            checks.equal(result.names(), ["NX_SMTP_RCPT_REPLY_ERROR"], what + ", NetX")
            for way, options in WAYS.items():
                result = portable_mail(server, HEADER + BODY, *options)
                wanted = {"outcome": "NOT_SENT", "error": "OK", "phase": "RCPT", "code": 500}
                check_portable_failed(checks, result, wanted, "%s, %s" % (what, way))


def check_abort(checks, folder, delay, body):
    """-A: 550 in the middle of the message, and no more is read (D12)."""
    what = "-A %s, body of %d" % (delay, len(body))
    with Sink(folder, "-A", delay) as server:
        result = netx_mail(server, body)
        checks.equal(result.names(), ["NX_SMTP_MESSAGE_REPLY_ERROR"], what + ", NetX")
        for way, options in WAYS.items():
            result = portable_mail(server, HEADER + body, *options)
            wanted = {"outcome": "NOT_SENT", "phase": "MESSAGE", "code": 550}
            check_portable_failed(checks, result, wanted, "%s, %s" % (what, way))
        checks.equal(server.take(), [], what + ": mails that arrived")


def check_slow(checks, folder, command):
    """-W: slow, but within the limits; then slower than they are. With -p, since a smtp-sink that
    waits before one reply goes on with the commands behind it, and its replies change places."""
    with Sink(folder, "-p", "-W", command + ":1") as server:
        for way, options in WAYS.items():
            result = portable_mail(server, HEADER + BODY, *options)
            what = "a second at %s, %s" % (command, way)
            check_sent(checks, server, result, what)
            checks.ok(result.seconds > 0.9, "%s: in %.1f s" % (what, result.seconds))
        check_sent(checks, server, netx_mail(server, BODY), "a second at %s, NetX" % command)
    with Sink(folder, "-p", "-W", command + ":3") as server:
        for way, options in WAYS.items():
            what = "3 s at %s where 1 is the limit, %s" % (command, way)
            for _ in range(3):  # a busy machine may let a program sleep: once in time is enough
                result = portable_mail(server, HEADER + BODY, "--wait", "1000", *options)
                if result.seconds < 2.5:
                    break
            check_slower(checks, result, command, what)
            checks.ok(0.9 < result.seconds < 2.5, "%s: after %.1f s" % (what, result.seconds))


def check_out_of_order(checks, folder):
    """With PIPELINING a smtp-sink that waits before one reply answers the next command first."""
    for command, outcome in (("MAIL", "NOT_SENT"), ("RCPT", "NOT_SENT"), (".", "MAYBE_SENT")):
        with Sink(folder, "-W", command + ":1") as server:
            result = portable_mail(server, HEADER + BODY)
            checks.equal(result.outcomes(), [outcome], "%s answered late: %r" % (command, result))


def check_slower(checks, result, command, what):
    if command == "QUIT":
        checks.ok(result.is_sent(), "%s: %r" % (what, result))
        return
    outcome = "MAYBE_SENT" if command == "." else "NOT_SENT"
    wanted = {"outcome": outcome, "error": "TIMEOUT", "phase": PHASES[command], "code": 0}
    check_portable_failed(checks, result, wanted, what)


def check_slow_netx(checks, folder, command, delay, limit):
    """The NetX API's own limits: NX_SMTP_GREETING_TIMEOUT and so on, and as the server does not
    close its side, at most NX_SMTP_CLIENT_DISCONNECT_TIMEOUT (5 s) after that."""
    what = "%d s at %s, NetX" % (delay, command)
    with Sink(folder, "-W", "%s:%d" % (command, delay)) as server:
        result = netx_mail(server, BODY)
        wanted = {".": "NX_SMTP_DELIVERY_UNKNOWN", "QUIT": "NX_SUCCESS"}.get(command)
        if wanted:
            checks.equal(result.names(), [wanted], what)
        else:
            checks.equal(result.names(), ["NX_NO_PACKET"], what)
        good = limit - 0.5 < result.seconds < limit + 8
        checks.ok(good, "%s: after %.1f s" % (what, result.seconds))


def test(checks, folder):
    jobs = [(check_slow_netx, command, delay, limit) for command, delay, limit in (
        (".", 36, 30), ("CONNECT", 15, 10), ("EHLO", 15, 10), ("MAIL", 15, 10), ("RCPT", 15, 10),
        ("DATA", 15, 10), ("QUIT", 10, 5))]
    jobs += [(check_slow, command) for command in (*PHASES, "QUIT")]
    jobs += [(check_abort, delay, body) for delay in ("0", "1") for body in (b"x", sample(4 << 20))]
    with ThreadPoolExecutor(6) as pool:  # they wait, most of the time
        waiting = [pool.submit(job, checks, folder, *more) for job, *more in jobs]
        for fault in CODES:
            for command in COMMANDS:
                check_fault(checks, folder, fault, command)
        check_announcements(checks, folder)
        check_rset(checks, folder)
        check_out_of_order(checks, folder)
        check_quit_after_failure(checks, folder)
        for job in waiting:
            job.result()


run_tests("interop-sink", test)
