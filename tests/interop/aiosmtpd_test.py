#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Mail to python3-aiosmtpd: by the NetX API on several packet pools, and by the portable API.

What the server stored is compared octet for octet with the original, its line ends made CRLF.
"""
from interop import (
    HEADER, Aiosmtpd, RECIPIENT, USER, check_arrival, has_ipv6, netx_mail, portable_mail,
    run_tests, sample, sizes, smuggling, specials,
)

# The smallest payload holds the headers of TCP over IPv6 (76 octets) and a few octets of mail.
PAYLOADS = ("96", "128", "256", "600", "1536", "9000")


def check_netx(checks, server, body, what, *more, **how):
    result = netx_mail(server, body, *more, **how)
    checks.ok(result.is_sent(), "%s: sent, but %r" % (what, result))
    return check_arrival(checks, server, body, what)


def check_portable(checks, server, body, what, *more, **how):
    result = portable_mail(server, HEADER + body, *more, **how)
    checks.ok(result.is_sent(), "%s: sent, but %r" % (what, result))
    return check_arrival(checks, server, body, what)


def check_bodies(checks, server):
    for name, body in [*sizes(), *specials(), *smuggling()]:
        check_netx(checks, server, body, "NetX, " + name)
        check_portable(checks, server, body, "portable, " + name)


def check_payloads(checks, server):
    bodies = dict([*sizes(), *specials()])
    del bodies["20 MB"]
    for payload in PAYLOADS:
        shape = ("--payload", payload, "--packets", "6")
        for name in ("1 octets", "58 octets", "4097 octets", "65536 octets", "dots", "bare CR"):
            what = "NetX with payload %s, %s" % (payload, name)
            check_netx(checks, server, bodies[name], what, *shape)
    check_netx(checks, server, sample(300000), "NetX, 2 packets", "--packets", "2")


def check_pieces(checks, server):
    """The body's source may cut anywhere: every piece size, so every cut, of two awkward bodies."""
    bodies = dict([*specials(), *smuggling()])
    for name in ("dots", "CR CR LF", "LF . LF, middle", "CR . CRLF, first"):
        for piece in (1, 2, 3, 5, 7):
            what = "portable in pieces of %d, %s" % (piece, name)
            check_portable(checks, server, bodies[name], what, "--piece", str(piece))


def check_headers(checks, server):
    for priority in ("low", "normal", "high"):
        text = check_netx(checks, server, b"x", "priority " + priority, "--priority", priority)
        wanted = b"To: inbox@example.com\r\nFrom: pump7@example.com\r\nSubject: interop\r\n"
        checks.ok(text is not None and text.startswith(wanted), "header of %r" % text)
        marked = text is not None and b"priority" in text.lower()
        checks.equal(marked, priority != "normal", "priority %s in the header" % priority)


def check_counts(checks, server):
    result = netx_mail(server, b"again\n", "--count", "3")
    checks.equal(result.names(), ["NX_SUCCESS"] * 3, "NetX, three times")
    checks.equal(len(server.take()), 3, "NetX, three times: mails that arrived")
    result = portable_mail(
        server, HEADER, "--next", "--to", RECIPIENT, "--next", "--to", RECIPIENT
    )
    checks.equal(result.outcomes(), ["SENT"] * 3, "portable, three in a session: %r" % result)
    checks.equal(len(server.take()), 3, "portable, three in a session: mails that arrived")


def check_empty(checks, server):
    result = netx_mail(server, b"")
    checks.equal(result.status, [(0xA5, "NX_SMTP_INVALID_PARAM")], "NetX, 0 octets")
    checks.equal(result.exit, 1, "NetX, 0 octets: exit status")
    checks.equal(server.take(), [], "NetX, 0 octets: mails that arrived")
    result = portable_mail(server, b"")
    checks.ok(result.is_sent(), "portable, 0 octets: %r" % result)
    checks.equal([text for text, _ in server.take()], [b""], "portable, 0 octets")


def check_refused_before(checks, server):
    """What could become a command or a header is found before a connection is made."""
    for to in ("a@b.c>\r\nRCPT TO:<d@e.f", "a@b.c\nx", "a b@c.d", "<a@b.c>", "a\rb@c.d", ""):
        result = netx_mail(server, b"x", to=to)
        checks.ok(result.exit == 1 and not result.is_sent(), "NetX to %r: %r" % (to, result))
        result = portable_mail(server, b"x", to=(to,))
        checks.equal(result.outcomes(), ["NOT_SENT"], "portable to %r" % to)
    result = netx_mail(server, b"x", "--subject", "s\r\nBcc: evil@example.com")
    checks.equal(result.names(), ["NX_SMTP_INJECTION_REFUSED"], "NetX, subject with CR LF")
    checks.equal(server.take(), [], "refused before: mails that arrived")


def check_login(checks, folder):
    with Aiosmtpd(folder, login=True) as server:
        for auth in ("plain", "login"):
            for send, name in ((check_netx, "NetX"), (check_portable, "portable")):
                send(checks, server, b"in\n.\n", "%s, AUTH %s" % (name, auth), auth=auth)
            result = portable_mail(server, HEADER, "--lockstep", auth=auth)
            checks.ok(result.is_sent(), "portable in lockstep, AUTH %s: %r" % (auth, result))
            logins = [envelope["login"] for _, envelope in server.take()]
            checks.equal(logins, [USER], "portable in lockstep, AUTH %s" % auth)
        check_wrong_login(checks, server)


def check_wrong_login(checks, server):
    for auth in ("plain", "login"):
        result = netx_mail(server, b"x", "--password", "wrong", auth=auth)
        wanted = [(0xA0, "NX_SMTP_AUTHENTICATION_ERROR")]
        checks.equal(result.status, wanted, "NetX, AUTH %s, wrong password" % auth)
        result = portable_mail(server, HEADER, "--password", "wrong", auth=auth)
        error = [mail["error"] for mail in result.mails]
        checks.equal(error, ["AUTH_REFUSED"], "portable, AUTH %s, wrong password" % auth)
    result = netx_mail(server, b"x")
    checks.equal(result.names(), ["NX_SMTP_MAIL_REPLY_ERROR"], "NetX, no login where one is needed")
    checks.equal(server.take(), [], "wrong logins: mails that arrived")


def check_secrets(checks, folder):
    """A15: no password in a transcript, plain or in base64."""
    with Aiosmtpd(folder, login=True, user="watcher", password="hunter2hunter2") as server:
        for auth in ("plain", "login"):
            login = ("--user", "watcher", "--password", "hunter2hunter2", "--transcript")
            for send, body in ((netx_mail, b"x"), (portable_mail, HEADER)):
                result = send(server, body, *login, auth=auth)
                checks.ok(result.is_sent(), "transcript of AUTH %s: %r" % (auth, result))
                shown = "C: AUTH" in result.err and "****" in result.err
                checks.ok(shown, "transcript of AUTH %s: %s" % (auth, result.err))
                for secret in ("hunter2", "aHVudGVyMmh1bnRlcjI", "dW50ZXIyaHVudGVy", "bnRlcjJ"):
                    checks.ok(secret not in result.err, "AUTH %s shows %s" % (auth, secret))


def check_ipv6(checks, folder):
    if not has_ipv6():
        print("note: this machine has no ::1, nothing was sent over IPv6")
        return
    with Aiosmtpd(folder, host="::1") as server:
        for name, body in specials():
            check_netx(checks, server, body, "NetX over IPv6, " + name)
            check_portable(checks, server, body, "portable over IPv6, " + name)
        check_netx(checks, server, sample(1 << 20), "NetX over IPv6, 1 MB", "--payload", "700")


def test(checks, folder):
    with Aiosmtpd(folder) as server:
        check_empty(checks, server)
        check_headers(checks, server)
        check_counts(checks, server)
        check_refused_before(checks, server)
        check_payloads(checks, server)
        check_pieces(checks, server)
        check_bodies(checks, server)
    check_login(checks, folder)
    check_secrets(checks, folder)
    check_ipv6(checks, folder)


run_tests("interop-aiosmtpd", test)
