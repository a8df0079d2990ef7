# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Spellings that nobody writes but that mean an RMSNorm, and near misses that do not."""

import math
from collections.abc import Callable
from typing import Any

import pytest

for module in ("torch", "torch_mlir"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import torch  # noqa: E402
from plain_text import without_locations  # noqa: E402
from raised_norms import raise_text  # noqa: E402
from torch.nn import functional  # noqa: E402

from rmsnorm.importer import import_torch  # noqa: E402

N, EPS = 48, 1e-6
W = torch.linspace(0.5, 2.0, N)
Tensor = torch.Tensor


def mean(x: Tensor) -> Tensor:
    return x.pow(2).mean(-1, keepdim=True)


SPELLINGS: dict[str, Callable[[Tensor], Any]] = {
    "einsum": lambda x: x / torch.sqrt(torch.einsum("bsd,bsd->bs", x, x)[..., None] / N + EPS) * W,
    "vector_norm": lambda x: (
        x / (torch.linalg.vector_norm(x, dim=-1, keepdim=True) * N**-0.5).clamp_min(EPS) * W
    ),
    "matmul_with_ones": lambda x: x * torch.rsqrt((x * x) @ torch.full((N, 1), 1 / N) + EPS) * W,
    "matmul_with_itself": lambda x: (
        x * torch.rsqrt((x[..., None, :] @ x[..., None])[..., 0] / N + EPS) * W
    ),
    "linear": lambda x: (
        x * torch.rsqrt(functional.linear(x * x, torch.full((1, N), 1 / N)) + EPS) * W
    ),
    "addcmul": lambda x: torch.addcmul(torch.zeros_like(x), x * torch.rsqrt(mean(x) + EPS), W),
    "addcdiv": lambda x: torch.addcdiv(torch.zeros_like(x), x * W, torch.sqrt(mean(x) + EPS)),
    "exp_of_log": lambda x: x * torch.exp(-0.5 * torch.log(mean(x) + EPS)) * W,
    "power": lambda x: W * (x * (x.abs().pow(2).mean(-1, keepdim=True) + EPS) ** -0.5),
    "halves_joined": lambda x: (
        torch.cat(x.chunk(2, -1), -1) * torch.rsqrt(mean(torch.cat(x.chunk(2, -1), -1)) + EPS) * W
    ),
    "transposed": lambda x: (
        (x.mT * torch.rsqrt(x.mT.pow(2).mean(1, keepdim=True) + EPS) * W[:, None]).mT
    ),
    "scaled_before": lambda x: (
        x / torch.sqrt((x / math.sqrt(N)).square().sum(-1, keepdim=True) + EPS) * W
    ),
    "loss": lambda x: (
        x
        / (
            functional.mse_loss(x, torch.zeros_like(x), reduction="none").mean(-1, keepdim=True)
            + EPS
        ).sqrt()
        * W
    ),
    "normalize": lambda x: functional.normalize(x, dim=-1) * W * math.sqrt(N),
    "f64": lambda x: (x.double() * torch.rsqrt(mean(x.double()) + EPS)).float() * W,
}

NEAR_MISSES: dict[str, Callable[[Tensor], Any]] = {
    "other_count": lambda x: x * torch.rsqrt(x.pow(2).sum(-1, keepdim=True) / (N - 1) + EPS) * W,
    "absolute_values": lambda x: x / (x.abs().mean(-1, keepdim=True) + EPS) * W,
    "fourth_powers": lambda x: x * torch.rsqrt(x.pow(4).mean(-1, keepdim=True) + EPS) * W,
    "fourth_root": lambda x: x * (mean(x) + EPS) ** -0.25 * W,
    "no_root": lambda x: x / (mean(x) + EPS) * W,
    "centred": lambda x: (
        (x - x.mean(-1, keepdim=True)) * torch.rsqrt(x.var(-1, False, keepdim=True) + EPS)
    ),
    "another_value": lambda x: (x + 1) * torch.rsqrt(mean(x) + EPS) * W,
    "rotated_row": lambda x: x.roll(1, -1) * torch.rsqrt(mean(x) + EPS) * W,
    "rows_in_another_order": lambda x: x * torch.rsqrt(mean(x.flip(1)) + EPS) * W,
    "half_of_the_row": lambda x: x * torch.rsqrt(mean(x[..., : N // 2]) + EPS) * W,
    "plain_l2": lambda x: functional.normalize(x, dim=-1) * W,
    "negative_epsilon": lambda x: x * torch.rsqrt(mean(x) - 1e-3) * W,
    "positive_part": lambda x: x * torch.rsqrt(mean(x.relu()) + EPS) * W,
    "unbiased_variance": lambda x: (
        x * torch.rsqrt(x.var(-1, keepdim=True) + x.mean(-1, keepdim=True) ** 2 + EPS) * W
    ),
}


class Model(torch.nn.Module):
    def __init__(self, function: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Any:
        return self.function(x)


def norms_of(function: Callable[[Tensor], Any]) -> tuple[int, str]:
    text = import_torch(Model(function), (torch.randn(2, 5, N),)).text
    raised = raise_text(without_locations(text))
    return len(raised.norms), raised.reasons("main")


@pytest.mark.parametrize("name", SPELLINGS)
def test_spelling(name: str) -> None:
    count, reasons = norms_of(SPELLINGS[name])
    assert count == 1, reasons


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_near_miss(name: str) -> None:
    count, _ = norms_of(NEAR_MISSES[name])
    assert count == 0
