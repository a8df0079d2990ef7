# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random steps that move data: transposes, slices, concatenation, gathers, masks, reshapes."""

import numpy as np
from operations import Rng, floats, generic, pick
from program import Array, Dim, Program, Tensor


def sizes_text(dims: list[Dim]) -> str:
    return ", ".join(d.text for d in dims)


def add_extents(p: Program, a: Dim, b: Dim) -> Dim:
    if a.static and b.static:
        return Dim(a.size + b.size, str(a.size + b.size))
    name = p.fresh()
    pair = [d.text if not d.static else p.constant(d.text, "index") for d in (a, b)]
    p.line(f"{name} = arith.addi {pair[0]}, {pair[1]} : index")
    return Dim(a.size + b.size, name)


def transpose(p: Program, rng: Rng) -> Tensor | None:
    x = pick(rng, floats(p, 2) or floats(p))
    order = [int(i) for i in rng.permutation(len(x.dims))]
    dims = [x.dims[i] for i in order]
    out = p.empty(dims, x.dtype)
    name = p.fresh()
    p.line(
        f"{name} = linalg.transpose ins({x.name} : {x.type}) outs({out.name} : {out.type}) "
        f"permutation = [{', '.join(map(str, order))}]"
    )
    return p.result(name, dims, x.dtype, [x], lambda v: np.transpose(v, order))


def piece(p: Program, rng: Rng) -> Tensor | None:
    x = pick(rng, floats(p))
    if 0 in x.shape:  # MLIR's verifier calls offset 0 of no elements out of bounds
        return None
    offsets, dims, strides = [], [], []
    for d in x.dims:
        if not d.static or d.size < 2 or rng.random() < 0.4:
            offsets.append(0)
            dims.append(d)
            strides.append(1)
            continue
        stride = int(rng.integers(1, 4))
        offset = int(rng.integers(d.size))
        extent = int(rng.integers(1, (d.size - 1 - offset) // stride + 2))
        offsets.append(offset)
        dims.append(Dim(extent, str(extent)))
        strides.append(stride)
    name = p.fresh()
    to = Tensor(name, tuple(dims), x.dtype, x.coarsest).type
    p.line(
        f"{name} = tensor.extract_slice {x.name}[{', '.join(map(str, offsets))}] "
        f"[{sizes_text(dims)}] [{', '.join(map(str, strides))}] : {x.type} to {to}"
    )
    index = tuple(
        slice(o, o + (d.size - 1) * s + 1 if d.size else o, s)
        for o, d, s in zip(offsets, dims, strides, strict=True)
    )
    return p.result(name, dims, x.dtype, [x], lambda v: v[index])


def concat(p: Program, rng: Rng) -> Tensor | None:
    x = pick(rng, floats(p))
    axis = int(rng.integers(len(x.dims)))
    fitting = [
        t
        for t in floats(p)
        if t.dtype == x.dtype
        and len(t.dims) == len(x.dims)
        and all(i == axis or a == b for i, (a, b) in enumerate(zip(t.dims, x.dims, strict=True)))
    ]
    y = pick(rng, fitting)
    if x.shape[axis] + y.shape[axis] > 300:
        return None
    whole = add_extents(p, x.dims[axis], y.dims[axis])
    dims = [whole if i == axis else d for i, d in enumerate(x.dims)]
    name = p.fresh()
    to = Tensor(name, tuple(dims), x.dtype, x.dtype).type
    p.line(f"{name} = tensor.concat dim({axis}) {x.name}, {y.name} : ({x.type}, {y.type}) -> {to}")
    return p.result(name, dims, x.dtype, [x, y], lambda a, b: np.concatenate((a, b), axis))


def pad(p: Program, rng: Rng) -> Tensor | None:
    x = pick(rng, floats(p))
    low = [int(rng.integers(0, 3)) if d.static else 0 for d in x.dims]
    high = [int(rng.integers(0, 3)) if d.static else 0 for d in x.dims]
    extents = [d.size + a + b for d, a, b in zip(x.dims, low, high, strict=True)]
    dims = [Dim(e, str(e)) if d.static else d for d, e in zip(x.dims, extents, strict=True)]
    name = p.fresh()
    value = p.constant("1.5", x.dtype)
    to = Tensor(name, tuple(dims), x.dtype, x.dtype).type
    indices = ", ".join(f"%i{i}: index" for i in range(len(dims)))
    p.line(
        f"{name} = tensor.pad {x.name} low[{', '.join(map(str, low))}] "
        f"high[{', '.join(map(str, high))}] {{\n  ^bb0({indices}):\n"
        f"    tensor.yield {value} : {x.dtype}\n  }} : {x.type} to {to}"
    )
    widths = list(zip(low, high, strict=True))
    return p.result(name, dims, x.dtype, [x], lambda v: np.pad(v, widths, constant_values=1.5))


def collapse(p: Program, rng: Rng) -> Tensor | None:
    x = pick(rng, floats(p, 2) or floats(p))
    if len(x.dims) < 2:
        return None
    at = int(rng.integers(len(x.dims) - 1))
    a, b = x.dims[at], x.dims[at + 1]
    if not (a.static and b.static):
        return None
    dims = [*x.dims[:at], Dim(a.size * b.size, str(a.size * b.size)), *x.dims[at + 2 :]]
    groups = [[i] for i in range(at)] + [[at, at + 1]]
    groups += [[i] for i in range(at + 2, len(x.dims))]
    name = p.fresh()
    to = Tensor(name, tuple(dims), x.dtype, x.dtype).type
    p.line(f"{name} = tensor.collapse_shape {x.name} {groups} : {x.type} into {to}")
    shape = tuple(d.size for d in dims)
    return p.result(name, dims, x.dtype, [x], lambda v: v.reshape(shape))


def expand(p: Program, rng: Rng) -> Tensor | None:
    x = pick(rng, floats(p))
    splittable = [
        (i, f)
        for i, d in enumerate(x.dims)
        if d.static
        for f in (1, 2, 3, 4, 8)
        if d.size and d.size % f == 0
    ]
    if not splittable or len(x.dims) > 3:
        return None
    at, factor = splittable[int(rng.integers(len(splittable)))]
    rest = x.dims[at].size // factor
    pair = [Dim(factor, str(factor)), Dim(rest, str(rest))]
    if rng.random() < 0.5:
        pair.reverse()
    dims = [*x.dims[:at], *pair, *x.dims[at + 1 :]]
    groups = [[i] for i in range(at)] + [[at, at + 1]]
    groups += [[i + 1] for i in range(at + 1, len(x.dims))]
    name = p.fresh()
    to = Tensor(name, tuple(dims), x.dtype, x.dtype).type
    p.line(
        f"{name} = tensor.expand_shape {x.name} {groups} "
        f"output_shape [{sizes_text(dims)}] : {x.type} into {to}"
    )
    shape = tuple(d.size for d in dims)
    return p.result(name, dims, x.dtype, [x], lambda v: v.reshape(shape))


def gather(p: Program, rng: Rng) -> Tensor | None:
    table = pick(rng, floats(p, 2) or floats(p))
    if len(table.dims) != 2 or table.shape[0] == 0:
        return None
    kind = ("i64", "i32")[int(rng.integers(2))]
    count = Dim(int(rng.integers(1, 9)), "")
    count = Dim(count.size, str(count.size))
    ids = p.argument([count], kind)
    rows = table.shape[0]
    out = p.empty([count, table.dims[1]], table.dtype)
    limit = p.constant(str(rows), kind)

    def body(a: list[str]) -> list[str]:
        return [
            f"%r = arith.remui {a[0]}, {limit} : {kind}",
            f"%row = arith.index_cast %r : {kind} to index",
            "%j = linalg.index 1 : index",
            f"%s = tensor.extract {table.name}[%row, %j] : {table.type}",
            f"linalg.yield %s : {table.dtype}",
        ]

    name = generic(p, [(ids, ["d0"])], out, ["d0", "d1"], ["parallel"] * 2, body)
    bits = 64 if kind == "i64" else 32

    def compute(t: Array, i: Array) -> Array:
        rows_read = [(int(number) % 2**bits) % rows for number in i]
        return np.asarray(t[rows_read])

    return p.result(name, out.dims, table.dtype, [table, ids], compute)


def mask(p: Program, rng: Rng) -> Tensor | None:
    """A causal mask: other elements than those at or below a diagonal are replaced."""
    x = pick(rng, floats(p, 2) or floats(p))
    rank = len(x.dims)
    if rank < 2:
        return None
    shift = int(rng.integers(-3, 4))
    bools = p.empty(x.dims[-2:], "i1")
    offset = p.constant(str(shift), "index")

    def compare(a: list[str]) -> list[str]:
        return [
            "%i = linalg.index 0 : index",
            "%j = linalg.index 1 : index",
            f"%e = arith.addi %i, {offset} : index",
            "%s = arith.cmpi sge, %e, %j : index",
            "linalg.yield %s : i1",
        ]

    name = generic(p, [], bools, ["d0", "d1"], ["parallel"] * 2, compare)
    rows, columns = x.shape[-2:]
    below = p.result(name, bools.dims, "i1", [], lambda: np.tri(rows, columns, shift, bool))
    other = p.constant("-3.0e4", x.dtype)
    out = p.empty(x.dims, x.dtype)
    whole = [f"d{i}" for i in range(rank)]

    def select(a: list[str]) -> list[str]:
        return [
            f"%s = arith.select {a[0]}, {a[1]}, {other} : {x.dtype}",
            f"linalg.yield %s : {x.dtype}",
        ]

    name = generic(p, [(below, whole[-2:]), (x, whole)], out, whole, ["parallel"] * rank, select)
    return p.result(name, x.dims, x.dtype, [below, x], lambda m, v: np.where(m, v, -3.0e4))
