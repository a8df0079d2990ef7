# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random steps of a program: norms, elementwise code, reductions, movement, products."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from program import FLOATS, Array, Dim, Program, Tensor

Rng = np.random.Generator


def pick(rng: Rng, items: Sequence[Tensor]) -> Tensor:
    return items[int(rng.integers(len(items)))]


def floats(p: Program, least_rank: int = 1) -> list[Tensor]:
    return [t for t in p.tensors if t.dtype in FLOATS and len(t.dims) >= least_rank]


def affine(rank: int, exprs: Sequence[str]) -> str:
    return f"affine_map<({', '.join(f'd{i}' for i in range(rank))}) -> ({', '.join(exprs)})>"


def generic(
    p: Program,
    ins: Sequence[tuple[Tensor, Sequence[str]]],
    out: Tensor,
    out_exprs: Sequence[str],
    iterators: Sequence[str],
    body: Callable[[list[str]], list[str]],
) -> str:
    """Emits a linalg.generic; ``body`` gives the lines, of which the last yields."""
    rank = len(iterators)
    maps = ", ".join([*(affine(rank, e) for _, e in ins), affine(rank, out_exprs)])
    kinds = ", ".join(f'"{i}"' for i in iterators)
    arguments = [f"%x{i}" for i in range(len(ins))]
    block = ", ".join(
        [f"{a}: {t.dtype}" for a, (t, _) in zip(arguments, ins, strict=True)]
        + [f"%acc: {out.dtype}"]
    )
    operands = ", ".join(t.name for t, _ in ins)
    types = ", ".join(t.type for t, _ in ins)
    inputs = f"ins({operands} : {types}) " if ins else ""
    name = p.fresh()
    lines = "\n".join("    " + line for line in body(arguments))
    p.line(
        f"{name} = linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}}\n"
        f"    {inputs}outs({out.name} : {out.type}) {{\n"
        f"  ^bb0({block}):\n{lines}\n  }} -> {out.type}"
    )
    return name


def read(rng: Rng, dims: Sequence[Dim], t: Tensor) -> list[str] | None:
    """Exprs by which ``t`` broadcasts to ``dims`` as NumPy does, or None."""
    shift = len(dims) - len(t.dims)
    if shift < 0:
        return None
    exprs = []
    for i, d in enumerate(t.dims):
        if d == dims[shift + i]:
            exprs.append(f"d{shift + i}")
        elif d.static and d.size == 1:
            exprs.append("0")
        else:
            return None
    return exprs


# The body, and what it computes, step by step: each step's result is rounded. In f32
# 1 + |x| is off by up to 2^-24, and so is its logarithm, however small that is.
UNARY: dict[str, tuple[list[str], tuple[Callable[[Array], Array], ...]]] = {
    "exp": (["%s = math.exp {0} : {t}"], (np.exp,)),
    "tanh": (["%s = math.tanh {0} : {t}"], (np.tanh,)),
    "erf": (["%s = math.erf {0} : {t}"], (np.vectorize(math.erf, otypes=[np.float64]),)),
    "sin": (["%s = math.sin {0} : {t}"], (np.sin,)),
    "cos": (["%s = math.cos {0} : {t}"], (np.cos,)),
    "abs": (["%s = math.absf {0} : {t}"], (np.abs,)),
    "neg": (["%s = arith.negf {0} : {t}"], (np.negative,)),
    "copy": (["%z = arith.constant 1.0 : {t}", "%s = arith.mulf {0}, %z : {t}"], (lambda x: x,)),
    "square": (["%s = arith.mulf {0}, {0} : {t}"], (lambda x: x * x,)),
    "log1p": (
        ["%o = arith.constant 1.0 : {t}", "%q = math.absf {0} : {t}"]
        + ["%w = arith.addf %q, %o : {t}", "%s = math.log %w : {t}"],
        (lambda x: np.abs(x) + 1, np.log),
    ),
    "root": (
        ["%q = math.absf {0} : {t}", "%s = math.sqrt %q : {t}"],
        (lambda x: np.sqrt(np.abs(x)),),
    ),
    "sigmoid": (
        ["%o = arith.constant 1.0 : {t}", "%q = arith.negf {0} : {t}", "%w = math.exp %q : {t}"]
        + ["%u = arith.addf %w, %o : {t}", "%s = arith.divf %o, %u : {t}"],
        (lambda x: np.exp(-x), lambda e: 1 + e, lambda w: 1 / w),
    ),
}
BINARY: dict[str, Callable[[Array, Array], Array]] = {
    "addf": np.add,
    "subf": np.subtract,
    "mulf": np.multiply,
    "maximumf": np.maximum,
    "minimumf": np.minimum,
}


def unary(p: Program, rng: Rng) -> Tensor | None:
    x = pick(rng, floats(p))
    # In half types every operation of the body rounds: only single ones are compared.
    names = [n for n, (lines, _) in UNARY.items() if x.dtype in ("f32", "f64") or len(lines) == 1]
    kind = names[int(rng.integers(len(names)))]
    lines, steps = UNARY[kind]
    exprs = [f"d{i}" for i in range(len(x.dims))]
    out = p.empty(x.dims, x.dtype)

    def body(arguments: list[str]) -> list[str]:
        code = [line.format(*arguments, t=x.dtype) for line in lines]
        return [*code, f"linalg.yield %s : {x.dtype}"]

    name = generic(p, [(x, exprs)], out, exprs, ["parallel"] * len(x.dims), body)
    source = x
    for i, step in enumerate(steps[:-1]):
        source = p.result(f"{name}_step_{i}", x.dims, x.dtype, [source], step)
        p.tensors.remove(source)
    return p.result(name, x.dims, x.dtype, [source], steps[-1])


def binary(p: Program, rng: Rng) -> Tensor | None:
    x = pick(rng, floats(p))
    readable = [(y, read(rng, x.dims, y)) for y in floats(p) if y.dtype == x.dtype]
    y, exprs = readable[int(rng.integers(len(readable)))]
    if exprs is None:
        return None
    kind = list(BINARY)[int(rng.integers(len(BINARY)))]
    whole = [f"d{i}" for i in range(len(x.dims))]
    out = p.empty(x.dims, x.dtype)

    def body(arguments: list[str]) -> list[str]:
        pair = ", ".join(arguments)
        return [f"%s = arith.{kind} {pair} : {x.dtype}", f"linalg.yield %s : {x.dtype}"]

    name = generic(p, [(x, whole), (y, exprs)], out, whole, ["parallel"] * len(x.dims), body)
    return p.result(name, x.dims, x.dtype, [x, y], BINARY[kind])


def cast(p: Program, rng: Rng) -> Tensor | None:
    x = pick(rng, floats(p))
    to = FLOATS[int(rng.integers(4))]
    width = {"f16": 16, "bf16": 16, "f32": 32, "f64": 64}
    if width[to] == width[x.dtype]:
        return None
    op = "extf" if width[to] > width[x.dtype] else "truncf"
    exprs = [f"d{i}" for i in range(len(x.dims))]
    out = p.empty(x.dims, to)
    name = generic(
        p,
        [(x, exprs)],
        out,
        exprs,
        ["parallel"] * len(x.dims),
        lambda a: [f"%s = arith.{op} {a[0]} : {x.dtype} to {to}", f"linalg.yield %s : {to}"],
    )
    # f32 is not rounded by the reference: it counts as coarser than f64 from here on.
    return p.result(name, x.dims, to, [x], lambda v: v)


def norm(p: Program, rng: Rng) -> Tensor | None:
    x = pick(rng, floats(p))
    rank = len(x.dims)
    count = int(rng.integers(1, rank + 1))
    axes = sorted(int(a) for a in rng.choice(rank, count, replace=False))
    if rng.random() < 0.5:
        axes = list(range(rank - count, rank))
    compute = "f64" if x.dtype == "f64" else "f32"
    operands, types, sources = [x.name], [x.type], [x]
    eps = float(rng.choice([1e-6, 1e-5, 1e-2]))
    mode = str(rng.choice(["inside", "inside", "clamp", "outside"]))
    attributes = [f"axes = [{', '.join(map(str, axes))}]"]
    # Parameters: tensors that broadcast, mostly made for it.
    for keyword in ("scale", "bias"):
        if rng.random() < 0.4:
            continue
        fitting = [t for t in floats(p) if t is not x and read(rng, x.dims, t) and t.dtype != "f64"]
        if x.dtype == "f64":
            fitting = [t for t in fitting if t.dtype == "f64"]
        if not fitting:
            dims = tuple(d if i in axes else Dim(1, "1") for i, d in enumerate(x.dims))
            first = min(axes)
            fitting = [p.argument(dims[first:], x.dtype)]
        parameter = pick(rng, fitting)
        operands.append(f"{keyword} {parameter.name}")
        types.append(parameter.type)
        sources.append(parameter)
    has = {o.split()[0] for o in operands[1:]}
    attributes.append(f"eps = {eps:e}")
    if mode != "inside":
        attributes.append(f"eps_mode = {mode}")
    if compute == "f64":
        attributes.append("compute_type = f64")
    out = p.empty(x.dims, x.dtype)
    rstd_dims = [d for i, d in enumerate(x.dims) if i not in axes]
    with_rstd = rng.random() < 0.3
    outs, out_types = [out.name], [out.type]
    if with_rstd:
        rstd = p.empty(rstd_dims, compute)
        outs.append(rstd.name)
        out_types.append(rstd.type)
    name = p.fresh()
    p.line(
        f"{name}{':2' if with_rstd else ''} = rmsnorm.rms_norm {' '.join(attributes)}\n"
        f"    ins({', '.join(operands)} : {', '.join(types)}) "
        f"outs({', '.join(outs)} : {', '.join(out_types)})"
    )
    where = tuple(axes)

    def denominator(v: Array) -> Array:
        ms = np.mean(v * v, axis=where, keepdims=True) if v.size else np.ones((1,) * v.ndim)
        if mode == "inside":
            return np.sqrt(ms + eps)
        return np.sqrt(np.maximum(ms, eps)) if mode == "clamp" else np.sqrt(ms) + eps

    # In steps, so that what a cancelling bias leaves counts as uncertain.
    steps = f"{name}#0" if with_rstd else name
    inner = p.result(steps + "_normalized", x.dims, compute, [x], lambda v: v / denominator(v))
    p.tensors.remove(inner)
    if "scale" in has:
        inner = p.result(
            steps + "_scaled", x.dims, compute, [inner, sources[1]], lambda y, g: y * g
        )
        p.tensors.remove(inner)
    last = [inner, sources[-1]] if "bias" in has else [inner]
    result = p.result(steps, x.dims, x.dtype, [*last, x], lambda *v: sum(v[:-1]))
    if with_rstd:
        reciprocal = p.result(
            f"{name}#1",
            rstd_dims,
            compute,
            [x],
            lambda v: 1 / denominator(v).reshape(tuple(d.size for d in rstd_dims)),
        )
        if not rstd_dims:
            p.tensors.remove(reciprocal)
    return result


def reduction(p: Program, rng: Rng) -> Tensor | None:
    x = pick(rng, [t for t in floats(p, 2) if t.dtype in ("f32", "f64")] or floats(p))
    rank = len(x.dims)
    if rank < 2 or x.dtype in ("f16", "bf16"):
        return None
    axis = int(rng.integers(rank))
    kind, start = (("addf", "0.0"), ("maximumf", "-1.0e30"))[int(rng.integers(2))]
    keep = rng.random() < 0.5
    dims = [Dim(1, "1") if i == axis else d for i, d in enumerate(x.dims)]
    exprs = ["0" if i == axis else f"d{i}" for i in range(rank)]
    if not keep:
        del dims[axis], exprs[axis]
    out = p.filled(dims, x.dtype, start)
    iterators = ["reduction" if i == axis else "parallel" for i in range(rank)]
    name = generic(
        p,
        [(x, [f"d{i}" for i in range(rank)])],
        out,
        exprs,
        iterators,
        lambda a: [f"%s = arith.{kind} {a[0]}, %acc : {x.dtype}", f"linalg.yield %s : {x.dtype}"],
    )
    if kind == "addf":
        terms = p.inexact(x)
        return p.result(name, dims, x.dtype, [terms], lambda v: np.sum(v, axis, keepdims=keep))
    return p.result(
        name, dims, x.dtype, [x], lambda v: np.max(v, axis, keepdims=keep, initial=-1.0e30)
    )


def softmax(p: Program, rng: Rng) -> Tensor | None:
    x = pick(rng, floats(p))
    if x.dtype not in ("f32", "f64") or 0 in x.shape:
        return None
    axis = int(rng.integers(len(x.dims)))
    out = p.empty(x.dims, x.dtype)
    name = p.fresh()
    p.line(
        f"{name} = linalg.softmax dimension({axis}) ins({x.name} : {x.type}) "
        f"outs({out.name} : {out.type}) -> {out.type}"
    )

    def compute(v: Array) -> Array:
        e = np.exp(v - np.max(v, axis, keepdims=True))
        return np.asarray(e / e.sum(axis, keepdims=True))

    return p.result(name, x.dims, x.dtype, [x], compute)
