# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX graphs made ready for torch-mlir's importer."""

from collections.abc import Iterable

import onnx
import onnx.inliner
import onnx.shape_inference

from rmsnorm.errors import CompileError
from rmsnorm.importer.onnx_fold import fold_constants
from rmsnorm.importer.onnx_norms import describe_node, expand_norm, is_norm
from rmsnorm.importer.onnx_weights import pack_narrow_floats

# Replaced by their function bodies in the specification: torch-mlir lacks them, or rounds elsewhere
# than the specification (LayerNormalization in f16), or has inexact constants (Gelu).
_BY_FUNCTION_BODY = [
    ("", "Attention"),
    ("", "Gelu"),
    ("", "LayerNormalization"),
    ("", "RotaryEmbedding"),
    ("", "Swish"),
]


def prepare_model(model: onnx.ModelProto) -> onnx.ModelProto:
    """A model of primitive operations, all of whose values have a type.

    Args:
        model: is changed.

    Returns:
        The prepared model; its graph is named ``main`` and each node has a name of its own.

    Raises:
        CompileError: the model is not valid, or a value's type cannot be inferred.
    """
    _normalize_domains(model)
    pack_narrow_floats(model)
    declared = _forget_claims(model.graph)
    if model.functions:
        model = onnx.inliner.inline_local_functions(model, convert_version=True)
    _declare_initializers(model.graph)
    model = onnx.inliner.inline_selected_functions(
        model, _BY_FUNCTION_BODY, inline_schema_functions=True
    )
    model.graph.name = "main"
    _drop_initialized_inputs(model.graph)
    _name_nodes(model.graph)
    model = _expand_norms(model)
    model = _infer(model)
    while fold_constants(model):
        _forget_guesses(model.graph)
        model = _infer(model)
    for value in model.graph.output:
        if not value.type.tensor_type.HasField("shape"):
            value.type.CopyFrom(declared[value.name])
    _check_types(model)
    return model


def _forget_claims(graph: onnx.GraphProto) -> dict[str, onnx.TypeProto]:
    """Drops what the model says about shapes that follow from those of its inputs.

    Exporters say wrong ones: torch's, of a model with a dynamic extent traced with an extent of 1,
    says 1 for some.

    Returns:
        The types that the outputs were declared with.
    """
    del graph.value_info[:]
    declared = {}
    for value in graph.output:
        declared[value.name] = onnx.TypeProto.FromString(value.type.SerializeToString())
        if value.type.HasField("tensor_type"):
            value.type.tensor_type.ClearField("shape")
    return declared


def _declare_initializers(graph: onnx.GraphProto) -> None:
    """Says the types of initializers that are no inputs, which the inliner does not look at itself."""
    declared = {value.name for value in graph.input}
    for tensor in graph.initializer:
        if tensor.name not in declared:
            graph.value_info.append(
                onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
            )


def _normalize_domains(model: onnx.ModelProto) -> None:
    """``ai.onnx`` is another name of the default domain."""
    for opset in model.opset_import:
        if opset.domain == "ai.onnx":
            opset.domain = ""
    for node in model.graph.node:
        if node.domain == "ai.onnx":
            node.domain = ""


def _drop_initialized_inputs(graph: onnx.GraphProto) -> None:
    """Old models declare initialisers as inputs, too: defaults that nobody changes."""
    initialized = {tensor.name for tensor in graph.initializer}
    kept = [value for value in graph.input if value.name not in initialized]
    if len(kept) != len(graph.input):
        copies = [onnx.ValueInfoProto.FromString(value.SerializeToString()) for value in kept]
        del graph.input[:]
        graph.input.extend(copies)


def _name_nodes(graph: onnx.GraphProto) -> None:
    used: set[str] = set()
    for index, node in enumerate(graph.node):
        if not node.name or node.name in used:
            node.name = f"{node.name or node.op_type}_{index}"
        used.add(node.name)


def _infer(model: onnx.ModelProto) -> onnx.ModelProto:
    try:
        return onnx.shape_inference.infer_shapes(model, check_type=True, data_prop=True)
    except onnx.shape_inference.InferenceError as error:
        raise CompileError(f"the ONNX model is not valid: {error}") from error


# A domain without a schema, so that inference passes its operations by.
_PENDING = "rmsnorm.pending"


def _infer_around_norms(model: onnx.ModelProto) -> onnx.ModelProto:
    """Inference that leaves norms alone: it gives RMSNormalization's Y the type of X, not of scale."""
    norms = [(node, node.domain) for node in model.graph.node if is_norm(node)]
    domains = {node.name: domain for node, domain in norms}
    for node, _ in norms:
        node.domain = _PENDING
    model.opset_import.append(onnx.helper.make_opsetid(_PENDING, 1))
    model = _infer(model)
    del model.opset_import[-1]
    for node in model.graph.node:
        if node.domain == _PENDING:
            node.domain = domains[node.name]
    return model


def _forget_types(graph: onnx.GraphProto, names: Iterable[str]) -> None:
    """Drops what the model says of intermediate values; inference finds it again."""
    wrong = set(names)
    for index in reversed(range(len(graph.value_info))):
        if graph.value_info[index].name in wrong:
            del graph.value_info[index]


def _forget_guesses(graph: onnx.GraphProto) -> None:
    """Drops inferred types without a rank, or with an extent that isn't known: they may be now."""
    vague = [
        value.name
        for value in graph.value_info
        if not value.type.tensor_type.HasField("shape")
        or not all(dim.HasField("dim_value") for dim in value.type.tensor_type.shape.dim)
    ]
    _forget_types(graph, vague)


def _types(graph: onnx.GraphProto) -> dict[str, onnx.TypeProto]:
    types = {value.name: value.type for value in [*graph.value_info, *graph.input, *graph.output]}
    for tensor in graph.initializer:
        types[tensor.name] = onnx.helper.make_tensor_type_proto(tensor.data_type, tensor.dims)
    return types


def _expand_norms(model: onnx.ModelProto) -> onnx.ModelProto:
    """Replaces norms, those first whose inputs' types are known: inference stops at foreign ones."""
    while any(is_norm(node) for node in model.graph.node):
        model = _infer_around_norms(model)
        opsets = {opset.domain: opset.version for opset in model.opset_import}
        types = _types(model.graph)
        nodes: list[onnx.NodeProto] = []
        waiting: list[onnx.NodeProto] = []
        expanded = 0
        for node in model.graph.node:
            parts = expand_norm(node, types, opsets) if is_norm(node) else None
            if parts is not None:
                expanded += 1
                _forget_types(model.graph, node.output)
            if parts is None and is_norm(node):
                waiting.append(node)
            nodes.extend(parts if parts is not None else [node])
        if not expanded:
            raise CompileError(
                f"{describe_node(waiting[0], opsets)}: the types of its inputs "
                f"{list(waiting[0].input)} cannot be inferred"
            )
        copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
        del model.graph.node[:]
        model.graph.node.extend(copies)
    return model


def _check_types(model: onnx.ModelProto) -> None:
    """Every result that something reads has a type.

    Raises:
        CompileError: one has none; the message names the operation that gives it.
    """
    types = _types(model.graph)
    opsets = {opset.domain: opset.version for opset in model.opset_import}
    used = {name for node in model.graph.node for name in node.input}
    for node in model.graph.node:
        for output in node.output:
            known = output in types and types[output].WhichOneof("value") is not None
            if output in used and not known:
                raise CompileError(
                    f"no lowering to linalg for {describe_node(node, opsets)}: the type of its "
                    f"result {output!r} cannot be inferred"
                )
