# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The grid of the backward: what is compiled and what is fed to it."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import rmsnorm_gradient as gradient
import rmsnorm_oracle as oracle
from numpy.typing import NDArray

Array = NDArray[Any]

EXTENTS = (1, 8, 100, 769, 4096)
LONG_EXTENTS = (*EXTENTS, 2, 3, 7, 17, 33, 64, 128, 255, 256, 1024, 5376, 65536)
ROWS = (0, 1, 2, 3, 17, 333, 5000)


@dataclass(frozen=True)
class Variant:
    """One way to call the op on (rows, N); ``"same"`` is the input's dtype."""

    name: str
    scale: Literal["same", "f32"] | None = None
    rstd: bool = False
    eps: float = 1e-6
    eps_mode: gradient.EpsMode = "inside"
    eps_shape: tuple[str, ...] | None = None  # of an operand, of "N" and "1"
    min_rms: float = 0.0
    asked: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.name)


_N: tuple[str, ...] = ("N",)
VARIANTS = (
    Variant("scale", scale="same", rstd=True, asked={"dscale": _N}),
    Variant("plain"),
    Variant("all", scale="f32", asked={"dscale": _N, "dbias": _N, "deps": ()}),
    Variant("feature_eps", scale="same", eps_shape=_N, asked={"dscale": _N, "deps": _N}),
    Variant("scalar_eps", eps_shape=(), asked={"dbias": ("1", "N"), "deps": ()}),
    Variant("clamp", scale="same", eps=0.9, eps_mode="clamp", asked={"dscale": _N, "deps": ("1",)}),
    Variant("outside", eps=1e-2, eps_mode="outside", rstd=True, asked={"dscale": _N, "deps": _N}),
    Variant("min_rms", scale="same", eps=0.0, min_rms=0.9, asked={"dscale": _N, "deps": _N}),
    Variant("min_rms_rstd", eps=0.0, min_rms=0.9, rstd=True, asked={"dscale": ("1", "1")}),
    Variant("clamp_eps", eps_mode="clamp", eps_shape=_N, min_rms=0.5, asked={"deps": _N}),
    Variant("outside_eps", eps_mode="outside", eps_shape=_N, asked={"deps": _N}),
)


def compute_name(dtype: str) -> str:
    return "f64" if dtype == "f64" else "f32"


def scale_name(variant: Variant, dtype: str) -> str:
    return compute_name(dtype) if variant.scale == "f32" else dtype


def function_name(dtype: str, extent: int | None, variant: Variant) -> str:
    return f"{dtype}_{'dynamic' if extent is None else extent}_{variant.name}"


def shape_of(parameter: tuple[str, ...], extent: int) -> tuple[int, ...]:
    return tuple(extent if part == "N" else 1 for part in parameter)


def gradient_dtype(name: str, variant: Variant, dtype: str) -> str:
    """dscale has the scale's dtype, the others that of x and of eps."""
    if name == "deps":
        return compute_name(dtype)
    return scale_name(variant, dtype) if name == "dscale" and variant.scale else dtype


def function_text(dtype: str, extent: int | None, variant: Variant) -> str:
    """MLIR of one case: dynamic rows, a static or (``None``) dynamic extent."""
    n = "?" if extent is None else str(extent)
    compute = compute_name(dtype)

    def tensor(shape: tuple[str, ...], kind: str) -> str:
        return f"tensor<{''.join((n if part == 'N' else part) + 'x' for part in shape)}{kind}>"

    x = f"tensor<?x{n}x{dtype}>"
    operands, types, arguments = ["%dy", "%x"], [x, x], [f"%dy: {x}", f"%x: {x}"]
    for keyword, shape, kind in (
        ("scale", ("N",) if variant.scale else None, scale_name(variant, dtype)),
        ("eps", variant.eps_shape, compute),
        ("rstd", ("?",) if variant.rstd else None, compute),
    ):
        if shape is not None:
            operands.append(f"{keyword} %{keyword}")
            types.append(tensor(shape, kind))
            arguments.append(f"%{keyword}: {types[-1]}")
    attributes = ["axes = [1]"]
    if variant.eps_shape is None:
        attributes.append(f"eps = {variant.eps:e}")
    if variant.eps_mode != "inside":
        attributes.append(f"eps_mode = {variant.eps_mode}")
    if variant.min_rms:
        attributes.append(f"min_rms = {variant.min_rms:.17e}")
    lines, outs, results = [], ["%init"], [x]
    for name, shape in variant.asked.items():
        kind = tensor(shape, gradient_dtype(name, variant, dtype))
        dynamic = ", ".join("%columns" for part in shape if part == "N" and extent is None)
        lines.append(f"  %init_{name} = tensor.empty({dynamic}) : {kind}\n")
        outs.append(f"{name} %init_{name}")
        results.append(kind)
    sizes = "%rows" if extent is not None else "%rows, %columns"
    names = [f"%r#{i}" for i in range(len(results))] if len(results) > 1 else ["%r"]
    given = f"%r:{len(results)}" if len(results) > 1 else "%r"
    return (
        f"func.func @{function_name(dtype, extent, variant)}({', '.join(arguments)})"
        f" -> ({', '.join(results)}) {{\n"
        f"  %c0 = arith.constant 0 : index\n  %c1 = arith.constant 1 : index\n"
        f"  %rows = tensor.dim %x, %c0 : {x}\n  %columns = tensor.dim %x, %c1 : {x}\n"
        f"  %init = tensor.empty({sizes}) : {x}\n{''.join(lines)}"
        f"  {given} = rmsnorm.rms_norm_backward {' '.join(attributes)}\n"
        f"    ins({', '.join(operands)} : {', '.join(types)})\n"
        f"    outs({', '.join(outs)} : {', '.join(results)})\n"
        f"  return {', '.join(names)} : {', '.join(results)}\n}}\n"
    )


@dataclass(frozen=True)
class Feed:
    """Arguments of one call, and what must come out, in the order of the results."""

    arguments: tuple[Array, ...]
    expected: dict[str, gradient.Gradient]


def make_feed(variant: Variant, dtype: str, rows: int, extent: int, regime: str) -> Feed:
    """Rows of magnitudes around 1, so that some are below the bounds of 0.9."""
    rng = np.random.default_rng((rows, extent, 23))
    kind, compute = oracle.DTYPES[dtype], oracle.DTYPES[compute_name(dtype)]
    x = rng.standard_normal((rows, extent)) * rng.uniform(0.2, 2, (rows, 1))
    dy = rng.standard_normal((rows, extent))
    if regime == "zeros":
        x[::2] = 0
    elif regime == "outlier":
        x[::2, rng.integers(extent)] = 1e4
    elif regime == "constant":
        x, dy = np.broadcast_to(x[:, :1], x.shape), np.broadcast_to(dy[:, :1], x.shape)
    elif regime == "tiny":
        x, dy = x * {"f16": 1e-4, "f64": 1e-140}.get(dtype, 1e-15), dy * 1e-3
    x, dy = x.astype(kind), dy.astype(kind)
    arguments = [dy, x]
    scale = None
    if variant.scale:
        scale = (1 + 0.3 * rng.standard_normal(extent)).astype(
            oracle.DTYPES[scale_name(variant, dtype)]
        )
        arguments.append(scale)
    eps: float | Array = variant.eps
    if variant.eps_shape is not None:
        eps = rng.uniform(1e-6, 1.5, shape_of(variant.eps_shape, extent)).astype(compute)
        arguments.append(eps)
    options: dict[str, Any] = {
        "eps": eps,
        "eps_mode": variant.eps_mode,
        "min_rms": variant.min_rms,
    }
    if variant.rstd:
        with np.errstate(all="ignore"):
            arguments.append(_rstd(x, compute, variant))
    shapes: dict[str, Any] = {
        {"dscale": "scale_shape", "dbias": "bias_shape", "deps": "eps_shape"}[name]: shape_of(
            shape, extent
        )
        for name, shape in variant.asked.items()
    }
    everything = gradient.rms_norm_backward(dy, x, scale, **options, **shapes)
    expected = {name: everything[name] for name in ("dx", *variant.asked)}
    return Feed(tuple(arguments), expected)


def _rstd(x: Array, compute: Any, variant: Variant) -> Array:
    """What the forward returns: computed and rounded in the compute type."""
    wide = np.longdouble if compute == np.float64 else np.float64
    exact = x.astype(wide)
    ms: Array = np.square(exact).mean(axis=1) if x.shape[1] else exact.sum(axis=1)
    eps, bound = wide(compute.type(variant.eps)), wide(compute.type(variant.min_rms))
    d = {
        "inside": np.sqrt(ms + eps),
        "clamp": np.sqrt(np.maximum(ms, eps)),
        "outside": np.sqrt(ms) + eps,
    }[variant.eps_mode]
    result: Array = (1 / np.maximum(d, bound)).astype(compute)
    return result
