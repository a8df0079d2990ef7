# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``rmsnorm.rms_norm``: one norm on tensors of any library, compiled on first use."""

from typing import Any

from rmsnorm._native import Context, Function, dtype_name, signature
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


def _lookup(context: Context, key: tuple[Any, ...]) -> Function:
    (x, weight, bias, eps, axes, residual, residual_scale) = key[:7]
    (return_sum, round_sum, weight_offset, cast_before_weight, min_rms) = key[7:]
    number, shape = x
    dtype = dtype_name(number)
    if dtype not in _TINY:
        raise TypeError(f"x: given dtype {dtype}, expected one of {', '.join(_TINY)}")
    if not shape:
        raise ValueError("x: given a tensor of rank 0, expected rank 1 or more")
    if residual is not None and residual != x:
        raise ValueError(
            f"residual: given {dtype_name(residual[0])} {residual[1]}, expected x's {dtype} {shape}"
        )
    if residual is None and (return_sum or round_sum):
        raise ValueError("return_sum, round_sum: need a residual")
    compute = "f64" if dtype == "f64" else "f32"
    axes = _normalized(axes, len(shape))
    eps = _EPSILON[compute] if eps is None else float(eps)
    min_rms = _default_min_rms(dtype, compute) if min_rms is None else float(min_rms)
    if not (0 <= eps < float("inf") and 0 <= min_rms < float("inf")):
        raise ValueError(
            f"eps, min_rms: given {eps}, {min_rms}, expected finite numbers, not negative"
        )
    if eps**0.5 >= min_rms:
        min_rms = 0.0  # cannot act: sqrt(ms + eps) >= sqrt(eps)
    # Normalised extents are compiled in, all others are left open.
    extents = tuple(extent if axis in axes else -1 for axis, extent in enumerate(shape))
    options = {
        "scale": weight,
        "bias": bias,
        "eps": eps,
        "min_rms": min_rms,
        "residual": residual is not None,
        "residual_scale": float(residual_scale),
        "return_sum": bool(return_sum),
        "round_sum": bool(round_sum),
        "scale_offset": float(weight_offset),
        "cast_before_scale": bool(cast_before_weight),
    }
    full = (context, number, extents, axes, *options.values())
    function = _functions.get(full)
    if function is None:
        artifact = context.compile_norm(number, extents, axes, **options)
        function = _functions[full] = artifact["main"]
    return function


def rms_norm(
    x: Any,
    weight: Any = None,
    bias: Any = None,
    *,
    eps: float | None = None,
    axes: int | tuple[int, ...] | None = None,
    residual: Any = None,
    residual_scale: float = 1.0,
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
        axes: normalised axes, the last by default.
        residual: of the shape and dtype of ``x``; what is normalised is
            ``x + residual_scale * residual``, unrounded.
        return_sum: also return that sum, rounded to the dtype of ``x``.
        round_sum: round the sum before it is normalised.
        weight_offset: added to the weight, 1.0 for Gemma.
        cast_before_weight: round to the dtype of ``x`` before multiplying by
            the weight, as Llama does.
        min_rms: smallest denominator, ``max(finfo(x).tiny, sqrt(finfo(compute).tiny))``
            by default, so that rows of zeros give zeros even with ``eps=0``.
        out: tensor to write to, or a pair of them with ``return_sum``.
        context: threads and cache; ``default_context()`` if not given.

    Returns:
        The result in the library of ``x``, or ``(result, sum)``.

    Raises:
        TypeError: a dtype is not supported.
        ValueError: an argument does not fit the others.
        RMSNormError: compiling or running failed.
    """
    context = context or default_context()
    key = (
        signature(x),
        None if weight is None else signature(weight),
        None if bias is None else signature(bias),
        eps,
        axes,
        None if residual is None else signature(residual),
        residual_scale,
        return_sum,
        round_sum,
        weight_offset,
        cast_before_weight,
        min_rms,
    )
    function = _calls.get((context, key))
    if function is None:
        function = _lookup(context, key)
        if len(_calls) >= _MAX_CALLS:
            _calls.clear()
        _calls[context, key] = function
    tensors = [t for t in (x, residual, weight, bias) if t is not None]
    return function(*tensors, out=out)
