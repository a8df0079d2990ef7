# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``rmsnorm_backend::region``, the operator of a norm with its neighbours, in C++."""

from typing import Any

import pytest

for module in ("torch", "torch_mlir"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import torch  # noqa: E402
from backend_graphs import FUNCTIONS, arguments, captured, check  # noqa: E402
from torch import Tensor  # noqa: E402

from rmsnorm.backend import region_operator  # noqa: E402
from rmsnorm.nn import ops  # noqa: E402

pytestmark = pytest.mark.skipif(not ops.AVAILABLE, reason="the torch operators were not built")

region: Any = torch.ops.rmsnorm_backend.region


def entered(function: str, dtype: torch.dtype) -> tuple[str, str]:
    """The name of a function's kernel, and the letters of its arguments in order."""
    with torch.no_grad():
        graph, _ = captured(FUNCTIONS[function], *arguments(dtype, 3, 17))
    (node,) = (n for n in graph.graph.nodes if n.target is region_operator.call_region)
    # Dynamo calls the argument x "l_x_".
    return node.args[0], "".join(n.name[2] for n in node.args[1:])


def run(name: str, letters: str, *args: Tensor) -> tuple[Tensor, ...]:
    given = dict(zip("xrzw", args, strict=True))
    results = region([given[letter] for letter in letters], name)
    return tuple(sorted(results, key=lambda t: str(t.dtype)))  # they come as they are computed


def eager(function: str, *args: Tensor) -> tuple[Tensor, ...]:
    want = FUNCTIONS[function](*(t.contiguous() for t in args))
    return tuple(sorted(want, key=lambda t: str(t.dtype))) if isinstance(want, tuple) else (want,)


@pytest.mark.parametrize("function", ["gate_behind", "quantised", "static_scale"])
def test_runs_without_the_python_side(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, letters = entered(function, torch.bfloat16)
    monkeypatch.delitem(region_operator._kernels, name)  # a kernel in Python would look there
    x, r, z, w = arguments(torch.bfloat16, 8, 6)
    for args in (
        (x, r, z, w),
        (*(t.transpose(0, 1) for t in (x, r, z)), w),
        (*(t[::2, 1:] for t in (x, r, z)), w),
        (*(t.new_empty(8, 6, 128)[..., ::2].copy_(t) for t in (x, r, z)), w),
        (-x, x.new_zeros(1).expand(8, 6, 64), z, w[:1].expand(64)),
        (*(t[:1] for t in (x, r, z)), w),
    ):
        check(run(name, letters, *args), eager(function, *args))
    args = (*(t[:0] for t in (x, r, z)), w)
    for got, want in zip(run(name, letters, *args), eager(function, *args), strict=True):
        assert (got.shape, got.dtype) == (want.shape, want.dtype)


def test_lazily_negated() -> None:
    name, letters = entered("gate_behind", torch.float32)
    x, r, z, w = arguments(torch.float32, 2, 3)
    negated = torch.complex(x, -x).conj().imag
    assert negated.is_neg()
    check(run(name, letters, negated, r, z, w), eager("gate_behind", x, r, z, w))


def test_opcheck() -> None:
    name, letters = entered("quantised", torch.float32)
    given = dict(zip("xrzw", arguments(torch.float32, 5, 2), strict=True))
    torch.library.opcheck(region.default, ([given[letter] for letter in letters], name))


def test_what_does_not_fit() -> None:
    name, letters = entered("gate_behind", torch.float32)
    x, r, z, w = arguments(torch.float32, 2, 3)
    with pytest.raises(RuntimeError, match="expected that of a kernel"):
        region([x, w, z], "no such kernel")
    with pytest.raises(RuntimeError, match="inputs: given 1 tensors, expected 3"):
        region([x], name)
    with pytest.raises(RuntimeError, match="bf16"):
        run(name, letters, x.bfloat16(), r, z, w)
    with pytest.raises(RuntimeError, match="extent"):
        run(name, letters, x, r, z[:1], w)
    with pytest.raises(RuntimeError, match="rank"):
        run(name, letters, x[0, 0], r, z[0, 0], w)
    function = region_operator._kernels[name].function
    with pytest.raises(ValueError, match="places"):
        ops.enter_region("odd", function.handle, [1, -1, 4])
