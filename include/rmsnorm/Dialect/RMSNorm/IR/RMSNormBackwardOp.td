//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_DIALECT_RMSNORM_IR_RMSNORMBACKWARDOP_TD
#define RMSNORM_DIALECT_RMSNORM_IR_RMSNORMBACKWARDOP_TD

include "mlir/Dialect/Linalg/IR/LinalgInterfaces.td"
include "rmsnorm/Dialect/RMSNorm/IR/RMSNormBase.td"

def RMSNorm_RMSNormBackwardOp : RMSNorm_NormOp<"rms_norm_backward", [
    DeclareOpInterfaceMethods<AggregatedOpInterface, ["decomposeOperation"]>]> {
  let summary = "Gradients of a root-mean-square normalisation.";
  let description = [{
    From the gradient `dy` of the result of a `rmsnorm.rms_norm` with the same
    attributes the gradient of its input and, on request, those of its
    parameters.

    #### Inputs

    - `dy`: shape of `x`, f16, bf16, f32 or f64.
    - `x`: the norm's input: tensor or memref of f16, bf16, f32 or f64, rank 1
      or more, any extents; no rows, and rows of no elements, are legal.
    - `scale`, `eps` (optional): those of the norm, aligned with the trailing
      dimensions of `x` as in NumPy. (The bias has no part in any gradient.)
    - `rstd` (optional): what the norm returned, shape of `x` without `axes`,
      element type `compute_type`; saves the statistic of `x`. Without it
      everything follows from `x` (recomputation instead of a saved activation).
      Not together with an `eps` operand that has a dimension in `axes`.

    #### Attributes

    `axes`, `eps`, `eps_mode`, `min_rms`, `compute_type`: those of
    `rmsnorm.rms_norm`.

    #### Outputs

    The destinations, all of whose elements are overwritten; their former
    contents are not read. On tensors they are also the results.

    - `dx`: shape of `x`, element type f16, bf16, f32 or f64.
    - `dscale`, `dbias`, `deps` (optional): aligned with the trailing dimensions
      of `x` as a parameter is, rank 0 included: the gradient of a parameter of
      that very shape, that is, the sum over everything along which it is
      broadcast. `dscale` has the shape of `scale`, and `deps` that of `eps`, where
      these operands are present; where they are not, the gradient is that at a scale
      of 1, or at the attribute `eps`. Element type f16, bf16, f32 or f64.

    On memrefs `dx` may be the very buffer of `dy` or of `x` if no other output is
    asked for; any other overlap of an output with an operand is undefined.

    #### Example

    ```mlir
    %dx, %dg = rmsnorm.rms_norm_backward axes = [1] eps = 1.0e-06
                 ins(%dy, %x, scale %g, rstd %r : tensor<?x4096xbf16>, tensor<?x4096xbf16>, tensor<4096xf32>, tensor<?xf32>)
                 outs(%init, dscale %init_g : tensor<?x4096xbf16>, tensor<4096xf32>)
    ```

    Everything at once, over two axes, with a learnable epsilon per feature:

    ```mlir
    rmsnorm.rms_norm_backward axes = [1, 2] min_rms = 1.0e-12
      ins(%dy, %x, scale %g, eps %e : memref<?x8x16xf32>, memref<?x8x16xf32>, memref<8x1xf32>, memref<16xf32>)
      outs(%dx, dscale %dg, dbias %db, deps %de : memref<?x8x16xf32>, memref<8x1xf32>, memref<8x1xf32>, memref<16xf32>)
    ```

    #### Mathematical definition

    The derivatives of the definition of `rmsnorm.rms_norm`, whose `ms`, `d` and N
    these are. With `a[i] = dy[i] * scale[i]` (scale 1 if absent), `r` the divisor
    before the clamp by `min_rms`, and q = sqrt(ms), for each slice along `axes`:

    ```
    follows[i] = min_rms = 0, or r[i] > min_rms         (else d is a constant)
    k[i]       = follows[i] ? q / d[i] : 0              eps_mode = inside
    k[i]       = follows[i] and ms > eps[i] ? 1 : 0     eps_mode = clamp
    k[i]       = follows[i] ? 1 : 0                     eps_mode = outside
    c          = (sum of a[i] * x[i] / d[i] * k[i] / d[i]) / N
    dx[i]      = round(a[i] / d[i] - (q = 0 ? 0 : x[i] / q) * c)
    ```

    For an `eps` that is the same for the whole slice this is the well-known
    `dx = (a - x/d * mean(a * x/d)) / d` (Zhang and Sennrich, "Root Mean Square
    Layer Normalization", 2019, section 3; where the clamp acts, without the mean). A slice of
    zeros has `dx = a / d`, which is the limit in every mode, so gradients
    are finite wherever d is not zero.

    Each parameter's gradient, summed over all elements of `x` that its element is
    broadcast to:

    ```
    dscale = round(sum of dy[i] * x[i] / d[i])
    dbias  = round(sum of dy[i])
    deps   = round(sum of -(a[i] * x[i] / d[i] / d[i]) * e[i])
    e[i]   = follows[i] ? 1 / (2 * d[i]) : 0                    eps_mode = inside
    e[i]   = follows[i] and not ms > eps[i] ? 1 / (2 * d[i]) : 0    eps_mode = clamp
    e[i]   = follows[i] ? 1 : 0                                 eps_mode = outside
    ```

    At a kink (`r = min_rms`, `ms = eps`) the bound acts. With an `rstd` operand
    `d` is 1/rstd, so that a bound counts as acting where `rstd` is the reciprocal
    of that bound, rounded, or more.

    #### Rounding points

    1. `dy`, `x`, `scale` and `eps` are converted to `compute_type`: exactly, unless
       one is wider, which is then rounded once.
    2. Everything is computed and accumulated in `compute_type`. The order of the
       additions along a slice depends on N alone; that of the additions over
       rows on the extents of `x` alone. So results are the same, bit for bit, for any number of
       threads.
    3. Each output is rounded once, to nearest even, to its element type.

    #### Tiling

    A dimension in `axes` cannot be tiled, nor one that a requested parameter
    gradient is summed over.

    #### Canonical form

    Axes ascend; parameter gradients that are not used are not asked for; a scale
    of 1 is dropped, an `eps` operand that is one number becomes the attribute,
    exact extensions of inputs (`arith.extf`) become part of the operation; an operation
    all of whose outputs are empty disappears.
  }];

  let arguments = (ins
    RMSNorm_RankedTensorOrMemRef:$grad,
    RMSNorm_RankedTensorOrMemRef:$input,
    Optional<RMSNorm_RankedTensorOrMemRef>:$scale,
    Optional<RMSNorm_RankedTensorOrMemRef>:$epsilon,
    Optional<RMSNorm_RankedTensorOrMemRef>:$rstd,
    RMSNorm_RankedTensorOrMemRef:$dinput,
    Optional<RMSNorm_RankedTensorOrMemRef>:$dscale,
    Optional<RMSNorm_RankedTensorOrMemRef>:$dbias,
    Optional<RMSNorm_RankedTensorOrMemRef>:$depsilon,
    DenseI64ArrayAttr:$axes,
    DefaultValuedAttr<F64Attr, "0.0">:$eps,
    DefaultValuedAttr<RMSNorm_EpsModeAttr, "::mlir::rmsnorm::EpsMode::Inside">:$eps_mode,
    DefaultValuedAttr<F64Attr, "0.0">:$min_rms,
    OptionalAttr<TypeAttr>:$compute_type
  );
  let results = (outs Variadic<AnyRankedTensor>:$results);

  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
  let extraClassDeclaration = normDeclarations # [{
    ShapedType getDinputType() { return cast<ShapedType>(getDinput().getType()); }
    /// The destinations of the parameters' gradients: dscale, dbias, deps, null
    /// where not asked for.
    std::array<Value, 3> getParameterGradients() {
      return {getDscale(), getDbias(), getDepsilon()};
    }
    bool hasParameterGradients() {
      return getDscale() || getDbias() || getDepsilon();
    }
    /// The results for these (tensors only), null where not asked for.
    std::array<Value, 3> getParameterGradientResults();
    MutableOperandRange getDpsInitsMutable();
  }];
}

#endif // RMSNORM_DIALECT_RMSNORM_IR_RMSNORMBACKWARDOP_TD
