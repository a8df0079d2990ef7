# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How far results are from the reference, and how far they may be."""

from dataclasses import dataclass

import numpy as np

from rmsnorm.evaluate.formats import DTYPES, Array, name_of, round_to, ulp
from rmsnorm.evaluate.norm import Norm, Results
from rmsnorm.evaluate.oracle import Expected

# Of a norm in f32 and f64: five roundings at most.
ULPS = 4.0
# A product of a norm, within 4 ulp, and of a gate, whose exponential, sum, quotient and product
# are as far off.
GATED_ULPS = 8.0
# A difference of two such results: what dy is multiplied by, and the row's share in it. The
# unit is that of the terms, which cancel.
GRADIENT_ULPS = 8.0


class Failure(Exception):  # noqa: N818  # an outcome, not a defect of this program
    """A case failed; the message says what was found and what was expected."""


class NotApplicable(Exception):  # noqa: N818  # an outcome as well
    """The path has nothing that computes a case; the message says why."""


@dataclass
class Measure:
    """How well the results of one case agree with the reference.

    Attributes:
        worst: largest error in ulps of the unit (``oracle.Expected.unit``).
        allowed: the limit that the result with the largest share of its limit has.
        differing: largest share of elements of an f16 or bf16 result that are not the
            correctly rounded ones; None where that is not limited.
        elements: how many were compared.
    """

    worst: float = 0.0
    allowed: float = 0.0
    differing: float | None = None
    elements: int = 0

    def add(self, other: "Measure") -> None:
        """Takes in the measure of another result."""
        if other.worst * max(self.allowed, 1e-9) >= self.worst * max(other.allowed, 1e-9):
            self.worst, self.allowed = other.worst, other.allowed
        if other.differing is not None:
            self.differing = max(self.differing or 0.0, other.differing)
        self.elements += other.elements


@dataclass(frozen=True)
class Limit:
    """What is allowed: an error in ulps, and a share of elements that are not correctly rounded."""

    ulps: float
    differing: float | None


def limit(norm: Norm, want: Expected) -> Limit:
    """1 ulp and 1 % for 16 and 8 bits, 4 ulp for f32 and f64, of the unit: with two exceptions."""
    if want.dtype in ("f32", "f64"):
        gated = GATED_ULPS if norm.gate is not None else ULPS
        return Limit(GRADIENT_ULPS if want.gradient else gated, None)
    # Gradients: where something is rounded in the middle, torch's own formulas round the
    # gradient there, too, so that the share says nothing.
    return Limit(1.0, None if want.gradient or norm.near_ties else 0.01)


def measure(got: Array, want: Expected) -> Measure:
    """Errors of one result; infinite where NaN or infinity are not where they should be."""
    if not isinstance(got, np.ndarray):
        got = np.asarray(got)
    value, unit = np.asarray(want.value), np.asarray(want.unit)
    if got.dtype != DTYPES[want.dtype]:
        raise Failure(f"dtype {got.dtype}, expected {want.dtype}")
    if got.shape != value.shape:
        raise Failure(f"shape {got.shape}, expected {value.shape}")
    if not got.size:
        return Measure()
    rounded = round_to(value, want.dtype)
    wide = got.astype(value.dtype)
    nan = np.isnan(wide) & np.isnan(value)
    same = (wide == rounded.astype(value.dtype)) | nan
    comparable = np.isfinite(wide) & np.isfinite(value)
    with np.errstate(all="ignore"):
        step = np.ones_like(unit) if want.dtype == "i8" else ulp(unit, want.dtype)
        distance = np.abs(wide - value) / step
    # At the border to infinity both neighbours of the exact value are right.
    errors = np.where(same, np.minimum(distance, 0.5), np.where(comparable, distance, np.inf))
    errors = np.where(same & ~comparable, 0.0, errors)
    limited = want.dtype not in ("f32", "f64") and not want.gradient
    share = float(np.mean(~same)) if limited else None
    return Measure(float(errors.max()), 0.0, share, got.size)


def compare(norm: Norm, got: Results, wanted: dict[str, Expected]) -> Measure:
    """Measures all results of a norm.

    Raises:
        Failure: one is missing, of another dtype or shape, or too far off.
    """
    missing = wanted.keys() - got.keys()
    if missing:
        raise Failure(f"results {', '.join(sorted(missing))} are missing")
    total = Measure()
    for name, want in wanted.items():
        try:
            found = measure(got[name], want)
        except Failure as failure:
            raise Failure(f"{name}: {failure}") from None
        allowed = limit(norm, want)
        found.allowed = allowed.ulps
        total.add(found)
        if not found.worst <= allowed.ulps:
            raise Failure(
                f"{name}: worst error {found.worst:.3g} ulp of {want.dtype}, "
                f"allowed {allowed.ulps:g}{_where(got[name], want)}"
            )
        # Of few elements one may differ.
        if allowed.differing is None or found.differing is None:
            continue
        few = max(allowed.differing, 1.5 / max(found.elements, 1))
        if found.differing > few:
            raise Failure(
                f"{name}: {found.differing:.2%} of the elements are not the correctly rounded "
                f"ones, allowed {few:.2%}"
            )
    return total


def _where(got: Array, want: Expected) -> str:
    value = np.asarray(want.value)
    if not value.ndim:
        return f": given {got}, expected {value}"
    with np.errstate(all="ignore"):
        distance = np.abs(got.astype(value.dtype) - value) / np.maximum(want.unit, 1e-300)
    at = np.unravel_index(int(np.argmax(np.nan_to_num(distance, nan=np.inf))), value.shape)
    index = tuple(int(i) for i in at)
    return f"; at {index}: given {got[index]}, expected {value[index]:.9g}"


def same_dtype(array: Array, dtype: str) -> None:
    """Raises ``Failure`` unless the array has that dtype."""
    if name_of(array.dtype) != dtype:
        raise Failure(f"dtype {name_of(array.dtype)}, expected {dtype}")


def check(condition: bool, message: str) -> None:
    """Raises ``Failure`` with the message unless the condition holds."""
    if not condition:
        raise Failure(message)
