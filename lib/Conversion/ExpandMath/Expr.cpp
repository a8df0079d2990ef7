//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "Expr.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <limits>

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
template <typename OpTy>
Expr binary(Expr a, Expr b) {
  return Expr(a.b(), OpTy::create(a.b(), a, b));
}

template <typename FloatOp, typename IntOp>
Expr either(Expr a, Expr b) {
  return a.isFloat() ? binary<FloatOp>(a, b) : binary<IntOp>(a, b);
}

template <typename OpTy>
Expr unary(Expr a) {
  return Expr(a.b(), OpTy::create(a.b(), a));
}

Expr compare(Expr a, Expr b, arith::CmpFPredicate onFloat,
             arith::CmpIPredicate onInt) {
  if (a.isFloat())
    return Expr(a.b(), arith::CmpFOp::create(a.b(), onFloat, a, b));
  return Expr(a.b(), arith::CmpIOp::create(a.b(), onInt, a, b));
}

Expr splat(Expr like, TypedAttr scalar) {
  TypedAttr value = scalar;
  if (auto shaped = dyn_cast<ShapedType>(like.type()))
    value = DenseElementsAttr::get(shaped, scalar);
  return Expr(like.b(), arith::ConstantOp::create(like.b(), value));
}
} // namespace

Type Expr::typeWith(Type element) const {
  if (auto shaped = dyn_cast<ShapedType>(type()))
    return shaped.clone(element);
  return element;
}

Expr Expr::floatLit(double value) const {
  return splat(*this, b().getFloatAttr(element(), value));
}

Expr Expr::intLit(int64_t value) const {
  unsigned bits = width();
  APInt wide(64, static_cast<uint64_t>(value));
  return splat(*this, b().getIntegerAttr(element(), wide.sextOrTrunc(bits)));
}

namespace mlir::rmsnorm {

Expr operator+(Expr a, Expr b) {
  return either<arith::AddFOp, arith::AddIOp>(a, b);
}
Expr operator-(Expr a, Expr b) {
  return either<arith::SubFOp, arith::SubIOp>(a, b);
}
Expr operator*(Expr a, Expr b) {
  return either<arith::MulFOp, arith::MulIOp>(a, b);
}
Expr operator/(Expr a, Expr b) { return binary<arith::DivFOp>(a, b); }
Expr operator-(Expr a) { return unary<arith::NegFOp>(a); }
Expr operator&(Expr a, Expr b) { return binary<arith::AndIOp>(a, b); }
Expr operator|(Expr a, Expr b) { return binary<arith::OrIOp>(a, b); }
Expr operator^(Expr a, Expr b) { return binary<arith::XOrIOp>(a, b); }
Expr operator<<(Expr a, Expr b) { return binary<arith::ShLIOp>(a, b); }
Expr operator>>(Expr a, Expr b) { return binary<arith::ShRSIOp>(a, b); }

Expr shiftRightLogical(Expr a, int64_t bits) {
  return binary<arith::ShRUIOp>(a, a.intLit(bits));
}

Expr operator<(Expr a, Expr b) {
  return compare(a, b, arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt);
}
Expr operator<=(Expr a, Expr b) {
  return compare(a, b, arith::CmpFPredicate::OLE, arith::CmpIPredicate::sle);
}
Expr operator>(Expr a, Expr b) {
  return compare(a, b, arith::CmpFPredicate::OGT, arith::CmpIPredicate::sgt);
}
Expr operator>=(Expr a, Expr b) {
  return compare(a, b, arith::CmpFPredicate::OGE, arith::CmpIPredicate::sge);
}
Expr operator==(Expr a, Expr b) {
  return compare(a, b, arith::CmpFPredicate::OEQ, arith::CmpIPredicate::eq);
}
Expr operator!=(Expr a, Expr b) {
  return compare(a, b, arith::CmpFPredicate::UNE, arith::CmpIPredicate::ne);
}
Expr isNaN(Expr a) {
  return compare(a, a, arith::CmpFPredicate::UNO, arith::CmpIPredicate::ne);
}
Expr logicalNot(Expr a) { return a ^ a.intLit(1); }

Expr select(Expr condition, Expr a, Expr b) {
  return Expr(a.b(), arith::SelectOp::create(a.b(), condition, a, b));
}

Expr fma(Expr a, Expr b, Expr c) {
  return Expr(a.b(), math::FmaOp::create(a.b(), a, b, c));
}
Expr fnma(Expr a, Expr b, Expr c) { return fma(-a, b, c); }

Expr sqrt(Expr a) { return unary<math::SqrtOp>(a); }
Expr abs(Expr a) { return unary<math::AbsFOp>(a); }
Expr trunc(Expr a) { return unary<math::TruncOp>(a); }
Expr floor(Expr a) { return unary<math::FloorOp>(a); }
Expr copysign(Expr magnitude, Expr sign) {
  return binary<math::CopySignOp>(magnitude, sign);
}

// The operand order is that of minps and maxps: NaN gives the second operand.
Expr atMost(Expr a, double bound) {
  Expr limit = a.lit(bound);
  return select(limit < a, limit, a);
}
Expr atLeast(Expr a, double bound) {
  Expr limit = a.lit(bound);
  return select(limit > a, limit, a);
}

Expr bits(Expr a) {
  Type type = a.typeWith(a.b().getIntegerType(a.width()));
  return Expr(a.b(), arith::BitcastOp::create(a.b(), type, a));
}

Expr fromBits(Expr a, FloatType element) {
  return Expr(a.b(), arith::BitcastOp::create(a.b(), a.typeWith(element), a));
}

Expr toF64(Expr a) {
  if (a.element().isF64())
    return a;
  Type type = a.typeWith(a.b().getF64Type());
  return Expr(a.b(), arith::ExtFOp::create(a.b(), type, Value(a)));
}

Expr toF32(Expr a) {
  if (a.element().isF32())
    return a;
  Type type = a.typeWith(a.b().getF32Type());
  if (a.width() < 32)
    return Expr(a.b(), arith::ExtFOp::create(a.b(), type, Value(a)));
  return Expr(a.b(), arith::TruncFOp::create(a.b(), type, Value(a)));
}

Expr toInt(Expr a, unsigned width) {
  Type type = a.typeWith(a.b().getIntegerType(width));
  if (width < a.width())
    return Expr(a.b(), arith::TruncIOp::create(a.b(), type, a));
  if (width > a.width())
    return Expr(a.b(), arith::ExtSIOp::create(a.b(), type, a));
  return a;
}

Expr infinity(Expr like) {
  return like.lit(std::numeric_limits<double>::infinity());
}
Expr quietNaN(Expr like) {
  return like.lit(std::numeric_limits<double>::quiet_NaN());
}

Expr polynomial(Expr x, ArrayRef<double> coefficients) {
  Expr sum = x.lit(coefficients.back());
  for (double c : llvm::reverse(coefficients.drop_back()))
    sum = fma(sum, x, x.lit(c));
  return sum;
}

} // namespace mlir::rmsnorm
