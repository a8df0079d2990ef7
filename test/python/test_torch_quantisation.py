# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Norm and quantisation as models in PyTorch write it: one kernel with the fewest bytes."""

from collections.abc import Callable
from typing import Any

import pytest

for module in ("torch", "torch_mlir"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import torch  # noqa: E402
from test_fusion import evaluate, traffic  # noqa: E402

import rmsnorm  # noqa: E402
from rmsnorm.importer import import_torch  # noqa: E402

N = 48
PASSES = [
    "--canonicalize",
    "--cse",
    "--rmsnorm-raise",
    "--canonicalize",
    "--cse",
    "--rmsnorm-decompose-tensor-ops",
    "--rmsnorm-fuse",
    "--canonicalize",
    "--cse",
]
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}


class Quantised(torch.nn.Module):
    """Norm, then ``quantise``, which gives a tensor or several."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = torch.nn.RMSNorm(N, eps=1e-6)
        self.norm.weight.data = torch.linspace(0.5, 2.0, N)


class Static(Quantised):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.norm(x)
        return (y / 0.02).round().clamp(-128, 127).to(torch.int8)


class StaticScaleTensor(Quantised):
    def forward(self, x: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
        return torch.clamp(torch.round(self.norm(x) / scale), -128, 127).to(torch.int8)


class Dynamic(Quantised):
    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        y = self.norm(x).float()
        scale = y.abs().amax(dim=-1, keepdim=True).clamp(min=1e-5) / 127.0
        return (y / scale).round().clamp(-128, 127).to(torch.int8), scale


class DynamicByMax(Quantised):
    """``max`` gives positions too; the scale loses its dimension; a residual sum before."""

    def forward(
        self, x: torch.Tensor, residual: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        h = x + residual
        y = self.norm(h).float()
        scale = torch.max(torch.abs(y), dim=-1).values / 127.0
        q = torch.round(y / scale.unsqueeze(-1)).clamp(-127, 127).to(torch.int8)
        return q, scale, h


class BitLinearInput(Quantised):
    """As in BitNet: the reciprocal of the scale multiplies, and is given."""

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        y = self.norm(x)
        scale = 127.0 / y.float().abs().max(dim=-1, keepdim=True).values.clamp_(min=1e-5)
        return (y.float() * scale).round().clamp(-128, 127).to(torch.int8), scale


class Reciprocal(Quantised):
    """PyTorch's ``127 / scale`` rounds the reciprocal to the tensor's type first."""

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        y = self.norm(x)
        scale = y.abs().amax(-1, keepdim=True).clamp(min=1e-5)
        return (y * (127 / scale)).round().clamp(-128, 127).to(torch.int8), scale


class ReciprocalOfScale(Quantised):
    def forward(self, x: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.norm(x) * torch.reciprocal(scale)
        return y.round().clamp(-128, 127).to(torch.int8)


class WideScale(Quantised):
    """An f32 scale without dimensions is not rounded to the norm's type."""

    def forward(self, x: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.norm(x) / scale
        return y.round().clamp(-128, 127).to(torch.int8)


class Truncated(Quantised):
    """Rounded toward zero before the quotient is rounded to the tensor's type."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.div(self.norm(x), 0.02, rounding_mode="trunc")
        return y.clamp(-128, 127).to(torch.int8)


class Asymmetric(Quantised):
    """Unsigned, with a zero point."""

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        y = self.norm(x).float()
        low, high = y.amin(-1, keepdim=True), y.amax(-1, keepdim=True)
        scale = (high - low) / 255.0
        zero = torch.round(-low / scale)
        q = torch.clamp(torch.round(y / scale) + zero, 0, 255).to(torch.uint8)
        return q, scale, zero


class DynamicE4M3(Quantised):
    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        y = self.norm(x).float()
        scale = y.abs().amax(-1, keepdim=True).clamp(min=1e-12) / 448.0
        return (y / scale).clamp(-448.0, 448.0).to(torch.float8_e4m3fn), scale


class StaticE5M2(Quantised):
    def forward(self, x: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = (self.norm(x).float() / scale).clamp(-57344.0, 57344.0)
        return y.to(torch.float8_e5m2)


CASES = [
    Static,
    StaticScaleTensor,
    Dynamic,
    DynamicByMax,
    BitLinearInput,
    Reciprocal,
    ReciprocalOfScale,
    WideScale,
    Truncated,
    Asymmetric,
    DynamicE4M3,
    StaticE5M2,
]
WITH_SCALE = (StaticScaleTensor, ReciprocalOfScale)
WITH_F32_SCALE = (WideScale, StaticE5M2)


def arguments(case: type[Quantised], dtype: torch.dtype, batch: int) -> tuple[torch.Tensor, ...]:
    torch.manual_seed(11)
    x = torch.randn(batch, 7, N).to(dtype)
    if case in WITH_SCALE or case in WITH_F32_SCALE:
        return x, torch.tensor(0.0303, dtype=dtype if case in WITH_SCALE else torch.float32)
    return (x, torch.randn(batch, 7, N).to(dtype)) if case is DynamicByMax else (x,)


@pytest.mark.parametrize(("dtype", "batch"), [("f32", 3), ("bf16", 1)])
@pytest.mark.parametrize("case", CASES)
def test_one_kernel(case: type[Quantised], dtype: str, batch: int) -> None:
    module, given = case().to(DTYPES[dtype]), arguments(case, DTYPES[dtype], batch)
    with torch.no_grad():
        want = module(*given)
    results = want if isinstance(want, tuple) else (want,)
    text = import_torch(module, given, weights="arguments").text
    report = traffic(text, PASSES)
    operations = report["functions"][0]["operations"]
    assert [o["kind"] for o in operations] == ["row_kernel"], [
        (o["op"], o["reads"], o["writes"]) for o in operations
    ]
    total = report["totals"]["all"]
    assert total["norms"] == 1
    read = sum(t.numel() * t.element_size() for t in (*given, *module.parameters()))
    assert evaluate(total["bytes_read"], {}) == read
    assert evaluate(total["bytes_written"], {}) == sum(
        t.numel() * t.element_size() for t in results
    )


@pytest.mark.parametrize(
    ("case", "dtype"),
    [(case, dtype) for case in CASES for dtype in ("f32", "bf16")]
    + [(Static, "f16"), (BitLinearInput, "f16")],
)
def test_numbers(case: type[Quantised], dtype: str) -> None:
    module, given = case().to(DTYPES[dtype]), arguments(case, DTYPES[dtype], 3)
    with torch.no_grad():
        want = module(*given)
    got = rmsnorm.compile(module, given)(*given)
    pairs = zip(got, want, strict=True) if isinstance(want, tuple) else [(got, want)]
    for ours, theirs in pairs:
        assert ours.shape == theirs.shape
        assert ours.dtype == theirs.dtype
        if theirs.dtype in (torch.int8, torch.uint8):
            # A quotient next to a half may be rounded to the other side.
            difference = (ours.int() - theirs.int()).abs()
            assert difference.max() <= 1
            assert (difference > 0).float().mean() <= 0.02
        elif theirs.dtype.itemsize == 1:
            step = (ours.view(torch.int8).int() - theirs.view(torch.int8).int()).abs()
            assert step.max() <= 1
            assert (step > 0).float().mean() <= 0.02
        else:
            torch.testing.assert_close(ours, theirs, rtol=2.0**-8, atol=2.0**-8)


def test_the_reciprocal_of_zero_is_infinite() -> None:
    class Model(torch.nn.Module):
        def forward(self, x: torch.Tensor, count: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return 1 / x, torch.reciprocal(count)

    given = torch.tensor([0.0, -0.0, 2.0, -4.0]), torch.tensor([0, 5])
    got = rmsnorm.compile(Model(), given)(*given)
    for ours, theirs in zip(got, Model()(*given), strict=True):
        assert torch.equal(ours, theirs)


UNSIGNED: dict[str, Callable[[torch.Tensor, torch.Tensor], Any]] = {
    "sum": lambda q, r: q.sum(-1),
    "quotient": lambda q, r: q / r,
    "remainder": lambda q, r: q % 3,
    "floor": lambda q, r: q // 7,
    "shift": lambda q, r: q >> 1,
    "nibbles": lambda q, r: (q & 15) | (r << 4),
    "order": lambda q, r: (q < r, q >= 128, torch.maximum(q, r), q.clamp(5, 220)),
    "largest": lambda q, r: q.amax(-1),
    "dequantised": lambda q, r: (q.to(torch.int32) - 128) * torch.tensor(0.5),
    "mixed": lambda q, r: (q.to(torch.bfloat16) - 128) * r,
    "wraps": lambda q, r: q + r,
}


@pytest.mark.parametrize("name", UNSIGNED)
def test_unsigned_integers(name: str) -> None:
    class Model(torch.nn.Module):
        def forward(self, q: torch.Tensor, r: torch.Tensor) -> Any:
            return UNSIGNED[name](q, r)

    q = torch.tensor([[1, 200, 255, 3], [0, 128, 127, 77]], dtype=torch.uint8)
    r = torch.tensor([[7, 100, 4, 250], [1, 255, 2, 200]], dtype=torch.uint8)
    got, want = rmsnorm.compile(Model(), (q, r))(q, r), Model()(q, r)
    for ours, theirs in zip(
        got if isinstance(got, tuple) else (got,),
        want if isinstance(want, tuple) else (want,),
        strict=True,
    ):
        assert ours.dtype == theirs.dtype
        assert torch.equal(ours, theirs)


def test_uint64_is_refused() -> None:
    class Model(torch.nn.Module):
        def forward(self, q: torch.Tensor) -> torch.Tensor:
            return q + q

    with pytest.raises(rmsnorm.UnsupportedModelError, match="of uint64, expected a signed"):
        rmsnorm.compile(Model(), (torch.ones(2, dtype=torch.uint64),))
