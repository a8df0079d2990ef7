# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The operators ``torch.ops.rmsnorm.*``: loading, fake kernels.

Registered in C++ (``python/torch_ops``): ``rms_norm_forward`` and ``rms_norm_backward`` run
compiled kernels on the CPU and on CUDA, or, if there is no compiler, what ``plain_ops``
defines; ``rms_norm``, ``rms_norm_residual`` and
``gated_rms_norm`` are the former with the arguments that one usually wants.
"""

import ctypes
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from rmsnorm.contexts import default_context
from rmsnorm.log import logger
from rmsnorm.nn.reference import compute_dtype

_LIBRARY = Path(__file__).parent.parent / "_torch_ops.so"

# Bits of `grads`, in the order of the results of rms_norm_backward.
GRAD_X, GRAD_RESIDUAL, GRAD_WEIGHT, GRAD_BIAS, GRAD_EPS, GRAD_RESIDUAL_SCALE, GRAD_GATE = (
    1 << bit for bit in range(7)
)
GATES = {"none": 0, "silu": 1, "sigmoid": 2}


@ctypes.CFUNCTYPE(ctypes.c_void_p)
def _context() -> int | None:
    """The context of the operators; never destroyed: contexts.py keeps it."""
    try:
        return default_context().handle
    except Exception:
        logger.exception("no context for the torch operators")
        return None


def _load() -> bool:
    """Loads the operators; False, with the reason logged, if there are none."""
    if not _LIBRARY.exists():
        logger.warning(
            "%s was not built (no headers of torch were found when the package was): "
            "norms run as plain torch operations",
            _LIBRARY.name,
        )
        return False
    try:
        torch.ops.load_library(str(_LIBRARY))
    except OSError as error:
        logger.warning("norms run as plain torch operations: %s", error)
        return False
    set_source = ctypes.CDLL(str(_LIBRARY)).rmsnorm_torch_set_context_source
    set_source.restype = None
    set_source(_context)
    return True


def enter_region(name: str, handle: int, places: list[int]) -> None:
    """Makes a function known to the kernel of ``rmsnorm_backend::region`` in C++.

    Args:
        name: the operator's argument; the first function of a name stays.
        handle: of the function, which the caller keeps for good.
        places: for each result its rank, then for each axis an argument and its axis,
            or -1 and the extent.

    Raises:
        ValueError: the places do not fit the function.
    """
    enter = ctypes.CDLL(str(_LIBRARY)).rmsnorm_torch_enter_region
    enter.restype = ctypes.c_bool
    enter.argtypes = (ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
    if not enter(name.encode(), handle, (ctypes.c_int64 * len(places))(*places), len(places)):
        raise ValueError(f"places: given {places}, expected those of the function's results")


def _none(x: Tensor) -> Tensor:
    return x.new_empty((0,))


def _like(tensor: Tensor | None, wanted: bool, x: Tensor) -> Tensor:
    return torch.empty_like(tensor) if wanted and tensor is not None else _none(x)


def _rows(x: Tensor, axes: list[int]) -> list[Any]:
    normalised = {axis % x.dim() for axis in axes}
    return [extent for axis, extent in enumerate(x.shape) if axis not in normalised]


def _fake_forward(
    x: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps_param: Tensor | None = None,
    residual: Tensor | None = None,
    residual_scale: Tensor | None = None,
    gate: Tensor | None = None,
    *,
    axes: list[int] | tuple[int, ...] = (-1,),
    return_sum: bool = False,
    return_rstd: bool = False,
    **_options: Any,
) -> tuple[Tensor, Tensor, Tensor]:
    wide = compute_dtype(x.dtype)
    return (
        torch.empty_like(x),
        _like(x, return_sum and residual is not None, x),
        x.new_empty(_rows(x, list(axes)), dtype=wide) if return_rstd else _none(x),
    )


def _fake_backward(
    grad: Tensor,
    grad_sum: Tensor | None,
    x: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps_param: Tensor | None = None,
    residual: Tensor | None = None,
    residual_scale: Tensor | None = None,
    gate: Tensor | None = None,
    rstd: Tensor | None = None,
    *,
    grads: int = 1,
    **_options: Any,
) -> tuple[Tensor, ...]:
    owners = (x, residual, weight, bias, eps_param, residual_scale, gate)
    return tuple(_like(owner, bool(grads >> bit & 1), x) for bit, owner in enumerate(owners))


def _needs_grad(*tensors: Tensor | None) -> bool:
    return torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in tensors)


def _rms_norm(
    x: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps_param: Tensor | None = None,
    **options: Any,
) -> Tensor:
    rstd = eps_param is None and _needs_grad(x, weight, bias)
    y: Tensor = torch.ops.rmsnorm.rms_norm_forward(
        x, weight, bias, eps_param, return_rstd=rstd, **options
    )[0]
    return y


def _rms_norm_residual(
    x: Tensor,
    residual: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps_param: Tensor | None = None,
    residual_scale: Tensor | None = None,
    **options: Any,
) -> tuple[Tensor, Tensor]:
    rstd = eps_param is None and _needs_grad(x, residual, weight, bias, residual_scale)
    y, total, _ = torch.ops.rmsnorm.rms_norm_forward(
        x,
        weight,
        bias,
        eps_param,
        residual,
        residual_scale,
        return_sum=True,
        return_rstd=rstd,
        **options,
    )
    return y, total


def _gated_rms_norm(
    x: Tensor,
    gate: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps_param: Tensor | None = None,
    *,
    gate_kind: int = 1,
    **options: Any,
) -> Tensor:
    rstd = eps_param is None and _needs_grad(x, gate, weight, bias)
    y: Tensor = torch.ops.rmsnorm.rms_norm_forward(
        x,
        weight,
        bias,
        eps_param,
        gate=gate,
        gate_kind=gate_kind,
        return_rstd=rstd,
        **options,
    )[0]
    return y


def _register() -> None:
    torch.library.register_fake("rmsnorm::rms_norm_forward", _fake_forward)
    torch.library.register_fake("rmsnorm::rms_norm_backward", _fake_backward)
    for name, function in (
        ("rms_norm", _rms_norm),
        ("rms_norm_residual", _rms_norm_residual),
        ("gated_rms_norm", _gated_rms_norm),
    ):
        torch.library.impl(f"rmsnorm::{name}", "CompositeImplicitAutograd", function)


AVAILABLE = _load()
if AVAILABLE:
    _register()
    from rmsnorm.nn import autograd, plain_ops, sharding

    autograd.register()
    plain_ops.register()
    sharding.register()
