# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``rmsnorm.compile``: models to artifacts that run through the runtime."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from rmsnorm._native import Artifact, Context, Function
from rmsnorm.contexts import load
from rmsnorm.errors import CompileError
from rmsnorm.importer import import_torch
from rmsnorm.tools import find_tool


class CompiledModel:
    """A compiled model, called like the original.

    Attributes:
        artifact: the opened artifact.
        function: its entry function, called with a flat list of tensors.
    """

    def __init__(
        self,
        artifact: Artifact,
        entry: str,
        input_spec: Any = None,
        unflatten: Callable[[list[Any]], Any] | None = None,
    ) -> None:
        self.artifact = artifact
        self.function: Function = artifact[entry]
        self._input_spec = input_spec
        self._unflatten = unflatten

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs it.

        Raises:
            TypeError: the arguments are not structured like the example inputs.
            RMSNormError: a tensor does not fit the compiled function.
        """
        leaves: Sequence[Any] = args
        if self._input_spec is not None:
            leaves, spec = torch.utils._pytree.tree_flatten((args, kwargs))
            if spec != self._input_spec:
                raise TypeError(
                    f"arguments: given the structure {spec}, expected that of the "
                    f"example inputs, {self._input_spec}"
                )
        elif kwargs:
            raise TypeError(f"arguments: {sorted(kwargs)} given by name, expected positional ones")
        results = self.function(*(leaf for leaf in leaves if isinstance(leaf, torch.Tensor)))
        if self._unflatten is None:
            return results
        return self._unflatten([results] if isinstance(results, torch.Tensor) else list(results))


def compile_text(
    text: str | os.PathLike[str],
    output: str | os.PathLike[str],
    targets: Sequence[str],
    *options: str,
) -> str:
    """Runs ``rmsnorm-compile`` on a file of MLIR and writes an artifact.

    Args:
        text: path of the MLIR file.
        output: path of the artifact to write.
        targets: values for ``--target``.
        options: further options, as they are.

    Returns:
        What the compiler printed (remarks, timings).

    Raises:
        CompileError: the compiler failed; the message is what it printed.
    """
    command = [find_tool("rmsnorm-compile"), os.fspath(text), "-o", os.fspath(output)]
    command += [f"--target={target}" for target in targets]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CompileError(
            f"rmsnorm-compile failed with status {done.returncode}:\n{done.stderr.strip()}"
        )
    return done.stdout + done.stderr


def compile(
    model: "torch.nn.Module | str | os.PathLike[str]",
    example_inputs: tuple[Any, ...] | None = None,
    *,
    example_kwargs: dict[str, Any] | None = None,
    target: str | Sequence[str] = "cpu",
    dynamic_shapes: Any = None,
    context: Context | None = None,
) -> CompiledModel:
    """Compiles a model ahead of time.

    Args:
        model: a ``torch.nn.Module`` in evaluation mode, or the path of an MLIR
            file with a function ``main``.
        example_inputs: positional example arguments of a module; their shapes
            are fixed but for ``dynamic_shapes``.
        example_kwargs: example keyword arguments of a module.
        target: as for ``rmsnorm-compile --target``; several make one artifact.
        dynamic_shapes: as in ``torch.export.export``.
        context: where the compiled model runs.

    Returns:
        A callable with the model's own arguments and output structure.

    Raises:
        TypeError: ``model`` is neither of the two, or example inputs are missing.
        CompileError: the compiler refused the model.
        ToolNotFoundError: ``rmsnorm-compile`` is not to be found.
    """
    targets = (target,) if isinstance(target, str) else tuple(target)
    with tempfile.TemporaryDirectory(prefix="rmsnorm-") as folder:
        output = Path(folder) / "model.rmsn"
        if not isinstance(model, torch.nn.Module):
            if not isinstance(model, str | os.PathLike):
                raise TypeError(
                    f"model: given {type(model).__name__}, expected a torch.nn.Module or a path"
                )
            compile_text(model, output, targets)
            return CompiledModel(load(output, context), "main")
        if example_inputs is None and example_kwargs is None:
            raise TypeError("example_inputs: given None, expected a tuple of example arguments")
        args, kwargs = example_inputs or (), example_kwargs or {}
        imported = import_torch(model, args, kwargs, dynamic_shapes=dynamic_shapes)
        source = Path(folder) / "model.mlir"
        source.write_text(imported.text)
        compile_text(source, output, targets)
        spec = torch.utils._pytree.tree_flatten((args, kwargs))[1]
        return CompiledModel(load(output, context), imported.entry, spec, imported.unflatten)
