# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Whole models: imported through torch-mlir, compiled, run, compared with PyTorch."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

for module in ("torch", "torch_mlir", "transformers"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import small_models  # noqa: E402
import torch  # noqa: E402

import rmsnorm  # noqa: E402
from rmsnorm.compiler import compile_text  # noqa: E402
from rmsnorm.importer import import_torch  # noqa: E402
from rmsnorm.tools import find_tool  # noqa: E402

TOLERANCE = 1e-5  # of the largest logit


def assert_close(got: torch.Tensor, want: torch.Tensor) -> None:
    assert got.shape == want.shape
    assert got.dtype == want.dtype
    assert torch.isfinite(got).all()
    assert (got - want).abs().max().item() <= TOLERANCE * want.abs().max().item()


@pytest.fixture(scope="module", params=sorted(small_models.MODELS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_through_python(name: str) -> None:
    model, ids = small_models.MODELS[name](), small_models.token_ids()
    compiled = rmsnorm.compile(model, (ids,))
    output = compiled(ids)
    assert_close(output.logits, small_models.reference_logits(model, ids))
    other = (ids * 7 + 3) % small_models.VOCABULARY
    assert_close(compiled(other).logits, small_models.reference_logits(model, other))


def test_through_rmsnorm_run(name: str, tmp_path: Path) -> None:
    model, ids = small_models.MODELS[name](), small_models.token_ids()
    source, artifact = tmp_path / "model.mlir", tmp_path / "model.rmsn"
    source.write_text(import_torch(model, (ids,)).text)
    compile_text(source, artifact, ("cpu",))
    np.save(tmp_path / "ids.npy", ids.numpy())
    subprocess.run(
        [find_tool("rmsnorm-run"), artifact, tmp_path / "ids.npy", "-o", tmp_path / "logits.npy"],
        check=True,
    )
    got = torch.from_numpy(np.load(tmp_path / "logits.npy"))
    assert_close(got, small_models.reference_logits(model, ids))


def test_weights_as_arguments(name: str, tmp_path: Path) -> None:
    model, ids = small_models.MODELS[name](), small_models.token_ids()
    imported = import_torch(model, (ids,), weights="arguments")
    assert len(imported.lifted) > 10
    source, artifact = tmp_path / "model.mlir", tmp_path / "model.rmsn"
    source.write_text(imported.text)
    compile_text(source, artifact, ("cpu",))
    function = rmsnorm.load(artifact)["main"]
    got = function(*(value for _, value in imported.lifted), ids)
    assert_close(got, small_models.reference_logits(model, ids))


def test_norms_are_found(name: str, tmp_path: Path) -> None:
    """Every norm of the architecture ends up in a kernel that says so."""
    model, ids = small_models.MODELS[name](), small_models.token_ids()
    compiled = rmsnorm.compile(model, (ids,))
    found = sum(norms for _, _, _, norms in compiled.artifact.kernels)
    assert found == small_models.NORMS[name]


def test_token_out_of_range_is_an_error() -> None:
    model, ids = small_models.llama(), small_models.token_ids()
    compiled = rmsnorm.compile(model, (ids,))
    wrong = ids.clone()
    wrong[0, 3] = small_models.VOCABULARY + 5
    with pytest.raises(rmsnorm.RMSNormError) as failure:
        compiled(wrong)
    assert failure.value.status == "ASSERTION"
    assert_close(compiled(ids).logits, small_models.reference_logits(model, ids))


def test_object_has_no_undefined_symbols(name: str, tmp_path: Path) -> None:
    model, ids = small_models.MODELS[name](), small_models.token_ids()
    compiled = rmsnorm.compile(model, (ids,))
    codes = [code for _, kind, _, code in compiled.artifact.variants if kind == "elf"]
    assert codes
    for number, code in enumerate(codes):
        path = tmp_path / f"{number}.so"
        path.write_bytes(code)
        listed = subprocess.run(
            ["nm", "-D", "--undefined-only", path], capture_output=True, text=True, check=True
        )
        assert listed.stdout.strip() == ""
        sections = subprocess.run(
            ["readelf", "-SW", path], capture_output=True, text=True, check=True
        )
        assert not re.search(r"\.init_array|\.ctors", sections.stdout)
