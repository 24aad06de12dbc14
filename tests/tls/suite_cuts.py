# SPDX-License-Identifier: MIT
"""Connections that are cut or changed, at every octet: within the handshake each fails closed, and
behind it no mail is called sent that the server has not taken."""
import os

import suite_servers as servers

# Under a sanitizer every octet would take minutes: then one in so many, and those beside every
# record's edges, which is all that is done behind STARTTLS: the same handshake follows.
STRIDE = int(os.environ.get("SUITE_STRIDE", "1"))


def handshake_end(records):
    """Where the first record begins that is neither handshake nor change_cipher_spec, or all ends.
    With TLS 1.3 the encrypted part of the handshake looks like data: it is where that begins."""
    return next((at for kind, _, at in records.seen if kind == servers.DATA), records.pos)


def places(way, records, end):
    """Octets, from 1, of a stream with these records."""
    edges = {at + near for _, _, at in records.seen for near in (-1, 0, 1, 4, 5, 6)}
    return [at for at in range(1, end + 1)
            if at in edges or at == end or (way.implicit and at % STRIDE == 0)]


def is_told(suite, what, result, connection):
    """The outcome is what the server knows."""
    checks = suite.checks
    whole = connection.body is not None
    if result.outcome == "SENT":
        checks.equal(connection.body, servers.digest_of_mail(100), what + ": sent, and arrived")
    elif result.outcome == "NOT_SENT":
        checks.ok(not whole, what + ": not sent, but the server has it all")
    else:
        checks.equal(result.outcome, "MAYBE_SENT", what + ": outcome")
    checks.equal(result.late, 0, what + ": octets in clear")


def check_cut_in(suite, way, server, uncut, course):
    """What the server says ends at every octet of the session. Signatures differ in length, so how
    far a handshake had come is told by the records of its own connection."""
    outcomes = []
    for at in places(way, course.from_server, uncut.tls_in):
        result, connection = way.mail(server, cut_in=at)
        what = "%s, cut behind %d octets from the server" % (way.name, at)
        is_told(suite, what, result, connection)
        if result.phase == "TLS":
            suite.refused(what, result, connection, "CLOSED")
        else:
            suite.checks.ok(at >= handshake_end(connection.from_server),
                            what + ": the handshake is called done")
        outcomes.append(result.outcome)
    suite.checks.equal(outcomes[0], "NOT_SENT", way.name + ", cut at the first octet")
    suite.checks.equal(outcomes[-1], "SENT", way.name + ", cut at the last octet")
    suite.checks.ok("MAYBE_SENT" in outcomes, way.name + ", cut: none was in doubt")


def check_cut_out(suite, way, server, uncut, course):
    for at in places(way, course.from_client, uncut.tls_out - 1):
        result, connection = way.mail(server, cut_out=at)
        what = "%s, cut behind %d octets to the server" % (way.name, at)
        is_told(suite, what, result, connection)
        if at < handshake_end(course.from_client):
            suite.refused(what, result, connection, tells=False)


def is_ignored(records, at):
    """Octets that TLS ignores by its own rules: the version in the header of a record in clear
    (RFC 8446 5.1: legacy_record_version MUST be ignored)."""
    for kind, _, pos in records.seen:
        if kind != servers.DATA and pos + 1 <= at <= pos + 2:
            return True
    return False


def check_flips(suite, way, server, uncut, course):
    """One bit in every octet of all that the server says."""
    for at in places(way, course.from_server, uncut.tls_in):
        result, connection = way.mail(server, flip=at, wait=250, tls_wait=250)
        what = "%s, octet %d from the server changed" % (way.name, at)
        is_told(suite, what, result, connection)
        if connection.heard == b"":
            suite.refused(what, result, connection, tells=False,
                          errors=("TLS_FAILED", "TIMEOUT", "IO", "CLOSED"))
        elif at <= handshake_end(connection.from_server):
            suite.checks.ok(is_ignored(connection.from_server, at - 1),
                            "%s: the handshake went on: %r" % (what, result))


def run(suite):
    for way in suite.ways():
        with way.serve() as server:
            uncut, course = way.mail(server)
            suite.sent(way.name + ", uncut", uncut, course)
            for check in (check_cut_in, check_cut_out, check_flips):
                check(suite, way, server, uncut, course)
