# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Builds a function of linalg on tensors and, side by side, what it computes.

Every operation appends MLIR as an importer would write it and evaluates its
meaning with NumPy in double precision, rounded to the operation's type after each
step; only the norm itself is rounded once. Shares no code with the compiler.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

DTYPES: dict[str, Any] = {
    "f64": np.dtype(np.float64),
    "f32": np.dtype(np.float32),
    "f16": np.dtype(np.float16),
    "bf16": np.dtype(ml_dtypes.bfloat16),
    "f8E4M3FN": np.dtype(ml_dtypes.float8_e4m3fn),
    "f8E5M2": np.dtype(ml_dtypes.float8_e5m2),
    "i8": np.dtype(np.int8),
    "i32": np.dtype(np.int32),
    "i64": np.dtype(np.int64),
}
BITS = {"f64": 64, "f32": 32, "f16": 16, "bf16": 16, "f8E4M3FN": 8, "f8E5M2": 8}
BITS |= {"i8": 8, "i32": 32, "i64": 64}


def rounded(values: Array, dtype: str) -> Array:
    """The values in double precision, rounded to nearest even in ``dtype``."""
    if dtype.startswith("f8"):
        # Two steps of the library would round twice; one step from f32 is exact enough
        # only where the value is an f32, which it is here: bodies compute in f32.
        values = values.astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        return values.astype(DTYPES[dtype]).astype(np.float64)


@dataclass(frozen=True)
class Tensor:
    """A value of the function; ``exact`` is what it holds in double precision."""

    name: str
    shape: tuple[int | None, ...]  # None: known only at run time
    dtype: str
    exact: Array

    @property
    def type(self) -> str:
        sizes = ["?" if extent is None else str(extent) for extent in self.shape]
        return f"tensor<{'x'.join([*sizes, self.dtype])}>"

    @property
    def bytes(self) -> int:
        """Bytes of the tensor, as it was evaluated."""
        return int(np.prod(self.exact.shape)) * BITS[self.dtype] // 8


@dataclass
class Graph:
    """A function under construction; the number of rows is 2 or 3, whatever the type says."""

    name: str
    lines: list[str] = field(default_factory=list)
    arguments: list[Tensor] = field(default_factory=list)
    results: list[Tensor] = field(default_factory=list)
    seed: int = 0

    def fresh(self) -> str:
        return f"%v{len(self.lines)}"

    def emit(self, text: str) -> str:
        name = self.fresh()
        self.lines.append(f"  {name} = {text}")
        return name

    def argument(
        self, shape: Sequence[int | None], dtype: str, values: Array | None = None, rows: int = 3
    ) -> Tensor:
        """A new argument; random normal numbers, or integers over the whole range."""
        extents = [rows if extent is None else extent for extent in shape]
        rng = np.random.default_rng((self.seed, len(self.arguments)))
        if values is None:
            values = (
                rng.integers(-127, 128, extents).astype(np.float64)
                if dtype.startswith("i")
                else rng.standard_normal(extents)
            )
        tensor = Tensor(f"%arg{len(self.arguments)}", tuple(shape), dtype, rounded(values, dtype))
        self.arguments.append(tensor)
        return tensor

    def inputs(self) -> list[Array]:
        return [a.exact.astype(DTYPES[a.dtype]) for a in self.arguments]

    def size(self, tensor: Tensor, dim: int) -> str:
        """An extent as an operand: a number, or the name of one."""
        extent = tensor.shape[dim]
        if extent is not None:
            return str(extent)
        index = self.emit(f"arith.constant {dim} : index")
        return self.emit(f"tensor.dim {tensor.name}, {index} : {tensor.type}")

    def empty(self, like: Sequence[tuple[Tensor, int]], dtype: str) -> tuple[str, str]:
        """A tensor with the extents of the given dimensions: its name and type."""
        shape = tuple(tensor.shape[dim] for tensor, dim in like)
        sizes = [self.size(t, d) for t, d in like if t.shape[d] is None]
        type_text = Tensor("", shape, dtype, np.empty(0)).type
        return self.emit(f"tensor.empty({', '.join(sizes)}) : {type_text}"), type_text

    def generic(
        self,
        operands: Sequence[tuple[Tensor, Sequence[int]]],
        body: Sequence[str],
        result: str,
        dtype: str,
        value: Array,
        reduce: bool = False,
        init: str | None = None,
    ) -> Tensor:
        """An elementwise operation, or a reduction over the last loop.

        Args:
            operands: tensors with the loops that index them.
            body: lines; ``{0}`` is the element of operand 0 and so on, ``{o}`` the accumulator.
            result: what the body yields.
            value: what the operation computes, not yet rounded.
        """
        loops = max(max(dims, default=-1) for _, dims in operands) + 1
        kept = list(range(loops - 1 if reduce else loops))
        like = [next((t, list(d).index(loop)) for t, d in operands if loop in d) for loop in kept]
        empty, type_text = self.empty(like, dtype)
        if reduce:
            constant = self.emit(f"arith.constant {init} : {dtype}")
            empty = self.emit(
                f"linalg.fill ins({constant} : {dtype}) outs({empty} : {type_text}) -> {type_text}"
            )
        names = ", ".join(f"d{i}" for i in range(loops))
        maps = [
            f"affine_map<({names}) -> ({', '.join(f'd{d}' for d in dims)})>"
            for dims in [*(d for _, d in operands), kept]
        ]
        kinds = ['"parallel"' if loop in kept else '"reduction"' for loop in range(loops)]
        elements = {str(i): f"%in{i}" for i in range(len(operands))}
        arguments = [f"%in{i}: {t.dtype}" for i, (t, _) in enumerate(operands)]
        text = "\n".join(f"    {line.format(*elements.values(), o='%out')}" for line in body)
        name = self.emit(
            f"linalg.generic {{indexing_maps = [{', '.join(maps)}], "
            f"iterator_types = [{', '.join(kinds)}]}} "
            f"ins({', '.join(t.name for t, _ in operands)} : "
            f"{', '.join(t.type for t, _ in operands)}) outs({empty} : {type_text}) {{\n"
            f"  ^bb0({', '.join([*arguments, f'%out: {dtype}'])}):\n{text}\n"
            f"    linalg.yield {result} : {dtype}\n  }} -> {type_text}"
        )
        shape = tuple(t.shape[d] for t, d in like)
        return Tensor(name, shape, dtype, value)

    def view(self, text: str, shape: Sequence[int | None], tensor: Tensor, value: Array) -> Tensor:
        """A reshape, slice or concatenation."""
        return Tensor(self.emit(text), tuple(shape), tensor.dtype, value)

    def output(self, *tensors: Tensor) -> None:
        self.results.extend(tensors)

    def text(self) -> str:
        arguments = ", ".join(f"{a.name}: {a.type}" for a in self.arguments)
        types = ", ".join(r.type for r in self.results)
        names = ", ".join(r.name for r in self.results)
        return "\n".join(
            [
                f"func.func @main({arguments}) -> ({types}) {{",
                *self.lines,
                f"  return {names} : {types}",
                "}",
                "",
            ]
        )


Build = Callable[[Graph], None]
