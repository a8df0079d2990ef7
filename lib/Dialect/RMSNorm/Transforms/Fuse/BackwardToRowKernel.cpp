//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rms_norm_backward as row kernels.
///
/// The first has the rows of the norm: the gradient of the input, and for each
/// row what the others need. Gradients of parameters along the row come from
/// kernels whose rows are the parameter's elements: each sums over everything
/// the parameter is broadcast to, in an order that depends on extents alone. A
/// gradient of a parameter that is one number for a whole row is summed along
/// the row by the first kernel and over the rows by another.

#include "ToRowKernel.h"

#include "rmsnorm/Dialect/RMSNorm/IR/NormGradient.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
enum Parameter : unsigned { Scale, Bias, Epsilon, NumParameters };

class BackwardKernels {
public:
  BackwardKernels(OpBuilder &b, RMSNormBackwardOp op)
      : b(b), op(op), loc(op.getLoc()), parameters(getNormParameters(op)),
        identity(b.getMultiDimIdentityMap(op.getInputRank())),
        rowMap(op.getRstdMap()), destinations(op.getParameterGradients()),
        sizes(tensor::getMixedSizes(b, loc, op.getInput())) {}

  void run(SmallVectorImpl<Value> &replacements);

private:
  bool isAsked(unsigned parameter) const {
    return bool(destinations[parameter]);
  }
  AffineMap getMap(unsigned parameter) {
    return op.getParameterMap(destinations[parameter]);
  }
  /// Whether a parameter is the same for all elements of a row.
  bool isPerRow(unsigned parameter) {
    AffineMap map = getMap(parameter);
    return llvm::none_of(
        op.getAxes(), [&](int64_t axis) { return map.isFunctionOfDim(axis); });
  }
  bool hasColumns(unsigned parameter) {
    return isAsked(parameter) && !isPerRow(parameter);
  }
  bool needsDivisor() {
    return !parameters.perElement && !op.getRstd() &&
           (hasColumns(Scale) || hasColumns(Epsilon));
  }
  bool needsFactor() { return !parameters.perElement && hasColumns(Epsilon); }
  bool needsSumOfSquares() {
    return parameters.perElement && (hasColumns(Scale) || hasColumns(Epsilon));
  }
  bool needsRowKernel() {
    return !op.getResult(0).use_empty() || needsDivisor() || needsFactor() ||
           needsSumOfSquares() ||
           llvm::any_of(llvm::seq<unsigned>(NumParameters),
                        [&](unsigned p) { return isAsked(p) && isPerRow(p); });
  }

  void buildRowKernel();
  void addRowStatistic(RowKernelBuilder &kernel, Value element, Value &tensor);
  void buildRowSum(unsigned parameter);
  void buildColumns(ArrayRef<unsigned> group);
  Value buildColumnElement(RowKernelBuilder &kernel, unsigned parameter);
  /// Adds the output of a parameter's gradient with `map`, in the kernel's
  /// dimensions.
  void addGradient(RowKernelBuilder &kernel, unsigned parameter, AffineMap map,
                   Value element);
  RowKernelOp finish(RowKernelBuilder &kernel, StringRef name);

  OpBuilder &b;
  RMSNormBackwardOp op;
  Location loc;
  NormParameters parameters;
  AffineMap identity, rowMap;
  std::array<Value, 3> destinations;
  SmallVector<OpFoldResult> sizes;

  Value dx;
  /// By parameter: its gradient, or a row's part of it.
  std::array<Value, 3> gradients, rowParts;
  /// What other kernels need of each row: d or 1/d; how d follows eps; the sum
  /// of squares.
  Value divisor, factor, sumOfSquares;
  bool divisorIsReciprocal = true;
  /// Where the results of the kernel under construction go.
  SmallVector<std::pair<Value *, SmallVector<ReassociationIndices>>> targets;
  SmallVector<Type> targetTypes;
};
} // namespace

static Value reduceAdd(OpBuilder &body, Location loc, Value element) {
  return ReduceOp::create(body, loc, element.getType(), ReduceKind::Add,
                          element);
}

void BackwardKernels::addRowStatistic(RowKernelBuilder &kernel, Value element,
                                      Value &tensor) {
  SmallVector<OpFoldResult> extents;
  for (int64_t dim : op.getRowDims())
    extents.push_back(sizes[dim]);
  Value init = tensor::EmptyOp::create(b, loc, extents, element.getType());
  kernel.addOutput(init, rowMap, element);
  targets.push_back({&tensor, {}});
  targetTypes.push_back(init.getType());
}

void BackwardKernels::addGradient(RowKernelBuilder &kernel, unsigned parameter,
                                  AffineMap map, Value element) {
  Value init = destinations[parameter];
  auto type = cast<RankedTensorType>(init.getType());
  SmallVector<ReassociationIndices> reassociation;
  AffineMap full = map;
  dropUnitResults(map, reassociation);
  if (map == full) {
    reassociation.clear();
  } else {
    SmallVector<OpFoldResult> extents;
    for (auto [position, expr] : llvm::enumerate(full.getResults()))
      if (isa<AffineDimExpr>(expr))
        extents.push_back(tensor::getMixedSize(b, loc, init, position));
    init = tensor::EmptyOp::create(b, loc, extents, type.getElementType());
  }
  kernel.addOutput(
      init, map,
      convertFloat(kernel.getBody(), loc, element, type.getElementType()));
  targets.push_back({&gradients[parameter], reassociation});
  targetTypes.push_back(type);
}

/// Builds the kernel and puts its results where they belong.
RowKernelOp BackwardKernels::finish(RowKernelBuilder &kernel, StringRef name) {
  RowKernelOp result = kernel.build(
      /*norms=*/0, b.getStringAttr(RMSNormBackwardOp::getOperationName()));
  result.setKernelName(name);
  for (auto [value, target, type] :
       llvm::zip_equal(result.getResults(), targets, targetTypes)) {
    *target.first = value;
    if (value.getType() != type)
      *target.first =
          tensor::ExpandShapeOp::create(b, loc, type, value, target.second);
  }
  targets.clear();
  targetTypes.clear();
  return result;
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

void BackwardKernels::buildRowKernel() {
  RowKernelBuilder kernel(b, loc, op.getInputRank());
  for (int64_t axis : op.getAxes())
    kernel.setReduction(axis);
  OpBuilder &body = kernel.getBody();
  NormGradient gradient(body, loc, parameters);
  auto parameter = [&](Value value) {
    return value ? kernel.addInput(value, op.getParameterMap(value)) : Value();
  };
  Value dy = kernel.addInput(op.getGrad(), identity);
  Value x = gradient.widen(kernel.addInput(op.getInput(), identity));
  Value scale = parameter(op.getScale());
  Value epsilon = parameter(op.getEpsilon());
  NormGradient::Slice slice;
  if (op.getRstd())
    slice.rstd = kernel.addInput(op.getRstd(), rowMap);
  slice.count = addCount(b, loc, op.getInput(), op.getAxes(),
                         parameters.computeType, kernel);
  if (!op.getRstd() || NormGradient::needsSumOfSquares(parameters))
    slice.sumOfSquares =
        reduceAdd(body, loc, arith::MulFOp::create(body, loc, x, x));
  NormGradient::Denominator d = gradient.buildDenominator(slice, epsilon);
  Value a = gradient.buildWeighted(dy, scale);
  Value sum = reduceAdd(body, loc, gradient.buildProduct(d, a, x));

  if (!op.getResult(0).use_empty()) {
    Value coupling = gradient.buildCoupling(d, sum, slice.count);
    Value element = gradient.buildInputGradient(d, a, x, coupling);
    kernel.addOutput(
        op.getDinput(), identity,
        convertFloat(body, loc, element, op.getDinputType().getElementType()));
    targets.push_back({&dx, {}});
    targetTypes.push_back(op.getDinputType());
  }
  if (needsDivisor()) {
    addRowStatistic(kernel, d.divisor, divisor);
    divisorIsReciprocal = d.isReciprocal;
  }
  if (needsFactor())
    addRowStatistic(kernel, gradient.buildEpsilonFactor(d), factor);
  if (needsSumOfSquares())
    addRowStatistic(kernel, slice.sumOfSquares, sumOfSquares);

  for (unsigned p = 0; p < NumParameters; ++p) {
    if (!isAsked(p) || !isPerRow(p))
      continue;
    Value part;
    if (p == Scale) {
      part = reduceAdd(body, loc, gradient.buildScaleGradient(d, dy, x));
    } else if (p == Bias) {
      part = reduceAdd(body, loc, gradient.widen(dy));
    } else {
      // -(sum of a * x/d) / d * e; never with an epsilon per element.
      part = arith::MulFOp::create(body, loc, gradient.divide(d, sum),
                                   gradient.buildEpsilonFactor(d));
      part = arith::NegFOp::create(body, loc, part);
    }
    // Either an element of the parameter for each row, or a sum over rows.
    AffineMap map = getMap(p);
    bool wholeRows = llvm::all_of(
        op.getRowDims(), [&](int64_t dim) { return map.isFunctionOfDim(dim); });
    if (wholeRows)
      addGradient(kernel, p, map, part);
    else
      addRowStatistic(kernel, part, rowParts[p]);
  }
  finish(kernel, "rms_norm_backward");
}

void BackwardKernels::buildRowSum(unsigned parameter) {
  SmallVector<int64_t> rowDims = op.getRowDims();
  AffineMap map = getMap(parameter);
  RowKernelBuilder kernel(b, loc, rowDims.size());
  SmallVector<AffineExpr> renamed(op.getInputRank(),
                                  b.getAffineConstantExpr(0));
  for (auto [position, dim] : llvm::enumerate(rowDims)) {
    renamed[dim] = b.getAffineDimExpr(position);
    if (!map.isFunctionOfDim(dim))
      kernel.setReduction(position);
  }
  Value part = kernel.addInput(rowParts[parameter],
                               b.getMultiDimIdentityMap(rowDims.size()));
  addGradient(kernel, parameter,
              map.replaceDimsAndSymbols(renamed, {}, rowDims.size(), 0),
              reduceAdd(kernel.getBody(), loc, part));
  finish(kernel, "rms_norm_backward_sum");
}

//===----------------------------------------------------------------------===//
// Columns
//===----------------------------------------------------------------------===//

Value BackwardKernels::buildColumnElement(RowKernelBuilder &kernel,
                                          unsigned parameter) {
  OpBuilder &body = kernel.getBody();
  NormGradient gradient(body, loc, parameters);
  Value dy = kernel.addInput(op.getGrad(), identity);
  if (parameter == Bias)
    return gradient.widen(dy);
  Value x = gradient.widen(kernel.addInput(op.getInput(), identity));
  NormGradient::Denominator d;
  if (parameters.perElement) {
    NormGradient::Slice slice;
    slice.sumOfSquares = kernel.addInput(sumOfSquares, rowMap);
    slice.count = addCount(b, loc, op.getInput(), op.getAxes(),
                           parameters.computeType, kernel);
    d = gradient.buildDenominator(
        slice,
        kernel.addInput(op.getEpsilon(), op.getParameterMap(op.getEpsilon())));
  } else {
    d.divisor = kernel.addInput(op.getRstd() ? op.getRstd() : divisor, rowMap);
    d.isReciprocal = divisorIsReciprocal;
  }
  if (parameter == Scale)
    return gradient.buildScaleGradient(d, dy, x);
  Value scale;
  if (op.getScale())
    scale = kernel.addInput(op.getScale(), op.getParameterMap(op.getScale()));
  Value e =
      factor ? kernel.addInput(factor, rowMap) : gradient.buildEpsilonFactor(d);
  return gradient.buildEpsilonGradient(d, gradient.buildWeighted(dy, scale), x,
                                       e);
}

/// The gradients of parameters of one shape.
void BackwardKernels::buildColumns(ArrayRef<unsigned> group) {
  AffineMap map = getMap(group.front());
  RowKernelBuilder kernel(b, loc, op.getInputRank());
  bool reduces = false;
  for (int64_t dim = 0; dim < op.getInputRank(); ++dim) {
    if (map.isFunctionOfDim(dim))
      continue;
    kernel.setReduction(dim);
    reduces = true;
  }
  for (unsigned parameter : group) {
    Value element = buildColumnElement(kernel, parameter);
    if (reduces)
      element = reduceAdd(kernel.getBody(), loc, element);
    addGradient(kernel, parameter, map, element);
  }
  finish(kernel, "rms_norm_backward_parameters");
}

void BackwardKernels::run(SmallVectorImpl<Value> &replacements) {
  dx = op.getDinput();
  if (needsRowKernel())
    buildRowKernel();
  SmallVector<bool> done(NumParameters, false);
  for (unsigned p = 0; p < NumParameters; ++p) {
    if (!isAsked(p) || done[p])
      continue;
    if (isPerRow(p)) {
      if (!gradients[p])
        buildRowSum(p);
      continue;
    }
    SmallVector<unsigned> group;
    for (unsigned other = p; other < NumParameters; ++other)
      if (hasColumns(other) && getMap(other) == getMap(p)) {
        group.push_back(other);
        done[other] = true;
      }
    buildColumns(group);
  }
  replacements.push_back(dx);
  for (Value gradient : gradients)
    if (gradient)
      replacements.push_back(gradient);
}

LogicalResult rmsnorm::toRowKernels(OpBuilder &b, RMSNormBackwardOp op,
                                    SmallVectorImpl<Value> &replacements) {
  if (!isa<RankedTensorType>(op.getInput().getType()))
    return failure();
  BackwardKernels(b, op).run(replacements);
  return success();
}
