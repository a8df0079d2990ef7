//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_DIALECT_RMSNORM_TRANSFORMS_PASSES_TD
#define RMSNORM_DIALECT_RMSNORM_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def RMSNormDecompose : Pass<"rmsnorm-decompose"> {
  let summary = "Decompose rms_norm and rms_norm_backward into linalg in the compute type.";
  let description = [{
    Replaces each `rmsnorm.rms_norm` by what it means: a `linalg.generic` that
    sums the squares of a row, and a `linalg.generic` that divides, scales and
    rounds once. `rmsnorm.rms_norm_backward` becomes these sums, one more for the
    gradient of the statistic, and one per requested gradient of a parameter.
    Nothing is approximated; the rounding points stay where the
    operation has them.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
  let statistics = [
    Statistic<"numDecomposed", "num-decomposed", "Number of operations decomposed">
  ];
}

def RMSNormFuse : Pass<"rmsnorm-fuse"> {
  let summary = "Make row kernels of norms and their neighbours.";
  let description = [{
    Each `rmsnorm.rms_norm`, each elementwise linalg operation, each lookup of rows
    (`tensor.extract` in a generic, `tensor.gather`) and each linalg
    reduction along rows becomes a `rmsnorm.row_kernel`, each
    `rmsnorm.rms_norm_backward` one for `dx` and one for each shape of parameters'
    gradients; then kernels that pass a
    tensor from one to the other are merged, so that the tensor
    is not written and read in between: residual additions, casts, gates,
    scales after a rounding, quantisation by the row's largest value, softmax. Two
    kernels of which one is a norm and that read the same tensor are merged as well. Every
    rounding stays where it was. A result that others need as well becomes a further
    result of the merged kernel, unless computing it twice is cheaper than
    writing and reading it (remark `ComputedTwice`); others that stood between the two move behind
    the merged kernel.

    Views between kernels do not separate them: a reshape that splits rows
    (heads, groups) splits the loops of the kernel on its other side; a slice is computed for
    itself; where all that is wanted are 2 to 4 equal pieces of a row (a rotary
    embedding's halves), the pieces are computed side by side.

    Not merged are kernels over different rows, laid out across each other's rows, or of
    which the second needs something that others compute from the first (it would wait for
    itself); and expensive work that would be repeated. For norms the reason is given
    in a missed-optimisation remark (`NotFused`). docs/traffic.md tells how to count what
    fusion is worth.
  }];
  let options = [
    Option<"normsOnly", "norms-only", "bool", "false",
           "Leave everything alone that is not an rms_norm">
  ];
  let dependentDialects = ["::mlir::rmsnorm::RMSNormDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
  let statistics = [
    Statistic<"numConverted", "num-converted", "Number of operations made into row kernels">,
    Statistic<"numMerged", "num-merged", "Number of row kernels merged into another">,
    Statistic<"numKernels", "num-kernels", "Number of row kernels at the end">,
    Statistic<"numNorms", "num-norms", "Number of norms in them">
  ];
}

def RMSNormReportTraffic : Pass<"rmsnorm-report-traffic"> {
  let summary = "Report the bytes that each operation reads and writes.";
  let description = [{
    Changes nothing. Counts, for each operation that moves memory, the tensors (or buffers)
    that it reads and writes and their bytes: every element that it needs once,
    whatever caches do. Extents known only at run time have names: `arg0.d1` is the
    extent of dimension 1 of argument 0. Works at any stage: on linalg and
    `rmsnorm.rms_norm` before fusion, on row kernels after it, and on buffers, where copies
    and allocations are listed as well.

    The numbers go to MLIR's remark engine (category `rmsnorm-traffic`, names
    `KernelTraffic` and `ModuleTraffic`) and, with `output`, to a JSON file, whose
    members docs/traffic.md describes.

    A residual sum with its norm and weight, in bf16, gives for instance

        rmsnorm.row_kernel: 3 tensors read (16384*arg0.d0 + 8192 bytes), 2 written (16384*arg0.d0 bytes)
  }];
  let options = [
    Option<"output", "output", "std::string", /*default=*/"",
           "File for the report in JSON; - is the standard output">,
    Option<"label", "label", "std::string", /*default=*/"",
           "Name of this stage in the report, for instance before or after">
  ];
}

def RMSNormRaise : Pass<"rmsnorm-raise"> {
  let summary = "Find RMS norms in linalg and make them rmsnorm.rms_norm.";
  let description = [{
    Recognises what linalg on tensors computes, not how it is written. Each value in
    the body of an element-wise operation is turned into one symbolic expression
    per element, through producers, broadcasts, reductions, products of a value
    with itself, and reshapes. Arithmetic of f32 and f64 is normalised by the algebra of the
    reals; arithmetic of a narrower type is that followed by a rounding, and
    nothing moves across a rounding. A value whose normal form is that of
    `rmsnorm.rms_norm` (any `eps_mode`, `min_rms`, scale, bias, an epsilon given as
    a tensor) is replaced by the operation, as far as it reaches:
    roundings to the output type, scale and bias are taken in where they
    belong to the same computation; weights after a rounding, gates and residual
    additions stay as linalg around it.

    Where that proves nothing, it looks behind slices, concatenations, paddings and
    windows: sums over parts that add each element of an axis exactly once (halves,
    every n-th element, heads, quadrants) are a sum over the axis, whatever the
    order of its elements; parts of a norm become slices of one operation.

    Left alone, with a remark that names the proof that failed: centred values
    (LayerNorm), a variance plus the square of a mean (equal for finite elements
    only), statistics of a part of the row, a statistic of another value than the numerator (also where
    they differ by a rounding only), other axes, a divisor other than the
    number of elements, a sum without a mean, squares that are rounded or accumulated in
    f16 or bf16, negative or row-dependent epsilons, clamps that drop NaN on
    purpose (`arith.maxnumf`). A clamp written as `cmpf` and `select`, as torch-mlir
    writes `clamp_min`, is taken for one that propagates NaN, which is what PyTorch
    means: rows with a NaN become NaN. `strict-nan` leaves it alone, too.

    `assume-f32-accumulation` permits what is otherwise left alone: a statistic
    in f16 or bf16 (squares, their sum, mean, epsilon, root) is taken for one in
    f32, which is what PyTorch computes for such a mean on most devices. The
    product with x is still rounded where it is, and so is a root that is
    converted explicitly (`arith.truncf`).

    Assertions that the root is not zero (torch-mlir's `reciprocal`) are dropped where
    a positive epsilon proves them.

    Input: linalg as importers emit it (torch-mlir, StableHLO, IREE), named or
    generic, before or after `linalg-fuse-elementwise-ops`. Order of multiplications in f32 and f64
    may change.

    Remarks go to MLIR's remark engine (category `rmsnorm-raise`, names
    `NormRaised` and `NormRefused`), and with `emit-remarks` to the
    diagnostics, too. Their arguments: of a norm found `Axes`, `Input`, `Output`,
    `ComputeType`, `Eps`, `EpsMode`, `MinRms`, `Scale`, `Bias`, `EpsOperand`, `Rstd`; of
    a root that is no norm's `Proof` (the step that failed: `use`, `denominator`,
    `types`, `numerator`, `rounding`, `count`, `parameters`, `centring`, `operands`) and
    `Reason`.

    Example:

    ```mlir
    // x * rsqrt(mean(x * x) + 1e-6) in f32, rounded to bf16, then * weight in bf16
    %y = rmsnorm.rms_norm axes = [1] eps = 9.9999999747524271E-7
           ins(%x : tensor<?x4096xbf16>) outs(%init : tensor<?x4096xbf16>)
    %z = linalg.mul ins(%y, %weight : tensor<?x4096xbf16>, tensor<?x4096xbf16>)
           outs(%init : tensor<?x4096xbf16>) -> tensor<?x4096xbf16>
    ```
  }];
  let options = [
    Option<"emitRemarks", "emit-remarks", "bool", /*default=*/"false",
           "Emit the remarks as diagnostics, too">,
    Option<"strictNaN", "strict-nan", "bool", /*default=*/"false",
           "Leave clamps alone that replace NaN by their bound because they are "
           "spelled as a comparison and a selection">,
    Option<"assumeF32Accumulation", "assume-f32-accumulation", "bool",
           /*default=*/"false",
           "Take a mean of squares that is computed in f16 or bf16, and the root "
           "of it, for one computed in f32">
  ];
  let dependentDialects = ["::mlir::rmsnorm::RMSNormDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
  let statistics = [
    Statistic<"numRaised", "num-raised", "Number of norms found and raised">,
    Statistic<"numRefused", "num-refused", "Number of roots of sums that are no norms">
  ];
}

#endif // RMSNORM_DIALECT_RMSNORM_TRANSFORMS_PASSES_TD
