# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The partial norm of tensors: its kernels called, and its gradients by torch operations."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from rmsnorm._native import dtype_name, signature
from rmsnorm.nn import reference
from rmsnorm.nn.partial_kernels import PartialNorm, function

# Bits of a mask of gradients, in the order of the results.
GRAD_X, GRAD_WEIGHT, GRAD_BIAS, GRAD_EPS = 1, 2, 4, 8

_masks: dict[Any, Tensor] = {}


class Parameters(NamedTuple):
    """Vectors of the row's extent; ``eps`` is in the compute type and not below its smallest."""

    weight: Tensor | None
    bias: Tensor | None
    eps: Tensor | None


def describe(
    x: Tensor,
    parameters: Parameters,
    count: int,
    eps: float,
    min_rms: float,
    weight_offset: float,
    cast: bool,
) -> PartialNorm:
    """What the code for these tensors depends on."""
    weight, bias, learnt = parameters
    clamp = learnt is not None or reference.needs_clamp(eps, min_rms)
    return PartialNorm(
        dtype_name(signature(x)[0]),
        None if weight is None else dtype_name(signature(weight)[0]),
        None if bias is None else dtype_name(signature(bias)[0]),
        x.size(-1),
        count,
        0.0 if learnt is not None else eps,
        min_rms if clamp else 0.0,
        weight_offset if weight is not None else 0.0,
        learnt is not None,
        cast,
    )


def fits(parameter: Tensor | None, extent: int) -> bool:
    """Whether a parameter is absent, or a vector of the last axis (extents of 1 before it)."""
    return parameter is None or (
        parameter.dim() > 0 and parameter.numel() == extent and parameter.size(-1) == extent
    )


def vector(parameter: Tensor | None, extent: int) -> Tensor | None:
    """Such a parameter with one dimension."""
    return None if parameter is None else parameter.reshape(extent)


def _mask(norm: PartialNorm, wide: torch.dtype) -> Tensor:
    key = (norm.extent, norm.part, wide)
    found = _masks.get(key)
    if found is None:
        found = torch.zeros(norm.extent, dtype=wide)
        found[: norm.part] = 1
        _masks[key] = found
    return found


def _given(*tensors: Tensor | None) -> tuple[Tensor, ...]:
    return tuple(tensor for tensor in tensors if tensor is not None)


def forward(norm: PartialNorm, x: Tensor, parameters: Parameters) -> tuple[Tensor, Tensor]:
    """The norm, of the shape of ``x``, and the statistic of each row."""
    mask = _mask(norm, reference.compute_dtype(x.dtype))
    rows = x.reshape(-1, norm.extent)
    y, statistic = function("forward", norm)(rows, mask, *_given(*parameters))
    return y.view(x.shape), statistic


def backward(
    norm: PartialNorm,
    grad: Tensor,
    x: Tensor,
    parameters: Parameters,
    statistic: Tensor,
    grads: int,
) -> list[Tensor | None]:
    """Gradients of x, weight, bias and epsilon, as far as the mask ``grads`` has them."""
    weight, _, eps = parameters
    rows, dy = x.reshape(-1, norm.extent), grad.reshape(-1, norm.extent)
    results: list[Tensor | None] = [None] * 4
    if grads & GRAD_X:
        mask = _mask(norm, statistic.dtype)
        arguments = (dy, rows, mask, statistic, *_given(weight, eps))
        results[0] = function("input", norm)(*arguments).view(x.shape)
    if grads & GRAD_WEIGHT:
        results[1] = function("weight", norm)(dy, rows, statistic, *_given(eps))
    if grads & GRAD_BIAS:
        results[2] = function("bias", norm)(dy)
    if grads & GRAD_EPS:
        results[3] = function("eps", norm)(dy, rows, statistic, *_given(weight, eps))
    return results


def gradients(
    norm: PartialNorm, grad: Tensor, x: Tensor, parameters: Parameters
) -> list[Tensor | None]:
    """The same by torch operations that can be differentiated and batched; all of them."""
    weight, bias, eps = parameters
    wide = x.to(reference.compute_dtype(x.dtype))
    part, dy = wide[..., : norm.part], grad.to(wide.dtype)
    mean_square = (part * part).mean(-1, keepdim=True)
    shift = torch.full([], norm.eps, dtype=wide.dtype, device=x.device) if eps is None else eps
    clamp = norm.min_rms > 0
    s = reference.denominator(mean_square, shift, norm.min_rms, clamp).reciprocal()
    u = dy * s
    if weight is not None:
        u = u * (weight.to(wide.dtype) + norm.weight_offset)
    small = torch.sqrt(mean_square + shift) <= norm.min_rms if clamp else None
    term = u * wide if eps is None else u * (wide * s) * s
    if small is not None:
        term = torch.where(small, torch.zeros_like(term), term)
    factor = term.sum(-1, keepdim=True) / norm.part
    lost = part * s * factor * s if eps is None else part * factor
    dx = (u - torch.nn.functional.pad(lost, (0, norm.extent - norm.part))).to(x.dtype)
    y = wide * s
    if norm.cast:
        y = y.to(x.dtype).to(wide.dtype)
    rows = list(range(x.dim() - 1))
    results: list[Tensor | None] = [dx]
    for owner, value in ((weight, dy * y), (bias, dy), (eps, -0.5 * term)):
        total = value.sum(rows) if rows else value
        results.append(None if owner is None else total.to(owner.dtype))
    return results
