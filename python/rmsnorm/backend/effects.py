# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Operations of a graph that others must not be moved across."""

import operator

import torch
from torch.fx import Graph, Node

from rmsnorm.backend.regions import example

_CASTS = ("float", "half", "bfloat16", "double", "to", "type_as")
_IN_PLACE: set[object] = {
    getattr(operator, name)
    for name in "iadd isub imul itruediv ifloordiv imod ipow iand ior ixor imatmul".split()
} | {operator.setitem, operator.delitem}


def _changes_something(node: Node) -> bool:
    """Whether a node may write to a tensor, or switch a mode."""
    if node.op == "call_module":
        return True  # unknown
    if node.op not in ("call_function", "call_method"):
        return False
    if node.target in _IN_PLACE or node.kwargs.get("inplace") or "out" in node.kwargs:
        return True
    if isinstance(node.target, torch._ops.OpOverload):
        return bool(node.target._schema.is_mutable)
    if isinstance(node.target, torch._ops.OpOverloadPacket | torch._ops.HigherOrderOperator):
        return True  # unknown
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "_")
    if name.startswith("__"):
        return name.startswith("__i") and name not in ("__invert__", "__index__", "__int__")
    modes = ("_enter_", "_exit_", "_set_grad_enabled", "set_grad_enabled", "_saved_tensors")
    # "_" last: add_, copy_; and what has no name
    return name.endswith("_") or name.startswith(modes)


class Barriers:
    """The places of a graph where something is changed."""

    def __init__(self, graph: Graph) -> None:
        self.nodes = [node for node in graph.nodes if _changes_something(node)]

    def between(self, nodes: set[Node]) -> bool:
        """Whether one stands between the first and the last of the nodes."""
        first, last = min(nodes), max(nodes)
        return any(first <= barrier <= last for barrier in self.nodes)


def drop_casts_to_itself(graph: Graph) -> None:
    """Removes casts to the type that a tensor has: they return the tensor itself."""
    for node in list(graph.nodes):
        if node.op != "call_method" or node.target not in _CASTS or not node.all_input_nodes:
            continue
        source = node.args[0]
        value = example(node)
        given = example(source) if isinstance(source, Node) else None
        if value is None or given is None or value.dtype != given.dtype:
            continue
        if node.target == "to":
            types = [*node.args[1:], *node.kwargs.values()]
            plain = len(types) == 1 and isinstance(types[0], torch.dtype)
        elif node.target == "type_as":
            plain = not node.kwargs and value.device == given.device
        else:
            plain = len(node.args) == 1 and not node.kwargs
        if plain:
            node.replace_all_uses_with(source)
            graph.erase_node(node)
