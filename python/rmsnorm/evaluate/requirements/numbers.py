# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The norms of each requirement, which every path computes and the reference checks."""

from typing import Any

import numpy as np

from rmsnorm.evaluate.formats import FLOATS, Array, encode
from rmsnorm.evaluate.norm import Norm


def values(shape: tuple[int, ...], dtype: str, seed: int, scale: float = 1.0) -> Array:
    """Normal numbers in a dtype."""
    return encode(scale * np.random.default_rng((seed, *shape)).standard_normal(shape), dtype)


def weight_of(shape: tuple[int, ...], dtype: str, seed: int = 5) -> Array:
    """Numbers around 1."""
    return encode(1 + 0.3 * values(shape, "f64", seed), dtype)


def _rows(dtype: str, extent: int = 96, rows: int = 33) -> Array:
    return values((rows, extent), dtype, 1)


def normalisation(dtype: str) -> list[Norm]:
    """1: also rows with a mean, which is not taken away; single elements; outliers; long rows."""
    x = _rows(dtype)
    long = values((3, 4096), dtype, 2)
    outlier = long.copy()
    outlier[:, 7] = 1e4
    return [
        Norm("normal rows", x, backward=True),
        Norm("rows with a mean", encode(x.astype(np.float64) + 3, dtype)),
        Norm("rows of one element", values((40, 1), dtype, 3), backward=True),
        Norm("4096 elements", long, backward=True),
        Norm("an outlier of 1e4", outlier, near_ties=True),
    ]


def scale(dtype: str) -> list[Norm]:
    """2."""
    return [Norm("scale", _rows(dtype), weight_of((96,), dtype), backward=True)]


def bias(dtype: str) -> list[Norm]:
    """3."""
    x, shift = _rows(dtype), values((96,), dtype, 6)
    return [
        Norm("scale and bias", x, weight_of((96,), dtype), shift, backward=True),
        Norm("bias without scale", x, bias=shift, backward=True),
    ]


def axes(dtype: str) -> list[Norm]:
    """4: one or several, adjacent or not, in any order, channels first."""
    x = values((4, 6, 5, 8), dtype, 9)
    found = []
    for chosen in ((1,), (-1,), (2, 3), (-2, -1), (0, 2), (1, 3), (3, 1), (0, 1, 2, 3)):
        shape = tuple(x.shape[axis] for axis in chosen)
        weight = weight_of(shape, dtype)
        found.append(Norm(f"axes {list(chosen)}", x, weight, axes=chosen, backward=True))
    return found


def dynamic(dtype: str) -> list[Norm]:
    """5: any rank and number of rows; extents known only when called."""
    weight = weight_of((24,), dtype)
    found = []
    for shape in ((24,), (1, 24), (7, 24), (2, 3, 24), (2, 1, 3, 2, 24), (0, 24), (2, 0, 3, 24)):
        x = values(shape, dtype, 11)
        found.append(Norm(f"shape {list(shape)}", x, weight, backward=x.size > 0))
    for extent in (3, 8, 129):
        x = values((5, extent), dtype, 12)
        found.append(Norm(f"open extent, {extent}", x, open_extents=True))
    return found


def broadcast(dtype: str) -> list[Norm]:
    """6: every shape that broadcasts, a scalar, and any strides."""
    x = values((2, 4, 5, 6), dtype, 13)
    found = []
    for shape in ((6,), (1, 1, 6), (4, 1, 6), (4, 1, 1), (1,), (), (2, 1, 5, 6)):
        weight = weight_of(shape, dtype)
        found.append(Norm(f"scale {list(shape)}", x, weight, backward=True))
    every_second = np.repeat(weight_of((6,), dtype), 2)[::2]
    turned = weight_of((6, 4), dtype).T[:, None, :]
    spread = np.broadcast_to(weight_of((6,), dtype), (4, 1, 6))
    for name, weight in (
        ("every second element", every_second),
        ("transposed", turned),
        ("expanded", spread),
    ):
        found.append(Norm(f"scale {name}", x, weight))
    return found


def precision(dtype: str) -> list[Norm]:
    """7: parameters of other types; f16 squares that overflow; small bf16 variances."""
    x = _rows(dtype)
    found = [
        Norm(f"scale and bias in {other}", x, weight_of((96,), other), values((96,), other, 14))
        for other in FLOATS
        if other != dtype and (other != "f64" or dtype == "f64")
    ]
    if dtype == "f16":
        large = encode(6e4 * np.sign(_rows("f64")), dtype)
        found.append(Norm("squares beyond f16", large, near_ties=True))
    small = {"f16": 1e-3, "f64": 1e-100}.get(dtype, 1e-4)
    tiny = encode(small * _rows("f64"), dtype)
    return [*found, Norm("small variances", tiny, weight_of((96,), dtype), eps=0.0, backward=True)]


def dtypes(dtype: str) -> list[Norm]:
    """10: of y, the sum and every gradient, also where parameters are of another dtype."""
    x, other = _rows(dtype), values((33, 96), dtype, 21)
    wide = "f64" if dtype == "f64" else "f32"
    narrow = "bf16" if dtype == "f16" else "f16"
    eps = encode(np.geomspace(1e-6, 2.0, 96), wide)
    found = [Norm("without parameters", x, backward=True)]
    for kind in (wide, narrow):
        weight, shift = weight_of((96,), kind), values((96,), kind, 22)
        name = f"parameters in {kind}"
        found += [
            Norm(name, x, weight, shift, backward=True),
            Norm(f"{name}, learnt epsilon", x, weight, shift, eps=eps, backward=True),
            Norm(f"{name}, sum", x, weight, shift, residual=other, return_sum=True, backward=True),
        ]
    return found


def learnt_eps(dtype: str) -> list[Norm]:
    """8: per feature, with gradient; negative and vanishing ones are clamped."""
    x = _rows(dtype)
    kind = "f64" if dtype == "f64" else "f32"
    eps = encode(np.geomspace(1e-6, 2.0, 96), kind)
    clamped = eps.copy()
    clamped[::3], clamped[1::3] = -1.0, 0.0
    weight = weight_of((96,), dtype)
    return [
        Norm("epsilon per feature", x, weight, eps=eps, backward=True),
        Norm("clamped from below", x, weight, eps=clamped, backward=True),
    ]


def zeros(dtype: str) -> list[Norm]:
    """9: rows of zeros, with and without epsilon; the clamp is a constant for the gradient."""
    x = _rows(dtype).copy()
    x[::2] = 0
    shift = values((96,), dtype, 15)
    small = encode(1e-4 * _rows("f64"), dtype)
    return [
        Norm("zero rows, eps 0", x, eps=0.0),
        Norm("zero rows, eps 0, with bias", x, bias=shift, eps=0.0),
        Norm("zero rows", x, eps=1e-6, backward=True),
        Norm("rows of 1e-4, eps 0", small, eps=0.0, backward=dtype != "f16"),
        Norm("the clamp acts", _rows(dtype), eps=0.0, min_rms=8.0, backward=True),
    ]


def residual(dtype: str) -> list[Norm]:
    """13: rounded or not; the sum returned; the scale a number, learnt, or per feature."""
    x, other = _rows(dtype), values((33, 96), dtype, 16)
    weight = weight_of((96,), dtype)
    common: dict[str, Any] = {"residual": other, "backward": True}
    return [
        Norm("sum", x, weight, **common),
        Norm("sum returned", x, weight, return_sum=True, **common),
        Norm("rounded first", x, weight, return_sum=True, round_sum=True, **common),
        Norm("scale 0.5", x, weight, residual_scale=0.5, return_sum=True, **common),
        Norm("learnt scale", x, weight, residual_scale=encode(0.75, dtype), **common),
        Norm("scale per feature", x, weight, residual_scale=weight_of((96,), dtype, 17), **common),
    ]


def empty(dtype: str) -> list[Norm]:
    """No rows: the right shape."""
    weight = weight_of((16,), dtype)
    return [
        Norm(f"shape {list(shape)}", values(shape, dtype, 18), weight)
        for shape in ((0, 16), (3, 0, 16), (0, 0, 16))
    ]


def gated(dtype: str) -> list[Norm]:
    """silu and sigmoid, after the norm or before."""
    x, gate = _rows(dtype), values((33, 96), dtype, 19)
    weight = weight_of((96,), dtype)
    return [
        Norm(
            f"{kind} {'before' if before else 'after'}",
            x,
            weight,
            gate=gate,
            activation=kind,
            gate_before=before,
            backward=True,
        )
        for kind in ("silu", "sigmoid")
        for before in (False, True)
    ]


def grouped(dtype: str) -> list[Norm]:
    """Parts of the row, with a scale across them."""
    weight = weight_of((96,), dtype)
    return [Norm("4 groups", _rows(dtype), weight, groups=4, backward=True)]


def partial(dtype: str) -> list[Norm]:
    """The statistic of the first part for all."""
    weight = weight_of((96,), dtype)
    bias, eps = weight_of((96,), dtype)[::-1].copy(), np.abs(values((96,), "f64", 23)) + 1e-3
    learnt = eps.astype(np.float64 if dtype == "f64" else np.float32)
    given: dict[str, Any] = {"partial": 24, "backward": True}
    # In a half type autograd rounds the gradient of this at each step, where kernels round once.
    rounded = {**given, "cast_before_weight": True, "backward": dtype in ("f32", "f64")}
    return [
        Norm("24 of 96", _rows(dtype), weight, **given),
        Norm("24 of 96, a learnt epsilon", _rows(dtype), weight, bias, eps=learnt, **given),
        Norm("24 of 96, rounded first", _rows(dtype), weight, **rounded),
    ]


def offset(dtype: str) -> list[Norm]:
    """1 + weight, and the weight after a rounding."""
    x, weight = _rows(dtype), encode(0.3 * values((96,), "f64", 20), dtype)
    cast = weight_of((96,), dtype)
    return [
        Norm("1 + weight", x, weight, weight_offset=1.0, backward=True),
        Norm("rounded before the weight", x, cast, cast_before_weight=True, backward=True),
    ]


def scale_norm(dtype: str) -> list[Norm]:
    """g * x / max(norm2(x), eps)."""
    g = encode(3.0, dtype)
    return [
        Norm("ScaleNorm", _rows(dtype), g, eps=0.0, scale_norm=1e-5, backward=True),
        Norm("the clamp acts", _rows(dtype), g, eps=0.0, scale_norm=100.0, backward=True),
    ]


def quantised(dtype: str) -> list[Norm]:
    """A scale per row, and the row in int8 or f8."""
    x, weight = _rows(dtype), weight_of((96,), dtype)
    return [
        Norm(f"to {kind}", x, weight, quantised=kind, backward=True)
        for kind in ("i8", "f8E4M3FN", "f8E5M2")
    ]
