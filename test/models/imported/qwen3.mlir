// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Written by generate_models.py; do not edit.
#map = affine_map<(d0, d1, d2) -> (d0, d1)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map2 = affine_map<(d0) -> (d0)>
#map3 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map4 = affine_map<(d0, d1, d2) -> (d2)>
#map5 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map6 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map7 = affine_map<(d0, d1, d2, d3) -> (d3)>
#map8 = affine_map<(d0, d1, d2, d3) -> (d0, 0, d2, d3)>
#map9 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>
#map10 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>
#map11 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
module {
  func.func @main(%arg0: tensor<256x64xf32>, %arg1: tensor<64x64xf32>, %arg2: tensor<32x64xf32>, %arg3: tensor<32x64xf32>, %arg4: tensor<64x64xf32>, %arg5: tensor<16xf32>, %arg6: tensor<16xf32>, %arg7: tensor<160x64xf32>, %arg8: tensor<160x64xf32>, %arg9: tensor<64x160xf32>, %arg10: tensor<64xf32>, %arg11: tensor<64xf32>, %arg12: tensor<64x64xf32>, %arg13: tensor<32x64xf32>, %arg14: tensor<32x64xf32>, %arg15: tensor<64x64xf32>, %arg16: tensor<16xf32>, %arg17: tensor<16xf32>, %arg18: tensor<160x64xf32>, %arg19: tensor<160x64xf32>, %arg20: tensor<64x160xf32>, %arg21: tensor<64xf32>, %arg22: tensor<64xf32>, %arg23: tensor<64xf32>, %arg24: tensor<256x64xf32>, %arg25: tensor<8xf32>, %arg26: tensor<8xf32>, %arg27: tensor<1x16xi64>) -> tensor<1x16x256xf32> {
    %c2_i64 = arith.constant 2 : i64
    %c0_i64 = arith.constant 0 : i64
    %c256 = arith.constant 256 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 0xFF800000 : f32
    %cst_1 = arith.constant 1.000000e+00 : f32
    %cst_2 = arith.constant dense_resource<torch_tensor_1_1_16_16_torch.float32> : tensor<1x1x16x16xf32>
    %cst_3 = arith.constant 9.9999999999999995E-7 : f64
    %cst_4 = arith.constant 6.400000e+01 : f32
    %cst_5 = arith.constant 1.600000e+01 : f32
    %cst_6 = arith.constant 2.500000e-01 : f32
    %0 = tensor.empty() : tensor<1x16x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg27 : tensor<1x16xi64>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: i64, %out: f32):
      %171 = arith.index_cast %in : i64 to index
      %172 = linalg.index 2 : index
      %173 = arith.cmpi slt, %171, %c256 : index
      cf.assert %173, "index must be smaller than dim size"
      %174 = arith.cmpi sge, %in, %c0_i64 : i64
      cf.assert %174, "index must be larger or equal to 0"
      %extracted = tensor.extract %arg0[%171, %172] : tensor<256x64xf32>
      linalg.yield %extracted : f32
    } -> tensor<1x16x64xf32>
    %2 = tensor.empty() : tensor<16xi64>
    %3 = linalg.generic {indexing_maps = [#map2], iterator_types = ["parallel"]} outs(%2 : tensor<16xi64>) {
    ^bb0(%out: i64):
      %171 = linalg.index 0 : index
      %172 = arith.index_cast %171 : index to i64
      linalg.yield %172 : i64
    } -> tensor<16xi64>
    %expanded = tensor.expand_shape %3 [[0, 1, 2]] output_shape [1, 16, 1] : tensor<16xi64> into tensor<1x16x1xi64>
    %4 = tensor.empty() : tensor<1x16x1xf32>
    %5 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded : tensor<1x16x1xi64>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: i64, %out: f32):
      %171 = arith.sitofp %in : i64 to f32
      linalg.yield %171 : f32
    } -> tensor<1x16x1xf32>
    %6 = tensor.empty() : tensor<1x16x8xf32>
    %7 = linalg.generic {indexing_maps = [#map3, #map4, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5, %arg25 : tensor<1x16x1xf32>, tensor<8xf32>) outs(%6 : tensor<1x16x8xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x8xf32>
    %concat = tensor.concat dim(2) %7, %7 : (tensor<1x16x8xf32>, tensor<1x16x8xf32>) -> tensor<1x16x16xf32>
    %8 = tensor.empty() : tensor<1x16x16xf32>
    %9 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%concat : tensor<1x16x16xf32>) outs(%8 : tensor<1x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.cos %in : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x16xf32>
    %10 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%concat : tensor<1x16x16xf32>) outs(%8 : tensor<1x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.sin %in : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x16xf32>
    %11 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %171 : f32
    } -> tensor<1x16x64xf32>
    %12 = linalg.fill ins(%cst : f32) outs(%4 : tensor<1x16x1xf32>) -> tensor<1x16x1xf32>
    %13 = linalg.generic {indexing_maps = [#map1, #map3], iterator_types = ["parallel", "parallel", "reduction"]} ins(%11 : tensor<1x16x64xf32>) outs(%12 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.addf %in, %out : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x1xf32>
    %14 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.divf %in, %cst_4 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x1xf32>
    %15 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.truncf %cst_3 : f64 to f32
      %172 = arith.addf %in, %171 : f32
      linalg.yield %172 : f32
    } -> tensor<1x16x1xf32>
    %16 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%15 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.rsqrt %in : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x1xf32>
    %17 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %16 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x64xf32>
    %18 = linalg.generic {indexing_maps = [#map4, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg10, %17 : tensor<64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x64xf32>
    %19 = tensor.empty() : tensor<64x64xf32>
    %transposed = linalg.transpose ins(%arg1 : tensor<64x64xf32>) outs(%19 : tensor<64x64xf32>) permutation = [1, 0] 
    %collapsed = tensor.collapse_shape %18 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %20 = tensor.empty() : tensor<16x64xf32>
    %21 = linalg.fill ins(%cst : f32) outs(%20 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %22 = linalg.matmul ins(%collapsed, %transposed : tensor<16x64xf32>, tensor<64x64xf32>) outs(%21 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %expanded_7 = tensor.expand_shape %22 [[0, 1], [2, 3]] output_shape [1, 16, 4, 16] : tensor<16x64xf32> into tensor<1x16x4x16xf32>
    %23 = tensor.empty() : tensor<1x16x4x16xf32>
    %24 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_7 : tensor<1x16x4x16xf32>) outs(%23 : tensor<1x16x4x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %171 : f32
    } -> tensor<1x16x4x16xf32>
    %25 = tensor.empty() : tensor<1x16x4x1xf32>
    %26 = linalg.fill ins(%cst : f32) outs(%25 : tensor<1x16x4x1xf32>) -> tensor<1x16x4x1xf32>
    %27 = linalg.generic {indexing_maps = [#map5, #map6], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%24 : tensor<1x16x4x16xf32>) outs(%26 : tensor<1x16x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.addf %in, %out : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x4x1xf32>
    %28 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%27 : tensor<1x16x4x1xf32>) outs(%25 : tensor<1x16x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.divf %in, %cst_5 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x4x1xf32>
    %29 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%28 : tensor<1x16x4x1xf32>) outs(%25 : tensor<1x16x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.truncf %cst_3 : f64 to f32
      %172 = arith.addf %in, %171 : f32
      linalg.yield %172 : f32
    } -> tensor<1x16x4x1xf32>
    %30 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%29 : tensor<1x16x4x1xf32>) outs(%25 : tensor<1x16x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.rsqrt %in : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x4x1xf32>
    %31 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_7, %30 : tensor<1x16x4x16xf32>, tensor<1x16x4x1xf32>) outs(%23 : tensor<1x16x4x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x4x16xf32>
    %32 = linalg.generic {indexing_maps = [#map7, #map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%arg5, %31 : tensor<16xf32>, tensor<1x16x4x16xf32>) outs(%23 : tensor<1x16x4x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x4x16xf32>
    %33 = tensor.empty() : tensor<1x4x16x16xf32>
    %transposed_8 = linalg.transpose ins(%32 : tensor<1x16x4x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) permutation = [0, 2, 1, 3] 
    %34 = tensor.empty() : tensor<64x32xf32>
    %transposed_9 = linalg.transpose ins(%arg2 : tensor<32x64xf32>) outs(%34 : tensor<64x32xf32>) permutation = [1, 0] 
    %35 = tensor.empty() : tensor<16x32xf32>
    %36 = linalg.fill ins(%cst : f32) outs(%35 : tensor<16x32xf32>) -> tensor<16x32xf32>
    %37 = linalg.matmul ins(%collapsed, %transposed_9 : tensor<16x64xf32>, tensor<64x32xf32>) outs(%36 : tensor<16x32xf32>) -> tensor<16x32xf32>
    %expanded_10 = tensor.expand_shape %37 [[0, 1], [2, 3]] output_shape [1, 16, 2, 16] : tensor<16x32xf32> into tensor<1x16x2x16xf32>
    %38 = tensor.empty() : tensor<1x16x2x16xf32>
    %39 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_10 : tensor<1x16x2x16xf32>) outs(%38 : tensor<1x16x2x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %171 : f32
    } -> tensor<1x16x2x16xf32>
    %40 = tensor.empty() : tensor<1x16x2x1xf32>
    %41 = linalg.fill ins(%cst : f32) outs(%40 : tensor<1x16x2x1xf32>) -> tensor<1x16x2x1xf32>
    %42 = linalg.generic {indexing_maps = [#map5, #map6], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%39 : tensor<1x16x2x16xf32>) outs(%41 : tensor<1x16x2x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.addf %in, %out : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x2x1xf32>
    %43 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%42 : tensor<1x16x2x1xf32>) outs(%40 : tensor<1x16x2x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.divf %in, %cst_5 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x2x1xf32>
    %44 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%43 : tensor<1x16x2x1xf32>) outs(%40 : tensor<1x16x2x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.truncf %cst_3 : f64 to f32
      %172 = arith.addf %in, %171 : f32
      linalg.yield %172 : f32
    } -> tensor<1x16x2x1xf32>
    %45 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%44 : tensor<1x16x2x1xf32>) outs(%40 : tensor<1x16x2x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.rsqrt %in : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x2x1xf32>
    %46 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_10, %45 : tensor<1x16x2x16xf32>, tensor<1x16x2x1xf32>) outs(%38 : tensor<1x16x2x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x2x16xf32>
    %47 = linalg.generic {indexing_maps = [#map7, #map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%arg6, %46 : tensor<16xf32>, tensor<1x16x2x16xf32>) outs(%38 : tensor<1x16x2x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x2x16xf32>
    %48 = tensor.empty() : tensor<1x2x16x16xf32>
    %transposed_11 = linalg.transpose ins(%47 : tensor<1x16x2x16xf32>) outs(%48 : tensor<1x2x16x16xf32>) permutation = [0, 2, 1, 3] 
    %transposed_12 = linalg.transpose ins(%arg3 : tensor<32x64xf32>) outs(%34 : tensor<64x32xf32>) permutation = [1, 0] 
    %49 = linalg.matmul ins(%collapsed, %transposed_12 : tensor<16x64xf32>, tensor<64x32xf32>) outs(%36 : tensor<16x32xf32>) -> tensor<16x32xf32>
    %expanded_13 = tensor.expand_shape %49 [[0, 1], [2, 3]] output_shape [1, 16, 2, 16] : tensor<16x32xf32> into tensor<1x16x2x16xf32>
    %transposed_14 = linalg.transpose ins(%expanded_13 : tensor<1x16x2x16xf32>) outs(%48 : tensor<1x2x16x16xf32>) permutation = [0, 2, 1, 3] 
    %expanded_15 = tensor.expand_shape %9 [[0], [1, 2], [3]] output_shape [1, 1, 16, 16] : tensor<1x16x16xf32> into tensor<1x1x16x16xf32>
    %expanded_16 = tensor.expand_shape %10 [[0], [1, 2], [3]] output_shape [1, 1, 16, 16] : tensor<1x16x16xf32> into tensor<1x1x16x16xf32>
    %50 = linalg.generic {indexing_maps = [#map5, #map8, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%transposed_8, %expanded_15 : tensor<1x4x16x16xf32>, tensor<1x1x16x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x16xf32>
    %extracted_slice = tensor.extract_slice %transposed_8[0, 0, 0, 0] [1, 4, 16, 8] [1, 1, 1, 1] : tensor<1x4x16x16xf32> to tensor<1x4x16x8xf32>
    %extracted_slice_17 = tensor.extract_slice %transposed_8[0, 0, 0, 8] [1, 4, 16, 8] [1, 1, 1, 1] : tensor<1x4x16x16xf32> to tensor<1x4x16x8xf32>
    %51 = tensor.empty() : tensor<1x4x16x8xf32>
    %52 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%extracted_slice_17 : tensor<1x4x16x8xf32>) outs(%51 : tensor<1x4x16x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.negf %in : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x8xf32>
    %concat_18 = tensor.concat dim(3) %52, %extracted_slice : (tensor<1x4x16x8xf32>, tensor<1x4x16x8xf32>) -> tensor<1x4x16x16xf32>
    %53 = linalg.generic {indexing_maps = [#map5, #map8, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%concat_18, %expanded_16 : tensor<1x4x16x16xf32>, tensor<1x1x16x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x16xf32>
    %54 = linalg.generic {indexing_maps = [#map5, #map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%50, %53 : tensor<1x4x16x16xf32>, tensor<1x4x16x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.addf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x16xf32>
    %55 = linalg.generic {indexing_maps = [#map5, #map8, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%transposed_11, %expanded_15 : tensor<1x2x16x16xf32>, tensor<1x1x16x16xf32>) outs(%48 : tensor<1x2x16x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x2x16x16xf32>
    %extracted_slice_19 = tensor.extract_slice %transposed_11[0, 0, 0, 0] [1, 2, 16, 8] [1, 1, 1, 1] : tensor<1x2x16x16xf32> to tensor<1x2x16x8xf32>
    %extracted_slice_20 = tensor.extract_slice %transposed_11[0, 0, 0, 8] [1, 2, 16, 8] [1, 1, 1, 1] : tensor<1x2x16x16xf32> to tensor<1x2x16x8xf32>
    %56 = tensor.empty() : tensor<1x2x16x8xf32>
    %57 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%extracted_slice_20 : tensor<1x2x16x8xf32>) outs(%56 : tensor<1x2x16x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.negf %in : f32
      linalg.yield %171 : f32
    } -> tensor<1x2x16x8xf32>
    %concat_21 = tensor.concat dim(3) %57, %extracted_slice_19 : (tensor<1x2x16x8xf32>, tensor<1x2x16x8xf32>) -> tensor<1x2x16x16xf32>
    %58 = linalg.generic {indexing_maps = [#map5, #map8, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%concat_21, %expanded_16 : tensor<1x2x16x16xf32>, tensor<1x1x16x16xf32>) outs(%48 : tensor<1x2x16x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x2x16x16xf32>
    %59 = linalg.generic {indexing_maps = [#map5, #map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%55, %58 : tensor<1x2x16x16xf32>, tensor<1x2x16x16xf32>) outs(%48 : tensor<1x2x16x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.addf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x2x16x16xf32>
    %60 = tensor.empty() : tensor<1x2x2x16x16xf32>
    %61 = linalg.generic {indexing_maps = [#map9, #map10], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%59 : tensor<1x2x16x16xf32>) outs(%60 : tensor<1x2x2x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x2x2x16x16xf32>
    %collapsed_22 = tensor.collapse_shape %61 [[0], [1, 2], [3], [4]] : tensor<1x2x2x16x16xf32> into tensor<1x4x16x16xf32>
    %62 = linalg.generic {indexing_maps = [#map9, #map10], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%transposed_14 : tensor<1x2x16x16xf32>) outs(%60 : tensor<1x2x2x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x2x2x16x16xf32>
    %transposed_23 = linalg.transpose ins(%collapsed_22 : tensor<1x4x16x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) permutation = [0, 1, 3, 2] 
    %collapsed_24 = tensor.collapse_shape %54 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_25 = tensor.collapse_shape %transposed_23 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %63 = tensor.empty() : tensor<4x16x16xf32>
    %64 = linalg.fill ins(%cst : f32) outs(%63 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %65 = linalg.batch_matmul ins(%collapsed_24, %collapsed_25 : tensor<4x16x16xf32>, tensor<4x16x16xf32>) outs(%64 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %expanded_26 = tensor.expand_shape %65 [[0, 1], [2], [3]] output_shape [1, 4, 16, 16] : tensor<4x16x16xf32> into tensor<1x4x16x16xf32>
    %66 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_26 : tensor<1x4x16x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.mulf %in, %cst_6 : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x16xf32>
    %67 = linalg.generic {indexing_maps = [#map5, #map8, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%66, %cst_2 : tensor<1x4x16x16xf32>, tensor<1x1x16x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.addf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x16xf32>
    %68 = tensor.empty() : tensor<1x4x16xi64>
    %69 = linalg.fill ins(%c0_i64 : i64) outs(%68 : tensor<1x4x16xi64>) -> tensor<1x4x16xi64>
    %70 = tensor.empty() : tensor<1x4x16xf32>
    %71 = linalg.fill ins(%cst_0 : f32) outs(%70 : tensor<1x4x16xf32>) -> tensor<1x4x16xf32>
    %72:2 = linalg.generic {indexing_maps = [#map5, #map11, #map11], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%67 : tensor<1x4x16x16xf32>) outs(%71, %69 : tensor<1x4x16xf32>, tensor<1x4x16xi64>) {
    ^bb0(%in: f32, %out: f32, %out_83: i64):
      %171 = linalg.index 3 : index
      %172 = arith.index_cast %171 : index to i64
      %173 = arith.maximumf %in, %out : f32
      %174 = arith.cmpf ogt, %in, %out : f32
      %175 = arith.select %174, %172, %out_83 : i64
      linalg.yield %173, %175 : f32, i64
    } -> (tensor<1x4x16xf32>, tensor<1x4x16xi64>)
    %expanded_27 = tensor.expand_shape %72#0 [[0], [1], [2, 3]] output_shape [1, 4, 16, 1] : tensor<1x4x16xf32> into tensor<1x4x16x1xf32>
    %73 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%67, %expanded_27 : tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>) outs(%33 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.subf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x16xf32>
    %74 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%73 : tensor<1x4x16x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.exp %in : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x16xf32>
    %75 = tensor.empty() : tensor<1x4x16x1xf32>
    %76 = linalg.fill ins(%cst : f32) outs(%75 : tensor<1x4x16x1xf32>) -> tensor<1x4x16x1xf32>
    %77 = linalg.generic {indexing_maps = [#map5, #map6], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%74 : tensor<1x4x16x16xf32>) outs(%76 : tensor<1x4x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.addf %in, %out : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x1xf32>
    %78 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%74, %77 : tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>) outs(%33 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.divf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x16xf32>
    %collapsed_28 = tensor.collapse_shape %78 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_29 = tensor.collapse_shape %62 [[0, 1, 2], [3], [4]] : tensor<1x2x2x16x16xf32> into tensor<4x16x16xf32>
    %79 = linalg.batch_matmul ins(%collapsed_28, %collapsed_29 : tensor<4x16x16xf32>, tensor<4x16x16xf32>) outs(%64 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %expanded_30 = tensor.expand_shape %79 [[0, 1], [2], [3]] output_shape [1, 4, 16, 16] : tensor<4x16x16xf32> into tensor<1x4x16x16xf32>
    %transposed_31 = linalg.transpose ins(%expanded_30 : tensor<1x4x16x16xf32>) outs(%23 : tensor<1x16x4x16xf32>) permutation = [0, 2, 1, 3] 
    %transposed_32 = linalg.transpose ins(%arg4 : tensor<64x64xf32>) outs(%19 : tensor<64x64xf32>) permutation = [1, 0] 
    %collapsed_33 = tensor.collapse_shape %transposed_31 [[0, 1], [2, 3]] : tensor<1x16x4x16xf32> into tensor<16x64xf32>
    %80 = linalg.matmul ins(%collapsed_33, %transposed_32 : tensor<16x64xf32>, tensor<64x64xf32>) outs(%21 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %expanded_34 = tensor.expand_shape %80 [[0, 1], [2]] output_shape [1, 16, 64] : tensor<16x64xf32> into tensor<1x16x64xf32>
    %81 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %expanded_34 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.addf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x64xf32>
    %82 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%81 : tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %171 : f32
    } -> tensor<1x16x64xf32>
    %83 = linalg.generic {indexing_maps = [#map1, #map3], iterator_types = ["parallel", "parallel", "reduction"]} ins(%82 : tensor<1x16x64xf32>) outs(%12 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.addf %in, %out : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x1xf32>
    %84 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%83 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.divf %in, %cst_4 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x1xf32>
    %85 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%84 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.truncf %cst_3 : f64 to f32
      %172 = arith.addf %in, %171 : f32
      linalg.yield %172 : f32
    } -> tensor<1x16x1xf32>
    %86 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%85 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.rsqrt %in : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x1xf32>
    %87 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%81, %86 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x64xf32>
    %88 = linalg.generic {indexing_maps = [#map4, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg11, %87 : tensor<64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x64xf32>
    %89 = tensor.empty() : tensor<64x160xf32>
    %transposed_35 = linalg.transpose ins(%arg7 : tensor<160x64xf32>) outs(%89 : tensor<64x160xf32>) permutation = [1, 0] 
    %collapsed_36 = tensor.collapse_shape %88 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %90 = tensor.empty() : tensor<16x160xf32>
    %91 = linalg.fill ins(%cst : f32) outs(%90 : tensor<16x160xf32>) -> tensor<16x160xf32>
    %92 = linalg.matmul ins(%collapsed_36, %transposed_35 : tensor<16x64xf32>, tensor<64x160xf32>) outs(%91 : tensor<16x160xf32>) -> tensor<16x160xf32>
    %expanded_37 = tensor.expand_shape %92 [[0, 1], [2]] output_shape [1, 16, 160] : tensor<16x160xf32> into tensor<1x16x160xf32>
    %93 = tensor.empty() : tensor<1x16x160xf32>
    %94 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_37 : tensor<1x16x160xf32>) outs(%93 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.negf %in : f32
      %172 = math.exp %171 : f32
      %173 = arith.addf %172, %cst_1 : f32
      %174 = arith.divf %cst_1, %173 : f32
      linalg.yield %174 : f32
    } -> tensor<1x16x160xf32>
    %95 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_37, %94 : tensor<1x16x160xf32>, tensor<1x16x160xf32>) outs(%93 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x160xf32>
    %transposed_38 = linalg.transpose ins(%arg8 : tensor<160x64xf32>) outs(%89 : tensor<64x160xf32>) permutation = [1, 0] 
    %96 = linalg.matmul ins(%collapsed_36, %transposed_38 : tensor<16x64xf32>, tensor<64x160xf32>) outs(%91 : tensor<16x160xf32>) -> tensor<16x160xf32>
    %expanded_39 = tensor.expand_shape %96 [[0, 1], [2]] output_shape [1, 16, 160] : tensor<16x160xf32> into tensor<1x16x160xf32>
    %97 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%95, %expanded_39 : tensor<1x16x160xf32>, tensor<1x16x160xf32>) outs(%93 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x160xf32>
    %98 = tensor.empty() : tensor<160x64xf32>
    %transposed_40 = linalg.transpose ins(%arg9 : tensor<64x160xf32>) outs(%98 : tensor<160x64xf32>) permutation = [1, 0] 
    %collapsed_41 = tensor.collapse_shape %97 [[0, 1], [2]] : tensor<1x16x160xf32> into tensor<16x160xf32>
    %99 = linalg.matmul ins(%collapsed_41, %transposed_40 : tensor<16x160xf32>, tensor<160x64xf32>) outs(%21 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %expanded_42 = tensor.expand_shape %99 [[0, 1], [2]] output_shape [1, 16, 64] : tensor<16x64xf32> into tensor<1x16x64xf32>
    %100 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%81, %expanded_42 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.addf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x64xf32>
    %101 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%100 : tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %171 : f32
    } -> tensor<1x16x64xf32>
    %102 = linalg.generic {indexing_maps = [#map1, #map3], iterator_types = ["parallel", "parallel", "reduction"]} ins(%101 : tensor<1x16x64xf32>) outs(%12 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.addf %in, %out : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x1xf32>
    %103 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%102 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.divf %in, %cst_4 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x1xf32>
    %104 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%103 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.truncf %cst_3 : f64 to f32
      %172 = arith.addf %in, %171 : f32
      linalg.yield %172 : f32
    } -> tensor<1x16x1xf32>
    %105 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%104 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.rsqrt %in : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x1xf32>
    %106 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%100, %105 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x64xf32>
    %107 = linalg.generic {indexing_maps = [#map4, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg21, %106 : tensor<64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x64xf32>
    %transposed_43 = linalg.transpose ins(%arg12 : tensor<64x64xf32>) outs(%19 : tensor<64x64xf32>) permutation = [1, 0] 
    %collapsed_44 = tensor.collapse_shape %107 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %108 = linalg.matmul ins(%collapsed_44, %transposed_43 : tensor<16x64xf32>, tensor<64x64xf32>) outs(%21 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %expanded_45 = tensor.expand_shape %108 [[0, 1], [2, 3]] output_shape [1, 16, 4, 16] : tensor<16x64xf32> into tensor<1x16x4x16xf32>
    %109 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_45 : tensor<1x16x4x16xf32>) outs(%23 : tensor<1x16x4x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %171 : f32
    } -> tensor<1x16x4x16xf32>
    %110 = linalg.generic {indexing_maps = [#map5, #map6], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%109 : tensor<1x16x4x16xf32>) outs(%26 : tensor<1x16x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.addf %in, %out : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x4x1xf32>
    %111 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%110 : tensor<1x16x4x1xf32>) outs(%25 : tensor<1x16x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.divf %in, %cst_5 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x4x1xf32>
    %112 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%111 : tensor<1x16x4x1xf32>) outs(%25 : tensor<1x16x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.truncf %cst_3 : f64 to f32
      %172 = arith.addf %in, %171 : f32
      linalg.yield %172 : f32
    } -> tensor<1x16x4x1xf32>
    %113 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%112 : tensor<1x16x4x1xf32>) outs(%25 : tensor<1x16x4x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.rsqrt %in : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x4x1xf32>
    %114 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_45, %113 : tensor<1x16x4x16xf32>, tensor<1x16x4x1xf32>) outs(%23 : tensor<1x16x4x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x4x16xf32>
    %115 = linalg.generic {indexing_maps = [#map7, #map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%arg16, %114 : tensor<16xf32>, tensor<1x16x4x16xf32>) outs(%23 : tensor<1x16x4x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x4x16xf32>
    %transposed_46 = linalg.transpose ins(%115 : tensor<1x16x4x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) permutation = [0, 2, 1, 3] 
    %transposed_47 = linalg.transpose ins(%arg13 : tensor<32x64xf32>) outs(%34 : tensor<64x32xf32>) permutation = [1, 0] 
    %116 = linalg.matmul ins(%collapsed_44, %transposed_47 : tensor<16x64xf32>, tensor<64x32xf32>) outs(%36 : tensor<16x32xf32>) -> tensor<16x32xf32>
    %expanded_48 = tensor.expand_shape %116 [[0, 1], [2, 3]] output_shape [1, 16, 2, 16] : tensor<16x32xf32> into tensor<1x16x2x16xf32>
    %117 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_48 : tensor<1x16x2x16xf32>) outs(%38 : tensor<1x16x2x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %171 : f32
    } -> tensor<1x16x2x16xf32>
    %118 = linalg.generic {indexing_maps = [#map5, #map6], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%117 : tensor<1x16x2x16xf32>) outs(%41 : tensor<1x16x2x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.addf %in, %out : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x2x1xf32>
    %119 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%118 : tensor<1x16x2x1xf32>) outs(%40 : tensor<1x16x2x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.divf %in, %cst_5 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x2x1xf32>
    %120 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%119 : tensor<1x16x2x1xf32>) outs(%40 : tensor<1x16x2x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.truncf %cst_3 : f64 to f32
      %172 = arith.addf %in, %171 : f32
      linalg.yield %172 : f32
    } -> tensor<1x16x2x1xf32>
    %121 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%120 : tensor<1x16x2x1xf32>) outs(%40 : tensor<1x16x2x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.rsqrt %in : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x2x1xf32>
    %122 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_48, %121 : tensor<1x16x2x16xf32>, tensor<1x16x2x1xf32>) outs(%38 : tensor<1x16x2x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x2x16xf32>
    %123 = linalg.generic {indexing_maps = [#map7, #map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%arg17, %122 : tensor<16xf32>, tensor<1x16x2x16xf32>) outs(%38 : tensor<1x16x2x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x2x16xf32>
    %transposed_49 = linalg.transpose ins(%123 : tensor<1x16x2x16xf32>) outs(%48 : tensor<1x2x16x16xf32>) permutation = [0, 2, 1, 3] 
    %transposed_50 = linalg.transpose ins(%arg14 : tensor<32x64xf32>) outs(%34 : tensor<64x32xf32>) permutation = [1, 0] 
    %124 = linalg.matmul ins(%collapsed_44, %transposed_50 : tensor<16x64xf32>, tensor<64x32xf32>) outs(%36 : tensor<16x32xf32>) -> tensor<16x32xf32>
    %expanded_51 = tensor.expand_shape %124 [[0, 1], [2, 3]] output_shape [1, 16, 2, 16] : tensor<16x32xf32> into tensor<1x16x2x16xf32>
    %transposed_52 = linalg.transpose ins(%expanded_51 : tensor<1x16x2x16xf32>) outs(%48 : tensor<1x2x16x16xf32>) permutation = [0, 2, 1, 3] 
    %125 = linalg.generic {indexing_maps = [#map5, #map8, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%transposed_46, %expanded_15 : tensor<1x4x16x16xf32>, tensor<1x1x16x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x16xf32>
    %extracted_slice_53 = tensor.extract_slice %transposed_46[0, 0, 0, 0] [1, 4, 16, 8] [1, 1, 1, 1] : tensor<1x4x16x16xf32> to tensor<1x4x16x8xf32>
    %extracted_slice_54 = tensor.extract_slice %transposed_46[0, 0, 0, 8] [1, 4, 16, 8] [1, 1, 1, 1] : tensor<1x4x16x16xf32> to tensor<1x4x16x8xf32>
    %126 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%extracted_slice_54 : tensor<1x4x16x8xf32>) outs(%51 : tensor<1x4x16x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.negf %in : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x8xf32>
    %concat_55 = tensor.concat dim(3) %126, %extracted_slice_53 : (tensor<1x4x16x8xf32>, tensor<1x4x16x8xf32>) -> tensor<1x4x16x16xf32>
    %127 = linalg.generic {indexing_maps = [#map5, #map8, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%concat_55, %expanded_16 : tensor<1x4x16x16xf32>, tensor<1x1x16x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x16xf32>
    %128 = linalg.generic {indexing_maps = [#map5, #map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%125, %127 : tensor<1x4x16x16xf32>, tensor<1x4x16x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.addf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x16xf32>
    %129 = linalg.generic {indexing_maps = [#map5, #map8, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%transposed_49, %expanded_15 : tensor<1x2x16x16xf32>, tensor<1x1x16x16xf32>) outs(%48 : tensor<1x2x16x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x2x16x16xf32>
    %extracted_slice_56 = tensor.extract_slice %transposed_49[0, 0, 0, 0] [1, 2, 16, 8] [1, 1, 1, 1] : tensor<1x2x16x16xf32> to tensor<1x2x16x8xf32>
    %extracted_slice_57 = tensor.extract_slice %transposed_49[0, 0, 0, 8] [1, 2, 16, 8] [1, 1, 1, 1] : tensor<1x2x16x16xf32> to tensor<1x2x16x8xf32>
    %130 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%extracted_slice_57 : tensor<1x2x16x8xf32>) outs(%56 : tensor<1x2x16x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.negf %in : f32
      linalg.yield %171 : f32
    } -> tensor<1x2x16x8xf32>
    %concat_58 = tensor.concat dim(3) %130, %extracted_slice_56 : (tensor<1x2x16x8xf32>, tensor<1x2x16x8xf32>) -> tensor<1x2x16x16xf32>
    %131 = linalg.generic {indexing_maps = [#map5, #map8, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%concat_58, %expanded_16 : tensor<1x2x16x16xf32>, tensor<1x1x16x16xf32>) outs(%48 : tensor<1x2x16x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x2x16x16xf32>
    %132 = linalg.generic {indexing_maps = [#map5, #map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%129, %131 : tensor<1x2x16x16xf32>, tensor<1x2x16x16xf32>) outs(%48 : tensor<1x2x16x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.addf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x2x16x16xf32>
    %133 = linalg.generic {indexing_maps = [#map9, #map10], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%132 : tensor<1x2x16x16xf32>) outs(%60 : tensor<1x2x2x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x2x2x16x16xf32>
    %collapsed_59 = tensor.collapse_shape %133 [[0], [1, 2], [3], [4]] : tensor<1x2x2x16x16xf32> into tensor<1x4x16x16xf32>
    %134 = linalg.generic {indexing_maps = [#map9, #map10], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%transposed_52 : tensor<1x2x16x16xf32>) outs(%60 : tensor<1x2x2x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x2x2x16x16xf32>
    %transposed_60 = linalg.transpose ins(%collapsed_59 : tensor<1x4x16x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) permutation = [0, 1, 3, 2] 
    %collapsed_61 = tensor.collapse_shape %128 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_62 = tensor.collapse_shape %transposed_60 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %135 = linalg.batch_matmul ins(%collapsed_61, %collapsed_62 : tensor<4x16x16xf32>, tensor<4x16x16xf32>) outs(%64 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %expanded_63 = tensor.expand_shape %135 [[0, 1], [2], [3]] output_shape [1, 4, 16, 16] : tensor<4x16x16xf32> into tensor<1x4x16x16xf32>
    %136 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_63 : tensor<1x4x16x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.mulf %in, %cst_6 : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x16xf32>
    %137 = linalg.generic {indexing_maps = [#map5, #map8, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%136, %cst_2 : tensor<1x4x16x16xf32>, tensor<1x1x16x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.addf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x16xf32>
    %138:2 = linalg.generic {indexing_maps = [#map5, #map11, #map11], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%137 : tensor<1x4x16x16xf32>) outs(%71, %69 : tensor<1x4x16xf32>, tensor<1x4x16xi64>) {
    ^bb0(%in: f32, %out: f32, %out_83: i64):
      %171 = linalg.index 3 : index
      %172 = arith.index_cast %171 : index to i64
      %173 = arith.maximumf %in, %out : f32
      %174 = arith.cmpf ogt, %in, %out : f32
      %175 = arith.select %174, %172, %out_83 : i64
      linalg.yield %173, %175 : f32, i64
    } -> (tensor<1x4x16xf32>, tensor<1x4x16xi64>)
    %expanded_64 = tensor.expand_shape %138#0 [[0], [1], [2, 3]] output_shape [1, 4, 16, 1] : tensor<1x4x16xf32> into tensor<1x4x16x1xf32>
    %139 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%137, %expanded_64 : tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>) outs(%33 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.subf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x16xf32>
    %140 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%139 : tensor<1x4x16x16xf32>) outs(%33 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.exp %in : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x16xf32>
    %141 = linalg.generic {indexing_maps = [#map5, #map6], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%140 : tensor<1x4x16x16xf32>) outs(%76 : tensor<1x4x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.addf %in, %out : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x1xf32>
    %142 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%140, %141 : tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>) outs(%33 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.divf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x4x16x16xf32>
    %collapsed_65 = tensor.collapse_shape %142 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_66 = tensor.collapse_shape %134 [[0, 1, 2], [3], [4]] : tensor<1x2x2x16x16xf32> into tensor<4x16x16xf32>
    %143 = linalg.batch_matmul ins(%collapsed_65, %collapsed_66 : tensor<4x16x16xf32>, tensor<4x16x16xf32>) outs(%64 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %expanded_67 = tensor.expand_shape %143 [[0, 1], [2], [3]] output_shape [1, 4, 16, 16] : tensor<4x16x16xf32> into tensor<1x4x16x16xf32>
    %transposed_68 = linalg.transpose ins(%expanded_67 : tensor<1x4x16x16xf32>) outs(%23 : tensor<1x16x4x16xf32>) permutation = [0, 2, 1, 3] 
    %transposed_69 = linalg.transpose ins(%arg15 : tensor<64x64xf32>) outs(%19 : tensor<64x64xf32>) permutation = [1, 0] 
    %collapsed_70 = tensor.collapse_shape %transposed_68 [[0, 1], [2, 3]] : tensor<1x16x4x16xf32> into tensor<16x64xf32>
    %144 = linalg.matmul ins(%collapsed_70, %transposed_69 : tensor<16x64xf32>, tensor<64x64xf32>) outs(%21 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %expanded_71 = tensor.expand_shape %144 [[0, 1], [2]] output_shape [1, 16, 64] : tensor<16x64xf32> into tensor<1x16x64xf32>
    %145 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%100, %expanded_71 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.addf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x64xf32>
    %146 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%145 : tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %171 : f32
    } -> tensor<1x16x64xf32>
    %147 = linalg.generic {indexing_maps = [#map1, #map3], iterator_types = ["parallel", "parallel", "reduction"]} ins(%146 : tensor<1x16x64xf32>) outs(%12 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.addf %in, %out : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x1xf32>
    %148 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%147 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.divf %in, %cst_4 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x1xf32>
    %149 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%148 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.truncf %cst_3 : f64 to f32
      %172 = arith.addf %in, %171 : f32
      linalg.yield %172 : f32
    } -> tensor<1x16x1xf32>
    %150 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%149 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.rsqrt %in : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x1xf32>
    %151 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%145, %150 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x64xf32>
    %152 = linalg.generic {indexing_maps = [#map4, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg22, %151 : tensor<64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x64xf32>
    %transposed_72 = linalg.transpose ins(%arg18 : tensor<160x64xf32>) outs(%89 : tensor<64x160xf32>) permutation = [1, 0] 
    %collapsed_73 = tensor.collapse_shape %152 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %153 = linalg.matmul ins(%collapsed_73, %transposed_72 : tensor<16x64xf32>, tensor<64x160xf32>) outs(%91 : tensor<16x160xf32>) -> tensor<16x160xf32>
    %expanded_74 = tensor.expand_shape %153 [[0, 1], [2]] output_shape [1, 16, 160] : tensor<16x160xf32> into tensor<1x16x160xf32>
    %154 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_74 : tensor<1x16x160xf32>) outs(%93 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.negf %in : f32
      %172 = math.exp %171 : f32
      %173 = arith.addf %172, %cst_1 : f32
      %174 = arith.divf %cst_1, %173 : f32
      linalg.yield %174 : f32
    } -> tensor<1x16x160xf32>
    %155 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_74, %154 : tensor<1x16x160xf32>, tensor<1x16x160xf32>) outs(%93 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x160xf32>
    %transposed_75 = linalg.transpose ins(%arg19 : tensor<160x64xf32>) outs(%89 : tensor<64x160xf32>) permutation = [1, 0] 
    %156 = linalg.matmul ins(%collapsed_73, %transposed_75 : tensor<16x64xf32>, tensor<64x160xf32>) outs(%91 : tensor<16x160xf32>) -> tensor<16x160xf32>
    %expanded_76 = tensor.expand_shape %156 [[0, 1], [2]] output_shape [1, 16, 160] : tensor<16x160xf32> into tensor<1x16x160xf32>
    %157 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%155, %expanded_76 : tensor<1x16x160xf32>, tensor<1x16x160xf32>) outs(%93 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x160xf32>
    %transposed_77 = linalg.transpose ins(%arg20 : tensor<64x160xf32>) outs(%98 : tensor<160x64xf32>) permutation = [1, 0] 
    %collapsed_78 = tensor.collapse_shape %157 [[0, 1], [2]] : tensor<1x16x160xf32> into tensor<16x160xf32>
    %158 = linalg.matmul ins(%collapsed_78, %transposed_77 : tensor<16x160xf32>, tensor<160x64xf32>) outs(%21 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %expanded_79 = tensor.expand_shape %158 [[0, 1], [2]] output_shape [1, 16, 64] : tensor<16x64xf32> into tensor<1x16x64xf32>
    %159 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%145, %expanded_79 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.addf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x64xf32>
    %160 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%159 : tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %171 : f32
    } -> tensor<1x16x64xf32>
    %161 = linalg.generic {indexing_maps = [#map1, #map3], iterator_types = ["parallel", "parallel", "reduction"]} ins(%160 : tensor<1x16x64xf32>) outs(%12 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.addf %in, %out : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x1xf32>
    %162 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%161 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.divf %in, %cst_4 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x1xf32>
    %163 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%162 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = arith.truncf %cst_3 : f64 to f32
      %172 = arith.addf %in, %171 : f32
      linalg.yield %172 : f32
    } -> tensor<1x16x1xf32>
    %164 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%163 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %171 = math.rsqrt %in : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x1xf32>
    %165 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%159, %164 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x64xf32>
    %166 = linalg.generic {indexing_maps = [#map4, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg23, %165 : tensor<64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_83: f32, %out: f32):
      %171 = arith.mulf %in, %in_83 : f32
      linalg.yield %171 : f32
    } -> tensor<1x16x64xf32>
    %167 = tensor.empty() : tensor<64x256xf32>
    %transposed_80 = linalg.transpose ins(%arg24 : tensor<256x64xf32>) outs(%167 : tensor<64x256xf32>) permutation = [1, 0] 
    %collapsed_81 = tensor.collapse_shape %166 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %168 = tensor.empty() : tensor<16x256xf32>
    %169 = linalg.fill ins(%cst : f32) outs(%168 : tensor<16x256xf32>) -> tensor<16x256xf32>
    %170 = linalg.matmul ins(%collapsed_81, %transposed_80 : tensor<16x64xf32>, tensor<64x256xf32>) outs(%169 : tensor<16x256xf32>) -> tensor<16x256xf32>
    %expanded_82 = tensor.expand_shape %170 [[0, 1], [2]] output_shape [1, 16, 256] : tensor<16x256xf32> into tensor<1x16x256xf32>
    return %expanded_82 : tensor<1x16x256xf32>
  }
}

{-#
  dialect_resources: {
    builtin: {
      torch_tensor_1_1_16_16_torch.float32: "0x0400000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF0000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF00000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF0000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF00000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF0000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF00000000000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFF0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFF000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFF00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    }
  }
#-}
