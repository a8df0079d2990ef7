# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs every function of MLIR files before and after raising and compares.

Both versions go through the same upstream lowering to native code (what was
raised is decomposed to linalg again), so that a difference is one that raising
made: a rounding in another place moves a quarter of the elements of a bf16
result by one ulp, another order of f32 multiplications a few in a thousand.
"""

import argparse
import ctypes
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

LOWERING = (
    "func.func(convert-elementwise-to-linalg),one-shot-bufferize{bufferize-function-boundaries=1 "
    "function-boundary-type-conversion=identity-layout-map},"
    "func.func(buffer-hoisting),convert-linalg-to-loops,expand-strided-metadata,lower-affine,"
    "func.func(llvm-request-c-wrappers),math-expand-ops{ops=fpowi,rsqrt},convert-scf-to-cf,convert-math-to-llvm,"
    "convert-math-to-libm,convert-to-llvm,reconcile-unrealized-casts"
)
SPLIT, MARK = "--split-input-file", r"^// -----\s*$"
FUNCTION = r"func\.func @(\w+)\((.*?)\) -> (.*?) \{\n(.*?)^  ?\}"
# What the compiler expects of its run-time library; older ones lack bf16.
SHIM = """
typedef unsigned u; typedef unsigned short h;
typedef __bf16 b;
static h f(float x) { union { float f; u i; } v = {x}; u i = v.i;
  if (x != x) return (i >> 16) | 64; return (i + 0x7fff + ((i >> 16) & 1)) >> 16; }
b __truncsfbf2(float x) { union { h h; b b; } r; r.h = f(x); return r.b; }
b __truncdfbf2(double d) { /* round to odd first, so that two roundings are one */
  float x = (float)d; if ((double)x != d && x == x) { union { float f; u i; } v = {x};
    int up = ((double)x < d) == (x > 0);
    if (!(v.i & 1)) { v.i += up ? 1 : -1; v.i |= 1; x = v.f; } }
  return __truncsfbf2(x); }
typedef struct { long rank; long *descriptor; } unranked; /* base, data, offset, sizes, strides */
static void copy(long n, long *s, char *from, long *t, char *to, long dim, long rank) {
  if (dim == rank) { __builtin_memcpy(to, from, n); return; }
  for (long i = 0; i < s[3 + dim]; ++i)
    copy(n, s, from + i * n * s[3 + rank + dim], t, to + i * n * t[3 + rank + dim], dim + 1, rank); }
void memrefCopy(long n, unranked *from, unranked *to) {
  long *s = from->descriptor, *t = to->descriptor;
  copy(n, s, (char *)s[1] + n * s[2], t, (char *)t[1] + n * t[2], 0, from->rank); }
"""


def run(command: list[str], text: str) -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}\n{text[:2000]}")
    return done.stdout


class Tensor:
    """A tensor type of a signature."""

    def __init__(self, text: str) -> None:
        *shape, self.element = re.fullmatch(r"tensor<(.*)>", text.strip()).group(1).split("x")
        self.shape = [7 if extent == "?" else int(extent) for extent in shape]

    def random(self, generator: np.random.Generator) -> np.ndarray:
        # NumPy makes numbers of what has no dimensions; arrays have an address.
        if self.element.startswith("i"):
            given = generator.integers(0, 2, self.shape)
            return np.asarray(given, f"int{self.element[1:]}")
        values = np.asarray(generator.standard_normal(self.shape), np.float32)
        if values.size == 1:
            values = np.asarray(np.abs(values))  # an epsilon: below 0, both would be NaN
        return np.asarray(encode(values, self.element))


def encode(values: np.ndarray, element: str) -> np.ndarray:
    if element != "bf16":
        return values.astype({"f16": np.float16, "f32": np.float32, "f64": np.float64}[element])
    bits = np.ascontiguousarray(values).view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16).reshape(values.shape)


def ordered(values: np.ndarray) -> np.ndarray:
    """Floats as integers that count in ulp."""
    bits = values.view(f"i{values.itemsize}").astype(np.int64)
    lowest = -(1 << (8 * values.itemsize - 1))
    return np.where(bits < 0, lowest - bits, bits)


def descriptor(rank: int) -> type:
    class Memref(ctypes.Structure):
        _fields_ = [
            ("base", ctypes.c_void_p),
            ("data", ctypes.c_void_p),
            ("offset", ctypes.c_int64),
        ] + ([("sizes", ctypes.c_int64 * rank), ("strides", ctypes.c_int64 * rank)] if rank else [])

    return Memref


def as_memref(array: np.ndarray) -> ctypes.Structure:
    result = descriptor(array.ndim)(array.ctypes.data, array.ctypes.data, 0)
    for dim in range(array.ndim):
        result.sizes[dim] = array.shape[dim]
        result.strides[dim] = array.strides[dim] // array.itemsize
    return result


def from_memref(memref: ctypes.Structure, rank: int, like: Tensor) -> np.ndarray:
    dtype = {"bf16": np.uint16, "f16": np.float16, "f32": np.float32, "f64": np.float64}.get(
        like.element, f"int{like.element[1:]}"
    )
    shape = [memref.sizes[dim] for dim in range(rank)]
    strides = [memref.strides[dim] * np.dtype(dtype).itemsize for dim in range(rank)]
    span = 1 + sum((shape[dim] - 1) * memref.strides[dim] for dim in range(rank))
    buffer = (ctypes.c_char * (span * np.dtype(dtype).itemsize)).from_address(
        memref.data + memref.offset * np.dtype(dtype).itemsize
    )
    flat = np.frombuffer(buffer, dtype)
    return np.lib.stride_tricks.as_strided(flat, shape, strides).copy()


class Program:
    """The modules of a file, compiled and loaded."""

    def __init__(self, text: str, tools: argparse.Namespace, stem: str) -> None:
        lowered = run([tools.opt, SPLIT, f"--pass-pipeline=builtin.module({LOWERING})"], text)
        translate = [tools.translate, SPLIT, "--output-split-marker=// -----", "--mlir-to-llvmir"]
        modules = re.split(MARK, run(translate, lowered), flags=re.M)
        sources = []
        for suffix, content in [(".c", SHIM)] + [(f".{i}.ll", ir) for i, ir in enumerate(modules)]:
            sources.append(stem + suffix)
            with open(stem + suffix, "w") as file:
                file.write(content)
        run([tools.clang, "-O1", "-w", "-shared", "-fPIC", "-o", stem + ".so", *sources, "-lm"], "")
        self.library = ctypes.CDLL(stem + ".so")

    def call(self, name: str, inputs: list[np.ndarray], results: list[Tensor]) -> list[np.ndarray]:
        class Results(ctypes.Structure):
            _fields_ = [(f"r{i}", descriptor(len(t.shape))) for i, t in enumerate(results)]

        given = [array.copy() for array in inputs]
        memrefs = [as_memref(array) for array in given]
        out = Results()
        function = getattr(self.library, "_mlir_ciface_" + name)
        function.restype = None
        function(ctypes.byref(out), *(ctypes.byref(memref) for memref in memrefs))
        return [from_memref(getattr(out, f"r{i}"), len(t.shape), t) for i, t in enumerate(results)]


def split_types(text: str) -> list[Tensor]:
    return [Tensor(found) for found in re.findall(r"tensor<[^>]*>", text)]


def compare(name: str, before: np.ndarray, after: np.ndarray, tensor: Tensor) -> str | None:
    """None, or what is wrong."""
    assert before.shape == after.shape, (before.shape, after.shape)
    if tensor.element in ("f32", "f64"):
        error = np.abs(before.astype(np.float64) - after).max() if before.size else 0.0
        unit = np.finfo(before.dtype).eps * max(1e-30, np.abs(before).max(initial=0.0))
        return (
            None
            if error <= 16 * unit
            else f"{name}: differs by {error / unit:.1f} ulp of the largest element"
        )
    distance = np.abs(ordered(before) - ordered(after))
    moved = np.count_nonzero(distance) / max(1, distance.size)
    if distance.max(initial=0) > 1 or moved > 0.02:
        return f"{name}: {100 * moved:.1f} % of the elements differ, by up to {distance.max()} ulp"
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--opt", default="rmsnorm-opt")
    parser.add_argument("--translate", default="mlir-translate")
    parser.add_argument("--clang", default="clang")
    parser.add_argument(
        "--expect-functions", type=int, help="how many functions there must be, each with a norm"
    )
    parser.add_argument(
        "--skip-others", action="store_true", help="leave functions out in which no norm was raised"
    )
    tools = parser.parse_args()
    failures, functions = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(tools.files):
            with open(path) as file:
                text = file.read()
            raised = run([tools.opt, SPLIT, "--rmsnorm-raise"], text)
            decomposed = run([tools.opt, SPLIT, "--rmsnorm-decompose"], raised)
            old = Program(text, tools, os.path.join(folder, f"old{number}"))
            new = Program(decomposed, tools, os.path.join(folder, f"new{number}"))
            for found in re.finditer(FUNCTION, raised, flags=re.M | re.S):
                name, arguments, results, body = found.groups()
                if tools.skip_others and "rmsnorm.rms_norm" not in body:
                    continue
                functions += 1
                if "rmsnorm.rms_norm" not in body:
                    failures.append(f"{name}: no norm was raised")
                    continue
                generator = np.random.default_rng(functions)
                inputs = [tensor.random(generator) for tensor in split_types(arguments)]
                expected = split_types(results)
                old_results = old.call(name, inputs, expected)
                new_results = new.call(name, inputs, expected)
                pairs = zip(old_results, new_results, expected, strict=True)
                for before, after, tensor in pairs:
                    if problem := compare(name, before, after, tensor):
                        failures.append(problem)
    for failure in failures:
        print(failure)
    print(f"{functions} functions compared, {len(failures)} failures")
    if tools.expect_functions is not None and functions != tools.expect_functions:
        sys.exit(f"expected {tools.expect_functions} functions")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
