//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_DIALECT_RMSNORM_IR_ROWKERNELOPS_TD
#define RMSNORM_DIALECT_RMSNORM_IR_ROWKERNELOPS_TD

include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/IR/RegionKindInterface.td"
include "rmsnorm/Dialect/RMSNorm/IR/RMSNormBase.td"

def RMSNorm_RowKernelOp : RMSNorm_RowOp<"row_kernel", [
    AttrSizedOperandSegments, IsolatedFromAbove, SingleBlock]> {
  let summary = "One fused pass over rows: elementwise scalar code with reductions along the row.";
  let description = [{
    A `linalg.generic` whose body may use row statistics. The iteration space has
    `iterator_types`; its `reduction` dimensions make up the row. The body
    computes, for one point of the space, scalars from scalars; `rmsnorm.reduce`
    combines a scalar over all points of the row, and its result is the same at each
    of them. So a whole norm with its neighbours is

    ```mlir
    %y = rmsnorm.row_kernel
        iterators = ["parallel", "reduction"]
        maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (c)>, affine_map<(r, c) -> (r, c)>]
        ins(%x, %g : tensor<?x4096xbf16>, tensor<4096xbf16>)
        outs(%init : tensor<?x4096xbf16>) {
    ^bb0(%a: bf16, %w: bf16):
      %n = arith.constant 4.096000e+03 : f32
      %eps = arith.constant 1.000000e-06 : f32
      %one = arith.constant 1.000000e+00 : f32
      %x32 = arith.extf %a : bf16 to f32
      %sq = arith.mulf %x32, %x32 : f32
      %ss = rmsnorm.reduce add %sq : f32
      %ms = arith.divf %ss, %n : f32
      %v = arith.addf %ms, %eps : f32
      %d = math.sqrt %v : f32
      %r = arith.divf %one, %d : f32
      %nx = arith.mulf %x32, %r : f32
      %w32 = arith.extf %w : bf16 to f32
      %z = arith.mulf %nx, %w32 : f32
      %o = arith.truncf %z : f32 to bf16
      rmsnorm.yield %o : bf16
    }
    ```

    The block arguments are the elements of the inputs; destinations are only written, they have no
    argument. Indexing maps are projected permutations with constants 0 where
    an operand is broadcast. The map of an output has all
    dimensions (an elementwise result), or only parallel ones (a row statistic: the
    yielded value must not depend on the position in the row).

    A scalar operand (a number, not a shaped value) has the empty map `() -> ()` with the
    iteration dimensions and is passed to the body as it is.

    Operations of the body that make 1/d of a norm's sum of squares carry the unit attribute
    `rmsnorm.statistic`: a target may compute them more precisely than their type, as long as
    the sum is a normal number; what leaves them is rounded once. It is a hint and may be dropped.

    `gathers` says which dimensions of inputs are indexed by elements of other
    inputs (an embedding's rows, say), as triples (input, dimension, input with the
    index). The map has a constant 0 there; the index is an integer
    or `index`, not gathered itself, and inside the dimension: code for CPUs checks that,
    and fails the call; on a GPU, which cannot, an index outside a dimension of known extent
    reads the nearest element.

    ```mlir
    %y = rmsnorm.row_kernel
        iterators = ["parallel", "reduction"]
        maps = [affine_map<(r, c) -> (r)>, affine_map<(r, c) -> (0, c)>, affine_map<(r, c) -> (r)>]
        ins(%ids, %table : tensor<?xi64>, tensor<1000x64xf32>) outs(%init : tensor<?xf32>)
        attributes {gathers = array<i64: 1, 0, 0>} {
    ^bb0(%id: i64, %a: f32):
      %s = rmsnorm.reduce add %a : f32
      rmsnorm.yield %s : f32
    }
    ```

    Every input element is read before any output element at the same
    position of the same row is written, so an output may be the very buffer
    of an input with the same map.
  }];

  let arguments = (ins
    Variadic<AnyTypeOf<[AnyRankedTensor, AnyMemRef, AnyFloat, AnyInteger, Index],
                       "ranked tensor, memref or number">>:$inputs,
    Variadic<RMSNorm_RankedTensorOrMemRef>:$outputs,
    AffineMapArrayAttr:$indexing_maps,
    StrArrayAttr:$iterator_types,
    OptionalAttr<StrAttr>:$kernel_name,
    OptionalAttr<DenseI64ArrayAttr>:$gathers
  );
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);

  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    int64_t getNumLoops() { return getIteratorTypes().size(); }
    bool isReductionDim(int64_t dim) {
      return cast<StringAttr>(getIteratorTypes()[dim]).getValue() == "reduction";
    }
    AffineMap getMap(int64_t operand) {
      return cast<AffineMapAttr>(getIndexingMaps()[operand]).getValue();
    }
    AffineMap getOutputMap(int64_t output) {
      return getMap(getInputs().size() + output);
    }
    /// Dimensions that are not part of the row, ascending; then those that are.
    SmallVector<int64_t> getRowDims();
    SmallVector<int64_t> getReductionDims();
    /// Static extents of the iteration space, kDynamic where unknown.
    SmallVector<int64_t> getStaticLoopExtents();
    /// An operand and its dimension with the extent of loop `dim`.
    std::pair<unsigned, int64_t> getExtentSource(int64_t dim);
    ArrayRef<int64_t> getShape(OpOperand *operand);
    /// The input whose element is the index of dimension `dim` of input
    /// `input`, if that dimension is gathered.
    std::optional<unsigned> getGatherIndex(unsigned input, int64_t dim);
    /// Whether a dimension of input `input` is gathered.
    bool isGathered(unsigned input);
    /// Whether input `input` is the index of a gathered dimension.
    bool isGatherIndex(unsigned input);
    MutableOperandRange getDpsInitsMutable() { return getOutputsMutable(); }
  }];
}

def RMSNorm_ReduceOp : RMSNorm_Op<"reduce", [
    Pure, HasParent<"::mlir::rmsnorm::RowKernelOp">, SameOperandsAndResultType]> {
  let summary = "Combines a scalar over the row.";
  let description = [{
    Only inside `rmsnorm.row_kernel`. `add` sums in the type of its operand, in a
    tree that depends on the row's length alone; `maximum` and `minimum` propagate NaN.

    The statistic of a row, alone:

    ```mlir
    %sum = rmsnorm.row_kernel
        iterators = ["parallel", "reduction"]
        maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r)>]
        ins(%x : tensor<?x64xf32>) outs(%init : tensor<?xf32>) {
    ^bb0(%a: f32):
      %sq = arith.mulf %a, %a : f32
      %ss = rmsnorm.reduce add %sq : f32
      rmsnorm.yield %ss : f32
    }
    ```
  }];
  let arguments = (ins RMSNorm_ReduceKindAttr:$kind, AnyTypeOf<[F32, F64, F16, BF16]>:$value);
  let results = (outs AnyTypeOf<[F32, F64, F16, BF16]>:$result);
  let assemblyFormat = "$kind $value attr-dict `:` type($result)";
}

def RMSNorm_YieldOp : RMSNorm_Op<"yield", [
    Pure, ReturnLike, Terminator, HasParent<"::mlir::rmsnorm::RowKernelOp">]> {
  let summary = "Ends the body of a row kernel with the elements of its outputs.";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

#endif // RMSNORM_DIALECT_RMSNORM_IR_ROWKERNELOPS_TD
