# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Which way a norm of torch tensors takes: the operators, or plain torch operations.

The operators run compiled kernels, for dense tensors on the CPU and CUDA, in eager mode,
training, ``torch.compile`` and ``torch.export``. Plain operations (``reference``) are for

- ``torch.jit.trace`` and ONNX export, whose results must not depend on this package,
- forward-mode differentiation, which no kernel has, and
- what no kernel takes (complex and sparse tensors, other devices): said once, in the log.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from rmsnorm.log import warn_once
from rmsnorm.nn import ops, reference

_DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
_DEVICES = ("cpu", "cuda", "meta")


def _no_kernel(tensors: tuple[Tensor | None, ...]) -> str | None:
    """Why no kernel takes these tensors, or None."""
    for tensor in tensors:
        if tensor is None:
            continue
        if tensor.dtype not in _DTYPES:
            return f"dtype {tensor.dtype}"
        if tensor.layout != torch.strided:
            return f"layout {tensor.layout}"
        if tensor.device.type not in _DEVICES:
            return f"device {tensor.device.type}"
    return None


def _autocast(tensors: tuple[Tensor | None, ...]) -> tuple[Tensor | None, ...]:
    """What autocasting does to the arguments of ``torch.rms_norm``: on CUDA they become f32."""
    return tuple(
        tensor.float()
        if tensor is not None and tensor.dtype in (torch.float16, torch.bfloat16)
        else tensor
        for tensor in tensors
    )


def _plain(tensors: tuple[Tensor | None, ...]) -> bool:
    """Whether plain operations have to do it."""
    if torch.jit.is_tracing() or torch.onnx.is_in_onnx_export():
        return True
    if forward_ad._current_level >= 0:
        return True
    if not ops.AVAILABLE:
        return True  # said when that was found out
    reason = _no_kernel(tensors)
    if reason is None:
        return False
    if not torch.compiler.is_compiling():
        warn_once(f"no compiled kernel for {reason}: the norm runs as plain torch operations")
    return True


def norm(
    tensors: tuple[Tensor | None, ...],
    *,
    axes: list[int],
    eps: float | None,
    min_rms: float | None,
    weight_offset: float = 0.0,
    cast_before_weight: bool = False,
    residual_factor: float = 1.0,
    round_sum: bool = False,
    gate_kind: int = 0,
    gate_before_norm: bool = False,
    return_sum: bool = False,
    recompute: bool = False,
) -> tuple[Tensor, Tensor]:
    """The norm by the way that fits; arguments as ``torch.ops.rmsnorm.rms_norm_forward``.

    Args:
        tensors: x, weight, bias, eps_param, residual, residual_scale, gate; checked.
        recompute: save the inputs only for the backward.

    Returns:
        The result, and the sum (something else unless it was asked for).
    """
    x = tensors[0]
    assert x is not None
    if x.device.type == "cuda" and torch.is_autocast_enabled("cuda"):
        tensors = _autocast(tensors)
        x = tensors[0]
        assert x is not None
    if _plain(tensors):
        return reference.norm(
            x,
            *tensors[1:],
            axes,
            eps,
            min_rms,
            weight_offset,
            cast_before_weight,
            residual_factor,
            round_sum,
            gate_kind,
            gate_before_norm,
        )
    keep_rstd = False
    if not recompute and tensors[3] is None and torch.is_grad_enabled():
        for tensor in tensors:
            if tensor is not None and tensor.requires_grad:
                keep_rstd = True
    options: dict[str, Any] = {"axes": axes, "eps": eps, "min_rms": min_rms}
    if weight_offset != 0.0:
        options["weight_offset"] = weight_offset
    if cast_before_weight:
        options["cast_before_weight"] = True
    if tensors[4] is not None:
        options["residual_factor"] = residual_factor
        options["round_sum"] = round_sum
        options["return_sum"] = return_sum
    if gate_kind:
        options["gate_kind"] = gate_kind
        options["gate_before_norm"] = gate_before_norm
    y, total, _ = torch.ops.rmsnorm.rms_norm_forward(*tensors, **options, return_rstd=keep_rstd)
    return y, total
