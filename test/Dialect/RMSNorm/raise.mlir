// RUN: rmsnorm-opt %s --rmsnorm-raise --canonicalize --split-input-file | FileCheck %s
// RUN: rmsnorm-opt %s --linalg-fuse-elementwise-ops --canonicalize --rmsnorm-raise --split-input-file | FileCheck %s --check-prefix=FUSED

// JAX through StableHLO: named operations, separate broadcasts, the weight
// multiplied with the reciprocal root first.
// CHECK-LABEL: @jax
// CHECK-SAME: %[[X:.*]]: tensor<4x8xbf16>, %[[W:.*]]: tensor<8xf32>
// CHECK: %[[Y:.*]] = rmsnorm.rms_norm axes = [1] eps = 9.999999974752427e-07 ins(%[[X]], scale %[[W]] : tensor<4x8xbf16>, tensor<8xf32>) outs(%{{.*}} : tensor<4x8xbf16>)
// CHECK-NEXT: return %[[Y]]
// FUSED-LABEL: @jax
// FUSED: rmsnorm.rms_norm axes = [1] eps = 9.999999974752427e-07 ins(%{{.*}}, scale %{{.*}} : tensor<4x8xbf16>, tensor<8xf32>)
// FUSED-NOT: linalg.generic
func.func @jax(%x: tensor<4x8xbf16>, %w: tensor<8xf32>) -> tensor<4x8xbf16> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant dense<8.0> : tensor<4x1xf32>
  %eps = arith.constant dense<1.0e-6> : tensor<4x1xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %er = tensor.empty() : tensor<4xf32>
  %e1 = tensor.empty() : tensor<4x1xf32>
  %wide = linalg.map { arith.extf } ins(%x : tensor<4x8xbf16>) outs(%e : tensor<4x8xf32>)
  %sq = linalg.mul ins(%wide, %wide : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %sum = linalg.reduce { arith.addf } ins(%sq : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) dimensions = [1]
  %keep = tensor.expand_shape %sum [[0, 1]] output_shape [4, 1] : tensor<4xf32> into tensor<4x1xf32>
  %mean = linalg.div ins(%keep, %n : tensor<4x1xf32>, tensor<4x1xf32>) outs(%e1 : tensor<4x1xf32>) -> tensor<4x1xf32>
  %plus = linalg.add ins(%mean, %eps : tensor<4x1xf32>, tensor<4x1xf32>) outs(%e1 : tensor<4x1xf32>) -> tensor<4x1xf32>
  %rstd = linalg.rsqrt ins(%plus : tensor<4x1xf32>) outs(%e1 : tensor<4x1xf32>) -> tensor<4x1xf32>
  %rows = tensor.collapse_shape %rstd [[0, 1]] : tensor<4x1xf32> into tensor<4xf32>
  %rb = linalg.broadcast ins(%rows : tensor<4xf32>) outs(%e : tensor<4x8xf32>) dimensions = [1]
  %wb = linalg.broadcast ins(%w : tensor<8xf32>) outs(%e : tensor<4x8xf32>) dimensions = [0]
  %rw = linalg.mul ins(%rb, %wb : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %y = linalg.mul ins(%wide, %rw : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %eb = tensor.empty() : tensor<4x8xbf16>
  %r = linalg.map { arith.truncf } ins(%y : tensor<4x8xf32>) outs(%eb : tensor<4x8xbf16>)
  return %r : tensor<4x8xbf16>
}

// -----

// The same before it is linalg at all: arithmetic on whole tensors, and N
// known only at run time.
// CHECK-LABEL: @dynamic_extents
// CHECK-SAME: %[[X:.*]]: tensor<?x?xf32>
// CHECK: rmsnorm.rms_norm axes = [1] eps = 9.999999747378752e-06 ins(%[[X]] : tensor<?x?xf32>)
// CHECK-NOT: linalg.generic
// FUSED-LABEL: @dynamic_extents
// FUSED: rmsnorm.rms_norm axes = [1] eps = 9.999999747378752e-06
// FUSED-NOT: linalg.generic
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @dynamic_extents(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %eps = arith.constant 9.99999974737875163555E-6 : f32
  %rows = tensor.dim %x, %c0 : tensor<?x?xf32>
  %cols = tensor.dim %x, %c1 : tensor<?x?xf32>
  %int = arith.index_cast %cols : index to i64
  %n = arith.sitofp %int : i64 to f32
  %sq = arith.mulf %x, %x : tensor<?x?xf32>
  %er = tensor.empty(%rows) : tensor<?xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<?xf32>) -> tensor<?xf32>
  %sum = linalg.reduce { arith.addf } ins(%sq : tensor<?x?xf32>) outs(%fill : tensor<?xf32>) dimensions = [1]
  %e = tensor.empty(%rows, %cols) : tensor<?x?xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %sum : tensor<?x?xf32>, tensor<?xf32>) outs(%e : tensor<?x?xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %p = arith.addf %m, %eps : f32
    %s = math.sqrt %p : f32
    %q = arith.divf %a, %s : f32
    linalg.yield %q : f32
  } -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// -----

// Channels first, epsilon outside of the root, a scale and a bias per channel: they are
// aligned by extents of 1.
// CHECK-LABEL: @channels_first
// CHECK-SAME: %[[X:.*]]: tensor<2x8x5xf32>, %[[G:.*]]: tensor<8xf32>, %[[B:.*]]: tensor<8xf32>
// CHECK-DAG: %[[GC:.*]] = tensor.expand_shape %[[G]] {{\[}}[0, 1]] output_shape [8, 1]
// CHECK-DAG: %[[BC:.*]] = tensor.expand_shape %[[B]] {{\[}}[0, 1]] output_shape [8, 1]
// CHECK: rmsnorm.rms_norm axes = [1] eps = {{.*}} eps_mode = outside ins(%[[X]], scale %[[GC]], bias %[[BC]] : tensor<2x8x5xf32>, tensor<8x1xf32>, tensor<8x1xf32>)
// FUSED-LABEL: @channels_first
// FUSED: rmsnorm.rms_norm axes = [1] eps = {{.*}} eps_mode = outside
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#row = affine_map<(d0, d1, d2) -> (d0, d2)>
#channel = affine_map<(d0, d1, d2) -> (d1)>
func.func @channels_first(%x: tensor<2x8x5xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x8x5xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 0.125 : f32
  %eps = arith.constant 1.0e-8 : f32
  %er = tensor.empty() : tensor<2x5xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<2x5xf32>) -> tensor<2x5xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction", "parallel"]}
    ins(%x : tensor<2x8x5xf32>) outs(%fill : tensor<2x5xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %p = arith.addf %o, %q : f32
    linalg.yield %p : f32
  } -> tensor<2x5xf32>
  %e = tensor.empty() : tensor<2x8x5xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #channel, #channel, #id], iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%x, %sum, %g, %b : tensor<2x8x5xf32>, tensor<2x5xf32>, tensor<8xf32>, tensor<8xf32>) outs(%e : tensor<2x8x5xf32>) {
  ^bb0(%a: f32, %t: f32, %gg: f32, %bb: f32, %o: f32):
    %m = arith.mulf %t, %n : f32
    %s = math.sqrt %m : f32
    %d = arith.addf %s, %eps : f32
    %q = arith.divf %a, %d : f32
    %v = arith.mulf %gg, %q : f32
    %w = arith.addf %v, %bb : f32
    linalg.yield %w : f32
  } -> tensor<2x8x5xf32>
  return %y : tensor<2x8x5xf32>
}

// -----

// F.normalize times sqrt(N) is a norm with a lower bound, not with an epsilon; f64
// is computed in f64.
// CHECK-LABEL: @clamped
// CHECK: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 min_rms = 5.{{0*}}e-07 ins(%{{.*}} : tensor<3x4xf64>)
// FUSED-LABEL: @clamped
// FUSED: rmsnorm.rms_norm axes = [1] eps = 0.0e+00 min_rms = 5.{{0*}}e-07
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @clamped(%x: tensor<3x4xf64>) -> tensor<3x4xf64> {
  %zero = arith.constant 0.0 : f64
  %bound = arith.constant 1.0e-6 : f64
  %root = arith.constant 2.0 : f64
  %er = tensor.empty() : tensor<3xf64>
  %fill = linalg.fill ins(%zero : f64) outs(%er : tensor<3xf64>) -> tensor<3xf64>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<3x4xf64>) outs(%fill : tensor<3xf64>) {
  ^bb0(%a: f64, %o: f64):
    %q = arith.mulf %a, %a : f64
    %p = arith.addf %o, %q : f64
    linalg.yield %p : f64
  } -> tensor<3xf64>
  %e = tensor.empty() : tensor<3x4xf64>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %sum : tensor<3x4xf64>, tensor<3xf64>) outs(%e : tensor<3x4xf64>) {
  ^bb0(%a: f64, %t: f64, %o: f64):
    %s = math.sqrt %t : f64
    %d = arith.maximumf %s, %bound : f64
    %q = arith.divf %a, %d : f64
    %v = arith.mulf %q, %root : f64
    linalg.yield %v : f64
  } -> tensor<3x4xf64>
  return %y : tensor<3x4xf64>
}

// -----

// The reciprocal root is read elsewhere: a result of the norm. The value before
// the weight is read elsewhere, too: the weight stays outside.
// CHECK-LABEL: @more_readers
// CHECK: %[[N:.*]]:2 = rmsnorm.rms_norm axes = [1] {{.*}} ins(%{{.*}} : tensor<4x8xf32>) outs(%{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<4xf32>)
// CHECK: %[[Y:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<8xf32>, tensor<4x8xf32>)
// CHECK-NEXT: ^bb0
// CHECK-NEXT: arith.mulf
// CHECK-NEXT: linalg.yield
// CHECK: return %[[Y]], %[[N]]#0, %[[N]]#1
// FUSED-LABEL: @more_readers
// FUSED: %[[N:.*]]:2 = rmsnorm.rms_norm
// FUSED: return %{{.*}}, %[[N]]#0, %[[N]]#1
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#col = affine_map<(d0, d1) -> (d1)>
#id1 = affine_map<(d0) -> (d0)>
func.func @more_readers(%x: tensor<4x8xf32>, %w: tensor<8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4xf32>) {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %p = arith.addf %o, %q : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %rstd = linalg.generic {indexing_maps = [#id1, #id1], iterator_types = ["parallel"]}
    ins(%sum : tensor<4xf32>) outs(%er : tensor<4xf32>) {
  ^bb0(%t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %p = arith.addf %m, %eps : f32
    %r = math.rsqrt %p : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %rstd : tensor<4x8xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %r: f32, %o: f32):
    %q = arith.mulf %a, %r : f32
    linalg.yield %q : f32
  } -> tensor<4x8xf32>
  %z = linalg.generic {indexing_maps = [#col, #id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%w, %y : tensor<8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %r: f32, %o: f32):
    %q = arith.mulf %a, %r : f32
    linalg.yield %q : f32
  } -> tensor<4x8xf32>
  return %z, %y, %rstd : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4xf32>
}

// -----

// A second weight, or a second bias, is a neighbour: taken in, it would be
// multiplied with the first once more in each call, by a kernel of its own.
// CHECK-LABEL: @two_weights
// CHECK: %[[Y:.*]] = rmsnorm.rms_norm axes = [1] eps = {{.*}} ins(%arg0, scale %arg1 : tensor<4x8xf32>, tensor<8xf32>)
// CHECK: linalg.generic {{.*}} ins(%[[Y]], %arg2
// CHECK-NOT: linalg.generic
// FUSED-LABEL: @two_weights
// FUSED: %[[Y:.*]] = rmsnorm.rms_norm axes = [1] eps = {{.*}} ins(%arg0, scale %arg1 : tensor<4x8xf32>, tensor<8xf32>)
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#col = affine_map<(d0, d1) -> (d1)>
#id1 = affine_map<(d0) -> (d0)>
func.func @two_weights(%x: tensor<4x8xf32>, %w: tensor<8xf32>, %v: tensor<f32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %p = arith.addf %o, %q : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %rstd = linalg.generic {indexing_maps = [#id1, #id1], iterator_types = ["parallel"]}
    ins(%sum : tensor<4xf32>) outs(%er : tensor<4xf32>) {
  ^bb0(%t: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %p = arith.addf %m, %eps : f32
    %r = math.rsqrt %p : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #col, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %rstd, %w : tensor<4x8xf32>, tensor<4xf32>, tensor<8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %r: f32, %g: f32, %o: f32):
    %q = arith.mulf %a, %r : f32
    %p = arith.mulf %q, %g : f32
    linalg.yield %p : f32
  } -> tensor<4x8xf32>
  %z = linalg.generic {indexing_maps = [#id, affine_map<(d0, d1) -> ()>, #id], iterator_types = ["parallel", "parallel"]}
    ins(%y, %v : tensor<4x8xf32>, tensor<f32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %r: f32, %o: f32):
    %q = arith.divf %a, %r : f32
    linalg.yield %q : f32
  } -> tensor<4x8xf32>
  return %z : tensor<4x8xf32>
}

// -----

// Where 4x is the tensor that there is, its norm has the epsilon that was added
// to the mean of its squares: the operand as it is.
// CHECK-LABEL: @scaled_with_epsilon
// CHECK: %[[S:.*]] = linalg.generic {{.*}} ins(%arg0
// CHECK: rmsnorm.rms_norm axes = [1] ins(%[[S]], eps %[[E:.*]] : tensor<4x8xf32>, tensor<1xf32>)
// CHECK-NOT: arith.mulf
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#id1 = affine_map<(d0) -> (d0)>
func.func @scaled_with_epsilon(%x: tensor<4x8xf32>, %eps: tensor<1xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %four = arith.constant 4.0 : f32
  %n = arith.constant 8.0 : f32
  %er = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %s = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %four : f32
    linalg.yield %q : f32
  } -> tensor<4x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%s : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %p = arith.addf %o, %q : f32
    linalg.yield %p : f32
  } -> tensor<4xf32>
  %rstd = linalg.generic {indexing_maps = [#id1, affine_map<(d0) -> (0)>, #id1], iterator_types = ["parallel"]}
    ins(%sum, %eps : tensor<4xf32>, tensor<1xf32>) outs(%er : tensor<4xf32>) {
  ^bb0(%t: f32, %a: f32, %o: f32):
    %m = arith.divf %t, %n : f32
    %p = arith.addf %m, %a : f32
    %r = math.rsqrt %p : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%s, %rstd : tensor<4x8xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %r: f32, %o: f32):
    %q = arith.mulf %a, %r : f32
    linalg.yield %q : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
