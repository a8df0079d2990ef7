# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A norm whose result is quantised, one scale per row."""

import math
import numbers
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from rmsnorm.nn import reference
from rmsnorm.nn.functional import rms_norm
from rmsnorm.nn.module import RMSNorm
from rmsnorm.nn.preparation import (
    check_extents,
    check_tensor,
    effective_eps,
    module_axes,
    parameter_view,
)

# Largest magnitude that is used: symmetric for int8, finite for the others.
_LARGEST = {torch.int8: 127.0, torch.float8_e4m3fn: 448.0, torch.float8_e5m2: 57344.0}


def largest(dtype: torch.dtype) -> float:
    """The largest quantised value.

    Raises:
        ValueError: nothing is quantised to ``dtype``.
    """
    if dtype not in _LARGEST:
        expected = ", ".join(str(known) for known in _LARGEST)
        raise ValueError(f"dtype: given {dtype}, expected one of {expected}")
    return _LARGEST[dtype]


def quantize_rows(
    y: Tensor, limit: float, dtype: torch.dtype, static: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """``(q, scale)`` with ``q * scale`` close to ``y``; ``y`` in f32 or f64.

    ``scale = max(max|y| / limit, finfo(y).tiny)`` per row, of extent 1 in the last axis;
    ``q = y / scale``, rounded to nearest even. NaN and infinities make a scale that is not
    finite. int8 has no NaN: such elements of ``q`` are 0.

    Args:
        y: the norm.
        limit: largest value of ``dtype``.
        dtype: of ``q``.
        static: the scale, broadcasting to ``y``; what exceeds the range is clamped.
    """
    if static is not None:
        scale = static.to(y.dtype)
    elif y.size(-1) == 0:
        scale = torch.full_like(y.sum(-1, keepdim=True), reference.smallest_eps(y.dtype))
    else:
        largest_value = y.abs().amax(-1, keepdim=True)
        scale = (largest_value / limit).clamp_min(reference.smallest_eps(y.dtype))
    scaled = (y / scale).clamp(-limit, limit)
    if dtype == torch.int8:
        scaled = scaled.round().nan_to_num(0.0)
    return scaled.detach().to(dtype), scale


def _wide_norm(x: Tensor, weight: Tensor | None, bias: Tensor | None, options: Any) -> Tensor:
    """The norm in the compute type, unrounded."""
    if not x.is_floating_point():
        raise TypeError(f"input: given {x.dtype}, expected a real floating-point dtype")
    lo, wide = x.dtype, reference.compute_dtype(x.dtype)
    if options.get("min_rms") is None:
        options = {**options, "min_rms": reference.default_min_rms(lo)}
    if options.pop("cast_before_weight", False):
        raise ValueError("cast_before_weight: given True, expected False: nothing is rounded")
    y: Tensor = rms_norm(x.to(wide), weight, bias, **options)
    return y


def _static(scale: float | Tensor | None, x: Tensor) -> Tensor | None:
    """A given scale as a tensor, checked."""
    if scale is None:
        return None
    if isinstance(scale, Tensor):
        reference.check_parameter("scale", scale, x)
        return scale
    if not (isinstance(scale, numbers.Real) and 0 < scale < math.inf):
        raise ValueError(f"scale: given {scale!r}, expected a positive number or a tensor")
    return torch.full([], float(scale), dtype=reference.compute_dtype(x.dtype), device=x.device)


def rms_norm_quantized(
    x: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    *,
    dtype: torch.dtype = torch.int8,
    scale: float | Tensor | None = None,
    **options: Any,
) -> tuple[Tensor, Tensor]:
    """The norm along the last axis, quantised row by row, or by a given scale: ``(q, scale)``.

    The norm is not rounded before it is quantised: ``scale = max|y| / largest``,
    ``q = round(y / scale)``, so that ``q * scale`` is the norm to within half a step.
    ``scale`` has a gradient, ``q`` none: see ``QuantizedRMSNorm`` for training.

    Args:
        x: tensor of rank 1 or more.
        weight, bias: broadcast to ``x`` from the right.
        dtype: ``torch.int8``, ``torch.float8_e4m3fn`` or ``torch.float8_e5m2``.
        scale: a static scale, positive, a number or a tensor that broadcasts to ``x`` (one for
            all, per row or per channel): ``q = round(y / scale)``, clamped to the range.
            ``None``: the scale of each row is taken from its largest element.
        options: ``eps``, ``residual``, ``residual_scale``, ``round_sum``,
            ``weight_offset``, ``min_rms``, as for ``rms_norm``.

    Returns:
        ``q`` of the shape of ``x``, and ``scale`` in f32 (f64 for f64) with extent 1 in the
        last axis; rows of zeros have the smallest scale there is. A static scale is returned
        in its own shape. NaN becomes NaN in the 8-bit floats and 0 in int8, where the
        scale of its row is NaN if it is not static.

    Raises:
        TypeError: ``x`` is complex or of integers.
        ValueError: an argument does not fit; the message names it.
    """
    limit = largest(dtype)
    for name in ("axes", "return_sum"):
        if name in options:
            raise ValueError(f"{name}: not taken: rows are quantised, along the last axis")
    if options.get("residual") is not None:
        residual = options["residual"]
        if residual.dtype != x.dtype or residual.shape != x.shape:
            raise ValueError(
                f"residual: given {residual.dtype} {list(residual.shape)}, expected x's "
                f"{x.dtype} {list(x.shape)}"
            )
        options["residual"] = residual.to(reference.compute_dtype(x.dtype))
    static = _static(scale, x)
    return quantize_rows(_wide_norm(x, weight, bias, options), limit, dtype, static)


class QuantizedRMSNorm(RMSNorm):
    """``rms_norm_quantized`` as a module, with a straight-through gradient for training.

    Args:
        normalized_shape: extent of the last axis.
        quantized_dtype: ``torch.int8``, ``torch.float8_e4m3fn`` or ``torch.float8_e5m2``.
        dequantize: return ``q * scale`` in the dtype of the input instead, with the gradient
            of the norm that is not quantised.
        scale: a static scale as for ``rms_norm_quantized``, kept in the buffer
            ``static_scale``.
        Others: as for ``RMSNorm``, but for ``normalized_axes`` and ``cast_before_weight``.
    """

    if TYPE_CHECKING:
        static_scale: Any

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        *args: Any,
        quantized_dtype: torch.dtype = torch.int8,
        dequantize: bool = False,
        scale: float | Tensor | None = None,
        **options: Any,
    ) -> None:
        super().__init__(normalized_shape, *args, **options)
        if len(self.normalized_shape) != 1 or self.normalized_axes is not None:
            raise ValueError("normalized_shape: expected one extent, that of the last axis")
        if self.cast_before_weight:
            raise ValueError("cast_before_weight: given True, expected False")
        self.quantized_dtype = quantized_dtype
        self.limit = largest(quantized_dtype)
        self.dequantize = bool(dequantize)
        if scale is not None and not isinstance(scale, Tensor):
            scale = _static(scale, torch.empty(0, device=options.get("device")))
        self.register_buffer("static_scale", scale)

    @torch.jit.unused
    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:  # type: ignore[override]
        """``(q, scale)``, or the dequantised norm."""
        check_tensor("input", x)
        check_extents(x, self._shape, module_axes(x.dim(), None, 1))
        eps: Any = self.eps
        if self.eps_param is not None:
            eps = effective_eps(self.eps_param, x.dtype)
        options = {
            "eps": eps,
            "min_rms": self.min_rms,
            "weight_offset": self.weight_offset,
        }
        weight = parameter_view("weight", self.weight, x, [-1])
        y = _wide_norm(x, weight, parameter_view("bias", self.bias, x, [-1]), options)
        static = _static(self.static_scale, x)
        q, scale = quantize_rows(y, self.limit, self.quantized_dtype, static)
        if not self.dequantize:
            return q, scale
        value = q.to(scale.dtype) * scale.detach()
        return (y + (value - y).detach()).to(x.dtype)

    def extra_repr(self) -> str:
        """As for ``RMSNorm``, and the quantisation."""
        return (
            f"{super().extra_repr()}, quantized_dtype={self.quantized_dtype}, "
            f"dequantize={self.dequantize}, static_scale={self.static_scale is not None}"
        )
