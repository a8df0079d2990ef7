# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs a fused function with its row kernels in the GPU emulator.

What stands around the kernels (views, empty tensors, extents) is evaluated here,
line by line, with NumPy; anything else in the function is an error.
"""

import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from graph import DTYPES
from numpy.typing import NDArray

from rmsnorm.tools import find_tool

Array = NDArray[Any]
_LIST = r"\[([^\]]*)\]"


class Program:
    """The values of one run, by name."""

    def __init__(self, text: str, arguments: list[Array], folder: Path) -> None:
        self.text = text
        self.folder = folder
        self.values: dict[str, Any] = {f"%arg{i}": a for i, a in enumerate(arguments)}
        self.kernels = 0
        self.source = folder / "program.mlir"
        self.source.write_text(text)

    def run(self) -> list[Array]:
        body = self.text[self.text.index("func.func @main") :]
        for line in _statements(body):
            if line.startswith("return"):
                names = line.removeprefix("return").split(":")[0]
                return [self.value(name.strip()) for name in names.split(",")]
            name, _, right = line.partition(" = ")
            self.assign(name, right)
        raise AssertionError("no return")

    def value(self, name: str) -> Any:
        if name.lstrip("-").isdigit():
            return int(name)
        return self.values[name]

    def numbers(self, text: str) -> list[int]:
        return [int(self.value(part.strip())) for part in text.split(",") if part.strip()]

    def slices(self, right: str) -> tuple[slice, ...]:
        """The offsets, sizes and strides at the end of a slice operation."""
        parts = re.search(_LIST + " ?" + _LIST + " ?" + _LIST, right)
        assert parts, right
        return tuple(
            slice(offset, offset + size * step, step)
            for offset, size, step in zip(*(self.numbers(p) for p in parts.groups()), strict=True)
        )

    def shape(self, type_text: str, sizes: list[int]) -> tuple[list[int], Any]:
        *extents, dtype = type_text.strip().removeprefix("tensor<").removesuffix(">").split("x")
        known = iter(sizes)
        return [next(known) if e == "?" else int(e) for e in extents], DTYPES[dtype]

    def assign(self, name: str, right: str) -> None:
        operation = right.split("(")[0].split(" ")[0]
        operands = re.findall(r"%[\w#]+", right)
        value: Any
        if operation == "arith.constant":
            value = int(right.split()[1])
        elif operation == "tensor.dim":
            value = self.value(operands[0]).shape[self.value(operands[1])]
        elif operation == "arith.divui":
            value = self.value(operands[0]) // self.value(operands[1])
        elif operation == "tensor.empty":
            sizes = self.numbers(right[right.index("(") + 1 : right.index(")")])
            shape, dtype = self.shape(right.split(" : ")[1], sizes)
            value = np.zeros(shape, dtype)
        elif operation == "tensor.extract_slice":
            value = self.value(operands[0])[self.slices(right)]
        elif operation == "tensor.insert_slice":
            value = self.value(operands[1]).copy()
            value[self.slices(right.split(" into ")[1])] = self.value(operands[0])
        elif operation in ("tensor.expand_shape", "tensor.collapse_shape"):
            self.values[name] = self.reshape(right, self.value(operands[0]))
            return
        elif operation == "rmsnorm.row_kernel":
            self.launch(name, right)
            return
        else:
            raise AssertionError(f"neither a view nor a kernel: {right}")
        self.values[name] = value

    def reshape(self, right: str, source: Array) -> Array:
        if "output_shape" in right:
            sizes = re.search("output_shape " + _LIST, right)
            assert sizes
            return source.reshape(self.numbers(sizes[1]))
        groups = re.search(r"\[(\[.*?\])\] :", right)
        assert groups, right
        return source.reshape(
            [
                int(np.prod([source.shape[d] for d in self.numbers(group)]))
                for group in re.findall(_LIST, groups[1])
            ]
        )

    def launch(self, name: str, right: str) -> None:
        ins = right[right.index("ins(") + 4 :].split(" : ")[0].split(", ")
        outs = right[right.index("outs(") + 5 :].split(" : ")[0].split(", ")
        kernel = f"k{self.kernels}"
        self.kernels += 1
        command = [find_tool("rmsnorm-emulate"), str(self.source)]
        for i, operand in enumerate(ins):
            path = self.folder / f"{kernel}_in{i}.npy"
            values = np.ascontiguousarray(self.value(operand))
            np.save(path, values.view(_carrier(values.dtype)))
            command += ["--in", str(path)]
        paths = [self.folder / f"{kernel}_out{i}.npy" for i in range(len(outs))]
        for path in paths:
            command += ["--out", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        base = name.split(":")[0]
        for i, (path, out) in enumerate(zip(paths, outs, strict=True)):
            got = np.load(path).view(self.value(out).dtype)
            self.values[base if len(outs) == 1 else f"{base}#{i}"] = got


def _statements(body: str) -> list[str]:
    """The lines of the function, without what is inside of regions (and checks of indices)."""
    lines, depth = [], 0
    for line in body.splitlines()[1:]:
        stripped = line.strip()
        if depth == 0 and stripped and stripped != "}" and not stripped.startswith("scf.for"):
            lines.append(stripped)
        opens = stripped.endswith("{")
        depth += opens - (depth > 0 and stripped == "}")
    return lines


def _carrier(dtype: Any) -> Any:
    """A dtype that .npy files have, for those that they have not."""
    return dtype if dtype.isbuiltin == 1 else np.dtype(f"u{dtype.itemsize}")
