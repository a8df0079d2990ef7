# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Positions that come from data: inside they work, outside they are a status, never a crash."""

from collections.abc import Callable

import numpy as np
import pytest
from conftest import CompileFixture

import rmsnorm

FAR = (9, -1, -(2**63), 2**62, 2**40)

# Rows looked up without a check of the program's own, in a kernel with a norm.
GATHER_AND_NORM = """
func.func @main(%table: tensor<9x70xf32>, %ids: tensor<?x1xi64>) -> tensor<?x70xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %ids, %c0 : tensor<?x1xi64>
  %g = tensor.gather %table[%ids] gather_dims([0]) :
      (tensor<9x70xf32>, tensor<?x1xi64>) -> tensor<?x70xf32>
  %e = tensor.empty(%n) : tensor<?x70xf32>
  %r = rmsnorm.rms_norm axes = [1] eps = 1.0e-6
      ins(%g : tensor<?x70xf32>) outs(%e : tensor<?x70xf32>)
  return %r : tensor<?x70xf32>
}
"""
# Another index at every point: no vectors.
PICK = """
func.func @main(%table: tensor<?xf32>, %ids: tensor<?xi64>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %ids, %c0 : tensor<?xi64>
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
                       iterator_types = ["parallel"]}
      ins(%ids : tensor<?xi64>) outs(%e : tensor<?xf32>) {
  ^bb0(%id: i64, %o: f32):
    %at = arith.index_cast %id : i64 to index
    %v = tensor.extract %table[%at] : tensor<?xf32>
    linalg.yield %v : f32
  } -> tensor<?xf32>
  return %r : tensor<?xf32>
}
"""
# The index is computed in the body: a loop, not a kernel.
COMPUTED = PICK.replace(
    "%at = arith.index_cast %id : i64 to index",
    "%c3 = arith.constant 3 : i64\n    %k = arith.subi %id, %c3 : i64\n"
    "    %at = arith.index_cast %k : i64 to index",
)
ELEMENT = """
func.func @main(%table: tensor<?xf32>, %at: tensor<i64>) -> tensor<?xf32> {
  %i = tensor.extract %at[] : tensor<i64>
  %at_index = arith.index_cast %i : i64 to index
  %v = tensor.extract %table[%at_index] : tensor<?xf32>
  %two = arith.constant 2.0 : f32
  %w = arith.mulf %v, %two : f32
  %r = tensor.insert %w into %table[%at_index] : tensor<?xf32>
  return %r : tensor<?xf32>
}
"""
SLICE = """
func.func @main(%t: tensor<?x4xf32>, %from: tensor<i64>, %count: tensor<i64>)
    -> tensor<?x4xf32> {
  %f = tensor.extract %from[] : tensor<i64>
  %c = tensor.extract %count[] : tensor<i64>
  %fi = arith.index_cast %f : i64 to index
  %ci = arith.index_cast %c : i64 to index
  %s = tensor.extract_slice %t[%fi, 0] [%ci, 4] [1, 1] : tensor<?x4xf32> to tensor<?x4xf32>
  %r = tensor.insert_slice %s into %t[0, 0] [%ci, 4] [1, 1] : tensor<?x4xf32> into tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}
"""


@pytest.fixture(scope="module", params=[1, 2], ids=["one_thread", "two_threads"])
def compiled(
    request: pytest.FixtureRequest, compile_mlir: CompileFixture
) -> Callable[[str, str], rmsnorm.Function]:
    context = rmsnorm.Context(request.param, cache_directory="")

    def compile_one(name: str, text: str) -> rmsnorm.Function:
        path = compile_mlir(f"checked_{name}_{request.param}", text)
        return rmsnorm.load(path, context)["main"]

    return compile_one


def assert_refused(function: rmsnorm.Function, *arguments: np.ndarray, match: str) -> None:
    with pytest.raises(rmsnorm.RMSNormError, match=match) as failure:
        function(*arguments)
    assert failure.value.status == "ASSERTION"


def test_rows_of_a_kernel(compiled: Callable[[str, str], rmsnorm.Function]) -> None:
    function = compiled("gather", GATHER_AND_NORM)
    table = np.random.default_rng(1).standard_normal((9, 70)).astype(np.float32)
    ids = np.array([[0], [8], [3], [3]], np.int64)
    exact = table.astype(np.float64)[ids[:, 0]]
    want = exact / np.sqrt((exact**2).mean(1, keepdims=True) + 1e-6)
    np.testing.assert_allclose(function(table, ids), want, rtol=1e-6)
    for wrong in FAR:
        bad = np.resize(ids, (500, 1))
        bad[317] = wrong
        assert_refused(function, table, bad, match="index out of range")
    np.testing.assert_allclose(function(table, ids), want, rtol=1e-6)


@pytest.mark.parametrize(("name", "text", "shift"), [("pick", PICK, 0), ("computed", COMPUTED, 3)])
def test_elements_of_a_loop(
    compiled: Callable[[str, str], rmsnorm.Function], name: str, text: str, shift: int
) -> None:
    function = compiled(name, text)
    table = np.random.default_rng(2).standard_normal(9).astype(np.float32)
    ids = np.arange(5000) % 9
    np.testing.assert_array_equal(function(table, ids + shift), table[ids])
    for wrong in FAR:
        bad = ids + shift
        bad[4321] = np.int64(wrong) if wrong == -(2**63) else wrong + shift
        assert_refused(function, table, bad, match="index out of range")
    assert function(table, ids[:0]).shape == (0,)


def test_one_element(compiled: Callable[[str, str], rmsnorm.Function]) -> None:
    function = compiled("element", ELEMENT)
    table = np.arange(9, dtype=np.float32)
    want = table.copy()
    want[8] = 16
    np.testing.assert_array_equal(function(table, np.array(8, np.int64)), want)
    for wrong in FAR:
        assert_refused(function, table, np.array(wrong, np.int64), match="index out of range")
    assert_refused(function, table[:0], np.array(0, np.int64), match="index out of range")


def test_slices(compiled: Callable[[str, str], rmsnorm.Function]) -> None:
    function = compiled("slice", SLICE)
    t = np.arange(36, dtype=np.float32).reshape(9, 4)

    def numbers(*given: int) -> list[np.ndarray]:
        return [np.array(n, np.int64) for n in given]

    for start, count in ((0, 9), (5, 4), (9, 0), (0, 0), (8, 1)):
        want = t.copy()
        want[:count] = t[start : start + count]
        np.testing.assert_array_equal(function(t, *numbers(start, count)), want)
    for start, count in ((6, 4), (0, 10), (10, 0), (-1, 3), (0, -1), (2**62, 4), (2, 2**62)):
        assert_refused(function, t, *numbers(start, count), match="slice out of range")
