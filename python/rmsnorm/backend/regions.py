# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The pieces of a graph of torch functions that may be norms."""

import operator
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.fx import Node

_F = torch.nn.functional
_WHOLE: set[object] = {_F.rms_norm, torch.rms_norm, _F.normalize}
_ROOTS: set[object] = {
    torch.rsqrt,
    torch.sqrt,
    torch.pow,
    operator.pow,
    "rsqrt",
    "sqrt",
    "pow",
    "__pow__",
}
_REDUCTIONS: set[object] = {
    torch.mean,
    torch.sum,
    torch.norm,
    torch.linalg.vector_norm,
    "mean",
    "sum",
    "norm",
}
_CASTS: set[object] = {"to", "float", "type", "type_as", "half", "bfloat16", "double"}
_POINTWISE: set[object] = {
    *_CASTS,
    *(torch.mul, torch.add, torch.sub, torch.div, torch.square, torch.abs, torch.neg),
    *(torch.reciprocal, torch.clamp, torch.clamp_min, torch.maximum, torch.true_divide),
    *(operator.mul, operator.add, operator.sub, operator.truediv, operator.neg),
    *(operator.imul, operator.iadd),
    *("mul", "add", "sub", "div", "square", "abs", "neg", "reciprocal", "clamp", "clamp_min"),
    *("unsqueeze", "squeeze", "view", "reshape", "expand", "contiguous", "expand_as"),
}
_ADDITIONS: set[object] = {operator.add, torch.add, "add"}
_MOST_NODES = 24


@dataclass(frozen=True)
class Region:
    """A piece of a graph with one input that is no parameter, and one output.

    Attributes:
        nodes: in the order of the graph.
        x: the input.
        output: the last of the nodes.
        parameters: nodes outside that are parameters or constants of the model.
    """

    nodes: tuple[Node, ...]
    x: Node
    output: Node
    parameters: tuple[Node, ...]


def example(node: Node) -> Tensor | None:
    """The fake tensor that the node makes, if it makes a tensor."""
    value = node.meta.get("example_value", node.meta.get("val"))
    return value if isinstance(value, Tensor) else None


def is_parameter(node: Node) -> bool:
    """Whether the node is a parameter or buffer of the model."""
    if node.op == "get_attr":
        return True
    return node.op == "placeholder" and ("_parameters_" in node.name or "_buffers_" in node.name)


def _is(node: Node, targets: set[object]) -> bool:
    return node.op in ("call_function", "call_method") and node.target in targets


def _tensor_inputs(node: Node) -> list[Node]:
    return [n for n in node.all_input_nodes if example(n) is not None]


def _statistic(root: Node) -> tuple[set[Node], Node] | None:
    """The nodes from a value to the root of its statistic, and that value."""
    nodes = {root}
    at = root
    for _ in range(_MOST_NODES):
        inputs = [n for n in _tensor_inputs(at) if not is_parameter(n)]
        if len(inputs) != 1:
            return None
        at = inputs[0]
        if _is(at, _REDUCTIONS):
            break
        if not _is(at, _POINTWISE):
            return None
        nodes.add(at)
    else:
        return None
    nodes.add(at)
    inputs = _tensor_inputs(at)
    if len(inputs) != 1:
        return None
    at = inputs[0]
    if at.target not in ("norm", torch.norm, torch.linalg.vector_norm) and (
        _is(at, _ROOTS) or _is(at, _POINTWISE)
    ):
        square = _tensor_inputs(at)
        if len(set(square)) == 1 and not _is(at, _CASTS):
            nodes.add(at)
            at = square[0]
    return nodes, at


def _casts_to(value: Node) -> Iterator[tuple[set[Node], Node]]:
    """The value itself, and what it is a cast of: the input of the norm may be either."""
    nodes: set[Node] = set()
    at = value
    while _is(at, _CASTS) and len(_tensor_inputs(at)) >= 1:
        nodes = nodes | {at}
        at = _tensor_inputs(at)[0]
        yield nodes, at
    yield set(), value


def _from_parameters(graph: torch.fx.Graph) -> set[Node]:
    """Nodes that depend on parameters only, like ``1 + weight.float()``."""
    result: set[Node] = set()
    for node in graph.nodes:
        inputs = _tensor_inputs(node)
        if inputs and _is(node, _POINTWISE) and all(is_parameter(n) or n in result for n in inputs):
            result.add(node)
    return result


def _closed(
    output: Node, x: Node, inside: set[Node], derived: set[Node], weights: set[Node]
) -> Region | None:
    """What ``output`` needs of ``inside``, if nothing else needs a part of it."""
    needed = {output}
    parameters: dict[Node, None] = {}
    pending = [output]
    while pending:
        for node in _tensor_inputs(pending.pop()):
            if node is x or node in needed:
                continue
            if is_parameter(node) or node in weights:
                parameters[node] = None
            elif node in inside or node in derived:
                needed.add(node)
                pending.append(node)
            else:
                return None
    for node in needed - derived - {output}:
        # A cast of the input may be read by others: they keep theirs.
        if not _is(node, _CASTS) and any(user not in needed for user in node.users):
            return None
    order = tuple(n for n in output.graph.nodes if n in needed)
    return Region(order, x, output, tuple(parameters))


def regions_of(root: Node) -> Iterator[Region]:
    """Regions around a root that might be a norm, the largest first."""
    weights: set[Node] = set()  # that may be any tensors
    if _is(root, _WHOLE):
        inputs = _tensor_inputs(root)
        weights = set(inputs[1:])
        starts = [({root}, inputs[0])] if inputs else []
    else:
        found = _statistic(root)
        starts = []
        if found is not None:
            starts = [(found[0] | casts, x) for casts, x in _casts_to(found[1])]
    for start, x in starts:
        value = example(x)
        if value is None or is_parameter(x):
            continue
        inside = set(start)
        derived = _from_parameters(root.graph)
        grown: list[Node] = [root]
        for node in root.graph.nodes:
            if len(inside) >= _MOST_NODES:
                break
            inputs = _tensor_inputs(node)
            if (
                node not in inside
                and _is(node, _POINTWISE)
                and any(n in inside for n in inputs)
                and all(n in inside or n is x or n in derived or is_parameter(n) for n in inputs)
            ):
                inside.add(node)
                grown.append(node)
        for output in reversed(grown):
            made = example(output)
            if made is None or made.shape != value.shape:
                continue
            region = _closed(output, x, inside, derived, weights)
            if region is not None and root in region.nodes:
                yield region


def roots(graph: torch.fx.Graph) -> Iterator[Node]:
    """Nodes that a norm may be built around, in order."""
    for node in list(graph.nodes):
        if _is(node, _WHOLE) or (_is(node, _ROOTS) and example(node) is not None):
            yield node


def residual_of(x: Node) -> tuple[Node, Node] | None:
    """The summands, if the input of a norm is a plain addition of two tensors like it."""
    if not _is(x, _ADDITIONS) or x.kwargs or len(x.args) != 2:
        return None
    first, second = x.args
    value = example(x)
    if not isinstance(first, Node) or not isinstance(second, Node) or value is None:
        return None
    for node in (first, second):
        part = example(node)
        if part is None or part.shape != value.shape or part.dtype != value.dtype:
            return None
    return first, second
