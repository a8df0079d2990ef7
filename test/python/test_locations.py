# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Remarks name the line of Python and the submodule that a norm comes from."""

import subprocess
from pathlib import Path

import pytest

for module in ("torch", "torch_mlir"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import torch  # noqa: E402

from rmsnorm.importer import import_torch  # noqa: E402
from rmsnorm.tools import find_tool  # noqa: E402


class _Norm(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)


class _Blocks(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = torch.nn.ModuleList([_Norm(), _Norm()])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for block in self.blocks:
            x = torch.sin(block(x))
        return x


def test_remarks_name_line_and_submodule(tmp_path: Path) -> None:
    source = tmp_path / "model.mlir"
    source.write_text(import_torch(_Blocks(), (torch.ones(3, 8),)).text)
    done = subprocess.run(
        [find_tool("rmsnorm-compile"), source, "-o", tmp_path / "m.rmsn", "--remarks"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = [line for line in done.stderr.splitlines() if "found rms_norm" in line]
    assert len(found) == 2
    line = _Norm.forward.__code__.co_firstlineno + 1
    assert all(text.startswith(f"test_locations.py:{line}:") for text in found)
    assert "blocks.0:0:0: note: called from" in done.stderr
    assert "blocks.1:0:0: note: called from" in done.stderr


def test_no_path_of_the_machine_in_the_text() -> None:
    text = import_torch(_Blocks(), (torch.ones(3, 8),)).text
    assert str(Path(__file__).parent) not in text
    assert str(Path(torch.__file__).parent) not in text
