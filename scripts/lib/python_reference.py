# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The reference of the Python package, as Markdown, from its docstrings.

Nothing is imported: griffe reads the sources, so that the result depends on them alone.
"""

import argparse
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import griffe

_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Shape):$")
_ITEM = re.compile(r"^(?P<names>[\w*][\w*, \n]*):\s+(?P<text>.*)$", re.DOTALL)
_TITLES = {"Args": "Arguments"}
# Calling is documented in place of construction where only the package constructs.
_SPECIAL = ("__call__", "__getitem__")


@dataclass(frozen=True)
class Section:
    """A section of a docstring; the first has no title."""

    title: str
    text: str

    def items(self) -> list[tuple[str, str]]:
        """Names (as written, several with commas) and what is said of them."""
        chunks: list[str] = []
        for line in self.text.splitlines():
            if line and not line.startswith(" "):
                chunks.append(line)
            elif chunks:
                chunks[-1] += "\n" + line
        found = []
        for chunk in chunks:
            match = _ITEM.match(chunk)
            if match:
                names = " ".join(match["names"].split())
                found.append((names, match["text"].strip()))
        return found


def sections(docstring: str) -> list[Section]:
    """A docstring in Google's style, section by section."""
    found = [["", ""]]
    indented = False
    for line in docstring.strip().splitlines():
        match = _SECTION.match(line)
        if match:
            found.append([match[1], ""])
            indented = True
        elif indented and line and not line.startswith(" "):
            found.append(["", line + "\n"])
            indented = False
        else:
            found[-1][1] += line + "\n"
    return [
        Section(title, textwrap.dedent(text).strip("\n")) for title, text in found if text.strip()
    ]


def load(search_path: Path) -> Any:
    """The package ``rmsnorm``, as griffe reads it."""
    return griffe.load(
        "rmsnorm", search_paths=[search_path], resolve_aliases=True, allow_inspection=False
    )


def public(package: Any) -> dict[str, Any]:
    """What ``__all__`` names, in that order."""
    found = {}
    for name in package.exports:
        item = package[str(name)]
        item = item.final_target if item.is_alias else item
        # A module of the same name stands in front of what it defines.
        found[str(name)] = item[str(name)] if item.is_module else item
    return found


def parameters(function: Any) -> list[Any]:
    """A function's parameters without ``self`` and ``cls``."""
    return [parameter for parameter in function.parameters if parameter.name not in ("self", "cls")]


def constructor(item: Any) -> Any | None:
    """What a class is called with, if it says so itself."""
    for name in ("__init__", "__new__"):
        if name in item.members:
            return item.members[name]
    return None


def members(item: Any) -> list[Any]:
    """Methods and properties of a class that users call, in the order of the source."""
    return [
        member
        for name, member in item.members.items()
        if (not name.startswith("_") or name in _SPECIAL)
        and not member.is_alias
        and member.docstring is not None
        and (member.is_function or "property" in member.labels)
    ]


def _signature(name: str, function: Any) -> str:
    words: list[str] = []
    kinds = [parameter.kind.name for parameter in parameters(function)]
    for index, parameter in enumerate(parameters(function)):
        kind = parameter.kind.name
        if kind == "keyword_only" and (
            index == 0 or kinds[index - 1] not in (kind, "var_positional")
        ):
            words.append("*")
        stars = {"var_positional": "*", "var_keyword": "**"}.get(kind, "")
        word = f"{stars}{parameter.name}"
        if parameter.annotation is not None:
            word += f": {parameter.annotation}"
        if parameter.default is not None and not stars:
            word += f" = {parameter.default}"
        words.append(word)
        if kind == "positional_only" and kinds[index + 1 : index + 2] != [kind]:
            words.append("/")
    result = "" if function.returns is None or name[:1].isupper() else f" -> {function.returns}"
    line = f"{name}({', '.join(words)}){result}"
    if len(line) <= 100:
        return line
    return f"{name}(\n" + "".join(f"    {word},\n" for word in words) + f"){result}"


def _body(docstring: str) -> list[str]:
    docstring = docstring.replace("``", "`")
    lines: list[str] = []
    for section in sections(docstring):
        if not section.title:
            lines += [section.text, ""]
            continue
        title = _TITLES.get(section.title, section.title)
        items = section.items()
        if not items or section.title in ("Returns", "Shape"):
            lines += [f"**{title}:** {section.text}", ""]
            continue
        lines += [f"**{title}**", ""]
        for names, text in items:
            first, *rest = text.splitlines()
            shown = ", ".join(f"`{name.strip()}`" for name in names.split(",") if name.strip())
            lines.append(f"- {shown}: {first}")
            lines += [
                "  " + line if line else ""
                for line in textwrap.dedent("\n".join(rest)).splitlines()
            ]
        lines.append("")
    return lines


def _entry(name: str, item: Any) -> list[str]:
    lines = [f"### `{name}`", ""]
    function = item if item.is_function else constructor(item)
    if function is not None and "dataclass" not in item.labels:
        lines += ["```python", _signature(name, function), "```", ""]
    if item.docstring is not None:
        lines += _body(item.docstring.value)
    if item.is_function:
        return lines
    if function is not None and function.docstring is not None:
        lines += _body(function.docstring.value)
    for member in members(item):
        shown = member.name if "property" in member.labels else _signature(member.name, member)
        if "\n" in shown:
            lines += [f"#### `{name}.{member.name}`", "", "```python", shown, "```", ""]
        else:
            lines += [f"#### `{name}.{shown}`", ""]
        lines += _body(member.docstring.value)
    return lines


def render(package: Any) -> str:
    """The whole reference."""
    groups: dict[str, list[str]] = {"Functions": [], "Classes": [], "Errors": []}
    for name, item in public(package).items():
        if item.is_function:
            group = "Functions"
        else:
            group = "Errors" if name.endswith("Error") else "Classes"
        groups[group] += _entry(name, item)
    lines = [
        "<!-- Autogenerated from the docstrings by scripts/docs; don't manually edit -->",
        "",
        "# Python package `rmsnorm`",
        "",
        *_body(package.docstring.value),
    ]
    for title, entries in groups.items():
        lines += [f"## {title}", "", *entries]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("search_path", type=Path, help="the folder that has the package")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the file to write")
    arguments = parser.parse_args()
    arguments.output.write_text(render(load(arguments.search_path)), encoding="utf-8")


if __name__ == "__main__":
    main()
