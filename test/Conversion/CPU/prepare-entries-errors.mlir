// RUN: rmsnorm-opt %s --rmsnorm-prepare-entries --verify-diagnostics --split-input-file

// expected-error @+1 {{the extents of the results must follow from the extents of the arguments, but depend on 'tensor.extract'}}
func.func @data_dependent(%x: tensor<4xindex>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.extract %x[%c0] : tensor<4xindex>
  %e = tensor.empty(%n) : tensor<?xf32>
  return %e : tensor<?xf32>
}

// -----

func.func private @elsewhere(tensor<2xf32>) -> tensor<2xf32>

func.func @external(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{calls 'elsewhere', which has no body in this module}}
  %y = call @elsewhere(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

func.func @recursive(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{calls 'recursive', which cannot be inlined (it calls itself, or has branches between blocks)}}
  %y = call @recursive(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}
