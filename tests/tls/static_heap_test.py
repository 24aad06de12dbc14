#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""A whole TLS mail with mbedTLS in a static heap, without one malloc, and how much it takes.

Debian's mbedTLS has no buffer allocator, so the library is built here, from Debian's source package
with a configuration as on a device: from this machine's own suite, and from the one that has
mbedTLS 3.6. apt finds and verifies them, by a configuration of this test's own.
"""
import glob
import os
import shutil
import subprocess
import sys
import tarfile
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "interop")]
warnings.filterwarnings("ignore")

from interop import run_tests  # noqa: E402

import suite_servers as servers  # noqa: E402
from certificates import HOST, Certificates  # noqa: E402

OUT = "build/static-heap"
NEWER = "trixie"  # Debian 13: mbedTLS 3.6
PARTS = ("ENGINE", "EXTENSIONS", "NAMES", "SASL", "SASL_MORE", "DRIVER", "SEND", "TLS", "POSIX", "MBEDTLS")
STRICT = ("-Wall", "-Wextra", "-Werror")
NEEDED = """aes aesni asn1parse asn1write base64 bignum bignum_core bignum_mod bignum_mod_raw
    block_cipher cipher cipher_wrap constant_time ctr_drbg ecdh ecdsa ecp ecp_curves entropy
    entropy_poll gcm md memory_buffer_alloc oid pem pk pk_ecc pk_wrap pkparse platform platform_util
    rsa rsa_alt_helpers rsa_internal sha256 x509 x509_crt"""
SIZE = 8000
HEAP = 100000
# the longest record that the build can read, and the maximum fragment length that is asked for
BUILDS = ((16384, (0, 4096, 512)), (4096, (4096,)), (1024, (1024, 512)))
SMALL = (1024, 512, 9000)  # a heap that is too small


def run(*command, **more):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=300, **more).stdout


class Apt:
    """apt with sources of our own: the machine's, as source packages."""

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        os.makedirs(self.folder + "/lists/partial", exist_ok=True)
        os.makedirs(self.folder + "/cache/archives/partial", exist_ok=True)
        conf = self.folder + "/apt.conf"
        with open(conf, "w") as file:
            file.write('Dir::Etc::sourcelist "%s/sources.list";\nDir::Etc::sourceparts "/dev/null";\n'
                       'Dir::State::lists "%s/lists";\nDir::Cache "%s/cache";\n'
                       'APT::Sandbox::User "root";\n' % ((self.folder,) * 3))
        self.environment = {**os.environ, "APT_CONFIG": conf}

    def sources(self):
        """Where Debian's main comes from on this machine: (address, suite)."""
        form = "$(COMPONENT) $(RELEASE) $(REPO_URI)"
        for line in run("apt-get", "indextargets", "--format", form, "Created-By: Packages").split("\n"):
            component, suite, address = (line.split() + ["", "", ""])[:3]
            if component == "main" and address.rstrip("/").endswith("/debian") and "-" not in suite:
                yield address, suite

    def fetch(self, suite):
        """The source package's archive; suite None: this machine's."""
        found = list(self.sources())
        if not found:
            raise RuntimeError("apt knows no source of Debian's main")
        address, own = found[0]
        with open(self.folder + "/sources.list", "w") as file:
            file.write("deb-src %s %s main\n" % (address, suite or own))
        run("apt-get", "update", "-q", env=self.environment)
        target = os.path.join(self.folder, suite or own)
        os.makedirs(target, exist_ok=True)
        run("apt-get", "source", "-q", "--download-only", "mbedtls", cwd=target, env=self.environment)
        return glob.glob(target + "/mbedtls_*.orig.tar.*")[0]


def unpack(archive):
    folder = os.path.dirname(archive)
    with tarfile.open(archive) as tar:
        top = os.path.join(folder, tar.getmembers()[0].name.split("/")[0])
        wanted = [m for m in tar.getmembers()
                  if m.name.split("/")[1:2] in (["library"], ["include"])]
        tar.extractall(folder, wanted)
    return top


def our_sources():
    with open("sources.mk") as lines:
        names = dict(line.split(" := ") for line in lines if " := " in line)
    return [file for part in PARTS for file in names[part + "_SOURCES"].split()]


def library_files(top):
    """Those that such a device links; what a version does not have is left out."""
    names = NEEDED.split()
    return [file for file in sorted(glob.glob(top + "/library/*.c"))
            if os.path.basename(file)[:-2] in names or os.path.basename(file).startswith("ssl_")]


class Build:
    """mbedTLS and ours with one length of records. What knows nothing of that is compiled once."""

    def __init__(self, top, length):
        self.folder = os.path.join(OUT, os.path.basename(top))
        self.length = length
        self.flags = [
            "-std=c11", "-O1", "-D_POSIX_C_SOURCE=200809L",
            '-DMBEDTLS_CONFIG_FILE="%s/static_heap_config.h"' % HERE,
            "-isystem", os.path.abspath(top + "/include"), "-iquote", os.path.abspath(top + "/library"),
            "-I" + os.path.abspath("include"), "-I" + os.path.abspath("src")]
        self.program = "%s/static_heap-%d" % (self.folder, length)
        theirs, ours = library_files(top), our_sources() + [HERE + "/static_heap.c"]
        objects = [
            *self.compile("library", [f for f in theirs if "/ssl_" not in f]),
            *self.compile("ours", [f for f in ours if "mbedtls" not in f and HERE not in f], *STRICT),
            *self.compile("library-%d" % length, [f for f in theirs if "/ssl_" in f]),
            *self.compile("ours-%d" % length, [f for f in ours if "mbedtls" in f or HERE in f], *STRICT)]
        run("gcc", "-o", self.program, *objects)

    def compile(self, group, files, *more):
        folder = os.path.join(self.folder, group)
        objects = ["%s/%s.o" % (folder, os.path.basename(file)[:-2]) for file in files]
        if os.path.isdir(folder):
            return objects
        os.makedirs(folder)
        length = ["-DIN_LEN=%d" % self.length] if group[-1].isdigit() else []
        half = [subprocess.Popen(["gcc", *self.flags, *length, *more, "-c",
                                  *map(os.path.abspath, files[begin::2])],
                                 cwd=folder) for begin in (0, 1) if files[begin::2]]
        if any([process.wait(300) != 0 for process in half]):
            raise RuntimeError("it does not compile")
        return objects


def send(build, certificates, fragment, heap):
    context = servers.context(certificates.path("ecdsa"), servers.V1_2)
    with servers.Server(context=context) as server:
        line = run(build.program, str(server.port), certificates.ca, HOST, str(fragment), str(heap),
                   str(SIZE))
        connection = server.take()
    return dict(pair.split("=") for pair in line.split()), connection


def check_version(checks, certificates, name, top):
    for length, fragments in BUILDS:
        build = Build(top, length)
        for fragment in fragments:
            result, connection = send(build, certificates, fragment, HEAP)
            what = "%s, records of %d, fragments of %s" % (name, length, fragment or "any length")
            checks.equal(result["outcome"], "SENT", "%s: outcome (%r)" % (what, result))
            checks.equal(connection.body, servers.digest_of_mail(SIZE), what + ": what arrived")
            checks.ok(b"AUTH PLAIN" in connection.heard, what + ": a login over TLS")
            checks.equal(result["verified"], "1", what + ": verified")
            checks.equal(result["mallocs"], "0", what + ": calls of malloc")
            checks.equal(result["left"], "0", what + ": octets left behind")
            print("static heap: %s: peak %s octets, beside a struct of %s" % (
                what, result["peak"], result["struct"]))
        if length == SMALL[0]:
            result, _ = send(build, certificates, *SMALL[1:])
            checks.equal((result["outcome"], result["mallocs"]), ("NOT_SENT", "0"),
                         "%s, a heap too small: %r" % (name, result))


def test(checks, folder):
    shutil.rmtree(OUT, ignore_errors=True)
    certificates = Certificates(folder)
    apt = Apt(OUT)
    for suite in (None, NEWER):
        top = unpack(apt.fetch(suite))
        check_version(checks, certificates, os.path.basename(top), top)


if __name__ == "__main__":
    run_tests("static_heap", test)
