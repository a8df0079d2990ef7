# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls librmsnorm_compiler.so as the runtime's JIT does (compiler_abi.h)."""

import argparse
import ctypes
import sys
import time


class Result(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("artifact", ctypes.c_void_p),
        ("artifact_size", ctypes.c_size_t),
        ("diagnostics", ctypes.c_char_p),
    ]


def load(path: str) -> ctypes.CDLL:
    library = ctypes.CDLL(path)
    library.rmsn_compiler_abi_version.restype = ctypes.c_uint32
    library.rmsn_compiler_build_id.restype = ctypes.c_char_p
    library.rmsn_compiler_compile.restype = ctypes.c_int32
    library.rmsn_compiler_compile.argtypes = [
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.POINTER(ctypes.c_char_p),
        ctypes.c_size_t,
        ctypes.c_char_p,
        ctypes.POINTER(Result),
    ]
    library.rmsn_compiler_free.argtypes = [ctypes.POINTER(Result)]
    library.rmsn_compiler_free.restype = None
    return library


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library")
    parser.add_argument("input", nargs="?")
    parser.add_argument("-o", dest="output")
    parser.add_argument("--target", action="append", default=[])
    parser.add_argument("--options")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--time", action="store_true")
    parser.add_argument("--null", action="store_true", help="pass no module")
    args = parser.parse_args()

    library = load(args.library)
    print("abi", library.rmsn_compiler_abi_version())
    print("build", library.rmsn_compiler_build_id().decode())
    if not args.input:
        return 0
    with open(args.input, "rb") as file:
        text = file.read()
    names = [name.encode() for name in args.target]
    targets = (ctypes.c_char_p * max(1, len(names)))(*names)
    options = args.options.encode() if args.options is not None else None
    for repetition in range(args.repeat):
        result = Result(struct_size=ctypes.sizeof(Result))
        start, cpu = time.perf_counter(), time.process_time()
        status = library.rmsn_compiler_compile(
            None if args.null else text,
            len(text),
            targets,
            len(names),
            options,
            ctypes.byref(result),
        )
        elapsed, cpu = time.perf_counter() - start, time.process_time() - cpu
        if args.time:
            print(f"call {repetition}: {elapsed * 1e3:.1f} ms, cpu {cpu * 1e3:.1f} ms")
        diagnostics = result.diagnostics
        artifact = b""
        if result.artifact:
            artifact = ctypes.string_at(result.artifact, result.artifact_size)
        library.rmsn_compiler_free(ctypes.byref(result))
        if result.artifact or result.artifact_size or result.diagnostics:
            print("free left something behind")
            return 2
    print("status", status)
    if diagnostics:
        print(diagnostics.decode(), end="")
    if args.output:
        with open(args.output, "wb") as file:
            file.write(artifact)
    return 0


if __name__ == "__main__":
    sys.exit(main())
