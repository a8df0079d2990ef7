# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the op's formula gives, in a higher precision, with NumPy alone.

Shares nothing with the compiler. f16, bf16 and f32 are computed in f64; f64
in the platform's long double (64-bit mantissa on x86).
"""

from dataclasses import dataclass
from typing import Any, Literal

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

DTYPES: dict[str, Any] = {
    "f16": np.dtype(np.float16),
    "bf16": np.dtype(ml_dtypes.bfloat16),
    "f32": np.dtype(np.float32),
    "f64": np.dtype(np.float64),
}
# Stored mantissa bits and the exponent of the smallest normal number.
_FORMAT = {"f16": (10, -14), "bf16": (7, -126), "f32": (23, -126), "f64": (52, -1022)}


def name_of(dtype: Any) -> str:
    """``"bf16"`` and so on for a NumPy dtype."""
    for name, known in DTYPES.items():
        if known == dtype:
            return name
    raise TypeError(f"dtype: given {dtype}, expected one of {', '.join(DTYPES)}")


@dataclass(frozen=True)
class Reference:
    """The exact result, and the magnitude in whose ulps errors are counted.

    Attributes:
        value: the result, not rounded to the output's dtype.
        unit: ``max(|x/d*g|, |b|, |y|)`` per element.
    """

    value: Array
    unit: Array


def _sum_of_squares(x: Array, axes: tuple[int, ...], compute: Any) -> Array:
    """Exact where that is finite and normal in ``compute``; else as ``compute`` itself has it."""
    moved = np.moveaxis(x, axes, range(-len(axes), 0))
    kept = moved.shape[: x.ndim - len(axes)]
    count = int(np.prod(moved.shape[len(kept) :]))
    flat = np.ascontiguousarray(moved).reshape(*kept, count)
    with np.errstate(all="ignore"):
        total = np.sum(flat * flat, axis=-1)  # pairwise: the axis is contiguous
        squares = flat.astype(compute)
        underflown = np.sum((squares * squares).astype(x.dtype), axis=-1)
    limits = np.finfo(compute)
    total = np.where(total < limits.tiny, underflown, total)
    total = np.where(total > limits.max, np.inf, total)
    return total.reshape([1 if a in axes else n for a, n in enumerate(x.shape)])


def rms_norm(
    x: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    *,
    axes: tuple[int, ...] = (-1,),
    eps: float | Array = 0.0,
    eps_mode: Literal["inside", "clamp", "outside"] = "inside",
    min_rms: float = 0.0,
) -> Reference:
    """The formula of ``rmsnorm.rms_norm``; ``x`` in one of ``DTYPES``."""
    compute = np.float64 if x.dtype == np.float64 else np.float32
    wide: Any = np.longdouble if x.dtype == np.float64 else np.float64
    axes = tuple(sorted(axis % x.ndim for axis in axes))
    count = int(np.prod([x.shape[axis] for axis in axes]))
    exact = x.astype(wide)
    # Constants are constants of the compute type.
    epsilon = np.asarray(eps).astype(compute).astype(wide)
    smallest = wide(compute(min_rms))
    with np.errstate(all="ignore"):
        mean = _sum_of_squares(exact, axes, compute) / wide(count)
        if eps_mode == "inside":
            denominator = np.sqrt(mean + epsilon)
        elif eps_mode == "clamp":
            denominator = np.sqrt(np.maximum(mean, epsilon))
        else:
            denominator = np.sqrt(mean) + epsilon
        denominator = np.maximum(denominator, smallest)
        value = exact / denominator
        if weight is not None:
            value = value * weight.astype(wide)
        unit = np.abs(value)
        if bias is not None:
            value = value + bias.astype(wide)
            unit = np.maximum(np.maximum(unit, np.abs(bias.astype(wide))), np.abs(value))
    return Reference(value, unit)


def round_to(value: Array, dtype: str) -> Array:
    """Rounds once, to nearest even."""
    with np.errstate(all="ignore"):
        if dtype != "bf16":
            return value.astype(DTYPES[dtype])
        # By way of f32 rounded to odd, which cannot round twice.
        near = value.astype(np.float32)
        bits = near.view(np.uint32).copy()
        inexact = np.isfinite(value) & (near.astype(np.float64) != value)
        away = inexact & (np.abs(near.astype(np.float64)) > np.abs(value))
        bits[away] -= 1
        bits[inexact] |= 1
        return bits.view(np.float32).astype(DTYPES["bf16"])


def ulp(magnitude: Array, dtype: str) -> Array:
    """Distance of neighbouring numbers of ``dtype`` at ``magnitude``."""
    bits, smallest = _FORMAT[dtype]
    exponent = np.frexp(np.where(np.isfinite(magnitude), magnitude, 1.0))[1] - 1
    spacing: Array = np.ldexp(np.ones_like(magnitude), np.maximum(exponent, smallest) - bits)
    return spacing


@dataclass(frozen=True)
class Errors:
    """How far a result is from the reference.

    Attributes:
        worst: largest error in ulps of the unit; infinite where NaN or infinity
            are not where the reference has them.
        differing: number of elements other than the correctly rounded ones.
        size: number of elements.
    """

    worst: float
    differing: int
    size: int

    def __add__(self, other: "Errors") -> "Errors":
        """The errors of both results together."""
        return Errors(
            max(self.worst, other.worst),
            self.differing + other.differing,
            self.size + other.size,
        )

    def worst_within(self, dtype: str) -> bool:
        """No element off by more than 1 ulp (half types) or 4 ulp (the others)."""
        return self.worst <= (1.0 if dtype in ("f16", "bf16") else 4.0)

    def within_requirements(self, dtype: str) -> bool:
        """1 ulp, and 1 % other than correctly rounded, for half types; 4 ulp for the others.

        A share says something of many elements only: of fewer than a hundred none may
        differ. Add the errors of small results up before asking.
        """
        few = dtype not in ("f16", "bf16") or self.differing <= 0.01 * self.size
        return self.worst_within(dtype) and few


def compare(got: Array, reference: Reference) -> Errors:
    """Errors of ``got``, in the output's dtype, of the reference's shape."""
    if got.shape != reference.value.shape:
        raise ValueError(f"got: shape {got.shape}, expected {reference.value.shape}")
    dtype = name_of(got.dtype)
    if got.size == 0:
        return Errors(0.0, 0, 0)
    rounded = round_to(reference.value, dtype)
    wide = reference.value.dtype
    same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
    comparable = np.isfinite(got.astype(wide)) & np.isfinite(reference.value)
    with np.errstate(all="ignore"):
        distance = np.abs(got.astype(wide) - reference.value) / ulp(reference.unit, dtype)
    # At the border to infinity both neighbours of the exact value are right.
    errors = np.where(same, np.minimum(distance, 0.5), np.where(comparable, distance, np.inf))
    errors = np.where(same & ~comparable, 0.0, errors)
    return Errors(float(np.max(errors)), int(np.sum(~same)), got.size)
