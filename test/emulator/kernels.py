# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Row kernels as MLIR text, for the emulation grid and the GPU benchmark."""

from __future__ import annotations

from dataclasses import dataclass

EPS = 1e-6
# What the compiler marks when it makes a row kernel of a norm.
STATISTIC = "{rmsnorm.statistic} "


@dataclass(frozen=True)
class Form:
    """One row kernel: what is fused, its types and the extents of its space.

    ``space`` names the loops in order, e.g. ``("r", "c*")``: a star marks a
    reduction. ``extents`` gives each loop's extent, ``static`` says which of
    them the kernel knows.
    """

    name: str
    space: tuple[str, ...]
    extents: tuple[int, ...]
    static: tuple[bool, ...]
    dtype: str = "f32"
    scale: str | None = None  # dtype
    bias: str | None = None
    residual: bool = False
    round_sum: bool = False
    amax: bool = False  # second reduction: divide by the row's largest |y|
    param_dims: tuple[int, ...] = ()  # loops that index the parameters
    config: tuple[tuple[str, int], ...] = ()  # overrides of the kernel's configuration

    @property
    def compute(self) -> str:
        return "f64" if self.dtype == "f64" else "f32"

    @property
    def reduced(self) -> tuple[int, ...]:
        return tuple(i for i, name in enumerate(self.space) if name.endswith("*"))

    @property
    def row_length(self) -> int:
        length = 1
        for i in self.reduced:
            length *= self.extents[i]
        return length


def _type(form: Form, dims: tuple[int, ...], dtype: str) -> str:
    sizes = [str(form.extents[i]) if form.static[i] else "?" for i in dims]
    return f"tensor<{'x'.join(sizes + [dtype])}>"


def _map(form: Form, dims: tuple[int, ...]) -> str:
    loops = ", ".join(f"d{i}" for i in range(len(form.space)))
    return f"affine_map<({loops}) -> ({', '.join(f'd{i}' for i in dims)})>"


class _Body:
    """Lines of the body with numbered values."""

    def __init__(self, compute: str):
        self.compute = compute
        self.lines: list[str] = []

    def op(self, text: str) -> str:
        name = f"%v{len(self.lines)}"
        self.lines.append(f"    {name} = {text}")
        return name

    def widen(self, value: str, dtype: str) -> str:
        if dtype == self.compute:
            return value
        return self.op(f"arith.extf {value} : {dtype} to {self.compute}")

    def narrow(self, value: str, dtype: str) -> str:
        if dtype == self.compute:
            return value
        return self.op(f"arith.truncf {value} : {self.compute} to {dtype}")

    def constant(self, value: float) -> str:
        return self.op(
            f"arith.constant {value!r} : {self.compute}"
            if "e" in repr(value) and "." in repr(value)
            else f"arith.constant {value:.17e} : {self.compute}"
        )

    def binary(self, name: str, lhs: str, rhs: str, mark: str = "") -> str:
        return self.op(f"arith.{name} {lhs}, {rhs} {mark}: {self.compute}")

    def reduce(self, kind: str, value: str) -> str:
        return self.op(f"rmsnorm.reduce {kind} {value} : {self.compute}")


def build(form: Form) -> str:
    """The function with the row kernel; x (and residual, scale, bias) to y (and sum, amax)."""
    full = tuple(range(len(form.space)))
    rows = tuple(i for i in full if i not in form.reduced)
    ins = [("%x", full, form.dtype)]
    if form.residual:
        ins.append(("%r", full, form.dtype))
    if form.scale:
        ins.append(("%g", form.param_dims, form.scale))
    if form.bias:
        ins.append(("%b", form.param_dims, form.bias))
    dynamic_length = not all(form.static[i] for i in form.reduced)
    outs = [("%y", full, form.dtype)]
    if form.residual:
        outs.append(("%h", full, form.dtype))
    if form.amax:
        outs.append(("%m", rows, form.compute))

    body = _Body(form.compute)
    x = body.widen("%ex", form.dtype)
    kept = None
    if form.residual:
        x = body.binary("addf", x, body.widen("%er", form.dtype))
        kept = body.narrow(x, form.dtype)
        if form.round_sum:
            x = body.widen(kept, form.dtype)
    total = body.reduce("add", body.binary("mulf", x, x))
    if dynamic_length:
        count = body.reduce("add", body.constant(1.0))
    else:
        count = body.constant(float(form.row_length))
    mean = body.binary("divf", total, count, STATISTIC)
    shifted = body.binary("addf", mean, body.constant(EPS), STATISTIC)
    root = body.op(f"math.sqrt {shifted} {STATISTIC}: {form.compute}")
    y = body.binary("mulf", x, body.binary("divf", body.constant(1.0), root, STATISTIC))
    if form.scale:
        y = body.binary("mulf", y, body.widen("%eg", form.scale))
    if form.bias:
        y = body.binary("addf", y, body.widen("%eb", form.bias))
    results = []
    if form.amax:
        absolute = body.op(f"math.absf {y} : {form.compute}")
        largest = body.reduce("maximum", absolute)
        y = body.binary("divf", y, largest)
    results.append((body.narrow(y, form.dtype), form.dtype))
    if kept:
        results.append((kept, form.dtype))
    if form.amax:
        results.append((largest, form.compute))

    iterators = ", ".join('"reduction"' if i in form.reduced else '"parallel"' for i in full)
    maps = ", ".join(_map(form, dims) for _, dims, _ in ins + outs)

    def types(values):
        return ", ".join(_type(form, dims, dtype) for _, dims, dtype in values)

    def names(values):
        return ", ".join(name for name, _, _ in values)

    arguments = ", ".join(f"{name}: {_type(form, dims, dtype)}" for name, dims, dtype in ins + outs)
    block = ", ".join(f"%e{name[1:]}: {dtype}" for name, _, dtype in ins)
    values = ", ".join(value for value, _ in results)
    value_types = ", ".join(dtype for _, dtype in results)
    count_text = f":{len(outs)}" if len(outs) > 1 else ""
    returned = ", ".join(f"%res#{i}" for i in range(len(outs))) if len(outs) > 1 else "%res"
    newline = "\n"
    config = ", ".join(f"{key} = {value} : i64" for key, value in form.config)
    attributes = f"attributes {{rmsnorm.gpu_config = {{{config}}}}} " if config else ""
    return f"""func.func @{form.name}({arguments}) -> ({types(outs)}) {{
  %res{count_text} = rmsnorm.row_kernel "{form.name}" iterators = [{iterators}]
      maps = [{maps}]
      ins({names(ins)} : {types(ins)}) outs({names(outs)} : {types(outs)}) {attributes}{{
  ^bb0({block}):
{newline.join(body.lines)}
    rmsnorm.yield {values} : {value_types}
  }}
  return {returned} : {types(outs)}
}}
"""
