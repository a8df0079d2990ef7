//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "NormSiblings.h"

#include "ToRowKernel.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace mlir::rmsnorm;

/// Between a norm and what it is one of lie views, transpositions and at most
/// one contraction.
static constexpr unsigned kMaxSteps = 16;

/// What `value` is a part or a projection of; null if it is neither.
static Value getOrigin(Value value) {
  bool isProjected = false, isPart = false;
  for (unsigned step = 0; step < kMaxSteps; ++step) {
    Operation *op = value.getDefiningOp();
    if (!op)
      break;
    auto generic = dyn_cast<linalg::LinalgOp>(op);
    bool isContraction = generic && linalg::isaContractionOpInterface(generic);
    if (isContraction && isProjected)
      break;
    isProjected |= isContraction;
    isPart |= isa<tensor::ExtractSliceOp>(op);
    if (!isContraction &&
        !isa<tensor::ExtractSliceOp, tensor::ExpandShapeOp,
             tensor::CollapseShapeOp, tensor::CastOp, linalg::TransposeOp>(op))
      break;
    value = op->getOperand(0);
  }
  return isProjected || isPart ? value : Value();
}

/// The number of rows, if it is known, and the extent of each.
static std::pair<int64_t, int64_t> getShape(RowKernelOp op) {
  SmallVector<int64_t> extents = op.getStaticLoopExtents();
  int64_t rows = 1, length = 1;
  auto times = [&](int64_t &product, int64_t extent) {
    product = ShapedType::isDynamic(product) || ShapedType::isDynamic(extent)
                  ? ShapedType::kDynamic
                  : product * extent;
  };
  for (int64_t dim : op.getRowDims())
    times(rows, extents[dim]);
  for (int64_t dim : op.getReductionDims())
    times(length, extents[dim]);
  return {rows, length};
}

SmallVector<NormSiblings> rmsnorm::findNormSiblings(Operation *root) {
  llvm::MapVector<std::pair<Block *, Value>, RowKernelOp> last;
  SmallVector<NormSiblings> found;
  root->walk([&](RowKernelOp op) {
    if (!getNumNorms(op) || op.getInputs().empty())
      return;
    Value origin = getOrigin(op.getInputs().front());
    if (!origin)
      return;
    auto [known, isFirst] = last.insert({{op->getBlock(), origin}, op});
    if (isFirst)
      return;
    RowKernelOp other = std::exchange(known->second, op);
    auto [rows, length] = getShape(op);
    auto [otherRows, otherLength] = getShape(other);
    StringRef why = "they read different parts of it";
    if (length != otherLength)
      why = "their rows are not equally long";
    else if (rows != otherRows || ShapedType::isDynamic(rows))
      why = "they do not have, or are not known to have, the same number of "
            "rows";
    found.push_back({other, op, why});
  });
  return found;
}
