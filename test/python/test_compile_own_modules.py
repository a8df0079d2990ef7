# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``rmsnorm.compile`` of models that have this package's modules in them."""

from typing import Any

import pytest

pytest.importorskip("torch_mlir", reason="torch-mlir is not installed")

import torch
from torch import Tensor, nn

import rmsnorm
from rmsnorm.importer import import_torch

N = 64
MODULES: dict[str, Any] = {
    "plain": lambda: rmsnorm.RMSNorm(N),
    "bias_and_offset": lambda: rmsnorm.RMSNorm(N, bias=True, weight_offset=1.0),
    "rounded_first": lambda: rmsnorm.RMSNorm(N, eps=1e-5, cast_before_weight=True),
    "learnt_eps": lambda: rmsnorm.RMSNorm(N, learnable_eps=True),
    "two_axes": lambda: rmsnorm.RMSNorm((4, N)),
    "partial": lambda: rmsnorm.PartialRMSNorm(N, partial=0.25),
    "scale": lambda: rmsnorm.ScaleNorm(N),
    "grouped": lambda: rmsnorm.GroupedRMSNorm(N, num_groups=4),
}


def check(model: nn.Module, *inputs: Tensor) -> None:
    want = model(*inputs)
    got = rmsnorm.compile(model, inputs)(*inputs)
    pairs = [(got, want)] if isinstance(want, Tensor) else list(zip(got, want, strict=True))
    for one, other in pairs:
        step = 2.0**-7 if other.dtype == torch.bfloat16 else 2e-6
        torch.testing.assert_close(one, other, rtol=step, atol=step)
        assert (one != other).float().mean() <= (0.02 if other.dtype == torch.bfloat16 else 1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["f32", "bf16"])
@pytest.mark.parametrize("name", MODULES)
def test_module(name: str, dtype: torch.dtype) -> None:
    module = MODULES[name]().to(dtype)
    for parameter in module.parameters():
        nn.init.uniform_(parameter, 0.5, 1.5)
    check(nn.Sequential(module), torch.randn(3, 4, N, dtype=dtype))


class Layer(nn.Module):
    """A residual addition and a norm of it, a gate, a projection."""

    def __init__(self) -> None:
        super().__init__()
        self.first = rmsnorm.RMSNormWithResidual(N, return_sum=True)
        self.second = rmsnorm.GatedRMSNorm(N)
        self.linear = nn.Linear(N, N)

    def forward(self, x: Tensor, residual: Tensor) -> tuple[Tensor, Tensor]:
        y, total = self.first(x, residual)
        return self.linear(self.second(y, total)), total


def test_two_inputs() -> None:
    check(Layer(), torch.randn(5, N), torch.randn(5, N))


def test_what_was_patched_is_one_norm_again() -> None:
    model = nn.Sequential(nn.Linear(N, N), nn.RMSNorm(N, eps=1e-6)).eval()
    x = torch.randn(3, N)
    want = model(x)
    rmsnorm.patch(model)
    assert isinstance(model[1], rmsnorm.RMSNorm) or "rmsnorm" in type(model[1]).__module__
    torch.testing.assert_close(rmsnorm.compile(model, (x,))(x), want, rtol=1e-5, atol=1e-5)
    assert "torch.operator" not in import_torch(model, (x,)).text
