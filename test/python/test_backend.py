# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``torch.compile(model, backend="rmsnorm")``: norms to our kernels, the rest to Inductor."""

import copy
import operator
from typing import Any

import pytest

for module in ("torch", "torch_mlir", "transformers"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import small_models  # noqa: E402
import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.fx import GraphModule  # noqa: E402

from rmsnorm.backend import replace_norms  # noqa: E402
from rmsnorm.nn.functional import rms_norm  # noqa: E402


class Block(nn.Module):
    """A residual stream: norm, product, addition, and a norm of the sum."""

    def __init__(self, offset: float) -> None:
        super().__init__()
        self.first, self.second = (nn.Parameter(torch.rand(64)) for _ in range(2))
        self.linear = nn.Linear(64, 64, bias=False)
        self.offset = offset

    def norm(self, x: Tensor, weight: Tensor) -> Tensor:
        wide = x.float()
        y = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-6)
        if self.offset:
            return (y * (self.offset + weight.float())).type_as(x)
        return weight * y.to(x.dtype)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.linear(self.norm(x, self.first))
        return x + torch.sigmoid(self.norm(x, self.second))


def captured(model: nn.Module, *args: Tensor) -> tuple[GraphModule, Tensor, int]:
    """The graph with its norms replaced, run without Inductor; its result; the count."""
    found: list[tuple[GraphModule, int]] = []

    def backend(module: GraphModule, _: list[Tensor]) -> GraphModule:
        found.append((module, replace_norms(module)))
        return module

    torch._dynamo.reset()
    result = torch.compile(model, backend=backend, fullgraph=True)(*args)
    ((graph, count),) = found
    return graph, result, count


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("offset", [0.0, 1.0])
def test_norms_and_their_residual_become_calls(offset: float, dtype: torch.dtype) -> None:
    model = Block(offset).to(dtype)
    x = torch.randn(9, 64).to(dtype)
    graph, got, count = captured(model, x)
    assert count == 2
    calls = [node for node in graph.graph.nodes if node.target is rms_norm]
    # The second norm reads the sum in front of it in the same kernel, and returns it.
    assert [bool(call.kwargs.get("residual")) for call in calls] == [False, True]
    left = {node.target for node in graph.graph.nodes}
    assert torch.rsqrt not in left
    assert operator.getitem in left
    # Elements of a norm in bf16 may be off by one unit, and the product of a row adds them up.
    low = dtype == torch.bfloat16
    tolerance: dict[str, Any] = {"rtol": 0.016, "atol": 0.02} if low else {}
    torch.testing.assert_close(got, model(x), **tolerance)


def test_what_is_no_norm_is_left() -> None:
    class Centred(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x * torch.rsqrt(x.var(-1, keepdim=True) + 1e-6)

    for model in (nn.LayerNorm(64), Centred(), nn.Softmax(-1)):
        x = torch.randn(5, 64)
        _, got, count = captured(model, x)
        assert count == 0
        torch.testing.assert_close(got, model(x))


def test_by_name_through_inductor_with_gradients() -> None:
    model = Block(0.0)
    twin = copy.deepcopy(model)
    x = torch.randn(9, 64)
    torch._dynamo.reset()
    got = torch.compile(model, backend="rmsnorm", fullgraph=True)(x)
    want = twin(x)
    torch.testing.assert_close(got, want)
    got.square().sum().backward()
    want.square().sum().backward()
    for ours, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("name", "norms"), [("llama", 5), ("qwen3", 9), ("gemma", 5)])
def test_every_norm_of_a_model(name: str, norms: int) -> None:
    model, ids = small_models.MODELS[name](), small_models.token_ids()
    torch._dynamo.reset()
    counts: list[int] = []

    def backend(module: GraphModule, _: list[Tensor]) -> GraphModule:
        counts.append(replace_norms(module))
        return module

    with torch.no_grad():
        got = torch.compile(model, backend=backend)(ids).logits
        want = model(ids).logits
    assert sum(counts) == norms
    assert (got - want).abs().max() <= 1e-5 * want.abs().max()


def test_modes_and_options_are_inductors(monkeypatch: pytest.MonkeyPatch) -> None:
    from torch._inductor import compile_fx

    seen: list[Any] = []

    def observed(module: GraphModule, _: list[Tensor], config_patches: Any) -> GraphModule:
        seen.append(config_patches)
        return module

    monkeypatch.setattr(compile_fx, "compile_fx", observed)
    x, norm = torch.randn(9, 64), nn.RMSNorm(64)
    for given in ({"mode": "max-autotune-no-cudagraphs"}, {"options": {"max_autotune": True}}):
        torch._dynamo.reset()
        arguments: dict[str, Any] = {"backend": "rmsnorm", **given}
        torch.testing.assert_close(torch.compile(norm, **arguments)(x), norm(x))
    assert all(patches["max_autotune"] for patches in seen)
    assert len(seen) == 2
    torch._dynamo.reset()
    with pytest.raises(Exception, match="Unrecognized mode=fastest"):
        torch.compile(norm, backend="rmsnorm", mode="fastest")(x)
