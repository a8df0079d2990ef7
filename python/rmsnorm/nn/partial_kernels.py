# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""MLIR of the norm by the statistic of a part of the row, and of its gradients.

Each is one row kernel: the norm with its weight and bias, ``dx``, and a parameter's gradient.
Elements outside the part are left out of the sums by a mask, an argument of the functions.
"""

from typing import NamedTuple

from rmsnorm._native import Function
from rmsnorm.contexts import default_context


class PartialNorm(NamedTuple):
    """What the code depends on.

    Attributes:
        x: element type of the input, ``"bf16"`` and so on.
        weight, bias: of the parameters, vectors of the row's extent; ``None``: absent.
        extent: of the row.
        part: elements of the statistic, the first of the row.
        eps, min_rms: of the denominator ``max(sqrt(mean square + eps), min_rms)``.
        weight_offset: added to the weight.
        learnt_eps: the epsilon is a vector of the row's extent, in the compute type.
        cast: round before the weight and after each step.
    """

    x: str
    weight: str | None
    bias: str | None
    extent: int
    part: int
    eps: float
    min_rms: float
    weight_offset: float
    learnt_eps: bool = False
    cast: bool = False


_ROW, _COLUMN, _PER_ROW = "(r, c) -> (r, c)", "(r, c) -> (c)", "(r, c) -> (r)"


class _Body:
    """Writes scalar operations in the compute type."""

    def __init__(self, wide: str) -> None:
        self.wide = wide
        self.lines: list[str] = []
        self.count = 0

    def add(self, text: str, kind: str | None = None) -> str:
        self.count += 1
        self.lines.append(f"    %v{self.count} = {text} : {kind or self.wide}")
        return f"%v{self.count}"

    def number(self, value: float) -> str:
        return self.add(f"arith.constant {value:.17e}")

    def op(self, name: str, *operands: str) -> str:
        return self.add(f"{name} {', '.join(operands)}")

    def widen(self, value: str, kind: str) -> str:
        return value if kind == self.wide else self.cast("arith.extf", value, kind, self.wide)

    def narrow(self, value: str, kind: str) -> str:
        return value if kind == self.wide else self.cast("arith.truncf", value, self.wide, kind)

    def cast(self, name: str, value: str, source: str, target: str) -> str:
        return self.add(f"{name} {value}", f"{source} to {target}")

    def parameter(self, value: str, kind: str) -> str:
        """A parameter in the compute type; one of f64 may be wider than it."""
        if kind == "f64" and self.wide == "f32":
            return self.cast("arith.truncf", value, kind, self.wide)
        return self.widen(value, kind)

    def masked(self, mask: str, value: str) -> str:
        zero = self.number(0.0)
        inside = self.add(f"arith.cmpf one, {mask}, {zero}")
        return self.op("arith.select", inside, value, zero)


def _wide(norm: PartialNorm) -> str:
    return "f64" if norm.x == "f64" else "f32"


def _function(
    name: str,
    inputs: list[tuple[str, str, str, str]],
    outputs: list[tuple[str, str, str]],
    iterators: str,
    body: _Body,
    extent: int,
) -> str:
    """A function of one row kernel; inputs are (name, map, element type, block argument)."""

    def tensor(affine_map: str, kind: str) -> str:
        shape = {_ROW: f"?x{extent}", _COLUMN: str(extent), _PER_ROW: "?"}[affine_map]
        return f"tensor<{shape}x{kind}>"

    types = [tensor(where, kind) for _, where, kind, _ in inputs]
    results = [tensor(where, kind) for where, kind, _ in outputs]
    arguments = ", ".join(f"%{given[0]}: {kind}" for given, kind in zip(inputs, types))
    lines = [f"func.func @{name}({arguments}) -> ({', '.join(results)}) {{"]
    lines.append("  %c0 = arith.constant 0 : index")
    lines.append(f"  %rows = tensor.dim %{inputs[0][0]}, %c0 : {types[0]}")
    for number, kind in enumerate(results):
        size = "%rows" if "?" in kind else ""
        lines.append(f"  %e{number} = tensor.empty({size}) : {kind}")
    maps = [where for _, where, _, _ in inputs] + [where for where, _, _ in outputs]
    names = ", ".join(f"%r{number}" for number in range(len(outputs)))
    lines += [
        f"  {names} = rmsnorm.row_kernel iterators = {iterators}",
        f"    maps = [{', '.join(f'affine_map<{where}>' for where in maps)}]",
        f"    ins({', '.join(f'%{given[0]}' for given in inputs)} : {', '.join(types)})",
        f"    outs({', '.join(f'%e{n}' for n in range(len(outputs)))} : {', '.join(results)}) {{",
        f"  ^bb0({', '.join(f'{given[3]}: {given[2]}' for given in inputs)}):",
        *body.lines,
        f"    rmsnorm.yield {', '.join(value for _, _, value in outputs)} : "
        f"{', '.join(kind for _, kind, _ in outputs)}",
        "  }",
        f"  return {names} : {', '.join(results)}",
        "}",
    ]
    return "\n".join(lines)


def _denominator(body: _Body, norm: PartialNorm, mean: str) -> tuple[str, str]:
    """The root, and the root clamped; the epsilon is %e where it is learnt."""
    shift = "%e" if norm.learnt_eps else body.number(norm.eps)
    root = body.op("math.sqrt", body.op("arith.addf", mean, shift))
    return root, body.op("arith.maximumf", root, body.number(norm.min_rms))


def _rounded(body: _Body, norm: PartialNorm, value: str) -> str:
    return body.widen(body.narrow(value, norm.x), norm.x) if norm.cast else value


def _scale(body: _Body, norm: PartialNorm) -> str:
    """The weight with its offset; the block's argument is %w."""
    assert norm.weight is not None
    weight = body.parameter("%w", norm.weight)
    if norm.weight_offset:
        weight = body.op("arith.addf", weight, body.number(norm.weight_offset))
    return weight


def forward_text(norm: PartialNorm) -> str:
    """``(x, mask, weight?, bias?, eps?) -> (y, statistic)``.

    The statistic of each row is 1 / denominator, or the mean square with a learnt epsilon.
    """
    wide = _wide(norm)
    body = _Body(wide)
    inputs = [("x", _ROW, norm.x, "%a"), ("mask", _COLUMN, wide, "%in")]
    x = body.widen("%a", norm.x)
    total = body.op("rmsnorm.reduce add", body.masked("%in", body.op("arith.mulf", x, x)))
    mean = body.op("arith.divf", total, body.number(float(norm.part)))
    _, d = _denominator(body, norm, mean)
    y = _rounded(body, norm, body.op("arith.divf", x, d))
    if norm.weight is not None:
        inputs.append(("weight", _COLUMN, norm.weight, "%w"))
        y = _rounded(body, norm, body.op("arith.mulf", y, _scale(body, norm)))
    if norm.bias is not None:
        inputs.append(("bias", _COLUMN, norm.bias, "%b"))
        y = body.op("arith.addf", y, body.parameter("%b", norm.bias))
    y = body.narrow(y, norm.x)
    statistic = mean
    if norm.learnt_eps:
        inputs.append(("eps", _COLUMN, wide, "%e"))
    else:
        statistic = body.op("arith.divf", body.number(1.0), d)
    outputs = [(_ROW, norm.x, y), (_PER_ROW, wide, statistic)]
    return _function("main", inputs, outputs, '["parallel", "reduction"]', body, norm.extent)


def _reciprocal(body: _Body, norm: PartialNorm) -> tuple[str, str]:
    """1 / denominator, and whether the clamp made it; the block's argument is %s."""
    if norm.learnt_eps:
        root, d = _denominator(body, norm, "%s")
        clamped = body.add(f"arith.cmpf ole, {root}, {body.number(norm.min_rms)}")
        return body.op("arith.divf", body.number(1.0), d), clamped
    if norm.min_rms == 0.0:
        return "%s", ""
    largest = body.op("arith.divf", body.number(1.0), body.number(norm.min_rms))
    return "%s", body.add(f"arith.cmpf oge, %s, {largest}")


def _unless(body: _Body, clamped: str, value: str) -> str:
    if not clamped:
        return value
    return body.op("arith.select", clamped, body.number(0.0), value)


def input_gradient_text(norm: PartialNorm) -> str:
    """``(dy, x, mask, statistic, weight?, eps?) -> dx``.

    With ``u = dy * weight / d``: ``dx_i = u_i - [i in the part] x_i / count sum_j u_j x_j / d_j^2``;
    terms are zero where the clamp has made the denominator a constant.
    """
    wide = _wide(norm)
    body = _Body(wide)
    inputs = [
        ("dy", _ROW, norm.x, "%g"),
        ("x", _ROW, norm.x, "%a"),
        ("mask", _COLUMN, wide, "%in"),
        ("statistic", _PER_ROW, wide, "%s"),
    ]
    u, x = body.widen("%g", norm.x), body.widen("%a", norm.x)
    if norm.weight is not None:
        inputs.append(("weight", _COLUMN, norm.weight, "%w"))
        u = body.op("arith.mulf", u, _scale(body, norm))
    if norm.learnt_eps:
        inputs.append(("eps", _COLUMN, wide, "%e"))
    s, clamped = _reciprocal(body, norm)
    u = body.op("arith.mulf", u, s)
    term, lost = body.op("arith.mulf", u, x), x
    if norm.learnt_eps:  # a denominator for each element
        term = body.op("arith.mulf", u, body.op("arith.mulf", x, s))
        term = _unless(body, clamped, body.op("arith.mulf", term, s))
    total = body.op("rmsnorm.reduce add", term)
    factor = body.op("arith.divf", total, body.number(float(norm.part)))
    if norm.learnt_eps:
        lost = body.op("arith.mulf", x, factor)
    else:
        factor = _unless(body, clamped, factor)
        # x / d first: 1 / d^2 may be infinite.
        lost = body.op("arith.mulf", body.op("arith.mulf", x, s), factor)
        lost = body.op("arith.mulf", lost, s)
    dx = body.narrow(body.op("arith.subf", u, body.masked("%in", lost)), norm.x)
    outputs = [(_ROW, norm.x, dx)]
    return _function("main", inputs, outputs, '["parallel", "reduction"]', body, norm.extent)


def parameter_gradient_text(norm: PartialNorm, which: str) -> str:
    """Sums over the rows: the gradient of ``"weight"``, ``"bias"`` or ``"eps"``.

    ``(dy)``, and but for the bias ``(dy, x, statistic, weight?, eps?)``, the weight for the
    epsilon's.
    """
    wide = _wide(norm)
    body = _Body(wide)
    inputs = [("dy", _ROW, norm.x, "%g")]
    value, kind = body.widen("%g", norm.x), norm.bias
    if which != "bias":
        inputs += [("x", _ROW, norm.x, "%a"), ("statistic", _PER_ROW, wide, "%s")]
        if which == "eps" and norm.weight is not None:
            inputs.append(("weight", _COLUMN, norm.weight, "%w"))
            value = body.op("arith.mulf", value, _scale(body, norm))
        if norm.learnt_eps:
            inputs.append(("eps", _COLUMN, wide, "%e"))
        s, clamped = _reciprocal(body, norm)
        y = body.op("arith.mulf", body.widen("%a", norm.x), s)
        if which == "weight":
            value, kind = body.op("arith.mulf", value, _rounded(body, norm, y)), norm.weight
        else:  # -1/2 dy weight x / d^3
            value = body.op("arith.mulf", body.op("arith.mulf", value, y), s)
            value = body.op("arith.mulf", body.op("arith.mulf", value, s), body.number(-0.5))
            value, kind = _unless(body, clamped, value), wide
    total = body.op("rmsnorm.reduce add", value)
    assert kind is not None
    if kind == "f64" and wide == "f32":
        total = body.cast("arith.extf", total, wide, kind)
    else:
        total = body.narrow(total, kind)
    outputs = [(_COLUMN, kind, total)]
    return _function("main", inputs, outputs, '["reduction", "parallel"]', body, norm.extent)


_known: dict[tuple[str, PartialNorm], Function] = {}


def text(which: str, norm: PartialNorm) -> str:
    """MLIR of ``"forward"``, or of the gradient of ``"input"``, ``"weight"``, ``"bias"``, ``"eps"``."""
    if which == "forward":
        return forward_text(norm)
    return input_gradient_text(norm) if which == "input" else parameter_gradient_text(norm, which)


def function(which: str, norm: PartialNorm) -> Function:
    """The compiled function of ``text``.

    Raises:
        RMSNormError: there is no compiler, and the cache does not have it.
    """
    found = _known.get((which, norm))
    if found is None:
        code = text(which, norm)
        found = _known[which, norm] = default_context().compile_text(code)["main"]
    return found
