# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models of transformers as they are: dynamic batch and sequence, padding masks, experts."""

import pytest

for module in ("torch", "torch_mlir", "transformers"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import small_models  # noqa: E402
import torch  # noqa: E402
from coverage_table import Outcome  # noqa: E402
from zoo import check_model  # noqa: E402
from zoo_models import ZOO  # noqa: E402

import rmsnorm  # noqa: E402

TOLERANCE = 1e-5  # of the largest logit


def assert_close(got: torch.Tensor, want: torch.Tensor) -> None:
    assert got.shape == want.shape
    assert float((got - want).abs().max()) <= TOLERANCE * float(want.abs().max())


def test_dynamic_batch_and_sequence() -> None:
    model, ids = small_models.qwen3(), small_models.token_ids(2)
    shapes = (
        {0: torch.export.Dim("batch", min=1, max=64), 1: torch.export.Dim("tokens", min=2, max=99)},
    )
    compiled = rmsnorm.compile(model, (ids,), dynamic_shapes=shapes)
    assert sum(norms for _, _, _, norms in compiled.artifact.kernels) == 9
    for batch, tokens in ((2, 16), (1, 16), (3, 7), (4, 33), (1, 2)):
        given = small_models.token_ids(batch, tokens)
        assert_close(compiled(given).logits, small_models.reference_logits(model, given))


def test_padding_mask() -> None:
    model, ids = small_models.llama(), small_models.token_ids(2)
    mask = torch.ones_like(ids)
    mask[1, :5] = 0
    compiled = rmsnorm.compile(
        model, (ids,), example_kwargs={"attention_mask": torch.ones_like(ids)}
    )
    with torch.no_grad():
        want = model(ids, attention_mask=mask, use_cache=False).logits
    got = compiled(ids, attention_mask=mask).logits
    assert_close(got[0], want[0])
    assert_close(got[1, 5:], want[1, 5:])  # what padding itself gives means nothing


class SharedMask(torch.nn.Module):
    """A computed mask read by kernels of different vector lengths, and element by element."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        position = torch.arange(x.shape[1])
        order = (position * 3) % 5
        mask = torch.where(order[position[None, :]] <= order[position[:, None]], 0.0, -1e30)
        first = torch.softmax(x @ x.transpose(-1, -2) + mask, -1) @ x
        return torch.softmax(first @ first.transpose(-1, -2) + mask, -1) @ first


def test_booleans_in_memory_are_bytes() -> None:
    x = 0.3 * torch.randn(1, 16, 64, generator=torch.Generator().manual_seed(0))
    assert_close(rmsnorm.compile(SharedMask(), (x,))(x), SharedMask()(x))


@pytest.mark.parametrize("name", ["mixtral", "cohere"])
def test_zoo(name: str) -> None:
    row = check_model(name, ZOO[name], "f32")
    assert row.outcome in (Outcome.AGREES, Outcome.REFUSED), row
    assert row.raised == row.expected == {"mixtral": 5, "cohere": 0}[name]
