# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The table of docs/guide/recipes.md: our module against the family's own class, in bf16.

A rounding in another place would change a quarter of the elements.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

for name in ("torch", "transformers"):
    pytest.importorskip(name, reason=f"{name} is not installed")

import torch  # noqa: E402
from torch import Tensor  # noqa: E402

import rmsnorm  # noqa: E402

EXTENT, GROUP, EPS = 128, 32, 1e-6


def module(**options: Any) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """``RMSNorm`` with these options as a function of input, gate and weight."""

    def apply(x: Tensor, _: Tensor, weight: Tensor) -> Tensor:
        norm = rmsnorm.RMSNorm(EXTENT, EPS, **options).bfloat16()
        norm.load_state_dict({"weight": weight})
        y: Tensor = norm(x)
        return y

    return apply


def grouped(x: Tensor, gate: Tensor, weight: Tensor) -> Tensor:
    """The gate first, then a norm per group, then the weight: one kernel."""
    groups = (EXTENT // GROUP, GROUP)
    y = rmsnorm.gated_rms_norm(
        x.reshape(*x.shape[:-1], *groups),
        gate.reshape(*gate.shape[:-1], *groups),
        weight.reshape(*weight.shape[:-1], *groups),
        eps=EPS,
        norm_before_gate=False,
        cast_before_weight=True,
    )
    return y.flatten(-2)


def one_group(x: Tensor, gate: Tensor, weight: Tensor) -> Tensor:
    norm = rmsnorm.GatedRMSNorm(EXTENT, EPS, norm_before_gate=False, cast_before_weight=True)
    norm.load_state_dict({"weight": weight})
    y: Tensor = norm.bfloat16()(x, gate)
    return y


LLAMA = module(cast_before_weight=True)
GEMMA = module(weight_offset=1.0)
PLAIN = module()
FAMILIES: list[tuple[str, str, tuple[int, ...], Any]] = [
    ("llama", "LlamaRMSNorm", (), LLAMA),
    ("mistral", "MistralRMSNorm", (), LLAMA),
    ("qwen2", "Qwen2RMSNorm", (), LLAMA),
    ("qwen3", "Qwen3RMSNorm", (), LLAMA),
    ("phi3", "Phi3RMSNorm", (), LLAMA),
    ("deepseek_v3", "DeepseekV3RMSNorm", (), LLAMA),
    ("minimax_m2", "MiniMaxM2RMSNorm", (), LLAMA),
    ("t5", "T5LayerNorm", (), LLAMA),
    ("mt5", "MT5LayerNorm", (), LLAMA),
    ("olmo2", "Olmo2RMSNorm", (), PLAIN),
    ("gpt_oss", "GptOssRMSNorm", (), PLAIN),
    ("helium", "HeliumRMSNorm", (), PLAIN),
    ("gemma4", "Gemma4RMSNorm", (), PLAIN),
    ("gemma", "GemmaRMSNorm", (), GEMMA),
    ("gemma2", "Gemma2RMSNorm", (), GEMMA),
    ("gemma3", "Gemma3RMSNorm", (), GEMMA),
    ("qwen3_next", "Qwen3NextRMSNorm", (), GEMMA),
    ("mamba2", "MambaRMSNormGated", (EXTENT,), one_group),
    ("mamba2", "MambaRMSNormGated", (GROUP,), grouped),
    ("bamba", "BambaRMSNormGated", (GROUP,), grouped),
    ("zamba2", "Zamba2RMSNormGated", (GROUP,), grouped),
    ("nemotron_h", "NemotronHRMSNormGated", (GROUP,), grouped),
]


@pytest.mark.parametrize(
    ("family", "kind", "arguments", "ours"),
    FAMILIES,
    ids=[f"{family}-{'-'.join(map(str, arguments))}" for family, _, arguments, _ in FAMILIES],
)
def test_family(family: str, kind: str, arguments: tuple[int, ...], ours: Any) -> None:
    source = import_module(f"transformers.models.{family}.modeling_{family}")
    generator = torch.Generator().manual_seed(3)
    x, gate = (torch.randn(64, EXTENT, generator=generator).bfloat16() for _ in range(2))
    weight = torch.rand(EXTENT, generator=generator).bfloat16()
    theirs = getattr(source, kind)(EXTENT, *arguments, eps=EPS).bfloat16()
    theirs.load_state_dict({"weight": weight})
    with torch.no_grad():
        want = theirs(x, gate) if arguments else theirs(x)
        got = ours(x, gate, weight)
    assert got.dtype == want.dtype
    assert (got != want).float().mean() < 0.01
