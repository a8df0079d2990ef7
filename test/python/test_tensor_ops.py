# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What surrounds norms in a model, against NumPy in double precision."""

from collections.abc import Callable

import ml_dtypes
import numpy as np
import numpy.typing as npt
import pytest
from conftest import CompileFixture

import rmsnorm

Array = npt.NDArray[np.generic]

CONVOLUTION = """
func.func @main(%x: tensor<2x3x{size}x{size}xf32>, %w: tensor<8x3x3x3xf32>, %b: tensor<8xf32>)
    -> tensor<2x8x4x4xf32> {{
  %z = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {{
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %z : f32
  }} : tensor<2x3x{size}x{size}xf32> to tensor<2x3x{padded}x{padded}xf32>
  %e = tensor.empty() : tensor<2x8x4x4xf32>
  %o = linalg.broadcast ins(%b : tensor<8xf32>) outs(%e : tensor<2x8x4x4xf32>)
      dimensions = [0, 2, 3]
  %r = linalg.conv_2d_nchw_fchw
      {{dilations = dense<{dilation}> : vector<2xi64>, strides = dense<{stride}> : vector<2xi64>}}
      ins(%p, %w : tensor<2x3x{padded}x{padded}xf32>, tensor<8x3x3x3xf32>)
      outs(%o : tensor<2x8x4x4xf32>) -> tensor<2x8x4x4xf32>
  return %r : tensor<2x8x4x4xf32>
}}
"""
MATMUL = """
func.func @main(%a: tensor<?x?x{ab}>, %b: tensor<?x?x{ab}>) -> tensor<?x?x{c}> {{
  %z = arith.constant {zero} : {c}
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %a, %c0 : tensor<?x?x{ab}>
  %n = tensor.dim %b, %c1 : tensor<?x?x{ab}>
  %e = tensor.empty(%m, %n) : tensor<?x?x{c}>
  %f = linalg.fill ins(%z : {c}) outs(%e : tensor<?x?x{c}>) -> tensor<?x?x{c}>
  %r = linalg.matmul ins(%a, %b : tensor<?x?x{ab}>, tensor<?x?x{ab}>)
      outs(%f : tensor<?x?x{c}>) -> tensor<?x?x{c}>
  return %r : tensor<?x?x{c}>
}}
"""
CONCAT = """
func.func @main(%a: tensor<?x?xf32>, %b: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %r = tensor.concat dim(1) %a, %b : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}
"""
DIAGONAL = """
func.func @main(%x: tensor<9x9xf32>, %y: tensor<9x21xf32>)
    -> (tensor<9xf32>, tensor<9x9xf32>, tensor<11x10xf32>, tensor<9x9xf32>) {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<9xf32>
  %d = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      outs(%e : tensor<9xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %v = tensor.extract %x[%i, %i] : tensor<9x9xf32>
    linalg.yield %v : f32
  } -> tensor<9xf32>
  %f = tensor.empty() : tensor<9x9xf32>
  %h = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]} outs(%f : tensor<9x9xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %v = tensor.extract %y[%i, %j] : tensor<9x21xf32>
    linalg.yield %v : f32
  } -> tensor<9x9xf32>
  %c = tensor.pad %y low[2, -3] high[0, -8] {
  ^bb0(%i: index, %j: index):
    tensor.yield %z : f32
  } : tensor<9x21xf32> to tensor<11x10xf32>
  %s = tensor.pad %x low[0, 2] high[0, -2] {
  ^bb0(%i: index, %j: index):
    tensor.yield %z : f32
  } : tensor<9x9xf32> to tensor<9x9xf32>
  return %d, %h, %c, %s
      : tensor<9xf32>, tensor<9x9xf32>, tensor<11x10xf32>, tensor<9x9xf32>
}
"""
ROTARY = """
#id2 = affine_map<(i, j) -> (i, j)>
#id4 = affine_map<(i, j, k, l) -> (i, j, k, l)>
#last2 = affine_map<(i, j, k, l) -> (k, l)>
func.func @main(%x: tensor<?x5x4x8xf32>, %f: tensor<5x4xf32>) -> tensor<?x4x5x8xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x5x4x8xf32>
  %te = tensor.empty(%n) : tensor<?x4x5x8xf32>
  %t = linalg.transpose ins(%x : tensor<?x5x4x8xf32>) outs(%te : tensor<?x4x5x8xf32>)
      permutation = [0, 2, 1, 3]
  %ff = tensor.concat dim(1) %f, %f : (tensor<5x4xf32>, tensor<5x4xf32>) -> tensor<5x8xf32>
  %ce = tensor.empty() : tensor<5x8xf32>
  %cos = linalg.generic {indexing_maps = [#id2, #id2], iterator_types = ["parallel", "parallel"]}
      ins(%ff : tensor<5x8xf32>) outs(%ce : tensor<5x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %v = math.cos %a : f32
    linalg.yield %v : f32
  } -> tensor<5x8xf32>
  %a = tensor.extract_slice %t[0, 0, 0, 0] [%n, 4, 5, 4] [1, 1, 1, 1]
      : tensor<?x4x5x8xf32> to tensor<?x4x5x4xf32>
  %b = tensor.extract_slice %t[0, 0, 0, 4] [%n, 4, 5, 4] [1, 1, 1, 1]
      : tensor<?x4x5x8xf32> to tensor<?x4x5x4xf32>
  %turned = tensor.concat dim(3) %b, %a
      : (tensor<?x4x5x4xf32>, tensor<?x4x5x4xf32>) -> tensor<?x4x5x8xf32>
  %r = linalg.generic {indexing_maps = [#id4, #id4, #last2, #id4],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%t, %turned, %cos : tensor<?x4x5x8xf32>, tensor<?x4x5x8xf32>, tensor<5x8xf32>)
      outs(%te : tensor<?x4x5x8xf32>) {
  ^bb0(%p: f32, %q: f32, %c: f32, %o: f32):
    %v = arith.mulf %p, %c : f32
    %w = arith.addf %v, %q : f32
    linalg.yield %w : f32
  } -> tensor<?x4x5x8xf32>
  return %r : tensor<?x4x5x8xf32>
}
"""
GATHER = """
func.func @main(%table: tensor<9x130xf32>, %ids: tensor<?xi64>) -> tensor<?x130xf32> {
  %c0 = arith.constant 0 : index
  %c9 = arith.constant 9 : index
  %n = tensor.dim %ids, %c0 : tensor<?xi64>
  %e = tensor.empty(%n) : tensor<?x130xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%ids : tensor<?xi64>) outs(%e : tensor<?x130xf32>) {
  ^bb0(%id: i64, %o: f32):
    %row = arith.index_cast %id : i64 to index
    %j = linalg.index 1 : index
    %ok = arith.cmpi ult, %row, %c9 : index
    cf.assert %ok, "no such row"
    %v = tensor.extract %table[%row, %j] : tensor<9x130xf32>
    linalg.yield %v : f32
  } -> tensor<?x130xf32>
  return %r : tensor<?x130xf32>
}
"""
SLICE = """
func.func @main(%a: tensor<5x3000x7xf32>) -> (tensor<5x100x3xf32>, tensor<7x5x3000xf32>) {
  %r = tensor.extract_slice %a[0, 10, 1] [5, 100, 3] [1, 20, 2]
      : tensor<5x3000x7xf32> to tensor<5x100x3xf32>
  %e = tensor.empty() : tensor<7x5x3000xf32>
  %t = linalg.transpose ins(%a : tensor<5x3000x7xf32>) outs(%e : tensor<7x5x3000xf32>)
      permutation = [2, 0, 1]
  return %r, %t : tensor<5x100x3xf32>, tensor<7x5x3000xf32>
}
"""


@pytest.fixture
def compiled(
    compile_mlir: CompileFixture, two_threads: rmsnorm.Context
) -> Callable[[str, str], rmsnorm.Function]:
    return lambda name, text: rmsnorm.load(compile_mlir(name, text), two_threads)["main"]


def random(*shape: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(3).standard_normal(shape).astype(np.float32)


def assert_close(got: Array, want: Array, bound: float = 1e-6) -> None:
    assert got.shape == want.shape
    assert np.abs(got.astype(np.float64) - want.astype(np.float64)).max(
        initial=0
    ) <= bound * np.abs(want).max(initial=0)


@pytest.mark.parametrize(("size", "stride", "dilation"), [(4, 1, 1), (7, 2, 1), (6, 1, 2)])
def test_convolution(
    compiled: Callable[..., rmsnorm.Function], size: int, stride: int, dilation: int
) -> None:
    text = CONVOLUTION.format(size=size, padded=size + 2, stride=stride, dilation=dilation)
    x, w, b = random(2, 3, size, size), random(8, 3, 3, 3), random(8)
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (1, 1), (1, 1)))
    want = np.broadcast_to(b[None, :, None, None].astype(np.float64), (2, 8, 4, 4)).copy()
    for i, j in np.ndindex(4, 4):
        rows = np.arange(3) * dilation + i * stride
        columns = np.arange(3) * dilation + j * stride
        window = padded[:, :, rows[:, None], columns[None, :]]
        want[:, :, i, j] += np.tensordot(window, w.astype(np.float64), ([1, 2, 3], [1, 2, 3]))
    assert_close(compiled(f"conv_{size}", text)(x, w, b), want)


@pytest.mark.parametrize("shape", [(5, 7, 3), (0, 8, 3), (4, 0, 3), (1, 200, 65)])
def test_matmul(compiled: Callable[..., rmsnorm.Function], shape: tuple[int, int, int]) -> None:
    m, k, n = shape
    a, b = random(m, k), random(k, n)
    function = compiled("matmul", MATMUL.format(ab="f32", c="f32", zero="0.0"))
    assert_close(function(a, b), a.astype(np.float64) @ b.astype(np.float64))


def test_integer_matmul(compiled: Callable[..., rmsnorm.Function]) -> None:
    a = np.arange(35, dtype=np.int32).reshape(5, 7) - 17
    b = 3 * np.arange(21, dtype=np.int32).reshape(7, 3) - 9
    function = compiled("integers", MATMUL.format(ab="i32", c="i32", zero="0"))
    np.testing.assert_array_equal(function(a, b), a @ b)


def test_half_matmul_sums_in_single(compiled: Callable[..., rmsnorm.Function]) -> None:
    a, b = random(6, 3000).astype(np.float16), random(3000, 5).astype(np.float16)
    function = compiled("halves", MATMUL.format(ab="f16", c="f32", zero="0.0"))
    assert_close(function(a, b), a.astype(np.float64) @ b.astype(np.float64))


@pytest.mark.parametrize("columns", [(5, 3), (0, 4), (4, 0), (300, 1)])
def test_concat(compiled: Callable[..., rmsnorm.Function], columns: tuple[int, int]) -> None:
    a, b = random(3, columns[0]), random(3, columns[1])
    np.testing.assert_array_equal(compiled("concat", CONCAT)(a, b), np.concatenate((a, b), 1))


@pytest.mark.parametrize("batch", [0, 1, 3])
def test_rotary(compiled: Callable[..., rmsnorm.Function], batch: int) -> None:
    x, angles = random(batch, 5, 4, 8), random(5, 4)
    t = x.astype(np.float64).transpose(0, 2, 1, 3)
    cosine = np.cos(np.concatenate((angles, angles), 1).astype(np.float64))
    want = t * cosine + np.concatenate((t[..., 4:], t[..., :4]), 3)
    assert_close(compiled("rotary", ROTARY)(x, angles), want)


def test_many_pieces(compiled: Callable[..., rmsnorm.Function]) -> None:
    """More than can be written in place by all who compute them; takes seconds, not minutes."""
    pieces = 150
    lines, names = [], []
    for index in range(pieces):
        lines.append(f"%c{index} = arith.constant {index}.0 : f32")
        lines.append(
            f"%r{index} = linalg.map {{ arith.addf }} ins(%x, %x : tensor<3x?xf32>, "
            f"tensor<3x?xf32>) outs(%y : tensor<3x?xf32>)"
            if index % 2
            else f"%r{index} = linalg.fill ins(%c{index} : f32) outs(%w : tensor<3x2xf32>)"
            " -> tensor<3x2xf32>"
        )
        names.append((f"%r{index}", "tensor<3x?xf32>" if index % 2 else "tensor<3x2xf32>"))
    text = "\n".join(
        [
            "func.func @main(%x: tensor<3x?xf32>, %y: tensor<3x?xf32>, %w: tensor<3x2xf32>)"
            " -> tensor<3x?xf32> {",
            *lines,
            f"%o = tensor.concat dim(1) {', '.join(name for name, _ in names)} : "
            f"({', '.join(kind for _, kind in names)}) -> tensor<3x?xf32>",
            "return %o : tensor<3x?xf32>\n}",
        ]
    )
    x = random(3, 5)
    want = [x + x if index % 2 else np.full((3, 2), index, "f") for index in range(pieces)]
    got = compiled("many_pieces", text)(x, x, random(3, 2))
    np.testing.assert_array_equal(got, np.concatenate(want, 1))


def test_gather(compiled: Callable[..., rmsnorm.Function]) -> None:
    function = compiled("gather", GATHER)
    table = random(9, 130)
    ids = np.array([0, 8, 3, 3, 1], np.int64)
    np.testing.assert_array_equal(function(table, ids), table[ids])
    for wrong in (9, -1, 2**40):
        with pytest.raises(rmsnorm.RMSNormError) as failure:
            function(table, np.array([0, wrong], np.int64))
        assert failure.value.status == "ASSERTION"
        assert "no such row" in str(failure.value)
    np.testing.assert_array_equal(function(table, ids), table[ids])


def test_slices_and_transposes(compiled: Callable[..., rmsnorm.Function]) -> None:
    a = random(5, 3000, 7)
    part, turned = compiled("slices", SLICE)(a)
    np.testing.assert_array_equal(part, a[:, 10:2010:20, 1:7:2])
    np.testing.assert_array_equal(turned, a.transpose(2, 0, 1))


def test_a_diagonal_and_a_crop(compiled: Callable[..., rmsnorm.Function]) -> None:
    """Neither a diagonal nor a part of an axis is a row; a negative padding writes no more than fits."""
    x, y = random(9, 9), random(9, 21)
    diagonal, part, crop, shifted = compiled("diagonal", DIAGONAL)(x, y)
    np.testing.assert_array_equal(diagonal, x.diagonal())
    np.testing.assert_array_equal(part, y[:, :9])
    np.testing.assert_array_equal(crop, np.pad(y[:, 3:13], ((2, 0), (0, 0))))
    np.testing.assert_array_equal(shifted, np.pad(x[:, :7], ((0, 0), (2, 0))))


@pytest.mark.parametrize("dtype", ["f8E4M3FN", "f8E5M2"])
def test_narrowest_results(compiled: Callable[..., rmsnorm.Function], dtype: str) -> None:
    """A norm rounded to 8 bits, in NumPy arrays of ml_dtypes."""
    text = f"""
func.func @main(%x: tensor<5x70xf32>) -> tensor<5x70x{dtype}> {{
  %e = tensor.empty() : tensor<5x70xf32>
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6
      ins(%x : tensor<5x70xf32>) outs(%e : tensor<5x70xf32>)
  %q = tensor.empty() : tensor<5x70x{dtype}>
  %r = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}}
      ins(%n : tensor<5x70xf32>) outs(%q : tensor<5x70x{dtype}>) {{
  ^bb0(%a: f32, %o: {dtype}):
    %t = arith.truncf %a : f32 to {dtype}
    linalg.yield %t : {dtype}
  }} -> tensor<5x70x{dtype}>
  return %r : tensor<5x70x{dtype}>
}}
"""
    x = random(5, 70).astype(np.float64)
    got = compiled(f"narrow_{dtype}", text)(x.astype(np.float32))
    kind = ml_dtypes.float8_e4m3fn if dtype == "f8E4M3FN" else ml_dtypes.float8_e5m2
    assert got.dtype == kind
    want = x / np.sqrt((x * x).mean(1, keepdims=True) + 1e-6)
    # One rounding; a value next to the middle of two may go either way.
    off = got.astype(np.float64) != want.astype(kind).astype(np.float64)
    assert np.count_nonzero(off) <= 1
