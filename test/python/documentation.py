# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The code blocks of a page of Markdown, and what it links to.

Every block is fenced and has a language. After the language may follow, in the same line
and so invisible to readers,

- ``skip="why"``: it is not run;
- ``file=NAME``: it is also written to that file of the page's folder;
- ``flags="..."``, for mlir: options of rmsnorm-opt; ``args="..."``, for c: of the program;
- ``raises=NAME``, for python: the exception that ends it;
- ``output``, for text: what the block before it prints, ``...`` standing for anything;
- ``frame=NAME``, for c: the block is put in place of ``@snippet@`` of a hidden block.

Set-up that readers need not see is an HTML comment that starts with ``hidden`` and the same
words: ``<!-- hidden python``, then the code, then ``-->``. ``<!-- needs torch jax -->`` names
packages without which the page is skipped.
"""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Written by tools: mlir-tblgen's examples are checked in the TableGen files (scripts/docs).
_GENERATED = ROOT / "docs" / "generated"
_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>```+)(?P<info>.*)$")
_HIDDEN = re.compile(r"^<!-- hidden (?P<info>.*)$")
_NEEDS = re.compile(r"^<!-- needs (?P<packages>.*) -->$", re.MULTILINE)
_LIST_ITEM = re.compile(r"^\s*([-*+]|\d+\.) ")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)


class PageError(ValueError):
    """A page that is written wrongly; the message says where."""


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes:
        line: of its first line of code.
        language: first word behind the fence.
        options: the others.
        hidden: it is a comment.
    """

    line: int
    language: str
    text: str
    options: dict[str, str] = field(default_factory=dict)
    hidden: bool = False


def pages() -> list[Path]:
    """README, CONTRIBUTING and everything under docs that people write."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    return sorted(page for page in found if _GENERATED not in page.parents)


def needs(text: str) -> list[str]:
    """Packages without which the page cannot be run."""
    return [name for match in _NEEDS.finditer(text) for name in match["packages"].split()]


def _block(info: str, line: int, lines: list[str], hidden: bool, place: str) -> Block:
    words = shlex.split(info)
    if not words:
        raise PageError(f"{place}: a block of code without a language")
    options = {}
    for word in words[1:]:
        name, _, value = word.partition("=")
        options[name] = value
    return Block(line, words[0], "".join(f"{text}\n" for text in lines), options, hidden)


def blocks(page: Path, text: str) -> list[Block]:
    """The blocks of a page, in order.

    Raises:
        PageError: a block has no language, is not closed, or is only indented.
    """
    found: list[Block] = []
    lines = text.splitlines()
    number, before, in_list = 0, "", False
    while number < len(lines):
        line = lines[number]
        place = f"{page.name}:{number + 1}"
        fence, hidden = _FENCE.match(line), _HIDDEN.match(line)
        if fence or hidden:
            start = number + 1
            end = "-->" if hidden else fence["indent"] + fence["ticks"]  # type: ignore[index]
            indent = 0 if hidden else len(fence["indent"])  # type: ignore[index]
            number = start
            while number < len(lines) and lines[number].rstrip() != end:
                number += 1
            if number == len(lines):
                raise PageError(f"{place}: a block of code that does not end")
            info = hidden["info"] if hidden else fence["info"]  # type: ignore[index]
            code = [code_line[indent:] for code_line in lines[start:number]]
            found.append(_block(info, start + 1, code, bool(hidden), place))
        elif line.startswith(("    ", "\t")) and not before.strip() and not in_list:
            raise PageError(f"{place}: a block of code that is only indented; fence it")
        if line.strip() and not line.startswith(" "):
            in_list = bool(_LIST_ITEM.match(line))
        before = lines[number]
        number += 1
    return found


def anchor(heading: str) -> str:
    """The name that GitHub gives to a heading."""
    plain = re.sub(r"[`*]|\[|\]\([^)]*\)", "", heading.strip()).lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def broken_links(page: Path, text: str) -> list[str]:
    """Links of a page to files or headings that are not there."""
    broken = []
    prose = re.sub(r"^ *(```+).*?^ *\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    for target in _LINK.findall(prose):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, fragment = target.partition("#")
        linked = page if not name else (page.parent / name).resolve()
        if not linked.exists():
            broken.append(target)
        elif fragment and linked.suffix == ".md":
            headings = _HEADING.findall(linked.read_text(encoding="utf-8"))
            if fragment not in {anchor(heading) for heading in headings}:
                broken.append(target)
    return broken
