//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Sums of products of a filter and of windows of an input.

#ifndef RMSNORM_LIB_CONVERSION_CPU_CONVOLUTIONMATCH_H
#define RMSNORM_LIB_CONVERSION_CPU_CONVOLUTIONMATCH_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::rmsnorm {

/// Where a window lies along one dimension of the input:
/// `image * stride + filter * dilation`.
struct Window {
  unsigned image, filter;
  int64_t stride, dilation;
};

/// A sum of products whose first operand is read through windows.
struct Convolution {
  linalg::LinalgOp op;
  SmallVector<AffineMap> maps;
  SmallVector<int64_t> extents;
  /// By dimension of the input; empty where it is read by one loop.
  SmallVector<std::optional<Window>> windows;
  FloatType computeType;

  unsigned getNumLoops() const { return extents.size(); }
  bool inFilter(unsigned loop) const { return maps[1].isFunctionOfDim(loop); }
  bool inResult(unsigned loop) const { return maps[2].isFunctionOfDim(loop); }
  bool inInput(unsigned loop) const { return maps[0].isFunctionOfDim(loop); }
};

/// The operation as a convolution: linalg on tensors, whatever it is called.
std::optional<Convolution> matchConvolution(linalg::LinalgOp op);

/// The extents of all loops, as the operands tell them.
SmallVector<OpFoldResult> getLoopExtents(OpBuilder &b, const Convolution &conv);

/// A float in `type`, exactly.
Value widenTo(OpBuilder &b, Location loc, Value value, FloatType type);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_CONVERSION_CPU_CONVOLUTIONMATCH_H
