# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes ``imported/*.mlir``: the small models with their weights as arguments.

Usage: python generate_models.py [FOLDER]
"""

import sys
from pathlib import Path

from plain_text import without_locations
from small_models import MODELS, token_ids

from rmsnorm.importer import import_torch

HERE = Path(__file__).resolve().parent
HEADER = """\
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Written by generate_models.py; do not edit.
"""


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "imported"
    folder.mkdir(exist_ok=True)
    for name, build in MODELS.items():
        imported = import_torch(build(), (token_ids(),), weights="arguments")
        (folder / f"{name}.mlir").write_text(HEADER + without_locations(imported.text))
        print(name, flush=True)


if __name__ == "__main__":
    main()
