# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A norm whose sum of squares is one over many interleaved parts of a long axis.

Raising it must take about as long as where the axis is short: no time limit, but a limit on the
ratio of the two, which was above 20 when each part counted the elements of all anew.
"""

import resource
import subprocess
import sys

PARTS = 64
LIMIT = 8


def program(extent: int) -> str:
    """The module, with an axis of ``extent`` elements."""
    size = extent // PARTS
    whole, part, row = (f"tensor<{shape}xf32>" for shape in (f"4x{extent}", f"4x{size}", "4"))
    maps = "affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a)>"
    lines = [
        f"func.func @main(%x: {whole}) -> {whole} {{",
        "%zero = arith.constant 0.0 : f32",
        f"%n = arith.constant {float(extent)} : f32",
        "%eps = arith.constant 1.0e-6 : f32",
        f"%er = tensor.empty() : {row}",
        f"%s0 = linalg.fill ins(%zero : f32) outs(%er : {row}) -> {row}",
    ]
    for k in range(PARTS):
        lines += [
            f"%x{k} = tensor.extract_slice %x[0, {k}] [4, {size}] [1, {PARTS}] : {whole} to {part}",
            f"%s{k + 1} = linalg.generic {{indexing_maps = [{maps}],",
            '  iterator_types = ["parallel", "reduction"]}',
            f"  ins(%x{k} : {part}) outs(%s{k} : {row}) {{",
            "^bb0(%in: f32, %acc: f32):",
            "  %q = arith.mulf %in, %in : f32",
            "  %r = arith.addf %q, %acc : f32",
            f"  linalg.yield %r : f32 }} -> {row}",
        ]
    lines += [
        f"%e = tensor.empty() : {whole}",
        f"%y = linalg.generic {{indexing_maps = [{maps}, affine_map<(a, b) -> (a, b)>],",
        '  iterator_types = ["parallel", "parallel"]}',
        f"  ins(%x, %s{PARTS} : {whole}, {row}) outs(%e : {whole}) {{",
        "^bb0(%in: f32, %t: f32, %o: f32):",
        "  %m = arith.divf %t, %n : f32",
        "  %v = arith.addf %m, %eps : f32",
        "  %r = math.rsqrt %v : f32",
        "  %z = arith.mulf %in, %r : f32",
        f"  linalg.yield %z : f32 }} -> {whole}",
        f"return %y : {whole} }}",
    ]
    return "\n".join(lines)


def seconds(extent: int) -> float:
    """Processor time of raising it, the least of three; exits where it is no norm."""
    best = float("inf")
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        raised = subprocess.run(
            ["rmsnorm-opt", "--rmsnorm-raise"],
            input=program(extent),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        best = min(best, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
        if raised.count("rmsnorm.rms_norm") != 1:
            sys.exit(f"no norm with {extent} elements:\n{raised}")
    return best


short, long = seconds(1 << 12), seconds(1 << 20)
print(f"{short:.3f} s and {long:.3f} s")
if long > LIMIT * max(short, 0.01):
    sys.exit("raising takes longer for a longer axis")
