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
    new_context,
    refuse_foreign_operations,
    run_pipeline,
)
from rmsnorm.importer.stablehlo_rewrites import (
    describe_operation,
    drop_extent_casts,
    drop_shardings,
    rewrite_leaves,
)

# Producer string at the start of a portable artifact: VHLO, readable across versions.
PORTABLE_ARTIFACT = b"ML\xefR\x0dStableHLO_v"


class UnreadableArtifactError(CompileError):
    """A portable artifact that StableHLO of the installed torch-mlir cannot read."""


# Calls of composites are outlined functions until `inline` has run.
_PREPARE = (
    "func.func(stablehlo-legalize-composite-to-call),inline,symbol-dce,"
    "func.func(stablehlo-legalize-deprecated-ops{fail-on-unused=false},"
    "chlo-legalize-to-stablehlo,shape-legalize-to-stablehlo),"
    "stablehlo-convert-to-signless"
)
_TO_LINALG = "canonicalize,stablehlo-legalize-to-linalg,canonicalize,cse"


def lower_stablehlo(module: Any) -> None:
    """StableHLO to linalg in place; the public functions stay.

    Args:
        module: a parsed module in a context of ``new_context``.

    Raises:
        CompileError: an operation has no lowering; the message names it.
    """
    with module.context:
        drop_shardings(module)
        run_pipeline(module, _PREPARE)
        rewrite_leaves(module)
        run_pipeline(module, _TO_LINALG)
        drop_extent_casts(module)
        run_pipeline(module, "canonicalize,cse")
    refuse_foreign_operations(module, describe_operation)


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
        raise UnreadableArtifactError(
            f"StableHLO portable artifact of version {version}: cannot be read by StableHLO "
            f"{_stablehlo.get_current_version()} of the installed torch-mlir: {error}"
        ) from error
