// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Written by generate_raise_forms.py; do not edit.
// CHECK-LABEL: func.func @abs_sq(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @abs_sq(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.absf %in : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%2 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %4 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %5 = linalg.fill ins(%cst : f32) outs(%4 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%3 : tensor<?x5x64xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.addf %in, %out : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.divf %in, %cst_1 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.truncf %cst_0 : f64 to f32
      %17 = arith.addf %in, %16 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.sqrt %in : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %9 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %16 = arith.divf %in, %in_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %11 = tensor.empty() : tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%11 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<64xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10, %12 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %16 = arith.mulf %in, %in_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %14 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x64xf32>) outs(%14 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %16 = arith.truncf %in : f32 to bf16
      linalg.yield %16 : bf16
    } -> tensor<?x5x64xbf16>
    return %15 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @altup(
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @altup(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<?x5x64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e-05 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %22 = arith.extf %in : bf16 to f32
      linalg.yield %22 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %22 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %22 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %22 = arith.addf %in, %out : f32
      linalg.yield %22 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %22 = arith.divf %in, %cst_1 : f32
      linalg.yield %22 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %22 = math.sqrt %in : f32
      linalg.yield %22 : f32
    } -> tensor<?x5x1xf32>
    %dim_2 = tensor.dim %arg1, %c0 : tensor<?x5x64xbf16>
    %8 = tensor.empty(%dim_2) : tensor<?x5x64xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1 : tensor<?x5x64xbf16>) outs(%8 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %22 = arith.extf %in : bf16 to f32
      linalg.yield %22 : f32
    } -> tensor<?x5x64xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x64xf32>) outs(%8 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %22 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %22 : f32
    } -> tensor<?x5x64xf32>
    %11 = tensor.empty(%dim_2) : tensor<?x5x1xf32>
    %12 = linalg.fill ins(%cst : f32) outs(%11 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%10 : tensor<?x5x64xf32>) outs(%12 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %22 = arith.addf %in, %out : f32
      linalg.yield %22 : f32
    } -> tensor<?x5x1xf32>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x1xf32>) outs(%11 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %22 = arith.divf %in, %cst_1 : f32
      linalg.yield %22 : f32
    } -> tensor<?x5x1xf32>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14 : tensor<?x5x1xf32>) outs(%11 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %22 = arith.truncf %cst_0 : f64 to f32
      %23 = arith.cmpf ult, %in, %22 : f32
      %24 = arith.select %23, %22, %in : f32
      linalg.yield %24 : f32
    } -> tensor<?x5x1xf32>
    %16 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%15 : tensor<?x5x1xf32>) outs(%11 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %22 = math.sqrt %in : f32
      linalg.yield %22 : f32
    } -> tensor<?x5x1xf32>
    %17 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %7 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %22 = arith.mulf %in, %in_3 : f32
      linalg.yield %22 : f32
    } -> tensor<?x5x64xf32>
    %18 = arith.cmpi eq, %dim, %dim_2 : index
    cf.assert %18, "mismatched size for broadcast"
    %19 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%17, %16 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %22 = arith.divf %in, %in_3 : f32
      linalg.yield %22 : f32
    } -> tensor<?x5x64xf32>
    %20 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %21 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%19 : tensor<?x5x64xf32>) outs(%20 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %22 = arith.truncf %in : f32 to bf16
      linalg.yield %22 : bf16
    } -> tensor<?x5x64xbf16>
    return %21 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @bias(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @bias(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>, %arg2: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %17 = arith.extf %in : bf16 to f32
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %17 = arith.mulf %in, %in_2 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = arith.addf %in, %out : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = arith.divf %in, %cst_1 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = arith.truncf %cst_0 : f64 to f32
      %18 = arith.addf %in, %17 : f32
      linalg.yield %18 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = math.rsqrt %in : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %17 = arith.mulf %in, %in_2 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty() : tensor<64xf32>
    %11 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%10 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %17 = arith.extf %in : bf16 to f32
      linalg.yield %17 : f32
    } -> tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9, %11 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %17 = arith.mulf %in, %in_2 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %13 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg2 : tensor<64xbf16>) outs(%10 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %17 = arith.extf %in : bf16 to f32
      linalg.yield %17 : f32
    } -> tensor<64xf32>
    %14 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12, %13 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %17 = arith.addf %in, %in_2 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %15 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %16 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14 : tensor<?x5x64xf32>) outs(%15 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %17 = arith.truncf %in : f32 to bf16
      linalg.yield %17 : bf16
    } -> tensor<?x5x64xbf16>
    return %16 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @clamp_max(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0, d1, d2) -> ()>
#map3 = affine_map<(d0) -> (d0)>
#map4 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @clamp_max(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant dense<9.99999974E-6> : tensor<f32>
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.divf %in, %cst_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6, %cst_0 : tensor<?x5x1xf32>, tensor<f32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.cmpf ogt, %in, %in_2 : f32
      %16 = arith.select %15, %in, %in_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.sqrt %in : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.divf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty() : tensor<64xf32>
    %11 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%10 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map4, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9, %11 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x5x64xbf16>
    return %14 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @clamp_ms(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @clamp_ms(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e-05 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.divf %in, %cst_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.truncf %cst_0 : f64 to f32
      %16 = arith.cmpf ult, %in, %15 : f32
      %17 = arith.select %16, %15, %in : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.sqrt %in : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.divf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty() : tensor<64xf32>
    %11 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%10 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9, %11 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x5x64xbf16>
    return %14 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @clamped_above(
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @clamped_above(%arg0: tensor<?x5x64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %cst_2 = arith.constant 3.000000e+00 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %12 = arith.extf %in : bf16 to f32
      linalg.yield %12 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %12 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %12 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %12 = arith.addf %in, %out : f32
      linalg.yield %12 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %12 = arith.divf %in, %cst_1 : f32
      linalg.yield %12 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %12 = arith.truncf %cst_0 : f64 to f32
      %13 = arith.cmpf ult, %in, %12 : f32
      %14 = arith.select %13, %12, %in : f32
      %15 = arith.cmpf ugt, %14, %cst_2 : f32
      %16 = arith.select %15, %cst_2, %14 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %12 = math.rsqrt %in : f32
      linalg.yield %12 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %12 = arith.mulf %in, %in_3 : f32
      linalg.yield %12 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %11 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x64xf32>) outs(%10 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %12 = arith.truncf %in : f32 to bf16
      linalg.yield %12 : bf16
    } -> tensor<?x5x64xbf16>
    return %11 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @cohere(
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @cohere(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e-05 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %18 = arith.extf %in : bf16 to f32
      linalg.yield %18 : f32
    } -> tensor<?x5x64xf32>
    %2 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %3 = linalg.fill ins(%cst : f32) outs(%2 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%1 : tensor<?x5x64xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = arith.addf %in, %out : f32
      linalg.yield %18 : f32
    } -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%4 : tensor<?x5x1xf32>) outs(%2 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = arith.divf %in, %cst_1 : f32
      linalg.yield %18 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %5 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %18 = arith.subf %in, %in_2 : f32
      linalg.yield %18 : f32
    } -> tensor<?x5x64xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %18 : f32
    } -> tensor<?x5x64xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%7 : tensor<?x5x64xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = arith.addf %in, %out : f32
      linalg.yield %18 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf32>) outs(%2 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = arith.divf %in, %cst_1 : f32
      linalg.yield %18 : f32
    } -> tensor<?x5x1xf32>
    %10 = tensor.empty() : tensor<64xf32>
    %11 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%10 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %18 = arith.extf %in : bf16 to f32
      linalg.yield %18 : f32
    } -> tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x1xf32>) outs(%2 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = arith.truncf %cst_0 : f64 to f32
      %19 = arith.addf %in, %18 : f32
      linalg.yield %19 : f32
    } -> tensor<?x5x1xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x1xf32>) outs(%2 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = math.rsqrt %in : f32
      linalg.yield %18 : f32
    } -> tensor<?x5x1xf32>
    %14 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6, %13 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %18 = arith.mulf %in, %in_2 : f32
      linalg.yield %18 : f32
    } -> tensor<?x5x64xf32>
    %15 = linalg.generic {indexing_maps = [#map3, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%11, %14 : tensor<64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %18 = arith.mulf %in, %in_2 : f32
      linalg.yield %18 : f32
    } -> tensor<?x5x64xf32>
    %16 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %17 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%15 : tensor<?x5x64xf32>) outs(%16 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %18 = arith.truncf %in : f32 to bf16
      linalg.yield %18 : bf16
    } -> tensor<?x5x64xbf16>
    return %17 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @distributed(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @distributed(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.addf %in, %out : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.divf %in, %cst_1 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.truncf %cst_0 : f64 to f32
      %17 = arith.addf %in, %16 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.rsqrt %in : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %16 = arith.mulf %in, %in_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty() : tensor<64xf32>
    %11 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%10 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9, %11 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %16 = arith.mulf %in, %in_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9, %12 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %16 = arith.addf %in, %in_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %14 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x64xf32>) outs(%14 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %16 = arith.truncf %in : f32 to bf16
      linalg.yield %16 : bf16
    } -> tensor<?x5x64xbf16>
    return %15 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @dyn_numel(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @dyn_numel(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %12 = arith.extf %in : bf16 to f32
      linalg.yield %12 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %12 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %12 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %12 = arith.addf %in, %out : f32
      linalg.yield %12 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %12 = arith.divf %in, %cst_1 : f32
      linalg.yield %12 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %12 = arith.truncf %cst_0 : f64 to f32
      %13 = arith.addf %in, %12 : f32
      linalg.yield %13 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %12 = math.sqrt %in : f32
      linalg.yield %12 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %12 = arith.divf %in, %in_2 : f32
      linalg.yield %12 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %11 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x64xf32>) outs(%10 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %12 = arith.truncf %in : f32 to bf16
      linalg.yield %12 : bf16
    } -> tensor<?x5x64xbf16>
    return %11 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @einsum(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<()[s0] -> (s0 * 5)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map3 = affine_map<(d0) -> (d0)>
#map4 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @einsum(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %c5 = arith.constant 5 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %18 = arith.extf %in : bf16 to f32
      linalg.yield %18 : f32
    } -> tensor<?x5x64xf32>
    %collapsed = tensor.collapse_shape %1 [[0, 1], [2]] : tensor<?x5x64xf32> into tensor<?x64xf32>
    %2 = affine.apply #map1()[%dim]
    %expanded = tensor.expand_shape %collapsed [[0], [1, 2]] output_shape [%2, 1, 64] : tensor<?x64xf32> into tensor<?x1x64xf32>
    %expanded_2 = tensor.expand_shape %collapsed [[0], [1, 2]] output_shape [%2, 64, 1] : tensor<?x64xf32> into tensor<?x64x1xf32>
    %3 = tensor.empty(%2) : tensor<?x1x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x1x1xf32>) -> tensor<?x1x1xf32>
    %5 = linalg.batch_matmul ins(%expanded, %expanded_2 : tensor<?x1x64xf32>, tensor<?x64x1xf32>) outs(%4 : tensor<?x1x1xf32>) -> tensor<?x1x1xf32>
    %collapsed_3 = tensor.collapse_shape %5 [[0], [1, 2]] : tensor<?x1x1xf32> into tensor<?x1xf32>
    %6 = arith.divsi %2, %c5 : index
    %expanded_4 = tensor.expand_shape %collapsed_3 [[0, 1], [2]] output_shape [%6, 5, 1] : tensor<?x1xf32> into tensor<?x5x1xf32>
    %7 = tensor.empty(%6) : tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_4 : tensor<?x5x1xf32>) outs(%7 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = arith.divf %in, %cst_1 : f32
      linalg.yield %18 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf32>) outs(%7 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = arith.truncf %cst_0 : f64 to f32
      %19 = arith.addf %in, %18 : f32
      linalg.yield %19 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x1xf32>) outs(%7 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = math.rsqrt %in : f32
      linalg.yield %18 : f32
    } -> tensor<?x5x1xf32>
    %11 = arith.cmpi eq, %dim, %6 : index
    cf.assert %11, "mismatched size for broadcast"
    %12 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %10 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_5: f32, %out: f32):
      %18 = arith.mulf %in, %in_5 : f32
      linalg.yield %18 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty() : tensor<64xf32>
    %14 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%13 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %18 = arith.extf %in : bf16 to f32
      linalg.yield %18 : f32
    } -> tensor<64xf32>
    %15 = linalg.generic {indexing_maps = [#map, #map4, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12, %14 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_5: f32, %out: f32):
      %18 = arith.mulf %in, %in_5 : f32
      linalg.yield %18 : f32
    } -> tensor<?x5x64xf32>
    %16 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %17 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%15 : tensor<?x5x64xf32>) outs(%16 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %18 = arith.truncf %in : f32 to bf16
      linalg.yield %18 : bf16
    } -> tensor<?x5x64xbf16>
    return %17 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @eps_in_the_mean(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @eps_in_the_mean(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%2 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.truncf %cst_0 : f64 to f32
      %16 = arith.addf %in, %15 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %4 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %5 = linalg.fill ins(%cst : f32) outs(%4 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%3 : tensor<?x5x64xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.divf %in, %cst_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.rsqrt %in : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty() : tensor<64xf32>
    %11 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%10 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9, %11 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x5x64xbf16>
    return %14 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @eps_scalar_tensor(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @eps_scalar_tensor(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<1xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %14 = arith.extf %in : bf16 to f32
      linalg.yield %14 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %14 = arith.mulf %in, %in_1 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = arith.addf %in, %out : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = arith.divf %in, %cst_0 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x1xf32>
    %7 = tensor.empty() : tensor<1xf32>
    %8 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<1xbf16>) outs(%7 : tensor<1xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %14 = arith.extf %in : bf16 to f32
      linalg.yield %14 : f32
    } -> tensor<1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6, %8 : tensor<?x5x1xf32>, tensor<1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %14 = arith.addf %in, %in_1 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = math.rsqrt %in : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x1xf32>
    %11 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %10 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %14 = arith.mulf %in, %in_1 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x64xf32>
    %12 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %13 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%11 : tensor<?x5x64xf32>) outs(%12 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %14 = arith.truncf %in : f32 to bf16
      linalg.yield %14 : bf16
    } -> tensor<?x5x64xbf16>
    return %13 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @eps_tensor(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @eps_tensor(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %15 = arith.mulf %in, %in_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.divf %in, %cst_0 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %7 = tensor.empty() : tensor<64xf32>
    %8 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%7 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<64xf32>
    %9 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%8 : tensor<64xf32>) outs(%7 : tensor<64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.absf %in : f32
      linalg.yield %15 : f32
    } -> tensor<64xf32>
    %10 = linalg.generic {indexing_maps = [#map1, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6, %9 : tensor<?x5x1xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %15 = arith.addf %in, %in_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %11 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.rsqrt %in : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %11 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %15 = arith.mulf %in, %in_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x5x64xbf16>
    return %14 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @eps_times_n(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @eps_times_n(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 6.400000e-05 : f64
    %cst_1 = arith.constant 8.000000e+00 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.truncf %cst_0 : f64 to f32
      %16 = arith.addf %in, %15 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.rsqrt %in : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.mulf %in, %cst_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8, %7 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty() : tensor<64xf32>
    %11 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%10 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9, %11 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x5x64xbf16>
    return %14 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @exp2_log2(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @exp2_log2(%arg0: tensor<?x5x64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %cst_2 = arith.constant -5.000000e-01 : f32
    %cst_3 = arith.constant 2.000000e+00 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %14 = arith.extf %in : bf16 to f32
      linalg.yield %14 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %14 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = arith.addf %in, %out : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = arith.divf %in, %cst_1 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = arith.truncf %cst_0 : f64 to f32
      %15 = arith.addf %in, %14 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = math.log2 %in : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = arith.mulf %in, %cst_2 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = math.powf %cst_3, %in : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x1xf32>
    %11 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %10 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %14 = arith.mulf %in, %in_4 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x64xf32>
    %12 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %13 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%11 : tensor<?x5x64xf32>) outs(%12 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %14 = arith.truncf %in : f32 to bf16
      linalg.yield %14 : bf16
    } -> tensor<?x5x64xbf16>
    return %13 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @exp_log(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @exp_log(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %cst_2 = arith.constant -5.000000e-01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %17 = arith.extf %in : bf16 to f32
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = arith.addf %in, %out : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = arith.divf %in, %cst_1 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = arith.truncf %cst_0 : f64 to f32
      %18 = arith.addf %in, %17 : f32
      linalg.yield %18 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = math.log %in : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = arith.mulf %in, %cst_2 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = math.exp %in : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %11 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %10 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %17 = arith.mulf %in, %in_3 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %12 = tensor.empty() : tensor<64xf32>
    %13 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%12 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %17 = arith.extf %in : bf16 to f32
      linalg.yield %17 : f32
    } -> tensor<64xf32>
    %14 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%11, %13 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %17 = arith.mulf %in, %in_3 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %15 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %16 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14 : tensor<?x5x64xf32>) outs(%15 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %17 = arith.truncf %in : f32 to bf16
      linalg.yield %17 : bf16
    } -> tensor<?x5x64xbf16>
    return %16 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @extent_of_one(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @extent_of_one(%arg0: tensor<?x5x1xbf16>, %arg1: tensor<1xbf16>) -> tensor<?x5x1xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x1xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x1xbf16>) outs(%0 : tensor<?x5x1xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %13 = arith.extf %in : bf16 to f32
      linalg.yield %13 : f32
    } -> tensor<?x5x1xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x1xf32>) outs(%0 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %13 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %13 : f32
    } -> tensor<?x5x1xf32>
    %3 = linalg.fill ins(%cst : f32) outs(%0 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %13 = arith.addf %in, %out : f32
      linalg.yield %13 : f32
    } -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%4 : tensor<?x5x1xf32>) outs(%0 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %13 = arith.truncf %cst_0 : f64 to f32
      %14 = arith.addf %in, %13 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%0 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %13 = math.rsqrt %in : f32
      linalg.yield %13 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %6 : tensor<?x5x1xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %13 = arith.mulf %in, %in_1 : f32
      linalg.yield %13 : f32
    } -> tensor<?x5x1xf32>
    %8 = tensor.empty() : tensor<1xf32>
    %9 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<1xbf16>) outs(%8 : tensor<1xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %13 = arith.extf %in : bf16 to f32
      linalg.yield %13 : f32
    } -> tensor<1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7, %9 : tensor<?x5x1xf32>, tensor<1xf32>) outs(%0 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %13 = arith.mulf %in, %in_1 : f32
      linalg.yield %13 : f32
    } -> tensor<?x5x1xf32>
    %11 = tensor.empty(%dim) : tensor<?x5x1xbf16>
    %12 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10 : tensor<?x5x1xf32>) outs(%11 : tensor<?x5x1xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %13 = arith.truncf %in : f32 to bf16
      linalg.yield %13 : bf16
    } -> tensor<?x5x1xbf16>
    return %12 : tensor<?x5x1xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @fnormalize(
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @fnormalize(%arg0: tensor<?x5x64xbf16>) -> tensor<?x5x64xbf16> {
    %true = arith.constant true
    %c0_i64 = arith.constant 0 : i64
    %c1 = arith.constant 1 : index
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999998E-13 : f64
    %cst_1 = arith.constant 5.000000e-01 : f32
    %cst_2 = arith.constant 2.000000e+00 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = arith.index_cast %dim : index to i64
    %1 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%1 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %14 = arith.extf %in : bf16 to f32
      linalg.yield %14 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = math.absf %in : f32
      %15 = math.powf %14, %cst_2 : f32
      %16 = arith.addf %15, %out : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = math.powf %in, %cst_1 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = arith.truncf %cst_0 : f64 to f32
      %15 = arith.cmpf ult, %in, %14 : f32
      %16 = arith.select %15, %14, %in : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %8 = arith.cmpi sge, %0, %c0_i64 : i64
    cf.assert %8, "unimplemented: dynamic negative broadcast sizes"
    %9 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %10 = linalg.generic {indexing_maps = [#map], iterator_types = ["parallel", "parallel", "parallel"]} outs(%9 : tensor<?x5x64xf32>) {
    ^bb0(%out: f32):
      %14 = linalg.index 0 : index
      %15 = linalg.index 1 : index
      %16 = arith.cmpi eq, %dim, %c1 : index
      %17 = arith.select %16, %c0, %14 : index
      %extracted = tensor.extract %7[%17, %15, %c0] : tensor<?x5x1xf32>
      linalg.yield %extracted : f32
    } -> tensor<?x5x64xf32>
    cf.assert %true, "mismatched size for broadcast"
    %11 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%2, %10 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%1 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %14 = arith.divf %in, %in_3 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x64xf32>
    %12 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %13 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%11 : tensor<?x5x64xf32>) outs(%12 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %14 = arith.truncf %in : f32 to bf16
      linalg.yield %14 : bf16
    } -> tensor<?x5x64xbf16>
    return %13 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @gate_f32(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @gate_f32(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>, %arg2: tensor<?x5x64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e+00 : f32
    %cst_1 = arith.constant 9.9999999999999995E-7 : f64
    %cst_2 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %21 = arith.extf %in : bf16 to f32
      linalg.yield %21 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %21 = arith.mulf %in, %in_4 : f32
      linalg.yield %21 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %21 = arith.addf %in, %out : f32
      linalg.yield %21 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %21 = arith.divf %in, %cst_2 : f32
      linalg.yield %21 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %21 = arith.truncf %cst_1 : f64 to f32
      %22 = arith.addf %in, %21 : f32
      linalg.yield %22 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %21 = math.rsqrt %in : f32
      linalg.yield %21 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %21 = arith.mulf %in, %in_4 : f32
      linalg.yield %21 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty() : tensor<64xf32>
    %11 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%10 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %21 = arith.extf %in : bf16 to f32
      linalg.yield %21 : f32
    } -> tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9, %11 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %21 = arith.mulf %in, %in_4 : f32
      linalg.yield %21 : f32
    } -> tensor<?x5x64xf32>
    %dim_3 = tensor.dim %arg2, %c0 : tensor<?x5x64xbf16>
    %13 = tensor.empty(%dim_3) : tensor<?x5x64xf32>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg2 : tensor<?x5x64xbf16>) outs(%13 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %21 = arith.extf %in : bf16 to f32
      linalg.yield %21 : f32
    } -> tensor<?x5x64xf32>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %21 = arith.negf %in : f32
      %22 = math.exp %21 : f32
      %23 = arith.addf %22, %cst_0 : f32
      %24 = arith.divf %cst_0, %23 : f32
      linalg.yield %24 : f32
    } -> tensor<?x5x64xf32>
    %16 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14, %15 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %21 = arith.mulf %in, %in_4 : f32
      linalg.yield %21 : f32
    } -> tensor<?x5x64xf32>
    %17 = arith.cmpi eq, %dim, %dim_3 : index
    cf.assert %17, "mismatched size for broadcast"
    %18 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12, %16 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %21 = arith.mulf %in, %in_4 : f32
      linalg.yield %21 : f32
    } -> tensor<?x5x64xf32>
    %19 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %20 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%18 : tensor<?x5x64xf32>) outs(%19 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %21 = arith.truncf %in : f32 to bf16
      linalg.yield %21 : bf16
    } -> tensor<?x5x64xbf16>
    return %20 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @grn(
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, 0, 0, d3)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
module {
  func.func @grn(%arg0: tensor<?x4x4x16xbf16>) -> tensor<?x4x4x16xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 5.000000e-01 : f32
    %cst_2 = arith.constant 1.600000e+01 : f32
    %cst_3 = arith.constant 2.000000e+00 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x4x4x16xbf16>
    %0 = tensor.empty(%dim) : tensor<?x4x4x16xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x4x4x16xbf16>) outs(%0 : tensor<?x4x4x16xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x4x4x16xf32>
    %2 = tensor.empty(%dim) : tensor<?x1x1x16xf32>
    %3 = linalg.fill ins(%cst : f32) outs(%2 : tensor<?x1x1x16xf32>) -> tensor<?x1x1x16xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "reduction", "reduction", "parallel"]} ins(%1 : tensor<?x4x4x16xf32>) outs(%3 : tensor<?x1x1x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.absf %in : f32
      %16 = math.powf %15, %cst_3 : f32
      %17 = arith.addf %16, %out : f32
      linalg.yield %17 : f32
    } -> tensor<?x1x1x16xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%4 : tensor<?x1x1x16xf32>) outs(%2 : tensor<?x1x1x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.powf %in, %cst_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x1x1x16xf32>
    %6 = tensor.empty(%dim) : tensor<?x1x1x1xf32>
    %7 = linalg.fill ins(%cst : f32) outs(%6 : tensor<?x1x1x1xf32>) -> tensor<?x1x1x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map2], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%5 : tensor<?x1x1x16xf32>) outs(%7 : tensor<?x1x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x1x1x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%8 : tensor<?x1x1x1xf32>) outs(%6 : tensor<?x1x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.divf %in, %cst_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x1x1x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%9 : tensor<?x1x1x1xf32>) outs(%6 : tensor<?x1x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.truncf %cst_0 : f64 to f32
      %16 = arith.addf %in, %15 : f32
      linalg.yield %16 : f32
    } -> tensor<?x1x1x1xf32>
    %11 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%5, %10 : tensor<?x1x1x16xf32>, tensor<?x1x1x1xf32>) outs(%2 : tensor<?x1x1x16xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %15 = arith.divf %in, %in_4 : f32
      linalg.yield %15 : f32
    } -> tensor<?x1x1x16xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%1, %11 : tensor<?x4x4x16xf32>, tensor<?x1x1x16xf32>) outs(%0 : tensor<?x4x4x16xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %15 = arith.mulf %in, %in_4 : f32
      linalg.yield %15 : f32
    } -> tensor<?x4x4x16xf32>
    %13 = tensor.empty(%dim) : tensor<?x4x4x16xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%12 : tensor<?x4x4x16xf32>) outs(%13 : tensor<?x4x4x16xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x4x4x16xbf16>
    return %14 : tensor<?x4x4x16xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @group_of_another_axis(
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
module {
  func.func @group_of_another_axis(%arg0: tensor<?x5x64xbf16>) -> tensor<?x5x64xbf16> {
    %c1_i64 = arith.constant 1 : i64
    %c2_i64 = arith.constant 2 : i64
    %c0_i64 = arith.constant 0 : i64
    %c1 = arith.constant 1 : index
    %c0 = arith.constant 0 : index
    %c5_i64 = arith.constant 5 : i64
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 4.000000e+00 : f32
    %c320_i64 = arith.constant 320 : i64
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %28 = arith.extf %in : bf16 to f32
      linalg.yield %28 : f32
    } -> tensor<?x5x64xf32>
    %expanded = tensor.expand_shape %1 [[0], [1], [2, 3]] output_shape [%dim, 5, 4, 16] : tensor<?x5x64xf32> into tensor<?x5x4x16xf32>
    %2 = tensor.empty(%dim) : tensor<?x5x4x16xf32>
    %3 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded : tensor<?x5x4x16xf32>) outs(%2 : tensor<?x5x4x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %28 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %28 : f32
    } -> tensor<?x5x4x16xf32>
    %4 = tensor.empty(%dim) : tensor<?x5x16xf32>
    %5 = linalg.fill ins(%cst : f32) outs(%4 : tensor<?x5x16xf32>) -> tensor<?x5x16xf32>
    %6 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "reduction", "parallel"]} ins(%3 : tensor<?x5x4x16xf32>) outs(%5 : tensor<?x5x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %28 = arith.addf %in, %out : f32
      linalg.yield %28 : f32
    } -> tensor<?x5x16xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x16xf32>) outs(%4 : tensor<?x5x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %28 = arith.divf %in, %cst_1 : f32
      linalg.yield %28 : f32
    } -> tensor<?x5x16xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x16xf32>) outs(%4 : tensor<?x5x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %28 = arith.truncf %cst_0 : f64 to f32
      %29 = arith.addf %in, %28 : f32
      linalg.yield %29 : f32
    } -> tensor<?x5x16xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x16xf32>) outs(%4 : tensor<?x5x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %28 = math.rsqrt %in : f32
      linalg.yield %28 : f32
    } -> tensor<?x5x16xf32>
    %expanded_2 = tensor.expand_shape %9 [[0], [1], [2, 3]] output_shape [%dim, 5, 1, 16] : tensor<?x5x16xf32> into tensor<?x5x1x16xf32>
    %10 = arith.index_cast %dim : index to i64
    %11 = arith.cmpi sge, %10, %c0_i64 : i64
    cf.assert %11, "unimplemented: dynamic negative broadcast sizes"
    %12 = tensor.empty(%dim) : tensor<?x5x4x16xf32>
    %13 = linalg.generic {indexing_maps = [#map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%12 : tensor<?x5x4x16xf32>) {
    ^bb0(%out: f32):
      %28 = linalg.index 0 : index
      %29 = linalg.index 1 : index
      %30 = linalg.index 3 : index
      %31 = arith.cmpi eq, %dim, %c1 : index
      %32 = arith.select %31, %c0, %28 : index
      %extracted = tensor.extract %expanded_2[%32, %29, %c0, %30] : tensor<?x5x1x16xf32>
      linalg.yield %extracted : f32
    } -> tensor<?x5x4x16xf32>
    %14 = arith.cmpi slt, %10, %c0_i64 : i64
    %15 = arith.select %14, %c1_i64, %10 : i64
    %16 = arith.extui %14 : i1 to i64
    %17 = arith.muli %15, %c5_i64 : i64
    %18 = arith.addi %16, %c1_i64 : i64
    %19 = arith.cmpi sle, %18, %c1_i64 : i64
    cf.assert %19, "must have at most one inferred (negative) dimension"
    %20 = arith.muli %10, %c320_i64 : i64
    %21 = arith.divsi %20, %17 : i64
    %22 = arith.select %14, %21, %10 : i64
    %from_elements = tensor.from_elements %22, %c5_i64, %21 : tensor<3xi64>
    %reshape = tensor.reshape %13(%from_elements) : (tensor<?x5x4x16xf32>, tensor<3xi64>) -> tensor<?x5x64xf32>
    %23 = arith.index_cast %22 : i64 to index
    %extracted_slice = tensor.extract_slice %reshape[0, 0, 63] [%23, 5, 1] [1, 1, 1] : tensor<?x5x64xf32> to tensor<?x5x1xf32>
    %cast = tensor.cast %extracted_slice : tensor<?x5x1xf32> to tensor<?x5x?xf32>
    %extracted_slice_3 = tensor.extract_slice %reshape[0, 0, 0] [%23, 5, 63] [1, 1, 1] : tensor<?x5x64xf32> to tensor<?x5x63xf32>
    %cast_4 = tensor.cast %extracted_slice_3 : tensor<?x5x63xf32> to tensor<?x5x?xf32>
    %concat = tensor.concat dim(2) %cast, %cast_4 : (tensor<?x5x?xf32>, tensor<?x5x?xf32>) -> tensor<?x5x64xf32>
    %24 = arith.cmpi eq, %dim, %23 : index
    cf.assert %24, "mismatched size for broadcast"
    %25 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %concat : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_5: f32, %out: f32):
      %28 = arith.mulf %in, %in_5 : f32
      linalg.yield %28 : f32
    } -> tensor<?x5x64xf32>
    %26 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %27 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%25 : tensor<?x5x64xf32>) outs(%26 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %28 = arith.truncf %in : f32 to bf16
      linalg.yield %28 : bf16
    } -> tensor<?x5x64xbf16>
    return %27 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @group_statistic_expanded(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map3 = affine_map<(d0) -> (d0)>
#map4 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @group_statistic_expanded(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %true = arith.constant true
    %c2_i64 = arith.constant 2 : i64
    %c0_i64 = arith.constant 0 : i64
    %c1 = arith.constant 1 : index
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 1.600000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = arith.index_cast %dim : index to i64
    %1 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%1 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %20 = arith.extf %in : bf16 to f32
      linalg.yield %20 : f32
    } -> tensor<?x5x64xf32>
    %expanded = tensor.expand_shape %2 [[0], [1], [2, 3]] output_shape [%dim, 5, 4, 16] : tensor<?x5x64xf32> into tensor<?x5x4x16xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x4x16xf32>
    %4 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded : tensor<?x5x4x16xf32>) outs(%3 : tensor<?x5x4x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %20 : f32
    } -> tensor<?x5x4x16xf32>
    %5 = tensor.empty(%dim) : tensor<?x5x4x1xf32>
    %6 = linalg.fill ins(%cst : f32) outs(%5 : tensor<?x5x4x1xf32>) -> tensor<?x5x4x1xf32>
    %7 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%4 : tensor<?x5x4x16xf32>) outs(%6 : tensor<?x5x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = arith.addf %in, %out : f32
      linalg.yield %20 : f32
    } -> tensor<?x5x4x1xf32>
    %8 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x4x1xf32>) outs(%5 : tensor<?x5x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = arith.divf %in, %cst_1 : f32
      linalg.yield %20 : f32
    } -> tensor<?x5x4x1xf32>
    %9 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x4x1xf32>) outs(%5 : tensor<?x5x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = arith.truncf %cst_0 : f64 to f32
      %21 = arith.addf %in, %20 : f32
      linalg.yield %21 : f32
    } -> tensor<?x5x4x1xf32>
    %10 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x4x1xf32>) outs(%5 : tensor<?x5x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = math.rsqrt %in : f32
      linalg.yield %20 : f32
    } -> tensor<?x5x4x1xf32>
    %11 = arith.cmpi sge, %0, %c0_i64 : i64
    cf.assert %11, "unimplemented: dynamic negative broadcast sizes"
    %12 = tensor.empty(%dim) : tensor<?x5x4x16xf32>
    %13 = linalg.generic {indexing_maps = [#map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%12 : tensor<?x5x4x16xf32>) {
    ^bb0(%out: f32):
      %20 = linalg.index 0 : index
      %21 = linalg.index 1 : index
      %22 = linalg.index 2 : index
      %23 = arith.cmpi eq, %dim, %c1 : index
      %24 = arith.select %23, %c0, %20 : index
      %extracted = tensor.extract %10[%24, %21, %22, %c0] : tensor<?x5x4x1xf32>
      linalg.yield %extracted : f32
    } -> tensor<?x5x4x16xf32>
    %collapsed = tensor.collapse_shape %13 [[0], [1], [2, 3]] : tensor<?x5x4x16xf32> into tensor<?x5x64xf32>
    cf.assert %true, "mismatched size for broadcast"
    %14 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%2, %collapsed : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%1 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %20 = arith.mulf %in, %in_2 : f32
      linalg.yield %20 : f32
    } -> tensor<?x5x64xf32>
    %15 = tensor.empty() : tensor<64xf32>
    %16 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%15 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %20 = arith.extf %in : bf16 to f32
      linalg.yield %20 : f32
    } -> tensor<64xf32>
    %17 = linalg.generic {indexing_maps = [#map, #map4, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14, %16 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%1 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %20 = arith.mulf %in, %in_2 : f32
      linalg.yield %20 : f32
    } -> tensor<?x5x64xf32>
    %18 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %19 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%17 : tensor<?x5x64xf32>) outs(%18 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %20 = arith.truncf %in : f32 to bf16
      linalg.yield %20 : bf16
    } -> tensor<?x5x64xbf16>
    return %19 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @grouped(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map3 = affine_map<(d0) -> (d0)>
#map4 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @grouped(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 1.600000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %expanded = tensor.expand_shape %1 [[0], [1], [2, 3]] output_shape [%dim, 5, 4, 16] : tensor<?x5x64xf32> into tensor<?x5x4x16xf32>
    %2 = tensor.empty(%dim) : tensor<?x5x4x16xf32>
    %3 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded : tensor<?x5x4x16xf32>) outs(%2 : tensor<?x5x4x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %16 : f32
    } -> tensor<?x5x4x16xf32>
    %4 = tensor.empty(%dim) : tensor<?x5x4x1xf32>
    %5 = linalg.fill ins(%cst : f32) outs(%4 : tensor<?x5x4x1xf32>) -> tensor<?x5x4x1xf32>
    %6 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%3 : tensor<?x5x4x16xf32>) outs(%5 : tensor<?x5x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.addf %in, %out : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x4x1xf32>
    %7 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x4x1xf32>) outs(%4 : tensor<?x5x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.divf %in, %cst_1 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x4x1xf32>
    %8 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x4x1xf32>) outs(%4 : tensor<?x5x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.truncf %cst_0 : f64 to f32
      %17 = arith.addf %in, %16 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x4x1xf32>
    %9 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x4x1xf32>) outs(%4 : tensor<?x5x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.rsqrt %in : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x4x1xf32>
    %10 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded, %9 : tensor<?x5x4x16xf32>, tensor<?x5x4x1xf32>) outs(%2 : tensor<?x5x4x16xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %16 = arith.mulf %in, %in_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x4x16xf32>
    %collapsed = tensor.collapse_shape %10 [[0], [1], [2, 3]] : tensor<?x5x4x16xf32> into tensor<?x5x64xf32>
    %11 = tensor.empty() : tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%11 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<64xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map4, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%collapsed, %12 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %16 = arith.mulf %in, %in_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %14 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x64xf32>) outs(%14 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %16 = arith.truncf %in : f32 to bf16
      linalg.yield %16 : bf16
    } -> tensor<?x5x64xbf16>
    return %15 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @groupnorm(
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, 0, 0)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
module {
  func.func @groupnorm(%arg0: tensor<?x4x16x5xbf16>, %arg1: tensor<16xbf16>) -> tensor<?x4x16x5xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f64
    %cst_0 = arith.constant 0.000000e+00 : f32
    %cst_1 = arith.constant 1.000000e-05 : f64
    %cst_2 = arith.constant 8.000000e+01 : f64
    %cst_3 = arith.constant 8.000000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x4x16x5xbf16>
    %0 = tensor.empty(%dim) : tensor<?x4x16x5xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x4x16x5xbf16>) outs(%0 : tensor<?x4x16x5xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %24 = arith.extf %in : bf16 to f32
      linalg.yield %24 : f32
    } -> tensor<?x4x16x5xf32>
    %collapsed = tensor.collapse_shape %1 [[0], [1], [2, 3]] : tensor<?x4x16x5xf32> into tensor<?x4x80xf32>
    %expanded = tensor.expand_shape %collapsed [[0], [1], [2, 3]] output_shape [%dim, 4, 1, 80] : tensor<?x4x80xf32> into tensor<?x4x1x80xf32>
    %2 = tensor.empty(%dim) : tensor<?x4x1x80xf64>
    %3 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded : tensor<?x4x1x80xf32>) outs(%2 : tensor<?x4x1x80xf64>) {
    ^bb0(%in: f32, %out: f64):
      %24 = arith.extf %in : f32 to f64
      linalg.yield %24 : f64
    } -> tensor<?x4x1x80xf64>
    %4 = tensor.empty(%dim) : tensor<?x4x1x1xf64>
    %5 = linalg.fill ins(%cst : f64) outs(%4 : tensor<?x4x1x1xf64>) -> tensor<?x4x1x1xf64>
    %6 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%3 : tensor<?x4x1x80xf64>) outs(%5 : tensor<?x4x1x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %24 = arith.addf %in, %out : f64
      linalg.yield %24 : f64
    } -> tensor<?x4x1x1xf64>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%6 : tensor<?x4x1x1xf64>) outs(%4 : tensor<?x4x1x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %24 = arith.divf %in, %cst_2 : f64
      linalg.yield %24 : f64
    } -> tensor<?x4x1x1xf64>
    %8 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%3, %7 : tensor<?x4x1x80xf64>, tensor<?x4x1x1xf64>) outs(%2 : tensor<?x4x1x80xf64>) {
    ^bb0(%in: f64, %in_6: f64, %out: f64):
      %24 = arith.subf %in, %in_6 : f64
      linalg.yield %24 : f64
    } -> tensor<?x4x1x80xf64>
    %9 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%8, %8 : tensor<?x4x1x80xf64>, tensor<?x4x1x80xf64>) outs(%2 : tensor<?x4x1x80xf64>) {
    ^bb0(%in: f64, %in_6: f64, %out: f64):
      %24 = arith.mulf %in, %in_6 : f64
      linalg.yield %24 : f64
    } -> tensor<?x4x1x80xf64>
    %10 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%9 : tensor<?x4x1x80xf64>) outs(%5 : tensor<?x4x1x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %24 = arith.addf %in, %out : f64
      linalg.yield %24 : f64
    } -> tensor<?x4x1x1xf64>
    %11 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%10 : tensor<?x4x1x1xf64>) outs(%4 : tensor<?x4x1x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %24 = arith.divf %in, %cst_2 : f64
      linalg.yield %24 : f64
    } -> tensor<?x4x1x1xf64>
    %12 = tensor.empty(%dim) : tensor<?x4x1x1xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%11 : tensor<?x4x1x1xf64>) outs(%12 : tensor<?x4x1x1xf32>) {
    ^bb0(%in: f64, %out: f32):
      %24 = arith.truncf %in : f64 to f32
      linalg.yield %24 : f32
    } -> tensor<?x4x1x1xf32>
    %14 = linalg.fill ins(%cst_0 : f32) outs(%12 : tensor<?x4x1x1xf32>) -> tensor<?x4x1x1xf32>
    %15 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%expanded : tensor<?x4x1x80xf32>) outs(%14 : tensor<?x4x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %24 = arith.addf %in, %out : f32
      linalg.yield %24 : f32
    } -> tensor<?x4x1x1xf32>
    %16 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%15 : tensor<?x4x1x1xf32>) outs(%12 : tensor<?x4x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %24 = arith.divf %in, %cst_3 : f32
      linalg.yield %24 : f32
    } -> tensor<?x4x1x1xf32>
    %17 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%13 : tensor<?x4x1x1xf32>) outs(%12 : tensor<?x4x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %24 = arith.truncf %cst_1 : f64 to f32
      %25 = arith.addf %in, %24 : f32
      linalg.yield %25 : f32
    } -> tensor<?x4x1x1xf32>
    %18 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%17 : tensor<?x4x1x1xf32>) outs(%12 : tensor<?x4x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %24 = math.rsqrt %in : f32
      linalg.yield %24 : f32
    } -> tensor<?x4x1x1xf32>
    %19 = tensor.empty(%dim) : tensor<?x4x1x80xf32>
    %20 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded, %16 : tensor<?x4x1x80xf32>, tensor<?x4x1x1xf32>) outs(%19 : tensor<?x4x1x80xf32>) {
    ^bb0(%in: f32, %in_6: f32, %out: f32):
      %24 = arith.subf %in, %in_6 : f32
      linalg.yield %24 : f32
    } -> tensor<?x4x1x80xf32>
    %21 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%20, %18 : tensor<?x4x1x80xf32>, tensor<?x4x1x1xf32>) outs(%19 : tensor<?x4x1x80xf32>) {
    ^bb0(%in: f32, %in_6: f32, %out: f32):
      %24 = arith.mulf %in, %in_6 : f32
      linalg.yield %24 : f32
    } -> tensor<?x4x1x80xf32>
    %collapsed_4 = tensor.collapse_shape %21 [[0], [1], [2, 3]] : tensor<?x4x1x80xf32> into tensor<?x4x80xf32>
    %expanded_5 = tensor.expand_shape %collapsed_4 [[0], [1], [2, 3]] output_shape [%dim, 4, 16, 5] : tensor<?x4x80xf32> into tensor<?x4x16x5xf32>
    %22 = tensor.empty(%dim) : tensor<?x4x16x5xbf16>
    %23 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_5 : tensor<?x4x16x5xf32>) outs(%22 : tensor<?x4x16x5xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %24 = arith.truncf %in : f32 to bf16
      linalg.yield %24 : bf16
    } -> tensor<?x4x16x5xbf16>
    return %23 : tensor<?x4x16x5xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @heads_w(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map3 = affine_map<(d0, d1, d2, d3) -> (d1, 0, d3)>
module {
  func.func @heads_w(%arg0: tensor<?x5x4x16xbf16>, %arg1: tensor<4x1x16xbf16>) -> tensor<?x4x5x16xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 1.600000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x4x16xbf16>
    %0 = tensor.empty(%dim) : tensor<?x4x5x16xbf16>
    %transposed = linalg.transpose ins(%arg0 : tensor<?x5x4x16xbf16>) outs(%0 : tensor<?x4x5x16xbf16>) permutation = [0, 2, 1, 3] 
    %1 = tensor.empty(%dim) : tensor<?x4x5x16xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%transposed : tensor<?x4x5x16xbf16>) outs(%1 : tensor<?x4x5x16xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x4x5x16xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%2, %2 : tensor<?x4x5x16xf32>, tensor<?x4x5x16xf32>) outs(%1 : tensor<?x4x5x16xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x4x5x16xf32>
    %4 = tensor.empty(%dim) : tensor<?x4x5x1xf32>
    %5 = linalg.fill ins(%cst : f32) outs(%4 : tensor<?x4x5x1xf32>) -> tensor<?x4x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%3 : tensor<?x4x5x16xf32>) outs(%5 : tensor<?x4x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x4x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%6 : tensor<?x4x5x1xf32>) outs(%4 : tensor<?x4x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.divf %in, %cst_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x4x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%7 : tensor<?x4x5x1xf32>) outs(%4 : tensor<?x4x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.truncf %cst_0 : f64 to f32
      %16 = arith.addf %in, %15 : f32
      linalg.yield %16 : f32
    } -> tensor<?x4x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%8 : tensor<?x4x5x1xf32>) outs(%4 : tensor<?x4x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.rsqrt %in : f32
      linalg.yield %15 : f32
    } -> tensor<?x4x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%2, %9 : tensor<?x4x5x16xf32>, tensor<?x4x5x1xf32>) outs(%1 : tensor<?x4x5x16xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x4x5x16xf32>
    %11 = tensor.empty() : tensor<4x1x16xf32>
    %12 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1 : tensor<4x1x16xbf16>) outs(%11 : tensor<4x1x16xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<4x1x16xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%10, %12 : tensor<?x4x5x16xf32>, tensor<4x1x16xf32>) outs(%1 : tensor<?x4x5x16xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x4x5x16xf32>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%13 : tensor<?x4x5x16xf32>) outs(%0 : tensor<?x4x5x16xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x4x5x16xbf16>
    return %14 : tensor<?x4x5x16xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @in_double(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @in_double(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f64
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f64
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf64>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf64>) {
    ^bb0(%in: bf16, %out: f64):
      %15 = arith.extf %in : bf16 to f64
      linalg.yield %15 : f64
    } -> tensor<?x5x64xf64>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf64>) outs(%0 : tensor<?x5x64xf64>) {
    ^bb0(%in: f64, %out: f64):
      %15 = math.fpowi %in, %c2_i64 : f64, i64
      linalg.yield %15 : f64
    } -> tensor<?x5x64xf64>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf64>
    %4 = linalg.fill ins(%cst : f64) outs(%3 : tensor<?x5x1xf64>) -> tensor<?x5x1xf64>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf64>) outs(%4 : tensor<?x5x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %15 = arith.addf %in, %out : f64
      linalg.yield %15 : f64
    } -> tensor<?x5x1xf64>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf64>) outs(%3 : tensor<?x5x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %15 = arith.divf %in, %cst_1 : f64
      linalg.yield %15 : f64
    } -> tensor<?x5x1xf64>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf64>) outs(%3 : tensor<?x5x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %15 = arith.addf %in, %cst_0 : f64
      linalg.yield %15 : f64
    } -> tensor<?x5x1xf64>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf64>) outs(%3 : tensor<?x5x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %15 = math.rsqrt %in : f64
      linalg.yield %15 : f64
    } -> tensor<?x5x1xf64>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf64>, tensor<?x5x1xf64>) outs(%0 : tensor<?x5x64xf64>) {
    ^bb0(%in: f64, %in_2: f64, %out: f64):
      %15 = arith.mulf %in, %in_2 : f64
      linalg.yield %15 : f64
    } -> tensor<?x5x64xf64>
    %10 = tensor.empty() : tensor<64xf64>
    %11 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%10 : tensor<64xf64>) {
    ^bb0(%in: bf16, %out: f64):
      %15 = arith.extf %in : bf16 to f64
      linalg.yield %15 : f64
    } -> tensor<64xf64>
    %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9, %11 : tensor<?x5x64xf64>, tensor<64xf64>) outs(%0 : tensor<?x5x64xf64>) {
    ^bb0(%in: f64, %in_2: f64, %out: f64):
      %15 = arith.mulf %in, %in_2 : f64
      linalg.yield %15 : f64
    } -> tensor<?x5x64xf64>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf64>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f64, %out: bf16):
      %15 = arith.truncf %in : f64 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x5x64xbf16>
    return %14 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @l2(
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @l2(%arg0: tensor<?x5x64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %11 = arith.extf %in : bf16 to f32
      linalg.yield %11 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %11 = arith.mulf %in, %in_1 : f32
      linalg.yield %11 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %11 = arith.addf %in, %out : f32
      linalg.yield %11 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %11 = arith.truncf %cst_0 : f64 to f32
      %12 = arith.addf %in, %11 : f32
      linalg.yield %12 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %11 = math.rsqrt %in : f32
      linalg.yield %11 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %7 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %11 = arith.mulf %in, %in_1 : f32
      linalg.yield %11 : f32
    } -> tensor<?x5x64xf32>
    %9 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %10 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x64xf32>) outs(%9 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %11 = arith.truncf %in : f32 to bf16
      linalg.yield %11 : bf16
    } -> tensor<?x5x64xbf16>
    return %10 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @layernorm(
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0) -> (d0)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @layernorm(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f64
    %cst_0 = arith.constant 0.000000e+00 : f32
    %cst_1 = arith.constant 1.000000e-05 : f64
    %cst_2 = arith.constant 6.400000e+01 : f64
    %cst_3 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %26 = arith.extf %in : bf16 to f32
      linalg.yield %26 : f32
    } -> tensor<?x5x64xf32>
    %2 = tensor.empty() : tensor<64xf32>
    %3 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%2 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %26 = arith.extf %in : bf16 to f32
      linalg.yield %26 : f32
    } -> tensor<64xf32>
    %4 = tensor.empty(%dim) : tensor<?x5x64xf64>
    %5 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x64xf64>) {
    ^bb0(%in: f32, %out: f64):
      %26 = arith.extf %in : f32 to f64
      linalg.yield %26 : f64
    } -> tensor<?x5x64xf64>
    %6 = tensor.empty(%dim) : tensor<?x5x1xf64>
    %7 = linalg.fill ins(%cst : f64) outs(%6 : tensor<?x5x1xf64>) -> tensor<?x5x1xf64>
    %8 = linalg.generic {indexing_maps = [#map, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%5 : tensor<?x5x64xf64>) outs(%7 : tensor<?x5x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %26 = arith.addf %in, %out : f64
      linalg.yield %26 : f64
    } -> tensor<?x5x1xf64>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf64>) outs(%6 : tensor<?x5x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %26 = arith.divf %in, %cst_2 : f64
      linalg.yield %26 : f64
    } -> tensor<?x5x1xf64>
    %10 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5, %9 : tensor<?x5x64xf64>, tensor<?x5x1xf64>) outs(%4 : tensor<?x5x64xf64>) {
    ^bb0(%in: f64, %in_4: f64, %out: f64):
      %26 = arith.subf %in, %in_4 : f64
      linalg.yield %26 : f64
    } -> tensor<?x5x64xf64>
    %11 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10, %10 : tensor<?x5x64xf64>, tensor<?x5x64xf64>) outs(%4 : tensor<?x5x64xf64>) {
    ^bb0(%in: f64, %in_4: f64, %out: f64):
      %26 = arith.mulf %in, %in_4 : f64
      linalg.yield %26 : f64
    } -> tensor<?x5x64xf64>
    %12 = linalg.generic {indexing_maps = [#map, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%11 : tensor<?x5x64xf64>) outs(%7 : tensor<?x5x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %26 = arith.addf %in, %out : f64
      linalg.yield %26 : f64
    } -> tensor<?x5x1xf64>
    %13 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x1xf64>) outs(%6 : tensor<?x5x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %26 = arith.divf %in, %cst_2 : f64
      linalg.yield %26 : f64
    } -> tensor<?x5x1xf64>
    %14 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x1xf64>) outs(%14 : tensor<?x5x1xf32>) {
    ^bb0(%in: f64, %out: f32):
      %26 = arith.truncf %in : f64 to f32
      linalg.yield %26 : f32
    } -> tensor<?x5x1xf32>
    %16 = linalg.fill ins(%cst_0 : f32) outs(%14 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %17 = linalg.generic {indexing_maps = [#map, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%1 : tensor<?x5x64xf32>) outs(%16 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %26 = arith.addf %in, %out : f32
      linalg.yield %26 : f32
    } -> tensor<?x5x1xf32>
    %18 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%17 : tensor<?x5x1xf32>) outs(%14 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %26 = arith.divf %in, %cst_3 : f32
      linalg.yield %26 : f32
    } -> tensor<?x5x1xf32>
    %19 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%15 : tensor<?x5x1xf32>) outs(%14 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %26 = arith.truncf %cst_1 : f64 to f32
      %27 = arith.addf %in, %26 : f32
      linalg.yield %27 : f32
    } -> tensor<?x5x1xf32>
    %20 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%19 : tensor<?x5x1xf32>) outs(%14 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %26 = math.rsqrt %in : f32
      linalg.yield %26 : f32
    } -> tensor<?x5x1xf32>
    %21 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %18 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %26 = arith.subf %in, %in_4 : f32
      linalg.yield %26 : f32
    } -> tensor<?x5x64xf32>
    %22 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%21, %20 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %26 = arith.mulf %in, %in_4 : f32
      linalg.yield %26 : f32
    } -> tensor<?x5x64xf32>
    %23 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%22, %3 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %26 = arith.mulf %in, %in_4 : f32
      linalg.yield %26 : f32
    } -> tensor<?x5x64xf32>
    %24 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %25 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%23 : tensor<?x5x64xf32>) outs(%24 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %26 = arith.truncf %in : f32 to bf16
      linalg.yield %26 : bf16
    } -> tensor<?x5x64xbf16>
    return %25 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @masked(
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @masked(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<?x5x64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %19 = arith.extf %in : bf16 to f32
      linalg.yield %19 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %19 = arith.mulf %in, %in_2 : f32
      linalg.yield %19 : f32
    } -> tensor<?x5x64xf32>
    %dim_1 = tensor.dim %arg1, %c0 : tensor<?x5x64xbf16>
    %3 = tensor.empty(%dim_1) : tensor<?x5x64xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1 : tensor<?x5x64xbf16>) outs(%3 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %19 = arith.extf %in : bf16 to f32
      linalg.yield %19 : f32
    } -> tensor<?x5x64xf32>
    %5 = arith.cmpi eq, %dim, %dim_1 : index
    cf.assert %5, "mismatched size for broadcast"
    %6 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%2, %4 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %19 = arith.mulf %in, %in_2 : f32
      linalg.yield %19 : f32
    } -> tensor<?x5x64xf32>
    %7 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %8 = linalg.fill ins(%cst : f32) outs(%7 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%6 : tensor<?x5x64xf32>) outs(%8 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %19 = arith.addf %in, %out : f32
      linalg.yield %19 : f32
    } -> tensor<?x5x1xf32>
    %10 = tensor.empty(%dim_1) : tensor<?x5x1xf32>
    %11 = linalg.fill ins(%cst : f32) outs(%10 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%4 : tensor<?x5x64xf32>) outs(%11 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %19 = arith.addf %in, %out : f32
      linalg.yield %19 : f32
    } -> tensor<?x5x1xf32>
    cf.assert %5, "mismatched size for broadcast"
    %13 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9, %12 : tensor<?x5x1xf32>, tensor<?x5x1xf32>) outs(%7 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %19 = arith.divf %in, %in_2 : f32
      linalg.yield %19 : f32
    } -> tensor<?x5x1xf32>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x1xf32>) outs(%7 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %19 = arith.truncf %cst_0 : f64 to f32
      %20 = arith.addf %in, %19 : f32
      linalg.yield %20 : f32
    } -> tensor<?x5x1xf32>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14 : tensor<?x5x1xf32>) outs(%7 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %19 = math.rsqrt %in : f32
      linalg.yield %19 : f32
    } -> tensor<?x5x1xf32>
    %16 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %15 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %19 = arith.mulf %in, %in_2 : f32
      linalg.yield %19 : f32
    } -> tensor<?x5x64xf32>
    %17 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %18 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%16 : tensor<?x5x64xf32>) outs(%17 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %19 = arith.truncf %in : f32 to bf16
      linalg.yield %19 : bf16
    } -> tensor<?x5x64xbf16>
    return %18 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @mul_square(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0) -> (d0)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @mul_square(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %2 = tensor.empty() : tensor<64xf32>
    %3 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%2 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<64xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %5 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %6 = linalg.fill ins(%cst : f32) outs(%5 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%4 : tensor<?x5x64xf32>) outs(%6 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.divf %in, %cst_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.truncf %cst_0 : f64 to f32
      %16 = arith.addf %in, %15 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x1xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.rsqrt %in : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %11 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %10 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %12 = linalg.generic {indexing_maps = [#map3, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%3, %11 : tensor<64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x5x64xbf16>
    return %14 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @nonadjacent(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, 0, d2, 0)>
module {
  func.func @nonadjacent(%arg0: tensor<?x4x5x16xbf16>) -> tensor<?x4x5x16xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x4x5x16xbf16>
    %0 = tensor.empty(%dim) : tensor<?x4x5x16xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x4x5x16xbf16>) outs(%0 : tensor<?x4x5x16xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %12 = arith.extf %in : bf16 to f32
      linalg.yield %12 : f32
    } -> tensor<?x4x5x16xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x4x5x16xf32>, tensor<?x4x5x16xf32>) outs(%0 : tensor<?x4x5x16xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %12 = arith.mulf %in, %in_2 : f32
      linalg.yield %12 : f32
    } -> tensor<?x4x5x16xf32>
    %3 = tensor.empty(%dim) : tensor<?x1x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x1x5x1xf32>) -> tensor<?x1x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "reduction", "parallel", "reduction"]} ins(%2 : tensor<?x4x5x16xf32>) outs(%4 : tensor<?x1x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %12 = arith.addf %in, %out : f32
      linalg.yield %12 : f32
    } -> tensor<?x1x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%5 : tensor<?x1x5x1xf32>) outs(%3 : tensor<?x1x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %12 = arith.divf %in, %cst_1 : f32
      linalg.yield %12 : f32
    } -> tensor<?x1x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%6 : tensor<?x1x5x1xf32>) outs(%3 : tensor<?x1x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %12 = arith.truncf %cst_0 : f64 to f32
      %13 = arith.addf %in, %12 : f32
      linalg.yield %13 : f32
    } -> tensor<?x1x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%7 : tensor<?x1x5x1xf32>) outs(%3 : tensor<?x1x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %12 = math.rsqrt %in : f32
      linalg.yield %12 : f32
    } -> tensor<?x1x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x4x5x16xf32>, tensor<?x1x5x1xf32>) outs(%0 : tensor<?x4x5x16xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %12 = arith.mulf %in, %in_2 : f32
      linalg.yield %12 : f32
    } -> tensor<?x4x5x16xf32>
    %10 = tensor.empty(%dim) : tensor<?x4x5x16xbf16>
    %11 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%9 : tensor<?x4x5x16xf32>) outs(%10 : tensor<?x4x5x16xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %12 = arith.truncf %in : f32 to bf16
      linalg.yield %12 : bf16
    } -> tensor<?x4x5x16xbf16>
    return %11 : tensor<?x4x5x16xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @norm2_outside(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @norm2_outside(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e-08 : f64
    %cst_1 = arith.constant 5.000000e-01 : f32
    %cst_2 = arith.constant 1.250000e-01 : f32
    %cst_3 = arith.constant 2.000000e+00 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %14 = arith.extf %in : bf16 to f32
      linalg.yield %14 : f32
    } -> tensor<?x5x64xf32>
    %2 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %3 = linalg.fill ins(%cst : f32) outs(%2 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%1 : tensor<?x5x64xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = math.absf %in : f32
      %15 = math.powf %14, %cst_3 : f32
      %16 = arith.addf %15, %out : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%4 : tensor<?x5x1xf32>) outs(%2 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = math.powf %in, %cst_1 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%2 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = arith.mulf %in, %cst_2 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%2 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = arith.truncf %cst_0 : f64 to f32
      %15 = arith.addf %in, %14 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %7 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %14 = arith.divf %in, %in_4 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x64xf32>
    %9 = tensor.empty() : tensor<64xf32>
    %10 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%9 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %14 = arith.extf %in : bf16 to f32
      linalg.yield %14 : f32
    } -> tensor<64xf32>
    %11 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8, %10 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %14 = arith.mulf %in, %in_4 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x64xf32>
    %12 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %13 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%11 : tensor<?x5x64xf32>) outs(%12 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %14 = arith.truncf %in : f32 to bf16
      linalg.yield %14 : bf16
    } -> tensor<?x5x64xbf16>
    return %13 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @norm_norm(
// CHECK: rmsnorm.rms_norm
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0) -> (d0)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @norm_norm(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %24 = arith.extf %in : bf16 to f32
      linalg.yield %24 : f32
    } -> tensor<?x5x64xf32>
    %2 = tensor.empty() : tensor<64xf32>
    %3 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%2 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %24 = arith.extf %in : bf16 to f32
      linalg.yield %24 : f32
    } -> tensor<64xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %24 = arith.mulf %in, %in_2 : f32
      linalg.yield %24 : f32
    } -> tensor<?x5x64xf32>
    %5 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %6 = linalg.fill ins(%cst : f32) outs(%5 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%4 : tensor<?x5x64xf32>) outs(%6 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %24 = arith.addf %in, %out : f32
      linalg.yield %24 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %24 = arith.divf %in, %cst_1 : f32
      linalg.yield %24 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %24 = arith.truncf %cst_0 : f64 to f32
      %25 = arith.addf %in, %24 : f32
      linalg.yield %25 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x1xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %24 = math.rsqrt %in : f32
      linalg.yield %24 : f32
    } -> tensor<?x5x1xf32>
    %11 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %10 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %24 = arith.mulf %in, %in_2 : f32
      linalg.yield %24 : f32
    } -> tensor<?x5x64xf32>
    %12 = linalg.generic {indexing_maps = [#map3, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%3, %11 : tensor<64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %24 = arith.mulf %in, %in_2 : f32
      linalg.yield %24 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %24 = arith.truncf %in : f32 to bf16
      linalg.yield %24 : bf16
    } -> tensor<?x5x64xbf16>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %24 = arith.extf %in : bf16 to f32
      linalg.yield %24 : f32
    } -> tensor<?x5x64xf32>
    %16 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%15, %15 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %24 = arith.mulf %in, %in_2 : f32
      linalg.yield %24 : f32
    } -> tensor<?x5x64xf32>
    %17 = linalg.generic {indexing_maps = [#map, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%16 : tensor<?x5x64xf32>) outs(%6 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %24 = arith.addf %in, %out : f32
      linalg.yield %24 : f32
    } -> tensor<?x5x1xf32>
    %18 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%17 : tensor<?x5x1xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %24 = arith.divf %in, %cst_1 : f32
      linalg.yield %24 : f32
    } -> tensor<?x5x1xf32>
    %19 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%18 : tensor<?x5x1xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %24 = arith.truncf %cst_0 : f64 to f32
      %25 = arith.addf %in, %24 : f32
      linalg.yield %25 : f32
    } -> tensor<?x5x1xf32>
    %20 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%19 : tensor<?x5x1xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %24 = math.rsqrt %in : f32
      linalg.yield %24 : f32
    } -> tensor<?x5x1xf32>
    %21 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%15, %20 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %24 = arith.mulf %in, %in_2 : f32
      linalg.yield %24 : f32
    } -> tensor<?x5x64xf32>
    %22 = linalg.generic {indexing_maps = [#map3, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%3, %21 : tensor<64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %24 = arith.mulf %in, %in_2 : f32
      linalg.yield %24 : f32
    } -> tensor<?x5x64xf32>
    %23 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%22 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %24 = arith.truncf %in : f32 to bf16
      linalg.yield %24 : bf16
    } -> tensor<?x5x64xbf16>
    return %23 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @normalize_root_d(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @normalize_root_d(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %true = arith.constant true
    %c0_i64 = arith.constant 0 : i64
    %c1 = arith.constant 1 : index
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999998E-13 : f64
    %cst_1 = arith.constant 5.000000e-01 : f32
    %cst_2 = arith.constant 8.000000e+00 : f32
    %cst_3 = arith.constant 2.000000e+00 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = arith.index_cast %dim : index to i64
    %1 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%1 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %18 = arith.extf %in : bf16 to f32
      linalg.yield %18 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = math.absf %in : f32
      %19 = math.powf %18, %cst_3 : f32
      %20 = arith.addf %19, %out : f32
      linalg.yield %20 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = math.powf %in, %cst_1 : f32
      linalg.yield %18 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = arith.truncf %cst_0 : f64 to f32
      %19 = arith.cmpf ult, %in, %18 : f32
      %20 = arith.select %19, %18, %in : f32
      linalg.yield %20 : f32
    } -> tensor<?x5x1xf32>
    %8 = arith.cmpi sge, %0, %c0_i64 : i64
    cf.assert %8, "unimplemented: dynamic negative broadcast sizes"
    %9 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %10 = linalg.generic {indexing_maps = [#map], iterator_types = ["parallel", "parallel", "parallel"]} outs(%9 : tensor<?x5x64xf32>) {
    ^bb0(%out: f32):
      %18 = linalg.index 0 : index
      %19 = linalg.index 1 : index
      %20 = arith.cmpi eq, %dim, %c1 : index
      %21 = arith.select %20, %c0, %18 : index
      %extracted = tensor.extract %7[%21, %19, %c0] : tensor<?x5x1xf32>
      linalg.yield %extracted : f32
    } -> tensor<?x5x64xf32>
    cf.assert %true, "mismatched size for broadcast"
    %11 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%2, %10 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%1 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %18 = arith.divf %in, %in_4 : f32
      linalg.yield %18 : f32
    } -> tensor<?x5x64xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%11 : tensor<?x5x64xf32>) outs(%1 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = arith.mulf %in, %cst_2 : f32
      linalg.yield %18 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty() : tensor<64xf32>
    %14 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%13 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %18 = arith.extf %in : bf16 to f32
      linalg.yield %18 : f32
    } -> tensor<64xf32>
    %15 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12, %14 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%1 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %18 = arith.mulf %in, %in_4 : f32
      linalg.yield %18 : f32
    } -> tensor<?x5x64xf32>
    %16 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %17 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%15 : tensor<?x5x64xf32>) outs(%16 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %18 = arith.truncf %in : f32 to bf16
      linalg.yield %18 : bf16
    } -> tensor<?x5x64xbf16>
    return %17 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @one_over(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @one_over(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e+00 : f32
    %cst_1 = arith.constant 9.9999999999999995E-7 : f64
    %cst_2 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.addf %in, %out : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.divf %in, %cst_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.truncf %cst_1 : f64 to f32
      %17 = arith.addf %in, %16 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.sqrt %in : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.cmpf one, %in, %cst : f32
      cf.assert %16, "unimplemented: tensor with zero element"
      %17 = arith.divf %cst_0, %in : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %9 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %16 = arith.mulf %in, %in_3 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %11 = tensor.empty() : tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%11 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<64xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10, %12 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %16 = arith.mulf %in, %in_3 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %14 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x64xf32>) outs(%14 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %16 = arith.truncf %in : f32 to bf16
      linalg.yield %16 : bf16
    } -> tensor<?x5x64xbf16>
    return %15 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @padded(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @padded(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<72xbf16>) -> tensor<?x5x72xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 7.200000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %padded = tensor.pad %1 low[0, 0, 0] high[0, 0, 8] {
    ^bb0(%arg2: index, %arg3: index, %arg4: index):
      tensor.yield %cst : f32
    } : tensor<?x5x64xf32> to tensor<?x5x72xf32>
    %2 = tensor.empty(%dim) : tensor<?x5x72xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%padded : tensor<?x5x72xf32>) outs(%2 : tensor<?x5x72xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %16 : f32
    } -> tensor<?x5x72xf32>
    %4 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %5 = linalg.fill ins(%cst : f32) outs(%4 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%3 : tensor<?x5x72xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.addf %in, %out : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.divf %in, %cst_1 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.truncf %cst_0 : f64 to f32
      %17 = arith.addf %in, %16 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.rsqrt %in : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%padded, %9 : tensor<?x5x72xf32>, tensor<?x5x1xf32>) outs(%2 : tensor<?x5x72xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %16 = arith.mulf %in, %in_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x72xf32>
    %11 = tensor.empty() : tensor<72xf32>
    %12 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<72xbf16>) outs(%11 : tensor<72xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<72xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10, %12 : tensor<?x5x72xf32>, tensor<72xf32>) outs(%2 : tensor<?x5x72xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %16 = arith.mulf %in, %in_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x72xf32>
    %14 = tensor.empty(%dim) : tensor<?x5x72xbf16>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x72xf32>) outs(%14 : tensor<?x5x72xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %16 = arith.truncf %in : f32 to bf16
      linalg.yield %16 : bf16
    } -> tensor<?x5x72xbf16>
    return %15 : tensor<?x5x72xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @padded_count(
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @padded_count(%arg0: tensor<?x5x64xbf16>) -> tensor<?x5x72xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %13 = arith.extf %in : bf16 to f32
      linalg.yield %13 : f32
    } -> tensor<?x5x64xf32>
    %padded = tensor.pad %1 low[0, 0, 0] high[0, 0, 8] {
    ^bb0(%arg1: index, %arg2: index, %arg3: index):
      tensor.yield %cst : f32
    } : tensor<?x5x64xf32> to tensor<?x5x72xf32>
    %2 = tensor.empty(%dim) : tensor<?x5x72xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%padded : tensor<?x5x72xf32>) outs(%2 : tensor<?x5x72xf32>) {
    ^bb0(%in: f32, %out: f32):
      %13 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %13 : f32
    } -> tensor<?x5x72xf32>
    %4 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %5 = linalg.fill ins(%cst : f32) outs(%4 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%3 : tensor<?x5x72xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %13 = arith.addf %in, %out : f32
      linalg.yield %13 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %13 = arith.divf %in, %cst_1 : f32
      linalg.yield %13 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %13 = arith.truncf %cst_0 : f64 to f32
      %14 = arith.addf %in, %13 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %13 = math.rsqrt %in : f32
      linalg.yield %13 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%padded, %9 : tensor<?x5x72xf32>, tensor<?x5x1xf32>) outs(%2 : tensor<?x5x72xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %13 = arith.mulf %in, %in_2 : f32
      linalg.yield %13 : f32
    } -> tensor<?x5x72xf32>
    %11 = tensor.empty(%dim) : tensor<?x5x72xbf16>
    %12 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10 : tensor<?x5x72xf32>) outs(%11 : tensor<?x5x72xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %13 = arith.truncf %in : f32 to bf16
      linalg.yield %13 : bf16
    } -> tensor<?x5x72xbf16>
    return %12 : tensor<?x5x72xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @partial(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @partial(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x32xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 3.200000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %extracted_slice = tensor.extract_slice %1[0, 0, 0] [%dim, 5, 32] [1, 1, 1] : tensor<?x5x64xf32> to tensor<?x5x32xf32>
    %2 = tensor.empty(%dim) : tensor<?x5x32xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%extracted_slice, %extracted_slice : tensor<?x5x32xf32>, tensor<?x5x32xf32>) outs(%2 : tensor<?x5x32xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %16 = arith.mulf %in, %in_3 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x32xf32>
    %4 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %5 = linalg.fill ins(%cst : f32) outs(%4 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%3 : tensor<?x5x32xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.addf %in, %out : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.divf %in, %cst_1 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.truncf %cst_0 : f64 to f32
      %17 = arith.addf %in, %16 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.rsqrt %in : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%extracted_slice, %9 : tensor<?x5x32xf32>, tensor<?x5x1xf32>) outs(%2 : tensor<?x5x32xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %16 = arith.mulf %in, %in_3 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x32xf32>
    %extracted_slice_2 = tensor.extract_slice %arg1[0] [32] [1] : tensor<64xbf16> to tensor<32xbf16>
    %11 = tensor.empty() : tensor<32xf32>
    %12 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%extracted_slice_2 : tensor<32xbf16>) outs(%11 : tensor<32xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<32xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10, %12 : tensor<?x5x32xf32>, tensor<32xf32>) outs(%2 : tensor<?x5x32xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %16 = arith.mulf %in, %in_3 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x32xf32>
    %14 = tensor.empty(%dim) : tensor<?x5x32xbf16>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x32xf32>) outs(%14 : tensor<?x5x32xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %16 = arith.truncf %in : f32 to bf16
      linalg.yield %16 : bf16
    } -> tensor<?x5x32xbf16>
    return %15 : tensor<?x5x32xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @partial_statistic(
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @partial_statistic(%arg0: tensor<?x5x64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 3.200000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %13 = arith.extf %in : bf16 to f32
      linalg.yield %13 : f32
    } -> tensor<?x5x64xf32>
    %extracted_slice = tensor.extract_slice %1[0, 0, 0] [%dim, 5, 32] [1, 1, 1] : tensor<?x5x64xf32> to tensor<?x5x32xf32>
    %2 = tensor.empty(%dim) : tensor<?x5x32xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%extracted_slice : tensor<?x5x32xf32>) outs(%2 : tensor<?x5x32xf32>) {
    ^bb0(%in: f32, %out: f32):
      %13 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %13 : f32
    } -> tensor<?x5x32xf32>
    %4 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %5 = linalg.fill ins(%cst : f32) outs(%4 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%3 : tensor<?x5x32xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %13 = arith.addf %in, %out : f32
      linalg.yield %13 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %13 = arith.divf %in, %cst_1 : f32
      linalg.yield %13 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %13 = arith.truncf %cst_0 : f64 to f32
      %14 = arith.addf %in, %13 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %13 = math.rsqrt %in : f32
      linalg.yield %13 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %9 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %13 = arith.mulf %in, %in_2 : f32
      linalg.yield %13 : f32
    } -> tensor<?x5x64xf32>
    %11 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %12 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10 : tensor<?x5x64xf32>) outs(%11 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %13 = arith.truncf %in : f32 to bf16
      linalg.yield %13 : bf16
    } -> tensor<?x5x64xbf16>
    return %12 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @pow_half(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @pow_half(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %cst_2 = arith.constant -5.000000e-01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.divf %in, %cst_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.truncf %cst_0 : f64 to f32
      %16 = arith.addf %in, %15 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.powf %in, %cst_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %15 = arith.mulf %in, %in_3 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty() : tensor<64xf32>
    %11 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%10 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9, %11 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %15 = arith.mulf %in, %in_3 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x5x64xbf16>
    return %14 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @pow_sqrt_inv(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @pow_sqrt_inv(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c-1_i64 = arith.constant -1 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.addf %in, %out : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.divf %in, %cst_1 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.truncf %cst_0 : f64 to f32
      %17 = arith.addf %in, %16 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.sqrt %in : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.fpowi %in, %c-1_i64 : f32, i64
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %9 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %16 = arith.mulf %in, %in_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %11 = tensor.empty() : tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%11 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<64xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10, %12 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %16 = arith.mulf %in, %in_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %14 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x64xf32>) outs(%14 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %16 = arith.truncf %in : f32 to bf16
      linalg.yield %16 : bf16
    } -> tensor<?x5x64xbf16>
    return %15 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @power_of_three_halves(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @power_of_three_halves(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %cst_2 = arith.constant 1.500000e+00 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.addf %in, %out : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.divf %in, %cst_1 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.truncf %cst_0 : f64 to f32
      %17 = arith.addf %in, %16 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %7 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %16 = arith.mulf %in, %in_3 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.powf %in, %cst_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8, %9 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %16 = arith.divf %in, %in_3 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %11 = tensor.empty() : tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%11 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<64xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10, %12 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %16 = arith.mulf %in, %in_3 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %14 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x64xf32>) outs(%14 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %16 = arith.truncf %in : f32 to bf16
      linalg.yield %16 : bf16
    } -> tensor<?x5x64xbf16>
    return %15 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @product_with_another(
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<()[s0] -> (s0 * 5)>
#map2 = affine_map<(d0, d1) -> (d0, d1)>
#map3 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @product_with_another(%arg0: tensor<?x5x64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %c5 = arith.constant 5 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %21 = arith.extf %in : bf16 to f32
      linalg.yield %21 : f32
    } -> tensor<?x5x64xf32>
    %extracted_slice = tensor.extract_slice %1[0, 0, 63] [%dim, 5, 1] [1, 1, 1] : tensor<?x5x64xf32> to tensor<?x5x1xf32>
    %cast = tensor.cast %extracted_slice : tensor<?x5x1xf32> to tensor<?x5x?xf32>
    %extracted_slice_2 = tensor.extract_slice %1[0, 0, 0] [%dim, 5, 63] [1, 1, 1] : tensor<?x5x64xf32> to tensor<?x5x63xf32>
    %cast_3 = tensor.cast %extracted_slice_2 : tensor<?x5x63xf32> to tensor<?x5x?xf32>
    %concat = tensor.concat dim(2) %cast, %cast_3 : (tensor<?x5x?xf32>, tensor<?x5x?xf32>) -> tensor<?x5x64xf32>
    %collapsed = tensor.collapse_shape %1 [[0, 1], [2]] : tensor<?x5x64xf32> into tensor<?x64xf32>
    %2 = affine.apply #map1()[%dim]
    %expanded = tensor.expand_shape %collapsed [[0], [1, 2]] output_shape [%2, 1, 64] : tensor<?x64xf32> into tensor<?x1x64xf32>
    %collapsed_4 = tensor.collapse_shape %concat [[0, 1], [2]] : tensor<?x5x64xf32> into tensor<?x64xf32>
    %3 = affine.apply #map1()[%dim]
    %expanded_5 = tensor.expand_shape %collapsed_4 [[0], [1, 2]] output_shape [%3, 64, 1] : tensor<?x64xf32> into tensor<?x64x1xf32>
    %4 = arith.index_cast %2 : index to i64
    %5 = arith.index_cast %3 : index to i64
    %6 = arith.cmpi eq, %4, %5 : i64
    cf.assert %6, "mismatching contracting dimension"
    %7 = tensor.empty(%2) : tensor<?x1x1xf32>
    %8 = linalg.fill ins(%cst : f32) outs(%7 : tensor<?x1x1xf32>) -> tensor<?x1x1xf32>
    %9 = linalg.batch_matmul ins(%expanded, %expanded_5 : tensor<?x1x64xf32>, tensor<?x64x1xf32>) outs(%8 : tensor<?x1x1xf32>) -> tensor<?x1x1xf32>
    %collapsed_6 = tensor.collapse_shape %9 [[0], [1, 2]] : tensor<?x1x1xf32> into tensor<?x1xf32>
    %10 = arith.divsi %2, %c5 : index
    %expanded_7 = tensor.expand_shape %collapsed_6 [[0, 1], [2]] output_shape [%10, 5, 1] : tensor<?x1xf32> into tensor<?x5x1xf32>
    %collapsed_8 = tensor.collapse_shape %expanded_7 [[0], [1, 2]] : tensor<?x5x1xf32> into tensor<?x5xf32>
    %11 = tensor.empty(%10) : tensor<?x5xf32>
    %12 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel"]} ins(%collapsed_8 : tensor<?x5xf32>) outs(%11 : tensor<?x5xf32>) {
    ^bb0(%in: f32, %out: f32):
      %21 = math.absf %in : f32
      linalg.yield %21 : f32
    } -> tensor<?x5xf32>
    %expanded_9 = tensor.expand_shape %12 [[0], [1, 2]] output_shape [%10, 5, 1] : tensor<?x5xf32> into tensor<?x5x1xf32>
    %13 = tensor.empty(%10) : tensor<?x5x1xf32>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_9 : tensor<?x5x1xf32>) outs(%13 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %21 = arith.divf %in, %cst_1 : f32
      linalg.yield %21 : f32
    } -> tensor<?x5x1xf32>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14 : tensor<?x5x1xf32>) outs(%13 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %21 = arith.truncf %cst_0 : f64 to f32
      %22 = arith.addf %in, %21 : f32
      linalg.yield %22 : f32
    } -> tensor<?x5x1xf32>
    %16 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%15 : tensor<?x5x1xf32>) outs(%13 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %21 = math.rsqrt %in : f32
      linalg.yield %21 : f32
    } -> tensor<?x5x1xf32>
    %17 = arith.cmpi eq, %dim, %10 : index
    cf.assert %17, "mismatched size for broadcast"
    %18 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %16 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_10: f32, %out: f32):
      %21 = arith.mulf %in, %in_10 : f32
      linalg.yield %21 : f32
    } -> tensor<?x5x64xf32>
    %19 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %20 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%18 : tensor<?x5x64xf32>) outs(%19 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %21 = arith.truncf %in : f32 to bf16
      linalg.yield %21 : bf16
    } -> tensor<?x5x64xbf16>
    return %20 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @product_with_itself(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map2 = affine_map<()[s0] -> (s0 * 5)>
#map3 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map4 = affine_map<(d0) -> (d0)>
#map5 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @product_with_itself(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c0_i64 = arith.constant 0 : i64
    %c1 = arith.constant 1 : index
    %c0 = arith.constant 0 : index
    %c5 = arith.constant 5 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = arith.index_cast %dim : index to i64
    %1 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%1 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %24 = arith.extf %in : bf16 to f32
      linalg.yield %24 : f32
    } -> tensor<?x5x64xf32>
    %expanded = tensor.expand_shape %2 [[0], [1], [2, 3]] output_shape [%dim, 5, 1, 64] : tensor<?x5x64xf32> into tensor<?x5x1x64xf32>
    %expanded_2 = tensor.expand_shape %2 [[0], [1], [2, 3]] output_shape [%dim, 5, 64, 1] : tensor<?x5x64xf32> into tensor<?x5x64x1xf32>
    %3 = arith.cmpi sge, %0, %c0_i64 : i64
    cf.assert %3, "unimplemented: dynamic negative broadcast sizes"
    %4 = tensor.empty(%dim) : tensor<?x5x1x64xf32>
    %5 = linalg.generic {indexing_maps = [#map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%4 : tensor<?x5x1x64xf32>) {
    ^bb0(%out: f32):
      %24 = linalg.index 0 : index
      %25 = linalg.index 1 : index
      %26 = linalg.index 3 : index
      %27 = arith.cmpi eq, %dim, %c1 : index
      %28 = arith.select %27, %c0, %24 : index
      %extracted = tensor.extract %expanded[%28, %25, %c0, %26] : tensor<?x5x1x64xf32>
      linalg.yield %extracted : f32
    } -> tensor<?x5x1x64xf32>
    %collapsed = tensor.collapse_shape %5 [[0, 1], [2], [3]] : tensor<?x5x1x64xf32> into tensor<?x1x64xf32>
    cf.assert %3, "unimplemented: dynamic negative broadcast sizes"
    %6 = tensor.empty(%dim) : tensor<?x5x64x1xf32>
    %7 = linalg.generic {indexing_maps = [#map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%6 : tensor<?x5x64x1xf32>) {
    ^bb0(%out: f32):
      %24 = linalg.index 0 : index
      %25 = linalg.index 1 : index
      %26 = linalg.index 2 : index
      %27 = arith.cmpi eq, %dim, %c1 : index
      %28 = arith.select %27, %c0, %24 : index
      %extracted = tensor.extract %expanded_2[%28, %25, %26, %c0] : tensor<?x5x64x1xf32>
      linalg.yield %extracted : f32
    } -> tensor<?x5x64x1xf32>
    %collapsed_3 = tensor.collapse_shape %7 [[0, 1], [2], [3]] : tensor<?x5x64x1xf32> into tensor<?x64x1xf32>
    %8 = affine.apply #map2()[%dim]
    %9 = tensor.empty(%8) : tensor<?x1x1xf32>
    %10 = linalg.fill ins(%cst : f32) outs(%9 : tensor<?x1x1xf32>) -> tensor<?x1x1xf32>
    %11 = linalg.batch_matmul ins(%collapsed, %collapsed_3 : tensor<?x1x64xf32>, tensor<?x64x1xf32>) outs(%10 : tensor<?x1x1xf32>) -> tensor<?x1x1xf32>
    %12 = arith.divsi %8, %c5 : index
    %expanded_4 = tensor.expand_shape %11 [[0, 1], [2], [3]] output_shape [%12, 5, 1, 1] : tensor<?x1x1xf32> into tensor<?x5x1x1xf32>
    %collapsed_5 = tensor.collapse_shape %expanded_4 [[0], [1], [2, 3]] : tensor<?x5x1x1xf32> into tensor<?x5x1xf32>
    %13 = tensor.empty(%12) : tensor<?x5x1xf32>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%collapsed_5 : tensor<?x5x1xf32>) outs(%13 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %24 = arith.divf %in, %cst_1 : f32
      linalg.yield %24 : f32
    } -> tensor<?x5x1xf32>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14 : tensor<?x5x1xf32>) outs(%13 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %24 = arith.truncf %cst_0 : f64 to f32
      %25 = arith.addf %in, %24 : f32
      linalg.yield %25 : f32
    } -> tensor<?x5x1xf32>
    %16 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%15 : tensor<?x5x1xf32>) outs(%13 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %24 = math.rsqrt %in : f32
      linalg.yield %24 : f32
    } -> tensor<?x5x1xf32>
    %17 = arith.cmpi eq, %dim, %12 : index
    cf.assert %17, "mismatched size for broadcast"
    %18 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%2, %16 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%1 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_6: f32, %out: f32):
      %24 = arith.mulf %in, %in_6 : f32
      linalg.yield %24 : f32
    } -> tensor<?x5x64xf32>
    %19 = tensor.empty() : tensor<64xf32>
    %20 = linalg.generic {indexing_maps = [#map4, #map4], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%19 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %24 = arith.extf %in : bf16 to f32
      linalg.yield %24 : f32
    } -> tensor<64xf32>
    %21 = linalg.generic {indexing_maps = [#map, #map5, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%18, %20 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%1 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_6: f32, %out: f32):
      %24 = arith.mulf %in, %in_6 : f32
      linalg.yield %24 : f32
    } -> tensor<?x5x64xf32>
    %22 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %23 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%21 : tensor<?x5x64xf32>) outs(%22 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %24 = arith.truncf %in : f32 to bf16
      linalg.yield %24 : bf16
    } -> tensor<?x5x64xbf16>
    return %23 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @product_with_ones(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<()[s0] -> (s0 * 5)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @product_with_ones(%arg0: tensor<?x5x64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %c5 = arith.constant 5 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant dense<1.000000e+00> : tensor<64x1xf32>
    %cst_1 = arith.constant 9.9999999999999995E-7 : f64
    %cst_2 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %16 = arith.mulf %in, %in_3 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %collapsed = tensor.collapse_shape %2 [[0, 1], [2]] : tensor<?x5x64xf32> into tensor<?x64xf32>
    %3 = affine.apply #map1()[%dim]
    %4 = tensor.empty(%3) : tensor<?x1xf32>
    %5 = linalg.fill ins(%cst : f32) outs(%4 : tensor<?x1xf32>) -> tensor<?x1xf32>
    %6 = linalg.matmul ins(%collapsed, %cst_0 : tensor<?x64xf32>, tensor<64x1xf32>) outs(%5 : tensor<?x1xf32>) -> tensor<?x1xf32>
    %7 = arith.divsi %3, %c5 : index
    %expanded = tensor.expand_shape %6 [[0, 1], [2]] output_shape [%7, 5, 1] : tensor<?x1xf32> into tensor<?x5x1xf32>
    %8 = tensor.empty(%7) : tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded : tensor<?x5x1xf32>) outs(%8 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.divf %in, %cst_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x1xf32>) outs(%8 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.truncf %cst_1 : f64 to f32
      %17 = arith.addf %in, %16 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %11 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10 : tensor<?x5x1xf32>) outs(%8 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.rsqrt %in : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %12 = arith.cmpi eq, %dim, %7 : index
    cf.assert %12, "mismatched size for broadcast"
    %13 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %11 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %16 = arith.mulf %in, %in_3 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %14 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x64xf32>) outs(%14 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %16 = arith.truncf %in : f32 to bf16
      linalg.yield %16 : bf16
    } -> tensor<?x5x64xbf16>
    return %15 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @qwen3next(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @qwen3next(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>, %arg2: tensor<?x5x64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e+00 : f32
    %cst_1 = arith.constant 9.9999999999999995E-7 : f64
    %cst_2 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %20 = arith.extf %in : bf16 to f32
      linalg.yield %20 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %20 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = arith.addf %in, %out : f32
      linalg.yield %20 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = arith.divf %in, %cst_2 : f32
      linalg.yield %20 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = arith.truncf %cst_1 : f64 to f32
      %21 = arith.addf %in, %20 : f32
      linalg.yield %21 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = math.rsqrt %in : f32
      linalg.yield %20 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %20 = arith.mulf %in, %in_4 : f32
      linalg.yield %20 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %11 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x64xf32>) outs(%10 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %20 = arith.truncf %in : f32 to bf16
      linalg.yield %20 : bf16
    } -> tensor<?x5x64xbf16>
    %12 = linalg.generic {indexing_maps = [#map2, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1, %11 : tensor<64xbf16>, tensor<?x5x64xbf16>) outs(%10 : tensor<?x5x64xbf16>) {
    ^bb0(%in: bf16, %in_4: bf16, %out: bf16):
      %20 = arith.mulf %in, %in_4 : bf16
      linalg.yield %20 : bf16
    } -> tensor<?x5x64xbf16>
    %dim_3 = tensor.dim %arg2, %c0 : tensor<?x5x64xbf16>
    %13 = tensor.empty(%dim_3) : tensor<?x5x64xf32>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg2 : tensor<?x5x64xbf16>) outs(%13 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %20 = arith.extf %in : bf16 to f32
      linalg.yield %20 : f32
    } -> tensor<?x5x64xf32>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = arith.negf %in : f32
      %21 = math.exp %20 : f32
      %22 = arith.addf %21, %cst_0 : f32
      %23 = arith.divf %cst_0, %22 : f32
      linalg.yield %23 : f32
    } -> tensor<?x5x64xf32>
    %16 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14, %15 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %20 = arith.mulf %in, %in_4 : f32
      linalg.yield %20 : f32
    } -> tensor<?x5x64xf32>
    %17 = arith.cmpi eq, %dim, %dim_3 : index
    cf.assert %17, "mismatched size for broadcast"
    %18 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12, %16 : tensor<?x5x64xbf16>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %in_4: f32, %out: f32):
      %20 = arith.extf %in : bf16 to f32
      %21 = arith.mulf %20, %in_4 : f32
      linalg.yield %21 : f32
    } -> tensor<?x5x64xf32>
    %19 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%18 : tensor<?x5x64xf32>) outs(%10 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %20 = arith.truncf %in : f32 to bf16
      linalg.yield %20 : bf16
    } -> tensor<?x5x64xbf16>
    return %19 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @recip(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @recip(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e+00 : f32
    %cst_1 = arith.constant 9.9999999999999995E-7 : f64
    %cst_2 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.addf %in, %out : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.divf %in, %cst_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.truncf %cst_1 : f64 to f32
      %17 = arith.addf %in, %16 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.sqrt %in : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.cmpf one, %in, %cst : f32
      cf.assert %16, "unimplemented: tensor with zero element"
      %17 = arith.divf %cst_0, %in : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %9 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %16 = arith.mulf %in, %in_3 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %11 = tensor.empty() : tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%11 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<64xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10, %12 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %16 = arith.mulf %in, %in_3 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %14 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x64xf32>) outs(%14 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %16 = arith.truncf %in : f32 to bf16
      linalg.yield %16 : bf16
    } -> tensor<?x5x64xbf16>
    return %15 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @residual_f32(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @residual_f32(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<?x5x64xbf16>) -> (tensor<?x5x64xbf16>, tensor<?x5x64xbf16>) {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %17 = arith.extf %in : bf16 to f32
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %dim_2 = tensor.dim %arg1, %c0 : tensor<?x5x64xbf16>
    %2 = tensor.empty(%dim_2) : tensor<?x5x64xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1 : tensor<?x5x64xbf16>) outs(%2 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %17 = arith.extf %in : bf16 to f32
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %4 = arith.cmpi eq, %dim, %dim_2 : index
    cf.assert %4, "mismatched size for broadcast"
    %5 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %3 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %17 = arith.addf %in, %in_3 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5, %5 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %17 = arith.mulf %in, %in_3 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %7 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %8 = linalg.fill ins(%cst : f32) outs(%7 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%6 : tensor<?x5x64xf32>) outs(%8 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = arith.addf %in, %out : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x1xf32>) outs(%7 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = arith.divf %in, %cst_1 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %11 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10 : tensor<?x5x1xf32>) outs(%7 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = arith.truncf %cst_0 : f64 to f32
      %18 = arith.addf %in, %17 : f32
      linalg.yield %18 : f32
    } -> tensor<?x5x1xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%11 : tensor<?x5x1xf32>) outs(%7 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = math.rsqrt %in : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5, %12 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %17 = arith.mulf %in, %in_3 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %14 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x64xf32>) outs(%14 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %17 = arith.truncf %in : f32 to bf16
      linalg.yield %17 : bf16
    } -> tensor<?x5x64xbf16>
    %16 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x64xf32>) outs(%14 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %17 = arith.truncf %in : f32 to bf16
      linalg.yield %17 : bf16
    } -> tensor<?x5x64xbf16>
    return %15, %16 : tensor<?x5x64xbf16>, tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @returns_rstd(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @returns_rstd(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> (tensor<?x5x64xbf16>, tensor<?x5x1xf32>) {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.divf %in, %cst_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.truncf %cst_0 : f64 to f32
      %16 = arith.addf %in, %15 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.rsqrt %in : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty() : tensor<64xf32>
    %11 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%10 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9, %11 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x5x64xbf16>
    return %14, %8 : tensor<?x5x64xbf16>, tensor<?x5x1xf32>
  }
}

// -----

// CHECK-LABEL: func.func @returns_unscaled(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @returns_unscaled(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> (tensor<?x5x64xbf16>, tensor<?x5x64xf32>) {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.divf %in, %cst_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.truncf %cst_0 : f64 to f32
      %16 = arith.addf %in, %15 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.rsqrt %in : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty() : tensor<64xf32>
    %11 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%10 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9, %11 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x5x64xbf16>
    return %14, %9 : tensor<?x5x64xbf16>, tensor<?x5x64xf32>
  }
}

// -----

// CHECK-LABEL: func.func @rms_only(
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1)>
#map2 = affine_map<(d0, d1) -> (d0, d1)>
module {
  func.func @rms_only(%arg0: tensor<?x5x64xbf16>) -> tensor<?x5xf32> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %9 = arith.extf %in : bf16 to f32
      linalg.yield %9 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %9 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %9 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5xf32>) -> tensor<?x5xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5xf32>) {
    ^bb0(%in: f32, %out: f32):
      %9 = arith.addf %in, %out : f32
      linalg.yield %9 : f32
    } -> tensor<?x5xf32>
    %6 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel"]} ins(%5 : tensor<?x5xf32>) outs(%3 : tensor<?x5xf32>) {
    ^bb0(%in: f32, %out: f32):
      %9 = arith.divf %in, %cst_1 : f32
      linalg.yield %9 : f32
    } -> tensor<?x5xf32>
    %7 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel"]} ins(%6 : tensor<?x5xf32>) outs(%3 : tensor<?x5xf32>) {
    ^bb0(%in: f32, %out: f32):
      %9 = arith.truncf %cst_0 : f64 to f32
      %10 = arith.addf %in, %9 : f32
      linalg.yield %10 : f32
    } -> tensor<?x5xf32>
    %8 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel"]} ins(%7 : tensor<?x5xf32>) outs(%3 : tensor<?x5xf32>) {
    ^bb0(%in: f32, %out: f32):
      %9 = math.sqrt %in : f32
      linalg.yield %9 : f32
    } -> tensor<?x5xf32>
    return %8 : tensor<?x5xf32>
  }
}

// -----

// CHECK-LABEL: func.func @rows_in_one_axis(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<()[s0] -> (s0 * 5)>
#map2 = affine_map<(d0, d1) -> (d0, d1)>
#map3 = affine_map<(d0, d1) -> (d0, 0)>
#map4 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map5 = affine_map<(d0) -> (d0)>
#map6 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @rows_in_one_axis(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %c5 = arith.constant 5 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %19 = arith.extf %in : bf16 to f32
      linalg.yield %19 : f32
    } -> tensor<?x5x64xf32>
    %collapsed = tensor.collapse_shape %1 [[0, 1], [2]] : tensor<?x5x64xf32> into tensor<?x64xf32>
    %2 = affine.apply #map1()[%dim]
    %3 = tensor.empty(%2) : tensor<?x64xf32>
    %4 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel"]} ins(%collapsed : tensor<?x64xf32>) outs(%3 : tensor<?x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %19 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %19 : f32
    } -> tensor<?x64xf32>
    %5 = tensor.empty(%2) : tensor<?x1xf32>
    %6 = linalg.fill ins(%cst : f32) outs(%5 : tensor<?x1xf32>) -> tensor<?x1xf32>
    %7 = linalg.generic {indexing_maps = [#map2, #map3], iterator_types = ["parallel", "reduction"]} ins(%4 : tensor<?x64xf32>) outs(%6 : tensor<?x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %19 = arith.addf %in, %out : f32
      linalg.yield %19 : f32
    } -> tensor<?x1xf32>
    %8 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel"]} ins(%7 : tensor<?x1xf32>) outs(%5 : tensor<?x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %19 = arith.divf %in, %cst_1 : f32
      linalg.yield %19 : f32
    } -> tensor<?x1xf32>
    %9 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel"]} ins(%8 : tensor<?x1xf32>) outs(%5 : tensor<?x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %19 = arith.truncf %cst_0 : f64 to f32
      %20 = arith.addf %in, %19 : f32
      linalg.yield %20 : f32
    } -> tensor<?x1xf32>
    %10 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel"]} ins(%9 : tensor<?x1xf32>) outs(%5 : tensor<?x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %19 = math.rsqrt %in : f32
      linalg.yield %19 : f32
    } -> tensor<?x1xf32>
    %11 = arith.divsi %2, %c5 : index
    %expanded = tensor.expand_shape %10 [[0, 1], [2]] output_shape [%11, 5, 1] : tensor<?x1xf32> into tensor<?x5x1xf32>
    %12 = arith.cmpi eq, %dim, %11 : index
    cf.assert %12, "mismatched size for broadcast"
    %13 = linalg.generic {indexing_maps = [#map, #map4, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %expanded : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %19 = arith.mulf %in, %in_2 : f32
      linalg.yield %19 : f32
    } -> tensor<?x5x64xf32>
    %14 = tensor.empty() : tensor<64xf32>
    %15 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%14 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %19 = arith.extf %in : bf16 to f32
      linalg.yield %19 : f32
    } -> tensor<64xf32>
    %16 = linalg.generic {indexing_maps = [#map, #map6, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13, %15 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %19 = arith.mulf %in, %in_2 : f32
      linalg.yield %19 : f32
    } -> tensor<?x5x64xf32>
    %17 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %18 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%16 : tensor<?x5x64xf32>) outs(%17 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %19 = arith.truncf %in : f32 to bf16
      linalg.yield %19 : bf16
    } -> tensor<?x5x64xbf16>
    return %18 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @sandwich(
// CHECK: rmsnorm.rms_norm
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0) -> (d0)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @sandwich(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e+00 : f32
    %cst_1 = arith.constant 9.9999999999999995E-7 : f64
    %cst_2 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %28 = arith.extf %in : bf16 to f32
      linalg.yield %28 : f32
    } -> tensor<?x5x64xf32>
    %2 = tensor.empty() : tensor<64xf32>
    %3 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%2 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %28 = arith.extf %in : bf16 to f32
      linalg.yield %28 : f32
    } -> tensor<64xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %28 = arith.mulf %in, %in_3 : f32
      linalg.yield %28 : f32
    } -> tensor<?x5x64xf32>
    %5 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %6 = linalg.fill ins(%cst : f32) outs(%5 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%4 : tensor<?x5x64xf32>) outs(%6 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %28 = arith.addf %in, %out : f32
      linalg.yield %28 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %28 = arith.divf %in, %cst_2 : f32
      linalg.yield %28 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %28 = arith.truncf %cst_1 : f64 to f32
      %29 = arith.addf %in, %28 : f32
      linalg.yield %29 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x1xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %28 = math.rsqrt %in : f32
      linalg.yield %28 : f32
    } -> tensor<?x5x1xf32>
    %11 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %10 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %28 = arith.mulf %in, %in_3 : f32
      linalg.yield %28 : f32
    } -> tensor<?x5x64xf32>
    %12 = linalg.generic {indexing_maps = [#map3, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%3, %11 : tensor<64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %28 = arith.mulf %in, %in_3 : f32
      linalg.yield %28 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %28 = arith.truncf %in : f32 to bf16
      linalg.yield %28 : bf16
    } -> tensor<?x5x64xbf16>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %28 = arith.extf %in : bf16 to f32
      linalg.yield %28 : f32
    } -> tensor<?x5x64xf32>
    %16 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%15 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %28 = arith.negf %in : f32
      %29 = math.exp %28 : f32
      %30 = arith.addf %29, %cst_0 : f32
      %31 = arith.divf %cst_0, %30 : f32
      linalg.yield %31 : f32
    } -> tensor<?x5x64xf32>
    %17 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%15, %16 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %28 = arith.mulf %in, %in_3 : f32
      linalg.yield %28 : f32
    } -> tensor<?x5x64xf32>
    %18 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%17 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %28 = arith.truncf %in : f32 to bf16
      linalg.yield %28 : bf16
    } -> tensor<?x5x64xbf16>
    %19 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%18 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %28 = arith.extf %in : bf16 to f32
      linalg.yield %28 : f32
    } -> tensor<?x5x64xf32>
    %20 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%19, %19 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %28 = arith.mulf %in, %in_3 : f32
      linalg.yield %28 : f32
    } -> tensor<?x5x64xf32>
    %21 = linalg.generic {indexing_maps = [#map, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%20 : tensor<?x5x64xf32>) outs(%6 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %28 = arith.addf %in, %out : f32
      linalg.yield %28 : f32
    } -> tensor<?x5x1xf32>
    %22 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%21 : tensor<?x5x1xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %28 = arith.divf %in, %cst_2 : f32
      linalg.yield %28 : f32
    } -> tensor<?x5x1xf32>
    %23 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%22 : tensor<?x5x1xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %28 = arith.truncf %cst_1 : f64 to f32
      %29 = arith.addf %in, %28 : f32
      linalg.yield %29 : f32
    } -> tensor<?x5x1xf32>
    %24 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%23 : tensor<?x5x1xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %28 = math.rsqrt %in : f32
      linalg.yield %28 : f32
    } -> tensor<?x5x1xf32>
    %25 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%19, %24 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %28 = arith.mulf %in, %in_3 : f32
      linalg.yield %28 : f32
    } -> tensor<?x5x64xf32>
    %26 = linalg.generic {indexing_maps = [#map3, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%3, %25 : tensor<64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %28 = arith.mulf %in, %in_3 : f32
      linalg.yield %28 : f32
    } -> tensor<?x5x64xf32>
    %27 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%26 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %28 = arith.truncf %in : f32 to bf16
      linalg.yield %28 : bf16
    } -> tensor<?x5x64xbf16>
    return %27 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @scalar_gain(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (0)>
module {
  func.func @scalar_gain(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<1xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e-05 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.divf %in, %cst_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.truncf %cst_0 : f64 to f32
      %16 = arith.addf %in, %15 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.rsqrt %in : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty() : tensor<1xf32>
    %11 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<1xbf16>) outs(%10 : tensor<1xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<1xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9, %11 : tensor<?x5x64xf32>, tensor<1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x5x64xbf16>
    return %14 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @scalar_gain0(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<() -> ()>
#map3 = affine_map<(d0, d1, d2) -> ()>
module {
  func.func @scalar_gain0(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<bf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e-05 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.divf %in, %cst_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.truncf %cst_0 : f64 to f32
      %16 = arith.addf %in, %15 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.rsqrt %in : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty() : tensor<f32>
    %11 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = []} ins(%arg1 : tensor<bf16>) outs(%10 : tensor<f32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<f32>
    %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9, %11 : tensor<?x5x64xf32>, tensor<f32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x5x64xbf16>
    return %14 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @scaled_input(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @scaled_input(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 8.000000e+00 : f32
    %cst_2 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.mulf %in, %cst_1 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%2 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %4 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %5 = linalg.fill ins(%cst : f32) outs(%4 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%3 : tensor<?x5x64xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.addf %in, %out : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.divf %in, %cst_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.truncf %cst_0 : f64 to f32
      %17 = arith.addf %in, %16 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.sqrt %in : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%2, %9 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %16 = arith.divf %in, %in_3 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %11 = tensor.empty() : tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%11 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<64xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10, %12 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %16 = arith.mulf %in, %in_3 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %14 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x64xf32>) outs(%14 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %16 = arith.truncf %in : f32 to bf16
      linalg.yield %16 : bf16
    } -> tensor<?x5x64xbf16>
    return %15 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @simplenorm(
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @simplenorm(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f64
    %cst_0 = arith.constant 6.300000e+01 : f64
    %cst_1 = arith.constant 9.9999999999999995E-7 : f64
    %cst_2 = arith.constant 6.400000e+01 : f64
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %22 = arith.extf %in : bf16 to f32
      linalg.yield %22 : f32
    } -> tensor<?x5x64xf32>
    %2 = tensor.empty(%dim) : tensor<?x5x64xf64>
    %3 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%2 : tensor<?x5x64xf64>) {
    ^bb0(%in: f32, %out: f64):
      %22 = arith.extf %in : f32 to f64
      linalg.yield %22 : f64
    } -> tensor<?x5x64xf64>
    %4 = tensor.empty(%dim) : tensor<?x5x1xf64>
    %5 = linalg.fill ins(%cst : f64) outs(%4 : tensor<?x5x1xf64>) -> tensor<?x5x1xf64>
    %6 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%3 : tensor<?x5x64xf64>) outs(%5 : tensor<?x5x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %22 = arith.addf %in, %out : f64
      linalg.yield %22 : f64
    } -> tensor<?x5x1xf64>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf64>) outs(%4 : tensor<?x5x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %22 = arith.divf %in, %cst_2 : f64
      linalg.yield %22 : f64
    } -> tensor<?x5x1xf64>
    %8 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%3, %7 : tensor<?x5x64xf64>, tensor<?x5x1xf64>) outs(%2 : tensor<?x5x64xf64>) {
    ^bb0(%in: f64, %in_3: f64, %out: f64):
      %22 = arith.subf %in, %in_3 : f64
      linalg.yield %22 : f64
    } -> tensor<?x5x64xf64>
    %9 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8, %8 : tensor<?x5x64xf64>, tensor<?x5x64xf64>) outs(%2 : tensor<?x5x64xf64>) {
    ^bb0(%in: f64, %in_3: f64, %out: f64):
      %22 = arith.mulf %in, %in_3 : f64
      linalg.yield %22 : f64
    } -> tensor<?x5x64xf64>
    %10 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%9 : tensor<?x5x64xf64>) outs(%5 : tensor<?x5x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %22 = arith.addf %in, %out : f64
      linalg.yield %22 : f64
    } -> tensor<?x5x1xf64>
    %11 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10 : tensor<?x5x1xf64>) outs(%4 : tensor<?x5x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %22 = arith.divf %in, %cst_0 : f64
      linalg.yield %22 : f64
    } -> tensor<?x5x1xf64>
    %12 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%11 : tensor<?x5x1xf64>) outs(%12 : tensor<?x5x1xf32>) {
    ^bb0(%in: f64, %out: f32):
      %22 = arith.truncf %in : f64 to f32
      linalg.yield %22 : f32
    } -> tensor<?x5x1xf32>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x1xf32>) outs(%12 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %22 = arith.truncf %cst_1 : f64 to f32
      %23 = arith.addf %in, %22 : f32
      linalg.yield %23 : f32
    } -> tensor<?x5x1xf32>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14 : tensor<?x5x1xf32>) outs(%12 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %22 = math.rsqrt %in : f32
      linalg.yield %22 : f32
    } -> tensor<?x5x1xf32>
    %16 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %15 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %22 = arith.mulf %in, %in_3 : f32
      linalg.yield %22 : f32
    } -> tensor<?x5x64xf32>
    %17 = tensor.empty() : tensor<64xf32>
    %18 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%17 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %22 = arith.extf %in : bf16 to f32
      linalg.yield %22 : f32
    } -> tensor<64xf32>
    %19 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%16, %18 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %22 = arith.mulf %in, %in_3 : f32
      linalg.yield %22 : f32
    } -> tensor<?x5x64xf32>
    %20 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %21 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%19 : tensor<?x5x64xf32>) outs(%20 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %22 = arith.truncf %in : f32 to bf16
      linalg.yield %22 : bf16
    } -> tensor<?x5x64xbf16>
    return %21 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @softmax(
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @softmax(%arg0: tensor<?x5x64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %c0_i64 = arith.constant 0 : i64
    %cst = arith.constant 0xFF800000 : f32
    %cst_0 = arith.constant 0.000000e+00 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %2 = tensor.empty(%dim) : tensor<?x5xi64>
    %3 = linalg.fill ins(%c0_i64 : i64) outs(%2 : tensor<?x5xi64>) -> tensor<?x5xi64>
    %4 = tensor.empty(%dim) : tensor<?x5xf32>
    %5 = linalg.fill ins(%cst : f32) outs(%4 : tensor<?x5xf32>) -> tensor<?x5xf32>
    %6:2 = linalg.generic {indexing_maps = [#map, #map1, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%1 : tensor<?x5x64xf32>) outs(%5, %3 : tensor<?x5xf32>, tensor<?x5xi64>) {
    ^bb0(%in: f32, %out: f32, %out_1: i64):
      %15 = linalg.index 2 : index
      %16 = arith.index_cast %15 : index to i64
      %17 = arith.maximumf %in, %out : f32
      %18 = arith.cmpf ogt, %in, %out : f32
      %19 = arith.select %18, %16, %out_1 : i64
      linalg.yield %17, %19 : f32, i64
    } -> (tensor<?x5xf32>, tensor<?x5xi64>)
    %expanded = tensor.expand_shape %6#0 [[0], [1, 2]] output_shape [%dim, 5, 1] : tensor<?x5xf32> into tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %expanded : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %15 = arith.subf %in, %in_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.exp %in : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %9 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %10 = linalg.fill ins(%cst_0 : f32) outs(%9 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %11 = linalg.generic {indexing_maps = [#map, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%8 : tensor<?x5x64xf32>) outs(%10 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8, %11 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %15 = arith.divf %in, %in_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x5x64xbf16>
    return %14 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @statistic_in_double(
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @statistic_in_double(%arg0: tensor<?x5x64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f64
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f64
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf64>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf64>) {
    ^bb0(%in: bf16, %out: f64):
      %16 = arith.extf %in : bf16 to f64
      linalg.yield %16 : f64
    } -> tensor<?x5x64xf64>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf64>) outs(%0 : tensor<?x5x64xf64>) {
    ^bb0(%in: f64, %out: f64):
      %16 = math.fpowi %in, %c2_i64 : f64, i64
      linalg.yield %16 : f64
    } -> tensor<?x5x64xf64>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf64>
    %4 = linalg.fill ins(%cst : f64) outs(%3 : tensor<?x5x1xf64>) -> tensor<?x5x1xf64>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf64>) outs(%4 : tensor<?x5x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %16 = arith.addf %in, %out : f64
      linalg.yield %16 : f64
    } -> tensor<?x5x1xf64>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf64>) outs(%3 : tensor<?x5x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %16 = arith.divf %in, %cst_1 : f64
      linalg.yield %16 : f64
    } -> tensor<?x5x1xf64>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf64>) outs(%3 : tensor<?x5x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %16 = arith.addf %in, %cst_0 : f64
      linalg.yield %16 : f64
    } -> tensor<?x5x1xf64>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf64>) outs(%3 : tensor<?x5x1xf64>) {
    ^bb0(%in: f64, %out: f64):
      %16 = math.rsqrt %in : f64
      linalg.yield %16 : f64
    } -> tensor<?x5x1xf64>
    %9 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf64>) outs(%9 : tensor<?x5x1xf32>) {
    ^bb0(%in: f64, %out: f32):
      %16 = arith.truncf %in : f64 to f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %11 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%11 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12, %10 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%11 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %16 = arith.mulf %in, %in_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %14 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x64xf32>) outs(%14 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %16 = arith.truncf %in : f32 to bf16
      linalg.yield %16 : bf16
    } -> tensor<?x5x64xbf16>
    return %15 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @sum_div(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @sum_div(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.divf %in, %cst_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.truncf %cst_0 : f64 to f32
      %16 = arith.addf %in, %15 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.sqrt %in : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.divf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty() : tensor<64xf32>
    %11 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%10 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9, %11 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x5x64xbf16>
    return %14 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @sum_mulinv(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @sum_mulinv(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 1.562500e-02 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.mulf %in, %cst_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.truncf %cst_0 : f64 to f32
      %16 = arith.addf %in, %15 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.sqrt %in : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.divf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty() : tensor<64xf32>
    %11 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%10 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9, %11 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x5x64xbf16>
    return %14 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @sum_rows(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, 0, d2)>
module {
  func.func @sum_rows(%arg0: tensor<?x5x64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 5.000000e+00 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %12 = arith.extf %in : bf16 to f32
      linalg.yield %12 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %12 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %12 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x1x64xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x1x64xf32>) -> tensor<?x1x64xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "reduction", "parallel"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x1x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %12 = arith.addf %in, %out : f32
      linalg.yield %12 : f32
    } -> tensor<?x1x64xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x1x64xf32>) outs(%3 : tensor<?x1x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %12 = arith.divf %in, %cst_1 : f32
      linalg.yield %12 : f32
    } -> tensor<?x1x64xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x1x64xf32>) outs(%3 : tensor<?x1x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %12 = arith.truncf %cst_0 : f64 to f32
      %13 = arith.addf %in, %12 : f32
      linalg.yield %13 : f32
    } -> tensor<?x1x64xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x1x64xf32>) outs(%3 : tensor<?x1x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %12 = math.sqrt %in : f32
      linalg.yield %12 : f32
    } -> tensor<?x1x64xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf32>, tensor<?x1x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %12 = arith.divf %in, %in_2 : f32
      linalg.yield %12 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %11 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x64xf32>) outs(%10 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %12 = arith.truncf %in : f32 to bf16
      linalg.yield %12 : bf16
    } -> tensor<?x5x64xbf16>
    return %11 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @two_axes(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, 0, 0)>
#map2 = affine_map<(d0, d1) -> (d0, d1)>
#map3 = affine_map<(d0, d1, d2, d3) -> (d2, d3)>
module {
  func.func @two_axes(%arg0: tensor<?x5x4x16xbf16>, %arg1: tensor<4x16xbf16>) -> tensor<?x5x4x16xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x4x16xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x4x16xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x4x16xbf16>) outs(%0 : tensor<?x5x4x16xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x5x4x16xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x5x4x16xf32>, tensor<?x5x4x16xf32>) outs(%0 : tensor<?x5x4x16xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x4x16xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1x1xf32>) -> tensor<?x5x1x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%2 : tensor<?x5x4x16xf32>) outs(%4 : tensor<?x5x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1x1xf32>) outs(%3 : tensor<?x5x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.divf %in, %cst_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1x1xf32>) outs(%3 : tensor<?x5x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.truncf %cst_0 : f64 to f32
      %16 = arith.addf %in, %15 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1x1xf32>) outs(%3 : tensor<?x5x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.rsqrt %in : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x4x16xf32>, tensor<?x5x1x1xf32>) outs(%0 : tensor<?x5x4x16xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x4x16xf32>
    %10 = tensor.empty() : tensor<4x16xf32>
    %11 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel"]} ins(%arg1 : tensor<4x16xbf16>) outs(%10 : tensor<4x16xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<4x16xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%9, %11 : tensor<?x5x4x16xf32>, tensor<4x16xf32>) outs(%0 : tensor<?x5x4x16xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x4x16xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x4x16xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x4x16xf32>) outs(%13 : tensor<?x5x4x16xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x5x4x16xbf16>
    return %14 : tensor<?x5x4x16xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @two_axes_in_one(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1)>
#map3 = affine_map<(d0, d1) -> (d0, d1)>
#map4 = affine_map<(d0, d1, d2, d3) -> (d0, d1, 0, 0)>
#map5 = affine_map<(d0, d1, d2, d3) -> (d2, d3)>
module {
  func.func @two_axes_in_one(%arg0: tensor<?x5x4x16xbf16>, %arg1: tensor<4x16xbf16>) -> tensor<?x5x4x16xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x4x16xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x4x16xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x4x16xbf16>) outs(%0 : tensor<?x5x4x16xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<?x5x4x16xf32>
    %collapsed = tensor.collapse_shape %1 [[0], [1], [2, 3]] : tensor<?x5x4x16xf32> into tensor<?x5x64xf32>
    %2 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %3 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%collapsed : tensor<?x5x64xf32>) outs(%2 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %4 = tensor.empty(%dim) : tensor<?x5xf32>
    %5 = linalg.fill ins(%cst : f32) outs(%4 : tensor<?x5xf32>) -> tensor<?x5xf32>
    %6 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%3 : tensor<?x5x64xf32>) outs(%5 : tensor<?x5xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.addf %in, %out : f32
      linalg.yield %16 : f32
    } -> tensor<?x5xf32>
    %7 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%6 : tensor<?x5xf32>) outs(%4 : tensor<?x5xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.divf %in, %cst_1 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5xf32>
    %8 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%7 : tensor<?x5xf32>) outs(%4 : tensor<?x5xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.truncf %cst_0 : f64 to f32
      %17 = arith.addf %in, %16 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5xf32>
    %9 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%8 : tensor<?x5xf32>) outs(%4 : tensor<?x5xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.rsqrt %in : f32
      linalg.yield %16 : f32
    } -> tensor<?x5xf32>
    %expanded = tensor.expand_shape %9 [[0], [1, 2, 3]] output_shape [%dim, 5, 1, 1] : tensor<?x5xf32> into tensor<?x5x1x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map4, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%1, %expanded : tensor<?x5x4x16xf32>, tensor<?x5x1x1xf32>) outs(%0 : tensor<?x5x4x16xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %16 = arith.mulf %in, %in_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x4x16xf32>
    %11 = tensor.empty() : tensor<4x16xf32>
    %12 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel"]} ins(%arg1 : tensor<4x16xbf16>) outs(%11 : tensor<4x16xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<4x16xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map5, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%10, %12 : tensor<?x5x4x16xf32>, tensor<4x16xf32>) outs(%0 : tensor<?x5x4x16xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %16 = arith.mulf %in, %in_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x4x16xf32>
    %14 = tensor.empty(%dim) : tensor<?x5x4x16xbf16>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x4x16xf32>) outs(%14 : tensor<?x5x4x16xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %16 = arith.truncf %in : f32 to bf16
      linalg.yield %16 : bf16
    } -> tensor<?x5x4x16xbf16>
    return %15 : tensor<?x5x4x16xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @two_means(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d0, d1, 0, d3)>
#map3 = affine_map<(d0, d1, d2, d3) -> (d0, d1, 0, 0)>
#map4 = affine_map<(d0, d1) -> (d0, d1)>
#map5 = affine_map<(d0, d1, d2, d3) -> (d2, d3)>
module {
  func.func @two_means(%arg0: tensor<?x5x4x16xbf16>, %arg1: tensor<4x16xbf16>) -> tensor<?x5x4x16xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 1.600000e+01 : f32
    %cst_2 = arith.constant 4.000000e+00 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x4x16xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x4x16xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x4x16xbf16>) outs(%0 : tensor<?x5x4x16xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %19 = arith.extf %in : bf16 to f32
      linalg.yield %19 : f32
    } -> tensor<?x5x4x16xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x5x4x16xf32>, tensor<?x5x4x16xf32>) outs(%0 : tensor<?x5x4x16xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %19 = arith.mulf %in, %in_3 : f32
      linalg.yield %19 : f32
    } -> tensor<?x5x4x16xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x4x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x4x1xf32>) -> tensor<?x5x4x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x4x16xf32>) outs(%4 : tensor<?x5x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %19 = arith.addf %in, %out : f32
      linalg.yield %19 : f32
    } -> tensor<?x5x4x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x4x1xf32>) outs(%3 : tensor<?x5x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %19 = arith.divf %in, %cst_1 : f32
      linalg.yield %19 : f32
    } -> tensor<?x5x4x1xf32>
    %7 = tensor.empty(%dim) : tensor<?x5x1x1xf32>
    %8 = linalg.fill ins(%cst : f32) outs(%7 : tensor<?x5x1x1xf32>) -> tensor<?x5x1x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map2], iterator_types = ["parallel", "parallel", "reduction", "parallel"]} ins(%6 : tensor<?x5x4x1xf32>) outs(%8 : tensor<?x5x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %19 = arith.addf %in, %out : f32
      linalg.yield %19 : f32
    } -> tensor<?x5x1x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x1x1xf32>) outs(%7 : tensor<?x5x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %19 = arith.divf %in, %cst_2 : f32
      linalg.yield %19 : f32
    } -> tensor<?x5x1x1xf32>
    %11 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%10 : tensor<?x5x1x1xf32>) outs(%7 : tensor<?x5x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %19 = arith.truncf %cst_0 : f64 to f32
      %20 = arith.addf %in, %19 : f32
      linalg.yield %20 : f32
    } -> tensor<?x5x1x1xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%11 : tensor<?x5x1x1xf32>) outs(%7 : tensor<?x5x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %19 = math.rsqrt %in : f32
      linalg.yield %19 : f32
    } -> tensor<?x5x1x1xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%1, %12 : tensor<?x5x4x16xf32>, tensor<?x5x1x1xf32>) outs(%0 : tensor<?x5x4x16xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %19 = arith.mulf %in, %in_3 : f32
      linalg.yield %19 : f32
    } -> tensor<?x5x4x16xf32>
    %14 = tensor.empty() : tensor<4x16xf32>
    %15 = linalg.generic {indexing_maps = [#map4, #map4], iterator_types = ["parallel", "parallel"]} ins(%arg1 : tensor<4x16xbf16>) outs(%14 : tensor<4x16xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %19 = arith.extf %in : bf16 to f32
      linalg.yield %19 : f32
    } -> tensor<4x16xf32>
    %16 = linalg.generic {indexing_maps = [#map, #map5, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%13, %15 : tensor<?x5x4x16xf32>, tensor<4x16xf32>) outs(%0 : tensor<?x5x4x16xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %19 = arith.mulf %in, %in_3 : f32
      linalg.yield %19 : f32
    } -> tensor<?x5x4x16xf32>
    %17 = tensor.empty(%dim) : tensor<?x5x4x16xbf16>
    %18 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%16 : tensor<?x5x4x16xf32>) outs(%17 : tensor<?x5x4x16xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %19 = arith.truncf %in : f32 to bf16
      linalg.yield %19 : bf16
    } -> tensor<?x5x4x16xbf16>
    return %18 : tensor<?x5x4x16xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @two_scales(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @two_scales(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %cst_2 = arith.constant 2.000000e+00 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.addf %in, %out : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.divf %in, %cst_1 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.truncf %cst_0 : f64 to f32
      %17 = arith.addf %in, %16 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.rsqrt %in : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %16 = arith.mulf %in, %in_3 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty() : tensor<64xf32>
    %11 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%10 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9, %11 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %16 = arith.mulf %in, %in_3 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.mulf %in, %cst_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %14 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x64xf32>) outs(%14 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %16 = arith.truncf %in : f32 to bf16
      linalg.yield %16 : bf16
    } -> tensor<?x5x64xbf16>
    return %15 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @unsqueeze_mean(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1)>
#map2 = affine_map<(d0, d1) -> (d0, d1)>
#map3 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map4 = affine_map<(d0) -> (d0)>
#map5 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @unsqueeze_mean(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %16 = arith.mulf %in, %in_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5xf32>) -> tensor<?x5xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.addf %in, %out : f32
      linalg.yield %16 : f32
    } -> tensor<?x5xf32>
    %6 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel"]} ins(%5 : tensor<?x5xf32>) outs(%3 : tensor<?x5xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.divf %in, %cst_1 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5xf32>
    %expanded = tensor.expand_shape %6 [[0], [1, 2]] output_shape [%dim, 5, 1] : tensor<?x5xf32> into tensor<?x5x1xf32>
    %7 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded : tensor<?x5x1xf32>) outs(%7 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.truncf %cst_0 : f64 to f32
      %17 = arith.addf %in, %16 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf32>) outs(%7 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.rsqrt %in : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %9 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %16 = arith.mulf %in, %in_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %11 = tensor.empty() : tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map4, #map4], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%11 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %16 = arith.extf %in : bf16 to f32
      linalg.yield %16 : f32
    } -> tensor<64xf32>
    %13 = linalg.generic {indexing_maps = [#map, #map5, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10, %12 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %16 = arith.mulf %in, %in_2 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x64xf32>
    %14 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<?x5x64xf32>) outs(%14 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %16 = arith.truncf %in : f32 to bf16
      linalg.yield %16 : bf16
    } -> tensor<?x5x64xbf16>
    return %15 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @vecnorm(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @vecnorm(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 5.000000e-01 : f32
    %cst_1 = arith.constant 1.250000e-01 : f32
    %cst_2 = arith.constant 2.000000e+00 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %13 = arith.extf %in : bf16 to f32
      linalg.yield %13 : f32
    } -> tensor<?x5x64xf32>
    %2 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %3 = linalg.fill ins(%cst : f32) outs(%2 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%1 : tensor<?x5x64xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %13 = math.absf %in : f32
      %14 = math.powf %13, %cst_2 : f32
      %15 = arith.addf %14, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%4 : tensor<?x5x1xf32>) outs(%2 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %13 = math.powf %in, %cst_0 : f32
      linalg.yield %13 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%2 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %13 = arith.mulf %in, %cst_1 : f32
      linalg.yield %13 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %6 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %13 = arith.divf %in, %in_3 : f32
      linalg.yield %13 : f32
    } -> tensor<?x5x64xf32>
    %8 = tensor.empty() : tensor<64xf32>
    %9 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%8 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %13 = arith.extf %in : bf16 to f32
      linalg.yield %13 : f32
    } -> tensor<64xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7, %9 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %13 = arith.mulf %in, %in_3 : f32
      linalg.yield %13 : f32
    } -> tensor<?x5x64xf32>
    %11 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %12 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10 : tensor<?x5x64xf32>) outs(%11 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %13 = arith.truncf %in : f32 to bf16
      linalg.yield %13 : bf16
    } -> tensor<?x5x64xbf16>
    return %12 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @w_r_x(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0) -> (d0)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @w_r_x(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %2 = tensor.empty() : tensor<64xf32>
    %3 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%2 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<64xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %5 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %6 = linalg.fill ins(%cst : f32) outs(%5 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%4 : tensor<?x5x64xf32>) outs(%6 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.divf %in, %cst_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.truncf %cst_0 : f64 to f32
      %16 = arith.addf %in, %15 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x1xf32>) outs(%5 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.rsqrt %in : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %11 = linalg.generic {indexing_maps = [#map3, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%3, %10 : tensor<64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%11, %1 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x5x64xbf16>
    return %14 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @w_x_r(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0) -> (d0)>
#map2 = affine_map<(d0, d1, d2) -> (d2)>
#map3 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @w_x_r(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %2 = tensor.empty() : tensor<64xf32>
    %3 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%2 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<64xf32>
    %4 = linalg.generic {indexing_maps = [#map2, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%3, %1 : tensor<64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %1 : tensor<?x5x64xf32>, tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %6 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %7 = linalg.fill ins(%cst : f32) outs(%6 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map3], iterator_types = ["parallel", "parallel", "reduction"]} ins(%5 : tensor<?x5x64xf32>) outs(%7 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8 : tensor<?x5x1xf32>) outs(%6 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.divf %in, %cst_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x1xf32>) outs(%6 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.truncf %cst_0 : f64 to f32
      %16 = arith.addf %in, %15 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %11 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%10 : tensor<?x5x1xf32>) outs(%6 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.rsqrt %in : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%4, %11 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x5x64xbf16>
    return %14 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @wan(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, 0, d2, d3)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map3 = affine_map<(d0, d1, d2, d3) -> (d1, 0, 0)>
module {
  func.func @wan(%arg0: tensor<?x16x4x5xbf16>, %arg1: tensor<16x1x1xbf16>) -> tensor<?x16x4x5xbf16> {
    %true = arith.constant true
    %c0_i64 = arith.constant 0 : i64
    %c1 = arith.constant 1 : index
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999998E-13 : f64
    %cst_1 = arith.constant 5.000000e-01 : f32
    %cst_2 = arith.constant 4.000000e+00 : f32
    %cst_3 = arith.constant 2.000000e+00 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x16x4x5xbf16>
    %0 = arith.index_cast %dim : index to i64
    %1 = tensor.empty(%dim) : tensor<?x16x4x5xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x16x4x5xbf16>) outs(%1 : tensor<?x16x4x5xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %18 = arith.extf %in : bf16 to f32
      linalg.yield %18 : f32
    } -> tensor<?x16x4x5xf32>
    %3 = tensor.empty(%dim) : tensor<?x1x4x5xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x1x4x5xf32>) -> tensor<?x1x4x5xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "reduction", "parallel", "parallel"]} ins(%2 : tensor<?x16x4x5xf32>) outs(%4 : tensor<?x1x4x5xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = math.absf %in : f32
      %19 = math.powf %18, %cst_3 : f32
      %20 = arith.addf %19, %out : f32
      linalg.yield %20 : f32
    } -> tensor<?x1x4x5xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%5 : tensor<?x1x4x5xf32>) outs(%3 : tensor<?x1x4x5xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = math.powf %in, %cst_1 : f32
      linalg.yield %18 : f32
    } -> tensor<?x1x4x5xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%6 : tensor<?x1x4x5xf32>) outs(%3 : tensor<?x1x4x5xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = arith.truncf %cst_0 : f64 to f32
      %19 = arith.cmpf ult, %in, %18 : f32
      %20 = arith.select %19, %18, %in : f32
      linalg.yield %20 : f32
    } -> tensor<?x1x4x5xf32>
    %8 = arith.cmpi sge, %0, %c0_i64 : i64
    cf.assert %8, "unimplemented: dynamic negative broadcast sizes"
    %9 = tensor.empty(%dim) : tensor<?x16x4x5xf32>
    %10 = linalg.generic {indexing_maps = [#map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%9 : tensor<?x16x4x5xf32>) {
    ^bb0(%out: f32):
      %18 = linalg.index 0 : index
      %19 = linalg.index 2 : index
      %20 = linalg.index 3 : index
      %21 = arith.cmpi eq, %dim, %c1 : index
      %22 = arith.select %21, %c0, %18 : index
      %extracted = tensor.extract %7[%22, %c0, %19, %20] : tensor<?x1x4x5xf32>
      linalg.yield %extracted : f32
    } -> tensor<?x16x4x5xf32>
    cf.assert %true, "mismatched size for broadcast"
    %11 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%2, %10 : tensor<?x16x4x5xf32>, tensor<?x16x4x5xf32>) outs(%1 : tensor<?x16x4x5xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %18 = arith.divf %in, %in_4 : f32
      linalg.yield %18 : f32
    } -> tensor<?x16x4x5xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%11 : tensor<?x16x4x5xf32>) outs(%1 : tensor<?x16x4x5xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = arith.mulf %in, %cst_2 : f32
      linalg.yield %18 : f32
    } -> tensor<?x16x4x5xf32>
    %13 = tensor.empty() : tensor<16x1x1xf32>
    %14 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1 : tensor<16x1x1xbf16>) outs(%13 : tensor<16x1x1xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %18 = arith.extf %in : bf16 to f32
      linalg.yield %18 : f32
    } -> tensor<16x1x1xf32>
    %15 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%12, %14 : tensor<?x16x4x5xf32>, tensor<16x1x1xf32>) outs(%1 : tensor<?x16x4x5xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %18 = arith.mulf %in, %in_4 : f32
      linalg.yield %18 : f32
    } -> tensor<?x16x4x5xf32>
    %16 = tensor.empty(%dim) : tensor<?x16x4x5xbf16>
    %17 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%15 : tensor<?x16x4x5xf32>) outs(%16 : tensor<?x16x4x5xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %18 = arith.truncf %in : f32 to bf16
      linalg.yield %18 : bf16
    } -> tensor<?x16x4x5xbf16>
    return %17 : tensor<?x16x4x5xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @wan_bias(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, 0, d2, d3)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2, d3) -> (d1, 0, 0)>
module {
  func.func @wan_bias(%arg0: tensor<?x16x4x5xbf16>, %arg1: tensor<16xbf16>, %arg2: tensor<16xbf16>) -> tensor<?x16x4x5xbf16> {
    %true = arith.constant true
    %c0_i64 = arith.constant 0 : i64
    %c1 = arith.constant 1 : index
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999998E-13 : f64
    %cst_1 = arith.constant 5.000000e-01 : f32
    %cst_2 = arith.constant 4.000000e+00 : f32
    %cst_3 = arith.constant 2.000000e+00 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x16x4x5xbf16>
    %0 = arith.index_cast %dim : index to i64
    %1 = tensor.empty(%dim) : tensor<?x16x4x5xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x16x4x5xbf16>) outs(%1 : tensor<?x16x4x5xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %20 = arith.extf %in : bf16 to f32
      linalg.yield %20 : f32
    } -> tensor<?x16x4x5xf32>
    %3 = tensor.empty(%dim) : tensor<?x1x4x5xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x1x4x5xf32>) -> tensor<?x1x4x5xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "reduction", "parallel", "parallel"]} ins(%2 : tensor<?x16x4x5xf32>) outs(%4 : tensor<?x1x4x5xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = math.absf %in : f32
      %21 = math.powf %20, %cst_3 : f32
      %22 = arith.addf %21, %out : f32
      linalg.yield %22 : f32
    } -> tensor<?x1x4x5xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%5 : tensor<?x1x4x5xf32>) outs(%3 : tensor<?x1x4x5xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = math.powf %in, %cst_1 : f32
      linalg.yield %20 : f32
    } -> tensor<?x1x4x5xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%6 : tensor<?x1x4x5xf32>) outs(%3 : tensor<?x1x4x5xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = arith.truncf %cst_0 : f64 to f32
      %21 = arith.cmpf ult, %in, %20 : f32
      %22 = arith.select %21, %20, %in : f32
      linalg.yield %22 : f32
    } -> tensor<?x1x4x5xf32>
    %8 = arith.cmpi sge, %0, %c0_i64 : i64
    cf.assert %8, "unimplemented: dynamic negative broadcast sizes"
    %9 = tensor.empty(%dim) : tensor<?x16x4x5xf32>
    %10 = linalg.generic {indexing_maps = [#map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%9 : tensor<?x16x4x5xf32>) {
    ^bb0(%out: f32):
      %20 = linalg.index 0 : index
      %21 = linalg.index 2 : index
      %22 = linalg.index 3 : index
      %23 = arith.cmpi eq, %dim, %c1 : index
      %24 = arith.select %23, %c0, %20 : index
      %extracted = tensor.extract %7[%24, %c0, %21, %22] : tensor<?x1x4x5xf32>
      linalg.yield %extracted : f32
    } -> tensor<?x16x4x5xf32>
    cf.assert %true, "mismatched size for broadcast"
    %11 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%2, %10 : tensor<?x16x4x5xf32>, tensor<?x16x4x5xf32>) outs(%1 : tensor<?x16x4x5xf32>) {
    ^bb0(%in: f32, %in_5: f32, %out: f32):
      %20 = arith.divf %in, %in_5 : f32
      linalg.yield %20 : f32
    } -> tensor<?x16x4x5xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%11 : tensor<?x16x4x5xf32>) outs(%1 : tensor<?x16x4x5xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = arith.mulf %in, %cst_2 : f32
      linalg.yield %20 : f32
    } -> tensor<?x16x4x5xf32>
    %13 = tensor.empty() : tensor<16xf32>
    %14 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<16xbf16>) outs(%13 : tensor<16xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %20 = arith.extf %in : bf16 to f32
      linalg.yield %20 : f32
    } -> tensor<16xf32>
    %expanded = tensor.expand_shape %14 [[0, 1, 2]] output_shape [16, 1, 1] : tensor<16xf32> into tensor<16x1x1xf32>
    %15 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%12, %expanded : tensor<?x16x4x5xf32>, tensor<16x1x1xf32>) outs(%1 : tensor<?x16x4x5xf32>) {
    ^bb0(%in: f32, %in_5: f32, %out: f32):
      %20 = arith.mulf %in, %in_5 : f32
      linalg.yield %20 : f32
    } -> tensor<?x16x4x5xf32>
    %16 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg2 : tensor<16xbf16>) outs(%13 : tensor<16xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %20 = arith.extf %in : bf16 to f32
      linalg.yield %20 : f32
    } -> tensor<16xf32>
    %expanded_4 = tensor.expand_shape %16 [[0, 1, 2]] output_shape [16, 1, 1] : tensor<16xf32> into tensor<16x1x1xf32>
    %17 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%15, %expanded_4 : tensor<?x16x4x5xf32>, tensor<16x1x1xf32>) outs(%1 : tensor<?x16x4x5xf32>) {
    ^bb0(%in: f32, %in_5: f32, %out: f32):
      %20 = arith.addf %in, %in_5 : f32
      linalg.yield %20 : f32
    } -> tensor<?x16x4x5xf32>
    %18 = tensor.empty(%dim) : tensor<?x16x4x5xbf16>
    %19 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%17 : tensor<?x16x4x5xf32>) outs(%18 : tensor<?x16x4x5xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %20 = arith.truncf %in : f32 to bf16
      linalg.yield %20 : bf16
    } -> tensor<?x16x4x5xbf16>
    return %19 : tensor<?x16x4x5xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @where_greater(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0, d1, d2) -> ()>
#map3 = affine_map<(d0) -> (d0)>
#map4 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @where_greater(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant dense<9.99999974E-6> : tensor<f32>
    %cst_1 = arith.constant 1.000000e-05 : f64
    %cst_2 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %17 = arith.extf %in : bf16 to f32
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = arith.addf %in, %out : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = arith.divf %in, %cst_2 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %7 = tensor.empty(%dim) : tensor<?x5x1xi1>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%7 : tensor<?x5x1xi1>) {
    ^bb0(%in: f32, %out: i1):
      %17 = arith.extf %in : f32 to f64
      %18 = arith.cmpf ogt, %17, %cst_1 : f64
      linalg.yield %18 : i1
    } -> tensor<?x5x1xi1>
    %9 = linalg.generic {indexing_maps = [#map, #map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8, %6, %cst_0 : tensor<?x5x1xi1>, tensor<?x5x1xf32>, tensor<f32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: i1, %in_3: f32, %in_4: f32, %out: f32):
      %17 = arith.select %in, %in_3, %in_4 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = math.rsqrt %in : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %11 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %10 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %17 = arith.mulf %in, %in_3 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %12 = tensor.empty() : tensor<64xf32>
    %13 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%12 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %17 = arith.extf %in : bf16 to f32
      linalg.yield %17 : f32
    } -> tensor<64xf32>
    %14 = linalg.generic {indexing_maps = [#map, #map4, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%11, %13 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %17 = arith.mulf %in, %in_3 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %15 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %16 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14 : tensor<?x5x64xf32>) outs(%15 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %17 = arith.truncf %in : f32 to bf16
      linalg.yield %17 : bf16
    } -> tensor<?x5x64xbf16>
    return %16 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @where_less(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0, d1, d2) -> ()>
#map3 = affine_map<(d0) -> (d0)>
#map4 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @where_less(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant dense<9.99999974E-6> : tensor<f32>
    %cst_1 = arith.constant 1.000000e-05 : f64
    %cst_2 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %17 = arith.extf %in : bf16 to f32
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = arith.addf %in, %out : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = arith.divf %in, %cst_2 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %7 = tensor.empty(%dim) : tensor<?x5x1xi1>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%7 : tensor<?x5x1xi1>) {
    ^bb0(%in: f32, %out: i1):
      %17 = arith.extf %in : f32 to f64
      %18 = arith.cmpf olt, %17, %cst_1 : f64
      linalg.yield %18 : i1
    } -> tensor<?x5x1xi1>
    %9 = linalg.generic {indexing_maps = [#map, #map2, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8, %cst_0, %6 : tensor<?x5x1xi1>, tensor<f32>, tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: i1, %in_3: f32, %in_4: f32, %out: f32):
      %17 = arith.select %in, %in_3, %in_4 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %10 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = math.rsqrt %in : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x1xf32>
    %11 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %10 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %17 = arith.mulf %in, %in_3 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %12 = tensor.empty() : tensor<64xf32>
    %13 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%12 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %17 = arith.extf %in : bf16 to f32
      linalg.yield %17 : f32
    } -> tensor<64xf32>
    %14 = linalg.generic {indexing_maps = [#map, #map4, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%11, %13 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %17 = arith.mulf %in, %in_3 : f32
      linalg.yield %17 : f32
    } -> tensor<?x5x64xf32>
    %15 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %16 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14 : tensor<?x5x64xf32>) outs(%15 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %17 = arith.truncf %in : f32 to bf16
      linalg.yield %17 : bf16
    } -> tensor<?x5x64xbf16>
    return %16 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @wrow(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @wrow(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e-05 : f64
    %cst_1 = arith.constant 5.000000e-01 : f32
    %cst_2 = arith.constant 8.000000e+00 : f32
    %cst_3 = arith.constant 2.000000e+00 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %14 = arith.extf %in : bf16 to f32
      linalg.yield %14 : f32
    } -> tensor<?x5x64xf32>
    %2 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %3 = linalg.fill ins(%cst : f32) outs(%2 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%1 : tensor<?x5x64xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = math.absf %in : f32
      %15 = math.powf %14, %cst_3 : f32
      %16 = arith.addf %15, %out : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%4 : tensor<?x5x1xf32>) outs(%2 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = math.powf %in, %cst_1 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%2 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = arith.divf %in, %cst_2 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%2 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = arith.truncf %cst_0 : f64 to f32
      %15 = arith.cmpf ult, %in, %14 : f32
      %16 = arith.select %15, %14, %in : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %7 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %14 = arith.divf %in, %in_4 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x64xf32>
    %9 = tensor.empty() : tensor<64xf32>
    %10 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%9 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %14 = arith.extf %in : bf16 to f32
      linalg.yield %14 : f32
    } -> tensor<64xf32>
    %11 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8, %10 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %14 = arith.mulf %in, %in_4 : f32
      linalg.yield %14 : f32
    } -> tensor<?x5x64xf32>
    %12 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %13 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%11 : tensor<?x5x64xf32>) outs(%12 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %14 = arith.truncf %in : f32 to bf16
      linalg.yield %14 : bf16
    } -> tensor<?x5x64xbf16>
    return %13 : tensor<?x5x64xbf16>
  }
}

// -----

// CHECK-LABEL: func.func @x_minus_0(
// CHECK: rmsnorm.rms_norm
// CHECK-NOT: rmsnorm.rms_norm
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @x_minus_0(%arg0: tensor<?x5x64xbf16>, %arg1: tensor<64xbf16>) -> tensor<?x5x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c0 = arith.constant 0 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c0 : tensor<?x5x64xbf16>
    %0 = tensor.empty(%dim) : tensor<?x5x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<?x5x64xbf16>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<?x5x64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %3 = tensor.empty(%dim) : tensor<?x5x1xf32>
    %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x5x1xf32>) -> tensor<?x5x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%2 : tensor<?x5x64xf32>) outs(%4 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.addf %in, %out : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.divf %in, %cst_1 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.truncf %cst_0 : f64 to f32
      %16 = arith.addf %in, %15 : f32
      linalg.yield %16 : f32
    } -> tensor<?x5x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%7 : tensor<?x5x1xf32>) outs(%3 : tensor<?x5x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.sqrt %in : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x1xf32>
    %9 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %8 : tensor<?x5x64xf32>, tensor<?x5x1xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.divf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %10 = tensor.empty() : tensor<64xf32>
    %11 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%arg1 : tensor<64xbf16>) outs(%10 : tensor<64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %15 = arith.extf %in : bf16 to f32
      linalg.yield %15 : f32
    } -> tensor<64xf32>
    %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%9, %11 : tensor<?x5x64xf32>, tensor<64xf32>) outs(%0 : tensor<?x5x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %15 = arith.mulf %in, %in_2 : f32
      linalg.yield %15 : f32
    } -> tensor<?x5x64xf32>
    %13 = tensor.empty(%dim) : tensor<?x5x64xbf16>
    %14 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%12 : tensor<?x5x64xf32>) outs(%13 : tensor<?x5x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %15 = arith.truncf %in : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<?x5x64xbf16>
    return %14 : tensor<?x5x64xbf16>
  }
}
