# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Backend ``"rmsnorm"``: gradients through kernels of a norm with its neighbours."""

from typing import Any

import pytest

for module in ("torch", "torch_mlir"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import torch  # noqa: E402
from backend_graphs import FUNCTIONS, arguments, captured  # noqa: E402
from torch import Tensor  # noqa: E402

import rmsnorm.backend  # noqa: E402

NAMES = ["gate_in_front", "sandwich", "diamond", "quantised"]


def gradients(function: Any, args: tuple[Tensor, ...], frozen: int = -1) -> list[Tensor | None]:
    """Of a weighted sum of the results with a gradient, for all arguments but one."""
    leaves = [a.clone().requires_grad_(i != frozen) for i, a in enumerate(args)]
    results = function(*leaves)
    results = results if isinstance(results, tuple) else (results,)
    generator = torch.Generator().manual_seed(5)
    total = sum(
        (r.double() * torch.randn(r.shape, generator=generator, dtype=torch.float64)).sum()
        for r in results
        if r.requires_grad
    )
    assert isinstance(total, Tensor)
    torch.autograd.backward(total)
    return [leaf.grad for leaf in leaves]


def check(got: list[Tensor | None], want: list[Tensor | None], tolerance: float) -> None:
    for ours, theirs in zip(got, want, strict=True):
        assert (ours is None) == (theirs is None)
        if ours is None or theirs is None:
            continue
        assert ours.dtype == theirs.dtype
        error = (ours.double() - theirs.double()).abs().max()
        assert error <= tolerance * theirs.double().abs().max()


@pytest.mark.parametrize("name", NAMES[::3])
def test_through_inductor(name: str) -> None:
    torch._dynamo.reset()
    args = arguments(torch.float32, 3, 17)
    fast = torch.compile(FUNCTIONS[name], backend="rmsnorm", fullgraph=True)
    check(gradients(fast, args), gradients(FUNCTIONS[name], args), 2e-5)
    report = rmsnorm.backend.last_report()
    assert report is not None
    assert [kernel.kernel for kernel in report.kernels] == ["one kernel"]


@pytest.mark.parametrize("name", NAMES)
def test_without_inductor(name: str) -> None:
    """The same nodes; bf16 gradients against eager ones of f32 leaves."""
    args = arguments(torch.bfloat16, 3, 17)
    graph, _ = captured(FUNCTIONS[name], *(a.requires_grad_() for a in args))
    order = [n.name for n in graph.graph.nodes if n.op == "placeholder"]
    names = ["x", "r", "z", "w"]

    def run(*leaves: Tensor) -> Any:
        given = {f"L_{n}_": leaf for n, leaf in zip(names, leaves, strict=True)}
        results = graph(*(given[next(g for g in given if g.lower() == o.lower())] for o in order))
        return results if len(results) > 1 else results[0]

    plain = tuple(a.detach() for a in args)
    check(gradients(run, plain), gradients(FUNCTIONS[name], plain), 2e-2)


def test_frozen_arguments_and_unused_results() -> None:
    args = arguments(torch.float32, 7)
    torch._dynamo.reset()
    fast = torch.compile(FUNCTIONS["quantised"], backend="rmsnorm", fullgraph=True)
    for frozen in (3,):
        got = gradients(fast, args, frozen)
        assert got[frozen] is None
        check(got, gradients(FUNCTIONS["quantised"], args, frozen), 2e-5)
    leaves = [a.clone().requires_grad_() for a in args]
    fast(*leaves)[0].sum().backward()  # the others are not read
    torch.testing.assert_close(leaves[1].grad, torch.full_like(args[1], 0.5))


def test_dynamic_rows() -> None:
    torch._dynamo.reset()
    fast = torch.compile(FUNCTIONS["gate_behind"], backend="rmsnorm", fullgraph=True)
    before = len(rmsnorm.backend.reports())
    for rows in (3, 9):
        args = arguments(torch.float32, rows, 4)
        check(gradients(fast, args), gradients(FUNCTIONS["gate_behind"], args), 2e-5)
    assert len(rmsnorm.backend.reports()) - before == 2  # the second time it is dynamic
