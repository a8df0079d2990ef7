func.func @jax(%x: tensor<4x8xbf16>, %w: tensor<8xf32>) -> tensor<4x8xbf16> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant dense<8.0> : tensor<4x1xf32>
  %eps = arith.constant dense<1.0e-6> : tensor<4x1xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %er = tensor.empty() : tensor<4xf32>
  %e1 = tensor.empty() : tensor<4x1xf32>
  %wide = linalg.map { arith.extf } ins(%x : tensor<4x8xbf16>) outs(%e : tensor<4x8xf32>)
  %sq = linalg.mul ins(%wide, %wide : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %sum = linalg.reduce { arith.addf } ins(%sq : tensor<4x8xf32>) outs(%fill : tensor<4xf32>) dimensions = [1]
  %keep = tensor.expand_shape %sum [[0, 1]] output_shape [4, 1] : tensor<4xf32> into tensor<4x1xf32>
  %mean = linalg.div ins(%keep, %n : tensor<4x1xf32>, tensor<4x1xf32>) outs(%e1 : tensor<4x1xf32>) -> tensor<4x1xf32>
  %plus = linalg.add ins(%mean, %eps : tensor<4x1xf32>, tensor<4x1xf32>) outs(%e1 : tensor<4x1xf32>) -> tensor<4x1xf32>
  %rstd = linalg.rsqrt ins(%plus : tensor<4x1xf32>) outs(%e1 : tensor<4x1xf32>) -> tensor<4x1xf32>
  %rows = tensor.collapse_shape %rstd [[0, 1]] : tensor<4x1xf32> into tensor<4xf32>
  %rb = linalg.broadcast ins(%rows : tensor<4xf32>) outs(%e : tensor<4x8xf32>) dimensions = [1]
  %wb = linalg.broadcast ins(%w : tensor<8xf32>) outs(%e : tensor<4x8xf32>) dimensions = [0]
  %rw = linalg.mul ins(%rb, %wb : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %y = linalg.mul ins(%wide, %rw : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %eb = tensor.empty() : tensor<4x8xbf16>
  %r = linalg.map { arith.truncf } ins(%y : tensor<4x8xf32>) outs(%eb : tensor<4x8xbf16>)
  return %r : tensor<4x8xbf16>
}
