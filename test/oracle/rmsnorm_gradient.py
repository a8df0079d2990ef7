# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Gradients of the op's formula in a higher precision, with NumPy alone.

The chain rule written out for the definition in ``rmsnorm_oracle``; checked there
against finite differences (``test_oracle_gradient.py``). Shares nothing with the
compiler.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import rmsnorm_oracle as oracle
from numpy.typing import NDArray

Array = NDArray[Any]
EpsMode = Literal["inside", "clamp", "outside"]


@dataclass(frozen=True)
class Gradient:
    """A gradient and the magnitude of what is added up in it.

    Attributes:
        value: the gradient, not rounded.
        terms: per element, the sum of the absolute values of its terms. Rounding
            errors of the compute type are counted in ulps of it.
    """

    value: Array
    terms: Array


def unbroadcast(value: Array, shape: tuple[int, ...]) -> Array:
    """The sum over everything that a parameter of ``shape`` is broadcast to."""
    lead = value.ndim - len(shape)
    summed = value.sum(axis=tuple(range(lead))) if lead else value
    axes = tuple(i for i, extent in enumerate(shape) if extent == 1 and summed.shape[i] != 1)
    return summed.sum(axis=axes, keepdims=True) if axes else summed


def _sum(terms: Array, shape: tuple[int, ...]) -> Gradient:
    return Gradient(unbroadcast(terms, shape), unbroadcast(np.abs(terms), shape))


def rms_norm_backward(
    dy: Array,
    x: Array,
    weight: Array | None = None,
    *,
    axes: tuple[int, ...] = (-1,),
    eps: float | Array = 0.0,
    eps_mode: EpsMode = "inside",
    min_rms: float = 0.0,
    scale_shape: tuple[int, ...] | None = None,
    bias_shape: tuple[int, ...] | None = None,
    eps_shape: tuple[int, ...] | None = None,
) -> dict[str, Gradient]:
    """``dx`` and, where a shape is given, ``dscale``, ``dbias`` and ``deps``."""
    compute = np.float64 if x.dtype == np.float64 else np.float32
    wide: Any = np.longdouble if x.dtype == np.float64 else np.float64
    axes = tuple(sorted(axis % x.ndim for axis in axes))
    exact, upstream = x.astype(wide), dy.astype(wide)
    weighted = upstream if weight is None else upstream * weight.astype(wide)
    epsilon = np.asarray(eps).astype(compute).astype(wide)
    smallest = wide(compute(min_rms))
    with np.errstate(all="ignore"):
        count = wide(np.prod([x.shape[axis] for axis in axes]))
        ms = (exact * exact).sum(axis=axes, keepdims=True) / count
        q = np.sqrt(ms)
        # r, dr/dms and dr/deps.
        if eps_mode == "inside":
            r = np.sqrt(ms + epsilon)
            by_ms, by_eps = 0.5 / r, 0.5 / r
        elif eps_mode == "clamp":
            r = np.sqrt(np.maximum(ms, epsilon))
            above = ms > epsilon
            by_ms, by_eps = np.where(above, 0.5 / r, 0), np.where(above, 0, 0.5 / r)
        else:
            r = q + epsilon
            by_ms, by_eps = 0.5 / q, np.ones_like(r)
        d = np.maximum(r, smallest)
        acts = (min_rms > 0) & (r <= smallest)
        by_ms, by_eps = np.where(acts, 0, by_ms), np.where(acts, 0, by_eps)
        by_d = -weighted * exact / (d * d)  # dy/dd, times dy
        dms = np.broadcast_to(by_d * by_ms, x.shape).sum(axis=axes, keepdims=True)
        along = np.where(exact == 0, 0, 2 * exact / count * dms)
        size = np.abs(np.broadcast_to(by_d * by_ms, x.shape)).sum(axis=axes, keepdims=True)
        sizes = np.where(exact == 0, 0, np.abs(2 * exact / count) * size)
        result = {
            "dx": Gradient(weighted / d + along, np.abs(weighted / d) + sizes),
        }
        if scale_shape is not None:
            result["dscale"] = _sum(upstream * exact / d, scale_shape)
        if bias_shape is not None:
            result["dbias"] = _sum(upstream, bias_shape)
        if eps_shape is not None:
            result["deps"] = _sum(np.broadcast_to(by_d * by_eps, x.shape), eps_shape)
    return result


def problem(got: Array, gradient: Gradient, compute_ulps: float) -> str:
    """What is wrong with ``got``, "" if nothing.

    Allowed are one rounding to the output's dtype (half an ulp, and as much again
    where the compute type's error moves it across a tie) and ``compute_ulps`` ulps
    of the compute type at ``gradient.terms``.
    """
    if got.shape != gradient.value.shape:
        return f"shape {got.shape}, expected {gradient.value.shape}"
    if got.size == 0:
        return ""
    dtype = oracle.name_of(got.dtype)
    compute = "f64" if dtype == "f64" else "f32"
    rounded = oracle.round_to(gradient.value, dtype)
    wide = gradient.value.dtype
    with np.errstate(all="ignore"):
        allowed = 0.51 * oracle.ulp(np.abs(gradient.value), dtype)
        allowed = allowed + compute_ulps * oracle.ulp(gradient.terms, compute)
        distance = np.abs(got.astype(wide) - gradient.value)
        same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
    bad = ~same & ~(distance <= allowed)
    if not bad.any():
        return ""
    at = np.unravel_index(np.argmax(np.where(bad, distance / allowed, 0)), got.shape)
    where = tuple(int(i) for i in at)
    return (
        f"{int(bad.sum())} of {got.size} elements are wrong; at {where}: given {got[at]}, "
        f"expected {gradient.value[at]}, allowed {allowed[at]:g} of error"
    )
