# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The operators where there is no compiler: by plain torch operations, said once in the log.

The C++ operators call these, so that a graph that was exported or compiled with a compiler
runs without one as well.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from rmsnorm.contexts import default_context
from rmsnorm.errors import RMSNormError
from rmsnorm.log import warn_once
from rmsnorm.nn import reference
from rmsnorm.nn.autograd import first_gradients
from rmsnorm.nn.options import Options

_F32 = 3  # number of the dtype in the C interface


def say_no_compiler(reason: str) -> None:
    """Logs, once in a process, why norms do not run as compiled kernels."""
    warn_once(f"norms run as plain torch operations: {reason}", "no compiler")


def _reason() -> str:
    try:
        default_context().compile_norm(_F32, (2,), (0,), eps=0.123)
    except RMSNormError as error:
        return str(error)
    return "no compiler"


def _options(given: dict[str, Any]) -> tuple[Options, dict[str, Any]]:
    """The norm's options, and what else there was."""
    options = {name: given.pop(name) for name in Options._fields if name in given}
    options["axes"] = tuple(options.get("axes", (-1,)))
    return Options(**options), given


def _rstd(wide: Tensor, eps_param: Tensor | None, options: Options) -> Tensor:
    lo, (axes, eps, min_rms) = wide.dtype, options[:3]
    epsilon = reference.default_eps(lo) if eps is None else eps
    smallest = reference.default_min_rms(lo) if min_rms is None else min_rms
    dims = reference.sorted_axes(list(axes), wide.dim())
    mean_square = (wide * wide).mean(dims, keepdim=True)
    shift = torch.full([], epsilon, dtype=lo) if eps_param is None else eps_param
    d = reference.denominator(mean_square, shift, smallest, True)
    return d.reciprocal().reshape([n for i, n in enumerate(wide.shape) if i not in dims])


def _like(owner: Tensor, value: Tensor) -> Tensor:
    """A new tensor with the strides that the compiled operators give."""
    return torch.empty_like(owner).copy_(value)


def composed_forward(
    x: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps_param: Tensor | None = None,
    residual: Tensor | None = None,
    residual_scale: Tensor | None = None,
    gate: Tensor | None = None,
    **given: Any,
) -> tuple[Tensor, Tensor, Tensor]:
    """What ``rms_norm_forward`` means: y, sum and rstd; empty is what was not asked for."""
    options, more = _options(given)
    tensors = (x, weight, bias, eps_param, residual, residual_scale, gate)
    y, total = reference.norm(*tensors, *options.arguments())
    rstd = x.new_empty((0,))
    if more.get("return_rstd", False):
        wide = x.to(reference.compute_dtype(x.dtype))
        if residual is not None:
            wide = reference.residual_sum(x, residual, residual_scale, options.residual_factor)
            wide = wide.to(x.dtype).to(wide.dtype) if options.round_sum else wide
        if gate is not None and options.gate_before_norm:
            wide = wide * reference.activation(gate.to(wide.dtype), options.gate_kind)
        smallest = options.min_rms
        if smallest is None:
            smallest = reference.default_min_rms(x.dtype)
        rstd = _rstd(wide, eps_param, options._replace(min_rms=smallest))
    has_sum = more.get("return_sum", False) and residual is not None
    return y, total if has_sum else x.new_empty((0,)), rstd


def plain_forward(
    x: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps_param: Tensor | None = None,
    residual: Tensor | None = None,
    residual_scale: Tensor | None = None,
    gate: Tensor | None = None,
    **given: Any,
) -> tuple[Tensor, Tensor, Tensor]:
    """``rms_norm_forward`` where it cannot be compiled."""
    say_no_compiler(_reason())
    has_sum = given.get("return_sum", False) and residual is not None
    tensors = (weight, bias, eps_param, residual, residual_scale, gate)
    y, total, rstd = composed_forward(x, *tensors, **given)
    return _like(x, y), _like(x, total) if has_sum else total, rstd


@contextlib.contextmanager
def _differentiation() -> Iterator[None]:
    """Inside an operator, where torch has switched it off: switches it on."""
    names = ("AutogradFunctionality", "AutogradOther", "AutogradNestedTensor", "ADInplaceOrView")
    exclude = torch._C._dispatch_tls_local_exclude_set()
    for name in names:
        exclude = exclude.remove(getattr(torch._C.DispatchKey, name))
    include = torch._C._dispatch_tls_local_include_set()
    with torch._C._ForceDispatchKeyGuard(include, exclude), torch.enable_grad():
        yield


def plain_backward(
    grad: Tensor,
    grad_sum: Tensor | None,
    x: Tensor,
    *parameters: Tensor | None,
    **given: Any,
) -> tuple[Tensor, ...]:
    """``rms_norm_backward``."""
    say_no_compiler(_reason())
    options, more = _options(given)
    missing = (None,) * (6 - len(parameters))
    weight, bias, eps_param, residual, residual_scale, gate = (*parameters, *missing)[:6]
    tensors = (grad, grad_sum, x, weight, bias, eps_param, residual, residual_scale, gate)
    with _differentiation():
        leaves = tuple(None if t is None else t.detach().requires_grad_() for t in tensors)
        wanted = {**options.keywords(), "input_is_sum": more.get("input_is_sum", False)}
        found = first_gradients(leaves, wanted)
    owners = (x, residual, weight, bias, eps_param, residual_scale, gate)
    results = []
    for bit, (owner, value) in enumerate(zip(owners, found)):
        if not more.get("grads", 1) >> bit & 1 or owner is None:
            results.append(x.new_empty((0,)))
        else:
            zero = torch.zeros_like(owner)
            results.append(zero if value is None else _like(owner, value.detach()))
    return tuple(results)


def register() -> None:
    """Registers them; once, by ``ops``."""
    key = "CompositeExplicitAutograd"
    torch.library.impl("rmsnorm::_plain_forward", key, plain_forward)
    torch.library.impl("rmsnorm::_plain_backward", key, plain_backward)
