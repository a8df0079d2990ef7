# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Floating-point formats: rounding to them and counting in their ulps, with NumPy alone."""

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
    "i8": np.dtype(np.int8),
    "f8E4M3FN": np.dtype(ml_dtypes.float8_e4m3fn),
    "f8E5M2": np.dtype(ml_dtypes.float8_e5m2),
}
FLOATS = ("f16", "bf16", "f32", "f64")
HALVES = ("f16", "bf16")
# Stored mantissa bits, exponent of the smallest normal number, largest finite number.
_FORMATS = {
    "f16": (10, -14, 65504.0),
    "bf16": (7, -126, 3.3895313892515355e38),
    "f32": (23, -126, 3.4028234663852886e38),
    "f64": (52, -1022, 1.7976931348623157e308),
    "f8E4M3FN": (3, -6, 448.0),
    "f8E5M2": (2, -14, 57344.0),
}


def name_of(dtype: Any) -> str:
    """``"bf16"`` and so on for a NumPy dtype.

    Raises:
        TypeError: it is none of ``DTYPES``.
    """
    for name, known in DTYPES.items():
        if known == dtype:
            return name
    raise TypeError(f"dtype: given {dtype}, expected one of {', '.join(DTYPES)}")


def compute_name(dtype: str) -> str:
    """The compute type of an input's dtype: f64 for f64, else f32."""
    return "f64" if dtype == "f64" else "f32"


def wide_of(dtype: str) -> Any:
    """The type that the reference computes in: long double for f64, else f64."""
    return np.longdouble if dtype == "f64" else np.float64


def tiny(dtype: str) -> float:
    """The smallest normal number."""
    return float(2.0 ** _FORMATS[dtype][1])


def ulp(magnitude: Array, dtype: str) -> Array:
    """Distance of neighbouring numbers of ``dtype`` at ``magnitude``, which may be denormal."""
    bits, smallest, _ = _FORMATS[dtype]
    finite = np.where(np.isfinite(magnitude), magnitude, magnitude.dtype.type(1))
    exponent = np.frexp(finite)[1] - 1
    spacing: Array = np.ldexp(np.ones_like(finite), np.maximum(exponent, smallest) - bits)
    return spacing


def round_to(value: Array, dtype: str) -> Array:
    """Rounds once to nearest even, as an array of ``dtype``.

    A cast from f64 to bf16 by way of f32 would round twice, so this counts in ulps: the
    quotient is exact, and rint rounds it as wanted.
    """
    if dtype == "i8":
        return np.clip(np.rint(value), -128, 127).astype(np.int8)
    if dtype == "f64":
        return value.astype(np.float64)  # NumPy rounds long doubles once
    step = ulp(np.abs(value), dtype)
    with np.errstate(all="ignore"):
        rounded = np.where(np.isfinite(value), np.rint(value / step) * step, value)
        largest = _FORMATS[dtype][2]
        rounded = np.where(np.abs(rounded) > largest, np.sign(rounded) * np.inf, rounded)
        return rounded.astype(np.float64).astype(DTYPES[dtype])


def encode(value: Array | float, dtype: str) -> Array:
    """``round_to`` for making inputs."""
    return round_to(np.asarray(value, np.float64), dtype)
