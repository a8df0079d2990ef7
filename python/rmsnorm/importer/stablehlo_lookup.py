# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Rows looked up by an index each (embeddings) in a form that fuses with what reads the rows."""

from typing import Any


def is_lookup(operation: Any) -> bool:
    """Whether a ``stablehlo.gather`` takes whole rows of floats along axis 0, by one index each."""
    from torch_mlir import ir
    from torch_mlir._mlir_libs import _stablehlo

    source, indices = (ir.RankedTensorType(value.type) for value in operation.operands)
    numbers = _stablehlo.GatherDimensionNumbers(operation.attributes["dimension_numbers"])
    sizes = list(ir.DenseI64ArrayAttr(operation.attributes["slice_sizes"]))
    batch = indices.rank - 1
    return (
        isinstance(source.element_type, (ir.F16Type, ir.BF16Type, ir.F32Type, ir.F64Type))
        and source.has_static_shape
        and source.rank > 1
        and 0 < source.shape[0] <= 2 ** (indices.element_type.width - 1)
        and not numbers.operand_batching_dims
        and list(numbers.collapsed_slice_dims) == [0]
        and list(numbers.start_index_map) == [0]
        and batch > 0
        and numbers.index_vector_dim == batch
        and indices.shape[batch] == 1
        and list(numbers.offset_dims) == list(range(batch, batch + source.rank - 1))
        and sizes == [1, *source.shape[1:]]
    )


def rewrite_lookup(operation: Any) -> None:
    """Becomes ``tensor.gather``; StableHLO defines indices outside as those of the nearest row.

    StableHLO's passes make it an element-wise operation that clamps the index of every element.
    """
    from torch_mlir import ir
    from torch_mlir.dialects import tensor

    source, indices = operation.operands
    index, result = ir.RankedTensorType(indices.type), operation.results[0]
    with ir.InsertionPoint(operation), operation.location:
        scalar = ir.RankedTensorType.get([], index.element_type)

        def constant(number: int) -> Any:
            attribute = ir.IntegerAttr.get(index.element_type, number)
            value = ir.DenseElementsAttr.get_splat(scalar, attribute)
            return ir.Operation.create(
                "stablehlo.constant", results=[scalar], attributes={"value": value}
            ).result

        bounds = constant(0), constant(ir.RankedTensorType(source.type).shape[0] - 1)
        clamped = ir.Operation.create(
            "stablehlo.clamp", results=[index], operands=[bounds[0], indices, bounds[1]]
        ).result
        rows = tensor.GatherOp(result.type, source, clamped, [0])
    result.replace_all_uses_with(rows.result)
    operation.erase()
