# SPDX-License-Identifier: MIT
"""The worst stack over the call graph, from the files of gcc's -fcallgraph-info=su,da.

Calls through pointers are resolved by a table of lines `file: callee callee ...`, which holds for
every such call of the file, whatever was inlined into what; a line `file.c/function: ...` holds for that function, with what was inlined
into it. A callee may be a pattern (on_*), or
file.c:name where several files have a static one of that name; `?` stands for one outside (an application's function). What has no body here counts 0 and is told.
Recursion, a dynamic frame, a call through a pointer of a file that is not in the table, and a
callee in it that does not exist are errors.
"""
import fnmatch
import re

NODE = re.compile(r'^node: \{ title: "([^"]+)" label: "([^"]*)"(.*)\}$')
EDGE = re.compile(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')
FRAME = re.compile(r"\\n([^:\\]+):\d+:\d+\\n(\d+) bytes \(([^)]*)\)")
INDIRECT = "__indirect_call"


class Trouble(Exception):
    pass


def read_table(*paths):
    """The lines of the files; a later line replaces an earlier one of the same file."""
    table = {}
    for path in paths:
        with open(path) as lines:
            for line in lines:
                line = line.split("#")[0].strip()
                if line:
                    caller, callees = line.split(":", 1)
                    table[caller.strip()] = callees.split()
    return table


class Graph:
    """Functions by their name: a static one is found by its bare name if that is unique."""

    def __init__(self, paths, table):
        self.frames = {}
        self.files = {}
        self.edges = {}
        self.problems = []
        self.table = table
        for path in paths:
            self.read(path)
        self.by_name = {}
        for title in self.frames:
            self.by_name.setdefault(title.split(":")[-1], []).append(title)

    def read(self, path):
        with open(path) as lines:
            for line in lines:
                node, edge = NODE.match(line), EDGE.match(line)
                if node:
                    self.add_node(node.group(1), node.group(2))
                elif edge:
                    self.edges.setdefault(edge.group(1), set()).add(edge.group(2))

    def add_node(self, title, label):
        frame = FRAME.search(label)
        if not frame:
            return
        self.files[title] = frame.group(1)
        self.frames[title] = int(frame.group(2))
        if frame.group(3) != "static":
            self.problems.append("%s has a frame that is %s" % (title, frame.group(3)))

    def title_of(self, name):
        titles = self.by_name.get(name, [])
        if len(titles) > 1:
            raise Trouble("%s is in several files: %s" % (name, ", ".join(titles)))
        return titles[0] if titles else name

    def callees(self, title):
        found = []
        for callee in sorted(self.edges.get(title, ())):
            if callee != INDIRECT:
                found.append(callee)
                continue
            found += self.reachable(title)
        return found

    def reachable(self, title):
        """What the table says of calls through pointers in this function, or in its file."""
        file = self.files[title]
        function = file + "/" + title.split(":")[-1]
        if function not in self.table and file not in self.table:
            raise Trouble("%s calls through a pointer; %s is not in the table" % (title, file))
        found = []
        for pattern in self.table.get(function, self.table.get(file)):
            if pattern == "?":
                continue
            if ":" in pattern:
                titles = [t for t in self.frames if self.files[t] + ":" + t.split(":")[-1] == pattern]
            else:
                titles = [self.title_of(name) for name in fnmatch.filter(self.by_name, pattern)]
            if not titles:
                raise Trouble("the table's %s does not exist" % pattern)
            found += titles
        return found

    def worst(self, entry, outside=()):
        """Gives (bytes, [(function, frame), ...], functions outside). outside: titles that count 0."""
        memo, strangers = {}, set()

        def walk(title, path):
            if title in path:
                raise Trouble("recursion: " + " > ".join(path[path.index(title):] + (title,)))
            if title in outside or title not in self.frames:
                strangers.add(title)
                return 0, []
            if title not in memo:
                below = [walk(callee, path + (title,)) for callee in self.callees(title)]
                size, chain = max(below, default=(0, []), key=lambda b: b[0])
                frame = self.frames[title]
                memo[title] = frame + size, [(title.split(":")[-1], frame)] + chain
            return memo[title]

        title = self.title_of(entry)
        if title not in self.frames:
            raise Trouble("no such function: " + entry)
        size, chain = walk(title, ())
        return size, chain, sorted(s for s in strangers if s not in outside)
