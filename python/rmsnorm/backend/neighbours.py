# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What stands around a norm in a graph and could be computed in the same kernel."""

import operator
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.fx import Node

from rmsnorm.backend.effects import Barriers
from rmsnorm.backend.regions import example
from rmsnorm.nn.functional import rms_norm

_F = torch.nn.functional
_NAMES = [
    "add",
    "sub",
    "mul",
    "div",
    "neg",
    "abs",
    "square",
    "reciprocal",
    "sqrt",
    "rsqrt",
    "exp",
    "exp2",
    "log",
    "tanh",
    "sigmoid",
    "relu",
    "round",
    "floor",
    "ceil",
    "clamp",
    "clamp_min",
    "clamp_max",
    "maximum",
    "minimum",
    "pow",
    "erf",
    "where",
    "true_divide",
    "multiply",
    "subtract",
    "divide",
    "sin",
    "cos",
]
_METHODS = (*_NAMES, "to", "float", "half", "bfloat16", "double", "type_as")
ELEMENTWISE: set[object] = {
    *(getattr(torch, name) for name in _NAMES),
    *_METHODS,
    *(operator.add, operator.sub, operator.mul, operator.truediv, operator.neg, operator.pow),
    *(operator.abs, torch.rsub),
    *(_F.silu, _F.gelu, _F.sigmoid, _F.tanh, _F.relu, _F.softplus, _F.mish, _F.hardswish),
    *(torch.ge, torch.gt, torch.le, torch.lt, torch.eq, torch.ne),
    *(operator.ge, operator.gt, operator.le, operator.lt, operator.eq, operator.ne),
    *("ge", "gt", "le", "lt", "eq", "ne"),
}
_REDUCTIONS: set[object] = {torch.amax, torch.amin, torch.sum, torch.mean}
_REDUCTIONS |= {"amax", "amin", "sum", "mean"}
_DTYPES = {torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int8, torch.bool}
_MOST_NODES = 64


def same_extent(first: Any, second: Any) -> bool:
    """Whether two extents are known to be the same; asks for no guard."""
    if isinstance(first, int) and isinstance(second, int):
        return first == second
    if isinstance(first, torch.SymInt) and isinstance(second, torch.SymInt):
        return bool(first.node.expr == second.node.expr)
    return False


def is_one(extent: Any) -> bool:
    """Whether an extent is one for certain."""
    return isinstance(extent, int) and extent == 1


def same_shape(first: Iterable[Any], second: Iterable[Any]) -> bool:
    """Whether two shapes are known to be the same."""
    one, other = tuple(first), tuple(second)
    return len(one) == len(other) and all(map(same_extent, one, other))


def broadcasts(shape: Iterable[Any], rows: tuple[Any, ...]) -> bool:
    """Whether a shape is known to broadcast to ``rows`` from the right."""
    given = tuple(shape)
    return len(given) <= len(rows) and all(
        is_one(extent) or same_extent(extent, wanted)
        for extent, wanted in zip(reversed(given), reversed(rows))
    )


@dataclass(frozen=True)
class Policy:
    """What may come along; tried in turn until the compiler makes one kernel of it."""

    norms: bool = True
    reductions: bool = True
    producers: bool = True
    consumers: bool = True


POLICIES = (
    Policy(),
    Policy(norms=False),
    Policy(norms=False, reductions=False),
    Policy(norms=False, producers=False),
    Policy(norms=False, consumers=False),
)


@dataclass
class Neighbourhood:
    """A norm with neighbours.

    Attributes:
        norm: the call of ``rms_norm``.
        shape: of its rows.
        axes: normalised, not negative.
        nodes: the norm and what goes with it.
        refused: neighbours that stay outside, and why.
    """

    norm: Node
    shape: tuple[Any, ...]
    axes: tuple[int, ...]
    nodes: set[Node]
    refused: dict[Node, str] = field(default_factory=dict)

    def ordered(self) -> list[Node]:
        """The nodes in the order of the graph."""
        return sorted(self.nodes)

    def inputs(self) -> list[Node]:
        """What they read from outside, each once."""
        found: dict[Node, None] = {}
        for node in self.ordered():
            for used in node.all_input_nodes:
                if used not in self.nodes:
                    found[used] = None
        return list(found)

    def outputs(self) -> list[Node]:
        """Those that something outside reads."""
        return [n for n in self.ordered() if any(user not in self.nodes for user in n.users)]


def is_plain_norm(node: Node) -> bool:
    """Whether it is a call of ``rms_norm`` with one result."""
    return node.target is rms_norm and not node.kwargs.get("return_sum", False)


def _axes_of(norm: Node, value: Tensor) -> set[int]:
    given: Any = norm.kwargs["axes"]
    return {axis % value.dim() for axis in given}


def _reduced_axes(node: Node) -> Any:
    """The axes of a reduction that keeps its dimensions, else None."""
    keep = node.kwargs.get("keepdim", node.args[2] if len(node.args) > 2 else False)
    axes = node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else None)
    if keep is not True or "dtype" in node.kwargs or len(node.args) > 3:
        return None
    return (axes,) if isinstance(axes, int) else axes


def _why_not(node: Node, at: Neighbourhood, policy: Policy) -> str | None:
    """Why a node is not computed along the rows of the norm, or None if it is."""
    value = example(node)
    if value is None or node.op not in ("call_function", "call_method"):
        return "no operation on one tensor"
    rows = tuple(1 if axis in at.axes else extent for axis, extent in enumerate(at.shape))
    if is_plain_norm(node):
        if not policy.norms:
            return "a norm of its own"
        axes = _axes_of(node, value)
        if not same_shape(value.shape, at.shape) or axes != set(at.axes):
            return "a norm of other rows"
    elif node.target in _REDUCTIONS:
        axes = _reduced_axes(node)
        source = example(node.all_input_nodes[0])
        if not policy.reductions or axes is None or source is None:
            return "a reduction"
        if {axis % source.dim() for axis in axes} != set(at.axes):
            return "a reduction of other axes"
        if not same_shape(source.shape, at.shape):
            return "a reduction of another shape"
    elif node.target not in ELEMENTWISE or node.kwargs.get("inplace") or "out" in node.kwargs:
        return "not elementwise"
    elif not same_shape(value.shape, at.shape) and not same_shape(value.shape, rows):
        return "another shape"
    return _why_not_operands(node, value, at)


def _why_not_operands(node: Node, value: Tensor, at: Neighbourhood) -> str | None:
    if value.dtype not in _DTYPES or value.device.type != "cpu":
        return f"{value.dtype} on {value.device.type}"
    for used in node.all_input_nodes:
        operand = example(used)
        if operand is None:
            return "reads an extent or another number of the graph"
        if operand.dtype not in _DTYPES | {torch.int32, torch.int64}:
            return f"reads {operand.dtype}"
        if operand.device.type != "cpu" or type(operand) not in _known_types():
            return f"reads {type(operand).__name__} on {operand.device.type}"
        if not broadcasts(operand.shape, at.shape):
            return "reads a tensor that does not broadcast to the rows"
    return None


def _known_types() -> tuple[type, ...]:
    from torch._subclasses.fake_tensor import FakeTensor

    return (Tensor, torch.nn.Parameter, FakeTensor)


def _is_convex(nodes: set[Node], downstream: set[Node] | None = None) -> bool:
    """Whether nothing outside stands between two of the nodes."""
    ordered = sorted(nodes)
    outside: set[Node] = set() if downstream is None else downstream
    at, last = ordered[0], ordered[-1]
    while True:
        if any(used in outside for used in at.all_input_nodes):
            if at in nodes:
                return False
            outside.add(at)
        elif at not in nodes and any(used in nodes for used in at.all_input_nodes):
            outside.add(at)
        if at is last:
            return True
        at = at.next


def downstream(nodes: set[Node]) -> list[Node]:
    """What depends on the nodes and stands before the last of them, in order."""
    found: set[Node] = set()
    _is_convex(nodes, found)
    return sorted(found)


def grow(norm: Node, policy: Policy, barriers: Barriers) -> Neighbourhood:
    """The largest neighbourhood of a norm under a policy; the norm alone where it has no kernel."""
    value = example(norm)
    assert value is not None
    axes = tuple(sorted(_axes_of(norm, value)))
    at = Neighbourhood(norm, tuple(value.shape), axes, {norm})
    if not all(isinstance(value.shape[axis], int) for axis in axes):
        at.refused[norm] = "the row's extent is dynamic"
        return at
    reason = _why_not_operands(norm, value, at)
    if reason is not None:
        at.refused[norm] = reason
        return at
    grew = True
    while grew and len(at.nodes) < _MOST_NODES:
        grew = False
        for node in _around(at, policy):
            if node in at.refused or node in at.nodes or len(at.nodes) >= _MOST_NODES:
                continue
            reason = _why_not(node, at, policy)
            if reason is None and barriers.between({*at.nodes, node}):
                reason = "something is changed in place between it and the norm"
            if reason is not None:
                at.refused[node] = reason
            elif _is_convex({*at.nodes, node}):
                at.nodes.add(node)
                grew = True
            # else: perhaps when what stands between has joined
    for node in _around(at, policy):
        if node not in at.nodes:
            at.refused.setdefault(node, "depends on the norm by way of something outside")
    return at


def _around(at: Neighbourhood, policy: Policy) -> list[Node]:
    found: dict[Node, None] = {}
    for node in at.ordered():
        if policy.producers:
            for used in node.all_input_nodes:
                if used.op not in ("placeholder", "get_attr"):
                    found[used] = None
        if policy.consumers:
            found.update((user, None) for user in node.users if user.op != "output")
    return [node for node in found if node not in at.nodes]
