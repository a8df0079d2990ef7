# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Statistics that are computed in unusual ways, and what looks like one but is not."""

import torch
from raise_forms import W, X, form
from torch import Tensor
from torch.nn import functional


@form(1, X, W)
def einsum(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    s = torch.einsum("bsd,bsd->bs", x32, x32)
    return (x32 * torch.rsqrt(s.unsqueeze(-1) / 64 + 1e-6) * w.float()).to(x.dtype)


@form(1, X, W)
def product_with_itself(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    s = (x32.unsqueeze(-2) @ x32.unsqueeze(-1)).squeeze(-1)
    return (x32 * torch.rsqrt(s / 64 + 1e-6) * w.float()).to(x.dtype)


@form(1, (64,), W)
def dot(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 * torch.rsqrt(torch.dot(x32, x32) / 64 + 1e-6) * w.float()).to(x.dtype)


@form(1, X)
def product_with_ones(x: Tensor) -> Tensor:
    x32 = x.float()
    s = (x32 * x32) @ torch.ones(64, 1)
    return (x32 * torch.rsqrt(s / 64 + 1e-6)).to(x.dtype)


@form(1, X, W)
def group_statistic_expanded(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    g = x32.unflatten(-1, (4, 16))
    r = torch.rsqrt(g.square().mean(-1, keepdim=True) + 1e-6).expand_as(g).flatten(-2)
    return (x32 * r * w.float()).to(x.dtype)


@form(1, X, W)
def grouped(x: Tensor, w: Tensor) -> Tensor:
    g = x.float().unflatten(-1, (4, 16))
    r = torch.rsqrt(g.square().mean(-1, keepdim=True) + 1e-6)
    return ((g * r).flatten(-2) * w.float()).to(x.dtype)


@form(1, X, W)
def rows_in_one_axis(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    flat = x32.flatten(0, 1)
    r = torch.rsqrt(flat.square().mean(-1, keepdim=True) + 1e-6)
    return (x32 * r.unflatten(0, (-1, 5)) * w.float()).to(x.dtype)


@form(1, (2, 5, 4, 16), (4, 16))
def two_axes_in_one(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    r = torch.rsqrt(x32.flatten(-2).square().mean(-1) + 1e-6)
    return (x32 * r[..., None, None] * w.float()).to(x.dtype)


@form(1, (2, 5, 1), (1,))
def extent_of_one(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 * torch.rsqrt(x32.square().mean(-1, keepdim=True) + 1e-6) * w.float()).to(x.dtype)


@form(1, X, W)
def exp_log(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    log = torch.log(x32.square().mean(-1, keepdim=True) + 1e-6)
    return (x32 * torch.exp(-0.5 * log) * w.float()).to(x.dtype)


@form(1, X)
def exp2_log2(x: Tensor) -> Tensor:
    x32 = x.float()
    log = torch.log2(x32.square().mean(-1, keepdim=True) + 1e-6)
    return (x32 * torch.exp2(-0.5 * log)).to(x.dtype)


@form(1, X, W)
def eps_in_the_mean(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 * torch.rsqrt((x32.square() + 1e-6).mean(-1, keepdim=True)) * w.float()).to(x.dtype)


@form(1, X, W)
def eps_times_n(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    r = torch.rsqrt(x32.square().sum(-1, keepdim=True) + 64e-6)
    return (x32 * 8.0 * r * w.float()).to(x.dtype)


@form(1, X, W)
def where_greater(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    v = x32.square().mean(-1, keepdim=True)
    return (x32 * torch.rsqrt(torch.where(v > 1e-5, v, torch.tensor(1e-5))) * w.float()).to(x.dtype)


@form(1, X, W)
def where_less(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    v = x32.square().mean(-1, keepdim=True)
    return (x32 * torch.rsqrt(torch.where(v < 1e-5, 1e-5, v)) * w.float()).to(x.dtype)


@form(1, X, W)
def power_of_three_halves(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    v = x32.square().mean(-1, keepdim=True) + 1e-6
    return (x32 * v / v.pow(1.5) * w.float()).to(x.dtype)


@form(1, X, W)
def in_double(x: Tensor, w: Tensor) -> Tensor:
    x64 = x.double()
    return (x64 * torch.rsqrt(x64.square().mean(-1, keepdim=True) + 1e-6) * w.double()).to(x.dtype)


@form(1, (2, 5, 64), (72,))
def padded(x: Tensor, w: Tensor) -> Tensor:
    a = functional.pad(x.float(), (0, 8))
    return (a * torch.rsqrt(a.square().mean(-1, keepdim=True) + 1e-6) * w.float()).to(x.dtype)


@form(0, X)
def statistic_in_double(x: Tensor) -> Tensor:
    r = torch.rsqrt(x.double().square().mean(-1, keepdim=True) + 1e-6).float()
    return (x.float() * r).to(x.dtype)


@form(0, (2, 5, 64))
def padded_count(x: Tensor) -> Tensor:
    a = functional.pad(x.float(), (0, 8))
    return (a * torch.rsqrt(a.square().sum(-1, keepdim=True) / 64 + 1e-6)).to(x.dtype)


@form(0, X)
def clamped_above(x: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 * torch.rsqrt(x32.square().mean(-1, keepdim=True).clamp(1e-6, 3.0))).to(x.dtype)


@form(0, X)
def partial_statistic(x: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 * torch.rsqrt(x32[..., :32].square().mean(-1, keepdim=True) + 1e-6)).to(x.dtype)


@form(0, X)
def group_of_another_axis(x: Tensor) -> Tensor:
    x32 = x.float()
    r = torch.rsqrt(x32.unflatten(-1, (4, 16)).square().mean(-2) + 1e-6)
    return (x32 * r.repeat(1, 1, 4)[..., :64].roll(1, -1)).to(x.dtype)


@form(0, X)
def product_with_another(x: Tensor) -> Tensor:
    x32 = x.float()
    s = torch.einsum("bsd,bsd->bs", x32, x32.roll(1, -1)).abs()
    return (x32 * torch.rsqrt(s.unsqueeze(-1) / 64 + 1e-6)).to(x.dtype)
