# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One norm with its arguments: what every path is asked to compute."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from rmsnorm.evaluate.formats import Array, compute_name, name_of, tiny

Results = dict[str, Array]
# Gradients by name, and the tensor of ``Norm`` that each belongs to.
GRADIENTS = {
    "dx": "x",
    "dresidual": "residual",
    "dweight": "weight",
    "dbias": "bias",
    "deps": "eps",
    "dresidual_scale": "residual_scale",
    "dgate": "gate",
}


@dataclass(frozen=True, eq=False)
class Norm:
    """Arguments of a norm, as those of ``rmsnorm.rms_norm`` and the modules.

    Attributes:
        name: what the report calls it.
        x: input of rank 1 or more.
        weight, bias: of exactly the normalised extents in the order of ``axes``, or of any
            shape that broadcasts to ``x`` from the right.
        eps: a number, None for the default, or an array: learnt, one per feature.
        axes: normalised axes.
        min_rms: smallest denominator; None: the default.
        weight_offset, cast_before_weight, residual, round_sum, return_sum: as documented there.
        residual_scale: a number, or an array: learnt.
        gate, activation, gate_before: a gate after the norm or before it.
        groups: parts of the last axis that are normalised by themselves.
        partial: number of leading elements that the statistic is taken of.
        quantised: dtype of the quantised result.
        scale_norm: the smallest norm of ScaleNorm, whose scale is ``weight``, of rank 0.
        backward: also compute the gradients of everything.
        recompute: the backward gets nothing that the forward computed.
        open_extents: the normalised extents are known only at run time.
        near_ties: exact results lie near the middle of two numbers by construction, so that
            it means nothing how many differ from the correctly rounded ones.
    """

    name: str
    x: Array
    weight: Array | None = None
    bias: Array | None = None
    eps: float | Array | None = 1e-6
    axes: tuple[int, ...] = (-1,)
    min_rms: float | None = None
    weight_offset: float = 0.0
    cast_before_weight: bool = False
    residual: Array | None = None
    residual_scale: float | Array = 1.0
    return_sum: bool = False
    round_sum: bool = False
    gate: Array | None = None
    activation: Literal["silu", "sigmoid"] = "silu"
    gate_before: bool = False
    groups: int = 1
    partial: int | None = None
    quantised: str | None = None
    scale_norm: float | None = None
    backward: bool = False
    recompute: bool = False
    open_extents: bool = False
    near_ties: bool = False

    @property
    def dtype(self) -> str:
        """The name of the input's dtype."""
        return name_of(self.x.dtype)

    @property
    def compute(self) -> str:
        """The name of the compute type."""
        return compute_name(self.dtype)

    @property
    def sorted_axes(self) -> tuple[int, ...]:
        """Non-negative axes in ascending order."""
        return tuple(sorted(axis % self.x.ndim for axis in self.axes))

    @property
    def learnt_eps(self) -> Array | None:
        """The epsilon per feature as it takes part: clamped from below, in the compute type."""
        if not isinstance(self.eps, np.ndarray):
            return None
        kind = np.float64 if self.compute == "f64" else np.float32
        clamped: Array = np.maximum(self.eps.astype(kind), kind(tiny(self.compute)))
        return clamped

    @property
    def plain_eps(self) -> float:
        """The epsilon that is a number; the default is the compute type's machine epsilon."""
        if self.eps is None:
            return float(2.0**-52 if self.compute == "f64" else 2.0**-23)
        return 0.0 if isinstance(self.eps, np.ndarray) else float(self.eps)

    @property
    def smallest(self) -> float:
        """``min_rms``, or its default: max(finfo(x).tiny, sqrt(finfo(compute).tiny))."""
        if self.min_rms is None:
            return float(max(tiny(self.dtype), tiny(self.compute) ** 0.5))
        return self.min_rms

    def aligned(self, parameter: Array) -> Array:
        """A parameter as it broadcasts to ``x`` from the right."""
        order = [axis % self.x.ndim for axis in self.axes]
        if parameter.shape != tuple(self.x.shape[axis] for axis in order) or not parameter.ndim:
            return parameter
        shape = [1] * self.x.ndim
        for axis in order:
            shape[axis] = self.x.shape[axis]
        return parameter.transpose(np.argsort(order)).reshape(shape)

    def upstream(self) -> tuple[Array, Array]:
        """The gradients of y and of the sum that backward cases start from."""
        rng = np.random.default_rng((self.x.size, 77))
        shape = self.x.shape
        kind = self.x.dtype
        return rng.standard_normal(shape).astype(kind), rng.standard_normal(shape).astype(kind)

    def renamed(self, name: str) -> "Norm":
        """The same norm by another name."""
        return replace(self, name=name)
