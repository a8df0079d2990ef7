//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Slices of a kernel's result, moved in front of it: each part is computed by
/// the kernel that reads it.

#include "Fuser.h"

#include "ReshapeKernels.h"
#include "RowSpaces.h"
#include "ToRowKernel.h"

using namespace mlir;
using namespace mlir::rmsnorm;

/// Whether a kernel reads `value`, possibly through a view.
static bool isReadByKernel(Value value) {
  return llvm::any_of(value.getUsers(), [](Operation *user) {
    return isa<RowKernelOp>(user) ||
           (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(
                user) &&
            isReadByKernel(user->getResult(0)));
  });
}

/// Whether two slices, with numbers as offsets and sizes, have no element in
/// common.
static bool areDisjoint(tensor::ExtractSliceOp lhs,
                        tensor::ExtractSliceOp rhs) {
  for (auto [lhsOffset, lhsSize, rhsOffset, rhsSize] :
       llvm::zip(lhs.getStaticOffsets(), lhs.getStaticSizes(),
                 rhs.getStaticOffsets(), rhs.getStaticSizes())) {
    if (ShapedType::isDynamic(lhsOffset) || ShapedType::isDynamic(lhsSize) ||
        ShapedType::isDynamic(rhsOffset) || ShapedType::isDynamic(rhsSize))
      continue;
    if (lhsOffset + lhsSize <= rhsOffset || rhsOffset + rhsSize <= lhsOffset)
      return true;
  }
  return false;
}

/// The kernel that reads at least two of the slices, if there is one.
static bool haveCommonReader(ArrayRef<tensor::ExtractSliceOp> slices) {
  llvm::SmallPtrSet<Operation *, 8> seen;
  for (tensor::ExtractSliceOp slice : slices) {
    llvm::SmallPtrSet<Operation *, 8> readers;
    for (Operation *user : slice->getUsers())
      if (isa<RowKernelOp>(user))
        readers.insert(user);
    for (Operation *reader : readers)
      if (!seen.insert(reader).second)
        return true;
  }
  return false;
}

bool Fuser::pushSlices(RowKernelOp op) {
  SmallVector<tensor::ExtractSliceOp> slices;
  bool onlySlices = true;
  for (Operation *user : op->getUsers()) {
    if (auto slice = dyn_cast<tensor::ExtractSliceOp>(user))
      slices.push_back(slice);
    else
      onlySlices = false;
  }
  if (slices.empty() || llvm::none_of(slices, [](tensor::ExtractSliceOp slice) {
        return isReadByKernel(slice.getResult());
      }))
    return false;

  std::string why;
  if (onlySlices && haveCommonReader(slices)) {
    FailureOr<RowKernelOp> split = splitRows(b, op, why);
    if (succeeded(split)) {
      erased.insert(op);
      return true;
    }
  }
  bool disjoint = true;
  for (size_t i = 0; i < slices.size(); ++i)
    for (size_t j = i + 1; j < slices.size(); ++j)
      disjoint &= areDisjoint(slices[i], slices[j]);
  bool allowed = onlySlices ? disjoint || isCheap(op) : isCheaperTwice(op);
  bool changed = false;
  for (tensor::ExtractSliceOp slice : slices) {
    if (!allowed || slice->getBlock() != op->getBlock())
      continue;
    unsigned result = cast<OpResult>(slice.getSource()).getResultNumber();
    FailureOr<RowKernelOp> sliced = sliceKernel(b, op, result, slice);
    if (failed(sliced))
      continue;
    Value value = sliced->getResult(0);
    if (value.getType() != slice.getType()) {
      b.setInsertionPoint(slice);
      value = tensor::CastOp::create(b, slice.getLoc(), slice.getType(), value);
    }
    slice.replaceAllUsesWith(value);
    slice->erase();
    changed = true;
  }
  if (!changed && getNumNorms(op)) {
    if (why.empty())
      why = allowed ? "a slice of it takes a part of the rows"
                    : "a part of it would be computed twice for a slice";
    refuse(op.getLoc(), why);
  }
  if (changed && op->use_empty())
    erase(op);
  return changed;
}
