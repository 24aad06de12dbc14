# SPDX-License-Identifier: MIT
"""What has to work: each kind of certificate, and each way in which a sound session may differ."""
import hashlib

import suite_servers as servers
from certificates import HOST

NAMES = {  # by certificate: whom options.host names
    "ecdsa": "mail.example.com",
    "rsa": "mail.example.com",
    "chain": "mail.example.com",
    "wildcard": "mail.example.com",
    "upper_case": "mail.EXAMPLE.com",
    "several": "mail.example.com",
    "no_cn_match": "mail.example.com",
    "p384": "mail.example.com",
    "ip4": "127.0.0.1",
    "ip6": "::1",
}


def check_certificates(suite, way):
    for name, host in NAMES.items():
        with way.serve(name) as server:
            suite.sent("%s, %s" % (way.name, name), *way.mail(server, host=host))


def check_sni(suite, way):
    """RFC 6066 3: the host is named, but never an address."""
    for name, host, wanted in (("ecdsa", "mail.example.com", "mail.example.com"),
                               ("ip4", "127.0.0.1", None), ("ip6", "::1", None)):
        with way.serve(name) as server:
            _, connection = way.mail(server, host=host)
            suite.checks.equal(connection.sni, wanted, "%s, SNI of %s" % (way.name, host))


def check_system_store(suite, way):
    """No CA given: with OpenSSL the system's store, where ours is not; with mbedTLS none."""
    with way.serve() as server:
        result = way.send(server, ca=None)
        what = way.name + ", no CA given"
        if way.library == "openssl":
            suite.refused(what, result, server.take(), "UNTRUSTED")
        else:
            suite.checks.equal(result.fault, "NO_CA", "%s: %r" % (what, result))


def check_client_certificate(suite, way):
    certificates = suite.certificates
    mine = {"certificate": certificates.path("client"), "key": certificates.path("client.key")}
    demanding = servers.context(
        certificates.path("ecdsa"), way.version, client_ca=certificates.ca)
    with way.serve(context=demanding) as server:
        what = way.name + ", client certificate"
        result, connection = way.mail(server, **mine)
        suite.sent(what, result, connection)
        shown = connection.tls.getpeercert()["subject"]
        suite.checks.equal(shown, ((("commonName", "pump7"),),), what + ": whose")
    with way.serve() as server:
        suite.sent(way.name + ", client certificate not asked for", *way.mail(server, **mine))


def check_pins(suite, way):
    certificates = suite.certificates
    pin, other = certificates.all["ecdsa"].pin(), certificates.all["rsa"].pin()
    with way.serve() as server:
        suite.sent(way.name + ", pinned", *way.mail(server, pin=pin))
        suite.sent(way.name + ", second pin", *way.mail(server, pin=other, pin2=pin))
        suite.sent(way.name + ", pinned, no CA", *way.mail(
            server, "flag=pin_instead", pin=pin, ca=None))


def check_fragment(suite, way):
    """No record is longer than was asked for. (mbedTLS 2.28 cannot put a handshake message together
    that came in several records: so there a long chain needs longer ones, and it has to say so.)"""
    for fragment in (512, 1024, 2048, 4096):
        long_chain = way.library == "openssl" or fragment > 512
        with way.serve("chain" if long_chain else "ecdsa") as server:
            what = "%s, fragments of %d" % (way.name, fragment)
            result, connection = way.mail(server, fragment=fragment, size=30000)
            suite.sent(what, result, connection, 30000)
            longest = fragment + 256  # RFC 5246 6.2.3, RFC 8446 5.2: what encryption may add
            for side, records in (
                ("server", connection.from_server), ("client", connection.from_client),
            ):
                suite.checks.ok(
                    0 < records.longest() <= longest,
                    "%s: the %s's longest record has %d octets" % (what, side, records.longest()))
    if way.library == "mbedtls":
        with way.serve("chain") as server:
            what = way.name + ", a chain longer than a fragment of 512"
            suite.refused(what, *way.mail(server, fragment=512), "MEMORY")


def check_shapes(suite, way):
    """How octets are cut into segments and records is nobody's business."""
    with way.serve() as server:
        suite.sent(way.name + ", one octet at a time", *way.mail(server, drip=1))
    with way.serve(record=1) as server:
        suite.sent(way.name + ", one octet in a record", *way.mail(server))
    lines = [b"mail.example.com", b"AUTH PLAIN"] + [b"X-" + b"x" * 200] * 90
    with way.serve(ehlo=lines) as server:
        suite.sent(way.name + ", a record of 16 KB", *way.mail(server))
    with way.serve() as server:
        suite.sent(way.name + ", in lockstep", *way.mail(server, "flag=lockstep"))
        for size in (0, 1, 1023, 1024, 1025, 16383, 16384, 16385, 100000):
            what = "%s, %d octets" % (way.name, size)
            suite.sent(what, *way.mail(server, size=size), size)


def check_root_dot(suite, way):
    """A host may be written with the root's dot, which neither SNI nor a certificate has."""
    with way.serve() as server:
        result, connection = way.mail(server, host=HOST + ".")
        suite.sent(way.name + ", a host with the root's dot", result, connection)
        suite.checks.equal(connection.sni, HOST, way.name + ", the root's dot: SNI")


def check_end(suite, way):
    """E5: a server that closes without close_notify behind its 221 has taken the mail."""
    for notify in (True, False):
        with way.serve(notify=notify) as server:
            what = "%s, %s close_notify" % (way.name, "with" if notify else "without")
            result, connection = way.mail(server)
            suite.sent(what, result, connection)
            suite.checks.equal(connection.notified, True, what + ": the client's own")


def cipher_name(name):
    """As OpenSSL has it: mbedTLS gives the RFC's."""
    return name.replace("_", "-").replace("TLS-", "").replace("WITH-", "").replace("AES-", "AES")


def check_facts(suite, way):
    with way.serve() as server:
        result, connection = way.mail(server)
        name = "1.3" if way.version == servers.V1_3 else "1.2"
        suite.checks.ok(name in result.protocol, "%s: protocol %r" % (way.name, result.protocol))
        suite.checks.equal(cipher_name(result.cipher), cipher_name(connection.tls.cipher()[0]),
                           way.name + ": cipher")
        suite.checks.equal((result.verified, result.resumed), (1, 0), way.name + ": verified")


def check_binding(suite, way, server, what, binding, wanted, **options):
    result, connection = way.mail(server, binding=binding, **options)
    suite.sent(what, result, connection)
    wanted = ("tls-unique", connection.unique.hex()) if wanted == "unique" else wanted
    suite.checks.equal((result.binding, result.bound), wanted, what)


def check_bindings(suite, way):
    """The same octets on both sides; for the exporter there is tests/interop."""
    is_1_3 = way.version == servers.V1_3
    unique = ("", "") if is_1_3 else "unique"
    for name, digest in (("ecdsa", hashlib.sha256), ("p384", hashlib.sha384)):
        with way.serve(name) as server:
            what = "%s, %s: binding " % (way.name, name)
            end_point = ("tls-server-end-point",
                         digest(suite.certificates.all[name].der()).hexdigest())
            check_binding(suite, way, server, what + "end_point", "end_point", end_point)
            check_binding(suite, way, server, what + "none", "none", ("", ""))
            check_binding(suite, way, server, what + "unique", "unique", unique)
            if not is_1_3:
                check_binding(suite, way, server, what + "resumed", "unique", unique, again=1)
                check_binding(suite, way, server, what + "auto", None, unique)


def check_large_mail(suite, way):
    with way.serve() as server:
        size = 20 * 1000 * 1000
        suite.sent(way.name + ", 20 MB", *way.mail(server, size=size), size)


def run(suite):
    for way in suite.ways():
        check_certificates(suite, way)
        check_sni(suite, way)
        check_system_store(suite, way)
        check_client_certificate(suite, way)
        check_pins(suite, way)
        check_root_dot(suite, way)
        check_fragment(suite, way)
        check_shapes(suite, way)
        check_end(suite, way)
        check_facts(suite, way)
        check_bindings(suite, way)
    for way in suite.ways(both=False):
        check_large_mail(suite, way)
