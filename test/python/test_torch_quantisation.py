# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Norm and quantisation as models in PyTorch write it: one kernel with the fewest bytes."""

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


CASES = [Static, StaticScaleTensor, Dynamic, DynamicByMax, BitLinearInput]


def arguments(case: type[Quantised], dtype: torch.dtype, batch: int) -> tuple[torch.Tensor, ...]:
    torch.manual_seed(11)
    x = torch.randn(batch, 7, N).to(dtype)
    if case is StaticScaleTensor:
        return x, torch.tensor(0.03, dtype=dtype)
    return (x, torch.randn(batch, 7, N).to(dtype)) if case is DynamicByMax else (x,)


@pytest.mark.parametrize("dtype", list(DTYPES))
@pytest.mark.parametrize("batch", [1, 3])
# Not BitLinearInput: torch-mlir guards its reciprocal by an assertion, which nothing may move.
@pytest.mark.parametrize("case", [c for c in CASES if c is not BitLinearInput])
def test_one_kernel(case: type[Quantised], batch: int, dtype: str) -> None:
    module, given = case().to(DTYPES[dtype]), arguments(case, DTYPES[dtype], batch)
    with torch.no_grad():
        want = module(*given)
    results = want if isinstance(want, tuple) else (want,)
    text = import_torch(module, given, weights="arguments").text
    report = traffic(text, PASSES)
    operations = report["functions"][0]["operations"]
    if case is StaticScaleTensor and dtype == "f32":
        # Raising takes the scale into the weight, which is divided once and not for every row.
        divided = operations.pop(0)
        assert evaluate(divided["bytes_written"], {}) == 4 * N
        assert [o["kind"] for o in operations] == ["row_kernel"]
        return
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


@pytest.mark.parametrize("dtype", list(DTYPES))
@pytest.mark.parametrize("case", CASES)
def test_numbers(case: type[Quantised], dtype: str) -> None:
    module, given = case().to(DTYPES[dtype]), arguments(case, DTYPES[dtype], 3)
    with torch.no_grad():
        want = module(*given)
    got = rmsnorm.compile(module, given)(*given)
    pairs = zip(got, want, strict=True) if isinstance(want, tuple) else [(got, want)]
    for ours, theirs in pairs:
        assert ours.shape == theirs.shape
        assert ours.dtype == theirs.dtype
        if theirs.dtype == torch.int8:
            # A quotient next to a half may be rounded to the other side.
            difference = (ours.int() - theirs.int()).abs()
            assert difference.max() <= 1
            assert (difference > 0).float().mean() <= 0.02
        else:
            torch.testing.assert_close(ours, theirs, rtol=2.0**-8, atol=2.0**-8)
