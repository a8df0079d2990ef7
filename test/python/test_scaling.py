# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compilation grows with the model no faster than the model: time by layers, memory by weights."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

for module in ("torch", "torch_mlir"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import large_model  # noqa: E402
import torch  # noqa: E402

from rmsnorm.importer import import_torch  # noqa: E402
from rmsnorm.tools import find_tool  # noqa: E402

WIDTH, HEADS, LENGTH = 32, 2, 8


class Norm(torch.nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        wide = x.float()
        wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-6)
        return self.weight * wide.to(x.dtype)


class Layer(torch.nn.Module):
    """A decoder layer with norms of heads and a rotary embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.before, self.behind = Norm(WIDTH), Norm(WIDTH)
        self.of_q, self.of_k = Norm(WIDTH // HEADS), Norm(WIDTH // HEADS)
        self.qkv = torch.nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.out = torch.nn.Linear(WIDTH, WIDTH, bias=False)
        self.up = torch.nn.Linear(WIDTH, 2 * WIDTH, bias=False)
        self.down = torch.nn.Linear(WIDTH, WIDTH, bias=False)

    def forward(self, x: torch.Tensor, angle: torch.Tensor) -> torch.Tensor:
        q, k, v = self.qkv(self.before(x)).reshape(1, LENGTH, 3, HEADS, -1).unbind(2)

        def turned(y: torch.Tensor) -> torch.Tensor:
            a, b = y.chunk(2, dim=-1)
            return y * angle.cos() + torch.cat((-b, a), dim=-1) * angle.sin()

        q, k = turned(self.of_q(q)).transpose(1, 2), turned(self.of_k(k)).transpose(1, 2)
        scores = torch.softmax(q @ k.transpose(-1, -2) * 0.25, dim=-1)
        x = x + self.out((scores @ v.transpose(1, 2)).transpose(1, 2).flatten(-2))
        gate, up = self.up(self.behind(x)).chunk(2, dim=-1)
        result: torch.Tensor = x + self.down(torch.nn.functional.silu(gate) * up)
        return result


class Model(torch.nn.Module):
    def __init__(self, layers: int) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList(Layer() for _ in range(layers))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        angle = torch.arange(LENGTH)[:, None, None] * torch.linspace(1, 0.1, WIDTH // HEADS)
        for layer in self.layers:
            x = layer(x, angle)
        return x


def processor_seconds(folder: Path, layers: int) -> float:
    """What the compiler takes of processors: waiting for them does not count."""
    source = folder / f"{layers}.mlir"
    example = (torch.randn(1, LENGTH, WIDTH),)
    source.write_text(import_torch(Model(layers), example, weights="arguments").text)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [find_tool("rmsnorm-compile"), source, "-o", folder / f"{layers}.rmsn"], check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_time_is_linear_in_layers(tmp_path: Path) -> None:
    two, eight, thirty_two = (processor_seconds(tmp_path, layers) for layers in (2, 8, 32))
    growth = (thirty_two - two) / (eight - two)
    # 5 if linear, 17 if quadratic.
    assert growth < 9, (two, eight, thirty_two)


@pytest.mark.parametrize(("form", "copies"), [("text", 4.5), ("bytecode", 1.3)])
def test_a_large_weight_is_not_copied(form: str, copies: float) -> None:
    """Bytecode is mapped and written as it is; MLIR's parser of text has its own copies."""
    result = large_model.measured_copies(48 << 20, form)
    assert result["right"]
    assert result["copies_at_peak"] <= copies, result
    assert result["artifact_bytes"] < 1.01 * result["weight_bytes"]


def test_the_large_model_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, large_model.__file__, "--mib", "1"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count('"right": true') == 2
