# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``rmsnorm.rms_norm``: kernels compiled on first use, and the cache."""

from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import rmsnorm_oracle as oracle

import rmsnorm

RNG = np.random.default_rng(29)


def array(*shape: int, dtype: Any = np.float32) -> Any:
    return RNG.standard_normal(shape).astype(dtype)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> rmsnorm.Context:
    return rmsnorm.Context(1, cache_directory=str(tmp_path_factory.mktemp("cache")))


@pytest.mark.parametrize("dtype", ["f32", "bf16", "f16", "f64"])
@pytest.mark.parametrize("with_weight", [False, True])
@pytest.mark.parametrize("with_bias", [False, True])
def test_parameters(
    context: rmsnorm.Context, dtype: str, with_weight: bool, with_bias: bool
) -> None:
    kind = oracle.DTYPES[dtype]
    x = array(3, 5, 48, dtype=kind)
    weight = array(48, dtype=kind) if with_weight else None
    bias = array(48, dtype=kind) if with_bias else None
    got = rmsnorm.rms_norm(x, weight, bias, eps=1e-6, context=context)
    want = oracle.rms_norm(x, weight, bias, eps=1e-6)
    assert oracle.compare(got, want).within_requirements(dtype)


@pytest.mark.parametrize("axes", [(0,), (1,), (-1,), (0, 2), (1, 2), (0, 1, 2)])
def test_axes(context: rmsnorm.Context, axes: tuple[int, ...]) -> None:
    x = array(4, 6, 10)
    got = rmsnorm.rms_norm(x, axes=axes, eps=1e-5, context=context)
    want = oracle.rms_norm(x, axes=axes, eps=1e-5)
    assert oracle.compare(got, want).within_requirements("f32")


def test_default_epsilon_is_torchs(context: rmsnorm.Context) -> None:
    x = array(2, 16, dtype=ml_dtypes.bfloat16) * np.asarray(1e-4, ml_dtypes.bfloat16)
    got = rmsnorm.rms_norm(x, context=context)
    want = oracle.rms_norm(x, eps=2.0**-23)
    assert oracle.compare(got, want).within_requirements("bf16")


def test_zero_rows_give_zeros(context: rmsnorm.Context) -> None:
    got = rmsnorm.rms_norm(np.zeros((2, 8), np.float32), eps=0.0, context=context)
    assert (got == 0).all()


def test_residual(context: rmsnorm.Context) -> None:
    x, residual, weight = array(7, 40), array(7, 40), array(40)
    y, total = rmsnorm.rms_norm(
        x,
        weight,
        eps=1e-6,
        residual=residual,
        residual_scale=0.5,
        return_sum=True,
        context=context,
    )
    exact = x.astype(np.float64) + 0.5 * residual
    np.testing.assert_array_equal(total, exact.astype(np.float32))
    want = oracle.rms_norm(exact.astype(np.float32), weight, eps=1e-6)
    np.testing.assert_allclose(y, want.value, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("round_sum", [False, True])
def test_rounding_of_the_sum(context: rmsnorm.Context, round_sum: bool) -> None:
    kind = oracle.DTYPES["bf16"]
    x, residual = array(40, 64, dtype=kind), array(40, 64, dtype=kind)
    y = rmsnorm.rms_norm(x, residual=residual, eps=1e-6, round_sum=round_sum, context=context)
    exact = x.astype(np.float32) + residual.astype(np.float32)
    rounded = exact.astype(kind)
    want = oracle.rms_norm(rounded if round_sum else exact, eps=1e-6)
    other = oracle.rms_norm(exact if round_sum else rounded, eps=1e-6)
    assert oracle.compare(y, want).within_requirements("bf16")
    assert not oracle.compare(y, other).within_requirements("bf16")


def test_weight_offset_and_cast(context: rmsnorm.Context) -> None:
    kind = oracle.DTYPES["bf16"]
    x, weight = array(40, 64, dtype=kind), array(64, dtype=kind)
    gemma = rmsnorm.rms_norm(x, weight, eps=1e-6, weight_offset=1.0, context=context)
    want = oracle.rms_norm(x, 1.0 + weight.astype(np.float32), eps=1e-6)
    assert oracle.compare(gemma, want).within_requirements("bf16")
    llama = rmsnorm.rms_norm(x, weight, eps=1e-6, cast_before_weight=True, context=context)
    plain = oracle.round_to(oracle.rms_norm(x, eps=1e-6).value, "bf16")
    product = (plain.astype(np.float64) * weight.astype(np.float64)).astype(np.float32)
    differing = np.mean(llama != oracle.round_to(product.astype(np.float64), "bf16"))
    assert differing <= 0.01


def test_leading_extents_share_a_kernel(tmp_path: Path) -> None:
    context = rmsnorm.Context(1, cache_directory=str(tmp_path))
    for rows in (1, 5, 0):
        assert rmsnorm.rms_norm(array(rows, 24), context=context).shape == (rows, 24)
    assert context.jit_stats()["misses"] == 1


def test_cache_on_disk(tmp_path: Path) -> None:
    x, weight = array(3, 56), array(56)
    first = rmsnorm.Context(1, cache_directory=str(tmp_path))
    want = rmsnorm.rms_norm(x, weight, context=first)
    second = rmsnorm.Context(1, cache_directory=str(tmp_path))
    got = rmsnorm.rms_norm(x, weight, context=second)
    stats = second.jit_stats()
    assert (stats["disk_hits"], stats["misses"], stats["compiler_loaded"]) == (1, 0, False)
    np.testing.assert_array_equal(got, want)


def test_damaged_cache_is_a_miss(tmp_path: Path) -> None:
    x = array(3, 72)
    want = rmsnorm.rms_norm(x, context=rmsnorm.Context(1, cache_directory=str(tmp_path)))
    entries = [
        path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size > 1000
    ]
    assert entries
    for path in entries:
        path.chmod(0o600)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    context = rmsnorm.Context(1, cache_directory=str(tmp_path))
    np.testing.assert_array_equal(rmsnorm.rms_norm(x, context=context), want)
    stats = context.jit_stats()
    assert (stats["disk_hits"], stats["misses"]) == (0, 1)
    assert stats["damaged"] >= 1


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x": np.zeros((2, 3), np.int32)}, TypeError, "x: given dtype i32"),
        ({"x": np.zeros((), np.float32)}, ValueError, "rank 0"),
        ({"x": array(2, 3), "axes": 2}, ValueError, "axes: given 2, expected -2 to 1"),
        ({"x": array(2, 3), "axes": (1, -1)}, ValueError, "none twice"),
        ({"x": array(2, 3), "axes": ()}, ValueError, "at least one"),
        ({"x": array(2, 3), "eps": -1.0}, ValueError, "eps: given -1.0"),
        ({"x": array(2, 3), "eps": float("nan")}, ValueError, "eps: given nan"),
        ({"x": array(2, 3), "min_rms": -1.0}, ValueError, "min_rms: given -1.0"),
        ({"x": array(2, 3), "return_sum": True}, ValueError, "need a residual"),
        ({"x": array(2, 3), "residual": array(2, 4)}, ValueError, "residual: given f32"),
        ({"x": array(2, 3), "weight": array(4)}, rmsnorm.RMSNormError, "scale|weight"),
    ],
)
def test_errors(
    context: rmsnorm.Context, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        rmsnorm.rms_norm(**arguments, context=context)
