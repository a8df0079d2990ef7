# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes linalg on tensors, each operation in one of the ways in which importers write it."""

import random
from dataclasses import dataclass, field

EXTENTS = {"a": 3, "b": 4, "d": 16, "e": 6, "ab": 12, "bd": 64, "1": 1}
NAMED = {"mulf": "mul", "addf": "add", "subf": "sub", "divf": "div"}
NAMED_UNARY = {"sqrt": "sqrt", "rsqrt": "rsqrt", "absf": "abs"}


@dataclass(frozen=True)
class Tensor:
    """A value and its dimensions by name: "1" is one that is kept after a reduction."""

    name: str
    dims: tuple[str, ...]
    element: str


@dataclass
class Emitter:
    """The body of one function, written operation by operation."""

    choose: random.Random
    dynamic: frozenset[str] = frozenset()
    lines: list[str] = field(default_factory=list)
    arguments: list[Tensor] = field(default_factory=list)
    extents: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def fresh(self) -> str:
        self.count += 1
        return f"%v{self.count}"

    def line(self, text: str) -> None:
        self.lines.append("  " + text)

    def type(self, dims: tuple[str, ...], element: str) -> str:
        shape = ["?" if dim in self.dynamic else str(EXTENTS[dim]) for dim in dims]
        return f"tensor<{'x'.join([*shape, element])}>"

    def type_of(self, tensor: Tensor) -> str:
        return self.type(tensor.dims, tensor.element)

    def argument(self, dims: tuple[str, ...], element: str) -> Tensor:
        tensor = Tensor(f"%arg{len(self.arguments)}", dims, element)
        self.arguments.append(tensor)
        for position, dim in enumerate(dims):
            if dim in self.dynamic and dim not in self.extents:
                index, extent = self.fresh(), self.fresh()
                self.line(f"{index} = arith.constant {position} : index")
                self.line(f"{extent} = tensor.dim {tensor.name}, {index} : {self.type_of(tensor)}")
                self.extents[dim] = extent
        return tensor

    def constant(self, value: float, element: str) -> str:
        name = self.fresh()
        self.line(f"{name} = arith.constant {value:.17e} : {element}")
        return name

    def empty(self, dims: tuple[str, ...], element: str) -> str:
        name = self.fresh()
        sizes = ", ".join(self.extents[dim] for dim in dims if dim in self.dynamic)
        self.line(f"{name} = tensor.empty({sizes}) : {self.type(dims, element)}")
        return name

    def indices(self, tensor: Tensor, dims: tuple[str, ...]) -> str:
        loops = ", ".join(f"d{loop}" for loop in range(len(dims)))
        places = ", ".join("0" if dim == "1" else f"d{dims.index(dim)}" for dim in tensor.dims)
        return f"affine_map<({loops}) -> ({places})>"

    def generic(
        self, inputs: list[Tensor], dims: tuple[str, ...], element: str, body: list[str]
    ) -> Tensor:
        """An element-wise operation; ``body`` computes %r from %i0, %i1, ..."""
        loops = tuple(dim if dim != "1" else f"1{n}" for n, dim in enumerate(dims))
        result = Tensor(self.fresh(), dims, element)
        init = self.empty(dims, element)
        identity = ", ".join(f"d{loop}" for loop in range(len(loops)))
        maps = [self.indices(tensor, loops) for tensor in inputs]
        maps.append(f"affine_map<({identity}) -> ({identity})>")
        names = ", ".join(tensor.name for tensor in inputs)
        types = ", ".join(self.type_of(tensor) for tensor in inputs)
        given = "".join(f"%i{n}: {tensor.element}, " for n, tensor in enumerate(inputs))
        ins = f"ins({names} : {types}) " if inputs else ""
        iterators = ", ".join(['"parallel"'] * len(loops))
        type_ = self.type(dims, element)
        self.line(
            f"{result.name} = linalg.generic {{indexing_maps = [{', '.join(maps)}], "
            f"iterator_types = [{iterators}]}} {ins}outs({init} : {type_}) {{"
        )
        self.line(f"^bb0({given}%o: {element}):")
        for text in body:
            self.line("  " + text)
        self.line(f"  linalg.yield %r : {element}")
        self.line(f"}} -> {type_}")
        return result

    def binary(self, name: str, a: Tensor, b: Tensor) -> Tensor:
        """a op b, broadcast by the names of the dimensions."""
        longer = max(a.dims, b.dims, key=lambda dims: (len(dims), -dims.count("1")))
        if a.dims == b.dims and name in NAMED and self.choose.random() < 0.3:
            result = Tensor(self.fresh(), a.dims, a.element)
            init, type_ = self.empty(a.dims, a.element), self.type_of(a)
            self.line(
                f"{result.name} = linalg.{NAMED[name]} ins({a.name}, {b.name} : {type_}, {type_}) "
                f"outs({init} : {type_}) -> {type_}"
            )
            return result
        return self.generic(
            [a, b], longer, a.element, [f"%r = arith.{name} %i0, %i1 : {a.element}"]
        )

    def unary(self, name: str, a: Tensor) -> Tensor:
        type_, kind = self.type_of(a), self.choose.random()
        short = name.removeprefix("math.").removeprefix("arith.")
        if kind < 0.25 and short in NAMED_UNARY:
            result, init = Tensor(self.fresh(), a.dims, a.element), self.empty(a.dims, a.element)
            self.line(
                f"{result.name} = linalg.{NAMED_UNARY[short]} ins({a.name} : {type_}) "
                f"outs({init} : {type_}) -> {type_}"
            )
            return result
        if kind < 0.4:
            result, init = Tensor(self.fresh(), a.dims, a.element), self.empty(a.dims, a.element)
            self.line(
                f"{result.name} = linalg.map {{ {name} }} ins({a.name} : {type_}) outs({init} : {type_})"
            )
            return result
        return self.generic([a], a.dims, a.element, [f"%r = {name} %i0 : {a.element}"])

    def with_number(self, name: str, a: Tensor, value: float, first: bool = False) -> Tensor:
        """a op number, or number op a; the number in one of its many forms."""
        kind = self.choose.randrange(4)
        order = "%n, %i0" if first else "%i0, %n"
        code = f"%r = {name} {order} : {a.element}"
        if kind == 0 and a.element != "f64":
            wide = self.constant(value, "f64")
            return self.generic(
                [a], a.dims, a.element, [f"%n = arith.truncf {wide} : f64 to {a.element}", code]
            )
        if kind == 1 and not self.dynamic & set(a.dims):
            splat = self.fresh()
            self.line(f"{splat} = arith.constant dense<{value:.17e}> : {self.type_of(a)}")
            other = Tensor(splat, a.dims, a.element)
            given = [a, other]
            return self.generic(given, a.dims, a.element, [code.replace("%n", "%i1")])
        if kind == 2:
            outside = self.constant(value, a.element)
            return self.generic([a], a.dims, a.element, [code.replace("%n", outside)])
        return self.generic(
            [a], a.dims, a.element, [f"%n = arith.constant {value:.17e} : {a.element}", code]
        )

    def convert(self, a: Tensor, element: str) -> Tensor:
        width = {"bf16": 16, "f16": 16, "f32": 32, "f64": 64}
        if a.element == element:
            return a
        name = "arith.extf" if width[a.element] < width[element] else "arith.truncf"
        return self.generic([a], a.dims, element, [f"%r = {name} %i0 : {a.element} to {element}"])

    def reduce(
        self, a: Tensor, axes: tuple[str, ...], keep: bool, start: float = 0.0, code: str = ""
    ) -> Tensor:
        """The sum of ``code`` (of %x; default %x itself) over axes, kept as "1" or dropped."""
        dims = tuple(("1" if keep else "") if dim in axes else dim for dim in a.dims)
        dims = tuple(dim for dim in dims if dim)
        init, zero = self.empty(dims, a.element), self.constant(start, a.element)
        filled, result = self.fresh(), Tensor(self.fresh(), dims, a.element)
        type_ = self.type(dims, a.element)
        self.line(
            f"{filled} = linalg.fill ins({zero} : {a.element}) outs({init} : {type_}) -> {type_}"
        )
        if not keep and not code and self.choose.random() < 0.4:
            places = ", ".join(str(a.dims.index(axis)) for axis in sorted(axes, key=a.dims.index))
            self.line(
                f"{result.name} = linalg.reduce {{ arith.addf }} ins({a.name} : {self.type_of(a)}) "
                f"outs({filled} : {type_}) dimensions = [{places}]"
            )
            return result
        loops = ", ".join(f"d{loop}" for loop in range(len(a.dims)))
        kinds = ", ".join('"reduction"' if dim in axes else '"parallel"' for dim in a.dims)
        places = ", ".join(
            "0" if dim in axes else f"d{n}"
            for n, dim in enumerate(a.dims)
            if keep or dim not in axes
        )
        order = "%s, %o" if self.choose.random() < 0.5 else "%o, %s"
        self.line(
            f"{result.name} = linalg.generic {{indexing_maps = [affine_map<({loops}) -> ({loops})>, "
            f"affine_map<({loops}) -> ({places})>], iterator_types = [{kinds}]}} "
            f"ins({a.name} : {self.type_of(a)}) outs({filled} : {type_}) {{"
        )
        self.line(f"^bb0(%x: {a.element}, %o: {a.element}):")
        self.line("  " + (code or f"%s = arith.mulf %x, %one : {a.element}"))
        if not code:
            self.lines.pop()
            order = order.replace("%s", "%x")
        self.line(f"  %t = arith.addf {order} : {a.element}")
        self.line(f"  linalg.yield %t : {a.element}")
        self.line(f"}} -> {type_}")
        return result

    def reshaped(self, a: Tensor, dims: tuple[str, ...], groups: str, expand: bool) -> Tensor:
        """expand_shape or collapse_shape; ``dims`` may have products of names, like "ab"."""
        result = Tensor(self.fresh(), dims, a.element)
        shape = ", ".join(str(EXTENTS[dim]) for dim in dims)
        sizes = f" output_shape [{shape}]" if expand else ""
        kind = "expand_shape" if expand else "collapse_shape"
        self.line(
            f"{result.name} = tensor.{kind} {a.name} {groups}{sizes} : "
            f"{self.type_of(a)} into {self.type_of(result)}"
        )
        return result

    def transposed(self, a: Tensor, order: tuple[int, ...]) -> Tensor:
        dims = tuple(a.dims[n] for n in order)
        result, init = Tensor(self.fresh(), dims, a.element), self.empty(dims, a.element)
        self.line(
            f"{result.name} = linalg.transpose ins({a.name} : {self.type_of(a)}) "
            f"outs({init} : {self.type(dims, a.element)}) permutation = {list(order)}"
        )
        return result

    def function(self, name: str, results: list[Tensor]) -> str:
        given = ", ".join(f"{a.name}: {self.type_of(a)}" for a in self.arguments)
        types = ", ".join(self.type_of(result) for result in results)
        names = ", ".join(result.name for result in results)
        body = "\n".join(self.lines)
        return (
            f"func.func @{name}({given}) -> ({types}) {{\n{body}\n  return {names} : {types}\n}}\n"
        )
