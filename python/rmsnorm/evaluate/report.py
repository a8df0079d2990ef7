# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Running the cases, and the report of them, whose fields ``report.schema.json`` describes.

What did not run is never counted as passed.
"""

import pathlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from rmsnorm.evaluate.compare import Failure, Measure, NotApplicable, compare
from rmsnorm.evaluate.gradient import expected
from rmsnorm.evaluate.norm import Norm
from rmsnorm.evaluate.paths import Path
from rmsnorm.evaluate.requirements.table import Requirement

SCHEMA = 1
SCHEMA_FILE = pathlib.Path(__file__).with_name("report.schema.json")


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


def run_norm(path: Path, norm: Norm) -> Measure:
    """Computes a norm by all engines of a path and compares each.

    Raises:
        Failure: one is wrong, or there is none; the message names the engine.
    """
    wanted = expected(norm)
    total = Measure()
    engines = path.run(norm)
    if not engines:
        raise Failure("nothing was computed")
    for engine, results in engines.items():
        try:
            total.add(compare(norm, results, wanted))
        except Failure as failure:
            raise Failure(f"{engine}: {failure}") from None
    return total


def attempt(case: Case, run: Callable[[], Any]) -> Case:
    """Runs a case; any exception is its failure, but for a package that is not installed."""
    begin = time.perf_counter()
    try:
        found = run()
    except NotApplicable as why:
        case.status, case.message = "not applicable", str(why)[:2000]
    except Exception as error:  # whatever it is, the report has it
        kind = "" if isinstance(error, Failure) else f"{type(error).__name__}: "
        case.status, case.message = "failed", f"{kind}{error}"[:2000]
        # A module of this package that cannot be imported is a defect.
        package = (error.name or "").split(".")[0] if isinstance(error, ImportError) else ""
        if isinstance(error, ModuleNotFoundError) and package not in ("", "rmsnorm"):
            case.status, case.message = "unavailable", f"{package} is not installed"
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
                yield attempt(case, partial(run_norm, path, norm))


def status_of(cases: list[Case], missing: dict[str, str]) -> str:
    """The status of a requirement with these cases; ``missing`` are the paths that are not there."""
    found = {case.status for case in cases}
    if "failed" in found:
        return "failed"
    if any(case.status == "unavailable" and case.path not in missing for case in cases):
        return "incomplete"
    if "passed" in found:
        return "passed"
    return "unavailable" if "unavailable" in found else "not applicable"


def overall(statuses: list[str], absent: bool) -> str:
    """The status of a report: of its requirements, and whether something required is absent."""
    if "failed" in statuses or absent:
        return "failed"
    ran = [status for status in statuses if status != "not applicable"]
    return "passed" if ran and set(ran) == {"passed"} else "incomplete"


def as_json(requirement: Requirement, cases: list[Case], status: str) -> dict[str, Any]:
    """A requirement's part of the report."""
    return {
        "key": requirement.key,
        "title": requirement.title,
        "status": status,
        "passed": status == "passed",
        "worst_ulp": max((c.worst_ulp for c in cases if c.worst_ulp is not None), default=None),
        "counts": dict(Counter(case.status for case in cases)),
        "cases": [asdict(case) for case in cases],
    }
