# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""MLIR in a file or a string: what dialects it is in, and which function is the entry."""

import re
from typing import Any, Literal

from rmsnorm.errors import CompileError
from rmsnorm.importer.imported import ImportedModule
from rmsnorm.importer.mlir_tools import (
    as_text,
    diagnostics_text,
    location_text,
    new_context,
    operations,
    refuse_foreign_operations,
    run_isolated,
)

BYTECODE = b"ML\xefR"

Form = Literal["compiler", "stablehlo", "torch"]
_FORMS: dict[str, Form] = {
    "stablehlo": "stablehlo",
    "chlo": "stablehlo",
    "vhlo": "stablehlo",
    "mhlo": "stablehlo",
    "torch": "torch",
    "torch_c": "torch",
}
# An operation's or a type's dialect; strings and comments do not count.
_DIALECTS = re.compile(r"(?<![\w.@\"])!?(" + "|".join(_FORMS) + r")\.\w")
_NOISE = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*')

_TORCH_TO_LINALG = (
    "torchdynamo-export-to-torch-backend-pipeline,"
    "torch-backend-to-linalg-on-tensors-backend-pipeline"
)
ONNX_TO_LINALG = (
    "torch-onnx-to-torch-backend-pipeline,torch-backend-to-linalg-on-tensors-backend-pipeline"
)


def detect_form(source: str | bytes) -> Form:
    """Which importer a module needs: ``compiler`` is MLIR that ``rmsnorm-compile`` reads itself."""
    if isinstance(source, bytes):
        if source.startswith(BYTECODE):
            # Names of dialects stand in the string section, each ended by a zero.
            for dialect, form in _FORMS.items():
                if b"\0" + dialect.encode() + b"\0" in source:
                    return form
            return "stablehlo" if source[5:15] == b"StableHLO_" else "compiler"
        source = source.decode(errors="replace")
    quoted = re.search(r'"(' + "|".join(_FORMS) + r')\.\w+"\s*\(', source)
    found = _DIALECTS.search(_NOISE.sub("", source)) or quoted
    return _FORMS[found.group(1)] if found else "compiler"


def parse_module(context: Any, source: str | bytes) -> Any:
    """Parses text or bytecode.

    Raises:
        CompileError: it is not a module; the message is the parser's, with line and column.
    """
    from torch_mlir import ir

    with context:
        try:
            return ir.Module.parse(source)
        except ir.MLIRError as error:
            raise CompileError(f"not an MLIR module: {diagnostics_text(error)}") from error


def public_functions(module: Any) -> list[str]:
    """Names of the functions with a body that are not private, in order."""
    names = []
    for operation in module.body.operations:
        attributes = operation.operation.attributes
        visibility = attributes["sym_visibility"].value if "sym_visibility" in attributes else ""
        body = operation.operation.name == "func.func" and len(operation.regions[0].blocks)
        if body and visibility != "private":
            names.append(attributes["sym_name"].value)
    return names


def pick_entry(names: list[str], entry: str | None) -> str:
    """The function to call: the one asked for, else ``main``, else the only one.

    Raises:
        CompileError: there is no such function, or several and none is ``main``.
    """
    if entry is None:
        entry = "main" if len(names) != 1 else names[0]
    if entry not in names:
        raise CompileError(
            f"entry: given {entry!r}, expected one of the module's public functions: "
            f"{', '.join(names) or 'there are none'}"
        )
    return entry


def choose_entry(module: Any, entry: str | None) -> str:
    """``pick_entry`` among a module's public functions."""
    return pick_entry(public_functions(module), entry)


def import_mlir(source: str | bytes, *, entry: str | None = None) -> ImportedModule:
    """Imports MLIR in any dialects that torch-mlir, StableHLO or this compiler know.

    Args:
        source: text or bytecode.
        entry: the public function to call; by default the only one, or ``main``.

    Returns:
        MLIR that the compiler reads; as it is where nothing had to be lowered.

    Raises:
        CompileError: it does not parse, an operation has no lowering, or
            there is no such entry.
        MissingPackageError: torch-mlir is needed and not installed.
    """
    form = detect_form(source)
    if form == "stablehlo":
        from rmsnorm.importer.stablehlo_importer import import_stablehlo

        return import_stablehlo(source, entry=entry)
    if form == "torch":
        return _import_torch_dialect(source, entry)
    # The compiler says itself what is wrong; an unknown entry shows when the artifact is open.
    return ImportedModule(text=source, entry=entry or "")


def _import_torch_dialect(source: str | bytes, entry: str | None) -> ImportedModule:
    module = parse_module(new_context(), source)
    name = choose_entry(module, entry)
    onnx = any(
        operation.name == "torch.operator" and operation.attributes["name"].value.startswith("onnx.")
        for operation in operations(module.operation)
    )
    lowered = run_isolated(as_text(module), ONNX_TO_LINALG if onnx else _TORCH_TO_LINALG)
    module = parse_module(module.context, lowered)
    refuse_foreign_operations(
        module, lambda operation: f"{operation.name} at {location_text(operation.location)}"
    )
    return ImportedModule(text=as_text(module), entry=name)
