# SPDX-License-Identifier: MIT
"""A CA and what it signs, good and bad, made at test time: nothing of it is kept.

Certificates(folder) fills the folder. Of each name in the two tables there is NAME.pem: the
certificate, the chain that its server sends, and its key.
"""
import datetime
import hashlib
import ipaddress
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOST = "mail.example.com"
DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.utcnow().replace(microsecond=0)
PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER


def ec_key(curve=ec.SECP256R1):
    return ec.generate_private_key(curve())


def rsa_key(bits=2048):
    return rsa.generate_private_key(65537, bits)


def dns(*names):
    return [x509.DNSName(name) for name in names]


def address(text):
    return [x509.IPAddress(ipaddress.ip_address(text))]


def open_private(path, flags):
    return os.open(path, flags, 0o600)


class Signed:
    """A certificate, its key, and the chain to send with it."""

    def __init__(self, certificate, key, chain=()):
        self.certificate = certificate
        self.key = key
        self.chain = list(chain)

    def der(self):
        return self.certificate.public_bytes(DER)

    def pin(self):
        """SHA-256 of the SubjectPublicKeyInfo, in hex."""
        info = self.key.public_key().public_bytes(
            DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return hashlib.sha256(info).hexdigest()

    def pem(self):
        public = [self.certificate, *(link.certificate for link in self.chain)]
        return b"".join(each.public_bytes(PEM) for each in public)

    def key_pem(self):
        return self.key.private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def usage(ca):
    no = dict.fromkeys(
        (
            "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
            "encipher_only", "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(digital_signature=True, key_cert_sign=ca, crl_sign=ca, **no)


def sign(
    cn, issuer=None, key=None, san=(), ca=False, before=-1, after=30, digest=hashes.SHA256,
    eku=ExtendedKeyUsageOID.SERVER_AUTH, sends=(), path=None, permitted=None, critical=True,
    ca_eku=None,
    may_sign=None,
):
    """issuer None: self-signed. before, after: days from now. permitted: its name constraint."""
    key = key or ec_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + before * DAY)
        .not_valid_after(NOW + after * DAY)
        .add_extension(x509.BasicConstraints(ca, path), True)
        .add_extension(usage(ca if may_sign is None else may_sign), True)
    )
    if san:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(san)), False)
    if eku and not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([eku]), False)
    if ca_eku:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ca_eku]), False)
    if permitted:
        builder = builder.add_extension(x509.NameConstraints(dns(permitted), None), critical)
    return Signed(builder.sign(issuer.key if issuer else key, digest()), key, sends)


class Certificates:
    def __init__(self, folder):
        self.folder = folder
        self.root = sign("Test Root", ca=True)
        self.rsa_root = sign("Test RSA Root", ca=True, key=rsa_key())
        self.other_root = sign("Other Root", ca=True)
        self.old_root = sign("Old Root", ca=True, before=-60, after=-1)
        self.middle = sign("Test Intermediate", self.root, ca=True, path=0)
        self.all = {**self.good(), **self.bad()}
        self.ca = self.write("ca", self.root.pem() + self.rsa_root.pem() + self.old_root.pem())
        self.other_ca = self.write("other_ca", self.other_root.pem())
        for name, signed in self.all.items():
            self.write(name, signed.pem() + signed.key_pem())
            self.write(name + ".key", signed.key_pem())

    def path(self, name):
        return os.path.join(self.folder, name + ".pem")

    def write(self, name, octets):
        with open(self.path(name), "wb", opener=open_private) as file:
            file.write(octets)
        return self.path(name)

    def server(self, issuer=None, san=None, **more):
        return sign(HOST, issuer or self.root, san=dns(HOST) if san is None else san, **more)

    def good(self):
        return {
            "ecdsa": self.server(),
            "rsa": self.server(self.rsa_root, key=rsa_key()),
            "chain": self.server(self.middle, sends=[self.middle]),
            "wildcard": self.server(san=dns("*.example.com")),
            "upper_case": self.server(san=dns("MAIL.Example.COM")),
            "several": self.server(san=dns("www.example.com", "x.example.net", HOST)),
            "no_cn_match": sign("something else", self.root, san=dns(HOST)),
            "ip4": self.server(san=address("127.0.0.1")),
            "ip6": self.server(san=address("::1")),
            "p384": self.server(key=ec_key(ec.SECP384R1), digest=hashes.SHA384),
            "client": sign(
                "pump7", self.root, san=dns("pump7.example.com"),
                eku=ExtendedKeyUsageOID.CLIENT_AUTH,
            ),
        }

    def bad(self):
        no_ca = sign("No CA", self.root)
        old_middle = sign("Old Intermediate", self.root, ca=True, before=-60, after=-1)
        too_deep = sign("Too Deep", self.middle, ca=True)
        no_sign = sign("May Not Sign", self.root, ca=True, may_sign=False)
        sha1_middle = sign("SHA-1 Intermediate", self.root, ca=True, digest=hashes.SHA1)
        weak_middle = sign("Weak Intermediate", self.root, ca=True, key=rsa_key(1024))
        strict = sign("Constrained", self.root, ca=True, permitted="example.org")
        loose = sign("Constrained too", self.root, ca=True, permitted="example.org", critical=False)
        for_clients = sign("For Clients", self.root, ca=True,
                           ca_eku=ExtendedKeyUsageOID.CLIENT_AUTH)
        return {
            "wrong_ca": self.server(self.other_root),
            "wrong_name": self.server(san=dns("www.example.com")),
            "expired": self.server(before=-60, after=-1),
            "not_yet": self.server(before=1, after=30),
            "self_signed": sign(HOST, san=dns(HOST)),
            "cn_only": self.server(san=[]),
            "mail_only": self.server(san=[x509.RFC822Name("postmaster@" + HOST)]),
            "ip_as_dns": sign("127.0.0.1", self.root, san=dns("127.0.0.1")),
            "ip_as_cn": sign("127.0.0.1", self.root, san=dns(HOST)),
            "ip_other": sign("127.0.0.1", self.root, san=address("127.0.0.2")),
            "partial_wildcard": self.server(san=dns("ma*.example.com")),
            "inner_wildcard": self.server(san=dns("mail.*.com")),
            "wide_wildcard": self.server(san=dns("*.com")),
            "bare_wildcard": self.server(san=dns("*")),
            "nul_name": self.server(san=dns(HOST + "\0.evil.example")),
            "dotted_name": self.server(san=dns("." + HOST)),
            "rsa_1024": self.server(key=rsa_key(1024)),
            "p_192": self.server(key=ec_key(ec.SECP192R1)),
            "sha1": self.server(digest=hashes.SHA1),
            "md5": self.server(self.rsa_root, digest=hashes.MD5),
            "sha1_middle": self.server(sha1_middle, sends=[sha1_middle]),
            "weak_middle": self.server(weak_middle, sends=[weak_middle]),
            "not_a_ca": self.server(no_ca, sends=[no_ca]),
            "leaf_as_ca": self.server(self.all_good_leaf(), sends=[self.leaf]),
            "no_sign": self.server(no_sign, sends=[no_sign]),
            "too_deep": self.server(too_deep, sends=[too_deep, self.middle]),
            "old_middle": self.server(old_middle, sends=[old_middle]),
            "old_root": self.server(self.old_root),
            "constrained": self.server(strict, sends=[strict]),
            "constrained_too": self.server(loose, sends=[loose]),
            "no_server_auth": self.server(eku=ExtendedKeyUsageOID.CLIENT_AUTH),
            "for_clients": self.server(for_clients, sends=[for_clients]),
            "no_middle": self.server(self.middle),
        }

    def all_good_leaf(self):
        """A server certificate that is sound, whose holder takes it for a CA (CVE-2002-0862)."""
        self.leaf = sign("www.example.net", self.root, san=dns("www.example.net"))
        return self.leaf
