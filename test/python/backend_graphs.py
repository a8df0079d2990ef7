# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Functions around a norm for the tests of the backend, and what reaches Inductor of them."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule

from rmsnorm.backend import replace_norms
from rmsnorm.backend.region_operator import call_region
from rmsnorm.nn.functional import rms_norm

F = torch.nn.functional


def norm(x: Tensor, weight: Tensor) -> Tensor:
    """As Llama spells it."""
    wide = x.float()
    y = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-6)
    return weight * y.to(x.dtype)


def with_norm(total: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """A value and its norm."""
    return total, norm(total, weight)


def diamond(x: Tensor, r: Tensor, z: Tensor, w: Tensor) -> Tensor:
    """The sum is read by the norm, by what gates it, and behind both."""
    total = x + r
    return norm(total, w) * torch.sigmoid(total) + total


def quantised(x: Tensor, r: Tensor, z: Tensor, w: Tensor) -> Any:
    """Residual stream, norm, and a row's largest element: three results."""
    total = x + 0.5 * r
    wide = norm(total, w).float()
    scale = wide.abs().amax(-1, keepdim=True) / 127
    return total, torch.round(wide / scale).clamp(-127, 127).to(torch.int8), scale


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "gate_behind": lambda x, r, z, w: norm(x, w) * F.silu(z),
    "gate_in_front": lambda x, r, z, w: norm(x * F.silu(z), w),
    "gated_product": lambda x, r, z, w: norm(F.silu(x) * z, w) + r,
    "sigmoid_gate": lambda x, r, z, w: torch.sigmoid(z) * norm(x + r, w),
    "activation": lambda x, r, z, w: F.gelu(norm(x, w), approximate="tanh"),
    "post_norm": lambda x, r, z, w: r + norm(x, w),
    "sandwich": lambda x, r, z, w: with_norm(r + norm(x, w), w),
    "scaled_residual": lambda x, r, z, w: with_norm(x + 0.25 * r, w),
    "diamond": diamond,
    "static_scale": lambda x, r, z, w: (
        torch.round(norm(x, w).float() * 31.0).clamp(-128, 127).to(torch.int8)
    ),
    "dequantised": lambda x, r, z, w: norm(torch.round(z * 9).to(torch.int8).to(x.dtype) * 0.1, w),
    "quantised": quantised,
}


def arguments(dtype: torch.dtype, *rows: int) -> tuple[Tensor, ...]:
    """x, r, z and w."""
    generator = torch.Generator().manual_seed(3)
    made = [torch.randn(*rows, 64, generator=generator).to(dtype) for _ in range(3)]
    return (*made, (torch.rand(64, generator=generator) + 0.5).to(dtype))


def captured(function: Callable[..., Any], *args: Any, **options: Any) -> tuple[GraphModule, Any]:
    """The graph that would go to Inductor, and its result without Inductor."""
    found: list[GraphModule] = []

    def backend(module: GraphModule, _: list[Tensor]) -> GraphModule:
        replace_norms(module, neighbours=True)
        found.append(module)
        return module

    torch._dynamo.reset()
    result = torch.compile(function, backend=backend, fullgraph=True, **options)(*args)
    (graph,) = found
    return graph, result


def operations(graph: GraphModule) -> list[str]:
    """Operations of a graph but for the unpacking of results."""
    names = []
    for node in graph.graph.nodes:
        if node.op in ("call_function", "call_method"):
            name = node.target if isinstance(node.target, str) else node.target.__name__
            names.append(name)
    return [name for name in names if name != "getitem"]


ONE_KERNEL = [call_region.__name__]
OPERATOR = [rms_norm.__name__]


def check(got: Any, want: Any) -> None:
    """Compares with eager: 16-bit results may differ by one ulp in 2 % of the elements."""
    if isinstance(want, tuple):
        assert len(got) == len(want)
        for ours, theirs in zip(got, want, strict=True):
            check(ours, theirs)
        return
    assert got.dtype == want.dtype
    assert got.shape == want.shape
    assert got.stride() == want.stride()
    if want.dtype == torch.int8:
        assert (got.int() - want.int()).abs().max() <= 1
        assert (got != want).float().mean() <= 0.02
    elif want.dtype in (torch.bfloat16, torch.float16):
        bits = [t.contiguous().view(torch.int16).int() for t in (got, want)]
        steps = [torch.where(b < 0, -32768 - b, b) for b in bits]
        off = (steps[0] - steps[1]).abs()
        near_zero = (got.float() - want.float()).abs() <= 2.0**-9 * want.float().abs().max() / 64
        assert ((off <= 1) | near_zero).all()
        assert (off > 0).float().mean() <= 0.02
    else:
        torch.testing.assert_close(got, want, rtol=2e-6, atol=2e-6)
