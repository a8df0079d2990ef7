# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""RMSNorm of this project next to PyTorch, torch.compile, ONNX Runtime and a copy.

One process; all candidates of a cell are measured interleaved, and each one's
result is checked in the configuration that is timed. Prints tables of medians
(us per call) and of ratios, and writes everything as JSON.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import compilation
import machine
import measure
import peers
import torch

import rmsnorm

SHAPES = ((1, 4096), (4, 4096), (4096, 128), (128, 4096), (2048, 4096), (333, 769))
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}
# Largest error in the output's epsilon, of the largest element: tells a wrong
# kernel from a right one; accuracy proper is test/python/test_accuracy.py.
CHECK = 4.0
LIMITS = {"cold_compilation_ms": 60.0, "warm_load_ms": 2.0, "runtime_library_bytes": 400e3}


def candidates(
    x: torch.Tensor, weight: torch.Tensor, context: rmsnorm.Context, threads: int
) -> dict[str, peers.Candidate]:
    return {
        "ours": peers.ours(x, weight, context),
        "ours_out": peers.ours_given_output(x, weight, context),
        "torch": peers.torch_eager(x, weight),
        "compile": peers.torch_compiled(x, weight),
        "ort": peers.onnx_runtime(x, weight, threads),
        "copy": peers.copy(x),
    }


def check(name: str, candidate: peers.Candidate, x: torch.Tensor, weight: torch.Tensor) -> None:
    """Raises when a candidate computes something else."""
    candidate.call()
    wide = x.double()
    want = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + peers.EPS) * weight.double()
    if name == "copy":
        want = wide
    got = candidate.result().double()
    allowed = CHECK * torch.finfo(x.dtype).eps * want.abs().max()
    if not (got - want).abs().max() <= allowed:
        raise RuntimeError(f"{name}: wrong result, off by {(got - want).abs().max()}")


def run_cell(
    dtype: str, shape: tuple[int, int], threads: int, context: rmsnorm.Context, rounds: int
) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(shape, generator=generator).to(DTYPES[dtype])
    weight = (1 + 0.1 * torch.randn(shape[-1], generator=generator)).to(DTYPES[dtype])
    found = candidates(x, weight, context, threads)
    for name, candidate in found.items():
        check(name, candidate, x, weight)
    seconds = measure.interleaved({name: c.call for name, c in found.items()}, rounds)
    return {
        "dtype": dtype,
        "rows": shape[0],
        "extent": shape[1],
        "threads": threads,
        "microseconds": {name: value * 1e6 for name, value in seconds.items()},
    }


COLUMNS = ("ours", "ours_out", "torch", "compile", "ort", "copy")


def print_header(threads: int) -> None:
    print(f"\n{threads} thread{'s' if threads > 1 else ''}: us per call, and times as long as ours")
    print(
        f"{'':18}"
        + "".join(f"{name:>10}" for name in COLUMNS)
        + "   torch/  compile/  ort/out copy/out"
    )


def print_cell(cell: dict[str, Any]) -> None:
    times = cell["microseconds"]
    label = f"{cell['dtype']:5}{cell['rows']:>6} x {cell['extent']:<5}"
    numbers = "".join(f"{times[name]:10.1f}" for name in COLUMNS)
    ratios = (
        times["torch"] / times["ours"],
        times["compile"] / times["ours"],
        times["ort"] / times["ours_out"],
        times["copy"] / times["ours_out"],
    )
    print(f"{label:18}{numbers} " + "".join(f"{ratio:9.2f}" for ratio in ratios), flush=True)


def shape_argument(text: str) -> tuple[int, int]:
    rows, _, extent = text.partition("x")
    return int(rows), int(extent)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="where to write the results")
    parser.add_argument("--rounds", type=int, default=40, help="default: %(default)s")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--dtypes", nargs="+", choices=sorted(DTYPES), default=list(DTYPES))
    parser.add_argument(
        "--shapes", nargs="+", type=shape_argument, default=list(SHAPES), metavar="RxN"
    )
    parser.add_argument(
        "--check-floor",
        action="store_true",
        help="fail when a cell is slower than torch.compile or a limit is exceeded",
    )
    arguments = parser.parse_args()

    report: dict[str, Any] = {"machine": machine.describe(), "cells": []}
    print(f"{report['machine']['cpu']}, {report['machine']['cores']} cores")
    report["compilation"] = compilation.measure()
    for name, value in report["compilation"].items():
        limit = f"   (limit {LIMITS[name]:.0f})" if name in LIMITS else ""
        print(f"{name:24} {value:12.2f}{limit}")
    for threads in arguments.threads:
        torch.set_num_threads(threads)
        context = rmsnorm.Context(threads)
        print_header(threads)
        for dtype in arguments.dtypes:
            for shape in arguments.shapes:
                torch._dynamo.reset()
                cell = run_cell(dtype, shape, threads, context, arguments.rounds)
                report["cells"].append(cell)
                print_cell(cell)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1))
        print(f"\nwritten: {arguments.json}")

    slower = [
        cell
        for cell in report["cells"]
        if cell["microseconds"]["ours"] > cell["microseconds"]["compile"]
    ]
    beyond = [name for name, limit in LIMITS.items() if report["compilation"][name] > limit]
    for cell in slower:
        print(f"slower than torch.compile: {cell['dtype']} {cell['rows']}x{cell['extent']}, "
              f"{cell['threads']} threads")  # fmt: skip
    for name in beyond:
        print(f"beyond its limit: {name}")
    return 1 if arguments.check_floor and (slower or beyond) else 0


if __name__ == "__main__":
    sys.exit(main())
