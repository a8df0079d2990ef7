# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a norm must give, in a higher precision, with NumPy alone.

Written from the definition; shares nothing with the compiler or with torch. f16, bf16 and
f32 are computed in f64, f64 in long double. Roundings that are part of the meaning (the
rounded sum, the cast before the weight) are made where the definition has them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rmsnorm.evaluate.formats import DTYPES, Array, round_to, wide_of
from rmsnorm.evaluate.norm import Norm


@dataclass(frozen=True)
class Expected:
    """An exact result.

    Attributes:
        value: not rounded to the dtype of the output.
        unit: magnitude in whose ulps errors are counted: ``max(|x/d*g|, |b|, |y|)`` for y, so
            that a bias (or a residual) may cancel; the sum of the absolute values of what is
            added up for a gradient.
        dtype: of the output.
        gradient: whether it is one.
    """

    value: Array
    unit: Array
    dtype: str
    gradient: bool = False


class Forward:
    """The forward, step by step; the gradient needs the steps too."""

    def __init__(self, norm: Norm) -> None:
        self.norm = norm
        self.wide: Any = wide_of(norm.dtype)
        self.compute: Any = DTYPES[norm.compute]
        x = norm.x
        self.x = x.astype(self.wide)
        self.residual = None if norm.residual is None else norm.residual.astype(self.wide)
        self.factor = self._factor()
        self.total, self.total_unit = self._total()
        self.act: Any = None if norm.gate is None else self._activation(norm.gate.astype(self.wide))
        before = norm.gate is not None and norm.gate_before
        self.u = self.total * self.act if before else self.total
        self.u_unit: Array = self.total_unit
        if self.act is not None and before:
            self.u_unit = self.u_unit * np.abs(self.act)
        self.d, self.acts = self._denominator()
        with np.errstate(all="ignore"):
            self.n = self.u / self.d
        self.weight = self._weight()
        self.bias = self._parameter(norm.bias)

    def _parameter(self, given: Array | None) -> Any:
        """A parameter in the wide type, aligned; in groups where the input is."""
        return None if given is None else self.norm.aligned(given).astype(self.wide)

    def _weight(self) -> Any:
        weight = self._parameter(self.norm.weight)
        return None if weight is None else weight + self.wide(self.norm.weight_offset)

    def _factor(self) -> Any:
        given = self.norm.residual_scale
        if isinstance(given, np.ndarray):
            return self._parameter(given)
        return self.wide(self.compute.type(given))

    def _total(self) -> tuple[Array, Array]:
        if self.residual is None:
            return self.x, np.abs(self.x)
        addend = self.residual * self.factor
        unit = np.maximum(np.abs(self.x), np.abs(addend))
        if not self.norm.round_sum:
            return self.x + addend, unit
        # Rounded in the compute type first, as everything is.
        rounded = (self.x.astype(self.compute) + addend.astype(self.compute)).astype(self.wide)
        return round_to(rounded, self.norm.dtype).astype(self.wide), np.abs(rounded)

    def _activation(self, gate: Array) -> Array:
        with np.errstate(over="ignore"):
            sigmoid = 1 / (1 + np.exp(-gate))
        result: Array = gate * sigmoid if self.norm.activation == "silu" else sigmoid
        return result

    def statistic(self) -> Array:
        """What the mean of the squares is taken of, with the axes it is taken along."""
        if self.norm.partial is not None:
            return self.u[..., : self.norm.partial]
        if self.norm.groups > 1:
            return self.u.reshape(*self.u.shape[:-1], self.norm.groups, -1)
        return self.u

    def spread(self, rows: Array) -> Array:
        """Something per row (or per group) as it broadcasts to the input."""
        if self.norm.groups > 1:
            rows = np.repeat(rows[..., 0], self.u.shape[-1] // self.norm.groups, axis=-1)
        return rows

    def axes(self) -> tuple[int, ...]:
        """The axes of ``statistic()``."""
        return (-1,) if self.norm.groups > 1 else self.norm.sorted_axes

    def _denominator(self) -> tuple[Array, Array]:
        part = self.statistic()
        with np.errstate(all="ignore"):
            count = self.wide(max(np.prod([part.shape[axis] for axis in self.axes()]), 1))
            square = np.square(part).sum(axis=self.axes(), keepdims=True) / count
            if self.norm.scale_norm is not None:
                root = self.wide(self.x.shape[-1]) ** self.wide(0.5)
                d = np.maximum(np.sqrt(square), self.wide(self.norm.scale_norm) / root)
                return d * root, np.sqrt(square) * root <= self.wide(self.norm.scale_norm)
            learnt = self.norm.learnt_eps
            if learnt is not None:
                epsilon = self.norm.aligned(learnt).astype(self.wide)
            else:
                epsilon = self.wide(self.compute.type(self.norm.plain_eps))
            root = np.sqrt(self.spread(square) + epsilon)
            smallest = self.wide(self.compute.type(self.norm.smallest))
            return np.maximum(root, smallest), root <= smallest

    def results(self) -> dict[str, Expected]:
        """y, and the sum, or the quantised rows and their scales."""
        norm, dtype = self.norm, self.norm.dtype
        n, unit = self.n, np.abs(self.u_unit / self.d)
        lo = dtype if norm.cast_before_weight else None

        def step(value: Array) -> Array:
            return value if lo is None else round_to(value, lo).astype(self.wide)

        y = step(n)
        if self.weight is not None:
            y, unit = step(y * self.weight), unit * np.abs(self.weight)
        if self.bias is not None:
            y = step(y + self.bias)
            unit = np.maximum(unit, np.abs(self.bias))
        if self.act is not None and not norm.gate_before:
            y, unit = y * self.act, unit * np.abs(self.act)
        unit = np.maximum(np.broadcast_to(unit, y.shape), np.abs(y))
        if norm.quantised is not None:
            return self._quantised(y, unit)
        found = {"y": Expected(y, unit, dtype)}
        if norm.return_sum:
            found["sum"] = Expected(self.total, self.total_unit, dtype)
        return found

    def _quantised(self, y: Array, unit: Array) -> dict[str, Expected]:
        name = self.norm.quantised
        assert name is not None
        limit = {"i8": 127.0, "f8E4M3FN": 448.0, "f8E5M2": 57344.0}[name]
        largest = np.abs(y).max(axis=-1, keepdims=True) / self.wide(limit)
        scale = np.maximum(largest, self.wide(np.finfo(self.compute).tiny))
        q = np.clip(y / scale, -limit, limit)
        return {
            "q": Expected(q, np.maximum(np.abs(q), 1), name),
            "scale": Expected(scale, scale, self.norm.compute),
        }
