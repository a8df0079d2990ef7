# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Forward and backward of one RMSNorm next to PyTorch's autograd and torch.compile.

One process; all candidates of a cell are measured interleaved, and the gradients
of each are checked in the configuration that is timed. Ours is a
``torch.autograd.Function`` around two compiled kernels; rstd is saved. Prints
medians (us per forward and backward) and ratios.

Usage: PYTHONPATH=build/python python benchmarks/backward_bench.py [--shapes 128x4096 ...]
"""

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import machine
import measure
import torch
import torch.nn.functional as functional

import rmsnorm
from rmsnorm._native import signature

EPS = 1e-6
GRAD_X, GRAD_SCALE = 1, 4
SHAPES = ((1, 4096), (4096, 128), (128, 4096), (2048, 4096), (333, 769))
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}
Norm = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def ours(x: torch.Tensor, weight: torch.Tensor, context: rmsnorm.Context) -> Norm:
    """A differentiable norm made of the compiled forward and backward."""
    kind, shape = signature(x)
    extents, scale = (-1, shape[-1]), signature(weight)
    forward_kernel = context.compile_norm(
        kind, extents, (1,), scale=scale, eps=EPS, return_rstd=True
    )["main"]
    backward_kernel = context.compile_norm(
        kind,
        extents,
        (1,),
        scale=scale,
        eps=EPS,
        backward=True,
        grads=GRAD_X | GRAD_SCALE,
        rstd=True,
    )["main"]

    class Ours(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
            y, rstd = forward_kernel(x, weight)
            ctx.save_for_backward(x, weight, rstd)
            result: torch.Tensor = y
            return result

        @staticmethod
        def backward(ctx: Any, dy: torch.Tensor) -> Any:
            x, weight, rstd = ctx.saved_tensors
            return backward_kernel(dy, x, weight, rstd)

    norm: Norm = Ours.apply
    return norm


def candidates(x: torch.Tensor, weight: torch.Tensor, context: rmsnorm.Context) -> dict[str, Norm]:
    def eager(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return functional.rms_norm(x, (x.shape[-1],), weight, EPS)

    compiled: Norm = torch.compile(eager, fullgraph=True, dynamic=False)
    return {"ours": ours(x, weight, context), "torch": eager, "compile": compiled}


def differentiate(
    norm: Norm, x: torch.Tensor, weight: torch.Tensor, dy: torch.Tensor
) -> tuple[torch.Tensor, ...]:
    """One forward and backward."""
    return torch.autograd.grad(norm(x, weight), (x, weight), dy)


def check(name: str, norm: Norm, x: torch.Tensor, weight: torch.Tensor, dy: torch.Tensor) -> None:
    """Raises when a candidate's gradients are others than those of the formula in f64."""
    wide, w = x.detach().double().requires_grad_(), weight.detach().double().requires_grad_()
    y = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + EPS) * w
    wanted = torch.autograd.grad(y, (wide, w), dy.double())
    got = differentiate(norm, x, weight, dy)
    for which, value, want in zip(("dx", "dweight"), got, wanted, strict=True):
        # torch rounds each factor; this tells a wrong kernel from a right one.
        allowed = 16 * torch.finfo(x.dtype).eps * want.abs().max()
        if not (value.double() - want).abs().max() <= allowed:
            raise RuntimeError(f"{name}: wrong {which}")


def run_cell(
    dtype: str, shape: tuple[int, int], threads: int, context: rmsnorm.Context, rounds: int
) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(1)

    def make(*extents: int) -> torch.Tensor:
        return torch.randn(extents, generator=generator).to(DTYPES[dtype])

    x, weight, dy = make(*shape).requires_grad_(), make(shape[1]).requires_grad_(), make(*shape)
    calls: dict[str, measure.Call] = {}
    for name, norm in candidates(x, weight, context).items():
        check(name, norm, x, weight, dy)
        calls[name] = partial(differentiate, norm, x, weight, dy)
    seconds = measure.interleaved(calls, rounds)
    return {
        "dtype": dtype,
        "rows": shape[0],
        "extent": shape[1],
        "threads": threads,
        "microseconds": {name: value * 1e6 for name, value in seconds.items()},
    }


def shape_argument(text: str) -> tuple[int, int]:
    rows, _, extent = text.partition("x")
    return int(rows), int(extent)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="where to write the results")
    parser.add_argument("--rounds", type=int, default=20, help="default: %(default)s")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--dtypes", nargs="+", choices=sorted(DTYPES), default=list(DTYPES))
    parser.add_argument(
        "--shapes", nargs="+", type=shape_argument, default=list(SHAPES), metavar="RxN"
    )
    arguments = parser.parse_args()
    report: dict[str, Any] = {"machine": machine.describe(), "cells": []}
    print(f"{report['machine']['cpu']}, {report['machine']['cores']} cores")
    for threads in arguments.threads:
        torch.set_num_threads(threads)
        context = rmsnorm.Context(threads)
        print(f"\n{threads} thread(s): us per forward and backward, and times as long as ours")
        print(f"{'':18}{'ours':>10}{'torch':>10}{'compile':>10}   torch/  compile/")
        for dtype in arguments.dtypes:
            for shape in arguments.shapes:
                torch._dynamo.reset()
                cell = run_cell(dtype, shape, threads, context, arguments.rounds)
                report["cells"].append(cell)
                times = cell["microseconds"]
                print(
                    f"{f'{dtype:5}{shape[0]:>6} x {shape[1]:<5}':18}"
                    + "".join(f"{times[name]:10.1f}" for name in ("ours", "torch", "compile"))
                    + f"{times['torch'] / times['ours']:9.2f}{times['compile'] / times['ours']:9.2f}",
                    flush=True,
                )
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
