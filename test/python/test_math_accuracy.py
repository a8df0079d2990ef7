# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The functions of compiled code against wider arithmetic: within 2 ulp, no call.

As a program it takes more points and prints a table:

    python test_math_accuracy.py [--points N] [--stride S] [name ...]

--stride S takes every S-th of all 2^32 f32 values instead of random ones.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import mpmath as mp  # type: ignore[import-untyped]
import numpy as np
import pytest
from math_harness import DTYPES, PASSES, Array, Function, Library
from math_oracle import (
    BINARY,
    PERIODIC,
    PERIODIC_LIMIT,
    SPECIAL,
    UNARY,
    WIDE,
    errors,
    inputs,
    reference,
)

LANES = {"f16": 16, "bf16": 16, "f32": 16, "f64": 8}
# f16 and bf16 are rounded once from an f32 that is within 2 ulp of f32.
BOUND = {"f16": 0.51, "bf16": 0.51, "f32": 2.0, "f64": 2.0}
POINTS = {"f16": 0, "bf16": 0, "f32": 120_000, "f64": 60_000}
pytestmark = pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered in cast")
EXACT = ("sqrt", "round", "roundeven", "floor", "ceil", "trunc")
POWERS = (-3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 13, 100)


def unary(name: str, dtype: str) -> Function:
    return Function(
        f"{name}_{dtype}", f"%r = math.{name} %a : ${dtype}", [dtype], dtype, LANES[dtype]
    )


def functions() -> list[Function]:
    out = [unary(name, dtype) for name in UNARY for dtype in LANES]
    # Scalars, and vectors of rank 2, go the same way.
    out += [Function(f"scalar_{n}", f"%r = math.{n} %a : $f32", ["f32"], "f32", 0) for n in UNARY]
    for dtype, lanes in LANES.items():
        two, three = [dtype] * 2, [dtype, "i64"]
        for name in BINARY:
            out.append(
                Function(
                    f"{name}_{dtype}", f"%r = math.{name} %a, %b : ${dtype}", two, dtype, lanes
                )
            )
        out.append(
            Function(f"remf_{dtype}", f"%r = arith.remf %a, %b : ${dtype}", two, dtype, lanes)
        )
        body = f"%r = math.fpowi %a, %b : ${dtype}, $i64"
        out.append(Function(f"fpowi_{dtype}", body, three, dtype, lanes))
        for n in POWERS:
            body = f"%k = arith.constant dense<{n}> : $i64\n%r = math.fpowi %a, %k : ${dtype}, $i64"
            out.append(Function(f"power_{dtype}_{n % 1000}", body, [dtype], dtype, lanes))
    for name in ("maximumf", "minimumf", "maxnumf", "minnumf"):
        for dtype in ("f32", "f64"):
            body = f"%r = arith.{name} %a, %b : ${dtype}"
            out.append(Function(f"{name}_{dtype}", body, [dtype] * 2, dtype, LANES[dtype]))
    out.append(Function("ipowi", "%r = math.ipowi %a, %b : $i32", ["i32"] * 2, "i32", 8))
    return out


def has_avx512() -> bool:
    with open("/proc/cpuinfo", encoding="ascii") as info:
        return "avx512vl" in info.read()


@pytest.fixture(scope="module", params=["x86-64-v3", "x86-64-v4"])
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Library:
    passes = list(PASSES)
    if request.param == "x86-64-v4":
        passes[0] += "=target=avx512"
    return Library(functions(), tmp_path_factory.mktemp("math"), request.param, passes)


@pytest.fixture(scope="module")
def runnable(library: Library) -> Library:
    if library.path.stem.endswith("v4") and not has_avx512():
        pytest.skip("this machine has no AVX-512: the x86-64-v4 code is compiled but not run")
    return library


def worst_unary(library: Library, name: str, dtype: str, x: Array) -> tuple[float, Any, Any]:
    """The largest error over `x` in ulp, and where."""
    actual = library(f"{name}_{dtype}", x)
    with np.errstate(invalid="ignore"):
        size = np.abs(x.astype(np.float64))
    far = (
        (size > PERIODIC_LIMIT) & np.isfinite(size) if name in PERIODIC else np.zeros(x.shape, bool)
    )
    with np.errstate(all="ignore"):
        error = errors(actual, reference(name, np.where(far, x.dtype.type(0), x), x.dtype))
    where = int(np.argmax(error))
    return float(error[where]), x[where], actual[where]


def sample(name: str, dtype: str, points: int) -> Array:
    if name in ("erf", "erfc") and dtype == "f64":
        return inputs(DTYPES[dtype], points // 4)[::29]  # mpmath takes its time
    return inputs(DTYPES[dtype], points)


def test_nothing_imported_and_nothing_called(library: Library) -> None:
    assert library.undefined == []
    assert library.calls == []


@pytest.mark.parametrize("dtype", LANES)
@pytest.mark.parametrize("name", UNARY)
def test_unary(runnable: Library, name: str, dtype: str) -> None:
    error, x, y = worst_unary(runnable, name, dtype, sample(name, dtype, POINTS[dtype]))
    bound = 0.5 if name in EXACT else BOUND[dtype]
    assert error <= bound, f"{name}({x!r}) = {y!r}: {error} ulp"


@pytest.mark.parametrize("name", UNARY)
def test_scalars_and_vectors_agree(runnable: Library, name: str) -> None:
    x = inputs(np.float32, 20_000, seed=7)
    same = runnable(f"scalar_{name}", x), runnable(f"{name}_f32", x)
    np.testing.assert_array_equal(*same)


def pairs(dtype: str, points: int) -> tuple[Array, Array]:
    """Two arrays: random, all pairs of special values, small integers as exponents."""
    rng = np.random.default_rng(3)
    kind = DTYPES[dtype]
    if kind.itemsize == 2:
        x, y = (rng.integers(0, 65536, points).astype(np.uint16).view(kind) for _ in range(2))
    else:
        x, y = inputs(kind, points, 1), inputs(kind, points, 2)
        y = rng.permutation(y)
    extra = [3.0, -3.0, 1 / 3, 1e30, -1e30, 1e-30, 1 + 1e-7, 2.0**53, 2.0**53 + 2, 1.5, 5e-324]
    special = np.array(SPECIAL + extra).astype(kind)
    grid = np.array(np.meshgrid(np.arange(special.size), np.arange(special.size))).reshape(2, -1)
    whole = np.round(rng.standard_normal(5000) * 20).astype(kind)
    near_one = (1 + rng.standard_normal(5000) * 1e-3).astype(kind)
    large = (rng.standard_normal(5000) * 3e4).astype(kind)
    x = np.concatenate([x, special[grid[0]], x[:5000], near_one])
    y = np.concatenate([y, special[grid[1]], whole, large])
    return x, y


@pytest.mark.parametrize("dtype", LANES)
@pytest.mark.parametrize("name", BINARY)
def test_binary(runnable: Library, name: str, dtype: str) -> None:
    x, y = pairs(dtype, POINTS["f64"])
    actual = runnable(f"{name}_{dtype}", x, y)
    wide = WIDE if dtype == "f64" else np.float64
    with np.errstate(all="ignore"):
        error = errors(actual, BINARY[name](x.astype(wide), y.astype(wide)))
    i = int(np.argmax(error))
    assert error[i] <= BOUND[dtype], f"{name}({x[i]!r}, {y[i]!r}) = {actual[i]!r}: {error[i]} ulp"


def assert_identical(actual: Array, wanted: Array, *arguments: Array) -> None:
    """Equal bits, all NaN being one."""
    nan = np.isnan(actual.astype(np.float64)) & np.isnan(wanted.astype(np.float64))
    unsigned = f"u{actual.dtype.itemsize}"
    wrong = (actual.view(unsigned) != wanted.astype(actual.dtype).view(unsigned)) & ~nan
    where = np.flatnonzero(wrong)[:4]
    shown = [(*(a[i] for a in arguments), actual[i], wanted[i]) for i in where]
    assert not where.size, f"{wrong.sum()} differ: {shown}"


@pytest.mark.parametrize("dtype", LANES)
def test_remainder_is_exact(runnable: Library, dtype: str) -> None:
    x, y = pairs(dtype, POINTS["f64"])
    wide = np.float64 if dtype == "f64" else np.float32
    with np.errstate(all="ignore"):
        wanted = np.fmod(x.astype(wide), y.astype(wide)).astype(x.dtype)
    assert_identical(runnable(f"remf_{dtype}", x, y), wanted, x, y)


@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_extrema(runnable: Library, dtype: str) -> None:
    x, y = pairs(dtype, POINTS["f64"])
    oracle = {
        "maximumf": np.maximum,
        "minimumf": np.minimum,
        "maxnumf": np.fmax,
        "minnumf": np.fmin,
    }
    for name, function in oracle.items():
        actual = runnable(f"{name}_{dtype}", x, y)
        np.testing.assert_array_equal(actual, function(x, y), err_msg=name)


@pytest.mark.parametrize("dtype", LANES)
def test_integer_powers(runnable: Library, dtype: str) -> None:
    wide = WIDE if dtype == "f64" else np.float64
    x = inputs(DTYPES[dtype], POINTS["f64"])
    with np.errstate(all="ignore"):
        for n in POWERS:
            actual = runnable(f"power_{dtype}_{n % 1000}", x)
            error = errors(actual, np.power(x.astype(wide), wide(n)))
            assert error.max() <= BOUND[dtype], f"{x[error.argmax()]!r} ** {n}: {error.max()} ulp"
        rng = np.random.default_rng(5)
        power = np.round(rng.standard_normal(x.size) * 30).astype(np.int64)
        power[::50] = rng.integers(-(2**62), 2**62, power[::50].size)
        wanted = np.power(x.astype(wide), power.astype(wide))
        # As a float, a large odd exponent has become even.
        wanted = np.where(
            (power % 2 != 0) & (np.abs(power) > 2**50), np.copysign(wanted, x.astype(wide)), wanted
        )
        error = errors(runnable(f"fpowi_{dtype}", x, power), wanted)
    i = int(np.argmax(error))
    assert error[i] <= BOUND[dtype], f"{x[i]!r} ** {power[i]}: {error[i]} ulp"


def test_integer_to_integer_power(runnable: Library) -> None:
    rng = np.random.default_rng(0)
    base = rng.integers(-20, 20, 4096).astype(np.int32)
    power = rng.integers(-5, 40, 4096).astype(np.int32)

    def exact(b: int, n: int) -> int:
        if n < 0:
            return int(b**-n) if b in (1, -1) else 0
        low = pow(b, n) & 0xFFFFFFFF
        return int(low - 2**32 if low >> 31 else low)

    wanted = [exact(b, n) for b, n in zip(base.tolist(), power.tolist(), strict=True)]
    np.testing.assert_array_equal(runnable("ipowi", base, power), wanted)


MPMATH: dict[str, Any] = {
    "roundeven": mp.nint,
    "log1p": mp.log1p,
    "rsqrt": lambda x: 1 / mp.sqrt(x),
    "exp2": lambda x: mp.power(2, x),
}
MPMATH |= {"log2": lambda x: mp.log(x, 2), "trunc": lambda x: mp.sign(x) * mp.floor(abs(x))}


@pytest.mark.parametrize("name", [n for n in UNARY if n not in ("round", "cbrt", "erf", "erfc")])
def test_the_oracle_itself(name: str) -> None:
    """80-bit arithmetic of the C library against 60 digits."""
    x = np.concatenate(
        [np.linspace(0.013, 0.99, 23), np.linspace(1.01, 20.7, 17), -np.linspace(0.013, 0.97, 11)]
    )
    wide = reference(name, x, np.dtype(np.float64))
    x, wide = x[np.isfinite(wide)], wide[np.isfinite(wide)]
    function = MPMATH.get(name) or getattr(mp, name)
    with mp.workdps(60):
        for value, got in zip(x.tolist(), wide, strict=True):
            exact = function(mp.mpf(value))
            words = mp.mpf(float(got)) + mp.mpf(float(got - WIDE(float(got))))
            assert abs(words - exact) <= abs(exact) * mp.mpf(2) ** -62, (name, value)


def every_float(stride: int) -> Iterator[Array]:
    """Every stride-th value of f32, in parts."""
    for start in range(0, 2**32, 2**22 * stride):
        values = np.arange(2**22, dtype=np.uint32) * np.uint32(stride) + np.uint32(start)
        yield values.view(np.float32)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=4_000_000, help="per function")
    parser.add_argument("--stride", type=int, default=0, help="f32: every S-th of all")
    parser.add_argument("--march", default="x86-64-v3", help="instruction set")
    parser.add_argument("names", nargs="*", help="functions (default: all)")
    options = parser.parse_args()
    names = options.names or list(UNARY)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        library = Library([unary(n, d) for n in names for d in LANES], folder, options.march)
        for name in names:
            for dtype in LANES:
                points = options.points if dtype != "f64" else options.points // 4
                parts = iter([sample(name, dtype, points)])
                if options.stride and dtype == "f32":
                    parts = every_float(options.stride)
                found = (worst_unary(library, name, dtype, part) for part in parts)
                error, x, y = max(found, key=lambda t: t[0])
                bad = error > (0.5 if name in EXACT else BOUND[dtype])
                failed |= bool(bad)
                mark = "  FAILED" if bad else ""
                print(f"{name:10} {dtype:5} {error:8.3f} ulp at {x!r} -> {y!r}{mark}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
