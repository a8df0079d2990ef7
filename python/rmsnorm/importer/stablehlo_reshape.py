# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``stablehlo.dynamic_reshape`` as collapsing and expanding of dimensions."""

from collections.abc import Sequence
from typing import Any

DYNAMIC = -1
Group = tuple[list[int], list[int]]


def match_dimensions(source: Sequence[int], result: Sequence[int]) -> list[Group]:
    """Which dimensions of the source become which of the result.

    Equal ones are paired from both ends; what is left in the middle is one group. Dynamic
    ones count as equal (which is checked at run time) where both sides have as many.

    Args:
        source: extents, ``DYNAMIC`` where unknown.
        result: the same of the result.

    Returns:
        Pairs of adjacent dimensions of the source and of the result, in order.
    """
    as_many = source.count(DYNAMIC) == result.count(DYNAMIC)

    def same(ours: int, theirs: int) -> bool:
        return ours == theirs and (as_many or ours != DYNAMIC)

    left = 0
    while left < min(len(source), len(result)) and same(source[left], result[left]):
        left += 1
    right = 0
    while right < min(len(source), len(result)) - left and same(
        source[len(source) - 1 - right], result[len(result) - 1 - right]
    ):
        right += 1
    middle = (
        list(range(left, len(source) - right)),
        list(range(left, len(result) - right)),
    )
    before: list[Group] = [([axis], [axis]) for axis in range(left)]
    after: list[Group] = [
        ([len(source) - right + axis], [len(result) - right + axis]) for axis in range(right)
    ]
    if middle[0] and middle[1]:
        return [*before, middle, *after]
    # Extents of 1 on one side only: they join a neighbour.
    if before:
        before[-1] = (before[-1][0] + middle[0], before[-1][1] + middle[1])
    elif after:
        after[0] = (middle[0] + after[0][0], middle[1] + after[0][1])
    return before + after


def rewrite_dynamic_reshape(operation: Any) -> None:
    """Replaces one; leaves it where a scalar is involved (the importer then names it)."""
    from torch_mlir import ir
    from torch_mlir.dialects import arith, cf, tensor

    value, shape = operation.operands
    source = ir.RankedTensorType(value.type)
    result = ir.RankedTensorType(operation.results[0].type)
    if not source.rank or not result.rank:
        return
    extents = _extents(source)
    groups = match_dimensions(extents, _extents(result))
    index = ir.IndexType.get(operation.context)
    with ir.InsertionPoint(operation), operation.location:

        def constant(number: int) -> Any:
            return arith.constant(index, number)

        def asked(axis: int) -> Any:
            return arith.index_cast(index, tensor.extract(shape, [constant(axis)]))

        sizes = {axis: asked(axis) for axis in range(result.rank) if result.is_dynamic_dim(axis)}
        for sources, results in groups:
            if len(sources) == len(results) == 1 and extents[sources[0]] == DYNAMIC:
                # The source's own extent is easier to see through.
                given = tensor.dim(value, constant(sources[0]))
                equal = arith.cmpi(arith.CmpIPredicate.eq, given, sizes[results[0]])
                cf.AssertOp(equal, "reshape: an extent that is kept differs")
                sizes[results[0]] = given
        collapsed = _collapse(value, source, [sources for sources, _ in groups])
        expanded = _expand(collapsed, result, [results for _, results in groups], sizes)
    operation.results[0].replace_all_uses_with(expanded)
    operation.erase()


def _extents(shaped: Any) -> list[int]:
    return [
        DYNAMIC if shaped.is_dynamic_dim(axis) else shaped.get_dim_size(axis)
        for axis in range(shaped.rank)
    ]


def _collapse(value: Any, shaped: Any, groups: list[list[int]]) -> Any:
    from torch_mlir import ir
    from torch_mlir.dialects import tensor

    if all(len(group) == 1 for group in groups):
        return value
    extents = _extents(shaped)
    products = [_product([extents[axis] for axis in group]) for group in groups]
    return tensor.collapse_shape(_tensor_type(ir, products, shaped), value, groups)


def _expand(value: Any, shaped: Any, groups: list[list[int]], sizes: dict[int, Any]) -> Any:
    from torch_mlir import ir
    from torch_mlir.dialects import tensor

    extents = _extents(shaped)
    products = [_product([extents[axis] for axis in group]) for group in groups]
    collapsed = _tensor_type(ir, products, shaped)
    if value.type != collapsed:
        value = tensor.cast(collapsed, value)
    if all(len(group) == 1 for group in groups):
        return value
    dynamic = [sizes[axis] for axis in range(shaped.rank) if axis in sizes]
    static = [
        ir.ShapedType.get_dynamic_size() if extent == DYNAMIC else extent for extent in extents
    ]
    return tensor.expand_shape(shaped, value, groups, dynamic, static)


def _product(extents: list[int]) -> int:
    product = 1
    for extent in extents:
        if extent == DYNAMIC:
            return DYNAMIC
        product *= extent
    return product


def _tensor_type(ir: Any, extents: list[int], like: Any) -> Any:
    dynamic = ir.ShapedType.get_dynamic_size()
    shape = [dynamic if extent == DYNAMIC else extent for extent in extents]
    return ir.RankedTensorType.get(shape, like.element_type)
