//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The pass: one gpu.func for each different row kernel, with its launch
/// attribute.

#include "rmsnorm/Conversion/RowKernelToGPU/RowKernelToGPU.h"

#include "KernelEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/SymbolTable.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_ROWKERNELTOGPU
#include "rmsnorm/Conversion/RowKernelToGPU/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

/// A text that two row kernels share exactly if one GPU kernel serves both.
static std::string getKey(RowKernelOp op) {
  OwningOpRef<ModuleOp> module = ModuleOp::create(op.getLoc());
  OpBuilder b = OpBuilder::atBlockBegin(module->getBody());
  auto operands = UnrealizedConversionCastOp::create(
      b, op.getLoc(), op->getOperandTypes(), ValueRange());
  Operation *clone = b.clone(*op);
  clone->setOperands(operands.getResults());
  cast<RowKernelOp>(clone).removeKernelNameAttr();
  SmallVector<NamedAttribute> kept;
  if (Attribute config = op->getDiscardableAttr(gpuConfigAttrName))
    kept.emplace_back(StringAttr::get(op.getContext(), gpuConfigAttrName),
                      config);
  clone->setDiscardableAttrs(kept);
  std::string key;
  llvm::raw_string_ostream stream(key);
  module->print(stream, OpPrintingFlags().useLocalScope());
  return key;
}

static LogicalResult checkTypes(RowKernelOp op) {
  for (auto [index, type] : llvm::enumerate(op.getOperandTypes())) {
    Type element = getElementTypeOrSelf(type);
    bool supported =
        element.isF16() || element.isBF16() || element.isF32() ||
        element.isF64() || isa<Float8E4M3FNType, Float8E5M2Type>(element) ||
        element.isInteger(1) || element.isInteger(8) || element.isInteger(16) ||
        element.isInteger(32) || element.isInteger(64);
    if (!supported)
      return op.emitError() << "operand " << index << " has element type "
                            << element << ", which has no GPU code";
  }
  return success();
}

/// Replaces the choice by what a tuner asks for in `rmsnorm.gpu_config`.
static LogicalResult overrideConfig(RowKernelOp op, const KernelShape &shape,
                                    KernelConfig &config) {
  auto wanted = op->getAttrOfType<DictionaryAttr>(gpuConfigAttrName);
  if (!wanted)
    return success();
  for (auto [name, field] :
       {std::pair<StringRef, unsigned *>{"vector", &config.vectorSize},
        {"lanes", &config.lanesPerRow},
        {"rows", &config.rowsPerBlock},
        {"slots", &config.slots}})
    if (auto number = wanted.getAs<IntegerAttr>(name))
      *field = number.getInt();
  bool powers =
      llvm::isPowerOf2_32(config.vectorSize) &&
      (llvm::isPowerOf2_32(config.lanesPerRow) || config.lanesPerRow % 32 == 0);
  bool divides = true;
  for (int64_t length : {shape.rowLength, shape.runLength})
    divides &= ShapedType::isDynamic(length) || length % config.vectorSize == 0;
  // Reductions across warps serve one row per block.
  bool rows =
      config.rowsInner || config.rowsPerBlock == 1 || config.lanesPerRow <= 32;
  if (!powers || !divides || !rows || config.slots == 0 ||
      config.getBlockSize() > 1024)
    return op.emitError() << "'" << gpuConfigAttrName << "' " << wanted
                          << " does not fit the kernel";
  config.inRegisters = !ShapedType::isDynamic(shape.rowLength) &&
                       config.getChunk() >= shape.rowLength;
  return success();
}

/// The indexing maps with row dimensions first, as in the kernel's extents.
static ArrayAttr getKernelMaps(RowKernelOp op) {
  Builder b(op.getContext());
  SmallVector<AffineExpr> renamed(op.getNumLoops());
  unsigned next = 0;
  for (bool reduction : {false, true})
    for (int64_t dim : reduction ? op.getReductionDims() : op.getRowDims())
      renamed[dim] = b.getAffineDimExpr(next++);
  SmallVector<AffineMap> maps;
  for (unsigned index = 0; index < op->getNumOperands(); ++index)
    maps.push_back(
        op.getMap(index).replaceDimsAndSymbols(renamed, {}, next, 0));
  return b.getAffineMapArrayAttr(maps);
}

static DictionaryAttr getLaunchAttr(RowKernelOp op, const KernelShape &shape,
                                    const KernelConfig &config,
                                    const RowKernelAnalysis &analysis) {
  Builder b(op.getContext());
  SmallVector<int64_t> extentOperand, extentDim;
  for (bool reduction : {false, true})
    for (int64_t dim : reduction ? op.getReductionDims() : op.getRowDims()) {
      auto [operand, position] = op.getExtentSource(dim);
      extentOperand.push_back(operand);
      extentDim.push_back(position);
    }
  unsigned reductions = 0;
  for (unsigned phase = 0; phase < analysis.getNumPhases(); ++phase)
    reductions += analysis.getReductions(phase).size();
  std::string description;
  llvm::raw_string_ostream stream(description);
  stream << op.getInputs().size() << " inputs, " << op.getOutputs().size()
         << " outputs, " << reductions << " reductions along ";
  if (ShapedType::isDynamic(shape.rowLength))
    stream << "a row of any length";
  else
    stream << shape.rowLength << " elements";
  stream << "; vectors of " << config.vectorSize << ", "
         << (config.inRegisters ? "row in registers" : "row read again");
  SmallVector<Attribute> types;
  for (Type type : op.getOperandTypes())
    types.push_back(TypeAttr::get(type));
  auto number = [&](int64_t value) { return b.getI64IntegerAttr(value); };
  return b.getDictionaryAttr({
      b.getNamedAttr("operand_types", b.getArrayAttr(types)),
      b.getNamedAttr("indexing_maps", getKernelMaps(op)),
      b.getNamedAttr("num_inputs", number(op.getInputs().size())),
      b.getNamedAttr("extent_operand", b.getDenseI64ArrayAttr(extentOperand)),
      b.getNamedAttr("extent_dim", b.getDenseI64ArrayAttr(extentDim)),
      b.getNamedAttr("num_row_dims", number(op.getRowDims().size())),
      b.getNamedAttr("rows_per_block", number(config.rowsPerBlock)),
      b.getNamedAttr("block_x", number(config.getBlockSize())),
      b.getNamedAttr("cluster_x", number(1)),
      b.getNamedAttr("shared_bytes", number(0)),
      b.getNamedAttr("description", b.getStringAttr(description)),
  });
}

namespace {
struct RowKernelToGPUPass
    : public mlir::rmsnorm::impl::RowKernelToGPUBase<RowKernelToGPUPass> {
  using RowKernelToGPUBase::RowKernelToGPUBase;

  FailureOr<gpu::GPUFuncOp> emitKernel(RowKernelOp op, gpu::GPUModuleOp module,
                                       SymbolTable &symbols) {
    if (failed(checkTypes(op)))
      return failure();
    RowKernelAnalysis analysis(op);
    KernelShape shape = getKernelShape(analysis);
    KernelConfig config = chooseKernelConfig(shape);
    if (failed(overrideConfig(op, shape, config)))
      return failure();

    ImplicitLocOpBuilder b(op.getLoc(), module.getContext());
    b.setInsertionPointToEnd(module.getBody());
    auto type = b.getFunctionType(KernelEmitter::getParameterTypes(op), {});
    auto func = gpu::GPUFuncOp::create(
        b, op.getKernelName().value_or("row_kernel"), type,
        KernelEmitter::getWorkgroupTypes(analysis, config));
    symbols.insert(func);
    func->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), b.getUnitAttr());
    func.setKnownBlockSizeAttr(
        b.getDenseI32ArrayAttr({int32_t(config.getBlockSize()), 1, 1}));
    // Left to itself, ptxas now and then spills a few registers for the sake of
    // occupancy. 512 threads of a multiprocessor, with up to 128 registers
    // each, keep enough loads in flight.
    func->setAttr(
        NVVM::NVVMDialect::getMinctasmAttrName(),
        b.getI32IntegerAttr(std::max(1u, 512 / config.getBlockSize())));
    func->setAttr(launchAttrName, getLaunchAttr(op, shape, config, analysis));
    if (failed(KernelEmitter(b, analysis, config, func).emit()))
      return failure();
    return func;
  }

  void runOnOperation() override {
    ModuleOp root = getOperation();
    SmallVector<RowKernelOp> ops;
    root.walk([&](RowKernelOp op) { ops.push_back(op); });
    if (ops.empty())
      return;
    SymbolTable rootSymbols(root);
    if (rootSymbols.lookup(kernelModuleName)) {
      root.emitError() << "already has a symbol @" << kernelModuleName;
      return signalPassFailure();
    }
    OpBuilder b = OpBuilder::atBlockEnd(root.getBody());
    auto module = gpu::GPUModuleOp::create(b, root.getLoc(), kernelModuleName);
    root->setAttr(gpu::GPUDialect::getContainerModuleAttrName(),
                  b.getUnitAttr());
    SymbolTable symbols(module);
    llvm::StringMap<StringAttr> known;
    for (RowKernelOp op : ops) {
      StringAttr &name = known[getKey(op)];
      if (!name) {
        FailureOr<gpu::GPUFuncOp> func = emitKernel(op, module, symbols);
        if (failed(func))
          return signalPassFailure();
        name = SymbolTable::getSymbolName(*func);
        ++numKernels;
      } else {
        ++numShared;
      }
      op->setAttr(gpuKernelAttrName,
                  SymbolRefAttr::get(module.getSymNameAttr(),
                                     {FlatSymbolRefAttr::get(name)}));
    }
  }
};
} // namespace
