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
import sys
from collections.abc import Callable
from typing import Any

import measure
import torch

import rmsnorm.backend

F = torch.nn.functional
Cell = tuple[Callable[..., Any], tuple[Any, ...]]


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
    return lambda given: model(given, use_cache=False).logits, (ids,)


def cells(rows: tuple[int, ...], width: int) -> dict[str, Cell]:
    """What is measured, by name."""
    found: dict[str, Cell] = {}
    for dtype in (torch.float32, torch.bfloat16):
        for count in rows:
            x, z = (torch.randn(count, width).to(dtype) for _ in range(2))
            weight = torch.rand(width).to(dtype)
            for function in (_gated, _post, _quantised):
                name = f"{function.__name__[1:]} {str(dtype)[6:]} {count}x{width}"
                found[name] = (function, (x, z, weight))
    for tokens in (1, 64):
        found[f"llama float32 {tokens} tokens"] = _llama(256, tokens)
    return found


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


def main() -> int:
    """Measures and prints; the status is 1 if results differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="rounds of each cell")
    parser.add_argument("--rows", type=int, nargs="*", default=[1, 16, 1024], help="extents")
    parser.add_argument("--width", type=int, default=2048, help="extent of a row")
    parser.add_argument("--only", default="", help="cells with this in their name")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    lines: list[dict[str, Any]] = []
    for name, (function, inputs) in cells(tuple(arguments.rows), arguments.width).items():
        if arguments.only not in name:
            continue
        calls: dict[str, Callable[[], Any]] = {}
        with torch.no_grad():
            for backend in ("rmsnorm", "inductor"):
                torch._dynamo.reset()
                # A function of its own each: Dynamo keeps what it compiled by the code.
                compiled = torch.compile(function, backend=backend, dynamic=False)
                compiled(*inputs)
                calls[backend] = functools.partial(compiled, *inputs)
            _check(calls["rmsnorm"](), calls["inductor"](), inputs[0].dtype)
            times = measure.interleaved(calls, arguments.rounds)
        report = rmsnorm.backend.last_report()
        micro = {key: value * 1e6 for key, value in times.items()}
        ratio = micro["inductor"] / micro["rmsnorm"]
        kernels = [] if report is None else [str(k.inside) for k in report.kernels]
        lines.append({"cell": name, **micro, "inductor/rmsnorm": ratio, "kernels": kernels})
        if not arguments.json:
            print(
                f"{name:32} {micro['rmsnorm']:10.1f} {micro['inductor']:10.1f} {ratio:6.2f}",
                flush=True,
            )
    if arguments.json:
        print(json.dumps(lines, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
