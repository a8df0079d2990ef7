// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Written by generate_spellings.py; do not edit.
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @mamba2_grouped_f32_static(%arg0: tensor<64xf32>, %arg1: tensor<2x3x64xf32>, %arg2: tensor<2x3x64xf32>) -> tensor<2x3x64xf32> {
    %c2_i64 = arith.constant 2 : i64
    %cst = arith.constant 1.000000e+00 : f32
    %cst_0 = arith.constant 0.000000e+00 : f32
    %cst_1 = arith.constant 1.000000e-05 : f64
    %cst_2 = arith.constant 1.600000e+01 : f32
    %0 = tensor.empty() : tensor<2x3x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg2 : tensor<2x3x64xf32>) outs(%0 : tensor<2x3x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = arith.negf %in : f32
      %15 = math.exp %14 : f32
      %16 = arith.addf %15, %cst : f32
      %17 = arith.divf %cst, %16 : f32
      linalg.yield %17 : f32
    } -> tensor<2x3x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg2, %1 : tensor<2x3x64xf32>, tensor<2x3x64xf32>) outs(%0 : tensor<2x3x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %14 = arith.mulf %in, %in_3 : f32
      linalg.yield %14 : f32
    } -> tensor<2x3x64xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1, %2 : tensor<2x3x64xf32>, tensor<2x3x64xf32>) outs(%0 : tensor<2x3x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %14 = arith.mulf %in, %in_3 : f32
      linalg.yield %14 : f32
    } -> tensor<2x3x64xf32>
    %expanded = tensor.expand_shape %3 [[0], [1], [2, 3]] output_shape [2, 3, 4, 16] : tensor<2x3x64xf32> into tensor<2x3x4x16xf32>
    %4 = tensor.empty() : tensor<2x3x4x16xf32>
    %5 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded : tensor<2x3x4x16xf32>) outs(%4 : tensor<2x3x4x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %14 : f32
    } -> tensor<2x3x4x16xf32>
    %6 = tensor.empty() : tensor<2x3x4x1xf32>
    %7 = linalg.fill ins(%cst_0 : f32) outs(%6 : tensor<2x3x4x1xf32>) -> tensor<2x3x4x1xf32>
    %8 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%5 : tensor<2x3x4x16xf32>) outs(%7 : tensor<2x3x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = arith.addf %in, %out : f32
      linalg.yield %14 : f32
    } -> tensor<2x3x4x1xf32>
    %9 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%8 : tensor<2x3x4x1xf32>) outs(%6 : tensor<2x3x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = arith.divf %in, %cst_2 : f32
      linalg.yield %14 : f32
    } -> tensor<2x3x4x1xf32>
    %10 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%9 : tensor<2x3x4x1xf32>) outs(%6 : tensor<2x3x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = arith.truncf %cst_1 : f64 to f32
      %15 = arith.addf %in, %14 : f32
      linalg.yield %15 : f32
    } -> tensor<2x3x4x1xf32>
    %11 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%10 : tensor<2x3x4x1xf32>) outs(%6 : tensor<2x3x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %14 = math.rsqrt %in : f32
      linalg.yield %14 : f32
    } -> tensor<2x3x4x1xf32>
    %12 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded, %11 : tensor<2x3x4x16xf32>, tensor<2x3x4x1xf32>) outs(%4 : tensor<2x3x4x16xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %14 = arith.mulf %in, %in_3 : f32
      linalg.yield %14 : f32
    } -> tensor<2x3x4x16xf32>
    %collapsed = tensor.collapse_shape %12 [[0], [1], [2, 3]] : tensor<2x3x4x16xf32> into tensor<2x3x64xf32>
    %13 = linalg.generic {indexing_maps = [#map3, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0, %collapsed : tensor<64xf32>, tensor<2x3x64xf32>) outs(%0 : tensor<2x3x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %14 = arith.mulf %in, %in_3 : f32
      linalg.yield %14 : f32
    } -> tensor<2x3x64xf32>
    return %13 : tensor<2x3x64xf32>
  }
}

// -----

#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @mamba2_grouped_f32_dynamic(%arg0: tensor<64xf32>, %arg1: tensor<2x?x64xf32>, %arg2: tensor<2x?x64xf32>) -> tensor<2x?x64xf32> {
    %c2_i64 = arith.constant 2 : i64
    %c1 = arith.constant 1 : index
    %cst = arith.constant 1.000000e+00 : f32
    %cst_0 = arith.constant 0.000000e+00 : f32
    %cst_1 = arith.constant 1.000000e-05 : f64
    %cst_2 = arith.constant 1.600000e+01 : f32
    %dim = tensor.dim %arg2, %c1 : tensor<2x?x64xf32>
    %0 = tensor.empty(%dim) : tensor<2x?x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg2 : tensor<2x?x64xf32>) outs(%0 : tensor<2x?x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.negf %in : f32
      %17 = math.exp %16 : f32
      %18 = arith.addf %17, %cst : f32
      %19 = arith.divf %cst, %18 : f32
      linalg.yield %19 : f32
    } -> tensor<2x?x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg2, %1 : tensor<2x?x64xf32>, tensor<2x?x64xf32>) outs(%0 : tensor<2x?x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %16 = arith.mulf %in, %in_4 : f32
      linalg.yield %16 : f32
    } -> tensor<2x?x64xf32>
    %dim_3 = tensor.dim %arg1, %c1 : tensor<2x?x64xf32>
    %3 = arith.cmpi eq, %dim_3, %dim : index
    cf.assert %3, "mismatched size for broadcast"
    %4 = tensor.empty(%dim_3) : tensor<2x?x64xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1, %2 : tensor<2x?x64xf32>, tensor<2x?x64xf32>) outs(%4 : tensor<2x?x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %16 = arith.mulf %in, %in_4 : f32
      linalg.yield %16 : f32
    } -> tensor<2x?x64xf32>
    %expanded = tensor.expand_shape %5 [[0], [1], [2, 3]] output_shape [2, %dim_3, 4, 16] : tensor<2x?x64xf32> into tensor<2x?x4x16xf32>
    %6 = tensor.empty(%dim_3) : tensor<2x?x4x16xf32>
    %7 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded : tensor<2x?x4x16xf32>) outs(%6 : tensor<2x?x4x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %16 : f32
    } -> tensor<2x?x4x16xf32>
    %8 = tensor.empty(%dim_3) : tensor<2x?x4x1xf32>
    %9 = linalg.fill ins(%cst_0 : f32) outs(%8 : tensor<2x?x4x1xf32>) -> tensor<2x?x4x1xf32>
    %10 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%7 : tensor<2x?x4x16xf32>) outs(%9 : tensor<2x?x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.addf %in, %out : f32
      linalg.yield %16 : f32
    } -> tensor<2x?x4x1xf32>
    %11 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%10 : tensor<2x?x4x1xf32>) outs(%8 : tensor<2x?x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.divf %in, %cst_2 : f32
      linalg.yield %16 : f32
    } -> tensor<2x?x4x1xf32>
    %12 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%11 : tensor<2x?x4x1xf32>) outs(%8 : tensor<2x?x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.truncf %cst_1 : f64 to f32
      %17 = arith.addf %in, %16 : f32
      linalg.yield %17 : f32
    } -> tensor<2x?x4x1xf32>
    %13 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%12 : tensor<2x?x4x1xf32>) outs(%8 : tensor<2x?x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = math.rsqrt %in : f32
      linalg.yield %16 : f32
    } -> tensor<2x?x4x1xf32>
    %14 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded, %13 : tensor<2x?x4x16xf32>, tensor<2x?x4x1xf32>) outs(%6 : tensor<2x?x4x16xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %16 = arith.mulf %in, %in_4 : f32
      linalg.yield %16 : f32
    } -> tensor<2x?x4x16xf32>
    %collapsed = tensor.collapse_shape %14 [[0], [1], [2, 3]] : tensor<2x?x4x16xf32> into tensor<2x?x64xf32>
    %15 = linalg.generic {indexing_maps = [#map3, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0, %collapsed : tensor<64xf32>, tensor<2x?x64xf32>) outs(%4 : tensor<2x?x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %16 = arith.mulf %in, %in_4 : f32
      linalg.yield %16 : f32
    } -> tensor<2x?x64xf32>
    return %15 : tensor<2x?x64xf32>
  }
}

// -----

#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @mamba2_grouped_bf16_static(%arg0: tensor<64xbf16>, %arg1: tensor<2x3x64xbf16>, %arg2: tensor<2x3x64xbf16>) -> tensor<2x3x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %cst = arith.constant 1.000000e+00 : f32
    %cst_0 = arith.constant 0.000000e+00 : f32
    %cst_1 = arith.constant 1.000000e-05 : f64
    %cst_2 = arith.constant 1.600000e+01 : f32
    %0 = tensor.empty() : tensor<2x3x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1 : tensor<2x3x64xbf16>) outs(%0 : tensor<2x3x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %18 = arith.extf %in : bf16 to f32
      linalg.yield %18 : f32
    } -> tensor<2x3x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg2 : tensor<2x3x64xbf16>) outs(%0 : tensor<2x3x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %18 = arith.extf %in : bf16 to f32
      linalg.yield %18 : f32
    } -> tensor<2x3x64xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%2 : tensor<2x3x64xf32>) outs(%0 : tensor<2x3x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = arith.negf %in : f32
      %19 = math.exp %18 : f32
      %20 = arith.addf %19, %cst : f32
      %21 = arith.divf %cst, %20 : f32
      linalg.yield %21 : f32
    } -> tensor<2x3x64xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%2, %3 : tensor<2x3x64xf32>, tensor<2x3x64xf32>) outs(%0 : tensor<2x3x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %18 = arith.mulf %in, %in_3 : f32
      linalg.yield %18 : f32
    } -> tensor<2x3x64xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %4 : tensor<2x3x64xf32>, tensor<2x3x64xf32>) outs(%0 : tensor<2x3x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %18 = arith.mulf %in, %in_3 : f32
      linalg.yield %18 : f32
    } -> tensor<2x3x64xf32>
    %expanded = tensor.expand_shape %5 [[0], [1], [2, 3]] output_shape [2, 3, 4, 16] : tensor<2x3x64xf32> into tensor<2x3x4x16xf32>
    %6 = tensor.empty() : tensor<2x3x4x16xf32>
    %7 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded : tensor<2x3x4x16xf32>) outs(%6 : tensor<2x3x4x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %18 : f32
    } -> tensor<2x3x4x16xf32>
    %8 = tensor.empty() : tensor<2x3x4x1xf32>
    %9 = linalg.fill ins(%cst_0 : f32) outs(%8 : tensor<2x3x4x1xf32>) -> tensor<2x3x4x1xf32>
    %10 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%7 : tensor<2x3x4x16xf32>) outs(%9 : tensor<2x3x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = arith.addf %in, %out : f32
      linalg.yield %18 : f32
    } -> tensor<2x3x4x1xf32>
    %11 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%10 : tensor<2x3x4x1xf32>) outs(%8 : tensor<2x3x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = arith.divf %in, %cst_2 : f32
      linalg.yield %18 : f32
    } -> tensor<2x3x4x1xf32>
    %12 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%11 : tensor<2x3x4x1xf32>) outs(%8 : tensor<2x3x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = arith.truncf %cst_1 : f64 to f32
      %19 = arith.addf %in, %18 : f32
      linalg.yield %19 : f32
    } -> tensor<2x3x4x1xf32>
    %13 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%12 : tensor<2x3x4x1xf32>) outs(%8 : tensor<2x3x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = math.rsqrt %in : f32
      linalg.yield %18 : f32
    } -> tensor<2x3x4x1xf32>
    %14 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded, %13 : tensor<2x3x4x16xf32>, tensor<2x3x4x1xf32>) outs(%6 : tensor<2x3x4x16xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %18 = arith.mulf %in, %in_3 : f32
      linalg.yield %18 : f32
    } -> tensor<2x3x4x16xf32>
    %collapsed = tensor.collapse_shape %14 [[0], [1], [2, 3]] : tensor<2x3x4x16xf32> into tensor<2x3x64xf32>
    %15 = tensor.empty() : tensor<2x3x64xbf16>
    %16 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%collapsed : tensor<2x3x64xf32>) outs(%15 : tensor<2x3x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %18 = arith.truncf %in : f32 to bf16
      linalg.yield %18 : bf16
    } -> tensor<2x3x64xbf16>
    %17 = linalg.generic {indexing_maps = [#map3, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0, %16 : tensor<64xbf16>, tensor<2x3x64xbf16>) outs(%15 : tensor<2x3x64xbf16>) {
    ^bb0(%in: bf16, %in_3: bf16, %out: bf16):
      %18 = arith.mulf %in, %in_3 : bf16
      linalg.yield %18 : bf16
    } -> tensor<2x3x64xbf16>
    return %17 : tensor<2x3x64xbf16>
  }
}

// -----

#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @mamba2_grouped_bf16_dynamic(%arg0: tensor<64xbf16>, %arg1: tensor<2x?x64xbf16>, %arg2: tensor<2x?x64xbf16>) -> tensor<2x?x64xbf16> {
    %c2_i64 = arith.constant 2 : i64
    %c1 = arith.constant 1 : index
    %cst = arith.constant 1.000000e+00 : f32
    %cst_0 = arith.constant 0.000000e+00 : f32
    %cst_1 = arith.constant 1.000000e-05 : f64
    %cst_2 = arith.constant 1.600000e+01 : f32
    %dim = tensor.dim %arg1, %c1 : tensor<2x?x64xbf16>
    %0 = tensor.empty(%dim) : tensor<2x?x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1 : tensor<2x?x64xbf16>) outs(%0 : tensor<2x?x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %20 = arith.extf %in : bf16 to f32
      linalg.yield %20 : f32
    } -> tensor<2x?x64xf32>
    %dim_3 = tensor.dim %arg2, %c1 : tensor<2x?x64xbf16>
    %2 = tensor.empty(%dim_3) : tensor<2x?x64xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg2 : tensor<2x?x64xbf16>) outs(%2 : tensor<2x?x64xf32>) {
    ^bb0(%in: bf16, %out: f32):
      %20 = arith.extf %in : bf16 to f32
      linalg.yield %20 : f32
    } -> tensor<2x?x64xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%3 : tensor<2x?x64xf32>) outs(%2 : tensor<2x?x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = arith.negf %in : f32
      %21 = math.exp %20 : f32
      %22 = arith.addf %21, %cst : f32
      %23 = arith.divf %cst, %22 : f32
      linalg.yield %23 : f32
    } -> tensor<2x?x64xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%3, %4 : tensor<2x?x64xf32>, tensor<2x?x64xf32>) outs(%2 : tensor<2x?x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %20 = arith.mulf %in, %in_4 : f32
      linalg.yield %20 : f32
    } -> tensor<2x?x64xf32>
    %6 = arith.cmpi eq, %dim, %dim_3 : index
    cf.assert %6, "mismatched size for broadcast"
    %7 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %5 : tensor<2x?x64xf32>, tensor<2x?x64xf32>) outs(%0 : tensor<2x?x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %20 = arith.mulf %in, %in_4 : f32
      linalg.yield %20 : f32
    } -> tensor<2x?x64xf32>
    %expanded = tensor.expand_shape %7 [[0], [1], [2, 3]] output_shape [2, %dim, 4, 16] : tensor<2x?x64xf32> into tensor<2x?x4x16xf32>
    %8 = tensor.empty(%dim) : tensor<2x?x4x16xf32>
    %9 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded : tensor<2x?x4x16xf32>) outs(%8 : tensor<2x?x4x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %20 : f32
    } -> tensor<2x?x4x16xf32>
    %10 = tensor.empty(%dim) : tensor<2x?x4x1xf32>
    %11 = linalg.fill ins(%cst_0 : f32) outs(%10 : tensor<2x?x4x1xf32>) -> tensor<2x?x4x1xf32>
    %12 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%9 : tensor<2x?x4x16xf32>) outs(%11 : tensor<2x?x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = arith.addf %in, %out : f32
      linalg.yield %20 : f32
    } -> tensor<2x?x4x1xf32>
    %13 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%12 : tensor<2x?x4x1xf32>) outs(%10 : tensor<2x?x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = arith.divf %in, %cst_2 : f32
      linalg.yield %20 : f32
    } -> tensor<2x?x4x1xf32>
    %14 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%13 : tensor<2x?x4x1xf32>) outs(%10 : tensor<2x?x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = arith.truncf %cst_1 : f64 to f32
      %21 = arith.addf %in, %20 : f32
      linalg.yield %21 : f32
    } -> tensor<2x?x4x1xf32>
    %15 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%14 : tensor<2x?x4x1xf32>) outs(%10 : tensor<2x?x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = math.rsqrt %in : f32
      linalg.yield %20 : f32
    } -> tensor<2x?x4x1xf32>
    %16 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded, %15 : tensor<2x?x4x16xf32>, tensor<2x?x4x1xf32>) outs(%8 : tensor<2x?x4x16xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %20 = arith.mulf %in, %in_4 : f32
      linalg.yield %20 : f32
    } -> tensor<2x?x4x16xf32>
    %collapsed = tensor.collapse_shape %16 [[0], [1], [2, 3]] : tensor<2x?x4x16xf32> into tensor<2x?x64xf32>
    %17 = tensor.empty(%dim) : tensor<2x?x64xbf16>
    %18 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%collapsed : tensor<2x?x64xf32>) outs(%17 : tensor<2x?x64xbf16>) {
    ^bb0(%in: f32, %out: bf16):
      %20 = arith.truncf %in : f32 to bf16
      linalg.yield %20 : bf16
    } -> tensor<2x?x64xbf16>
    %19 = linalg.generic {indexing_maps = [#map3, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0, %18 : tensor<64xbf16>, tensor<2x?x64xbf16>) outs(%17 : tensor<2x?x64xbf16>) {
    ^bb0(%in: bf16, %in_4: bf16, %out: bf16):
      %20 = arith.mulf %in, %in_4 : bf16
      linalg.yield %20 : bf16
    } -> tensor<2x?x64xbf16>
    return %19 : tensor<2x?x64xbf16>
  }
}

// -----

#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @mamba2_grouped_f16_static(%arg0: tensor<64xf16>, %arg1: tensor<2x3x64xf16>, %arg2: tensor<2x3x64xf16>) -> tensor<2x3x64xf16> {
    %c2_i64 = arith.constant 2 : i64
    %cst = arith.constant 1.000000e+00 : f32
    %cst_0 = arith.constant 0.000000e+00 : f32
    %cst_1 = arith.constant 1.000000e-05 : f64
    %cst_2 = arith.constant 1.600000e+01 : f32
    %0 = tensor.empty() : tensor<2x3x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1 : tensor<2x3x64xf16>) outs(%0 : tensor<2x3x64xf32>) {
    ^bb0(%in: f16, %out: f32):
      %18 = arith.extf %in : f16 to f32
      linalg.yield %18 : f32
    } -> tensor<2x3x64xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg2 : tensor<2x3x64xf16>) outs(%0 : tensor<2x3x64xf32>) {
    ^bb0(%in: f16, %out: f32):
      %18 = arith.extf %in : f16 to f32
      linalg.yield %18 : f32
    } -> tensor<2x3x64xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%2 : tensor<2x3x64xf32>) outs(%0 : tensor<2x3x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = arith.negf %in : f32
      %19 = math.exp %18 : f32
      %20 = arith.addf %19, %cst : f32
      %21 = arith.divf %cst, %20 : f32
      linalg.yield %21 : f32
    } -> tensor<2x3x64xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%2, %3 : tensor<2x3x64xf32>, tensor<2x3x64xf32>) outs(%0 : tensor<2x3x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %18 = arith.mulf %in, %in_3 : f32
      linalg.yield %18 : f32
    } -> tensor<2x3x64xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %4 : tensor<2x3x64xf32>, tensor<2x3x64xf32>) outs(%0 : tensor<2x3x64xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %18 = arith.mulf %in, %in_3 : f32
      linalg.yield %18 : f32
    } -> tensor<2x3x64xf32>
    %expanded = tensor.expand_shape %5 [[0], [1], [2, 3]] output_shape [2, 3, 4, 16] : tensor<2x3x64xf32> into tensor<2x3x4x16xf32>
    %6 = tensor.empty() : tensor<2x3x4x16xf32>
    %7 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded : tensor<2x3x4x16xf32>) outs(%6 : tensor<2x3x4x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %18 : f32
    } -> tensor<2x3x4x16xf32>
    %8 = tensor.empty() : tensor<2x3x4x1xf32>
    %9 = linalg.fill ins(%cst_0 : f32) outs(%8 : tensor<2x3x4x1xf32>) -> tensor<2x3x4x1xf32>
    %10 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%7 : tensor<2x3x4x16xf32>) outs(%9 : tensor<2x3x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = arith.addf %in, %out : f32
      linalg.yield %18 : f32
    } -> tensor<2x3x4x1xf32>
    %11 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%10 : tensor<2x3x4x1xf32>) outs(%8 : tensor<2x3x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = arith.divf %in, %cst_2 : f32
      linalg.yield %18 : f32
    } -> tensor<2x3x4x1xf32>
    %12 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%11 : tensor<2x3x4x1xf32>) outs(%8 : tensor<2x3x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = arith.truncf %cst_1 : f64 to f32
      %19 = arith.addf %in, %18 : f32
      linalg.yield %19 : f32
    } -> tensor<2x3x4x1xf32>
    %13 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%12 : tensor<2x3x4x1xf32>) outs(%8 : tensor<2x3x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %18 = math.rsqrt %in : f32
      linalg.yield %18 : f32
    } -> tensor<2x3x4x1xf32>
    %14 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded, %13 : tensor<2x3x4x16xf32>, tensor<2x3x4x1xf32>) outs(%6 : tensor<2x3x4x16xf32>) {
    ^bb0(%in: f32, %in_3: f32, %out: f32):
      %18 = arith.mulf %in, %in_3 : f32
      linalg.yield %18 : f32
    } -> tensor<2x3x4x16xf32>
    %collapsed = tensor.collapse_shape %14 [[0], [1], [2, 3]] : tensor<2x3x4x16xf32> into tensor<2x3x64xf32>
    %15 = tensor.empty() : tensor<2x3x64xf16>
    %16 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%collapsed : tensor<2x3x64xf32>) outs(%15 : tensor<2x3x64xf16>) {
    ^bb0(%in: f32, %out: f16):
      %18 = arith.truncf %in : f32 to f16
      linalg.yield %18 : f16
    } -> tensor<2x3x64xf16>
    %17 = linalg.generic {indexing_maps = [#map3, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0, %16 : tensor<64xf16>, tensor<2x3x64xf16>) outs(%15 : tensor<2x3x64xf16>) {
    ^bb0(%in: f16, %in_3: f16, %out: f16):
      %18 = arith.mulf %in, %in_3 : f16
      linalg.yield %18 : f16
    } -> tensor<2x3x64xf16>
    return %17 : tensor<2x3x64xf16>
  }
}

// -----

#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map3 = affine_map<(d0, d1, d2) -> (d2)>
module {
  func.func @mamba2_grouped_f16_dynamic(%arg0: tensor<64xf16>, %arg1: tensor<2x?x64xf16>, %arg2: tensor<2x?x64xf16>) -> tensor<2x?x64xf16> {
    %c2_i64 = arith.constant 2 : i64
    %c1 = arith.constant 1 : index
    %cst = arith.constant 1.000000e+00 : f32
    %cst_0 = arith.constant 0.000000e+00 : f32
    %cst_1 = arith.constant 1.000000e-05 : f64
    %cst_2 = arith.constant 1.600000e+01 : f32
    %dim = tensor.dim %arg1, %c1 : tensor<2x?x64xf16>
    %0 = tensor.empty(%dim) : tensor<2x?x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1 : tensor<2x?x64xf16>) outs(%0 : tensor<2x?x64xf32>) {
    ^bb0(%in: f16, %out: f32):
      %20 = arith.extf %in : f16 to f32
      linalg.yield %20 : f32
    } -> tensor<2x?x64xf32>
    %dim_3 = tensor.dim %arg2, %c1 : tensor<2x?x64xf16>
    %2 = tensor.empty(%dim_3) : tensor<2x?x64xf32>
    %3 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg2 : tensor<2x?x64xf16>) outs(%2 : tensor<2x?x64xf32>) {
    ^bb0(%in: f16, %out: f32):
      %20 = arith.extf %in : f16 to f32
      linalg.yield %20 : f32
    } -> tensor<2x?x64xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%3 : tensor<2x?x64xf32>) outs(%2 : tensor<2x?x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = arith.negf %in : f32
      %21 = math.exp %20 : f32
      %22 = arith.addf %21, %cst : f32
      %23 = arith.divf %cst, %22 : f32
      linalg.yield %23 : f32
    } -> tensor<2x?x64xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%3, %4 : tensor<2x?x64xf32>, tensor<2x?x64xf32>) outs(%2 : tensor<2x?x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %20 = arith.mulf %in, %in_4 : f32
      linalg.yield %20 : f32
    } -> tensor<2x?x64xf32>
    %6 = arith.cmpi eq, %dim, %dim_3 : index
    cf.assert %6, "mismatched size for broadcast"
    %7 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %5 : tensor<2x?x64xf32>, tensor<2x?x64xf32>) outs(%0 : tensor<2x?x64xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %20 = arith.mulf %in, %in_4 : f32
      linalg.yield %20 : f32
    } -> tensor<2x?x64xf32>
    %expanded = tensor.expand_shape %7 [[0], [1], [2, 3]] output_shape [2, %dim, 4, 16] : tensor<2x?x64xf32> into tensor<2x?x4x16xf32>
    %8 = tensor.empty(%dim) : tensor<2x?x4x16xf32>
    %9 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded : tensor<2x?x4x16xf32>) outs(%8 : tensor<2x?x4x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %20 : f32
    } -> tensor<2x?x4x16xf32>
    %10 = tensor.empty(%dim) : tensor<2x?x4x1xf32>
    %11 = linalg.fill ins(%cst_0 : f32) outs(%10 : tensor<2x?x4x1xf32>) -> tensor<2x?x4x1xf32>
    %12 = linalg.generic {indexing_maps = [#map1, #map2], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%9 : tensor<2x?x4x16xf32>) outs(%11 : tensor<2x?x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = arith.addf %in, %out : f32
      linalg.yield %20 : f32
    } -> tensor<2x?x4x1xf32>
    %13 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%12 : tensor<2x?x4x1xf32>) outs(%10 : tensor<2x?x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = arith.divf %in, %cst_2 : f32
      linalg.yield %20 : f32
    } -> tensor<2x?x4x1xf32>
    %14 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%13 : tensor<2x?x4x1xf32>) outs(%10 : tensor<2x?x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = arith.truncf %cst_1 : f64 to f32
      %21 = arith.addf %in, %20 : f32
      linalg.yield %21 : f32
    } -> tensor<2x?x4x1xf32>
    %15 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%14 : tensor<2x?x4x1xf32>) outs(%10 : tensor<2x?x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %20 = math.rsqrt %in : f32
      linalg.yield %20 : f32
    } -> tensor<2x?x4x1xf32>
    %16 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded, %15 : tensor<2x?x4x16xf32>, tensor<2x?x4x1xf32>) outs(%8 : tensor<2x?x4x16xf32>) {
    ^bb0(%in: f32, %in_4: f32, %out: f32):
      %20 = arith.mulf %in, %in_4 : f32
      linalg.yield %20 : f32
    } -> tensor<2x?x4x16xf32>
    %collapsed = tensor.collapse_shape %16 [[0], [1], [2, 3]] : tensor<2x?x4x16xf32> into tensor<2x?x64xf32>
    %17 = tensor.empty(%dim) : tensor<2x?x64xf16>
    %18 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%collapsed : tensor<2x?x64xf32>) outs(%17 : tensor<2x?x64xf16>) {
    ^bb0(%in: f32, %out: f16):
      %20 = arith.truncf %in : f32 to f16
      linalg.yield %20 : f16
    } -> tensor<2x?x64xf16>
    %19 = linalg.generic {indexing_maps = [#map3, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0, %18 : tensor<64xf16>, tensor<2x?x64xf16>) outs(%17 : tensor<2x?x64xf16>) {
    ^bb0(%in: f16, %in_4: f16, %out: f16):
      %20 = arith.mulf %in, %in_4 : f16
      linalg.yield %20 : f16
    } -> tensor<2x?x64xf16>
    return %19 : tensor<2x?x64xf16>
  }
}
