#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Postfix with Cyrus SASL and OpenSSL: every login that it has, over STARTTLS and implicit TLS."""
from interop import HEADER, become_root, run_tests
from secure import (
    BODY, LIBRARIES, WAYS, SecurePostfix, check_bodies, check_clear_login_refused, check_many,
    check_matrix, check_refused, check_sent, check_tls_failed, make_certificates, secure_mail,
)


def check_versions(checks, server):
    """Servers that speak one version of TLS only. mbedTLS 2.28 ends at 1.2."""
    for library in LIBRARIES:
        result = secure_mail(server, HEADER + BODY, library=library, port=server.port_1_2)
        check_sent(checks, server, result, "TLS 1.2 only, " + library)
        checks.equal(result.protocol, "TLSv1.2", "TLS 1.2 only, " + library)
    result = secure_mail(server, HEADER + BODY, port=server.port_1_3)
    check_sent(checks, server, result, "TLS 1.3 only")
    checks.equal(result.protocol, "TLSv1.3", "TLS 1.3 only")
    result = secure_mail(server, HEADER + BODY, "flag=1_2_only", port=server.port_1_3)
    check_tls_failed(checks, server, result, "no TLS version in common", "TLS 1.3 only, we 1.2")
    result = secure_mail(server, HEADER + BODY, "flag=1_2_only")
    check_sent(checks, server, result, "TLS 1.2 by our wish")
    checks.equal(result.protocol, "TLSv1.2", "TLS 1.2 by our wish")


def check_client_certificate(checks, server):
    """One port asks for a certificate of the client, the other takes nobody without."""
    own = ["%s=%s/client.%s" % (key, server.certificates, end)
           for key, end in (("certificate", "pem"), ("key", "key"))]
    for library in LIBRARIES:
        for what, port in (("asked", server.asking_port), ("demanded", server.demanding_port)):
            what = "client certificate %s, %s" % (what, library)
            result = secure_mail(server, HEADER + BODY, *own, library=library, port=port)
            text = check_sent(checks, server, result, what)
            seen = b'Client CN "pump7.example.com"' in text and b"verified OK" in text
            checks.ok(seen, what + ": the server has not seen it: %r" % text)
        what = "client certificate asked, none given, " + library
        result = secure_mail(server, HEADER + BODY, library=library, port=server.asking_port)
        check_sent(checks, server, result, what)
        what = "client certificate demanded, none given, " + library
        result = secure_mail(server, HEADER + BODY, library=library, port=server.demanding_port)
        wanted = ("NOT_SENT", "CLOSING", 421)  # so Postfix puts it, behind the handshake
        checks.equal(result.verdict(), wanted, "%s: %r" % (what, result))
        checks.ok("client certificate" in result.text, "%s: text of %r" % (what, result))
        checks.equal(server.take(), [], what + ": mails that arrived")


def check_broken_backend(checks, server):
    """The server cannot ask who knows the passwords: come back later, the password may be right."""
    for library in LIBRARIES:
        for mechanism in ("PLAIN", "LOGIN"):
            how = {"library": library, "port": server.broken_port, "mechanisms": mechanism}
            result = secure_mail(server, HEADER + BODY, **how)
            what = "broken backend, %s, %s: %r" % (mechanism, library, result)
            wanted = ("NOT_SENT", "AUTH_DEFERRED", 454)
            checks.equal(result.verdict(), wanted, what)
            checks.equal(server.take(), [], what)


def check_wrong_peer(checks, server):
    """Another name, and a CA that signed nothing here: no login is tried."""
    stranger = "ca=%s/stranger.pem" % server.certificates
    for library in LIBRARIES:
        for way in WAYS:
            how = {"library": library, "way": way}
            what = "%s, %s" % (way, library)
            result = secure_mail(server, HEADER + BODY, "host=mail.example.org", **how)
            words = "certificate is for another host"
            check_tls_failed(checks, server, result, words, "another name, " + what)
            result = secure_mail(server, HEADER + BODY, stranger, **how)
            check_tls_failed(checks, server, result, "trusted", "another CA, " + what)


def check_unknown_user(checks, server):
    """SCRAM and CRAM-MD5 ask for a user first: one who is not there is refused like a password."""
    for mechanism in server.mechanisms:
        result = secure_mail(server, HEADER, user="nobody@mail.test", mechanisms=mechanism)
        check_refused(checks, server, result, "unknown user, " + mechanism)


def test(checks, folder):
    with SecurePostfix(folder, make_certificates(folder)) as server:
        check_matrix(checks, server)
        check_clear_login_refused(checks, server, "AUTH_UNAVAILABLE")
        check_unknown_user(checks, server)
        check_broken_backend(checks, server)
        check_versions(checks, server)
        check_client_certificate(checks, server)
        check_wrong_peer(checks, server)
        check_many(checks, server)
        check_bodies(checks, server)


become_root()
run_tests("interop-postfix-tls", test)
