#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""The programs in examples/: what they print and return, and that their mail arrives."""
import os
import select
import subprocess

from interop import (
    Aiosmtpd, BUILD, NETX_MAIL, ROOT, NetxResult, compare, free_port, netx_mail, run, run_tests,
)

GOOD = {"--server": "127.0.0.1", "--port": "1", "--auth": "none", "--from": "a@example.com",
        "--domain": "example.com", "--to": "b@example.com", "--subject": "s"}
EXAMPLE = os.environ.get("SMTPLITE_EXAMPLE", os.path.join(BUILD, "smtplite_example"))
HOST_INCLUDES = ["-Iinclude", "-Isrc", "-I.", "-Iports/netxduo", "-Iports/netxduo/host"]
LIBS = "build/release/libnetxduo-host.a build/release/libsmtplite.a"
HOST_LIBS = os.environ.get("HOST_LIBS", LIBS)


def arguments(**changed):
    """netx_mail's command line, changed; None leaves an option out."""
    options = {**GOOD, **{"--" + name: value for name, value in changed.items()}}
    return [word for pair in options.items() if pair[1] is not None for word in pair]


def check_usage(checks, words, complaint):
    exit_status, out, err, _ = run([NETX_MAIL, *words], b"x")
    checks.equal((exit_status, out), (2, ""), "netx_mail %r" % words)
    good = err.startswith("netx_mail: ") and complaint in err.splitlines()[0] and "usage:" in err
    checks.ok(good, "netx_mail %r: wanted %r in %r" % (words, complaint, err))


def check_command_line(checks):
    for option in GOOD:
        check_usage(checks, arguments(**{option[2:]: None}), option + " is missing")
    for option in ("port", "payload", "packets", "count"):
        for value in ("", "x", "-1", "1x", "99999999", "18446744073709551617", " 1", "0x10"):
            check_usage(checks, arguments(**{option: value}), "--" + option)
    for option, values in {
        "server": ("localhost", "1.2.3", "1.2.3.4.5", "::g", ""),
        "auth": ("PLAIN", "cram-md5", ""),
        "priority": ("urgent", ""),
    }.items():
        for value in values:
            check_usage(checks, arguments(**{option: value}), "--" + option)
    check_usage(checks, [*arguments(), "stray"], "stray")
    check_usage(checks, [*arguments(), "--nonsense"], "--nonsense")
    check_usage(checks, [*arguments(), "--count"], "--count")
    exit_status, out, _, _ = run([NETX_MAIL, "--help"], b"")
    checks.ok(exit_status == 0 and out.startswith("usage:"), "netx_mail --help")


def check_create(checks):
    """What nxd_smtp_client_create refuses is one line, exit status 1, and no connection."""
    for changed, wanted in (
        ({"password": "p" * 21, "user": "u", "auth": "plain"}, (0x09, "NX_SIZE_ERROR")),
        ({"password": "p", "user": "u" * 41, "auth": "login"}, (0x09, "NX_SIZE_ERROR")),
        ({"domain": "a\r\nMAIL"}, (0xC0, "NX_SMTP_INJECTION_REFUSED")),
        ({"from": "a\n@b"}, (0xC0, "NX_SMTP_INJECTION_REFUSED")),
    ):
        result = NetxResult(*run([NETX_MAIL, *arguments(**changed)], b"x"))
        checks.equal((result.exit, result.status), (1, [wanted]), "netx_mail with %r" % changed)


def check_network(checks):
    nobody = arguments(port=str(free_port()), count="2")
    result = NetxResult(*run([NETX_MAIL, *nobody], b"x"))
    wanted = ["NX_NOT_CONNECTED"] * 2
    checks.equal((result.exit, result.names()), (1, wanted), "netx_mail to a closed port")
    for shape in (("--payload", "20"), ("--payload", "76")):
        result = NetxResult(*run([NETX_MAIL, *nobody, *shape], b"x"))
        good = result.exit == 1 and len(result.status) == 2
        checks.ok(good, "netx_mail %r: %r" % (shape, result))


def check_exact_limits(checks, server):
    """A name of 40 and a password of 20 are what fits."""
    result = netx_mail(server, b"x", "--user", "u" * 40, "--password", "p" * 20, auth="plain")
    checks.ok(result.is_sent(), "netx_mail with a name of 40 and a password of 20: %r" % result)
    server.take()


def check_portable_example(checks, server):
    exit_status, out, err, _ = run([EXAMPLE, server.host, str(server.port)], b"")
    checks.equal((exit_status, out + err), (0, ""), "portable_example")
    mails = server.take()
    checks.equal([envelope["to"] for _, envelope in mails], [["ops@example.com"]], "its recipient")
    for text, _ in mails:
        checks.ok(compare(b"Pump 7 has stopped.\n", text) is None, "its text: %r" % text)
    exit_status, _, _, _ = run([EXAMPLE, server.host, str(free_port())], b"")
    checks.equal(exit_status, 1, "portable_example to a closed port")


def build_small_example(folder, port):
    program = os.path.join(folder, "small_example")
    here = ["-DMAIL_SERVER=IP_ADDRESS(127,0,0,1)", "-DMAIL_PORT=%d" % port]
    command = [os.environ.get("CC", "gcc"), "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    command += [*here, *HOST_INCLUDES, "-o", program, "examples/netx_small_example.c"]
    subprocess.run([*command, *HOST_LIBS.split(), "-pthread"], cwd=ROOT, check=True)
    return program


def first_line(program):
    """What a program prints first. It is a firmware's: it does not end by itself. A terminal is
    what makes it print each line at once."""
    ours, its = os.openpty()
    with subprocess.Popen([program], stdout=its, stdin=subprocess.DEVNULL) as process:
        os.close(its)
        ready, _, _ = select.select([ours], [], [], 60)
        line = os.read(ours, 200).decode() if ready else ""
        process.terminate()
    os.close(ours)
    return line.replace("\r\n", "\n")


def check_small_example(checks, folder):
    with open(os.path.join(ROOT, "examples/netx_small_example.c"), encoding="utf-8") as file:
        checks.ok(len(file.readlines()) < 60, "netx_small_example.c has under 60 lines")
    with Aiosmtpd(folder, login=True, user="pump", password="secret") as server:
        program = build_small_example(folder, server.port)
        checks.equal(first_line(program), "mail: status 0x00\n", "netx_small_example")
        mails = server.take()
        envelopes = [(envelope["from"], envelope["to"]) for _, envelope in mails]
        wanted = [("pump7@example.com", ["ops@example.com"])]
        checks.equal(envelopes, wanted, "netx_small_example: envelopes")
        body = "Pump 7 has stopped.\r\n.\r\nTemperature 81 °C\r\n".encode()
        for text, _ in mails:
            checks.ok(compare(body, text) is None, "netx_small_example: %r" % text)


def test(checks, folder):
    check_command_line(checks)
    check_create(checks)
    check_network(checks)
    with Aiosmtpd(folder, login=True, user="u" * 40, password="p" * 20) as server:
        check_exact_limits(checks, server)
    with Aiosmtpd(folder) as server:
        check_portable_example(checks, server)
    check_small_example(checks, folder)


run_tests("interop-examples", test)
