# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reference values, inputs and the error measure of the accuracy tests.

The oracle is the C library in more precision than the result: f64 for results
of f32 and less, 80-bit floats for f64. mpmath checks the oracle itself.
"""

import math
from collections.abc import Callable
from typing import Any

import ml_dtypes
import mpmath as mp  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

WIDE = np.longdouble
if np.finfo(WIDE).nmant < 63:
    raise RuntimeError("the oracle for f64 needs a long double of 64 bits or more")


def erf_wide(x: Array, complement: bool) -> Array:
    """erf or erfc in 30 digits, which NumPy does not have."""
    out = np.empty(x.size, dtype=WIDE)
    with mp.workdps(30):
        for i, value in enumerate(x.ravel().tolist()):
            if abs(value) > 40:  # erfc(40) is below every f64 number
                limit = math.copysign(1, value)
                out[i] = 1 - limit if complement else limit
                continue
            exact = mp.erfc(value) if complement else mp.erf(value)
            head = float(exact)
            rest = exact - head if math.isfinite(head) and head else exact * 0
            out[i] = WIDE(head) + WIDE(float(rest))
    return out


def _elementwise(f: Callable[[float], float], x: Array) -> Array:
    return np.asarray(np.frompyfunc(f, 1, 1)(x)).astype(np.float64)


def _rsqrt(x: Array) -> Array:
    return 1 / np.sqrt(x)


def _round_away(x: Array) -> Array:
    t = np.trunc(x)
    return np.where(np.abs(x - t) >= 0.5, t + np.copysign(1, x), np.copysign(t, x))


UNARY: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "cbrt": np.cbrt,
    "rsqrt": _rsqrt,
    "sqrt": np.sqrt,
    "round": _round_away,
    "roundeven": np.rint,
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "erf": lambda x: erf_wide(x, complement=False),
    "erfc": lambda x: erf_wide(x, complement=True),
}
BINARY: dict[str, Callable[[Array, Array], Array]] = {"powf": np.power, "atan2": np.arctan2}
# Finite arguments beyond count as zero.
PERIODIC, PERIODIC_LIMIT = ("sin", "cos", "tan"), 2.0**50


def reference(name: str, x: Array, dtype: np.dtype[Any]) -> Array:
    """The function of `x` (in its own dtype) in more precision than `dtype`."""
    with np.errstate(all="ignore"):
        if name in ("erf", "erfc") and dtype != np.float64:
            return _elementwise(getattr(math, name), x.astype(np.float64))
        return UNARY[name](x.astype(WIDE if dtype == np.float64 else np.float64))


def ulp_of(values: Array, dtype: np.dtype[Any]) -> Array:
    """The distance of neighbours at a value of a binary format, in f64."""
    info = ml_dtypes.finfo(dtype)
    smallest = float(info.smallest_subnormal)
    magnitude = np.abs(values.astype(np.float64))
    exponent = np.frexp(magnitude)[1] - 1
    unit: Array = np.maximum(np.ldexp(1.0, exponent - info.nmant), smallest)
    return unit


def errors(actual: Array, wide: Array) -> Array:
    """Errors in ulp of the result type; inf where kind or sign is wrong."""
    dtype = actual.dtype
    with np.errstate(all="ignore"):
        rounded = wide.astype(dtype)
        got, want = actual.astype(wide.dtype), rounded.astype(np.float64)
        # A rounding of the reference itself may carry it up to infinity.
        largest = wide.dtype.type(ml_dtypes.finfo(dtype).max)
        difference = np.abs(got - wide) / ulp_of(rounded.astype(np.float64), dtype)
        result = np.where(np.isfinite(want), difference, 0.0).astype(np.float64)
        wrong = np.isnan(wide) != np.isnan(got)
        infinite = np.isinf(want) & ~np.isnan(wide)
        same = got == rounded.astype(wide.dtype)
        near = (np.abs(got) == largest) & np.isfinite(wide)
        wrong |= infinite & ~same & ~near
        # The largest number was near enough: infinity is one ulp above.
        above = np.isinf(got) & np.isfinite(want)
        result = np.where(above & (np.abs(want) == float(largest)), 1.0, result)
        wrong |= above & (np.abs(want) != float(largest))
        zero = (wide == 0) & (got == 0)
        wrong |= zero & (np.signbit(wide) != np.signbit(got))
        result = np.where(np.isnan(wide) & np.isnan(got), 0.0, result)
        return np.where(wrong, np.inf, result)


SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, np.inf, -np.inf, np.nan]
# fmt: off
LANDMARKS = [
    math.pi / 4, math.pi / 2, math.pi, 0.25, 0.4142135623730951, 0.55, 0.625, 2 / 3, 4 / 3, 4.0,
    8.0, 9.01, 10.0, 18.0, 20.0, 22.0, 27.2, 40.0, 87.3, 88.7228, 103.97, 104.0, 126.0, 127.0,
    128.0, 149.0, 150.0, 708.4, 709.78, 710.47, 745.1, 746.0, 1022.0, 1023.0, 1024.0, 1074.0,
    1075.0, 0.34657359, 0.70710678, 1.41421356, 2.41421356, 3.0, 5.0, 100.0, 1000.0, 1e5, 1e6,
    0.8, 0.9, 0.95, 1.05, 1.1, 6.0, 2.0**-27, 2.0**-28, 2.0**-12,
]
# fmt: on


def inputs(kind: Any, count: int, seed: int = 0) -> Array:
    """Random bits, random values at several scales, neighbourhoods of landmarks."""
    dtype: np.dtype[Any] = np.dtype(kind)
    rng = np.random.default_rng(seed)
    if dtype.itemsize <= 2:
        return np.arange(2 ** (8 * dtype.itemsize), dtype=f"u{dtype.itemsize}").view(dtype)
    integers = np.dtype(f"i{dtype.itemsize}")
    info = np.iinfo(integers)
    parts = [rng.integers(info.min, info.max, count // 4, dtype=integers).view(dtype)]
    for scale in (1e-3, 1.0, 10.0, 100.0, 800.0, 1e6):
        parts.append((rng.standard_normal(count // 8) * scale).astype(dtype))
    parts.append((1 + rng.standard_normal(count // 16) * 0.01).astype(dtype))
    near = np.array(LANDMARKS, dtype=dtype)
    near = np.concatenate([near, -near, np.arange(1, 200) * dtype.type(math.pi / 4)]).astype(dtype)
    steps = np.arange(-64, 65, dtype=integers)
    parts.append((near.view(integers)[:, None] + steps[None, :]).ravel().view(dtype))
    tiny = ml_dtypes.finfo(dtype).smallest_normal
    edge = np.array([tiny, -tiny, np.finfo(dtype).max, np.finfo(dtype).min, 1.0, -1.0], dtype=dtype)
    parts.append((edge.view(integers)[:, None] + steps[None, :]).ravel().view(dtype))
    parts.append(np.arange(0, 300, dtype=integers).view(dtype))
    parts.append(np.array(SPECIAL, dtype=dtype))
    return np.concatenate(parts)
