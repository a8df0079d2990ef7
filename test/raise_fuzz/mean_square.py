# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The mean of squares of a random program."""

import random

from emitter import EXTENTS, Emitter, Tensor


class MeanSquareWriter:
    """Makes the choices about the mean of squares."""

    out: Emitter
    axes: tuple[str, ...]
    low: str
    wide: str

    def __init__(self, seed: int, miss: str | None) -> None:
        self.choose = random.Random(seed)
        self.miss = miss
        self.choices: list[str] = []
        self.attributes: list[str] = []

    def pick(self, what: str, *options: str) -> str:
        option = self.choose.choice(options)
        self.choices.append(f"{what}={option}")
        return option

    def square(self, x: Tensor) -> Tensor:
        out = self.out
        if self.miss == "cubes":
            return out.binary("mulf", out.binary("mulf", x, x), x)
        if self.miss == "absolute_values":
            return out.unary("math.absf", x)
        kind = self.pick("square", "mul", "fpowi", "powf", "abs", "abs_pow")
        if kind == "mul":
            return out.binary("mulf", x, x)
        if kind in ("abs", "abs_pow"):
            x = out.unary("math.absf", x)
            if kind == "abs":
                return out.binary("mulf", x, x)
        if kind == "fpowi":
            two = out.fresh()
            out.line(f"{two} = arith.constant 2 : i64")
            code = f"%r = math.fpowi %i0, {two} : {x.element}, i64"
            return out.generic([x], x.dims, x.element, [code])
        return out.with_number("math.powf", x, 2.0)

    def count(self) -> float:
        number = 1.0
        for axis in self.axes:
            number *= EXTENTS[axis]
        if self.miss == "wrong_count":
            number += self.choose.choice((-1, 1, 0.5))
        if self.miss == "unbiased":
            number -= 1
        return number

    def divided(self, total: Tensor) -> Tensor:
        """total / N."""
        out = self.out
        if self.miss == "no_mean":
            return total
        if set(self.axes) & out.dynamic:
            integer, number = out.fresh(), out.fresh()
            of = "b" if self.miss in ("wrong_count", "unbiased", "other_extent") else "d"
            extent = out.extents.get(of)
            if extent is None:
                extent = out.fresh()
                out.line(f"{extent} = arith.constant {EXTENTS[of]} : index")
            if "b" in self.axes and of == "d":
                other, extent_ = out.fresh(), out.fresh()
                out.line(f"{other} = arith.constant {EXTENTS['b']} : index")
                out.line(f"{extent_} = arith.muli {extent}, {other} : index")
                extent = extent_
            out.line(f"{integer} = arith.index_cast {extent} : index to i64")
            out.line(f"{number} = arith.sitofp {integer} : i64 to {total.element}")
            code = f"%r = arith.divf %i0, {number} : {total.element}"
            return out.generic([total], total.dims, total.element, [code])
        count = float(EXTENTS["e"]) if self.miss == "other_extent" else self.count()
        if self.pick("mean", "divide", "multiply") == "divide":
            return out.with_number("arith.divf", total, count)
        return out.with_number("arith.mulf", total, 1.0 / count)

    def mean(self, x: Tensor) -> Tensor:
        """The mean of squares, with dimensions kept or not."""
        out, axes = self.out, self.axes
        if self.miss == "other_axis":
            axes = ("b",)
        keep = self.pick("keep", "yes", "no") == "yes"
        static = not self.miss and not out.dynamic and axes in (("d",), ("b", "d"))
        if static and self.pick("reshape", "no", "no", "yes") == "yes":
            return self.mean_of_reshaped(x, keep)
        squares = self.square(x)
        if self.miss == "masked":
            squares = out.binary("mulf", squares, out.argument(x.dims, x.element))
        if self.miss == "low_accumulation":
            squares = out.convert(squares, self.low)
        if len(axes) == 2 and self.pick("steps", "one", "two") == "two":
            total = out.reduce(out.reduce(squares, axes[1:], keep), axes[:1], keep)
        else:
            total = out.reduce(squares, axes, keep)
        total = out.convert(total, self.wide)
        return self.divided(total)

    def mean_of_reshaped(self, x: Tensor, keep: bool) -> Tensor:
        """Rows in one axis, or the normalised axes in one."""
        out = self.out
        if len(self.axes) == 2:
            flat = out.reshaped(x, ("a", "bd"), "[[0], [1, 2]]", False)
            total = out.reduce(self.square(flat), ("bd",), keep)
            if keep:
                total = out.reshaped(total, ("a", "1", "1"), "[[0], [1, 2]]", True)
            return self.divided(total)
        flat = out.reshaped(x, ("ab", "d"), "[[0, 1], [2]]", False)
        mean = self.divided(out.reduce(self.square(flat), ("d",), keep))
        if keep:
            return out.reshaped(mean, ("a", "b", "1"), "[[0, 1], [2]]", True)
        return out.reshaped(mean, ("a", "b"), "[[0, 1]]", True)
