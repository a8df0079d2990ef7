# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX's norm operations as primitive ones, each rounding where the operation has it.

- ``RMSNormalization`` (opset 23) is what its function body in the specification says: stage one in the
  stash type, then a cast to the type of X, then the product with the scale in that type.
- ``SimplifiedLayerNormalization`` and ``SkipSimplifiedLayerNormalization`` are ONNX Runtime's own,
  without a function body. Its CPU kernels compute everything in f32, the sum of the skip form included
  (the norm takes the unrounded one), and round once at the end (onnxruntime/core/providers/cpu/nn/
  layer_norm_impl.cc, onnxruntime/contrib_ops/cpu/skip_layer_norm.cc).

For f16 and bf16 the two differ: ONNX Runtime's kernel of ``RMSNormalization`` (like PyTorch's ``rms_norm``,
which torch's exporter writes as this operation) multiplies by the scale before it rounds. About a third of the
elements are one unit in the last place apart; the specification is what counts here.

X in f64 is computed in f64 whatever the stash type says, as both ONNX Runtime and
the reference implementation in the onnx package do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from rmsnorm.errors import CompileError

_STANDARD = ("", "ai.onnx")
_SIMPLIFIED = ("SimplifiedLayerNormalization", "SkipSimplifiedLayerNormalization")
_NAMES = {
    **{(domain, "RMSNormalization"): 1 for domain in _STANDARD},
    **{(domain, name): 1 for domain in (*_STANDARD, "com.microsoft") for name in _SIMPLIFIED},
}


def is_norm(node: onnx.NodeProto) -> bool:
    """True for the operations that ``expand_norm`` knows."""
    return (node.domain, node.op_type) in _NAMES


def describe_node(node: onnx.NodeProto, opsets: Mapping[str, int]) -> str:
    """A node as error messages name it: operation, domain, version of its set, its own name."""
    domain = node.domain or "ai.onnx"
    return f"{domain}.{node.op_type} (opset {opsets.get(node.domain, '?')}), node {node.name!r}"


@dataclass
class _Builder:
    """Makes nodes whose names and values begin with the name of the node they stand for."""

    prefix: str
    axes_as_input: bool
    nodes: list[onnx.NodeProto] = field(default_factory=list)

    def op(self, op_type: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        name = f"{self.prefix}/{op_type}_{len(self.nodes)}"
        output = output or name
        # Every part has the whole's name: messages and reports speak of that.
        self.nodes.append(helper.make_node(op_type, inputs, [output], self.prefix, **attributes))
        return output

    def constant(self, value: Any, dtype: Any) -> str:
        tensor = numpy_helper.from_array(np.asarray(value, dtype))
        return self.op("Constant", value=tensor)

    def mean(self, value: str, axes: list[int]) -> str:
        if self.axes_as_input:
            return self.op("ReduceMean", value, self.constant(axes, np.int64), keepdims=1)
        return self.op("ReduceMean", value, axes=axes, keepdims=1)


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def _optional(names: Any, index: int) -> str:
    return str(names[index]) if index < len(names) else ""


def expand_norm(
    node: onnx.NodeProto, types: Mapping[str, onnx.TypeProto], opsets: Mapping[str, int]
) -> list[onnx.NodeProto] | None:
    """The nodes that a norm stands for.

    Args:
        node: one for which ``is_norm`` holds.
        types: of the values that are known.
        opsets: versions of the operation sets that the model uses.

    Returns:
        Nodes with the same results, or None while a type that is needed isn't known.

    Raises:
        CompileError: an attribute or a type is none that the operation is defined for.
    """
    y = node.output[0]
    x, skip_form = node.input[0], node.op_type == "SkipSimplifiedLayerNormalization"
    scale = node.input[2 if skip_form else 1]
    if x not in types or scale not in types:
        return None
    given = _attributes(node)
    x_type, scale_type = types[x].tensor_type.elem_type, types[scale].tensor_type.elem_type
    # Y has the scale's type; some exporters say X's, as inference in the onnx package does.
    y_type = types[y].tensor_type.elem_type if y in types else scale_type
    compute = _compute_type(node, x_type, given.get("stash_type", TensorProto.FLOAT), opsets)
    build = _Builder(node.name, opsets.get("", opsets.get("ai.onnx", 1)) >= 18)
    axes = [-1] if skip_form else _axes(node, types[x], given.get("axis", -1), opsets)
    if axes is None:
        return None

    wide = build.op("Cast", x, to=compute)
    if skip_form:
        wide = _sum(build, node, wide, compute)
        if _optional(node.output, 3):
            build.op("Cast", wide, to=x_type, output=node.output[3])
    epsilon = build.constant(
        given.get("epsilon", 1e-12 if skip_form else 1e-5), helper.tensor_dtype_to_np_dtype(compute)
    )
    mean = build.mean(build.op("Mul", wide, wide), axes)
    root = build.op("Sqrt", build.op("Add", mean, epsilon))
    normal = build.op("Div", wide, root)
    if node.op_type == "RMSNormalization":
        rounded = build.op("Cast", normal, to=x_type)
        # The scale may have another type; the product then has the scale's (type V of Y).
        if x_type != scale_type:
            rounded = build.op("Cast", rounded, to=scale_type)
        build.op("Cast", build.op("Mul", rounded, scale), to=y_type, output=y)
        return build.nodes
    product = build.op("Mul", normal, build.op("Cast", scale, to=compute))
    build.op("Cast", product, to=y_type, output=y)
    inverse = _optional(node.output, 2 if skip_form else 1)
    if inverse:
        build.op("Reciprocal", root, output=inverse)
    if skip_form and _optional(node.output, 1):
        raise CompileError(
            f"{describe_node(node, opsets)}: output {node.output[1]!r}, the mean, is not computed "
            "by this operation: expected it to be left out"
        )
    return build.nodes


def _sum(build: _Builder, node: onnx.NodeProto, wide: str, compute: int) -> str:
    total = build.op("Add", wide, build.op("Cast", node.input[1], to=compute))
    bias = _optional(node.input, 3)
    return build.op("Add", total, build.op("Cast", bias, to=compute)) if bias else total


def _compute_type(
    node: onnx.NodeProto, x_type: int, stash_type: int, opsets: Mapping[str, int]
) -> int:
    if x_type not in (
        TensorProto.FLOAT,
        TensorProto.FLOAT16,
        TensorProto.BFLOAT16,
        TensorProto.DOUBLE,
    ):
        raise CompileError(
            f"{describe_node(node, opsets)}: X of type {TensorProto.DataType.Name(x_type)}, "
            "expected one of FLOAT16, BFLOAT16, FLOAT, DOUBLE"
        )
    if x_type == TensorProto.DOUBLE:
        return int(TensorProto.DOUBLE)
    if stash_type not in (TensorProto.FLOAT, TensorProto.DOUBLE, x_type):
        raise CompileError(
            f"{describe_node(node, opsets)}: stash_type {stash_type}, expected 1 (FLOAT), "
            "11 (DOUBLE) or the type of X"
        )
    return stash_type


def _axes(
    node: onnx.NodeProto, x_type: onnx.TypeProto, axis: int, opsets: Mapping[str, int]
) -> list[int] | None:
    if axis == -1:
        return [-1]
    if not x_type.tensor_type.HasField("shape"):
        return None if axis >= 0 else list(range(axis, 0))
    rank = len(x_type.tensor_type.shape.dim)
    if not -rank <= axis < rank:
        raise CompileError(
            f"{describe_node(node, opsets)}: axis {axis}, expected one of a tensor of rank {rank}"
        )
    return list(range(axis % rank - rank, 0))
