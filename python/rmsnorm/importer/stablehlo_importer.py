# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""StableHLO (text, bytecode or portable artifact) to linalg.

The passes are StableHLO's own, from torch-mlir's wheel. Composites
(``odml.rms_norm``, what ``jax.lax.composite`` makes) are replaced by their
decompositions, which define what they mean; calls are inlined.
"""

from typing import Any

from rmsnorm.errors import CompileError
from rmsnorm.importer.imported import ImportedModule
from rmsnorm.importer.mlir_file import choose_entry, parse_module
from rmsnorm.importer.mlir_tools import (
    as_text,
    location_text,
    new_context,
    operations,
    refuse_foreign_operations,
    run_pipeline,
)

# Producer string at the start of a portable artifact: VHLO, readable across versions.
PORTABLE_ARTIFACT = b"ML\xefR\x0dStableHLO_v"

# Calls of composites are outlined functions until `inline` has run.
_PREPARE = (
    "func.func(stablehlo-legalize-composite-to-call),inline,symbol-dce,"
    "func.func(stablehlo-legalize-deprecated-ops{fail-on-unused=false},"
    "chlo-legalize-to-stablehlo,shape-legalize-to-stablehlo),"
    "stablehlo-convert-to-signless"
)
_TO_LINALG = "canonicalize,stablehlo-legalize-to-linalg,canonicalize,cse"


def _describe(operation: Any) -> str:
    name = operation.name
    if name in ("stablehlo.custom_call", "stablehlo.composite"):
        target = "call_target_name" if name == "stablehlo.custom_call" else "name"
        name = f"{name} @{operation.attributes[target].value}"
    return f"{name} at {location_text(operation.location)}"


def _assertion(operation: Any) -> None:
    """A ``shape_assertion`` of ``jax.export`` becomes ``cf.assert``, a status when it fails."""
    from torch_mlir import ir
    from torch_mlir.dialects import cf, tensor

    message = operation.attributes["error_message"].value if (
        "error_message" in operation.attributes
    ) else "the shapes do not fit those that the function was exported for"
    # The numbers that {0} and so on stand for are known only when it runs.
    sentence = message.split(" Using the following")[0]
    with ir.InsertionPoint(operation), operation.location:
        condition = tensor.extract(operation.operands[0], [])
        cf.assert_(condition, sentence)
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


_CUSTOM_CALLS = {"shape_assertion": _assertion, "Sharding": _sharding}


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


def _is_shape_vector(operation: Any) -> bool:
    from torch_mlir import ir

    types = [ir.RankedTensorType(part.type) for part in operation.operands]
    integers = all(isinstance(part.element_type, ir.IntegerType) for part in types)
    return integers and all(part.rank == 1 and part.shape == [1] for part in types)


def _drop_extent_casts(module: Any) -> None:
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


def _rewrite_leaves(module: Any) -> None:
    """What StableHLO's passes do not lower, and refusals of what nobody can."""
    from_jax = "jax.uses_shape_polymorphism" in module.operation.attributes
    for operation in operations(module.operation):
        if operation.name == "stablehlo.get_dimension_size":
            _dimension_size(operation)
        elif operation.name == "stablehlo.dynamic_broadcast_in_dim" and from_jax:
            _dynamic_broadcast(operation)
        elif operation.name == "stablehlo.concatenate" and _is_shape_vector(operation):
            _shape_vector(operation)
        elif operation.name == "stablehlo.custom_call":
            target = operation.attributes["call_target_name"].value
            if target not in _CUSTOM_CALLS:
                raise CompileError(
                    f"{_describe(operation)}: a call of code outside of the program; "
                    f"expected one of {sorted(_CUSTOM_CALLS)}, or a composite"
                )
            _CUSTOM_CALLS[target](operation)


def lower_stablehlo(module: Any) -> None:
    """StableHLO to linalg in place; the public functions stay.

    Args:
        module: a parsed module in a context of ``new_context``.

    Raises:
        CompileError: an operation has no lowering; the message names it.
    """
    with module.context:
        run_pipeline(module, _PREPARE)
        _rewrite_leaves(module)
        run_pipeline(module, _TO_LINALG)
        _drop_extent_casts(module)
        run_pipeline(module, "canonicalize,cse")
    refuse_foreign_operations(module, _describe)


def import_stablehlo(source: str | bytes, *, entry: str | None = None) -> ImportedModule:
    """Imports a StableHLO program.

    Args:
        source: text, MLIR bytecode, or a portable artifact.
        entry: the public function to call; by default the only one, or ``main``.

    Returns:
        Linalg, called with the function's arguments in order.

    Raises:
        CompileError: it does not parse, an operation has no lowering, or
            there is no such entry.
        MissingPackageError: torch-mlir is not installed.
    """
    context = new_context()
    if isinstance(source, bytes) and source.startswith(PORTABLE_ARTIFACT):
        module = _deserialize(context, source)
    else:
        module = parse_module(context, source)
    name = choose_entry(module, entry)
    lower_stablehlo(module)
    return ImportedModule(text=as_text(module), entry=name)


def _deserialize(context: Any, artifact: bytes) -> Any:
    from torch_mlir._mlir_libs import _stablehlo

    try:
        return _stablehlo.deserialize_portable_artifact(context, artifact)
    except (ValueError, RuntimeError) as error:
        version = artifact[len(PORTABLE_ARTIFACT) :].partition(b"\0")[0].decode(errors="replace")
        raise CompileError(
            f"StableHLO portable artifact of version {version}: cannot be read by StableHLO "
            f"{_stablehlo.get_current_version()} of the installed torch-mlir: {error}"
        ) from error
