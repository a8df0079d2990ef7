# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""AOTInductor: a package that runs with the operators' library alone."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

import rmsnorm
from rmsnorm.nn import ops

PROGRAM = """
import sys, torch
library, package, data = sys.argv[1:]
torch.ops.load_library(library)
model = torch._inductor.aoti_load_package(package)
for x, want in torch.load(data):
    torch.testing.assert_close(model(x), want)
assert "rmsnorm" not in sys.modules
print("right")
"""


class Block(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = rmsnorm.RMSNorm(64, eps=1e-6)
        self.second = rmsnorm.RMSNormWithResidual(64, return_sum=True)

    def forward(self, x: Tensor) -> Tensor:
        y, total = self.second(x, self.first(x))
        result: Tensor = torch.nn.functional.silu(y) * total
        return result


@pytest.mark.skipif(not ops.AVAILABLE, reason="_torch_ops.so was not built")
def test_package_in_another_process(tmp_path: Path) -> None:
    model = Block().eval()
    rows = torch.export.Dim("rows", max=64)
    with torch.no_grad():
        program = torch.export.export(model, (torch.randn(3, 64),), dynamic_shapes=({0: rows},))
        called = [str(node.target) for node in program.graph.nodes if node.op == "call_function"]
        assert sum("rmsnorm.rms_norm_forward" in name for name in called) == 2
        package = torch._inductor.aoti_compile_and_package(
            program, package_path=str(tmp_path / "model.pt2")
        )
        inputs = [torch.randn(extent, 64) for extent in (2, 7)]
        wanted = [model(x) for x in inputs]
        loaded = torch._inductor.aoti_load_package(package)
        for x, want in zip(inputs, wanted):
            torch.testing.assert_close(loaded(x), want)
    torch.save(list(zip(inputs, wanted)), tmp_path / "data.pt")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(ops._LIBRARY), package, str(tmp_path / "data.pt")],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout.strip() == "right", done.stderr
