# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Backend ``"rmsnorm"``: what goes into kernels of models of ``transformers``, and the numbers."""

from collections.abc import Callable
from typing import Any

import pytest

for module in ("torch", "torch_mlir", "transformers"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import small_models  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.fx import GraphModule  # noqa: E402

from rmsnorm.backend import last_report, replace_norms  # noqa: E402

COMMON = small_models._COMMON
NO_HEAD = {key: value for key, value in COMMON.items() if key != "head_dim"}


def gemma2() -> nn.Module:
    config = transformers.Gemma2Config(**COMMON, attn_implementation="eager")
    return small_models.randomized(transformers.Gemma2ForCausalLM(config), 4)


def gemma3() -> nn.Module:
    config = transformers.Gemma3TextConfig(**COMMON)
    return small_models.randomized(transformers.Gemma3ForCausalLM(config), 5)


def olmo2() -> nn.Module:
    config = transformers.Olmo2Config(**NO_HEAD)
    return small_models.randomized(transformers.Olmo2ForCausalLM(config), 6)


def mamba2() -> nn.Module:
    shape = {"num_heads": 8, "head_dim": 16, "expand": 2, "state_size": 16, "n_groups": 2}
    config = transformers.Mamba2Config(
        hidden_size=64, num_hidden_layers=2, vocab_size=256, chunk_size=16, **shape
    )
    return small_models.randomized(transformers.Mamba2ForCausalLM(config), 7)


def t5() -> nn.Module:
    config = transformers.T5Config(
        d_model=64, d_kv=16, d_ff=128, num_layers=2, num_heads=4, vocab_size=256
    )
    return small_models.randomized(transformers.T5EncoderModel(config), 8)


ADD = ("add", "rms_norm")
POST = ("rms_norm", "add")
SANDWICH = ("rms_norm", "add", "rms_norm")
ROTARY = ("rms_norm", "mul")
GATED = ("silu", "mul", "rms_norm", "mul")
MODELS: dict[str, tuple[Callable[..., nn.Module], int, dict[tuple[str, ...], int]]] = {
    # name: model, norms, kernels of what, how often
    "llama": (small_models.llama, 5, {("rms_norm",): 1, ADD: 4}),
    "qwen3": (small_models.qwen3, 9, {("rms_norm",): 5, ADD: 4}),
    "gemma2": (gemma2, 9, {("rms_norm",): 1, SANDWICH: 4}),
    "gemma3": (gemma3, 13, {("mul", "rms_norm"): 1, ROTARY: 4, SANDWICH: 4}),
    "olmo2": (olmo2, 9, {("rms_norm",): 4, POST: 3, SANDWICH: 1}),
    "mamba2": (mamba2, 5, {("rms_norm",): 1, GATED: 2, ADD: 2}),
    "t5": (t5, 5, {("rms_norm",): 1, ADD: 4}),
}


@pytest.mark.parametrize("name", MODELS)
def test_model(name: str) -> None:
    make, norms, expected = MODELS[name]
    model, ids = make(), small_models.token_ids()
    torch._dynamo.reset()

    def backend(module: GraphModule, _: list[Tensor]) -> GraphModule:
        replace_norms(module, neighbours=True)
        return module

    def values(output: Any) -> Tensor:
        result = output.logits if hasattr(output, "logits") else output.last_hidden_state
        assert isinstance(result, Tensor)
        return result

    with torch.no_grad():
        got = values(torch.compile(model, backend=backend, fullgraph=True)(ids))
        want = values(model(ids))
    assert (got - want).abs().max() <= 1e-5 * want.abs().max()
    report = last_report()
    assert report is not None
    assert report.norms == norms
    found: dict[tuple[str, ...], int] = {}
    for kernel in report.kernels:
        found[kernel.inside] = found.get(kernel.inside, 0) + 1
    assert found == expected
