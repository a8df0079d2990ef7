# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Near misses: functions that look like a norm, in which raising must find none."""

import torch
from raise_forms import W, X, form
from torch import Tensor
from torch.nn import functional


@form(0, X, W)
def layernorm(x: Tensor, w: Tensor) -> Tensor:
    return functional.layer_norm(x.float(), (64,), w.float(), None, 1e-5).to(x.dtype)


@form(0, X, W)
def cohere(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    m = x32.mean(-1, keepdim=True)
    v = (x32 - m).pow(2).mean(-1, keepdim=True)
    return (w.float() * ((x32 - m) * torch.rsqrt(v + 1e-5))).to(x.dtype)


@form(0, X, W)
def simplenorm(x: Tensor, w: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 * torch.rsqrt(torch.var(x32, dim=-1, keepdim=True) + 1e-6) * w.float()).to(x.dtype)


@form(0, X)
def l2(x: Tensor) -> Tensor:
    x32 = x.float()
    return (x32 * torch.rsqrt((x32 * x32).sum(-1, keepdim=True) + 1e-6)).to(x.dtype)


@form(0, X)
def fnormalize(x: Tensor) -> Tensor:
    return functional.normalize(x.float(), dim=-1).to(x.dtype)


@form(0, X, (2, 5, 64))
def altup(x: Tensor, z: Tensor) -> Tensor:
    x32 = x.float()
    t = x32.square().mean(-1, keepdim=True).sqrt()
    n = z.float().square().mean(-1, keepdim=True).clamp_min(1e-5).sqrt()
    return (x32 * t / n).to(x.dtype)


@form(0, (2, 4, 4, 16))
def grn(x: Tensor) -> Tensor:
    x32 = x.float()
    g = x32.norm(p=2, dim=(1, 2), keepdim=True)
    n = g / (g.mean(-1, keepdim=True) + 1e-6)
    return (x32 * n).to(x.dtype)


@form(0, (2, 4, 16, 5), (16,))
def groupnorm(x: Tensor, w: Tensor) -> Tensor:
    return functional.group_norm(x.float(), 4, None, None).to(x.dtype)


@form(0, X)
def softmax(x: Tensor) -> Tensor:
    return functional.softmax(x.float(), -1).to(x.dtype)


@form(0, X, (2, 5, 64))
def masked(x: Tensor, m: Tensor) -> Tensor:
    x32 = x.float()
    ms = (x32 * x32 * m.float()).sum(-1, keepdim=True) / m.float().sum(-1, keepdim=True)
    return (x32 * torch.rsqrt(ms + 1e-6)).to(x.dtype)


@form(0, X)
def rms_only(x: Tensor) -> Tensor:
    return x.float().square().mean(-1).add(1e-6).sqrt()
