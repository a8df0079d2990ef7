# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""JAX: rows that are looked up, loops and branches, with norms in them."""

from typing import Any

import pytest

for module in ("jax", "torch_mlir"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import jax_models  # noqa: E402
from jax_numbers import DTYPES, assert_same, eager, inputs, norms_of  # noqa: E402

import rmsnorm  # noqa: E402
from rmsnorm.importer.jax_importer import import_jax  # noqa: E402


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("dynamic", [False, True])
def test_norms_of_rows_that_are_looked_up(dtype: Any, dynamic: bool) -> None:
    """An embedding is one lookup of rows; indices outside are those of the nearest row."""

    def embed(table: Any, w: Any, tokens: Any) -> Any:
        return jax_models.llama(jnp.take(table, tokens, axis=0, mode="clip"), w)

    table, w = inputs(dtype, 50, 64)
    tokens = jnp.asarray([[3, 49, 0], [-2, 50, 2**31 - 1]], jnp.int32)
    shapes = (None, None, {0: "b", 1: "t"}) if dynamic else None
    text = import_jax(embed, (table, w, tokens), dynamic_shapes=shapes).text
    assert "tensor.gather" in text
    compiled = rmsnorm.compile(embed, (table, w, tokens), dynamic_shapes=shapes)
    assert norms_of(compiled) == 1
    assert_same(compiled(table, w, tokens), eager(embed, table, w, tokens))


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("mode", ["clip", "fill", "wrap"])
def test_other_lookups(axis: int, mode: str) -> None:
    """Along another axis, of small integers, with NaN outside: what StableHLO says."""
    table, _ = inputs(jnp.float32, 7, 5)
    for index in (jnp.asarray([1, 4, -2, 9], jnp.int32), jnp.asarray([[2, 100]], jnp.int8)):

        def take(t: Any, i: Any) -> Any:
            return jnp.take(t, i, axis=axis, mode=mode)

        assert_same(rmsnorm.compile(take, (table, index))(table, index), eager(take, table, index))


def scanned(x: Any, ws: Any) -> Any:
    def layer(carry: Any, w: Any) -> Any:
        return carry + jax_models.llama(carry, w), jnp.sum(carry.astype(jnp.float32), -1)

    return jax.lax.scan(layer, x, ws)


def scanned_backwards_in_pairs(x: Any, ws: Any) -> Any:
    def outer(carry: Any, pair: Any) -> Any:
        def inner(value: Any, w: Any) -> Any:
            return jax_models.llama(value, w), None

        return jax.lax.scan(inner, carry, pair)[0], carry[0]

    return jax.lax.scan(outer, x, ws.reshape(-1, 2, ws.shape[-1]), reverse=True)


def counted(x: Any, ws: Any) -> Any:
    return jax.lax.fori_loop(1, 4, lambda i, value: jax_models.llama(value, ws[i]), x)


def until_small(x: Any, ws: Any) -> Any:
    """The number of rounds depends on the data."""
    w = ws[0] * jnp.asarray(0.5, ws.dtype)

    def step(state: Any) -> Any:
        value, rounds = state
        return jax_models.llama(value, w) * value, rounds + 1

    def goes_on(state: Any) -> Any:
        return (jnp.max(jnp.abs(state[0].astype(jnp.float32))) > 1e-3) & (state[1] < 7)

    return jax.lax.while_loop(goes_on, step, (x, jnp.int32(0)))


def row_after_row(x: Any, ws: Any) -> Any:
    return jax.lax.map(lambda row: jax_models.llama(row, ws[1]), x)


def running_mean(x: Any, ws: Any) -> Any:
    """No norm: the statistic remembers the rows before."""

    def step(mean: Any, row: Any) -> Any:
        wide = row.astype(jnp.float32)
        mean = 0.9 * mean + 0.1 * jnp.mean(wide * wide)
        return mean, (wide * jax.lax.rsqrt(mean + 1e-6)).astype(row.dtype) * ws[0]

    return jax.lax.scan(step, jnp.float32(1), x)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("function", "norms"),
    [
        (scanned, 1),
        (scanned_backwards_in_pairs, 1),
        (counted, 1),
        (until_small, 1),
        (row_after_row, 1),
        (running_mean, 0),
    ],
)
def test_loops(function: Any, norms: int, dtype: Any) -> None:
    x, w = inputs(dtype, 5, 48)
    ws = jnp.stack([w, w * 2, w - 1, w * w]).astype(dtype)
    compiled = rmsnorm.compile(function, (x, ws))
    assert norms_of(compiled) == norms
    assert_same(compiled(x, ws), eager(function, x, ws))


@pytest.mark.parametrize("branches", [2, 3, 4])
def test_branches(branches: int) -> None:
    """``cond`` and ``switch``: an index outside is that of the nearest branch."""
    x, w = inputs(jnp.float32, 4, 48)
    choices = [
        lambda a: jax_models.llama(a, w),
        lambda a: a,
        lambda a: a * 2,
        lambda a: jax_models.llama(a + 1, w),
    ][:branches]

    def choose(x: Any, index: Any) -> Any:
        return jax.lax.switch(index, choices, x) + 1

    compiled = rmsnorm.compile(choose, (x, jnp.int32(0)))
    assert norms_of(compiled) == (2 if branches == 4 else 1)
    for index in range(-1, branches + 1):
        assert_same(compiled(x, jnp.int32(index)), eager(choose, x, jnp.int32(index)))

    def either(x: Any) -> Any:
        return jax.lax.cond(x[0, 0] > 0, choices[0], choices[1], x)

    compiled = rmsnorm.compile(either, (x,))
    for value in (x, -x):
        assert_same(compiled(value), eager(either, value))


@pytest.mark.parametrize("rows", [2, 4, 5])
def test_associative_scan(rows: int) -> None:
    """It slices no elements from the end of an array."""

    def sums(x: Any, w: Any) -> Any:
        return jax.lax.associative_scan(jnp.add, jax_models.llama(x, w), axis=0)

    x, w = inputs(jnp.float32, rows, 48)
    compiled = rmsnorm.compile(sums, (x, w))
    assert norms_of(compiled) == 1
    assert_same(compiled(x, w), eager(sums, x, w))
