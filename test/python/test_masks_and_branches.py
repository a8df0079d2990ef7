# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Norms beside Booleans, elements that do not lie side by side, and control flow."""

from typing import Any

import numpy as np
import pytest
from conftest import CompileFixture
from numpy.typing import NDArray

import rmsnorm

Array = NDArray[Any]
EXTENTS = (1, 2, 5, 16, 17, 31, 64, 65, 1000)
NORM = """
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rows = tensor.dim %x, %c0 : {x}
  %e = tensor.empty({sizes}) : {x}
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : {x}) outs(%e : {x})
"""
ELEMENTWISE = """{{indexing_maps = [{maps}], iterator_types = ["parallel", "parallel"]}}"""
IDENTITY = "affine_map<(i, j) -> (i, j)>"
ROW = "affine_map<(i, j) -> (j)>"


def masked(extent: int | None, mask_map: str) -> str:
    """where(mask, norm(x), x), and where that is positive."""
    n = "?" if extent is None else extent
    x, m = f"tensor<?x{n}xf32>", f"tensor<{'?x' if mask_map == IDENTITY else ''}{n}xi1>"
    columns = f"  %cols = tensor.dim %x, %c1 : {x}\n" if extent is None else ""
    sizes = "%rows" if extent is not None else "%rows, %cols"
    norm = NORM.format(x=x, sizes=sizes).replace("  %e =", columns + "  %e =")
    attributes = ELEMENTWISE.format(maps=f"{mask_map}, {', '.join([IDENTITY] * 4)}")
    b = f"tensor<?x{n}xi1>"
    return f"""func.func @main(%x: {x}, %m: {m}) -> ({x}, {b}) {{{norm}
  %eb = tensor.empty({sizes}) : {b}
  %r:2 = linalg.generic {attributes}
      ins(%m, %n, %x : {m}, {x}, {x}) outs(%e, %eb : {x}, {b}) {{
  ^bb0(%c: i1, %p: f32, %q: f32, %o: f32, %ob: i1):
    %z = arith.constant 0.0 : f32
    %v = arith.select %c, %p, %q : f32
    %w = arith.cmpf ogt, %v, %z : f32
    linalg.yield %v, %w : f32, i1
  }} -> ({x}, {b})
  return %r#0, %r#1 : {x}, {b}
}}
"""


def normalized(x: Array) -> Array:
    wide = x.astype(np.float64)
    return np.asarray(wide / np.sqrt((wide * wide).mean(1, keepdims=True) + 1e-6))


@pytest.mark.parametrize("mask_map", [IDENTITY, ROW], ids=["full", "row"])
@pytest.mark.parametrize("extent", [*EXTENTS, None])
def test_mask(
    compile_mlir: CompileFixture, two_threads: rmsnorm.Context, extent: int | None, mask_map: str
) -> None:
    rng = np.random.default_rng(7)
    path = compile_mlir(f"mask_{extent}_{len(mask_map)}", masked(extent, mask_map))
    function = rmsnorm.load(path, two_threads)["main"]
    for columns in EXTENTS if extent is None else (extent,):
        for rows in (0, 1, 3, 50):
            x = rng.standard_normal((rows, columns)).astype(np.float32)
            mask = rng.random((rows, columns) if mask_map == IDENTITY else columns) < 0.5
            got, positive = function(x, mask)
            want = np.where(mask, normalized(x), x)
            np.testing.assert_allclose(got, want, rtol=1e-6)
            np.testing.assert_array_equal(positive, want > 0)


@pytest.mark.parametrize("extent", EXTENTS)
def test_every_other_element(
    compile_mlir: CompileFixture, two_threads: rmsnorm.Context, extent: int
) -> None:
    """The norm of a slice whose elements are two apart."""
    whole, part = f"tensor<9x{2 * extent + 1}xf32>", f"tensor<9x{extent}xf32>"
    text = f"""func.func @main(%a: {whole}) -> {part} {{
  %x = tensor.extract_slice %a[0, 1] [9, {extent}] [1, 2] : {whole} to {part}
  %e = tensor.empty() : {part}
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : {part}) outs(%e : {part})
  return %n : {part}
}}
"""
    a = np.random.default_rng(8).standard_normal((9, 2 * extent + 1)).astype(np.float32)
    got = rmsnorm.load(compile_mlir(f"slice_{extent}", text), two_threads)["main"](a)
    np.testing.assert_allclose(got, normalized(a[:, 1::2]), rtol=1e-6)


BRANCH = """func.func @main(%x: tensor<?x17xf32>, %f: tensor<i1>) -> tensor<?x17xf32> {{{norm}
  %neg = linalg.negf ins(%x : tensor<?x17xf32>) outs(%e : tensor<?x17xf32>) -> tensor<?x17xf32>
  %c = tensor.extract %f[] : tensor<i1>
  %r = scf.if %c -> (tensor<?x17xf32>) {{
    scf.yield %n : tensor<?x17xf32>
  }} else {{
    scf.yield %neg : tensor<?x17xf32>
  }}
  return %r : tensor<?x17xf32>
}}
"""
LOOP = """func.func @main(%x: tensor<?x17xf32>, %k: i64) -> tensor<?x17xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %end = arith.index_cast %k : i64 to index
  %rows = tensor.dim %x, %c0 : tensor<?x17xf32>
  %r = scf.for %i = %c0 to %end step %c1 iter_args(%a = %x) -> (tensor<?x17xf32>) {
    %e = tensor.empty(%rows) : tensor<?x17xf32>
    %d = linalg.add ins(%a, %a : tensor<?x17xf32>, tensor<?x17xf32>)
        outs(%e : tensor<?x17xf32>) -> tensor<?x17xf32>
    %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6
        ins(%d : tensor<?x17xf32>) outs(%e : tensor<?x17xf32>)
    scf.yield %n : tensor<?x17xf32>
  }
  return %r : tensor<?x17xf32>
}
"""

WHILE = """func.func @main(%x: tensor<?x17xf32>, %k: i64) -> tensor<?x17xf32> {
  %c0 = arith.constant 0 : i64
  %c1 = arith.constant 1 : i64
  %r:2 = scf.while (%i = %c0, %a = %x) : (i64, tensor<?x17xf32>) -> (i64, tensor<?x17xf32>) {
    %go = arith.cmpi slt, %i, %k : i64
    scf.condition(%go) %i, %a : i64, tensor<?x17xf32>
  } do {
  ^bb0(%i: i64, %a: tensor<?x17xf32>):
    %d0 = arith.constant 0 : index
    %rows = tensor.dim %a, %d0 : tensor<?x17xf32>
    %e = tensor.empty(%rows) : tensor<?x17xf32>
    %d = linalg.add ins(%a, %a : tensor<?x17xf32>, tensor<?x17xf32>)
        outs(%e : tensor<?x17xf32>) -> tensor<?x17xf32>
    %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6
        ins(%d : tensor<?x17xf32>) outs(%e : tensor<?x17xf32>)
    %j = arith.addi %i, %c1 : i64
    scf.yield %j, %n : i64, tensor<?x17xf32>
  }
  return %r#1 : tensor<?x17xf32>
}
"""


@pytest.mark.parametrize("rows", [0, 1, 6])
def test_branch(compile_mlir: CompileFixture, two_threads: rmsnorm.Context, rows: int) -> None:
    norm = NORM.format(x="tensor<?x17xf32>", sizes="%rows")
    function = rmsnorm.load(compile_mlir("branch", BRANCH.format(norm=norm)), two_threads)["main"]
    x = np.random.default_rng(9).standard_normal((rows, 17)).astype(np.float32)
    np.testing.assert_allclose(function(x, np.array(True)), normalized(x), rtol=1e-6)
    np.testing.assert_array_equal(function(x, np.array(False)), -x)


@pytest.mark.parametrize("rounds", [0, 1, 2, 5])
@pytest.mark.parametrize("text", [LOOP, WHILE], ids=["for", "while"])
def test_loop(
    compile_mlir: CompileFixture, two_threads: rmsnorm.Context, text: str, rounds: int
) -> None:
    function = rmsnorm.load(compile_mlir(f"loop_{len(text)}", text), two_threads)["main"]
    x = np.random.default_rng(10).standard_normal((4, 17)).astype(np.float32)
    want: Array = x.astype(np.float64)
    for _ in range(rounds):
        want = normalized(want + want)
    np.testing.assert_allclose(function(x, rounds), want, rtol=2e-6)
