// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Written by generate_spellings.py; do not edit.
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @gemma_f32_static(%arg0: tensor<64xf32>, %arg1: tensor<2x3x64xf32>) -> tensor<2x3x64xf32> {
    %c2_i64 = arith.constant 2 : i64
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %cst_2 = arith.constant 1.000000e+00 : f32
    %0 = tensor.empty() : tensor<2x3x64xf32>
    %1 = tensor.empty() : tensor<2x3x1xf32>
    %2 = linalg.fill ins(%cst : f32) outs(%1 : tensor<2x3x1xf32>) -> tensor<2x3x1xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%arg1 : tensor<2x3x64xf32>) outs(%2 : tensor<2x3x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %5 = math.fpowi %in, %c2_i64 : f32, i64
      %6 = arith.addf %5, %out : f32
      linalg.yield %6 : f32
    } -> tensor<2x3x1xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1, %3, %arg0 : tensor<2x3x64xf32>, tensor<2x3x1xf32>, tensor<64xf32>) outs(%0 : tensor<2x3x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %in_4: f32, %out: f32):
      %5 = arith.addf %in_4, %cst_2 : f32
      %6 = arith.divf %in_3, %cst_1 : f32
      %7 = arith.truncf %cst_0 : f64 to f32
      %8 = arith.addf %6, %7 : f32
      %9 = math.rsqrt %8 : f32
      %10 = arith.mulf %in, %9 : f32
      %11 = arith.mulf %10, %5 : f32
      linalg.yield %11 : f32
    } -> tensor<2x3x64xf32>
    return %4 : tensor<2x3x64xf32>
  }
}

// -----
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @gemma_f32_dynamic(%arg0: tensor<64xf32>, %arg1: tensor<2x?x64xf32>) -> tensor<2x?x64xf32> {
    %c2_i64 = arith.constant 2 : i64
    %c1 = arith.constant 1 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %cst_2 = arith.constant 1.000000e+00 : f32
    %dim = tensor.dim %arg1, %c1 : tensor<2x?x64xf32>
    %0 = tensor.empty(%dim) : tensor<2x?x64xf32>
    %1 = tensor.empty(%dim) : tensor<2x?x1xf32>
    %2 = linalg.fill ins(%cst : f32) outs(%1 : tensor<2x?x1xf32>) -> tensor<2x?x1xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%arg1 : tensor<2x?x64xf32>) outs(%2 : tensor<2x?x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %5 = math.fpowi %in, %c2_i64 : f32, i64
      %6 = arith.addf %5, %out : f32
      linalg.yield %6 : f32
    } -> tensor<2x?x1xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1, %3, %arg0 : tensor<2x?x64xf32>, tensor<2x?x1xf32>, tensor<64xf32>) outs(%0 : tensor<2x?x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %in_4: f32, %out: f32):
      %5 = arith.addf %in_4, %cst_2 : f32
      %6 = arith.divf %in_3, %cst_1 : f32
      %7 = arith.truncf %cst_0 : f64 to f32
      %8 = arith.addf %6, %7 : f32
      %9 = math.rsqrt %8 : f32
      %10 = arith.mulf %in, %9 : f32
      %11 = arith.mulf %10, %5 : f32
      linalg.yield %11 : f32
    } -> tensor<2x?x64xf32>
    return %4 : tensor<2x?x64xf32>
  }
}

// -----
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @gemma_bf16_static(%arg0: tensor<64xbf16>, %arg1: tensor<2x3x64xbf16>) -> tensor<2x3x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %cst_2 = arith.constant 1.000000e+00 : f32
    %0 = tensor.empty() : tensor<2x3x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1 : tensor<2x3x64xbf16>) outs(%0 : tensor<2x3x64xf32>) {
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
    %6 = linalg.generic {indexing_maps = [#map, #map1, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %4, %arg0 : tensor<2x3x64xf32>, tensor<2x3x1xf32>, tensor<64xbf16>) outs(%5 : tensor<2x3x64xbf16>) {
    ^bb0(%in: f32, %in_3: f32, %in_4: bf16, %out: bf16):
      %7 = arith.extf %in_4 : bf16 to f32
      %8 = arith.addf %7, %cst_2 : f32
      %9 = arith.divf %in_3, %cst_1 : f32
      %10 = arith.truncf %cst_0 : f64 to f32
      %11 = arith.addf %9, %10 : f32
      %12 = math.rsqrt %11 : f32
      %13 = arith.mulf %in, %12 : f32
      %14 = arith.mulf %13, %8 : f32
      %15 = arith.truncf %14 : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<2x3x64xbf16>
    return %6 : tensor<2x3x64xbf16>
  }
}

// -----
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @gemma_bf16_dynamic(%arg0: tensor<64xbf16>, %arg1: tensor<2x?x64xbf16>) -> tensor<2x?x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c1 = arith.constant 1 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %cst_2 = arith.constant 1.000000e+00 : f32
    %dim = tensor.dim %arg1, %c1 : tensor<2x?x64xbf16>
    %0 = tensor.empty(%dim) : tensor<2x?x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1 : tensor<2x?x64xbf16>) outs(%0 : tensor<2x?x64xf32>) {
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
    %6 = linalg.generic {indexing_maps = [#map, #map1, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %4, %arg0 : tensor<2x?x64xf32>, tensor<2x?x1xf32>, tensor<64xbf16>) outs(%5 : tensor<2x?x64xbf16>) {
    ^bb0(%in: f32, %in_3: f32, %in_4: bf16, %out: bf16):
      %7 = arith.extf %in_4 : bf16 to f32
      %8 = arith.addf %7, %cst_2 : f32
      %9 = arith.divf %in_3, %cst_1 : f32
      %10 = arith.truncf %cst_0 : f64 to f32
      %11 = arith.addf %9, %10 : f32
      %12 = math.rsqrt %11 : f32
      %13 = arith.mulf %in, %12 : f32
      %14 = arith.mulf %13, %8 : f32
      %15 = arith.truncf %14 : f32 to bf16
      linalg.yield %15 : bf16
    } -> tensor<2x?x64xbf16>
    return %6 : tensor<2x?x64xbf16>
  }
}

// -----
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @gemma_f16_static(%arg0: tensor<64xf16>, %arg1: tensor<2x3x64xf16>) -> tensor<2x3x64xf16> {
    %c2_i64 = arith.constant 2 : i64
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %cst_2 = arith.constant 1.000000e+00 : f32
    %0 = tensor.empty() : tensor<2x3x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1 : tensor<2x3x64xf16>) outs(%0 : tensor<2x3x64xf32>) {
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
    %6 = linalg.generic {indexing_maps = [#map, #map1, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %4, %arg0 : tensor<2x3x64xf32>, tensor<2x3x1xf32>, tensor<64xf16>) outs(%5 : tensor<2x3x64xf16>) {
    ^bb0(%in: f32, %in_3: f32, %in_4: f16, %out: f16):
      %7 = arith.extf %in_4 : f16 to f32
      %8 = arith.addf %7, %cst_2 : f32
      %9 = arith.divf %in_3, %cst_1 : f32
      %10 = arith.truncf %cst_0 : f64 to f32
      %11 = arith.addf %9, %10 : f32
      %12 = math.rsqrt %11 : f32
      %13 = arith.mulf %in, %12 : f32
      %14 = arith.mulf %13, %8 : f32
      %15 = arith.truncf %14 : f32 to f16
      linalg.yield %15 : f16
    } -> tensor<2x3x64xf16>
    return %6 : tensor<2x3x64xf16>
  }
}

// -----
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @gemma_f16_dynamic(%arg0: tensor<64xf16>, %arg1: tensor<2x?x64xf16>) -> tensor<2x?x64xf16> {
    %c2_i64 = arith.constant 2 : i64
    %c1 = arith.constant 1 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 9.9999999999999995E-7 : f64
    %cst_1 = arith.constant 6.400000e+01 : f32
    %cst_2 = arith.constant 1.000000e+00 : f32
    %dim = tensor.dim %arg1, %c1 : tensor<2x?x64xf16>
    %0 = tensor.empty(%dim) : tensor<2x?x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1 : tensor<2x?x64xf16>) outs(%0 : tensor<2x?x64xf32>) {
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
    %6 = linalg.generic {indexing_maps = [#map, #map1, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %4, %arg0 : tensor<2x?x64xf32>, tensor<2x?x1xf32>, tensor<64xf16>) outs(%5 : tensor<2x?x64xf16>) {
    ^bb0(%in: f32, %in_3: f32, %in_4: f16, %out: f16):
      %7 = arith.extf %in_4 : f16 to f32
      %8 = arith.addf %7, %cst_2 : f32
      %9 = arith.divf %in_3, %cst_1 : f32
      %10 = arith.truncf %cst_0 : f64 to f32
      %11 = arith.addf %9, %10 : f32
      %12 = math.rsqrt %11 : f32
      %13 = arith.mulf %in, %12 : f32
      %14 = arith.mulf %13, %8 : f32
      %15 = arith.truncf %14 : f32 to f16
      linalg.yield %15 : f16
    } -> tensor<2x?x64xf16>
    return %6 : tensor<2x?x64xf16>
  }
}

