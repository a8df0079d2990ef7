# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random steps of a larger structure: products, branches, loops."""

import numpy as np
from operations import Rng, affine, floats, generic, pick
from program import FLOATS, Array, Dim, Program, Tensor


def product(p: Program, rng: Rng) -> Tensor | None:
    """A contraction over one dimension of each of two tensors, with or without a batch."""
    x = pick(rng, floats(p, 2) or floats(p))
    if len(x.dims) not in (2, 3):
        return None
    k = int(rng.integers(len(x.dims)))
    others = [i for i in range(len(x.dims)) if i != k]
    partners = [t for t in floats(p, 2) if t.dtype == x.dtype and len(t.dims) == 2]
    partners = [t for t in partners if x.dims[k] in t.dims]
    if not partners or rng.random() < 0.3:
        n = int(rng.choice([1, 3, 16, 20]))
        partners = [p.argument([Dim(n, str(n)), x.dims[k]], x.dtype)]
    y = pick(rng, partners)
    ky = max(i for i in range(2) if y.dims[i] == x.dims[k])
    dims = [x.dims[i] for i in others] + [y.dims[1 - ky]]
    if int(np.prod([d.size for d in dims])) > 200_000:
        return None
    rank = len(dims) + 1
    xe = [""] * len(x.dims)
    for at, i in enumerate(others):
        xe[i] = f"d{at}"
    xe[k] = f"d{rank - 1}"
    ye = [""] * 2
    ye[ky], ye[1 - ky] = f"d{rank - 1}", f"d{len(dims) - 1}"
    out_exprs = [f"d{i}" for i in range(len(dims))]
    if rng.random() < 0.3:
        order = [int(i) for i in rng.permutation(len(dims))]
        dims, out_exprs = [dims[i] for i in order], [out_exprs[i] for i in order]
    out = p.filled(dims, x.dtype, "0.0")

    def body(a: list[str]) -> list[str]:
        return [
            f"%m = arith.mulf {a[0]}, {a[1]} : {x.dtype}",
            f"%s = arith.addf %acc, %m : {x.dtype}",
            f"linalg.yield %s : {x.dtype}",
        ]

    iterators = ["parallel"] * (rank - 1) + ["reduction"]
    name = generic(p, [(x, xe), (y, ye)], out, out_exprs, iterators, body)
    letters = "abcdef"

    def spell(exprs: list[str]) -> str:
        return "".join(letters[int(e[1:])] for e in exprs)

    equation = f"{spell(xe)},{spell(ye)}->{spell(out_exprs)}"
    terms = [p.inexact(x), y]
    return p.result(name, dims, x.dtype, terms, lambda a, b: np.einsum(equation, a, b))


def branch(p: Program, rng: Rng) -> Tensor | None:
    """One of two tensors, by a number computed at run time."""
    x = pick(rng, floats(p))
    fitting = [t for t in floats(p) if t.dims == x.dims and t.dtype == x.dtype]
    if not all(d.static for d in x.dims):
        # That two arguments have the same extents the compiler does not know.
        fitting = [t for t in fitting if t not in p.arguments]
        if x in p.arguments or not fitting:
            return None
    y = pick(rng, fitting)
    flag = p.argument([Dim(1, "1")], "i32")
    zero, bound = p.constant("0", "index"), p.constant("3", "i32")
    value, test, name = p.fresh(), p.fresh(), p.fresh()
    p.line(f"{value} = tensor.extract {flag.name}[{zero}] : {flag.type}")
    p.line(f"{test} = arith.cmpi slt, {value}, {bound} : i32")
    p.line(
        f"{name} = scf.if {test} -> ({x.type}) {{ scf.yield {x.name} : {x.type} }} "
        f"else {{ scf.yield {y.name} : {y.type} }}"
    )
    return p.result(name, x.dims, x.dtype, [flag, x, y], lambda f, a, b: a if f[0] < 3 else b)


def loop(p: Program, rng: Rng) -> Tensor | None:
    """A few rounds of x <- tanh(x) + x."""
    x = pick(rng, floats(p))
    if x.dtype not in ("f32", "f64"):
        return None
    rounds = int(rng.integers(0, 4))
    lo, hi, one = (p.constant(str(i), "index") for i in (0, rounds, 1))
    exprs = [f"d{i}" for i in range(len(x.dims))]
    identity = affine(len(exprs), exprs)
    kinds = ", ".join(['"parallel"'] * len(exprs))
    name = p.fresh()
    t = x.dtype
    p.line(
        f"{name} = scf.for %it = {lo} to {hi} step {one} iter_args(%c = {x.name}) "
        f"-> ({x.type}) {{\n"
        f"    %next = linalg.generic {{indexing_maps = [{identity}, {identity}], "
        f"iterator_types = [{kinds}]}} ins(%c : {x.type}) outs(%c : {x.type}) {{\n"
        f"    ^bb0(%e: {t}, %acc: {t}):\n"
        f"      %h = math.tanh %e : {t}\n      %s = arith.addf %h, %e : {t}\n"
        f"      linalg.yield %s : {t}\n    }} -> {x.type}\n"
        f"    scf.yield %next : {x.type}\n  }}"
    )

    def compute(v: Array) -> Array:
        for _ in range(rounds):
            v = np.tanh(v) + v
        return v

    assert x.dtype in FLOATS
    return p.result(name, x.dims, x.dtype, [x], compute)
