# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Quantised norms as MLIR: the operation and its elementwise neighbours.

On (rows, N) with open rows, computed in f32 (f64 for f64) and rounded once.
"""

from collections.abc import Sequence

from rmsnorm.evaluate.formats import name_of
from rmsnorm.evaluate.norm import Norm

_ID, _ROW, _COLUMN = (f"affine_map<(d0, d1) -> ({dims})>" for dims in ("d0, d1", "d0", "d1"))
Operand = tuple[str, str, str]  # name, type, map


class _Text:
    """A function under construction; operands of generics are widened to the compute type."""

    def __init__(self, norm: Norm, arguments: Sequence[tuple[str, str]]) -> None:
        self.norm = norm
        self.compute = norm.compute
        self.arguments = ", ".join(f"{name}: {kind}" for name, kind in arguments)
        self.lines = [
            "  %c0 = arith.constant 0 : index",
            f"  %rows = tensor.dim %x, %c0 : {self.rows(norm.x.shape[-1])}",
        ]
        self.count = 0

    def rows(self, extent: int, dtype: str = "") -> str:
        return f"tensor<?x{extent}x{dtype or self.norm.dtype}>"

    def emit(self, text: str) -> str:
        self.count += 1
        self.lines.append(f"  %v{self.count} = {text}")
        return f"%v{self.count}"

    def empty(self, kind: str) -> str:
        return self.emit(f"tensor.empty({'%rows' if '?' in kind else ''}) : {kind}")

    def generic(
        self,
        operands: Sequence[Operand],
        body: Sequence[str],
        result: str,
        kind: str,
        output: str,
        iterators: Sequence[str] = ("parallel", "parallel"),
        init: str | None = None,
    ) -> str:
        """Elementwise, or with ``init`` a reduction, whose accumulator is ``{o}``."""
        dtype = kind.removesuffix(">").split("x")[-1]
        destination = self.empty(kind)
        if init is not None:
            number = self.emit(f"arith.constant {init} : {dtype}")
            destination = self.emit(
                f"linalg.fill ins({number} : {dtype}) outs({destination} : {kind}) -> {kind}"
            )
        code, names, block = [], [], []
        for i, (_, operand, _) in enumerate(operands):
            element = operand.removesuffix(">").split("x")[-1]
            block.append(f"%e{i}: {element}")
            names.append(f"%e{i}")
            if element not in (self.compute, "f64"):
                code.append(f"    %w{i} = arith.extf %e{i} : {element} to {self.compute}")
                names[-1] = f"%w{i}"
        code += [f"    {line.format(*names, o='%o')} : {self.compute}" for line in body]
        if dtype == "i8":
            code.append(f"    %q = arith.fptosi {result} : {self.compute} to i8")
        elif dtype != self.compute:
            code.append(f"    %q = arith.truncf {result} : {self.compute} to {dtype}")
        given = result if dtype == self.compute else "%q"
        kinds = ", ".join(f'"{iterator}"' for iterator in iterators)
        maps = ", ".join([*(affine for _, _, affine in operands), output])
        lines = "\n".join(code)
        return self.emit(
            f"linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}} "
            f"ins({', '.join(name for name, _, _ in operands)} : "
            f"{', '.join(operand for _, operand, _ in operands)}) "
            f"outs({destination} : {kind}) {{\n"
            f"  ^bb0({', '.join([*block, f'%o: {dtype}'])}):\n{lines}\n"
            f"    linalg.yield {given} : {dtype}\n  }} -> {kind}"
        )

    def attributes(self) -> str:
        return f"axes = [1] eps = {self.norm.plain_eps:.17e} min_rms = {self.norm.smallest:.17e}"

    def finish(self, results: Sequence[tuple[str, str]]) -> str:
        kinds = ", ".join(kind for _, kind in results)
        names = ", ".join(name for name, _ in results)
        body = "\n".join(self.lines)
        return (
            f"func.func @main({self.arguments}) -> ({kinds}) {{\n{body}\n"
            f"  return {names} : {kinds}\n}}\n"
        )


def _weight(norm: Norm) -> list[tuple[str, str]]:
    if norm.weight is None:
        return []
    return [("%g", f"tensor<{norm.weight.shape[0]}x{name_of(norm.weight.dtype)}>")]


def quantised(norm: Norm) -> str:
    """The norm in the compute type, each row divided by its largest value's share: q and scale."""
    assert norm.quantised is not None
    extent, limit = norm.x.shape[-1], {"i8": 127.0, "f8E4M3FN": 448.0, "f8E5M2": 57344.0}
    whole, weight = f"tensor<?x{extent}x{norm.dtype}>", _weight(norm)
    t = _Text(norm, [("%x", whole), *weight])
    wide, per_row = t.rows(extent, t.compute), f"tensor<?x{t.compute}>"
    operands = "".join(f", scale {name}" for name, _ in weight)
    kinds = "".join(f", {kind}" for _, kind in weight)
    y = t.emit(
        f"rmsnorm.rms_norm {t.attributes()} ins(%x{operands} : {whole}{kinds}) "
        f"outs({t.empty(wide)} : {wide})"
    )
    body = ["%a = math.absf {0}", "%m = arith.maximumf %a, {o}"]
    iterators = ("parallel", "reduction")
    largest = t.generic([(y, wide, _ID)], body, "%m", per_row, _ROW, iterators, init="0.0")
    number = limit[norm.quantised]
    smallest = "2.2250738585072014e-308" if t.compute == "f64" else "1.17549435e-38"
    one = "affine_map<(d0) -> (d0)>"
    body = [
        f"%l = arith.constant {number:.1f}",
        "%d = arith.divf {0}, %l",
        f"%t = arith.constant {smallest}",
        "%s = arith.maximumf %d, %t",
    ]
    scale = t.generic([(largest, per_row, one)], body, "%s", per_row, one, ("parallel",))
    body = ["%p = arith.divf {0}, {1}"]
    if norm.quantised == "i8":
        body.append("%r = math.roundeven %p")
    body += [
        f"%h = arith.constant {number:.1f}",
        f"%b = arith.constant {-number:.1f}",
        f"%i = arith.minimumf {'%r' if norm.quantised == 'i8' else '%p'}, %h",
        "%j = arith.maximumf %i, %b",
    ]
    q_kind = t.rows(extent, norm.quantised)
    q = t.generic([(y, wide, _ID), (scale, per_row, _ROW)], body, "%j", q_kind, _ID)
    column = t.emit(
        f"tensor.expand_shape {scale} [[0, 1]] output_shape [%rows, 1] "
        f": {per_row} into tensor<?x1x{t.compute}>"
    )
    return t.finish([(q, q_kind), (column, f"tensor<?x1x{t.compute}>")])
