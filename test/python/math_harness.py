# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles elementwise operations to a library without imports, and calls them."""

import ctypes
import os
import pathlib
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

DTYPES: dict[str, np.dtype[Any]] = {
    "f16": np.dtype(np.float16),
    "bf16": np.dtype(ml_dtypes.bfloat16),
    "f32": np.dtype(np.float32),
    "f64": np.dtype(np.float64),
    "f8E4M3FN": np.dtype(ml_dtypes.float8_e4m3fn),
    "f8E5M2": np.dtype(ml_dtypes.float8_e5m2),
    "i8": np.dtype(np.int8),
    "i32": np.dtype(np.int32),
    "i64": np.dtype(np.int64),
}

PASSES = [
    "--rmsnorm-expand-math",
    "--rmsnorm-expand-narrow-floats",
    "--canonicalize",
    "--convert-vector-to-scf",
    "--convert-scf-to-cf",
    "--expand-strided-metadata",
    "--lower-affine",
    "--convert-vector-to-llvm",
    "--convert-to-llvm",
    "--reconcile-unrealized-casts",
    "--rmsnorm-bf16-as-integers",
]


def tool(name: str) -> str:
    """A tool of this build or of LLVM 22."""
    root = pathlib.Path(__file__).resolve().parents[2]
    build = os.environ.get("RMSNORM_BUILD_DIR", str(root / "build"))
    ours = os.environ.get("RMSNORM_TOOLS", os.path.join(build, "bin"))
    candidates = [os.path.join(ours, name), f"{name}-22", f"/usr/lib/llvm-22/bin/{name}", name]
    for candidate in candidates:
        found = shutil.which(candidate)
        if found:
            return found
    raise RuntimeError(f"{name}: none of {candidates} exists")


class Function:
    """One elementwise function: `body` computes %r from %a (and %b, %c)."""

    def __init__(self, name: str, body: str, ins: list[str], out: str, lanes: int) -> None:
        self.name, self.body, self.ins, self.out, self.lanes = name, body, ins, out, lanes

    def text(self) -> str:
        """A loop over vectors of `lanes` elements (0: scalars)."""
        arguments = [(letter, dtype) for letter, dtype in zip("abc", self.ins, strict=False)]
        signature = ", ".join(f"%p{a}: memref<?x{t}>" for a, t in arguments)
        vector = "" if self.lanes == 0 else f"{self.lanes}x"

        def kind(t: str) -> str:
            return t if self.lanes == 0 else f"vector<{vector}{t}>"

        def access(t: str) -> str:
            return f"memref<?x{t}>" + ("" if self.lanes == 0 else f", {kind(t)}")

        dialect = "memref" if self.lanes == 0 else "vector"
        loads = "\n".join(
            f"    %{a} = {dialect}.load %p{a}[%i] : {access(t)}" for a, t in arguments
        )
        types = {f"${t}": kind(t) for t in list(DTYPES) + ["i1", "i16"]}
        body = self.body
        for short in sorted(types, key=len, reverse=True):
            body = body.replace(short, types[short])
        return f"""
func.func @{self.name}({signature}, %pr: memref<?x{self.out}>, %n: index) {{
  %zero = arith.constant 0 : index
  %step = arith.constant {max(self.lanes, 1)} : index
  scf.for %i = %zero to %n step %step {{
{loads}
    {body}
    {dialect}.store %r, %pr[%i] : {access(self.out)}
  }}
  return
}}"""


def run(command: list[str], text: bytes, what: str) -> bytes:
    done = subprocess.run(command, input=text, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{what}: {' '.join(command)}\n{done.stderr.decode()[-4000:]}")
    return done.stdout


class Library:
    """The functions compiled for one ISA; refuses any undefined symbol."""

    def __init__(
        self,
        functions: Sequence[Function],
        folder: str | pathlib.Path,
        march: str = "x86-64-v3",
        passes: Sequence[str] = PASSES,
    ) -> None:
        self.functions = {f.name: f for f in functions}
        folder = pathlib.Path(folder)
        self.source = "\n".join(f.text() for f in functions).encode()
        lowered = run([tool("rmsnorm-opt"), *passes], self.source, "lowering")
        self.ir = run([tool("mlir-translate"), "--mlir-to-llvmir"], lowered, "translation")
        (folder / "code.ll").write_bytes(self.ir)
        path = folder / f"lib-{march}.so"
        clang = [tool("clang"), "-O2", "-x", "ir", "-", f"-march={march}", "-fPIC"]
        clang += ["-Wno-override-module", "-fno-math-errno"]
        self.assembly = run([*clang, "-S", "-o", "-"], self.ir, "assembly").decode()
        run([*clang, "-shared", "-nostdlib", "-o", str(path)], self.ir, "linking")
        undefined = run([tool("llvm-nm"), "--dynamic", "--undefined-only", str(path)], b"", "nm")
        lines = undefined.decode().splitlines()
        self.undefined = [line.split()[-1] for line in lines if line.strip()]
        self.calls = [line.strip() for line in self.assembly.splitlines() if "\tcall" in line]
        self.handle: ctypes.CDLL | None = None
        self.path = path

    def __call__(self, name: str, *inputs: Array) -> Array:
        """The function over arrays of one size (any number of elements)."""
        function = self.functions[name]
        if self.handle is None:
            self.handle = ctypes.CDLL(str(self.path))
        lanes = max(function.lanes, 1)
        count = inputs[0].size
        padded = -(-count // lanes) * lanes
        arrays = []
        for array, t in zip(inputs, function.ins, strict=True):
            assert array.dtype == DTYPES[t], (name, array.dtype, t)
            whole = np.zeros(padded, dtype=DTYPES[t])
            whole[:count] = array.ravel()
            arrays.append(whole)
        arrays.append(np.zeros(padded, dtype=DTYPES[function.out]))
        arguments: list[Any] = []
        for array in arrays:
            pointer = ctypes.c_void_p(array.ctypes.data)
            size = ctypes.c_int64(padded)
            arguments += [pointer, pointer, ctypes.c_int64(0), size, ctypes.c_int64(1)]
        getattr(self.handle, name)(*arguments, ctypes.c_int64(padded))
        return arrays[-1][:count]
