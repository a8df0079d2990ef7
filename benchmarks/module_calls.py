# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls of ``rmsnorm.RMSNorm`` next to ``torch.nn.RMSNorm``, forward and with the backward.

Interleaved in one process; prints microseconds (medians) and torch's time as a multiple of
ours, which should be 1 or more in every line. ``--help`` for options.
"""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

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


def main() -> int:
    """Measures and prints; the status is 1 if a line is below 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="rounds of each cell")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cells: list[dict[str, Any]] = []
    for name, dtype in DTYPES.items():
        for shape in SHAPES:
            x = torch.randn(shape).to(dtype)
            ours = calls(rmsnorm.RMSNorm(shape[-1], 1e-6, dtype=dtype), x)
            theirs = calls(torch.nn.RMSNorm(shape[-1], 1e-6, dtype=dtype), x)
            for way in ours:
                times = measure.interleaved(
                    {"ours": ours[way], "torch": theirs[way]}, arguments.rounds
                )
                micro = {key: value * 1e6 for key, value in times.items()}
                ratio = {"torch/ours": micro["torch"] / micro["ours"]}
                cells.append({"dtype": name, "shape": shape, "call": way, **micro, **ratio})
    if arguments.json:
        print(json.dumps(cells, indent=1))
    else:
        print(f"{'dtype':6}{'shape':>14}  {'call':12}{'ours':>9}{'torch':>9}{'torch/ours':>12}")
        for cell in cells:
            shape_text = "x".join(str(extent) for extent in cell["shape"])
            print(
                f"{cell['dtype']:6}{shape_text:>14}  {cell['call']:12}{cell['ours']:9.1f}"
                f"{cell['torch']:9.1f}{cell['torch/ours']:12.2f}"
            )
    return int(any(cell["torch/ours"] < 1 for cell in cells))


if __name__ == "__main__":
    sys.exit(main())
