# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Results depend neither on the batch a row is in, nor on threads, nor on the run."""

import norm_cases as cases
import numpy as np
import pytest
import rmsnorm_oracle as oracle
from conftest import CompileFixture

import rmsnorm

SCALE = cases.VARIANTS[0]


@pytest.mark.parametrize(("dtype", "extent"), [("f32", 4096), ("bf16", 769), ("f16", 128)])
def test_rows_threads_runs(
    compile_mlir: CompileFixture,
    one_thread: rmsnorm.Context,
    two_threads: rmsnorm.Context,
    dtype: str,
    extent: int,
) -> None:
    path = compile_mlir(f"same_{dtype}", cases.function_text(dtype, extent, SCALE))
    name = cases.function_name(dtype, extent, SCALE)
    single, double = (rmsnorm.load(path, c)[name] for c in (one_thread, two_threads))
    x = cases.make_input("normal", dtype, 600, extent, seed=5)
    weight = cases.make_parameters(SCALE, dtype, extent)["scale"]
    whole = single(x, weight)
    bits = whole.view(np.uint32 if dtype == "f32" else np.uint16)

    def assert_same(other: cases.Array, part: slice) -> None:
        np.testing.assert_array_equal(other.view(bits.dtype), bits[part])

    assert_same(single(x, weight), slice(None))
    for _ in range(5):
        assert_same(double(x, weight), slice(None))
    for begin, end in ((0, 1), (1, 2), (599, 600), (7, 24), (100, 433)):
        assert_same(single(x[begin:end], weight), slice(begin, end))
        assert_same(double(x[begin:end].copy(), weight), slice(begin, end))
    assert oracle.name_of(whole.dtype) == dtype
