# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Norms whose statistic is put together: from parts, windows, diagonals, signs; and near misses.

Each is a function of x ``[2, 5, N]`` in f32; what it computes is one norm, or none.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

Tensor = torch.Tensor
Function = Callable[[Tensor], Any]

N, EPS = 48, 1e-6
HALF = N // 2
W = torch.linspace(0.5, 2.0, N)


def total(x: Tensor) -> Tensor:
    return x.square().sum(-1, keepdim=True)


def mean(x: Tensor) -> Tensor:
    return x.square().mean(-1, keepdim=True)


def by(x: Tensor, squares: Tensor) -> Tensor:
    """x over the root of a sum of squares."""
    return x * torch.rsqrt(squares / N + EPS) * W


def rows(x: Tensor) -> Tensor:
    return x.reshape(10, N)


def folded(x: Tensor) -> Tensor:
    """The sum of squares by halving, as a tree."""
    square = x.square()
    while square.shape[-1] > 3:
        square = sum(square.chunk(2, -1), torch.zeros(()))
    return square.sum(-1, keepdim=True)


def joined(x: Tensor) -> Tensor:
    a, b = x.chunk(2, -1)
    r = torch.rsqrt((total(a) + total(b)) / N + EPS)
    return torch.cat([a * r, b * r], -1) * W


def two_parts(x: Tensor) -> tuple[Tensor, Tensor]:
    a, b = x.tensor_split([20], -1)
    r = torch.rsqrt((total(a) + total(b)) / N + EPS)
    return a * r, b * r


def quadrants(x: Tensor, last: int) -> Tensor:
    """Of rows of 6 x 8; the last one begins at column ``last``."""
    y = x.view(2, 5, 6, 8)
    parts = [y[:, :, :3, :4], y[:, :, :3, 4:], y[:, :, 3:, :4], y[:, :, 3:, last : last + 4]]
    squares = sum((part.square().sum((-1, -2), keepdim=True) for part in parts), torch.zeros(()))
    return (y * torch.rsqrt(squares / N + EPS)).flatten(-2) * W


def pooled(x: Tensor, kernel: int, **options: Any) -> Tensor:
    return functional.avg_pool1d(x * x, kernel, **options)


def summed(parts: Any) -> Tensor:
    return sum((total(part) for part in parts), torch.zeros(()))


NORMS: dict[str, Function] = {
    "halves": lambda x: by(x, total(x[..., :HALF]) + total(x[..., HALF:])),
    "thirds": lambda x: by(x, summed(x.chunk(3, -1))),
    "uneven": lambda x: by(x, summed(x.tensor_split([10, 40], -1))),
    "evens_and_odds": lambda x: by(x, total(x[..., ::2]) + total(x[..., 1::2])),
    "pairs": lambda x: by(x, (x[..., ::2].square() + x[..., 1::2].square()).sum(-1, keepdim=True)),
    "every_fourth": lambda x: by(x, summed(x[..., i::4] for i in range(4))),
    "first_and_rest": lambda x: by(x, x[..., :1].square() + total(x[..., 1:])),
    "slices_of_squares": lambda x: by(x, summed([x.abs()[..., :7], x[..., 7:]])),
    "means_of_halves": lambda x: (
        x * torch.rsqrt((mean(x[..., :HALF]) + mean(x[..., HALF:])) / 2 + EPS) * W
    ),
    "mean_of_means": lambda x: (
        x * torch.rsqrt(torch.stack([mean(part) for part in x.chunk(4, -1)]).mean(0) + EPS) * W
    ),
    "norm_of_norms": lambda x: (
        x
        / torch.stack([p.norm(dim=-1) for p in x.chunk(4, -1)], -1).norm(dim=-1, keepdim=True)
        * (W * math.sqrt(N))
    ),
    "joined_squares": lambda x: by(x, total(torch.cat([x[..., 9:], x[..., :9]], -1))),
    "tree": lambda x: by(x, folded(x)),
    "heads": lambda x: by(x, summed(x.view(2, 5, 4, 12).unbind(-2))),
    "quadrants": lambda x: quadrants(x, 4),
    "joined": joined,
    "two_parts": two_parts,
    "one_part": lambda x: x[..., :HALF] * torch.rsqrt(mean(x) + EPS) * W[:HALF],
    "padded": lambda x: by(x, total(functional.pad(x, (5, 16)))),
    "rolled": lambda x: by(x, total(x.roll(3, -1))),
    "reversed": lambda x: by(x, total(x.flip(-1))),
    "permuted": lambda x: by(x, total(x.view(2, 5, 4, 12).transpose(-1, -2).reshape(2, 5, N))),
    "windows": lambda x: by(x, x.unfold(-1, 12, 12).square().sum((-1, -2))[..., None]),
    "pool": lambda x: x * torch.rsqrt(pooled(x, N) + EPS) * W,
    "pooled_groups": lambda x: (
        (x.view(2, 5, 4, 12) * torch.rsqrt(pooled(x, 12) + EPS)[..., None]).flatten(-2) * W
    ),
    "convolution": lambda x: by(
        x, functional.conv1d((x * x).view(10, 1, N), torch.ones(1, 1, N)).view(2, 5, 1)
    ),
    "last_of_cumsum": lambda x: by(x, (x * x).cumsum(-1)[..., -1:]),
    "diagonal": lambda x: by(x, (rows(x) @ rows(x).T).diagonal().view(2, 5, 1)),
    "einsum_diagonal": lambda x: by(
        x, torch.einsum("bsd,btd->bst", x, x).diagonal(dim1=1, dim2=2)[..., None]
    ),
    "sign_and_magnitude": lambda x: by(torch.sign(x) * x.abs(), total(x)),
    "sign_of_quotient": lambda x: torch.sign(x) * torch.sqrt(x * x / (mean(x) + EPS)) * W,
    "quarter_power": lambda x: x * (mean(x) + EPS).pow(-0.25).pow(2) * W,
    "raised_floor": lambda x: x / (functional.relu(mean(x).sqrt() - 1e-3) + 1e-3) * W,
    "squares_in_f64": lambda x: by(x, torch.float_power(x, 2).float().sum(-1, keepdim=True)),
    "halves_of_a_part": lambda x: (
        x[..., :32] * torch.rsqrt((total(x[..., :9]) + total(x[..., 9:32])) / 32 + EPS) * W[:32]
    ),
    "counted_mask": lambda x: (
        x * torch.rsqrt((x * x * torch.ones(N)).sum(-1, keepdim=True) / torch.ones(N).sum() + EPS)
    ),
}

NEAR_MISSES: dict[str, Function] = {
    "half": lambda x: by(x, total(x[..., :HALF])),
    "overlap": lambda x: by(x, total(x[..., : HALF + 1]) + total(x[..., HALF:])),
    "gap": lambda x: by(x, total(x[..., : HALF - 1]) + total(x[..., HALF:])),
    "same_half_twice": lambda x: by(x, total(x[..., :HALF]) + total(x[..., :HALF])),
    "one_half_scaled": lambda x: by(x, total(x[..., :HALF]) + total(1.01 * x[..., HALF:])),
    "one_half_shifted": lambda x: by(x, total(x[..., :HALF]) + total(x[..., HALF:] + 0.1)),
    "difference": lambda x: by(x, total(x[..., :HALF]) - total(x[..., HALF:])),
    "halves_of_two_rows": lambda x: by(x, total(x[..., :HALF]) + total(x.flip(1)[..., HALF:])),
    "halves_of_two_batches": lambda x: by(x, total(x[:1, :, :HALF]) + total(x[1:, :, HALF:])),
    "evens_twice": lambda x: by(x, 2 * total(x[..., ::2])),
    "missing_third": lambda x: by(x, summed(x[..., i::3] for i in range(2))),
    "sum_of_halves": lambda x: by(x, total(x[..., :HALF] + x[..., HALF:])),
    "uneven_means": lambda x: (
        x * torch.rsqrt((mean(x[..., :16]) + mean(x[..., 16:])) / 2 + EPS) * W
    ),
    "mixed_powers": lambda x: by(x, total(x[..., :HALF]) + total(x[..., HALF:].square())),
    "parts_over_half": lambda x: (
        x * torch.rsqrt((total(x[..., :HALF]) + total(x[..., HALF:])) / HALF + EPS) * W
    ),
    "quadrant_twice": lambda x: quadrants(x, 0),
    "joined_twice": lambda x: by(x, total(torch.cat([x[..., :HALF], x[..., :HALF]], -1))),
    "joined_with_more": lambda x: by(x, total(torch.cat([x, x[..., :HALF]], -1))),
    "part_by_the_other": lambda x: x[..., :HALF] * torch.rsqrt(mean(x[..., HALF:]) + EPS),
    "padding_counted": lambda x: x * torch.rsqrt(mean(functional.pad(x, (0, 16))) + EPS) * W,
    "cropped": lambda x: by(x, total(functional.pad(x, (0, -8)))),
    "first_window": lambda x: x * torch.rsqrt(pooled(x, HALF)[..., :1] + EPS) * W,
    "window_with_padding": lambda x: x * torch.rsqrt(pooled(x, N, padding=8)[..., :1] + EPS) * W,
    "largest_square": lambda x: x * torch.rsqrt(functional.max_pool1d(x * x, N) + EPS) * W,
    "weighted": lambda x: by(
        x, functional.conv1d((x * x).view(10, 1, N), W.view(1, 1, N)).view(2, 5, 1)
    ),
    "middle_of_cumsum": lambda x: by(x, (x * x).cumsum(-1)[..., HALF : HALF + 1]),
    "cumsum": lambda x: by(x, (x * x).cumsum(-1)),
    "column": lambda x: by(x, (rows(x) @ rows(x).T)[:, 0].abs().view(2, 5, 1)),
    "shifted_diagonal": lambda x: by(
        x, (rows(x) @ rows(x).roll(1, 0).T).diagonal().abs().view(2, 5, 1)
    ),
    "two_rows": lambda x: by(x, total(x) + total(x.flip(1))),
    "sign_alone": lambda x: by(torch.sign(x), total(x)),
    "sign_of_another": lambda x: by(torch.sign(x.flip(1)) * x.abs(), total(x)),
    "sign_and_value": lambda x: by(torch.sign(x) * x, total(x)),
    "almost_a_root": lambda x: x * (mean(x) + EPS).pow(-0.49) * W,
    "no_root": lambda x: x / (mean(x) + EPS) * W,
    "magnitudes": lambda x: x / (x.abs().mean(-1, keepdim=True) + EPS) * W,
    "variance_and_mean": lambda x: (
        x * torch.rsqrt(x.var(-1, False, keepdim=True) + x.mean(-1, keepdim=True) ** 2 + EPS) * W
    ),
}
