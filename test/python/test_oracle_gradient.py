# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The gradients' oracle against finite differences of the norm's oracle."""

import numpy as np
import pytest
import rmsnorm_gradient as gradient
import rmsnorm_oracle as oracle

STEP = 1e-6


def central(values: gradient.Array, loss: "object") -> gradient.Array:
    """Numerical gradient of ``loss(values)`` in f64."""
    result = np.zeros_like(values)
    for index in np.ndindex(values.shape):
        for sign in (1, -1):
            moved = values.copy()
            moved[index] += sign * STEP
            result[index] += sign * loss(moved) / (2 * STEP)  # type: ignore[operator]
    return result


@pytest.mark.parametrize("eps_mode", ["inside", "clamp", "outside"])
@pytest.mark.parametrize("min_rms", [0.0, 0.8])
@pytest.mark.parametrize(
    ("axes", "parameter", "eps_shape"),
    [((1,), (5,), (5,)), ((1,), (1, 5), (1,)), ((0, 2), (3, 1), (3, 5)), ((2,), (2, 3, 5), ())],
)
def test_finite_differences(
    eps_mode: gradient.EpsMode,
    min_rms: float,
    axes: tuple[int, ...],
    parameter: tuple[int, ...],
    eps_shape: tuple[int, ...],
) -> None:
    rng = np.random.default_rng(3)
    shape = (2, 3, 5) if max(axes) == 2 else (4, 5)
    # Rows above and below both clamps.
    x = rng.standard_normal(shape) * np.linspace(0.3, 2, shape[0]).reshape(
        -1, *[1] * (len(shape) - 1)
    )
    dy = rng.standard_normal(shape)
    weight = 1 + 0.3 * rng.standard_normal(parameter)
    bias = rng.standard_normal(parameter)
    eps = rng.uniform(0.2, 0.5, eps_shape)

    def loss(
        x: gradient.Array, weight: gradient.Array, bias: gradient.Array, eps: gradient.Array
    ) -> float:
        y = oracle.rms_norm(x, weight, bias, axes=axes, eps=eps, eps_mode=eps_mode, min_rms=min_rms)
        return float(np.sum(dy * y.value))

    got = gradient.rms_norm_backward(
        dy,
        x,
        weight,
        axes=axes,
        eps=eps,
        eps_mode=eps_mode,
        min_rms=min_rms,
        scale_shape=weight.shape,
        bias_shape=bias.shape,
        eps_shape=eps.shape,
    )
    wanted = {
        "dx": central(x, lambda v: loss(v, weight, bias, eps)),
        "dscale": central(weight, lambda v: loss(x, v, bias, eps)),
        "dbias": central(bias, lambda v: loss(x, weight, v, eps)),
        "deps": central(eps, lambda v: loss(x, weight, bias, v)),
    }
    for name, value in wanted.items():
        np.testing.assert_allclose(
            got[name].value.astype(np.float64), value, rtol=1e-6, atol=1e-7, err_msg=name
        )
