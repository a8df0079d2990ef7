// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: rmsnorm-opt %s --split-input-file --verify-diagnostics

#id = affine_map<(r, c) -> (r, c)>

func.func @iterator_name(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{iterator must be parallel or reduction, got "window"}}
  %0 = rmsnorm.row_kernel iterators = ["parallel", "window"] maps = [#id, #id]
    ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>) {
  ^bb0(%a: f32):
    rmsnorm.yield %a : f32
  }
  return %0 : tensor<4x8xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

func.func @number_of_maps(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{expected 2 maps, got 1}}
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id]
    ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>) {
  ^bb0(%a: f32):
    rmsnorm.yield %a : f32
  }
  return %0 : tensor<4x8xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

func.func @no_output(%x: memref<4x8xf32>) {
  // expected-error @+1 {{must have an output}}
  "rmsnorm.row_kernel"(%x) <{indexing_maps = [#id], iterator_types = ["parallel", "reduction"], operandSegmentSizes = array<i32: 1, 0>}> ({
  ^bb0(%a: f32):
    rmsnorm.yield
  }) : (memref<4x8xf32>) -> ()
  return
}

// -----

func.func @dimension_of_no_operand(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{every dimension must be that of an operand}}
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [affine_map<(r, c) -> (r)>, affine_map<(r, c) -> (r)>]
    ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) {
  ^bb0(%a: f32):
    rmsnorm.yield %a : f32
  }
  return %0 : tensor<4xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

func.func @map_dimensions(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{map 0 must have 2 dimensions and no symbols}}
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [affine_map<(a, r, c) -> (r, c)>, #id]
    ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>) {
  ^bb0(%a: f32):
    rmsnorm.yield %a : f32
  }
  return %0 : tensor<4x8xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

func.func @map_symbols(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{map 0 must have 2 dimensions and no symbols}}
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [affine_map<(r, c)[s] -> (r, c)>, #id]
    ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>) {
  ^bb0(%a: f32):
    rmsnorm.yield %a : f32
  }
  return %0 : tensor<4x8xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

func.func @map_results(%x: tensor<4x8xf32>, %g: tensor<8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{map 1 has 2 results, but its operand is 'tensor<8xf32>'}}
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, #id, #id]
    ins(%x, %g : tensor<4x8xf32>, tensor<8xf32>) outs(%x : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    rmsnorm.yield %a : f32
  }
  return %0 : tensor<4x8xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

func.func @scalar_map(%x: tensor<4x8xf32>, %s: f32) -> tensor<4x8xf32> {
  // expected-error @+1 {{map 1 of a scalar operand must have no results}}
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, affine_map<(r, c) -> (r)>, #id]
    ins(%x, %s : tensor<4x8xf32>, f32) outs(%x : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    rmsnorm.yield %a : f32
  }
  return %0 : tensor<4x8xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

func.func @map_not_a_projection(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{map 0 must be a projected permutation, or have constant 0 results}}
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [affine_map<(r, c) -> (r, c + 1)>, #id]
    ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>) {
  ^bb0(%a: f32):
    rmsnorm.yield %a : f32
  }
  return %0 : tensor<4x8xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

func.func @extents(%x: tensor<4x8xf32>, %y: tensor<4x9xf32>) -> tensor<4x9xf32> {
  // expected-error @+1 {{dimension 1 of operand 1 has extent 9, expected 8}}
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, #id]
    ins(%x : tensor<4x8xf32>) outs(%y : tensor<4x9xf32>) {
  ^bb0(%a: f32):
    rmsnorm.yield %a : f32
  }
  return %0 : tensor<4x9xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

func.func @output_broadcast(%x: tensor<4x8xf32>, %y: tensor<1x8xf32>) -> tensor<1x8xf32> {
  // expected-error @+1 {{the map of output 0 must be a projected permutation}}
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, affine_map<(r, c) -> (0, c)>]
    ins(%x : tensor<4x8xf32>) outs(%y : tensor<1x8xf32>) {
  ^bb0(%a: f32):
    rmsnorm.yield %a : f32
  }
  return %0 : tensor<1x8xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

func.func @output_without_rows(%x: tensor<4x8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{output 0 must use every parallel dimension}}
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, affine_map<(r, c) -> (c)>]
    ins(%x : tensor<4x8xf32>) outs(%y : tensor<8xf32>) {
  ^bb0(%a: f32):
    rmsnorm.yield %a : f32
  }
  return %0 : tensor<8xf32>
}

// -----

#id = affine_map<(a, b, c) -> (a, b, c)>

func.func @output_with_half_a_row(%x: tensor<2x4x8xf32>, %y: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{output 0 must use all reduction dimensions or none}}
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction", "reduction"] maps = [#id, affine_map<(a, b, c) -> (a, b)>]
    ins(%x : tensor<2x4x8xf32>) outs(%y : tensor<2x4xf32>) {
  ^bb0(%a: f32):
    rmsnorm.yield %a : f32
  }
  return %0 : tensor<2x4xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

func.func @number_of_arguments(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{expected 1 block arguments, one per input, got 2}}
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, #id]
    ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    rmsnorm.yield %a : f32
  }
  return %0 : tensor<4x8xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

func.func @argument_type(%x: tensor<4x8xbf16>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{block argument 0 must have type 'bf16'}}
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, #id]
    ins(%x : tensor<4x8xbf16>) outs(%y : tensor<4x8xf32>) {
  ^bb0(%a: f32):
    rmsnorm.yield %a : f32
  }
  return %0 : tensor<4x8xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

func.func @number_of_yielded(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{must yield one value per output}}
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, #id]
    ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>) {
  ^bb0(%a: f32):
    rmsnorm.yield %a, %a : f32, f32
  }
  return %0 : tensor<4x8xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

func.func @yielded_type(%x: tensor<4x8xf32>, %y: tensor<4x8xbf16>) -> tensor<4x8xbf16> {
  // expected-error @+1 {{yielded value 0 must have type 'bf16'}}
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, #id]
    ins(%x : tensor<4x8xf32>) outs(%y : tensor<4x8xbf16>) {
  ^bb0(%a: f32):
    rmsnorm.yield %a : f32
  }
  return %0 : tensor<4x8xbf16>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

func.func @uses_outer_value(%x: tensor<4x8xf32>, %s: f32) -> tensor<4x8xf32> {
  // expected-note @+1 {{required by region isolation constraints}}
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, #id]
    ins(%x : tensor<4x8xf32>) outs(%x : tensor<4x8xf32>) {
  ^bb0(%a: f32):
    // expected-error @+1 {{using value defined outside the region}}
    %b = arith.mulf %a, %s : f32
    rmsnorm.yield %b : f32
  }
  return %0 : tensor<4x8xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

func.func @output_not_shaped(%x: memref<4x8xf32>, %s: f32) {
  // expected-error @+1 {{operand #1 must be variadic of ranked tensor or memref, but got 'f32'}}
  rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, affine_map<(r, c) -> ()>]
    ins(%x : memref<4x8xf32>) outs(%s : f32) {
  ^bb0(%a: f32):
    rmsnorm.yield %a : f32
  }
  return
}

// -----

func.func @reduce_outside(%a: f32) -> f32 {
  // expected-error @+1 {{expects parent op 'rmsnorm.row_kernel'}}
  %0 = rmsnorm.reduce add %a : f32
  return %0 : f32
}

// -----

#id = affine_map<(r, c) -> (r, c)>

func.func @reduce_integer(%x: tensor<4x8xi32>) -> tensor<4x8xi32> {
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, #id]
    ins(%x : tensor<4x8xi32>) outs(%x : tensor<4x8xi32>) {
  ^bb0(%a: i32):
    // expected-error @+1 {{operand #0 must be 32-bit float or 64-bit float or 16-bit float or bfloat16 type, but got 'i32'}}
    %t = rmsnorm.reduce add %a : i32
    rmsnorm.yield %t : i32
  }
  return %0 : tensor<4x8xi32>
}

// -----

func.func @yield_outside(%a: f32) {
  // expected-error @+1 {{expects parent op 'rmsnorm.row_kernel'}}
  rmsnorm.yield %a : f32
}
