# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The gradients that a norm must have: the chain rule in a higher precision.

Shares nothing with the compiler or with torch's autograd; checked against finite
differences by the tests. Roundings between count as the identity, the clamp as a constant.
"""

from typing import Any

import numpy as np

from rmsnorm.evaluate.formats import Array, name_of, round_to, tiny
from rmsnorm.evaluate.norm import Norm
from rmsnorm.evaluate.oracle import Expected, Forward


def unbroadcast(value: Array, shape: tuple[int, ...]) -> Array:
    """The sum over everything that a parameter of ``shape`` is broadcast to."""
    lead = value.ndim - len(shape)
    summed: Array = value.sum(axis=tuple(range(lead))) if lead else value
    axes = tuple(i for i, extent in enumerate(shape) if extent == 1 and summed.shape[i] != 1)
    return summed.sum(axis=axes, keepdims=True) if axes else summed


class _Backward:
    def __init__(self, norm: Norm, dy: Array, dsum: Array) -> None:
        self.norm = norm
        self.forward = Forward(norm)
        wide = self.forward.wide
        self.dy = dy.astype(wide)
        self.dsum = dsum.astype(wide) if norm.return_sum else None
        self.found: dict[str, Expected] = {}

    def put(self, name: str, value: Array, terms: Array, dtype: str) -> None:
        self.found[name] = Expected(value, np.maximum(terms, np.abs(value)), dtype, gradient=True)

    def summed(self, name: str, terms: Array, parameter: Array) -> None:
        """The gradient of a parameter: terms per element of x, added up."""
        shape = self.norm.aligned(parameter).shape
        terms = np.broadcast_to(terms, self.norm.x.shape)
        values = (unbroadcast(terms, shape), unbroadcast(np.abs(terms), shape))
        if shape != parameter.shape:  # back to the order in which it was given
            order = np.argsort([axis % self.norm.x.ndim for axis in self.norm.axes])
            extents = [parameter.shape[i] for i in order]
            value, size = (v.reshape(extents).transpose(np.argsort(order)) for v in values)
        else:
            value, size = values
        self.put(name, value, size, name_of(parameter.dtype))

    def along(self, by_d: Array) -> tuple[Array, Array]:
        """Through the mean square: what it adds to the gradient of what is normalised."""
        f, norm = self.forward, self.norm
        part = f.statistic()
        count = f.wide(np.prod([part.shape[axis] for axis in f.axes()]))
        # The d of ScaleNorm is the norm of the row, not its RMS.
        factor = f.wide(1 if norm.scale_norm is None else part.shape[-1])
        by_square = 0.5 * factor / f.d
        by_square = np.where(f.acts, 0, by_square)
        spread = np.broadcast_to(by_d * by_square, f.u.shape)
        values = []
        for terms, sign in ((spread, part), (np.abs(spread), np.abs(part))):
            if norm.groups > 1:
                terms = terms.reshape(part.shape)
            total = terms.sum(axis=f.axes(), keepdims=True)
            with np.errstate(invalid="ignore"):
                value = np.where(sign == 0, 0, 2 * sign / count * total)
            if norm.partial is not None:
                value = np.concatenate([value, np.zeros_like(f.u[..., norm.partial :])], axis=-1)
            values.append(value.reshape(f.u.shape))
        return values[0], values[1]

    def run(self) -> dict[str, Expected]:
        f, norm, dtype = self.forward, self.norm, self.norm.dtype
        after = f.act is not None and not norm.gate_before
        dt = self.dy * f.act if after else self.dy
        dn = dt if f.weight is None else dt * f.weight
        normed = round_to(f.n, dtype).astype(f.wide) if norm.cast_before_weight else f.n
        if norm.weight is not None:
            self.summed("dweight", dt * normed, norm.weight)
        if norm.bias is not None:
            self.summed("dbias", dt, norm.bias)
        with np.errstate(all="ignore"):
            by_d = -dn * f.u / (f.d * f.d)
            value, size = self.along(by_d)
            du = dn / f.d + value
            du_size = np.abs(dn / f.d) + size
        if isinstance(norm.eps, np.ndarray):
            by_eps = np.where(f.acts, 0, 0.5 / f.d)
            # Below the smallest epsilon, that one is used: a constant.
            kept = norm.aligned(norm.eps).astype(f.wide) >= tiny(norm.compute)
            self.summed("deps", np.where(kept, by_d * by_eps, 0), norm.eps)
        self._inputs(du, du_size, normed)
        return self.found

    def _inputs(self, du: Array, size: Array, normed: Array) -> None:
        """From the gradient of what is normalised to those of its parts."""
        f, norm, dtype = self.forward, self.norm, self.norm.dtype
        if f.act is not None:
            assert norm.gate is not None
            slope, steep = self._slope(norm.gate.astype(f.wide))
            if norm.gate_before:
                self.put("dgate", du * f.total * slope, size * np.abs(f.total) * steep, dtype)
                du, size = du * f.act, size * np.abs(f.act)
            else:
                t: Any = normed if f.weight is None else normed * f.weight
                terms = np.abs(t)
                if f.bias is not None:
                    t, terms = t + f.bias, terms + np.abs(f.bias)
                weighted = self.dy * slope
                self.put("dgate", weighted * t, np.abs(self.dy) * steep * terms, dtype)
        if self.dsum is not None:
            du, size = du + self.dsum, size + np.abs(self.dsum)
        self.put("dx", du, size, dtype)
        if f.residual is None:
            return
        self.put("dresidual", du * f.factor, size * np.abs(f.factor), dtype)
        if isinstance(norm.residual_scale, np.ndarray):
            self.summed("dresidual_scale", du * f.residual, norm.residual_scale)
            found = self.found["dresidual_scale"]
            # The terms of du cancel as well.
            shape = norm.aligned(norm.residual_scale).shape
            terms = unbroadcast(size * np.abs(f.residual), shape).reshape(found.unit.shape)
            self.put("dresidual_scale", found.value, terms, found.dtype)

    def _slope(self, gate: Array) -> tuple[Array, Array]:
        """The activation's derivative, and the absolute values of its terms added up."""
        with np.errstate(over="ignore"):
            sigmoid = 1 / (1 + np.exp(-gate))
        rest = sigmoid * (1 - sigmoid)
        # s(1 - s) = s - s²: terms that cancel where s is near 1.
        if self.norm.activation == "silu":
            return sigmoid + gate * rest, sigmoid + np.abs(gate * sigmoid)
        return rest, sigmoid


def gradients(norm: Norm) -> dict[str, Expected]:
    """Every gradient of ``norm`` for ``norm.upstream()``, by the names of ``norm.GRADIENTS``."""
    return _Backward(norm, *norm.upstream()).run()


def expected(norm: Norm) -> dict[str, Expected]:
    """Every result that a path has to give for a norm."""
    found = Forward(norm).results()
    if norm.backward:
        found |= gradients(norm)
    return found
