# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls of ``rmsnorm.RMSNorm`` next to ``torch.nn.RMSNorm``, forward and with the backward.

Interleaved in one process; prints microseconds (medians) and torch's time as a multiple of
ours, which should be 1 or more in every line. ``--help`` for options.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import machine
import measure
import torch

import rmsnorm

SHAPES = ((1, 64), (1, 4096), (4, 4096), (128, 4096), (1024, 1024))
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


def calls(module: torch.nn.Module, x: torch.Tensor) -> dict[str, Callable[[], Any]]:
    """The three ways to call it that are measured."""
    grad = torch.ones_like(x)
    leaf = x.clone().requires_grad_()

    def inference() -> Any:
        with torch.no_grad():
            return module(x)

    return {
        "inference": inference,
        "recorded": lambda: module(leaf),
        "backward": lambda: module(leaf).backward(grad),
    }


def measured(dtype: str, shape: tuple[int, int], rounds: int) -> list[dict[str, Any]]:
    """A cell for each way to call the two modules, which must agree."""
    x = torch.randn(shape).to(DTYPES[dtype])
    ours = rmsnorm.RMSNorm(shape[-1], 1e-6, dtype=DTYPES[dtype])
    theirs = torch.nn.RMSNorm(shape[-1], 1e-6, dtype=DTYPES[dtype])
    tolerance = 4 * torch.finfo(DTYPES[dtype]).eps
    torch.testing.assert_close(ours(x), theirs(x), rtol=tolerance, atol=tolerance)
    of_ours, of_theirs = calls(ours, x), calls(theirs, x)
    cells: list[dict[str, Any]] = []
    for way in of_ours:
        seconds = measure.interleaved({"ours": of_ours[way], "torch": of_theirs[way]}, rounds)
        times = {name: value * 1e6 for name, value in seconds.items()}
        shown = {"cell": way, "dtype": dtype, "rows": shape[0], "extent": shape[1]}
        cells.append({**shown, "microseconds": times})
    return cells


def main() -> int:
    """Measures and prints; with ``--check-floor`` the status is 1 if a line is below 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="default: %(default)s")
    parser.add_argument("--json", type=Path, help="where to write the results")
    parser.add_argument(
        "--check-floor", action="store_true", help="fail when a call is slower than torch's"
    )
    arguments = parser.parse_args()
    # One thread for both; ours are counted when the first call makes the context.
    torch.set_num_threads(1)
    os.environ["RMSNORM_NUM_THREADS"] = "1"
    report: dict[str, Any] = {"machine": machine.describe(), "kind": "modules", "threads": 1}
    report["cells"] = []
    print(f"{report['machine']['cpu']}, 1 thread: microseconds per call")
    print(f"{'dtype':6}{'shape':>14}  {'call':12}{'ours':>9}{'torch':>9}{'torch/ours':>12}")
    slower = 0
    for dtype in DTYPES:
        for shape in SHAPES:
            for cell in measured(dtype, shape, arguments.rounds):
                report["cells"].append(cell)
                ours, theirs = (cell["microseconds"][name] for name in ("ours", "torch"))
                slower += ours > theirs
                text = "x".join(str(extent) for extent in shape)
                print(
                    f"{dtype:6}{text:>14}  {cell['cell']:12}{ours:9.1f}{theirs:9.1f}"
                    f"{theirs / ours:12.2f}",
                    flush=True,
                )
    print(f"{len(report['cells']) - slower} of {len(report['cells'])} as fast or faster")
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 1 if arguments.check_floor and slower else 0


if __name__ == "__main__":
    sys.exit(main())
