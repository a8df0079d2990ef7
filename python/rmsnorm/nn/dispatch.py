# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Which way a norm of torch tensors takes: the operators, or plain torch operations.

The operators run compiled kernels, for dense tensors on the CPU and CUDA, in eager mode,
training, ``torch.compile`` and ``torch.export``. Plain operations (``reference``) are for

- ``torch.jit.trace`` and ONNX export, whose results must not depend on this package,
- forward-mode differentiation, which no kernel has, and ``torch.func.grad`` and its kin,
  under which torch refuses the operators' derivatives (``vmap`` alone takes them), and
- what no kernel takes (complex and jagged tensors, other devices): said once, in the log.

Integers and sparse tensors are refused, as torch does.
"""

from typing import Any

import torch
from torch._C._functorch import TransformType
from torch._functorch.pyfunctorch import retrieve_all_functorch_interpreters
from torch.autograd import forward_ad

from rmsnorm.errors import RMSNormError
from rmsnorm.log import warn_once
from rmsnorm.nn import eager, onnx_export, ops, reference
from rmsnorm.nn.kernels import Tensors, kernels
from rmsnorm.nn.options import Options
from rmsnorm.nn.plain_ops import say_no_compiler

_DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
_COMPLEX = (torch.complex64, torch.complex128)
_NOTHING_ELSE = (None,) * 4
_NAMES = ("input", "weight", "bias", "eps_param", "residual", "residual_scale", "gate")
_DEVICES = ("cpu", "cuda", "meta")


def _no_kernel(tensors: Tensors) -> str | None:
    """Why no kernel takes these tensors, or None.

    Raises:
        TypeError: a norm of this dtype has no meaning, or rounds too much to be of use.
        NotImplementedError: torch has no operations for this layout either.
    """
    for name, tensor in zip(_NAMES, tensors):
        if tensor is None:
            continue
        if tensor.dtype not in _DTYPES:
            check_dtype(tensor, name)
            return f"dtype {tensor.dtype}"
        if tensor.layout != torch.strided:
            if tensor.layout != torch.jagged:
                raise NotImplementedError(
                    f"{name}: given layout {tensor.layout}, expected torch.strided or torch.jagged"
                )
            return f"layout {tensor.layout}"
        if tensor.device.type not in _DEVICES:
            return f"device {tensor.device.type}"
    return None


def _check_devices(tensors: Tensors) -> None:
    x = tensors[0]
    assert x is not None
    for name, tensor in zip(_NAMES, tensors):
        if tensor is not None and tensor.device != x.device:
            raise ValueError(
                f"{name}: given one on {tensor.device}, expected the input's {x.device}"
            )


def check_dtype(x: torch.Tensor, name: str = "input") -> None:
    """Raises ``TypeError``, with ``name``, unless a norm of ``x`` can be computed at all."""
    if x.dtype not in _DTYPES and x.dtype not in _COMPLEX:
        raise TypeError(
            f"{name}: given {x.dtype}, expected torch.float16, bfloat16, float32, float64, "
            "complex64 or complex128"
        )


def _autocast(tensors: Tensors) -> Tensors:
    """What autocasting does to the arguments of ``torch.rms_norm``: on CUDA they become f32."""
    return tuple(
        tensor.float()
        if tensor is not None and tensor.dtype in (torch.float16, torch.bfloat16)
        else tensor
        for tensor in tensors
    )


def _under_grad_transform() -> bool:
    """Whether ``torch.func`` is differentiating (as opposed to batching)."""
    return torch._C._are_functorch_transforms_active() and any(
        interpreter.key() != TransformType.Vmap
        for interpreter in retrieve_all_functorch_interpreters()
    )


def needs_plain(tensors: Tensors) -> bool:
    """Whether plain operations have to do it."""
    if torch.jit.is_tracing() or torch.onnx.is_in_onnx_export():
        return True
    if forward_ad._current_level >= 0:
        return True
    if not torch.compiler.is_compiling() and _under_grad_transform():
        return True
    if not ops.AVAILABLE:
        return True  # said when that was found out
    reason = _no_kernel(tensors)
    if reason is None:
        return False
    if not torch.compiler.is_compiling():
        warn_once(f"no compiled kernel for {reason}: the norm runs as plain torch operations")
    return True


def _recorded(tensors: Tensors) -> bool:
    if torch.is_grad_enabled():
        for tensor in tensors:
            if tensor is not None and tensor.requires_grad:
                return True
    return False


def _eager(tensors: Tensors, options: Options, return_sum: bool, recompute: bool) -> Any:
    found = kernels(tensors, options, return_sum)
    if not _recorded(tensors):
        return eager.infer(found, tensors)
    tensors = tuple(t.clone() if t is not None and t.is_inference() else t for t in tensors)
    if tensors[3:] == _NOTHING_ELSE:
        return eager.record_plain(found, recompute, *tensors[:3])
    return eager.record(found, recompute, *tensors)


def norm(
    tensors: Tensors, options: Options, return_sum: bool = False, recompute: bool = False
) -> Any:
    """The norm by the way that fits.

    Args:
        tensors: x, weight, bias, eps_param, residual, residual_scale, gate; checked, and
            broadcasting to x from the right.
        options: the others.
        return_sum: also return the sum; needs a residual.
        recompute: save the inputs only for the backward.

    Returns:
        The result, or the pair of it and the sum.
    """
    # While ONNX is exported torch compiles or traces, too.
    if not torch.compiler.is_compiling() and eager.usable(tensors):
        try:
            return _eager(tensors, options, return_sum, recompute)
        except RMSNormError as error:
            if error.status != "NO_COMPILER":
                raise
            say_no_compiler(str(error))
            pair = reference.norm(*tensors, *options.arguments())  # type: ignore[arg-type]
            return pair if return_sum else pair[0]
    x = tensors[0]
    assert x is not None
    _check_devices(tensors)
    if x.device.type == "cuda" and torch.is_autocast_enabled("cuda"):
        tensors = _autocast(tensors)
    if torch.onnx.is_in_onnx_export() and not torch.jit.is_tracing():
        y = onnx_export.native(tensors, options)
        if y is not None:
            return y
    if needs_plain(tensors):
        pair = reference.norm(*tensors, *options.arguments())  # type: ignore[arg-type]
        return pair if return_sum else pair[0]
    recorded = _recorded(tensors)
    if recorded and not torch.compiler.is_compiling():  # an inference tensor cannot be saved
        tensors = tuple(t.clone() if t is not None and t.is_inference() else t for t in tensors)
    keep_rstd = not recompute and tensors[3] is None and recorded
    y, total, _ = torch.ops.rmsnorm.rms_norm_forward(
        *tensors, **options.keywords(), return_sum=return_sum, return_rstd=keep_rstd
    )
    return (y, total) if return_sum else y
