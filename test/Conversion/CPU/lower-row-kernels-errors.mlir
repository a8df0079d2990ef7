// RUN: rmsnorm-opt %s --rmsnorm-lower-row-kernels --verify-diagnostics

func.func @tensors(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{must be on memrefs: bufferize first}}
  %0 = rmsnorm.row_kernel iterators = ["parallel", "reduction"]
    maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>]
    ins(%x : tensor<4x8xf32>) outs(%y : tensor<4x8xf32>) {
  ^bb0(%a: f32):
    rmsnorm.yield %a : f32
  }
  return %0 : tensor<4x8xf32>
}
