#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Each link of the documents to a file of this project, and to a heading in it, leads somewhere."""

import functools
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def documents():
    return [path for folder in (".", "docs", "ports/**", "tests/**", "examples")
            for path in ROOT.glob(folder + "/*.md")]


@functools.lru_cache(maxsize=None)
def anchors(path):
    """The headings as GitHub names them."""
    titles = re.findall(r"^#+ (.*?)\s*$", path.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def wrong_link(path, link):
    """What is wrong with a link in this document; None: nothing."""
    name, _, anchor = link.partition("#")
    target = path.parent / name if name else path
    if not target.exists():
        return f"{path.relative_to(ROOT)}: {link}: there is no such file"
    if anchor and target.suffix == ".md" and anchor not in anchors(target.resolve()):
        return f"{path.relative_to(ROOT)}: {link}: there is no such heading"
    return None


def links(path):
    text = re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.M | re.S)
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if ":" not in link]


def main():
    passed = failed = 0
    for path in documents():
        for link in links(path):
            wrong = wrong_link(path, link)
            passed, failed = passed + (wrong is None), failed + (wrong is not None)
            if wrong:
                print("FAILED", wrong)
    readme = ROOT / "README.md"
    for link, good in [("docs/netx-guide.md#statuses", True), ("docs/netx-guide.md#none", False),
                       ("docs/none.md", False), ("#use-it", True), ("#none", False)]:
        found = (wrong_link(readme, link) is None) == good
        passed, failed = passed + found, failed + (not found)
        if not found:
            print("FAILED", link, "is taken for", "bad" if good else "good")
    print(f"links: {passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
