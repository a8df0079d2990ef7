# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ways to write a norm, and near misses, as PyTorch functions for the raising tests.

Each function carries the number of norms that raising must find in it and the
shapes of its arguments; with dynamic rows, the first extent is dynamic.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Form:
    """A function of tensors and what raising must make of it."""

    norms: int
    shapes: tuple[tuple[int, ...], ...]
    function: Callable[..., Tensor | tuple[Tensor, ...]]


FORMS: dict[str, Form] = {}
X = (2, 5, 64)
W = (64,)


def form(norms: int, *shapes: tuple[int, ...]) -> Callable[[Callable], Callable]:
    def register(function: Callable) -> Callable:
        FORMS[function.__name__] = Form(norms, shapes, function)
        return function

    return register


@form(1, X, W)
def mul_square(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (w.float() * (x32 * torch.rsqrt((x32 * x32).mean(-1, keepdim=True) + 1e-6))).to(x.dtype)


@form(1, X, W)
def sum_div(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 / torch.sqrt(x32.square().sum(-1, keepdim=True) / 64 + 1e-6) * w.float()).to(
        x.dtype
    )


@form(1, X, W)
def sum_mulinv(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 / torch.sqrt(x32.square().sum(-1, keepdim=True) * (1 / 64) + 1e-6) * w.float()).to(
        x.dtype
    )


@form(1, X, W)
def recip(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (
        x32 * torch.reciprocal(torch.sqrt((x32**2).mean(-1, keepdim=True) + 1e-6)) * w.float()
    ).to(x.dtype)


@form(1, X, W)
def one_over(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 * (1 / torch.sqrt((x32**2).mean(-1, keepdim=True) + 1e-6)) * w.float()).to(x.dtype)


@form(1, X, W)
def pow_half(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 * torch.pow((x32**2.0).mean(-1, keepdim=True) + 1e-6, -0.5) * w.float()).to(x.dtype)


@form(1, X, W)
def pow_sqrt_inv(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (
        x32 * torch.pow(torch.sqrt((x32**2.0).mean(-1, keepdim=True) + 1e-6), -1) * w.float()
    ).to(x.dtype)


@form(1, X, W)
def w_r_x(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return ((w.float() * torch.rsqrt((x32 * x32).mean(-1, keepdim=True) + 1e-6)) * x32).to(x.dtype)


@form(1, X, W)
def w_x_r(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return ((w.float() * x32) * torch.rsqrt((x32 * x32).mean(-1, keepdim=True) + 1e-6)).to(x.dtype)


@form(1, X, W)
def normalize_root_d(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (functional.normalize(x32, dim=-1) * 64**0.5 * w.float()).to(x.dtype)


@form(1, (2, 16, 4, 5), (16, 1, 1))
def wan(x: Tensor, g: Tensor) -> Tensor:
    x32 = x.float()
    return (functional.normalize(x32, dim=1) * 16**0.5 * g.float()).to(x.dtype)


@form(1, (2, 16, 4, 5), (16,), (16,))
def wan_bias(x: Tensor, g: Tensor, b: Tensor) -> Tensor:
    x32 = x.float()
    scaled = functional.normalize(x32, dim=1) * 16**0.5 * g.float().view(16, 1, 1)
    return (scaled + b.float().view(16, 1, 1)).to(x.dtype)


@form(1, X, W)
def norm2_outside(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 / (x32.norm(2, dim=-1, keepdim=True) * 64**-0.5 + 1e-8) * w.float()).to(x.dtype)


@form(1, X, W)
def vecnorm(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 / (torch.linalg.vector_norm(x32, dim=-1, keepdim=True) * 64**-0.5) * w.float()).to(
        x.dtype
    )


@form(1, X, W)
def clamp_ms(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 / torch.sqrt(x32.square().mean(-1, keepdim=True).clamp_min(1e-5)) * w.float()).to(
        x.dtype
    )


@form(1, X, W)
def clamp_max(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (
        x32
        / torch.sqrt(torch.maximum(x32.square().mean(-1, keepdim=True), torch.tensor(1e-5)))
        * w.float()
    ).to(x.dtype)


@form(1, (2, 5, 4, 16), (4, 1, 16))
def heads_w(x: Tensor, w: Tensor) -> Tensor:
    x = x.transpose(1, 2)
    x32 = x.float()
    return (x32 * torch.rsqrt((x32 * x32).mean(-1, keepdim=True) + 1e-6) * w.float()).to(x.dtype)


@form(1, X, W, W)
def bias(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    x32 = x.float()
    return (
        x32 * torch.rsqrt((x32 * x32).mean(-1, keepdim=True) + 1e-6) * w.float() + b.float()
    ).to(x.dtype)


@form(1, (2, 5, 4, 16), (4, 16))
def two_axes(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 * torch.rsqrt((x32 * x32).mean((-1, -2), keepdim=True) + 1e-6) * w.float()).to(
        x.dtype
    )


@form(1, (2, 5, 4, 16), (4, 16))
def two_means(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (
        x32
        * torch.rsqrt((x32 * x32).mean(-1, keepdim=True).mean(-2, keepdim=True) + 1e-6)
        * w.float()
    ).to(x.dtype)


@form(1, (2, 4, 5, 16))
def nonadjacent(x: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 * torch.rsqrt((x32 * x32).mean((1, 3), keepdim=True) + 1e-6)).to(x.dtype)


@form(1, X, W)
def eps_tensor(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 * torch.rsqrt((x32 * x32).mean(-1, keepdim=True) + w.float().abs())).to(x.dtype)


@form(1, X, (1,))
def eps_scalar_tensor(x: Tensor, e: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 * torch.rsqrt((x32 * x32).mean(-1, keepdim=True) + e.float())).to(x.dtype)


@form(1, X, (1,))
def scalar_gain(x: Tensor, g: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 * torch.rsqrt((x32 * x32).mean(-1, keepdim=True) + 1e-5) * g.float()).to(x.dtype)


@form(1, X, ())
def scalar_gain0(x: Tensor, g: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 * torch.rsqrt((x32 * x32).mean(-1, keepdim=True) + 1e-5) * g.float()).to(x.dtype)


@form(1, X, W)
def unsqueeze_mean(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 * torch.rsqrt((x32 * x32).mean(-1).unsqueeze(-1) + 1e-6) * w.float()).to(x.dtype)


@form(1, X, W)
def dyn_numel(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 / torch.sqrt(x32.square().sum(-1, keepdim=True) / x.shape[-1] + 1e-6)).to(x.dtype)


@form(1, (3, 5, 64))
def sum_rows(x: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 / torch.sqrt(x32.square().mean(1, keepdim=True) + 1e-6)).to(x.dtype)


@form(1, (64,), W)
def rank1(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 / torch.sqrt(x32.square().mean(-1, keepdim=True) + 1e-6) * w.float()).to(x.dtype)


@form(1, (1, 1, 64), W)
def unit_rows(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 / torch.sqrt(x32.square().mean(-1, keepdim=True) + 1e-6) * w.float()).to(x.dtype)


@form(1, X, W)
def abs_sq(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 / torch.sqrt(x32.abs().pow(2).mean(-1, keepdim=True) + 1e-6) * w.float()).to(
        x.dtype
    )


@form(1, X, W)
def distributed(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    n = x32 * torch.rsqrt(x32.square().mean(-1, keepdim=True) + 1e-6)
    return (n + n * w.float()).to(x.dtype)


@form(1, X, W)
def wrow(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    n = x32.norm(dim=-1, keepdim=True) / 8.0
    return (x32 / n.clamp_min(1e-5) * w.float()).to(x.dtype)
