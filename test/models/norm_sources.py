# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Finds norms in the source files of a package by what the code computes.

Names of classes play no part. A function is a candidate when a root
(``sqrt``, ``rsqrt``, ``pow(±0.5)``) of a reduction (``mean``, ``sum``) of
squares is taken in it, directly or through local variables, or when it calls
one of PyTorch's own norms. Bodies that differ only in the names of local
variables, arguments and attributes are one body.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from normalised_text import normalised

_WORTH_PARSING = re.compile(r"sqrt|pow|\bnorm\(|vector_norm|rms_norm|normalize\(|\*\*")


class Kind(StrEnum):
    """What the root is taken of."""

    RMS = "mean of squares"
    L2 = "sum of squares"
    CENTRED = "centred squares"
    CALL = "PyTorch's norm"


@dataclass(frozen=True)
class Site:
    """Where a body stands: a module, and a class or function (or method) of it."""

    module: str
    owner: str | None
    function: str

    @property
    def name(self) -> str:
        return f"{self.owner}.{self.function}" if self.owner else self.function


@dataclass
class Body:
    """One distinct body and all the places that have it.

    ``separable``: it can be run by itself: a class without submodules, or a
    function (or method) that needs no object.
    """

    text: str
    kind: Kind
    separable: bool
    sites: list[Site] = field(default_factory=list)

    @property
    def name(self) -> str:
        first = self.sites[0]
        return first.owner if first.owner and first.function == "forward" else first.name


def _called(node: ast.AST) -> str | None:
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else None


def _number(node: ast.expr) -> float | None:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError):
        return None
    return float(value) if isinstance(value, int | float) else None


def _has_exponent(node: ast.AST, exponents: tuple[float, ...]) -> bool:
    if _called(node) == "pow":
        assert isinstance(node, ast.Call)
        return any(_number(argument) in exponents for argument in node.args)
    return (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Pow)
        and _number(node.right) in exponents
    )


def _is_square(node: ast.AST) -> bool:
    if _called(node) == "square" or _has_exponent(node, (2.0,)):
        return True
    return (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Mult)
        and ast.dump(node.left) == ast.dump(node.right)
    )


def _is_root(node: ast.AST) -> bool:
    return _called(node) in ("sqrt", "rsqrt") or _has_exponent(node, (0.5, -0.5))


def _is_torch_norm(node: ast.AST) -> bool:
    """``F.rms_norm``, ``x.norm(p=2, dim=-1)``, ``F.normalize``; not a submodule of such a name."""
    name = _called(node)
    if name not in ("norm", "normalize", "vector_norm", "rms_norm"):
        return False
    assert isinstance(node, ast.Call)
    if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "self":
        return False
    if name == "norm":
        return any(keyword.arg in ("p", "dim") for keyword in node.keywords)
    return name != "normalize" or isinstance(node.func, ast.Attribute)


class _Flow:
    """What the values of one function are made of, statement by statement."""

    def __init__(self) -> None:
        self.variables: dict[str, frozenset[str]] = {}
        self.roots: list[frozenset[str]] = []

    def expression(self, node: ast.AST) -> frozenset[str]:
        tags = frozenset[str]().union(*map(self.expression, ast.iter_child_nodes(node)))
        if isinstance(node, ast.Name):
            tags |= self.variables.get(node.id, frozenset())
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and "average" in tags:
            tags |= {"centred"}
        if _is_square(node):
            tags |= {"square"}
        if _called(node) in ("mean", "sum"):
            tags |= {"average"}
            if "square" in tags:
                tags |= {str(_called(node)) + " of squares"}
        if _is_root(node):
            self.roots.append(tags)
        return tags

    def run(self, function: ast.FunctionDef) -> None:
        for statement in ast.walk(function):
            if isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign):
                if statement.value is None:
                    continue
                tags = self.expression(statement.value)
                if isinstance(statement, ast.Assign):
                    targets = statement.targets
                else:
                    targets = [statement.target]
                for target in targets:
                    for name in ast.walk(target):
                        if isinstance(name, ast.Name):
                            self.variables[name.id] = tags
            elif isinstance(statement, ast.Return | ast.Expr) and statement.value is not None:
                self.expression(statement.value)


def kind_of(function: ast.FunctionDef) -> Kind | None:
    """The kind of norm that a function computes, or None."""
    flow = _Flow()
    flow.run(function)
    reduced = [t for t in flow.roots if t & {"mean of squares", "sum of squares"}]
    if any("mean of squares" in t and "centred" not in t for t in reduced):
        return Kind.RMS
    if any("centred" in t for t in reduced):
        return Kind.CENTRED
    if reduced:
        return Kind.L2
    return Kind.CALL if any(map(_is_torch_norm, ast.walk(function))) else None


def _methods(owner: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    return {s.name: s for s in owner.body if isinstance(s, ast.FunctionDef)}


def _reachable(owner: ast.ClassDef) -> list[ast.FunctionDef]:
    """``forward`` and the methods that it calls, in the order of the calls."""
    methods = _methods(owner)
    found: dict[str, ast.FunctionDef] = {}
    waiting = ["forward"]
    while waiting:
        name = waiting.pop(0)
        if name in found or name not in methods:
            continue
        found[name] = methods[name]
        for node in ast.walk(methods[name]):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "self"
            ):
                waiting.append(node.attr)
    return list(found.values())


_NOT_MODULES = ("Parameter", "Buffer", "Tensor")


def _has_submodules(owner: ast.ClassDef) -> bool:
    constructor = _methods(owner).get("__init__")
    if constructor is None:
        return False
    called = {_called(node) or "" for node in ast.walk(constructor)}
    return any(
        name[:1].isupper() and name not in _NOT_MODULES and not name.endswith("Error")
        for name in called
    )


def _is_model(owner: ast.ClassDef) -> bool:
    return any(ast.unparse(base).endswith("PreTrainedModel") for base in owner.bases)


def _uses_self(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "self" for node in ast.walk(function))


def _candidates(
    module: str, tree: ast.Module, lines: list[str]
) -> Iterator[tuple[Site, str, Kind, bool]]:
    def kind(function: ast.FunctionDef) -> Kind | None:
        text = "\n".join(lines[function.lineno - 1 : function.end_lineno])
        return kind_of(function) if _WORTH_PARSING.search(text) else None

    owners = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    inside = {id(function) for owner in owners for function in owner.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and id(node) not in inside:
            found = kind(node)
            if found is not None:
                yield Site(module, None, node.name), normalised(node), found, node in tree.body
    for owner in owners:
        kinds = {
            name: found
            for name, method in _methods(owner).items()
            if (found := kind(method)) is not None
        }
        reachable = _reachable(owner) if kinds else []
        first = next((kinds[m.name] for m in reachable if m.name in kinds), None)
        if first is not None and not _has_submodules(owner) and not _is_model(owner):
            text = "\n".join(normalised(method) for method in reachable)
            yield Site(module, owner.name, "forward"), text, first, True
            continue
        for name, found in kinds.items():
            method = _methods(owner)[name]
            separable = not _uses_self(method) and name != "forward"
            yield Site(module, owner.name, name), normalised(method), found, separable


def scan(folder: Path, package: str) -> list[Body]:
    """All distinct bodies in the ``modeling_*.py`` files below a folder.

    Args:
        folder: where to look.
        package: the dotted name of that folder, for ``Site.module``.

    Returns:
        The bodies, those with most sites first.
    """
    bodies: dict[str, Body] = {}
    for path in sorted(folder.rglob("modeling_*.py")):
        relative = path.relative_to(folder).with_suffix("")
        module = ".".join((package, *relative.parts))
        source = path.read_text(encoding="utf-8")
        if not _WORTH_PARSING.search(source):
            continue
        tree = ast.parse(source)
        for site, text, kind, separable in _candidates(module, tree, source.splitlines()):
            body = bodies.setdefault(text, Body(text, kind, separable))
            body.separable = body.separable or separable
            body.sites.append(site)
    return sorted(bodies.values(), key=lambda body: (-len(body.sites), body.name))
