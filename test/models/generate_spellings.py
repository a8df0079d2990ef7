# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes ``spellings/*.mlir``: each spelling through the importer, as a model would bring it.

One file per spelling with all dtypes and with static and dynamic rows, split
by ``// -----``; ``<name>.fused.mlir`` is the same after upstream's elementwise
fusion. The weight, where there is one, is the first argument of each function.
Usage: python generate_spellings.py [--mlir-opt PATH]
"""

import argparse
import shutil
import subprocess
from pathlib import Path

import torch
from plain_text import without_locations
from spelling_modules import FEATURES, SPELLINGS, Spelling

from rmsnorm.importer import import_torch

HERE = Path(__file__).resolve().parent
HEADER = """\
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Written by generate_spellings.py; do not edit.
"""
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}
FUSION = "--pass-pipeline=builtin.module(func.func(linalg-fuse-elementwise-ops),canonicalize,cse)"


def import_variant(name: str, spelling: Spelling, dtype: str, dynamic: bool) -> str:
    module = spelling.make().to(DTYPES[dtype]).eval()
    inputs = tuple(torch.randn(2, 3, FEATURES).to(DTYPES[dtype]) for _ in range(spelling.inputs))
    shapes = None
    if dynamic:
        rows = torch.export.Dim("rows", min=1, max=1 << 20)
        # As *args for modules that take several; the names do not matter.
        shapes = tuple({1: rows} for _ in inputs)
    suffix = "dynamic" if dynamic else "static"
    imported = import_torch(
        module,
        inputs,
        dynamic_shapes=shapes,
        entry=f"{name}_{dtype}_{suffix}",
        weights="arguments",
    )
    return without_locations(imported.text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    found = shutil.which("mlir-opt-22") or "/usr/lib/llvm-22/bin/mlir-opt"
    parser.add_argument(
        "--mlir-opt", default=found, help="the tool of LLVM 22 (default: %(default)s)"
    )
    arguments = parser.parse_args()
    folder = HERE / "spellings"
    folder.mkdir(exist_ok=True)
    for name, spelling in SPELLINGS.items():
        texts = [
            import_variant(name, spelling, dtype, dynamic)
            for dtype in DTYPES
            for dynamic in (False, True)
        ]
        joined = "\n// -----\n\n".join(texts)
        (folder / f"{name}.mlir").write_text(HEADER + joined)
        fused = subprocess.run(
            [arguments.mlir_opt, "--split-input-file", FUSION],
            input=joined,
            capture_output=True,
            text=True,
            check=True,
        )
        (folder / f"{name}.fused.mlir").write_text(HEADER + fused.stdout)
        print(name, flush=True)


if __name__ == "__main__":
    main()
