#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Postfix: SIZE, 8BITMIME, SMTPUTF8, DSN, CHUNKING, ENHANCEDSTATUSCODES, VRFY, ETRN, a limit on
recipients; messages of the composer by DATA."""
import email
import email.policy

from extensions import (
    BODY, EIGHT, SENDER, WAYS, Scratch, check_broken_run, check_chunks, check_commands, check_dsn,
    check_limit, check_messages, check_not_sent, check_run, check_sent, check_unknown,
    check_unsound_sources, check_utf8, check_wishes, read_report, talk,
)
from interop import HEADER, RECIPIENT, Postfix, become_root, run_tests, sample

OFFERED = {"PIPELINING", "SIZE", "ETRN", "ENHANCEDSTATUSCODES", "8BITMIME", "DSN", "SMTPUTF8",
           "CHUNKING"}
HIDDEN = "smtpd_discard_ehlo_keywords=dsn,smtputf8,8bitmime,chunking,pipelining"


class OpenPostfix(Postfix):
    # it completes no header
    plain = "local_header_rewrite_clients= "
    ports = {
        "port": plain,
        "few_port": plain + "smtpd_recipient_limit=5",
        "small_port": plain + "message_size_limit=20000",
        "hidden_port": plain + HIDDEN,
    }


def check_offered(checks, server):
    result = talk(server)
    checks.equal(result.offered, OFFERED, "what is offered: %r" % result)
    checks.equal(result.told.get("size_limit"), 67108864, "SIZE")
    result = talk(server, port=server.small_port)
    checks.equal(result.told.get("size_limit"), 20000, "SIZE")
    result = talk(server, port=server.hidden_port)
    checks.equal(result.offered, {"SIZE", "ETRN", "ENHANCEDSTATUSCODES"}, "what is not hidden")


def check_size(checks, server, scratch):
    """Too large: found before MAIL where the size is known, else refused while it leaves."""
    content = HEADER + sample(30000)
    for way in ("no_chunking", "pieces"):
        mail = scratch.mail("8bit", way, content=content)
        result = talk(server, port=server.small_port, mails=[mail])
        check_not_sent(checks, server, result, "SIZE", "SIZE, " + way)
        checks.equal(result.said("MAIL"), [], "SIZE, " + way)
        result = talk(server, "unsized", port=server.small_port, mails=[mail, scratch.mail()])
        checks.equal(result.verdict(), ("NOT_SENT", "OK", 552), "no size, %s: %r" % (way, result))
        checks.equal(result.mail().get("enhanced"), "5.3.4", "no size, " + way)
        checks.equal(result.outcomes(), ["NOT_SENT", "SENT"], "no size, %s: the next" % way)
        mails = [envelope["to"] for _, envelope in server.take()]
        checks.equal(mails, [[RECIPIENT]], "no size, %s: what came" % way)
    result = talk(server, port=server.small_port, mails=[scratch.mail()])
    check_sent(checks, server, result, "small enough")
    wanted = ["MAIL FROM:<pump7@example.com> SIZE=%d" % len(HEADER + BODY)]
    checks.equal(result.said("MAIL"), wanted, "SIZE is said")


def check_8bit(checks, server, scratch):
    mail = scratch.mail("8bit", content=HEADER + EIGHT)
    result = talk(server, mails=[mail])
    check_sent(checks, server, result, "8BITMIME", EIGHT)
    checks.ok("BODY=8BITMIME" in "".join(result.said("MAIL")), "8BITMIME: %r" % result)
    result = talk(server, port=server.hidden_port, mails=[mail])
    check_not_sent(checks, server, result, "BODY_8BIT", "8BITMIME is not offered")


def check_codes(checks, server, scratch):
    """Enhanced codes and the queue's name for the mail."""
    result = talk(server, mails=[scratch.mail(to=("nobody@example.com", RECIPIENT))])
    mail = result.mail()
    codes = {r["address"]: (r["code"], r["enhanced"]) for r in mail["recipients"]}
    wanted = {"nobody@example.com": (550, "5.1.1"), RECIPIENT: (250, "2.0.0")}
    if codes.get(RECIPIENT) == (250, "2.1.5"):  # the reply to its RCPT decided it
        wanted[RECIPIENT] = (250, "2.1.5")
    checks.equal(codes, wanted, "enhanced codes")
    checks.equal(mail.get("enhanced"), "2.0.0", "enhanced code of the mail")
    (text, _), = server.take()
    name = mail.get("queue_id", "")
    checks.ok(name and b"id " + name.encode() in text, "queue id: %r, %r" % (name, text))


def check_returned(checks, server, scratch):
    """What cannot be delivered comes back: the header or all of it, as RET says, or nothing."""
    to = ("broken@example.com",)
    for ret, kind in (("hdrs", "text/rfc822-headers"), ("full", "message/rfc822")):
        mail = scratch.mail("ret=" + ret, "notify=failure", to=to)
        checks.equal(talk(server, mails=[mail]).outcomes(), ["SENT"], "RET=" + ret)
        (text, envelope), = server.take()
        checks.equal((envelope["to"], envelope["from"]), ([SENDER], ""), "RET=" + ret)
        parts = email.message_from_bytes(text, policy=email.policy.default).get_payload()
        checks.equal(parts[2].get_content_type(), kind, "RET=" + ret)
        checks.equal(b"\none\n.\n..\ntwo\n" in text, ret == "full", "RET=%s: the text" % ret)
        checks.equal(read_report(text)[1]["action"], "failed", "RET=" + ret)
    for notify in ("never", "success"):
        result = talk(server, mails=[scratch.mail("notify=" + notify, to=to)])
        checks.equal(result.outcomes(), ["SENT"], "NOTIFY=" + notify)
        checks.equal(server.take(), [], "NOTIFY=%s: what comes back" % notify)


QUESTIONS = {
    "noop=": (250, "Ok"),
    "vrfy=inbox@example.com": (252, "inbox@example.com"),
    "vrfy=nobody@example.com": (550, "User unknown"),
    "expn=team": (500, "not recognized"),
    "help=": (500, "not recognized"),
    "etrn=example.com": (250, "Queuing started"),
    "etrn=example.org": (459, "service unavailable"),
}


def test(checks, folder):
    scratch = Scratch(folder)
    with OpenPostfix(folder) as server:
        check_offered(checks, server)
        check_size(checks, server, scratch)
        check_8bit(checks, server, scratch)
        check_codes(checks, server, scratch)
        check_utf8(checks, server, scratch)
        check_dsn(checks, server, scratch)
        check_returned(checks, server, scratch)
        check_commands(checks, server, QUESTIONS)
        check_limit(checks, server, scratch, 12, 3, port=server.few_port)
        check_limit(checks, server, scratch, 1100, 2, ways=("DATA",))  # its default is 1,000
        check_unknown(checks, server, scratch)
        for way in WAYS:
            check_run(checks, server, scratch, way=way)
        check_broken_run(checks, server, scratch)
        check_wishes(checks, server, scratch, OFFERED)
        check_wishes(checks, server, scratch, set(), port=server.hidden_port)
        check_chunks(checks, server, scratch)
        check_unsound_sources(checks, server, scratch)
        check_messages(checks, server, scratch, "DATA")


become_root()
run_tests("extensions-postfix", test)
