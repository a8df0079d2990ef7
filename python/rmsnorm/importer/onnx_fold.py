# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Folding of what ONNX graphs compute from constants and from shapes.

Exporters and function bodies compute axes, extents and split points with nodes; torch-mlir wants
them constant. Values are computed by the onnx package's reference implementation.
"""

from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from rmsnorm.importer.onnx_rewrites import rewrite_node

# Small results only: a large one is data, not a shape.
_LARGEST = 4096
# What shapes are computed with. Floating-point data may go through Cast, but are few.
_FOLDABLE = frozenset(
    [
        "Abs",
        "Add",
        "And",
        "Cast",
        "CastLike",
        "Ceil",
        "Concat",
        "Constant",
        "ConstantOfShape",
        "Div",
        "Equal",
        "Expand",
        "Floor",
        "Gather",
        "Greater",
        "GreaterOrEqual",
        "Identity",
        "Less",
        "LessOrEqual",
        "Max",
        "Min",
        "Mod",
        "Mul",
        "Neg",
        "Not",
        "Or",
        "Range",
        "ReduceMax",
        "ReduceMin",
        "ReduceProd",
        "ReduceSum",
        "Reshape",
        "Slice",
        "Split",
        "Squeeze",
        "Sub",
        "Transpose",
        "Unsqueeze",
        "Where",
    ]
)


def fold_constants(model: onnx.ModelProto) -> bool:
    """Replaces nodes whose inputs are constants, or that ask for known extents, by constants.

    Args:
        model: with inferred shapes; is changed.

    Returns:
        True when something changed, so that inference finds more.
    """
    graph = model.graph
    known = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in graph.initializer
        if np.prod(tensor.dims, dtype=np.int64) <= _LARGEST
    }
    types = {value.name: value.type for value in _typed_values(graph)}
    opset = max((entry.version for entry in model.opset_import if not entry.domain), default=1)
    nodes, changed = [], False
    for node in graph.node:
        values = _constant_value(node)
        if values is None:
            values = _fold(node, known, types, model)
            parts = (
                rewrite_node(node, types, known, opset)
                if values is None
                else _constants(node, values)
            )
            changed |= parts is not None
            nodes.extend([node] if parts is None else parts)
        else:
            nodes.append(node)
        known.update(zip(node.output, values or []))
    if changed:
        copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
        del graph.node[:]
        graph.node.extend(copies)
        _drop_unused(graph)
    return changed


def _typed_values(graph: onnx.GraphProto) -> list[onnx.ValueInfoProto]:
    return [*graph.value_info, *graph.input, *graph.output]


def _constant_value(node: onnx.NodeProto) -> list[Any] | None:
    """The value of a Constant node that holds a small tensor."""
    if node.op_type != "Constant" or node.domain or node.attribute[0].name != "value":
        return None
    tensor = node.attribute[0].t
    small = np.prod(tensor.dims, dtype=np.int64) <= _LARGEST
    return [numpy_helper.to_array(tensor)] if small else None


def _fold(
    node: onnx.NodeProto, known: dict[str, Any], types: dict[str, Any], model: onnx.ModelProto
) -> list[Any] | None:
    if node.domain:
        return None
    if node.op_type in ("Shape", "Size"):
        return _fold_shape(node, types.get(node.input[0]))
    if node.op_type not in _FOLDABLE or any(name and name not in known for name in node.input):
        return None
    inputs = {name: known[name] for name in node.input if name}
    graph = helper.make_graph(
        [node],
        "fold",
        [_value_info(name, value) for name, value in inputs.items()],
        [onnx.ValueInfoProto(name=name) for name in node.output if name],
    )
    single = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    try:
        results = ReferenceEvaluator(single).run(None, inputs)
    except Exception:  # the reference implementation lacks a case: the node stays as it is
        return None
    if sum(np.size(result) for result in results) > _LARGEST:
        return None
    values = iter(results)
    return [np.asarray(next(values)) if name else None for name in node.output]


def _value_info(name: str, value: Any) -> onnx.ValueInfoProto:
    tensor_type = helper.np_dtype_to_tensor_dtype(value.dtype)
    return helper.make_tensor_value_info(name, tensor_type, value.shape)


def _fold_shape(node: onnx.NodeProto, value_type: Any) -> list[Any] | None:
    """Extents that the model states; one that is only known when it runs is left to it."""
    if value_type is None or not value_type.tensor_type.HasField("shape"):
        return None
    dims = value_type.tensor_type.shape.dim
    bounds = {attribute.name: attribute.i for attribute in node.attribute}
    asked = dims[slice(bounds.get("start", 0), bounds.get("end", len(dims)))]
    if not all(dim.HasField("dim_value") for dim in asked):
        return None
    extents = np.array([dim.dim_value for dim in asked], np.int64)
    return [np.array(extents.prod(), np.int64) if node.op_type == "Size" else extents]


def _constants(node: onnx.NodeProto, values: list[Any]) -> list[onnx.NodeProto]:
    return [
        helper.make_node("Constant", [], [name], node.name, value=numpy_helper.from_array(value))
        for name, value in zip(node.output, values)
        if name
    ]


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Removes constants that nothing reads any more (subgraphs read by name, too)."""
    in_subgraphs = {
        name
        for node in graph.node
        for attribute in node.attribute
        if attribute.type == onnx.AttributeProto.GRAPH
        for inner in attribute.g.node
        for name in inner.input
    }
    used = {name for node in graph.node for name in node.input} | in_subgraphs
    used |= {value.name for value in graph.output}
    for index in reversed(range(len(graph.node))):
        node = graph.node[index]
        if node.op_type == "Constant" and not used.intersection(node.output):
            del graph.node[index]
