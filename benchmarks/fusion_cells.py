# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Norms with their neighbours, as PyTorch functions in steps.

A cell's function is its steps one after the other; the unfused version runs
each step by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as functional

Tensor = torch.Tensor
EPS = 1e-6


@dataclass(frozen=True)
class Step:
    """``results`` are the names of what the function returns, in order."""

    results: tuple[str, ...]
    operands: tuple[str, ...]
    function: Callable[..., Any]


@dataclass(frozen=True)
class Cell:
    """``inputs`` gives the shapes of the arguments by name, for (rows, extent)."""

    name: str
    inputs: Callable[[int, int], dict[str, tuple[int, ...]]]
    steps: tuple[Step, ...]
    outputs: tuple[str, ...]

    def run(self, **values: Tensor) -> tuple[Tensor, ...]:
        """All steps, on tensors or inside a tracer."""
        for step in self.steps:
            got = step.function(*(values[name] for name in step.operands))
            results = got if isinstance(got, tuple) else (got,)
            values.update(zip(step.results, results, strict=True))
        return tuple(values[name] for name in self.outputs)


def norm(x: Tensor) -> Tensor:
    """Mean square and root in f32, one rounding."""
    wide = x.float()
    return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + EPS)).to(x.dtype)


def add(x: Tensor, y: Tensor) -> Tensor:
    return x + y


def multiply(x: Tensor, y: Tensor) -> Tensor:
    return x * y


def quantise(y: Tensor) -> tuple[Tensor, Tensor]:
    """int8 with a scale per row."""
    wide = y.float()
    scale = wide.abs().amax(-1, keepdim=True).clamp_min(1e-12) / 127.0
    return torch.round(wide / scale).clamp(-128.0, 127.0).to(torch.int8), scale


def _rows(*names: str) -> Callable[[int, int], dict[str, tuple[int, ...]]]:
    """x, r, z, ... with rows; w and v without."""
    return lambda rows, extent: {
        name: (extent,) if name in "wv" else (rows, extent) for name in names
    }


_SUM = Step(("h",), ("x", "r"), add)
_NORM = Step(("n",), ("h",), norm)
_WEIGHT = Step(("y",), ("n", "w"), multiply)
_HEAD = 128

CELLS = (
    Cell("residual_norm", _rows("x", "r", "w"), (_SUM, _NORM, _WEIGHT), ("y", "h")),
    Cell(
        "residual_norm_gate",
        _rows("x", "r", "w", "z"),
        (
            _SUM,
            _NORM,
            _WEIGHT,
            Step(("s",), ("z",), functional.silu),
            Step(("o",), ("y", "s"), multiply),
        ),
        ("o", "h"),
    ),
    Cell(
        "norm_quantise",
        _rows("h", "w"),
        (_NORM, _WEIGHT, Step(("q", "scale"), ("y",), quantise)),
        ("q", "scale"),
    ),
    Cell(
        "sandwich",
        _rows("x", "r", "v", "w"),
        (
            Step(("a",), ("x",), norm),
            Step(("b",), ("a", "v"), multiply),
            Step(("h",), ("b", "r"), add),
            _NORM,
            _WEIGHT,
        ),
        ("y", "h"),
    ),
    Cell(
        "heads",
        lambda rows, extent: {"q": (rows, extent), "w": (_HEAD,)},
        (
            Step(("h",), ("q",), lambda q: q.unflatten(-1, (-1, _HEAD))),
            _NORM,
            _WEIGHT,
        ),
        ("y",),
    ),
)
