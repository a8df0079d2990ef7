// RUN: rmsnorm-opt %s --rmsnorm-prepare-entries --verify-diagnostics

// expected-error @+1 {{the extents of the results must follow from the extents of the arguments, but depend on 'tensor.extract'}}
func.func @data_dependent(%x: tensor<4xindex>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.extract %x[%c0] : tensor<4xindex>
  %e = tensor.empty(%n) : tensor<?xf32>
  return %e : tensor<?xf32>
}
