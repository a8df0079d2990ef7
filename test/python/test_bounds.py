# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A call writes its result and nothing behind it."""

import norm_cases as cases
import numpy as np
import pytest
from conftest import CompileFixture

import rmsnorm

SCALE = cases.VARIANTS[0]
GUARD = 64


@pytest.mark.parametrize("dtype", ["bf16", "f16", "f32", "f64"])
@pytest.mark.parametrize("extent", [1, 2, 17, 33, 321, 769])
def test_nothing_is_written_behind_the_result(
    compile_mlir: CompileFixture, dtype: str, extent: int
) -> None:
    """The last row ends in a vector of which only some lanes are stored."""
    path = compile_mlir(f"bounds_{dtype}_{extent}", cases.function_text(dtype, extent, SCALE))
    function = rmsnorm.load(path)[cases.function_name(dtype, extent, SCALE)]
    x = cases.make_input("normal", dtype, 3, extent, seed=1)
    weight = cases.make_parameters(SCALE, dtype, extent)["scale"]
    buffer = np.full(3 * extent + GUARD, 7, dtype=x.dtype)
    function(x, weight, out=buffer[: 3 * extent].reshape(3, extent))
    np.testing.assert_array_equal(buffer[3 * extent :].astype(np.float64), 7)
