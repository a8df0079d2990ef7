# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Whole models: imported through torch-mlir, compiled, run, compared with PyTorch."""

import re
import subprocess
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Built:
    """A model, what was compiled of it, and tokens to feed it."""

    name: str
    model: torch.nn.Module
    artifact: Path
    ids: torch.Tensor


@pytest.fixture(scope="module", params=sorted(small_models.MODELS))
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    name = str(request.param)
    model, ids = small_models.MODELS[name](), small_models.token_ids()
    folder = tmp_path_factory.mktemp(name)
    (folder / "model.mlir").write_text(import_torch(model, (ids,)).text)
    compile_text(folder / "model.mlir", folder / "model.rmsn", ("cpu",))
    return Built(name, model, folder / "model.rmsn", ids)


def test_through_python(built: Built) -> None:
    function = rmsnorm.load(built.artifact)["main"]
    for ids in (built.ids, (built.ids * 7 + 3) % small_models.VOCABULARY):
        assert_close(function(ids), small_models.reference_logits(built.model, ids))


def test_through_rmsnorm_run(built: Built, tmp_path: Path) -> None:
    np.save(tmp_path / "ids.npy", built.ids.numpy())
    output = tmp_path / "logits.npy"
    subprocess.run(
        [find_tool("rmsnorm-run"), built.artifact, tmp_path / "ids.npy", "-o", output], check=True
    )
    got = torch.from_numpy(np.load(output))
    assert_close(got, small_models.reference_logits(built.model, built.ids))


def test_norms_are_found(built: Built) -> None:
    """Every norm of the architecture ends up in a kernel that says so."""
    kernels = rmsnorm.load(built.artifact).kernels
    assert sum(norms for _, _, _, norms in kernels) == small_models.NORMS[built.name]


def test_threads_change_nothing(built: Built) -> None:
    one, two = (
        rmsnorm.load(built.artifact, rmsnorm.Context(threads))["main"](built.ids)
        for threads in (1, 2)
    )
    assert_close(one, two)


def test_weights_as_arguments(tmp_path: Path) -> None:
    model, ids = small_models.qwen3(), small_models.token_ids()
    imported = import_torch(model, (ids,), weights="arguments")
    source, artifact = tmp_path / "model.mlir", tmp_path / "model.rmsn"
    source.write_text(imported.text)
    compile_text(source, artifact, ("cpu",))
    got = rmsnorm.load(artifact)["main"](*(value for _, value in imported.lifted), ids)
    assert_close(got, small_models.reference_logits(model, ids))


def test_compile_keeps_the_models_own_interface() -> None:
    model, ids = small_models.llama(), small_models.token_ids()
    compiled = rmsnorm.compile(model, example_kwargs={"input_ids": ids})
    want = small_models.reference_logits(model, ids)
    assert_close(compiled(input_ids=ids).logits, want)
    with pytest.raises(TypeError, match="structure"):
        compiled(ids)
    wrong = ids.clone()
    wrong[0, 3] = small_models.VOCABULARY + 5
    with pytest.raises(rmsnorm.RMSNormError) as failure:
        compiled(input_ids=wrong)
    assert failure.value.status == "ASSERTION"
    with pytest.raises(rmsnorm.RMSNormError) as failure:
        compiled(input_ids=ids[:, :-1])
    assert failure.value.status == "WRONG_EXTENT"
    assert_close(compiled(input_ids=ids).logits, want)  # a failure leaves nothing behind


def test_compile_refuses_nonsense(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="example_inputs"):
        rmsnorm.compile(torch.nn.Linear(2, 2))
    with pytest.raises(TypeError, match="model: given int"):
        rmsnorm.compile(3)
    broken = tmp_path / "broken.mlir"
    broken.write_text("func.func @main(%x: tensor<4xf32>) { return %y }")
    with pytest.raises(rmsnorm.CompileError, match=r"broken\.mlir"):
        rmsnorm.compile(broken)


def test_object_has_no_undefined_symbols(built: Built, tmp_path: Path) -> None:
    variants = rmsnorm.load(built.artifact).variants
    codes = [code for _, kind, _, code in variants if kind == "elf"]
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
