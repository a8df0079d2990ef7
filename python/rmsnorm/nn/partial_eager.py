# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The partial norm by compiled kernels in eager mode, with its gradient."""

from typing import Any

import torch
from torch import Tensor

from rmsnorm.errors import RMSNormError
from rmsnorm.nn import eager, partial_calls
from rmsnorm.nn.partial_calls import Parameters
from rmsnorm.nn.partial_kernels import PartialNorm
from rmsnorm.nn.plain_ops import say_no_compiler


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, norm: PartialNorm, x: Tensor, *parameters: Tensor | None) -> Tensor:
        y, statistic = partial_calls.forward(norm, x, Parameters(*parameters))
        ctx.save_for_backward(x, *parameters, statistic)
        ctx.norm = norm
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        norm: PartialNorm = ctx.norm
        x, *saved, statistic = ctx.saved_tensors
        parameters = Parameters(*saved)
        needs = ctx.needs_input_grad[1:]
        if torch.is_grad_enabled() or eager.is_batched(grad):
            results = partial_calls.gradients(norm, grad, x, parameters)
            return (None, *(value if need else None for value, need in zip(results, needs)))
        mask = sum(1 << bit for bit, need in enumerate(needs) if need)
        dy = eager.in_memory(grad)
        return (None, *partial_calls.backward(norm, dy, x, parameters, statistic, mask))


_record: Any = super(torch.autograd.Function, _Norm).apply


def run(x: Tensor, parameters: Parameters, *options: Any) -> Tensor | None:
    """The norm of checked arguments; ``None``: eager mode has no kernel for them.

    Args:
        x: any shape of rank 1 or more.
        parameters: vectors of the last axis.
        options: the rest of ``partial_calls.describe``'s.
    """
    if not eager.usable((x, *parameters)) or x.numel() == 0:
        return None
    norm = partial_calls.describe(x, parameters, *options)
    tensors = (x, *parameters)
    try:
        if torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in tensors):
            saved = (t.clone() if t is not None and t.is_inference() else t for t in tensors)
            y: Tensor = _record(norm, *saved)
        else:
            y = partial_calls.forward(norm, x, parameters)[0]
    except RMSNormError as error:
        if error.status != "NO_COMPILER":
            raise
        say_no_compiler(str(error))
        return None
    return y
