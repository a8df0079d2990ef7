# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reductions in half types, and extents of results that are computed."""

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from conftest import CompileFixture
from numpy.typing import NDArray

import rmsnorm

Array = NDArray[Any]
KINDS: dict[str, Any] = {"f16": np.float16, "bf16": ml_dtypes.bfloat16}
STARTS = {"addf": "0.0", "maximumf": "-1.0e4", "minimumf": "1.0e4"}


def reduction(dtype: str, combiner: str, extent: int) -> str:
    x, y = f"tensor<?x{extent}x{dtype}>", f"tensor<?x{dtype}>"
    return f"""func.func @main(%x: {x}) -> {y} {{
  %start = arith.constant {STARTS[combiner]} : {dtype}
  %c0 = arith.constant 0 : index
  %rows = tensor.dim %x, %c0 : {x}
  %e = tensor.empty(%rows) : {y}
  %f = linalg.fill ins(%start : {dtype}) outs(%e : {y}) -> {y}
  %r = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                       iterator_types = ["parallel", "reduction"]}}
      ins(%x : {x}) outs(%f : {y}) {{
  ^bb0(%a: {dtype}, %acc: {dtype}):
    %s = arith.{combiner} %acc, %a : {dtype}
    linalg.yield %s : {dtype}
  }} -> {y}
  return %r : {y}
}}
"""


@pytest.mark.parametrize("extent", [1, 3, 16, 40, 1000])
@pytest.mark.parametrize("combiner", STARTS)
@pytest.mark.parametrize("dtype", KINDS)
def test_half_reduction(
    compile_mlir: CompileFixture,
    two_threads: rmsnorm.Context,
    dtype: str,
    combiner: str,
    extent: int,
) -> None:
    path = compile_mlir(f"{dtype}_{combiner}_{extent}", reduction(dtype, combiner, extent))
    x = np.random.default_rng(4).uniform(-1, 1, (9, extent)).astype(KINDS[dtype])
    got = np.asarray(rmsnorm.load(path, two_threads)["main"](x)).astype(np.float64)
    wide = x.astype(np.float64)
    if combiner != "addf":
        want = wide.max(1) if combiner == "maximumf" else wide.min(1)
        np.testing.assert_array_equal(got, want)
        return
    # Each of at most `extent` additions rounds a partial sum to the half type.
    step = 2.0**-11 if dtype == "f16" else 2.0**-8
    bound = extent * step * np.abs(wide).sum(1)
    assert (np.abs(got - wide.sum(1)) <= bound).all()


MAGNITUDE = """func.func @main(%x: tensor<?x{n}x{t}>) -> tensor<?x{t}> {{
  %start = arith.constant 0.0 : {t}
  %c0 = arith.constant 0 : index
  %rows = tensor.dim %x, %c0 : tensor<?x{n}x{t}>
  %e = tensor.empty(%rows) : tensor<?x{t}>
  %f = linalg.fill ins(%start : {t}) outs(%e : tensor<?x{t}>) -> tensor<?x{t}>
  %r = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                       iterator_types = ["parallel", "reduction"]}}
      ins(%x : tensor<?x{n}x{t}>) outs(%f : tensor<?x{t}>) {{
  ^bb0(%a: {t}, %acc: {t}):
    %m = math.absf %a : {t}
    %s = arith.maximumf %acc, %m : {t}
    linalg.yield %s : {t}
  }} -> tensor<?x{t}>
  return %r : tensor<?x{t}>
}}
"""


@pytest.mark.parametrize("extent", [1, 5, 48, 1043])
@pytest.mark.parametrize("dtype", ["f16", "bf16", "f32", "f64"])
def test_largest_magnitude(
    compile_mlir: CompileFixture, two_threads: rmsnorm.Context, dtype: str, extent: int
) -> None:
    """NaN of either sign wins, then infinity; denormals count, and -0 is 0."""
    kind = {**KINDS, "f32": np.float32, "f64": np.float64}[dtype]
    path = compile_mlir(f"magnitude_{dtype}_{extent}", MAGNITUDE.format(n=extent, t=dtype))
    x = np.random.default_rng(4).normal(size=(9, extent)).astype(kind)
    where = extent // 2
    denormal = float(ml_dtypes.finfo(kind).smallest_subnormal)
    for row, value in enumerate([np.nan, -np.nan, -np.inf, np.inf]):
        x[row, where] = value
    x[4], x[5] = -0.0, -denormal
    x[6, -1] = -1000.0
    got = np.asarray(rmsnorm.load(path, two_threads)["main"](x)).astype(np.float64)
    np.testing.assert_array_equal(got, np.abs(x.astype(np.float64)).max(1))
    assert not np.signbit(got[4])


SHARES = """func.func @main(%x: tensor<?x{n}xbf16>, %w: tensor<{n}xf32>) -> tensor<?x{n}xf32> {{
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %rows = tensor.dim %x, %c0 : tensor<?x{n}xbf16>
  %e = tensor.empty(%rows) : tensor<?x{n}xf32>
  %v = tensor.empty(%rows) : tensor<?xf32>
  %p = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}}
      ins(%x, %w : tensor<?x{n}xbf16>, tensor<{n}xf32>) outs(%e : tensor<?x{n}xf32>) {{
  ^bb0(%a: bf16, %b: f32, %o: f32):
    %s = arith.mulf %a, %a : bf16
    %t = arith.mulf %s, %a : bf16
    %f = arith.extf %t : bf16 to f32
    %m = arith.mulf %f, %b : f32
    linalg.yield %m : f32
  }} -> tensor<?x{n}xf32>
  %z = linalg.fill ins(%zero : f32) outs(%v : tensor<?xf32>) -> tensor<?xf32>
  %r = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                       iterator_types = ["parallel", "reduction"]}}
      ins(%p : tensor<?x{n}xf32>) outs(%z : tensor<?xf32>) {{
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %acc, %a : f32
    linalg.yield %s : f32
  }} -> tensor<?xf32>
  %y = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}}
      ins(%p, %r : tensor<?x{n}xf32>, tensor<?xf32>) outs(%e : tensor<?x{n}xf32>) {{
  ^bb0(%a: f32, %b: f32, %o: f32):
    %q = arith.divf %a, %b : f32
    linalg.yield %q : f32
  }} -> tensor<?x{n}xf32>
  return %y : tensor<?x{n}xf32>
}}
"""


@pytest.mark.parametrize("extent", [48, 1043, 2048])
def test_products_that_are_summed_and_needed_again(
    compile_mlir: CompileFixture, two_threads: rmsnorm.Context, extent: int
) -> None:
    """The sum multiplies and adds at once: the product is not there to be kept."""
    path = compile_mlir(f"shares_{extent}", SHARES.format(n=extent))
    rng = np.random.default_rng(4)
    x = rng.uniform(0.5, 2, (9, extent)).astype(ml_dtypes.bfloat16)
    w = rng.uniform(0.5, 2, extent).astype(np.float32)
    got = np.asarray(rmsnorm.load(path, two_threads)["main"](x, w)).astype(np.float64)
    square = (x.astype(np.float32) ** 2).astype(ml_dtypes.bfloat16).astype(np.float32)
    cube = (square * x.astype(np.float32)).astype(ml_dtypes.bfloat16)
    product = cube.astype(np.float64) * w
    np.testing.assert_allclose(got, product / product.sum(1, keepdims=True), rtol=1e-5)


GROUPED = """func.func @main(%x: tensor<?xf32>, %like: tensor<?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %g = tensor.dim %like, %c0 : tensor<?xf32>
  %rows = arith.divsi %n, %g : index
  %shape = tensor.from_elements %rows, %g : tensor<2xindex>
  %r = tensor.reshape %x(%shape) : (tensor<?xf32>, tensor<2xindex>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}
"""


def test_quotient_of_extents(compile_mlir: CompileFixture, two_threads: rmsnorm.Context) -> None:
    function = rmsnorm.load(compile_mlir("grouped", GROUPED), two_threads)["main"]
    x = np.arange(12, dtype=np.float32)
    for groups in (1, 3, 4, 12):
        np.testing.assert_array_equal(
            function(x, np.zeros(groups, np.float32)), x.reshape(-1, groups)
        )


def test_division_by_an_empty_extent(
    compile_mlir: CompileFixture, two_threads: rmsnorm.Context
) -> None:
    """Whatever comes of it, the process goes on."""
    function = rmsnorm.load(compile_mlir("grouped", GROUPED), two_threads)["main"]
    x = np.arange(12, dtype=np.float32)
    try:
        result = function(x, np.zeros(0, np.float32))
    except rmsnorm.RMSNormError as error:
        assert error.status  # noqa: PT017
    else:
        assert result.size == 0


def test_operations_on_whole_tensors(
    compile_mlir: CompileFixture, two_threads: rmsnorm.Context
) -> None:
    """arith and math on tensors, and a tensor of indices."""
    text = """func.func @main(%x: tensor<?x70xf32>, %i: tensor<70xindex>)
    -> (tensor<?x70xf32>, tensor<70xindex>, tensor<70xindex>) {
  %a = arith.addf %x, %x : tensor<?x70xf32>
  %b = math.exp %a : tensor<?x70xf32>
  %j = arith.addi %i, %i : tensor<70xindex>
  return %b, %i, %j : tensor<?x70xf32>, tensor<70xindex>, tensor<70xindex>
}
"""
    function = rmsnorm.load(compile_mlir("whole", text), two_threads)["main"]
    x = np.random.default_rng(6).standard_normal((3, 70)).astype(np.float32)
    indices = np.arange(70, dtype=np.int64)
    got, same, doubled = function(x, indices)
    np.testing.assert_allclose(got, np.exp(2 * x.astype(np.float64)), rtol=1e-6)
    np.testing.assert_array_equal(same, indices)
    np.testing.assert_array_equal(doubled, 2 * indices)
