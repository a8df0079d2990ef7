# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Which node of an ONNX model it is that torch-mlir crashes on."""

from typing import Any

import onnx
from onnx import helper

from rmsnorm.errors import CompileError
from rmsnorm.importer.mlir_file import ONNX_TO_LINALG
from rmsnorm.importer.mlir_tools import as_text, run_isolated
from rmsnorm.importer.onnx_norms import describe_node


def failing_nodes(context: Any, model: onnx.ModelProto) -> list[str]:
    """Descriptions of the nodes that cannot be lowered even alone; one of each operation is tried.

    Args:
        context: of ``new_context``.
        model: prepared, so that every value has a type.
    """
    graph = model.graph
    opsets = {opset.domain: opset.version for opset in model.opset_import}
    values = {value.name: value for value in [*graph.value_info, *graph.input, *graph.output]}
    constants = {node.output[0]: node for node in graph.node if node.op_type == "Constant"}
    initializers = {tensor.name: tensor for tensor in graph.initializer}
    tried: set[tuple[str, str]] = set()
    failing = []
    for node in graph.node:
        if (node.domain, node.op_type) in tried:
            continue
        tried.add((node.domain, node.op_type))
        inputs = list(dict.fromkeys(name for name in node.input if name))
        alone = helper.make_graph(
            [*(constants[name] for name in inputs if name in constants), node],
            "main",
            [
                values[name]
                for name in inputs
                if name in values and name not in constants and name not in initializers
            ],
            [values[name] for name in node.output if name in values],
            initializer=[initializers[name] for name in inputs if name in initializers],
        )
        single = helper.make_model(
            alone, opset_imports=model.opset_import, ir_version=model.ir_version
        )
        try:
            run_isolated(as_text(onnx_module(context, single)), ONNX_TO_LINALG)
        except (CompileError, ValueError):
            failing.append(describe_node(node, opsets))
    return failing


def onnx_module(context: Any, model: onnx.ModelProto) -> Any:
    """The model in the torch dialect, as ONNX operations.

    Raises:
        CompileError: torch-mlir's importer refused something.
    """
    from torch_mlir.extras import onnx_importer

    info = onnx_importer.ModelInfo(model)
    module = info.create_module(context)
    try:
        importer = onnx_importer.NodeImporter.define_function(info.main_graph, module.operation)
        importer.import_all()
    except (onnx_importer.OnnxImportError, ValueError) as error:
        raise CompileError(f"the ONNX model cannot be imported: {str(error)[:400]}") from error
    return module
