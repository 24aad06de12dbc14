#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""sendmail: DELIVERBY, DSN, SIZE, ETRN, EXPN, VRFY, a limit on recipients."""
from extensions import (
    Scratch, check_commands, check_dsn, check_limit, check_run, check_sent, check_unknown,
    check_unoffered, check_unsound_sources, check_wishes, take_report, talk,
)
from interop import RECIPIENT, Maildir, become_root, run_tests
from secure import Unpacked

OFFERED = {"ENHANCEDSTATUSCODES", "PIPELINING", "8BITMIME", "SIZE", "DSN", "ETRN", "DELIVERBY"}
QUESTIONS = {
    "noop=": (250, "OK"),
    "vrfy=team": (250, "<team@mail.test>"),
    "vrfy=nobody@example.com": (550, "no such user"),
    "expn=team": (250, "<two@example.com>\n2.1.5 <one@example.com>"),
    "help=": (214, "End of HELP info"),
    "help=vrfy": (214, "says whether it is known"),
    "etrn=example.com": (250, "Queuing for node example.com started"),
}


class Sendmail(Maildir, Unpacked):
    name, users = "sendmail", "smmta smmsp"
    packages = ["sendmail-bin", "sendmail-base", "sendmail-cf", "m4"]
    queues = ("queue",)
    port_names = ("port",)


def check_offered(checks, server):
    result = talk(server)
    checks.equal(result.offered, OFFERED, "what is offered: %r" % result)
    checks.equal(result.told.get("size_limit"), 67108864, "SIZE")


def check_deliver_by(checks, server, scratch):
    """Its EHLO says DELIVERBY 60: less is not offered, and so not asked for."""
    for wish, words in ((("by=return", "by_time=60"), "BY=60;R"),
                        (("by=return", "by_time=120", "by_trace"), "BY=120;RT"),
                        (("by=notify", "by_time=999999999"), "BY=999999999;N")):
        result = talk(server, mails=[scratch.mail(*wish, "notify=never")])
        check_sent(checks, server, result, words)
        checks.ok(result.said("MAIL")[0].endswith(" " + words), "%s: %r" % (words, result))
    for seconds in (1, 59):
        mail = scratch.mail("by=return", "by_time=%d" % seconds)
        result = talk(server, mails=[mail])
        check_unoffered(checks, server, result, "DELIVERBY", "BY=%d" % seconds)
    mail = scratch.mail("by=return", "by_time=120", "notify=success")
    result = talk(server, mails=[mail])
    checks.equal(result.outcomes(), ["SENT"], "BY with a report: %r" % result)
    mails, report = take_report(checks, server, "BY with a report")
    checks.equal([envelope["to"] for _, envelope in mails], [[RECIPIENT]], "BY with a report")
    checks.ok(report and "deliver-by-date" in report[0], "Deliver-By-Date: %r" % report)


def test(checks, folder):
    scratch = Scratch(folder)
    with Sendmail(folder) as server:
        check_offered(checks, server)
        check_commands(checks, server, QUESTIONS)
        check_deliver_by(checks, server, scratch)
        check_dsn(checks, server, scratch)
        check_limit(checks, server, scratch, 45, 3, ways=("DATA",))
        check_unknown(checks, server, scratch)
        check_run(checks, server, scratch)
        check_wishes(checks, server, scratch, OFFERED)
        check_unsound_sources(checks, server, scratch, ways=("DATA",))


become_root()
run_tests("extensions-sendmail", test)
