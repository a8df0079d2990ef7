# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Narrow floats in compiled code: every bit of every conversion and rounding."""

from typing import Any

import numpy as np
import pytest
from math_harness import DTYPES, Array, Function, Library
from math_oracle import inputs

LANES = (0, 16)
NARROWING = [
    *(("f32", target) for target in ("bf16", "f16", "f8E4M3FN", "f8E5M2")),
    *(("f64", target) for target in ("bf16", "f16", "f32", "f8E4M3FN", "f8E5M2")),
    ("f16", "f8E5M2"),
    ("bf16", "f8E4M3FN"),
]
WIDENING = [
    *((source, "f32") for source in ("bf16", "f16", "f8E4M3FN", "f8E5M2")),
    *((source, "f64") for source in ("bf16", "f16", "f8E5M2")),
    ("f8E4M3FN", "bf16"),
    ("f8E5M2", "f16"),
    ("f8E4M3FN", "f16"),
]
ARITHMETIC = {
    "addf": np.add,
    "subf": np.subtract,
    "mulf": np.multiply,
    "divf": np.divide,
    "maximumf": np.maximum,
    "minimumf": np.minimum,
}
HALVES = ("bf16", "f16")
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def functions() -> list[Function]:
    out = []
    for lanes in LANES:
        for a, b in NARROWING:
            out.append(
                Function(
                    f"t_{a}_{b}_{lanes}", f"%r = arith.truncf %a : ${a} to ${b}", [a], b, lanes
                )
            )
        for a, b in WIDENING:
            out.append(
                Function(f"x_{a}_{b}_{lanes}", f"%r = arith.extf %a : ${a} to ${b}", [a], b, lanes)
            )
        for t in HALVES:
            for name in ARITHMETIC:
                # contract: what later folding must not use to drop a rounding.
                body = f"%r = arith.{name} %a, %b fastmath<contract> : ${t}"
                out.append(Function(f"{name}_{t}_{lanes}", body, [t, t], t, lanes))
            body = f"""%t = arith.mulf %a, %b fastmath<contract> : ${t}
                       %r = arith.mulf %t, %b fastmath<contract> : ${t}"""
            out.append(Function(f"abb_{t}_{lanes}", body, [t, t], t, lanes))
            out.append(Function(f"neg_{t}_{lanes}", f"%r = arith.negf %a : ${t}", [t], t, lanes))
            mask = "$i1, " if lanes else ""
            body = f"%c = arith.cmpf olt, %a, %b : ${t}\n%r = arith.select %c, %a, %b : {mask}${t}"
            out.append(Function(f"less_{t}_{lanes}", body, [t, t], t, lanes))
            out.append(
                Function(
                    f"int_{t}_{lanes}", f"%r = arith.sitofp %a : $i32 to ${t}", ["i32"], t, lanes
                )
            )
            out.append(
                Function(
                    f"toint_{t}_{lanes}", f"%r = arith.fptosi %a : ${t} to $i32", [t], "i32", lanes
                )
            )
    return out


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    # Without AVX512-BF16, where LLVM itself would call __truncsfbf2.
    return Library(functions(), tmp_path_factory.mktemp("narrow"), "x86-64-v3")


def bits(array: Array) -> Array:
    return array.view(f"u{array.dtype.itemsize}")


def assert_identical(actual: Array, wanted: Array, *arguments: Array) -> None:
    """Equal bits; a NaN may have any payload but must be quiet in the wider types."""
    nan = np.isnan(actual.astype(np.float64)) & np.isnan(wanted.astype(np.float64))
    wrong = (bits(actual) != bits(wanted)) & ~nan
    shown = [(*(a[i] for a in arguments), actual[i], wanted[i]) for i in np.flatnonzero(wrong)[:4]]
    assert not wrong.any(), f"{wrong.sum()} of {wrong.size} differ: {shown}"


def every(dtype: str) -> Array:
    size = DTYPES[dtype].itemsize
    return np.arange(256**size, dtype=f"u{size}").view(DTYPES[dtype])


def halfway_points(source: np.dtype[Any], target: str) -> Array:
    """All numbers of the target, the middles between them, and their neighbours."""
    values = every(target).astype(source) if DTYPES[target].itemsize <= 2 else np.zeros(1, source)
    values = np.unique(values[np.isfinite(values)])
    middle = (values[1:] + values[:-1]) * source.type(0.5)
    largest = values[-1:] + (values[-1:] - values[-2:-1]) * source.type(0.5)
    middle = np.concatenate([middle, largest, -largest])
    return np.concatenate(
        [values, middle, np.nextafter(middle, np.inf), np.nextafter(middle, -np.inf)]
    )


def round_once(x: Array, target: str) -> Array:
    """f64 to a narrow type with one rounding.

    By way of the f32 neighbour with an odd last bit, which lies on the same
    side of every number and middle of the target as x does.
    """
    single = x.astype(np.float32)
    back = single.astype(np.float64)
    other = np.nextafter(single, np.where(x > back, np.inf, -np.inf).astype(np.float32))
    keep = (back == x) | ~np.isfinite(back) | (bits(single) & 1 == 1)
    return np.where(keep, single, other).astype(DTYPES[target])


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize(("source", "target"), NARROWING)
def test_narrowing(library: Library, source: str, target: str, lanes: int) -> None:
    kind = DTYPES[source]
    x = (
        every(source)
        if kind.itemsize <= 2
        else np.concatenate([inputs(kind, 100_000), halfway_points(kind, target)])
    )
    twice = kind == np.float64 and target != "f32"
    wanted = round_once(x, target) if twice else x.astype(DTYPES[target])
    assert_identical(library(f"t_{source}_{target}_{lanes}", x), wanted, x)


def test_narrowing_rounds_once() -> None:
    """The oracle of the test above knows a double rounding when it sees one."""
    x = np.array([1 + 2.0**-8 + 2.0**-40, 1 + 2.0**-11 + 2.0**-40])
    assert (
        round_once(x[:1], "bf16")[0]
        == 1 + 2.0**-7
        != x[:1].astype(np.float32).astype(DTYPES["bf16"])[0]
    )
    assert (
        round_once(x[1:], "f16")[0]
        == 1 + 2.0**-10
        != x[1:].astype(np.float32).astype(np.float16)[0]
    )


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize(("source", "target"), WIDENING)
def test_widening(library: Library, source: str, target: str, lanes: int) -> None:
    x = every(source)
    assert_identical(library(f"x_{source}_{target}_{lanes}", x), x.astype(DTYPES[target]), x)


def half_pairs(dtype: str) -> tuple[Array, Array]:
    rng = np.random.default_rng(11)
    x, y = (rng.integers(0, 65536, 400_000).astype(np.uint16) for _ in range(2))
    # Exponents that meet, so that sums round.
    close = rng.integers(0x3C00, 0x4400, (2, 200_000)).astype(np.uint16)
    kind = DTYPES[dtype]
    return np.concatenate([x, close[0]]).view(kind), np.concatenate([y, close[1]]).view(kind)


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("dtype", HALVES)
def test_arithmetic_rounds_after_every_operation(library: Library, dtype: str, lanes: int) -> None:
    x, y = half_pairs(dtype)
    wide_x, wide_y = x.astype(np.float32), y.astype(np.float32)
    for name, function in ARITHMETIC.items():
        actual = library(f"{name}_{dtype}_{lanes}", x, y)
        wanted = function(wide_x, wide_y).astype(x.dtype)
        if name.startswith("m") and name != "mulf":  # the sign of a zero is free in NumPy
            actual, wanted = (np.where(v == 0, x.dtype.type(0), v) for v in (actual, wanted))
        assert_identical(actual, wanted, x, y)
    once = (wide_x * wide_y * wide_y).astype(x.dtype)
    wanted = ((wide_x * wide_y).astype(x.dtype).astype(np.float32) * wide_y).astype(x.dtype)
    assert (bits(once) != bits(wanted)).mean() > 0.05, "the inputs would not show a lost rounding"
    assert_identical(library(f"abb_{dtype}_{lanes}", x, y), wanted, x, y)


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("dtype", HALVES)
def test_moves_comparisons_and_integers(library: Library, dtype: str, lanes: int) -> None:
    x, y = half_pairs(dtype)
    np.testing.assert_array_equal(bits(library(f"neg_{dtype}_{lanes}", x)), bits(x) ^ 0x8000)
    wanted = np.where(x.astype(np.float32) < y.astype(np.float32), x, y)
    assert_identical(library(f"less_{dtype}_{lanes}", x, y), wanted, x, y)
    rng = np.random.default_rng(2)
    shift = rng.integers(0, 31, 100_000).astype(np.int32)
    k = rng.integers(-(2**31), 2**31, 100_000).astype(np.int32) >> shift
    # As in PyTorch, by way of f32.
    assert_identical(library(f"int_{dtype}_{lanes}", k), k.astype(np.float32).astype(x.dtype), k)
    fits = x[np.abs(x.astype(np.float32)) < 2e9]
    np.testing.assert_array_equal(
        library(f"toint_{dtype}_{lanes}", fits), fits.astype(np.float64).astype(np.int32)
    )


def test_nothing_imported_and_nothing_called(library: Library) -> None:
    assert library.undefined == []
    assert library.calls == []


@pytest.mark.parametrize("lanes", LANES)
def test_bf16_nan_stays_a_quiet_nan(library: Library, lanes: int) -> None:
    """Also those whose payload lies in the bits that go."""
    x = np.array([0x7F800001, 0xFF800001, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FC00000], np.uint32).view(
        np.float32
    )
    actual = bits(library(f"t_f32_bf16_{lanes}", x))
    assert (actual & 0x7FC0 == 0x7FC0).all(), [hex(v) for v in actual]
    assert ((actual >> 15) == (x.view(np.uint32) >> 31)).all()
