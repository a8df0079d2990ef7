# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Float64 oracle of the kernels in kernels.py, and the measure of requirements §4.

Shares nothing with the compiler: plain NumPy on the definition.
"""

from __future__ import annotations

import numpy as np
from kernels import EPS, Form

_MANTISSA = {"f16": 10, "bf16": 7, "f32": 23, "f64": 52}
_MIN_EXPONENT = {"f16": -14, "bf16": -126, "f32": -126, "f64": -1022}
_STORAGE = {"f16": np.uint16, "bf16": np.uint16, "f32": np.float32, "f64": np.float64}


def round_to(values: np.ndarray, dtype: str) -> np.ndarray:
    """Nearest value of ``dtype``, ties to even, as float64 (wide: longdouble kept)."""
    wide = np.asarray(values)
    if dtype == "f64":
        return wide.astype(np.float64)
    _, exponent = np.frexp(wide)
    step = np.ldexp(1.0, np.maximum(exponent - 1, _MIN_EXPONENT[dtype]) - _MANTISSA[dtype])
    with np.errstate(invalid="ignore"):
        rounded = np.where(np.isfinite(wide), np.rint(wide / step) * step, wide)
    return rounded.astype(np.float64)


def ulp(values: np.ndarray, dtype: str) -> np.ndarray:
    _, exponent = np.frexp(np.abs(values))
    exponent = np.maximum(exponent - 1, _MIN_EXPONENT[dtype])
    return np.ldexp(np.ones_like(values, dtype=np.float64), exponent - _MANTISSA[dtype])


def encode(values: np.ndarray, dtype: str) -> np.ndarray:
    """Exact values of ``dtype`` to what goes into the .npy file."""
    if dtype == "f16":
        return values.astype(np.float16)
    if dtype == "bf16":
        return (values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).view("V2")
    return values.astype(_STORAGE[dtype])


def decode(array: np.ndarray, dtype: str) -> np.ndarray:
    if dtype == "bf16":
        bits = np.frombuffer(array.tobytes(), np.uint16).astype(np.uint32) << 16
        return bits.view(np.float32).reshape(array.shape).astype(np.float64)
    return array.astype(np.float64)


def make_inputs(form: Form, regime: str, rng: np.random.Generator) -> list[tuple[np.ndarray, str]]:
    """Inputs as float64 arrays of exact values, with their dtypes."""

    def values(shape, dtype, kind):
        raw = rng.standard_normal(shape)
        if kind == "outlier":
            raw = raw * 1e-2
            if raw.size:
                raw[..., rng.integers(raw.shape[-1])] *= 1e4
        elif kind == "constant":
            raw = np.full(shape, 1.1)
        elif kind == "zeros":
            raw = np.zeros(shape)
        elif kind == "small":
            raw = raw * 1e-4
        return round_to(raw, dtype)

    full = form.extents
    params = tuple(form.extents[i] for i in form.param_dims)
    inputs = [(values(full, form.dtype, regime), form.dtype)]
    if form.residual:
        inputs.append((values(full, form.dtype, "normal"), form.dtype))
    if form.scale:
        inputs.append((round_to(1.0 + 0.1 * rng.standard_normal(params), form.scale), form.scale))
    if form.bias:
        inputs.append((values(params, form.bias, "normal"), form.bias))
    return inputs


def expected(
    form: Form, inputs: list[tuple[np.ndarray, str]]
) -> list[tuple[np.ndarray, np.ndarray, str]]:
    """For each output: its exact value, the magnitude that sets the unit of error, its dtype."""
    wide = np.longdouble if form.dtype == "f64" else np.float64
    queue = [array.astype(wide) for array, _ in inputs]
    x = queue.pop(0)
    axes = form.reduced
    kept = None
    if form.residual:
        x = x + queue.pop(0)
        kept = x
        if form.round_sum:
            x = round_to(x, form.dtype).astype(wide)
    with np.errstate(invalid="ignore", divide="ignore"):
        root = np.sqrt(
            (x * x).sum(axis=axes, keepdims=True) / wide(max(form.row_length, 1)) + wide(EPS)
        )
        y = x / root

        # Parameters align with the loops that index them.
        def spread(parameter):
            shape = [
                form.extents[i] if i in form.param_dims else 1 for i in range(len(form.extents))
            ]
            return parameter.reshape(shape)

        magnitude = np.abs(y)
        if form.scale:
            y = y * spread(queue.pop(0))
            magnitude = np.abs(y)
        if form.bias:
            bias = spread(queue.pop(0))
            y = y + bias
            magnitude = np.maximum(np.maximum(magnitude, np.abs(bias)), np.abs(y))
        outputs = []
        if form.amax:
            largest = np.abs(y).max(axis=axes, keepdims=True, initial=-np.inf)
            outputs.append((y / largest, magnitude / largest, form.dtype))
        else:
            outputs.append((y, magnitude, form.dtype))
    if kept is not None:
        outputs.append((kept, np.abs(kept), form.dtype))
    if form.amax:
        squeezed = np.squeeze(largest, axis=axes)
        outputs.append((squeezed, squeezed, form.compute))
    return outputs


def compare(
    got: np.ndarray, want: np.ndarray, magnitude: np.ndarray, dtype: str
) -> tuple[float, int]:
    """Worst error in ulps and the number of elements that are not correctly rounded."""
    if got.size == 0:
        return 0.0, 0
    rounded = round_to(want, dtype)
    finite = np.isfinite(rounded) & np.isfinite(got)
    if not np.array_equal(np.isnan(rounded), np.isnan(got)) or not np.array_equal(
        rounded[~finite], got[~finite], equal_nan=True
    ):
        return float("inf"), got.size
    unit = ulp(np.asarray(magnitude, dtype=np.float64), dtype)
    error = np.abs(got.astype(want.dtype) - want)[finite] / unit[finite]
    differ = (got != rounded)[finite]
    return float(error.max(initial=0.0)), int(differ.sum())


def limits(dtype: str) -> tuple[float, float]:
    """Requirements §4: worst error in ulps, share of differing elements."""
    return (1.0, 0.01) if dtype in ("f16", "bf16") else (4.0, 1.0)
