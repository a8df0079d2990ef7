# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Arguments and results of JAX functions, ours and JAX's own."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import rmsnorm

DTYPES = [jnp.float32, jnp.bfloat16]


def norms_of(compiled: rmsnorm.CompiledModel) -> int:
    return sum(kernel[3] for kernel in compiled.artifact.kernels)


def inputs(dtype: Any, *shape: int) -> tuple[Any, Any]:
    x = jax.random.normal(jax.random.key(1), shape or (4, 64), jnp.float32) * 1.5
    w = 1 + 0.1 * jax.random.normal(jax.random.key(2), (x.shape[-1],), jnp.float32)
    return x.astype(dtype), w.astype(dtype)


def eager(function: Any, *args: Any) -> Any:
    """Operation by operation: what XLA fuses keeps bf16 values wider than the program says."""
    with jax.disable_jit():
        return function(*args)


def assert_same(got: Any, want: Any) -> None:
    """f32 within 1e-5; bf16 at most one unit apart, in at most 2 % of the elements."""
    for ours, theirs in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
        assert isinstance(ours, jax.Array)
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
        a, b = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
        if ours.dtype == jnp.bfloat16:
            np.testing.assert_allclose(a, b, rtol=2**-7, atol=1e-30)
            assert (a != b).mean() <= 0.02
        else:
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
