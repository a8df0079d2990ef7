# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``rmsnorm.RMSNormWithResidual``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from rmsnorm.nn.module import RMSNorm
from rmsnorm.nn.preparation import check_tensor


class RMSNormWithResidual(RMSNorm):
    """The norm of ``x + residual_scale * residual``; can return that sum as well.

    The sum is taken and normalised unrounded in the compute type (f32; f64 for f64), and
    returned rounded to the dtype of ``x``.

    Args:
        normalized_shape, eps, elementwise_affine, device, dtype, bias, normalized_axes,
            learnable_eps, min_rms, weight_offset, cast_before_weight, recompute: as for
            ``RMSNorm``.
        residual_scale: a number, or a tensor that broadcasts like a parameter.
        learnable_residual_scale: make it a parameter, ``residual_scale``.
        return_sum: return ``(y, sum)``, the sum being what the next block adds to.
        round_sum: round the sum before it is normalised, as eager transformers do.
    """

    __constants__: ClassVar[list[str]] = [*RMSNorm.__constants__, "return_sum", "round_sum"]
    if TYPE_CHECKING:
        residual_scale: Any

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: torch.dtype | None = None,
        *,
        bias: bool = False,
        normalized_axes: int | Sequence[int] | None = None,
        learnable_eps: bool = False,
        min_rms: float | None = None,
        weight_offset: float = 0.0,
        cast_before_weight: bool = False,
        recompute: bool = False,
        residual_scale: float | Tensor = 1.0,
        learnable_residual_scale: bool = False,
        return_sum: bool = False,
        round_sum: bool = False,
    ) -> None:
        super().__init__(
            normalized_shape,
            eps,
            elementwise_affine,
            device,
            dtype,
            bias=bias,
            normalized_axes=normalized_axes,
            learnable_eps=learnable_eps,
            min_rms=min_rms,
            weight_offset=weight_offset,
            cast_before_weight=cast_before_weight,
            recompute=recompute,
        )
        self.return_sum = bool(return_sum)
        self.round_sum = bool(round_sum)
        self.learnable_residual_scale = bool(learnable_residual_scale)
        self.residual_factor = 1.0
        if learnable_residual_scale or isinstance(residual_scale, Tensor):
            value = torch.as_tensor(residual_scale, device=device, dtype=dtype).detach().clone()
            if learnable_residual_scale:
                if not value.is_floating_point():
                    value = value.to(torch.get_default_dtype())
                self.residual_scale = nn.Parameter(value)
            else:
                self.register_buffer("residual_scale", value)
        else:
            self.residual_factor = float(residual_scale)
            self.register_parameter("residual_scale", None)

    def forward(self, x: Tensor, residual: Tensor) -> Tensor | tuple[Tensor, Tensor]:  # type: ignore[override]
        """``y``, or ``(y, sum)`` with ``return_sum``; ``residual`` has shape and dtype of ``x``."""
        if not torch.jit.is_scripting():
            check_tensor("input", x)
            check_tensor("residual", residual)
        if x.shape != residual.shape or x.dtype != residual.dtype:
            raise ValueError(
                f"residual: given {residual.dtype} {list(residual.shape)}, expected the "
                f"input's {x.dtype} {list(x.shape)}"
            )
        if torch.jit.is_scripting():
            pair = self._scripted(
                x, residual, self.residual_scale, self.residual_factor, self.round_sum
            )
            if self.return_sum:
                return pair
            return pair[0]
        return self._run(
            x,
            residual,
            self.residual_scale,
            self.residual_factor,
            self.round_sum,
            self.return_sum,
        )

    def extra_repr(self) -> str:
        """As for ``RMSNorm``, and the residual's arguments."""
        text = super().extra_repr()
        if self.residual_scale is None:
            text += f", residual_scale={self.residual_factor}"
        else:
            text += f", residual_scale={tuple(self.residual_scale.shape)}"
        return (
            f"{text}, learnable_residual_scale={self.learnable_residual_scale}"
            f", return_sum={self.return_sum}, round_sum={self.round_sum}"
        )
