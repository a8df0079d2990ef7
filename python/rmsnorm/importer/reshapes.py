# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Views with several dynamic extents, as steps that join or split one dimension.

torch-mlir cannot see that a dynamic size of ``aten.view`` is not -1 and emits
code that decides it when the model runs, with shapes that nothing can be proved
about. The exported program knows the symbolic shapes on both sides, so the
view can be said in smaller steps: ``prims.collapse`` of the dimensions that are
joined, views that split one static dimension and take all others as they are
(``aten.sym_size`` of the value itself, which torch-mlir recognises), and
``aten.unflatten`` where a dynamic dimension is split.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch.fx import Graph, GraphModule, Node

aten = torch.ops.aten
_VIEWS = (aten.view.default, aten._unsafe_view.default, aten.reshape.default)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, int) and isinstance(right, int):
        return left == right
    difference = _expression(left) - _expression(right)
    return bool(difference == 0 or difference.expand() == 0)


def _expression(extent: Any) -> Any:
    import sympy

    return sympy.Integer(extent) if isinstance(extent, int) else extent.node.expr


def reassociation(
    source: Sequence[Any], target: Sequence[Any]
) -> list[tuple[list[int], list[int]]] | None:
    """Groups of dimensions with equal products, in order; None when there are none.

    Args:
        source: extents before, integers or symbolic ones.
        target: extents after.
    """
    groups: list[tuple[list[int], list[int]]] = []
    i, j = 0, 0
    while i < len(source) and j < len(target):
        left, right = [i], [j]
        i, j = i + 1, j + 1
        while not _same(_product(source, left), _product(target, right)):
            smaller = _certainly_less(_product(source, left), _product(target, right))
            if (
                smaller is None
                or (smaller and i == len(source))
                or (not smaller and j == len(target))
            ):
                return None
            if smaller:
                left.append(i)
                i += 1
            else:
                right.append(j)
                j += 1
        groups.append((left, right))
    # What is left over on either side can only be ones.
    if not groups or any(not _same(e, 1) for e in (*source[i:], *target[j:])):
        return None
    groups[-1][0].extend(range(i, len(source)))
    groups[-1][1].extend(range(j, len(target)))
    return groups


def _product(extents: Sequence[Any], which: list[int]) -> Any:
    result: Any = 1
    for index in which:
        result = result * extents[index]
    return result


def _certainly_less(left: Any, right: Any) -> bool | None:
    """Whether ``left`` is a proper divisor of ``right``; None when neither divides the other."""
    if isinstance(left, int) and isinstance(right, int):
        return left < right
    ratio = (_expression(right) / _expression(left)).cancel()
    numerator, denominator = ratio.as_numer_denom()
    if denominator == 1:
        return True
    return False if numerator == 1 else None


def _sizes(node: Node, dims: list[int]) -> list[Any]:
    """The view's own size arguments, static where the result's shape is."""
    shape, given = node.meta["val"].shape, list(node.args[1])  # type: ignore[arg-type]
    return [shape[d] if isinstance(shape[d], int) else given[d] for d in dims]


def _extent(graph: Graph, value: Node, dim: int) -> Any:
    """A static extent as a number, any other as that of the value itself."""
    extent = value.meta["val"].shape[dim]
    if isinstance(extent, int):
        return extent
    node = graph.call_function(aten.sym_size.int, (value, dim))
    node.meta["val"] = extent
    return node


def _rewrite(graph: Graph, node: Node) -> bool:
    source = node.args[0]
    assert isinstance(source, Node)
    before, after = source.meta["val"].shape, node.meta["val"].shape
    if all(isinstance(extent, int) for extent in (*before, *after)):
        return False
    groups = reassociation(before, after)
    if groups is None:
        return False
    sizes = [_sizes(node, target) for _, target in groups]
    value, fake = source, source.meta["val"]
    with graph.inserting_before(node):
        # From the last group on, so that the dimensions before keep their numbers.
        for (left, right), extents in reversed(list(zip(groups, sizes, strict=True))):
            first, shape = left[0], fake.shape
            if len(left) > 1:
                arguments: tuple[Any, ...] = (value, first, left[-1])
                value = graph.call_function(torch.ops.prims.collapse.default, arguments)
                joined = math.prod(shape[first : left[-1] + 1])
                fake = fake.new_empty([*shape[:first], joined, *shape[left[-1] + 1 :]])
                value.meta["val"], shape = fake, fake.shape
            if len(right) > 1:
                if isinstance(shape[first], int):
                    kept = [_extent(graph, value, d) for d in range(len(shape))]
                    wanted = [*kept[:first], *extents, *kept[first + 1 :]]
                    value = graph.call_function(aten.view.default, (value, wanted))
                else:
                    value = graph.call_function(aten.unflatten.int, (value, first, extents))
                split = [after[d] for d in right]
                fake = fake.new_empty([*shape[:first], *split, *shape[first + 1 :]])
                value.meta["val"] = fake
    for key in ("stack_trace", "nn_module_stack"):
        if key in node.meta and value is not source:
            value.meta[key] = node.meta[key]
    node.replace_all_uses_with(value)
    graph.erase_node(node)
    return True


def split_dynamic_views(module: GraphModule) -> int:
    """Rewrites the views of a graph in place; how many there were."""
    graph = module.graph
    changed = sum(
        _rewrite(graph, node)
        for node in list(graph.nodes)
        if node.op == "call_function" and node.target in _VIEWS
    )
    graph.eliminate_dead_code()
    module.recompile()
    return changed


def drop_metadata_assertions(module: GraphModule) -> None:
    """Removes ``aten._assert_tensor_metadata``, which the export has checked already."""
    for node in list(module.graph.nodes):
        if node.target is aten._assert_tensor_metadata.default:
            module.graph.erase_node(node)
    module.recompile()
