# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Running the cases, and the report of them.

The report (schema 1) is one JSON object: ``schema``, ``passed``, ``environment``, ``paths`` (by
name: title, required, unavailable: null or the reason), and ``requirements``: a list of key,
title, passed, cases. A case has name, path, dtype (or null), status ("passed", "failed",
"unavailable" or "not applicable"), worst_ulp and allowed_ulp, differing (share of elements
not correctly rounded, or null), elements, seconds and message.
"""

import importlib.metadata
import platform
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from rmsnorm.evaluate.compare import Failure, Measure, compare
from rmsnorm.evaluate.gradient import expected
from rmsnorm.evaluate.norm import Norm
from rmsnorm.evaluate.paths import Path
from rmsnorm.evaluate.requirements.table import Requirement

SCHEMA = 1
PACKAGES = ("numpy", "ml_dtypes", "torch", "onnx", "onnxscript", "onnxruntime")


@dataclass
class Case:
    """The outcome of one case; fields as in the report."""

    name: str
    path: str
    dtype: str | None
    status: str
    worst_ulp: float | None = None
    allowed_ulp: float | None = None
    differing: float | None = None
    elements: int = 0
    seconds: float = 0.0
    message: str = ""


def environment() -> dict[str, Any]:
    """What this ran with: versions, the CPU, the system."""
    from rmsnorm.info import collect

    packages: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            packages[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            packages[name] = None
    cpu = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            models = [line for line in file if line.startswith("model name")]
            cpu = models[0].split(":", 1)[1].strip() if models else cpu
    except OSError:
        pass  # no Linux: what platform says
    found = collect()
    kept = ("version", "python", "system", "compiler", "CPU variant", "CPU features", "threads")
    return {**{name: found[name] for name in kept}, "CPU": cpu, "packages": packages}


def run_norm(path: Path, norm: Norm) -> Measure:
    """Computes a norm by all engines of a path and compares each.

    Raises:
        Failure: one is wrong; the message names the engine.
    """
    wanted = expected(norm)
    total = Measure()
    for engine, results in path.run(norm).items():
        try:
            total.add(compare(norm, results, wanted))
        except Failure as failure:
            raise Failure(f"{engine}: {failure}") from None
    return total


def attempt(case: Case, run: Any) -> Case:
    """Runs a case; any exception is its failure."""
    begin = time.perf_counter()
    try:
        found = run()
    except ImportError as error:
        case.status, case.message = "unavailable", f"{error.name} is not installed"
    except Exception as error:  # whatever it is, the report has it
        kind = "" if isinstance(error, Failure) else f"{type(error).__name__}: "
        case.status, case.message = "failed", f"{kind}{error}"[:2000]
    else:
        if isinstance(found, Measure):
            case.worst_ulp, case.allowed_ulp = found.worst, found.allowed
            case.differing, case.elements = found.differing, found.elements
    case.seconds = round(time.perf_counter() - begin, 4)
    return case


def run_requirement(
    requirement: Requirement, paths: dict[str, Path], missing: dict[str, str], dtypes: list[str]
) -> Iterator[Case]:
    """Every case of a requirement on the given paths."""
    for name, path in paths.items():
        if name in requirement.elsewhere:
            reason = requirement.elsewhere[name]
            yield Case(requirement.title, name, None, "not applicable", message=reason)
            continue
        for title, on, check in requirement.checks:
            if name not in on:
                continue
            case = Case(title, name, None, "passed")
            if name in missing:
                case.status, case.message = "unavailable", missing[name]
                yield case
            else:
                yield attempt(case, check)
        if requirement.norms is None:
            continue
        if name in missing:
            yield Case("all norms", name, None, "unavailable", message=missing[name])
            continue
        for dtype in dtypes:
            for norm in requirement.norms(dtype):
                case = Case(norm.name, name, dtype, "passed")
                yield attempt(case, lambda p=path, n=norm: run_norm(p, n))


def as_json(requirement: Requirement, cases: list[Case]) -> dict[str, Any]:
    """A requirement's part of the report."""
    return {
        "key": requirement.key,
        "title": requirement.title,
        "passed": not any(case.status == "failed" for case in cases),
        "cases": [asdict(case) for case in cases],
    }
