# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Norms whose statistic is that of the first part of the axis."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from rmsnorm.nn import partial_eager, partial_ops, reference
from rmsnorm.nn.dispatch import check_dtype, needs_plain
from rmsnorm.nn.functional import non_negative
from rmsnorm.nn.module import RMSNorm
from rmsnorm.nn.partial_calls import Parameters, fits, vector
from rmsnorm.nn.preparation import (
    check_extents,
    check_tensor,
    effective_eps,
    module_axes,
    parameter_view,
)


def part_extent(partial: float, extent: int) -> int:
    """How many elements the statistic is taken of: an int as it is, a float as a fraction.

    Raises:
        ValueError: that is not 1 to ``extent``.
    """
    if isinstance(partial, int) and not isinstance(partial, bool):
        count = partial
    else:
        count = int(float(partial) * extent)
    if count < 1 or count > extent:
        raise ValueError(
            f"partial: given {partial} ({count} elements), expected 1 to {extent} elements or "
            "a fraction of them"
        )
    return count


def partial_norm(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    eps_param: Tensor | None,
    count: int,
    eps: float | None,
    min_rms: float | None,
    weight_offset: float,
    cast_before_weight: bool,
) -> Tensor:
    """``x / d * weight + bias``, d of the first ``count`` elements of the last axis.

    Can be scripted. Computed in f32 (f64 for f64), rounded once.
    """
    lo = x.dtype
    wide = x.to(reference.compute_dtype(lo))
    part = wide[..., :count]
    epsilon = reference.default_eps(lo) if eps is None else eps
    smallest = reference.default_min_rms(lo) if min_rms is None else min_rms
    mean_square = (part * part).mean([-1], keepdim=True)
    if eps_param is None:
        shift = torch.full([], epsilon, dtype=wide.dtype, device=wide.device)
        clamp = reference.needs_clamp(epsilon, smallest)
        d = reference.denominator(mean_square, shift, smallest, clamp)
    else:
        d = reference.denominator(mean_square, eps_param, smallest, True)
    return reference.affine(wide / d, weight, bias, weight_offset, cast_before_weight, lo).to(lo)


def partial_rms_norm(
    x: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    *,
    partial: float,
    eps: float | None = None,
    min_rms: float | None = None,
    weight_offset: float = 0.0,
    cast_before_weight: bool = False,
) -> Tensor:
    """The pRMSNorm of Zhang and Sennrich, 2019: the RMS of the first part normalises all.

    Args:
        x: tensor of rank 1 or more, normalised along the last axis.
        weight, bias: broadcast to ``x`` from the right.
        partial: elements of the statistic if an int, the fraction of them if a float.
        eps, min_rms, weight_offset, cast_before_weight: as for ``rms_norm``.

    Returns:
        A tensor like ``x``.

    Raises:
        TypeError: ``x`` is no tensor, or one of a dtype that has no norm.
        ValueError: an argument does not fit; the message names it.
    """
    check_tensor("x", x)
    if x.dim() == 0:
        raise ValueError("x: given a tensor of rank 0, expected rank 1 or more")
    return run(
        x,
        parameter_view("weight", weight, x, [-1]),
        parameter_view("bias", bias, x, [-1]),
        None,
        part_extent(partial, x.size(-1)),
        non_negative("eps", eps),
        non_negative("min_rms", min_rms),
        float(weight_offset),
        bool(cast_before_weight),
    )


def run(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    eps_param: Tensor | None,
    count: int,
    eps: float | None,
    min_rms: float | None,
    weight_offset: float,
    cast_before_weight: bool,
) -> Tensor:
    """``partial_norm`` by compiled kernels, or plain operations where there are none.

    Plain are: parameters that vary along rows, and what is traced, exported (so that it needs
    no package) or transformed.
    """
    check_dtype(x)
    given, extent = (weight, bias, eps_param), x.size(-1)
    if all(fits(parameter, extent) for parameter in given):
        options = (
            count,
            reference.default_eps(x.dtype) if eps is None else eps,
            reference.default_min_rms(x.dtype) if min_rms is None else min_rms,
            weight_offset,
            cast_before_weight,
        )
        vectors = Parameters(*(vector(parameter, extent) for parameter in given))
        if torch.compiler.is_compiling():
            if _takes_operator(x, *given):
                return partial_ops.call(x, *vectors, *options)
        else:
            y = partial_eager.run(x, vectors, *options)
            if y is not None:
                return y
    return partial_norm(
        *(x, weight, bias, eps_param, count, eps, min_rms, weight_offset, cast_before_weight)
    )


def _takes_operator(*tensors: Tensor | None) -> bool:
    """While torch compiles: whether the operator has a kernel that is better than Inductor's."""
    if torch.compiler.is_exporting() or needs_plain(tensors):
        return False
    return all(tensor is None or tensor.device.type == "cpu" for tensor in tensors)


class PartialRMSNorm(RMSNorm):
    """``partial_rms_norm`` as a module.

    Args:
        normalized_shape: extent of the last axis.
        partial: elements of the statistic if an int, the fraction of them if a float.
        Others: as for ``RMSNorm``, but for ``normalized_axes``.
    """

    def __init__(
        self, normalized_shape: int | Sequence[int], *args: Any, partial: float, **options: Any
    ) -> None:
        super().__init__(normalized_shape, *args, **options)
        if len(self.normalized_shape) != 1 or self.normalized_axes is not None:
            raise ValueError("normalized_shape: expected one extent, that of the last axis")
        self.partial = partial
        self.part = part_extent(partial, self.normalized_shape[0])

    def forward(self, x: Tensor) -> Tensor:
        """``x``: any shape whose last extent is ``normalized_shape``."""
        if not torch.jit.is_scripting():
            check_tensor("input", x)
        check_extents(x, self._shape, module_axes(x.dim(), None, 1))
        if not torch.jit.is_scripting():
            return self._computed(x)
        eps_param = self.eps_param
        if eps_param is not None:
            eps_param = effective_eps(eps_param, x.dtype)
        return partial_norm(
            x,
            parameter_view("weight", self.weight, x, [-1]),
            parameter_view("bias", self.bias, x, [-1]),
            eps_param,
            self.part,
            self.eps,
            self.min_rms,
            self.weight_offset,
            self.cast_before_weight,
        )

    @torch.jit.unused
    def _computed(self, x: Tensor) -> Tensor:
        eps_param = self.eps_param
        return run(
            x,
            parameter_view("weight", self.weight, x, [-1]),
            parameter_view("bias", self.bias, x, [-1]),
            None if eps_param is None else effective_eps(eps_param, x.dtype),
            self.part,
            self.eps,
            self.min_rms,
            self.weight_offset,
            self.cast_before_weight,
        )

    def extra_repr(self) -> str:
        """As for ``RMSNorm``, and the part."""
        return f"{super().extra_repr()}, partial={self.partial}"
