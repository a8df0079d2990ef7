// RUN: rmsnorm-opt %s --rmsnorm-row-kernel-to-gpu --split-input-file --verify-diagnostics

#id = affine_map<(r, c) -> (r, c)>

func.func @unknown_type(%x: tensor<4x8xi4>, %init: tensor<4x8xi4>) -> tensor<4x8xi4> {
  // expected-error @+1 {{operand 0 has element type 'i4', which has no GPU code}}
  %y = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, #id]
      ins(%x : tensor<4x8xi4>) outs(%init : tensor<4x8xi4>) {
  ^bb0(%a: i4):
    rmsnorm.yield %a : i4
  }
  return %y : tensor<4x8xi4>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

func.func private @outside(f32) -> f32
func.func @unknown_operation(%x: tensor<4x8xf32>, %init: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, #id]
      ins(%x : tensor<4x8xf32>) outs(%init : tensor<4x8xf32>) {
  ^bb0(%a: f32):
    // expected-error @+1 {{has no GPU code inside a row kernel}}
    %b = func.call @outside(%a) : (f32) -> f32
    rmsnorm.yield %b : f32
  }
  return %y : tensor<4x8xf32>
}

// -----

#id = affine_map<(r, c) -> (r, c)>

// expected-error @+1 {{already has a symbol @rmsnorm_kernels}}
module {
  func.func private @rmsnorm_kernels()
  func.func @taken(%x: tensor<4x8xf32>, %init: tensor<4x8xf32>) -> tensor<4x8xf32> {
    %y = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, #id]
        ins(%x : tensor<4x8xf32>) outs(%init : tensor<4x8xf32>) {
    ^bb0(%a: f32):
      rmsnorm.yield %a : f32
    }
    return %y : tensor<4x8xf32>
  }
}

// -----

#id = affine_map<(r, c) -> (r, c)>

func.func @bad_config(%x: tensor<4x9xf32>, %init: tensor<4x9xf32>) -> tensor<4x9xf32> {
  // expected-error @+1 {{'rmsnorm.gpu_config' {vector = 4 : i64} does not fit the kernel}}
  %y = rmsnorm.row_kernel iterators = ["parallel", "reduction"] maps = [#id, #id]
      ins(%x : tensor<4x9xf32>) outs(%init : tensor<4x9xf32>) attributes {rmsnorm.gpu_config = {vector = 4 : i64}} {
  ^bb0(%a: f32):
    rmsnorm.yield %a : f32
  }
  return %y : tensor<4x9xf32>
}
