# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What models do that ``torch.export`` or torch-mlir alone would refuse: it gives PyTorch's results."""

from typing import Any

import pytest

for module in ("torch", "torch_mlir", "transformers"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import torch  # noqa: E402
import transformers  # noqa: E402
from small_models import randomized, token_ids  # noqa: E402

import rmsnorm  # noqa: E402


class ConstantInAList(torch.nn.Module):
    """A tensor that is neither a parameter nor a buffer, concatenated and used otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.constant = torch.tensor([[0.5, -2.0, 3.0], [1.0, 0.0, -1.0]])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        sides = torch.cat([self.constant, x, self.constant], -1)
        return torch.stack([sides[:, 3:6], self.constant]) * self.constant


class Nothing(torch.nn.Module):
    """A cache of no rows, with what is new behind it."""

    def __init__(self, fill: str) -> None:
        super().__init__()
        self.fill = fill

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        before = getattr(x, self.fill)((x.shape[0], 0, x.shape[2]))
        return torch.cat([before, x * 2], 1).cumsum(1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_constant_tensor_in_a_list(dtype: torch.dtype) -> None:
    module, x = ConstantInAList(), torch.randn(2, 3).to(dtype)
    module.constant = module.constant.to(dtype)
    torch.testing.assert_close(rmsnorm.compile(module, (x,))(x), module(x), rtol=0, atol=0)


@pytest.mark.parametrize("fill", ["new_zeros", "new_ones"])
def test_a_tensor_without_elements(fill: str) -> None:
    module, x = Nothing(fill), torch.randn(2, 5, 3)
    torch.testing.assert_close(rmsnorm.compile(module, (x,))(x), module(x))


def _relative_attention(**changes: Any) -> torch.nn.Module:
    config = transformers.LongT5Config(
        **{
            "vocab_size": 256,
            "d_model": 64,
            "d_kv": 16,
            "d_ff": 96,
            "num_layers": 1,
            "num_heads": 4,
            "local_radius": 4,
            **changes,
        }
    )
    return randomized(transformers.LongT5EncoderModel(config), seed=4)


def test_a_mask_that_is_made_only_when_nothing_compiles() -> None:
    model, ids = _relative_attention(), token_ids()
    got = rmsnorm.compile(model, (ids,))(ids)
    with torch.no_grad():
        want = model(ids)
    torch.testing.assert_close(got.last_hidden_state, want.last_hidden_state, rtol=1e-4, atol=1e-5)
    from transformers.models.longt5 import modeling_longt5

    assert modeling_longt5.is_torchdynamo_compiling.__module__.startswith("transformers.")


def test_the_first_failure_is_told() -> None:
    class Branching(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x if x.sum() > 0 else -x

    model = _relative_attention()
    model.get_submodule("encoder").dropout = Branching()
    with pytest.raises(Exception, match="has no attribute 'shape'"):
        rmsnorm.compile(model, (token_ids(),))
