# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Norms fused with their neighbours: one kernel of ours next to torch.compile's,
to the steps one by one (ours, and PyTorch eager), and to a copy of as many bytes.

One process; all candidates of a cell are measured interleaved, and each one's
results are checked in the configuration that is timed. Prints a table of medians
(us per call) and of ratios, and writes everything as JSON.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import machine
import measure
import torch
from fusion_cells import CELLS, Cell

import rmsnorm
from rmsnorm.importer import import_torch
from rmsnorm.tools import find_tool

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}
COLUMNS = ("ours", "steps", "compile", "eager", "copy")
# Steps of an output's dtype by which results may differ from those in double precision,
# relative to the largest element: tells a wrong kernel from a right one.
CHECK = 8.0


class _Module(torch.nn.Module):
    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *arguments: torch.Tensor) -> Any:
        return self.function(*arguments)


def compile_ours(
    function: Callable[..., Any],
    arguments: Sequence[torch.Tensor],
    context: rmsnorm.Context,
    folder: Path,
) -> tuple[rmsnorm.Function, str]:
    """The compiled function, and its text as imported."""
    text = import_torch(_Module(function), tuple(arguments), weights="arguments").text
    count = len(list(folder.iterdir()))
    source, artifact = folder / f"{count}.mlir", folder / f"{count}.rmsn"
    source.write_text(text)
    subprocess.run(
        [find_tool("rmsnorm-compile"), source, "-o", artifact, "--target=cpu"], check=True
    )
    opened = rmsnorm.load(artifact, context)
    return opened["main"], text


def kernels_and_bytes(text: str) -> tuple[int, int]:
    """Row kernels after fusion and the bytes that they read and write."""
    passes = "builtin.module(inline,canonicalize,cse,rmsnorm-raise,canonicalize,cse," \
        "rmsnorm-decompose-tensor-ops,rmsnorm-fuse,canonicalize,cse,rmsnorm-report-traffic{output=-})"  # fmt: skip
    done = subprocess.run(
        [find_tool("rmsnorm-opt"), f"--pass-pipeline={passes}", "-o", "/dev/null"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    total = json.loads(done.stdout)["totals"]["all"]
    return total["operations"], total["bytes_read"]["static"] + total["bytes_written"]["static"]


def reference(cell: Cell, values: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    return list(cell.run(**values))


def check(name: str, got: Sequence[Any], want: Sequence[torch.Tensor], dtype: torch.dtype) -> None:
    """Raises when a candidate computes something else than PyTorch's eager steps.

    torch.compile leaves out roundings between steps, so that an f32 statistic of
    bf16 values differs by steps of bf16, and a quantised value by one more.
    """
    quantised = 2.0 if name == "compile" else 1.0
    for result, expected in zip(got, want, strict=True):
        tensor = torch.from_dlpack(result) if not isinstance(result, torch.Tensor) else result
        step = quantised if expected.dtype == torch.int8 else CHECK * torch.finfo(dtype).eps
        wide = expected.double()
        off = (tensor.double().reshape(wide.shape) - wide).abs().max()
        allowed = step if expected.dtype == torch.int8 else step * wide.abs().max()
        if not off <= allowed:
            raise RuntimeError(f"{name}: wrong result, off by {off} of {allowed}")


def run_cell(
    cell: Cell,
    dtype: str,
    shape: tuple[int, int],
    context: rmsnorm.Context,
    rounds: int,
    folder: Path,
) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(1)
    values = {
        name: torch.randn(extents, generator=generator).to(DTYPES[dtype])
        for name, extents in cell.inputs(*shape).items()
    }
    names, arguments = list(values), list(values.values())

    def whole(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return cell.run(**dict(zip(names, tensors, strict=True)))

    want = reference(cell, values)
    fused, text = compile_ours(whole, arguments, context, folder)
    kernels, moved = kernels_and_bytes(text)
    outputs = [torch.empty_like(w) for w in want]
    out = tuple(outputs) if len(outputs) > 1 else outputs[0]

    steps: list[tuple[rmsnorm.Function, tuple[str, ...], Any]] = []
    known = dict(values)
    for step in cell.steps:
        operands = [known[name] for name in step.operands]
        function, _ = compile_ours(step.function, operands, context, folder)
        got = step.function(*operands)
        made = [t.contiguous().clone() for t in (got if isinstance(got, tuple) else (got,))]
        known.update(zip(step.results, made, strict=True))
        steps.append((function, step.operands, tuple(made) if len(made) > 1 else made[0]))

    def run_steps() -> None:
        for function, operands, result in steps:
            function(*(known[name] for name in operands), out=result)

    compiled = torch.compile(whole, fullgraph=True, dynamic=False)
    half = torch.empty(moved // 2, dtype=torch.uint8)
    target = torch.empty_like(half)
    calls: dict[str, Callable[[], object]] = {
        "ours": lambda: fused(*arguments, out=out),
        "steps": run_steps,
        "compile": lambda: compiled(*arguments),
        "eager": lambda: whole(*arguments),
        "copy": lambda: target.copy_(half),
    }
    seconds = measure.interleaved(calls, rounds)
    # What the timed calls left behind, not that of other ones.
    check("ours", outputs, want, DTYPES[dtype])
    check("steps", [known[name] for name in cell.outputs], want, DTYPES[dtype])
    check("compile", compiled(*arguments), want, DTYPES[dtype])
    return {
        "cell": cell.name,
        "dtype": dtype,
        "rows": shape[0],
        "extent": shape[1],
        "kernels": kernels,
        "bytes": moved,
        "microseconds": {name: value * 1e6 for name, value in seconds.items()},
    }


def print_cell(result: dict[str, Any]) -> None:
    times = result["microseconds"]
    label = f"{result['cell']:20}{result['dtype']:5}{result['rows']:>6} x {result['extent']:<6}"
    numbers = "".join(f"{times[name]:10.1f}" for name in COLUMNS)
    ratios = "".join(f"{times[name] / times['ours']:10.2f}" for name in COLUMNS[1:])
    print(f"{label}{result['kernels']:>3}{numbers}{ratios}", flush=True)


def shape_argument(text: str) -> tuple[int, int]:
    rows, _, extent = text.partition("x")
    return int(rows), int(extent)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="where to write the results")
    parser.add_argument("--rounds", type=int, default=20, help="default: %(default)s")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--dtypes", nargs="+", choices=sorted(DTYPES), default=["bf16", "f32"])
    parser.add_argument("--cells", nargs="+", choices=[c.name for c in CELLS])
    parser.add_argument(
        "--shapes",
        nargs="+",
        type=shape_argument,
        default=[(4, 4096), (128, 4096), (2048, 4096)],
        metavar="RxN",
    )
    parser.add_argument(
        "--check-floor", action="store_true", help="fail when a cell is slower than torch.compile"
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    context = rmsnorm.Context(options.threads)
    report: dict[str, Any] = {
        "machine": machine.describe(),
        "threads": options.threads,
        "cells": [],
    }
    print(f"{report['machine']['cpu']}, threads: {options.threads}")
    print(f"{'us per call':40}{'k':>3}" + "".join(f"{name:>10}" for name in COLUMNS)
          + "".join(f"{name + '/':>10}" for name in COLUMNS[1:]))  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        for cell in CELLS:
            if options.cells and cell.name not in options.cells:
                continue
            for dtype in options.dtypes:
                for shape in options.shapes:
                    torch._dynamo.reset()
                    result = run_cell(cell, dtype, shape, context, options.rounds, Path(folder))
                    report["cells"].append(result)
                    print_cell(result)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
        print(f"\nwritten: {options.json}")
    slower = [
        c for c in report["cells"] if c["microseconds"]["ours"] > c["microseconds"]["compile"]
    ]
    for c in slower:
        print(f"slower than torch.compile: {c['cell']} {c['dtype']} {c['rows']}x{c['extent']}")
    return 1 if options.check_floor and slower else 0


if __name__ == "__main__":
    sys.exit(main())
