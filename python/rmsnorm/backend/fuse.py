# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Puts one call of a compiled kernel where a norm and its neighbours stood in a graph."""

import operator

from torch.fx import Graph, GraphModule, Node

from rmsnorm.backend.effects import Barriers, drop_identities
from rmsnorm.backend.kernel import NoKernelError, kernel_of
from rmsnorm.backend.neighbours import POLICIES, Neighbourhood, downstream, grow, is_plain_norm
from rmsnorm.backend.region_operator import call_region
from rmsnorm.backend.regions import residual_of
from rmsnorm.backend.report import NormReport
from rmsnorm.backend.views import move_views
from rmsnorm.nn.functional import rms_norm


def _spelled(node: Node) -> str:
    """An operation in words."""
    if node.target is rms_norm:
        return "rms_norm"
    return node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "?")


def _place(norm: Node) -> str:
    stack = norm.meta.get("nn_module_stack") or {}
    paths = [str(entry[0]) for entry in stack.values() if entry and entry[0]]
    return f"{paths[-1]} ({norm.name})" if paths else norm.name


def _is_residual_alone(at: Neighbourhood) -> bool:
    """Whether the norm's own operator does as much: it takes the residual addition, too."""
    x = at.norm.args[0]
    others = at.nodes - {at.norm}
    return not others or (isinstance(x, Node) and others == {x} and residual_of(x) is not None)


def _substitute(at: Neighbourhood, name: str) -> None:
    graph: Graph = at.norm.graph
    ordered, inputs, outputs = at.ordered(), at.inputs(), at.outputs()
    later = downstream(at.nodes)
    last = ordered[-1]
    with graph.inserting_after(last):
        call = graph.call_function(call_region, (name, *inputs))
    at_place = call
    for number, output in enumerate(outputs):
        with graph.inserting_after(at_place):
            item = graph.call_function(operator.getitem, (call, number))
        item.meta.update(output.meta)
        output.replace_all_uses_with(item, delete_user_cb=lambda user: user not in at.nodes)
        at_place = item
    for node in later:  # needs a result of the kernel: has to come after it
        at_place.append(node)
        at_place = node
    for node in reversed(ordered):
        graph.erase_node(node)


def _best(norm: Node, barriers: Barriers) -> tuple[Neighbourhood, str | None]:
    """The largest neighbourhood that is one kernel, and its name; no name: the norm alone."""
    tried: list[set[Node]] = []
    reason = ""
    first: Neighbourhood | None = None
    for policy in POLICIES:
        at = grow(norm, policy, barriers)
        if first is None:
            first = at
        if at.nodes in tried:
            continue
        tried.append(at.nodes)
        if _is_residual_alone(at):
            if not reason:
                break  # nothing larger was refused
            continue
        try:
            name = kernel_of(at)
        except NoKernelError as error:
            reason = reason or str(error)
            continue
        if reason:  # why a larger one was not taken
            for node in first.nodes - at.nodes:
                at.refused.setdefault(node, reason)
        return at, name
    assert first is not None
    for node in first.nodes - {norm}:
        if reason:
            first.refused.setdefault(node, reason)
    return first, None


def fuse_neighbours(module: GraphModule) -> list[NormReport]:
    """Puts the norms of a graph, calls of ``rms_norm``, into kernels with their neighbours.

    Args:
        module: every node has its example value; changed in place.

    Returns:
        What became of each norm.
    """
    graph = module.graph
    drop_identities(graph)
    move_views(graph)
    found: list[NormReport] = []
    barriers = Barriers(graph)
    for norm in list(graph.nodes):
        if norm.graph is not graph or norm._erased or not is_plain_norm(norm):
            continue
        at, name = _best(norm, barriers)
        outside = tuple(
            (node.name, reason) for node, reason in sorted(at.refused.items(), key=lambda p: p[0])
        )
        place = _place(norm)
        if name is None:
            inside: tuple[str, ...] = ("rms_norm",)
            x = norm.args[0]
            if isinstance(x, Node) and residual_of(x) is not None:
                inside = (_spelled(x), "rms_norm")
            found.append(NormReport(place, "operator", inside, outside))
            continue
        inside = tuple(_spelled(node) for node in at.ordered())
        found.append(NormReport(place, "one kernel", inside, outside))
        _substitute(at, name)
    return found
