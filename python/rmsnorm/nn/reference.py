# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The meaning of every norm of this package, in small functions of plain torch operations.

They define the semantics, are what ``torch.jit.script``, ``torch.jit.trace`` and the
decomposition in ONNX see, and what runs where no compiled kernel applies (complex and
sparse tensors, devices other than CPU and CUDA). All of them can be scripted.

Formula: Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019; the epsilon
inside the root as in ``torch.nn.RMSNorm``. ``lo`` is the dtype of the input, the compute
type f32 (f64 for f64, complex types for complex ones).
"""

import torch
from torch import Tensor


def compute_dtype(dtype: torch.dtype) -> torch.dtype:
    """The type in which an input of ``dtype`` is computed."""
    if dtype == torch.float64 or dtype == torch.complex128 or dtype == torch.complex64:
        return dtype
    if dtype == torch.complex32:
        return torch.complex64
    return torch.float32


def default_eps(dtype: torch.dtype) -> float:
    """``finfo(compute type).eps``, what ``eps=None`` means, as in PyTorch."""
    if dtype == torch.float64 or dtype == torch.complex128:
        return 2.220446049250313e-16
    return 1.1920928955078125e-07


def smallest_eps(dtype: torch.dtype) -> float:
    """``finfo(compute type).tiny``, below which a learnt epsilon does not go."""
    if dtype == torch.float64 or dtype == torch.complex128:
        return 2.2250738585072014e-308
    return 1.1754943508222875e-38


def default_min_rms(dtype: torch.dtype) -> float:
    """``max(finfo(lo).tiny, sqrt(finfo(compute type).tiny))``: touches no meaningful row."""
    if dtype == torch.float64 or dtype == torch.complex128:
        return 1.4916681462400413e-154
    if dtype == torch.float16 or dtype == torch.complex32:
        return 6.103515625e-05
    return 1.0842021724855044e-19


def sorted_axes(axes: list[int], rank: int) -> list[int]:
    """Non-negative axes in ascending order.

    Raises:
        ValueError: an axis is out of range, given twice, or there is none.
    """
    result: list[int] = []
    for axis in axes:
        if axis < -rank or axis >= rank:
            raise ValueError(f"axes: given {axis}, expected {-rank} to {rank - 1}")
        result.append(axis % rank)
    result.sort()
    for i in range(1, len(result)):
        if result[i] == result[i - 1]:
            raise ValueError(f"axes: given {axes}, expected none twice")
    if len(result) == 0:
        raise ValueError("axes: given none, expected at least one")
    return result


def aligned(parameter: Tensor, shape: list[int], axes: list[int], rank: int) -> Tensor:
    """A view of a parameter that broadcasts as NumPy does to an input of ``rank`` dimensions.

    Args:
        parameter: of exactly ``shape``: its dimension i is the input's ``axes[i]``;
            of any other: it broadcasts from the right already.
        shape: extents of the normalised axes.
        axes: the normalised axes in the same order, negative or not.
        rank: the input's.
    """
    if parameter.dim() != len(axes) or parameter.dim() == 0:
        return parameter
    order: list[int] = []
    trailing = True
    for i in range(len(axes)):
        if parameter.size(i) != shape[i]:
            return parameter
        order.append(axes[i] % rank)
        trailing = trailing and order[i] == rank - len(axes) + i
    if trailing:
        return parameter
    dims: list[int] = []
    extents = [1] * rank
    for axis in sorted_axes(order, rank):
        dims.append(order.index(axis))
        extents[axis] = parameter.size(order.index(axis))
    return parameter.permute(dims).reshape(extents)


def broadcasts(parameter: Tensor, x: Tensor) -> bool:
    """Whether ``parameter`` broadcasts to ``x`` as NumPy does, and not the other way."""
    missing = x.dim() - parameter.dim()
    if missing < 0:
        return False
    for i in range(parameter.dim()):
        if parameter.size(i) != 1 and parameter.size(i) != x.size(missing + i):
            return False
    return True


def check_parameter(name: str, parameter: Tensor, x: Tensor) -> None:
    """Raises ``ValueError`` if ``parameter`` does not broadcast to ``x``."""
    if not broadcasts(parameter, x):
        raise ValueError(
            f"{name}: given shape {list(parameter.shape)}, expected one that broadcasts to "
            f"the input's {list(x.shape)} from the right"
        )


def needs_clamp(eps: float, min_rms: float) -> bool:
    """Whether the clamp can act at all: ``sqrt(mean square + eps)`` is at least ``sqrt(eps)``."""
    return eps**0.5 < min_rms


def denominator(mean_square: Tensor, eps: Tensor, min_rms: float, clamp: bool) -> Tensor:
    """``max(sqrt(mean_square + eps), min_rms)``, NaN propagating.

    Where the clamp acts the result is a constant for the gradient, and the gradients of
    what is not taken are finite: the root is not taken of what the clamp replaces.
    """
    shifted = mean_square + eps
    if not clamp:
        return torch.sqrt(shifted)
    if shifted.is_complex():
        small = torch.sqrt(shifted.abs()) <= min_rms
    else:
        small = shifted <= min_rms * min_rms
        if min_rms * min_rms < 2.3e-308 or (
            shifted.dtype == torch.float32 and min_rms * min_rms < 1.2e-38
        ):
            small = torch.sqrt(shifted) <= min_rms  # the square is not a normal number
    root = torch.sqrt(torch.where(small, torch.ones_like(shifted), shifted))
    return torch.where(small, torch.full_like(root, min_rms), root)


def residual_sum(
    x: Tensor,
    residual: Tensor,
    residual_scale: Tensor | None,
    residual_factor: float,
) -> Tensor:
    """``x + residual_scale * residual`` in the compute type, unrounded."""
    wide = compute_dtype(x.dtype)
    addend = residual.to(wide)
    if residual_scale is not None:
        addend = addend * residual_scale.to(wide)
    elif residual_factor != 1.0:
        addend = addend * residual_factor
    return x.to(wide) + addend


def activation(gate: Tensor, kind: int) -> Tensor:
    """1: ``gate * sigmoid(gate)`` (silu), 2: ``sigmoid(gate)``."""
    if kind == 1:
        return gate * torch.sigmoid(gate)
    return torch.sigmoid(gate)


def affine(
    y: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    weight_offset: float,
    cast_before_weight: bool,
    lo: torch.dtype,
) -> Tensor:
    """``y * (weight_offset + weight) + bias`` in the dtype of ``y``.

    ``cast_before_weight``: every step rounded to ``lo``, as in a model that computes in it.
    """
    if cast_before_weight:
        y = y.to(lo).to(y.dtype)
    if weight is not None:
        scale = weight.to(y.dtype)
        if weight_offset != 0.0:
            scale = scale + weight_offset
        y = y * scale
        if cast_before_weight:
            y = y.to(lo).to(y.dtype)
    if bias is not None:
        y = y + bias.to(y.dtype)
        if cast_before_weight:
            y = y.to(lo).to(y.dtype)
    return y


def normalize(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    eps_param: Tensor | None,
    axes: list[int],
    eps: float,
    min_rms: float,
    weight_offset: float,
    cast_before_weight: bool,
    gate: Tensor | None,
    lo: torch.dtype,
) -> Tensor:
    """The norm of ``x``, in the compute type, rounded once to ``lo`` at the end.

    ``gate``: values of the activation, multiplied in before that rounding.
    """
    dims = sorted_axes(axes, x.dim())
    mean_square = (x * x).mean(dims, keepdim=True)
    if eps_param is not None:
        epsilon = eps_param.to(x.dtype)
        d = denominator(mean_square, epsilon, min_rms, True)
    else:
        shift = torch.full([], eps, dtype=x.dtype, device=x.device)
        d = denominator(mean_square, shift, min_rms, needs_clamp(eps, min_rms))
    y = affine(x / d, weight, bias, weight_offset, cast_before_weight, lo)
    if gate is not None:
        y = y * gate
    return y.to(lo)


def norm(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    eps_param: Tensor | None,
    residual: Tensor | None,
    residual_scale: Tensor | None,
    gate: Tensor | None,
    axes: list[int],
    eps: float | None,
    min_rms: float | None,
    weight_offset: float,
    cast_before_weight: bool,
    residual_factor: float,
    round_sum: bool,
    gate_kind: int,
    gate_before_norm: bool,
) -> tuple[Tensor, Tensor]:
    """The whole of it: ``(y, sum)``, both of the dtype of ``x`` (``sum``: ``x`` itself
    without a residual).

    Arguments as those of ``torch.ops.rmsnorm.rms_norm_forward``: parameters broadcast from
    the right; an epsilon tensor replaces ``eps``; ``gate_kind`` 0: no gate.
    """
    lo = x.dtype
    epsilon = default_eps(lo) if eps is None else eps
    smallest = default_min_rms(lo) if min_rms is None else min_rms
    if weight is not None:
        check_parameter("weight", weight, x)
    if bias is not None:
        check_parameter("bias", bias, x)
    total = x
    wide = x.to(compute_dtype(lo))
    if residual is not None:
        wide = residual_sum(x, residual, residual_scale, residual_factor)
        total = wide.to(lo)
        if round_sum:
            wide = total.to(wide.dtype)
    after: Tensor | None = None
    if gate is not None and gate_kind != 0:
        factor = activation(gate.to(wide.dtype), gate_kind)
        if gate_before_norm:
            wide = wide * factor
        else:
            after = factor
    y = normalize(
        wide,
        weight,
        bias,
        eps_param,
        axes,
        epsilon,
        smallest,
        weight_offset,
        cast_before_weight,
        after,
        lo,
    )
    return y, total


def scripted_norm(
    x: Tensor, weight: Tensor | None, axes: list[int], eps: float | None, min_rms: float | None
) -> Tensor:
    """``norm`` with a weight and nothing else."""
    no = False
    return norm(
        x, weight, None, None, None, None, None, axes, eps, min_rms, 0.0, no, 1.0, no, 0, no
    )[0]
