# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Minimax polynomials by Remez exchange, with coefficients that fit a float type.

Where zero is not inside the interval, each coefficient is rounded to its
storage type in turn, lowest power first, and the rest is fitted again, so that
rounding costs next to no accuracy. (Otherwise the remaining powers all vanish
at zero and the alternation theorem does not hold.)
"""

import sys

import mpmath as mp

mp.mp.dps = 60


def solve(points, f, weight, powers):
    """Levelled error on `points`: the coefficients of x^powers, then the level."""
    n = len(points)
    a, rhs = mp.matrix(n, n), mp.matrix(n, 1)
    for i, x in enumerate(points):
        w = weight[x]
        for j, p in enumerate(powers):
            a[i, j] = w * x**p
        a[i, n - 1] = (-1) ** i
        rhs[i] = w * f[x]
    return list(mp.lu_solve(a, rhs))


def exchange(grid, error, count):
    """The `count` points of a grid where the error alternates and is largest."""
    peaks = []
    for x in grid:
        e = error[x]
        if peaks and (error[peaks[-1]] > 0) == (e > 0):
            if abs(e) > abs(error[peaks[-1]]):
                peaks[-1] = x
        else:
            peaks.append(x)
    while len(peaks) > count:
        peaks.pop(0 if abs(error[peaks[0]]) < abs(error[peaks[-1]]) else -1)
    return peaks


def remez(grid, f, weight, powers):
    count = len(powers) + 1
    points = [grid[(len(grid) - 1) * i // (count - 1)] for i in range(count)]
    coefficients = None
    for _ in range(30):
        coefficients = solve(points, f, weight, powers)[:-1]
        error = {}
        for x in grid:
            p = mp.polyval(coefficients[::-1], x) * x ** powers[0]
            error[x] = weight[x] * (p - f[x])
        fresh = exchange(grid, error, count)
        if len(fresh) < count or fresh == points:
            break
        points = fresh
    return coefficients, max(abs(e) for e in error.values())


def round_to(value, bits):
    with mp.workprec(bits):
        return +value


def fit(name, f, weight, low, high, degree, bits, comment, lead=False):
    low, high = mp.mpf(low), mp.mpf(high)
    size = 24 * (degree + 2)
    grid = [
        (low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * (i + mp.mpf(1) / 2) / size)
        for i in range(size)
    ]
    values = {x: f(x) for x in grid}
    weights = {x: abs(weight(x)) for x in grid}
    rest, rounded, coefficients, second = dict(values), [], [], None
    for k in range(degree + 1):
        if not coefficients or low >= 0:
            coefficients, _ = remez(grid, rest, weights, list(range(k, degree + 1)))
        exact = coefficients.pop(0)
        c = round_to(exact, bits)
        if lead and k == 0:
            second = round_to(exact - c, bits)
            rest = {x: v - second for x, v in rest.items()}
        rounded.append(c)
        rest = {x: v - c * x**k for x, v in rest.items()}
    level = max(abs(weights[x] * rest[x]) for x in grid)
    print(f"/// {comment}\n/// Error 2^{float(mp.log(level, 2)):.1f}.")
    body = ", ".join(float(c).hex() for c in rounded)
    print(f"inline constexpr double {name}[] = {{{body}}};\n")
    if lead:
        print("/// The second word of its first coefficient.")
        print(f"inline constexpr double {name}Lead = {float(second).hex()};\n")
    print(f"{name}: degree {degree}, 2^{float(mp.log(level, 2)):.1f}", file=sys.stderr)
