//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Powers and the cube root.

#include "Coefficients.h"
#include "Functions.h"

using namespace mlir;
using namespace mlir::rmsnorm;
using namespace mlir::rmsnorm::coefficients;

namespace {
/// a^y in f64 for a >= 0; for f32 operands one word of the logarithm is enough.
Expr powMagnitude(Expr a, Expr y, bool twoWords) {
  Expr inf = infinity(a), zero = a.lit(0.0), one = a.lit(1.0);
  DoubleDouble product = {zero, zero};
  if (twoWords)
    product = logWords({a, zero}) * y;
  else
    product.hi = logInner(a) * y;
  Expr inRange = (product.hi > -746.0) & (product.hi < 710.0);
  product.lo = select(inRange, product.lo, zero);
  product.hi = atLeast(atMost(product.hi, 710.0), -746.0);
  Expr value = one;
  if (twoWords) {
    ScaledExpr e = expScaled(product);
    value = applyScale(e.mantissa.hi + e.mantissa.lo, e.exponent);
  } else {
    value = buildExp(product.hi);
  }
  Expr atPole = (a == 0.0) | (a == inf);
  Expr up = (a == inf) ^ (y < 0.0);
  value = select(atPole, select(up, inf, zero), value);
  return select((a == 1.0) | (y == 0.0), one, value);
}

Expr flipSign(Expr value, Expr condition) {
  return select(condition, -value, value);
}
} // namespace

Expr rmsnorm::buildPow(Expr x, Expr y) {
  bool single = x.width() == 32;
  Expr wideY = toF64(y);
  Expr value = powMagnitude(abs(toF64(x)), wideY, !single);
  if (single)
    value = toF32(value);
  Expr half = 0.5 * y;
  Expr isInteger = trunc(y) == y;
  Expr isOdd = isInteger & (trunc(half) != half) & (abs(y) < infinity(y));
  value = flipSign(value, isOdd & (bits(x) < 0));
  Expr noRoot = (x < 0.0) & logicalNot(isInteger) & (x > -infinity(x));
  Expr bad = noRoot | isNaN(x) | isNaN(y);
  Expr trivial = (x == 1.0) | (y == 0.0);
  return select(bad & logicalNot(trivial), quietNaN(x), value);
}

Expr rmsnorm::buildPowInt(Expr x, Expr n) {
  bool single = x.width() == 32;
  // f64 holds every exponent that can matter: beyond 2^53 the result is 0, 1 or
  // infinity, but for bases within 2^-43 of 1. The parity is the integer's own.
  Expr wideN(n.b(),
             arith::SIToFPOp::create(n.b(), n.typeWith(n.b().getF64Type()), n));
  Expr value = powMagnitude(abs(toF64(x)), wideN, !single);
  if (single)
    value = toF32(value);
  value = flipSign(value, ((n & 1) != 0) & (bits(x) < 0));
  return select(isNaN(x) & (n != 0), quietNaN(x), value);
}

Expr rmsnorm::buildPowConstant(Expr x, int64_t n) {
  // x*x, x*x*x and their reciprocals are PyTorch's own spelling.
  if (n == 0)
    return x.lit(1.0);
  if (n == 1)
    return x;
  if (n == 2)
    return x * x;
  if (n == -1)
    return 1.0 / x;
  bool single = x.width() == 32;
  if (n == 3 && !single)
    return x * x * x;
  if (n == 4 && !single)
    return (x * x) * (x * x);
  if (single && n >= -64 && n <= 64) {
    // Repeated squaring in f64: range and precision to spare, one rounding.
    Expr base = toF64(x);
    uint64_t rest = n < 0 ? -n : n;
    Expr product = base;
    bool any = false;
    for (; rest; rest >>= 1) {
      if (rest & 1) {
        product = any ? product * base : base;
        any = true;
      }
      if (rest > 1)
        base = base * base;
    }
    return toF32(n < 0 ? 1.0 / product : product);
  }
  Type intType = x.typeWith(x.b().getI64Type());
  TypedAttr attr = x.b().getI64IntegerAttr(n);
  if (auto shaped = dyn_cast<ShapedType>(intType))
    attr = DenseElementsAttr::get(shaped, Attribute(attr));
  return buildPowInt(x, Expr(x.b(), arith::ConstantOp::create(x.b(), attr)));
}

Expr rmsnorm::buildIntPow(Expr x, Expr n) {
  // Only 1 and -1 have reciprocals; 0 has none and gives 0 here.
  Expr zero = x.lit(0), one = x.lit(1);
  Expr result = one, base = x, rest = n;
  for (unsigned i = 0; i < x.width(); ++i) {
    result = select((rest & 1) != 0, result * base, result);
    base = base * base;
    rest = shiftRightLogical(rest, 1);
  }
  Expr unit = (x == 1) | (x == -1);
  return select((n < 0) & logicalNot(unit), zero, result);
}

Expr rmsnorm::buildCbrt(Expr x) {
  bool single = x.width() == 32;
  Expr a = abs(toF64(x));
  Expr special = logicalNot(a < infinity(a)) | (a == 0.0);
  a = select(special, a.lit(1.0), a);
  Expr down = a.lit(1.0);
  if (!single) {
    // Cubes and residuals must stay in the normal range.
    Expr tiny = a < 0x1p-900, huge = a > 0x1p900;
    Expr up = select(tiny, a.lit(0x1p300), select(huge, a.lit(0x1p-300), down));
    a = a * up;
    down = select(tiny, a.lit(0x1p-100), select(huge, a.lit(0x1p100), down));
  }
  Expr root = expInner(logInner(a) * (1.0 / 3.0));
  if (!single) {
    // One Newton step with the residual in two words.
    DoubleDouble square = twoProduct(root, root);
    DoubleDouble cube = square * root;
    Expr residual = (a - cube.hi) - cube.lo;
    root = root + residual / (3.0 * square.hi);
    root = root * down;
  }
  Expr value = single ? toF32(root) : root;
  return copysign(
      select((x == 0.0) | logicalNot(abs(x) < infinity(x)), abs(x), value), x);
}
