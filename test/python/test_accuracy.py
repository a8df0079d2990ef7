# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiled norms against the oracle, over dtypes, extents, rows, strides and value regimes.

``RMSNORM_ACCURACY=long`` (scripts/accuracy) takes every variant at every extent.
"""

import os

import norm_cases as cases
import numpy as np
import pytest
import rmsnorm_oracle as oracle
from conftest import CompileFixture

import rmsnorm

LONG = os.environ.get("RMSNORM_ACCURACY") == "long"
MOST_ELEMENTS = 1 << (24 if LONG else 19)
DTYPES = ("f32", "bf16", "f16", "f64")
# In the short grid each extent takes the first variant and one of the others in turn.
CHOSEN = {
    extent: cases.VARIANTS
    if LONG
    else (cases.VARIANTS[0], cases.VARIANTS[1 + i % (len(cases.VARIANTS) - 1)])
    for i, extent in enumerate(cases.EXTENTS)
}


@pytest.fixture(scope="session")
def artifacts(
    compile_mlir: CompileFixture, one_thread: rmsnorm.Context
) -> dict[str, rmsnorm.Artifact]:
    made = {}
    for dtype in DTYPES:
        functions = [
            cases.function_text(dtype, extent, variant)
            for extent in cases.EXTENTS
            for variant in CHOSEN[extent]
        ]
        functions += [cases.function_text(dtype, None, v) for v in cases.VARIANTS]
        path = compile_mlir(f"grid_{dtype}", "".join(functions))
        made[dtype] = rmsnorm.load(path, one_thread)
    return made


def run_feeds(
    function: rmsnorm.Function, dtype: str, extent: int, variant: cases.Variant
) -> list[str]:
    """What was wrong, empty if nothing was.

    Of a half type each element is judged by itself; the share of elements that differ, where
    there are ``cases.ENOUGH`` of them: in a result of that size, and in all smaller
    results together with one that is little larger.
    """
    problems = []
    together = oracle.Errors(0.0, 0, 0)
    parameters = cases.make_parameters(variant, dtype, extent)
    for feed in cases.feeds(extent, MOST_ELEMENTS, LONG):
        x = cases.make_input(feed.regime, dtype, feed.rows, extent, seed=11)
        given = cases.strided(x, feed.inner, feed.gap) if feed.inner > 1 or feed.gap else x
        got = function(given, *parameters.values())
        errors = oracle.compare(got, cases.reference(x, variant, parameters))
        share_counts = feed.regime not in cases.NEAR_TIES
        enough = share_counts and errors.size >= cases.ENOUGH
        if not (errors.within_requirements(dtype) if enough else errors.worst_within(dtype)):
            problems.append(f"{variant.name} {feed}: {errors}")
        if share_counts and errors.size < 2 * cases.ENOUGH:
            together += errors
    if not together.within_requirements(dtype):
        problems.append(f"{variant.name}, the small results together: {together}")
    return problems


@pytest.mark.parametrize("extent", cases.EXTENTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_static_extent(artifacts: dict[str, rmsnorm.Artifact], dtype: str, extent: int) -> None:
    problems = []
    for variant in CHOSEN[extent]:
        function = artifacts[dtype][cases.function_name(dtype, extent, variant)]
        problems += run_feeds(function, dtype, extent, variant)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("variant", cases.VARIANTS, ids=lambda variant: variant.name)
@pytest.mark.parametrize("dtype", DTYPES)
def test_dynamic_extent(
    artifacts: dict[str, rmsnorm.Artifact], dtype: str, variant: cases.Variant
) -> None:
    function = artifacts[dtype][cases.function_name(dtype, None, variant)]
    problems = []
    for extent in cases.EXTENTS if LONG else (1, 3, 17, 100, 769, 4096):
        problems += run_feeds(function, dtype, extent, variant)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_features_no_rows(artifacts: dict[str, rmsnorm.Artifact], dtype: str) -> None:
    """N = 0 is legal: the result is empty."""
    function = artifacts[dtype][cases.function_name(dtype, None, cases.VARIANTS[0])]
    kind = oracle.DTYPES[dtype]
    got = function(np.zeros((3, 0), kind), np.zeros(0, kind))
    assert got.shape == (3, 0)
    assert got.dtype == kind


# Of 1/d, x/d and the product with the weight: u, u and half a unit of the result's last place.
ROUNDINGS_LEFT = 2.5


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("extent", [7, 64, 769, 1000, 4096, 16384, 65536])
def test_only_three_roundings(one_thread: rmsnorm.Context, dtype: str, extent: int) -> None:
    """Neither the sum nor the way from it to 1/d adds to the error, with outliers or not."""
    kind = np.dtype(oracle.DTYPES[dtype])
    wide = np.longdouble if dtype == "f64" else np.float64
    rows = max(4, 2**19 // extent)
    generator = np.random.default_rng(extent)
    weight = generator.uniform(0.5, 1.5, extent).astype(kind)
    for factor in (1.0, 30.0, 1e3, 1e4):
        x = generator.standard_normal((rows, extent))
        x[:, extent // 3] *= factor
        x = x.astype(kind)
        got = rmsnorm.rms_norm(x, weight, eps=1e-6, context=one_thread)
        squares = np.square(x.astype(wide)).mean(axis=-1, keepdims=True)
        want = x.astype(wide) / np.sqrt(squares + wide(kind.type(1e-6))) * weight.astype(wide)
        unit = np.spacing(np.abs(want).astype(kind)).astype(wide)
        worst = np.max(np.abs(got.astype(wide) - want) / unit)
        assert worst <= ROUNDINGS_LEFT, f"outliers of {factor}: {worst:.3f} ulp"
