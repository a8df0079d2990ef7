# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The proof that a module computes an RMSNorm: what ``rmsnorm-raise`` makes of it."""

import math
import re
import subprocess
from dataclasses import dataclass

import torch
from torch import nn

from rmsnorm.importer import import_torch
from rmsnorm.patching.candidates import randomized
from rmsnorm.tools import find_tool

_OP = re.compile(r"rmsnorm\.rms_norm (.*?)\s*ins\([^:]*: tensor<((?:\d+x)+)")
_NUMBER = r"[-+0-9.eE]+"
# What stands around a norm in a module that is nothing but a norm.
_ELSEWHERE = re.compile(r'iterator_types = \[[^\]]*"reduction"|linalg\.(matmul|dot|reduce)\b')


@dataclass(frozen=True)
class RaisedNorm:
    """Attributes of the raised operation.

    Attributes:
        axes: normalised axes of the probe, non-negative.
        rank: the probe's.
        eps: added to the mean square.
        min_rms: smallest denominator; 0 where the module has no clamp.
        extents: of what is normalised, the probe's or a view of it.
    """

    axes: tuple[int, ...]
    rank: int
    eps: float
    min_rms: float
    extents: tuple[int, ...]


@dataclass(frozen=True)
class NotANorm:
    """Why a module is not one, in words."""

    reason: str


def _number(attributes: str, name: str, default: float) -> float:
    found = re.search(rf"\b{name} = ({_NUMBER})", attributes)
    return float(found.group(1)) if found else default


def prove(
    module: nn.Module, shape: tuple[int, ...], dtype: torch.dtype, gated: bool = False
) -> RaisedNorm | NotANorm:
    """Imports and raises the module for an input of this shape and dtype.

    Args:
        module: with one input.
        shape: of the input.
        dtype: of the input.
        gated: with a gate of its shape as well; then the norm may be one of equal parts of
            the last axis.
    """
    inputs = tuple(torch.ones(shape, dtype=dtype) for _ in range(2 if gated else 1))
    try:
        text = import_torch(randomized(module), inputs, weights="arguments").text
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        return NotANorm(f"it cannot be imported: {lines[0]}")
    done = subprocess.run(
        [find_tool("rmsnorm-opt"), "--inline", "--canonicalize", "--cse"]
        + ["--rmsnorm-raise=emit-remarks", "--canonicalize", "--cse"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode != 0:
        return NotANorm(f"it cannot be compiled: {done.stderr.strip().splitlines()[-1]}")
    found = _OP.findall(done.stdout)
    if len(found) != 1:
        refused = re.search(r"not an rms_norm: (.*)", done.stderr)
        if refused:
            return NotANorm(refused.group(1))
        return NotANorm(f"{len(found)} norms were found in it, not one")
    if _ELSEWHERE.search(done.stdout):
        return NotANorm("it computes more than a norm")
    attributes, dimensions = found[0]
    mode = re.search(r"eps_mode = (\w+)|\b(clamp|outside)\b", attributes)
    if mode and "inside" not in mode.group(0):
        return NotANorm(f"its epsilon is not inside the root ({mode.group(0)})")
    axes = re.search(r"axes = \[([^\]]*)\]", attributes)
    if axes is None or "eps %" in done.stdout:
        return NotANorm("its epsilon is a tensor")
    norm = RaisedNorm(
        tuple(int(axis) for axis in axes.group(1).split(",")),
        len(shape),
        _number(attributes, "eps", 0.0),
        _number(attributes, "min_rms", 0.0),
        tuple(int(extent) for extent in dimensions.split("x") if extent),
    )
    if not gated and norm.extents != shape:
        return NotANorm(f"it normalises a view, of shape {list(norm.extents)}")
    if gated and (
        norm.axes != (len(norm.extents) - 1,)
        or shape[-1] % norm.extents[-1] != 0
        or math.prod(norm.extents) != math.prod(shape)
    ):
        return NotANorm("it normalises something else than parts of the last axis")
    return norm
