# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The operations of which neighbourhoods of norms are made: MLIR and meaning."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from graph import DTYPES, Graph, Tensor, rounded
from numpy.typing import NDArray

Array = NDArray[Any]
EPS = 1e-6

_BINARY: dict[str, Callable[[Array, Array], Array]] = {
    "addf": np.add,
    "subf": np.subtract,
    "mulf": np.multiply,
    "divf": np.divide,
    "maximumf": np.maximum,
    "minimumf": np.minimum,
}


def _aligned(x: Tensor, y: Tensor) -> tuple[list[int], list[int], Array]:
    """Loops of both, as NumPy broadcasts trailing dimensions; y's values likewise."""
    rank = len(x.shape)
    return list(range(rank)), list(range(rank - len(y.shape), rank)), y.exact


def binary(
    g: Graph, name: str, x: Tensor, y: Tensor, y_loops: Sequence[int] | None = None
) -> Tensor:
    """x and y of one type; y has the trailing dimensions of x, or those given."""
    loops, trailing, other = _aligned(x, y)
    if y_loops is not None:
        trailing = list(y_loops)
        shape = [x.exact.shape[i] if i in trailing else 1 for i in loops]
        other = y.exact.reshape(shape)
    value = rounded(_BINARY[name](x.exact, other), x.dtype)
    return g.generic(
        [(x, loops), (y, trailing)],
        [f"%r = arith.{name} {{0}}, {{1}} : {x.dtype}"],
        "%r",
        x.dtype,
        value,
    )


def constant_op(g: Graph, name: str, x: Tensor, number: float) -> Tensor:
    """x (operation) a constant."""
    constant = float(rounded(np.asarray(number), x.dtype))
    return g.generic(
        [(x, range(len(x.shape)))],
        [
            f"%c = arith.constant {constant!r} : {x.dtype}",
            f"%r = arith.{name} {{0}}, %c : {x.dtype}",
        ],
        "%r",
        x.dtype,
        rounded(_BINARY[name](x.exact, np.asarray(constant)), x.dtype),
    )


def cast(g: Graph, x: Tensor, dtype: str) -> Tensor:
    """extf, truncf, sitofp or fptosi, whichever it takes."""
    if x.dtype.startswith("i"):
        name = "sitofp"
    elif dtype.startswith("i"):
        name = "fptosi"
    else:
        name = "extf" if DTYPES[dtype].itemsize > DTYPES[x.dtype].itemsize else "truncf"
    value = np.trunc(x.exact) if name == "fptosi" else rounded(x.exact, dtype)
    return g.generic(
        [(x, range(len(x.shape)))],
        [f"%r = arith.{name} {{0}} : {x.dtype} to {dtype}"],
        "%r",
        dtype,
        value,
    )


def round_even(g: Graph, x: Tensor) -> Tensor:
    return g.generic(
        [(x, range(len(x.shape)))],
        [f"%r = math.roundeven {{0}} : {x.dtype}"],
        "%r",
        x.dtype,
        np.rint(x.exact),
    )


def negate(g: Graph, x: Tensor) -> Tensor:
    return g.generic(
        [(x, range(len(x.shape)))], [f"%r = arith.negf {{0}} : {x.dtype}"], "%r", x.dtype, -x.exact
    )


def silu(g: Graph, x: Tensor, low: bool = False) -> Tensor:
    """x * sigmoid(x): in f32, rounded once at the end, or each step in x's type (``low``)."""
    compute = x.dtype if low else "f32"
    widen = "" if compute == x.dtype else f"%x = arith.extf {{0}} : {x.dtype} to f32"
    operand = "{0}" if compute == x.dtype else "%x"
    body = [widen] if widen else []
    body += [
        f"%one = arith.constant 1.0 : {compute}",
        f"%n = arith.negf {operand} : {compute}",
        f"%e = math.exp %n : {compute}",
        f"%d = arith.addf %e, %one : {compute}",
        f"%s = arith.divf %one, %d : {compute}",
        f"%y = arith.mulf {operand}, %s : {compute}",
    ]
    result = "%y"
    if compute != x.dtype:
        body.append(f"%r = arith.truncf %y : f32 to {x.dtype}")
        result = "%r"
    e = rounded(np.exp(-x.exact), compute)
    s = rounded(1 / rounded(e + 1, compute), compute)
    return g.generic(
        [(x, range(len(x.shape)))],
        body,
        result,
        x.dtype,
        rounded(rounded(x.exact * s, compute), x.dtype),
    )


def unary(g: Graph, name: str, x: Tensor) -> Tensor:
    """math.tanh, math.exp, math.erf in x's type."""
    from math import erf

    functions: dict[str, Callable[[Array], Array]] = {
        "tanh": np.tanh,
        "exp": np.exp,
        "erf": np.vectorize(erf),
    }
    function = functions[name]
    return g.generic(
        [(x, range(len(x.shape)))],
        [f"%r = math.{name} {{0}} : {x.dtype}"],
        "%r",
        x.dtype,
        rounded(function(x.exact), x.dtype),
    )


def absmax(g: Graph, x: Tensor) -> Tensor:
    """The largest absolute value along the last dimension, in x's type."""
    return g.generic(
        [(x, range(len(x.shape)))],
        [f"%a = math.absf {{0}} : {x.dtype}", f"%r = arith.maximumf %a, {{o}} : {x.dtype}"],
        "%r",
        x.dtype,
        np.abs(x.exact).max(-1),
        reduce=True,
        init="0xFF800000",
    )


def norm(g: Graph, x: Tensor, scale: Tensor | None = None, eps: float = EPS) -> Tensor:
    """rmsnorm.rms_norm over the last axis."""
    rank = len(x.shape)
    empty, type_text = g.empty([(x, d) for d in range(rank)], x.dtype)
    d = np.sqrt((x.exact**2).mean(-1, keepdims=True) + float(np.float32(eps)))
    y = x.exact / d
    operands, types = x.name, x.type
    if scale is not None:
        y = y * scale.exact
        operands += f", scale {scale.name}"
        types += f", {scale.type}"
    name = g.emit(
        f"rmsnorm.rms_norm axes = [{rank - 1}] eps = {eps:e} ins({operands} : {types}) "
        f"outs({empty} : {type_text})"
    )
    return Tensor(name, x.shape, x.dtype, rounded(y, x.dtype))


def cut(g: Graph, x: Tensor, dim: int, offset: int, size: int) -> Tensor:
    """tensor.extract_slice of one dimension."""
    sizes = [str(size) if d == dim else g.size(x, d) for d in range(len(x.shape))]
    offsets = [str(offset) if d == dim else "0" for d in range(len(x.shape))]
    ones = ", ".join("1" for _ in x.shape)
    shape = [size if d == dim else extent for d, extent in enumerate(x.shape)]
    value = np.take(x.exact, np.arange(offset, offset + size), dim)
    result = Tensor("", tuple(shape), x.dtype, value)
    return g.view(
        f"tensor.extract_slice {x.name}[{', '.join(offsets)}] [{', '.join(sizes)}] [{ones}] "
        f": {x.type} to {result.type}",
        shape,
        x,
        value,
    )


def lookup(g: Graph, table: Tensor, ids: Tensor) -> Tensor:
    """Rows of a table by index, as torch-mlir writes an embedding."""
    empty, type_text = g.empty([(ids, 0), (table, 1)], table.dtype)
    count = g.emit(f"arith.constant {table.shape[0]} : index")
    name = g.emit(
        "linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0)>, "
        'affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} '
        f"ins({ids.name} : {ids.type}) outs({empty} : {type_text}) {{\n"
        f"  ^bb0(%id: {ids.dtype}, %out: {table.dtype}):\n"
        f"    %row = arith.index_cast %id : {ids.dtype} to index\n"
        "    %column = linalg.index 1 : index\n"
        f"    %ok = arith.cmpi ult, %row, {count} : index\n"
        '    cf.assert %ok, "no such row"\n'
        f"    %r = tensor.extract {table.name}[%row, %column] : {table.type}\n"
        f"    linalg.yield %r : {table.dtype}\n  }} -> {type_text}"
    )
    shape = (ids.shape[0], table.shape[1])
    return Tensor(name, shape, table.dtype, table.exact[ids.exact.astype(np.int64)])


def _groups(before: int, at: int, into: int) -> str:
    """A reassociation that splits dimension ``at`` of ``before`` into ``into``."""
    groups, position = [], 0
    for d in range(before):
        count = into if d == at else 1
        groups.append([*range(position, position + count)])
        position += count
    return str(groups)


def expand(g: Graph, x: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    shape = [*x.shape[:dim], *sizes, *x.shape[dim + 1 :]]
    extents = [*x.exact.shape[:dim], *sizes, *x.exact.shape[dim + 1 :]]
    result = Tensor("", tuple(shape), x.dtype, x.exact.reshape(extents))
    printed = [
        *(g.size(x, d) for d in range(dim)),
        *(str(s) for s in sizes),
        *(g.size(x, d) for d in range(dim + 1, len(x.shape))),
    ]
    return g.view(
        f"tensor.expand_shape {x.name} {_groups(len(x.shape), dim, len(sizes))} "
        f"output_shape [{', '.join(printed)}] : {x.type} into {result.type}",
        shape,
        x,
        result.exact,
    )


def collapse(g: Graph, x: Tensor, dim: int, count: int) -> Tensor:
    """Dimensions dim .. dim + count - 1, of static extents, become one."""
    merged = int(np.prod(x.exact.shape[dim : dim + count]))
    shape = [*x.shape[:dim], merged, *x.shape[dim + count :]]
    extents = [*x.exact.shape[:dim], merged, *x.exact.shape[dim + count :]]
    result = Tensor("", tuple(shape), x.dtype, x.exact.reshape(extents))
    return g.view(
        f"tensor.collapse_shape {x.name} {_groups(len(shape), dim, count)} "
        f": {x.type} into {result.type}",
        shape,
        x,
        result.exact,
    )


def concat(g: Graph, parts: Sequence[Tensor], dim: int) -> Tensor:
    shape = list(parts[0].shape)
    shape[dim] = sum(part.exact.shape[dim] for part in parts)
    value = np.concatenate([part.exact for part in parts], dim)
    result = Tensor("", tuple(shape), parts[0].dtype, value)
    return g.view(
        f"tensor.concat dim({dim}) {', '.join(p.name for p in parts)} "
        f": ({', '.join(p.type for p in parts)}) -> {result.type}",
        shape,
        parts[0],
        value,
    )
