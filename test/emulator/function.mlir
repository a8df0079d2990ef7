// All launches of a function, with what lies between them.
// REQUIRES: numpy
// RUN: rm -rf %t && mkdir %t
// RUN: rmsnorm-emulate %s --function=two --in normal:3x8:1 --out %t/y.npy --out %t/s.npy --traffic | FileCheck %s
// RUN: %python -c "import numpy as np, sys; y, s = (np.load(sys.argv[1] + n) for n in ('/y.npy', '/s.npy')); print(y.shape, s.shape, s.dtype)" %t | FileCheck %s --check-prefix=SHAPES
// RUN: not rmsnorm-emulate %s --function=matmul --in normal:8x8:1 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not rmsnorm-emulate %s --function=gone --in normal:8x8:1 2>&1 | FileCheck %s --check-prefix=GONE
// RUN: not rmsnorm-emulate %s --function=two 2>&1 | FileCheck %s --check-prefix=COUNT
// RUN: not rmsnorm-emulate %s --function=two --in normal:3x9:1 2>&1 | FileCheck %s --check-prefix=EXTENT
// RUN: not rmsnorm-emulate %s --function=two --in normal:3:1 2>&1 | FileCheck %s --check-prefix=RANK
// RUN: not rmsnorm-emulate %s --function=two --in 3.0 2>&1 | FileCheck %s --check-prefix=FILE
// RUN: not rmsnorm-emulate %s --function=two --kernel=rms_norm --in normal:3x8:1 2>&1 | FileCheck %s --check-prefix=BOTH

// CHECK: input 0: 96 bytes, read 96
// CHECK: output 0: 96 bytes
// SHAPES: (3, 8) (1, 8, 1) float32
// NONE: function 'matmul' cannot run on the GPU: there is no GPU code for 'linalg.contract'
// GONE: --function: the module has no function 'gone'
// COUNT: function 'two': expected 1 arguments, got 0
// EXTENT: function 'two': argument 0 has extent 9 in dim 1, expected 8
// RANK: function 'two': argument 0 has rank 1, expected 2
// FILE: 3.0: No such file or directory
// BOTH: --function takes neither --kernel nor --alias

func.func @two(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<1x8x1xf32>) {
  %c0 = arith.constant 0 : index
  %rows = tensor.dim %x, %c0 : tensor<?x8xf32>
  %e = tensor.empty(%rows) : tensor<?x8xf32>
  %y = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>)
  %f = tensor.empty() : tensor<8xf32>
  %zero = arith.constant 0.0 : f32
  %init = linalg.fill ins(%zero : f32) outs(%f : tensor<8xf32>) -> tensor<8xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (c)>], iterator_types = ["reduction", "parallel"]}
      ins(%x : tensor<?x8xf32>) outs(%init : tensor<8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = arith.addf %o, %a : f32
    linalg.yield %t : f32
  } -> tensor<8xf32>
  %v = tensor.expand_shape %s [[0, 1, 2]] output_shape [1, 8, 1] : tensor<8xf32> into tensor<1x8x1xf32>
  return %y, %v : tensor<?x8xf32>, tensor<1x8x1xf32>
}

func.func @matmul(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %e = tensor.empty() : tensor<8x8xf32>
  %r = linalg.matmul ins(%x, %x : tensor<8x8xf32>, tensor<8x8xf32>) outs(%e : tensor<8x8xf32>) -> tensor<8x8xf32>
  return %r : tensor<8x8xf32>
}
