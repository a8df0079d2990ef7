# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The short way of eager mode: compiled functions called without torch's dispatcher.

The dispatcher, with an autograd formula in Python, costs more than a small norm itself.
So plain CPU tensors outside all modes and transforms go straight to the compiled function,
under one ``torch.autograd.Function``. Everything else takes the operators (``dispatch``).
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch._C._functorch import is_legacy_batchedtensor
from torch.autograd import forward_ad

from rmsnorm._native import layout_key
from rmsnorm.errors import RMSNormError
from rmsnorm.nn.autograd import differentiable, first_gradients
from rmsnorm.nn.kernels import MAX_KNOWN, Kernels, Tensors, kernels
from rmsnorm.nn.options import Options

_PLAIN_TYPES = (Tensor, nn.Parameter)
_DTYPES = frozenset((torch.float16, torch.bfloat16, torch.float32, torch.float64))
# Bits of the gradients' mask for x, weight, bias, eps, residual, residual scale, gate.
_BITS = (0, 2, 3, 4, 1, 5, 6)


def _is_lazy(tensor: Tensor) -> bool:
    """Whether its memory is not its values: torch's dispatcher makes them."""
    return tensor.is_neg() or tensor._is_zerotensor()


def _is_channels_last(x: Tensor) -> bool:
    """Whether the result has to have another order in memory than its dimensions'."""
    rank = x.dim()
    return (rank == 4 and x.is_contiguous(memory_format=torch.channels_last)) or (
        rank == 5 and x.is_contiguous(memory_format=torch.channels_last_3d)
    )


def is_batched(grad: Tensor) -> bool:
    """Whether vmap is at work over gradients: that of torch.func or that of autograd."""
    return torch._C._are_functorch_transforms_active() or is_legacy_batchedtensor(grad)


def in_memory(tensor: Any) -> Any:
    """The tensor, in memory."""
    return tensor.clone() if tensor is not None and _is_lazy(tensor) else tensor


def usable(tensors: Tensors) -> bool:
    """Whether these tensors may take the short way, now."""
    for tensor in tensors:
        if tensor is not None and (
            type(tensor) not in _PLAIN_TYPES or not tensor.is_cpu or _is_lazy(tensor)
        ):
            return False
    x = tensors[0]
    return (
        x is not None
        and x.dtype in _DTYPES
        and x.layout is torch.strided
        and (x.is_contiguous() or not _is_channels_last(x))
        and torch._C._len_torch_dispatch_stack() == 0
        and torch._C._len_torch_function_stack() == 0
        and not torch._C._are_functorch_transforms_active()
        and forward_ad._current_level < 0
        and not torch._C._is_tracing()
    )


def infer(found: Kernels, tensors: Tensors) -> Any:
    """Runs without recording a gradient: y, or (y, sum)."""
    x, weight, bias, eps_param, residual, residual_scale, gate = tensors
    function = found.forward(False)
    if residual is None and eps_param is None and gate is None and bias is None:
        return function(x) if weight is None else function(x, weight)
    ordered = (x, residual, weight, bias, eps_param, residual_scale, gate)
    return function(*(tensor for tensor in ordered if tensor is not None))


class Norm(torch.autograd.Function):
    """The norm with its gradient."""

    @staticmethod
    def forward(ctx: Any, found: Kernels, recompute: bool, *tensors: Tensor | None) -> Any:
        """``found``'s norm of the tensors: y, or (y, sum)."""
        x, weight, bias, eps_param, residual, residual_scale, gate = tensors
        keep = found.has_rstd and not recompute
        ordered = (x, residual, weight, bias, eps_param, residual_scale, gate)
        results = found.forward(keep)(*(tensor for tensor in ordered if tensor is not None))
        rstd = None
        if keep:
            *outputs, rstd = results
            results = tuple(outputs) if found.return_sum else outputs[0]
        if found.from_sum:
            x = results[1]
            if not ctx.needs_input_grad[7]:
                residual = None
        ctx.save_for_backward(x, weight, bias, eps_param, residual, residual_scale, gate, rstd)
        ctx.found = found
        ctx.set_materialize_grads(False)
        return results

    @staticmethod
    def backward(ctx: Any, *output_grads: Tensor | None) -> Any:
        """Gradients by the compiled backward; differentiable by the plain formulas."""
        found: Kernels = ctx.found
        grad = output_grads[0]
        grad_sum = output_grads[1] if found.return_sum else None
        saved = ctx.saved_tensors
        needs = ctx.needs_input_grad[2:]
        if grad is None and grad_sum is None:
            return (None,) * 9
        if grad is None:
            grad = torch.zeros_like(saved[0])
        if torch.is_grad_enabled():
            return _differentiable_gradients(found, grad, grad_sum, saved, needs)
        if is_batched(grad) or (grad_sum is not None and is_batched(grad_sum)):
            return (None, None, *_batched_gradients(found, grad, grad_sum, saved, needs))
        grad, grad_sum = in_memory(grad), in_memory(grad_sum)
        mask = 0
        for needed, bit in zip(needs, _BITS):
            mask |= int(needed) << bit
        # With a factor of 1 the gradients of x and of the residual are the same.
        twins = mask & 2 and saved[5] is None and found.options.residual_factor == 1.0
        if twins:
            mask = mask & ~2 | 1
        x, weight, bias, eps_param, residual, residual_scale, gate, rstd = saved
        if found.from_sum and not mask & 32:
            residual = None
        if gate is None or found.options.gate_before_norm or not mask & 64:
            bias = None
        function = found.backward(mask, grad_sum is not None, rstd is not None)
        arguments = (
            *(grad, grad_sum, x, residual, weight, bias),
            *(eps_param, residual_scale, gate, rstd),
        )
        results = function(*(tensor for tensor in arguments if tensor is not None))
        if isinstance(results, Tensor):
            results = (results,)
        values = iter(results)
        by_bit = [next(values) if mask >> bit & 1 else None for bit in range(7)]
        if twins:
            by_bit[1] = by_bit[0]
        return (None, None, *(by_bit[bit] if n else None for n, bit in zip(needs, _BITS)))


class PlainNorm(torch.autograd.Function):
    """``Norm`` for what most calls have: x, weight, bias. Fewer arguments cost less."""

    @staticmethod
    def forward(
        ctx: Any, found: Kernels, recompute: bool, x: Tensor, weight: Tensor | None, bias: Any
    ) -> Any:
        """``found``'s norm of x."""
        function = found.forward(not recompute)
        if bias is not None:
            results = function(x, bias) if weight is None else function(x, weight, bias)
        else:
            results = function(x) if weight is None else function(x, weight)
        if recompute:
            ctx.save_for_backward(x, weight)
            y = results
        else:
            y, rstd = results
            ctx.save_for_backward(x, weight, rstd)
        ctx.found = found
        ctx.bias = None if bias is None else bias.shape
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        """Gradients by the compiled backward; differentiable by the plain formulas."""
        found: Kernels = ctx.found
        x, weight, *rstd = ctx.saved_tensors
        _, _, need_x, need_weight, need_bias = ctx.needs_input_grad
        if torch.is_grad_enabled() or is_batched(grad):
            bias = None if ctx.bias is None else x.new_zeros(ctx.bias)  # its value is not used
            saved = (x, weight, bias, None, None, None, None, rstd[0] if rstd else None)
            needs = (need_x, need_weight, need_bias, False, False, False, False)
            if torch.is_grad_enabled():
                return _differentiable_gradients(found, grad, None, saved, needs)[:5]
            return (None, None, *_batched_gradients(found, grad, None, saved, needs)[:3])
        grad = in_memory(grad)
        function = found.backward(need_x | need_weight << 2 | need_bias << 3, False, bool(rstd))
        results = function(grad, x, *rstd) if weight is None else function(grad, x, weight, *rstd)
        if not isinstance(results, tuple):
            results = (results,)
        values = iter(results)
        return (
            None,
            None,
            next(values) if need_x else None,
            next(values) if need_weight else None,
            next(values) if need_bias else None,
        )


# What Function.apply ends in, without its search for transforms: `usable` has done that, and
# it costs a third of a small norm.
record: Any = super(torch.autograd.Function, Norm).apply
record_plain: Any = super(torch.autograd.Function, PlainNorm).apply

# Norms of modules whose arguments were checked before, by layout and options.
_checked: dict[Any, Kernels] = {}


def call_checked(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, given: Any, recompute: bool
) -> Tensor | None:
    """The norm, if one of these layouts and options was checked and has a kernel; else None."""
    if not usable((x, weight, bias)):
        return None
    found = _checked.get((layout_key(x, weight, bias), given))
    if found is None:
        return None
    try:
        if torch.is_grad_enabled() and (
            x.requires_grad
            or (weight is not None and weight.requires_grad)
            or (bias is not None and bias.requires_grad)
        ):
            if x.is_inference() or (weight is not None and weight.is_inference()):
                return None  # cannot be saved
            y: Tensor = record_plain(found, recompute, x, weight, bias)
        elif bias is None:
            y = found.forward(False)(x) if weight is None else found.forward(False)(x, weight)
        else:
            y = infer(found, (x, weight, bias, None, None, None, None))
    except RMSNormError as error:
        if error.status != "NO_COMPILER":
            raise
        return None  # who has no kernel says so, and computes it plainly
    return y


def remember(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, given: Any, options: Options
) -> None:
    """Notes that these layouts fit, with parameters that need no other view."""
    if usable((x, weight, bias)):
        if len(_checked) >= MAX_KNOWN:
            _checked.clear()
        found = kernels((x, weight, bias, None, None, None, None), options, False)
        _checked[layout_key(x, weight, bias), given] = found


def _differentiable_gradients(
    found: Kernels, grad: Tensor, grad_sum: Tensor | None, saved: Tensors, needs: Any
) -> tuple[Tensor | None, ...]:
    create_graph = torch.is_grad_enabled()
    with torch.enable_grad():
        tensors = tuple(differentiable(tensor) for tensor in (grad, grad_sum, *saved[:7]))
        options = {**found.options.keywords(), "input_is_sum": found.from_sum}
        if found.from_sum and tensors[6] is None:
            tensors = (*tensors[:6], tensors[2], *tensors[7:])  # only its presence counts
        first = first_gradients(tensors, options)
    if not create_graph:
        first = [None if value is None else value.detach() for value in first]
    return (None, None, *(first[bit] if n else None for n, bit in zip(needs, _BITS)))


def _batched_gradients(
    found: Kernels, grad: Tensor, grad_sum: Tensor | None, saved: Tensors, needs: Any
) -> list[Tensor | None]:
    """By the operator, which has a rule for ``vmap``; in the order of the norm's arguments."""
    mask = 0
    for needed, bit in zip(needs, _BITS):
        mask |= int(needed) << bit
    x, weight, bias, eps_param, residual, residual_scale, gate, rstd = saved
    if found.from_sum and residual is None:
        residual = x  # only its presence counts
    tensors = (x, weight, bias, eps_param, residual, residual_scale, gate, rstd)
    results = torch.ops.rmsnorm.rms_norm_backward(
        grad,
        grad_sum,
        *tensors,
        **found.options.keywords(),
        input_is_sum=found.from_sum,
        grads=mask,
    )
    return [results[bit] if needed else None for needed, bit in zip(needs, _BITS)]
