# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Decompositions of ATen operations that torch-mlir would get wrong.

torch-mlir's own ``aten.rms_norm`` accumulates in the input's type and adds no
epsilon for ``eps=None``. PyTorch computes in the *opmath* type (f32 for f16,
bf16 and f32; f64 for f64), takes ``finfo(opmath).eps`` for ``None``, and
rounds once at the end. Its ``aten.gelu`` with ``approximate="tanh"`` has
0.797724 for sqrt(2/pi) = 0.797885: an error of 2e-5 in a Gemma's logits. Its
``aten.reciprocal`` fails where an element is zero. A padding that cuts off at one end what it adds
at the other is none to MLIR's canonicalization, which torch-mlir runs.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

from rmsnorm.importer.opmath import opmath_decompositions
from rmsnorm.importer.ordering import ordering_decompositions
from rmsnorm.importer.own_operators import own_decompositions


def _opmath_type(dtype: torch.dtype) -> torch.dtype:
    return torch.float64 if dtype == torch.float64 else torch.float32


def rms_norm(
    x: torch.Tensor,
    normalized_shape: Sequence[int],
    weight: torch.Tensor | None = None,
    eps: float | None = None,
) -> torch.Tensor:
    """``aten.rms_norm`` as PyTorch computes it; result in the dtype of ``x``."""
    compute = _opmath_type(x.dtype)
    if eps is None:
        eps = torch.finfo(compute).eps
    axes = list(range(-len(normalized_shape), 0))
    wide = x.to(compute)
    inverse = torch.rsqrt(wide.pow(2).mean(axes, keepdim=True) + eps)
    result = wide * inverse
    if weight is not None:
        result = result * weight
    return result.to(x.dtype)


def fused_rms_norm(
    x: torch.Tensor,
    normalized_shape: Sequence[int],
    weight: torch.Tensor | None = None,
    eps: float | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """``aten._fused_rms_norm``: the result and the reciprocal RMS in the compute type."""
    compute = _opmath_type(x.dtype)
    if eps is None:
        eps = torch.finfo(compute).eps
    axes = list(range(-len(normalized_shape), 0))
    wide = x.to(compute)
    inverse = torch.rsqrt(wide.pow(2).mean(axes, keepdim=True) + eps)
    return rms_norm(x, normalized_shape, weight, eps), inverse


def gelu(x: torch.Tensor, *, approximate: str = "none") -> torch.Tensor:
    """``aten.gelu`` as PyTorch computes it; result in the dtype of ``x``."""
    wide = x.to(_opmath_type(x.dtype))
    if approximate == "tanh":
        inner = math.sqrt(2.0 / math.pi) * (wide + 0.044715 * (wide * wide * wide))
        result = 0.5 * wide * (1.0 + torch.tanh(inner))
    else:
        result = 0.5 * wide * (1.0 + torch.erf(wide * math.sqrt(0.5)))
    return result.to(x.dtype)


def reciprocal(x: torch.Tensor) -> torch.Tensor:
    """``aten.reciprocal`` as a division: that of zero is infinite.

    torch-mlir's own asserts that no element is zero, in the middle of the loop. ``127 / scale``
    is one, too.
    """
    if not x.is_floating_point():
        x = x.to(torch.get_default_dtype())
    return torch.full_like(x, 1.0) / x


def constant_pad_nd(x: torch.Tensor, pad: Sequence[Any], value: Any = 0) -> Any:
    """``aten.constant_pad_nd`` with negative amounts: slices, padded."""
    if not any(isinstance(amount, int) and amount < 0 for amount in pad):
        return NotImplemented
    added = list(pad)
    for place, amount in enumerate(pad):
        if not isinstance(amount, int) or amount >= 0:
            continue
        axis = x.dim() - 1 - place // 2
        extent = x.shape[axis] + amount
        x = x.narrow(axis, 0 if place % 2 else -amount, extent)
        added[place] = 0
    if all(isinstance(amount, int) and amount == 0 for amount in added):
        return x.clone()
    return torch.ops.aten.constant_pad_nd.default(x, added, value)


def decomposition_table() -> dict[Any, Callable[..., Any]]:
    """torch-mlir's table with our norms in it, to be given to ``run_decompositions``."""
    from torch_mlir.extras.fx_decomp_util import get_decomposition_table

    table = dict(get_decomposition_table())
    table.update(ordering_decompositions())
    table.update(opmath_decompositions(table))
    table.update(own_decompositions())
    table[torch.ops.aten.rms_norm.default] = rms_norm
    table[torch.ops.aten._fused_rms_norm.default] = fused_rms_norm
    table[torch.ops.aten.gelu.default] = gelu
    table[torch.ops.aten.reciprocal.default] = reciprocal
    table[torch.ops.aten.constant_pad_nd.default] = constant_pad_nd
    return table
