// RUN: rmsnorm-opt %s --rmsnorm-report-traffic --remark-format=emitRemark --remarks-filter="rmsnorm-traffic" -o /dev/null 2>&1 | FileCheck %s --check-prefix=BEFORE
// RUN: rmsnorm-opt %s --rmsnorm-fuse --canonicalize --cse --rmsnorm-report-traffic --remark-format=emitRemark --remarks-filter="rmsnorm-traffic" -o /dev/null 2>&1 | FileCheck %s --check-prefix=AFTER
// RUN: rmsnorm-opt %s --rmsnorm-fuse --canonicalize --cse --rmsnorm-report-traffic="label=after output=%t.json" -o /dev/null
// RUN: FileCheck %s --check-prefix=JSON --input-file=%t.json
// RUN: not rmsnorm-opt %s --rmsnorm-report-traffic="output=%t.none/report.json" -o /dev/null 2>&1 | FileCheck %s --check-prefix=ERROR

// ERROR: error: option output: cannot write the traffic report

// The sum is written and read, the norm's result, too; fused it is two reads and
// two writes of a tensor, and the weight.
// BEFORE: linalg.add: 2 tensors read (16384*arg0.d0 bytes), 1 written (8192*arg0.d0 bytes)
// BEFORE: rmsnorm.rms_norm: 1 tensors read (8192*arg0.d0 bytes), 1 written (8192*arg0.d0 bytes)
// BEFORE: linalg.generic: 2 tensors read (8192*arg0.d0 + 8192 bytes), 1 written (8192*arg0.d0 bytes)
// BEFORE: linalg.matmul: 3 tensors read (8224*arg0.d0 + 131072 bytes), 1 written (32*arg0.d0 bytes)
// BEFORE: 4 operations move memory: 40992*main:arg0.d0 + 139264 bytes read, 24608*main:arg0.d0 bytes written

// AFTER: rmsnorm.row_kernel: 3 tensors read (16384*arg0.d0 + 8192 bytes), 2 written (16384*arg0.d0 bytes)
// AFTER: linalg.matmul: 3 tensors read (8224*arg0.d0 + 131072 bytes), 1 written (32*arg0.d0 bytes)
// AFTER: 2 operations move memory: 24608*main:arg0.d0 + 139264 bytes read, 16416*main:arg0.d0 bytes written

// JSON: "format": "rmsnorm-traffic"
// JSON: "fused": [
// JSON-NEXT: "linalg.add"
// JSON-NEXT: "rmsnorm.rms_norm"
// JSON-NEXT: "linalg.generic"
// JSON: "kind": "row_kernel"
// JSON: "locations": [
// JSON: report-traffic.mlir:{{[0-9]+}}:{{[0-9]+}}
// JSON: "norms": 1
// JSON: "op": "rmsnorm.row_kernel"
// JSON: "value": "arg0"
// JSON: "writes": [
// JSON: "kind": "contraction"
// JSON: "reads": [
// JSON: "value": "op0#0"
// JSON: "label": "after"
// JSON: "version": 1
#id = affine_map<(d0, d1) -> (d0, d1)>
#col = affine_map<(d0, d1) -> (d1)>
func.func @main(%x: tensor<?x4096xbf16>, %r: tensor<?x4096xbf16>, %w: tensor<4096xbf16>, %m: tensor<4096x16xbf16>, %e2: tensor<?x16xbf16>) -> (tensor<?x16xbf16>, tensor<?x4096xbf16>) {
  %c0 = arith.constant 0 : index
  %d = tensor.dim %x, %c0 : tensor<?x4096xbf16>
  %e = tensor.empty(%d) : tensor<?x4096xbf16>
  %h = linalg.add ins(%x, %r : tensor<?x4096xbf16>, tensor<?x4096xbf16>) outs(%e : tensor<?x4096xbf16>) -> tensor<?x4096xbf16>
  %n = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%h : tensor<?x4096xbf16>) outs(%e : tensor<?x4096xbf16>)
  %y = linalg.generic {indexing_maps = [#id, #col, #id], iterator_types = ["parallel", "parallel"]} ins(%n, %w : tensor<?x4096xbf16>, tensor<4096xbf16>) outs(%e : tensor<?x4096xbf16>) {
  ^bb0(%a: bf16, %b: bf16, %o: bf16):
    %s = arith.mulf %a, %b : bf16
    linalg.yield %s : bf16
  } -> tensor<?x4096xbf16>
  %p = linalg.matmul ins(%y, %m : tensor<?x4096xbf16>, tensor<4096x16xbf16>) outs(%e2 : tensor<?x16xbf16>) -> tensor<?x16xbf16>
  return %p, %h : tensor<?x16xbf16>, tensor<?x4096xbf16>
}
