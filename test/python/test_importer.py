# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The importer: what it changes is undone, what it decomposes is what PyTorch computes."""

import subprocess
from typing import Any

import pytest

for module in ("torch", "torch_mlir", "transformers"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import small_models  # noqa: E402
import spelling_modules  # noqa: E402
import torch  # noqa: E402

import rmsnorm  # noqa: E402
from rmsnorm import UnsupportedModelError  # noqa: E402
from rmsnorm.importer import import_torch, ordering  # noqa: E402
from rmsnorm.importer.decompositions import rms_norm  # noqa: E402
from rmsnorm.tools import find_tool  # noqa: E402


def assert_parses(text: str) -> None:
    done = subprocess.run(
        [find_tool("rmsnorm-opt")], input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("eps", [None, 1e-3])
@pytest.mark.parametrize("dims", [1, 2])
def test_decomposition_is_pytorchs(dtype: torch.dtype, eps: float | None, dims: int) -> None:
    x = 1e-3 * torch.randn(5, 6, 8, dtype=dtype)
    shape = x.shape[-dims:]
    weight = torch.randn(shape, dtype=dtype)
    want = torch.nn.functional.rms_norm(x, shape, weight, eps)
    torch.testing.assert_close(rms_norm(x, shape, weight, eps), want)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_decomposition_accumulates_in_f32(dtype: torch.dtype) -> None:
    x = torch.randn(4, 4096).to(dtype)
    weight = torch.randn(4096).to(dtype)
    got = rms_norm(x, (4096,), weight, None)
    wide = x.double()
    scale = torch.rsqrt(wide.square().mean(-1, keepdim=True) + torch.finfo(torch.float32).eps)
    want = (wide * scale * weight.double()).to(dtype)
    assert got.dtype == dtype
    assert (got != want).float().mean() <= 0.01


@pytest.mark.parametrize(
    "pad", [(2, -2), (-2, 2), (-3, 0), (0, 0, 1, -1), (-1, 3, 2, -2), (0, -1, -1, 0)]
)
def test_a_padding_that_cuts_off(pad: tuple[int, ...]) -> None:
    class Shifted(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            once = torch.nn.functional.pad(x, pad, value=2.0)
            back = torch.nn.functional.pad(once, (1, 0))
            return once, torch.nn.functional.pad(back, (0, -1))

    x = torch.randn(3, 8)
    for got, want in zip(rmsnorm.compile(Shifted(), (x,))(x), Shifted()(x)):
        assert torch.equal(got, want)


def test_no_low_precision_sum_in_the_import() -> None:
    norm = torch.nn.RMSNorm(64).to(torch.bfloat16)
    text = import_torch(norm, (torch.randn(4, 64).to(torch.bfloat16),), weights="arguments").text
    assert "arith.extf" in text
    assert not any("arith.addf" in line and "bf16" in line for line in text.splitlines())
    assert "1.1920929E-7 : f32" in text  # eps=None is the machine epsilon of f32


@pytest.mark.parametrize("name", sorted(small_models.MODELS))
def test_models_import_and_are_left_as_they_were(name: str) -> None:
    model, ids = small_models.MODELS[name](), small_models.token_ids()
    buffers = [set(m._non_persistent_buffers_set) for m in model.modules()]
    config: Any = model.config
    attention = config._attn_implementation
    before = small_models.reference_logits(model, ids)
    imported = import_torch(model, (ids,), weights="arguments")
    assert [set(m._non_persistent_buffers_set) for m in model.modules()] == buffers
    assert config._attn_implementation == attention
    assert config.use_cache
    assert torch.equal(small_models.reference_logits(model, ids), before)
    assert imported.text.count("math.rsqrt") == small_models.NORMS[name]
    assert "tm_tensor" not in imported.text
    assert len(imported.lifted) > 10
    assert_parses(imported.text)


def test_weights_as_constants() -> None:
    module = torch.nn.Linear(8, 8)
    constants = import_torch(module, (torch.randn(2, 8),))
    assert constants.lifted == ()
    assert constants.text.count("%arg1") == 0
    arguments = import_torch(module, (torch.randn(2, 8),), weights="arguments")
    assert [name for name, _ in arguments.lifted] == ["weight", "bias"]
    assert "%arg2" in arguments.text
    assert_parses(constants.text)
    assert_parses(arguments.text)


def test_dynamic_rows() -> None:
    rows = torch.export.Dim("rows", min=1, max=1024)
    norm = spelling_modules.SPELLINGS["llama"].make()
    text = import_torch(norm, (torch.randn(4, 64),), dynamic_shapes=({0: rows},)).text
    assert "tensor<?x64xf32>" in text
    assert_parses(text)


class Spectrum(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        spectrum: torch.Tensor = torch.fft.fft(x)
        return spectrum.abs()


@pytest.mark.parametrize("descending", [False, True])
def test_sorting_is_pytorchs(descending: bool) -> None:
    x = torch.randint(0, 5, (3, 7, 9)).float()
    x[0, 0, 2], x[0, 1] = float("nan"), float("-inf")
    for dim in (-1, 0, 1):
        want, places = torch.sort(x, dim=dim, descending=descending, stable=True)
        got = ordering.sort(x, dim, descending)
        torch.testing.assert_close(got[0], want, rtol=0, atol=0, equal_nan=True)
        assert torch.equal(got[1], places)
        leading = ordering.topk(x, 3, dim, descending)
        torch.testing.assert_close(leading[0], want.narrow(dim, 0, 3), equal_nan=True)
    whole = torch.randint(-9, 9, (4, 6))
    assert torch.equal(ordering.cumsum(whole, 0), whole.cumsum(0))
    index = torch.tensor([[0, 2], [5, 5], [1, 3], [4, 0]])
    scattered = ordering.scatter_value(whole, 1, index, 7)
    assert torch.equal(scattered, whole.scatter(1, index, 7))
    # Each place once; then one of them twice, fewer entries than values, and along the rows.
    values = torch.arange(whole.numel()).reshape(whole.shape).to(whole.dtype) - 3
    along = torch.tensor([[2, 0, 1, 3, 3, 0]])
    for dim, places in ((1, index), (1, torch.zeros_like(index)), (0, along)):
        got = ordering.scatter_src(whole, dim, places, values)
        assert torch.equal(got, whole.scatter(dim, places, values))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_numbers_and_sums_as_pytorch_rounds_them(dtype: torch.dtype) -> None:
    class Steps(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            spread = x.softmax(-1) + x.mean(-1, keepdim=True) * 11.3137
            return torch.nn.functional.silu(spread) * x.sigmoid()

    x = torch.randn(64, 96).to(dtype)
    compiled = rmsnorm.compile(Steps(), (x,))
    assert (compiled(x) != Steps()(x)).float().mean() <= 0.01


def test_refusals() -> None:
    model, ids = small_models.llama(), small_models.token_ids()
    with pytest.raises(UnsupportedModelError, match=r"test_importer\.py"):
        import_torch(Spectrum(), (torch.randn(3, 4),))
    with pytest.raises(TypeError, match="module: given function"):
        import_torch(lambda x: x, (ids,))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="weights: given 'inline'"):
        import_torch(model, (ids,), weights="inline")  # type: ignore[arg-type]
