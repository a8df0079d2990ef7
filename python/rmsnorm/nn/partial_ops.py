# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``torch.ops.rmsnorm.partial_rms_norm`` and its backward, for ``torch.compile``.

On the CPU compiled kernels; elsewhere, and where there is no compiler, torch operations.
Parameters are vectors of the last axis, ``eps_param`` in the compute type.
"""

from typing import Any

import torch
from torch import Tensor

from rmsnorm.errors import RMSNormError
from rmsnorm.nn import partial_calls, reference
from rmsnorm.nn.autograd import differentiable
from rmsnorm.nn.partial_calls import Parameters
from rmsnorm.nn.partial_kernels import PartialNorm
from rmsnorm.nn.plain_ops import say_no_compiler

_TENSORS = "Tensor x, Tensor? weight, Tensor? bias, Tensor? eps_param"
_OPTIONS = "int count, float eps, float min_rms, float weight_offset, bool cast_before_weight"
_FORWARD, _BACKWARD = "partial_rms_norm", "partial_rms_norm_backward"
_RESULTS = "(Tensor, Tensor, Tensor, Tensor)"
_NAMES = ("count", "eps", "min_rms", "weight_offset", "cast_before_weight")


def _statistic_like(x: Tensor) -> Tensor:
    return x.new_empty(x.shape[:-1], dtype=reference.compute_dtype(x.dtype))


def _prepared(tensors: Any, options: dict[str, Any]) -> tuple[PartialNorm, Parameters]:
    x, *given = tensors
    parameters = Parameters(*given)
    return partial_calls.describe(x, parameters, *(options[name] for name in _NAMES)), parameters


def _fake_forward(x: Tensor, *_tensors: Any, **_options: Any) -> tuple[Tensor, Tensor]:
    return x.new_empty(x.shape), _statistic_like(x)


def _fake_backward(
    _grad: Tensor, _statistic: Tensor, *tensors: Tensor | None, grads: int, **_options: Any
) -> tuple[Tensor, ...]:
    x = tensors[0]
    assert x is not None
    return tuple(
        owner.new_empty(owner.shape) if owner is not None and grads >> bit & 1 else x.new_empty(0)
        for bit, owner in enumerate(tensors)
    )


def _plain_forward(x: Tensor, *given: Tensor | None, **options: Any) -> tuple[Tensor, Tensor]:
    from rmsnorm.nn.partial import partial_norm

    weight, bias, eps_param = given
    y = partial_norm(x, weight, bias, eps_param, *(options[name] for name in _NAMES))
    # Its values are not used: the plain backward computes its own.
    return y.contiguous(), _statistic_like(x).zero_()


def _forward(x: Tensor, *given: Tensor | None, **options: Any) -> tuple[Tensor, Tensor]:
    if x.numel() == 0:
        return _fake_forward(x)
    try:
        norm, parameters = _prepared((x, *given), options)
        y, statistic = partial_calls.forward(norm, x, parameters)
    except RMSNormError as error:
        if error.status != "NO_COMPILER":
            raise
        say_no_compiler(str(error))
        return _plain_forward(x, *given, **options)
    return y, statistic.reshape(x.shape[:-1])


def _asked(x: Tensor, results: list[Tensor | None], grads: int) -> tuple[Tensor, ...]:
    return tuple(
        x.new_empty(0) if value is None or not grads >> bit & 1 else value.contiguous()
        for bit, value in enumerate(results)
    )


def _description(tensors: Any, options: dict[str, Any]) -> tuple[PartialNorm, Parameters]:
    """For the formulas: of any device."""
    parameters = Parameters(*tensors[1:])
    count, eps, min_rms, weight_offset, cast = (options[name] for name in _NAMES)
    if parameters.eps is None and not reference.needs_clamp(eps, min_rms):
        min_rms = 0.0
    extent = tensors[0].size(-1)
    norm = PartialNorm("", None, None, extent, count, eps, min_rms, weight_offset, cast=cast)
    return norm, parameters


def _plain_backward(
    grad: Tensor, _statistic: Tensor, *tensors: Tensor | None, grads: int, **options: Any
) -> tuple[Tensor, ...]:
    x = tensors[0]
    assert x is not None
    norm, parameters = _description(tensors, options)
    return _asked(x, partial_calls.gradients(norm, grad, x, parameters), grads)


def _backward(
    grad: Tensor, statistic: Tensor, *tensors: Tensor | None, grads: int, **options: Any
) -> tuple[Tensor, ...]:
    x = tensors[0]
    assert x is not None
    if x.numel() == 0:
        return _plain_backward(grad, statistic, *tensors, grads=grads, **options)
    try:
        norm, parameters = _prepared(tensors, options)
        rows = statistic.reshape(-1)
        results = partial_calls.backward(norm, grad, x, parameters, rows, grads)
    except RMSNormError as error:
        if error.status != "NO_COMPILER":
            raise
        say_no_compiler(str(error))
        return _plain_backward(grad, statistic, *tensors, grads=grads, **options)
    return _asked(x, results, grads)


def _setup_forward(ctx: Any, inputs: Any, keyword_only_inputs: Any, output: Any) -> None:
    ctx.save_for_backward(*inputs, output[1])
    ctx.options = dict(keyword_only_inputs)
    ctx.mark_non_differentiable(output[1])
    ctx.set_materialize_grads(False)


def _forward_gradients(ctx: Any, grad: Tensor | None, _grad_statistic: Any) -> Any:
    *tensors, statistic = ctx.saved_tensors
    mask = sum(1 << bit for bit, need in enumerate(ctx.needs_input_grad[:4]) if need)
    if grad is None or not mask:
        return (None,) * 4
    results = torch.ops.rmsnorm.partial_rms_norm_backward(
        grad, statistic, *tensors, **ctx.options, grads=mask
    )
    return tuple(value if mask >> bit & 1 else None for bit, value in enumerate(results))


def _setup_backward(ctx: Any, inputs: Any, keyword_only_inputs: Any, output: Any) -> None:
    grad, _statistic, *tensors = inputs
    ctx.save_for_backward(grad, *tensors)
    ctx.options = dict(keyword_only_inputs)
    mask = keyword_only_inputs["grads"]
    ctx.mark_non_differentiable(*(value for bit, value in enumerate(output) if not mask >> bit & 1))
    ctx.set_materialize_grads(False)


def _second_gradients(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
    """Gradients of grad, statistic (which is a function of the others), x and the parameters."""
    create_graph = torch.is_grad_enabled()
    mask = ctx.options["grads"]
    with torch.enable_grad():
        leaves = [differentiable(tensor) for tensor in ctx.saved_tensors]
        assert leaves[0] is not None
        assert leaves[1] is not None
        norm, parameters = _description(leaves[1:], ctx.options)
        first = partial_calls.gradients(norm, leaves[0], leaves[1], parameters)
        pairs = [
            (value, grad)
            for bit, (value, grad) in enumerate(zip(first, grads))
            if mask >> bit & 1 and value is not None and grad is not None
        ]
        needs = [ctx.needs_input_grad[0], *ctx.needs_input_grad[2:6]]
        wanted = [
            (i, t) for i, (t, need) in enumerate(zip(leaves, needs)) if need and t is not None
        ]
        found: Any = torch.autograd.grad(
            [value for value, _ in pairs],
            [tensor for _, tensor in wanted],
            [grad for _, grad in pairs],
            create_graph=create_graph,
            allow_unused=True,
        )
    results: list[Tensor | None] = [None] * 5
    for (index, _), value in zip(wanted, found):
        results[index] = value
    return results[0], None, *results[1:]


def _batched(name: str) -> Any:
    """The rule for ``vmap``: one after the other. Rows need none: they are a batch already."""

    def rule(info: Any, in_dims: Any, *tensors: Any, **options: Any) -> Any:
        operator = getattr(torch.ops.rmsnorm, name)
        parts = [
            operator(
                *(t if dim is None else t.select(dim, i) for t, dim in zip(tensors, in_dims)),
                **options,
            )
            for i in range(info.batch_size)
        ]
        stacked = tuple(torch.stack(values) for values in zip(*parts))
        return stacked, (0,) * len(stacked)

    return rule


def _define() -> None:
    torch.library.define(f"rmsnorm::{_FORWARD}", f"({_TENSORS}, *, {_OPTIONS}) -> (Tensor, Tensor)")
    torch.library.define(
        f"rmsnorm::{_BACKWARD}",
        f"(Tensor grad, Tensor statistic, {_TENSORS}, *, {_OPTIONS}, int grads) -> {_RESULTS}",
    )
    for name, kernel, plain, fake in (
        (_FORWARD, _forward, _plain_forward, _fake_forward),
        (_BACKWARD, _backward, _plain_backward, _fake_backward),
    ):
        torch.library.impl(f"rmsnorm::{name}", "CompositeExplicitAutograd", plain)
        torch.library.impl(f"rmsnorm::{name}", "CPU", kernel)
        torch.library.register_fake(f"rmsnorm::{name}", fake)
        torch.library.register_vmap(f"rmsnorm::{name}", _batched(name))
    torch.library.register_autograd(
        f"rmsnorm::{_FORWARD}", _forward_gradients, setup_context=_setup_forward
    )
    torch.library.register_autograd(
        f"rmsnorm::{_BACKWARD}", _second_gradients, setup_context=_setup_backward
    )


_define()


def call(x: Tensor, weight: Any, bias: Any, eps_param: Any, *options: Any) -> Tensor:
    """The operator's result; ``options`` in the order of ``partial_calls.describe``."""
    y: Tensor = torch.ops.rmsnorm.partial_rms_norm(
        x, weight, bias, eps_param, **dict(zip(_NAMES, options))
    )[0]
    return y
