# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Everything public has a docstring that names its arguments; the reference is made of them."""

import textwrap
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("griffe", reason="griffelib is not installed")

import c_reference
import python_reference
from documentation import ROOT

import rmsnorm

HEADER = ROOT / "runtime" / "include" / "rmsnorm_runtime" / "rmsnorm_runtime.h"
PACKAGE = python_reference.load(ROOT / "python")
PUBLIC = python_reference.public(PACKAGE)


def words(docstring: str, *titles: str) -> set[str]:
    """What the sections with these titles name."""
    found: set[str] = set()
    for section in python_reference.sections(docstring):
        if section.title in titles:
            for names, _ in section.items():
                found |= set(names.replace(",", " ").replace("*", "").split())
    return found


def undocumented(item: Any) -> list[str]:
    """Arguments (of a function, or of making a class) that no docstring names."""
    function = item if item.is_function else python_reference.constructor(item)
    if function is None or "dataclass" in item.labels:
        return []
    docstrings = [entry.docstring for entry in (item, function) if entry.docstring is not None]
    named: set[str] = set()
    for docstring in docstrings:
        named |= words(docstring.value, "Args", "Attributes")
    if item.name.endswith("Error"):
        named.add("message")
    return [
        parameter.name
        for parameter in python_reference.parameters(function)
        if not parameter.kind.name.startswith("var_") and parameter.name not in named
    ]


def test_all_of_it_is_read() -> None:
    assert list(PUBLIC) == list(rmsnorm.__all__)


@pytest.mark.parametrize("name", PUBLIC)
def test_docstring_names_the_arguments(name: str) -> None:
    item = PUBLIC[name]
    assert item.docstring is not None
    assert not undocumented(item)


@pytest.mark.parametrize("name", [name for name, item in PUBLIC.items() if not item.is_function])
def test_methods_have_docstrings(name: str) -> None:
    item = PUBLIC[name]
    bare = [
        member.name
        for member in item.members.values()
        if not member.is_alias
        and (member.is_function or "property" in member.labels)
        and not member.name.startswith("_")
        and member.docstring is None
    ]
    assert not bare


def test_functions_say_what_they_raise_and_return() -> None:
    for name, item in PUBLIC.items():
        if item.is_function and python_reference.parameters(item):
            titles = {section.title for section in python_reference.sections(item.docstring.value)}
            assert "Returns" in titles, name
            assert "Raises" in titles or name == "unpatch", name


def test_a_missing_argument_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "rmsnorm"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        textwrap.dedent('''
        """Package."""

        __all__ = ["f"]


        def f(x: int, *, scale: float = 1.0) -> int:
            """Function.

            Args:
                x: a number.
            """
            return x
        ''')
    )
    package = python_reference.load(tmp_path)
    assert undocumented(python_reference.public(package)["f"]) == ["scale"]
    assert "f(x: int, *, scale: float = 1.0) -> int" in python_reference.render(package)


def test_the_header_is_in_the_reference() -> None:
    text = c_reference.render(HEADER)
    declared = {
        line.split("(")[0].split()[-1].lstrip("*")
        for line in HEADER.read_text().splitlines()
        if line.startswith("RMSN_API") and "(" in line
    }
    assert len(declared) > 40
    assert all(name in text for name in declared)


def test_a_header_that_is_not_regular_is_refused(tmp_path: Path) -> None:
    header = tmp_path / "h.h"
    header.write_text("/* licence */\n\n/* About. */\n\n/* ---- Part ---- */\n\nint f(void)\n")
    with pytest.raises(c_reference.HeaderError, match=r"h\.h:7: a declaration"):
        c_reference.render(header)
