# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random programs that are one RMSNorm, or nearly one.

A program is a series of choices, each of which another spelling has made
differently; a near miss makes exactly one that changes the meaning.
"""

from dataclasses import dataclass, field

from emitter import Emitter, Tensor
from mean_square import MeanSquareWriter

# What changes the meaning, so that nothing may be raised.
NEAR_MISSES = (
    "wrong_count",
    "other_extent",
    "no_mean",
    "centred",
    "unbiased",
    "centred_statistic_only",
    "other_numerator",
    "rounded_statistic",
    "other_axis",
    "eps_of_each_row",
    "negative_eps",
    "cubes",
    "absolute_values",
    "masked",
    "nan_dropped",
    "rounded_root",
    "low_accumulation",
    "difference_of_squares",
)


@dataclass
class Program:
    """MLIR text and what raising must find in it."""

    text: str
    norms: int
    attributes: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)


class Writer(MeanSquareWriter):
    """Makes the choices of one program."""

    def write(self, name: str) -> Program:
        low = self.pick("type", "f32", "f32", "bf16", "f16", "f64")
        if self.miss in ("rounded_statistic", "rounded_root", "low_accumulation"):
            low = self.pick("type", "bf16", "f16")
        self.low, self.wide = low, "f64" if low == "f64" else "f32"
        rows = self.pick("rows", "static", "static", "dynamic")
        columns = self.pick("columns", "static", "static", "dynamic")
        dynamic = {"static": frozenset(), "dynamic": frozenset("a")}[rows]
        if columns == "dynamic":
            dynamic |= {"d"}
        self.out = Emitter(self.choose, dynamic)
        axes = self.pick("axes", "d", "d", "d", "b", "bd")
        if self.miss == "other_axis":
            axes = "d"
        self.axes = tuple(axes)
        x = self.input()
        y = self.neighbours(self.normalise(x))
        text = self.out.function(name, [y])
        return Program(text, 0 if self.miss else 1, self.attributes, self.choices)

    def input(self) -> Tensor:
        out = self.out
        if self.pick("layout", "plain", "plain", "transposed") == "transposed":
            x = out.transposed(out.argument(("b", "a", "d"), self.low), (1, 0, 2))
        else:
            x = out.argument(("a", "b", "d"), self.low)
        if self.pick("residual", "no", "no", "yes") == "yes":
            x = out.binary("addf", x, out.argument(("a", "b", "d"), self.low))
        self.unconverted = x
        x = out.convert(x, self.wide)
        if self.pick("minus_zero", "no", "no", "yes") == "yes":
            x = out.with_number("arith.subf", x, 0.0)
        return x

    def root(self, mean: Tensor) -> tuple[Tensor, bool]:
        """The reciprocal root, or the root itself and False."""
        out = self.out
        eps = self.choose.choice((1e-6, 1e-5, 1e-3))
        if self.miss == "negative_eps":
            eps = -eps
        mode = (
            "inside"
            if self.miss
            else self.pick("eps", "inside", "inside", "inside", "outside", "clamp", "clamp_root")
        )
        plain = mode == "inside" and not self.miss
        source = self.pick("eps_from", "number", "number", "number", "operand") if plain else ""
        if source == "operand":
            # A number that the caller gives, as a tensor of one element.
            given = out.argument(self.choose.choice(((), ("1",))), mean.element)
            self.attributes.append("eps %")
            v = out.binary("addf", *self.shuffled(mean, given))
        elif self.miss == "nan_dropped":
            v = out.with_number("arith.maxnumf", mean, eps)
        elif self.miss == "eps_of_each_row":
            v = out.binary("addf", mean, out.argument(mean.dims, mean.element))
        elif mode == "inside":
            v = out.with_number("arith.addf", mean, eps, self.choose.random() < 0.5)
        elif mode == "clamp":
            v = out.with_number("arith.maximumf", mean, eps)
            self.attributes.append("eps_mode = clamp")
        else:
            v = out.unary("math.sqrt", mean)
            clamps = mode == "clamp_root"
            self.attributes.append("min_rms = " if clamps else "eps_mode = outside")
            v = out.with_number("arith.maximumf" if clamps else "arith.addf", v, eps)
            if self.pick("inverse", "divide", "reciprocal") == "divide":
                return v, False
            return out.with_number("arith.divf", v, 1.0, True), True
        kind = self.pick(
            "inverse",
            "rsqrt",
            "sqrt",
            "one_over",
            "pow",
            "exp_log",
            "pow_of_sqrt",
            "root_over",
            "over_root",
        )
        if kind == "rsqrt":
            return out.unary("math.rsqrt", v), True
        if kind == "pow":
            return out.with_number("math.powf", v, -0.5), True
        # Equal to a reciprocal root only above 0, which an epsilon from outside does not prove.
        positive_only = source != "operand"
        if kind == "exp_log" and v.element == "f32" and positive_only:
            half = out.with_number("arith.mulf", out.unary("math.log", v), -0.5)
            return out.unary("math.exp", half), True
        root = out.unary("math.sqrt", v)
        if kind == "sqrt":
            return root, False
        if kind == "pow_of_sqrt":
            return out.with_number("math.powf", root, -1.0), True
        if kind == "root_over" and not self.miss and mode != "clamp" and positive_only:
            return out.binary("divf", root, v), True
        return out.with_number("arith.divf", root, 1.0, True), True

    def normalise(self, x: Tensor) -> Tensor:
        out, numerator = self.out, x
        if self.miss in ("centred", "unbiased", "centred_statistic_only"):
            keep = self.choose.random() < 0.5
            mean = out.with_number("arith.divf", out.reduce(x, ("d",), keep), 16.0)
            self.axes = ("d",)
            x = out.binary("subf", x, mean)
            numerator = numerator if self.miss == "centred_statistic_only" else x
        if self.miss == "other_numerator":
            numerator = out.binary("mulf", x, out.argument(x.dims, x.element))
        if self.miss == "rounded_statistic":
            x = out.convert(out.with_number("arith.mulf", x, 3.0), self.low)
            numerator, x = out.with_number("arith.mulf", numerator, 3.0), out.convert(x, self.wide)
        scaled = self.pick("prescale", "no", "no", "yes") == "yes" and not self.miss
        if scaled:
            x = out.with_number("arith.mulf", x, 4.0)
            numerator = x if self.choose.random() < 0.5 else numerator
            if numerator is not x:
                numerator = out.with_number("arith.mulf", numerator, 4.0)
        mean = self.mean(x)
        if self.miss == "difference_of_squares":
            first = out.with_number("arith.divf", out.reduce(x, self.axes, "1" in mean.dims), 16.0)
            mean = out.binary("subf", mean, out.binary("mulf", first, first))
        root, reciprocal = self.root(mean)
        if self.miss == "rounded_root":
            root = out.convert(out.convert(root, self.low), self.wide)
        weight = self.weight()
        apply = "mulf" if reciprocal else "divf"
        order = self.pick("order", "x_first", "weight_on_root", "weight_on_x")
        if weight is None or order == "x_first" or not reciprocal:
            y = out.binary(apply, numerator, root)
            if weight is not None:
                y = out.binary("mulf", *self.shuffled(y, weight))
        elif order == "weight_on_x":
            y = out.binary(apply, out.binary("mulf", *self.shuffled(numerator, weight)), root)
        else:
            wide = out.binary("mulf", *self.shuffled(self.whole(root), weight))
            y = out.binary("mulf", *self.shuffled(numerator, wide))
        if not self.miss and self.pick("bias", "no", "no", "yes") == "yes":
            y = out.binary(
                "addf", *self.shuffled(y, out.argument(self.parameter_dims(), y.element))
            )
            self.attributes.append("bias %")
        return out.convert(y, self.low)

    def neighbours(self, y: Tensor) -> Tensor:
        """What a model does with the result: a gate, a residual sum; no part of the norm."""
        out = self.out
        kind = self.pick("behind", "nothing", "nothing", "gate", "silu_gate", "residual")
        if kind == "nothing":
            return y
        other = out.argument(y.dims, y.element)
        if kind == "silu_gate":
            minus = out.unary("math.exp", out.unary("arith.negf", other))
            other = out.binary("divf", other, out.with_number("arith.addf", minus, 1.0))
        return out.binary("addf" if kind == "residual" else "mulf", *self.shuffled(y, other))

    def parameter_dims(self, kept: bool = False) -> tuple[str, ...]:
        """Dimensions of a scale or bias, which has those of the normalised axes."""
        if self.axes == ("b",):
            return ("b", "1")
        return ("1", "1", "d") if kept else ("d",)

    def whole(self, root: Tensor) -> Tensor:
        """The root, broadcast."""
        code = f"%r = arith.mulf %i0, {self.out.constant(1.0, root.element)} : {root.element}"
        return self.out.generic([root], ("a", "b", "d"), root.element, [code])

    def shuffled(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        return (a, b) if self.choose.random() < 0.5 else (b, a)

    def weight(self) -> Tensor | None:
        out = self.out
        kind = self.pick("weight", "none", "plain", "offset", "low", "kept")
        if kind == "none":
            return None
        element = self.low if kind == "low" else self.wide
        dims = self.parameter_dims(kept=kind == "kept")
        weight = out.convert(out.argument(dims, element), self.wide)
        return out.with_number("arith.addf", weight, 1.0) if kind == "offset" else weight


def positive(seed: int, name: str) -> Program:
    """One RMSNorm."""
    return Writer(seed, None).write(name)


def near_miss(seed: int, name: str) -> Program:
    """No RMSNorm."""
    miss = NEAR_MISSES[seed % len(NEAR_MISSES)]
    program = Writer(seed, miss).write(name)
    program.choices.insert(0, f"miss={miss}")
    return program
