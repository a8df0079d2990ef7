//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_DIALECT_RMSNORM_IR_RMSNORMOPS_TD
#define RMSNORM_DIALECT_RMSNORM_IR_RMSNORMOPS_TD

include "mlir/Dialect/Linalg/IR/LinalgInterfaces.td"
include "rmsnorm/Dialect/RMSNorm/IR/RMSNormBase.td"

def RMSNorm_RMSNormOp : RMSNorm_RowOp<"rms_norm", [
    AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<AggregatedOpInterface, ["decomposeOperation"]>]> {
  let summary = "Root-mean-square normalisation.";
  let description = [{
    Divides each slice of `x` along `axes` by its root mean square.

    #### Mathematical definition

    All of it in `compute_type`, for each slice with N elements:

    ```
    ms = (sum of x[i] * x[i]) / N
    d  = max(sqrt(ms + eps), min_rms)         eps_mode = inside
    d  = max(sqrt(max(ms, eps)), min_rms)     eps_mode = clamp
    d  = max(sqrt(ms) + eps, min_rms)         eps_mode = outside
    y[i] = round_once(x[i] / d * scale[i] + bias[i])
    rstd = 1 / d
    ```

    `max` propagates NaN. There is no clamp where `min_rms` is 0.

    #### Inputs

    - `x`: tensor or memref of f16, bf16, f32 or f64, rank 1 or more, any
      static or dynamic extents. N = 0 and zero slices are legal.
    - `scale`, `bias` (optional): any floating-point type, aligned with the
      trailing dimensions of `x` and broadcast as in NumPy: each extent is that
      of `x` or 1. A channels-first scale is `[C, 1, 1]`.
    - `eps` operand (optional): an epsilon per feature, aligned like `scale`; it takes
      the place of the attribute `eps`.

    #### Attributes

    - `axes`: the dimensions to normalise over; at least one, no duplicates,
      adjacent or not.
    - `eps` (f64, default 0), rounded once to `compute_type`; not negative.
    - `eps_mode`: `inside` (default), `clamp` or `outside`.
    - `min_rms` (f64, default 0): lower bound of `d`.
    - `compute_type`: f32 (default for inputs narrower than f64) or f64
      (default for f64).

    #### Results

    - `y`: shape and element type of its destination, whose shape is that of
      `x`. The element type may differ from that of `x`.
    - `rstd` (optional): 1/d, shape of `x` without `axes`, element type
      `compute_type`. Refused together with an `eps` operand.

    #### Rounding points

    Inputs are extended exactly to `compute_type`; everything is computed and
    accumulated there; `y` is rounded once, to nearest even. A scale applied
    after a rounding is therefore not this operation's `scale`: it is a
    consumer. The order of the additions in the sum is not specified, but depends
    on N alone.

    #### Example

    ```mlir
    %y = rmsnorm.rms_norm axes = [1] eps = 1.0e-06
           ins(%x, scale %g : tensor<?x4096xbf16>, tensor<4096xf32>)
           outs(%init : tensor<?x4096xbf16>)
    ```
  }];

  let arguments = (ins
    RMSNorm_RankedTensorOrMemRef:$input,
    Optional<RMSNorm_RankedTensorOrMemRef>:$scale,
    Optional<RMSNorm_RankedTensorOrMemRef>:$bias,
    Optional<RMSNorm_RankedTensorOrMemRef>:$epsilon,
    RMSNorm_RankedTensorOrMemRef:$output,
    Optional<RMSNorm_RankedTensorOrMemRef>:$rstd,
    DenseI64ArrayAttr:$axes,
    DefaultValuedAttr<F64Attr, "0.0">:$eps,
    DefaultValuedAttr<RMSNorm_EpsModeAttr, "::mlir::rmsnorm::EpsMode::Inside">:$eps_mode,
    DefaultValuedAttr<F64Attr, "0.0">:$min_rms,
    OptionalAttr<TypeAttr>:$compute_type
  );
  let results = (outs Variadic<AnyRankedTensor>:$results);

  let builders = [
    OpBuilder<(ins "Value":$input, "Value":$scale, "Value":$bias,
                   "Value":$epsilon, "Value":$output, "Value":$rstd,
                   "ArrayRef<int64_t>":$axes, "double":$eps,
                   CArg<"EpsMode", "EpsMode::Inside">:$epsMode,
                   CArg<"double", "0.0">:$minRms,
                   CArg<"Type", "{}">:$computeType)>
  ];

  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    ShapedType getInputType() { return cast<ShapedType>(getInput().getType()); }
    ShapedType getOutputType() { return cast<ShapedType>(getOutput().getType()); }
    int64_t getInputRank() { return getInputType().getRank(); }
    /// Whether `type` is an element type that is read or written.
    static bool isSupportedElementType(Type type);
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
    /// The maps of all operands, in their order.
    ArrayAttr getIndexingMaps();
    ArrayRef<int64_t> getShape(OpOperand *operand);
    MutableOperandRange getDpsInitsMutable() {
      return MutableOperandRange(*this, getODSOperandIndexAndLength(4).first,
                                 getRstd() ? 2 : 1);
    }
  }];
}

#endif // RMSNORM_DIALECT_RMSNORM_IR_RMSNORMOPS_TD
