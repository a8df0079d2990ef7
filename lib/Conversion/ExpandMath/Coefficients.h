//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Minimax coefficients, lowest power first. Written by derive_coefficients.py.

// clang-format off

#ifndef RMSNORM_LIB_CONVERSION_EXPANDMATH_COEFFICIENTS_H
#define RMSNORM_LIB_CONVERSION_EXPANDMATH_COEFFICIENTS_H

namespace mlir::rmsnorm::coefficients {

/// (exp(r) - 1 - r) / r^2, |r| <= ln(2)/2.
/// Error 2^-25.8.
inline constexpr double expF32[] = {0x1.fffffe0000000p-2, 0x1.5554b00000000p-3, 0x1.5556740000000p-5, 0x1.1227760000000p-7, 0x1.6bec440000000p-10};

/// (exp(r) - 1 - r) / r^2, |r| <= ln(2)/2.
/// Error 2^-54.7.
inline constexpr double expF64[] = {0x1.0000000000005p-1, 0x1.5555555555539p-3, 0x1.55555555522bbp-5, 0x1.1111111118fc2p-7, 0x1.6c16c17edaefbp-10, 0x1.a01a01750aeb0p-13, 0x1.a019a77143400p-16, 0x1.71de881da87f7p-19, 0x1.28a1de1b4f4d5p-22, 0x1.ae6b84e097232p-26};

/// (exp(r) - 1 - r) / r^2, |r| <= ln(2)/2.
/// Error 2^-59.3.
inline constexpr double expF64Long[] = {0x1.0000000000000p-1, 0x1.5555555555555p-3, 0x1.5555555555559p-5, 0x1.1111111111105p-7, 0x1.6c16c16c14e3cp-10, 0x1.a01a01a020958p-13, 0x1.a01a01ad8debbp-16, 0x1.71de3a3d6cf9fp-19, 0x1.27e4cc7d5cc7cp-22, 0x1.ae6499701ecbfp-26, 0x1.1f8ab3d1c88f3p-29, 0x1.612807cd2fd92p-33};

/// (2^r - 1) / r, |r| <= 1/2.
/// Error 2^-25.9.
inline constexpr double exp2F32[] = {0x1.62e4300000000p-1, 0x1.ebfbdc0000000p-3, 0x1.c6aee80000000p-5, 0x1.3b2d4e0000000p-7, 0x1.5f3e7a0000000p-10, 0x1.41fbd40000000p-13};

/// (log(1+f) - f + f^2/2) / f^3, |f| <= 1/3.
/// Error 2^-27.5.
inline constexpr double logF32[] = {0x1.5555060000000p-2, -0x1.fffef00000000p-3, 0x1.99d0300000000p-3, -0x1.559dd40000000p-3, 0x1.1ed69a0000000p-3, -0x1.f310120000000p-4, 0x1.1e69620000000p-3, -0x1.0808800000000p-3};

/// (2 atanh(s)/s - 2) / z, z = s^2, s = f/(2+f), 1+f in [sqrt(1/2), sqrt(2)].
/// Error 2^-59.5.
inline constexpr double logF64[] = {0x1.5555555555593p-1, 0x1.999999997f9d9p-2, 0x1.249249422dcd8p-2, 0x1.c71c51d3814b0p-3, 0x1.74664ada0e390p-3, 0x1.39a07071d6977p-3, 0x1.2f13391d8d9c7p-3};

/// The same without its 2z/3, over z^2.
/// Error 2^-77.5.
inline constexpr double logF64Long[] = {0x1.999999999999ap-2, 0x1.249249249232bp-2, 0x1.c71c71c759cdep-3, 0x1.745d1719a2273p-3, 0x1.3b13c418d959cp-3, 0x1.110c0a3b8d712p-3, 0x1.e392686eb4852p-4, 0x1.829679542e04bp-4, 0x1.0603110d34aaap-2, -0x1.d9e8e91140bebp-1};

/// (sin(r) - r) / r^3 in z = r^2, |r| <= pi/4.
/// Error 2^-27.9.
inline constexpr double sinF32[] = {-0x1.5555460000000p-3, 0x1.1107780000000p-7, -0x1.9954060000000p-13};

/// (cos(r) - 1 + r^2/2) / r^4 in z = r^2, |r| <= pi/4.
/// Error 2^-33.0.
inline constexpr double cosF32[] = {0x1.55554a0000000p-5, -0x1.6c0c280000000p-10, 0x1.99e80c0000000p-16};

/// (sin(r) - r) / r^3 in z = r^2, |r| <= pi/4.
/// Error 2^-57.9.
inline constexpr double sinF64[] = {-0x1.5555555555548p-3, 0x1.111111110f730p-7, -0x1.a01a019be929bp-13, 0x1.71de355539e7ap-19, -0x1.ae5e4b949267ep-26, 0x1.5d8b5bc2c6aa3p-33};

/// (cos(r) - 1 + r^2/2) / r^4 in z = r^2, |r| <= pi/4.
/// Error 2^-63.9.
inline constexpr double cosF64[] = {0x1.555555555554bp-5, -0x1.6c16c16c15014p-10, 0x1.a01a019c8efb1p-16, -0x1.27e4f7f169b7bp-22, 0x1.1ee9dbaf65631p-29, -0x1.8fa6724585623p-37};

/// (tanh(x)/x - 1) / x^2 in x^2, |x| <= 0.55.
/// Error 2^-29.7.
inline constexpr double tanhF32[] = {-0x1.55554a0000000p-2, 0x1.110cee0000000p-3, -0x1.b91e800000000p-5, 0x1.58e5400000000p-6, -0x1.99231c0000000p-8};

/// (atan(t)/t - 1) / t^2 in t^2, |t| <= tan(pi/8).
/// Error 2^-65.9.
inline constexpr double atanF64[] = {-0x1.5555555555555p-2, 0x1.9999999999888p-3, -0x1.2492492488b66p-3, 0x1.c71c71c1b80cfp-4, -0x1.745d1660e98f7p-4, 0x1.3b1398e4e5cf2p-4, -0x1.110f52d572522p-4, 0x1.e1b598b64b43cp-5, -0x1.ad9dc36d37acfp-5, 0x1.7c76aa093fdf0p-5, -0x1.3a8ce6fb6f6dcp-5, 0x1.9d05be8d07ab2p-6, -0x1.2705e04e96fddp-7};

/// (asin(x)/x - 1) / x^2 in x^2, |x| <= 1/2.
/// Error 2^-55.9.
inline constexpr double asinF64[] = {0x1.555555555538dp-3, 0x1.333333336ede1p-4, 0x1.6db6db423bebcp-5, 0x1.f1c72c4dc089fp-6, 0x1.6e89f23fa31f1p-6, 0x1.1c6c009b1dc73p-6, 0x1.c6fb5047d16e9p-7, 0x1.8ed35b2d537adp-7, 0x1.ab3f189794abfp-8, 0x1.40591992a7d70p-6, -0x1.0a735df0b81b8p-6, 0x1.05a5307b61dafp-5};

/// erf(x)/x - 1 in x^2, |x| <= 1.
/// Error 2^-29.4.
inline constexpr double erfF32[] = {0x1.06eba80000000p-3, -0x1.81273e0000000p-2, 0x1.ce2ce60000000p-4, -0x1.b7f71a0000000p-6, 0x1.53f2240000000p-8, -0x1.a3515e0000000p-11, 0x1.4771fe0000000p-14};

/// erf(x)/x - 1 in x^2, |x| <= 1.
/// Error 2^-56.3.
inline constexpr double erfF64[] = {0x1.06eba8214db69p-3, -0x1.812746b037a25p-2, 0x1.ce2f21a0458e0p-4, -0x1.b82ce31355183p-6, 0x1.565bcd2c733acp-8, -0x1.c02db936e0b51p-11, 0x1.f9a3b9d8b07b8p-14, -0x1.f4dcfd0b12450p-17, 0x1.ba69bf2ce3f1cp-20, -0x1.6397126991b16p-23, 0x1.1345e1be7342fp-26, -0x1.c5b3c6746e850p-30, 0x1.3d0bd63dcba8dp-33};

/// -log(erfc(a)), 1 <= a <= 4; error relative to erf.
/// Error 2^-34.5.
inline constexpr double erfTailF32[] = {-0x1.8b33480000000p-13, 0x1.212c2c0000000p+0, 0x1.4434f20000000p-1, 0x1.bc18c40000000p-4, -0x1.9d0b8e0000000p-6, 0x1.13982c0000000p-8, -0x1.cee74e0000000p-12, 0x1.6c02360000000p-16};

/// (1+2x) exp(x^2) erfc(x) in t = (x-3.75)/(x+3.75), 1/2 <= x <= 28.
/// Error 2^-56.8.
inline constexpr double erfcF64[] = {0x1.3ccda0b5d5dc2p+0, -0x1.1f367683f89a7p-3, 0x1.d5f2948159debp-9, 0x1.510169d0967cbp-4, -0x1.bda9309a28a70p-4, 0x1.7a14188a9a526p-4, -0x1.e0d0fa6df9d82p-5, 0x1.d0b0037d97cc4p-6, -0x1.3f603c356cb0ep-7, 0x1.cc3a0e48d60d7p-10, 0x1.33fb26807227ep-12, -0x1.303fa1e4d94edp-12, 0x1.b143e1a3a04c0p-15, 0x1.778b6751421e2p-16, -0x1.80021cbcd8cefp-17, -0x1.056185f403a02p-20, 0x1.d62b9749be878p-20, -0x1.e5abc7db554e2p-25, -0x1.14b3fbc96ab56p-22, 0x1.7c344b14efda6p-26, 0x1.3ddde4d2cb8dbp-25, -0x1.828fef269f303p-29, -0x1.07ec2e5efd789p-28};

/// The second word of its first coefficient.
inline constexpr double erfcF64Lead = 0x1.e55924b3707b7p-54;

/// ln(2) in f32 words.
inline constexpr double ln2F32[] = {0x1.62e4300000000p-1, -0x1.05c6100000000p-29};

/// ln(2) in f64 words.
inline constexpr double ln2F64[] = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56, 0x1.7b57a079a1934p-111};

/// 1/ln(10).
inline constexpr double ln10InvF64[] = {0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57};

/// 1/ln(2).
inline constexpr double ln2InvF64[] = {0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56};

/// pi/2.
inline constexpr double halfPiF64[] = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110, 0x1.4cf98e8040000p-164};

/// 2/3.
inline constexpr double twoThirds[] = {0x1.5555555555555p-1, 0x1.5555555555555p-55};

} // namespace mlir::rmsnorm::coefficients

#endif // RMSNORM_LIB_CONVERSION_EXPANDMATH_COEFFICIENTS_H
