// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Written by generate_spellings.py; do not edit.
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d2, d3)>
module {
  func.func @mamba2_gated_f32_static(%arg0: tensor<64xf32>, %arg1: tensor<2x3x64xf32>, %arg2: tensor<2x3x64xf32>) -> tensor<2x3x64xf32> {
    %c2_i64 = arith.constant 2 : i64
    %cst = arith.constant 1.000000e+00 : f32
    %cst_0 = arith.constant 0.000000e+00 : f32
    %cst_1 = arith.constant 1.000000e-05 : f64
    %cst_2 = arith.constant 6.400000e+01 : f32
    %expanded = tensor.expand_shape %arg1 [[0], [1], [2, 3]] output_shape [2, 3, 1, 64] : tensor<2x3x64xf32> into tensor<2x3x1x64xf32>
    %expanded_3 = tensor.expand_shape %arg2 [[0], [1], [2, 3]] output_shape [2, 3, 1, 64] : tensor<2x3x64xf32> into tensor<2x3x1x64xf32>
    %0 = tensor.empty() : tensor<2x3x1x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded, %expanded_3 : tensor<2x3x1x64xf32>, tensor<2x3x1x64xf32>) outs(%0 : tensor<2x3x1x64xf32>) {
    ^bb0(%in: f32, %in_5: f32, %out: f32):
      %6 = arith.negf %in_5 : f32
      %7 = math.exp %6 : f32
      %8 = arith.addf %7, %cst : f32
      %9 = arith.divf %cst, %8 : f32
      %10 = arith.mulf %in_5, %9 : f32
      %11 = arith.mulf %in, %10 : f32
      linalg.yield %11 : f32
    } -> tensor<2x3x1x64xf32>
    %2 = tensor.empty() : tensor<2x3x1x1xf32>
    %3 = linalg.fill ins(%cst_0 : f32) outs(%2 : tensor<2x3x1x1xf32>) -> tensor<2x3x1x1xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%1 : tensor<2x3x1x64xf32>) outs(%3 : tensor<2x3x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %6 = math.fpowi %in, %c2_i64 : f32, i64
      %7 = arith.addf %6, %out : f32
      linalg.yield %7 : f32
    } -> tensor<2x3x1x1xf32>
    %expanded_4 = tensor.expand_shape %arg0 [[0, 1]] output_shape [1, 64] : tensor<64xf32> into tensor<1x64xf32>
    %5 = linalg.generic {indexing_maps = [#map2, #map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_4, %1, %4 : tensor<1x64xf32>, tensor<2x3x1x64xf32>, tensor<2x3x1x1xf32>) outs(%0 : tensor<2x3x1x64xf32>) {
    ^bb0(%in: f32, %in_5: f32, %in_6: f32, %out: f32):
      %6 = arith.divf %in_6, %cst_2 : f32
      %7 = arith.truncf %cst_1 : f64 to f32
      %8 = arith.addf %6, %7 : f32
      %9 = math.rsqrt %8 : f32
      %10 = arith.mulf %in_5, %9 : f32
      %11 = arith.mulf %in, %10 : f32
      linalg.yield %11 : f32
    } -> tensor<2x3x1x64xf32>
    %collapsed = tensor.collapse_shape %5 [[0], [1], [2, 3]] : tensor<2x3x1x64xf32> into tensor<2x3x64xf32>
    return %collapsed : tensor<2x3x64xf32>
  }
}

// -----
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d2, d3)>
module {
  func.func @mamba2_gated_f32_dynamic(%arg0: tensor<64xf32>, %arg1: tensor<2x?x64xf32>, %arg2: tensor<2x?x64xf32>) -> tensor<2x?x64xf32> {
    %c2_i64 = arith.constant 2 : i64
    %c1 = arith.constant 1 : index
    %cst = arith.constant 1.000000e+00 : f32
    %cst_0 = arith.constant 0.000000e+00 : f32
    %cst_1 = arith.constant 1.000000e-05 : f64
    %cst_2 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg2, %c1 : tensor<2x?x64xf32>
    %dim_3 = tensor.dim %arg1, %c1 : tensor<2x?x64xf32>
    %0 = arith.cmpi eq, %dim_3, %dim : index
    cf.assert %0, "mismatched size for broadcast"
    %1 = tensor.empty(%dim_3) : tensor<2x?x64xf32>
    %expanded = tensor.expand_shape %arg1 [[0], [1], [2, 3]] output_shape [2, %dim_3, 1, 64] : tensor<2x?x64xf32> into tensor<2x?x1x64xf32>
    %expanded_4 = tensor.expand_shape %arg2 [[0], [1], [2, 3]] output_shape [2, %dim_3, 1, 64] : tensor<2x?x64xf32> into tensor<2x?x1x64xf32>
    %expanded_5 = tensor.expand_shape %1 [[0], [1], [2, 3]] output_shape [2, %dim_3, 1, 64] : tensor<2x?x64xf32> into tensor<2x?x1x64xf32>
    %dim_6 = tensor.dim %expanded_5, %c1 : tensor<2x?x1x64xf32>
    %2 = tensor.empty(%dim_6) : tensor<2x?x1x64xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded, %expanded_4 : tensor<2x?x1x64xf32>, tensor<2x?x1x64xf32>) outs(%2 : tensor<2x?x1x64xf32>) {
    ^bb0(%in: f32, %in_8: f32, %out: f32):
      %10 = arith.negf %in_8 : f32
      %11 = math.exp %10 : f32
      %12 = arith.addf %11, %cst : f32
      %13 = arith.divf %cst, %12 : f32
      %14 = arith.mulf %in_8, %13 : f32
      %15 = arith.mulf %in, %14 : f32
      linalg.yield %15 : f32
    } -> tensor<2x?x1x64xf32>
    %4 = tensor.empty(%dim_3) : tensor<2x?x1x64xf32>
    %5 = tensor.empty(%dim_3) : tensor<2x?x1x1xf32>
    %6 = linalg.fill ins(%cst_0 : f32) outs(%5 : tensor<2x?x1x1xf32>) -> tensor<2x?x1x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%3 : tensor<2x?x1x64xf32>) outs(%6 : tensor<2x?x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %10 = math.fpowi %in, %c2_i64 : f32, i64
      %11 = arith.addf %10, %out : f32
      linalg.yield %11 : f32
    } -> tensor<2x?x1x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%3, %7 : tensor<2x?x1x64xf32>, tensor<2x?x1x1xf32>) outs(%4 : tensor<2x?x1x64xf32>) {
    ^bb0(%in: f32, %in_8: f32, %out: f32):
      %10 = arith.divf %in_8, %cst_2 : f32
      %11 = arith.truncf %cst_1 : f64 to f32
      %12 = arith.addf %10, %11 : f32
      %13 = math.rsqrt %12 : f32
      %14 = arith.mulf %in, %13 : f32
      linalg.yield %14 : f32
    } -> tensor<2x?x1x64xf32>
    %expanded_7 = tensor.expand_shape %arg0 [[0, 1]] output_shape [1, 64] : tensor<64xf32> into tensor<1x64xf32>
    %9 = linalg.generic {indexing_maps = [#map2, #map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_7, %8 : tensor<1x64xf32>, tensor<2x?x1x64xf32>) outs(%2 : tensor<2x?x1x64xf32>) {
    ^bb0(%in: f32, %in_8: f32, %out: f32):
      %10 = arith.mulf %in, %in_8 : f32
      linalg.yield %10 : f32
    } -> tensor<2x?x1x64xf32>
    %collapsed = tensor.collapse_shape %9 [[0], [1], [2, 3]] : tensor<2x?x1x64xf32> into tensor<2x?x64xf32>
    return %collapsed : tensor<2x?x64xf32>
  }
}

// -----
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d2, d3)>
module {
  func.func @mamba2_gated_bf16_static(%arg0: tensor<64xbf16>, %arg1: tensor<2x3x64xbf16>, %arg2: tensor<2x3x64xbf16>) -> tensor<2x3x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %cst = arith.constant 1.000000e+00 : f32
    %cst_0 = arith.constant 0.000000e+00 : f32
    %cst_1 = arith.constant 1.000000e-05 : f64
    %cst_2 = arith.constant 6.400000e+01 : f32
    %expanded = tensor.expand_shape %arg1 [[0], [1], [2, 3]] output_shape [2, 3, 1, 64] : tensor<2x3x64xbf16> into tensor<2x3x1x64xbf16>
    %expanded_3 = tensor.expand_shape %arg2 [[0], [1], [2, 3]] output_shape [2, 3, 1, 64] : tensor<2x3x64xbf16> into tensor<2x3x1x64xbf16>
    %0 = tensor.empty() : tensor<2x3x1x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded, %expanded_3 : tensor<2x3x1x64xbf16>, tensor<2x3x1x64xbf16>) outs(%0 : tensor<2x3x1x64xf32>) {
    ^bb0(%in: bf16, %in_5: bf16, %out: f32):
      %7 = arith.extf %in_5 : bf16 to f32
      %8 = arith.negf %7 : f32
      %9 = math.exp %8 : f32
      %10 = arith.addf %9, %cst : f32
      %11 = arith.divf %cst, %10 : f32
      %12 = arith.mulf %7, %11 : f32
      %13 = arith.extf %in : bf16 to f32
      %14 = arith.mulf %13, %12 : f32
      linalg.yield %14 : f32
    } -> tensor<2x3x1x64xf32>
    %2 = tensor.empty() : tensor<2x3x1x1xf32>
    %3 = linalg.fill ins(%cst_0 : f32) outs(%2 : tensor<2x3x1x1xf32>) -> tensor<2x3x1x1xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%1 : tensor<2x3x1x64xf32>) outs(%3 : tensor<2x3x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %7 = math.fpowi %in, %c2_i64 : f32, i64
      %8 = arith.addf %7, %out : f32
      linalg.yield %8 : f32
    } -> tensor<2x3x1x1xf32>
    %expanded_4 = tensor.expand_shape %arg0 [[0, 1]] output_shape [1, 64] : tensor<64xbf16> into tensor<1x64xbf16>
    %5 = tensor.empty() : tensor<2x3x1x64xbf16>
    %6 = linalg.generic {indexing_maps = [#map2, #map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_4, %1, %4 : tensor<1x64xbf16>, tensor<2x3x1x64xf32>, tensor<2x3x1x1xf32>) outs(%5 : tensor<2x3x1x64xbf16>) {
    ^bb0(%in: bf16, %in_5: f32, %in_6: f32, %out: bf16):
      %7 = arith.divf %in_6, %cst_2 : f32
      %8 = arith.truncf %cst_1 : f64 to f32
      %9 = arith.addf %7, %8 : f32
      %10 = math.rsqrt %9 : f32
      %11 = arith.mulf %in_5, %10 : f32
      %12 = arith.truncf %11 : f32 to bf16
      %13 = arith.mulf %in, %12 : bf16
      linalg.yield %13 : bf16
    } -> tensor<2x3x1x64xbf16>
    %collapsed = tensor.collapse_shape %6 [[0], [1], [2, 3]] : tensor<2x3x1x64xbf16> into tensor<2x3x64xbf16>
    return %collapsed : tensor<2x3x64xbf16>
  }
}

// -----
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d2, d3)>
module {
  func.func @mamba2_gated_bf16_dynamic(%arg0: tensor<64xbf16>, %arg1: tensor<2x?x64xbf16>, %arg2: tensor<2x?x64xbf16>) -> tensor<2x?x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c1 = arith.constant 1 : index
    %cst = arith.constant 1.000000e+00 : f32
    %cst_0 = arith.constant 0.000000e+00 : f32
    %cst_1 = arith.constant 1.000000e-05 : f64
    %cst_2 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg1, %c1 : tensor<2x?x64xbf16>
    %0 = tensor.empty(%dim) : tensor<2x?x64xf32>
    %dim_3 = tensor.dim %arg2, %c1 : tensor<2x?x64xbf16>
    %1 = arith.cmpi eq, %dim, %dim_3 : index
    cf.assert %1, "mismatched size for broadcast"
    %expanded = tensor.expand_shape %arg1 [[0], [1], [2, 3]] output_shape [2, %dim, 1, 64] : tensor<2x?x64xbf16> into tensor<2x?x1x64xbf16>
    %expanded_4 = tensor.expand_shape %arg2 [[0], [1], [2, 3]] output_shape [2, %dim, 1, 64] : tensor<2x?x64xbf16> into tensor<2x?x1x64xbf16>
    %expanded_5 = tensor.expand_shape %0 [[0], [1], [2, 3]] output_shape [2, %dim, 1, 64] : tensor<2x?x64xf32> into tensor<2x?x1x64xf32>
    %dim_6 = tensor.dim %expanded_5, %c1 : tensor<2x?x1x64xf32>
    %2 = tensor.empty(%dim_6) : tensor<2x?x1x64xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded, %expanded_4 : tensor<2x?x1x64xbf16>, tensor<2x?x1x64xbf16>) outs(%2 : tensor<2x?x1x64xf32>) {
    ^bb0(%in: bf16, %in_12: bf16, %out: f32):
      %14 = arith.extf %in_12 : bf16 to f32
      %15 = arith.negf %14 : f32
      %16 = math.exp %15 : f32
      %17 = arith.addf %16, %cst : f32
      %18 = arith.divf %cst, %17 : f32
      %19 = arith.mulf %14, %18 : f32
      %20 = arith.extf %in : bf16 to f32
      %21 = arith.mulf %20, %19 : f32
      linalg.yield %21 : f32
    } -> tensor<2x?x1x64xf32>
    %4 = tensor.empty(%dim) : tensor<2x?x1x64xf32>
    %5 = tensor.empty(%dim) : tensor<2x?x1x1xf32>
    %6 = linalg.fill ins(%cst_0 : f32) outs(%5 : tensor<2x?x1x1xf32>) -> tensor<2x?x1x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%3 : tensor<2x?x1x64xf32>) outs(%6 : tensor<2x?x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = math.fpowi %in, %c2_i64 : f32, i64
      %15 = arith.addf %14, %out : f32
      linalg.yield %15 : f32
    } -> tensor<2x?x1x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%3, %7 : tensor<2x?x1x64xf32>, tensor<2x?x1x1xf32>) outs(%4 : tensor<2x?x1x64xf32>) {
    ^bb0(%in: f32, %in_12: f32, %out: f32):
      %14 = arith.divf %in_12, %cst_2 : f32
      %15 = arith.truncf %cst_1 : f64 to f32
      %16 = arith.addf %14, %15 : f32
      %17 = math.rsqrt %16 : f32
      %18 = arith.mulf %in, %17 : f32
      linalg.yield %18 : f32
    } -> tensor<2x?x1x64xf32>
    %9 = tensor.empty(%dim) : tensor<2x?x64xbf16>
    %expanded_7 = tensor.expand_shape %9 [[0], [1], [2, 3]] output_shape [2, %dim, 1, 64] : tensor<2x?x64xbf16> into tensor<2x?x1x64xbf16>
    %dim_8 = tensor.dim %expanded_7, %c1 : tensor<2x?x1x64xbf16>
    %10 = tensor.empty(%dim_8) : tensor<2x?x1x64xbf16>
    %11 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%8 : tensor<2x?x1x64xf32>) outs(%10 : tensor<2x?x1x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %14 = arith.truncf %in : f32 to bf16
      linalg.yield %14 : bf16
    } -> tensor<2x?x1x64xbf16>
    %expanded_9 = tensor.expand_shape %arg0 [[0, 1]] output_shape [1, 64] : tensor<64xbf16> into tensor<1x64xbf16>
    %expanded_10 = tensor.expand_shape %9 [[0], [1], [2, 3]] output_shape [2, %dim_8, 1, 64] : tensor<2x?x64xbf16> into tensor<2x?x1x64xbf16>
    %dim_11 = tensor.dim %expanded_10, %c1 : tensor<2x?x1x64xbf16>
    %12 = tensor.empty(%dim_11) : tensor<2x?x1x64xbf16>
    %13 = linalg.generic {indexing_maps = [#map2, #map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_9, %11 : tensor<1x64xbf16>, tensor<2x?x1x64xbf16>) outs(%12 : tensor<2x?x1x64xbf16>) {
    ^bb0(%in: bf16, %in_12: bf16, %out: bf16):
      %14 = arith.mulf %in, %in_12 : bf16
      linalg.yield %14 : bf16
    } -> tensor<2x?x1x64xbf16>
    %collapsed = tensor.collapse_shape %13 [[0], [1], [2, 3]] : tensor<2x?x1x64xbf16> into tensor<2x?x64xbf16>
    return %collapsed : tensor<2x?x64xbf16>
  }
}

// -----
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d2, d3)>
module {
  func.func @mamba2_gated_f16_static(%arg0: tensor<64xf16>, %arg1: tensor<2x3x64xf16>, %arg2: tensor<2x3x64xf16>) -> tensor<2x3x64xf16> {
    %c2_i64 = arith.constant 2 : i64
    %cst = arith.constant 1.000000e+00 : f32
    %cst_0 = arith.constant 0.000000e+00 : f32
    %cst_1 = arith.constant 1.000000e-05 : f64
    %cst_2 = arith.constant 6.400000e+01 : f32
    %expanded = tensor.expand_shape %arg1 [[0], [1], [2, 3]] output_shape [2, 3, 1, 64] : tensor<2x3x64xf16> into tensor<2x3x1x64xf16>
    %expanded_3 = tensor.expand_shape %arg2 [[0], [1], [2, 3]] output_shape [2, 3, 1, 64] : tensor<2x3x64xf16> into tensor<2x3x1x64xf16>
    %0 = tensor.empty() : tensor<2x3x1x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded, %expanded_3 : tensor<2x3x1x64xf16>, tensor<2x3x1x64xf16>) outs(%0 : tensor<2x3x1x64xf32>) {
    ^bb0(%in: f16, %in_5: f16, %out: f32):
      %7 = arith.extf %in_5 : f16 to f32
      %8 = arith.negf %7 : f32
      %9 = math.exp %8 : f32
      %10 = arith.addf %9, %cst : f32
      %11 = arith.divf %cst, %10 : f32
      %12 = arith.mulf %7, %11 : f32
      %13 = arith.extf %in : f16 to f32
      %14 = arith.mulf %13, %12 : f32
      linalg.yield %14 : f32
    } -> tensor<2x3x1x64xf32>
    %2 = tensor.empty() : tensor<2x3x1x1xf32>
    %3 = linalg.fill ins(%cst_0 : f32) outs(%2 : tensor<2x3x1x1xf32>) -> tensor<2x3x1x1xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%1 : tensor<2x3x1x64xf32>) outs(%3 : tensor<2x3x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %7 = math.fpowi %in, %c2_i64 : f32, i64
      %8 = arith.addf %7, %out : f32
      linalg.yield %8 : f32
    } -> tensor<2x3x1x1xf32>
    %expanded_4 = tensor.expand_shape %arg0 [[0, 1]] output_shape [1, 64] : tensor<64xf16> into tensor<1x64xf16>
    %5 = tensor.empty() : tensor<2x3x1x64xf16>
    %6 = linalg.generic {indexing_maps = [#map2, #map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_4, %1, %4 : tensor<1x64xf16>, tensor<2x3x1x64xf32>, tensor<2x3x1x1xf32>) outs(%5 : tensor<2x3x1x64xf16>) {
    ^bb0(%in: f16, %in_5: f32, %in_6: f32, %out: f16):
      %7 = arith.divf %in_6, %cst_2 : f32
      %8 = arith.truncf %cst_1 : f64 to f32
      %9 = arith.addf %7, %8 : f32
      %10 = math.rsqrt %9 : f32
      %11 = arith.mulf %in_5, %10 : f32
      %12 = arith.truncf %11 : f32 to f16
      %13 = arith.mulf %in, %12 : f16
      linalg.yield %13 : f16
    } -> tensor<2x3x1x64xf16>
    %collapsed = tensor.collapse_shape %6 [[0], [1], [2, 3]] : tensor<2x3x1x64xf16> into tensor<2x3x64xf16>
    return %collapsed : tensor<2x3x64xf16>
  }
}

// -----
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d2, d3)>
module {
  func.func @mamba2_gated_f16_dynamic(%arg0: tensor<64xf16>, %arg1: tensor<2x?x64xf16>, %arg2: tensor<2x?x64xf16>) -> tensor<2x?x64xf16> {
    %c2_i64 = arith.constant 2 : i64
    %c1 = arith.constant 1 : index
    %cst = arith.constant 1.000000e+00 : f32
    %cst_0 = arith.constant 0.000000e+00 : f32
    %cst_1 = arith.constant 1.000000e-05 : f64
    %cst_2 = arith.constant 6.400000e+01 : f32
    %dim = tensor.dim %arg1, %c1 : tensor<2x?x64xf16>
    %0 = tensor.empty(%dim) : tensor<2x?x64xf32>
    %dim_3 = tensor.dim %arg2, %c1 : tensor<2x?x64xf16>
    %1 = arith.cmpi eq, %dim, %dim_3 : index
    cf.assert %1, "mismatched size for broadcast"
    %expanded = tensor.expand_shape %arg1 [[0], [1], [2, 3]] output_shape [2, %dim, 1, 64] : tensor<2x?x64xf16> into tensor<2x?x1x64xf16>
    %expanded_4 = tensor.expand_shape %arg2 [[0], [1], [2, 3]] output_shape [2, %dim, 1, 64] : tensor<2x?x64xf16> into tensor<2x?x1x64xf16>
    %expanded_5 = tensor.expand_shape %0 [[0], [1], [2, 3]] output_shape [2, %dim, 1, 64] : tensor<2x?x64xf32> into tensor<2x?x1x64xf32>
    %dim_6 = tensor.dim %expanded_5, %c1 : tensor<2x?x1x64xf32>
    %2 = tensor.empty(%dim_6) : tensor<2x?x1x64xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded, %expanded_4 : tensor<2x?x1x64xf16>, tensor<2x?x1x64xf16>) outs(%2 : tensor<2x?x1x64xf32>) {
    ^bb0(%in: f16, %in_12: f16, %out: f32):
      %14 = arith.extf %in_12 : f16 to f32
      %15 = arith.negf %14 : f32
      %16 = math.exp %15 : f32
      %17 = arith.addf %16, %cst : f32
      %18 = arith.divf %cst, %17 : f32
      %19 = arith.mulf %14, %18 : f32
      %20 = arith.extf %in : f16 to f32
      %21 = arith.mulf %20, %19 : f32
      linalg.yield %21 : f32
    } -> tensor<2x?x1x64xf32>
    %4 = tensor.empty(%dim) : tensor<2x?x1x64xf32>
    %5 = tensor.empty(%dim) : tensor<2x?x1x1xf32>
    %6 = linalg.fill ins(%cst_0 : f32) outs(%5 : tensor<2x?x1x1xf32>) -> tensor<2x?x1x1xf32>
    %7 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%3 : tensor<2x?x1x64xf32>) outs(%6 : tensor<2x?x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = math.fpowi %in, %c2_i64 : f32, i64
      %15 = arith.addf %14, %out : f32
      linalg.yield %15 : f32
    } -> tensor<2x?x1x1xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%3, %7 : tensor<2x?x1x64xf32>, tensor<2x?x1x1xf32>) outs(%4 : tensor<2x?x1x64xf32>) {
    ^bb0(%in: f32, %in_12: f32, %out: f32):
      %14 = arith.divf %in_12, %cst_2 : f32
      %15 = arith.truncf %cst_1 : f64 to f32
      %16 = arith.addf %14, %15 : f32
      %17 = math.rsqrt %16 : f32
      %18 = arith.mulf %in, %17 : f32
      linalg.yield %18 : f32
    } -> tensor<2x?x1x64xf32>
    %9 = tensor.empty(%dim) : tensor<2x?x64xf16>
    %expanded_7 = tensor.expand_shape %9 [[0], [1], [2, 3]] output_shape [2, %dim, 1, 64] : tensor<2x?x64xf16> into tensor<2x?x1x64xf16>
    %dim_8 = tensor.dim %expanded_7, %c1 : tensor<2x?x1x64xf16>
    %10 = tensor.empty(%dim_8) : tensor<2x?x1x64xf16>
    %11 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%8 : tensor<2x?x1x64xf32>) outs(%10 : tensor<2x?x1x64xf16>) {
    ^bb0(%in: f32, %out: f16):
      %14 = arith.truncf %in : f32 to f16
      linalg.yield %14 : f16
    } -> tensor<2x?x1x64xf16>
    %expanded_9 = tensor.expand_shape %arg0 [[0, 1]] output_shape [1, 64] : tensor<64xf16> into tensor<1x64xf16>
    %expanded_10 = tensor.expand_shape %9 [[0], [1], [2, 3]] output_shape [2, %dim_8, 1, 64] : tensor<2x?x64xf16> into tensor<2x?x1x64xf16>
    %dim_11 = tensor.dim %expanded_10, %c1 : tensor<2x?x1x64xf16>
    %12 = tensor.empty(%dim_11) : tensor<2x?x1x64xf16>
    %13 = linalg.generic {indexing_maps = [#map2, #map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_9, %11 : tensor<1x64xf16>, tensor<2x?x1x64xf16>) outs(%12 : tensor<2x?x1x64xf16>) {
    ^bb0(%in: f16, %in_12: f16, %out: f16):
      %14 = arith.mulf %in, %in_12 : f16
      linalg.yield %14 : f16
    } -> tensor<2x?x1x64xf16>
    %collapsed = tensor.collapse_shape %13 [[0], [1], [2, 3]] : tensor<2x?x1x64xf16> into tensor<2x?x64xf16>
    return %collapsed : tensor<2x?x64xf16>
  }
}

