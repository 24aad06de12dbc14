# SPDX-License-Identifier: MIT
"""Shows that the stack walk of scripts/stack.py is right on small programs, and that it and the
footprint's check can fail."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, "scripts")
from stack import Graph, Trouble  # noqa: E402

passed = failed = 0


def check(what, good):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("footprint_fails: " + what)


def graph(folder, text, table):
    source = os.path.join(folder, "t.c")
    with open(source, "w") as file:
        file.write(text)
    subprocess.run(["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-Os",
                    "-fno-optimize-sibling-calls", "-fcallgraph-info=su,da", "-c", "t.c"],
                   check=True, cwd=folder)
    return Graph([os.path.join(folder, "t.ci")], table)


def trouble(work, wanted):
    try:
        work()
    except Trouble as found:
        return wanted in str(found)
    return False


LEAF = """
extern void use(char *);
#define LEAF(name, size) __attribute__((noinline)) void name(void) { char b[size]; use(b); }
LEAF(small, 40) LEAF(large, 400)
"""
DIRECT = LEAF + "void top(int a) { char b[80]; use(b); if (a) small(); else large(); use(b); }"
POINTER = LEAF + """
void (*table[])(void) = {small, large};
int top(int a) { table[a](); return 1; }
"""
CYCLE = """
extern int odd(int); int even(int a) { return a == 0 || odd(a - 1) == 1; }
int odd(int a) { return a != 0 && even(a - 1) == 1; } int top(int a) { return even(a) + 1; }
"""
DYNAMIC = "extern void use(char *); void top(int n) { char b[n]; use(b); }"

with tempfile.TemporaryDirectory() as folder:
    size, chain, outer = graph(folder, DIRECT, {}).worst("top")
    check("the larger branch: %d" % size, 480 <= size <= 520 and chain[1][0] == "large")
    check("functions outside: %r" % outer, outer == ["use"])
    size, chain, _ = graph(folder, POINTER, {"t.c": ["small", "large", "?"]}).worst("top")
    check("through a pointer: %d" % size, 400 <= size <= 440 and chain[1][0] == "large")
    size, chain, _ = graph(folder, POINTER, {"t.c": ["l*"]}).worst("top")
    check("through a pattern: %d" % size, 400 <= size <= 440)
    check("a pointer that is not in the table",
          trouble(lambda: graph(folder, POINTER, {}).worst("top"), "not in the table"))
    check("a callee that does not exist",
          trouble(lambda: graph(folder, POINTER, {"t.c": ["none"]}).worst("top"), "does not exist"))
    check("recursion", trouble(lambda: graph(folder, CYCLE, {}).worst("top"), "recursion"))
    check("no such entry", trouble(lambda: graph(folder, DIRECT, {}).worst("none"), "no such"))
    check("a dynamic frame", graph(folder, DYNAMIC, {}).problems != [])
    check("no dynamic frame", graph(folder, DIRECT, {}).problems == [])

FOOTPRINT = [sys.executable, "scripts/footprint.py", "--check"]
for name, number in (("text", 100), ("session", 10), ("client", 10), ("stack_mail_send", 20)):
    done = subprocess.run(FOOTPRINT + ["--limit", "%s=%d" % (name, number)], text=True,
                          stdout=subprocess.PIPE)
    last = done.stdout.splitlines()[-1]
    check("a smaller limit of %s is missed: %s" % (name, last),
          done.returncode == 1 and ", 0 failed" not in last and "ABOVE ITS LIMIT" in done.stdout)

print("footprint_fails: %d passed, %d failed" % (passed, failed))
sys.exit(failed != 0)
