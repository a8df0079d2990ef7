# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX nodes: norms found, roundings where the specification and ONNX Runtime have them, errors."""

from typing import Any

import numpy as np
import pytest

for module in ("onnx", "onnxruntime", "torch_mlir"):
    pytest.importorskip(module, reason=f"{module} is not installed")

import onnx  # noqa: E402
import onnx_models  # noqa: E402
import onnxruntime  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

import rmsnorm  # noqa: E402

F32, F16, BF16, F64 = (
    TensorProto.FLOAT,
    TensorProto.FLOAT16,
    TensorProto.BFLOAT16,
    TensorProto.DOUBLE,
)


def norms_of(compiled: rmsnorm.CompiledModel) -> int:
    return sum(kernel[3] for kernel in compiled.artifact.kernels)


def run_ours(model: onnx_models.Model, norms: int) -> list[Any]:
    compiled = rmsnorm.compile(model.proto)
    assert norms_of(compiled) == norms
    results = compiled(**model.feeds)
    return list(results) if isinstance(results, tuple) else [results]


def run_ort(proto: onnx.ModelProto, feeds: dict[str, Any]) -> list[Any]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options)
    return list(session.run(None, feeds))


def assert_ulps(got: Any, want: Any, ulps: float, different: float) -> None:
    """At most so many units in the last place apart, and at most such a part of the elements."""
    assert got.dtype == want.dtype
    assert got.shape == want.shape
    wide = got.astype(np.float64), want.astype(np.float64)
    bits = {"float16": 10, "bfloat16": 7, "float32": 23, "float64": 52}[str(got.dtype)]
    _, exponent = np.frexp(wide[1])
    unit = np.ldexp(1.0, exponent - 1 - bits)
    assert (np.abs(wide[0] - wide[1]) <= ulps * unit + 1e-300).all()
    assert (wide[0] != wide[1]).mean() <= different


def specified_norm(x: Any, w: Any, axes: tuple[int, ...], eps: float) -> Any:
    """RMSNormalization's function body in NumPy: stage one wide, rounded, then the scale."""
    wide = x.astype(np.float64)
    normal = wide / np.sqrt(np.mean(wide * wide, axes, keepdims=True) + np.float64(np.float32(eps)))
    return (normal.astype(x.dtype).astype(w.dtype) * w).astype(w.dtype)


@pytest.mark.parametrize("dtype", [F32, F16, BF16, F64])
@pytest.mark.parametrize(
    ("axis", "scale"),
    [(-1, (8,)), (1, (6, 8)), (0, (3, 6, 8)), (-2, (8,)), (-1, (1,)), (-1, ()), (2, (3, 1, 8))],
)
def test_rms_normalization(dtype: int, axis: int, scale: tuple[int, ...]) -> None:
    model = onnx_models.rms_normalization(dtype, axis, scale)
    [got] = run_ours(model, 1)
    axes = tuple(range(axis % 3, 3))
    want = specified_norm(model.feeds["x"], model.feeds["w"], axes, 1e-3)
    narrow = dtype in (F16, BF16)
    assert_ulps(got, want, 1 if narrow else 4, 0.02 if narrow else 1)
    if dtype in (F32, F64):
        assert_ulps(got, run_ort(model.proto, model.feeds)[0], 4, 1)
    elif dtype == F16:  # ONNX Runtime multiplies by the scale before it rounds: one ulp, often
        ort = run_ort(model.proto, model.feeds)[0]
        assert np.abs(got.astype(float) - ort.astype(float)).max() <= 2e-3 * np.abs(ort).max()


@pytest.mark.parametrize("declared", [F32, F16])
def test_rms_normalization_with_a_scale_of_another_type(declared: int) -> None:
    model = onnx_models.rms_normalization(F16, -1, (8,), F32)
    model.proto.graph.output[0].type.tensor_type.elem_type = declared
    [got] = run_ours(model, 1)
    want = specified_norm(model.feeds["x"], model.feeds["w"], (2,), 1e-3)
    assert_ulps(got, want.astype(onnx_models.NUMPY[declared]), 2, 0.02 if declared == F16 else 1)


@pytest.mark.parametrize("dtype", [F32, F16, F64])
def test_simplified_layer_normalization_is_onnx_runtimes(dtype: int) -> None:
    model = onnx_models.simplified(dtype)
    [got] = run_ours(model, 1)
    assert_ulps(got, run_ort(model.proto, model.feeds)[0], 4 if dtype != F16 else 1, 1)
    if dtype == F16:
        assert_ulps(got, run_ort(model.proto, model.feeds)[0], 1, 0.02)
    [other] = run_ours(onnx_models.simplified(dtype, onnx_models.MICROSOFT), 1)
    np.testing.assert_array_equal(got, other)


def test_simplified_layer_normalization_with_two_types() -> None:
    model = onnx_models.simplified(F16, scale_type=F32)
    [got] = run_ours(model, 1)
    assert_ulps(got, run_ort(model.proto, model.feeds)[0], 4, 1)


@pytest.mark.parametrize("dtype", [F32, F16])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("rows", [(3, 6), (5,)])
def test_skip_simplified_layer_normalization(dtype: int, bias: bool, rows: tuple[int, ...]) -> None:
    model = onnx_models.skip_simplified(dtype, bias=bias, rows=rows)
    got = run_ours(model, 1)
    want = run_ort(model.proto, model.feeds)
    for ours, theirs in zip(got, want):
        assert_ulps(ours, theirs, 1 if dtype == F16 else 4, 0.02 if dtype == F16 else 1)


def test_a_chain_of_foreign_norms() -> None:
    """Types are not inferred past operations of other domains; norms on all axes."""
    x, w = onnx_models.random_array(F32, (3, 6, 8)), onnx_models.random_array(F32, (8,), 1)
    model = onnx_models.build(
        [
            helper.make_node("Mul", ["x", "x"], ["a"]),
            helper.make_node("RMSNormalization", ["a", "w"], ["c"], axis=1),
            helper.make_node("SimplifiedLayerNormalization", ["c", "w"], ["d", "inverse"], axis=2),
            helper.make_node("RMSNormalization", ["d", "w"], ["y"], axis=0),
        ],
        {"x": (F32, x), "w": (F32, w)},
        {"y": F32, "inverse": F32},
        23,
    )
    for ours, theirs in zip(run_ours(model, 3), run_ort(model.proto, model.feeds)):
        assert_ulps(ours, theirs, 16, 1)


@pytest.mark.parametrize(
    ("op_type", "opset", "attributes"),
    [
        ("LayerNormalization", 17, {}),
        ("Gelu", 20, {"approximate": "tanh"}),
        ("Gelu", 20, {}),
        ("CumSum", 17, {"exclusive": 1, "reverse": 1}),
        ("Reciprocal", 17, {}),
    ],
)
def test_neighbours(op_type: str, opset: int, attributes: dict[str, Any]) -> None:
    dtype = TensorProto.INT64 if op_type == "CumSum" else F32
    x = onnx_models.random_array(F32, (3, 8)).astype(
        np.int64 if op_type == "CumSum" else np.float32
    )
    if op_type == "Reciprocal":
        x[0, 0] = 0.0  # infinity, no error
    inputs: dict[str, Any] = {"x": (dtype, x)}
    if op_type == "LayerNormalization":
        inputs["w"] = (F32, onnx_models.random_array(F32, (8,), 1))
    nodes = [helper.make_node(op_type, list(inputs), ["y"], **attributes)]
    if op_type == "CumSum":
        axis = numpy_helper.from_array(np.array(1, np.int64))
        nodes = [
            helper.make_node("Constant", [], ["axis"], value=axis),
            helper.make_node(op_type, ["x", "axis"], ["y"], **attributes),
        ]
    model = onnx_models.build(nodes, inputs, {"y": dtype}, opset)
    np.testing.assert_allclose(
        run_ours(model, 0)[0], run_ort(model.proto, model.feeds)[0], rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(
    ("pads", "axes"), [([0, 2, 0, -2], None), ([-1, 3, 1, -2], None), ([-1, 1], [-1])]
)
def test_a_padding_that_cuts_off(pads: list[int], axes: list[int] | None) -> None:
    x = onnx_models.random_array(F32, (3, 8))
    values = {"pads": np.array(pads), "value": np.array(2.5, np.float32)}
    if axes is not None:
        values["axes"] = np.array(axes)
    nodes = [
        helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value))
        for name, value in values.items()
    ]
    nodes.append(helper.make_node("Pad", ["x", *values], ["y"]))
    model = onnx_models.build(nodes, {"x": (F32, x)}, {"y": F32}, 18)
    got, want = run_ours(model, 0)[0], run_ort(model.proto, model.feeds)[0]
    np.testing.assert_array_equal(got, want)


def test_layer_normalization_with_initializers() -> None:
    """As exporters write it: scale and bias are no inputs, and values in between have no types."""
    x = onnx_models.random_array(F32, (3, 8))
    nodes = [
        helper.make_node("Mul", ["x", "x"], ["a"]),
        helper.make_node("LayerNormalization", ["a", "w", "b"], ["c"]),
        helper.make_node("Gelu", ["c"], ["y"]),
    ]
    model = onnx_models.build(nodes, {"x": (F32, x)}, {"y": F32}, 20)
    for seed, name in enumerate("wb"):
        value = onnx_models.random_array(F32, (8,), seed)
        model.proto.graph.initializer.append(numpy_helper.from_array(value, name))
    np.testing.assert_allclose(
        run_ours(model, 0)[0], run_ort(model.proto, model.feeds)[0], rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("causal", [0, 1])
def test_attention_by_its_function_body(causal: int) -> None:
    inputs = {
        name: (F32, onnx_models.random_array(F32, (2, heads, 5, 8), heads))
        for name, heads in (("q", 4), ("k", 2), ("v", 2))
    }
    node = helper.make_node("Attention", ["q", "k", "v"], ["y"], is_causal=causal)
    model = onnx_models.build([node], inputs, {"y": F32}, 23)
    np.testing.assert_allclose(
        run_ours(model, 0)[0], run_ort(model.proto, model.feeds)[0], rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(
    ("change", "norms"),
    [("none", 1), ("exponent", 0), ("mean", 0), ("axis", 0), ("centred", 0), ("eps is data", None)],
)
def test_spelled_out_norms(change: str, norms: int | None) -> None:
    """Norms of primitive nodes, and what only looks like one: numbers are right in any case."""
    x, w = onnx_models.random_array(F32, (4, 4, 4)), onnx_models.random_array(F32, (4,), 1)
    eps = np.full((1, 4, 1) if change == "eps is data" else (), 1e-3, np.float32)

    def constant(name: str, value: Any) -> onnx.NodeProto:
        return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value))

    exponent = np.float32(3 if change == "exponent" else 2)
    nodes = [
        constant("two", np.array(exponent)),
        helper.make_node("Sub" if change == "centred" else "Identity", ["x"], ["c"]),
        helper.make_node("Pow", ["c", "two"], ["p"]),
        helper.make_node("ReduceMean", ["p"], ["m"], axes=[2], keepdims=int(change != "axis")),
        helper.make_node("Add", ["m", "eps"], ["e"]),
        helper.make_node("Sqrt", ["e"], ["r"]),
        helper.make_node("Div", ["c", "r"], ["n"]),
        helper.make_node("Mul", ["n", "w"], ["y"]),
    ]
    if change == "centred":
        nodes[1] = helper.make_node("Sub", ["x", "mean"], ["c"])
        nodes.insert(1, helper.make_node("ReduceMean", ["x"], ["mean"], axes=[2]))
    if change == "mean":
        nodes[3] = helper.make_node("ReduceSum", ["p", "last"], ["s"])
        nodes.insert(3, constant("last", np.array([2], np.int64)))
        nodes.insert(5, constant("five", np.array(5, np.float32)))
        nodes.insert(6, helper.make_node("Div", ["s", "five"], ["m"]))
    inputs: dict[str, Any] = {"x": (F32, np.abs(x) + 0.1), "w": (F32, w)}
    if change == "eps is data":
        inputs["eps"] = (F32, eps)
    else:
        nodes.insert(0, constant("eps", eps))
    model = onnx_models.build(nodes, inputs, {"y": F32}, 17)
    compiled = rmsnorm.compile(model.proto)
    if norms is not None:
        assert norms_of(compiled) == norms
    got = compiled(**model.feeds)
    np.testing.assert_allclose(got, run_ort(model.proto, model.feeds)[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("opset", [17, 18, 22])
@pytest.mark.parametrize(("p", "axis"), [(1, -1), (2, -1), (2, 1)])
def test_lp_normalization_of_zeros(p: int, axis: int, opset: int) -> None:
    """A row whose norm is zero is zero, with its signs; one with a NaN is NaN."""
    x = onnx_models.random_array(F32, (3, 5, 4))
    x[0, :, :] = 0
    x[1, 2, :] = -0.0
    x[2, 1, 1] = np.nan
    node = helper.make_node("LpNormalization", ["x"], ["y"], axis=axis, p=p)
    model = onnx_models.build([node], {"x": (F32, x)}, {"y": F32}, opset)
    got = rmsnorm.compile(model.proto)(**model.feeds)
    norm = (np.abs(x.astype(np.float64)) ** p).sum(axis, keepdims=True) ** (1 / p)
    want = x / np.where(norm == 0, np.inf, norm)
    np.testing.assert_allclose(got, want, rtol=1e-6, atol=0)
