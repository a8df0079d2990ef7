# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How often a model's weights are in memory while it is compiled.

A model with one large weight (``dense_resource``, in MLIR text or bytecode) is compiled by
``rmsnorm-compile`` in a process of its own, whose peak of resident memory is measured; the same with a
small weight is subtracted. The artifact is then run and compared with NumPy. Prints a line of JSON for
each form of the model.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import rmsnorm
from rmsnorm.tools import find_tool

WIDTH = 1024
FORMS = ("text", "bytecode")
_BODY = """
func.func @main(%x: tensor<2x{width}xf32>, %row: tensor<2xi64>) -> tensor<2x{width}xf32> {{
  %table = arith.constant {attribute} : tensor<{rows}x{width}xf32>
  %e = tensor.empty() : tensor<2x{width}xf32>
  %y = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>,
      affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}}
      ins(%x, %row : tensor<2x{width}xf32>, tensor<2xi64>) outs(%e : tensor<2x{width}xf32>) {{
  ^bb0(%a: f32, %r: i64, %o: f32):
    %i = arith.index_cast %r : i64 to index
    %j = linalg.index 1 : index
    %w = tensor.extract %table[%i, %j] : tensor<{rows}x{width}xf32>
    %s = arith.mulf %a, %w : f32
    linalg.yield %s : f32
  }} -> tensor<2x{width}xf32>
  return %y : tensor<2x{width}xf32>
}}
"""


def write_text(path: Path, table: Any) -> None:
    """A function that looks rows of ``table`` (f32, [rows, WIDTH]) up, as MLIR text."""
    with path.open("w") as file:
        attribute = "dense_resource<table>"
        file.write(_BODY.format(width=WIDTH, rows=table.shape[0], attribute=attribute))
        file.write('{-# dialect_resources: { builtin: { table: "0x40000000')
        for row in table:
            file.write(row.tobytes().hex())
        file.write('" } } #-}\n')


def write_bytecode(text: Path, path: Path) -> None:
    """The same as bytecode of this MLIR."""
    subprocess.run(
        [find_tool("rmsnorm-opt"), "--emit-bytecode", str(text), "-o", str(path)], check=True
    )


# A child's peak includes what its parent had when it was made, so the parent is a small process.
_PEAK = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def peak_of(command: list[str]) -> tuple[int, float]:
    """The peak of resident memory of a command in bytes, and its seconds.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-I", "-c", _PEAK, *command], stdout=subprocess.PIPE, check=True
    )
    return int(done.stdout.split()[-1]) * 1024, time.monotonic() - started


def measure(folder: Path, size: int, form: str) -> dict[str, Any]:
    """Compiles a model with a weight of ``size`` bytes, as text or as bytecode, and runs it."""
    rows = max(size // (4 * WIDTH), 2)
    table = np.random.default_rng(1).standard_normal((rows, WIDTH), np.float32)
    text, output = folder / f"{rows}.mlir", folder / f"{rows}.rmsn"
    write_text(text, table)
    source = text
    if form == "bytecode":
        source = text.with_suffix(".mlirbc")
        write_bytecode(text, source)
    peak, seconds = peak_of([str(find_tool("rmsnorm-compile")), str(source), "-o", str(output)])
    x, places = table[:2] + 1, np.array([rows - 1, rows // 2], np.int64)
    got = rmsnorm.load(output)["main"](x, places)
    return {
        "form": form,
        "weight_bytes": table.nbytes,
        "model_bytes": source.stat().st_size,
        "artifact_bytes": output.stat().st_size,
        "peak_bytes": peak,
        "seconds": round(seconds, 3),
        "right": bool(np.array_equal(got, x * table[places])),
    }


def measured_copies(size: int, form: str) -> dict[str, Any]:
    """``measure``, and how often the weight was in memory at the peak."""
    with tempfile.TemporaryDirectory(prefix="rmsnorm-") as folder:
        small = measure(Path(folder), 1 << 16, form)
        large = measure(Path(folder), size, form)
    extra = large["peak_bytes"] - small["peak_bytes"]
    return large | {"copies_at_peak": round(extra / large["weight_bytes"], 2)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="large-model", description=__doc__)
    parser.add_argument(
        "--mib", type=int, default=1024, help="size of the weight (default: %(default)s)"
    )
    size = parser.parse_args().mib << 20
    results = [measured_copies(size, form) for form in FORMS]
    for result in results:
        print(json.dumps(result))
    return 0 if all(result["right"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
