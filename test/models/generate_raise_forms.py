# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes ``forms/*.mlir``: the functions of raise_*.py through the importer.

One file per dtype and kind of rows, split by ``// -----``, with FileCheck lines that
say how many norms raising must find; those of PyTorch are not kept by the importer.
Usage: python generate_raise_forms.py
"""

from pathlib import Path

import raise_near_misses  # noqa: F401 (registers its functions)
import raise_neighbours  # noqa: F401
import raise_statistics  # noqa: F401
import torch
from plain_text import without_locations
from raise_forms import FORMS, Form

from rmsnorm.importer import import_torch

HERE = Path(__file__).resolve().parent
HEADER = """\
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Written by generate_raise_forms.py; do not edit.
"""
VARIANTS = {
    "f32_static": (torch.float32, False),
    "bf16_static": (torch.bfloat16, False),
    "bf16_dynamic": (torch.bfloat16, True),
}


class Function(torch.nn.Module):
    """A function as a module."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.form = form

    def forward(self, *arguments: torch.Tensor) -> object:
        return self.form.function(*arguments)


def expectation(name: str, norms: int) -> str:
    """FileCheck lines for a function after raising."""
    lines = [f"CHECK-LABEL: func.func @{name}("]
    lines += ["CHECK: rmsnorm.rms_norm"] * norms
    lines += ["CHECK-NOT: rmsnorm.rms_norm"]
    return "".join(f"// {line}\n" for line in lines)


def import_form(name: str, form: Form, dtype: torch.dtype, dynamic: bool) -> str | None:
    """MLIR text, or None where the form has no dynamic rows."""
    inputs = tuple(torch.randn(shape).to(dtype) for shape in form.shapes)
    shapes = None
    if dynamic:
        first = form.shapes[0]
        if len(first) < 3 or first[0] == 1:
            return None
        rows = torch.export.Dim("rows", min=1, max=1 << 20)
        alike = [len(shape) == len(first) and shape[0] == first[0] for shape in form.shapes]
        shapes = (tuple({0: rows} if same else {} for same in alike),)
    module = Function(form).eval()
    imported = import_torch(module, inputs, dynamic_shapes=shapes, entry=name, weights="arguments")
    return without_locations(imported.text)


def main() -> None:
    folder = HERE / "forms"
    folder.mkdir(exist_ok=True)
    for suffix, (dtype, dynamic) in VARIANTS.items():
        texts = []
        for name, form in sorted(FORMS.items()):
            text = import_form(name, form, dtype, dynamic)
            if text is not None:
                texts.append(expectation(name, form.norms) + text)
        (folder / f"{suffix}.mlir").write_text(HEADER + "\n// -----\n\n".join(texts))
        print(suffix, len(texts), flush=True)


if __name__ == "__main__":
    main()
