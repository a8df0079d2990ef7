# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Operations of a graph that others must not be moved across, and such as do nothing."""

import operator

import torch
from torch.fx import Graph, Node

from rmsnorm.backend.regions import example

_CASTS = ("float", "half", "bfloat16", "double", "to", "type_as")
_IN_PLACE: set[object] = {
    getattr(operator, name)
    for name in [
        "iadd",
        "isub",
        "imul",
        "itruediv",
        "ifloordiv",
        "imod",
        "ipow",
        "iand",
        "ior",
        "ixor",
        "imatmul",
    ]
} | {operator.setitem, operator.delitem}


def _is_random(node: Node) -> bool:
    """Whether it takes from the random numbers, whose order counts."""
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    names = ("rand", "bernoulli", "multinomial", "normal", "poisson", "rrelu", "gumbel_softmax")
    return name.startswith(names) or ("dropout" in name and not _is_no_dropout(node))


def changes_something(node: Node) -> bool:
    """Whether a node may write to a tensor, or switch a mode."""
    if node.op == "call_module":
        return True  # unknown
    if node.op not in ("call_function", "call_method"):
        return False
    if (
        _is_random(node)
        or node.target in _IN_PLACE
        or node.kwargs.get("inplace")
        or "out" in node.kwargs
    ):
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
        self.nodes = [node for node in graph.nodes if changes_something(node)]

    def between(self, nodes: set[Node]) -> bool:
        """Whether one stands between the first and the last of the nodes."""
        first, last = min(nodes), max(nodes)
        return any(first <= barrier <= last for barrier in self.nodes)


def _is_no_dropout(node: Node) -> bool:
    """Whether it is a dropout that does nothing: it returns the tensor itself."""
    if node.target not in (torch.nn.functional.dropout, torch.dropout):
        return False
    training = node.kwargs.get("training", node.kwargs.get("train"))
    return (node.args[2] if len(node.args) > 2 else training) is False


def drop_identities(graph: Graph) -> None:
    """Removes operations that return the tensor itself: casts to the type that it has."""
    for node in list(graph.nodes):
        if _is_no_dropout(node) and isinstance(node.args[0], Node):
            node.replace_all_uses_with(node.args[0])
            graph.erase_node(node)
            continue
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


def drop_unused(graph: Graph) -> None:
    """Removes what nothing reads, unless it changes something: torch.fx takes ``x.add_`` for pure."""
    graph.eliminate_dead_code(lambda node: node.is_impure() or changes_something(node))
