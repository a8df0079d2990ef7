# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What ``--rmsnorm-raise`` makes of a text: the norms with their attributes, and the refusals."""

import re
import subprocess
from dataclasses import dataclass

from rmsnorm.tools import find_tool

_FUNCTION = re.compile(r"func\.func (?:\w+ )?@(\w+)")
_NORM = re.compile(
    r"rmsnorm\.rms_norm axes = \[(?P<axes>[\d, ]+)\] eps = (?P<eps>[\d.e+-]+)(?P<rest>[^\n]*)"
)
_RANK = re.compile(r": tensor<([^>]*)>")
_FUSION = "func.func(linalg-fuse-elementwise-ops,canonicalize,cse),"
_REFUSED = re.compile(r"^[^\n]*?:(\d+):\d+: remark: not an rms_norm: (.*)$", re.MULTILINE)


class RaiseError(RuntimeError):
    """The tool failed; the message is what it printed."""


@dataclass(frozen=True)
class RaisedNorm:
    """One operation of the result: ``axes`` are negative; the rest as in the text."""

    function: str
    axes: tuple[int, ...]
    eps: float
    mode: str
    min_rms: float
    scale: bool
    bias: bool


@dataclass(frozen=True)
class Raised:
    """All norms, and the reasons of all refusals with the function's name in front."""

    norms: tuple[RaisedNorm, ...]
    refusals: tuple[tuple[str, str], ...]
    text: str

    def of(self, function: str) -> list[RaisedNorm]:
        return [norm for norm in self.norms if norm.function == function]

    def reasons(self, function: str) -> str:
        """Why candidates of a function were refused, each reason once."""
        found = [reason for name, reason in self.refusals if name == function]
        return "; ".join(dict.fromkeys(found))


def _functions_by_line(text: str) -> list[str]:
    names, function = [], ""
    for line in text.splitlines():
        if found := _FUNCTION.search(line):
            function = found[1]
        names.append(function)
    return names


def _parse(function: str, match: re.Match[str]) -> RaisedNorm:
    rest = match["rest"]
    tensor = _RANK.search(rest)
    rank = tensor[1].count("x") if tensor else 0
    axes = tuple(sorted(int(axis) - rank for axis in match["axes"].split(",")))
    operands = rest.split("outs(")[0]
    mode = re.search(r"eps_mode = (\w+)", rest)
    minimum = re.search(r"min_rms = ([\d.e+-]+)", rest)
    return RaisedNorm(
        function,
        axes,
        float(match["eps"]),
        mode[1] if mode else "inside",
        float(minimum[1]) if minimum else 0.0,
        " scale %" in operands,
        " bias %" in operands,
    )


def raise_text(text: str, fused: bool = False) -> Raised:
    """Runs the pass on a module, ``fused`` after elementwise fusion.

    Raises:
        RaiseError: the text does not parse, or the pass failed.
    """
    passes = (_FUSION if fused else "") + "rmsnorm-raise{emit-remarks}"
    done = subprocess.run(
        [find_tool("rmsnorm-opt"), f"--pass-pipeline=builtin.module({passes})"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RaiseError(done.stderr.strip())
    norms = []
    function = ""
    for line in done.stdout.splitlines():
        if found := _FUNCTION.search(line):
            function = found[1]
        if norm := _NORM.search(line):
            norms.append(_parse(function, norm))
    by_line = _functions_by_line(text)
    refusals = tuple((by_line[int(n) - 1], why) for n, why in _REFUSED.findall(done.stderr))
    return Raised(tuple(norms), refusals, done.stdout)
