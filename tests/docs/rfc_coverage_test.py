#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""docs/rfc-coverage.md is true: each file, function, test and dialog case that it names is there.

In the column `code`, `file.c` is a file of include, src or ports (as much of its path as makes it
the only one), and `file.c:name` a name that stands in its code, comments not counted. In the column
`tests`, `file.smtp: name` is a block of a dialog file, `file_test.c:name` a name in a test that is
run, any other a test of tests/tests.mk or a check of tests/checks.list. A row without code says
`not done` and why.

The tests and dialog files that tests/robustness.md names are looked for, too.
"""

import functools
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LISTS = ["tests/tests.mk", "tests/checks.list"]
HEADER = ["clause", "what it demands", "code", "tests"]
RFCS = [5321, 2920, 1870, 6152, 6531, 3030, 3461, 2034, 3463, 2852, 4865, 6710, 8689, 9422, 1985,
        2033, 3207, 4954, 5322, 2045, 2046, 2047, 2183, 2231, 2387, 2392]


@functools.lru_cache(maxsize=None)
def sources(*tops):
    return [path for top in tops for kind in ("*.[ch]", "*.py")
            for path in (ROOT / top).rglob(kind)]


@functools.lru_cache(maxsize=None)
def code_of(path):
    """A file's text without its comments: a name in a comment is no code."""
    if path.suffix == ".py":
        return re.sub(r"(?m)#.*$", " ", path.read_text())
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", path.read_text(), flags=re.S)


@functools.lru_cache(maxsize=None)
def test_names():
    makefile = (ROOT / "tests/tests.mk").read_text()
    names = {word for line in re.findall(r"^TESTS \+= (.*)$", makefile, re.M)
             for word in line.split() if "$" not in word}
    parts = re.search(r"^TLS_PARTS := (.*)$", makefile, re.M)[1].split()
    names |= {"tls_" + part for part in parts}
    checks = (ROOT / "tests/checks.list").read_text()
    return names | set(re.findall(r"^([^#\s]\S*) ", checks, re.M))


@functools.lru_cache(maxsize=None)
def dialog_blocks(name):
    path = ROOT / "tests/dialogs" / name
    text = path.read_text() if path.is_file() else ""
    return set(re.findall(r"^(?:case|matrix|sweep): (.*?)\s*$", text, re.M))


def wrong_code(token, tops=("include", "src", "ports")):
    """What is wrong with a token of the column `code`; None: nothing."""
    name, _, symbol = token.partition(":")
    found = [path for path in sources(*tops)
             if ("/" + str(path.relative_to(ROOT))).endswith("/" + name)]
    if len(found) != 1:
        return f"{len(found)} files are called {name}"
    if symbol and not re.search(rf"\b{re.escape(symbol)}\b", code_of(found[0])):
        return f"no {symbol} in {name}"
    return None


def wrong_test(token):
    """What is wrong with a token of the column `tests`; None: nothing."""
    name, colon, block = token.partition(": ")
    if name.endswith(".smtp"):
        return None if colon and block in dialog_blocks(name) else f"no dialog {token}"
    if re.fullmatch(r"\w+_test\.(c|py):\w+", token):
        listed = "".join((ROOT / path).read_text() for path in LISTS)
        is_run = re.search(rf"\btests/\S*/{re.escape(token.partition(':')[0])}\b", listed)
        return wrong_code(token, ("tests",)) if is_run else f"{token}: its file is not run"
    return None if token in test_names() else f"no test {token}"


def rows(text):
    """The rows of all tables that have our header: (line number, cells)."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells == HEADER:
            inside = True
        elif inside and not set(line) <= set("|- "):
            yield number, cells


def wrong_row(cells):
    """Each thing that is wrong with a row."""
    if len(cells) != len(HEADER) or not cells[0] or not cells[1]:
        yield "a row has four cells: " + " | ".join(cells)
        return
    code, tests = (re.findall(r"`([^`]+)`", cell) for cell in cells[2:])
    if not code:
        if not re.match(r"not (done|ours)[:,] \S+ \S+", cells[2]):
            yield f"{cells[0]}: neither code nor why not"
    elif not tests:
        yield f"{cells[0]}: no test"
    yield from filter(None, map(wrong_code, code))
    yield from filter(None, map(wrong_test, tests))


def judge(text):
    """(rows, what is wrong) of a whole document."""
    found = list(rows(text))
    wrong = [f"{number}: {what}" for number, cells in found for what in wrong_row(cells)]
    wrong += [f"no chapter on RFC {rfc}" for rfc in RFCS
              if not re.search(rf"^## .*\b{rfc}\b", text, re.M)]
    return len(found), wrong


def wrong_attacks(text):
    """(names, those that are no test and no dialog file) of tests/robustness.md."""
    rows = [line.rsplit("|", 2)[1] for line in text.splitlines() if re.match(r"\| [A-E]\d", line)]
    names = re.findall(r"interop/[\w-]+|\w+\.smtp|[a-z]+_\w+|\b(?:dialogs|fuzz|symbols)\b(?:/\w+)?",
                       re.sub(r"`.*?`", "", "\n".join(rows)))
    return names, [name for name in names
                   if name not in test_names() and not dialog_blocks(name)]


PLANTED = {
    "a function that is not there": ("`engine/body.c:stuff_no_dot`", "`engine_body`"),
    "a function in a comment alone": ("`engine/phases.c:judge`", "`engine_body`"),
    "a file that is not there": ("`engine/none.c`", "`engine_body`"),
    "a name that two files have": ("`message.h`", "`engine_body`"),
    "a test that is not there": ("`engine/body.c`", "`engine_none`"),
    "a function of a test that is not there": ("`engine/body.c`", "`body_test.c:check_nothing`"),
    "a test file that is not run": ("`engine/body.c`", "`nothing_test.c:main`"),
    "a dialog that is not there": ("`engine/body.c`", "`message.smtp: no such case`"),
    "a dialog file that is not there": ("`engine/body.c`", "`none.smtp: a lone dot`"),
    "no test": ("`engine/body.c`", "many"),
    "no code and no reason": ("done", "`engine_body`"),
    "a row with too few cells": ("`engine/body.c`", None),
}


def main():
    passed = failed = 0

    def check(what, good, *why):
        nonlocal passed, failed
        passed, failed = passed + bool(good), failed + (not good)
        if not good:
            print("FAILED", what, *why, sep="\n  ")

    text = (ROOT / "docs/rfc-coverage.md").read_text()
    count, wrong = judge(text)
    passed += max(count - len(wrong), 0)
    check("docs/rfc-coverage.md", not wrong and count > len(RFCS), *wrong)

    def planted(code, tests):
        row = "| 0 | planted | " + code + (" | " + tests if tests else "") + " |\n"
        head = "\n| " + " | ".join(HEADER) + " |\n|---|---|---|---|\n"
        return judge(text + head + row)[1]

    check("a good row is good", planted("`engine/body.c:begin_line`", "`message.smtp: a lone dot`")
          == wrong)
    for what, (code, tests) in PLANTED.items():
        check(what + " is found", len(planted(code, tests)) > len(wrong))
    check("a chapter that is missing is found",
          judge(text.replace("## RFC 2852", "## "))[1] != wrong)
    check("an empty document is found", judge("")[1])
    text = (ROOT / "tests/robustness.md").read_text()
    names, wrong = wrong_attacks(text)
    check("tests/robustness.md", len(names) > 40 and not wrong, *wrong)
    for name in ("engine_none", "interop/none", "none.smtp"):
        check("a test of an attack that is not there is found",
              wrong_attacks(text + f"| E13 | planted | {name} |\n")[1] == wrong + [name])
    print(f"rfc_coverage: {passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
