// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Written by generate_models.py; do not edit.
#map = affine_map<(d0, d1, d2) -> (d0, d1)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map2 = affine_map<(d0, d1, d2) -> ()>
#map3 = affine_map<(d0) -> (d0)>
#map4 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map5 = affine_map<(d0, d1, d2) -> (d2)>
#map6 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map7 = affine_map<(d0, d1, d2, d3) -> (d0, 0, d2, d3)>
#map8 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>
#map9 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>
#map10 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
#map11 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
module {
  func.func @main(%arg0: tensor<256x64xf32>, %arg1: tensor<64x64xf32>, %arg2: tensor<32x64xf32>, %arg3: tensor<32x64xf32>, %arg4: tensor<64x64xf32>, %arg5: tensor<160x64xf32>, %arg6: tensor<160x64xf32>, %arg7: tensor<64x160xf32>, %arg8: tensor<64xf32>, %arg9: tensor<64xf32>, %arg10: tensor<64x64xf32>, %arg11: tensor<32x64xf32>, %arg12: tensor<32x64xf32>, %arg13: tensor<64x64xf32>, %arg14: tensor<160x64xf32>, %arg15: tensor<160x64xf32>, %arg16: tensor<64x160xf32>, %arg17: tensor<64xf32>, %arg18: tensor<64xf32>, %arg19: tensor<64xf32>, %arg20: tensor<256x64xf32>, %arg21: tensor<f32>, %arg22: tensor<8xf32>, %arg23: tensor<8xf32>, %arg24: tensor<1x16xi64>) -> tensor<1x16x256xf32> {
    %c2_i64 = arith.constant 2 : i64
    %c0_i64 = arith.constant 0 : i64
    %c256 = arith.constant 256 : index
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 0xFF800000 : f32
    %cst_1 = arith.constant 0.79788456080286541 : f64
    %cst_2 = arith.constant 4.471500e-02 : f64
    %cst_3 = arith.constant dense_resource<torch_tensor_1_1_16_16_torch.float32> : tensor<1x1x16x16xf32>
    %cst_4 = arith.constant 9.9999999999999995E-7 : f64
    %cst_5 = arith.constant 6.400000e+01 : f32
    %cst_6 = arith.constant 1.000000e+00 : f32
    %cst_7 = arith.constant 2.500000e-01 : f32
    %cst_8 = arith.constant 5.000000e-01 : f32
    %0 = tensor.empty() : tensor<1x16x64xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg24 : tensor<1x16xi64>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: i64, %out: f32):
      %159 = arith.index_cast %in : i64 to index
      %160 = linalg.index 2 : index
      %161 = arith.cmpi slt, %159, %c256 : index
      cf.assert %161, "index must be smaller than dim size"
      %162 = arith.cmpi sge, %in, %c0_i64 : i64
      cf.assert %162, "index must be larger or equal to 0"
      %extracted = tensor.extract %arg20[%159, %160] : tensor<256x64xf32>
      linalg.yield %extracted : f32
    } -> tensor<1x16x64xf32>
    %2 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%1, %arg21 : tensor<1x16x64xf32>, tensor<f32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %3 = tensor.empty() : tensor<16xi64>
    %4 = linalg.generic {indexing_maps = [#map3], iterator_types = ["parallel"]} outs(%3 : tensor<16xi64>) {
    ^bb0(%out: i64):
      %159 = linalg.index 0 : index
      %160 = arith.index_cast %159 : index to i64
      linalg.yield %160 : i64
    } -> tensor<16xi64>
    %expanded = tensor.expand_shape %4 [[0, 1, 2]] output_shape [1, 16, 1] : tensor<16xi64> into tensor<1x16x1xi64>
    %5 = tensor.empty() : tensor<1x16x1xf32>
    %6 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded : tensor<1x16x1xi64>) outs(%5 : tensor<1x16x1xf32>) {
    ^bb0(%in: i64, %out: f32):
      %159 = arith.sitofp %in : i64 to f32
      linalg.yield %159 : f32
    } -> tensor<1x16x1xf32>
    %7 = tensor.empty() : tensor<1x16x8xf32>
    %8 = linalg.generic {indexing_maps = [#map4, #map5, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6, %arg22 : tensor<1x16x1xf32>, tensor<8xf32>) outs(%7 : tensor<1x16x8xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x8xf32>
    %concat = tensor.concat dim(2) %8, %8 : (tensor<1x16x8xf32>, tensor<1x16x8xf32>) -> tensor<1x16x16xf32>
    %9 = tensor.empty() : tensor<1x16x16xf32>
    %10 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%concat : tensor<1x16x16xf32>) outs(%9 : tensor<1x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = math.cos %in : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x16xf32>
    %11 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%concat : tensor<1x16x16xf32>) outs(%9 : tensor<1x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = math.sin %in : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x16xf32>
    %12 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%2 : tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %13 = linalg.fill ins(%cst : f32) outs(%5 : tensor<1x16x1xf32>) -> tensor<1x16x1xf32>
    %14 = linalg.generic {indexing_maps = [#map1, #map4], iterator_types = ["parallel", "parallel", "reduction"]} ins(%12 : tensor<1x16x64xf32>) outs(%13 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.addf %in, %out : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x1xf32>
    %15 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%14 : tensor<1x16x1xf32>) outs(%5 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.divf %in, %cst_5 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x1xf32>
    %16 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%15 : tensor<1x16x1xf32>) outs(%5 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.truncf %cst_4 : f64 to f32
      %160 = arith.addf %in, %159 : f32
      linalg.yield %160 : f32
    } -> tensor<1x16x1xf32>
    %17 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%16 : tensor<1x16x1xf32>) outs(%5 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = math.rsqrt %in : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x1xf32>
    %18 = linalg.generic {indexing_maps = [#map1, #map4, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%2, %17 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %19 = tensor.empty() : tensor<64xf32>
    %20 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel"]} ins(%arg8 : tensor<64xf32>) outs(%19 : tensor<64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.addf %in, %cst_6 : f32
      linalg.yield %159 : f32
    } -> tensor<64xf32>
    %21 = linalg.generic {indexing_maps = [#map1, #map5, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%18, %20 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %22 = tensor.empty() : tensor<64x64xf32>
    %transposed = linalg.transpose ins(%arg1 : tensor<64x64xf32>) outs(%22 : tensor<64x64xf32>) permutation = [1, 0] 
    %collapsed = tensor.collapse_shape %21 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %23 = tensor.empty() : tensor<16x64xf32>
    %24 = linalg.fill ins(%cst : f32) outs(%23 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %25 = linalg.matmul ins(%collapsed, %transposed : tensor<16x64xf32>, tensor<64x64xf32>) outs(%24 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %expanded_9 = tensor.expand_shape %25 [[0, 1], [2, 3]] output_shape [1, 16, 4, 16] : tensor<16x64xf32> into tensor<1x16x4x16xf32>
    %26 = tensor.empty() : tensor<1x4x16x16xf32>
    %transposed_10 = linalg.transpose ins(%expanded_9 : tensor<1x16x4x16xf32>) outs(%26 : tensor<1x4x16x16xf32>) permutation = [0, 2, 1, 3] 
    %27 = tensor.empty() : tensor<64x32xf32>
    %transposed_11 = linalg.transpose ins(%arg2 : tensor<32x64xf32>) outs(%27 : tensor<64x32xf32>) permutation = [1, 0] 
    %28 = tensor.empty() : tensor<16x32xf32>
    %29 = linalg.fill ins(%cst : f32) outs(%28 : tensor<16x32xf32>) -> tensor<16x32xf32>
    %30 = linalg.matmul ins(%collapsed, %transposed_11 : tensor<16x64xf32>, tensor<64x32xf32>) outs(%29 : tensor<16x32xf32>) -> tensor<16x32xf32>
    %expanded_12 = tensor.expand_shape %30 [[0, 1], [2, 3]] output_shape [1, 16, 2, 16] : tensor<16x32xf32> into tensor<1x16x2x16xf32>
    %31 = tensor.empty() : tensor<1x2x16x16xf32>
    %transposed_13 = linalg.transpose ins(%expanded_12 : tensor<1x16x2x16xf32>) outs(%31 : tensor<1x2x16x16xf32>) permutation = [0, 2, 1, 3] 
    %transposed_14 = linalg.transpose ins(%arg3 : tensor<32x64xf32>) outs(%27 : tensor<64x32xf32>) permutation = [1, 0] 
    %32 = linalg.matmul ins(%collapsed, %transposed_14 : tensor<16x64xf32>, tensor<64x32xf32>) outs(%29 : tensor<16x32xf32>) -> tensor<16x32xf32>
    %expanded_15 = tensor.expand_shape %32 [[0, 1], [2, 3]] output_shape [1, 16, 2, 16] : tensor<16x32xf32> into tensor<1x16x2x16xf32>
    %transposed_16 = linalg.transpose ins(%expanded_15 : tensor<1x16x2x16xf32>) outs(%31 : tensor<1x2x16x16xf32>) permutation = [0, 2, 1, 3] 
    %expanded_17 = tensor.expand_shape %10 [[0], [1, 2], [3]] output_shape [1, 1, 16, 16] : tensor<1x16x16xf32> into tensor<1x1x16x16xf32>
    %expanded_18 = tensor.expand_shape %11 [[0], [1, 2], [3]] output_shape [1, 1, 16, 16] : tensor<1x16x16xf32> into tensor<1x1x16x16xf32>
    %33 = linalg.generic {indexing_maps = [#map6, #map7, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%transposed_10, %expanded_17 : tensor<1x4x16x16xf32>, tensor<1x1x16x16xf32>) outs(%26 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x16xf32>
    %extracted_slice = tensor.extract_slice %transposed_10[0, 0, 0, 0] [1, 4, 16, 8] [1, 1, 1, 1] : tensor<1x4x16x16xf32> to tensor<1x4x16x8xf32>
    %extracted_slice_19 = tensor.extract_slice %transposed_10[0, 0, 0, 8] [1, 4, 16, 8] [1, 1, 1, 1] : tensor<1x4x16x16xf32> to tensor<1x4x16x8xf32>
    %34 = tensor.empty() : tensor<1x4x16x8xf32>
    %35 = linalg.generic {indexing_maps = [#map6, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%extracted_slice_19 : tensor<1x4x16x8xf32>) outs(%34 : tensor<1x4x16x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.negf %in : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x8xf32>
    %concat_20 = tensor.concat dim(3) %35, %extracted_slice : (tensor<1x4x16x8xf32>, tensor<1x4x16x8xf32>) -> tensor<1x4x16x16xf32>
    %36 = linalg.generic {indexing_maps = [#map6, #map7, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%concat_20, %expanded_18 : tensor<1x4x16x16xf32>, tensor<1x1x16x16xf32>) outs(%26 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x16xf32>
    %37 = linalg.generic {indexing_maps = [#map6, #map6, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%33, %36 : tensor<1x4x16x16xf32>, tensor<1x4x16x16xf32>) outs(%26 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.addf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x16xf32>
    %38 = linalg.generic {indexing_maps = [#map6, #map7, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%transposed_13, %expanded_17 : tensor<1x2x16x16xf32>, tensor<1x1x16x16xf32>) outs(%31 : tensor<1x2x16x16xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x2x16x16xf32>
    %extracted_slice_21 = tensor.extract_slice %transposed_13[0, 0, 0, 0] [1, 2, 16, 8] [1, 1, 1, 1] : tensor<1x2x16x16xf32> to tensor<1x2x16x8xf32>
    %extracted_slice_22 = tensor.extract_slice %transposed_13[0, 0, 0, 8] [1, 2, 16, 8] [1, 1, 1, 1] : tensor<1x2x16x16xf32> to tensor<1x2x16x8xf32>
    %39 = tensor.empty() : tensor<1x2x16x8xf32>
    %40 = linalg.generic {indexing_maps = [#map6, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%extracted_slice_22 : tensor<1x2x16x8xf32>) outs(%39 : tensor<1x2x16x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.negf %in : f32
      linalg.yield %159 : f32
    } -> tensor<1x2x16x8xf32>
    %concat_23 = tensor.concat dim(3) %40, %extracted_slice_21 : (tensor<1x2x16x8xf32>, tensor<1x2x16x8xf32>) -> tensor<1x2x16x16xf32>
    %41 = linalg.generic {indexing_maps = [#map6, #map7, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%concat_23, %expanded_18 : tensor<1x2x16x16xf32>, tensor<1x1x16x16xf32>) outs(%31 : tensor<1x2x16x16xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x2x16x16xf32>
    %42 = linalg.generic {indexing_maps = [#map6, #map6, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%38, %41 : tensor<1x2x16x16xf32>, tensor<1x2x16x16xf32>) outs(%31 : tensor<1x2x16x16xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.addf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x2x16x16xf32>
    %43 = tensor.empty() : tensor<1x2x2x16x16xf32>
    %44 = linalg.generic {indexing_maps = [#map8, #map9], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%42 : tensor<1x2x16x16xf32>) outs(%43 : tensor<1x2x2x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x2x2x16x16xf32>
    %collapsed_24 = tensor.collapse_shape %44 [[0], [1, 2], [3], [4]] : tensor<1x2x2x16x16xf32> into tensor<1x4x16x16xf32>
    %45 = linalg.generic {indexing_maps = [#map8, #map9], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%transposed_16 : tensor<1x2x16x16xf32>) outs(%43 : tensor<1x2x2x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x2x2x16x16xf32>
    %transposed_25 = linalg.transpose ins(%collapsed_24 : tensor<1x4x16x16xf32>) outs(%26 : tensor<1x4x16x16xf32>) permutation = [0, 1, 3, 2] 
    %collapsed_26 = tensor.collapse_shape %37 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_27 = tensor.collapse_shape %transposed_25 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %46 = tensor.empty() : tensor<4x16x16xf32>
    %47 = linalg.fill ins(%cst : f32) outs(%46 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %48 = linalg.batch_matmul ins(%collapsed_26, %collapsed_27 : tensor<4x16x16xf32>, tensor<4x16x16xf32>) outs(%47 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %expanded_28 = tensor.expand_shape %48 [[0, 1], [2], [3]] output_shape [1, 4, 16, 16] : tensor<4x16x16xf32> into tensor<1x4x16x16xf32>
    %49 = linalg.generic {indexing_maps = [#map6, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_28 : tensor<1x4x16x16xf32>) outs(%26 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.mulf %in, %cst_7 : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x16xf32>
    %50 = linalg.generic {indexing_maps = [#map6, #map7, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%49, %cst_3 : tensor<1x4x16x16xf32>, tensor<1x1x16x16xf32>) outs(%26 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.addf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x16xf32>
    %51 = tensor.empty() : tensor<1x4x16xi64>
    %52 = linalg.fill ins(%c0_i64 : i64) outs(%51 : tensor<1x4x16xi64>) -> tensor<1x4x16xi64>
    %53 = tensor.empty() : tensor<1x4x16xf32>
    %54 = linalg.fill ins(%cst_0 : f32) outs(%53 : tensor<1x4x16xf32>) -> tensor<1x4x16xf32>
    %55:2 = linalg.generic {indexing_maps = [#map6, #map10, #map10], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%50 : tensor<1x4x16x16xf32>) outs(%54, %52 : tensor<1x4x16xf32>, tensor<1x4x16xi64>) {
    ^bb0(%in: f32, %out: f32, %out_85: i64):
      %159 = linalg.index 3 : index
      %160 = arith.index_cast %159 : index to i64
      %161 = arith.maximumf %in, %out : f32
      %162 = arith.cmpf ogt, %in, %out : f32
      %163 = arith.select %162, %160, %out_85 : i64
      linalg.yield %161, %163 : f32, i64
    } -> (tensor<1x4x16xf32>, tensor<1x4x16xi64>)
    %expanded_29 = tensor.expand_shape %55#0 [[0], [1], [2, 3]] output_shape [1, 4, 16, 1] : tensor<1x4x16xf32> into tensor<1x4x16x1xf32>
    %56 = linalg.generic {indexing_maps = [#map6, #map11, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%50, %expanded_29 : tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>) outs(%26 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.subf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x16xf32>
    %57 = linalg.generic {indexing_maps = [#map6, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%56 : tensor<1x4x16x16xf32>) outs(%26 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = math.exp %in : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x16xf32>
    %58 = tensor.empty() : tensor<1x4x16x1xf32>
    %59 = linalg.fill ins(%cst : f32) outs(%58 : tensor<1x4x16x1xf32>) -> tensor<1x4x16x1xf32>
    %60 = linalg.generic {indexing_maps = [#map6, #map11], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%57 : tensor<1x4x16x16xf32>) outs(%59 : tensor<1x4x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.addf %in, %out : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x1xf32>
    %61 = linalg.generic {indexing_maps = [#map6, #map11, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%57, %60 : tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>) outs(%26 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.divf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x16xf32>
    %collapsed_30 = tensor.collapse_shape %61 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_31 = tensor.collapse_shape %45 [[0, 1, 2], [3], [4]] : tensor<1x2x2x16x16xf32> into tensor<4x16x16xf32>
    %62 = linalg.batch_matmul ins(%collapsed_30, %collapsed_31 : tensor<4x16x16xf32>, tensor<4x16x16xf32>) outs(%47 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %expanded_32 = tensor.expand_shape %62 [[0, 1], [2], [3]] output_shape [1, 4, 16, 16] : tensor<4x16x16xf32> into tensor<1x4x16x16xf32>
    %63 = tensor.empty() : tensor<1x16x4x16xf32>
    %transposed_33 = linalg.transpose ins(%expanded_32 : tensor<1x4x16x16xf32>) outs(%63 : tensor<1x16x4x16xf32>) permutation = [0, 2, 1, 3] 
    %transposed_34 = linalg.transpose ins(%arg4 : tensor<64x64xf32>) outs(%22 : tensor<64x64xf32>) permutation = [1, 0] 
    %collapsed_35 = tensor.collapse_shape %transposed_33 [[0, 1], [2, 3]] : tensor<1x16x4x16xf32> into tensor<16x64xf32>
    %64 = linalg.matmul ins(%collapsed_35, %transposed_34 : tensor<16x64xf32>, tensor<64x64xf32>) outs(%24 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %expanded_36 = tensor.expand_shape %64 [[0, 1], [2]] output_shape [1, 16, 64] : tensor<16x64xf32> into tensor<1x16x64xf32>
    %65 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%2, %expanded_36 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.addf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %66 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%65 : tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %67 = linalg.generic {indexing_maps = [#map1, #map4], iterator_types = ["parallel", "parallel", "reduction"]} ins(%66 : tensor<1x16x64xf32>) outs(%13 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.addf %in, %out : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x1xf32>
    %68 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%67 : tensor<1x16x1xf32>) outs(%5 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.divf %in, %cst_5 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x1xf32>
    %69 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%68 : tensor<1x16x1xf32>) outs(%5 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.truncf %cst_4 : f64 to f32
      %160 = arith.addf %in, %159 : f32
      linalg.yield %160 : f32
    } -> tensor<1x16x1xf32>
    %70 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%69 : tensor<1x16x1xf32>) outs(%5 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = math.rsqrt %in : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x1xf32>
    %71 = linalg.generic {indexing_maps = [#map1, #map4, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%65, %70 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %72 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel"]} ins(%arg9 : tensor<64xf32>) outs(%19 : tensor<64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.addf %in, %cst_6 : f32
      linalg.yield %159 : f32
    } -> tensor<64xf32>
    %73 = linalg.generic {indexing_maps = [#map1, #map5, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%71, %72 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %74 = tensor.empty() : tensor<64x160xf32>
    %transposed_37 = linalg.transpose ins(%arg5 : tensor<160x64xf32>) outs(%74 : tensor<64x160xf32>) permutation = [1, 0] 
    %collapsed_38 = tensor.collapse_shape %73 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %75 = tensor.empty() : tensor<16x160xf32>
    %76 = linalg.fill ins(%cst : f32) outs(%75 : tensor<16x160xf32>) -> tensor<16x160xf32>
    %77 = linalg.matmul ins(%collapsed_38, %transposed_37 : tensor<16x64xf32>, tensor<64x160xf32>) outs(%76 : tensor<16x160xf32>) -> tensor<16x160xf32>
    %expanded_39 = tensor.expand_shape %77 [[0, 1], [2]] output_shape [1, 16, 160] : tensor<16x160xf32> into tensor<1x16x160xf32>
    %78 = tensor.empty() : tensor<1x16x160xf32>
    %79 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_39, %expanded_39 : tensor<1x16x160xf32>, tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x160xf32>
    %80 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%79, %expanded_39 : tensor<1x16x160xf32>, tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x160xf32>
    %81 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%80 : tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.truncf %cst_2 : f64 to f32
      %160 = arith.mulf %in, %159 : f32
      linalg.yield %160 : f32
    } -> tensor<1x16x160xf32>
    %82 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_39, %81 : tensor<1x16x160xf32>, tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.addf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x160xf32>
    %83 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%82 : tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.truncf %cst_1 : f64 to f32
      %160 = arith.mulf %in, %159 : f32
      linalg.yield %160 : f32
    } -> tensor<1x16x160xf32>
    %84 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_39 : tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.mulf %in, %cst_8 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x160xf32>
    %85 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%83 : tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = math.tanh %in : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x160xf32>
    %86 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%85 : tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.addf %in, %cst_6 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x160xf32>
    %87 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%84, %86 : tensor<1x16x160xf32>, tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x160xf32>
    %transposed_40 = linalg.transpose ins(%arg6 : tensor<160x64xf32>) outs(%74 : tensor<64x160xf32>) permutation = [1, 0] 
    %88 = linalg.matmul ins(%collapsed_38, %transposed_40 : tensor<16x64xf32>, tensor<64x160xf32>) outs(%76 : tensor<16x160xf32>) -> tensor<16x160xf32>
    %expanded_41 = tensor.expand_shape %88 [[0, 1], [2]] output_shape [1, 16, 160] : tensor<16x160xf32> into tensor<1x16x160xf32>
    %89 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%87, %expanded_41 : tensor<1x16x160xf32>, tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x160xf32>
    %90 = tensor.empty() : tensor<160x64xf32>
    %transposed_42 = linalg.transpose ins(%arg7 : tensor<64x160xf32>) outs(%90 : tensor<160x64xf32>) permutation = [1, 0] 
    %collapsed_43 = tensor.collapse_shape %89 [[0, 1], [2]] : tensor<1x16x160xf32> into tensor<16x160xf32>
    %91 = linalg.matmul ins(%collapsed_43, %transposed_42 : tensor<16x160xf32>, tensor<160x64xf32>) outs(%24 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %expanded_44 = tensor.expand_shape %91 [[0, 1], [2]] output_shape [1, 16, 64] : tensor<16x64xf32> into tensor<1x16x64xf32>
    %92 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%65, %expanded_44 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.addf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %93 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%92 : tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %94 = linalg.generic {indexing_maps = [#map1, #map4], iterator_types = ["parallel", "parallel", "reduction"]} ins(%93 : tensor<1x16x64xf32>) outs(%13 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.addf %in, %out : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x1xf32>
    %95 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%94 : tensor<1x16x1xf32>) outs(%5 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.divf %in, %cst_5 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x1xf32>
    %96 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%95 : tensor<1x16x1xf32>) outs(%5 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.truncf %cst_4 : f64 to f32
      %160 = arith.addf %in, %159 : f32
      linalg.yield %160 : f32
    } -> tensor<1x16x1xf32>
    %97 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%96 : tensor<1x16x1xf32>) outs(%5 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = math.rsqrt %in : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x1xf32>
    %98 = linalg.generic {indexing_maps = [#map1, #map4, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%92, %97 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %99 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel"]} ins(%arg17 : tensor<64xf32>) outs(%19 : tensor<64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.addf %in, %cst_6 : f32
      linalg.yield %159 : f32
    } -> tensor<64xf32>
    %100 = linalg.generic {indexing_maps = [#map1, #map5, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%98, %99 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %transposed_45 = linalg.transpose ins(%arg10 : tensor<64x64xf32>) outs(%22 : tensor<64x64xf32>) permutation = [1, 0] 
    %collapsed_46 = tensor.collapse_shape %100 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %101 = linalg.matmul ins(%collapsed_46, %transposed_45 : tensor<16x64xf32>, tensor<64x64xf32>) outs(%24 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %expanded_47 = tensor.expand_shape %101 [[0, 1], [2, 3]] output_shape [1, 16, 4, 16] : tensor<16x64xf32> into tensor<1x16x4x16xf32>
    %transposed_48 = linalg.transpose ins(%expanded_47 : tensor<1x16x4x16xf32>) outs(%26 : tensor<1x4x16x16xf32>) permutation = [0, 2, 1, 3] 
    %transposed_49 = linalg.transpose ins(%arg11 : tensor<32x64xf32>) outs(%27 : tensor<64x32xf32>) permutation = [1, 0] 
    %102 = linalg.matmul ins(%collapsed_46, %transposed_49 : tensor<16x64xf32>, tensor<64x32xf32>) outs(%29 : tensor<16x32xf32>) -> tensor<16x32xf32>
    %expanded_50 = tensor.expand_shape %102 [[0, 1], [2, 3]] output_shape [1, 16, 2, 16] : tensor<16x32xf32> into tensor<1x16x2x16xf32>
    %transposed_51 = linalg.transpose ins(%expanded_50 : tensor<1x16x2x16xf32>) outs(%31 : tensor<1x2x16x16xf32>) permutation = [0, 2, 1, 3] 
    %transposed_52 = linalg.transpose ins(%arg12 : tensor<32x64xf32>) outs(%27 : tensor<64x32xf32>) permutation = [1, 0] 
    %103 = linalg.matmul ins(%collapsed_46, %transposed_52 : tensor<16x64xf32>, tensor<64x32xf32>) outs(%29 : tensor<16x32xf32>) -> tensor<16x32xf32>
    %expanded_53 = tensor.expand_shape %103 [[0, 1], [2, 3]] output_shape [1, 16, 2, 16] : tensor<16x32xf32> into tensor<1x16x2x16xf32>
    %transposed_54 = linalg.transpose ins(%expanded_53 : tensor<1x16x2x16xf32>) outs(%31 : tensor<1x2x16x16xf32>) permutation = [0, 2, 1, 3] 
    %104 = linalg.generic {indexing_maps = [#map6, #map7, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%transposed_48, %expanded_17 : tensor<1x4x16x16xf32>, tensor<1x1x16x16xf32>) outs(%26 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x16xf32>
    %extracted_slice_55 = tensor.extract_slice %transposed_48[0, 0, 0, 0] [1, 4, 16, 8] [1, 1, 1, 1] : tensor<1x4x16x16xf32> to tensor<1x4x16x8xf32>
    %extracted_slice_56 = tensor.extract_slice %transposed_48[0, 0, 0, 8] [1, 4, 16, 8] [1, 1, 1, 1] : tensor<1x4x16x16xf32> to tensor<1x4x16x8xf32>
    %105 = linalg.generic {indexing_maps = [#map6, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%extracted_slice_56 : tensor<1x4x16x8xf32>) outs(%34 : tensor<1x4x16x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.negf %in : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x8xf32>
    %concat_57 = tensor.concat dim(3) %105, %extracted_slice_55 : (tensor<1x4x16x8xf32>, tensor<1x4x16x8xf32>) -> tensor<1x4x16x16xf32>
    %106 = linalg.generic {indexing_maps = [#map6, #map7, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%concat_57, %expanded_18 : tensor<1x4x16x16xf32>, tensor<1x1x16x16xf32>) outs(%26 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x16xf32>
    %107 = linalg.generic {indexing_maps = [#map6, #map6, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%104, %106 : tensor<1x4x16x16xf32>, tensor<1x4x16x16xf32>) outs(%26 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.addf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x16xf32>
    %108 = linalg.generic {indexing_maps = [#map6, #map7, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%transposed_51, %expanded_17 : tensor<1x2x16x16xf32>, tensor<1x1x16x16xf32>) outs(%31 : tensor<1x2x16x16xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x2x16x16xf32>
    %extracted_slice_58 = tensor.extract_slice %transposed_51[0, 0, 0, 0] [1, 2, 16, 8] [1, 1, 1, 1] : tensor<1x2x16x16xf32> to tensor<1x2x16x8xf32>
    %extracted_slice_59 = tensor.extract_slice %transposed_51[0, 0, 0, 8] [1, 2, 16, 8] [1, 1, 1, 1] : tensor<1x2x16x16xf32> to tensor<1x2x16x8xf32>
    %109 = linalg.generic {indexing_maps = [#map6, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%extracted_slice_59 : tensor<1x2x16x8xf32>) outs(%39 : tensor<1x2x16x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.negf %in : f32
      linalg.yield %159 : f32
    } -> tensor<1x2x16x8xf32>
    %concat_60 = tensor.concat dim(3) %109, %extracted_slice_58 : (tensor<1x2x16x8xf32>, tensor<1x2x16x8xf32>) -> tensor<1x2x16x16xf32>
    %110 = linalg.generic {indexing_maps = [#map6, #map7, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%concat_60, %expanded_18 : tensor<1x2x16x16xf32>, tensor<1x1x16x16xf32>) outs(%31 : tensor<1x2x16x16xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x2x16x16xf32>
    %111 = linalg.generic {indexing_maps = [#map6, #map6, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%108, %110 : tensor<1x2x16x16xf32>, tensor<1x2x16x16xf32>) outs(%31 : tensor<1x2x16x16xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.addf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x2x16x16xf32>
    %112 = linalg.generic {indexing_maps = [#map8, #map9], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%111 : tensor<1x2x16x16xf32>) outs(%43 : tensor<1x2x2x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x2x2x16x16xf32>
    %collapsed_61 = tensor.collapse_shape %112 [[0], [1, 2], [3], [4]] : tensor<1x2x2x16x16xf32> into tensor<1x4x16x16xf32>
    %113 = linalg.generic {indexing_maps = [#map8, #map9], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%transposed_54 : tensor<1x2x16x16xf32>) outs(%43 : tensor<1x2x2x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<1x2x2x16x16xf32>
    %transposed_62 = linalg.transpose ins(%collapsed_61 : tensor<1x4x16x16xf32>) outs(%26 : tensor<1x4x16x16xf32>) permutation = [0, 1, 3, 2] 
    %collapsed_63 = tensor.collapse_shape %107 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_64 = tensor.collapse_shape %transposed_62 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %114 = linalg.batch_matmul ins(%collapsed_63, %collapsed_64 : tensor<4x16x16xf32>, tensor<4x16x16xf32>) outs(%47 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %expanded_65 = tensor.expand_shape %114 [[0, 1], [2], [3]] output_shape [1, 4, 16, 16] : tensor<4x16x16xf32> into tensor<1x4x16x16xf32>
    %115 = linalg.generic {indexing_maps = [#map6, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_65 : tensor<1x4x16x16xf32>) outs(%26 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.mulf %in, %cst_7 : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x16xf32>
    %116 = linalg.generic {indexing_maps = [#map6, #map7, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%115, %cst_3 : tensor<1x4x16x16xf32>, tensor<1x1x16x16xf32>) outs(%26 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.addf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x16xf32>
    %117:2 = linalg.generic {indexing_maps = [#map6, #map10, #map10], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%116 : tensor<1x4x16x16xf32>) outs(%54, %52 : tensor<1x4x16xf32>, tensor<1x4x16xi64>) {
    ^bb0(%in: f32, %out: f32, %out_85: i64):
      %159 = linalg.index 3 : index
      %160 = arith.index_cast %159 : index to i64
      %161 = arith.maximumf %in, %out : f32
      %162 = arith.cmpf ogt, %in, %out : f32
      %163 = arith.select %162, %160, %out_85 : i64
      linalg.yield %161, %163 : f32, i64
    } -> (tensor<1x4x16xf32>, tensor<1x4x16xi64>)
    %expanded_66 = tensor.expand_shape %117#0 [[0], [1], [2, 3]] output_shape [1, 4, 16, 1] : tensor<1x4x16xf32> into tensor<1x4x16x1xf32>
    %118 = linalg.generic {indexing_maps = [#map6, #map11, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%116, %expanded_66 : tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>) outs(%26 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.subf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x16xf32>
    %119 = linalg.generic {indexing_maps = [#map6, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%118 : tensor<1x4x16x16xf32>) outs(%26 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = math.exp %in : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x16xf32>
    %120 = linalg.generic {indexing_maps = [#map6, #map11], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%119 : tensor<1x4x16x16xf32>) outs(%59 : tensor<1x4x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.addf %in, %out : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x1xf32>
    %121 = linalg.generic {indexing_maps = [#map6, #map11, #map6], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%119, %120 : tensor<1x4x16x16xf32>, tensor<1x4x16x1xf32>) outs(%26 : tensor<1x4x16x16xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.divf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x4x16x16xf32>
    %collapsed_67 = tensor.collapse_shape %121 [[0, 1], [2], [3]] : tensor<1x4x16x16xf32> into tensor<4x16x16xf32>
    %collapsed_68 = tensor.collapse_shape %113 [[0, 1, 2], [3], [4]] : tensor<1x2x2x16x16xf32> into tensor<4x16x16xf32>
    %122 = linalg.batch_matmul ins(%collapsed_67, %collapsed_68 : tensor<4x16x16xf32>, tensor<4x16x16xf32>) outs(%47 : tensor<4x16x16xf32>) -> tensor<4x16x16xf32>
    %expanded_69 = tensor.expand_shape %122 [[0, 1], [2], [3]] output_shape [1, 4, 16, 16] : tensor<4x16x16xf32> into tensor<1x4x16x16xf32>
    %transposed_70 = linalg.transpose ins(%expanded_69 : tensor<1x4x16x16xf32>) outs(%63 : tensor<1x16x4x16xf32>) permutation = [0, 2, 1, 3] 
    %transposed_71 = linalg.transpose ins(%arg13 : tensor<64x64xf32>) outs(%22 : tensor<64x64xf32>) permutation = [1, 0] 
    %collapsed_72 = tensor.collapse_shape %transposed_70 [[0, 1], [2, 3]] : tensor<1x16x4x16xf32> into tensor<16x64xf32>
    %123 = linalg.matmul ins(%collapsed_72, %transposed_71 : tensor<16x64xf32>, tensor<64x64xf32>) outs(%24 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %expanded_73 = tensor.expand_shape %123 [[0, 1], [2]] output_shape [1, 16, 64] : tensor<16x64xf32> into tensor<1x16x64xf32>
    %124 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%92, %expanded_73 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.addf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %125 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%124 : tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %126 = linalg.generic {indexing_maps = [#map1, #map4], iterator_types = ["parallel", "parallel", "reduction"]} ins(%125 : tensor<1x16x64xf32>) outs(%13 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.addf %in, %out : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x1xf32>
    %127 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%126 : tensor<1x16x1xf32>) outs(%5 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.divf %in, %cst_5 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x1xf32>
    %128 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%127 : tensor<1x16x1xf32>) outs(%5 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.truncf %cst_4 : f64 to f32
      %160 = arith.addf %in, %159 : f32
      linalg.yield %160 : f32
    } -> tensor<1x16x1xf32>
    %129 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%128 : tensor<1x16x1xf32>) outs(%5 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = math.rsqrt %in : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x1xf32>
    %130 = linalg.generic {indexing_maps = [#map1, #map4, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%124, %129 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %131 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel"]} ins(%arg18 : tensor<64xf32>) outs(%19 : tensor<64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.addf %in, %cst_6 : f32
      linalg.yield %159 : f32
    } -> tensor<64xf32>
    %132 = linalg.generic {indexing_maps = [#map1, #map5, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%130, %131 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %transposed_74 = linalg.transpose ins(%arg14 : tensor<160x64xf32>) outs(%74 : tensor<64x160xf32>) permutation = [1, 0] 
    %collapsed_75 = tensor.collapse_shape %132 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %133 = linalg.matmul ins(%collapsed_75, %transposed_74 : tensor<16x64xf32>, tensor<64x160xf32>) outs(%76 : tensor<16x160xf32>) -> tensor<16x160xf32>
    %expanded_76 = tensor.expand_shape %133 [[0, 1], [2]] output_shape [1, 16, 160] : tensor<16x160xf32> into tensor<1x16x160xf32>
    %134 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_76, %expanded_76 : tensor<1x16x160xf32>, tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x160xf32>
    %135 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%134, %expanded_76 : tensor<1x16x160xf32>, tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x160xf32>
    %136 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%135 : tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.truncf %cst_2 : f64 to f32
      %160 = arith.mulf %in, %159 : f32
      linalg.yield %160 : f32
    } -> tensor<1x16x160xf32>
    %137 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_76, %136 : tensor<1x16x160xf32>, tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.addf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x160xf32>
    %138 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%137 : tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.truncf %cst_1 : f64 to f32
      %160 = arith.mulf %in, %159 : f32
      linalg.yield %160 : f32
    } -> tensor<1x16x160xf32>
    %139 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded_76 : tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.mulf %in, %cst_8 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x160xf32>
    %140 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%138 : tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = math.tanh %in : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x160xf32>
    %141 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%140 : tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.addf %in, %cst_6 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x160xf32>
    %142 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%139, %141 : tensor<1x16x160xf32>, tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x160xf32>
    %transposed_77 = linalg.transpose ins(%arg15 : tensor<160x64xf32>) outs(%74 : tensor<64x160xf32>) permutation = [1, 0] 
    %143 = linalg.matmul ins(%collapsed_75, %transposed_77 : tensor<16x64xf32>, tensor<64x160xf32>) outs(%76 : tensor<16x160xf32>) -> tensor<16x160xf32>
    %expanded_78 = tensor.expand_shape %143 [[0, 1], [2]] output_shape [1, 16, 160] : tensor<16x160xf32> into tensor<1x16x160xf32>
    %144 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%142, %expanded_78 : tensor<1x16x160xf32>, tensor<1x16x160xf32>) outs(%78 : tensor<1x16x160xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x160xf32>
    %transposed_79 = linalg.transpose ins(%arg16 : tensor<64x160xf32>) outs(%90 : tensor<160x64xf32>) permutation = [1, 0] 
    %collapsed_80 = tensor.collapse_shape %144 [[0, 1], [2]] : tensor<1x16x160xf32> into tensor<16x160xf32>
    %145 = linalg.matmul ins(%collapsed_80, %transposed_79 : tensor<16x160xf32>, tensor<160x64xf32>) outs(%24 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %expanded_81 = tensor.expand_shape %145 [[0, 1], [2]] output_shape [1, 16, 64] : tensor<16x64xf32> into tensor<1x16x64xf32>
    %146 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%124, %expanded_81 : tensor<1x16x64xf32>, tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.addf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %147 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%146 : tensor<1x16x64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = math.fpowi %in, %c2_i64 : f32, i64
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %148 = linalg.generic {indexing_maps = [#map1, #map4], iterator_types = ["parallel", "parallel", "reduction"]} ins(%147 : tensor<1x16x64xf32>) outs(%13 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.addf %in, %out : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x1xf32>
    %149 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%148 : tensor<1x16x1xf32>) outs(%5 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.divf %in, %cst_5 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x1xf32>
    %150 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%149 : tensor<1x16x1xf32>) outs(%5 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.truncf %cst_4 : f64 to f32
      %160 = arith.addf %in, %159 : f32
      linalg.yield %160 : f32
    } -> tensor<1x16x1xf32>
    %151 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%150 : tensor<1x16x1xf32>) outs(%5 : tensor<1x16x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = math.rsqrt %in : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x1xf32>
    %152 = linalg.generic {indexing_maps = [#map1, #map4, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%146, %151 : tensor<1x16x64xf32>, tensor<1x16x1xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %153 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel"]} ins(%arg19 : tensor<64xf32>) outs(%19 : tensor<64xf32>) {
    ^bb0(%in: f32, %out: f32):
      %159 = arith.addf %in, %cst_6 : f32
      linalg.yield %159 : f32
    } -> tensor<64xf32>
    %154 = linalg.generic {indexing_maps = [#map1, #map5, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%152, %153 : tensor<1x16x64xf32>, tensor<64xf32>) outs(%0 : tensor<1x16x64xf32>) {
    ^bb0(%in: f32, %in_85: f32, %out: f32):
      %159 = arith.mulf %in, %in_85 : f32
      linalg.yield %159 : f32
    } -> tensor<1x16x64xf32>
    %155 = tensor.empty() : tensor<64x256xf32>
    %transposed_82 = linalg.transpose ins(%arg20 : tensor<256x64xf32>) outs(%155 : tensor<64x256xf32>) permutation = [1, 0] 
    %collapsed_83 = tensor.collapse_shape %154 [[0, 1], [2]] : tensor<1x16x64xf32> into tensor<16x64xf32>
    %156 = tensor.empty() : tensor<16x256xf32>
    %157 = linalg.fill ins(%cst : f32) outs(%156 : tensor<16x256xf32>) -> tensor<16x256xf32>
    %158 = linalg.matmul ins(%collapsed_83, %transposed_82 : tensor<16x64xf32>, tensor<64x256xf32>) outs(%157 : tensor<16x256xf32>) -> tensor<16x256xf32>
    %expanded_84 = tensor.expand_shape %158 [[0, 1], [2]] output_shape [1, 16, 256] : tensor<16x256xf32> into tensor<1x16x256xf32>
    return %expanded_84 : tensor<1x16x256xf32>
  }
}

{-#
  dialect_resources: {
    builtin: {
      torch_tensor_1_1_16_16_torch.float32: "0x0400000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF0000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF00000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF0000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF00000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF0000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF00000000000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFFFFFF7FFF00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFFFFFF7FFF0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFFFFFF7FFF000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000FFFF7FFF00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    }
  }
#-}
