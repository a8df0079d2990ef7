# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The partial norm's kernels against float64 NumPy, and their gradients."""

from typing import Any

import ml_dtypes
import numpy as np
import pytest
import rmsnorm_oracle as oracle
import torch
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

import rmsnorm
from rmsnorm.nn import partial, partial_calls

DTYPES = {
    "f16": torch.float16,
    "bf16": torch.bfloat16,
    "f32": torch.float32,
    "f64": torch.float64,
}


@pytest.fixture(autouse=True)
def only_kernels(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "plain" not in request.node.name:
        monkeypatch.setattr(partial, "partial_norm", None)


def sample(*shape: int, dtype: torch.dtype = torch.float32, seed: int = 5) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)


def to_numpy(tensor: Tensor) -> Any:
    if tensor.dtype == torch.bfloat16:
        return tensor.detach().view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return tensor.detach().numpy()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("parameters", [(), ("same",), ("f32", "bf16"), (None, "same"), ("f64",)])
@pytest.mark.parametrize(("extent", "count"), [(48, 12), (100, 1), (7, 7), (4096, 1000)])
def test_values(dtype: str, parameters: tuple[str | None, ...], extent: int, count: int) -> None:
    lo = DTYPES[dtype]
    kinds = [None if k is None else DTYPES.get(k, lo) for k in (*parameters, None, None)][:2]
    weight, bias = (
        None if kind is None else sample(extent, dtype=kind, seed=seed)
        for seed, kind in enumerate(kinds)
    )
    x = sample(2, 9, extent, dtype=lo)
    y = rmsnorm.partial_rms_norm(x, weight, bias, partial=count, eps=1e-6)
    assert y.dtype == lo
    wide = to_numpy(x).astype(np.longdouble)
    d = np.sqrt(np.mean(wide[..., :count] ** 2, axis=-1, keepdims=True) + np.longdouble(1e-6))
    value = wide / d
    if weight is not None:
        value = value * to_numpy(weight).astype(np.longdouble)
    unit = np.abs(value)
    if bias is not None:
        shift = to_numpy(bias).astype(np.longdouble)
        value, unit = value + shift, np.maximum(unit, np.abs(shift))
    errors = oracle.compare(to_numpy(y), oracle.Reference(value, np.maximum(unit, np.abs(value))))
    # A weight wider than the compute type is rounded to it first.
    if "f64" not in parameters or dtype in ("f16", "bf16"):
        assert errors.within_requirements(dtype), errors


def test_gradients() -> None:
    x = sample(3, 6, dtype=torch.float64).requires_grad_()
    weight = sample(6, dtype=torch.float64, seed=2).requires_grad_()
    bias = sample(1, 6, dtype=torch.float64, seed=3).requires_grad_()

    def call(*tensors: Tensor) -> Tensor:
        return rmsnorm.partial_rms_norm(*tensors, partial=2, eps=1e-6, weight_offset=0.5)

    for inputs in ((x,), (x, weight), (x, weight, bias)):
        assert gradcheck(call, inputs, check_batched_grad=True)
        assert gradgradcheck(call, inputs)
    assert gradcheck(lambda b: rmsnorm.partial_rms_norm(x.detach(), None, b, partial=2), (bias,))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32], ids=str)
def test_gradients_of_narrow_types_plain(dtype: torch.dtype) -> None:
    x, grad = sample(40, 96, dtype=dtype), sample(40, 96, dtype=dtype, seed=9)
    results = []
    ways: tuple[Any, ...] = (partial.run, partial.partial_norm)
    for norm in ways:
        leaves = [x.clone(), sample(96, dtype=dtype, seed=1), sample(96, dtype=dtype, seed=2)]
        for leaf in leaves:
            leaf.requires_grad_()
        y = norm(*leaves, None, 24, 1e-6, None, 0.0, False)
        results.append([y.detach(), *torch.autograd.grad(y, leaves, grad.T.contiguous().T)])
    # The parameters' gradients are sums of 40 terms, each of about the size of one.
    tolerance = 4 * torch.finfo(dtype).eps
    for got, want in zip(*results, strict=True):
        assert got.dtype == want.dtype
        torch.testing.assert_close(got, want, rtol=tolerance, atol=8 * tolerance)


def test_rows_of_zeros_and_small_rows() -> None:
    x = torch.zeros(3, 8)
    x[1] = 1e-25  # its squares vanish: the clamp acts
    x[2] = 1e-15
    x.requires_grad_()
    y = rmsnorm.partial_rms_norm(x, partial=4, eps=0.0)
    assert torch.equal(y[0], torch.zeros(8))
    torch.testing.assert_close(y[2], torch.ones(8))
    (dx,) = torch.autograd.grad(y, x, torch.ones(3, 8))
    assert dx.isfinite().all()
    torch.testing.assert_close(dx[0], torch.full((8,), 2.0**63))
    torch.testing.assert_close(dx[2, 4:], torch.full((4,), 1e15))


def test_layouts_and_determinism() -> None:
    module = rmsnorm.PartialRMSNorm(300, partial=0.25, bias=True)
    x = sample(300, 5, 7).permute(1, 2, 0).requires_grad_()
    y = module(x)
    torch.testing.assert_close(y, module(x.detach().contiguous()))
    grads = [torch.autograd.grad(module(x).square().sum(), (x, *module.parameters())) for _ in "ab"]
    assert all(torch.equal(one, other) for one, other in zip(*grads))
    assert module(torch.ones(300)).shape == (300,)


def test_plain_where_no_kernel_applies(monkeypatch: pytest.MonkeyPatch) -> None:
    x, weight = sample(2, 3, 8), sample(3, 1, seed=4)
    want = partial.partial_norm(x, weight, None, None, 4, None, None, 0.0, False)
    torch.testing.assert_close(rmsnorm.partial_rms_norm(x, weight, partial=4), want)
    assert rmsnorm.partial_rms_norm(x[:0], partial=4).shape == (0, 3, 8)
    learnt = rmsnorm.PartialRMSNorm(8, partial=4, learnable_eps=True)
    learnt(x).sum().backward()
    assert learnt.eps_param.grad is not None
    module = rmsnorm.PartialRMSNorm(8, partial=4)
    want = module(x)
    monkeypatch.setattr(partial_calls, "function", None)
    torch.testing.assert_close(torch.jit.script(module)(x), want)
    exported = torch.export.export(module, (x,))
    torch.testing.assert_close(exported.module()(x), want)
