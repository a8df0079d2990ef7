//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_DIALECT_RMSNORM_IR_RMSNORMOPS_TD
#define RMSNORM_DIALECT_RMSNORM_IR_RMSNORMOPS_TD

include "mlir/Dialect/Linalg/IR/LinalgInterfaces.td"
include "rmsnorm/Dialect/RMSNorm/IR/RMSNormBase.td"

def RMSNorm_RMSNormOp : RMSNorm_NormOp<"rms_norm", [
    DeclareOpInterfaceMethods<AggregatedOpInterface, ["decomposeOperation"]>]> {
  let summary = "Root-mean-square normalisation.";
  let description = [{
    Divides each slice of `x` along `axes` by its root mean square, with an
    optional scale and bias.

    #### Inputs

    - `x`: tensor or memref of f16, bf16, f32 or f64, rank 1 or more, any
      static or dynamic extents. Rows of no elements, and no rows, are legal.
    - `scale`, `bias` (optional): f16, bf16, f32 or f64, aligned with the
      trailing dimensions of `x` as in NumPy: each extent is that of `x`, or 1,
      which is broadcast. A scale per channel of a channels-first `x` is
      `[C, 1, 1]`. An extent that is dynamic is that of `x`.
    - `eps` (optional): an epsilon per feature, aligned like `scale`, instead of
      the attribute.

    #### Attributes

    - `axes`: the dimensions to normalise over; at least one, none twice,
      adjacent or not, in any order.
    - `eps` (f64, default 0): not negative, finite; rounded once to
      `compute_type`.
    - `eps_mode`: `inside` (default), `clamp` or `outside` the root.
    - `min_rms` (f64, default 0): lower bound of the divisor; 0 is none.
    - `compute_type`: `f32` (default for inputs narrower than f64) or `f64`
      (default for f64); never narrower than `x`.

    #### Outputs

    The destinations, all of whose elements are overwritten; their former
    contents are not read. On tensors they are also the results.

    - `y`: shape of `x`, element type f16, bf16, f32 or f64, that of `x` or not.
    - `rstd` (optional): shape of `x` without `axes`, element type
      `compute_type`. Not together with an `eps` operand that has a dimension in
      `axes`: the divisor then differs from element to element.

    On memrefs `y` may be the very buffer of `x`, or of a parameter of the same
    shape; any other overlap of an output with an operand is undefined.

    #### Example

    ```mlir
    %y = rmsnorm.rms_norm axes = [1] eps = 1.0e-06
           ins(%x, scale %g : tensor<?x4096xbf16>, tensor<4096xf32>)
           outs(%init : tensor<?x4096xbf16>)
    ```

    Everything at once, over two axes that are not adjacent, on memrefs:

    ```mlir
    rmsnorm.rms_norm axes = [0, 2] eps = 1.0e-05 eps_mode = clamp min_rms = 1.0e-12 compute_type = f64
      ins(%x, scale %g, bias %b : memref<?x64x?xf32>, memref<64x1xf32>, memref<64x1xf32>)
      outs(%y, %rstd : memref<?x64x?xf32>, memref<64xf64>)
    ```

    An epsilon per feature:

    ```mlir
    %y = rmsnorm.rms_norm axes = [1]
           ins(%x, eps %e : tensor<4x8xf32>, tensor<8xf32>) outs(%init : tensor<4x8xf32>)
    ```

    #### Mathematical definition

    For each slice of N elements along `axes`:

    ```
    ms   = (sum of x[i] * x[i]) / N
    d    = max(sqrt(ms + eps), min_rms)         eps_mode = inside
    d    = max(sqrt(max(ms, eps)), min_rms)     eps_mode = clamp
    d    = max(sqrt(ms) + eps, min_rms)         eps_mode = outside
    y[i] = round(x[i] / d * scale[i] + bias[i])
    rstd = 1 / d
    ```

    `max` propagates NaN, and is absent where its bound is an attribute of 0. A
    row of no elements has ms = 0/0.

    #### Rounding points

    1. `x`, `scale`, `bias` and `eps` are converted to `compute_type`: exactly,
       unless a parameter is wider than it, which is then rounded once.
    2. Everything is computed and accumulated in `compute_type`, each operation
       rounded to it. Neither the order of the additions in the sum is
       specified, which depends on N alone, nor whether `x / d` is `x * (1 / d)`,
       nor how much more precisely than `compute_type` the sum and what is made
       of it up to `1 / d` are computed where the sum is a normal number.
    3. `y` is rounded once, to nearest even, to its element type.

    So a scale that is applied *after* a rounding to a narrower type is not this
    operation's `scale`; it is a consumer.

    #### Canonical form

    All of it exact: axes ascend; a scale of 1 and a bias of 0 are dropped (the sign
    of an element of `y` that is zero is not specified), an `eps` operand that is one number
    becomes the attribute, exact extensions of inputs (`arith.extf`) become part of the operation, which
    keeps its compute type, an unused `rstd` and empty outputs disappear.
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
  let extraClassDeclaration = normDeclarations # [{
    ShapedType getOutputType() { return cast<ShapedType>(getOutput().getType()); }
    /// Whether `type` is an element type that is read or written.
    static bool isSupportedElementType(Type type);
    MutableOperandRange getDpsInitsMutable() {
      return MutableOperandRange(*this, getODSOperandIndexAndLength(4).first,
                                 getRstd() ? 2 : 1);
    }
  }];
}

#endif // RMSNORM_DIALECT_RMSNORM_IR_RMSNORMOPS_TD
