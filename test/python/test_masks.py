# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kernels that read booleans or other strides: every point of a row has its own value."""

from pathlib import Path

import numpy as np
import pytest
from conftest import CompileFixture

import rmsnorm

SELECT_SUM = """
#masks = affine_map<(d0, d1, d2, d3) -> (d0, 0, d2, d3)>
#all = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#rows = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
func.func @main(%m: tensor<?x1x6x{n}xi1>, %x: tensor<?x4x6x{n}xf32>) -> tensor<?x4x6xf32> {{
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %d = tensor.dim %x, %c0 : tensor<?x4x6x{n}xf32>
  %empty = tensor.empty(%d) : tensor<?x4x6xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x4x6xf32>) -> tensor<?x4x6xf32>
  %sum = linalg.generic {{indexing_maps = [#masks, #all, #rows],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}}
      ins(%m, %x : tensor<?x1x6x{n}xi1>, tensor<?x4x6x{n}xf32>) outs(%init : tensor<?x4x6xf32>) {{
  ^bb0(%keep: i1, %in: f32, %out: f32):
    %value = arith.select %keep, %in, %zero : f32
    %next = arith.addf %out, %value : f32
    linalg.yield %next : f32
  }} -> tensor<?x4x6xf32>
  return %sum : tensor<?x4x6xf32>
}}
"""


@pytest.mark.parametrize("extent", [3, 16, 100])
def test_sum_under_a_mask(
    extent: int, compile_mlir: CompileFixture, one_thread: rmsnorm.Context
) -> None:
    path: Path = compile_mlir(f"masked{extent}", SELECT_SUM.format(n=extent))
    random = np.random.default_rng(0)
    mask = random.integers(0, 2, (2, 1, 6, extent)).astype(bool)
    x = random.standard_normal((2, 4, 6, extent)).astype(np.float32)
    got = rmsnorm.load(path, one_thread)["main"](mask, x)
    np.testing.assert_allclose(got, np.where(mask, x, 0).sum(-1), rtol=1e-5, atol=1e-5)
