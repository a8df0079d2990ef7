# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A tiny transformer learns with our norms as it does with torch's."""

import torch
from torch import Tensor, nn
from torch.nn import functional

import rmsnorm
from rmsnorm.nn import eager

VOCABULARY, WIDTH, HEADS, LENGTH, STEPS = 17, 32, 4, 12, 60


class Block(nn.Module):
    def __init__(self, norm: type[nn.Module]) -> None:
        super().__init__()
        self.before, self.after = norm(WIDTH, eps=1e-6), norm(WIDTH, eps=1e-6)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.out = nn.Linear(WIDTH, WIDTH, bias=False)
        self.up = nn.Linear(WIDTH, 4 * WIDTH)
        self.down = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (
            part.unflatten(-1, (HEADS, -1)).transpose(1, 2)
            for part in self.qkv(self.before(x)).chunk(3, -1)
        )
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).flatten(2))
        y: Tensor = x + self.down(functional.silu(self.up(self.after(x))))
        return y


class Transformer(nn.Module):
    def __init__(self, norm: type[nn.Module]) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.blocks = nn.Sequential(Block(norm), Block(norm))
        self.norm = norm(WIDTH, eps=1e-6)
        self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)

    def forward(self, ids: Tensor) -> Tensor:
        logits: Tensor = self.head(self.norm(self.blocks(self.embedding(ids))))
        return logits


def losses(norm: type[nn.Module], dtype: torch.dtype) -> Tensor:
    """Loss by step; the next token follows from the last. All from the same seed."""
    torch.manual_seed(3)
    model = Transformer(norm).to(dtype)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    random = torch.Generator().manual_seed(7)
    result = []
    for _ in range(STEPS):
        ids = torch.randint(VOCABULARY, (16, LENGTH), generator=random)
        for place in range(1, LENGTH):
            ids[:, place] = (3 * ids[:, place - 1] + 1) % VOCABULARY
        logits = model(ids[:, :-1])
        loss = functional.cross_entropy(logits.float().flatten(0, 1), ids[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        result.append(loss.item())
    return torch.tensor(result)


def test_f32_curve_is_the_reference() -> None:
    want, got = losses(nn.RMSNorm, torch.float32), losses(rmsnorm.RMSNorm, torch.float32)
    assert want[-5:].mean() < want[0] - 0.5  # it learns, so that the curve says something
    torch.testing.assert_close(got, want, rtol=1e-4, atol=0.0)


def test_bf16_curve_is_the_reference_within_noise() -> None:
    exact = losses(nn.RMSNorm, torch.float32)
    want, got = losses(nn.RMSNorm, torch.bfloat16), losses(rmsnorm.RMSNorm, torch.bfloat16)
    assert got[-5:].mean() < got[0] - 0.5
    # What bf16 itself does to the curve is the noise.
    noise = (want - exact).abs().max()
    assert noise > 0
    assert (got - exact).abs().max() <= 1.5 * noise
    assert (got - want).abs().max() <= 2 * noise


def test_the_kernels_were_used() -> None:
    eager._checked.clear()
    losses_of_few = Transformer(rmsnorm.RMSNorm)(torch.zeros(1, 4, dtype=torch.long))
    assert losses_of_few.isfinite().all()
    assert len(eager._checked) > 0
