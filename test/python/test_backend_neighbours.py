# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Backend ``"rmsnorm"``: a norm and its neighbours are one kernel, and right."""

from typing import Any

import pytest

for module in ("torch", "torch_mlir"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import torch  # noqa: E402
from backend_graphs import (  # noqa: E402
    FUNCTIONS,
    ONE_KERNEL,
    OPERATOR,
    F,
    arguments,
    captured,
    check,
    norm,
    operations,
)
from torch import Tensor  # noqa: E402

import rmsnorm.backend  # noqa: E402

mark_static: Any = torch._dynamo.mark_static
CASES = [(name, torch.bfloat16) for name in FUNCTIONS]
CASES += [(name, torch.float32) for name in ("gate_behind", "sandwich")]


@pytest.mark.parametrize(("name", "dtype"), CASES)
def test_one_kernel(name: str, dtype: torch.dtype) -> None:
    args = arguments(dtype, 3, 17)
    with torch.no_grad():
        graph, got = captured(FUNCTIONS[name], *args)
        check(got, FUNCTIONS[name](*args))
    assert operations(graph) == ONE_KERNEL


def test_the_plain_residual_goes_to_the_operator() -> None:
    args = arguments(torch.bfloat16, 5)

    def function(x: Tensor, r: Tensor, z: Tensor, w: Tensor) -> Any:
        total = x + r
        return total, F.rms_norm(total, (64,), w, 1e-6)

    graph, got = captured(function, *args)
    assert operations(graph) == OPERATOR
    check(got, function(*args))


def test_report() -> None:
    def function(x: Tensor, r: Tensor, z: Tensor, w: Tensor) -> Tensor:
        return F.silu(F.rms_norm(x.cumsum(-1), (64,), w, 1e-6)).cumsum(0)

    captured(function, *arguments(torch.bfloat16, 4))
    report = rmsnorm.backend.last_report()
    assert report is not None
    assert report.norms == 1
    (kernel,) = report.kernels
    assert kernel.kernel == "one kernel"
    assert kernel.inside == ("rms_norm", "silu")
    assert [reason for _, reason in kernel.outside] == ["not elementwise"] * 2
    assert "one kernel of rms_norm, silu" in str(report)
    assert rmsnorm.backend.reports()[-1] is report


def test_layouts() -> None:
    x, r, z, w = arguments(torch.float32, 6, 8)
    cases = (
        (x.transpose(0, 1), r.transpose(0, 1), z.transpose(0, 1), w),
        (x[:, ::2], r[:, ::2], z[:, 1::2], w),
        (x, r[:1].expand(6, 8, 64), z[:, :1].expand(6, 8, 64), w[:1].expand(64)),
        (x, r[0, :1], z[:, :, :1], w),
    )
    for args in cases:
        graph, got = captured(FUNCTIONS["gated_product"], *args)
        want = FUNCTIONS["gated_product"](*args)
        torch.testing.assert_close(got, want, rtol=2e-6, atol=2e-6)
        assert operations(graph) == ONE_KERNEL


@pytest.mark.parametrize("how", ["mark", "dynamic"])
def test_dynamic_rows(how: str) -> None:
    torch._dynamo.reset()
    function = FUNCTIONS["quantised"]
    dynamic = True if how == "dynamic" else None
    fast = torch.compile(function, backend="rmsnorm", fullgraph=True, dynamic=dynamic)
    before = len(rmsnorm.backend.reports())
    with torch.no_grad():
        for rows in ((3, 17), (5, 2), (9, 33)):
            args = arguments(torch.bfloat16, *rows)
            if how == "mark":
                for tensor in args[:3]:
                    torch._dynamo.mark_dynamic(tensor, (0, 1))
            else:  # the extent of the row is not
                for tensor in args[:3]:
                    mark_static(tensor, 2)
                mark_static(args[3])
            check(fast(*args), function(*args))
    made = rmsnorm.backend.reports()[before:]
    assert [report.kernels[0].kernel for report in made] == ["one kernel"]


def test_a_dynamic_row_goes_to_the_operator() -> None:
    args = arguments(torch.float32, 5)
    graph, got = captured(FUNCTIONS["gate_behind"], *args, dynamic=True)
    check(got, FUNCTIONS["gate_behind"](*args))
    assert OPERATOR[0] in operations(graph)
    report = rmsnorm.backend.last_report()
    assert report is not None
    assert ("rms_norm", "the row's extent is dynamic") in report.kernels[0].outside


break_graph: Any = torch._dynamo.graph_break


def in_place(x: Tensor, r: Tensor, z: Tensor, w: Tensor) -> Any:
    """What is read is changed before the norm that reads it, and after."""
    total = x + r
    first = total * 2
    total.mul_(3)
    y = norm(total, w) * F.silu(first)
    total.add_(1)
    return y, total, first


def aliases(x: Tensor, r: Tensor, z: Tensor, w: Tensor) -> Any:
    """A cast to the same type is the tensor itself; a view sees what is written later."""
    same = x.to(x.dtype)
    y = norm(same + r, w) * z
    view = y.view(-1)
    y += 1
    same += 1
    return y, view, same


def argument_changed(x: Tensor, r: Tensor, z: Tensor, w: Tensor) -> Any:
    """Arguments are changed behind the norm."""
    y = norm(x + r, w) * F.silu(z)
    x.add_(y)
    z.zero_()
    return y, x * 2


def interleaved(x: Tensor, r: Tensor, z: Tensor, w: Tensor) -> Any:
    """Something outside needs the sum before the gate is there."""
    total = x + 0.5 * r
    y = norm(total, w)
    early = total.cumsum(-1)
    gate = F.silu(z.cumsum(0))
    return y * gate, early


@pytest.mark.parametrize("function", [in_place, aliases, argument_changed, interleaved])
def test_effects(function: Any) -> None:
    ours, theirs = arguments(torch.float32, 3, 5), arguments(torch.float32, 3, 5)
    torch._dynamo.reset()
    fast: Any = torch.compile(function, backend="rmsnorm", fullgraph=True)
    check(fast(*ours), function(*theirs))
    check(ours, theirs)  # what it did to its arguments


def test_autocast() -> None:
    x, _r, z, w = arguments(torch.float32, 3, 5)
    matrix = torch.randn(64, 64)

    def function(x: Tensor, z: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return norm(x @ matrix, w) * F.silu(z @ matrix)

    torch._dynamo.reset()
    got = torch.compile(function, backend="rmsnorm", fullgraph=True)(x, z)
    want = function(x, z)
    assert got.dtype == want.dtype
    torch.testing.assert_close(got, want, rtol=2e-2, atol=2e-2)
    report = rmsnorm.backend.last_report()
    assert report is not None
    assert report.norms == 1


def test_several_graphs_and_graphs_without_a_norm() -> None:
    x, r, z, w = arguments(torch.float32, 3, 5)

    def function(x: Tensor) -> Tensor:
        y = norm(x, w) * F.silu(z)
        break_graph()
        y = y.cumsum(-1)
        break_graph()
        return norm(y, w) + r

    torch._dynamo.reset()
    before = len(rmsnorm.backend.reports())
    check(torch.compile(function, backend="rmsnorm")(x), function(x))
    made = rmsnorm.backend.reports()[before:]
    assert [report.norms for report in made] == [1, 0, 1]
