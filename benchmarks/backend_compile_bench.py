# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``torch.compile(backend="rmsnorm")`` next to ``torch.compile`` as it is (Inductor).

Norms with neighbours, and a small Llama; both compute the same, which is checked. Interleaved
in one process; prints microseconds (medians) and Inductor's time as a multiple of ours.
``--help`` for options.
"""

import argparse
import functools
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import machine
import measure
import torch

import rmsnorm.backend

F = torch.nn.functional


@dataclass(frozen=True)
class Cell:
    """A function with inputs; ``dtype``, ``rows`` and ``extent`` are for the table."""

    name: str
    dtype: str
    rows: int
    extent: int
    function: Callable[..., Any]
    inputs: tuple[Any, ...]


def _norm(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    wide = x.float()
    y = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-6)
    return weight * y.to(x.dtype)


def _gated(x: torch.Tensor, z: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return _norm(x, weight) * F.silu(z)


def _post(x: torch.Tensor, z: torch.Tensor, weight: torch.Tensor) -> Any:
    total = z + _norm(x, weight)
    return total, _norm(total, weight)


def _quantised(x: torch.Tensor, z: torch.Tensor, weight: torch.Tensor) -> Any:
    total = x + 0.5 * z
    y = _norm(total, weight).float()
    scale = y.abs().amax(-1, keepdim=True) / 127
    return total, torch.round(y / scale).clamp(-127, 127).to(torch.int8), scale


def _llama(width: int, tokens: int) -> Cell:
    import transformers

    config = transformers.LlamaConfig(
        hidden_size=width,
        intermediate_size=width * 5 // 2,
        num_hidden_layers=2,
        num_attention_heads=8,
        num_key_value_heads=4,
        vocab_size=1024,
    )
    torch.manual_seed(0)
    model = transformers.LlamaForCausalLM(config).eval()
    ids = torch.randint(0, 1024, (1, tokens))
    return Cell(
        *("llama", "f32", tokens, width),
        lambda given: model(given, use_cache=False).logits,
        (ids,),
    )


def cells(rows: tuple[int, ...], width: int) -> list[Cell]:
    """What is measured."""
    found: list[Cell] = []
    for function in (_gated, _post, _quantised):
        for name, dtype in (("f32", torch.float32), ("bf16", torch.bfloat16)):
            for count in rows:
                x, z = (torch.randn(count, width).to(dtype) for _ in range(2))
                inputs = (x, z, torch.rand(width).to(dtype))
                found.append(Cell(function.__name__[1:], name, count, width, function, inputs))
    return found + [_llama(256, tokens) for tokens in (1, 64)]


def _check(got: Any, want: Any, dtype: torch.dtype) -> None:
    """The two have to agree; Inductor leaves out roundings to bf16 in between."""
    limit = 2e-2 if dtype == torch.bfloat16 else 1e-4
    for ours, theirs in zip(
        *(v if isinstance(v, tuple) else (v,) for v in (got, want)), strict=True
    ):
        if ours.dtype == torch.int8:
            steps = 2 if dtype == torch.bfloat16 else 1
            assert (ours.int() - theirs.int()).abs().max() <= steps
        else:
            torch.testing.assert_close(ours, theirs, rtol=limit, atol=limit)


def measured(cell: Cell, rounds: int) -> dict[str, Any]:
    """Medians of the two, and what our backend put into each kernel."""
    calls: dict[str, Callable[[], Any]] = {}
    with torch.no_grad():
        for name, backend in (("ours", "rmsnorm"), ("compile", "inductor")):
            torch._dynamo.reset()
            # A function of its own each: Dynamo keeps what it compiled by the code.
            compiled = torch.compile(cell.function, backend=backend, dynamic=False)
            compiled(*cell.inputs)
            calls[name] = functools.partial(compiled, *cell.inputs)
        _check(calls["ours"](), calls["compile"](), cell.inputs[0].dtype)
        times = measure.interleaved(calls, rounds)
    report = rmsnorm.backend.last_report()
    shown = {"cell": cell.name, "dtype": cell.dtype, "rows": cell.rows, "extent": cell.extent}
    return {
        **shown,
        "kernels": [] if report is None else [str(k.inside) for k in report.kernels],
        "microseconds": {name: value * 1e6 for name, value in times.items()},
    }


def main() -> int:
    """Measures and prints; fails if results differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="rounds of each cell")
    parser.add_argument("--rows", type=int, nargs="*", default=[1, 16, 1024], help="extents")
    parser.add_argument("--width", type=int, default=2048, help="extent of a row")
    parser.add_argument("--only", default="", help="cells with this in their name")
    parser.add_argument("--json", type=Path, help="where to write the results")
    arguments = parser.parse_args()
    # One thread for both; ours are counted when the first call makes the context.
    torch.set_num_threads(1)
    os.environ["RMSNORM_NUM_THREADS"] = "1"
    report: dict[str, Any] = {"machine": machine.describe(), "kind": "backend", "threads": 1}
    report["cells"] = []
    print(f"{report['machine']['cpu']}, 1 thread: microseconds per call")
    print(f"{'cell':12}{'dtype':6}{'shape':>12}{'ours':>10}{'inductor':>10}  inductor/ours")
    for cell in cells(tuple(arguments.rows), arguments.width):
        if arguments.only not in cell.name:
            continue
        line = measured(cell, arguments.rounds)
        report["cells"].append(line)
        ours, theirs = (line["microseconds"][name] for name in ("ours", "compile"))
        print(
            f"{cell.name:12}{cell.dtype:6}{cell.rows:>6}x{cell.extent:<5}"
            f"{ours:10.1f}{theirs:10.1f}{theirs / ours:8.2f}",
            flush=True,
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
