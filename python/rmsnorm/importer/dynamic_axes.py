# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Axes in ``dynamic_shapes`` for torch: checked, and counted from the front.

``torch.export`` fails on one that the tensor does not have with an IndexError from its
inside, or takes no notice of it.
"""

import inspect
from collections.abc import Mapping
from typing import Any

import torch


def _axes(tensor: torch.Tensor, given: Mapping[Any, Any], path: str) -> dict[int, Any]:
    rank = tensor.dim()
    result: dict[int, Any] = {}
    for axis, extent in given.items():
        if not isinstance(axis, int) or isinstance(axis, bool):
            raise TypeError(f"{path}: given the axis {axis!r}, expected an integer")
        if not -rank <= axis < rank:
            expected = f"{-rank} to {rank - 1}" if rank else "none"
            raise ValueError(
                f"{path}: given axis {axis}, expected {expected} for an input of shape "
                f"{list(tensor.shape)}"
            )
        if axis % rank in result:
            raise ValueError(f"{path}: given axes {list(given)}, expected none twice")
        result[axis % rank] = extent
    return result


def _walk(value: Any, spec: Any, path: str) -> Any:
    """``spec`` with its axes checked; a structure unlike the value's is left for torch to refuse."""
    if isinstance(value, torch.Tensor):
        return _axes(value, spec, path) if isinstance(spec, Mapping) else spec
    if isinstance(value, Mapping) and type(spec) is dict:
        return {
            key: _walk(value[key], inner, f"{path}[{key!r}]") if key in value else inner
            for key, inner in spec.items()
        }
    if isinstance(value, tuple | list) and type(spec) in (tuple, list) and len(value) == len(spec):
        pairs = enumerate(zip(value, spec))
        return type(spec)(_walk(v, inner, f"{path}[{i}]") for i, (v, inner) in pairs)
    return spec


def checked_shapes(
    module: torch.nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], dynamic_shapes: Any
) -> Any:
    """``dynamic_shapes`` with every axis counted from the front.

    Args:
        module: what is exported.
        args: example positional arguments.
        kwargs: example keyword arguments.
        dynamic_shapes: as in ``torch.export.export``; axes may be negative.

    Raises:
        TypeError: an axis is not an integer.
        ValueError: a tensor does not have an axis, or it is given twice; says which.
    """
    if type(dynamic_shapes) not in (dict, tuple, list):
        return dynamic_shapes
    try:
        bound = inspect.signature(module.forward).bind(*args, **kwargs).arguments
    except TypeError:
        return dynamic_shapes  # torch says what is wrong with the arguments
    values: Any = dict(bound) if isinstance(dynamic_shapes, dict) else tuple(bound.values())
    return _walk(values, dynamic_shapes, "dynamic_shapes")
