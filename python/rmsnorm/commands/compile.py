# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``python -m rmsnorm compile MODEL -o FILE``: a model file to an artifact for the runtime."""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from rmsnorm.errors import CompileError, MissingPackageError, RMSNormError, ToolNotFoundError


def register(subparsers: Any) -> None:
    """Adds the command to ``ArgumentParser.add_subparsers``'s object; ``run`` is its function."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "compile",
        help="a model (ONNX, StableHLO, MLIR) to an artifact",
        description="Compiles a model to an artifact that holds its weights, for rmsnorm.load, the "
        "C API and rmsnorm-run.",
    )
    parser.add_argument("model", type=Path, help=".onnx, StableHLO or other MLIR (text, bytecode)")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the artifact to write")
    parser.add_argument(
        "--target",
        action="append",
        default=None,
        help="as for rmsnorm-compile (default: cpu); may be repeated",
    )
    parser.add_argument("--remarks", action="store_true", help="say what became of each norm")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compiles; the status to exit with. Errors go to the standard error stream."""
    from rmsnorm.compiler import compile_text
    from rmsnorm.importer.routes import import_model

    options = ["--remarks", "--summary"] if arguments.remarks else ["--summary"]
    try:
        imported = import_model(arguments.model, weights="constants")
        with tempfile.TemporaryDirectory(prefix="rmsnorm-") as folder:
            source = imported.path
            if source is None:
                source = Path(folder) / "model.mlir"
                source.write_bytes(imported.bytecode or imported.text.encode())
            targets = arguments.target or ["cpu"]
            print(compile_text(source, arguments.output, targets, *options), end="")
    except (
        CompileError,
        MissingPackageError,
        OSError,
        RMSNormError,
        ToolNotFoundError,
        TypeError,
    ) as error:
        print(f"rmsnorm compile: {error}", file=sys.stderr)
        return 1
    return 0
