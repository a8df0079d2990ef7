# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models that PyTorch's exporters write: norms found, numbers of ONNX Runtime and PyTorch."""

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

for module in ("onnx", "onnxruntime", "onnxscript", "torch", "torch_mlir", "transformers"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import onnxruntime  # noqa: E402
import small_models  # noqa: E402
import spelling_modules  # noqa: E402
import torch  # noqa: E402

import rmsnorm  # noqa: E402

logging.getLogger("torch.onnx").setLevel(logging.ERROR)


def export(
    module: torch.nn.Module, x: torch.Tensor, path: Path, exporter: str, dynamic: bool
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if exporter == "legacy":
            axes = {"x": {0: "b"}} if dynamic else None
            torch.onnx.export(
                module,
                (x,),
                str(path),
                dynamo=False,
                opset_version=17,
                input_names=["x"],
                dynamic_axes=axes,
            )
            return
        shapes = ({0: torch.export.Dim("b", min=1, max=64)},) if dynamic else None
        program: Any = torch.onnx.export(
            module,
            (x,),
            dynamo=True,
            opset_version=int(exporter),
            dynamic_shapes=shapes,
            verbose=False,
        )
        program.save(path)


class Block(torch.nn.Module):
    """Two norms of different spellings around a product, with a residual sum."""

    def __init__(self, native: bool) -> None:
        super().__init__()
        self.first = spelling_modules.SPELLINGS["llama"].make()
        self.second = (
            torch.nn.RMSNorm(64, eps=1e-5) if native else spelling_modules.SPELLINGS["llama"].make()
        )
        self.linear = torch.nn.Linear(64, 64)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = x + self.second(torch.nn.functional.silu(self.linear(self.first(x))))
        return y


@pytest.mark.parametrize("exporter", ["legacy", "18", "23"])
@pytest.mark.parametrize("dynamic", [False, True])
def test_block(exporter: str, dynamic: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    # The TorchScript exporter has no translation of nn.RMSNorm.
    block = Block(native=exporter != "legacy").eval()
    path = tmp_path / "block.onnx"
    export(block, torch.randn(4, 64), path, exporter, dynamic)
    compiled = rmsnorm.compile(path)
    assert sum(kernel[3] for kernel in compiled.artifact.kernels) == 2
    session = onnxruntime.InferenceSession(path)
    for rows in (4, 1, 9) if dynamic else (4,):
        x = torch.randn(rows, 64)
        got = compiled(x)
        assert isinstance(got, torch.Tensor)
        want = session.run(None, {session.get_inputs()[0].name: x.numpy()})[0]
        np.testing.assert_allclose(got.numpy(), want, rtol=2e-5, atol=2e-5)
        with torch.no_grad():
            torch.testing.assert_close(got, block(x), rtol=2e-5, atol=2e-5)


class Logits(torch.nn.Module):
    """A language model without its output class, which the exporters don't know."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(ids).logits
        return logits


def test_language_model(tmp_path: Path) -> None:
    """A whole model with a dynamic batch: attention, masks, rotary angles; all norms found."""
    model: Any = small_models.llama()
    model.config._attn_implementation, model.config.use_cache = "eager", False
    path = tmp_path / "model.onnx"
    ids = small_models.token_ids().repeat(2, 1)
    export(Logits(model).eval(), ids, path, "23", True)
    compiled = rmsnorm.compile(path)
    assert sum(kernel[3] for kernel in compiled.artifact.kernels) == small_models.NORMS["llama"]
    for batch in (1, 3):
        ids = torch.randint(0, 200, (batch, ids.shape[1]))
        want = small_models.reference_logits(model, ids)
        assert float((compiled(ids) - want).abs().max() / want.abs().max()) <= 1e-5
