# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small random models of three architectures of ``transformers``, two layers each.

The weights come from a fixed seed, so that every process builds the same
model; norm weights are random too, so that a lost weight shows.
"""

from collections.abc import Callable

import torch
import transformers

TOKENS = 16
VOCABULARY = 256

_COMMON = {
    "hidden_size": 64,
    "intermediate_size": 160,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "vocab_size": VOCABULARY,
    "max_position_embeddings": 128,
}


def randomized(model: torch.nn.Module, seed: int) -> torch.nn.Module:
    """The model in evaluation mode with random weights from a seed."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() == 1:  # norm weights: around what the class starts from
                parameter.add_(0.2 * noise)
            else:
                parameter.copy_(noise / parameter.shape[-1] ** 0.5)
    return model.eval()


def llama(**changes: int) -> torch.nn.Module:
    """Llama: 5 norms at two layers, the weight after the cast."""
    config = transformers.LlamaConfig(**{**_COMMON, **changes})
    return randomized(transformers.LlamaForCausalLM(config), seed=1)


def qwen3(**changes: int) -> torch.nn.Module:
    """Qwen3: also norms of the queries and keys, 9 in all at two layers."""
    config = transformers.Qwen3Config(**{**_COMMON, **changes})
    return randomized(transformers.Qwen3ForCausalLM(config), seed=2)


def gemma(**changes: int) -> torch.nn.Module:
    """Gemma: the weight is stored as an offset from one, 5 norms at two layers."""
    config = transformers.GemmaConfig(**{**_COMMON, **changes})
    return randomized(transformers.GemmaForCausalLM(config), seed=3)


MODELS: dict[str, Callable[..., torch.nn.Module]] = {
    "llama": llama,
    "qwen3": qwen3,
    "gemma": gemma,
}
NORMS = {"llama": 5, "qwen3": 9, "gemma": 5}


def token_ids(batch: int = 1, tokens: int = TOKENS, vocabulary: int = VOCABULARY) -> torch.Tensor:
    """Token numbers from a fixed seed, shape [batch, tokens], int64."""
    generator = torch.Generator().manual_seed(7)
    return torch.randint(0, vocabulary, (batch, tokens), generator=generator)


def reference_logits(model: torch.nn.Module, ids: torch.Tensor) -> torch.Tensor:
    """What PyTorch itself gives, [batch, tokens, vocabulary]."""
    with torch.no_grad():
        logits: torch.Tensor = model(ids, use_cache=False).logits
    return logits
