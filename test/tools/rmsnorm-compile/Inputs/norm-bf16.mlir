func.func @main(%x: tensor<?x4096xbf16>, %g: tensor<4096xbf16>) -> tensor<?x4096xbf16> {
  %c0 = arith.constant 0 : index
  %d = tensor.dim %x, %c0 : tensor<?x4096xbf16>
  %y = tensor.empty(%d) : tensor<?x4096xbf16>
  %0 = rmsnorm.rms_norm axes = [1] eps = 1.0e-06
    ins(%x, scale %g : tensor<?x4096xbf16>, tensor<4096xbf16>) outs(%y : tensor<?x4096xbf16>)
  return %0 : tensor<?x4096xbf16>
}
