//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_DIALECT_RMSNORM_IR_RMSNORMBASE_TD
#define RMSNORM_DIALECT_RMSNORM_IR_RMSNORMBASE_TD

include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/IndexingMapOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/TilingInterface.td"

def RMSNorm_Dialect : Dialect {
  let name = "rmsnorm";
  let cppNamespace = "::mlir::rmsnorm";
  let summary = "RMS normalisation: what it means, and the row kernels made of it.";
  let description = [{
    `rmsnorm.rms_norm` says only what the normalisation means. Everything around
    it (residual additions, weights applied after a rounding, gates, casts)
    stays ordinary `linalg` with its own explicit roundings.

    `rmsnorm.row_kernel` is what fusion makes of a norm and its neighbours: one
    pass over the rows in which every tensor is read once and written once. It
    is the one form from which both the CPU and the GPU code is generated.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"
  ];
}

class RMSNorm_Op<string mnemonic, list<Trait> traits = []>
    : Op<RMSNorm_Dialect, mnemonic, traits>;

/// An operation over rows: every operand has an indexing map, every dimension
/// an iterator type. Written once for all of them in RowOpInterfaces.h.
class RMSNorm_RowOp<string mnemonic, list<Trait> traits = []>
    : RMSNorm_Op<mnemonic, !listconcat(traits, [
        DestinationStyleOpInterface, IndexingMapOpInterface,
        DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
        DeclareOpInterfaceMethods<ConditionallySpeculatable>,
        DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>,
        DeclareOpInterfaceMethods<TilingInterface, [
          "getLoopIteratorTypes", "getIterationDomain",
          "getTiledImplementation", "getResultTilePosition",
          "generateResultTileValue", "getTiledImplementationFromOperandTiles",
          "getIterationDomainTileFromOperandTiles",
          "getIterationDomainTileFromResultTile",
          "generateScalarImplementation", "isOpFusableWithConsumerSlice",
          "isOpFusableWithProducerSlices"]>])> {
  let extraClassDefinition = [{
    ::llvm::ArrayRef<int64_t> $cppClass::getShape(::mlir::OpOperand *operand) {
      return detail::getShape(operand);
    }
    void $cppClass::getEffects(::llvm::SmallVectorImpl<
        ::mlir::SideEffects::EffectInstance<::mlir::MemoryEffects::Effect>> &effects) {
      detail::getEffects(*this, effects);
    }
    ::mlir::Speculation::Speculatability $cppClass::getSpeculatability() {
      return detail::getSpeculatability(*this);
    }
    ::llvm::LogicalResult $cppClass::reifyResultShapes(
        ::mlir::OpBuilder &b, ::mlir::ReifiedRankedShapedTypeDims &shapes) {
      return detail::reifyResultShapes(*this, b, shapes);
    }
    ::llvm::SmallVector<::mlir::Range> $cppClass::getIterationDomain(::mlir::OpBuilder &b) {
      return detail::getIterationDomain(*this, b);
    }
    ::mlir::FailureOr<::mlir::TilingResult> $cppClass::getTiledImplementation(
        ::mlir::OpBuilder &b, detail::OffsetsRef offsets, detail::OffsetsRef sizes) {
      return detail::tile(*this, b, offsets, sizes);
    }
    ::llvm::LogicalResult $cppClass::getResultTilePosition(
        ::mlir::OpBuilder &b, unsigned result, detail::OffsetsRef offsets,
        detail::OffsetsRef sizes, ::llvm::SmallVector<::mlir::OpFoldResult> &resultOffsets,
        ::llvm::SmallVector<::mlir::OpFoldResult> &resultSizes) {
      return detail::getResultTile(*this, b, result, offsets, sizes, resultOffsets, resultSizes);
    }
    ::mlir::FailureOr<::mlir::TilingResult> $cppClass::generateResultTileValue(
        ::mlir::OpBuilder &b, unsigned result, detail::OffsetsRef offsets,
        detail::OffsetsRef sizes) {
      return detail::tileByResult(*this, b, result, offsets, sizes);
    }
    ::mlir::FailureOr<::mlir::TilingResult> $cppClass::getTiledImplementationFromOperandTiles(
        ::mlir::OpBuilder &b, ::llvm::ArrayRef<unsigned> operands,
        detail::OffsetListsRef offsets, detail::OffsetListsRef sizes) {
      return detail::tileByOperands(*this, b, operands, offsets, sizes);
    }
    ::llvm::LogicalResult $cppClass::getIterationDomainTileFromOperandTiles(
        ::mlir::OpBuilder &b, ::llvm::ArrayRef<unsigned> operands,
        detail::OffsetListsRef offsets, detail::OffsetListsRef sizes,
        ::llvm::SmallVectorImpl<::mlir::OpFoldResult> &tileOffsets,
        ::llvm::SmallVectorImpl<::mlir::OpFoldResult> &tileSizes) {
      return detail::getIterationTileFromOperands(*this, b, operands, offsets, sizes,
                                                  tileOffsets, tileSizes);
    }
    ::llvm::LogicalResult $cppClass::getIterationDomainTileFromResultTile(
        ::mlir::OpBuilder &b, unsigned result, detail::OffsetsRef offsets,
        detail::OffsetsRef sizes, ::llvm::SmallVectorImpl<::mlir::OpFoldResult> &tileOffsets,
        ::llvm::SmallVectorImpl<::mlir::OpFoldResult> &tileSizes) {
      return detail::getIterationTileFromResult(*this, b, result, offsets, sizes,
                                                tileOffsets, tileSizes);
    }
    ::llvm::LogicalResult $cppClass::generateScalarImplementation(
        ::mlir::OpBuilder &b, ::mlir::Location loc, ::mlir::ValueRange ivs) {
      return detail::refuseScalars(*this);
    }
    bool $cppClass::isOpFusableWithConsumerSlice(
        unsigned result, detail::OffsetsRef offsets, detail::OffsetsRef sizes) {
      return detail::canTileByResult(*this, result, offsets, sizes);
    }
    bool $cppClass::isOpFusableWithProducerSlices(
        ::llvm::ArrayRef<unsigned> operands, detail::OffsetListsRef offsets,
        detail::OffsetListsRef sizes) {
      return detail::canTileByOperands(*this, operands, offsets, sizes);
    }
  }];
}

/// A norm or its backward: an operation over rows of `input` along `axes`, with
/// operands `scale`, `epsilon` and `rstd` and the attributes of the denominator.
class RMSNorm_NormOp<string mnemonic, list<Trait> traits = []>
    : RMSNorm_RowOp<mnemonic, !listconcat(traits, [AttrSizedOperandSegments])> {
  code normDeclarations = [{
    ShapedType getInputType() { return cast<ShapedType>(getInput().getType()); }
    int64_t getInputRank() { return getInputType().getRank(); }
    /// f64 for an input of f64, else f32.
    FloatType getDefaultComputeType();
    /// The type in which everything is computed: the attribute, or its default.
    FloatType getComputeFloatType();
    /// Whether dimension `dim` of the input is normalised over.
    bool isNormalizedDim(int64_t dim) { return llvm::is_contained(getAxes(), dim); }
    /// Dimensions of the input that are not normalised over, ascending.
    SmallVector<int64_t> getRowDims();
    /// Map from the input's dimensions to a parameter's, by NumPy's rules:
    /// trailing dimensions align, extents 1 become constant 0 (unless the
    /// input's own extent is 1, too, statically).
    AffineMap getParameterMap(Value parameter);
    /// Map from the input's dimensions to those of `rstd`.
    AffineMap getRstdMap();
    /// Whether the denominator differs from element to element of a slice: an
    /// `eps` operand with a dimension that is normalised over.
    bool epsilonVariesInSlice();
    /// The maps of all operands, in their order.
    ArrayAttr getIndexingMaps();
    ArrayRef<int64_t> getShape(OpOperand *operand);
  }];
}

def RMSNorm_RankedTensorOrMemRef
    : AnyTypeOf<[AnyRankedTensor, AnyMemRef], "ranked tensor or memref",
                "::mlir::ShapedType">;

def RMSNorm_EpsModeAttr : I32EnumAttr<"EpsMode", "where epsilon enters the denominator", [
    I32EnumAttrCase<"Inside", 0, "inside">,
    I32EnumAttrCase<"Clamp", 1, "clamp">,
    I32EnumAttrCase<"Outside", 2, "outside">
  ]> {
  let cppNamespace = "::mlir::rmsnorm";
}

def RMSNorm_ReduceKindAttr : I32EnumAttr<"ReduceKind", "how a row is combined", [
    I32EnumAttrCase<"Add", 0, "add">,
    I32EnumAttrCase<"Maximum", 1, "maximum">,
    I32EnumAttrCase<"Minimum", 2, "minimum">
  ]> {
  let cppNamespace = "::mlir::rmsnorm";
}

#endif // RMSNORM_DIALECT_RMSNORM_IR_RMSNORMBASE_TD
