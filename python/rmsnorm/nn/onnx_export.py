# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What ``torch.onnx.export`` sees: torch's own norm where ONNX has a node that means the same.

The exporter turns torch's operator into ``RMSNormalization`` from opset 23 on, and
decomposes it before. By the standard, that node rounds to the input's dtype before it
multiplies by the scale, but not every runtime does so; and it knows no clamp. What may
differ is exported as the plain formulas instead.
"""

import torch
from torch import Tensor
from torch.nn import functional

from rmsnorm.nn import reference
from rmsnorm.nn.options import Options


def _trailing(x: Tensor, axes: tuple[int, ...]) -> bool:
    order = [axis % x.dim() for axis in axes]
    return order == list(range(x.dim() - len(order), x.dim()))


def native(tensors: tuple[Tensor | None, ...], options: Options) -> Tensor | None:
    """The norm by ``torch.rms_norm``, or None where that is something else.

    Args:
        tensors: x, weight, bias, eps_param, residual, residual_scale, gate, as for
            ``dispatch.norm``.
        options: the others.
    """
    x, weight, bias, eps_param, *others = tensors
    assert x is not None
    if eps_param is not None or any(other is not None for other in others):
        return None
    half = x.dtype in (torch.float16, torch.bfloat16)
    if x.dtype != torch.float32 and not half:
        return None  # the node computes in f32
    eps = reference.default_eps(x.dtype) if options.eps is None else options.eps
    smallest = reference.default_min_rms(x.dtype) if options.min_rms is None else options.min_rms
    if reference.needs_clamp(eps, smallest) or not _trailing(x, options.axes):
        return None
    shape = [x.shape[axis] for axis in options.axes]
    if half and (weight is not None or bias is not None):
        # ONNX says that the node rounds before the scale; ONNX Runtime 1.31 does not.
        return None
    for parameter in (weight, bias):
        if parameter is not None and parameter.dtype != x.dtype:
            return None
    if weight is not None:
        if list(weight.shape) != shape:
            return None
        if options.weight_offset:
            weight = weight + options.weight_offset
    y = functional.rms_norm(x, shape, weight, eps)
    return y if bias is None else y + bias
