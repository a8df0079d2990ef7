# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The oracle against rational arithmetic: it must itself be right."""

import math
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
import rmsnorm_oracle as oracle


def exact_row(row: list[float], eps: float, weight: list[float]) -> list[float]:
    """The norm of one row in rationals, but for the square root, which has 120 bits."""
    squares = sum((Fraction(v) * Fraction(v) for v in row), Fraction(0))
    mean = squares / len(row) + Fraction(eps)
    scaled = mean * (1 << 240)
    root = Fraction(math.isqrt(scaled.numerator // scaled.denominator), 1 << 120)
    return [float(Fraction(v) / root * Fraction(w)) for v, w in zip(row, weight, strict=True)]


@pytest.mark.parametrize("dtype", ["f16", "bf16", "f32", "f64"])
def test_against_rationals(dtype: str) -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal((4, 37)).astype(oracle.DTYPES[dtype])
    weight = rng.standard_normal(37).astype(oracle.DTYPES[dtype])
    compute = np.float64 if dtype == "f64" else np.float32
    eps = float(compute(1e-5))
    got = oracle.rms_norm(x, weight, eps=eps).value
    for row in range(4):
        want = exact_row([float(v) for v in x[row]], eps, [float(w) for w in weight])
        np.testing.assert_allclose(got[row].astype(np.float64), want, rtol=3e-16)


def test_modes_and_clamp() -> None:
    x = np.array([[3.0, 4.0, 0.0, 0.0]], np.float32)  # root mean square 2.5
    assert oracle.rms_norm(x, eps=2.5, eps_mode="outside").value[0, 0] == 3 / 5
    assert oracle.rms_norm(x, eps=25.0, eps_mode="clamp").value[0, 0] == 3 / 5
    assert oracle.rms_norm(x, eps=1.0, eps_mode="clamp").value[0, 0] == 3 / 2.5
    assert oracle.rms_norm(x, min_rms=6.0).value[0, 0] == 3 / 6
    zeros = np.zeros((1, 4), np.float32)
    assert np.isnan(oracle.rms_norm(zeros).value).all()
    assert (oracle.rms_norm(zeros, min_rms=1e-19).value == 0).all()


def test_overflow_as_in_the_compute_type() -> None:
    x = np.full((1, 8), 1e30, np.float32)
    assert (oracle.rms_norm(x).value == 0).all()
    np.testing.assert_allclose(oracle.rms_norm(x.astype(np.float64)).value.astype(float), 1.0)


def test_several_axes() -> None:
    x = np.arange(24, dtype=np.float64).reshape(2, 3, 4)
    got = oracle.rms_norm(x, axes=(0, -1)).value.astype(float)
    want = x / np.sqrt((x**2).mean(axis=(0, 2), keepdims=True))
    np.testing.assert_allclose(got, want, rtol=1e-15)


def test_rounding_to_bf16_is_single() -> None:
    # Just above the middle of two bf16 numbers, by less than f32 can tell.
    middle = 1.0 + 2.0**-8
    value = np.array([middle + 2.0**-40, middle, middle - 2.0**-40, -middle - 2.0**-40])
    got = oracle.round_to(value, "bf16").astype(np.float64)
    np.testing.assert_array_equal(got, [1 + 2.0**-7, 1.0, 1.0, -1 - 2.0**-7])


def test_compare_counts_ulps_and_differences() -> None:
    reference = oracle.Reference(np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 4.0]))
    got = np.array([1.0, 2.0 + 2.0**-6, 4.0], ml_dtypes.bfloat16)
    errors = oracle.compare(got, reference)
    assert (errors.worst, errors.differing, errors.size) == (1.0, 1, 3)
    assert not errors.within_requirements("bf16")  # one of three is more than 1 %
    wrong = np.array([1.0, np.nan, 4.0], ml_dtypes.bfloat16)
    assert oracle.compare(wrong, reference).worst == np.inf


def test_shares_of_small_results_are_added_up() -> None:
    single = oracle.Errors(0.6, 1, 45)
    assert single.worst_within("f16")
    assert not single.within_requirements("f16")
    assert (single + oracle.Errors(0.5, 0, 55)).within_requirements("f16")
    assert not (single + oracle.Errors(0.5, 0, 54)).within_requirements("f16")
    assert (single + oracle.Errors(0.7, 2, 5)) == oracle.Errors(0.7, 3, 50)
    # An element that is too far off is not made good by others.
    assert not (oracle.Errors(1.5, 1, 45) + oracle.Errors(0.5, 0, 10_000)).worst_within("f16")
    # The wider types have a bound of each element alone.
    assert oracle.Errors(3.9, 45, 45).within_requirements("f32")
    assert not oracle.Errors(4.1, 1, 10_000).within_requirements("f64")
