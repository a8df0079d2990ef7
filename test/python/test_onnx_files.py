# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX files: signatures, where the weights are, the command, errors that name the node."""

from pathlib import Path

import numpy as np
import pytest

for module in ("onnx", "torch_mlir"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import onnx  # noqa: E402
import onnx_models  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

import rmsnorm  # noqa: E402
from rmsnorm.__main__ import main  # noqa: E402

F32, F16, BF16 = TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16


def test_signature_and_calls() -> None:
    compiled = rmsnorm.compile(onnx_models.skip_simplified(F32, bias=False).proto)
    assert [(name, dtype) for name, dtype, _ in compiled.function.arguments] == [
        ("x", "f32"),
        ("s", "f32"),
        ("w", "f32"),
    ]
    assert compiled.function.arguments[0][2] == (-1, 6, 8)
    assert [name for name, _, _ in compiled.function.results] == ["y", "sum"]
    x, w = np.ones((2, 6, 8), np.float32), np.ones(8, np.float32)
    by_position, by_name = compiled(x, x, w), compiled(w=w, x=x, s=x)
    np.testing.assert_array_equal(by_position[0], by_name[0])
    with pytest.raises(TypeError, match="expected each of"):
        compiled(x, x)
    with pytest.raises(TypeError, match="expected each of"):
        compiled(x, x, w, x=x)


def test_external_data_stay_in_their_file(tmp_path: Path) -> None:
    weight = onnx_models.random_array(F32, (64, 64), 5)
    model = onnx_models.build(
        [helper.make_node("MatMul", ["x", "weight"], ["y"])],
        {"x": (F32, onnx_models.random_array(F32, (2, 64)))},
        {"y": F32},
        17,
    )
    model.proto.graph.initializer.append(numpy_helper.from_array(weight, "weight"))
    path = tmp_path / "model.onnx"
    onnx.save(
        model.proto, path, save_as_external_data=True, location="weights.bin", size_threshold=0
    )
    compiled = rmsnorm.compile(path)
    got = compiled(model.feeds["x"])
    np.testing.assert_allclose(got, model.feeds["x"] @ weight, rtol=1e-4, atol=1e-4)
    with open(tmp_path / "weights.bin", "r+b") as data:  # the mapping is the file's memory
        data.write(np.zeros(64 * 64, np.float32).tobytes())
    np.testing.assert_array_equal(compiled(model.feeds["x"]), np.zeros((2, 64), np.float32))
    (tmp_path / "weights.bin").write_bytes(b"short")
    with pytest.raises(rmsnorm.CompileError, match=r"'weight'.*expected 16384"):
        rmsnorm.compile(path)
    (tmp_path / "weights.bin").unlink()
    with pytest.raises(rmsnorm.CompileError, match=r"weights.bin': no such file"):
        rmsnorm.compile(path)


def test_weights_in_the_artifact_by_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """python -m rmsnorm compile makes an artifact that needs no weights from elsewhere."""
    weight = onnx_models.random_array(BF16, (64, 64), 5)
    model = onnx_models.build(
        [
            helper.make_node("Cast", ["weight"], ["wide"], to=F32),
            helper.make_node("MatMul", ["x", "wide"], ["y"]),
        ],
        {"x": (F32, onnx_models.random_array(F32, (2, 64)))},
        {"y": F32},
        17,
    )
    model.proto.graph.initializer.append(numpy_helper.from_array(weight, "weight"))
    path, artifact = tmp_path / "model.onnx", tmp_path / "model.rmsn"
    onnx.save(model.proto, path)
    assert main(["compile", str(path), "-o", str(artifact), "--target=cpu"]) == 0
    assert "norms: 0" in capsys.readouterr().out
    want = model.feeds["x"] @ weight.astype(np.float32)
    got = rmsnorm.load(artifact)["main"](model.feeds["x"])
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(got, rmsnorm.compile(path)(model.feeds["x"]))
    path.write_bytes(b"nothing")
    assert main(["compile", str(path), "-o", str(artifact)]) == 1
    assert "not an ONNX model" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("node", "dtype", "message"),
    [
        (helper.make_node("MatMulNBits", ["x"], ["y"], domain="com.microsoft", name="q4"), F32,
         r"com.microsoft.MatMulNBits \(opset 1\), node 'q4'"),
        (helper.make_node("Fancy", ["x"], ["y"], domain="com.acme"), F32, r"com.acme.Fancy"),
        (helper.make_node("Unique", ["x"], ["y"], name="u"), F32, r"ai.onnx.Unique \(opset 23\), node 'u'"),
        (helper.make_node("RMSNormalization", ["x", "x"], ["y"], name="n"), TensorProto.INT32,
         "X of type INT32, expected one of FLOAT16"),
        (helper.make_node("RMSNormalization", ["x", "x"], ["y"], axis=5), F32,
         "axis 5, expected one of a tensor of rank 2"),
    ],
)  # fmt: skip
def test_refusals_name_the_node(node: onnx.NodeProto, dtype: int, message: str) -> None:
    x = np.ones((8, 8), helper.tensor_dtype_to_np_dtype(dtype))
    model = onnx_models.build([node], {"x": (dtype, x)}, {"y": dtype}, 23, dynamic=())
    with pytest.raises(rmsnorm.CompileError, match=message):
        rmsnorm.compile(model.proto)


def test_files_that_are_no_models(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    for content in (b"", b"not a model", bytes(range(256)) * 8):
        path.write_bytes(content)
        with pytest.raises(rmsnorm.CompileError, match="not an ONNX model"):
            rmsnorm.compile(path)
    with pytest.raises(FileNotFoundError):
        rmsnorm.compile(tmp_path / "missing.onnx")
    with pytest.raises(TypeError, match="example_inputs: given tuple, expected None"):
        rmsnorm.compile(path, (np.ones(3),))


@pytest.mark.parametrize("dtype", [F16, BF16])
def test_elements_in_32_bit_fields(dtype: int) -> None:
    """What ``onnx.helper.make_tensor`` makes of narrow floats, as initializer and as a constant."""
    values = [1.5, -0.25, 3.0, 1e-3]
    w = helper.make_tensor("w", dtype, (4,), values)
    c = helper.make_tensor("c", dtype, (4, 1), values)
    assert w.int32_data
    assert not w.raw_data
    nodes = [
        helper.make_node("Constant", [], ["c"], value=c),
        helper.make_node("Mul", ["x", "w"], ["p"]),
        helper.make_node("Mul", ["p", "c"], ["y"]),
    ]
    x = onnx_models.random_array(dtype, (4, 4))
    model = onnx_models.build(nodes, {"x": (dtype, x)}, {"y": dtype}, 18)
    model.proto.graph.initializer.append(w)
    got = rmsnorm.compile(model.proto)(**model.feeds)
    numbers = np.array(values).astype(x.dtype)
    np.testing.assert_array_equal(got, x * numbers * numbers[:, None])
    assert w.int32_data  # the caller's model stays as it is
