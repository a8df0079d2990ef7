# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Errors of f32 norms by the length of a row: ours, PyTorch's, and a plain f32 sum.

The unit is that of the project's promise, the ulp of ``max(|x/d*g|, |y|)``; the reference
is computed in f64. Prints a table and writes JSON, which scripts/docs draws.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import machine
import numpy as np
import torch
from numpy.typing import NDArray

import rmsnorm

Array = NDArray[Any]
EPS = 1e-6
EXTENTS = [2**power for power in range(6, 19)]
ELEMENTS = 2**19
LEAST_ROWS = 4
PROMISED = 4.0  # ulps


def inputs(kind: str, rows: int, extent: int) -> Array:
    """Rows of f32: ``normal``, ``constant`` (all elements of a row equal), or ``outlier``
    (one element 1e4 times the rest)."""
    generator = np.random.default_rng(7)
    if kind == "constant":
        return np.repeat(generator.uniform(0.5, 2.0, (rows, 1)), extent, axis=1).astype(np.float32)
    x = generator.standard_normal((rows, extent))
    if kind == "outlier":
        x[:, extent // 3] *= 1e4
    return x.astype(np.float32)


def exact(x: Array, weight: Array) -> Array:
    """The norm in f64."""
    wide = x.astype(np.float64)
    mean = np.mean(wide * wide, axis=-1, keepdims=True)
    return np.asarray(wide / np.sqrt(mean + EPS) * weight.astype(np.float64))


def plain_sum(x: Array, weight: Array) -> Array:
    """f32 throughout, squares added one after the other."""
    total = np.cumsum(x * x, axis=-1, dtype=np.float32)[:, -1:]
    root = np.sqrt(total / np.float32(x.shape[-1]) + np.float32(EPS))
    return np.asarray(x / root * weight)


def errors(got: Array, want: Array) -> tuple[float, int]:
    """The largest error in ulps, and the number of elements beyond ``PROMISED``."""
    unit = np.spacing(np.abs(want).astype(np.float32)).astype(np.float64)
    ulps = np.abs(got.astype(np.float64) - want) / unit
    return float(np.max(ulps)), int(np.sum(ulps > PROMISED))


def candidates(kernel_context: rmsnorm.Context) -> dict[str, Callable[[Array, Array], Array]]:
    """Functions of x and weight by name."""

    def ours(x: Array, weight: Array) -> Array:
        return np.asarray(rmsnorm.rms_norm(x, weight, eps=EPS, context=kernel_context))

    def torchs(x: Array, weight: Array) -> Array:
        w = torch.from_numpy(weight)
        y = torch.nn.functional.rms_norm(torch.from_numpy(x), [x.shape[-1]], w, EPS)
        return np.asarray(y.numpy())

    return {"rmsnorm": ours, "torch": torchs, "f32 sum in order": plain_sum}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="where to write the results")
    arguments = parser.parse_args()
    functions = candidates(rmsnorm.Context(1, cache_directory=""))
    cells = []
    print(f"{'':10} {'extent':>8}  " + "  ".join(f"{name:>16}" for name in functions))
    for kind in ("normal", "constant", "outlier"):
        for extent in EXTENTS:
            x = inputs(kind, max(LEAST_ROWS, ELEMENTS // extent), extent)
            weight = np.random.default_rng(8).uniform(0.5, 1.5, extent).astype(np.float32)
            want = exact(x, weight)
            found = {
                name: errors(function(x, weight), want) for name, function in functions.items()
            }
            cell = {
                "kind": kind,
                "extent": extent,
                "rows": x.shape[0],
                "ulp": {name: largest for name, (largest, _) in found.items()},
                "beyond": {name: count for name, (_, count) in found.items()},
            }
            cells.append(cell)
            numbers = "  ".join(f"{largest:16.2f}" for largest, _ in found.values())
            print(f"{kind:10} {extent:8}  {numbers}")
    if arguments.json:
        report = {"machine": machine.describe(), "promised": PROMISED, "accuracy": cells}
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
