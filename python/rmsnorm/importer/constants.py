# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Constant tensors, and tensors of no value, where torch-mlir cannot make them."""

import torch
from torch.export.graph_signature import InputKind
from torch.fx import GraphModule, Node

aten = torch.ops.aten
_ORIGIN = ("stack_trace", "nn_module_stack", "source_fn_stack")


def _in_a_list(node: Node, value: Node) -> bool:
    return any(isinstance(arg, list | tuple) and value in arg for arg in node.args)


def constants_out_of_lists(program: torch.export.ExportedProgram) -> None:
    """Gives lists of tensors an alias of each constant among them.

    torch-mlir refuses a constant tensor in a list of tensors, as in ``torch.cat([constant, x])``.
    """
    graph = program.graph_module.graph
    kinds = {spec.arg.name: spec.kind for spec in program.graph_signature.input_specs}
    for constant in list(graph.nodes):
        if constant.op != "placeholder" or kinds.get(constant.name) != InputKind.CONSTANT_TENSOR:
            continue
        for user in list(constant.users):
            if user.op != "call_function" or not _in_a_list(user, constant):
                continue
            with graph.inserting_before(user):
                alias = graph.call_function(aten.alias.default, (constant,))
            alias.meta = {key: user.meta[key] for key in _ORIGIN if key in user.meta}
            alias.meta["val"] = constant.meta["val"]
            user.replace_input_with(constant, alias)
    program.graph_module.recompile()


def zeros_for_empty(module: GraphModule) -> None:
    """Makes zeros of tensors whose elements may be anything.

    Of ``aten.empty_strided`` torch-mlir cannot make one without elements, which models keep to
    concatenate something with it, or not.
    """
    for node in module.graph.find_nodes(op="call_function", target=aten.empty_strided.default):
        node.target = aten.full.default
        node.args = (node.args[0], 0)
    module.recompile()
