//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The remainder of a truncating division, exact as fmod is.

#include "Functions.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
/// r - trunc(r / y) * y. Exact, the quotient being off by its rounding only;
/// so the sign of the result may be the wrong one.
Expr step(Expr r, Expr y) { return fnma(trunc(r / y), y, r); }

/// In f64 each step takes 53 bits off the quotient of two f32, which has 277.
Expr remainderF32(Expr a, Expr b) {
  Expr r = a;
  for (int i = 0; i < 6; ++i)
    r = step(r, b);
  return select(r < 0.0, r + b, r);
}

Value anyTrue(Expr mask) {
  auto type = dyn_cast<VectorType>(mask.type());
  if (!type)
    return mask;
  auto flat = VectorType::get({type.getNumElements()}, type.getElementType());
  Value v = mask;
  if (flat != type)
    v = vector::ShapeCastOp::create(mask.b(), flat, v);
  return vector::ReductionOp::create(mask.b(), vector::CombiningKind::OR, v);
}

/// The quotient of two f64 has up to 2,098 bits: a loop, of one round as a
/// rule. Each round subtracts multiples of b * 2^e with a quotient below 2^52.
Expr remainderF64(Expr a, Expr b) {
  ImplicitLocOpBuilder &builder = a.b();
  auto condition = [&](OpBuilder &, Location, ValueRange args) {
    Expr r(builder, args[0]);
    scf::ConditionOp::create(builder, anyTrue(abs(r) >= b), args);
  };
  auto body = [&](OpBuilder &, Location, ValueRange args) {
    Expr r(builder, args[0]);
    auto exponentOf = [](Expr v) {
      return shiftRightLogical(bits(abs(v)), 52);
    };
    Expr e = exponentOf(r) - exponentOf(b) - 50;
    e = select(e < 0, e.lit(0), e);
    Expr half = shiftRightLogical(e, 1);
    auto power = [&](Expr n) {
      return fromBits((n + 1023) << 52, builder.getF64Type());
    };
    Expr divisor = b * power(half) * power(e - half);
    Value next = select(abs(r) >= b, step(r, divisor), r);
    scf::YieldOp::create(builder, next);
  };
  OpBuilder::InsertionGuard guard(builder);
  auto loop = scf::WhileOp::create(
      builder, TypeRange{a.type()}, ValueRange{a},
      [&](OpBuilder &nested, Location loc, ValueRange args) {
        OpBuilder::InsertionGuard inner(builder);
        builder.setInsertionPoint(nested.getInsertionBlock(),
                                  nested.getInsertionPoint());
        condition(nested, loc, args);
      },
      [&](OpBuilder &nested, Location loc, ValueRange args) {
        OpBuilder::InsertionGuard inner(builder);
        builder.setInsertionPoint(nested.getInsertionBlock(),
                                  nested.getInsertionPoint());
        body(nested, loc, args);
      });
  builder.setInsertionPointAfter(loop);
  Expr r(builder, loop.getResult(0));
  return select(r < 0.0, r + b, r);
}
} // namespace

Expr rmsnorm::buildRemainder(Expr x, Expr y) {
  Expr a = abs(x), b = abs(y);
  Expr none = (x == 0.0) | (b == infinity(b));
  Expr bad = isNaN(x) | isNaN(y) | (a == infinity(a)) | (b == 0.0);
  // Operands for which the loop below is safe.
  Expr one = a.lit(1.0);
  Expr skip = bad | none;
  Expr top = select(skip, a.lit(0.0), a), bottom = select(skip, one, b);
  Expr value = x.width() == 32 ? toF32(remainderF32(toF64(top), toF64(bottom)))
                               : remainderF64(top, bottom);
  value = select(none, a, value);
  return select(bad, quietNaN(x), copysign(value, x));
}
