# SPDX-License-Identifier: MIT
"""Servers with which no session may come about: each fails closed, and says why."""
import ssl
import time

import suite_servers as servers
from certificates import HOST

# Certificate, options.host, and the faults that name the cure. Where two are named, the libraries
# differ in what they look at first; each of the two is true.
CERTIFICATES = (
    ("wrong_ca", HOST, ("UNTRUSTED",)),
    ("wrong_name", HOST, ("NAME",)),
    ("expired", HOST, ("EXPIRED",)),
    ("not_yet", HOST, ("NOT_YET",)),
    ("self_signed", HOST, ("SELF_SIGNED",)),
    ("cn_only", HOST, ("NO_SAN",)),
    ("mail_only", HOST, ("NO_SAN",)),
    ("ecdsa", "127.0.0.1", ("NAME",)),
    ("ecdsa", "::1", ("NAME",)),
    ("ecdsa", "example.com", ("NAME",)),
    ("ecdsa", "x." + HOST, ("NAME",)),
    ("ip4", HOST, ("NAME",)),
    ("ip4", "127.0.0.2", ("NAME",)),
    ("ip6", "::2", ("NAME",)),
    ("ip_as_dns", "127.0.0.1", ("NAME",)),
    ("ip_as_cn", "127.0.0.1", ("NAME",)),
    ("ip_other", "127.0.0.1", ("NAME",)),
    ("wildcard", "a.mail.example.com", ("NAME",)),
    ("wildcard", "example.com", ("NAME",)),
    ("partial_wildcard", HOST, ("NAME",)),
    ("inner_wildcard", HOST, ("NAME",)),
    ("wide_wildcard", "example.com", ("NAME",)),
    ("bare_wildcard", "localhost", ("NAME",)),
    ("nul_name", HOST, ("NAME", "CERTIFICATE")),
    ("dotted_name", HOST, ("NAME", "CERTIFICATE")),
    ("rsa_1024", HOST, ("WEAK",)),
    ("p_192", HOST, ("WEAK", "CIPHER")),
    ("sha1", HOST, ("WEAK",)),
    ("md5", HOST, ("WEAK",)),
    ("sha1_middle", HOST, ("WEAK",)),
    ("weak_middle", HOST, ("WEAK",)),
    ("not_a_ca", HOST, ("USAGE", "UNTRUSTED")),
    ("leaf_as_ca", HOST, ("USAGE", "UNTRUSTED")),
    ("no_sign", HOST, ("USAGE", "UNTRUSTED")),
    ("too_deep", HOST, ("USAGE", "UNTRUSTED", "CERTIFICATE")),
    ("old_middle", HOST, ("EXPIRED",)),
    ("old_root", HOST, ("EXPIRED",)),
    ("constrained", HOST, ("CONSTRAINED", "CERTIFICATE")),  # mbedTLS cannot read it
    ("constrained_too", HOST, ("CONSTRAINED",)),
    ("no_server_auth", HOST, ("USAGE",)),
    ("for_clients", HOST, ("USAGE",)),
    ("no_middle", HOST, ("UNTRUSTED",)),
)

# In place of a handshake, what the server does; the fault, by how TLS begins.
TALK = (
    ("closes at once", servers.close, ("CLOSED",)),
    ("closes behind the ClientHello", servers.close_after_hello, ("CLOSED",)),
    ("resets", servers.reset, ("CLOSED", "PROTOCOL")),
    ("garbage", servers.says(servers.GARBAGE), ("PROTOCOL",)),
    ("400 octets of text", servers.says(servers.TEXT), ("CLEAR_TEXT",)),
    ("a greeting in clear", servers.says(b"220 mail.example.com ESMTP\r\n"), ("CLEAR_TEXT",)),
    ("zeros", servers.says(bytes(400)), ("PROTOCOL",)),
    ("one octet", servers.says(b"\x16"), None),
)

ALERTS = (  # what the server ends the handshake with
    (10, ("ALERT",)), (40, ("CIPHER",)), (70, ("VERSION",)), (71, ("CIPHER",)),
    (80, ("ALERT",)), (112, ("ALERT",)), (116, ("CLIENT_CERTIFICATE",)), (120, ("ALERT",)),
)


def weak_server(way, certificate, **more):
    """A server that itself takes anything."""
    path = way.suite.certificates.path(certificate)
    version = more.pop("version", way.version)
    return way.serve(context=servers.context(path, version, weak=True, **more))


def check_certificates(suite, way):
    for name, host, faults in CERTIFICATES:
        if way.version == servers.V1_3 and name == "p_192":
            continue  # TLS 1.3 has no such curve: no server can offer it
        with weak_server(way, name) as server:
            what = "%s, %s as %s" % (way.name, name, host)
            result, connection = way.mail(server, host=host)
            suite.refused(what, result, connection, *faults)
            suite.checks.equal((result.protocol, result.cipher), ("", ""),
                               what + ": agreed upon")


def check_wrong_ca_given(suite, way):
    with way.serve() as server:
        what = way.name + ", another CA given"
        suite.refused(what, *way.mail(server, ca=suite.certificates.other_ca), "UNTRUSTED")


def check_pins(suite, way):
    certificates = suite.certificates
    other = certificates.all["rsa"].pin()
    with way.serve() as server:
        suite.refused(way.name + ", another pin", *way.mail(server, pin=other), "PIN")
        suite.refused(way.name + ", another pin, no CA", *way.mail(
            server, "flag=pin_instead", pin=other, ca=None), "PIN")
        suite.refused(way.name + ", another pin beside the CA, either would do", *way.mail(
            server, "flag=pin_instead", pin=other), "PIN")
        suite.refused(way.name + ", the CA's key pinned", *way.mail(
            server, pin=certificates.root.pin()), "PIN")
    with way.serve("chain") as server:
        suite.refused(way.name + ", the intermediate's key pinned", *way.mail(
            server, pin=certificates.middle.pin()), "PIN")


def check_versions(suite, way):
    for version, name in ((servers.V1_0, "1.0"), (servers.V1_1, "1.1")):
        with weak_server(way, "rsa", version=version) as server:
            suite.refused("%s, a server of TLS %s" % (way.name, name), *way.mail(server), "VERSION")
    if way.library == "openssl" and way.version == servers.V1_3:
        with way.serve() as server:
            what = way.name + ", 1.2 asked for"
            suite.refused(what, *way.mail(server, "flag=1_2_only"), "VERSION")


def check_ciphers(suite, way):
    if way.version == servers.V1_3:
        return  # Python cannot choose those of 1.3
    for ciphers in ("NULL-SHA256", "ADH-AES128-SHA256", "ECDHE-ECDSA-NULL-SHA"):
        path = suite.certificates.path("ecdsa")
        context = servers.context(path, way.version, ciphers=ciphers + ":@SECLEVEL=0")
        with way.serve(context=context) as server:
            suite.refused("%s, %s alone" % (way.name, ciphers), *way.mail(server), "CIPHER")


def check_client_certificate(suite, way):
    """With 1.3 the client's handshake stands before the server has looked at its certificate: what
    it says until it hears the alert is EHLO at most."""
    certificates = suite.certificates
    demanding = servers.context(
        certificates.path("ecdsa"), way.version, client_ca=certificates.ca)
    stranger = {"certificate": certificates.path("self_signed"),
                "key": certificates.path("self_signed.key")}
    for name, options in (("none", {}), ("a stranger's", stranger)):
        with way.serve(context=demanding) as server:
            what = "%s, client certificate: %s" % (way.name, name)
            suite.refused(what, *way.mail(server, **options), "CLIENT_CERTIFICATE",
                          errors=("TLS_FAILED", "IO", "CLOSED"))


NO_HOSTS = ("", ".", ".example.com", "x..example.com", "-", "127.1", "010.0.0.1", "[::1",
            "x" * 64 + ".example", "x." * 126 + "xx")  # the last has 254 octets


def check_credentials(suite, way):
    """What the caller gives is looked at before there is a connection."""
    certificates = suite.certificates
    for name, options, fault in (
        ("key of another", {"certificate": certificates.path("client"),
                            "key": certificates.path("ecdsa.key")}, "BAD_CREDENTIALS"),
        ("no key", {"certificate": certificates.path("client")}, "BAD_CREDENTIALS"),
        ("garbage as CA", {"ca": __file__}, "BAD_CA"),
        ("fragment of 100", {"fragment": 100}, "OPTIONS"),
        ("no host", {"host": None}, "OPTIONS"),
        *(("host " + host[:20], {"host": host}, "OPTIONS") for host in NO_HOSTS),
    ):
        result = way.send(_Nowhere, **options)
        suite.checks.equal(
            (result.outcome, result.fault), ("NOT_SENT", fault), "%s, %s" % (way.name, name))


class _Nowhere:
    port = 1


def alert(code):
    return servers.says(bytes((servers.ALERT, 3, 3, 0, 2, 2, code)))


def refuse_late(context):
    """handshake_failure behind the server's own certificate, though no other was asked for."""

    def refuse(connection):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_side=True)
        while not outgoing.pending:
            incoming.write(connection.receive())
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                pass
        connection.say(outgoing.read())
        alert(40)(connection)

    return refuse


def check_late_alert(suite, way):
    if way.version == servers.V1_3:
        return  # alerts are encrypted there by then
    context = servers.context(suite.certificates.path("ecdsa"), way.version)
    with way.serve(instead=refuse_late(context)) as server:
        what = way.name + ", handshake_failure behind the certificate"
        suite.refused(what, *way.mail(server), "CIPHER")


def check_talk(suite, way):
    for name, instead, faults in TALK:
        with way.serve(instead=instead) as server:
            what = "%s, server %s" % (way.name, name)
            result, connection = way.mail(server, tls_wait=300 if faults is None else None)
            if faults is None:
                suite.refused(what, result, connection, errors=("TIMEOUT",), tells=False)
            else:
                suite.refused(what, result, connection, *faults)
    for code, faults in ALERTS:
        with way.serve(instead=alert(code)) as server:
            suite.refused("%s, alert %d" % (way.name, code), *way.mail(server), *faults)


def check_silence(suite, way):
    with way.serve(instead=servers.silence) as server:
        result, connection = way.mail(server, tls_wait=200)
        what = way.name + ", silence"
        suite.refused(what, result, connection, errors=("TIMEOUT",), tells=False)
        suite.checks.equal(result.phase, "TLS", what + ": phase")


def record(kind, octets):
    return bytes((kind, 3, 3)) + len(octets).to_bytes(2, "big") + octets


SLOW = (
    ("drips a record", servers.drips(record(servers.HANDSHAKE, bytes(250)), 0.01)),
    ("floods with warnings", servers.floods(record(servers.ALERT, b"\1\x5a"))),
    ("floods with HelloRequest", servers.floods(record(servers.HANDSHAKE, bytes(4)))),
    ("floods with change_cipher_spec", servers.floods(record(20, b"\1"))),
    ("floods with empty records", servers.floods(record(servers.HANDSHAKE, b""))),
)


def check_deadline(suite, way):
    """E1: however busy the server is, waits.tls is the handshake's end."""
    for name, instead in SLOW:
        with way.serve(instead=instead) as server:
            what = "%s, server %s" % (way.name, name)
            start = time.monotonic()
            result = way.send(server, tls_wait=300)
            took = time.monotonic() - start
            suite.refused(what, result, server.take(), tells=False,
                          errors=("TIMEOUT", "TLS_FAILED"))
            suite.checks.ok(took < 2, "%s: it took %.1f s" % (what, took))


def check_clear_server(suite, way):
    """A server of port 587 where 465 was meant: it greets before it is asked."""
    with servers.Server(context=None) as server:
        result = way.suite.client(way.library).send(
            port=server.port, host=HOST, ca=suite.certificates.ca, tls="implicit", user="u",
            password="p")
        suite.refused(way.name + ", implicit TLS to a server in clear", result, None, "CLEAR_TEXT")
        server.take()


# ---- what a leniency forgives, and what not ----

EVERY = {name: (name, host) for name, host, _ in reversed(CERTIFICATES) if name != "p_192"}
DATED = {"expired", "not_yet", "old_middle", "old_root"}
# The pin takes the place of the chain, and of nothing else: what is wrong above the server's own
# certificate is forgiven, and who signed it.
FORGIVEN_BY_PIN = {
    "wrong_ca", "self_signed", "not_a_ca", "leaf_as_ca", "no_sign", "too_deep", "old_middle",
    "old_root", "no_middle", "for_clients", "sha1_middle", "weak_middle",
}
# Of no weight beside a pin, but a library may look at them all the same: the strength of the pinned
# certificate, and what its issuers allow it.
EITHER = {"sha1", "md5", "rsa_1024", "constrained", "constrained_too"}


def check_leniency(suite, way, what, forgiven, either, *words, **options):
    for name, (certificate, host) in EVERY.items():
        if name in either:
            continue
        given = {key: value(certificate) if callable(value) else value
                 for key, value in options.items()}
        with weak_server(way, certificate) as server:
            result, connection = way.mail(server, *words, host=host, **given)
            about = "%s, %s, %s" % (way.name, what, name)
            if name in forgiven:
                suite.checks.equal(result.outcome, "SENT", "%s: outcome (%r)" % (about, result))
            else:
                suite.refused(about, result, connection)


def check_leniencies(suite, way):
    def pin(name):
        return suite.certificates.all[name].pin()

    check_leniency(suite, way, "no clock", DATED, (), "flag=no_clock")
    check_leniency(suite, way, "the pin instead", FORGIVEN_BY_PIN, EITHER,
                   "flag=pin_instead", pin=pin, ca=None)
    check_leniency(suite, way, "pinned beside the CA", (), (), pin=pin)
    # mbedTLS cannot even read a certificate whose critical extension it does not know.
    unread = ("constrained",) if way.library == "mbedtls" else ()
    check_leniency(suite, way, "unverified", set(EVERY), unread, "flag=unverified")


def check_unverified_still_needs_tls(suite, way):
    for name, instead, _ in TALK[:6]:
        with way.serve(instead=instead) as server:
            what = "%s, unverified, server %s" % (way.name, name)
            suite.refused(what, *way.mail(server, "flag=unverified"))
    with weak_server(way, "rsa", version=servers.V1_1) as server:
        suite.refused(way.name + ", unverified, TLS 1.1", *way.mail(server, "flag=unverified"))


def run(suite):
    for way in suite.ways():
        check_certificates(suite, way)
        check_wrong_ca_given(suite, way)
        check_pins(suite, way)
        check_versions(suite, way)
        check_ciphers(suite, way)
        check_client_certificate(suite, way)
        check_talk(suite, way)
        check_late_alert(suite, way)
        check_silence(suite, way)
        check_deadline(suite, way)
        check_leniencies(suite, way)
        check_unverified_still_needs_tls(suite, way)
    for way in suite.ways(both=False):
        check_credentials(suite, way)
        check_clear_server(suite, way)
