# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX operations as others that torch-mlir lowers to linalg, where the result is exactly the same."""

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_INTEGERS = (TensorProto.INT32, TensorProto.INT64)
# The rewrite of a prefix sum is quadratic in the extent.
_LONGEST_SUM = 4096
# From this opset on, ReduceL1 and ReduceL2 take their axes as an input.
_AXES_AS_INPUT = 18


def rewrite_node(
    node: onnx.NodeProto,
    types: Mapping[str, onnx.TypeProto],
    constants: Mapping[str, np.ndarray],
    opset: int,
) -> list[onnx.NodeProto] | None:
    """Nodes with the same results as ``node``, or None where there is nothing to do.

    Args:
        node: any node.
        types: of the values that are known.
        constants: small values that are known.
        opset: version of the default domain.
    """
    if node.domain:
        return None
    if node.op_type == "CumSum":
        return _cumulative_sum(node, types, constants)
    if node.op_type == "Reciprocal":
        return _reciprocal(node, types)
    if node.op_type == "LpNormalization":
        return _lp_normalization(node, types, opset)
    if node.op_type == "Pad":
        return _cropping_pad(node, constants)
    return None


def _reciprocal(
    node: onnx.NodeProto, types: Mapping[str, onnx.TypeProto]
) -> list[onnx.NodeProto] | None:
    """A division: torch-mlir's reciprocal refuses zero at run time, where IEEE says infinity."""
    x = types.get(node.input[0])
    if x is None:
        return None
    one = np.ones((), helper.tensor_dtype_to_np_dtype(x.tensor_type.elem_type))
    name = f"{node.output[0]}/one"
    return [
        helper.make_node("Constant", [], [name], node.name, value=numpy_helper.from_array(one)),
        helper.make_node("Div", [name, node.input[0]], node.output, node.name),
    ]


def _lp_normalization(
    node: onnx.NodeProto, types: Mapping[str, onnx.TypeProto], opset: int
) -> list[onnx.NodeProto] | None:
    """A division by the norm, or by infinity where that is zero: ONNX defines the result as zero then.

    torch-mlir divides zero by zero.
    """
    x = types.get(node.input[0])
    if x is None:
        return None
    given = {attribute.name: attribute.i for attribute in node.attribute}
    axes = [given.get("axis", -1)]
    dtype = helper.tensor_dtype_to_np_dtype(x.tensor_type.elem_type)
    constants = {"axes": np.array(axes, np.int64)} if opset >= _AXES_AS_INPUT else {}
    constants |= {"zero": np.zeros((), dtype), "infinity": np.full((), np.inf, dtype)}
    name = {key: f"{node.output[0]}/{key}" for key in [*constants, "norm", "is_zero", "divisor"]}
    reduced = [node.input[0], name["axes"]] if "axes" in constants else [node.input[0]]
    nodes = [
        helper.make_node(
            "Constant", [], [name[key]], name[key], value=numpy_helper.from_array(value)
        )
        for key, value in constants.items()
    ]
    reduce = helper.make_node(
        f"ReduceL{given.get('p', 2)}", reduced, [name["norm"]], name["norm"], keepdims=1
    )
    if "axes" not in constants:
        reduce.attribute.append(helper.make_attribute("axes", axes))
    select = [name["is_zero"], name["infinity"], name["norm"]]
    return [
        *nodes,
        reduce,
        helper.make_node("Equal", [name["norm"], name["zero"]], [name["is_zero"]], name["is_zero"]),
        helper.make_node("Where", select, [name["divisor"]], name["divisor"]),
        helper.make_node("Div", [node.input[0], name["divisor"]], node.output, node.name),
    ]


def _cropping_pad(
    node: onnx.NodeProto, constants: Mapping[str, np.ndarray]
) -> list[onnx.NodeProto] | None:
    """A slice, padded: MLIR takes a padding that leaves the shape as it is for none at all."""
    pads = constants.get(node.input[1]) if len(node.input) > 1 else None
    given = {attribute.name: attribute.s for attribute in node.attribute}
    if pads is None or (pads >= 0).all() or given.get("mode", b"constant") != b"constant":
        return None
    begins, ends = np.split(pads, 2)
    axes: np.ndarray | None = np.arange(len(begins))
    if len(node.input) > 3 and node.input[3]:
        axes = constants.get(node.input[3])
    if axes is None:
        return None
    stops = np.where(ends < 0, ends, np.iinfo(np.int64).max)
    values = {
        "starts": np.maximum(-begins, 0),
        "stops": stops.astype(np.int64),
        "axes": axes.astype(np.int64),
        "pads": np.maximum(pads, 0),
    }
    names = {part: f"{node.output[0]}/{part}" for part in (*values, "cropped")}
    padded = onnx.NodeProto.FromString(node.SerializeToString())
    padded.input[0], padded.input[1] = names["cropped"], names["pads"]
    cropped = [node.input[0], names["starts"], names["stops"], names["axes"]]
    return [
        *(
            helper.make_node("Constant", [], [names[part]], value=numpy_helper.from_array(value))
            for part, value in values.items()
        ),
        helper.make_node("Slice", cropped, [names["cropped"]], node.name),
        padded,
    ]


def _cumulative_sum(
    node: onnx.NodeProto, types: Mapping[str, onnx.TypeProto], constants: Mapping[str, np.ndarray]
) -> list[onnx.NodeProto] | None:
    """A prefix sum of integers (exact in any order) as a sum under a triangular mask."""
    x = types.get(node.input[0])
    axis = constants.get(node.input[1])
    if x is None or axis is None or x.tensor_type.elem_type not in _INTEGERS:
        return None
    dims = x.tensor_type.shape.dim
    if not x.tensor_type.HasField("shape") or not dims:
        return None
    position = int(axis) % len(dims)
    extent = dims[position]
    if not extent.HasField("dim_value") or extent.dim_value > _LONGEST_SUM:
        return None
    given = {attribute.name: attribute.i for attribute in node.attribute}
    mask = np.triu(np.ones((extent.dim_value,) * 2, np.int64), k=given.get("exclusive", 0))
    if given.get("reverse", 0):
        mask = mask.T
    # [.., n, ..] -> [.., n, 1, ..] * [n, n, 1..] -> sum over the first n.
    mask = mask.reshape(mask.shape + (1,) * (len(dims) - position - 1))
    names = [f"{node.output[0]}/{part}" for part in ("mask", "axis", "next", "wide", "product")]
    dtype = helper.tensor_dtype_to_np_dtype(x.tensor_type.elem_type)

    def constant(name: str, value: np.ndarray) -> onnx.NodeProto:
        tensor = numpy_helper.from_array(value)
        return helper.make_node("Constant", [], [name], node.name, value=tensor)

    return [
        constant(names[0], mask.astype(dtype)),
        constant(names[1], np.array([position], np.int64)),
        constant(names[2], np.array([position + 1], np.int64)),
        helper.make_node("Unsqueeze", [node.input[0], names[2]], [names[3]], node.name),
        helper.make_node("Mul", [names[3], names[0]], [names[4]], node.name),
        helper.make_node("ReduceSum", [names[4], names[1]], node.output, node.name, keepdims=0),
    ]
