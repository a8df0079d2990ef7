# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""JAX functions with a known number of RMSNorms, for tests of the importer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp


@dataclass(frozen=True)
class Case:
    """A function of x and a weight.

    Attributes:
        function: takes x [.., N] and a weight [N].
        norms: how many RMSNorms it has in f32.
        narrow_norms: the same in bf16, where a statistic in bf16 is no RMSNorm.
    """

    function: Callable[[Any, Any], Any]
    norms: int
    narrow_norms: int


def llama(x: Any, w: Any) -> Any:
    wide = x.astype(jnp.float32)
    scale = jax.lax.rsqrt(jnp.mean(jnp.square(wide), axis=-1, keepdims=True) + 1e-6)
    return (wide * scale).astype(x.dtype) * w


def weight_before_cast(x: Any, w: Any) -> Any:
    wide = x.astype(jnp.float32)
    mean = jnp.sum(wide**2, axis=-1, keepdims=True) / x.shape[-1]
    return (wide / jnp.sqrt(mean + 1e-6) * w.astype(jnp.float32)).astype(x.dtype)


def gemma(x: Any, w: Any) -> Any:
    """Gemma's own: no cast, so the mean is rounded to the type of x."""
    variance = jnp.mean(jnp.square(x), axis=-1, keepdims=True)
    return x * jax.lax.rsqrt(variance + 1e-06) * (1 + w)


def residual(x: Any, w: Any) -> Any:
    return x + llama(x + w, w)


def by_norm(x: Any, w: Any) -> Any:
    wide = x.astype(jnp.float32)
    length = jnp.linalg.norm(wide, axis=-1, keepdims=True)
    return (wide * (x.shape[-1] ** 0.5) / jnp.maximum(length, 1e-6)).astype(x.dtype) * w


def composite(x: Any, w: Any) -> Any:
    named = jax.lax.composite(lambda a, b: weight_before_cast(a, b), "odml.rms_norm")
    return named(x, w)


def two_axes(x: Any, w: Any) -> Any:
    wide = x.astype(jnp.float32)
    mean = jnp.mean(wide * wide, axis=(-2, -1), keepdims=True)
    return (wide * (mean + 1e-6) ** -0.5).astype(x.dtype) * w


def layer_norm(x: Any, w: Any) -> Any:
    wide = x.astype(jnp.float32)
    centred = wide - jnp.mean(wide, axis=-1, keepdims=True)
    variance = jnp.mean(centred * centred, axis=-1, keepdims=True)
    return (wide * 0.5 * jax.lax.rsqrt(variance + 1e-6)).astype(x.dtype) * w


def wrong_extent(x: Any, w: Any) -> Any:
    wide = x.astype(jnp.float32)
    mean = jnp.sum(wide * wide, axis=-1, keepdims=True) / (x.shape[-1] - 1)
    return (wide * jax.lax.rsqrt(mean + 1e-6)).astype(x.dtype) * w


def by(x: Any, w: Any, total: Callable[[Any], Any]) -> Any:
    """x over the root of a sum of squares, in f32."""
    wide = x.astype(jnp.float32)
    scale = jax.lax.rsqrt(total(wide) / x.shape[-1] + 1e-6)
    return (wide * scale).astype(x.dtype) * w


def squares(x: Any) -> Any:
    return jnp.sum(x * x, axis=-1, keepdims=True)


def halves(x: Any, w: Any) -> Any:
    return by(x, w, lambda v: sum(squares(part) for part in jnp.split(v, [20], -1)))


def gap(x: Any, w: Any) -> Any:
    return by(x, w, lambda v: squares(v[..., :20]) + squares(v[..., 21:]))


def rolled(x: Any, w: Any) -> Any:
    return by(x, w, lambda v: squares(jnp.roll(v, 3, -1)))


def last_of_sums(x: Any, w: Any) -> Any:
    return by(x, w, lambda v: jnp.cumsum(v * v, -1)[..., -1:])


def window(x: Any, w: Any) -> Any:
    sizes = (1,) * (x.ndim - 1) + x.shape[-1:]
    return by(
        x,
        w,
        lambda v: jax.lax.reduce_window(
            v * v, jnp.float32(0), jax.lax.add, sizes, (1,) * x.ndim, "VALID"
        ),
    )


def row_by_row(x: Any, w: Any) -> Any:
    def one(row: Any) -> Any:
        wide = row.astype(jnp.float32)
        return (wide / jnp.sqrt(jnp.dot(wide, wide) / row.shape[-1] + 1e-6)).astype(row.dtype) * w

    return jax.vmap(one)(x)


def barrier(x: Any, w: Any) -> Any:
    """What ``jax.checkpoint`` and Flax's remat put around values."""
    wide = x.astype(jnp.float32)
    wide, mean = jax.lax.optimization_barrier((wide, jnp.mean(wide * wide, -1, keepdims=True)))
    return (wide * jax.lax.rsqrt(mean + 1e-6)).astype(x.dtype) * w


CASES: dict[str, Case] = {
    "llama": Case(llama, 1, 1),
    "weight_before_cast": Case(weight_before_cast, 1, 1),
    "gemma": Case(gemma, 1, 0),
    "residual": Case(residual, 1, 1),
    "by_norm": Case(by_norm, 1, 1),
    "composite": Case(composite, 1, 1),
    "two_axes": Case(two_axes, 1, 1),
    "halves": Case(halves, 1, 1),
    "rolled": Case(rolled, 1, 1),
    "last_of_sums": Case(last_of_sums, 1, 1),
    "window": Case(window, 1, 1),
    "row_by_row": Case(row_by_row, 1, 1),
    "barrier": Case(barrier, 1, 1),
    "gap": Case(gap, 0, 0),
    "layer_norm": Case(layer_norm, 0, 0),
    "wrong_extent": Case(wrong_extent, 0, 0),
}


def block_parameters(dtype: Any, layers: int = 2, width: int = 64, heads: int = 4) -> Any:
    """Random parameters of ``decoder``: a pytree."""
    keys = iter(jax.random.split(jax.random.key(0), 16 * layers + 1))

    def normal(*shape: int) -> Any:
        return jax.random.normal(next(keys), shape, dtype) * shape[0] ** -0.5

    def weight(size: int) -> Any:
        return 1 + 0.1 * jax.random.normal(next(keys), (size,), dtype)

    return {
        "layers": [
            {
                "norms": [weight(width), weight(width)],
                "heads": [weight(width // heads), weight(width // heads)],
                "attention": [normal(width, width) for _ in range(4)],
                "mlp": [
                    normal(width, 2 * width),
                    normal(width, 2 * width),
                    normal(2 * width, width),
                ],
            }
            for _ in range(layers)
        ],
        "final": weight(width),
    }


def decoder(parameters: Any, x: Any, heads: int = 4) -> Any:
    """A decoder with norms of q and k: four norms a layer and one at the end; x is [B, T, D]."""
    for layer in parameters["layers"]:
        y = llama(x, layer["norms"][0])
        query, key, value, out = layer["attention"]
        split = (*x.shape[:2], heads, x.shape[2] // heads)
        q = llama((y @ query).reshape(split), layer["heads"][0])
        k = llama((y @ key).reshape(split), layer["heads"][1])
        scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) * split[-1] ** -0.5
        causal = jnp.tril(jnp.ones((x.shape[1], x.shape[1]), bool))
        weights = jax.nn.softmax(jnp.where(causal, scores, -1e30), axis=-1)
        mixed = jnp.einsum("bhqk,bkhd->bqhd", weights, (y @ value).reshape(split))
        x = x + mixed.reshape(x.shape) @ out
        y = llama(x, layer["norms"][1])
        gate, up, down = layer["mlp"]
        x = x + (jax.nn.silu(y @ gate) * (y @ up)) @ down
    return llama(x, parameters["final"])
