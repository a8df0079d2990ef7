func.func @main(%x: tensor<?x4096xf32>, %g: tensor<4096xf32>) -> tensor<?x4096xf32> {
  %c0 = arith.constant 0 : index
  %d = tensor.dim %x, %c0 : tensor<?x4096xf32>
  %y = tensor.empty(%d) : tensor<?x4096xf32>
  %0 = rmsnorm.rms_norm axes = [1] eps = 1.0e-06
    ins(%x, scale %g : tensor<?x4096xf32>, tensor<4096xf32>) outs(%y : tensor<?x4096xf32>)
  return %0 : tensor<?x4096xf32>
}
