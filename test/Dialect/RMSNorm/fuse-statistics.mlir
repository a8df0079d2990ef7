// RUN: rmsnorm-opt %s --rmsnorm-fuse --canonicalize --cse --split-input-file | FileCheck %s

// Dynamic quantisation: the largest absolute value of the result is a second
// reduction of the same kernel, the scale computed once per row.
// CHECK-LABEL: @dynamic_quantisation
// CHECK: %[[K:.*]]:2 = rmsnorm.row_kernel "rms_norm" iterators = ["parallel", "reduction"]
// CHECK: rmsnorm.reduce add
// CHECK: rmsnorm.reduce maximum
// CHECK: math.roundeven
// CHECK: arith.fptosi
// CHECK-NOT: rmsnorm.row_kernel
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#one = affine_map<(d0) -> (d0)>
func.func @dynamic_quantisation(%x: tensor<?x64xf32>, %e: tensor<?x64xf32>, %er: tensor<?xf32>, %eq: tensor<?x64xi8>) -> (tensor<?x64xi8>, tensor<?xf32>) {
  %ninf = arith.constant 0xFF800000 : f32
  %y = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<?x64xf32>) outs(%e : tensor<?x64xf32>)
  %f = linalg.fill ins(%ninf : f32) outs(%er : tensor<?xf32>) -> tensor<?xf32>
  %m = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%y : tensor<?x64xf32>) outs(%f : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %abs = math.absf %a : f32
    %s = arith.maximumf %abs, %o : f32
    linalg.yield %s : f32
  } -> tensor<?xf32>
  %scale = linalg.generic {indexing_maps = [#one, #one], iterator_types = ["parallel"]} ins(%m : tensor<?xf32>) outs(%er : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %c = arith.constant 1.270000e+02 : f32
    %s = arith.divf %a, %c : f32
    linalg.yield %s : f32
  } -> tensor<?xf32>
  %q = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%y, %scale : tensor<?x64xf32>, tensor<?xf32>) outs(%eq : tensor<?x64xi8>) {
  ^bb0(%a: f32, %b: f32, %o: i8):
    %d = arith.divf %a, %b : f32
    %r = math.roundeven %d : f32
    %i = arith.fptosi %r : f32 to i8
    linalg.yield %i : i8
  } -> tensor<?x64xi8>
  return %q, %scale : tensor<?x64xi8>, tensor<?xf32>
}

// -----

// A reduction over a dimension of extent 1 that only a reshaped operand has.
// CHECK-LABEL: @unit_reduction
// CHECK: rmsnorm.row_kernel
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @unit_reduction(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %u = tensor.expand_shape %x [[0, 1]] output_shape [4, 1] : tensor<4xf32> into tensor<4x1xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%u : tensor<4x1xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = arith.addf %a, %o : f32
    linalg.yield %t : f32
  } -> tensor<4xf32>
  return %s : tensor<4xf32>
}

// -----

// The sum of equal numbers, and that of a broadcast value: no operand has the
// extent of the row.
// CHECK-LABEL: @no_extent
// CHECK: = linalg.generic
// CHECK: rmsnorm.row_kernel "map"
// CHECK: rmsnorm.row_kernel "row"
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @no_extent(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %zero = arith.constant 0.0 : f32
  %two = arith.constant 2.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %e2 = tensor.empty() : tensor<4x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %c = linalg.fill ins(%two : f32) outs(%e2 : tensor<4x8xf32>) -> tensor<4x8xf32>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%c : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = arith.addf %a, %o : f32
    linalg.yield %t : f32
  } -> tensor<4xf32>
  %b = linalg.broadcast ins(%x : tensor<4xf32>) outs(%e2 : tensor<4x8xf32>) dimensions = [1]
  %r = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%b : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = arith.addf %a, %o : f32
    linalg.yield %t : f32
  } -> tensor<4xf32>
  return %s, %r : tensor<4xf32>, tensor<4xf32>
}

// -----

// The same as PyTorch writes it: the scale keeps a dimension of extent 1, and
// is needed by others. Of the kernel's results it is the one without.
// CHECK-LABEL: @dynamic_quantisation_kept
// CHECK: %[[K:.*]]:2 = rmsnorm.row_kernel "rms_norm" iterators = ["parallel", "reduction"]
// CHECK-SAME: outs({{.*}} : tensor<?x64xi8>, tensor<?xf32>)
// CHECK-NOT: rmsnorm.row_kernel
// CHECK: %[[S:.*]] = tensor.expand_shape %[[K]]#1 {{\[}}[0, 1]] output_shape [{{.*}}, 1] : tensor<?xf32> into tensor<?x1xf32>
// CHECK: return %[[K]]#0, %[[S]]
#id = affine_map<(d0, d1) -> (d0, d1)>
#kept = affine_map<(d0, d1) -> (d0, 0)>
func.func @dynamic_quantisation_kept(%x: tensor<?x64xf32>, %e: tensor<?x64xf32>, %er: tensor<?x1xf32>, %eq: tensor<?x64xi8>) -> (tensor<?x64xi8>, tensor<?x1xf32>) {
  %ninf = arith.constant 0xFF800000 : f32
  %y = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<?x64xf32>) outs(%e : tensor<?x64xf32>)
  %f = linalg.fill ins(%ninf : f32) outs(%er : tensor<?x1xf32>) -> tensor<?x1xf32>
  %m = linalg.generic {indexing_maps = [#id, #kept], iterator_types = ["parallel", "reduction"]} ins(%y : tensor<?x64xf32>) outs(%f : tensor<?x1xf32>) {
  ^bb0(%a: f32, %o: f32):
    %abs = math.absf %a : f32
    %s = arith.maximumf %abs, %o : f32
    linalg.yield %s : f32
  } -> tensor<?x1xf32>
  %scale = linalg.generic {indexing_maps = [#kept, #id], iterator_types = ["parallel", "parallel"]} ins(%m : tensor<?x1xf32>) outs(%er : tensor<?x1xf32>) {
  ^bb0(%a: f32, %o: f32):
    %c = arith.constant 1.270000e+02 : f32
    %s = arith.divf %a, %c : f32
    linalg.yield %s : f32
  } -> tensor<?x1xf32>
  %q = linalg.generic {indexing_maps = [#id, #kept, #id], iterator_types = ["parallel", "parallel"]} ins(%y, %scale : tensor<?x64xf32>, tensor<?x1xf32>) outs(%eq : tensor<?x64xi8>) {
  ^bb0(%a: f32, %b: f32, %o: i8):
    %d = arith.divf %a, %b : f32
    %r = math.roundeven %d : f32
    %i = arith.fptosi %r : f32 to i8
    linalg.yield %i : i8
  } -> tensor<?x64xi8>
  return %q, %scale : tensor<?x64xi8>, tensor<?x1xf32>
}

// -----

// A batch of 1, which PyTorch reads at the constant 0: the row that is left
// out is a loop of the kernel all the same.
// CHECK-LABEL: @unit_batch
// CHECK: %[[K:.*]]:2 = rmsnorm.row_kernel "rms_norm"
// CHECK-NOT: rmsnorm.row_kernel
// CHECK: return
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#kept = affine_map<(d0, d1, d2) -> (0, d1, 0)>
#sum = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
func.func @unit_batch(%x: tensor<1x5x64xf32>, %e: tensor<1x5x64xf32>, %er: tensor<1x5x1xf32>) -> (tensor<1x5x64xf32>, tensor<1x5x1xf32>) {
  %ninf = arith.constant 0xFF800000 : f32
  %y = rmsnorm.rms_norm axes = [2] eps = 1.0e-6 ins(%x : tensor<1x5x64xf32>) outs(%e : tensor<1x5x64xf32>)
  %f = linalg.fill ins(%ninf : f32) outs(%er : tensor<1x5x1xf32>) -> tensor<1x5x1xf32>
  %m = linalg.generic {indexing_maps = [#id, #sum], iterator_types = ["parallel", "parallel", "reduction"]} ins(%y : tensor<1x5x64xf32>) outs(%f : tensor<1x5x1xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.maximumf %a, %o : f32
    linalg.yield %s : f32
  } -> tensor<1x5x1xf32>
  %scale = linalg.generic {indexing_maps = [#kept, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%m : tensor<1x5x1xf32>) outs(%er : tensor<1x5x1xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = math.exp %a : f32
    linalg.yield %s : f32
  } -> tensor<1x5x1xf32>
  %q = linalg.generic {indexing_maps = [#id, #kept, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%y, %scale : tensor<1x5x64xf32>, tensor<1x5x1xf32>) outs(%e : tensor<1x5x64xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %d = arith.divf %a, %b : f32
    linalg.yield %d : f32
  } -> tensor<1x5x64xf32>
  return %q, %scale : tensor<1x5x64xf32>, tensor<1x5x1xf32>
}
