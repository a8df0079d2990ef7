# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Derivatives of the operators, first and second, and their batching rules.

The first derivative is the compiled ``rms_norm_backward``. It saves the input (or the
sum, where that is all the norm has seen) and ``rstd`` if the forward returned it; else
``rstd`` is computed again. The second derivative differentiates the plain torch formulas.
"""

from typing import Any

import torch
from torch import Tensor

from rmsnorm.nn import reference
from rmsnorm.nn.batching import batch_backward, batch_forward

# Options that both operators have.
_SHARED = (
    "axes",
    "eps",
    "min_rms",
    "weight_offset",
    "cast_before_weight",
    "residual_factor",
    "round_sum",
    "gate_kind",
    "gate_before_norm",
)
_COMPUTE_TYPES = (torch.float32, torch.float64)


def _setup_forward(
    ctx: Any, inputs: tuple[Any, ...], keyword_only_inputs: dict[str, Any], output: Any
) -> None:
    x, weight, bias, eps_param, residual, residual_scale, gate = inputs
    _, total, rstd = output
    options = {name: keyword_only_inputs[name] for name in _SHARED}
    # The rounded sum is what was normalised, or equals it: it alone is needed.
    from_sum = (
        residual is not None
        and gate is None
        and keyword_only_inputs["return_sum"]
        and (options["round_sum"] or x.dtype in _COMPUTE_TYPES)
    )
    if from_sum:
        options["round_sum"] = True
        x = total
        if residual_scale is None or not residual_scale.requires_grad:
            residual = residual.new_empty((0,))  # only its presence counts
    ctx.options = options
    ctx.from_sum = from_sum
    has_rstd = keyword_only_inputs["return_rstd"]
    ctx.save_for_backward(
        x, weight, bias, eps_param, residual, residual_scale, gate, rstd if has_rstd else None
    )
    constant = [] if keyword_only_inputs["return_sum"] and inputs[4] is not None else [total]
    ctx.mark_non_differentiable(rstd, *constant)
    ctx.set_materialize_grads(False)


def _forward_gradients(
    ctx: Any, grad: Tensor | None, grad_sum: Tensor | None, _grad_rstd: Any
) -> tuple[Tensor | None, ...]:
    x, weight, bias, eps_param, residual, residual_scale, gate, rstd = ctx.saved_tensors
    # The operator's order: x, weight, bias, eps, residual, residual scale, gate.
    order = (0, 2, 3, 4, 1, 5, 6)
    mask = 0
    for needed, bit in zip(ctx.needs_input_grad, order):
        mask |= int(needed) << bit
    if not mask or (grad is None and grad_sum is None):
        return (None,) * len(order)
    if grad is None:
        grad = torch.zeros_like(x)
    if ctx.from_sum and residual.shape != x.shape:
        residual = x  # not read
    results = torch.ops.rmsnorm.rms_norm_backward(
        grad,
        grad_sum,
        x,
        weight,
        bias,
        eps_param,
        residual,
        residual_scale,
        gate,
        rstd,
        **ctx.options,
        input_is_sum=ctx.from_sum,
        grads=mask,
    )
    return tuple(results[bit] if mask >> bit & 1 else None for bit in order)


def _setup_backward(
    ctx: Any, inputs: tuple[Any, ...], keyword_only_inputs: dict[str, Any], output: Any
) -> None:
    ctx.save_for_backward(*inputs[:9])  # rstd is a function of these
    ctx.options = dict(keyword_only_inputs)
    mask = keyword_only_inputs["grads"]
    ctx.mark_non_differentiable(
        *(result for bit, result in enumerate(output) if not mask >> bit & 1)
    )
    ctx.set_materialize_grads(False)


def differentiable(tensor: Tensor | None) -> Tensor | None:
    """An alias to differentiate by, connected to the tensor's graph if it has one.

    An alias, since one argument may have been computed from another: the derivative is
    that by the argument alone.
    """
    if tensor is None:
        return None
    return tensor.view_as(tensor) if tensor.requires_grad else tensor.detach().requires_grad_()


def first_gradients(
    tensors: tuple[Tensor | None, ...], options: dict[str, Any]
) -> list[Tensor | None]:
    """What ``rms_norm_backward`` computes, by automatic differentiation of the formulas.

    Args:
        tensors: grad, grad_sum, x, weight, bias, eps_param, residual, residual_scale,
            gate; those that are given require grad.
        options: the operator's.

    Returns:
        Gradients of x, residual, weight, bias, eps_param, residual_scale and gate, with
        a graph; ``None`` for those that are not given.
    """
    grad, grad_sum, x, weight, bias, eps_param, residual, residual_scale, gate = tensors
    assert grad is not None
    assert x is not None
    arguments = [options[name] for name in _SHARED]
    from_sum = options["input_is_sum"]
    addend = None if from_sum else residual
    y, total = reference.norm(x, weight, bias, eps_param, addend, residual_scale, gate, *arguments)
    outputs, seeds = [y], [grad]
    if grad_sum is not None:
        outputs.append(total if addend is not None else x * 1)
        seeds.append(grad_sum)
    owners = [x, addend, weight, bias, eps_param, None if from_sum else residual_scale, gate]
    given = [owner for owner in owners if owner is not None]
    found = iter(torch.autograd.grad(outputs, given, seeds, create_graph=True, allow_unused=True))
    results = [None if owner is None else next(found) for owner in owners]
    if from_sum and residual is not None and results[0] is not None:
        total_grad = results[0]
        if residual_scale is None:
            results[1] = total_grad * options["residual_factor"]
        else:
            results[1] = total_grad * residual_scale
            results[5] = (total_grad * residual).sum_to_size(residual_scale.shape)
    return results


def _second_gradients(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
    create_graph = torch.is_grad_enabled()
    with torch.enable_grad():
        tensors = tuple(differentiable(tensor) for tensor in ctx.saved_tensors)
        first = first_gradients(tensors, ctx.options)
        pairs = [
            (result, grad)
            for result, grad in zip(first, grads)
            if result is not None and grad is not None and result.requires_grad
        ]
        wanted = [
            index
            for index, tensor in enumerate(tensors)
            if tensor is not None and ctx.needs_input_grad[index]
        ]
        results: list[Tensor | None] = [None] * 10
        if pairs and wanted:
            found = torch.autograd.grad(
                [result for result, _ in pairs],
                [
                    tensor
                    for index, tensor in enumerate(tensors)
                    if tensor is not None and index in wanted
                ],
                [grad for _, grad in pairs],
                create_graph=create_graph,
                allow_unused=True,
            )
            for index, value in zip(wanted, found):
                results[index] = value
    return tuple(results)


def register() -> None:
    """Registers derivatives and batching rules; once, by ``ops``."""
    library = torch.library
    library.register_autograd(
        "rmsnorm::rms_norm_forward", _forward_gradients, setup_context=_setup_forward
    )
    library.register_autograd(
        "rmsnorm::rms_norm_backward", _second_gradients, setup_context=_setup_backward
    )
    library.register_vmap("rmsnorm::rms_norm_forward", batch_forward)
    library.register_vmap("rmsnorm::rms_norm_backward", batch_backward)
