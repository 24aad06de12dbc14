#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""docs/netx-guide.md and the headers of the NetX face say the same.

Each call has an entry with all its parts, its prototype is the header's; each status, option and
constant stands in the guide with the header's value; the guide names none that is not there; and
each of its examples compiles behind the guide's own common part. The lists of sources that it names
are enough to link the calls that it says, on the host edition.
"""

import concurrent.futures
import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FACE = ROOT / "ports/netxduo"
HEADERS = ["nxd_smtp_client.h", "nx_smtp_client_mail.h", "nx_smtp_crypto.h"]
PARTS = ["Prototype", "Description", "Parameters", "Return values", "Allowed from", "Example"]
BUILD = [os.environ.get("CC", "gcc"), "-std=c11", "-I" + str(ROOT / "include"),
         "-I" + str(ROOT / "src"), "-I" + str(FACE), "-I" + str(FACE / "host")]
COMPILE = BUILD + ["-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c"]


def squeezed(text):
    """A declaration without what is only layout."""
    text = re.sub(r"\s+", " ", text).strip()
    return re.sub(r" ?([(),;*]) ?", r"\1", text)


def without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


class Header:
    """What the public headers promise."""

    def __init__(self, *texts):
        text = without_comments("\n".join(texts))
        self.calls = {}
        self.wrong = []
        for name in re.findall(r"#define\s+(nxd?_smtp_\w+)\s+_nxd?_smtp_\w+", text):
            self.add_call(text, name)
        for name in re.findall(r"^UINT (nxd?_smtp_\w+)\(", text, re.M):
            self.calls[name] = self.prototype(text, name)
        values = dict(re.findall(r"#define\s+(NX_SMTP_\w+)[ \t]+(\S.*?)\s*$", text, re.M))
        self.options = {name: values[name].strip("()")
                        for name in re.findall(r"#ifndef\s+(NX_SMTP_\w+)\n#define \1[ \t]", text)}
        self.statuses = {name: value for name, value in values.items()
                         if re.fullmatch(r"0x[A-D][0-9A-F]", value)}
        self.macros = set(values)
        self.numbers = {name: int(value.rstrip("UL"), 0) for name, value in values.items()
                        if re.fullmatch(r"0x[0-9A-F]+U?L?|\d+", value)}
        self.names = set(re.findall(r"\bNX_SMTP_\w+", text))

    def add_call(self, text, name):
        bare = self.prototype(text, "_" + name)
        checked = re.search(rf"#define\s+{name}\s+(_nxd?e_\w+)", text)
        self.calls[name] = bare.replace("_" + name, name, 1)
        if not bare:
            self.wrong.append(f"{name} is not declared")
        elif checked and self.prototype(text, checked[1]).replace(checked[1], "_" + name) != bare:
            self.wrong.append(f"{name}: checked and unchecked differ")

    @staticmethod
    def prototype(text, name):
        found = re.search(rf"^(?:const )?\w+ \*?{name}\([^;{{]*\);", text, re.M)
        return squeezed(found[0]) if found else ""


def blocks(text):
    """The C blocks of a text."""
    return re.findall(r"^```c\n(.*?)^```$", text, re.M | re.S)


def entries(guide):
    """Each call's entry: name and text."""
    return dict(re.findall(r"^### (nxd?_smtp_\w+)\n(.*?)(?=^##|\Z)", guide, re.M | re.S))


def table(guide, first):
    """The rows of the tables whose header begins with these words: first cell to second."""
    found, inside = {}, False
    for line in guide.splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells[:len(first)] == first:
            inside = True
        elif inside and not set(line) <= set("|- "):
            found[cells[0]] = cells[1]
    return found


def same(what, ours, theirs):
    """Where a table of the guide and the header differ."""
    for name in sorted(set(ours) | set(theirs)):
        if ours.get(name) != theirs.get(name):
            yield f"{what} {name}: guide {ours.get(name)}, header {theirs.get(name)}"


def wrong_entry(name, entry, prototype):
    parts = re.findall(r"^\*\*(.*?)\*\*$", entry, re.M)
    if parts != PARTS:
        yield f"{name}: its parts are {parts}"
    first = blocks(entry)[:1]
    if not first or squeezed(first[0]) != prototype:
        yield f"{name}: its prototype is not the header's"
    if not entry.partition("**Example**")[2].count(name + "("):
        yield f"{name}: its example does not call it"


def disagreements(guide, header):
    """Each thing that the guide has wrong, but for examples."""
    yield from header.wrong
    found = entries(guide)
    for name in sorted(set(found) ^ set(header.calls)):
        yield f"{name}: " + ("no entry" if name in header.calls else "no such call")
    for name in set(found) & set(header.calls):
        yield from wrong_entry(name, found[name], header.calls[name])
    statuses = table(guide, ["status", "value"]).items()
    yield from same("status", {name: value for name, value in statuses
                               if name.startswith("NX_SMTP_")}, header.statuses)
    yield from same("option", table(guide, ["option", "default"]), header.options)
    for name, value in re.findall(r"\b(NX_SMTP_\w+) \((\d\w*)\)", guide):
        if header.numbers.get(name) != int(value, 0):
            yield f"{name} is not {value}"
    words = set(re.findall(r"\bNX_SMTP_\w*[A-Z0-9]\b", guide))
    yield from (f"{name} is not in the guide" for name in sorted(header.macros - words))
    yield from (f"{name} is not in the headers" for name in sorted(words - header.names))


def compile_errors(text, options):
    with tempfile.NamedTemporaryFile("w", suffix=".c") as file:
        file.write(text)
        file.flush()
        return subprocess.run(COMPILE + options + [file.name], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False).stdout


def example_errors(common, example):
    """What the compiler says to an example; "": it is good. Without functions of its own it is the
    body of one; with its own includes it stands alone. What does not need NetX Secure is compiled
    without it, too."""
    if "#include" in example:
        common = ""
    elif not re.search(r"^(?:\w+ )+\*?\w+\([^;]*?\) \{$", example, re.M):
        example = "void example(void);\nvoid example(void) {\n" + example + "}\n"
    needs_secure = re.search(r"NX_SECURE|nx_secure|NX_SMTP_CRYPTO|_tls_", example)
    flavours = [["-DNX_SECURE_ENABLE"]] + ([] if needs_secure else [[]])
    return "".join(compile_errors(common + example, options) for options in flavours)


def examples(guide):
    """The common part and the examples behind it, prototypes left out."""
    prototypes = {block for entry in entries(guide).values() for block in blocks(entry)[:1]}
    common = blocks(guide.partition("\n### Common part of the examples\n")[2])[0]
    return common, [block for block in blocks(guide) if block not in prototypes | {common}]


def source_lists(guide):
    """The lists that the guide names for the plain calls, and for all."""
    row = re.search(r"^\| `sources.mk` \|.*$", guide, re.M)[0]
    plain, rest = row.split("for what `nx_smtp_client_mail.h` declares", 1)
    plain = re.findall(r"\b[A-Z_]+_SOURCES\b", plain)
    return plain, plain + re.findall(r"\b[A-Z_]+_SOURCES\b", rest.partition("with TLS")[0])


@functools.lru_cache(maxsize=None)
def compiled(path, folder):
    target = pathlib.Path(folder) / (path.replace("/", "-") + ".o")
    subprocess.run(BUILD + ["-c", "-o", str(target), str(ROOT / path)], check=True)
    return str(target)


def link_errors(lists, calls, folder):
    """What a linker says to a program that has these calls; "": nothing."""
    text = (ROOT / "sources.mk").read_text()
    files = [path for name in lists + ["HOST_SOURCES"]
             for path in re.search(rf"^{name} := (.*)$", text, re.M)[1].split()]
    main = pathlib.Path(folder) / "main.c"
    main.write_text('#include "nx_smtp_client_mail.h"\nvoid (*calls[])(void) = {\n' +
                    "".join(f"    (void (*)(void)){call},\n" for call in calls) +
                    "};\nint main(void) { return !calls[0]; }\n")
    try:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            objects = list(pool.map(lambda path: compiled(path, folder), files))
    except subprocess.CalledProcessError as error:
        return str(error)
    command = BUILD + ["-o", str(main) + ".out", str(main)] + objects + ["-lpthread"]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False).stdout


def planted(guide, header):
    """What is planted, and a guide and the headers with this one fault."""
    entry = re.search(r"^### nx_smtp_mail_send\n.*?(?=^##)", guide, re.M | re.S)[0]
    for what, old, new in [
            ("an entry that is missing", entry, ""),
            ("an entry without return values", "**Return values**", ""),
            ("another prototype", "CHAR *subject", "CHAR *object"),
            ("another value", "| NX_SMTP_CLIENT_BUSY | 0xC5", "| NX_SMTP_CLIENT_BUSY | 0xC4"),
            ("another constant", "NX_SMTP_TLS_IMPLICIT (2)", "NX_SMTP_TLS_IMPLICIT (3)"),
            ("another default", "| 1460 |", "| 1461 |")]:
        yield what, guide.replace(old, new, 1), header
    for what, more in [("a call that there is not", "### nx_smtp_client_fly"),
                       ("a status that there is not", "NX_SMTP_NO_SUCH_STATUS")]:
        yield what, f"{guide}\n{more}\n", header
    for what, more in [("a new status", "#define NX_SMTP_NEW 0xDF"),
                       ("a new option", "#ifndef NX_SMTP_NEW\n#define NX_SMTP_NEW 1\n#endif"),
                       ("a new call", "#define nx_smtp_new _nx_smtp_new\nUINT _nx_smtp_new();")]:
        yield what, guide, f"{header}\n{more}\n"


def main():
    passed = failed = 0

    def check(what, wrong):
        nonlocal passed, failed
        passed, failed = passed + (not wrong), failed + bool(wrong)
        if wrong:
            print("FAILED", what, *(wrong if isinstance(wrong, list) else [wrong]), sep="\n  ")

    guide = (ROOT / "docs/netx-guide.md").read_text()
    header_text = "\n".join((FACE / name).read_text() for name in HEADERS)
    header = Header(header_text)
    wrong = list(disagreements(guide, header))
    check("the guide and the headers", wrong)
    check("calls are found", "" if len(header.calls) > 10 and len(header.statuses) > 20 else "none")

    common, others = examples(guide)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        errors = pool.map(lambda example: example_errors(common, example), others)
    for example, error in zip(others, errors):
        check("an example:\n" + example, error)
    check("each entry has an example", "" if len(others) >= len(header.calls) else "too few")

    clear = [call for call in header.calls if not re.search("_tls_|_crypto_", call)]
    with tempfile.TemporaryDirectory() as folder:
        plain, every = source_lists(guide)
        is_plain = re.compile(r"nxd?_smtp_(mail_send|client_(create|delete|options_set))")
        check("plain calls link", link_errors(plain, filter(is_plain.fullmatch, clear), folder))
        check("all calls link", link_errors(every, clear, folder))
        check("a list that is missing is found", "" if link_errors(plain, clear, folder) else "no")

    for what, text, changed in planted(guide, header_text):
        more = len(list(disagreements(text, Header(changed)))) > len(wrong)
        check(what + " is found", "" if more else "it is not")
    for example in ["UINT unused = 1;\n", "status = nx_smtp_client_fly(&client);\n"]:
        check("a bad example is found", "" if example_errors(common, example) else example)
    print(f"netx_guide: {passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
