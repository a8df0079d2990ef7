# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``rmsnorm.rms_norm`` called again with arguments like those that were checked before."""

from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed")

import torch
from torch import Tensor

import rmsnorm
from rmsnorm.nn import dispatch

X, WEIGHT = torch.linspace(-3, 4, 24).reshape(3, 8), torch.linspace(0.5, 2, 8)


def plain(x: Tensor, weight: Tensor | None, eps: float = 1e-6) -> Tensor:
    y = x.double() / (x.double().square().mean(-1, keepdim=True) + eps).sqrt()
    return (y if weight is None else y * weight).to(x.dtype)


def test_the_second_call_is_not_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    options: list[dict[str, Any]] = [
        {"eps": 1e-6},
        {"eps": 1e-2, "axes": -1},
        {"eps": 1e-2, "axes": (1,), "min_rms": 0.25},
        {"weight_offset": 1, "cast_before_weight": True},
    ]
    first = [rmsnorm.rms_norm(X, WEIGHT, **given) for given in options]
    monkeypatch.setattr(dispatch, "norm", None)
    for given, want in zip(options, first):
        assert torch.equal(rmsnorm.rms_norm(X, WEIGHT, **given), want)
    torch.testing.assert_close(first[0], plain(X, WEIGHT))
    with pytest.raises(TypeError, match="NoneType"):
        rmsnorm.rms_norm(X, WEIGHT, eps=0.125)  # another norm


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((X, [1.0] * 8), {}, TypeError, "weight: given list"),
        ((X, WEIGHT[:3]), {}, ValueError, r"weight: given shape \[3\]"),
        ((X, WEIGHT.to_sparse()), {}, NotImplementedError, "weight: given layout"),
        ((X.int(), WEIGHT), {}, TypeError, "input: given torch.int32"),
        ((X, WEIGHT), {"eps": "1e-6"}, TypeError, "eps: given str"),
        ((X, WEIGHT), {"eps": [1e-6]}, TypeError, "eps: given list"),
        ((X, WEIGHT), {"eps": float("nan")}, ValueError, "eps: given nan"),
        ((X, WEIGHT), {"axes": 2}, ValueError, "axes: given 2"),
        ((X, WEIGHT), {"axes": [[1]]}, TypeError, "axes: given"),
        ((X, WEIGHT), {"return_sum": True}, ValueError, "need a residual"),
    ],
)
def test_wrong_arguments_after_right_ones(
    arguments: Any, options: Any, error: Any, message: str
) -> None:
    rmsnorm.rms_norm(X, WEIGHT, eps=1e-6)
    for _ in range(2):
        with pytest.raises(error, match=message):
            rmsnorm.rms_norm(*arguments, **{"eps": 1e-6, **options})


def test_options_of_other_types() -> None:
    want = rmsnorm.rms_norm(X, WEIGHT, eps=1e-6)
    listed: Any = [-1]
    for _ in range(2):
        assert torch.equal(rmsnorm.rms_norm(X, WEIGHT, eps=1e-6, axes=listed), want)
        learnt = rmsnorm.rms_norm(X, WEIGHT, eps=torch.tensor(1e-6))
        torch.testing.assert_close(learnt, want)


def test_gradients_transforms_and_inference_tensors() -> None:
    x, weight = X.clone().requires_grad_(), WEIGHT.clone().requires_grad_()
    want = torch.autograd.grad(plain(x, weight).sum(), (x, weight))
    for _ in range(2):
        assert not rmsnorm.rms_norm(X, WEIGHT, eps=1e-6).requires_grad
        got = torch.autograd.grad(rmsnorm.rms_norm(x, weight, eps=1e-6).sum(), (x, weight))
        torch.testing.assert_close(got, want)
        outputs: Any = torch.func.jvp(
            lambda t: rmsnorm.rms_norm(t, WEIGHT, eps=1e-6), (X,), (torch.ones_like(X),)
        )
        y, tangent = outputs
        torch.testing.assert_close(y, plain(X, WEIGHT))
        assert tangent.shape == X.shape
        with torch.inference_mode():
            constant = WEIGHT.clone()
        (dx,) = torch.autograd.grad(rmsnorm.rms_norm(x, constant, eps=1e-6).sum(), x)
        torch.testing.assert_close(dx, want[0])


def test_axes_in_another_order_are_not_taken_for_the_last_ones() -> None:
    x, weight = torch.randn(3, 4, 4), torch.randn(4, 4)
    turned = rmsnorm.rms_norm(x, weight, axes=(2, 1), eps=1e-6)
    for _ in range(2):
        got = rmsnorm.rms_norm(x, weight, axes=(2, 1), eps=1e-6)
        assert torch.equal(got, turned)
        torch.testing.assert_close(
            got, rmsnorm.rms_norm(x, weight.T.contiguous(), axes=(1, 2), eps=1e-6)
        )
