# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every module on inputs that it has to refuse, and on lazy and batched ones that it takes."""

from typing import Any

import pytest
import torch

import rmsnorm

# Modules and how many inputs they take.
MODULES: dict[str, tuple[Any, int]] = {
    "plain": (rmsnorm.RMSNorm(6), 1),
    "everything": (rmsnorm.RMSNorm(6, 0.1, bias=True, learnable_eps=True), 1),
    "residual": (rmsnorm.RMSNormWithResidual(6), 2),
    "learnt_scale": (rmsnorm.RMSNormWithResidual(6, learnable_residual_scale=True), 2),
    "gated": (rmsnorm.GatedRMSNorm(6), 2),
    "gate_first": (rmsnorm.GatedRMSNorm(6, norm_before_gate=False), 2),
    "grouped": (rmsnorm.GroupedRMSNorm(6, num_groups=2), 1),
    "scale": (rmsnorm.ScaleNorm(6), 1),
    "partial": (rmsnorm.PartialRMSNorm(6, partial=0.5), 1),
    "quantised": (rmsnorm.QuantizedRMSNorm(6, dequantize=True), 1),
}
REFUSED: dict[str, tuple[Any, Any, str]] = {
    "list": ([1.0] * 6, TypeError, "given list, expected a torch.Tensor"),
    "integers": (torch.ones(4, 6, dtype=torch.int32), TypeError, "given torch.int32"),
    "rank_0": (torch.tensor(1.0), ValueError, "given rank 0"),
    "extent": (torch.ones(4, 5), ValueError, r"given shape \[(4, 5|6)\]"),
    "device": (torch.ones(4, 6, device="meta"), ValueError, "given one on cpu, expected the input"),
    "sparse": (torch.ones(4, 6).to_sparse(), NotImplementedError, "[sS]parse"),
}
by_module = pytest.mark.parametrize("name", MODULES)


def sample(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


@by_module
@pytest.mark.parametrize("kind", REFUSED)
def test_refused(name: str, kind: str) -> None:
    module, count = MODULES[name]
    given, error, message = REFUSED[kind]
    with pytest.raises(error, match=message):
        module(*[given] * count)


@by_module
def test_lazy_inputs_and_gradients(name: str) -> None:
    module, count = MODULES[name]
    for lazy in (torch._neg_view(sample(4, 6)), torch._efficientzerotensor(4, 6)):
        torch.testing.assert_close(module(*[lazy] * count), module(*[lazy.clone()] * count))
        found = []
        for grad in (lazy, lazy.clone()):
            x = sample(6, 4).T.requires_grad_()
            found.append(torch.autograd.grad(module(*[x] * count), x, grad)[0])
        torch.testing.assert_close(*found)


@by_module
def test_batched_gradients(name: str) -> None:
    module, count = MODULES[name]
    x = sample(4, 6).requires_grad_()
    y = module(*[x] * count)
    seeds = torch.eye(24).view(24, 4, 6)
    (got,) = torch.autograd.grad(y, x, seeds, is_grads_batched=True, retain_graph=True)
    want = torch.stack([torch.autograd.grad(y, x, s, retain_graph=True)[0] for s in seeds])
    torch.testing.assert_close(got, want, rtol=1e-5, atol=1e-5)
