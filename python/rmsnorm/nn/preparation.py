# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""From what a module or a caller gives to what the operators take. Can be scripted."""

import warnings
from typing import Any

import torch
from torch import Tensor

from rmsnorm.nn.reference import (
    aligned,
    broadcasts,
    check_parameter,
    compute_dtype,
    smallest_eps,
    sorted_axes,
)


def module_axes(rank: int, axes: list[int] | None, count: int) -> list[int]:
    """Axes in the order of ``normalized_shape``; without any, the last ``count``.

    Raises:
        ValueError: the input has too few dimensions, or an axis is wrong.
    """
    if axes is None:
        if rank < count:
            raise ValueError(
                f"input: given rank {rank}, expected {count} or more (normalized_shape has "
                f"{count} extents)"
            )
        return [i - count for i in range(count)]
    sorted_axes(axes, rank)  # checks them
    return axes


def check_extents(x: Tensor, shape: list[int], axes: list[int]) -> None:
    """Raises ``ValueError`` unless ``x`` has the extents ``shape`` (-1: any) in ``axes``."""
    for i in range(len(axes)):
        if shape[i] != -1 and x.size(axes[i]) != shape[i]:
            raise ValueError(
                f"input: given shape {list(x.shape)}, expected extents {shape} "
                f"(normalized_shape) in the axes {axes}"
            )


def check_tensor(name: str, value: Any) -> None:
    """Raises ``TypeError`` unless ``value`` is a tensor of torch."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name}: given {type(value).__name__}, expected a torch.Tensor")


def effective_eps(eps_param: Tensor, dtype: torch.dtype) -> Tensor:
    """A learnt epsilon in the compute type, not below ``finfo(compute type).tiny``."""
    return eps_param.to(compute_dtype(dtype)).clamp_min(smallest_eps(dtype))


def parameter_view(
    name: str, parameter: Tensor | None, x: Tensor, axes: list[int]
) -> Tensor | None:
    """The parameter as a view that broadcasts to ``x`` from the right; checked.

    Raises:
        TypeError: its dtype is none of floating point.
        ValueError: its shape or device is not one that goes with ``x``.
    """
    if parameter is None:
        return None
    if not (parameter.is_floating_point() or parameter.is_complex()):
        raise TypeError(f"{name}: given {parameter.dtype}, expected a floating-point dtype")
    if parameter.device != x.device:
        raise ValueError(
            f"{name}: given one on {parameter.device}, expected the input's {x.device}"
        )
    view = aligned(parameter, [x.size(axis) for axis in axes], axes, x.dim())
    check_parameter(name, view, x)
    return view


def eps_fits(eps_param: Tensor, x: Tensor, axes: list[int]) -> bool:
    """Whether a per-feature epsilon can be broadcast to ``x``."""
    return broadcasts(aligned(eps_param, [x.size(axis) for axis in axes], axes, x.dim()), x)


def fitting_eps(eps_param: Tensor | None, x: Tensor, axes: list[int]) -> Tensor | None:
    """The learnt epsilon for ``x``; None, with a warning, if it does not broadcast."""
    if eps_param is None:
        return None
    if not eps_fits(eps_param, x, axes):
        warnings.warn(
            "eps_param does not broadcast to the input: the epsilon given at construction is used",
            stacklevel=2,
        )
        return None
    view = parameter_view("eps_param", eps_param, x, axes)
    if view is None:
        return None
    return effective_eps(view, x.dtype)
