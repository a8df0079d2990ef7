# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The modules of the package for a norm, and what they compute as NumPy arrays."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import rmsnorm
from rmsnorm.evaluate.formats import DTYPES, Array
from rmsnorm.evaluate.norm import Norm, Results
from rmsnorm.nn.quantized import QuantizedRMSNorm

_TORCH = {
    "f16": torch.float16,
    "bf16": torch.bfloat16,
    "f32": torch.float32,
    "f64": torch.float64,
    "i8": torch.int8,
    "f8E4M3FN": torch.float8_e4m3fn,
    "f8E5M2": torch.float8_e5m2,
}
_NAMES = {dtype: name for name, dtype in _TORCH.items()}
_BITS = {1: (torch.uint8, np.uint8), 2: (torch.int16, np.int16)}


def torch_dtype(name: str) -> torch.dtype:
    """torch's dtype of that name."""
    return _TORCH[name]


def to_torch(array: Array) -> Tensor:
    """A tensor with the same values and strides, in memory of its own."""
    name = next(n for n, d in DTYPES.items() if d == array.dtype)
    if array.dtype.isbuiltin == 1:
        source = (
            torch.from_numpy(array) if array.flags.writeable else torch.from_numpy(array.copy())
        )
    else:
        bits = _BITS[array.dtype.itemsize][1]
        source = torch.from_numpy(array.copy().view(bits)).view(_TORCH[name])
    steps = [step // array.itemsize for step in array.strides]
    if min(steps, default=0) < 0 or not array.size:
        return source.clone()
    # Strides are part of the case: broadcast, transposed, every second element.
    storage = sum(step * (extent - 1) for step, extent in zip(steps, array.shape)) + 1
    # What is expanded is written once.
    once = tuple(slice(0, 1) if step == 0 else slice(None) for step in steps)
    single = source[once]
    tensor = torch.zeros(storage, dtype=source.dtype).as_strided(single.shape, steps)
    tensor.copy_(single)
    return tensor.expand(array.shape)


def to_numpy(tensor: Tensor) -> Array:
    """The values of a tensor."""
    tensor = tensor.detach()
    name = _NAMES[tensor.dtype]
    kind = DTYPES[name]
    if kind.isbuiltin == 1:
        return tensor.contiguous().numpy()
    bits = _BITS[kind.itemsize][0]
    result: Array = tensor.contiguous().view(bits).numpy().view(kind)
    return result


def make_module(norm: Norm) -> Any:
    """The module that computes a norm, with its parameters."""
    given: dict[str, Any] = {"eps": None if isinstance(norm.eps, np.ndarray) else norm.eps}
    given["elementwise_affine"] = norm.weight is not None
    given["bias"] = norm.bias is not None
    for name in ("weight_offset", "cast_before_weight", "min_rms", "recompute"):
        given[name] = getattr(norm, name)
    if norm.axes != tuple(range(-len(norm.axes), 0)):
        given["normalized_axes"] = norm.axes
    if isinstance(norm.eps, np.ndarray):
        given["learnable_eps"] = True
    shape = [-1 if norm.open_extents else norm.x.shape[axis] for axis in norm.axes]
    module: Any
    if norm.scale_norm is not None:
        module = rmsnorm.ScaleNorm(norm.x.shape[-1], norm.scale_norm)
    elif norm.residual is not None:
        scale: Any = norm.residual_scale
        learnt = isinstance(scale, np.ndarray)
        module = rmsnorm.RMSNormWithResidual(
            shape,
            residual_scale=to_torch(scale) if learnt else scale,
            learnable_residual_scale=learnt,
            return_sum=norm.return_sum,
            round_sum=norm.round_sum,
            **given,
        )
        if learnt:
            module.residual_scale = nn.Parameter(to_torch(scale))
    elif norm.gate is not None:
        module = rmsnorm.GatedRMSNorm(
            shape, gate=norm.activation, norm_before_gate=not norm.gate_before, **given
        )
    elif norm.groups > 1:
        module = rmsnorm.GroupedRMSNorm(shape, num_groups=norm.groups, **given)
    elif norm.partial is not None:
        module = rmsnorm.PartialRMSNorm(shape, partial=norm.partial, **given)
    elif norm.quantised is not None:
        kind = _TORCH[norm.quantised]
        module = QuantizedRMSNorm(shape, quantized_dtype=kind, **given)
    else:
        module = rmsnorm.RMSNorm(shape, **given)
    for name, value in (("weight", norm.weight), ("bias", norm.bias), ("eps_param", norm.eps)):
        if isinstance(value, np.ndarray):
            setattr(module, name, nn.Parameter(to_torch(value)))
    return module


def call(module: Any, norm: Norm, x: Tensor, other: Tensor | None) -> dict[str, Tensor]:
    """The module's results by name."""
    got = module(x) if other is None else module(x, other)
    if norm.quantised is not None:
        return {"q": got[0], "scale": got[1]}
    if norm.return_sum:
        return {"y": got[0], "sum": got[1]}
    return {"y": got}


def differentiate(module: Any, norm: Norm, outputs: dict[str, Tensor], leaves: Any) -> Results:
    """Gradients for ``norm.upstream()``, by name."""
    owners = dict(leaves)
    for name, attribute in (
        ("dweight", "weight"),
        ("dbias", "bias"),
        ("deps", "eps_param"),
        ("dresidual_scale", "residual_scale"),
    ):
        owner = getattr(module, attribute, None)
        if isinstance(owner, nn.Parameter):
            owners[name] = owner
    upstream = dict(zip(("y", "sum"), map(to_torch, norm.upstream())))
    found = torch.autograd.grad(
        list(outputs.values()), list(owners.values()), [upstream[name] for name in outputs]
    )
    return {name: to_numpy(value) for name, value in zip(owners, found)}
