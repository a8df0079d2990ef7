# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A NaN stays one when it is rounded to bf16, whatever its payload and wherever it comes from."""

from collections.abc import Callable

import ml_dtypes
import numpy as np
import numpy.typing as npt
import pytest
from conftest import CompileFixture

import rmsnorm

Compiled = Callable[[str, str], rmsnorm.Function]
PATTERNS = np.arange(1 << 16, dtype=np.uint16).view(ml_dtypes.bfloat16)
PAYLOADS = np.array(
    [
        0x7FFFFFFF,
        0xFFFFFFFF,
        0x7F800001,
        0xFF800001,
        0x7FFF8000,
        0x7FC00000,
        0x7FFFE000,
        0x7F80FFFF,
    ],
    np.uint32,
).view(np.float32)
ROWS = "affine_map<(i, j) -> (i, j)>"
# What stands around norms: a gate, a square root, a quotient, a rounding in the middle.
CHAIN = f"""
func.func @main(%x: tensor<256x256xbf16>, %z: tensor<256x256xbf16>)
    -> (tensor<256x256xbf16>, tensor<256x256xbf16>, tensor<256x256xbf16>) {{
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<256x256xbf16>
  %r:3 = linalg.generic {{
      indexing_maps = [{", ".join([ROWS] * 5)}], iterator_types = ["parallel", "parallel"]
    }} ins(%x, %z : tensor<256x256xbf16>, tensor<256x256xbf16>)
    outs(%e, %e, %e : tensor<256x256xbf16>, tensor<256x256xbf16>, tensor<256x256xbf16>) {{
  ^bb0(%a: bf16, %b: bf16, %o: bf16, %p: bf16, %q: bf16):
    %u = arith.extf %a : bf16 to f32
    %v = arith.extf %b : bf16 to f32
    %n = arith.negf %u : f32
    %exp = math.exp %n : f32
    %d = arith.addf %exp, %one : f32
    %s = arith.divf %u, %d : f32
    %gate = arith.truncf %s : f32 to bf16
    %root = math.sqrt %v : f32
    %w = arith.extf %gate : bf16 to f32
    %m = arith.mulf %w, %root : f32
    %narrow = arith.truncf %m : f32 to bf16
    %h = math.tanh %u : f32
    %l = math.log %v : f32
    %t = arith.addf %h, %l : f32
    %sum = arith.truncf %t : f32 to bf16
    linalg.yield %gate, %narrow, %sum : bf16, bf16, bf16
  }} -> (tensor<256x256xbf16>, tensor<256x256xbf16>, tensor<256x256xbf16>)
  return %r#0, %r#1, %r#2 : tensor<256x256xbf16>, tensor<256x256xbf16>, tensor<256x256xbf16>
}}
"""
NORM = """
func.func @main(%x: tensor<?x{extent}xbf16>, %g: tensor<{extent}x{weight}>)
    -> tensor<?x{extent}xbf16> {{
  %y = rmsnorm.rms_norm axes = [1] eps = 1.0e-6
    ins(%x, scale %g : tensor<?x{extent}xbf16>, tensor<{extent}x{weight}>)
    outs(%x : tensor<?x{extent}xbf16>)
  return %y : tensor<?x{extent}xbf16>
}}
"""


@pytest.fixture
def compiled(compile_mlir: CompileFixture, two_threads: rmsnorm.Context) -> Compiled:
    return lambda name, text: rmsnorm.load(compile_mlir(name, text), two_threads)["main"]


def is_nan(values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    return np.isnan(np.asarray(values).astype(np.float32))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_bf16_through_a_chain(compiled: Compiled) -> None:
    x = PATTERNS.reshape(256, 256)
    z = np.roll(PATTERNS, 12345).reshape(256, 256)
    gate, narrow, total = compiled("chain", CHAIN)(x, z)
    u, v = x.astype(np.float64), z.astype(np.float64)
    want_gate = np.where(np.isneginf(u), np.nan, u / (1.0 + np.exp(-u)))
    np.testing.assert_array_equal(is_nan(gate), np.isnan(want_gate))
    # From here on the rounded numbers: a zero times infinity is NaN.
    want_narrow = gate.astype(np.float64) * np.sqrt(v)
    np.testing.assert_array_equal(is_nan(narrow), np.isnan(want_narrow))
    np.testing.assert_array_equal(is_nan(total), np.isnan(np.tanh(u) + np.log(v)))


@pytest.mark.parametrize("extent", [24, 1000])
def test_every_nan_in_a_row(compiled: Compiled, extent: int) -> None:
    nans = PATTERNS[is_nan(PATTERNS)]
    x = np.ones((nans.size, extent), ml_dtypes.bfloat16)
    x[np.arange(nans.size), np.arange(nans.size) % extent] = nans
    text = NORM.format(extent=extent, weight="bf16")
    function = compiled("norm_bf16", text)
    assert is_nan(function(x, np.ones(extent, ml_dtypes.bfloat16))).all()
    weight = np.ones(extent, ml_dtypes.bfloat16)
    weight[:10] = nans[-10:]
    y = function(np.ones((3, extent), ml_dtypes.bfloat16), weight)
    np.testing.assert_array_equal(is_nan(y), np.broadcast_to(is_nan(weight), y.shape))


@pytest.mark.parametrize("extent", [24, 1000])
def test_payloads_of_a_wide_weight(compiled: Compiled, extent: int) -> None:
    weight = np.ones(extent, np.float32)
    weight[3 : 3 + PAYLOADS.size] = PAYLOADS
    function = compiled("norm_f32", NORM.format(extent=extent, weight="f32"))
    y = function(np.full((4, extent), -1, ml_dtypes.bfloat16), weight)
    np.testing.assert_array_equal(is_nan(y), np.broadcast_to(np.isnan(weight), y.shape))
