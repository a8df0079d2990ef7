# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``rmsnorm.patch``: what is a norm is found whatever its name, what is none stays."""

import copy
import pickle

import pytest

for module in ("torch", "torch_mlir", "transformers"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import small_models  # noqa: E402
import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402

import rmsnorm  # noqa: E402
from rmsnorm.patching.forms import difference  # noqa: E402


class Disguised(nn.Module):
    """Llama's norm with nothing to tell it by its names."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.linspace(0.5, 1.5, size))
        self.tiny = 1e-5

    def forward(self, t: Tensor) -> Tensor:
        wide = t.float()
        power = (wide * wide).sum(-1, keepdim=True) / t.shape[-1]
        y = (wide / torch.sqrt(power + self.tiny)).to(t.dtype)
        return self.gamma * y


class Zero(nn.Module):
    """Gemma's offset, and a bias."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.zeros(size))
        self.b = nn.Parameter(torch.zeros(size))

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        y = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-6)
        return (y * (1.0 + self.w.float()) + self.b.float()).type_as(x)


class Channels(nn.Module):
    """Over axis 1, as a video autoencoder has it: a clamp in place of an epsilon."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = channels**0.5
        self.gamma = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = nn.functional.normalize(x, dim=1) * self.scale * self.gamma
        return y


class RMSNormInNameOnly(nn.Module):
    """The variance is that of the centred value."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * x * torch.rsqrt(x.var(-1, keepdim=True) + 1e-6)


class Block(nn.Module):
    def __init__(self, norm: nn.Module, size: int = 64) -> None:
        super().__init__()
        self.norm = norm
        self.linear = nn.Linear(size, size)
        self.act = nn.SiLU()

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.act(self.linear(self.norm(x)))
        return y


@pytest.mark.parametrize(
    ("norm", "shape"),
    [
        (Disguised(64), (7, 64)),
        (Zero(64), (2, 9, 64)),
        (nn.RMSNorm(64), (5, 64)),
        (nn.RMSNorm(64, eps=1e-3, elementwise_affine=False), (5, 64)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else None,
)
def test_found_by_what_it_computes(norm: nn.Module, shape: tuple[int, ...]) -> None:
    model = Block(copy.deepcopy(norm))
    names = list(model.state_dict())
    x = torch.randn(shape)
    want = norm(x)
    report = rmsnorm.patch(model)
    assert [entry.path for entry in report.replaced] == ["norm"], str(report)
    assert isinstance(model.norm, rmsnorm.RMSNorm)
    assert list(model.state_dict()) == names
    with torch.no_grad():
        assert difference(model.norm(x), want) is not None
    for dtype in (torch.bfloat16, torch.float16):
        # A norm that does not take mixed types raises in both.
        low = x.to(dtype)
        same, twin = copy.deepcopy(norm).to(dtype), copy.deepcopy(model).to(dtype)
        with torch.no_grad():
            assert difference(twin.norm(low), same(low)) is not None


def test_output_dtype_is_the_originals() -> None:
    model = Block(Disguised(64))
    x = torch.randn(33, 64).to(torch.bfloat16)
    want = model.norm(x)
    assert want.dtype == torch.float32  # the weight is f32 and multiplied in last
    rmsnorm.patch(model)
    got = model.norm(x)
    assert got.dtype == torch.float32
    assert torch.equal(got, want)


def test_channels_first_with_a_clamp() -> None:
    model = Block(Channels(32))
    x = torch.randn(2, 32, 5, 6)
    x[0, :, 0, 0] = 0.0
    want = model.norm(x)
    report = rmsnorm.patch(model)
    assert len(report.replaced) == 1, str(report)
    torch.testing.assert_close(model.norm(x), want, rtol=2e-6, atol=2e-6)
    video = torch.randn(2, 32, 3, 5, 6).transpose(1, 2).reshape(6, 32, 5, 6)
    got = model.norm(video)
    report.unpatch()
    torch.testing.assert_close(got, model.norm(video), rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize(
    "norm", [nn.LayerNorm(64), RMSNormInNameOnly(64), nn.LayerNorm(64, bias=False)]
)
def test_what_is_none_stays_with_a_reason(norm: nn.Module) -> None:
    model = Block(norm)
    report = rmsnorm.patch(model)
    assert model.norm is norm
    assert not report.replaced
    assert [entry.path for entry in report.kept] == ["norm"]
    assert len(report.kept[0].why) > 10
    assert "linear" not in str(report)  # nothing like a norm


def test_training_is_the_same_and_can_be_undone() -> None:
    torch.manual_seed(3)
    model = nn.Sequential(Block(Disguised(64)), Block(Zero(64)))
    twin = copy.deepcopy(model)
    report = rmsnorm.patch(model)
    assert len(report.replaced) == 2
    losses = []
    for candidate in (model, twin):
        optimizer = torch.optim.SGD(candidate.parameters(), lr=0.05)
        torch.manual_seed(4)
        for _ in range(5):
            optimizer.zero_grad()
            loss = candidate(torch.randn(16, 64)).square().mean()
            loss.backward()
            optimizer.step()
        losses.append(float(loss))
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    for ours, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)
    report.unpatch()
    assert isinstance(model[0].norm, Disguised)
    assert isinstance(model[1].norm, Zero)
    x = torch.randn(3, 64)
    torch.testing.assert_close(model(x), twin(x), rtol=1e-4, atol=1e-5)
    assert list(model.state_dict()) == list(twin.state_dict())


def test_shared_modules_hooks_copies_and_pickles() -> None:
    norm = Disguised(64)
    seen: list[int] = []
    norm.register_forward_hook(lambda *_: seen.append(1))
    model = nn.ModuleDict({"a": Block(norm), "b": Block(norm)})
    report = rmsnorm.patch(model)
    assert [entry.path for entry in report.replaced] == ["a.norm", "b.norm"]
    assert model["a"].norm is model["b"].norm
    model["a"](torch.randn(2, 64))
    assert len(seen) == 1
    norm._forward_hooks.clear()  # a closure cannot be pickled
    x = torch.randn(4, 64)
    want = model["a"](x)
    assert torch.equal(copy.deepcopy(model)["a"](x), want)
    assert torch.equal(pickle.loads(pickle.dumps(model))["a"](x), want)
    assert getattr(model["a"].norm, "tiny", None) == 1e-5  # what the model asks its norm for


def test_new_parameters_reach_the_original() -> None:
    model = Block(Disguised(64))
    rmsnorm.patch(model)
    model.load_state_dict(
        {name: torch.ones_like(value) for name, value in model.state_dict().items()}, assign=True
    )
    rmsnorm.patching.unpatch(model)
    assert torch.equal(dict(model.named_parameters())["norm.gamma"], torch.ones(64))


@pytest.mark.parametrize("name", ["llama", "gemma", "qwen3"])
def test_whole_models(name: str) -> None:
    model, ids = small_models.MODELS[name](), small_models.token_ids()
    norms = sum("Norm" in type(m).__name__ for m in model.modules())
    with torch.no_grad():
        want = model(ids).logits
        report = rmsnorm.patch(model)
        got = model(ids).logits
    assert len(report.replaced) == norms, str(report)
    assert not report.kept
    assert (got - want).abs().max() <= 1e-5 * want.abs().max()


def test_a_call_by_name() -> None:
    norm = Disguised(64)
    model = Block(copy.deepcopy(norm))
    rmsnorm.patch(model)
    x = torch.randn(3, 64)
    torch.testing.assert_close(model.norm(t=x), norm(x))
    with pytest.raises(TypeError, match="argument"):
        model.norm(x, x)


def test_refusals() -> None:
    with pytest.raises(TypeError, match=r"model: given int, expected a torch\.nn\.Module"):
        rmsnorm.patch(3)  # type: ignore[arg-type]
