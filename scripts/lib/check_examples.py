# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs every ```mlir example of the documentation through rmsnorm-opt.

An example with a function is taken as it is. Any other becomes the body of a
function whose arguments are the values that the example uses but does not
define, with the types that its `(operands : types)` groups give them.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^([ \t]*)```mlir\n(.*?)^[ \t]*```[ \t]*$", re.MULTILINE | re.DOTALL)
VALUE = re.compile(r"%[A-Za-z_0-9]+")
# One level of parentheses that holds operands and, after a colon, their types.
GROUP = re.compile(r"\(([^():]*%[^():]*):([^()]*(?:\([^()]*\)[^()]*)*)\)")
RESULTS = re.compile(r"^\s*((?:%[A-Za-z_0-9]+(?::\d+)?\s*,?\s*)+)=", re.MULTILINE)
BLOCK_ARGUMENT = re.compile(r"(%[A-Za-z_0-9]+)\s*:\s*[^,)]+")


@dataclass(frozen=True)
class Example:
    """A fenced example: where it starts, and its text without indentation."""

    path: Path
    line: int
    text: str

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"


class ExampleError(Exception):
    """An example that cannot be wrapped into a function."""


def find_examples(path: Path) -> list[Example]:
    content = path.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(content):
        line = content.count("\n", 0, match.start()) + 1
        found.append(Example(path, line, textwrap.dedent(match.group(2))))
    return found


def split_types(text: str) -> list[str]:
    """Splits a list of types at its top-level commas."""
    types = [""]
    depth = 0
    for character in text:
        depth += character in "<(["
        depth -= character in ">)]"
        if character == "," and depth == 0:
            types.append("")
        else:
            types[-1] += character
    return [entry.strip() for entry in types]


def defined_values(text: str) -> set[str]:
    defined: set[str] = set()
    for match in RESULTS.finditer(text):
        defined.update(VALUE.findall(match.group(1)))
    for line in text.splitlines():
        if line.lstrip().startswith("^"):
            defined.update(BLOCK_ARGUMENT.findall(line))
    return defined


def wrap(example: Example) -> str:
    """A module with the example in it."""
    text = re.sub(r"//[^\n]*", "", example.text)
    if "func.func" in text:
        return example.text
    types: dict[str, str] = {}
    for match in GROUP.finditer(text):
        values = VALUE.findall(match.group(1))
        listed = split_types(match.group(2))
        if len(values) == len(listed):
            for value, type_ in zip(values, listed, strict=True):
                types.setdefault(value, type_)
    defined = defined_values(text)
    undefined = [value for value in dict.fromkeys(VALUE.findall(text)) if value not in defined]
    unknown = [value for value in undefined if value not in types]
    if unknown:
        raise ExampleError(f"no type for {', '.join(unknown)}; write the example as a function")
    arguments = ", ".join(f"{value}: {types[value]}" for value in undefined)
    body = textwrap.indent(example.text, "  ")
    return f"func.func @example({arguments}) {{\n{body}  return\n}}\n"


def check(example: Example, tool: Path) -> str | None:
    """The error that the example gives, or None."""
    try:
        module = wrap(example)
    except ExampleError as error:
        return str(error)
    with tempfile.NamedTemporaryFile("w", suffix=".mlir", encoding="utf-8") as file:
        file.write(module)
        file.flush()
        run = subprocess.run([tool, file.name, "-o", "/dev/null"], capture_output=True, text=True)
    return (
        None
        if run.returncode == 0
        else f"{run.stderr.strip()}\nthe example as it was run:\n{module}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rmsnorm-opt", type=Path, required=True, help="the tool to run the examples with"
    )
    parser.add_argument(
        "paths", type=Path, nargs="+", help="files, or folders of which every .td and .md is read"
    )
    arguments = parser.parse_args()
    files: list[Path] = []
    for path in arguments.paths:
        files += sorted([*path.rglob("*.td"), *path.rglob("*.md")]) if path.is_dir() else [path]
    examples = [example for file in files for example in find_examples(file)]
    if not examples:
        print("no example found: wrong folder?", file=sys.stderr)
        return 1
    failures = 0
    for example in examples:
        error = check(example, arguments.rmsnorm_opt)
        print(f"{'PASS' if error is None else 'FAIL'}: {example.place}")
        if error is not None:
            failures += 1
            print(textwrap.indent(error, "  "), file=sys.stderr)
    print(f"{len(examples)} examples, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
