# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``rms_norm_quantized`` and its module against float64 NumPy."""

from typing import Any

import numpy as np
import pytest
import torch

import rmsnorm

INPUTS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
LARGEST = {torch.int8: 127.0, torch.float8_e4m3fn: 448.0, torch.float8_e5m2: 57344.0}
# Half a step of the format: absolute for int8, relative to the value for the others (with
# the smallest step near zero).
HALF_STEP = {torch.float8_e4m3fn: (2.0**-4, 2.0**-10), torch.float8_e5m2: (2.0**-3, 2.0**-17)}


def exact(x: torch.Tensor, weight: Any = None, bias: Any = None, eps: float = 1e-6) -> Any:
    wide = x.detach().double().numpy()
    y = wide / np.sqrt(np.mean(wide**2, axis=-1, keepdims=True) + eps)
    if weight is not None:
        y = y * weight.detach().double().numpy()
    return y if bias is None else y + bias.detach().double().numpy()


def sample(dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(11)
    x = torch.randn(3, 5, 96, generator=random).to(dtype)
    weight = (torch.rand(96, generator=random) + 0.5).to(dtype)
    return x, weight, torch.randn(96, generator=random).to(dtype)


@pytest.mark.parametrize("dtype", LARGEST, ids=str)
@pytest.mark.parametrize("lo", INPUTS, ids=str)
def test_values(lo: torch.dtype, dtype: torch.dtype) -> None:
    x, weight, bias = sample(lo)
    q, scale = rmsnorm.rms_norm_quantized(x, weight, bias, eps=1e-6, dtype=dtype)
    assert q.dtype == dtype
    assert q.shape == x.shape
    assert scale.dtype == (torch.float64 if lo == torch.float64 else torch.float32)
    assert scale.shape == (3, 5, 1)
    want = exact(x, weight, bias)
    limit = LARGEST[dtype]
    want_scale = np.abs(want).max(-1, keepdims=True) / limit
    np.testing.assert_allclose(scale.double().numpy(), want_scale, rtol=2e-6)
    steps = want / want_scale
    got = q.double().numpy()
    slack = 1e-5 * limit  # of the norm, before it is rounded
    if dtype == torch.int8:
        assert np.abs(got - steps).max() <= 0.5 + slack
    else:
        relative, smallest = HALF_STEP[dtype]
        assert (np.abs(got - steps) <= np.maximum(np.abs(steps) * relative, smallest) + slack).all()
    # The largest element of each row uses the whole range.
    assert (np.abs(got).max(-1) == limit).all()


def test_residual_is_added_unrounded() -> None:
    x, weight, _ = sample(torch.bfloat16)
    residual = x.flip(0)
    q, scale = rmsnorm.rms_norm_quantized(x, weight, eps=1e-6, residual=residual)
    want = exact(x.double() + residual.double(), weight)
    assert np.abs(q.double().numpy() * scale.double().numpy() - want).max() <= float(
        scale.max()
    ) * (0.5 + 1e-3)


def test_rows_of_zeros() -> None:
    q, scale = rmsnorm.rms_norm_quantized(torch.zeros(2, 8), eps=0.0)
    assert torch.equal(q, torch.zeros(2, 8, dtype=torch.int8))
    assert (scale == torch.finfo(torch.float32).tiny).all()


@pytest.mark.parametrize("shape", [(0, 8), (2, 0, 8)])
def test_no_rows(shape: tuple[int, ...]) -> None:
    q, scale = rmsnorm.rms_norm_quantized(torch.ones(shape))
    assert q.shape == shape
    assert scale.shape == (*shape[:-1], 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dtype": torch.int32}, "dtype: given torch.int32, expected one of torch.int8"),
        ({"axes": 0}, "axes: not taken"),
        ({"return_sum": True}, "return_sum: not taken"),
        ({"cast_before_weight": True}, "cast_before_weight: given True, expected False"),
        ({"residual": torch.ones(2, 8, dtype=torch.float64)}, "residual: given torch.float64"),
    ],
)
def test_errors(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rmsnorm.rms_norm_quantized(torch.ones(2, 8), **options)


def test_the_scale_has_the_gradient_of_the_largest_element() -> None:
    x = sample(torch.float64)[0].requires_grad_()

    def scale_of(value: torch.Tensor) -> torch.Tensor:
        return rmsnorm.rms_norm_quantized(value, eps=1e-6)[1]

    assert torch.autograd.gradcheck(scale_of, (x,))


@pytest.mark.parametrize("lo", INPUTS, ids=str)
def test_module_equals_function(lo: torch.dtype) -> None:
    x, weight, bias = sample(lo)
    module = rmsnorm.QuantizedRMSNorm(96, eps=1e-6, bias=True, dtype=lo)
    with torch.no_grad():
        module.weight.copy_(weight)
        module.bias.copy_(bias)
    q, scale = module(x)
    want = rmsnorm.rms_norm_quantized(x, weight, bias, eps=1e-6)
    assert torch.equal(q, want[0])
    assert torch.equal(scale, want[1])
    other = rmsnorm.QuantizedRMSNorm(96, eps=1e-6, bias=True, dtype=lo)
    other.load_state_dict(module.state_dict())
    assert torch.equal(other(x)[0], q)
    assert "quantized_dtype=torch.int8" in repr(module)


def test_dequantised_has_the_gradient_of_the_norm() -> None:
    x, weight, _ = sample(torch.float32)
    results = []
    for module in (
        rmsnorm.QuantizedRMSNorm(96, eps=1e-6, dequantize=True),
        rmsnorm.RMSNorm(96, eps=1e-6),
    ):
        with torch.no_grad():
            module.weight.copy_(weight)
        leaf = x.clone().requires_grad_()
        y = module(leaf)
        y.backward(torch.linspace(-1, 1, y.numel()).reshape(y.shape))
        results.append((y.detach(), leaf.grad, module.weight.grad))
    (y, dx, dweight), (norm, want_dx, want_dweight) = results
    assert y.dtype == torch.float32
    step = norm.abs().amax(-1, keepdim=True) / 127
    assert ((y - norm).abs() <= 0.501 * step).all()
    assert (y != norm).any()  # it was quantised
    torch.testing.assert_close(dx, want_dx)
    torch.testing.assert_close(dweight, want_dweight)


def test_module_errors() -> None:
    with pytest.raises(ValueError, match="normalized_shape: expected one extent"):
        rmsnorm.QuantizedRMSNorm((3, 4))
    with pytest.raises(ValueError, match="dtype: given"):
        rmsnorm.QuantizedRMSNorm(4, quantized_dtype=torch.int16)


SCALES = {
    "number": 0.02,
    "per_channel": torch.linspace(0.01, 0.03, 96),
    "per_row": torch.linspace(0.01, 0.03, 15).reshape(3, 5, 1),
}


@pytest.mark.parametrize("kind", SCALES)
@pytest.mark.parametrize("dtype", LARGEST, ids=str)
def test_static_scale(kind: str, dtype: torch.dtype) -> None:
    x, weight, bias = sample(torch.float32)
    given: Any = SCALES[kind]
    q, scale = rmsnorm.rms_norm_quantized(x, weight, bias, eps=1e-6, dtype=dtype, scale=given)
    step = given.double().numpy() if isinstance(given, torch.Tensor) else float(np.float32(given))
    limit = LARGEST[dtype]
    want = np.clip(exact(x, weight, bias) / step, -limit, limit)
    assert (np.abs(want) == limit).any() == (dtype == torch.int8)  # some are clamped
    got = q.double().numpy()
    if dtype == torch.int8:
        assert np.abs(got - want).max() <= 0.5 + 1e-4
        assert np.abs(got).max() == limit
    else:
        relative, smallest = HALF_STEP[dtype]
        assert (np.abs(got - want) <= np.maximum(np.abs(want) * relative, smallest) + 1e-4).all()
    assert torch.equal(scale, torch.as_tensor(given, dtype=torch.float32))
    module = rmsnorm.QuantizedRMSNorm(96, eps=1e-6, quantized_dtype=dtype, bias=True, scale=given)
    with torch.no_grad():
        module.weight.copy_(weight)
        module.bias.copy_(bias)
    assert torch.equal(module(x)[0].float(), q.float())
    assert "static_scale" in module.state_dict()
    dequantised = rmsnorm.QuantizedRMSNorm(96, eps=1e-6, dequantize=True, scale=given)
    leaf = x.clone().requires_grad_()
    dequantised(leaf).sum().backward()
    assert leaf.grad is not None


@pytest.mark.parametrize("dtype", LARGEST, ids=str)
def test_nan_and_infinity(dtype: torch.dtype) -> None:
    x = torch.ones(3, 8)
    x[0, 2], x[1, 3] = float("nan"), float("inf")
    q, scale = rmsnorm.rms_norm_quantized(x, dtype=dtype)
    assert not scale[:2].isfinite().any()
    assert scale[2].isfinite()
    assert (q[2].float() == LARGEST[dtype]).all()
    value = q.float() * scale
    assert value[0].isnan().all()  # as in the norm itself
    q, _ = rmsnorm.rms_norm_quantized(x, dtype=dtype, scale=0.1)
    if dtype == torch.int8:
        assert (q[0] == 0).all()
    else:
        assert q[0].float().isnan().all()


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf"), "1"])
def test_static_scales_that_are_none(scale: Any) -> None:
    with pytest.raises(ValueError, match="scale: given"):
        rmsnorm.rms_norm_quantized(torch.ones(2, 8), scale=scale)
    with pytest.raises(ValueError, match="scale: given"):
        rmsnorm.QuantizedRMSNorm(8, scale=scale)
    with pytest.raises(ValueError, match=r"scale: given shape \[3\]"):
        rmsnorm.rms_norm_quantized(torch.ones(2, 8), scale=torch.ones(3))


def test_complex_is_refused() -> None:
    with pytest.raises(TypeError, match="complex64, expected a real"):
        rmsnorm.rms_norm_quantized(torch.ones(2, 8, dtype=torch.complex64))
    with pytest.raises(TypeError, match="int32, expected a real"):
        rmsnorm.rms_norm_quantized(torch.ones(2, 8, dtype=torch.int32))
