# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``rmsnorm.compile``: models to artifacts that run through the runtime."""

import os
import shutil
import subprocess
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rmsnorm._native import Context
from rmsnorm.compiled_model import CompiledModel
from rmsnorm.contexts import load
from rmsnorm.errors import CompileError
from rmsnorm.importer.imported import Weights
from rmsnorm.importer.routes import import_model
from rmsnorm.progress import Progress
from rmsnorm.tools import find_tool

__all__ = ["CompiledModel", "compile", "compile_text"]


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


def _targets(given: str | Sequence[str]) -> tuple[str, ...]:
    targets = (given,) if isinstance(given, str) else given
    if not isinstance(targets, Sequence) or not all(isinstance(name, str) for name in targets):
        raise TypeError(f"target: given {given!r}, expected a string or several of them")
    if not targets or any("\0" in name for name in targets):
        raise ValueError(f"target: given {given!r}, expected at least one, as 'cpu'")
    return tuple(targets)


def compile(
    model: Any,
    example_inputs: tuple[Any, ...] | None = None,
    *,
    example_kwargs: dict[str, Any] | None = None,
    target: str | Sequence[str] = "cpu",
    dynamic_shapes: Any = None,
    weights: Weights = "arguments",
    entry: str | None = None,
    report: str | os.PathLike[str] | None = None,
    context: Context | None = None,
    verbose: bool | None = None,
) -> CompiledModel:
    """Compiles a model ahead of time.

    Args:
        model: one of

            - a ``torch.nn.Module`` in evaluation mode, or a ``torch.export.ExportedProgram``;
            - a function over JAX arrays, plain or from ``jax.jit``, what its ``lower`` gives, a
              ``jax.export.Exported``, a Flax (nnx) module, a Keras model on JAX;
            - ONNX: the path of a ``.onnx`` file, or an ``onnx.ModelProto``;
            - StableHLO: text, or the bytes of a portable artifact;
            - the path of a file of MLIR, text or bytecode: linalg, StableHLO or torch dialect.
        example_inputs: positional example arguments of a module or function;
            their shapes are fixed but for ``dynamic_shapes``.
        example_kwargs: example keyword arguments of a module or function.
        target: as for ``rmsnorm-compile --target``; several make one artifact.
        dynamic_shapes: for torch as in ``torch.export.export``, axes may be negative; for JAX one entry per
            positional argument, each ``None``, a specification for
            ``jax.export.symbolic_args_specs`` (``"b, _"``), or ``{axis: name}``.
        weights: of torch and ONNX models: ``"arguments"`` leaves them where they are, and
            the compiled model reads them there at each call (also what an optimiser writes
            there); ``"constants"`` copies them into the artifact, which then needs nothing else.
            What a JAX function closes over is always constant.
        entry: for files and text with several public functions, the one to call
            (all are compiled; see ``CompiledModel.artifact``).
        report: where to write a page of HTML that shows what became of each norm.
        context: where the compiled model runs.
        verbose: whether to print to standard error what is going on: each step and its
            seconds, or never. ``None``: a counter of seconds if that is a terminal.

    Returns:
        A callable with the model's own arguments and output structure. That of
        an ONNX model takes its inputs by position or by name.

    Raises:
        TypeError: ``model`` is none of these, example inputs are missing, or an argument is of
            another type.
        ValueError: an argument has no meaning.
        CompileError: the model cannot be imported (the message names the
            operation), or the compiler refused it.
        MissingPackageError: an optional package is not installed.
        ToolNotFoundError: ``rmsnorm-compile`` is not to be found.
    """
    targets = _targets(target)
    if not isinstance(context, Context | None):
        raise TypeError(f"context: given {type(context).__name__}, expected a Context or None")
    progress = Progress(verbose)
    with progress.step("importing the model"):
        imported = import_model(
            model,
            example_inputs,
            example_kwargs,
            dynamic_shapes=dynamic_shapes,
            entry=entry,
            weights=weights,
        )
    folder = Path(tempfile.mkdtemp(prefix="rmsnorm-"))
    try:
        source, output = imported.path, folder / "model.rmsn"
        if source is None:
            source = folder / "model.mlir"
            source.write_bytes(imported.bytecode or imported.text.encode())
        options = [] if report is None else [f"--report={os.fspath(report)}"]
        with progress.step(f"compiling for {', '.join(targets)}"):
            compile_text(source, output, targets, *options)
        # The text of a large model is not needed any more.
        (folder / "model.mlir").unlink(missing_ok=True)
        compiled = CompiledModel(load(output, context), imported, output)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    weakref.finalize(compiled, shutil.rmtree, folder, ignore_errors=True)
    return compiled
