# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Complex numbers as pairs of real ones.

Rotary embeddings are often written with complex numbers: ``view_as_complex`` of the pairs of a
head, a product with ``polar(1, angle)``, ``view_as_real``. The compiler knows real tensors
only, so every complex tensor of an exported graph becomes two real ones, and what
computes with it is said of the two: (a + bi)(c + di) = (ac - bd) + (ad + bc)i.
"""

import re
from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch._guards import detect_fake_mode
from torch.export.graph_signature import InputKind
from torch.fx import Graph, Node

from rmsnorm.errors import UnsupportedModelError

aten = torch.ops.aten

# The real and the imaginary part; a number stands for itself, None for no imaginary part.
Part: TypeAlias = Node | float | None
Pair: TypeAlias = tuple[Node, Node]

# Act on both parts alike: what moves elements, and what is linear.
_EACH = frozenset((
    aten.view.default, aten._unsafe_view.default, aten.reshape.default, aten.slice.Tensor,
    aten.select.int, aten.unsqueeze.default, aten.squeeze.default, aten.squeeze.dim,
    aten.squeeze.dims, aten.expand.default, aten.permute.default, aten.transpose.int,
    aten.t.default, aten.clone.default, aten.alias.default, aten.detach.default,
    aten.flip.default, aten.repeat.default, aten.index_select.default, aten.index.Tensor,
    aten.neg.default, aten.sum.dim_IntList, aten.mean.dim, aten.lift_fresh_copy.default,
    aten.resolve_conj.default, aten.resolve_neg.default,
))  # fmt: skip
_CONJUGATE = frozenset(
    (aten._conj.default, aten._conj_physical.default, aten.conj_physical.default)
)
_REAL_TYPE = {
    torch.complex32: torch.float16,
    torch.complex64: torch.float32,
    torch.complex128: torch.float64,
}


def _is_complex(node: Any) -> bool:
    value = node.meta.get("val") if isinstance(node, Node) else None
    return isinstance(value, torch.Tensor) and value.is_complex()


class _Pairs:
    """Rewrites one graph; ``parts`` are those of each complex node so far."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.parts: dict[Node, Pair] = {}
        self.origin: Node | None = None

    def call(self, target: Any, *args: Any, **kwargs: Any) -> Node:
        """A new node with its value's shape and dtype, as the export would have made it."""
        node = self.graph.call_function(target, args, kwargs)

        def value_of(leaf: Any) -> Any:
            return leaf.meta["val"] if isinstance(leaf, Node) else leaf

        given, named = torch.utils._pytree.tree_map(value_of, (args, kwargs))
        mode = detect_fake_mode(torch.utils._pytree.tree_leaves((given, named)))
        assert mode is not None  # every exported graph has one
        with mode:
            node.meta["val"] = target(*given, **named)
        if self.origin is not None:
            for key in ("stack_trace", "nn_module_stack", "source_fn_stack"):
                if key in self.origin.meta:
                    node.meta[key] = self.origin.meta[key]
        return node

    def parts_of(self, value: Any) -> tuple[Part, Part]:
        if isinstance(value, complex):
            return value.real, value.imag
        if isinstance(value, Node) and value in self.parts:
            return self.parts[value]
        return value, None

    def times(self, x: Part, y: Part) -> Node:
        """A product of which at least one factor is a tensor."""
        if not isinstance(x, Node):
            x, y = y, x
        return self.call(aten.mul.Tensor, x, y)

    def product(self, node: Node) -> Pair:
        (a, b), (c, d) = self.parts_of(node.args[0]), self.parts_of(node.args[1])
        if b is None:
            return self.times(a, c), self.times(a, d)
        if d is None:
            return self.times(a, c), self.times(b, c)
        return (
            self.call(aten.sub.Tensor, self.times(a, c), self.times(b, d)),
            self.call(aten.add.Tensor, self.times(a, d), self.times(b, c)),
        )

    def quotient(self, node: Node) -> Pair:
        (a, b), (c, d) = self.parts_of(node.args[0]), self.parts_of(node.args[1])
        if b is None or d is not None:
            raise _refusal(node, "a complex divisor")
        return self.call(aten.div.Tensor, a, c), self.call(aten.div.Tensor, b, c)

    def total(self, node: Node) -> Pair:
        """A sum or a difference; ``alpha`` is that of both parts."""
        (a, b), (c, d) = self.parts_of(node.args[0]), self.parts_of(node.args[1])
        real = self.both(node, a, c)
        if b is not None and d is not None:
            return real, self.both(node, b, d)
        # The number that is real has the imaginary part 0.
        zero = self.call(aten.full_like.default, real, 0.0)
        return real, self.both(node, zero if b is None else b, zero if d is None else d)

    def both(self, node: Node, x: Part, y: Part) -> Node:
        if not isinstance(x, Node):
            like = self.call(aten.full_like.default, y, x)
            return self.call(node.target, like, y, **node.kwargs)
        return self.call(node.target, x, y, **node.kwargs)

    def converted(self, node: Node) -> Pair | Node:
        """``aten._to_copy``: between complex types, from a real one, or to one."""
        source, kwargs = node.args[0], dict(node.kwargs)
        wanted = kwargs.get("dtype")
        if wanted in _REAL_TYPE:
            kwargs["dtype"] = _REAL_TYPE[wanted]  # type: ignore[index]
        if not _is_complex(source):
            real = self.call(node.target, source, **kwargs)
            return real, self.call(aten.full_like.default, real, 0.0)
        real, imaginary = self.parts[source]  # type: ignore[index]
        if wanted is not None and wanted not in _REAL_TYPE:
            return self.call(node.target, real, **kwargs)
        return self.call(node.target, real, **kwargs), self.call(node.target, imaginary, **kwargs)

    def rewritten(self, node: Node) -> Pair | Node:
        """What stands for ``node``: two nodes if it is complex, else one.

        Raises:
            UnsupportedModelError: the operation has no such form here.
        """
        target, args = node.target, node.args
        if target in _EACH:
            real, imaginary = self.parts[args[0]]  # type: ignore[index]
            return (
                self.call(target, real, *args[1:], **node.kwargs),
                self.call(target, imaginary, *args[1:], **node.kwargs),
            )
        if target in _CONJUGATE:
            real, imaginary = self.parts[args[0]]  # type: ignore[index]
            return real, self.call(aten.neg.default, imaginary)
        if target is aten.cat.default:
            pairs = [self.parts.get(part) for part in args[0]]  # type: ignore[union-attr, arg-type]
            if None in pairs:
                raise _refusal(node, "complex and real tensors together")
            rest = args[1:]
            real = self.call(target, [pair[0] for pair in pairs], *rest)  # type: ignore[index]
            return real, self.call(target, [pair[1] for pair in pairs], *rest)  # type: ignore[index]
        handler = _HANDLERS.get(target)
        if handler is None:
            raise _refusal(node, "complex numbers")
        return handler(self, node)


def _as_complex(pairs: _Pairs, node: Node) -> Pair:
    x = node.args[0]
    return pairs.call(aten.select.int, x, -1, 0), pairs.call(aten.select.int, x, -1, 1)


def _as_real(pairs: _Pairs, node: Node) -> Node:
    parts = [
        pairs.call(aten.unsqueeze.default, part, -1)
        for part in pairs.parts[node.args[0]]  # type: ignore[index]
    ]
    return pairs.call(aten.cat.default, parts, -1)


def _polar(pairs: _Pairs, node: Node) -> Pair:
    length, angle = node.args
    return (
        pairs.call(aten.mul.Tensor, length, pairs.call(aten.cos.default, angle)),
        pairs.call(aten.mul.Tensor, length, pairs.call(aten.sin.default, angle)),
    )


def _joined(pairs: _Pairs, node: Node) -> Pair:
    real, imaginary = node.args
    shape = node.meta["val"].shape
    for part in (real, imaginary):
        if part.meta["val"].shape != shape:  # type: ignore[union-attr]
            raise _refusal(node, "parts of different shapes")
    return real, imaginary  # type: ignore[return-value]


def _part(which: int) -> Callable[[_Pairs, Node], Node]:
    return lambda pairs, node: pairs.parts[node.args[0]][which]  # type: ignore[index]


_HANDLERS: dict[Any, Callable[[_Pairs, Node], Pair | Node]] = {
    aten.view_as_complex.default: _as_complex,
    aten.view_as_real.default: _as_real,
    aten.polar.default: _polar,
    aten.complex.default: _joined,
    aten.real.default: _part(0),
    aten.imag.default: _part(1),
    aten.mul.Tensor: _Pairs.product,
    aten.mul.Scalar: _Pairs.product,
    aten.div.Tensor: _Pairs.quotient,
    aten.div.Scalar: _Pairs.quotient,
    aten.add.Tensor: _Pairs.total,
    aten.sub.Tensor: _Pairs.total,
    aten._to_copy.default: _Pairs.converted,
}


def _refusal(node: Node, what: str) -> UnsupportedModelError:
    places = re.findall(r'File "([^"]+)", line (\d+)', node.meta.get("stack_trace") or "")
    place = ":".join(("/".join(places[-1][0].split("/")[-3:]), places[-1][1])) if places else node
    return UnsupportedModelError(
        f"cannot import {node.target} of {what} ({place}): complex tensors become pairs of "
        "real ones where they are viewed, moved, added, multiplied, conjugated or scaled"
    )


def _real_placeholder(program: torch.export.ExportedProgram, pairs: _Pairs, node: Node) -> None:
    """A complex weight or constant is a real one with a last dimension of 2 (the same memory)."""
    spec = next(s for s in program.graph_signature.input_specs if s.arg.name == node.name)
    places = () if spec.kind == InputKind.USER_INPUT else (program.state_dict, program.constants)
    stored = next((place for place in places if spec.target in place), None)
    if spec.target is None or stored is None:
        raise UnsupportedModelError(
            f"argument {node.name}: given {node.meta['val'].dtype}, expected a real dtype; take "
            "torch.view_as_real of it outside of the model and view_as_complex inside"
        )
    # Under another name: the given program may share the dictionary.
    real = f"{spec.target}_as_real"
    stored[real] = torch.view_as_real(stored[spec.target].detach().resolve_conj())
    spec.target = real
    value = node.meta["val"]
    mode = detect_fake_mode([value])
    assert mode is not None
    with mode:
        node.meta["val"] = torch.view_as_real(value)
    node.meta.pop("tensor_meta", None)
    pairs.parts[node] = (
        pairs.call(aten.select.int, node, -1, 0),
        pairs.call(aten.select.int, node, -1, 1),
    )


def complex_to_pairs(program: torch.export.ExportedProgram) -> int:
    """Rewrites the complex tensors of a program in place.

    Args:
        program: decomposed; complex weights and constants of it are replaced by real views.

    Returns:
        How many nodes were rewritten; 0 leaves the program as it is.

    Raises:
        UnsupportedModelError: an argument or a result is complex, or an operation on complex
            numbers is not known; names it.
    """
    graph = program.graph_module.graph
    nodes = list(graph.nodes)
    placeholders = [node for node in nodes if node.op == "placeholder"]
    pairs, done = _Pairs(graph), []
    complex_inputs = [node for node in placeholders if _is_complex(node)]
    if complex_inputs:
        first = next(node for node in nodes if node.op != "placeholder")
        with graph.inserting_before(first):
            for node in complex_inputs:
                _real_placeholder(program, pairs, node)
    for node in nodes:
        reads = any(argument in pairs.parts for argument in node.all_input_nodes)
        if node.op == "output" and reads:
            name = next(n.name for n in node.all_input_nodes if n in pairs.parts)
            raise UnsupportedModelError(
                f"result {name} is complex, expected a real dtype; return torch.view_as_real of it"
            )
        if node.op != "call_function" or not (reads or _is_complex(node)):
            continue
        pairs.origin = node
        with graph.inserting_before(node):
            result = pairs.rewritten(node)
        if isinstance(result, tuple):
            pairs.parts[node] = result
        else:
            node.replace_all_uses_with(result)
        done.append(node)
    for node in reversed(done):
        graph.erase_node(node)
    if done or complex_inputs:
        graph.eliminate_dead_code()
        program.graph_module.recompile()
    return len(done)
