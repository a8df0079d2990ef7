# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The accuracy grid: what is compiled and what is fed to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import rmsnorm_oracle as oracle
from numpy.typing import NDArray

Array = NDArray[Any]

# fmt: off
EXTENTS = (
    1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 100, 128, 255, 256, 769, 1000, 1024,
    4096, 5376, 8192, 65536, 262144,
)
# fmt: on
ROWS = (0, 1, 2, 3, 17, 333)


@dataclass(frozen=True)
class Variant:
    """What is compiled besides the plain norm; ``"same"`` is the input's dtype."""

    name: str
    scale: Literal["same", "f32"] | None = None
    bias: bool = False
    eps: float = 1e-6
    eps_mode: Literal["inside", "clamp", "outside"] = "inside"
    eps_per_feature: bool = False
    min_rms: float = 0.0


VARIANTS = (
    Variant("scale", scale="same"),
    Variant("plain"),
    Variant("scale_bias", scale="same", bias=True),
    Variant("wide_scale", scale="f32"),
    Variant("no_eps", scale="same", eps=0.0),
    Variant("feature_eps", scale="same", eps_per_feature=True),
    Variant("clamp", eps=1e-3, eps_mode="clamp"),
    Variant("outside", eps=1e-3, eps_mode="outside"),
    Variant("min_rms", scale="same", eps=0.0, min_rms=2.0**-60),
)

REGIMES = (
    "normal",
    "constant",
    "zeros",
    "denormal",
    "large",
    "overflowing",
    "outlier",
    "nan",
    "infinity",
)
# x/d is 1 in constant rows, so that scale plus bias, two numbers of a half type, is
# often the middle of two others; sqrt(1e-6) makes 1000 times a denormal likewise.
NEAR_TIES = ("constant", "denormal")
# A share of differing elements is taken of at least so many.
ENOUGH = 4096


def scale_dtype(variant: Variant, dtype: str) -> str:
    return "f32" if variant.scale == "f32" and dtype != "f64" else dtype


def function_name(dtype: str, extent: int | None, variant: Variant) -> str:
    return f"{dtype}_{'dynamic' if extent is None else extent}_{variant.name}"


def function_text(dtype: str, extent: int | None, variant: Variant) -> str:
    """MLIR of one case: dynamic rows, a static or (``None``) dynamic extent."""
    n = "?" if extent is None else str(extent)
    x, vector = f"tensor<?x{n}x{dtype}>", f"tensor<{n}x{{}}>"
    operands, types, arguments = ["%x"], [x], [f"%x: {x}"]
    for keyword, present, kind in (
        ("scale", variant.scale, scale_dtype(variant, dtype)),
        ("bias", variant.bias, dtype),
        ("eps", variant.eps_per_feature, "f64" if dtype == "f64" else "f32"),
    ):
        if present:
            operands.append(f"{keyword} %{keyword}")
            types.append(vector.format(kind))
            arguments.append(f"%{keyword}: {vector.format(kind)}")
    attributes = ["axes = [1]"]
    if not variant.eps_per_feature:
        attributes.append(f"eps = {variant.eps:e}")
    if variant.eps_mode != "inside":
        attributes.append(f"eps_mode = {variant.eps_mode}")
    if variant.min_rms:
        attributes.append(f"min_rms = {variant.min_rms:.17e}")
    if dtype == "f64":
        attributes.append("compute_type = f64")
    sizes = "%rows" if extent is not None else "%rows, %columns"
    columns = "" if extent is not None else f"  %columns = tensor.dim %x, %c1 : {x}\n"
    return (
        f"func.func @{function_name(dtype, extent, variant)}({', '.join(arguments)}) -> {x} {{\n"
        f"  %c0 = arith.constant 0 : index\n  %c1 = arith.constant 1 : index\n"
        f"  %rows = tensor.dim %x, %c0 : {x}\n{columns}"
        f"  %empty = tensor.empty({sizes}) : {x}\n"
        f"  %y = rmsnorm.rms_norm {' '.join(attributes)}\n"
        f"    ins({', '.join(operands)} : {', '.join(types)}) outs(%empty : {x})\n"
        f"  return %y : {x}\n}}\n"
    )


def make_input(regime: str, dtype: str, rows: int, extent: int, seed: int) -> Array:
    """Rows of a regime; NaN, infinity and outliers stand in every second row."""
    rng = np.random.default_rng((seed, rows, extent))
    info = {"f16": (2.0**-24, 1e4), "f64": (2.0**-1074, 1e160)}
    denormal, overflowing = info.get(dtype, (2.0**-133, 1e25))
    x: Array = rng.standard_normal((rows, extent))
    if regime == "constant":
        x = np.broadcast_to(rng.standard_normal((rows, 1)), x.shape).copy()
    elif regime == "zeros":
        x = np.zeros_like(x)
    elif regime == "denormal":
        x = denormal * rng.integers(-40, 40, x.shape)
    elif regime == "large":  # the sum of squares is still finite
        x *= {"f16": 1e4, "f64": 1e150}.get(dtype, 1e18 / 30) / max(extent, 1) ** 0.5
    elif regime == "overflowing":
        x *= overflowing
    elif regime in ("outlier", "nan", "infinity"):
        value = {"outlier": 1e4, "nan": np.nan, "infinity": np.inf}[regime]
        x[::2, rng.integers(extent)] = value
    with np.errstate(over="ignore"):
        return x.astype(oracle.DTYPES[dtype])


def make_parameters(variant: Variant, dtype: str, extent: int) -> dict[str, Array]:
    """The arguments after x, by name, in their order."""
    rng = np.random.default_rng((17, extent))
    compute = np.float64 if dtype == "f64" else np.float32
    parameters: dict[str, Array] = {}
    if variant.scale:
        kind = oracle.DTYPES[scale_dtype(variant, dtype)]
        parameters["scale"] = (1 + 0.3 * rng.standard_normal(extent)).astype(kind)
    if variant.bias:
        parameters["bias"] = rng.standard_normal(extent).astype(oracle.DTYPES[dtype])
    if variant.eps_per_feature:
        parameters["eps"] = rng.uniform(1e-6, 1e-2, extent).astype(compute)
    return parameters


def strided(x: Array, inner: int, gap: int) -> Array:
    """The same values with row stride ``inner * N + gap`` and inner stride ``inner``."""
    rows, extent = x.shape
    wide = np.zeros((rows, extent * inner + gap), x.dtype)
    view = wide[:, : extent * inner : inner]
    view[...] = x
    return view


def reference(x: Array, variant: Variant, parameters: dict[str, Array]) -> oracle.Reference:
    return oracle.rms_norm(
        x,
        parameters.get("scale"),
        parameters.get("bias"),
        eps=parameters.get("eps", variant.eps),
        eps_mode=variant.eps_mode,
        min_rms=variant.min_rms,
    )


@dataclass(frozen=True)
class Feed:
    """One call: a regime, a number of rows, and strides (inner stride, gap between rows)."""

    regime: str
    rows: int
    inner: int = 1
    gap: int = 0


def feeds(extent: int, most_elements: int, thorough: bool) -> Iterator[Feed]:
    """The calls made of one compiled function; at most so many elements each.

    One of them has ordinary rows of ``ENOUGH`` elements, or of up to twice as many.
    """
    for rows in ROWS:
        if rows * extent <= most_elements or rows <= 1:
            yield Feed("normal", rows)
    if extent < ENOUGH:
        yield Feed("normal", -(-ENOUGH // extent))
    rows = min(17, max(2, most_elements // extent))
    for regime in REGIMES[1:]:
        yield Feed(regime, rows if thorough else min(rows, 5))
    yield Feed("normal", min(rows, 5), gap=3)
    yield Feed("normal", min(rows, 5), inner=2, gap=1)
    if thorough:
        yield Feed("outlier", rows, inner=3)
        yield Feed("constant", rows, gap=8)
