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
#map6 = affine_map<(d0, d1, d2, d3) -> (d0, 0, d2, d3)>
#map7 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>
#map8 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>
#map9 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
#map10 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
module {
  func.func @main(%arg0: tensor<256x64xf32>, %arg1: tensor<64x64xf32>, %arg2: tensor<32x64xf32>, %arg3: tensor<32x64xf32>, %arg4: tensor<64x64xf32>, %arg5: tensor<160x64xf32>, %arg6: tensor<160x64xf32>, %arg7: tensor<64x160xf32>, %arg8: tensor<64xf32>, %arg9: tensor<64xf32>, %arg10: tensor<64x64xf32>, %arg11: tensor<32x64xf32>, %arg12: tensor<32x64xf32>, %arg13: tensor<64x64xf32>, %arg14: tensor<160x64xf32>, %arg15: tensor<160x64xf32>, %arg16: tensor<64x160xf32>, %arg17: tensor<64xf32>, %arg18: tensor<64xf32>, %arg19: tensor<64xf32>, %arg20: tensor<256x64xf32>, %arg21: tensor<8xf32>, %arg22: tensor<8xf32>, %arg23: tensor<1x16xi64>) -> tensor<1x16x256xf32> {
    %c2_i64 = arith.constant 2 : i64
    %c0_i64 = arith.constant 0 : i64
    %c256 = arith.constant 256 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 0xFF800000 : f32
    %cst_1 = arith.constant 1.000000e+00 : f32
    %cst_2 = arith.constant dense_resource<torch_tensor_1_1_16_16_torch.float32> : tensor<1x1x16x16xf32>
    %cst_3 = arith.constant 9.9999999999999995E-7 : f64
    %cst_4 = arith.constant 6.400000e+01 : f32
    %cst_5 = arith.constant 2.500000e-01 : f32
    %0 = tensor.empty() : tensor<1x16x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg23 : tensor<1x16xi64>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: i64, %out: f32):
      %138 = arith.index_cast %in : i64 to index
      %139 = linalg.index 2 : index
      %140 = arith.cmpi slt, %138, %c256 : index
      cf.assert %140, "index must be smaller than dim size"
      %141 = arith.cmpi sge, %in, %c0_i64 : i64
      cf.assert %141, "index must be larger or equal to 0"
      %extracted = tensor.extract %arg0[%138, %139] : tensor<256x64xf32>
      linalg.yield %extracted : f32
    } -> tensor<1x16x64xf32>
    %2 = tensor.empty() : tensor<16xi64>
    %3 = linalg.generic {indexing_maps = [#map2], iterator_types = ["parallel"]} outs(%2 : tensor<16xi64>) {
    ^bb0(%out: i64):
      %138 = linalg.index 0 : index
      %139 = arith.index_cast %138 : index to i64
      linalg.yield %139 : i64
    } -> tensor<16xi64>
    %expanded = tensor.expand_shape %3 [[0, 1, 2]] output_shape [1, 16, 1] : tensor<16xi64> into tensor<1x16x1xi64>
    %4 = tensor.empty() : tensor<1x16x1xf32>
    %5 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded : tensor<1x16x1xi64>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: i64, %out: f32):
      %138 = arith.sitofp %in : i64 to f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %6 = tensor.empty() : tensor<1x16x8xf32>
    %7 = linalg.generic {indexing_maps = [#map3, #map4, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%5, %arg21 : tensor<1x16x1xf32>, tensor<8xf32>) outs(%6 : tensor<1x16x8xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x8xf32>
    %concat = tensor.concat dim(2) %7, %7 : (tensor<1x16x8xf32>, tensor<1x16x8xf32>) -> tensor<1x16x16xf32>
    %8 = tensor.empty() : tensor<1x16x16xf32>
    %9 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%concat : tensor<1x16x16xf32>) outs(%8 : tensor<1x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = math.cos %in : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x16xf32>
    %10 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%concat : tensor<1x16x16xf32>) outs(%8 : tensor<1x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = math.sin %in : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x16xf32>
    %11 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1 : tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %12 = linalg.fill ins(%cst : f32) outs(%4 : tensor<1x16x1xf32>) -> tensor<1x16x1xf32>
    %13 = linalg.generic {indexing_maps = [#map1, #map3], iterator_types = ["parallel", "parallel", "reduction"]} ins(%11 : tensor<1x16x64xf32>) outs(%12 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.addf %in, %out : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %14 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.divf %in, %cst_4 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %15 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.truncf %cst_3 : f64 to f32
      %139 = arith.addf %in, %138 : f32
      linalg.yield %139 : f32
    } -> tensor<1x16x1xf32>
    %16 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%15 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = math.rsqrt %in : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %17 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %16 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %18 = linalg.generic {indexing_maps = [#map4, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg8, %17 : tensor<64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %19 = tensor.empty() : tensor<64x64xf32>
    %transposed = linalg.transpose ins(%arg1 : tensor<64x64xf32>) outs(%19 : tensor<64x64xf32>) permutation = [1, 0] 
    %collapsed = tensor.collapse_shape %18 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %20 = tensor.empty() : tensor<16x64xf32>
    %21 = linalg.fill ins(%cst : f32) outs(%20 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %22 = linalg.matmul ins(%collapsed, %transposed : tensor<16x64xf32>, tensor<64x64xf32>) outs(%21 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %expanded_6 = tensor.expand_shape %22 [[0, 1], [2, 3]] output_shape [1, 16, 4, 16] : tensor<16x64xf32> into tensor<1x16x4x16xf32>
    %23 = tensor.empty() : tensor<1x4x16x16xf32>
    %transposed_7 = linalg.transpose ins(%expanded_6 : tensor<1x16x4x16xf32>) outs(%23 : tensor<1x4x16x16xf32>) permutation = [0, 2, 1, 3] 
    %24 = tensor.empty() : tensor<64x32xf32>
    %transposed_8 = linalg.transpose ins(%arg2 : tensor<32x64xf32>) outs(%24 : tensor<64x32xf32>) permutation = [1, 0] 
    %25 = tensor.empty() : tensor<16x32xf32>
    %26 = linalg.fill ins(%cst : f32) outs(%25 : tensor<16x32xf32>) -> tensor<16x32xf32>
    %27 = linalg.matmul ins(%collapsed, %transposed_8 : tensor<16x64xf32>, tensor<64x32xf32>) outs(%26 : tensor<16x32xf32>) -> tensor<16x32xf32>
    %expanded_9 = tensor.expand_shape %27 [[0, 1], [2, 3]] output_shape [1, 16, 2, 16] : tensor<16x32xf32> into tensor<1x16x2x16xf32>
    %28 = tensor.empty() : tensor<1x2x16x16xf32>
    %transposed_10 = linalg.transpose ins(%expanded_9 : tensor<1x16x2x16xf32>) outs(%28 : tensor<1x2x16x16xf32>) permutation = [0, 2, 1, 3] 
    %transposed_11 = linalg.transpose ins(%arg3 : tensor<32x64xf32>) outs(%24 : tensor<64x32xf32>) permutation = [1, 0] 
    %29 = linalg.matmul ins(%collapsed, %transposed_11 : tensor<16x64xf32>, tensor<64x32xf32>) outs(%26 : tensor<16x32xf32>) -> tensor<16x32xf32>
    %expanded_12 = tensor.expand_shape %29 [[0, 1], [2, 3]] output_shape [1, 16, 2, 16] : tensor<16x32xf32> into tensor<1x16x2x16xf32>
    %transposed_13 = linalg.transpose ins(%expanded_12 : tensor<1x16x2x16xf32>) outs(%28 : tensor<1x2x16x16xf32>) permutation = [0, 2, 1, 3] 
    %expanded_14 = tensor.expand_shape %9 [[0], [1, 2], [3]] output_shape [1, 1, 16, 16] : tensor<1x16x16xf32> into tensor<1x1x16x16xf32>
    %expanded_15 = tensor.expand_shape %10 [[0], [1, 2], [3]] output_shape [1, 1, 16, 16] : tensor<1x16x16xf32> into tensor<1x1x16x16xf32>
    %30 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%transposed_7, %expanded_14 : tensor<1x4x16x16xf32>, tensor<1x1x16x16xf32>) outs(%23 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x16xf32>
    %extracted_slice = tensor.extract_slice %transposed_7[0, 0, 0, 0] [1, 4, 16, 8] [1, 1, 1, 1] : tensor<1x4x16x16xf32> to tensor<1x4x16x8xf32>
    %extracted_slice_16 = tensor.extract_slice %transposed_7[0, 0, 0, 8] [1, 4, 16, 8] [1, 1, 1, 1] : tensor<1x4x16x16xf32> to tensor<1x4x16x8xf32>
    %31 = tensor.empty() : tensor<1x4x16x8xf32>
    %32 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%extracted_slice_16 : tensor<1x4x16x8xf32>) outs(%31 : tensor<1x4x16x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.negf %in : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x8xf32>
    %concat_17 = tensor.concat dim(3) %32, %extracted_slice : (tensor<1x4x16x8xf32>, tensor<1x4x16x8xf32>) -> tensor<1x4x16x16xf32>
    %33 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%concat_17, %expanded_15 : tensor<1x4x16x16xf32>, tensor<1x1x16x16xf32>) outs(%23 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x16xf32>
    %34 = linalg.generic {indexing_maps = [#map5, #map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%30, %33 : tensor<1x4x16x16xf32>, tensor<1x4x16x16xf32>) outs(%23 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.addf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x16xf32>
    %35 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%transposed_10, %expanded_14 : tensor<1x2x16x16xf32>, tensor<1x1x16x16xf32>) outs(%28 : tensor<1x2x16x16xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x2x16x16xf32>
    %extracted_slice_18 = tensor.extract_slice %transposed_10[0, 0, 0, 0] [1, 2, 16, 8] [1, 1, 1, 1] : tensor<1x2x16x16xf32> to tensor<1x2x16x8xf32>
    %extracted_slice_19 = tensor.extract_slice %transposed_10[0, 0, 0, 8] [1, 2, 16, 8] [1, 1, 1, 1] : tensor<1x2x16x16xf32> to tensor<1x2x16x8xf32>
    %36 = tensor.empty() : tensor<1x2x16x8xf32>
    %37 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%extracted_slice_19 : tensor<1x2x16x8xf32>) outs(%36 : tensor<1x2x16x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.negf %in : f32
      linalg.yield %138 : f32
    } -> tensor<1x2x16x8xf32>
    %concat_20 = tensor.concat dim(3) %37, %extracted_slice_18 : (tensor<1x2x16x8xf32>, tensor<1x2x16x8xf32>) -> tensor<1x2x16x16xf32>
    %38 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%concat_20, %expanded_15 : tensor<1x2x16x16xf32>, tensor<1x1x16x16xf32>) outs(%28 : tensor<1x2x16x16xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x2x16x16xf32>
    %39 = linalg.generic {indexing_maps = [#map5, #map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%35, %38 : tensor<1x2x16x16xf32>, tensor<1x2x16x16xf32>) outs(%28 : tensor<1x2x16x16xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.addf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x2x16x16xf32>
    %40 = tensor.empty() : tensor<1x2x2x16x16xf32>
    %41 = linalg.generic {indexing_maps = [#map7, #map8], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%39 : tensor<1x2x16x16xf32>) outs(%40 : tensor<1x2x2x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x2x2x16x16xf32>
    %collapsed_21 = tensor.collapse_shape %41 [[0], [1, 2], [3], [4]] : tensor<1x2x2x16x16xf32> into tensor<1x4x16x16xf32>
    %42 = linalg.generic {indexing_maps = [#map7, #map8], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%transposed_13 : tensor<1x2x16x16xf32>) outs(%40 : tensor<1x2x2x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x2x2x16x16xf32>
    %transposed_22 = linalg.transpose ins(%collapsed_21 : tensor<1x4x16x16xf32>) outs(%23 : tensor<1x4x16x16xf32>) permutation = [0, 1, 3, 2] 
    %collapsed_23 = tensor.collapse_shape %34 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_24 = tensor.collapse_shape %transposed_22 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %43 = tensor.empty() : tensor<4x16x16xf32>
    %44 = linalg.fill ins(%cst : f32) outs(%43 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %45 = linalg.batch_matmul ins(%collapsed_23, %collapsed_24 : tensor<4x16x16xf32>, tensor<4x16x16xf32>) outs(%44 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %expanded_25 = tensor.expand_shape %45 [[0, 1], [2], [3]] output_shape [1, 4, 16, 16] : tensor<4x16x16xf32> into tensor<1x4x16x16xf32>
    %46 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_25 : tensor<1x4x16x16xf32>) outs(%23 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.mulf %in, %cst_5 : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x16xf32>
    %47 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%46, %cst_2 : tensor<1x4x16x16xf32>, tensor<1x1x16x16xf32>) outs(%23 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.addf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x16xf32>
    %48 = tensor.empty() : tensor<1x4x16xi64>
    %49 = linalg.fill ins(%c0_i64 : i64) outs(%48 : tensor<1x4x16xi64>) -> tensor<1x4x16xi64>
    %50 = tensor.empty() : tensor<1x4x16xf32>
    %51 = linalg.fill ins(%cst_0 : f32) outs(%50 : tensor<1x4x16xf32>) -> tensor<1x4x16xf32>
    %52:2 = linalg.generic {indexing_maps = [#map5, #map9, #map9], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%47 : tensor<1x4x16x16xf32>) outs(%51, %49 : tensor<1x4x16xf32>, tensor<1x4x16xi64>) {
    ^bb0(%in: f32, %out: f32, %out_82: i64):
      %138 = linalg.index 3 : index
      %139 = arith.index_cast %138 : index to i64
      %140 = arith.maximumf %in, %out : f32
      %141 = arith.cmpf ogt, %in, %out : f32
      %142 = arith.select %141, %139, %out_82 : i64
      linalg.yield %140, %142 : f32, i64
    } -> (tensor<1x4x16xf32>, tensor<1x4x16xi64>)
    %expanded_26 = tensor.expand_shape %52#0 [[0], [1], [2, 3]] output_shape [1, 4, 16, 1] : tensor<1x4x16xf32> into tensor<1x4x16x1xf32>
    %53 = linalg.generic {indexing_maps = [#map5, #map10, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%47, %expanded_26 : tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>) outs(%23 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.subf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x16xf32>
    %54 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%53 : tensor<1x4x16x16xf32>) outs(%23 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = math.exp %in : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x16xf32>
    %55 = tensor.empty() : tensor<1x4x16x1xf32>
    %56 = linalg.fill ins(%cst : f32) outs(%55 : tensor<1x4x16x1xf32>) -> tensor<1x4x16x1xf32>
    %57 = linalg.generic {indexing_maps = [#map5, #map10], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%54 : tensor<1x4x16x16xf32>) outs(%56 : tensor<1x4x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.addf %in, %out : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x1xf32>
    %58 = linalg.generic {indexing_maps = [#map5, #map10, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%54, %57 : tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>) outs(%23 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.divf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x16xf32>
    %collapsed_27 = tensor.collapse_shape %58 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_28 = tensor.collapse_shape %42 [[0, 1, 2], [3], [4]] : tensor<1x2x2x16x16xf32> into tensor<4x16x16xf32>
    %59 = linalg.batch_matmul ins(%collapsed_27, %collapsed_28 : tensor<4x16x16xf32>, tensor<4x16x16xf32>) outs(%44 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %expanded_29 = tensor.expand_shape %59 [[0, 1], [2], [3]] output_shape [1, 4, 16, 16] : tensor<4x16x16xf32> into tensor<1x4x16x16xf32>
    %60 = tensor.empty() : tensor<1x16x4x16xf32>
    %transposed_30 = linalg.transpose ins(%expanded_29 : tensor<1x4x16x16xf32>) outs(%60 : tensor<1x16x4x16xf32>) permutation = [0, 2, 1, 3] 
    %transposed_31 = linalg.transpose ins(%arg4 : tensor<64x64xf32>) outs(%19 : tensor<64x64xf32>) permutation = [1, 0] 
    %collapsed_32 = tensor.collapse_shape %transposed_30 [[0, 1], [2, 3]] : tensor<1x16x4x16xf32> into tensor<16x64xf32>
    %61 = linalg.matmul ins(%collapsed_32, %transposed_31 : tensor<16x64xf32>, tensor<64x64xf32>) outs(%21 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %expanded_33 = tensor.expand_shape %61 [[0, 1], [2]] output_shape [1, 16, 64] : tensor<16x64xf32> into tensor<1x16x64xf32>
    %62 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %expanded_33 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.addf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %63 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%62 : tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %64 = linalg.generic {indexing_maps = [#map1, #map3], iterator_types = ["parallel", "parallel", "reduction"]} ins(%63 : tensor<1x16x64xf32>) outs(%12 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.addf %in, %out : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %65 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%64 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.divf %in, %cst_4 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %66 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%65 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.truncf %cst_3 : f64 to f32
      %139 = arith.addf %in, %138 : f32
      linalg.yield %139 : f32
    } -> tensor<1x16x1xf32>
    %67 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%66 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = math.rsqrt %in : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %68 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%62, %67 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %69 = linalg.generic {indexing_maps = [#map4, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg9, %68 : tensor<64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %70 = tensor.empty() : tensor<64x160xf32>
    %transposed_34 = linalg.transpose ins(%arg5 : tensor<160x64xf32>) outs(%70 : tensor<64x160xf32>) permutation = [1, 0] 
    %collapsed_35 = tensor.collapse_shape %69 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %71 = tensor.empty() : tensor<16x160xf32>
    %72 = linalg.fill ins(%cst : f32) outs(%71 : tensor<16x160xf32>) -> tensor<16x160xf32>
    %73 = linalg.matmul ins(%collapsed_35, %transposed_34 : tensor<16x64xf32>, tensor<64x160xf32>) outs(%72 : tensor<16x160xf32>) -> tensor<16x160xf32>
    %expanded_36 = tensor.expand_shape %73 [[0, 1], [2]] output_shape [1, 16, 160] : tensor<16x160xf32> into tensor<1x16x160xf32>
    %74 = tensor.empty() : tensor<1x16x160xf32>
    %75 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_36 : tensor<1x16x160xf32>) outs(%74 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.negf %in : f32
      %139 = math.exp %138 : f32
      %140 = arith.addf %139, %cst_1 : f32
      %141 = arith.divf %cst_1, %140 : f32
      linalg.yield %141 : f32
    } -> tensor<1x16x160xf32>
    %76 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_36, %75 : tensor<1x16x160xf32>, tensor<1x16x160xf32>) outs(%74 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x160xf32>
    %transposed_37 = linalg.transpose ins(%arg6 : tensor<160x64xf32>) outs(%70 : tensor<64x160xf32>) permutation = [1, 0] 
    %77 = linalg.matmul ins(%collapsed_35, %transposed_37 : tensor<16x64xf32>, tensor<64x160xf32>) outs(%72 : tensor<16x160xf32>) -> tensor<16x160xf32>
    %expanded_38 = tensor.expand_shape %77 [[0, 1], [2]] output_shape [1, 16, 160] : tensor<16x160xf32> into tensor<1x16x160xf32>
    %78 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%76, %expanded_38 : tensor<1x16x160xf32>, tensor<1x16x160xf32>) outs(%74 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x160xf32>
    %79 = tensor.empty() : tensor<160x64xf32>
    %transposed_39 = linalg.transpose ins(%arg7 : tensor<64x160xf32>) outs(%79 : tensor<160x64xf32>) permutation = [1, 0] 
    %collapsed_40 = tensor.collapse_shape %78 [[0, 1], [2]] : tensor<1x16x160xf32> into tensor<16x160xf32>
    %80 = linalg.matmul ins(%collapsed_40, %transposed_39 : tensor<16x160xf32>, tensor<160x64xf32>) outs(%21 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %expanded_41 = tensor.expand_shape %80 [[0, 1], [2]] output_shape [1, 16, 64] : tensor<16x64xf32> into tensor<1x16x64xf32>
    %81 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%62, %expanded_41 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.addf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %82 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%81 : tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %83 = linalg.generic {indexing_maps = [#map1, #map3], iterator_types = ["parallel", "parallel", "reduction"]} ins(%82 : tensor<1x16x64xf32>) outs(%12 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.addf %in, %out : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %84 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%83 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.divf %in, %cst_4 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %85 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%84 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.truncf %cst_3 : f64 to f32
      %139 = arith.addf %in, %138 : f32
      linalg.yield %139 : f32
    } -> tensor<1x16x1xf32>
    %86 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%85 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = math.rsqrt %in : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %87 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%81, %86 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %88 = linalg.generic {indexing_maps = [#map4, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg17, %87 : tensor<64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %transposed_42 = linalg.transpose ins(%arg10 : tensor<64x64xf32>) outs(%19 : tensor<64x64xf32>) permutation = [1, 0] 
    %collapsed_43 = tensor.collapse_shape %88 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %89 = linalg.matmul ins(%collapsed_43, %transposed_42 : tensor<16x64xf32>, tensor<64x64xf32>) outs(%21 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %expanded_44 = tensor.expand_shape %89 [[0, 1], [2, 3]] output_shape [1, 16, 4, 16] : tensor<16x64xf32> into tensor<1x16x4x16xf32>
    %transposed_45 = linalg.transpose ins(%expanded_44 : tensor<1x16x4x16xf32>) outs(%23 : tensor<1x4x16x16xf32>) permutation = [0, 2, 1, 3] 
    %transposed_46 = linalg.transpose ins(%arg11 : tensor<32x64xf32>) outs(%24 : tensor<64x32xf32>) permutation = [1, 0] 
    %90 = linalg.matmul ins(%collapsed_43, %transposed_46 : tensor<16x64xf32>, tensor<64x32xf32>) outs(%26 : tensor<16x32xf32>) -> tensor<16x32xf32>
    %expanded_47 = tensor.expand_shape %90 [[0, 1], [2, 3]] output_shape [1, 16, 2, 16] : tensor<16x32xf32> into tensor<1x16x2x16xf32>
    %transposed_48 = linalg.transpose ins(%expanded_47 : tensor<1x16x2x16xf32>) outs(%28 : tensor<1x2x16x16xf32>) permutation = [0, 2, 1, 3] 
    %transposed_49 = linalg.transpose ins(%arg12 : tensor<32x64xf32>) outs(%24 : tensor<64x32xf32>) permutation = [1, 0] 
    %91 = linalg.matmul ins(%collapsed_43, %transposed_49 : tensor<16x64xf32>, tensor<64x32xf32>) outs(%26 : tensor<16x32xf32>) -> tensor<16x32xf32>
    %expanded_50 = tensor.expand_shape %91 [[0, 1], [2, 3]] output_shape [1, 16, 2, 16] : tensor<16x32xf32> into tensor<1x16x2x16xf32>
    %transposed_51 = linalg.transpose ins(%expanded_50 : tensor<1x16x2x16xf32>) outs(%28 : tensor<1x2x16x16xf32>) permutation = [0, 2, 1, 3] 
    %92 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%transposed_45, %expanded_14 : tensor<1x4x16x16xf32>, tensor<1x1x16x16xf32>) outs(%23 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x16xf32>
    %extracted_slice_52 = tensor.extract_slice %transposed_45[0, 0, 0, 0] [1, 4, 16, 8] [1, 1, 1, 1] : tensor<1x4x16x16xf32> to tensor<1x4x16x8xf32>
    %extracted_slice_53 = tensor.extract_slice %transposed_45[0, 0, 0, 8] [1, 4, 16, 8] [1, 1, 1, 1] : tensor<1x4x16x16xf32> to tensor<1x4x16x8xf32>
    %93 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%extracted_slice_53 : tensor<1x4x16x8xf32>) outs(%31 : tensor<1x4x16x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.negf %in : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x8xf32>
    %concat_54 = tensor.concat dim(3) %93, %extracted_slice_52 : (tensor<1x4x16x8xf32>, tensor<1x4x16x8xf32>) -> tensor<1x4x16x16xf32>
    %94 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%concat_54, %expanded_15 : tensor<1x4x16x16xf32>, tensor<1x1x16x16xf32>) outs(%23 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x16xf32>
    %95 = linalg.generic {indexing_maps = [#map5, #map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%92, %94 : tensor<1x4x16x16xf32>, tensor<1x4x16x16xf32>) outs(%23 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.addf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x16xf32>
    %96 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%transposed_48, %expanded_14 : tensor<1x2x16x16xf32>, tensor<1x1x16x16xf32>) outs(%28 : tensor<1x2x16x16xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x2x16x16xf32>
    %extracted_slice_55 = tensor.extract_slice %transposed_48[0, 0, 0, 0] [1, 2, 16, 8] [1, 1, 1, 1] : tensor<1x2x16x16xf32> to tensor<1x2x16x8xf32>
    %extracted_slice_56 = tensor.extract_slice %transposed_48[0, 0, 0, 8] [1, 2, 16, 8] [1, 1, 1, 1] : tensor<1x2x16x16xf32> to tensor<1x2x16x8xf32>
    %97 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%extracted_slice_56 : tensor<1x2x16x8xf32>) outs(%36 : tensor<1x2x16x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.negf %in : f32
      linalg.yield %138 : f32
    } -> tensor<1x2x16x8xf32>
    %concat_57 = tensor.concat dim(3) %97, %extracted_slice_55 : (tensor<1x2x16x8xf32>, tensor<1x2x16x8xf32>) -> tensor<1x2x16x16xf32>
    %98 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%concat_57, %expanded_15 : tensor<1x2x16x16xf32>, tensor<1x1x16x16xf32>) outs(%28 : tensor<1x2x16x16xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x2x16x16xf32>
    %99 = linalg.generic {indexing_maps = [#map5, #map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%96, %98 : tensor<1x2x16x16xf32>, tensor<1x2x16x16xf32>) outs(%28 : tensor<1x2x16x16xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.addf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x2x16x16xf32>
    %100 = linalg.generic {indexing_maps = [#map7, #map8], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%99 : tensor<1x2x16x16xf32>) outs(%40 : tensor<1x2x2x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x2x2x16x16xf32>
    %collapsed_58 = tensor.collapse_shape %100 [[0], [1, 2], [3], [4]] : tensor<1x2x2x16x16xf32> into tensor<1x4x16x16xf32>
    %101 = linalg.generic {indexing_maps = [#map7, #map8], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%transposed_51 : tensor<1x2x16x16xf32>) outs(%40 : tensor<1x2x2x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x2x2x16x16xf32>
    %transposed_59 = linalg.transpose ins(%collapsed_58 : tensor<1x4x16x16xf32>) outs(%23 : tensor<1x4x16x16xf32>) permutation = [0, 1, 3, 2] 
    %collapsed_60 = tensor.collapse_shape %95 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_61 = tensor.collapse_shape %transposed_59 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %102 = linalg.batch_matmul ins(%collapsed_60, %collapsed_61 : tensor<4x16x16xf32>, tensor<4x16x16xf32>) outs(%44 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %expanded_62 = tensor.expand_shape %102 [[0, 1], [2], [3]] output_shape [1, 4, 16, 16] : tensor<4x16x16xf32> into tensor<1x4x16x16xf32>
    %103 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_62 : tensor<1x4x16x16xf32>) outs(%23 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.mulf %in, %cst_5 : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x16xf32>
    %104 = linalg.generic {indexing_maps = [#map5, #map6, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%103, %cst_2 : tensor<1x4x16x16xf32>, tensor<1x1x16x16xf32>) outs(%23 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.addf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x16xf32>
    %105:2 = linalg.generic {indexing_maps = [#map5, #map9, #map9], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%104 : tensor<1x4x16x16xf32>) outs(%51, %49 : tensor<1x4x16xf32>, tensor<1x4x16xi64>) {
    ^bb0(%in: f32, %out: f32, %out_82: i64):
      %138 = linalg.index 3 : index
      %139 = arith.index_cast %138 : index to i64
      %140 = arith.maximumf %in, %out : f32
      %141 = arith.cmpf ogt, %in, %out : f32
      %142 = arith.select %141, %139, %out_82 : i64
      linalg.yield %140, %142 : f32, i64
    } -> (tensor<1x4x16xf32>, tensor<1x4x16xi64>)
    %expanded_63 = tensor.expand_shape %105#0 [[0], [1], [2, 3]] output_shape [1, 4, 16, 1] : tensor<1x4x16xf32> into tensor<1x4x16x1xf32>
    %106 = linalg.generic {indexing_maps = [#map5, #map10, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%104, %expanded_63 : tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>) outs(%23 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.subf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x16xf32>
    %107 = linalg.generic {indexing_maps = [#map5, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%106 : tensor<1x4x16x16xf32>) outs(%23 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = math.exp %in : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x16xf32>
    %108 = linalg.generic {indexing_maps = [#map5, #map10], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%107 : tensor<1x4x16x16xf32>) outs(%56 : tensor<1x4x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.addf %in, %out : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x1xf32>
    %109 = linalg.generic {indexing_maps = [#map5, #map10, #map5], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%107, %108 : tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>) outs(%23 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.divf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x4x16x16xf32>
    %collapsed_64 = tensor.collapse_shape %109 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_65 = tensor.collapse_shape %101 [[0, 1, 2], [3], [4]] : tensor<1x2x2x16x16xf32> into tensor<4x16x16xf32>
    %110 = linalg.batch_matmul ins(%collapsed_64, %collapsed_65 : tensor<4x16x16xf32>, tensor<4x16x16xf32>) outs(%44 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %expanded_66 = tensor.expand_shape %110 [[0, 1], [2], [3]] output_shape [1, 4, 16, 16] : tensor<4x16x16xf32> into tensor<1x4x16x16xf32>
    %transposed_67 = linalg.transpose ins(%expanded_66 : tensor<1x4x16x16xf32>) outs(%60 : tensor<1x16x4x16xf32>) permutation = [0, 2, 1, 3] 
    %transposed_68 = linalg.transpose ins(%arg13 : tensor<64x64xf32>) outs(%19 : tensor<64x64xf32>) permutation = [1, 0] 
    %collapsed_69 = tensor.collapse_shape %transposed_67 [[0, 1], [2, 3]] : tensor<1x16x4x16xf32> into tensor<16x64xf32>
    %111 = linalg.matmul ins(%collapsed_69, %transposed_68 : tensor<16x64xf32>, tensor<64x64xf32>) outs(%21 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %expanded_70 = tensor.expand_shape %111 [[0, 1], [2]] output_shape [1, 16, 64] : tensor<16x64xf32> into tensor<1x16x64xf32>
    %112 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%81, %expanded_70 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.addf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %113 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%112 : tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %114 = linalg.generic {indexing_maps = [#map1, #map3], iterator_types = ["parallel", "parallel", "reduction"]} ins(%113 : tensor<1x16x64xf32>) outs(%12 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.addf %in, %out : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %115 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%114 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.divf %in, %cst_4 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %116 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%115 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.truncf %cst_3 : f64 to f32
      %139 = arith.addf %in, %138 : f32
      linalg.yield %139 : f32
    } -> tensor<1x16x1xf32>
    %117 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%116 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = math.rsqrt %in : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %118 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%112, %117 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %119 = linalg.generic {indexing_maps = [#map4, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg18, %118 : tensor<64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %transposed_71 = linalg.transpose ins(%arg14 : tensor<160x64xf32>) outs(%70 : tensor<64x160xf32>) permutation = [1, 0] 
    %collapsed_72 = tensor.collapse_shape %119 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %120 = linalg.matmul ins(%collapsed_72, %transposed_71 : tensor<16x64xf32>, tensor<64x160xf32>) outs(%72 : tensor<16x160xf32>) -> tensor<16x160xf32>
    %expanded_73 = tensor.expand_shape %120 [[0, 1], [2]] output_shape [1, 16, 160] : tensor<16x160xf32> into tensor<1x16x160xf32>
    %121 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_73 : tensor<1x16x160xf32>) outs(%74 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.negf %in : f32
      %139 = math.exp %138 : f32
      %140 = arith.addf %139, %cst_1 : f32
      %141 = arith.divf %cst_1, %140 : f32
      linalg.yield %141 : f32
    } -> tensor<1x16x160xf32>
    %122 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_73, %121 : tensor<1x16x160xf32>, tensor<1x16x160xf32>) outs(%74 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x160xf32>
    %transposed_74 = linalg.transpose ins(%arg15 : tensor<160x64xf32>) outs(%70 : tensor<64x160xf32>) permutation = [1, 0] 
    %123 = linalg.matmul ins(%collapsed_72, %transposed_74 : tensor<16x64xf32>, tensor<64x160xf32>) outs(%72 : tensor<16x160xf32>) -> tensor<16x160xf32>
    %expanded_75 = tensor.expand_shape %123 [[0, 1], [2]] output_shape [1, 16, 160] : tensor<16x160xf32> into tensor<1x16x160xf32>
    %124 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%122, %expanded_75 : tensor<1x16x160xf32>, tensor<1x16x160xf32>) outs(%74 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x160xf32>
    %transposed_76 = linalg.transpose ins(%arg16 : tensor<64x160xf32>) outs(%79 : tensor<160x64xf32>) permutation = [1, 0] 
    %collapsed_77 = tensor.collapse_shape %124 [[0, 1], [2]] : tensor<1x16x160xf32> into tensor<16x160xf32>
    %125 = linalg.matmul ins(%collapsed_77, %transposed_76 : tensor<16x160xf32>, tensor<160x64xf32>) outs(%21 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %expanded_78 = tensor.expand_shape %125 [[0, 1], [2]] output_shape [1, 16, 64] : tensor<16x64xf32> into tensor<1x16x64xf32>
    %126 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%112, %expanded_78 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.addf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %127 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%126 : tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %128 = linalg.generic {indexing_maps = [#map1, #map3], iterator_types = ["parallel", "parallel", "reduction"]} ins(%127 : tensor<1x16x64xf32>) outs(%12 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.addf %in, %out : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %129 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%128 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.divf %in, %cst_4 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %130 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%129 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.truncf %cst_3 : f64 to f32
      %139 = arith.addf %in, %138 : f32
      linalg.yield %139 : f32
    } -> tensor<1x16x1xf32>
    %131 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%130 : tensor<1x16x1xf32>) outs(%4 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = math.rsqrt %in : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x1xf32>
    %132 = linalg.generic {indexing_maps = [#map1, #map3, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%126, %131 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %133 = linalg.generic {indexing_maps = [#map4, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg19, %132 : tensor<64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_82: f32, %out: f32):
      %138 = arith.mulf %in, %in_82 : f32
      linalg.yield %138 : f32
    } -> tensor<1x16x64xf32>
    %134 = tensor.empty() : tensor<64x256xf32>
    %transposed_79 = linalg.transpose ins(%arg20 : tensor<256x64xf32>) outs(%134 : tensor<64x256xf32>) permutation = [1, 0] 
    %collapsed_80 = tensor.collapse_shape %133 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %135 = tensor.empty() : tensor<16x256xf32>
    %136 = linalg.fill ins(%cst : f32) outs(%135 : tensor<16x256xf32>) -> tensor<16x256xf32>
    %137 = linalg.matmul ins(%collapsed_80, %transposed_79 : tensor<16x64xf32>, tensor<64x256xf32>) outs(%136 : tensor<16x256xf32>) -> tensor<16x256xf32>
    %expanded_81 = tensor.expand_shape %137 [[0, 1], [2]] output_shape [1, 16, 256] : tensor<16x256xf32> into tensor<1x16x256xf32>
    return %expanded_81 : tensor<1x16x256xf32>
  }
}

{-#
  dialect_resources: {
    builtin: {
      torch_tensor_1_1_16_16_torch.float32: "0x0400000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF0000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF00000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF0000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF00000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF0000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF00000000000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFF0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFF000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFF00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    }
  }
#-}
