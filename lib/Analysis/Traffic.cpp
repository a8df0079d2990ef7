//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "rmsnorm/Analysis/Traffic.h"

#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::rmsnorm;

static SymbolicSum sumOf(ArrayRef<TrafficAccess> accesses) {
  SymbolicSum sum;
  for (const TrafficAccess &access : accesses)
    sum += access.bytes;
  return sum;
}

SymbolicSum OperationTraffic::getBytesRead() const { return sumOf(reads); }
SymbolicSum OperationTraffic::getBytesWritten() const { return sumOf(writes); }

void TrafficTotal::add(const OperationTraffic &operation,
                       llvm::StringRef prefix) {
  ++operations;
  norms += operation.norms;
  bytesRead += operation.getBytesRead().withPrefix(prefix);
  bytesWritten += operation.getBytesWritten().withPrefix(prefix);
}

std::map<std::string, TrafficTotal> TrafficReport::getTotals() const {
  std::map<std::string, TrafficTotal> totals;
  totals["all"];
  for (const FunctionTraffic &function : functions)
    for (const OperationTraffic &operation : function.operations) {
      std::string prefix = function.name + ":";
      totals["all"].add(operation, prefix);
      totals[operation.kind].add(operation, prefix);
    }
  return totals;
}

/// Bytes that an element takes in memory; nothing for types without a size.
static int64_t bytesOf(Type type) {
  type = getElementTypeOrSelf(type);
  if (type.isIndex())
    return 8;
  if (auto complex = dyn_cast<ComplexType>(type))
    return 2 * bytesOf(complex.getElementType());
  return type.isIntOrFloat()
             ? int64_t(llvm::divideCeil(type.getIntOrFloatBitWidth(), 8u))
             : 0;
}

static bool isShaped(Value value) {
  auto type = dyn_cast<ShapedType>(value.getType());
  return type && type.hasRank() && !isa<VectorType>(type);
}

static void collectLocations(Location loc, SmallVectorImpl<std::string> &out) {
  if (auto fused = dyn_cast<FusedLoc>(loc)) {
    for (Location part : fused.getLocations())
      collectLocations(part, out);
  } else if (auto name = dyn_cast<NameLoc>(loc)) {
    collectLocations(name.getChildLoc(), out);
  } else if (auto call = dyn_cast<CallSiteLoc>(loc)) {
    collectLocations(call.getCallee(), out);
  } else if (auto file = dyn_cast<FileLineColLoc>(loc)) {
    std::string text = (file.getFilename().getValue() + ":" +
                        Twine(file.getLine()) + ":" + Twine(file.getColumn()))
                           .str();
    if (!llvm::is_contained(out, text))
      out.push_back(text);
  }
}

namespace {
/// Collects the traffic of one function.
class Collector {
public:
  explicit Collector(FunctionOpInterface function) : function(function) {
    result.name = function.getName().str();
  }
  FunctionTraffic collect();

private:
  void visit(Operation *op);
  void visitRowKernel(RowKernelOp op);
  void visitLinalg(linalg::LinalgOp op);
  void visitWholeOperands(Operation *op);
  void visitCopy(Operation *op, ValueRange sources, Value moved);

  OperationTraffic &begin(Operation *op, StringRef kind);
  void read(Value value, const SymbolicProduct &elements);
  void write(Value value, const SymbolicProduct &elements, Value name = {});
  TrafficAccess access(Value value, Type type, const SymbolicProduct &elements);
  std::string nameOf(Value value);

  FunctionOpInterface function;
  FunctionTraffic result;
  ExtentNames names;
  llvm::DenseMap<Operation *, size_t> indices;
  llvm::DenseMap<Value, std::string> otherNames;
  /// Buffers are known by whatever wrote them first.
  llvm::DenseMap<Value, std::string> buffers;
};
} // namespace

/// The tensor or buffer of which `value` is a view.
static Value getViewed(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto view = dyn_cast<ViewLikeOpInterface>(op))
      value = view.getViewSource();
    else if (isa<tensor::ExtractSliceOp, tensor::ExpandShapeOp,
                 tensor::CollapseShapeOp, tensor::CastOp,
                 bufferization::ToBufferOp, bufferization::ToTensorOp>(op))
      value = op->getOperand(0);
    else
      break;
  }
  return value;
}

std::string Collector::nameOf(Value value) {
  value = getViewed(value);
  if (auto argument = dyn_cast<BlockArgument>(value))
    if (argument.getOwner() == &function.getFunctionBody().front())
      return "arg" + std::to_string(argument.getArgNumber());
  if (matchPattern(value, m_Constant()))
    return "constant";
  if (auto found = buffers.find(value); found != buffers.end())
    return found->second;
  if (Operation *op = value.getDefiningOp())
    if (auto found = indices.find(op); found != indices.end())
      return "op" + std::to_string(found->second) + "#" +
             std::to_string(cast<OpResult>(value).getResultNumber());
  auto [entry, inserted] = otherNames.try_emplace(value);
  if (inserted)
    entry->second = "v" + std::to_string(otherNames.size() - 1);
  return entry->second;
}

OperationTraffic &Collector::begin(Operation *op, StringRef kind) {
  indices[op] = result.operations.size();
  OperationTraffic &traffic = result.operations.emplace_back();
  traffic.op = op;
  traffic.kind = kind.str();
  traffic.inLoop = op->getParentOp() != function.getOperation();
  collectLocations(op->getLoc(), traffic.locations);
  return traffic;
}

TrafficAccess Collector::access(Value value, Type type,
                                const SymbolicProduct &elements) {
  SymbolicProduct bytes(bytesOf(type));
  bytes *= elements;
  TrafficAccess access{nameOf(value), type, {}};
  access.bytes += bytes;
  return access;
}

void Collector::read(Value value, const SymbolicProduct &elements) {
  result.operations.back().reads.push_back(
      access(value, value.getType(), elements));
}

/// `name`: the result that stands for the written tensor.
void Collector::write(Value value, const SymbolicProduct &elements,
                      Value name) {
  Value viewed = getViewed(value);
  if (!name && isa<MemRefType>(viewed.getType()) && !isa<BlockArgument>(viewed))
    buffers.try_emplace(
        viewed, "op" + std::to_string(result.operations.size() - 1) + "#" +
                    std::to_string(result.operations.back().writes.size()));
  result.operations.back().writes.push_back(
      access(name ? name : value, value.getType(), elements));
}

void Collector::visitRowKernel(RowKernelOp op) {
  OperationTraffic &traffic = begin(op, "row_kernel");
  traffic.name = op.getKernelName().value_or("").str();
  if (auto norms = op->getAttrOfType<IntegerAttr>(kNormsAttr))
    traffic.norms = norms.getInt();
  if (auto fused = op->getAttrOfType<ArrayAttr>(kFusedAttr))
    for (auto name : fused.getAsRange<StringAttr>())
      traffic.fused.push_back(name.getValue().str());
  SmallVector<SymbolicProduct> extents;
  for (int64_t dim = 0; dim < op.getNumLoops(); ++dim) {
    auto [operand, position] = op.getExtentSource(dim);
    extents.push_back(names.get(op.getOperand(operand), position));
  }
  auto isFunctionOf = [&](unsigned operand, int64_t loop) {
    AffineMap map = op.getMap(operand);
    bool used = map.isFunctionOfDim(loop);
    for (unsigned dim = 0; dim < map.getNumResults(); ++dim)
      if (std::optional<unsigned> index = op.getGatherIndex(operand, dim))
        used |= op.getMap(*index).isFunctionOfDim(loop);
    return used;
  };
  auto elements = [&](unsigned operand) {
    SymbolicProduct product;
    for (int64_t dim = 0; dim < op.getNumLoops(); ++dim)
      if (isFunctionOf(operand, dim))
        product *= extents[dim];
    return product;
  };
  for (auto [index, input] : llvm::enumerate(op.getInputs()))
    if (isShaped(input) && (!op.getBody().getArgument(index).use_empty() ||
                            op.isGatherIndex(index)))
      read(input, elements(index));
  for (auto [index, output] : llvm::enumerate(op.getOutputs()))
    write(output, elements(op.getInputs().size() + index),
          op->getNumResults() ? op->getResult(index) : Value());
}

static StringRef kindOf(linalg::LinalgOp op) {
  if (isa<linalg::FillOp>(op))
    return "fill";
  if (isa<linalg::ConvolutionOpInterface>(*op) ||
      linalg::isaContractionOpInterface(op))
    return "contraction";
  if (op.getNumReductionLoops() != 0)
    return "reduction";
  if (op->getNumRegions() == 1 && op.getNumDpsInputs() == 1 &&
      llvm::hasSingleElement(op->getRegion(0).front()))
    return "copy"; // transposes and broadcasts, too
  return "elementwise";
}

void Collector::visitLinalg(linalg::LinalgOp op) {
  begin(op, kindOf(op));
  SmallVector<std::optional<SymbolicProduct>> extents(op.getNumLoops());
  for (OpOperand &operand : op->getOpOperands())
    for (auto [position, expr] :
         llvm::enumerate(op.getMatchingIndexingMap(&operand).getResults())) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (!dim)
        continue;
      SymbolicProduct extent = names.get(operand.get(), position);
      // A number is better than a name.
      std::optional<SymbolicProduct> &known = extents[dim.getPosition()];
      if (!known || (!known->extents.empty() && extent.extents.empty()))
        known = extent;
    }
  auto elements = [&](OpOperand &operand) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    SymbolicProduct product;
    if (!map.isProjectedPermutation(/*allowZeroInResults=*/true))
      return names.getNumElements(operand.get());
    for (unsigned dim = 0; dim < op.getNumLoops(); ++dim)
      if (map.isFunctionOfDim(dim) && extents[dim])
        product *= *extents[dim];
    return product;
  };
  for (OpOperand &operand : op->getOpOperands())
    if (isShaped(operand.get()) && op.payloadUsesValueFromOperand(&operand))
      read(operand.get(), elements(operand));
  // What the body looks up, element by element.
  SymbolicProduct points;
  for (std::optional<SymbolicProduct> &extent : extents)
    if (extent)
      points *= *extent;
  op->walk([&](Operation *nested) {
    if (isa<tensor::ExtractOp, memref::LoadOp>(nested))
      read(nested->getOperand(0), points);
  });
  for (OpOperand &init : op.getDpsInitsMutable())
    write(init.get(), elements(init),
          op->getNumResults() ? op.getTiedOpResult(&init) : Value());
}

/// Inputs are read and destinations written, whole.
void Collector::visitWholeOperands(Operation *op) {
  if (auto destination = dyn_cast<DestinationStyleOpInterface>(op)) {
    for (OpOperand *input : destination.getDpsInputOperands())
      if (isShaped(input->get()))
        read(input->get(), names.getNumElements(input->get()));
    for (OpOperand &init : destination.getDpsInitsMutable())
      write(init.get(), names.getNumElements(init.get()),
            op->getNumResults() ? destination.getTiedOpResult(&init) : Value());
    return;
  }
  for (Value operand : op->getOperands())
    if (isShaped(operand))
      read(operand, names.getNumElements(operand));
  for (Value value : op->getResults())
    if (isShaped(value))
      write(value, names.getNumElements(value), value);
}

/// Elements are moved from `sources` to a tensor of the same number.
void Collector::visitCopy(Operation *op, ValueRange sources, Value moved) {
  begin(op, "copy");
  for (Value source : sources)
    read(source, names.getNumElements(source));
  write(moved, names.getNumElements(moved),
        op->getNumResults() ? op->getResult(0) : Value());
}

/// Whether what is inserted was computed for this place: bufferization lets its
/// producer write there.
static bool isWrittenInPlace(tensor::InsertSliceOp op) {
  Value source = op.getSource();
  while (Operation *view = source.getDefiningOp()) {
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(view) ||
        !source.hasOneUse())
      break;
    source = view->getOperand(0);
  }
  auto result = dyn_cast<OpResult>(source);
  auto producer = source.getDefiningOp<DestinationStyleOpInterface>();
  if (!producer || !source.hasOneUse())
    return false;
  Operation *init = producer.getTiedOpOperand(result)->get().getDefiningOp();
  return isa_and_present<tensor::EmptyOp, tensor::ExtractSliceOp>(init);
}

void Collector::visit(Operation *op) {
  llvm::TypeSwitch<Operation *>(op)
      .Case<RowKernelOp>([&](auto kernel) { visitRowKernel(kernel); })
      .Case<RMSNormOp>([&](auto norm) {
        begin(norm, "norm").norms = 1;
        visitWholeOperands(norm);
      })
      .Case<linalg::LinalgOp>([&](auto linalgOp) { visitLinalg(linalgOp); })
      .Case<linalg::SoftmaxOp>([&](auto softmax) {
        begin(softmax, "reduction");
        visitWholeOperands(softmax);
      })
      .Case<GemmOp>([&](GemmOp gemm) {
        begin(gemm, "contraction");
        for (Value input : {gemm.getA(), gemm.getB()})
          read(input, names.getNumElements(input));
        if (gemm.getAccumulate())
          read(gemm.getC(), names.getNumElements(gemm.getC()));
        write(gemm.getC(), names.getNumElements(gemm.getC()));
      })
      .Case<tensor::InsertSliceOp>([&](auto insert) {
        if (!isWrittenInPlace(insert))
          visitCopy(insert, insert.getSource(), insert.getSource());
      })
      .Case<tensor::ConcatOp>([&](auto concat) {
        visitCopy(concat, concat.getInputs(), concat.getResult());
      })
      .Case<tensor::PadOp>(
          [&](auto pad) { visitCopy(pad, pad.getSource(), pad.getResult()); })
      .Case<tensor::GatherOp>([&](auto gather) {
        begin(gather, "copy");
        read(gather.getIndices(), names.getNumElements(gather.getIndices()));
        read(gather.getSource(), names.getNumElements(gather.getResult()));
        write(gather.getResult(), names.getNumElements(gather.getResult()),
              gather.getResult());
      })
      .Case<memref::CopyOp>([&](auto copy) {
        visitCopy(copy, copy.getSource(), copy.getTarget());
      })
      .Case<memref::AllocOp>([&](auto alloc) {
        // Not traffic of its own: an entry without accesses, to be counted.
        OperationTraffic &traffic = begin(alloc, "allocation");
        SymbolicProduct bytes(bytesOf(alloc.getType()));
        bytes *= names.getNumElements(alloc.getResult());
        SymbolicSum sum;
        sum += bytes;
        traffic.name = sum.str() + " bytes";
      })
      .Default([&](Operation *other) {
        if (isa<RMSNormDialect>(other->getDialect()) &&
            isa<DestinationStyleOpInterface>(other)) {
          begin(other, "other");
          visitWholeOperands(other);
        }
      });
}

FunctionTraffic Collector::collect() {
  function->walk<WalkOrder::PreOrder>([&](Operation *op) {
    visit(op);
    // The bodies are scalar code that was counted with the operation.
    return isa<RowKernelOp, linalg::LinalgOp, tensor::PadOp>(op)
               ? WalkResult::skip()
               : WalkResult::advance();
  });
  return std::move(result);
}

TrafficReport rmsnorm::computeTraffic(Operation *root) {
  TrafficReport report;
  root->walk<WalkOrder::PreOrder>([&](FunctionOpInterface function) {
    if (!function.isExternal())
      report.functions.push_back(Collector(function).collect());
    return WalkResult::skip();
  });
  return report;
}
