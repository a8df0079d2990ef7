# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""RMSNorm modules as real models spell them, for the raising tests.

Most are the classes of ``transformers`` themselves; the others are written
here because no small module of the library has exactly that form.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn
from transformers.models.gemma.modeling_gemma import GemmaRMSNorm
from transformers.models.gemma4.modeling_gemma4 import Gemma4RMSNorm
from transformers.models.gpt_oss.modeling_gpt_oss import GptOssRMSNorm
from transformers.models.llama.modeling_llama import LlamaRMSNorm
from transformers.models.mamba2.modeling_mamba2 import MambaRMSNormGated
from transformers.models.qwen3.modeling_qwen3 import Qwen3RMSNorm
from transformers.models.t5.modeling_t5 import T5LayerNorm

FEATURES = 64
HEADS = 4
HEAD_FEATURES = 16


class ResidualLlama(nn.Module):
    """The residual sum in the input's type, returned as well, then Llama's norm."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = LlamaRMSNorm(FEATURES, eps=1e-6)

    def forward(self, x: torch.Tensor, residual: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        total = x + residual
        return self.norm(total), total


class QueryHeads(nn.Module):
    """Qwen3's norm of the queries: per head, after the projection was split, before a transpose."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = Qwen3RMSNorm(HEAD_FEATURES, eps=1e-6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        heads = x.view(*x.shape[:-1], HEADS, HEAD_FEATURES)
        normalised: torch.Tensor = self.norm(heads)
        return normalised.transpose(1, 2)


class DivideByRoot(nn.Module):
    """``x / sqrt(mean(x*x) + eps) * weight`` in f32, one rounding."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(FEATURES))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        wide = x.float()
        root = torch.sqrt((wide * wide).mean(-1, keepdim=True) + 1e-5)
        return (wide / root * self.weight.float()).to(x.dtype)


@dataclass(frozen=True)
class Spelling:
    """One way to write the norm; ``inputs`` is how many activations it takes."""

    make: Callable[[], nn.Module]
    inputs: int = 1


SPELLINGS: dict[str, Spelling] = {
    "llama": Spelling(lambda: LlamaRMSNorm(FEATURES, eps=1e-6)),
    "gemma": Spelling(lambda: GemmaRMSNorm(FEATURES, eps=1e-6)),
    "gemma4": Spelling(lambda: Gemma4RMSNorm(FEATURES, eps=1e-6)),
    "gpt_oss": Spelling(lambda: GptOssRMSNorm(FEATURES, eps=1e-5)),
    "t5": Spelling(lambda: T5LayerNorm(FEATURES, eps=1e-6)),
    "mamba2_gated": Spelling(
        lambda: MambaRMSNormGated(FEATURES, group_size=FEATURES, eps=1e-5), inputs=2
    ),
    "mamba2_grouped": Spelling(
        lambda: MambaRMSNormGated(FEATURES, group_size=16, eps=1e-5), inputs=2
    ),
    "torch": Spelling(lambda: nn.RMSNorm(FEATURES, eps=1e-6)),
    "torch_no_weight": Spelling(lambda: nn.RMSNorm(FEATURES, eps=1e-5, elementwise_affine=False)),
    "torch_eps_none": Spelling(lambda: nn.RMSNorm(FEATURES)),
    "residual_llama": Spelling(ResidualLlama, inputs=2),
    "qwen3_heads": Spelling(QueryHeads),
    "divide_by_root": Spelling(DivideByRoot),
}
