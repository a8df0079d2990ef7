# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""8-bit floats in GPU kernels, executed on the CPU: every conversion, against ml_dtypes."""

import subprocess
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from rmsnorm.tools import find_tool

KINDS: dict[str, Any] = {
    "f8E4M3FN": ml_dtypes.float8_e4m3fn,
    "f8E5M2": ml_dtypes.float8_e5m2,
}


def kernel(rows: int, columns: int, source: str, target: str, op: str) -> str:
    x, y = (f"tensor<{rows}x{columns}x{dtype}>" for dtype in (source, target))
    return f"""
func.func @main(%x: {x}) -> {y} {{
  %e = tensor.empty() : {y}
  %r = rmsnorm.row_kernel "convert" iterators = ["parallel", "reduction"]
      maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>]
      ins(%x : {x}) outs(%e : {y}) {{
  ^bb0(%a: {source}):
    %b = arith.{op} %a : {source} to {target}
    rmsnorm.yield %b : {target}
  }}
  return %r : {y}
}}
"""


def emulate(folder: Path, text: str, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    (folder / "kernel.mlir").write_text(text)
    np.save(folder / "x.npy", x)
    command = [str(find_tool("rmsnorm-emulate")), str(folder / "kernel.mlir")]
    command += [f"--in={folder / 'x.npy'}", f"--out={folder / 'y.npy'}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return np.asarray(np.load(folder / "y.npy"))


def same(got: np.ndarray[Any, Any], want: np.ndarray[Any, Any]) -> None:
    np.testing.assert_array_equal(got.astype(np.float64), want.astype(np.float64))
    numbers = ~np.isnan(want.astype(np.float64))
    np.testing.assert_array_equal(np.signbit(got)[numbers], np.signbit(want)[numbers])


@pytest.mark.parametrize("columns", [64, 63])  # in vectors, and one by one
@pytest.mark.parametrize("dtype", KINDS)
def test_narrowing(tmp_path: Path, dtype: str, columns: int) -> None:
    """All numbers of the type, the middles between them and their neighbours, and the ends."""
    kind = KINDS[dtype]
    numbers = np.sort(np.arange(256, dtype=np.uint8).view(kind).astype(np.float32))
    numbers = numbers[np.isfinite(numbers)]
    middles = (numbers[1:] + numbers[:-1]) / 2
    points = np.concatenate((numbers, middles, [np.inf, -np.inf, np.nan, 1e30, -1e30, 464, 480]))
    points = np.concatenate(
        [points, *(np.nextafter(points, np.float32(end)) for end in (-np.inf, np.inf))]
    )
    with np.errstate(over="ignore"):
        points = points.astype(np.float32)
    x = np.resize(points, (-(-points.size // columns), columns))
    got = emulate(tmp_path, kernel(*x.shape, "f32", dtype, "truncf"), x).view(kind)
    with np.errstate(over="ignore"):
        same(got, x.astype(kind))


@pytest.mark.parametrize("dtype", KINDS)
def test_widening(tmp_path: Path, dtype: str) -> None:
    x = np.arange(256, dtype=np.uint8).reshape(4, 64)
    got = emulate(tmp_path, kernel(4, 64, dtype, "f32", "extf"), x.view("V1"))
    same(got, x.view(KINDS[dtype]).astype(np.float32))
