# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The partial norm by compiled kernels, with its gradient."""

from typing import Any

import torch
from torch import Tensor

from rmsnorm._native import dtype_name, signature
from rmsnorm.errors import RMSNormError
from rmsnorm.nn import eager, reference
from rmsnorm.nn.partial_kernels import PartialNorm, function
from rmsnorm.nn.plain_ops import say_no_compiler

_masks: dict[Any, Tensor] = {}


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


def _forward(norm: PartialNorm, x: Tensor, *parameters: Tensor | None) -> tuple[Tensor, Tensor]:
    mask = _mask(norm, reference.compute_dtype(x.dtype))
    rows = x.reshape(-1, norm.extent)
    y, rstd = function("forward", norm)(rows, mask, *_given(*parameters))
    return y.view(x.shape), rstd


def _gradients(norm: PartialNorm, grad: Tensor, x: Tensor, weight: Tensor | None) -> Any:
    """Of x, weight and bias, by torch operations that can be differentiated and batched."""
    wide = x.to(reference.compute_dtype(x.dtype))
    part, dy = wide[..., : norm.part], grad.to(wide.dtype)
    mean_square = (part * part).mean(-1, keepdim=True)
    shift = torch.full([], norm.eps, dtype=wide.dtype)
    clamp = norm.min_rms > 0
    s = reference.denominator(mean_square, shift, norm.min_rms, clamp).reciprocal()
    u = dy * s
    if weight is not None:
        u = u * (weight.to(wide.dtype) + norm.weight_offset)
    factor = (u * wide).sum(-1, keepdim=True) / norm.part
    if clamp:
        small = torch.sqrt(mean_square + norm.eps) <= norm.min_rms
        factor = torch.where(small, torch.zeros_like(factor), factor)
    lost = torch.nn.functional.pad(part * s * factor * s, (0, norm.extent - norm.part))
    rows = list(range(x.dim() - 1))
    weight_grad, bias_grad = dy * wide * s, dy
    if rows:
        weight_grad, bias_grad = weight_grad.sum(rows), bias_grad.sum(rows)
    return (u - lost).to(x.dtype), weight_grad, bias_grad


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, norm: PartialNorm, x: Tensor, weight: Tensor | None, bias: Tensor | None
    ) -> Tensor:
        y, rstd = _forward(norm, x, weight, bias)
        ctx.save_for_backward(x, weight, rstd)
        ctx.norm = norm
        ctx.bias_dtype = None if bias is None else bias.dtype
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        norm: PartialNorm = ctx.norm
        x, weight, rstd = ctx.saved_tensors
        _, need_x, need_weight, need_bias = ctx.needs_input_grad
        if torch.is_grad_enabled() or eager.is_batched(grad):
            dx, dweight, dbias = _gradients(norm, grad, x, weight)
            return (
                None,
                dx if need_x else None,
                dweight.to(weight.dtype) if need_weight else None,
                dbias.to(ctx.bias_dtype) if need_bias else None,
            )
        rows = x.reshape(-1, norm.extent)
        dy = eager.in_memory(grad).reshape(-1, norm.extent)
        results: list[Any] = [None] * 4
        if need_x:
            mask = _mask(norm, rstd.dtype)
            dx = function("input", norm)(dy, rows, mask, rstd, *_given(weight))
            results[1] = dx.view(x.shape)
        if need_weight:
            results[2] = function("weight", norm)(dy, rows, rstd)
        if need_bias:
            results[3] = function("bias", norm)(dy)
        return tuple(results)


_record: Any = super(torch.autograd.Function, _Norm).apply


def _vector(parameter: Tensor | None, extent: int) -> Tensor | None:
    return None if parameter is None else parameter.reshape(extent)


def run(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    count: int,
    eps: float | None,
    min_rms: float | None,
    weight_offset: float,
) -> Tensor | None:
    """The norm of checked arguments; ``None``: no kernel takes them.

    Args:
        x: any shape of rank 1 or more.
        weight, bias: broadcast to it.
        count: elements of the last axis that the statistic is of.
        eps, min_rms, weight_offset: as for ``rmsnorm.rms_norm``.
    """
    if torch.compiler.is_compiling() or not eager.usable((x, weight, bias)) or x.numel() == 0:
        return None
    extent = x.size(-1)
    for parameter in (weight, bias):
        if parameter is not None and (
            parameter.numel() != extent or parameter.dim() == 0 or parameter.size(-1) != extent
        ):
            return None  # of another shape than the last axis
    number, _ = signature(x)
    epsilon = reference.default_eps(x.dtype) if eps is None else eps
    smallest = reference.default_min_rms(x.dtype) if min_rms is None else min_rms
    norm = PartialNorm(
        dtype_name(number),
        None if weight is None else dtype_name(signature(weight)[0]),
        None if bias is None else dtype_name(signature(bias)[0]),
        extent,
        count,
        epsilon,
        smallest if reference.needs_clamp(epsilon, smallest) else 0.0,
        weight_offset if weight is not None else 0.0,
    )
    weight, bias = _vector(weight, extent), _vector(bias, extent)
    try:
        if torch.is_grad_enabled() and any(t.requires_grad for t in _given(x, weight, bias)):
            x = x.clone() if x.is_inference() else x
            y: Tensor = _record(norm, x, weight, bias)
        else:
            y = _forward(norm, x, weight, bias)[0]
    except RMSNormError as error:
        if error.status != "NO_COMPILER":
            raise
        say_no_compiler(str(error))
        return None
    return y
