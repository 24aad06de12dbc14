#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Mail to Debian's Postfix, in lockstep and with PIPELINING, delivered into a Maildir.

Postfix stores mail with the line ends of Unix, so what it delivered is compared octet for octet
with the original, its line ends repaired and then made LF. Postfix 3.7 takes LF.LF, LF.CRLF and
CRLF.LF as the end of a mail: of the smuggling attempts exactly one mail each may arrive (C1).
"""
import re

from interop import (
    HEADER, Postfix, become_root, check_arrival, compare, netx_mail, portable_mail,
    run_tests, sample, sizes, smuggling, specials,
)

WAYS = {"pipelined": (), "lockstep": ("--lockstep",)}


def check_netx(checks, server, body, what, *more, **how):
    result = netx_mail(server, body, *more, **how)
    checks.ok(result.is_sent(), "%s: sent, but %r" % (what, result))
    check_arrival(checks, server, body, what)


def check_portable(checks, server, body, what, *more, **how):
    result = portable_mail(server, HEADER + body, *more, **how)
    checks.ok(result.is_sent(), "%s: sent, but %r" % (what, result))
    check_arrival(checks, server, body, what)


def check_bodies(checks, server):
    for name, body in [*sizes(), *specials(), *smuggling()]:
        check_netx(checks, server, body, "NetX, " + name)
        check_portable(checks, server, body, "portable, " + name)
    for payload in ("128", "512"):
        for name, body in specials():
            what = "NetX with payload %s, %s" % (payload, name)
            check_netx(checks, server, body, what, "--payload", payload)
    check_netx(checks, server, sample(1 << 20), "NetX with payload 128, 1 MB", "--payload", "128")


def check_cuts(checks, server):
    """C1: each end mark, cut by the body's source at every place."""
    for name, body in smuggling():
        if name.endswith("middle"):
            for piece in ("1", "2", "3"):
                what = "portable in pieces of %s, %s" % (piece, name)
                check_portable(checks, server, body, what, "--piece", piece)


def check_empty(checks, server):
    """A message of no octets: the mail that arrives has Postfix's header and nothing else."""
    for way, options in WAYS.items():
        result = portable_mail(server, b"", *options)
        checks.ok(result.is_sent(), "0 octets, %s: %r" % (way, result))
        texts = [text for text, _ in server.take()]
        checks.equal(len(texts), 1, "0 octets, %s: mails that arrived" % way)
        for text in texts:
            checks.ok(compare(b"", text, unix=True) is None, "0 octets: %r" % text)
    result = netx_mail(server, b"")
    checks.equal(result.status, [(0xA5, "NX_SMTP_INVALID_PARAM")], "NetX, 0 octets")
    checks.equal(server.take(), [], "NetX, 0 octets: mails that arrived")


def turns(transcript):
    """Who speaks, and the first word of each line of the envelope: `C:MAIL S:250 ...`."""
    said = re.findall(r"^([CS]): (MAIL|RCPT|DATA|QUIT|250(?= 2\.)|354|221)", transcript, re.M)
    return " ".join(":".join(pair) for pair in said)


def check_turns(checks, server):
    """With PIPELINING the envelope leaves as a group and QUIT rides behind the message."""
    wanted = {
        "pipelined": "C:MAIL C:RCPT C:DATA S:250 S:250 S:354 C:QUIT S:250 S:221",
        "lockstep": "C:MAIL S:250 C:RCPT S:250 C:DATA S:354 S:250 C:QUIT S:221",
    }
    for way, options in WAYS.items():
        result = portable_mail(server, HEADER + b"x", "--transcript", *options)
        checks.equal(turns(result.err), wanted[way], "%s: %s" % (way, result.err))
    result = netx_mail(server, b"x", "--transcript")
    checks.equal(turns(result.err), wanted["lockstep"], "NetX: %s" % result.err)
    checks.equal(len(server.take()), 3, "transcripts: mails that arrived")


def check_recipients(checks, server):
    """Good ones, an unknown one (550) and one elsewhere (454), in one mail."""
    good = ["r%d@example.com" % i for i in range(20)]
    bad = {"nobody@example.com": ("refused", 550), "x@example.org": ("deferred", 454)}
    wanted = {**{to: ("accepted", 250) for to in good}, **bad}
    for way, options in WAYS.items():
        to = [*good[:10], *bad, *good[10:]]
        result = portable_mail(server, HEADER + b"many\n", *options, to=to)
        checks.equal(result.outcomes(), ["PARTLY_SENT"], "some of many, %s: %r" % (way, result))
        checks.equal(result.mails[0]["fates"], wanted, "some of many, %s: fates" % way)
        arrived = sorted(envelope["to"][0] for _, envelope in server.take())
        checks.equal(arrived, sorted(good), "some of many, %s: arrived" % way)
        check_nobody(checks, server, bad, way, options)
        check_all_or_nothing(checks, server, to, way, options)
    result = portable_mail(server, HEADER + b"x\n", to=good * 10)
    checks.ok(result.is_sent(), "200 recipients: %r" % result)
    server.take()


def check_nobody(checks, server, bad, way, options):
    """E10: all recipients refused. With PIPELINING DATA has left already."""
    result = portable_mail(server, HEADER + b"x\n", *options, to=list(bad))
    checks.equal(result.outcomes(), ["NOT_SENT"], "none of two, %s: %r" % (way, result))
    checks.equal(result.mails[0]["fates"], bad, "none of two, %s: fates" % way)
    checks.equal(result.mails[0]["phase"], "RCPT", "none of two, %s: phase" % way)
    checks.equal(server.take(), [], "none of two, %s: arrived" % way)


def check_all_or_nothing(checks, server, to, way, options):
    result = portable_mail(server, HEADER + b"x\n", "--all-or-nothing", *options, to=to)
    checks.equal(result.outcomes(), ["NOT_SENT"], "all or nothing, %s: %r" % (way, result))
    checks.equal(server.take(), [], "all or nothing, %s: arrived" % way)


def check_session(checks, server):
    """Several mails on one connection; a failed one, anywhere, leaves the others alone (E8)."""
    for way, options in WAYS.items():
        plan = ["a@example.com", "nobody@example.com", "b@example.com", "x@example.org"]
        plan += ["c@example.com"]
        more = [word for to in plan[1:] for word in ("--next", "--to", to)]
        result = portable_mail(server, HEADER + b"kept\n", *options, *more, to=plan[:1])
        wanted = ["SENT", "NOT_SENT", "SENT", "NOT_SENT", "SENT"]
        checks.equal(result.outcomes(), wanted, "five mails, %s: %r" % (way, result))
        mails = server.take()
        arrived = sorted(envelope["to"][0] for _, envelope in mails)
        checks.equal(arrived, [to for to in sorted(plan) if to[1] == "@" and to[0] != "x"],
                     "five mails, %s: arrived" % way)
        for text, _ in mails:
            checks.ok(compare(b"kept\n", text, unix=True) is None, "five mails: %r" % text)


def check_null_sender(checks, server):
    result = portable_mail(server, HEADER + b"x\n", "--from", "")
    checks.ok(result.is_sent(), "the null sender: %r" % result)
    checks.equal([envelope["from"] for _, envelope in server.take()], [""], "the null sender")


def check_refusals_by_netx(checks, server):
    for to in ("nobody@example.com", "x@example.org"):
        result = netx_mail(server, b"x", to=to)
        checks.equal(result.status, [(0xAA, "NX_SMTP_RCPT_REPLY_ERROR")], "NetX to " + to)
    checks.equal(server.take(), [], "NetX to strangers: arrived")


def check_login(checks, server):
    port = server.login_port
    for auth in ("plain", "login"):
        check_netx(checks, server, b"in\n", "NetX, AUTH " + auth, port=port, auth=auth)
        for way, options in WAYS.items():
            what = "portable, AUTH %s, %s" % (auth, way)
            check_portable(checks, server, b"in\n", what, *options, port=port, auth=auth)
        result = netx_mail(server, b"x", "--password", "wrong", port=port, auth=auth)
        wanted = [(0xA0, "NX_SMTP_AUTHENTICATION_ERROR")]
        checks.equal(result.status, wanted, "NetX, wrong password")
        result = portable_mail(server, HEADER, "--password", "wrong", port=port, auth=auth)
        checks.equal(result.outcomes(), ["NOT_SENT"], "portable, wrong password: %r" % result)
        checks.equal(result.mails[0]["error"], "AUTH_REFUSED", "portable, wrong password")
    result = netx_mail(server, b"x", port=port)
    checks.ok(not result.is_sent(), "NetX, no login where one is needed: %r" % result)
    checks.equal(server.take(), [], "wrong logins: arrived")


def test(checks, folder):
    with Postfix(folder) as server:
        check_turns(checks, server)
        check_empty(checks, server)
        check_recipients(checks, server)
        check_session(checks, server)
        check_null_sender(checks, server)
        check_refusals_by_netx(checks, server)
        check_login(checks, server)
        check_cuts(checks, server)
        check_bodies(checks, server)


become_root()
run_tests("interop-postfix", test)
