# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""StableHLO and other MLIR from files and strings: what it is, its entries, what is wrong with it."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch_mlir", reason="torch_mlir is not installed")

import rmsnorm
from rmsnorm.importer.mlir_file import detect_form
from rmsnorm.importer.mlir_tools import new_context

LINALG = """
func.func @main(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %c0 = arith.constant 0 : index
  %rows = tensor.dim %x, %c0 : tensor<?x8xf32>
  %empty = tensor.empty(%rows) : tensor<?x8xf32>
  %y = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<?x8xf32>)
    outs(%empty : tensor<?x8xf32>)
  return %y : tensor<?x8xf32>
}
"""

NORM = """
  func.func {visibility} @{name}(%x: tensor<4x8xf32>, %w: tensor<8xf32>) -> tensor<4x8xf32> {{
    %zero = stablehlo.constant dense<0.0> : tensor<f32>
    %count = stablehlo.constant dense<8.0> : tensor<4x1xf32>
    %eps = stablehlo.constant dense<1.1920929E-7> : tensor<4x1xf32>
    %square = chlo.square %x : tensor<4x8xf32> -> tensor<4x8xf32>
    %sum = stablehlo.reduce(%square init: %zero) applies stablehlo.add across dimensions = [1]
      : (tensor<4x8xf32>, tensor<f32>) -> tensor<4xf32>
    %column = stablehlo.reshape %sum : (tensor<4xf32>) -> tensor<4x1xf32>
    %mean = stablehlo.divide %column, %count : tensor<4x1xf32>
    %shifted = stablehlo.add %mean, %eps : tensor<4x1xf32>
    %inverse = stablehlo.rsqrt %shifted : tensor<4x1xf32>
    %wide = stablehlo.broadcast_in_dim %inverse, dims = [0, 1]
      : (tensor<4x1xf32>) -> tensor<4x8xf32>
    %normal = stablehlo.multiply %x, %wide : tensor<4x8xf32>
    %scale = stablehlo.broadcast_in_dim %w, dims = [1] : (tensor<8xf32>) -> tensor<4x8xf32>
    %y = stablehlo.multiply %normal, %scale : tensor<4x8xf32>
    return %y : tensor<4x8xf32>
  }}
"""

COMPOSITE = """
  func.func public @main(%x: tensor<4x8xf32>, %w: tensor<8xf32>) -> tensor<4x8xf32> {
    %y = stablehlo.composite "tenstorrent.rms_norm" %x, %w {
      composite_attributes = {epsilon = 1.1920929E-7 : f32, normalized_shape = dense<8> : tensor<1xi64>},
      decomposition = @norm} : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
    return %y : tensor<4x8xf32>
  }
"""

TORCH = """
module attributes {torch.debug_module_name = "Relu"} {
  func.func @forward(%x: !torch.vtensor<[2,3],f32>) -> !torch.vtensor<[2,3],f32> {
    %y = torch.aten.relu %x : !torch.vtensor<[2,3],f32> -> !torch.vtensor<[2,3],f32>
    return %y : !torch.vtensor<[2,3],f32>
  }
}
"""

SINGLE = NORM.format(name="main", visibility="public")
WITH_COMPOSITE = COMPOSITE + NORM.format(name="norm", visibility="private")
TWO = NORM.format(name="first", visibility="public") + NORM.format(
    name="second", visibility="public"
)


def norms_of(compiled: rmsnorm.CompiledModel) -> int:
    return sum(kernel[3] for kernel in compiled.artifact.kernels)


def check_norm(compiled: rmsnorm.CompiledModel) -> None:
    assert norms_of(compiled) == 1
    random = np.random.default_rng(0)
    x, w = random.standard_normal((4, 8), np.float32), random.standard_normal(8, np.float32)
    want = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1.1920929e-7) * w
    np.testing.assert_allclose(compiled(x, w), want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (LINALG, "compiler"),
        (SINGLE, "stablehlo"),
        (WITH_COMPOSITE, "stablehlo"),
        (TORCH, "torch"),
        ('"stablehlo.add"(%a, %b)', "stablehlo"),
        ('func.func @f() attributes {note = "stablehlo.add"} { // stablehlo.add', "compiler"),
        ("module attributes {mhlo.num_partitions = 1 : i32} {", "compiler"),
        ("module { %0 = mhlo.add %a, %b : tensor<f32> }", "stablehlo"),
        ("%0 = torch_c.to_builtin_tensor %1", "torch"),
        ("func.func @stablehlo.add(%x: i32)", "compiler"),
        ("%0 = arith.constant 1 : i32 // torch.aten.relu", "compiler"),
    ],
)
def test_detected_form(text: str, form: str) -> None:
    assert detect_form(text) == form


@pytest.mark.parametrize("text", [SINGLE, WITH_COMPOSITE], ids=["plain", "composite"])
def test_stablehlo_text(text: str, tmp_path: Path) -> None:
    check_norm(rmsnorm.compile(text))
    path = tmp_path / "model.mlir"
    path.write_text(text)
    check_norm(rmsnorm.compile(path))
    check_norm(rmsnorm.compile(str(path)))


def test_stablehlo_bytecode_and_portable_artifact(tmp_path: Path) -> None:
    from torch_mlir import ir
    from torch_mlir._mlir_libs import _stablehlo

    context = new_context()
    with context:
        # CHLO has no portable form.
        portable = SINGLE.replace(
            "chlo.square %x : tensor<4x8xf32> ->", "stablehlo.multiply %x, %x :"
        )
        module = ir.Module.parse(portable)
        path = tmp_path / "model.mlirbc"
        with path.open("wb") as file:
            module.operation.write_bytecode(file)
        artifact = _stablehlo.serialize_portable_artifact(module, "1.0.0")
    check_norm(rmsnorm.compile(path))
    check_norm(rmsnorm.compile(artifact))
    path.write_bytes(artifact)
    check_norm(rmsnorm.compile(path))
    with pytest.raises(rmsnorm.CompileError, match=r"portable artifact of version 1.0.0"):
        rmsnorm.compile(artifact[: len(artifact) // 2])


def test_linalg_and_torch_dialect_files(tmp_path: Path) -> None:
    path = tmp_path / "model.mlir"
    path.write_text(LINALG)
    x = np.ones((3, 8), np.float32)
    np.testing.assert_allclose(rmsnorm.compile(path)(x), x, rtol=1e-5)
    path.write_text(TORCH)
    y = np.array([[-1, 2, -3], [4, -5, 6]], np.float32)
    np.testing.assert_array_equal(rmsnorm.compile(path)(y), np.maximum(y, 0))


@pytest.mark.parametrize("text", [TWO, LINALG.replace("@main", "@first") + LINALG.replace("@main", "@second")],
                         ids=["stablehlo", "linalg"])  # fmt: skip
def test_several_entries(text: str) -> None:
    second = rmsnorm.compile(text, entry="second")
    assert second.function.name == "second"
    assert set(second.artifact.function_names) == {"first", "second"}
    with pytest.raises(rmsnorm.CompileError, match=r"entry: given 'main'.*first, second"):
        rmsnorm.compile(text)
    with pytest.raises(rmsnorm.CompileError, match=r"entry: given 'third'.*first, second"):
        rmsnorm.compile(text, entry="third")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("stablehlo.rsqrt %shifted", "stablehlo.cube %shifted"), "not an MLIR module"),
        (("stablehlo.rsqrt %shifted :", "stablehlo.custom_call @mine(%shifted) : (tensor<4x1xf32>) ->"),
         "stablehlo.custom_call @mine"),
        (("public @main", "private @main"), "entry: given 'main'.*there are none"),
    ],
)  # fmt: skip
def test_stablehlo_errors(change: tuple[str, str], message: str) -> None:
    with pytest.raises(rmsnorm.CompileError, match=message):
        rmsnorm.compile(SINGLE.replace(*change))


def test_files_that_are_no_models(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    with pytest.raises(TypeError, match="neither MLIR"):
        rmsnorm.compile(path)
    with pytest.raises(TypeError, match="expected MLIR bytecode or a StableHLO portable artifact"):
        rmsnorm.compile(b"\x89PNG")
    (tmp_path / "model.rmsn").write_bytes(b"")
    with pytest.raises(TypeError, match=r"is an artifact already; rmsnorm.load opens it"):
        rmsnorm.compile(tmp_path / "model.rmsn")
    with pytest.raises(TypeError, match="given the folder"):
        rmsnorm.compile(tmp_path)
    with pytest.raises(FileNotFoundError):
        rmsnorm.compile(tmp_path / "missing.mlir")
    with pytest.raises(TypeError, match="model: given int, expected"):
        rmsnorm.compile(3)
    path.write_text("this is prose")
    with pytest.raises(rmsnorm.CompileError):
        rmsnorm.compile(path)
    path.write_bytes(b"")
    with pytest.raises(rmsnorm.CompileError):
        rmsnorm.compile(path)
