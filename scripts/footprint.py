# SPDX-License-Identifier: MIT
"""Flash, RAM and stack on a Cortex-M4 at -Os (Debian's gcc-arm-none-eabi).

footprint.py [--check] [--limit NAME=NUMBER ...]
With --check it ends with an error if a figure is above its limit in tests/footprint/limits, and
with a test's closing line. A limit is the goal, or where that is missed what was reached.
"""
import os
import re
import subprocess
import sys

from stack import Graph, Trouble, read_table

TOOL = "arm-none-eabi-"
FLAGS = ("-mcpu=cortex-m4 -mthumb -Os -std=c99 -ffunction-sections -fdata-sections "
         "-Wall -Wextra -Werror").split()
INCLUDES = "-Iinclude -Isrc -Iports/netxduo -Iports/netxduo/host".split()
OUT = "build/footprint"
MEMORY = {"memcpy", "memmove", "memset", "memcmp"}
GOALS = {
    "text": 7168,          # the NetX face with what it links for the plain API
    "sasl": 2048,          # all of src/sasl but SCRAM
    "scram": 3072,
    "engine": 10240,       # src/engine with all extensions; not names.c, results.c, exchange.c
    "composer": 6144,      # src/message without advice.c
    "data": 0,
    "bss": 0,
    "session": 320,        # without the caller's buffer
    "mime": 600,           # a mail with text, HTML, image and attachment, besides the session
    "login": 1024,         # struct smtplite_login: for logins beyond PLAIN and LOGIN only
    "client": 720,         # NX_SMTP_CLIENT less its socket
    "stack_mail_send": 1400,  # of a thread's 2 KB; NetX Duo's own below it counts 0 here
    "stack_smtplite_send": 600,
    "stack_login": 900,    # the same with all logins, extensions and the composer; hashes count 0
}


def run(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(" ".join(words) + "\n" + done.stdout + done.stderr)
    return done.stdout + done.stderr


def sources():
    names = {}
    with open("sources.mk") as lines:
        for line in lines:
            match = re.match(r"([A-Z_]+) := (.*)", line)
            if match:
                names[match.group(1)] = match.group(2).split()
    return names


def compile_all(files):
    objects = {}
    for file in files:
        objects[file] = os.path.join(OUT, file.replace("/", "-")[:-2] + ".o")
        run(TOOL + "gcc", *FLAGS, *INCLUDES, "-fcallgraph-info=su,da", "-c", file, "-o", objects[file])
    return objects


def sizes_of(objects):
    """file -> (text, data, bss); text is code and constants"""
    table = {}
    for file, path in objects.items():
        row = run(TOOL + "size", path).splitlines()[1].split()
        table[file] = tuple(int(n) for n in row[:3])
    return table


def link(objects, main):
    """What a program that calls `main`'s calls pulls in. Gives {object: bytes by kind}, strangers."""
    elf, map_file = OUT + "/plain.elf", OUT + "/plain.map"
    log = run(TOOL + "gcc", *FLAGS[:2], "-nostdlib", "-Wl,--gc-sections", "-Wl,-e,main",
              "-Wl,--unresolved-symbols=ignore-all", "-Wl,--warn-unresolved-symbols",
              "-Wl,-Map=" + map_file, "-o", elf, main, *objects,
              "-Wl,--start-group", "-lc", "-lgcc", "-Wl,--end-group")
    strangers = sorted(set(re.findall(r"undefined reference to `([^']+)'", log)))
    whole = tuple(int(n) for n in run(TOOL + "size", elf).splitlines()[1].split()[:3])
    return read_map(map_file), strangers, whole


def link_whole(files, main):
    """The same program optimised as one (-flto), its little main counted too."""
    elf = OUT + "/whole.elf"
    run(TOOL + "gcc", *FLAGS, *INCLUDES, "-flto", "-nostdlib", "-Wl,--gc-sections", "-Wl,-e,main",
        "-Wl,--unresolved-symbols=ignore-all", "-Wl,--defsym=memcpy=0", "-Wl,--defsym=memset=0",
        "-o", elf, main, *files)
    return int(run(TOOL + "size", elf).splitlines()[1].split()[0])


SECTION = re.compile(r"^ (\.[\w.$*-]+)(?:\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*))?$")
PLACE = re.compile(r"^ {10,}\s*0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*)$")
KINDS = {".text": "text", ".rodata": "text", ".data": "data", ".bss": "bss", "COMMON": "bss"}


def read_map(path):
    """Sizes by object from the linker's map, behind its list of what was thrown away."""
    with open(path) as file:
        text = file.read()
    text = text[text.index("Linker script and memory map"):]
    table, section = {}, None
    for line in text.splitlines():
        match = SECTION.match(line)
        place = PLACE.match(line) if not match else None
        if match:
            section = match.group(1)
            size, name = match.group(3), match.group(4)
        elif place and section:
            size, name = place.group(2), place.group(3)
        else:
            section = None
            continue
        kind = next((k for s, k in KINDS.items() if section and section.startswith(s)), None)
        if size and kind:
            row = table.setdefault(name.strip(), {"text": 0, "data": 0, "bss": 0})
            row[kind] += int(size, 16)
            section = None
    return table


def plain_total(linked, main):
    """Sums all but main itself and libc's mem*; libc's and libgcc's other helpers count."""
    total, rows = {"text": 0, "data": 0, "bss": 0}, []
    for name, row in sorted(linked.items()):
        if name == main or not any(row.values()):
            continue
        member = re.search(r"\(([^)]*)\)$", name)
        helper = member and any(m in member.group(1) for m in MEMORY)
        rows.append((name, row, helper))
        if not helper:
            for kind in total:
                total[kind] += row[kind]
    return total, rows


def constants():
    run(TOOL + "gcc", *FLAGS, *INCLUDES, "-c", "tests/footprint/sizes.c", "-o", OUT + "/sizes.o")
    found = {}
    for line in run(TOOL + "nm", "-S", OUT + "/sizes.o").splitlines():
        words = line.split()
        if len(words) == 4 and words[3].startswith("size_"):
            found[words[3][len("size_"):]] = int(words[1], 16)
    return found


def read_limits():
    limits = {}
    with open("tests/footprint/limits") as lines:
        for line in lines:
            words = line.split("#")[0].split()
            if words:
                limits[words[0]] = int(words[1])
    if set(limits) != set(GOALS):
        sys.exit("tests/footprint/limits and the goals name different figures")
    return limits


def print_sizes(title, table):
    print("\n%-52s %7s %6s %6s" % (title, "text", "data", "bss"))
    for name, row in table:
        print("  %-50s %7d %6d %6d" % ((name,) + tuple(row)))


def main():
    arguments = sys.argv[1:]
    limits = read_limits()
    for i, word in enumerate(arguments):
        if word == "--limit":
            name, number = arguments[i + 1].split("=")
            limits[name] = int(number)
    os.makedirs(OUT, exist_ok=True)

    lists = sources()
    netx = lists["NETX_SOURCES"]
    core = lists["ENGINE_SOURCES"] + lists["SASL_SOURCES"] + lists["DRIVER_SOURCES"]
    more = lists["SASL_MORE_SOURCES"] + lists["EXTENSIONS_SOURCES"] + lists["MESSAGE_SOURCES"]
    objects = compile_all(core + netx + more + lists["SEND_SOURCES"] + lists["NAMES_SOURCES"])
    plain = compile_all(["tests/footprint/plain.c"])["tests/footprint/plain.c"]
    figures, strangers = {}, set()

    print("Cortex-M4, %s, %s" % (" ".join(FLAGS[2:6]), run(TOOL + "gcc", "--version").splitlines()[0]))
    sizes = sizes_of(objects)
    print_sizes("each object", sizes.items())
    sasl = {f: s[0] for f, s in sizes.items() if f.startswith("src/sasl/")}
    figures["scram"] = sasl.pop("src/sasl/scram.c")
    figures["sasl"] = sum(sasl.values())
    figures["engine"] = sum(sizes[f][0] for f in lists["ENGINE_SOURCES"] + lists["EXTENSIONS_SOURCES"])
    figures["composer"] = sum(sizes[f][0] for f in lists["MESSAGE_SOURCES"]
                              if not f.endswith("/advice.c"))
    linked, imports, whole = link([objects[f] for f in core + netx], plain)
    total, rows = plain_total(linked, plain)
    print_sizes("linked by a program with the three plain NetX calls",
                [((os.path.basename(n) + (" (not counted)" if helper else "")),
                  (r["text"], r["data"], r["bss"])) for n, r, helper in rows]
                + [("sum", (total["text"], total["data"], total["bss"]))])
    if sum(sum(r.values()) for r in linked.values()) < sum(whole) * 0.9:
        sys.exit("the linker's map was not understood: %s bytes are missing" % (whole,))
    figures.update(total)
    print("  %-50s %7d" % ("the whole program with -flto, its main included",
                           link_whole(core + netx, "tests/footprint/plain.c")))
    print("\nimported from ThreadX, NetX Duo and libc: " + " ".join(
        sorted(set(imports) | {m for m in MEMORY if any(m in n for n in linked)})))

    sizes = constants()
    figures["session"], figures["client"] = sizes["session"], sizes["client_less_socket"]
    figures["login"], figures["mime"] = sizes["login"], sizes["mime"]
    print("\nRAM (types of NetX Duo and ThreadX: the host edition's, whose NX_TCP_SOCKET is not the real one)")
    print("  sizeof(struct smtplite_session)                    %7d" % sizes["session"])
    print("  sizeof(struct smtplite_login)                      %7d" % sizes["login"])
    print("  a MIME mail of four parts: message, parts, people  %7d" % sizes["mime"])
    print("  sizeof(NX_SMTP_CLIENT)                             %7d" % sizes["client"])
    print("  the same without its NX_TCP_SOCKET                 %7d" % sizes["client_less_socket"])

    graph = Graph([objects[f][:-2] + ".ci" for f in objects if f not in more],
                  read_table("tests/footprint/indirect"))
    whole = Graph([o[:-2] + ".ci" for o in objects.values()],
                  read_table("tests/footprint/indirect", "tests/footprint/indirect.whole"))
    ours = tuple(t for f in netx for t in Graph([objects[f][:-2] + ".ci"], {}).frames)
    print("\nworst stack (NetX Duo's, ThreadX's and libc's functions count 0)")
    for label, entry, outside, calls in (
            ("create", "_nxde_smtp_client_create", (), graph),
            ("mail_send", "_nxe_smtp_mail_send", (), graph),
            ("delete", "_nxe_smtp_client_delete", (), graph),
            ("smtplite_send", "smtplite_send", ours, graph),
            ("login", "smtplite_send", ours, whole)):
        size, chain, outer = calls.worst(entry, outside)
        figures["stack_" + label] = size
        strangers.update(outer)
        note = " (its transport: 0)" if outside else ""
        note += ", with everything" if calls is whole else ""
        print("  %-50s %7d  %s" % (entry + note, size,
                                   " > ".join("%s %d" % link for link in chain)))
    if graph.problems or whole.problems:
        raise Trouble("; ".join(graph.problems + whole.problems))
    print("  counted 0: " + " ".join(sorted(strangers)))

    print("\n%-52s %7s %7s %7s" % ("figure", "is", "goal", "limit"))
    missed = 0
    for name, goal in GOALS.items():
        words = ["above its goal"] if figures[name] > goal else []
        if figures[name] > limits[name]:
            words.append("ABOVE ITS LIMIT")
            missed += 1
        print("  %-50s %7d %7d %7d  %s" % (name, figures[name], goal, limits[name], ", ".join(words)))
    if "--check" in arguments:
        print("footprint: %d passed, %d failed" % (len(limits) - missed, missed))
        sys.exit(1 if missed else 0)


try:
    main()
except Trouble as trouble:
    print("stack: %s" % trouble)
    print("footprint: 0 passed, 1 failed")
    sys.exit(1)
