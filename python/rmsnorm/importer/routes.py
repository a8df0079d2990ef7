# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The one place that decides, by what is given, which importer brings a model in."""

import os
import sys
from pathlib import Path
from typing import Any

from rmsnorm.importer.imported import ImportedModule, Weights, check_weights
from rmsnorm.importer.mlir_file import BYTECODE, import_mlir


def _loaded_class(module: str, name: str) -> Any:
    """A class of an optional package; nothing is one of it while the package isn't loaded."""
    found = getattr(sys.modules.get(module), name, ())
    return found if isinstance(found, type) else ()


def _looks_like_mlir(text: str) -> bool:
    return "\n" in text or "func.func" in text or text.lstrip().startswith("module")


def _import_file(path: Path, entry: str | None, weights: Weights) -> ImportedModule:
    """A file by its name's ending, and where that says nothing by its first bytes.

    Raises:
        FileNotFoundError: there is no such file.
        TypeError: it is not a model's.
    """
    if path.is_dir():
        raise TypeError(f"model: given the folder {path}, expected a file of a model")
    if path.suffix == ".onnx":
        from rmsnorm.importer.onnx_importer import import_onnx

        return import_onnx(path, weights=weights)
    if path.suffix == ".rmsn":
        raise TypeError(f"model: {path} is an artifact already; rmsnorm.load opens it")
    return import_mlir(path, entry=entry)


def _import_source(model: str | bytes, entry: str | None, weights: Weights) -> ImportedModule:
    if isinstance(model, bytes):
        if not model.startswith(BYTECODE):
            raise TypeError(
                f"model: given bytes that start with {model[:8]!r}, expected MLIR bytecode or a "
                "StableHLO portable artifact"
            )
        return import_mlir(model, entry=entry)
    if _looks_like_mlir(model):
        return import_mlir(model, entry=entry)
    return _import_file(Path(model), entry, weights)


def _no_examples(example_inputs: Any, example_kwargs: Any, dynamic_shapes: Any) -> None:
    given = {
        "example_inputs": example_inputs,
        "example_kwargs": example_kwargs,
        "dynamic_shapes": dynamic_shapes,
    }
    for name, value in given.items():
        if value is not None:
            raise TypeError(
                f"{name}: given {type(value).__name__}, expected None: this model says itself "
                "what its arguments are"
            )


def import_model(
    model: Any,
    example_inputs: tuple[Any, ...] | None = None,
    example_kwargs: dict[str, Any] | None = None,
    *,
    dynamic_shapes: Any = None,
    entry: str | None = None,
    weights: Weights = "arguments",
) -> ImportedModule:
    """Imports any model that ``rmsnorm.compile`` takes; the arguments are described there.

    Raises:
        TypeError: ``model`` is of no known kind, an argument does not apply to it, or example
            inputs are missing.
        CompileError: it cannot be imported; the message names the operation.
        MissingPackageError: an optional package is not installed.
    """
    check_weights(weights)
    if isinstance(model, str | bytes | os.PathLike):
        _no_examples(example_inputs, example_kwargs, dynamic_shapes)
        if isinstance(model, os.PathLike):
            return _import_file(Path(os.fspath(model)), entry, weights)
        return _import_source(model, entry, weights)
    if entry is not None:
        raise TypeError(f"entry: given {entry!r}, expected None: this model has one function")
    if isinstance(model, _loaded_class("onnx", "ModelProto")):
        from rmsnorm.importer.onnx_importer import import_onnx

        _no_examples(example_inputs, example_kwargs, dynamic_shapes)
        return import_onnx(model, weights=weights)
    if isinstance(model, _loaded_class("torch.export", "ExportedProgram")):
        from rmsnorm.importer.torch_importer import import_program

        _no_examples(example_inputs, example_kwargs, dynamic_shapes)
        return import_program(model, weights=weights)
    if isinstance(model, _loaded_class("jax.export", "Exported")):
        from rmsnorm.importer.jax_importer import import_exported

        _no_examples(example_inputs, example_kwargs, dynamic_shapes)
        return import_exported(model)
    if isinstance(model, _loaded_class("jax.stages", "Lowered")):
        from rmsnorm.importer.jax_importer import import_lowered

        _no_examples(example_inputs, example_kwargs, dynamic_shapes)
        return import_lowered(model)
    is_module = isinstance(model, _loaded_class("torch.nn", "Module"))
    if not is_module and not callable(model):
        raise TypeError(
            f"model: given {type(model).__name__}, expected a torch module, a function over JAX "
            "arrays, an ONNX model, StableHLO, or the path of one of these"
        )
    if example_inputs is None and example_kwargs is None:
        raise TypeError("example_inputs: given None, expected a tuple of example arguments")
    if not isinstance(example_inputs, tuple | list | None):
        raise TypeError(
            f"example_inputs: given {type(example_inputs).__name__}, expected a tuple of example "
            "arguments"
        )
    if not isinstance(example_kwargs, dict | None):
        raise TypeError(
            f"example_kwargs: given {type(example_kwargs).__name__}, expected a dict of example "
            "arguments by name"
        )
    args, kwargs = tuple(example_inputs or ()), example_kwargs or {}
    if is_module:
        from rmsnorm.importer.torch_importer import import_torch

        return import_torch(model, args, kwargs, dynamic_shapes=dynamic_shapes, weights=weights)
    if any(isinstance(value, _loaded_class("torch", "Tensor")) for value in args):
        raise TypeError(
            f"model: given {type(model).__name__} with torch tensors, expected a torch.nn.Module"
        )
    from rmsnorm.importer.jax_importer import import_jax

    return import_jax(model, args, kwargs, dynamic_shapes=dynamic_shapes)
