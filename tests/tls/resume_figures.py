#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""What resumption saves the next connection: resume_figures.py CLIENT [--check | --write]

Prints a table. --check: the one in docs/tls.md must say the same of round trips, and of octets
within what certificates and tickets vary by; instructions are this machine's. --write puts it there.
"""
import os
import re
import subprocess
import sys

from suite import HERE, HOST, LIBRARIES, PASSWORD, Suite, Way, run_tests

import suite_servers as servers

DOCUMENT = os.path.join(os.path.dirname(os.path.dirname(HERE)), "docs", "tls.md")
BEGIN, END = "<!-- make tls-figures -->\n", "<!-- end -->\n"
OCTETS_VARY = 16  # DER integers of signatures and serial numbers, times in a ticket


def instructions(command, library, server, words):
    """Of a client that runs these lines, counted by valgrind."""
    counted = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command, library]
    ran = subprocess.run(
        counted, input="".join(words), capture_output=True, text=True, check=True, timeout=120)
    for line in ran.stdout.splitlines()[1:]:
        if not line.startswith("outcome=SENT"):
            raise RuntimeError(line)
        server.take()
    return int(re.search(r"Collected : (\d+)", ran.stderr)[1])


def measure_work(suite, way, command):
    """Millions of instructions of a second connection, full and resumed."""
    kind = "implicit" if way.implicit else "required"
    options = "port=%d host=%s ca=%s tls=" + kind + " user=pump password=%s%s\n"
    totals = []
    for more in ([], [" flag=no_resumption again=1"], [" again=1"]):
        with way.serve("rsa") as server:
            first = " flag=no_resumption" if "no_resumption" in "".join(more) else ""
            lines = [options % (server.port, HOST, suite.certificates.ca, PASSWORD, end)
                     for end in [first, *more]]
            totals.append(instructions(command, way.library, server, lines))
    return [(total - totals[0]) / 1e6 for total in totals[1:]]


def measure(suite, way, command):
    with way.serve("rsa") as server:
        first, _ = way.mail(server)
        second, connection = way.mail(server, again=1)
        if not connection.resumed:
            raise RuntimeError(way.name + ": not resumed")
    full, resumed = measure_work(suite, way, command)
    return [
        [way.name, "full", first.tls_out, first.tls_in, first.turns, full],
        [way.name, "resumed", second.tls_out, second.tls_in, second.turns, resumed],
    ]


def table(rows):
    lines = ["| library, TLS, kind | connection | octets sent | octets received | round trips "
             "| million instructions |", "|---|---|---|---|---|---|"]
    lines += ["| %s | %s | %d | %d | %d | %.1f |" % tuple(row) for row in rows]
    return "\n".join(lines) + "\n"


def documented():
    with open(DOCUMENT, encoding="utf-8") as file:
        before, _, rest = file.read().partition(BEGIN)
    block, end, after = rest.partition(END)
    if not end:
        raise RuntimeError("docs/tls.md has no place for the figures")
    return before, block, after


def check(checks, rows):
    cells = [[cell.strip() for cell in line.strip("|\n").split("|")]
             for line in documented()[1].splitlines()[2:]]
    checks.equal([row[:2] for row in cells], [row[:2] for row in rows], "docs/tls.md: the rows")
    for said, row in zip(cells, rows):
        what = "docs/tls.md, %s %s: " % tuple(row[:2])
        for column, name in ((2, "octets sent"), (3, "octets received")):
            checks.ok(abs(int(said[column]) - row[column]) <= OCTETS_VARY,
                      "%s%s: %s, measured %d" % (what, name, said[column], row[column]))
        checks.equal(int(said[4]), row[4], what + "round trips")


def check_saved(checks, rows):
    """It is worth its code."""
    for full, resumed in zip(rows[::2], rows[1::2]):
        checks.ok(resumed[3] < full[3] and resumed[4] <= full[4] and resumed[5] < full[5],
                  "%s: nothing is saved: %r, %r" % (full[0], full, resumed))


def main():
    command = [word for word in sys.argv[1:] if not word.startswith("--")]

    def test(checks, folder):
        suite = Suite(checks, folder, command)
        rows = []
        for way in suite.ways():
            rows += measure(suite, way, command)
        print(table(rows), end="")
        check_saved(checks, rows)
        if "--write" in sys.argv:
            before, _, after = documented()
            with open(DOCUMENT, "w", encoding="utf-8") as file:
                file.write(before + BEGIN + table(rows) + END + after)
        if "--check" in sys.argv:
            check(checks, rows)
        suite.finish()

    run_tests("tls_figures", test)


if __name__ == "__main__":
    main()
