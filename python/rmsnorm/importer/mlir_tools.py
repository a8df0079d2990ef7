# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""torch-mlir's copy of MLIR: a context with every dialect that models come in, and pass pipelines.

torch-mlir's wheel has, besides the torch dialect, the ONNX importer's and
StableHLO's dialects and passes; nothing here needs torch itself.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

from rmsnorm.errors import CompileError, MissingPackageError

# What the compiler reads (lib/Target); anything else left after an import is an error.
_COMPILER_DIALECTS = frozenset(
    [
        "affine",
        "arith",
        "bufferization",
        "builtin",
        "cf",
        "complex",
        "func",
        "linalg",
        "math",
        "ml_program",
        "rmsnorm",
        "scf",
        "shape",
        "tensor",
    ]
)

# "<place>: error: loc(...): message", as torch-mlir-opt prints locations without a file.
_ERROR = re.compile(r"^(?:<unknown>:0|[^\n]*?): error: (loc\(.*?\)): ([^\n]*)$", re.MULTILINE)


class CrashError(CompileError):
    """torch-mlir crashed on the program."""


def new_context() -> Any:
    """An MLIR context that knows the torch, StableHLO, CHLO and upstream dialects.

    Raises:
        MissingPackageError: torch-mlir is not installed.
    """
    try:
        from torch_mlir import ir
        from torch_mlir._mlir_libs import _stablehlo
        from torch_mlir.dialects import torch as torch_dialect
        from torch_mlir.passmanager import PassManager
    except ImportError as error:
        raise MissingPackageError("torch-mlir", "models", "importing this model", error) from error
    _stablehlo.register_stablehlo_passes()
    context = ir.Context()
    # Attributes of other dialects (shardings) are dropped, and other operations refused by name.
    context.allow_unregistered_dialects = True
    torch_dialect.register_dialect(context)
    _stablehlo.register_dialect(context)
    with context:
        # The binding cannot register CHLO, VHLO and TMTensor; passes that depend on them do.
        loader = PassManager.parse(
            "builtin.module(func.func(convert-torch-to-stablehlo,convert-torch-to-tmtensor),"
            "vhlo-legalize-to-stablehlo)"
        )
        loader.run(ir.Module.parse("module { func.func private @f() }").operation)
    return context


def run_pipeline(
    module: Any, pipeline: str, explain: Callable[[Any], str | None] | None = None
) -> None:
    """Runs passes on a module.

    Args:
        module: of a context of ``new_context``.
        pipeline: for one ``builtin.module``, without that name.
        explain: makes a message of an ``MLIRError`` in the terms of the model.

    Raises:
        CompileError: a pass failed.
    """
    from torch_mlir import ir
    from torch_mlir.passmanager import PassManager

    with module.context:
        passes = PassManager.parse(f"builtin.module({pipeline})")
        try:
            passes.run(module.operation)
        except ir.MLIRError as error:
            message = explain(error) if explain else None
            raise CompileError(message or diagnostics_text(error)) from error


def run_isolated(
    text: str, pipeline: str, explain: Callable[[list[tuple[str, str]]], str] | None = None
) -> str:
    """Runs passes of torch-mlir in a process of their own: some crash on programs they don't expect.

    Args:
        text: a module, with locations.
        pipeline: for one ``builtin.module``, without that name.
        explain: makes a message of (location, message) pairs in the terms of the model.

    Returns:
        The resulting module's text, with locations.

    Raises:
        CompileError: a pass failed.
        CrashError: a pass crashed.
    """
    from torch_mlir import _mlir_libs

    program = os.path.join(os.path.dirname(_mlir_libs.__file__), "torch-mlir-opt")
    command = [program, f"--pass-pipeline=builtin.module({pipeline})", "--mlir-print-debuginfo"]
    command += ["--mlir-print-op-on-diagnostic=false", "--mlir-disable-threading"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return done.stdout
    if done.returncode < 0:
        raise CrashError(f"torch-mlir ended with signal {-done.returncode}")
    errors = _ERROR.findall(done.stderr)
    if not errors:
        raise CompileError(f"torch-mlir failed: {done.stderr.strip()[:400]}")
    found = [(location_text(place), message[:400]) for place, message in errors]
    raise CompileError(explain(found) if explain else "\n".join(": ".join(one) for one in found))


def diagnostics_text(error: Any, limit: int = 400) -> str:
    """The errors of an ``MLIRError``, one a line, each with its location, without printed IR."""
    lines = []
    for diagnostic in error.error_diagnostics:
        text = diagnostic.message.strip()
        lines.append(f"{location_text(diagnostic.location)}: {text[:limit]}")
    return "\n".join(lines) or str(error)[:limit]


def location_text(location: Any) -> str:
    """A location as people write it: the text of ``loc(...)`` without that word."""
    text = str(location)
    return text[4:-1] if text.startswith("loc(") else text


def operations(operation: Any) -> Iterator[Any]:
    """Every operation nested in one, inner ones first (so the one just given may be erased)."""
    for region in operation.regions:
        for block in region.blocks:
            for nested in list(block.operations):
                yield from operations(nested.operation)
                yield nested.operation


def refuse_foreign_operations(module: Any, explain: Callable[[Any], str]) -> None:
    """Checks that only operations are left that the compiler reads.

    Args:
        module: an imported module.
        explain: says in the terms of the model what an operation is.

    Raises:
        CompileError: others are left; the message names each kind once.
    """
    found: dict[str, str] = {}
    for operation in operations(module.operation):
        if _is_foreign(operation) and not _is_foreign(operation.parent):
            found.setdefault(operation.name, explain(operation))
    if found:
        raise CompileError("no lowering to linalg for " + "; ".join(found.values()))


def _is_foreign(operation: Any) -> bool:
    return operation.name.partition(".")[0] not in _COMPILER_DIALECTS


def as_text(module: Any) -> str:
    """The module as text with its locations.

    Not bytecode: LLVM 22 does not read all attributes that torch-mlir's newer MLIR writes.
    """
    return str(module.operation.get_asm(enable_debug_info=True))
