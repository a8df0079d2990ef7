# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""JAX functions (and Flax, Keras, Haiku models on JAX) through StableHLO.

``jax.export`` gives a portable artifact, StableHLO that other versions read.
Arrays go in and come out by DLPack, without copies.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rmsnorm.errors import CompileError, MissingPackageError
from rmsnorm.importer.imported import ImportedModule
from rmsnorm.importer.stablehlo_importer import UnreadableArtifactError, import_stablehlo


def _jax() -> Any:
    try:
        import jax
        import jax.export
    except ImportError as error:
        raise MissingPackageError("jax", "jax", "importing a JAX function", error) from error
    return jax


def _specification(value: Any, rank: int) -> str | None:
    """A specification of ``jax.export.symbolic_args_specs`` from ``{axis: name}``."""
    if not isinstance(value, Mapping):
        return None if value is None else str(value)
    axes: dict[int, str] = {}
    for axis, name in value.items():
        if not isinstance(axis, int) or not -rank <= axis < rank:
            raise ValueError(f"dynamic_shapes: given axis {axis!r}, expected one of {rank} axes")
        axes[axis % rank] = str(name)
    return ", ".join(axes.get(axis, "_") for axis in range(rank))


def _is_specification(value: Any) -> bool:
    """A leaf of ``dynamic_shapes``: None, text, or numbers of axes to names."""
    if isinstance(value, Mapping):
        return bool(value) and all(isinstance(axis, int) for axis in value)
    return value is None or isinstance(value, str)


def _argument_specs(
    jax: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], dynamic_shapes: Any
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Example arguments with symbolic extents where ``dynamic_shapes`` names some."""
    if dynamic_shapes is None:
        return args, dict(kwargs)
    if isinstance(dynamic_shapes, list):
        dynamic_shapes = tuple(dynamic_shapes)
    if not isinstance(dynamic_shapes, tuple) or len(dynamic_shapes) != len(args):
        raise ValueError(
            f"dynamic_shapes: given {dynamic_shapes!r}, expected a tuple with one entry for each "
            f"of the {len(args)} positional arguments"
        )

    def spread(value: Any, part: Any) -> Any:
        return jax.tree.map(lambda leaf: _specification(value, jax.numpy.ndim(leaf)) or "...", part)

    shapes = jax.tree.map(spread, dynamic_shapes, args, is_leaf=_is_specification)
    # jax.tree.map drops None as a leaf unless told: spread made every leaf a string.
    specs = jax.export.symbolic_args_specs(args, shapes)
    return tuple(specs), dict(kwargs)


def _plain_function(model: Callable[..., Any]) -> Callable[..., Any]:
    """The function to trace: JAX hashes what it jits, which modules and models do not like."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return model(*args, **kwargs)

    call.__name__ = getattr(model, "__name__", type(model).__name__)
    return call


def _check_backend(model: Any) -> None:
    """A Keras model must be one on JAX."""
    if not any(cls.__module__.partition(".")[0] == "keras" for cls in type(model).__mro__):
        return
    import keras

    if keras.backend.backend() != "jax":
        raise TypeError(
            f"model: a Keras model on the backend {keras.backend.backend()!r}, expected 'jax': set "
            "KERAS_BACKEND=jax before keras is imported"
        )


def import_jax(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any] | None = None,
    *,
    dynamic_shapes: Any = None,
) -> ImportedModule:
    """Imports a function over JAX arrays.

    Args:
        function: plain, or from ``jax.jit``; arrays that it closes over become constants.
        args: example arguments: any pytrees of arrays, or of ``jax.ShapeDtypeStruct``.
        kwargs: example keyword arguments.
        dynamic_shapes: one entry per positional argument: None, ``"b, _"``, ``{0: "b"}``, or
            a pytree of these.

    Returns:
        Linalg, called with the function's own arguments; results are JAX arrays.

    Raises:
        CompileError: it cannot be traced or exported, or an operation has no lowering.
        MissingPackageError: jax or torch-mlir is not installed.
        ValueError: ``dynamic_shapes`` does not fit the arguments.
    """
    jax = _jax()
    _check_backend(function)
    jitted = function if hasattr(function, "lower") else jax.jit(_plain_function(function))
    specs, named = _argument_specs(jax, args, kwargs or {}, dynamic_shapes)
    try:
        exported = jax.export.export(jitted, platforms=["cpu"])(*specs, **named)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise CompileError(f"jax.export refused the function: {error}") from error
    return import_exported(exported)


def import_exported(exported: Any) -> ImportedModule:
    """Imports a ``jax.export.Exported``; raises as ``import_jax`` does."""
    jax = _jax()
    if "cpu" not in exported.platforms:
        raise CompileError(
            f"exported for {', '.join(exported.platforms)}, expected platforms=['cpu']"
        )
    try:
        imported = import_stablehlo(exported.mlir_module_serialized, entry="main")
    except UnreadableArtifactError:
        # It calls something without a portable form; the text says what.
        imported = import_stablehlo(exported.mlir_module(), entry="main")
    return _with_trees(
        jax,
        imported,
        exported.in_tree,
        exported.out_tree,
        exported.in_avals,
        exported.module_kept_var_idx,
    )


def import_lowered(lowered: Any) -> ImportedModule:
    """Imports what ``jax.jit(f).lower(...)`` gives; raises as ``import_jax`` does."""
    jax = _jax()
    # Text: CHLO operations, which jax.export expands, have no portable form.
    imported = import_stablehlo(lowered.as_text(debug_info=True), entry="main")
    avals = jax.tree.leaves(lowered.args_info)
    kept = lowered._lowering.compile_args.get("kept_var_idx", range(len(avals)))
    return _with_trees(jax, imported, lowered.in_tree, lowered.out_tree, avals, sorted(kept))


def _with_trees(
    jax: Any,
    imported: ImportedModule,
    in_tree: Any,
    out_tree: Any,
    avals: Sequence[Any],
    kept: Sequence[int],
) -> ImportedModule:
    """Adds the function's own arguments and results to an import.

    Args:
        kept: which of the flat arguments the program still has; unused ones are dropped.
    """
    for aval in avals:
        if jax.dtypes.issubdtype(aval.dtype, jax.dtypes.extended):
            raise CompileError(f"an argument of type {aval.dtype}: expected an array of numbers")

    def flatten(args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
        leaves, tree = jax.tree.flatten((tuple(args), dict(kwargs)))
        if tree != in_tree:
            raise TypeError(
                f"arguments: given the structure {tree}, expected that of the example "
                f"inputs, {in_tree}"
            )
        return [_as_array(jax, leaves[position], avals[position].dtype) for position in kept]

    def unflatten(results: list[Any]) -> Any:
        return jax.tree.unflatten(out_tree, [_as_array(jax, result, None) for result in results])

    return replace(imported, flatten=flatten, unflatten=unflatten)


def _as_array(jax: Any, value: Any, dtype: Any) -> Any:
    """A JAX array; numbers take the dtype of the example, anything with DLPack its memory."""
    if isinstance(value, jax.Array):
        return value
    if hasattr(value, "__dlpack__") and not hasattr(value, "__array_interface__"):
        return jax.dlpack.from_dlpack(value)
    return jax.numpy.asarray(value, dtype=dtype if jax.numpy.ndim(value) == 0 else None)
