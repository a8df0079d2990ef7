# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX models of one node or a few, with random inputs, for tests of the importer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper

NUMPY: dict[int, Any] = {
    TensorProto.FLOAT: np.float32,
    TensorProto.FLOAT16: np.float16,
    TensorProto.BFLOAT16: ml_dtypes.bfloat16,
    TensorProto.DOUBLE: np.float64,
}
MICROSOFT = "com.microsoft"


@dataclass(frozen=True)
class Model:
    """A model with inputs for it.

    Attributes:
        proto: the model; the first extent of each input given as dynamic is ``b``.
        feeds: inputs by name.
    """

    proto: onnx.ModelProto
    feeds: dict[str, Any]


def random_array(dtype: int, shape: Sequence[int], seed: int = 0) -> Any:
    """Normal values with a deviation of 1.5."""
    values = np.random.default_rng(seed).standard_normal(tuple(shape)) * 1.5
    return np.asarray(values).astype(NUMPY[dtype]).reshape(tuple(shape))


def build(
    nodes: Sequence[onnx.NodeProto],
    inputs: dict[str, tuple[int, Any]],
    outputs: dict[str, int],
    opset: int,
    *,
    dynamic: Sequence[str] = ("x",),
) -> Model:
    """A model of these nodes.

    Args:
        inputs: element type and value of each.
        outputs: element type of each.
        dynamic: inputs whose first extent is dynamic.
    """
    infos = []
    for name, (dtype, value) in inputs.items():
        shape: list[Any] = list(value.shape)
        if name in dynamic:
            shape[0] = "b"
        infos.append(helper.make_tensor_value_info(name, dtype, shape))
    results = [helper.make_tensor_value_info(name, dtype, None) for name, dtype in outputs.items()]
    graph = helper.make_graph(list(nodes), "graph", infos, results)
    domains = {node.domain for node in nodes if node.domain}
    imports = [helper.make_opsetid("", opset)] + [helper.make_opsetid(d, 1) for d in domains]
    proto = helper.make_model(graph, opset_imports=imports, ir_version=10)
    return Model(proto, {name: value for name, (_, value) in inputs.items()})


def rms_normalization(
    dtype: int, axis: int, scale_shape: Sequence[int], scale_type: int | None = None
) -> Model:
    """One ``RMSNormalization`` of opset 23 on [3, 6, 8]."""
    scale_type = scale_type or dtype
    return build(
        [helper.make_node("RMSNormalization", ["x", "w"], ["y"], axis=axis, epsilon=1e-3)],
        {
            "x": (dtype, random_array(dtype, (3, 6, 8))),
            "w": (scale_type, random_array(scale_type, scale_shape, 1)),
        },
        {"y": scale_type},
        23,
    )


def simplified(dtype: int, domain: str = "", scale_type: int | None = None) -> Model:
    """One ``SimplifiedLayerNormalization``, with both results."""
    scale_type = scale_type or dtype
    name = "SimplifiedLayerNormalization"
    return build(
        [helper.make_node(name, ["x", "w"], ["y"], domain=domain, epsilon=1e-3)],
        {
            "x": (dtype, random_array(dtype, (3, 6, 8))),
            "w": (scale_type, random_array(scale_type, (8,), 1)),
        },
        {"y": scale_type},
        17,
    )


def skip_simplified(dtype: int, *, bias: bool, rows: Sequence[int] = (3, 6)) -> Model:
    """One ``SkipSimplifiedLayerNormalization`` whose sum is used, too."""
    inputs = {
        "x": (dtype, random_array(dtype, (*rows, 8))),
        "s": (dtype, random_array(dtype, (*rows, 8), 1)),
        "w": (dtype, random_array(dtype, (8,), 2)),
    }
    if bias:
        inputs["b"] = (dtype, random_array(dtype, (8,), 3))
    node = helper.make_node(
        "SkipSimplifiedLayerNormalization",
        list(inputs),
        ["y", "", "", "sum"],
        domain=MICROSOFT,
    )
    return build([node], inputs, {"y": dtype, "sum": dtype}, 17, dynamic=("x", "s"))
