# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Moves the views of grouped norms away from them, so that their neighbours are seen.

A norm in groups splits the last dimension in front of it and merges it again behind it.
Elementwise operations give the same elements before as after a view: ``(a * b).view(s)`` is
``a.view(s) * b.view(s)``. A dimension can be split in a view whatever its stride is.
"""

from typing import Any

import torch
from torch.fx import Graph, Node

from rmsnorm.backend.effects import Barriers
from rmsnorm.backend.neighbours import ELEMENTWISE, is_plain_norm, same_shape
from rmsnorm.backend.regions import example

_VIEWS = ("view", "reshape")
_MOST_STEPS = 16


def _splits(view: Node) -> tuple[int, int] | None:
    """The extents into which the last dimension is split, if that is what a view does."""
    if view.op != "call_method" or view.target not in _VIEWS:
        return None
    source, made = example(view.all_input_nodes[0]), example(view)
    if source is None or made is None or source.dim() == 0 or made.dim() != source.dim() + 1:
        return None
    last = (source.shape[-1], *made.shape[-2:])
    if not all(isinstance(extent, int) for extent in last) or last[0] != last[1] * last[2]:
        return None
    if not same_shape(source.shape[:-1], made.shape[:-2]):
        return None
    return int(made.shape[-2]), int(made.shape[-1])


def _merges(view: Node) -> tuple[int, int] | None:
    """The extents that become the last dimension, if that is what a view does."""
    if view.op != "call_method" or view.target not in _VIEWS:
        return None
    source, made = example(view.all_input_nodes[0]), example(view)
    if source is None or made is None or made.dim() == 0 or source.dim() != made.dim() + 1:
        return None
    last = (made.shape[-1], *source.shape[-2:])
    if not all(isinstance(extent, int) for extent in last) or last[0] != last[1] * last[2]:
        return None
    if not same_shape(made.shape[:-1], source.shape[:-2]):
        return None
    return int(source.shape[-2]), int(source.shape[-1])


def _split(graph: Graph, node: Node, groups: tuple[int, int]) -> Node:
    """The node with its last dimension split; ``graph`` has a place for new nodes."""
    value = example(node)
    assert value is not None
    made = graph.call_method("unflatten", (node, -1, groups))
    made.meta["example_value"] = torch.unflatten(value, -1, groups)
    return made


def _can_split(node: Node, operation: Node) -> bool:
    """Whether an operand of an operation goes along when the last dimension is split."""
    value, made = example(node), example(operation)
    return (
        value is not None
        and made is not None
        and value.dim() > 0
        and isinstance(value.shape[-1], int)
        and value.shape[-1] == made.shape[-1]
        and value.dim() <= made.dim()
    )


def _operation_on(graph: Graph, operation: Node, operands: dict[Node, Node]) -> Node:
    made = graph.node_copy(operation, lambda n: operands[n])
    made.meta = {k: v for k, v in operation.meta.items() if k not in ("example_value", "val")}
    target: Any = operation.target
    values = [example(n) if isinstance(n, Node) else n for n in made.args]
    options = {k: example(n) if isinstance(n, Node) else n for k, n in made.kwargs.items()}
    if made.op == "call_method":
        target = getattr(type(values[0]), operation.target)  # type: ignore[arg-type]
    made.meta["example_value"] = target(*values, **options)
    return made


def _is_simple(operation: Node) -> bool:
    """An elementwise operation whose operands are all direct arguments."""
    direct = {n for n in (*operation.args, *operation.kwargs.values()) if isinstance(n, Node)}
    return (
        operation.op in ("call_function", "call_method")
        and operation.target in ELEMENTWISE
        and not operation.kwargs.get("inplace")
        and direct == set(operation.all_input_nodes)
        and all(_can_split(operand, operation) for operand in direct)
    )


def _before(
    graph: Graph, view: Node, groups: tuple[int, int], barriers: Barriers, steps: int = 0
) -> None:
    """Moves a view that splits to the operands of what it views, as far as that goes."""
    operation = view.all_input_nodes[0]
    if steps > _MOST_STEPS or set(operation.users) != {view}:
        return
    if not _is_simple(operation) or barriers.between({operation, view}):
        return
    with graph.inserting_before(view):
        operands = {n: _split(graph, n, groups) for n in operation.all_input_nodes}
        made = _operation_on(graph, operation, operands)
    view.replace_all_uses_with(made)
    graph.erase_node(view)
    graph.erase_node(operation)
    for operand in operands.values():
        _before(graph, operand, groups, barriers, steps + 1)


def _behind(graph: Graph, view: Node, barriers: Barriers) -> None:
    """Moves a view that merges behind the operations on what it views."""
    for _ in range(_MOST_STEPS):
        groups = _merges(view)
        if groups is None or len(view.users) != 1:
            return
        (operation,) = view.users
        source = view.args[0]
        value, made = example(view), example(operation)
        if value is None or made is None or not same_shape(value.shape, made.shape):
            return
        if not _is_simple(operation) or barriers.between({view, operation}):
            return
        assert isinstance(source, Node)
        with graph.inserting_before(operation):
            operands = {
                n: source if n is view else _split(graph, n, groups)
                for n in operation.all_input_nodes
            }
            inner = _operation_on(graph, operation, operands)
            arguments = (inner, *view.args[1:])
            merged = graph.call_method(str(view.target), arguments, dict(view.kwargs))
        merged.meta.update(operation.meta)
        operation.replace_all_uses_with(merged)
        graph.erase_node(operation)
        graph.erase_node(view)
        view = merged


def move_views(graph: Graph) -> None:
    """Moves the views around every norm of a graph, a call of ``rms_norm``."""
    barriers = Barriers(graph)
    for norm in list(graph.nodes):
        if not is_plain_norm(norm):
            continue
        x = norm.args[0]
        groups = _splits(x) if isinstance(x, Node) else None
        if isinstance(x, Node) and groups is not None:
            _before(graph, x, groups, barriers)
        if len(norm.users) == 1:
            (user,) = norm.users
            _behind(graph, user, barriers)
