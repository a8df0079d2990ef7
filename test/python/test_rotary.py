# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Norm and rotary embedding, in each spelling of PyTorch: one kernel with the fewest bytes."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

for module in ("torch", "torch_mlir"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import torch  # noqa: E402
from emulated_program import Program  # noqa: E402
from test_fusion import evaluate, traffic  # noqa: E402
from test_torch_quantisation import PASSES  # noqa: E402

import rmsnorm  # noqa: E402
from rmsnorm.importer import import_torch  # noqa: E402
from rmsnorm.tools import find_tool  # noqa: E402

BATCH, LENGTH, HEADS, WIDTH = 2, 5, 4, 16
Tensor = torch.Tensor


def rotated(a: Tensor, b: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
    cos, sin = cos[:, None], sin[:, None]
    return a * cos - b * sin, b * cos + a * sin


def half_turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    a, b = x.chunk(2, dim=-1)
    return x * cos[:, None] + torch.cat((-b, a), dim=-1) * sin[:, None]


def halves(y: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    a, b = y.chunk(2, dim=-1)
    return torch.cat(rotated(a, b, cos, sin), dim=-1)


def stepped_slices(y: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """GPT-J: even and odd elements."""
    pairs = rotated(y[..., ::2], y[..., 1::2], cos, sin)
    return torch.stack(pairs, dim=-1).flatten(-2)


def unflattened(y: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    pairs = y.reshape(*y.shape[:-1], -1, 2)
    return torch.stack(rotated(pairs[..., 0], pairs[..., 1], cos, sin), dim=-1).flatten(-2)


def interleaved_turn(y: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Cohere: the turned row is made first, then both are multiplied."""
    turned = torch.stack((-y[..., 1::2], y[..., ::2]), dim=-1).flatten(-2)
    return y * cos[:, None] + turned * sin[:, None]


def complex_numbers(y: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Llama 4, in f32."""
    z = torch.view_as_complex(y.float().reshape(*y.shape[:-1], -1, 2))
    turn = torch.complex(cos.float(), sin.float())[:, None]
    return torch.view_as_real(z * turn).flatten(-2).to(y.dtype)


def partial(y: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """The first elements are rotated, as many as there are angles."""
    width = cos.shape[-1]
    return torch.cat((half_turned(y[..., :width], cos, sin), y[..., width:]), dim=-1)


# The spelling and how many angles it takes.
SPELLINGS: dict[str, tuple[Any, int]] = {
    "halves": (halves, WIDTH // 2),
    "half_turned": (half_turned, WIDTH),
    "stepped_slices": (stepped_slices, WIDTH // 2),
    "unflattened": (unflattened, WIDTH // 2),
    "interleaved_turn": (interleaved_turn, WIDTH),
    "complex_numbers": (complex_numbers, WIDTH // 2),
    "partial_half": (partial, WIDTH // 2),
    "partial_quarter": (partial, WIDTH // 4),
}


class Rotary(torch.nn.Module):
    def __init__(self, spelling: Any) -> None:
        super().__init__()
        self.norm = torch.nn.RMSNorm(WIDTH, eps=1e-6)
        self.norm.weight.data = torch.linspace(0.5, 2.0, WIDTH)
        self.spelling = spelling

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        result: Tensor = self.spelling(self.norm(x), cos, sin)
        return result


def given(width: int, dtype: torch.dtype, length: int = LENGTH) -> tuple[Tensor, ...]:
    torch.manual_seed(5)
    return (
        torch.randn(BATCH, length, HEADS, WIDTH).to(dtype),
        torch.randn(length, width).to(dtype),
        torch.randn(length, width).to(dtype),
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("name", SPELLINGS)
def test_one_kernel(name: str, dtype: torch.dtype) -> None:
    spelling, width = SPELLINGS[name]
    module, tensors = Rotary(spelling).to(dtype), given(width, dtype)
    with torch.no_grad():
        want = module(*tensors)
    report = traffic(import_torch(module, tensors, weights="arguments").text, PASSES)
    operations = report["functions"][0]["operations"]
    assert [o["kind"] for o in operations] == ["row_kernel"], [o["op"] for o in operations]
    total = report["totals"]["all"]
    read = sum(t.numel() * t.element_size() for t in (*tensors, *module.parameters()))
    assert total["norms"] == 1
    assert evaluate(total["bytes_read"], {}) == read
    assert evaluate(total["bytes_written"], {}) == want.numel() * want.element_size()
    got = rmsnorm.compile(module, tensors)(*tensors)
    if dtype == torch.float32:
        torch.testing.assert_close(got, want, rtol=1e-6, atol=2e-6)
    else:
        # Each rounding is where PyTorch has it.
        assert (got != want).float().mean() <= 0.02
        torch.testing.assert_close(got, want, rtol=2**-7, atol=2**-7)


@pytest.mark.parametrize("name", ["half_turned", "stepped_slices", "interleaved_turn"])
def test_emulated_gpu_numbers(name: str, tmp_path: Path) -> None:
    """The kernel for a GPU, executed on the CPU."""
    spelling, width = SPELLINGS[name]
    module, tensors = Rotary(spelling), given(width, torch.float32)
    fused = subprocess.run(
        [find_tool("rmsnorm-opt"), *PASSES],
        input=import_torch(module, tensors, weights="arguments").text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert fused.returncode == 0, fused.stderr
    arguments = [t.detach().numpy() for t in (*module.parameters(), *tensors)]
    program = Program(fused.stdout, arguments, tmp_path)
    [got] = program.run()
    assert program.kernels == 1
    with torch.no_grad():
        want = module(*tensors)
    torch.testing.assert_close(torch.from_numpy(got), want, rtol=1e-6, atol=2e-6)


@pytest.mark.parametrize("name", ["stepped_slices", "interleaved_turn", "partial_half"])
def test_dynamic_length(name: str) -> None:
    spelling, width = SPELLINGS[name]
    module, tensors = Rotary(spelling), given(width, torch.float32)
    length = torch.export.Dim("length", min=2, max=64)
    compiled = rmsnorm.compile(
        module, tensors, dynamic_shapes=({1: length}, {0: length}, {0: length})
    )
    for count in (3, 17):
        others = given(width, torch.float32, count)
        with torch.no_grad():
            torch.testing.assert_close(compiled(*others), module(*others), rtol=1e-6, atol=2e-6)


def test_norms_of_heads_in_different_numbers_read_their_part_only() -> None:
    """Two kernels, since the rows of one are not those of the other; no byte is read twice."""

    class Heads(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.q = torch.nn.RMSNorm(WIDTH, eps=1e-6)
            self.k = torch.nn.RMSNorm(WIDTH, eps=1e-6)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            q, k = x[..., : HEADS * WIDTH], x[..., HEADS * WIDTH : (HEADS + 2) * WIDTH]
            shape = (*x.shape[:-1], -1, WIDTH)
            return self.q(q.reshape(shape)), self.k(k.reshape(shape))

    module, x = Heads(), torch.randn(BATCH, LENGTH, (HEADS + 4) * WIDTH)
    report = traffic(import_torch(module, (x,), weights="arguments").text, PASSES)
    operations = report["functions"][0]["operations"]
    assert [o["kind"] for o in operations] == ["row_kernel"] * 2
    rows = BATCH * LENGTH * (HEADS + 2) * WIDTH * 4
    total = report["totals"]["all"]
    assert evaluate(total["bytes_read"], {}) == rows + 2 * WIDTH * 4
    assert evaluate(total["bytes_written"], {}) == rows
    for ours, theirs in zip(rmsnorm.compile(module, (x,))(x), module(x), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=2e-6)
