# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Gradients, torch's transforms and compilers, on modules, functions and operators."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

import rmsnorm
from rmsnorm.nn import ops

needs_operators = pytest.mark.skipif(not ops.AVAILABLE, reason="_torch_ops.so was not built")


def test_what_was_built_loads() -> None:
    """So that a library that does not load is a failure, not a row of skipped tests."""
    assert ops.AVAILABLE or not ops._LIBRARY.exists()


def wide(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(sum(shape))
    return torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_()


X, W, B, R, S = wide(3, 5), wide(5), wide(1, 5), wide(5, 3).detach().T, wide(5)
R.requires_grad_()
EPS = (wide(5).detach().abs() + 0.1).requires_grad_()
GRADIENTS: dict[str, tuple[Callable[..., Any], tuple[torch.Tensor, ...]]] = {
    "x": (lambda x: rmsnorm.rms_norm(x), (X,)),
    "parameters": (lambda x, w, b: rmsnorm.rms_norm(x, w, b, eps=1e-6), (X, W, B)),
    "eps": (lambda x, w, e: rmsnorm.rms_norm(x, w, eps=e), (X, W, EPS)),
    "axes": (lambda x, w: rmsnorm.rms_norm(x, w, axes=(0,)), (X, wide(3))),
    "offset": (lambda x, w: rmsnorm.rms_norm(x, w, weight_offset=1.0), (X, W)),
    "residual": (
        lambda x, r, w: rmsnorm.rms_norm(x, w, residual=r, residual_scale=0.5, return_sum=True),
        (X, R, W),
    ),
    "residual_scale": (
        lambda x, r, w, s: rmsnorm.rms_norm(x, w, residual=r, residual_scale=s, return_sum=True),
        (X, R, W, S),
    ),
    "no_sum": (
        lambda x, r, s: rmsnorm.rms_norm(x, residual=r, residual_scale=s),
        (X, R, wide(1)),
    ),
    "gate": (lambda x, g, w, b: rmsnorm.gated_rms_norm(x, g, w, b), (X, R, W, B)),
    "gate_first": (
        lambda x, g, w: rmsnorm.gated_rms_norm(
            x, g, w, activation="sigmoid", norm_before_gate=False
        ),
        (X, R, W),
    ),
    "partial": (lambda x, w: rmsnorm.partial_rms_norm(x, w, partial=2), (X, W)),
    "recompute": (lambda x: rmsnorm.RMSNorm(5, recompute=True).double()(x), (X,)),
    "scale_norm": (rmsnorm.ScaleNorm(5).double(), (X,)),
    "grouped": (rmsnorm.GroupedRMSNorm(6, num_groups=2).double(), (wide(2, 6),)),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_first_and_second_gradients(name: str) -> None:
    function, inputs = GRADIENTS[name]
    assert gradcheck(function, inputs)
    assert gradgradcheck(function, inputs)


def test_one_argument_computed_from_another() -> None:
    x = wide(4, 6)
    assert gradgradcheck(lambda a: rmsnorm.rms_norm(a, a.mean(0), a.sum(0)), (x,))


@pytest.mark.parametrize("kind", ["expanded", "transposed", "strided"])
def test_strides_of_the_gradient(kind: str) -> None:
    x = torch.randn(4, 6, requires_grad=True)
    grads = {
        "expanded": torch.ones(1, 1).expand(4, 6),
        "transposed": torch.randn(6, 4).T,
        "strided": torch.randn(4, 12)[:, ::2],
    }
    (got,) = torch.autograd.grad(rmsnorm.rms_norm(x), x, grads[kind])
    (want,) = torch.autograd.grad(functional.rms_norm(x, (6,)), x, grads[kind].contiguous())
    torch.testing.assert_close(got, want)


def test_gradients_are_deterministic() -> None:
    module = rmsnorm.RMSNorm(300, bias=True)
    x = torch.randn(1000, 300, requires_grad=True)
    grads = [torch.autograd.grad(module(x).square().sum(), (x, *module.parameters())) for _ in "ab"]
    assert all(torch.equal(one, other) for one, other in zip(*grads))


def test_checkpointing() -> None:
    module, x = rmsnorm.RMSNorm(8), torch.randn(3, 8, requires_grad=True)
    (want,) = torch.autograd.grad(module(x).square().sum(), x)
    y = checkpoint(module, x, use_reentrant=False)
    (got,) = torch.autograd.grad(y.square().sum(), x)
    assert torch.equal(got, want)


def test_functional_transforms() -> None:
    x, w = torch.randn(3, 4, 8), torch.randn(8)

    def ours(weight: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        return rmsnorm.rms_norm(a, weight).square().sum()

    def theirs(weight: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        return functional.rms_norm(a, (8,), weight).square().sum()

    func = torch.func
    for transform in (
        lambda f: func.grad(f)(w, x),
        lambda f: func.vmap(func.grad(f), in_dims=(None, 0))(w, x),
        lambda f: func.vmap(f, in_dims=(None, 1))(w, x),
        lambda f: func.jvp(f, (w, x), (w, x))[1],
    ):
        torch.testing.assert_close(transform(ours), transform(theirs), rtol=1e-4, atol=1e-5)


@needs_operators
@pytest.mark.parametrize("strided", [False, True])
def test_opcheck(strided: bool) -> None:
    x = torch.randn(3, 4, 6, requires_grad=True)
    x = x.transpose(0, 2) if strided else x
    w = torch.randn(x.shape[-1], requires_grad=True)
    op = torch.ops.rmsnorm
    check = torch.library.opcheck
    check(op.rms_norm_forward.default, (x, w), {"return_rstd": True})
    check(op.rms_norm_forward.default, (x, w, None, None, x), {"return_sum": True})
    check(op.rms_norm_backward.default, (x.detach(), None, x.detach(), w), {"grads": 5})
    check(op.rms_norm.default, (x, w))
    check(op.rms_norm_residual.default, (x, x.detach(), w))
    check(op.gated_rms_norm.default, (x, x.detach(), w))


@needs_operators
def test_gradients_of_the_operators() -> None:
    op = torch.ops.rmsnorm
    for function, inputs in (
        (op.rms_norm, (X, W, B)),
        (lambda x, r, w, s: op.rms_norm_residual(x, r, w, residual_scale=s), (X, R, W, S)),
        (lambda x, g, w: op.gated_rms_norm(x, g, w), (X, R, W)),
    ):
        assert gradcheck(function, inputs)
        assert gradgradcheck(function, inputs)


@pytest.mark.parametrize("backend", ["aot_eager"])
def test_compile_without_a_break(backend: str) -> None:
    torch._dynamo.reset()
    module = rmsnorm.RMSNormWithResidual(8, residual_scale=0.5, return_sum=True)
    compiled = torch.compile(module, fullgraph=True, backend=backend)
    for rows in (3, 7):
        x = torch.randn(rows, 8, requires_grad=True)
        results = []
        for call in (module, compiled):
            y, total = call(x, x * 2)
            (grad,) = torch.autograd.grad((y * total).sum(), x)
            results.append((y, total, grad))
        for one, other in zip(*results):
            torch.testing.assert_close(one, other)


def test_torch_export() -> None:
    module = rmsnorm.RMSNorm(8)
    rows = torch.export.Dim("rows")
    program = torch.export.export(module, (torch.randn(3, 8),), dynamic_shapes=({0: rows},))
    x = torch.randn(9, 8)
    torch.testing.assert_close(program.module()(x), module(x))


def test_meta_and_fake() -> None:
    with torch.device("meta"):
        module = rmsnorm.RMSNorm(8, bias=True)
    assert module(torch.empty(3, 8, device="meta")).shape == (3, 8)
    module.to_empty(device="cpu").reset_parameters()
    x = torch.randn(3, 8)
    torch.testing.assert_close(module(x), functional.rms_norm(x, (8,)))


def test_drop_in_for_torch() -> None:
    theirs = torch.nn.RMSNorm((2, 8), 1e-5)
    torch.nn.init.normal_(theirs.weight)
    ours = rmsnorm.RMSNorm((2, 8), 1e-5)
    ours.load_state_dict(theirs.state_dict())
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(3, 2, 8)
    torch.testing.assert_close(ours(x), theirs(x))
    assert repr(ours) == repr(theirs)
    with torch.autocast("cpu", torch.bfloat16):
        for dtype in (torch.float32, torch.bfloat16):
            assert ours(x.to(dtype)).dtype == theirs(x.to(dtype)).dtype
