# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sums of squares over random parts of a row: a norm where each element is added once, and only there."""

import random
from collections import Counter
from dataclasses import dataclass

import pytest
from raised_norms import raise_text

N, COUNT = 24, 150
HEADER = """
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
"""


@dataclass(frozen=True)
class Part:
    """Elements offset, offset + stride, ... of the row."""

    offset: int
    size: int
    stride: int

    def elements(self) -> list[int]:
        return [self.offset + place * self.stride for place in range(self.size)]


def partition(generator: random.Random, offset: int, size: int, stride: int) -> list[Part]:
    """Parts that have each of the elements once: cut in two, or every n-th, again and again."""
    kind = generator.choice(("whole", "cut", "comb")) if size > 1 else "whole"
    if kind == "cut":
        at = generator.randrange(1, size)
        rest = partition(generator, offset + at * stride, size - at, stride)
        return partition(generator, offset, at, stride) + rest
    if kind == "comb":
        step = generator.randrange(2, min(size, 4) + 1)
        parts = []
        for first in range(step):
            count = len(range(first, size, step))
            parts += partition(generator, offset + first * stride, count, stride * step)
        return parts
    return [Part(offset, size, stride)]


def spoiled(generator: random.Random, parts: list[Part]) -> list[Part]:
    """One part less, twice, longer, shorter or elsewhere."""
    place = generator.randrange(len(parts))
    part = parts[place]
    others = [
        [],
        [part, part],
        [Part(part.offset, part.size + 1, part.stride)],
        [Part(part.offset, max(1, part.size - 1), part.stride)],
        [Part(part.offset + 1, part.size, part.stride)],
        [Part(part.offset, part.size, part.stride + 1)],
    ]
    return parts[:place] + generator.choice(others) + parts[place + 1 :]


def is_within(part: Part) -> bool:
    return all(0 <= element < N for element in part.elements())


def is_norm(parts: list[Part]) -> bool:
    times = Counter(element for part in parts for element in part.elements())
    return all(times[element] == 1 for element in range(N))


def function(name: str, parts: list[Part], joins: bool) -> str:
    """x over the root of the parts' squares, added one after the other or joined before."""
    lines = [
        f"func.func @{name}(%x: tensor<4x{N}xf32>) -> tensor<4x{N}xf32> {{",
        f"%n = arith.constant {N}.0 : f32",
        "%eps = arith.constant 1.0e-6 : f32",
        "%zero = arith.constant 0.0 : f32",
        "%e = tensor.empty() : tensor<4xf32>",
        "%s0 = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>",
    ]
    for place, part in enumerate(parts):
        lines.append(
            f"%p{place} = tensor.extract_slice %x[0, {part.offset}] [4, {part.size}] "
            f"[1, {part.stride}] : tensor<4x{N}xf32> to tensor<4x{part.size}xf32>"
        )
    summed = [(f"%p{place}", part.size) for place, part in enumerate(parts)]
    if joins:
        size = sum(part.size for part in parts)
        types = ", ".join(f"tensor<4x{part.size}xf32>" for part in parts)
        names = ", ".join(name for name, _ in summed)
        lines.append(f"%all = tensor.concat dim(1) {names} : ({types}) -> tensor<4x{size}xf32>")
        summed = [("%all", size)]
    for place, (value, size) in enumerate(summed):
        lines.append(
            f"%s{place + 1} = linalg.generic {{indexing_maps = [#id, #row], "
            f'iterator_types = ["parallel", "reduction"]}} ins({value} : tensor<4x{size}xf32>) '
            f"outs(%s{place} : tensor<4xf32>) {{\n^bb0(%in: f32, %acc: f32):\n"
            "%q = arith.mulf %in, %in : f32\n%r = arith.addf %q, %acc : f32\n"
            "linalg.yield %r : f32\n} -> tensor<4xf32>"
        )
    lines.append(
        f"%o = tensor.empty() : tensor<4x{N}xf32>\n"
        "%y = linalg.generic {indexing_maps = [#id, #row, #id], "
        f'iterator_types = ["parallel", "parallel"]}} ins(%x, %s{len(summed)} : '
        f"tensor<4x{N}xf32>, tensor<4xf32>) outs(%o : tensor<4x{N}xf32>) {{\n"
        "^bb0(%in: f32, %t: f32, %out: f32):\n%m = arith.divf %t, %n : f32\n"
        "%v = arith.addf %m, %eps : f32\n%r = math.rsqrt %v : f32\n"
        f"%z = arith.mulf %in, %r : f32\nlinalg.yield %z : f32\n}} -> tensor<4x{N}xf32>\n"
        f"return %y : tensor<4x{N}xf32>\n}}"
    )
    return "\n".join(lines)


@pytest.mark.parametrize("seed", [1, 2])
def test_parts(seed: int) -> None:
    generator = random.Random(seed)
    wanted: dict[str, bool] = {}
    text = [HEADER]
    while len(wanted) < COUNT:
        parts = partition(generator, 0, N, 1)
        generator.shuffle(parts)
        if generator.random() < 0.5:
            parts = spoiled(generator, parts)
        if not parts or len(parts) > 24 or not all(map(is_within, parts)):
            continue
        name = f"f{len(wanted)}"
        wanted[name] = is_norm(parts)
        text.append(function(name, parts, joins=generator.random() < 0.3))
    raised = raise_text("\n".join(text))
    found = {norm.function for norm in raised.norms}
    assert 0.3 < sum(wanted.values()) / COUNT < 0.9
    for name, is_one in wanted.items():
        assert (name in found) == is_one, (name, raised.reasons(name))
        assert is_one or raised.reasons(name), name
