# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Norms with neighbours that must stay outside of them: gates, residuals, other norms."""

import torch
from raise_forms import W, X, form
from torch import Tensor
from torch.nn import functional


@form(1, X, W, (2, 5, 64))
def gate_f32(x: Tensor, w: Tensor, g: Tensor) -> Tensor:
    x32 = x.float()
    return (
        (x32 * torch.rsqrt((x32 * x32).mean(-1, keepdim=True) + 1e-6) * w.float())
        * functional.silu(g.float())
    ).to(x.dtype)


@form(1, X, W, (2, 5, 64))
def qwen3next(x: Tensor, w: Tensor, g: Tensor) -> Tensor:
    x32 = x.float()
    y = x32 * torch.rsqrt(x32.pow(2).mean(-1, keepdim=True) + 1e-6)
    y = w * y.to(x.dtype)
    return (y * functional.silu(g.float())).to(x.dtype)


@form(1, X, (2, 5, 64))
def residual_f32(x: Tensor, res: Tensor) -> tuple[Tensor, Tensor]:
    x32 = x.float() + res.float()
    return (x32 * torch.rsqrt((x32 * x32).mean(-1, keepdim=True) + 1e-6)).to(x.dtype), x32.to(
        x.dtype
    )


@form(1, X, W)
def returns_rstd(x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    x32 = x.float()
    r = torch.rsqrt((x32 * x32).mean(-1, keepdim=True) + 1e-6)
    return (x32 * r * w.float()).to(x.dtype), r


@form(1, X, W)
def returns_unscaled(x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    x32 = x.float()
    y = x32 * torch.rsqrt((x32 * x32).mean(-1, keepdim=True) + 1e-6)
    return (y * w.float()).to(x.dtype), y


@form(1, (2, 5, 64), W)
def partial(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    s = x32[..., :32]
    r = torch.rsqrt((s * s).mean(-1, keepdim=True) + 1e-6)
    return (s * r * w[:32].float()).to(x.dtype)


@form(2, X, W)
def sandwich(x: Tensor, w: Tensor) -> Tensor:
    def n(x: Tensor) -> Tensor:
        x32 = x.float()
        return (w.float() * (x32 * torch.rsqrt((x32 * x32).mean(-1, keepdim=True) + 1e-6))).to(
            x.dtype
        )

    return n(functional.silu(n(x)))


@form(2, X, W)
def norm_norm(x: Tensor, w: Tensor) -> Tensor:
    def n(x: Tensor) -> Tensor:
        x32 = x.float()
        return (w.float() * (x32 * torch.rsqrt((x32 * x32).mean(-1, keepdim=True) + 1e-6))).to(
            x.dtype
        )

    return n(n(x))


@form(1, X, W)
def x_minus_0(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float() - 0.0
    return (x32 / torch.sqrt(x32.square().mean(-1, keepdim=True) + 1e-6) * w.float()).to(x.dtype)


@form(1, X, W)
def two_scales(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    n = x32 * torch.rsqrt(x32.square().mean(-1, keepdim=True) + 1e-6)
    return (n * w.float() * 2.0).to(x.dtype)


@form(1, X, W)
def scaled_input(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float() * 8.0
    return (x32 / torch.sqrt(x32.square().mean(-1, keepdim=True) + 1e-6) * w.float()).to(x.dtype)
