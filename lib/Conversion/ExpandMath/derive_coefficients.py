# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Derives Coefficients.h: minimax polynomials and constants in words.

python3 derive_coefficients.py > Coefficients.h        (needs mpmath)
"""

import mpmath as mp
from remez import fit, round_to


def words(name, value, count, bits, comment):
    """`value` as an unevaluated sum of `count` numbers of `bits` bits."""
    parts = []
    for _ in range(count):
        parts.append(round_to(value, bits))
        value -= parts[-1]
    print(f"/// {comment}")
    print(f"inline constexpr double {name}[] = {{{', '.join(float(p).hex() for p in parts)}}};\n")


def quotient(top, bottom):
    return lambda x: top(x) / bottom(x)


HEADER = """//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \\file
/// Minimax coefficients, lowest power first. Written by derive_coefficients.py.

// clang-format off

#ifndef RMSNORM_LIB_CONVERSION_EXPANDMATH_COEFFICIENTS_H
#define RMSNORM_LIB_CONVERSION_EXPANDMATH_COEFFICIENTS_H

namespace mlir::rmsnorm::coefficients {
"""


def main():
    print(HEADER)
    ln2, third = mp.log(2), mp.mpf(1) / 3
    half_ln2 = ln2 / 2 * mp.mpf("1.0001")
    exp_q = quotient(lambda r: mp.expm1(r) - r, lambda r: r * r)
    exp_w = quotient(lambda r: r * r, mp.expm1)
    for suffix, degree, bits in [("F32", 4, 24), ("F64", 9, 53), ("F64Long", 11, 53)]:
        fit(
            f"exp{suffix}",
            exp_q,
            exp_w,
            -half_ln2,
            half_ln2,
            degree,
            bits,
            "(exp(r) - 1 - r) / r^2, |r| <= ln(2)/2.",
        )
    fit(
        "exp2F32",
        quotient(lambda r: mp.mpf(2) ** r - 1, lambda r: r),
        quotient(lambda r: r, lambda r: mp.mpf(2) ** r),
        -0.5001,
        0.5001,
        5,
        24,
        "(2^r - 1) / r, |r| <= 1/2.",
    )
    log_f = quotient(lambda f: mp.log1p(f) - f + f * f / 2, lambda f: f**3)
    fit(
        "logF32",
        log_f,
        quotient(lambda f: f**3, mp.log1p),
        -third * 1.0001,
        third * 1.0001,
        7,
        24,
        "(log(1+f) - f + f^2/2) / f^3, |f| <= 1/3.",
    )

    def atanh_series(z):  # 2 atanh(s) / s with z = s^2
        s = mp.sqrt(z)
        return 2 * mp.atanh(s) / s

    z_log = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mp.mpf("1.001")
    fit(
        "logF64",
        lambda z: (atanh_series(z) - 2) / z,
        lambda z: z / atanh_series(z),
        0,
        z_log,
        6,
        53,
        "(2 atanh(s)/s - 2) / z, z = s^2, s = f/(2+f), 1+f in [sqrt(1/2), sqrt(2)].",
    )
    fit(
        "logF64Long",
        lambda z: (atanh_series(z) - 2 - 2 * z / 3) / z**2,
        lambda z: z**2 / atanh_series(z),
        0,
        z_log,
        9,
        53,
        "The same without its 2z/3, over z^2.",
    )

    z_quarter_pi = (mp.pi / 4) ** 2 * mp.mpf("1.0001")

    def sin_s(z):
        r = mp.sqrt(z)
        return (mp.sin(r) - r) / r**3

    def cos_c(z):
        return (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2

    for suffix, degree, bits in [("F32", 2, 24), ("F64", 5, 53)]:
        fit(
            f"sin{suffix}",
            sin_s,
            lambda z: z * mp.sqrt(z) / mp.sin(mp.sqrt(z)),
            0,
            z_quarter_pi,
            degree,
            bits,
            "(sin(r) - r) / r^3 in z = r^2, |r| <= pi/4.",
        )
        fit(
            f"cos{suffix}",
            cos_c,
            lambda z: z**2 / mp.cos(mp.sqrt(z)),
            0,
            z_quarter_pi,
            degree,
            bits,
            "(cos(r) - 1 + r^2/2) / r^4 in z = r^2, |r| <= pi/4.",
        )

    def odd(function):  # (f(x)/x - 1) / z and its weight
        def value(z):
            x = mp.sqrt(z)
            return (function(x) / x - 1) / z

        return value, lambda z: z * mp.sqrt(z) / function(mp.sqrt(z))

    value, weight = odd(mp.tanh)
    fit(
        "tanhF32",
        value,
        weight,
        0,
        mp.mpf("0.5501") ** 2,
        4,
        24,
        "(tanh(x)/x - 1) / x^2 in x^2, |x| <= 0.55.",
    )
    value, weight = odd(mp.atan)
    fit(
        "atanF64",
        value,
        weight,
        0,
        mp.mpf("0.41422") ** 2,
        12,
        53,
        "(atan(t)/t - 1) / t^2 in t^2, |t| <= tan(pi/8).",
    )
    value, weight = odd(mp.asin)
    fit(
        "asinF64",
        value,
        weight,
        0,
        mp.mpf("0.2501"),
        11,
        53,
        "(asin(x)/x - 1) / x^2 in x^2, |x| <= 1/2.",
    )

    def erf_e(z):
        x = mp.sqrt(z)
        return mp.erf(x) / x - 1

    def erf_w(z):
        return mp.sqrt(z) / mp.erf(mp.sqrt(z))

    for suffix, degree, bits in [("F32", 6, 24), ("F64", 12, 53)]:
        fit(
            f"erf{suffix}",
            erf_e,
            erf_w,
            0,
            mp.mpf("1.0001"),
            degree,
            bits,
            "erf(x)/x - 1 in x^2, |x| <= 1.",
        )
    fit(
        "erfTailF32",
        lambda a: -mp.log(mp.erfc(a)),
        quotient(mp.erfc, mp.erf),
        1,
        4,
        7,
        24,
        "-log(erfc(a)), 1 <= a <= 4; error relative to erf.",
    )

    def erfc_t(t):
        x = mp.mpf("3.75") * (1 + t) / (1 - t)
        return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)

    for suffix, degree, bits in [("F64", 22, 53)]:
        fit(
            f"erfc{suffix}",
            erfc_t,
            lambda t: 1 / erfc_t(t),
            -0.766,
            0.764,
            degree,
            bits,
            "(1+2x) exp(x^2) erfc(x) in t = (x-3.75)/(x+3.75), 1/2 <= x <= 28.",
            lead=True,
        )

    words("ln2F32", ln2, 2, 24, "ln(2) in f32 words.")
    words("ln2F64", ln2, 3, 53, "ln(2) in f64 words.")
    words("ln10InvF64", 1 / mp.log(10), 2, 53, "1/ln(10).")
    words("ln2InvF64", 1 / ln2, 2, 53, "1/ln(2).")
    words("halfPiF64", mp.pi / 2, 4, 53, "pi/2.")
    words("twoThirds", 2 * third, 2, 53, "2/3.")
    print("} // namespace mlir::rmsnorm::coefficients\n")
    print("#endif // RMSNORM_LIB_CONVERSION_EXPANDMATH_COEFFICIENTS_H")


if __name__ == "__main__":
    main()
