// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Written by generate_spellings.py; do not edit.
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @torch_no_weight_f32_static(%arg0: tensor<2x3x64xf32>) -> tensor<2x3x64xf32> {
    %c2_i64 = arith.constant 2 : i64
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e-05 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %0 = tensor.empty() : tensor<2x3x64xf32>
    %1 = tensor.empty() : tensor<2x3x1xf32>
    %2 = linalg.fill ins(%cst : f32) outs(%1 : tensor<2x3x1xf32>) -> tensor<2x3x1xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%arg0 : tensor<2x3x64xf32>) outs(%2 : tensor<2x3x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %5 = math.fpowi %in, %c2_i64 : f32, i64
      %6 = arith.addf %5, %out : f32
      linalg.yield %6 : f32
    } -> tensor<2x3x1xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0, %3 : tensor<2x3x64xf32>, tensor<2x3x1xf32>) outs(%0 : tensor<2x3x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %5 = arith.divf %in_2, %cst_1 : f32
      %6 = arith.truncf %cst_0 : f64 to f32
      %7 = arith.addf %5, %6 : f32
      %8 = math.rsqrt %7 : f32
      %9 = arith.mulf %in, %8 : f32
      linalg.yield %9 : f32
    } -> tensor<2x3x64xf32>
    return %4 : tensor<2x3x64xf32>
  }
}

// -----
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @torch_no_weight_f32_dynamic(%arg0: tensor<2x?x64xf32>) -> tensor<2x?x64xf32> {
    %c2_i64 = arith.constant 2 : i64
    %c1 = arith.constant 1 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e-05 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c1 : tensor<2x?x64xf32>
    %0 = tensor.empty(%dim) : tensor<2x?x64xf32>
    %1 = tensor.empty(%dim) : tensor<2x?x1xf32>
    %2 = linalg.fill ins(%cst : f32) outs(%1 : tensor<2x?x1xf32>) -> tensor<2x?x1xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%arg0 : tensor<2x?x64xf32>) outs(%2 : tensor<2x?x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %5 = math.fpowi %in, %c2_i64 : f32, i64
      %6 = arith.addf %5, %out : f32
      linalg.yield %6 : f32
    } -> tensor<2x?x1xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0, %3 : tensor<2x?x64xf32>, tensor<2x?x1xf32>) outs(%0 : tensor<2x?x64xf32>) {
    ^bb0(%in: f32, %in_2: f32, %out: f32):
      %5 = arith.divf %in_2, %cst_1 : f32
      %6 = arith.truncf %cst_0 : f64 to f32
      %7 = arith.addf %5, %6 : f32
      %8 = math.rsqrt %7 : f32
      %9 = arith.mulf %in, %8 : f32
      linalg.yield %9 : f32
    } -> tensor<2x?x64xf32>
    return %4 : tensor<2x?x64xf32>
  }
}

// -----
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @torch_no_weight_bf16_static(%arg0: tensor<2x3x64xbf16>) -> tensor<2x3x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e-05 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %0 = tensor.empty() : tensor<2x3x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<2x3x64xbf16>) outs(%0 : tensor<2x3x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %7 = arith.extf %in : bf16 to f32
      linalg.yield %7 : f32
    } -> tensor<2x3x64xf32>
    %2 = tensor.empty() : tensor<2x3x1xf32>
    %3 = linalg.fill ins(%cst : f32) outs(%2 : tensor<2x3x1xf32>) -> tensor<2x3x1xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%1 : tensor<2x3x64xf32>) outs(%3 : tensor<2x3x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %7 = math.fpowi %in, %c2_i64 : f32, i64
      %8 = arith.addf %7, %out : f32
      linalg.yield %8 : f32
    } -> tensor<2x3x1xf32>
    %5 = tensor.empty() : tensor<2x3x64xbf16>
    %6 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %4 : tensor<2x3x64xf32>, tensor<2x3x1xf32>) outs(%5 : tensor<2x3x64xbf16>) {
    ^bb0(%in: f32, %in_2: f32, %out: bf16):
      %7 = arith.divf %in_2, %cst_1 : f32
      %8 = arith.truncf %cst_0 : f64 to f32
      %9 = arith.addf %7, %8 : f32
      %10 = math.rsqrt %9 : f32
      %11 = arith.mulf %in, %10 : f32
      %12 = arith.truncf %11 : f32 to bf16
      linalg.yield %12 : bf16
    } -> tensor<2x3x64xbf16>
    return %6 : tensor<2x3x64xbf16>
  }
}

// -----
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @torch_no_weight_bf16_dynamic(%arg0: tensor<2x?x64xbf16>) -> tensor<2x?x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c1 = arith.constant 1 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e-05 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c1 : tensor<2x?x64xbf16>
    %0 = tensor.empty(%dim) : tensor<2x?x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<2x?x64xbf16>) outs(%0 : tensor<2x?x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %7 = arith.extf %in : bf16 to f32
      linalg.yield %7 : f32
    } -> tensor<2x?x64xf32>
    %2 = tensor.empty(%dim) : tensor<2x?x1xf32>
    %3 = linalg.fill ins(%cst : f32) outs(%2 : tensor<2x?x1xf32>) -> tensor<2x?x1xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%1 : tensor<2x?x64xf32>) outs(%3 : tensor<2x?x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %7 = math.fpowi %in, %c2_i64 : f32, i64
      %8 = arith.addf %7, %out : f32
      linalg.yield %8 : f32
    } -> tensor<2x?x1xf32>
    %5 = tensor.empty(%dim) : tensor<2x?x64xbf16>
    %6 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %4 : tensor<2x?x64xf32>, tensor<2x?x1xf32>) outs(%5 : tensor<2x?x64xbf16>) {
    ^bb0(%in: f32, %in_2: f32, %out: bf16):
      %7 = arith.divf %in_2, %cst_1 : f32
      %8 = arith.truncf %cst_0 : f64 to f32
      %9 = arith.addf %7, %8 : f32
      %10 = math.rsqrt %9 : f32
      %11 = arith.mulf %in, %10 : f32
      %12 = arith.truncf %11 : f32 to bf16
      linalg.yield %12 : bf16
    } -> tensor<2x?x64xbf16>
    return %6 : tensor<2x?x64xbf16>
  }
}

// -----
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @torch_no_weight_f16_static(%arg0: tensor<2x3x64xf16>) -> tensor<2x3x64xf16> {
    %c2_i64 = arith.constant 2 : i64
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e-05 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %0 = tensor.empty() : tensor<2x3x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<2x3x64xf16>) outs(%0 : tensor<2x3x64xf32>) {
    ^bb0(%in: f16, %out: f32):
      %7 = arith.extf %in : f16 to f32
      linalg.yield %7 : f32
    } -> tensor<2x3x64xf32>
    %2 = tensor.empty() : tensor<2x3x1xf32>
    %3 = linalg.fill ins(%cst : f32) outs(%2 : tensor<2x3x1xf32>) -> tensor<2x3x1xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%1 : tensor<2x3x64xf32>) outs(%3 : tensor<2x3x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %7 = math.fpowi %in, %c2_i64 : f32, i64
      %8 = arith.addf %7, %out : f32
      linalg.yield %8 : f32
    } -> tensor<2x3x1xf32>
    %5 = tensor.empty() : tensor<2x3x64xf16>
    %6 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %4 : tensor<2x3x64xf32>, tensor<2x3x1xf32>) outs(%5 : tensor<2x3x64xf16>) {
    ^bb0(%in: f32, %in_2: f32, %out: f16):
      %7 = arith.divf %in_2, %cst_1 : f32
      %8 = arith.truncf %cst_0 : f64 to f32
      %9 = arith.addf %7, %8 : f32
      %10 = math.rsqrt %9 : f32
      %11 = arith.mulf %in, %10 : f32
      %12 = arith.truncf %11 : f32 to f16
      linalg.yield %12 : f16
    } -> tensor<2x3x64xf16>
    return %6 : tensor<2x3x64xf16>
  }
}

// -----
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @torch_no_weight_f16_dynamic(%arg0: tensor<2x?x64xf16>) -> tensor<2x?x64xf16> {
    %c2_i64 = arith.constant 2 : i64
    %c1 = arith.constant 1 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e-05 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg0, %c1 : tensor<2x?x64xf16>
    %0 = tensor.empty(%dim) : tensor<2x?x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<2x?x64xf16>) outs(%0 : tensor<2x?x64xf32>) {
    ^bb0(%in: f16, %out: f32):
      %7 = arith.extf %in : f16 to f32
      linalg.yield %7 : f32
    } -> tensor<2x?x64xf32>
    %2 = tensor.empty(%dim) : tensor<2x?x1xf32>
    %3 = linalg.fill ins(%cst : f32) outs(%2 : tensor<2x?x1xf32>) -> tensor<2x?x1xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%1 : tensor<2x?x64xf32>) outs(%3 : tensor<2x?x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %7 = math.fpowi %in, %c2_i64 : f32, i64
      %8 = arith.addf %7, %out : f32
      linalg.yield %8 : f32
    } -> tensor<2x?x1xf32>
    %5 = tensor.empty(%dim) : tensor<2x?x64xf16>
    %6 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %4 : tensor<2x?x64xf32>, tensor<2x?x1xf32>) outs(%5 : tensor<2x?x64xf16>) {
    ^bb0(%in: f32, %in_2: f32, %out: f16):
      %7 = arith.divf %in_2, %cst_1 : f32
      %8 = arith.truncf %cst_0 : f64 to f32
      %9 = arith.addf %7, %8 : f32
      %10 = math.rsqrt %9 : f32
      %11 = arith.mulf %in, %10 : f32
      %12 = arith.truncf %11 : f32 to f16
      linalg.yield %12 : f16
    } -> tensor<2x?x64xf16>
    return %6 : tensor<2x?x64xf16>
  }
}

