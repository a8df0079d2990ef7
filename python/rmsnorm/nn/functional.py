# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``rmsnorm.rms_norm`` for torch tensors, with gradients."""

import math
import numbers
from operator import index
from typing import Any, SupportsIndex

import torch
from torch import Tensor

from rmsnorm.nn import dispatch, eager
from rmsnorm.nn.options import Options
from rmsnorm.nn.preparation import check_tensor, effective_eps, parameter_view
from rmsnorm.nn.reference import sorted_axes


def axes_tuple(axes: int | tuple[int, ...] | list[int] | None, x: Tensor) -> tuple[int, ...]:
    """The axes as a tuple, in the order given; checked.

    Raises:
        TypeError: an axis is not an integer.
        ValueError: an axis is out of range or given twice, or ``x`` has rank 0.
    """
    if x.dim() == 0:
        raise ValueError("x: given a tensor of rank 0, expected rank 1 or more")
    if axes is None:
        return (-1,)
    try:
        given = (index(axes),) if isinstance(axes, SupportsIndex) else tuple(map(index, axes))
    except TypeError:
        raise TypeError(f"axes: given {axes!r}, expected an integer or several") from None
    sorted_axes(list(given), x.dim())
    return given


def non_negative(name: str, value: float | None) -> float | None:
    """The number, or ``None``.

    Raises:
        TypeError: it is no number.
        ValueError: it is negative, infinite or NaN.
    """
    if value is None:
        return None
    if not isinstance(value, numbers.Real):
        raise TypeError(f"{name}: given {type(value).__name__}, expected a number")
    number = float(value)
    if not (number >= 0 and math.isfinite(number)):
        raise ValueError(f"{name}: given {value}, expected a finite number, not negative")
    return number


def check_dense(name: str, tensor: Tensor) -> None:
    """Raises ``NotImplementedError``, as torch does, for a parameter that is not strided."""
    if tensor.layout != torch.strided:
        raise NotImplementedError(f"{name}: given layout {tensor.layout}, expected torch.strided")


def check_alike(name: str, tensor: Tensor, x: Tensor) -> None:
    """Raises ``ValueError`` unless ``tensor`` has the shape, dtype and device of ``x``."""
    check_tensor(name, tensor)
    if tensor.device != x.device:
        raise ValueError(f"{name}: given one on {tensor.device}, expected x's {x.device}")
    if tensor.shape != x.shape or tensor.dtype != x.dtype:
        raise ValueError(
            f"{name}: given {tensor.dtype} {list(tensor.shape)}, expected x's "
            f"{x.dtype} {list(x.shape)}"
        )


def rms_norm(
    x: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    *,
    eps: float | Tensor | None = None,
    axes: int | tuple[int, ...] | None = None,
    residual: Tensor | None = None,
    residual_scale: float | Tensor = 1.0,
    return_sum: bool = False,
    round_sum: bool = False,
    weight_offset: float = 0.0,
    cast_before_weight: bool = False,
    min_rms: float | None = None,
    gate: Tensor | None = None,
    gate_kind: int = 0,
    gate_before_norm: bool = False,
    recompute: bool = False,
) -> Any:
    """``rmsnorm.rms_norm`` for tensors of torch; see there.

    Differentiable in every tensor. A tensor ``eps`` is one epsilon per feature, clamped
    from below by ``finfo(compute type).tiny``.

    Args:
        gate: of the shape and dtype of ``x``; see ``gated_rms_norm``.
        gate_kind: 0 none, 1 silu, 2 sigmoid.
        gate_before_norm: normalise ``x * act(gate)`` instead of multiplying afterwards.
        recompute: save only the inputs for the backward.

    Raises:
        TypeError: an argument is not of a type or dtype that can be taken.
        ValueError: an argument does not fit; the message names it.
    """
    given: Any = None  # what a call is remembered by that was checked once
    if (
        residual is None
        and gate is None
        and not (return_sum or round_sum or torch.compiler.is_compiling())
        and not isinstance(eps, Tensor)
    ):
        given = ("function", axes, eps, min_rms, weight_offset, cast_before_weight)
        try:
            y = eager.call_checked(x, weight, bias, given, recompute)
        except TypeError:  # something that cannot be looked up is no argument, either
            given = y = None
        if y is not None:
            return y
    check_tensor("x", x)
    for name, parameter in (("weight", weight), ("bias", bias)):
        if parameter is not None:
            check_tensor(name, parameter)
            check_dense(name, parameter)
    order = axes_tuple(axes, x)
    axis_list = list(order)
    if residual is not None:
        check_alike("residual", residual, x)
    elif return_sum or round_sum:
        raise ValueError("return_sum, round_sum: need a residual")
    if gate is not None:
        check_alike("gate", gate, x)
    eps_param = None
    if isinstance(eps, Tensor):
        view = parameter_view("eps", eps, x, axis_list)
        assert view is not None
        eps_param = effective_eps(view, x.dtype)
        eps = None
    scale = None
    if isinstance(residual_scale, Tensor):
        scale = parameter_view("residual_scale", residual_scale, x, axis_list)
        residual_scale = 1.0
    options = Options(
        order,
        non_negative("eps", eps),
        non_negative("min_rms", min_rms),
        float(weight_offset),
        bool(cast_before_weight),
        float(residual_scale) if residual is not None else 1.0,
        bool(round_sum),
        gate_kind,
        gate_before_norm,
    )
    tensors = (
        x,
        parameter_view("weight", weight, x, axis_list),
        parameter_view("bias", bias, x, axis_list),
        eps_param,
        residual,
        scale if residual is not None else None,
        gate,
    )
    result = dispatch.norm(tensors, options, return_sum, recompute)
    if given is not None and tensors[1] is weight and tensors[2] is bias:
        eager.remember(x, weight, bias, given, options)
    return result


def records_gradient(*tensors: Any) -> bool:
    """Whether torch would record a gradient for a function of these (tensors or not)."""
    return torch.is_grad_enabled() and any(
        isinstance(tensor, Tensor) and tensor.requires_grad for tensor in tensors
    )
