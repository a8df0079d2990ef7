# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiled gradients against the oracle; the same bits for any number of threads.

``RMSNORM_ACCURACY=long`` (scripts/accuracy) takes every variant at every extent.
"""

import os

import gradient_cases as cases
import numpy as np
import pytest
import rmsnorm_gradient as gradient
from conftest import CompileFixture

import rmsnorm

LONG = os.environ.get("RMSNORM_ACCURACY") == "long"
MOST_ELEMENTS = 1 << (23 if LONG else 18)
DTYPES = ("f32", "bf16", "f16", "f64")
EXTENTS = cases.LONG_EXTENTS if LONG else cases.EXTENTS
REGIMES = ("normal", "zeros", "outlier", "constant", "tiny")
# Ulps of the compute type, at the sum of the absolute values of a gradient's terms.
ULPS = 8.0
CHOSEN = {
    extent: cases.VARIANTS if LONG else (cases.VARIANTS[0], cases.VARIANTS[1 + (3 * i) % 10])
    for i, extent in enumerate(EXTENTS)
}
# Every variant once with all extents dynamic, in f32; some of them in the others.
DYNAMIC = [
    (dtype, variant)
    for dtype in DTYPES
    for variant in cases.VARIANTS
    if LONG or dtype == "f32" or variant.name in ("scale", "all", "clamp_eps")
]


@pytest.fixture(scope="session")
def artifacts(
    compile_mlir: CompileFixture, one_thread: rmsnorm.Context
) -> dict[str, rmsnorm.Artifact]:
    made = {}
    for dtype in DTYPES:
        functions = [
            cases.function_text(dtype, extent, variant)
            for extent in EXTENTS
            for variant in CHOSEN[extent]
        ]
        functions += [cases.function_text(dtype, None, v) for d, v in DYNAMIC if d == dtype]
        made[dtype] = rmsnorm.load(
            compile_mlir(f"backward_{dtype}", "".join(functions)), one_thread
        )
    return made


def run(
    function: rmsnorm.Function,
    dtype: str,
    extent: int,
    variant: cases.Variant,
    rows: int,
    regime: str = "normal",
) -> list[str]:
    feed = cases.make_feed(variant, dtype, rows, extent, regime)
    got = function(*feed.arguments)
    results = got if isinstance(got, tuple) else (got,)
    problems = []
    for (name, expected), result in zip(feed.expected.items(), results, strict=True):
        wrong = gradient.problem(np.asarray(result), expected, ULPS)
        if wrong:
            problems.append(f"{variant.name} {rows} rows {regime}: {name}: {wrong}")
    return problems


def run_all(
    function: rmsnorm.Function, dtype: str, extent: int, variant: cases.Variant
) -> list[str]:
    problems = []
    for rows in cases.ROWS:
        if rows * extent <= MOST_ELEMENTS or rows <= 3:
            problems += run(function, dtype, extent, variant, rows)
    for regime in REGIMES[1:]:
        # Zero rows without a bound have no gradient, here as in the formula.
        bounded = variant.min_rms or variant.eps or variant.eps_shape is not None
        if regime != "zeros" or bounded:
            problems += run(function, dtype, extent, variant, 5, regime)
    return problems


@pytest.mark.parametrize("extent", EXTENTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_static_extent(artifacts: dict[str, rmsnorm.Artifact], dtype: str, extent: int) -> None:
    problems = []
    for variant in CHOSEN[extent]:
        function = artifacts[dtype][cases.function_name(dtype, extent, variant)]
        problems += run_all(function, dtype, extent, variant)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(
    ("dtype", "variant"), DYNAMIC, ids=lambda part: getattr(part, "name", part)
)
def test_dynamic_extent(
    artifacts: dict[str, rmsnorm.Artifact], dtype: str, variant: cases.Variant
) -> None:
    function = artifacts[dtype][cases.function_name(dtype, None, variant)]
    problems = []
    for extent in EXTENTS if LONG else (1, 17, 100, 769):
        problems += run_all(function, dtype, extent, variant)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("rows", [200_000, 1_000_000 if LONG else 100_001])
def test_many_rows(artifacts: dict[str, rmsnorm.Artifact], rows: int) -> None:
    """Sums over very many rows are as accurate as those over few."""
    variant = cases.VARIANTS[2]
    function = artifacts["f32"][
        cases.function_name("f32", 3, variant)
        if LONG
        else cases.function_name("f32", None, variant)
    ]
    assert not run(function, "f32", 3, variant, rows)


def test_zero_rows_with_bound_are_finite(artifacts: dict[str, rmsnorm.Artifact]) -> None:
    variant = next(v for v in cases.VARIANTS if v.name == "min_rms")
    function = artifacts["f32"][cases.function_name("f32", None, variant)]
    ones = np.ones((4, 8), np.float32)
    for result in function(ones, 0 * ones, ones[0]):
        assert np.isfinite(np.asarray(result)).all()


@pytest.mark.parametrize(("dtype", "extent"), [("f32", 769), ("bf16", 4096), ("f16", 8)])
def test_any_number_of_threads(compile_mlir: CompileFixture, dtype: str, extent: int) -> None:
    variant = cases.VARIANTS[2]
    path = compile_mlir(f"threads_{dtype}", cases.function_text(dtype, extent, variant))
    feed = cases.make_feed(variant, dtype, 700, extent, "normal")
    first: list[bytes] = []
    for threads in (1, 2, 3, 7):
        context = rmsnorm.Context(threads, cache_directory="")
        function = rmsnorm.load(path, context)[cases.function_name(dtype, extent, variant)]
        for _ in range(3):
            bits = [np.asarray(result).tobytes() for result in function(*feed.arguments)]
            first = first or bits
            assert bits == first, f"{threads} threads"
