# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX models to linalg, through torch-mlir's ONNX importer.

Operations that torch-mlir lacks or computes with other roundings are replaced
first: norms (``onnx_norms``), and those for which the specification has a
function body.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rmsnorm.errors import CompileError, MissingPackageError
from rmsnorm.importer.imported import ImportedModule, Weights
from rmsnorm.importer.mlir_file import ONNX_TO_LINALG, parse_module
from rmsnorm.importer.mlir_tools import (
    CrashError,
    as_text,
    location_text,
    new_context,
    refuse_foreign_operations,
    run_isolated,
)

if TYPE_CHECKING:
    import onnx

_ENTRY = "main"


def import_onnx(
    model: "onnx.ModelProto | str | os.PathLike[str]", *, weights: Weights = "arguments"
) -> ImportedModule:
    """Imports an ONNX model.

    Args:
        model: path of a file (external data lie next to it), or a loaded model.
        weights: ``"arguments"`` binds large ones to the file's own memory, ``"constants"`` puts
            them into the text.

    Returns:
        Linalg. Dimensions with a name (``dim_param``) are dynamic. Called with the model's inputs, by position
        or by name; gives one result, or a tuple, in the order of the model's outputs.

    Raises:
        FileNotFoundError: there is no such file.
        CompileError: it is not an ONNX model, or a node cannot be imported; the message has its
            operation, the version of the operation set and its name.
        MissingPackageError: onnx or torch-mlir is not installed.
    """
    try:
        from rmsnorm.importer.onnx_prepare import prepare_model
        from rmsnorm.importer.onnx_weights import load_model
    except ImportError as error:
        raise MissingPackageError("onnx", "onnx", "importing an ONNX model", error) from error
    context = new_context()
    source = Path(model) if isinstance(model, str | os.PathLike) else model
    loaded = load_model(source)
    proto = prepare_model(loaded.proto)
    names = [value.name for value in proto.graph.input]
    values = dict(loaded.weights)
    inputs = [name for name in names if name not in values]
    constants = values if weights == "constants" else {}
    text = _lower(context, proto, names, constants)
    bound = [values[name] for name in names if name in values and name not in constants]

    def flatten(args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
        return _by_name(inputs, args, kwargs) + bound

    return ImportedModule(text=text, entry=_ENTRY, flatten=flatten)


def _by_name(names: list[str], args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
    given = dict(zip(names, args)) | dict(kwargs)
    twice = set(names[: len(args)]) & set(kwargs)
    if len(args) > len(names) or twice or set(given) != set(names):
        raise TypeError(
            f"arguments: given {len(args)} by position and {sorted(kwargs)} by name, expected "
            f"each of {names} once"
        )
    return [given[name] for name in names]


def _lower(
    context: Any, proto: "onnx.ModelProto", names: list[str], constants: Mapping[str, Any]
) -> str:
    from rmsnorm.importer.onnx_diagnose import failing_nodes, onnx_module
    from rmsnorm.importer.onnx_norms import describe_node

    nodes = {node.name: node for node in proto.graph.node}
    opsets = {opset.domain: opset.version for opset in proto.opset_import}

    def node_of(place: str) -> str:
        node = nodes.get(place.strip('"'))
        return describe_node(node, opsets) if node is not None else f"node {place}"

    def explain(errors: list[tuple[str, str]]) -> str:
        places = sorted({node_of(place) for place, _ in errors})
        messages = "\n".join(message for _, message in errors)
        return f"no lowering to linalg for {'; '.join(places)}:\n{messages}"

    module = onnx_module(context, proto)
    try:
        lowered = run_isolated(as_text(module), ONNX_TO_LINALG, explain)
    except CrashError as error:
        culprits = "; ".join(failing_nodes(context, proto)) or "a combination of nodes"
        raise CompileError(f"no lowering to linalg for {culprits}: {error}") from error
    module = parse_module(context, lowered)
    refuse_foreign_operations(
        module, lambda operation: f"{node_of(location_text(operation.location))} ({operation.name})"
    )
    _bind_constants(module, [constants.get(name) for name in names])
    arguments = [name for name in names if name not in constants]
    _name_signature(module, arguments, [value.name for value in proto.graph.output])
    return as_text(module)


def _function(module: Any) -> Any:
    return next(op for op in module.body.operations if op.operation.name == "func.func").operation


def _bind_constants(module: Any, values: Sequence[Any]) -> None:
    """Arguments become constants where a value is given; others are None."""
    from torch_mlir import ir

    function = _function(module)
    block = function.regions[0].blocks[0]
    with module.context, ir.Location.unknown(), ir.InsertionPoint.at_block_begin(block):
        for index in reversed(range(len(values))):
            if values[index] is None:
                continue
            argument = block.arguments[index]
            data = np.ascontiguousarray(values[index]).view(np.uint8)
            value = ir.DenseResourceElementsAttr.get_from_buffer(
                data, f"weight{index}", argument.type, alignment=64
            )
            constant = ir.Operation.create(
                "arith.constant", results=[argument.type], attributes={"value": value}
            )
            argument.replace_all_uses_with(constant.result)
            block.erase_argument(index)
        old = ir.FunctionType(ir.TypeAttr(function.attributes["function_type"]).value)
        new = ir.FunctionType.get([argument.type for argument in block.arguments], old.results)
        function.attributes["function_type"] = ir.TypeAttr.get(new)


def _name_signature(module: Any, arguments: list[str], results: list[str]) -> None:
    """The model's own names, for the artifact's signature."""
    from torch_mlir import ir

    function = _function(module)
    with module.context:
        for key, names in (("arg_attrs", arguments), ("res_attrs", results)):
            function.attributes[key] = ir.ArrayAttr.get(
                [ir.DictAttr.get({"rmsnorm.name": ir.StringAttr.get(name)}) for name in names]
            )
