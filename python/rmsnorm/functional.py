# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``rmsnorm.rms_norm``: one norm on tensors of any library, compiled on first use."""

import sys
from dataclasses import dataclass
from typing import Any

from rmsnorm._native import Context, Function, dtype_name, layout_key, signature
from rmsnorm.contexts import default_context

_TINY = {"f16": 2.0**-14, "bf16": 2.0**-126, "f32": 2.0**-126, "f64": 2.0**-1022}
_EPSILON = {"f32": 2.0**-23, "f64": 2.0**-52}

# Compiled functions by everything that the code depends on, and in front of
# them by the very shapes of a call, which is quicker to ask. Both per context.
_functions: dict[Any, Function] = {}
_calls: dict[Any, Function] = {}
_MAX_CALLS = 4096


def _default_min_rms(dtype: str, compute: str) -> float:
    return float(max(_TINY[dtype], _TINY[compute] ** 0.5))


def _normalized(axes: int | tuple[int, ...] | None, rank: int) -> tuple[int, ...]:
    """Non-negative axes, checked."""
    if axes is None:
        axes = (-1,)
    elif isinstance(axes, int):
        axes = (axes,)
    result = []
    for axis in axes:
        if not -rank <= axis < rank:
            raise ValueError(f"axes: given {axis}, expected {-rank} to {rank - 1}")
        result.append(axis % rank)
    if not result or len(set(result)) != len(result):
        raise ValueError(f"axes: given {tuple(axes)}, expected at least one and none twice")
    return tuple(sorted(result))


def _aligned(parameter: Any, x: Any, axes: int | tuple[int, ...]) -> Any:
    """A view of a parameter of exactly the normalised axes' shape that broadcasts to ``x``."""
    if parameter is None:
        return None
    rank = len(x.shape)
    given = (axes,) if isinstance(axes, int) else tuple(axes)
    if any(not -rank <= axis < rank for axis in given):
        return parameter  # refused later
    order = [axis % rank for axis in given]
    exact = tuple(parameter.shape) == tuple(x.shape[axis] for axis in order)
    if not exact or order == list(range(rank - len(order), rank)):
        return parameter
    places = sorted(range(len(order)), key=order.__getitem__)
    extents = [x.shape[axis] if axis in order else 1 for axis in range(rank)]
    turn = getattr(parameter, "permute", parameter.transpose)  # torch's name for it
    return turn(places).reshape(extents)


def _open_rows(parameter: Any, extents: tuple[int, ...]) -> tuple[int, tuple[int, ...]] | None:
    """A parameter's signature, with extents along the rows as open as those of ``x``."""
    if parameter is None:
        return None
    number, shape = signature(parameter)
    first = len(extents) - len(shape)
    return number, tuple(
        -1 if extent != 1 and first + i >= 0 and extents[first + i] == -1 else extent
        for i, extent in enumerate(shape)
    )


@dataclass(frozen=True, slots=True)
class _Options:
    """The arguments of ``rms_norm`` that are no tensors, as given."""

    eps: float | None
    axes: int | tuple[int, ...] | None
    residual_scale: float
    return_sum: bool
    round_sum: bool
    weight_offset: float
    cast_before_weight: bool
    min_rms: float | None


def _lookup(
    context: Context, x: Any, weight: Any, bias: Any, residual: Any, given: _Options
) -> Function:
    """The compiled function for these dtypes, normalised extents and options."""
    number, shape = signature(x)
    dtype = dtype_name(number)
    if dtype not in _TINY:
        raise TypeError(f"x: given dtype {dtype}, expected one of {', '.join(_TINY)}")
    if not shape:
        raise ValueError("x: given a tensor of rank 0, expected rank 1 or more")
    if residual is not None and signature(residual) != (number, shape):
        other, extents = signature(residual)
        raise ValueError(
            f"residual: given {dtype_name(other)} {extents}, expected x's {dtype} {shape}"
        )
    if residual is None and (given.return_sum or given.round_sum):
        raise ValueError("return_sum, round_sum: need a residual")
    compute = "f64" if dtype == "f64" else "f32"
    axes = _normalized(given.axes, len(shape))
    eps = _EPSILON[compute] if given.eps is None else float(given.eps)
    min_rms = _default_min_rms(dtype, compute) if given.min_rms is None else float(given.min_rms)
    for name, value in (("eps", eps), ("min_rms", min_rms)):
        if not 0 <= value < float("inf"):
            raise ValueError(f"{name}: given {value}, expected a finite number, not negative")
    if eps**0.5 >= min_rms:
        min_rms = 0.0  # cannot act: sqrt(ms + eps) >= sqrt(eps)
    # Normalised extents are compiled in, all others are left open.
    extents = tuple(extent if axis in axes else -1 for axis, extent in enumerate(shape))
    options: dict[str, Any] = {
        "scale": _open_rows(weight, extents),
        "bias": _open_rows(bias, extents),
        "eps": eps,
        "min_rms": min_rms,
        "residual": residual is not None,
        "residual_scale": float(given.residual_scale),
        "return_sum": bool(given.return_sum),
        "round_sum": bool(given.round_sum),
        "scale_offset": float(given.weight_offset),
        "cast_before_scale": bool(given.cast_before_weight),
    }
    key = (context, number, extents, axes, *options.values())
    function = _functions.get(key)
    if function is None:
        artifact = context.compile_norm(number, extents, axes, **options)
        function = _functions[key] = artifact["main"]
    return function


def rms_norm(
    x: Any,
    weight: Any = None,
    bias: Any = None,
    *,
    eps: Any = None,
    axes: int | tuple[int, ...] | None = None,
    residual: Any = None,
    residual_scale: Any = 1.0,
    return_sum: bool = False,
    round_sum: bool = False,
    weight_offset: float = 0.0,
    cast_before_weight: bool = False,
    min_rms: float | None = None,
    out: Any = None,
    context: Context | None = None,
) -> Any:
    """``x / max(sqrt(mean(x^2) + eps), min_rms) * (weight_offset + weight) + bias``.

    Computed in f32 (f64 for f64) and rounded once to the dtype of ``x``
    (Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019).

    Args:
        x: tensor of f16, bf16, f32 or f64, rank 1 or more, any strides, of any
            library with DLPack (torch, NumPy, JAX, CuPy).
        weight: broadcasts to ``x`` from the right, any of these dtypes.
        bias: likewise.
        eps: added to the mean square; ``None``: the machine epsilon of the compute type.
            With torch also a tensor: one epsilon per feature, differentiable, clamped from
            below by the smallest normal number of the compute type.
        axes: normalised axes, the last by default. A weight or bias whose shape is exactly
            that of these axes, in this order, aligns with them.
        residual: of the shape and dtype of ``x``; what is normalised is
            ``x + residual_scale * residual``, unrounded.
        residual_scale: a number; with torch also a tensor that broadcasts to ``x``.
        return_sum: also return that sum, rounded to the dtype of ``x``.
        round_sum: round the sum before it is normalised.
        weight_offset: added to the weight, 1.0 for Gemma.
        cast_before_weight: round to the dtype of ``x`` before multiplying by
            the weight, as Llama does.
        min_rms: smallest denominator, ``max(finfo(x).tiny, sqrt(finfo(compute).tiny))``
            by default, so that rows of zeros give zeros even with ``eps=0``.
        out: tensor to write to, or a pair of them with ``return_sum``.
        context: threads and cache; ``default_context()`` if not given.

    Gradients are recorded for torch's tensors, unless ``out`` or ``context`` is given.

    Returns:
        The result in the library of ``x``, or ``(result, sum)``.

    Raises:
        TypeError: a dtype is not supported.
        ValueError: an argument does not fit the others, or ``out`` or ``context`` is given
            where a gradient would have to be recorded.
        RMSNormError: compiling or running failed.
    """
    torch = sys.modules.get("torch")  # whoever has a tensor of torch has imported it
    if torch is not None and isinstance(x, torch.Tensor):
        functional = None
        if not torch.compiler.is_compiling():  # Dynamo would guard what is imported
            functional = sys.modules.get("rmsnorm.nn.functional")
        if functional is None:
            from rmsnorm.nn import functional as imported

            functional = imported
        if out is None and context is None:
            return functional.rms_norm(
                x,
                weight,
                bias,
                eps=eps,
                axes=axes,
                residual=residual,
                residual_scale=residual_scale,
                return_sum=return_sum,
                round_sum=round_sum,
                weight_offset=weight_offset,
                cast_before_weight=cast_before_weight,
                min_rms=min_rms,
            )
        if functional.records_gradient(x, weight, bias, residual, eps, residual_scale):
            raise ValueError(
                "out, context: given with a tensor that requires grad, expected torch.no_grad()"
            )
    if context is None:
        context = default_context()
    if axes is not None:
        weight, bias = _aligned(weight, x, axes), _aligned(bias, x, axes)
    for name, value in (("eps", eps), ("residual_scale", residual_scale)):
        if value is not None and not isinstance(value, (int, float)):
            raise TypeError(f"{name}: given {type(value).__name__}, expected a number")
    layout = layout_key(x, weight, bias, residual)
    options = (
        eps,
        axes,
        residual_scale,
        return_sum,
        round_sum,
        weight_offset,
        cast_before_weight,
        min_rms,
    )
    key = (context, layout, options)
    function = _calls.get(key)
    if function is None:
        function = _lookup(context, x, weight, bias, residual, _Options(*options))
        if len(_calls) >= _MAX_CALLS:
            _calls.clear()
        _calls[key] = function
    if bias is None and residual is None and out is None:  # by far the most frequent
        return function(x) if weight is None else function(x, weight)
    return function(*(t for t in (x, residual, weight, bias) if t is not None), out=out)
