# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""JAX, Flax and Keras: norms found, numbers of JAX without fusion, structures, dynamic extents."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")
for module in ("jax", "flax", "keras", "torch_mlir"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import jax  # noqa: E402
import jax.export  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import jax_models  # noqa: E402
import keras  # noqa: E402
from flax import linen, nnx  # noqa: E402
from jax_numbers import DTYPES, assert_same, eager, inputs, norms_of  # noqa: E402

import rmsnorm  # noqa: E402


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(jax_models.CASES))
def test_functions(name: str, dtype: Any) -> None:
    case = jax_models.CASES[name]
    x, w = inputs(dtype)
    compiled = rmsnorm.compile(case.function, (x, w))
    assert norms_of(compiled) == (case.norms if dtype == jnp.float32 else case.narrow_norms)
    assert_same(compiled(x, w), eager(case.function, x, w))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["llama", "gemma", "layer_norm", "residual"])
def test_dynamic_extents(name: str, dtype: Any) -> None:
    case = jax_models.CASES[name]
    x, w = inputs(dtype, 2, 3, 64)
    compiled = rmsnorm.compile(
        jax.jit(case.function), (x, w), dynamic_shapes=({0: "b", 1: "t"}, None)
    )
    assert compiled.function.arguments[0][2] == (-1, -1, 64)
    assert norms_of(compiled) == (case.norms if dtype == jnp.float32 else case.narrow_norms)
    for shape in ((2, 3, 64), (1, 1, 64), (5, 7, 64)):
        x, w = inputs(dtype, *shape)
        assert_same(compiled(x, w), eager(case.function, x, w))


def test_extents_that_do_not_agree_are_refused() -> None:
    def add(a: Any, b: Any) -> Any:
        return a + b

    x, y = jnp.ones((4, 8)), jnp.ones((4, 8))
    compiled = rmsnorm.compile(add, (x, y), dynamic_shapes=("n, _", "n, _"))
    np.testing.assert_array_equal(compiled(jnp.ones((3, 8)), jnp.ones((3, 8))), np.full((3, 8), 2))
    with pytest.raises(rmsnorm.RMSNormError, match=r"extent 5 in dim 0, expected 3"):
        compiled(jnp.ones((3, 8)), jnp.ones((5, 8)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("dynamic", [None, "b, t, _"])
def test_decoder(dtype: Any, dynamic: str | None) -> None:
    """Parameters as a pytree of arguments; products, softmax, a causal mask around the norms."""
    parameters = jax_models.block_parameters(dtype)
    x, _ = inputs(dtype, 2, 8, 64)
    shapes = (None, dynamic) if dynamic else None
    compiled = rmsnorm.compile(jax.jit(jax_models.decoder), (parameters, x), dynamic_shapes=shapes)
    assert norms_of(compiled) == 9
    for shape in ((2, 8, 64), (1, 5, 64)) if dynamic else ((2, 8, 64),):
        x, _ = inputs(dtype, *shape)
        got = np.asarray(compiled(parameters, x), np.float64)
        # Long chains in bf16 differ by more than a unit in any two orders of summation.
        wide = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), (parameters, x))
        want = np.asarray(jax_models.decoder(*wide), np.float64)
        tolerance = 1e-5 if dtype == jnp.float32 else 0.05
        assert np.abs(got - want).max() <= tolerance * np.abs(want).max()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("options", "norms"),
    [
        ({}, 1),
        ({"use_scale": False}, 1),
        ({"reduction_axes": (-2, -1), "feature_axes": (-2, -1)}, 1),
        ({"param_dtype": jnp.float32}, 1),
    ],
)
def test_flax_linen(options: dict[str, Any], norms: int, dtype: Any) -> None:
    layer = linen.RMSNorm(dtype=dtype, **options)
    x, _ = inputs(dtype, 2, 4, 64)
    parameters = jax.tree.map(lambda v: v * 1.25, layer.init(jax.random.key(0), x))

    def apply(parameters: Any, x: Any) -> Any:
        return layer.apply(parameters, x)

    compiled = rmsnorm.compile(apply, (parameters, x))
    assert norms_of(compiled) == norms
    assert_same(compiled(parameters, x), eager(apply, parameters, x))


def test_flax_linen_neighbours() -> None:
    """LayerNorm and a mask are no RMSNorm."""
    x, _ = inputs(jnp.float32, 4, 64)
    layer = linen.LayerNorm(use_bias=False)
    parameters = layer.init(jax.random.key(0), x)
    compiled = rmsnorm.compile(layer.apply, (parameters, x))
    assert norms_of(compiled) == 0
    assert_same(compiled(parameters, x), eager(layer.apply, parameters, x))


@pytest.mark.parametrize("dtype", DTYPES)
def test_flax_nnx(dtype: Any) -> None:
    """A module closes over its parameters: constants of the artifact."""
    layer = nnx.RMSNorm(64, dtype=dtype, param_dtype=dtype, rngs=nnx.Rngs(0))
    x, layer.scale[...] = inputs(dtype)
    compiled = rmsnorm.compile(layer, (x,))
    assert norms_of(compiled) == 1
    assert_same(compiled(x), eager(layer, x))


@pytest.mark.parametrize("dtype", DTYPES)
def test_keras(dtype: Any) -> None:
    layer = keras.layers.RMSNormalization(dtype=jnp.dtype(dtype).name)
    x, w = inputs(dtype, 2, 6, 64)
    layer.build(x.shape)
    layer.scale.assign(w)
    compiled = rmsnorm.compile(layer, (x,))
    assert norms_of(compiled) == 1
    assert_same(compiled(x), eager(layer, x))


def test_keras_model() -> None:
    model = keras.Sequential(
        [
            keras.layers.RMSNormalization(),
            keras.layers.Dense(32, activation="silu"),
            keras.layers.RMSNormalization(),
        ]
    )
    x, _ = inputs(jnp.float32)
    want = model(x)
    compiled = rmsnorm.compile(model, (x,))
    assert norms_of(compiled) == 2
    assert_same(compiled(x), want)


@pytest.mark.parametrize("form", ["plain", "jit", "lowered", "exported", "text", "artifact"])
def test_every_stage_of_jax(form: str) -> None:
    x, w = inputs(jnp.float32)
    jitted = jax.jit(jax_models.llama)
    if form in ("plain", "jit"):
        compiled = rmsnorm.compile(jax_models.llama if form == "plain" else jitted, (x, w))
    elif form == "lowered":
        compiled = rmsnorm.compile(jitted.lower(x, w))
    else:
        exported = jax.export.export(jitted)(x, w)
        compiled = rmsnorm.compile(
            {
                "exported": exported,
                "text": jitted.lower(x, w).as_text(),
                "artifact": exported.mlir_module_serialized,
            }[form]
        )
    assert norms_of(compiled) == 1
    assert_same(compiled(x, w), eager(jax_models.llama, x, w))


def test_structures_unused_arguments_and_keywords() -> None:
    def function(batch: Any, unused: Any, *, scale: Any) -> Any:
        x, rest = batch["x"], batch["rest"]
        return {"sum": x + rest[0] * scale, "pair": (x, [rest[1]])}

    x = jnp.arange(6.0).reshape(2, 3)
    batch = {"x": x, "rest": (x + 1, jnp.int32(7))}
    for model, given in ((function, True), (jax.jit(function), True)):
        compiled = rmsnorm.compile(model, (batch, x), example_kwargs={"scale": 2.0})
        assert given
        got, want = compiled(batch, x, scale=2.0), function(batch, x, scale=2.0)
        assert jax.tree.structure(got) == jax.tree.structure(want)
        assert_same(got, jax.tree.map(jnp.asarray, want))
    with pytest.raises(TypeError, match="expected that of the example inputs"):
        compiled(batch, x)
    lowered = rmsnorm.compile(jax.jit(function).lower(batch, x, scale=2.0))
    assert_same(lowered(batch, x, scale=2.0), jax.tree.map(jnp.asarray, want))


def test_numpy_and_torch_arguments() -> None:
    x, w = inputs(jnp.float32)
    compiled = rmsnorm.compile(jax_models.llama, (x, w))
    assert_same(compiled(np.asarray(x), np.asarray(w)), eager(jax_models.llama, x, w))
    with pytest.raises(rmsnorm.RMSNormError, match=r"extent 63"):
        compiled(x[:, :63], w)


RESHAPES: dict[str, Callable[[Any], Any]] = {
    "split": lambda x: x.reshape(*x.shape[:2], 2, 4) * 2,
    "merge": lambda x: x.reshape(-1, 8) + 1,
    "flat": lambda x: x.reshape(-1),
    "merge the last": lambda x: x.reshape(x.shape[0], x.shape[1] * 8),
    "extent of 1": lambda x: x.reshape(x.shape[0], 1, x.shape[1], 8),
    "merge and split": lambda x: x.reshape(x.shape[0] * x.shape[1], 4, 2).reshape(
        *x.shape[:2], 4, 2
    ),
    "across": lambda x: x.reshape(x.shape[1], x.shape[0], 8),
}


@pytest.mark.parametrize("name", sorted(RESHAPES))
def test_reshapes_with_dynamic_extents(name: str) -> None:
    function = RESHAPES[name]
    compiled = rmsnorm.compile(function, (jnp.zeros((2, 3, 8)),), dynamic_shapes=("b, t, _",))
    shapes: list[tuple[int, ...]] = [(2, 3, 8), (5, 5, 8)]
    for shape in shapes:
        x = jax.random.normal(jax.random.key(0), shape)
        if name == "across" and shape[0] != shape[1]:
            # Which extents are kept is guessed, and the guess is checked.
            with pytest.raises(rmsnorm.RMSNormError, match="an extent that is kept differs"):
                compiled(x)
            continue
        np.testing.assert_array_equal(compiled(x), function(x))


def test_refusals() -> None:
    x, w = inputs(jnp.float32)
    with pytest.raises(TypeError, match="example_inputs: given None"):
        rmsnorm.compile(jax_models.llama)
    with pytest.raises(ValueError, match=r"dynamic_shapes: given .* one entry for each of the 2"):
        rmsnorm.compile(jax_models.llama, (x, w), dynamic_shapes=("b, _",))
    with pytest.raises(ValueError, match="dynamic_shapes: given axis 5"):
        rmsnorm.compile(jax_models.llama, (x, w), dynamic_shapes=({5: "b"}, None))
    with pytest.raises(rmsnorm.CompileError, match="custom_call @lapack_sgeqrf"):
        rmsnorm.compile(jnp.linalg.qr, (jnp.ones((4, 4)),))

    def broken(x: Any) -> Any:
        return x + jnp.ones(3)

    with pytest.raises(rmsnorm.CompileError, match=r"jax.export refused"):
        rmsnorm.compile(broken, (x,))
