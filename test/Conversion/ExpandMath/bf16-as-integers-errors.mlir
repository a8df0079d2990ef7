// RUN: rmsnorm-opt %s --rmsnorm-bf16-as-integers --split-input-file --verify-diagnostics

llvm.func @sum(%x: bf16) -> bf16 {
  // expected-error @below {{an operation on bf16 that is no mere move}}
  %0 = llvm.fadd %x, %x : bf16
  llvm.return %0 : bf16
}

// -----

llvm.func @conversion(%x: vector<4xf32>) -> vector<4xbf16> {
  // expected-error @below {{an operation on bf16 that is no mere move}}
  %0 = llvm.fptrunc %x : vector<4xf32> to vector<4xbf16>
  llvm.return %0 : vector<4xbf16>
}

// -----

func.func @not_lowered(%x: bf16, %y: bf16, %c: i1) -> bf16 {
  // expected-error @below {{an operation on bf16 that is no mere move}}
  %0 = arith.select %c, %x, %y : bf16
  return %0 : bf16
}
