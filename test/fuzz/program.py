# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tensor programs as MLIR and, in the same steps, as NumPy computations.

Every step is evaluated in float64. A result of type f16, bf16 or (when asked)
f32 is rounded to its type; nothing of the compiler is used.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

DTYPES: dict[str, Any] = {
    "f16": np.dtype(np.float16),
    "bf16": np.dtype(ml_dtypes.bfloat16),
    "f32": np.dtype(np.float32),
    "f64": np.dtype(np.float64),
    "i64": np.dtype(np.int64),
    "i32": np.dtype(np.int32),
    "i8": np.dtype(np.int8),
    "i1": np.dtype(np.bool_),
}
FLOATS = ("f16", "bf16", "f32", "f64")
EPSILON = {"f16": 2.0**-11, "bf16": 2.0**-8, "f32": 2.0**-24, "f64": 2.0**-53}


@dataclass(frozen=True)
class Dim:
    """An extent: its value when the program runs, and how the text calls it.

    ``text`` is a number (static) or an SSA value of type index (dynamic).
    """

    size: int
    text: str

    @property
    def static(self) -> bool:
        return not self.text.startswith("%")


@dataclass(eq=False)
class Tensor:
    """A value of the program.

    ``coarsest`` is the least precise float type on the way to it.
    """

    name: str
    dims: tuple[Dim, ...]
    dtype: str
    coarsest: str

    @property
    def type(self) -> str:
        extents = "".join(f"{d.text if d.static else '?'}x" for d in self.dims)
        return f"tensor<{extents}{self.dtype}>"

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(d.size for d in self.dims)


class Numbers:
    """How the result of a step is rounded: exactly, or with a random relative error."""

    def __init__(self, rng: np.random.Generator | None) -> None:
        self.rng = rng

    def __call__(self, value: Array, dtype: str) -> Array:
        if dtype not in FLOATS:
            return value.astype(DTYPES[dtype])
        value = np.asarray(value, np.float64)
        if self.rng is not None:
            step = EPSILON["f64" if dtype == "f64" else "f32"]
            value = value * (1 + 2 * step * self.rng.uniform(-1, 1, value.shape))
        if dtype in ("f16", "bf16"):
            with np.errstate(over="ignore"):
                value = value.astype(DTYPES[dtype]).astype(np.float64)
        return value


Step = Callable[[dict[str, Array], Numbers], None]


@dataclass
class Program:
    """A function ``@name`` under construction."""

    name: str
    lines: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    arguments: list[Tensor] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    results: list[Tensor] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    _numbers: Any = field(default_factory=itertools.count)

    def fresh(self) -> str:
        return f"%v{next(self._numbers)}"

    def line(self, text: str) -> None:
        self.lines.append("  " + text)

    def argument(self, dims: Sequence[Dim], dtype: str) -> Tensor:
        tensor = Tensor(f"%a{len(self.arguments)}", tuple(dims), dtype, dtype)
        self.arguments.append(tensor)
        self.tensors.append(tensor)
        return tensor

    def constant(self, value: str, dtype: str) -> str:
        name = self.fresh()
        self.line(f"{name} = arith.constant {value} : {dtype}")
        return name

    def empty(self, dims: Sequence[Dim], dtype: str) -> Tensor:
        out = Tensor(self.fresh(), tuple(dims), dtype, dtype)
        sizes = ", ".join(d.text for d in dims if not d.static)
        self.line(f"{out.name} = tensor.empty({sizes}) : {out.type}")
        return out

    def filled(self, dims: Sequence[Dim], dtype: str, value: str) -> Tensor:
        out = self.empty(dims, dtype)
        name = self.fresh()
        scalar = self.constant(value, dtype)
        self.line(
            f"{name} = linalg.fill ins({scalar} : {dtype}) "
            f"outs({out.name} : {out.type}) -> {out.type}"
        )
        return Tensor(name, out.dims, dtype, dtype)

    def result(
        self,
        name: str,
        dims: Sequence[Dim],
        dtype: str,
        sources: Sequence[Tensor],
        compute: Callable[..., Array],
    ) -> Tensor:
        """Registers the value ``name``: ``compute(*sources)`` rounded to ``dtype``."""
        order = ("f64", "f32", "f16", "bf16")
        floats = [s.coarsest for s in sources if s.coarsest in FLOATS]
        floats += [dtype] if dtype in FLOATS else []
        coarsest = max(floats, key=order.index) if floats else dtype
        tensor = Tensor(name, tuple(dims), dtype, coarsest)
        names = [s.name for s in sources]

        def step(values: dict[str, Array], numbers: Numbers) -> None:
            with np.errstate(all="ignore"):
                value = compute(*(values[n] for n in names))
            values[name] = numbers(value, dtype)

        self.steps.append(step)
        self.tensors.append(tensor)
        return tensor

    def inexact(self, source: Tensor) -> Tensor:
        """``source`` as the terms of a sum: random errors affect each by itself."""
        kind = "f64" if source.dtype == "f64" else "f32"
        name = f"{source.name}_in_{next(self._numbers)}"
        terms = self.result(name, source.dims, kind, [source], lambda v: v)
        self.tensors.remove(terms)
        return terms

    def text(self) -> str:
        arguments = ", ".join(f"{a.name}: {a.type}" for a in self.arguments)
        results = ", ".join(r.type for r in self.results)
        names = ", ".join(r.name for r in self.results)
        body = "\n".join(self.lines)
        return (
            f"func.func @{self.name}({arguments}) -> ({results}) {{\n{body}\n"
            f"  return {names} : {results}\n}}\n"
        )

    def evaluate(self, inputs: Sequence[Array], rng: np.random.Generator | None) -> list[Array]:
        """The results, exact but for declared roundings, or with random errors."""
        values: dict[str, Array] = {}
        for argument, given in zip(self.arguments, inputs, strict=True):
            values[argument.name] = given.astype(np.float64) if argument.dtype in FLOATS else given
        numbers = Numbers(rng)
        for step in self.steps:
            step(values, numbers)
        return [values[r.name] for r in self.results]
