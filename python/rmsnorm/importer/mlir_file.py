# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""MLIR in a file or a string: what dialects it is in, and which function is the entry."""

import mmap
import re
from pathlib import Path
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
# Strings and comments before it on its line: then it is no operation or type.
_LONGEST_PREFIX = 4096

_TORCH_TO_LINALG = (
    "torchdynamo-export-to-torch-backend-pipeline,"
    "torch-backend-to-linalg-on-tensors-backend-pipeline"
)
ONNX_TO_LINALG = (
    "torch-onnx-to-torch-backend-pipeline,torch-backend-to-linalg-on-tensors-backend-pipeline"
)


def detect_form(source: "str | bytes | mmap.mmap") -> Form:
    """Which importer a module needs: ``compiler`` is MLIR that ``rmsnorm-compile`` reads itself."""
    data = source.encode() if isinstance(source, str) else source
    if data[: len(BYTECODE)] == BYTECODE:
        # Names of dialects stand in the string section, each ended by a zero.
        for dialect, form in _FORMS.items():
            if data.find(b"\0" + dialect.encode() + b"\0") >= 0:
                return form
        return "stablehlo" if data[5:15] == b"StableHLO_" else "compiler"
    for dialect, form in _FORMS.items():
        name = dialect.encode() + b"."
        position = data.find(name)
        while position >= 0:
            if _is_operation_or_type(data, position):
                return form
            position = data.find(name, position + 1)
    return "compiler"


def _is_operation_or_type(data: "bytes | mmap.mmap", position: int) -> bool:
    """Whether the dialect's name there begins an operation or a type, not a string or a comment."""
    start = max(data.rfind(b"\n", 0, position) + 1, position - _LONGEST_PREFIX)
    before, after = data[start:position], data[position : position + 200]
    if b"//" in before or re.match(rb"[\w.]+\s*=(?!=)", after):  # a comment, or an attribute's name
        return False
    if before.endswith(b'"'):  # an operation in generic form is quoted
        return re.match(rb'[\w.]+"\s*[(<]', after) is not None
    inside_string = before.count(b'"') - before.count(b'\\"')
    word = re.search(rb"[\w.@#]$", before) is not None
    return inside_string % 2 == 0 and not word


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


def import_mlir(source: str | bytes | Path, *, entry: str | None = None) -> ImportedModule:
    """Imports MLIR in any dialects that torch-mlir, StableHLO or this compiler know.

    Args:
        source: text, bytecode, or the path of a file with one of them.
        entry: the public function to call; by default the only one, or ``main``.

    Returns:
        MLIR that the compiler reads; the file as it is where nothing had to be lowered.

    Raises:
        CompileError: it does not parse, an operation has no lowering, or
            there is no such entry.
        MissingPackageError: torch-mlir is needed and not installed.
    """
    form = _form_of_file(source) if isinstance(source, Path) else detect_form(source)
    if form == "compiler":
        # The compiler says itself what is wrong; an unknown entry shows when the artifact is open.
        if isinstance(source, Path):
            return ImportedModule(text="", entry=entry or "", path=source)
        if isinstance(source, bytes):
            return ImportedModule(text="", entry=entry or "", bytecode=source)
        return ImportedModule(text=source, entry=entry or "")
    content = source.read_bytes() if isinstance(source, Path) else source
    if form == "torch":
        return _import_torch_dialect(content, entry)
    from rmsnorm.importer.stablehlo_importer import import_stablehlo

    return import_stablehlo(content, entry=entry)


def _form_of_file(path: Path) -> Form:
    """By mapping: models are large, and most of it is weights.

    Raises:
        TypeError: it is neither text nor bytecode.
    """
    with path.open("rb") as file:
        if not path.stat().st_size:
            return "compiler"
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            start = data[:4096]
            if not start.startswith(BYTECODE) and b"\0" in start:
                raise TypeError(
                    f"model: {path} is neither MLIR (text or bytecode) nor named .onnx; its "
                    f"first bytes are {start[:8]!r}"
                )
            return detect_form(data)


def _import_torch_dialect(source: str | bytes, entry: str | None) -> ImportedModule:
    module = parse_module(new_context(), source)
    name = choose_entry(module, entry)
    onnx = any(
        operation.name == "torch.operator"
        and operation.attributes["name"].value.startswith("onnx.")
        for operation in operations(module.operation)
    )
    lowered = run_isolated(as_text(module), ONNX_TO_LINALG if onnx else _TORCH_TO_LINALG)
    module = parse_module(module.context, lowered)
    refuse_foreign_operations(
        module, lambda operation: f"{operation.name} at {location_text(operation.location)}"
    )
    return ImportedModule(text=as_text(module), entry=name)
