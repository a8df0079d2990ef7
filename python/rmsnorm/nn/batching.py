# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Rules of ``torch.func.vmap``: the batch becomes one more leading dimension."""

from typing import Any

import torch
from torch import Tensor

Dims = tuple[int | None, ...]


def _whole(tensor: Tensor | None, dim: int | None, batch: int) -> Tensor | None:
    """A tensor of the input's shape, the batch in front."""
    if tensor is None:
        return None
    if dim is None:
        return tensor.unsqueeze(0).expand(batch, *tensor.shape)
    return tensor.movedim(dim, 0)


def _parameter(tensor: Tensor | None, dim: int | None, rank: int) -> Tensor | None:
    """A parameter that broadcasts to an input of ``rank`` dimensions and the batch."""
    if tensor is None or dim is None:
        return tensor
    moved = tensor.movedim(dim, 0)
    missing = rank - (moved.dim() - 1)
    return moved.reshape(moved.shape[0], *([1] * missing), *moved.shape[1:])


def _from_the_end(axes: list[int], rank: int) -> list[int]:
    return [axis % rank - rank for axis in axes]


def batch_forward(
    info: Any, in_dims: Dims, *tensors: Tensor | None, **options: Any
) -> tuple[tuple[Tensor, ...], Dims]:
    """Rule of ``rms_norm_forward``."""
    x = tensors[0]
    assert x is not None
    rank = x.dim() - (in_dims[0] is not None)
    options["axes"] = _from_the_end(options.get("axes", [-1]), rank)
    arguments = [
        _whole(tensor, dim, info.batch_size)
        if index in (0, 4, 6)
        else _parameter(tensor, dim, rank)
        for index, (tensor, dim) in enumerate(zip(tensors, in_dims))
    ]
    results = torch.ops.rmsnorm.rms_norm_forward(*arguments, **options)
    has_sum = options.get("return_sum", False) and tensors[4] is not None
    return results, (0, 0 if has_sum else None, 0 if options.get("return_rstd", False) else None)


def batch_backward(
    info: Any, in_dims: Dims, *tensors: Tensor | None, **options: Any
) -> tuple[tuple[Tensor, ...], Dims]:
    """Rule of ``rms_norm_backward``: parameters get one gradient per batch."""
    batch = info.batch_size
    x = tensors[2]
    assert x is not None
    rank = x.dim() - (in_dims[2] is not None)
    options["axes"] = _from_the_end(options.get("axes", [-1]), rank)
    arguments: list[Tensor | None] = []
    shapes: list[Any] = []
    for index, (tensor, dim) in enumerate(zip(tensors, in_dims)):
        parameter = index in (3, 4, 5, 7)
        whole = _whole(tensor, dim, batch)
        shapes.append(None if whole is None else whole.shape)
        arguments.append(_parameter(whole, 0, rank) if parameter else whole)
    results = list(torch.ops.rmsnorm.rms_norm_backward(*arguments, **options))
    out_dims: list[int | None] = []
    for bit, owner in enumerate((2, 6, 3, 4, 5, 7, 8)):
        asked = bool(options.get("grads", 1) >> bit & 1)
        out_dims.append(0 if asked else None)
        if asked:
            results[bit] = results[bit].reshape(shapes[owner])
    return tuple(results), tuple(out_dims)
