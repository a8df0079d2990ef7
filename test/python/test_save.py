# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiled models written to a file and opened again."""

import gc
import tempfile
from pathlib import Path

import pytest
import torch

import rmsnorm

pytest.importorskip("torch_mlir")


def model_and_input() -> tuple[torch.nn.Module, torch.Tensor]:
    torch.manual_seed(5)
    model = torch.nn.Sequential(torch.nn.RMSNorm(24), torch.nn.Linear(24, 7)).eval()
    return model, torch.randn(3, 24)


def test_a_saved_model_computes_the_same(tmp_path: Path) -> None:
    model, x = model_and_input()
    compiled = rmsnorm.compile(model, (x,), weights="constants")
    want = compiled(x)
    path = tmp_path / "model.rmsn"
    compiled.save(path)
    del compiled
    gc.collect()
    artifact = rmsnorm.load(path)
    (name,) = artifact.function_names
    got = artifact[name](x)
    assert isinstance(got, torch.Tensor)
    assert torch.equal(got, want)
    torch.testing.assert_close(got, model(x))


def test_weights_that_are_arguments_cannot_be_saved(tmp_path: Path) -> None:
    model, x = model_and_input()
    compiled = rmsnorm.compile(model, (x,))
    with pytest.raises(ValueError, match=r'3 weights.*weights="constants"'):
        compiled.save(tmp_path / "model.rmsn")
    assert not (tmp_path / "model.rmsn").exists()


def test_files_go_with_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    model, x = model_and_input()
    compiled = rmsnorm.compile(model, (x,), weights="constants")
    assert list(tmp_path.glob("rmsnorm-*"))
    del compiled
    gc.collect()
    assert not list(tmp_path.glob("rmsnorm-*"))
    with pytest.raises(rmsnorm.CompileError):
        rmsnorm.compile(model, (x,), target="cpu:no-such-cpu")
    assert not list(tmp_path.glob("rmsnorm-*"))
