# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The thirteen requirements of the layer, on the compiled path and the plain one."""

import copy
import io
import pickle
import warnings
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import rmsnorm_oracle as oracle
import torch
from torch import Tensor

import rmsnorm
from rmsnorm.nn import dispatch, eager, reference

DTYPES = {
    "f16": torch.float16,
    "bf16": torch.bfloat16,
    "f32": torch.float32,
    "f64": torch.float64,
}


SCALES = [0.5, torch.tensor(0.25), torch.linspace(0.5, 2, 40)]


@pytest.fixture(params=["compiled", "plain"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Makes every norm take one way, and checks that it did."""
    calls = {"compiled": 0, "plain": 0}

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **keywords: Any) -> Any:
            calls[name] += 1
            return function(*args, **keywords)

        return call

    monkeypatch.setattr(dispatch, "_eager", counted("compiled", dispatch._eager))
    plain = counted("plain", reference.norm)
    monkeypatch.setattr(dispatch, "reference", SimpleNamespace(norm=plain))
    monkeypatch.setattr(eager, "_checked", {})
    if request.param == "plain":
        monkeypatch.setattr(eager, "usable", lambda tensors: False)
        monkeypatch.setattr(dispatch, "needs_plain", lambda tensors: True)
    yield request.param
    assert calls["plain" if request.param == "compiled" else "compiled"] == 0
    assert calls[request.param] > 0


def to_numpy(tensor: Tensor) -> Any:
    tensor = tensor.detach()
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return tensor.numpy()


def check(got: Tensor, want: oracle.Reference, dtype: str) -> None:
    assert got.dtype == DTYPES[dtype]
    errors = oracle.compare(to_numpy(got), want)
    assert errors.within_requirements(dtype), errors


def randn(*shape: int, dtype: str = "f32", seed: int = 3) -> Any:
    generator = torch.Generator().manual_seed(seed + len(shape))
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(DTYPES[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("affine", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_1_2_3_7_10_norm_weight_bias_and_dtypes(
    path: str, dtype: str, affine: bool, bias: bool
) -> None:
    module = rmsnorm.RMSNorm(48, 1e-6, affine, bias=bias)
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter)
    x = randn(3, 50, 48, dtype=dtype)
    weight = None if module.weight is None else to_numpy(module.weight)
    shift = None if module.bias is None else to_numpy(module.bias)
    check(module(x), oracle.rms_norm(to_numpy(x), weight, shift, eps=1e-6), dtype)


@pytest.mark.parametrize("axes", [(1,), (-1,), (0, 2), (2, 0), (-3, 1), (0, 1, 2)])
def test_4_axes(path: str, axes: tuple[int, ...]) -> None:
    x = randn(4, 6, 10)
    shape = [x.shape[axis] for axis in axes]
    module = rmsnorm.RMSNorm(shape, 1e-5, normalized_axes=axes)
    torch.nn.init.normal_(module.weight)
    order = sorted(range(len(axes)), key=lambda i: axes[i] % 3)
    extents = [x.shape[i] if i in [a % 3 for a in axes] else 1 for i in range(3)]
    weight = to_numpy(module.weight).transpose(order).reshape(extents)
    check(module(x), oracle.rms_norm(to_numpy(x), weight, axes=axes, eps=1e-5), "f32")


def test_4_channels_first(path: str) -> None:
    x = randn(2, 5, 3, 4)
    module = rmsnorm.RMSNorm(5, 1e-6, normalized_axes=1, bias=True)
    torch.nn.init.normal_(module.weight)
    torch.nn.init.normal_(module.bias)
    weight = to_numpy(module.weight).reshape(5, 1, 1)
    bias = to_numpy(module.bias).reshape(5, 1, 1)
    check(module(x), oracle.rms_norm(to_numpy(x), weight, bias, axes=(1,), eps=1e-6), "f32")


def test_5_dynamic_shapes(path: str) -> None:
    module = rmsnorm.RMSNorm(24)
    for shape in ((24,), (1, 24), (7, 24), (0, 24), (2, 3, 24), (2, 0, 3, 24)):
        x = randn(*shape)
        check(module(x), oracle.rms_norm(to_numpy(x), eps=2.0**-23), "f32")
    anything = rmsnorm.RMSNorm(-1, elementwise_affine=False)
    for extent in (3, 5):
        x = randn(2, extent)
        check(anything(x), oracle.rms_norm(to_numpy(x), eps=2.0**-23), "f32")


@pytest.mark.parametrize("shape", [(6,), (1, 1, 6), (4, 1, 6), (4, 1, 1), (), (1,), (2, 1, 5, 6)])
def test_6_broadcast(path: str, shape: tuple[int, ...]) -> None:
    x = randn(2, 4, 5, 6)
    weight = randn(*shape, seed=8)
    want = oracle.rms_norm(to_numpy(x), to_numpy(weight), eps=1e-6)
    check(rmsnorm.rms_norm(x, weight, eps=1e-6), want, "f32")
    strided = weight.repeat_interleave(2, -1)[..., ::2] if shape else weight
    check(rmsnorm.rms_norm(x, strided, eps=1e-6), want, "f32")
    expanded = weight.expand(2, 4, 5, 6)
    check(rmsnorm.rms_norm(x, expanded, eps=1e-6), want, "f32")


def test_7_range(path: str) -> None:
    large = torch.full((2, 64), 6e4, dtype=torch.float16)
    torch.testing.assert_close(rmsnorm.rms_norm(large), torch.ones_like(large))
    small = torch.full((2, 64), 1e-4, dtype=torch.bfloat16)
    want = oracle.rms_norm(to_numpy(small), eps=2.0**-23)
    check(rmsnorm.rms_norm(small), want, "bf16")


def test_8_learnable_eps(path: str) -> None:
    module = rmsnorm.RMSNorm(6, 1e-3, learnable_eps=True)
    assert module.eps_param.shape == (6,)
    x = randn(5, 6).requires_grad_()
    with torch.no_grad():
        module.eps_param.copy_(torch.tensor([1e-3, 0.1, 1.0, -1.0, 0.0, 5.0]))
    eps = to_numpy(module.eps_param.clamp_min(torch.finfo(torch.float32).tiny))
    check(module(x), oracle.rms_norm(to_numpy(x), eps=eps), "f32")
    module(x).sum().backward()
    assert module.eps_param.grad.isfinite().all()
    assert (module.eps_param.grad[:3] != 0).all()
    module.reset_parameters()
    torch.testing.assert_close(module.eps_param.detach(), torch.full((6,), 1e-3))


def test_8_eps_that_does_not_broadcast(path: str) -> None:
    module = rmsnorm.RMSNorm(6, 1e-3, False, learnable_eps=True)
    x = randn(2, 4)
    want = oracle.rms_norm(to_numpy(x), eps=1e-3)
    with pytest.warns(UserWarning, match="eps_param does not broadcast"):
        check(module(x), want, "f32")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(module(x), want, "f32")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("eps", [0.0, 1e-6])
def test_9_zero_rows(path: str, dtype: str, eps: float) -> None:
    module = rmsnorm.RMSNorm(8, eps, bias=True, dtype=DTYPES[dtype])
    torch.nn.init.ones_(module.bias)
    x = torch.zeros(3, 8, dtype=DTYPES[dtype])
    x[1] = 1e-4
    x.requires_grad_()
    y = module(x)
    assert (y[0] == 1).all()
    want = oracle.rms_norm(to_numpy(x), bias=to_numpy(module.bias), eps=eps)
    check(y[1:2], oracle.Reference(want.value[1:2], want.unit[1:2]), dtype)
    y.sum().backward()
    assert x.grad is not None
    if dtype in ("f32", "f64", "bf16") or eps:
        assert x.grad.isfinite().all()  # 1 / min_rms is finite there
    assert module.weight.grad.isfinite().all()


def test_9_the_clamp_is_a_constant_for_the_gradient(path: str) -> None:
    x = torch.full((1, 4), 1e-3, requires_grad=True)
    rmsnorm.rms_norm(x, eps=0.0, min_rms=0.5).sum().backward()
    torch.testing.assert_close(x.grad, torch.full((1, 4), 2.0))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("round_sum", [False, True])
def test_13_residual(path: str, dtype: str, scale: Any, round_sum: bool) -> None:
    x, residual = randn(25, 40, dtype=dtype), randn(25, 40, dtype=dtype, seed=9)
    module = rmsnorm.RMSNormWithResidual(
        40, 1e-6, residual_scale=scale, return_sum=True, round_sum=round_sum
    )
    y, total = module(x, residual)
    factor = scale.numpy() if isinstance(scale, Tensor) else scale
    compute = np.float64 if dtype == "f64" else np.float32
    exact = to_numpy(x).astype(compute) + (to_numpy(residual).astype(compute) * factor).astype(
        compute
    )
    rounded = exact.astype(oracle.DTYPES[dtype])
    np.testing.assert_allclose(
        to_numpy(total).astype(float),
        rounded.astype(float),
        rtol=float(torch.finfo(DTYPES[dtype]).eps),
        atol=float(torch.finfo(DTYPES[dtype]).eps),
    )
    want = oracle.rms_norm(rounded if round_sum else exact, eps=1e-6)
    assert y.dtype == DTYPES[dtype]
    errors = oracle.compare(to_numpy(y), want)
    # The sum itself may be fused: one rounding less, which a cancelling element shows.
    if dtype in ("f16", "bf16"):
        assert errors.differing <= 0.01 * errors.size, errors
    else:
        tolerance = 8 * float(torch.finfo(DTYPES[dtype]).eps)
        np.testing.assert_allclose(to_numpy(y), want.value, rtol=tolerance, atol=tolerance)


def test_13_learnable_scale(path: str) -> None:
    module = rmsnorm.RMSNormWithResidual(6, residual_scale=0.5, learnable_residual_scale=True)
    x, residual = randn(4, 6).requires_grad_(), randn(4, 6, seed=7).requires_grad_()
    weights = randn(4, 6, seed=5)
    (module(x, residual) * weights).sum().backward()
    total = (x + 0.5 * residual).detach().requires_grad_()
    (torch.nn.functional.rms_norm(total, (6,)) * weights).sum().backward()
    torch.testing.assert_close(x.grad, total.grad)
    torch.testing.assert_close(residual.grad, 0.5 * total.grad)
    scale_grad = module.residual_scale.grad
    torch.testing.assert_close(scale_grad, (total.grad * residual.detach()).sum())


def test_copies(path: str) -> None:
    module = rmsnorm.RMSNorm(8, 1e-5, bias=True, learnable_eps=True, weight_offset=1.0)
    torch.nn.init.normal_(module.weight)
    x = randn(3, 8)
    want = module(x)
    for copied in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.equal(copied(x), want)
        assert repr(copied) == repr(module)
    buffer = io.BytesIO()
    torch.save(module.state_dict(), buffer)
    buffer.seek(0)
    other = rmsnorm.RMSNorm(8, 1e-5, bias=True, learnable_eps=True, weight_offset=1.0)
    other.load_state_dict(torch.load(buffer))
    assert torch.equal(other(x), want)
