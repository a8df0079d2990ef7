# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Norms with what stands around them in real models, each of which is to be one kernel."""

from collections.abc import Callable
from dataclasses import dataclass

import graph_ops as op
import numpy as np
from graph import Graph, Tensor

N = 48  # a row; also 2 halves of 24, 6 heads of 8, 3 groups of 16


@dataclass(frozen=True)
class Neighbourhood:
    """``unread``: bytes of arguments that need not be read (the rest of a sliced one)."""

    name: str
    build: Callable[[Graph, str], None]
    dtypes: tuple[str, ...] = ("f32", "bf16", "f16")
    unread: Callable[[Graph], int] = lambda g: 0


def residual(g: Graph, t: str) -> None:
    x, r, w = g.argument([None, N], t), g.argument([None, N], t), g.argument([N], t)
    h = op.binary(g, "addf", x, r)
    g.output(op.binary(g, "mulf", op.norm(g, h), w), h)


def gated(g: Graph, t: str) -> None:
    """Residual sum, norm, weight after the cast, silu gate (Mamba 2 and others)."""
    x, r, w, z = (g.argument(s, t) for s in ([None, N], [None, N], [N], [None, N]))
    h = op.binary(g, "addf", x, r)
    y = op.binary(g, "mulf", op.norm(g, h), w)
    g.output(op.binary(g, "mulf", y, op.silu(g, z, low=True)), h)


def gate_first(g: Graph, t: str) -> None:
    """norm_before_gate=False: the gated product is normalised."""
    x, z, w = g.argument([None, N], t), g.argument([None, N], t), g.argument([N], t)
    g.output(op.norm(g, op.binary(g, "mulf", x, op.silu(g, z)), w))


def offset_weight(g: Graph, t: str) -> None:
    """Gemma: 1 + w in f32, inside the rounding."""
    x, w = g.argument([None, N], t), g.argument([N], t)
    wide = w if t == "f32" else op.cast(g, w, "f32")
    g.output(op.norm(g, x, op.constant_op(g, "addf", wide, 1.0)))


def static_int8(g: Graph, t: str) -> None:
    x, w = g.argument([None, N], t), g.argument([N], t)
    y = op.norm(g, x, w)
    wide = y if t == "f32" else op.cast(g, y, "f32")
    scaled = op.round_even(g, op.constant_op(g, "mulf", wide, 40.0))
    low = op.constant_op(g, "maximumf", scaled, -128.0)
    g.output(op.cast(g, op.constant_op(g, "minimumf", low, 127.0), "i8"))


def dynamic_int8(g: Graph, t: str) -> None:
    """q = round(y * 127 / absmax(y)), and the scale: a second reduction."""
    x, r, w = g.argument([None, N], t), g.argument([None, N], t), g.argument([N], t)
    h = op.binary(g, "addf", x, r)
    y = op.norm(g, h, w)
    wide = y if t == "f32" else op.cast(g, y, "f32")
    largest = op.constant_op(g, "maximumf", op.absmax(g, wide), 1e-12)
    scale = op.constant_op(g, "divf", largest, 127.0)
    q = op.round_even(g, op.binary(g, "divf", wide, scale, y_loops=[0]))
    low = op.constant_op(g, "maximumf", q, -128.0)
    g.output(op.cast(g, op.constant_op(g, "minimumf", low, 127.0), "i8"), scale, h)


def _to_f8(g: Graph, t: str, kind: str, largest: float) -> None:
    x, w = g.argument([None, N], t), g.argument([N], t)
    y = op.norm(g, x, w)
    wide = y if t == "f32" else op.cast(g, y, "f32")
    scaled = op.constant_op(g, "mulf", wide, 16.0)
    low = op.constant_op(g, "maximumf", scaled, -largest)
    g.output(op.cast(g, op.constant_op(g, "minimumf", low, largest), kind))


def f8_e4m3(g: Graph, t: str) -> None:
    _to_f8(g, t, "f8E4M3FN", 448.0)


def f8_e5m2(g: Graph, t: str) -> None:
    _to_f8(g, t, "f8E5M2", 57344.0)


def dequantised(g: Graph, t: str) -> None:
    """int8 activations with a scale per row, added to the residual stream."""
    q, s, r, w = (
        g.argument(shape, d)
        for shape, d in (([None, N], "i8"), ([None], "f32"), ([None, N], t), ([N], t))
    )
    x = op.binary(g, "mulf", op.cast(g, q, "f32"), s, y_loops=[0])
    narrow = x if t == "f32" else op.cast(g, x, t)
    h = op.binary(g, "addf", narrow, r)
    g.output(op.norm(g, h, w), h)


def sandwich(g: Graph, t: str) -> None:
    """Gemma 2: norm of the branch, residual sum, norm of the sum."""
    a, r = g.argument([None, N], t), g.argument([None, N], t)
    v, w = g.argument([N], t), g.argument([N], t)
    h = op.binary(g, "addf", r, op.norm(g, a, v))
    g.output(op.norm(g, h, w), h)


def several_norms(g: Graph, t: str) -> None:
    """Two norms of one tensor with different weights (parallel branches, MLA)."""
    x, v, w = g.argument([None, N], t), g.argument([N], t), g.argument([N], t)
    g.output(op.binary(g, "mulf", op.norm(g, x), v), op.norm(g, x, w))


def heads(g: Graph, t: str) -> None:
    """Qwen 3: a projection seen as heads, each normalised."""
    q, b, w = g.argument([None, N], t), g.argument([N], t), g.argument([8], t)
    split = op.expand(g, op.binary(g, "addf", q, b), 1, [6, 8])
    g.output(op.binary(g, "mulf", op.norm(g, split), w))


def grouped(g: Graph, t: str) -> None:
    """A norm over groups, the weight and gate over the whole row."""
    x, z, w = g.argument([None, N], t), g.argument([None, N], t), g.argument([N], t)
    whole = op.collapse(g, op.norm(g, op.expand(g, x, 1, [3, 16])), 1, 2)
    g.output(op.binary(g, "mulf", op.binary(g, "mulf", whole, w), z))


def to_heads(g: Graph, t: str) -> None:
    """OLMo 2: a norm over all heads, then seen as heads."""
    x, w, s = g.argument([None, N], t), g.argument([N], t), g.argument([8], t)
    y = op.expand(g, op.norm(g, x, w), 1, [6, 8])
    g.output(op.binary(g, "mulf", y, s))


def latent(g: Graph, t: str) -> None:
    """MLA: the norm of a part of a projection."""
    kv, w = g.argument([None, N], t), g.argument([32], t)
    g.output(op.norm(g, op.cut(g, kv, 1, 8, 32), w))


def biased_latent(g: Graph, t: str) -> None:
    """The same after a bias: the sum is computed for the slice alone."""
    kv, b, w = g.argument([None, N], t), g.argument([N], t), g.argument([32], t)
    g.output(op.norm(g, op.cut(g, op.binary(g, "addf", kv, b), 1, 8, 32), w))


def _skip_outer(g: Graph) -> int:
    """The 16 columns that the slice leaves out, of every argument that has all 48."""
    return sum(a.bytes // 3 for a in g.arguments if a.shape[-1] == N)


def rotate(g: Graph, x: Tensor, cos: Tensor, sin: Tensor, loops: list[int]) -> Tensor:
    """x * cos + concat(-x2, x1) * sin, as transformers writes it."""
    dim, half = len(x.shape) - 1, x.exact.shape[-1] // 2
    turned = op.concat(
        g, [op.negate(g, op.cut(g, x, dim, half, half)), op.cut(g, x, dim, 0, half)], dim
    )
    straight = op.binary(g, "mulf", x, cos, y_loops=loops)
    return op.binary(g, "addf", straight, op.binary(g, "mulf", turned, sin, y_loops=loops))


def rotary(g: Graph, t: str) -> None:
    """Norm of heads and rotary embedding."""
    q, w = g.argument([None, 6, 8], t), g.argument([8], t)
    cos, sin = g.argument([None, 8], t), g.argument([None, 8], t)
    g.output(rotate(g, op.norm(g, q, w), cos, sin, [0, 2]))


def gelu(g: Graph, t: str) -> None:
    """erf and tanh of a normalised row, in f32."""
    x, w = g.argument([None, N], t), g.argument([N], t)
    y = op.norm(g, x, w)
    wide = y if t == "f32" else op.cast(g, y, "f32")
    e = op.constant_op(
        g, "addf", op.unary(g, "erf", op.constant_op(g, "mulf", wide, 0.70710678)), 1.0
    )
    a = op.binary(g, "mulf", op.constant_op(g, "mulf", wide, 0.5), e)
    b = op.unary(g, "tanh", wide)
    g.output(a if t == "f32" else op.cast(g, a, t), b if t == "f32" else op.cast(g, b, t))


def diamond(g: Graph, t: str) -> None:
    """x * (tanh(n) * n) + r with n = norm(x), n itself needed as well."""
    x, r = g.argument([None, N], t), g.argument([None, N], t)
    n = op.norm(g, x)
    d = op.binary(g, "mulf", op.unary(g, "tanh", n), n)
    g.output(op.binary(g, "addf", op.binary(g, "mulf", x, d), r), n)


def chain(g: Graph, t: str) -> None:
    """a * b * c + a in the low type: every product is rounded."""
    a, b, c = (g.argument([None, N], t) for _ in range(3))
    p = op.binary(g, "mulf", op.binary(g, "mulf", a, b), c)
    g.output(op.norm(g, op.binary(g, "addf", op.binary(g, "mulf", p, b), a)), p)


def embedding(g: Graph, t: str) -> None:
    """Rows of a table, the sum with positions, the norm."""
    ids = g.argument([None], "i64", np.array([4.0, 0.0, 4.0]))
    table, p = g.argument([5, N], t), g.argument([None, N], t)
    h = op.binary(g, "addf", op.lookup(g, table, ids), p)
    g.output(op.norm(g, h), h)


NEIGHBOURHOODS = (
    Neighbourhood("residual", residual),
    Neighbourhood("gated", gated),
    Neighbourhood("gate_first", gate_first, ("f32",)),
    Neighbourhood("offset_weight", offset_weight),
    Neighbourhood("static_int8", static_int8),
    Neighbourhood("dynamic_int8", dynamic_int8),
    Neighbourhood("f8_e4m3", f8_e4m3),
    Neighbourhood("f8_e5m2", f8_e5m2),
    Neighbourhood("dequantised", dequantised),
    Neighbourhood("sandwich", sandwich),
    Neighbourhood("several_norms", several_norms),
    Neighbourhood("heads", heads),
    Neighbourhood("grouped", grouped),
    Neighbourhood("to_heads", to_heads),
    Neighbourhood("latent", latent, unread=_skip_outer),
    Neighbourhood("biased_latent", biased_latent, unread=_skip_outer),
    Neighbourhood("rotary", rotary),
    Neighbourhood("gelu", gelu),
    Neighbourhood("diamond", diamond),
    Neighbourhood("chain", chain),
    # Three of the table's five rows.
    Neighbourhood("embedding", embedding, unread=lambda g: g.arguments[1].bytes * 2 // 5),
)
