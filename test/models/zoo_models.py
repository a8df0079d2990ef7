# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small random models of many architectures of ``transformers``, for the coverage table.

Each is the library's own class with a configuration of one or two layers, called
with ``input_ids`` alone (encoder-decoders with ``decoder_input_ids`` too).
"""

from dataclasses import dataclass, field
from typing import Any

import torch
import transformers
from small_models import randomized

VOCABULARY = 256

_LLAMA_LIKE: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "vocab_size": VOCABULARY,
    "max_position_embeddings": 128,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
_EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
_MLA = {
    "q_lora_rank": 32,
    "kv_lora_rank": 16,
    "qk_nope_head_dim": 16,
    "qk_rope_head_dim": 8,
    "v_head_dim": 16,
    "n_routed_experts": 4,
    "num_experts_per_tok": 2,
    "n_group": 2,
    "topk_group": 1,
    "n_shared_experts": 1,
    "moe_intermediate_size": 32,
    "first_k_dense_replace": 1,
    "head_dim": 8,
    "num_key_value_heads": 4,
}
_MAMBA2 = {
    "num_heads": 8,
    "head_dim": 16,
    "state_size": 16,
    "n_groups": 2,
    "chunk_size": 8,
    "expand": 2,
}
_T5 = {
    "vocab_size": VOCABULARY,
    "d_model": 64,
    "d_kv": 16,
    "d_ff": 96,
    "num_layers": 2,
    "num_decoder_layers": 2,
    "num_heads": 4,
    "decoder_start_token_id": 0,
}


@dataclass(frozen=True)
class ZooModel:
    """A class of the library and its configuration.

    Attributes:
        model: name of the model's class.
        config: name of its configuration's class.
        arguments: of the configuration.
        inputs: names of the arguments that get token ids.
    """

    model: str
    config: str
    arguments: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ("input_ids",)

    def build(self) -> torch.nn.Module:
        """The model in f32 and evaluation mode, with random weights from a fixed seed."""
        torch.manual_seed(5)
        config = getattr(transformers, self.config)(**self.arguments)
        return randomized(getattr(transformers, self.model)(config), seed=6)

    def example(self, batch: int = 1, tokens: int = 16) -> dict[str, torch.Tensor]:
        """Token ids for each input, shape [batch, tokens], int64."""
        generator = torch.Generator().manual_seed(7 + tokens)
        return {
            name: torch.randint(3, VOCABULARY, (batch, tokens), generator=generator)
            for name in self.inputs
        }


def _causal(family: str, **changes: Any) -> ZooModel:
    return ZooModel(f"{family}ForCausalLM", f"{family}Config", {**_LLAMA_LIKE, **changes})


def _encoder_decoder(family: str) -> ZooModel:
    names = ("input_ids", "decoder_input_ids")
    return ZooModel(f"{family}ForConditionalGeneration", f"{family}Config", _T5, names)


ZOO: dict[str, ZooModel] = {
    "llama": _causal("Llama"),
    "llama4": ZooModel(
        "Llama4ForCausalLM",
        "Llama4TextConfig",
        {
            **_LLAMA_LIKE,
            "intermediate_size_mlp": 96,
            "num_local_experts": 4,
            "num_experts_per_tok": 1,
            "interleave_moe_layer_step": 2,
            "attention_chunk_size": 64,
        },
    ),
    "mistral": _causal("Mistral", sliding_window=8),
    "mixtral": _causal("Mixtral", num_local_experts=4, num_experts_per_tok=2),
    "qwen2": _causal("Qwen2"),
    "qwen3": _causal("Qwen3"),
    "qwen3_moe": _causal("Qwen3Moe", **_EXPERTS),
    "qwen3_next": _causal(
        "Qwen3Next",
        **_EXPERTS,
        shared_expert_intermediate_size=32,
        linear_num_value_heads=4,
        linear_num_key_heads=2,
        linear_key_head_dim=16,
        linear_value_head_dim=16,
        layer_types=["linear_attention", "full_attention"],
    ),
    "gemma": _causal("Gemma"),
    "gemma2": _causal("Gemma2", sliding_window=8, query_pre_attn_scalar=16),
    "gemma3": ZooModel(
        "Gemma3ForCausalLM",
        "Gemma3TextConfig",
        {**_LLAMA_LIKE, "sliding_window": 8, "query_pre_attn_scalar": 16},
    ),
    "gemma4": ZooModel(
        "Gemma4ForCausalLM",
        "Gemma4TextConfig",
        {
            **_LLAMA_LIKE,
            "global_head_dim": 16,
            "sliding_window": 8,
            "hidden_size_per_layer_input": 8,
            "vocab_size_per_layer_input": VOCABULARY,
            "num_kv_shared_layers": 0,
        },
    ),
    "olmo2": _causal("Olmo2"),
    "gpt_oss": _causal("GptOss", num_local_experts=4, num_experts_per_tok=2, sliding_window=8),
    "deepseek_v3": _causal("DeepseekV3", **_MLA),
    "kimi_mla": _causal("DeepseekV3", **{**_MLA, "n_group": 1, "first_k_dense_replace": 2}),
    "glm4": _causal("Glm4", partial_rotary_factor=0.5),
    "phi3": _causal("Phi3"),
    "falcon_h1": _causal(
        "FalconH1",
        mamba_d_ssm=128,
        mamba_n_heads=8,
        mamba_d_head=16,
        mamba_n_groups=2,
        mamba_d_state=16,
        mamba_chunk_size=8,
        mamba_rms_norm=True,
    ),
    "mamba2": ZooModel(
        "Mamba2ForCausalLM",
        "Mamba2Config",
        {"vocab_size": VOCABULARY, "hidden_size": 64, "num_hidden_layers": 2, **_MAMBA2},
    ),
    "bamba": _causal(
        "Bamba",
        attn_layer_indices=[1],
        mamba_n_heads=8,
        mamba_d_head=16,
        mamba_n_groups=1,
        mamba_d_state=16,
        mamba_chunk_size=8,
    ),
    "t5": _encoder_decoder("T5"),
    "mt5": _encoder_decoder("MT5"),
    "helium": _causal("Helium"),
    "minimax": _causal("MiniMax", num_local_experts=4, num_experts_per_tok=2, block_size=8),
    "minimax_m2": _causal("MiniMaxM2", num_local_experts=4, num_experts_per_tok=2),
    "cohere": _causal("Cohere"),
    "granite": _causal("Granite"),
    "smollm3": _causal("SmolLM3"),
    "exaone4": _causal("Exaone4", sliding_window=8),
    "ernie4_5": _causal("Ernie4_5"),
    "nemotron": _causal("Nemotron"),
    "starcoder2": _causal("Starcoder2"),
    "moshi": _causal("Moshi", ffn_dim=96, sliding_window=8),
    "arcee": _causal("Arcee"),
    "apertus": _causal("Apertus"),
    "olmo3": _causal("Olmo3", sliding_window=8),
    "bitnet": _causal("BitNet"),
    "lfm2": _causal("Lfm2", layer_types=["conv", "full_attention"]),
    "vault_gemma": _causal("VaultGemma", sliding_window=8, query_pre_attn_scalar=16),
    "recurrent_gemma": _causal(
        "RecurrentGemma",
        lru_width=64,
        block_types=["recurrent", "attention"],
        attention_window_size=8,
    ),
    "minicpm3": _causal(
        "MiniCPM3",
        q_lora_rank=32,
        kv_lora_rank=16,
        qk_nope_head_dim=16,
        qk_rope_head_dim=8,
        v_head_dim=16,
        num_key_value_heads=4,
    ),
    "diff_llama": _causal("DiffLlama"),
    "stablelm": _causal("StableLm"),
    "nanochat": _causal("NanoChat"),
    "doge": _causal("Doge", num_experts=4),
    "olmoe": _causal("Olmoe", num_experts=4, num_experts_per_tok=2),
    "eurobert": ZooModel("EuroBertForMaskedLM", "EuroBertConfig", _LLAMA_LIKE),
    "jamba": _causal(
        "Jamba",
        num_experts=4,
        num_experts_per_tok=2,
        attn_layer_period=2,
        attn_layer_offset=1,
        mamba_d_state=16,
        mamba_dt_rank=8,
        use_mamba_kernels=False,
    ),
    "falcon_mamba": ZooModel(
        "FalconMambaForCausalLM",
        "FalconMambaConfig",
        {"vocab_size": VOCABULARY, "hidden_size": 64, "num_hidden_layers": 2, "state_size": 16},
    ),
    "zamba2": ZooModel(
        "Zamba2ForCausalLM",
        "Zamba2Config",
        {
            "vocab_size": VOCABULARY,
            "hidden_size": 64,
            "intermediate_size": 96,
            "num_hidden_layers": 3,
            "layers_block_type": ["linear_attention", "hybrid", "linear_attention"],
            "num_attention_heads": 4,
            "mamba_d_state": 16,
            "n_mamba_heads": 8,
            "chunk_size": 8,
            "adapter_rank": 8,
        },
    ),
    "muse_spark": ZooModel(
        "MuseSparkTextModel",
        "MuseSparkTextConfig",
        {
            **_LLAMA_LIKE,
            "num_local_experts": 4,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 32,
            "moe_hidden_size": 64,
            "sliding_window": 8,
        },
    ),
    "switch_transformers": ZooModel(
        "SwitchTransformersForConditionalGeneration",
        "SwitchTransformersConfig",
        {**_T5, "num_experts": 4, "expert_capacity": 16},
        ("input_ids", "decoder_input_ids"),
    ),
    "longt5": ZooModel(
        "LongT5ForConditionalGeneration",
        "LongT5Config",
        {**_T5, "local_radius": 4},
        ("input_ids", "decoder_input_ids"),
    ),
}
