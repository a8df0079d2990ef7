//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Values as expressions: C++ operators that build arith and math operations on
/// scalars or vectors alike, so that a function is written once as a formula.
/// No operation built here carries a fastmath flag.

#ifndef RMSNORM_LIB_CONVERSION_EXPANDMATH_EXPR_H
#define RMSNORM_LIB_CONVERSION_EXPANDMATH_EXPR_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <cstdint>
#include <type_traits>

namespace mlir::rmsnorm {

/// A value of float, integer or boolean elements, with its builder.
class Expr {
public:
  Expr(ImplicitLocOpBuilder &b, Value v) : builder(&b), v(v) {}

  operator Value() const { return v; }
  ImplicitLocOpBuilder &b() const { return *builder; }
  Type type() const { return v.getType(); }
  Type element() const { return getElementTypeOrSelf(type()); }
  bool isFloat() const { return isa<FloatType>(element()); }
  unsigned width() const { return element().getIntOrFloatBitWidth(); }

  /// This expression's type with another element type.
  Type typeWith(Type element) const;

  /// A constant of this expression's type.
  Expr floatLit(double value) const;
  Expr intLit(int64_t value) const;
  template <typename T>
  Expr lit(T value) const {
    return isFloat() ? floatLit(static_cast<double>(value))
                     : intLit(static_cast<int64_t>(value));
  }

private:
  ImplicitLocOpBuilder *builder;
  Value v;
};

// Arithmetic; integers wrap. `>>` keeps the sign.
Expr operator+(Expr a, Expr b);
Expr operator-(Expr a, Expr b);
Expr operator*(Expr a, Expr b);
Expr operator/(Expr a, Expr b);
Expr operator-(Expr a);
Expr operator&(Expr a, Expr b);
Expr operator|(Expr a, Expr b);
Expr operator^(Expr a, Expr b);
Expr operator<<(Expr a, Expr b);
Expr operator>>(Expr a, Expr b);
Expr shiftRightLogical(Expr a, int64_t bits);

// Comparisons: ordered for floats (false on NaN), signed for integers.
Expr operator<(Expr a, Expr b);
Expr operator<=(Expr a, Expr b);
Expr operator>(Expr a, Expr b);
Expr operator>=(Expr a, Expr b);
Expr operator==(Expr a, Expr b);
/// True on NaN.
Expr operator!=(Expr a, Expr b);
Expr isNaN(Expr a);
Expr logicalNot(Expr a);

#define RMSNORM_MIXED(OP)                                                      \
  template <typename T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>    \
  Expr operator OP(Expr a, T b) {                                              \
    return a OP a.lit(b);                                                      \
  }                                                                            \
  template <typename T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>    \
  Expr operator OP(T a, Expr b) {                                              \
    return b.lit(a) OP b;                                                      \
  }
RMSNORM_MIXED(+)
RMSNORM_MIXED(-)
RMSNORM_MIXED(*)
RMSNORM_MIXED(/)
RMSNORM_MIXED(&)
RMSNORM_MIXED(|)
RMSNORM_MIXED(^)
RMSNORM_MIXED(<<)
RMSNORM_MIXED(>>)
RMSNORM_MIXED(<)
RMSNORM_MIXED(<=)
RMSNORM_MIXED(>)
RMSNORM_MIXED(>=)
RMSNORM_MIXED(==)
RMSNORM_MIXED(!=)
#undef RMSNORM_MIXED

Expr select(Expr condition, Expr a, Expr b);
Expr fma(Expr a, Expr b, Expr c);
/// c - a*b, rounded once.
Expr fnma(Expr a, Expr b, Expr c);
Expr sqrt(Expr a);
Expr abs(Expr a);
Expr copysign(Expr magnitude, Expr sign);
Expr trunc(Expr a);
Expr floor(Expr a);
/// Bounds that let NaN through, each one instruction on x86.
Expr atMost(Expr a, double bound);
Expr atLeast(Expr a, double bound);

/// The bits as an integer of the same width, and back.
Expr bits(Expr a);
Expr fromBits(Expr a, FloatType element);
/// Conversions of the element type (float to float, integer to integer).
Expr toF32(Expr a);
Expr toF64(Expr a);
Expr toInt(Expr a, unsigned width);

Expr infinity(Expr like);
Expr quietNaN(Expr like);

/// Coefficients lowest power first, by Horner's rule with fused operations.
Expr polynomial(Expr x, ArrayRef<double> coefficients);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_CONVERSION_EXPANDMATH_EXPR_H
