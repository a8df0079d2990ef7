# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""StableHLO operations that its own passes do not lower to linalg, in terms of upstream ones."""

from typing import Any

from rmsnorm.errors import CompileError
from rmsnorm.importer.mlir_tools import location_text, operations
from rmsnorm.importer.stablehlo_lookup import is_lookup, rewrite_lookup
from rmsnorm.importer.stablehlo_loops import rewrite_branches, rewrite_while
from rmsnorm.importer.stablehlo_reshape import rewrite_dynamic_reshape


def describe_operation(operation: Any) -> str:
    """An operation as error messages name it: what it calls, and where it comes from."""
    name = operation.name
    if name in ("stablehlo.custom_call", "stablehlo.composite"):
        target = "call_target_name" if name == "stablehlo.custom_call" else "name"
        name = f"{name} @{operation.attributes[target].value}"
    return f"{name} at {location_text(operation.location)}"


def _assertion(operation: Any) -> None:
    """A ``shape_assertion`` of ``jax.export`` becomes ``cf.assert``, a status when it fails."""
    from torch_mlir import ir
    from torch_mlir.dialects import cf, tensor

    message = (
        operation.attributes["error_message"].value
        if ("error_message" in operation.attributes)
        else "the shapes do not fit those that the function was exported for"
    )
    # The numbers that {0} and so on stand for are known only when it runs.
    sentence = message.split(" Using the following")[0]
    with ir.InsertionPoint(operation), operation.location:
        condition = tensor.extract(operation.operands[0], [])
        cf.AssertOp(condition, sentence)
    operation.erase()


def _dimension_size(operation: Any) -> None:
    """``get_dimension_size`` becomes ``tensor.dim``; StableHLO's passes leave it."""
    from torch_mlir import ir
    from torch_mlir.dialects import arith, tensor

    axis = operation.attributes["dimension"].value
    result = operation.results[0]
    element = ir.RankedTensorType(result.type).element_type
    with ir.InsertionPoint(operation), operation.location:
        index = arith.constant(ir.IndexType.get(), axis)
        extent = arith.index_cast(element, tensor.dim(operation.operands[0], index))
        result.replace_all_uses_with(tensor.from_elements(result.type, [extent]))
    operation.erase()


def _sharding(operation: Any) -> None:
    """Annotations for a partitioner are identities on one device."""
    operation.results[0].replace_all_uses_with(operation.operands[0])
    operation.erase()


def _optimization_barrier(operation: Any) -> None:
    """A barrier says when XLA may compute a value, not which: each result is its operand."""
    for result, operand in zip(operation.results, operation.operands, strict=True):
        result.replace_all_uses_with(operand)
    operation.erase()


def _empty_slice(operation: Any) -> None:
    """No elements are taken from the beginning: MLIR calls an offset at the end out of bounds."""
    from torch_mlir import ir

    shape = ir.RankedTensorType(operation.results[0].type).shape
    for name in ("start_indices", "limit_indices"):
        given = list(ir.DenseI64ArrayAttr(operation.attributes[name]))
        kept = [at if extent else 0 for at, extent in zip(given, shape, strict=True)]
        operation.attributes[name] = ir.DenseI64ArrayAttr.get(kept, operation.context)


_SHARDING = ("sdy.", "mhlo.sharding")
_CUSTOM_CALLS = {"shape_assertion": _assertion, "Sharding": _sharding}


def drop_shardings(module: Any) -> None:
    """Removes what says how a program is spread over devices: there is one."""
    from torch_mlir import ir

    for operation in operations(module.operation):
        if operation.name == "sdy.mesh":
            operation.erase()
            continue
        if operation.name == "sdy.sharding_constraint":
            _sharding(operation)
            continue
        attributes = operation.attributes
        for name in list(attributes):
            if name.startswith(_SHARDING):
                del attributes[name]
        for name in ("arg_attrs", "res_attrs"):
            if operation.name == "func.func" and name in attributes:
                kept = [
                    {item.name: item.attr for item in one if not item.name.startswith(_SHARDING)}
                    for one in attributes[name]
                ]
                with module.context:
                    attributes[name] = ir.ArrayAttr.get([ir.DictAttr.get(one) for one in kept])


def _dynamic_broadcast(operation: Any) -> None:
    """JAX expands extents of 1 only where they are static: the others are known not to expand."""
    from torch_mlir import ir

    operand = ir.RankedTensorType(operation.operands[0].type)
    dynamic = [axis for axis in range(operand.rank) if operand.is_dynamic_dim(axis)]
    if dynamic and "known_nonexpanding_dimensions" not in operation.attributes:
        known = ir.DenseI64ArrayAttr.get(dynamic, operation.context)
        operation.attributes["known_nonexpanding_dimensions"] = known


def _shape_vector(operation: Any) -> None:
    """A vector of extents, concatenated of single ones, becomes scalars that fold away."""
    from torch_mlir import ir
    from torch_mlir.dialects import arith, tensor

    with ir.InsertionPoint(operation), operation.location:
        zero = arith.constant(ir.IndexType.get(), 0)
        extents = [tensor.extract(part, [zero]) for part in operation.operands]
        result = operation.results[0]
        result.replace_all_uses_with(tensor.from_elements(result.type, extents))
    operation.erase()


def _concatenate(operation: Any) -> None:
    """``concatenate`` of floats becomes ``tensor.concat``, which later steps know.

    StableHLO's passes make it a loop with a branch for each element.
    """
    from torch_mlir import ir
    from torch_mlir.dialects import tensor

    result = operation.results[0]
    with ir.InsertionPoint(operation), operation.location:
        joined = tensor.ConcatOp(
            result.type, operation.attributes["dimension"].value, list(operation.operands)
        )
    result.replace_all_uses_with(joined.result)
    operation.erase()


def _is_float(operation: Any) -> bool:
    from torch_mlir import ir

    element = ir.RankedTensorType(operation.results[0].type).element_type
    return isinstance(element, (ir.F16Type, ir.BF16Type, ir.F32Type, ir.F64Type))


def _is_shape_vector(operation: Any) -> bool:
    from torch_mlir import ir

    types = [ir.RankedTensorType(part.type) for part in operation.operands]
    integers = all(isinstance(part.element_type, ir.IntegerType) for part in types)
    return integers and all(part.rank == 1 and part.shape == [1] for part in types)


def drop_extent_casts(module: Any) -> None:
    """An extent cast to i32 and back is that extent: StableHLO's are below 2^31."""
    from torch_mlir import ir

    for operation in operations(module.operation):
        if operation.name != "arith.index_cast" or not isinstance(
            operation.results[0].type, ir.IndexType
        ):
            continue
        inner = operation.operands[0].owner
        if not isinstance(inner, ir.Block) and inner.name == "arith.index_cast":
            operation.results[0].replace_all_uses_with(inner.operands[0])


def rewrite_leaves(module: Any) -> None:
    """What StableHLO's passes do not lower, and refusals of what nobody can."""
    from_jax = "jax.uses_shape_polymorphism" in module.operation.attributes
    for operation in operations(module.operation):
        if operation.name == "stablehlo.get_dimension_size":
            _dimension_size(operation)
        elif operation.name == "stablehlo.dynamic_broadcast_in_dim" and from_jax:
            _dynamic_broadcast(operation)
        elif operation.name == "stablehlo.gather" and is_lookup(operation):
            rewrite_lookup(operation)
        elif operation.name == "stablehlo.slice":
            _empty_slice(operation)
        elif operation.name == "stablehlo.while":
            rewrite_while(operation)
        elif operation.name in ("stablehlo.if", "stablehlo.case") and len(operation.regions) > 1:
            rewrite_branches(operation)
        elif operation.name == "stablehlo.optimization_barrier":
            _optimization_barrier(operation)
        elif operation.name == "stablehlo.dynamic_reshape":
            rewrite_dynamic_reshape(operation)
        elif operation.name == "stablehlo.concatenate" and _is_shape_vector(operation):
            _shape_vector(operation)
        elif operation.name == "stablehlo.concatenate" and _is_float(operation):
            _concatenate(operation)
        elif operation.name == "stablehlo.custom_call":
            target = operation.attributes["call_target_name"].value
            if target not in _CUSTOM_CALLS:
                raise CompileError(
                    f"{describe_operation(operation)}: a call of code outside of the program; "
                    f"expected one of {sorted(_CUSTOM_CALLS)}, or a composite"
                )
            _CUSTOM_CALLS[target](operation)
