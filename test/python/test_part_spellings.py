# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Norms of parts, windows, diagonals and signs: found, fused or not, with PyTorch's numbers in bf16."""

from typing import Any

import pytest

for module in ("torch", "torch_mlir"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import torch  # noqa: E402
from norm_numbers import difference, flat  # noqa: E402
from part_spellings import NEAR_MISSES, NORMS, N  # noqa: E402
from plain_text import without_locations  # noqa: E402
from raised_norms import raise_text  # noqa: E402

import rmsnorm  # noqa: E402
from rmsnorm.importer import import_torch  # noqa: E402


class InF32(torch.nn.Module):
    """A function in f32 on a row of any type."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> Any:
        y = self.function(x.float())
        return tuple(part.to(x.dtype) for part in y) if isinstance(y, tuple) else y.to(x.dtype)


def norms_and_reasons(text: str, fused: bool) -> tuple[int, str]:
    raised = raise_text(without_locations(text), fused=fused)
    return len(raised.norms), raised.reasons("main")


@pytest.mark.parametrize("name", NORMS)
def test_norm(name: str) -> None:
    module = InF32(NORMS[name])
    x = torch.randn(2, 5, N, generator=torch.Generator().manual_seed(3)).bfloat16()
    text = import_torch(module, (x,)).text
    for fused in (False, True):
        count, reasons = norms_and_reasons(text, fused)
        assert count == 1, reasons
    compiled = rmsnorm.compile(module, (x,))
    found = difference(flat(compiled(x)), flat(module(x)), torch.bfloat16)
    assert found.within(torch.bfloat16), found


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_near_miss(name: str) -> None:
    text = import_torch(InF32(NEAR_MISSES[name]), (torch.randn(2, 5, N),)).text
    for fused in (False, True):
        count, reasons = norms_and_reasons(text, fused)
        assert count == 0
        assert reasons


def test_rows_known_when_called() -> None:
    """Parts of an axis of known extent; the rows are not known."""
    names = ("halves", "evens_and_odds", "reversed", "one_part")
    for name in names:
        module = InF32(NORMS[name])
        rows = torch.export.Dim("rows", min=2, max=64)
        x = torch.randn(3, 5, N).bfloat16()
        compiled = rmsnorm.compile(module, (x,), dynamic_shapes=({0: rows},))
        text = import_torch(module, (x,), dynamic_shapes=({0: rows},)).text
        assert norms_and_reasons(text, False)[0] == 1, name
        for count in (2, 7):
            given = torch.randn(count, 5, N).bfloat16()
            found = difference(flat(compiled(given)), flat(module(given)), torch.bfloat16)
            assert found.within(torch.bfloat16), (name, found)
