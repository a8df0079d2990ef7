# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``rmsnorm.patch`` of norms with a gate: those of transformers, and what is none."""

import copy
import importlib
import re
from typing import Any

import pytest

for package in ("torch", "torch_mlir", "transformers"):
    pytest.importorskip(package, reason=f"{package} is not installed")

import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402

import rmsnorm  # noqa: E402
from rmsnorm.patching.forms import difference  # noqa: E402

SIZE = 64
# Family, class, arguments.
GATED: list[tuple[str, str, dict[str, Any]]] = [
    ("mamba2", "MambaRMSNormGated", {"group_size": SIZE}),
    ("zamba2", "Zamba2RMSNormGated", {"group_size": 16}),
    ("bamba", "BambaRMSNormGated", {"group_size": 32}),
    ("granitemoehybrid", "GraniteMoeHybridRMSNormGated", {"group_size": SIZE}),
    ("nemotron_h", "NemotronHRMSNormGated", {"group_size": 16}),
    ("qwen3_next", "Qwen3NextRMSNormGated", {}),
    ("kimi_linear", "KimiLinearRMSNormGated", {}),
    ("qwen4_exp", "Qwen4ExpTextRMSNormGated", {"activation": "sigmoid"}),
    ("falcon_h1", "FalconH1RMSNormGated", {"n_groups": 2, "norm_before_gate": False}),
    ("falcon_h1", "FalconH1RMSNormGated", {"n_groups": 4, "norm_before_gate": True}),
]


def norm_of(family: str, name: str, arguments: dict[str, Any]) -> nn.Module:
    """With a weight that is not all ones."""
    module = importlib.import_module(f"transformers.models.{family}.modeling_{family}")
    norm: nn.Module = getattr(module, name)(SIZE, **arguments)
    norm.weight = nn.Parameter(torch.linspace(0.3, 1.9, SIZE))
    return norm


class Block(nn.Module):
    norm: Any

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: Tensor, gate: Tensor) -> Tensor:
        y: Tensor = self.norm(x, gate)
        return y


def sample(*shape: int, seed: int, dtype: torch.dtype) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator).to(dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize(("family", "name", "arguments"), GATED, ids=lambda value: str(value)[:20])
def test_those_of_transformers(
    family: str, name: str, arguments: dict[str, Any], dtype: torch.dtype
) -> None:
    model = Block(norm_of(family, name, arguments)).to(dtype)
    original, twin = model.norm, copy.deepcopy(model)
    keys, weight = list(model.state_dict()), model.norm.weight
    report = rmsnorm.patch(model)
    assert [entry.replaced for entry in report.entries] == [True], str(report)
    assert "gate " in report.entries[0].why
    assert isinstance(model.norm, rmsnorm.RMSNorm)
    assert model.norm.weight is weight
    assert list(model.state_dict()) == keys

    monitored: list[int] = []
    inner = original.forward

    def monitor(*args: Any) -> Any:
        monitored.append(1)
        return inner(*args)

    original.forward = monitor
    results = []
    for each in (model, twin):
        x = sample(4, 50, SIZE, seed=1, dtype=dtype).requires_grad_()
        gate = sample(4, 50, SIZE, seed=2, dtype=dtype).requires_grad_()
        y = each(x, gate)
        grad = sample(4, 50, SIZE, seed=3, dtype=dtype)
        results.append((y.detach(), *torch.autograd.grad(y, (x, gate, each.norm.weight), grad)))
    assert not monitored  # ours ran
    assert difference(results[0][0], results[1][0]) is not None
    for got, want in zip(results[0][1:], results[1][1:]):
        assert got.dtype == want.dtype
        # The original rounds its gradients at each of its roundings, ours once.
        tolerance = 2e-5 if dtype == torch.float32 else 2e-2
        assert (got - want).abs().max() <= tolerance * want.abs().max()

    report.unpatch()
    assert model.norm is original
    assert model.norm.weight is weight


@pytest.fixture(scope="module")
def patched() -> tuple[Block, nn.Module]:
    norm = norm_of("zamba2", "Zamba2RMSNormGated", {"group_size": 16})
    model = Block(copy.deepcopy(norm))
    assert len(rmsnorm.patch(model).replaced) == 1
    return model, norm


def test_other_calls_are_the_originals(patched: tuple[Block, nn.Module]) -> None:
    model, norm = patched
    x, gate = (sample(3, 5, SIZE, seed=seed, dtype=torch.float32) for seed in (1, 2))
    assert torch.equal(model.norm(x), norm(x))
    assert torch.equal(model.norm(x, None), norm(x))
    assert torch.equal(model.norm(x, gate[:1]), norm(x, gate[:1]))  # a gate that broadcasts
    ours = model.norm(x, gate)
    assert difference(ours, norm(x, gate)) is not None
    assert torch.equal(model.norm(x, gate=gate), ours)
    assert torch.equal(model.norm(gate=gate, hidden_states=x), ours)
    with pytest.raises(TypeError, match="argument"):
        model.norm(x, gate, gate)


def test_a_gate_of_a_narrower_type(patched: tuple[Block, nn.Module]) -> None:
    model, norm = patched
    x = sample(9, SIZE, seed=1, dtype=torch.float32)
    results = []
    for each in (model.norm, norm):
        gate = sample(9, SIZE, seed=2, dtype=torch.bfloat16).requires_grad_()
        y = each(x, gate)
        y.square().sum().backward()
        assert gate.grad is not None
        results.append((y.detach(), gate.grad))
    assert difference(results[0][0], results[1][0]) is not None
    assert results[0][1].dtype == torch.bfloat16
    torch.testing.assert_close(results[0][1], results[1][1], rtol=2e-2, atol=1e-2)


def test_compiled_by_torch(patched: tuple[Block, nn.Module]) -> None:
    model, norm = patched
    x, gate = (sample(3, 5, SIZE, seed=seed, dtype=torch.float32) for seed in (1, 2))
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    assert difference(compiled(x, gate), norm(x, gate)) is not None


class Gated(nn.Module):
    """A norm with a gate, by one of several ways to go wrong."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(SIZE))
        self.kind = kind

    def forward(self, x: Tensor, gate: Tensor) -> Tensor:
        wide, open_ = x.float(), gate.float()
        if self.kind == "centred":
            wide = wide - wide.mean(-1, keepdim=True)
        if self.kind == "rounded":  # the product is rounded before the statistic
            wide = (wide * nn.functional.silu(open_)).to(x.dtype).float()
        y = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + 1e-6)
        if self.kind == "tanh":
            y = y * torch.tanh(open_)
        elif self.kind == "softmax":
            y = y * torch.softmax(open_, -1)
        elif self.kind != "rounded":
            y = y * nn.functional.silu(open_)
        return (self.weight * y).to(x.dtype)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("centred", "centred|mean|not an rms_norm|not one"),
        ("tanh", "differ from those of every spelling"),
        ("softmax", "more than a norm"),
    ],
)
def test_what_is_none_stays(kind: str, why: str) -> None:
    model = Block(Gated(kind))
    report = rmsnorm.patch(model)
    assert [entry.replaced for entry in report.entries] == [False], str(report)
    assert isinstance(model.norm, Gated)
    assert re.search(why, report.kept[0].why), report.kept[0].why


def test_a_rounding_of_the_product_is_seen() -> None:
    model = Block(Gated("rounded"))
    assert len(rmsnorm.patch(model).replaced) == 1
    assert "float32" in model.norm.forms  # in f32 there is no rounding
    assert "bfloat16" not in model.norm.forms
    x, gate = (sample(40, SIZE, seed=seed, dtype=torch.bfloat16) for seed in (1, 2))
    assert torch.equal(model(x, gate), Gated("rounded")(x, gate))


def test_a_whole_model() -> None:
    from transformers import Mamba2Config, Mamba2ForCausalLM

    torch.manual_seed(0)
    config = Mamba2Config(
        num_heads=8,
        head_dim=16,
        hidden_size=64,
        state_size=16,
        n_groups=2,
        num_hidden_layers=2,
        vocab_size=128,
        chunk_size=16,
    )
    model = Mamba2ForCausalLM(config).eval()
    ids = torch.arange(12).reshape(1, 12)
    with torch.no_grad():
        want = model(ids).logits
        report = rmsnorm.patch(model)
        got = model(ids).logits
    assert not report.kept, str(report)
    assert sum("gate" in entry.why for entry in report.replaced) == 2
    assert (got - want).abs().max() <= 1e-5 * want.abs().max()
