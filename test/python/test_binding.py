# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Artifacts called from Python: tensors of several libraries, results, errors."""

import os
from pathlib import Path
from typing import Any

import ml_dtypes
import norm_cases as cases
import numpy as np
import pytest
import rmsnorm_oracle as oracle
from conftest import CompileFixture

import rmsnorm
from rmsnorm._native import signature

SCALE = cases.VARIANTS[0]
EXTENT = 96


@pytest.fixture(scope="module")
def artifact_path(compile_mlir: CompileFixture) -> Path:
    functions = [cases.function_text(d, EXTENT, SCALE) for d in ("f32", "bf16", "f16", "f64")]
    return compile_mlir("binding", "".join(functions))


@pytest.fixture(scope="module")
def artifact(artifact_path: Path, one_thread: rmsnorm.Context) -> rmsnorm.Artifact:
    return rmsnorm.load(artifact_path, one_thread)


def function_of(artifact: rmsnorm.Artifact, dtype: str) -> rmsnorm.Function:
    return artifact[cases.function_name(dtype, EXTENT, SCALE)]


def arrays(dtype: str, rows: int = 5) -> tuple[cases.Array, cases.Array, oracle.Reference]:
    x = cases.make_input("normal", dtype, rows, EXTENT, seed=23)
    weight = cases.make_parameters(SCALE, dtype, EXTENT)["scale"]
    return x, weight, oracle.rms_norm(x, weight, eps=SCALE.eps)


class Foreign:
    """A tensor of a library that only knows the DLPack protocol and the array API."""

    def __init__(self, array: cases.Array) -> None:
        self.array = array

    def __dlpack__(self, **keywords: Any) -> object:
        return self.array.__dlpack__(**keywords)

    def __dlpack_device__(self) -> tuple[Any, Any]:
        return self.array.__dlpack_device__()

    def __array_namespace__(self) -> Any:
        return np


class OldForeign(Foreign):
    """From before DLPack 1.0: no keyword arguments."""

    def __dlpack__(self) -> object:  # type: ignore[override]
        return self.array.__dlpack__()


def test_description(artifact: rmsnorm.Artifact) -> None:
    assert len(artifact.function_names) == 4
    function = function_of(artifact, "bf16")
    assert function.name == "bf16_96_scale"
    assert [value[1:] for value in function.arguments] == [("bf16", (-1, 96)), ("bf16", (96,))]
    assert [value[1:] for value in function.results] == [("bf16", (-1, 96))]
    targets = [(target, kind, usable) for target, kind, usable, _ in artifact.variants]
    assert [kind for _, kind, _ in targets] == ["elf"]
    assert targets[0][2]


@pytest.mark.parametrize("dtype", ["f32", "bf16", "f16", "f64"])
def test_numpy(artifact: rmsnorm.Artifact, dtype: str) -> None:
    x, weight, want = arrays(dtype)
    got = function_of(artifact, dtype)(x, weight)
    assert type(got) is np.ndarray
    assert got.dtype == x.dtype
    assert oracle.compare(got, want).within_requirements(dtype)


@pytest.mark.parametrize("dtype", ["f32", "bf16", "f16", "f64"])
def test_torch(artifact: rmsnorm.Artifact, dtype: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    x, weight, want = arrays(dtype)
    kind = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}
    kind["f64"] = torch.float64
    tensors = [torch.from_numpy(a.astype(np.float64)).to(kind[dtype]) for a in (x, weight)]
    function = function_of(artifact, dtype)
    got = function(*tensors)
    assert type(got) is torch.Tensor
    assert got.dtype == kind[dtype]
    exact = got.double().numpy().astype(x.dtype)
    assert oracle.compare(exact, want).within_requirements(dtype)
    # A parameter, a view of other strides, and a result of its own behave alike.
    parameters = [torch.nn.Parameter(tensor) for tensor in tensors]
    assert torch.equal(function(*parameters), got)
    wide = torch.zeros(tensors[0].shape[0], 2 * EXTENT, dtype=kind[dtype])
    wide[:, ::2] = tensors[0]
    assert torch.equal(function(wide[:, ::2], tensors[1]), got)
    out = torch.empty_like(got)
    assert function(*tensors, out=out) is out
    assert torch.equal(out, got)


@pytest.mark.parametrize("wrapper", [Foreign, OldForeign])
def test_other_libraries(artifact: rmsnorm.Artifact, wrapper: type[Foreign]) -> None:
    x, weight, want = arrays("f32")
    got = function_of(artifact, "f32")(wrapper(x), wrapper(weight))
    assert type(got) is np.ndarray  # what the namespace's from_dlpack makes
    assert oracle.compare(got, want).within_requirements("f32")


def test_given_output(artifact: rmsnorm.Artifact) -> None:
    x, weight, want = arrays("f32")
    function = function_of(artifact, "f32")
    wide = np.full((5, EXTENT + 7), 7.0, np.float32)
    out = wide[:, :EXTENT]
    assert function(x, weight, out=out) is out
    assert oracle.compare(out, want).within_requirements("f32")
    assert (wide[:, EXTENT:] == 7).all()
    assert function(x, weight, out=[out]) == [out]


def test_signature() -> None:
    assert signature(np.zeros((3, 2), ml_dtypes.bfloat16)) == (2, (3, 2))
    assert signature(np.zeros((), np.int64)) == (9, ())


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda x, w: (x.astype(np.float64), w), "WRONG_DTYPE"),
        (lambda x, w: (x[0], w), "WRONG_RANK"),
        (lambda x, w: (x[:, :-1], w), "WRONG_EXTENT"),
        (lambda x, w: (x, w[:-1]), "WRONG_EXTENT"),
    ],
)
def test_wrong_arguments(artifact: rmsnorm.Artifact, change: Any, status: str) -> None:
    x, weight, _ = arrays("f32")
    with pytest.raises(rmsnorm.RMSNormError) as failure:
        function_of(artifact, "f32")(*change(x, weight))
    assert failure.value.status == status
    assert failure.value.code > 0
    assert str(failure.value)


def test_wrong_calls(artifact: rmsnorm.Artifact) -> None:
    x, weight, _ = arrays("f32")
    function = function_of(artifact, "f32")
    with pytest.raises(TypeError, match="given 1 arguments, expected 2"):
        function(x)
    with pytest.raises(TypeError, match="argument 1: given str"):
        function(x, "weight")
    with pytest.raises(TypeError, match="only keyword argument is 'out'"):
        function(x, weight, output=x)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="out: given 2 tensors, expected 1"):
        function(x, weight, out=(x, x))
    with pytest.raises(TypeError, match="byte order"):
        function(x.astype(">f4"), weight)


def test_read_only_output(artifact: rmsnorm.Artifact) -> None:
    x, weight, _ = arrays("f32")
    out = np.zeros_like(x)
    out.flags.writeable = False
    with pytest.raises(rmsnorm.RMSNormError) as failure:
        function_of(artifact, "f32")(x, weight, out=out)
    assert failure.value.status == "READ_ONLY"
    assert (out == 0).all()
    x.flags.writeable = False
    function_of(artifact, "f32")(x, weight)  # inputs may be read-only


def test_loaded_code_takes_no_file_descriptors(
    artifact_path: Path, one_thread: rmsnorm.Context
) -> None:
    """A process has more kernels than descriptors, 1024 of which are usual."""
    before = len(os.listdir("/proc/self/fd"))
    loaded = [rmsnorm.load(artifact_path, one_thread) for _ in range(8)]
    x, weight, reference = arrays("f32")
    for artifact in loaded:
        assert oracle.compare(
            function_of(artifact, "f32")(x, weight), reference
        ).within_requirements("f32")
    assert len(os.listdir("/proc/self/fd")) <= before


def test_artifact_from_bytes(artifact_path: Path, one_thread: rmsnorm.Context) -> None:
    x, weight, want = arrays("f16")
    artifact = rmsnorm.load(artifact_path.read_bytes(), one_thread)
    got = function_of(artifact, "f16")(x, weight)
    assert oracle.compare(got, want).within_requirements("f16")


def test_function_outlives_artifact(artifact_path: Path) -> None:
    x, weight, want = arrays("f32")
    function = function_of(rmsnorm.load(artifact_path, rmsnorm.Context(1)), "f32")
    assert oracle.compare(function(x, weight), want).within_requirements("f32")


@pytest.mark.parametrize(
    ("damage", "statuses"),
    [
        (lambda data: data[: len(data) // 2], {"TRUNCATED_ARTIFACT"}),
        (lambda data: b"", {"FOREIGN_ARTIFACT", "TRUNCATED_ARTIFACT"}),
        (lambda data: b"\x7fELF" + data[4:], {"FOREIGN_ARTIFACT"}),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), {"CORRUPT_ARTIFACT"}),
        (lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:], {"CORRUPT_ARTIFACT"}),
    ],
)
def test_damaged_artifacts(artifact_path: Path, damage: Any, statuses: set[str]) -> None:
    with pytest.raises(rmsnorm.RMSNormError) as failure:
        rmsnorm.load(damage(artifact_path.read_bytes()))
    assert failure.value.status in statuses


def test_missing_file_and_function(artifact: rmsnorm.Artifact, tmp_path: Path) -> None:
    with pytest.raises(rmsnorm.RMSNormError) as failure:
        rmsnorm.load(tmp_path / "absent.rmsn")
    assert failure.value.status in {"IO_ERROR", "NOT_FOUND"}
    assert "absent.rmsn" in str(failure.value)
    with pytest.raises(rmsnorm.RMSNormError, match="nothing_like_it") as failure:
        artifact["nothing_like_it"]
    assert failure.value.status == "NOT_FOUND"
